/* What the tests of the engine room share: a temporary folder with a warehouse and a source folder. */
#ifndef SECCHI_ENGINE_TEST_H
#define SECCHI_ENGINE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/duckdb/duck.h"

struct fixture {
    struct arena *arena;
    char dir[64];
    const char *warehouse, *source, *lib_dir;
    struct engine *engine;
};

static inline void must(int rc, const struct error *err)
{
    if (rc)
        fail_msg("%s: %s (%s)", err->where, err->what, err->hint);
}

static inline void open_engine(struct fixture *f)
{
    struct error err = {0};
    struct engine_options o = {
        .kind = "duckdb", .path = f->warehouse, .read_dirs = &f->source, .read_dir_count = 1, .memory_limit_bytes = 512 << 20};
    must(engine_open(&o, &f->engine, &err), &err);
}

static inline void close_engine(struct fixture *f)
{
    engine_close(f->engine);
    f->engine = NULL;
}

static inline int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct error err = {0};
    f->arena = arena_new();
    snprintf(f->dir, sizeof(f->dir), "/tmp/secchi-engine-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->warehouse = path_join(f->arena, f->dir, "warehouse.duckdb");
    f->source = path_join(f->arena, f->dir, "source");
    must(dir_create(f->source, 0700, &err), &err);
    must(engine_lib_dir(f->arena, &f->lib_dir, &err), &err);
    open_engine(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->engine)
        engine_close(f->engine);
    char *command = arena_printf(f->arena, "rm -rf %s", f->dir);
    int rc = system(command);
    arena_free(f->arena);
    free(f);
    return rc;
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static inline struct engine_conn *connection(struct fixture *f, enum engine_mode mode)
{
    struct engine_conn *c = NULL;
    struct error err = {0};
    must(engine_connect(f->engine, mode, NULL, &c, &err), &err);
    return c;
}
static inline struct engine_conn *writer(struct fixture *f) { return connection(f, ENGINE_WRITE); }
static inline struct engine_conn *reader(struct fixture *f) { return connection(f, ENGINE_READ); }

static inline void run(struct engine_conn *c, const char *sql)
{
    struct error err = {0};
    must(engine_exec(c, ENGINE_SQL(sql), NULL, &err), &err);
}

static inline int64_t i64(struct fixture *f, struct engine_conn *c, const char *sql)
{
    struct engine_value v = {0};
    struct error err = {0};
    must(engine_cell(c, ENGINE_SQL(sql), f->arena, &v, &err), &err);
    assert_int_equal(v.type, ENGINE_I64);
    return v.i;
}

static inline const char *text(struct fixture *f, struct engine_conn *c, const char *sql)
{
    struct engine_value v = {0};
    struct error err = {0};
    must(engine_cell(c, ENGINE_SQL(sql), f->arena, &v, &err), &err);
    assert_true(v.type == ENGINE_TEXT || v.type == ENGINE_OTHER);
    return v.text;
}

/* Of a table in schema s, its column stamp left out. */
static inline uint64_t hash_of(struct engine_conn *c, const char *table)
{
    static const char *const out[] = {"stamp"};
    uint64_t h = 0;
    struct error err = {0};
    must(engine_table_hash(c, "s", table, out, 1, &h, &err), &err);
    return h;
}

/* DuckDB's own SQL, past the rewriter: for the walls that have to hold without it. */
static inline int duck_raw(struct engine_conn *base, const char *sql, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = duck_sql(c, sql, err);
    duck_leave(c);
    return rc;
}

static inline void write_bytes(const char *path, const void *data, size_t len)
{
    struct error err = {0};
    must(file_write_atomic(path, data, len, 0600, &err), &err);
}
static inline void write_file(const char *path, const char *s) { write_bytes(path, s, strlen(s)); }

#endif
