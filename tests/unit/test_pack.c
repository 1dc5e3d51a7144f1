#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pack/pack.h"

static char root[] = "/tmp/secchi-test-pack-XXXXXX";
static int packs_made;

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

static const char *new_pack(const char *manifest)
{
    static char dir[128];
    char path[256];
    struct error e;
    snprintf(dir, sizeof(dir), "%s/p%d", root, ++packs_made);
    static const char *const folders[] = {"bronze/checks", "gold", "sources/spark", "dashboards", "functions/cost"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
        assert_int_equal(dir_create(path, 0700, &e), 0);
    }
    snprintf(path, sizeof(path), "%s/pack.yaml", dir);
    assert_int_equal(file_write_atomic(path, manifest, strlen(manifest), 0600, &e), 0);
    return dir;
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[256];
    struct error e;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &e), 0);
}

static const char usage_sql[] =
    "CREATE TABLE IF NOT EXISTS system_bronze.usage (record_id STRING, usage_date DATE, quantity DOUBLE,\n"
    "  CONSTRAINT pk PRIMARY KEY (record_id)) COMMENT 'x' TBLPROPERTIES ('secchi.system_table'='system.billing.usage', 'secchi.domain'='cost');\n"
    "MERGE INTO system_bronze.usage AS t USING incoming.usage AS s ON t.record_id <=> s.record_id\n"
    "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;\n";

/* Loads one or two packs and returns the number of errors; the first is in *first. */
static size_t load(const char *a, const char *b, struct pack_catalogue **ret, struct error *first)
{
    const char *dirs[] = {a, b};
    struct error errs[8] = {0};
    size_t n = 0;
    *ret = NULL;
    int rc = pack_load(dirs, b ? 2 : 1, ret, errs, ARRAY_LEN(errs), &n);
    assert_int_equal(rc != 0, n > 0);
    *first = errs[0];
    return n;
}

static void tables_are_ordered_by_what_they_read(void **state)
{
    (void)state;
    const char *dir = new_pack("name: t\n");
    put(dir, "bronze/usage.sql", usage_sql);
    put(dir, "gold/a_daily.sql", "CREATE TABLE a_daily (d DATE, q DOUBLE);\nINSERT INTO a_daily SELECT usage_date, quantity FROM z_usage;");
    put(dir, "gold/z_usage.sql", "CREATE VIEW system_gold.z_usage AS SELECT * FROM system.billing.usage;");
    struct pack_catalogue *c;
    struct error e;
    assert_int_equal(load(dir, NULL, &c, &e), 0);
    assert_int_equal(c->object_count, 3);
    assert_string_equal(c->objects[0]->name, "usage");
    assert_string_equal(c->objects[1]->name, "z_usage");
    assert_string_equal(c->objects[2]->name, "a_daily");
    assert_string_equal(c->objects[2]->schema, "system_gold");
    assert_string_equal(c->objects[0]->system_table, "system.billing.usage");
    assert_string_equal(c->objects[0]->domain, "cost");
    assert_true(c->objects[1]->is_view);
    assert_int_equal(c->objects[2]->read_count, 1);
    assert_int_equal(c->objects[2]->fills[0].line, 2);
    assert_ptr_equal(pack_find(c, "SYSTEM_BRONZE", "Usage"), c->objects[0]);
    pack_free(c);
}

static void names_resolve_as_documented(void **state)
{
    (void)state;
    const char *dir = new_pack("name: t\n");
    put(dir, "bronze/usage.sql", usage_sql);
    put(dir, "gold/usage.sql", "CREATE TABLE system_gold.usage (d DATE);");
    struct pack_catalogue *c;
    struct error e;
    assert_int_equal(load(dir, NULL, &c, &e), 0);
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct pack_names names = {c, NULL};
    static const struct {
        struct sql_name name;
        const char *schema, *hint;
    } cases[] = {
        {{{"usage"}, 1, {0}}, "system_gold", NULL},
        {{{"system_bronze", "usage"}, 2, {0}}, "system_bronze", NULL},
        {{{"system", "billing", "usage"}, 3, {0}}, "system_bronze", NULL},
        {{{"secchi_ops", "anything"}, 2, {0}}, "secchi_ops", NULL},
        {{{"usgae"}, 1, {0}}, NULL, "usage"},
        {{{"system", "billing", "usages"}, 3, {0}}, NULL, "system.billing.usage"},
        {{{"nowhere", "usage"}, 2, {0}}, NULL, "usage"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *schema = NULL, *table = NULL;
        int rc = pack_resolve(&names, &cases[i].name, a, &schema, &table, &e);
        assert_int_equal(rc, cases[i].schema ? 0 : ERROR_NOT_FOUND);
        if (cases[i].schema)
            assert_string_equal(schema, cases[i].schema);
        else
            assert_non_null(strstr(e.hint, cases[i].hint));
    }
    pack_free(c);
}

static void faults_name_file_line_and_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text, *what, *where, *hint;
    } cases[] = {
        {"bronze/usage.sql", "CREATE TABLE system_bronze.usage (a STRING);", "secchi.system_table", "usage.sql:1", ""},
        {"gold/x.sql", "CREATE TABLE x (a STRING);\n\nDROP TABLE x;", "DROP TABLE cannot stand here", "x.sql:3", ""},
        {"gold/x.sql", "CREATE TABLE x (a STRING);\nINSERT INTO y SELECT 1;", "must fill system_gold.x", "x.sql:2", ""},
        {"gold/x.sql", "-- nothing\n", "holds no statement", "x.sql:1", ""},
        {"gold/x.sql", "CREATE TABLE x (a STRNG);", "", "x.sql: 1:", ""},
        {"gold/x.sql", "CREATE VIEW x AS SELECT * FROM x2;\nCREATE VIEW x2 AS SELECT * FROM x;", "circle", "x.sql", ""},
        {"bronze/checks/usge.yaml", "[]", "no bronze table 'usge'", "usge.yaml", ""},
        {"bronze/checks/usage.yaml", "- name: a\n  check: {function: is_not_nul, arguments: {column: record_id}}\n",
         "unknown check function", "usage.yaml:2", "is_not_null"},
        {"bronze/checks/usage.yaml", "- name: a\n  check: {function: is_not_null, arguments: {column: recordid}}\n", "no column 'recordid'",
         "usage.yaml:2", "record_id"},
        {"bronze/checks/usage.yaml", "- name: a\n  critical: warn\n", "unknown key 'critical'", "usage.yaml:2", "criticality"},
        {"bronze/checks/usage.yaml", "- name: a\n  check: {function: is_in_range, arguments: {column: quantity, min_limit: 0}}\n",
         "min_limit and max_limit", "usage.yaml:2", ""},
        {"dashboards/d.lvdash.json", "{\"pages\": [", "not valid JSON", "d.lvdash.json", ""},
        {"functions/cost/f.sql", "CREATE FUNCTION f() RETURNS INT RETURN 1; SELECT 1", "must hold one CREATE FUNCTION", "f.sql:1:43", ""},
        {"functions/f.sql", "SELECT 1", "must hold one CREATE FUNCTION", "f.sql:1:1", ""},
        {"functions/f.sql", "CREATE FUNCTION sum(x INT) RETURNS INT RETURN x", "built-in", "f.sql:1", "another name"},
        {"functions/f.sql", "CREATE FUNCTION f(x INTT) RETURNS INT RETURN x", "", "f.sql: 1:", ""},
        {"functions/f.sql", "CREATE FUNCTION f() RETURNS INT RETURN system_gold.f()", "calls itself", "f.sql:1", ""},
        {"functions/f.sql", "CREATE TEMPORARY FUNCTION f() RETURNS INT RETURN 1", "TEMPORARY", "f.sql:1", "OR REPLACE"},
        {"sources/spark/a.b.sql", "SELECT 1; SELECT 2", "must be one SELECT", "a.b.sql", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *dir = new_pack("name: t\n");
        if (!str_eq(cases[i].file, "bronze/usage.sql"))
            put(dir, "bronze/usage.sql", usage_sql);
        put(dir, cases[i].file, cases[i].text);
        struct pack_catalogue *c;
        struct error e;
        assert_int_not_equal(load(dir, NULL, &c, &e), 0);
        if (!strstr(e.what, cases[i].what) || !strstr(e.where, cases[i].where) || !strstr(e.hint, cases[i].hint))
            fail_msg("case %zu: what '%s' where '%s' hint '%s'", i, e.what, e.where, e.hint);
        assert_int_equal(error_exit_status(&e), 2);
    }
}

static void a_later_pack_wins_only_with_override(void **state)
{
    (void)state;
    char first[128], second[128], third[128];
    snprintf(first, sizeof(first), "%s", new_pack("name: one\n"));
    snprintf(second, sizeof(second), "%s", new_pack("name: two\n"));
    snprintf(third, sizeof(third), "%s", new_pack("name: three\noverride: true\n"));
    put(first, "gold/x.sql", "CREATE TABLE x (a STRING);");
    put(second, "gold/x.sql", "CREATE TABLE x (b STRING);");
    put(third, "gold/x.sql", "CREATE TABLE x (c STRING);");
    put(first, "functions/f.sql", "CREATE FUNCTION f() RETURNS INT RETURN 1");
    put(third, "functions/f.sql", "CREATE FUNCTION F() RETURNS INT RETURN 3");
    struct pack_catalogue *c;
    struct error e;
    assert_int_equal(load(first, second, &c, &e), 1);
    assert_non_null(strstr(e.what, first));
    assert_non_null(strstr(e.where, second));
    assert_int_equal(load(first, third, &c, &e), 0);
    assert_int_equal(c->object_count, 1);
    assert_string_equal(c->objects[0]->table->columns[0].name, "c");
    assert_int_equal(c->function_count, 1);
    assert_string_equal(c->functions[0]->name, "F");
    pack_free(c);
    put(second, "gold/x.sql", "CREATE TABLE y (b STRING);");
    put(second, "functions/f.sql", "CREATE FUNCTION f() RETURNS INT RETURN 2");
    assert_int_equal(load(first, second, &c, &e), 1);
    assert_non_null(strstr(e.what, "the function system_gold.f stands in"));
}

static void functions_are_ordered_by_what_they_call(void **state)
{
    (void)state;
    const char *dir = new_pack("name: t\n");
    put(dir, "functions/cost/a_rows.sql",
        "CREATE FUNCTION a_rows(n INT, factor DOUBLE DEFAULT 2) RETURNS TABLE (x DOUBLE COMMENT 'c') RETURN SELECT twice(n) * factor;\n");
    put(dir, "functions/twice.sql", "CREATE OR REPLACE FUNCTION system_gold.twice(n INT) RETURNS INT RETURN 2 * n;\n");
    struct pack_catalogue *c;
    struct error e;
    assert_int_equal(load(dir, NULL, &c, &e), 0);
    assert_int_equal(c->function_count, 2);
    assert_string_equal(c->functions[0]->name, "twice");
    assert_null(c->functions[0]->domain);
    assert_string_equal(c->functions[1]->domain, "cost");
    assert_string_equal(c->functions[1]->schema, "system_gold");
    assert_true(str_starts(c->functions[1]->ddl, "CREATE OR REPLACE FUNCTION a_rows("));
    assert_true(c->functions[1]->signature.table_valued);
    assert_int_equal(c->functions[1]->signature.parameter_count, 2);
    assert_string_equal(c->functions[1]->signature.columns[0].name, "x");
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct pack_names names = {c, NULL};
    const struct sql_user_function *f;
    assert_int_equal(pack_resolve_function(&names, &(struct sql_name){{"TWICE"}, 1, {0}}, a, &f, &e), 0);
    assert_string_equal(f->engine_sql, "\"system_gold\".\"twice\"");
    assert_int_equal(pack_resolve_function(&names, &(struct sql_name){{"system_bronze", "twice"}, 2, {0}}, a, &f, &e), ERROR_NOT_FOUND);
    assert_non_null(strstr(e.hint, "twice"));
    assert_int_equal(pack_resolve_function(&names, &(struct sql_name){{"nothing_like_it"}, 1, {0}}, a, &f, &e), 0);
    assert_null(f);
    pack_free(c);
}

static void checks_become_predicates(void **state)
{
    (void)state;
    const char *dir = new_pack("name: t\n");
    put(dir, "bronze/usage.sql", usage_sql);
    put(dir, "bronze/checks/usage.yaml",
        "- {name: a, check: {function: is_not_null, arguments: {column: record_id}}}\n"
        "- {name: b, criticality: warn, check: {function: is_not_less_than, arguments: {column: quantity, limit: 0}}}\n"
        "- {name: c, check: {function: is_in_list, arguments: {column: record_id, allowed: [x, 'it''s', 7]}}}\n"
        "- {name: d, filter: quantity > 1, check: {function: sql_expression, arguments: {expression: length(record_id) = 3}}}\n");
    static const char *const wanted[] = {
        "`record_id` IS NOT NULL",
        "(`quantity` IS NULL OR `quantity` >= 0)",
        "(`record_id` IS NULL OR `record_id` IN ('x', 'it\\'s', 7))",
        "(NOT coalesce(quantity > 1, FALSE)) OR ((length(record_id) = 3))",
    };
    struct pack_catalogue *c;
    struct error e;
    assert_int_equal(load(dir, NULL, &c, &e), 0);
    assert_int_equal(c->objects[0]->check_count, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_string_equal(c->objects[0]->checks[i].predicate, wanted[i]);
    assert_true(c->objects[0]->checks[1].warning);
    pack_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_ordered_by_what_they_read),    cmocka_unit_test(names_resolve_as_documented),
        cmocka_unit_test(faults_name_file_line_and_nearest),       cmocka_unit_test(a_later_pack_wins_only_with_override),
        cmocka_unit_test(functions_are_ordered_by_what_they_call), cmocka_unit_test(checks_become_predicates),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
