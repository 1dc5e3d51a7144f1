#include "pack/load.h"

/* metric_views/: each file one metric view in Databricks' YAML, version 0.1 or 1.1; the file's name is the view's. */

struct reading {
    struct pack_loader *l;
    const char *file;
    struct error *err;
};

static int fault(const struct reading *r, const struct yaml *at, const char *hint, const char *what)
{
    error_set(r->err, ERROR_USAGE, "%s", what);
    error_where(r->err, "%s:%u", r->file, at->line);
    if (hint)
        error_hint(r->err, "%s", hint);
    return ERROR_USAGE;
}

static int need_text(const struct reading *r, const struct yaml *map, const char *key, const char **ret)
{
    int rc = yaml_text(map, r->file, key, ret, r->err);
    return rc || (*ret && **ret) ? rc : fault(r, map, NULL, arena_printf(r->l->arena, "'%s' is missing", key));
}

static int read_list(const struct reading *r, const struct yaml *map, const char *key, const struct yaml **ret)
{
    *ret = yaml_get(map, key);
    if (*ret && (*ret)->kind == YAML_NULL)
        *ret = NULL;
    return !*ret || (*ret)->kind == YAML_LIST ? 0 : fault(r, *ret, NULL, arena_printf(r->l->arena, "'%s' must be a list", key));
}

static int read_texts(const struct reading *r, const struct yaml *map, const char *key, const char ***ret, size_t *ret_count)
{
    const struct yaml *list;
    int rc = read_list(r, map, key, &list);
    if (rc || !list)
        return rc;
    *ret = arena_alloc(r->l->arena, (list->count + 1) * sizeof(**ret));
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return fault(r, list->items[i], NULL, arena_printf(r->l->arena, "'%s' must list texts", key));
        (*ret)[(*ret_count)++] = list->items[i]->text;
    }
    return 0;
}

/* ---- dimensions and measures -------------------------------------------------------------------------------------- */

static int read_window(const struct reading *r, const struct yaml *y, struct sql_metric_window *w)
{
    static const char *const known[] = {"order", "range", "semiadditive", "offset"};
    const char *range = NULL, *semiadditive = NULL;
    int rc = yaml_known_keys(y, r->file, known, ARRAY_LEN(known), r->err);
    if (!rc)
        rc = need_text(r, y, "order", &w->order);
    if (!rc)
        rc = need_text(r, y, "range", &range);
    if (!rc)
        rc = yaml_text(y, r->file, "semiadditive", &semiadditive, r->err);
    if (rc)
        return rc;
    if (yaml_get(y, "offset"))
        return fault(r, y, "write the range that the offset reaches", "an offset of a window is not supported");
    if (sql_metric_window_parse(r->l->arena, range, w))
        return fault(r, y, "current, cumulative, all, trailing N UNIT or leading N UNIT, with inclusive or exclusive",
                     arena_printf(r->l->arena, "'%s' is no range of a window", range));
    if (semiadditive && !str_ieq(semiadditive, "first") && !str_ieq(semiadditive, "last"))
        return fault(r, y, NULL, "semiadditive is first or last");
    w->first = semiadditive && str_ieq(semiadditive, "first");
    return 0;
}

static int read_windows(const struct reading *r, const struct yaml *y, struct sql_metric_field *f)
{
    const struct yaml *list;
    int rc = read_list(r, y, "window", &list);
    if (rc || !list)
        return rc;
    f->windows = arena_alloc(r->l->arena, (list->count + 1) * sizeof(*f->windows));
    for (size_t i = 0; !rc && i < list->count; i++)
        rc = read_window(r, list->items[i], &f->windows[f->window_count++]);
    return rc;
}

static int read_field(const struct reading *r, const struct yaml *y, bool measure, struct sql_metric_field *f)
{
    static const char *const known[] = {"name", "expr", "window", "comment", "display_name", "format", "synonyms"};
    int rc = y->kind == YAML_MAP ? yaml_known_keys(y, r->file, known, ARRAY_LEN(known), r->err)
                                 : fault(r, y, NULL, "dimensions and measures are maps with name and expr");
    f->line = y->line;
    if (!rc)
        rc = need_text(r, y, "name", &f->name);
    if (!rc)
        rc = need_text(r, y, "expr", &f->expr);
    if (!rc)
        rc = yaml_text(y, r->file, "comment", &f->comment, r->err);
    if (!rc)
        rc = yaml_text(y, r->file, "display_name", &f->display_name, r->err);
    if (!rc)
        rc = read_texts(r, y, "synonyms", &f->synonyms, &f->synonym_count);
    const struct yaml *format = rc ? NULL : yaml_get(y, "format");
    if (format && format->kind == YAML_MAP)
        rc = yaml_text(format, r->file, "type", &f->format, r->err);
    if (!rc && !measure && yaml_get(y, "window"))
        rc = fault(r, y, NULL, "a dimension has no window");
    return rc ? rc : read_windows(r, y, f);
}

static int read_fields(const struct reading *r, const struct yaml *root, const char *key, struct sql_metric_field **ret, size_t *ret_count)
{
    const struct yaml *list;
    int rc = read_list(r, root, key, &list);
    if (rc || !list)
        return rc;
    *ret = arena_alloc(r->l->arena, (list->count + 1) * sizeof(**ret));
    for (size_t i = 0; !rc && i < list->count; i++)
        rc = read_field(r, list->items[i], str_eq(key, "measures"), &(*ret)[(*ret_count)++]);
    return rc;
}

static int check_names(const struct reading *r, const struct sql_metric_view *v)
{
    struct map seen = {0};
    int rc = 0;
    for (size_t i = 0; !rc && i < v->dimension_count + v->measure_count; i++) {
        const struct sql_metric_field *f = i < v->dimension_count ? &v->dimensions[i] : &v->measures[i - v->dimension_count];
        char *key = arena_strdup(r->l->arena, f->name);
        str_lower(key);
        if (map_has(&seen, key))
            rc = fault(r, &(struct yaml){.line = f->line}, NULL,
                       arena_printf(r->l->arena, "the name %s stands twice among dimensions and measures", f->name));
        map_set(&seen, key, (void *)f);
    }
    map_free(&seen);
    return rc;
}

/* ---- joins -------------------------------------------------------------------------------------------------------- */

static int read_join(const struct reading *r, const struct yaml *y, struct sql_metric_join *j)
{
    static const char *const known[] = {"name", "source", "on", "using", "joins", "rely", "cardinality"};
    int rc = y->kind == YAML_MAP ? yaml_known_keys(y, r->file, known, ARRAY_LEN(known), r->err)
                                 : fault(r, y, NULL, "a join is a map with name, source and on");
    j->line = y->line;
    if (!rc)
        rc = need_text(r, y, "name", &j->name);
    if (!rc)
        rc = need_text(r, y, "source", &j->source);
    if (!rc)
        rc = yaml_text(y, r->file, "on", &j->on, r->err);
    if (!rc)
        rc = read_texts(r, y, "using", &j->using_columns, &j->using_count);
    if (!rc && (j->on != NULL) == (j->using_count > 0))
        rc = fault(r, y, NULL, "a join has either 'on' or 'using'");
    const struct yaml *rely = rc ? NULL : yaml_get(y, "rely");
    return rely ? yaml_bool(rely, r->file, "at_most_one_match", &j->at_most_one, r->err) : rc;
}

static size_t count_joins(const struct yaml *list)
{
    size_t n = 0;
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->count; i++)
        n += 1 + count_joins(yaml_get(list->items[i], "joins"));
    return n;
}

static int read_joins(const struct reading *r, const struct yaml *map, const struct sql_metric_join *parent, struct sql_metric_view *v)
{
    const struct yaml *list;
    int rc = read_list(r, map, "joins", &list);
    for (size_t i = 0; !rc && list && i < list->count; i++) {
        struct sql_metric_join *j = &v->joins[v->join_count++];
        rc = read_join(r, list->items[i], j);
        j->parent = parent;
        if (!rc)
            rc = read_joins(r, list->items[i], j, v);
    }
    return rc;
}

/* ---- the file ------------------------------------------------------------------------------------------------------ */

static int read_version(const struct reading *r, const struct yaml *root)
{
    const char *version = NULL;
    int rc = yaml_text(root, r->file, "version", &version, r->err);
    if (rc)
        return rc;
    if (!version || (!str_eq(version, "0.1") && !str_eq(version, "1.1")))
        return fault(r, root, NULL, "'version' of a metric view is 0.1 or 1.1");
    return 0;
}

static int read_view(const struct reading *r, const struct yaml *root, struct sql_metric_view *v)
{
    static const char *const known[] = {"version",    "comment", "source",   "joins",          "filter",
                                        "dimensions", "fields",  "measures", "materialization"};
    if (root->kind != YAML_MAP)
        return fault(r, root, NULL, "a metric view is a map with version, source, dimensions and measures");
    int rc = yaml_known_keys(root, r->file, known, ARRAY_LEN(known), r->err);
    if (!rc)
        rc = read_version(r, root);
    if (!rc)
        rc = need_text(r, root, "source", &v->source);
    if (!rc)
        rc = yaml_text(root, r->file, "filter", &v->filter, r->err);
    if (!rc)
        rc = yaml_text(root, r->file, "comment", &v->comment, r->err);
    if (!rc)
        rc = read_fields(r, root, yaml_get(root, "fields") ? "fields" : "dimensions", &v->dimensions, &v->dimension_count);
    if (!rc)
        rc = read_fields(r, root, "measures", &v->measures, &v->measure_count);
    if (rc)
        return rc;
    if (!v->measure_count || (yaml_get(root, "fields") && yaml_get(root, "dimensions")))
        return fault(r, root, NULL, v->measure_count ? "'fields' and 'dimensions' mean the same" : "a metric view has measures");
    v->joins = arena_alloc(r->l->arena, (count_joins(yaml_get(root, "joins")) + 1) * sizeof(*v->joins));
    rc = read_joins(r, root, NULL, v);
    return rc ? rc : check_names(r, v);
}

static void read_metric_view(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    struct error err = {0};
    struct yaml *root;
    struct reading r = {.l = l, .file = path, .err = &err};
    struct pack_metric_view *m = arena_alloc(l->arena, sizeof(*m));
    struct sql_metric_view *v = arena_alloc(l->arena, sizeof(*v));
    v->name = arena_strdup(l->arena, stem);
    *m = (struct pack_metric_view){
        .pack = l->pack, .file = path, .schema = "system_gold", .name = v->name, .view = v, .yaml = text, .yaml_len = len};
    if (yaml_parse(text, len, path, l->arena, &root, &err) || read_view(&r, root, v)) {
        pack_note(l, &err);
        return;
    }
    const char *key = pack_key(l->arena, m->schema, m->name);
    const struct pack_metric_view *old = map_get(&l->c->metric_by_name, key);
    if (old && !(l->override && !str_eq(old->pack, m->pack))) {
        pack_fault(l, path, (struct sql_pos){1, 1}, arena_printf(l->arena, "the metric view %s stands in %s as well", m->name, old->file),
                   "rename it, or say `override: true` in the pack.yaml of the pack that is to win");
        return;
    }
    map_set(&l->c->metric_by_name, key, m);
    *VEC_ADD(&l->metric_views) = m;
}

void pack_read_metric_views(struct pack_loader *l) { pack_each_file(l, "metric_views", ".yaml", LIMIT_SQL_BYTES, read_metric_view); }

/* ---- with the whole catalogue ---------------------------------------------------------------------------------------- */

static struct pack_object *source_of(const struct pack_catalogue *c, struct arena *a, const char *text)
{
    struct sql_references *refs;
    struct error err;
    const char *query = arena_printf(a, "SELECT 1 FROM %s", text);
    if (strchr(text, ' ') || sql_references(a, query, strlen(query), 1, &refs, &err) || refs->read_count != 1)
        return NULL;
    const struct sql_name *n = &refs->reads[0].name;
    const char *name = n->parts[n->count - 1];
    struct pack_object *o = n->count > 1 ? pack_find(c, n->parts[n->count - 2], name) : pack_find(c, "system_gold", name);
    return o || n->count > 1 ? o : pack_find(c, "system_bronze", name);
}

/* A join whose ON names all columns of the primary key has one row at the most for each row of the source. */
static void find_keys(struct pack_loader *l, struct pack_metric_view *m, struct sql_metric_join *j)
{
    const char **columns;
    size_t count, held = 0;
    struct error err;
    if (sql_metric_join_columns(l->arena, j, &columns, &count, &err)) {
        pack_fault(l, m->file, (struct sql_pos){j->line, 1}, err.what, NULL);
        return;
    }
    const struct pack_object *o = source_of(l->c, l->arena, j->source);
    const struct sql_key *key = o ? sql_primary_key(o->table) : NULL;
    for (size_t i = 0; key && i < key->column_count; i++)
        for (size_t k = 0; k < count; k++)
            if (str_ieq(key->columns[i], columns[k])) {
                held++;
                break;
            }
    j->at_most_one = j->at_most_one || (key && key->column_count && held == key->column_count);
}

void pack_link_metric_views(struct pack_loader *l)
{
    struct pack_catalogue *c = l->c;
    c->metric_views = arena_alloc(l->arena, (l->metric_views.len + 1) * sizeof(*c->metric_views));
    for (size_t i = 0; i < l->metric_views.len; i++) {
        struct pack_metric_view *m = l->metric_views.items[i];
        if (map_get(&c->metric_by_name, pack_key(l->arena, m->schema, m->name)) != m)
            continue; /* another pack's stands in its place */
        const struct pack_object *source = source_of(c, l->arena, m->view->source);
        m->domain = map_get(&c->domains, m->name);
        if (!m->domain && source)
            m->domain = source->domain;
        for (size_t k = 0; k < m->view->join_count; k++)
            find_keys(l, m, &m->view->joins[k]);
        c->metric_views[c->metric_view_count++] = m;
    }
}
