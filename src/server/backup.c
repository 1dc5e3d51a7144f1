#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/private.h"

/* A backup is a folder: warehouse.db, state.db, secchi.yaml, packs/ and manifest.json, which is written last: without it the folder is
 * not a backup.
 *
 * Restoring: the files are copied into <home>/restore.new first; then the file <home>/restore.pending says that they are complete, and
 * the old files make way into <home>/before-restore. Killed in between, the next open goes on with the exchange. */

#define BACKUP_VERSION 1
#define CHUNK (1u << 20)
#define TREE_DEPTH 32

static const char *const parts[] = {"warehouse.db", "state.db", "secchi.yaml", "packs"};
static const char *const leftovers[] = {"warehouse.db.wal", "state.db-wal", "state.db-shm"}; /* belong to the files that are replaced */

/* ---- copying ---------------------------------------------------------------------------------------------- */

static int copy_bytes(int from, int to, const char *from_path, const char *to_path, struct error *err)
{
    char *chunk CLEANUP(free_ptr) = xmalloc(CHUNK);
    for (;;) {
        ssize_t n = read(from, chunk, CHUNK);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, "read", from_path);
        for (ssize_t done = 0; done < n;) {
            ssize_t m = write(to, chunk + done, (size_t)(n - done));
            if (m < 0 && errno != EINTR)
                return error_errno(err, "write", to_path);
            done += m > 0 ? m : 0;
        }
    }
}

static int copy_file(const char *from_path, const char *to_path, struct error *err)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return error_errno(err, "open", from_path);
    int to = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = to < 0 ? error_errno(err, "create", to_path) : copy_bytes(from, to, from_path, to_path, err);
    if (!rc && fsync(to) != 0)
        rc = error_errno(err, "write", to_path);
    if (to >= 0 && close(to) != 0 && !rc)
        rc = error_errno(err, "write", to_path);
    close(from);
    return rc;
}

/* Folders and regular files; anything else is left out. */
static int copy_tree(const char *from, const char *to, struct arena *a, unsigned depth, struct error *err)
{
    struct stat st;
    if (lstat(from, &st) != 0)
        return error_errno(err, "read", from);
    if (S_ISREG(st.st_mode))
        return copy_file(from, to, err);
    if (!S_ISDIR(st.st_mode))
        return 0;
    if (depth > TREE_DEPTH)
        return error_set(err, ERROR_LIMIT, "%s is nested deeper than %d folders", from, TREE_DEPTH);
    char **names;
    size_t count;
    int rc = dir_create(to, 0700, err);
    if (!rc)
        rc = dir_list(from, &names, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count && !rc; i++)
        rc = copy_tree(path_join(a, from, names[i]), path_join(a, to, names[i]), a, depth + 1, err);
    dir_list_free(names, count);
    return rc;
}

static int remove_tree(const char *path, struct arena *a, unsigned depth, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : error_errno(err, "read", path);
    if (!S_ISDIR(st.st_mode))
        return unlink(path) == 0 ? 0 : error_errno(err, "remove", path);
    char **names;
    size_t count;
    if (depth > TREE_DEPTH)
        return error_set(err, ERROR_LIMIT, "%s is nested deeper than %d folders", path, TREE_DEPTH);
    int rc = dir_list(path, &names, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count && !rc; i++)
        rc = remove_tree(path_join(a, path, names[i]), a, depth + 1, err);
    dir_list_free(names, count);
    return rc ? rc : rmdir(path) == 0 ? 0 : error_errno(err, "remove", path);
}

/* ---- backup ------------------------------------------------------------------------------------------------- */

static int write_manifest(struct owner *o, const char *to, struct arena *a, struct error *err)
{
    char at[40];
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 65536);
    buf_printf(&b, "{\"version\": %d, \"program\": \"%s\", \"created_at\": \"%s\", \"engine\": \"%s\", \"bytes\": {", BACKUP_VERSION,
               SECCHI_VERSION, time_format_us(clock_real_us(), at), engine_version(o->core.engine));
    for (size_t i = 0, n = 0; i < ARRAY_LEN(parts); i++) {
        struct stat st;
        if (stat(path_join(a, to, parts[i]), &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        buf_printf(&b, "%s\"%s\": %lld", n++ ? ", " : "", parts[i], (long long)st.st_size);
    }
    buf_puts(&b, "}}\n");
    return file_write_atomic(path_join(a, to, "manifest.json"), b.data, b.len, 0600, err);
}

static int fill_backup(struct owner *o, const char *to, struct arena *a, struct error *err)
{
    const char *packs = path_join(a, o->home, "packs"), *yaml = path_join(a, o->home, "secchi.yaml");
    int rc = engine_backup(o->core.engine, path_join(a, to, "warehouse.db"), err);
    if (!rc)
        rc = state_backup(o->core.state, path_join(a, to, "state.db"), err);
    if (!rc && path_exists(yaml))
        rc = copy_file(yaml, path_join(a, to, "secchi.yaml"), err);
    if (!rc && path_is_dir(packs))
        rc = copy_tree(packs, path_join(a, to, "packs"), a, 0, err);
    return rc ? rc : write_manifest(o, to, a, err);
}

static int check_absolute(const char *path, struct error *err)
{
    if (path[0] == '/')
        return 0;
    error_set(err, ERROR_INVALID, "path is not absolute: %.200s", path);
    error_where(err, "body parameter path");
    return ERROR_INVALID;
}

int core_backup(struct owner *o, const char *to, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = check_absolute(to, err);
    if (rc)
        return rc;
    if (path_exists(to)) {
        error_set(err, ERROR_CONFLICT, "%s exists already", to);
        error_hint(err, "name a folder that does not exist yet");
        return ERROR_CONFLICT;
    }
    rc = dir_create(to, 0700, err);
    if (!rc)
        rc = fill_backup(o, to, a, err);
    struct error ignored;
    if (rc && remove_tree(to, a, 0, &ignored) != 0)
        log_error("server", &ignored);
    return rc;
}

/* ---- restore -------------------------------------------------------------------------------------------------- */

static int check_manifest(const char *from, struct arena *a, struct error *err)
{
    char *text CLEANUP(free_ptr) = NULL;
    size_t len;
    const char *path = path_join(a, from, "manifest.json");
    if (file_read(path, 65536, &text, &len, err) != 0) {
        error_set(err, ERROR_NOT_FOUND, "%s is not a complete backup: it has no manifest.json", from);
        return ERROR_NOT_FOUND;
    }
    yyjson_doc *doc = yyjson_read(text, len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *key, *size;
    size_t i, n;
    int64_t version = yyjson_get_sint(yyjson_obj_get(root, "version"));
    int rc = 0;
    if (version != BACKUP_VERSION)
        rc = error_set(err, ERROR_CONFLICT, "%s is a backup of version %lld; this program reads %d", from, (long long)version,
                       BACKUP_VERSION);
    yyjson_obj_foreach(yyjson_obj_get(root, "bytes"), i, n, key, size)
    {
        struct stat st;
        const char *part = path_join(a, from, yyjson_get_str(key));
        if (!rc && (stat(part, &st) != 0 || st.st_size != yyjson_get_sint(size)))
            rc = error_set(err, ERROR_IO, "the backup is damaged: %s is missing or has another size", part);
    }
    yyjson_doc_free(doc);
    return rc;
}

static int make_way(const char *home, const char *aside, const char *name, struct arena *a, struct error *err)
{
    const char *path = path_join(a, home, name);
    if (!path_exists(path))
        return 0;
    return rename(path, path_join(a, aside, name)) == 0 ? 0 : error_errno(err, "move", path);
}

/* Every step can be done again: a part that is no longer in restore.new has been exchanged. */
static int exchange(const char *home, struct arena *a, struct error *err)
{
    const char *fresh = path_join(a, home, "restore.new"), *aside = path_join(a, home, "before-restore");
    int rc = dir_create(aside, 0700, err);
    for (size_t i = 0; i < ARRAY_LEN(leftovers) && !rc; i++)
        rc = make_way(home, aside, leftovers[i], a, err);
    for (size_t i = 0; i < ARRAY_LEN(parts) && !rc; i++) {
        const char *part = path_join(a, fresh, parts[i]);
        if (!path_exists(part))
            continue;
        rc = make_way(home, aside, parts[i], a, err);
        if (!rc && rename(part, path_join(a, home, parts[i])) != 0)
            rc = error_errno(err, "move", part);
    }
    if (!rc && unlink(path_join(a, home, "restore.pending")) != 0 && errno != ENOENT)
        rc = error_errno(err, "remove", "restore.pending");
    return rc ? rc : remove_tree(fresh, a, 0, err);
}

int core_finish_restore(struct owner *o, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    if (path_exists(path_join(a, o->home, "restore.pending")))
        return exchange(o->home, a, err);
    return remove_tree(path_join(a, o->home, "restore.new"), a, 0, err);
}

static int bring_in(struct owner *o, const char *from, struct arena *a, struct error *err)
{
    const char *fresh = path_join(a, o->home, "restore.new");
    int rc = remove_tree(fresh, a, 0, err);
    if (!rc)
        rc = dir_create(fresh, 0700, err);
    for (size_t i = 0; i < ARRAY_LEN(parts) && !rc; i++)
        if (path_exists(path_join(a, from, parts[i])))
            rc = copy_tree(path_join(a, from, parts[i]), path_join(a, fresh, parts[i]), a, 0, err);
    if (!rc)
        rc = remove_tree(path_join(a, o->home, "before-restore"), a, 0, err);
    return rc ? rc : file_write_atomic(path_join(a, o->home, "restore.pending"), from, strlen(from), 0600, err);
}

int core_restore(struct owner *o, const char *from, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = check_absolute(from, err);
    if (!rc)
        rc = check_manifest(from, a, err);
    if (!rc && schedule_running(o->core.schedule)) {
        rc = error_set(err, ERROR_CONFLICT, "run %lld is going on", (long long)schedule_running(o->core.schedule));
        error_hint(err, "wait for it or cancel it");
    }
    if (!rc)
        rc = bring_in(o, from, a, err);
    if (rc)
        return rc;
    core_close(o);
    rc = exchange(o->home, a, err);
    struct error second;
    struct error *why = rc ? &second : err;
    int again = core_reload(o, why);
    if (again)
        o->core_error = *why;
    return rc ? rc : again;
}
