/* Calls of functions, lambdas and windows. */
#include "sql/private.h"

static bool lambda_ahead(const struct parser *p)
{
    if (sql_at_identifier(p) && sql_is(p, sql_tok_at(p, 1), "->"))
        return true;
    if (!sql_at(p, "("))
        return false;
    size_t k = 1;
    for (;; k += 2) {
        enum sql_token_kind t = sql_tok_at(p, k)->kind;
        if (t != SQL_TOKEN_WORD && t != SQL_TOKEN_NAME)
            return false;
        if (!sql_is(p, sql_tok_at(p, k + 1), ","))
            break;
    }
    return sql_is(p, sql_tok_at(p, k + 1), ")") && sql_is(p, sql_tok_at(p, k + 2), "->");
}

static struct expr *lambda_rule(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_LAMBDA, p->i);
    if (sql_at(p, "("))
        e->names = sql_name_list(p, "a parameter");
    else
        *LIST_ADD(p->a, &e->names) = sql_identifier(p, "a parameter");
    sql_expect(p, "->");
    sql_add_arg(p, e, sql_expr_rule(p));
    return sql_expr_done(p, e);
}

static struct expr *argument_rule(struct parser *p)
{
    if (lambda_ahead(p))
        return lambda_rule(p);
    if (sql_at_identifier(p) && sql_is(p, sql_tok_at(p, 1), "=>")) {
        struct expr *e = sql_expr_node(p, EX_NAMED_ARG, p->i);
        e->text = sql_identifier(p, "a parameter");
        sql_expect(p, "=>");
        sql_add_arg(p, e, sql_expr_rule(p));
        return sql_expr_done(p, e);
    }
    if (sql_query_ahead(p) && !sql_at(p, "(") && !sql_is(p, sql_tok_at(p, 1), "(")) {
        struct expr *e = sql_expr_node(p, EX_SUBQUERY, p->i); /* f(SELECT ..) */
        e->query = sql_query_rule(p);
        return sql_expr_done(p, e);
    }
    return sql_expr_rule(p);
}

static struct expr *word_literal(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_STRING, p->i);
    const struct sql_token *t = sql_tok(p);
    char *s = arena_strndup(p->a, p->text + t->offset, t->len);
    e->text = s;
    p->i++;
    return sql_expr_done(p, e);
}

static bool function_is(const struct expr *e, const char *name) { return e->name->count == 1 && str_ieq(e->name->parts[0], name); }

/* Forms with words between the arguments; each becomes a plain list of arguments. */
static bool worded_arguments(struct parser *p, struct expr *e)
{
    if (function_is(e, "extract")) {
        sql_add_arg(p, e, word_literal(p));
        sql_expect(p, "FROM");
        sql_add_arg(p, e, sql_value_rule(p));
        return true;
    }
    static const char *const with_unit[] = {"timestampdiff", "timestampadd", "datediff", "date_diff", "dateadd", "date_add"};
    for (size_t i = 0; i < ARRAY_LEN(with_unit); i++)
        if (function_is(e, with_unit[i]) && sql_tok(p)->kind == SQL_TOKEN_WORD && sql_is(p, sql_tok_at(p, 1), ",")) {
            size_t commas = 0, depth = 0;
            for (size_t k = 1; sql_tok_at(p, k)->kind != SQL_TOKEN_END && commas < 3; k++) {
                const struct sql_token *t = sql_tok_at(p, k);
                if (sql_is(p, t, "(") || sql_is(p, t, "["))
                    depth++;
                else if ((sql_is(p, t, ")") || sql_is(p, t, "]")) && depth-- == 0)
                    break;
                else if (sql_is(p, t, ",") && !depth)
                    commas++;
            }
            if (commas < 2)
                return false;
            sql_add_arg(p, e, word_literal(p));
            sql_expect(p, ",");
            return false; /* the rest is a plain list */
        }
    if (function_is(e, "trim") && (sql_at(p, "BOTH") || sql_at(p, "LEADING") || sql_at(p, "TRAILING"))) {
        const char *side = sql_at(p, "BOTH") ? "btrim" : sql_at(p, "LEADING") ? "ltrim" : "rtrim";
        p->i++;
        e->name->parts[0] = side;
        struct expr *chars = sql_at(p, "FROM") ? NULL : sql_expr_rule(p);
        sql_expect(p, "FROM");
        struct expr *text = sql_expr_rule(p);
        bool chars_first = chars && !str_eq(side, "btrim"); /* as in ltrim(characters, text) */
        sql_add_arg(p, e, chars_first ? chars : text);
        if (chars)
            sql_add_arg(p, e, chars_first ? text : chars);
        return true;
    }
    return false;
}

/* After the first argument: substring(a FROM b FOR c), position(a IN b), trim(a FROM b), overlay(a PLACING b FROM c FOR d). */
static bool word_between(struct parser *p, struct expr *e)
{
    if (function_is(e, "trim") && sql_accept(p, "FROM")) {
        struct expr *chars = e->args.items[0];
        e->name->parts[0] = "btrim";
        e->args.count = 0;
        sql_add_arg(p, e, sql_expr_rule(p));
        sql_add_arg(p, e, chars);
        return false;
    }
    bool from = (function_is(e, "substring") || function_is(e, "substr")) && (sql_accept(p, "FROM") || sql_accept(p, "FOR"));
    bool overlay = function_is(e, "overlay") && (sql_accept(p, "PLACING") || sql_accept(p, "FROM") || sql_accept(p, "FOR"));
    return from || overlay;
}

static void call_arguments(struct parser *p, struct expr *e)
{
    if (sql_accept(p, ")"))
        return;
    e->distinct = sql_accept(p, "DISTINCT");
    if (!e->distinct)
        sql_accept(p, "ALL");
    if (worded_arguments(p, e)) {
        sql_expect(p, ")");
        return;
    }
    if (function_is(e, "position")) {
        sql_add_arg(p, e, sql_value_rule(p));
        if (sql_accept(p, "IN")) {
            sql_add_arg(p, e, sql_value_rule(p));
            sql_expect(p, ")");
            return;
        }
        sql_expect(p, ",");
    }
    bool is_struct = function_is(e, "struct");
    do {
        sql_add_arg(p, e, argument_rule(p));
        if (is_struct)
            *LIST_ADD(p->a, &e->names) = sql_accept(p, "AS") ? sql_identifier(p, "a field name") : NULL;
        while (word_between(p, e))
            sql_add_arg(p, e, sql_expr_rule(p));
    } while (sql_accept(p, ","));
    bool nulls = sql_accept2(p, "IGNORE", "NULLS");
    if (nulls)
        e->ignore_nulls = true;
    else
        sql_accept2(p, "RESPECT", "NULLS");
    if (sql_at(p, "ORDER"))
        sql_order_rule(p, &e->within);
    sql_expect(p, ")");
}

static void call_suffixes(struct parser *p, struct expr *e)
{
    if (sql_accept2(p, "WITHIN", "GROUP")) {
        sql_expect(p, "(");
        sql_order_rule(p, &e->within);
        sql_expect(p, ")");
    }
    if (sql_at2(p, "FILTER", "(")) {
        p->i += 2;
        sql_expect(p, "WHERE");
        e->filter = sql_expr_rule(p);
        sql_expect(p, ")");
    }
    if (sql_accept2(p, "IGNORE", "NULLS"))
        e->ignore_nulls = true;
    else
        sql_accept2(p, "RESPECT", "NULLS");
    if (sql_accept(p, "OVER"))
        e->over = sql_window_rule(p);
}

struct expr *sql_call_rule(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_CALL, p->i);
    e->name = sql_qualified(p, "a function name");
    sql_expect(p, "(");
    call_arguments(p, e);
    call_suffixes(p, e);
    return sql_expr_done(p, e);
}

/* ---- windows ------------------------------------------------------------------------------------------- */

static const char *bound_rule(struct parser *p, struct expr **ret_value)
{
    if (sql_accept2(p, "UNBOUNDED", "PRECEDING"))
        return "UNBOUNDED PRECEDING";
    if (sql_accept2(p, "UNBOUNDED", "FOLLOWING"))
        return "UNBOUNDED FOLLOWING";
    if (sql_accept2(p, "CURRENT", "ROW"))
        return "CURRENT ROW";
    *ret_value = sql_value_rule(p);
    if (sql_accept(p, "PRECEDING"))
        return "PRECEDING";
    sql_expect(p, "FOLLOWING");
    return "FOLLOWING";
}

static void frame_rule(struct parser *p, struct window_spec *w)
{
    if (!sql_at(p, "ROWS") && !sql_at(p, "RANGE"))
        return;
    w->frame = sql_at(p, "ROWS") ? "ROWS" : "RANGE";
    p->i++;
    if (sql_accept(p, "BETWEEN")) {
        w->from_bound = bound_rule(p, &w->frame_from);
        sql_expect(p, "AND");
        w->to_bound = bound_rule(p, &w->frame_to);
    } else {
        w->from_bound = bound_rule(p, &w->frame_from);
    }
}

struct window_spec *sql_window_rule(struct parser *p)
{
    struct window_spec *w = arena_alloc(p->a, sizeof(*w));
    if (!sql_accept(p, "(")) {
        w->name = sql_identifier(p, "a window name or (");
        w->is_reference = true;
        return w;
    }
    bool clause = sql_at2(p, "PARTITION", "BY") || sql_at2(p, "DISTRIBUTE", "BY") || sql_at2(p, "ORDER", "BY") || sql_at2(p, "SORT", "BY");
    if (!clause && sql_at_identifier(p) && !sql_at(p, "ROWS") && !sql_at(p, "RANGE"))
        w->name = sql_identifier(p, "a window name");
    if (sql_accept2(p, "PARTITION", "BY") || sql_accept2(p, "DISTRIBUTE", "BY"))
        do {
            *LIST_ADD(p->a, &w->partition) = sql_expr_rule(p);
        } while (sql_accept(p, ","));
    if (sql_at2(p, "ORDER", "BY") || sql_at2(p, "SORT", "BY"))
        sql_order_rule(p, &w->order);
    frame_rule(p, w);
    sql_expect(p, ")");
    return w;
}

/* The cursor is on ORDER or SORT. */
void sql_order_rule(struct parser *p, order_list *ret)
{
    if (!sql_accept(p, "ORDER"))
        sql_expect(p, "SORT");
    sql_expect(p, "BY");
    do {
        struct order_item o = {.expr = sql_expr_rule(p)};
        o.desc = sql_accept(p, "DESC");
        if (!o.desc)
            sql_accept(p, "ASC");
        if (sql_accept(p, "NULLS")) {
            o.nulls_first = sql_accept(p, "FIRST");
            o.nulls_last = !o.nulls_first;
            if (o.nulls_last)
                sql_expect(p, "LAST");
        }
        *LIST_ADD(p->a, ret) = o;
    } while (sql_accept(p, ","));
}
