CREATE TABLE gold.fact_mlflow_runs AS
SELECT
  b.account_id,
  b.update_time,
  b.delete_time,
  b.workspace_id,
  b.run_id,
  b.experiment_id,
  b.created_by,
  b.start_time,
  b.end_time,
  b.run_name,
  b.status,
  to_json(b.params)::VARCHAR AS params_json,
  to_json(b.tags)::VARCHAR AS tags_json,
  json_list_of(b.aggregated_metrics) AS aggregated_metrics_json
FROM bronze.runs_latest AS b;
