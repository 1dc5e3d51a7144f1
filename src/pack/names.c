#include "pack/pack.h"

struct pack_object *pack_find(const struct pack_catalogue *c, const char *schema, const char *name)
{
    char key[2 * LIMIT_NAME_BYTES + 2];
    if ((size_t)snprintf(key, sizeof(key), "%s.%s", schema, name) >= sizeof(key))
        return NULL;
    str_lower(key);
    return map_get(&c->by_name, key);
}

const char *pack_nearest(const struct pack_catalogue *c, const char *name, struct arena *a)
{
    const char **names = arena_alloc(a, (c->object_count * 2 + 1) * sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < c->object_count; i++) {
        names[n++] = c->objects[i]->name;
        if (c->objects[i]->system_table)
            names[n++] = c->objects[i]->system_table;
    }
    return nearest_name(name, names, n);
}

static int unknown(const struct pack_names *n, const struct sql_name *name, struct arena *a, struct error *err)
{
    const char *text = sql_name_text(a, name), *last = name->parts[name->count - 1];
    bool system = name->count == 3 && str_ieq(name->parts[0], "system");
    error_set(err, ERROR_NOT_FOUND, "there is no table '%s'", text);
    error_hint_near(err, pack_nearest(n->catalogue, system ? text : last, a), "SHOW TABLES lists all");
    return ERROR_NOT_FOUND;
}

static int found(const struct pack_object *o, const char **ret_schema, const char **ret_table)
{
    *ret_schema = o->schema;
    *ret_table = o->name;
    return 0;
}

/* Schemas whose tables are not content of packs; the engine knows whether they exist. */
static bool bookkeeping(const char *schema) { return str_ieq(schema, "secchi_ops") || str_ieq(schema, "secchi_quarantine"); }

static const char *mapped(const struct config *c, const char *name)
{
    for (size_t i = 0; c && i < c->name_count; i++)
        if (str_ieq(c->name_keys[i], name))
            return c->name_values[i];
    return name;
}

static bool our_catalogue(const struct config *c, const char *name)
{
    return !c || str_ieq(name, config_text(c, "catalog")) || str_ieq(mapped(c, name), config_text(c, "catalog"));
}

int pack_resolve(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                 struct error *err)
{
    const struct pack_names *n = context;
    static const char *const search[] = {"system_gold", "system_bronze"};
    const char *table = name->parts[name->count - 1];
    if (name->count == 1) {
        for (size_t i = 0; i < ARRAY_LEN(search); i++) {
            struct pack_object *o = pack_find(n->catalogue, search[i], table);
            if (o)
                return found(o, ret_schema, ret_table);
        }
        return unknown(n, name, a, err);
    }
    if (name->count == 3 && str_ieq(name->parts[0], "system")) {
        const char *full = arena_printf(a, "system.%s.%s", name->parts[1], table);
        for (size_t i = 0; i < n->catalogue->object_count; i++)
            if (str_ieq(n->catalogue->objects[i]->system_table, full))
                return found(n->catalogue->objects[i], ret_schema, ret_table);
        return unknown(n, name, a, err);
    }
    if (name->count > 3 || (name->count == 3 && !our_catalogue(n->config, name->parts[0])))
        return unknown(n, name, a, err);
    const char *schema = mapped(n->config, name->parts[name->count - 2]);
    if (bookkeeping(schema)) {
        *ret_schema = schema;
        *ret_table = table;
        return 0;
    }
    struct pack_object *o = pack_find(n->catalogue, schema, table);
    return o ? found(o, ret_schema, ret_table) : unknown(n, name, a, err);
}
