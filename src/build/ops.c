#include "build/room.h"

#include <stdlib.h>

/* ---- reading ------------------------------------------------------------------------------------------------ */

const char *build_hash(struct arena *a, const void *data, size_t len)
{
    uint64_t hash = hash_bytes(data, len, 0);
    return arena_printf(a, "%016llx", (unsigned long long)hash);
}

int build_i64(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_value v;
    int rc = engine_cell(c, s, a, &v, err);
    if (rc)
        return rc;
    if (v.type == ENGINE_OTHER || v.type == ENGINE_TEXT) /* sums are decimals */
        return str_to_i64(v.text, ret) ? error_set(err, ERROR_INTERNAL, "expected a number, found %s", v.text) : 0;
    *ret = v.type == ENGINE_NULL ? 0 : v.i;
    return 0;
}

int build_table_exists(struct engine_conn *c, const char *schema, const char *table, bool *ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_column *columns;
    size_t count;
    *ret = engine_table_columns(c, schema, table, a, &columns, &count, NULL) != ERROR_NOT_FOUND;
    return *ret ? engine_table_columns(c, schema, table, a, &columns, &count, err) : 0; /* now whatever else is wrong */
}

int build_marks(struct engine_conn *c, const char *source, struct arena *a, struct source_mark **ret, size_t *ret_count, struct error *err)
{
    struct engine_rows rows;
    const struct engine_stmt *s = SQL_WITH(build_sql_marks, P_TEXT("source", source));
    int rc = engine_rows(c, s, SIZE_MAX / 64, a, &rows, err);
    if (rc)
        return rc;
    struct source_mark *marks = arena_alloc(a, (rows.row_count + 1) * sizeof(*marks));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        marks[i] = (struct source_mark){.table = v[0].text, .file = v[1].text, .size = v[2].i, .offset = v[3].i, .version = v[4].i};
    }
    *ret = marks;
    *ret_count = rows.row_count;
    return 0;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* Of several parts of one file the last says how far it was read. */
static void last_marks(const struct source_mark *marks, size_t count, struct arena *a, struct map *ret)
{
    for (size_t i = 0; i < count; i++)
        map_set(ret, arena_printf(a, "%s\t%s", marks[i].table, marks[i].file), (void *)(uintptr_t)&marks[i]);
}

static int forget_marks(struct build *b, const char *source, const struct map *last, struct arena *a, struct error *err)
{
    const size_t most = 500; /* files a statement */
    int rc = 0;
    for (size_t i = 0; i < last->len && !rc;) {
        struct buf files CLEANUP(buf_free);
        buf_init(&files, LIMIT_SQL_BYTES);
        for (size_t n = 0; i < last->len && n < most; i++) {
            const struct source_mark *m = last->entries[i].key ? last->entries[i].value : NULL;
            if (m)
                buf_printf(&files, "%s(%s, %s)", n++ ? ", " : "", sql_literal(a, m->table), sql_literal(a, m->file));
        }
        if (files.overflow)
            return error_set(err, ERROR_LIMIT, "the names of the files of %s are too long", source);
        if (files.len)
            rc = engine_exec(b->conn, SQL_WITH(TEMPLATE(a, build_sql_mark_forget, {"files", files.data}), P_TEXT("source", source)), NULL,
                             err);
    }
    return rc;
}

/* Statements would cost more than the rows of many small files. */
int build_mark_put(struct build *b, const char *source, const struct source_mark *marks, size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct map last = {0};
    struct build_rows r;
    last_marks(marks, count, a, &last);
    int rc = forget_marks(b, source, &last, a, err);
    if (!rc && !(rc = build_rows_begin(b->conn, "load_mark", a, &r, err))) {
        for (size_t i = 0; i < last.len && !rc; i++) {
            const struct source_mark *m = last.entries[i].key ? last.entries[i].value : NULL;
            if (m)
                rc = build_rows_add(&r,
                                    ROW(P_TEXT("source", source), P_TEXT("table_name", m->table), P_TEXT("file", m->file),
                                        P_I64("size_bytes", m->size), P_I64("offset_bytes", m->offset), P_I64("version", m->version),
                                        P_I64("run_id", b->run_id), P_TIME("loaded_at", b->last_ingested_us)),
                                    err);
        }
        rc = build_rows_end(&r, rc, err);
    }
    map_free(&last);
    return rc;
}

int64_t build_next_ingested(struct build *b)
{
    int64_t now = clock_real_us();
    b->last_ingested_us = now > b->last_ingested_us ? now : b->last_ingested_us + 1;
    return b->last_ingested_us;
}

static int next_run_id(struct build *b, struct error *err)
{
    const struct build_options *o = b->options;
    if (o->run_id) {
        b->run_id = o->run_id;
        return 0;
    }
    if (b->ctx->state) {
        int rc = state_run_create(b->ctx->state, o->kind ? o->kind : "refresh", "build", NULL, &b->run_id, err);
        return rc ? rc : state_run_move(b->ctx->state, b->run_id, RUN_RUNNING, NULL, err);
    }
    int rc = build_i64(b->conn, ENGINE_SQL("SELECT MAX(run_id) FROM secchi_ops.run"), &b->run_id, err);
    b->run_id++;
    return rc;
}

int build_run_begin(struct build *b, struct error *err)
{
    int rc = next_run_id(b, err);
    if (!rc)
        rc = build_i64(b->conn, ENGINE_SQL("SELECT MAX(ingested_at) FROM secchi_ops.load_batch"), &b->last_ingested_us, err);
    if (!rc)
        rc = build_i64(b->conn, ENGINE_SQL("SELECT MAX(landing) FROM secchi_ops.landed_log"), &b->last_landing, err);
    if (!rc)
        rc = build_findings_open(b, err);
    if (rc || (rc = engine_begin(b->conn, err)))
        return rc;
    const char *kind = b->options->kind ? b->options->kind : "refresh";
    int64_t now = clock_real_us();
    rc = engine_exec(b->conn, SQL_WITH(build_sql_run_interrupted, P_TIME("now", now)), NULL, err);
    if (!rc)
        rc = engine_exec(b->conn, SQL_WITH("DELETE FROM secchi_ops.run WHERE run_id = :run", P_I64("run", b->run_id)), NULL, err);
    if (!rc)
        rc = engine_exec(b->conn, SQL_WITH("DELETE FROM secchi_ops.step WHERE run_id = :run", P_I64("run", b->run_id)), NULL, err);
    if (!rc)
        rc = engine_exec(b->conn,
                         SQL_WITH(build_sql_run, P_I64("run", b->run_id), P_TEXT("kind", kind), P_TIME("now", now),
                                  P_TIME("as_of", b->as_of_us), P_BOOL("full", b->options->full)),
                         NULL, err);
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc)
        engine_rollback(b->conn);
    return rc;
}

int build_run_end(struct build *b, enum run_state state, const char *error, struct error *err)
{
    int rc = engine_exec(b->conn,
                         SQL_WITH(build_sql_run_end, P_TEXT("state", run_state_name(state)), P_TIME("now", clock_real_us()),
                                  P_TEXT("error", error), P_I64("run", b->run_id)),
                         NULL, err);
    if (!rc && b->ctx->state && !b->options->run_id)
        rc = state_run_move(b->ctx->state, b->run_id, state, error, err);
    return rc;
}

/* ---- rows of secchi_ops ------------------------------------------------------------------------------------------ */

int build_rows_begin(struct engine_conn *c, const char *table, struct arena *a, struct build_rows *ret, struct error *err)
{
    struct build_rows r = {.table = table};
    int rc = engine_table_columns(c, "secchi_ops", table, a, &r.columns, &r.column_count, err);
    if (!rc)
        rc = engine_load_begin(c, "secchi_ops", table, &r.loader, err);
    if (!rc)
        *ret = r;
    return rc;
}

int build_rows_add(struct build_rows *r, const struct engine_param *values, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct engine_column *c = engine_find_column(r->columns, r->column_count, values[i].name);
        const struct engine_value *v = &values[i].value;
        if (!c)
            return error_set(err, ERROR_INTERNAL, "secchi_ops.%s has no column %s", r->table, values[i].name);
        unsigned at = (unsigned)(c - r->columns);
        if (v->type == ENGINE_TEXT)
            engine_load_text(r->loader, at, v->text, strlen(v->text));
        else if (v->type == ENGINE_BOOL)
            engine_load_bool(r->loader, at, v->b);
        else if (v->type != ENGINE_NULL)
            engine_load_i64(r->loader, at, v->i);
    }
    return engine_load_row(r->loader, err);
}

int build_rows_end(struct build_rows *r, int rc, struct error *err)
{
    if (!rc)
        return engine_load_end(r->loader, err);
    engine_load_abort(r->loader);
    return rc;
}

int build_loaded_put(struct build *b, const struct build_loaded *l, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct build_rows r;
    int rc = build_rows_begin(b->conn, "load_batch", a, &r, err);
    if (rc)
        return rc;
    rc = build_rows_add(&r,
                        ROW(P_TIME("ingested_at", l->ingested_us), P_I64("run_id", b->run_id), P_TEXT("source", l->source),
                            P_TEXT("table_name", l->table), P_I64("rows_in", l->rows_in), P_I64("rows_changed", l->changed),
                            P_I64("rows_rejected", l->rejected)),
                        err);
    return build_rows_end(&r, rc, err);
}

static int add_step(struct build *b, struct build_rows *r, const struct build_step *s, struct error *err)
{
    const char *state = s->state == RUN_INTERRUPTED ? "skipped" : run_state_name(s->state);
    return build_rows_add(r,
                          ROW(P_I64("run_id", b->run_id), P_I64("seq", s->seq), P_TEXT("name", s->name), P_TEXT("layer", s->layer),
                              P_TEXT("table_name", s->table), P_TEXT("state", state), P_TIME("started_at", s->started_us),
                              P_TIME("ended_at", s->ended_us), P_I64("rows_in", s->rows_in), P_I64("rows_changed", s->rows_changed),
                              P_I64("rows_rejected", s->rows_rejected), P_TEXT("error", s->error[0] ? s->error : NULL)),
                          err);
}

int build_steps_record(struct build *b, const struct build_step *steps, size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct build_rows r;
    int rc = build_rows_begin(b->conn, "step", a, &r, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count && !rc; i++)
        rc = add_step(b, &r, &steps[i], err);
    return build_rows_end(&r, rc, err);
}
