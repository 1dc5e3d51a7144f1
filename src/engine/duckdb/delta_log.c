/* The log of a Delta table: which files bring new rows. */
#include "engine/duckdb/delta_log.h"

#include "yyjson.h"

#include <stdlib.h>

#define COMMIT_MAX ((size_t)1 << 30)

/* ---- one commit */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Paths are URIs: relative ones, or file: with a whole path. */
static char *decode_path(struct arena *a, const char *uri)
{
    if (str_starts(uri, "file:"))
        for (uri += strlen("file:"); uri[0] == '/' && uri[1] == '/';)
            uri++;
    char *out = arena_strdup(a, uri), *w = out;
    for (const char *p = out; *p; p++, w++) {
        int high = *p == '%' ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;
        *w = *p;
        if (low >= 0) {
            *w = (char)(high * 16 + low);
            p += 2;
        }
    }
    *w = '\0';
    return out;
}

static int parse_action(yyjson_val *root, struct arena *a, struct delta_commit *ret, struct error *err)
{
    yyjson_val *add = yyjson_obj_get(root, "add"), *v = add ? add : yyjson_obj_get(root, "remove");
    if (!yyjson_is_obj(root))
        return error_set(err, ERROR_IO, "the commit holds something that is no action");
    if (!v)
        return 0;
    const char *path = yyjson_get_str(yyjson_obj_get(v, "path"));
    if (!path || !path[0])
        return error_set(err, ERROR_IO, "the commit names a file without path");
    yyjson_val *change = yyjson_obj_get(v, "dataChange");
    char *partition = yyjson_val_write(yyjson_obj_get(v, "partitionValues"), 0, NULL);
    *VEC_ADD(&ret->actions) = (struct delta_action){.add = add != NULL,
                                                    .data_change = !yyjson_is_bool(change) || yyjson_get_bool(change),
                                                    .path = decode_path(a, path),
                                                    .partition = arena_strdup(a, partition ? partition : "")};
    free(partition);
    return 0;
}

static bool blank(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
        i++;
    return i == len;
}

int delta_commit_parse(const char *text, size_t len, struct arena *a, struct delta_commit *ret, uint32_t *ret_line, struct error *err)
{
    uint32_t line = 1;
    for (size_t at = 0; at < len; line++) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t n = nl ? (size_t)(nl - text) - at : len - at;
        if (!blank(text + at, n)) {
            yyjson_doc *doc = yyjson_read(text + at, n, 0);
            int rc = doc ? parse_action(yyjson_doc_get_root(doc), a, ret, err) : error_set(err, ERROR_IO, "the commit is not JSON");
            yyjson_doc_free(doc);
            if (rc) {
                *ret_line = line;
                return rc;
            }
        }
        at += n + 1;
    }
    return 0;
}

static char *commit_path(struct arena *a, const char *table, int64_t version)
{
    return arena_printf(a, "%s/_delta_log/%020lld.json", table, (long long)version);
}

static int read_commit(const char *table, int64_t version, struct arena *a, struct delta_commit *ret, struct error *err)
{
    char *path = commit_path(a, table, version), *text CLEANUP(free_ptr) = NULL;
    size_t len;
    uint32_t line = 0;
    ret->actions.len = 0;
    int rc = file_read(path, COMMIT_MAX, &text, &len, err);
    if (rc) {
        error_where(err, "%s", path);
        return rc;
    }
    rc = delta_commit_parse(text, len, a, ret, &line, err);
    if (rc)
        error_where(err, "%s:%u", path, line);
    return rc;
}

/* ---- the files that are known */

struct file {
    int64_t version;    /* that brought its rows */
    int64_t end;        /* that removed it, or -1 */
    bool end_rewritten; /* its rows were changed or deleted, or stand in a later file of the range */
};

struct replay {
    struct arena *arena;
    struct map files; /* path -> struct file */
    bool compactions; /* files of compactions count, too, as new as what went into them */
    int64_t base;
};

static void put_file(struct replay *r, const char *path, int64_t version)
{
    struct file *f = map_get(&r->files, path);
    if (!f) {
        f = arena_alloc(r->arena, sizeof(*f));
        map_set(&r->files, path, f);
    }
    *f = (struct file){.version = version, .end = -1};
}

/* The newest version among the files that went into a compacted one. */
static int64_t newest_input(const struct replay *r, const struct delta_commit *c, const struct delta_action *add, int64_t version)
{
    int64_t newest = -1;
    for (size_t i = 0; i < c->actions.len; i++) {
        const struct delta_action *x = &c->actions.items[i];
        if (x->add || (x->partition[0] && !str_eq(x->partition, add->partition)))
            continue;
        const struct file *f = map_get(&r->files, x->path);
        int64_t v = f ? f->version : r->base;
        newest = v > newest ? v : newest;
    }
    return newest >= 0 ? newest : version;
}

static void replay_commit(struct replay *r, const struct delta_commit *c, int64_t version)
{
    struct map removed = {0}, added = {0};
    for (size_t i = 0; i < c->actions.len; i++)
        map_set(c->actions.items[i].add ? &added : &removed, c->actions.items[i].path, r);
    for (size_t i = 0; i < c->actions.len; i++) {
        const struct delta_action *x = &c->actions.items[i];
        bool again = map_has(x->add ? &removed : &added, x->path);
        struct file *f = map_get(&r->files, x->path);
        if (again)
            continue; /* other deletions of the same file */
        if (x->add && x->data_change)
            put_file(r, x->path, version);
        else if (x->add && r->compactions)
            put_file(r, x->path, newest_input(r, c, x, version));
        else if (!x->add && f && f->end < 0) {
            f->end = version;
            f->end_rewritten = x->data_change;
        }
    }
    map_free(&removed);
    map_free(&added);
}

/* ---- plans */

static bool file_exists(const char *table, const char *path, struct arena *a)
{
    return path_exists(path[0] == '/' ? path : path_join(a, table, path));
}

static void put_part(struct delta_plan *p, const char *path, const struct file *f, int64_t read_at)
{
    *VEC_ADD(&p->parts) = (struct delta_part){path, f->version, read_at};
}

/* False: not all of it can be read any more. */
static bool take_parts(const struct replay *r, const char *table, int64_t to, struct delta_plan *ret)
{
    for (size_t i = 0; i < r->files.len; i++) {
        const struct file *f = r->files.entries[i].value;
        const char *path = arena_strdup(r->arena, r->files.entries[i].key);
        if (f->end >= 0 && f->end_rewritten)
            continue;
        if (!file_exists(table, path, r->arena))
            return false;
        put_part(ret, path, f, f->end >= 0 ? f->end - 1 : to);
    }
    return true;
}

static int plan_range(const char *table, int64_t from, int64_t to, struct arena *a, struct delta_plan *ret, bool *ret_possible,
                      struct error *err)
{
    struct replay r = {.arena = a};
    struct delta_commit commit = {0};
    int rc = 0;
    *ret_possible = true;
    for (int64_t v = from + 1; !rc && *ret_possible && v <= to; v++) {
        *ret_possible = path_exists(commit_path(a, table, v));
        if (*ret_possible)
            rc = read_commit(table, v, a, &commit, err);
        if (*ret_possible && !rc)
            replay_commit(&r, &commit, v);
    }
    if (!rc && *ret_possible)
        *ret_possible = take_parts(&r, table, to, ret);
    VEC_FREE(&commit.actions);
    map_free(&r.files);
    return rc;
}

static int plan_whole(const char *table, int64_t to, struct arena *a, struct delta_plan *ret, struct error *err)
{
    struct replay r = {.arena = a, .compactions = true};
    struct delta_commit commit = {0};
    int64_t first = to + 1;
    int rc = 0;
    while (first > 0 && path_exists(commit_path(a, table, first - 1)))
        first--;
    r.base = first > 0 ? first - 1 : 0;
    for (int64_t v = first; !rc && v <= to; v++) {
        rc = read_commit(table, v, a, &commit, err);
        if (!rc)
            replay_commit(&r, &commit, v);
    }
    ret->whole = true;
    ret->base = r.base;
    ret->parts.len = 0;
    for (size_t i = 0; !rc && i < r.files.len; i++) {
        const struct file *f = r.files.entries[i].value;
        if (f->end < 0)
            put_part(ret, arena_strdup(a, r.files.entries[i].key), f, to);
    }
    VEC_FREE(&commit.actions);
    map_free(&r.files);
    return rc;
}

int delta_plan_read(const char *table, int64_t from, int64_t to, struct arena *a, struct delta_plan *ret, struct error *err)
{
    bool possible = false;
    int rc = 0;
    *ret = (struct delta_plan){0};
    if (to < 0 || from > to)
        return error_set(err, ERROR_USAGE, "a Delta table has no versions %lld to %lld", (long long)from, (long long)to);
    if (from >= 0)
        rc = plan_range(table, from, to, a, ret, &possible, err);
    if (!rc && !possible)
        rc = plan_whole(table, to, a, ret, err);
    if (rc)
        delta_plan_free(ret);
    return rc;
}

void delta_plan_free(struct delta_plan *p) { VEC_FREE(&p->parts); }
