CREATE TABLE gold.fact_endpoint_usage AS
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
  to_json(b.usage_context)::VARCHAR AS usage_context_json
FROM bronze.endpoint_usage AS b;
