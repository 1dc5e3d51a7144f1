CREATE TABLE gold.dim_warehouse_history AS
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
  to_json(b.tags)::VARCHAR AS tags_json,
  b.delete_time,
  b.change_time AS valid_from,
  lead(b.change_time) OVER w AS valid_to,
  lead(TRUE) OVER w IS NULL AS is_current
FROM bronze.warehouses AS b
WINDOW w AS (PARTITION BY b.workspace_id, b.warehouse_id ORDER BY b.change_time);
