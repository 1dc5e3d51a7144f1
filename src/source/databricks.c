#include "source/databricks.h"

#include "nanoarrow/nanoarrow.h"
#include "source/folder.h"
#include "yyjson.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MARK_FILE "_mark.json"
#define PULLED_FILE "_pulled.parquet" /* not seen by a scan */
#define MARK_BYTES 4096
#define WATCH_NS 50000000

struct pull {
    const struct source_spec *spec;
    struct arena *arena;
    struct engine *remote, *local;
    struct engine_conn *from, *to;
    VEC(struct source_finding) findings;
    pthread_t watcher;
    int done;
};

/* ---- stopping ------------------------------------------------------------------------------------------------------ */

/* A statement at the service ends only when it is told to. */
static void *watch(void *context)
{
    struct pull *p = context;
    while (!__atomic_load_n(&p->done, __ATOMIC_RELAXED)) {
        if (cancelled(p->spec->cancel))
            engine_interrupt(p->from);
        nanosleep(&(struct timespec){.tv_nsec = WATCH_NS}, NULL);
    }
    return NULL;
}

/* ---- marks ---------------------------------------------------------------------------------------------------------- */

/* What a table folder remembers: up to where it was asked, or what a whole answer was. */
struct mark {
    int64_t newest_us; /* INT64_MIN: nothing was asked yet */
    uint64_t hash;     /* of the last whole answer; 0: none */
    int64_t last;      /* number of the newest file, which may be gone */
};

static int read_mark(const char *dir, struct arena *a, struct mark *ret, struct error *err)
{
    const char *path = path_join(a, dir, MARK_FILE);
    char *text;
    size_t len;
    *ret = (struct mark){.newest_us = INT64_MIN};
    if (!path_exists(path))
        return 0;
    int rc = file_read(path, MARK_BYTES, &text, &len, err);
    if (rc)
        return rc;
    yyjson_doc *doc = yyjson_read(text, len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *newest = yyjson_obj_get(root, "newest_us");
    if (yyjson_is_int(newest))
        ret->newest_us = yyjson_get_sint(newest);
    ret->hash = yyjson_get_uint(yyjson_obj_get(root, "hash"));
    ret->last = yyjson_get_sint(yyjson_obj_get(root, "last"));
    bool good = yyjson_is_obj(root);
    yyjson_doc_free(doc);
    free(text);
    if (good)
        return 0;
    error_set(err, ERROR_IO, "%s is damaged", path);
    error_hint(err, "delete it: the table is then asked for from its beginning");
    return ERROR_IO;
}

static int write_mark(const char *dir, struct arena *a, const struct mark *m, struct error *err)
{
    const char *newest = m->newest_us == INT64_MIN ? "null" : arena_printf(a, "%" PRId64, m->newest_us);
    const char *text = arena_printf(a, "{\"newest_us\": %s, \"hash\": %" PRIu64 ", \"last\": %" PRId64 "}\n", newest, m->hash, m->last);
    return file_write_atomic(path_join(a, dir, MARK_FILE), text, strlen(text), 0600, err);
}

/* ---- one table -------------------------------------------------------------------------------------------------------- */

static void finding(struct pull *p, const struct source_table *t, const struct error *why)
{
    struct source_finding *f = VEC_ADD(&p->findings);
    const char *slash = strchr(t->table, '/');
    f->kind = "unreadable";
    f->table = t->table;
    snprintf(f->text, sizeof(f->text), "system.%.*s.%s cannot be read, what is new in it is not known: %.350s", (int)(slash - t->table),
             t->table, slash + 1, why->what);
}

static const char *query_of(struct pull *p, const struct source_table *t, bool since)
{
    struct arena *a = p->arena;
    const char *slash = strchr(t->table, '/'), *schema = arena_strndup(a, t->table, (size_t)(slash - t->table));
    const char *change = t->change ? sql_backtick(a, t->change) : NULL;
    const char *sql = arena_printf(a, "SELECT * FROM %s.%s", sql_backtick(a, schema), sql_backtick(a, slash + 1));
    if (change && since)
        sql = arena_printf(a, "%s WHERE %s >= :since", sql, change);
    for (size_t i = 0; i < t->order_count + (change != NULL); i++) {
        const char *column = change && i == 0 ? change : sql_backtick(a, t->order[i - (change != NULL)]);
        sql = arena_printf(a, "%s%s%s", sql, i ? ", " : " ORDER BY ", column);
    }
    return sql;
}

/* Numbers go on behind the last file, so that what is delivered later comes later in byte order. */
static int next_file(struct pull *p, const char *dir, int64_t *last, const char **ret, struct error *err)
{
    char **names;
    size_t count;
    int64_t number;
    int rc = dir_list(dir, &names, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        char digits[32];
        size_t n = strspn(names[i], "0123456789");
        if (!n || n >= sizeof(digits) || !str_eq(names[i] + n, ".parquet"))
            continue;
        memcpy(digits, names[i], n);
        digits[n] = '\0';
        if (str_to_i64(digits, &number) == 0 && number > *last)
            *last = number;
    }
    dir_list_free(names, count);
    *ret = path_join(p->arena, dir, arena_printf(p->arena, "%020" PRId64 ".parquet", ++*last));
    return 0;
}

/* What the file holds: its rows, and the newest of them (never in the future: what comes before such a row would be passed over). */
static int measure(struct pull *p, const struct source_table *t, const char *path, int64_t *ret_rows, int64_t *ret_newest,
                   struct error *err)
{
    const struct engine_file file = {.path = path, .to_offset = -1};
    struct engine_rows rows;
    const char *newest = t->change ? arena_printf(p->arena, "CAST(MAX(%s) AS TIMESTAMP)", sql_backtick(p->arena, t->change))
                                   : "CAST(NULL AS TIMESTAMP)";
    const char *sql = arena_printf(p->arena, "SELECT COUNT(*) AS n, %s AS newest FROM incoming.pulled", newest);
    int64_t now = clock_real_us();
    int rc = engine_stage_files(p->to, "pulled", ENGINE_PARQUET, &file, 1, NULL, 0, err);
    if (rc)
        return rc;
    rc = engine_rows(p->to, ENGINE_SQL(sql), 1, p->arena, &rows, err);
    engine_unstage(p->to, "pulled");
    if (rc)
        return rc;
    *ret_rows = rows.values[0].i;
    if (rows.values[1].type == ENGINE_TIMESTAMP)
        *ret_newest = rows.values[1].i < now ? rows.values[1].i : now;
    return 0;
}

static int hash_file(const char *path, uint64_t *ret, struct error *err)
{
    static const size_t piece = 1u << 16;
    FILE *f = fopen(path, "rb");
    if (!f)
        return error_errno(err, "read", path);
    char *data = xmalloc(piece);
    uint64_t hash = 1;
    for (size_t n; (n = fread(data, 1, piece, f)) > 0;)
        hash = hash_bytes(data, n, hash);
    bool bad = ferror(f);
    free(data);
    fclose(f);
    if (bad)
        return error_errno(err, "read", path);
    *ret = hash ? hash : 1;
    return 0;
}

/* Where a table is asked from: before its newest row, since rows come late. */
static int64_t since_of(const struct pull *p, const struct source_table *t, const struct mark *m)
{
    int64_t from = m->newest_us == INT64_MIN ? t->from_us : m->newest_us - p->spec->overlap_us;
    return from < t->from_us ? t->from_us : from;
}

/* The answer as a file that a scan does not see yet. */
static int ask(struct pull *p, const struct source_table *t, const struct mark *m, const char *path, struct error *err)
{
    struct ArrowArrayStream stream;
    int64_t since = since_of(p, t, m);
    bool bounded = t->change && since != INT64_MIN;
    const struct engine_param param = {"since", {.type = ENGINE_TIMESTAMP, .i = since}};
    struct engine_stmt s = {.sql = query_of(p, t, bounded), .params = &param, .param_count = bounded};
    int rc = engine_stream(p->from, &s, &stream, err);
    if (rc)
        return rc;
    rc = engine_save(p->to, &stream, path, err);
    stream.release(&stream);
    return rc;
}

static int keep(struct pull *p, const struct source_table *t, const char *dir, const char *pulled, struct mark *m, struct error *err)
{
    int64_t rows = 0, newest = m->newest_us, last = m->last;
    const char *path;
    uint64_t hash = 0;
    int rc = measure(p, t, pulled, &rows, &newest, err);
    if (!rc && !t->change)
        rc = hash_file(pulled, &hash, err);
    if (rc || !rows || (hash && hash == m->hash)) /* nothing, or what was there */
        return rc;
    rc = next_file(p, dir, &last, &path, err);
    if (!rc && rename(pulled, path) != 0)
        rc = error_errno(err, "rename", pulled);
    *m = (struct mark){.newest_us = newest > m->newest_us ? newest : m->newest_us, .hash = hash, .last = last};
    return rc ? rc : write_mark(dir, p->arena, m, err);
}

static int pull_table(struct pull *p, const struct source_table *t, struct error *err)
{
    const char *dir = path_join(p->arena, p->spec->path, t->table), *pulled = path_join(p->arena, dir, PULLED_FILE);
    struct mark m;
    int rc = dir_create(dir, 0700, err);
    if (!rc)
        rc = read_mark(dir, p->arena, &m, err);
    if (!rc)
        rc = ask(p, t, &m, pulled, err);
    if (!rc)
        rc = keep(p, t, dir, pulled, &m, err);
    if (unlink(pulled) != 0 && errno != ENOENT && !rc)
        rc = error_errno(err, "delete", pulled);
    return rc;
}

/* ---- the source ----------------------------------------------------------------------------------------------------------- */

/* A fault of one table says nothing of the others; one of the workspace does. */
static bool is_of_table(int rc) { return rc == ERROR_NOT_FOUND || rc == ERROR_FORBIDDEN || rc == ERROR_ENGINE || rc == ERROR_LIMIT; }

static int pull_tables(struct pull *p, struct error *err)
{
    for (size_t i = 0; i < p->spec->table_count; i++) {
        struct error why = {0};
        int rc = pull_table(p, &p->spec->tables[i], &why);
        if (rc && is_of_table(rc)) {
            finding(p, &p->spec->tables[i], &why);
        } else if (rc) {
            if (err)
                *err = why;
            return rc;
        }
    }
    return 0;
}

static int connect_both(struct pull *p, struct error *err)
{
    struct engine_options remote = *p->spec->login;
    const struct engine_options local = {
        .kind = "duckdb", .lib_dir = p->spec->login->lib_dir, .read_dirs = &p->spec->path, .read_dir_count = 1, .threads = 1};
    remote.kind = "databricks";
    remote.catalog = "system";
    int rc = dir_create(p->spec->path, 0700, err);
    if (!rc)
        rc = engine_open(&remote, &p->remote, err);
    if (!rc)
        rc = engine_connect(p->remote, ENGINE_READ, p->spec->cancel, &p->from, err);
    if (!rc)
        rc = engine_open(&local, &p->local, err);
    return rc ? rc : engine_connect(p->local, ENGINE_WRITE, p->spec->cancel, &p->to, err);
}

static int pull(struct pull *p, struct error *err)
{
    bool watching = false;
    int rc = connect_both(p, err);
    if (!rc && p->spec->cancel)
        watching = pthread_create(&p->watcher, NULL, watch, p) == 0;
    if (!rc)
        rc = pull_tables(p, err);
    __atomic_store_n(&p->done, 1, __ATOMIC_RELAXED);
    if (watching)
        pthread_join(p->watcher, NULL);
    engine_disconnect(p->to);
    engine_disconnect(p->from);
    engine_close(p->local);
    engine_close(p->remote);
    return rc;
}

static bool is_of(const struct source_finding *f, const char *table) { return str_eq(f->table, table); }

/* Folders of tables that could not be read are empty: that is said already. */
static void add_findings(struct pull *p, struct source_scan *scan)
{
    for (size_t i = 0; i < scan->finding_count; i++) {
        bool told = false;
        for (size_t k = 0; k < p->findings.len; k++)
            told = told || (scan->findings[i].table && is_of(&p->findings.items[k], scan->findings[i].table));
        if (!told)
            *VEC_ADD(&p->findings) = scan->findings[i];
    }
    scan->findings = VEC_COPY(p->arena, &p->findings);
    scan->finding_count = p->findings.len;
}

int databricks_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                    struct source_scan *ret, struct error *err)
{
    struct pull p = {.spec = spec, .arena = a};
    struct source_scan scan = {0};
    int rc = spec->table_count ? pull(&p, err) : dir_create(spec->path, 0700, err);
    if (!rc)
        rc = folder_scan(spec, marks, mark_count, a, &scan, err);
    if (!rc) {
        add_findings(&p, &scan);
        *ret = scan;
    }
    VEC_FREE(&p.findings);
    return rc;
}
