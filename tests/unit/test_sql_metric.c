/* sql: metric views as queries of their sources. What the rows are is tested against Spark in tests/differential. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sql/sql.h"

static struct arena *arena;
static struct error err;

static struct sql_metric_window week = {.order = "day"}, until = {.order = "day", .range = SQL_RANGE_CUMULATIVE};
static struct sql_metric_join joins[] = {
    {.name = "shop", .source = "shops", .on = "source.shop_id = shop.shop_id AND shop.open", .at_most_one = false},
    {.name = "town",
     .source = "towns",
     .using_columns = (const char *[]){"town_id"},
     .using_count = 1,
     .parent = &joins[0],
     .at_most_one = true},
};
static struct sql_metric_field dimensions[] = {
    {.name = "day", .expr = "CAST(sold_at AS DATE)"},
    {.name = "month", .expr = "date_trunc('MONTH', day) -- of it"},
    {.name = "shop_name", .expr = "shop.name"},
    {.name = "town_name", .expr = "town.name"},
};
static struct sql_metric_field measures[] = {
    {.name = "total", .expr = "SUM(amount)"},
    {.name = "sales", .expr = "COUNT(*)"},
    {.name = "mean", .expr = "MEASURE(total) / NULLIF(MEASURE(sales), 0)"},
    {.name = "week", .expr = "SUM(amount) FILTER (WHERE amount > 0)", .windows = &week, .window_count = 1},
    {.name = "so_far", .expr = "SUM(amount)", .windows = &until, .window_count = 1},
    {.name = "round", .expr = "MEASURE(round)"},
};
static const struct sql_metric_view view = {
    .name = "sales",
    .source = "orders",
    .filter = "NOT test",
    .joins = joins,
    .join_count = ARRAY_LEN(joins),
    .dimensions = dimensions,
    .dimension_count = ARRAY_LEN(dimensions),
    .measures = measures,
    .measure_count = ARRAY_LEN(measures),
};

static int metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *e)
{
    (void)context;
    (void)a;
    (void)e;
    *ret = str_ieq(name->parts[name->count - 1], "sales") ? &view : NULL;
    return 0;
}

static const struct sql_env env = {.metric = metric};

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    assert_int_equal(0, sql_metric_window_parse(arena, "trailing 7 days", &week));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void becomes(const char *sql, const char *want)
{
    struct sql_expanded x;
    if (sql_expand_metrics(arena, sql, strlen(sql), 1, &env, &x, &err))
        fail_msg("%s: %s %s", sql, err.where, err.what);
    assert_string_equal(x.text, want);
    assert_int_equal(x.len, strlen(want));
}

static void fails(const char *sql, const char *where, const char *what, const char *hint)
{
    struct sql_expanded x;
    memset(&err, 0, sizeof(err));
    if (!sql_expand_metrics(arena, sql, strlen(sql), 1, &env, &x, &err))
        fail_msg("%s became %s", sql, x.text);
    assert_string_equal(err.where, where);
    assert_string_equal(err.what, what);
    assert_string_equal(err.hint, hint);
}

static void what_reads_no_metric_view_stays(void **state)
{
    (void)state;
    becomes("SELECT a FROM t -- sales", "SELECT a FROM t -- sales");
    becomes("WITH sales AS (SELECT 1 AS a) SELECT a FROM sales", "WITH sales AS (SELECT 1 AS a) SELECT a FROM sales");
}

static void only_what_is_asked_for_is_read(void **state)
{
    (void)state;
    becomes("SELECT MEASURE(sales) FROM sales",
            "SELECT (COUNT(*)) AS `measure(sales)` FROM (SELECT 1 AS __c FROM orders AS source WHERE (NOT test)) AS `sales`");
    becomes(
        "SELECT month, MEASURE(mean) AS m FROM sales s GROUP BY ALL",
        "SELECT month, ((SUM(`s`.__c0)) / NULLIF((COUNT(*)), 0)) AS m FROM (SELECT CAST(sold_at AS DATE) AS `day`, date_trunc('MONTH', day) AS "
        "`month`, amount AS __c0 FROM orders AS source WHERE (NOT test)) s GROUP BY ALL");
}

static void joins_give_one_row(void **state)
{
    (void)state;
    becomes(
        "SELECT town_name, MEASURE(total) t FROM sales GROUP BY 1",
        "SELECT town_name, (SUM(`sales`.__c0)) t FROM (SELECT town.name AS `town_name`, amount AS __c0 FROM orders AS source LEFT JOIN (SELECT "
        "`shop`.* FROM shops AS `shop` WHERE shop.open QUALIFY ROW_NUMBER() OVER (PARTITION BY `shop_id` ORDER BY 1) = 1) AS `shop` ON "
        "source.shop_id = shop.shop_id LEFT JOIN towns AS `town` ON shop.`town_id` = town.`town_id` WHERE (NOT test)) AS `sales` GROUP BY 1");
    becomes(
        "SELECT DISTINCT shop_name FROM sales",
        "SELECT DISTINCT shop_name FROM (SELECT shop.name AS `shop_name` FROM orders AS source LEFT JOIN (SELECT `shop`.* FROM shops AS `shop` "
        "WHERE shop.open QUALIFY ROW_NUMBER() OVER (PARTITION BY `shop_id` ORDER BY shop.`name`) = 1) AS `shop` ON source.shop_id = shop.shop_id "
        "WHERE (NOT test)) AS `sales`");
}

static void windows_take_rows_of_other_days(void **state)
{
    (void)state;
    becomes(
        "SELECT day, MEASURE(week) w, MEASURE(total) t FROM sales GROUP BY day",
        "SELECT day, (SUM(`sales`.__c0) FILTER (WHERE (`sales`.__c0 > 0) AND `sales`.__w = 1)) w, (SUM(`sales`.__c0) FILTER (WHERE "
        "`sales`.__w = 0)) t FROM (WITH b AS (SELECT * FROM (SELECT CAST(sold_at AS DATE) AS `day`, amount AS __c0 FROM orders AS source WHERE "
        "(NOT test))) SELECT * FROM (SELECT 0 AS __w, `day`, __c0 FROM b UNION ALL SELECT 1 AS __w, a.`day`, r.__c0 FROM b AS r JOIN (SELECT "
        "DISTINCT `day` FROM b) AS a ON r.`day` >= a.`day` - INTERVAL 7 DAY AND r.`day` < a.`day`) AS `sales`) AS `sales` GROUP BY day");
    becomes(
        "SELECT month, MEASURE(so_far) s FROM sales WHERE day > '2026-01-01' GROUP BY month",
        "SELECT month, (SUM(`sales`.__c0) FILTER (WHERE `sales`.__w = 1 AND `sales`.__n1)) s FROM (WITH b AS (SELECT * FROM (SELECT CAST(sold_at "
        "AS DATE) AS `day`, date_trunc('MONTH', day) AS `month`, amount AS __c0 FROM orders AS source WHERE (NOT test))) SELECT *, `day` = "
        "MAX(CASE WHEN __w = 0 THEN `day` END) OVER (PARTITION BY month) AS __n1 FROM (SELECT 0 AS __w, `day`, `month`, __c0 FROM b UNION ALL SELECT 1 AS __w, a.`day`, "
        "a.`month`, r.__c0 FROM b AS r JOIN (SELECT DISTINCT `day`, `month` FROM b) AS a ON r.`day` <= a.`day`) AS `sales` WHERE day > "
        "'2026-01-01') AS `sales` WHERE day > '2026-01-01' GROUP BY month");
}

static void faults_have_places_and_hints(void **state)
{
    (void)state;
    fails("SELECT * FROM sales", "1:8", "* is not possible for the metric view sales", "name dimensions, and measures as MEASURE(m)");
    fails("SELECT monht FROM sales GROUP BY ALL", "1:8", "the metric view sales has no dimension monht", "did you mean month?");
    fails("SELECT month, MEASURE(totl) FROM sales GROUP BY ALL", "1:23", "the metric view sales has no measure totl",
          "did you mean MEASURE(total)?");
    fails("SELECT month,\n total FROM sales GROUP BY ALL", "2:2", "total is a measure of sales", "write MEASURE(total)");
    fails("SELECT MEASURE(month) FROM sales", "1:8", "month is a dimension of sales", "dimensions stand without MEASURE");
    fails("SELECT month FROM sales", "1:19", "a query of the metric view sales without measures must group",
          "add GROUP BY ALL, or SELECT DISTINCT");
    fails("SELECT MEASURE(total) FROM sales, t", "1:28", "the metric view sales is read by itself; join its result",
          "WITH m AS (SELECT .. FROM sales GROUP BY ALL) SELECT .. FROM m JOIN ..");
    fails("SELECT COUNT(month) FROM sales", "1:8", "COUNT over rows of the metric view sales; MEASURE(..) aggregates there",
          "aggregate the query of it: WITH m AS (SELECT .. MEASURE(..) ..) SELECT .. FROM m");
    fails("SELECT MEASURE(round) FROM sales", "1:8", "the measure round of the metric view sales is made of itself", "");
    fails("SELECT MEASURE(week) FROM sales GROUP BY ROLLUP (month)", "1:1", "measures with windows do not go with ROLLUP",
          "group by dimensions");
}

/* What stands behind an expanded part keeps its place; within one it is the place of the part. */
static void places_in_the_expanded_text_are_those_of_the_given_one(void **state)
{
    (void)state;
    static const char sql[] = "SELECT MEASURE(total) AS t, 1 FROM sales";
    struct sql_expanded x;
    assert_int_equal(0, sql_expand_metrics(arena, sql, strlen(sql), 1, &env, &x, &err));
    static const struct {
        const char *in_text, *want;
    } cases[] = {{"SELECT", "1:1"}, {"SUM(", "1:8"}, {"AS t", "1:23"}, {", 1", "1:27"}, {"orders", "1:36"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *at = strstr(x.text, cases[i].in_text);
        assert_non_null(at);
        error_set(&err, ERROR_USAGE, "fault");
        error_where(&err, "1:%zu", (size_t)(at - x.text) + 1);
        sql_expanded_error(&x, &err);
        assert_string_equal(err.where, cases[i].want);
    }
}

static void ranges(void **state)
{
    (void)state;
    struct sql_metric_window w;
    static const char *const wrong[] = {"",
                                        "trailing",
                                        "trailing 7",
                                        "trailing x day",
                                        "trailing 0 day",
                                        "trailing 7 moons",
                                        "past 7 day",
                                        "trailing 7 day maybe",
                                        "all of it",
                                        "trailing 7.5 day",
                                        "'current",
                                        "trailing 7 day inclusive now"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_not_equal(0, sql_metric_window_parse(arena, wrong[i], &w));
    assert_int_equal(0, sql_metric_window_parse(arena, "Leading 2 months inclusive", &w));
    assert_int_equal(SQL_RANGE_LEADING, w.range);
    assert_true(w.inclusive);
    assert_string_equal("2 MONTH", w.interval);
    assert_int_equal(0, sql_metric_window_parse(arena, "all", &w));
    assert_int_equal(SQL_RANGE_ALL, w.range);
}

static void columns_of_a_join(void **state)
{
    (void)state;
    const char **columns;
    size_t count;
    assert_int_equal(0, sql_metric_join_columns(arena, &joins[0], &columns, &count, &err));
    assert_int_equal(1, count);
    assert_string_equal("shop_id", columns[0]);
    const struct sql_metric_join odd = {.name = "j", .source = "t", .on = "source.a > j.b"};
    assert_int_equal(ERROR_USAGE, sql_metric_join_columns(arena, &odd, &columns, &count, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_reads_no_metric_view_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_is_asked_for_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(joins_give_one_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(windows_take_rows_of_other_days, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults_have_places_and_hints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_in_the_expanded_text_are_those_of_the_given_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_of_a_join, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
