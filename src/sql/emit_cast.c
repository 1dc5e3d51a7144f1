/* CAST with Spark's meaning as a template of DuckDB: strings are read strictly, fractions are cut, doubles are written as Java does. */
#include "sql/bind.h"

struct caster {
    struct arena *a;
    struct binder *b;
    const char *cast; /* CAST or TRY_CAST */
};

static bool is_float(const struct sql_type *t) { return t->kind == SQL_T_FLOAT || t->kind == SQL_T_DOUBLE; }

/* Whether DuckDB's own CAST means the same, without a detour. */
static bool plain(const struct sql_type *from, const struct sql_type *to)
{
    enum sql_type_kind f = from->kind, t = to->kind;
    if (sql_type_equal(from, to) || f == SQL_T_VOID)
        return true;
    if (f == SQL_T_UNKNOWN)
        return t != SQL_T_STRING && !sql_is_integral(to);
    if (f == SQL_T_ARRAY && t == SQL_T_ARRAY)
        return plain(from->item, to->item);
    if (f == SQL_T_MAP && t == SQL_T_MAP)
        return plain(from->key, to->key) && plain(from->item, to->item);
    if (f == SQL_T_STRUCT && t == SQL_T_STRUCT) {
        for (size_t i = 0; i < from->field_count && i < to->field_count; i++)
            if (!str_ieq(from->fields[i].name, to->fields[i].name) || !plain(from->fields[i].type, to->fields[i].type))
                return false;
        return from->field_count == to->field_count;
    }
    if (f == SQL_T_STRING || (t == SQL_T_STRING && (is_float(from) || f == SQL_T_BINARY)))
        return false;
    if ((is_float(from) || f == SQL_T_DECIMAL) && sql_is_integral(to))
        return false;
    if (is_float(from) && t == SQL_T_DECIMAL)
        return false;
    if (f == SQL_T_DECIMAL && t == SQL_T_STRING && from->precision == from->scale)
        return false;
    bool time = f >= SQL_T_DATE && f <= SQL_T_TIMESTAMP_NTZ, number = sql_is_numeric(from);
    if ((time && sql_is_numeric(to)) || (number && (t == SQL_T_TIMESTAMP || t == SQL_T_BOOLEAN)))
        return false;
    return true;
}

static const char *from_string(struct caster *c, const struct sql_type *to)
{
    const char *type = sql_type_duckdb(c->a, to);
    switch (to->kind) {
    case SQL_T_TINYINT:
    case SQL_T_SMALLINT:
    case SQL_T_INT:
    case SQL_T_BIGINT:
        return arena_printf(c->a, "%s(dbx_int_text($1) AS %s)", c->cast, type);
    case SQL_T_DATE:
        return arena_printf(c->a, "%s(dbx_date_text($1) AS DATE)", c->cast);
    case SQL_T_TIMESTAMP:
        return arena_printf(c->a, "timezone('UTC', %s(dbx_time_text($1) AS TIMESTAMPTZ))", c->cast);
    case SQL_T_TIMESTAMP_NTZ:
        return arena_printf(c->a, "%s(dbx_time_text($1) AS TIMESTAMP)", c->cast);
    case SQL_T_BOOLEAN:
        return arena_printf(c->a, "%s(dbx_bool_text($1) AS BOOLEAN)", c->cast);
    case SQL_T_BINARY:
        return "encode($1)";
    default:
        return arena_printf(c->a, "%s(dbx_number_text($1) AS %s)", c->cast, type);
    }
}

static const char *from_number(struct caster *c, const struct sql_type *from, const struct sql_type *to)
{
    const char *type = sql_type_duckdb(c->a, to);
    if (to->kind == SQL_T_BOOLEAN)
        return "($1 <> 0)";
    if (to->kind == SQL_T_TIMESTAMP && sql_is_integral(from))
        return "make_timestamp(CAST($1 AS BIGINT) * 1000000)";
    if (to->kind == SQL_T_TIMESTAMP)
        return "make_timestamp(CAST(trunc(CAST($1 AS DOUBLE) * 1000000) AS BIGINT))";
    if (to->kind == SQL_T_STRING && from->kind == SQL_T_DECIMAL) /* DuckDB leaves out the zero of 0.5 in DECIMAL(1,1) */
        return "regexp_replace(CAST($1 AS VARCHAR), '^(-?)[.]', '\\10.')";
    if (to->kind == SQL_T_STRING)
        return from->kind == SQL_T_FLOAT ? "dbx_float_text($1)" : "dbx_double_text($1)";
    if (to->kind == SQL_T_DECIMAL)
        return arena_printf(c->a, "%s(CAST($1 AS VARCHAR) AS %s)", c->cast, type);
    return arena_printf(c->a, "%s(trunc($1) AS %s)", c->cast, type);
}

static const char *from_unknown(struct caster *c, const struct sql_type *to)
{
    if (to->kind == SQL_T_STRING)
        return "dbx_any_text($1)";
    return arena_printf(c->a, "%s(dbx_any_whole($1) AS %s)", c->cast, sql_type_duckdb(c->a, to));
}

static const char *replace_argument(struct arena *a, const char *template, const char *with)
{
    char *out = arena_strdup(a, "");
    for (const char *hit; (hit = strstr(template, "$1")); template = hit + 2)
        out = arena_printf(a, "%s%.*s%s", out, (int)(hit - template), template, with);
    return arena_printf(a, "%s%s", out, template);
}

static const char *cast_template(struct caster *c, const struct sql_type *from, const struct sql_type *to);

static const char *nested(struct caster *c, const struct sql_type *from, const struct sql_type *to)
{
    const char *v = arena_printf(c->a, "_dbx%u", ++c->b->counter);
    if (from->kind == SQL_T_ARRAY)
        return arena_printf(c->a, "list_transform($1, lambda %s: %s)", v,
                            replace_argument(c->a, cast_template(c, from->item, to->item), v));
    if (from->kind == SQL_T_MAP)
        return arena_printf(c->a, "map_from_entries(list_transform(map_entries($1), lambda %s: {'key': %s, 'value': %s}))", v,
                            replace_argument(c->a, cast_template(c, from->key, to->key), arena_printf(c->a, "%s.\"key\"", v)),
                            replace_argument(c->a, cast_template(c, from->item, to->item), arena_printf(c->a, "%s.\"value\"", v)));
    char *fields = arena_strdup(c->a, "");
    for (size_t i = 0; i < from->field_count; i++) {
        const char *x = arena_printf(c->a, "%s.%s", v, sql_quote(c->a, from->fields[i].name));
        fields = arena_printf(c->a, "%s%s%s: %s", fields, i ? ", " : "", sql_quote_string(c->a, to->fields[i].name),
                              replace_argument(c->a, cast_template(c, from->fields[i].type, to->fields[i].type), x));
    }
    return arena_printf(c->a, "(list_transform([$1], lambda %s: CASE WHEN %s IS NOT NULL THEN {%s} END))[1]", v, v, fields);
}

static const char *cast_template(struct caster *c, const struct sql_type *from, const struct sql_type *to)
{
    if (sql_type_equal(from, to))
        return "$1";
    if (to->kind == SQL_T_UNKNOWN)
        return "$1";
    if (plain(from, to))
        return arena_printf(c->a, "%s($1 AS %s)", c->cast, sql_type_duckdb(c->a, to));
    if (from->kind == SQL_T_UNKNOWN)
        return from_unknown(c, to);
    if (from->kind >= SQL_T_ARRAY)
        return nested(c, from, to);
    if (from->kind == SQL_T_STRING)
        return from_string(c, to);
    if (from->kind == SQL_T_BINARY)
        return "decode($1)";
    if (sql_is_numeric(from))
        return from_number(c, from, to);
    if (to->kind == SQL_T_DOUBLE)
        return "epoch($1)";
    return arena_printf(c->a, "CAST(floor(epoch($1)) AS %s)", sql_type_duckdb(c->a, to));
}

void sql_emit_cast(struct emitter *m, const struct expr *e, const struct sql_type *from, const struct sql_type *to, bool try_cast)
{
    struct caster c = {.a = m->a, .b = m->b, .cast = try_cast ? "TRY_CAST" : "CAST"};
    const char *t = cast_template(&c, from, to);
    for (const char *hit; (hit = strstr(t, "$1")); t = hit + 2) {
        buf_add(&m->out, t, (size_t)(hit - t));
        sql_emit_expr(m, e);
    }
    buf_puts(&m->out, t);
}
