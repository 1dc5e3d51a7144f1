MERGE INTO secchi_ops.finding AS t
USING (
  SELECT
    CAST(:id AS STRING) AS finding_id,
    CAST(:kind AS STRING) AS kind,
    CAST(:severity AS STRING) AS severity,
    CAST(:source AS STRING) AS source,
    CAST(:table AS STRING) AS table_name,
    CAST(:file AS STRING) AS file,
    CAST(:subject AS STRING) AS subject,
    CAST(:text AS STRING) AS text,
    CAST(:run AS BIGINT) AS run_id,
    CAST(:now AS TIMESTAMP) AS seen_at
) AS s
ON t.finding_id = s.finding_id
WHEN MATCHED THEN UPDATE SET
  severity = s.severity,
  text = s.text,
  first_run_id = CASE WHEN t.state = 'open' THEN t.first_run_id ELSE s.run_id END,
  first_seen_at = CASE WHEN t.state = 'open' THEN t.first_seen_at ELSE s.seen_at END,
  state = 'open',
  last_run_id = s.run_id,
  last_seen_at = s.seen_at,
  closed_run_id = NULL,
  closed_at = NULL
WHEN NOT MATCHED THEN INSERT
  (finding_id, kind, severity, state, source, table_name, file, subject, text, first_run_id, first_seen_at, last_run_id, last_seen_at)
VALUES
  (s.finding_id, s.kind, s.severity, 'open', s.source, s.table_name, s.file, s.subject, s.text, s.run_id, s.seen_at, s.run_id, s.seen_at)
