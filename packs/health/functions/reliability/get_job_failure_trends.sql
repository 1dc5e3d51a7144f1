-- Failures of all jobs by day.
-- Grain: one row a day (UTC) on which a run started that has ended.
-- Window: the days_back complete days before today; six more days are read, so that the first average covers seven days as well.
-- Differs from the spec: the average is over the last seven calendar days, not over seven rows, and today, which is not over, does not count.
CREATE OR REPLACE FUNCTION get_job_failure_trends(
  days_back INT COMMENT 'Number of complete days before today (UTC) that are listed'
)
RETURNS TABLE (
  run_date DATE COMMENT 'Day on which the runs started (UTC)',
  total_runs INT COMMENT 'Number of runs that have ended, whatever their outcome',
  failed_runs INT COMMENT 'Number of runs that ended FAILED, ERROR or TIMED_OUT',
  failure_rate_pct DOUBLE COMMENT 'failed_runs as a share of total_runs, 0 to 100 percent',
  failure_rate_7d_avg DOUBLE COMMENT 'Mean of failure_rate_pct over this day and the six calendar days before it that had runs, in percent',
  unique_failing_jobs INT COMMENT 'Number of jobs with a failed run on the day'
)
COMMENT 'PURPOSE: Runs, failures and failure rate of all jobs together, day by day, with a smooth 7-day rate.
BEST FOR: Is the failure rate rising? | How many jobs failed each day? | On which day did failures peak?
NOT FOR: which jobs they were (use get_job_success_rate), the failed runs themselves (use get_failed_jobs)
RETURNS: one row per day with ended runs
EXAMPLE: SELECT * FROM get_job_failure_trends(30)'
RETURN
  WITH job_day AS (
    SELECT
      r.run_date,
      r.workspace_id,
      r.job_id,
      COUNT(*) AS total_runs,
      COUNT_IF(r.result_state IN ('FAILED', 'ERROR', 'TIMED_OUT')) AS failed_runs
    FROM fact_job_run_timeline AS r
    WHERE r.run_date >= DATE_SUB(current_date(), days_back + 6)
      AND r.run_date < current_date()
      AND r.result_state IS NOT NULL
    GROUP BY r.run_date, r.workspace_id, r.job_id
  ),
  day AS (
    SELECT
      d.run_date,
      CAST(SUM(d.total_runs) AS INT) AS total_runs,
      CAST(SUM(d.failed_runs) AS INT) AS failed_runs,
      SUM(d.failed_runs) * 100.0D / SUM(d.total_runs) AS failure_rate_pct,
      CAST(COUNT_IF(d.failed_runs > 0) AS INT) AS unique_failing_jobs
    FROM job_day AS d
    GROUP BY d.run_date
  ),
  smooth_day AS (
    SELECT
      d.*,
      AVG(d.failure_rate_pct) OVER (ORDER BY d.run_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW) AS failure_rate_7d_avg
    FROM day AS d
  )
  SELECT
    s.run_date,
    s.total_runs,
    s.failed_runs,
    s.failure_rate_pct,
    s.failure_rate_7d_avg,
    s.unique_failing_jobs
  FROM smooth_day AS s
  WHERE s.run_date >= DATE_SUB(current_date(), days_back)
  ORDER BY s.run_date;
