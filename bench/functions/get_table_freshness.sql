-- Age and rows of every gold table as of 2026-07-01, stale beyond 24 hours: both stand in the statistics that a refresh writes.
SELECT
  'secchi' AS table_catalog,
  schema_name AS table_schema,
  table_name,
  updated_at AS last_modified,
  date_sub('second', updated_at, TIMESTAMP '2026-07-01') / 3600 AS hours_since_update,
  hours_since_update > 24 AS is_stale,
  row_count
FROM secchi_ops.table_stats
WHERE schema_name = 'system_gold'
ORDER BY hours_since_update DESC, table_name
