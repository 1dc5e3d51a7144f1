-- How long the successful runs of each job take, as a distribution.
-- Grain: one row a job (workspace and job) with a successful run.
-- Window: successful runs that started on the days_back complete days before today (UTC).
-- Differs from the spec: the filter on the name is plain text, letters in any case, and no pattern; today, which is not over, does not count.
CREATE OR REPLACE FUNCTION get_job_duration_percentiles(
  days_back INT COMMENT 'Number of complete days before today (UTC) that count',
  job_name_filter STRING DEFAULT 'ALL' COMMENT 'Text that the name of the job holds, in any case of letters, no wildcards; ALL takes every job'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  run_count INT COMMENT 'Number of successful runs',
  avg_duration_min DOUBLE COMMENT 'Mean duration, in minutes',
  p50_duration_min DOUBLE COMMENT 'Median of the duration, in minutes',
  p75_duration_min DOUBLE COMMENT '75th percentile of the duration, in minutes',
  p90_duration_min DOUBLE COMMENT '90th percentile of the duration, in minutes',
  p99_duration_min DOUBLE COMMENT '99th percentile of the duration, in minutes',
  max_duration_min DOUBLE COMMENT 'Longest duration, in minutes',
  duration_cv DOUBLE COMMENT 'Sample standard deviation of the duration over its mean, a ratio without unit; null for a single run'
)
COMMENT 'PURPOSE: Distribution of how long the successful runs of each job take and how much that varies, longest on average first.
BEST FOR: How long does this job usually take? | What is the P90 or P99 duration of my jobs? | Which jobs have the most erratic durations?
NOT FOR: durations with failed runs among them or the slowest N jobs (use get_job_run_duration_analysis), runs over a limit (use get_job_sla_compliance)
RETURNS: one row per job with a successful run in the window
EXAMPLE: SELECT * FROM get_job_duration_percentiles(30, ''ingest'')'
RETURN
  WITH job_duration AS (
    SELECT
      r.workspace_id,
      r.job_id,
      CAST(COUNT(*) AS INT) AS run_count,
      AVG(r.run_duration_seconds) / 60 AS avg_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.5) AS p50_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.75) AS p75_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.90) AS p90_duration_min,
      PERCENTILE(r.run_duration_minutes, 0.99) AS p99_duration_min,
      MAX(r.run_duration_minutes) AS max_duration_min,
      STDDEV_SAMP(r.run_duration_minutes) / NULLIF(AVG(r.run_duration_minutes), 0) AS duration_cv
    FROM fact_job_run_timeline AS r
    WHERE r.is_success
      AND r.run_date >= DATE_SUB(current_date(), days_back)
      AND r.run_date < current_date()
    GROUP BY r.workspace_id, r.job_id
  )
  SELECT
    d.job_id,
    j.name AS job_name,
    d.run_count,
    d.avg_duration_min,
    d.p50_duration_min,
    d.p75_duration_min,
    d.p90_duration_min,
    d.p99_duration_min,
    d.max_duration_min,
    d.duration_cv
  FROM job_duration AS d
  LEFT JOIN dim_job AS j ON j.workspace_id = d.workspace_id AND j.job_id = d.job_id
  WHERE job_name_filter = 'ALL' OR CONTAINS(LOWER(j.name), LOWER(job_name_filter))
  ORDER BY d.avg_duration_min DESC, d.job_id, d.workspace_id;
