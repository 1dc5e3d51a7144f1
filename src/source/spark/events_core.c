/* Application, environment, executors, jobs, stages and tasks. */
#include <ctype.h>
#include <stdlib.h>
#include <yyjson.h>

#include "source/spark/events.h"

#define MESSAGE_MAX (64u << 10) /* an error text with its stack trace */
#define NAME_MAX_BYTES 4096     /* names and descriptions; call sites of Connect are cut by Spark itself */

static yyjson_val *get(yyjson_val *object, const char *key) { return yyjson_obj_get(object, key); }

/* Old logs spell some keys differently: the first that is there. */
static yyjson_val *get2(yyjson_val *object, const char *key, const char *other)
{
    yyjson_val *v = yyjson_obj_get(object, key);
    return v ? v : yyjson_obj_get(object, other);
}

void event_log_start(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_LOG_START);
    if (!l)
        return;
    put_text(l, LOG_START_spark_version, get(event, "Spark Version"));
    emit_row_end(e, l);
}

void event_application_start(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_APPLICATION_START);
    if (!l)
        return;
    put_text(l, APPLICATION_START_app_id, get(event, "App ID"));
    put_text(l, APPLICATION_START_app_attempt_id, get(event, "App Attempt ID"));
    put_text_max(l, APPLICATION_START_app_name, get(event, "App Name"), NAME_MAX_BYTES);
    put_text(l, APPLICATION_START_user_name, get(event, "User"));
    put_ms(l, APPLICATION_START_started_at, get(event, "Timestamp"));
    emit_row_end(e, l);
}

void event_application_end(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_APPLICATION_END);
    if (!l)
        return;
    put_ms(l, APPLICATION_END_ended_at, get(event, "Timestamp"));
    put_int32(l, APPLICATION_END_exit_code, get(event, "ExitCode"));
    emit_row_end(e, l);
}

/* Settings that describe the cluster and its tags. Everything else stays in the log: it may hold secrets. */
static bool wanted_setting(const char *name)
{
    static const char *const exact[] = {
        "spark.master",
        "spark.submit.deployMode",
        "spark.app.name",
        "spark.app.id",
        "spark.yarn.queue",
        "spark.yarn.tags",
        "spark.kubernetes.namespace",
        "spark.scheduler.mode",
        "spark.sql.adaptive.enabled",
        "spark.sql.shuffle.partitions",
        "spark.task.cpus",
        "spark.default.parallelism",
        "spark.sql.catalogImplementation",
        "spark.sql.warehouse.dir",
        "spark.databricks.clusterUsageTags.clusterName",
        "spark.sql.defaultCatalog",
        "spark.speculation",
    };
    static const char *const families[] = {
        "spark.executor.instances", "spark.executor.cores", "spark.executor.memory", "spark.executor.pyspark.memory",
        "spark.executor.resource.", "spark.driver.cores",   "spark.driver.memory",   "spark.dynamicAllocation.",
        "spark.cores.max",          "spark.memory.",        "spark.eventLog.",       "spark.kubernetes.driver.label.",
        "spark.secchi.tag.",
    };
    for (size_t i = 0; i < ARRAY_LEN(exact); i++)
        if (strcmp(name, exact[i]) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (str_starts(name, families[i]))
            return true;
    return false;
}

static void environment_row(struct emit *e, const char *section, const char *name, const char *value)
{
    struct engine_loader *l = emit_row(e, SPARK_T_ENVIRONMENT);
    if (!l)
        return;
    put_str(l, ENVIRONMENT_section, section);
    put_str(l, ENVIRONMENT_name, name);
    put_str(l, ENVIRONMENT_value, secret_name(name) ? "[redacted]" : redact_value(e->scratch, value));
    emit_row_end(e, l);
}

void event_environment(struct emit *e, yyjson_val *event)
{
    yyjson_obj_iter it = yyjson_obj_iter_with(get(event, "JVM Information"));
    yyjson_val *key;
    while ((key = yyjson_obj_iter_next(&it))) {
        const char *value = yyjson_get_str(yyjson_obj_iter_get_val(key));
        if (value && (str_eq(yyjson_get_str(key), "Java Version") || str_eq(yyjson_get_str(key), "Scala Version")))
            environment_row(e, "jvm", yyjson_get_str(key), value);
    }
    it = yyjson_obj_iter_with(get(event, "Spark Properties"));
    while ((key = yyjson_obj_iter_next(&it))) {
        const char *value = yyjson_get_str(yyjson_obj_iter_get_val(key));
        if (value && wanted_setting(yyjson_get_str(key)))
            environment_row(e, "spark", yyjson_get_str(key), value);
    }
}

/* ---- executors -------------------------------------------------------------------------------------- */

static struct engine_loader *executor_row(struct emit *e, const char *what, yyjson_val *event, yyjson_val *at)
{
    struct engine_loader *l = emit_row(e, SPARK_T_EXECUTOR);
    if (!l)
        return NULL;
    put_str(l, EXECUTOR_event, what);
    put_text(l, EXECUTOR_executor_id, get2(event, "Executor ID", "executorId"));
    put_ms(l, EXECUTOR_event_time, at);
    return l;
}

void event_executor_added(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = executor_row(e, "added", event, get(event, "Timestamp"));
    if (!l)
        return;
    yyjson_val *info = get(event, "Executor Info");
    put_text(l, EXECUTOR_host, get(info, "Host"));
    put_int32(l, EXECUTOR_cores, get(info, "Total Cores"));
    put_int32(l, EXECUTOR_resource_profile_id, get(info, "Resource Profile Id"));
    emit_row_end(e, l);
}

void event_executor_removed(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = executor_row(e, "removed", event, get(event, "Timestamp"));
    if (!l)
        return;
    put_text_max(l, EXECUTOR_reason, get(event, "Removed Reason"), MESSAGE_MAX);
    emit_row_end(e, l);
}

static void executor_exclusion(struct emit *e, yyjson_val *event, const char *what)
{
    struct engine_loader *l = executor_row(e, what, event, get(event, "time"));
    if (!l)
        return;
    put_int32(l, EXECUTOR_task_failures, get(event, "taskFailures"));
    put_int32(l, EXECUTOR_stage_id, get(event, "stageId"));
    emit_row_end(e, l);
}

void event_executor_excluded(struct emit *e, yyjson_val *event) { executor_exclusion(e, event, "excluded"); }

void event_executor_unexcluded(struct emit *e, yyjson_val *event) { executor_exclusion(e, event, "unexcluded"); }

void event_block_manager_added(struct emit *e, yyjson_val *event)
{
    yyjson_val *id = get(event, "Block Manager ID");
    struct engine_loader *l = executor_row(e, "block_manager", id, get(event, "Timestamp"));
    if (!l)
        return;
    put_text(l, EXECUTOR_host, get(id, "Host"));
    put_int(l, EXECUTOR_memory_bytes, get(event, "Maximum Memory"));
    emit_row_end(e, l);
}

static void put_sum3(struct engine_loader *l, unsigned column, yyjson_val *object, const char *a, const char *b, const char *c)
{
    int64_t x, y, z;
    if (val_i64(get(object, a), &x) && val_i64(get(object, b), &y) && val_i64(get(object, c), &z) && x >= 0 && y >= 0 && z >= 0 &&
        x < INT64_MAX / 4 && y < INT64_MAX / 4 && z < INT64_MAX / 4)
        engine_load_i64(l, column, x + y + z);
}

static void put_process_rss(struct engine_loader *l, unsigned column, yyjson_val *peaks)
{
    put_sum3(l, column, peaks, "ProcessTreeJVMRSSMemory", "ProcessTreePythonRSSMemory", "ProcessTreeOtherRSSMemory");
}

static void executor_metrics_row(struct emit *e, const char *what, yyjson_val *executor, yyjson_val *stage, yyjson_val *attempt,
                                 yyjson_val *peaks)
{
    struct engine_loader *l = yyjson_is_obj(peaks) ? emit_row(e, SPARK_T_EXECUTOR_METRICS) : NULL;
    if (!l)
        return;
    put_str(l, EXECUTOR_METRICS_event, what);
    put_text(l, EXECUTOR_METRICS_executor_id, executor);
    put_int32(l, EXECUTOR_METRICS_stage_id, stage);
    put_int32(l, EXECUTOR_METRICS_stage_attempt_id, attempt);
    put_int(l, EXECUTOR_METRICS_jvm_heap_bytes, get(peaks, "JVMHeapMemory"));
    put_int(l, EXECUTOR_METRICS_jvm_off_heap_bytes, get(peaks, "JVMOffHeapMemory"));
    put_int(l, EXECUTOR_METRICS_on_heap_execution_bytes, get(peaks, "OnHeapExecutionMemory"));
    put_int(l, EXECUTOR_METRICS_off_heap_execution_bytes, get(peaks, "OffHeapExecutionMemory"));
    put_int(l, EXECUTOR_METRICS_on_heap_storage_bytes, get(peaks, "OnHeapStorageMemory"));
    put_int(l, EXECUTOR_METRICS_off_heap_storage_bytes, get(peaks, "OffHeapStorageMemory"));
    put_int(l, EXECUTOR_METRICS_direct_pool_bytes, get(peaks, "DirectPoolMemory"));
    put_int(l, EXECUTOR_METRICS_mapped_pool_bytes, get(peaks, "MappedPoolMemory"));
    put_process_rss(l, EXECUTOR_METRICS_process_rss_bytes, peaks);
    put_int(l, EXECUTOR_METRICS_total_gc_ms, get(peaks, "TotalGCTime"));
    emit_row_end(e, l);
}

void event_stage_executor_metrics(struct emit *e, yyjson_val *event)
{
    executor_metrics_row(e, "stage", get(event, "Executor ID"), get(event, "Stage ID"), get(event, "Stage Attempt ID"),
                         get(event, "Executor Metrics"));
}

void event_executor_metrics_update(struct emit *e, yyjson_val *event)
{
    yyjson_val *executor = get(event, "Executor ID");
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(event, "Executor Metrics Updated"));
    while ((item = yyjson_arr_iter_next(&it)))
        executor_metrics_row(e, "update", executor, get(item, "Stage ID"), get(item, "Stage Attempt ID"), get(item, "Executor Metrics"));
}

/* ---- jobs ------------------------------------------------------------------------------------------- */

static void job_stage_row(struct emit *e, yyjson_val *job, yyjson_val *info)
{
    struct engine_loader *l = emit_row(e, SPARK_T_JOB_STAGE);
    if (!l)
        return;
    put_int(l, JOB_STAGE_job_id, job);
    put_int32(l, JOB_STAGE_stage_id, get(info, "Stage ID"));
    put_text_max(l, JOB_STAGE_name, get(info, "Stage Name"), NAME_MAX_BYTES);
    put_int(l, JOB_STAGE_task_count, get(info, "Number of Tasks"));
    put_json(l, JOB_STAGE_parent_ids, get(info, "Parent IDs"));
    emit_row_end(e, l);
}

/* Spark names a job after its last stage. */
static yyjson_val *last_stage(yyjson_val *infos, int64_t *ret_tasks)
{
    yyjson_val *last = NULL, *info;
    int64_t last_id = -1, id, tasks;
    yyjson_arr_iter it = yyjson_arr_iter_with(infos);
    *ret_tasks = 0;
    while ((info = yyjson_arr_iter_next(&it))) {
        if (val_i64(get(info, "Number of Tasks"), &tasks) && tasks >= 0 && tasks <= INT32_MAX)
            *ret_tasks += tasks;
        if (val_i64(get(info, "Stage ID"), &id) && id > last_id) {
            last_id = id;
            last = info;
        }
    }
    return last;
}

static void put_job_properties(struct engine_loader *l, yyjson_val *p)
{
    char operation[64];
    put_text_max(l, JOB_START_description, get(p, "spark.job.description"), NAME_MAX_BYTES);
    put_text_max(l, JOB_START_call_site, get(p, "callSite.short"), NAME_MAX_BYTES);
    put_text_max(l, JOB_START_job_group, get(p, "spark.jobGroup.id"), NAME_MAX_BYTES);
    put_text_max(l, JOB_START_job_tags, get(p, "spark.job.tags"), NAME_MAX_BYTES);
    if (connect_operation(get(p, "spark.job.tags"), operation))
        put_str(l, JOB_START_connect_operation_id, operation);
    put_int(l, JOB_START_execution_id, get(p, "spark.sql.execution.id"));
    put_int(l, JOB_START_root_execution_id, get(p, "spark.sql.execution.root.id"));
    put_text(l, JOB_START_streaming_query_id, get(p, "sql.streaming.queryId"));
    put_int(l, JOB_START_streaming_batch_id, get(p, "streaming.sql.batchId"));
    put_text(l, JOB_START_scheduler_pool, get(p, "spark.scheduler.pool"));
}

void event_job_start(struct emit *e, yyjson_val *event)
{
    yyjson_val *job = get(event, "Job ID"), *infos = get(event, "Stage Infos"), *info;
    int64_t tasks;
    yyjson_val *last = last_stage(infos, &tasks);
    struct engine_loader *l = emit_row(e, SPARK_T_JOB_START);
    if (!l)
        return;
    put_int(l, JOB_START_job_id, job);
    put_ms(l, JOB_START_submitted_at, get(event, "Submission Time"));
    put_text_max(l, JOB_START_name, get(last, "Stage Name"), NAME_MAX_BYTES);
    put_job_properties(l, get(event, "Properties"));
    engine_load_i64(l, JOB_START_stage_count, (int64_t)yyjson_arr_size(infos));
    engine_load_i64(l, JOB_START_task_count, tasks);
    emit_row_end(e, l);
    yyjson_arr_iter it = yyjson_arr_iter_with(infos);
    while ((info = yyjson_arr_iter_next(&it)))
        job_stage_row(e, job, info);
}

void event_job_end(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_JOB_END);
    if (!l)
        return;
    yyjson_val *result = get(event, "Job Result");
    put_int(l, JOB_END_job_id, get(event, "Job ID"));
    put_ms(l, JOB_END_ended_at, get(event, "Completion Time"));
    put_text(l, JOB_END_result, get(result, "Result"));
    put_text_max(l, JOB_END_error_message, get(get(result, "Exception"), "Message"), MESSAGE_MAX);
    emit_row_end(e, l);
}

/* ---- stages ------------------------------------------------------------------------------------------ */

void event_stage_submitted(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_STAGE_SUBMITTED);
    if (!l)
        return;
    yyjson_val *info = get(event, "Stage Info");
    put_int32(l, STAGE_SUBMITTED_stage_id, get(info, "Stage ID"));
    put_int32(l, STAGE_SUBMITTED_stage_attempt_id, get(info, "Stage Attempt ID"));
    put_ms(l, STAGE_SUBMITTED_submitted_at, get(info, "Submission Time"));
    put_text_max(l, STAGE_SUBMITTED_name, get(info, "Stage Name"), NAME_MAX_BYTES);
    put_int(l, STAGE_SUBMITTED_task_count, get(info, "Number of Tasks"));
    emit_row_end(e, l);
}

/* Metrics of SQL operators only; Spark's own are columns of task_end. */
static void stage_metric_rows(struct emit *e, yyjson_val *info)
{
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(info, "Accumulables"));
    while ((item = yyjson_arr_iter_next(&it))) {
        int64_t value;
        const char *kind = yyjson_get_str(get(item, "Metadata"));
        if (!str_eq(kind, "sql") || !val_i64(get(item, "Value"), &value))
            continue;
        struct engine_loader *l = emit_row(e, SPARK_T_STAGE_METRIC);
        if (!l)
            return;
        put_int32(l, STAGE_METRIC_stage_id, get(info, "Stage ID"));
        put_int32(l, STAGE_METRIC_stage_attempt_id, get(info, "Stage Attempt ID"));
        put_int(l, STAGE_METRIC_accumulator_id, get(item, "ID"));
        put_text(l, STAGE_METRIC_name, get(item, "Name"));
        engine_load_i64(l, STAGE_METRIC_value, value);
        emit_row_end(e, l);
    }
}

void event_stage_completed(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_STAGE_COMPLETED);
    if (!l)
        return;
    yyjson_val *info = get(event, "Stage Info");
    put_int32(l, STAGE_COMPLETED_stage_id, get(info, "Stage ID"));
    put_int32(l, STAGE_COMPLETED_stage_attempt_id, get(info, "Stage Attempt ID"));
    put_ms(l, STAGE_COMPLETED_submitted_at, get(info, "Submission Time"));
    put_ms(l, STAGE_COMPLETED_completed_at, get(info, "Completion Time"));
    put_text_max(l, STAGE_COMPLETED_name, get(info, "Stage Name"), NAME_MAX_BYTES);
    put_int(l, STAGE_COMPLETED_task_count, get(info, "Number of Tasks"));
    put_text_max(l, STAGE_COMPLETED_failure_reason, get(info, "Failure Reason"), MESSAGE_MAX);
    emit_row_end(e, l);
    stage_metric_rows(e, info);
}

/* ---- tasks ------------------------------------------------------------------------------------------- */

static void put_task_end_reason(struct engine_loader *l, yyjson_val *reason)
{
    const char *name = yyjson_get_str(get(reason, "Reason"));
    put_str(l, TASK_END_end_reason, name);
    if (!name || str_eq(name, "Success"))
        return;
    yyjson_val *stack = get(reason, "Full Stack Trace");
    if (yyjson_get_len(stack)) {
        put_text_max(l, TASK_END_error_message, stack, MESSAGE_MAX);
        return;
    }
    static const char *const keys[] = {"Description", "Message", "Kill Reason", "Loss Reason"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (yyjson_get_len(get(reason, keys[i]))) {
            put_text_max(l, TASK_END_error_message, get(reason, keys[i]), MESSAGE_MAX);
            return;
        }
}

static void put_task_info(struct engine_loader *l, yyjson_val *info)
{
    put_int(l, TASK_END_task_id, get(info, "Task ID"));
    put_int32(l, TASK_END_task_index, get(info, "Index"));
    put_int32(l, TASK_END_task_attempt, get(info, "Attempt"));
    put_ms(l, TASK_END_launched_at, get(info, "Launch Time"));
    put_ms(l, TASK_END_finished_at, get(info, "Finish Time"));
    put_ms(l, TASK_END_getting_result_at, get(info, "Getting Result Time"));
    put_text(l, TASK_END_executor_id, get(info, "Executor ID"));
    put_text(l, TASK_END_host, get(info, "Host"));
    put_text(l, TASK_END_locality, get(info, "Locality"));
    put_bool(l, TASK_END_speculative, get(info, "Speculative"));
    put_bool(l, TASK_END_failed, get(info, "Failed"));
    put_bool(l, TASK_END_killed, get(info, "Killed"));
}

static void put_task_metrics(struct engine_loader *l, yyjson_val *m)
{
    put_int(l, TASK_END_executor_deserialize_ms, get(m, "Executor Deserialize Time"));
    put_int(l, TASK_END_executor_deserialize_cpu_ns, get(m, "Executor Deserialize CPU Time"));
    put_int(l, TASK_END_executor_run_ms, get(m, "Executor Run Time"));
    put_int(l, TASK_END_executor_cpu_ns, get(m, "Executor CPU Time"));
    put_int(l, TASK_END_result_bytes, get(m, "Result Size"));
    put_int(l, TASK_END_gc_ms, get(m, "JVM GC Time"));
    put_int(l, TASK_END_result_serialization_ms, get(m, "Result Serialization Time"));
    put_int(l, TASK_END_memory_spilled_bytes, get(m, "Memory Bytes Spilled"));
    put_int(l, TASK_END_disk_spilled_bytes, get(m, "Disk Bytes Spilled"));
    put_int(l, TASK_END_peak_execution_memory_bytes, get(m, "Peak Execution Memory"));
    yyjson_val *part = get(m, "Input Metrics");
    put_int(l, TASK_END_input_bytes, get(part, "Bytes Read"));
    put_int(l, TASK_END_input_records, get(part, "Records Read"));
    part = get(m, "Output Metrics");
    put_int(l, TASK_END_output_bytes, get(part, "Bytes Written"));
    put_int(l, TASK_END_output_records, get(part, "Records Written"));
    part = get(m, "Shuffle Read Metrics");
    put_int(l, TASK_END_shuffle_remote_bytes_read, get(part, "Remote Bytes Read"));
    put_int(l, TASK_END_shuffle_local_bytes_read, get(part, "Local Bytes Read"));
    put_int(l, TASK_END_shuffle_remote_bytes_read_to_disk, get(part, "Remote Bytes Read To Disk"));
    put_int(l, TASK_END_shuffle_records_read, get(part, "Total Records Read"));
    put_int(l, TASK_END_shuffle_fetch_wait_ms, get(part, "Fetch Wait Time"));
    part = get(m, "Shuffle Write Metrics");
    put_int(l, TASK_END_shuffle_bytes_written, get(part, "Shuffle Bytes Written"));
    put_int(l, TASK_END_shuffle_records_written, get(part, "Shuffle Records Written"));
    put_int(l, TASK_END_shuffle_write_ns, get(part, "Shuffle Write Time"));
}

void event_task_end(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_TASK_END);
    if (!l)
        return;
    put_int32(l, TASK_END_stage_id, get(event, "Stage ID"));
    put_int32(l, TASK_END_stage_attempt_id, get(event, "Stage Attempt ID"));
    put_text(l, TASK_END_task_type, get(event, "Task Type"));
    put_task_info(l, get(event, "Task Info"));
    put_task_end_reason(l, get(event, "Task End Reason"));
    put_task_metrics(l, get(event, "Task Metrics"));
    yyjson_val *peaks = get(event, "Task Executor Metrics");
    put_int(l, TASK_END_jvm_heap_bytes, get(peaks, "JVMHeapMemory"));
    put_process_rss(l, TASK_END_process_rss_bytes, peaks);
    emit_row_end(e, l);
}
