#include "pack/load.h"

#include <stdlib.h>
#include <yyjson.h>

void pack_note(struct pack_loader *l, const struct error *err)
{
    if (!l->first_kind)
        l->first_kind = err->kind;
    if (l->err_count < l->max_errs)
        l->errs[l->err_count++] = *err;
}

void pack_fault(struct pack_loader *l, const char *path, struct sql_pos pos, const char *text, const char *hint)
{
    struct error err;
    error_set(&err, ERROR_USAGE, "%s", text);
    error_where(&err, "%s:%u:%u", path, pos.line, pos.column);
    if (hint)
        error_hint(&err, "%s", hint);
    pack_note(l, &err);
}

static void each_name(struct pack_loader *l, const char *folder, char **names, size_t count, const char *suffix, size_t max,
                      pack_file_fn *fn)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_ends(names[i], suffix) || names[i][0] == '.')
            continue;
        struct error err;
        char *text;
        size_t len;
        const char *path = path_join(l->arena, folder, names[i]);
        const char *stem = arena_strndup(l->arena, names[i], strlen(names[i]) - strlen(suffix));
        if (file_read(path, max, &text, &len, &err)) {
            pack_note(l, &err);
            continue;
        }
        char *kept = arena_strndup(l->arena, text, len);
        free(text);
        fn(l, path, stem, kept, len);
    }
}

void pack_each_file(struct pack_loader *l, const char *folder, const char *suffix, size_t max, pack_file_fn *fn)
{
    const char *path = path_join(l->arena, l->dir, folder);
    if (!path_exists(path))
        return;
    char **names;
    size_t count;
    struct error err;
    if (dir_list(path, &names, &count, &err)) {
        pack_note(l, &err);
        return;
    }
    each_name(l, path, names, count, suffix, max, fn);
    dir_list_free(names, count);
}

static void read_bronze(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    (void)stem;
    pack_read_table(l, PACK_BRONZE, path, text, len);
}

static void read_gold(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    (void)stem;
    pack_read_table(l, PACK_GOLD, path, text, len);
}

/* landing.sql holds the DDL of all landing tables, every other file one derivation. */
static void read_spark(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    if (str_eq(stem, "landing")) {
        pack_read_table(l, PACK_LANDING, path, text, len);
        return;
    }
    struct error err;
    struct sql_statement *statements;
    size_t count;
    int rc = sql_split(l->arena, text, len, 1, &statements, &count, &err);
    if (!rc && (count != 1 || statements[0].kind != SQL_SELECT)) {
        rc = error_set(&err, ERROR_USAGE, "a derivation must be one SELECT");
        error_where(&err, "%u:%u", count ? statements[0].pos.line : 1, count ? statements[0].pos.column : 1);
    }
    if (rc) {
        error_add_where(&err, "%s", path);
        pack_note(l, &err);
        return;
    }
    *VEC_ADD(&l->derivations) = (struct pack_derivation){
        .pack = l->pack,
        .file = path,
        .system_table = arena_printf(l->arena, "system.%s", stem),
        .sql = arena_strndup(l->arena, statements[0].text, statements[0].len),
        .line = statements[0].pos.line,
    };
}

static const char *dashboard_title(struct pack_loader *l, yyjson_val *root, const char *stem)
{
    const char *title = yyjson_get_str(yyjson_obj_get(root, "displayName"));
    yyjson_val *page = yyjson_arr_get_first(yyjson_obj_get(root, "pages"));
    if (!title)
        title = yyjson_get_str(yyjson_obj_get(page, "displayName"));
    return arena_strdup(l->arena, title ? title : stem);
}

static void read_dashboard(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    yyjson_read_err fault;
    struct error err;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text, len, 0, NULL, &fault);
    if (!doc || !yyjson_is_arr(yyjson_obj_get(yyjson_doc_get_root(doc), "pages"))) {
        error_set(&err, ERROR_USAGE, doc ? "a dashboard needs a list 'pages'" : "not valid JSON: %s", doc ? "" : fault.msg);
        error_where(&err, doc ? "%s" : "%s: byte %zu", path, doc ? (size_t)0 : fault.pos);
        pack_note(l, &err);
    } else {
        *VEC_ADD(&l->dashboards) = (struct pack_dashboard){
            .pack = l->pack,
            .file = path,
            .name = stem,
            .title = dashboard_title(l, yyjson_doc_get_root(doc), stem),
            .json = text,
            .len = len,
        };
    }
    yyjson_doc_free(doc);
}

static int read_texts(struct pack_loader *l, const struct yaml *root, const char *path, const char *key, struct map *into,
                      struct error *err)
{
    const struct yaml *map = yaml_get(root, key);
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
        const char *text = NULL;
        int rc = yaml_text(map, path, map->keys[i], &text, err);
        if (rc)
            return rc;
        map_set(into, arena_strdup(l->arena, map->keys[i]), (void *)(uintptr_t)text);
    }
    return 0;
}

static int read_manifest(struct pack_loader *l, struct error *err)
{
    static const char *const keys[] = {"name", "title", "description", "version", "override", "later", "domains"};
    struct yaml *root;
    const char *path = path_join(l->arena, l->dir, "pack.yaml");
    if (!path_exists(path)) {
        error_set(err, ERROR_USAGE, "a pack needs a pack.yaml");
        error_where(err, "%s", l->dir);
        error_hint(err, "write one with `name: ...`");
        return ERROR_USAGE;
    }
    int rc = yaml_read(path, l->arena, &root, err);
    if (!rc && root->kind != YAML_MAP) {
        rc = error_set(err, ERROR_USAGE, "pack.yaml must be a map with 'name'");
        error_where(err, "%s:1", path);
    }
    l->pack = NULL;
    l->override = false;
    if (!rc)
        rc = yaml_known_keys(root, path, keys, ARRAY_LEN(keys), err);
    if (!rc)
        rc = yaml_text(root, path, "name", &l->pack, err);
    if (!rc)
        rc = yaml_bool(root, path, "override", &l->override, err);
    if (!rc)
        rc = read_texts(l, root, path, "later", &l->c->later, err);
    if (!rc)
        rc = read_texts(l, root, path, "domains", &l->c->domains, err);
    if (!rc && !l->pack) {
        rc = error_set(err, ERROR_USAGE, "'name' is missing");
        error_where(err, "%s:1", path);
    }
    return rc;
}

static void load_dir(struct pack_loader *l, const char *dir)
{
    struct error err;
    l->dir = arena_strdup(l->arena, dir);
    if (read_manifest(l, &err)) {
        pack_note(l, &err);
        return;
    }
    pack_each_file(l, "sources/spark", ".sql", LIMIT_SQL_BYTES, read_spark);
    pack_each_file(l, "bronze", ".sql", LIMIT_SQL_BYTES, read_bronze);
    pack_each_file(l, "bronze/checks", ".yaml", LIMIT_YAML_BYTES, pack_read_checks);
    pack_each_file(l, "gold", ".sql", LIMIT_SQL_BYTES, read_gold);
    pack_read_functions(l);
    pack_read_metric_views(l);
    pack_read_attributions(l);
    pack_each_file(l, "dashboards", ".lvdash.json", LIMIT_JSON_BYTES, read_dashboard);
}

/* Derivations and dashboards of a later pack replace earlier ones when it may; else both files are named. */
static void replace_doubles(struct pack_loader *l)
{
    struct error err;
    for (size_t i = 0; i < l->dashboards.len; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(l->dashboards.items[i].name, l->dashboards.items[j].name)) {
                error_set(&err, ERROR_USAGE, "dashboard '%s' stands in %s as well", l->dashboards.items[i].name,
                          l->dashboards.items[j].file);
                error_where(&err, "%s", l->dashboards.items[i].file);
                error_hint(&err, "rename one of the two files");
                pack_note(l, &err);
            }
    for (size_t i = 0; i < l->derivations.len; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(l->derivations.items[i].system_table, l->derivations.items[j].system_table)) {
                error_set(&err, ERROR_USAGE, "rows of %s are derived in %s as well", l->derivations.items[i].system_table,
                          l->derivations.items[j].file);
                error_where(&err, "%s", l->derivations.items[i].file);
                pack_note(l, &err);
            }
}

void pack_dirs(struct arena *a, const char *folder, const char **dirs, size_t *count)
{
    char **names;
    size_t n;
    if (!folder || !path_is_dir(folder) || dir_list(folder, &names, &n, NULL))
        return;
    for (size_t i = 0; i < n && *count < PACK_DIRS_MAX; i++) {
        const char *dir = path_join(a, folder, names[i]);
        if (path_exists(path_join(a, dir, "pack.yaml")))
            dirs[(*count)++] = dir;
    }
    dir_list_free(names, n);
}

int pack_load(const char *const *dirs, size_t dir_count, struct pack_catalogue **ret, struct error *errs, size_t max_errs,
              size_t *ret_err_count)
{
    struct arena *a = arena_new();
    struct pack_loader l = {.arena = a, .errs = errs, .max_errs = max_errs};
    l.c = arena_alloc(a, sizeof(*l.c));
    l.c->arena = a;
    for (size_t i = 0; i < dir_count; i++)
        load_dir(&l, dirs[i]);
    replace_doubles(&l);
    pack_sort(&l);
    pack_sort_functions(&l);
    pack_link_metric_views(&l);
    l.c->derivation_count = l.derivations.len;
    l.c->derivations = VEC_COPY(a, &l.derivations);
    l.c->dashboard_count = l.dashboards.len;
    l.c->dashboards = VEC_COPY(a, &l.dashboards);
    l.c->attribution_count = l.attributions.len;
    l.c->attributions = VEC_COPY(a, &l.attributions);
    VEC_FREE(&l.objects);
    VEC_FREE(&l.derivations);
    VEC_FREE(&l.functions);
    VEC_FREE(&l.metric_views);
    VEC_FREE(&l.dashboards);
    VEC_FREE(&l.attributions);
    if (ret_err_count)
        *ret_err_count = l.err_count;
    if (l.first_kind) {
        pack_free(l.c);
        return l.first_kind;
    }
    *ret = l.c;
    return 0;
}

void pack_free(struct pack_catalogue *c)
{
    if (!c)
        return;
    map_free(&c->by_name);
    map_free(&c->function_by_name);
    map_free(&c->metric_by_name);
    map_free(&c->later);
    map_free(&c->domains);
    arena_free(c->arena);
}
