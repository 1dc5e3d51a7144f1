/* Statements: Databricks SQL in, rewritten, prepared, bound, run. */
#include "engine/duckdb/duck.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

struct rewrite { /* context of the callbacks of one rewrite */
    struct duck_conn *conn;
    const struct sql_env *outer;
};

/* ---- what the rewriter asks */

static int staged_missing(struct duck_conn *c, const char *name, struct error *err)
{
    const char **names = xcalloc(c->staged.len + 1, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < c->staged.len; i++)
        if (c->staged.entries[i].key)
            names[count++] = c->staged.entries[i].key;
    const char *nearest = nearest_name(name, names, count);
    error_set(err, ERROR_NOT_FOUND, "nothing is staged as incoming.%s", name);
    if (nearest)
        error_hint(err, "did you mean incoming.%s?", nearest);
    free(names);
    return ERROR_NOT_FOUND;
}

static int ask_name(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                    struct error *err)
{
    struct rewrite *r = context;
    if (name->count == 2 && str_ieq(name->parts[0], "incoming")) {
        const char *relation = duck_staged_relation(r->conn, name->parts[1]);
        if (!relation)
            return staged_missing(r->conn, name->parts[1], err);
        *ret_schema = "temp";
        *ret_table = arena_strdup(a, relation);
        return 0;
    }
    if (r->outer->name)
        return r->outer->name(r->outer->context, name, a, ret_schema, ret_table, err);
    if (name->count > 2)
        return error_set(err, ERROR_NOT_FOUND, "there is no catalogue '%s'", name->parts[0]);
    *ret_schema = name->count == 2 ? name->parts[0] : "main";
    *ret_table = name->parts[name->count - 1];
    return 0;
}

/* A table that is not there yet has no columns: the rewriter then knows no types, and preparing says what is wrong. */
static int ask_columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                       size_t *ret_count, struct error *err)
{
    struct rewrite *r = context;
    struct duck_column *columns;
    struct error ignored;
    size_t count = 0, known = 0;
    (void)err;
    *ret_count = 0;
    char *from = arena_printf(a, "%s.%s", sql_quote(a, schema), sql_quote(a, table));
    if (duck_named_columns(r->conn, from, a, &columns, &count, &ignored))
        return 0;
    struct sql_column_type *types = arena_alloc(a, sizeof(*types) * (count + 1));
    for (size_t i = 0; i < count; i++, known++) {
        types[i].name = columns[i].name;
        if (sql_type_parse_duckdb(a, columns[i].duckdb_type, &types[i].type, &ignored)) {
            static const struct sql_type unknown = {.kind = SQL_T_UNKNOWN};
            types[i].type = &unknown;
        }
    }
    *ret = types;
    *ret_count = known;
    return 0;
}

static int ask_variable(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err)
{
    struct rewrite *r = context;
    if (r->outer->variable)
        return r->outer->variable(r->outer->context, name, a, ret_text, err);
    return error_set(err, ERROR_NOT_FOUND, "there is no variable ${%s}", name);
}

static int ask_function(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                        struct error *err)
{
    struct rewrite *r = context;
    *ret = NULL;
    return r->outer->function ? r->outer->function(r->outer->context, name, a, ret, err) : 0;
}

static int ask_metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    struct rewrite *r = context;
    *ret = NULL;
    return r->outer->metric(r->outer->context, name, a, ret, err);
}

/* ---- parameters */

/* DuckDB takes names only: the range parameter :time.min is $time__min there. */
static const char *param_name(struct arena *a, const char *param)
{
    const char *dot = strchr(param, '.');
    return dot ? arena_printf(a, "%.*s__%s", (int)(dot - param), param, dot + 1) : param;
}

#define MOMENT_US INT64_C(62000000000000000) /* what is nearer to 1970 is a plain moment */
#define DAY 700000

/* The value of a parameter as text. A statement that is run once is planned once then, and not again when its values are bound.
 * NULL: a value that text does not hold exactly. */
static const char *literal_sql(struct arena *a, const struct engine_value *v)
{
    switch (v->type) {
    case ENGINE_NULL:
        return "NULL";
    case ENGINE_BOOL:
        return v->b ? "TRUE" : "FALSE";
    case ENGINE_I64:
        return v->i == INT64_MIN ? NULL : arena_printf(a, "%" PRId64, v->i);
    case ENGINE_TEXT:
        return utf8_valid(v->text, strlen(v->text)) ? sql_quote_string(a, v->text) : NULL;
    case ENGINE_TIMESTAMP:
        return v->i > -MOMENT_US && v->i < MOMENT_US ? arena_printf(a, "make_timestamp(%" PRId64 ")", v->i) : NULL;
    case ENGINE_DATE:
        return v->i > -DAY && v->i < DAY ? arena_printf(a, "DATE '1970-01-01' + %d", (int)v->i) : NULL;
    case ENGINE_F64:
    case ENGINE_OTHER:
        break;
    }
    return NULL;
}

/* The cast tells DuckDB the type while it prepares, so that results can be described before values are bound. */
static const char *param_sql(struct arena *a, const struct engine_param *param, bool once)
{
    static const char *const types[] = {
        [ENGINE_BOOL] = "BOOLEAN", [ENGINE_I64] = "BIGINT",          [ENGINE_F64] = "DOUBLE",
        [ENGINE_TEXT] = "VARCHAR", [ENGINE_TIMESTAMP] = "TIMESTAMP", [ENGINE_DATE] = "DATE",
    };
    enum engine_type type = param->value.type;
    const char *literal = once ? literal_sql(a, &param->value) : NULL;
    const char *value = literal ? literal : arena_printf(a, "$%s", param_name(a, param->name));
    return type == ENGINE_NULL || type == ENGINE_OTHER ? value : arena_printf(a, "CAST(%s AS %s)", value, types[type]);
}

static const struct sql_type *param_type(enum engine_type type)
{
    static const struct sql_type types[] = {
        [ENGINE_NULL] = {.kind = SQL_T_VOID},  [ENGINE_BOOL] = {.kind = SQL_T_BOOLEAN}, [ENGINE_I64] = {.kind = SQL_T_BIGINT},
        [ENGINE_F64] = {.kind = SQL_T_DOUBLE}, [ENGINE_TEXT] = {.kind = SQL_T_STRING},  [ENGINE_TIMESTAMP] = {.kind = SQL_T_TIMESTAMP},
        [ENGINE_DATE] = {.kind = SQL_T_DATE},  [ENGINE_OTHER] = {.kind = SQL_T_STRING},
    };
    return &types[type];
}

static int bind_value(duckdb_prepared_statement p, idx_t at, const struct engine_value *v)
{
    switch (v->type) {
    case ENGINE_NULL:
        return duckdb_bind_null(p, at);
    case ENGINE_BOOL:
        return duckdb_bind_boolean(p, at, v->b);
    case ENGINE_I64:
        return duckdb_bind_int64(p, at, v->i);
    case ENGINE_F64:
        return duckdb_bind_double(p, at, v->f);
    case ENGINE_TEXT:
    case ENGINE_OTHER:
        return duckdb_bind_varchar(p, at, v->text);
    case ENGINE_TIMESTAMP:
        return duckdb_bind_timestamp(p, at, (duckdb_timestamp){v->i});
    case ENGINE_DATE:
        return duckdb_bind_date(p, at, (duckdb_date){(int32_t)v->i});
    }
    return DuckDBError;
}

static int bind_params(struct duck *d, duckdb_prepared_statement p, const struct duck_where *where, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const struct engine_stmt *s = where->stmt;
    for (idx_t i = 1; i <= duckdb_nparams(p); i++) {
        const char *name = duck_text(a, duckdb_parameter_name(p, i));
        size_t k = 0;
        while (k < s->param_count && !str_ieq(param_name(a, s->params[k].name), name))
            k++;
        if (k == s->param_count) {
            error_set(err, ERROR_USAGE, "the parameter :%s has no value", name);
            duck_error_place(s, err);
            return ERROR_USAGE;
        }
        if (bind_value(p, i, &s->params[k].value) != DuckDBSuccess)
            return duck_error(d, duckdb_prepare_error(p), where, err);
    }
    return 0;
}

/* ---- rewriting and preparing */

/* once: the text is for these values of the parameters alone. */
static int rewrite(struct duck_conn *c, const struct engine_stmt *s, bool once, struct arena *a, struct sql_rewritten **ret,
                   struct error *err)
{
    struct rewrite context = {c, &c->base.engine->env};
    struct sql_param *params = arena_alloc(a, sizeof(*params) * (s->param_count + 1));
    for (size_t i = 0; i < s->param_count; i++) {
        const struct engine_param *p = &s->params[i];
        params[i] = (struct sql_param){.name = p->name, .type = param_type(p->value.type), .engine_sql = param_sql(a, p, once)};
    }
    /* Comments of columns are read from the catalogue, never from the warehouse, and writing those of all tables would take half the
     * time that a new warehouse takes. */
    struct sql_env env = {
        .context = &context,
        .name = ask_name,
        .columns = ask_columns,
        .variable = ask_variable,
        .function = ask_function,
        .metric = c->base.engine->env.metric ? ask_metric : NULL,
        .params = params,
        .param_count = s->param_count,
        .params_closed = true,
        .user = c->base.user ? c->base.user : c->base.engine->env.user,
        .spare_column_comments = true,
    };
    int rc = duck_session(c, &env.now_us, err);
    if (!rc)
        rc = sql_rewrite_duckdb(a, s->sql, strlen(s->sql), s->line, &env, ret, err);
    if (rc)
        duck_error_place(s, err);
    return rc;
}

static bool kind_reads(enum sql_kind kind) { return kind == SQL_SELECT || kind == SQL_EXPLAIN || kind == SQL_DESCRIBE || kind == SQL_SHOW; }

static bool kind_changes_rows(enum sql_kind kind)
{
    return kind == SQL_INSERT || kind == SQL_UPDATE || kind == SQL_DELETE || kind == SQL_MERGE;
}

/* What the walls let through whatever the rewriter made of a statement. */
static bool type_reads(duckdb_statement_type t) { return t == DUCKDB_STATEMENT_TYPE_SELECT || t == DUCKDB_STATEMENT_TYPE_EXPLAIN; }

static bool type_writes(duckdb_statement_type t)
{
    switch (t) {
    case DUCKDB_STATEMENT_TYPE_INSERT:
    case DUCKDB_STATEMENT_TYPE_UPDATE:
    case DUCKDB_STATEMENT_TYPE_DELETE:
    case DUCKDB_STATEMENT_TYPE_MERGE_INTO:
    case DUCKDB_STATEMENT_TYPE_CREATE:
    case DUCKDB_STATEMENT_TYPE_CREATE_FUNC:
    case DUCKDB_STATEMENT_TYPE_DROP:
    case DUCKDB_STATEMENT_TYPE_ALTER:
    case DUCKDB_STATEMENT_TYPE_ANALYZE:
        return true;
    default:
        return false;
    }
}

static int refuse(const struct engine_stmt *s, struct error *err, const char *what)
{
    error_set(err, ERROR_FORBIDDEN, "%s", what);
    duck_error_place(s, err);
    return ERROR_FORBIDDEN;
}

static int prepare(struct duck_conn *c, const char *sql, const struct duck_where *where, duckdb_prepared_statement *ret, struct error *err)
{
    duckdb_prepared_statement p = NULL;
    if (duckdb_prepare(c->con, sql, &p) != DuckDBSuccess) {
        int rc = duck_error(duck_of(&c->base), duckdb_prepare_error(p), where, err);
        duckdb_destroy_prepare(&p);
        return rc;
    }
    *ret = p;
    return 0;
}

int duck_prepare_bound(struct duck_conn *c, const char *sql, const struct duck_where *where, duckdb_prepared_statement *ret,
                       struct error *err)
{
    int rc = prepare(c, sql, where, ret, err);
    if (!rc) {
        rc = bind_params(duck_of(&c->base), *ret, where, err);
        if (rc)
            duckdb_destroy_prepare(ret);
    }
    return rc;
}

static int rewrite_query(struct duck_conn *c, const struct engine_stmt *s, bool once, struct arena *a, struct sql_rewritten **ret,
                         struct error *err)
{
    int rc = rewrite(c, s, once, a, ret, err);
    if (rc || (kind_reads((*ret)->kind) && (*ret)->statement_count == 1))
        return rc;
    error_set(err, ERROR_USAGE, "%s is no query", sql_kind_name((*ret)->kind));
    duck_error_place(s, err);
    return ERROR_USAGE;
}

int duck_query_prepare(struct duck_conn *c, const struct engine_stmt *s, bool once, struct arena *a, struct duck_query *ret,
                       struct error *err)
{
    int rc = rewrite_query(c, s, once, a, &ret->rewritten, err);
    if (rc)
        return rc;
    struct duck_where where = {s, ret->rewritten->statements[0]};
    rc = duck_prepare_bound(c, where.rewritten, &where, &ret->prepared, err);
    if (rc)
        return rc;
    if (!type_reads(duckdb_prepared_statement_type(ret->prepared))) {
        duckdb_destroy_prepare(&ret->prepared);
        return refuse(s, err, "the engine would not run this statement as a query");
    }
    return 0;
}

/* Takes part in the work until there is a result or an error. The loop of duckdb_execute_pending asks again and again for a task while
 * other threads have the last ones, and counts the progress each time: that takes a core from them and from those who read meanwhile. */
static void work_on(duckdb_pending_result pending)
{
    static const struct timespec nap = {.tv_nsec = 100000};
    duckdb_pending_state state;
    do {
        state = duckdb_pending_execute_task(pending);
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE)
            nanosleep(&nap, NULL);
    } while (state == DUCKDB_PENDING_RESULT_NOT_READY || state == DUCKDB_PENDING_NO_TASKS_AVAILABLE);
}

/* The pending result clears an earlier interrupt as it is made, and other threads are at work on it from then on: one that came since
 * the statement began is told again, or nothing would stop them and the connection could never be closed. */
int duck_run(struct duck_conn *c, duckdb_prepared_statement p, bool streaming, const struct duck_where *where, duckdb_result *ret,
             struct error *err)
{
    struct duck *d = duck_of(&c->base);
    duckdb_pending_result pending = NULL;
    duckdb_result result;
    int rc = 0;
    duckdb_state made = streaming ? duckdb_pending_prepared_streaming(p, &pending) : duckdb_pending_prepared(p, &pending);
    if (made != DuckDBSuccess)
        rc = duck_error(d, duckdb_pending_error(pending), where, err);
    else {
        if (duck_run_interrupted(c))
            duckdb_interrupt(c->con);
        work_on(pending);
        if (duckdb_execute_pending(pending, &result) != DuckDBSuccess)
            rc = duck_result_failed(d, &result, where, err);
    }
    duckdb_destroy_pending(&pending);
    if (!rc)
        *ret = result;
    return rc;
}

int duck_sql_result(struct duck_conn *c, const char *sql, duckdb_result *ret, struct error *err)
{
    duckdb_result result;
    if (duckdb_query(c->con, sql, &result) != DuckDBSuccess)
        return duck_result_failed(duck_of(&c->base), &result, NULL, err);
    *ret = result;
    return 0;
}

int duck_sql(struct duck_conn *c, const char *sql, struct error *err)
{
    duckdb_result result;
    int rc = duck_sql_result(c, sql, &result, err);
    if (!rc)
        duckdb_destroy_result(&result);
    return rc;
}

/* ---- running without a result */

static bool creates(enum sql_kind k)
{
    return k == SQL_CREATE_TABLE || k == SQL_CREATE_TABLE_AS || k == SQL_CREATE_VIEW || k == SQL_CREATE_METRIC_VIEW ||
           k == SQL_CREATE_FUNCTION;
}

/* The schema of what is created is made when it is missing; that of a function that the owner of the engine knows is the owner's. */
static int create_schema(struct duck_conn *c, const struct engine_stmt *s, struct arena *a, struct error *err)
{
    struct sql_references *refs;
    const struct sql_user_function *known = NULL;
    const char *schema, *table;
    struct rewrite context = {c, &c->base.engine->env};
    int rc = sql_references(a, s->sql, strlen(s->sql), s->line, &refs, err);
    if (!rc && refs->kind == SQL_CREATE_FUNCTION && !ask_function(&context, &refs->written, a, &known, err) && known)
        return 0;
    if (!rc && refs->writes && refs->written.count > 0)
        rc = ask_name(&context, &refs->written, a, &schema, &table, err);
    else if (!rc)
        return 0;
    if (rc) {
        duck_error_place(s, err);
        return rc;
    }
    if (str_eq(schema, "main") || str_eq(schema, "temp"))
        return 0;
    return duck_sql(c, arena_printf(a, "CREATE SCHEMA IF NOT EXISTS %s", sql_quote(a, schema)), err);
}

/* CREATE TABLE AS tells its rows as a result of one cell. */
static int64_t rows_changed(duckdb_result *result, duckdb_statement_type type)
{
    if (type == DUCKDB_STATEMENT_TYPE_CREATE && duckdb_column_count(result) == 1 && duckdb_row_count(result) == 1)
        return duckdb_value_int64(result, 0, 0);
    return (int64_t)duckdb_rows_changed(result);
}

static int run_one(struct duck_conn *c, const struct engine_stmt *s, const char *sql, bool may_read, int64_t *ret_rows, struct error *err)
{
    struct duck_where where = {s, sql};
    duckdb_prepared_statement p = NULL;
    duckdb_result result;
    int rc = duck_prepare_bound(c, sql, &where, &p, err);
    if (rc)
        return rc;
    duckdb_statement_type type = duckdb_prepared_statement_type(p);
    if (!type_writes(type) && !(may_read && type_reads(type)))
        rc = refuse(s, err, "this kind of statement is not run here");
    else
        rc = duck_run(c, p, false, &where, &result, err);
    if (!rc) {
        if (ret_rows)
            *ret_rows = rows_changed(&result, type);
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&p);
    return rc;
}

static int run_all(struct duck_conn *c, const struct engine_stmt *s, struct arena *a, int64_t *ret_rows, struct error *err)
{
    struct sql_rewritten *r;
    int64_t rows = 0;
    int rc = rewrite(c, s, c->mode == ENGINE_WRITE, a, &r, err);
    if (rc)
        return rc;
    if (c->mode == ENGINE_READ && !kind_reads(r->kind))
        return refuse(s, err, "this connection may only read");
    bool own_transaction = !c->in_transaction && (r->statement_count > 1 || creates(r->kind));
    if (own_transaction)
        rc = duck_sql(c, "BEGIN TRANSACTION", err);
    if (rc)
        return rc;
    if (creates(r->kind))
        rc = create_schema(c, s, a, err);
    for (size_t i = 0; !rc && i < r->statement_count; i++)
        rc = run_one(c, s, r->statements[i], kind_reads(r->kind), i == 0 ? &rows : NULL, err);
    if (own_transaction) {
        struct error ignored;
        int end = duck_sql(c, rc ? "ROLLBACK" : "COMMIT", rc ? &ignored : err);
        rc = rc ? rc : end;
    }
    if (!kind_reads(r->kind) && !kind_changes_rows(r->kind))
        duck_forget_columns(c);
    if (!rc && ret_rows)
        *ret_rows = rows;
    return rc;
}

static int busy(const struct duck_conn *c, struct error *err)
{
    return c->stream ? error_set(err, ERROR_CONFLICT, "the connection is busy with a result that was not read to its end") : 0;
}

int duck_exec(struct engine_conn *base, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = busy(c, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    duck_run_begin(c);
    rc = run_all(c, s, a, ret_rows, err);
    duck_run_end(c);
    duck_leave(c);
    return rc;
}

/* ---- results described */

static bool type_known(const struct sql_type *t)
{
    if (!t || t->kind == SQL_T_UNKNOWN)
        return false;
    for (size_t i = 0; i < t->field_count; i++)
        if (!type_known(t->fields[i].type))
            return false;
    return (!t->key || type_known(t->key)) && (!t->item || type_known(t->item));
}

int duck_query_columns(const struct duck_query *q, struct arena *a, struct engine_column **ret, size_t *ret_count, struct error *err)
{
    idx_t count = duckdb_prepared_statement_column_count(q->prepared);
    bool named = q->rewritten->column_count == count;
    struct engine_column *columns = arena_alloc(a, sizeof(*columns) * (count + 1));
    (void)err;
    for (idx_t i = 0; i < count; i++) {
        const struct sql_column_type *known = named ? &q->rewritten->columns[i] : NULL;
        columns[i].nullable = true;
        if (known && known->name)
            columns[i].name = arena_strdup(a, known->name);
        else
            columns[i].name = duck_text(a, duckdb_prepared_statement_column_name(q->prepared, i));
        if (known && type_known(known->type) && known->type->kind != SQL_T_VOID) {
            columns[i].type = sql_type_text(a, known->type);
            continue;
        }
        duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(q->prepared, i);
        columns[i].type = duck_databricks_type(a, duck_type_text(a, type));
        duckdb_destroy_logical_type(&type);
    }
    *ret = columns;
    *ret_count = count;
    return 0;
}

int duck_describe(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, struct engine_column **ret, size_t *ret_count,
                  struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_query q;
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_query_prepare(c, s, false, a, &q, err);
    if (!rc) {
        rc = duck_query_columns(&q, a, ret, ret_count, err);
        duckdb_destroy_prepare(&q.prepared);
    }
    duck_leave(c);
    return rc;
}

int duck_show_sql(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_query q;
    int rc = busy(c, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_query_prepare(c, s, false, a, &q, err);
    if (!rc) {
        duckdb_destroy_prepare(&q.prepared);
        *ret = q.rewritten->statements[0];
    }
    duck_leave(c);
    return rc;
}

/* Within duck_enter. */
static int serialize(struct duck_conn *c, const struct duck_where *where, const char *sql, struct arena *a, const char **ret_json,
                     struct error *err)
{
    duckdb_prepared_statement p = NULL;
    duckdb_result result;
    int rc = prepare(c, "SELECT json_serialize_sql(CAST($1 AS VARCHAR))", where, &p, err);
    if (!rc && duckdb_bind_varchar(p, 1, sql) != DuckDBSuccess)
        rc = duck_error(duck_of(&c->base), duckdb_prepare_error(p), where, err);
    if (!rc)
        rc = duck_run(c, p, false, where, &result, err);
    if (!rc) {
        *ret_json = duck_text(a, duckdb_value_varchar(&result, 0, 0));
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&p);
    return rc;
}

int duck_parse_tree(struct engine_conn *base, const struct engine_stmt *s, struct arena *a, const char **ret_json, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_query q;
    int rc = busy(c, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_query_prepare(c, s, false, a, &q, err);
    if (!rc) {
        struct duck_where where = {s, NULL};
        duckdb_destroy_prepare(&q.prepared);
        rc = serialize(c, &where, q.rewritten->statements[0], a, ret_json, err);
    }
    duck_leave(c);
    return rc;
}

int duck_tree_of(struct engine_conn *base, const char *sql, struct arena *a, const char **ret_json, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_where where = {0};
    int rc = busy(c, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = serialize(c, &where, sql, a, ret_json, err);
    duck_leave(c);
    return rc;
}

/* ---- staging a query */

int duck_stage_query(struct engine_conn *base, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct sql_rewritten *query;
    const char *relation = NULL;
    int64_t rows = 0;
    int rc = busy(c, err);
    if (!rc)
        rc = duck_stage_name_check(name, err);
    if (!rc)
        rc = duck_enter(c, err);
    if (rc)
        return rc;
    duck_run_begin(c);
    rc = rewrite_query(c, s, true, a, &query, err);
    if (!rc) {
        relation = duck_staged_new(c, a, name);
        rc = run_one(c, s, arena_printf(a, "CREATE TEMP TABLE %s AS %s", sql_quote(a, relation), query->statements[0]), false, &rows, err);
    }
    duck_run_end(c);
    if (!rc) {
        duck_staged_add(c, name, relation, false, NULL);
        if (ret_rows)
            *ret_rows = rows;
    }
    duck_leave(c);
    return rc;
}
