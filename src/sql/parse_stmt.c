/* Whole statements: dispatch by kind, and the small kinds themselves. */
#include "sql/private.h"

static bool if_exists(struct parser *p)
{
    if (!sql_at2(p, "IF", "EXISTS"))
        return false;
    p->i += 2;
    return true;
}

static void add_columns(struct parser *p, struct statement *s)
{
    bool bracket = sql_accept(p, "(");
    do {
        struct sql_column c = {0};
        struct alter x = {.action = ALTER_ADD};
        size_t before = p->ddl_exprs.count;
        sql_column_definition(p, &c);
        x.column = c.name;
        x.type = c.type;
        x.text = c.comment;
        if (c.not_null || c.generated_sql)
            sql_fail(p, c.pos, ERROR_USAGE, NULL, "ADD COLUMN with NOT NULL or GENERATED is not supported");
        if (c.default_sql && p->ddl_exprs.count > before)
            x.value = p->ddl_exprs.items[before].expr;
        if (sql_at(p, "FIRST") || sql_at(p, "AFTER"))
            sql_unsupported(p, "a position of an added column", NULL);
        *LIST_ADD(p->a, &s->alters) = x;
    } while (sql_accept(p, ","));
    if (bracket)
        sql_expect(p, ")");
}

static void alter_column(struct parser *p, struct alter *x)
{
    x->column = sql_identifier(p, "a column name");
    if (sql_accept(p, "COMMENT")) {
        x->action = ALTER_COMMENT;
        x->text = sql_string(p, "a comment");
    } else if (sql_accept(p, "TYPE")) {
        x->action = ALTER_TYPE;
        x->type = sql_type_rule(p);
    } else if (sql_accept(p, "SET")) {
        x->action = sql_at(p, "NOT") ? ALTER_SET_NOT_NULL : sql_at(p, "DEFAULT") ? ALTER_SET_DEFAULT : ALTER_CATALOGUE_ONLY;
        if (sql_accept2(p, "NOT", "NULL"))
            return;
        if (sql_accept(p, "DEFAULT"))
            x->value = sql_expr_rule(p);
        else if (sql_accept(p, "TAGS"))
            while (!p->failed && sql_tok(p)->kind != SQL_TOKEN_END && !sql_at(p, ";"))
                p->i++;
        else
            sql_unexpected(p, "NOT NULL, DEFAULT or TAGS");
    } else if (sql_accept(p, "DROP")) {
        x->action = sql_at(p, "DEFAULT") ? ALTER_DROP_DEFAULT : ALTER_DROP_NOT_NULL;
        if (!sql_accept(p, "DEFAULT") && !sql_accept2(p, "NOT", "NULL"))
            sql_unexpected(p, "DEFAULT or NOT NULL");
    } else {
        sql_unexpected(p, "COMMENT, TYPE, SET or DROP");
    }
}

/* Properties, tags, keys and clustering: kept in a catalogue, nothing to do for an engine. */
static bool catalogue_action(struct parser *p)
{
    bool set = sql_at2(p, "SET", "TBLPROPERTIES") || sql_at2(p, "UNSET", "TBLPROPERTIES") || sql_at2(p, "SET", "TAGS") ||
               sql_at2(p, "UNSET", "TAGS");
    bool key = false;
    if (sql_at2(p, "ADD", "CONSTRAINT"))
        key = sql_is(p, sql_tok_at(p, 3), "PRIMARY") || sql_is(p, sql_tok_at(p, 3), "FOREIGN");
    key = key || sql_at2(p, "ADD", "PRIMARY") || sql_at2(p, "ADD", "FOREIGN") || sql_at2(p, "DROP", "PRIMARY") ||
          sql_at2(p, "DROP", "FOREIGN");
    if (!set && !key && !sql_at2(p, "CLUSTER", "BY"))
        return false;
    while (!p->failed && sql_tok(p)->kind != SQL_TOKEN_END && !sql_at(p, ";"))
        p->i++;
    return true;
}

static void alter_rule(struct parser *p, struct statement *s)
{
    sql_expect(p, "ALTER");
    s->on_view = sql_at(p, "VIEW");
    if (!sql_accept(p, "TABLE") && !sql_accept(p, "VIEW"))
        sql_unsupported(p, "ALTER of anything but a table or view", NULL);
    s->name = sql_qualified(p, "a table name");
    struct alter x = {.action = ALTER_CATALOGUE_ONLY};
    if (catalogue_action(p)) {
        *LIST_ADD(p->a, &s->alters) = x;
    } else if (sql_accept2(p, "ADD", "COLUMN") || sql_accept2(p, "ADD", "COLUMNS")) {
        add_columns(p, s);
    } else if (sql_accept2(p, "DROP", "COLUMN")) {
        x.action = ALTER_DROP;
        x.if_exists = if_exists(p);
        x.column = sql_identifier(p, "a column name");
        *LIST_ADD(p->a, &s->alters) = x;
    } else if (sql_accept2(p, "RENAME", "COLUMN")) {
        x.action = ALTER_RENAME_COLUMN;
        x.column = sql_identifier(p, "a column name");
        sql_expect(p, "TO");
        x.text = sql_identifier(p, "a column name");
        *LIST_ADD(p->a, &s->alters) = x;
    } else if (sql_accept2(p, "RENAME", "TO")) {
        x.action = ALTER_RENAME;
        x.to = sql_qualified(p, "a table name");
        *LIST_ADD(p->a, &s->alters) = x;
    } else if (sql_accept2(p, "ALTER", "COLUMN")) {
        alter_column(p, &x);
        *LIST_ADD(p->a, &s->alters) = x;
    } else {
        sql_unsupported(p, "this form of ALTER TABLE", NULL);
    }
    sql_expect_end(p);
}

static void comment_rule(struct parser *p, struct statement *s)
{
    sql_expect(p, "COMMENT");
    sql_expect(p, "ON");
    s->on_column = sql_at(p, "COLUMN");
    s->on_view = sql_at(p, "VIEW");
    s->on_schema = sql_at(p, "SCHEMA") || sql_at(p, "DATABASE");
    if (!s->on_column && !s->on_schema && !sql_at(p, "TABLE") && !s->on_view)
        sql_unexpected(p, "TABLE, VIEW, COLUMN or SCHEMA");
    sql_skip(p, 1);
    s->name = sql_qualified(p, "a name");
    if (s->on_column) {
        if (s->name->count < 2)
            sql_fail(p, s->name->pos, ERROR_USAGE, NULL, "COMMENT ON COLUMN needs table.column");
        else
            s->column = s->name->parts[--s->name->count];
    }
    sql_expect(p, "IS");
    if (!sql_accept(p, "NULL"))
        s->comment = sql_string(p, "a comment");
    sql_expect_end(p);
}

static void drop_rule(struct parser *p, struct statement *s)
{
    p->i++;
    sql_accept(p, "TEMPORARY");
    if (sql_at(p, "MATERIALIZED"))
        sql_unsupported(p, "MATERIALIZED VIEW", NULL);
    sql_skip(p, 1);
    s->if_exists = if_exists(p);
    s->name = sql_qualified(p, "a name");
    s->cascade = sql_accept(p, "CASCADE");
    if (!s->cascade)
        sql_accept(p, "RESTRICT");
    sql_accept(p, "PURGE");
    sql_expect_end(p);
}

static void schema_rule(struct parser *p, struct statement *s)
{
    p->i += 2;
    s->if_exists = sql_at2(p, "IF", "NOT");
    if (s->if_exists) {
        p->i += 2;
        sql_expect(p, "EXISTS");
    }
    s->name = sql_qualified(p, "a schema name");
    if (sql_accept(p, "COMMENT"))
        s->comment = sql_string(p, "a comment");
    sql_expect_end(p);
}

/* OPTIMIZE t .., VACUUM t .., ANALYZE TABLE t ..: the name is read, the rest belongs to an engine that has such things. */
static void upkeep_rule(struct parser *p, struct statement *s)
{
    p->i++;
    sql_accept(p, "TABLE");
    s->name = sql_qualified(p, "a table name");
    while (!p->failed && sql_tok(p)->kind != SQL_TOKEN_END && !sql_at(p, ";"))
        p->i++;
    sql_expect_end(p);
}

static void truncate_rule(struct parser *p, struct statement *s)
{
    p->i++;
    sql_expect(p, "TABLE");
    s->name = sql_qualified(p, "a table name");
    sql_expect_end(p);
}

static void describe_rule(struct parser *p, struct statement *s)
{
    p->i++;
    static const char *const refused[] = {"QUERY", "FUNCTION", "SCHEMA", "DATABASE", "HISTORY", "DETAIL", "CATALOG", "VOLUME"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (sql_at(p, refused[i]) && sql_tok_at(p, 1)->kind != SQL_TOKEN_END)
            sql_unsupported(p, "DESCRIBE of anything but a table", NULL);
    if (sql_tok_at(p, 1)->kind != SQL_TOKEN_END)
        sql_accept(p, "TABLE");
    if (sql_tok_at(p, 1)->kind != SQL_TOKEN_END)
        if (!sql_accept(p, "EXTENDED"))
            sql_accept(p, "FORMATTED");
    s->name = sql_qualified(p, "a table name");
    sql_expect_end(p);
}

static void dml_statement(struct parser *p, struct statement *s)
{
    s->dml = s->kind == SQL_INSERT   ? sql_insert_rule(p)
             : s->kind == SQL_UPDATE ? sql_update_rule(p)
             : s->kind == SQL_DELETE ? sql_delete_rule(p)
                                     : sql_merge_rule(p);
}

struct statement *sql_statement_rule(struct parser *p)
{
    struct statement *s = arena_alloc(p->a, sizeof(*s));
    s->pos = sql_tok(p)->pos;
    s->kind = sql_classify(p->text, p->tokens);
    switch (s->kind) {
    case SQL_SELECT:
        s->query = sql_query_rule(p);
        sql_expect_end(p);
        break;
    case SQL_CREATE_TABLE:
    case SQL_CREATE_TABLE_AS:
        s->table = sql_table_rule(p);
        s->query = p->ddl_query;
        break;
    case SQL_CREATE_VIEW:
    case SQL_CREATE_METRIC_VIEW:
        s->view = sql_view_rule(p);
        s->query = p->ddl_query;
        break;
    case SQL_CREATE_FUNCTION:
        s->function = sql_function_rule(p);
        s->query = p->ddl_query;
        break;
    case SQL_CREATE_SCHEMA:
        schema_rule(p, s);
        break;
    case SQL_INSERT:
    case SQL_MERGE:
    case SQL_UPDATE:
    case SQL_DELETE:
        dml_statement(p, s);
        break;
    case SQL_TRUNCATE:
        truncate_rule(p, s);
        break;
    case SQL_ALTER:
        alter_rule(p, s);
        break;
    case SQL_COMMENT_ON:
        comment_rule(p, s);
        break;
    case SQL_DROP_TABLE:
    case SQL_DROP_VIEW:
    case SQL_DROP_FUNCTION:
    case SQL_DROP_SCHEMA:
        drop_rule(p, s);
        break;
    case SQL_OPTIMIZE:
    case SQL_VACUUM:
    case SQL_ANALYZE:
        upkeep_rule(p, s);
        break;
    case SQL_DESCRIBE:
        describe_rule(p, s);
        break;
    default: /* SHOW, SET, USE, EXPLAIN, GRANT, ..: for the caller to understand */
        if (sql_tok(p)->kind == SQL_TOKEN_END)
            sql_unexpected(p, "a statement");
        break;
    }
    return s;
}
