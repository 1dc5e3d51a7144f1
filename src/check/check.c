#include "check/private.h"

#include <yyjson.h>

#include "build/build.h"
#include "engine/engine.h"
#include "simulate/simulate.h"

#define ERRORS_MAX 200

void check_note(struct checker *k, const struct error *err)
{
    if (k->report->error_count < ERRORS_MAX)
        k->report->errors[k->report->error_count++] = *err;
}

/* ---- the statements that fill tables ---- */

/* An empty relation incoming.<name> with the columns of the table, as build stages it. */
static int stage_incoming(struct checker *k, const struct pack_object *o, struct error *err)
{
    const char *sql = arena_printf(k->arena, "SELECT * FROM %s.%s WHERE FALSE", o->schema, o->name);
    return engine_stage_query(k->conn, o->name, ENGINE_SQL(sql), NULL, err);
}

static void check_fill(struct checker *k, const struct pack_object *o, const struct pack_statement *s)
{
    struct error err;
    const struct engine_param since = {"since", {.type = ENGINE_TIMESTAMP, .i = 0}};
    bool wants_since = false;
    for (size_t i = 0; i < s->references->param_count; i++)
        wants_since |= str_eq(s->references->params[i], "since");
    struct engine_stmt stmt = {.sql = s->sql, .file = o->file, .line = s->line, .params = &since, .param_count = wants_since ? 1 : 0};
    k->report->statements++;
    if (engine_exec(k->conn, &stmt, NULL, &err))
        check_note(k, &err);
}

static void check_predicate(struct checker *k, const struct pack_object *o, const struct pack_check *c)
{
    struct error err;
    struct engine_column *columns;
    size_t count;
    const char *sql = arena_printf(k->arena, "SELECT (%s) AS ok FROM %s.%s", c->predicate, o->schema, o->name);
    struct engine_stmt stmt = {.sql = sql};
    k->report->checks++;
    int rc = engine_describe(k->conn, &stmt, k->arena, &columns, &count, &err);
    if (!rc && !str_ieq(columns[0].type, "BOOLEAN"))
        rc = error_set(&err, ERROR_USAGE, "check '%s' gives %s, it must be true or false", c->name, columns[0].type);
    if (rc) {
        error_where(&err, "%s:%u", c->file, c->line);
        check_note(k, &err);
    }
}

static void check_object(struct checker *k, const struct pack_object *o)
{
    struct error err;
    k->report->tables++;
    check_description(k, o);
    if (o->is_view)
        return; /* its DDL ran */
    if (o->layer == PACK_BRONZE && stage_incoming(k, o, &err))
        check_note(k, &err);
    for (size_t i = 0; i < o->fill_count; i++)
        check_fill(k, o, &o->fills[i]);
    for (size_t i = 0; i < o->check_count; i++)
        check_predicate(k, o, &o->checks[i]);
    if (o->layer == PACK_BRONZE)
        engine_unstage(k->conn, o->name);
}

/* ---- derivations: their columns must be columns of the bronze table, with types that can become its types ---- */

static const struct pack_object *bronze_of(const struct checker *k, const char *system_table)
{
    for (size_t i = 0; i < k->catalogue->object_count; i++)
        if (str_ieq(k->catalogue->objects[i]->system_table, system_table))
            return k->catalogue->objects[i];
    return NULL;
}

static void check_column(struct checker *k, const struct pack_derivation *d, const struct pack_object *o, const struct engine_column *c)
{
    struct error err;
    const struct sql_type *type;
    const struct sql_column *wanted = sql_find_column(o->table, c->name);
    if (!wanted) {
        error_set(&err, ERROR_NOT_FOUND, "%s has no column '%s'", d->system_table, c->name);
        error_where(&err, "%s:%u", d->file, d->line);
        error_hint_near(&err, sql_nearest_column(k->arena, o->table, c->name), NULL);
        check_note(k, &err);
        return;
    }
    bool untyped = str_ieq(c->type, "VOID");
    if (!untyped && (sql_type_parse(k->arena, c->type, &type, &err) || !sql_type_equal(type, wanted->type))) {
        error_set(&err, ERROR_USAGE, "column '%s' is %s here and %s in %s", c->name, c->type, wanted->type_text, d->system_table);
        error_where(&err, "%s:%u", d->file, d->line);
        error_hint(&err, "CAST(.. AS %s)", wanted->type_text);
        check_note(k, &err);
    }
}

static void check_derivation(struct checker *k, const struct pack_derivation *d)
{
    struct error err;
    struct engine_column *columns;
    size_t count;
    const struct pack_object *o = bronze_of(k, d->system_table);
    k->report->derivations++;
    if (!o) {
        error_set(&err, ERROR_NOT_FOUND, "no bronze table stands for %s", d->system_table);
        error_where(&err, "%s", d->file);
        error_hint(&err, "name the file <schema>.<table>.sql after a system table of bronze/");
        check_note(k, &err);
        return;
    }
    if (engine_describe(k->conn, &(struct engine_stmt){.sql = d->sql, .file = d->file, .line = d->line}, k->arena, &columns, &count,
                        &err)) {
        check_note(k, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        check_column(k, d, o, &columns[i]);
}

/* ---- functions: made one by one, so that each tells its fault ---- */

static void check_function(struct checker *k, const struct pack_function *f)
{
    struct error err;
    k->report->functions++;
    if (engine_exec(k->conn, &(struct engine_stmt){.sql = f->ddl, .file = f->file, .line = f->line}, NULL, &err))
        check_note(k, &err);
    if (!f->domain || is_domain(f->domain))
        return;
    error_set(&err, ERROR_USAGE, "functions/%s is no domain", f->domain);
    error_where(&err, "%s", f->file);
    error_hint(&err, "the folders of functions/ are cost, reliability, performance, security and quality");
    check_note(k, &err);
}

/* ---- metric views: all dimensions in one query, then every measure ---- */

static void check_metric(struct checker *k, const struct pack_metric_view *m, const char *sql, uint32_t line)
{
    struct error err;
    struct engine_column *columns;
    size_t count;
    if (!engine_describe(k->conn, ENGINE_SQL(sql), k->arena, &columns, &count, &err) || err.kind == ERROR_UNAVAILABLE)
        return; /* what its source waits for is told to those who ask */
    error_where(&err, "%s:%u", m->file, line);
    check_note(k, &err);
}

static void check_metric_view(struct checker *k, const struct pack_metric_view *m)
{
    const struct sql_metric_view *v = m->view;
    const char *name = sql_backtick(k->arena, arena_printf(k->arena, "mv_%s", m->name)); /* a table may have its name */
    k->report->metric_views++;
    for (size_t i = 0; i < v->dimension_count; i++) {
        const char *dimension = sql_backtick(k->arena, v->dimensions[i].name);
        check_metric(k, m, arena_printf(k->arena, "SELECT %s FROM %s GROUP BY ALL", dimension, name), v->dimensions[i].line);
    }
    for (size_t i = 0; i < v->measure_count; i++) {
        const char *measure = sql_backtick(k->arena, v->measures[i].name);
        check_metric(k, m, arena_printf(k->arena, "SELECT MEASURE(%s) FROM %s", measure, name), v->measures[i].line);
    }
}

/* ---- attributions of cost: they run, and have the columns that are asked of them ---- */

static void check_attribution(struct checker *k, const struct pack_attribution *p)
{
    static const char *const keys[] = {"record_id", "attribution_key", "attribution_name"};
    static const char *const bill[] = {"record_id",     "workspace_id",   "sku_name",    "cloud",          "usage_start_time", "usage_date",
                                       "usage_unit",    "usage_quantity", "record_type", "ingestion_date", "currency_code",    "list_price",
                                       "account_price", "price_source",   "list_cost",   "account_cost"};
    const bool is_bill = str_eq(p->name, PACK_BILL);
    const char *const *wanted = is_bill ? bill : keys;
    const struct engine_param known[] = {
        {"from_date", {.type = ENGINE_DATE}}, {"to_date", {.type = ENGINE_DATE}}, {"tag_key", {.type = ENGINE_TEXT, .text = ""}}};
    struct engine_param params[ARRAY_LEN(known)];
    struct engine_stmt s = {.sql = p->sql, .file = p->file, .line = p->line, .params = params};
    struct engine_column *columns;
    struct error err;
    size_t count;
    k->report->statements++;
    for (size_t i = 0; i < p->references->param_count; i++)
        for (size_t j = 0; j < ARRAY_LEN(known); j++)
            if (str_eq(p->references->params[i], known[j].name))
                params[s.param_count++] = known[j];
    if (engine_describe(k->conn, &s, k->arena, &columns, &count, &err)) {
        check_note(k, &err);
        return;
    }
    for (size_t i = 0; i < (is_bill ? ARRAY_LEN(bill) : ARRAY_LEN(keys)); i++) {
        if (engine_find_column(columns, count, wanted[i]))
            continue;
        error_set(&err, ERROR_USAGE, "the SELECT has no column '%s'", wanted[i]);
        error_where(&err, "%s:%u", p->file, p->line);
        check_note(k, &err);
    }
}

/* ---- dashboards: every dataset's query with its parameters ---- */

static const char *dataset_sql(struct checker *k, yyjson_val *dataset)
{
    yyjson_val *lines = yyjson_obj_get(dataset, "queryLines"), *line;
    const char *query = yyjson_get_str(yyjson_obj_get(dataset, "query"));
    if (query)
        return query;
    size_t i, n;
    const char *sql = "";
    yyjson_arr_foreach(lines, i, n, line) { sql = arena_printf(k->arena, "%s%s", sql, yyjson_get_str(line) ? yyjson_get_str(line) : ""); }
    return sql;
}

/* A parameter of several values stands for an array of them; an array of one shows whether the query takes it. */
static const char *with_array(struct checker *k, const char *sql, const char *keyword)
{
    struct sql_token *tokens;
    size_t count, copied = 0, n = strlen(keyword);
    if (sql_lex(k->arena, sql, strlen(sql), 1, &tokens, &count, NULL))
        return sql; /* the query's own error says why */
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct sql_token *t = &tokens[i];
        if (t->kind != SQL_TOKEN_PARAM || t->len != n + 1 || memcmp(sql + t->offset + 1, keyword, n) != 0)
            continue;
        buf_add(&out, sql + copied, t->offset - copied);
        buf_puts(&out, "ARRAY('')");
        copied = t->offset + t->len;
    }
    buf_puts(&out, sql + copied);
    return out.overflow ? sql : arena_strdup(k->arena, out.data);
}

static struct engine_value typed_null(const char *data_type)
{
    if (str_eq(data_type, "DATE"))
        return (struct engine_value){.type = ENGINE_DATE};
    if (data_type && str_starts(data_type, "DATETIME"))
        return (struct engine_value){.type = ENGINE_TIMESTAMP};
    if (str_eq(data_type, "INTEGER"))
        return (struct engine_value){.type = ENGINE_I64};
    if (str_eq(data_type, "DECIMAL"))
        return (struct engine_value){.type = ENGINE_F64};
    return (struct engine_value){.type = ENGINE_TEXT, .text = ""};
}

static size_t dataset_params(struct checker *k, yyjson_val *dataset, const char **sql, struct engine_param *params, size_t max)
{
    yyjson_val *p;
    size_t i, n, count = 0;
    yyjson_arr_foreach(yyjson_obj_get(dataset, "parameters"), i, n, p)
    {
        const char *keyword = yyjson_get_str(yyjson_obj_get(p, "keyword")), *type = yyjson_get_str(yyjson_obj_get(p, "dataType"));
        const char *complex = yyjson_get_str(yyjson_obj_get(p, "complexType"));
        if (!keyword || count + 2 > max)
            continue;
        if (str_eq(complex, "RANGE")) {
            params[count++] = (struct engine_param){arena_printf(k->arena, "%s.min", keyword), typed_null(type)};
            params[count++] = (struct engine_param){arena_printf(k->arena, "%s.max", keyword), typed_null(type)};
        } else if (str_eq(complex, "MULTI")) {
            *sql = with_array(k, *sql, keyword);
        } else {
            params[count++] = (struct engine_param){keyword, typed_null(type)};
        }
    }
    return count;
}

static void check_dashboard(struct checker *k, const struct pack_dashboard *d)
{
    yyjson_doc *doc = yyjson_read(d->json, d->len, 0);
    yyjson_val *dataset;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "datasets"), i, n, dataset)
    {
        struct error err;
        struct engine_param params[64];
        struct engine_column *columns;
        size_t count;
        const char *name = yyjson_get_str(yyjson_obj_get(dataset, "name"));
        struct engine_stmt stmt = {.sql = dataset_sql(k, dataset), .params = params};
        stmt.param_count = dataset_params(k, dataset, &stmt.sql, params, ARRAY_LEN(params));
        k->report->datasets++;
        if (engine_describe(k->conn, &stmt, k->arena, &columns, &count, &err)) {
            error_add_where(&err, "%s: dataset '%s'", d->file, name ? name : "?");
            check_note(k, &err);
        }
    }
    yyjson_doc_free(doc);
}

/* ---- the simulator's content: on an engine of its own ---- */

static void note_simulated(void *context, const struct error *err) { check_note(context, err); }

static void check_simulated(struct checker *k, const char *dir, struct pack_catalogue *catalogue)
{
    size_t statements = 0;
    const char *folder = path_join(k->arena, dir, "simulate");
    if (path_is_dir(folder))
        simulate_check(folder, catalogue, note_simulated, k, &statements);
    k->report->statements += statements;
}

/* ---- all of it ---- */

static int check_all(struct checker *k, struct error *err)
{
    int rc = engine_stage_query(k->conn, "spark_logs", ENGINE_SQL("SELECT CAST('' AS STRING) AS log WHERE FALSE"), NULL, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < k->catalogue->object_count; i++)
        check_object(k, k->catalogue->objects[i]);
    for (size_t i = 0; i < k->catalogue->derivation_count; i++)
        check_derivation(k, &k->catalogue->derivations[i]);
    for (size_t i = 0; i < k->catalogue->function_count; i++)
        check_function(k, k->catalogue->functions[i]);
    for (size_t i = 0; i < k->catalogue->metric_view_count; i++)
        check_metric_view(k, k->catalogue->metric_views[i]);
    for (size_t i = 0; i < k->catalogue->attribution_count; i++)
        check_attribution(k, &k->catalogue->attributions[i]);
    for (size_t i = 0; i < k->catalogue->dashboard_count; i++)
        check_dashboard(k, &k->catalogue->dashboards[i]);
    return 0;
}

/* All DDL of tables on an empty engine: prepare stops at the first fault, which is then the report's. */
static int run_checks(struct checker *k, const struct config *config, struct error *err)
{
    struct error fault;
    struct pack_names names = {k->catalogue, config};
    struct pack_catalogue tables = *k->catalogue;
    tables.function_count = tables.metric_view_count = 0; /* each tells its own faults */
    struct build_context b = {.engine = k->engine, .catalogue = &tables, .config = config};
    engine_set_env(k->engine, &(struct sql_env){.context = &names,
                                                .name = pack_resolve,
                                                .variable = pack_resolve_variable,
                                                .function = pack_resolve_function,
                                                .metric = pack_resolve_metric});
    if (build_prepare(&b, &fault)) {
        check_note(k, &fault);
        return 0;
    }
    int rc = engine_connect(k->engine, ENGINE_WRITE, NULL, &k->conn, err);
    if (rc)
        return rc;
    rc = check_all(k, err);
    engine_disconnect(k->conn);
    return rc;
}

int check_packs(const char *const *dirs, size_t dir_count, const struct config *config, struct arena *a, struct check_report *ret,
                struct error *err)
{
    struct pack_catalogue *catalogue = NULL;
    struct config *defaults = NULL;
    *ret = (struct check_report){.errors = arena_alloc(a, ERRORS_MAX * sizeof(*ret->errors))};
    if (pack_load(dirs, dir_count, &catalogue, ret->errors, ERRORS_MAX, &ret->error_count))
        return 0;
    struct checker k = {.arena = a, .catalogue = catalogue, .report = ret};
    struct engine_options options = {.kind = "duckdb", .lib_dir = config_find_lib(a)};
    int rc = config ? 0 : config_load("/nonexistent", NULL, 0, &defaults, err);
    if (!rc)
        rc = engine_open(&options, &k.engine, err);
    if (!rc) {
        rc = run_checks(&k, config ? config : defaults, err);
        engine_close(k.engine);
    }
    for (size_t i = 0; !rc && i < dir_count; i++)
        check_simulated(&k, dirs[i], catalogue);
    config_free(defaults);
    pack_free(catalogue);
    return rc;
}
