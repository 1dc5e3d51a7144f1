-- Runs that failed or were cancelled, 2026-06-01 to 2026-06-30.
SELECT
  r.workspace_id,
  r.job_id,
  j.name AS job_name,
  r.run_id,
  r.result_state,
  r.termination_code,
  j.run_as,
  r.period_start_time AS start_time,
  r.period_end_time AS end_time,
  r.run_duration_minutes AS duration_minutes
FROM system_gold.fact_job_run_timeline AS r
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
WHERE r.run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND r.result_state IN ('FAILED', 'ERROR', 'TIMED_OUT', 'CANCELLED')
ORDER BY start_time DESC, r.workspace_id, r.run_id
