/* Staged relations: schema incoming of one connection. */
#include "engine/duckdb/duck.h"

#include "engine/duckdb/stage.h"

#include <stdlib.h>
#include <unistd.h>

struct duck_stage {
    char *relation;
    bool view;
    char *beside;             /* a table that it reads, or NULL */
    struct duck_shape *shape; /* of its files; NULL: of one file, or all alike */
};

/* ---- names */

int duck_stage_name_check(const char *name, struct error *err)
{
    if (!name[0] || strlen(name) > LIMIT_NAME_BYTES || !utf8_valid(name, strlen(name)))
        return error_set(err, ERROR_USAGE, "'%.60s' cannot be the name of a staged relation", name);
    return 0;
}

static void key_of(const char *name, char key[LIMIT_NAME_BYTES + 1])
{
    snprintf(key, LIMIT_NAME_BYTES + 1, "%s", name);
    str_lower(key);
}

static struct duck_stage *find(const struct duck_conn *c, const char *name)
{
    char key[LIMIT_NAME_BYTES + 1];
    key_of(name, key);
    return map_get(&c->staged, key);
}

const char *duck_staged_relation(const struct duck_conn *c, const char *name)
{
    const struct duck_stage *s = find(c, name);
    return s ? s->relation : NULL;
}

char *duck_staged_new(struct duck_conn *c, struct arena *a, const char *name)
{
    return arena_printf(a, "incoming.%s.%u", name, ++c->staged_serial);
}

/* A relation made in a transaction that was rolled back is gone already, and in one that failed nothing can be dropped: it then
 * goes with the connection. */
static void drop_relation(struct duck_conn *c, const char *kind, const char *relation)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct error ignored;
    int rc = duck_sql(c, arena_printf(a, "DROP %s IF EXISTS temp.%s", kind, sql_quote(a, relation)), &ignored);
    (void)rc;
}

static void drop(struct duck_conn *c, struct duck_stage *s)
{
    drop_relation(c, s->view ? "VIEW" : "TABLE", s->relation);
    if (s->beside)
        drop_relation(c, "TABLE", s->beside);
    duck_shape_free(s->shape);
    free(s->beside);
    free(s->relation);
    free(s);
    duck_release(c);
}

void duck_staged_add(struct duck_conn *c, const char *name, const char *relation, bool view, const char *beside)
{
    char key[LIMIT_NAME_BYTES + 1];
    struct duck_stage *s = xcalloc(1, sizeof(*s));
    *s = (struct duck_stage){.relation = xstrdup(relation), .view = view, .beside = beside ? xstrdup(beside) : NULL};
    key_of(name, key);
    struct duck_stage *old = map_set(&c->staged, key, s);
    duck_hold(c);
    if (old)
        drop(c, old);
}

void duck_staged_shape(struct duck_conn *c, const char *name, struct duck_shape *shape) { find(c, name)->shape = shape; }

int duck_staged_files(struct engine_conn *base, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                      struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_stage *s = find(c, name);
    if (!s)
        return error_set(err, ERROR_NOT_FOUND, "there is no staged relation incoming.%s", name);
    if (!s->shape) {
        *ret = NULL;
        *ret_count = 0;
        return 0;
    }
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_shape_read(c, s->shape, a, ret, ret_count, err);
    duck_leave(c);
    return rc;
}

void duck_unstage(struct engine_conn *base, const char *name)
{
    struct duck_conn *c = (struct duck_conn *)base;
    char key[LIMIT_NAME_BYTES + 1];
    key_of(name, key);
    struct duck_stage *s = map_remove(&c->staged, key);
    if (s)
        drop(c, s);
}

void duck_staged_drop_all(struct duck_conn *c)
{
    for (size_t i = 0; i < c->staged.len; i++)
        if (c->staged.entries[i].key)
            drop(c, c->staged.entries[i].value);
}

/* ---- files */

bool duck_stage_own_column(const char *name)
{
    return str_ieq(name, "bronze_source_file") || str_ieq(name, "bronze_source_seq") || str_ieq(name, "bronze_reject");
}

/* A moment with zone becomes one in UTC without; types that Databricks does not have become their nearest. */
static const char *stage_type(struct arena *a, const char *text)
{
    const struct sql_type *type;
    struct error ignored;
    if (sql_type_parse_duckdb(a, text, &type, &ignored))
        return "VARCHAR";
    return sql_type_duckdb(a, type);
}

void duck_stage_put_columns(struct buf *b, const struct duck_column *columns, size_t count, struct arena *a)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = sql_quote(a, columns[i].name), *type = stage_type(a, columns[i].duckdb_type);
        if (duck_stage_own_column(columns[i].name))
            continue;
        if (str_eq(type, columns[i].duckdb_type))
            buf_printf(b, "%s, ", name);
        else if (str_eq(columns[i].duckdb_type, "VARIANT")) /* its own text is no JSON */
            buf_printf(b, "CAST(CAST(%s AS JSON) AS VARCHAR) AS %s, ", name, name);
        else
            buf_printf(b, "CAST(%s AS %s) AS %s, ", name, type, name);
    }
}

int duck_stage_create(struct duck_conn *c, const char *name, const struct buf *sql, const char *relation, bool view, const char *beside,
                      struct error *err)
{
    if (sql->overflow)
        return error_set(err, ERROR_LIMIT, "incoming.%s has too many files or columns", name);
    duck_run_begin(c);
    int rc = duck_sql(c, sql->data, err);
    duck_run_end(c);
    if (!rc)
        duck_staged_add(c, name, relation, view, beside);
    return rc;
}

int duck_stage_unreadable(const char *path, struct error *err)
{
    if (err)
        err->kind = ERROR_IO;
    error_where(err, "%s", path);
    return ERROR_IO;
}

static int readable(const struct engine_file *files, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (access(files[i].path, R_OK) != 0) {
            error_errno(err, "read", files[i].path);
            return duck_stage_unreadable(files[i].path, err);
        }
    }
    return 0;
}

/* DuckDB names the file in its message, between quotes or not. */
static void blame(const struct engine_file *files, size_t count, struct error *err)
{
    for (size_t i = 0; err && i < count; i++) {
        if (count > 1 && !strstr(err->what, files[i].path))
            continue;
        if (err->kind == ERROR_ENGINE)
            err->kind = ERROR_IO;
        error_where(err, "%s", files[i].path);
        return;
    }
}

static int stage_parquet(struct duck_conn *c, const char *name, const struct engine_file *files, size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf from CLEANUP(buf_free) = {0}, sql CLEANUP(buf_free) = {0};
    struct duck_column *columns;
    size_t column_count;
    buf_init(&from, DUCK_STAGE_SQL_MAX);
    buf_init(&sql, DUCK_STAGE_SQL_MAX);
    struct buf list CLEANUP(buf_free) = {0};
    buf_init(&list, DUCK_STAGE_SQL_MAX);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "[", sql_quote_string(a, files[i].path));
    buf_puts(&list, "]");
    buf_printf(&from, "read_parquet(%s, union_by_name = true, hive_partitioning = false", list.data);
    if (from.overflow || list.overflow)
        return error_set(err, ERROR_LIMIT, "incoming.%s has too many files", name);
    int rc = duck_relation_columns(c, arena_printf(a, "%s)", from.data), a, &columns, &column_count, err);
    if (rc) {
        blame(files, count, err);
        return err ? (int)err->kind : rc;
    }
    char *relation = duck_staged_new(c, a, name);
    buf_printf(&sql, "CREATE TEMP VIEW %s AS SELECT ", sql_quote(a, relation));
    duck_stage_put_columns(&sql, columns, column_count, a);
    buf_puts(&sql, "secchi_file AS bronze_source_file, file_row_number AS bronze_source_seq, CAST(NULL AS VARCHAR) AS bronze_reject ");
    buf_printf(&sql, "FROM %s, filename = 'secchi_file', file_row_number = true)", from.data);
    rc = duck_stage_create(c, name, &sql, relation, true, NULL, err);
    if (!rc && count > 1)
        duck_staged_shape(c, name, duck_shape_parquet(list.data));
    return rc;
}

int duck_stage_files(struct engine_conn *base, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                     const struct engine_column *want, size_t want_count, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    int rc = duck_stage_name_check(name, err);
    if (!rc && count == 0)
        rc = error_set(err, ERROR_USAGE, "there is no file to stage as incoming.%s", name);
    if (!rc && c->stream)
        rc = error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end");
    if (!rc)
        rc = readable(files, count, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    switch (format) {
    case ENGINE_PARQUET:
        rc = stage_parquet(c, name, files, count, err);
        break;
    case ENGINE_CSV:
    case ENGINE_JSONL:
        rc = duck_stage_text(c, name, format, files, count, want, want_count, err);
        break;
    case ENGINE_DELTA:
        rc = duck_stage_delta(c, name, files, count, err);
        break;
    }
    duck_leave(c);
    return rc;
}
