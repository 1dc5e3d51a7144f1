-- Reads and writes of tables from lineage, by day and by what caused them.
-- Grain: one row a UTC day, table, READ or WRITE, user and entity. Window: whole UTC days, both ends in.
-- A row of lineage with a source and a target is a read of the one and a write of the other: it counts for both tables, each under its own name.
-- Several rows may belong to one event (three sources, three rows), so events are counted, not rows. Access by path has no table and is left out.
-- table_pattern is a LIKE pattern by contract, so % and _ in it are wildcards.
CREATE OR REPLACE FUNCTION get_table_access_audit(
  start_date STRING COMMENT 'First UTC day, YYYY-MM-DD',
  end_date STRING COMMENT 'Last UTC day, YYYY-MM-DD; it counts',
  table_pattern STRING DEFAULT '%' COMMENT 'LIKE pattern of full table names, e.g. prod.hr.%; % is any text, _ any one character'
)
RETURNS TABLE (
  event_date DATE COMMENT 'UTC day',
  table_full_name STRING COMMENT 'catalog.schema.table that was read or written',
  access_type STRING COMMENT 'READ or WRITE',
  user_email STRING COMMENT 'User or service principal that caused it',
  entity_type STRING COMMENT 'JOB, NOTEBOOK, PIPELINE, DASHBOARD_V3, DBSQL_QUERY; null for an ad hoc statement',
  entity_id STRING COMMENT 'Identifier of the entity: job, notebook, pipeline, dashboard, query',
  access_count INT COMMENT 'Events that read or wrote the table',
  first_access TIMESTAMP COMMENT 'First event of the day (UTC)',
  last_access TIMESTAMP COMMENT 'Last event of the day (UTC)'
)
COMMENT 'PURPOSE: Reads and writes of tables from lineage per day, user and job, pipeline, notebook or query, for tables whose name fits a pattern.
BEST FOR: Which jobs write this table? | Who read the tables of this schema last week, and through what? | When was this table last written?
NOT FOR: requests in the audit log with addresses (use get_sensitive_table_access), one row per table with its age (use get_table_activity_status)
RETURNS: one row per UTC day, table, access type, user and entity; newest day first, then most events
EXAMPLE: SELECT * FROM get_table_access_audit(\'2026-06-01\', \'2026-06-30\', \'prod.sales.%\')'
RETURN
  WITH table_access AS (
    SELECT
      r.event_date,
      r.source_table_full_name AS table_full_name,
      'READ' AS access_type,
      r.created_by,
      r.entity_type,
      r.entity_id,
      r.event_time,
      COALESCE(r.event_id, r.record_id) AS event_id
    FROM fact_table_lineage AS r
    WHERE r.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.source_table_full_name LIKE table_pattern
    UNION ALL
    SELECT
      w.event_date,
      w.target_table_full_name AS table_full_name,
      'WRITE' AS access_type,
      w.created_by,
      w.entity_type,
      w.entity_id,
      w.event_time,
      COALESCE(w.event_id, w.record_id) AS event_id
    FROM fact_table_lineage AS w
    WHERE w.event_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND w.target_table_full_name LIKE table_pattern
  )
  SELECT
    t.event_date,
    t.table_full_name,
    t.access_type,
    t.created_by AS user_email,
    t.entity_type,
    t.entity_id,
    CAST(COUNT(DISTINCT t.event_id) AS INT) AS access_count,
    MIN(t.event_time) AS first_access,
    MAX(t.event_time) AS last_access
  FROM table_access AS t
  GROUP BY t.event_date, t.table_full_name, t.access_type, t.created_by, t.entity_type, t.entity_id
  ORDER BY event_date DESC, access_count DESC, table_full_name, access_type, user_email, entity_type, entity_id;
