INSERT INTO secchi_ops.load_mark
  (source, table_name, file, size_bytes, offset_bytes, version, run_id, loaded_at)
VALUES
  (:source, :table, :file, :size, :offset, :version, :run, :now)
