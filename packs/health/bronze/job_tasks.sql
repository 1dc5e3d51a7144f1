-- Definitions of the tasks of jobs with their history, as system.lakeflow.job_tasks gives them.
-- Grain: one row a task and change; natural key (workspace_id, job_id, task_key, change_time), matched null-safe.
-- Input: incoming.job_tasks, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.job_tasks (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job of the task',
  task_key STRING COMMENT 'Task within the job',
  depends_on_keys ARRAY<STRING> COMMENT 'Tasks that must end before this one starts',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one object form its history',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_job_tasks PRIMARY KEY (workspace_id, job_id, task_key, change_time)
)
USING DELTA
COMMENT 'Definitions of the tasks of jobs with their history (system.lakeflow.job_tasks): one row a task and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.lakeflow.job_tasks',
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.job_tasks AS t
USING incoming.job_tasks AS s
ON t.workspace_id <=> s.workspace_id
  AND t.job_id <=> s.job_id
  AND t.task_key <=> s.task_key
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
