/* Entries of the rewriting: parse, bind, emit. */
#include "sql/bind.h"

void sql_finish_statement(struct rewrite *r)
{
    if (r->m.out.overflow)
        sql_fail(r->p, r->p->tokens[0].pos, ERROR_LIMIT, "put inner expressions into a WITH",
                 "statement grows too large when it is rewritten");
    if (!r->p->failed)
        *LIST_ADD(r->m.a, &r->statements) = arena_strdup(r->m.a, r->m.out.data ? r->m.out.data : "");
    buf_clear(&r->m.out);
}

bool sql_target(struct rewrite *r, const struct sql_name *name, bool with_columns, const char **ret_text, struct columns *ret)
{
    const char *schema, *table;
    struct columns c = {0};
    struct sql_env names_only = *r->env;
    if (!with_columns) {
        names_only.columns = NULL;
        r->b.env = &names_only;
    }
    bool good = sql_table_of(&r->b, name, &schema, &table, &c);
    r->b.env = r->env;
    if (!good)
        return false;
    char *t = sql_quote(r->m.a, table);
    *ret_text = schema ? arena_printf(r->m.a, "%s.%s", sql_quote(r->m.a, schema), t) : t;
    if (ret)
        *ret = c;
    return true;
}

static void rewrite_select(struct rewrite *r, struct statement *s)
{
    struct columns c = sql_bind_query(&r->b, s->query, NULL);
    if (r->p->failed)
        return;
    sql_lineage_outputs(&r->b, &c, NULL, NULL);
    sql_emit_query(&r->m, s->query);
    sql_finish_statement(r);
    r->out->columns = c.items;
    r->out->column_count = c.open ? 0 : c.count;
}

/* DESCRIBE t as a query over what is known of its columns. */
static void rewrite_describe(struct rewrite *r, struct statement *s)
{
    const char *text;
    struct columns c = {0};
    if (!sql_target(r, s->name, true, &text, &c))
        return;
    if (c.open) {
        sql_fail(r->p, s->name->pos, ERROR_USAGE, NULL, "the columns of %s are not known", sql_name_text(r->m.a, s->name));
        return;
    }
    buf_puts(&r->m.out, "SELECT * FROM (VALUES ");
    for (size_t i = 0; i < c.count; i++) {
        char *type = sql_type_text(r->m.a, c.items[i].type);
        str_lower(type);
        buf_printf(&r->m.out, "%s(%s, %s)", i ? ", " : "", sql_quote_string(r->m.a, c.items[i].name), sql_quote_string(r->m.a, type));
    }
    buf_puts(&r->m.out, ") AS \"_d\"(\"col_name\", \"data_type\")");
    sql_finish_statement(r);
    static const struct sql_type text_type = {.kind = SQL_T_STRING};
    struct sql_column_type *cols = arena_alloc(r->m.a, 2 * sizeof(*cols));
    cols[0] = (struct sql_column_type){"col_name", &text_type};
    cols[1] = (struct sql_column_type){"data_type", &text_type};
    r->out->columns = cols;
    r->out->column_count = 2;
}

static void dispatch(struct rewrite *r, struct statement *s)
{
    switch (s->kind) {
    case SQL_SELECT:
        rewrite_select(r, s);
        break;
    case SQL_DESCRIBE:
        rewrite_describe(r, s);
        break;
    case SQL_INSERT:
    case SQL_MERGE:
    case SQL_UPDATE:
    case SQL_DELETE:
    case SQL_TRUNCATE:
        sql_rewrite_dml(r, s);
        break;
    case SQL_OPTIMIZE:
    case SQL_VACUUM:
    case SQL_ANALYZE:
        break; /* nothing to do on DuckDB */
    default:
        sql_rewrite_ddl(r, s);
    }
}

static void start(struct rewrite *r, struct parser *p, struct arena *a, const struct sql_env *env)
{
    *r = (struct rewrite){.p = p, .env = env};
    r->b = (struct binder){.p = p, .a = a, .env = env};
    r->m = (struct emitter){.a = a, .b = &r->b, .param_index = {.exact = true}};
    buf_init(&r->m.out, 4 * (size_t)LIMIT_SQL_BYTES);
    r->out = arena_alloc(a, sizeof(*r->out));
}

static void finish(struct rewrite *r, const struct statement *s)
{
    r->out->kind = s->kind;
    r->out->statements = r->statements.items;
    r->out->statement_count = r->statements.count;
    r->out->params = r->m.params.items;
    r->out->param_count = r->m.params.count;
    r->out->table = s->table;
    r->out->uses_clock = r->b.uses_clock;
}

/* A statement that reads metric views is parsed again with the queries that they stand for. */
static int parse(struct parser *p, struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                 struct sql_expanded *x, struct statement **ret, struct error *err)
{
    int rc = sql_parser_init(p, a, text, len, first_line, err);
    if (rc)
        return rc;
    *ret = sql_statement_rule(p);
    if (!p->failed)
        rc = sql_expand_parsed(p, *ret, len, env, x, err);
    if (rc || p->failed)
        return rc ? rc : p->rc;
    if (!x->splice_count)
        return 0;
    rc = sql_parser_init(p, a, x->text, x->len, first_line, err);
    if (!rc)
        *ret = sql_statement_rule(p);
    return rc || !p->failed ? rc : p->rc;
}

int sql_rewrite_tracked(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, struct tracker *t,
                        struct sql_rewritten **ret, struct error *err)
{
    struct parser p;
    struct rewrite r;
    struct statement *s;
    struct sql_expanded x = {0};
    int rc = parse(&p, a, text, len, first_line, env, &x, &s, err);
    if (!rc) {
        start(&r, &p, a, env);
        r.b.tracker = t;
        dispatch(&r, s);
        buf_free(&r.m.out);
        rc = p.failed ? p.rc : 0;
    }
    if (rc) {
        sql_expanded_error(&x, err);
        return rc;
    }
    finish(&r, s);
    *ret = r.out;
    return 0;
}

int sql_rewrite_duckdb(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                       struct sql_rewritten **ret, struct error *err)
{
    return sql_rewrite_tracked(a, text, len, first_line, env, NULL, ret, err);
}

int sql_rewrite_expression(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                           const struct sql_column_type *columns, size_t column_count, const char **ret_sql,
                           const struct sql_type **ret_type, struct error *err)
{
    struct parser p;
    struct rewrite r;
    int rc = sql_parser_init(&p, a, text, len, first_line, err);
    if (rc)
        return rc;
    struct expr *e = sql_expr_rule(&p);
    sql_expect_end(&p);
    if (p.failed)
        return p.rc;
    start(&r, &p, a, env);
    struct scope s = {0};
    if (columns)
        sql_add_source(&r.b, &s, NULL, (struct columns){.items = columns, .count = column_count});
    sql_bind_expr(&r.b, e, &s);
    if (!p.failed)
        sql_emit_expr(&r.m, e);
    if (r.m.out.overflow)
        sql_fail(&p, p.tokens[0].pos, ERROR_LIMIT, NULL, "expression grows too large when it is rewritten");
    if (!p.failed) {
        *ret_sql = arena_strdup(a, r.m.out.data ? r.m.out.data : "");
        if (ret_type)
            *ret_type = e->type;
    }
    buf_free(&r.m.out);
    return p.failed ? p.rc : 0;
}
