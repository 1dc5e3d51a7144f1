#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "build/room.h"

static char root[] = "/tmp/secchi-test-build-XXXXXX";
static struct arena *arena;
static struct pack_catalogue *catalogue;

static int open_all(void **state)
{
    (void)state;
    struct error errs[4];
    size_t count = 0;
    const char *packs = getenv("SECCHI_TEST_PACKS");
    arena = arena_new();
    if (!packs || !mkdtemp(root))
        return -1;
    const char *health = path_join(arena, packs, "health");
    if (pack_load(&health, 1, &catalogue, errs, ARRAY_LEN(errs), &count) == 0)
        return 0;
    error_print(stderr, &errs[0]);
    return -1;
}

static int close_all(void **state)
{
    (void)state;
    char command[64];
    pack_free(catalogue);
    arena_free(arena);
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

/* ---- the pack against the specification ----------------------------------------------------------------------------- */

static const char *key_columns(const struct pack_object *o)
{
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < o->table->key_count; i++)
        for (size_t j = 0; o->table->keys[i].primary && j < o->table->keys[i].column_count; j++)
            buf_printf(&b, "%s%s", b.len ? ", " : "", o->table->keys[i].columns[j]);
    char *text = arena_strdup(arena, b.data ? b.data : "");
    buf_free(&b);
    return text;
}

static void check_column(const struct pack_object *o, size_t place, const char *name, const char *type)
{
    const struct sql_type *want;
    if (place >= o->table->column_count)
        fail_msg("%s.%s has no column %s", o->schema, o->name, name);
    const struct sql_column *c = &o->table->columns[place];
    assert_string_equal(c->name, name);
    assert_int_equal(sql_type_parse(arena, type, &want, NULL), 0);
    if (!sql_type_equal(c->type, want))
        fail_msg("%s.%s.%s is %s, the specification says %s", o->schema, o->name, name, c->type_text, type);
}

static void tables_have_the_columns_of_the_specification(void **state)
{
    (void)state;
    char *text, table[128], last[128] = "", *save = NULL;
    size_t place = 0, lines = 0;
    const char *path = path_join(arena, getenv("SECCHI_TEST_GOLDEN"), "build/columns.txt");
    assert_int_equal(file_read(path, 1u << 20, &text, NULL, NULL), 0);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *space = strchr(line, ' ');
        if (line[0] == '#')
            continue;
        assert_non_null(space);
        snprintf(table, sizeof(table), "%.*s", (int)(space - line), line);
        char *dot = strchr(table, '.'), *type = strchr(space + 1, ' ');
        place = strcmp(table, last) == 0 ? place + 1 : 0;
        snprintf(last, sizeof(last), "%s", table);
        *dot = '\0';
        const struct pack_object *o = pack_find(catalogue, table, dot + 1);
        if (!o)
            fail_msg("there is no %s.%s", table, dot + 1);
        *type = '\0';
        if (str_eq(space + 1, "PRIMARY"))
            assert_string_equal(key_columns(o), type + strlen("KEY ") + 1);
        else
            check_column(o, place, space + 1, type + 1);
        lines++;
    }
    assert_true(lines > 400);
    free(text);
}

static const char *property(const struct pack_object *o, const char *key)
{
    for (size_t i = 0; i < o->table->property_count; i++)
        if (str_eq(o->table->properties[i].key, key))
            return o->table->properties[i].value;
    return NULL;
}

static void tables_are_commented_and_tagged(void **state)
{
    (void)state;
    static const char *const tags[] = {"secchi.domain", "data_classification", "contains_pii", "business_owner", "technical_owner"};
    static const char *const domains[] = {"cost", "reliability", "performance", "security", "quality"};
    for (size_t i = 0; i < catalogue->object_count; i++) {
        const struct pack_object *o = catalogue->objects[i];
        if (o->layer == PACK_LANDING)
            continue;
        assert_non_null(o->table->comment);
        for (size_t j = 0; j < o->table->column_count; j++)
            if (!o->table->columns[j].comment)
                fail_msg("%s.%s.%s has no comment", o->schema, o->name, o->table->columns[j].name);
        for (size_t j = 0; j < ARRAY_LEN(tags); j++)
            if (!property(o, tags[j]))
                fail_msg("%s.%s has no property %s", o->schema, o->name, tags[j]);
        bool known = false;
        for (size_t j = 0; j < ARRAY_LEN(domains); j++)
            known |= str_eq(o->domain, domains[j]);
        assert_true(known);
        assert_true(o->fill_count > 0);
    }
}

static void folders_name_system_tables(void **state)
{
    (void)state;
    assert_string_equal(build_object_of(catalogue, "query/history")->name, "query_history");
    assert_string_equal(build_object_of(catalogue, "identity/users")->name, "users");
    assert_null(build_object_of(catalogue, "query/histor"));
    assert_null(build_object_of(catalogue, "query"));
    assert_null(build_object_of(catalogue, "query.history/x"));
}

/* ---- text of SQL ------------------------------------------------------------------------------------------------------- */

static void every_statement_of_the_room_is_one(void **state)
{
    (void)state;
    static const char *const texts[] = {build_sql_finding, build_sql_finding_close, build_sql_stats,
                                        build_sql_marks,   build_sql_pending,       build_sql_run};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sql_statement *s;
        size_t count;
        assert_int_equal(sql_split(arena, texts[i], strlen(texts[i]), 1, &s, &count, NULL), 0);
        assert_int_equal(count, 1);
    }
}

static void an_upsert_into_an_empty_table_is_an_insert(void **state)
{
    (void)state;
    static const struct {
        const char *merge, *insert;
    } cases[] = {
        {"MERGE INTO a.b AS t\nUSING incoming.b AS s\nON t.k <=> s.k\nWHEN MATCHED THEN UPDATE SET *\nWHEN NOT MATCHED THEN INSERT *",
         "INSERT INTO a.b BY NAME SELECT s.* FROM \nincoming.b AS s"},
        {"merge into `x y` t using (select ')' as c, (1) as d) s on true when not matched then insert *",
         "INSERT INTO `x y` BY NAME SELECT s.* FROM (select ')' as c, (1) as d) AS s"},
        {"MERGE INTO a USING b ON a.k = b.k WHEN NOT MATCHED AND b.x THEN INSERT *", NULL},
        {"MERGE INTO a USING b ON a.k = b.k WHEN NOT MATCHED AND b.x THEN INSERT (k) VALUES (1) WHEN NOT MATCHED THEN INSERT *", NULL},
        {"MERGE INTO a USING b ON a.k = b.k WHEN NOT MATCHED THEN INSERT (k) VALUES (b.k)", NULL},
        {"MERGE INTO a USING b ON a.k = b.k WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN DELETE", NULL},
        {"INSERT INTO a SELECT 1", NULL},
        {"MERGE INTO a", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = build_insert_for_merge(arena, cases[i].merge, NULL);
        if (!str_eq(got, cases[i].insert))
            fail_msg("%s\ngives %s", cases[i].merge, got ? got : "nothing");
    }
    for (size_t i = 0; i < catalogue->object_count; i++)
        for (size_t j = 0; !catalogue->objects[i]->is_view && j < catalogue->objects[i]->fill_count; j++)
            if (!strstr(catalogue->objects[i]->fills[j].sql, "NOT MATCHED BY SOURCE") &&
                !build_insert_for_merge(arena, catalogue->objects[i]->fills[j].sql, NULL))
                fail_msg("%s has a fill that cannot be told as an INSERT", catalogue->objects[i]->name);
}

/* The table, its key and what is asked for: all must be there, or a row could meet one that is there. */
static void a_merge_that_copies_new_rows_is_known(void **state)
{
    (void)state;
    static const char good[] =
        "MERGE INTO system_gold.g AS t USING (SELECT UPPER(b.action_name) AS a, b.event_id FROM system_bronze.audit AS b "
        "WHERE b.bronze_ingestion_timestamp > :since) AS s ON t.event_id <=> s.event_id WHEN MATCHED THEN UPDATE SET * "
        "WHEN NOT MATCHED THEN INSERT *";
    static const struct {
        const char *part, *other;
    } cases[] = {
        {"b.event_id FROM", "LOWER(b.event_id) AS event_id FROM"},
        {"b.event_id FROM", "b.request_id AS event_id FROM"},
        {"b.event_id FROM", "b.event_id || '' AS event_id FROM"},
        {"b.event_id FROM", "(b.event_id, 1) AS event_id FROM"},
        {"> :since", ">= :since"},
        {"> :since", "> :until"},
        {"> :since", "> :since OR b.action_name = 'x'"},
        {"WHERE b.bronze_ingestion_timestamp > :since", ""},
        {"WHERE", "INNER JOIN system_bronze.users AS u ON u.id = b.event_id WHERE"},
        {"> :since)", "> :since UNION ALL SELECT 'a', event_id FROM system_bronze.audit)"},
        {"(SELECT", "(SELECT event_id AS a, event_id FROM system_gold.g UNION ALL SELECT"},
        {"system_bronze.audit AS b", "system_gold.fact_audit_logs AS b"},
        {"system_bronze.audit AS b", "system_bronze.nothing AS b"},
        {"t.event_id <=> s.event_id", "t.a <=> s.a"},
        {"t.event_id <=> s.event_id", "t.event_id <=> s.event_id AND t.a <=> s.a"},
        {"MERGE INTO", "INSERT INTO"},
    };
    const struct pack_object *o = build_merge_copies(arena, good, catalogue);
    assert_non_null(o);
    assert_string_equal(o->name, "audit");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *at = strstr(good, cases[i].part);
        assert_non_null(at);
        const char *sql = arena_printf(arena, "%.*s%s%s", (int)(at - good), good, cases[i].other, at + strlen(cases[i].part));
        if (build_merge_copies(arena, sql, catalogue))
            fail_msg("taken for a copy: %s", sql);
    }
}

static void a_merge_takes_rows_from_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *merge, *from;
    } cases[] = {
        {"MERGE INTO a.b AS t\nUSING (\n  SELECT 1 AS k\n) AS s\nON t.k <=> s.k\nWHEN MATCHED AND s.x > t.x THEN UPDATE SET *\n"
         "WHEN NOT MATCHED THEN INSERT *",
         "MERGE INTO a.b AS t\nUSING incoming.x \n\nAS s\nON t.k <=> s.k\nWHEN MATCHED AND s.x > t.x THEN UPDATE SET *\n"
         "WHEN NOT MATCHED THEN INSERT *"},
        {"MERGE INTO a USING b s ON a.k = s.k WHEN NOT MATCHED THEN INSERT *",
         "MERGE INTO a USING incoming.x s ON a.k = s.k WHEN NOT MATCHED THEN INSERT *"},
        {"MERGE INTO a USING b ON a.k = b.k WHEN NOT MATCHED THEN INSERT *", NULL}, /* its columns go by the name b */
        {"MERGE INTO a USING b AS s ON a.k = s.k WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN DELETE", NULL},
        {"SELECT 1", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = build_merge_from(arena, cases[i].merge, "incoming.x");
        if (!str_eq(got, cases[i].from))
            fail_msg("%s\ngives %s", cases[i].merge, got ? got : "nothing");
    }
}

/* ---- a refresh of a small folder --------------------------------------------------------------------------------------- */

static void put(const char *name, const char *text)
{
    char *path = path_join(arena, root, name), *dir = arena_strdup(arena, path);
    *strrchr(dir, '/') = '\0';
    assert_int_equal(dir_create(dir, 0755, NULL), 0);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

struct world {
    struct engine *engine;
    struct config *config;
    struct pack_names names;
    struct build_context context;
};

static void world_open(struct world *w)
{
    struct error e = {0};
    const char *dir = path_join(arena, root, "in");
    struct engine_options options = {
        .kind = "duckdb", .path = path_join(arena, root, "home/warehouse.duckdb"), .read_dirs = &dir, .read_dir_count = 1};
    put("home/secchi.yaml", arena_printf(arena, "sources:\n  - {name: in, path: %s}\n", dir));
    if (config_load(path_join(arena, root, "home"), NULL, 0, &w->config, &e) || engine_open(&options, &w->engine, &e))
        fail_msg("%s", e.what);
    w->names = (struct pack_names){catalogue, w->config};
    engine_set_env(w->engine, &(struct sql_env){.context = &w->names,
                                                .name = pack_resolve,
                                                .variable = pack_resolve_variable,
                                                .function = pack_resolve_function,
                                                .metric = pack_resolve_metric});
    w->context = (struct build_context){w->engine, catalogue, w->config, NULL};
    if (build_prepare(&w->context, &e) || build_prepare(&w->context, &e) || build_recover(&w->context, &e))
        fail_msg("%s: %s", e.where, e.what);
}

static void world_close(struct world *w)
{
    engine_close(w->engine);
    config_free(w->config);
}

static int64_t number(struct world *w, const char *sql)
{
    struct engine_conn *c;
    struct error e = {0};
    int64_t n = -1;
    assert_int_equal(engine_connect(w->engine, ENGINE_READ, NULL, &c, &e), 0);
    if (build_i64(c, ENGINE_SQL(sql), &n, &e))
        fail_msg("%s", e.what);
    engine_disconnect(c);
    return n;
}

static void count_event(void *context, const struct build_event *e)
{
    int *counts = context;
    counts[e->kind]++;
    assert_true(e->done <= e->total);
}

static struct build_report refresh(struct world *w)
{
    struct build_report r;
    struct error e = {0};
    int counts[3] = {0};
    struct build_options o = {.on_event = count_event, .context = counts, .kind = "refresh"};
    if (build_refresh(&w->context, &o, &r, &e))
        fail_msg("%s: %s", e.where, e.what);
    assert_int_equal(counts[BUILD_STEP_START], r.steps);
    assert_int_equal(counts[BUILD_STEP_END], r.steps);
    return r;
}

static void a_folder_becomes_bronze_and_gold(void **state)
{
    (void)state;
    struct world w;
    const char *one =
        "{\"statement_id\":\"s1\",\"start_time\":\"2026-01-01T10:00:00Z\",\"total_duration_ms\":5,\"compute\":{\"cluster_id\":\"c\"}}\n";
    const char *two = "{\"statement_id\":\"s2\",\"start_time\":\"2026-01-01T11:00:00Z\",\"total_duration_ms\":7}\n";
    put("in/query/history/a.jsonl", one);
    world_open(&w);
    struct build_report r = refresh(&w);
    assert_int_equal(r.rows_loaded, 1);
    assert_int_equal(r.failed, 0);
    assert_int_equal(number(&w, "SELECT COUNT(*) FROM fact_query_history WHERE statement_id = 's1' AND compute_cluster_id = 'c'"), 1);
    put("in/query/history/a.jsonl", arena_printf(arena, "%s%s", one, two));
    r = refresh(&w);
    assert_int_equal(r.rows_loaded, 1);
    assert_int_equal(number(&w, "SELECT SUM(total_duration_ms) FROM fact_query_history"), 12);
    r = refresh(&w);
    assert_int_equal(r.rows_loaded, 0);
    assert_int_equal(number(&w, "SELECT COUNT(*) FROM secchi_ops.run WHERE state = 'succeeded'"), 3);
    assert_int_equal(number(&w, "SELECT COUNT(DISTINCT bronze_ingestion_timestamp) FROM query_history"), 2);
    world_close(&w);
    world_open(&w); /* prepared before */
    assert_int_equal(number(&w, "SELECT COUNT(*) FROM fact_query_history"), 2);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_columns_of_the_specification),
        cmocka_unit_test(tables_are_commented_and_tagged),
        cmocka_unit_test(folders_name_system_tables),
        cmocka_unit_test(every_statement_of_the_room_is_one),
        cmocka_unit_test(an_upsert_into_an_empty_table_is_an_insert),
        cmocka_unit_test(a_merge_that_copies_new_rows_is_known),
        cmocka_unit_test(a_merge_takes_rows_from_elsewhere),
        cmocka_unit_test(a_folder_becomes_bronze_and_gold),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
