INSERT INTO secchi_ops.load_batch
  (ingested_at, run_id, source, table_name, rows_in, rows_changed, rows_rejected)
VALUES
  (:ingested, :run, :source, :table, :rows_in, :changed, :rejected)
