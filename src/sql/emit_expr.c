/* Expressions of a bound tree as DuckDB SQL. */
#include "sql/bind.h"

static void put(struct emitter *m, const char *s) { buf_puts(&m->out, s); }

void sql_emit_name(struct emitter *m, const char *name) { put(m, sql_quote(m->a, name)); }

static void put_list(struct emitter *m, const struct expr *e, size_t from, const char *between)
{
    for (size_t i = from; i < e->args.count; i++) {
        if (i > from)
            put(m, between);
        sql_emit_expr(m, e->args.items[i]);
    }
}

/* ---- calls ------------------------------------------------------------------------------------------------- */

static void put_suffix(struct emitter *m, const struct expr *e, bool not_null)
{
    if (not_null || e->filter) {
        put(m, " FILTER (WHERE ");
        if (not_null) {
            sql_emit_expr(m, e->args.items[0]);
            put(m, " IS NOT NULL");
        }
        if (not_null && e->filter)
            put(m, " AND ");
        if (e->filter)
            sql_emit_expr(m, e->filter);
        put(m, ")");
    }
    if (e->over) {
        put(m, " OVER ");
        sql_emit_window(m, e->over);
    }
}

static const char *put_marker(struct emitter *m, const struct expr *e, const char *t)
{
    if (t[0] == '@') {
        put(m, e->distinct ? "DISTINCT " : "");
        return t + 1;
    }
    if (t[0] == '^') {
        if (e->within.count) {
            put(m, " ORDER BY ");
            sql_emit_order(m, &e->within);
        }
        return t + 1;
    }
    if (t[0] == '~') {
        put_suffix(m, e, t[1] == 'n');
        return t + (t[1] == 'n' ? 2 : 1);
    }
    if (t[1] == '*') {
        put_list(m, e, 0, ", ");
        return t + 2;
    }
    if (t[1] == 'R') {
        put(m, sql_type_duckdb(m->a, e->type));
        return t + 2;
    }
    if (t[1] >= '1' && t[1] <= '9') {
        size_t i = (size_t)(t[1] - '1');
        if (t[2] == '*') {
            put_list(m, e, i, ", ");
            return t + 3;
        }
        if (i < e->args.count)
            sql_emit_expr(m, e->args.items[i]);
        return t + 2;
    }
    buf_putc(&m->out, t[0]);
    return t + 1;
}

static void put_template(struct emitter *m, const struct expr *e)
{
    const char *t = e->text ? e->text : "NULL";
    while (*t) {
        size_t n = strcspn(t, "$@~^");
        buf_add(&m->out, t, n);
        t += n;
        if (*t)
            t = put_marker(m, e, t);
    }
}

/* ---- predicates ---------------------------------------------------------------------------------------------- */

static void put_like_one(struct emitter *m, const struct expr *e, size_t i)
{
    const char *pattern;
    const struct expr *x = e->args.items[i];
    if (str_eq(e->text, "RLIKE")) {
        put(m, "regexp_matches(");
        sql_emit_expr(m, e->args.items[0]);
        put(m, ", ");
        sql_emit_expr(m, x);
        put(m, ")");
        return;
    }
    bool bare = !e->escape && sql_literal_text(x, &pattern) && !strchr(pattern, '\\');
    put(m, "(");
    sql_emit_expr(m, e->args.items[0]);
    buf_printf(&m->out, " %s ", e->text);
    sql_emit_expr(m, x);
    if (!bare)
        buf_printf(&m->out, " ESCAPE %s", sql_quote_string(m->a, e->escape ? e->escape : "\\"));
    put(m, ")");
}

static void put_like(struct emitter *m, const struct expr *e)
{
    put(m, "(");
    for (size_t i = 1; i < e->args.count; i++) {
        if (i > 1)
            put(m, str_eq(e->quantifier, "ALL") ? " AND " : " OR ");
        if (e->negated) /* NOT LIKE ALL: like none; NOT LIKE ANY: unlike one at least */
            put(m, "NOT ");
        put_like_one(m, e, i);
    }
    put(m, ")");
}

static void put_in(struct emitter *m, const struct expr *e)
{
    put(m, "(");
    sql_emit_expr(m, e->args.items[0]);
    put(m, e->negated ? " NOT IN (" : " IN (");
    if (e->query)
        sql_emit_query(m, e->query);
    else
        put_list(m, e, 1, ", ");
    put(m, "))");
}

static void put_is(struct emitter *m, const struct expr *e)
{
    put(m, "(");
    sql_emit_expr(m, e->args.items[0]);
    if (str_eq(e->text, "DISTINCT")) {
        put(m, e->negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
        sql_emit_expr(m, e->args.items[1]);
    } else {
        buf_printf(&m->out, " IS %s%s", e->negated ? "NOT " : "", str_eq(e->text, "UNKNOWN") ? "NULL" : e->text);
    }
    put(m, ")");
}

static void put_case(struct emitter *m, const struct expr *e)
{
    size_t i = 0, end = e->args.count - (e->has_else ? 1 : 0);
    put(m, "CASE");
    if (e->has_operand) {
        put(m, " ");
        sql_emit_expr(m, e->args.items[i++]);
    }
    for (; i + 1 < end; i += 2) {
        put(m, " WHEN ");
        sql_emit_expr(m, e->args.items[i]);
        put(m, " THEN ");
        sql_emit_expr(m, e->args.items[i + 1]);
    }
    if (e->has_else) {
        put(m, " ELSE ");
        sql_emit_expr(m, e->args.items[end]);
    }
    put(m, " END");
}

static void put_op(struct emitter *m, const struct expr *e)
{
    const char *op = e->text;
    if (str_eq(op, "<=>"))
        op = "IS NOT DISTINCT FROM";
    else if (str_eq(op, "=="))
        op = "=";
    else if (str_eq(op, "!="))
        op = "<>";
    bool null = false; /* DuckDB gives 'a' || NULL the type of a bare NULL when it sees it */
    for (size_t i = 0; i < e->args.count && e->type->kind == SQL_T_STRING; i++)
        null = null || e->args.items[i]->kind == EX_NULL || e->args.items[i]->kind == EX_PARAM;
    put(m, null ? "CAST((" : "(");
    put_list(m, e, 0, arena_printf(m->a, " %s ", op));
    put(m, null ? ") AS VARCHAR)" : ")");
}

/* ---- values --------------------------------------------------------------------------------------------------- */

static void put_column(struct emitter *m, const struct expr *e)
{
    if (e->engine) {
        put(m, e->engine);
        return;
    }
    for (size_t i = 0; i < e->name->count; i++) {
        put(m, i ? "." : "");
        sql_emit_name(m, e->name->parts[i]);
    }
}

static void put_param(struct emitter *m, const struct expr *e)
{
    if (!e->engine) {
        if (sql_name_find(m->a, &m->param_index, m->params.items, m->params.count, sizeof(char *), e->text) == NAME_NONE)
            *LIST_ADD(m->a, &m->params) = e->text;
    }
    const char *name = e->engine ? e->engine : arena_printf(m->a, "$%s", e->text);
    if (e->type->kind == SQL_T_UNKNOWN || e->type->kind == SQL_T_VOID)
        put(m, name);
    else
        buf_printf(&m->out, "CAST(%s AS %s)", name, sql_type_duckdb(m->a, e->type));
}

static void put_index(struct emitter *m, const struct expr *e)
{
    const char *key;
    enum sql_type_kind k = e->args.items[0]->type->kind;
    bool map = k == SQL_T_MAP || (k == SQL_T_UNKNOWN && sql_literal_text(e->args.items[1], &key));
    put(m, map ? "map_extract_value(" : "dbx_array_item(");
    put_list(m, e, 0, ", ");
    put(m, ")");
}

static void put_field(struct emitter *m, const struct expr *e)
{
    const struct expr *x = e->args.items[0];
    if (x->type->kind == SQL_T_MAP) {
        put(m, "map_extract_value(");
        sql_emit_expr(m, x);
        buf_printf(&m->out, ", %s)", sql_quote_string(m->a, e->text));
    } else if (x->type->kind == SQL_T_ARRAY) {
        put(m, "list_transform(");
        sql_emit_expr(m, x);
        buf_printf(&m->out, ", lambda _f: _f.%s)", sql_quote(m->a, e->text));
    } else {
        put(m, "(");
        sql_emit_expr(m, x);
        buf_printf(&m->out, ").%s", sql_quote(m->a, e->text));
    }
}

static void put_star(struct emitter *m, const struct expr *e)
{
    if (e->name) {
        sql_emit_name(m, e->name->parts[e->name->count - 1]);
        put(m, ".");
    }
    put(m, "*");
    for (size_t i = 0; i < e->names.count; i++) {
        put(m, i ? ", " : " EXCLUDE (");
        sql_emit_name(m, e->names.items[i]);
    }
    put(m, e->names.count ? ")" : "");
}

static void put_literal(struct emitter *m, const struct expr *e)
{
    if (e->kind == EX_NULL && e->type->kind != SQL_T_VOID && e->type->kind != SQL_T_UNKNOWN)
        buf_printf(&m->out, "CAST(NULL AS %s)", sql_type_duckdb(m->a, e->type));
    else if (e->kind == EX_NULL)
        put(m, "NULL");
    else if (e->kind == EX_BINARY_LITERAL) /* X'1F' */
        buf_printf(&m->out, "unhex('%.*s')", (int)strlen(e->text) - 3, e->text + 2);
    else if (e->kind == EX_STRING)
        put(m, sql_quote_string(m->a, e->text));
    else
        put(m, e->engine ? e->engine : e->text);
}

static void put_between(struct emitter *m, const struct expr *e)
{
    put(m, "(");
    sql_emit_expr(m, e->args.items[0]);
    put(m, e->negated ? " NOT BETWEEN " : " BETWEEN ");
    sql_emit_expr(m, e->args.items[1]);
    put(m, " AND ");
    sql_emit_expr(m, e->args.items[2]);
    put(m, ")");
}

static void put_nested(struct emitter *m, const struct expr *e)
{
    switch (e->kind) {
    case EX_CASE:
        put_case(m, e);
        break;
    case EX_IN:
        put_in(m, e);
        break;
    case EX_BETWEEN:
        put_between(m, e);
        break;
    case EX_LIKE:
        put_like(m, e);
        break;
    case EX_IS:
        put_is(m, e);
        break;
    case EX_EXISTS:
    case EX_SUBQUERY:
        put(m, e->kind == EX_EXISTS ? "EXISTS (" : "(");
        sql_emit_query(m, e->query);
        put(m, ")");
        break;
    case EX_TUPLE:
        put(m, "(");
        put_list(m, e, 0, ", ");
        put(m, ")");
        break;
    case EX_NAMED_ARG:
        buf_printf(&m->out, "%s := ", sql_quote(m->a, e->text));
        sql_emit_expr(m, e->args.items[0]);
        break;
    default:
        put(m, "NULL");
    }
}

void sql_emit_expr(struct emitter *m, const struct expr *e)
{
    if (m->out.overflow) /* the size is bounded, so the time is */
        return;
    switch (e->kind) {
    case EX_NULL:
    case EX_BOOL:
    case EX_NUMBER:
    case EX_STRING:
    case EX_BINARY_LITERAL:
    case EX_TYPED:
    case EX_INTERVAL:
        put_literal(m, e);
        break;
    case EX_RAW:
        put(m, e->text);
        break;
    case EX_COLUMN:
        put_column(m, e);
        break;
    case EX_STAR:
        put_star(m, e);
        break;
    case EX_PARAM:
        put_param(m, e);
        break;
    case EX_UNARY:
        buf_printf(&m->out, "(%s ", e->text);
        sql_emit_expr(m, e->args.items[0]);
        put(m, ")");
        break;
    case EX_OP:
        put_op(m, e);
        break;
    case EX_CALL:
        put_template(m, e);
        break;
    case EX_CAST:
        sql_emit_cast(m, e->args.items[0], e->args.items[0]->type, e->target, e->try_cast);
        break;
    case EX_INDEX:
        put_index(m, e);
        break;
    case EX_FIELD:
        put_field(m, e);
        break;
    default:
        put_nested(m, e);
    }
}
