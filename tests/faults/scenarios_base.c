/* Memory, containers, files, YAML and the configuration. */
#include "scenarios.h"

#include <unistd.h>

#include "config/config.h"

static const char *path_in_box(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", box(), name);
    return path;
}

static int arena_grows(struct error *err)
{
    (void)err;
    CLEANUP(arena_freep) struct arena *a = arena_new();
    uint64_t sum = 0;
    for (size_t i = 1; i < 2000; i += 37)
        sum += strlen(arena_printf(a, "%*d", (int)i, 7)) + (uint64_t)*arena_strdup(a, "x");
    arena_reset(a);
    memset(arena_alloc(a, 100000), 1, 100000);
    note("%llu", (unsigned long long)sum);
    return 0;
}

static int buffer_grows(struct error *err)
{
    (void)err;
    struct buf b;
    buf_init(&b, 20000);
    for (int i = 0; i < 500; i++)
        buf_printf(&b, "%d,%s;", i, i % 7 ? "a" : "long enough to matter");
    buf_add(&b, "zz", 2);
    note("%zu %d\n", b.len, b.overflow);
    char *text = buf_steal(&b);
    note_bytes(text, strlen(text));
    free(text);
    text = buf_steal(&b);
    note("%s.", text);
    free(text);
    return 0;
}

static int map_grows(struct error *err)
{
    (void)err;
    struct map m = {0};
    char key[32];
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof(key), "k%d", i * 7 % 300);
        map_set(&m, key, key);
        if (i % 3 == 0)
            map_remove(&m, key);
    }
    for (size_t i = 0; i < m.len; i++)
        if (m.entries[i].key)
            note("%s ", m.entries[i].key);
    note("%zu", m.live);
    map_free(&m);
    return 0;
}

static int vector_grows(struct error *err)
{
    (void)err;
    VEC(int64_t) v = {0};
    for (int64_t i = 0; i < 5000; i++)
        *VEC_ADD(&v) = i * i;
    note("%zu %lld", v.len, (long long)v.items[4999]);
    VEC_FREE(&v);
    return 0;
}

static int file_is_written_and_read(struct error *err)
{
    char *data = NULL;
    size_t len = 0;
    int rc = file_write_atomic(path_in_box("file"), "some text", 9, 0600, err);
    if (!rc)
        rc = file_read(path_in_box("file"), 100, &data, &len, err);
    if (!rc)
        note("%zu %s", len, data);
    free(data);
    return rc;
}

static int folder_is_made_and_listed(struct error *err)
{
    char **names;
    size_t count;
    int rc = dir_create(path_in_box("."), 0700, err);
    if (!rc)
        rc = dir_list(data_path("eventlogs"), &names, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++)
        note("%s ", names[i]);
    dir_list_free(names, count);
    return 0;
}

/* A log that cannot be opened must not take the program with it. */
static int log_is_written(struct error *err)
{
    (void)err;
    unlink(path_in_box("log"));
    log_open(path_in_box("log"), LOG_INFO);
    log_write(LOG_INFO, "test", "a line of %d", 1);
    log_open(NULL, LOG_ERROR);
    note("went on");
    return 0;
}

/* ---- YAML ------------------------------------------------------------------------------------------------------ */

static const char yaml[] =
    "version: 1\nlist: [a, 'b', \"c\\n\", 1.5]\nnested:\n  - {x: 1, y: [2, 3]}\n  - &n\n    deep: {deeper: {deepest: yes}}\n"
    "  - *n\ntext: |\n  two\n  lines\nempty:\n";

static void note_yaml(const struct yaml *y)
{
    note("%d@%u:%u", (int)y->kind, y->line, y->column);
    if (y->kind == YAML_SCALAR)
        note("=%s%s", y->text, y->quoted ? "'" : "");
    for (size_t i = 0; i < y->count; i++) {
        note("[%s", y->keys ? y->keys[i] : "");
        note_yaml(y->items[i]);
        note("]");
    }
}

static int yaml_is_read(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct yaml *root;
    int rc = yaml_parse(yaml, sizeof(yaml) - 1, "f.yaml", a, &root, err);
    if (!rc)
        note_yaml(root);
    return rc;
}

static int bad_yaml_is_named(struct error *err)
{
    static const char twice[] = "a: 1\nb: [1, {c: 2}]\na: 3\n";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct yaml *root;
    int rc = yaml_parse(twice, sizeof(twice) - 1, "f.yaml", a, &root, err);
    note("%d %s %s", rc, err->where, err->what);
    return rc;
}

static int broken_yaml_is_named(struct error *err)
{
    static const char broken[] = "a: [1, 2\nb: }\n";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct yaml *root;
    int rc = yaml_parse(broken, sizeof(broken) - 1, "f.yaml", a, &root, err);
    note("%d %s %s", rc, err->where, err->what);
    return rc;
}

/* ---- configuration ------------------------------------------------------------------------------------------------ */

static const char settings[] = "# kept\nversion: 1\nsources:\n  - {name: logs, path: /data/logs, workspace_id: w1}\nserver:\n  port: 9001\n"
                               "engine: {memory_limit: 2 GiB}\ntenants:\n  one: {workspaces: [w1, w2], accounts: [a]}\n";

static int write_settings(const char *text, struct error *err)
{
    return file_write_atomic(path_in_box("secchi.yaml"), text, strlen(text), 0600, err);
}

static void note_config(const struct config *c)
{
    for (size_t i = 0; i < config_setting_count; i++)
        note("%s=%s (%s)\n", config_settings[i].key, strstr(c->values[i], box()) ? "in the box" : c->values[i],
             strstr(c->origins[i], "secchi.yaml") ? "file" : c->origins[i]);
    for (size_t i = 0; i < c->source_count; i++)
        note("%s %s %s\n", c->sources[i].name, c->sources[i].path, c->sources[i].workspace_id ? c->sources[i].workspace_id : "-");
    for (size_t i = 0; i < c->tenant_count; i++)
        note("%s %zu\n", c->tenants[i].name, c->tenants[i].workspace_count);
}

static int config_is_read(struct error *err)
{
    static const struct config_flag flag = {"server.port", "9002", "--port"};
    struct config *c;
    int rc = write_settings(settings, err);
    if (!rc)
        rc = config_load(box(), &flag, 1, &c, err);
    if (rc)
        return rc;
    note_config(c);
    config_free(c);
    return 0;
}

static int config_mistake_is_named(struct error *err)
{
    struct config *c;
    int rc = write_settings("version: 1\nserver:\n  prot: 9001\n", err);
    if (!rc)
        rc = config_load(box(), NULL, 0, &c, err);
    note("%d %s %s", rc, err->what, err->hint);
    return rc;
}

static int home_is_made(struct error *err)
{
    unlink(path_in_box("secchi.yaml"));
    int rc = config_init(box(), err);
    note("%d", rc);
    return rc;
}

static int source_is_added(struct error *err)
{
    static const struct config_source source = {.name = "more", .path = "/data/more", .kind = "auto", .workspace_id = "w9"};
    char *data;
    size_t len;
    int rc = write_settings(settings, err);
    if (!rc)
        rc = config_add_source(box(), &source, err);
    if (!rc)
        rc = file_read(path_in_box("secchi.yaml"), 10000, &data, &len, err);
    if (rc)
        return rc;
    note("%s", data);
    free(data);
    return 0;
}

static int home_is_found(struct error *err)
{
    (void)err;
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const char *home = config_home("/some/where", a), *packs = config_find_packs(NULL, a);
    note("%s %d %d", home, packs != NULL, config_find_lib(a) != NULL);
    return 0;
}

const struct scenario base_scenarios[] = {
    {"arena_grows", arena_grows},
    {"buffer_grows", buffer_grows},
    {"map_grows", map_grows},
    {"vector_grows", vector_grows},
    {"file_is_written_and_read", file_is_written_and_read},
    {"folder_is_made_and_listed", folder_is_made_and_listed},
    {"log_is_written", log_is_written},
    {"yaml_is_read", yaml_is_read},
    {"bad_yaml_is_named", bad_yaml_is_named},
    {"broken_yaml_is_named", broken_yaml_is_named},
    {"config_is_read", config_is_read},
    {"config_mistake_is_named", config_mistake_is_named},
    {"home_is_made", home_is_made},
    {"source_is_added", source_is_added},
    {"home_is_found", home_is_found},
    {NULL, NULL},
};
