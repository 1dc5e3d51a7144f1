-- Jobs by what their usage cost.
-- Grain: one row a job (workspace and job), the top_n by list cost.
-- Window: usage of the given days (UTC); success_rate_pct is that of the runs that started on these days and have ended.
-- Usage without a list price adds nothing; corrections (RETRACTION, RESTATEMENT) are summed with the records that they correct.
-- Differs from the spec: a job is told by workspace and job; run_as is that of its newest usage and not any; jobs whose costs are equal are ranked by key.
CREATE OR REPLACE FUNCTION get_most_expensive_jobs(
  start_date STRING COMMENT 'First day of usage (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day of usage (YYYY-MM-DD, UTC, inclusive)',
  top_n INT DEFAULT 25 COMMENT 'Number of jobs at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by total_cost, 1 for the most expensive',
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  run_as STRING COMMENT 'User or service principal that the newest usage of the job ran as',
  run_count INT COMMENT 'Number of runs that have usage',
  total_cost DOUBLE COMMENT 'List cost of the usage of the job, in the currency of the list prices',
  avg_cost_per_run DOUBLE COMMENT 'total_cost over run_count, in the currency of the list prices; null when no run is known',
  success_rate_pct DOUBLE COMMENT 'Share of the ended runs that succeeded, 0 to 100 percent; null when none has ended'
)
COMMENT 'PURPOSE: Ranks jobs by list cost, with their runs, cost per run and success rate beside it.
BEST FOR: Which jobs cost the most? | What does a run of this job cost? | Are the expensive jobs reliable?
NOT FOR: growth of cost (use get_job_spend_trend_analysis), what failures waste (use get_job_failure_costs), cost outside jobs (use get_top_cost_contributors)
RETURNS: one row per job, the top_n by list cost
EXAMPLE: SELECT * FROM get_most_expensive_jobs(''2026-06-01'', ''2026-06-30'', 10)'
RETURN
  WITH job_cost AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_job_id AS job_id,
      MAX_BY(u.identity_metadata_run_as, STRUCT(u.usage_end_time, u.record_id)) FILTER (WHERE u.identity_metadata_run_as IS NOT NULL) AS run_as,
      CAST(COUNT(DISTINCT u.usage_metadata_job_run_id) AS INT) AS run_count,
      COALESCE(SUM(u.list_cost), 0) AS total_cost
    FROM fact_usage AS u
    WHERE u.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND u.usage_metadata_job_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_job_id
  ),
  ranked_job AS (
    SELECT
      c.*,
      ROW_NUMBER() OVER (ORDER BY c.total_cost DESC, c.workspace_id, c.job_id) AS cost_rank
    FROM job_cost AS c
  ),
  job_outcome AS (
    SELECT
      r.workspace_id,
      r.job_id,
      COUNT_IF(r.is_success) * 100.0D / COUNT(*) AS success_rate_pct
    FROM fact_job_run_timeline AS r
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.result_state IS NOT NULL
    GROUP BY r.workspace_id, r.job_id
  )
  SELECT
    c.cost_rank AS rank,
    c.job_id,
    j.name AS job_name,
    c.run_as,
    c.run_count,
    CAST(c.total_cost AS DOUBLE) AS total_cost,
    CAST(c.total_cost AS DOUBLE) / NULLIF(c.run_count, 0) AS avg_cost_per_run,
    o.success_rate_pct
  FROM ranked_job AS c
  LEFT JOIN job_outcome AS o ON o.workspace_id = c.workspace_id AND o.job_id = c.job_id
  LEFT JOIN dim_job AS j ON j.workspace_id = c.workspace_id AND j.job_id = c.job_id
  WHERE c.cost_rank <= top_n
  ORDER BY rank;
