-- Several records may be one point of a metric: the one that was written last counts.
CREATE TABLE gold.fact_mlflow_run_metrics_history AS
SELECT
  account_id,
  insert_time,
  record_id,
  workspace_id,
  experiment_id,
  run_id,
  metric_name,
  metric_time,
  metric_step,
  metric_value
FROM bronze.run_metrics_history
QUALIFY row_number() OVER (
  PARTITION BY workspace_id, run_id, metric_name, metric_time, metric_step
  ORDER BY insert_time DESC NULLS FIRST, record_id DESC
) = 1;
