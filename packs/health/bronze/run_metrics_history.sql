-- Points of metrics that MLflow runs logged, as system.mlflow.run_metrics_history gives them.
-- Grain: one row a record; natural key (record_id), matched null-safe.
-- Input: incoming.run_metrics_history, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.run_metrics_history (
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
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_run_metrics_history PRIMARY KEY (record_id)
)
USING DELTA
COMMENT 'Points of metrics that MLflow runs logged (system.mlflow.run_metrics_history): one row a record'
TBLPROPERTIES (
  'secchi.system_table' = 'system.mlflow.run_metrics_history',
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'insert_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.run_metrics_history AS t
USING incoming.run_metrics_history AS s
ON t.record_id <=> s.record_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
