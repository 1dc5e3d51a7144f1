/* Operations and sessions of Spark Connect and the Thrift server, streaming queries. */
#include <yyjson.h>

#include "source/spark/events.h"

#define MESSAGE_MAX (64u << 10)
#define SQL_MAX (4u << 20)   /* a statement */
#define PLAN_MAX (16u << 10) /* protobuf text of a plan that is not SQL */

static yyjson_val *get(yyjson_val *object, const char *key) { return yyjson_obj_get(object, key); }

/* ---- Connect ---------------------------------------------------------------------------------------- */

static struct engine_loader *connect_row(struct emit *e, const char *what, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_OPERATION);
    if (!l)
        return NULL;
    put_str(l, OPERATION_event, what);
    put_str(l, OPERATION_kind, "connect");
    put_text(l, OPERATION_operation_id, get(event, "operationId"));
    put_ms(l, OPERATION_event_time, get(event, "eventTime"));
    return l;
}

void event_connect_started(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = connect_row(e, "started", event);
    if (!l)
        return;
    put_text(l, OPERATION_session_id, get(event, "sessionId"));
    put_text(l, OPERATION_user_id, get(event, "userId"));
    put_text(l, OPERATION_user_name, get(event, "userName"));
    yyjson_val *text = get(event, "statementText");
    char form[64] = "";
    if (yyjson_is_str(text) && statement_sql(e, yyjson_get_str(text), yyjson_get_len(text), form))
        engine_load_text(l, OPERATION_statement_text, e->text.data, e->text.len < SQL_MAX ? e->text.len : SQL_MAX);
    else
        put_text_max(l, OPERATION_statement_text, text, PLAN_MAX);
    if (form[0])
        put_str(l, OPERATION_statement_form, form);
    emit_row_end(e, l);
}

static void connect_plain(struct emit *e, const char *what, yyjson_val *event)
{
    struct engine_loader *l = connect_row(e, what, event);
    if (!l)
        return;
    put_text_max(l, OPERATION_error_message, get(event, "errorMessage"), MESSAGE_MAX);
    put_int(l, OPERATION_produced_rows, get(event, "producedRowCount"));
    emit_row_end(e, l);
}

void event_connect_analyzed(struct emit *e, yyjson_val *event) { connect_plain(e, "analyzed", event); }

void event_connect_ready(struct emit *e, yyjson_val *event) { connect_plain(e, "ready", event); }

void event_connect_finished(struct emit *e, yyjson_val *event) { connect_plain(e, "finished", event); }

void event_connect_failed(struct emit *e, yyjson_val *event) { connect_plain(e, "failed", event); }

void event_connect_canceled(struct emit *e, yyjson_val *event) { connect_plain(e, "canceled", event); }

void event_connect_closed(struct emit *e, yyjson_val *event) { connect_plain(e, "closed", event); }

static void session_row(struct emit *e, const char *what, const char *kind, yyjson_val *event, const char *at, const char *user)
{
    struct engine_loader *l = emit_row(e, SPARK_T_SESSION);
    if (!l)
        return;
    put_str(l, SESSION_event, what);
    put_str(l, SESSION_kind, kind);
    put_text(l, SESSION_session_id, get(event, "sessionId"));
    put_ms(l, SESSION_event_time, get(event, at));
    put_text(l, SESSION_user_id, get(event, user));
    put_text(l, SESSION_client_address, get(event, "ip"));
    emit_row_end(e, l);
}

void event_connect_session_started(struct emit *e, yyjson_val *event)
{
    session_row(e, "started", "connect", event, "eventTime", "userId");
}

void event_connect_session_closed(struct emit *e, yyjson_val *event) { session_row(e, "closed", "connect", event, "eventTime", "userId"); }

/* ---- Thrift server ------------------------------------------------------------------------------------ */

static struct engine_loader *thrift_row(struct emit *e, const char *what, yyjson_val *event, const char *at)
{
    struct engine_loader *l = emit_row(e, SPARK_T_OPERATION);
    if (!l)
        return NULL;
    put_str(l, OPERATION_event, what);
    put_str(l, OPERATION_kind, "thrift");
    put_text(l, OPERATION_operation_id, get(event, "id"));
    if (at)
        put_ms(l, OPERATION_event_time, get(event, at));
    return l;
}

void event_thrift_started(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = thrift_row(e, "started", event, "startTime");
    if (!l)
        return;
    put_text(l, OPERATION_session_id, get(event, "sessionId"));
    put_text(l, OPERATION_user_id, get(event, "userName"));
    put_text(l, OPERATION_user_name, get(event, "userName"));
    put_text_max(l, OPERATION_statement_text, get(event, "statement"), SQL_MAX);
    put_str(l, OPERATION_statement_form, "sql");
    emit_row_end(e, l);
}

static void thrift_plain(struct emit *e, const char *what, yyjson_val *event, const char *at)
{
    struct engine_loader *l = thrift_row(e, what, event, at);
    if (!l)
        return;
    put_text_max(l, OPERATION_error_message, get(event, "errorMsg"), MESSAGE_MAX);
    emit_row_end(e, l);
}

void event_thrift_parsed(struct emit *e, yyjson_val *event) { thrift_plain(e, "analyzed", event, NULL); }

void event_thrift_finished(struct emit *e, yyjson_val *event) { thrift_plain(e, "finished", event, "finishTime"); }

void event_thrift_error(struct emit *e, yyjson_val *event) { thrift_plain(e, "failed", event, "finishTime"); }

void event_thrift_canceled(struct emit *e, yyjson_val *event) { thrift_plain(e, "canceled", event, "finishTime"); }

void event_thrift_timeout(struct emit *e, yyjson_val *event) { thrift_plain(e, "failed", event, "finishTime"); }

void event_thrift_closed(struct emit *e, yyjson_val *event) { thrift_plain(e, "closed", event, "closeTime"); }

void event_thrift_session_created(struct emit *e, yyjson_val *event)
{
    session_row(e, "started", "thrift", event, "startTime", "userName");
}

void event_thrift_session_closed(struct emit *e, yyjson_val *event) { session_row(e, "closed", "thrift", event, "finishTime", "userName"); }

/* ---- streaming ---------------------------------------------------------------------------------------- */

static void put_time_text(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    int64_t us;
    if (yyjson_is_str(v) && time_parse_us(yyjson_get_str(v), &us) == 0)
        engine_load_i64(l, column, us);
}

void event_query_started(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_STREAMING_QUERY);
    if (!l)
        return;
    put_str(l, STREAMING_QUERY_event, "started");
    put_text(l, STREAMING_QUERY_query_id, get(event, "id"));
    put_text(l, STREAMING_QUERY_run_id, get(event, "runId"));
    put_text(l, STREAMING_QUERY_name, get(event, "name"));
    put_time_text(l, STREAMING_QUERY_event_time, get(event, "timestamp"));
    emit_row_end(e, l);
}

void event_query_terminated(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_STREAMING_QUERY);
    if (!l)
        return;
    put_str(l, STREAMING_QUERY_event, "terminated");
    put_text(l, STREAMING_QUERY_query_id, get(event, "id"));
    put_text(l, STREAMING_QUERY_run_id, get(event, "runId"));
    put_text_max(l, STREAMING_QUERY_error_message, get(event, "exception"), MESSAGE_MAX);
    emit_row_end(e, l);
}

/* Sums a field over the sources; Spark 3 and 4 both leave the total to the reader. */
static void put_source_sum(struct engine_loader *l, yyjson_val *progress)
{
    int64_t sum = 0, rows;
    yyjson_val *source;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(progress, "sources"));
    while ((source = yyjson_arr_iter_next(&it)))
        if (val_i64(get(source, "numInputRows"), &rows) && rows > 0 && !__builtin_add_overflow(sum, rows, &sum))
            continue;
    engine_load_i64(l, STREAMING_PROGRESS_input_rows, sum);
}

void event_query_progress(struct emit *e, yyjson_val *event)
{
    yyjson_val *p = get(event, "progress");
    if (!yyjson_is_obj(p))
        return;
    struct engine_loader *l = emit_row(e, SPARK_T_STREAMING_PROGRESS);
    if (!l)
        return;
    put_text(l, STREAMING_PROGRESS_query_id, get(p, "id"));
    put_text(l, STREAMING_PROGRESS_run_id, get(p, "runId"));
    put_text(l, STREAMING_PROGRESS_name, get(p, "name"));
    put_int(l, STREAMING_PROGRESS_batch_id, get(p, "batchId"));
    put_time_text(l, STREAMING_PROGRESS_event_time, get(p, "timestamp"));
    put_source_sum(l, p);
    put_double(l, STREAMING_PROGRESS_input_rows_per_second, get(p, "inputRowsPerSecond"));
    put_double(l, STREAMING_PROGRESS_processed_rows_per_second, get(p, "processedRowsPerSecond"));
    put_int(l, STREAMING_PROGRESS_batch_duration_ms, get(p, "batchDuration"));
    put_json(l, STREAMING_PROGRESS_durations, get(p, "durationMs"));
    put_json(l, STREAMING_PROGRESS_sources, get(p, "sources"));
    put_json(l, STREAMING_PROGRESS_sink, get(p, "sink"));
    put_int(l, STREAMING_PROGRESS_sink_rows, get(get(p, "sink"), "numOutputRows"));
    emit_row_end(e, l);
}
