#include <errno.h>
#include <unistd.h>

#include "export/private.h"

/* What is ours in the folder stands in a manifest, a line `hash path` each: a file that another hand changed is told by its hash. */

#define MANIFEST ".secchi-export"
#define MAX_FILES 100000

static const char *hash_of(struct arena *a, const char *text, size_t len)
{
    return arena_printf(a, "%016llx", (unsigned long long)hash_bytes(text, len, 0));
}

/* Only what an export could have written: nothing outside of the folder is ever read or removed. */
static bool is_ours(const char *path)
{
    return *path && *path != '/' && *path != '.' && !strstr(path, "..") &&
           !path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-")];
}

static int read_manifest(struct bundle *b, struct map *ret, struct error *err)
{
    char *text;
    const char *path = path_join(b->arena, b->o->out, MANIFEST);
    if (!path_exists(path))
        return 0;
    int rc = file_read(path, EXPORT_FILE_BYTES, &text, NULL, err);
    if (rc)
        return rc;
    unsigned line = 1;
    for (char *at = text, *end; *at && !rc; at = end, line++) {
        end = at + strcspn(at, "\n");
        const char *hash = arena_strndup(b->arena, at, 16),
                   *name = end - at > 17 ? arena_strndup(b->arena, at + 17, (size_t)(end - at) - 17) : "";
        if (at + 16 > end || at[16] != ' ' || !is_ours(name)) {
            error_set(err, ERROR_USAGE, "the list of exported files is damaged");
            error_where(err, "%s:%u", path, line);
            error_hint(err, "export into an empty folder");
            rc = ERROR_USAGE;
        } else {
            map_set(ret, name, (void *)(uintptr_t)hash);
        }
        end += *end == '\n';
    }
    free(text);
    return rc;
}

static const struct export_file *find_file(const struct bundle *b, const char *path)
{
    for (size_t i = 0; i < b->files.len; i++)
        if (str_eq(b->files.items[i].path, path))
            return &b->files.items[i];
    return NULL;
}

/* The file may be written over or removed: it is not there, is as the export made it, or is already as it shall be. */
static int may_touch(struct bundle *b, const char *path, const char *hash, const char *wanted, struct error *err)
{
    char *text;
    size_t len;
    const char *full = path_join(b->arena, b->o->out, path);
    if (b->o->force || !path_exists(full))
        return 0;
    int rc = file_read(full, EXPORT_FILE_BYTES, &text, &len, err);
    if (rc)
        return rc;
    const bool same = str_eq(hash, hash_of(b->arena, text, len)) || (wanted && strlen(wanted) == len && memcmp(wanted, text, len) == 0);
    free(text);
    if (same)
        return 0;
    error_set(err, ERROR_CONFLICT, hash ? "the file was changed since it was exported" : "the file is not of an export");
    error_where(err, "%s", full);
    error_hint(err, "keep the change elsewhere and export with --force, or export into another folder; nothing was written");
    return ERROR_CONFLICT;
}

static int look(struct bundle *b, const struct map *old, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->files.len && !rc; i++)
        rc = may_touch(b, b->files.items[i].path, map_get(old, b->files.items[i].path), b->files.items[i].text, err);
    for (size_t i = 0; i < old->len && !rc; i++)
        if (!find_file(b, old->entries[i].key))
            rc = may_touch(b, old->entries[i].key, old->entries[i].value, NULL, err);
    return rc;
}

static int write_one(struct bundle *b, const struct export_file *f, struct error *err)
{
    const char *full = path_join(b->arena, b->o->out, f->path);
    const char *folder = arena_strndup(b->arena, full, (size_t)(strrchr(full, '/') - full));
    int rc = dir_create(folder, 0755, err);
    return rc ? rc : file_write_atomic(full, f->text, strlen(f->text), 0644, err);
}

static int by_path(const void *x, const void *y)
{
    return strcmp(((const struct export_file *)x)->path, ((const struct export_file *)y)->path);
}

int export_write(struct bundle *b, struct error *err)
{
    struct map old = {0};
    struct buf list CLEANUP(buf_free);
    buf_init(&list, EXPORT_FILE_BYTES);
    qsort(b->files.items, b->files.len, sizeof(*b->files.items), by_path);
    int rc = dir_create(b->o->out, 0755, err);
    for (size_t i = 0; i < b->files.len && !rc; i++) {
        const struct export_file *f = &b->files.items[i];
        if (!is_ours(f->path) || (i && str_eq(f->path, b->files.items[i - 1].path)))
            rc = error_set(err, ERROR_USAGE, "%s cannot be the name of a file, or is that of two", f->path);
        buf_printf(&list, "%s %s\n", hash_of(b->arena, f->text, strlen(f->text)), f->path);
    }
    if (!rc)
        rc = read_manifest(b, &old, err);
    if (!rc)
        rc = look(b, &old, err);
    for (size_t i = 0; i < b->files.len && !rc; i++)
        rc = write_one(b, &b->files.items[i], err);
    for (size_t i = 0; i < old.len && !rc; i++) {
        const char *full = path_join(b->arena, b->o->out, old.entries[i].key);
        if (!find_file(b, old.entries[i].key) && unlink(full) != 0 && errno != ENOENT)
            rc = error_errno(err, "remove", full);
    }
    if (!rc)
        rc = file_write_atomic(path_join(b->arena, b->o->out, MANIFEST), list.data, list.len, 0644, err);
    map_free(&old);
    return rc;
}
