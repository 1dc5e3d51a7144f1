/* Binder of relations: what FROM names, into scopes. */
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
    struct sql_lineage_source *origin = b->tracker ? arena_alloc(b->a, sizeof(*origin)) : NULL;
    if (origin)
        *origin = (struct sql_lineage_source){.schema = *ret_schema, .table = *ret_table};
    ret->origin = origin;
    if (!b->env->columns)
        return true;
    if (b->env->columns(b->env->context, *ret_schema, *ret_table, b->a, &ret->items, &ret->count, &err)) {
        sql_fail(b->p, name->pos, err.kind ? err.kind : ERROR_NOT_FOUND, err.hint[0] ? arena_strdup(b->a, err.hint) : NULL, "%s",
                 err.what[0] ? err.what : "unknown table");
        return false;
    }
    ret->open = ret->count == 0;
    ret->lineage = sql_lineage_table(b, ret, *ret_schema, *ret_table, false);
    return true;
}

/* ---- sources ---------------------------------------------------------------------------------------------- */

void sql_add_star(struct binder *b, struct scope *s, const char *alias, const struct source *src, size_t i)
{
    const struct sql_column_type *c = &src->columns[i];
    const struct star_column x = {.name = c->name, .alias = alias, .type = c->type, .lineage = src->lineage ? src->lineage[i] : NULL};
    *LIST_ADD(b->a, &s->star) = x;
}

struct source *sql_add_source(struct binder *b, struct scope *s, const char *alias, struct columns c)
{
    struct source *src = arena_alloc(b->a, sizeof(*src)), **end = &s->sources;
    *src = (struct source){.alias = alias, .columns = c.items, .count = c.count, .open = c.open, .lineage = c.lineage, .origin = c.origin};
    src->index = arena_alloc(b->a, sizeof(*src->index));
    for (; *end; end = &(*end)->next)
        if (alias && (*end)->alias && str_ieq((*end)->alias, alias) && !(*end)->hidden)
            sql_fail(b->p, sql_tok(b->p)->pos, ERROR_USAGE, "give one of them an alias", "two relations are called %s", alias);
    *end = src;
    return src;
}

struct columns sql_renamed(struct binder *b, struct columns c, const sql_strings *aliases, struct sql_pos pos)
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
    return (struct columns){items, aliases->count, false, c.count == aliases->count ? c.lineage : NULL, c.rows, NULL};
}

static const struct cte_binding *find_cte(const struct binder *b, const struct sql_name *n)
{
    for (const struct cte_binding *c = b->ctes; c && n->count == 1; c = c->parent)
        if (str_ieq(c->name, n->parts[0]))
            return c;
    return NULL;
}

struct columns sql_table_columns(struct binder *b, struct relation *r)
{
    const struct cte_binding *cte = find_cte(b, r->name);
    struct columns c = {0};
    if (cte) {
        r->engine_table = cte->name;
        return (struct columns){cte->columns, cte->count, cte->open, cte->lineage, cte->rows, NULL};
    }
    sql_table_of(b, r->name, &r->engine_schema, &r->engine_table, &c);
    return c;
}

static struct columns relation_columns(struct binder *b, struct relation *r, const struct scope *s)
{
    switch (r->kind) {
    case REL_TABLE:
        return sql_table_columns(b, r);
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
        sql_pivot_query(b, r, s->sources != NULL);
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
    struct columns c = sql_renamed(b, relation_columns(b, r, s), &r->column_aliases, r->pos);
    if (b->p->failed)
        return;
    sql_lineage_rows(b, c.rows);
    const char *alias = r->alias ? r->alias : r->name->parts[r->name->count - 1];
    if (r->kind == REL_TABLE && !r->alias)
        r->alias = alias = sql_variable(b, alias, r->pos);
    *ret = sql_add_source(b, s, alias, c);
    if (r->kind == REL_TABLE && r->name->count > 1)
        (*ret)->schema = r->name->parts[r->name->count - 2];
}

bool sql_in_names(const char *const *names, size_t count, const char *name)
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
            *LIST_ADD(b->a,
                      &s->star) = (struct star_column){.name = l->name, .type = l->type, .lineage = sql_lineage_shared(b, r, l, right)};
    }
    for (size_t i = 0; i < old_count; i++)
        if (!sql_in_names(r->using_columns.items, r->using_columns.count, old[i].name))
            *LIST_ADD(b->a, &s->star) = old[i];
    right->merged = r->using_columns.items;
    right->merged_count = r->using_columns.count;
}

void sql_show_columns(struct binder *b, struct scope *s, const struct source *right)
{
    for (size_t i = 0; i < right->count; i++)
        if (!sql_in_names(right->merged, right->merged_count, right->columns[i].name))
            sql_add_star(b, s, right->alias, right, i);
    s->star_open = s->star_open || right->open;
}

static bool has_subquery(const struct expr *e)
{
    bool found = e->query != NULL;
    for (size_t i = 0; !found && i < e->args.count; i++)
        found = has_subquery(e->args.items[i]);
    return found;
}

static void count_sides(const struct expr *e, const struct source *right, size_t *of_left, size_t *of_right)
{
    if (e->kind == EX_COLUMN && e->source)
        ++*(e->source == right ? of_right : of_left);
    for (size_t i = 0; i < e->args.count; i++)
        count_sides(e->args.items[i], right, of_left, of_right);
}

/* DuckDB has a subquery in the ON of an outer, semi or anti join only beside columns of the side that may go missing. */
static void check_on(struct binder *b, const struct relation *r, const struct expr *e, const struct source *right)
{
    size_t of_left = 0, of_right = 0;
    if (r->join == JOIN_INNER || r->join == JOIN_CROSS || r->join == JOIN_COMMA || !has_subquery(e))
        return;
    if (e->kind == EX_OP && str_eq(e->text, "AND")) {
        for (size_t i = 0; i < e->args.count && !b->p->failed; i++)
            check_on(b, r, e->args.items[i], right);
        return;
    }
    count_sides(e, right, &of_left, &of_right);
    const bool good = r->join == JOIN_RIGHT ? of_left && !of_right : r->join != JOIN_FULL && of_right && !of_left;
    if (!good)
        sql_fail(b->p, e->pos, ERROR_USAGE, "join a subquery that has it as a column",
                 "a subquery in this condition of an outer, semi or anti join is not supported");
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
        if (right)
            sql_lineage_using(b, r, s, right);
        if (right && r->using_columns.count && !b->p->failed && !hidden)
            merge_using(b, r, s, right);
        if (r->on) {
            sql_bind_expr(b, r->on, s);
            if (!b->p->failed)
                check_on(b, r, r->on, right);
            if (!b->p->failed)
                r->on = sql_coerce(b, r->on, T(BOOLEAN));
        }
        if (right && !hidden)
            sql_show_columns(b, s, right);
        if (right && hidden) { /* its columns end here */
            right->count = 0;
            right->index = arena_alloc(b->a, sizeof(*right->index));
            right->open = false;
            right->hidden = true;
            right->alias = NULL;
        }
    }
}
