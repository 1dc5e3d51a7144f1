-- Runs of experiments as they ended.
SELECT
  x.account_id,
  timestamp_micros(r.end_us) AS update_time,
  x.workspace_id,
  r.ml_run_id AS run_id,
  x.experiment_id,
  x.created_by,
  timestamp_micros(r.start_us) AS start_time,
  timestamp_micros(r.end_us) AS end_time,
  concat('run-', substr(r.ml_run_id, 1, 6)) AS run_name,
  r.status,
  map('learning_rate', CASE WHEN r.k % 2 = 0 THEN '0.01' ELSE '0.001' END, 'depth', CAST(4 + r.k % 6 AS STRING)) AS params,
  map('mlflow.source.type', 'NOTEBOOK') AS tags,
  array(named_struct('metric_name', 'loss', 'min_value', 0.1D, 'max_value', 1.0D, 'latest_value', 0.1D + 0.9D * exp(-2.0D))) AS aggregated_metrics,
  r.arrival
FROM sim.ml_run AS r
JOIN sim.experiment AS x ON x.experiment_no = r.experiment_no
