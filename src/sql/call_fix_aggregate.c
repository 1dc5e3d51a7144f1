/* Hooks of aggregate and window functions. */
#include "sql/call_fix.h"

static void fix_count(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (!e->args.count) {
        if (e->distinct)
            sql_fix_error(b, e, "name the columns", "count(DISTINCT *) is not supported");
        sql_fix_as(e, "count(*)~", T(BIGINT));
        return;
    }
    if (e->args.count == 1) {
        sql_fix_as(e, "count(@$1)~", T(BIGINT));
        return;
    }
    if (e->args.count > 9)
        sql_fix_error(b, e, NULL, "count takes up to nine columns");
    char *nulls = arena_strdup(b->a, "");
    for (size_t i = 1; i <= e->args.count; i++)
        nulls = arena_printf(b->a, "%s%s$%zu IS NOT NULL", nulls, i > 1 ? " AND " : "", i);
    sql_fix_as(e, arena_printf(b->a, "count(@CASE WHEN %s THEN row($*) END)~", nulls), T(BIGINT));
}

static void fix_count_if(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->distinct)
        sql_fix_error(b, e, NULL, "count_if takes no DISTINCT");
    sql_fix_as(e, "count(CASE WHEN $1 THEN 1 END)~", T(BIGINT));
}

static const struct sql_type *summed(struct binder *b, const struct sql_type *t)
{
    return sql_decimal_type(b->a, t->precision + 10 > 38 ? 38 : t->precision + 10, t->scale);
}

static bool number_argument(struct binder *b, struct expr *e)
{
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind == SQL_T_STRING || t->kind == SQL_T_VOID || t->kind == SQL_T_FLOAT)
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(DOUBLE));
    else if (!sql_is_numeric(t) && t->kind != SQL_T_UNKNOWN)
        sql_fix_error(b, ARG(e, 0), "write a CAST", "%s of %s is not supported", e->builtin->name, sql_type_text(b->a, t));
    return !b->p->failed;
}

static void fix_sum(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (!number_argument(b, e))
        return;
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind == SQL_T_DOUBLE || t->kind == SQL_T_UNKNOWN)
        sql_fix_as(e, "sum(@$1)~", t);
    else
        sql_fix_as(e, "CAST(sum(@$1)~ AS $R)", t->kind == SQL_T_DECIMAL ? summed(b, t) : T(BIGINT));
}

/* The mean of decimals is exact: the sum's digits over the count, rounded half up. */
static void fix_avg(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (!number_argument(b, e))
        return;
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind != SQL_T_DECIMAL) {
        sql_fix_as(e, "avg(@$1)~", T(DOUBLE));
        return;
    }
    int precision = t->precision + 4 > 38 ? 38 : t->precision + 4, scale = t->scale + 4 > 38 ? 38 : t->scale + 4;
    sql_fix_as(
        e,
        arena_printf(
            b->a, "CAST(dbx_decimal_divide(CAST(sum(@$1)~ AS %s), CAST(nullif(count(@$1)~, 0) AS DECIMAL(20,0)), dbx_power(%d), %d) AS $R)",
            sql_type_duckdb(b->a, summed(b, t)), scale - t->scale, scale),
        sql_decimal_type(b->a, precision, scale));
    e->copies = 6;
}

static bool ignores_nulls(struct binder *b, struct expr *e)
{
    bool ignore = e->ignore_nulls;
    if (e->args.count == 2) {
        if (ARG(e, 1)->kind != EX_BOOL)
            sql_fix_error(b, ARG(e, 1), "TRUE or FALSE", "ignoreNulls of %s must be a literal", e->builtin->name);
        ignore = ignore || str_eq(ARG(e, 1)->text, "TRUE");
    }
    return ignore;
}

static void fix_first(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    bool ignore = ignores_nulls(b, e), last = str_starts(e->builtin->name, "last");
    const struct sql_type *t = ARG(e, 0)->type;
    if (e->distinct)
        sql_fix_error(b, e, NULL, "%s takes no DISTINCT", e->builtin->name);
    if (e->over)
        sql_fix_as(e, arena_printf(b->a, "%s($1%s)~", last ? "last_value" : "first_value", ignore ? " IGNORE NULLS" : ""), t);
    else if (last)
        sql_fix_as(e, ignore ? "last($1)~n" : "last($1)~", t);
    else
        sql_fix_as(e, ignore ? "any_value($1)~" : "first($1)~", t);
    e->ignore_nulls = false;
}

static void fix_lag(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *nulls = e->ignore_nulls ? " IGNORE NULLS" : "";
    e->ignore_nulls = false;
    sql_fix_as(e, arena_printf(b->a, "%s($*%s)~", e->builtin->name, nulls), ARG(e, 0)->type);
}

static bool literal_share(const struct expr *e)
{
    if (e->kind == EX_CAST)
        return literal_share(e->args.items[0]);
    if (e->kind == EX_CALL && sql_call_is(e, "array")) {
        for (size_t i = 0; i < e->args.count; i++)
            if (!literal_share(e->args.items[i]))
                return false;
        return true;
    }
    return e->kind == EX_NUMBER;
}

static void need_share(struct binder *b, const struct expr *e, const struct expr *share)
{
    if (!literal_share(share))
        sql_fix_error(b, share, "as in 0.95", "the share of %s must be a literal", e->builtin->name);
}

static void fix_percentile(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    need_share(b, e, ARG(e, 1));
    bool many = ARG(e, 1)->type->kind == SQL_T_ARRAY;
    sql_fix_as(e, "quantile_cont(@$1, $2)~", many ? sql_array_type(b->a, T(DOUBLE)) : T(DOUBLE));
}

static void fix_percentile_approx(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    need_share(b, e, ARG(e, 1));
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind == SQL_T_STRING)
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), t = T(DOUBLE));
    bool many = ARG(e, 1)->type->kind == SQL_T_ARRAY;
    sql_fix_as(e, "quantile_disc(@$1, $2)~", many ? sql_array_type(b->a, t) : t);
}

/* percentile_cont(0.5) WITHIN GROUP (ORDER BY x) */
static void fix_percentile_within(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    struct expr *share = ARG(e, 0);
    if (e->within.count != 1) {
        sql_fix_error(b, e, "write WITHIN GROUP (ORDER BY column)", "%s needs one ORDER BY", e->builtin->name);
        return;
    }
    need_share(b, e, share);
    struct expr *x = e->within.items[0].expr;
    bool cont = sql_call_is(e, "percentile_cont"), desc = e->within.items[0].desc;
    if (desc && !cont)
        sql_fix_error(b, e, NULL, "percentile_disc in descending order is not supported");
    x = sql_coerce(b, x, T(DOUBLE));
    e->args.count = 0;
    *LIST_ADD(b->a, &e->args) = x;
    *LIST_ADD(b->a, &e->args) = share;
    e->within.count = 0;
    sql_fix_as(e, cont ? desc ? "quantile_cont(@$1, 1 - $2)~" : "quantile_cont(@$1, $2)~" : "quantile_disc(@$1, $2)~", T(DOUBLE));
}

static void fix_listagg(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    sql_fix_as(e, arena_printf(b->a, "string_agg(@$1, %s^)~", e->args.count == 2 ? "$2" : "''"), T(STRING));
}

const struct fix sql_aggregate_fixes[] = {
    {"=count", fix_count},
    {"=count_if", fix_count_if},
    {"=sum", fix_sum},
    {"=avg", fix_avg},
    {"=first", fix_first},
    {"=lag", fix_lag},
    {"=percentile", fix_percentile},
    {"=percentile_approx", fix_percentile_approx},
    {"=percentile_cont", fix_percentile_within},
    {"=listagg", fix_listagg},
    {NULL, NULL},
};
