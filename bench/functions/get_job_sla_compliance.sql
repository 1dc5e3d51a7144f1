-- Share of successful runs of jobs within 60 minutes, 2026-06-01 to 2026-06-30.
WITH job AS (
  SELECT
    workspace_id,
    job_id,
    count(*)::INTEGER AS total_runs,
    count(*) FILTER (WHERE run_duration_minutes <= 60)::INTEGER AS runs_within,
    count(*) FILTER (WHERE run_duration_minutes > 60)::INTEGER AS runs_over,
    avg(run_duration_seconds) / 60 AS avg_duration_minutes,
    max(run_duration_minutes) AS max_duration_minutes
  FROM system_gold.fact_job_run_timeline
  WHERE run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND is_success
  GROUP BY ALL
)
SELECT
  s.job_id,
  j.name AS job_name,
  s.total_runs,
  s.runs_within AS runs_within_60min,
  s.runs_over AS runs_over_60min,
  s.runs_within * 100 / s.total_runs AS sla_compliance_pct,
  s.avg_duration_minutes,
  s.max_duration_minutes
FROM job AS s
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY sla_compliance_pct, s.job_id, s.workspace_id
