#include "pack/load.h"

/* Quality checks in the format of Databricks Labs DQX: a list of {name, criticality, filter, check: {function, arguments}}. Every
 * function becomes a Databricks SQL predicate that is true for a good row; as in DQX a null value passes every check but those
 * that say not_null. */

static const char *literal(struct arena *a, const struct yaml *y)
{
    double number;
    return !y->quoted && str_to_f64(y->text, &number) == 0 ? y->text : sql_literal(a, y->text);
}

struct check_call {
    struct arena *arena;
    const char *column; /* quoted */
    const struct yaml *arguments;
    struct buf *out;
};

static const struct yaml *scalar(const struct check_call *c, const char *name)
{
    const struct yaml *y = yaml_get(c->arguments, name);
    return y && y->kind == YAML_SCALAR ? y : NULL;
}

static bool not_null(const struct check_call *c)
{
    buf_printf(c->out, "%s IS NOT NULL", c->column);
    return true;
}

static bool not_empty(const struct check_call *c)
{
    buf_printf(c->out, "(%s IS NULL OR %s <> '')", c->column, c->column);
    return true;
}

static bool not_null_and_not_empty(const struct check_call *c)
{
    not_null(c);
    buf_puts(c->out, " AND ");
    return not_empty(c);
}

static bool compare(const struct check_call *c, const char *operator, const struct yaml * limit)
{
    if (!limit)
        return false;
    buf_printf(c->out, "(%s IS NULL OR %s %s %s)", c->column, c->column, operator, literal(c->arena, limit));
    return true;
}

static bool not_less_than(const struct check_call *c) { return compare(c, ">=", scalar(c, "limit")); }
static bool not_greater_than(const struct check_call *c) { return compare(c, "<=", scalar(c, "limit")); }

static bool in_range(const struct check_call *c)
{
    if (!compare(c, ">=", scalar(c, "min_limit")))
        return false;
    buf_puts(c->out, " AND ");
    return compare(c, "<=", scalar(c, "max_limit"));
}

static bool in_list(const struct check_call *c)
{
    const struct yaml *allowed = yaml_get(c->arguments, "allowed");
    if (!allowed || allowed->kind != YAML_LIST || !allowed->count)
        return false;
    buf_printf(c->out, "(%s IS NULL OR %s IN (", c->column, c->column);
    for (size_t i = 0; i < allowed->count; i++) {
        if (allowed->items[i]->kind != YAML_SCALAR)
            return false;
        buf_printf(c->out, "%s%s", i ? ", " : "", literal(c->arena, allowed->items[i]));
    }
    buf_puts(c->out, "))");
    return true;
}

static bool not_null_and_in_list(const struct check_call *c)
{
    not_null(c);
    buf_puts(c->out, " AND ");
    return in_list(c);
}

static bool matches(const struct check_call *c) { return compare(c, "RLIKE", scalar(c, "regex")); }

static bool expression(const struct check_call *c)
{
    const struct yaml *y = scalar(c, "expression");
    if (!y)
        return false;
    buf_printf(c->out, "(%s)", y->text);
    return true;
}

static const struct check_function {
    const char *name, *needs; /* arguments besides column, for errors */
    bool (*put)(const struct check_call *c);
    bool without_column;
} functions[] = {
    {"is_not_null", "", not_null, false},
    {"is_not_empty", "", not_empty, false},
    {"is_not_null_and_not_empty", "", not_null_and_not_empty, false},
    {"is_not_less_than", "limit", not_less_than, false},
    {"is_not_greater_than", "limit", not_greater_than, false},
    {"is_in_range", "min_limit and max_limit", in_range, false},
    {"is_in_list", "a list 'allowed'", in_list, false},
    {"is_not_null_and_is_in_list", "a list 'allowed'", not_null_and_in_list, false},
    {"regex_match", "regex", matches, false},
    {"sql_expression", "expression", expression, true},
};

static int bad(struct error *err, const char *path, const struct yaml *y, const char *text, const char *detail)
{
    error_set(err, ERROR_USAGE, text, detail);
    error_where(err, "%s:%u", path, y->line);
    return ERROR_USAGE;
}

static int unknown_function(struct error *err, const char *path, const struct yaml *y, const char *name)
{
    const char *names[ARRAY_LEN(functions)];
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        names[i] = functions[i].name;
    bad(err, path, y, "unknown check function '%s'", name);
    error_hint_near(err, nearest_name(name, names, ARRAY_LEN(names)), NULL);
    return ERROR_USAGE;
}

static int unknown_column(struct error *err, const char *path, const struct yaml *y, const struct pack_object *o, const char *column,
                          struct arena *a)
{
    error_set(err, ERROR_USAGE, "%s.%s has no column '%s'", o->schema, o->name, column);
    error_where(err, "%s:%u", path, y->line);
    error_hint_near(err, sql_nearest_column(a, o->table, column), NULL);
    return ERROR_USAGE;
}

static int predicate(struct pack_loader *l, const struct pack_object *o, const char *path, const struct yaml *check, struct buf *out,
                     struct error *err)
{
    static const char *const keys[] = {"function", "arguments", "for_each_column"};
    if (!check || check->kind != YAML_MAP)
        return bad(err, path, check ? check : &(struct yaml){.line = 1}, "a check needs 'check: {function, arguments}'%s", "");
    const char *name = NULL, *column = NULL;
    int rc = yaml_known_keys(check, path, keys, ARRAY_LEN(keys), err);
    if (!rc)
        rc = yaml_text(check, path, "function", &name, err);
    const struct yaml *arguments = yaml_get(check, "arguments");
    if (!rc)
        rc = yaml_text(arguments, path, "column", &column, err);
    if (!rc && !column)
        rc = yaml_text(arguments, path, "col_name", &column, err);
    if (rc)
        return rc;
    const struct check_function *f = NULL;
    for (size_t i = 0; name && i < ARRAY_LEN(functions); i++)
        if (str_eq(functions[i].name, name))
            f = &functions[i];
    if (!f)
        return name ? unknown_function(err, path, yaml_get(check, "function"), name) : bad(err, path, check, "'function' is missing%s", "");
    if (!f->without_column && !column)
        return bad(err, path, check, "'%s' needs the argument 'column'", name);
    if (!f->without_column && !sql_find_column(o->table, column))
        return unknown_column(err, path, arguments, o, column, l->arena);
    if (!f->put(&(struct check_call){l->arena, column ? sql_backtick(l->arena, column) : NULL, arguments, out}))
        return bad(err, path, check, "this check needs the argument %s", f->needs);
    return 0;
}

static int read_check(struct pack_loader *l, const struct pack_object *o, const char *path, const struct yaml *y, struct pack_check *ret,
                      struct error *err)
{
    static const char *const keys[] = {"name", "criticality", "filter", "check", "user_metadata"};
    const char *criticality = "error", *filter = NULL;
    if (y->kind != YAML_MAP)
        return bad(err, path, y, "a check must be a map%s", "");
    int rc = yaml_known_keys(y, path, keys, ARRAY_LEN(keys), err);
    if (rc || (rc = yaml_text(y, path, "name", &ret->name, err)) || (rc = yaml_text(y, path, "criticality", &criticality, err)) ||
        (rc = yaml_text(y, path, "filter", &filter, err)))
        return rc;
    if (!ret->name)
        return bad(err, path, y, "a check needs a 'name'%s", "");
    ret->warning = str_eq(criticality, "warn") || str_eq(criticality, "warning");
    if (!ret->warning && !str_eq(criticality, "error"))
        return bad(err, path, y, "criticality must be error or warn, found '%s'", criticality);
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_SQL_BYTES);
    if (filter)
        buf_printf(&out, "(NOT coalesce(%s, FALSE)) OR (", filter);
    rc = predicate(l, o, path, yaml_get(y, "check"), &out, err);
    if (rc)
        return rc;
    if (filter)
        buf_putc(&out, ')');
    ret->predicate = arena_strdup(l->arena, out.data);
    ret->file = path;
    ret->line = y->line;
    return 0;
}

void pack_read_checks(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    struct error err;
    struct yaml *root;
    struct pack_object *o = pack_find(l->c, "system_bronze", stem);
    int rc = yaml_parse(text, len, path, l->arena, &root, &err);
    if (!rc && !o) {
        rc = error_set(&err, ERROR_USAGE, "there is no bronze table '%s' that these checks could be of", stem);
        error_where(&err, "%s", path);
    }
    if (!rc && root->kind != YAML_LIST)
        rc = bad(&err, path, root, "must be a list of checks%s", "");
    if (rc) {
        pack_note(l, &err);
        return;
    }
    o->checks = arena_alloc(l->arena, (root->count + 1) * sizeof(*o->checks));
    o->check_count = 0;
    for (size_t i = 0; i < root->count; i++) {
        rc = read_check(l, o, path, root->items[i], &o->checks[o->check_count], &err);
        for (size_t j = 0; j < o->check_count && !rc; j++)
            if (str_eq(o->checks[j].name, o->checks[o->check_count].name))
                rc = bad(&err, path, root->items[i], "the check '%s' stands twice", o->checks[j].name);
        if (rc)
            pack_note(l, &err);
        else
            o->check_count++;
    }
}
