-- The newest result of every quality check, and how often it failed in all.
SELECT
  table_name AS `table`,
  check_name AS name,
  MAX_BY(criticality, ingested_at) AS criticality,
  CAST(SUM(rows_failed) AS BIGINT) AS failed_rows,
  MAX(ingested_at) AS at
FROM secchi_ops.check_result
GROUP BY table_name, check_name
ORDER BY table_name, check_name
