/* Where every column of the catalogue comes from: each statement of the packs is followed once, then walked in both directions. */
#include <stdlib.h>

#include "semantic/private.h"

#define OTHERS_MAX 256 /* tables that are no content of packs */

struct maker {
    struct lineage_graph *g;
    struct sql_env env;
    struct pack_names names;
    VEC(struct lineage_edge) edges;
};

static char *node_key(struct arena *a, enum lineage_kind kind, const char *schema, const char *name)
{
    char *key = arena_printf(a, "%c%s.%s", "tfm"[kind], schema ? schema : "", name);
    str_lower(key);
    return key;
}

struct lineage_node *graph_find(const struct lineage_graph *g, enum lineage_kind kind, const char *schema, const char *name)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    return map_get(&g->by_name, node_key(a, kind, schema, name));
}

const struct lineage_column *graph_find_column(const struct lineage_node *n, const char *name)
{
    for (size_t i = 0; name && i < n->column_count; i++)
        if (str_ieq(n->columns[i].name, name))
            return &n->columns[i];
    return NULL;
}

/* ---- names, for the statements that are followed ------------------------------------------------------------- */

static int graph_name(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                      struct error *err)
{
    struct maker *m = context;
    return pack_resolve(&m->names, name, a, ret_schema, ret_table, err);
}

static int graph_variable(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err)
{
    struct maker *m = context;
    return pack_resolve_variable(&m->names, name, a, ret_text, err);
}

static int graph_function(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                          struct error *err)
{
    struct maker *m = context;
    return pack_resolve_function(&m->names, name, a, ret, err);
}

static int graph_metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    struct maker *m = context;
    return pack_resolve_metric(&m->names, name, a, ret, err);
}

/* Columns of a view are those of its query, which was followed before. */
static int graph_columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                         size_t *ret_count, struct error *err)
{
    struct maker *m = context;
    const struct lineage_node *n = graph_find(m->g, NODE_TABLE, schema, table);
    struct sql_column_type *c = arena_alloc(a, ((n ? n->column_count : 0) + 1) * sizeof(*c));
    *ret_count = n ? n->column_count : 0;
    for (size_t i = 0; i < *ret_count; i++) {
        c[i].name = n->columns[i].name;
        int rc = sql_type_parse(a, n->columns[i].type ? n->columns[i].type : "VOID", &c[i].type, err);
        if (rc)
            return rc;
    }
    *ret = c;
    return 0;
}

/* ---- following ------------------------------------------------------------------------------------------------- */

static bool same(const struct sql_lineage_source *x, const struct sql_lineage_source *y)
{
    return x->function == y->function && str_ieq(x->schema, y->schema) && str_ieq(x->table, y->table) && str_ieq(x->column, y->column) &&
           str_eq(x->field, y->field);
}

static void add_sources(struct arena *a, struct sql_lineage_source **to, size_t *count, const struct sql_lineage_source *from, size_t n)
{
    struct sql_lineage_source *all = arena_alloc(a, (*count + n + 1) * sizeof(*all));
    if (*count)
        memcpy(all, *to, *count * sizeof(*all));
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < *count && !same(&all[k], &from[i]))
            k++;
        if (k == *count)
            all[(*count)++] = from[i];
    }
    *to = all;
}

static void take_column(struct maker *m, struct lineage_column *c, const struct sql_lineage_column *l)
{
    add_sources(m->g->arena, &c->direct, &c->direct_count, l->direct, l->direct_count);
    add_sources(m->g->arena, &c->indirect, &c->indirect_count, l->indirect, l->indirect_count);
}

static void follow(struct maker *m, struct lineage_node *n, const char *sql, size_t len, uint32_t line, const char *file)
{
    struct sql_lineage *l;
    struct error err = {0};
    if (sql_lineage(m->g->arena, sql, len, line, &m->env, &l, &err)) {
        error_add_where(&err, "%s", file);
        n->fault = arena_printf(m->g->arena, "%s: %s", err.where, err.what);
        return;
    }
    for (size_t i = 0; i < l->column_count; i++) {
        struct lineage_column *c = (struct lineage_column *)graph_find_column(n, l->columns[i].name);
        if (c)
            take_column(m, c, &l->columns[i]);
        if (c && !c->type && l->columns[i].type)
            c->type = sql_type_text(m->g->arena, l->columns[i].type);
    }
    add_sources(m->g->arena, &n->rows, &n->row_count, l->rows, l->row_count);
    if (l->open)
        n->fault = arena_printf(m->g->arena, "%s:%u: columns of a table that it reads are not known here", file, line);
}

static bool key_holds(const struct sql_table *t, const char *column)
{
    const struct sql_key *k = sql_primary_key(t);
    for (size_t i = 0; k && i < k->column_count; i++)
        if (str_ieq(k->columns[i], column))
            return true;
    return false;
}

static void declare(struct maker *m, struct lineage_node *n, const struct sql_column *columns, size_t count, const struct sql_table *t)
{
    n->columns = arena_alloc(m->g->arena, (count + 1) * sizeof(*n->columns));
    n->column_count = count;
    for (size_t i = 0; i < count; i++)
        n->columns[i] = (struct lineage_column){.name = columns[i].name,
                                                .type = columns[i].type_text,
                                                .comment = columns[i].comment,
                                                .nullable = !columns[i].not_null,
                                                .in_key = t && key_holds(t, columns[i].name)};
}

/* A view that lists no columns has those of its query. */
static void declare_view(struct maker *m, struct lineage_node *n)
{
    const struct pack_object *o = n->object;
    struct sql_lineage *l;
    struct error err;
    if (o->table->column_count || sql_lineage(m->g->arena, o->ddl, strlen(o->ddl), o->ddl_line, &m->env, &l, &err))
        return; /* following it tells the error */
    n->columns = arena_alloc(m->g->arena, (l->column_count + 1) * sizeof(*n->columns));
    n->column_count = l->column_count;
    for (size_t i = 0; i < l->column_count; i++)
        n->columns[i] = (struct lineage_column){.name = l->columns[i].name, .nullable = true};
}

static void follow_object(struct maker *m, struct lineage_node *n)
{
    const struct pack_object *o = n->object;
    declare(m, n, o->table->columns, o->table->column_count, o->table);
    if (o->is_view) {
        declare_view(m, n);
        follow(m, n, o->ddl, strlen(o->ddl), o->ddl_line, o->file);
    }
    for (size_t i = 0; o->layer == PACK_GOLD && i < o->fill_count; i++)
        follow(m, n, o->fills[i].sql, o->fills[i].len, o->fills[i].line, o->file);
}

static void follow_function(struct maker *m, struct lineage_node *n)
{
    const struct pack_function *f = n->function;
    const struct sql_function *d = f->function;
    if (d->table_valued) {
        declare(m, n, d->columns, d->column_count, NULL);
    } else {
        const struct sql_column value = {.name = f->name, .type_text = d->returns ? sql_type_text(m->g->arena, d->returns) : NULL};
        declare(m, n, &value, 1, NULL);
    }
    follow(m, n, f->ddl, strlen(f->ddl), f->line, f->file);
}

/* Each dimension and measure by itself, since what groups one is not part of another. */
static void follow_metric(struct maker *m, struct lineage_node *n)
{
    const struct sql_metric_view *v = n->metric->view;
    struct arena *a = m->g->arena;
    n->column_count = v->dimension_count + v->measure_count;
    n->columns = arena_alloc(a, (n->column_count + 1) * sizeof(*n->columns));
    for (size_t i = 0; i < n->column_count; i++) {
        const bool measure = i >= v->dimension_count;
        const struct sql_metric_field *f = measure ? &v->measures[i - v->dimension_count] : &v->dimensions[i];
        n->columns[i] = (struct lineage_column){
            .name = f->name, .comment = f->comment ? f->comment : f->display_name, .nullable = true, .field = f, .measure = measure};
        const char *name = sql_backtick(a, f->name), *from = sql_backtick(a, arena_printf(a, "mv_%s", n->name));
        const char *sql = measure ? arena_printf(a, "SELECT MEASURE(%s) AS %s FROM %s", name, name, from)
                                  : arena_printf(a, "SELECT DISTINCT %s FROM %s", name, from);
        follow(m, n, sql, strlen(sql), f->line, n->metric->file);
    }
}

/* ---- what reads what ---------------------------------------------------------------------------------------------- */

static void add_read(struct maker *m, struct lineage_node *n, struct lineage_node *other)
{
    if (!other || other == n)
        return;
    for (size_t i = 0; i < n->read_count; i++)
        if (n->reads[i] == other)
            return;
    struct lineage_node **all = arena_alloc(m->g->arena, (n->read_count + 1) * sizeof(*all));
    if (n->read_count)
        memcpy(all, n->reads, n->read_count * sizeof(*all));
    all[n->read_count++] = other;
    n->reads = all;
}

static struct lineage_node *add_node(struct lineage_graph *g, enum lineage_kind kind, const char *schema, const char *name)
{
    struct lineage_node *n = &g->nodes[g->node_count++];
    *n = (struct lineage_node){.kind = kind, .schema = schema, .name = name};
    map_set(&g->by_name, node_key(g->arena, kind, schema, name), n);
    return n;
}

/* What the program makes itself, as information_schema, has a place but no object of a pack. */
static struct lineage_node *table_node(struct maker *m, const char *schema, const char *name)
{
    const bool information = str_eq(schema, "secchi_information");
    const char *shown = information ? "information_schema" : schema;
    struct lineage_node *n = graph_find(m->g, NODE_TABLE, shown, name);
    return n || m->g->node_count == m->g->node_cap ? n : add_node(m->g, NODE_TABLE, shown, name);
}

static void read_references(struct maker *m, struct lineage_node *n, const struct sql_references *r)
{
    const char *schema, *table;
    struct error ignored; /* a table that is not there yet: following the statement told it */
    for (size_t i = 0; i < r->read_count; i++) {
        const struct pack_metric_view *v = pack_find_metric(&m->names, &r->reads[i].name);
        if (v)
            add_read(m, n, graph_find(m->g, NODE_METRIC, v->schema, v->name));
        else if (!pack_resolve(&m->names, &r->reads[i].name, m->g->arena, &schema, &table, &ignored))
            add_read(m, n, table_node(m, schema, table));
    }
    for (size_t i = 0; i < r->function_count; i++) {
        const struct pack_function *f = pack_find_function(&m->names, &r->functions[i].name);
        if (f)
            add_read(m, n, graph_find(m->g, NODE_FUNCTION, f->schema, f->name));
    }
}

static void read_relation(struct maker *m, struct lineage_node *n, const char *source)
{
    struct sql_references *r;
    struct error ignored;
    const bool query = strpbrk(source, " \t\n(") != NULL;
    const char *sql = arena_printf(m->g->arena, "SELECT * FROM %s%s%s", query ? "(" : "", source, query ? "\n)" : "");
    if (!sql_references(m->g->arena, sql, strlen(sql), 1, &r, &ignored))
        read_references(m, n, r);
}

static void link_reads(struct maker *m, struct lineage_node *n)
{
    for (size_t i = 0; n->object && i < n->object->read_count; i++)
        add_read(m, n, graph_find(m->g, NODE_TABLE, n->object->reads[i]->schema, n->object->reads[i]->name));
    for (size_t i = 0; n->object && i < n->object->fill_count; i++)
        read_references(m, n, n->object->fills[i].references);
    if (n->function)
        read_references(m, n, n->function->references);
    if (!n->metric)
        return;
    read_relation(m, n, n->metric->view->source);
    for (size_t i = 0; i < n->metric->view->join_count; i++)
        read_relation(m, n, n->metric->view->joins[i].source);
}

static struct lineage_node *node_of(struct maker *m, const struct sql_lineage_source *s)
{
    return s->function ? graph_find(m->g, NODE_FUNCTION, s->schema, s->table) : table_node(m, s->schema, s->table);
}

static void link_source(struct maker *m, struct lineage_node *to, const struct lineage_column *column, const struct sql_lineage_source *s)
{
    struct lineage_node *from = node_of(m, s);
    if (!from || from == to)
        return;
    const struct lineage_column *c = graph_find_column(from, s->column ? s->column : from->name);
    *VEC_ADD(&m->edges) = (struct lineage_edge){from, to, c, column, s->field, column != NULL};
}

static void link_columns(struct maker *m, struct lineage_node *n)
{
    for (size_t i = 0; i < n->column_count; i++)
        for (size_t k = 0; k < n->columns[i].direct_count; k++)
            link_source(m, n, &n->columns[i], &n->columns[i].direct[k]);
    struct sql_lineage_source *rows = n->rows;
    size_t count = n->row_count;
    for (size_t i = 0; i < n->column_count; i++)
        add_sources(m->g->arena, &rows, &count, n->columns[i].indirect, n->columns[i].indirect_count);
    for (size_t k = 0; k < count; k++)
        link_source(m, n, NULL, &rows[k]);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

struct lineage_graph *graph_new(const struct pack_names *names)
{
    const struct pack_catalogue *c = names->catalogue;
    struct lineage_graph *g = xcalloc(1, sizeof(*g));
    struct maker m = {.g = g, .names = *names};
    m.env = (struct sql_env){.context = &m,
                             .name = graph_name,
                             .columns = graph_columns,
                             .variable = graph_variable,
                             .function = graph_function,
                             .metric = graph_metric,
                             .now_us = clock_now_us(),
                             .user = ""};
    g->arena = arena_new();
    g->node_cap = c->object_count + c->function_count + c->metric_view_count + OTHERS_MAX;
    g->nodes = arena_alloc(g->arena, g->node_cap * sizeof(*g->nodes));
    for (size_t i = 0; i < c->object_count; i++) { /* what is read comes first */
        struct lineage_node *n = add_node(g, NODE_TABLE, c->objects[i]->schema, c->objects[i]->name);
        n->object = c->objects[i];
        follow_object(&m, n);
    }
    for (size_t i = 0; i < c->function_count; i++) {
        struct lineage_node *n = add_node(g, NODE_FUNCTION, c->functions[i]->schema, c->functions[i]->name);
        n->function = c->functions[i];
        follow_function(&m, n);
    }
    for (size_t i = 0; i < c->metric_view_count; i++) {
        struct lineage_node *n = add_node(g, NODE_METRIC, c->metric_views[i]->schema, c->metric_views[i]->name);
        n->metric = c->metric_views[i];
        follow_metric(&m, n);
    }
    for (size_t i = 0; i < g->node_count; i++) {
        link_reads(&m, &g->nodes[i]);
        link_columns(&m, &g->nodes[i]);
    }
    g->edges = VEC_COPY(g->arena, &m.edges);
    g->edge_count = m.edges.len;
    VEC_FREE(&m.edges);
    return g;
}

void graph_free(struct lineage_graph *g)
{
    if (!g)
        return;
    map_free(&g->by_name);
    arena_free(g->arena);
    free(g);
}
