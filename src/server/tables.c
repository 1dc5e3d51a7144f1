#include "server/private.h"

void table_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct semantic_table *t)
{
    server_put_text(d, o, "schema", t->schema);
    server_put_text(d, o, "name", t->name);
    server_put_text(d, o, "layer", t->layer);
    server_put_text(d, o, "domain", t->domain);
    server_put_text(d, o, "comment", t->comment);
    yyjson_mut_obj_add_bool(d, o, "is_view", t->is_view);
    if (t->rows >= 0)
        yyjson_mut_obj_add_sint(d, o, "rows", t->rows);
    else
        yyjson_mut_obj_add_null(d, o, "rows");
    server_put_time(d, o, "fresh_at", t->fresh_us);
    server_put_time(d, o, "updated_at", t->updated_us);
}

int tables_put(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct table_status *status, size_t *ret_count,
               struct error *err)
{
    struct semantic_table *tables;
    size_t count;
    int rc = semantic_tables(rq->owner->core.semantic, &rq->principal, rq->arena, &tables, &count, err);
    if (rc)
        return rc;
    yyjson_mut_val *list = server_put_array(d, root, "tables");
    for (size_t i = 0; i < count; i++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        table_put(d, o, &tables[i]);
        if (status)
            table_status_put(rq, d, o, status, &tables[i]);
    }
    *ret_count = count;
    return 0;
}

int handle_tables(struct request *rq, struct error *err)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    size_t count;
    int rc = tables_put(rq, d, root, NULL, &count, err);
    if (rc) {
        yyjson_mut_doc_free(d);
        return rc;
    }
    yyjson_mut_obj_add_uint(d, root, "count", count);
    reply_json(rq, 200, d);
    return 0;
}

/* Of the tables of that name the one that a statement would read: gold before bronze. */
static const struct semantic_table *pick(const struct semantic_table *tables, size_t count, const char *name)
{
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    const struct semantic_table *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t n = dot ? (size_t)(dot - name) : 0;
        if (!str_ieq(tables[i].name, last) || (dot && (strlen(tables[i].schema) != n || strncasecmp(tables[i].schema, name, n) != 0)))
            continue;
        if (!best || str_eq(tables[i].layer, "gold"))
            best = &tables[i];
    }
    return best;
}

static int unknown_table(const struct semantic_table *tables, size_t count, const char *name, struct arena *a, struct error *err)
{
    const char **names = arena_alloc(a, (2 * count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        names[2 * i] = tables[i].name;
        names[2 * i + 1] = arena_printf(a, "%s.%s", tables[i].schema, tables[i].name);
    }
    error_set(err, ERROR_NOT_FOUND, "there is no table '%.200s'", name);
    error_hint_near(err, nearest_name(name, names, 2 * count), "GET /api/v1/tables lists all");
    return ERROR_NOT_FOUND;
}

int table_find(struct request *rq, const char *name, const struct semantic_table **ret, struct error *err)
{
    struct semantic_table *tables;
    size_t count;
    int rc = semantic_tables(rq->owner->core.semantic, &rq->principal, rq->arena, &tables, &count, err);
    if (rc)
        return rc;
    *ret = pick(tables, count, name);
    return *ret ? 0 : unknown_table(tables, count, name, rq->arena, err);
}

int handle_table(struct request *rq, struct error *err)
{
    struct semantic *s = rq->owner->core.semantic;
    const struct semantic_table *t;
    struct semantic_column *columns;
    size_t column_count;
    int rc = table_find(rq, arg_text(rq, "table"), &t, err);
    if (rc)
        return rc;
    const char *full = arena_printf(rq->arena, "%s.%s", t->schema, t->name);
    rc = semantic_columns(s, &rq->principal, full, rq->arena, &columns, &column_count, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    table_put(d, root, t);
    yyjson_mut_val *list = server_put_array(d, root, "columns");
    for (size_t i = 0; i < column_count; i++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", columns[i].name);
        server_put_text(d, o, "type", columns[i].type);
        server_put_text(d, o, "comment", columns[i].comment);
        yyjson_mut_obj_add_bool(d, o, "nullable", columns[i].nullable);
        yyjson_mut_obj_add_bool(d, o, "in_key", columns[i].in_key);
    }
    const struct pack_object *object = pack_find(rq->owner->core.catalogue, t->schema, t->name);
    server_put_text(d, root, "sql", object ? object->ddl : NULL);
    reply_json(rq, 200, d);
    return 0;
}
