-- The newest load of every bronze table, when retention last took rows of it (those batches have no source), and the newest load of
-- an earlier run.
SELECT
  b.table_name,
  MAX(b.ingested_at) AS newest_at,
  MAX(CASE WHEN b.source IS NULL THEN b.ingested_at END) AS expired_at,
  MAX(CASE WHEN b.run_id <> :run THEN b.ingested_at END) AS earlier_at
FROM secchi_ops.load_batch AS b
GROUP BY b.table_name
