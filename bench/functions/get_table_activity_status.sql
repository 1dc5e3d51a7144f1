-- Use of every table of lineage as of 2026-07-01: counts over 30 days, active within 14 days.
WITH table_access AS (
  SELECT
    source_table_full_name AS table_full_name,
    source_table_catalog AS table_catalog,
    source_table_schema AS table_schema,
    source_table_name AS table_name,
    FALSE AS is_write,
    event_date,
    created_by
  FROM system_gold.fact_table_lineage
  WHERE event_date < DATE '2026-07-01' AND source_table_full_name IS NOT NULL
  UNION ALL
  SELECT target_table_full_name, target_table_catalog, target_table_schema, target_table_name, TRUE, event_date, created_by
  FROM system_gold.fact_table_lineage
  WHERE event_date < DATE '2026-07-01' AND target_table_full_name IS NOT NULL
),
table_activity AS (
  SELECT
    table_full_name,
    any_value(table_catalog) AS table_catalog,
    any_value(table_schema) AS table_schema,
    any_value(table_name) AS table_name,
    count(DISTINCT event_date) FILTER (WHERE event_date >= DATE '2026-06-01' AND NOT is_write)::INTEGER AS read_count,
    count(DISTINCT event_date) FILTER (WHERE event_date >= DATE '2026-06-01' AND is_write)::INTEGER AS write_count,
    count(DISTINCT created_by) FILTER (WHERE event_date >= DATE '2026-06-01' AND NOT is_write)::INTEGER AS unique_readers,
    count(DISTINCT created_by) FILTER (WHERE event_date >= DATE '2026-06-01' AND is_write)::INTEGER AS unique_writers,
    max(event_date) FILTER (WHERE NOT is_write) AS last_read_date,
    max(event_date) FILTER (WHERE is_write) AS last_write_date,
    (DATE '2026-07-01' - max(event_date))::INTEGER AS days_since_last_access
  FROM table_access
  GROUP BY table_full_name
)
SELECT
  table_full_name,
  table_catalog,
  table_schema,
  table_name,
  read_count,
  write_count,
  read_count + write_count AS total_access_count,
  unique_readers,
  unique_writers,
  last_read_date,
  last_write_date,
  days_since_last_access,
  CASE WHEN days_since_last_access <= 14 THEN 'ACTIVE' WHEN read_count = 0 AND write_count = 0 THEN 'ORPHANED' ELSE 'INACTIVE' END AS activity_status,
  CASE
    WHEN activity_status = 'ORPHANED' THEN 'Ask its owner, then archive or drop it'
    WHEN activity_status = 'INACTIVE' THEN 'Ask its owner whether it is still needed'
    WHEN read_count = 0 AND write_count > 0 THEN 'Written but not read: ask whether anybody needs what is written'
    ELSE 'Keep'
  END AS recommendation
FROM table_activity
ORDER BY CASE activity_status WHEN 'ORPHANED' THEN 1 WHEN 'INACTIVE' THEN 2 ELSE 3 END, days_since_last_access DESC, table_full_name
