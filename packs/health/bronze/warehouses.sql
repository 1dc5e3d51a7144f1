-- Configurations of SQL warehouses with their history, as system.compute.warehouses gives them.
-- Grain: one row a warehouse and change; natural key (workspace_id, warehouse_id, change_time), matched null-safe.
-- Input: incoming.warehouses, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.warehouses (
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
  tags MAP<STRING, STRING> COMMENT 'Custom tags',
  change_time TIMESTAMP COMMENT 'When this version of the configuration came into force (UTC); rows of one object form its history',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  created_by STRING COMMENT 'User or service principal that created it',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_warehouses PRIMARY KEY (workspace_id, warehouse_id, change_time)
)
USING DELTA
COMMENT 'Configurations of SQL warehouses with their history (system.compute.warehouses): one row a warehouse and change'
TBLPROPERTIES (
  'secchi.system_table' = 'system.compute.warehouses',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'change_time',
  'secchi.describes' = 'true',
  'data_classification' = 'internal',
  'contains_pii' = 'true',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.warehouses AS t
USING incoming.warehouses AS s
ON t.workspace_id <=> s.workspace_id
  AND t.warehouse_id <=> s.warehouse_id
  AND t.change_time <=> s.change_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
