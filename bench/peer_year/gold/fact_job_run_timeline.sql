-- arg_max leaves nulls out, so each value is that of the newest slice that knows it; arg_max_null takes the last slice as it is.
CREATE TABLE gold.fact_job_run_timeline AS
WITH run AS (
  SELECT
    workspace_id,
    run_id,
    arg_max(account_id, period_start_time) AS account_id,
    arg_max(job_id, period_start_time) AS job_id,
    arg_max(trigger_type, period_start_time) AS trigger_type,
    arg_max(run_type, period_start_time) AS run_type,
    arg_max(run_name, period_start_time) AS run_name,
    arg_max(job_parameters, period_start_time) AS job_parameters,
    min(period_start_time) AS period_start_time,
    arg_max_null(result_state, period_start_time) AS result_state,
    arg_max_null(termination_code, period_start_time) AS termination_code,
    CASE WHEN arg_max_null(period_end_time, period_start_time) IS NOT NULL THEN max(period_end_time) END AS period_end_time,
    list_sort(list_distinct(flatten(list(compute_ids) FILTER (compute_ids IS NOT NULL)))) AS compute_ids
  FROM bronze.job_run_timeline
  GROUP BY workspace_id, run_id
)
SELECT
  account_id,
  workspace_id,
  job_id,
  run_id,
  period_start_time,
  period_end_time,
  trigger_type,
  result_state,
  run_type,
  run_name,
  termination_code,
  compute_ids,
  to_json(job_parameters)::VARCHAR AS job_parameters,
  period_start_time::DATE AS run_date,
  date_sub('second', period_start_time, period_end_time) AS run_duration_seconds,
  date_sub('second', period_start_time, period_end_time)::DOUBLE / 60 AS run_duration_minutes,
  result_state IN ('SUCCESS', 'SUCCEEDED') AS is_success
FROM run;
