/*
 * struct engine_ops for a SQL warehouse of Databricks. What differs from the embedded engine:
 *  - Each statement is committed by itself: begin and commit do nothing, rollback cannot undo. Merge by key first, marks last.
 *  - The service has no session: neither temporary views nor SET last. Clock and user go into the text of a statement (remote.h).
 *  - The time zone of the warehouse must be UTC; the first statement looks.
 *  - The service reads no file of this machine, and its tables lie in the workspace: no staging of files, no bulk load, no backup.
 *  - The service does not always say how many rows a statement changed: then ret_rows of engine_exec is 0.
 */
#include "engine/databricks/databricks.h"
#include "engine/remote.h"

#include <stdlib.h>

struct dbx {
    struct engine base;
    struct arena *arena;
    struct dbx_client *client;
    const char *catalog; /* NULL: names have two parts, in the default catalogue of the workspace */
    const char *lib_dir;

    struct remote_writer writer;
    pthread_mutex_t lock; /* all that follows */
    bool looked;          /* the time zone is known to be UTC */
    char version[128];    /* "databricks <release>" */
    struct engine *local; /* the embedded engine that makes parse trees; NULL: not opened yet */
};

struct dbx_conn {
    struct engine_conn base;
    enum engine_mode mode;
    struct dbx_wire *wire;
    bool streaming;
};

static struct dbx *dbx_of(struct engine_conn *c) { return (struct dbx *)c->engine; }

static const char *nothing_staged(void *context, const char *name, struct arena *a)
{
    (void)context, (void)name, (void)a;
    return NULL;
}

static struct remote_env env_of(struct dbx_conn *c)
{
    return (struct remote_env){.conn = &c->base, .catalog = dbx_of(&c->base)->catalog, .staged = nothing_staged};
}

/* ---- the instance ------------------------------------------------------------------------------------------------- */

static void dbx_close(struct engine *base)
{
    struct dbx *e = (struct dbx *)base;
    engine_close(e->local);
    dbx_client_free(e->client);
    pthread_mutex_destroy(&e->lock);
    remote_writer_free(&e->writer);
    arena_free(e->arena);
    free(e);
}

/* Asks nothing yet: a warehouse that sleeps costs money from its first statement on. */
static int dbx_open(const struct engine_options *options, struct engine **ret, struct error *err)
{
    struct dbx *e = xcalloc(1, sizeof(*e));
    struct dbx_login login;
    e->base.ops = &engine_databricks_ops;
    e->arena = arena_new();
    e->catalog = options->catalog && *options->catalog ? arena_strdup(e->arena, options->catalog) : NULL;
    e->lib_dir = options->lib_dir ? arena_strdup(e->arena, options->lib_dir) : NULL;
    snprintf(e->version, sizeof(e->version), "databricks");
    pthread_mutex_init(&e->lock, NULL);
    remote_writer_init(&e->writer);
    int rc = dbx_login_read(options, e->arena, &login, err);
    if (!rc && !login.warehouse_id) {
        rc = error_set(err, ERROR_USAGE, "it is not said which SQL warehouse of %s is meant", login.host);
        error_hint(err, "set engine.warehouse_id, DATABRICKS_WAREHOUSE_ID, or warehouse_id in the profile");
    }
    if (!rc)
        rc = dbx_client_new(&login, &e->client, err);
    if (rc) {
        dbx_close(&e->base);
        return rc;
    }
    *ret = &e->base;
    return 0;
}

static int dbx_allow_dirs(struct engine *e, const char *const *dirs, size_t count, struct error *err)
{
    (void)e, (void)dirs, (void)count, (void)err;
    return 0; /* no file is read */
}

static const char *dbx_version(const struct engine *e) { return ((const struct dbx *)e)->version; }

/* ---- connections ---------------------------------------------------------------------------------------------------- */

static int dbx_connect(struct engine *base, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret, struct error *err)
{
    struct dbx *e = (struct dbx *)base;
    int rc = mode == ENGINE_WRITE ? remote_writer_take(&e->writer, cancel, err) : 0;
    if (rc)
        return rc;
    struct dbx_conn *c = xcalloc(1, sizeof(*c));
    c->base.engine = base;
    c->mode = mode;
    rc = dbx_wire_new(e->client, &c->wire, err);
    if (rc) {
        free(c);
        if (mode == ENGINE_WRITE)
            remote_writer_give(&e->writer);
        return rc;
    }
    *ret = &c->base;
    return 0;
}

static void dbx_disconnect(struct engine_conn *base)
{
    struct dbx_conn *c = (struct dbx_conn *)base;
    dbx_wire_free(c->wire);
    if (c->mode == ENGINE_WRITE)
        remote_writer_give(&dbx_of(base)->writer);
    free(c);
}

static void dbx_interrupt(struct engine_conn *c) { dbx_wire_stop(((struct dbx_conn *)c)->wire); }

/* The service tells none. */
static double dbx_progress(struct engine_conn *c)
{
    (void)c;
    return -1;
}

static int busy(const struct dbx_conn *c, struct error *err)
{
    return c->streaming ? error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end") : 0;
}

static int dbx_begin(struct engine_conn *c, struct error *err) { return busy((struct dbx_conn *)c, err); }
static int dbx_commit(struct engine_conn *c, struct error *err) { return busy((struct dbx_conn *)c, err); }
static void dbx_rollback(struct engine_conn *c) { (void)c; }

/* ---- statements ------------------------------------------------------------------------------------------------------- */

static bool is_utc(const char *zone)
{
    static const char *const names[] = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "+00:00", "Universal", "Etc/Universal"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(zone, names[i]))
            return true;
    return false;
}

/* Days of moments would be others than everywhere else. */
static int look(struct dbx_conn *c, struct error *err)
{
    struct dbx *e = dbx_of(&c->base);
    struct dbx_request q = {.sql = "SELECT current_timezone() AS zone, version() AS release", .inline_result = true};
    struct dbx_result r;
    pthread_mutex_lock(&e->lock);
    bool looked = e->looked;
    pthread_mutex_unlock(&e->lock);
    int rc = looked ? 0 : dbx_run(c->wire, &q, &r, err);
    if (rc || looked)
        return rc;
    yyjson_val *row = yyjson_arr_get_first(yyjson_obj_get(r.result, "data_array"));
    const char *zone = yyjson_get_str(yyjson_arr_get(row, 0)), *release = yyjson_get_str(yyjson_arr_get(row, 1));
    if (!zone || !is_utc(zone)) {
        rc = error_set(err, ERROR_CONFLICT, "the time zone of the SQL warehouse is %.80s, not UTC", zone ? zone : "not known");
        error_hint(err, "set the SQL parameter TIMEZONE of the workspace's warehouses to UTC");
    } else {
        pthread_mutex_lock(&e->lock);
        snprintf(e->version, sizeof(e->version), "databricks %.*s", (int)(release ? strcspn(release, " ") : 0), release ? release : "");
        e->looked = true;
        pthread_mutex_unlock(&e->lock);
    }
    dbx_result_free(&r);
    return rc;
}

static bool is_named(const char *name, const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(name, names[i]))
            return true;
    return false;
}

enum run_as { RUN_INLINE, RUN_LINKS, RUN_SHAPE };

/* A place in a text that a line was put before. */
static void line_up(struct error *err)
{
    char *rest;
    unsigned long line = err ? strtoul(err->where, &rest, 10) : 0;
    struct error old;
    if (line < 2 || *rest != ':')
        return;
    old = *err;
    error_where(err, "%lu%s", line - 1, old.where + (rest - err->where));
}

/* Runs the text, or for RUN_SHAPE asks for its columns; of the parameters only those that it names are sent. */
static int run(struct dbx_conn *c, const struct remote_text *t, const struct engine_stmt *s, enum run_as as, struct dbx_result *ret,
               struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct sql_references *refs;
    struct engine_param *params = arena_alloc(a, (s->param_count + 1) * sizeof(*params));
    bool wrapped = as == RUN_SHAPE && t->kind == SQL_SELECT, inline_result = as != RUN_LINKS;
    const char *sql = wrapped ? arena_printf(a, "SELECT * FROM (%c%s%c) LIMIT 0", '\n', t->sql, '\n') : t->sql;
    struct dbx_request q = {.sql = sql, .catalog = dbx_of(&c->base)->catalog, .params = params, .inline_result = inline_result};
    int rc = sql_references(a, t->sql, strlen(t->sql), 1, &refs, err);
    for (size_t i = 0; !rc && i < s->param_count; i++)
        if (is_named(s->params[i].name, refs->params, refs->param_count))
            params[q.param_count++] = s->params[i];
    if (!rc)
        rc = dbx_run(c->wire, &q, ret, err);
    if (rc && wrapped)
        line_up(err);
    if (rc && err)
        remote_place(t, s, err);
    return rc;
}

static int run_own(struct dbx_conn *c, const char *sql, struct error *err)
{
    struct dbx_request q = {.sql = sql, .catalog = dbx_of(&c->base)->catalog, .inline_result = true};
    struct dbx_result r;
    int rc = dbx_run(c->wire, &q, &r, err);
    if (!rc)
        dbx_result_free(&r);
    return rc;
}

static int dbx_exec(struct engine_conn *base, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    struct dbx_conn *c = (struct dbx_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct remote_text t = {0};
    struct dbx_result r = {0};
    const struct remote_env env = env_of(c);
    int rc = busy(c, err);
    if (!rc)
        rc = remote_statement(&env, c->mode, s, a, &t, err);
    if (rc)
        return rc;
    dbx_wire_start(c->wire);
    rc = look(c, err);
    if (!rc && t.schema)
        rc = run_own(c, arena_printf(a, "CREATE SCHEMA IF NOT EXISTS %s", t.schema), err);
    if (!rc && t.sql)
        rc = run(c, &t, s, RUN_INLINE, &r, err);
    if (rc)
        return rc;
    int64_t rows = t.sql ? dbx_result_count(&r, "num_affected_rows") : 0;
    dbx_result_free(&r);
    if (ret_rows)
        *ret_rows = rows > 0 ? rows : 0;
    return 0;
}

static int query_text(struct dbx_conn *c, const struct engine_stmt *s, struct arena *a, struct remote_text *ret, struct error *err)
{
    const struct remote_env env = env_of(c);
    int rc = busy(c, err);
    return rc ? rc : remote_query(&env, s, a, ret, err);
}

/* Names and types by the manifest; a type that the sql room does not know is kept as the service writes it. */
static void columns_of(const struct dbx_result *r, struct arena *a, struct engine_column **ret, size_t *ret_count)
{
    yyjson_val *columns = yyjson_obj_get(yyjson_obj_get(r->manifest, "schema"), "columns"), *c;
    struct engine_column *list = arena_alloc(a, (yyjson_arr_size(columns) + 1) * sizeof(*list));
    size_t i, n;
    yyjson_arr_foreach(columns, i, n, c)
    {
        const struct sql_type *t;
        struct error ignored;
        const char *name = yyjson_get_str(yyjson_obj_get(c, "name")), *type = yyjson_get_str(yyjson_obj_get(c, "type_text"));
        type = type ? arena_strdup(a, type) : "STRING";
        list[i].name = arena_strdup(a, name ? name : "");
        list[i].nullable = true; /* the manifest does not say */
        list[i].type = sql_type_parse(a, type, &t, &ignored) ? type : sql_type_text(a, t);
    }
    *ret = list;
    *ret_count = yyjson_arr_size(columns);
}

static void stream_ended(void *conn) { ((struct dbx_conn *)conn)->streaming = false; }

static int dbx_stream(struct engine_conn *base, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct arena *a,
                      struct engine_column **ret_columns, size_t *ret_count, struct error *err)
{
    struct dbx_conn *c = (struct dbx_conn *)base;
    struct arena *own CLEANUP(arena_freep) = arena_new();
    struct remote_text t;
    struct dbx_result r;
    int rc = query_text(c, s, own, &t, err);
    if (rc)
        return rc;
    dbx_wire_start(c->wire);
    rc = look(c, err);
    if (!rc)
        rc = run(c, &t, s, RUN_LINKS, &r, err);
    if (rc)
        return rc;
    if (a)
        columns_of(&r, a, ret_columns, ret_count);
    c->streaming = true;
    rc = dbx_stream_open(&r, stream_ended, c, ret, err);
    c->streaming = !rc;
    return rc;
}

/* The names and types that a query without rows has. */
static int shape(struct dbx_conn *c, const struct remote_text *t, const struct engine_stmt *s, struct arena *a, struct engine_column **ret,
                 size_t *ret_count, struct error *err)
{
    struct dbx_result r;
    dbx_wire_start(c->wire);
    int rc = look(c, err);
    if (!rc)
        rc = run(c, t, s, RUN_SHAPE, &r, err);
    if (rc)
        return rc;
    columns_of(&r, a, ret, ret_count);
    dbx_result_free(&r);
    return 0;
}

static int dbx_describe(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, struct engine_column **ret,
                        size_t *ret_count, struct error *err)
{
    struct remote_text t;
    int rc = query_text((struct dbx_conn *)base, s, a, &t, err);
    return rc ? rc : shape((struct dbx_conn *)base, &t, s, a, ret, ret_count, err);
}

static int dbx_show_sql(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err)
{
    struct remote_text t;
    int rc = query_text((struct dbx_conn *)base, s, a, &t, err);
    if (!rc)
        *ret = t.sql;
    return rc;
}

/* ---- the gate's parse tree -------------------------------------------------------------------------------------------------- */

static int local_take(struct dbx *e, struct engine_conn **ret, struct error *err)
{
    const struct engine_options options = {.kind = ENGINE_EMBEDDED, .lib_dir = e->lib_dir, .threads = 1};
    pthread_mutex_lock(&e->lock);
    int rc = e->local ? 0 : engine_open(&options, &e->local, err);
    if (!rc)
        rc = engine_connect(e->local, ENGINE_READ, NULL, ret, err);
    pthread_mutex_unlock(&e->lock);
    return rc;
}

static int dbx_parse_tree(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret_json, struct error *err)
{
    struct engine_conn *local;
    const struct remote_env env = env_of((struct dbx_conn *)base);
    int rc = local_take(dbx_of(base), &local, err);
    if (rc)
        return rc;
    rc = remote_parse_tree(&env, local, s, a, ret_json, err);
    engine_disconnect(local);
    return rc;
}

/* ---- tables -------------------------------------------------------------------------------------------------------------------- */

static int dbx_table_columns(struct engine_conn *base, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                             size_t *ret_count, struct error *err)
{
    struct dbx_conn *c = (struct dbx_conn *)base;
    const struct remote_env env = env_of(c);
    struct error why = {0};
    int rc = busy(c, &why);
    if (!rc && str_ieq(schema, "incoming"))
        rc = error_set(&why, ERROR_NOT_FOUND, "nothing is staged as incoming.%s", table);
    if (!rc) {
        const char *sql = arena_printf(a, "SELECT * FROM %s", remote_name(&env, a, schema, table));
        const struct remote_text t = {.kind = SQL_SELECT, .sql = sql, .portable = sql};
        rc = shape(c, &t, ENGINE_SQL(sql), a, ret, ret_count, &why);
        if (rc == ERROR_NOT_FOUND)
            error_set(&why, ERROR_NOT_FOUND, "there is no table %s.%s", schema, table);
    }
    if (rc && err)
        *err = why;
    return rc;
}

/* ---- what the service does not do ---------------------------------------------------------------------------------------------------- */

static int refuse(struct error *err, const char *what)
{
    error_set(err, ERROR_UNAVAILABLE, "%s is not possible with the engine databricks", what);
    error_hint(err, "its tables lie in the workspace; docs/databricks.md says what it can do");
    return ERROR_UNAVAILABLE;
}

static int dbx_table_hash(struct engine_conn *c, const char *schema, const char *table, const char *const *leave_out, size_t count,
                          uint64_t *ret, struct error *err)
{
    (void)c, (void)schema, (void)table, (void)leave_out, (void)count, (void)ret;
    return refuse(err, "the hash of a table");
}

static int dbx_stage_files(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files,
                           size_t count, const struct engine_column *want, size_t want_count, struct error *err)
{
    (void)c, (void)name, (void)format, (void)files, (void)count, (void)want, (void)want_count;
    return refuse(err, "reading files of this machine");
}

static int dbx_stage_query(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    (void)c, (void)name, (void)s, (void)ret_rows;
    return refuse(err, "staging rows");
}

static void dbx_unstage(struct engine_conn *c, const char *name) { (void)c, (void)name; }

static int dbx_staged_files(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                            struct error *err)
{
    (void)c, (void)name, (void)a, (void)ret, (void)ret_count;
    return refuse(err, "reading files of this machine");
}

static int dbx_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err)
{
    (void)c, (void)schema, (void)table, (void)ret;
    return refuse(err, "bulk load");
}

static int dbx_copy_open(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret, struct error *err)
{
    (void)c, (void)s, (void)by, (void)ret;
    return refuse(err, "writing results into files of this machine");
}

static int dbx_backup(struct engine *e, const char *path, struct error *err)
{
    (void)e, (void)path;
    return refuse(err, "a backup of the warehouse");
}

static int dbx_checkpoint(struct engine *e, struct error *err)
{
    (void)e;
    return refuse(err, "a checkpoint");
}

/* Without a loader and a copier there is nothing to call their other functions with. */
const struct engine_ops engine_databricks_ops = {
    .kind = "databricks",
    .open = dbx_open,
    .close = dbx_close,
    .allow_dirs = dbx_allow_dirs,
    .version = dbx_version,
    .connect = dbx_connect,
    .disconnect = dbx_disconnect,
    .interrupt = dbx_interrupt,
    .progress = dbx_progress,
    .begin = dbx_begin,
    .commit = dbx_commit,
    .rollback = dbx_rollback,
    .exec = dbx_exec,
    .stream = dbx_stream,
    .describe = dbx_describe,
    .table_columns = dbx_table_columns,
    .table_hash = dbx_table_hash,
    .sql = dbx_show_sql,
    .parse_tree = dbx_parse_tree,
    .stage_files = dbx_stage_files,
    .stage_query = dbx_stage_query,
    .unstage = dbx_unstage,
    .staged_files = dbx_staged_files,
    .load_begin = dbx_load_begin,
    .copy_open = dbx_copy_open,
    .backup = dbx_backup,
    .checkpoint = dbx_checkpoint,
};
