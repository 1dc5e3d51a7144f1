#include "schedule/schedule.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "schedule/events.h"

struct run { /* copies of the request, for the thread */
    struct schedule_request request;
    struct arena *arena;
    int64_t id;
};

struct schedule {
    struct build_context context;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* an event came, or the run ended */
    struct event_log events;
    struct run run;
    bool running, joinable, stopping;
    bool stopped_by_owner; /* the run was cancelled because the owner ends, not because somebody asked for it */
    struct cancel cancel;
    pthread_t thread;
    void (*on_event)(void *context);
    void *on_event_context;
    void (*on_end)(void *context);
    void *on_end_context;
};

/* ---- the stages of a run: rooms of later steps add a row ------------------------------------------------- */

struct stage_result {
    struct build_report build;
};

static void build_event(void *context, const struct build_event *e);

static int stage_build(struct schedule *s, struct stage_result *ret, struct error *err)
{
    const struct schedule_request *q = &s->run.request;
    struct build_options options = {
        .full = q->full,
        .only = q->only,
        .only_count = q->only_count,
        .cancel = &s->cancel,
        .on_event = build_event,
        .context = s,
        .run_id = s->run.id,
        .kind = q->kind,
        .as_of_us = q->as_of_us,
    };
    int rc = build_prepare(&s->context, err);
    return rc ? rc : build_refresh(&s->context, &options, &ret->build, err);
}

static const struct stage {
    const char *name;
    int (*run)(struct schedule *s, struct stage_result *ret, struct error *err);
} stages[] = {
    {"build", stage_build},
};

/* ---- events ------------------------------------------------------------------------------------------------ */

/* The number of an event is taken before its text is made: only one thread makes events at a time. */
static int64_t next_number(struct schedule *s)
{
    pthread_mutex_lock(&s->lock);
    int64_t number = event_log_next(&s->events, s->run.id);
    pthread_mutex_unlock(&s->lock);
    return number;
}

static void publish(struct schedule *s, struct buf *json, bool last)
{
    pthread_mutex_lock(&s->lock);
    event_log_add(&s->events, s->run.id, json->overflow ? "{}" : json->data);
    if (last) {
        event_log_end(&s->events, s->run.id);
        s->running = false;
    }
    pthread_cond_broadcast(&s->changed);
    void (*fn)(void *) = s->on_event;
    void *context = s->on_event_context;
    pthread_mutex_unlock(&s->lock);
    if (fn)
        fn(context);
}

static void build_event(void *context, const struct build_event *e)
{
    struct schedule *s = context;
    struct buf json CLEANUP(buf_free);
    buf_init(&json, 65536);
    event_step_json(&json, s->run.id, next_number(s), e);
    publish(s, &json, false);
}

static void run_event(struct schedule *s, enum run_state state, const char *error, bool last)
{
    struct buf json CLEANUP(buf_free);
    buf_init(&json, 65536);
    event_run_json(&json, s->run.id, next_number(s), run_state_name(state), error, clock_real_us());
    publish(s, &json, last);
}

/* ---- a run ---------------------------------------------------------------------------------------------------- */

static enum run_state state_after(struct schedule *s, int rc)
{
    pthread_mutex_lock(&s->lock);
    bool by_owner = s->stopped_by_owner;
    pthread_mutex_unlock(&s->lock);
    switch (rc) {
    case 0:
        return RUN_SUCCEEDED;
    case ERROR_PARTIAL:
        return RUN_PARTIAL;
    case ERROR_INTERRUPTED:
        return by_owner ? RUN_INTERRUPTED : RUN_CANCELLED;
    default:
        return RUN_FAILED;
    }
}

static int run_stages(struct schedule *s, struct error *err)
{
    struct stage_result result = {0};
    int rc = 0;
    bool partial = false;
    struct error first = {0};
    for (size_t i = 0; i < ARRAY_LEN(stages) && (!rc || partial); i++) {
        rc = stages[i].run(s, &result, err);
        if (rc && rc != ERROR_PARTIAL) {
            return rc;
        }
        if (rc && !partial)
            first = *err;
        partial = partial || rc != 0;
    }
    if (partial)
        *err = first;
    return partial ? ERROR_PARTIAL : 0;
}

static const char *error_text(const struct error *err, struct arena *a)
{
    return arena_printf(a, "%s%s%s%s%s", err->where, err->where[0] ? ": " : "", err->what, err->hint[0] ? "; " : "", err->hint);
}

static void tell_end(struct schedule *s)
{
    pthread_mutex_lock(&s->lock);
    void (*fn)(void *) = s->on_end;
    void *context = s->on_end_context;
    pthread_mutex_unlock(&s->lock);
    if (fn)
        fn(context);
}

static void *run_thread(void *context)
{
    struct schedule *s = context;
    struct error err = {0}, store = {0};
    int rc = state_run_move(s->context.state, s->run.id, RUN_RUNNING, NULL, &err);
    if (!rc)
        run_event(s, RUN_RUNNING, NULL, false);
    if (!rc)
        rc = run_stages(s, &err);
    enum run_state state = state_after(s, rc);
    const char *text = rc ? error_text(&err, s->run.arena) : NULL;
    if (state == RUN_FAILED)
        log_error("schedule", &err);
    tell_end(s);
    if (state_run_move(s->context.state, s->run.id, state, text, &store) != 0)
        log_error("schedule", &store);
    run_event(s, state, text, true);
    return NULL;
}

static const char *options_json(const struct schedule_request *q, struct buf *b)
{
    char at[40];
    buf_printf(b, "{\"full\":%s", q->full ? "true" : "false");
    if (q->as_of_us)
        buf_printf(b, ",\"as_of\":\"%s\"", time_format_us(q->as_of_us, at));
    for (size_t i = 0; i < q->only_count; i++) {
        buf_puts(b, i ? "," : ",\"only\":[");
        event_json_text(b, q->only[i]);
    }
    buf_puts(b, q->only_count ? "]}" : "}");
    return b->overflow ? "{}" : b->data;
}

static void copy_request(struct run *r, const struct schedule_request *q)
{
    r->arena = arena_new();
    r->request = *q;
    r->request.kind = arena_strdup(r->arena, q->kind);
    r->request.requested_by = arena_strdup(r->arena, q->requested_by);
    const char **only = arena_alloc(r->arena, (q->only_count + 1) * sizeof(*only));
    for (size_t i = 0; i < q->only_count; i++)
        only[i] = arena_strdup(r->arena, q->only[i]);
    r->request.only = q->only_count ? only : NULL;
}

/* The lock is held and nothing runs. */
static int start_locked(struct schedule *s, const struct schedule_request *q, struct error *err)
{
    struct buf options CLEANUP(buf_free);
    buf_init(&options, 1u << 20);
    if (s->joinable)
        pthread_join(s->thread, NULL);
    s->joinable = false;
    arena_free(s->run.arena);
    s->run = (struct run){0};
    copy_request(&s->run, q);
    s->cancel.flag = 0;
    s->stopped_by_owner = false;
    int rc = state_run_create(s->context.state, q->kind, q->requested_by, options_json(q, &options), &s->run.id, err);
    if (rc)
        return rc;
    event_log_open(&s->events, s->run.id);
    s->running = true;
    int code = pthread_create(&s->thread, NULL, run_thread, s);
    if (code) {
        s->running = false;
        struct error ignored;
        if (state_run_move(s->context.state, s->run.id, RUN_FAILED, "no thread could be started", &ignored) != 0)
            log_error("schedule", &ignored);
        return error_set(err, ERROR_INTERNAL, "cannot start a thread: %s", strerror(code));
    }
    s->joinable = true;
    return 0;
}

int schedule_start(struct schedule *s, const struct schedule_request *q, int64_t *ret_run_id, struct error *err)
{
    if (!str_eq(q->kind, "setup") && !str_eq(q->kind, "refresh"))
        return error_set(err, ERROR_INVALID, "there is no kind of run '%s': setup or refresh", q->kind);
    pthread_mutex_lock(&s->lock);
    int rc;
    if (s->stopping)
        rc = error_set(err, ERROR_UNAVAILABLE, "secchi is stopping");
    else if (s->running) {
        rc = error_set(err, ERROR_CONFLICT, "run %" PRId64 " (%s of %s) is going on", s->run.id, s->run.request.kind,
                       s->run.request.requested_by);
        error_hint(err, "wait for it or cancel it");
    } else
        rc = start_locked(s, q, err);
    if (!rc)
        *ret_run_id = s->run.id;
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int schedule_cancel(struct schedule *s, int64_t run_id, struct error *err)
{
    pthread_mutex_lock(&s->lock);
    int rc = 0;
    if (s->running && s->run.id == run_id) {
        cancel_set(&s->cancel);
    } else {
        struct arena *a CLEANUP(arena_freep) = arena_new();
        struct state_run run;
        rc = state_run_get(s->context.state, run_id, a, &run, err);
        if (!rc)
            rc = error_set(err, ERROR_CONFLICT, "run %" PRId64 " has ended (%s)", run_id, run_state_name(run.state));
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int64_t schedule_running(struct schedule *s)
{
    pthread_mutex_lock(&s->lock);
    int64_t id = s->running ? s->run.id : 0;
    pthread_mutex_unlock(&s->lock);
    return id;
}

/* ---- reading events ------------------------------------------------------------------------------------------------ */

/* A run that this process has no events of: its end, from the history. */
static int event_of_history(struct schedule *s, int64_t run_id, int64_t after, struct arena *a, const char ***ret, size_t *ret_count,
                            bool *ret_ended, struct error *err)
{
    struct state_run run;
    int rc = state_run_get(s->context.state, run_id, a, &run, err);
    if (rc)
        return rc;
    struct buf json CLEANUP(buf_free);
    buf_init(&json, 65536);
    event_run_json(&json, run_id, 1, run_state_name(run.state), run.error, run.ended_us ? run.ended_us : run.created_us);
    const char **texts = arena_alloc(a, sizeof(*texts));
    texts[0] = arena_strdup(a, json.overflow ? "{}" : json.data);
    *ret = texts;
    *ret_count = after < 1 ? 1 : 0;
    *ret_ended = true;
    return 0;
}

static void deadline_in(int timeout_ms, struct timespec *ret)
{
    clock_gettime(CLOCK_MONOTONIC, ret);
    ret->tv_sec += timeout_ms / 1000;
    ret->tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (ret->tv_nsec >= 1000000000) {
        ret->tv_sec++;
        ret->tv_nsec -= 1000000000;
    }
}

int schedule_events(struct schedule *s, int64_t run_id, int64_t after, int timeout_ms, struct arena *a, const char ***ret,
                    size_t *ret_count, bool *ret_ended, struct error *err)
{
    struct timespec until;
    deadline_in(timeout_ms, &until);
    pthread_mutex_lock(&s->lock);
    if (!event_log_has(&s->events, run_id)) {
        pthread_mutex_unlock(&s->lock);
        return event_of_history(s, run_id, after, a, ret, ret_count, ret_ended, err);
    }
    while (event_log_count(&s->events, run_id) <= after && s->running && s->run.id == run_id && timeout_ms > 0)
        if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
            break;
    event_log_read(&s->events, run_id, after, a, ret, ret_count);
    *ret_ended = event_log_ended(&s->events, run_id);
    pthread_mutex_unlock(&s->lock);
    return 0;
}

void schedule_on_event(struct schedule *s, void (*fn)(void *context), void *context)
{
    pthread_mutex_lock(&s->lock);
    s->on_event = fn;
    s->on_event_context = context;
    pthread_mutex_unlock(&s->lock);
}

void schedule_on_end(struct schedule *s, void (*fn)(void *context), void *context)
{
    pthread_mutex_lock(&s->lock);
    s->on_end = fn;
    s->on_end_context = context;
    pthread_mutex_unlock(&s->lock);
}

/* ---- life ------------------------------------------------------------------------------------------------------------ */

int schedule_new(const struct build_context *b, struct schedule **ret, struct error *err)
{
    if (!b->state)
        return error_set(err, ERROR_INTERNAL, "runs need a state store");
    struct schedule *s = xcalloc(1, sizeof(*s));
    s->context = *b;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *ret = s;
    return 0;
}

void schedule_stop(struct schedule *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    if (s->running) {
        s->stopped_by_owner = true;
        cancel_set(&s->cancel);
    }
    bool joinable = s->joinable;
    s->joinable = false;
    pthread_mutex_unlock(&s->lock);
    if (joinable)
        pthread_join(s->thread, NULL);
}

void schedule_free(struct schedule *s)
{
    if (!s)
        return;
    schedule_stop(s);
    arena_free(s->run.arena);
    event_log_free(&s->events);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->changed);
    free(s);
}
