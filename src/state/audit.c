#include "state/store.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* Reads wait in memory for at most GROUP_US and go to disk together, so that a busy page does not cost an fsync a request. */
#define GROUP_US 50000

static int write_entry(struct state *s, const struct state_audit *e, struct error *err)
{
    return state_run_sql(s, err, "INSERT INTO audit (at_us, user, action, object, detail, allowed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         "itttti", e->at_us, e->user, e->action, e->object, e->detail, (int64_t)e->allowed);
}

static void free_entry(struct state_audit *e)
{
    free((void *)e->user);
    free((void *)e->action);
    free((void *)e->object);
    free((void *)e->detail);
}

int state_audit_flush(struct state *s, struct error *err)
{
    if (!s->waiting.len)
        return 0;
    int rc = state_exec(s, "BEGIN IMMEDIATE", err);
    if (rc)
        return rc;
    for (size_t i = 0; i < s->waiting.len && !rc; i++)
        rc = write_entry(s, &s->waiting.items[i], err);
    if (!rc)
        rc = state_exec(s, "COMMIT", err);
    if (rc) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return rc;
    }
    for (size_t i = 0; i < s->waiting.len; i++)
        free_entry(&s->waiting.items[i]);
    s->waiting.len = 0;
    return 0;
}

static void *write_waiting(void *context)
{
    struct state *s = context;
    struct error err;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        if (!s->waiting.len) {
            pthread_cond_wait(&s->wake, &s->lock);
            continue;
        }
        struct timespec until;
        int64_t at = s->waiting_since_us + GROUP_US / 2;
        until.tv_sec = at / 1000000;
        until.tv_nsec = at % 1000000 * 1000;
        pthread_cond_timedwait(&s->wake, &s->lock, &until);
        if (clock_real_us() < at && !s->stopping)
            continue;
        if (state_audit_flush(s, &err)) {
            log_error("state", &err);
            s->waiting_since_us = clock_real_us() + 1000000; /* kept; tried again a second later */
        }
    }
    if (state_audit_flush(s, &err))
        log_error("state", &err);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void state_audit_start(struct state *s) { pthread_create(&s->writer, NULL, write_waiting, s); }

void state_audit_stop(struct state *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->writer, NULL);
    for (size_t i = 0; i < s->waiting.len; i++)
        free_entry(&s->waiting.items[i]);
    VEC_FREE(&s->waiting);
}

int state_audit_add(struct state *s, const struct state_audit *entry, bool sync, struct error *err)
{
    STATE_LOCKED(s);
    if (sync) {
        int rc = state_audit_flush(s, err); /* keeps the order of what happened */
        return rc ? rc : write_entry(s, entry, err);
    }
    struct state_audit *e = VEC_ADD(&s->waiting);
    *e = *entry;
    e->user = xstrdup(entry->user);
    e->action = xstrdup(entry->action);
    e->object = xstrdup(entry->object);
    e->detail = entry->detail ? xstrdup(entry->detail) : NULL;
    if (s->waiting.len == 1) {
        s->waiting_since_us = clock_real_us();
        pthread_cond_signal(&s->wake);
    }
    return 0;
}

int state_audits(struct state *s, size_t limit, struct arena *a, struct state_audit **ret, size_t *ret_count, struct error *err)
{
    STATE_LOCKED(s);
    int rc = state_audit_flush(s, err);
    if (rc)
        return rc;
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    rc = state_prepare(s, &row, err, "SELECT at_us, user, action, object, detail, allowed FROM audit ORDER BY id DESC LIMIT ?1", "i",
                       (int64_t)limit);
    if (rc)
        return rc;
    VEC(struct state_audit) entries = {0};
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW)
        *VEC_ADD(&entries) = (struct state_audit){
            .at_us = sqlite3_column_int64(row, 0),
            .user = state_column(a, row, 1),
            .action = state_column(a, row, 2),
            .object = state_column(a, row, 3),
            .detail = state_column(a, row, 4),
            .allowed = sqlite3_column_int(row, 5) != 0,
        };
    *ret = VEC_COPY(a, &entries);
    *ret_count = entries.len;
    VEC_FREE(&entries);
    return step == SQLITE_DONE ? 0 : state_failed(s, "read", err);
}
