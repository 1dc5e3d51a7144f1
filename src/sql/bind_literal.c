/* Literals: numbers with their suffixes, dates, intervals. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

static const struct sql_type *decimal_literal(struct binder *b, const struct expr *e, const char *s, size_t n)
{
    int precision = 0, scale = 0;
    bool dot = false, leading = true;
    for (size_t i = s[0] == '-'; i < n; i++) {
        if (s[i] == '.') {
            dot = true;
            continue;
        }
        leading = leading && s[i] == '0' && !dot;
        precision += !leading;
        scale += dot;
    }
    precision = precision < scale ? scale : precision;
    if (precision > 38)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "number has more than 38 digits");
    return sql_decimal_type(b->a, precision ? precision : 1, scale);
}

static void suffixed_number(struct binder *b, struct expr *e, char *digits, size_t n)
{
    static const struct {
        char letter;
        enum sql_type_kind kind;
    } kinds[] = {{'l', SQL_T_BIGINT}, {'s', SQL_T_SMALLINT}, {'y', SQL_T_TINYINT}, {'f', SQL_T_FLOAT}, {'d', SQL_T_DOUBLE}};
    char c = (char)(digits[n - 1] | 32);
    if (n > 2 && c == 'd' && (digits[n - 2] | 32) == 'b') {
        digits[n - 2] = '\0';
        if (strpbrk(digits, "eE"))
            sql_fail(b->p, e->pos, ERROR_USAGE, "write the digits", "a BD number with an exponent is not supported");
        e->type = decimal_literal(b, e, digits, n - 2);
    } else {
        digits[n - 1] = '\0';
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            if (kinds[i].letter == c)
                e->type = sql_simple_type(kinds[i].kind);
    }
    int64_t v;
    static const int64_t most[] = {[SQL_T_TINYINT] = INT8_MAX, [SQL_T_SMALLINT] = INT16_MAX, [SQL_T_BIGINT] = INT64_MAX};
    bool whole = e->type->kind == SQL_T_TINYINT || e->type->kind == SQL_T_SMALLINT || e->type->kind == SQL_T_BIGINT;
    if (whole && (str_to_i64(digits, &v) || v > most[e->type->kind]))
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "number %s is out of range of its suffix", digits);
    e->engine = arena_printf(b->a, "CAST(%s AS %s)", digits, sql_type_duckdb(b->a, e->type));
}

void sql_bind_number(struct binder *b, struct expr *e)
{
    size_t n = strlen(e->text);
    e->weight = 1;
    if (e->text[n - 1] >= 'A') {
        suffixed_number(b, e, arena_strdup(b->a, e->text), n);
        return;
    }
    int64_t v;
    if (strpbrk(e->text, "eE")) {
        e->type = T(DOUBLE);
        e->engine = arena_printf(b->a, "CAST(%s AS DOUBLE)", e->text);
    } else if (strchr(e->text, '.')) {
        e->type = decimal_literal(b, e, e->text, n);
        e->engine = arena_printf(b->a, "CAST(%s AS %s)", e->text, sql_type_duckdb(b->a, e->type));
    } else if (!str_to_i64(e->text, &v)) {
        e->type = v <= INT32_MAX && v >= INT32_MIN ? T(INT) : T(BIGINT);
        if (v == INT32_MIN || v == INT64_MIN) /* DuckDB reads the digits before it sees the sign */
            e->engine = arena_printf(b->a, "CAST(%s AS %s)", e->text, sql_type_duckdb(b->a, e->type));
    } else {
        e->type = decimal_literal(b, e, e->text, n);
        e->engine = arena_printf(b->a, "CAST(%s AS %s)", e->text, sql_type_duckdb(b->a, e->type));
    }
}

static int digits_at(const char **s, int least, int most)
{
    int v = 0, n = 0;
    while (n < most && **s >= '0' && **s <= '9')
        v = v * 10 + *(*s)++ - '0', n++;
    return n >= least ? v : -1;
}

/* Reads what Spark reads as a date or timestamp literal: missing parts are the first, months and days may have one digit. */
static bool read_time(struct arena *a, const char *s, int64_t *ret_us, bool *ret_zone)
{
    int month = 1, day = 1, hour = 0, minute = 0, second = 0;
    char fraction[7] = "000000";
    while (*s == ' ')
        s++;
    int year = digits_at(&s, 4, 4);
    if (year < 0 || (*s == '-' && (s++, month = digits_at(&s, 1, 2)) < 0) || (*s == '-' && (s++, day = digits_at(&s, 1, 2)) < 0))
        return false;
    if (*s == 'T' || (*s == ' ' && s[1] >= '0' && s[1] <= '9')) {
        s++;
        hour = digits_at(&s, 1, 2);
        if (hour < 0 || *s++ != ':' || (minute = digits_at(&s, 1, 2)) < 0 || (*s == ':' && (s++, second = digits_at(&s, 1, 2)) < 0))
            return false;
        if (*s == '.')
            for (int i = 0; *++s >= '0' && *s <= '9'; i++)
                if (i < 6)
                    fraction[i] = *s;
    }
    while (*s == ' ')
        s++;
    size_t n = strlen(s);
    while (n && s[n - 1] == ' ')
        n--;
    *ret_zone = n > 0;
    char *text = arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02d.%s%.*s", year, month, day, hour, minute, second, fraction, (int)n, s);
    return time_parse_us(text, ret_us) == 0;
}

void sql_bind_typed(struct binder *b, struct expr *e)
{
    int64_t us = 0;
    bool zone = false;
    e->type = e->target;
    e->weight = 1;
    bool date = e->target->kind == SQL_T_DATE;
    if (!read_time(b->a, e->text, &us, &zone) || (date && zone)) {
        sql_fail(b->p, e->pos, ERROR_USAGE, date ? "write DATE '2026-01-31'" : "write TIMESTAMP '2026-01-31 12:00:00'",
                 "%s '%s' is not a %s", date ? "DATE" : "TIMESTAMP", e->text, date ? "date" : "timestamp");
        return;
    }
    char text[40];
    time_format_us(us, text);
    text[10] = date ? '\0' : ' ';
    if (!date)
        text[strlen(text) - 1] = '\0'; /* Z */
    e->engine = arena_printf(b->a, "%s '%s'", date ? "DATE" : "TIMESTAMP", text);
}

/* ---- intervals ---------------------------------------------------------------------------------------------- */

struct span {
    int64_t months, us;
    bool has_months, has_time, only_days;
};

static bool add_unit(struct span *s, const char *unit, double value, int64_t whole)
{
    static const struct {
        const char *unit;
        int64_t months, us;
    } units[] = {{"YEAR", 12, 0},         {"MONTH", 1, 0},          {"WEEK", 0, 604800000000},
                 {"DAY", 0, 86400000000}, {"HOUR", 0, 3600000000},  {"MINUTE", 0, 60000000},
                 {"SECOND", 0, 1000000},  {"MILLISECOND", 0, 1000}, {"MICROSECOND", 0, 1}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (!str_eq(unit, units[i].unit))
            continue;
        int64_t more;
        bool second = str_eq(unit, "SECOND");
        if (units[i].months) {
            s->has_months = true;
            return value == (double)whole && !__builtin_mul_overflow(whole, units[i].months, &more) &&
                   !__builtin_add_overflow(s->months, more, &s->months);
        }
        s->has_time = true;
        s->only_days = s->only_days && i <= 3;
        if (value != (double)whole && !second)
            return false;
        if (value != (double)whole)
            more = (int64_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5));
        else if (__builtin_mul_overflow(whole, units[i].us, &more))
            return false;
        return !__builtin_add_overflow(s->us, more, &s->us);
    }
    return false;
}

static bool number_text(const char *s, double *value, int64_t *whole)
{
    while (*s == ' ')
        s++;
    if (*s == '+')
        s++;
    char *copy = xstrdup(s);
    for (size_t n = strlen(copy); n && copy[n - 1] == ' '; n--)
        copy[n - 1] = '\0';
    bool good = str_to_f64(copy, value) == 0 && *value > -1e15 && *value < 1e15;
    if (good && str_to_i64(copy, whole))
        *whole = (int64_t)*value;
    free_ptr(&copy);
    return good;
}

static bool next_word(const char **s, char *out, size_t size)
{
    while (**s == ' ')
        ++*s;
    size_t n = strcspn(*s, " ");
    if (!n || n >= size)
        return false;
    memcpy(out, *s, n);
    out[n] = '\0';
    *s += n;
    return true;
}

static const char *known_unit(const char *word)
{
    static const char *const units[] = {"YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"};
    size_t m = strlen(word);
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        size_t n = strlen(units[i]);
        if (sql_word_eq(word, n < m ? n : m, units[i]) && (m == n || (m == n + 1 && (word[n] | 32) == 's')))
            return units[i];
    }
    return NULL;
}

/* '1 day 2 hours' */
static bool read_units(const char *s, struct span *ret)
{
    char number[40], unit[40];
    size_t pairs = 0;
    while (next_word(&s, number, sizeof(number))) {
        if (pairs == 0 && str_ieq(number, "interval"))
            continue;
        double v;
        int64_t whole;
        if (!next_word(&s, unit, sizeof(unit)) || !number_text(number, &v, &whole))
            return false;
        const char *known = known_unit(unit);
        if (!known || !add_unit(ret, known, v, whole))
            return false;
        pairs++;
    }
    return pairs > 0 && !*s;
}

/* '1-2' YEAR TO MONTH, '1 02:03:04.5' DAY TO SECOND and the pairs between */
static bool read_range(const char *s, const char *from, const char *to, struct span *ret)
{
    static const char *const units[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    static const char between[] = "- ::";
    size_t i = 0, last = 0;
    int sign = 1;
    while (i < ARRAY_LEN(units) && !str_eq(units[i], from))
        i++;
    while (last < ARRAY_LEN(units) && !str_eq(units[last], to))
        last++;
    while (*s == ' ')
        s++;
    if (*s == '-' || *s == '+')
        sign = *s++ == '-' ? -1 : 1;
    if (last == ARRAY_LEN(units) || i >= last || (i < 2) != (last < 2))
        return false;
    for (;; i++) {
        char number[40];
        size_t n = strspn(s, i == 5 ? "0123456789." : "0123456789");
        double v;
        int64_t whole;
        if (!n || n >= sizeof(number))
            return false;
        memcpy(number, s, n);
        number[n] = '\0';
        if (!number_text(number, &v, &whole) || !add_unit(ret, units[i], sign * v, sign * whole))
            return false;
        s += n;
        if (i == last)
            break;
        char want = i == 0 ? between[0] : i == 2 ? between[1] : between[2];
        if (*s++ != want)
            return false;
    }
    while (*s == ' ')
        s++;
    return !*s;
}

static bool interval_args(struct binder *b, struct expr *e, struct span *ret)
{
    for (size_t i = 0; i < e->args.count; i++) {
        struct expr *x = e->args.items[i];
        double v;
        int64_t whole;
        const char *text = x->text;
        bool minus = x->kind == EX_UNARY && str_eq(x->text, "-");
        if (minus)
            text = x->args.items[0]->text;
        enum expr_kind k = minus ? x->args.items[0]->kind : x->kind;
        if ((k != EX_NUMBER && k != EX_STRING) || !number_text(text, &v, &whole))
            return false;
        if (!add_unit(ret, e->names.items[i], minus ? -v : v, minus ? -whole : whole))
            return false;
    }
    (void)b;
    return true;
}

const struct sql_type *sql_day_interval(void)
{
    static const struct sql_type days = {.kind = SQL_T_INTERVAL_DT, .scale = 1}; /* DAY only: a date plus it is a date */
    return &days;
}

/* INTERVAL :days DAYS */
static bool interval_of_param(struct binder *b, struct expr *e, const struct scope *s)
{
    static const char *const functions[][2] = {{"YEAR", "to_years"}, {"MONTH", "to_months"},   {"WEEK", "to_weeks"},    {"DAY", "to_days"},
                                               {"HOUR", "to_hours"}, {"MINUTE", "to_minutes"}, {"SECOND", "to_seconds"}};
    if (e->args.count != 1 || (e->args.items[0]->kind != EX_PARAM && e->args.items[0]->kind != EX_COLUMN))
        return false;
    sql_bind_expr(b, e->args.items[0], s);
    if (e->args.items[0]->kind != EX_PARAM || b->p->failed)
        return false;
    e->args.items[0] = sql_coerce(b, e->args.items[0], T(INT));
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (str_eq(e->names.items[0], functions[i][0])) {
            e->kind = EX_CALL;
            e->text = arena_printf(b->a, "%s($1)", functions[i][1]);
            e->type = i < 2 ? T(INTERVAL_YM) : i < 4 ? sql_day_interval() : T(INTERVAL_DT);
            return true;
        }
    return false;
}

void sql_bind_interval(struct binder *b, struct expr *e, const struct scope *s)
{
    struct span span = {.only_days = true};
    e->weight = 1;
    e->type = T(INTERVAL_DT);
    if (e->args.count && interval_of_param(b, e, s))
        return;
    bool good = e->args.count    ? interval_args(b, e, &span)
                : e->names.count ? read_range(e->text, e->names.items[0], e->names.items[1], &span)
                                 : read_units(e->text, &span);
    if (!good || span.has_months == span.has_time) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "write a literal, as in INTERVAL 3 DAYS; years and months do not mix with days and hours",
                 "bad interval");
        return;
    }
    if (span.has_months) {
        e->type = T(INTERVAL_YM);
        e->months = span.months;
        e->engine = arena_printf(b->a, "INTERVAL '%lld months'", (long long)span.months);
        return;
    }
    long long days = span.us / 86400000000, us = span.us % 86400000000;
    e->type = span.only_days ? sql_day_interval() : T(INTERVAL_DT);
    e->engine = us ? arena_printf(b->a, "INTERVAL '%lld days %lld microseconds'", days, us)
                   : arena_printf(b->a, "INTERVAL '%lld days'", days);
}
