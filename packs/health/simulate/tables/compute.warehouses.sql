-- Configurations of warehouses; some change their size once.
SELECT
  h.warehouse_id,
  h.workspace_id,
  h.account_id,
  h.warehouse_name,
  h.warehouse_type,
  'CURRENT' AS warehouse_channel,
  upper(replace(h.size_name, '-', '_')) AS warehouse_size,
  1 AS min_clusters,
  h.max_clusters + v.version AS max_clusters,
  h.auto_stop_minutes,
  CASE WHEN h.tagged THEN h.all_tags ELSE map() END AS tags,
  CASE v.version WHEN 0 THEN h.created_at ELSE CAST(v.day AS TIMESTAMP) + make_dt_interval(0, 10, 15) END AS change_time,
  h.created_by,
  v.day AS arrival
FROM sim.warehouse AS h
JOIN sim.version AS v ON v.entity = 'warehouse' AND v.entity_no = h.warehouse_no
