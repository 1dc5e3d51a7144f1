-- Jobs by failures, with what these cost.
-- Grain: one row a job (workspace and job) with a failure, the top_n by failures.
-- Window: runs that started on the given days (UTC) and have ended. The cost of a run is that of all its usage, also of usage after the last day.
-- A failure is a run that ended in any way but success, cancelled, skipped and blocked ones included: total_runs = successes + failures.
-- A running run is neither.
-- Differs from the spec: run_as is that of the job now, since runs do not have one; usage after the last day belongs to the run that caused it.
CREATE OR REPLACE FUNCTION get_job_failure_costs(
  start_date STRING COMMENT 'First day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  top_n INT DEFAULT 50 COMMENT 'Number of jobs at most'
)
RETURNS TABLE (
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  workspace_id STRING COMMENT 'Workspace of the job',
  job_id STRING COMMENT 'Job; unique within a workspace',
  run_as STRING COMMENT 'User or service principal whose rights the runs of the job use now',
  total_runs INT COMMENT 'Number of runs that have ended',
  failures INT COMMENT 'Number of these that ended without success, cancelled, skipped and blocked ones included',
  success_rate DOUBLE COMMENT 'Share of the ended runs that succeeded, 0 to 100 percent',
  failure_cost DOUBLE COMMENT 'List cost of the runs without success, in the currency of the list prices; 0 when they have no priced usage',
  last_failure_date DATE COMMENT 'Day on which the newest run without success started (UTC)'
)
COMMENT 'PURPOSE: Ranks jobs by runs that ended without success and shows the money wasted on these and when it last happened.
BEST FOR: Which jobs fail most and what does it cost? | How much money do failed runs waste? | When did this job last fail?
NOT FOR: runs that succeeded after a retry or repair (use get_job_repair_costs), the failed runs themselves (use get_failed_jobs)
RETURNS: one row per job with a run that ended without success, the top_n by number of these
EXAMPLE: SELECT * FROM get_job_failure_costs(''2026-06-01'', ''2026-06-30'', 10)'
RETURN
  WITH ended_run AS (
    SELECT r.workspace_id, r.job_id, r.run_id, r.run_date, r.is_success
    FROM fact_job_run_timeline AS r
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.is_success IS NOT NULL
  ),
  run_cost AS (
    SELECT u.workspace_id, u.usage_metadata_job_run_id AS run_id, SUM(u.list_cost) AS list_cost
    FROM fact_usage AS u
    INNER JOIN ended_run AS r ON r.workspace_id = u.workspace_id AND r.run_id = u.usage_metadata_job_run_id
    WHERE u.usage_date >= CAST(start_date AS DATE)
      AND NOT r.is_success
    GROUP BY u.workspace_id, u.usage_metadata_job_run_id
  ),
  job_failure AS (
    SELECT
      r.workspace_id,
      r.job_id,
      CAST(COUNT(*) AS INT) AS total_runs,
      CAST(COUNT_IF(NOT r.is_success) AS INT) AS failures,
      COALESCE(SUM(c.list_cost), 0) AS failure_cost,
      MAX(CASE WHEN NOT r.is_success THEN r.run_date END) AS last_failure_date
    FROM ended_run AS r
    LEFT JOIN run_cost AS c ON c.workspace_id = r.workspace_id AND c.run_id = r.run_id
    GROUP BY r.workspace_id, r.job_id
    HAVING COUNT_IF(NOT r.is_success) > 0
  ),
  ranked_job AS (
    SELECT
      f.*,
      ROW_NUMBER() OVER (ORDER BY f.failures DESC, f.failure_cost DESC, f.workspace_id, f.job_id) AS failure_rank
    FROM job_failure AS f
  )
  SELECT
    j.name AS job_name,
    f.workspace_id,
    f.job_id,
    j.run_as,
    f.total_runs,
    f.failures,
    (f.total_runs - f.failures) * 100.0D / f.total_runs AS success_rate,
    CAST(f.failure_cost AS DOUBLE) AS failure_cost,
    f.last_failure_date
  FROM ranked_job AS f
  LEFT JOIN dim_job AS j ON j.workspace_id = f.workspace_id AND j.job_id = f.job_id
  WHERE f.failure_rank <= top_n
  ORDER BY f.failure_rank;
