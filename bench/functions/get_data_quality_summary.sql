-- Shares of gold tables that are fresh (24 hours before 2026-07-01), filled, covered, and of dimensions that are filled; target 90 %, warning 75 %.
WITH gold_table AS (
  SELECT
    s.updated_at >= TIMESTAMP '2026-06-30' AS is_fresh,
    s.row_count > 0 AS is_filled,
    starts_with(s.table_name, 'dim_') AS is_dimension,
    c.table_owner IS NOT NULL AND c.comment <> '' AS is_covered
  FROM secchi_ops.table_stats AS s
  JOIN secchi_ops.catalogue_table AS c USING (schema_name, table_name)
  WHERE s.schema_name = 'system_gold'
),
metric AS (
  SELECT
    unnest(['FRESHNESS', 'VOLUME', 'CONSISTENCY', 'CONSISTENCY']) AS quality_dimension,
    unnest(['Tables Updated In Time', 'Tables With Records', 'Schema Coverage', 'Dimension Tables']) AS metric_name,
    unnest([count_if(is_fresh), count_if(is_filled), count_if(is_covered), count_if(is_dimension AND is_filled)]) AS good,
    unnest([count(*), count(*), count(*), count_if(is_dimension)]) AS total,
    unnest(['tables fresh', 'tables have records', 'tables have an owner and a description', 'dimension tables have rows']) AS what
  FROM gold_table
)
SELECT
  quality_dimension,
  metric_name,
  good * 100 / nullif(total, 0) AS metric_value,
  90::DOUBLE AS target_value,
  CASE WHEN metric_value >= 90 THEN 'PASS' WHEN metric_value >= 75 THEN 'WARNING' ELSE 'FAIL' END AS status,
  concat(good, ' of ', total, ' ', what) AS details
FROM metric
