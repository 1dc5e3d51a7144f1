-- access.column_lineage from Spark event logs. One row for each column read from which a column of a statement's target is
-- computed, as far as its plans name them; statements that only read have a row for each column read, without a target. See
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
    max(s.app_name) AS app_name,
    max(s.user_name) AS user_name,
    max(e.ended_at) AS ended_at
  FROM secchi_spark.log AS l
  JOIN wanted AS w ON w.log = l.log
  LEFT JOIN secchi_spark.application_start AS s ON s.log = l.log
  LEFT JOIN secchi_spark.application_end AS e ON e.log = l.log
  -- a log whose application is not yet known waits for it; one with jobs has lost its beginning
  WHERE s.log IS NOT NULL OR l.log IN (SELECT j.log FROM secchi_spark.job_start AS j)
  GROUP BY l.log
),
-- one row an operation
operation AS (
  SELECT
    o.log,
    o.operation_id,
    max(o.kind) AS kind,
    max(o.session_id) AS session_id,
    max(o.user_id) AS user_id,
    max(o.user_name) AS user_name,
    max(o.statement_text) AS statement_text,
    max(o.statement_form) AS statement_form,
    max(CASE WHEN o.event = 'failed' THEN o.error_message END) AS error_message,
    max(o.produced_rows) AS produced_rows,
    min(CASE WHEN o.event = 'started' THEN o.event_time END) AS started_at,
    min(CASE WHEN o.event = 'ready' THEN o.event_time END) AS ready_at,
    min(CASE WHEN o.event = 'finished' THEN o.event_time END) AS finished_at,
    min(CASE WHEN o.event = 'failed' THEN o.event_time END) AS failed_at,
    min(CASE WHEN o.event = 'canceled' THEN o.event_time END) AS canceled_at,
    max(CASE WHEN o.event = 'closed' THEN o.event_time END) AS closed_at,
    max(o.line_offset) AS last_offset
  FROM secchi_spark.operation AS o
  JOIN wanted AS w ON w.log = o.log
  WHERE o.operation_id IS NOT NULL
  GROUP BY o.log, o.operation_id
),
job AS (
  SELECT
    s.log,
    s.job_id,
    max(s.execution_id) AS execution_id,
    max(s.connect_operation_id) AS connect_operation_id,
    max(s.job_group) AS job_group,
    max(CASE WHEN e.result = 'JobFailed' THEN 1 ELSE 0 END) AS is_failed,
    max(e.error_message) AS error_message,
    greatest(max(s.line_offset), max(e.line_offset)) AS last_offset
  FROM secchi_spark.job_start AS s
  JOIN wanted AS w ON w.log = s.log
  LEFT JOIN secchi_spark.job_end AS e ON e.log = s.log AND e.job_id = s.job_id
  GROUP BY s.log, s.job_id
),
-- Spark before 4 writes no tags and groups with an execution: those of its jobs tell
execution_of_jobs AS (
  SELECT
    log,
    execution_id,
    max(connect_operation_id) AS connect_operation_id,
    max(job_group) AS job_group,
    max(is_failed) AS any_failed,
    max(CASE WHEN is_failed = 1 THEN error_message END) AS error_message
  FROM job
  WHERE execution_id IS NOT NULL
  GROUP BY log, execution_id
),
execution AS (
  SELECT
    s.log,
    s.execution_id,
    max(coalesce(s.root_execution_id, s.execution_id)) AS root_execution_id,
    min(s.started_at) AS started_at,
    max(e.ended_at) AS ended_at,
    max(s.description) AS description,
    max(s.client_application) AS client_application,
    max(s.plan_root) AS plan_root,
    max(coalesce(s.connect_operation_id, j.connect_operation_id)) AS connect_operation_id,
    max(coalesce(s.job_group, j.job_group)) AS job_group,
    max(nullif(e.error_message, '')) AS error_message,
    max(CASE WHEN e.error_message IS NULL THEN j.any_failed ELSE 0 END) AS job_failed,
    max(CASE WHEN e.error_message IS NULL THEN j.error_message END) AS job_error_message,
    greatest(max(s.line_offset), max(e.line_offset)) AS last_offset
  FROM secchi_spark.sql_execution_start AS s
  JOIN wanted AS w ON w.log = s.log
  LEFT JOIN secchi_spark.sql_execution_end AS e ON e.log = s.log AND e.execution_id = s.execution_id
  LEFT JOIN execution_of_jobs AS j ON j.log = s.log AND j.execution_id = s.execution_id
  GROUP BY s.log, s.execution_id
),
root AS (
  SELECT
    r.log,
    r.execution_id AS root_execution_id,
    coalesce(c.operation_id, t.operation_id) AS operation_id,
    coalesce(c.operation_id, t.operation_id, a.cluster_id || '-' || r.execution_id) AS statement_id
  FROM execution AS r
  JOIN application AS a ON a.log = r.log
  LEFT JOIN operation AS c ON c.log = r.log AND c.operation_id = r.connect_operation_id
  LEFT JOIN operation AS t ON t.log = r.log AND t.operation_id = r.job_group AND t.kind = 'thrift'
  WHERE r.root_execution_id = r.execution_id
),
execution_statement AS (
  SELECT x.*, r.statement_id, r.operation_id
  FROM execution AS x
  JOIN root AS r ON r.log = x.log AND r.root_execution_id = x.root_execution_id
),
-- some operators name a table, some only its path: what the plans before say of both
first_named AS (
  SELECT t.log, t.path, t.table_full_name, t.table_catalog, t.table_schema, t.table_name, min(t.line_offset) AS line_offset
  FROM secchi_spark.table_access AS t
  JOIN wanted AS w ON w.log = t.log
  WHERE t.path IS NOT NULL AND t.table_full_name IS NOT NULL
  GROUP BY t.log, t.path, t.table_full_name, t.table_catalog, t.table_schema, t.table_name
),
known_path AS (
  SELECT f.*
  FROM first_named AS f
  QUALIFY row_number() OVER (PARTITION BY f.log, f.path ORDER BY f.line_offset, f.table_full_name) = 1
),
known_name AS (
  SELECT f.*
  FROM first_named AS f
  QUALIFY row_number() OVER (PARTITION BY f.log, f.table_full_name ORDER BY f.line_offset, f.path) = 1
),
table_event AS (
  SELECT
    x.log,
    x.statement_id,
    x.operation_id,
    t.is_write,
    t.operation,
    coalesce(t.table_full_name, k.table_full_name) AS table_full_name,
    coalesce(t.table_catalog, k.table_catalog) AS table_catalog,
    coalesce(t.table_schema, k.table_schema) AS table_schema,
    coalesce(t.table_name, k.table_name) AS table_name,
    coalesce(t.path, n.path) AS path,
    t.line_offset
  FROM secchi_spark.table_access AS t
  JOIN execution_statement AS x ON x.log = t.log AND x.execution_id = t.execution_id
  LEFT JOIN known_path AS k ON k.log = t.log AND k.path = t.path AND k.line_offset <= t.line_offset
  LEFT JOIN known_name AS n ON n.log = t.log AND n.table_full_name = t.table_full_name
),
statement AS (
  SELECT
    x.log,
    x.statement_id,
    min(x.started_at) AS started_at,
    max(CASE WHEN x.execution_id = x.root_execution_id AND x.ended_at IS NULL THEN 1 ELSE 0 END) AS is_running,
    max(CASE WHEN x.execution_id = x.root_execution_id AND (x.error_message IS NOT NULL OR x.job_failed = 1) THEN 1 ELSE 0 END) AS is_failed,
    max(x.operation_id) AS operation_id
  FROM execution_statement AS x
  GROUP BY x.log, x.statement_id
),
statement_user AS (
  SELECT s.log, s.statement_id, s.started_at, coalesce(nullif(o.user_name, ''), nullif(o.user_id, ''), a.user_name) AS created_by, a.account_id, a.workspace_id
  FROM statement AS s
  JOIN application AS a ON a.log = s.log
  LEFT JOIN operation AS o ON o.log = s.log AND o.operation_id = s.operation_id
  -- only of what has succeeded: before its end a statement may still read and write more
  WHERE (s.operation_id IS NULL AND s.is_running = 0 AND s.is_failed = 0)
    OR o.finished_at IS NOT NULL
),
event_of_statement AS (
  SELECT
    e.log,
    e.statement_id,
    e.is_write,
    e.table_full_name,
    e.table_catalog,
    e.table_schema,
    e.table_name,
    max(e.path) AS path,
    max(CASE WHEN e.operation = 'CreateViewCommand' THEN 1 ELSE 0 END) AS is_view,
    coalesce(e.table_full_name, max(e.path)) AS identity,
    max(e.line_offset) AS last_offset
  FROM table_event AS e
  GROUP BY e.log, e.statement_id, e.is_write, e.table_full_name, e.table_catalog, e.table_schema, e.table_name, CASE WHEN e.table_full_name IS NULL THEN e.path END
),
named_write AS (
  SELECT DISTINCT e.log, e.statement_id FROM event_of_statement AS e WHERE e.is_write AND e.table_full_name IS NOT NULL
),
-- a command and the write below it may give the same target once by name, once by path: the name counts
target AS (
  SELECT e.*
  FROM event_of_statement AS e
  LEFT JOIN named_write AS n ON n.log = e.log AND n.statement_id = e.statement_id
  WHERE e.is_write AND (e.table_full_name IS NOT NULL OR n.statement_id IS NULL)
),
column_event AS (
  SELECT
    x.log,
    x.statement_id,
    coalesce(c.source_table_full_name, k.table_full_name) AS source_full_name,
    max(coalesce(c.source_path, n.path)) AS source_path,
    c.source_column,
    c.target_column,
    max(c.line_offset) AS last_offset
  FROM secchi_spark.column_access AS c
  JOIN execution_statement AS x ON x.log = c.log AND x.execution_id = c.execution_id
  LEFT JOIN known_path AS k ON k.log = c.log AND k.path = c.source_path AND k.line_offset <= c.line_offset
  LEFT JOIN known_name AS n ON n.log = c.log AND n.table_full_name = c.source_table_full_name
  GROUP BY x.log, x.statement_id, coalesce(c.source_table_full_name, k.table_full_name), CASE WHEN coalesce(c.source_table_full_name, k.table_full_name) IS NULL THEN c.source_path END, c.source_column, c.target_column
),
-- columns that reach the target; columns of the target itself are no source
into_target AS (
  SELECT
    c.log,
    c.statement_id,
    c.source_full_name,
    c.source_path,
    c.source_column,
    t.table_full_name AS target_full_name,
    t.table_catalog AS target_catalog,
    t.table_schema AS target_schema,
    t.table_name AS target_name,
    t.path AS target_path,
    t.identity AS target_identity,
    t.is_view,
    c.target_column,
    greatest(c.last_offset, t.last_offset) AS last_offset
  FROM column_event AS c
  JOIN target AS t ON t.log = c.log AND t.statement_id = c.statement_id AND t.identity <> coalesce(c.source_full_name, c.source_path)
  WHERE c.target_column IS NOT NULL
),
only_read AS (
  SELECT c.*
  FROM column_event AS c
  LEFT JOIN (SELECT DISTINCT t.log, t.statement_id FROM target AS t) AS t ON t.log = c.log AND t.statement_id = c.statement_id
  WHERE c.target_column IS NULL AND t.statement_id IS NULL
),
event AS (
  SELECT * FROM into_target
  UNION ALL
  SELECT
    o.log,
    o.statement_id,
    o.source_full_name,
    o.source_path,
    o.source_column,
    CAST(NULL AS STRING),
    CAST(NULL AS STRING),
    CAST(NULL AS STRING),
    CAST(NULL AS STRING),
    CAST(NULL AS STRING),
    CAST(NULL AS STRING),
    CAST(NULL AS INT),
    CAST(NULL AS STRING),
    o.last_offset
  FROM only_read AS o
),
part AS (
  SELECT DISTINCT t.log, t.table_full_name, t.table_catalog, t.table_schema, t.table_name
  FROM secchi_spark.table_access AS t
  JOIN wanted AS w ON w.log = t.log
  WHERE t.table_full_name IS NOT NULL
)
SELECT
  u.account_id,
  CAST(NULL AS STRING) AS metastore_id,
  u.workspace_id,
  CAST(NULL AS STRING) AS entity_type,
  CAST(NULL AS STRING) AS entity_id,
  CAST(NULL AS STRING) AS entity_run_id,
  e.source_full_name AS source_table_full_name,
  p.table_catalog AS source_table_catalog,
  p.table_schema AS source_table_schema,
  p.table_name AS source_table_name,
  e.source_path,
  CASE WHEN e.source_full_name IS NOT NULL THEN 'TABLE' ELSE 'PATH' END AS source_type,
  e.source_column AS source_column_name,
  e.target_full_name AS target_table_full_name,
  e.target_catalog AS target_table_catalog,
  e.target_schema AS target_table_schema,
  e.target_name AS target_table_name,
  e.target_path,
  CASE WHEN e.is_view = 1 THEN 'VIEW' WHEN e.target_full_name IS NOT NULL THEN 'TABLE' WHEN e.target_path IS NOT NULL THEN 'PATH' END AS target_type,
  e.target_column AS target_column_name,
  u.created_by,
  u.started_at AS event_time,
  CAST(u.started_at AS DATE) AS event_date,
  md5(u.statement_id || '|' || coalesce(e.source_full_name, e.source_path, '') || '|' || e.source_column || '|' || coalesce(e.target_identity, '') || '|' || coalesce(e.target_column, '')) AS record_id,
  md5(u.statement_id) AS event_id,
  u.statement_id,
  e.log AS bronze_source_file,
  e.last_offset AS bronze_source_seq
FROM event AS e
JOIN statement_user AS u ON u.log = e.log AND u.statement_id = e.statement_id
LEFT JOIN part AS p ON p.log = e.log AND p.table_full_name = e.source_full_name
