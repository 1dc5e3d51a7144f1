-- Runs of one job, 30 days before 2026-07-01; the job is one of the lake.
SELECT
  r.run_id,
  r.run_date,
  r.period_start_time AS start_time,
  r.period_end_time AS end_time,
  r.run_duration_minutes AS duration_minutes,
  r.result_state,
  r.termination_code,
  j.run_as,
  r.trigger_type
FROM system_gold.fact_job_run_timeline AS r
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
WHERE r.job_id = $job_id_filter AND r.run_date >= DATE '2026-06-01'
ORDER BY start_time DESC, r.workspace_id, r.run_id
