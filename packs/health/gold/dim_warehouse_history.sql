-- Configurations of SQL warehouses over time.
-- Grain: one row a warehouse and period of validity; key (workspace_id, warehouse_id, valid_from).
-- A late version corrects its neighbours: all versions of a changed object are computed again.
-- Inputs: system_bronze.warehouses; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_warehouse_history (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  warehouse_id STRING COMMENT 'SQL warehouse',
  warehouse_name STRING COMMENT 'Name of the warehouse',
  warehouse_type STRING COMMENT 'CLASSIC, PRO or SERVERLESS',
  warehouse_channel STRING COMMENT 'Channel of releases: CURRENT or PREVIEW',
  warehouse_size STRING COMMENT 'Size of a cluster of it: 2X_SMALL to 4X_LARGE',
  min_clusters INT COMMENT 'Fewest clusters when it runs',
  max_clusters INT COMMENT 'Most clusters when it scales',
  auto_stop_minutes INT COMMENT 'Idle minutes after which it stops; 0: never',
  created_by STRING COMMENT 'User or service principal that created it',
  tags_json STRING COMMENT 'Tags as JSON',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  valid_from TIMESTAMP COMMENT 'When this version came into force (UTC), inclusive',
  valid_to TIMESTAMP COMMENT 'When the next version came into force (UTC), exclusive; null for the newest',
  is_current BOOLEAN COMMENT 'True for the newest version',
  CONSTRAINT pk_dim_warehouse_history PRIMARY KEY (workspace_id, warehouse_id, valid_from),
  CONSTRAINT fk_dim_warehouse_history_warehouse_id FOREIGN KEY (workspace_id, warehouse_id) REFERENCES system_gold.dim_warehouse (workspace_id, warehouse_id)
)
USING DELTA
COMMENT 'Configurations of SQL warehouses over time: one row a warehouse and period of validity'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'valid_from',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_warehouse_history AS t
USING (
  WITH changed_warehouse AS (
    SELECT DISTINCT b.workspace_id, b.warehouse_id
    FROM system_bronze.warehouses AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  warehouse_version AS (
    SELECT
      b.account_id,
      b.workspace_id,
      b.warehouse_id,
      b.warehouse_name,
      b.warehouse_type,
      b.warehouse_channel,
      b.warehouse_size,
      b.min_clusters,
      b.max_clusters,
      b.auto_stop_minutes,
      b.created_by,
      TO_JSON(b.tags) AS tags_json,
      b.delete_time,
      b.change_time AS valid_from,
      LEAD(b.change_time) OVER (PARTITION BY b.workspace_id, b.warehouse_id ORDER BY b.change_time) AS valid_to,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.warehouse_id ORDER BY b.change_time DESC) = 1 AS is_current
    FROM system_bronze.warehouses AS b
    INNER JOIN changed_warehouse AS a ON a.workspace_id <=> b.workspace_id AND a.warehouse_id <=> b.warehouse_id
  )
  SELECT * FROM warehouse_version
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.warehouse_id <=> s.warehouse_id
  AND t.valid_from <=> s.valid_from
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
