MERGE INTO secchi_ops.derive_mark AS t
USING (SELECT DISTINCT log FROM incoming.spark_logs) AS s
ON t.log = s.log AND t.table_name = :table
WHEN MATCHED THEN DELETE
