CREATE TABLE gold.fact_payload_logs AS
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
  to_json(b.logging_error_codes)::VARCHAR AS logging_error_codes_json
FROM bronze.payload_logs AS b;
