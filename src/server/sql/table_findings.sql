-- Open findings of one table, the newest first.
SELECT
  last_run_id AS run_id,
  last_seen_at AS at,
  kind,
  severity,
  source,
  file,
  text
FROM secchi_ops.finding
WHERE state = 'open' AND table_name = :table
ORDER BY last_seen_at DESC, severity, kind, source, file, text
LIMIT :limit
