-- Gold tables that were not changed for too long.
-- Grain: one row a stale gold table. Views are left out. Hours have a fraction: a table of 24 hours and 30 minutes is beyond 24 hours.
-- Severity goes up with the age in thresholds: threshold.stale_medium and threshold.stale_high times the threshold. HIGH comes first, not by alphabet.
CREATE OR REPLACE FUNCTION get_tables_failing_quality(
  freshness_threshold_hours INT DEFAULT 24 COMMENT 'Hours since the last change above which a table fails'
)
RETURNS TABLE (
  table_name STRING COMMENT 'Gold table',
  quality_issue STRING COMMENT 'What is wrong: STALE_DATA',
  current_value STRING COMMENT 'Hours since the last change with one decimal, e.g. 37.5 hours',
  threshold STRING COMMENT 'Threshold that was asked for, e.g. 24 hours',
  severity STRING COMMENT 'HIGH, MEDIUM or LOW by how many times the threshold the table is old',
  recommendation STRING COMMENT 'What to do next'
)
COMMENT 'PURPOSE: Gold tables that fail because they were not changed within a threshold, with severity and what to do next.
BEST FOR: Which monitoring tables are stale? | What must be looked at first in data quality? | Does any table miss its refresh?
NOT FOR: all tables with their age (use get_table_freshness), shares and targets (use get_data_quality_summary), failing jobs (use get_job_data_quality_status)
RETURNS: one row per stale gold table; HIGH severity first, then the longest unchanged
EXAMPLE: SELECT * FROM get_tables_failing_quality(freshness_threshold_hours => 48)'
RETURN
  WITH stale_table AS (
    SELECT
      t.table_name,
      CAST(TIMESTAMPDIFF(SECOND, t.last_altered, CURRENT_TIMESTAMP()) AS DOUBLE) / 3600 AS hours_since_update
    FROM information_schema.tables AS t
    WHERE t.table_schema = 'system_gold'
      AND t.table_type = 'MANAGED'
      AND CAST(TIMESTAMPDIFF(SECOND, t.last_altered, CURRENT_TIMESTAMP()) AS DOUBLE) / 3600 > freshness_threshold_hours
  ),
  rated_table AS (
    SELECT
      s.*,
      CASE
        WHEN s.hours_since_update > freshness_threshold_hours * ${threshold.stale_high} THEN 'HIGH'
        WHEN s.hours_since_update > freshness_threshold_hours * ${threshold.stale_medium} THEN 'MEDIUM'
        ELSE 'LOW'
      END AS severity
    FROM stale_table AS s
  )
  SELECT
    r.table_name,
    'STALE_DATA' AS quality_issue,
    CONCAT(CAST(CAST(r.hours_since_update AS DECIMAL(18, 1)) AS STRING), ' hours') AS current_value,
    CONCAT(CAST(freshness_threshold_hours AS STRING), ' hours') AS threshold,
    r.severity,
    CASE r.severity
      WHEN 'HIGH' THEN 'Find out now why its source or refresh stopped; do not trust reports that read it'
      WHEN 'MEDIUM' THEN 'Look for errors in the last refreshes and at the delivery of its source'
      ELSE 'Watch the next refresh; a late delivery mends itself'
    END AS recommendation
  FROM rated_table AS r
  ORDER BY CASE r.severity WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END, r.hours_since_update DESC, r.table_name;
