-- The newest result of every quality check, and how often it failed in all.
SELECT
  table_name,
  check_name,
  MAX_BY(criticality, ingested_at) AS criticality,
  SUM(rows_failed) AS rows_failed,
  MAX(ingested_at) AS ingested_at
FROM secchi_ops.check_result
GROUP BY table_name, check_name
ORDER BY table_name, check_name
