/* CSV by RFC 4180, and scalars from text. */
#include "engine/duckdb/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* ---- records */

static const char *line_end(const char *p, const char *end) { return memchr(p, '\n', (size_t)(end - p)); }

static enum csv_found fault(struct csv_record *r, const char *what, const char *data, const char *end, bool last, size_t *ret_len)
{
    const char *nl = line_end(data, end);
    if (!nl && !last)
        return CSV_MORE;
    r->fault = what;
    *ret_len = nl ? (size_t)(nl - data) + 1 : (size_t)(end - data);
    return CSV_RECORD;
}

static void add_field(struct csv_record *r, const char *text, size_t len, bool quoted)
{
    struct csv_field *f = VEC_ADD(&r->fields);
    *f = (struct csv_field){text, len, quoted};
}

/* After the opening quote; *p stands behind the closing one. A field with doubled quotes is copied without the doubles. */
static bool quoted_field(struct csv_record *r, const char **p, const char *end)
{
    const char *start = *p, *s = start;
    bool doubled = false;
    while (s < end) {
        s = memchr(s, '"', (size_t)(end - s));
        if (!s)
            return false;
        if (s + 1 >= end || s[1] != '"')
            break;
        doubled = true;
        s += 2;
    }
    if (s >= end)
        return false;
    *p = s + 1;
    if (!doubled) {
        add_field(r, start, (size_t)(s - start), true);
        return true;
    }
    size_t at = r->spill.len;
    for (const char *q = start; q < s; q++) {
        buf_putc(&r->spill, *q);
        if (*q == '"')
            q++;
    }
    *VEC_ADD(&r->spilled) = r->fields.len;
    add_field(r, NULL, at, true);
    r->fields.items[r->fields.len - 1].len = r->spill.len - at;
    r->fields.items[r->fields.len - 1].text = (const char *)(uintptr_t)at;
    return true;
}

static const char *plain_field(struct csv_record *r, const char *p, const char *end)
{
    const char *s = p;
    while (s < end && *s != ',' && *s != '\n' && *s != '"')
        s++;
    if (s < end && *s == '"')
        return NULL;
    size_t len = (size_t)(s - p);
    if (s < end && *s == '\n' && len && p[len - 1] == '\r')
        len--;
    add_field(r, p, len, false);
    return s;
}

/* The buffer of unquoted text moves while it grows, so the fields get their pointers at the end. */
static void settle(struct csv_record *r)
{
    for (size_t i = 0; i < r->spilled.len; i++) {
        struct csv_field *f = &r->fields.items[r->spilled.items[i]];
        f->text = (r->spill.data ? r->spill.data : "") + (uintptr_t)f->text;
    }
    r->spilled.len = 0;
}

static enum csv_found read_fields(struct csv_record *r, const char *data, size_t len, bool last, size_t *ret_len)
{
    const char *p = data, *end = data + len;
    for (;;) {
        if (p < end && *p == '"') {
            const char *q = p + 1;
            if (!quoted_field(r, &q, end))
                return last ? fault(r, "a quote is not closed", data, end, last, ret_len) : CSV_MORE;
            if (q + 1 < end && q[0] == '\r' && q[1] == '\n')
                q++;
            if (q >= end && !last)
                return CSV_MORE;
            if (q == end - 1 && *q == '\r' && !last)
                return CSV_MORE;
            if (q < end && *q != ',' && *q != '\n')
                return fault(r, "text follows a closing quote", data, end, last, ret_len);
            p = q;
        } else {
            const char *q = plain_field(r, p, end);
            if (!q)
                return fault(r, "a quote stands within a field", data, end, last, ret_len);
            if (q >= end && !last)
                return CSV_MORE;
            p = q;
        }
        if (p >= end || *p == '\n')
            break;
        p++; /* the comma */
    }
    *ret_len = (size_t)(p - data) + (p < end);
    return CSV_RECORD;
}

enum csv_found csv_read(struct csv_record *r, const char *data, size_t len, bool last, size_t *ret_len)
{
    r->fields.len = r->spilled.len = 0;
    if (!r->spill.max)
        buf_init(&r->spill, SIZE_MAX / 2);
    r->spill.len = 0;
    r->fault = NULL;
    enum csv_found found = read_fields(r, data, len, last, ret_len);
    settle(r);
    return found;
}

void csv_free(struct csv_record *r)
{
    VEC_FREE(&r->fields);
    VEC_FREE(&r->spilled);
    buf_free(&r->spill);
}

/* ---- scalars */

/* A copy with an end, for the C library; false when the text is too long to be such a value or holds a zero byte. */
static bool copy_text(const char *s, size_t len, char *ret, size_t size)
{
    if (len == 0 || len >= size || memchr(s, '\0', len))
        return false;
    memcpy(ret, s, len);
    ret[len] = '\0';
    return true;
}

static bool number_shape(const char *s)
{
    if (*s == '-' || *s == '+')
        s++;
    if (!isdigit((unsigned char)*s) && *s != '.')
        return false;
    return s[strspn(s, "0123456789.eE+-")] == '\0';
}

bool value_f64(const char *s, size_t len, double *ret)
{
    char text[400], *end;
    if (!copy_text(s, len, text, sizeof(text)))
        return false;
    if (str_ieq(text, "nan")) {
        *ret = NAN;
        return true;
    }
    if (str_ieq(text, "infinity") || str_ieq(text, "+infinity") || str_ieq(text, "-infinity")) {
        *ret = text[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (!number_shape(text))
        return false;
    *ret = strtod(text, &end);
    return *end == '\0' && isfinite(*ret);
}

bool value_i64(const char *s, size_t len, int64_t *ret)
{
    uint64_t n = 0;
    size_t i = 0;
    bool negative = len && s[0] == '-';
    if (negative || (len && s[0] == '+'))
        i++;
    if (i < len && len - i <= 18) {
        size_t k = i;
        while (k < len && s[k] >= '0' && s[k] <= '9')
            n = n * 10 + (uint64_t)(s[k++] - '0');
        if (k == len) {
            *ret = negative ? -(int64_t)n : (int64_t)n;
            return true;
        }
    }
    char text[64];
    if (!copy_text(s, len, text, sizeof(text)) || !number_shape(text))
        return false;
    if (str_to_i64(text[0] == '+' ? text + 1 : text, ret) == 0)
        return true;
    double d;
    if (!value_f64(s, len, &d) || d != floor(d) || fabs(d) > 9007199254740992.0)
        return false;
    *ret = (int64_t)d;
    return true;
}

bool value_bool(const char *s, size_t len, bool *ret)
{
    if (len == 4 && strncasecmp(s, "true", 4) == 0)
        *ret = true;
    else if (len == 5 && strncasecmp(s, "false", 5) == 0)
        *ret = false;
    else
        return false;
    return true;
}

struct digits { /* a decimal number: digits without sign and point, and where the point stands */
    char text[128];
    int len, point;
    bool negative;
};

static bool read_digits(const char *s, size_t len, struct digits *d)
{
    char text[128], *p = text;
    int64_t exponent = 0;
    bool seen_point = false, any = false;
    if (!copy_text(s, len, text, sizeof(text)))
        return false;
    *d = (struct digits){.negative = *p == '-'};
    if (*p == '-' || *p == '+')
        p++;
    for (; isdigit((unsigned char)*p) || (*p == '.' && !seen_point); p++) {
        if (*p == '.') {
            seen_point = true;
            continue;
        }
        any = true;
        if (d->len == 0 && *p == '0') {
            d->point -= seen_point; /* a leading zero counts only behind the point */
            continue;
        }
        d->text[d->len++] = *p;
        d->point += !seen_point;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (str_to_i64(*p == '+' ? p + 1 : p, &exponent) || exponent > 1000 || exponent < -1000)
            return false;
    } else if (*p) {
        return false;
    }
    d->point += (int)exponent;
    return any;
}

bool value_decimal(const char *s, size_t len, int precision, int scale, __int128 *ret)
{
    struct digits d;
    __int128 n = 0, limit = 1;
    if (!read_digits(s, len, &d))
        return false;
    int keep = d.len ? d.point + scale : 0; /* digits that stand before the rounding place */
    if (keep > precision)                   /* the first digit is not 0 */
        return false;
    for (int i = 0; i < keep; i++)
        n = n * 10 + (i < d.len ? d.text[i] - '0' : 0);
    if (keep >= 0 && keep < d.len && d.text[keep] >= '5')
        n++;
    for (int i = 0; i < precision; i++)
        limit *= 10;
    if (n >= limit)
        return false;
    *ret = d.negative ? -n : n;
    return true;
}

bool value_timestamp(const char *s, size_t len, int64_t *ret_us)
{
    char text[64];
    return copy_text(s, len, text, sizeof(text)) && time_parse_us(text, ret_us) == 0;
}

bool value_date(const char *s, size_t len, int32_t *ret_days)
{
    int64_t us;
    if (!value_timestamp(s, len, &us) || us % 86400000000 != 0)
        return false;
    *ret_days = (int32_t)(us / 86400000000);
    return true;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr(digits, c) : NULL;
    return p ? (int)(p - digits) : -1;
}

bool value_base64(const char *s, size_t len, struct buf *ret)
{
    uint32_t bits = 0;
    size_t n = 0;
    if (len % 4 != 0)
        return false;
    while (len && s[len - 1] == '=' && n++ < 2)
        len--;
    for (size_t i = 0; i < len; i++) {
        int d = base64_digit(s[i]);
        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        if (i % 4 == 1)
            buf_putc(ret, (char)(bits >> 4));
        else if (i % 4 == 2)
            buf_putc(ret, (char)(bits >> 2));
        else if (i % 4 == 3)
            buf_putc(ret, (char)bits);
    }
    return true;
}
