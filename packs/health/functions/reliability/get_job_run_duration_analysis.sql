-- The jobs that take longest, over all their ended runs.
-- Grain: one row a job (workspace and job) with at least min_runs ended runs, the top_n by 95th percentile.
-- Window: runs that started on the days_back complete days before today (UTC) and have ended, with any outcome; durations are those of whole runs.
-- Differs from the spec: a job is told by workspace and job; today, which is not over, does not count.
CREATE OR REPLACE FUNCTION get_job_run_duration_analysis(
  days_back INT COMMENT 'Number of complete days before today (UTC) that count',
  min_runs INT DEFAULT 5 COMMENT 'Ended runs that a job must have at least to be listed',
  top_n INT DEFAULT 100 COMMENT 'Number of jobs at most'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  total_runs INT COMMENT 'Number of runs that have ended, whatever their outcome',
  avg_duration_min DOUBLE COMMENT 'Mean duration, in minutes',
  median_duration_min DOUBLE COMMENT 'Median of the duration, in minutes',
  p90_duration_min DOUBLE COMMENT '90th percentile of the duration, in minutes',
  p95_duration_min DOUBLE COMMENT '95th percentile of the duration, in minutes',
  max_duration_min DOUBLE COMMENT 'Longest duration, in minutes'
)
COMMENT 'PURPOSE: The jobs with the longest runs by 95th percentile, over all ended runs, failed ones included, with mean, median and longest.
BEST FOR: Which jobs run the longest? | What are the top 10 slowest jobs? | Which jobs have a long tail of slow runs?
NOT FOR: how long a run takes when it succeeds, or jobs by name (use get_job_duration_percentiles), single runs of a job (use get_job_run_details)
RETURNS: one row per job with at least min_runs ended runs, the top_n by 95th percentile of the duration
EXAMPLE: SELECT * FROM get_job_run_duration_analysis(30, 5, 10)'
RETURN
  WITH job_duration AS (
    SELECT
      r.workspace_id,
      r.job_id,
      CAST(COUNT(*) AS INT) AS total_runs,
      AVG(r.run_duration_seconds) / 60 AS avg_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.5) AS median_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.9) AS p90_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.95) AS p95_duration_min,
      MAX(r.run_duration_minutes) AS max_duration_min
    FROM fact_job_run_timeline AS r
    WHERE r.run_date >= DATE_SUB(current_date(), days_back)
      AND r.run_date < current_date()
      AND r.result_state IS NOT NULL
      AND r.run_duration_minutes IS NOT NULL
    GROUP BY r.workspace_id, r.job_id
  ),
  ranked_job AS (
    SELECT
      d.*,
      ROW_NUMBER() OVER (ORDER BY d.p95_duration_min DESC, d.workspace_id, d.job_id) AS duration_rank
    FROM job_duration AS d
    WHERE d.total_runs >= min_runs
  )
  SELECT
    d.job_id,
    j.name AS job_name,
    d.total_runs,
    d.avg_duration_min,
    d.median_duration_min,
    d.p90_duration_min,
    d.p95_duration_min,
    d.max_duration_min
  FROM ranked_job AS d
  LEFT JOIN dim_job AS j ON j.workspace_id = d.workspace_id AND j.job_id = d.job_id
  WHERE d.duration_rank <= top_n
  ORDER BY d.duration_rank;
