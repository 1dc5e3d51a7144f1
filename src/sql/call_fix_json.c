/* Hooks of JSON: to_json and from_json are written out by type, because DuckDB's own are more lenient than Spark's. */
#include "sql/call_fix.h"

struct json_text {
    struct binder *b;
    struct buf out;
    const struct expr *at;
};

static void fix_get_json_object(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *path;
    if (sql_literal_text(ARG(e, 1), &path) && (path[0] != '$' || strpbrk(path, "*?@")))
        sql_fix_error(b, ARG(e, 1), "a path such as $.a.b[0]", "JSON path %s is not supported", path);
    e->text = "dbx_get_json_object($1, $2)";
}

static void put_json(struct json_text *j, const struct sql_type *t, const char *x);

static void put_struct(struct json_text *j, const struct sql_type *t, const char *x)
{
    buf_puts(&j->out, "('{' || concat_ws(',', NULL");
    for (size_t i = 0; i < t->field_count; i++) {
        char *key = sql_quote_string(j->b->a, arena_printf(j->b->a, "\"%s\":", t->fields[i].name));
        if (strpbrk(t->fields[i].name, "\"\\$~@^"))
            sql_fix_error(j->b, j->at, NULL, "to_json of a field named %s is not supported", t->fields[i].name);
        buf_printf(&j->out, ", %s || ", key);
        put_json(j, t->fields[i].type, arena_printf(j->b->a, "%s.%s", x, sql_quote(j->b->a, t->fields[i].name)));
    }
    buf_puts(&j->out, ") || '}')");
}

/* list_aggregate, because array_to_string is a macro that writes its list twice: what is bound would double with each level. */
static void put_list(struct json_text *j, const struct sql_type *item, const char *x, const char *list, bool map)
{
    struct arena *a = j->b->a;
    const char *v = arena_printf(a, "_dbx%u", ++j->b->counter);
    buf_printf(&j->out, "CASE WHEN %s IS NOT NULL THEN '%s' || coalesce(list_aggregate(list_transform(%s, lambda %s: ", x, map ? "{" : "[",
               list, v);
    if (map)
        buf_printf(&j->out, "CAST(to_json(CAST(%s.\"key\" AS VARCHAR)) AS VARCHAR) || ':' || ", v);
    buf_puts(&j->out, "coalesce(");
    put_json(j, item, map ? arena_printf(a, "%s.\"value\"", v) : v);
    buf_printf(&j->out, ", 'null')), 'string_agg', ','), '') || '%s' END", map ? "}" : "]");
}

static void put_json(struct json_text *j, const struct sql_type *t, const char *x)
{
    struct binder *b = j->b;
    if (t->kind == SQL_T_STRUCT) {
        buf_printf(&j->out, "CASE WHEN %s IS NOT NULL THEN ", x);
        put_struct(j, t, x);
        buf_puts(&j->out, " END");
    } else if (t->kind == SQL_T_ARRAY) {
        put_list(j, t->item, x, x, false);
    } else if (t->kind == SQL_T_MAP) {
        put_list(j, t->item, x, arena_printf(b->a, "map_entries(%s)", x), true);
    } else if (t->kind == SQL_T_STRING) {
        buf_printf(&j->out, "CAST(to_json(%s) AS VARCHAR)", x);
    } else if (t->kind == SQL_T_DOUBLE || t->kind == SQL_T_FLOAT) {
        buf_printf(&j->out, "dbx_json_double(%s)", x);
    } else if (t->kind == SQL_T_TIMESTAMP) {
        buf_printf(&j->out, "strftime(%s, '\"%%Y-%%m-%%dT%%H:%%M:%%S.%%gZ\"')", x);
    } else if (t->kind == SQL_T_DATE) {
        buf_printf(&j->out, "('\"' || CAST(%s AS VARCHAR) || '\"')", x);
    } else if (t->kind == SQL_T_BINARY) {
        buf_printf(&j->out, "('\"' || base64(%s) || '\"')", x);
    } else if (t->kind == SQL_T_DECIMAL && t->precision == t->scale) {
        buf_printf(&j->out, "regexp_replace(CAST(%s AS VARCHAR), '^(-?)[.]', '\\10.')", x);
    } else if (sql_is_numeric(t) || t->kind == SQL_T_BOOLEAN) {
        buf_printf(&j->out, "CAST(%s AS VARCHAR)", x);
    } else if (t->kind == SQL_T_VOID) {
        buf_puts(&j->out, "CAST(NULL AS VARCHAR)");
    } else {
        sql_fix_error(b, j->at, NULL, "to_json of %s is not supported", sql_type_text(b->a, t));
    }
}

/* Types that DuckDB writes as Spark does, nulls included: its own function is several times faster. */
static bool same_json(const struct sql_type *t)
{
    if (t->kind == SQL_T_ARRAY)
        return same_json(t->item);
    if (t->kind == SQL_T_MAP)
        return t->key->kind == SQL_T_STRING && same_json(t->item);
    return t->kind == SQL_T_STRING || t->kind == SQL_T_BOOLEAN || (t->kind >= SQL_T_TINYINT && t->kind <= SQL_T_BIGINT);
}

static void fix_to_json(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind < SQL_T_ARRAY) {
        sql_fix_error(b, ARG(e, 0), "a STRUCT, MAP or ARRAY", "to_json of %s is not supported", sql_type_text(b->a, t));
        return;
    }
    if (same_json(t)) {
        e->text = "CAST(to_json($1) AS VARCHAR)";
        return;
    }
    struct json_text j = {.b = b, .at = e};
    buf_init(&j.out, LIMIT_SQL_BYTES);
    put_json(&j, t, "_j");
    e->text = j.out.overflow ? "NULL" : arena_printf(b->a, "(list_transform([$1], lambda _j: %s))[1]", j.out.data);
    if (j.out.overflow)
        sql_fix_error(b, e, NULL, "to_json of so large a type is not supported");
    buf_free(&j.out);
}

/* ---- from_json --------------------------------------------------------------------------------------------- */

static void take_json(struct json_text *j, const struct sql_type *t, const char *x);

static void take_struct(struct json_text *j, const struct sql_type *t, const char *x, bool nulls)
{
    struct binder *b = j->b;
    buf_puts(&j->out, "{");
    for (size_t i = 0; i < t->field_count; i++) {
        const char *name = t->fields[i].name;
        if (strpbrk(name, "\"\\$~@^"))
            sql_fix_error(b, j->at, NULL, "from_json with a field named %s is not supported", name);
        buf_printf(&j->out, "%s%s: ", i ? ", " : "", sql_quote_string(b->a, name));
        if (nulls)
            buf_printf(&j->out, "CAST(NULL AS %s)", sql_type_duckdb(b->a, t->fields[i].type));
        else
            take_json(j, t->fields[i].type,
                      arena_printf(b->a, "json_extract(%s, %s)", x, sql_quote_string(b->a, arena_printf(b->a, "$.\"%s\"", name))));
    }
    buf_puts(&j->out, "}");
}

/* A value of another JSON type than the wanted one is NULL. */
static void take_json(struct json_text *j, const struct sql_type *t, const char *x)
{
    struct binder *b = j->b;
    const char *duck = sql_type_duckdb(b->a, t);
    if (t->kind == SQL_T_STRING) {
        buf_printf(&j->out, "(%s ->> '$')", x);
    } else if (sql_is_integral(t)) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) IN ('BIGINT', 'UBIGINT') THEN TRY_CAST(%s ->> '$' AS %s) END", x, x, duck);
    } else if (sql_is_numeric(t)) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN TRY_CAST(%s ->> '$' AS %s) END", x, x, duck);
    } else if (t->kind == SQL_T_BOOLEAN) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) = 'BOOLEAN' THEN TRY_CAST(%s ->> '$' AS BOOLEAN) END", x, x);
    } else if (t->kind == SQL_T_DATE) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) = 'VARCHAR' THEN TRY_CAST(%s ->> '$' AS DATE) END", x, x);
    } else if (t->kind == SQL_T_TIMESTAMP) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) = 'VARCHAR' THEN timezone('UTC', TRY_CAST(%s ->> '$' AS TIMESTAMPTZ)) END", x, x);
    } else if (t->kind == SQL_T_ARRAY) {
        const char *v = arena_printf(b->a, "_dbx%u", ++b->counter);
        buf_printf(&j->out, "CASE WHEN json_type(%s) = 'ARRAY' THEN list_transform(CAST(%s AS JSON[]), lambda %s: ", x, x, v);
        take_json(j, t->item, v);
        buf_puts(&j->out, ") END");
    } else if (t->kind == SQL_T_MAP && t->key->kind == SQL_T_STRING) {
        const char *v = arena_printf(b->a, "_dbx%u", ++b->counter);
        buf_printf(
            &j->out,
            "CASE WHEN json_type(%s) = 'OBJECT' THEN map_from_entries(list_transform(map_entries(CAST(%s AS MAP(VARCHAR, JSON))), lambda %s: {'key': %s.\"key\", 'value': ",
            x, x, v, v);
        take_json(j, t->item, arena_printf(b->a, "%s.\"value\"", v));
        buf_puts(&j->out, "})) END");
    } else if (t->kind == SQL_T_STRUCT) {
        buf_printf(&j->out, "CASE WHEN json_type(%s) = 'OBJECT' THEN ", x);
        take_struct(j, t, x, false);
        buf_puts(&j->out, " END");
    } else {
        sql_fix_error(b, j->at, NULL, "from_json to %s is not supported", sql_type_text(b->a, t));
    }
}

static const struct sql_type *schema_type(struct binder *b, const struct expr *x)
{
    const struct sql_type *t = NULL;
    struct error err = {0};
    if (sql_type_parse(b->a, x->text, &t, &err) == 0)
        return t;
    if (sql_type_parse(b->a, arena_printf(b->a, "STRUCT<%s>", x->text), &t, &err) == 0)
        return t;
    sql_fix_error(b, x, "as in 'a INT, b STRING'", "bad schema: %s", err.what);
    return NULL;
}

static void fix_from_json(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = schema_type(b, ARG(e, 1));
    if (!t)
        return;
    if (t->kind < SQL_T_ARRAY) {
        sql_fix_error(b, ARG(e, 1), "a STRUCT, MAP or ARRAY", "from_json to %s is not supported", sql_type_text(b->a, t));
        return;
    }
    struct json_text j = {.b = b, .at = e};
    buf_init(&j.out, LIMIT_SQL_BYTES);
    if (t->kind == SQL_T_STRUCT) { /* what is not an object gives a struct of NULLs */
        buf_puts(&j.out, "CASE WHEN json_type(_j) = 'OBJECT' THEN ");
        take_struct(&j, t, "_j", false);
        buf_puts(&j.out, " ELSE ");
        take_struct(&j, t, "_j", true);
        buf_puts(&j.out, " END");
    } else {
        take_json(&j, t, "_j");
    }
    const char *body = j.out.overflow ? "" : arena_strdup(b->a, j.out.data);
    if (j.out.overflow)
        sql_fix_error(b, e, NULL, "from_json to so large a type is not supported");
    buf_free(&j.out);
    sql_fix_as(e, arena_printf(b->a, "dbx_not_null($1, (list_transform([dbx_json($1)], lambda _j: %s))[1])", body), t);
}

const struct fix sql_json_fixes[] = {
    {"=get_json_object", fix_get_json_object},
    {"=to_json", fix_to_json},
    {"=from_json", fix_from_json},
    {NULL, NULL},
};
