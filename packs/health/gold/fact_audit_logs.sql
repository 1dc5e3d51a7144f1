-- Actions of users and services with marks of risk.
-- Grain: one row an event; key (event_id).
-- A late or redelivered event comes in by its load, whatever its day (event_date is no watermark).
-- Inputs: system_bronze.audit; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_audit_logs (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the event belongs to; 0 for events of the account',
  version STRING COMMENT 'Version of the audit schema',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  source_ip_address STRING COMMENT 'Address that the request came from',
  user_agent STRING COMMENT 'Client that sent the request',
  session_id STRING COMMENT 'Session of the request',
  service_name STRING COMMENT 'Service that was called, e.g. unityCatalog, accounts, jobs',
  action_name STRING COMMENT 'What was asked of it, e.g. getTable, deleteJob',
  request_id STRING COMMENT 'Identifier of the request; several events may share it',
  audit_level STRING COMMENT 'ACCOUNT_LEVEL or WORKSPACE_LEVEL',
  event_id STRING COMMENT 'Identifier of the event',
  user_identity_email STRING COMMENT 'E-mail of the user that made the request, or the name of a system process',
  user_identity_subject_name STRING COMMENT 'Name of the service principal that made the request',
  request_params MAP<STRING, STRING> COMMENT 'Parameters of the request by name; which ones depends on the action',
  response_status_code INT COMMENT 'HTTP status of the answer',
  response_error_message STRING COMMENT 'Error of a request that failed',
  response_result STRING COMMENT 'Result that the service gave back',
  identity_metadata_run_by STRING COMMENT 'User or service principal that ran the action',
  identity_metadata_run_as STRING COMMENT 'User or service principal whose rights it had',
  identity_metadata_acting_resource STRING COMMENT 'Resource that acted for them, e.g. a job or an app',
  is_sensitive_action BOOLEAN COMMENT 'True when the name of the action speaks of grants, secrets, permissions, tokens, passwords, credentials or deletion; never null',
  is_failed_action BOOLEAN COMMENT 'True when the status is 400 or more or there is an error message; never null',
  CONSTRAINT pk_fact_audit_logs PRIMARY KEY (event_id),
  CONSTRAINT fk_fact_audit_logs_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Actions of users and services with marks of risk: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_audit_logs AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.version,
    b.event_time,
    b.event_date,
    b.source_ip_address,
    b.user_agent,
    b.session_id,
    b.service_name,
    b.action_name,
    b.request_id,
    b.audit_level,
    b.event_id,
    b.user_identity.email AS user_identity_email,
    b.user_identity.subject_name AS user_identity_subject_name,
    b.request_params,
    b.response.status_code AS response_status_code,
    b.response.error_message AS response_error_message,
    b.response.result AS response_result,
    b.identity_metadata.run_by AS identity_metadata_run_by,
    b.identity_metadata.run_as AS identity_metadata_run_as,
    b.identity_metadata.acting_resource AS identity_metadata_acting_resource,
    COALESCE(LOWER(b.action_name) RLIKE 'grant|revoke|delete|secret|permission|token|password|credential', FALSE) AS is_sensitive_action,
    COALESCE(b.response.status_code >= 400, FALSE) OR COALESCE(b.response.error_message, '') <> '' AS is_failed_action
  FROM system_bronze.audit AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.event_id <=> s.event_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
