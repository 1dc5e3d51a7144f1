-- Rows that went to quarantine, by bronze table.
SELECT
  table_name,
  SUM(rows_rejected) AS rows_rejected
FROM secchi_ops.load_batch
GROUP BY table_name
