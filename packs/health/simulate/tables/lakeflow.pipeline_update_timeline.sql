-- Updates of pipelines in slices that end at the full hour.
SELECT
  p.workspace_id,
  p.pipeline_id,
  u.update_id,
  CASE WHEN u.n % 12 = 0 THEN 'FULL_REFRESH' ELSE 'REFRESH' END AS update_type,
  sim_uuid('request', u.k) AS request_id,
  p.run_as AS run_as_user_name,
  CASE WHEN u.n % 5 = 0 THEN 'USER_ACTION' ELSE 'JOB_TASK' END AS trigger_type,
  u.result_state,
  named_struct('type', 'SERVERLESS', 'cluster_id', CAST(NULL AS STRING)) AS compute,
  timestamp_micros(u.slice_start_us) AS period_start_time,
  timestamp_micros(u.slice_end_us) AS period_end_time,
  p.account_id,
  u.arrival
FROM sim.update_slice AS u
JOIN sim.pipeline AS p ON p.pipeline_no = u.pipeline_no
