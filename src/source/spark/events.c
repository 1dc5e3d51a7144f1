#include "source/spark/events.h"

#include <stdlib.h>
#include <yyjson.h>

#include "source/spark/stream.h"

#define NAME_MAX_BYTES 160
#define ALLOCATOR_KEEP_BYTES (16u << 20) /* lines beyond this are parsed with memory that is given back */

static const struct event_kind {
    const char *name; /* without the package */
    event_fn *handle;
} kinds[] = {
    {"SparkListenerTaskEnd", event_task_end},
    {"SparkListenerStageCompleted", event_stage_completed},
    {"SparkListenerStageSubmitted", event_stage_submitted},
    {"SparkListenerJobStart", event_job_start},
    {"SparkListenerJobEnd", event_job_end},
    {"SparkListenerSQLExecutionStart", event_sql_start},
    {"SparkListenerSQLExecutionEnd", event_sql_end},
    {"SparkListenerSQLAdaptiveExecutionUpdate", event_sql_adaptive},
    {"SparkListenerSQLAdaptiveSQLMetricUpdates", event_sql_adaptive_metrics},
    {"SparkListenerDriverAccumUpdates", event_driver_accumulators},
    {"SparkListenerConnectOperationStarted", event_connect_started},
    {"SparkListenerConnectOperationAnalyzed", event_connect_analyzed},
    {"SparkListenerConnectOperationReadyForExecution", event_connect_ready},
    {"SparkListenerConnectOperationFinished", event_connect_finished},
    {"SparkListenerConnectOperationFailed", event_connect_failed},
    {"SparkListenerConnectOperationCanceled", event_connect_canceled},
    {"SparkListenerConnectOperationClosed", event_connect_closed},
    {"SparkListenerConnectSessionStarted", event_connect_session_started},
    {"SparkListenerConnectSessionClosed", event_connect_session_closed},
    {"SparkListenerThriftServerOperationStart", event_thrift_started},
    {"SparkListenerThriftServerOperationParsed", event_thrift_parsed},
    {"SparkListenerThriftServerOperationFinish", event_thrift_finished},
    {"SparkListenerThriftServerOperationError", event_thrift_error},
    {"SparkListenerThriftServerOperationCanceled", event_thrift_canceled},
    {"SparkListenerThriftServerOperationTimeout", event_thrift_timeout},
    {"SparkListenerThriftServerOperationClosed", event_thrift_closed},
    {"SparkListenerThriftServerSessionCreated", event_thrift_session_created},
    {"SparkListenerThriftServerSessionClosed", event_thrift_session_closed},
    {"QueryStartedEvent", event_query_started},
    {"QueryProgressEvent", event_query_progress},
    {"QueryTerminatedEvent", event_query_terminated},
    {"SparkListenerLogStart", event_log_start},
    {"SparkListenerApplicationStart", event_application_start},
    {"SparkListenerApplicationEnd", event_application_end},
    {"SparkListenerEnvironmentUpdate", event_environment},
    {"SparkListenerExecutorAdded", event_executor_added},
    {"SparkListenerExecutorRemoved", event_executor_removed},
    {"SparkListenerExecutorBlacklisted", event_executor_excluded},
    {"SparkListenerExecutorExcluded", event_executor_excluded},
    {"SparkListenerExecutorUnblacklisted", event_executor_unexcluded},
    {"SparkListenerExecutorUnexcluded", event_executor_unexcluded},
    {"SparkListenerBlockManagerAdded", event_block_manager_added},
    {"SparkListenerStageExecutorMetrics", event_stage_executor_metrics},
    {"SparkListenerExecutorMetricsUpdate", event_executor_metrics_update},
};

struct event_reader {
    yyjson_alc *alc; /* keeps its memory from line to line */
    char problem[160];
};

struct event_reader *event_reader_new(void)
{
    struct event_reader *r = xcalloc(1, sizeof(*r));
    r->alc = yyjson_alc_dyn_new();
    return r;
}

void event_reader_free(struct event_reader *r)
{
    if (!r)
        return;
    yyjson_alc_dyn_free(r->alc);
    free(r);
}

const char *event_problem(const struct event_reader *r) { return r->problem; }

static event_fn *find_kind(const char *name, size_t len)
{
    size_t begin = len;
    while (begin > 0 && name[begin - 1] != '.' && name[begin - 1] != '$')
        begin--;
    name += begin;
    len -= begin;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
            return kinds[i].handle;
    return NULL;
}

/* The event's name when the line begins as Spark writes it, without parsing; NULL when it has to be parsed. */
static const char *quick_name(const char *line, size_t len, size_t *ret_len)
{
    static const char prefix[] = "{\"Event\":\"";
    const size_t skip = sizeof(prefix) - 1;
    if (len < skip || memcmp(line, prefix, skip) != 0)
        return NULL;
    size_t room = len - skip < NAME_MAX_BYTES ? len - skip : NAME_MAX_BYTES;
    const char *end = memchr(line + skip, '"', room);
    if (!end || memchr(line + skip, '\\', (size_t)(end - line) - skip))
        return NULL;
    *ret_len = (size_t)(end - line) - skip;
    return line + skip;
}

static enum event_result bad(struct event_reader *r, const char *what)
{
    snprintf(r->problem, sizeof(r->problem), "%s", what);
    return EVENT_BAD;
}

static enum event_result dispatch(struct event_reader *r, struct emit *e, yyjson_val *root)
{
    if (!yyjson_is_obj(root))
        return bad(r, "not a JSON object");
    yyjson_val *name = yyjson_obj_get(root, "Event");
    if (!yyjson_is_str(name))
        return bad(r, "no \"Event\"");
    event_fn *handle = find_kind(yyjson_get_str(name), yyjson_get_len(name));
    if (!handle)
        return EVENT_SKIPPED;
    arena_reset(e->scratch);
    handle(e, root);
    return EVENT_LANDED;
}

enum event_result event_line(struct event_reader *r, struct emit *e, char *line, size_t len)
{
    while (len && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    if (len == 0)
        return EVENT_SKIPPED;
    size_t name_len = 0;
    const char *name = quick_name(line, len, &name_len);
    if (name && !find_kind(name, name_len))
        return line[len - 1] == '}' ? EVENT_SKIPPED : bad(r, "the line breaks off");
    /* In place: the parser wants zeros behind the text, where the next line begins. */
    char kept[YYJSON_PADDING_SIZE];
    memcpy(kept, line + len, sizeof(kept));
    memset(line + len, 0, sizeof(kept));
    const yyjson_read_flag flags = YYJSON_READ_INSITU | YYJSON_READ_ALLOW_INVALID_UNICODE | YYJSON_READ_ALLOW_INF_AND_NAN |
                                   YYJSON_READ_BIGNUM_AS_RAW;
    yyjson_read_err fault;
    yyjson_doc *doc = yyjson_read_opts(line, len, flags, len <= ALLOCATOR_KEEP_BYTES ? r->alc : NULL, &fault);
    enum event_result result = EVENT_BAD;
    if (doc)
        result = dispatch(r, e, yyjson_doc_get_root(doc));
    else
        snprintf(r->problem, sizeof(r->problem), "%s at byte %zu of the line", fault.msg ? fault.msg : "not JSON", fault.pos);
    yyjson_doc_free(doc);
    memcpy(line + len, kept, sizeof(kept));
    return result;
}
