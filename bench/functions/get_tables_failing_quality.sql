-- Gold tables that were not changed in the 24 hours before 2026-07-01.
SELECT
  table_name,
  'STALE_DATA' AS quality_issue,
  concat((date_sub('second', updated_at, TIMESTAMP '2026-07-01') / 3600)::DECIMAL(18, 1), ' hours') AS current_value,
  '24 hours' AS threshold,
  CASE
    WHEN updated_at < TIMESTAMP '2026-07-01' - INTERVAL 72 HOURS THEN 'HIGH'
    WHEN updated_at < TIMESTAMP '2026-07-01' - INTERVAL 48 HOURS THEN 'MEDIUM'
    ELSE 'LOW'
  END AS severity,
  CASE severity
    WHEN 'HIGH' THEN 'Find out now why its source or refresh stopped; do not trust reports that read it'
    WHEN 'MEDIUM' THEN 'Look for errors in the last refreshes and at the delivery of its source'
    ELSE 'Watch the next refresh; a late delivery mends itself'
  END AS recommendation
FROM secchi_ops.table_stats
WHERE schema_name = 'system_gold' AND updated_at < TIMESTAMP '2026-07-01' - INTERVAL 24 HOURS
ORDER BY updated_at, table_name
