-- Points of metrics that MLflow runs logged.
-- Grain: one row a run, metric, time and step; key (workspace_id, run_id, metric_name, metric_time, metric_step).
-- The step is part of the key, since a quick training logs several steps in one millisecond. Of records of the same point the one recorded last holds; without a
-- time it counts as the last, so that retention never takes the record that is here and leaves another. A record that is delivered again with another key leaves its
-- point to the one before: points that a changed record stands for here are looked at as well.
-- Inputs: system_bronze.run_metrics_history; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_mlflow_run_metrics_history (
  account_id STRING COMMENT 'Account that the row belongs to',
  insert_time TIMESTAMP COMMENT 'When the point was recorded (UTC)',
  record_id STRING COMMENT 'Identifier of the record',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  experiment_id STRING COMMENT 'Experiment of the run',
  run_id STRING COMMENT 'MLflow run that logged the point',
  metric_name STRING COMMENT 'Name of the metric',
  metric_time TIMESTAMP COMMENT 'Time that the point was logged with (UTC)',
  metric_step BIGINT COMMENT 'Step of the training, 0 when none was given',
  metric_value DOUBLE COMMENT 'Value of the metric; NaN and infinities occur',
  CONSTRAINT pk_fact_mlflow_run_metrics_history PRIMARY KEY (workspace_id, run_id, metric_name, metric_time, metric_step),
  CONSTRAINT fk_fact_mlflow_run_metrics_history_run_id FOREIGN KEY (workspace_id, run_id) REFERENCES system_gold.fact_mlflow_runs (workspace_id, run_id),
  CONSTRAINT fk_fact_mlflow_run_metrics_history_experiment_id FOREIGN KEY (workspace_id, experiment_id) REFERENCES system_gold.dim_experiment (workspace_id, experiment_id)
)
USING DELTA
COMMENT 'Points of metrics that MLflow runs logged: one row a run, metric, time and step'
TBLPROPERTIES (
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'insert_time',
  'secchi.row_of' = 'run_metrics_history',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_mlflow_run_metrics_history AS t
USING (
  WITH changed_record AS (
    SELECT b.record_id, b.workspace_id, b.run_id, b.metric_name, b.metric_time, b.metric_step
    FROM system_bronze.run_metrics_history AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  touched_point AS (
    SELECT c.workspace_id, c.run_id, c.metric_name, c.metric_time, c.metric_step
    FROM changed_record AS c
    UNION
    SELECT g.workspace_id, g.run_id, g.metric_name, g.metric_time, g.metric_step
    FROM system_gold.fact_mlflow_run_metrics_history AS g
    INNER JOIN changed_record AS c ON c.record_id = g.record_id
  ),
  record AS (
    SELECT
      b.*,
      ROW_NUMBER() OVER (
        PARTITION BY b.workspace_id, b.run_id, b.metric_name, b.metric_time, b.metric_step
        ORDER BY b.insert_time DESC NULLS FIRST, b.record_id DESC) AS record_rank
    FROM system_bronze.run_metrics_history AS b
    INNER JOIN touched_point AS p
      ON p.workspace_id <=> b.workspace_id
      AND p.run_id <=> b.run_id
      AND p.metric_name <=> b.metric_name
      AND p.metric_time <=> b.metric_time
      AND p.metric_step <=> b.metric_step
  )
  SELECT
    r.account_id,
    r.insert_time,
    r.record_id,
    p.workspace_id,
    r.experiment_id,
    p.run_id,
    p.metric_name,
    p.metric_time,
    p.metric_step,
    r.metric_value
  FROM touched_point AS p
  LEFT JOIN record AS r
    ON r.workspace_id <=> p.workspace_id
    AND r.run_id <=> p.run_id
    AND r.metric_name <=> p.metric_name
    AND r.metric_time <=> p.metric_time
    AND r.metric_step <=> p.metric_step
    AND r.record_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
  AND t.metric_name <=> s.metric_name
  AND t.metric_time <=> s.metric_time
  AND t.metric_step <=> s.metric_step
WHEN MATCHED AND s.record_id IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
