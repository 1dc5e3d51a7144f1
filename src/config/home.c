#include "config/config.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char *absolute_path(const char *path, struct arena *a)
{
    char cwd[PATH_MAX];
    if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
        return arena_strdup(a, path);
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return path_join(a, cwd, path);
}

const char *config_home(const char *flag, struct arena *a)
{
    const char *env = getenv("SECCHI_HOME");
    return absolute_path(flag && *flag ? flag : env && *env ? env : "secchi-home", a);
}

static const char *program_dir(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return arena_strdup(a, path);
}

/* The first of <exe>/candidates that is a folder. */
static const char *beside_program(const char *const *candidates, size_t count, struct arena *a)
{
    const char *dir = program_dir(a);
    for (size_t i = 0; dir && i < count; i++) {
        char real[PATH_MAX];
        if (realpath(path_join(a, dir, candidates[i]), real) && path_is_dir(real))
            return arena_strdup(a, real);
    }
    return NULL;
}

const char *config_find_packs(const char *flag, struct arena *a)
{
    static const char *const places[] = {"../share/secchi/packs", "../packs", "../../packs", "../../../packs"};
    if (flag && *flag)
        return path_is_dir(flag) ? absolute_path(flag, a) : NULL;
    return beside_program(places, ARRAY_LEN(places), a);
}

const char *config_find_lib(struct arena *a)
{
    static const char *const places[] = {"../lib/secchi", "lib/secchi", "../../lib/secchi", "../../../lib/secchi"};
    return beside_program(places, ARRAY_LEN(places), a);
}

static const char first_file[] =
    "# Settings of this home. `secchi help settings` lists every key with its default; what is not set here has it.\n"
    "version: 1\n"
    "\n"
    "# Where rows come from: folders of tables, or of Apache Spark event logs. `secchi setup --source DIR` adds to this list.\n"
    "sources: []\n";

int config_init(const char *home, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const char *file = path_join(a, home, "secchi.yaml");
    if (path_exists(file)) {
        error_set(err, ERROR_CONFLICT, "there is a home already");
        error_where(err, "%s", file);
        error_hint(err, "use it, or give another --home");
        return ERROR_CONFLICT;
    }
    int rc = dir_create(home, 0700, err);
    if (!rc)
        rc = dir_create(path_join(a, home, "packs"), 0700, err);
    if (!rc)
        rc = dir_create(path_join(a, home, "logs"), 0700, err);
    return rc ? rc : file_write_atomic(file, first_file, sizeof(first_file) - 1, 0600, err);
}

static void put_quoted(struct buf *b, const char *s)
{
    buf_putc(b, '\'');
    for (; *s; s++) {
        if (*s == '\'')
            buf_putc(b, '\'');
        buf_putc(b, *s);
    }
    buf_putc(b, '\'');
}

static void put_entry(struct buf *b, const char *indent, const struct config_source *s)
{
    const struct {
        const char *key, *value;
    } fields[] = {
        {"name", s->name}, {"path", s->path}, {"kind", s->kind}, {"account_id", s->account_id}, {"workspace_id", s->workspace_id},
    };
    const char *lead = "- ";
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!fields[i].value)
            continue;
        buf_printf(b, "%s%s%s: ", indent, lead, fields[i].key);
        put_quoted(b, fields[i].value);
        buf_putc(b, '\n');
        lead = "  ";
    }
}

/* Offset of the start of line `line` (from 1). */
static size_t line_offset(const char *text, size_t len, uint32_t line)
{
    size_t at = 0;
    for (uint32_t l = 1; l < line && at < len; at++)
        if (text[at] == '\n')
            l++;
    return at;
}

/* The last line on which something of the node starts; values of sources are one line each. */
static uint32_t last_line(const struct yaml *y)
{
    uint32_t line = y->line;
    for (size_t i = 0; i < y->count; i++) {
        uint32_t below = last_line(y->items[i]);
        line = below > line ? below : line;
    }
    return line;
}

/* Puts the entry behind the last item of a block list, in place of an empty one, or appends the list to the file. */
static int insert_entry(const char *text, size_t len, const char *file, const struct yaml *list, const struct config_source *s,
                        struct buf *out, struct error *err)
{
    if (!list) {
        buf_add(out, text, len);
        buf_puts(out, len && text[len - 1] != '\n' ? "\nsources:\n" : "sources:\n");
        put_entry(out, "  ", s);
        return 0;
    }
    size_t key_line = line_offset(text, len, list->line);
    if (list->kind == YAML_NULL || list->count == 0) {
        size_t end = line_offset(text, len, list->line + 1);
        buf_add(out, text, key_line);
        buf_puts(out, "sources:\n");
        put_entry(out, "  ", s);
        buf_add(out, text + end, len - end);
        return 0;
    }
    size_t first = line_offset(text, len, list->items[0]->line), at = line_offset(text, len, last_line(list) + 1);
    const char *dash = memchr(text + first, '-', len - first);
    if (text[key_line + list->column - 1] == '[' || !dash) {
        error_set(err, ERROR_USAGE, "'sources' is written in one line, [..]");
        error_where(err, "%s:%u", file, list->line);
        error_hint(err, "write one source a line, each starting with '-'");
        return ERROR_USAGE;
    }
    CLEANUP(free_ptr) char *indent = xstrndup(text + first, (size_t)(dash - (text + first)));
    buf_add(out, text, at);
    if (at && text[at - 1] != '\n')
        buf_putc(out, '\n');
    put_entry(out, indent, s);
    buf_add(out, text + at, len - at);
    return 0;
}

static bool same_tree(const struct yaml *x, const struct yaml *y)
{
    if (x->kind != y->kind || x->count != y->count || !str_eq(x->text, y->text))
        return false;
    for (size_t i = 0; i < x->count; i++)
        if ((x->keys && !str_eq(x->keys[i], y->keys[i])) || !same_tree(x->items[i], y->items[i]))
            return false;
    return true;
}

/* Nothing is written that would be read other than as the old file with one source more. */
static bool added_as_meant(const char *text, size_t len, const char *file, const struct yaml *before, const struct config_source *s,
                           struct arena *a)
{
    struct yaml *after;
    if (yaml_parse(text, len, file, a, &after, NULL) || after->kind != YAML_MAP)
        return false;
    const struct yaml *list = yaml_get(after, "sources"), *old = yaml_get(before, "sources");
    size_t old_count = old ? old->count : 0;
    if (!list || list->kind != YAML_LIST || list->count != old_count + 1 || after->count != before->count + (old ? 0 : 1))
        return false;
    for (size_t i = 0; i < before->count; i++)
        if (before->items[i] != old && !same_tree(before->items[i], after->items[i]))
            return false;
    for (size_t i = 0; i < old_count; i++)
        if (!same_tree(old->items[i], list->items[i]))
            return false;
    const struct yaml *path = yaml_get(list->items[old_count], "path");
    return path && str_eq(path->text, s->path);
}

int config_add_source(const char *home, const struct config_source *source, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(free_ptr) char *text = NULL;
    size_t len = 0;
    struct config *c;
    int rc = config_load(home, NULL, 0, &c, err);
    if (rc)
        return rc;
    bool known = false;
    for (size_t i = 0; i < c->source_count; i++)
        known |= str_eq(c->sources[i].path, source->path);
    config_free(c);
    if (known)
        return 0;
    const char *file = path_join(a, home, "secchi.yaml");
    struct yaml *root = NULL;
    rc = file_read(file, LIMIT_YAML_BYTES, &text, &len, err);
    if (!rc)
        rc = yaml_parse(text, len, file, a, &root, err);
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_YAML_BYTES);
    if (!rc)
        rc = insert_entry(text, len, file, yaml_get(root, "sources"), source, &out, err);
    if (!rc && out.overflow)
        rc = error_set(err, ERROR_LIMIT, "%s would become too large", file);
    if (!rc && !added_as_meant(out.data, out.len, file, root, source, a)) {
        rc = error_set(err, ERROR_USAGE, "the source cannot be added to this file as it is written");
        error_where(err, "%s", file);
        error_hint(err, "add it by hand to the list 'sources': - path: %s", source->path);
    }
    return rc ? rc : file_write_atomic(file, out.data, out.len, 0600, err);
}

static int engine_conflict(const char *file, struct error *err, const char *what, const char *hint)
{
    error_set(err, ERROR_CONFLICT, "%s", what);
    error_where(err, "%s", file);
    error_hint(err, "%s", hint);
    return ERROR_CONFLICT;
}

int config_choose_engine(const char *home, const char *kind, const char *url, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    CLEANUP(free_ptr) char *text = NULL;
    size_t len = 0;
    struct config *c;
    struct yaml *root = NULL;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_YAML_BYTES);
    const char *file = path_join(a, home, "secchi.yaml");
    int rc = config_load(home, NULL, 0, &c, err);
    if (rc)
        return rc;
    const bool same = str_eq(config_text(c, "engine.kind"), kind) && (!url || str_eq(config_text(c, "engine.url"), url));
    config_free(c);
    if (same)
        return 0;
    if (path_exists(path_join(a, home, "warehouse.db")))
        return engine_conflict(file, err, "this home has a warehouse of its own already",
                               "give another --home, or set engine.kind by hand");
    rc = file_read(file, LIMIT_YAML_BYTES, &text, &len, err);
    if (!rc)
        rc = yaml_parse(text, len, file, a, &root, err);
    if (rc)
        return rc;
    if (yaml_get(root, "engine"))
        return engine_conflict(file, err, "the file has settings of the engine already", "set engine.kind and engine.url there");
    buf_add(&out, text, len);
    buf_printf(&out, "%sengine:\n  kind: %s\n", len && text[len - 1] != '\n' ? "\n" : "", kind);
    if (url) {
        buf_puts(&out, "  url: ");
        put_quoted(&out, url);
        buf_putc(&out, '\n');
    }
    return out.overflow ? error_set(err, ERROR_LIMIT, "%s would become too large", file)
                        : file_write_atomic(file, out.data, out.len, 0600, err);
}
