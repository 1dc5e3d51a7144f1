-- lakeflow.job_tasks from Spark event logs. A task is a stage by its place in its job; one row for each log that it was planned
-- in. It depends on the stages whose output it reads. See docs/spark-event-logs.md.
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
streaming AS (
  SELECT q.log, q.query_id, max(q.name) AS name
  FROM secchi_spark.streaming_query AS q
  JOIN wanted AS w ON w.log = q.log
  GROUP BY q.log, q.query_id
),
operation AS (
  SELECT o.log, o.operation_id, max(o.kind) AS kind, coalesce(max(nullif(o.user_name, '')), max(nullif(o.user_id, ''))) AS user_name
  FROM secchi_spark.operation AS o
  JOIN wanted AS w ON w.log = o.log
  WHERE o.operation_id IS NOT NULL
  GROUP BY o.log, o.operation_id
),
job AS (
  SELECT
    s.log,
    s.job_id,
    max(s.name) AS name,
    max(s.description) AS description,
    max(s.call_site) AS call_site,
    max(s.job_group) AS job_group,
    max(s.connect_operation_id) AS connect_operation_id,
    max(s.streaming_query_id) AS streaming_query_id,
    min(s.submitted_at) AS started_at,
    max(e.ended_at) AS ended_at,
    max(e.result) AS result,
    max(e.error_message) AS error_message,
    greatest(max(s.line_offset), max(e.line_offset)) AS last_offset
  FROM secchi_spark.job_start AS s
  JOIN wanted AS w ON w.log = s.log
  LEFT JOIN secchi_spark.job_end AS e ON e.log = s.log AND e.job_id = s.job_id
  GROUP BY s.log, s.job_id
),
named_job AS (
  SELECT
    a.account_id,
    a.workspace_id,
    a.cluster_id,
    a.app_name,
    a.user_name,
    a.ended_at AS app_ended_at,
    a.end_offset AS app_end_offset,
    j.log,
    j.job_id,
    j.started_at,
    j.last_offset,
    j.connect_operation_id,
    j.description,
    coalesce(c.user_name, t.user_name, a.user_name) AS run_by,
    substr(regexp_replace(CASE
      WHEN j.streaming_query_id IS NOT NULL THEN 'streaming query ' || coalesce(q.name, j.streaming_query_id)
      WHEN j.connect_operation_id IS NOT NULL OR j.description LIKE '%Spark Connect - session_id:%' THEN 'Spark Connect statements of ' || coalesce(c.user_name, a.user_name, 'unknown')
      WHEN t.operation_id IS NOT NULL THEN 'Thrift server statements of ' || coalesce(t.user_name, a.user_name, 'unknown')
      WHEN j.description LIKE 'Delta: %' OR j.description LIKE 'MERGE operation - %' OR j.description LIKE '%<br/>%' THEN regexp_replace(j.description, '[0-9]+', 'N')
      ELSE coalesce(nullif(j.description, ''), nullif(j.call_site, ''), j.name, 'unnamed')
    END, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\\s+', ' '), 1, 250) AS job_name
  FROM job AS j
  JOIN application AS a ON a.log = j.log
  LEFT JOIN streaming AS q ON q.log = j.log AND q.query_id = j.streaming_query_id
  LEFT JOIN operation AS c ON c.log = j.log AND c.operation_id = j.connect_operation_id
  LEFT JOIN operation AS t ON t.log = j.log AND t.operation_id = j.job_group AND t.kind = 'thrift'
  WHERE j.started_at IS NOT NULL
),
-- stages of a job in the order of their numbers; the same job has the same stages in the same places
task AS (
  SELECT
    p.log,
    p.job_id,
    p.stage_id,
    p.parent_ids,
    n.account_id,
    n.workspace_id,
    n.cluster_id,
    n.app_name,
    n.job_name,
    n.started_at,
    n.last_offset,
    n.app_ended_at,
    n.app_end_offset,
    CASE
      WHEN p.name LIKE '%Spark Connect - session_id:%' THEN 'statement'
      ELSE substr(regexp_replace(coalesce(p.name, 'stage'), '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\\s+', ' '), 1, 200)
    END || ' #' || row_number() OVER (PARTITION BY p.log, p.job_id ORDER BY p.stage_id) AS task_key
  FROM (
    SELECT s.log, s.job_id, s.stage_id, max(s.name) AS name, max(s.parent_ids) AS parent_ids
    FROM secchi_spark.job_stage AS s
    JOIN wanted AS w ON w.log = s.log
    GROUP BY s.log, s.job_id, s.stage_id
  ) AS p
  JOIN named_job AS n ON n.log = p.log AND n.job_id = p.job_id
),
parent AS (
  SELECT t.log, t.job_id, t.stage_id, CAST(p.parent AS INT) AS parent_id
  FROM task AS t
  LATERAL VIEW explode(split(regexp_replace(t.parent_ids, '[^0-9,]', ''), ',')) p AS parent
  WHERE p.parent <> ''
),
dependency AS (
  SELECT t.log, t.app_name, t.job_name, t.task_key, array_sort(collect_set(d.task_key)) AS depends_on_keys
  FROM parent AS p
  JOIN task AS t ON t.log = p.log AND t.job_id = p.job_id AND t.stage_id = p.stage_id
  JOIN task AS d ON d.log = p.log AND d.job_id = p.job_id AND d.stage_id = p.parent_id
  GROUP BY t.log, t.app_name, t.job_name, t.task_key
),
task_of_log AS (
  SELECT
    t.log,
    t.app_name,
    t.job_name,
    t.task_key,
    max(t.account_id) AS account_id,
    max(t.workspace_id) AS workspace_id,
    min(t.started_at) AS change_time,
    max(t.last_offset) AS last_offset
  FROM task AS t
  GROUP BY t.log, t.app_name, t.job_name, t.task_key
)
SELECT
  t.account_id,
  t.workspace_id,
  md5(t.app_name || '/' || t.job_name) AS job_id,
  t.task_key,
  d.depends_on_keys,
  t.change_time,
  CAST(NULL AS TIMESTAMP) AS delete_time,
  t.log AS bronze_source_file,
  t.last_offset AS bronze_source_seq
FROM task_of_log AS t
LEFT JOIN dependency AS d ON d.log = t.log AND d.app_name = t.app_name AND d.job_name = t.job_name AND d.task_key = t.task_key
