#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define CONFIG_VERSION 1

static const char *const source_keys[] = {"name", "path", "kind", "account_id", "workspace_id", "profile", "warehouse_id"};
static const char *const top_lists[] = {"version", "sources", "tenants", "names", "tables"};

static int find_setting(const char *key)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (str_eq(config_settings[i].key, key))
            return (int)i;
    return -1;
}

static const struct {
    const char *unit;
    double factor;
} byte_units[] = {{"", 1}, {"b", 1}, {"kib", 1024}, {"mib", 1048576}, {"gib", 1073741824}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}},
  time_units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31536000}};

/* "512 MiB", "90s", "1.5h" as bytes or seconds. */
static bool with_unit(const char *text, bool bytes, double *ret)
{
    char number[64], unit[16];
    size_t n = strspn(text, "0123456789.");
    const char *rest = text + n;
    while (*rest == ' ')
        rest++;
    if (!n || n >= sizeof(number) || strlen(rest) >= sizeof(unit))
        return false;
    memcpy(number, text, n);
    number[n] = '\0';
    memcpy(unit, rest, strlen(rest) + 1);
    str_lower(unit);
    double v;
    if (str_to_f64(number, &v))
        return false;
    size_t count = bytes ? ARRAY_LEN(byte_units) : ARRAY_LEN(time_units);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(unit, bytes ? byte_units[i].unit : time_units[i].unit)) {
            *ret = v * (bytes ? byte_units[i].factor : time_units[i].factor);
            return true;
        }
    }
    return false;
}

static bool one_of(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *p = choices; p && n; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strncmp(p, value, n) == 0 && (p[n] == '|' || !p[n]))
            return true;
    return false;
}

static const char *const type_words[] = {
    [SETTING_TEXT] = "text",
    [SETTING_BOOL] = "true or false",
    [SETTING_INT] = "a whole number",
    [SETTING_FLOAT] = "a number",
    [SETTING_BYTES] = "a size such as 512 MiB",
    [SETTING_DURATION] = "a duration such as 90s, 15m, 2h, 7d, 2y",
    [SETTING_ENUM] = "one of ",
    [SETTING_PATH] = "a path",
};

/* The value as a number where the setting is one; an error names the origin. */
static int check_value(const struct setting *s, const char *value, const char *origin, double *ret, struct error *err)
{
    double v = 0;
    int64_t i;
    bool b, ok = true;
    switch (s->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        break;
    case SETTING_BOOL:
        ok = str_to_bool(value, &b) == 0;
        v = ok && b;
        break;
    case SETTING_INT:
        ok = str_to_i64(value, &i) == 0;
        v = ok ? (double)i : 0;
        break;
    case SETTING_FLOAT:
        ok = str_to_f64(value, &v) == 0;
        break;
    case SETTING_BYTES:
        ok = with_unit(value, true, &v);
        break;
    case SETTING_DURATION:
        ok = with_unit(value, false, &v);
        break;
    case SETTING_ENUM:
        ok = one_of(s->choices, value);
        break;
    }
    if (!ok) {
        error_set(err, ERROR_USAGE, "%s must be %s%s, found '%s'", s->key, type_words[s->type], s->choices ? s->choices : "", value);
        error_where(err, "%s", origin);
        return ERROR_USAGE;
    }
    if ((s->min != 0 || s->max != 0) && (v < s->min || v > s->max)) {
        error_set(err, ERROR_USAGE, "%s must lie between %.15g and %.15g, found %s", s->key, s->min, s->max, value);
        error_where(err, "%s", origin);
        return ERROR_USAGE;
    }
    *ret = v;
    return 0;
}

static int set_value(struct config *c, int index, const char *value, const char *origin, struct error *err)
{
    double v;
    int rc = check_value(&config_settings[index], value, origin, &v, err);
    if (rc)
        return rc;
    c->values[index] = arena_strdup(c->arena, value);
    c->origins[index] = arena_strdup(c->arena, origin);
    return 0;
}

/* ---- secchi.yaml ---- */

static int unknown_key(const struct config *c, const char *key, uint32_t line, struct error *err)
{
    const char *names[128];
    size_t n = 0;
    for (size_t i = 0; i < config_setting_count && n < ARRAY_LEN(names); i++)
        names[n++] = config_settings[i].key;
    for (size_t i = 0; i < ARRAY_LEN(top_lists) && n < ARRAY_LEN(names); i++)
        names[n++] = top_lists[i];
    error_set(err, ERROR_USAGE, "unknown setting '%s'", key);
    error_where(err, "%s:%u", c->file, line);
    error_hint_near(err, nearest_name(key, names, n), "`secchi help settings` lists all");
    return ERROR_USAGE;
}

static int read_settings(struct config *c, const struct yaml *map, const char *prefix, struct error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        struct yaml *y = map->items[i];
        char *key = arena_printf(c->arena, "%s%s%s", prefix, *prefix ? "." : "", map->keys[i]);
        bool list = false;
        for (size_t j = 0; !*prefix && j < ARRAY_LEN(top_lists); j++)
            list |= str_eq(key, top_lists[j]);
        if (list || y->kind == YAML_NULL)
            continue;
        int rc, index = find_setting(key);
        if (y->kind == YAML_MAP && index < 0)
            rc = read_settings(c, y, key, err);
        else if (index < 0 || y->kind != YAML_SCALAR)
            rc = unknown_key(c, key, y->line, err);
        else
            rc = set_value(c, index, y->text, arena_printf(c->arena, "%s:%u", c->file, y->line), err);
        if (rc)
            return rc;
    }
    return 0;
}

static const char *absolute(struct config *c, const char *path)
{
    if (path[0] == '/')
        return arena_strdup(c->arena, path);
    return path_join(c->arena, c->home, path);
}

static const char *base_name(struct arena *a, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    size_t start = n;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return arena_strndup(a, path + start, n - start);
}

static int bad(const struct config *c, const struct yaml *y, struct error *err, const char *what)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%s:%u", c->file, y->line);
    return ERROR_USAGE;
}

/* Where the answers of a workspace are kept; a name may have what a folder's cannot. */
static const char *landing_of(struct config *c, const char *name)
{
    char *folder = arena_strdup(c->arena, name);
    for (char *p = folder; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
            *p = '_';
    return arena_printf(c->arena, "%s/landing/%s", c->home, folder);
}

static int read_source(struct config *c, const struct yaml *y, struct config_source *s, struct error *err)
{
    if (y->kind != YAML_MAP)
        return bad(c, y, err, "a source must be a map with at least 'path'");
    int rc = yaml_known_keys(y, c->file, source_keys, ARRAY_LEN(source_keys), err);
    *s = (struct config_source){.kind = "auto"};
    if (rc || (rc = yaml_text(y, c->file, "path", &s->path, err)) || (rc = yaml_text(y, c->file, "name", &s->name, err)) ||
        (rc = yaml_text(y, c->file, "kind", &s->kind, err)) || (rc = yaml_text(y, c->file, "account_id", &s->account_id, err)) ||
        (rc = yaml_text(y, c->file, "workspace_id", &s->workspace_id, err)) || (rc = yaml_text(y, c->file, "profile", &s->profile, err)) ||
        (rc = yaml_text(y, c->file, "warehouse_id", &s->warehouse_id, err)))
        return rc;
    if (!one_of("auto|folder|spark|databricks", s->kind))
        return bad(c, y, err, "the kind of a source must be auto, folder, spark or databricks");
    const bool remote = str_eq(s->kind, "databricks");
    if (!remote && (s->profile || s->warehouse_id))
        return bad(c, y, err, "'profile' and 'warehouse_id' belong to a source of kind databricks");
    if (remote && !s->name)
        s->name = "databricks";
    if (remote && !s->path)
        s->path = landing_of(c, s->name);
    if (!s->path || !*s->path)
        return bad(c, y, err, "a source needs a 'path'");
    s->path = absolute(c, s->path);
    if (!s->name)
        s->name = base_name(c->arena, s->path);
    if (!s->account_id)
        s->account_id = config_text(c, "account_id");
    if (!s->workspace_id)
        s->workspace_id = config_text(c, "workspace_id");
    return 0;
}

static int read_sources(struct config *c, const struct yaml *list, struct error *err)
{
    if (!list || list->kind == YAML_NULL)
        return 0;
    if (list->kind != YAML_LIST)
        return bad(c, list, err, "'sources' must be a list");
    c->sources = arena_alloc(c->arena, (list->count + 1) * sizeof(*c->sources));
    for (size_t i = 0; i < list->count; i++) {
        int rc = read_source(c, list->items[i], &c->sources[i], err);
        if (rc)
            return rc;
        for (size_t j = 0; j < i; j++)
            if (str_eq(c->sources[j].name, c->sources[i].name))
                return bad(c, list->items[i], err,
                           arena_printf(c->arena, "two sources are named '%s'; give one another 'name'", c->sources[i].name));
        c->source_count = i + 1;
    }
    return 0;
}

static int read_words(struct config *c, const struct yaml *map, const char *key, const char ***ret, size_t *ret_count, struct error *err)
{
    const struct yaml *list = yaml_get(map, key);
    if (!list || list->kind == YAML_NULL)
        return 0;
    if (list->kind != YAML_LIST)
        return bad(c, list, err, arena_printf(c->arena, "'%s' must be a list", key));
    *ret = arena_alloc(c->arena, (list->count + 1) * sizeof(**ret));
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return bad(c, list->items[i], err, "must be text");
        (*ret)[i] = list->items[i]->text;
    }
    *ret_count = list->count;
    return 0;
}

static int read_tenants(struct config *c, const struct yaml *map, struct error *err)
{
    static const char *const keys[] = {"accounts", "workspaces"};
    if (!map || map->kind == YAML_NULL)
        return 0;
    if (map->kind != YAML_MAP)
        return bad(c, map, err, "'tenants' must be a map of name to accounts and workspaces");
    c->tenants = arena_alloc(c->arena, (map->count + 1) * sizeof(*c->tenants));
    for (size_t i = 0; i < map->count; i++) {
        struct config_tenant *t = &c->tenants[i];
        t->name = map->keys[i];
        if (map->items[i]->kind != YAML_MAP)
            return bad(c, map->items[i], err, "a tenant must be a map with 'accounts' and 'workspaces'");
        int rc = yaml_known_keys(map->items[i], c->file, keys, ARRAY_LEN(keys), err);
        if (rc || (rc = read_words(c, map->items[i], "accounts", &t->accounts, &t->account_count, err)) ||
            (rc = read_words(c, map->items[i], "workspaces", &t->workspaces, &t->workspace_count, err)))
            return rc;
        c->tenant_count = i + 1;
    }
    return 0;
}

static int read_names(struct config *c, const struct yaml *map, struct error *err)
{
    if (!map || map->kind == YAML_NULL)
        return 0;
    if (map->kind != YAML_MAP)
        return bad(c, map, err, "'names' must be a map of name to name");
    c->name_keys = arena_alloc(c->arena, (map->count + 1) * sizeof(*c->name_keys));
    c->name_values = arena_alloc(c->arena, (map->count + 1) * sizeof(*c->name_values));
    for (size_t i = 0; i < map->count; i++) {
        if (map->items[i]->kind != YAML_SCALAR)
            return bad(c, map->items[i], err, "a name must be text");
        c->name_keys[i] = map->keys[i];
        c->name_values[i] = map->items[i]->text;
        c->name_count = i + 1;
    }
    return 0;
}

/* A duration of a table, under the rules of the setting that it stands in for. */
static int read_table_duration(struct config *c, const struct config_table *t, const struct yaml *map, const char *key, int64_t *ret,
                               struct error *err)
{
    const struct yaml *y = yaml_get(map, key);
    struct setting s = config_settings[find_setting(arena_printf(c->arena, "ingest.%s", key))];
    double v;
    if (!y || y->kind == YAML_NULL)
        return 0;
    s.key = arena_printf(c->arena, "tables.%s.%s", t->name, key);
    int rc = check_value(&s, y->kind == YAML_SCALAR ? y->text : "a list", arena_printf(c->arena, "%s:%u", c->file, y->line), &v, err);
    if (!rc)
        *ret = (int64_t)llround(v);
    return rc;
}

static int read_tables(struct config *c, const struct yaml *map, struct error *err)
{
    static const char *const keys[] = {"lookback", "retention"};
    if (!map || map->kind == YAML_NULL)
        return 0;
    if (map->kind != YAML_MAP)
        return bad(c, map, err, "'tables' must be a map of table to lookback and retention, e.g. billing.usage: {retention: 365d}");
    c->tables = arena_alloc(c->arena, (map->count + 1) * sizeof(*c->tables));
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *y = map->items[i];
        struct config_table *t = &c->tables[i];
        *t = (struct config_table){.name = map->keys[i], .line = y->line, .lookback_s = -1, .retention_s = -1};
        if (y->kind != YAML_MAP)
            return bad(c, y, err, arena_printf(c->arena, "table '%s' must be a map with lookback or retention", t->name));
        int rc = yaml_known_keys(y, c->file, keys, ARRAY_LEN(keys), err);
        if (rc || (rc = read_table_duration(c, t, y, keys[0], &t->lookback_s, err)) ||
            (rc = read_table_duration(c, t, y, keys[1], &t->retention_s, err)))
            return rc;
        c->table_count = i + 1;
    }
    return 0;
}

static int read_file(struct config *c, struct yaml **ret, struct error *err)
{
    struct yaml *root;
    int64_t version = CONFIG_VERSION;
    if (!path_exists(c->file))
        return 0;
    int rc = yaml_read(c->file, c->arena, &root, err);
    if (rc || root->kind == YAML_NULL)
        return rc;
    if (root->kind != YAML_MAP)
        return bad(c, root, err, "secchi.yaml must be a map of settings");
    rc = yaml_i64(root, c->file, "version", &version, err);
    if (!rc && version != CONFIG_VERSION) {
        rc = error_set(err, ERROR_USAGE, "configuration version %lld is not known, this program reads version %d", (long long)version,
                       CONFIG_VERSION);
        error_where(err, "%s:%u", c->file, yaml_get(root, "version")->line);
        error_hint(err, version > CONFIG_VERSION ? "use a newer secchi" : "set version: %d", CONFIG_VERSION);
    }
    if (!rc)
        *ret = root;
    return rc ? rc : read_settings(c, root, "", err);
}

static int read_environment(struct config *c, struct error *err)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        char name[128] = "SECCHI_";
        size_t n = strlen(name);
        for (const char *p = config_settings[i].key; *p && n + 1 < sizeof(name); p++)
            name[n++] = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
        name[n] = '\0';
        const char *value = getenv(name);
        if (!value)
            continue;
        int rc = set_value(c, (int)i, value, arena_printf(c->arena, "environment %s", name), err);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_flags(struct config *c, const struct config_flag *flags, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        int index = find_setting(flags[i].key), rc;
        if (index < 0)
            return error_set(err, ERROR_INTERNAL, "flag %s sets the unknown setting %s", flags[i].flag, flags[i].key);
        if ((rc = set_value(c, index, flags[i].value, flags[i].flag, err)))
            return rc;
    }
    return 0;
}

int config_load(const char *home, const struct config_flag *flags, size_t flag_count, struct config **ret, struct error *err)
{
    struct arena *a = arena_new();
    struct config *c = arena_alloc(a, sizeof(*c));
    c->arena = a;
    c->home = arena_strdup(a, home);
    c->file = path_join(a, home, "secchi.yaml");
    c->values = arena_alloc(a, config_setting_count * sizeof(*c->values));
    c->origins = arena_alloc(a, config_setting_count * sizeof(*c->origins));
    for (size_t i = 0; i < config_setting_count; i++) {
        c->values[i] = config_settings[i].fallback;
        c->origins[i] = "default";
    }
    struct yaml *root = NULL;
    int rc = read_file(c, &root, err);
    if (!rc)
        rc = read_environment(c, err);
    if (!rc)
        rc = read_flags(c, flags, flag_count, err);
    if (!rc)
        rc = read_sources(c, yaml_get(root, "sources"), err);
    if (!rc)
        rc = read_tenants(c, yaml_get(root, "tenants"), err);
    if (!rc)
        rc = read_names(c, yaml_get(root, "names"), err);
    if (!rc)
        rc = read_tables(c, yaml_get(root, "tables"), err);
    if (rc) {
        config_free(c);
        return rc;
    }
    *ret = c;
    return 0;
}

void config_free(struct config *c)
{
    if (c)
        arena_free(c->arena);
}

/* ---- reading values ---- */

static int must_find(const char *key)
{
    int index = find_setting(key);
    if (index < 0) {
        fprintf(stderr, "secchi: bug: setting '%s' is not in the table of settings\n", key);
        abort();
    }
    return index;
}

static double number(const struct config *c, const char *key)
{
    double v = 0;
    int index = must_find(key);
    if (check_value(&config_settings[index], c->values[index], c->origins[index], &v, NULL))
        abort(); /* was checked when it was set */
    return v;
}

const char *config_text(const struct config *c, const char *key) { return c->values[must_find(key)]; }

static int secret_error(const struct config *c, int index, struct error *err, const char *what)
{
    error_set(err, ERROR_USAGE, "%s %s", config_settings[index].key, what);
    error_where(err, "%s", c->origins[index]);
    error_hint(err, "write ${VARIABLE} or file:PATH");
    return ERROR_USAGE;
}

int config_secret(const struct config *c, const char *key, struct arena *a, const char **ret, struct error *err)
{
    int index = must_find(key);
    const char *value = c->values[index];
    size_t len = strlen(value);
    if (len > 3 && str_starts(value, "${") && value[len - 1] == '}') {
        const char *found = getenv(arena_strndup(a, value + 2, len - 3));
        if (!found || !*found)
            return secret_error(c, index, err, "names a variable of the environment that is not set");
        *ret = arena_strdup(a, found);
    } else if (str_starts(value, "file:")) {
        char *text;
        size_t text_len;
        const char *path = value[5] == '/' ? value + 5 : path_join(a, c->home, value + 5);
        int rc = file_read(path, 65536, &text, &text_len, err);
        if (rc)
            return rc;
        *ret = arena_strndup(a, text, strcspn(text, "\r\n"));
        free(text);
        if (!**ret)
            return secret_error(c, index, err, "names a file without a secret");
    } else if (*value && !str_starts(c->origins[index], "environment "))
        return secret_error(c, index, err, "holds the secret itself");
    else
        *ret = value;
    return 0;
}

bool config_bool(const struct config *c, const char *key) { return number(c, key) != 0; }
int64_t config_int(const struct config *c, const char *key) { return (int64_t)llround(number(c, key)); }
double config_float(const struct config *c, const char *key) { return number(c, key); }
