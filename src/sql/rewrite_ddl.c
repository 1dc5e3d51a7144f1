/* CREATE, ALTER, DROP and COMMENT as DuckDB SQL. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

static void put(struct rewrite *r, const char *s) { buf_puts(&r->m.out, s); }

static void comment_on(struct rewrite *r, const char *what, const char *name, const char *comment)
{
    buf_printf(&r->m.out, "COMMENT ON %s %s IS %s", what, name, comment ? sql_quote_string(r->m.a, comment) : "NULL");
    sql_finish_statement(r);
}

static void comment_columns(struct rewrite *r, const char *table, const struct sql_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].comment)
            comment_on(r, "COLUMN", arena_printf(r->m.a, "%s.%s", table, sql_quote(r->m.a, columns[i].name)), columns[i].comment);
}

/* The tree that the parser kept for a text of the DDL. */
static struct expr *tree_of(const struct parser *p, const char *text)
{
    for (size_t i = 0; i < p->ddl_exprs.count; i++)
        if (p->ddl_exprs.items[i].text == text)
            return p->ddl_exprs.items[i].expr;
    return NULL;
}

static void no_params(struct rewrite *r, const struct sql_pos pos, const char *what)
{
    if (r->m.params.count)
        sql_fail(r->p, pos, ERROR_USAGE, NULL, "parameter :%s in a %s", r->m.params.items[0], what);
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static void put_column(struct rewrite *r, const struct sql_column *c, const struct scope *none)
{
    if (c->generated_sql) {
        sql_fail(r->p, c->pos, ERROR_USAGE, "give the value in the statement that writes the row", "GENERATED column %s is not supported",
                 c->name);
        return;
    }
    buf_printf(&r->m.out, "%s %s%s", sql_quote(r->m.a, c->name), c->duckdb_type, c->not_null ? " NOT NULL" : "");
    if (!c->default_sql)
        return;
    struct expr *e = tree_of(r->p, c->default_sql);
    sql_bind_expr(&r->b, e, none);
    if (r->p->failed)
        return;
    e = sql_assign(&r->b, e, &(struct sql_column_type){c->name, c->type});
    put(r, " DEFAULT (");
    sql_emit_expr(&r->m, e);
    put(r, ")");
}

static void put_checks(struct rewrite *r, const struct sql_table *t)
{
    struct sql_column_type *columns = arena_alloc(r->m.a, (t->column_count + 1) * sizeof(*columns));
    struct scope s = {0};
    for (size_t i = 0; i < t->column_count; i++) {
        columns[i] = (struct sql_column_type){t->columns[i].name, t->columns[i].type};
        if (t->columns[i].type->kind == SQL_T_STRING && t->columns[i].type->precision) /* VARCHAR(n) */
            buf_printf(&r->m.out, ", CHECK (length(%s) <= %d)", sql_quote(r->m.a, t->columns[i].name), t->columns[i].type->precision);
    }
    sql_add_source(&r->b, &s, NULL, (struct columns){.items = columns, .count = t->column_count});
    for (size_t i = 0; i < t->check_count && !r->p->failed; i++) {
        struct expr *e = tree_of(r->p, t->checks[i].sql);
        sql_bind_expr(&r->b, e, &s);
        if (r->p->failed)
            return;
        e = sql_coerce(&r->b, e, T(BOOLEAN));
        buf_printf(&r->m.out, ", CONSTRAINT %s CHECK (", sql_quote(r->m.a, t->checks[i].name));
        sql_emit_expr(&r->m, e);
        put(r, ")");
    }
}

static void put_create(struct rewrite *r, bool replace, bool temporary, const char *what, bool exists, const char *name)
{
    buf_printf(&r->m.out, "CREATE %s%s%s %s%s", replace ? "OR REPLACE " : "", temporary ? "TEMPORARY " : "", what,
               exists ? "IF NOT EXISTS " : "", name);
}

static void create_table(struct rewrite *r, struct statement *s)
{
    const struct sql_table *t = s->table;
    const char *name;
    if (!sql_target(r, &t->name, false, &name, NULL))
        return;
    if (t->location || t->external)
        sql_fail(r->p, t->name.pos, ERROR_USAGE, "register the folder as a source", "LOCATION is not supported by this engine");
    put_create(r, t->or_replace, t->temporary, "TABLE", t->if_not_exists, name);
    if (s->query) {
        if (t->column_count)
            sql_fail(r->p, t->name.pos, ERROR_USAGE, "leave the columns out", "CREATE TABLE with columns and AS");
        struct columns c = sql_bind_query(&r->b, s->query, NULL);
        if (r->p->failed)
            return;
        put(r, " AS ");
        sql_emit_query(&r->m, s->query);
        sql_lineage_outputs(&r->b, &c, NULL, NULL);
        r->out->columns = c.items;
        r->out->column_count = c.open ? 0 : c.count;
    } else {
        struct scope none = {0};
        r->b.no_clock = true;
        for (size_t i = 0; i < t->column_count && !r->p->failed; i++) {
            put(r, i ? ", " : " (");
            put_column(r, &t->columns[i], &none);
        }
        put_checks(r, t);
        put(r, ")");
    }
    no_params(r, t->name.pos, "CREATE TABLE");
    sql_finish_statement(r);
    if (t->comment)
        comment_on(r, "TABLE", name, t->comment);
    if (!r->env->spare_column_comments)
        comment_columns(r, name, t->columns, t->column_count);
}

/* ---- views and functions ----------------------------------------------------------------------------------- */

static const char *column_name_at(const void *columns, size_t i) { return ((const struct sql_column *)columns)[i].name; }

static void create_view(struct rewrite *r, struct statement *s)
{
    const struct sql_view *v = s->view;
    const char *name;
    if (v->metrics) {
        sql_fail(r->p, v->query_pos, ERROR_USAGE, NULL, "a metric view is compiled by its own reader, not by the engine");
        return;
    }
    if (v->materialized)
        sql_fail(r->p, v->name.pos, ERROR_USAGE, "use CREATE VIEW or CREATE TABLE", "MATERIALIZED VIEW is not supported");
    if (!sql_target(r, &v->name, false, &name, NULL))
        return;
    r->b.clock_variable = true;
    struct columns c = sql_bind_query(&r->b, s->query, NULL);
    if (r->p->failed)
        return;
    if (v->column_count && !c.open && v->column_count != c.count)
        sql_fail(r->p, v->name.pos, ERROR_USAGE, NULL, "view names %zu columns, its query has %zu", v->column_count, c.count);
    put_create(r, v->or_replace, v->temporary, "VIEW", v->if_not_exists, name);
    for (size_t i = 0; i < v->column_count; i++)
        buf_printf(&r->m.out, "%s%s%s", i ? ", " : " (", sql_quote(r->m.a, v->columns[i].name), i + 1 == v->column_count ? ")" : "");
    sql_lineage_outputs(&r->b, &c, v->column_count ? column_name_at : NULL, v->column_count ? v->columns : NULL);
    put(r, " AS ");
    sql_emit_query(&r->m, s->query);
    no_params(r, v->name.pos, "view");
    sql_finish_statement(r);
    if (v->comment)
        comment_on(r, "VIEW", name, v->comment);
    comment_columns(r, name, v->columns, v->column_count);
    r->out->columns = c.items;
    r->out->column_count = c.open ? 0 : c.count;
}

/* Parameters get names of our own, so that a column of the same name goes first, as in Spark. */
static struct sql_env *function_env(struct rewrite *r, const struct sql_function *f)
{
    struct sql_env *env = arena_alloc(r->m.a, sizeof(*env));
    struct sql_param *params = arena_alloc(r->m.a, (f->parameter_count + 1) * sizeof(*params));
    *env = *r->env;
    for (size_t i = 0; i < f->parameter_count; i++) {
        const char *own = sql_quote(r->m.a, arena_printf(r->m.a, "_p_%s", f->parameters[i].name));
        params[i] = (struct sql_param){.name = f->parameters[i].name,
                                       .type = f->parameters[i].type,
                                       .bare = true,
                                       .owner = f->name.parts[f->name.count - 1],
                                       .engine_sql = own};
    }
    env->params = params;
    env->param_count = f->parameter_count;
    env->params_closed = true;
    return env;
}

static struct columns declared_columns(struct rewrite *r, const struct sql_function *f)
{
    struct sql_column_type *items = arena_alloc(r->m.a, (f->column_count + 1) * sizeof(*items));
    for (size_t i = 0; i < f->column_count; i++)
        items[i] = (struct sql_column_type){f->columns[i].name, f->columns[i].type};
    return (struct columns){.items = items, .count = f->column_count};
}

static void table_body(struct rewrite *r, struct statement *s)
{
    const struct sql_function *f = s->function;
    struct columns c = sql_bind_query(&r->b, s->query, NULL), to = declared_columns(r, f);
    if (r->p->failed)
        return;
    const bool declared = to.count && to.count == c.count;
    sql_lineage_outputs(&r->b, &c, declared ? column_name_at : NULL, declared ? f->columns : NULL);
    put(r, ") AS TABLE ");
    if (!to.count || c.open) {
        sql_emit_query(&r->m, s->query);
        return;
    }
    if (to.count != c.count) {
        sql_fail(r->p, f->body_pos, ERROR_USAGE, NULL, "function returns %zu columns, its query has %zu", to.count, c.count);
        return;
    }
    for (size_t i = 0; i < c.count; i++)
        if (!sql_assignable(c.items[i].type, to.items[i].type))
            sql_fail(r->p, f->body_pos, ERROR_USAGE, "write a CAST", "column %s is %s, declared is %s", to.items[i].name,
                     sql_type_text(r->m.a, c.items[i].type), sql_type_text(r->m.a, to.items[i].type));
    bool same = true;
    for (size_t i = 0; i < c.count; i++)
        same = same && str_ieq(c.items[i].name, to.items[i].name) && sql_type_equal(c.items[i].type, to.items[i].type);
    if (same)
        sql_emit_query(&r->m, s->query);
    else
        sql_emit_columns(&r->m, &c, &to, s->query);
    r->out->columns = to.items;
    r->out->column_count = to.count;
}

static void scalar_body(struct rewrite *r, struct statement *s)
{
    const struct sql_function *f = s->function;
    struct scope none = {0};
    struct expr *e;
    if (s->query) {
        e = arena_alloc(r->m.a, sizeof(*e));
        e->kind = EX_SUBQUERY;
        e->pos = f->body_pos;
        e->query = s->query;
    } else {
        e = r->p->ddl_exprs.items[r->p->ddl_exprs.count - 1].expr;
    }
    struct lineage *l = sql_lineage_new(&r->b), *outer = sql_lineage_into(&r->b, l);
    sql_bind_expr(&r->b, e, &none);
    sql_lineage_into(&r->b, outer);
    sql_lineage_output(&r->b, f->name.parts[f->name.count - 1], l);
    if (r->p->failed)
        return;
    if (f->returns)
        e = sql_assign(&r->b, e, &(struct sql_column_type){f->name.parts[f->name.count - 1], f->returns});
    put(r, ") AS (");
    sql_emit_expr(&r->m, e);
    put(r, ")");
}

/* A function that the owner of the engine knows has a place of its own, others lie where a table of that name would. */
static const char *function_target(struct rewrite *r, const struct sql_function *f)
{
    const struct sql_user_function *known = NULL;
    const char *name = NULL;
    struct error ignored;
    if (r->env->function && !r->env->function(r->env->context, &f->name, r->m.a, &known, &ignored) && known)
        return known->engine_sql;
    return sql_target(r, &f->name, false, &name, NULL) ? name : NULL;
}

static void create_function(struct rewrite *r, struct statement *s)
{
    const struct sql_function *f = s->function;
    const char *name = function_target(r, f);
    if (!name)
        return;
    struct sql_env *env = function_env(r, f);
    r->b.env = env;
    r->b.clock_variable = true;
    put_create(r, f->or_replace, f->temporary, "MACRO", f->if_not_exists, name);
    for (size_t i = 0; i < f->parameter_count; i++)
        buf_printf(&r->m.out, "%s%s", i ? ", " : "(", env->params[i].engine_sql);
    put(r, f->parameter_count ? "" : "(");
    if (f->table_valued)
        table_body(r, s);
    else
        scalar_body(r, s);
    sql_finish_statement(r);
}

/* ---- ALTER, COMMENT, DROP ------------------------------------------------------------------------------------- */

static void alter_one(struct rewrite *r, const struct alter *x, const char *name, const char *what)
{
    const char *column = x->column ? sql_quote(r->m.a, x->column) : "";
    struct scope none = {0};
    const char *schema_free;
    if (x->action == ALTER_CATALOGUE_ONLY)
        return;
    if (x->action == ALTER_COMMENT) {
        comment_on(r, "COLUMN", arena_printf(r->m.a, "%s.%s", name, column), x->text);
        return;
    }
    buf_printf(&r->m.out, "ALTER %s %s ", what, name);
    switch (x->action) {
    case ALTER_ADD:
        buf_printf(&r->m.out, "ADD COLUMN %s %s", column, sql_type_duckdb(r->m.a, x->type));
        break;
    case ALTER_DROP:
        buf_printf(&r->m.out, "DROP COLUMN %s%s", x->if_exists ? "IF EXISTS " : "", column);
        break;
    case ALTER_RENAME_COLUMN:
        buf_printf(&r->m.out, "RENAME COLUMN %s TO %s", column, sql_quote(r->m.a, x->text));
        break;
    case ALTER_RENAME:
        schema_free = sql_variable(&r->b, x->to->parts[x->to->count - 1], x->to->pos);
        buf_printf(&r->m.out, "RENAME TO %s", sql_quote(r->m.a, schema_free));
        break;
    case ALTER_SET_NOT_NULL:
    case ALTER_DROP_NOT_NULL:
        buf_printf(&r->m.out, "ALTER COLUMN %s %s NOT NULL", column, x->action == ALTER_SET_NOT_NULL ? "SET" : "DROP");
        break;
    case ALTER_SET_DEFAULT:
        r->b.no_clock = true;
        sql_bind_expr(&r->b, x->value, &none);
        buf_printf(&r->m.out, "ALTER COLUMN %s SET DEFAULT (", column);
        if (!r->p->failed)
            sql_emit_expr(&r->m, x->value);
        put(r, ")");
        break;
    case ALTER_DROP_DEFAULT:
        buf_printf(&r->m.out, "ALTER COLUMN %s DROP DEFAULT", column);
        break;
    default:
        buf_printf(&r->m.out, "ALTER COLUMN %s SET DATA TYPE %s", column, sql_type_duckdb(r->m.a, x->type));
    }
    sql_finish_statement(r);
    if (x->action == ALTER_ADD && x->text)
        comment_on(r, "COLUMN", arena_printf(r->m.a, "%s.%s", name, column), x->text);
}

static void rewrite_alter(struct rewrite *r, struct statement *s)
{
    const char *name;
    if (!sql_target(r, s->name, false, &name, NULL))
        return;
    for (size_t i = 0; i < s->alters.count && !r->p->failed; i++) {
        if (s->alters.items[i].action == ALTER_ADD && s->alters.items[i].value)
            sql_fail(r->p, s->pos, ERROR_USAGE, "add the column, then ALTER COLUMN .. SET DEFAULT",
                     "ADD COLUMN with DEFAULT is not supported");
        else
            alter_one(r, &s->alters.items[i], name, s->on_view ? "VIEW" : "TABLE");
    }
}

static void rewrite_comment(struct rewrite *r, struct statement *s)
{
    const char *name;
    if (s->on_schema)
        return; /* DuckDB keeps no comment of a schema */
    if (!sql_target(r, s->name, false, &name, NULL))
        return;
    if (s->on_column)
        comment_on(r, "COLUMN", arena_printf(r->m.a, "%s.%s", name, sql_quote(r->m.a, s->column)), s->comment);
    else
        comment_on(r, s->on_view ? "VIEW" : "TABLE", name, s->comment);
}

static void rewrite_drop(struct rewrite *r, struct statement *s)
{
    const char *name;
    bool function = s->kind == SQL_DROP_FUNCTION;
    if (!sql_target(r, s->name, false, &name, NULL))
        return;
    buf_printf(&r->m.out, "DROP %s %s%s",
               function                   ? "MACRO"
               : s->kind == SQL_DROP_VIEW ? "VIEW"
                                          : "TABLE",
               s->if_exists ? "IF EXISTS " : "", name);
    sql_finish_statement(r);
}

static void rewrite_schema(struct rewrite *r, struct statement *s)
{
    const char *name = sql_quote(r->m.a, sql_variable(&r->b, s->name->parts[s->name->count - 1], s->name->pos));
    if (s->kind == SQL_CREATE_SCHEMA)
        buf_printf(&r->m.out, "CREATE SCHEMA %s%s", s->if_exists ? "IF NOT EXISTS " : "", name);
    else
        buf_printf(&r->m.out, "DROP SCHEMA %s%s%s", s->if_exists ? "IF EXISTS " : "", name, s->cascade ? " CASCADE" : "");
    sql_finish_statement(r);
}

void sql_rewrite_ddl(struct rewrite *r, struct statement *s)
{
    switch (s->kind) {
    case SQL_CREATE_TABLE:
    case SQL_CREATE_TABLE_AS:
        create_table(r, s);
        break;
    case SQL_CREATE_VIEW:
    case SQL_CREATE_METRIC_VIEW:
        create_view(r, s);
        break;
    case SQL_CREATE_FUNCTION:
        create_function(r, s);
        break;
    case SQL_ALTER:
        rewrite_alter(r, s);
        break;
    case SQL_COMMENT_ON:
        rewrite_comment(r, s);
        break;
    case SQL_DROP_TABLE:
    case SQL_DROP_VIEW:
    case SQL_DROP_FUNCTION:
        rewrite_drop(r, s);
        break;
    case SQL_CREATE_SCHEMA:
    case SQL_DROP_SCHEMA:
        rewrite_schema(r, s);
        break;
    default:
        sql_fail(r->p, s->pos, ERROR_USAGE, NULL, "%s is not supported here",
                 s->kind == SQL_OTHER ? "this statement" : sql_kind_name(s->kind));
    }
}
