-- MLflow experiments as they are now, as system.mlflow.experiments_latest gives them.
-- Grain: one row an experiment; natural key (workspace_id, experiment_id), matched null-safe.
-- Input: incoming.experiments_latest, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.experiments_latest (
  account_id STRING COMMENT 'Account that the row belongs to',
  update_time TIMESTAMP COMMENT 'Last change of the experiment (UTC)',
  delete_time TIMESTAMP COMMENT 'When the experiment was deleted (UTC); null while it exists',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  experiment_id STRING COMMENT 'Experiment; unique within a workspace',
  name STRING COMMENT 'Name of the experiment, most often a path in the workspace',
  create_time TIMESTAMP COMMENT 'When the experiment was created (UTC)',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_experiments_latest PRIMARY KEY (workspace_id, experiment_id)
)
USING DELTA
COMMENT 'MLflow experiments as they are now (system.mlflow.experiments_latest): one row an experiment'
TBLPROPERTIES (
  'secchi.system_table' = 'system.mlflow.experiments_latest',
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'update_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.experiments_latest AS t
USING incoming.experiments_latest AS s
ON t.workspace_id <=> s.workspace_id
  AND t.experiment_id <=> s.experiment_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
