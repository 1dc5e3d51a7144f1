/*
 * state - what is not analytics: run history, tokens, sessions, audit. SQLite in <home>/state.db (WAL, synchronous FULL).
 * What was loaded is not here but in secchi_ops of the warehouse, in the transaction of the data; the run history here is
 * a projection for quick reading, rebuilt from secchi_ops at open when the two disagree (the warehouse wins).
 *
 * One handle a process; calls are serialised inside. A store of a newer version is refused, an older one is copied to
 * state.db.v<N> and migrated.
 */
#ifndef SECCHI_STATE_H
#define SECCHI_STATE_H

#include "base/base.h"

struct state;

int state_open(const char *path, struct state **ret, struct error *err) MUST_CHECK;
void state_close(struct state *s);
int state_backup(struct state *s, const char *path, struct error *err) MUST_CHECK; /* consistent copy while in use */

/* ---- runs: state machine queued -> running -> succeeded | partial | failed | cancelled | interrupted ------------- */

enum run_state { RUN_QUEUED, RUN_RUNNING, RUN_SUCCEEDED, RUN_PARTIAL, RUN_FAILED, RUN_CANCELLED, RUN_INTERRUPTED };
const char *run_state_name(enum run_state s);
enum run_state run_state_of(const char *name, enum run_state otherwise);

struct state_run {
    int64_t id;
    const char *kind; /* "setup", "refresh" */
    const char *requested_by;
    enum run_state state;
    int64_t created_us, started_us, ended_us; /* 0: not yet */
    const char *error;                        /* may be NULL */
    const char *options;                      /* JSON */
};
struct state_step {
    int64_t run_id, seq;
    const char *name; /* "land spark", "bronze query_history", "gold dim_job" */
    enum run_state state;
    int64_t started_us, ended_us;
    int64_t rows_in, rows_changed, rows_rejected;
    const char *error;
};

int state_run_create(struct state *s, const char *kind, const char *requested_by, const char *options, int64_t *ret_id,
                     struct error *err) MUST_CHECK;
/* Moves a run; a move that the machine does not allow is ERROR_INTERNAL. */
int state_run_move(struct state *s, int64_t id, enum run_state to, const char *error, struct error *err) MUST_CHECK;
/* Runs left running by a process that died become interrupted; called by the owner at open. */
int state_runs_recover(struct state *s, struct error *err) MUST_CHECK;
int state_step_put(struct state *s, const struct state_step *step, struct error *err) MUST_CHECK; /* insert or replace by (run_id, seq) */
int state_runs(struct state *s, int64_t before_id, size_t limit, struct arena *a, struct state_run **ret, size_t *ret_count,
               struct error *err) MUST_CHECK; /* newest first; before_id 0: from the newest */
int state_run_get(struct state *s, int64_t id, struct arena *a, struct state_run *ret, struct error *err) MUST_CHECK;
int state_steps(struct state *s, int64_t run_id, struct arena *a, struct state_step **ret, size_t *ret_count, struct error *err) MUST_CHECK;
/* For the rebuild from secchi_ops: replaces all runs and steps that ended. */
int state_runs_replace(struct state *s, const struct state_run *runs, size_t run_count, const struct state_step *steps, size_t step_count,
                       struct error *err) MUST_CHECK;

/* ---- tokens: only a salted hash is stored --------------------------------------------------------------------- */

struct state_token {
    int64_t id;
    const char *name, *role;                    /* "reader", "operator", "administrator" */
    const char *tenant;                         /* NULL: all */
    int64_t created_us, expires_us, revoked_us; /* 0: never */
};
/* Makes a token of 32 random bytes; ret_secret (arena) is shown once. */
int state_token_create(struct state *s, const char *name, const char *role, const char *tenant, int64_t expires_us, struct arena *a,
                       const char **ret_secret, struct error *err) MUST_CHECK;
/* ERROR_DENIED when the secret is unknown, expired or revoked; compares in constant time. */
int state_token_find(struct state *s, const char *secret, struct arena *a, struct state_token *ret, struct error *err) MUST_CHECK;
int state_tokens(struct state *s, struct arena *a, struct state_token **ret, size_t *ret_count, struct error *err) MUST_CHECK;
int state_token_revoke(struct state *s, int64_t id, struct error *err) MUST_CHECK;

/* ---- audit: who did what; append only ---------------------------------------------------------------------------- */

struct state_audit {
    int64_t at_us;
    const char *user, *action, *object, *detail; /* detail: JSON or NULL */
    bool allowed;
};
/* sync: on disk before the call returns (changes); else written in groups, at most 50 ms late (reads, C-09). */
int state_audit_add(struct state *s, const struct state_audit *entry, bool sync, struct error *err) MUST_CHECK;
int state_audits(struct state *s, size_t limit, struct arena *a, struct state_audit **ret, size_t *ret_count, struct error *err) MUST_CHECK;

/* ---- key and value for small facts (last port, first start) -------------------------------------------------------- */
int state_get(struct state *s, const char *key, struct arena *a, const char **ret,
              struct error *err) MUST_CHECK; /* *ret NULL when absent */
int state_put(struct state *s, const char *key, const char *value, struct error *err) MUST_CHECK;

#endif
