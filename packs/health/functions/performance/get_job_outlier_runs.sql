-- Job runs that took far longer or far shorter than the job usually does.
-- Grain: one row a run of the last complete days that ended, whatever its outcome: a run that failed early is a fast outlier. Runs that still run are left out.
-- Baseline: the 90th percentile of the successful runs of the job in the threshold.baseline_days complete days before the window.
-- The specification lets the baseline include the window, so that a run is compared with itself, and never asks for min_baseline_runs.
CREATE OR REPLACE FUNCTION get_job_outlier_runs(
  days_back INT COMMENT 'Complete UTC days before today whose runs are looked at, by the day on which they started',
  deviation_threshold DOUBLE DEFAULT 1.5 COMMENT 'How many times the baseline a run must exceed, or by what it must divide, to be an outlier; above 0',
  min_baseline_runs INT DEFAULT 5 COMMENT 'Fewest successful runs that make a baseline; jobs with fewer are left out'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job',
  job_name STRING COMMENT 'Name of the job as it is now',
  run_id STRING COMMENT 'Run of the job',
  run_date DATE COMMENT 'UTC day on which the run started',
  duration_seconds DOUBLE COMMENT 'From start to end, in seconds',
  p90_duration_seconds DOUBLE COMMENT 'Baseline: 90th percentile of the durations of earlier successful runs of the job, in seconds',
  deviation_ratio DOUBLE COMMENT 'duration_seconds / p90_duration_seconds',
  outlier_type STRING COMMENT 'SLOW_OUTLIER above the threshold, FAST_OUTLIER below one divided by it',
  run_cost DOUBLE COMMENT 'List cost of the run until now, in the currency of the list prices; null when no usage names the run'
)
COMMENT 'PURPOSE: Single job runs whose duration departs from the P90 of the earlier successful runs of the same job, slow and fast ones, with their cost.
BEST FOR: Which job runs took unusually long? | Which runs were suspiciously fast? | What did runs that got out of hand cost?
NOT FOR: usual durations of jobs (use get_job_duration_percentiles), failed runs (use get_failed_jobs), SLAs (use get_job_sla_compliance)
RETURNS: one row per outlier run, largest deviation first
EXAMPLE: SELECT * FROM get_job_outlier_runs(30, 2.0)'
RETURN
  WITH baseline AS (
    SELECT
      b.workspace_id,
      b.job_id,
      COUNT(*) AS runs,
      PERCENTILE(b.run_duration_seconds, 0.9) AS p_high_s
    FROM fact_job_run_timeline AS b
    WHERE b.run_date >= DATE_SUB(CURRENT_DATE(), days_back + ${threshold.baseline_days})
      AND b.run_date < DATE_SUB(CURRENT_DATE(), days_back)
      AND b.is_success
      AND b.run_duration_seconds IS NOT NULL
    GROUP BY b.workspace_id, b.job_id
  ),
  compared_run AS (
    SELECT
      r.workspace_id,
      r.job_id,
      r.run_id,
      r.run_date,
      CAST(r.run_duration_seconds AS DOUBLE) AS duration_s,
      b.p_high_s,
      r.run_duration_seconds / NULLIF(b.p_high_s, 0) AS ratio
    FROM fact_job_run_timeline AS r
    INNER JOIN baseline AS b ON b.workspace_id = r.workspace_id AND b.job_id = r.job_id
    WHERE b.runs >= min_baseline_runs
      AND r.run_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND r.run_date < CURRENT_DATE()
      AND r.is_success IS NOT NULL
      AND r.run_duration_seconds IS NOT NULL
  ),
  -- a run of the last day may be billed on the next
  run_usage AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_job_run_id,
      CAST(SUM(u.list_cost) AS DOUBLE) AS cost
    FROM fact_usage AS u
    WHERE u.usage_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND u.usage_metadata_job_run_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_job_run_id
  )
  SELECT
    c.job_id,
    j.name AS job_name,
    c.run_id,
    c.run_date,
    c.duration_s AS duration_seconds,
    c.p_high_s AS p90_duration_seconds,
    c.ratio AS deviation_ratio,
    CASE WHEN c.ratio > deviation_threshold THEN 'SLOW_OUTLIER' ELSE 'FAST_OUTLIER' END AS outlier_type,
    u.cost AS run_cost
  FROM compared_run AS c
  LEFT JOIN dim_job AS j ON j.workspace_id = c.workspace_id AND j.job_id = c.job_id
  LEFT JOIN run_usage AS u ON u.workspace_id = c.workspace_id AND u.usage_metadata_job_run_id = c.run_id
  WHERE c.ratio > deviation_threshold OR c.ratio < 1 / NULLIF(deviation_threshold, 0)
  ORDER BY c.ratio DESC, c.workspace_id, c.run_id
