-- compute.node_timeline from Spark event logs. One row for each executor and clock minute that it was there. Spark does not know
-- the host: its CPU, memory and network are null. Ours: how far its task slots were taken, from the tasks that overlap the minute.
-- See docs/spark-event-logs.md.
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
last_time AS (
  SELECT x.log, max(x.at_time) AS at_time, max(x.line_offset) AS line_offset
  FROM (
    SELECT s.log, max(s.submitted_at) AS at_time, max(s.line_offset) AS line_offset FROM secchi_spark.job_start AS s JOIN wanted AS w ON w.log = s.log GROUP BY s.log
    UNION ALL
    SELECT s.log, max(s.ended_at), max(s.line_offset) FROM secchi_spark.job_end AS s JOIN wanted AS w ON w.log = s.log GROUP BY s.log
    UNION ALL
    SELECT s.log, max(s.finished_at), max(s.line_offset) FROM secchi_spark.task_end AS s JOIN wanted AS w ON w.log = s.log GROUP BY s.log
  ) AS x
  GROUP BY x.log
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
task_span AS (
  SELECT
    t.log,
    t.executor_id,
    t.launched_at,
    t.finished_at,
    coalesce(t.executor_cpu_ns, 0) + coalesce(t.executor_deserialize_cpu_ns, 0) AS cpu_ns,
    t.line_offset
  FROM secchi_spark.task_end AS t
  JOIN wanted AS w ON w.log = t.log
  WHERE t.launched_at IS NOT NULL AND t.finished_at >= t.launched_at AND t.executor_id IS NOT NULL
),
first_task AS (
  SELECT t.log, t.executor_id, min(t.launched_at) AS launched_at, max(t.finished_at) AS finished_at, max(t.line_offset) AS last_offset
  FROM task_span AS t
  GROUP BY t.log, t.executor_id
),
-- an executor whose beginning the log does not know is there from its first task on
alive AS (
  SELECT
    coalesce(n.log, f.log) AS log,
    coalesce(n.executor_id, f.executor_id) AS executor_id,
    n.cores,
    n.host,
    n.node_type,
    coalesce(n.added_at, date_trunc('MINUTE', f.launched_at)) AS alive_from,
    greatest(least(coalesce(n.removed_at, a.ended_at, l.at_time), coalesce(a.ended_at, l.at_time)), n.added_at, f.finished_at) AS alive_until,
    CASE
      WHEN n.removed_at IS NOT NULL OR a.ended_at IS NULL THEN greatest(n.last_offset, f.last_offset, CASE WHEN n.removed_at IS NULL THEN l.line_offset END)
      ELSE greatest(n.last_offset, f.last_offset, a.end_offset)
    END AS last_offset,
    a.account_id,
    a.workspace_id,
    a.cluster_id
  FROM node AS n
  FULL JOIN first_task AS f ON f.log = n.log AND f.executor_id = n.executor_id
  JOIN application AS a ON a.log = coalesce(n.log, f.log)
  LEFT JOIN last_time AS l ON l.log = a.log
  WHERE coalesce(n.added_at, f.launched_at) IS NOT NULL
),
-- minutes are counted from the one in which the executor came; a year at the most, against absurd times in a log
counted AS (
  SELECT
    x.*,
    date_trunc('MINUTE', x.alive_from) AS first_minute,
    least(527040, greatest(0, (unix_millis(x.alive_until) - unix_millis(date_trunc('MINUTE', x.alive_from)) - 1) DIV 60000)) AS last_minute
  FROM alive AS x
),
minute_of_node AS (
  SELECT
    c.*,
    m.minute_number,
    greatest(c.alive_from, c.first_minute + INTERVAL 1 MINUTE * m.minute_number) AS start_time,
    CASE WHEN m.minute_number = c.last_minute THEN least(c.alive_until, c.first_minute + INTERVAL 1 MINUTE * (m.minute_number + 1)) ELSE c.first_minute + INTERVAL 1 MINUTE * (m.minute_number + 1) END AS end_time
  FROM counted AS c
  LATERAL VIEW explode(sequence(CAST(0 AS BIGINT), c.last_minute)) m AS minute_number
),
task_of_node AS (
  SELECT
    t.log,
    t.executor_id,
    greatest(unix_millis(t.launched_at), unix_millis(c.alive_from)) - unix_millis(c.first_minute) AS begin_ms,
    greatest(unix_millis(t.finished_at), unix_millis(c.alive_from)) - unix_millis(c.first_minute) AS end_ms,
    t.cpu_ns,
    c.last_minute
  FROM task_span AS t
  JOIN counted AS c ON c.log = t.log AND c.executor_id = t.executor_id
),
task_minute AS (
  SELECT
    t.log,
    t.executor_id,
    t.begin_ms,
    t.end_ms,
    t.cpu_ns,
    m.minute_number
  FROM task_of_node AS t
  LATERAL VIEW explode(sequence(least(t.begin_ms DIV 60000, t.last_minute), least(greatest(t.begin_ms, t.end_ms - 1) DIV 60000, t.last_minute))) m AS minute_number
),
used AS (
  SELECT
    t.log,
    t.executor_id,
    t.minute_number,
    sum(least(t.end_ms, (t.minute_number + 1) * 60000) - greatest(t.begin_ms, t.minute_number * 60000)) AS busy_ms,
    sum(CASE
      WHEN t.end_ms > t.begin_ms
        THEN CAST(t.cpu_ns AS DOUBLE) * (least(t.end_ms, (t.minute_number + 1) * 60000) - greatest(t.begin_ms, t.minute_number * 60000)) / (t.end_ms - t.begin_ms)
      ELSE CAST(t.cpu_ns AS DOUBLE)
    END) AS cpu_ns
  FROM task_minute AS t
  GROUP BY t.log, t.executor_id, t.minute_number
),
measured AS (
  SELECT
    m.*,
    coalesce(u.busy_ms, 0) AS busy_ms,
    coalesce(u.cpu_ns, 0) AS cpu_ns,
    unix_millis(m.end_time) - unix_millis(m.start_time) AS span_ms
  FROM minute_of_node AS m
  LEFT JOIN used AS u ON u.log = m.log AND u.executor_id = m.executor_id AND u.minute_number = m.minute_number
)
SELECT
  x.account_id,
  x.workspace_id,
  x.cluster_id,
  x.cluster_id || '/' || x.executor_id AS instance_id,
  x.start_time,
  x.end_time,
  x.executor_id = 'driver' AS driver,
  CAST(NULL AS DOUBLE) AS cpu_user_percent,
  CAST(NULL AS DOUBLE) AS cpu_system_percent,
  CAST(NULL AS DOUBLE) AS cpu_wait_percent,
  CAST(NULL AS DOUBLE) AS mem_used_percent,
  CAST(NULL AS DOUBLE) AS mem_swap_percent,
  CAST(NULL AS BIGINT) AS network_sent_bytes,
  CAST(NULL AS BIGINT) AS network_received_bytes,
  x.node_type,
  CASE WHEN x.host RLIKE '^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$' THEN x.host END AS private_ip,
  CASE WHEN x.span_ms > 0 AND x.cores > 0 THEN 100.0 * CAST(x.busy_ms AS DOUBLE) / (CAST(x.span_ms AS DOUBLE) * x.cores) END AS task_slots_used_percent,
  CASE WHEN x.span_ms > 0 AND x.cores > 0 THEN 100.0 * x.cpu_ns / (CAST(x.span_ms AS DOUBLE) * 1000000 * x.cores) END AS task_cpu_percent,
  CASE WHEN x.span_ms > 0 THEN CAST(x.busy_ms AS DOUBLE) / CAST(x.span_ms AS DOUBLE) END AS tasks_running,
  x.log AS bronze_source_file,
  x.last_offset AS bronze_source_seq
FROM measured AS x
