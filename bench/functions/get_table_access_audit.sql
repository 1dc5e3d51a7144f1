-- Reads and writes of tables by lineage, 2026-06-01 to 2026-06-30.
WITH table_access AS (
  SELECT event_date, source_table_full_name AS table_full_name, 'READ' AS access_type, created_by, entity_type, entity_id, event_time, event_id, record_id
  FROM system_gold.fact_table_lineage
  WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND source_table_full_name IS NOT NULL
  UNION ALL
  SELECT event_date, target_table_full_name, 'WRITE', created_by, entity_type, entity_id, event_time, event_id, record_id
  FROM system_gold.fact_table_lineage
  WHERE event_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND target_table_full_name IS NOT NULL
)
SELECT
  event_date,
  table_full_name,
  access_type,
  created_by AS user_email,
  entity_type,
  entity_id,
  count(DISTINCT coalesce(event_id, record_id))::INTEGER AS access_count,
  min(event_time) AS first_access,
  max(event_time) AS last_access
FROM table_access
GROUP BY ALL
ORDER BY event_date DESC, access_count DESC, table_full_name, access_type, user_email, entity_type, entity_id
