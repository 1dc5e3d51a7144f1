/* Hooks of dates and times. */
#include "sql/call_fix.h"

static void fix_now(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    char text[40];
    time_format_us(b->env->now_us, text);
    bool date = e->type->kind == SQL_T_DATE;
    b->uses_clock = true;
    if (b->no_clock) {
        sql_fix_error(b, e, "give it in the statement that writes the row", "%s is not supported in a DEFAULT or CHECK", e->builtin->name);
        return;
    }
    if (b->clock_variable) {
        e->kind = EX_RAW;
        e->text = date ? "CAST(dbx_now() AS DATE)" : "dbx_now()";
        return;
    }
    text[10] = date ? '\0' : ' ';
    if (!date)
        text[strlen(text) - 1] = '\0'; /* Z */
    e->kind = EX_RAW;
    e->text = arena_printf(b->a, "%s '%s'", date ? "DATE" : "TIMESTAMP", text);
}

static const char *unit_argument(struct binder *b, const struct expr *x)
{
    const char *text, *unit = sql_literal_text(x, &text) ? sql_date_unit(text) : NULL;
    if (!unit)
        sql_fix_error(b, x, "YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND", "unknown unit of time");
    return unit ? unit : "day";
}

static const struct {
    const char *unit;
    int months;
    int64_t us;
} units[] = {
    {"year", 12, 0},         {"quarter", 3, 0},       {"month", 1, 0},        {"week", 0, 604800000000}, {"day", 0, 86400000000},
    {"hour", 0, 3600000000}, {"minute", 0, 60000000}, {"second", 0, 1000000}, {"millisecond", 0, 1000},  {"microsecond", 0, 1},
};

static size_t unit_index(const char *unit)
{
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(units) && !str_eq(units[i].unit, unit))
        i++;
    return i;
}

/* date_add(date, days) and date_add(unit, n, timestamp) */
static void fix_date_add(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count == 2) {
        enum sql_type_kind k = ARG(e, 1)->type->kind;
        if (k >= SQL_T_BIGINT && k <= SQL_T_DOUBLE)
            sql_fix_error(b, ARG(e, 1), "CAST it to INT", "%s needs an INT, this is %s", e->builtin->name,
                          sql_type_text(b->a, ARG(e, 1)->type));
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(DATE));
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(INT));
        sql_fix_as(e, sql_call_is(e, "date_sub") ? "($1 - $2)" : "($1 + $2)", T(DATE));
        return;
    }
    size_t u = unit_index(unit_argument(b, ARG(e, 0)));
    if (b->p->failed)
        return;
    ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(BIGINT));
    ARG(e, 2) = sql_coerce(b, ARG(e, 2), T(TIMESTAMP));
    if (units[u].months)
        sql_fix_as(e, arena_printf(b->a, "($3 + to_months(CAST($2 * %d AS INTEGER)))", units[u].months), T(TIMESTAMP));
    else
        sql_fix_as(e, arena_printf(b->a, "($3 + to_microseconds($2 * %lld))", (long long)units[u].us), T(TIMESTAMP));
}

/* Whole units between two moments, toward zero; months as java.time counts them. */
static void fix_datediff(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count == 2) {
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(DATE));
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(DATE));
        sql_fix_as(e, "CAST($1 - $2 AS INTEGER)", T(INT));
        return;
    }
    size_t u = unit_index(unit_argument(b, ARG(e, 0)));
    if (b->p->failed)
        return;
    ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(TIMESTAMP));
    ARG(e, 2) = sql_coerce(b, ARG(e, 2), T(TIMESTAMP));
    if (units[u].months)
        sql_fix_as(e, arena_printf(b->a, "(dbx_months($2, $3) // %d)", units[u].months), T(BIGINT));
    else
        sql_fix_as(e, arena_printf(b->a, "((epoch_us($3) - epoch_us($2)) // %lld)", (long long)units[u].us), T(BIGINT));
}

static void fix_months_between(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count == 3 && !(ARG(e, 2)->kind == EX_BOOL && str_eq(ARG(e, 2)->text, "TRUE")))
        sql_fix_error(b, ARG(e, 2), "leave it out", "months_between without rounding is not supported");
    sql_fix_as(e, "dbx_months_between($1, $2)", T(DOUBLE));
}

static void fix_extract(struct binder *b, struct expr *e, const struct scope *s)
{
    static const struct {
        const char *field, *function;
    } fields[] = {
        {"year", "year"},           {"years", "year"},       {"yr", "year"},       {"y", "year"},       {"quarter", "quarter"},
        {"qtr", "quarter"},         {"month", "month"},      {"mon", "month"},     {"months", "month"}, {"week", "weekofyear"},
        {"w", "weekofyear"},        {"weeks", "weekofyear"}, {"day", "day"},       {"d", "day"},        {"days", "day"},
        {"dayofweek", "dayofweek"}, {"dow", "dayofweek"},    {"doy", "dayofyear"}, {"hour", "hour"},    {"h", "hour"},
        {"hours", "hour"},          {"minute", "minute"},    {"m", "minute"},      {"min", "minute"},   {"minutes", "minute"},
    };
    const char *field = ARG(e, 0)->text;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_ieq(field, fields[i].field)) {
            *e = *sql_call_of(b, e, fields[i].function, ARG(e, 1), NULL);
            return;
        }
    (void)s;
    if (str_ieq(field, "second") || str_ieq(field, "seconds") || str_ieq(field, "sec") || str_ieq(field, "s")) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(TIMESTAMP));
        sql_fix_as(e, "CAST(CAST(microsecond($2) AS DECIMAL(18,0)) * CAST(0.000001 AS DECIMAL(7,6)) AS DECIMAL(8,6))",
                   sql_decimal_type(b->a, 8, 6));
    } else if (str_ieq(field, "yearofweek")) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(DATE));
        sql_fix_as(e, "CAST(isoyear($2) AS INTEGER)", T(INT));
    } else if (str_ieq(field, "dayofweek_iso") || str_ieq(field, "dow_iso")) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(DATE));
        sql_fix_as(e, "CAST(isodow($2) AS INTEGER)", T(INT));
    } else {
        sql_fix_error(b, ARG(e, 0), "YEAR, QUARTER, MONTH, WEEK, DAY, DOW, DOY, HOUR, MINUTE, SECOND", "extract of %s is not supported",
                      field);
    }
}

static void fix_date_trunc(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *text;
    if (!sql_literal_text(ARG(e, 0), &text)) {
        sql_fix_as(e, "dbx_date_trunc($1, $2)", T(TIMESTAMP));
        return;
    }
    const char *unit = unit_argument(b, ARG(e, 0));
    sql_fix_as(e, arena_printf(b->a, "date_trunc('%s', $2)", unit), T(TIMESTAMP));
}

/* UTC to UTC is nothing; two conversions a row would be looked up in the engine's calendar. */
static void fix_from_utc(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b;
    (void)s;
    const char *zone;
    bool utc = sql_literal_text(ARG(e, 1), &zone) && str_eq(zone, "UTC");
    sql_fix_as(e, utc ? "CAST($1 AS TIMESTAMP)" : "timezone($2, timezone('UTC', $1))", T(TIMESTAMP));
}

static void fix_trunc(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *text, *unit = sql_literal_text(ARG(e, 1), &text) ? sql_date_unit(text) : NULL;
    static const char *const good[] = {"year", "quarter", "month", "week"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (unit && str_eq(unit, good[i])) {
            sql_fix_as(e, arena_printf(b->a, "CAST(date_trunc('%s', $1) AS DATE)", unit), T(DATE));
            return;
        }
    sql_fix_error(b, ARG(e, 1), "'YEAR', 'QUARTER', 'MONTH' or 'WEEK'", "unknown unit of trunc");
}

static void fix_make_interval(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    static const char *const day_time[] = {"to_days($1)", "to_hours($2)", "to_minutes($3)",
                                           "to_microseconds(CAST(round($4 * 1000000) AS BIGINT))"};
    static const char *const year_month[] = {"to_years($1)", "to_months($2)"};
    const char *const *parts = e->type->kind == SQL_T_INTERVAL_DT ? day_time : year_month;
    char *text = arena_strdup(b->a, e->args.count ? "(" : "(to_days(0)");
    for (size_t i = 0; i < e->args.count; i++)
        text = arena_printf(b->a, "%s%s%s", text, i ? " + " : "", parts[i]);
    e->text = arena_printf(b->a, "%s)", text);
}

/* Puts the pattern argument into strftime's terms. */
static void convert_pattern(struct binder *b, struct expr *e, size_t i, bool parsing)
{
    char bad;
    const char *f = sql_time_pattern(b->a, ARG(e, i)->text, parsing, &bad);
    if (!f) {
        sql_fix_error(b, ARG(e, i), "letters: y M d H h m s S a E D; other text between single quotes",
                      "date pattern with %c is not supported", bad);
        return;
    }
    struct expr *x = sql_new_expr(b, EX_STRING, ARG(e, i), T(STRING));
    x->text = f;
    ARG(e, i) = x;
}

static void cast_to(struct binder *b, struct expr *e, const struct sql_type *t, bool try_cast)
{
    struct expr *c = sql_new_expr(b, EX_CAST, e, NULL);
    c->target = t;
    c->try_cast = try_cast;
    *LIST_ADD(b->a, &c->args) = ARG(e, 0);
    sql_bind_expr(b, c, NULL);
    *e = *c;
}

static void fix_to_time(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    bool try_it = str_starts(e->builtin->name, "try_");
    if (e->args.count == 1 || (ARG(e, 0)->type->kind != SQL_T_STRING && ARG(e, 0)->type->kind != SQL_T_UNKNOWN)) {
        cast_to(b, e, e->type, try_it);
        return;
    }
    convert_pattern(b, e, 1, true);
    bool date = e->type->kind == SQL_T_DATE;
    sql_fix_as(e,
               date     ? try_it ? "CAST(try_strptime($1, $2) AS DATE)" : "CAST(strptime($1, $2) AS DATE)"
               : try_it ? "try_strptime($1, $2)"
                        : "strptime($1, $2)",
               e->type);
}

static void fix_date_format(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    convert_pattern(b, e, 1, false);
    sql_fix_as(e, "strftime($1, $2)", T(STRING));
}

static struct expr *default_pattern(struct binder *b, const struct expr *e)
{
    struct expr *x = sql_new_expr(b, EX_STRING, e, T(STRING));
    x->text = "yyyy-MM-dd HH:mm:ss";
    return x;
}

static void fix_unix_timestamp(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (!e->args.count) {
        e->kind = EX_RAW;
        b->uses_clock = true;
        if (b->no_clock)
            sql_fix_error(b, e, "give it in the statement that writes the row", "unix_timestamp() is not supported in a DEFAULT or CHECK");
        if (b->clock_variable) {
            sql_fix_as(e, "CAST(floor(epoch(dbx_now())) AS BIGINT)", T(BIGINT));
            return;
        }
        int64_t us = b->env->now_us;
        sql_fix_as(e, arena_printf(b->a, "CAST(%lld AS BIGINT)", (long long)(us / 1000000 - (us % 1000000 < 0))), T(BIGINT));
        return;
    }
    if (ARG(e, 0)->type->kind == SQL_T_STRING) {
        if (e->args.count == 1)
            *LIST_ADD(b->a, &e->args) = default_pattern(b, e);
        convert_pattern(b, e, 1, true);
        sql_fix_as(e, "(epoch_us(strptime($1, $2)) // 1000000)", T(BIGINT));
        return;
    }
    ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(TIMESTAMP));
    sql_fix_as(e, "(epoch_us($1) // 1000000)", T(BIGINT)); /* toward zero, other than unix_seconds */
}

static void fix_from_unixtime(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count == 1)
        *LIST_ADD(b->a, &e->args) = default_pattern(b, e);
    convert_pattern(b, e, 1, false);
    sql_fix_as(e, "strftime(make_timestamp($1 * 1000000), $2)", T(STRING));
}

static void fix_timestamp_seconds(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    bool whole = sql_is_integral(ARG(e, 0)->type);
    sql_fix_as(
        e, whole ? "make_timestamp(CAST($1 AS BIGINT) * 1000000)" : "make_timestamp(CAST(trunc(CAST($1 AS DOUBLE) * 1000000) AS BIGINT))",
        T(TIMESTAMP));
}

const struct fix sql_time_fixes[] = {
    {"=now", fix_now},
    {"=date_add", fix_date_add},
    {"=datediff", fix_datediff},
    {"=months_between", fix_months_between},
    {"=extract", fix_extract},
    {"=from_utc_timestamp", fix_from_utc},
    {"=date_trunc", fix_date_trunc},
    {"=trunc", fix_trunc},
    {"=make_interval", fix_make_interval},
    {"=to_time", fix_to_time},
    {"=date_format", fix_date_format},
    {"=unix_timestamp", fix_unix_timestamp},
    {"=from_unixtime", fix_from_unixtime},
    {"=timestamp_seconds", fix_timestamp_seconds},
    {NULL, NULL},
};
