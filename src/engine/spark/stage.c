/* Staged relations: Parquet tables of the schema secchi_staging, which the connection drops. */
#include "engine/spark/spark.h"

#include "nanoarrow/nanoarrow.h"

#include <sys/random.h>

#define CHUNK (16u << 20) /* bytes of rows that are handed over at once */

struct spark_staged {
    struct arena *arena;
    const char *table;                 /* as SQL text */
    struct engine_file_columns *files; /* of several staged files */
    size_t file_count;
};

static const char *key_of(struct arena *a, const char *name)
{
    char *key = arena_strdup(a, name);
    str_lower(key);
    return key;
}

const char *spark_staged(void *conn, const char *name, struct arena *a)
{
    struct spark_conn *c = conn;
    const struct spark_staged *s = map_get(&c->staged, key_of(a, name));
    return s ? arena_strdup(a, s->table) : NULL;
}

static int check_name(const char *name, struct error *err)
{
    bool good = *name && strlen(name) <= LIMIT_NAME_BYTES - 40;
    for (const char *p = name; *p; p++)
        good = good && (*p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'));
    return good ? 0 : error_set(err, ERROR_USAGE, "incoming.%s is no name for a staged relation", name);
}

/* A name that no other connection has, and a new one each time: a relation can be made from the old one of its name. */
static int new_table(struct spark_conn *c, const char *name, struct arena *a, const char **ret, struct error *err)
{
    const struct remote_env env = spark_env(c);
    uint64_t unique = 0;
    if (getrandom(&unique, sizeof(unique), 0) != (ssize_t)sizeof(unique))
        return error_set(err, ERROR_INTERNAL, "the system gives no random numbers");
    int rc = 0;
    if (!c->staging) {
        const char *schema = arena_printf(a, "%s.%s", sql_backtick(a, env.catalog), SPARK_STAGING);
        rc = spark_sql(c, arena_printf(a, "CREATE DATABASE IF NOT EXISTS %s", schema), NULL, err);
        c->staging = !rc;
    }
    if (!rc)
        *ret = remote_name(&env, a, SPARK_STAGING,
                           key_of(a, arena_printf(a, "%s_%u_%016llx", name, c->staged_serial++, (unsigned long long)unique)));
    return rc;
}

static void drop(struct spark_conn *c, struct spark_staged *s)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct error why = {0};
    if (spark_sql(c, arena_printf(a, "DROP TABLE IF EXISTS %s", s->table), NULL, &why))
        log_write(LOG_WARN, "engine", "the staged table %s stays in Spark: %s", s->table, why.what);
    arena_free(s->arena);
    free(s);
}

static struct spark_staged *put(struct spark_conn *c, const char *name, const char *table)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_staged *s = xcalloc(1, sizeof(*s));
    s->arena = arena_new();
    s->table = arena_strdup(s->arena, table);
    struct spark_staged *old = map_set(&c->staged, key_of(a, name), s);
    if (old)
        drop(c, old);
    return s;
}

void spark_unstage(struct engine_conn *base, const char *name)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_staged *s = map_remove(&c->staged, key_of(a, name));
    if (s)
        drop(c, s);
}

void spark_staged_drop_all(struct spark_conn *c)
{
    for (size_t i = 0; i < c->staged.len; i++)
        if (c->staged.entries[i].key)
            drop(c, c->staged.entries[i].value);
}

/* ---- queries ------------------------------------------------------------------------------------------------------- */

static int count_rows(struct spark_conn *c, const char *table, struct arena *a, int64_t *ret, struct error *err)
{
    const char *sql = arena_printf(a, "SELECT COUNT(*) AS row_count FROM %s", table);
    const struct remote_text text = {.sql = sql, .portable = sql};
    struct ArrowArrayStream stream;
    struct engine_rows rows = {0};
    int rc = spark_stream_open(c, &(struct spark_plan){.kind = SPARK_QUERY, .sql = sql}, &text, ENGINE_SQL(sql), &stream, a, &rows.columns,
                               &rows.column_count, err);
    if (rc)
        return rc;
    rc = engine_read_rows(&stream, 1, a, &rows, err);
    stream.release(&stream);
    if (!rc && rows.row_count == 1)
        *ret = rows.values[0].i;
    return rc;
}

int spark_stage_query(struct engine_conn *base, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct remote_text t;
    const char *table = NULL;
    int64_t rows = 0;
    int rc = spark_busy(c, err);
    if (!rc)
        rc = check_name(name, err);
    if (!rc)
        rc = spark_rewrite(c, s, a, &t, err);
    if (!rc && t.kind != SQL_SELECT)
        rc = error_set(err, ERROR_USAGE, "%s is no query", sql_kind_name(t.kind));
    if (!rc)
        rc = new_table(c, name, a, &table, err);
    if (rc)
        return rc;
    const struct spark_plan plan = {.kind = SPARK_COMMAND,
                                    .sql = arena_printf(a, "CREATE TABLE %s USING parquet AS %s", table, t.sql),
                                    .params = s->params,
                                    .param_count = s->param_count};
    rc = spark_run(c, &plan, NULL, err);
    if (rc)
        remote_place(&t, s, err);
    if (!rc && ret_rows)
        rc = count_rows(c, table, a, &rows, err);
    if (rc)
        return rc;
    put(c, name, table);
    if (ret_rows)
        *ret_rows = rows;
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------------------------------- */

static int hand_over(struct spark_conn *c, struct spark_rows *rows, const char *table, struct error *err)
{
    struct spark_plan plan = {.kind = SPARK_CREATE, .table = table, .source = "parquet"};
    int rc = spark_rows_take(rows, &plan.rows, err);
    return rc ? rc : spark_run(c, &plan, NULL, err);
}

static int stream_error(struct ArrowArrayStream *stream, struct error *err)
{
    const struct error *why = engine_stream_error(stream);
    if (why && why->kind && err)
        *err = *why;
    return why && why->kind ? (int)why->kind : error_set(err, ERROR_ENGINE, "the files cannot be read");
}

/* All rows of a stream into a new table, which is made even when there are none. */
static int copy_stream(struct spark_conn *c, struct ArrowArrayStream *stream, const char *table, struct error *err)
{
    struct ArrowSchema schema;
    struct spark_rows *rows = NULL;
    struct ArrowArray batch = {0};
    bool made = false;
    if (stream->get_schema(stream, &schema) != NANOARROW_OK)
        return stream_error(stream, err);
    int rc = spark_rows_new(&schema, &rows, err);
    schema.release(&schema);
    while (!rc) {
        if (stream->get_next(stream, &batch) != NANOARROW_OK)
            rc = stream_error(stream, err);
        if (rc || !batch.release)
            break;
        rc = spark_rows_add(rows, &batch, err);
        batch.release(&batch);
        if (!rc && spark_rows_size(rows) > CHUNK) {
            rc = hand_over(c, rows, table, err);
            made = true;
        }
    }
    if (!rc && (!made || spark_rows_size(rows) > 0))
        rc = hand_over(c, rows, table, err);
    spark_rows_free(rows);
    return rc;
}

static int copy_files(struct spark_conn *c, struct engine_conn *local, const char *name, const char *table, struct arena *a,
                      struct error *err)
{
    struct ArrowArrayStream stream;
    int rc = engine_stream(local, ENGINE_SQL(arena_printf(a, "SELECT * FROM incoming.%s", name)), &stream, err);
    if (rc)
        return rc;
    rc = copy_stream(c, &stream, table, err);
    stream.release(&stream);
    return rc;
}

int spark_stage_files(struct engine_conn *base, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                      const struct engine_column *want, size_t want_count, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_conn *local = NULL;
    const char *table = NULL;
    int rc = spark_busy(c, err);
    if (!rc)
        rc = check_name(name, err);
    if (!rc)
        rc = new_table(c, name, a, &table, err);
    if (!rc)
        rc = spark_local_take(spark_of(base), &local, err);
    if (rc)
        return rc;
    rc = engine_stage_files(local, name, format, files, count, want, want_count, err);
    if (!rc)
        rc = copy_files(c, local, name, table, a, err);
    if (!rc) {
        struct spark_staged *s = put(c, name, table);
        rc = engine_staged_files(local, name, s->arena, &s->files, &s->file_count, err);
    }
    spark_local_give(spark_of(base), local);
    return rc;
}

static struct engine_column *copy_columns(const struct engine_column *columns, size_t count, struct arena *a)
{
    struct engine_column *to = arena_alloc(a, (count + 1) * sizeof(*to));
    for (size_t i = 0; i < count; i++)
        to[i] = (struct engine_column){.name = arena_strdup(a, columns[i].name),
                                       .type = columns[i].type ? arena_strdup(a, columns[i].type) : NULL,
                                       .nullable = columns[i].nullable};
    return to;
}

int spark_staged_files(struct engine_conn *base, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                       struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    const struct spark_staged *s = map_get(&c->staged, key_of(a, name));
    if (!s)
        return error_set(err, ERROR_NOT_FOUND, "nothing is staged as incoming.%s", name);
    struct engine_file_columns *files = arena_alloc(a, (s->file_count + 1) * sizeof(*files));
    for (size_t i = 0; i < s->file_count; i++)
        files[i] = (struct engine_file_columns){.path = arena_strdup(a, s->files[i].path),
                                                .columns = copy_columns(s->files[i].columns, s->files[i].count, a),
                                                .count = s->files[i].count};
    *ret = files;
    *ret_count = s->file_count;
    return 0;
}
