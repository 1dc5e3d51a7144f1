-- Success of jobs with at least 3 ended runs in the 30 days before 2026-07-01.
WITH job AS (
  SELECT
    workspace_id,
    job_id,
    count(is_success) AS total_runs,
    count(*) FILTER (WHERE is_success) AS successful_runs,
    max(period_end_time) FILTER (WHERE is_success) AS last_success,
    successful_runs * 100 / total_runs AS success_rate_pct
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-06-01' AND run_date < DATE '2026-07-01'
  GROUP BY ALL
  HAVING total_runs >= 3
)
SELECT
  coalesce(j.name, r.job_id) AS job_name,
  r.total_runs::INTEGER AS total_runs,
  r.successful_runs::INTEGER AS successful_runs,
  (r.total_runs - r.successful_runs)::INTEGER AS failed_runs,
  r.success_rate_pct,
  (r.successful_runs * 100 // r.total_runs)::INTEGER AS data_quality_score,
  r.last_success,
  CASE WHEN r.success_rate_pct >= 95 THEN 'HEALTHY' WHEN r.success_rate_pct >= 80 THEN 'WARNING' ELSE 'CRITICAL' END AS status
FROM job AS r
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY r.success_rate_pct, r.total_runs DESC, job_name, r.workspace_id, r.job_id
