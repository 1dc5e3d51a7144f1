/* Results as Arrow streams, straight from DuckDB's chunks. */
#include "engine/duckdb/duck.h"

#include <errno.h>
#include <stdlib.h>

struct duck_stream {
    struct error err; /* first: see engine_stream_last_error */
    struct duck_conn *conn;
    struct arena *arena;     /* the rewritten statement */
    struct engine_stmt stmt; /* copies, for the places of errors */
    struct duck_query query;
    duckdb_result result;
    duckdb_arrow_options options;
    struct ArrowSchema schema;
};

static void stream_free(struct duck_stream *s)
{
    if (s->schema.release)
        s->schema.release(&s->schema);
    duckdb_destroy_arrow_options(&s->options);
    duckdb_destroy_prepare(&s->query.prepared);
    arena_free(s->arena);
    free(s);
}

/* An abandoned result goes on computing for its buffer, so it is stopped. */
static void stream_release(struct ArrowArrayStream *stream)
{
    struct duck_stream *s = stream->private_data;
    struct duck_conn *c = s->conn;
    duckdb_destroy_result(&s->result);
    c->stream = NULL;
    duck_run_end(c);
    stream_free(s);
    duck_leave(c);
    stream->release = NULL;
    stream->private_data = NULL;
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret)
{
    struct duck_stream *s = stream->private_data;
    return ArrowSchemaDeepCopy(&s->schema, ret);
}

/* A part of a statement that fails stops the other parts, and a stream may then tell of the stop instead of the reason. Nobody
 * here stopped it, so it is run once more, not as a stream, for its reason. */
static void find_reason(struct duck_stream *s, const struct duck_where *where)
{
    duckdb_result again;
    struct error reason = {0};
    int rc = duck_run(s->conn, s->query.prepared, false, where, &again, &reason);
    if (!rc)
        duckdb_destroy_result(&again);
    if (rc && (reason.kind != ERROR_INTERRUPTED || duck_run_interrupted(s->conn))) {
        s->err = reason;
        return;
    }
    error_set(&s->err, ERROR_ENGINE, "the engine stopped the statement and does not say why");
    error_hint(&s->err, "run it again");
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret)
{
    struct duck_stream *s = stream->private_data;
    struct duck *d = duck_of(&s->conn->base);
    struct duck_where where = {&s->stmt, s->query.rewritten->statements[0]};
    memset(ret, 0, sizeof(*ret));
    if (s->err.kind)
        return EIO;
    duckdb_data_chunk chunk = duck_run_interrupted(s->conn) ? NULL : duckdb_fetch_chunk(s->result);
    if (!chunk) {
        const char *message = duckdb_result_error(&s->result);
        if (duck_run_interrupted(s->conn))
            error_set(&s->err, ERROR_INTERRUPTED, "the statement was interrupted");
        else if (message && message[0])
            duck_error(d, message, &where, &s->err);
        if (s->err.kind == ERROR_INTERRUPTED && !duck_run_interrupted(s->conn))
            find_reason(s, &where);
        return s->err.kind ? EIO : NANOARROW_OK;
    }
    duckdb_error_data failed = duckdb_data_chunk_to_arrow(s->options, chunk, ret);
    duckdb_destroy_data_chunk(&chunk);
    if (failed) {
        duck_error_data(d, failed, &where, &s->err);
        return EIO;
    }
    return NANOARROW_OK;
}

/* ---- the schema */

/* A column without zone in DuckDB is a moment in UTC (a TIMESTAMP of Databricks) unless the rewriter says TIMESTAMP_NTZ. */
static int give_zone(struct ArrowSchema *schema, const struct sql_type *type, int depth)
{
    int rc = NANOARROW_OK;
    if (depth > LIMIT_SQL_DEPTH)
        return EINVAL;
    if (type && type->kind == SQL_T_TIMESTAMP_NTZ)
        return rc;
    if (str_starts(schema->format, "ts") && str_ends(schema->format, ":")) {
        char format[16];
        snprintf(format, sizeof(format), "%sUTC", schema->format);
        return ArrowSchemaSetFormat(schema, format);
    }
    for (int64_t i = 0; rc == NANOARROW_OK && i < schema->n_children; i++) {
        const struct sql_type *child = NULL;
        if (type && type->kind == SQL_T_ARRAY)
            child = type->item;
        else if (type && type->kind == SQL_T_STRUCT && (size_t)i < type->field_count)
            child = type->fields[i].type;
        else if (type && type->kind == SQL_T_MAP && str_eq(schema->format, "+m"))
            child = type; /* the struct of entries between map and key */
        else if (type && type->kind == SQL_T_MAP)
            child = i == 0 ? type->key : type->item;
        rc = give_zone(schema->children[i], child, depth + 1);
    }
    return rc;
}

static int finish_schema(const struct ArrowSchema *raw, const struct duck_query *q, struct ArrowSchema *ret)
{
    bool named = (size_t)raw->n_children == q->rewritten->column_count;
    int rc = ArrowSchemaDeepCopy(raw, ret);
    if (rc)
        return rc;
    for (int64_t i = 0; rc == NANOARROW_OK && i < ret->n_children; i++) {
        const struct sql_column_type *known = named ? &q->rewritten->columns[i] : NULL;
        rc = give_zone(ret->children[i], known ? known->type : NULL, 0);
        if (rc == NANOARROW_OK && known && known->name)
            rc = ArrowSchemaSetName(ret->children[i], known->name);
    }
    if (rc != NANOARROW_OK)
        ret->release(ret);
    return rc;
}

static int make_schema(struct duck_stream *s, struct error *err)
{
    idx_t count = duckdb_column_count(&s->result);
    duckdb_logical_type *types = xcalloc(count + 1, sizeof(*types));
    const char **names = xcalloc(count + 1, sizeof(*names));
    struct ArrowSchema raw = {0};
    int rc = 0;
    for (idx_t i = 0; i < count; i++) {
        types[i] = duckdb_column_logical_type(&s->result, i);
        names[i] = duckdb_column_name(&s->result, i);
    }
    duckdb_error_data failed = duckdb_to_arrow_schema(s->options, types, names, count, &raw);
    if (failed)
        rc = duck_error_data(duck_of(&s->conn->base), failed, NULL, err);
    else if (finish_schema(&raw, &s->query, &s->schema) != NANOARROW_OK)
        rc = error_set(err, ERROR_ENGINE, "the result has a type that Arrow does not have");
    if (raw.release)
        raw.release(&raw);
    for (idx_t i = 0; i < count; i++)
        duckdb_destroy_logical_type(&types[i]);
    free(types);
    free(names);
    return rc;
}

/* ---- opening */

static int stream_run(struct duck_stream *s, struct arena *a, struct engine_column **ret_columns, size_t *ret_count, struct error *err)
{
    int rc = duck_query_prepare(s->conn, &s->stmt, s->conn->mode == ENGINE_WRITE, s->arena, &s->query, err);
    if (!rc && a)
        rc = duck_query_columns(&s->query, a, ret_columns, ret_count, err);
    if (rc)
        return rc;
    struct duck_where where = {&s->stmt, s->query.rewritten->statements[0]};
    rc = duck_run(s->conn, s->query.prepared, true, &where, &s->result, err);
    if (rc)
        return rc;
    s->options = duckdb_result_get_arrow_options(&s->result);
    rc = make_schema(s, err);
    if (rc)
        duckdb_destroy_result(&s->result);
    return rc;
}

int duck_stream(struct engine_conn *base, const struct engine_stmt *stmt, struct ArrowArrayStream *ret, struct arena *a,
                struct engine_column **ret_columns, size_t *ret_count, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    if (c->stream)
        return error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end");
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    struct duck_stream *s = xcalloc(1, sizeof(*s));
    s->conn = c;
    s->arena = arena_new();
    s->stmt = *stmt;
    s->stmt.sql = arena_strdup(s->arena, stmt->sql);
    if (stmt->file)
        s->stmt.file = arena_strdup(s->arena, stmt->file);
    duck_run_begin(c);
    rc = stream_run(s, a, ret_columns, ret_count, err);
    s->stmt.params = NULL;
    s->stmt.param_count = 0;
    if (rc) {
        duck_run_end(c);
        stream_free(s);
        duck_leave(c);
        return rc;
    }
    c->stream = s;
    *ret = (struct ArrowArrayStream){.get_schema = stream_get_schema,
                                     .get_next = stream_get_next,
                                     .get_last_error = engine_stream_last_error,
                                     .release = stream_release,
                                     .private_data = s};
    return 0;
}
