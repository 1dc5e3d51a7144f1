-- MLflow runs as they are now.
-- Grain: one row a run; key (workspace_id, run_id).
-- Inputs: system_bronze.runs_latest; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_mlflow_runs (
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
  params_json STRING COMMENT 'Parameters that were logged, by name, as JSON',
  tags_json STRING COMMENT 'Tags of the run as JSON',
  aggregated_metrics_json STRING COMMENT 'For each metric its name, smallest, largest and latest value, as JSON',
  CONSTRAINT pk_fact_mlflow_runs PRIMARY KEY (workspace_id, run_id),
  CONSTRAINT fk_fact_mlflow_runs_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_fact_mlflow_runs_experiment_id FOREIGN KEY (workspace_id, experiment_id) REFERENCES system_gold.dim_experiment (workspace_id, experiment_id)
)
USING DELTA
COMMENT 'MLflow runs as they are now: one row a run'
TBLPROPERTIES (
  'secchi.domain' = 'quality',
  'secchi.event_time' = 'update_time',
  'secchi.row_of' = 'runs_latest',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_mlflow_runs AS t
USING (
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
    TO_JSON(b.params) AS params_json,
    TO_JSON(b.tags) AS tags_json,
    TO_JSON(b.aggregated_metrics) AS aggregated_metrics_json
  FROM system_bronze.runs_latest AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
