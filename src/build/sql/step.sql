INSERT INTO secchi_ops.step
  (run_id, seq, name, layer, table_name, state, started_at, ended_at, rows_in, rows_changed, rows_rejected, error)
VALUES
  (:run, :seq, :name, :layer, :table, :state, :started, :ended, :rows_in, :rows_changed, :rows_rejected, :error)
