-- compute.node_types from Spark event logs. A node type is the shape of an executor: its cores and the heap that it was given (Spark
-- knows neither the machine nor its memory). See docs/spark-event-logs.md.
WITH wanted AS (
  SELECT DISTINCT log FROM incoming.spark_logs
),
-- the shape of a node: what Spark knows of it, its cores and the memory it was given
setting AS (
  SELECT e.log, e.name, max(e.value) AS value
  FROM secchi_spark.environment AS e
  JOIN wanted AS w ON w.log = e.log
  WHERE e.section = 'spark'
  GROUP BY e.log, e.name
),
memory AS (
  SELECT
    s.log,
    s.name,
    CAST(CAST(regexp_extract(lower(s.value), '^([0-9]+)', 1) AS BIGINT) * CASE regexp_extract(lower(s.value), '^[0-9]+([kmgt]?)', 1)
      WHEN 'k' THEN 1.0 / 1024 WHEN 'g' THEN 1024.0 WHEN 't' THEN 1048576.0 WHEN 'm' THEN 1.0
      ELSE CASE WHEN s.name LIKE '%.memory' AND s.value RLIKE '^[0-9]+$' THEN 1.0 ELSE 1.0 / 1048576 END END AS BIGINT) AS memory_mb
  FROM setting AS s
  WHERE s.name IN ('spark.executor.memory', 'spark.driver.memory') AND s.value RLIKE '^[0-9]+[kKmMgGtT]?[bB]?$'
),
executor AS (
  SELECT
    x.log,
    x.executor_id,
    max(CASE WHEN x.event = 'added' THEN x.cores END) AS cores,
    max(x.host) AS host,
    min(CASE WHEN x.event = 'added' THEN x.event_time END) AS added_at,
    max(CASE WHEN x.event = 'removed' THEN x.event_time END) AS removed_at,
    max(x.line_offset) AS last_offset
  FROM secchi_spark.executor AS x
  JOIN wanted AS w ON w.log = x.log
  WHERE x.executor_id IS NOT NULL
  GROUP BY x.log, x.executor_id
),
-- the settings come a little later than the first executors: until then there is no shape; Spark's default is 1 GiB
known_log AS (
  SELECT DISTINCT s.log FROM setting AS s
),
node AS (
  SELECT
    x.*,
    CASE WHEN k.log IS NOT NULL THEN coalesce(m.memory_mb, 1024) END AS memory_mb,
    CASE WHEN k.log IS NOT NULL THEN 'spark-' || x.cores || 'c-' || coalesce(m.memory_mb, 1024) || 'm' END AS node_type
  FROM executor AS x
  LEFT JOIN known_log AS k ON k.log = x.log
  LEFT JOIN memory AS m ON m.log = x.log AND m.name = CASE WHEN x.executor_id = 'driver' THEN 'spark.driver.memory' ELSE 'spark.executor.memory' END
)
SELECT
  l.account_id,
  n.node_type,
  CAST(n.cores AS DOUBLE) AS core_count,
  max(n.memory_mb) AS memory_mb,
  CAST(NULL AS BIGINT) AS gpu_count,
  l.log AS bronze_source_file,
  max(n.last_offset) AS bronze_source_seq
FROM node AS n
JOIN secchi_spark.log AS l ON l.log = n.log
WHERE n.node_type IS NOT NULL
GROUP BY l.log, l.account_id, n.node_type, n.cores
