/* Windows of measures: rows are taken once more for each value of the order that has them in its range. */
#include "sql/metric.h"

/* ---- windows: which rows a measure takes ------------------------------------------------------------------------------ */

#define WINDOW "__w"  /* number of the measure that a row is for; 0: those without windows */
#define NEAREST "__n" /* with its number: the row is of the first or last order of its group */

size_t metric_window_number(const struct block *b, const struct sql_metric_field *m)
{
    for (size_t i = 0; i < b->windowed.count; i++)
        if (b->windowed.items[i] == m)
            return i + 1;
    return 0;
}

static const struct expr *item_of(const struct select *s, const struct expr *e)
{
    int64_t at;
    if (e->kind == EX_NUMBER && !str_to_i64(e->text, &at) && at >= 1 && (size_t)at <= s->items.count)
        return s->items.items[at - 1].expr;
    for (size_t i = 0; e->kind == EX_COLUMN && e->name->count == 1 && i < s->items.count; i++)
        if (s->items.items[i].alias && str_ieq(s->items.items[i].alias, e->name->parts[0]))
            return s->items.items[i].expr;
    return e;
}

static bool grouped_by(const struct block *b, const char *dimension)
{
    for (size_t i = 0; i < b->groups.count; i++) {
        const struct expr *e = b->groups.items[i];
        if (e->kind == EX_COLUMN && str_ieq(e->name->parts[e->name->count - 1], dimension))
            return true;
    }
    return false;
}

static bool all_grouped(const struct block *b, const struct sql_metric_field *m)
{
    for (size_t i = 0; i < m->window_count; i++)
        if (!grouped_by(b, m->windows[i].order))
            return false;
    return true;
}

/* The condition on the rows of the measure that is written. */
const char *metric_window_rows(const struct block *b)
{
    const char *alias = sql_backtick(b->x->a, b->alias);
    const char *rows = arena_printf(b->x->a, "%s." WINDOW " = %zu", alias, b->window);
    if (!b->window || all_grouped(b, b->windowed.items[b->window - 1]))
        return rows;
    return arena_printf(b->x->a, "%s AND %s." NEAREST "%zu", rows, alias, b->window);
}

/* ---- windows of a SELECT ------------------------------------------------------------------------------------------- */

static void note_call(struct block *b, const struct parser *p, const struct expr *e);

static void note_measure(struct block *b, const struct sql_metric_field *m)
{
    struct parser p;
    if (++b->depth <= MEASURE_DEPTH) {
        if (m->window_count && !metric_window_number(b, m))
            *LIST_ADD(b->x->a, &b->windowed) = m;
        metric_each_column(b, &p, metric_parse(b->x, b->view, m->name, m->expr, &p), NULL, note_call);
    }
    b->depth--;
}

static void note_call(struct block *b, const struct parser *p, const struct expr *e)
{
    (void)p;
    const char *name = e->kind == EX_CALL ? metric_argument(e) : NULL;
    const struct sql_metric_field *m = name ? metric_measure(b->view, name) : NULL;
    if (m)
        note_measure(b, m);
}

static bool is_measured(const struct expr *e)
{
    bool found = e->over || metric_is_call(e);
    for (size_t i = 0; !found && i < e->args.count; i++)
        found = is_measured(e->args.items[i]);
    return found;
}

static void find_groups(struct block *b)
{
    const struct select *s = b->select;
    for (size_t i = 0; s->group_all && i < s->items.count; i++)
        if (!is_measured(s->items.items[i].expr))
            *LIST_ADD(b->x->a, &b->groups) = s->items.items[i].expr;
    for (size_t i = 0; i < s->group.count; i++)
        *LIST_ADD(b->x->a, &b->groups) = item_of(s, s->group.items[i]);
}

/* What windows the measures of the SELECT have, before any of it is written. */
void metric_find_windows(struct block *b, const order_list *order)
{
    const struct select *s = b->select;
    for (size_t i = 0; i < s->items.count; i++)
        metric_each_column(b, b->x->p, s->items.items[i].expr, NULL, note_call);
    metric_each_column(b, b->x->p, s->having, NULL, note_call);
    metric_each_column(b, b->x->p, s->qualify, NULL, note_call);
    for (size_t i = 0; order && i < order->count; i++)
        metric_each_column(b, b->x->p, order->items[i].expr, NULL, note_call);
    if (!b->windowed.count)
        return;
    if (s->group_kind) {
        sql_fail(b->x->p, s->pos, ERROR_USAGE, "group by dimensions", "measures with windows do not go with %s", s->group_kind);
        return;
    }
    find_groups(b);
    for (size_t i = 0; i < b->windowed.count; i++)
        for (size_t k = 0; k < b->windowed.items[i]->window_count; k++) {
            const struct sql_metric_window *w = &b->windowed.items[i]->windows[k];
            const struct sql_metric_field *d = metric_dimension(b->view, w->order);
            if (d)
                metric_use_dimension(b, d);
            else
                metric_unknown(b, s->pos, "dimension", w->order, true, false);
        }
}

/* Columns of the source and of joins that a dimension is made of, in the end. */
struct leaves {
    struct block *b;
    sql_strings names;
};

static void add_leaves(struct leaves *l, const struct sql_metric_field *d, unsigned depth);

static void walk_leaves(struct leaves *l, const struct sql_metric_field *self, const struct expr *e, unsigned depth)
{
    if (!e)
        return;
    if (e->kind == EX_COLUMN) {
        const char *name = e->name->parts[e->name->count - 1];
        const struct sql_metric_field *d = e->name->count == 1 ? metric_dimension(l->b->view, name) : NULL;
        if (d && d != self && depth < MEASURE_DEPTH)
            add_leaves(l, d, depth + 1);
        else
            *LIST_ADD(l->b->x->a,
                      &l->names) = e->name->count > 1 && !str_ieq(e->name->parts[0], "source") ? sql_name_text(l->b->x->a, e->name) : name;
    }
    for (size_t i = 0; i < e->args.count; i++)
        walk_leaves(l, self, e->args.items[i], depth);
}

static void add_leaves(struct leaves *l, const struct sql_metric_field *d, unsigned depth)
{
    struct parser p;
    walk_leaves(l, d, metric_parse(l->b->x, l->b->view, d->name, d->expr, &p), depth);
}

static bool holds(const sql_strings *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_ieq(l->items[i], name))
            return true;
    return false;
}

/* A dimension that says nothing but what the orders say (the month of the day) goes with the row that the window is of. */
static bool of_the_orders(struct block *b, const struct sql_metric_field *m, const struct sql_metric_field *d)
{
    struct leaves orders = {.b = b}, own = {.b = b};
    for (size_t i = 0; i < m->window_count; i++) {
        const struct sql_metric_field *o = metric_dimension(b->view, m->windows[i].order);
        if (o == d)
            return true;
        add_leaves(&orders, o, 0);
    }
    add_leaves(&own, d, 0);
    for (size_t i = 0; i < own.names.count; i++)
        if (!holds(&orders.names, own.names.items[i]))
            return false;
    return own.names.count > 0;
}

static void put_range(struct block *b, const struct sql_metric_window *w, struct buf *out)
{
    const char *o = sql_backtick(b->x->a, w->order), *n = w->interval;
    switch (w->range) {
    case SQL_RANGE_CURRENT:
        buf_printf(out, "r.%s = a.%s", o, o);
        break;
    case SQL_RANGE_CUMULATIVE:
        buf_printf(out, "r.%s <= a.%s", o, o);
        break;
    case SQL_RANGE_ALL:
        buf_puts(out, "TRUE");
        break;
    case SQL_RANGE_TRAILING:
        buf_printf(out, "r.%s %s a.%s - INTERVAL %s AND r.%s %s a.%s", o, w->inclusive ? ">" : ">=", o, n, o, w->inclusive ? "<=" : "<", o);
        break;
    case SQL_RANGE_LEADING:
        buf_printf(out, "r.%s %s a.%s AND r.%s %s a.%s + INTERVAL %s", o, w->inclusive ? ">=" : ">", o, o, w->inclusive ? "<" : "<=", o, n);
    }
}

/* The rows that a measure takes for each value of its orders: those in the range of it, with that value. */
static void put_window(struct block *b, size_t number, struct buf *out)
{
    const struct sql_metric_field *m = b->windowed.items[number - 1];
    struct buf anchors CLEANUP(buf_free);
    buf_init(&anchors, LIMIT_SQL_BYTES);
    buf_printf(out, " UNION ALL SELECT %zu AS " WINDOW, number);
    for (size_t i = 0; i < b->view->dimension_count; i++) {
        if (!b->dimensions[i])
            continue;
        const char *name = sql_backtick(b->x->a, b->view->dimensions[i].name);
        const bool anchor = of_the_orders(b, m, &b->view->dimensions[i]);
        buf_printf(out, ", %s.%s", anchor ? "a" : "r", name);
        if (anchor)
            buf_printf(&anchors, "%s%s", anchors.len ? ", " : "", name);
    }
    for (size_t i = 0; i < b->columns.count; i++)
        buf_printf(out, ", r.%s", b->columns.items[i].name);
    buf_printf(out, " FROM b AS r JOIN (SELECT DISTINCT %s FROM b) AS a ON ", anchors.data);
    for (size_t i = 0; i < m->window_count; i++) {
        buf_puts(out, i ? " AND " : "");
        put_range(b, &m->windows[i], out);
    }
}

/* Marks the rows of the first or last order of each group, where the query does not group by it. */
static void put_nearest(struct block *b, size_t number, struct buf *out)
{
    const struct sql_metric_field *m = b->windowed.items[number - 1];
    size_t n = 0;
    if (all_grouped(b, m))
        return;
    buf_puts(out, ", ");
    for (size_t i = 0; i < m->window_count; i++) {
        const char *o = sql_backtick(b->x->a, m->windows[i].order);
        if (grouped_by(b, m->windows[i].order))
            continue;
        buf_printf(out, "%s%s = %s(CASE WHEN " WINDOW " = 0 THEN %s END) OVER (", n++ ? " AND " : "", o,
                   m->windows[i].first ? "MIN" : "MAX", o);
        for (size_t k = 0; k < b->groups.count; k++)
            buf_printf(out, "%s%s", k ? ", " : "PARTITION BY ",
                       metric_flat(b->x->a, b->x->p, b->groups.items[k]->first, b->groups.items[k]->last + 1));
        buf_puts(out, ")");
    }
    buf_printf(out, " AS " NEAREST "%zu", number);
}

const char *metric_window_query(struct block *b, const char *plain)
{
    const struct expr *where = b->select->where;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 4 * (size_t)LIMIT_SQL_BYTES);
    const char *alias = sql_backtick(b->x->a, b->alias);
    buf_printf(&out, "(WITH b AS (SELECT * FROM %s) SELECT *", plain);
    for (size_t i = 1; i <= b->windowed.count; i++)
        put_nearest(b, i, &out);
    buf_puts(&out, " FROM (SELECT 0 AS " WINDOW);
    for (size_t i = 0; i < b->view->dimension_count; i++)
        if (b->dimensions[i])
            buf_printf(&out, ", %s", sql_backtick(b->x->a, b->view->dimensions[i].name));
    for (size_t i = 0; i < b->columns.count; i++)
        buf_printf(&out, ", %s", b->columns.items[i].name);
    buf_puts(&out, " FROM b");
    for (size_t i = 1; i <= b->windowed.count; i++)
        put_window(b, i, &out);
    buf_printf(&out, ") AS %s", alias);
    if (where)
        buf_printf(&out, " WHERE %s", metric_flat(b->x->a, b->x->p, where->first, where->last + 1));
    buf_puts(&out, ")");
    if (out.overflow)
        sql_fail(b->x->p, b->x->p->tokens[0].pos, ERROR_LIMIT, NULL, "the query of the metric view %s grows too long", b->view->name);
    return arena_strdup(b->x->a, out.overflow ? "" : out.data);
}

/* ---- windows ---------------------------------------------------------------------------------------------------------- */

static const char *one_of(const char *const *names, size_t count, const char *text, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (sql_word_eq(text, len, names[i]))
            return names[i];
    return NULL;
}

/* trailing 7 days inclusive: word, number, unit and how it ends. */
static int parse_interval(struct arena *a, const char *text, const struct sql_token *t, size_t count, struct sql_metric_window *w)
{
    static const char *const units[] = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "HOUR", "MINUTE"};
    const bool trailing = sql_word_eq(text + t[0].offset, t[0].len, "TRAILING");
    const bool inclusive = count == 4 && sql_word_eq(text + t[3].offset, t[3].len, "INCLUSIVE");
    int64_t n;
    if ((!trailing && !sql_word_eq(text + t[0].offset, t[0].len, "LEADING")) || t[1].kind != SQL_TOKEN_NUMBER)
        return ERROR_USAGE;
    if (count == 4 && !inclusive && !sql_word_eq(text + t[3].offset, t[3].len, "EXCLUSIVE"))
        return ERROR_USAGE;
    if (str_to_i64(arena_strndup(a, text + t[1].offset, t[1].len), &n) || n < 1 || n > 100000)
        return ERROR_USAGE;
    const size_t len = t[2].len - (t[2].len > 1 && (text[t[2].offset + t[2].len - 1] | 32) == 's');
    const char *unit = one_of(units, ARRAY_LEN(units), text + t[2].offset, len);
    w->range = trailing ? SQL_RANGE_TRAILING : SQL_RANGE_LEADING;
    w->inclusive = inclusive;
    w->interval = unit ? arena_printf(a, "%lld %s", (long long)n, unit) : NULL;
    return unit ? 0 : ERROR_USAGE;
}

int sql_metric_window_parse(struct arena *a, const char *text, struct sql_metric_window *w)
{
    static const char *const alone[] = {[SQL_RANGE_CURRENT] = "CURRENT", [SQL_RANGE_CUMULATIVE] = "CUMULATIVE", [SQL_RANGE_ALL] = "ALL"};
    struct sql_token *t;
    struct error err;
    size_t count;
    if (sql_lex(a, text, strlen(text), 1, &t, &count, &err))
        return ERROR_USAGE;
    count--; /* the end */
    for (size_t i = 0; count == 1 && i < ARRAY_LEN(alone); i++)
        if (sql_word_eq(text + t[0].offset, t[0].len, alone[i])) {
            w->range = (enum sql_metric_range)i;
            return 0;
        }
    return count == 3 || count == 4 ? parse_interval(a, text, t, count, w) : ERROR_USAGE;
}
