/* Messages of Spark Connect against those that PySpark's protobuf makes (tests/golden/spark, made by tests/spark/make_golden.py), and
 * addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/remote.h"
#include "engine/spark/connect.h"

#define OPERATION "55555555-6666-4777-8888-999999999999"

static const struct spark_who who = {.session_id = "00000000-1111-4222-8333-444444444444",
                                     .user_id = "ada",
                                     .client_type = "secchi test",
                                     .server_session_id = "server-session"};

static struct spark_text golden(struct arena *a, const char *name)
{
    const char *path = arena_printf(a, "%s/spark/%s.bin", getenv("SECCHI_TEST_GOLDEN"), name);
    struct error err;
    char *data;
    size_t len;
    if (file_read(path, 1u << 20, &data, &len, &err))
        fail_msg("%s", err.what);
    struct spark_text t = spark_text_copy(a, (struct spark_text){data, len});
    free(data);
    return t;
}

static void same(struct buf *b, const char *name)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_text want = golden(a, name);
    assert_false(b->overflow);
    assert_int_equal(b->len, want.len);
    assert_memory_equal(b->data, want.data, want.len);
    buf_free(b);
    buf_init(b, 1u << 20);
}

static void test_requests(void **state)
{
    static const char *const pairs[][2] = {{"spark.a", "1"}, {"spark.b", ""}};
    struct spark_who unseen = who;
    struct spark_plan query = {.kind = SPARK_QUERY, .sql = "SELECT 'ä'"};
    struct buf b;
    (void)state;
    buf_init(&b, 1u << 20);
    unseen.server_session_id = NULL;
    spark_put_execute(&b, &who, OPERATION, &query);
    same(&b, "execute_query");
    spark_put_execute(&b, &who, OPERATION, &(struct spark_plan){.kind = SPARK_COMMAND, .sql = "DROP TABLE t"});
    same(&b, "execute_command");
    spark_put_reattach(&b, &who, OPERATION, "r7");
    same(&b, "reattach");
    spark_put_release(&b, &who, OPERATION);
    same(&b, "release");
    spark_put_interrupt(&b, &who, OPERATION);
    same(&b, "interrupt");
    spark_put_release_session(&b, &who);
    same(&b, "release_session");
    spark_put_config(&b, &unseen, pairs, 2);
    same(&b, "config");
    spark_put_analyze_schema(&b, &who, &query);
    same(&b, "analyze_schema");
    spark_put_analyze_table(&b, &who, "`s`.`t`");
    same(&b, "analyze_table");
    spark_put_analyze_version(&b, &who);
    same(&b, "analyze_version");
    buf_free(&b);
}

static void test_rows_sent(void **state)
{
    char rows[13 * 20];
    struct buf b;
    (void)state;
    for (size_t i = 0; i < 20; i++)
        memcpy(rows + 13 * i, "rows\0of\0arrow", 13);
    struct spark_plan plan = {.kind = SPARK_APPEND, .rows = {rows, sizeof(rows)}, .schema = "a INT", .table = "`c`.`s`.`t`"};
    buf_init(&b, 1u << 20);
    spark_put_execute(&b, &who, OPERATION, &plan);
    same(&b, "execute_append");
    plan.kind = SPARK_CREATE;
    plan.table = "`s`.`t`";
    plan.source = "parquet";
    spark_put_execute(&b, &who, OPERATION, &plan);
    same(&b, "execute_create");
    buf_free(&b);
}

static void assert_text(struct spark_text t, const char *want, size_t len)
{
    assert_int_equal(t.len, len);
    assert_memory_equal(t.data, want, len);
}

static void test_answers(void **state)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_response r;
    struct spark_text rows;
    const char *text;
    struct error err;
    (void)state;
    assert_int_equal(spark_get_response(golden(a, "answer_batch"), &r, &err), 0);
    assert_text(r.batch, "arrow\0bytes", 11);
    assert_text(r.response_id, "r2", 2);
    assert_false(r.complete || r.progress);
    assert_int_equal(spark_get_response(golden(a, "answer_command"), &r, &err), 0);
    assert_int_equal(spark_get_local_rows(r.relation, &rows, &err), 0);
    assert_text(rows, "local\0rows", 10);
    assert_int_equal(spark_get_response(golden(a, "answer_progress"), &r, &err), 0);
    assert_true(r.progress);
    assert_int_equal(r.tasks, 12);
    assert_int_equal(r.tasks_done, 9);
    assert_int_equal(spark_get_response(golden(a, "answer_complete"), &r, &err), 0);
    assert_true(r.complete);
    assert_int_equal(spark_get_version(golden(a, "answer_version"), a, &text, &err), 0);
    assert_string_equal(text, "4.2.0");
    assert_int_equal(spark_get_server_session(golden(a, "answer_config"), a, &text, &err), 0);
    assert_string_equal(text, "server-session");
    assert_int_equal(spark_get_version(golden(a, "answer_analyzed"), a, &text, &err), ERROR_ENGINE);
}

static void check_columns(struct spark_text type)
{
    static const char *const want[][2] = {
        {"b", "BOOLEAN"},       {"i", "INT"},
        {"l", "BIGINT"},        {"f", "DOUBLE"},
        {"s", "STRING"},        {"t", "TIMESTAMP"},
        {"n", "TIMESTAMP_NTZ"}, {"d", "DATE"},
        {"v", "VOID"},          {"m", "MAP<STRING, ARRAY<STRUCT<x: INT, `odd name`: DECIMAL(12,3)>>>"},
    };
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_column *columns;
    struct error err;
    size_t count;
    assert_int_equal(spark_get_columns(type, a, &columns, &count, &err), 0);
    assert_int_equal(count, ARRAY_LEN(want));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(columns[i].name, want[i][0]);
        assert_string_equal(columns[i].type, want[i][1]);
        assert_int_equal(columns[i].nullable, strcmp(want[i][0], "l") != 0);
    }
}

static void test_types(void **state)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_response r;
    struct spark_text type;
    struct error err;
    (void)state;
    assert_int_equal(spark_get_response(golden(a, "answer_schema"), &r, &err), 0);
    check_columns(r.schema);
    assert_int_equal(spark_get_analyzed(golden(a, "answer_analyzed"), &type, &err), 0);
    check_columns(type);
}

static void read_all(struct spark_text bytes)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_response r = {0};
    struct engine_column *columns;
    struct spark_text text;
    const char *version;
    size_t count;
    if (spark_get_response(bytes, &r, NULL) == 0 && r.relation.data && spark_get_local_rows(r.relation, &text, NULL) == 0 && text.data)
        assert_true(text.data >= bytes.data && text.data + text.len <= bytes.data + bytes.len);
    if (r.schema.data && spark_get_columns(r.schema, a, &columns, &count, NULL) == 0)
        assert_true(count <= bytes.len);
    if (r.batch.data)
        assert_true(r.batch.data >= bytes.data && r.batch.data + r.batch.len <= bytes.data + bytes.len);
    if (spark_get_analyzed(bytes, &text, NULL) == 0 && spark_get_columns(text, a, &columns, &count, NULL) == 0)
        assert_true(count <= bytes.len);
    if (spark_get_version(bytes, a, &version, NULL) == 0)
        assert_true(strlen(version) <= bytes.len);
}

/* Every answer cut off anywhere and with bytes changed, in memory that ends with it: sanitizers see a step too far. */
static void test_damaged(void **state)
{
    static const char *const names[] = {"answer_schema",   "answer_batch",    "answer_command", "answer_progress",
                                        "answer_complete", "answer_analyzed", "answer_version"};
    uint64_t random = 42;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct arena *a CLEANUP(arena_freep) = arena_new();
        struct spark_text whole = golden(a, names[i]);
        for (size_t round = 0; round < whole.len + 3000; round++) {
            size_t len = round < whole.len ? round : whole.len;
            char *copy = xmalloc(len + 1);
            memcpy(copy, whole.data, len);
            for (int change = 0; round >= whole.len && change < 3; change++) {
                random = hash_bytes(&random, sizeof(random), round);
                copy[random % len] = (char)(random >> 32);
            }
            char *tight = len ? xmalloc(len) : NULL;
            if (len)
                memcpy(tight, copy, len);
            if (tight)
                read_all((struct spark_text){tight, len});
            free(tight);
            free(copy);
        }
    }
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "http://h",   "sc://",         "sc://h:0",          "sc://h:70000",        "sc://h/path",
        "sc://h/;x",  "sc://h/;a b=1", "sc://h/;token=%zz", "sc://h/;use_ssl=may", "sc://h/;session_id=1",
        "sc://h;x=1", "sc://h a",      "sc://[::1]x:1",     "sc://h/;x=a%0ab",     "sc://h/;token=t;use_ssl=false"};
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct spark_address x;
    struct error err;
    (void)state;
    assert_int_equal(spark_address_parse("sc://spark.example:443/;token=a%2Fb;user_id=ada%20l;x-lane=blue", NULL, "/ca.pem", a, &x, &err),
                     0);
    assert_string_equal(x.host, "spark.example");
    assert_int_equal(x.port, 443);
    assert_true(x.tls);
    assert_string_equal(x.token, "a/b");
    assert_string_equal(x.user_id, "ada l");
    assert_string_equal(x.ca_file, "/ca.pem");
    assert_int_equal(x.header_count, 1);
    assert_string_equal(x.headers[0][1], "blue");
    assert_int_equal(spark_address_parse("sc://localhost", "secret", "", a, &x, &err), 0);
    assert_int_equal(x.port, 15002);
    assert_false(x.tls);
    assert_string_equal(x.token, "secret");
    assert_int_equal(spark_address_parse("sc://[::1]:9/;use_ssl=true", NULL, NULL, a, &x, &err), 0);
    assert_string_equal(x.host, "[::1]");
    assert_true(x.tls && !x.token);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(spark_address_parse(bad[i], NULL, NULL, a, &x, &err), ERROR_USAGE);
        assert_null(strstr(err.what, "token=t"));
    }
    assert_int_equal(spark_address_parse("sc://far.example/;use_ssl=false", "topsecret", NULL, a, &x, &err), ERROR_USAGE);
    assert_null(strstr(err.what, "topsecret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests), cmocka_unit_test(test_rows_sent), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_damaged),   cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
