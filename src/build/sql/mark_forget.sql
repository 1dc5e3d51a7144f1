DELETE FROM secchi_ops.load_mark
WHERE source = :source
  AND (table_name, file) IN ({files})
