-- Prompts that users sent to the assistant.
-- Grain: one row an event; key (event_id).
-- Inputs: system_bronze.assistant_events; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_assistant_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  event_id STRING COMMENT 'Identifier of the event',
  event_time TIMESTAMP COMMENT 'When the prompt was sent (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  user_agent STRING COMMENT 'Client that sent the prompt',
  initiated_by STRING COMMENT 'User that sent the prompt',
  CONSTRAINT pk_fact_assistant_events PRIMARY KEY (event_id),
  CONSTRAINT fk_fact_assistant_events_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'Prompts to the assistant: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_assistant_events AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.event_id,
    b.event_time,
    b.event_date,
    b.user_agent,
    b.initiated_by
  FROM system_bronze.assistant_events AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.event_id <=> s.event_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
