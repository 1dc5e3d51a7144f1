/* CREATE TABLE, CREATE VIEW and CREATE FUNCTION into structs. */
#include "sql/private.h"

static char *span_copy(struct parser *p, size_t first)
{
    size_t n;
    const char *s = sql_span(p, first, p->i, &n);
    return arena_strndup(p->a, s, p->failed ? 0 : n);
}

/* An expression of a DDL clause, kept as its text. */
static const char *expression_text(struct parser *p)
{
    size_t first = p->i;
    struct ddl_expr d = {.expr = sql_expr_rule(p)};
    d.text = span_copy(p, first);
    *LIST_ADD(p->a, &p->ddl_exprs) = d;
    return d.text;
}

static void or_replace(struct parser *p, bool *replace, bool *temporary)
{
    sql_expect(p, "CREATE");
    if (sql_accept(p, "OR")) {
        sql_expect(p, "REPLACE");
        *replace = true;
    }
    if (sql_at2(p, "GLOBAL", "TEMPORARY"))
        sql_unsupported(p, "GLOBAL TEMPORARY", "use TEMPORARY");
    *temporary = sql_accept(p, "TEMPORARY") || sql_accept(p, "TEMP");
}

static bool if_not_exists(struct parser *p)
{
    if (!sql_at2(p, "IF", "NOT"))
        return false;
    p->i += 2;
    sql_expect(p, "EXISTS");
    return true;
}

static const char *property_key(struct parser *p)
{
    if (sql_tok(p)->kind == SQL_TOKEN_STRING)
        return sql_string(p, "a property name");
    const char *key = sql_identifier(p, "a property name");
    while (sql_accept(p, "."))
        key = arena_printf(p->a, "%s.%s", key, sql_identifier(p, "a property name"));
    return key;
}

static const char *property_value(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    if (t->kind == SQL_TOKEN_STRING)
        return sql_string(p, "a value");
    bool minus = sql_accept(p, "-");
    t = sql_tok(p);
    if (t->kind != SQL_TOKEN_NUMBER && !sql_at(p, "TRUE") && !sql_at(p, "FALSE")) {
        sql_unexpected(p, "a property value: a string, number or boolean");
        return "";
    }
    p->i++;
    char *s = arena_printf(p->a, "%s%.*s", minus ? "-" : "", (int)t->len, p->text + t->offset);
    if (t->kind == SQL_TOKEN_WORD)
        str_lower(s);
    return s;
}

static void properties_rule(struct parser *p, struct sql_property **ret, size_t *ret_count)
{
    LIST(struct sql_property) list = {.items = *ret, .count = *ret_count, .cap = *ret_count};
    sql_expect(p, "(");
    while (!p->failed) {
        struct sql_pos pos = sql_tok(p)->pos;
        struct sql_property prop = {.key = property_key(p)};
        sql_accept(p, "=");
        prop.value = property_value(p);
        for (size_t i = 0; i < list.count; i++)
            if (str_eq(list.items[i].key, prop.key))
                sql_fail(p, pos, ERROR_USAGE, NULL, "property %s is there twice", prop.key);
        *LIST_ADD(p->a, &list) = prop;
        if (!sql_accept(p, ","))
            break;
    }
    sql_expect(p, ")");
    *ret = list.items;
    *ret_count = list.count;
}

/* ---- tables --------------------------------------------------------------------------------------------- */

struct table_builder {
    struct sql_table *t;
    LIST(struct sql_column) columns;
    LIST(struct sql_key) keys;
    LIST(struct sql_check) checks;
};

static void key_options(struct parser *p, struct sql_key *key)
{
    static const char *const ignored[] = {"NORELY", "DEFERRABLE", "ENFORCED", "NOVALIDATE", "ENABLE", "DISABLE"};
    for (bool more = true; more && !p->failed;) {
        more = false;
        if (sql_accept(p, "RELY"))
            more = key->rely = true;
        else if (sql_at2(p, "NOT", "ENFORCED") || sql_at2(p, "INITIALLY", "DEFERRED") || sql_at2(p, "MATCH", "FULL"))
            p->i += 2, more = true;
        else if (sql_at2(p, "ON", "UPDATE") || sql_at2(p, "ON", "DELETE")) {
            p->i += 2;
            sql_expect(p, "NO");
            sql_expect(p, "ACTION");
            more = true;
        }
        for (size_t i = 0; i < ARRAY_LEN(ignored) && !more; i++)
            more = sql_accept(p, ignored[i]);
    }
}

static void key_columns(struct parser *p, const char ***ret, size_t *ret_count)
{
    sql_strings list = {0};
    sql_expect(p, "(");
    do {
        *LIST_ADD(p->a, &list) = sql_identifier(p, "a column name");
        sql_accept(p, "TIMESERIES");
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    *ret = list.items;
    *ret_count = list.count;
}

static void references_rule(struct parser *p, struct sql_key *key)
{
    sql_expect(p, "REFERENCES");
    key->target = *sql_qualified(p, "a table name");
    if (sql_at(p, "("))
        key_columns(p, &key->target_columns, &key->target_column_count);
}

static void check_rule(struct parser *p, struct table_builder *b, const char *name, struct sql_pos pos)
{
    struct sql_check c = {.name = name, .pos = pos};
    sql_expect(p, "(");
    c.sql = expression_text(p);
    sql_expect(p, ")");
    if (!name)
        c.name = arena_printf(p->a, "check_%zu", b->checks.count + 1);
    *LIST_ADD(p->a, &b->checks) = c;
    sql_accept(p, "ENFORCED");
}

/* [CONSTRAINT name] PRIMARY KEY | FOREIGN KEY | CHECK. column is NULL for a constraint of the table. */
static bool constraint_rule(struct parser *p, struct table_builder *b, const char *column)
{
    struct sql_pos pos = sql_tok(p)->pos;
    struct sql_key key = {.pos = pos};
    bool named = sql_accept(p, "CONSTRAINT");
    if (named && !sql_at(p, "PRIMARY") && !sql_at(p, "FOREIGN") && !sql_at(p, "CHECK"))
        key.name = sql_identifier(p, "a constraint name");
    if (sql_accept(p, "CHECK")) {
        check_rule(p, b, key.name, pos);
        return true;
    }
    key.primary = sql_accept2(p, "PRIMARY", "KEY");
    bool foreign = !key.primary && sql_accept2(p, "FOREIGN", "KEY");
    if (!key.primary && !foreign && !(column && sql_at(p, "REFERENCES"))) {
        if (named)
            sql_unexpected(p, "PRIMARY KEY, FOREIGN KEY or CHECK");
        return false;
    }
    if (column) {
        sql_strings one = {0};
        *LIST_ADD(p->a, &one) = column;
        key.columns = one.items;
        key.column_count = 1;
    } else {
        key_columns(p, &key.columns, &key.column_count);
    }
    if (!key.primary)
        references_rule(p, &key);
    key_options(p, &key);
    *LIST_ADD(p->a, &b->keys) = key;
    return true;
}

static void generated_rule(struct parser *p, struct sql_column *c)
{
    sql_expect(p, "GENERATED");
    if (sql_at2(p, "BY", "DEFAULT"))
        sql_unsupported(p, "an IDENTITY column", "give the key in the statement that loads the table");
    sql_expect(p, "ALWAYS");
    sql_expect(p, "AS");
    if (sql_at(p, "IDENTITY"))
        sql_unsupported(p, "an IDENTITY column", "give the key in the statement that loads the table");
    sql_expect(p, "(");
    c->generated_sql = expression_text(p);
    sql_expect(p, ")");
}

static void column_options(struct parser *p, struct table_builder *b, struct sql_column *c)
{
    while (!p->failed) {
        if (sql_accept2(p, "NOT", "NULL"))
            c->not_null = true;
        else if (sql_accept(p, "NULL"))
            c->not_null = false;
        else if (sql_accept(p, "COMMENT"))
            c->comment = sql_string(p, "a comment");
        else if (sql_accept(p, "DEFAULT"))
            c->default_sql = expression_text(p);
        else if (sql_at(p, "GENERATED"))
            generated_rule(p, c);
        else if (sql_at(p, "COLLATE") || sql_at(p, "MASK"))
            sql_unsupported(p, sql_at(p, "MASK") ? "a column MASK" : "COLLATE", NULL);
        else if (!constraint_rule(p, b, c->name))
            break;
    }
}

static void column_rule(struct parser *p, struct table_builder *b)
{
    struct sql_column c = {.pos = sql_tok(p)->pos};
    c.name = sql_identifier(p, "a column name");
    c.type = sql_type_rule(p);
    column_options(p, b, &c);
    for (size_t i = 0; i < b->columns.count; i++)
        if (str_ieq(b->columns.items[i].name, c.name))
            sql_fail(p, c.pos, ERROR_USAGE, NULL, "column %s is there twice", c.name);
    if (p->failed)
        return;
    c.type_text = sql_type_text(p->a, c.type);
    c.duckdb_type = sql_type_duckdb(p->a, c.type);
    *LIST_ADD(p->a, &b->columns) = c;
}

void sql_column_definition(struct parser *p, struct sql_column *ret)
{
    struct table_builder b = {0};
    struct sql_pos pos = sql_tok(p)->pos;
    column_rule(p, &b);
    if (b.keys.count || b.checks.count)
        sql_fail(p, pos, ERROR_USAGE, NULL, "a key or check of a column is not supported here");
    if (!p->failed)
        *ret = b.columns.items[0];
}

static void elements_rule(struct parser *p, struct table_builder *b)
{
    sql_expect(p, "(");
    do {
        bool constraint = sql_at(p, "CONSTRAINT") || sql_at2(p, "PRIMARY", "KEY") || sql_at2(p, "FOREIGN", "KEY") ||
                          sql_at2(p, "CHECK", "(");
        if (constraint)
            constraint_rule(p, b, NULL);
        else
            column_rule(p, b);
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
}

static void cluster_rule(struct parser *p, struct sql_table *t)
{
    sql_expect(p, "BY");
    t->cluster_auto = sql_accept(p, "AUTO");
    if (t->cluster_auto || sql_accept(p, "NONE"))
        return;
    sql_strings l = sql_name_list(p, "a column name");
    t->cluster_by = l.items;
    t->cluster_count = l.count;
}

static bool table_clause(struct parser *p, struct sql_table *t)
{
    if (sql_accept(p, "USING")) {
        char *format = arena_strdup(p->a, sql_identifier(p, "a format"));
        for (char *c = format; *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        t->format = format;
    } else if (sql_accept(p, "COMMENT")) {
        t->comment = sql_string(p, "a comment");
    } else if (sql_accept(p, "TBLPROPERTIES")) {
        properties_rule(p, &t->properties, &t->property_count);
    } else if (sql_accept(p, "PARTITIONED")) {
        sql_expect(p, "BY");
        sql_strings l = sql_name_list(p, "a column name");
        t->partition_by = l.items;
        t->partition_count = l.count;
    } else if (sql_accept(p, "CLUSTER")) {
        cluster_rule(p, t);
    } else if (sql_accept(p, "LOCATION")) {
        t->location = sql_string(p, "a path");
    } else {
        return false;
    }
    return true;
}

static void need_column(struct parser *p, const struct sql_table *t, const char *name, struct sql_pos pos, const char *role)
{
    if (sql_find_column(t, name))
        return;
    const char *near = sql_nearest_column(p->a, t, name);
    sql_fail(p, pos, ERROR_NOT_FOUND, near ? arena_printf(p->a, "did you mean %s?", near) : NULL,
             "%s names column %s, which the table does not have", role, name);
}

static void check_table(struct parser *p, struct sql_table *t)
{
    size_t primaries = 0;
    if (!t->column_count && !t->query)
        sql_fail(p, t->name.pos, ERROR_USAGE, NULL, "table %s has no columns", sql_name_text(p->a, &t->name));
    for (size_t i = 0; i < t->key_count && t->column_count; i++) {
        const struct sql_key *k = &t->keys[i];
        primaries += k->primary;
        for (size_t j = 0; j < k->column_count; j++)
            need_column(p, t, k->columns[j], k->pos, k->primary ? "PRIMARY KEY" : "FOREIGN KEY");
        if (k->target_column_count && k->target_column_count != k->column_count)
            sql_fail(p, k->pos, ERROR_USAGE, NULL, "FOREIGN KEY has %zu columns, but refers to %zu", k->column_count,
                     k->target_column_count);
    }
    if (primaries > 1)
        sql_fail(p, t->name.pos, ERROR_USAGE, NULL, "table has more than one PRIMARY KEY");
    for (size_t i = 0; i < t->partition_count && t->column_count; i++)
        need_column(p, t, t->partition_by[i], t->name.pos, "PARTITIONED BY");
    for (size_t i = 0; i < t->cluster_count && t->column_count; i++)
        need_column(p, t, t->cluster_by[i], t->name.pos, "CLUSTER BY");
}

static void as_query(struct parser *p, struct sql_table *t)
{
    t->query_pos = sql_tok(p)->pos;
    size_t first = p->i;
    p->ddl_query = sql_query_rule(p);
    t->query = sql_span(p, first, p->i, &t->query_len);
}

struct sql_table *sql_table_rule(struct parser *p)
{
    struct table_builder b = {.t = arena_alloc(p->a, sizeof(struct sql_table))};
    struct sql_table *t = b.t;
    or_replace(p, &t->or_replace, &t->temporary);
    t->external = sql_accept(p, "EXTERNAL");
    sql_expect(p, "TABLE");
    t->if_not_exists = if_not_exists(p);
    t->name = *sql_qualified(p, "a table name");
    if (sql_at(p, "LIKE") || sql_at(p, "CLONE") || sql_at2(p, "SHALLOW", "CLONE") || sql_at2(p, "DEEP", "CLONE"))
        sql_unsupported(p, "CREATE TABLE LIKE or CLONE", "write the columns");
    if (sql_at(p, "("))
        elements_rule(p, &b);
    while (!p->failed && table_clause(p, t))
        ;
    if (sql_at(p, "OPTIONS") || sql_at(p, "WITH") || sql_at(p, "DEFAULT"))
        sql_unsupported(p, "this clause of CREATE TABLE", NULL);
    if (sql_accept(p, "AS"))
        as_query(p, t);
    sql_expect_end(p);
    t->columns = b.columns.items;
    t->column_count = b.columns.count;
    t->keys = b.keys.items;
    t->key_count = b.keys.count;
    t->checks = b.checks.items;
    t->check_count = b.checks.count;
    if (!p->failed)
        check_table(p, t);
    return t;
}

/* ---- views ---------------------------------------------------------------------------------------------- */

static void view_columns(struct parser *p, struct sql_view *v)
{
    LIST(struct sql_column) columns = {0};
    sql_expect(p, "(");
    do {
        struct sql_column c = {.pos = sql_tok(p)->pos};
        c.name = sql_identifier(p, "a column name");
        if (sql_accept(p, "COMMENT"))
            c.comment = sql_string(p, "a comment");
        for (size_t i = 0; i < columns.count; i++)
            if (str_ieq(columns.items[i].name, c.name))
                sql_fail(p, c.pos, ERROR_USAGE, NULL, "column %s is there twice", c.name);
        *LIST_ADD(p->a, &columns) = c;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    v->columns = columns.items;
    v->column_count = columns.count;
}

static void metric_body(struct parser *p, struct sql_view *v)
{
    const struct sql_token *t = sql_tok(p);
    bool dollars = t->kind == SQL_TOKEN_STRING && t->len >= 4 && p->text[t->offset] == '$';
    if (!dollars) {
        sql_unexpected(p, "$$ and the YAML of the metric view");
        return;
    }
    v->query = p->text + t->offset + 2;
    v->query_len = t->len - 4;
    v->query_pos = (struct sql_pos){t->pos.line, t->pos.column + 2};
    p->i++;
}

static bool view_clause(struct parser *p, struct sql_view *v)
{
    if (sql_accept(p, "COMMENT"))
        v->comment = sql_string(p, "a comment");
    else if (sql_accept(p, "TBLPROPERTIES"))
        properties_rule(p, &v->properties, &v->property_count);
    else if (sql_accept2(p, "WITH", "METRICS"))
        v->metrics = true;
    else if (sql_at2(p, "WITH", "SCHEMA"))
        sql_skip(p, 3); /* BINDING, COMPENSATION, EVOLUTION: all the same to a view that is read anew each time */
    else if (v->metrics && sql_accept2(p, "LANGUAGE", "YAML"))
        return true;
    else
        return false;
    return true;
}

struct sql_view *sql_view_rule(struct parser *p)
{
    struct sql_view *v = arena_alloc(p->a, sizeof(*v));
    or_replace(p, &v->or_replace, &v->temporary);
    v->materialized = sql_accept(p, "MATERIALIZED");
    sql_expect(p, "VIEW");
    v->if_not_exists = if_not_exists(p);
    v->name = *sql_qualified(p, "a view name");
    if (sql_at(p, "("))
        view_columns(p, v);
    while (!p->failed && view_clause(p, v))
        ;
    sql_expect(p, "AS");
    if (v->metrics) {
        metric_body(p, v);
    } else {
        v->query_pos = sql_tok(p)->pos;
        size_t first = p->i;
        p->ddl_query = sql_query_rule(p);
        v->query = sql_span(p, first, p->i, &v->query_len);
    }
    sql_expect_end(p);
    return v;
}

/* ---- functions -------------------------------------------------------------------------------------------- */

static void function_parameters(struct parser *p, struct sql_column **ret, size_t *ret_count, bool defaults)
{
    LIST(struct sql_column) list = {0};
    sql_expect(p, "(");
    while (!p->failed && !sql_at(p, ")")) {
        struct sql_column c = {.pos = sql_tok(p)->pos};
        c.name = sql_identifier(p, "a name");
        c.type = sql_type_rule(p);
        for (size_t i = 0; i < list.count; i++)
            if (str_ieq(list.items[i].name, c.name))
                sql_fail(p, c.pos, ERROR_USAGE, NULL, "%s is there twice", c.name);
        if (defaults && sql_accept(p, "DEFAULT"))
            c.default_sql = expression_text(p);
        if (sql_accept(p, "COMMENT"))
            c.comment = sql_string(p, "a comment");
        if (!p->failed) {
            c.type_text = sql_type_text(p->a, c.type);
            c.duckdb_type = sql_type_duckdb(p->a, c.type);
        }
        *LIST_ADD(p->a, &list) = c;
        if (!sql_accept(p, ","))
            break;
    }
    sql_expect(p, ")");
    *ret = list.items;
    *ret_count = list.count;
}

static bool function_clause(struct parser *p, struct sql_function *f)
{
    if (sql_accept(p, "COMMENT"))
        f->comment = sql_string(p, "a comment");
    else if (sql_accept(p, "DETERMINISTIC"))
        f->deterministic = true;
    else if (sql_at2(p, "NOT", "DETERMINISTIC") || sql_at2(p, "CONTAINS", "SQL"))
        p->i += 2;
    else if (sql_at2(p, "READS", "SQL"))
        sql_skip(p, 3);
    else if (sql_at(p, "LANGUAGE") && !sql_is(p, sql_tok_at(p, 1), "SQL"))
        sql_unsupported(p, "a function in another language than SQL", NULL);
    else if (!sql_accept2(p, "LANGUAGE", "SQL"))
        return false;
    return true;
}

struct sql_function *sql_function_rule(struct parser *p)
{
    struct sql_function *f = arena_alloc(p->a, sizeof(*f));
    or_replace(p, &f->or_replace, &f->temporary);
    sql_expect(p, "FUNCTION");
    f->if_not_exists = if_not_exists(p);
    f->name = *sql_qualified(p, "a function name");
    function_parameters(p, &f->parameters, &f->parameter_count, true);
    if (sql_accept(p, "RETURNS")) {
        f->table_valued = sql_accept(p, "TABLE");
        if (f->table_valued && sql_at(p, "("))
            function_parameters(p, &f->columns, &f->column_count, false);
        else if (!f->table_valued)
            f->returns = sql_type_rule(p);
    }
    while (!p->failed && function_clause(p, f))
        ;
    sql_expect(p, "RETURN");
    f->body_pos = sql_tok(p)->pos;
    size_t first = p->i;
    if (f->table_valued || (sql_query_ahead(p) && !sql_at(p, "("))) {
        p->ddl_query = sql_query_rule(p);
    } else {
        struct ddl_expr d = {.expr = sql_expr_rule(p)};
        *LIST_ADD(p->a, &p->ddl_exprs) = d;
    }
    f->body = sql_span(p, first, p->i, &f->body_len);
    sql_expect_end(p);
    return f;
}

/* ---- entries ------------------------------------------------------------------------------------------------ */

#define ENTRY(function, type, rule) \
    int function(struct arena *a, const char *text, size_t len, uint32_t first_line, type **ret, struct error *err) \
    { \
        struct parser p; \
        int rc = sql_parser_init(&p, a, text, len, first_line, err); \
        if (rc) \
            return rc; \
        type *x = rule(&p); \
        if (p.failed) \
            return p.rc; \
        *ret = x; \
        return 0; \
    }

ENTRY(sql_parse_table, struct sql_table, sql_table_rule)
ENTRY(sql_parse_view, struct sql_view, sql_view_rule)
ENTRY(sql_parse_function, struct sql_function, sql_function_rule)

/* ---- looking into a table ------------------------------------------------------------------------------------ */

const struct sql_column *sql_find_column(const struct sql_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (str_ieq(t->columns[i].name, name))
            return &t->columns[i];
    return NULL;
}

const char *sql_nearest_column(struct arena *a, const struct sql_table *t, const char *name)
{
    const char **names = arena_alloc(a, (t->column_count + 1) * sizeof(*names));
    for (size_t i = 0; i < t->column_count; i++)
        names[i] = t->columns[i].name;
    return nearest_name(name, names, t->column_count);
}

const struct sql_key *sql_primary_key(const struct sql_table *t)
{
    for (size_t i = 0; i < t->key_count; i++)
        if (t->keys[i].primary)
            return &t->keys[i];
    return NULL;
}

const char *sql_table_property(const struct sql_table *t, const char *key)
{
    for (size_t i = 0; i < t->property_count; i++)
        if (str_ieq(t->properties[i].key, key))
            return t->properties[i].value;
    return NULL;
}
