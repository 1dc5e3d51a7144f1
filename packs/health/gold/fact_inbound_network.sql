-- Requests to workspaces that a network policy denied.
-- Grain: one row an event; key (event_id).
-- Inputs: system_bronze.inbound_network; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_inbound_network (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that was to be reached',
  event_id STRING COMMENT 'Identifier of the event',
  request_path STRING COMMENT 'Path of the request',
  authenticated_as STRING COMMENT 'User or service principal that the request was signed in as; null when not signed in',
  event_time TIMESTAMP COMMENT 'When the request was denied (UTC)',
  policy_outcome STRING COMMENT 'Verdict of the policy: DENY, or DRY_RUN_DENIAL when it only would have been denied',
  source_ip STRING COMMENT 'Address that the request came from',
  CONSTRAINT pk_fact_inbound_network PRIMARY KEY (event_id),
  CONSTRAINT fk_fact_inbound_network_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Denied requests to workspaces: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_inbound_network AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.event_id,
    b.request_path,
    b.authenticated_as,
    b.event_time,
    b.policy_outcome,
    b.source.ip AS source_ip
  FROM system_bronze.inbound_network AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.event_id <=> s.event_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
