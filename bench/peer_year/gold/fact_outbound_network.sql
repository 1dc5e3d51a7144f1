CREATE TABLE gold.fact_outbound_network AS
SELECT
  b.account_id,
  b.workspace_id,
  b.destination_type,
  b.destination,
  b.event_time,
  b.access_type,
  b.event_id,
  b.network_source_type,
  b.dns_event.domain_name AS dns_event_domain_name,
  b.dns_event.rcode AS dns_event_rcode,
  b.storage_event.hostname AS storage_event_hostname,
  b.storage_event.path AS storage_event_path,
  b.storage_event.rejection_reason AS storage_event_rejection_reason
FROM bronze.outbound_network AS b;
