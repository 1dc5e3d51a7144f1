/* Results of queries into files. */
#include "engine/duckdb/duck.h"

#include <stdlib.h>

struct duck_copier {
    struct engine_copier base;
    struct engine_stmt stmt; /* params: their names and types */
    const char *by;
    char *sql; /* rewritten */
};

int duck_copy_open(struct engine_conn *base, const struct engine_stmt *s, const char *by, struct engine_copier **ret, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct duck_query q;
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_query_prepare(c, s, false, a, &q, err);
    duck_leave(c);
    if (rc)
        return rc;
    duckdb_destroy_prepare(&q.prepared);
    struct duck_copier *k = xcalloc(1, sizeof(*k));
    k->base.conn = base;
    k->stmt = *s;
    k->by = by;
    k->sql = xstrdup(q.rewritten->statements[0]);
    *ret = &k->base;
    return 0;
}

static int copy(struct duck_conn *c, const char *sql, const struct duck_where *where, int64_t *ret_rows, struct error *err)
{
    duckdb_prepared_statement p = NULL;
    duckdb_result result;
    int rc = duck_prepare_bound(c, sql, where, &p, err);
    if (rc)
        return rc;
    rc = duck_run(c, p, false, where, &result, err);
    if (!rc) {
        if (ret_rows)
            *ret_rows = (int64_t)duckdb_rows_changed(&result);
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&p);
    return rc;
}

/* The writer of JSON lines cannot write a file a value. The writer of text can, told to write what the other would: a line a row. */
static void put_copy(struct arena *a, const struct duck_copier *k, const char *dir, enum engine_format format, struct buf *b)
{
    const char *by = sql_quote(a, k->by), *into = sql_quote_string(a, dir), *sql = k->sql, *options = "FORMAT parquet";
    if (format == ENGINE_JSONL) {
        sql = arena_printf(a, "SELECT to_json(struct_pack(*COLUMNS(* EXCLUDE (%s)))), %s FROM (%s)", by, by, sql);
        options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\n', FILE_EXTENSION 'jsonl'";
    }
    buf_printf(b, "COPY (%s) TO %s (%s, PARTITION_BY (%s))", sql, into, options, by);
}

int duck_copy_run(struct engine_copier *base, const struct engine_param *params, const char *dir, enum engine_format format,
                  int64_t *ret_rows, struct error *err)
{
    struct duck_copier *k = (struct duck_copier *)base;
    struct duck_conn *c = (struct duck_conn *)base->conn;
    struct engine_stmt stmt = k->stmt;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf sql CLEANUP(buf_free) = {0};
    stmt.params = params;
    if (format != ENGINE_PARQUET && format != ENGINE_JSONL)
        return error_set(err, ERROR_USAGE, "only Parquet and JSON lines can be written");
    buf_init(&sql, LIMIT_SQL_BYTES * 4);
    put_copy(a, k, dir, format, &sql);
    if (sql.overflow)
        return error_set(err, ERROR_LIMIT, "the query is too long");
    const struct duck_where where = {&stmt, sql.data};
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    duck_run_begin(c);
    rc = copy(c, sql.data, &where, ret_rows, err);
    duck_run_end(c);
    duck_leave(c);
    return rc;
}

void duck_copy_close(struct engine_copier *base)
{
    struct duck_copier *k = (struct duck_copier *)base;
    free(k->sql);
    free(k);
}
