-- Maintenance of tables; usage bills the same quantities.
SELECT
  s.account_id,
  w.workspace_id,
  timestamp_micros(b.us) AS start_time,
  timestamp_micros(b.us + 1000000L * (30 + b.k % 900)) AS end_time,
  'main' AS metastore_name,
  s.metastore_id,
  t.catalog_name,
  t.schema_name,
  t.table_name,
  t.table_id,
  CASE b.k % 4 WHEN 0 THEN 'COMPACTION' WHEN 1 THEN 'VACUUM' WHEN 2 THEN 'ANALYZE' ELSE 'CLUSTERING' END AS operation_type,
  sim_uuid('operation', b.k) AS operation_id,
  CASE WHEN b.k % 33 = 0 THEN 'FAILED: INTERNAL_ERROR' ELSE 'SUCCESSFUL' END AS operation_status,
  map('number_of_compacted_files', CAST(b.k % 200 AS STRING), 'amount_of_data_compacted_bytes', CAST((b.k % 200) * 1048576 AS STRING)) AS operation_metrics,
  'ESTIMATED_DBU' AS usage_unit,
  CAST(CAST(CAST(floor(1000000.0D * b.quantity + 0.5D) AS BIGINT) AS DECIMAL(18, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS DECIMAL(38, 18)) AS usage_quantity,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.table AS t ON t.table_no = b.table_no
JOIN sim.workspace AS w ON w.workspace_no = t.workspace_no
WHERE b.kind = 'maintenance'
