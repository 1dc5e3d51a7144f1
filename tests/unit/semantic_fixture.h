/*
 * A warehouse with tables of two tenants and a semantic room over it, for the tests of that room.
 */
#ifndef SECCHI_SEMANTIC_FIXTURE_H
#define SECCHI_SEMANTIC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "semantic/semantic.h"

static inline int keep(void *context, const void *data, size_t len)
{
    buf_add(context, data, len);
    return 0;
}

struct fixture {
    char home[64];
    struct arena *a;
    struct config *config;
    struct pack_catalogue *catalogue;
    struct engine *engine;
    struct state *state;
    struct semantic *s;
    struct error e;
};

static const char *const pack_files[][2] = {
    {"pack.yaml", "name: shop\nversion: 1\ntitle: Shop\n"},
    {"gold/orders.sql",
     "CREATE TABLE IF NOT EXISTS system_gold.orders (workspace_id STRING COMMENT 'where', account_id STRING, order_id BIGINT NOT NULL, at TIMESTAMP, "
     "CONSTRAINT pk PRIMARY KEY (workspace_id, order_id)) COMMENT 'Orders' "
     "TBLPROPERTIES ('secchi.domain' = 'cost', 'secchi.event_time' = 'at');\n"},
    {"gold/bills.sql", "CREATE TABLE IF NOT EXISTS system_gold.bills (account_id STRING, amount DECIMAL(10,2)) COMMENT 'Bills';\n"},
    {"gold/rates.sql",
     "CREATE TABLE IF NOT EXISTS system_gold.rates (name STRING, rate DOUBLE) COMMENT 'Rates' TBLPROPERTIES ('secchi.shared' = 'true');\n"},
    {"gold/who.sql", "CREATE OR REPLACE VIEW system_gold.who AS SELECT current_user() AS name, is_member('operator') AS operator;\n"},
    {"functions/orders_of.sql",
     "CREATE FUNCTION orders_of(first BIGINT, n INT DEFAULT 2) RETURNS TABLE (order_id BIGINT, place INT) RETURN "
     "SELECT order_id, ROW_NUMBER() OVER (ORDER BY order_id) FROM orders WHERE order_id >= first QUALIFY ROW_NUMBER() OVER (ORDER BY order_id) <= n;\n"},
    {"functions/budget.sql",
     "CREATE FUNCTION within_budget(cost DOUBLE) RETURNS BOOLEAN RETURN cost <= ${budget.monthly} AND ${timezone} = 'UTC';\n"},
    {"functions/noted.sql", "CREATE FUNCTION noted() RETURNS BIGINT RETURN (SELECT COUNT(*) FROM notes);\n"},
    {"functions/noted_twice.sql", "CREATE FUNCTION noted_twice() RETURNS BIGINT RETURN 2 * noted();\n"},
    {"gold/notes.sql", "CREATE TABLE IF NOT EXISTS system_gold.notes (text STRING) COMMENT 'Notes';\n"},
};

static const char *const fill[] = {
    "CREATE SCHEMA IF NOT EXISTS system_gold",
    "CREATE SCHEMA IF NOT EXISTS secchi_ops",
    "CREATE TABLE secchi_ops.table_stats (schema_name STRING, table_name STRING, row_count BIGINT, fresh_at TIMESTAMP, updated_at TIMESTAMP, run_id BIGINT)",
    "INSERT INTO secchi_ops.table_stats VALUES ('system_gold', 'orders', 5, TIMESTAMP'2026-01-02 03:04:05', TIMESTAMP'2026-01-03 00:00:00', 1)",
    "INSERT INTO system_gold.orders VALUES ('1', 'acc-1', 10, TIMESTAMP'2026-01-01 00:00:00'), ('2', 'acc-1', 11, NULL)",
    "INSERT INTO system_gold.orders VALUES ('3', 'acc-2', 12, NULL), (NULL, NULL, 13, NULL), ('3', 'acc-1', 14, NULL)",
    "INSERT INTO system_gold.bills VALUES ('acc-1', 1.50), ('acc-2', 2.50), (NULL, 3.50)",
    "INSERT INTO system_gold.rates VALUES ('eur', 1.1)",
    "INSERT INTO system_gold.notes VALUES ('secret')",
    "CREATE SCHEMA secchi_information",
    "CREATE TABLE secchi_information.schemata AS SELECT 'system_gold' AS schema_name",
    "CREATE TABLE secchi_information.tables AS SELECT 'system_gold' AS table_schema, 'orders' AS table_name UNION ALL SELECT 'system_gold', 'notes'",
    "CREATE TABLE secchi_information.columns AS SELECT * FROM secchi_information.tables",
    "CREATE TABLE secchi_information.views AS SELECT * FROM secchi_information.tables",
    "CREATE TABLE secchi_information.table_tags AS SELECT table_schema AS schema_name, table_name FROM secchi_information.tables",
    "CREATE TABLE secchi_information.routines AS SELECT 'system_gold' AS routine_schema, 'orders_of' AS routine_name UNION ALL SELECT 'system_gold', 'noted'",
    "CREATE TABLE secchi_information.parameters AS SELECT routine_schema AS specific_schema, routine_name AS specific_name FROM secchi_information.routines",
    "CREATE TABLE secchi_information.routine_columns AS SELECT * FROM secchi_information.parameters",
};

static void write_file(struct fixture *f, const char *name, const char *text)
{
    const char *path = path_join(f->a, f->home, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &f->e), 0);
}

static void make_pack(struct fixture *f)
{
    const char *dir = path_join(f->a, f->home, "shop");
    size_t faults;
    assert_int_equal(dir_create(path_join(f->a, dir, "gold"), 0700, &f->e), 0);
    assert_int_equal(dir_create(path_join(f->a, dir, "functions"), 0700, &f->e), 0);
    for (size_t i = 0; i < ARRAY_LEN(pack_files); i++)
        write_file(f, arena_printf(f->a, "shop/%s", pack_files[i][0]), pack_files[i][1]);
    if (pack_load(&dir, 1, &f->catalogue, &f->e, 1, &faults) != 0)
        fail_msg("%s: %s", f->e.where, f->e.what);
}

static inline void run_sql(struct fixture *f, const char *sql)
{
    struct engine_conn *c;
    assert_int_equal(engine_connect(f->engine, ENGINE_WRITE, NULL, &c, &f->e), 0);
    int rc = engine_exec(c, ENGINE_SQL(sql), NULL, &f->e);
    engine_disconnect(c);
    if (rc)
        fail_msg("%s: %s: %s", sql, f->e.where, f->e.what);
}

static int set_up_with(void **state, const char *yaml)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->home, sizeof(f->home), "/tmp/secchi-test-semantic-XXXXXX");
    if (!mkdtemp(f->home))
        return -1;
    f->a = arena_new();
    *state = f;
    write_file(f, "secchi.yaml", yaml);
    assert_int_equal(config_load(f->home, NULL, 0, &f->config, &f->e), 0);
    make_pack(f);
    struct engine_options options = {.kind = "duckdb",
                                     .path = path_join(f->a, f->home, "warehouse.db"),
                                     .lib_dir = config_find_lib(f->a),
                                     .memory_limit_bytes = 512 << 20};
    if (engine_open(&options, &f->engine, &f->e) != 0)
        fail_msg("%s", f->e.what);
    assert_int_equal(state_open(path_join(f->a, f->home, "state.db"), &f->state, &f->e), 0);
    struct semantic_options so = {.engine = f->engine, .catalogue = f->catalogue, .config = f->config, .state = f->state};
    assert_int_equal(semantic_new(&so, &f->s, &f->e), 0);
    run_sql(f, fill[0]);
    for (size_t i = 0; i < f->catalogue->object_count; i++)
        run_sql(f, f->catalogue->objects[i]->ddl);
    for (size_t i = 0; i < f->catalogue->function_count; i++)
        run_sql(f, f->catalogue->functions[i]->ddl);
    for (size_t i = 1; i < ARRAY_LEN(fill); i++)
        run_sql(f, fill[i]);
    return 0;
}

static inline int set_up(void **state) { return set_up_with(state, "query: {max_rows: 1000, timeout: 30s, concurrency: 2}\n"); }

static inline int set_up_tenants(void **state)
{
    return set_up_with(
        state,
        "tenants:\n  acme: {accounts: [acc-1], workspaces: ['1', '2']}\n  globex: {accounts: [acc-2]}\n  empty: {}\n  \"o'b\\\\\": {workspaces: [\"it's \\\\ 3\"]}\n");
}

static void remove_all(struct arena *a, const char *dir)
{
    char **names;
    size_t count;
    if (dir_list(dir, &names, &count, NULL) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(a, dir, names[i]);
        if (path_is_dir(path))
            remove_all(a, path);
        else
            unlink(path);
    }
    dir_list_free(names, count);
    rmdir(dir);
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    semantic_free(f->s);
    engine_close(f->engine);
    state_close(f->state);
    pack_free(f->catalogue);
    config_free(f->config);
    remove_all(f->a, f->home);
    arena_free(f->a);
    free(f);
    return 0;
}

static const struct principal administrator = {.user = "root", .role = ROLE_ADMINISTRATOR};
static const struct principal reader = {.user = "ann", .role = ROLE_READER};

/* The result as CSV without carriage returns, or the error's kind. */
static inline int ask(struct fixture *f, const struct principal *p, const char *sql, const char **ret)
{
    struct semantic_request q = {.sql = sql};
    struct semantic_result *r;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, 1u << 24);
    int rc = semantic_query(f->s, p, &q, NULL, &r, &f->e);
    if (rc)
        return rc;
    rc = semantic_write(semantic_stream(r), FORMAT_CSV, keep, &out, &f->e);
    semantic_result_free(r);
    char *text = arena_strdup(f->a, out.data ? out.data : ""), *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\r')
            *to++ = *from;
    *to = '\0';
    *ret = text;
    return rc;
}

static inline void expect(struct fixture *f, const struct principal *p, const char *sql, const char *want)
{
    const char *got = "";
    int rc = ask(f, p, sql, &got);
    if (rc)
        fail_msg("%s: %s: %s (%s)", sql, f->e.where, f->e.what, f->e.hint);
    assert_string_equal(got, want);
}

static inline void refuse(struct fixture *f, const struct principal *p, const char *sql)
{
    const char *got;
    int rc = ask(f, p, sql, &got);
    if (!rc)
        fail_msg("%s was answered: %s", sql, got);
    if (rc != ERROR_USAGE && rc != ERROR_NOT_FOUND && rc != ERROR_FORBIDDEN)
        fail_msg("%s: kind %d: %s", sql, rc, f->e.what);
}

#endif
