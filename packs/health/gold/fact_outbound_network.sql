-- Traffic to the internet that a network policy denied.
-- Grain: one row an event; key (event_id).
-- Inputs: system_bronze.outbound_network; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_outbound_network (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the traffic came from',
  destination_type STRING COMMENT 'What was to be reached: DNS, IP or STORAGE',
  destination STRING COMMENT 'Name or address that was to be reached',
  event_time TIMESTAMP COMMENT 'When the access was denied (UTC)',
  access_type STRING COMMENT 'DROP when it was denied, DRY_RUN_DENIAL when it only would have been',
  event_id STRING COMMENT 'Identifier of the event',
  network_source_type STRING COMMENT 'What sent it: DBSQL, GENERAL_COMPUTE, ML_SERVING, ...',
  dns_event_domain_name STRING COMMENT 'Name that was asked for',
  dns_event_rcode INT COMMENT 'Code of the answer to the name request',
  storage_event_hostname STRING COMMENT 'Host of the storage',
  storage_event_path STRING COMMENT 'Path in the storage',
  storage_event_rejection_reason STRING COMMENT 'Why access to the storage was denied',
  CONSTRAINT pk_fact_outbound_network PRIMARY KEY (event_id),
  CONSTRAINT fk_fact_outbound_network_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Denied traffic to the internet: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_outbound_network AS t
USING (
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
  FROM system_bronze.outbound_network AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.event_id <=> s.event_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
