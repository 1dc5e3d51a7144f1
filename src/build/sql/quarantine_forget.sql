MERGE INTO secchi_quarantine.{table} AS t
USING (SELECT DISTINCT log FROM incoming.spark_logs) AS s
ON t.bronze_source_file = s.log
WHEN MATCHED THEN DELETE
