/* The engine room on a real DuckDB: opening, statements, streams, transactions, errors, limits, walls. */
#include "engine_test.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- opening */

static void opens_and_reopens(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    run(c, "CREATE TABLE s.t (a INT, b STRING)");
    run(c, "INSERT INTO s.t VALUES (1, 'x'), (2, NULL)");
    engine_disconnect(c);
    assert_string_equal(engine_version(f->engine), "duckdb 1.5.5");
    close_engine(f);
    open_engine(f);
    c = reader(f);
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.t"), 2);
    engine_disconnect(c);

    struct engine *other = NULL;
    struct engine_options o = {.kind = "duckbd"};
    assert_int_equal(engine_open(&o, &other, &err), ERROR_USAGE);
    assert_string_equal(err.hint, "use 'duckdb'");
}

static void refuses_a_file_that_is_no_warehouse(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine *e = NULL;
    char *path = path_join(f->arena, f->dir, "broken.duckdb");
    write_file(path, "this is not a database, not at all, and long enough to be looked at by whoever opens it ............");
    struct engine_options o = {.kind = "duckdb", .path = path};
    assert_int_equal(engine_open(&o, &e, &err), ERROR_IO);
    assert_string_equal(err.where, path);
    assert_non_null(strstr(err.hint, "restore"));
    assert_null(e);
}

/* What the other process does, `test_engine hold PATH`: opens the warehouse, says so on its output, ends with its input. */
static int hold(const char *path)
{
    struct engine_options o = {.kind = "duckdb", .path = path};
    struct engine *e = NULL;
    char byte = engine_open(&o, &e, NULL) == 0;
    if (write(STDOUT_FILENO, &byte, 1) != 1 || read(STDIN_FILENO, &byte, 1) < 0)
        return 1;
    engine_close(e);
    return 0;
}

/* A program of its own, as a process that was forked has only one of the threads that the engine started. */
static pid_t start_holder(char *path, const int done[2], const int ready[2])
{
    char *const argv[] = {(char[]){"test_engine"}, (char[]){"hold"}, path, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, done[0], STDIN_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ready[1], STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void tells_when_another_process_has_it(void **state)
{
    struct fixture *f = *state;
    int ready[2], done[2];
    char byte = 0;
    char *path = path_join(f->arena, f->dir, "other.duckdb");
    struct engine_options o = {.kind = "duckdb", .path = path};
    assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(done, O_CLOEXEC), 0);
    pid_t pid = start_holder(path, done, ready);
    assert_int_equal(close(done[0]) | close(ready[1]), 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    struct error err = {0};
    struct engine *e = NULL;
    assert_int_equal(engine_open(&o, &e, &err), ERROR_CONFLICT);
    assert_string_equal(err.what, "the warehouse is open in another process");
    assert_int_equal(close(done[1]) | close(ready[0]), 0);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    must(engine_open(&o, &e, &err), &err);
    engine_close(e);
}

/* ---- statements */

static void counts_rows_and_binds(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    int64_t rows = -1;
    run(c, "CREATE TABLE s.p (a BIGINT, b STRING, t TIMESTAMP, d DATE, f DOUBLE, k BOOLEAN)");
    const struct engine_param params[] = {
        {"a", {ENGINE_I64, .i = INT64_MAX}},
        {"b", {ENGINE_TEXT, .text = "x'; DROP TABLE s.p; --"}},
        {"t", {ENGINE_TIMESTAMP, .i = 1763715437000001}},
        {"d", {ENGINE_DATE, .i = -1}},
        {"f", {ENGINE_F64, .f = 0.1}},
        {"k", {ENGINE_BOOL, .b = true}},
        {"n", {ENGINE_NULL}},
    };
    struct engine_stmt s = {.sql = "INSERT INTO s.p VALUES (:a, :b, :t, :d, :f, :k), (:n, :n, :n, :n, :n, :n)",
                            .params = params,
                            .param_count = ARRAY_LEN(params)};
    must(engine_exec(c, &s, &rows, &err), &err);
    assert_int_equal(rows, 2);

    struct engine_rows r;
    must(engine_rows(c, ENGINE_SQL("SELECT * FROM s.p ORDER BY a NULLS LAST"), 10, f->arena, &r, &err), &err);
    assert_int_equal(r.row_count, 2);
    assert_int_equal(r.column_count, 6);
    assert_int_equal(r.values[0].i, INT64_MAX);
    assert_string_equal(r.values[1].text, "x'; DROP TABLE s.p; --");
    assert_int_equal(r.values[2].type, ENGINE_TIMESTAMP);
    assert_int_equal(r.values[2].i, 1763715437000001);
    assert_int_equal(r.values[3].type, ENGINE_DATE);
    assert_int_equal(r.values[3].i, -1);
    assert_true(r.values[4].f == 0.1);
    assert_true(r.values[5].b);
    for (size_t i = 6; i < 12; i++)
        assert_int_equal(r.values[i].type, ENGINE_NULL);
    assert_string_equal(r.columns[0].type, "BIGINT");
    assert_string_equal(r.columns[2].type, "TIMESTAMP");

    must(engine_exec(c, ENGINE_SQL("UPDATE s.p SET b = 'y' WHERE a IS NULL"), &rows, &err), &err);
    assert_int_equal(rows, 1);
    must(engine_exec(c, ENGINE_SQL("DELETE FROM s.p"), &rows, &err), &err);
    assert_int_equal(rows, 2);
    engine_disconnect(c);
}

static void cells_and_limits(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    struct engine_value v;
    struct engine_rows r;
    assert_int_equal(engine_cell(c, ENGINE_SQL("SELECT 1, 2"), f->arena, &v, &err), ERROR_ENGINE);
    assert_int_equal(engine_rows(c, ENGINE_SQL("SELECT * FROM (VALUES (1), (2), (3)) AS t(a)"), 2, f->arena, &r, &err), ERROR_LIMIT);
    assert_string_equal(err.what, "the result has more than 2 rows");
    must(engine_rows(c, ENGINE_SQL("SELECT 1 AS a WHERE 1 = 0"), 0, f->arena, &r, &err), &err);
    assert_int_equal(r.row_count, 0);
    assert_string_equal(r.columns[0].name, "a");
    must(engine_cell(c, ENGINE_SQL("SELECT CAST(12.50 AS DECIMAL(10,2))"), f->arena, &v, &err), &err);
    assert_int_equal(v.type, ENGINE_OTHER);
    assert_string_equal(v.text, "12.50");
    must(engine_cell(c, ENGINE_SQL("SELECT CAST(-0.05 AS DECIMAL(38,2))"), f->arena, &v, &err), &err);
    assert_string_equal(v.text, "-0.05");
    engine_disconnect(c);
}

static void readers_may_not_write(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    assert_int_equal(engine_exec(c, ENGINE_SQL("CREATE TABLE s.no (a INT)"), NULL, &err), ERROR_FORBIDDEN);
    assert_int_equal(engine_exec(c, ENGINE_SQL("DROP TABLE s.t"), NULL, &err), ERROR_FORBIDDEN);
    struct engine_loader *l;
    assert_int_equal(engine_load_begin(c, "s", "t", &l, &err), ERROR_FORBIDDEN);
    struct engine_rows r;
    assert_int_equal(engine_rows(c, ENGINE_SQL("DELETE FROM s.t"), 1, f->arena, &r, &err), ERROR_USAGE);
    engine_disconnect(c);
}

/* ---- streams */

static void streams_batches(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    int64_t rows = 0, batches = 0;
    must(engine_stream(
             c,
             ENGINE_SQL(
                 "SELECT id, CAST('2024-02-29 12:00:00' AS TIMESTAMP) AS t, CAST(1.5 AS DECIMAL(5,1)) AS d FROM range(100000) AS r(id)"),
             &stream, &err),
         &err);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_string_equal(schema.children[0]->format, "l");
    assert_string_equal(schema.children[1]->format, "tsu:UTC");
    assert_string_equal(schema.children[2]->format, "d:5,1,128");
    schema.release(&schema);

    struct engine_rows r;
    assert_int_equal(engine_rows(c, ENGINE_SQL("SELECT 1"), 1, f->arena, &r, &err), ERROR_CONFLICT); /* busy */
    for (;;) {
        struct ArrowArray a;
        assert_int_equal(stream.get_next(&stream, &a), 0);
        if (!a.release)
            break;
        rows += a.length;
        batches++;
        a.release(&a);
    }
    assert_int_equal(rows, 100000);
    assert_true(batches > 1);
    stream.release(&stream);
    assert_int_equal(i64(f, c, "SELECT 1"), 1);

    must(engine_stream(c, ENGINE_SQL("SELECT id FROM range(10000000) AS r(id)"), &stream, &err), &err); /* abandoned */
    struct ArrowArray a;
    assert_int_equal(stream.get_next(&stream, &a), 0);
    a.release(&a);
    stream.release(&stream);
    assert_int_equal(i64(f, c, "SELECT 1"), 1);
    engine_disconnect(c);
}

static void a_stream_tells_its_error(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    struct ArrowArrayStream stream;
    struct ArrowArray a;
    int rc = 0;
    struct engine_stmt s = {.sql = "SELECT\n  CAST(CASE WHEN id = 500000 THEN 'x' ELSE '1' END AS INT) FROM range(1000000) AS r(id)",
                            .file = "q.sql",
                            .line = 7};
    must(engine_stream(c, &s, &stream, &err), &err);
    while (!(rc = stream.get_next(&stream, &a)) && a.release)
        a.release(&a);
    assert_int_not_equal(rc, 0);
    assert_non_null(strstr(stream.get_last_error(&stream), "Could not convert string 'x' to INT"));
    assert_int_equal(engine_stream_error(&stream)->kind, ERROR_ENGINE);
    assert_true(str_starts(engine_stream_error(&stream)->where, "q.sql:"));
    stream.release(&stream);
    engine_disconnect(c);
}

/* ---- errors */

static void errors_have_place_and_hint(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    struct engine_rows r;
    run(c, "CREATE TABLE s.e (amount INT, name STRING)");
    struct engine_stmt s = {.sql = "SELECT name,\n       amuont\nFROM s.e", .file = "gold/x.sql", .line = 10};
    assert_int_not_equal(engine_rows(c, &s, 1, f->arena, &r, &err), 0);
    assert_non_null(strstr(err.what, "amuont"));
    assert_string_equal(err.where, "gold/x.sql:11:8");
    assert_non_null(strstr(err.hint, "amount"));

    s.sql = "SELECT name FROM s.e WHERE";
    assert_int_not_equal(engine_rows(c, &s, 1, f->arena, &r, &err), 0);
    assert_true(str_starts(err.where, "gold/x.sql:10"));

    const struct engine_param p = {"x", {ENGINE_I64, .i = 1}};
    s = (struct engine_stmt){.sql = "SELECT :y", .params = &p, .param_count = 1};
    assert_int_equal(engine_rows(c, &s, 1, f->arena, &r, &err), ERROR_NOT_FOUND);
    assert_int_not_equal(engine_exec(c, ENGINE_SQL("SELECT * FROM incoming.nothing"), NULL, &err), 0);
    assert_non_null(strstr(err.what, "incoming.nothing"));
    engine_disconnect(c);
}

/* ---- describing */

static void describes(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    struct engine_column *columns;
    size_t count;
    run(c, "CREATE TABLE s.d (a INT NOT NULL, b DECIMAL(10,2), c STRING, t TIMESTAMP)");
    must(engine_table_columns(c, "s", "d", f->arena, &columns, &count, &err), &err);
    assert_int_equal(count, 4);
    assert_string_equal(columns[0].name, "a");
    assert_string_equal(columns[0].type, "INT");
    assert_false(columns[0].nullable);
    assert_string_equal(columns[1].type, "DECIMAL(10,2)");
    assert_true(columns[1].nullable);
    assert_string_equal(columns[2].type, "STRING");
    assert_string_equal(columns[3].type, "TIMESTAMP");
    assert_ptr_equal(&columns[2], engine_find_column(columns, count, "C"));
    assert_null(engine_find_column(columns, 2, "c"));
    assert_int_equal(engine_table_columns(c, "s", "dd", f->arena, &columns, &count, &err), ERROR_NOT_FOUND);
    assert_string_equal(err.hint, "did you mean s.d?");

    const struct engine_param p = {"since", {ENGINE_TIMESTAMP, .i = 0}};
    struct engine_stmt s = {.sql = "SELECT a, :since AS since FROM s.d WHERE t > :since", .params = &p, .param_count = 1};
    must(engine_describe(c, &s, f->arena, &columns, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_string_equal(columns[1].name, "since");
    assert_string_equal(columns[1].type, "TIMESTAMP");

    const char *json;
    must(engine_parse_tree(c, &s, f->arena, &json, &err), &err);
    assert_non_null(strstr(json, "\"table_name\":\"d\""));
    engine_disconnect(c);
}

/* ---- hashes */

static void hashes_rows_as_a_multiset(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = writer(f);
    static const char *const different[] = {
        "('a', 'bc', 1)",
        "('ab', 'c', 1)",
        "(NULL, 'bc', 1)",
        "('', 'bc', 1)",
        "('bc', NULL, 1)",
        "('a', 'bc', 1), ('a', 'bc', 1)",
        "('a', 'bc', 1), ('a', 'bc', 1), ('a', 'bc', 1)",
        "('a', 'c', 1), ('ab', 'bc', 1)",
    };
    uint64_t hashes[ARRAY_LEN(different)];
    for (size_t i = 0; i < ARRAY_LEN(different); i++) {
        run(c, "CREATE TABLE s.h (x STRING, y STRING, stamp INT)");
        run(c, arena_printf(f->arena, "INSERT INTO s.h VALUES %s", different[i]));
        hashes[i] = hash_of(c, "h");
        run(c, "DROP TABLE s.h");
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[k] != hashes[i]);
    }
    run(c, "CREATE TABLE s.h (x STRING, y STRING, stamp INT)");
    run(c, "INSERT INTO s.h VALUES ('ab', 'bc', 7), ('a', 'c', 8)"); /* other order, other stamps */
    assert_true(hash_of(c, "h") == hashes[7]);
    engine_disconnect(c);
}

static void hashes_tell_nested_values_apart(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = writer(f);
    struct error err = {0};
    static const char *const different[] = {
        "[['a'], ['b']]", "[['a', 'b']]", "[['a'], NULL, ['b']]", "[['a'], ['b'], NULL]", "[['a'], ['b', NULL]]", "[]", "NULL",
        "[NULL]",         "[[]]",
    };
    uint64_t hashes[ARRAY_LEN(different)];
    for (size_t i = 0; i < ARRAY_LEN(different); i++) {
        must(duck_raw(c, "CREATE SCHEMA IF NOT EXISTS s", &err), &err);
        must(duck_raw(c, arena_printf(f->arena, "CREATE OR REPLACE TABLE s.n AS SELECT {'x': %s::VARCHAR[][]} AS v", different[i]), &err),
             &err);
        hashes[i] = hash_of(c, "n");
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[k] != hashes[i]);
    }
    engine_disconnect(c);
}

/* ---- messages of DuckDB */

static void maps_errors(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *message;
        enum error_kind kind;
        const char *what, *hint; /* parts of them */
    } cases[] = {
        {"{\"exception_type\":\"IO\",\"exception_message\":\"Could not write file \\\"/x/w.duckdb.wal\\\": No space left on device\"}",
         ERROR_IO, "/x/w.duckdb.wal", "free some space"},
        {"{\"exception_type\":\"Out of Memory\",\"exception_message\":\"could not allocate block of size 256.0 KiB\\nPossible solutions\"}",
         ERROR_LIMIT, "more memory than it may use", "limit"},
        {"{\"exception_type\":\"INTERRUPT\",\"exception_message\":\"Interrupted!\"}", ERROR_INTERRUPTED, "interrupted", ""},
        {"Parser Error: {\"exception_type\":\"Parser\",\"exception_message\":\"syntax error at or near \\\"x\\\"\",\"position\":\"0\"}",
         ERROR_ENGINE, "syntax error at or near \"x\"", ""},
        {"{\"exception_type\":\"Catalog\",\"exception_message\":\"Table with name x does not exist!\\nDid you mean \\\"y\\\"?\",\"candidates\":\"y\"}",
         ERROR_ENGINE, "Table with name x does not exist", "did you mean y?"},
        {"{\"exception_type\":\"TransactionContext\",\"exception_message\":\"Conflict on tuple deletion!\"}", ERROR_CONFLICT, "came first",
         "again"},
        {"{\"exception_type\":\"INTERNAL\",\"exception_message\":\"Attempted to access index 3\"}", ERROR_INTERNAL, "index 3", ""},
        {"IO Error: Cannot open file \"/x\": Permission denied", ERROR_IO, "Permission denied", ""},
        {"something {without} JSON", ERROR_ENGINE, "something {without} JSON", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        assert_int_equal(duck_error((struct duck *)f->engine, cases[i].message, NULL, &err), cases[i].kind);
        assert_int_equal(err.kind, cases[i].kind);
        if (!strstr(err.what, cases[i].what) || !strstr(err.hint, cases[i].hint))
            fail_msg("%s: '%s' (%s)", cases[i].message, err.what, err.hint);
    }
}

/* ---- loading */

static void loads_rows(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    struct engine_loader *l;
    run(c, "CREATE TABLE s.l (a INT, b BIGINT, c DOUBLE, d STRING, t TIMESTAMP, e DATE, k BOOLEAN)");
    must(engine_begin(c, &err), &err);
    must(engine_load_begin(c, "s", "l", &l, &err), &err);
    for (int64_t i = 0; i < 5000; i++) {
        char text[64];
        int n = snprintf(text, sizeof(text), "row %lld of a table, long enough", (long long)i);
        engine_load_i64(l, 0, i);
        if (i % 2)
            engine_load_i64(l, 1, i * 1000000007);
        engine_load_f64(l, 2, (double)i / 4);
        engine_load_text(l, 3, text, (size_t)n);
        engine_load_i64(l, 4, i * 1000000);
        engine_load_i64(l, 5, i);
        engine_load_bool(l, 6, i % 3 == 0);
        must(engine_load_row(l, &err), &err);
    }
    engine_load_text(l, 3, "bad \xff\xc3 bytes \xe2\x82\xac", 16);
    must(engine_load_row(l, &err), &err);
    char *large = xcalloc(1, 3000000);
    memset(large, 'x', 3000000);
    engine_load_i64(l, 0, -1);
    engine_load_text(l, 3, large, 3000000);
    free(large);
    must(engine_load_row(l, &err), &err);
    must(engine_load_end(l, &err), &err);
    must(engine_commit(c, &err), &err);
    assert_int_equal(i64(f, c, "SELECT length(d) FROM s.l WHERE a = -1"), 3000000);
    run(c, "DELETE FROM s.l WHERE a = -1");
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.l"), 5001);
    assert_int_equal(i64(f, c, "SELECT count(b) FROM s.l"), 2500);
    assert_int_equal(i64(f, c, "SELECT CAST(sum(a) AS BIGINT) FROM s.l"), 12497500);
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.l WHERE k"), 1667);
    assert_int_equal(
        i64(f, c, "SELECT count(*) FROM s.l WHERE d = 'row 4999 of a table, long enough' AND t = CAST('1970-01-01 01:23:19' AS TIMESTAMP)"),
        1);
    assert_string_equal(text(f, c, "SELECT d FROM s.l WHERE a IS NULL"), "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes \xe2\x82\xac");

    must(engine_begin(c, &err), &err);
    must(engine_load_begin(c, "s", "l", &l, &err), &err);
    engine_load_i64(l, 0, 1);
    must(engine_load_row(l, &err), &err);
    engine_load_i64(l, 0, (int64_t)INT32_MAX + 1); /* does not fit */
    assert_int_equal(engine_load_row(l, &err), ERROR_INVALID);
    assert_int_equal(engine_load_end(l, &err), ERROR_INVALID);
    engine_rollback(c);
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.l"), 5001);
    assert_int_equal(engine_load_begin(c, "s", "nothing", &l, &err), ERROR_NOT_FOUND);
    run(c, "CREATE TABLE s.nested (a ARRAY<INT>)");
    assert_int_equal(engine_load_begin(c, "s", "nested", &l, &err), ERROR_USAGE);
    engine_load_abort(NULL);
    engine_disconnect(c);
}

/* ---- walls and limits */

static void sql_reads_registered_folders_only(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    char *inside = path_join(f->arena, f->source, "in.csv"), *outside = path_join(f->arena, f->dir, "out.csv");
    char *link = path_join(f->arena, f->source, "link.csv");
    write_file(inside, "a\n1\n");
    write_file(outside, "a\n1\n");
    assert_int_equal(symlink(outside, link), 0);
    struct error e2 = {0};
    assert_int_equal(duck_raw(c, arena_printf(f->arena, "SELECT * FROM read_csv('%s')", inside), &e2), 0);
    const char *refused[] = {
        arena_printf(f->arena, "SELECT * FROM read_csv('%s')", outside),
        arena_printf(f->arena, "SELECT * FROM read_csv('%s/../out.csv')", f->source),
        arena_printf(f->arena, "SELECT * FROM read_csv('%s')", link),
        arena_printf(f->arena, "SELECT * FROM read_text('%s2/x')", f->source),
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "ATTACH '/tmp/x.duckdb' AS x",
        "SET memory_limit = '10GB'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "INSTALL httpfs",
        "LOAD httpfs",
        "COPY (SELECT 1) TO '/tmp/secchi-escape.csv'",
        arena_printf(f->arena, "LOAD '%s/extensions/httpfs.duckdb_extension'", f->lib_dir),
        "SELECT * FROM read_csv('https://example.com/x.csv')",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        err = (struct error){0};
        if (duck_raw(c, refused[i], &err) == 0)
            fail_msg("not refused: %s", refused[i]);
    }
    assert_int_equal(duck_raw(c, refused[0], &err), ERROR_FORBIDDEN);
    /* the statements that the public functions would never run, whatever DuckDB thinks of them */
    static const char *const not_run[] = {
        "ATTACH ':memory:' AS m", "COPY (SELECT 1) TO 'x.csv'", "SET threads = 1", "PRAGMA version", "CHECKPOINT", "USE memory"};
    for (size_t i = 0; i < ARRAY_LEN(not_run); i++)
        assert_int_not_equal(engine_exec(c, ENGINE_SQL(not_run[i]), NULL, &err), 0);
    engine_disconnect(c);
}

static void more_folders_may_be_allowed(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f), *r = reader(f);
    char *dir = path_join(f->arena, f->dir, "more");
    must(dir_create(dir, 0700, &err), &err);
    char *sql = arena_printf(f->arena, "SELECT * FROM read_csv('%s/a.csv')", dir);
    write_file(path_join(f->arena, dir, "a.csv"), "a\n1\n");
    run(c, "CREATE TABLE s.keep (a INT)");
    assert_int_equal(duck_raw(c, sql, &err), ERROR_FORBIDDEN);
    const char *dirs[] = {dir};
    must(engine_allow_dirs(f->engine, dirs, 1, &err), &err);
    must(engine_allow_dirs(f->engine, dirs, 1, &err), &err); /* again: nothing to do */
    must(duck_raw(c, sql, &err), &err);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.keep"), 0);
    engine_disconnect(c);
    engine_disconnect(r);
}

static void memory_is_limited(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_value v;
    struct engine *e;
    struct engine_conn *c;
    struct engine_options o = {.kind = "duckdb", .memory_limit_bytes = 64 << 20, .threads = 2};
    must(engine_open(&o, &e, &err), &err);
    must(engine_connect(e, ENGINE_READ, NULL, &c, &err), &err);
    struct engine_stmt s = {
        .sql =
            "SELECT count(*) FROM (SELECT concat(CAST(id AS STRING), repeat('x', 40)) AS v, count(*) AS n FROM range(20000000) AS r(id) GROUP BY 1) WHERE n > 1",
        .file = "big.sql",
        .line = 3};
    assert_int_equal(engine_cell(c, &s, f->arena, &v, &err), ERROR_LIMIT);
    assert_string_equal(err.where, "big.sql:3");
    assert_non_null(strstr(err.hint, "limit"));
    must(engine_cell(c, ENGINE_SQL("SELECT 1"), f->arena, &v, &err), &err);
    engine_disconnect(c);
    engine_close(e);
}

/* ---- staged queries */

static void stages_queries(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f), *r = reader(f);
    int64_t rows = 0;
    must(engine_stage_query(c, "Batch", ENGINE_SQL("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(x, y)"), &rows, &err), &err);
    assert_int_equal(rows, 2);
    must(engine_stage_query(c, "batch", ENGINE_SQL("SELECT x FROM incoming.batch WHERE x = 2"), &rows, &err), &err);
    assert_int_equal(rows, 1);
    assert_int_equal(i64(f, c, "SELECT x FROM incoming.batch"), 2);
    struct engine_column *columns;
    size_t count;
    must(engine_table_columns(c, "incoming", "BATCH", f->arena, &columns, &count, &err), &err);
    assert_int_equal(count, 1);
    struct engine_rows got;
    assert_int_equal(engine_rows(r, ENGINE_SQL("SELECT * FROM incoming.batch"), 1, f->arena, &got, &err), ERROR_NOT_FOUND);
    engine_unstage(c, "batch");
    engine_unstage(c, "batch");
    assert_int_equal(engine_rows(c, ENGINE_SQL("SELECT * FROM incoming.batch"), 1, f->arena, &got, &err), ERROR_NOT_FOUND);
    engine_disconnect(c);
    engine_disconnect(r);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2]);
    const struct CMUnitTest tests[] = {
        UNIT(opens_and_reopens),
        UNIT(refuses_a_file_that_is_no_warehouse),
        UNIT(tells_when_another_process_has_it),
        UNIT(counts_rows_and_binds),
        UNIT(cells_and_limits),
        UNIT(readers_may_not_write),
        UNIT(streams_batches),
        UNIT(a_stream_tells_its_error),
        UNIT(errors_have_place_and_hint),
        UNIT(describes),
        UNIT(hashes_rows_as_a_multiset),
        UNIT(hashes_tell_nested_values_apart),
        UNIT(maps_errors),
        UNIT(loads_rows),
        UNIT(sql_reads_registered_folders_only),
        UNIT(more_folders_may_be_allowed),
        UNIT(memory_is_limited),
        UNIT(stages_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
