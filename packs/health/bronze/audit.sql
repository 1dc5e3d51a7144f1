-- Actions of users and services in workspaces and the account, as system.access.audit gives them.
-- Grain: one row an event; natural key (event_id), matched null-safe.
-- Input: incoming.audit, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.audit (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the event belongs to; 0 for events of the account',
  version STRING COMMENT 'Version of the audit schema',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  source_ip_address STRING COMMENT 'Address that the request came from',
  user_agent STRING COMMENT 'Client that sent the request',
  session_id STRING COMMENT 'Session of the request',
  user_identity STRUCT<email: STRING, subject_name: STRING> COMMENT 'Who made the request: e-mail, or the name of a service principal or system process',
  service_name STRING COMMENT 'Service that was called, e.g. unityCatalog, accounts, jobs',
  action_name STRING COMMENT 'What was asked of it, e.g. getTable, deleteJob',
  request_id STRING COMMENT 'Identifier of the request; several events may share it',
  request_params MAP<STRING, STRING> COMMENT 'Parameters of the request by name; which ones depends on the action',
  response STRUCT<status_code: INT, error_message: STRING, result: STRING> COMMENT 'Answer: HTTP status code, error message and result',
  audit_level STRING COMMENT 'ACCOUNT_LEVEL or WORKSPACE_LEVEL',
  event_id STRING COMMENT 'Identifier of the event; natural key',
  identity_metadata STRUCT<run_by: STRING, run_as: STRING, acting_resource: STRING> COMMENT 'Whose rights were used: who ran it (run_by), whose rights it had (run_as), and the resource that acted for them',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_audit PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Actions of users and services (system.access.audit): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.audit',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.audit AS t
USING incoming.audit AS s
ON t.event_id <=> s.event_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
