-- Definitions of jobs with their history, as system.lakeflow.jobs gives them.
-- Grain: one row a job and change; natural key (workspace_id, job_id, change_time), matched null-safe.
-- Input: incoming.jobs, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.jobs (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job; unique within a workspace',
  name STRING COMMENT 'Name of the job',
  creator_id STRING COMMENT 'User or service principal that created it',
  tags MAP<STRING, STRING> COMMENT 'Custom tags',
  run_as STRING COMMENT 'User or service principal whose rights its runs use',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one object form its history',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  description STRING COMMENT 'Description of the job',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_jobs PRIMARY KEY (workspace_id, job_id, change_time)
)
USING DELTA
COMMENT 'Definitions of jobs with their history (system.lakeflow.jobs): one row a job and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.lakeflow.jobs',
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.jobs AS t
USING incoming.jobs AS s
ON t.workspace_id <=> s.workspace_id
  AND t.job_id <=> s.job_id
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
