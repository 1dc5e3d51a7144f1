#include <stdlib.h>

#include "semantic/private.h"
#include "yyjson.h"

/* The second wall for SQL of people: the statement as the engine will run it. Nothing is looked for that is forbidden; every node of
 * the parse tree must be of a kind that is listed here as allowed, every table known and every function on the list. */

#define TREE_DEPTH 3000

/* Scalar and aggregate functions of the engine that compute from their arguments alone: none reads a file, the network, settings,
 * sequences or another session. In byte order. */
static const char *const functions[] = {
#include "semantic/functions.inc"
};
static const char *const table_functions[] = {"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"};

/* Kinds of query nodes, table references and modifiers. */
static const char *const node_types[] = {
    "BASE_TABLE",
    "CTE_NODE",
    "DISTINCT_MODIFIER",
    "EMPTY",
    "EMPTY_FROM",
    "EXPRESSION_LIST",
    "JOIN",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "ORDER_MODIFIER",
    "PIVOT",
    "RECURSIVE_CTE_NODE",
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "SUBQUERY",
    "TABLE_FUNCTION",
};
static const char *const order_types[] = {"ASCENDING", "DESCENDING", "ORDER_DEFAULT"};
static const char *const expression_classes[] = {
    "BETWEEN",  "CASE",   "CAST",       "COLLATE",  "COLUMN_REF", "COMPARISON",           "CONJUNCTION", "CONSTANT", "DEFAULT",
    "FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "PARAMETER",  "POSITIONAL_REFERENCE", "STAR",        "SUBQUERY", "WINDOW",
};

struct cte { /* names of common table expressions that are visible at a place */
    const struct cte *outer;
    const char *name;
};

struct walk {
    const struct gate *gate;
    struct error *err;
    unsigned depth;
};

static int compare(const void *key, const void *item) { return strcmp(key, *(const char *const *)item); }

static bool listed(const char *const *names, size_t count, const char *name)
{
    return name && bsearch(name, names, count, sizeof(*names), compare) != NULL;
}

bool gate_function_allowed(const char *name, bool table)
{
    char lower[LIMIT_NAME_BYTES + 1];
    if (!name || strlen(name) > LIMIT_NAME_BYTES)
        return false;
    memcpy(lower, name, strlen(name) + 1);
    str_lower(lower);
    /* Functions of ours (macros of the engine's dialect) compute from their arguments alone too. */
    return table ? listed(table_functions, ARRAY_LEN(table_functions), lower)
                 : str_starts(lower, "dbx_") || listed(functions, ARRAY_LEN(functions), lower);
}

static const char *text(yyjson_val *object, const char *key)
{
    const char *s = yyjson_get_str(yyjson_obj_get(object, key));
    return s ? s : "";
}

static int refuse(struct walk *w, enum error_kind kind, const char *what, const char *name)
{
    error_set(w->err, kind, what, name);
    return kind;
}

/* ---- tables -------------------------------------------------------------------------------------------- */

static int check_bookkeeping(struct walk *w, const char *schema, const char *table)
{
    if (w->gate->principal->role >= ROLE_ADMINISTRATOR)
        return 0;
    error_set(w->err, ERROR_FORBIDDEN, "%s.%s is for administrators", schema, table);
    return ERROR_FORBIDDEN;
}

static int check_scoped(struct walk *w, const char *schema, const char *table)
{
    const struct scope *scope = w->gate->scope;
    if (str_starts(schema, scope->prefix) && pack_lookup(&scope->tables, schema + strlen(scope->prefix), table))
        return 0;
    error_set(w->err, ERROR_FORBIDDEN, "%s.%s is not open to the tenant %s", schema, table, scope->tenant);
    return ERROR_FORBIDDEN;
}

static bool visible(const struct cte *names, const char *table)
{
    for (; names; names = names->outer)
        if (str_ieq(names->name, table))
            return true;
    return false;
}

static int check_table(struct walk *w, yyjson_val *node, const struct cte *names)
{
    const char *schema = text(node, "schema_name"), *table = text(node, "table_name"), *catalogue = text(node, "catalog_name");
    yyjson_val *at = yyjson_obj_get(node, "at_clause");
    if (at && !yyjson_is_null(at))
        return refuse(w, ERROR_FORBIDDEN, "time travel is not offered (%s)", table);
    if (!schema[0] && !catalogue[0] && visible(names, table))
        return 0;
    if (catalogue[0] || !schema[0] || strlen(schema) > LIMIT_NAME_BYTES || strlen(table) > LIMIT_NAME_BYTES)
        return refuse(w, ERROR_NOT_FOUND, "there is no table '%s'", table);
    if (w->gate->scope)
        return check_scoped(w, schema, table);
    if (str_ieq(schema, "secchi_ops") || str_ieq(schema, "secchi_quarantine"))
        return check_bookkeeping(w, schema, table);
    if (str_ieq(schema, "secchi_information")) /* the resolver of names knows which views there are */
        return 0;
    if (pack_find(w->gate->s->o.catalogue, schema, table))
        return 0;
    error_set(w->err, ERROR_NOT_FOUND, "there is no table '%s.%s'", schema, table);
    error_hint(w->err, "SHOW TABLES lists all");
    return ERROR_NOT_FOUND;
}

/* ---- the walk --------------------------------------------------------------------------------------------- */

static int walk_value(struct walk *w, yyjson_val *v, const struct cte *names);

static int walk_members(struct walk *w, yyjson_val *object, const struct cte *names)
{
    size_t i, n;
    yyjson_val *key, *v;
    int rc = 0;
    yyjson_obj_foreach(object, i, n, key, v)
    {
        const char *name = yyjson_get_str(key);
        /* Types and constants hold no references; the map of CTEs was walked before. */
        if (str_eq(name, "cast_type") || str_eq(name, "cte_map") || str_eq(name, "sample"))
            continue;
        rc = walk_value(w, v, names);
        if (rc)
            return rc;
    }
    return rc;
}

/* A CTE sees the ones before it, a recursive one also itself; then the node that has them sees all. */
static int walk_ctes(struct walk *w, yyjson_val *node, yyjson_val *entries, size_t index, const struct cte *names)
{
    yyjson_val *entry = yyjson_arr_get(entries, index);
    if (!entry)
        return walk_members(w, node, names);
    const struct cte self = {.outer = names, .name = text(entry, "key")};
    int rc = walk_value(w, yyjson_obj_get(entry, "value"), names);
    return rc ? rc : walk_ctes(w, node, entries, index + 1, &self);
}

static int walk_node(struct walk *w, yyjson_val *node, const char *type, const struct cte *names)
{
    if (!listed(node_types, ARRAY_LEN(node_types), type) && !listed(order_types, ARRAY_LEN(order_types), type))
        return refuse(w, ERROR_FORBIDDEN, "statements of people may not hold %s", type);
    if (str_eq(type, "BASE_TABLE"))
        return check_table(w, node, names);
    yyjson_val *entries = yyjson_obj_get(yyjson_obj_get(node, "cte_map"), "map");
    if (str_eq(type, "RECURSIVE_CTE_NODE")) {
        const struct cte self = {.outer = names, .name = text(node, "cte_name")};
        return walk_ctes(w, node, entries, 0, &self);
    }
    if (str_eq(type, "CTE_NODE")) {
        const struct cte self = {.outer = names, .name = text(node, "cte_name")};
        int rc = walk_value(w, yyjson_obj_get(node, "query"), names);
        return rc ? rc : walk_value(w, yyjson_obj_get(node, "child"), &self);
    }
    return walk_ctes(w, node, entries, 0, names);
}

/* A function of a pack, as it lies in the scope of the principal. */
static bool is_content(const struct walk *w, const char *schema, const char *name, bool table)
{
    const struct scope *scope = w->gate->scope;
    const struct pack_function *f = NULL;
    if (!scope) {
        f = pack_lookup(&w->gate->s->o.catalogue->function_by_name, schema, name);
    } else if (str_starts(schema, scope->prefix)) {
        const struct scope_function *own = pack_lookup(&scope->functions, schema + strlen(scope->prefix), name);
        f = own ? own->function : NULL;
    }
    return f && f->function->table_valued == table;
}

static int walk_expression(struct walk *w, yyjson_val *e, const char *class, const struct cte *names, bool table_function)
{
    if (!listed(expression_classes, ARRAY_LEN(expression_classes), class))
        return refuse(w, ERROR_FORBIDDEN, "statements of people may not hold %s", class);
    if (str_eq(class, "CONSTANT"))
        return 0;
    if (str_eq(class, "FUNCTION") || str_eq(class, "WINDOW")) {
        const char *schema = text(e, "schema"), *name = text(e, "function_name");
        if (schema[0] && !text(e, "catalog")[0] && is_content(w, schema, name, table_function))
            return walk_members(w, e, names);
        bool known = (!schema[0] || str_eq(schema, "main") || str_eq(schema, "pg_catalog")) && !text(e, "catalog")[0];
        if (!known || !gate_function_allowed(name, table_function)) {
            error_set(w->err, ERROR_FORBIDDEN, "the %sfunction '%s' may not be used", table_function ? "table " : "", name);
            error_hint(w->err, "functions that read files, settings or other sessions are closed");
            return ERROR_FORBIDDEN;
        }
    }
    return walk_members(w, e, names);
}

static int walk_object(struct walk *w, yyjson_val *o, const struct cte *names)
{
    const char *class = yyjson_get_str(yyjson_obj_get(o, "class")), *type = yyjson_get_str(yyjson_obj_get(o, "type"));
    if (class)
        return walk_expression(w, o, class, names, false);
    if (!type)
        return walk_members(w, o, names);
    if (str_eq(type, "TABLE_FUNCTION")) {
        yyjson_val *function = yyjson_obj_get(o, "function");
        const char *of = yyjson_get_str(yyjson_obj_get(function, "class"));
        if (!str_eq(of, "FUNCTION"))
            return refuse(w, ERROR_FORBIDDEN, "statements of people may not hold %s in FROM", of ? of : "this");
        return walk_expression(w, function, of, names, true);
    }
    return walk_node(w, o, type, names);
}

static int walk_value(struct walk *w, yyjson_val *v, const struct cte *names)
{
    if (!yyjson_is_ctn(v))
        return 0;
    if (++w->depth > TREE_DEPTH)
        return refuse(w, ERROR_LIMIT, "the statement is nested too deep%s", "");
    int rc = 0;
    if (yyjson_is_obj(v)) {
        rc = walk_object(w, v, names);
    } else {
        size_t i, n;
        yyjson_val *item;
        yyjson_arr_foreach(v, i, n, item)
        {
            rc = walk_value(w, item, names);
            if (rc)
                break;
        }
    }
    w->depth--;
    return rc;
}

int gate_tree(const struct gate *g, const char *json, struct error *err)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *statements = yyjson_obj_get(root, "statements");
    int rc;
    if (!doc || !yyjson_is_obj(root))
        rc = error_set(err, ERROR_INTERNAL, "the parse tree of the statement cannot be read");
    else if (yyjson_get_bool(yyjson_obj_get(root, "error")))
        rc = error_set(err, ERROR_USAGE, "only one SELECT is taken: %s", text(root, "error_message"));
    else if (yyjson_arr_size(statements) != 1)
        rc = error_set(err, ERROR_USAGE, "one SELECT is taken, these are %zu statements", yyjson_arr_size(statements));
    else {
        struct walk w = {.gate = g, .err = err};
        rc = walk_value(&w, yyjson_arr_get_first(statements), NULL);
    }
    yyjson_doc_free(doc);
    return rc;
}
