-- Workspaces as they are now.
-- Grain: one row a workspace; key (workspace_id).
-- Inputs: system_bronze.workspaces_latest; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_workspace (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace',
  workspace_name STRING COMMENT 'Name of the workspace',
  workspace_url STRING COMMENT 'Address of the workspace',
  create_time TIMESTAMP COMMENT 'When it was created (UTC)',
  status STRING COMMENT 'NOT_PROVISIONED, PROVISIONING, RUNNING, FAILED or BANNED',
  CONSTRAINT pk_dim_workspace PRIMARY KEY (workspace_id)
)
USING DELTA
COMMENT 'Workspaces as they are now: one row a workspace'
TBLPROPERTIES (
  'secchi.domain' = 'cost',
  'secchi.event_time' = 'create_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_workspace AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.workspace_name,
    b.workspace_url,
    b.create_time,
    b.status
  FROM system_bronze.workspaces_latest AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.workspace_id <=> s.workspace_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
