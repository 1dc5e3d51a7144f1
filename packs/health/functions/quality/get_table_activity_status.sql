-- Which tables of the lakehouse are read and written, and which nobody uses any more.
-- Grain: one row a table that lineage ever saw before today. Window of the counts: the days_back complete UTC days before today.
-- A table without access in the window can only be seen in older lineage, so all of it is read: that is what makes a table ORPHANED. A row of lineage is a
-- read of its source and a write of its target. read_count and write_count are days, so that a job every minute does not outweigh a daily report.
CREATE OR REPLACE FUNCTION get_table_activity_status(
  days_back INT COMMENT 'Complete UTC days before today that the counts look at',
  inactive_threshold_days INT DEFAULT 14 COMMENT 'Days since the last access up to which a table is active'
)
RETURNS TABLE (
  table_full_name STRING COMMENT 'catalog.schema.table',
  table_catalog STRING COMMENT 'Catalogue of the table',
  table_schema STRING COMMENT 'Schema of the table',
  table_name STRING COMMENT 'Name of the table',
  read_count INT COMMENT 'UTC days of the window on which it was read',
  write_count INT COMMENT 'UTC days of the window on which it was written',
  total_access_count INT COMMENT 'read_count + write_count',
  unique_readers INT COMMENT 'Users and service principals that read it in the window',
  unique_writers INT COMMENT 'Users and service principals that wrote it in the window',
  last_read_date DATE COMMENT 'Last UTC day before today on which it was read; null when never',
  last_write_date DATE COMMENT 'Last UTC day before today on which it was written; null when never',
  days_since_last_access INT COMMENT 'Days from the last read or write to today; 1 is yesterday',
  activity_status STRING COMMENT 'ACTIVE: accessed within inactive_threshold_days; ORPHANED: not accessed in the window; else INACTIVE',
  recommendation STRING COMMENT 'What to do with the table'
)
COMMENT 'PURPOSE: One line per table of the lakehouse: when and by how many it was last read and written, and whether it is active, inactive or orphaned.
BEST FOR: Which tables does nobody use any more? | Which tables are written but never read? | When was this table last used?
NOT FOR: age of the monitoring tables (use get_table_freshness), who accessed a table on which day (use get_table_access_audit)
RETURNS: one row per table in lineage; ORPHANED first, then INACTIVE, the longest unused first
EXAMPLE: SELECT * FROM get_table_activity_status(30, inactive_threshold_days => 7)'
RETURN
  WITH table_access AS (
    SELECT
      r.source_table_full_name AS table_full_name,
      r.source_table_catalog AS table_catalog,
      r.source_table_schema AS table_schema,
      r.source_table_name AS table_name,
      FALSE AS is_write,
      r.event_date >= DATE_SUB(CURRENT_DATE(), days_back) AS in_window,
      r.event_date,
      r.created_by
    FROM fact_table_lineage AS r
    WHERE r.event_date < CURRENT_DATE() AND r.source_table_full_name IS NOT NULL
    UNION ALL
    SELECT
      w.target_table_full_name,
      w.target_table_catalog,
      w.target_table_schema,
      w.target_table_name,
      TRUE,
      w.event_date >= DATE_SUB(CURRENT_DATE(), days_back),
      w.event_date,
      w.created_by
    FROM fact_table_lineage AS w
    WHERE w.event_date < CURRENT_DATE() AND w.target_table_full_name IS NOT NULL
  ),
  table_activity AS (
    SELECT
      a.table_full_name,
      MAX(a.table_catalog) AS table_catalog,
      MAX(a.table_schema) AS table_schema,
      MAX(a.table_name) AS table_name,
      COUNT(DISTINCT CASE WHEN a.in_window AND NOT a.is_write THEN a.event_date END) AS read_count,
      COUNT(DISTINCT CASE WHEN a.in_window AND a.is_write THEN a.event_date END) AS write_count,
      COUNT(DISTINCT CASE WHEN a.in_window AND NOT a.is_write THEN a.created_by END) AS unique_readers,
      COUNT(DISTINCT CASE WHEN a.in_window AND a.is_write THEN a.created_by END) AS unique_writers,
      MAX(CASE WHEN NOT a.is_write THEN a.event_date END) AS last_read_date,
      MAX(CASE WHEN a.is_write THEN a.event_date END) AS last_write_date,
      DATEDIFF(CURRENT_DATE(), MAX(a.event_date)) AS days_since_last_access
    FROM table_access AS a
    GROUP BY a.table_full_name
  ),
  rated_table AS (
    SELECT
      t.*,
      CASE
        WHEN t.days_since_last_access <= inactive_threshold_days THEN 'ACTIVE'
        WHEN t.read_count = 0 AND t.write_count = 0 THEN 'ORPHANED'
        ELSE 'INACTIVE'
      END AS activity_status
    FROM table_activity AS t
  )
  SELECT
    r.table_full_name,
    r.table_catalog,
    r.table_schema,
    r.table_name,
    CAST(r.read_count AS INT) AS read_count,
    CAST(r.write_count AS INT) AS write_count,
    CAST(r.read_count + r.write_count AS INT) AS total_access_count,
    CAST(r.unique_readers AS INT) AS unique_readers,
    CAST(r.unique_writers AS INT) AS unique_writers,
    r.last_read_date,
    r.last_write_date,
    r.days_since_last_access,
    r.activity_status,
    CASE
      WHEN r.activity_status = 'ORPHANED' THEN 'Ask its owner, then archive or drop it'
      WHEN r.activity_status = 'INACTIVE' THEN 'Ask its owner whether it is still needed'
      WHEN r.read_count = 0 AND r.write_count > 0 THEN 'Written but not read: ask whether anybody needs what is written'
      ELSE 'Keep'
    END AS recommendation
  FROM rated_table AS r
  ORDER BY
    CASE r.activity_status WHEN 'ORPHANED' THEN 1 WHEN 'INACTIVE' THEN 2 ELSE 3 END,
    r.days_since_last_access DESC,
    r.table_full_name;
