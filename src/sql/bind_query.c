/* Binder of queries: relations into scopes, select lists into columns. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

const char *sql_variable(struct binder *b, const char *text, struct sql_pos pos)
{
    const char *start;
    while (!b->p->failed && (start = strstr(text, "${"))) {
        const char *end = strchr(start, '}');
        if (!end)
            break;
        const char *name = arena_strndup(b->a, start + 2, (size_t)(end - start) - 2), *value = NULL;
        struct error err = {0};
        if (!b->env->variable)
            sql_fail(b->p, pos, ERROR_NOT_FOUND, NULL, "variable ${%s} has no value here", name);
        else if (b->env->variable(b->env->context, name, b->a, &value, &err))
            sql_fail(b->p, pos, ERROR_NOT_FOUND, err.hint[0] ? arena_strdup(b->a, err.hint) : NULL, "%s", err.what);
        else if (strstr(value, "${"))
            sql_fail(b->p, pos, ERROR_USAGE, NULL, "variable ${%s} holds another variable", name);
        else
            text = arena_printf(b->a, "%.*s%s%s", (int)(start - text), text, value, end + 1);
    }
    return text;
}

/* Text settings are literals with quotes, which a string does without. What is no variable stays: `${` may be text. */
const char *sql_string_variables(struct binder *b, const char *text)
{
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_SQL_BYTES);
    const char *start = text, *end;
    for (const char *at; b->env->variable && (at = strstr(start, "${")) && (end = strchr(at, '}')); start = end + 1) {
        const char *value = NULL;
        struct error err = {0};
        if (b->env->variable(b->env->context, arena_strndup(b->a, at + 2, (size_t)(end - at) - 2), b->a, &value, &err))
            buf_add(&out, start, (size_t)(end + 1 - start));
        else
            buf_printf(&out, "%.*s%.*s", (int)(at - start), start, (int)strlen(value) - 2 * (value[0] == '\''), value + (value[0] == '\''));
    }
    if (start == text)
        return text;
    buf_puts(&out, start);
    return out.overflow ? text : arena_strdup(b->a, out.data);
}

static struct sql_name *without_variables(struct binder *b, const struct sql_name *name)
{
    struct sql_name *n = arena_alloc(b->a, sizeof(*n));
    n->pos = name->pos;
    for (size_t i = 0; i < name->count; i++) { /* a variable may hold several parts */
        const char *part = sql_variable(b, name->parts[i], name->pos);
        bool split = part != name->parts[i];
        for (const char *dot; split && (dot = strchr(part, '.')) && n->count < SQL_NAME_PARTS; part = dot + 1)
            n->parts[n->count++] = arena_strndup(b->a, part, (size_t)(dot - part));
        if (n->count < SQL_NAME_PARTS)
            n->parts[n->count++] = part;
    }
    return n;
}

bool sql_table_of(struct binder *b, const struct sql_name *name, const char **ret_schema, const char **ret_table, struct columns *ret)
{
    const struct sql_name *n = without_variables(b, name);
    struct error err = {0};
    if (b->p->failed)
        return false;
    *ret = (struct columns){.open = true};
    *ret_schema = n->count > 1 ? n->parts[n->count - 2] : NULL;
    *ret_table = n->parts[n->count - 1];
    if (b->env->name && b->env->name(b->env->context, n, b->a, ret_schema, ret_table, &err)) {
        sql_fail(b->p, name->pos, err.kind ? err.kind : ERROR_NOT_FOUND, err.hint[0] ? arena_strdup(b->a, err.hint) : NULL, "%s",
                 err.what[0] ? err.what : "unknown table");
        return false;
    }
    if (!b->env->columns)
        return true;
    if (b->env->columns(b->env->context, *ret_schema, *ret_table, b->a, &ret->items, &ret->count, &err)) {
        sql_fail(b->p, name->pos, err.kind ? err.kind : ERROR_NOT_FOUND, err.hint[0] ? arena_strdup(b->a, err.hint) : NULL, "%s",
                 err.what[0] ? err.what : "unknown table");
        return false;
    }
    ret->open = ret->count == 0;
    return true;
}

/* ---- sources ---------------------------------------------------------------------------------------------- */

static void add_star(struct binder *b, struct scope *s, const char *alias, const struct sql_column_type *c)
{
    struct star_column x = {.name = c->name, .type = c->type};
    x.sql = alias ? arena_printf(b->a, "%s.%s", sql_quote(b->a, alias), sql_quote(b->a, c->name)) : sql_quote(b->a, c->name);
    *LIST_ADD(b->a, &s->star) = x;
}

struct source *sql_add_source(struct binder *b, struct scope *s, const char *alias, struct columns c)
{
    struct source *src = arena_alloc(b->a, sizeof(*src)), **end = &s->sources;
    *src = (struct source){.alias = alias, .columns = c.items, .count = c.count, .open = c.open};
    src->index = arena_alloc(b->a, sizeof(*src->index));
    for (; *end; end = &(*end)->next)
        if (alias && (*end)->alias && str_ieq((*end)->alias, alias) && !(*end)->hidden)
            sql_fail(b->p, sql_tok(b->p)->pos, ERROR_USAGE, "give one of them an alias", "two relations are called %s", alias);
    *end = src;
    return src;
}

static struct columns renamed(struct binder *b, struct columns c, const sql_strings *aliases, struct sql_pos pos)
{
    if (!aliases->count)
        return c;
    if (!c.open && c.count != aliases->count) {
        sql_fail(b->p, pos, ERROR_USAGE, NULL, "%zu column aliases for %zu columns", aliases->count, c.count);
        return c;
    }
    struct sql_column_type *items = arena_alloc(b->a, aliases->count * sizeof(*items));
    for (size_t i = 0; i < aliases->count; i++)
        items[i] = (struct sql_column_type){aliases->items[i], i < c.count ? c.items[i].type : T(UNKNOWN)};
    return (struct columns){items, aliases->count, false};
}

static const struct cte_binding *find_cte(const struct binder *b, const struct sql_name *n)
{
    for (const struct cte_binding *c = b->ctes; c && n->count == 1; c = c->parent)
        if (str_ieq(c->name, n->parts[0]))
            return c;
    return NULL;
}

static struct columns table_columns(struct binder *b, struct relation *r)
{
    const struct cte_binding *cte = find_cte(b, r->name);
    struct columns c = {0};
    if (cte) {
        r->engine_table = cte->name;
        return (struct columns){cte->columns, cte->count, cte->open};
    }
    sql_table_of(b, r->name, &r->engine_schema, &r->engine_table, &c);
    return c;
}

static void bind_pivot(struct binder *b, struct relation *r);

static struct columns relation_columns(struct binder *b, struct relation *r, const struct scope *s)
{
    switch (r->kind) {
    case REL_TABLE:
        return table_columns(b, r);
    case REL_QUERY:
        return sql_bind_query(b, r->query, r->lateral ? s : s->parent);
    case REL_FUNCTION:
        return sql_bind_table_function(b, r->call, s);
    default:
        return (struct columns){.open = true};
    }
}

static void add_relation(struct binder *b, struct relation *r, struct scope *s, struct source **ret)
{
    if (r->pivot)
        bind_pivot(b, r);
    if (b->p->failed)
        return;
    if (r->kind == REL_PAREN) {
        if (r->alias)
            sql_fail(b->p, r->pos, ERROR_USAGE, "write (SELECT * FROM ..) AS alias", "an alias of a join in brackets is not supported");
        sql_bind_relations(b, r->inner, s);
        return;
    }
    if (r->kind == REL_FUNCTION && !r->alias)
        r->alias = arena_printf(b->a, "_t%u", ++b->counter);
    if (r->kind == REL_QUERY && !r->alias)
        r->alias = arena_printf(b->a, "_t%u", ++b->counter);
    struct columns c = renamed(b, relation_columns(b, r, s), &r->column_aliases, r->pos);
    if (b->p->failed)
        return;
    const char *alias = r->alias ? r->alias : r->name->parts[r->name->count - 1];
    if (r->kind == REL_TABLE && !r->alias)
        r->alias = alias = sql_variable(b, alias, r->pos);
    *ret = sql_add_source(b, s, alias, c);
    if (r->kind == REL_TABLE && r->name->count > 1)
        (*ret)->schema = r->name->parts[r->name->count - 2];
}

static bool in_names(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(names[i], name))
            return true;
    return false;
}

static const struct star_column *find_star(const struct scope *s, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(s->star.items[i].name, name))
            return &s->star.items[i];
    return NULL;
}

/* Columns shared by both sides, for NATURAL JOIN. */
static void natural_columns(struct binder *b, struct relation *r, const struct scope *s, const struct source *right)
{
    if (right->open || s->star_open) {
        sql_fail(b->p, r->pos, ERROR_USAGE, "write USING (..)", "NATURAL JOIN of tables whose columns are not known");
        return;
    }
    for (size_t i = 0; i < right->count; i++)
        if (find_star(s, s->star.count, right->columns[i].name))
            *LIST_ADD(b->a, &r->using_columns) = right->columns[i].name;
    if (!r->using_columns.count)
        sql_fail(b->p, r->pos, ERROR_USAGE, "write ON", "NATURAL JOIN without a common column");
}

/* Spark shows the shared columns first, then the rest of the left, then of the right. */
static void merge_using(struct binder *b, struct relation *r, struct scope *s, struct source *right)
{
    struct star_column *old = s->star.items;
    size_t old_count = s->star.count;
    struct scope before = {.star = {old, old_count, old_count}};
    s->star.items = NULL;
    s->star.count = s->star.cap = 0;
    for (size_t i = 0; i < r->using_columns.count; i++) {
        const char *name = r->using_columns.items[i];
        const struct star_column *l = find_star(&before, old_count, name);
        if (!l && !s->star_open)
            sql_fail(b->p, r->pos, ERROR_NOT_FOUND, NULL, "USING: the left side has no column %s", name);
        bool has = right->open;
        for (size_t k = 0; k < right->count; k++)
            has = has || str_ieq(right->columns[k].name, name);
        if (!has)
            sql_fail(b->p, r->pos, ERROR_NOT_FOUND, NULL, "USING: the right side has no column %s", name);
        if (l)
            *LIST_ADD(b->a, &s->star) = (struct star_column){.name = l->name, .type = l->type, .sql = sql_quote(b->a, l->name)};
    }
    for (size_t i = 0; i < old_count; i++)
        if (!in_names(r->using_columns.items, r->using_columns.count, old[i].name))
            *LIST_ADD(b->a, &s->star) = old[i];
    right->merged = r->using_columns.items;
    right->merged_count = r->using_columns.count;
}

static void show_right(struct binder *b, struct scope *s, const struct source *right)
{
    for (size_t i = 0; i < right->count; i++)
        if (!in_names(right->merged, right->merged_count, right->columns[i].name))
            add_star(b, s, right->alias, &right->columns[i]);
    s->star_open = s->star_open || right->open;
}

void sql_bind_relations(struct binder *b, struct relation *r, struct scope *s)
{
    for (; r && !b->p->failed; r = r->next) {
        struct source *right = NULL;
        add_relation(b, r, s, &right);
        if (b->p->failed)
            return;
        if (!right && (r->natural || r->using_columns.count || r->join == JOIN_SEMI || r->join == JOIN_ANTI)) {
            sql_fail(b->p, r->pos, ERROR_USAGE, "write ON, or a subquery",
                     "USING, SEMI and ANTI with a join in brackets are not supported");
            return;
        }
        if (right && r->natural)
            natural_columns(b, r, s, right);
        bool hidden = r->join == JOIN_SEMI || r->join == JOIN_ANTI;
        if (right && r->using_columns.count && !b->p->failed && !hidden)
            merge_using(b, r, s, right);
        if (r->on) {
            sql_bind_expr(b, r->on, s);
            if (!b->p->failed)
                r->on = sql_coerce(b, r->on, T(BOOLEAN));
        }
        if (right && !hidden)
            show_right(b, s, right);
        if (right && hidden) { /* its columns end here */
            right->count = 0;
            right->index = arena_alloc(b->a, sizeof(*right->index));
            right->open = false;
            right->hidden = true;
            right->alias = NULL;
        }
    }
}

/* ---- PIVOT and UNPIVOT -------------------------------------------------------------------------------------- */

static void bind_pivot(struct binder *b, struct relation *r)
{
    sql_fail(b->p, r->pivot->pos, ERROR_USAGE,
             r->pivot->unpivot ? "use UNION ALL, or explode of a map" : "use sum(..) FILTER (WHERE ..) for each value",
             "%s is not supported", r->pivot->unpivot ? "UNPIVOT" : "PIVOT");
}

/* ---- SELECT --------------------------------------------------------------------------------------------------- */

struct item_list {
    LIST(struct select_item) items;
};

static void add_raw_item(struct binder *b, struct item_list *l, const struct expr *like, const char *name, const char *sql,
                         const struct sql_type *type)
{
    struct select_item it = {.expr = sql_raw(b, like, sql, type), .alias = name};
    *LIST_ADD(b->a, &l->items) = it;
}

static void check_except(struct binder *b, const struct expr *e, const struct star_column *cols, size_t count)
{
    const char **names = arena_alloc(b->a, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = cols[i].name;
    for (size_t i = 0; i < e->names.count && !b->p->failed; i++)
        if (!in_names(names, count, e->names.items[i])) {
            const char *near = nearest_name(e->names.items[i], names, count);
            sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL,
                     "EXCEPT names unknown column %s", e->names.items[i]);
        }
}

static void expand(struct binder *b, struct item_list *l, const struct expr *e, const struct star_column *cols, size_t count)
{
    check_except(b, e, cols, count);
    for (size_t i = 0; i < count; i++)
        if (!in_names(e->names.items, e->names.count, cols[i].name))
            add_raw_item(b, l, e, cols[i].name, cols[i].sql, cols[i].type);
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
    sql_bind_expr(b, x, s);
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
        if (!in_names(e->names.items, e->names.count, f->text))
            *LIST_ADD(b->a, &l->items) = (struct select_item){.expr = f, .alias = f->text};
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
        add_star(b, &one, src->alias, &src->columns[i]);
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
        add_raw_item(b, l, it->expr, name, arena_printf(b->a, "\"%s\".\"%s\"", v.alias, own), c.items[i].type);
    }
    *LIST_ADD(b->a, &sel->views) = v;
}

static void bind_items(struct binder *b, struct select *sel, struct scope *s)
{
    struct item_list l = {0};
    size_t generators = 0;
    struct sql_column_type *aliases = arena_alloc(b->a, (sel->items.count + 1) * sizeof(*aliases));
    s->aliases = aliases;
    s->alias_index = arena_alloc(b->a, sizeof(*s->alias_index));
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
        sql_bind_expr(b, it.expr, s);
        if (own)
            aliases[s->alias_count++] = (struct sql_column_type){own, it.expr->type};
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
        struct source *src = sql_add_source(b, s, v->alias, renamed(b, c, &v->columns, v->pos));
        show_right(b, s, src);
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
    struct columns c = {0};
    struct sql_column_type *items = arena_alloc(b->a, (sel->items.count + 1) * sizeof(*items));
    for (size_t i = 0; i < sel->items.count; i++) {
        const struct select_item *it = &sel->items.items[i];
        if (it->expr->kind == EX_STAR)
            c.open = true;
        else
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

static struct columns bind_select(struct binder *b, struct select *sel, const struct scope *parent, struct scope *s)
{
    bool window = b->saw_window, aggregate = b->saw_aggregate;
    const bool lift = b->lift_params;
    b->saw_window = b->saw_aggregate = b->lift_params = false;
    s->parent = parent;
    sql_bind_relations(b, sel->from, s);
    bind_views(b, sel, s);
    bind_condition(b, &sel->where, s);
    for (size_t i = 0; i < sel->window_count && !b->p->failed; i++)
        sql_bind_window(b, sel->windows[i].spec, s);
    b->lift_params = is_grouped(sel);
    if (!b->p->failed)
        bind_items(b, sel, s);
    if (!b->p->failed)
        bind_group(b, sel, s);
    bind_condition(b, &sel->having, s);
    bind_condition(b, &sel->qualify, s);
    b->lift_params = lift;
    b->saw_window = window;
    b->saw_aggregate = aggregate;
    return b->p->failed ? (struct columns){0} : item_columns(b, sel);
}

/* ---- bodies ------------------------------------------------------------------------------------------------------ */

static struct columns bind_values(struct binder *b, struct body *v, const struct scope *parent)
{
    size_t width = v->rows.items[0]->kind == EX_TUPLE ? v->rows.items[0]->args.count : 1;
    struct sql_column_type *items = arena_alloc(b->a, width * sizeof(*items));
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
    return renamed(b, (struct columns){items, width, false}, &v->column_aliases, v->pos);
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
            all = (struct columns){items, c.count, c.open};
            continue;
        }
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
        return (struct columns){x->columns, x->column_count, x->open};
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
        c = table_columns(b, &r);
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
    return c;
}

/* ---- queries ------------------------------------------------------------------------------------------------------- */

static void push_cte(struct binder *b, const struct cte *c, struct columns cols)
{
    cols = renamed(b, cols, &c->columns, c->pos);
    struct cte_binding *x = arena_alloc(b->a, sizeof(*x));
    *x = (struct cte_binding){.parent = b->ctes, .name = c->name, .columns = cols.items, .count = cols.count, .open = cols.open};
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
        if (reads_itself(c)) { /* the first term, which does not read it, gives the types */
            struct scope s = {0};
            struct columns anchor = bind_body(b, c->query->body->terms.items[0], parent, &s);
            if (!b->p->failed)
                push_cte(b, c, anchor);
        }
        struct columns cols = sql_bind_query(b, c->query, parent);
        b->ctes = before;
        if (!b->p->failed)
            push_cte(b, c, cols);
    }
}

static void bind_order(struct binder *b, struct query *q, struct scope *s, struct columns c)
{
    s->aliases = c.items;
    s->alias_count = c.count;
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
    if (!b->p->failed)
        bind_order(b, q, inner, c);
    bind_limit(b, q->limit, "LIMIT");
    bind_limit(b, q->offset, "OFFSET");
    b->ctes = before;
    return c;
}
