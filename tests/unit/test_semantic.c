#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "nanoarrow/nanoarrow_ipc.h"
#include "semantic_fixture.h"

/* ---- writers: golden bytes ------------------------------------------------------------------------------- */

static const char *golden;

static void open_stream(struct ArrowArrayStream *stream, const void *data, size_t len)
{
    struct ArrowBuffer bytes;
    struct ArrowIpcInputStream input;
    ArrowBufferInit(&bytes);
    assert_int_equal(ArrowBufferAppend(&bytes, data, (int64_t)len), NANOARROW_OK);
    assert_int_equal(ArrowIpcInputStreamInitBuffer(&input, &bytes), NANOARROW_OK);
    assert_int_equal(ArrowIpcArrayStreamReaderInit(stream, &input, NULL), NANOARROW_OK);
}

static void write_as(const void *arrow, size_t len, enum semantic_format format, struct buf *out)
{
    struct ArrowArrayStream stream;
    struct error e;
    open_stream(&stream, arrow, len);
    buf_init(out, 64u << 20);
    int rc = semantic_write(&stream, format, keep, out, &e);
    if (rc)
        fail_msg("%s", e.what);
    ArrowArrayStreamRelease(&stream);
    assert_false(out->overflow);
}

static void compare(const char *name, const char *end, const struct buf *got)
{
    char path[512], *want CLEANUP(free_ptr) = NULL;
    size_t len;
    struct error e;
    snprintf(path, sizeof(path), "%s/%s.%s", golden, name, end);
    if (file_read(path, 64u << 20, &want, &len, &e) != 0)
        fail_msg("%s", e.what);
    if (got->len != len || (len && memcmp(got->data, want, len) != 0)) {
        size_t at = 0;
        while (at < len && at < got->len && got->data[at] == want[at])
            at++;
        fail_msg("%s differs at byte %zu: '%.40s' instead of '%.40s'", path, at, at < got->len ? got->data + at : "", want + at);
    }
}

static size_t each_case(void (*fn)(const char *name, const char *arrow, size_t len))
{
    char **names;
    size_t count, cases = 0;
    struct error e;
    assert_int_equal(dir_list(golden, &names, &count, &e), 0);
    for (size_t i = 0; i < count; i++) {
        char path[512], *data CLEANUP(free_ptr) = NULL;
        size_t len;
        if (!str_ends(names[i], ".arrow"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", golden, names[i]);
        assert_int_equal(file_read(path, 64u << 20, &data, &len, &e), 0);
        names[i][strlen(names[i]) - strlen(".arrow")] = '\0';
        fn(names[i], data, len);
        cases++;
    }
    dir_list_free(names, count);
    return cases;
}

static void compare_texts(const char *name, const char *arrow, size_t len)
{
    static const struct {
        enum semantic_format format;
        const char *end;
    } formats[] = {{FORMAT_JSON, "json"}, {FORMAT_JSONL, "jsonl"}, {FORMAT_CSV, "csv"}, {FORMAT_TABLE, "table"}};
    for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
        struct buf out CLEANUP(buf_free);
        write_as(arrow, len, formats[f].format, &out);
        compare(name, formats[f].end, &out);
    }
}

static void texts_are_the_golden_bytes(void **state)
{
    (void)state;
    assert_int_equal(each_case(compare_texts), 8);
}

/* What was written as Arrow reads as the same rows. */
static void compare_arrow(const char *name, const char *arrow, size_t len)
{
    struct buf again CLEANUP(buf_free), json CLEANUP(buf_free);
    write_as(arrow, len, FORMAT_ARROW, &again);
    write_as(again.data, again.len, FORMAT_JSON, &json);
    compare(name, "json", &json);
}

static void arrow_keeps_everything(void **state)
{
    (void)state;
    assert_int_equal(each_case(compare_arrow), 8);
}

static int take_some(void *context, const void *data, size_t len)
{
    size_t *left = context;
    (void)data;
    if (len > *left)
        return 1;
    *left -= len;
    return 0;
}

static void stop_early(const char *name, const char *arrow, size_t len)
{
    (void)name;
    for (int f = FORMAT_JSON; f <= FORMAT_TABLE; f++) {
        struct ArrowArrayStream stream;
        struct error e;
        size_t left = 0;
        open_stream(&stream, arrow, len);
        int rc = semantic_write(&stream, (enum semantic_format)f, take_some, &left, &e);
        if (rc)
            assert_int_equal(rc, ERROR_INTERRUPTED);
        ArrowArrayStreamRelease(&stream);
    }
}

static void a_receiver_may_stop(void **state)
{
    (void)state;
    each_case(stop_early);
}

static void formats_have_names(void **state)
{
    (void)state;
    enum semantic_format f;
    struct error e;
    assert_int_equal(semantic_format_parse("parquet", &f, &e), 0);
    assert_int_equal(f, FORMAT_PARQUET);
    assert_int_equal(semantic_format_parse("jsn", &f, &e), ERROR_INVALID);
    assert_non_null(strstr(e.hint, "json"));
    assert_string_equal(semantic_format_type(FORMAT_JSONL), "application/x-ndjson");
}

/* ---- asking: a warehouse with tables of two tenants -------------------------------------------------------- */

static void statements_that_read_are_answered(void **state)
{
    struct fixture *f = *state;
    expect(f, &reader, "SELECT order_id FROM orders WHERE workspace_id = '1'", "order_id\n10\n");
    expect(f, &reader, "WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT n FROM b", "n\n2\n");
    expect(f, &reader, "WITH orders AS (SELECT 7 AS order_id) SELECT order_id FROM orders", "order_id\n7\n");
    expect(f, &reader,
           "SELECT o.order_id FROM system_gold.orders AS o JOIN bills AS b ON b.account_id = o.account_id WHERE b.amount = 2.50",
           "order_id\n12\n");
    expect(f, &reader, "SELECT COUNT(*) AS n FROM orders WHERE order_id IN (SELECT order_id FROM orders WHERE account_id = 'acc-1')",
           "n\n3\n");
    expect(f, &reader, "VALUES (1), (2)", "col1\n1\n2\n");
}

static const char *const refused[] = {
    "",
    " -- nothing",
    "SELECT 1; SELECT 2",
    "DROP TABLE orders",
    "DELETE FROM orders",
    "UPDATE orders SET order_id = 1",
    "INSERT INTO orders VALUES ('1', '1', 1, NULL)",
    "CREATE TABLE x (a INT)",
    "CREATE OR REPLACE VIEW system_gold.v AS SELECT 1",
    "TRUNCATE TABLE orders",
    "COPY orders TO '/tmp/x'",
    "SET threads = 1",
    "PRAGMA database_list",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CALL duckdb_settings()",
    "EXPORT DATABASE '/tmp/x'",
    "CHECKPOINT",
    "MERGE INTO orders USING bills ON FALSE WHEN NOT MATCHED THEN INSERT *",
    "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_parquet('x')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM csv.`/etc/passwd`",
    "SELECT * FROM parquet.`/tmp/x`",
    "WITH `/etc/passwd` AS (SELECT * FROM `/etc/passwd`) SELECT * FROM `/etc/passwd`",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_table_info('orders')",
    "SELECT * FROM information_schema.applicable_roles",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('orders')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT nextval('s')",
    "SELECT write_log('x')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT sleep_ms(10)",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM secchi_ops.table_stats",
    "SELECT * FROM secchi_quarantine.orders",
    "SELECT * FROM nowhere",
    "SELECT * FROM system_gold.nowhere",
    "SELECT * FROM a.b.c.d",
    "SELECT nowhere FROM orders",
    "SELEC 1",
    "SELECT (",
    "EXPLAIN SELECT 1",
    "DESCRIBE nowhere",
    "SHOW FUNCTIONS",
    "SHOW TABLES EXTENDED",
    "DESCRIBE HISTORY orders",
};

static void everything_else_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        refuse(f, &reader, refused[i]);
    expect(f, &reader, "SELECT COUNT(*) AS n FROM orders", "n\n5\n");
}

static void mistakes_name_the_nearest(void **state)
{
    struct fixture *f = *state;
    refuse(f, &reader, "SELECT * FROM oders");
    assert_non_null(strstr(f->e.hint, "orders"));
    refuse(f, &reader, "SELECT oder_id FROM orders");
    assert_non_null(strstr(f->e.hint, "order_id"));
    refuse(f, &reader, "SELECT\n  1 +\n  nosuch(2)");
    assert_true(str_starts(f->e.where, "3:"));
}

static void administrators_see_the_books(void **state)
{
    struct fixture *f = *state;
    expect(f, &administrator, "SELECT row_count FROM secchi_ops.table_stats", "row_count\n5\n");
    refuse(f, &administrator, "SELECT * FROM duckdb_settings()");
    refuse(f, &administrator, "DROP TABLE orders");
    const struct principal nobody = {.user = "x", .role = ROLE_PUBLIC};
    refuse(f, &nobody, "SELECT 1");
}

static void show_and_describe(void **state)
{
    struct fixture *f = *state;
    expect(
        f, &reader, "SHOW TABLES",
        "database,tableName,isTemporary\nsystem_gold,bills,false\nsystem_gold,notes,false\nsystem_gold,orders,false\nsystem_gold,rates,false\n"
        "system_gold,who,false\n");
    expect(f, &reader, "SHOW TABLES IN system_gold LIKE 'O*|ra*';",
           "database,tableName,isTemporary\nsystem_gold,orders,false\nsystem_gold,rates,false\n");
    expect(f, &reader, "SHOW TABLES IN elsewhere", "database,tableName,isTemporary\n");
    expect(f, &reader, "SHOW SCHEMAS", "databaseName\nsystem_gold\n");
    expect(f, &reader, "DESCRIBE TABLE system_gold.bills", "col_name,data_type,comment\naccount_id,STRING,\namount,\"DECIMAL(10,2)\",\n");
    expect(f, &reader, "desc orders",
           "col_name,data_type,comment\nworkspace_id,STRING,where\naccount_id,STRING,\norder_id,BIGINT,\nat,TIMESTAMP,\n");
    expect(f, &reader, "SHOW COLUMNS IN rates", "col_name\nname\nrate\n");
}

/* ---- limits --------------------------------------------------------------------------------------------------- */

static void each_asks_under_its_own_name(void **state)
{
    struct fixture *f = *state;
    static const char *const who = "SELECT current_user() AS u, session_user() AS s, is_member('reader') AS r, is_member('operator') AS o, "
                                   "is_account_group_member('administrator') AS a";
    static const char *const view = "SELECT name, operator FROM who";
    for (int i = 0; i < 3; i++) { /* on connections that others used before */
        expect(f, &reader, who, "u,s,r,o,a\nann,ann,true,false,false\n");
        expect(f, &administrator, who, "u,s,r,o,a\nroot,root,true,true,true\n");
        expect(f, &administrator, view, "name,operator\nroot,true\n");
        expect(f, &reader, view, "name,operator\nann,false\n");
    }
}

static void rows_are_cut_and_told(void **state)
{
    struct fixture *f = *state;
    struct semantic_request q = {.sql = "SELECT id AS n FROM range(5000)", .max_rows = 2100};
    struct semantic_result *r;
    static const struct {
        int64_t asked, got;
        bool truncated, admin;
    } cases[] = {{0, 1000, true, false},    {10, 10, true, false},    {2100, 1000, true, false}, {2100, 2100, true, true},
                 {5000, 5000, false, true}, {2048, 2048, true, true}, {9000, 5000, false, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out CLEANUP(buf_free);
        buf_init(&out, 1u << 24);
        q.max_rows = cases[i].asked;
        assert_int_equal(semantic_query(f->s, cases[i].admin ? &administrator : &reader, &q, NULL, &r, &f->e), 0);
        assert_int_equal(semantic_write(semantic_stream(r), FORMAT_JSONL, keep, &out, &f->e), 0);
        assert_int_equal(semantic_row_count(r), cases[i].got);
        assert_int_equal(semantic_truncated(r), cases[i].truncated);
        size_t lines = 0;
        for (size_t b = 0; b < out.len; b++)
            lines += out.data[b] == '\n';
        assert_int_equal(lines, cases[i].got);
        semantic_result_free(r);
    }
}

static const char *endless = "SELECT COUNT(*) AS n FROM range(1000000000000) WHERE id % 7 = 3";

static int run_endless(struct fixture *f, int64_t timeout_ms, const struct cancel *cancel)
{
    struct semantic_request q = {.sql = endless, .timeout_ms = timeout_ms};
    struct semantic_result *r;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 1u << 20);
    int rc = semantic_query(f->s, &reader, &q, cancel, &r, &f->e);
    if (rc)
        return rc;
    rc = semantic_write(semantic_stream(r), FORMAT_CSV, keep, &out, &f->e);
    semantic_result_free(r);
    return rc;
}

static void a_statement_ends_at_its_time(void **state)
{
    struct fixture *f = *state;
    int64_t begun = clock_mono_ns();
    assert_int_equal(run_endless(f, 200, NULL), ERROR_LIMIT);
    assert_non_null(strstr(f->e.what, "0.2 s"));
    assert_in_range((clock_mono_ns() - begun) / 1000000, 190, 3000);
    expect(f, &reader, "SELECT 1 AS one", "one\n1\n");
}

static void *cancel_soon(void *context)
{
    usleep(100000);
    cancel_set(context);
    return NULL;
}

static void a_statement_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    struct cancel cancel = {0};
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, cancel_soon, &cancel), 0);
    assert_int_equal(run_endless(f, 20000, &cancel), ERROR_INTERRUPTED);
    pthread_join(t, NULL);
    struct cancel before = {1};
    assert_int_equal(run_endless(f, 20000, &before), ERROR_INTERRUPTED);
    expect(f, &reader, "SELECT 1 AS one", "one\n1\n");
}

static void more_statements_wait_for_a_place(void **state)
{
    struct fixture *f = *state;
    struct semantic_request q = {.sql = "SELECT id AS n FROM range(10)"};
    struct semantic_result *first, *second, *third;
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &first, &f->e), 0);
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &second, &f->e), 0);
    q.timeout_ms = 100;
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &third, &f->e), ERROR_LIMIT);
    assert_non_null(strstr(f->e.what, "2 statements were running"));
    semantic_result_free(first);
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &third, &f->e), 0);
    semantic_result_free(third);
    semantic_result_free(second);
}

static void parameters_are_bound(void **state)
{
    struct fixture *f = *state;
    const struct engine_param params[] = {
        {"who", {.type = ENGINE_TEXT, .text = "'; DROP TABLE orders; --"}},
        {"n", {.type = ENGINE_I64, .i = 41}},
        {"day", {.type = ENGINE_DATE, .i = 20454}},
    };
    struct semantic_request q = {.sql = "SELECT :who AS who, :n + 1 AS n, :day AS day", .params = params, .param_count = 3};
    struct semantic_result *r;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 1u << 20);
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &r, &f->e), 0);
    assert_int_equal(semantic_write(semantic_stream(r), FORMAT_CSV, keep, &out, &f->e), 0);
    semantic_result_free(r);
    assert_string_equal(out.data, "who,n,day\r\n'; DROP TABLE orders; --,42,2026-01-01\r\n");
}

static void the_envelope_tells_types_and_end(void **state)
{
    struct fixture *f = *state;
    struct semantic_request q = {.sql = "SELECT order_id, at FROM orders WHERE order_id < 12 ORDER BY order_id"};
    struct semantic_result *r;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 1u << 20);
    assert_int_equal(semantic_query(f->s, &reader, &q, NULL, &r, &f->e), 0);
    assert_int_equal(semantic_write_envelope(r, "\"dataset\":\"d\"", keep, &out, &f->e), 0);
    semantic_result_free(r);
    const char *want = "{\"columns\":[{\"name\":\"order_id\",\"type\":\"BIGINT\"},{\"name\":\"at\",\"type\":\"TIMESTAMP\"}],\"rows\":[\n"
                       "[10,\"2026-01-01T00:00:00Z\"],\n[11,null]],\"row_count\":2,\"truncated\":false,\"elapsed_ms\":";
    if (!str_starts(out.data, want))
        fail_msg("%s", out.data);
    assert_true(str_ends(out.data, ",\"dataset\":\"d\"}\n"));
}

static void reads_are_audited(void **state)
{
    struct fixture *f = *state;
    struct state_audit *entries;
    size_t count = 0;
    expect(f, &reader, "SELECT 1 AS one", "one\n1\n");
    refuse(f, &reader, "SELECT * FROM secchi_ops.table_stats");
    for (int i = 0; i < 100 && count < 2; i++) { /* written in groups; a loaded machine may be late */
        usleep(50000);
        assert_int_equal(state_audits(f->state, 10, f->a, &entries, &count, &f->e), 0);
    }
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].user, "ann");
    assert_false(entries[0].allowed);
    assert_true(entries[1].allowed);
    assert_non_null(strstr(entries[1].detail, "SELECT 1 AS one"));
    assert_non_null(strstr(entries[1].detail, "\"rows\":1"));
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void tables_have_numbers(void **state)
{
    struct fixture *f = *state;
    struct semantic_table *t;
    size_t count;
    assert_int_equal(semantic_tables(f->s, &reader, f->a, &t, &count, &f->e), 0);
    assert_int_equal(count, 5);
    assert_string_equal(t[2].name, "orders");
    assert_string_equal(t[2].layer, "gold");
    assert_string_equal(t[2].domain, "cost");
    assert_string_equal(t[2].comment, "Orders");
    assert_int_equal(t[2].rows, 5);
    assert_int_equal(t[2].fresh_us, INT64_C(1767323045000000));
    assert_int_equal(t[0].rows, -1);
    run_sql(f, "UPDATE secchi_ops.table_stats SET row_count = 6");
    assert_int_equal(semantic_tables(f->s, &reader, f->a, &t, &count, &f->e), 0);
    assert_int_equal(t[2].rows, 5); /* kept until something changed */
    int64_t version = semantic_version(f->s);
    semantic_changed(f->s);
    assert_int_not_equal(semantic_version(f->s), version);
    assert_int_equal(semantic_tables(f->s, &reader, f->a, &t, &count, &f->e), 0);
    assert_int_equal(t[2].rows, 6);
    struct semantic_column *columns;
    assert_int_equal(semantic_columns(f->s, &reader, "orders", f->a, &columns, &count, &f->e), 0);
    assert_int_equal(count, 4);
    assert_true(columns[0].in_key && columns[2].in_key && !columns[3].in_key);
    assert_false(columns[2].nullable);
    assert_string_equal(columns[0].comment, "where");
    assert_int_equal(semantic_columns(f->s, &reader, "oders", f->a, &columns, &count, &f->e), ERROR_NOT_FOUND);
    assert_int_equal(semantic_columns(f->s, &reader, "a.b.c.d", f->a, &columns, &count, &f->e), ERROR_NOT_FOUND);
    assert_int_equal(semantic_columns(f->s, &reader, "secchi_ops.table_stats", f->a, &columns, &count, &f->e), ERROR_FORBIDDEN);
}

static void functions_of_packs_answer(void **state)
{
    struct fixture *f = *state;
    expect(f, &reader, "SELECT * FROM orders_of(11)", "order_id,place\n11,1\n12,2\n");
    expect(f, &reader, "SELECT order_id FROM TABLE(orders_of(n => 1, first => 12)) AS o", "order_id\n12\n");
    expect(f, &reader, "SELECT COUNT(*) AS n FROM system_gold.orders_of(0, 9) JOIN orders USING (order_id)", "n\n5\n");
    expect(f, &reader, "SELECT noted() + noted_twice() AS n, within_budget(1e5) AS a, within_budget(2e5) AS b", "n,a,b\n3,true,false\n");
    expect(f, &reader, "SELECT ${budget.job_day} AS d, COUNT(*) AS n FROM ${catalog}.${gold_schema}.orders", "d,n\n500,5\n");
    static const char *const wrong[] = {"SELECT ${server.tls_key}", "SELECT * FROM orders_of()", "SELECT * FROM noted()",
                                        "SELECT orders_of(1)"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(f, &reader, wrong[i]);
    refuse(f, &reader, "SELECT ${budget.job_dy}");
    assert_non_null(strstr(f->e.hint, "${budget.job_day}"));
    refuse(f, &reader, "SELECT * FROM orders_off(11)");
    assert_non_null(strstr(f->e.hint, "orders_of"));
}

int main(void)
{
    const char *folder = getenv("SECCHI_TEST_GOLDEN");
    char path[512];
    snprintf(path, sizeof(path), "%s/semantic", folder ? folder : "tests/golden");
    golden = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_the_golden_bytes),
        cmocka_unit_test(arrow_keeps_everything),
        cmocka_unit_test(a_receiver_may_stop),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test_setup_teardown(statements_that_read_are_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(everything_else_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_name_the_nearest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(administrators_see_the_books, set_up, tear_down),
        cmocka_unit_test_setup_teardown(show_and_describe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_asks_under_its_own_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_are_cut_and_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_statement_ends_at_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_statement_can_be_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_statements_wait_for_a_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_are_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_envelope_tells_types_and_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_are_audited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_have_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(functions_of_packs_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
