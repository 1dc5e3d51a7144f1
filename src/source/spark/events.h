/*
 * events - one line of an event log to rows of the landing tables. Nothing is remembered from line to line, so that a log can
 * be landed in any pieces.
 */
#ifndef SECCHI_SPARK_EVENTS_H
#define SECCHI_SPARK_EVENTS_H

#include "source/spark/emit.h"

struct yyjson_val;

enum event_result {
    EVENT_LANDED,  /* rows were made */
    EVENT_SKIPPED, /* an event that nobody needs, or an empty line */
    EVENT_BAD,     /* not a JSON object with an event name */
};

struct event_reader;
struct event_reader *event_reader_new(void);
void event_reader_free(struct event_reader *r);
/* line has len bytes and STREAM_PADDING writable bytes behind; it is changed while parsed and not kept. e->position is the
 * line's. Failures of the engine are in e->status. */
enum event_result event_line(struct event_reader *r, struct emit *e, char *line, size_t len);
const char *event_problem(const struct event_reader *r); /* of the last EVENT_BAD */

typedef void event_fn(struct emit *e, struct yyjson_val *event);
/* events_core.c: application, executors, jobs, stages, tasks */
event_fn event_log_start, event_application_start, event_application_end, event_environment, event_executor_added, event_executor_removed,
    event_executor_excluded, event_executor_unexcluded, event_block_manager_added, event_stage_executor_metrics,
    event_executor_metrics_update, event_job_start, event_job_end, event_stage_submitted, event_stage_completed, event_task_end;
/* events_sql.c: SQL executions and their plans */
event_fn event_sql_start, event_sql_end, event_sql_adaptive, event_sql_adaptive_metrics, event_driver_accumulators;
/* events_session.c: Connect and Thrift server, streaming queries */
event_fn event_connect_started, event_connect_analyzed, event_connect_ready, event_connect_finished, event_connect_failed,
    event_connect_canceled, event_connect_closed, event_connect_session_started, event_connect_session_closed, event_thrift_started,
    event_thrift_parsed, event_thrift_finished, event_thrift_error, event_thrift_canceled, event_thrift_timeout, event_thrift_closed,
    event_thrift_session_created, event_thrift_session_closed, event_query_started, event_query_progress, event_query_terminated;

/* Text of one line in protobuf's text format: the SQL of a statement that is SQL, in e->text; false for other plans.
 * ret_form is the name of the plan's or command's kind ("sql", "sql_command", "local_relation"), "" when there is none. */
bool statement_sql(struct emit *e, const char *text, size_t len, char ret_form[64]);
/* The value of the first field `name: "..."` of such a text, unescaped, in e->text; false when there is none. */
bool proto_text_field(struct emit *e, const char *text, size_t len, const char *name);
/* The operation in a list of Spark Connect's job tags (JSON list or comma-separated text); false when there is none. */
bool connect_operation(struct yyjson_val *tags, char ret_id[64]);
/* True for names of settings whose values are secrets, whatever they hold. */
bool secret_name(const char *name);
/* The value with passwords in URLs and settings (`password=...`) replaced, in the arena. */
const char *redact_value(struct arena *a, const char *value);

#endif
