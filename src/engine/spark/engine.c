#include "engine/spark/spark.h"

#include "nanoarrow/nanoarrow_ipc.h"
#include "yyjson.h"

extern const char spark_sql_table_hash[]; /* sql/table_hash.sql */

struct spark *spark_of(struct engine_conn *c) { return (struct spark *)c->engine; }

struct remote_env spark_env(struct spark_conn *c)
{
    return (struct remote_env){.conn = &c->base,
                               .catalog = spark_of(&c->base)->catalog,
                               .plain_tables = true,
                               .literals = true,
                               .staged = spark_staged,
                               .context = c};
}

/* ---- the instance ------------------------------------------------------------------------------------------------- */

static void free_dirs(struct spark *e)
{
    for (size_t i = 0; i < e->read_dir_count; i++)
        free(e->read_dirs[i]);
    free(e->read_dirs);
    e->read_dirs = NULL;
    e->read_dir_count = 0;
}

static void add_dirs(struct spark *e, const char *const *dirs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t k = 0; k < e->read_dir_count; k++)
            there = there || str_eq(e->read_dirs[k], dirs[i]);
        if (there)
            continue;
        e->read_dirs = xrealloc(e->read_dirs, (e->read_dir_count + 1) * sizeof(*e->read_dirs));
        e->read_dirs[e->read_dir_count++] = xstrdup(dirs[i]);
    }
}

static void spark_close(struct engine *base)
{
    struct spark *e = (struct spark *)base;
    engine_close(e->local);
    free_dirs(e);
    pthread_mutex_destroy(&e->lock);
    remote_writer_free(&e->writer);
    arena_free(e->arena);
    free(e);
}

/* Spark puts values for ${..} into statements by itself unless it is told not to. One partition is enough to replay the log of a Delta
 * table of a few thousand files; the default of 50 makes each DELETE, UPDATE and MERGE wait for seconds. */
static const char *const settings[][2] = {
    {"spark.sql.session.timeZone", "UTC"},
    {"spark.sql.ansi.enabled", "true"},
    {"spark.sql.variable.substitute", "false"},
    {"spark.databricks.delta.snapshotPartitions", "1"},
};

static int greet(struct spark *e, struct error *err)
{
    struct spark_session *s;
    const char *version = NULL;
    int rc = spark_session_open(&e->address, settings, ARRAY_LEN(settings), &s, err);
    if (rc)
        return rc;
    rc = spark_session_version(s, e->arena, &version, err);
    spark_session_close(s);
    if (!rc)
        e->version = arena_printf(e->arena, "spark %s", version);
    return rc;
}

static int spark_open(const struct engine_options *options, struct engine **ret, struct error *err)
{
    struct spark *e = xcalloc(1, sizeof(*e));
    e->base.ops = &engine_spark_ops;
    e->arena = arena_new();
    e->catalog = options->catalog && *options->catalog ? arena_strdup(e->arena, options->catalog) : "spark_catalog";
    e->lib_dir = options->lib_dir ? arena_strdup(e->arena, options->lib_dir) : NULL;
    pthread_mutex_init(&e->lock, NULL);
    remote_writer_init(&e->writer);
    add_dirs(e, options->read_dirs, options->read_dir_count);
    int rc = spark_address_parse(options->url, options->token, options->ca_file, e->arena, &e->address, err);
    if (!rc)
        rc = greet(e, err);
    if (rc) {
        spark_close(&e->base);
        return rc;
    }
    *ret = &e->base;
    return 0;
}

static const char *spark_version(const struct engine *e) { return ((const struct spark *)e)->version; }

/* The embedded engine that reads files takes new folders when it is opened anew. */
static int spark_allow_dirs(struct engine *base, const char *const *dirs, size_t count, struct error *err)
{
    struct spark *e = (struct spark *)base;
    int rc = 0;
    pthread_mutex_lock(&e->lock);
    add_dirs(e, dirs, count);
    if (e->local && e->local_users)
        rc = error_set(err, ERROR_CONFLICT, "files are being read: a folder cannot be added now");
    else {
        engine_close(e->local);
        e->local = NULL;
    }
    pthread_mutex_unlock(&e->lock);
    return rc;
}

static int open_local(struct spark *e, struct error *err)
{
    const struct engine_options options = {.kind = ENGINE_EMBEDDED,
                                           .lib_dir = e->lib_dir,
                                           .read_dirs = (const char *const *)e->read_dirs,
                                           .read_dir_count = e->read_dir_count,
                                           .threads = 2};
    return e->local ? 0 : engine_open(&options, &e->local, err);
}

int spark_local_take(struct spark *e, struct engine_conn **ret, struct error *err)
{
    pthread_mutex_lock(&e->lock);
    int rc = open_local(e, err);
    if (!rc)
        rc = engine_connect(e->local, ENGINE_READ, NULL, ret, err);
    if (!rc)
        e->local_users++;
    pthread_mutex_unlock(&e->lock);
    return rc;
}

void spark_local_give(struct spark *e, struct engine_conn *c)
{
    engine_disconnect(c);
    pthread_mutex_lock(&e->lock);
    e->local_users--;
    pthread_mutex_unlock(&e->lock);
}

/* ---- connections ---------------------------------------------------------------------------------------------------- */

static int spark_connect(struct engine *base, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret,
                         struct error *err)
{
    struct spark *e = (struct spark *)base;
    int rc = mode == ENGINE_WRITE ? remote_writer_take(&e->writer, cancel, err) : 0;
    if (rc)
        return rc;
    struct spark_conn *c = xcalloc(1, sizeof(*c));
    c->base.engine = base;
    c->mode = mode;
    rc = spark_session_open(&e->address, settings, ARRAY_LEN(settings), &c->session, err);
    if (rc) {
        free(c);
        if (mode == ENGINE_WRITE)
            remote_writer_give(&e->writer);
        return rc;
    }
    *ret = &c->base;
    return 0;
}

static void spark_disconnect(struct engine_conn *base)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct spark *e = spark_of(base);
    spark_end(c->session);
    spark_staged_drop_all(c);
    map_free(&c->staged);
    map_free(&c->schemas);
    spark_session_close(c->session);
    if (c->mode == ENGINE_WRITE)
        remote_writer_give(&e->writer);
    free(c);
}

static void spark_interrupt(struct engine_conn *c) { spark_session_interrupt(((struct spark_conn *)c)->session); }
static double spark_progress(struct engine_conn *c) { return spark_session_progress(((struct spark_conn *)c)->session); }

/* Delta commits each statement: see spark.h. */
static int spark_begin_nothing(struct engine_conn *c, struct error *err) { return spark_busy((struct spark_conn *)c, err); }
static int spark_commit_nothing(struct engine_conn *c, struct error *err) { return spark_busy((struct spark_conn *)c, err); }
static void spark_rollback_nothing(struct engine_conn *c) { (void)c; }

int spark_busy(const struct spark_conn *c, struct error *err)
{
    return c->stream ? error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end") : 0;
}

/* ---- statements ------------------------------------------------------------------------------------------------------- */

int spark_rewrite(struct spark_conn *c, const struct engine_stmt *s, struct arena *a, struct remote_text *ret, struct error *err)
{
    const struct remote_env env = spark_env(c);
    return remote_rewrite(&env, s, a, ret, err);
}

/* The rows that Delta says a statement changed: the first cell of its answer, a whole number. */
static int changed_rows(struct spark_text relation, int64_t *ret, struct error *err)
{
    struct ArrowArrayStream stream;
    struct engine_rows rows = {0};
    struct spark_text bytes;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = spark_get_local_rows(relation, &bytes, err);
    if (rc || !bytes.data)
        return rc;
    rc = spark_ipc_open(bytes, &stream, err);
    if (rc)
        return rc;
    struct ArrowSchema schema = {0};
    const bool counts = stream.get_schema(&stream, &schema) == NANOARROW_OK && schema.n_children > 0 &&
                        str_starts(schema.children[0]->name, "num_affected_rows");
    if (schema.release)
        schema.release(&schema);
    if (counts)
        rc = engine_read_rows(&stream, 1, a, &rows, err);
    if (!rc && rows.row_count == 1 && rows.values[0].type == ENGINE_I64)
        *ret = rows.values[0].i;
    stream.release(&stream);
    return rc;
}

int spark_run(struct spark_conn *c, const struct spark_plan *plan, int64_t *ret_rows, struct error *err)
{
    struct spark_response answer;
    int64_t rows = 0;
    bool end = false;
    int rc = spark_begin(c->session, plan, err);
    while (!rc && !end) {
        rc = spark_next(c->session, &answer, &end, err);
        if (!rc && !end && answer.relation.data)
            rc = changed_rows(answer.relation, &rows, err);
    }
    spark_end(c->session);
    if (!rc && ret_rows)
        *ret_rows = rows;
    return rc;
}

int spark_sql(struct spark_conn *c, const char *sql, int64_t *ret_rows, struct error *err)
{
    return spark_run(c, &(struct spark_plan){.kind = SPARK_COMMAND, .sql = sql}, ret_rows, err);
}

static int make_schema(struct spark_conn *c, const char *schema, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    if (map_has(&c->schemas, schema))
        return 0;
    int rc = spark_sql(c, arena_printf(a, "CREATE DATABASE IF NOT EXISTS %s", schema), NULL, err);
    if (!rc)
        map_set(&c->schemas, schema, c);
    return rc;
}

/* A query of our own as rows. */
static int own_rows(struct spark_conn *c, const char *sql, size_t max_rows, struct arena *a, struct engine_rows *ret, struct error *err)
{
    const struct remote_text text = {.sql = sql, .portable = sql};
    struct ArrowArrayStream stream;
    int rc = spark_stream_open(c, &(struct spark_plan){.kind = SPARK_QUERY, .sql = sql}, &text, ENGINE_SQL(sql), &stream, a, &ret->columns,
                               &ret->column_count, err);
    if (rc)
        return rc;
    rc = engine_read_rows(&stream, max_rows, a, ret, err);
    stream.release(&stream);
    return rc;
}

static const char *history_text(const struct engine_rows *r, const char *column)
{
    for (size_t i = 0; r->row_count == 1 && i < r->column_count; i++)
        if (str_eq(r->columns[i].name, column) && r->values[i].type != ENGINE_NULL)
            return r->values[i].text;
    return "";
}

/* Spark does not answer how many rows an INSERT wrote; the history of the table knows it. The commit is known by a mark: one without rows
 * may not be made at all. */
static int inserted_rows(struct spark_conn *c, const char *table, const char *mark, int64_t *ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_rows rows = {0};
    int rc = own_rows(c, arena_printf(a, "DESCRIBE HISTORY %s LIMIT 1", table), 1, a, &rows, err);
    if (rc || !str_eq(history_text(&rows, "userMetadata"), mark))
        return rc;
    const char *metrics = history_text(&rows, "operationMetrics");
    yyjson_doc *doc = yyjson_read(metrics, strlen(metrics), 0);
    const char *number = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "numOutputRows"));
    if (!number || str_to_i64(number, ret))
        rc = error_set(err, ERROR_ENGINE, "the history of %s does not tell how many rows were written", table);
    yyjson_doc_free(doc);
    return rc;
}

static int run_counted(struct spark_conn *c, const struct remote_text *t, int64_t *ret_rows, struct error *err)
{
    char mark[37];
    spark_uuid(mark);
    const char *const settings_of_mark[][2] = {{"spark.databricks.delta.commitInfo.userMetadata", mark}};
    int rc = spark_session_set(c->session, settings_of_mark, 1, err);
    if (!rc)
        rc = spark_sql(c, t->sql, NULL, err);
    return rc ? rc : inserted_rows(c, t->written, mark, ret_rows, err);
}

static int spark_exec(struct engine_conn *base, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct remote_text t;
    const struct remote_env env = spark_env(c);
    int rc = spark_busy(c, err);
    if (!rc)
        rc = remote_statement(&env, c->mode, s, a, &t, err);
    if (rc)
        return rc;
    if (t.schema)
        rc = make_schema(c, t.schema, err);
    if (t.kind == SQL_DROP_SCHEMA)
        map_free(&c->schemas);
    int64_t rows = 0;
    if (!rc && t.sql) {
        const bool counted = ret_rows && t.written && (t.kind == SQL_INSERT || t.kind == SQL_CREATE_TABLE_AS);
        rc = counted ? run_counted(c, &t, &rows, err) : spark_sql(c, t.sql, &rows, err);
        if (rc)
            remote_place(&t, s, err);
    }
    if (!rc && ret_rows)
        *ret_rows = rows;
    return rc;
}

static int query_text(struct spark_conn *c, const struct engine_stmt *s, struct arena *a, struct remote_text *ret, struct error *err)
{
    const struct remote_env env = spark_env(c);
    int rc = spark_busy(c, err);
    return rc ? rc : remote_query(&env, s, a, ret, err);
}

static int spark_stream_op(struct engine_conn *base, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct arena *a,
                           struct engine_column **ret_columns, size_t *ret_count, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *own CLEANUP(arena_freep) = arena_new();
    struct remote_text t;
    int rc = query_text(c, s, own, &t, err);
    if (rc)
        return rc;
    const struct spark_plan plan = {.kind = SPARK_QUERY, .sql = t.sql};
    return spark_stream_open(c, &plan, &t, s, ret, a, ret_columns, ret_count, err);
}

static int spark_describe(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, struct engine_column **ret,
                          size_t *ret_count, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct remote_text t;
    int rc = query_text(c, s, a, &t, err);
    if (rc)
        return rc;
    const struct spark_plan plan = {.kind = SPARK_QUERY, .sql = t.sql};
    rc = spark_session_schema(c->session, &plan, a, ret, ret_count, err);
    if (rc)
        remote_place(&t, s, err);
    return rc;
}

static int spark_show_sql(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err)
{
    struct engine_column *ignored;
    size_t count;
    struct remote_text t;
    int rc = query_text((struct spark_conn *)base, s, a, &t, err);
    if (!rc)
        rc = spark_describe(base, s, a, &ignored, &count, err);
    if (!rc)
        *ret = t.sql;
    return rc;
}

static int spark_parse_tree(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret_json,
                            struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct engine_conn *local;
    int rc = spark_local_take(spark_of(base), &local, err);
    if (rc)
        return rc;
    const struct remote_env env = spark_env(c);
    rc = remote_parse_tree(&env, local, s, a, ret_json, err);
    spark_local_give(spark_of(base), local);
    return rc;
}

/* ---- tables --------------------------------------------------------------------------------------------------------------- */

static const char *relation_of(struct spark_conn *c, const char *schema, const char *table, struct arena *a)
{
    const struct remote_env env = spark_env(c);
    return str_ieq(schema, "incoming") ? spark_staged(c, table, a) : remote_name(&env, a, schema, table);
}

/* Names of the tables of a schema, for a hint; nothing when they cannot be asked. */
static void hint_nearest(struct spark_conn *c, const char *schema, const char *table, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_rows rows = {0};
    struct error ignored;
    const char *catalog = sql_backtick(a, spark_of(&c->base)->catalog);
    const char *sql = arena_printf(a, "SHOW TABLES IN %s.%s", catalog, sql_backtick(a, schema));
    if (!err || own_rows(c, sql, 100000, a, &rows, &ignored))
        return;
    const char **names = NULL;
    size_t count = 0;
    if (rows.column_count > 1) {
        names = arena_alloc(a, (rows.row_count + 1) * sizeof(*names));
        for (size_t i = 0; i < rows.row_count; i++)
            if (rows.values[i * rows.column_count + 1].type == ENGINE_TEXT)
                names[count++] = rows.values[i * rows.column_count + 1].text;
    }
    const char *near = count ? nearest_name(table, names, count) : NULL;
    if (near)
        error_hint(err, "did you mean %s.%s?", schema, near);
}

static int spark_table_columns(struct engine_conn *base, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                               size_t *ret_count, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    const char *relation = relation_of(c, schema, table, a);
    struct error why = {0};
    int rc = spark_busy(c, &why);
    if (!rc && !relation)
        rc = error_set(&why, ERROR_NOT_FOUND, "nothing is staged as incoming.%s", table);
    else if (!rc) {
        rc = spark_session_table(c->session, relation, a, ret, ret_count, &why);
        if (rc == ERROR_NOT_FOUND || (rc == ERROR_ENGINE && strstr(why.what, "SCHEMA_NOT_FOUND"))) {
            rc = error_set(&why, ERROR_NOT_FOUND, "there is no table %s.%s", schema, table);
            if (err)
                hint_nearest(c, schema, table, &why);
        }
    }
    if (rc && err)
        *err = why;
    return rc;
}

/* The sum of the hashes of all rows as JSON, modulo 2^64, which does not depend on their order. */
static int spark_table_hash(struct engine_conn *base, const char *schema, const char *table, const char *const *leave_out, size_t count,
                            uint64_t *ret, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_column *columns;
    size_t column_count;
    struct engine_rows rows = {0};
    const char *list = "";
    int rc = spark_table_columns(base, schema, table, a, &columns, &column_count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < column_count; i++) {
        bool out = false;
        for (size_t k = 0; k < count; k++)
            out = out || str_ieq(leave_out[k], columns[i].name);
        if (!out)
            list = arena_printf(a, "%s%s%s", list, *list ? ", " : "", sql_backtick(a, columns[i].name));
    }
    const struct sql_place places[] = {{"columns", list}, {"table", relation_of(c, schema, table, a)}};
    const char *sql = sql_template(a, spark_sql_table_hash, places, ARRAY_LEN(places));
    rc = own_rows(c, sql, 1, a, &rows, err);
    if (!rc && (rows.row_count != 1 || rows.values[0].type != ENGINE_TEXT || rows.values[1].type != ENGINE_I64))
        rc = error_set(err, ERROR_ENGINE, "the hash of %s.%s cannot be read", schema, table);
    if (!rc)
        *ret = strtoull(rows.values[0].text, NULL, 10) + (uint64_t)rows.values[1].i * UINT64_C(0x9E3779B97F4A7C15);
    return rc;
}

/* ---- what Spark keeps for itself ------------------------------------------------------------------------------------------- */

static int refuse(struct error *err, const char *what)
{
    error_set(err, ERROR_UNAVAILABLE, "%s is not possible with the engine spark", what);
    error_hint(err, "its tables lie in the warehouse of Spark");
    return ERROR_UNAVAILABLE;
}

static int spark_copy_open(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret,
                           struct error *err)
{
    (void)c, (void)s, (void)by, (void)ret;
    return refuse(err, "writing results into files of this machine");
}

static int spark_copy_run(struct engine_copier *k, const struct engine_param *params, const char *dir, enum engine_format format,
                          int64_t *ret_rows, struct error *err)
{
    (void)k, (void)params, (void)dir, (void)format, (void)ret_rows;
    return refuse(err, "writing results into files of this machine");
}

static void spark_copy_close(struct engine_copier *k) { (void)k; }

static int spark_backup(struct engine *e, const char *path, struct error *err)
{
    (void)e, (void)path;
    return refuse(err, "a backup of the warehouse");
}

/* What was committed lies in files already. */
static int spark_checkpoint(struct engine *e, struct error *err)
{
    (void)e, (void)err;
    return 0;
}

const struct engine_ops engine_spark_ops = {
    .kind = "spark",
    .open = spark_open,
    .close = spark_close,
    .allow_dirs = spark_allow_dirs,
    .version = spark_version,
    .connect = spark_connect,
    .disconnect = spark_disconnect,
    .interrupt = spark_interrupt,
    .progress = spark_progress,
    .begin = spark_begin_nothing,
    .commit = spark_commit_nothing,
    .rollback = spark_rollback_nothing,
    .exec = spark_exec,
    .stream = spark_stream_op,
    .describe = spark_describe,
    .table_columns = spark_table_columns,
    .table_hash = spark_table_hash,
    .sql = spark_show_sql,
    .parse_tree = spark_parse_tree,
    .stage_files = spark_stage_files,
    .stage_query = spark_stage_query,
    .unstage = spark_unstage,
    .staged_files = spark_staged_files,
    .load_begin = spark_load_begin,
    .load_bool = spark_load_bool,
    .load_i64 = spark_load_i64,
    .load_f64 = spark_load_f64,
    .load_text = spark_load_text,
    .load_row = spark_load_row,
    .load_end = spark_load_end,
    .load_abort = spark_load_abort,
    .copy_open = spark_copy_open,
    .copy_run = spark_copy_run,
    .copy_close = spark_copy_close,
    .backup = spark_backup,
    .checkpoint = spark_checkpoint,
};
