-- Open findings, the newest first.
SELECT
  last_run_id AS run_id,
  last_seen_at AS at,
  kind,
  severity,
  source,
  table_name AS `table`,
  file,
  subject,
  text
FROM secchi_ops.finding
WHERE state = 'open'
ORDER BY last_seen_at DESC, severity, kind, source, table_name, file, subject, text
LIMIT :limit
