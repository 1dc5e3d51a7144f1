-- SQL warehouses as they are now.
-- Grain: one row a warehouse; key (workspace_id, warehouse_id).
-- Inputs: system_bronze.warehouses; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_warehouse (
  warehouse_id STRING COMMENT 'SQL warehouse',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  account_id STRING COMMENT 'Account that the row belongs to',
  warehouse_name STRING COMMENT 'Name of the warehouse',
  warehouse_type STRING COMMENT 'CLASSIC, PRO or SERVERLESS',
  warehouse_channel STRING COMMENT 'Channel of releases: CURRENT or PREVIEW',
  warehouse_size STRING COMMENT 'Size of a cluster of it: 2X_SMALL to 4X_LARGE',
  min_clusters INT COMMENT 'Fewest clusters when it runs',
  max_clusters INT COMMENT 'Most clusters when it scales',
  auto_stop_minutes INT COMMENT 'Idle minutes after which it stops; 0: never',
  change_time TIMESTAMP COMMENT 'When this configuration came into force (UTC)',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  created_by STRING COMMENT 'User or service principal that created it',
  tags_json STRING COMMENT 'Tags as JSON',
  CONSTRAINT pk_dim_warehouse PRIMARY KEY (workspace_id, warehouse_id),
  CONSTRAINT fk_dim_warehouse_workspace_id FOREIGN KEY (workspace_id) REFERENCES system_gold.dim_workspace (workspace_id)
)
USING DELTA
COMMENT 'SQL warehouses as they are now: one row a warehouse'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_warehouse AS t
USING (
  WITH changed_warehouse AS (
    SELECT DISTINCT b.workspace_id, b.warehouse_id
    FROM system_bronze.warehouses AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.workspace_id, v.warehouse_id ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.warehouses AS v
    INNER JOIN changed_warehouse AS a ON a.workspace_id <=> v.workspace_id AND a.warehouse_id <=> v.warehouse_id
  )
  SELECT
    b.warehouse_id,
    b.workspace_id,
    b.account_id,
    b.warehouse_name,
    b.warehouse_type,
    b.warehouse_channel,
    b.warehouse_size,
    b.min_clusters,
    b.max_clusters,
    b.auto_stop_minutes,
    b.change_time,
    b.delete_time,
    b.created_by,
    TO_JSON(b.tags) AS tags_json
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.warehouse_id <=> s.warehouse_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
