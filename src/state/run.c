#include "state/store.h"

extern const char state_sql_run_replace[], state_sql_step_put[];

static const char *const names[] = {"queued", "running", "succeeded", "partial", "failed", "cancelled", "interrupted"};

/* The machine of a run: which states may follow which. */
static const unsigned char may_follow[][7] = {
    /*               queued running succeeded partial failed cancelled interrupted */
    [RUN_QUEUED] = {0, 1, 0, 0, 1, 1, 1},
    [RUN_RUNNING] = {0, 0, 1, 1, 1, 1, 1},
    [RUN_SUCCEEDED] = {0},
    [RUN_PARTIAL] = {0},
    [RUN_FAILED] = {0},
    [RUN_CANCELLED] = {0},
    [RUN_INTERRUPTED] = {0},
};

const char *run_state_name(enum run_state state) { return names[state]; }

enum run_state run_state_of(const char *name, enum run_state otherwise)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(name, names[i]))
            return (enum run_state)i;
    return otherwise;
}

int state_run_create(struct state *s, const char *kind, const char *requested_by, const char *options, int64_t *ret_id, struct error *err)
{
    STATE_LOCKED(s);
    int rc = state_run_sql(s, err, "INSERT INTO run (kind, requested_by, state, created_us, options) VALUES (?1, ?2, 'queued', ?3, ?4)",
                           "ttit", kind, requested_by, clock_real_us(), options ? options : "{}");
    if (!rc)
        *ret_id = sqlite3_last_insert_rowid(s->db);
    return rc;
}

static void fill_run(struct arena *a, sqlite3_stmt *row, struct state_run *r)
{
    *r = (struct state_run){
        .id = sqlite3_column_int64(row, 0),
        .kind = state_column(a, row, 1),
        .requested_by = state_column(a, row, 2),
        .state = run_state_of((const char *)sqlite3_column_text(row, 3), RUN_FAILED),
        .created_us = sqlite3_column_int64(row, 4),
        .started_us = sqlite3_column_int64(row, 5),
        .ended_us = sqlite3_column_int64(row, 6),
        .error = state_column(a, row, 7),
        .options = state_column(a, row, 8),
    };
}

#define RUN_COLUMNS "SELECT id, kind, requested_by, state, created_us, started_us, ended_us, error, options FROM run "

static int get_run(struct state *s, int64_t id, struct arena *a, struct state_run *ret, struct error *err)
{
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &row, err, RUN_COLUMNS "WHERE id = ?1", "i", id);
    if (rc)
        return rc;
    int step = sqlite3_step(row);
    if (step == SQLITE_DONE)
        return error_set(err, ERROR_NOT_FOUND, "there is no run %lld", (long long)id);
    if (step != SQLITE_ROW)
        return state_failed(s, "read", err);
    fill_run(a, row, ret);
    return 0;
}

int state_run_get(struct state *s, int64_t id, struct arena *a, struct state_run *ret, struct error *err)
{
    STATE_LOCKED(s);
    return get_run(s, id, a, ret, err);
}

int state_run_move(struct state *s, int64_t id, enum run_state to, const char *error, struct error *err)
{
    STATE_LOCKED(s);
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct state_run run;
    int rc = get_run(s, id, a, &run, err);
    if (rc)
        return rc;
    if (!may_follow[run.state][to])
        return error_set(err, ERROR_INTERNAL, "run %lld cannot go from %s to %s", (long long)id, names[run.state], names[to]);
    int64_t now = clock_real_us();
    if (to == RUN_RUNNING)
        return state_run_sql(s, err, "UPDATE run SET state = 'running', started_us = ?2 WHERE id = ?1", "ii", id, now);
    return state_run_sql(s, err, "UPDATE run SET state = ?2, ended_us = ?3, error = ?4 WHERE id = ?1", "itit", id, names[to], now, error);
}

int state_runs_recover(struct state *s, struct error *err)
{
    STATE_LOCKED(s);
    return state_run_sql(
        s, err, "UPDATE run SET state = 'interrupted', ended_us = ?1, error = 'the process ended' WHERE state IN ('queued', 'running')",
        "i", clock_real_us());
}

static int put_step(struct state *s, const struct state_step *step, struct error *err)
{
    return state_run_sql(s, err, state_sql_step_put, "iittiiiiit", step->run_id, step->seq, step->name, names[step->state],
                         step->started_us, step->ended_us, step->rows_in, step->rows_changed, step->rows_rejected, step->error);
}

int state_step_put(struct state *s, const struct state_step *step, struct error *err)
{
    STATE_LOCKED(s);
    return put_step(s, step, err);
}

int state_runs(struct state *s, int64_t before_id, size_t limit, struct arena *a, struct state_run **ret, size_t *ret_count,
               struct error *err)
{
    STATE_LOCKED(s);
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &row, err, RUN_COLUMNS "WHERE id < ?1 ORDER BY id DESC LIMIT ?2", "ii", before_id ? before_id : INT64_MAX,
                           (int64_t)limit);
    if (rc)
        return rc;
    VEC(struct state_run) runs = {0};
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW)
        fill_run(a, row, VEC_ADD(&runs));
    *ret = VEC_COPY(a, &runs);
    *ret_count = runs.len;
    VEC_FREE(&runs);
    return step == SQLITE_DONE ? 0 : state_failed(s, "read", err);
}

static void fill_step(struct arena *a, sqlite3_stmt *row, struct state_step *t)
{
    *t = (struct state_step){
        .run_id = sqlite3_column_int64(row, 0),
        .seq = sqlite3_column_int64(row, 1),
        .name = state_column(a, row, 2),
        .state = run_state_of((const char *)sqlite3_column_text(row, 3), RUN_FAILED),
        .started_us = sqlite3_column_int64(row, 4),
        .ended_us = sqlite3_column_int64(row, 5),
        .rows_in = sqlite3_column_int64(row, 6),
        .rows_changed = sqlite3_column_int64(row, 7),
        .rows_rejected = sqlite3_column_int64(row, 8),
        .error = state_column(a, row, 9),
    };
}

int state_steps(struct state *s, int64_t run_id, struct arena *a, struct state_step **ret, size_t *ret_count, struct error *err)
{
    STATE_LOCKED(s);
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(
        s, &row, err,
        "SELECT run_id, seq, name, state, started_us, ended_us, rows_in, rows_changed, rows_rejected, error FROM step WHERE run_id = ?1 ORDER BY seq",
        "i", run_id);
    if (rc)
        return rc;
    VEC(struct state_step) steps = {0};
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW)
        fill_step(a, row, VEC_ADD(&steps));
    *ret = VEC_COPY(a, &steps);
    *ret_count = steps.len;
    VEC_FREE(&steps);
    return step == SQLITE_DONE ? 0 : state_failed(s, "read", err);
}

int state_runs_replace(struct state *s, const struct state_run *runs, size_t run_count, const struct state_step *steps, size_t step_count,
                       struct error *err)
{
    STATE_LOCKED(s);
    int rc = state_exec(
        s,
        "BEGIN IMMEDIATE; DELETE FROM step WHERE run_id IN (SELECT id FROM run WHERE ended_us <> 0); DELETE FROM run WHERE ended_us <> 0",
        err);
    for (size_t i = 0; i < run_count && !rc; i++) {
        const struct state_run *r = &runs[i];
        rc = state_run_sql(s, err, state_sql_run_replace, "itttiiitt", r->id, r->kind, r->requested_by, names[r->state], r->created_us,
                           r->started_us, r->ended_us, r->error, r->options ? r->options : "{}");
    }
    for (size_t i = 0; i < step_count && !rc; i++)
        rc = put_step(s, &steps[i], err);
    if (!rc)
        rc = state_exec(s, "COMMIT", err);
    if (rc)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
