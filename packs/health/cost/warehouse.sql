-- Cost by SQL warehouse
-- Unattributed: usage without a SQL warehouse
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage, dim_warehouse.
SELECT
  f.record_id,
  CONCAT_WS('/', f.workspace_id, f.usage_metadata_warehouse_id) AS attribution_key,
  d.warehouse_name AS attribution_name
FROM fact_usage AS f
LEFT JOIN dim_warehouse AS d ON d.workspace_id <=> f.workspace_id AND d.warehouse_id = f.usage_metadata_warehouse_id
WHERE f.usage_metadata_warehouse_id IS NOT NULL
