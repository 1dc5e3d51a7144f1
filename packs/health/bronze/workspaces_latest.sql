-- Workspaces as they are now, as system.access.workspaces_latest gives them.
-- Grain: one row a workspace; natural key (workspace_id), matched null-safe.
-- Input: incoming.workspaces_latest, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.workspaces_latest (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace; natural key',
  workspace_name STRING COMMENT 'Name of the workspace',
  workspace_url STRING COMMENT 'Address of the workspace',
  create_time TIMESTAMP COMMENT 'When it was created (UTC)',
  status STRING COMMENT 'NOT_PROVISIONED, PROVISIONING, RUNNING, FAILED or BANNED',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_workspaces_latest PRIMARY KEY (workspace_id)
)
USING DELTA
COMMENT 'Workspaces as they are now (system.access.workspaces_latest): one row a workspace'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.workspaces_latest',
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'create_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.workspaces_latest AS t
USING incoming.workspaces_latest AS s
ON t.workspace_id <=> s.workspace_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
