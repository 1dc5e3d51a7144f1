-- query.history from Spark event logs. One row a statement: an operation of Spark Connect or the Thrift server, else a root SQL
-- execution. Nested executions (commands) and jobs count to the statement that caused them; an operation that never reached an
-- execution (it did not parse, or was canceled before) is a row of its own. See docs/spark-event-logs.md.
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
job_statement AS (
  SELECT
    j.log,
    j.job_id,
    j.last_offset,
    coalesce(x.statement_id, o.operation_id, t.operation_id) AS statement_id
  FROM job AS j
  LEFT JOIN execution_statement AS x ON x.log = j.log AND x.execution_id = j.execution_id
  LEFT JOIN operation AS o ON o.log = j.log AND o.operation_id = j.connect_operation_id
  LEFT JOIN operation AS t ON t.log = j.log AND t.operation_id = j.job_group AND t.kind = 'thrift'
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
stage_tasks AS (
  SELECT
    t.log,
    t.stage_id,
    t.stage_attempt_id,
    sum(t.executor_run_ms) AS run_ms,
    sum(t.input_bytes) AS input_bytes,
    sum(t.input_records) AS input_records,
    sum(t.output_bytes) AS output_bytes,
    sum(t.output_records) AS output_records,
    sum(t.shuffle_remote_bytes_read) + sum(t.shuffle_local_bytes_read) AS shuffle_read_bytes,
    sum(t.disk_spilled_bytes) AS disk_spilled_bytes,
    max(t.line_offset) AS last_offset
  FROM secchi_spark.task_end AS t
  JOIN wanted AS w ON w.log = t.log
  GROUP BY t.log, t.stage_id, t.stage_attempt_id
),
statement_tasks AS (
  SELECT
    j.log,
    j.statement_id,
    sum(t.run_ms) AS run_ms,
    sum(t.input_bytes) AS input_bytes,
    sum(t.input_records) AS input_records,
    sum(t.output_bytes) AS output_bytes,
    sum(t.output_records) AS output_records,
    sum(t.shuffle_read_bytes) AS shuffle_read_bytes,
    sum(t.disk_spilled_bytes) AS disk_spilled_bytes,
    greatest(max(j.last_offset), max(t.last_offset)) AS last_offset
  FROM job_statement AS j
  LEFT JOIN stage_job AS s ON s.log = j.log AND s.job_id = j.job_id
  LEFT JOIN stage_tasks AS t ON t.log = s.log AND t.stage_id = s.stage_id AND t.stage_attempt_id = s.stage_attempt_id
  WHERE j.statement_id IS NOT NULL
  GROUP BY j.log, j.statement_id
),
-- metrics of operators: the last plan of an execution counts, the highest value of an accumulator is its last one
last_plan AS (
  SELECT n.log, n.execution_id, max(n.line_offset) AS line_offset
  FROM secchi_spark.plan_node AS n
  JOIN wanted AS w ON w.log = n.log
  GROUP BY n.log, n.execution_id
),
file_operator AS (
  SELECT DISTINCT
    n.log,
    n.execution_id,
    m.accumulator_id,
    m.name,
    CASE WHEN n.name LIKE 'Scan %' OR n.name LIKE 'BatchScan%' THEN 'read' ELSE 'write' END AS direction
  FROM last_plan AS p
  JOIN secchi_spark.plan_node AS n ON n.log = p.log AND n.execution_id = p.execution_id AND n.line_offset = p.line_offset
  JOIN secchi_spark.plan_metric AS m ON m.log = n.log AND m.execution_id = n.execution_id AND m.line_offset = n.line_offset AND m.node_id = n.node_id
  WHERE (
      (n.name LIKE 'Scan %' OR n.name LIKE 'BatchScan%')
      AND n.name NOT LIKE 'Scan ExistingRDD%' AND n.name NOT LIKE 'Scan OneRowRelation%'
      AND n.detail NOT LIKE '%_delta_log%'
      AND m.name IN ('number of files read', 'size of files read', 'number of partitions read', 'number of output rows')
    )
    OR (
      (n.name LIKE 'Execute %' OR n.name LIKE '%InsertInto%' OR n.name = 'WriteFiles')
      AND m.name IN ('number of written files', 'number of files added', 'number of files added.', 'number of files added to target')
    )
),
accumulator AS (
  SELECT v.log, v.accumulator_id, max(v.value) AS value
  FROM (
    SELECT d.log, d.accumulator_id, d.value FROM secchi_spark.driver_metric AS d JOIN wanted AS w ON w.log = d.log
    UNION ALL
    SELECT s.log, s.accumulator_id, s.value FROM secchi_spark.stage_metric AS s JOIN wanted AS w ON w.log = s.log
  ) AS v
  GROUP BY v.log, v.accumulator_id
),
statement_metrics AS (
  SELECT
    x.log,
    x.statement_id,
    sum(CASE WHEN f.direction = 'read' AND f.name = 'number of files read' THEN v.value END) AS read_files,
    sum(CASE WHEN f.direction = 'read' AND f.name = 'size of files read' THEN v.value END) AS read_files_bytes,
    sum(CASE WHEN f.direction = 'read' AND f.name = 'number of partitions read' THEN v.value END) AS read_partitions,
    sum(CASE WHEN f.direction = 'read' AND f.name = 'number of output rows' THEN v.value END) AS read_rows,
    sum(CASE WHEN f.direction = 'write' THEN v.value END) AS written_files
  FROM file_operator AS f
  JOIN accumulator AS v ON v.log = f.log AND v.accumulator_id = f.accumulator_id
  JOIN execution_statement AS x ON x.log = f.log AND x.execution_id = f.execution_id
  GROUP BY x.log, x.statement_id
),
statement_execution AS (
  SELECT
    log,
    statement_id,
    max(operation_id) AS operation_id,
    min(started_at) AS started_at,
    max(CASE WHEN execution_id = root_execution_id THEN ended_at END) AS ended_at,
    max(CASE WHEN execution_id = root_execution_id AND ended_at IS NULL THEN 1 ELSE 0 END) AS is_running,
    min_by(description, execution_id) AS description,
    max(client_application) AS client_application,
    min_by(plan_root, execution_id) AS plan_root,
    max(CASE WHEN execution_id = root_execution_id THEN coalesce(error_message, CASE WHEN job_failed = 1 THEN coalesce(job_error_message, 'a job failed') END) END) AS error_message,
    max(last_offset) AS last_offset
  FROM execution_statement
  GROUP BY log, statement_id
),
statement AS (
  SELECT
    coalesce(o.log, x.log) AS log,
    coalesce(x.statement_id, o.operation_id) AS statement_id,
    o.operation_id,
    o.kind,
    o.session_id,
    o.user_id,
    o.user_name,
    o.statement_form,
    coalesce(o.statement_text, x.description) AS statement_text,
    x.plan_root,
    x.client_application,
    o.produced_rows,
    coalesce(o.started_at, x.started_at) AS started_at,
    o.ready_at,
    o.closed_at,
    o.finished_at,
    CASE
      WHEN o.operation_id IS NOT NULL THEN coalesce(least(o.finished_at, o.failed_at, o.canceled_at), o.closed_at)
      WHEN x.is_running = 0 THEN x.ended_at
    END AS ended_at,
    coalesce(o.error_message, x.error_message) AS error_message,
    CASE
      -- a statement that failed is often canceled afterwards, and the other way round: what came first is the reason
      WHEN o.failed_at <= coalesce(o.canceled_at, o.failed_at) THEN 'FAILED'
      WHEN o.canceled_at IS NOT NULL THEN 'CANCELED'
      WHEN o.finished_at IS NOT NULL THEN 'FINISHED'
      WHEN o.closed_at IS NOT NULL THEN 'CANCELED'
      WHEN o.operation_id IS NOT NULL OR x.is_running = 1 THEN 'RUNNING'
      WHEN x.error_message RLIKE 'SPARK_JOB_CANCELLED|OPERATION_CANCELED|[Jj]ob [0-9]+ cancelled' THEN 'CANCELED'
      WHEN x.error_message IS NOT NULL THEN 'FAILED'
      ELSE 'FINISHED'
    END AS state,
    greatest(o.last_offset, x.last_offset) AS last_offset
  FROM operation AS o
  FULL JOIN statement_execution AS x ON x.log = o.log AND x.operation_id = o.operation_id
),
-- an execution of the Thrift server tells by its first job to which operation it belongs (before Spark 4): until then it waits
thrift_log AS (
  SELECT DISTINCT o.log FROM operation AS o WHERE o.kind = 'thrift'
),
-- what still ran when its application ended was ended by that
closed_statement AS (
  SELECT
    s.*,
    a.account_id,
    a.workspace_id,
    a.cluster_id,
    a.app_name,
    a.user_name AS app_user,
    CASE WHEN s.state = 'RUNNING' AND a.ended_at IS NOT NULL THEN 'CANCELED' ELSE s.state END AS execution_status,
    coalesce(s.ended_at, a.ended_at) AS end_time,
    upper(regexp_extract(regexp_replace(s.statement_text, '^(\\s|--[^\\n]*\\n|/\\*([^*]|\\*[^/])*\\*/|\\()+', ''), '^([A-Za-z]+)', 1)) AS first_word
  FROM statement AS s
  JOIN application AS a ON a.log = s.log
  LEFT JOIN thrift_log AS t ON t.log = s.log
  WHERE t.log IS NULL OR s.operation_id IS NOT NULL OR s.state <> 'RUNNING'
)
SELECT
  s.account_id,
  s.workspace_id,
  s.statement_id,
  coalesce(nullif(s.user_name, ''), nullif(s.user_id, ''), s.app_user) AS executed_by,
  s.session_id,
  s.execution_status,
  named_struct('type', 'CLUSTER', 'cluster_id', s.cluster_id, 'warehouse_id', CAST(NULL AS STRING)) AS compute,
  coalesce(nullif(s.user_id, ''), s.app_user) AS executed_by_user_id,
  s.statement_text,
  CASE
    WHEN s.statement_form IN ('sql', 'sql_command') OR (s.operation_id IS NULL AND s.first_word IN ('SELECT', 'WITH', 'INSERT', 'MERGE', 'CREATE', 'DELETE', 'UPDATE'))
      THEN CASE
        WHEN s.first_word IN ('SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE') THEN 'SELECT'
        WHEN s.first_word = 'DESC' THEN 'DESCRIBE'
        WHEN s.first_word IN ('ALTER', 'ANALYZE', 'COPY', 'CREATE', 'DELETE', 'DESCRIBE', 'DROP', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'OPTIMIZE', 'REFRESH',
          'REPLACE', 'RESTORE', 'REVOKE', 'SET', 'SHOW', 'TRUNCATE', 'UPDATE', 'USE', 'VACUUM', 'CACHE', 'COMMENT') THEN s.first_word
        ELSE 'OTHER'
      END
    WHEN s.plan_root LIKE '%InsertInto%' OR s.plan_root LIKE 'AppendData%' OR s.plan_root LIKE 'Overwrite%' OR s.plan_root LIKE '%SaveIntoDataSource%' THEN 'INSERT'
    WHEN s.plan_root LIKE '%MergeInto%' THEN 'MERGE'
    WHEN s.plan_root LIKE '%ReplaceTable%' THEN 'REPLACE'
    WHEN s.plan_root LIKE '%Create%' THEN 'CREATE'
    WHEN s.plan_root LIKE '%DeleteCommand%' OR s.plan_root LIKE 'DeleteFrom%' THEN 'DELETE'
    WHEN s.plan_root LIKE '%UpdateCommand%' THEN 'UPDATE'
    WHEN s.plan_root LIKE 'Execute %' THEN 'OTHER'
    WHEN s.plan_root IS NOT NULL THEN 'SELECT'
    WHEN s.statement_form IS NOT NULL THEN 'OTHER'
  END AS statement_type,
  CASE WHEN s.execution_status IN ('FAILED', 'CANCELED') THEN s.error_message END AS error_message,
  coalesce(s.client_application, s.app_name) AS client_application,
  CAST(NULL AS STRING) AS client_driver,
  unix_millis(s.end_time) - unix_millis(s.started_at) AS total_duration_ms,
  CAST(NULL AS BIGINT) AS waiting_for_compute_duration_ms,
  CAST(NULL AS BIGINT) AS waiting_at_capacity_duration_ms,
  CASE WHEN s.operation_id IS NULL THEN unix_millis(s.end_time) - unix_millis(s.started_at) ELSE unix_millis(s.end_time) - unix_millis(s.ready_at) END AS execution_duration_ms,
  unix_millis(s.ready_at) - unix_millis(s.started_at) AS compilation_duration_ms,
  coalesce(t.run_ms, 0) AS total_task_duration_ms,
  unix_millis(s.closed_at) - unix_millis(s.finished_at) AS result_fetch_duration_ms,
  s.started_at AS start_time,
  s.end_time,
  greatest(s.started_at, s.end_time, s.closed_at) AS update_time,
  m.read_partitions,
  CAST(NULL AS BIGINT) AS pruned_files,
  coalesce(m.read_files, 0) AS read_files,
  coalesce(m.read_rows, 0) AS read_rows,
  s.produced_rows,
  coalesce(nullif(t.input_bytes, 0), m.read_files_bytes, 0) AS read_bytes,
  CAST(NULL AS TINYINT) AS read_io_cache_percent,
  FALSE AS from_result_cache,
  coalesce(t.disk_spilled_bytes, 0) AS spilled_local_bytes,
  coalesce(t.output_bytes, 0) AS written_bytes,
  coalesce(t.shuffle_read_bytes, 0) AS shuffle_read_bytes,
  s.app_user AS executed_as_user_id,
  s.app_user AS executed_as,
  coalesce(t.output_records, 0) AS written_rows,
  m.written_files,
  CAST(NULL AS STRING) AS cache_origin_statement_id,
  s.log AS bronze_source_file,
  greatest(s.last_offset, t.last_offset) AS bronze_source_seq
FROM closed_statement AS s
LEFT JOIN statement_tasks AS t ON t.log = s.log AND t.statement_id = s.statement_id
LEFT JOIN statement_metrics AS m ON m.log = s.log AND m.statement_id = s.statement_id
