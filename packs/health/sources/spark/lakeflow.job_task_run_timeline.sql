-- lakeflow.job_task_run_timeline from Spark event logs. A task run is an attempt of a stage in the job that ran it. One row for
-- each clock hour that it touches; the state stands in the last one of an attempt that ended. See docs/spark-event-logs.md.
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
-- the job that ran a stage attempt: the first one that knows the stage and was running when the attempt began
stage_job AS (
  SELECT s.log, s.stage_id, s.stage_attempt_id, min(p.job_id) AS job_id
  FROM secchi_spark.stage_submitted AS s
  JOIN wanted AS w ON w.log = s.log
  JOIN secchi_spark.job_stage AS p ON p.log = s.log AND p.stage_id = s.stage_id AND p.line_offset < s.line_offset
  LEFT JOIN secchi_spark.job_end AS e ON e.log = p.log AND e.job_id = p.job_id
  WHERE e.line_offset IS NULL OR e.line_offset > s.line_offset
  GROUP BY s.log, s.stage_id, s.stage_attempt_id
),
attempt AS (
  SELECT
    s.log,
    s.stage_id,
    s.stage_attempt_id,
    min(s.submitted_at) AS started_at,
    max(c.completed_at) AS completed_at,
    max(CASE WHEN c.stage_id IS NOT NULL THEN 1 ELSE 0 END) AS is_completed,
    max(c.failure_reason) AS failure_reason,
    greatest(max(s.line_offset), max(c.line_offset)) AS last_offset
  FROM secchi_spark.stage_submitted AS s
  JOIN wanted AS w ON w.log = s.log
  LEFT JOIN secchi_spark.stage_completed AS c ON c.log = s.log AND c.stage_id = s.stage_id AND c.stage_attempt_id = s.stage_attempt_id
  GROUP BY s.log, s.stage_id, s.stage_attempt_id
),
run AS (
  SELECT
    t.account_id,
    t.workspace_id,
    t.cluster_id,
    t.app_name,
    t.job_name,
    t.job_id,
    t.task_key,
    x.log,
    x.stage_id,
    x.stage_attempt_id,
    x.started_at,
    CASE
      WHEN x.is_completed = 1 AND x.failure_reason IS NULL THEN 'SUCCEEDED'
      WHEN x.is_completed = 1 AND x.failure_reason RLIKE 'SPARK_JOB_CANCELLED|[Jj]ob [0-9]+ cancelled|[Ss]tage cancelled' THEN 'CANCELLED'
      WHEN x.is_completed = 1 THEN 'FAILED'
      WHEN t.app_ended_at IS NOT NULL THEN 'CANCELLED'
    END AS result_state,
    greatest(x.started_at, coalesce(CASE WHEN x.is_completed = 1 THEN x.completed_at ELSE t.app_ended_at END, l.at_time)) AS known_until,
    CASE WHEN x.is_completed = 1 THEN x.last_offset ELSE greatest(x.last_offset, coalesce(t.app_end_offset, l.line_offset)) END AS last_offset
  FROM attempt AS x
  JOIN stage_job AS s ON s.log = x.log AND s.stage_id = x.stage_id AND s.stage_attempt_id = x.stage_attempt_id
  JOIN task AS t ON t.log = s.log AND t.job_id = s.job_id AND t.stage_id = s.stage_id
  LEFT JOIN last_time AS l ON l.log = x.log
  WHERE x.started_at IS NOT NULL
),
counted AS (
  SELECT
    r.*,
    least(8784, greatest(0, (unix_millis(r.known_until) - unix_millis(date_trunc('HOUR', r.started_at)) - 1) DIV 3600000)) AS last_hour
  FROM run AS r
),
sliced AS (
  SELECT c.*, h.hour_number
  FROM counted AS c
  LATERAL VIEW explode(sequence(CAST(0 AS BIGINT), c.last_hour)) h AS hour_number
)
SELECT
  s.account_id,
  s.workspace_id,
  md5(s.app_name || '/' || s.job_name) AS job_id,
  s.cluster_id || '-stage-' || s.stage_id || '.' || s.stage_attempt_id AS run_id,
  greatest(s.started_at, date_trunc('HOUR', s.started_at) + INTERVAL 1 HOUR * s.hour_number) AS period_start_time,
  CASE WHEN s.hour_number = s.last_hour THEN s.known_until ELSE date_trunc('HOUR', s.started_at) + INTERVAL 1 HOUR * (s.hour_number + 1) END AS period_end_time,
  s.task_key,
  array(s.cluster_id) AS compute_ids,
  CASE WHEN s.hour_number = s.last_hour THEN s.result_state END AS result_state,
  s.cluster_id || '-job-' || s.job_id AS job_run_id,
  CAST(NULL AS STRING) AS parent_run_id,
  CASE WHEN s.hour_number = s.last_hour THEN CASE s.result_state WHEN 'SUCCEEDED' THEN 'SUCCESS' WHEN 'FAILED' THEN 'RUN_EXECUTION_ERROR' WHEN 'CANCELLED' THEN 'CANCELED' END END AS termination_code,
  s.log AS bronze_source_file,
  s.last_offset AS bronze_source_seq
FROM sliced AS s
