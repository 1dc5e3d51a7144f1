INSERT INTO secchi_ops.check_result
  (run_id, ingested_at, source, table_name, check_name, criticality, rows_checked, rows_failed)
VALUES
  (:run, :ingested, :source, :table, :check, :criticality, :checked, :failed)
