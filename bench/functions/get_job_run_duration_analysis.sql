-- Durations of the ended runs of jobs with at least 5 of them, 30 days before 2026-07-01, the 100 longest.
WITH job AS (
  SELECT
    workspace_id,
    job_id,
    count(*)::INTEGER AS total_runs,
    avg(run_duration_seconds) / 60 AS avg_duration_min,
    quantile_cont(run_duration_minutes, [0.5, 0.9, 0.95]) AS percentile_min,
    max(run_duration_minutes) AS max_duration_min
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-06-01' AND run_date < DATE '2026-07-01' AND result_state IS NOT NULL AND run_duration_minutes IS NOT NULL
  GROUP BY ALL
  HAVING total_runs >= 5
)
SELECT
  d.job_id,
  j.name AS job_name,
  d.total_runs,
  d.avg_duration_min,
  d.percentile_min[1] AS median_duration_min,
  d.percentile_min[2] AS p90_duration_min,
  d.percentile_min[3] AS p95_duration_min,
  d.max_duration_min
FROM job AS d
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY p95_duration_min DESC, d.workspace_id, d.job_id
LIMIT 100
