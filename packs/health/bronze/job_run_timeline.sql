-- Runs of jobs in hourly slices, as system.lakeflow.job_run_timeline gives them.
-- Grain: one row a run and hour; natural key (workspace_id, run_id, period_start_time), matched null-safe.
-- Input: incoming.job_run_timeline, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.job_run_timeline (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job of the run',
  run_id STRING COMMENT 'Run of the job',
  period_start_time TIMESTAMP COMMENT 'Start of this slice of the run (UTC); runs longer than an hour have a row for each hour',
  period_end_time TIMESTAMP COMMENT 'End of this slice (UTC)',
  trigger_type STRING COMMENT 'What started it: CRON, ONETIME, PERIODIC, MANUAL, FILE_ARRIVAL, ...',
  result_state STRING COMMENT 'SUCCEEDED, FAILED, ERROR, CANCELLED, SKIPPED, TIMED_OUT or BLOCKED on the last slice of the run; null on earlier slices and while it runs',
  run_type STRING COMMENT 'JOB_RUN, SUBMIT_RUN or WORKFLOW_RUN',
  run_name STRING COMMENT 'Name given to a submitted run',
  compute_ids ARRAY<STRING> COMMENT 'Clusters and warehouses that the run used in this slice',
  termination_code STRING COMMENT 'Why the run ended, e.g. SUCCESS, RUN_EXECUTION_ERROR, USER_CANCELED; null while it runs',
  job_parameters MAP<STRING, MAP<STRING, STRING>> COMMENT 'Parameters of the run by level and name',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_job_run_timeline PRIMARY KEY (workspace_id, run_id, period_start_time)
)
USING DELTA
COMMENT 'Runs of jobs in hourly slices (system.lakeflow.job_run_timeline): one row a run and hour'
TBLPROPERTIES (
  'secchi.system_table' = 'system.lakeflow.job_run_timeline',
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'period_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.job_run_timeline AS t
USING incoming.job_run_timeline AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
  AND t.period_start_time <=> s.period_start_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
