/* sql: lexer, splitter, types, DDL, references. Rewriting is tested against the engine in test_sql_duckdb.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sql/sql.h"

static struct arena *arena;
static struct error err;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    memset(&err, 0, sizeof(err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void lexer_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sql_token_kind kind;
        size_t len; /* of the first token; 0: the whole text */
    } cases[] = {
        {"abc_1", SQL_TOKEN_WORD, 0},     {"`a``b`", SQL_TOKEN_NAME, 0},
        {"'it''s'", SQL_TOKEN_STRING, 0}, {"\"x\\\"y\"", SQL_TOKEN_STRING, 0},
        {"r'a\\'", SQL_TOKEN_STRING, 0},  {"$$ a 'b $$", SQL_TOKEN_STRING, 0},
        {"X'1F'", SQL_TOKEN_BINARY, 0},   {"12", SQL_TOKEN_NUMBER, 0},
        {"1.5e-3", SQL_TOKEN_NUMBER, 0},  {".5", SQL_TOKEN_NUMBER, 0},
        {"10L", SQL_TOKEN_NUMBER, 0},     {"1.5BD", SQL_TOKEN_NUMBER, 0},
        {"1.", SQL_TOKEN_NUMBER, 0},      {":name", SQL_TOKEN_PARAM, 0},
        {"?", SQL_TOKEN_QMARK, 0},        {"${a.b}", SQL_TOKEN_VARIABLE, 0},
        {"<=>", SQL_TOKEN_OP, 0},         {"?::", SQL_TOKEN_OP, 0},
        {"->", SQL_TOKEN_OP, 0},          {"::int", SQL_TOKEN_OP, 2},
        {"||", SQL_TOKEN_OP, 0},          {"/*+ x */", SQL_TOKEN_HINT, 0},
        {"1 2", SQL_TOKEN_NUMBER, 1},     {"a.5", SQL_TOKEN_WORD, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sql_token *t;
        size_t n;
        assert_int_equal(0, sql_lex(arena, cases[i].text, strlen(cases[i].text), 0, &t, &n, &err));
        assert_int_equal(cases[i].kind, t[0].kind);
        assert_int_equal(cases[i].len ? cases[i].len : strlen(cases[i].text), t[0].len);
    }
}

static void lexer_positions_and_comments(void **state)
{
    (void)state;
    static const char text[] = "a -- x ' y\n/* 1 /* 2 */ ; */\n  'b\nc' d";
    struct sql_token *t;
    size_t n;
    assert_int_equal(0, sql_lex(arena, text, strlen(text), 10, &t, &n, &err));
    assert_int_equal(4, n);
    assert_int_equal(10, t[0].pos.line);
    assert_int_equal(12, t[1].pos.line);
    assert_int_equal(3, t[1].pos.column);
    assert_string_equal("b\nc", sql_token_value(arena, text, &t[1]));
    assert_int_equal(13, t[2].pos.line);
    assert_int_equal(4, t[2].pos.column);
}

static const char *value_of(const char *text)
{
    struct sql_token *t;
    size_t n;
    assert_int_equal(0, sql_lex(arena, text, strlen(text), 0, &t, &n, &err));
    return sql_token_value(arena, text, &t[0]);
}

/* The expected values are those of Spark 4.2. */
static void string_values(void **state)
{
    (void)state;
    assert_string_equal("it's", value_of("'it''s'"));
    assert_string_equal("a\nb", value_of("'a\\nb'"));
    assert_string_equal("a\\%b", value_of("'a\\%b'"));
    assert_string_equal("A", value_of("'\\u0041'"));
    assert_string_equal("A", value_of("'\\101'"));
    assert_string_equal("aqb", value_of("'a\\qb'"));
    assert_string_equal("\x1a", value_of("'\\Z'"));
    assert_string_equal("a\\n", value_of("r'a\\n'"));
    assert_string_equal("\xf0\x9f\x98\x80", value_of("'\\uD83D\\uDE00'"));
    assert_string_equal("a`b", value_of("`a``b`"));
}

static void lex_error(const char *text, const char *where)
{
    struct sql_token *t;
    size_t n;
    assert_int_not_equal(0, sql_lex(arena, text, strlen(text), 0, &t, &n, &err));
    assert_string_equal(where, err.where);
}

static void lexer_errors(void **state)
{
    (void)state;
    lex_error("a 'b", "1:3");
    lex_error("a\n /* b", "2:2");
    lex_error("`x", "1:1");
    lex_error("1abc", "1:1");
    lex_error("'a\\0'", "1:4");
    lex_error("\x01", "1:1");
    lex_error("a \xff", "1:1");
    lex_error("${a", "1:1");
    lex_error("$$ a", "1:1");
}

static void splits(void **state)
{
    (void)state;
    static const char text[] =
        "-- head\nSELECT ';' ; ;\nCREATE OR REPLACE TABLE t AS SELECT 1;\nWITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a; DROP VIEW v";
    struct sql_statement *s;
    size_t n;
    assert_int_equal(0, sql_split(arena, text, strlen(text), 0, &s, &n, &err));
    assert_int_equal(4, n);
    assert_int_equal(SQL_SELECT, s[0].kind);
    assert_int_equal(10, s[0].len);
    assert_int_equal(2, s[0].pos.line);
    assert_int_equal(SQL_CREATE_TABLE_AS, s[1].kind);
    assert_int_equal(SQL_INSERT, s[2].kind);
    assert_int_equal(SQL_DROP_VIEW, s[3].kind);
    assert_int_equal(4, s[3].pos.line);
    assert_int_equal(53, s[3].pos.column);
}

static void split_fails(const char *text, const char *where)
{
    struct sql_statement *s;
    size_t n;
    assert_int_not_equal(0, sql_split(arena, text, strlen(text), 0, &s, &n, &err));
    assert_string_equal(where, err.where);
}

static void split_errors(void **state)
{
    (void)state;
    split_fails("SELECT 1; BEGIN SELECT 1; END", "1:11");
    split_fails("SELECT (1", "1:8");
    split_fails("SELECT (1;", "1:8");
    split_fails("SELECT 1)", "1:9");
    split_fails("SELECT (1]", "1:10");
}

static void types(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"string", "STRING", "VARCHAR"},
        {"long", "BIGINT", "BIGINT"},
        {"BYTE", "TINYINT", "TINYINT"},
        {"decimal", "DECIMAL(10,0)", "DECIMAL(10,0)"},
        {"DECIMAL(38,18)", "DECIMAL(38,18)", "DECIMAL(38,18)"},
        {"timestamp_ntz", "TIMESTAMP_NTZ", "TIMESTAMP"},
        {"array<array<int>>", "ARRAY<ARRAY<INT>>", "INTEGER[][]"},
        {"MAP<STRING, ARRAY<DOUBLE>>", "MAP<STRING, ARRAY<DOUBLE>>", "MAP(VARCHAR, DOUBLE[])"},
        {"STRUCT<a: INT NOT NULL COMMENT 'x', `b c`:STRING>", "STRUCT<a: INT NOT NULL, `b c`: STRING>",
         "STRUCT(\"a\" INTEGER, \"b c\" VARCHAR)"},
        {"INTERVAL DAY TO SECOND", "INTERVAL DAY TO SECOND", "INTERVAL"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct sql_type *t, *back;
        assert_int_equal(0, sql_type_parse(arena, cases[i][0], &t, &err));
        assert_string_equal(cases[i][1], sql_type_text(arena, t));
        assert_string_equal(cases[i][2], sql_type_duckdb(arena, t));
        assert_int_equal(0, sql_type_parse_duckdb(arena, cases[i][2], &back, &err));
        assert_true(t->kind == SQL_T_TIMESTAMP_NTZ || sql_type_equal(t, back));
    }
    static const char *const bad[][2] = {{"VARIANT", "1:1"}, {"ARRAY<VARIANT>", "1:7"}, {"DECIMAL(39,0)", "1:8"},
                                         {"CHAR(3)", "1:5"}, {"MAP<INT>", "1:8"},       {"STRNG", "1:1"}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct sql_type *t;
        assert_int_not_equal(0, sql_type_parse(arena, bad[i][0], &t, &err));
        assert_string_equal(bad[i][1], err.where);
    }
    assert_non_null(strstr(err.hint, "STRING"));
    const struct sql_type *t;
    assert_int_equal(0, sql_type_parse(arena, "STRUCT<a: INT, `b c`: STRING>", &t, &err));
    assert_ptr_equal(&t->fields[1], sql_find_field(t, "B C"));
    assert_null(sql_find_field(t, "b"));
}

static void texts_of_statements(void **state)
{
    (void)state;
    static const struct sql_place places[] = {{"table", "t"}, {"on", "a = {b}"}};
    assert_string_equal("\"a\"\"b\"", sql_quote(arena, "a\"b"));
    assert_string_equal("'it''s \\n'", sql_quote_string(arena, "it's \\n"));
    assert_string_equal("`a``b`", sql_backtick(arena, "a`b"));
    assert_string_equal("'it\\'s \\\\n'", sql_literal(arena, "it's \\n"));
    assert_string_equal("``", sql_backtick(arena, ""));
    assert_string_equal("x t a = {b}t }", sql_template(arena, "x {table} {on}{table} }", places, 2));
}

static void table_definition(void **state)
{
    (void)state;
    static const char text[] = "CREATE OR REPLACE TABLE IF NOT EXISTS ${catalog}.gold.`my table` (\n"
                               "  id BIGINT NOT NULL COMMENT 'the key',\n"
                               "  price DECIMAL(10,2) DEFAULT 1 + 2 COMMENT 'it''s',\n"
                               "  tags MAP<STRING,STRING>,\n"
                               "  d DATE GENERATED ALWAYS AS (CAST(ts AS DATE)),\n"
                               "  ts TIMESTAMP,\n"
                               "  CONSTRAINT pk PRIMARY KEY (id) RELY,\n"
                               "  FOREIGN KEY (id, ts) REFERENCES other.t (a, b) NOT ENFORCED,\n"
                               "  CONSTRAINT positive CHECK (price > 0)\n"
                               ") USING DELTA COMMENT 'about'\n"
                               "PARTITIONED BY (d) CLUSTER BY (id)\n"
                               "TBLPROPERTIES ('a.b' = 'c', delta.x = true, n = 5)\n"
                               "LOCATION 's3://x';";
    struct sql_table *t;
    assert_int_equal(0, sql_parse_table(arena, text, strlen(text), 0, &t, &err));
    assert_int_equal(3, t->name.count);
    assert_string_equal("${catalog}", t->name.parts[0]);
    assert_string_equal("my table", t->name.parts[2]);
    assert_true(t->or_replace && t->if_not_exists);
    assert_int_equal(5, t->column_count);
    assert_true(t->columns[0].not_null);
    assert_string_equal("the key", t->columns[0].comment);
    assert_int_equal(3, t->columns[1].pos.line);
    assert_string_equal("1 + 2", t->columns[1].default_sql);
    assert_string_equal("it's", t->columns[1].comment);
    assert_string_equal("MAP<STRING, STRING>", t->columns[2].type_text);
    assert_string_equal("CAST(ts AS DATE)", t->columns[3].generated_sql);
    assert_int_equal(2, t->key_count);
    assert_true(t->keys[0].primary && t->keys[0].rely);
    assert_int_equal(2, t->keys[1].target_column_count);
    assert_string_equal("price > 0", t->checks[0].sql);
    assert_string_equal("positive", t->checks[0].name);
    assert_int_equal(3, t->property_count);
    assert_string_equal("delta.x", t->properties[1].key);
    assert_string_equal("true", t->properties[1].value);
    assert_string_equal("about", t->comment);
    assert_string_equal("DELTA", t->format);
    assert_string_equal("d", t->partition_by[0]);
    assert_string_equal("id", t->cluster_by[0]);
    assert_string_equal("s3://x", t->location);
    assert_ptr_equal(&t->columns[2], sql_find_column(t, "TAGS"));
    assert_null(sql_find_column(t, "tag"));
    assert_ptr_equal(&t->keys[0], sql_primary_key(t));
    assert_string_equal("5", sql_table_property(t, "N"));
    assert_null(sql_table_property(t, "a"));
    t->keys[0].primary = false;
    assert_null(sql_primary_key(t));
}

static void table_fails(const char *text, const char *where, const char *hint)
{
    struct sql_table *t;
    assert_int_not_equal(0, sql_parse_table(arena, text, strlen(text), 7, &t, &err));
    assert_string_equal(where, err.where);
    if (hint)
        assert_non_null(strstr(err.hint, hint));
}

static void table_errors(void **state)
{
    (void)state;
    table_fails("CREATE TABLE t (a INT, A STRING)", "7:24", NULL);
    table_fails("CREATE TABLE t (\n a VARIANT)", "8:4", "JSON");
    table_fails("CREATE TABLE t (a BIGNT)", "7:19", "BIGINT");
    table_fails("CREATE TABLE t (abc INT, PRIMARY KEY (acb))", "7:26", "abc");
    table_fails("CREATE TABLE t ()", "7:17", NULL);
    table_fails("CREATE TABLE t", "7:14", NULL);
    table_fails("CREATE TABLE t (a INT) WITH (x = 1)", "7:24", NULL);
    table_fails("CREATE TABLE t (a INT COLLATE UTF8_LCASE)", "7:23", NULL);
    table_fails("CREATE TABLE t (a BIGINT GENERATED ALWAYS AS IDENTITY)", "7:46", NULL);
    table_fails("CREATE TABLE t LIKE u", "7:16", NULL);
}

static void view_and_function(void **state)
{
    (void)state;
    static const char text[] = "CREATE VIEW a.v (x COMMENT 'one', y) COMMENT 'c' AS\n SELECT 1 AS x, 2 AS y -- end\n;";
    struct sql_view *v;
    assert_int_equal(0, sql_parse_view(arena, text, strlen(text), 0, &v, &err));
    assert_int_equal(2, v->column_count);
    assert_string_equal("one", v->columns[0].comment);
    assert_int_equal(21, v->query_len);
    assert_int_equal(2, v->query_pos.line);

    static const char metrics[] = "CREATE OR REPLACE VIEW mv WITH METRICS LANGUAGE YAML AS $$\nversion: 1.1\n$$";
    assert_int_equal(0, sql_parse_view(arena, metrics, strlen(metrics), 0, &v, &err));
    assert_true(v->metrics);
    assert_int_equal(14, v->query_len);

    static const char fn[] = "CREATE FUNCTION f(a STRING COMMENT 'x', n INT DEFAULT 10) RETURNS TABLE (b BIGINT COMMENT 'y') "
                             "LANGUAGE SQL COMMENT 'z' RETURN WITH c AS (SELECT 1) SELECT * FROM c";
    struct sql_function *f;
    assert_int_equal(0, sql_parse_function(arena, fn, strlen(fn), 0, &f, &err));
    assert_true(f->table_valued);
    assert_int_equal(2, f->parameter_count);
    assert_string_equal("10", f->parameters[1].default_sql);
    assert_string_equal("y", f->columns[0].comment);
    assert_int_equal(36, f->body_len);
}

static void reference_lists(void **state)
{
    (void)state;
    static const char text[] =
        "WITH a AS (SELECT * FROM x.t1), b AS (SELECT * FROM a JOIN T2 ON upper(a.k) = T2.k)\n"
        "SELECT (SELECT max(z) FROM c), :p1 + :p2 FROM b, c WHERE k IN (SELECT k FROM `d e`) AND :p1 > 0 AND EXISTS (SELECT 1 FROM ${cat}.s.u)";
    struct sql_references *r;
    assert_int_equal(0, sql_references(arena, text, strlen(text), 0, &r, &err));
    static const char *const reads[] = {"x.t1", "T2", "c", "c", "`d e`", "${cat}.s.u"};
    assert_int_equal(ARRAY_LEN(reads), r->read_count);
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        assert_string_equal(reads[i], sql_name_text(arena, &r->reads[i].name));
    assert_false(r->writes);
    assert_int_equal(2, r->function_count);
    assert_int_equal(2, r->param_count);
    assert_string_equal("p2", r->params[1]);
    assert_int_equal(1, r->variable_count);

    static const char merge[] = "MERGE INTO g.target AS t USING (WITH q AS (SELECT * FROM src) SELECT * FROM q) AS s ON t.id <=> s.id "
                                "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *";
    assert_int_equal(0, sql_references(arena, merge, strlen(merge), 0, &r, &err));
    assert_true(r->writes);
    assert_string_equal("g.target", sql_name_text(arena, &r->written));
    assert_int_equal(1, r->read_count);
    assert_string_equal("src", r->reads[0].name.parts[0]);

    /* a CTE is not visible in the ones before it, nor outside its query */
    static const char scopes[] = "SELECT * FROM (WITH a AS (SELECT 1 AS x) SELECT * FROM a) AS i, a";
    assert_int_equal(0, sql_references(arena, scopes, strlen(scopes), 0, &r, &err));
    assert_int_equal(1, r->read_count);
    static const char self[] = "WITH t AS (SELECT * FROM t) SELECT * FROM t";
    assert_int_equal(0, sql_references(arena, self, strlen(self), 0, &r, &err));
    assert_int_equal(1, r->read_count);
}

/* ---- rewriting: what the callbacks and the environment do ------------------------------------------------------ */

static int name_of(void *context, const struct sql_name *n, struct arena *a, const char **ret_schema, const char **ret_table,
                   struct error *e)
{
    (void)context, (void)a;
    const char *last = n->parts[n->count - 1];
    if (str_eq(last, "unknown")) {
        error_set(e, ERROR_NOT_FOUND, "unknown table %s", last);
        error_hint(e, "did you mean known?");
        return e->kind;
    }
    *ret_schema = n->count > 1 && str_eq(n->parts[0], "system") ? "bronze" : "gold";
    *ret_table = last;
    return 0;
}

static int columns_of(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                      size_t *ret_count, struct error *e)
{
    (void)context, (void)schema, (void)table, (void)e;
    struct sql_column_type *c = arena_alloc(a, 3 * sizeof(*c));
    c[0].name = "id";
    c[1].name = "v";
    c[2].name = "day";
    assert_int_equal(0, sql_type_parse(a, "BIGINT", &c[0].type, e));
    assert_int_equal(0, sql_type_parse(a, "STRING", &c[1].type, e));
    assert_int_equal(0, sql_type_parse(a, "DATE", &c[2].type, e));
    *ret = c;
    *ret_count = 3;
    return 0;
}

static int variable_of(void *context, const char *name, struct arena *a, const char **ret, struct error *e)
{
    (void)context, (void)a;
    if (str_eq(name, "catalog"))
        *ret = "main.gold";
    else if (str_eq(name, "days"))
        *ret = "30";
    else
        return error_set(e, ERROR_NOT_FOUND, "unknown variable ${%s}", name);
    return 0;
}

static const struct sql_type string_type = {.kind = SQL_T_STRING}, int_type = {.kind = SQL_T_INT}, date_type = {.kind = SQL_T_DATE};

static int function_of(void *context, const struct sql_name *n, struct arena *a, const struct sql_user_function **ret, struct error *e)
{
    static const struct sql_column params[] = {{.name = "start", .type = &date_type},
                                               {.name = "top", .type = &int_type, .default_sql = "5 + 5"}};
    static const struct sql_column_type cols[] = {{"k", &string_type}, {"n", &int_type}};
    static const struct sql_user_function top = {.engine_sql = "\"gold\".\"get_top\"",
                                                 .table_valued = true,
                                                 .columns = cols,
                                                 .column_count = 2,
                                                 .parameters = params,
                                                 .parameter_count = 2};
    (void)context, (void)a, (void)e;
    if (str_ieq(n->parts[n->count - 1], "get_top"))
        *ret = &top;
    return 0;
}

static struct sql_env environment(void)
{
    static const struct sql_param params[] = {{.name = "since", .type = &date_type}, {.name = "any"}};
    return (struct sql_env){.name = name_of,
                            .columns = columns_of,
                            .variable = variable_of,
                            .function = function_of,
                            .params = params,
                            .param_count = 2,
                            .params_closed = true,
                            .now_us = 1767225600500000,
                            .user = "ann"};
}

static const struct sql_rewritten *rewritten(const char *text)
{
    struct sql_env env = environment();
    struct sql_rewritten *r;
    if (sql_rewrite_duckdb(arena, text, strlen(text), 0, &env, &r, &err))
        fail_msg("%s: %s", err.where, err.what);
    return r;
}

static void rewrites_to(const char *text, const char *want) { assert_string_equal(want, rewritten(text)->statements[0]); }

static void rewrite_fails(const char *text, enum error_kind kind, const char *where, const char *what, const char *hint)
{
    struct sql_env env = environment();
    struct sql_rewritten *r;
    assert_int_equal(kind, sql_rewrite_duckdb(arena, text, strlen(text), 0, &env, &r, &err));
    assert_string_equal(where, err.where);
    assert_non_null(strstr(err.what, what));
    assert_non_null(strstr(err.hint, hint));
}

static void rewrite_names(void **state)
{
    (void)state;
    rewrites_to("SELECT id FROM a", "SELECT \"id\" AS \"id\" FROM \"gold\".\"a\" AS \"a\"");
    rewrites_to("SELECT x.id FROM system.billing.usage AS x", "SELECT \"x\".\"id\" AS \"id\" FROM \"bronze\".\"usage\" AS \"x\"");
    rewrites_to("SELECT usage.id FROM ${catalog}.usage", "SELECT \"usage\".\"id\" AS \"id\" FROM \"gold\".\"usage\" AS \"usage\"");
    rewrites_to("SELECT v FROM a WHERE id > ${days}", "SELECT \"v\" AS \"v\" FROM \"gold\".\"a\" AS \"a\" WHERE (\"id\" > 30)");
    rewrites_to("SELECT 'FROM a -- ${x}' AS `s`", "SELECT 'FROM a -- ${x}' AS \"s\"");
    rewrite_fails("SELECT 1 FROM unknown", ERROR_NOT_FOUND, "1:15", "unknown table unknown", "known");
    rewrite_fails("SELECT ${nope} FROM a", ERROR_NOT_FOUND, "1:8", "${nope}", "");
    rewrite_fails("SELECT idd FROM a", ERROR_NOT_FOUND, "1:8", "unknown column idd", "id");
    rewrite_fails("SELECT 1\nFROM a\nWHERE lenght(v) > 1", ERROR_NOT_FOUND, "3:7", "unknown function lenght", "length");
}

static void rewrite_params(void **state)
{
    (void)state;
    const struct sql_rewritten *r = rewritten("SELECT :any AS x FROM a WHERE day >= :since AND v = :any");
    assert_int_equal(2, r->param_count);
    assert_string_equal("any", r->params[0]);
    assert_string_equal("since", r->params[1]);
    assert_non_null(strstr(r->statements[0], "(\"day\" >= CAST($since AS DATE))"));
    assert_int_equal(SQL_T_UNKNOWN, r->columns[0].type->kind);
    rewrite_fails("SELECT :sinse", ERROR_NOT_FOUND, "1:8", "unknown parameter :sinse", ":since");
    rewrites_to("SELECT day - INTERVAL :any DAYS AS d FROM a",
                "SELECT CAST(\"day\" - to_days($any) AS DATE) AS \"d\" FROM \"gold\".\"a\" AS \"a\"");
}

static void rewrite_clock(void **state)
{
    (void)state;
    const struct sql_rewritten *r = rewritten("SELECT CURRENT_DATE, current_timestamp(), now(), unix_timestamp()");
    assert_non_null(strstr(r->statements[0], "DATE '2026-01-01' AS"));
    assert_non_null(strstr(r->statements[0], "TIMESTAMP '2026-01-01 00:00:00.500000' AS"));
    assert_non_null(strstr(r->statements[0], "CAST(1767225600 AS BIGINT)"));
    assert_true(r->uses_clock);
    assert_false(rewritten("SELECT 1")->uses_clock);
    assert_non_null(strstr(rewritten("CREATE VIEW v2 AS SELECT CURRENT_DATE AS d")->statements[0], "CAST(dbx_now() AS DATE)"));
}

static void rewrite_ddl(void **state)
{
    (void)state;
    const struct sql_rewritten *r = rewritten(
        "CREATE TABLE IF NOT EXISTS t (a INT NOT NULL COMMENT 'it''s', b VARCHAR(3) DEFAULT 'x', PRIMARY KEY (a), CONSTRAINT c CHECK (a > 0)) COMMENT 'all'");
    assert_int_equal(3, r->statement_count);
    assert_string_equal(
        "CREATE TABLE IF NOT EXISTS \"gold\".\"t\" (\"a\" INTEGER NOT NULL, \"b\" VARCHAR DEFAULT ('x'), CHECK (length(\"b\") <= 3), "
        "CONSTRAINT \"c\" CHECK ((\"a\" > 0)))",
        r->statements[0]);
    assert_string_equal("COMMENT ON TABLE \"gold\".\"t\" IS 'all'", r->statements[1]);
    assert_string_equal("COMMENT ON COLUMN \"gold\".\"t\".\"a\" IS 'it''s'", r->statements[2]);
    assert_int_equal(1, r->table->key_count);
    struct sql_rewritten *spared;
    const char *commented = "CREATE TABLE t (a INT COMMENT 'x') COMMENT 'all'";
    const struct sql_env env = {.spare_column_comments = true};
    assert_int_equal(0, sql_rewrite_duckdb(arena, commented, strlen(commented), 1, &env, &spared, NULL));
    assert_int_equal(2, spared->statement_count);
    assert_string_equal("COMMENT ON TABLE \"t\" IS 'all'", spared->statements[1]);
    assert_int_equal(0, rewritten("OPTIMIZE t ZORDER BY (a)")->statement_count);
    assert_int_equal(0, rewritten("ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')")->statement_count);
    rewrites_to("DROP VIEW IF EXISTS t", "DROP VIEW IF EXISTS \"gold\".\"t\"");
    rewrites_to("ALTER TABLE t RENAME COLUMN a TO b", "ALTER TABLE \"gold\".\"t\" RENAME COLUMN \"a\" TO \"b\"");
    rewrites_to("DELETE FROM a", "DELETE FROM \"gold\".\"a\" AS \"a\"");
}

/* A column goes before a parameter of the same name. */
static void rewrite_functions(void **state)
{
    (void)state;
    rewrites_to("CREATE FUNCTION f(n INT) RETURNS TABLE (id BIGINT) RETURN SELECT id FROM a WHERE id > n LIMIT n",
                "CREATE MACRO \"gold\".\"f\"(\"_p_n\") AS TABLE SELECT \"id\" AS \"id\" FROM "
                "\"gold\".\"a\" AS \"a\" WHERE (\"id\" > CAST(\"_p_n\" AS INTEGER)) "
                "LIMIT CAST(\"_p_n\" AS INTEGER)");
    rewrites_to("CREATE OR REPLACE FUNCTION f(id INT) RETURNS BIGINT RETURN (SELECT max(id) FROM a)",
                "CREATE OR REPLACE MACRO \"gold\".\"f\"(\"_p_id\") AS ((SELECT max(\"id\") AS \"max(id)\" FROM \"gold\".\"a\" AS \"a\"))");
    rewrites_to("SELECT k FROM get_top(DATE '2026-01-01')",
                "SELECT \"k\" AS \"k\" FROM \"gold\".\"get_top\"(DATE '2026-01-01', (5 + 5)) AS \"_t1\"");
    rewrites_to("SELECT n FROM TABLE(get_top(top => 3, start => '2026-01-01')) AS t",
                "SELECT \"n\" AS \"n\" FROM \"gold\".\"get_top\"(CAST(dbx_date_text('2026-01-01') AS DATE), 3) AS \"t\"");
    rewrite_fails("SELECT * FROM get_top(strat => '2026-01-01')", ERROR_NOT_FOUND, "1:23", "no parameter strat", "start");
    rewrite_fails("SELECT * FROM get_top()", ERROR_USAGE, "1:15", "needs its parameter start", "");
    rewrite_fails("SELECT get_top('x')", ERROR_USAGE, "1:8", "use it in FROM", "");
    rewrite_fails("SELECT * FROM get_tip('2026-01-01')", ERROR_NOT_FOUND, "1:15", "unknown function get_tip", "");
    assert_true(sql_function_known("Date_Trunc"));
    assert_false(sql_function_known("rand"));
    assert_false(sql_function_known("read_csv"));
}

static void rewrite_expression(void **state)
{
    (void)state;
    struct sql_env env = environment();
    const struct sql_column_type cols[] = {{"amount", &int_type}};
    const struct sql_type *t;
    const char *sql, *text = "amount IS NOT NULL AND amount / 2 > 1";
    assert_int_equal(0, sql_rewrite_expression(arena, text, strlen(text), 7, &env, cols, 1, &sql, &t, &err));
    assert_string_equal("((\"amount\" IS NOT NULL) AND ((CAST(\"amount\" AS DOUBLE) / CAST(2 AS DOUBLE)) > 1))", sql);
    assert_int_equal(SQL_T_BOOLEAN, t->kind);
    text = "amonut > 1";
    assert_int_equal(ERROR_NOT_FOUND, sql_rewrite_expression(arena, text, strlen(text), 7, &env, cols, 1, &sql, &t, &err));
    assert_string_equal("7:1", err.where);
    text = "amount > 1; DROP TABLE a";
    assert_int_equal(ERROR_USAGE, sql_rewrite_expression(arena, text, strlen(text), 7, &env, cols, 1, &sql, &t, &err));
}

/* Deep and repeated things end with an error, not with the stack or the memory. */
static void rewrite_limits(void **state)
{
    (void)state;
    struct sql_env env = environment();
    struct sql_rewritten *r;
    static const char *const open[] = {"(", "abs(", "array(", "- (", "NOT (", "(SELECT "}, *const close[] = {")", ")", ")", ")", ")", ")"};
    for (size_t k = 0; k < ARRAY_LEN(open); k++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        buf_puts(&b, "SELECT ");
        for (int i = 0; i < 20000; i++)
            buf_puts(&b, open[k]);
        buf_puts(&b, "1");
        for (int i = 0; i < 20000; i++)
            buf_puts(&b, close[k]);
        assert_int_not_equal(0, sql_rewrite_duckdb(arena, b.data, b.len, 0, &env, &r, &err));
        assert_int_equal(ERROR_LIMIT, err.kind);
        buf_free(&b);
    }
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_puts(&b, "SELECT ");
    for (int i = 0; i < 30; i++)
        buf_puts(&b, "id % (");
    buf_puts(&b, "id");
    for (int i = 0; i < 30; i++)
        buf_puts(&b, ")");
    buf_puts(&b, " FROM a");
    assert_int_equal(ERROR_LIMIT, sql_rewrite_duckdb(arena, b.data, b.len, 0, &env, &r, &err));
    buf_free(&b);
}

static void gates(const char *text, enum error_kind kind, const char *where)
{
    struct sql_env env = environment();
    struct sql_references *r = NULL;
    int rc = sql_gate(arena, text, strlen(text), &env, &r, &err);
    assert_int_equal(kind, rc);
    if (rc)
        assert_string_equal(where, err.where);
    else
        assert_non_null(r);
}

static void gate(void **state)
{
    (void)state;
    gates("SELECT * FROM a", ERROR_NONE, "");
    gates("WITH x AS (SELECT 1 AS y) SELECT upper(y) FROM x;", ERROR_NONE, "");
    gates("(SELECT 1) UNION ALL VALUES (2)", ERROR_NONE, "");
    gates("TABLE a", ERROR_NONE, "");
    gates("SELECT * FROM get_top(CURRENT_DATE), range(3)", ERROR_NONE, "");
    gates("SELECT 1; SELECT 2", ERROR_USAGE, "1:11");
    gates("", ERROR_USAGE, "1:1");
    gates("DROP TABLE a", ERROR_FORBIDDEN, "1:1");
    gates("-- x\n INSERT INTO a SELECT 1", ERROR_FORBIDDEN, "2:2");
    gates("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", ERROR_FORBIDDEN, "1:1");
    gates("WITH x AS (DELETE FROM a) SELECT * FROM x", ERROR_USAGE, "1:12");
    gates("SET x = 1", ERROR_FORBIDDEN, "1:1");
    gates("SELECT * FROM read_csv('/etc/passwd')", ERROR_NOT_FOUND, "1:15");
    gates("SELECT * FROM 'file.parquet'", ERROR_USAGE, "1:15");
    gates("SELECT getenv('HOME')", ERROR_NOT_FOUND, "1:8");
    gates("SELECT dbx_divide(1, 2)", ERROR_NOT_FOUND, "1:8");
    static const char *const of_simulator[] = {"sim_key(1)", "sim_random(1)", "sim_normal(1)",   "sim_hex(1)",
                                               "SIM_ID(1)",  "sim_uuid(1)",   "sim_pick(0.5, 1)"};
    for (size_t i = 0; i < ARRAY_LEN(of_simulator); i++)
        gates(arena_printf(arena, "SELECT %s", of_simulator[i]), ERROR_NOT_FOUND, "1:8");
    gates("SELECT pg_catalog.version()", ERROR_NOT_FOUND, "1:8");
    gates("SELECT `rand`()", ERROR_USAGE, "1:8");
    gates("SELECT 1 /* ; */ ; -- ; DROP TABLE a", ERROR_NONE, "");
    gates("PRAGMA x", ERROR_USAGE, "1:1");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(lexer_kinds),
        T(lexer_positions_and_comments),
        T(string_values),
        T(lexer_errors),
        T(splits),
        T(split_errors),
        T(types),
        T(texts_of_statements),
        T(table_definition),
        T(table_errors),
        T(view_and_function),
        T(reference_lists),
        T(rewrite_names),
        T(rewrite_params),
        T(rewrite_clock),
        T(rewrite_ddl),
        T(rewrite_functions),
        T(rewrite_expression),
        T(rewrite_limits),
        T(gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
