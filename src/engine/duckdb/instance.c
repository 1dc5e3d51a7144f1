/* The instance: its file, its settings, its walls, and opening it again. */
#include "engine/duckdb/duck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTING_MAX (1u << 20)
#define DELTA_DEPTH 4        /* folders below a source in which a Delta table is looked for */
#define DELTA_ENTRIES 100000 /* folder entries looked at */
#define GIB ((int64_t)1 << 30)

struct duck *duck_of(struct engine_conn *c) { return (struct duck *)c->engine; }

const char *duck_version(const struct engine *e)
{
    static char text[32];
    (void)e;
    if (!text[0])
        snprintf(text, sizeof(text), "duckdb %s",
                 duckdb_library_version()[0] == 'v' ? duckdb_library_version() + 1 : duckdb_library_version());
    return text;
}

static int64_t default_memory(void)
{
    int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 4;
    return bytes > GIB ? bytes : GIB;
}

/* ---- Delta tables among the sources */

static bool has_delta(const char *dir, int depth, int *budget)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    DIR *open = opendir(dir);
    struct dirent *entry;
    bool found = false;
    if (!open && errno == ENOMEM)
        out_of_memory();
    if (!open)
        return false;
    while (!found && (entry = readdir(open)) && (*budget)-- > 0) {
        if (str_eq(entry->d_name, "_delta_log"))
            found = true;
        else if (entry->d_name[0] != '.' && depth > 0 &&
                 (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN))
            found = has_delta(path_join(a, dir, entry->d_name), depth - 1, budget);
    }
    closedir(open);
    return found;
}

static bool needs_delta(const struct duck *d)
{
    int budget = DELTA_ENTRIES;
    for (size_t i = 0; i < d->read_dirs.len; i++)
        if (has_delta(d->read_dirs.items[i], DELTA_DEPTH, &budget))
            return true;
    return false;
}

/* ---- settings */

/* file (may be NULL) is where the SQL comes from. */
static int run_file(struct duck *d, duckdb_connection con, const char *sql, const char *file, struct error *err)
{
    const struct engine_stmt stmt = {.sql = sql, .file = file};
    const struct duck_where where = {&stmt, sql};
    duckdb_result result;
    if (duckdb_query(con, sql, &result) != DuckDBSuccess)
        return duck_result_failed(d, &result, file ? &where : NULL, err);
    duckdb_destroy_result(&result);
    return 0;
}

static int run(struct duck *d, duckdb_connection con, const char *sql, struct error *err) { return run_file(d, con, sql, NULL, err); }

/* DuckDB compares prefixes, so a folder is named with its slash; links are followed before the comparison. */
static void put_dirs(struct buf *b, const struct duck *d)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    char real[LIMIT_PATH_BYTES];
    buf_puts(b, "SET allowed_directories=[");
    for (size_t i = 0; i < d->read_dirs.len; i++) {
        const char *dir = d->read_dirs.items[i];
        const char *names[2] = {dir, realpath(dir, real)};
        for (size_t k = 0; k < 2; k++) {
            if (!names[k] || (k == 1 && str_eq(names[0], names[1])))
                continue;
            if (b->data[b->len - 1] != '[')
                buf_putc(b, ',');
            buf_puts(b, sql_quote_string(a, arena_printf(a, "%s%s", names[k], str_ends(names[k], "/") ? "" : "/")));
        }
    }
    buf_puts(b, "]");
}

static int load_delta(struct duck *d, duckdb_connection con, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    if (!needs_delta(d))
        return 0;
    const char *path = path_join(a, d->lib_dir, "extensions/delta.duckdb_extension");
    int rc = run(d, con, arena_printf(a, "LOAD %s", sql_quote_string(a, path)), err);
    if (!rc)
        d->delta = true;
    else
        error_hint(err, "run scripts/setup again: the reader of Delta tables is missing or damaged");
    return rc;
}

/* The macros stay in the warehouse; they are made again when the program brings other ones. */
static int load_macros(struct duck *d, duckdb_connection con, struct error *err)
{
    struct buf sql CLEANUP(buf_free) = {0};
    duckdb_result result;
    char hash[17], path[LIMIT_PATH_BYTES];
    uint64_t h = hash_bytes(d->macros, strlen(d->macros), 0);
    hex_encode(&h, sizeof(h), hash);
    snprintf(path, sizeof(path), "%s/macros.sql", d->lib_dir);
    buf_init(&sql, SETTING_MAX * 8);
    buf_printf(&sql, "SELECT secchi_macros() = '%s'", hash);
    bool same = duckdb_query(con, sql.data, &result) == DuckDBSuccess && duckdb_value_boolean(&result, 0, 0);
    duckdb_destroy_result(&result);
    if (same)
        return 0;
    int rc = run(d, con, "BEGIN", err);
    if (!rc)
        rc = run_file(d, con, d->macros, path, err);
    buf_clear(&sql);
    buf_printf(&sql, "CREATE OR REPLACE MACRO secchi_macros() AS '%s'", hash);
    if (!rc)
        rc = run(d, con, sql.data, err);
    if (!rc)
        return run(d, con, "COMMIT", err);
    if (duckdb_query(con, "ROLLBACK", &result) == DuckDBSuccess)
        duckdb_destroy_result(&result);
    return rc;
}

/* After this nothing of it can be changed, by whatever SQL. Its progress and the order of its rows are a connection's own to set. */
static int settle(struct duck *d, duckdb_connection con, struct error *err)
{
    static const char *const before[] = {"SET TimeZone='UTC'", "SET parquet_metadata_cache=true"};
    static const char *const after[] = {
        "SET allowed_configs=['enable_progress_bar','enable_progress_bar_print','progress_bar_time','preserve_insertion_order']",
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    };
    struct buf sql CLEANUP(buf_free) = {0};
    int rc = 0;
    buf_init(&sql, SETTING_MAX);
    put_dirs(&sql, d);
    if (sql.overflow)
        return error_set(err, ERROR_LIMIT, "there are too many source folders");
    for (size_t i = 0; !rc && i < ARRAY_LEN(before); i++)
        rc = run(d, con, before[i], err);
    if (!rc)
        rc = load_delta(d, con, err);
    if (!rc)
        rc = duck_text_register(d, con, err);
    if (!rc)
        rc = load_macros(d, con, err);
    if (!rc)
        rc = run(d, con, sql.data, err);
    for (size_t i = 0; !rc && i < ARRAY_LEN(after); i++)
        rc = run(d, con, after[i], err);
    return rc;
}

static int make_config(const struct duck *d, duckdb_config *ret, struct error *err)
{
    char memory[32], temp[32], threads[16];
    snprintf(memory, sizeof(memory), "%lldB", (long long)d->memory_limit_bytes);
    snprintf(temp, sizeof(temp), "%lldB", (long long)d->temp_limit_bytes);
    snprintf(threads, sizeof(threads), "%d", d->threads);
    const struct {
        const char *name, *value;
    } settings[] = {
        {"errors_as_json", "true"},
        {"memory_limit", memory},
        {"temp_directory", d->temp_dir ? d->temp_dir : ""},
        {"max_temp_directory_size", d->temp_dir ? temp : NULL},
        {"threads", d->threads > 0 ? threads : NULL},
        {"autoload_known_extensions", "false"},
        {"autoinstall_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_persistent_secrets", "false"},
        {"default_null_order", "nulls_first_on_asc_last_on_desc"},
        {"storage_compatibility_version", "latest"},
    };
    if (duckdb_create_config(ret) != DuckDBSuccess)
        return error_set(err, ERROR_INTERNAL, "the engine gave no configuration");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (settings[i].value && duckdb_set_config(*ret, settings[i].name, settings[i].value) != DuckDBSuccess) {
            duckdb_destroy_config(ret);
            return error_set(err, ERROR_INTERNAL, "the engine refused the setting %s=%s", settings[i].name, settings[i].value);
        }
    }
    return 0;
}

/* ---- opening */

static int open_failed(struct duck *d, const char *message, struct error *err)
{
    struct error inner = {0};
    int rc = duck_error(NULL, message, NULL, &inner);
    if (rc == ERROR_CONFLICT || rc == ERROR_LIMIT || !d->path) {
        if (err)
            *err = inner;
        error_where(err, "%s", d->path ? d->path : "memory");
        return rc;
    }
    error_set(err, ERROR_IO, "the warehouse cannot be opened: %s", inner.what);
    error_where(err, "%s", d->path);
    if (strstr(inner.what, "version number"))
        error_hint(err, "it was written by a newer secchi: update the program, or bring back a backup with `secchi restore`");
    else if (inner.hint[0])
        error_hint(err, "%s", inner.hint);
    else
        error_hint(err, "if the file is damaged, bring back a backup with `secchi restore`");
    return ERROR_IO;
}

/* The file must be there whole or not at all: a process that is killed while the engine writes the first blocks would leave
 * something that is no warehouse. So it is made under another name, and renamed when it is complete. */
static int create_file(struct duck *d, duckdb_config config, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const char *fresh = arena_printf(a, "%s.new", d->path), *log = arena_printf(a, "%s.new.wal", d->path);
    duckdb_database db = NULL;
    char *message = NULL;
    if ((unlink(fresh) != 0 || unlink(log) != 0) && errno != ENOENT)
        return error_errno(err, "replace", fresh);
    int rc = 0;
    if (duckdb_open_ext(fresh, &db, config, &message) != DuckDBSuccess)
        rc = open_failed(d, message, err);
    duckdb_free(message);
    duckdb_close(&db);
    if (rc)
        return rc;
    int fd = open(fresh, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        rc = error_errno(err, "write", fresh);
    if (fd >= 0)
        close(fd);
    if (!rc && rename(fresh, d->path) != 0)
        rc = error_errno(err, "make", d->path);
    return rc;
}

static int open_instance(struct duck *d, struct error *err)
{
    duckdb_config config;
    duckdb_connection con = NULL;
    char *message = NULL;
    int rc = make_config(d, &config, err);
    if (rc)
        return rc;
    if (d->path && !path_exists(d->path))
        rc = create_file(d, config, err);
    if (!rc && duckdb_open_ext(d->path, &d->db, config, &message) != DuckDBSuccess)
        rc = open_failed(d, message, err);
    duckdb_free(message);
    duckdb_destroy_config(&config);
    if (rc) {
        d->db = NULL;
        return rc;
    }
    d->delta = false;
    if (duckdb_connect(d->db, &con) != DuckDBSuccess)
        rc = error_set(err, ERROR_UNAVAILABLE, "the engine gave no connection");
    else
        rc = settle(d, con, err);
    duckdb_disconnect(&con);
    if (rc) {
        duckdb_close(&d->db);
        d->db = NULL;
        return rc;
    }
    if (d->path)
        d->file_fd = open(d->path, O_RDONLY | O_CLOEXEC);
    d->generation++;
    __atomic_store_n(&d->broken, false, __ATOMIC_RELEASE);
    return 0;
}

static void close_instance(struct duck *d)
{
    for (struct duck_conn *c = d->conns; c; c = c->next) {
        pthread_mutex_lock(&c->con_lock);
        duckdb_disconnect(&c->con);
        c->con = NULL;
        pthread_mutex_unlock(&c->con_lock);
    }
    if (d->db)
        duckdb_close(&d->db);
    d->db = NULL;
    if (d->file_fd >= 0)
        close(d->file_fd);
    d->file_fd = -1;
}

int duck_reopen(struct duck *d, struct error *err)
{
    close_instance(d);
    int rc = open_instance(d, err);
    if (rc)
        __atomic_store_n(&d->broken, true, __ATOMIC_RELEASE);
    return rc;
}

/* Absolute, so that it fits what DuckDB compares; false: it is there already. */
static bool add_dir(struct duck *d, const char *dir)
{
    char real[LIMIT_PATH_BYTES];
    const char *name = dir[0] == '/' ? dir : realpath(dir, real);
    if (!name)
        name = dir;
    for (size_t i = 0; i < d->read_dirs.len; i++)
        if (str_eq(d->read_dirs.items[i], name))
            return false;
    *VEC_ADD(&d->read_dirs) = xstrdup(name);
    return true;
}

int duck_allow_dirs(struct engine *e, const char *const *dirs, size_t count, struct error *err)
{
    struct duck *d = (struct duck *)e;
    int rc = 0;
    bool more = false;
    pthread_mutex_lock(&d->lock);
    while (d->reopening)
        pthread_cond_wait(&d->changed, &d->lock);
    if (!d->path) {
        pthread_mutex_unlock(&d->lock);
        return error_set(err, ERROR_CONFLICT, "an engine in memory cannot be given more folders");
    }
    for (size_t i = 0; i < count; i++)
        more |= add_dir(d, dirs[i]);
    if (more || (!d->delta && needs_delta(d))) {
        d->reopening = true;
        while (d->holding)
            pthread_cond_wait(&d->changed, &d->lock);
        rc = duck_reopen(d, err);
        d->reopening = false;
        pthread_cond_broadcast(&d->changed);
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

int duck_load_library(const char *lib_dir, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = lazy_duckdb_load(path_join(a, lib_dir, "libduckdb.so"), err);
    if (rc)
        error_hint(err, "the program is not installed completely: run make again");
    return rc;
}

static int find_lib(struct duck *d, const char *given, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *dir = given;
    size_t len;
    int rc = given ? 0 : engine_lib_dir(a, &dir, err);
    if (rc)
        return rc;
    d->lib_dir = xstrdup(dir);
    rc = file_read(path_join(a, dir, "macros.sql"), LIMIT_SQL_BYTES, &d->macros, &len, err);
    if (rc)
        error_hint(err, "the program is not installed completely: run make again");
    return rc ? rc : duck_load_library(dir, err);
}

static void duck_free(struct duck *d)
{
    for (size_t i = 0; i < d->read_dirs.len; i++)
        free(d->read_dirs.items[i]);
    VEC_FREE(&d->read_dirs);
    if (d->temp_dir)
        (void)rmdir(d->temp_dir); /* only when it is empty */
    free(d->path);
    free(d->lib_dir);
    free(d->temp_dir);
    free(d->macros);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

int duck_open(const struct engine_options *o, struct engine **ret, struct error *err)
{
    struct duck *d = xcalloc(1, sizeof(*d));
    d->base.ops = &engine_duckdb_ops;
    d->file_fd = -1;
    d->path = o->path ? xstrdup(o->path) : NULL;
    d->memory_limit_bytes = o->memory_limit_bytes > 0 ? o->memory_limit_bytes : default_memory();
    d->temp_limit_bytes = o->temp_limit_bytes > 0 ? o->temp_limit_bytes : 10 * GIB;
    d->threads = o->threads;
    if (o->temp_dir) {
        d->temp_dir = xstrdup(o->temp_dir);
    } else if (o->path) {
        struct arena *a CLEANUP(arena_freep) = arena_new();
        d->temp_dir = xstrdup(arena_printf(a, "%s.tmp", o->path));
    }
    for (size_t i = 0; i < o->read_dir_count; i++)
        (void)add_dir(d, o->read_dirs[i]);
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &attr);
    pthread_condattr_destroy(&attr);

    int rc = find_lib(d, o->lib_dir, err);
    pthread_mutex_lock(&d->lock);
    if (!rc)
        rc = open_instance(d, err);
    pthread_mutex_unlock(&d->lock);
    if (rc)
        duck_free(d);
    else
        *ret = &d->base;
    return rc;
}

void duck_close(struct engine *e)
{
    struct duck *d = (struct duck *)e;
    close_instance(d);
    duck_free(d);
}

const struct engine_ops engine_duckdb_ops = {
    .kind = "duckdb",
    .open = duck_open,
    .close = duck_close,
    .allow_dirs = duck_allow_dirs,
    .version = duck_version,
    .connect = duck_connect,
    .disconnect = duck_disconnect,
    .interrupt = duck_interrupt,
    .progress = duck_progress,
    .begin = duck_begin,
    .commit = duck_commit,
    .rollback = duck_rollback,
    .exec = duck_exec,
    .stream = duck_stream,
    .describe = duck_describe,
    .table_columns = duck_table_columns,
    .table_hash = duck_table_hash,
    .sql = duck_show_sql,
    .parse_tree = duck_parse_tree,
    .tree_of = duck_tree_of,
    .stage_files = duck_stage_files,
    .stage_query = duck_stage_query,
    .unstage = duck_unstage,
    .staged_files = duck_staged_files,
    .load_begin = duck_load_begin,
    .load_bool = duck_load_bool,
    .load_i64 = duck_load_i64,
    .load_f64 = duck_load_f64,
    .load_text = duck_load_text,
    .load_row = duck_load_row,
    .load_end = duck_load_end,
    .load_abort = duck_load_abort,
    .save = duck_save,
    .copy_open = duck_copy_open,
    .copy_run = duck_copy_run,
    .copy_close = duck_copy_close,
    .backup = duck_backup,
    .checkpoint = duck_checkpoint,
};
