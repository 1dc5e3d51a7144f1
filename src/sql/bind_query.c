/* Binder of queries: select lists into columns, set operations, CTEs. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

/* ---- SELECT --------------------------------------------------------------------------------------------------- */

struct item_list {
    LIST(struct select_item) items;
};

static void add_raw_item(struct binder *b, struct item_list *l, const struct expr *like, const char *name, const char *sql,
                         const struct sql_type *type, struct lineage *lineage)
{
    struct select_item it = {.expr = sql_raw(b, like, sql, type), .alias = name, .lineage = lineage};
    *LIST_ADD(b->a, &l->items) = it;
}

static void check_except(struct binder *b, const struct expr *e, const struct star_column *cols, size_t count)
{
    const char **names = arena_alloc(b->a, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = cols[i].name;
    for (size_t i = 0; i < e->names.count && !b->p->failed; i++)
        if (!sql_in_names(names, count, e->names.items[i])) {
            const char *near = nearest_name(e->names.items[i], names, count);
            sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL,
                     "EXCEPT names unknown column %s", e->names.items[i]);
        }
}

static void expand(struct binder *b, struct item_list *l, const struct expr *e, const struct star_column *cols, size_t count)
{
    check_except(b, e, cols, count);
    for (size_t i = 0; i < count; i++)
        if (!sql_in_names(e->names.items, e->names.count, cols[i].name)) {
            const char *name = sql_quote(b->a, cols[i].name), *alias = cols[i].alias;
            const char *sql = alias ? arena_printf(b->a, "%s.%s", sql_quote(b->a, alias), name) : name;
            add_raw_item(b, l, e, cols[i].name, sql, cols[i].type, cols[i].lineage);
        }
}

static const struct source *star_source(const struct scope *s, const struct sql_name *n)
{
    for (const struct source *src = s->sources; src; src = src->next) {
        if (!src->alias || !str_ieq(src->alias, n->parts[n->count - 1]))
            continue;
        if (n->count == 1 || (src->schema && str_ieq(src->schema, n->parts[n->count - 2])))
            return src;
    }
    return NULL;
}

/* s.* where s is a column of type STRUCT */
static void expand_struct(struct binder *b, struct item_list *l, struct expr *e, const struct scope *s)
{
    struct expr *x = sql_new_expr(b, EX_COLUMN, e, NULL);
    x->name = e->name;
    struct lineage *all = sql_lineage_new(b), *outer = sql_lineage_into(b, all);
    sql_bind_expr(b, x, s);
    sql_lineage_into(b, outer);
    if (b->p->failed)
        return;
    if (x->type->kind != SQL_T_STRUCT) {
        sql_fail(b->p, e->pos, ERROR_NOT_FOUND, NULL, "%s.* is neither a table nor a STRUCT", sql_name_text(b->a, e->name));
        return;
    }
    for (size_t i = 0; i < x->type->field_count; i++) {
        struct expr *f = sql_new_expr(b, EX_FIELD, e, x->type->fields[i].type);
        f->text = x->type->fields[i].name;
        *LIST_ADD(b->a, &f->args) = x;
        struct lineage *one = sql_lineage_new(b);
        sql_lineage_merge(b, one, all);
        sql_lineage_field(b, one, f->text);
        if (!sql_in_names(e->names.items, e->names.count, f->text))
            *LIST_ADD(b->a, &l->items) = (struct select_item){.expr = f, .alias = f->text, .lineage = one};
    }
}

/* Answers false when the star must stay because columns are not known. */
static bool expand_star(struct binder *b, struct item_list *l, struct expr *e, const struct scope *s)
{
    if (!s->sources) {
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "* needs a FROM");
        return true;
    }
    if (!e->name) {
        if (s->star_open)
            return false;
        expand(b, l, e, s->star.items, s->star.count);
        return true;
    }
    const struct source *src = star_source(s, e->name);
    if (!src) {
        expand_struct(b, l, e, s);
        return true;
    }
    if (src->open)
        return false;
    struct scope one = {0};
    for (size_t i = 0; i < src->count; i++)
        sql_add_star(b, &one, src->alias, src, i);
    expand(b, l, e, one.star.items, one.star.count);
    return true;
}

/* SELECT explode(x): becomes a lateral view whose columns take its place. */
static void lift_generator(struct binder *b, struct select *sel, struct item_list *l, struct select_item *it, const struct scope *s)
{
    struct columns c = sql_bind_generator(b, it->expr, s);
    if (b->p->failed)
        return;
    if (sel->has_group || b->saw_aggregate || b->saw_window) {
        sql_fail(b->p, it->expr->pos, ERROR_USAGE, "put it into a subquery", "%s beside aggregates or windows is not supported",
                 it->expr->builtin->name);
        return;
    }
    struct lateral_view v = {.call = it->expr, .pos = it->expr->pos, .alias = arena_printf(b->a, "_t%u", ++b->counter)};
    size_t named = it->aliases.count ? it->aliases.count : it->alias ? 1 : 0;
    if (named && named != c.count)
        sql_fail(b->p, it->expr->pos, ERROR_USAGE, NULL, "%zu aliases for %zu columns", named, c.count);
    for (size_t i = 0; i < c.count && !b->p->failed; i++) {
        const char *own = arena_printf(b->a, "_c%zu", i + 1), *name = it->aliases.count ? it->aliases.items[i]
                                                                      : named           ? it->alias
                                                                                        : c.items[i].name;
        *LIST_ADD(b->a, &v.columns) = own;
        add_raw_item(b, l, it->expr, name, arena_printf(b->a, "\"%s\".\"%s\"", v.alias, own), c.items[i].type,
                     c.lineage ? c.lineage[i] : NULL);
    }
    *LIST_ADD(b->a, &sel->views) = v;
}

static struct lineage *bind_item(struct binder *b, struct select_item *it, const struct scope *s)
{
    struct lineage *l = sql_lineage_new(b), *outer = sql_lineage_into(b, l);
    it->aggregate = b->tracker && sql_has_aggregate(it->expr);
    sql_bind_expr(b, it->expr, s);
    sql_lineage_into(b, outer);
    sql_lineage_of_expr(b, l, it->expr);
    return l;
}

static void bind_items(struct binder *b, struct select *sel, struct scope *s)
{
    struct item_list l = {0};
    size_t generators = 0;
    struct sql_column_type *aliases = arena_alloc(b->a, (sel->items.count + 1) * sizeof(*aliases));
    s->aliases = aliases;
    s->alias_index = arena_alloc(b->a, sizeof(*s->alias_index));
    s->alias_lineage = arena_alloc(b->a, (sel->items.count + 1) * sizeof(struct lineage *));
    for (size_t i = 0; i < sel->items.count && !b->p->failed; i++) {
        struct select_item it = sel->items.items[i];
        if (it.expr->kind == EX_STAR) {
            if (expand_star(b, &l, it.expr, s))
                continue;
            it.expr->type = T(UNKNOWN);
            *LIST_ADD(b->a, &l.items) = it;
            continue;
        }
        if (sql_is_generator(it.expr)) {
            if (generators++)
                sql_fail(b->p, it.expr->pos, ERROR_USAGE, "use LATERAL VIEW", "more than one generator in a select list");
            else
                lift_generator(b, sel, &l, &it, s);
            continue;
        }
        if (it.aliases.count)
            sql_fail(b->p, it.expr->pos, ERROR_USAGE, NULL, "several aliases need a generator such as posexplode");
        const char *own = it.alias;
        if (!own)
            it.alias = sql_item_name(b, &it); /* from the tree as written */
        it.lineage = bind_item(b, &it, s);
        if (own) {
            s->alias_lineage[s->alias_count] = it.lineage;
            aliases[s->alias_count++] = (struct sql_column_type){own, it.expr->type};
        }
        *LIST_ADD(b->a, &l.items) = it;
    }
    memcpy(&sel->items, &l.items, sizeof(sel->items));
    if (generators && (b->saw_aggregate || b->saw_window))
        sql_fail(b->p, sel->pos, ERROR_USAGE, "put it into a subquery", "a generator beside aggregates or windows is not supported");
}

static void bind_views(struct binder *b, struct select *sel, struct scope *s)
{
    for (size_t i = 0; i < sel->views.count && !b->p->failed; i++) {
        struct lateral_view *v = &sel->views.items[i];
        if (!sql_is_generator(v->call)) {
            sql_fail(b->p, v->pos, ERROR_USAGE, "explode, posexplode or inline", "LATERAL VIEW needs a generator");
            return;
        }
        struct columns c = sql_bind_generator(b, v->call, s);
        if (b->p->failed)
            return;
        if (v->columns.count && v->columns.count != c.count) {
            sql_fail(b->p, v->pos, ERROR_USAGE, NULL, "%zu column aliases for %zu columns", v->columns.count, c.count);
            return;
        }
        for (size_t k = v->columns.count; k < c.count; k++)
            *LIST_ADD(b->a, &v->columns) = c.items[k].name;
        if (!v->alias)
            v->alias = arena_printf(b->a, "_t%u", ++b->counter);
        struct source *src = sql_add_source(b, s, v->alias, sql_renamed(b, c, &v->columns, v->pos));
        sql_show_columns(b, s, src);
    }
}

static bool is_ordinal(const struct expr *e) { return e->kind == EX_NUMBER; }

static void check_ordinal(struct binder *b, const struct expr *e, size_t count, const char *clause)
{
    int64_t n;
    if (!sql_literal_int(e, &n) || n < 1 || (count && n > (int64_t)count))
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s %s is not the place of a column", clause, e->text);
}

static void bind_group(struct binder *b, struct select *sel, struct scope *s)
{
    for (size_t i = 0; i < sel->group.count && !b->p->failed; i++)
        if (is_ordinal(sel->group.items[i]))
            check_ordinal(b, sel->group.items[i], sel->items.count, "GROUP BY");
        else
            sql_bind_expr(b, sel->group.items[i], s);
    for (size_t i = 0; i < sel->sets.count; i++)
        for (size_t k = 0; k < sel->sets.items[i]->args.count && !b->p->failed; k++)
            sql_bind_expr(b, sel->sets.items[i]->args.items[k], s);
}

static void bind_condition(struct binder *b, struct expr **e, const struct scope *s)
{
    if (!*e || b->p->failed)
        return;
    sql_bind_expr(b, *e, s);
    if (!b->p->failed)
        *e = sql_coerce(b, *e, T(BOOLEAN));
}

static struct columns item_columns(struct binder *b, const struct select *sel)
{
    struct columns c = {.rows = b->tracker ? b->tracker->rows : NULL};
    struct sql_column_type *items = arena_alloc(b->a, (sel->items.count + 1) * sizeof(*items));
    c.lineage = b->tracker ? arena_alloc(b->a, (sel->items.count + 1) * sizeof(struct lineage *)) : NULL;
    for (size_t i = 0; i < sel->items.count; i++) {
        const struct select_item *it = &sel->items.items[i];
        if (it->expr->kind == EX_STAR) {
            c.open = true;
            continue;
        }
        if (c.lineage)
            c.lineage[c.count] = it->lineage;
        items[c.count++] = (struct sql_column_type){it->alias, it->expr->type};
    }
    c.items = items;
    return c;
}

static bool is_grouped(const struct select *sel)
{
    bool grouped = sel->has_group || sel->group_all || sel->having;
    for (size_t i = 0; !grouped && i < sel->items.count; i++)
        grouped = sql_has_aggregate(sel->items.items[i].expr);
    return grouped;
}

static void bind_windows(struct binder *b, struct select *sel, struct scope *s)
{
    s->windows = arena_alloc(b->a, (sel->window_count + 1) * sizeof(struct lineage *));
    s->select = sel;
    for (size_t i = 0; i < sel->window_count && !b->p->failed; i++) {
        struct lineage *l = sql_lineage_new(b), *outer = sql_lineage_into(b, l);
        sql_bind_window(b, sel->windows[i].spec, s);
        sql_lineage_into(b, outer);
        s->windows[i] = l;
    }
}

static struct columns bind_clauses(struct binder *b, struct select *sel, const struct scope *parent, struct scope *s)
{
    bool window = b->saw_window, aggregate = b->saw_aggregate;
    const bool lift = b->lift_params;
    b->saw_window = b->saw_aggregate = b->lift_params = false;
    s->parent = parent;
    sql_bind_relations(b, sel->from, s);
    if (sel->pivot && !b->p->failed)
        sql_pivot_items(b, sel, s);
    bind_views(b, sel, s);
    if (sel->pivot && !b->p->failed)
        sql_unpivot_lineage(b, sel, s);
    bind_condition(b, &sel->where, s);
    bind_windows(b, sel, s);
    b->lift_params = is_grouped(sel);
    if (!b->p->failed)
        bind_items(b, sel, s);
    if (!b->p->failed)
        bind_group(b, sel, s);
    sql_lineage_group(b, sel);
    bind_condition(b, &sel->having, s);
    bind_condition(b, &sel->qualify, s);
    b->lift_params = lift;
    b->saw_window = window;
    b->saw_aggregate = aggregate;
    return b->p->failed ? (struct columns){0} : item_columns(b, sel);
}

static struct columns bind_select(struct binder *b, struct select *sel, const struct scope *parent, struct scope *s)
{
    struct lineage *rows = sql_lineage_new(b), *value = sql_lineage_into(b, rows), *before = b->tracker ? b->tracker->rows : NULL;
    if (b->tracker)
        b->tracker->rows = rows;
    struct columns c = bind_clauses(b, sel, parent, s);
    sql_lineage_into(b, value);
    if (b->tracker)
        b->tracker->rows = before;
    return c;
}

/* ---- bodies ------------------------------------------------------------------------------------------------------ */

static struct columns bind_values(struct binder *b, struct body *v, const struct scope *parent)
{
    size_t width = v->rows.items[0]->kind == EX_TUPLE ? v->rows.items[0]->args.count : 1;
    struct sql_column_type *items = arena_alloc(b->a, width * sizeof(*items));
    struct lineage *cells = sql_lineage_new(b), *outer = sql_lineage_into(b, cells);
    v->width = width;
    for (size_t i = 0; i < v->rows.count && !b->p->failed; i++) {
        struct expr *row = v->rows.items[i];
        size_t n = row->kind == EX_TUPLE ? row->args.count : 1;
        if (n != width)
            sql_fail(b->p, row->pos, ERROR_USAGE, NULL, "row has %zu values, the first has %zu", n, width);
        if (row->kind != EX_TUPLE)
            sql_bind_expr(b, row, parent);
        for (size_t k = 0; k < row->args.count && row->kind == EX_TUPLE; k++)
            sql_bind_expr(b, row->args.items[k], parent);
    }
    sql_lineage_into(b, outer);
    for (size_t k = 0; k < width && !b->p->failed; k++) {
        const struct sql_type *t = T(VOID);
        for (size_t i = 0; i < v->rows.count && !b->p->failed; i++) {
            struct expr *x = v->rows.items[i]->kind == EX_TUPLE ? v->rows.items[i]->args.items[k] : v->rows.items[i];
            const struct sql_type *next = sql_common_type(b->a, t, x->type);
            if (!next)
                sql_fail(b->p, x->pos, ERROR_USAGE, "write a CAST", "%s and %s have no common type", sql_type_text(b->a, t),
                         sql_type_text(b->a, x->type));
            else
                t = next;
        }
        for (size_t i = 0; i < v->rows.count && !b->p->failed; i++) {
            struct expr **x = v->rows.items[i]->kind == EX_TUPLE ? &v->rows.items[i]->args.items[k] : &v->rows.items[i];
            *x = sql_coerce(b, *x, t);
        }
        items[k] = (struct sql_column_type){arena_printf(b->a, "col%zu", k + 1), t};
    }
    struct columns c = {items, width, false, NULL, NULL, NULL};
    c.lineage = sql_lineage_computed(b, &c, cells);
    return sql_renamed(b, c, &v->column_aliases, v->pos);
}

static struct columns bind_body(struct binder *b, struct body *x, const struct scope *parent, struct scope *inner);

static struct columns bind_set(struct binder *b, struct body *x, const struct scope *parent)
{
    struct columns all = {0};
    struct sql_column_type *items = NULL;
    for (size_t i = 0; i < x->terms.count && !b->p->failed; i++) {
        struct scope s = {0};
        struct columns c = bind_body(b, x->terms.items[i], parent, &s);
        if (b->p->failed)
            break;
        if (i == 0) {
            items = arena_alloc(b->a, (c.count + 1) * sizeof(*items));
            memcpy(items, c.items, c.count * sizeof(*items));
            all = sql_lineage_term(b, (struct columns){.items = items, .count = c.count, .open = c.open}, c, NULL);
            continue;
        }
        all = sql_lineage_term(b, all, c, x->ops.items[i - 1]);
        if (!all.open && !c.open && c.count != all.count) {
            sql_fail(b->p, x->terms.items[i]->pos, ERROR_USAGE, NULL, "%s of %zu and %zu columns", x->ops.items[i - 1], all.count, c.count);
            break;
        }
        all.open = all.open || c.open;
        for (size_t k = 0; k < all.count && k < c.count && !all.open; k++) {
            const struct sql_type *t = sql_common_type(b->a, items[k].type, c.items[k].type);
            if (!t) {
                sql_fail(b->p, x->terms.items[i]->pos, ERROR_USAGE, "write a CAST", "column %zu of %s is %s and %s", k + 1,
                         x->ops.items[i - 1], sql_type_text(b->a, items[k].type), sql_type_text(b->a, c.items[k].type));
                break;
            }
            items[k].type = t;
        }
    }
    return all;
}

static struct columns bind_body(struct binder *b, struct body *x, const struct scope *parent, struct scope *inner)
{
    struct columns c = {0};
    if (x->bound)
        return (struct columns){x->columns, x->column_count, x->open, x->lineage, x->lineage_rows, NULL};
    switch (x->kind) {
    case BODY_SELECT:
        c = bind_select(b, x->select, parent, inner);
        break;
    case BODY_VALUES:
        c = bind_values(b, x, parent);
        break;
    case BODY_QUERY:
        c = sql_bind_query(b, x->query, parent);
        break;
    case BODY_SET:
        c = bind_set(b, x, parent);
        break;
    case BODY_TABLE: {
        struct relation r = {.kind = REL_TABLE, .name = x->table, .pos = x->pos};
        c = sql_table_columns(b, &r);
        x->alias = r.engine_schema;
        x->table = arena_alloc(b->a, sizeof(*x->table));
        *x->table = (struct sql_name){.parts = {r.engine_table}, .count = 1};
        break;
    }
    }
    x->bound = true;
    x->columns = c.items;
    x->column_count = c.count;
    x->open = c.open;
    x->lineage = c.lineage;
    x->lineage_rows = c.rows;
    return c;
}

/* ---- queries ------------------------------------------------------------------------------------------------------- */

static void push_cte(struct binder *b, const struct cte *c, struct columns cols)
{
    cols = sql_renamed(b, cols, &c->columns, c->pos);
    struct cte_binding *x = arena_alloc(b->a, sizeof(*x));
    *x = (struct cte_binding){.parent = b->ctes,
                              .name = c->name,
                              .columns = cols.items,
                              .count = cols.count,
                              .open = cols.open,
                              .lineage = cols.lineage,
                              .rows = cols.rows};
    b->ctes = x;
}

static bool reads_itself(const struct cte *c)
{
    return c->recursive && c->query->body->kind == BODY_SET && c->query->body->terms.count >= 2;
}

void sql_bind_ctes(struct binder *b, struct cte *ctes, size_t count, const struct scope *parent)
{
    for (size_t i = 0; i < count && !b->p->failed; i++) {
        struct cte *c = &ctes[i];
        const struct cte_binding *before = b->ctes;
        struct columns anchor = {0};
        if (reads_itself(c)) { /* the first term, which does not read it, gives the types */
            struct scope s = {0};
            anchor = bind_body(b, c->query->body->terms.items[0], parent, &s);
            if (!b->p->failed)
                push_cte(b, c, sql_lineage_anchor(b, c, anchor));
        }
        struct columns cols = sql_bind_query(b, c->query, parent);
        if (anchor.items && !b->p->failed)
            sql_lineage_recursive(b, c, &anchor, &cols);
        b->ctes = before;
        if (!b->p->failed)
            push_cte(b, c, cols);
    }
}

static void bind_order(struct binder *b, struct query *q, struct scope *s, struct columns c)
{
    s->aliases = c.items;
    s->alias_count = c.count;
    s->alias_lineage = c.lineage;
    s->alias_index = arena_alloc(b->a, sizeof(*s->alias_index));
    s->aliases_first = true;
    for (size_t i = 0; i < q->order.count && !b->p->failed; i++)
        if (is_ordinal(q->order.items[i].expr))
            check_ordinal(b, q->order.items[i].expr, c.open ? 0 : c.count, "ORDER BY");
        else
            sql_bind_expr(b, q->order.items[i].expr, s);
}

static void bind_limit(struct binder *b, struct expr *e, const char *clause)
{
    if (!e || b->p->failed)
        return;
    sql_bind_expr(b, e, NULL);
    if (!b->p->failed && !sql_is_integral(e->type) && e->type->kind > SQL_T_VOID)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s needs a whole number", clause);
}

struct columns sql_bind_query(struct binder *b, struct query *q, const struct scope *parent)
{
    const struct cte_binding *before = b->ctes;
    struct scope *inner = arena_alloc(b->a, sizeof(*inner));
    inner->parent = parent;
    sql_bind_ctes(b, q->ctes.items, q->ctes.count, parent);
    struct columns c = {0};
    if (!b->p->failed)
        c = bind_body(b, q->body, parent, inner);
    struct lineage *order = sql_lineage_new(b), *value = sql_lineage_into(b, order);
    if (!b->p->failed)
        bind_order(b, q, inner, c);
    sql_lineage_into(b, value);
    sql_lineage_limit(b, q, &c, order);
    bind_limit(b, q->limit, "LIMIT");
    bind_limit(b, q->offset, "OFFSET");
    b->ctes = before;
    return c;
}
