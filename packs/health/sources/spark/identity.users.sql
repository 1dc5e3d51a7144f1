-- identity.users from Spark event logs: who started applications, sessions and statements. See docs/spark-event-logs.md.
WITH wanted AS (
  SELECT DISTINCT log FROM incoming.spark_logs
),
seen AS (
  SELECT s.log, s.user_name AS user_id, s.user_name AS display_name, s.started_at AS seen_at, s.line_offset
  FROM secchi_spark.application_start AS s
  JOIN wanted AS w ON w.log = s.log
  UNION ALL
  SELECT o.log, coalesce(nullif(o.user_id, ''), nullif(o.user_name, '')), coalesce(nullif(o.user_name, ''), nullif(o.user_id, '')), o.event_time, o.line_offset
  FROM secchi_spark.operation AS o
  JOIN wanted AS w ON w.log = o.log
  UNION ALL
  SELECT s.log, nullif(s.user_id, ''), nullif(s.user_id, ''), s.event_time, s.line_offset
  FROM secchi_spark.session AS s
  JOIN wanted AS w ON w.log = s.log
)
SELECT
  l.account_id,
  s.user_id,
  s.user_id AS email,
  max(s.display_name) AS display_name,
  CAST(NULL AS BOOLEAN) AS active,
  CAST(NULL AS TIMESTAMP) AS created_at,
  max(s.seen_at) AS synced_at,
  s.log AS bronze_source_file,
  max(s.line_offset) AS bronze_source_seq
FROM seen AS s
JOIN secchi_spark.log AS l ON l.log = s.log
WHERE s.user_id IS NOT NULL
GROUP BY s.log, l.account_id, s.user_id
