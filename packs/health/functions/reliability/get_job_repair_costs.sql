-- Jobs by the cost of their repaired runs.
-- Grain: one row a job (workspace and job) with a repaired run, the top_n by the cost of these.
-- Window: runs that started on the given days (UTC) and have ended. The cost of a run is that of all its usage, also of usage after the last day.
-- A run was repaired when one of its tasks ended without success and was run again within it, by a repair or by the retry policy of the task: the tables do
-- not tell them apart. Usage is known by run and not by task, so the whole run counts, first attempts included. Iterations of a loop are no repeats.
-- Differs from the spec: it counts every run without success as a repair; such runs are in get_job_failure_costs.
CREATE OR REPLACE FUNCTION get_job_repair_costs(
  start_date STRING COMMENT 'First day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  top_n INT DEFAULT 20 COMMENT 'Number of jobs at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by repair_cost, 1 for the most expensive',
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  run_as STRING COMMENT 'User or service principal whose rights the runs of the job use now',
  total_runs INT COMMENT 'Number of runs that have ended',
  repair_count INT COMMENT 'Number of these in which a task was run again after it ended without success',
  repair_cost DOUBLE COMMENT 'List cost of the repaired runs, in the currency of the list prices; 0 when they have no priced usage',
  repair_pct DOUBLE COMMENT 'repair_count as a share of total_runs, 0 to 100 percent'
)
COMMENT 'PURPOSE: Ranks jobs by what their repaired runs cost: runs in which a failed task was run again, by a repair or a retry, whatever the outcome.
BEST FOR: What do repaired runs cost us? | Which jobs need repairs most often? | Where would a stable job save money?
NOT FOR: how often retries succeed (use get_job_retry_analysis), runs that failed for good (use get_job_failure_costs)
RETURNS: one row per job with a repaired run, the top_n by cost of these
EXAMPLE: SELECT * FROM get_job_repair_costs(''2026-06-01'', ''2026-06-30'', 10)'
RETURN
  WITH ended_run AS (
    SELECT r.workspace_id, r.job_id, r.run_id
    FROM fact_job_run_timeline AS r
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.result_state IS NOT NULL
  ),
  repeated_task AS (
    SELECT t.workspace_id, t.job_run_id, t.task_key
    FROM fact_job_task_run_timeline AS t
    WHERE t.run_date >= CAST(start_date AS DATE)
      AND t.result_state NOT IN ('SKIPPED', 'BLOCKED')
      AND COALESCE(t.parent_run_id, t.job_run_id) = t.job_run_id
    GROUP BY t.workspace_id, t.job_run_id, t.task_key
    HAVING COUNT(*) > 1 AND NOT MIN_BY(t.is_success, STRUCT(t.period_start_time, t.run_id))
  ),
  repaired_run AS (
    SELECT r.workspace_id, r.run_id
    FROM ended_run AS r
    LEFT SEMI JOIN repeated_task AS t ON t.workspace_id = r.workspace_id AND t.job_run_id = r.run_id
  ),
  run_cost AS (
    SELECT u.workspace_id, u.usage_metadata_job_run_id AS run_id, SUM(u.list_cost) AS list_cost
    FROM fact_usage AS u
    INNER JOIN repaired_run AS r ON r.workspace_id = u.workspace_id AND r.run_id = u.usage_metadata_job_run_id
    WHERE u.usage_date >= CAST(start_date AS DATE)
    GROUP BY u.workspace_id, u.usage_metadata_job_run_id
  ),
  job_repair AS (
    SELECT
      r.workspace_id,
      r.job_id,
      CAST(COUNT(*) AS INT) AS total_runs,
      CAST(COUNT(p.run_id) AS INT) AS repair_count,
      COALESCE(SUM(c.list_cost), 0) AS repair_cost
    FROM ended_run AS r
    LEFT JOIN repaired_run AS p ON p.workspace_id = r.workspace_id AND p.run_id = r.run_id
    LEFT JOIN run_cost AS c ON c.workspace_id = r.workspace_id AND c.run_id = r.run_id
    GROUP BY r.workspace_id, r.job_id
    HAVING COUNT(p.run_id) > 0
  ),
  ranked_job AS (
    SELECT
      q.*,
      ROW_NUMBER() OVER (ORDER BY q.repair_cost DESC, q.repair_count DESC, q.workspace_id, q.job_id) AS cost_rank
    FROM job_repair AS q
  )
  SELECT
    q.cost_rank AS rank,
    q.job_id,
    j.name AS job_name,
    j.run_as,
    q.total_runs,
    q.repair_count,
    CAST(q.repair_cost AS DOUBLE) AS repair_cost,
    q.repair_count * 100.0D / q.total_runs AS repair_pct
  FROM ranked_job AS q
  LEFT JOIN dim_job AS j ON j.workspace_id = q.workspace_id AND j.job_id = q.job_id
  WHERE q.cost_rank <= top_n
  ORDER BY rank;
