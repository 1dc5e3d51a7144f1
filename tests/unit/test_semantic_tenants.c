#include "semantic_fixture.h"

static struct principal tenant(struct fixture *f, const char *name)
{
    const struct config_tenant *t = access_tenant(f->config, name);
    assert_non_null(t);
    return (struct principal){.user = name, .role = ROLE_READER, .tenant = name, .scope = t};
}

static void a_tenant_sees_its_rows_alone(void **state)
{
    struct fixture *f = *state;
    struct principal acme = tenant(f, "acme"), globex = tenant(f, "globex"), empty = tenant(f, "empty"), odd = tenant(f, "o'b\\");
    assert_int_equal(semantic_scopes(f->s, &f->e), 0);
    /* workspaces where they are named: acc-1 in workspace 3 is not acme's */
    expect(f, &acme, "SELECT order_id FROM orders ORDER BY order_id", "order_id\n10\n11\n");
    expect(f, &acme, "SELECT SUM(order_id) AS s, COUNT(*) AS n FROM system_gold.orders", "s,n\n21,2\n");
    expect(f, &acme, "SELECT o.order_id FROM orders AS o WHERE EXISTS (SELECT 1 FROM orders AS p WHERE p.order_id = o.order_id + 1)",
           "order_id\n10\n");
    expect(f, &acme, "WITH x AS (SELECT * FROM orders) SELECT COUNT(*) AS n FROM x, orders", "n\n4\n");
    expect(f, &acme, "SELECT orders.order_id FROM orders WHERE orders.workspace_id = '2'", "order_id\n11\n");
    expect(f, &acme, "SELECT amount FROM bills", "amount\n1.50\n");
    /* accounts alone hold everything of them */
    expect(f, &globex, "SELECT order_id FROM orders", "order_id\n12\n");
    expect(f, &globex, "SELECT amount FROM bills", "amount\n2.50\n");
    expect(f, &globex, "SELECT rate FROM rates", "rate\n1.1\n");
    expect(f, &empty, "SELECT COUNT(*) AS n FROM orders", "n\n0\n");
    expect(f, &odd, "SELECT COUNT(*) AS n FROM orders", "n\n0\n");
    expect(f, &administrator, "SELECT COUNT(*) AS n FROM orders", "n\n5\n");
    refuse(f, &acme, "SELECT * FROM notes");
    refuse(f, &acme, "SELECT * FROM secchi_ops.table_stats");
    refuse(f, &reader, "SELECT * FROM orders"); /* a reader without a tenant */
    expect(f, &acme, "SHOW TABLES",
           "database,tableName,isTemporary\nsystem_gold,bills,false\nsystem_gold,orders,false\nsystem_gold,rates,false\n");
    expect(f, &acme, "DESCRIBE bills", "col_name,data_type,comment\naccount_id,STRING,\namount,\"DECIMAL(10,2)\",\n");
    refuse(f, &acme, "DESCRIBE notes");
    expect(f, &acme, "SELECT * FROM orders_of(0, 9)", "order_id,place\n10,1\n11,2\n");
    refuse(f, &acme, "SELECT noted_twice()"); /* notes are not open to it */
    expect(f, &acme, "SELECT table_name FROM information_schema.columns", "table_name\norders\n");
    expect(f, &acme, "SELECT specific_name FROM information_schema.parameters", "specific_name\norders_of\n");
}

static void a_tenant_cannot_name_the_tables_behind_its_views(void **state)
{
    struct fixture *f = *state;
    struct principal acme = tenant(f, "acme");
    assert_int_equal(semantic_scopes(f->s, &f->e), 0);
    struct engine_conn *c;
    struct engine_rows rows;
    assert_int_equal(engine_connect(f->engine, ENGINE_READ, NULL, &c, &f->e), 0);
    assert_int_equal(engine_rows(c, ENGINE_SQL("SELECT 1 AS one"), 10, f->a, &rows, &f->e), 0);
    engine_disconnect(c);
    for (size_t i = 0; i < f->config->tenant_count; i++) {
        const char *name = f->config->tenants[i].name;
        uint64_t hash = hash_bytes(name, strlen(name), 0);
        refuse(f, &acme, arena_printf(f->a, "SELECT * FROM secchi_scope_%016llx_system_gold.orders", (unsigned long long)hash));
        refuse(f, &acme, arena_printf(f->a, "SELECT * FROM secchi_scope_%016llx_system_gold.orders_of(0)", (unsigned long long)hash));
    }
    refuse(f, &acme, "SELECT * FROM secchi.system_gold.notes");
    refuse(f, &acme, "SELECT * FROM warehouse.system_gold.orders");
}

static void numbers_of_a_tenant_are_its_own(void **state)
{
    struct fixture *f = *state;
    struct principal acme = tenant(f, "acme");
    struct semantic_table *t;
    size_t count;
    assert_int_equal(semantic_scopes(f->s, &f->e), 0);
    assert_int_equal(semantic_tables(f->s, &acme, f->a, &t, &count, &f->e), 0);
    assert_int_equal(count, 3);
    assert_string_equal(t[1].name, "orders");
    assert_int_equal(t[1].rows, 2);
    assert_int_equal(t[1].fresh_us, INT64_C(1767225600000000));
}

static void tenants_wait_for_their_views(void **state)
{
    struct fixture *f = *state;
    struct principal acme = tenant(f, "acme");
    const char *got;
    assert_int_equal(ask(f, &acme, "SELECT * FROM orders", &got), ERROR_UNAVAILABLE);
    assert_int_equal(semantic_scopes(f->s, &f->e), 0);
    assert_int_equal(ask(f, &acme, "SELECT * FROM orders", &got), 0);
    run_sql(f, "DROP TABLE system_gold.bills");
    assert_int_not_equal(semantic_scopes(f->s, &f->e), 0);
    assert_int_equal(ask(f, &acme, "SELECT * FROM orders", &got), ERROR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tenant_sees_its_rows_alone, set_up_tenants, tear_down),
        cmocka_unit_test_setup_teardown(a_tenant_cannot_name_the_tables_behind_its_views, set_up_tenants, tear_down),
        cmocka_unit_test_setup_teardown(numbers_of_a_tenant_are_its_own, set_up_tenants, tear_down),
        cmocka_unit_test_setup_teardown(tenants_wait_for_their_views, set_up_tenants, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
