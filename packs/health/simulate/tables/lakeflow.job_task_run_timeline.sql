-- Runs of tasks, one for each attempt, in slices that end at the full hour.
SELECT
  j.account_id,
  j.workspace_id,
  j.job_id,
  t.task_run_id AS run_id,
  timestamp_micros(t.slice_start_us) AS period_start_time,
  timestamp_micros(t.slice_end_us) AS period_end_time,
  k.task_key,
  CASE WHEN t.compute = 'classic' THEN array(t.cluster_id) ELSE CAST(array() AS ARRAY<STRING>) END AS compute_ids,
  t.result_state,
  t.run_id AS job_run_id,
  t.run_id AS parent_run_id,
  t.termination_code,
  t.arrival
FROM sim.task_slice AS t
JOIN sim.job AS j ON j.job_no = t.job_no
JOIN sim.task AS k ON k.job_no = t.job_no AND k.task_no = t.task_no
