DELETE FROM secchi_ops.derive_mark
WHERE table_name = :table
  AND log IN (SELECT log FROM incoming.spark_logs)
