-- The newest load of every bronze table, and when retention last took rows of it: those batches have no source.
SELECT
  b.table_name,
  MAX(b.ingested_at) AS newest_at,
  MAX(CASE WHEN b.source IS NULL THEN b.ingested_at END) AS expired_at
FROM secchi_ops.load_batch AS b
GROUP BY b.table_name
