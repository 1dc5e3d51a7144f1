#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "semantic/private.h"

#define TICK_NS 20000000 /* how late a cancellation or a time-out may be noticed */

static void wait_tick(pthread_cond_t *cond, pthread_mutex_t *lock)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(cond, lock, &until);
}

static int stop_error(enum stop_reason reason, int64_t timeout_ms, struct error *err)
{
    switch (reason) {
    case STOP_TIMEOUT:
        error_set(err, ERROR_LIMIT, "the statement ran longer than %.3g s", (double)timeout_ms / 1000.0);
        error_hint(err, "narrow it, or raise query.timeout");
        return ERROR_LIMIT;
    case STOP_CLOSING:
        return error_set(err, ERROR_UNAVAILABLE, "secchi is stopping");
    default:
        return error_set(err, ERROR_INTERRUPTED, "the statement was cancelled");
    }
}

static void look_at(struct semantic *s, struct running *r)
{
    enum stop_reason reason = s->stopping                         ? STOP_CLOSING
                              : cancelled(r->cancel)              ? STOP_CANCELLED
                              : clock_mono_ns() >= r->deadline_ns ? STOP_TIMEOUT
                                                                  : STOP_NONE;
    if (r->reason == STOP_NONE && reason != STOP_NONE) /* read without the lock by the thread of the statement */
        __atomic_store_n(&r->reason, reason, __ATOMIC_RELEASE);
}

void *run_watchdog(void *context)
{
    struct semantic *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping || s->active > 0) {
        for (struct running *r = s->first; r; r = r->next) {
            look_at(s, r);
            /* Again at every tick: the engine forgets an interrupt that comes between two statements. */
            if (r->reason != STOP_NONE && r->conn)
                engine_interrupt(r->conn);
        }
        if (s->first)
            wait_tick(&s->wake, &s->lock);
        else
            pthread_cond_wait(&s->wake, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void link_running(struct semantic *s, struct running *r)
{
    r->next = s->first;
    r->prev = NULL;
    if (s->first)
        s->first->prev = r;
    s->first = r;
    pthread_cond_signal(&s->wake);
}

static void unlink_running(struct semantic *s, struct running *r)
{
    if (r->prev)
        r->prev->next = r->next;
    else
        s->first = r->next;
    if (r->next)
        r->next->prev = r->prev;
}

static void ask_as(struct engine_conn *conn, const struct principal *p)
{
    const char *groups[ACCESS_GROUPS];
    engine_set_user(conn, p->user, groups, access_groups(p, groups));
}

/* ---- the engine that a statement names ---------------------------------------------------------------------- */

/* The name as it lives on. */
static const char *kind_of(const char *kind)
{
    static const char *const kinds[] = {"duckdb", "spark", "databricks"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(kinds[i], kind))
            return kinds[i];
    return "";
}

static int open_other(struct semantic *s, const char *kind, struct other_engine *ret, struct error *err)
{
    int rc = s->o.open_engine ? s->o.open_engine(s->o.context, kind, &ret->engine, err)
                              : error_set(err, ERROR_UNAVAILABLE, "statements run on the engine of the home");
    if (rc)
        return rc;
    semantic_name(s, ret->engine);
    ret->kind = kind_of(kind);
    return 0;
}

static int other_engine(struct semantic *s, const char *kind, struct engine **ret, struct error *err)
{
    int rc = 0;
    size_t i = 0;
    pthread_mutex_lock(&s->others_lock);
    while (i < OTHER_ENGINES && s->others[i].kind && !str_eq(s->others[i].kind, kind))
        i++;
    if (i == OTHER_ENGINES)
        rc = error_set(err, ERROR_USAGE, "there is no engine '%s'", kind);
    else if (!s->others[i].kind)
        rc = open_other(s, kind, &s->others[i], err);
    if (!rc)
        *ret = s->others[i].engine;
    pthread_mutex_unlock(&s->others_lock);
    return rc;
}

static int connect_for(struct semantic *s, const struct principal *p, struct running *r, const char *kind, struct engine_conn **ret,
                       struct error *err)
{
    struct engine *e = s->o.engine;
    if (r->elsewhere && p->tenant)
        return error_set(err, ERROR_FORBIDDEN, "the tenant %s asks the engine of the home alone", p->tenant);
    int rc = r->elsewhere ? other_engine(s, kind, &e, err) : 0;
    return rc ? rc : engine_connect(e, ENGINE_READ, r->cancel, ret, err);
}

int run_start(struct semantic *s, const struct principal *p, struct running *r, const char *engine, const struct cancel *cancel,
              int64_t timeout_ms, struct error *err)
{
    *r = (struct running){.elsewhere = engine && !str_eq(engine, config_text(s->o.config, "engine.kind")),
                          .cancel = cancel,
                          .timeout_ms = timeout_ms,
                          .deadline_ns = clock_mono_ns() + timeout_ms * 1000000};
    struct engine_conn *conn = NULL;
    pthread_mutex_lock(&s->lock);
    look_at(s, r);
    while (s->active >= s->limit && r->reason == STOP_NONE) {
        wait_tick(&s->place, &s->lock);
        look_at(s, r);
    }
    if (r->reason == STOP_NONE) {
        s->active++;
        if (s->idle.len && !r->elsewhere)
            conn = s->idle.items[--s->idle.len];
    }
    enum stop_reason reason = r->reason;
    pthread_mutex_unlock(&s->lock);
    if (reason == STOP_TIMEOUT) {
        error_set(err, ERROR_LIMIT, "%d statements were running for the whole %.3g s that this one could wait", s->limit,
                  (double)timeout_ms / 1000.0);
        error_hint(err, "try again, or raise query.concurrency");
        return ERROR_LIMIT;
    }
    if (reason != STOP_NONE)
        return stop_error(reason, timeout_ms, err);
    int rc = conn ? 0 : connect_for(s, p, r, engine, &conn, err);
    if (!rc)
        ask_as(conn, p);
    pthread_mutex_lock(&s->lock);
    if (rc) {
        s->active--;
        pthread_cond_signal(&s->place);
    } else {
        r->conn = conn;
        link_running(s, r);
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

void run_end(struct semantic *s, struct running *r)
{
    pthread_mutex_lock(&s->lock);
    unlink_running(s, r);
    struct engine_conn *conn = r->conn;
    r->conn = NULL;
    bool keep = r->reason == STOP_NONE && !s->stopping && !r->elsewhere; /* an interrupted connection may still have the flag set */
    if (keep)
        *VEC_ADD(&s->idle) = conn;
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        engine_disconnect(conn);
    pthread_mutex_lock(&s->lock);
    s->active--;
    pthread_cond_broadcast(&s->place);
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

int run_error(const struct running *r, int rc, struct error *err)
{
    enum stop_reason reason = __atomic_load_n(&r->reason, __ATOMIC_ACQUIRE);
    return rc && reason != STOP_NONE ? stop_error(reason, r->timeout_ms, err) : rc;
}
