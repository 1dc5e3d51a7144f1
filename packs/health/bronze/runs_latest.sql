-- MLflow runs as they are now, as system.mlflow.runs_latest gives them.
-- Grain: one row a run; natural key (workspace_id, run_id), matched null-safe.
-- Input: incoming.runs_latest, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.runs_latest (
  account_id STRING COMMENT 'Account that the row belongs to',
  update_time TIMESTAMP COMMENT 'Last change of the run (UTC)',
  delete_time TIMESTAMP COMMENT 'When the run was deleted (UTC); null while it exists',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  run_id STRING COMMENT 'MLflow run; unique within a workspace',
  experiment_id STRING COMMENT 'Experiment of the run',
  created_by STRING COMMENT 'User or service principal that started the run',
  start_time TIMESTAMP COMMENT 'Start of the run (UTC)',
  end_time TIMESTAMP COMMENT 'End of the run (UTC); null while it runs',
  run_name STRING COMMENT 'Name of the run',
  status STRING COMMENT 'FINISHED, FAILED, KILLED, RUNNING or SCHEDULED',
  params MAP<STRING, STRING> COMMENT 'Parameters that were logged, by name',
  tags MAP<STRING, STRING> COMMENT 'Tags of the run',
  aggregated_metrics ARRAY<STRUCT<metric_name: STRING, min_value: DOUBLE, max_value: DOUBLE, latest_value: DOUBLE>> COMMENT 'For each metric its name, smallest, largest and latest value',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_runs_latest PRIMARY KEY (workspace_id, run_id)
)
USING DELTA
COMMENT 'MLflow runs as they are now (system.mlflow.runs_latest): one row a run'
TBLPROPERTIES (
  'secchi.system_table' = 'system.mlflow.runs_latest',
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'update_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.runs_latest AS t
USING incoming.runs_latest AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
