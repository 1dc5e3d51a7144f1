#include "build/room.h"

#include <ctype.h>

/* information_schema: the catalogue as rows of secchi_ops, and views of them under Databricks' names. */

#define INFORMATION_SCHEMA "secchi_information"

/* ---- names and types ------------------------------------------------------------------------------------------- */

/* "STRUCT<cpuCount: INT>" as Databricks prints it: type names in lower case, field names as they are. */
static const char *full_type(struct arena *a, const char *text)
{
    char *out = arena_strdup(a, text);
    for (char *p = out; *p;) {
        char *end = p;
        if (*p == '`') {
            end = strchr(p + 1, '`');
            p = end ? end + 1 : p + strlen(p);
            continue;
        }
        while (isalnum((unsigned char)*end) || *end == '_')
            end++;
        for (char *c = p; c < end && *end != ':'; c++)
            *c = (char)tolower((unsigned char)*c);
        p = end > p ? end : p + 1;
    }
    return out;
}

static bool in_key(const struct sql_table *t, const char *column)
{
    const struct sql_key *key = sql_primary_key(t);
    for (size_t i = 0; key && i < key->column_count; i++)
        if (str_ieq(key->columns[i], column))
            return true;
    return false;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

struct filler {
    const struct build_context *ctx;
    struct engine_conn *conn;
    struct arena *arena;
    struct build_rows rows;
};

static int add_table(struct filler *f, const struct pack_object *o, struct error *err)
{
    const char *definition = NULL;
    struct sql_view *view;
    if (o->is_view) {
        int rc = sql_parse_view(f->arena, o->ddl, strlen(o->ddl), o->ddl_line, &view, err);
        if (rc)
            return rc;
        definition = arena_strndup(f->arena, view->query, view->query_len);
    }
    return build_rows_add(&f->rows,
                          ROW(P_TEXT("schema_name", o->schema), P_TEXT("table_name", o->name),
                              P_TEXT("table_type", o->is_view ? "VIEW" : "MANAGED"),
                              P_TEXT("table_owner", sql_table_property(o->table, "technical_owner")), P_TEXT("comment", o->table->comment),
                              P_TEXT("definition", definition), P_TEXT("domain", o->domain), P_TIME("prepared_at", clock_now_us())),
                          err);
}

/* The columns of a view are those of its query: the engine knows them. */
static int add_columns(struct filler *f, const struct pack_object *o, struct error *err)
{
    struct engine_column *columns;
    size_t count;
    int rc = engine_table_columns(f->conn, o->schema, o->name, f->arena, &columns, &count, err);
    for (size_t i = 0; !rc && i < count; i++) {
        const struct sql_column *ours = sql_find_column(o->table, columns[i].name);
        if (!ours && !o->is_view)
            continue; /* a source brought it along: secchi_ops.added_column has it */
        rc = build_rows_add(&f->rows,
                            ROW(P_TEXT("schema_name", o->schema), P_TEXT("table_name", o->name), P_TEXT("column_name", columns[i].name),
                                P_I64("position", (int64_t)i), P_TEXT("full_data_type", full_type(f->arena, columns[i].type)),
                                P_BOOL("is_nullable", !ours || !ours->not_null), P_BOOL("is_key", in_key(o->table, columns[i].name)),
                                P_TEXT("default_sql", ours ? ours->default_sql : NULL), P_TEXT("comment", ours ? ours->comment : NULL)),
                            err);
    }
    return rc;
}

static int add_tags(struct filler *f, const struct pack_object *o, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < o->table->property_count; i++) {
        const struct sql_property *p = &o->table->properties[i];
        if (!strchr(p->key, '.')) /* secchi.* and delta.* are settings */
            rc = build_rows_add(&f->rows,
                                ROW(P_TEXT("schema_name", o->schema), P_TEXT("table_name", o->name), P_TEXT("tag_name", p->key),
                                    P_TEXT("tag_value", p->value)),
                                err);
    }
    return rc;
}

static int each_object(struct filler *f, const char *table, int add(struct filler *, const struct pack_object *, struct error *),
                       struct error *err)
{
    int rc = build_rows_begin(f->conn, table, f->arena, &f->rows, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < f->ctx->catalogue->object_count; i++)
        if (f->ctx->catalogue->objects[i]->layer != PACK_LANDING)
            rc = add(f, f->ctx->catalogue->objects[i], err);
    return build_rows_end(&f->rows, rc, err);
}

/* ---- metric views: dimensions and measures are their columns ---- */

static const struct sql_metric_field *field_at(const struct sql_metric_view *v, size_t i)
{
    return i < v->dimension_count ? &v->dimensions[i] : &v->measures[i - v->dimension_count];
}

/* Types of all dimensions and measures; none while the table that the view is over is not there. */
static int metric_types(struct filler *f, const struct pack_metric_view *m, struct engine_column **ret, size_t *ret_count,
                        struct error *err)
{
    const struct sql_metric_view *v = m->view;
    struct buf sql CLEANUP(buf_free);
    buf_init(&sql, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < v->dimension_count + v->measure_count; i++)
        buf_printf(&sql, i < v->dimension_count ? "%s%s" : "%sMEASURE(%s)", i ? ", " : "SELECT ",
                   sql_backtick(f->arena, field_at(v, i)->name));
    buf_printf(&sql, " FROM %s.%s GROUP BY ALL", sql_backtick(f->arena, m->schema),
               sql_backtick(f->arena, arena_printf(f->arena, "mv_%s", m->name))); /* a table may have its name */
    *ret_count = 0;
    int rc = sql.overflow ? ERROR_UNAVAILABLE : engine_describe(f->conn, ENGINE_SQL(sql.data), f->arena, ret, ret_count, err);
    return rc == ERROR_UNAVAILABLE ? 0 : rc;
}

static int add_metric_columns(struct filler *f, const struct pack_metric_view *m, struct error *err)
{
    const struct sql_metric_view *v = m->view;
    struct engine_column *types;
    size_t count;
    int rc = metric_types(f, m, &types, &count, err);
    if (rc)
        error_add_where(err, "%s", m->file);
    for (size_t i = 0; !rc && i < v->dimension_count + v->measure_count; i++) {
        const struct sql_metric_field *field = field_at(v, i);
        const char *type = i < count ? full_type(f->arena, types[i].type) : NULL;
        rc = build_rows_add(&f->rows,
                            ROW(P_TEXT("schema_name", m->schema), P_TEXT("table_name", m->name), P_TEXT("column_name", field->name),
                                P_I64("position", (int64_t)i), P_TEXT("full_data_type", type), P_BOOL("is_nullable", true),
                                P_BOOL("is_key", false), P_TEXT("comment", field->comment ? field->comment : field->display_name)),
                            err);
    }
    return rc;
}

static int add_metric_view(struct filler *f, const struct pack_metric_view *m, struct error *err)
{
    return build_rows_add(&f->rows,
                          ROW(P_TEXT("schema_name", m->schema), P_TEXT("table_name", m->name), P_TEXT("table_type", "METRIC_VIEW"),
                              P_TEXT("comment", m->view->comment), P_TEXT("definition", arena_strndup(f->arena, m->yaml, m->yaml_len)),
                              P_TEXT("domain", m->domain), P_TIME("prepared_at", clock_now_us())),
                          err);
}

static int each_metric_view(struct filler *f, const char *table, int add(struct filler *, const struct pack_metric_view *, struct error *),
                            struct error *err)
{
    int rc = build_rows_begin(f->conn, table, f->arena, &f->rows, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < f->ctx->catalogue->metric_view_count; i++)
        rc = add(f, f->ctx->catalogue->metric_views[i], err);
    return build_rows_end(&f->rows, rc, err);
}

/* ---- functions ---- */

static int add_routines(struct filler *f, struct error *err)
{
    const struct pack_catalogue *catalogue = f->ctx->catalogue;
    int rc = build_rows_begin(f->conn, "catalogue_routine", f->arena, &f->rows, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < catalogue->function_count; i++) {
        const struct pack_function *p = catalogue->functions[i];
        const struct sql_function *d = p->function;
        const char *returns = d->table_valued ? "TABLE_TYPE" : d->returns ? sql_type_text(f->arena, d->returns) : NULL;
        rc = build_rows_add(&f->rows,
                            ROW(P_TEXT("schema_name", p->schema), P_TEXT("routine_name", p->name), P_TEXT("domain", p->domain),
                                P_TEXT("data_type", returns), P_TEXT("full_data_type", returns ? full_type(f->arena, returns) : NULL),
                                P_TEXT("definition", arena_strndup(f->arena, d->body, d->body_len)), P_TEXT("comment", d->comment),
                                P_TIME("prepared_at", clock_now_us())),
                            err);
    }
    return build_rows_end(&f->rows, rc, err);
}

static int add_parameters_of(struct filler *f, const struct pack_function *p, bool result, struct error *err)
{
    const struct sql_function *d = p->function;
    const struct sql_column *columns = result ? d->columns : d->parameters;
    int rc = 0;
    for (size_t i = 0; !rc && i < (result ? d->column_count : d->parameter_count); i++)
        rc = build_rows_add(&f->rows,
                            ROW(P_TEXT("schema_name", p->schema), P_TEXT("routine_name", p->name), P_BOOL("is_result", result),
                                P_TEXT("name", columns[i].name), P_I64("position", (int64_t)i),
                                P_TEXT("full_data_type", full_type(f->arena, columns[i].type_text)),
                                P_TEXT("default_sql", columns[i].default_sql), P_TEXT("comment", columns[i].comment)),
                            err);
    return rc;
}

static int add_parameters(struct filler *f, struct error *err)
{
    int rc = build_rows_begin(f->conn, "catalogue_parameter", f->arena, &f->rows, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < f->ctx->catalogue->function_count; i++) {
        rc = add_parameters_of(f, f->ctx->catalogue->functions[i], false, err);
        if (!rc)
            rc = add_parameters_of(f, f->ctx->catalogue->functions[i], true, err);
    }
    return build_rows_end(&f->rows, rc, err);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int forget(struct engine_conn *c, struct error *err)
{
    static const char *const tables[] = {"catalogue_table", "catalogue_column", "catalogue_tag", "catalogue_routine",
                                         "catalogue_parameter"};
    char sql[128];
    int rc = 0;
    for (size_t i = 0; !rc && i < ARRAY_LEN(tables); i++) {
        snprintf(sql, sizeof(sql), "DELETE FROM secchi_ops.%s", tables[i]);
        rc = engine_exec(c, ENGINE_SQL(sql), NULL, err);
    }
    return rc;
}

int build_information_fill(const struct build_context *ctx, struct engine_conn *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct filler f = {.ctx = ctx, .conn = c, .arena = a};
    int rc = forget(c, err);
    if (!rc)
        rc = each_object(&f, "catalogue_table", add_table, err);
    if (!rc)
        rc = each_object(&f, "catalogue_column", add_columns, err);
    if (!rc)
        rc = each_object(&f, "catalogue_tag", add_tags, err);
    if (!rc)
        rc = each_metric_view(&f, "catalogue_table", add_metric_view, err);
    if (!rc)
        rc = each_metric_view(&f, "catalogue_column", add_metric_columns, err);
    if (!rc)
        rc = add_routines(&f, err);
    return rc ? rc : add_parameters(&f, err);
}

int build_information_views(struct engine_conn *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct sql_statement *s;
    size_t count;
    int rc = engine_exec(c, ENGINE_SQL("CREATE SCHEMA IF NOT EXISTS " INFORMATION_SCHEMA), NULL, err);
    if (!rc)
        rc = sql_split(a, build_sql_information, strlen(build_sql_information), 1, &s, &count, err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = engine_exec(c, ENGINE_SQL(arena_strndup(a, s[i].text, s[i].len)), NULL, err);
    if (rc)
        error_add_where(err, "information_schema");
    return rc;
}
