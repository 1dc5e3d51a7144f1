#include "base/base.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

bool str_eq(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }
bool str_ieq(const char *a, const char *b) { return a && b ? strcasecmp(a, b) == 0 : a == b; }
bool str_starts(const char *s, const char *prefix) { return strncmp(s, prefix, strlen(prefix)) == 0; }

bool str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

int str_to_i64(const char *s, int64_t *ret)
{
    if (!s || !*s || !(*s == '-' || (*s >= '0' && *s <= '9')))
        return ERROR_INVALID;
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (errno || *end || end == s)
        return ERROR_INVALID;
    *ret = v;
    return 0;
}

int str_to_f64(const char *s, double *ret)
{
    if (!s || !*s || !(*s == '-' || *s == '.' || (*s >= '0' && *s <= '9')))
        return ERROR_INVALID;
    char *end;
    errno = 0;
    double v = strtod(s, &end);
    if (*end || end == s || !isfinite(v))
        return ERROR_INVALID;
    *ret = v;
    return 0;
}

int str_to_bool(const char *s, bool *ret)
{
    static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; s && i < ARRAY_LEN(yes); i++) {
        if (str_ieq(s, yes[i]) || str_ieq(s, no[i])) {
            *ret = str_ieq(s, yes[i]);
            return 0;
        }
    }
    return ERROR_INVALID;
}

void str_lower(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s + 32);
}

bool utf8_valid(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        unsigned char c = s[i];
        size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
        if (!n || i + n > len)
            return false;
        for (size_t j = 1; j < n; j++)
            if ((s[i + j] & 0xc0) != 0x80)
                return false;
        if ((c == 0xe0 && s[i + 1] < 0xa0) || (c == 0xed && s[i + 1] > 0x9f) || (c == 0xf0 && s[i + 1] < 0x90) ||
            (c == 0xf4 && s[i + 1] > 0x8f))
            return false;
        i += n;
    }
    return true;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours count one each. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t *row = xcalloc(3 * (m + 1), sizeof(*row)), *prev2 = row, *prev = row + m + 1, *cur = row + 2 * (m + 1);
    for (size_t j = 0; j <= m; j++)
        prev[j] = j;
    for (size_t i = 1; i <= n; i++) {
        cur[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            size_t d = prev[j - 1] + (same ? 0 : 1);
            d = prev[j] + 1 < d ? prev[j] + 1 : d;
            d = cur[j - 1] + 1 < d ? cur[j - 1] + 1 : d;
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]) && prev2[j - 2] + 1 < d)
                d = prev2[j - 2] + 1;
            cur[j] = d;
        }
        size_t *t = prev2;
        prev2 = prev;
        prev = cur;
        cur = t;
    }
    size_t d = prev[m];
    free(row);
    return d;
}

const char *nearest_name(const char *name, const char *const *candidates, size_t count)
{
    size_t n = strlen(name), best = SIZE_MAX;
    const char *nearest = NULL;
    if (n > LIMIT_NAME_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t m = strlen(candidates[i]);
        if (m > LIMIT_NAME_BYTES)
            continue;
        size_t d = edit_distance(name, n, candidates[i], m), longer = n > m ? n : m;
        if (d < best && d * 3 <= longer + 1) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed) { return XXH64(data, len, seed); }

void hex_encode(const void *data, size_t len, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++) {
        ret_hex[2 * i] = digits[p[i] >> 4];
        ret_hex[2 * i + 1] = digits[p[i] & 15];
    }
    ret_hex[2 * len] = '\0';
}

void buf_add_json(struct buf *b, const char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    buf_putc(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_add(b, s + from, i - from);
        from = i + 1;
        static const char named[] = "\b\t\n\v\f\r", letters[] = "btn\0fr";
        const char *at = c ? strchr(named, c) : NULL;
        if (c == '"' || c == '\\') {
            buf_putc(b, '\\');
            buf_putc(b, (char)c);
        } else if (at && letters[at - named]) {
            buf_putc(b, '\\');
            buf_putc(b, letters[at - named]);
        } else {
            char u[7] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], 0};
            buf_puts(b, u);
        }
    }
    buf_add(b, s + from, len - from);
    buf_putc(b, '"');
}

void buf_put_json(struct buf *b, const char *s) { buf_add_json(b, s, strlen(s)); }
