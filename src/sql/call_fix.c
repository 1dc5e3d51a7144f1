/* Dispatch of hooks, and those of conditions, casts and numbers. */
#include "sql/call_fix.h"

void sql_fix_as(struct expr *e, const char *text, const struct sql_type *type)
{
    e->text = text;
    e->type = type;
}

void sql_fix_error(struct binder *b, const struct expr *e, const char *hint, const char *fmt, ...)
{
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    sql_fail(b->p, e->pos, ERROR_USAGE, hint, "%s", what);
}

bool sql_call_is(const struct expr *e, const char *name) { return e->builtin && str_eq(e->builtin->name, name); }

struct expr *sql_call_of(struct binder *b, const struct expr *like, const char *name, struct expr *first, struct expr *second)
{
    struct expr *c = sql_new_expr(b, EX_CALL, like, NULL);
    struct sql_name *n = arena_alloc(b->a, sizeof(*n));
    *n = (struct sql_name){.parts = {name}, .count = 1, .pos = like->pos};
    c->name = n;
    *LIST_ADD(b->a, &c->args) = first;
    if (second)
        *LIST_ADD(b->a, &c->args) = second;
    sql_bind_call(b, c, NULL);
    return c;
}

static void fix_nullif(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *l = ARG(e, 0)->type, *r = ARG(e, 1)->type, *c = sql_common_type(b->a, l, r);
    if (!c) {
        sql_fix_error(b, e, "write a CAST", "nullif cannot compare %s and %s", sql_type_text(b->a, l), sql_type_text(b->a, r));
        return;
    }
    if (sql_type_equal(l, r) || l->kind == SQL_T_UNKNOWN) {
        sql_fix_as(e, "nullif($1, $2)", l);
        return;
    }
    if (l->kind != SQL_T_VOID && !(sql_is_numeric(l) && sql_is_numeric(r))) {
        *LIST_ADD(b->a, &e->args) = sql_coerce(b, ARG(e, 0), c);
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), c);
        sql_fix_as(e, "CASE WHEN $3 = $2 THEN NULL ELSE $1 END", l);
        return;
    }
    sql_fix_as(e, "CASE WHEN $1 = $2 THEN NULL ELSE $1 END", l);
}

/* decode(x, a, 1, b, 2, 0) is a CASE that takes NULL for equal to NULL. */
static void fix_decode(struct binder *b, struct expr *e, const struct scope *s)
{
    const char *charset;
    if (e->args.count == 2) {
        if (!sql_literal_text(ARG(e, 1), &charset) || !(str_ieq(charset, "utf-8") || str_ieq(charset, "utf8")))
            sql_fix_error(b, e, NULL, "decode of another character set than UTF-8 is not supported");
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(BINARY));
        sql_fix_as(e, "decode($1)", T(STRING));
        return;
    }
    struct expr *c = sql_new_expr(b, EX_CASE, e, NULL);
    size_t i = 1;
    for (; i + 1 < e->args.count; i += 2) {
        struct expr *same = sql_new_expr(b, EX_OP, e, NULL);
        same->text = "<=>";
        *LIST_ADD(b->a, &same->args) = ARG(e, 0);
        *LIST_ADD(b->a, &same->args) = ARG(e, i);
        *LIST_ADD(b->a, &c->args) = same;
        *LIST_ADD(b->a, &c->args) = ARG(e, i + 1);
    }
    c->has_else = i < e->args.count;
    if (c->has_else)
        *LIST_ADD(b->a, &c->args) = ARG(e, i);
    sql_bind_expr(b, c, s);
    *e = *c;
}

/* Spark's short name of a type: decimal(10,2), array<int>, struct<a:int>. */
static char *simple_name(struct arena *a, const struct sql_type *t)
{
    if (t->kind == SQL_T_ARRAY)
        return arena_printf(a, "array<%s>", simple_name(a, t->item));
    if (t->kind == SQL_T_MAP)
        return arena_printf(a, "map<%s,%s>", simple_name(a, t->key), simple_name(a, t->item));
    if (t->kind == SQL_T_STRUCT) {
        char *text = arena_strdup(a, "struct<");
        for (size_t i = 0; i < t->field_count; i++)
            text = arena_printf(a, "%s%s%s:%s", text, i ? "," : "", t->fields[i].name, simple_name(a, t->fields[i].type));
        return arena_printf(a, "%s>", text);
    }
    char *text = sql_type_text(a, t);
    str_lower(text);
    return text;
}

static void fix_typeof(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    if (sql_is_unknown(t) || t->kind == SQL_T_INTERVAL_DT || t->kind == SQL_T_INTERVAL_YM) {
        sql_fix_error(b, e, NULL, "typeof of this value is not supported");
        return;
    }
    e->kind = EX_STRING;
    sql_fix_as(e, simple_name(b->a, t), T(STRING));
}

static void fix_cast(struct binder *b, struct expr *e, const struct scope *s)
{
    struct expr *c = sql_new_expr(b, EX_CAST, e, NULL);
    c->target = e->type;
    *LIST_ADD(b->a, &c->args) = ARG(e, 0);
    sql_bind_expr(b, c, s);
    *e = *c;
}

static void fix_user(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (b->no_clock) {
        sql_fix_error(b, e, "give it in the statement that writes the row", "%s is not supported in a DEFAULT or CHECK", e->builtin->name);
        return;
    }
    if (b->clock_variable) {
        e->kind = EX_RAW;
        sql_fix_as(e, "dbx_user()", T(STRING));
        return;
    }
    if (!b->env->user) {
        sql_fix_error(b, e, NULL, "%s is not known here", e->builtin->name);
        return;
    }
    e->kind = EX_STRING;
    sql_fix_as(e, b->env->user, T(STRING));
}

static void fix_generator(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    sql_fix_error(b, e, "use it alone in the select list, in LATERAL VIEW or in FROM", "%s is not expected here", e->builtin->name);
}

/* ---- numbers -------------------------------------------------------------------------------------------- */

static void fix_ceil(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    const char *name = sql_call_is(e, "floor") ? "floor" : "ceil";
    if (t->kind == SQL_T_DECIMAL)
        sql_fix_as(e, arena_printf(b->a, "CAST(%s($1) AS $R)", name),
                   sql_decimal_type(
                       b->a, t->precision - t->scale + (t->scale ? 1 : 0) > 38 ? 38 : t->precision - t->scale + (t->scale ? 1 : 0), 0));
    else if (sql_is_integral(t))
        sql_fix_as(e, "CAST($1 AS BIGINT)", T(BIGINT));
    else
        sql_fix_as(e, arena_printf(b->a, "CAST(%s($1) AS BIGINT)", name), T(BIGINT));
}

static void round_decimal(struct binder *b, struct expr *e, const struct sql_type *t, int digits)
{
    int whole = t->precision - t->scale + 1;
    if (digits < 0) {
        int precision = whole > 1 - digits ? whole : 1 - digits;
        sql_fix_as(e, arena_printf(b->a, "CAST(round($1, %d) AS $R)", digits), sql_decimal_type(b->a, precision > 38 ? 38 : precision, 0));
        return;
    }
    int scale = digits < t->scale ? digits : t->scale, precision = whole + scale;
    sql_fix_as(e, "CAST($1 AS $R)", sql_decimal_type(b->a, precision > 38 ? 38 : precision, scale));
}

/* A double is rounded on its shortest decimal text, as Java does: round(1.005, 2) is 1.01. */
static void fix_round(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    int64_t digits = 0;
    if (e->args.count == 2 && !sql_literal_int(ARG(e, 1), &digits)) {
        sql_fix_error(b, e, NULL, "round needs a whole literal number of digits");
        return;
    }
    if (digits > 20 || digits < -20)
        sql_fix_error(b, e, NULL, "round takes -20 to 20 digits");
    if (t->kind == SQL_T_DECIMAL)
        round_decimal(b, e, t, (int)digits);
    else if (sql_is_integral(t) && digits >= 0)
        sql_fix_as(e, "$1", t);
    else if (digits < 0)
        sql_fix_as(e, arena_printf(b->a, "CAST(round($1, %d) AS $R)", (int)digits), t->kind == SQL_T_UNKNOWN ? T(DOUBLE) : t);
    else {
        sql_fix_as(e, arena_printf(b->a, "CAST(dbx_round($1, CAST(CAST($1 AS VARCHAR) AS DECIMAL(38,%d))) AS $R)", (int)digits),
                   t->kind == SQL_T_FLOAT ? t : T(DOUBLE));
        e->copies = 3;
        if (t->kind == SQL_T_UNKNOWN)
            sql_fix_as(e, arena_printf(b->a, "round($1, %d)", (int)digits), t);
    }
}

static void fix_log(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    sql_fix_as(e, e->args.count == 2 ? "dbx_log($1, $2)" : "dbx_ln($1)", T(DOUBLE));
}

static void as_operator(struct binder *b, struct expr *e, const char *op, const struct scope *s)
{
    e->kind = EX_OP;
    e->text = op;
    e->type = NULL;
    e->builtin = NULL;
    sql_bind_expr(b, e, s);
}

static void fix_mod(struct binder *b, struct expr *e, const struct scope *s) { as_operator(b, e, "%", s); }

static void fix_pmod(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    if (!sql_is_numeric(t) || t->kind == SQL_T_DECIMAL)
        sql_fix_error(b, e, "write a CAST", "pmod of %s is not supported", sql_type_text(b->a, t));
    sql_fix_as(e, "CAST(dbx_pmod($1, $2) AS $R)", t);
}

static void fix_hex(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    if (sql_is_integral(t))
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(BIGINT));
    else if (t->kind != SQL_T_BINARY)
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(STRING));
    sql_fix_as(e, "hex($1)", T(STRING));
}

static void fix_try_arithmetic(struct binder *b, struct expr *e, const struct scope *s)
{
    const struct sql_type *l = ARG(e, 0)->type, *r = ARG(e, 1)->type;
    bool divide = sql_call_is(e, "try_divide"), mod = sql_call_is(e, "try_mod");
    if (divide || mod) {
        e->try_cast = true;
        as_operator(b, e, divide ? "/" : "%", s);
        return;
    }
    const char *op = sql_call_is(e, "try_add") ? "+" : sql_call_is(e, "try_subtract") ? "-" : "*";
    bool whole = sql_is_integral(l) && sql_is_integral(r);
    if (whole)
        sql_fix_as(e, arena_printf(b->a, "TRY_CAST(CAST($1 AS HUGEINT) %s CAST($2 AS HUGEINT) AS $R)", op), sql_common_type(b->a, l, r));
    else if (l->kind == SQL_T_DOUBLE || r->kind == SQL_T_DOUBLE)
        as_operator(b, e, op, s);
    else
        sql_fix_error(b, e, "CAST to DOUBLE or BIGINT", "%s of %s and %s is not supported", e->builtin->name, sql_type_text(b->a, l),
                      sql_type_text(b->a, r));
}

static void fix_zeroifnull(struct binder *b, struct expr *e, const struct scope *s)
{
    struct expr *zero = sql_new_expr(b, EX_NUMBER, e, NULL);
    zero->text = "0";
    sql_bind_expr(b, zero, s);
    *e = *sql_call_of(b, e, "coalesce", ARG(e, 0), zero);
}

static const struct fix plain_fixes[] = {
    {"=zeroifnull", fix_zeroifnull},
    {"=nullif", fix_nullif},
    {"=decode", fix_decode},
    {"=typeof", fix_typeof},
    {"=cast", fix_cast},
    {"=user", fix_user},
    {"=generator", fix_generator},
    {"=ceil", fix_ceil},
    {"=floor", fix_ceil},
    {"=round", fix_round},
    {"=log", fix_log},
    {"=mod", fix_mod},
    {"=pmod", fix_pmod},
    {"=hex", fix_hex},
    {"=try_arithmetic", fix_try_arithmetic},
    {NULL, NULL},
};

void sql_fix_call(struct binder *b, struct expr *e, const struct scope *s)
{
    static const struct fix *const tables[] = {plain_fixes,      sql_text_fixes,      sql_time_fixes, sql_nested_fixes,
                                               sql_lambda_fixes, sql_aggregate_fixes, sql_json_fixes};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        for (const struct fix *f = tables[i]; f->hook; f++)
            if (str_eq(f->hook, e->builtin->sql)) {
                f->fn(b, e, s);
                return;
            }
    sql_fail(b->p, e->pos, ERROR_INTERNAL, NULL, "function %s has no hook %s", e->builtin->name, e->builtin->sql);
}
