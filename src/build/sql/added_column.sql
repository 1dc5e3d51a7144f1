INSERT INTO secchi_ops.added_column
  (table_name, column_name, column_type, run_id)
VALUES
  (:table, :column, :type, :run)
