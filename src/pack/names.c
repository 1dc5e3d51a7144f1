#include "pack/pack.h"

char *pack_key(struct arena *a, const char *schema, const char *name)
{
    char *key = arena_printf(a, "%s.%s", schema, name);
    str_lower(key);
    return key;
}

void *pack_lookup(const struct map *m, const char *schema, const char *name)
{
    char key[2 * LIMIT_NAME_BYTES + 2];
    if ((size_t)snprintf(key, sizeof(key), "%s.%s", schema, name) >= sizeof(key))
        return NULL;
    str_lower(key);
    return map_get(m, key);
}

struct pack_object *pack_find(const struct pack_catalogue *c, const char *schema, const char *name)
{
    return pack_lookup(&c->by_name, schema, name);
}

const char *pack_nearest(const struct pack_catalogue *c, const char *name, struct arena *a)
{
    const char **names = arena_alloc(a, (c->object_count * 2 + c->metric_view_count + 1) * sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < c->metric_view_count; i++)
        names[n++] = c->metric_views[i]->name;
    for (size_t i = 0; i < c->object_count; i++) {
        names[n++] = c->objects[i]->name;
        if (c->objects[i]->system_table)
            names[n++] = c->objects[i]->system_table;
    }
    return nearest_name(name, names, n);
}

/* A table that models or alerts fill one day, and that nobody has made yet. */
static const char *why_later(const struct pack_names *n, const struct sql_name *name)
{
    const struct map *later = &n->catalogue->later;
    const char *last = name->parts[name->count - 1];
    if (name->count > 1)
        return pack_lookup(later, name->parts[name->count - 2], last);
    for (size_t i = 0; i < later->len; i++) {
        const char *key = later->entries[i].key, *dot = key ? strchr(key, '.') : NULL;
        if (dot && str_ieq(dot + 1, last))
            return later->entries[i].value;
    }
    return NULL;
}

static int unknown(const struct pack_names *n, const struct sql_name *name, struct arena *a, struct error *err)
{
    const char *text = sql_name_text(a, name), *last = name->parts[name->count - 1], *why = why_later(n, name);
    if (why) {
        error_set(err, ERROR_UNAVAILABLE, "there is no data in %s yet", text);
        error_hint(err, "%s", why);
        return ERROR_UNAVAILABLE;
    }
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
static bool bookkeeping(const char *schema)
{
    return str_ieq(schema, "secchi_ops") || str_ieq(schema, "secchi_quarantine") || str_ieq(schema, "secchi_information");
}

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

/* The engine has an information_schema of its own; that of Databricks is made by the build. */
static int information(const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table, struct error *err)
{
    static const char *const views[] = {"schemata",   "tables",   "columns",    "views",
                                        "table_tags", "routines", "parameters", "routine_columns"};
    const char *table = name->parts[name->count - 1];
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        if (str_ieq(views[i], table)) {
            *ret_schema = "secchi_information";
            *ret_table = views[i];
            return 0;
        }
    error_set(err, ERROR_NOT_FOUND, "there is no table '%s'", sql_name_text(a, name));
    error_hint_near(err, nearest_name(table, views, ARRAY_LEN(views)),
                    "schemata, tables, columns, views, table_tags, routines, parameters, routine_columns");
    return ERROR_NOT_FOUND;
}

int pack_resolve(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                 struct error *err)
{
    const struct pack_names *n = context;
    static const char *const search[] = {"system_gold", "system_bronze"};
    const char *table = name->parts[name->count - 1];
    if (name->count > 1 && name->count < 4 && str_ieq(name->parts[name->count - 2], "information_schema"))
        return information(name, a, ret_schema, ret_table, err);
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

/* A name of another catalogue or of four parts is none of ours. */
const struct pack_function *pack_find_function(const struct pack_names *n, const struct sql_name *name)
{
    if (name->count > 3 || (name->count == 3 && !our_catalogue(n->config, name->parts[0])))
        return NULL;
    const char *schema = name->count > 1 ? mapped(n->config, name->parts[name->count - 2]) : "system_gold";
    return pack_lookup(&n->catalogue->function_by_name, schema, name->parts[name->count - 1]);
}

int pack_resolve_function(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                          struct error *err)
{
    const struct pack_names *n = context;
    const struct pack_function *f = pack_find_function(n, name);
    *ret = f ? &f->signature : NULL;
    if (f || !n->catalogue->function_count)
        return 0;
    const char **names = arena_alloc(a, n->catalogue->function_count * sizeof(*names));
    for (size_t i = 0; i < n->catalogue->function_count; i++)
        names[i] = n->catalogue->functions[i]->name;
    const char *near = nearest_name(name->parts[name->count - 1], names, n->catalogue->function_count);
    if (!near)
        return 0; /* the caller knows the built-in ones */
    error_set(err, ERROR_NOT_FOUND, "unknown function %s", sql_name_text(a, name));
    error_hint(err, "did you mean %s?", near);
    return ERROR_NOT_FOUND;
}

/* As unqualified functions they lie in gold; spaces, benchmarks and the like say mv_NAME, which is the only name of one that is called
 * like a table. */
const struct pack_metric_view *pack_find_metric(const struct pack_names *n, const struct sql_name *name)
{
    if (!n->catalogue->metric_view_count || name->count > 3 || (name->count == 3 && !our_catalogue(n->config, name->parts[0])))
        return NULL;
    const char *schema = name->count > 1 ? mapped(n->config, name->parts[name->count - 2]) : "system_gold";
    const char *last = name->parts[name->count - 1];
    const bool table = pack_find(n->catalogue, schema, last) != NULL;
    const struct pack_metric_view *m = table ? NULL : pack_lookup(&n->catalogue->metric_by_name, schema, last);
    return m || !str_starts(last, "mv_") ? m : pack_lookup(&n->catalogue->metric_by_name, schema, last + 3);
}

int pack_resolve_metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    (void)a;
    (void)err;
    const struct pack_metric_view *m = pack_find_metric(context, name);
    *ret = m ? m->view : NULL;
    return 0;
}

/* ---- variables ------------------------------------------------------------------------------------------------- */

static const char *const schemas[][2] = {
    {"bronze_schema", "system_bronze"},
    {"gold_schema", "system_gold"},
    {"feature_schema", "system_gold_ml"},
    {"monitoring_schema", "system_gold_monitoring"},
};

/* No other setting can be read from SQL: some are paths and addresses of the installation. */
static bool is_open(const char *key)
{
    return str_eq(key, "timezone") || str_starts(key, "budget.") || str_starts(key, "business_hours.") || str_starts(key, "threshold.") ||
           str_starts(key, "saving.");
}

static int unknown_variable(const char *name, struct arena *a, struct error *err)
{
    const char **names = arena_alloc(a, (config_setting_count + ARRAY_LEN(schemas) + 1) * sizeof(*names));
    size_t n = 0;
    names[n++] = "catalog";
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
        names[n++] = schemas[i][0];
    for (size_t i = 0; i < config_setting_count; i++)
        if (is_open(config_settings[i].key))
            names[n++] = config_settings[i].key;
    const char *near = nearest_name(name, names, n);
    error_set(err, ERROR_NOT_FOUND, "there is no variable ${%s}", name);
    if (near)
        error_hint(err, "did you mean ${%s}?", near);
    return ERROR_NOT_FOUND;
}

int pack_resolve_variable(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err)
{
    const struct pack_names *n = context;
    if (n->config && str_eq(name, "catalog")) {
        *ret_text = config_text(n->config, "catalog");
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
        if (str_eq(name, schemas[i][0])) {
            *ret_text = schemas[i][1];
            return 0;
        }
    for (size_t i = 0; n->config && i < config_setting_count; i++)
        if (str_eq(name, config_settings[i].key) && is_open(name)) {
            const char *text = config_text(n->config, name);
            *ret_text = config_settings[i].type == SETTING_TEXT ? arena_printf(a, "'%s'", text) : text;
            return 0;
        }
    return unknown_variable(name, a, err);
}

uint64_t pack_variables_hash(const struct config *c, uint64_t seed)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (str_eq(config_settings[i].key, "catalog") || is_open(config_settings[i].key)) {
            const char *text = config_text(c, config_settings[i].key);
            seed = hash_bytes(text, strlen(text) + 1, seed);
        }
    return seed;
}
