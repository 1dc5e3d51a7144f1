/* Where values come from. The binder tells each name that it resolves; what is bound at that moment decides where it goes: to the value
 * of a column, or to what decides which rows there are. */
#include "sql/bind.h"

struct lineage *sql_lineage_new(struct binder *b) { return b->tracker ? arena_alloc(b->a, sizeof(struct lineage)) : NULL; }

struct lineage *sql_lineage_into(struct binder *b, struct lineage *into)
{
    if (!b->tracker)
        return NULL;
    struct lineage *before = b->tracker->value;
    b->tracker->value = into;
    return before;
}

/* ---- lists of sources ------------------------------------------------------------------------------------- */

static bool same_source(const struct sql_lineage_source *x, const struct sql_lineage_source *y)
{
    return x->function == y->function && str_eq(x->column, y->column) && str_eq(x->table, y->table) && str_eq(x->field, y->field) &&
           str_eq(x->schema, y->schema);
}

static bool has_source(const lineage_sources *l, const struct sql_lineage_source *s)
{
    for (size_t i = 0; i < l->count; i++)
        if (same_source(&l->items[i], s))
            return true;
    return false;
}

static bool add_source(struct binder *b, lineage_sources *l, const struct sql_lineage_source *s)
{
    if (has_source(l, s))
        return false;
    *LIST_ADD(b->a, l) = *s;
    return true;
}

static bool add_sources(struct binder *b, lineage_sources *to, const lineage_sources *from)
{
    bool more = false;
    for (size_t i = 0; to != from && i < from->count; i++)
        more |= add_source(b, to, &from->items[i]);
    return more;
}

void sql_lineage_merge(struct binder *b, struct lineage *to, const struct lineage *from)
{
    if (!b->tracker)
        return;
    if (!from) {
        b->tracker->open = true;
        return;
    }
    to->path = from->path && !to->direct.count && !to->indirect.count;
    add_sources(b, &to->direct, &from->direct);
    add_sources(b, &to->indirect, &from->indirect);
}

static void filter(struct binder *b, struct lineage *to, const struct lineage *from)
{
    if (!from)
        return;
    add_sources(b, &to->indirect, &from->direct);
    add_sources(b, &to->indirect, &from->indirect);
}

void sql_lineage_rows(struct binder *b, const struct lineage *l)
{
    if (b->tracker)
        filter(b, b->tracker->rows, l);
}

/* ---- names --------------------------------------------------------------------------------------------------- */

static bool is_path(const struct expr *e) { return e->kind == EX_COLUMN || (e->kind == EX_FIELD && is_path(e->args.items[0])); }

void sql_lineage_of_expr(struct binder *b, struct lineage *l, const struct expr *e)
{
    if (b->tracker)
        l->path = l->path && is_path(e);
}

void sql_lineage_field(struct binder *b, struct lineage *l, const char *field)
{
    for (size_t i = 0; b->tracker && l->path && i < l->direct.count; i++) {
        struct sql_lineage_source *s = &l->direct.items[i];
        s->field = s->field ? arena_printf(b->a, "%s.%s", s->field, field) : field;
    }
}

void sql_lineage_add(struct binder *b, const struct lineage *l, const struct sql_name *name, size_t used)
{
    if (!b->tracker)
        return;
    struct lineage one = {0};
    sql_lineage_merge(b, &one, l);
    for (size_t i = used; i < name->count; i++)
        sql_lineage_field(b, &one, name->parts[i]);
    sql_lineage_merge(b, b->tracker->value, &one);
}

void sql_lineage_missing(struct binder *b, const struct source *s, const struct expr *e, size_t at)
{
    if (!b->tracker)
        return;
    if (!s || !s->origin) {
        b->tracker->open = true;
        return;
    }
    struct lineage one = {.path = true};
    struct sql_lineage_source x = *s->origin;
    x.column = e->name->parts[at];
    add_source(b, &one.direct, &x);
    sql_lineage_add(b, &one, e->name, at + 1);
}

/* A name without a table before it; one that USING shares is what * shows. */
void sql_lineage_plain(struct binder *b, const struct scope *s, const struct source *from, const struct sql_column_type *c,
                       const struct sql_name *name)
{
    const struct lineage *l = from->lineage ? from->lineage[c - from->columns] : NULL;
    for (const struct source *src = s->sources; b->tracker && src; src = src->next)
        for (size_t i = 0; i < src->merged_count; i++)
            for (size_t k = 0; str_ieq(src->merged[i], c->name) && k < s->star.count; k++)
                if (str_ieq(s->star.items[k].name, c->name))
                    l = s->star.items[k].lineage;
    sql_lineage_add(b, l, name, 1);
}

void sql_lineage_call(struct binder *b, const struct sql_user_function *f, const struct sql_name *written)
{
    if (!b->tracker || f->table_valued)
        return;
    struct lineage one = {0};
    struct sql_lineage_source s = {f->schema, f->name, true, NULL, NULL};
    if (!s.table) {
        s.table = written->parts[written->count - 1];
        s.schema = written->count > 1 ? written->parts[written->count - 2] : NULL;
    }
    add_source(b, &one.direct, &s);
    sql_lineage_merge(b, b->tracker->value, &one);
}

void sql_lineage_window(struct binder *b, const struct window_spec *w, const struct scope *s)
{
    for (; b->tracker && w->name && s; s = s->parent)
        for (size_t i = 0; s->select && i < s->select->window_count; i++)
            if (str_ieq(s->select->windows[i].name, w->name) && s->windows[i])
                sql_lineage_merge(b, b->tracker->value, s->windows[i]);
}

void sql_lineage_subquery(struct binder *b, const struct columns *c, bool values)
{
    if (!b->tracker)
        return;
    for (size_t i = 0; values && i < c->count; i++)
        sql_lineage_merge(b, b->tracker->value, c->lineage ? c->lineage[i] : NULL);
    b->tracker->open |= values && c->open;
    filter(b, b->tracker->value, c->rows);
}

/* ---- relations ------------------------------------------------------------------------------------------------- */

struct lineage **sql_lineage_table(struct binder *b, const struct columns *c, const char *schema, const char *table, bool function)
{
    if (!b->tracker)
        return NULL;
    struct lineage **l = arena_alloc(b->a, (c->count + 1) * sizeof(struct lineage *));
    for (size_t i = 0; i < c->count; i++) {
        l[i] = sql_lineage_new(b);
        l[i]->path = true;
        add_source(b, &l[i]->direct, &(struct sql_lineage_source){schema, table, function, c->items[i].name, NULL});
    }
    return l;
}

struct lineage **sql_lineage_result(struct binder *b, const struct columns *c, const struct sql_user_function *f,
                                    const struct sql_name *written)
{
    if (!b->tracker)
        return NULL;
    const char *schema = f->name ? f->schema : written->count > 1 ? written->parts[written->count - 2] : NULL;
    return sql_lineage_table(b, c, schema, f->name ? f->name : written->parts[written->count - 1], true);
}

struct lineage **sql_lineage_computed(struct binder *b, const struct columns *c, const struct lineage *from)
{
    if (!b->tracker)
        return NULL;
    struct lineage **l = arena_alloc(b->a, (c->count + 1) * sizeof(struct lineage *));
    for (size_t i = 0; i < c->count; i++) {
        l[i] = sql_lineage_new(b);
        sql_lineage_merge(b, l[i], from);
        l[i]->path = false;
    }
    return l;
}

/* What explode and the like take apart: an item of an array of STRUCTs has its fields. */
struct lineage **sql_lineage_generator(struct binder *b, const struct columns *c, const struct lineage *arg, const struct sql_type *t)
{
    if (!b->tracker)
        return NULL;
    struct lineage **l = arena_alloc(b->a, (c->count + 1) * sizeof(struct lineage *));
    const size_t items = t->kind == SQL_T_MAP ? 2 : c->count;
    for (size_t i = 0; i < c->count; i++) {
        l[i] = sql_lineage_new(b);
        sql_lineage_merge(b, l[i], arg);
        const bool item = t->kind == SQL_T_ARRAY && (items == 1 || !str_eq(c->items[i].name, "pos") || i);
        if (!item)
            l[i]->path = false;
        else if (t->item->kind == SQL_T_STRUCT && !str_eq(c->items[i].name, "col"))
            sql_lineage_field(b, l[i], c->items[i].name);
    }
    sql_lineage_rows(b, arg);
    return l;
}

static const struct lineage *column_lineage(const struct source *s, const char *name)
{
    for (size_t i = 0; s->lineage && i < s->count; i++)
        if (str_ieq(s->columns[i].name, name))
            return s->lineage[i];
    return NULL;
}

void sql_lineage_using(struct binder *b, const struct relation *r, const struct scope *s, const struct source *right)
{
    for (size_t i = 0; b->tracker && i < r->using_columns.count; i++) {
        const char *name = r->using_columns.items[i];
        for (size_t k = 0; k < s->star.count; k++)
            if (str_ieq(s->star.items[k].name, name))
                sql_lineage_rows(b, s->star.items[k].lineage);
        sql_lineage_rows(b, column_lineage(right, name));
    }
}

/* A column that USING shares: of an outer join's preserved side; of FULL JOIN that of either side. */
struct lineage *sql_lineage_shared(struct binder *b, const struct relation *r, const struct star_column *l, const struct source *right)
{
    if (!b->tracker || (r->join != JOIN_RIGHT && r->join != JOIN_FULL))
        return l->lineage;
    struct lineage *both = sql_lineage_new(b);
    if (r->join == JOIN_FULL)
        sql_lineage_merge(b, both, l->lineage);
    sql_lineage_merge(b, both, column_lineage(right, l->name));
    return both;
}

/* ---- SELECT and what is made of several ------------------------------------------------------------------------- */

void sql_lineage_group(struct binder *b, const struct select *sel)
{
    int64_t place;
    if (!b->tracker)
        return;
    for (size_t i = 0; i < sel->items.count; i++)
        if (sel->distinct || (sel->group_all && !sel->items.items[i].aggregate))
            sql_lineage_rows(b, sel->items.items[i].lineage);
    for (size_t i = 0; i < sel->group.count; i++)
        if (sql_literal_int(sel->group.items[i], &place) && place >= 1 && place <= (int64_t)sel->items.count)
            sql_lineage_rows(b, sel->items.items[place - 1].lineage);
}

static bool is_path_or_constant(const struct lineage *l) { return l->path || (!l->direct.count && !l->indirect.count); }

/* The columns of a set operation so far with those of its next term. */
struct columns sql_lineage_term(struct binder *b, struct columns all, struct columns next, const char *op)
{
    if (!b->tracker)
        return all;
    const bool first = !op, both = first || str_starts(op, "UNION"), merges = !first && !str_eq(op, "UNION ALL");
    if (first) {
        all.lineage = arena_alloc(b->a, (all.count + 1) * sizeof(struct lineage *));
        all.rows = sql_lineage_new(b);
    }
    filter(b, all.rows, next.rows);
    for (size_t i = 0; i < all.count && i < next.count; i++) {
        const struct lineage *l = next.lineage ? next.lineage[i] : NULL;
        if (!all.lineage[i])
            all.lineage[i] = sql_lineage_new(b);
        const bool path = is_path_or_constant(all.lineage[i]) && (!both || (l && is_path_or_constant(l)));
        if (both)
            sql_lineage_merge(b, all.lineage[i], l);
        all.lineage[i]->path = path;
        if (!merges)
            continue;
        filter(b, all.rows, all.lineage[i]);
        filter(b, all.rows, l);
    }
    return all;
}

/* The order of rows matters where some are left out. */
void sql_lineage_limit(struct binder *b, const struct query *q, struct columns *c, const struct lineage *order)
{
    int64_t place;
    if (!b->tracker || !q->limit)
        return;
    struct lineage *rows = sql_lineage_new(b);
    filter(b, rows, c->rows);
    filter(b, rows, order);
    for (size_t i = 0; i < q->order.count; i++)
        if (sql_literal_int(q->order.items[i].expr, &place) && place >= 1 && place <= (int64_t)c->count && c->lineage)
            filter(b, rows, c->lineage[place - 1]);
    c->rows = rows;
}

/* ---- recursive CTEs ------------------------------------------------------------------------------------------------ */

/* Within itself the CTE's columns are sources that stand for what they turn out to be: known by the pointers of their names. */
struct columns sql_lineage_anchor(struct binder *b, const struct cte *c, struct columns anchor)
{
    anchor.lineage = sql_lineage_table(b, &anchor, NULL, c->name, true);
    return anchor;
}

static size_t stand_in(const struct cte *c, const struct columns *anchor, const struct sql_lineage_source *s)
{
    for (size_t i = 0; s->table == c->name && i < anchor->count; i++)
        if (s->column == anchor->items[i].name)
            return i;
    return anchor->count;
}

static bool resolve(struct binder *b, const struct cte *c, const struct columns *anchor, struct lineage **of, lineage_sources *to,
                    lineage_sources *indirect)
{
    bool more = false;
    for (size_t i = 0; i < to->count; i++) {
        const size_t k = stand_in(c, anchor, &to->items[i]);
        if (k == anchor->count)
            continue;
        more |= add_sources(b, to, &of[k]->direct);
        more |= add_sources(b, indirect, &of[k]->indirect);
    }
    return more;
}

static void drop_stand_ins(const struct cte *c, const struct columns *anchor, lineage_sources *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        if (stand_in(c, anchor, &l->items[i]) == anchor->count)
            l->items[n++] = l->items[i];
    l->count = n;
}

void sql_lineage_recursive(struct binder *b, const struct cte *c, const struct columns *anchor, struct columns *cols)
{
    if (!b->tracker || !cols->lineage || cols->count != anchor->count)
        return;
    struct lineage **of = cols->lineage;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < cols->count; i++) {
            more |= resolve(b, c, anchor, of, &of[i]->direct, &of[i]->indirect);
            more |= resolve(b, c, anchor, of, &of[i]->indirect, &of[i]->indirect);
        }
        more |= resolve(b, c, anchor, of, &cols->rows->indirect, &cols->rows->indirect);
    }
    for (size_t i = 0; i < cols->count; i++) {
        drop_stand_ins(c, anchor, &of[i]->direct);
        drop_stand_ins(c, anchor, &of[i]->indirect);
    }
    drop_stand_ins(c, anchor, &cols->rows->indirect);
}

/* ---- what the statement makes --------------------------------------------------------------------------------------- */

void sql_lineage_output(struct binder *b, const char *name, const struct lineage *l)
{
    struct tracker *t = b->tracker;
    size_t i = 0;
    if (!t)
        return;
    while (i < t->columns.count && !str_ieq(t->columns.items[i].name, name))
        i++;
    if (i == t->columns.count) {
        *LIST_ADD(b->a, &t->columns) = (struct sql_lineage_column){.name = name};
        *LIST_ADD(b->a, &t->written) = sql_lineage_new(b);
    }
    sql_lineage_merge(b, t->written.items[i], l);
}

void sql_lineage_outputs(struct binder *b, const struct columns *c, const char *(*name)(const void *, size_t), const void *names)
{
    struct tracker *t = b->tracker;
    if (!t)
        return;
    for (size_t i = 0; i < c->count; i++) {
        const char *own = names ? name(names, i) : NULL;
        *LIST_ADD(b->a, &t->columns) = (struct sql_lineage_column){.name = own ? own : c->items[i].name, .type = c->items[i].type};
        *LIST_ADD(b->a, &t->written) = sql_lineage_new(b);
        sql_lineage_merge(b, t->written.items[i], c->lineage ? c->lineage[i] : NULL);
    }
    sql_lineage_rows(b, c->rows);
    t->open |= c->open;
}

static void finish_column(struct binder *b, struct sql_lineage_column *c, const struct lineage *l, const lineage_sources *rows)
{
    lineage_sources all = {0}, only = {0};
    add_sources(b, &all, &l->indirect);
    add_sources(b, &all, rows);
    for (size_t i = 0; i < all.count; i++)
        if (!has_source(&l->direct, &all.items[i]))
            *LIST_ADD(b->a, &only) = all.items[i];
    c->direct = l->direct.items;
    c->direct_count = l->direct.count;
    c->indirect = only.items;
    c->indirect_count = only.count;
}

int sql_lineage(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, struct sql_lineage **ret,
                struct error *err)
{
    struct tracker t = {.rows = arena_alloc(a, sizeof(struct lineage))};
    struct binder b = {.a = a, .tracker = &t};
    struct sql_rewritten *r;
    t.value = t.rows;
    int rc = sql_rewrite_tracked(a, text, len, first_line, env, &t, &r, err);
    if (rc)
        return rc;
    lineage_sources rows = {0};
    add_sources(&b, &rows, &t.rows->direct);
    add_sources(&b, &rows, &t.rows->indirect);
    for (size_t i = 0; i < t.columns.count; i++)
        finish_column(&b, &t.columns.items[i], t.written.items[i], &rows);
    struct sql_lineage *l = arena_alloc(a, sizeof(*l));
    *l = (struct sql_lineage){r->kind, t.columns.items, t.columns.count, rows.items, rows.count, t.open};
    *ret = l;
    return 0;
}
