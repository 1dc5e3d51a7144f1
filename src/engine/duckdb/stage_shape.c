/* Which file of a staged relation has which columns: the relation itself has those of all of them. */
#include "engine/duckdb/stage.h"

#include <stdlib.h>

struct duck_shape {
    struct arena *arena;
    char *parquet; /* ['path', ..] as SQL: asked when somebody wants to know */
    struct engine_file_columns *files;
    size_t count;
};

struct duck_shape *duck_shape_parquet(const char *list_sql)
{
    struct arena *a = arena_new();
    struct duck_shape *s = arena_alloc(a, sizeof(*s));
    *s = (struct duck_shape){.arena = a, .parquet = arena_strdup(a, list_sql)};
    return s;
}

struct duck_shape *duck_shape_text(size_t file_count)
{
    struct arena *a = arena_new();
    struct duck_shape *s = arena_alloc(a, sizeof(*s));
    *s = (struct duck_shape){.arena = a, .count = file_count, .files = arena_alloc(a, (file_count + 1) * sizeof(*s->files))};
    return s;
}

void duck_shape_file(struct duck_shape *s, size_t file, const char *path, const char *const *names, size_t count)
{
    struct engine_file_columns *f = &s->files[file];
    *f = (struct engine_file_columns){.path = arena_strdup(s->arena, path), .count = count};
    f->columns = arena_alloc(s->arena, (count + 1) * sizeof(*f->columns));
    for (size_t i = 0; i < count; i++)
        f->columns[i] = (struct engine_column){.name = arena_strdup(s->arena, names[i]), .nullable = true};
}

int duck_shape_by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

void duck_shape_free(struct duck_shape *s)
{
    if (s)
        arena_free(s->arena);
}

/* ---- Parquet: every node of every schema, in order of file and depth-first place */

struct nodes {
    duckdb_result result;
    idx_t count, at;
    struct arena *arena;
};

static char *cell(struct nodes *n, idx_t column) { return duck_value_text(n->arena, &n->result, column, n->at); }

static int64_t children(struct nodes *n)
{
    return duckdb_value_is_null(&n->result, 3, n->at) ? 0 : duckdb_value_int64(&n->result, 3, n->at);
}

static void skip_node(struct nodes *n)
{
    for (int64_t left = 1; left > 0 && n->at < n->count; n->at++)
        left += children(n) - 1;
}

static void read_schema(struct nodes *n, struct engine_file_columns *ret)
{
    int64_t fields = children(n);
    *ret = (struct engine_file_columns){.path = cell(n, 0)};
    ret->columns = arena_alloc(n->arena, ((size_t)(fields > 0 ? fields : 0) + 1) * sizeof(*ret->columns));
    n->at++;
    for (; fields > 0 && n->at < n->count; fields--) {
        const char *type = cell(n, 2); /* of nested ones it is not told */
        ret->columns[ret->count++] = (struct engine_column){
            .name = cell(n, 1), .type = type && !children(n) ? duck_databricks_type(n->arena, type) : NULL, .nullable = true};
        skip_node(n);
    }
}

static int read_parquet(struct duck_conn *c, const char *list, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                        struct error *err)
{
    struct nodes n = {.arena = a};
    const char *sql = arena_printf(
        a, "SELECT file_name, name, duckdb_type, num_children FROM parquet_schema(%s) ORDER BY file_name, column_id", list);
    int rc = duck_sql_result(c, sql, &n.result, err);
    if (rc)
        return rc;
    n.count = duckdb_row_count(&n.result);
    struct engine_file_columns *files = arena_alloc(a, (n.count + 1) * sizeof(*files));
    size_t count = 0;
    while (n.at < n.count)
        read_schema(&n, &files[count++]);
    duckdb_destroy_result(&n.result);
    *ret = files;
    *ret_count = count;
    return 0;
}

int duck_shape_read(struct duck_conn *c, const struct duck_shape *s, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                    struct error *err)
{
    if (s->parquet)
        return read_parquet(c, s->parquet, a, ret, ret_count, err);
    struct engine_file_columns *files = arena_alloc(a, (s->count + 1) * sizeof(*files));
    for (size_t i = 0; i < s->count; i++) {
        files[i] = (struct engine_file_columns){.path = arena_strdup(a, s->files[i].path), .count = s->files[i].count};
        files[i].columns = arena_alloc(a, (files[i].count + 1) * sizeof(*files[i].columns));
        for (size_t k = 0; k < files[i].count; k++)
            files[i].columns[k] = (struct engine_column){.name = arena_strdup(a, s->files[i].columns[k].name), .nullable = true};
    }
    *ret = files;
    *ret_count = s->count;
    return 0;
}
