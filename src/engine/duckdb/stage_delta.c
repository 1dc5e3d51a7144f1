/* Delta tables: the extension reads them (mapping, partition values, deletions), the log says which files and since when. */
#include "engine/duckdb/delta_log.h"
#include "engine/duckdb/stage.h"

#include <stdlib.h>

struct table { /* a Delta table to be staged */
    const char *path;
    int64_t from, to;
    struct delta_plan plan;
};

static int is_table(const char *path, struct arena *a, struct error *err)
{
    if (path_is_dir(path_join(a, path, "_delta_log")))
        return 0;
    error_set(err, ERROR_IO, "the folder holds no Delta table");
    return duck_stage_unreadable(path, err);
}

static char *source_name(struct arena *a, int64_t version, const char *path)
{
    return arena_printf(a, "%020lld/%s", (long long)version, path);
}

/* The files and what their rows are called: a table beside the relation, joined with it by the path that the extension gives. */
static int make_files(struct duck_conn *c, const char *files_relation, const struct table *tables, size_t count, struct arena *a,
                      struct error *err)
{
    duckdb_appender appender = NULL;
    int rc = duck_sql(
        c, arena_printf(a, "CREATE TEMP TABLE %s (read_at BIGINT, path VARCHAR, source VARCHAR)", sql_quote(a, files_relation)), err);
    if (rc)
        return rc;
    bool good = duckdb_appender_create_ext(c->con, "temp", "main", files_relation, &appender) == DuckDBSuccess;
    for (size_t i = 0; good && i < count; i++) {
        for (size_t k = 0; good && k < tables[i].plan.parts.len; k++) {
            const struct delta_part *p = &tables[i].plan.parts.items[k];
            char *path = p->path[0] == '/' ? arena_strdup(a, p->path) : path_join(a, tables[i].path, p->path);
            good = duckdb_append_int64(appender, p->read_at) == DuckDBSuccess && duckdb_append_varchar(appender, path) == DuckDBSuccess &&
                   duckdb_append_varchar(appender, source_name(a, p->version, p->path)) == DuckDBSuccess &&
                   duckdb_appender_end_row(appender) == DuckDBSuccess;
        }
    }
    good = good && duckdb_appender_close(appender) == DuckDBSuccess;
    if (!good)
        rc = duck_error_data(duck_of(&c->base), duckdb_appender_error_data(appender), NULL, err);
    if (appender)
        duckdb_appender_destroy(&appender);
    return rc;
}

/* The files of one version. A whole table has rows of files that the log does not name any more, too. */
static int put_scan(struct duck_conn *c, struct buf *sql, const struct table *t, int64_t read_at, const char *files_relation,
                    struct arena *a, struct error *err)
{
    struct duck_column *columns;
    size_t count;
    char *scan = arena_printf(a, "delta_scan(%s, version := %lld", sql_quote_string(a, t->path), (long long)read_at);
    int rc = duck_relation_columns(c, arena_printf(a, "%s)", scan), a, &columns, &count, err);
    if (rc)
        return err && err->kind != ERROR_UNAVAILABLE ? duck_stage_unreadable(t->path, err) : rc;
    if (sql->len)
        buf_puts(sql, " UNION ALL BY NAME ");
    buf_puts(sql, "SELECT ");
    duck_stage_put_columns(sql, columns, count, a);
    if (t->plan.whole)
        buf_printf(sql, "coalesce(f.source, concat('%020lld/', substr(d.secchi_file, %zu)))", (long long)t->plan.base, strlen(t->path) + 2);
    else
        buf_puts(sql, "f.source");
    buf_printf(
        sql,
        " AS bronze_source_file, d.file_row_number AS bronze_source_seq, CAST(NULL AS VARCHAR) AS bronze_reject "
        "FROM %s, filename := 'secchi_file', file_row_number := true) AS d %s temp.%s AS f ON d.secchi_file = f.path AND f.read_at = %lld",
        scan, t->plan.whole ? "LEFT JOIN" : "JOIN", sql_quote(a, files_relation), (long long)read_at);
    return 0;
}

static int by_version(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* One scan for each version at which files are read; without any new file one that brings no rows but the columns. */
static int put_scans(struct duck_conn *c, struct buf *sql, const struct table *t, const char *files_relation, struct arena *a,
                     struct error *err)
{
    size_t n = 0, count = t->plan.parts.len;
    int64_t *versions = xcalloc(count + 1, sizeof(*versions));
    int rc = 0;
    versions[n++] = t->to;
    for (size_t i = 0; i < count; i++)
        versions[n++] = t->plan.parts.items[i].read_at;
    qsort(versions, n, sizeof(*versions), by_version);
    for (size_t i = 0; !rc && i < n; i++)
        if (i == 0 || versions[i] != versions[i - 1])
            rc = put_scan(c, sql, t, versions[i], files_relation, a, err);
    free(versions);
    return rc;
}

static int stage_planned(struct duck_conn *c, const char *name, const struct table *tables, size_t count, struct arena *a,
                         struct error *err)
{
    struct buf select CLEANUP(buf_free) = {0}, sql CLEANUP(buf_free) = {0};
    char *files_relation = duck_staged_new(c, a, name), *relation = duck_staged_new(c, a, name);
    buf_init(&select, DUCK_STAGE_SQL_MAX);
    buf_init(&sql, DUCK_STAGE_SQL_MAX);
    int rc = make_files(c, files_relation, tables, count, a, err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = put_scans(c, &select, &tables[i], files_relation, a, err);
    if (select.overflow)
        rc = error_set(err, ERROR_LIMIT, "incoming.%s has too many files or columns", name);
    /* A whole table may be large and is read where it lies; what a few commits brought is kept, so that the log is replayed once. */
    bool view = count == 1 && tables[0].plan.whole;
    if (!rc) {
        buf_printf(&sql, "CREATE TEMP %s %s AS %s", view ? "VIEW" : "TABLE", sql_quote(a, relation), select.data);
        rc = duck_stage_create(c, name, &sql, relation, view, view ? files_relation : NULL, err);
        if (rc && rc != ERROR_INTERRUPTED && rc != ERROR_LIMIT && rc != ERROR_UNAVAILABLE)
            rc = duck_stage_unreadable(tables[0].path, err);
    }
    if (rc || !view) {
        struct error ignored;
        int dropped = duck_sql(c, arena_printf(a, "DROP TABLE IF EXISTS temp.%s", sql_quote(a, files_relation)), &ignored);
        (void)dropped;
    }
    return rc;
}

int duck_stage_delta(struct duck_conn *c, const char *name, const struct engine_file *files, size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct table *tables = xcalloc(count, sizeof(*tables));
    int rc = 0;
    if (!duck_of(&c->base)->delta) {
        rc = error_set(err, ERROR_CONFLICT, "the reader of Delta tables is not loaded");
        error_hint(err, "register the folder of the table as a source first");
        error_where(err, "%s", files[0].path);
    }
    for (size_t i = 0; !rc && i < count; i++) {
        char *path = arena_strdup(a, files[i].path);
        for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
            path[len - 1] = '\0';
        tables[i] = (struct table){.path = path, .from = files[i].from_version, .to = files[i].to_version};
        rc = is_table(path, a, err);
        if (!rc) {
            rc = delta_plan_read(path, tables[i].from, tables[i].to, a, &tables[i].plan, err);
            if (rc && err)
                rc = err->kind = ERROR_IO;
        }
    }
    if (!rc)
        rc = stage_planned(c, name, tables, count, a, err);
    for (size_t i = 0; i < count; i++)
        delta_plan_free(&tables[i].plan);
    free(tables);
    return rc;
}
