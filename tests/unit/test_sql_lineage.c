/* sql: where columns come from. Each answer was worked out by hand from the statement: `column = direct | indirect`, sorted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sql/sql.h"

static struct arena *arena;

static int name(void *context, const struct sql_name *n, struct arena *a, const char **ret_schema, const char **ret_table,
                struct error *err)
{
    (void)context, (void)a, (void)err;
    *ret_schema = "db";
    *ret_table = n->parts[n->count - 1];
    return 0;
}

static const char *const table_t[] = {"a INT",
                                      "b INT",
                                      "c STRING",
                                      "d DATE",
                                      "s STRUCT<x: INT, y: STRUCT<z: STRING>>",
                                      "l ARRAY<INT>",
                                      "o ARRAY<STRUCT<id: INT, tag: STRING>>",
                                      "m MAP<STRING, INT>",
                                      NULL};
static const char *const table_u[] = {"a INT", "k INT", "v STRING", "w DOUBLE", NULL};
static const char *const table_r[] = {"id INT", "parent INT", "x INT", "y INT", NULL};

static int columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                   size_t *ret_count, struct error *err)
{
    const char *const *of = str_eq(table, "t") ? table_t : str_eq(table, "u") ? table_u : str_eq(table, "r") ? table_r : NULL;
    size_t n = 0;
    (void)context, (void)schema;
    struct sql_column_type *c = arena_alloc(a, ARRAY_LEN(table_t) * sizeof(*c));
    for (; of && of[n]; n++) {
        const char *space = strchr(of[n], ' ');
        c[n].name = arena_strndup(a, of[n], (size_t)(space - of[n]));
        assert_int_equal(0, sql_type_parse(a, space + 1, &c[n].type, err));
    }
    *ret = c;
    *ret_count = n;
    return 0;
}

static int function(void *context, const struct sql_name *n, struct arena *a, const struct sql_user_function **ret, struct error *err)
{
    static const struct sql_type number = {.kind = SQL_T_INT}, text = {.kind = SQL_T_STRING};
    static const struct sql_column_type of_g[] = {{"id", &number}, {"label", &text}};
    static const struct sql_column params[] = {{.name = "p", .type = &number}};
    static const struct sql_user_function f = {
        .engine_sql = "f", .schema = "db", .name = "f", .returns = &number, .parameters = params, .parameter_count = 1};
    static const struct sql_user_function g = {.engine_sql = "g",
                                               .schema = "db",
                                               .name = "g",
                                               .table_valued = true,
                                               .columns = of_g,
                                               .column_count = 2,
                                               .parameters = params,
                                               .parameter_count = 1};
    (void)context, (void)a, (void)err;
    const char *last = n->parts[n->count - 1];
    *ret = str_ieq(last, "f") ? &f : str_ieq(last, "g") ? &g : NULL;
    return 0;
}

static struct sql_metric_join joins[] = {
    {.name = "buyer", .source = "u", .on = "source.a = buyer.a", .at_most_one = true},
};
static struct sql_metric_field dimensions[] = {{.name = "day", .expr = "d"}, {.name = "who", .expr = "buyer.v"}};
static struct sql_metric_field measures[] = {
    {.name = "total", .expr = "SUM(b)"},
    {.name = "heavy", .expr = "SUM(buyer.w) / MEASURE(total)"},
};
static const struct sql_metric_view sales = {.name = "sales",
                                             .source = "t",
                                             .filter = "c <> 'test'",
                                             .joins = joins,
                                             .join_count = ARRAY_LEN(joins),
                                             .dimensions = dimensions,
                                             .dimension_count = ARRAY_LEN(dimensions),
                                             .measures = measures,
                                             .measure_count = ARRAY_LEN(measures)};

static int metric(void *context, const struct sql_name *n, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    (void)context, (void)a, (void)err;
    *ret = str_ieq(n->parts[n->count - 1], "sales") ? &sales : NULL;
    return 0;
}

static const struct sql_env env = {
    .name = name, .columns = columns, .function = function, .metric = metric, .now_us = 1767225600000000, .user = "me"};

/* ---- the answer as text ------------------------------------------------------------------------------------- */

static int by_text(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

static void put_sources(struct buf *b, const struct sql_lineage_source *s, size_t count)
{
    const char **texts = arena_alloc(arena, (count + 1) * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(s[i].schema, "db");
        texts[i] = arena_printf(arena, "%s%s%s%s%s%s", s[i].table, s[i].function ? "()" : "", s[i].column ? "." : "",
                                s[i].column ? s[i].column : "", s[i].field ? "." : "", s[i].field ? s[i].field : "");
    }
    qsort(texts, count, sizeof(*texts), by_text);
    for (size_t i = 0; i < count; i++)
        buf_printf(b, " %s", texts[i]);
}

static char *lineage_text(const char *sql)
{
    struct error err = {0};
    struct sql_lineage *l;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 1 << 20);
    if (sql_lineage(arena, sql, strlen(sql), 1, &env, &l, &err))
        return arena_printf(arena, "error %s %s", err.where, err.what);
    for (size_t i = 0; i < l->column_count; i++) {
        buf_printf(&b, "%s%s =", i ? "; " : "", l->columns[i].name);
        put_sources(&b, l->columns[i].direct, l->columns[i].direct_count);
        if (l->columns[i].indirect_count)
            buf_puts(&b, " |");
        put_sources(&b, l->columns[i].indirect, l->columns[i].indirect_count);
    }
    if (l->open)
        buf_puts(&b, " ?");
    return arena_strdup(arena, b.data ? b.data : "");
}

struct golden {
    const char *sql, *want;
};

static void check_all(const struct golden *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const char *got = lineage_text(cases[i].sql);
        if (str_eq(got, cases[i].want))
            continue;
        print_error("%s\n  want: %s\n  got:  %s\n", cases[i].sql, cases[i].want, got);
        wrong++;
    }
    if (wrong)
        fail_msg("%zu of %zu", wrong, count);
}

/* ---- one SELECT ------------------------------------------------------------------------------------------------- */

static void expressions(void **state)
{
    static const struct golden cases[] = {
        {"SELECT a FROM t", "a = t.a"},
        {"SELECT a AS x, b + a AS y, 1 AS one FROM t", "x = t.a; y = t.a t.b; one ="},
        {"SELECT A, `B` FROM db.t AS q", "A = t.a; B = t.b"},
        {"SELECT t.a, db.t.b FROM db.t", "a = t.a; b = t.b"},
        {"SELECT CASE WHEN a > 0 THEN b ELSE length(c) END AS x FROM t", "x = t.a t.b t.c"},
        {"SELECT CAST(a AS STRING) || c AS x, d IS NULL AS y FROM t", "x = t.a t.c; y = t.d"},
        {"SELECT a BETWEEN b AND 3 AS x, c LIKE 'k%' AS y, a IN (b, 2) AS z FROM t", "x = t.a t.b; y = t.c; z = t.a t.b"},
        {"SELECT coalesce(a, b) AS x FROM t WHERE c = 'x'", "x = t.a t.b | t.c"},
        {"SELECT a FROM t WHERE a > 0 AND b > 0", "a = t.a | t.b"},
        {"SELECT a + 1 AS x, x * b AS y FROM t", "x = t.a; y = t.a t.b"},
        {"SELECT a FROM t ORDER BY b", "a = t.a"},
        {"SELECT a FROM t ORDER BY b LIMIT 3", "a = t.a | t.b"},
        {"SELECT a, c FROM t ORDER BY 2 LIMIT 3", "a = t.a | t.c; c = t.c"},
        {"SELECT b AS k, a FROM t ORDER BY k LIMIT 3", "k = t.b; a = t.a | t.b"},
        {"SELECT DISTINCT a, b FROM t", "a = t.a | t.b; b = t.b | t.a"},
        {"SELECT current_date() AS x, :p AS y FROM t WHERE d < :p", "x = | t.d; y = | t.d"},
        {"SELECT f(a) AS x FROM t", "x = f() t.a"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void stars(void **state)
{
    static const struct golden cases[] = {
        {"SELECT * FROM u", "a = u.a; k = u.k; v = u.v; w = u.w"},
        {"SELECT * EXCEPT (a, w) FROM u", "k = u.k; v = u.v"},
        {"SELECT q.*, 1 AS n FROM u AS q WHERE q.k > 0", "a = u.a | u.k; k = u.k; v = u.v | u.k; w = u.w | u.k; n = | u.k"},
        {"SELECT s.* FROM t", "x = t.s.x; y = t.s.y"},
        {"SELECT p.* EXCEPT (x) FROM (SELECT s AS p FROM t)", "y = t.s.y"},
        {"SELECT count(*) AS n FROM u WHERE k = 1", "n = | u.k"},
        {"SELECT n FROM (SELECT *, a AS n FROM u)", "n = u.a"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void fields(void **state)
{
    static const struct golden cases[] = {
        {"SELECT s.x, s.y.z AS z FROM t", "x = t.s.x; z = t.s.y.z"},
        {"SELECT t.s.y.z FROM t WHERE t.s.x > 1", "z = t.s.y.z | t.s.x"},
        {"SELECT (s).x + 1 AS n, (t.s).y.z AS z FROM t", "n = t.s.x; z = t.s.y.z"},
        {"SELECT p.y.z AS z FROM (SELECT s AS p FROM t)", "z = t.s.y.z"},
        {"WITH q AS (SELECT s.y AS why FROM t) SELECT why.z FROM q", "z = t.s.y.z"},
        {"SELECT q.p.x FROM (SELECT named_struct('x', a, 'y', b) AS p FROM t) AS q", "x = t.a t.b"},
        {"SELECT o.tag AS tags FROM t", "tags = t.o.tag"},
        {"SELECT m['k'] AS k, l[0] AS first FROM t", "k = t.m; first = t.l"},
        {"SELECT p.x FROM (SELECT s AS p FROM t UNION ALL SELECT NULL UNION ALL SELECT s FROM t) WHERE p.y.z = 'k'", "x = t.s.x | t.s.y.z"},
        {"SELECT coalesce(s, s).x FROM t", "x = t.s"},
        {"SELECT struct(s.x, a) AS p FROM t", "p = t.a t.s.x"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void groups(void **state)
{
    static const struct golden cases[] = {
        {"SELECT a, sum(b) AS n FROM t GROUP BY a", "a = t.a; n = t.b | t.a"},
        {"SELECT a, sum(b) AS n FROM t GROUP BY 1", "a = t.a; n = t.b | t.a"},
        {"SELECT a, c, sum(b) AS n FROM t GROUP BY ALL", "a = t.a | t.c; c = t.c | t.a; n = t.b | t.a t.c"},
        {"SELECT upper(c) AS k, max(d) AS n FROM t GROUP BY k", "k = t.c; n = t.d | t.c"},
        {"SELECT count(*) AS n FROM t HAVING sum(b) > 3", "n = | t.b"},
        {"SELECT sum(a) FILTER (WHERE b > 0) AS n FROM t", "n = t.a t.b"},
        {"SELECT a, grouping(a) AS g, count(DISTINCT b) AS n FROM t GROUP BY ROLLUP (a, c)",
         "a = t.a | t.c; g = t.a | t.c; n = t.b | t.a t.c"},
        {"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY b) AS p FROM t", "p = t.b"},
        {"SELECT max_by(c, d) AS x FROM t", "x = t.c t.d"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void windows(void **state)
{
    static const struct golden cases[] = {
        {"SELECT row_number() OVER (PARTITION BY a ORDER BY d DESC) AS n FROM t", "n = t.a t.d"},
        {"SELECT a, sum(b) OVER (w ORDER BY d) AS n FROM t WINDOW w AS (PARTITION BY c)", "a = t.a; n = t.b t.c t.d"},
        {"SELECT lag(b) OVER w AS n FROM t WINDOW w AS (PARTITION BY a ORDER BY d)", "n = t.a t.b t.d"},
        {"SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY d) = 1", "a = t.a | t.b t.d"},
        {"SELECT a, sum(sum(b)) OVER () AS n FROM t GROUP BY a", "a = t.a; n = t.b | t.a"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

/* ---- several relations -------------------------------------------------------------------------------------------- */

static void join_of_tables(void **state)
{
    static const struct golden cases[] = {
        {"SELECT t.b, u.v FROM t JOIN u ON t.a = u.a", "b = t.b | t.a u.a; v = u.v | t.a u.a"},
        {"SELECT b, v FROM t, u WHERE t.a = u.k", "b = t.b | t.a u.k; v = u.v | t.a u.k"},
        {"SELECT a, b FROM t JOIN u USING (a)", "a = t.a | u.a; b = t.b | t.a u.a"},
        {"SELECT a, v FROM t RIGHT JOIN u USING (a)", "a = u.a | t.a; v = u.v | t.a u.a"},
        {"SELECT a FROM t FULL JOIN u USING (a)", "a = t.a u.a"},
        {"SELECT b FROM t NATURAL JOIN u", "b = t.b | t.a u.a"},
        {"SELECT b FROM t LEFT SEMI JOIN u ON t.a = u.a AND u.k > 0", "b = t.b | t.a u.a u.k"},
        {"SELECT b FROM t LEFT ANTI JOIN u USING (a)", "b = t.b | t.a u.a"},
        {"SELECT x.a AS p, y.a AS q FROM u AS x JOIN u AS y ON x.k = y.k", "p = u.a | u.k; q = u.a | u.k"},
        {"SELECT q.n FROM t CROSS JOIN (SELECT max(k) AS n FROM u) AS q", "n = u.k"},
        {"SELECT t.b, q.v FROM t, LATERAL (SELECT v FROM u WHERE u.a = t.a) AS q", "b = t.b | t.a u.a; v = u.v | t.a u.a"},
        {"SELECT label FROM g(3)", "label = g().label"},
        {"SELECT b, label FROM t, LATERAL g(t.a)", "b = t.b | t.a; label = g().label | t.a"},
        {"SELECT x.label FROM g((SELECT max(k) FROM u)) AS x", "label = g().label | u.k"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void generators(void **state)
{
    static const struct golden cases[] = {
        {"SELECT a, explode(l) AS x FROM t", "a = t.a | t.l; x = t.l"},
        {"SELECT a, e.tag FROM t LATERAL VIEW explode(o) q AS e", "a = t.a | t.o; tag = t.o.tag | t.o"},
        {"SELECT p, e FROM t LATERAL VIEW posexplode(l) q AS p, e", "p = t.l; e = t.l"},
        {"SELECT k, n FROM t LATERAL VIEW explode(m) q AS k, n", "k = t.m; n = t.m"},
        {"SELECT id, tag FROM t LATERAL VIEW inline(o) q", "id = t.o.id | t.o; tag = t.o.tag | t.o"},
        {"SELECT inline(o) FROM t WHERE a = 1", "id = t.o.id | t.a t.o; tag = t.o.tag | t.a t.o"},
        {"SELECT e FROM t, LATERAL explode(filter(l, x -> x > a)) AS q(e)", "e = t.a t.l"},
        {"SELECT transform(l, x -> x + b) AS y FROM t", "y = t.b t.l"},
        {"SELECT aggregate(l, 0, (acc, x) -> acc + x) AS y FROM t", "y = t.l"},
        {"SELECT exists(o, e -> e.id = a) AS y FROM t", "y = t.a t.o"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void subqueries(void **state)
{
    static const struct golden cases[] = {
        {"SELECT (SELECT max(k) FROM u WHERE u.a = t.a) AS n FROM t", "n = u.k | t.a u.a"},
        {"SELECT b FROM t WHERE a IN (SELECT a FROM u WHERE k > 0)", "b = t.b | t.a u.a u.k"},
        {"SELECT a IN (SELECT k FROM u WHERE w > 0) AS x FROM t", "x = t.a u.k | u.w"},
        {"SELECT b FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)", "b = t.b | t.a u.a"},
        {"SELECT EXISTS (SELECT v FROM u WHERE u.a = t.a) AS x FROM t", "x = | t.a u.a"},
        {"SELECT n FROM (SELECT a + b AS n FROM t WHERE c = 'x') WHERE n > 0", "n = t.a t.b | t.c"},
        {"SELECT q.y FROM (SELECT a, b FROM t) AS q(x, y) WHERE q.x = 1", "y = t.b | t.a"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void ctes(void **state)
{
    static const struct golden cases[] = {
        {"WITH q AS (SELECT a, sum(b) AS n FROM t GROUP BY a) SELECT n FROM q WHERE a = 1", "n = t.b | t.a"},
        {"WITH q (x, y) AS (SELECT a, b FROM t) SELECT y, x FROM q", "y = t.b; x = t.a"},
        {"WITH p AS (SELECT a FROM t WHERE b = 1), q AS (SELECT a AS k FROM p) SELECT k FROM q", "k = t.a | t.b"},
        {"WITH q AS (SELECT a FROM t WHERE b = 1) SELECT 1 AS one FROM q", "one = | t.b"},
        {"WITH t AS (SELECT k AS a FROM u) SELECT a FROM t", "a = u.k"},
        {"WITH p AS (SELECT a FROM t), q AS (SELECT k FROM u WHERE w > 1) SELECT p.a FROM p, q", "a = t.a | u.w"},
        {"WITH RECURSIVE w AS (SELECT id, x FROM r WHERE parent IS NULL UNION ALL SELECT r.id, w.x + 1 FROM r JOIN w ON r.parent = w.id) "
         "SELECT id, x FROM w",
         "id = r.id | r.parent; x = r.x | r.id r.parent"},
        {"WITH RECURSIVE w (p, q) AS (SELECT x, y FROM r UNION ALL SELECT q, p FROM w WHERE p < 9) SELECT p, q FROM w",
         "p = r.x r.y; q = r.x r.y"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void set_operations(void **state)
{
    static const struct golden cases[] = {
        {"SELECT a FROM t UNION ALL SELECT k FROM u", "a = t.a u.k"},
        {"SELECT a, b FROM t UNION ALL SELECT k, a FROM u WHERE w > 0", "a = t.a u.k | u.w; b = t.b u.a | u.w"},
        {"SELECT a, b FROM t UNION SELECT k, a FROM u", "a = t.a u.k | t.b u.a; b = t.b u.a | t.a u.k"},
        {"SELECT a FROM t EXCEPT SELECT k FROM u WHERE w > 0", "a = t.a | u.k u.w"},
        {"SELECT a FROM t INTERSECT SELECT k FROM u", "a = t.a | u.k"},
        {"SELECT x FROM (SELECT a AS x FROM t UNION ALL SELECT 1) WHERE x > 0", "x = t.a"},
        {"SELECT a FROM t UNION ALL SELECT k FROM u ORDER BY a LIMIT 1", "a = t.a u.k"},
        {"VALUES (1, 2)", "col1 =; col2 ="},
        {"TABLE u", "a = u.a; k = u.k; v = u.v; w = u.w"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void turned(void **state)
{
    static const struct golden cases[] = {
        {"SELECT * FROM (SELECT a, c, b FROM t) PIVOT (sum(b) FOR c IN ('x', 'y'))", "a = t.a; x = t.b t.c | t.a; y = t.b t.c | t.a"},
        {"SELECT x FROM (SELECT c, s FROM t WHERE a = 1) PIVOT (max(s.x) FOR c IN ('x'))", "x = t.c t.s.x | t.a"},
        {"SELECT * FROM (SELECT d, a, b FROM t) UNPIVOT (v FOR n IN (a, b))", "d = t.d | t.a t.b; n = | t.a t.b; v = t.a t.b"},
        {"SELECT x, y FROM t UNPIVOT ((x, y) FOR n IN ((a, c), (b, c)))", "x = t.a t.b | t.c; y = t.c | t.a t.b"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

/* ---- statements that write or make --------------------------------------------------------------------------------- */

static void written(void **state)
{
    static const struct golden cases[] = {
        {"INSERT INTO u (k, v) SELECT a, c FROM t WHERE b = 1", "k = t.a | t.b; v = t.c | t.b"},
        {"INSERT INTO u SELECT a, b, c, 1.5 FROM t", "a = t.a; k = t.b; v = t.c; w ="},
        {"INSERT INTO u BY NAME SELECT b AS k FROM t", "k = t.b"},
        {"UPDATE u SET v = upper(v), k = a + 1 WHERE w > 0", "v = u.v | u.w; k = u.a | u.w"},
        {"UPDATE u SET k = (SELECT max(b) FROM t WHERE t.a = u.a)", "k = t.b | t.a u.a"},
        {"DELETE FROM u WHERE k = 1", ""},
        {"MERGE INTO u USING (SELECT a, b AS k, c AS v, CAST(1 AS DOUBLE) AS w FROM t WHERE d > :since) AS s ON u.a = s.a "
         "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
         "a = t.a | t.d u.a; k = t.b | t.a t.d u.a; v = t.c | t.a t.d u.a; w = | t.a t.d u.a"},
        {"MERGE INTO u USING t AS s ON u.a = s.a WHEN MATCHED AND s.b > 0 THEN UPDATE SET v = concat(u.v, s.c) "
         "WHEN NOT MATCHED THEN INSERT (a, v) VALUES (s.a, s.s.y.z)",
         "v = t.c t.s.y.z u.v | t.a t.b u.a; a = t.a | t.b u.a"},
        {"CREATE VIEW q AS SELECT a, max(b) AS n FROM t GROUP BY a", "a = t.a; n = t.b | t.a"},
        {"CREATE VIEW q (x COMMENT 'of it', y) AS SELECT a, b FROM t", "x = t.a; y = t.b"},
        {"CREATE TABLE q AS SELECT a AS x FROM t WHERE b = 1", "x = t.a | t.b"},
        {"CREATE FUNCTION h(n INT) RETURNS TABLE (x INT, y STRING) RETURN SELECT a, c FROM t WHERE b < n", "x = t.a | t.b; y = t.c | t.b"},
        {"CREATE FUNCTION h(a INT) RETURNS INT RETURN (SELECT max(k) FROM u WHERE u.a > h.a)", "h = u.k | u.a"},
        {"CREATE FUNCTION h(n INT) RETURNS INT RETURN n + 1", "h ="},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

static void metric_views(void **state)
{
    static const struct golden cases[] = {
        {"SELECT MEASURE(total) AS n FROM sales", "n = t.b | t.c"},
        {"SELECT day, MEASURE(total) AS n FROM sales GROUP BY day", "day = t.d | t.c; n = t.b | t.c t.d"},
        {"SELECT who FROM sales GROUP BY ALL", "who = u.v | t.a t.c u.a"},
        {"SELECT MEASURE(heavy) AS n FROM mv.sales", "n = t.b u.w | t.a t.c u.a"},
        {"WITH q AS (SELECT who, MEASURE(total) AS n FROM sales GROUP BY who) SELECT n FROM q", "n = t.b | t.a t.c u.a u.v"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

/* ---- what is not known, what is refused ---------------------------------------------------------------------------- */

static void unknown_columns(void **state)
{
    static const struct golden cases[] = {
        {"SELECT x, open.y.z FROM open", "x = open.x; z = open.y.z"},
        {"SELECT t.a, q FROM t, open", "a = t.a; q = open.q"},
        {"SELECT x FROM open, other", "x = ?"},
        {"SELECT * FROM open", " ?"},
        {"SELECT nope FROM t", "error 1:8 unknown column nope"},
        {"SELECT a FROM", "error 1:14 expected a table name, but the statement ends"},
    };
    (void)state;
    check_all(cases, ARRAY_LEN(cases));
}

/* ---- in no more than a moment, whatever the shape ------------------------------------------------------------------- */

static void deep_and_wide(void **state)
{
    struct buf b CLEANUP(buf_free);
    (void)state;
    buf_init(&b, 1 << 20);
    buf_puts(&b, "WITH q0 AS (SELECT a, b FROM t)");
    for (int i = 1; i < 200; i++)
        buf_printf(&b, ", q%d AS (SELECT a + b AS a, b FROM q%d WHERE a > %d)", i, i - 1, i);
    buf_puts(&b, " SELECT a FROM q199");
    assert_string_equal(lineage_text(b.data), "a = t.a t.b");
    buf_clear(&b);
    buf_puts(&b, "SELECT greatest(0");
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, ", %s", i % 2 ? "k" : "a");
    buf_puts(&b, ") AS n FROM u");
    assert_string_equal(lineage_text(b.data), "n = u.a u.k");
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions), cmocka_unit_test(stars),           cmocka_unit_test(fields),        cmocka_unit_test(groups),
        cmocka_unit_test(windows),     cmocka_unit_test(join_of_tables),  cmocka_unit_test(generators),    cmocka_unit_test(subqueries),
        cmocka_unit_test(ctes),        cmocka_unit_test(set_operations),  cmocka_unit_test(written),       cmocka_unit_test(metric_views),
        cmocka_unit_test(turned),      cmocka_unit_test(unknown_columns), cmocka_unit_test(deep_and_wide),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
