/* PIVOT and UNPIVOT as queries: aggregates with FILTER and a GROUP BY of the other columns; inline of an array of names and values. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

void sql_pivot_query(struct binder *b, struct relation *r, bool joined)
{
    struct pivot *v = r->pivot;
    struct relation *inner = arena_alloc(b->a, sizeof(*inner));
    struct query *q = arena_alloc(b->a, sizeof(*q));
    if (joined) {
        sql_fail(b->p, v->pos, ERROR_USAGE, "put the join into a subquery, or PIVOT before it", "%s of a join is not supported",
                 v->unpivot ? "UNPIVOT" : "PIVOT");
        return;
    }
    *inner = *r;
    inner->pivot = NULL;
    inner->next = NULL;
    inner->on = NULL;
    inner->natural = inner->lateral = false;
    inner->using_columns = (sql_strings){0};
    inner->alias = v->alias;
    inner->column_aliases = v->column_aliases;
    q->pos = v->pos;
    q->body = arena_alloc(b->a, sizeof(*q->body));
    q->body->kind = BODY_SELECT;
    q->body->pos = v->pos;
    q->body->select = arena_alloc(b->a, sizeof(*q->body->select));
    q->body->select->pos = v->pos;
    q->body->select->from = inner;
    q->body->select->pivot = v;
    if (!r->alias && !v->alias && r->kind == REL_TABLE)
        r->alias = sql_variable(b, r->name->parts[r->name->count - 1], r->pos);
    else if (!r->alias)
        r->alias = v->alias;
    r->kind = REL_QUERY;
    r->query = q;
    r->pivot = NULL;
}

/* ---- trees ------------------------------------------------------------------------------------------------- */

static struct expr *node(struct binder *b, enum expr_kind kind, struct sql_pos pos, const char *text)
{
    struct expr *e = arena_alloc(b->a, sizeof(*e));
    e->kind = kind;
    e->pos = pos;
    e->text = text;
    return e;
}

static struct expr *with(struct binder *b, struct expr *e, struct expr *x, struct expr *y)
{
    if (x)
        *LIST_ADD(b->a, &e->args) = x;
    if (y)
        *LIST_ADD(b->a, &e->args) = y;
    return e;
}

static struct expr *column(struct binder *b, struct sql_pos pos, const char *table, const char *name)
{
    struct expr *e = node(b, EX_COLUMN, pos, NULL);
    e->name = arena_alloc(b->a, sizeof(*e->name));
    e->name->pos = pos;
    if (table)
        e->name->parts[e->name->count++] = table;
    e->name->parts[e->name->count++] = name;
    return e;
}

static struct expr *call(struct binder *b, struct sql_pos pos, const char *name)
{
    struct expr *e = column(b, pos, NULL, name);
    e->kind = EX_CALL;
    return e;
}

/* A tree that was not bound, once more. */
static struct expr *copy(struct binder *b, const struct expr *e)
{
    if (!e)
        return NULL;
    if (e->query || e->over) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "put it into a subquery before PIVOT", "a %s within PIVOT is not supported",
                 e->query ? "subquery" : "window");
        return (struct expr *)e;
    }
    struct expr *c = arena_alloc(b->a, sizeof(*c));
    *c = *e;
    memset(&c->args, 0, sizeof(c->args));
    memset(&c->within, 0, sizeof(c->within));
    for (size_t i = 0; i < e->args.count && !b->p->failed; i++)
        *LIST_ADD(b->a, &c->args) = copy(b, e->args.items[i]);
    for (size_t i = 0; i < e->within.count && !b->p->failed; i++) {
        struct order_item item = e->within.items[i];
        item.expr = copy(b, item.expr);
        *LIST_ADD(b->a, &c->within) = item;
    }
    c->filter = copy(b, e->filter);
    return c;
}

static size_t nodes_of(const struct expr *e)
{
    size_t n = 1;
    for (size_t i = 0; i < e->args.count; i++)
        n += nodes_of(e->args.items[i]);
    return n + (e->filter ? nodes_of(e->filter) : 0);
}

/* ---- PIVOT --------------------------------------------------------------------------------------------------- */

static const struct star_column *shown(const struct scope *s, const char *name)
{
    for (size_t i = 0; i < s->star.count; i++)
        if (str_ieq(s->star.items[i].name, name))
            return &s->star.items[i];
    return NULL;
}

static bool is_alias(const struct scope *s, const char *name)
{
    for (const struct source *src = s->sources; src; src = src->next)
        if (str_ieq(src->alias, name))
            return true;
    return false;
}

/* The columns that a tree names: they are not grouped by. */
static void note_columns(struct binder *b, const struct expr *e, const struct scope *s, sql_strings *ret)
{
    if (!e)
        return;
    if (e->kind == EX_COLUMN)
        *LIST_ADD(b->a, ret) = e->name->parts[e->name->count > 1 && is_alias(s, e->name->parts[0])];
    for (size_t i = 0; i < e->args.count; i++)
        note_columns(b, e->args.items[i], s, ret);
    for (size_t i = 0; i < e->within.count; i++)
        note_columns(b, e->within.items[i].expr, s, ret);
    note_columns(b, e->filter, s, ret);
}

static bool check_column(struct binder *b, const struct scope *s, struct sql_pos pos, const char *name)
{
    if (shown(s, name))
        return true;
    const char **names = arena_alloc(b->a, (s->star.count + 1) * sizeof(*names));
    for (size_t i = 0; i < s->star.count; i++)
        names[i] = s->star.items[i].name;
    const char *near = nearest_name(name, names, s->star.count);
    sql_fail(b->p, pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL, "unknown column %s", name);
    return false;
}

/* column <=> value, the value cast to the type of the column */
static struct expr *is_value(struct binder *b, const struct scope *s, const char *name, const struct expr *value)
{
    const struct star_column *c = shown(s, name);
    struct expr *v = copy(b, value);
    if (c && v->kind != EX_NULL && c->type->kind > SQL_T_VOID) {
        struct expr *cast = with(b, node(b, EX_CAST, value->pos, NULL), v, NULL);
        cast->target = c->type->kind == SQL_T_STRING ? T(STRING) : c->type;
        v = cast;
    }
    return with(b, node(b, EX_OP, value->pos, "<=>"), column(b, value->pos, NULL, name), v);
}

static struct expr *condition(struct binder *b, const struct pivot *v, const struct scope *s, const struct expr *value)
{
    struct expr *all = NULL;
    for (size_t i = 0; i < v->columns.count && !b->p->failed; i++) {
        const struct expr *one = v->columns.count > 1 ? value->args.items[i] : value;
        struct expr *e = is_value(b, s, v->columns.items[i], one);
        all = all ? with(b, node(b, EX_OP, value->pos, "AND"), all, e) : e;
    }
    return all;
}

/* Every aggregate of the tree takes the rows of the value alone. */
static void filter_aggregates(struct binder *b, struct expr *e, const struct expr *rows, bool skip_nulls)
{
    if (!sql_is_aggregate(e)) {
        for (size_t i = 0; i < e->args.count; i++)
            filter_aggregates(b, e->args.items[i], rows, skip_nulls);
        return;
    }
    static const char *const places[] = {"first", "last", "first_value", "last_value", "any_value"};
    struct expr *own = copy(b, rows);
    e->filter = e->filter ? with(b, node(b, EX_OP, e->pos, "AND"), e->filter, own) : own;
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        e->ignore_nulls |= skip_nulls && str_ieq(e->name->parts[0], places[i]);
}

/* The value of one cell. Spark aggregates by value first and picks then, so that there is NULL where there is no row; unless a result is
 * neither number nor BOOLEAN: then rows of other values count as NULLs. */
static struct expr *cell(struct binder *b, const struct expr *aggregate, const struct expr *rows, bool picks)
{
    struct expr *value = copy(b, aggregate);
    if (b->p->failed)
        return value;
    filter_aggregates(b, value, rows, !picks);
    if (!picks)
        return value;
    struct expr *count = with(b, call(b, aggregate->pos, "count"), node(b, EX_STAR, aggregate->pos, NULL), NULL);
    struct expr *none = node(b, EX_NUMBER, aggregate->pos, "0");
    count->filter = copy(b, rows);
    struct expr *e = node(b, EX_CASE, aggregate->pos, NULL);
    return with(b, e, with(b, node(b, EX_OP, aggregate->pos, ">"), count, none), value);
}

static bool is_picked(const struct sql_type *t) { return t->kind <= SQL_T_DECIMAL || t->kind == SQL_T_FLOAT || t->kind == SQL_T_DOUBLE; }

static bool all_picked(struct binder *b, const struct pivot *v, const struct scope *s)
{
    bool picked = true;
    struct tracker *tracker = b->tracker;
    b->tracker = NULL;
    for (size_t i = 0; i < v->aggregates.count && !b->p->failed; i++) {
        const struct expr *e = v->aggregates.items[i].expr;
        struct expr *probe = copy(b, e);
        if (!b->p->failed && !sql_has_aggregate(e))
            sql_fail(b->p, e->pos, ERROR_USAGE, "write an aggregate such as sum(..)", "PIVOT needs an aggregate");
        if (!b->p->failed)
            sql_bind_expr(b, probe, s);
        picked = picked && !b->p->failed && is_picked(probe->type);
    }
    b->tracker = tracker;
    return picked;
}

/* A literal as Spark makes it text; NULL: it is no plain literal. */
static const char *literal_text(struct binder *b, const struct expr *e)
{
    const char *all = "{";
    switch (e->kind) {
    case EX_NULL:
        return "null";
    case EX_STRING:
    case EX_TYPED:
        return e->text;
    case EX_BOOL:
        return str_ieq(e->text, "true") ? "true" : "false";
    case EX_NUMBER:
        return e->text[strspn(e->text, "-0123456789.")] || strchr(e->text, '.') == e->text + (e->text[0] == '-') ? NULL : e->text;
    case EX_UNARY: {
        const char *text = str_eq(e->text, "-") ? literal_text(b, e->args.items[0]) : NULL;
        return text && e->args.items[0]->kind == EX_NUMBER ? arena_printf(b->a, "-%s", text) : NULL;
    }
    case EX_TUPLE:
        for (size_t i = 0; i < e->args.count; i++) {
            const char *one = literal_text(b, e->args.items[i]);
            if (!one)
                return NULL;
            all = arena_printf(b->a, "%s%s%s", all, i ? ", " : "", one);
        }
        return arena_printf(b->a, "%s}", all);
    default:
        return NULL;
    }
}

static const char *cell_name(struct binder *b, const struct pivot *v, const struct select_item *value, const struct select_item *aggregate)
{
    const char *name = value->alias ? value->alias : literal_text(b, value->expr);
    if (!name) {
        sql_fail(b->p, value->expr->pos, ERROR_USAGE, "write value AS name", "this value of PIVOT needs a name");
        return "";
    }
    const char *of = aggregate->alias ? aggregate->alias : sql_item_name(b, aggregate);
    return v->aggregates.count == 1 ? name : arena_printf(b->a, "%s_%s", name, of);
}

static void check_pivot(struct binder *b, const struct pivot *v, const struct scope *s)
{
    size_t nodes = 0;
    for (size_t i = 0; i < v->columns.count && !b->p->failed; i++)
        check_column(b, s, v->pos, v->columns.items[i]);
    for (size_t i = 0; i < v->aggregates.count; i++)
        nodes += 1 + nodes_of(v->aggregates.items[i].expr);
    for (size_t i = 0; i < v->values.count && !b->p->failed; i++) {
        const struct expr *e = v->values.items[i].expr;
        const size_t width = e->kind == EX_TUPLE ? e->args.count : 1;
        if (width != v->columns.count)
            sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%zu values for %zu columns of PIVOT", width, v->columns.count);
    }
    if (!b->p->failed && nodes * v->values.count * v->columns.count > WEIGHT_MAX / 8)
        sql_fail(b->p, v->pos, ERROR_LIMIT, "ask for fewer values", "PIVOT makes too many columns");
}

static void pivot_items(struct binder *b, struct select *sel, const struct scope *s)
{
    const struct pivot *v = sel->pivot;
    sql_strings gone = v->columns;
    check_pivot(b, v, s);
    const bool picks = !b->p->failed && all_picked(b, v, s);
    for (size_t i = 0; i < v->aggregates.count; i++)
        note_columns(b, v->aggregates.items[i].expr, s, &gone);
    for (size_t i = 0; i < s->star.count && !b->p->failed; i++) {
        const char *name = s->star.items[i].name;
        if (sql_in_names(gone.items, gone.count, name))
            continue;
        *LIST_ADD(b->a, &sel->items) = (struct select_item){.expr = column(b, v->pos, NULL, name), .alias = name};
        *LIST_ADD(b->a, &sel->group) = column(b, v->pos, NULL, name);
        sel->has_group = true;
    }
    for (size_t i = 0; i < v->values.count && !b->p->failed; i++) {
        const struct select_item *value = &v->values.items[i];
        const struct expr *rows = condition(b, v, s, value->expr);
        for (size_t k = 0; k < v->aggregates.count && !b->p->failed; k++) {
            const char *name = cell_name(b, v, value, &v->aggregates.items[k]);
            struct expr *e = cell(b, v->aggregates.items[k].expr, rows, picks);
            *LIST_ADD(b->a, &sel->items) = (struct select_item){.expr = e, .alias = name};
        }
    }
}

/* ---- UNPIVOT ------------------------------------------------------------------------------------------------------ */

static size_t width_of(const struct pivot *v) { return v->value_names.count; }

/* The k-th column of the i-th item of IN. */
static const struct expr *turned(const struct pivot *v, size_t i, size_t k)
{
    const struct expr *e = v->aggregates.items[i].expr;
    return e->kind == EX_TUPLE ? e->args.items[k] : e;
}

static const char *turned_name(const struct scope *s, const struct expr *e)
{
    const struct star_column *c = shown(s, e->name->parts[e->name->count > 1 && is_alias(s, e->name->parts[0])]);
    return c ? c->name : NULL;
}

static void check_turned(struct binder *b, const struct pivot *v, const struct scope *s, size_t i)
{
    const struct expr *e = v->aggregates.items[i].expr;
    const size_t width = e->kind == EX_TUPLE ? e->args.count : 1;
    if (width != width_of(v))
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%zu columns for %zu values of UNPIVOT", width, width_of(v));
    for (size_t k = 0; k < width && !b->p->failed; k++) {
        const struct expr *c = turned(v, i, k);
        const size_t at = c->kind == EX_COLUMN && c->name->count > 1 && is_alias(s, c->name->parts[0]);
        if (c->kind != EX_COLUMN || c->name->count != at + 1)
            sql_fail(b->p, c->pos, ERROR_USAGE, "put it into a subquery before UNPIVOT", "UNPIVOT takes columns");
        else
            check_column(b, s, c->pos, c->name->parts[at]);
    }
}

/* The type of all k-th columns; text is not brought to numbers here. */
static const struct sql_type *value_type(struct binder *b, const struct pivot *v, const struct scope *s, size_t k)
{
    const struct sql_type *t = T(VOID);
    for (size_t i = 0; i < v->aggregates.count && !b->p->failed; i++) {
        const struct sql_type *next = shown(s, turned_name(s, turned(v, i, k)))->type;
        const struct sql_type *both = sql_common_type(b->a, t, next);
        const bool text = (t->kind == SQL_T_STRING) != (next->kind == SQL_T_STRING) && t->kind > SQL_T_VOID && next->kind > SQL_T_VOID;
        if (!both || text)
            sql_fail(b->p, turned(v, i, k)->pos, ERROR_USAGE, "write a CAST in a subquery", "UNPIVOT of %s and %s", sql_type_text(b->a, t),
                     sql_type_text(b->a, next));
        else
            t = both;
    }
    return t;
}

static const char *row_name(struct binder *b, const struct pivot *v, const struct scope *s, size_t i)
{
    const char *name = v->aggregates.items[i].alias;
    for (size_t k = 0; !v->aggregates.items[i].alias && k < width_of(v); k++)
        name = arena_printf(b->a, "%s%s%s", name ? name : "", name ? "_" : "", turned_name(s, turned(v, i, k)));
    return name;
}

/* named_struct('n', name, 'v1', column, ..) */
static struct expr *row(struct binder *b, const struct pivot *v, const struct scope *s, size_t i, const struct sql_type *const *types)
{
    struct expr *e = call(b, v->pos, "named_struct");
    with(b, e, node(b, EX_STRING, v->pos, "n"), node(b, EX_STRING, v->pos, row_name(b, v, s, i)));
    for (size_t k = 0; k < width_of(v); k++) {
        struct expr *value = copy(b, turned(v, i, k));
        const struct sql_type *own = shown(s, turned_name(s, value))->type;
        if (!sql_type_equal(own, types[k]) && types[k]->kind > SQL_T_VOID) {
            struct expr *cast = with(b, node(b, EX_CAST, v->pos, NULL), value, NULL);
            cast->target = types[k];
            value = cast;
        }
        with(b, e, node(b, EX_STRING, v->pos, arena_printf(b->a, "v%zu", k + 1)), value);
    }
    return e;
}

static struct expr *not_null(struct binder *b, const struct pivot *v, const char *alias)
{
    struct expr *all = NULL;
    for (size_t k = 0; k < width_of(v); k++) {
        struct expr *e = with(b, node(b, EX_IS, v->pos, "NULL"), column(b, v->pos, alias, v->value_names.items[k]), NULL);
        e->negated = true;
        all = all ? with(b, node(b, EX_OP, v->pos, "OR"), all, e) : e;
    }
    return all;
}

static void unpivot_items(struct binder *b, struct select *sel, const struct scope *s)
{
    const struct pivot *v = sel->pivot;
    const char *alias = arena_printf(b->a, "_t%u", ++b->counter);
    const struct sql_type **types = arena_alloc(b->a, (width_of(v) + 1) * sizeof(*types));
    sql_strings gone = {0};
    for (size_t i = 0; i < v->aggregates.count && !b->p->failed; i++) {
        check_turned(b, v, s, i);
        note_columns(b, v->aggregates.items[i].expr, s, &gone);
    }
    for (size_t k = 0; k < width_of(v) && !b->p->failed; k++)
        types[k] = value_type(b, v, s, k);
    if (b->p->failed)
        return;
    struct expr *rows = call(b, v->pos, "array");
    for (size_t i = 0; i < v->aggregates.count; i++)
        with(b, rows, row(b, v, s, i, types), NULL);
    struct lateral_view view = {.call = with(b, call(b, v->pos, "inline"), rows, NULL), .alias = alias, .pos = v->pos};
    for (size_t i = 0; i < s->star.count; i++)
        if (!sql_in_names(gone.items, gone.count, s->star.items[i].name))
            *LIST_ADD(b->a, &sel->items) = (struct select_item){.expr = column(b, v->pos, s->sources->alias, s->star.items[i].name),
                                                                .alias = s->star.items[i].name};
    *LIST_ADD(b->a, &view.columns) = v->columns.items[0];
    for (size_t k = 0; k < width_of(v); k++)
        *LIST_ADD(b->a, &view.columns) = v->value_names.items[k];
    for (size_t k = 0; k < view.columns.count; k++)
        *LIST_ADD(b->a, &sel->items) = (struct select_item){.expr = column(b, v->pos, alias, view.columns.items[k]),
                                                            .alias = view.columns.items[k]};
    *LIST_ADD(b->a, &sel->views) = view;
    if (!v->include_nulls)
        sel->where = not_null(b, v, alias);
}

void sql_pivot_items(struct binder *b, struct select *sel, const struct scope *s)
{
    if (s->star_open)
        sql_fail(b->p, sel->pivot->pos, ERROR_USAGE, "name its columns in a subquery", "%s of a table whose columns are not known",
                 sel->pivot->unpivot ? "UNPIVOT" : "PIVOT");
    else if (sel->pivot->unpivot)
        unpivot_items(b, sel, s);
    else
        pivot_items(b, sel, s);
}

/* The name is of no column, each value of its own columns only. */
void sql_unpivot_lineage(struct binder *b, const struct select *sel, const struct scope *s)
{
    const struct pivot *v = sel->pivot;
    const struct source *last = s->sources;
    while (last && last->next)
        last = last->next;
    if (!b->tracker || !v->unpivot || !last || !last->lineage)
        return;
    last->lineage[0] = sql_lineage_new(b);
    for (size_t k = 0; k < width_of(v); k++) {
        last->lineage[k + 1] = sql_lineage_new(b);
        for (size_t i = 0; i < v->aggregates.count; i++) {
            sql_lineage_merge(b, last->lineage[k + 1], shown(s, turned_name(s, turned(v, i, k)))->lineage);
            last->lineage[k + 1]->path = false;
        }
    }
}
