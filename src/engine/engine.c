/* Dispatch to the engines, and what is the same for all of them. */
#include "engine/engine_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const struct engine_ops *const engines[] = {&engine_duckdb_ops, &engine_spark_ops, &engine_databricks_ops};

int engine_open(const struct engine_options *options, struct engine **ret, struct error *err)
{
    const char *kinds[ARRAY_LEN(engines)];
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        if (str_eq(options->kind, engines[i]->kind))
            return engines[i]->open(options, ret, err);
        kinds[i] = engines[i]->kind;
    }
    const char *kind = options->kind ? options->kind : "";
    const char *nearest = nearest_name(kind, kinds, ARRAY_LEN(kinds));
    error_set(err, ERROR_USAGE, "there is no engine '%s'", kind);
    error_hint(err, "use '%s'", nearest ? nearest : kinds[0]);
    return ERROR_USAGE;
}

void engine_close(struct engine *e)
{
    if (e)
        e->ops->close(e);
}

int engine_allow_dirs(struct engine *e, const char *const *dirs, size_t count, struct error *err)
{
    return e->ops->allow_dirs(e, dirs, count, err);
}

void engine_set_env(struct engine *e, const struct sql_env *env)
{
    e->env = (struct sql_env){.context = env->context,
                              .name = env->name,
                              .variable = env->variable,
                              .function = env->function,
                              .metric = env->metric,
                              .user = env->user};
}

const char *engine_version(const struct engine *e) { return e->ops->version(e); }

/* In the build tree the program lies in <build>/src or <build> or, for tests, deeper; lib/secchi is in <build>. */
int engine_lib_dir(struct arena *a, const char **ret, struct error *err)
{
    char exe[LIMIT_PATH_BYTES];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (n <= 0)
        return error_errno(err, "read", "/proc/self/exe");
    exe[n] = '\0';
    for (int up = 0; up < 4; up++) {
        char *slash = strrchr(exe, '/');
        if (!slash || slash == exe)
            break;
        *slash = '\0';
        char *dir = path_join(a, exe, "lib/secchi");
        if (path_is_dir(dir)) {
            *ret = dir;
            return 0;
        }
    }
    error_set(err, ERROR_NOT_FOUND, "the folder lib/secchi with the engine's files was not found beside the program");
    error_hint(err, "run make, or install the program with its lib folder");
    return ERROR_NOT_FOUND;
}

int engine_connect(struct engine *e, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret, struct error *err)
{
    return e->ops->connect(e, mode, cancel, ret, err);
}

void engine_disconnect(struct engine_conn *c)
{
    if (!c)
        return;
    char *user = c->user, *groups = c->groups;
    c->engine->ops->disconnect(c);
    free(user);
    free(groups);
}

void engine_set_clock(struct engine_conn *c, int64_t time_us) { c->clock_us = time_us; }
void engine_set_any_order(struct engine_conn *c) { c->any_order = true; }

void engine_set_user(struct engine_conn *c, const char *user, const char *const *groups, size_t group_count)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *list = "";
    for (size_t i = 0; i < group_count; i++)
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", sql_quote_string(a, groups[i]));
    list = arena_printf(a, "[%s]", list);
    if (str_eq(c->groups, list) && str_eq(c->user, user))
        return;
    free(c->user);
    free(c->groups);
    c->user = user ? xstrdup(user) : NULL;
    c->groups = xstrdup(list);
    c->asker++;
}

void engine_interrupt(struct engine_conn *c) { c->engine->ops->interrupt(c); }
double engine_progress(struct engine_conn *c) { return c->engine->ops->progress(c); }
int engine_begin(struct engine_conn *c, struct error *err) { return c->engine->ops->begin(c, err); }
int engine_commit(struct engine_conn *c, struct error *err) { return c->engine->ops->commit(c, err); }
void engine_rollback(struct engine_conn *c) { c->engine->ops->rollback(c); }

int engine_exec(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    return c->engine->ops->exec(c, s, ret_rows, err);
}

int engine_stream(struct engine_conn *c, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct error *err)
{
    return c->engine->ops->stream(c, s, ret, NULL, NULL, NULL, err);
}

int engine_rows(struct engine_conn *c, const struct engine_stmt *s, size_t max_rows, struct arena *a, struct engine_rows *ret,
                struct error *err)
{
    struct ArrowArrayStream stream;
    struct engine_rows rows = {0};
    int rc = c->engine->ops->stream(c, s, &stream, a, &rows.columns, &rows.column_count, err);
    if (rc)
        return rc;
    rc = engine_read_rows(&stream, max_rows, a, &rows, err);
    stream.release(&stream);
    if (rc == ERROR_LIMIT && err && !err->where[0] && s->file)
        error_where(err, "%s:%u", s->file, s->line ? s->line : 1);
    if (!rc)
        *ret = rows;
    return rc;
}

int engine_cell(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_value *ret, struct error *err)
{
    struct engine_rows rows = {0};
    int rc = engine_rows(c, s, 1, a, &rows, err);
    if (rc)
        return rc;
    if (rows.row_count != 1 || rows.column_count != 1) {
        error_set(err, ERROR_ENGINE, "expected one row of one column, got %zu of %zu", rows.row_count, rows.column_count);
        if (s->file)
            error_where(err, "%s:%u", s->file, s->line ? s->line : 1);
        return ERROR_ENGINE;
    }
    *ret = rows.values[0];
    return 0;
}

int engine_describe(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_column **ret, size_t *ret_count,
                    struct error *err)
{
    return c->engine->ops->describe(c, s, a, ret, ret_count, err);
}

int engine_table_columns(struct engine_conn *c, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                         size_t *ret_count, struct error *err)
{
    return c->engine->ops->table_columns(c, schema, table, a, ret, ret_count, err);
}

const struct engine_column *engine_find_column(const struct engine_column *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(columns[i].name, name))
            return &columns[i];
    return NULL;
}

int engine_table_hash(struct engine_conn *c, const char *schema, const char *table, const char *const *leave_out, size_t count,
                      uint64_t *ret, struct error *err)
{
    return c->engine->ops->table_hash(c, schema, table, leave_out, count, ret, err);
}

int engine_sql(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err)
{
    return c->engine->ops->sql(c, s, a, ret, err);
}

int engine_parse_tree(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret_json, struct error *err)
{
    return c->engine->ops->parse_tree(c, s, a, ret_json, err);
}

int engine_stage_files(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                       const struct engine_column *want, size_t want_count, struct error *err)
{
    return c->engine->ops->stage_files(c, name, format, files, count, want, want_count, err);
}

int engine_stage_query(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    return c->engine->ops->stage_query(c, name, s, ret_rows, err);
}

void engine_unstage(struct engine_conn *c, const char *name) { c->engine->ops->unstage(c, name); }

int engine_staged_files(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                        struct error *err)
{
    return c->engine->ops->staged_files(c, name, a, ret, ret_count, err);
}

int engine_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err)
{
    return c->engine->ops->load_begin(c, schema, table, ret, err);
}

void engine_load_bool(struct engine_loader *l, unsigned column, bool v) { l->conn->engine->ops->load_bool(l, column, v); }
void engine_load_i64(struct engine_loader *l, unsigned column, int64_t v) { l->conn->engine->ops->load_i64(l, column, v); }
void engine_load_f64(struct engine_loader *l, unsigned column, double v) { l->conn->engine->ops->load_f64(l, column, v); }

void engine_load_text(struct engine_loader *l, unsigned column, const char *s, size_t len)
{
    l->conn->engine->ops->load_text(l, column, s, len);
}

int engine_load_row(struct engine_loader *l, struct error *err) { return l->conn->engine->ops->load_row(l, err); }
int engine_load_end(struct engine_loader *l, struct error *err) { return l->conn->engine->ops->load_end(l, err); }

void engine_load_abort(struct engine_loader *l)
{
    if (l)
        l->conn->engine->ops->load_abort(l);
}

int engine_copy_open(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret, struct error *err)
{
    return c->engine->ops->copy_open(c, s, by, ret, err);
}

int engine_copy_run(struct engine_copier *k, const struct engine_param *params, const char *dir, enum engine_format format,
                    int64_t *ret_rows, struct error *err)
{
    return k->conn->engine->ops->copy_run(k, params, dir, format, ret_rows, err);
}

void engine_copy_close(struct engine_copier *k)
{
    if (k)
        k->conn->engine->ops->copy_close(k);
}

int engine_save(struct engine_conn *c, struct ArrowArrayStream *stream, const char *path, struct error *err)
{
    const struct engine_ops *ops = c->engine->ops;
    if (!ops->save)
        return error_set(err, ERROR_UNAVAILABLE, "the engine %s writes no files of this machine", ops->kind);
    return ops->save(c, stream, path, err);
}

int engine_backup(struct engine *e, const char *path, struct error *err) { return e->ops->backup(e, path, err); }
int engine_checkpoint(struct engine *e, struct error *err) { return e->ops->checkpoint(e, err); }
