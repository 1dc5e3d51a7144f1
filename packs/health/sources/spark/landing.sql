-- Landing tables of Spark event logs: one row an event (or a list item of an event), nothing interpreted.
-- log is the log's key, line_offset the position of the line that the row came from: part number * 2^40 + byte in the
-- uncompressed part. Times are UTC. Filled by src/source/spark, read by the queries beside this file.

CREATE TABLE IF NOT EXISTS secchi_spark.log (
  log STRING,
  line_offset BIGINT,
  source_name STRING,
  path STRING,
  account_id STRING,
  workspace_id STRING
) COMMENT 'One row for each log, made when it was first seen; line_offset is 0. The account and workspace are those of the source.';

CREATE TABLE IF NOT EXISTS secchi_spark.log_start (
  log STRING,
  line_offset BIGINT,
  spark_version STRING
) COMMENT 'SparkListenerLogStart: the version of Spark.';

CREATE TABLE IF NOT EXISTS secchi_spark.application_start (
  log STRING,
  line_offset BIGINT,
  app_id STRING,
  app_attempt_id STRING,
  app_name STRING,
  user_name STRING,
  started_at TIMESTAMP
) COMMENT 'SparkListenerApplicationStart.';

CREATE TABLE IF NOT EXISTS secchi_spark.application_end (
  log STRING,
  line_offset BIGINT,
  ended_at TIMESTAMP,
  exit_code INT
) COMMENT 'SparkListenerApplicationEnd; missing while the application runs or when it was killed.';

CREATE TABLE IF NOT EXISTS secchi_spark.environment (
  log STRING,
  line_offset BIGINT,
  section STRING,
  name STRING,
  value STRING
) COMMENT 'SparkListenerEnvironmentUpdate: the settings that describe the cluster, secrets replaced by [redacted]; other settings are not kept.';

CREATE TABLE IF NOT EXISTS secchi_spark.executor (
  log STRING,
  line_offset BIGINT,
  event STRING,
  executor_id STRING,
  event_time TIMESTAMP,
  host STRING,
  cores INT,
  resource_profile_id INT,
  memory_bytes BIGINT,
  task_failures INT,
  stage_id INT,
  reason STRING
) COMMENT 'Executors: added, removed, excluded (blacklisted), unexcluded, and block_manager (its storage memory).';

CREATE TABLE IF NOT EXISTS secchi_spark.executor_metrics (
  log STRING,
  line_offset BIGINT,
  event STRING,
  executor_id STRING,
  stage_id INT,
  stage_attempt_id INT,
  jvm_heap_bytes BIGINT,
  jvm_off_heap_bytes BIGINT,
  on_heap_execution_bytes BIGINT,
  off_heap_execution_bytes BIGINT,
  on_heap_storage_bytes BIGINT,
  off_heap_storage_bytes BIGINT,
  direct_pool_bytes BIGINT,
  mapped_pool_bytes BIGINT,
  process_rss_bytes BIGINT,
  total_gc_ms BIGINT
) COMMENT 'Peaks of memory of an executor: event is stage (StageExecutorMetrics) or update (ExecutorMetricsUpdate).';

CREATE TABLE IF NOT EXISTS secchi_spark.job_start (
  log STRING,
  line_offset BIGINT,
  job_id BIGINT,
  submitted_at TIMESTAMP,
  name STRING,
  description STRING,
  call_site STRING,
  job_group STRING,
  job_tags STRING,
  connect_operation_id STRING,
  execution_id BIGINT,
  root_execution_id BIGINT,
  streaming_query_id STRING,
  streaming_batch_id BIGINT,
  scheduler_pool STRING,
  stage_count INT,
  task_count BIGINT
) COMMENT 'SparkListenerJobStart; name is that of its last stage, as in the web UI.';

CREATE TABLE IF NOT EXISTS secchi_spark.job_end (
  log STRING,
  line_offset BIGINT,
  job_id BIGINT,
  ended_at TIMESTAMP,
  result STRING,
  error_message STRING
) COMMENT 'SparkListenerJobEnd; result is JobSucceeded or JobFailed.';

CREATE TABLE IF NOT EXISTS secchi_spark.job_stage (
  log STRING,
  line_offset BIGINT,
  job_id BIGINT,
  stage_id INT,
  name STRING,
  task_count BIGINT,
  parent_ids STRING
) COMMENT 'Stages of each job as planned at its start, skipped ones included.';

CREATE TABLE IF NOT EXISTS secchi_spark.stage_submitted (
  log STRING,
  line_offset BIGINT,
  stage_id INT,
  stage_attempt_id INT,
  submitted_at TIMESTAMP,
  name STRING,
  task_count BIGINT
) COMMENT 'SparkListenerStageSubmitted, one row for each attempt.';

CREATE TABLE IF NOT EXISTS secchi_spark.stage_completed (
  log STRING,
  line_offset BIGINT,
  stage_id INT,
  stage_attempt_id INT,
  submitted_at TIMESTAMP,
  completed_at TIMESTAMP,
  name STRING,
  task_count BIGINT,
  failure_reason STRING
) COMMENT 'SparkListenerStageCompleted, one row for each attempt; failure_reason is null when it succeeded.';

CREATE TABLE IF NOT EXISTS secchi_spark.stage_metric (
  log STRING,
  line_offset BIGINT,
  stage_id INT,
  stage_attempt_id INT,
  accumulator_id BIGINT,
  name STRING,
  value BIGINT
) COMMENT 'Values of the metrics of SQL operators when a stage attempt ended; running totals of the accumulator.';

CREATE TABLE IF NOT EXISTS secchi_spark.task_end (
  log STRING,
  line_offset BIGINT,
  stage_id INT,
  stage_attempt_id INT,
  task_id BIGINT,
  task_index INT,
  task_attempt INT,
  task_type STRING,
  launched_at TIMESTAMP,
  finished_at TIMESTAMP,
  getting_result_at TIMESTAMP,
  executor_id STRING,
  host STRING,
  locality STRING,
  speculative BOOLEAN,
  failed BOOLEAN,
  killed BOOLEAN,
  end_reason STRING,
  error_message STRING,
  executor_deserialize_ms BIGINT,
  executor_deserialize_cpu_ns BIGINT,
  executor_run_ms BIGINT,
  executor_cpu_ns BIGINT,
  result_bytes BIGINT,
  gc_ms BIGINT,
  result_serialization_ms BIGINT,
  memory_spilled_bytes BIGINT,
  disk_spilled_bytes BIGINT,
  peak_execution_memory_bytes BIGINT,
  input_bytes BIGINT,
  input_records BIGINT,
  output_bytes BIGINT,
  output_records BIGINT,
  shuffle_remote_bytes_read BIGINT,
  shuffle_local_bytes_read BIGINT,
  shuffle_remote_bytes_read_to_disk BIGINT,
  shuffle_records_read BIGINT,
  shuffle_fetch_wait_ms BIGINT,
  shuffle_bytes_written BIGINT,
  shuffle_records_written BIGINT,
  shuffle_write_ns BIGINT,
  jvm_heap_bytes BIGINT,
  process_rss_bytes BIGINT
) COMMENT 'SparkListenerTaskEnd, one row for each task attempt with its metrics.';

CREATE TABLE IF NOT EXISTS secchi_spark.sql_execution_start (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  root_execution_id BIGINT,
  started_at TIMESTAMP,
  description STRING,
  query_id STRING,
  job_group STRING,
  job_tags STRING,
  connect_operation_id STRING,
  client_application STRING,
  plan_root STRING
) COMMENT 'SparkListenerSQLExecutionStart; root_execution_id is null before Spark 3.4.';

CREATE TABLE IF NOT EXISTS secchi_spark.sql_execution_end (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  ended_at TIMESTAMP,
  error_message STRING
) COMMENT 'SparkListenerSQLExecutionEnd; error_message is null before Spark 3.4 and empty when it succeeded.';

CREATE TABLE IF NOT EXISTS secchi_spark.plan_node (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  is_final BOOLEAN,
  node_id INT,
  parent_id INT,
  name STRING,
  detail STRING
) COMMENT 'Operators of the physical plan, one set of rows for each plan of an execution (the first and each adaptive one): the last one counts.';

CREATE TABLE IF NOT EXISTS secchi_spark.plan_metric (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  node_id INT,
  name STRING,
  accumulator_id BIGINT,
  metric_type STRING
) COMMENT 'Which accumulator holds which metric of which operator; node_id is null for metrics that were added later.';

CREATE TABLE IF NOT EXISTS secchi_spark.driver_metric (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  accumulator_id BIGINT,
  value BIGINT
) COMMENT 'SparkListenerDriverAccumUpdates: values of metrics that the driver set.';

CREATE TABLE IF NOT EXISTS secchi_spark.operation (
  log STRING,
  line_offset BIGINT,
  event STRING,
  kind STRING,
  operation_id STRING,
  session_id STRING,
  event_time TIMESTAMP,
  user_id STRING,
  user_name STRING,
  statement_text STRING,
  statement_form STRING,
  error_message STRING,
  produced_rows BIGINT
) COMMENT 'Steps in the life of a statement of Spark Connect or the Thrift server: started, analyzed, ready, finished, failed, canceled, closed.';

CREATE TABLE IF NOT EXISTS secchi_spark.session (
  log STRING,
  line_offset BIGINT,
  event STRING,
  kind STRING,
  session_id STRING,
  event_time TIMESTAMP,
  user_id STRING,
  client_address STRING
) COMMENT 'Sessions of Spark Connect and the Thrift server: started, closed.';

CREATE TABLE IF NOT EXISTS secchi_spark.streaming_query (
  log STRING,
  line_offset BIGINT,
  event STRING,
  query_id STRING,
  run_id STRING,
  name STRING,
  event_time TIMESTAMP,
  error_message STRING
) COMMENT 'Streaming queries: started, terminated.';

CREATE TABLE IF NOT EXISTS secchi_spark.streaming_progress (
  log STRING,
  line_offset BIGINT,
  query_id STRING,
  run_id STRING,
  name STRING,
  batch_id BIGINT,
  event_time TIMESTAMP,
  input_rows BIGINT,
  input_rows_per_second DOUBLE,
  processed_rows_per_second DOUBLE,
  batch_duration_ms BIGINT,
  durations STRING,
  sources STRING,
  sink STRING,
  sink_rows BIGINT
) COMMENT 'One row for each reported micro-batch; input_rows is the sum over the sources.';

CREATE TABLE IF NOT EXISTS secchi_spark.table_access (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  is_write BOOLEAN,
  operation STRING,
  table_full_name STRING,
  table_catalog STRING,
  table_schema STRING,
  table_name STRING,
  path STRING
) COMMENT 'Tables and paths that a plan reads or writes, as far as it names them.';

CREATE TABLE IF NOT EXISTS secchi_spark.column_access (
  log STRING,
  line_offset BIGINT,
  execution_id BIGINT,
  source_table_full_name STRING,
  source_path STRING,
  source_column STRING,
  target_column STRING
) COMMENT 'Columns from which a column of the result of a plan is computed, as far as the plan names them.';
