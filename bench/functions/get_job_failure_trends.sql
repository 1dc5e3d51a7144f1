-- Failures of all jobs by day, 30 days before 2026-07-01; six more days are read for the first average.
WITH job_day AS (
  SELECT run_date, workspace_id, job_id, count(*) AS total_runs, count(*) FILTER (WHERE result_state IN ('FAILED', 'ERROR', 'TIMED_OUT')) AS failed_runs
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-05-26' AND run_date < DATE '2026-07-01' AND result_state IS NOT NULL
  GROUP BY ALL
),
day AS (
  SELECT
    run_date,
    sum(total_runs)::INTEGER AS total_runs,
    sum(failed_runs)::INTEGER AS failed_runs,
    sum(failed_runs) * 100 / sum(total_runs) AS failure_rate_pct,
    count(*) FILTER (WHERE failed_runs > 0)::INTEGER AS unique_failing_jobs
  FROM job_day
  GROUP BY run_date
)
SELECT
  run_date,
  total_runs,
  failed_runs,
  failure_rate_pct,
  avg(failure_rate_pct) OVER (ORDER BY run_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW) AS failure_rate_7d_avg,
  unique_failing_jobs
FROM day
QUALIFY run_date >= DATE '2026-06-01'
ORDER BY run_date
