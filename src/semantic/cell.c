#include "semantic/cell.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "semantic/semantic.h"

#define SAFE_INTEGER (INT64_C(1) << 53) /* a JSON reader with doubles keeps integers up to here */

static void put_double(struct buf *b, double v, bool narrow)
{
    char text[40];
    if (!isfinite(v)) {
        buf_puts(b, isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
        return;
    }
    int from = narrow ? 6 : 15, to = narrow ? 9 : 17;
    for (int digits = from; digits <= to; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        double back = narrow ? (double)strtof(text, NULL) : strtod(text, NULL);
        if (back == v)
            break;
    }
    buf_puts(b, text);
    if (!strpbrk(text, ".e")) /* a DOUBLE stays recognisable */
        buf_puts(b, ".0");
}

static int64_t unit_per_second(enum ArrowTimeUnit u)
{
    switch (u) {
    case NANOARROW_TIME_UNIT_SECOND:
        return 1;
    case NANOARROW_TIME_UNIT_MILLI:
        return 1000;
    case NANOARROW_TIME_UNIT_MICRO:
        return 1000000;
    default:
        return 1000000000;
    }
}

/* Proleptic Gregorian calendar, days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static void put_date(struct buf *b, int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100),
            mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2);
    buf_printf(b, "%s%04" PRId64 "-%02" PRId64 "-%02" PRId64, year < 0 ? "-" : "", year < 0 ? -year : year, month, day);
}

/* of_day in units; the fraction is shown only when there is one, without trailing zeros in groups of three digits. */
static void put_time(struct buf *b, int64_t of_day, int64_t per_second)
{
    int64_t s = of_day / per_second, fraction = of_day % per_second;
    buf_printf(b, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
    if (!fraction)
        return;
    int digits = per_second == 1000 ? 3 : per_second == 1000000 ? 6 : 9;
    buf_printf(b, ".%0*" PRId64, digits, fraction);
}

static void put_timestamp(struct buf *b, const struct field *f, int64_t v)
{
    int64_t per_second = unit_per_second(f->unit), per_day = 86400 * per_second;
    int64_t days = v / per_day, of_day = v % per_day;
    if (of_day < 0) {
        of_day += per_day;
        days--;
    }
    put_date(b, days);
    buf_putc(b, 'T');
    put_time(b, of_day, per_second);
    if (f->zoned)
        buf_putc(b, 'Z');
}

/* ISO 8601 duration: P1Y2M3DT4H5M6.789S; each part carries its own sign. */
static void put_interval(struct buf *b, int64_t months, int64_t days, int64_t ns)
{
    buf_putc(b, 'P');
    if (months / 12)
        buf_printf(b, "%" PRId64 "Y", months / 12);
    if (months % 12)
        buf_printf(b, "%" PRId64 "M", months % 12);
    if (days)
        buf_printf(b, "%" PRId64 "D", days);
    if (!ns) {
        if (!months && !days)
            buf_puts(b, "T0S");
        return;
    }
    buf_putc(b, 'T');
    int64_t s = ns / 1000000000, rest = ns % 1000000000;
    if (s / 3600)
        buf_printf(b, "%" PRId64 "H", s / 3600);
    if (s / 60 % 60)
        buf_printf(b, "%" PRId64 "M", s / 60 % 60);
    s %= 60;
    if (!s && !rest)
        return;
    buf_printf(b, "%s%" PRId64, (s < 0 || rest < 0) ? "-" : "", s < 0 ? -s : s);
    if (rest) {
        char digits[16];
        snprintf(digits, sizeof(digits), "%09" PRId64, rest < 0 ? -rest : rest);
        for (size_t n = 9; n > 0 && digits[n - 1] == '0'; n--)
            digits[n - 1] = '\0';
        buf_printf(b, ".%s", digits);
    }
    buf_putc(b, 'S');
}

static void put_decimal(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    static const int32_t bits[] = {[NANOARROW_TYPE_DECIMAL32] = 32,
                                   [NANOARROW_TYPE_DECIMAL64] = 64,
                                   [NANOARROW_TYPE_DECIMAL128] = 128,
                                   [NANOARROW_TYPE_DECIMAL256] = 256};
    struct ArrowDecimal d;
    ArrowDecimalInit(&d, bits[f->type], f->precision, f->scale);
    ArrowArrayViewGetDecimalUnsafe(v, row, &d);
    struct ArrowBuffer text;
    ArrowBufferInit(&text);
    if (ArrowDecimalAppendStringToBuffer(&d, &text) == NANOARROW_OK)
        buf_add(b, text.data, (size_t)text.size_bytes);
    ArrowBufferReset(&text);
}

static void put_base64(struct buf *b, const uint8_t *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        buf_putc(b, digits[v >> 18]);
        buf_putc(b, digits[v >> 12 & 63]);
        buf_putc(b, i + 1 < n ? digits[v >> 6 & 63] : '=');
        buf_putc(b, i + 2 < n ? digits[v & 63] : '=');
    }
}

static void put_list(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    const struct ArrowArrayView *items = v->children[0];
    int64_t at = v->offset + row, from, to;
    if (f->type == NANOARROW_TYPE_FIXED_SIZE_LIST) {
        from = at * v->layout.child_size_elements;
        to = from + v->layout.child_size_elements;
    } else {
        from = ArrowArrayViewListChildOffset(v, at);
        to = ArrowArrayViewListChildOffset(v, at + 1);
    }
    buf_putc(b, '[');
    for (int64_t i = from; i < to; i++) {
        if (i > from)
            buf_putc(b, ',');
        cell_json(b, &f->children[0], items, i);
    }
    buf_putc(b, ']');
}

/* A map is an object whose keys are the texts of its keys, in the order of the map. */
static void put_map(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    const struct ArrowArrayView *entries = v->children[0];
    int64_t at = v->offset + row, from = ArrowArrayViewListChildOffset(v, at), to = ArrowArrayViewListChildOffset(v, at + 1);
    struct buf key CLEANUP(buf_free);
    buf_init(&key, b->max);
    buf_putc(b, '{');
    for (int64_t i = from; i < to; i++) {
        if (i > from)
            buf_putc(b, ',');
        buf_clear(&key);
        cell_text(&key, &f->children[0], entries->children[0], entries->offset + i);
        buf_add_json(b, key.data ? key.data : "", key.len);
        buf_putc(b, ':');
        cell_json(b, &f->children[1], entries->children[1], entries->offset + i);
    }
    buf_putc(b, '}');
}

static void put_struct(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    buf_putc(b, '{');
    for (size_t i = 0; i < f->child_count; i++) {
        if (i)
            buf_putc(b, ',');
        buf_put_json(b, f->children[i].name);
        buf_putc(b, ':');
        cell_json(b, &f->children[i], v->children[i], v->offset + row);
    }
    buf_putc(b, '}');
}

/* Values whose text needs no quotes in JSON; false for all others. */
static bool put_bare(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    switch (f->type) {
    case NANOARROW_TYPE_BOOL:
        buf_puts(b, ArrowArrayViewGetIntUnsafe(v, row) ? "true" : "false");
        return true;
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST:
        put_list(b, f, v, row);
        return true;
    case NANOARROW_TYPE_MAP:
        put_map(b, f, v, row);
        return true;
    case NANOARROW_TYPE_STRUCT:
        put_struct(b, f, v, row);
        return true;
    default:
        return false;
    }
}

static void put_calendar(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    struct ArrowInterval iv;
    switch (f->type) {
    case NANOARROW_TYPE_DATE32:
        put_date(b, ArrowArrayViewGetIntUnsafe(v, row));
        break;
    case NANOARROW_TYPE_DATE64:
        put_date(b, ArrowArrayViewGetIntUnsafe(v, row) / 86400000);
        break;
    case NANOARROW_TYPE_TIMESTAMP:
        put_timestamp(b, f, ArrowArrayViewGetIntUnsafe(v, row));
        break;
    case NANOARROW_TYPE_TIME32:
    case NANOARROW_TYPE_TIME64:
        put_time(b, ArrowArrayViewGetIntUnsafe(v, row), unit_per_second(f->unit));
        break;
    case NANOARROW_TYPE_DURATION: {
        int64_t d = ArrowArrayViewGetIntUnsafe(v, row), per_second = unit_per_second(f->unit);
        put_interval(b, 0, d / (86400 * per_second), d % (86400 * per_second) * (1000000000 / per_second));
        break;
    }
    default: /* the three kinds of interval */
        ArrowIntervalInit(&iv, f->type);
        ArrowArrayViewGetIntervalUnsafe(v, row, &iv);
        put_interval(b, iv.months, iv.days, f->type == NANOARROW_TYPE_INTERVAL_DAY_TIME ? (int64_t)iv.ms * 1000000 : iv.ns);
    }
}

void cell_text(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    if (ArrowArrayViewIsNull(v, row) || f->type == NANOARROW_TYPE_NA || put_bare(b, f, v, row))
        return;
    if (f->type == NANOARROW_TYPE_DICTIONARY) {
        cell_text(b, &f->children[0], v->dictionary, ArrowArrayViewGetIntUnsafe(v, row));
        return;
    }
    switch (f->type) {
    case NANOARROW_TYPE_UINT64:
        buf_printf(b, "%" PRIu64, ArrowArrayViewGetUIntUnsafe(v, row));
        break;
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
        put_double(b, ArrowArrayViewGetDoubleUnsafe(v, row), true);
        break;
    case NANOARROW_TYPE_DOUBLE:
        put_double(b, ArrowArrayViewGetDoubleUnsafe(v, row), false);
        break;
    case NANOARROW_TYPE_DECIMAL32:
    case NANOARROW_TYPE_DECIMAL64:
    case NANOARROW_TYPE_DECIMAL128:
    case NANOARROW_TYPE_DECIMAL256:
        put_decimal(b, f, v, row);
        break;
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_STRING_VIEW: {
        struct ArrowStringView s = ArrowArrayViewGetStringUnsafe(v, row);
        buf_add(b, s.data, (size_t)s.size_bytes);
        break;
    }
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_BINARY_VIEW:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY: {
        struct ArrowBufferView s = ArrowArrayViewGetBytesUnsafe(v, row);
        put_base64(b, s.data.as_uint8, (size_t)s.size_bytes);
        break;
    }
    default:
        if (f->numeric)
            buf_printf(b, "%" PRId64, ArrowArrayViewGetIntUnsafe(v, row));
        else
            put_calendar(b, f, v, row);
    }
}

/* Numbers that a JSON reader keeps exactly are bare. */
static bool bare_number(const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    if (!f->numeric)
        return false;
    if (f->type == NANOARROW_TYPE_DOUBLE || f->type == NANOARROW_TYPE_FLOAT || f->type == NANOARROW_TYPE_HALF_FLOAT)
        return true;
    if (f->type == NANOARROW_TYPE_UINT64)
        return ArrowArrayViewGetUIntUnsafe(v, row) <= (uint64_t)SAFE_INTEGER;
    if (f->type >= NANOARROW_TYPE_UINT8 && f->type <= NANOARROW_TYPE_INT64) {
        int64_t i = ArrowArrayViewGetIntUnsafe(v, row);
        return i >= -SAFE_INTEGER && i <= SAFE_INTEGER;
    }
    return false; /* decimals */
}

static bool not_finite(const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    bool floating = f->type == NANOARROW_TYPE_DOUBLE || f->type == NANOARROW_TYPE_FLOAT || f->type == NANOARROW_TYPE_HALF_FLOAT;
    return floating && !isfinite(ArrowArrayViewGetDoubleUnsafe(v, row));
}

void cell_json(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row)
{
    if (ArrowArrayViewIsNull(v, row) || f->type == NANOARROW_TYPE_NA || not_finite(f, v, row)) {
        buf_puts(b, "null");
        return;
    }
    if (f->type == NANOARROW_TYPE_DICTIONARY) {
        cell_json(b, &f->children[0], v->dictionary, ArrowArrayViewGetIntUnsafe(v, row));
        return;
    }
    if (put_bare(b, f, v, row))
        return;
    if (bare_number(f, v, row)) {
        cell_text(b, f, v, row);
        return;
    }
    bool string = f->type == NANOARROW_TYPE_STRING || f->type == NANOARROW_TYPE_LARGE_STRING || f->type == NANOARROW_TYPE_STRING_VIEW;
    if (string) {
        struct ArrowStringView s = ArrowArrayViewGetStringUnsafe(v, row);
        buf_add_json(b, s.data, (size_t)s.size_bytes);
        return;
    }
    buf_putc(b, '"'); /* decimals, wide integers, dates, times, base64: nothing to escape */
    cell_text(b, f, v, row);
    buf_putc(b, '"');
}
