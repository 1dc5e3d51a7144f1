-- Closes what was open before this run and was looked for without being seen. A null parameter means any.
UPDATE secchi_ops.finding
SET state = 'closed', closed_run_id = :run, closed_at = :now
WHERE state = 'open'
  AND last_run_id <> :run
  AND ARRAY_CONTAINS(SPLIT(:kinds, ','), kind)
  AND (CAST(:source AS STRING) IS NULL OR source = :source)
  AND (CAST(:table AS STRING) IS NULL OR table_name = :table)
  AND (CAST(:file AS STRING) IS NULL OR file = :file)
  AND (CAST(:subject AS STRING) IS NULL OR subject = :subject)
