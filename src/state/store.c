#include "state/store.h"

#include <stdlib.h>
#include <sys/stat.h>

extern const char state_sql_schema[];

#define STATE_VERSION 1

void state_unlock(pthread_mutex_t **lock) { pthread_mutex_unlock(*lock); }
void state_finalize(sqlite3_stmt **stmt) { sqlite3_finalize(*stmt); }

int state_failed(struct state *s, const char *action, struct error *err)
{
    int code = s->db ? sqlite3_errcode(s->db) : SQLITE_CANTOPEN;
    error_set(err, ERROR_IO, "cannot %s the state store: %s", action, s->db ? sqlite3_errmsg(s->db) : "out of memory");
    error_where(err, "%s", s->path);
    if (code == SQLITE_FULL)
        error_hint(err, "free some space on that disk; nothing was lost");
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        error_hint(err, "restore it with `secchi restore`, or move it away: run history is rebuilt from the warehouse");
    return ERROR_IO;
}

int state_exec(struct state *s, const char *sql, struct error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : state_failed(s, "change", err);
}

static int bind_all(struct state *s, sqlite3_stmt *stmt, const char *format, va_list ap, struct error *err)
{
    for (int i = 1; *format; format++, i++) {
        int rc;
        if (*format == 'i') {
            rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
        } else if (*format == 't') {
            rc = sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        } else {
            const void *data = va_arg(ap, const void *);
            rc = sqlite3_bind_blob(stmt, i, data, va_arg(ap, int), SQLITE_TRANSIENT);
        }
        if (rc != SQLITE_OK)
            return state_failed(s, "use", err);
    }
    return 0;
}

static int prepare(struct state *s, sqlite3_stmt **ret, struct error *err, const char *sql, const char *format, va_list ap)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return state_failed(s, "use", err);
    int rc = bind_all(s, stmt, format, ap, err);
    if (rc)
        sqlite3_finalize(stmt);
    else
        *ret = stmt;
    return rc;
}

int state_prepare(struct state *s, sqlite3_stmt **ret, struct error *err, const char *sql, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int rc = prepare(s, ret, err, sql, format, ap);
    va_end(ap);
    return rc;
}

int state_run_sql(struct state *s, struct error *err, const char *sql, const char *format, ...)
{
    sqlite3_stmt *stmt CLEANUP(state_finalize) = NULL;
    va_list ap;
    va_start(ap, format);
    int rc = prepare(s, &stmt, err, sql, format, ap);
    va_end(ap);
    if (rc)
        return rc;
    int step;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
        ;
    return step == SQLITE_DONE ? 0 : state_failed(s, "change", err);
}

const char *state_column(struct arena *a, sqlite3_stmt *stmt, int column)
{
    return arena_strdup(a, (const char *)sqlite3_column_text(stmt, column));
}

static int read_version(struct state *s, int64_t *ret, struct error *err)
{
    sqlite3_stmt *stmt CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &stmt, err, "PRAGMA user_version", "");
    if (rc)
        return rc;
    if (sqlite3_step(stmt) != SQLITE_ROW)
        return state_failed(s, "read", err);
    *ret = sqlite3_column_int64(stmt, 0);
    return 0;
}

/* Version 0 is an empty file. A later version adds its step here, after a copy to <path>.v<N>. */
static int migrate(struct state *s, struct error *err)
{
    int64_t version = 0;
    int rc = read_version(s, &version, err);
    if (rc || version == STATE_VERSION)
        return rc;
    if (version > STATE_VERSION || version < 0) {
        error_set(err, ERROR_USAGE, "the state store has version %lld, this program knows version %d", (long long)version, STATE_VERSION);
        error_where(err, "%s", s->path);
        error_hint(err, "use a newer secchi");
        return ERROR_USAGE;
    }
    if ((rc = state_exec(s, "BEGIN IMMEDIATE", err)))
        return rc;
    char mark[64];
    snprintf(mark, sizeof(mark), "PRAGMA user_version = %d", STATE_VERSION);
    rc = state_exec(s, state_sql_schema, err);
    if (!rc)
        rc = state_exec(s, mark, err);
    if (!rc)
        rc = state_exec(s, "COMMIT", err);
    if (rc)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int state_open(const char *path, struct state **ret, struct error *err)
{
    struct state *s = xcalloc(1, sizeof(*s));
    s->path = xstrdup(path);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    int rc = 0;
    mode_t old = umask(077);
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK)
        rc = state_failed(s, "open", err);
    if (!rc)
        sqlite3_busy_timeout(s->db, 5000);
    if (!rc)
        rc = state_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", err);
    if (!rc)
        rc = migrate(s, err);
    umask(old);
    if (rc) {
        sqlite3_close(s->db);
        free(s->path);
        free(s);
        return rc;
    }
    state_audit_start(s);
    *ret = s;
    return 0;
}

void state_close(struct state *s)
{
    if (!s)
        return;
    state_audit_stop(s);
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s->path);
    free(s);
}

int state_backup(struct state *s, const char *path, struct error *err)
{
    STATE_LOCKED(s);
    if (path_exists(path)) {
        error_set(err, ERROR_CONFLICT, "%s exists already", path);
        return ERROR_CONFLICT;
    }
    int rc = state_audit_flush(s, err);
    return rc ? rc : state_run_sql(s, err, "VACUUM INTO ?1", "t", path);
}

int state_get(struct state *s, const char *key, struct arena *a, const char **ret, struct error *err)
{
    STATE_LOCKED(s);
    sqlite3_stmt *stmt CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &stmt, err, "SELECT value FROM fact WHERE key = ?1", "t", key);
    if (rc)
        return rc;
    int step = sqlite3_step(stmt);
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        return state_failed(s, "read", err);
    *ret = step == SQLITE_ROW ? state_column(a, stmt, 0) : NULL;
    return 0;
}

int state_put(struct state *s, const char *key, const char *value, struct error *err)
{
    STATE_LOCKED(s);
    return state_run_sql(s, err, "INSERT INTO fact (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                         "tt", key, value);
}
