/* What a statement reads, writes and calls: a walk over the syntax tree with the scopes of WITH. */
#include "sql/private.h"

struct cte_scope {
    const struct cte_scope *parent;
    const char *name;
};

struct walker {
    struct arena *a;
    LIST(struct sql_reference) reads, functions;
    sql_select_fn *on_select;
    void *context;
};

static void walk_query(struct walker *w, const struct query *q, const struct cte_scope *scope);
static void walk_expr(struct walker *w, const struct expr *e, const struct cte_scope *scope);

bool sql_is_cte(const struct cte_scope *scope, const struct sql_name *n)
{
    for (; scope && n->count == 1; scope = scope->parent)
        if (str_ieq(scope->name, n->parts[0]))
            return true;
    return false;
}

static void read_table(struct walker *w, const struct sql_name *n, const struct cte_scope *scope)
{
    if (!sql_is_cte(scope, n))
        *LIST_ADD(w->a, &w->reads) = (struct sql_reference){.name = *n};
}

static void walk_order(struct walker *w, const order_list *o, const struct cte_scope *scope)
{
    for (size_t i = 0; i < o->count; i++)
        walk_expr(w, o->items[i].expr, scope);
}

static void walk_window(struct walker *w, const struct window_spec *s, const struct cte_scope *scope)
{
    for (size_t i = 0; i < s->partition.count; i++)
        walk_expr(w, s->partition.items[i], scope);
    walk_order(w, &s->order, scope);
    walk_expr(w, s->frame_from, scope);
    walk_expr(w, s->frame_to, scope);
}

static void walk_expr(struct walker *w, const struct expr *e, const struct cte_scope *scope)
{
    if (!e)
        return;
    if (e->kind == EX_CALL)
        *LIST_ADD(w->a, &w->functions) = (struct sql_reference){.name = *e->name};
    for (size_t i = 0; i < e->args.count; i++)
        walk_expr(w, e->args.items[i], scope);
    if (e->query)
        walk_query(w, e->query, scope);
    if (e->over)
        walk_window(w, e->over, scope);
    walk_expr(w, e->filter, scope);
    walk_order(w, &e->within, scope);
}

static void walk_relation(struct walker *w, const struct relation *r, const struct cte_scope *scope)
{
    for (; r; r = r->next) {
        if (r->kind == REL_TABLE && r->name)
            read_table(w, r->name, scope);
        else if (r->kind == REL_QUERY)
            walk_query(w, r->query, scope);
        else if (r->kind == REL_PAREN)
            walk_relation(w, r->inner, scope);
        else if (r->kind == REL_FUNCTION) {
            *LIST_ADD(w->a, &w->functions) = (struct sql_reference){.name = *r->call->name, .table_function = true};
            for (size_t i = 0; i < r->call->args.count; i++)
                walk_expr(w, r->call->args.items[i], scope);
        }
        for (size_t i = 0; r->pivot && i < r->pivot->aggregates.count; i++)
            walk_expr(w, r->pivot->aggregates.items[i].expr, scope);
        for (size_t i = 0; r->pivot && i < r->pivot->values.count; i++)
            walk_expr(w, r->pivot->values.items[i].expr, scope);
        walk_expr(w, r->on, scope);
    }
}

static void walk_select(struct walker *w, const struct select *s, const order_list *order, const struct cte_scope *scope)
{
    if (w->on_select)
        w->on_select(w->context, s, order, scope);
    for (size_t i = 0; i < s->items.count; i++)
        walk_expr(w, s->items.items[i].expr, scope);
    walk_relation(w, s->from, scope);
    for (size_t i = 0; i < s->views.count; i++)
        walk_expr(w, s->views.items[i].call, scope);
    walk_expr(w, s->where, scope);
    for (size_t i = 0; i < s->group.count; i++)
        walk_expr(w, s->group.items[i], scope);
    for (size_t i = 0; i < s->sets.count; i++)
        walk_expr(w, s->sets.items[i], scope);
    walk_expr(w, s->having, scope);
    walk_expr(w, s->qualify, scope);
    for (size_t i = 0; i < s->window_count; i++)
        walk_window(w, s->windows[i].spec, scope);
}

static void walk_body(struct walker *w, const struct body *b, const order_list *order, const struct cte_scope *scope)
{
    if (b->kind == BODY_SELECT)
        walk_select(w, b->select, order, scope);
    else if (b->kind == BODY_QUERY)
        walk_query(w, b->query, scope);
    else if (b->kind == BODY_TABLE)
        read_table(w, b->table, scope);
    for (size_t i = 0; i < b->rows.count; i++)
        walk_expr(w, b->rows.items[i], scope);
    for (size_t i = 0; i < b->terms.count; i++)
        walk_body(w, b->terms.items[i], NULL, scope);
}

/* Each CTE sees those before it, and itself when recursive. */
static const struct cte_scope *walk_ctes(struct walker *w, const struct cte *ctes, size_t count, const struct cte_scope *scope)
{
    for (size_t i = 0; i < count; i++) {
        struct cte_scope *inner = arena_alloc(w->a, sizeof(*inner));
        *inner = (struct cte_scope){.parent = scope, .name = ctes[i].name};
        walk_query(w, ctes[i].query, ctes[i].recursive ? inner : scope);
        scope = inner;
    }
    return scope;
}

static void walk_query(struct walker *w, const struct query *q, const struct cte_scope *scope)
{
    scope = walk_ctes(w, q->ctes.items, q->ctes.count, scope);
    walk_body(w, q->body, &q->order, scope);
    walk_order(w, &q->order, scope);
    walk_expr(w, q->limit, scope);
    walk_expr(w, q->offset, scope);
}

static void walk_dml(struct walker *w, const struct dml *d)
{
    const struct cte_scope *scope = walk_ctes(w, d->ctes.items, d->ctes.count, NULL);
    if (d->query)
        walk_query(w, d->query, scope);
    if (d->source)
        walk_relation(w, d->source, scope);
    walk_expr(w, d->on, scope);
    walk_expr(w, d->where, scope);
    for (size_t i = 0; i < d->set.count; i++)
        walk_expr(w, d->set.items[i].value, scope);
    for (size_t i = 0; i < d->clauses.count; i++) {
        const struct merge_clause *c = &d->clauses.items[i];
        walk_expr(w, c->condition, scope);
        for (size_t k = 0; k < c->set.count; k++)
            walk_expr(w, c->set.items[k].value, scope);
    }
}

static const struct sql_name *written_name(const struct statement *s)
{
    if (s->dml)
        return s->dml->target;
    if (s->table)
        return &s->table->name;
    if (s->view)
        return &s->view->name;
    if (s->function)
        return &s->function->name;
    return s->kind == SQL_DESCRIBE ? NULL : s->name;
}

static void walk_statement(struct walker *w, const struct parser *p, const struct statement *s)
{
    if (s->query)
        walk_query(w, s->query, NULL);
    if (s->dml)
        walk_dml(w, s->dml);
    for (size_t i = 0; i < p->ddl_exprs.count; i++)
        walk_expr(w, p->ddl_exprs.items[i].expr, NULL);
}

void sql_each_select(const struct parser *p, const struct statement *s, sql_select_fn *on_select, void *context)
{
    struct walker w = {.a = p->a, .on_select = on_select, .context = context};
    walk_statement(&w, p, s);
}

static void fill(struct parser *p, const struct statement *s, struct sql_references *r)
{
    struct walker w = {.a = p->a};
    walk_statement(&w, p, s);
    if (s->kind == SQL_DESCRIBE)
        read_table(&w, s->name, NULL);
    const struct sql_name *written = written_name(s);
    *r = (struct sql_references){
        .kind = s->kind,
        .reads = w.reads.items,
        .read_count = w.reads.count,
        .functions = w.functions.items,
        .function_count = w.functions.count,
        .params = p->params.items,
        .param_count = p->params.count,
        .variables = p->variables.items,
        .variable_count = p->variables.count,
        .writes = written != NULL,
    };
    if (written)
        r->written = *written;
}

int sql_references(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_references **ret, struct error *err)
{
    struct parser p;
    int rc = sql_parser_init(&p, a, text, len, first_line, err);
    if (rc)
        return rc;
    struct statement *s = sql_statement_rule(&p);
    if (p.failed)
        return p.rc;
    struct sql_references *r = arena_alloc(a, sizeof(*r));
    fill(&p, s, r);
    *ret = r;
    return 0;
}
