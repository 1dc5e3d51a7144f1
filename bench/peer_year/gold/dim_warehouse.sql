CREATE TABLE gold.dim_warehouse AS
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
  to_json(b.tags)::VARCHAR AS tags_json
FROM bronze.warehouses AS b
QUALIFY row_number() OVER (PARTITION BY b.workspace_id, b.warehouse_id ORDER BY b.change_time DESC) = 1;
