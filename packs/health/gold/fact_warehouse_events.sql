-- Starts, stops and scaling of SQL warehouses.
-- Grain: one row an event; key (workspace_id, warehouse_id, event_type, event_time). The type is part of the key, since several things may happen to a warehouse
-- at the same moment. Merged by the natural key of its input.
-- Inputs: system_bronze.warehouse_events; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_warehouse_events (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  warehouse_id STRING COMMENT 'SQL warehouse',
  event_type STRING COMMENT 'STARTING, RUNNING, STOPPING, STOPPED, SCALING_UP, SCALED_UP, SCALING_DOWN or SCALED_DOWN',
  cluster_count INT COMMENT 'Clusters that run after the event',
  event_time TIMESTAMP COMMENT 'When it happened (UTC)',
  CONSTRAINT pk_fact_warehouse_events PRIMARY KEY (workspace_id, warehouse_id, event_type, event_time),
  CONSTRAINT fk_fact_warehouse_events_warehouse_id FOREIGN KEY (workspace_id, warehouse_id) REFERENCES system_gold.dim_warehouse (workspace_id, warehouse_id)
)
USING DELTA
COMMENT 'Starts, stops and scaling of SQL warehouses: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'performance',
  'secchi.event_time' = 'event_time',
  'secchi.row_of' = 'warehouse_events',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_warehouse_events AS t
USING (
  SELECT
    b.account_id,
    b.workspace_id,
    b.warehouse_id,
    b.event_type,
    b.cluster_count,
    b.event_time
  FROM system_bronze.warehouse_events AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.warehouse_id <=> s.warehouse_id
  AND t.event_type <=> s.event_type
  AND t.event_time <=> s.event_time
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
