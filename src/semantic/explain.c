/* What an object is, what it reads and what reads it. */
#include <stdlib.h>

#include "semantic/private.h"

struct explainer {
    struct semantic *s;
    const struct lineage_graph *graph;
    const struct scope *scope; /* NULL: everything */
    struct arena *a;
};

static const struct lineage_graph *graph_of(struct semantic *s)
{
    pthread_mutex_lock(&s->numbers_lock);
    if (!s->graph)
        s->graph = graph_new(&s->names);
    const struct lineage_graph *g = s->graph;
    pthread_mutex_unlock(&s->numbers_lock);
    return g;
}

/* ---- what may be seen ------------------------------------------------------------------------------------------ */

/* A metric view is open to a tenant when all that it reads is. */
static bool visible(const struct explainer *x, const struct lineage_node *n)
{
    if (!x->scope)
        return true;
    if (n->kind == NODE_TABLE)
        return pack_lookup(&x->scope->tables, n->schema, n->name) != NULL;
    if (n->kind == NODE_FUNCTION)
        return pack_lookup(&x->scope->functions, n->schema, n->name) != NULL;
    for (size_t i = 0; i < n->read_count; i++)
        if (!visible(x, n->reads[i]))
            return false;
    return n->read_count > 0;
}

static bool reads_only_visible(const struct explainer *x, const struct lineage_node *n)
{
    for (size_t i = 0; i < n->read_count; i++)
        if (!visible(x, n->reads[i]))
            return false;
    return true;
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

#define PARTS_MAX 12
struct parts {
    const char *items[PARTS_MAX];
    size_t count;
};

/* a.b.`c.d` */
static int split(struct arena *a, const char *text, struct parts *ret, struct error *err)
{
    *ret = (struct parts){0};
    for (const char *p = text;;) {
        const bool quoted = *p == '`';
        const char *from = quoted ? p + 1 : p, *end = from + strcspn(from, quoted ? "`" : ".");
        if (end == from || end - from > LIMIT_NAME_BYTES || ret->count == PARTS_MAX || (quoted && *end != '`'))
            break;
        ret->items[ret->count++] = arena_strndup(a, from, (size_t)(end - from));
        p = end + quoted;
        if (!*p)
            return 0;
        if (*p++ != '.')
            break;
    }
    error_set(err, ERROR_USAGE, "'%.200s' is no name", text);
    error_hint(err, "names look like fact_usage, system.billing.usage, get_top_cost_contributors or fact_usage.list_cost");
    return ERROR_USAGE;
}

static struct lineage_node *object_named(const struct explainer *x, const struct parts *parts, size_t count)
{
    struct sql_name n = {.count = count};
    const char *schema, *table;
    struct error ignored;
    if (count > SQL_NAME_PARTS)
        return NULL;
    for (size_t i = 0; i < count; i++)
        n.parts[i] = parts->items[i];
    const struct pack_metric_view *m = pack_find_metric(&x->s->names, &n);
    if (m)
        return graph_find(x->graph, NODE_METRIC, m->schema, m->name);
    const struct pack_function *f = pack_find_function(&x->s->names, &n);
    if (f)
        return graph_find(x->graph, NODE_FUNCTION, f->schema, f->name);
    if (pack_resolve(&x->s->names, &n, x->a, &schema, &table, &ignored))
        return NULL;
    struct lineage_node *t = graph_find(x->graph, NODE_TABLE, schema, table);
    return t && t->object ? t : NULL;
}

/* The longest beginning that is an object; what follows is a column and its fields. */
static struct lineage_node *find_object(const struct explainer *x, const struct parts *parts, size_t *ret_used)
{
    for (size_t used = parts->count; used > 0; used--) {
        struct lineage_node *n = object_named(x, parts, used);
        if (n && (used == parts->count || graph_find_column(n, parts->items[used]))) {
            *ret_used = used;
            return n;
        }
    }
    return NULL;
}

static int unknown_column(const struct explainer *x, const struct lineage_node *n, const char *column, struct error *err)
{
    const char **names = arena_alloc(x->a, (n->column_count + 1) * sizeof(*names));
    for (size_t i = 0; i < n->column_count; i++)
        names[i] = n->columns[i].name;
    const char *near = nearest_name(column, names, n->column_count);
    error_set(err, ERROR_NOT_FOUND, "%s.%s has no column '%.200s'", n->schema, n->name, column);
    error_hint_near(err, near ? arena_printf(x->a, "%s.%s", n->name, near) : NULL,
                    arena_printf(x->a, "secchi explain %s lists them", n->name));
    return ERROR_NOT_FOUND;
}

static int unknown(const struct explainer *x, const char *text, const struct parts *parts, struct error *err)
{
    for (size_t used = parts->count - 1; used > 0; used--) {
        const struct lineage_node *n = object_named(x, parts, used);
        if (n && visible(x, n))
            return unknown_column(x, n, parts->items[used], err);
    }
    const char **names = arena_alloc(x->a, (2 * x->graph->node_count + 1) * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < x->graph->node_count; i++) {
        const struct lineage_node *n = &x->graph->nodes[i];
        if (!visible(x, n))
            continue;
        names[count++] = n->name;
        if (n->object && n->object->system_table)
            names[count++] = n->object->system_table;
    }
    const char *near = nearest_name(text, names, count);
    if (!near)
        near = nearest_name(parts->items[parts->count - 1], names, count);
    error_set(err, ERROR_NOT_FOUND, "there is no table, function, metric view or column '%.200s'", text);
    error_hint_near(err, near, "SHOW TABLES and SHOW FUNCTIONS list what there is");
    return ERROR_NOT_FOUND;
}

/* ---- places ---------------------------------------------------------------------------------------------------------- */

static const char *kind_of(const struct lineage_node *n)
{
    return n->kind == NODE_METRIC             ? "metric_view"
           : n->kind == NODE_FUNCTION         ? "function"
           : !n->object || n->object->is_view ? "view"
                                              : "table";
}

struct place_list {
    VEC(struct semantic_place) items;
};

static struct semantic_places steal(const struct explainer *x, struct place_list *l)
{
    struct semantic_places p = {VEC_COPY(x->a, &l->items), l->items.len};
    VEC_FREE(&l->items);
    return p;
}

static void add_place(struct place_list *l, int level, const struct lineage_node *n, const char *column, const char *field, bool direct)
{
    for (size_t i = 0; i < l->items.len; i++) {
        const struct semantic_place *p = &l->items.items[i];
        if (p->name == n->name && p->schema == n->schema && str_eq(p->kind, kind_of(n)) && str_eq(p->column, column) &&
            str_eq(p->field, field))
            return;
    }
    *VEC_ADD(&l->items) = (struct semantic_place){level, kind_of(n), n->schema, n->name, column, field, direct};
}

/* A statement that fills a table may look at what is in it: that is no place elsewhere. */
static void add_sources(const struct explainer *x, struct place_list *l, const struct lineage_node *of, const struct sql_lineage_source *s,
                        size_t count, bool direct)
{
    for (size_t i = 0; i < count; i++) {
        const char *schema = str_eq(s[i].schema, "secchi_information") ? "information_schema" : s[i].schema;
        const struct lineage_node *n = graph_find(x->graph, s[i].function ? NODE_FUNCTION : NODE_TABLE, schema, s[i].table);
        if (n && n != of && visible(x, n))
            add_place(l, 1, n, s[i].column, s[i].field, direct);
    }
}

/* ---- lineage of objects ------------------------------------------------------------------------------------------------- */

static bool reads(const struct lineage_node *n, const struct lineage_node *other)
{
    for (size_t i = 0; i < n->read_count; i++)
        if (n->reads[i] == other)
            return true;
    return false;
}

/* By levels: those of one are all seen before those of the next. */
static struct semantic_places walk_objects(const struct explainer *x, const struct lineage_node *start, bool up, int depth)
{
    const struct lineage_graph *g = x->graph;
    int *level = arena_alloc(x->a, (g->node_count + 1) * sizeof(*level));
    struct place_list l = {0};
    level[start - g->nodes] = 1;
    bool more = true;
    for (int at = 1; more && (!depth || at <= depth); at++) {
        more = false;
        for (size_t i = 0; i < g->node_count; i++)
            for (size_t k = 0; level[i] == at && k < g->node_count; k++) {
                const struct lineage_node *n = &g->nodes[k];
                if (level[k] || !visible(x, n) || !(up ? reads(&g->nodes[i], n) : reads(n, &g->nodes[i])))
                    continue;
                level[k] = at + 1;
                more = true;
                add_place(&l, at, n, NULL, NULL, true);
            }
    }
    return steal(x, &l);
}

/* ---- lineage of a column -------------------------------------------------------------------------------------------------- */

struct step {
    const struct lineage_node *node;
    const struct lineage_column *column;
    const char *field;
    int level;
};

/* Whether one of two fields of a column is the other or within it. */
static bool fields_meet(const char *x, const char *y)
{
    const size_t n = x && y ? (strlen(x) < strlen(y) ? strlen(x) : strlen(y)) : 0;
    return !x || !y || (strncmp(x, y, n) == 0 && (!x[n] || x[n] == '.') && (!y[n] || y[n] == '.'));
}

typedef VEC(struct step) steps;

static void take_step(const struct explainer *x, steps *todo, struct place_list *l, const struct step *at, const struct lineage_edge *e,
                      bool up)
{
    const struct step next = {up ? e->from : e->to, up ? e->from_column : e->to_column, up ? e->field : NULL, at->level + 1};
    if (!visible(x, next.node))
        return;
    add_place(l, at->level, next.node, next.column ? next.column->name : NULL, next.field, e->direct);
    for (size_t i = 0; i < todo->len; i++)
        if (todo->items[i].column == next.column && str_eq(todo->items[i].field, next.field))
            return;
    if (e->direct && next.column)
        *VEC_ADD(todo) = next;
}

/* Values are followed to their ends; what only decides rows is told for the first step. */
static struct semantic_places walk_column(const struct explainer *x, const struct lineage_node *n, const struct lineage_column *c,
                                          const char *field, bool up, int depth)
{
    steps todo = {0};
    struct place_list l = {0};
    *VEC_ADD(&todo) = (struct step){n, c, field, 1};
    for (size_t i = 0; i < todo.len; i++) {
        const struct step at = todo.items[i];
        if (depth && at.level > depth)
            break;
        for (size_t k = 0; k < x->graph->edge_count; k++) {
            const struct lineage_edge *e = &x->graph->edges[k];
            const bool hit = up ? e->direct && e->to == at.node && e->to_column == at.column
                                : (e->direct || at.level == 1) && e->from == at.node && e->from_column == at.column &&
                                      fields_meet(e->field, at.field);
            if (hit)
                take_step(x, &todo, &l, &at, e, up);
        }
    }
    VEC_FREE(&todo);
    if (up)
        add_sources(x, &l, n, c->indirect, c->indirect_count, false);
    return steal(x, &l);
}

/* ---- what it is ------------------------------------------------------------------------------------------------------------- */

static void put_columns(const struct explainer *x, const struct lineage_node *n, const struct lineage_column *only,
                        struct semantic_explained *ret)
{
    ret->columns = arena_alloc(x->a, (n->column_count + 1) * sizeof(*ret->columns));
    for (size_t i = 0; i < n->column_count; i++) {
        const struct lineage_column *c = &n->columns[i];
        struct place_list from = {0};
        if (only && c != only)
            continue;
        add_sources(x, &from, n, c->direct, c->direct_count, true);
        add_sources(x, &from, n, c->indirect, c->indirect_count, false);
        ret->columns[ret->column_count++] = (struct semantic_explained_column){
            .name = c->name,
            .kind = !c->field    ? "column"
                    : c->measure ? "measure"
                                 : "dimension",
            .type = c->type,
            .comment = c->comment,
            .expression = c->field ? c->field->expr : NULL,
            .format = c->field ? c->field->format : NULL,
            .nullable = c->nullable,
            .in_key = c->in_key,
            .from = steal(x, &from),
        };
    }
}

static void put_tags(const struct explainer *x, const struct sql_table *t, struct semantic_explained *ret)
{
    struct sql_property *tags = arena_alloc(x->a, (t->property_count + 1) * sizeof(*tags));
    for (size_t i = 0; i < t->property_count; i++)
        if (!strchr(t->properties[i].key, '.')) /* secchi.* and delta.* are settings */
            tags[ret->tag_count++] = t->properties[i];
    ret->tags = tags;
}

static void put_object(const struct explainer *x, const struct lineage_node *n, struct semantic_explained *ret)
{
    static const char *const layers[] = {[PACK_LANDING] = "landing", [PACK_BRONZE] = "bronze", [PACK_GOLD] = "gold"};
    const struct pack_object *o = n->object;
    const char *owner = sql_table_property(o->table, "technical_owner");
    ret->system_table = o->system_table;
    ret->layer = layers[o->layer];
    ret->domain = o->domain;
    ret->owner = owner ? owner : sql_table_property(o->table, "business_owner");
    ret->comment = o->table->comment;
    ret->pack = o->pack;
    put_tags(x, o->table, ret);
    ret->parts = arena_alloc(x->a, (o->fill_count + 1) * sizeof(*ret->parts));
    ret->parts[ret->part_count++] = (struct semantic_part){"definition", o->file, o->ddl_line, o->ddl};
    for (size_t i = 0; i < o->fill_count && reads_only_visible(x, n); i++)
        ret->parts[ret->part_count++] = (struct semantic_part){"fill", o->file, o->fills[i].line,
                                                               arena_strndup(x->a, o->fills[i].sql, o->fills[i].len)};
}

static void put_function(const struct explainer *x, const struct lineage_node *n, struct semantic_explained *ret)
{
    const struct pack_function *f = n->function;
    ret->layer = "gold";
    ret->domain = f->domain;
    ret->comment = f->function->comment;
    ret->pack = f->pack;
    ret->parameters = f->function->parameters;
    ret->parameter_count = f->function->parameter_count;
    ret->parts = arena_alloc(x->a, sizeof(*ret->parts));
    ret->parts[ret->part_count++] = (struct semantic_part){"definition", f->file, f->line, f->ddl};
}

static void put_metric(const struct explainer *x, const struct lineage_node *n, const struct lineage_column *c,
                       struct semantic_explained *ret)
{
    const struct pack_metric_view *m = n->metric;
    ret->layer = "gold";
    ret->domain = m->domain;
    ret->comment = m->view->comment;
    ret->pack = m->pack;
    ret->parts = arena_alloc(x->a, sizeof(*ret->parts));
    ret->parts[ret->part_count++] = (struct semantic_part){"definition", m->file, c && c->field->line ? c->field->line : 1,
                                                           arena_strndup(x->a, m->yaml, m->yaml_len)};
}

static void explain_node(const struct explainer *x, const struct lineage_node *n, const struct lineage_column *c, const char *field,
                         int depth, struct semantic_explained *ret)
{
    struct place_list rows = {0};
    *ret = (struct semantic_explained){.kind = kind_of(n), .schema = n->schema, .name = n->name, .fault = n->fault};
    ret->column = c ? c->name : NULL;
    ret->field = field;
    if (n->kind == NODE_TABLE)
        put_object(x, n, ret);
    else if (n->kind == NODE_FUNCTION)
        put_function(x, n, ret);
    else
        put_metric(x, n, c, ret);
    put_columns(x, n, c, ret);
    add_sources(x, &rows, n, n->rows, n->row_count, false);
    ret->rows = steal(x, &rows);
    ret->upstream = c ? walk_column(x, n, c, field, true, depth) : walk_objects(x, n, true, depth);
    ret->downstream = c ? walk_column(x, n, c, field, false, depth) : walk_objects(x, n, false, depth);
}

/* The fields behind a column must be there. */
static int check_fields(const struct explainer *x, const struct lineage_node *n, const struct lineage_column *c, const struct parts *parts,
                        size_t first, const char **ret, struct error *err)
{
    const struct sql_type *t;
    const char *path = NULL;
    struct error ignored;
    if (first == parts->count)
        return 0;
    if (!c->type || sql_type_parse(x->a, c->type, &t, &ignored))
        t = NULL;
    for (size_t i = first; i < parts->count; i++) {
        while (t && t->kind == SQL_T_ARRAY)
            t = t->item;
        const struct sql_field *f = t && t->kind == SQL_T_STRUCT ? sql_find_field(t, parts->items[i]) : NULL;
        if (!f) {
            error_set(err, ERROR_NOT_FOUND, "%s.%s.%s has no field '%.200s'", n->schema, n->name, c->name, parts->items[i]);
            error_hint(err, "it is %.400s", c->type ? c->type : "of a type that is not known");
            return ERROR_NOT_FOUND;
        }
        path = path ? arena_printf(x->a, "%s.%s", path, f->name) : f->name;
        t = f->type;
    }
    *ret = path;
    return 0;
}

static int explain_in_scope(struct explainer *x, const char *name, int depth, struct semantic_explained *ret, struct error *err)
{
    struct parts parts;
    size_t used = 0;
    const char *field = NULL;
    int rc = split(x->a, name, &parts, err);
    if (rc)
        return rc;
    const struct lineage_node *n = find_object(x, &parts, &used);
    if (!n)
        return unknown(x, name, &parts, err);
    if (!visible(x, n))
        return error_set(err, ERROR_FORBIDDEN, "%s.%s is not open to the tenant %s", n->schema, n->name, x->scope->tenant);
    const struct lineage_column *c = used < parts.count ? graph_find_column(n, parts.items[used]) : NULL;
    if (c)
        rc = check_fields(x, n, c, &parts, used + 1, &field, err);
    if (!rc)
        explain_node(x, n, c, field, depth, ret);
    return rc;
}

int semantic_explain(struct semantic *s, const struct principal *p, const char *name, int depth, struct arena *a,
                     struct semantic_explained *ret, struct error *err)
{
    struct explainer x = {.s = s, .a = a};
    int rc = access_require(p, ROLE_READER, "reading", err);
    if (!rc)
        rc = scope_acquire(s, p, &x.scope, err);
    if (rc)
        return rc;
    x.graph = graph_of(s);
    rc = explain_in_scope(&x, name, depth, ret, err);
    scope_release(s, x.scope);
    return rc;
}
