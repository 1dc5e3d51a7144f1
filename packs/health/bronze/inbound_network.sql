-- Requests to workspaces that a network policy denied, as system.access.inbound_network gives them.
-- Grain: one row an event; natural key (event_id), matched null-safe.
-- Input: incoming.inbound_network, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.inbound_network (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that was to be reached',
  event_id STRING COMMENT 'Identifier of the event; natural key',
  request_path STRING COMMENT 'Path of the request',
  source STRUCT<ip: STRING> COMMENT 'Where the request came from: address',
  authenticated_as STRING COMMENT 'User or service principal that the request was signed in as; null when not signed in',
  event_time TIMESTAMP COMMENT 'When the request was denied (UTC)',
  policy_outcome STRING COMMENT 'Verdict of the policy: DENY, or DRY_RUN_DENIAL when it only would have been denied',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_inbound_network PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Denied requests to workspaces (system.access.inbound_network): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.inbound_network',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.inbound_network AS t
USING incoming.inbound_network AS s
ON t.event_id <=> s.event_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
