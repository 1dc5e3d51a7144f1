DELETE FROM secchi_quarantine.{table}
WHERE bronze_source_file IN (SELECT log FROM incoming.spark_logs)
