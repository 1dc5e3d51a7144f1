-- Traffic to the internet that a network policy denied, as system.access.outbound_network gives them.
-- Grain: one row an event; natural key (event_id), matched null-safe.
-- Input: incoming.outbound_network, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.outbound_network (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the traffic came from',
  destination_type STRING COMMENT 'What was to be reached: DNS, IP or STORAGE',
  destination STRING COMMENT 'Name or address that was to be reached',
  dns_event STRUCT<domain_name: STRING, rcode: INT> COMMENT 'Of a name: the domain and the code of the answer (rcode)',
  storage_event STRUCT<hostname: STRING, path: STRING, rejection_reason: STRING> COMMENT 'Of storage: host, path and why it was denied',
  event_time TIMESTAMP COMMENT 'When the access was denied (UTC)',
  access_type STRING COMMENT 'DROP when it was denied, DRY_RUN_DENIAL when it only would have been',
  event_id STRING COMMENT 'Identifier of the event; natural key',
  network_source_type STRING COMMENT 'What sent it: DBSQL, GENERAL_COMPUTE, ML_SERVING, ...',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_outbound_network PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Denied traffic to the internet (system.access.outbound_network): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.outbound_network',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.outbound_network AS t
USING incoming.outbound_network AS s
ON t.event_id <=> s.event_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
