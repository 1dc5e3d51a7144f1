-- information_schema: what the catalogue holds, under Databricks' names. Each statement makes a view of it.

CREATE OR REPLACE VIEW secchi_information.schemata
COMMENT 'Schemas that can be read: one row a schema'
AS SELECT
  '${catalog}' AS catalog_name,
  schema_name,
  CAST(NULL AS STRING) AS schema_owner,
  CAST(NULL AS STRING) AS comment,
  MIN(prepared_at) AS created,
  'secchi' AS created_by,
  MAX(prepared_at) AS last_altered,
  'secchi' AS last_altered_by
FROM secchi_ops.catalogue_table
GROUP BY schema_name;

CREATE OR REPLACE VIEW secchi_information.tables
COMMENT 'Tables and views that can be read: one row each'
AS SELECT
  '${catalog}' AS table_catalog,
  c.schema_name AS table_schema,
  c.table_name,
  c.table_type,
  'NO' AS is_insertable_into,
  'PRESERVE' AS commit_action,
  c.table_owner,
  c.comment,
  COALESCE(f.filled_at, c.prepared_at) AS created,
  'secchi' AS created_by,
  COALESCE(s.updated_at, f.filled_at, c.prepared_at) AS last_altered,
  'secchi' AS last_altered_by,
  CASE WHEN c.table_type = 'MANAGED' THEN 'DUCKDB' ELSE 'UNKNOWN_DATA_SOURCE_FORMAT' END AS data_source_format,
  CAST(NULL AS STRING) AS storage_sub_directory,
  CAST(NULL AS STRING) AS storage_path
FROM secchi_ops.catalogue_table AS c
LEFT JOIN (
  SELECT schema_name, table_name, MAX(updated_at) AS updated_at FROM secchi_ops.table_stats GROUP BY schema_name, table_name
) AS s ON s.schema_name = c.schema_name AND s.table_name = c.table_name
LEFT JOIN (
  SELECT layer, table_name, MIN(started_at) AS filled_at FROM secchi_ops.step
  WHERE state = 'succeeded' AND table_name IS NOT NULL
  GROUP BY layer, table_name
) AS f ON f.table_name = c.table_name AND CONCAT('system_', f.layer) = c.schema_name AND c.table_type = 'MANAGED';

CREATE OR REPLACE VIEW secchi_information.columns
COMMENT 'Columns of tables and views: one row a column'
AS SELECT
  '${catalog}' AS table_catalog,
  schema_name AS table_schema,
  table_name,
  column_name,
  CAST(position AS INT) AS ordinal_position,
  default_sql AS column_default,
  CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
  full_data_type,
  UPPER(SPLIT(SPLIT(full_data_type, '<')[0], '[(]')[0]) AS data_type,
  CAST(NULLIF(REGEXP_EXTRACT(full_data_type, '^decimal[(]([0-9]+)', 1), '') AS INT) AS numeric_precision,
  CAST(NULLIF(REGEXP_EXTRACT(full_data_type, '^decimal[(][0-9]+, *([0-9]+)', 1), '') AS INT) AS numeric_scale,
  CASE WHEN is_key THEN 'YES' ELSE 'NO' END AS is_key,
  comment
FROM secchi_ops.catalogue_column
UNION ALL
SELECT
  '${catalog}', 'system_bronze', a.table_name, a.column_name,
  CAST(n.columns + ROW_NUMBER() OVER (PARTITION BY a.table_name ORDER BY a.run_id, a.column_name) - 1 AS INT),
  NULL, 'YES', LOWER(a.column_type), UPPER(SPLIT(SPLIT(a.column_type, '<')[0], '[(]')[0]), NULL, NULL, 'NO', 'Delivered by a source; the pack does not know it'
FROM secchi_ops.added_column AS a
JOIN (
  SELECT table_name, COUNT(*) AS columns FROM secchi_ops.catalogue_column WHERE schema_name = 'system_bronze' GROUP BY table_name
) AS n ON n.table_name = a.table_name;

CREATE OR REPLACE VIEW secchi_information.views
COMMENT 'Views with their text: one row a view'
AS SELECT
  '${catalog}' AS table_catalog,
  schema_name AS table_schema,
  table_name,
  definition AS view_definition,
  'NONE' AS check_option,
  'NO' AS is_updatable,
  'NO' AS is_insertable_into,
  '${catalog}' AS sql_path,
  'NO' AS is_materialized
FROM secchi_ops.catalogue_table
WHERE table_type <> 'MANAGED';

CREATE OR REPLACE VIEW secchi_information.table_tags
COMMENT 'Tags of tables: one row a table and tag'
AS SELECT
  '${catalog}' AS catalog_name,
  schema_name,
  table_name,
  tag_name,
  tag_value
FROM secchi_ops.catalogue_tag;

CREATE OR REPLACE VIEW secchi_information.routines
COMMENT 'Functions that can be called: one row a function'
AS SELECT
  '${catalog}' AS specific_catalog,
  schema_name AS specific_schema,
  routine_name AS specific_name,
  '${catalog}' AS routine_catalog,
  schema_name AS routine_schema,
  routine_name,
  'FUNCTION' AS routine_type,
  data_type,
  full_data_type,
  'SQL' AS routine_body,
  definition AS routine_definition,
  'SQL' AS external_language,
  'YES' AS is_deterministic,
  'READS_SQL_DATA' AS sql_data_access,
  'DEFINER' AS security_type,
  comment,
  domain,
  prepared_at AS created,
  'secchi' AS created_by,
  prepared_at AS last_altered,
  'secchi' AS last_altered_by
FROM secchi_ops.catalogue_routine;

CREATE OR REPLACE VIEW secchi_information.parameters
COMMENT 'Parameters of functions: one row a parameter'
AS SELECT
  '${catalog}' AS specific_catalog,
  schema_name AS specific_schema,
  routine_name AS specific_name,
  CAST(position AS INT) AS ordinal_position,
  'IN' AS parameter_mode,
  name AS parameter_name,
  UPPER(SPLIT(SPLIT(full_data_type, '<')[0], '[(]')[0]) AS data_type,
  full_data_type,
  default_sql AS parameter_default,
  comment
FROM secchi_ops.catalogue_parameter
WHERE NOT is_result;

CREATE OR REPLACE VIEW secchi_information.routine_columns
COMMENT 'Columns of the rows that table functions return: one row a column'
AS SELECT
  '${catalog}' AS specific_catalog,
  schema_name AS specific_schema,
  routine_name AS specific_name,
  name AS column_name,
  CAST(position AS INT) AS ordinal_position,
  UPPER(SPLIT(SPLIT(full_data_type, '<')[0], '[(]')[0]) AS data_type,
  full_data_type,
  comment
FROM secchi_ops.catalogue_parameter
WHERE is_result
