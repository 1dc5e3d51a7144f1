SELECT
  {schema} AS schema_name,
  {table} AS table_name,
  COUNT(*) AS row_count,
  {fresh} AS fresh_at,
  :now AS updated_at,
  :run AS run_id
FROM {name} AS t
