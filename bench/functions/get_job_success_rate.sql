-- Success rate of jobs with at least 5 ended runs, 2026-06-01 to 2026-06-30.
WITH job AS (
  SELECT
    workspace_id,
    job_id,
    count(*)::INTEGER AS total_runs,
    count(*) FILTER (WHERE is_success)::INTEGER AS successful_runs,
    count(*) FILTER (WHERE result_state IN ('FAILED', 'ERROR', 'TIMED_OUT'))::INTEGER AS failed_runs,
    avg(run_duration_seconds) / 60 AS avg_duration_min,
    quantile_cont(run_duration_minutes, 0.95) AS p95_duration_min
  FROM system_gold.fact_job_run_timeline
  WHERE run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND result_state IS NOT NULL
  GROUP BY ALL
  HAVING total_runs >= 5
)
SELECT
  o.job_id,
  j.name AS job_name,
  j.run_as,
  o.total_runs,
  o.successful_runs,
  o.failed_runs,
  o.successful_runs * 100 / o.total_runs AS success_rate_pct,
  o.avg_duration_min,
  o.p95_duration_min
FROM job AS o
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY success_rate_pct, o.total_runs DESC, o.job_id, o.workspace_id
