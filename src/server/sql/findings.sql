-- Open findings, the newest first.
SELECT
  last_run_id,
  last_seen_at,
  kind,
  severity,
  source,
  table_name,
  file,
  text,
  subject
FROM secchi_ops.finding
WHERE state = 'open'
ORDER BY last_seen_at DESC, severity, kind, source, table_name, file, subject, text
LIMIT :limit
