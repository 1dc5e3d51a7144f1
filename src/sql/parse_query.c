/* Queries: SELECT, set operations, relations. */
#include "sql/private.h"

bool sql_query_ahead(const struct parser *p)
{
    size_t k = 0;
    while (sql_is(p, sql_tok_at(p, k), "("))
        k++;
    const struct sql_token *t = sql_tok_at(p, k), *next = sql_tok_at(p, k + 1);
    if (sql_is(p, t, "SELECT"))
        return true;
    if (sql_is(p, t, "WITH"))
        return next->kind == SQL_TOKEN_NAME || next->kind == SQL_TOKEN_WORD;
    bool name = next->kind == SQL_TOKEN_WORD || next->kind == SQL_TOKEN_NAME || next->kind == SQL_TOKEN_VARIABLE;
    if (sql_is(p, t, "VALUES"))
        return sql_is(p, next, "(") || next->kind == SQL_TOKEN_NUMBER || next->kind == SQL_TOKEN_STRING || next->kind == SQL_TOKEN_WORD;
    return (sql_is(p, t, "TABLE") || sql_is(p, t, "FROM")) && name;
}

static struct expr *column_node(struct parser *p, size_t first)
{
    struct expr *e = arena_alloc(p->a, sizeof(*e));
    e->kind = EX_NULL;
    e->pos = p->tokens[first].pos;
    return e;
}

/* ---- relations ------------------------------------------------------------------------------------------ */

static void alias_rule(struct parser *p, const char **ret, sql_strings *ret_columns)
{
    bool as = sql_accept(p, "AS");
    if (!as && !sql_alias_ahead(p))
        return;
    *ret = sql_identifier(p, "an alias");
    if (sql_at(p, "("))
        *ret_columns = sql_name_list(p, "a column alias");
}

static void pivot_values(struct parser *p, struct pivot *v)
{
    sql_expect(p, "(");
    do {
        struct select_item it = {.expr = sql_expr_rule(p)};
        if (sql_accept(p, "AS") || sql_alias_ahead(p))
            it.alias = sql_identifier(p, "an alias");
        *LIST_ADD(p->a, &v->values) = it;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
}

static struct pivot *pivot_rule(struct parser *p)
{
    struct pivot *v = arena_alloc(p->a, sizeof(*v));
    v->pos = sql_tok(p)->pos;
    sql_expect(p, "PIVOT");
    sql_expect(p, "(");
    do {
        struct select_item it = {.expr = sql_expr_rule(p)};
        if (sql_accept(p, "AS") || (sql_alias_ahead(p) && !sql_at(p, "FOR")))
            it.alias = sql_identifier(p, "an alias");
        *LIST_ADD(p->a, &v->aggregates) = it;
    } while (sql_accept(p, ","));
    sql_expect(p, "FOR");
    if (sql_at(p, "("))
        v->columns = sql_name_list(p, "a column");
    else
        *LIST_ADD(p->a, &v->columns) = sql_identifier(p, "a column");
    sql_expect(p, "IN");
    pivot_values(p, v);
    sql_expect(p, ")");
    return v;
}

static struct pivot *unpivot_rule(struct parser *p)
{
    struct pivot *v = arena_alloc(p->a, sizeof(*v));
    v->pos = sql_tok(p)->pos;
    v->unpivot = true;
    sql_expect(p, "UNPIVOT");
    v->include_nulls = sql_accept2(p, "INCLUDE", "NULLS");
    if (!v->include_nulls)
        sql_accept2(p, "EXCLUDE", "NULLS");
    sql_expect(p, "(");
    if (sql_at(p, "("))
        v->value_names = sql_name_list(p, "a column for values");
    else
        *LIST_ADD(p->a, &v->value_names) = sql_identifier(p, "a column for values");
    sql_expect(p, "FOR");
    *LIST_ADD(p->a, &v->columns) = sql_identifier(p, "a column for names");
    sql_expect(p, "IN");
    sql_expect(p, "(");
    do {
        struct select_item it = {.expr = sql_value_rule(p)};
        if (sql_accept(p, "AS") || sql_alias_ahead(p))
            it.alias = sql_identifier(p, "an alias");
        *LIST_ADD(p->a, &v->aggregates) = it;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    sql_expect(p, ")");
    return v;
}

/* t VERSION AS OF n; a table may be called version: JOIN version AS v. */
static bool at_as_of(const struct parser *p, const char *word)
{
    return sql_at2(p, word, "AS") && sql_is(p, sql_tok_at(p, 2), "OF") && sql_tok_at(p, 3)->kind != SQL_TOKEN_END;
}

static void relation_suffixes(struct parser *p, struct relation *r)
{
    if (sql_at(p, "TABLESAMPLE"))
        sql_unsupported(p, "TABLESAMPLE", "use a condition on a hash of the key");
    if (at_as_of(p, "VERSION") || at_as_of(p, "TIMESTAMP") || sql_at2(p, "FOR", "VERSION") || sql_at2(p, "FOR", "TIMESTAMP") ||
        sql_at(p, "@"))
        sql_unsupported(p, "time travel", NULL);
    bool before = sql_at(p, "PIVOT") || sql_at(p, "UNPIVOT");
    if (before)
        r->pivot = sql_at(p, "PIVOT") ? pivot_rule(p) : unpivot_rule(p);
    alias_rule(p, &r->alias, &r->column_aliases);
    if (!before && (sql_at2(p, "PIVOT", "(") || sql_at(p, "UNPIVOT"))) {
        const char *alias = r->alias;
        const sql_strings column_aliases = r->column_aliases;
        r->alias = NULL;
        r->column_aliases = (sql_strings){0};
        r->pivot = sql_at(p, "PIVOT") ? pivot_rule(p) : unpivot_rule(p);
        r->pivot->alias = alias;
        r->pivot->column_aliases = column_aliases;
        alias_rule(p, &r->alias, &r->column_aliases);
    }
    if (sql_at2(p, "PIVOT", "(") || sql_at(p, "UNPIVOT"))
        sql_unsupported(p, "PIVOT of a PIVOT", "put the inner one into a subquery");
    if (sql_at(p, "TABLESAMPLE"))
        sql_unsupported(p, "TABLESAMPLE", "use a condition on a hash of the key");
}

static void paren_relation(struct parser *p, struct relation *r)
{
    if (sql_query_ahead(p)) {
        r->kind = REL_QUERY;
        sql_expect(p, "(");
        r->query = sql_query_rule(p);
        sql_expect(p, ")");
        return;
    }
    r->kind = REL_PAREN;
    sql_expect(p, "(");
    r->inner = sql_relation_rule(p);
    sql_expect(p, ")");
}

static void table_call(struct parser *p, struct relation *r)
{
    r->kind = REL_FUNCTION;
    r->call = sql_call_rule(p);
    r->name = r->call->name;
    if (r->call->over || r->call->filter || r->call->distinct)
        sql_fail(p, r->pos, ERROR_USAGE, NULL, "a function in FROM takes no DISTINCT, FILTER or OVER");
}

static bool call_ahead(const struct parser *p)
{
    size_t k = 0;
    for (;; k += 2) {
        enum sql_token_kind t = sql_tok_at(p, k)->kind;
        if (t != SQL_TOKEN_WORD && t != SQL_TOKEN_NAME && t != SQL_TOKEN_VARIABLE)
            return false;
        if (!sql_is(p, sql_tok_at(p, k + 1), "."))
            break;
    }
    return sql_is(p, sql_tok_at(p, k + 1), "(");
}

static void inline_values(struct parser *p, struct relation *r)
{
    r->kind = REL_QUERY;
    r->query = arena_alloc(p->a, sizeof(*r->query));
    r->query->pos = r->pos;
    struct body *b = r->query->body = arena_alloc(p->a, sizeof(*b));
    b->kind = BODY_VALUES;
    b->pos = r->pos;
    sql_expect(p, "VALUES");
    do {
        *LIST_ADD(p->a, &b->rows) = sql_expr_rule(p);
    } while (sql_accept(p, ","));
}

struct relation *sql_table_reference_rule(struct parser *p)
{
    struct relation *r = arena_alloc(p->a, sizeof(*r));
    r->pos = sql_tok(p)->pos;
    if (!sql_enter(p)) {
        sql_leave(p);
        r->name = arena_alloc(p->a, sizeof(*r->name));
        return r;
    }
    if (sql_at2(p, "LATERAL", "(") || (sql_at(p, "LATERAL") && !sql_is(p, sql_tok_at(p, 1), "VIEW"))) {
        r->lateral = true;
        p->i++;
    }
    if (sql_at(p, "(")) {
        paren_relation(p, r);
    } else if (sql_at2(p, "TABLE", "(")) {
        p->i += 2;
        table_call(p, r);
        sql_expect(p, ")");
    } else if (sql_at(p, "VALUES") && !sql_is(p, sql_tok_at(p, 1), ".")) {
        inline_values(p, r);
    } else if (sql_at2(p, "STREAM", "(") ||
               (sql_at(p, "STREAM") && sql_tok_at(p, 1)->kind == SQL_TOKEN_WORD && !sql_is(p, sql_tok_at(p, 1), "AS"))) {
        sql_unsupported(p, "STREAM", NULL);
    } else if (call_ahead(p)) {
        table_call(p, r);
    } else {
        if (sql_tok(p)->kind == SQL_TOKEN_WORD && !sql_alias_ahead(p))
            sql_unexpected(p, "a table");
        r->name = sql_qualified(p, "a table name");
    }
    relation_suffixes(p, r);
    sql_leave(p);
    return r;
}

static bool join_words(struct parser *p, enum join_kind *kind, bool *natural)
{
    size_t start = p->i;
    *natural = sql_accept(p, "NATURAL");
    *kind = JOIN_INNER;
    if (sql_accept(p, "INNER"))
        *kind = JOIN_INNER;
    else if (sql_accept(p, "CROSS"))
        *kind = JOIN_CROSS;
    else if (sql_at(p, "LEFT") || sql_at(p, "RIGHT") || sql_at(p, "FULL") || sql_at(p, "SEMI") || sql_at(p, "ANTI")) {
        *kind = sql_at(p, "RIGHT") ? JOIN_RIGHT : sql_at(p, "FULL") ? JOIN_FULL : JOIN_LEFT;
        if (!sql_at(p, "SEMI") && !sql_at(p, "ANTI"))
            p->i++;
        sql_accept(p, "OUTER");
        if (sql_accept(p, "SEMI"))
            *kind = JOIN_SEMI;
        else if (sql_accept(p, "ANTI"))
            *kind = JOIN_ANTI;
    }
    if (sql_accept(p, "JOIN"))
        return true;
    if (p->i != start)
        sql_unexpected(p, "JOIN");
    return false;
}

static void join_condition(struct parser *p, struct relation *r)
{
    struct sql_pos pos = sql_tok(p)->pos;
    if (sql_accept(p, "ON"))
        r->on = sql_expr_rule(p);
    else if (sql_accept(p, "USING"))
        r->using_columns = sql_name_list(p, "a column name");
    bool has = r->on || r->using_columns.count;
    if (has && (r->natural || r->join == JOIN_CROSS))
        sql_fail(p, pos, ERROR_USAGE, NULL, "this join takes no condition");
    if (!has && !r->natural && r->join != JOIN_CROSS && !r->lateral && !p->failed)
        sql_fail(p, r->pos, ERROR_USAGE, "write ON or USING, or CROSS JOIN", "join without a condition is not supported");
}

struct relation *sql_relation_rule(struct parser *p)
{
    struct relation *head = sql_table_reference_rule(p), *last = head;
    while (!p->failed) {
        enum join_kind kind = JOIN_COMMA;
        bool natural = false;
        if (!sql_accept(p, ",") && !join_words(p, &kind, &natural))
            break;
        struct relation *r = sql_table_reference_rule(p);
        r->join = kind;
        r->natural = natural;
        if (kind != JOIN_COMMA)
            join_condition(p, r);
        last->next = r;
        last = r;
    }
    return head;
}

/* ---- SELECT ------------------------------------------------------------------------------------------------ */

static void item_rule(struct parser *p, struct select *s)
{
    struct select_item it = {.expr = sql_expr_rule(p)};
    bool as = sql_accept(p, "AS");
    if (as && sql_at(p, "("))
        it.aliases = sql_name_list(p, "an alias");
    else if (as || sql_alias_ahead(p))
        it.alias = sql_identifier(p, "an alias");
    *LIST_ADD(p->a, &s->items) = it;
}

static void lateral_view_rule(struct parser *p, struct select *s)
{
    struct lateral_view v = {.pos = sql_tok(p)->pos};
    p->i += 2;
    v.outer = sql_accept(p, "OUTER");
    v.call = sql_call_rule(p);
    if (!sql_at(p, "AS") && sql_alias_ahead(p))
        v.alias = sql_identifier(p, "an alias");
    if (sql_accept(p, "AS"))
        do {
            *LIST_ADD(p->a, &v.columns) = sql_identifier(p, "a column alias");
        } while (sql_accept(p, ","));
    *LIST_ADD(p->a, &s->views) = v;
}

static void tuple_list(struct parser *p, struct select *s)
{
    sql_expect(p, "(");
    do {
        struct expr *t = arena_alloc(p->a, sizeof(*t));
        t->kind = EX_TUPLE;
        t->pos = sql_tok(p)->pos;
        if (sql_accept(p, "(")) {
            if (!sql_at(p, ")"))
                do {
                    *LIST_ADD(p->a, &t->args) = sql_expr_rule(p);
                } while (sql_accept(p, ","));
            sql_expect(p, ")");
        } else {
            *LIST_ADD(p->a, &t->args) = sql_expr_rule(p);
        }
        *LIST_ADD(p->a, &s->sets) = t;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
}

static void group_rule(struct parser *p, struct select *s)
{
    s->has_group = true;
    if (sql_at(p, "ALL")) {
        s->group_all = true;
        p->i++;
        return;
    }
    if (sql_at2(p, "ROLLUP", "(") || sql_at2(p, "CUBE", "(")) {
        s->group_kind = sql_at(p, "ROLLUP") ? "ROLLUP" : "CUBE";
        p->i++;
        tuple_list(p, s);
        return;
    }
    if (!sql_at2(p, "GROUPING", "SETS"))
        do {
            *LIST_ADD(p->a, &s->group) = sql_expr_rule(p);
        } while (sql_accept(p, ","));
    if (sql_accept2(p, "GROUPING", "SETS")) {
        s->group_kind = "GROUPING SETS";
        s->group.count = 0; /* the list before it only repeats the columns */
        tuple_list(p, s);
    } else if (sql_at2(p, "WITH", "ROLLUP") || sql_at2(p, "WITH", "CUBE")) {
        s->group_kind = sql_is(p, sql_tok_at(p, 1), "ROLLUP") ? "ROLLUP" : "CUBE";
        p->i += 2;
        for (size_t i = 0; i < s->group.count; i++) {
            struct expr *t = arena_alloc(p->a, sizeof(*t));
            t->kind = EX_TUPLE;
            t->pos = s->group.items[i]->pos;
            *LIST_ADD(p->a, &t->args) = s->group.items[i];
            *LIST_ADD(p->a, &s->sets) = t;
        }
        s->group.count = 0;
    }
}

static void window_clause(struct parser *p, struct select *s)
{
    do {
        if (s->window_count == ARRAY_LEN(s->windows)) {
            sql_fail(p, sql_tok(p)->pos, ERROR_LIMIT, NULL, "more than %zu named windows", ARRAY_LEN(s->windows));
            return;
        }
        s->windows[s->window_count].name = sql_identifier(p, "a window name");
        sql_expect(p, "AS");
        s->windows[s->window_count++].spec = sql_window_rule(p);
    } while (sql_accept(p, ","));
}

static struct select *select_rule(struct parser *p)
{
    struct select *s = arena_alloc(p->a, sizeof(*s));
    s->pos = sql_tok(p)->pos;
    sql_expect(p, "SELECT");
    while (sql_tok(p)->kind == SQL_TOKEN_HINT)
        p->i++;
    s->distinct = sql_accept(p, "DISTINCT");
    if (!s->distinct && sql_at(p, "ALL") && !sql_is(p, sql_tok_at(p, 1), ","))
        p->i++;
    do {
        item_rule(p, s);
    } while (sql_accept(p, ","));
    if (sql_accept(p, "FROM")) {
        s->from = sql_relation_rule(p);
        while (sql_at2(p, "LATERAL", "VIEW"))
            lateral_view_rule(p, s);
    }
    if (sql_accept(p, "WHERE"))
        s->where = sql_expr_rule(p);
    if (sql_accept2(p, "GROUP", "BY"))
        group_rule(p, s);
    if (sql_accept(p, "HAVING"))
        s->having = sql_expr_rule(p);
    if (sql_accept(p, "WINDOW"))
        window_clause(p, s);
    if (sql_accept(p, "QUALIFY"))
        s->qualify = sql_expr_rule(p);
    if (!s->window_count && sql_accept(p, "WINDOW"))
        window_clause(p, s);
    return s;
}

/* ---- bodies -------------------------------------------------------------------------------------------------- */

static struct body *values_rule(struct parser *p, struct body *b)
{
    b->kind = BODY_VALUES;
    sql_expect(p, "VALUES");
    do {
        *LIST_ADD(p->a, &b->rows) = sql_expr_rule(p);
    } while (sql_accept(p, ","));
    alias_rule(p, &b->alias, &b->column_aliases);
    return b;
}

static struct body *term_rule(struct parser *p)
{
    struct body *b = arena_alloc(p->a, sizeof(*b));
    b->pos = sql_tok(p)->pos;
    if (sql_at(p, "(")) {
        p->i++;
        b->kind = BODY_QUERY;
        b->query = sql_query_rule(p);
        sql_expect(p, ")");
        return b;
    }
    if (sql_at(p, "VALUES"))
        return values_rule(p, b);
    if (sql_accept(p, "TABLE")) {
        b->kind = BODY_TABLE;
        b->table = sql_qualified(p, "a table name");
        return b;
    }
    if (sql_at(p, "FROM"))
        sql_unsupported(p, "FROM before SELECT", "write SELECT .. FROM ..");
    b->kind = BODY_SELECT;
    b->select = select_rule(p);
    return b;
}

static const char *set_operator(struct parser *p, bool intersect)
{
    static const char *const names[][3] = {{"INTERSECT", "INTERSECT", "INTERSECT ALL"},
                                           {"UNION", "UNION", "UNION ALL"},
                                           {"EXCEPT", "EXCEPT", "EXCEPT ALL"},
                                           {"MINUS", "EXCEPT", "EXCEPT ALL"}};
    for (size_t i = intersect ? 0 : 1; i < (intersect ? 1 : ARRAY_LEN(names)); i++)
        if (sql_accept(p, names[i][0])) {
            bool all = sql_accept(p, "ALL");
            if (!all)
                sql_accept(p, "DISTINCT");
            if (sql_at2(p, "BY", "NAME"))
                sql_unsupported(p, "UNION BY NAME", "write the columns in the same order");
            return names[i][all ? 2 : 1];
        }
    return NULL;
}

static struct body *set_rule(struct parser *p, bool intersect)
{
    struct body *first = intersect ? term_rule(p) : set_rule(p, true), *set = NULL;
    const char *op;
    while (!p->failed && (op = set_operator(p, intersect))) {
        if (!set) {
            set = arena_alloc(p->a, sizeof(*set));
            set->kind = BODY_SET;
            set->pos = first->pos;
            *LIST_ADD(p->a, &set->terms) = first;
        }
        *LIST_ADD(p->a, &set->ops) = op;
        *LIST_ADD(p->a, &set->terms) = intersect ? term_rule(p) : set_rule(p, true);
    }
    return set ? set : first;
}

void sql_ctes_rule(struct parser *p, struct query *q)
{
    q->recursive = sql_accept(p, "RECURSIVE");
    do {
        struct cte c = {.pos = sql_tok(p)->pos, .recursive = q->recursive};
        c.name = sql_identifier(p, "a name");
        if (sql_at(p, "("))
            c.columns = sql_name_list(p, "a column name");
        if (sql_at(p, "MAX"))
            sql_unsupported(p, "MAX RECURSION LEVEL", NULL);
        sql_accept(p, "AS");
        sql_expect(p, "(");
        c.query = sql_query_rule(p);
        sql_expect(p, ")");
        for (size_t i = 0; i < q->ctes.count; i++)
            if (str_ieq(q->ctes.items[i].name, c.name))
                sql_fail(p, c.pos, ERROR_USAGE, NULL, "WITH names %s twice", c.name);
        *LIST_ADD(p->a, &q->ctes) = c;
    } while (sql_accept(p, ","));
}

static void query_tail(struct parser *p, struct query *q)
{
    if (sql_at2(p, "ORDER", "BY") && sql_is(p, sql_tok_at(p, 2), "ALL")) {
        sql_skip(p, 3);
        q->order_all = true;
        q->order_all_desc = sql_accept(p, "DESC");
        if (!q->order_all_desc)
            sql_accept(p, "ASC");
        if (sql_at(p, "NULLS"))
            sql_unsupported(p, "ORDER BY ALL NULLS ..", "write the columns");
    } else if (sql_at2(p, "ORDER", "BY") || sql_at2(p, "SORT", "BY")) {
        sql_order_rule(p, &q->order);
    }
    if (sql_at2(p, "CLUSTER", "BY") || sql_at2(p, "DISTRIBUTE", "BY"))
        sql_unsupported(p, "CLUSTER BY or DISTRIBUTE BY in a query", "it has no meaning on one machine: leave it out");
    if (sql_accept(p, "LIMIT") && !sql_accept(p, "ALL"))
        q->limit = sql_expr_rule(p);
    if (sql_accept(p, "OFFSET"))
        q->offset = sql_expr_rule(p);
}

struct query *sql_query_rule(struct parser *p)
{
    struct query *q = arena_alloc(p->a, sizeof(*q));
    q->pos = sql_tok(p)->pos;
    if (sql_enter(p)) {
        if (sql_accept(p, "WITH"))
            sql_ctes_rule(p, q);
        q->body = set_rule(p, false);
        query_tail(p, q);
        if (sql_at(p, "|>"))
            sql_unsupported(p, "pipe syntax |>", NULL);
    } else {
        q->body = arena_alloc(p->a, sizeof(*q->body));
        q->body->kind = BODY_VALUES;
        *LIST_ADD(p->a, &q->body->rows) = column_node(p, p->i);
    }
    sql_leave(p);
    return q;
}
