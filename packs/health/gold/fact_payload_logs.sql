-- Bodies of requests to serving endpoints and of their answers.
-- Grain: one row a request; key (databricks_request_id).
-- Inputs: system_bronze.payload_logs; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_payload_logs (
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
  served_entity_id STRING COMMENT 'Entity that answered',
  endpoint_table_id STRING COMMENT 'Table that the endpoint logs into',
  requester STRING COMMENT 'User or service principal that sent the request',
  logging_error_codes_json STRING COMMENT 'What went wrong when the payload was logged, as JSON',
  CONSTRAINT pk_fact_payload_logs PRIMARY KEY (databricks_request_id),
  CONSTRAINT fk_fact_payload_logs_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id),
  CONSTRAINT fk_fact_payload_logs_served_entity_id FOREIGN KEY (served_entity_id) REFERENCES system_gold.dim_served_entities (served_entity_id)
)
USING DELTA
COMMENT 'Bodies of requests to serving endpoints and of their answers: one row a request'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'request_time',
  'secchi.row_of' = 'payload_logs',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Machine Learning',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_payload_logs AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.request_date,
    b.databricks_request_id,
    b.client_request_id,
    b.request_time,
    b.status_code,
    b.sampling_fraction,
    b.execution_duration_ms,
    b.request,
    b.response,
    b.served_entity_id,
    b.endpoint_table_id,
    b.requester,
    TO_JSON(b.logging_error_codes) AS logging_error_codes_json
  FROM system_bronze.payload_logs AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.databricks_request_id <=> s.databricks_request_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
