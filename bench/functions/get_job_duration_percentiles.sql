-- Durations of the successful runs of jobs, 30 days before 2026-07-01.
WITH job AS (
  SELECT
    workspace_id,
    job_id,
    count(*)::INTEGER AS run_count,
    avg(run_duration_seconds) / 60 AS avg_duration_min,
    quantile_cont(run_duration_minutes, [0.5, 0.75, 0.9, 0.99]) AS percentile_min,
    max(run_duration_minutes) AS max_duration_min,
    stddev_samp(run_duration_minutes) / nullif(avg(run_duration_minutes), 0) AS duration_cv
  FROM system_gold.fact_job_run_timeline
  WHERE is_success AND run_date >= DATE '2026-06-01' AND run_date < DATE '2026-07-01'
  GROUP BY ALL
)
SELECT
  d.job_id,
  j.name AS job_name,
  d.run_count,
  d.avg_duration_min,
  d.percentile_min[1] AS p50_duration_min,
  d.percentile_min[2] AS p75_duration_min,
  d.percentile_min[3] AS p90_duration_min,
  d.percentile_min[4] AS p99_duration_min,
  d.max_duration_min,
  d.duration_cv
FROM job AS d
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY d.avg_duration_min DESC, d.job_id, d.workspace_id
