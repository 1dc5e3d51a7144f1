/* Queries of a bound tree as DuckDB SQL. */
#include "sql/bind.h"

static void put(struct emitter *m, const char *s) { buf_puts(&m->out, s); }

static void put_names(struct emitter *m, const sql_strings *names)
{
    if (!names->count)
        return;
    for (size_t i = 0; i < names->count; i++) {
        put(m, i ? ", " : "(");
        sql_emit_name(m, names->items[i]);
    }
    put(m, ")");
}

/* NULLs stand where Spark puts them whatever the engine's setting: first going up, last going down. */
void sql_emit_order(struct emitter *m, const order_list *o)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct order_item *x = &o->items[i];
        bool first = x->nulls_first || (!x->desc && !x->nulls_last);
        put(m, i ? ", " : "");
        sql_emit_expr(m, x->expr);
        buf_printf(&m->out, " %s NULLS %s", x->desc ? "DESC" : "ASC", first ? "FIRST" : "LAST");
    }
}

static void put_bound(struct emitter *m, const char *bound, const struct expr *value)
{
    if (value) {
        sql_emit_expr(m, value);
        put(m, " ");
    }
    put(m, bound);
}

void sql_emit_window(struct emitter *m, const struct window_spec *w)
{
    if (w->is_reference) {
        sql_emit_name(m, w->name);
        return;
    }
    put(m, "(");
    if (w->name)
        sql_emit_name(m, w->name);
    for (size_t i = 0; i < w->partition.count; i++) {
        put(m, i ? ", " : w->name ? " PARTITION BY " : "PARTITION BY ");
        sql_emit_expr(m, w->partition.items[i]);
    }
    if (w->order.count) {
        put(m, w->partition.count || w->name ? " ORDER BY " : "ORDER BY ");
        sql_emit_order(m, &w->order);
    }
    if (w->frame) {
        buf_printf(&m->out, " %s %s", w->frame, w->to_bound ? "BETWEEN " : "");
        put_bound(m, w->from_bound, w->frame_from);
        if (w->to_bound) {
            put(m, " AND ");
            put_bound(m, w->to_bound, w->frame_to);
        }
    }
    put(m, ")");
}

/* ---- relations ----------------------------------------------------------------------------------------------- */

static void put_unnest(struct emitter *m, const char *list, const struct expr *x, bool outer, const char *name, bool *first)
{
    put(m, *first ? "" : ", ");
    *first = false;
    put(m, outer ? "unnest(dbx_outer(" : "unnest(");
    const char *hit = strstr(list, "$1");
    buf_add(&m->out, list, (size_t)(hit - list));
    sql_emit_expr(m, x);
    put(m, hit + 2);
    put(m, outer ? ")) AS " : ") AS ");
    sql_emit_name(m, name);
}

/* (SELECT unnest(..) AS a, ..): lists beside each other are walked in step. */
static void put_generator(struct emitter *m, const struct expr *call, const sql_strings *names, bool outer)
{
    const char *f = call->builtin->name;
    const struct expr *x = call->args.items[0];
    const struct sql_type *t = x->type;
    size_t n = 0;
    bool first = true;
    outer = outer || str_ends(f, "_outer");
    put(m, "(SELECT ");
    if (str_starts(f, "pos")) {
        const char *count = t->kind == SQL_T_MAP ? "CAST(range(CAST(cardinality($1) AS BIGINT)) AS INTEGER[])"
                                                 : "CAST(range(len($1)) AS INTEGER[])";
        put_unnest(m, count, x, outer, names->items[n++], &first);
    }
    if (str_starts(f, "inline")) {
        for (size_t i = 0; i < t->item->field_count; i++)
            put_unnest(m, arena_printf(m->a, "list_transform($1, lambda _s: _s.%s)", sql_quote(m->a, t->item->fields[i].name)), x, outer,
                       names->items[n++], &first);
    } else if (t->kind == SQL_T_MAP) {
        put_unnest(m, "map_keys($1)", x, outer, names->items[n++], &first);
        put_unnest(m, "map_values($1)", x, outer, names->items[n++], &first);
    } else {
        put_unnest(m, "$1", x, outer, names->items[n++], &first);
    }
    put(m, ")");
}

static sql_strings generator_names(struct emitter *m, const struct expr *call)
{
    sql_strings names = {0};
    const struct sql_type *t = call->args.items[0]->type;
    if (str_starts(call->builtin->name, "pos"))
        *LIST_ADD(m->a, &names) = "pos";
    if (str_starts(call->builtin->name, "inline")) {
        for (size_t i = 0; i < t->item->field_count; i++)
            *LIST_ADD(m->a, &names) = t->item->fields[i].name;
    } else if (t->kind == SQL_T_MAP) {
        *LIST_ADD(m->a, &names) = "key";
        *LIST_ADD(m->a, &names) = "value";
    } else {
        *LIST_ADD(m->a, &names) = "col";
    }
    return names;
}

static void put_alias(struct emitter *m, const struct relation *r)
{
    if (!r->alias)
        return;
    put(m, " AS ");
    sql_emit_name(m, r->alias);
    put_names(m, &r->column_aliases);
}

static void put_one_relation(struct emitter *m, const struct relation *r)
{
    put(m, r->lateral ? "LATERAL " : "");
    if (r->kind == REL_PAREN) {
        put(m, "(");
        sql_emit_relation(m, r->inner);
        put(m, ")");
        return;
    }
    if (r->kind == REL_TABLE) {
        if (r->engine_schema) {
            sql_emit_name(m, r->engine_schema);
            put(m, ".");
        }
        sql_emit_name(m, r->engine_table);
    } else if (r->kind == REL_QUERY) {
        put(m, "(");
        sql_emit_query(m, r->query);
        put(m, ")");
    } else if (sql_is_generator(r->call)) {
        sql_strings names = generator_names(m, r->call);
        put_generator(m, r->call, &names, false);
    } else {
        sql_emit_expr(m, r->call);
        if (!r->column_aliases.count && str_eq(r->call->text, "range($*)")) {
            put(m, " AS ");
            sql_emit_name(m, r->alias);
            put(m, "(\"id\")");
            return;
        }
    }
    put_alias(m, r);
}

void sql_emit_relation(struct emitter *m, const struct relation *r)
{
    static const char *const words[] = {
        [JOIN_COMMA] = ", ",           [JOIN_INNER] = " JOIN ",     [JOIN_CROSS] = " CROSS JOIN ", [JOIN_LEFT] = " LEFT JOIN ",
        [JOIN_RIGHT] = " RIGHT JOIN ", [JOIN_FULL] = " FULL JOIN ", [JOIN_SEMI] = " SEMI JOIN ",   [JOIN_ANTI] = " ANTI JOIN "};
    for (bool first = true; r; r = r->next, first = false) {
        if (!first)
            put(m, words[r->join]);
        put_one_relation(m, r);
        if (r->on) {
            put(m, " ON ");
            sql_emit_expr(m, r->on);
        } else if (r->using_columns.count) {
            put(m, " USING ");
            put_names(m, &r->using_columns);
        } else if (!first && r->join != JOIN_COMMA && r->join != JOIN_CROSS) {
            put(m, " ON TRUE"); /* JOIN LATERAL (..) */
        }
    }
}

/* ---- SELECT -------------------------------------------------------------------------------------------------- */

static void put_items(struct emitter *m, const struct select *s)
{
    for (size_t i = 0; i < s->items.count; i++) {
        const struct select_item *it = &s->items.items[i];
        put(m, i ? ", " : "");
        sql_emit_expr(m, it->expr);
        if (it->expr->kind == EX_STAR)
            continue;
        put(m, " AS ");
        sql_emit_name(m, it->alias);
    }
}

static void put_from(struct emitter *m, const struct select *s)
{
    if (s->from || s->views.count)
        put(m, " FROM ");
    if (s->from)
        sql_emit_relation(m, s->from);
    for (size_t i = 0; i < s->views.count; i++) {
        const struct lateral_view *v = &s->views.items[i];
        put(m, s->from || i ? ", LATERAL " : "");
        put_generator(m, v->call, &v->columns, v->outer);
        put(m, " AS ");
        sql_emit_name(m, v->alias);
    }
}

static bool is_grouping(const struct expr *e)
{
    bool grouping = !e->over;
    for (size_t i = 0; grouping && i < e->args.count; i++)
        grouping = is_grouping(e->args.items[i]);
    return grouping;
}

/* DuckDB has no QUALIFY with GROUP BY ALL: there the columns stand by their places. */
static void put_all(struct emitter *m, const struct select *s)
{
    size_t n = 0;
    bool star = false;
    for (size_t i = 0; i < s->items.count; i++)
        star = star || s->items.items[i].expr->kind == EX_STAR;
    if (!s->qualify || star) {
        put(m, "ALL");
        return;
    }
    for (size_t i = 0; i < s->items.count; i++)
        if (is_grouping(s->items.items[i].expr) && !sql_has_aggregate(s->items.items[i].expr))
            buf_printf(&m->out, "%s%zu", n++ ? ", " : "", i + 1);
    if (!n)
        put(m, "()");
}

static void put_group(struct emitter *m, const struct select *s)
{
    if (!s->has_group)
        return;
    put(m, " GROUP BY ");
    if (s->group_all)
        put_all(m, s);
    for (size_t i = 0; i < s->group.count; i++) {
        put(m, i ? ", " : "");
        sql_emit_expr(m, s->group.items[i]);
    }
    if (!s->group_kind)
        return;
    buf_printf(&m->out, "%s (", s->group_kind);
    bool sets = str_eq(s->group_kind, "GROUPING SETS");
    for (size_t i = 0; i < s->sets.count; i++) {
        const struct expr *t = s->sets.items[i];
        bool bracket = sets || t->args.count != 1;
        put(m, i ? ", " : "");
        put(m, bracket ? "(" : "");
        for (size_t k = 0; k < t->args.count; k++) {
            put(m, k ? ", " : "");
            sql_emit_expr(m, t->args.items[k]);
        }
        put(m, bracket ? ")" : "");
    }
    put(m, ")");
}

static void put_clause(struct emitter *m, const char *word, const struct expr *e)
{
    if (!e)
        return;
    buf_printf(&m->out, " %s ", word);
    sql_emit_expr(m, e);
}

static void put_select(struct emitter *m, const struct select *s)
{
    put(m, s->distinct ? "SELECT DISTINCT " : "SELECT ");
    put_items(m, s);
    put_from(m, s);
    put_clause(m, "WHERE", s->where);
    put_group(m, s);
    put_clause(m, "HAVING", s->having);
    for (size_t i = 0; i < s->window_count; i++) {
        put(m, i ? ", " : " WINDOW ");
        sql_emit_name(m, s->windows[i].name);
        put(m, " AS ");
        sql_emit_window(m, s->windows[i].spec);
    }
    put_clause(m, "QUALIFY", s->qualify);
}

/* ---- bodies --------------------------------------------------------------------------------------------------- */

static void put_body(struct emitter *m, const struct body *b);

static void put_values(struct emitter *m, const struct body *b)
{
    put(m, "SELECT * FROM (VALUES ");
    for (size_t i = 0; i < b->rows.count; i++) {
        const struct expr *row = b->rows.items[i];
        put(m, i ? ", " : "");
        put(m, row->kind == EX_TUPLE ? "" : "(");
        sql_emit_expr(m, row);
        put(m, row->kind == EX_TUPLE ? "" : ")");
    }
    put(m, ") AS \"_v\"");
    for (size_t i = 0; i < b->column_count; i++) {
        put(m, i ? ", " : "(");
        sql_emit_name(m, b->columns[i].name);
    }
    put(m, ")");
}

/* A term whose types differ from those of the whole is wrapped, so that DuckDB need not find the common type itself. */
static void put_term(struct emitter *m, const struct body *whole, const struct body *term)
{
    bool wrap = false;
    for (size_t i = 0; i < whole->column_count && !whole->open && !term->open; i++) {
        const struct sql_type *from = term->columns[i].type, *to = whole->columns[i].type;
        wrap = wrap || (!sql_type_equal(from, to) && to->kind > SQL_T_VOID && from->kind != SQL_T_UNKNOWN);
    }
    bool bracket = wrap || term->kind == BODY_SET || term->kind == BODY_QUERY;
    if (wrap) {
        put(m, "SELECT ");
        for (size_t i = 0; i < whole->column_count; i++) {
            struct expr x = {.kind = EX_RAW, .type = term->columns[i].type, .text = arena_printf(m->a, "\"_c%zu\"", i + 1)};
            put(m, i ? ", " : "");
            sql_emit_cast(m, &x, term->columns[i].type, whole->columns[i].type, false);
            put(m, " AS ");
            sql_emit_name(m, whole->columns[i].name);
        }
        put(m, " FROM ");
    }
    put(m, bracket ? "(" : "");
    put_body(m, term);
    put(m, bracket ? ")" : "");
    for (size_t i = 0; i < whole->column_count && wrap; i++)
        buf_printf(&m->out, "%s\"_c%zu\"%s", i ? ", " : " AS \"_u\"(", i + 1, i + 1 == whole->column_count ? ")" : "");
}

static void put_body(struct emitter *m, const struct body *b)
{
    switch (b->kind) {
    case BODY_SELECT:
        put_select(m, b->select);
        break;
    case BODY_VALUES:
        put_values(m, b);
        break;
    case BODY_QUERY:
        sql_emit_query(m, b->query);
        break;
    case BODY_TABLE:
        put(m, "SELECT * FROM ");
        if (b->alias) {
            sql_emit_name(m, b->alias);
            put(m, ".");
        }
        sql_emit_name(m, b->table->parts[0]);
        break;
    case BODY_SET:
        for (size_t i = 0; i < b->terms.count; i++) {
            if (i)
                buf_printf(&m->out, " %s ", b->ops.items[i - 1]);
            put_term(m, b, b->terms.items[i]);
        }
        break;
    }
}

void sql_emit_ctes(struct emitter *m, const struct cte *ctes, size_t count, bool recursive)
{
    for (size_t i = 0; i < count; i++) {
        put(m, i ? ", " : recursive ? "WITH RECURSIVE " : "WITH ");
        sql_emit_name(m, ctes[i].name);
        put_names(m, &ctes[i].columns);
        put(m, " AS (");
        sql_emit_query(m, ctes[i].query);
        put(m, ")");
    }
    put(m, count ? " " : "");
}

void sql_emit_query(struct emitter *m, const struct query *q)
{
    if (m->out.overflow)
        return;
    bool bracket = q->body->kind == BODY_QUERY && (q->order.count || q->order_all || q->limit || q->offset || q->ctes.count);
    sql_emit_ctes(m, q->ctes.items, q->ctes.count, q->recursive);
    put(m, bracket ? "(" : "");
    put_body(m, q->body);
    put(m, bracket ? ")" : "");
    if (q->order_all)
        put(m, q->order_all_desc ? " ORDER BY ALL DESC NULLS LAST" : " ORDER BY ALL ASC NULLS FIRST");
    if (q->order.count) {
        put(m, " ORDER BY ");
        sql_emit_order(m, &q->order);
    }
    put_clause(m, "LIMIT", q->limit);
    put_clause(m, "OFFSET", q->offset);
}

void sql_emit_columns(struct emitter *m, const struct columns *from, const struct columns *to, const struct query *q)
{
    put(m, "SELECT ");
    for (size_t i = 0; i < to->count; i++) {
        struct expr x = {.kind = EX_RAW, .type = from->items[i].type, .text = arena_printf(m->a, "\"_c%zu\"", i + 1)};
        put(m, i ? ", " : "");
        sql_emit_cast(m, &x, from->items[i].type, to->items[i].type, false);
        put(m, " AS ");
        sql_emit_name(m, to->items[i].name);
    }
    put(m, " FROM (");
    sql_emit_query(m, q);
    put(m, ") AS \"_u\"(");
    for (size_t i = 0; i < to->count; i++)
        buf_printf(&m->out, "%s\"_c%zu\"", i ? ", " : "", i + 1);
    put(m, ")");
}
