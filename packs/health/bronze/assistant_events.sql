-- Prompts that users sent to the assistant, as system.access.assistant_events gives them.
-- Grain: one row an event; natural key (event_id), matched null-safe.
-- Input: incoming.assistant_events, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.assistant_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  event_id STRING COMMENT 'Identifier of the event; natural key',
  event_time TIMESTAMP COMMENT 'When the prompt was sent (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  user_agent STRING COMMENT 'Client that sent the prompt',
  initiated_by STRING COMMENT 'User that sent the prompt',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_assistant_events PRIMARY KEY (event_id)
)
USING DELTA
COMMENT 'Prompts to the assistant (system.access.assistant_events): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.access.assistant_events',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.assistant_events AS t
USING incoming.assistant_events AS s
ON t.event_id <=> s.event_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
