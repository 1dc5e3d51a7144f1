-- Tables that were changed since their statistics were taken, also by a run that was killed in between.
WITH last_change AS (
  SELECT 'system_bronze' AS schema_name, b.table_name, MAX(b.run_id) AS run_id
  FROM secchi_ops.load_batch AS b
  WHERE b.rows_changed > 0
  GROUP BY b.table_name
  UNION ALL
  SELECT 'system_gold' AS schema_name, t.table_name, MAX(t.run_id) AS run_id
  FROM secchi_ops.step AS t
  WHERE t.layer = 'gold' AND t.rows_changed > 0
  GROUP BY t.table_name
)
SELECT c.schema_name, c.table_name
FROM last_change AS c
LEFT JOIN secchi_ops.table_stats AS s ON s.schema_name = c.schema_name AND s.table_name = c.table_name
WHERE s.run_id IS NULL OR s.run_id < c.run_id
