/* Backup and checkpoint. */
#include "engine/duckdb/duck.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (8u << 20)

int duck_checkpoint(struct engine *e, struct error *err)
{
    struct engine_conn *base;
    int rc = duck_connect(e, ENGINE_WRITE, NULL, &base, err);
    if (rc)
        return rc;
    struct duck_conn *c = (struct duck_conn *)base;
    rc = duck_enter(c, err);
    if (!rc) {
        rc = duck_sql(c, "CHECKPOINT", err);
        duck_leave(c);
    }
    duck_disconnect(base);
    return rc;
}

/* Closing any descriptor of a file drops the process's locks on it, and with them DuckDB's: so the warehouse is read through
 * a descriptor that stays open as long as the instance. */
static int copy_bytes(int from, int to, const char *path, struct error *err)
{
    char *block CLEANUP(free_ptr) = NULL;
    off_t at = 0, out = 0;
    ssize_t n;
    while ((n = copy_file_range(from, &at, to, &out, COPY_BYTES, 0)) > 0)
        continue;
    if (n == 0)
        return 0;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return error_errno(err, "write", path);
    block = xmalloc(COPY_BYTES);
    while ((n = pread(from, block, COPY_BYTES, at)) > 0) {
        for (ssize_t done = 0, w; done < n; done += w) {
            w = pwrite(to, block + done, (size_t)(n - done), at + done);
            if (w < 0)
                return error_errno(err, "write", path);
        }
        at += n;
    }
    return n < 0 ? error_errno(err, "read the warehouse for", path) : 0;
}

static int copy_file(int from, const char *path, struct error *err)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return error_errno(err, "create", path);
    int rc = copy_bytes(from, to, path, err);
    if (!rc && fsync(to) != 0)
        rc = error_errno(err, "write", path);
    if (close(to) != 0 && !rc)
        rc = error_errno(err, "write", path);
    return rc;
}

/* DuckDB takes no lock on its write-ahead log, so that may be opened and closed. */
static int copy_log(const struct duck *d, const char *log, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *path = arena_printf(a, "%s.wal", d->path);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return errno == ENOENT ? 0 : error_errno(err, "read", path);
    int rc = copy_file(from, log, err);
    close(from);
    return rc;
}

/* What the copy's log holds is brought into the copy by an instance of its own. */
static int replay_log(const char *path, struct error *err)
{
    duckdb_database db = NULL;
    duckdb_connection con = NULL;
    duckdb_result result;
    char *message = NULL;
    int rc = 0;
    if (duckdb_open_ext(path, &db, NULL, &message) != DuckDBSuccess)
        rc = duck_error(NULL, message, NULL, err);
    else if (duckdb_connect(db, &con) != DuckDBSuccess)
        rc = error_set(err, ERROR_UNAVAILABLE, "the engine gave no connection");
    else if (duckdb_query(con, "CHECKPOINT", &result) != DuckDBSuccess)
        rc = duck_result_failed(NULL, &result, NULL, err);
    else
        duckdb_destroy_result(&result);
    duckdb_free(message);
    duckdb_disconnect(&con);
    if (db)
        duckdb_close(&db);
    return rc;
}

/* Only the writer changes file and log, and its place is held; together they are the last commit, also when readers of an
 * older state keep the checkpoint from happening. */
static int copy_warehouse(struct duck *d, struct duck_conn *c, const char *path, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    char *log = arena_printf(a, "%s.wal", path);
    struct error ignored;
    int rc = duck_sql(c, "CHECKPOINT", &ignored);
    bool replay = rc != 0;
    rc = copy_file(d->file_fd, path, err);
    if (!rc && replay)
        rc = copy_log(d, log, err);
    if (!rc && replay)
        rc = replay_log(path, err);
    if (rc) {
        (void)unlink(path);
        (void)unlink(log);
    }
    return rc;
}

int duck_backup(struct engine *e, const char *path, struct error *err)
{
    struct duck *d = (struct duck *)e;
    struct engine_conn *base;
    if (!d->path)
        return error_set(err, ERROR_CONFLICT, "an engine in memory has no file to copy");
    if (path_exists(path)) {
        error_set(err, ERROR_CONFLICT, "%s exists already", path);
        error_hint(err, "name a new file");
        return ERROR_CONFLICT;
    }
    int rc = duck_connect(e, ENGINE_WRITE, NULL, &base, err);
    if (rc)
        return rc;
    struct duck_conn *c = (struct duck_conn *)base;
    rc = duck_enter(c, err);
    if (!rc) {
        rc = copy_warehouse(d, c, path, err);
        duck_leave(c);
    }
    duck_disconnect(base);
    return rc;
}
