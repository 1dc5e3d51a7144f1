-- Updates of pipelines in hourly slices, as system.lakeflow.pipeline_update_timeline gives them.
-- Grain: one row an update and hour; natural key (workspace_id, update_id, period_start_time), matched null-safe.
-- Input: incoming.pipeline_update_timeline, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.pipeline_update_timeline (
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  pipeline_id STRING COMMENT 'Pipeline that was updated',
  update_id STRING COMMENT 'Update of the pipeline',
  update_type STRING COMMENT 'REFRESH, FULL_REFRESH or VALIDATE',
  request_id STRING COMMENT 'Request that asked for it; the retries of an update share it',
  run_as_user_name STRING COMMENT 'User or service principal whose rights it used',
  trigger_type STRING COMMENT 'What started it: JOB_TASK, USER_ACTION, API_CALL, SCHEMA_CHANGE, SERVICE_UPGRADE, RETRY_ON_FAILURE, ...',
  trigger_details STRUCT<job_task: STRUCT<job_id: STRING, job_task_run_id: STRING, performance_target: STRING>> COMMENT 'The task of a job that started it',
  result_state STRING COMMENT 'COMPLETED, FAILED or CANCELED on the last slice of the update; null on earlier slices and while it runs',
  compute STRUCT<type: STRING, cluster_id: STRING> COMMENT 'Compute that ran it: type and cluster',
  period_start_time TIMESTAMP COMMENT 'Start of this slice of the update (UTC); updates longer than an hour have a row for each hour',
  period_end_time TIMESTAMP COMMENT 'End of this slice (UTC)',
  refresh_selection ARRAY<STRUCT<table_catalog: STRING, table_schema: STRING, table_name: STRING>> COMMENT 'Tables that were asked to be refreshed; empty: all',
  full_refresh_selection ARRAY<STRUCT<table_catalog: STRING, table_schema: STRING, table_name: STRING>> COMMENT 'Tables that were asked to be computed anew',
  reset_checkpoint_selection ARRAY<STRING> COMMENT 'Streaming flows whose checkpoints were cleared',
  account_id STRING COMMENT 'Account that the row belongs to',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_pipeline_update_timeline PRIMARY KEY (workspace_id, update_id, period_start_time)
)
USING DELTA
COMMENT 'Updates of pipelines in hourly slices (system.lakeflow.pipeline_update_timeline): one row an update and hour'
TBLPROPERTIES (
  'secchi.system_table' = 'system.lakeflow.pipeline_update_timeline',
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'period_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.pipeline_update_timeline AS t
USING incoming.pipeline_update_timeline AS s
ON t.workspace_id <=> s.workspace_id
  AND t.update_id <=> s.update_id
  AND t.period_start_time <=> s.period_start_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
