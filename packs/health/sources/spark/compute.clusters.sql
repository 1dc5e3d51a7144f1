-- compute.clusters from Spark event logs. A cluster is an application: one row each, created when it started. See
-- docs/spark-event-logs.md.
WITH wanted AS (
  SELECT DISTINCT log FROM incoming.spark_logs
),
application AS (
  SELECT
    l.log,
    max(l.account_id) AS account_id,
    max(l.workspace_id) AS workspace_id,
    coalesce(max(s.app_id), max(l.path)) || CASE WHEN max(s.app_attempt_id) > '1' THEN '_' || max(s.app_attempt_id) ELSE '' END AS cluster_id,
    coalesce(max(s.app_name), max(l.path)) AS app_name,
    max(s.user_name) AS user_name,
    min(s.started_at) AS started_at,
    greatest(max(l.line_offset), max(s.line_offset), max(e.line_offset)) AS last_offset,
    max(e.ended_at) AS ended_at,
    max(e.line_offset) AS end_offset
  FROM secchi_spark.log AS l
  JOIN wanted AS w ON w.log = l.log
  LEFT JOIN secchi_spark.application_start AS s ON s.log = l.log
  LEFT JOIN secchi_spark.application_end AS e ON e.log = l.log
  -- a log whose application is not yet known waits for it; one with jobs has lost its beginning
  WHERE s.log IS NOT NULL OR l.log IN (SELECT j.log FROM secchi_spark.job_start AS j)
  GROUP BY l.log
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
),
-- executors alive at the same time
coming_and_going AS (
  SELECT x.log, x.executor_id, x.event, min(x.line_offset) AS line_offset
  FROM secchi_spark.executor AS x
  JOIN wanted AS w ON w.log = x.log
  WHERE x.executor_id <> 'driver' AND x.event IN ('added', 'removed')
  GROUP BY x.log, x.executor_id, x.event
),
head_count AS (
  SELECT c.log, max(c.alive) AS most
  FROM (
    SELECT
      x.log,
      sum(CASE WHEN x.event = 'added' THEN 1 ELSE -1 END) OVER (PARTITION BY x.log ORDER BY x.line_offset ROWS UNBOUNDED PRECEDING) AS alive
    FROM coming_and_going AS x
  ) AS c
  GROUP BY c.log
),
node_of_log AS (
  SELECT
    n.log,
    max(CASE WHEN n.executor_id = 'driver' THEN n.node_type END) AS driver_node_type,
    max(CASE WHEN n.executor_id <> 'driver' THEN n.node_type END) AS worker_node_type,
    max(n.last_offset) AS last_offset
  FROM node AS n
  GROUP BY n.log
),
setting_of_log AS (
  SELECT
    s.log,
    max(CASE WHEN s.name = 'spark.dynamicAllocation.enabled' THEN lower(s.value) END) AS dynamic_allocation,
    max(CASE WHEN s.name = 'spark.dynamicAllocation.minExecutors' THEN s.value END) AS min_executors,
    max(CASE WHEN s.name = 'spark.dynamicAllocation.maxExecutors' THEN s.value END) AS max_executors
  FROM setting AS s
  GROUP BY s.log
),
tag AS (
  SELECT t.log, map_from_entries(array_sort(collect_list(struct(t.tag, t.value)))) AS tags
  FROM (
    SELECT s.log, substr(s.name, length('spark.secchi.tag.') + 1) AS tag, s.value FROM setting AS s WHERE s.name LIKE 'spark.secchi.tag.%'
    UNION ALL
    SELECT s.log, s.name, s.value FROM setting AS s WHERE s.name IN ('spark.yarn.queue', 'spark.yarn.tags', 'spark.kubernetes.namespace')
  ) AS t
  GROUP BY t.log
),
release AS (
  SELECT v.log, max(v.spark_version) AS spark_version
  FROM secchi_spark.log_start AS v
  JOIN wanted AS w ON w.log = v.log
  GROUP BY v.log
)
SELECT
  a.account_id,
  a.workspace_id,
  a.cluster_id,
  a.app_name AS cluster_name,
  a.user_name AS owned_by,
  a.started_at AS create_time,
  a.ended_at AS delete_time,
  n.driver_node_type,
  n.worker_node_type,
  CASE WHEN s.dynamic_allocation = 'true' THEN CAST(NULL AS BIGINT) ELSE coalesce(h.most, 0) END AS worker_count,
  CASE WHEN s.dynamic_allocation = 'true' THEN coalesce(CAST(s.min_executors AS BIGINT), 0) END AS min_autoscale_workers,
  CASE WHEN s.dynamic_allocation = 'true' THEN CAST(s.max_executors AS BIGINT) END AS max_autoscale_workers,
  CAST(NULL AS BIGINT) AS auto_termination_minutes,
  CAST(NULL AS BOOLEAN) AS enable_elastic_disk,
  t.tags,
  'SPARK' AS cluster_source,
  'spark-' || v.spark_version AS dbr_version,
  a.started_at AS change_time,
  CAST(a.started_at AS DATE) AS change_date,
  a.log AS bronze_source_file,
  greatest(a.last_offset, n.last_offset) AS bronze_source_seq
FROM application AS a
LEFT JOIN node_of_log AS n ON n.log = a.log
LEFT JOIN head_count AS h ON h.log = a.log
LEFT JOIN setting_of_log AS s ON s.log = a.log
LEFT JOIN tag AS t ON t.log = a.log
LEFT JOIN release AS v ON v.log = a.log
WHERE a.started_at IS NOT NULL
