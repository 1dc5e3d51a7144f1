CREATE TABLE gold.fact_inbound_network AS
SELECT
  b.account_id,
  b.workspace_id,
  b.event_id,
  b.request_path,
  b.authenticated_as,
  b.event_time,
  b.policy_outcome,
  b.source.ip AS source_ip
FROM bronze.inbound_network AS b;
