#include "engine/spark/connect.h"

#include "engine/spark/wire.h"

#include <pthread.h>
#include <pwd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define CALL_SECONDS 120 /* of a call that is answered by one message */
#define END_SECONDS 10   /* of one that ends something */
#define FIRST_MS 1500    /* how long a server that does not answer is asked again, before it has ever answered */
#define AGAIN_MS 60000   /* and afterwards */
#define LONGEST_WAIT_MS 2000

struct spark_session {
    struct wire *wire;
    struct arena *arena;
    struct spark_who who;
    bool known; /* the server has answered before */

    struct wire_call *call; /* of the running statement */
    struct buf execute;     /* its request */
    char operation_id[37];
    struct buf last; /* the last response_id */
    bool answered, complete;
    bool heard; /* an answer came on the call at work */

    pthread_mutex_t lock; /* of what follows */
    bool running, interrupted;
    double progress;
};

void spark_uuid(char ret[37])
{
    unsigned char x[16];
    char hex[33];
    if (getrandom(x, sizeof(x), 0) != (ssize_t)sizeof(x))
        abort();
    x[6] = (unsigned char)((x[6] & 0x0f) | 0x40);
    x[8] = (unsigned char)((x[8] & 0x3f) | 0x80);
    hex_encode(x, sizeof(x), hex);
    snprintf(ret, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* ---- waiting between attempts --------------------------------------------------------------------------------- */

struct patience {
    int64_t until_ns;
    int wait_ms;
};

static struct patience patience_new(const struct spark_session *s)
{
    return (struct patience){clock_mono_ns() + (int64_t)(s->known ? AGAIN_MS : FIRST_MS) * 1000000, 50};
}

/* Waits a time that doubles, a random part of it shorter; false when there is none left or the statement is interrupted. */
static bool wait_again(struct patience *p, struct spark_session *s)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = 0;
    int64_t now = clock_mono_ns(), until = now + (int64_t)(p->wait_ms - (int)(random % (unsigned)p->wait_ms) / 2) * 1000000;
    p->wait_ms = p->wait_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : p->wait_ms * 2;
    if (until > p->until_ns)
        return false;
    while (clock_mono_ns() < until && !spark_session_interrupted(s))
        nanosleep(&moment, NULL);
    return !spark_session_interrupted(s);
}

/* ---- calls that are answered by one message -------------------------------------------------------------------- */

static bool asked_to_stop(void *context) { return spark_session_interrupted(context); }

static enum wire_state ask_once(struct spark_session *s, const char *method, const struct buf *request, int timeout_s, struct arena *a,
                                struct spark_text *ret, struct error *err)
{
    struct wire_call *c = wire_send(s->wire, method, request, timeout_s);
    struct spark_text message, more;
    enum wire_state state = wire_next(c, false, &message, err);
    if (state == WIRE_MESSAGE) {
        *ret = spark_text_copy(a, message);
        state = wire_next(c, false, &more, err);
    } else if (state == WIRE_END) {
        error_set(err, ERROR_UNAVAILABLE, "Spark answers without a message");
        state = WIRE_FAILED;
    }
    wire_end(c);
    return state;
}

/* Asked again while the connection breaks: these calls may be repeated. */
static int ask(struct spark_session *s, const char *method, const struct buf *request, struct arena *a, struct spark_text *ret,
               struct error *err)
{
    struct patience patience = patience_new(s);
    if (request->overflow)
        return error_set(err, ERROR_LIMIT, "a request to Spark is longer than %u MiB", LIMIT_REQUEST >> 20);
    for (;;) {
        struct error why = {0};
        enum wire_state state = ask_once(s, method, request, CALL_SECONDS, a, ret, &why);
        if (state == WIRE_END) {
            s->known = true;
            return 0;
        }
        if (state != WIRE_BROKEN || !wait_again(&patience, s)) {
            if (err)
                *err = why;
            return (int)why.kind;
        }
    }
}

/* What ends something is told once; the server forgets it by itself later. */
static void tell(struct spark_session *s, const char *method, const struct buf *request)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_text ignored;
    struct error why = {0};
    if (ask_once(s, method, request, END_SECONDS, a, &ignored, &why) != WIRE_END)
        log_write(LOG_DEBUG, "engine", "%s of Spark Connect failed: %s", method, why.what);
}

/* ---- sessions ----------------------------------------------------------------------------------------------------- */

static const char *process_user(struct arena *a)
{
    struct passwd entry, *found = NULL;
    char text[1024];
    if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) == 0 && found)
        return arena_strdup(a, found->pw_name);
    return "secchi";
}

static int configure(struct spark_session *s, const char *const (*settings)[2], size_t count, struct arena *a, const char **ret_server,
                     struct error *err)
{
    struct buf request CLEANUP(buf_free) = {0};
    struct spark_text answer;
    buf_init(&request, LIMIT_REQUEST);
    spark_put_config(&request, &s->who, settings, count);
    int rc = ask(s, "Config", &request, a, &answer, err);
    return rc ? rc : spark_get_server_session(answer, a, ret_server, err);
}

int spark_session_set(struct spark_session *s, const char *const (*pairs)[2], size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *same;
    return configure(s, pairs, count, a, &same, err);
}

int spark_session_open(const struct spark_address *address, const char *const (*settings)[2], size_t setting_count,
                       struct spark_session **ret, struct error *err)
{
    char id[37];
    struct spark_session *s = xcalloc(1, sizeof(*s));
    s->arena = arena_new();
    s->progress = -1;
    spark_uuid(id);
    s->who = (struct spark_who){.session_id = arena_strdup(s->arena, id),
                                .user_id = address->user_id ? address->user_id : process_user(s->arena),
                                .client_type = "secchi " SECCHI_VERSION};
    buf_init(&s->execute, LIMIT_REQUEST);
    buf_init(&s->last, 1u << 16);
    pthread_mutex_init(&s->lock, NULL);
    int rc = wire_open(address, asked_to_stop, s, &s->wire, err);
    if (!rc)
        rc = configure(s, settings, setting_count, s->arena, &s->who.server_session_id, err);
    if (rc) {
        spark_session_close(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void spark_session_close(struct spark_session *s)
{
    if (!s)
        return;
    spark_end(s);
    if (s->known) {
        struct buf request CLEANUP(buf_free) = {0};
        buf_init(&request, LIMIT_REQUEST);
        spark_put_release_session(&request, &s->who);
        tell(s, "ReleaseSession", &request);
    }
    wire_close(s->wire);
    buf_free(&s->execute);
    buf_free(&s->last);
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
    free(s);
}

int spark_session_version(struct spark_session *s, struct arena *a, const char **ret, struct error *err)
{
    struct buf request CLEANUP(buf_free) = {0};
    struct spark_text answer;
    buf_init(&request, LIMIT_REQUEST);
    spark_put_analyze_version(&request, &s->who);
    int rc = ask(s, "AnalyzePlan", &request, a, &answer, err);
    return rc ? rc : spark_get_version(answer, a, ret, err);
}

static int analyze(struct spark_session *s, const struct buf *request, struct arena *a, struct engine_column **ret, size_t *ret_count,
                   struct error *err)
{
    struct spark_text answer, type;
    int rc = ask(s, "AnalyzePlan", request, a, &answer, err);
    if (!rc)
        rc = spark_get_analyzed(answer, &type, err);
    return rc ? rc : spark_get_columns(type, a, ret, ret_count, err);
}

int spark_session_schema(struct spark_session *s, const struct spark_plan *query, struct arena *a, struct engine_column **ret,
                         size_t *ret_count, struct error *err)
{
    struct buf request CLEANUP(buf_free) = {0};
    buf_init(&request, LIMIT_REQUEST);
    spark_put_analyze_schema(&request, &s->who, query);
    return analyze(s, &request, a, ret, ret_count, err);
}

int spark_session_table(struct spark_session *s, const char *table, struct arena *a, struct engine_column **ret, size_t *ret_count,
                        struct error *err)
{
    struct buf request CLEANUP(buf_free) = {0};
    buf_init(&request, LIMIT_REQUEST);
    spark_put_analyze_table(&request, &s->who, table);
    return analyze(s, &request, a, ret, ret_count, err);
}

/* ---- a statement ---------------------------------------------------------------------------------------------------- */

static void set_running(struct spark_session *s, bool running)
{
    pthread_mutex_lock(&s->lock);
    s->running = running;
    s->interrupted = false;
    s->progress = -1;
    pthread_mutex_unlock(&s->lock);
}

int spark_begin(struct spark_session *s, const struct spark_plan *plan, struct error *err)
{
    if (s->call)
        return error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end");
    spark_uuid(s->operation_id);
    buf_clear(&s->execute);
    buf_clear(&s->last);
    s->answered = s->complete = false;
    spark_put_execute(&s->execute, &s->who, s->operation_id, plan);
    if (s->execute.overflow) {
        buf_free(&s->execute);
        buf_init(&s->execute, LIMIT_REQUEST);
        return error_set(err, ERROR_LIMIT, "a request to Spark is longer than %u MiB", LIMIT_REQUEST >> 20);
    }
    set_running(s, true);
    s->call = wire_send(s->wire, "ExecutePlan", &s->execute, 0);
    return 0;
}

static void reattach(struct spark_session *s)
{
    struct buf request CLEANUP(buf_free) = {0};
    buf_init(&request, LIMIT_REQUEST);
    spark_put_reattach(&request, &s->who, s->operation_id, s->last.len ? s->last.data : NULL);
    wire_end(s->call);
    s->heard = false;
    s->call = wire_send(s->wire, "ReattachExecute", &request, 0);
}

static void send_again(struct spark_session *s)
{
    wire_end(s->call);
    s->call = wire_send(s->wire, "ExecutePlan", &s->execute, 0);
}

static int take(struct spark_session *s, struct spark_text message, struct spark_response *ret, struct error *err)
{
    int rc = spark_get_response(message, ret, err);
    if (rc)
        return rc;
    s->answered = s->known = s->heard = true;
    s->complete = s->complete || ret->complete;
    if (ret->response_id.data && ret->response_id.len < 1024) {
        buf_clear(&s->last);
        buf_add(&s->last, ret->response_id.data, ret->response_id.len);
    }
    if (ret->progress && ret->tasks > 0) {
        pthread_mutex_lock(&s->lock);
        s->progress = ret->tasks_done >= ret->tasks ? 1 : (double)ret->tasks_done / (double)ret->tasks;
        pthread_mutex_unlock(&s->lock);
    }
    return 0;
}

static bool unknown_operation(const struct error *why) { return strstr(why->what, "OPERATION_NOT_FOUND") != NULL; }

/* One that was never answered and that the server does not know never came there. */
static bool go_on(struct spark_session *s, enum wire_state state, const struct error *why, struct patience *patience)
{
    const bool never_came = state == WIRE_FAILED && !s->answered && unknown_operation(why);
    if (state == WIRE_END && s->heard) { /* after two minutes or some megabytes the server ends each stream */
        reattach(s);
        return true;
    }
    if (!never_came && state != WIRE_BROKEN && state != WIRE_END)
        return false;
    const bool unsent = !s->answered && wire_unsent(s->call);
    if (!wait_again(patience, s))
        return false;
    if (never_came || unsent)
        send_again(s);
    else
        reattach(s);
    return true;
}

int spark_next(struct spark_session *s, struct spark_response *ret, bool *ret_end, struct error *err)
{
    struct patience patience = patience_new(s);
    *ret_end = false;
    for (;;) {
        struct error why = {0};
        struct spark_text message;
        enum wire_state state = wire_next(s->call, true, &message, &why);
        if (state == WIRE_MESSAGE) {
            int rc = take(s, message, ret, err);
            if (rc || ret->batch.data || ret->relation.data || ret->schema.data)
                return rc;
            patience = patience_new(s);
            continue;
        }
        if (s->complete) {
            *ret_end = true;
            return 0;
        }
        if (go_on(s, state, &why, &patience))
            continue;
        if (spark_session_interrupted(s))
            error_set(&why, ERROR_INTERRUPTED, "the statement was interrupted");
        else if (state == WIRE_END)
            error_set(&why, ERROR_UNAVAILABLE, "Spark ends the answer again and again before it is whole");
        s->complete = state == WIRE_FAILED; /* nothing runs any more */
        if (err)
            *err = why;
        return (int)why.kind;
    }
}

void spark_end(struct spark_session *s)
{
    if (!s->call)
        return;
    struct buf request CLEANUP(buf_free) = {0};
    buf_init(&request, LIMIT_REQUEST);
    if (!s->complete && s->known) {
        spark_put_interrupt(&request, &s->who, s->operation_id);
        tell(s, "Interrupt", &request);
        buf_clear(&request);
    }
    wire_end(s->call);
    s->call = NULL;
    if (s->known) {
        spark_put_release(&request, &s->who, s->operation_id);
        tell(s, "ReleaseExecute", &request);
    }
    set_running(s, false);
}

void spark_session_interrupt(struct spark_session *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->running) {
        s->interrupted = true;
        wire_wake(s->wire);
    }
    pthread_mutex_unlock(&s->lock);
}

bool spark_session_interrupted(struct spark_session *s)
{
    pthread_mutex_lock(&s->lock);
    bool interrupted = s->interrupted;
    pthread_mutex_unlock(&s->lock);
    return interrupted;
}

double spark_session_progress(struct spark_session *s)
{
    pthread_mutex_lock(&s->lock);
    double progress = s->running ? s->progress : -1;
    pthread_mutex_unlock(&s->lock);
    return progress;
}
