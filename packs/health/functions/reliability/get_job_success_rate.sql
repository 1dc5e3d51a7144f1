-- Success rate and duration of each job.
-- Grain: one row a job (workspace and job) with at least min_runs ended runs.
-- Window: runs that started on the given days (UTC) and have ended; a running run is neither success nor failure.
-- Cancelled, skipped and blocked runs count in total_runs but neither as successful nor as failed, so the two need not add up to it.
-- Differs from the spec: a job is told by workspace and job, not by job alone, and has one run_as, that of the job now.
CREATE OR REPLACE FUNCTION get_job_success_rate(
  start_date STRING COMMENT 'First day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  min_runs INT DEFAULT 5 COMMENT 'Ended runs that a job must have at least to be listed'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  run_as STRING COMMENT 'User or service principal whose rights the runs of the job use now',
  total_runs INT COMMENT 'Number of runs that have ended, whatever their outcome',
  successful_runs INT COMMENT 'Number of runs that succeeded',
  failed_runs INT COMMENT 'Number of runs that ended FAILED, ERROR or TIMED_OUT',
  success_rate_pct DOUBLE COMMENT 'successful_runs as a share of total_runs, 0 to 100 percent',
  avg_duration_min DOUBLE COMMENT 'Mean duration of the ended runs, in minutes',
  p95_duration_min DOUBLE COMMENT '95th percentile of the duration of the ended runs, in minutes'
)
COMMENT 'PURPOSE: Success rate of each job over its ended runs, least reliable first, with counts of successes and failures and the usual duration.
BEST FOR: Which jobs are least reliable? | What is the success rate of each job this month? | Which jobs always succeed?
NOT FOR: the failed runs (use get_failed_jobs), the rate of all jobs by day (use get_job_failure_trends), durations (use get_job_duration_percentiles)
RETURNS: one row per job with at least min_runs ended runs
EXAMPLE: SELECT * FROM get_job_success_rate(''2026-06-01'', ''2026-06-30'')'
RETURN
  WITH job_outcome AS (
    SELECT
      r.workspace_id,
      r.job_id,
      CAST(COUNT(*) AS INT) AS total_runs,
      CAST(COUNT_IF(r.is_success) AS INT) AS successful_runs,
      CAST(COUNT_IF(r.result_state IN ('FAILED', 'ERROR', 'TIMED_OUT')) AS INT) AS failed_runs,
      AVG(r.run_duration_seconds) / 60 AS avg_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.95) AS p95_duration_min
    FROM fact_job_run_timeline AS r
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.result_state IS NOT NULL
    GROUP BY r.workspace_id, r.job_id
  )
  SELECT
    o.job_id,
    j.name AS job_name,
    j.run_as,
    o.total_runs,
    o.successful_runs,
    o.failed_runs,
    o.successful_runs * 100.0D / o.total_runs AS success_rate_pct,
    o.avg_duration_min,
    o.p95_duration_min
  FROM job_outcome AS o
  LEFT JOIN dim_job AS j ON j.workspace_id = o.workspace_id AND j.job_id = o.job_id
  WHERE o.total_runs >= min_runs
  ORDER BY success_rate_pct, o.total_runs DESC, o.job_id, o.workspace_id;
