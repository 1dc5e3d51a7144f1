/* Private to state: the open store and the few SQLite steps that every file of the room takes. */
#ifndef SECCHI_STATE_STORE_H
#define SECCHI_STATE_STORE_H

#include <pthread.h>
#include <sqlite3.h>

#include "state/state.h"

struct state {
    sqlite3 *db;
    char *path;
    pthread_mutex_t lock;            /* held for the length of every public call */
    VEC(struct state_audit) waiting; /* reads not yet written; texts are malloc'd */
    int64_t waiting_since_us;
    pthread_t writer; /* writes the waiting audit rows */
    pthread_cond_t wake;
    bool stopping;
};

#define STATE_LOCKED(s) \
    CLEANUP(state_unlock) pthread_mutex_t *locked_ = &(s)->lock; \
    pthread_mutex_lock(locked_)
void state_unlock(pthread_mutex_t **lock);

/* SQLite's last error as ours, with the path. */
int state_failed(struct state *s, const char *action, struct error *err);
int state_exec(struct state *s, const char *sql, struct error *err) MUST_CHECK;
/* Prepares and binds; format: one letter a value: i int64_t, t const char * (NULL is null), b const void * and int. */
int state_prepare(struct state *s, sqlite3_stmt **ret, struct error *err, const char *sql, const char *format, ...) MUST_CHECK;
/* Prepares, binds, runs to the end and finalizes. */
int state_run_sql(struct state *s, struct error *err, const char *sql, const char *format, ...) MUST_CHECK;
void state_finalize(sqlite3_stmt **stmt);                                  /* for CLEANUP */
const char *state_column(struct arena *a, sqlite3_stmt *stmt, int column); /* NULL for null */

int state_audit_flush(struct state *s, struct error *err) MUST_CHECK; /* lock held */
void state_audit_start(struct state *s);
void state_audit_stop(struct state *s);

#endif
