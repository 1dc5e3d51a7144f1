/* Connections, the writer's place, transactions. */
#include "engine/duckdb/duck.h"

#include <stdlib.h>
#include <time.h>

struct duck_waiter {
    struct duck_waiter *next;
};

#define CANCEL_LOOK_NS 20000000 /* how often a waiting writer looks at its cancel flag */

/* ---- the writer's place: first come, first served */

static void waiter_add(struct duck *d, struct duck_waiter *w)
{
    struct duck_waiter **p = &d->writers;
    while (*p)
        p = &(*p)->next;
    *p = w;
}

static void waiter_remove(struct duck *d, struct duck_waiter *w)
{
    struct duck_waiter **p = &d->writers;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
}

int duck_writer_take(struct duck *d, const struct cancel *cancel, struct error *err)
{
    struct duck_waiter me = {0};
    bool stopped = false;
    pthread_mutex_lock(&d->lock);
    waiter_add(d, &me);
    while (!stopped && (d->writer_taken || d->writers != &me)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += CANCEL_LOOK_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        if (cancel)
            pthread_cond_timedwait(&d->changed, &d->lock, &until);
        else
            pthread_cond_wait(&d->changed, &d->lock);
        stopped = cancelled(cancel);
    }
    waiter_remove(d, &me);
    if (!stopped)
        d->writer_taken = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return stopped ? error_set(err, ERROR_INTERRUPTED, "interrupted while waiting for another writer") : 0;
}

void duck_writer_give(struct duck *d)
{
    pthread_mutex_lock(&d->lock);
    d->writer_taken = false;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

/* ---- entering the living instance */

static int connect_to_instance(struct duck *d, struct duck_conn *c, struct error *err)
{
    static const char *const settings[] = {"SET enable_progress_bar_print=false", "SET enable_progress_bar=true",
                                           "SET progress_bar_time=0"};
    duckdb_connection con = NULL;
    int rc = 0;
    if (duckdb_connect(d->db, &con) != DuckDBSuccess)
        return error_set(err, ERROR_UNAVAILABLE, "the engine gave no connection");
    for (size_t i = 0; !rc && i < ARRAY_LEN(settings); i++) {
        duckdb_result result;
        if (duckdb_query(con, settings[i], &result) != DuckDBSuccess)
            rc = duck_result_failed(d, &result, NULL, err);
        else
            duckdb_destroy_result(&result);
    }
    if (rc) {
        duckdb_disconnect(&con);
        return rc;
    }
    pthread_mutex_lock(&c->con_lock);
    duckdb_disconnect(&c->con);
    c->con = con;
    c->generation = d->generation;
    pthread_mutex_unlock(&c->con_lock);
    duck_forget_columns(c);
    return 0;
}

/* duck.lock is held; c holds nothing. */
static int enter_instance(struct duck *d, struct duck_conn *c, struct error *err)
{
    int rc = 0;
    while (d->reopening)
        pthread_cond_wait(&d->changed, &d->lock);
    if (__atomic_load_n(&d->broken, __ATOMIC_ACQUIRE)) {
        if (d->holding) {
            error_set(err, ERROR_UNAVAILABLE, "the engine stopped after a fatal error and is opened anew");
            error_hint(err, "nothing committed was lost; run it again");
            return ERROR_UNAVAILABLE;
        }
        rc = duck_reopen(d, err);
    }
    if (!rc && (c->generation != d->generation || !c->con))
        rc = connect_to_instance(d, c, err);
    return rc;
}

int duck_enter(struct duck_conn *c, struct error *err)
{
    struct duck *d = duck_of(&c->base);
    int rc = 0;
    pthread_mutex_lock(&d->lock);
    if (c->holds == 0) {
        rc = enter_instance(d, c, err);
        if (!rc)
            d->holding++;
    }
    if (!rc)
        c->holds++;
    pthread_mutex_unlock(&d->lock);
    return rc;
}

void duck_release(struct duck_conn *c)
{
    struct duck *d = duck_of(&c->base);
    pthread_mutex_lock(&d->lock);
    if (--c->holds == 0) {
        d->holding--;
        pthread_cond_broadcast(&d->changed);
    }
    pthread_mutex_unlock(&d->lock);
}

void duck_leave(struct duck_conn *c) { duck_release(c); }

void duck_hold(struct duck_conn *c)
{
    struct duck *d = duck_of(&c->base);
    pthread_mutex_lock(&d->lock);
    c->holds++;
    pthread_mutex_unlock(&d->lock);
}

/* ---- connections */

int duck_connect(struct engine *e, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret, struct error *err)
{
    struct duck *d = (struct duck *)e;
    int rc = mode == ENGINE_WRITE ? duck_writer_take(d, cancel, err) : 0;
    if (rc)
        return rc;
    struct duck_conn *c = xcalloc(1, sizeof(*c));
    c->base.engine = e;
    c->mode = mode;
    pthread_mutex_init(&c->con_lock, NULL);
    pthread_mutex_lock(&d->lock);
    c->next = d->conns;
    d->conns = c;
    pthread_mutex_unlock(&d->lock);
    rc = duck_enter(c, err);
    if (rc) {
        duck_disconnect(&c->base);
        return rc;
    }
    duck_leave(c);
    *ret = &c->base;
    return 0;
}

void duck_disconnect(struct engine_conn *base)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck *d = duck_of(base);
    duck_rollback(base);
    duck_staged_drop_all(c);
    map_free(&c->staged);
    pthread_mutex_lock(&d->lock);
    struct duck_conn **p = &d->conns;
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    pthread_mutex_unlock(&d->lock);
    duckdb_disconnect(&c->con);
    pthread_mutex_destroy(&c->con_lock);
    duck_forget_columns(c);
    if (c->mode == ENGINE_WRITE)
        duck_writer_give(d);
    free(c);
}

void duck_interrupt(struct engine_conn *base)
{
    struct duck_conn *c = (struct duck_conn *)base;
    pthread_mutex_lock(&c->con_lock);
    if (c->running) {
        c->interrupted = true;
        if (c->con)
            duckdb_interrupt(c->con);
    }
    pthread_mutex_unlock(&c->con_lock);
}

double duck_progress(struct engine_conn *base)
{
    struct duck_conn *c = (struct duck_conn *)base;
    double fraction = -1;
    pthread_mutex_lock(&c->con_lock);
    if (c->running && c->con) {
        duckdb_query_progress_type p = duckdb_query_progress(c->con);
        fraction = p.percentage < 0 ? -1 : p.percentage / 100;
    }
    pthread_mutex_unlock(&c->con_lock);
    return fraction > 1 ? 1 : fraction;
}

void duck_run_begin(struct duck_conn *c)
{
    pthread_mutex_lock(&c->con_lock);
    c->running = true;
    c->interrupted = false;
    pthread_mutex_unlock(&c->con_lock);
}

void duck_run_end(struct duck_conn *c)
{
    pthread_mutex_lock(&c->con_lock);
    c->running = false;
    pthread_mutex_unlock(&c->con_lock);
}

bool duck_run_interrupted(struct duck_conn *c)
{
    pthread_mutex_lock(&c->con_lock);
    bool yes = c->interrupted;
    pthread_mutex_unlock(&c->con_lock);
    return yes;
}

/* ---- transactions */

int duck_begin(struct engine_conn *base, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    if (c->in_transaction)
        return error_set(err, ERROR_CONFLICT, "a transaction is open already");
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_sql(c, c->mode == ENGINE_READ ? "BEGIN TRANSACTION READ ONLY" : "BEGIN TRANSACTION", err);
    if (!rc) {
        c->in_transaction = true;
        duck_hold(c);
    }
    duck_leave(c);
    return rc;
}

static void end_transaction(struct duck_conn *c)
{
    c->in_transaction = false;
    duck_release(c);
}

int duck_commit(struct engine_conn *base, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    if (!c->in_transaction)
        return error_set(err, ERROR_CONFLICT, "there is no open transaction");
    int rc = duck_sql(c, "COMMIT", err);
    if (rc)
        duck_rollback(base);
    else
        end_transaction(c);
    return rc;
}

void duck_rollback(struct engine_conn *base)
{
    struct duck_conn *c = (struct duck_conn *)base;
    if (!c->in_transaction)
        return;
    /* Fails when a failed commit rolled back already: the transaction is gone either way. */
    struct error ignored;
    int rc = duck_sql(c, "ROLLBACK", &ignored);
    (void)rc;
    duck_forget_columns(c);
    end_transaction(c);
}
