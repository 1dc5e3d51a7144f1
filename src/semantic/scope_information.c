#include "semantic/private.h"

/* information_schema of a tenant: the rows about the tables, functions and metric views that are open to it. */

enum about { ABOUT_SCHEMAS, ABOUT_TABLES, ABOUT_FUNCTIONS };

static const struct {
    const char *view, *schema, *name; /* columns that say what a row is about; name NULL: the schema alone */
    enum about about;
} views[] = {
    {"schemata", "schema_name", NULL, ABOUT_SCHEMAS},
    {"tables", "table_schema", "table_name", ABOUT_TABLES},
    {"columns", "table_schema", "table_name", ABOUT_TABLES},
    {"views", "table_schema", "table_name", ABOUT_TABLES},
    {"table_tags", "schema_name", "table_name", ABOUT_TABLES},
    {"routines", "routine_schema", "routine_name", ABOUT_FUNCTIONS},
    {"parameters", "specific_schema", "specific_name", ABOUT_FUNCTIONS},
    {"routine_columns", "specific_schema", "specific_name", ABOUT_FUNCTIONS},
};

struct names { /* 'schema.name' of what is open, as lists of SQL */
    struct buf schemas, tables, functions;
    struct map seen; /* schemas */
};

static void put(struct names *n, struct buf *list, struct arena *a, const char *schema, const char *name)
{
    const char *text = name ? arena_printf(a, "%s.%s", schema, name) : schema;
    buf_printf(list, "%s%s", list->len ? ", " : "", sql_literal(a, text));
    if (!name || map_has(&n->seen, schema))
        return;
    map_set(&n->seen, schema, n);
    put(n, &n->schemas, a, schema, NULL);
}

/* A metric view is open when all is that it reads; one over tables that are not there yet is there to be seen as for others. */
static int metric_is_open(struct engine_conn *c, const struct pack_metric_view *m, const struct scope *scope, struct arena *a, bool *ret,
                          struct error *err)
{
    const struct sql_metric_view *v = m->view;
    const bool measure = v->measure_count > 0;
    const char *field = sql_backtick(a, measure ? v->measures[0].name : v->dimensions[0].name);
    const char *sql = arena_printf(a, "SELECT %s%s%s FROM %s.%s GROUP BY ALL", measure ? "MEASURE(" : "", field, measure ? ")" : "",
                                   sql_backtick(a, m->schema), sql_backtick(a, arena_printf(a, "mv_%s", m->name)));
    struct engine_column *columns;
    size_t count;
    scope_use(scope);
    int rc = engine_describe(c, ENGINE_SQL(sql), a, &columns, &count, err);
    scope_use(NULL);
    *ret = rc == 0 || rc == ERROR_UNAVAILABLE;
    return *ret || rc == ERROR_FORBIDDEN ? 0 : rc;
}

static int collect(const struct semantic *s, struct engine_conn *c, const struct scope *scope, bool whole, struct arena *a, struct names *n,
                   struct error *err)
{
    const struct pack_catalogue *catalogue = s->o.catalogue;
    int rc = 0;
    for (size_t i = 0; i < catalogue->object_count; i++) {
        const struct pack_object *o = catalogue->objects[i];
        if (o->layer != PACK_LANDING && pack_lookup(&scope->tables, o->schema, o->name))
            put(n, &n->tables, a, o->schema, o->name);
    }
    for (size_t i = 0; i < catalogue->function_count; i++) {
        const struct pack_function *f = catalogue->functions[i];
        if (pack_lookup(&scope->functions, f->schema, f->name))
            put(n, &n->functions, a, f->schema, f->name);
    }
    for (size_t i = 0; whole && i < catalogue->metric_view_count && !rc; i++) {
        const struct pack_metric_view *m = catalogue->metric_views[i];
        bool open;
        rc = metric_is_open(c, m, scope, a, &open, err);
        if (!rc && open)
            put(n, &n->tables, a, m->schema, m->name);
    }
    return rc;
}

static int make_views(struct engine_conn *c, struct scope *scope, const struct names *n, struct arena *a, struct error *err)
{
    const struct buf *const lists[] = {&n->schemas, &n->tables, &n->functions};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(views) && !rc; i++) {
        const struct buf *list = lists[views[i].about];
        const char *what = views[i].name ? arena_printf(a, "CONCAT(%s, '.', %s)", views[i].schema, views[i].name) : views[i].schema;
        const char *rows = list->len ? arena_printf(a, "%s IN (%s)", what, list->data) : "FALSE";
        const char *sql = arena_printf(a,
                                       "CREATE OR REPLACE VIEW `%ssecchi_information`.%s AS SELECT * FROM secchi_information.%s WHERE %s",
                                       scope->prefix, views[i].view, views[i].view, rows);
        rc = list->overflow ? error_set(err, ERROR_LIMIT, "there are too many tables and functions")
                            : engine_exec(c, ENGINE_SQL(sql), NULL, err);
        map_set(&scope->tables, pack_key(a, "secchi_information", views[i].view), scope);
    }
    return rc;
}

int scope_information(const struct semantic *s, struct engine_conn *c, struct scope *scope, bool whole, struct arena *a, struct error *err)
{
    struct names n = {0};
    buf_init(&n.schemas, LIMIT_SQL_BYTES);
    buf_init(&n.tables, LIMIT_SQL_BYTES);
    buf_init(&n.functions, LIMIT_SQL_BYTES);
    int rc = collect(s, c, scope, whole, a, &n, err);
    if (!rc)
        rc = make_views(c, scope, &n, a, err);
    if (rc)
        error_add_where(err, "information_schema of the tenant %s", scope->tenant);
    buf_free(&n.schemas);
    buf_free(&n.tables);
    buf_free(&n.functions);
    map_free(&n.seen);
    return rc;
}
