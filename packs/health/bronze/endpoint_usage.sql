-- Requests to serving endpoints with their tokens, as system.serving.endpoint_usage gives them.
-- Grain: one row a request; natural key (databricks_request_id), matched null-safe.
-- Input: incoming.endpoint_usage, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.endpoint_usage (
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  account_id STRING COMMENT 'Account that the row belongs to',
  client_request_id STRING COMMENT 'Identifier that the client gave the request',
  databricks_request_id STRING COMMENT 'Identifier of the request',
  requester STRING COMMENT 'User or service principal that sent the request',
  status_code INT COMMENT 'HTTP status of the answer',
  request_time TIMESTAMP COMMENT 'When the request was received (UTC)',
  input_token_count BIGINT COMMENT 'Tokens of the request',
  output_token_count BIGINT COMMENT 'Tokens of the answer',
  input_character_count BIGINT COMMENT 'Characters of the request',
  output_character_count BIGINT COMMENT 'Characters of the answer',
  usage_context MAP<STRING, STRING> COMMENT 'Names and values that the client sent to tell what the request was for',
  request_streaming BOOLEAN COMMENT 'True when the answer was streamed',
  served_entity_id STRING COMMENT 'Entity that answered',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_endpoint_usage PRIMARY KEY (databricks_request_id)
)
USING DELTA
COMMENT 'Requests to serving endpoints with their tokens (system.serving.endpoint_usage): one row a request'
TBLPROPERTIES (
  'secchi.system_table' = 'system.serving.endpoint_usage',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'request_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.endpoint_usage AS t
USING incoming.endpoint_usage AS s
ON t.databricks_request_id <=> s.databricks_request_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
