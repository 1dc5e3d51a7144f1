/* Metric views: a SELECT from one becomes a SELECT from a query of its source, as text that every engine takes. */
#include "sql/metric.h"

#define COLUMN_PREFIX "__c"

/* ---- parts of a text that others stand for ------------------------------------------------------------------------ */

/* For the tokens first..last of p's text. */
static struct sql_splice splice_of(const struct parser *p, size_t first, size_t last, const char *with)
{
    const struct sql_token *from = &p->tokens[first], *to = &p->tokens[last];
    return (struct sql_splice){.at = from->pos, .from = from->offset, .len = to->offset + to->len - from->offset, .with = with};
}

static void add_splice(struct arena *a, splices *l, struct sql_splice s)
{
    s.seq = (uint32_t)l->count;
    *LIST_ADD(a, l) = s;
}

/* From left to right; at one place in the order in which they were added. */
static int splice_order(const void *x, const void *y)
{
    const struct sql_splice *a = x, *b = y;
    return a->from != b->from ? (a->from < b->from ? -1 : 1) : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int put_splices(struct arena *a, const char *text, size_t len, splices *l, const char **ret, size_t *ret_len, struct error *err)
{
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 4 * (size_t)LIMIT_SQL_BYTES);
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), splice_order);
    size_t at = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct sql_splice *s = &l->items[i];
        buf_add(&out, text + at, s->from - at);
        buf_puts(&out, s->with);
        at = s->from + s->len;
    }
    buf_add(&out, text + at, len - at);
    if (out.overflow)
        return error_set(err, ERROR_LIMIT, "the statement grows too long");
    *ret = arena_strndup(a, out.len ? out.data : "", out.len);
    *ret_len = out.len;
    return 0;
}

static size_t token_at(const struct parser *p, struct sql_pos pos)
{
    size_t i = 0;
    while (i + 1 < p->count && (p->tokens[i].pos.line != pos.line || p->tokens[i].pos.column != pos.column))
        i++;
    return i;
}

/* ---- names of a view --------------------------------------------------------------------------------------------- */

static const struct sql_metric_field *find_field(const struct sql_metric_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(fields[i].name, name))
            return &fields[i];
    return NULL;
}

const struct sql_metric_field *metric_measure(const struct sql_metric_view *v, const char *name)
{
    return find_field(v->measures, v->measure_count, name);
}

const struct sql_metric_field *metric_dimension(const struct sql_metric_view *v, const char *name)
{
    return find_field(v->dimensions, v->dimension_count, name);
}

static const char *nearest_field(struct arena *a, const struct sql_metric_view *v, const char *name, bool dimensions, bool measures)
{
    LIST(const char *) names = {0};
    for (size_t i = 0; dimensions && i < v->dimension_count; i++)
        *LIST_ADD(a, &names) = v->dimensions[i].name;
    for (size_t i = 0; measures && i < v->measure_count; i++)
        *LIST_ADD(a, &names) = v->measures[i].name;
    return names.count ? nearest_name(name, names.items, names.count) : NULL;
}

void metric_unknown(struct block *b, struct sql_pos pos, const char *what, const char *name, bool dimensions, bool measures)
{
    const char *near = nearest_field(b->x->a, b->view, name, dimensions, measures);
    const char *hint = near ? arena_printf(b->x->a, metric_measure(b->view, near) ? "did you mean MEASURE(%s)?" : "did you mean %s?", near)
                            : NULL;
    sql_fail(b->x->p, pos, ERROR_NOT_FOUND, hint, "the metric view %s has no %s %s", b->view->name, what, name);
}

/* ---- expressions of a view --------------------------------------------------------------------------------------- */

/* An expression of the view as a tree of its own; faults are told as of the view. */
struct expr *metric_parse(struct expander *x, const struct sql_metric_view *v, const char *what, const char *text, struct parser *p)
{
    struct error err = {0};
    struct expr *e = NULL;
    int rc = sql_parser_init(p, x->a, text, strlen(text), 1, &err);
    if (!rc) {
        e = sql_expr_rule(p);
        sql_expect_end(p);
    }
    if (!rc && !p->failed)
        return e;
    if (!x->p->failed)
        sql_fail(x->p, x->p->tokens[0].pos, err.kind ? err.kind : ERROR_USAGE, NULL, "%s of the metric view %s: %s", what, v->name,
                 err.what);
    return NULL;
}

/* Its text on one line, without comments. */
char *metric_flat(struct arena *a, const struct parser *p, size_t first, size_t end)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = first; i < end; i++) {
        const struct sql_token *t = &p->tokens[i];
        if (i > first && t->offset > p->tokens[i - 1].offset + p->tokens[i - 1].len)
            buf_puts(&b, " ");
        buf_add(&b, p->text + t->offset, t->len);
    }
    return arena_strdup(a, b.len ? b.data : "");
}

static char *flat_text(struct expander *x, const char *text)
{
    struct parser p;
    struct error err;
    if (sql_parser_init(&p, x->a, text, strlen(text), 1, &err))
        return arena_strdup(x->a, text);
    return metric_flat(x->a, &p, 0, p.count - 1);
}

bool metric_is_call(const struct expr *e) { return e->kind == EX_CALL && e->name->count == 1 && str_ieq(e->name->parts[0], "measure"); }

static bool is_setting(const struct sql_name *n)
{
    bool setting = false;
    for (size_t i = 0; i < n->count; i++)
        setting = setting || strstr(n->parts[i], "${");
    return setting;
}

void metric_each_column(struct block *b, const struct parser *p, const struct expr *e, const struct expr *lambda, metric_column_fn *fn)
{
    if (!e || b->x->p->failed)
        return;
    if (e->kind == EX_COLUMN) {
        for (size_t i = 0; lambda && i < lambda->names.count; i++)
            if (str_ieq(lambda->names.items[i], e->name->parts[0]))
                return;
        if (!is_setting(e->name))
            fn(b, p, e);
        return;
    }
    if (metric_is_call(e)) {
        fn(b, p, e);
        return;
    }
    const struct expr *inner = e->kind == EX_LAMBDA ? e : lambda;
    for (size_t i = 0; i < e->args.count; i++)
        metric_each_column(b, p, e->args.items[i], inner, fn);
    for (size_t i = 0; i < e->within.count; i++)
        metric_each_column(b, p, e->within.items[i].expr, inner, fn);
    for (size_t i = 0; e->over && i < e->over->partition.count; i++)
        metric_each_column(b, p, e->over->partition.items[i], inner, fn);
    for (size_t i = 0; e->over && i < e->over->order.count; i++)
        metric_each_column(b, p, e->over->order.items[i].expr, inner, fn);
    metric_each_column(b, p, e->filter, inner, fn);
}

static void use_join(struct block *b, const struct sql_metric_join *j)
{
    for (; j && !b->joins[j - b->view->joins]; j = j->parent)
        b->joins[j - b->view->joins] = true;
}

/* What an expression of the view names: joins, and dimensions that stand before. */
static void use_column(struct block *b, const struct parser *p, const struct expr *e)
{
    (void)p;
    const struct sql_name *n = e->name;
    if (e->kind == EX_CALL)
        return;
    if (n->count == 1) {
        const struct sql_metric_field *d = metric_dimension(b->view, n->parts[0]);
        if (d)
            metric_use_dimension(b, d);
        return;
    }
    for (size_t i = 0; i < b->view->join_count; i++)
        if (str_ieq(b->view->joins[i].name, n->parts[0])) {
            use_join(b, &b->view->joins[i]);
            *LIST_ADD(b->x->a, &b->join_columns) = arena_printf(b->x->a, "%s.%s", b->view->joins[i].name,
                                                                sql_backtick(b->x->a, n->parts[1]));
        }
}

void metric_use_dimension(struct block *b, const struct sql_metric_field *d)
{
    struct parser p;
    bool *used = &b->dimensions[d - b->view->dimensions];
    if (*used)
        return;
    *used = true;
    metric_each_column(b, &p, metric_parse(b->x, b->view, d->name, d->expr, &p), NULL, use_column);
}

/* ---- measures ------------------------------------------------------------------------------------------------------ */

static const char *measure_text(struct block *b, const struct sql_metric_field *m);

static const char *column_name(struct block *b, const char *text)
{
    for (size_t i = 0; i < b->columns.count; i++)
        if (str_eq(b->columns.items[i].text, text))
            return b->columns.items[i].name;
    const char *name = arena_printf(b->x->a, COLUMN_PREFIX "%zu", b->columns.count);
    *LIST_ADD(b->x->a, &b->columns) = (struct used_column){text, name};
    return name;
}

const char *metric_argument(const struct expr *call)
{
    const struct expr *e = call->args.count == 1 ? call->args.items[0] : NULL;
    return e && e->kind == EX_COLUMN && e->name->count <= 2 ? e->name->parts[e->name->count - 1] : NULL;
}

static void replace_column(struct block *b, const struct parser *p, const struct expr *e)
{
    const char *with;
    if (e->kind == EX_CALL) {
        const char *name = metric_argument(e);
        const struct sql_metric_field *m = name ? metric_measure(b->view, name) : NULL;
        if (!m) {
            metric_unknown(b, b->pos, "measure", name ? name : "of that form", false, true);
            return;
        }
        splices *outer = b->replaced;
        with = arena_printf(b->x->a, "(%s)", measure_text(b, m));
        b->replaced = outer;
    } else {
        use_column(b, p, e);
        if (b->x->p->failed)
            return;
        with = arena_printf(b->x->a, "%s.%s", sql_backtick(b->x->a, b->alias),
                            column_name(b, metric_flat(b->x->a, p, e->first, e->last + 1)));
    }
    add_splice(b->x->a, b->replaced, splice_of(p, e->first, e->last, with));
}

/* In a SELECT with windows every aggregate takes the rows of its measure alone. */
static void filter_aggregates(struct block *b, const struct parser *p, const struct expr *e)
{
    if (!e || !b->windowed.count)
        return;
    if (!sql_is_aggregate(e)) {
        for (size_t i = 0; i < e->args.count; i++)
            filter_aggregates(b, p, e->args.items[i]);
        return;
    }
    const char *rows = metric_window_rows(b);
    const struct sql_token *last = &p->tokens[e->filter ? e->filter->last : e->last];
    const char *end = arena_printf(b->x->a, e->filter ? ") AND %s" : " FILTER (WHERE %s)", rows);
    if (e->filter)
        add_splice(b->x->a, b->replaced, (struct sql_splice){.from = p->tokens[e->filter->first].offset, .with = "("});
    add_splice(b->x->a, b->replaced, (struct sql_splice){.from = last->offset + last->len, .with = end});
}

/* The measure over the columns of the block's query. A measure without windows within one that has some takes those. */
static const char *measure_text(struct block *b, const struct sql_metric_field *m)
{
    struct parser p;
    splices r = {0};
    struct error err = {0};
    const char *text;
    size_t len;
    if (++b->depth > MEASURE_DEPTH) {
        sql_fail(b->x->p, b->pos, ERROR_USAGE, NULL, "the measure %s of the metric view %s is made of itself", m->name, b->view->name);
        return "NULL";
    }
    const struct expr *e = metric_parse(b->x, b->view, m->name, m->expr, &p);
    const size_t outer = b->window;
    b->window = m->window_count ? metric_window_number(b, m) : outer;
    b->replaced = &r;
    filter_aggregates(b, &p, e);
    metric_each_column(b, &p, e, NULL, replace_column);
    b->window = outer;
    b->depth--;
    if (b->x->p->failed)
        return "NULL";
    if (put_splices(b->x->a, m->expr, strlen(m->expr), &r, &text, &len, &err)) {
        sql_fail(b->x->p, b->pos, err.kind, NULL, "%s", err.what);
        return "NULL";
    }
    return flat_text(b->x, text);
}

/* ---- the SELECT ------------------------------------------------------------------------------------------------------ */

static bool is_alias_of(const struct select *s, const char *name)
{
    for (size_t i = 0; i < s->items.count; i++)
        if (s->items.items[i].alias && str_ieq(s->items.items[i].alias, name))
            return true;
    return false;
}

static void measure_call(struct block *b, const struct expr *e, const char *more)
{
    const char *name = metric_argument(e);
    const struct sql_metric_field *m = name ? metric_measure(b->view, name) : NULL;
    if (!name) {
        sql_fail(b->x->p, e->pos, ERROR_USAGE, NULL, "MEASURE takes the name of a measure of %s", b->view->name);
        return;
    }
    if (!m && metric_dimension(b->view, name)) {
        sql_fail(b->x->p, e->pos, ERROR_USAGE, "dimensions stand without MEASURE", "%s is a dimension of %s", name, b->view->name);
        return;
    }
    if (!m) {
        metric_unknown(b, e->args.items[0]->pos, "measure", name, false, true);
        return;
    }
    b->measured = true;
    b->pos = e->pos;
    const char *with = arena_printf(b->x->a, "(%s)%s", measure_text(b, m), more ? more : "");
    add_splice(b->x->a, &b->x->splices, splice_of(b->x->p, e->first, e->last, with));
}

static void query_column(struct block *b, const struct parser *p, const struct expr *e)
{
    (void)p;
    const struct sql_name *n = e->name;
    const char *name = n->parts[n->count - 1];
    if (e->kind == EX_CALL) {
        measure_call(b, e, NULL);
        return;
    }
    if (n->count > 1 && !str_ieq(n->parts[0], b->alias)) {
        const struct sql_metric_field *d = metric_dimension(b->view, n->parts[0]); /* a field of a struct */
        if (d)
            metric_use_dimension(b, d);
        return;
    }
    const struct sql_metric_field *d = metric_dimension(b->view, name);
    if (d)
        metric_use_dimension(b, d);
    else if (n->count == 1 && is_alias_of(b->select, name))
        return;
    else if (metric_measure(b->view, name))
        sql_fail(b->x->p, e->pos, ERROR_USAGE, arena_printf(b->x->a, "write MEASURE(%s)", name), "%s is a measure of %s", name,
                 b->view->name);
    else
        metric_unknown(b, e->pos, "dimension", name, true, true);
}

static void check_aggregates(struct block *b, const struct expr *e)
{
    if (!e || b->x->p->failed)
        return;
    if (sql_is_aggregate(e)) {
        sql_fail(b->x->p, e->pos, ERROR_USAGE, "aggregate the query of it: WITH m AS (SELECT .. MEASURE(..) ..) SELECT .. FROM m",
                 "%s over rows of the metric view %s; MEASURE(..) aggregates there", e->name->parts[0], b->view->name);
        return;
    }
    for (size_t i = 0; i < e->args.count; i++)
        check_aggregates(b, e->args.items[i]);
    if (e->query) /* it may name any dimension */
        for (size_t i = 0; i < b->view->dimension_count; i++)
            metric_use_dimension(b, &b->view->dimensions[i]);
}

static void query_expr(struct block *b, const struct expr *e)
{
    check_aggregates(b, e);
    metric_each_column(b, b->x->p, e, NULL, query_column);
}

static void walk_items(struct block *b)
{
    for (size_t i = 0; i < b->select->items.count && !b->x->p->failed; i++) {
        const struct select_item *item = &b->select->items.items[i];
        const struct expr *e = item->expr;
        if (e->kind == EX_STAR)
            sql_fail(b->x->p, e->pos, ERROR_USAGE, "name dimensions, and measures as MEASURE(m)",
                     "* is not possible for the metric view %s", b->view->name);
        else if (metric_is_call(e) && !item->alias) {
            const char *name = metric_argument(e);
            measure_call(b, e, name ? arena_printf(b->x->a, " AS `measure(%s)`", name) : NULL);
        } else
            query_expr(b, e);
    }
}

static void walk_block(struct block *b, const order_list *order)
{
    const struct select *s = b->select;
    metric_find_windows(b, order);
    walk_items(b);
    query_expr(b, s->where);
    for (size_t i = 0; i < s->group.count; i++)
        query_expr(b, s->group.items[i]);
    for (size_t i = 0; i < s->sets.count; i++)
        query_expr(b, s->sets.items[i]);
    query_expr(b, s->having);
    query_expr(b, s->qualify);
    for (size_t i = 0; order && i < order->count; i++)
        query_expr(b, order->items[i].expr);
    if (!b->x->p->failed && !b->measured && !s->has_group && !s->group_all && !s->distinct)
        sql_fail(b->x->p, s->from->pos, ERROR_USAGE, "add GROUP BY ALL, or SELECT DISTINCT",
                 "a query of the metric view %s without measures must group", b->view->name);
}

/* ---- the query of the source ---------------------------------------------------------------------------------------- */

static const char *source_text(struct expander *x, const char *source)
{
    const char *one = flat_text(x, source);
    bool query = sql_word_eq(one, strcspn(one, " (\t"), "SELECT") || sql_word_eq(one, strcspn(one, " (\t"), "WITH");
    return query ? arena_printf(x->a, "(%s)", one) : one;
}

struct condition {            /* ON, taken apart */
    LIST(const char *) keys;  /* columns of the join, "join.column" */
    LIST(const char *) own;   /* conditions on the join alone */
    LIST(const char *) equal; /* the equalities */
    bool other;               /* there is something else */
};

static bool names_join(const struct expr *e, const char *join, bool *ret_others)
{
    bool found = false;
    if (e->kind == EX_COLUMN) {
        found = e->name->count > 1 && str_ieq(e->name->parts[0], join);
        *ret_others = *ret_others || !found;
    }
    for (size_t i = 0; i < e->args.count; i++)
        found |= names_join(e->args.items[i], join, ret_others);
    return found;
}

static void take_conjunct(struct arena *a, const struct parser *p, const struct expr *e, const char *join, struct condition *c)
{
    if (e->kind == EX_OP && str_eq(e->text, "AND")) {
        for (size_t i = 0; i < e->args.count; i++)
            take_conjunct(a, p, e->args.items[i], join, c);
        return;
    }
    bool others = false;
    const char *text = metric_flat(a, p, e->first, e->last + 1);
    if (names_join(e, join, &others) && !others) {
        *LIST_ADD(a, &c->own) = text;
        return;
    }
    const bool equality = e->kind == EX_OP && e->args.count == 2 && (str_eq(e->text, "=") || str_eq(e->text, "<=>"));
    for (size_t i = 0; equality && i < 2; i++) {
        const struct expr *side = e->args.items[i], *rest = e->args.items[1 - i];
        bool foreign = false;
        if (side->kind == EX_COLUMN && side->name->count == 2 && str_ieq(side->name->parts[0], join) && !names_join(rest, join, &foreign)) {
            *LIST_ADD(a, &c->keys) = arena_strdup(a, side->name->parts[1]);
            *LIST_ADD(a, &c->equal) = text;
            return;
        }
    }
    c->other = true;
}

static int take_apart(struct arena *a, const struct sql_metric_join *j, struct condition *c, struct error *err)
{
    struct parser p;
    *c = (struct condition){0};
    for (size_t i = 0; i < j->using_count; i++) {
        const char *column = sql_backtick(a, j->using_columns[i]);
        *LIST_ADD(a, &c->keys) = j->using_columns[i];
        *LIST_ADD(a, &c->equal) = arena_printf(a, "%s.%s = %s.%s", j->parent ? j->parent->name : "source", column, j->name, column);
    }
    if (!j->on)
        return 0;
    int rc = sql_parser_init(&p, a, j->on, strlen(j->on), 1, err);
    if (rc)
        return rc;
    const struct expr *e = sql_expr_rule(&p);
    sql_expect_end(&p);
    if (p.failed)
        return p.rc;
    take_conjunct(a, &p, e, j->name, c);
    return 0;
}

int sql_metric_join_columns(struct arena *a, const struct sql_metric_join *j, const char ***ret, size_t *ret_count, struct error *err)
{
    struct condition c;
    int rc = take_apart(a, j, &c, err);
    if (!rc && c.other) {
        error_set(err, ERROR_USAGE, "ON of the join %s must be equalities of its columns with others, and conditions on them alone",
                  j->name);
        return ERROR_USAGE;
    }
    if (!rc) {
        *ret = c.keys.items;
        *ret_count = c.keys.count;
    }
    return rc;
}

static void put_all(struct buf *out, const char *const *texts, size_t count, const char *between)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i ? between : "", texts[i]);
}

/* One row of the join for each of its parent: where keys do not say so, the first by the columns that the query reads. */
static void put_join(struct block *b, const struct sql_metric_join *j, struct buf *out)
{
    struct condition c;
    struct error err = {0};
    struct arena *a = b->x->a;
    if (take_apart(a, j, &c, &err)) {
        sql_fail(b->x->p, b->x->p->tokens[0].pos, err.kind, NULL, "join %s of the metric view %s: %s", j->name, b->view->name, err.what);
        return;
    }
    const char *source = source_text(b->x, j->source), *name = sql_backtick(a, j->name);
    if (j->at_most_one && !c.own.count) {
        buf_printf(out, " LEFT JOIN %s AS %s ON ", source, name);
        put_all(out, c.equal.items, c.equal.count, " AND ");
        return;
    }
    buf_printf(out, " LEFT JOIN (SELECT %s.* FROM %s AS %s", name, source, name);
    if (c.own.count)
        buf_puts(out, " WHERE ");
    put_all(out, c.own.items, c.own.count, " AND ");
    if (!j->at_most_one) {
        buf_puts(out, " QUALIFY ROW_NUMBER() OVER (PARTITION BY ");
        for (size_t i = 0; i < c.keys.count; i++)
            buf_printf(out, "%s%s", i ? ", " : "", sql_backtick(a, c.keys.items[i]));
        buf_puts(out, " ORDER BY ");
        size_t n = 0;
        for (size_t i = 0; i < b->join_columns.count; i++)
            if (str_starts(b->join_columns.items[i], arena_printf(a, "%s.", j->name)))
                buf_printf(out, "%s%s", n++ ? ", " : "", b->join_columns.items[i]);
        buf_puts(out, n ? ") = 1" : "1) = 1");
    }
    buf_printf(out, ") AS %s ON ", name);
    put_all(out, c.equal.items, c.equal.count, " AND ");
}

static const char *plain_query(struct block *b)
{
    struct arena *a = b->x->a;
    struct parser p;
    struct buf out CLEANUP(buf_free);
    size_t n = 0;
    buf_init(&out, LIMIT_SQL_BYTES);
    if (b->view->filter)
        metric_each_column(b, &p, metric_parse(b->x, b->view, "the filter", b->view->filter, &p), NULL, use_column);
    buf_puts(&out, "(SELECT ");
    for (size_t i = 0; i < b->view->dimension_count; i++)
        if (b->dimensions[i])
            buf_printf(&out, "%s%s AS %s", n++ ? ", " : "", flat_text(b->x, b->view->dimensions[i].expr),
                       sql_backtick(a, b->view->dimensions[i].name));
    for (size_t i = 0; i < b->columns.count; i++)
        buf_printf(&out, "%s%s AS %s", n++ ? ", " : "", b->columns.items[i].text, b->columns.items[i].name);
    buf_printf(&out, "%s FROM %s AS source", n ? "" : "1 AS " COLUMN_PREFIX, source_text(b->x, b->view->source));
    for (size_t i = 0; i < b->view->join_count; i++)
        if (b->joins[i])
            put_join(b, &b->view->joins[i], &out);
    if (b->view->filter)
        buf_printf(&out, " WHERE (%s)", flat_text(b->x, b->view->filter));
    buf_puts(&out, ")");
    if (out.overflow)
        sql_fail(b->x->p, b->x->p->tokens[0].pos, ERROR_LIMIT, NULL, "the query of the metric view %s grows too long", b->view->name);
    return arena_strdup(a, out.overflow ? "" : out.data);
}

/* ---- statements ------------------------------------------------------------------------------------------------------- */

static const struct sql_metric_view *view_of(struct expander *x, const struct relation *r, const struct cte_scope *scope)
{
    const struct sql_metric_view *v = NULL;
    struct error err = {0};
    if (!r || r->kind != REL_TABLE || !r->name || sql_is_cte(scope, r->name))
        return NULL;
    if (x->env->metric(x->env->context, r->name, x->a, &v, &err))
        sql_fail(x->p, r->pos, err.kind, err.hint[0] ? arena_strdup(x->a, err.hint) : NULL, "%s", err.what);
    return v;
}

static const struct relation *metric_relation(struct expander *x, const struct relation *r, const struct cte_scope *scope,
                                              const struct sql_metric_view **ret)
{
    for (; r && !x->p->failed; r = r->next) {
        if ((*ret = view_of(x, r, scope)))
            return r;
        const struct relation *inner = r->kind == REL_PAREN ? metric_relation(x, r->inner, scope, ret) : NULL;
        if (inner)
            return inner;
    }
    return NULL;
}

static const char *block_query(struct block *b)
{
    const char *plain = plain_query(b);
    return b->windowed.count && !b->x->p->failed ? metric_window_query(b, plain) : plain;
}

static void expand_select(void *context, const struct select *s, const order_list *order, const struct cte_scope *scope)
{
    struct expander *x = context;
    const struct sql_metric_view *v = NULL;
    const struct relation *r = metric_relation(x, s->from, scope, &v);
    if (!r || x->p->failed)
        return;
    if (r != s->from || r->next || r->pivot || s->views.count) {
        sql_fail(x->p, r->pos, ERROR_USAGE,
                 arena_printf(x->a, "WITH m AS (SELECT .. FROM %s GROUP BY ALL) SELECT .. FROM m JOIN ..", v->name),
                 "the metric view %s is read by itself; join its result", v->name);
        return;
    }
    struct block b = {.x = x, .view = v, .select = s, .alias = r->alias ? r->alias : r->name->parts[r->name->count - 1]};
    b.dimensions = arena_alloc(x->a, v->dimension_count + 1);
    b.joins = arena_alloc(x->a, v->join_count + 1);
    walk_block(&b, order);
    if (x->p->failed)
        return;
    const char *query = block_query(&b);
    size_t first = token_at(x->p, r->name->pos), last = first;
    while (last + 2 < x->p->count && sql_is(x->p, &x->p->tokens[last + 1], "."))
        last += 2;
    const char *with = r->alias ? query : arena_printf(x->a, "%s AS %s", query, sql_backtick(x->a, b.alias));
    add_splice(x->a, &x->splices, splice_of(x->p, first, last, with));
}

int sql_expand_parsed(struct parser *p, const struct statement *s, size_t len, const struct sql_env *env, struct sql_expanded *ret,
                      struct error *err)
{
    struct expander x = {.a = p->a, .p = p, .env = env};
    *ret = (struct sql_expanded){.text = p->text, .len = len};
    if (!env || !env->metric)
        return 0;
    sql_each_select(p, s, expand_select, &x);
    if (p->failed)
        return p->rc;
    ret->splices = x.splices.items;
    ret->splice_count = x.splices.count;
    return x.splices.count ? put_splices(p->a, p->text, len, &x.splices, &ret->text, &ret->len, err) : 0;
}

int sql_expand_metrics(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                       struct sql_expanded *ret, struct error *err)
{
    struct parser p;
    int rc = sql_parser_init(&p, a, text, len, first_line, err);
    if (rc)
        return rc;
    const struct statement *s = sql_statement_rule(&p);
    return p.failed ? p.rc : sql_expand_parsed(&p, s, len, env, ret, err);
}

void sql_expanded_error(const struct sql_expanded *e, struct error *err)
{
    char *colon, *rest;
    const unsigned long line = strtoul(err->where, &colon, 10);
    if (!e->splice_count || colon == err->where || *colon != ':')
        return;
    unsigned long column = strtoul(colon + 1, &rest, 10);
    if (rest == colon + 1)
        return;
    for (size_t i = 0; i < e->splice_count; i++) { /* from left to right: what stands before a splice is in its place already */
        const struct sql_splice *s = &e->splices[i];
        const unsigned with = (unsigned)strlen(s->with);
        if (s->at.line == line && column >= s->at.column + with)
            column -= with - s->len;
        else if (s->at.line == line && column > s->at.column)
            column = s->at.column;
    }
    const struct error old = *err;
    error_where(err, "%lu:%lu%s", line, column, old.where + (rest - err->where));
}

/* ---- for other engines ------------------------------------------------------------------------------------------------- */

int sql_portable(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, const char **ret,
                 struct error *err)
{
    struct sql_expanded x;
    struct parser p;
    splices values = {0};
    size_t text_len;
    int rc = sql_expand_metrics(a, text, len, first_line, env, &x, err);
    if (!rc)
        rc = sql_parser_init(&p, a, x.text, x.len, first_line, err);
    if (rc)
        return rc;
    struct binder b = {.p = &p, .a = a, .env = env};
    for (size_t i = 0; i + 1 < p.count; i++) {
        const struct sql_token *t = &p.tokens[i];
        const char *written = arena_strndup(a, x.text + t->offset, t->len);
        if (t->kind == SQL_TOKEN_VARIABLE)
            add_splice(a, &values, splice_of(&p, i, i, sql_variable(&b, written, t->pos)));
        else if (t->kind == SQL_TOKEN_STRING && strstr(written, "${"))
            add_splice(a, &values, splice_of(&p, i, i, sql_string_variables(&b, written)));
    }
    return p.failed ? p.rc : put_splices(a, x.text, x.len, &values, ret, &text_len, err);
}
