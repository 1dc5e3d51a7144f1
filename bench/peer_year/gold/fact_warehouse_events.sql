CREATE TABLE gold.fact_warehouse_events AS
SELECT
  b.account_id,
  b.workspace_id,
  b.warehouse_id,
  b.event_type,
  b.cluster_count,
  b.event_time
FROM bronze.warehouse_events AS b;
