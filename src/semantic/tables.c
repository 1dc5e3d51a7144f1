#include <stdlib.h>

#include "semantic/private.h"

extern const char semantic_sql_table_stats[];

#define MAX_TABLES 100000

static const char *layer_name(enum pack_layer l) { return l == PACK_GOLD ? "gold" : l == PACK_BRONZE ? "bronze" : "landing"; }

static int by_name(const void *x, const void *y)
{
    const struct semantic_table *a = x, *b = y;
    int c = strcmp(a->schema, b->schema);
    return c ? c : strcmp(a->name, b->name);
}

static struct semantic_table table_of(const struct pack_object *o)
{
    return (struct semantic_table){
        .schema = o->schema,
        .name = o->name,
        .layer = layer_name(o->layer),
        .domain = o->domain,
        .comment = o->table->comment,
        .is_view = o->is_view,
        .rows = -1,
    };
}

static bool open_to(const struct scope *scope, const struct pack_object *o)
{
    return !scope || pack_lookup(&scope->tables, o->schema, o->name);
}

int tables_visible(struct semantic *s, const struct principal *p, struct arena *a, struct semantic_table **ret, size_t *ret_count,
                   struct error *err)
{
    const struct scope *scope;
    int rc = access_require(p, ROLE_READER, "reading", err);
    if (!rc)
        rc = scope_acquire(s, p, &scope, err);
    if (rc)
        return rc;
    const struct pack_catalogue *c = s->o.catalogue;
    struct semantic_table *tables = arena_alloc(a, (c->object_count + 1) * sizeof(*tables));
    size_t n = 0;
    for (size_t i = 0; i < c->object_count; i++)
        if (open_to(scope, c->objects[i]))
            tables[n++] = table_of(c->objects[i]);
    scope_release(s, scope);
    qsort(tables, n, sizeof(*tables), by_name);
    *ret = tables;
    *ret_count = n;
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static struct semantic_table *find(struct semantic_table *tables, size_t count, const char *schema, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(tables[i].schema, schema) && str_ieq(tables[i].name, name))
            return &tables[i];
    return NULL;
}

static void take_numbers(const struct engine_rows *rows, struct semantic_table *tables, size_t count)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        const struct engine_value *v = rows->values + i * rows->column_count;
        struct semantic_table *t = v[0].type == ENGINE_TEXT && v[1].type == ENGINE_TEXT ? find(tables, count, v[0].text, v[1].text) : NULL;
        if (!t)
            continue;
        t->rows = v[2].type == ENGINE_I64 ? v[2].i : -1;
        t->fresh_us = v[3].type == ENGINE_TIMESTAMP ? v[3].i : 0;
        t->updated_us = v[4].type == ENGINE_TIMESTAMP ? v[4].i : 0;
    }
}

/* A tenant's numbers come from its own views: the sizes of whole tables are not its business. */
static const char *count_tenant(struct semantic *s, struct arena *a, const struct semantic_table *tables, size_t count)
{
    struct buf sql CLEANUP(buf_free);
    buf_init(&sql, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct pack_object *o = pack_find(s->o.catalogue, tables[i].schema, tables[i].name);
        buf_printf(&sql, "%sSELECT '%s', '%s', COUNT(*), ", i ? " UNION ALL " : "", tables[i].schema, tables[i].name);
        if (o && o->event_time)
            buf_printf(&sql, "CAST(MAX(`%s`) AS TIMESTAMP)", o->event_time);
        else
            buf_puts(&sql, "CAST(NULL AS TIMESTAMP)");
        buf_printf(&sql, ", CAST(NULL AS TIMESTAMP) FROM `%s`.`%s`", tables[i].schema, tables[i].name);
    }
    return sql.overflow ? NULL : arena_strdup(a, sql.data);
}

static int read_numbers(struct semantic *s, const struct principal *p, const struct scope *scope, struct arena *a,
                        struct semantic_table *tables, size_t count, struct error *err)
{
    const char *sql = scope ? count_tenant(s, a, tables, count) : semantic_sql_table_stats;
    if (!count)
        return 0;
    if (!sql)
        return error_set(err, ERROR_LIMIT, "there are too many tables to count");
    struct running run;
    int rc = run_start(s, p, &run, NULL, NULL, (int64_t)(config_float(s->o.config, "query.timeout") * 1000.0), err);
    if (rc)
        return rc;
    struct engine_rows rows;
    scope_use(scope);
    rc = run_error(&run, engine_rows(run.conn, ENGINE_SQL(sql), MAX_TABLES, a, &rows, err), err);
    scope_use(NULL);
    if (!rc)
        take_numbers(&rows, tables, count);
    run_end(s, &run);
    return rc;
}

static void keep_numbers(struct semantic *s, int64_t version, const char *tenant, const struct semantic_table *tables, size_t count)
{
    struct numbers *kept = xcalloc(count + 1, sizeof(*kept));
    for (size_t i = 0; i < count; i++)
        kept[i] = (struct numbers){tables[i].rows, tables[i].fresh_us, tables[i].updated_us};
    pthread_mutex_lock(&s->numbers_lock);
    if (s->version == version)
        kept = map_set(&s->numbers, tenant, kept); /* the replaced one, if another thread was quicker */
    pthread_mutex_unlock(&s->numbers_lock);
    free(kept);
}

static bool kept_numbers(struct semantic *s, const char *tenant, struct semantic_table *tables, size_t count, int64_t *ret_version)
{
    pthread_mutex_lock(&s->numbers_lock);
    const struct numbers *kept = map_get(&s->numbers, tenant);
    for (size_t i = 0; kept && i < count; i++) {
        tables[i].rows = kept[i].rows;
        tables[i].fresh_us = kept[i].fresh_us;
        tables[i].updated_us = kept[i].updated_us;
    }
    *ret_version = s->version;
    pthread_mutex_unlock(&s->numbers_lock);
    return kept != NULL;
}

int semantic_tables(struct semantic *s, const struct principal *p, struct arena *a, struct semantic_table **ret, size_t *ret_count,
                    struct error *err)
{
    struct semantic_table *tables;
    size_t count;
    int64_t version;
    int rc = tables_visible(s, p, a, &tables, &count, err);
    if (rc)
        return rc;
    const char *tenant = p->tenant ? p->tenant : "";
    if (!kept_numbers(s, tenant, tables, count, &version)) {
        const struct scope *scope;
        rc = scope_acquire(s, p, &scope, err);
        if (rc)
            return rc;
        rc = read_numbers(s, p, scope, a, tables, count, err);
        scope_release(s, scope);
        if (rc)
            return rc;
        keep_numbers(s, version, tenant, tables, count);
    }
    *ret = tables;
    *ret_count = count;
    return 0;
}

/* ---- columns ------------------------------------------------------------------------------------------------------ */

static bool in_primary_key(const struct sql_table *t, const char *column)
{
    const struct sql_key *k = sql_primary_key(t);
    for (size_t i = 0; k && i < k->column_count; i++)
        if (str_ieq(k->columns[i], column))
            return true;
    return false;
}

int columns_of(struct semantic *s, const struct principal *p, struct engine_conn *c, const struct sql_name *name, struct arena *a,
               struct semantic_column **ret, size_t *ret_count, struct error *err)
{
    const char *schema, *table;
    int rc = scope_resolve(s, name, a, &schema, &table, err);
    if (rc)
        return rc;
    /* The object itself: of a tenant's view the schema behind the prefix. */
    const char *at = strstr(schema, "system_");
    const struct pack_object *o = pack_find(s->o.catalogue, at && str_starts(schema, "secchi_scope_") ? at : schema, table);
    if (!o && p->role < ROLE_ADMINISTRATOR)
        return error_set(err, ERROR_FORBIDDEN, "%s.%s is for administrators", schema, table);
    struct engine_column *columns;
    size_t count;
    rc = engine_table_columns(c, schema, table, a, &columns, &count, err);
    if (rc)
        return rc;
    struct semantic_column *out = arena_alloc(a, (count + 1) * sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        const struct sql_column *d = o ? sql_find_column(o->table, columns[i].name) : NULL;
        out[i] = (struct semantic_column){
            .name = columns[i].name,
            .type = d && d->type_text ? d->type_text : columns[i].type,
            .comment = d ? d->comment : NULL,
            .nullable = d ? !d->not_null : columns[i].nullable,
            .in_key = o && in_primary_key(o->table, columns[i].name),
        };
    }
    *ret = out;
    *ret_count = count;
    return 0;
}

/* "name", "schema.name" or "system.schema.name", as a path of the API or an argument has it. */
static int split_name(const char *text, struct arena *a, struct sql_name *ret, struct error *err)
{
    *ret = (struct sql_name){.pos = {1, 1}};
    for (const char *p = text;;) {
        size_t len = strcspn(p, ".");
        if (!len || len > LIMIT_NAME_BYTES || ret->count == 3)
            return error_set(err, ERROR_NOT_FOUND, "there is no table '%.200s'", text);
        ret->parts[ret->count++] = arena_strndup(a, p, len);
        if (!p[len])
            return 0;
        p += len + 1;
    }
}

int semantic_columns(struct semantic *s, const struct principal *p, const char *table, struct arena *a, struct semantic_column **ret,
                     size_t *ret_count, struct error *err)
{
    struct sql_name name;
    const struct scope *scope;
    struct running run;
    int rc = access_require(p, ROLE_READER, "reading", err);
    if (!rc)
        rc = split_name(table, a, &name, err);
    if (!rc)
        rc = scope_acquire(s, p, &scope, err);
    if (rc)
        return rc;
    rc = run_start(s, p, &run, NULL, NULL, (int64_t)(config_float(s->o.config, "query.timeout") * 1000.0), err);
    if (!rc) {
        scope_use(scope);
        rc = run_error(&run, columns_of(s, p, run.conn, &name, a, ret, ret_count, err), err);
        scope_use(NULL);
        run_end(s, &run);
    }
    scope_release(s, scope);
    return rc;
}
