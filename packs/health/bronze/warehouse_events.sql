-- Starts, stops and scaling of SQL warehouses, as system.compute.warehouse_events gives them.
-- Grain: one row an event; natural key (workspace_id, warehouse_id, event_type, event_time), matched null-safe.
-- Input: incoming.warehouse_events, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.warehouse_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  warehouse_id STRING COMMENT 'SQL warehouse',
  event_type STRING COMMENT 'STARTING, RUNNING, STOPPING, STOPPED, SCALING_UP, SCALED_UP, SCALING_DOWN or SCALED_DOWN',
  cluster_count INT COMMENT 'Clusters that run after the event',
  event_time TIMESTAMP COMMENT 'When it happened (UTC)',
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_warehouse_events PRIMARY KEY (workspace_id, warehouse_id, event_type, event_time)
)
USING DELTA
COMMENT 'Starts, stops and scaling of SQL warehouses (system.compute.warehouse_events): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.compute.warehouse_events',
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.warehouse_events AS t
USING incoming.warehouse_events AS s
ON t.workspace_id <=> s.workspace_id
  AND t.warehouse_id <=> s.warehouse_id
  AND t.event_type <=> s.event_type
  AND t.event_time <=> s.event_time
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
