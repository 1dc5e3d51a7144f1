/* Expressions, by the precedences of Spark's grammar. */
#include "sql/private.h"

/* Words that end an expression or begin a clause: neither names of columns nor aliases without AS. */
static const char *const hard_words[] = {
    "SELECT", "FROM",  "WHERE", "GROUP",  "HAVING", "QUALIFY", "ORDER",   "LIMIT",   "UNION", "EXCEPT", "INTERSECT", "MINUS",
    "THEN",   "ELSE",  "WHEN",  "AND",    "OR",     "ON",      "USING",   "AS",      "JOIN",  "BY",     "BETWEEN",   "IN",
    "LIKE",   "ILIKE", "RLIKE", "REGEXP", "CROSS",  "INNER",   "NATURAL", "LATERAL", "IS",    "DIV",    "INTO",
};
/* Not aliases without AS, but fine as names of columns. */
static const char *const soft_words[] = {
    "SORT",   "CLUSTER", "DISTRIBUTE",  "OFFSET",  "WINDOW",  "LEFT",    "RIGHT",     "FULL",   "SEMI",    "ANTI",
    "PIVOT",  "UNPIVOT", "TABLESAMPLE", "END",     "NOT",     "SET",     "ASC",       "DESC",   "NULLS",   "OVER",
    "FILTER", "WITHIN",  "IGNORE",      "RESPECT", "VERSION", "WITH",    "COLLATE",   "ESCAPE", "DEFAULT", "COMMENT",
    "ROWS",   "RANGE",   "VALUES",      "FOR",     "INCLUDE", "EXCLUDE", "TIMESTAMP",
};

static bool in_list(const struct parser *p, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sql_at(p, words[i]))
            return true;
    return false;
}

bool sql_alias_ahead(const struct parser *p)
{
    enum sql_token_kind k = sql_tok(p)->kind;
    if (k == SQL_TOKEN_NAME || k == SQL_TOKEN_VARIABLE)
        return true;
    return k == SQL_TOKEN_WORD && !in_list(p, hard_words, ARRAY_LEN(hard_words)) && !in_list(p, soft_words, ARRAY_LEN(soft_words));
}

struct expr *sql_expr_node(struct parser *p, enum expr_kind kind, size_t first)
{
    struct expr *e = arena_alloc(p->a, sizeof(*e));
    e->kind = kind;
    e->first = (uint32_t)first;
    e->last = (uint32_t)first;
    e->pos = p->tokens[first].pos;
    return e;
}

void sql_add_arg(struct parser *p, struct expr *e, struct expr *arg)
{
    *LIST_ADD(p->a, &e->args) = arg;
    if (arg->depth + 1 > e->depth)
        e->depth = (uint16_t)(arg->depth + 1);
    if (e->depth > LIMIT_SQL_DEPTH)
        sql_fail(p, e->pos, ERROR_LIMIT, NULL, "expression is nested more than %d deep", LIMIT_SQL_DEPTH);
}

struct expr *sql_expr_done(struct parser *p, struct expr *e)
{
    e->last = (uint32_t)(p->i ? p->i - 1 : 0);
    return e;
}

static struct expr *op_node(struct parser *p, const char *op, size_t first, struct expr *left, struct expr *right)
{
    struct expr *e = sql_expr_node(p, EX_OP, first);
    e->text = op;
    sql_add_arg(p, e, left);
    sql_add_arg(p, e, right);
    return sql_expr_done(p, e);
}

/* ---- primaries ------------------------------------------------------------------------------------------ */

static struct expr *case_rule(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_CASE, p->i);
    sql_expect(p, "CASE");
    if (!sql_at(p, "WHEN")) {
        e->has_operand = true;
        sql_add_arg(p, e, sql_expr_rule(p));
    }
    if (!sql_at(p, "WHEN"))
        sql_unexpected(p, "WHEN");
    while (sql_accept(p, "WHEN")) {
        sql_add_arg(p, e, sql_expr_rule(p));
        sql_expect(p, "THEN");
        sql_add_arg(p, e, sql_expr_rule(p));
    }
    if (sql_accept(p, "ELSE")) {
        e->has_else = true;
        sql_add_arg(p, e, sql_expr_rule(p));
    }
    sql_expect(p, "END");
    return sql_expr_done(p, e);
}

static struct expr *cast_rule(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_CAST, p->i);
    e->try_cast = sql_at(p, "TRY_CAST");
    p->i += 2;
    sql_add_arg(p, e, sql_expr_rule(p));
    sql_expect(p, "AS");
    e->target = sql_type_rule(p);
    sql_expect(p, ")");
    return sql_expr_done(p, e);
}

static const char *unit_word(struct parser *p)
{
    static const char *const units[][2] = {{"YEAR", "YEARS"},
                                           {"MONTH", "MONTHS"},
                                           {"WEEK", "WEEKS"},
                                           {"DAY", "DAYS"},
                                           {"HOUR", "HOURS"},
                                           {"MINUTE", "MINUTES"},
                                           {"SECOND", "SECONDS"},
                                           {"MILLISECOND", "MILLISECONDS"},
                                           {"MICROSECOND", "MICROSECONDS"}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (sql_accept(p, units[i][0]) || sql_accept(p, units[i][1]))
            return units[i][0];
    return NULL;
}

/* INTERVAL '1-2' YEAR TO MONTH, INTERVAL 3 DAYS 2 HOURS, INTERVAL '3' DAY, INTERVAL '1 day 2 hours', INTERVAL (x) HOURS. */
static struct expr *interval_rule(struct parser *p)
{
    struct expr *e = sql_expr_node(p, EX_INTERVAL, p->i);
    sql_expect(p, "INTERVAL");
    while (!p->failed) {
        const struct sql_token *t = sql_tok(p);
        bool text = t->kind == SQL_TOKEN_STRING;
        struct expr *value = sql_value_rule(p);
        const char *unit = unit_word(p);
        if (text && value->kind == EX_STRING && !unit && !e->args.count) {
            e->text = value->text; /* units inside the string */
            return sql_expr_done(p, e);
        }
        if (!unit) {
            sql_unexpected(p, "a unit of time");
            return e;
        }
        if (sql_accept(p, "TO")) {
            const char *to = unit_word(p);
            if (!to || value->kind != EX_STRING || e->args.count)
                sql_unexpected(p, "an interval such as '1-2' YEAR TO MONTH");
            e->text = value->text;
            *LIST_ADD(p->a, &e->names) = unit;
            *LIST_ADD(p->a, &e->names) = to;
            return sql_expr_done(p, e);
        }
        sql_add_arg(p, e, value);
        *LIST_ADD(p->a, &e->names) = unit;
        t = sql_tok(p);
        bool more = t->kind == SQL_TOKEN_NUMBER || (t->kind == SQL_TOKEN_STRING && !text);
        if (!more)
            break;
    }
    return sql_expr_done(p, e);
}

static struct expr *typed_literal(struct parser *p, enum sql_type_kind kind)
{
    struct expr *e = sql_expr_node(p, EX_TYPED, p->i);
    p->i++;
    e->text = sql_string(p, "a string");
    e->target = sql_simple_type(kind);
    return sql_expr_done(p, e);
}

static struct expr *star_node(struct parser *p, size_t first, struct sql_name *qualifier)
{
    struct expr *e = sql_expr_node(p, EX_STAR, first);
    e->name = qualifier;
    if (sql_at2(p, "EXCEPT", "(")) {
        p->i++;
        e->names = sql_name_list(p, "a column name");
    }
    if (sql_at(p, "REPLACE") && sql_is(p, sql_tok_at(p, 1), "("))
        sql_unsupported(p, "* REPLACE", "write the columns");
    return sql_expr_done(p, e);
}

static bool sole_word_function(const struct parser *p)
{
    static const char *const words[] = {"CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIMESTAMP", "CURRENT_USER",
                                        "USER",         "SESSION_USER"};
    return in_list(p, words, ARRAY_LEN(words)) && !sql_is(p, sql_tok_at(p, 1), "(") && !sql_is(p, sql_tok_at(p, 1), ".");
}

/* a, a.b, a.b.c, a.*, f(..), a.b.f(..) */
static struct expr *name_rule(struct parser *p)
{
    size_t first = p->i;
    if (sole_word_function(p)) {
        struct expr *e = sql_expr_node(p, EX_CALL, first);
        e->name = sql_qualified(p, "a name");
        return sql_expr_done(p, e);
    }
    struct sql_name *n = arena_alloc(p->a, sizeof(*n));
    n->pos = sql_tok(p)->pos;
    size_t start = p->i;
    for (;;) {
        n->parts[n->count++] = sql_identifier(p, "a name");
        if (!sql_at(p, "."))
            break;
        if (sql_is(p, sql_tok_at(p, 1), "*")) {
            p->i += 2;
            return star_node(p, first, n);
        }
        if (n->count == SQL_NAME_PARTS)
            break;
        p->i++;
    }
    if (sql_at(p, "(")) {
        p->i = start;
        return sql_call_rule(p);
    }
    struct expr *e = sql_expr_node(p, EX_COLUMN, first);
    e->name = n;
    return sql_expr_done(p, e);
}

static struct expr *bracket_rule(struct parser *p)
{
    size_t first = p->i;
    if (sql_query_ahead(p)) {
        struct expr *e = sql_expr_node(p, EX_SUBQUERY, first);
        p->i++;
        e->query = sql_query_rule(p);
        sql_expect(p, ")");
        return sql_expr_done(p, e);
    }
    sql_expect(p, "(");
    struct expr *x = sql_expr_rule(p);
    if (sql_at(p, ",")) {
        struct expr *e = sql_expr_node(p, EX_TUPLE, first);
        sql_add_arg(p, e, x);
        while (sql_accept(p, ","))
            sql_add_arg(p, e, sql_expr_rule(p));
        x = e;
    }
    sql_expect(p, ")");
    return sql_expr_done(p, x);
}

static struct expr *literal_rule(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    size_t first = p->i;
    if (t->kind == SQL_TOKEN_STRING) {
        struct expr *e = sql_expr_node(p, EX_STRING, first);
        e->text = sql_string(p, "a string");
        return sql_expr_done(p, e);
    }
    enum expr_kind kind = t->kind == SQL_TOKEN_NUMBER ? EX_NUMBER : t->kind == SQL_TOKEN_BINARY ? EX_BINARY_LITERAL : EX_PARAM;
    struct expr *e = sql_expr_node(p, kind, first);
    size_t skip = t->kind == SQL_TOKEN_PARAM ? 1 : 0;
    e->text = arena_strndup(p->a, p->text + t->offset + skip, t->len - skip);
    p->i++;
    if (kind == EX_PARAM && sql_at(p, ".") && (sql_is(p, sql_tok_at(p, 1), "MIN") || sql_is(p, sql_tok_at(p, 1), "MAX"))) {
        /* the two ends of a range parameter of a dashboard: one value each, named :range.min and :range.max */
        e->text = arena_printf(p->a, "%s.%s", e->text, sql_is(p, sql_tok_at(p, 1), "MIN") ? "min" : "max");
        p->i += 2;
    }
    if (kind == EX_PARAM) {
        if (sql_name_find(p->a, &p->param_index, p->params.items, p->params.count, sizeof(char *), e->text) == NAME_NONE)
            *LIST_ADD(p->a, &p->params) = e->text;
    }
    return sql_expr_done(p, e);
}

static struct expr *word_rule(struct parser *p)
{
    size_t first = p->i;
    const struct sql_token *next = sql_tok_at(p, 1);
    if (sql_at(p, "CASE") && !sql_is(p, next, ".") && !sql_is(p, next, ","))
        return case_rule(p);
    if ((sql_at(p, "CAST") || sql_at(p, "TRY_CAST")) && sql_is(p, next, "("))
        return cast_rule(p);
    if (sql_at(p, "EXISTS") && sql_is(p, next, "(") && sql_is(p, sql_tok_at(p, 2), "SELECT"))
        goto exists;
    if (sql_at(p, "EXISTS") && sql_is(p, next, "(") && sql_is(p, sql_tok_at(p, 2), "WITH"))
        goto exists;
    if (sql_at(p, "INTERVAL") && !sql_is(p, next, ".") && (next->kind != SQL_TOKEN_OP || sql_is(p, next, "(") || sql_is(p, next, "-")))
        return interval_rule(p);
    if (sql_at(p, "DATE") && next->kind == SQL_TOKEN_STRING)
        return typed_literal(p, SQL_T_DATE);
    if ((sql_at(p, "TIMESTAMP") || sql_at(p, "TIMESTAMP_LTZ")) && next->kind == SQL_TOKEN_STRING)
        return typed_literal(p, SQL_T_TIMESTAMP);
    if (sql_at(p, "TIMESTAMP_NTZ") && next->kind == SQL_TOKEN_STRING)
        return typed_literal(p, SQL_T_TIMESTAMP_NTZ);
    if (sql_at(p, "NULL") || sql_at(p, "TRUE") || sql_at(p, "FALSE")) {
        struct expr *e = sql_expr_node(p, sql_at(p, "NULL") ? EX_NULL : EX_BOOL, first);
        e->text = sql_at(p, "TRUE") ? "TRUE" : "FALSE";
        p->i++;
        return sql_expr_done(p, e);
    }
    if (sql_at(p, "IDENTIFIER") && sql_is(p, next, "("))
        sql_unsupported(p, "IDENTIFIER(..)", "write the name");
    if (in_list(p, hard_words, ARRAY_LEN(hard_words)))
        sql_unexpected(p, "an expression");
    return name_rule(p);
exists:;
    struct expr *e = sql_expr_node(p, EX_EXISTS, first);
    p->i += 2;
    e->query = sql_query_rule(p);
    sql_expect(p, ")");
    return sql_expr_done(p, e);
}

static struct expr *primary_rule(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    switch (t->kind) {
    case SQL_TOKEN_WORD:
        return word_rule(p);
    case SQL_TOKEN_NAME:
    case SQL_TOKEN_VARIABLE:
        return name_rule(p);
    case SQL_TOKEN_STRING:
    case SQL_TOKEN_NUMBER:
    case SQL_TOKEN_BINARY:
    case SQL_TOKEN_PARAM:
        return literal_rule(p);
    case SQL_TOKEN_QMARK:
        sql_unsupported(p, "an unnamed parameter ?", "name it, as in :name");
        break;
    default:
        if (sql_at(p, "("))
            return bracket_rule(p);
        if (sql_accept(p, "*"))
            return star_node(p, p->i - 1, NULL);
        sql_unexpected(p, "an expression");
    }
    return sql_expr_node(p, EX_NULL, p->i);
}

/* [index], .field and ::type after a primary */
static struct expr *postfix_rule(struct parser *p)
{
    size_t first = p->i;
    struct expr *e = primary_rule(p);
    while (!p->failed) {
        struct expr *outer;
        if (sql_accept(p, "[")) {
            outer = sql_expr_node(p, EX_INDEX, first);
            sql_add_arg(p, outer, e);
            sql_add_arg(p, outer, sql_value_rule(p));
            sql_expect(p, "]");
        } else if (sql_at(p, ".") && e->kind != EX_NUMBER) {
            p->i++;
            outer = sql_expr_node(p, EX_FIELD, first);
            sql_add_arg(p, outer, e);
            outer->text = sql_accept(p, "*") ? "*" : sql_identifier(p, "a field name");
        } else if (sql_at(p, "::") || sql_at(p, "?::")) {
            outer = sql_expr_node(p, EX_CAST, first);
            outer->try_cast = sql_at(p, "?::");
            p->i++;
            sql_add_arg(p, outer, e);
            outer->target = sql_type_rule(p);
        } else {
            break;
        }
        e = sql_expr_done(p, outer);
    }
    if (sql_tok(p)->kind == SQL_TOKEN_PARAM || sql_at(p, ":"))
        sql_unsupported(p, "the JSON path operator :", "use get_json_object(column, '$.path')");
    if (sql_at(p, "COLLATE"))
        sql_unsupported(p, "COLLATE", NULL);
    return e;
}

/* ---- operators ---------------------------------------------------------------------------------------------- */

static struct expr *unary_rule(struct parser *p)
{
    size_t first = p->i;
    const char *op = sql_at(p, "-") ? "-" : sql_at(p, "+") ? "+" : sql_at(p, "~") ? "~" : NULL;
    if (!op)
        return postfix_rule(p);
    const struct sql_token *next = sql_tok_at(p, 1);
    if (*op == '-' && next->kind == SQL_TOKEN_NUMBER) { /* the sign belongs to the literal: -2147483648 is an INT */
        struct expr *n = sql_expr_node(p, EX_NUMBER, first);
        n->text = arena_printf(p->a, "-%.*s", (int)next->len, p->text + next->offset);
        p->i += 2;
        return sql_expr_done(p, n);
    }
    struct expr *e = sql_expr_node(p, EX_UNARY, first);
    e->text = op;
    p->i++;
    if (sql_enter(p))
        sql_add_arg(p, e, unary_rule(p));
    else
        sql_add_arg(p, e, sql_expr_node(p, EX_NULL, p->i));
    sql_leave(p);
    return sql_expr_done(p, e);
}

static const char *const levels[][8] = {
    {"=", "==", "<=>", "<>", "!=", "<", "<=", ">"}, /* >= is added below: a level has at most eight */
    {"|"},
    {"^"},
    {"&"},
    {"<<", ">>", ">>>"},
    {"+", "-", "||"},
    {"*", "/", "%", "DIV"},
};

static const char *level_op(const struct parser *p, size_t level)
{
    for (size_t i = 0; i < ARRAY_LEN(levels[0]) && levels[level][i]; i++)
        if (sql_at(p, levels[level][i]))
            return levels[level][i];
    return level == 0 && sql_at(p, ">=") ? ">=" : NULL;
}

static struct expr *binary_rule(struct parser *p, size_t level)
{
    if (level == ARRAY_LEN(levels))
        return unary_rule(p);
    size_t first = p->i;
    struct expr *left = binary_rule(p, level + 1);
    const char *op;
    while (!p->failed && (op = level_op(p, level))) {
        p->i++;
        struct expr *right = binary_rule(p, level + 1);
        if (str_eq(op, "||") && left->kind == EX_OP && str_eq(left->text, "||") && left->first == first &&
            !sql_is(p, &p->tokens[first], "(")) {
            sql_add_arg(p, left, right);
            sql_expr_done(p, left);
        } else {
            left = op_node(p, op, first, left, right);
        }
    }
    return left;
}

struct expr *sql_value_rule(struct parser *p)
{
    struct expr *e;
    if (sql_enter(p))
        e = binary_rule(p, 0);
    else
        e = sql_expr_node(p, EX_NULL, p->i);
    sql_leave(p);
    return e;
}

static struct expr *in_rule(struct parser *p, size_t first, struct expr *value)
{
    struct expr *e = sql_expr_node(p, EX_IN, first);
    sql_add_arg(p, e, value);
    sql_expect(p, "(");
    if (sql_query_ahead(p) && !sql_at(p, "(")) {
        e->query = sql_query_rule(p);
    } else {
        do {
            sql_add_arg(p, e, sql_expr_rule(p));
        } while (sql_accept(p, ","));
    }
    sql_expect(p, ")");
    return e;
}

static struct expr *like_rule(struct parser *p, size_t first, struct expr *value)
{
    struct expr *e = sql_expr_node(p, EX_LIKE, first);
    e->text = sql_at(p, "LIKE") ? "LIKE" : sql_at(p, "ILIKE") ? "ILIKE" : "RLIKE";
    p->i++;
    sql_add_arg(p, e, value);
    bool all = sql_at2(p, "ALL", "("), any = sql_at2(p, "ANY", "(") || sql_at2(p, "SOME", "(");
    if (all || any) {
        e->quantifier = all ? "ALL" : "ANY";
        p->i += 2;
        do {
            sql_add_arg(p, e, sql_expr_rule(p));
        } while (sql_accept(p, ","));
        sql_expect(p, ")");
        return e;
    }
    sql_add_arg(p, e, sql_value_rule(p));
    if (sql_accept(p, "ESCAPE"))
        e->escape = sql_string(p, "a string of one character");
    return e;
}

static struct expr *is_rule(struct parser *p, size_t first, struct expr *value)
{
    static const char *const what[] = {"NULL", "TRUE", "FALSE", "UNKNOWN"};
    struct expr *e = sql_expr_node(p, EX_IS, first);
    p->i++;
    e->negated = sql_accept(p, "NOT");
    sql_add_arg(p, e, value);
    for (size_t i = 0; i < ARRAY_LEN(what); i++)
        if (sql_accept(p, what[i])) {
            e->text = what[i];
            return e;
        }
    e->text = "DISTINCT";
    sql_expect(p, "DISTINCT");
    sql_expect(p, "FROM");
    sql_add_arg(p, e, sql_value_rule(p));
    return e;
}

static struct expr *predicate_rule(struct parser *p)
{
    size_t first = p->i;
    struct expr *value = sql_value_rule(p);
    if (sql_at(p, "IS"))
        return sql_expr_done(p, is_rule(p, first, value));
    const struct sql_token *next = sql_tok_at(p, 1);
    bool negated = (sql_at(p, "NOT") || sql_at(p, "!")) &&
                   (sql_is(p, next, "BETWEEN") || sql_is(p, next, "IN") || sql_is(p, next, "LIKE") || sql_is(p, next, "ILIKE") ||
                    sql_is(p, next, "RLIKE") || sql_is(p, next, "REGEXP"));
    if (negated)
        p->i++;
    struct expr *e = value;
    if (sql_accept(p, "BETWEEN")) {
        e = sql_expr_node(p, EX_BETWEEN, first);
        sql_add_arg(p, e, value);
        sql_add_arg(p, e, sql_value_rule(p));
        sql_expect(p, "AND");
        sql_add_arg(p, e, sql_value_rule(p));
    } else if (sql_accept(p, "IN")) {
        e = in_rule(p, first, value);
    } else if (sql_at(p, "LIKE") || sql_at(p, "ILIKE") || sql_at(p, "RLIKE") || sql_at(p, "REGEXP")) {
        e = like_rule(p, first, value);
    }
    if (e == value)
        return e;
    e->negated = negated;
    return sql_expr_done(p, e);
}

static struct expr *not_rule(struct parser *p)
{
    size_t first = p->i;
    if (!sql_at(p, "NOT") && !sql_at(p, "!"))
        return predicate_rule(p);
    p->i++;
    struct expr *e = sql_expr_node(p, EX_UNARY, first);
    e->text = "NOT";
    if (sql_enter(p))
        sql_add_arg(p, e, not_rule(p));
    else
        sql_add_arg(p, e, sql_expr_node(p, EX_NULL, p->i));
    sql_leave(p);
    return sql_expr_done(p, e);
}

static struct expr *chain_rule(struct parser *p, const char *op, struct expr *(*next)(struct parser *))
{
    size_t first = p->i;
    struct expr *left = next(p);
    if (!sql_at(p, op))
        return left;
    struct expr *e = sql_expr_node(p, EX_OP, first);
    e->text = op;
    sql_add_arg(p, e, left);
    while (sql_accept(p, op))
        sql_add_arg(p, e, next(p));
    return sql_expr_done(p, e);
}

static struct expr *and_rule(struct parser *p) { return chain_rule(p, "AND", not_rule); }

/* Depth is counted in sql_value_rule, which every nested expression passes. */
struct expr *sql_expr_rule(struct parser *p) { return chain_rule(p, "OR", and_rule); }
