#include "base/base.h"

#include <stdlib.h>
#include <time.h>

static int64_t fixed_us;

int64_t clock_real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    int64_t at = __atomic_load_n(&fixed_us, __ATOMIC_RELAXED);
    return at ? at : clock_real_us();
}

void clock_fix_us(int64_t at_us) { __atomic_store_n(&fixed_us, at_us, __ATOMIC_RELAXED); }

int64_t clock_mono_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400), doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static bool digits(const char **s, int count, unsigned *ret)
{
    unsigned v = 0;
    for (int i = 0; i < count; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (unsigned)(c - '0');
    }
    *s += count;
    *ret = v;
    return true;
}

static bool parse_zone(const char **s, int64_t *ret_offset_s)
{
    *ret_offset_s = 0;
    if (**s == 'Z' || **s == 'z') {
        (*s)++;
        return true;
    }
    if (**s != '+' && **s != '-')
        return true;
    int sign = *(*s)++ == '-' ? -1 : 1;
    unsigned h, m = 0;
    if (!digits(s, 2, &h))
        return false;
    if (**s == ':')
        (*s)++;
    if (**s && !digits(s, 2, &m))
        return false;
    *ret_offset_s = sign * (int64_t)(h * 3600 + m * 60);
    return h <= 18 && m < 60;
}

int time_parse_us(const char *s, int64_t *ret_us)
{
    static const unsigned char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned y, mo, d, h = 0, mi = 0, sec = 0, frac = 0, scale = 1000000;
    if (!s || !digits(&s, 4, &y) || *s++ != '-' || !digits(&s, 2, &mo) || *s++ != '-' || !digits(&s, 2, &d))
        return ERROR_INVALID;
    if (mo < 1 || mo > 12 || d < 1 || d > month_days[mo - 1] || (mo == 2 && d == 29 && !((y % 4 == 0 && y % 100) || y % 400 == 0)))
        return ERROR_INVALID;
    if (*s == 'T' || *s == 't' || *s == ' ') {
        s++;
        if (!digits(&s, 2, &h) || *s++ != ':' || !digits(&s, 2, &mi))
            return ERROR_INVALID;
        if (*s == ':') {
            s++;
            if (!digits(&s, 2, &sec))
                return ERROR_INVALID;
        }
        if (*s == '.') {
            if (*++s < '0' || *s > '9')
                return ERROR_INVALID;
            for (; *s >= '0' && *s <= '9'; s++)
                if (scale > 1) {
                    scale /= 10;
                    frac += (unsigned)(*s - '0') * scale;
                }
        }
    }
    int64_t offset;
    if (h > 23 || mi > 59 || sec > 59 || !parse_zone(&s, &offset) || *s)
        return ERROR_INVALID;
    *ret_us = ((days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec) - offset) * 1000000 + frac;
    return 0;
}

char *time_format_us(int64_t us, char ret_text[40])
{
    int64_t day = us / 86400000000, rest = us % 86400000000, y;
    if (rest < 0) {
        rest += 86400000000;
        day--;
    }
    unsigned m, d;
    civil_from_days(day, &y, &m, &d);
    int64_t s = rest / 1000000, frac = rest % 1000000;
    int n = snprintf(ret_text, 40, "%04lld-%02u-%02uT%02d:%02d:%02d", (long long)y, m, d, (int)(s / 3600), (int)(s / 60 % 60),
                     (int)(s % 60));
    snprintf(ret_text + n, 40 - (size_t)n, frac ? ".%06dZ" : "Z", (int)frac);
    return ret_text;
}
