#include "build/room.h"

#define HISTORY_RUNS 10000

static int64_t time_of(const struct engine_value *v) { return v->type == ENGINE_NULL ? 0 : v->i; }
static const char *text_of(const struct engine_value *v) { return v->type == ENGINE_NULL ? NULL : v->text; }

static int read_runs(struct engine_conn *c, struct arena *a, struct state_run **ret, size_t *ret_count, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(c, ENGINE_SQL(build_sql_history_runs), HISTORY_RUNS, a, &rows, err);
    if (rc)
        return rc;
    struct state_run *runs = arena_alloc(a, (rows.row_count + 1) * sizeof(*runs));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        runs[i] = (struct state_run){
            .id = v[0].i,
            .kind = text_of(&v[1]),
            .requested_by = "warehouse",
            .state = run_state_of(v[2].text, RUN_INTERRUPTED),
            .created_us = time_of(&v[3]),
            .started_us = time_of(&v[3]),
            .ended_us = time_of(&v[4]),
            .error = text_of(&v[5]),
            .options = "{}",
        };
    }
    *ret = runs;
    *ret_count = rows.row_count;
    return 0;
}

static int read_steps(struct engine_conn *c, struct arena *a, struct state_step **ret, size_t *ret_count, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(c, ENGINE_SQL(build_sql_history_steps), SIZE_MAX / 64, a, &rows, err);
    if (rc)
        return rc;
    struct state_step *steps = arena_alloc(a, (rows.row_count + 1) * sizeof(*steps));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        steps[i] = (struct state_step){
            .run_id = v[0].i,
            .seq = v[1].i,
            .name = text_of(&v[2]),
            .state = run_state_of(v[3].text, RUN_INTERRUPTED) /* skipped */,
            .started_us = time_of(&v[4]),
            .ended_us = time_of(&v[5]),
            .rows_in = v[6].i,
            .rows_changed = v[7].i,
            .rows_rejected = v[8].i,
            .error = text_of(&v[9]),
        };
    }
    *ret = steps;
    *ret_count = rows.row_count;
    return 0;
}

/* The store may know runs that never reached the warehouse (queued ones); every run of the warehouse must be in the store. */
static int agrees(struct state *s, const struct state_run *runs, size_t count, struct arena *a, bool *ret, struct error *err)
{
    *ret = true;
    for (size_t i = 0; i < count && i < 100 && *ret; i++) {
        struct state_run there;
        int rc = state_run_get(s, runs[i].id, a, &there, err);
        if (rc && rc != ERROR_NOT_FOUND)
            return rc;
        *ret = !rc && there.state == runs[i].state;
    }
    return 0;
}

static int project(const struct build_context *b, struct engine_conn *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct state_run *runs;
    struct state_step *steps;
    size_t run_count, step_count;
    bool same;
    int rc = read_runs(c, a, &runs, &run_count, err);
    if (!rc)
        rc = agrees(b->state, runs, run_count, a, &same, err);
    if (rc || same)
        return rc;
    rc = read_steps(c, a, &steps, &step_count, err);
    return rc ? rc : state_runs_replace(b->state, runs, run_count, steps, step_count, err);
}

int build_recover(const struct build_context *b, struct error *err)
{
    struct engine_conn *c;
    int64_t left = 0;
    int rc = engine_connect(b->engine, ENGINE_WRITE, NULL, &c, err);
    if (rc)
        return rc;
    rc = build_i64(c, ENGINE_SQL("SELECT COUNT(*) FROM secchi_ops.run WHERE state = 'running'"), &left, err);
    if (!rc && left)
        rc = engine_exec(c, SQL_WITH(build_sql_run_interrupted, P_TIME("now", clock_real_us())), NULL, err);
    if (!rc && b->state)
        rc = project(b, c, err);
    engine_disconnect(c);
    return rc;
}
