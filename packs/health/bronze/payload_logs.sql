-- Bodies of requests to serving endpoints and of their answers, as system.__internal_logging.payload_logs gives them.
-- Grain: one row a request; natural key (databricks_request_id), matched null-safe.
-- Input: incoming.payload_logs, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.payload_logs (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  request_date DATE COMMENT 'UTC day of request_time',
  databricks_request_id STRING COMMENT 'Identifier of the request',
  client_request_id STRING COMMENT 'Identifier that the client gave the request',
  request_time TIMESTAMP COMMENT 'When the request was received (UTC)',
  status_code INT COMMENT 'HTTP status of the answer',
  sampling_fraction DOUBLE COMMENT 'Share of the requests that is logged, 0 to 1',
  execution_duration_ms BIGINT COMMENT 'Time of the model, in milliseconds',
  request STRING COMMENT 'Body of the request as it was sent',
  response STRING COMMENT 'Body of the answer as it was given',
  logging_error_codes ARRAY<STRING> COMMENT 'What went wrong when the payload was logged, e.g. MAX_REQUEST_SIZE_EXCEEDED',
  served_entity_id STRING COMMENT 'Entity that answered',
  endpoint_table_id STRING COMMENT 'Table that the endpoint logs into',
  requester STRING COMMENT 'User or service principal that sent the request',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_payload_logs PRIMARY KEY (databricks_request_id)
)
USING DELTA
COMMENT 'Bodies of requests to serving endpoints and of their answers (system.__internal_logging.payload_logs): one row a request'
TBLPROPERTIES (
  'secchi.system_table' = 'system.__internal_logging.payload_logs',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'request_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.payload_logs AS t
USING incoming.payload_logs AS s
ON t.databricks_request_id <=> s.databricks_request_id
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
