-- access.workspaces_latest from Spark event logs: the workspace that the source's configuration gives its logs. See
-- docs/spark-event-logs.md.
SELECT
  l.account_id,
  l.workspace_id,
  l.source_name AS workspace_name,
  CAST(NULL AS STRING) AS workspace_url,
  CAST(NULL AS TIMESTAMP) AS create_time,
  CAST(NULL AS STRING) AS status,
  l.log AS bronze_source_file,
  l.line_offset AS bronze_source_seq
FROM secchi_spark.log AS l
JOIN (SELECT DISTINCT log FROM incoming.spark_logs) AS w ON w.log = l.log
WHERE l.workspace_id IS NOT NULL
