-- Four shares that tell how good the gold tables are, each against the same target.
-- Grain: one row a metric, in the order FRESHNESS, VOLUME, CONSISTENCY, CONSISTENCY. Built on get_table_freshness, so views are left out.
-- Fresh is a table within threshold.freshness_hours. Records are really counted. A table is covered when it has an owner and a description. Dimensions are
-- consistent when they have rows, since facts that point at them find nothing otherwise. Target and warning are threshold.quality_target_pct and
-- threshold.quality_warning_pct.
CREATE OR REPLACE FUNCTION get_data_quality_summary()
RETURNS TABLE (
  quality_dimension STRING COMMENT 'FRESHNESS, VOLUME or CONSISTENCY',
  metric_name STRING COMMENT 'Tables Updated In Time, Tables With Records, Schema Coverage or Dimension Tables',
  metric_value DOUBLE COMMENT 'Share of gold tables that are good in this, in percent; null when there are none',
  target_value DOUBLE COMMENT 'Share from which it passes, in percent',
  status STRING COMMENT 'PASS from the target on, WARNING from the warning on, else FAIL',
  details STRING COMMENT 'The share as numbers of tables, e.g. 38 of 40 tables fresh'
)
COMMENT 'PURPOSE: Overall data quality of the gold tables in four metrics with targets: freshness, records, owners and descriptions, dimensions with rows.
BEST FOR: How good is our data quality overall? | Do enough tables meet their freshness target? | Are all tables owned and described?
NOT FOR: which tables are stale (use get_tables_failing_quality), ages by subject (use get_data_freshness_by_domain)
RETURNS: one row per metric, four rows
EXAMPLE: SELECT * FROM get_data_quality_summary()'
RETURN
  WITH gold_table AS (
    SELECT
      f.table_name,
      f.is_stale,
      f.row_count,
      f.table_name LIKE 'dim\\_%' AS is_dimension,
      t.table_owner IS NOT NULL AND COALESCE(t.comment, '') <> '' AS is_covered
    FROM get_table_freshness(${threshold.freshness_hours}) AS f
    INNER JOIN information_schema.tables AS t
      ON t.table_catalog = f.table_catalog AND t.table_schema = f.table_schema AND t.table_name = f.table_name
  ),
  table_counts AS (
    SELECT
      COUNT(*) AS tables,
      COUNT_IF(NOT g.is_stale) AS fresh_tables,
      COUNT(g.row_count) AS counted_tables,
      COUNT_IF(g.row_count > 0) AS filled_tables,
      COUNT_IF(g.is_covered) AS covered_tables,
      COUNT_IF(g.is_dimension AND g.row_count IS NOT NULL) AS dimensions,
      COUNT_IF(g.is_dimension AND g.row_count > 0) AS filled_dimensions
    FROM gold_table AS g
  ),
  metric AS (
    SELECT
      1 AS place,
      'FRESHNESS' AS quality_dimension,
      'Tables Updated In Time' AS metric_name,
      c.fresh_tables AS good,
      c.tables AS total,
      'tables fresh' AS what
    FROM table_counts AS c
    UNION ALL SELECT 2, 'VOLUME', 'Tables With Records', c.filled_tables, c.counted_tables, 'tables have records' FROM table_counts AS c
    UNION ALL SELECT 3, 'CONSISTENCY', 'Schema Coverage', c.covered_tables, c.tables, 'tables have an owner and a description' FROM table_counts AS c
    UNION ALL SELECT 4, 'CONSISTENCY', 'Dimension Tables', c.filled_dimensions, c.dimensions, 'dimension tables have rows' FROM table_counts AS c
  ),
  rated_metric AS (
    SELECT m.*, CAST(m.good AS DOUBLE) * 100 / NULLIF(m.total, 0) AS metric_value
    FROM metric AS m
  )
  SELECT
    r.quality_dimension,
    r.metric_name,
    r.metric_value,
    CAST(${threshold.quality_target_pct} AS DOUBLE) AS target_value,
    CASE
      WHEN r.metric_value >= ${threshold.quality_target_pct} THEN 'PASS'
      WHEN r.metric_value >= ${threshold.quality_warning_pct} THEN 'WARNING'
      ELSE 'FAIL'
    END AS status,
    CONCAT(CAST(r.good AS STRING), ' of ', CAST(r.total AS STRING), ' ', r.what) AS details
  FROM rated_metric AS r
  ORDER BY r.place;
