#include "check/private.h"

/* Comments, the agent domain and the four tags of a table or view. The clause itself has no place of its own in the catalogue, so a fault
 * of a table is shown at its CREATE, one of a column at the column. */

static const struct tag {
    const char *key;
    const char *values[6]; /* none: any text that is not empty */
    const char *hint;
} tags[] = {
    {"secchi.domain", {"cost", "reliability", "performance", "security", "quality"}, "cost, reliability, performance, security or quality"},
    {"data_classification", {"confidential", "internal"}, "confidential or internal"},
    {"contains_pii", {"true", "false"}, "true or false"},
    {"business_owner", {NULL}, "who answers for its meaning, e.g. FinOps"},
    {"technical_owner", {NULL}, "who answers for its tables, e.g. Data Platform"},
};

static bool blank(const char *s) { return !s || !s[strspn(s, " \t\n")]; }

static bool allowed(const struct tag *t, const char *value)
{
    if (!t->values[0])
        return !blank(value);
    for (size_t i = 0; i < ARRAY_LEN(t->values) && t->values[i]; i++)
        if (str_eq(t->values[i], value))
            return true;
    return false;
}

bool is_domain(const char *name) { return allowed(&tags[0], name); }

static void fault(struct checker *k, const struct pack_object *o, uint32_t line, struct error *err)
{
    error_where(err, "%s:%u", o->file, line);
    check_note(k, err);
}

static void check_tag(struct checker *k, const struct pack_object *o, const struct tag *t)
{
    struct error err;
    const char *value = sql_table_property(o->table, t->key);
    if (value && allowed(t, value))
        return;
    if (value)
        error_set(&err, ERROR_USAGE, "%s.%s has the property '%s' = '%.100s'", o->schema, o->name, t->key, value);
    else
        error_set(&err, ERROR_USAGE, "%s.%s has no property '%s'", o->schema, o->name, t->key);
    error_hint(&err, "TBLPROPERTIES ('%s' = ...): %s", t->key, t->hint);
    fault(k, o, o->ddl_line, &err);
}

static void check_columns(struct checker *k, const struct pack_object *o)
{
    struct error err;
    if (!o->table->column_count) {
        error_set(&err, ERROR_USAGE, "%s.%s lists no columns, so none has a comment", o->schema, o->name);
        error_hint(&err, "CREATE VIEW name (column COMMENT '...', ...) AS SELECT ...");
        fault(k, o, o->ddl_line, &err);
    }
    for (size_t i = 0; i < o->table->column_count; i++) {
        const struct sql_column *c = &o->table->columns[i];
        if (!blank(c->comment))
            continue;
        error_set(&err, ERROR_USAGE, "column %s of %s.%s has no comment", c->name, o->schema, o->name);
        error_hint(&err, "COMMENT '...' after its type");
        fault(k, o, c->pos.line, &err);
    }
}

void check_description(struct checker *k, const struct pack_object *o)
{
    struct error err;
    if (o->layer == PACK_LANDING)
        return;
    if (blank(o->table->comment)) {
        error_set(&err, ERROR_USAGE, "%s.%s has no comment", o->schema, o->name);
        error_hint(&err, "COMMENT '...' after its columns");
        fault(k, o, o->ddl_line, &err);
    }
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        check_tag(k, o, &tags[i]);
    check_columns(k, o);
}
