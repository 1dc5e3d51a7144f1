-- arg_max leaves nulls out, so each value is that of the newest slice that knows it; arg_max_null takes the last slice as it is.
CREATE TABLE gold.fact_pipeline_update_timeline AS
WITH pipeline_update AS (
  SELECT
    workspace_id,
    update_id,
    arg_max(account_id, period_start_time) AS account_id,
    arg_max(pipeline_id, period_start_time) AS pipeline_id,
    arg_max(update_type, period_start_time) AS update_type,
    arg_max(request_id, period_start_time) AS request_id,
    arg_max(run_as_user_name, period_start_time) AS run_as_user_name,
    arg_max(trigger_type, period_start_time) AS trigger_type,
    arg_max(trigger_details, period_start_time) AS trigger_details,
    arg_max(compute, period_start_time) AS compute,
    arg_max(refresh_selection, period_start_time) AS refresh_selection,
    arg_max(full_refresh_selection, period_start_time) AS full_refresh_selection,
    arg_max(reset_checkpoint_selection, period_start_time) AS reset_checkpoint_selection,
    min(period_start_time) AS period_start_time,
    arg_max_null(result_state, period_start_time) AS result_state,
    CASE WHEN arg_max_null(period_end_time, period_start_time) IS NOT NULL THEN max(period_end_time) END AS period_end_time
  FROM bronze.pipeline_update_timeline
  GROUP BY workspace_id, update_id
)
SELECT
  workspace_id,
  pipeline_id,
  update_id,
  update_type,
  request_id,
  run_as_user_name,
  trigger_type,
  result_state,
  period_start_time,
  period_end_time,
  account_id,
  json_of(trigger_details.job_task) AS trigger_details_job_task,
  compute.type AS compute_type,
  compute.cluster_id AS compute_cluster_id,
  to_json(refresh_selection)::VARCHAR AS refresh_selection_json,
  to_json(full_refresh_selection)::VARCHAR AS full_refresh_selection_json,
  to_json(reset_checkpoint_selection)::VARCHAR AS reset_checkpoint_selection_json,
  period_start_time::DATE AS update_date,
  date_sub('second', period_start_time, period_end_time) AS update_duration_seconds,
  result_state = 'COMPLETED' AS is_success
FROM pipeline_update;
