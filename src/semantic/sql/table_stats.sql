-- Size and freshness of every table as its last refresh left it; one row a table.
SELECT
  schema_name,
  table_name,
  MAX_BY(row_count, updated_at) AS row_count,
  MAX_BY(fresh_at, updated_at) AS fresh_at,
  MAX(updated_at) AS updated_at
FROM secchi_ops.table_stats
GROUP BY schema_name, table_name
