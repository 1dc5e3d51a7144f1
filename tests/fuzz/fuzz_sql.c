/* SQL text through the whole room: split, references, gate, DDL and types, rewriting with tables whose columns are known.
 * Whatever the text is, each answer is either a result or one error with its place; what comes out of the rewriting lexes
 * again as one statement of balanced brackets for the engine. */
#include <stdlib.h>

#include "sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static int name(void *context, const struct sql_name *n, struct arena *a, const char **ret_schema, const char **ret_table,
                struct error *err)
{
    (void)context, (void)a;
    *ret_schema = "main";
    *ret_table = n->parts[n->count - 1];
    return str_starts(*ret_table, "no") ? error_set(err, ERROR_NOT_FOUND, "unknown table") : 0;
}

static int columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                   size_t *ret_count, struct error *err)
{
    static const char *const texts[][2] = {
        {"id", "BIGINT"},
        {"i", "INT"},
        {"s", "STRING"},
        {"d", "DOUBLE"},
        {"m", "DECIMAL(12,3)"},
        {"w", "DECIMAL(38,18)"},
        {"b", "BOOLEAN"},
        {"dt", "DATE"},
        {"ts", "TIMESTAMP"},
        {"a", "ARRAY<INT>"},
        {"mp", "MAP<STRING, ARRAY<STRING>>"},
        {"st", "STRUCT<x: INT, y: ARRAY<STRUCT<z: STRING>>>"},
    };
    (void)context, (void)schema;
    if (table[0] == 'u')
        return 0; /* its columns are not known */
    struct sql_column_type *c = arena_alloc(a, ARRAY_LEN(texts) * sizeof(*c));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        c[i].name = texts[i][0];
        check(!sql_type_parse(a, texts[i][1], &c[i].type, err));
    }
    *ret = c;
    *ret_count = ARRAY_LEN(texts);
    return 0;
}

static int variable(void *context, const char *v, struct arena *a, const char **ret, struct error *err)
{
    (void)context, (void)a;
    *ret = v[0] == 'n' ? "42" : v[0] == 'q' ? "'text'" : "cat.sch";
    return v[0] == 'x' ? error_set(err, ERROR_NOT_FOUND, "no such variable") : 0;
}

static int function(void *context, const struct sql_name *n, struct arena *a, const struct sql_user_function **ret, struct error *err)
{
    static const struct sql_type text = {.kind = SQL_T_STRING}, number = {.kind = SQL_T_INT};
    static const struct sql_column_type cols[] = {{"p", &text}, {"q", &number}};
    static const struct sql_column params[] = {{.name = "x", .type = &text}, {.name = "y", .type = &number, .default_sql = "1 + 2"}};
    static const struct sql_user_function scalar = {.engine_sql = "f", .returns = &number, .parameters = params, .parameter_count = 2};
    static const struct sql_user_function table = {
        .engine_sql = "g", .table_valued = true, .columns = cols, .column_count = 2, .parameters = params, .parameter_count = 2};
    (void)context, (void)a, (void)err;
    *ret = str_ieq(n->parts[n->count - 1], "f") ? &scalar : str_ieq(n->parts[n->count - 1], "g") ? &table : NULL;
    return 0;
}

static void has_place(const struct error *err) { check(err->what[0] && err->where[0] && strchr(err->where, ':')); }

/* Brackets of what was written close again, outside of quotes. */
static void balanced(const char *s)
{
    int depth = 0;
    for (; *s; s++) {
        if (*s == '\'' || *s == '"') {
            char q = *s;
            for (s++; *s && (*s != q || s[1] == q); s++)
                s += *s == q;
            check(*s == q);
        } else if (strchr("([{", *s)) {
            depth++;
        } else if (strchr(")]}", *s)) {
            check(depth-- > 0);
        }
    }
    check(depth == 0);
}

static void one(struct arena *a, const char *text, size_t len, uint32_t line, const struct sql_env *env)
{
    struct error err = {0};
    struct sql_references *refs;
    struct sql_rewritten *r;
    if (sql_references(a, text, len, line, &refs, &err))
        has_place(&err);
    if (sql_rewrite_duckdb(a, text, len, line, env, &r, &err)) {
        has_place(&err);
        return;
    }
    for (size_t i = 0; i < r->statement_count; i++)
        balanced(r->statements[i]);
    for (size_t i = 0; i < r->column_count; i++)
        check(r->columns[i].name && r->columns[i].type && sql_type_text(a, r->columns[i].type)[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sql_type day = {.kind = SQL_T_DATE};
    static const struct sql_param params[] = {{.name = "p", .type = &day}, {.name = "bare", .bare = true, .engine_sql = "\"_p\""}};
    const struct sql_env env = {.name = name,
                                .columns = columns,
                                .variable = variable,
                                .function = function,
                                .params = params,
                                .param_count = 2,
                                .now_us = 1767225600000000,
                                .user = "somebody"};
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct error err = {0};
    struct sql_statement *s;
    struct sql_references *refs;
    const struct sql_type *type;
    size_t n;
    char *text = arena_strndup(a, (const char *)data, size);
    if (sql_type_parse(a, text, &type, &err))
        has_place(&err);
    else
        check(!sql_type_parse(a, sql_type_text(a, type), &type, &err));
    (void)!sql_type_parse_duckdb(a, text, &type, &err);
    if (sql_gate(a, (const char *)data, size, &env, &refs, &err))
        has_place(&err);
    if (sql_split(a, (const char *)data, size, 1, &s, &n, &err)) {
        has_place(&err);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        one(a, s[i].text, s[i].len, s[i].pos.line, &env);
    return 0;
}
