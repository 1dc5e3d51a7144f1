-- Requests to serving endpoints with their tokens.
-- Grain: one row a request; key (databricks_request_id).
-- Inputs: system_bronze.endpoint_usage; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_endpoint_usage (
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
  request_streaming BOOLEAN COMMENT 'True when the answer was streamed',
  served_entity_id STRING COMMENT 'Entity that answered',
  usage_context_json STRING COMMENT 'Names and values that the client sent to tell what the request was for, as JSON',
  CONSTRAINT pk_fact_endpoint_usage PRIMARY KEY (databricks_request_id),
  CONSTRAINT fk_fact_endpoint_usage_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_fact_endpoint_usage_served_entity_id FOREIGN KEY (served_entity_id) REFERENCES system_gold.dim_served_entities (served_entity_id)
)
USING DELTA
COMMENT 'Requests to serving endpoints with their tokens: one row a request'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'request_time',
  'secchi.row_of' = 'endpoint_usage',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_endpoint_usage AS t
USING (
  SELECT
    b.workspace_id,
    b.account_id,
    b.client_request_id,
    b.databricks_request_id,
    b.requester,
    b.status_code,
    b.request_time,
    b.input_token_count,
    b.output_token_count,
    b.input_character_count,
    b.output_character_count,
    b.request_streaming,
    b.served_entity_id,
    TO_JSON(b.usage_context) AS usage_context_json
  FROM system_bronze.endpoint_usage AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.databricks_request_id <=> s.databricks_request_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
