#include "build/room.h"

#define BEGINNING_US INT64_C(-62135596800000000) /* 0001-01-01 */

/* All gold tables in one transaction. A table that fails takes the transaction with it: it is then run again without that
 * table and what reads it, so that the others are published all the same. */

struct input {
    int64_t newest_us;  /* its newest load */
    int64_t expired_us; /* when rows were last taken away, INT64_MIN: never */
    int64_t earlier_us; /* its newest load by an earlier run, INT64_MIN: there is none */
};

struct mark {
    int64_t us; /* published up to this load */
    const char *hash;
};

struct gold {
    struct build *b;
    struct pack_object **tables;
    struct build_step *steps; /* one a table */
    bool *announced;          /* its start and end were told */
    const char **filled;      /* hash of its statements when this transaction has filled it */
    size_t count;
    struct map inputs; /* bronze table -> struct input */
    struct map marks;  /* gold table -> struct mark, of earlier publications */
    struct arena *arena;
};

size_t build_gold_count(const struct build *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->ctx->catalogue->object_count; i++) {
        const struct pack_object *o = b->ctx->catalogue->objects[i];
        n += o->layer == PACK_GOLD && !o->is_view && build_chosen(b, o);
    }
    return n;
}

static int read_inputs(struct gold *g, struct error *err)
{
    struct engine_rows rows;
    const struct engine_stmt *s = SQL_WITH(build_sql_newest_loads, P_I64("run", g->b->run_id));
    int rc = engine_rows(g->b->conn, s, 100000, g->arena, &rows, err);
    for (size_t i = 0; !rc && i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        struct input *in = arena_alloc(g->arena, sizeof(*in));
        *in = (struct input){.newest_us = v[1].i,
                             .expired_us = v[2].type == ENGINE_NULL ? INT64_MIN : v[2].i,
                             .earlier_us = v[3].type == ENGINE_NULL ? INT64_MIN : v[3].i};
        map_set(&g->inputs, v[0].text, in);
    }
    return rc;
}

static int read_marks(struct gold *g, struct error *err)
{
    struct engine_rows rows;
    const struct engine_stmt *s = ENGINE_SQL("SELECT table_name, published_to, fill_hash FROM secchi_ops.gold_mark");
    int rc = engine_rows(g->b->conn, s, 100000, g->arena, &rows, err);
    for (size_t i = 0; !rc && i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        struct mark *m = arena_alloc(g->arena, sizeof(*m));
        *m = (struct mark){.us = v[1].i, .hash = v[2].type == ENGINE_NULL ? "" : v[2].text};
        map_set(&g->marks, v[0].text, m);
    }
    return rc;
}

static const struct input *input_of(const struct gold *g, const struct pack_object *o)
{
    return o->layer == PACK_BRONZE ? map_get(&g->inputs, o->name) : NULL;
}

/* Newest load of the bronze tables that an object reads, directly or through others. Tables do not read in circles. */
static int64_t newest_input(const struct gold *g, const struct pack_object *o)
{
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < o->read_count; i++) {
        const struct input *in = input_of(g, o->reads[i]);
        int64_t below = in ? in->newest_us : newest_input(g, o->reads[i]);
        newest = below > newest ? below : newest;
    }
    return newest;
}

/* True when a bronze table that an object reads has lost rows since; `but` is left out where it is read directly. */
static bool has_expired(const struct gold *g, const struct pack_object *o, int64_t since_us, const struct pack_object *but)
{
    for (size_t i = 0; i < o->read_count; i++) {
        const struct input *in = input_of(g, o->reads[i]);
        if (o->reads[i] != but && (in ? in->expired_us > since_us : has_expired(g, o->reads[i], since_us, NULL)))
            return true;
    }
    return false;
}

static const char *fill_hash(const struct pack_object *o, struct arena *a)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < o->fill_count; i++)
        hash = hash_bytes(o->fills[i].sql, o->fills[i].len, hash);
    return arena_printf(a, "%016llx", (unsigned long long)hash);
}

struct gold_since {
    bool known, full, lost; /* lost: retention has taken rows */
    int64_t us;
};

/* What was published before. Everything is read again when asked for and when the statements of the table have changed. */
static struct gold_since since_of(const struct gold *g, const struct pack_object *o, const char *hash)
{
    const struct mark *m = map_get(&g->marks, o->name);
    bool full = g->b->options->full || !m || !str_eq(m->hash, hash);
    return (struct gold_since){.known = m != NULL, .full = full, .us = full ? BEGINNING_US : m->us};
}

static bool takes_since(const struct pack_statement *s)
{
    for (size_t i = 0; s->references && i < s->references->param_count; i++)
        if (str_eq(s->references->params[i], "since"))
            return true;
    return false;
}

/* True when no row that the statement makes can be there already: it takes one of each row of a bronze table that came since, by the
 * table's own key, and all of these came in this run and were new to the bronze table too. */
static bool makes_new_rows(struct gold *g, const struct engine_stmt *fill, int64_t since_us)
{
    const struct pack_object *bronze = build_merge_copies(g->arena, fill->sql, g->b->ctx->catalogue);
    const struct input *in = bronze ? input_of(g, bronze) : NULL;
    return in && in->earlier_us <= since_us && !map_has(&g->b->met, build_key(g->arena, bronze));
}

static int run_fills(struct gold *g, const struct pack_object *o, const struct gold_since *from, struct build_step *step, struct error *err)
{
    struct engine_param since = P_TIME("since", from->us);
    bool empty;
    int rc = build_is_empty(g->b->conn, o, g->arena, &empty, err);
    for (size_t i = 0; i < o->fill_count && !rc; i++) {
        int64_t rows = 0;
        bool bound = takes_since(&o->fills[i]);
        const char *insert = empty && o->fill_count == 1 ? build_insert_for_merge(g->arena, o->fills[i].sql, NULL) : NULL;
        struct engine_stmt s = {
            .sql = insert ? insert : o->fills[i].sql,
            .file = o->file,
            .line = o->fills[i].line,
            .params = bound ? &since : NULL,
            .param_count = bound,
        };
        bool done = false;
        if (!from->full && !from->lost && !empty && o->fill_count == 1)
            rc = build_keys_fill(g->b, o, &s, makes_new_rows(g, &s, from->us), &rows, &done, err);
        if (!rc && !done)
            rc = engine_exec(g->b->conn, &s, &rows, err);
        if (!rc)
            step->rows_changed += rows;
    }
    return rc;
}

static int count_input(struct gold *g, const struct pack_object *o, int64_t since_us, struct build_step *step, struct error *err)
{
    for (size_t i = 0; i < o->read_count; i++) {
        int64_t rows = 0;
        if (o->reads[i]->layer != PACK_BRONZE)
            continue;
        const char *sql = arena_printf(g->arena, "SELECT COUNT(*) FROM %s.%s WHERE bronze_ingestion_timestamp > :since",
                                       o->reads[i]->schema, o->reads[i]->name);
        int rc = build_i64(g->b->conn, SQL_WITH(sql, P_TIME("since", since_us)), &rows, err);
        if (rc)
            return rc;
        step->rows_in += rows;
    }
    return 0;
}

static int add_mark(struct gold *g, struct build_rows *r, size_t i, struct error *err)
{
    struct build *b = g->b;
    return build_rows_add(r,
                          ROW(P_TEXT("table_name", g->tables[i]->name), P_TIME("published_to", b->last_ingested_us),
                              P_TEXT("fill_hash", g->filled[i]), P_I64("run_id", b->run_id)),
                          err);
}

/* How far the filled tables are now. */
static int put_marks(struct gold *g, struct error *err)
{
    struct buf names CLEANUP(buf_free);
    struct build_rows r;
    buf_init(&names, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < g->count; i++)
        if (g->filled[i])
            buf_printf(&names, "%s%s", names.len ? ", " : "", sql_literal(g->arena, g->tables[i]->name));
    if (!names.len)
        return 0;
    const char *sql = arena_printf(g->arena, "DELETE FROM secchi_ops.gold_mark WHERE table_name IN (%s)", names.data);
    int rc = engine_exec(g->b->conn, ENGINE_SQL(sql), NULL, err);
    if (rc || (rc = build_rows_begin(g->b->conn, "gold_mark", g->arena, &r, err)))
        return rc;
    for (size_t i = 0; i < g->count && !rc; i++)
        if (g->filled[i])
            rc = add_mark(g, &r, i, err);
    return build_rows_end(&r, rc, err);
}

/* Gold holds what its statements make of the bronze rows that there are. Where each row is made of one bronze row, those of the
 * rows that retention took go the same way; any other table is built anew, since nobody knows what they were part of. */
static int expire(struct gold *g, const struct pack_object *o, struct gold_since *since, struct build_step *step, struct error *err)
{
    const struct pack_object *bronze = o->row_of && o->event_time ? pack_find(g->b->ctx->catalogue, "system_bronze", o->row_of) : NULL;
    int64_t horizon = bronze ? build_retention_us(g->b, bronze) : INT64_MIN;
    if (since->full || !has_expired(g, o, since->us, NULL))
        return 0;
    if (horizon == INT64_MIN || has_expired(g, o, since->us, bronze)) {
        since->full = true;
        since->us = BEGINNING_US;
        return 0;
    }
    int64_t rows = 0;
    const char *sql = arena_printf(g->arena, "DELETE FROM %s.%s WHERE %s < :horizon", o->schema, o->name,
                                   sql_backtick(g->arena, o->event_time));
    int rc = engine_exec(g->b->conn, SQL_WITH(sql, P_TIME("horizon", horizon)), &rows, err);
    step->rows_changed += rows;
    since->lost = true;
    return rc;
}

/* A full build starts from nothing. */
static int fill_table(struct gold *g, size_t i, struct build_step *step, struct error *err)
{
    const struct pack_object *o = g->tables[i];
    const char *hash = fill_hash(o, g->arena);
    struct gold_since since = since_of(g, o, hash);
    int64_t gone = 0;
    if (!since.full && newest_input(g, o) <= since.us)
        return 0;
    int rc = expire(g, o, &since, step, err);
    if (!rc && since.full && since.known)
        rc = engine_exec(g->b->conn, ENGINE_SQL(arena_printf(g->arena, "DELETE FROM %s.%s", o->schema, o->name)), &gone, err);
    if (!rc)
        rc = count_input(g, o, since.us, step, err);
    if (!rc)
        rc = run_fills(g, o, &since, step, err);
    if (!step->rows_changed)
        step->rows_changed = gone; /* nothing is left: that is a change as well */
    if (!rc)
        g->filled[i] = hash;
    return rc;
}

/* ---- the transaction ---------------------------------------------------------------------------------------------- */

static const char *why_left_out(const struct gold *g, const struct pack_object *o)
{
    for (size_t i = 0; i < o->read_count; i++)
        if (map_has(&g->b->left_out, build_key(g->arena, o->reads[i])))
            return arena_printf(g->arena, "skipped: it reads %s.%s, which failed", o->reads[i]->schema, o->reads[i]->name);
    return NULL;
}

static void begin_step(struct gold *g, size_t i)
{
    const struct pack_object *o = g->tables[i];
    if (!g->announced[i]) {
        build_step_begin(g->b, &g->steps[i], arena_printf(g->b->arena, "gold %s", o->name), "gold", o->name);
        return;
    }
    g->steps[i].rows_in = g->steps[i].rows_changed = 0;
    g->steps[i].started_us = clock_real_us();
}

static void leave_out(struct gold *g, size_t i, const char *why)
{
    map_set(&g->b->left_out, build_key(g->b->arena, g->tables[i]), (void *)(uintptr_t) "left out");
    snprintf(g->steps[i].error, sizeof(g->steps[i].error), "%s", why);
}

/* Fills table i; failing tables are remembered in left_out. */
static int run_table(struct gold *g, size_t i, struct error *err)
{
    struct build_step *s = &g->steps[i];
    const char *skip = why_left_out(g, g->tables[i]);
    begin_step(g, i);
    int rc = skip ? 0 : fill_table(g, i, s, err);
    s->ended_us = clock_real_us();
    s->state = skip ? RUN_INTERRUPTED : rc == ERROR_INTERRUPTED ? RUN_CANCELLED : rc ? RUN_FAILED : RUN_SUCCEEDED;
    if (skip || rc)
        leave_out(g, i, skip ? skip : err->what);
    if (!g->announced[i] || rc)
        build_step_tell(g->b, s);
    g->announced[i] = true;
    return rc;
}

static int publish(struct gold *g, bool *ret_again, struct error *err)
{
    struct build *b = g->b;
    build_keys_forget(b);
    int rc = engine_begin(b->conn, err);
    *ret_again = false;
    memset(g->filled, 0, g->count * sizeof(*g->filled));
    for (size_t i = 0; i < g->count && !rc; i++) {
        if (build_stopped(b)) {
            rc = error_set(err, ERROR_INTERRUPTED, "stopped");
            break;
        }
        if (g->announced[i] && map_has(&b->left_out, build_key(g->arena, g->tables[i])))
            continue;
        rc = run_table(g, i, err);
        *ret_again = rc != 0 && rc != ERROR_INTERRUPTED && rc != ERROR_IO;
    }
    if (!rc)
        rc = put_marks(g, err);
    if (!rc)
        rc = build_steps_record(b, g->steps, g->count, err);
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc)
        engine_rollback(b->conn);
    return rc;
}

static void note_outcome(struct gold *g)
{
    struct build *b = g->b;
    for (size_t i = 0; i < g->count; i++) {
        b->report.failed += g->steps[i].state == RUN_FAILED;
        b->report.skipped += g->steps[i].state == RUN_INTERRUPTED;
        if (g->steps[i].state == RUN_FAILED && !b->first_failure[0])
            snprintf(b->first_failure, sizeof(b->first_failure), "%s: %.900s", g->steps[i].name, g->steps[i].error);
        build_step_project(b, &g->steps[i]);
    }
}

int build_gold(struct build *b, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct pack_catalogue *c = b->ctx->catalogue;
    size_t most = build_gold_count(b) + 1;
    struct gold g = {.b = b, .arena = a};
    g.tables = arena_alloc(b->arena, most * sizeof(*g.tables));
    g.steps = arena_alloc(b->arena, most * sizeof(*g.steps));
    g.announced = arena_alloc(b->arena, most * sizeof(*g.announced));
    g.filled = arena_alloc(b->arena, most * sizeof(*g.filled));
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i]->layer == PACK_GOLD && !c->objects[i]->is_view && build_chosen(b, c->objects[i]))
            g.tables[g.count++] = c->objects[i];
    bool again = false;
    struct error why = {0};
    int rc = read_inputs(&g, &why);
    if (!rc)
        rc = read_marks(&g, &why);
    do {
        if (!rc || again)
            rc = publish(&g, &again, &why);
    } while (again);
    map_free(&g.inputs);
    map_free(&g.marks);
    if (rc) {
        if (err)
            *err = why;
        return rc;
    }
    note_outcome(&g);
    return 0;
}
