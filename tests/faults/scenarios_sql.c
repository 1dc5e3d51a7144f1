/* Databricks SQL: tokens, statements, types, DDL, references, the gate, and what DuckDB is given. */
#include "scenarios.h"

#include "sql/sql.h"

static const char select_text[] =
    "WITH busy AS (SELECT q.id, q.s, COUNT(*) OVER (PARTITION BY q.s ORDER BY q.ts) AS n FROM system.query.history AS q WHERE q.dt > :since)\n"
    "SELECT b.id, TRANSFORM(SPLIT(b.s, ','), x -> UPPER(x)) AS parts, CASE WHEN b.n > 3 THEN 'many' ELSE 'few' END AS how,\n"
    "  TRY_CAST(b.s AS DECIMAL(10, 2)) AS d, DATE_TRUNC('MONTH', h.ts) AS m, h.mp['k'][0] AS v, h.st.y[0].z AS z\n"
    "FROM busy AS b JOIN system.query.history AS h ON b.id = h.id AND h.b LATERAL VIEW EXPLODE(h.a) t AS item\n"
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY b.id ORDER BY h.ts DESC NULLS LAST) = 1 ORDER BY 1 LIMIT 10";
static const char table_text[] =
    "CREATE TABLE IF NOT EXISTS cat.gold.fact (id BIGINT NOT NULL COMMENT 'the key', name STRING DEFAULT 'x',\n"
    "  tags MAP<STRING, ARRAY<STRUCT<a: INT, b: DECIMAL(12, 3)>>>, day DATE, ts TIMESTAMP,\n"
    "  CONSTRAINT pk PRIMARY KEY (id) RELY, CONSTRAINT ok CHECK (id > 0)) USING DELTA PARTITIONED BY (day)\n"
    "COMMENT 'one row a thing' TBLPROPERTIES ('secchi.event_time' = 'ts', 'x' = 'y')";
static const char merge_text[] =
    "MERGE INTO target AS t USING (SELECT id, s, ts FROM source WHERE b) AS s ON t.id = s.id\n"
    "WHEN MATCHED AND s.ts > t.ts THEN UPDATE SET t.s = s.s, t.ts = s.ts WHEN NOT MATCHED THEN INSERT (id, s, ts) VALUES (s.id, s.s, s.ts)";
static const char script_text[] =
    "-- first\nSELECT ';' AS a; /* two; */ INSERT INTO t VALUES (1, \"x;y\");;\nCREATE VIEW v AS SELECT $$a;b$$ AS c;\n"
    "UPDATE t SET a = 2 WHERE b IS NULL; DELETE FROM t WHERE a IN (1, 2, 3)";

static int name(void *context, const struct sql_name *n, struct arena *a, const char **ret_schema, const char **ret_table,
                struct error *err)
{
    (void)context, (void)a;
    *ret_schema = "main";
    *ret_table = n->parts[n->count - 1];
    return str_starts(*ret_table, "no_") ? error_set(err, ERROR_NOT_FOUND, "unknown table") : 0;
}

static int columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                   size_t *ret_count, struct error *err)
{
    static const char *const texts[][2] = {
        {"id", "BIGINT"},
        {"s", "STRING"},
        {"b", "BOOLEAN"},
        {"dt", "DATE"},
        {"ts", "TIMESTAMP"},
        {"a", "ARRAY<INT>"},
        {"mp", "MAP<STRING, ARRAY<STRING>>"},
        {"st", "STRUCT<x: INT, y: ARRAY<STRUCT<z: STRING>>>"},
    };
    (void)context, (void)schema, (void)table;
    struct sql_column_type *c = arena_alloc(a, ARRAY_LEN(texts) * sizeof(*c));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        c[i].name = texts[i][0];
        int rc = sql_type_parse(a, texts[i][1], &c[i].type, err);
        if (rc)
            return rc;
    }
    *ret = c;
    *ret_count = ARRAY_LEN(texts);
    return 0;
}

static int variable(void *context, const char *v, struct arena *a, const char **ret, struct error *err)
{
    (void)context, (void)v, (void)a, (void)err;
    *ret = "cat.sch";
    return 0;
}

static const struct sql_env env = {.name = name, .columns = columns, .variable = variable, .now_us = 1767225600000000, .user = "somebody"};

static int lexes(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_token *t;
    size_t n;
    int rc = sql_lex(a, select_text, strlen(select_text), 1, &t, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        note("%d@%u ", (int)t[i].kind, t[i].offset);
    return rc;
}

static int splits(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_statement *s;
    size_t n;
    int rc = sql_split(a, script_text, strlen(script_text), 1, &s, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        note("%s at %u: %.*s\n", sql_kind_name(s[i].kind), s[i].pos.line, (int)s[i].len, s[i].text);
    return rc;
}

static int reads_types(struct error *err)
{
    static const char *const texts[] = {"STRUCT<a: BIGINT, b: ARRAY<MAP<STRING, DECIMAL(38, 2)>>, `c d`: TIMESTAMP_NTZ>",
                                        "INTERVAL DAY TO SECOND"};
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const struct sql_type *t;
    int rc = 0;
    for (size_t i = 0; !rc && i < ARRAY_LEN(texts); i++) {
        rc = sql_type_parse(a, texts[i], &t, err);
        if (!rc)
            note("%s %s\n", sql_type_text(a, t), sql_type_duckdb(a, t));
    }
    if (!rc && !(rc = sql_type_parse_duckdb(a, "STRUCT(a BIGINT, b MAP(VARCHAR, DECIMAL(9,2)[]))", &t, err)))
        note("%s", sql_type_text(a, t));
    return rc;
}

static int reads_a_table(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_table *t;
    int rc = sql_parse_table(a, table_text, strlen(table_text), 1, &t, err);
    if (rc)
        return rc;
    note("%s %zu keys %zu checks %zu properties %s\n", sql_name_text(a, &t->name), t->key_count, t->check_count, t->property_count,
         t->comment);
    for (size_t i = 0; i < t->column_count; i++)
        note("%s %s %s\n", t->columns[i].name, t->columns[i].type_text, t->columns[i].comment ? t->columns[i].comment : "-");
    return 0;
}

static int finds_references(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_references *r;
    int rc = sql_references(a, merge_text, strlen(merge_text), 1, &r, err);
    if (rc)
        return rc;
    note("writes %s\n", sql_name_text(a, &r->written));
    for (size_t i = 0; i < r->read_count; i++)
        note("reads %s\n", sql_name_text(a, &r->reads[i].name));
    return 0;
}

static int gates(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_references *r;
    int rc = sql_gate(a, select_text, strlen(select_text), &env, &r, err);
    if (!rc)
        note("%zu functions, %zu tables", r->function_count, r->read_count);
    return rc;
}

static int gate_refuses(struct error *err)
{
    static const char text[] = "SELECT a FROM (SELECT * FROM read_csv('/etc/passwd')) AS x";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_references *r;
    int rc = sql_gate(a, text, strlen(text), &env, &r, err);
    note("%d %s %s", rc, err->where, err->what);
    return rc;
}

static int rewrites(const char *text, size_t len, uint32_t line, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct sql_rewritten *r;
    int rc = sql_rewrite_duckdb(a, text, len, line, &env, &r, err);
    if (rc) {
        note("%d %s %s\n", rc, err->where, err->what);
        return rc;
    }
    for (size_t i = 0; i < r->statement_count; i++)
        note_bytes(r->statements[i], strlen(r->statements[i]));
    for (size_t i = 0; i < r->column_count; i++)
        note("%s %s\n", r->columns[i].name, sql_type_text(a, r->columns[i].type));
    return 0;
}

static int rewrites_a_query(struct error *err) { return rewrites(select_text, strlen(select_text), 1, err); }
static int rewrites_a_table(struct error *err) { return rewrites(table_text, strlen(table_text), 1, err); }
static int rewrites_a_merge(struct error *err) { return rewrites(merge_text, strlen(merge_text), 1, err); }

static int names_what_is_wrong(struct error *err)
{
    static const char text[] = "SELECT id,\n  s + FROM no_table";
    return rewrites(text, strlen(text), 7, err);
}

static int names_an_unknown_table(struct error *err)
{
    static const char text[] = "SELECT id FROM here AS h JOIN no_table AS n ON h.id = n.id";
    return rewrites(text, strlen(text), 1, err);
}

static int rewrites_an_expression(struct error *err)
{
    static const char text[] =
        "COALESCE(s, 'none') RLIKE '^[a-z]+$' AND SIZE(a) BETWEEN 1 AND 5 AND dt >= DATE'2026-01-01' - INTERVAL 3 MONTHS";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    const struct sql_column_type *c;
    const struct sql_type *type;
    const char *sql;
    size_t n;
    int rc = columns(NULL, "main", "t", a, &c, &n, err);
    if (!rc)
        rc = sql_rewrite_expression(a, text, strlen(text), 1, &env, c, n, &sql, &type, err);
    if (!rc)
        note("%s %s", sql_type_text(a, type), sql);
    return rc;
}

/* Every statement of a file of golden cases; those that are errors must be the same error. */
static int golden(const char *file, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    char path[4096], *text = NULL;
    struct sql_statement *s;
    size_t len, n = 0;
    snprintf(path, sizeof(path), "%s/sql/%s", getenv("SECCHI_TEST_GOLDEN"), file);
    int rc = file_read(path, LIMIT_SQL_BYTES, &text, &len, err);
    if (!rc)
        rc = sql_split(a, text, len, 1, &s, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        int one = rewrites(s[i].text, s[i].len, s[i].pos.line, err);
        if (one != ERROR_USAGE && one != ERROR_NOT_FOUND)
            rc = one;
    }
    free(text);
    return rc;
}

static int golden_casts(struct error *err) { return golden("casts.sql", err); }
static int golden_aggregates(struct error *err) { return golden("aggregates.sql", err); }
static int golden_conditions(struct error *err) { return golden("conditions.sql", err); }

const struct scenario sql_scenarios[] = {
    {"sql_lexes", lexes},
    {"sql_splits", splits},
    {"sql_reads_types", reads_types},
    {"sql_reads_a_table", reads_a_table},
    {"sql_finds_references", finds_references},
    {"sql_gates", gates},
    {"sql_gate_refuses", gate_refuses},
    {"sql_rewrites_a_query", rewrites_a_query},
    {"sql_rewrites_a_table", rewrites_a_table},
    {"sql_rewrites_a_merge", rewrites_a_merge},
    {"sql_names_what_is_wrong", names_what_is_wrong},
    {"sql_names_an_unknown_table", names_an_unknown_table},
    {"sql_rewrites_an_expression", rewrites_an_expression},
    {"sql_golden_casts", golden_casts},
    {"sql_golden_aggregates", golden_aggregates},
    {"sql_golden_conditions", golden_conditions},
    {NULL, NULL},
};
