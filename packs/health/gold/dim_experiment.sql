-- MLflow experiments as they are now.
-- Grain: one row an experiment; key (workspace_id, experiment_id).
-- Inputs: system_bronze.experiments_latest; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_experiment (
  account_id STRING COMMENT 'Account that the row belongs to',
  update_time TIMESTAMP COMMENT 'Last change of the experiment (UTC)',
  delete_time TIMESTAMP COMMENT 'When the experiment was deleted (UTC); null while it exists',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  experiment_id STRING COMMENT 'Experiment; unique within a workspace',
  name STRING COMMENT 'Name of the experiment, most often a path in the workspace',
  create_time TIMESTAMP COMMENT 'When the experiment was created (UTC)',
  CONSTRAINT pk_dim_experiment PRIMARY KEY (workspace_id, experiment_id),
  CONSTRAINT fk_dim_experiment_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'MLflow experiments as they are now: one row an experiment'
TBLPROPERTIES (
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'update_time',
  'secchi.row_of' = 'experiments_latest',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_experiment AS t
USING (
  SELECT
    b.account_id,
    b.update_time,
    b.delete_time,
    b.workspace_id,
    b.experiment_id,
    b.name,
    b.create_time
  FROM system_bronze.experiments_latest AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.experiment_id <=> s.experiment_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
