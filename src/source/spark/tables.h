/*
 * tables - the landing tables of event logs as data: what events.c writes and packs/health/sources/spark/landing.sql creates
 * (a test compares the two). Every table begins with log and line_offset.
 */
#ifndef SECCHI_SPARK_TABLES_H
#define SECCHI_SPARK_TABLES_H

#include <stddef.h>

/* clang-format off */
#define SPARK_LOG(X) X(source_name, STRING) X(path, STRING) X(account_id, STRING) X(workspace_id, STRING)
#define SPARK_LOG_START(X) X(spark_version, STRING)
#define SPARK_APPLICATION_START(X) \
    X(app_id, STRING) X(app_attempt_id, STRING) X(app_name, STRING) X(user_name, STRING) X(started_at, TIMESTAMP)
#define SPARK_APPLICATION_END(X) X(ended_at, TIMESTAMP) X(exit_code, INT)
#define SPARK_ENVIRONMENT(X) X(section, STRING) X(name, STRING) X(value, STRING)
#define SPARK_EXECUTOR(X) \
    X(event, STRING) X(executor_id, STRING) X(event_time, TIMESTAMP) X(host, STRING) X(cores, INT) X(resource_profile_id, INT) \
    X(memory_bytes, BIGINT) X(task_failures, INT) X(stage_id, INT) X(reason, STRING)
#define SPARK_EXECUTOR_METRICS(X) \
    X(event, STRING) X(executor_id, STRING) X(stage_id, INT) X(stage_attempt_id, INT) X(jvm_heap_bytes, BIGINT) \
    X(jvm_off_heap_bytes, BIGINT) X(on_heap_execution_bytes, BIGINT) X(off_heap_execution_bytes, BIGINT) \
    X(on_heap_storage_bytes, BIGINT) X(off_heap_storage_bytes, BIGINT) X(direct_pool_bytes, BIGINT) X(mapped_pool_bytes, BIGINT) \
    X(process_rss_bytes, BIGINT) X(total_gc_ms, BIGINT)
#define SPARK_JOB_START(X) \
    X(job_id, BIGINT) X(submitted_at, TIMESTAMP) X(name, STRING) X(description, STRING) X(call_site, STRING) X(job_group, STRING) \
    X(job_tags, STRING) X(connect_operation_id, STRING) X(execution_id, BIGINT) X(root_execution_id, BIGINT) \
    X(streaming_query_id, STRING) X(streaming_batch_id, BIGINT) X(scheduler_pool, STRING) X(stage_count, INT) X(task_count, BIGINT)
#define SPARK_JOB_END(X) X(job_id, BIGINT) X(ended_at, TIMESTAMP) X(result, STRING) X(error_message, STRING)
#define SPARK_JOB_STAGE(X) X(job_id, BIGINT) X(stage_id, INT) X(name, STRING) X(task_count, BIGINT) X(parent_ids, STRING)
#define SPARK_STAGE_SUBMITTED(X) \
    X(stage_id, INT) X(stage_attempt_id, INT) X(submitted_at, TIMESTAMP) X(name, STRING) X(task_count, BIGINT)
#define SPARK_STAGE_COMPLETED(X) \
    X(stage_id, INT) X(stage_attempt_id, INT) X(submitted_at, TIMESTAMP) X(completed_at, TIMESTAMP) X(name, STRING) \
    X(task_count, BIGINT) X(failure_reason, STRING)
#define SPARK_STAGE_METRIC(X) X(stage_id, INT) X(stage_attempt_id, INT) X(accumulator_id, BIGINT) X(name, STRING) X(value, BIGINT)
#define SPARK_TASK_END(X) \
    X(stage_id, INT) X(stage_attempt_id, INT) X(task_id, BIGINT) X(task_index, INT) X(task_attempt, INT) X(task_type, STRING) \
    X(launched_at, TIMESTAMP) X(finished_at, TIMESTAMP) X(getting_result_at, TIMESTAMP) X(executor_id, STRING) X(host, STRING) \
    X(locality, STRING) X(speculative, BOOLEAN) X(failed, BOOLEAN) X(killed, BOOLEAN) X(end_reason, STRING) X(error_message, STRING) \
    X(executor_deserialize_ms, BIGINT) X(executor_deserialize_cpu_ns, BIGINT) X(executor_run_ms, BIGINT) X(executor_cpu_ns, BIGINT) \
    X(result_bytes, BIGINT) X(gc_ms, BIGINT) X(result_serialization_ms, BIGINT) X(memory_spilled_bytes, BIGINT) \
    X(disk_spilled_bytes, BIGINT) X(peak_execution_memory_bytes, BIGINT) X(input_bytes, BIGINT) X(input_records, BIGINT) \
    X(output_bytes, BIGINT) X(output_records, BIGINT) X(shuffle_remote_bytes_read, BIGINT) X(shuffle_local_bytes_read, BIGINT) \
    X(shuffle_remote_bytes_read_to_disk, BIGINT) X(shuffle_records_read, BIGINT) X(shuffle_fetch_wait_ms, BIGINT) \
    X(shuffle_bytes_written, BIGINT) X(shuffle_records_written, BIGINT) X(shuffle_write_ns, BIGINT) X(jvm_heap_bytes, BIGINT) \
    X(process_rss_bytes, BIGINT)
#define SPARK_SQL_EXECUTION_START(X) \
    X(execution_id, BIGINT) X(root_execution_id, BIGINT) X(started_at, TIMESTAMP) X(description, STRING) X(query_id, STRING) \
    X(job_group, STRING) X(job_tags, STRING) X(connect_operation_id, STRING) X(client_application, STRING) X(plan_root, STRING)
#define SPARK_SQL_EXECUTION_END(X) X(execution_id, BIGINT) X(ended_at, TIMESTAMP) X(error_message, STRING)
#define SPARK_PLAN_NODE(X) \
    X(execution_id, BIGINT) X(is_final, BOOLEAN) X(node_id, INT) X(parent_id, INT) X(name, STRING) X(detail, STRING)
#define SPARK_PLAN_METRIC(X) X(execution_id, BIGINT) X(node_id, INT) X(name, STRING) X(accumulator_id, BIGINT) X(metric_type, STRING)
#define SPARK_DRIVER_METRIC(X) X(execution_id, BIGINT) X(accumulator_id, BIGINT) X(value, BIGINT)
#define SPARK_OPERATION(X) \
    X(event, STRING) X(kind, STRING) X(operation_id, STRING) X(session_id, STRING) X(event_time, TIMESTAMP) X(user_id, STRING) \
    X(user_name, STRING) X(statement_text, STRING) X(statement_form, STRING) X(error_message, STRING) X(produced_rows, BIGINT)
#define SPARK_SESSION(X) \
    X(event, STRING) X(kind, STRING) X(session_id, STRING) X(event_time, TIMESTAMP) X(user_id, STRING) X(client_address, STRING)
#define SPARK_STREAMING_QUERY(X) \
    X(event, STRING) X(query_id, STRING) X(run_id, STRING) X(name, STRING) X(event_time, TIMESTAMP) X(error_message, STRING)
#define SPARK_STREAMING_PROGRESS(X) \
    X(query_id, STRING) X(run_id, STRING) X(name, STRING) X(batch_id, BIGINT) X(event_time, TIMESTAMP) X(input_rows, BIGINT) \
    X(input_rows_per_second, DOUBLE) X(processed_rows_per_second, DOUBLE) X(batch_duration_ms, BIGINT) X(durations, STRING) \
    X(sources, STRING) X(sink, STRING) X(sink_rows, BIGINT)
#define SPARK_TABLE_ACCESS(X) \
    X(execution_id, BIGINT) X(is_write, BOOLEAN) X(operation, STRING) X(table_full_name, STRING) X(table_catalog, STRING) \
    X(table_schema, STRING) X(table_name, STRING) X(path, STRING)
#define SPARK_COLUMN_ACCESS(X) \
    X(execution_id, BIGINT) X(source_table_full_name, STRING) X(source_path, STRING) X(source_column, STRING) X(target_column, STRING)

#define SPARK_TABLES(X) \
    X(LOG, log) X(LOG_START, log_start) X(APPLICATION_START, application_start) X(APPLICATION_END, application_end) \
    X(ENVIRONMENT, environment) X(EXECUTOR, executor) X(EXECUTOR_METRICS, executor_metrics) X(JOB_START, job_start) \
    X(JOB_END, job_end) X(JOB_STAGE, job_stage) X(STAGE_SUBMITTED, stage_submitted) X(STAGE_COMPLETED, stage_completed) \
    X(STAGE_METRIC, stage_metric) X(TASK_END, task_end) X(SQL_EXECUTION_START, sql_execution_start) \
    X(SQL_EXECUTION_END, sql_execution_end) X(PLAN_NODE, plan_node) X(PLAN_METRIC, plan_metric) X(DRIVER_METRIC, driver_metric) \
    X(OPERATION, operation) X(SESSION, session) X(STREAMING_QUERY, streaming_query) X(STREAMING_PROGRESS, streaming_progress) \
    X(TABLE_ACCESS, table_access) X(COLUMN_ACCESS, column_access)

enum spark_table {
#define X(upper, lower) SPARK_T_##upper,
    SPARK_TABLES(X)
#undef X
    SPARK_TABLE_COUNT
};

/* Positions of the columns: log is 0, line_offset 1, the others are named after table and column, e.g. TASK_END_task_id. */
enum { SPARK_C_LOG, SPARK_C_LINE_OFFSET };
#define SPARK_E_LOG(column, type) LOG_##column,
#define SPARK_E_LOG_START(column, type) LOG_START_##column,
#define SPARK_E_APPLICATION_START(column, type) APPLICATION_START_##column,
#define SPARK_E_APPLICATION_END(column, type) APPLICATION_END_##column,
#define SPARK_E_ENVIRONMENT(column, type) ENVIRONMENT_##column,
#define SPARK_E_EXECUTOR(column, type) EXECUTOR_##column,
#define SPARK_E_EXECUTOR_METRICS(column, type) EXECUTOR_METRICS_##column,
#define SPARK_E_JOB_START(column, type) JOB_START_##column,
#define SPARK_E_JOB_END(column, type) JOB_END_##column,
#define SPARK_E_JOB_STAGE(column, type) JOB_STAGE_##column,
#define SPARK_E_STAGE_SUBMITTED(column, type) STAGE_SUBMITTED_##column,
#define SPARK_E_STAGE_COMPLETED(column, type) STAGE_COMPLETED_##column,
#define SPARK_E_STAGE_METRIC(column, type) STAGE_METRIC_##column,
#define SPARK_E_TASK_END(column, type) TASK_END_##column,
#define SPARK_E_SQL_EXECUTION_START(column, type) SQL_EXECUTION_START_##column,
#define SPARK_E_SQL_EXECUTION_END(column, type) SQL_EXECUTION_END_##column,
#define SPARK_E_PLAN_NODE(column, type) PLAN_NODE_##column,
#define SPARK_E_PLAN_METRIC(column, type) PLAN_METRIC_##column,
#define SPARK_E_DRIVER_METRIC(column, type) DRIVER_METRIC_##column,
#define SPARK_E_OPERATION(column, type) OPERATION_##column,
#define SPARK_E_SESSION(column, type) SESSION_##column,
#define SPARK_E_STREAMING_QUERY(column, type) STREAMING_QUERY_##column,
#define SPARK_E_STREAMING_PROGRESS(column, type) STREAMING_PROGRESS_##column,
#define SPARK_E_TABLE_ACCESS(column, type) TABLE_ACCESS_##column,
#define SPARK_E_COLUMN_ACCESS(column, type) COLUMN_ACCESS_##column,
#define X(upper, lower) enum { upper##_before = SPARK_C_LINE_OFFSET, SPARK_##upper(SPARK_E_##upper) };
SPARK_TABLES(X)
#undef X

/* clang-format on */

struct spark_column {
    const char *name, *type;
};
struct spark_table_def {
    const char *name;
    const struct spark_column *columns; /* with log and line_offset */
    size_t column_count;
};
extern const struct spark_table_def spark_tables[SPARK_TABLE_COUNT];

#endif
