/* Java's date patterns and regular expressions in the terms of DuckDB, or the reason why not. */
#include "sql/bind.h"

const char *sql_date_unit(const char *unit)
{
    static const char *const units[][2] = {
        {"year", "year"},
        {"years", "year"},
        {"yyyy", "year"},
        {"yy", "year"},
        {"quarter", "quarter"},
        {"month", "month"},
        {"months", "month"},
        {"mm", "month"},
        {"mon", "month"},
        {"week", "week"},
        {"weeks", "week"},
        {"day", "day"},
        {"days", "day"},
        {"dd", "day"},
        {"dayofyear", "day"},
        {"hour", "hour"},
        {"hours", "hour"},
        {"minute", "minute"},
        {"minutes", "minute"},
        {"second", "second"},
        {"seconds", "second"},
        {"millisecond", "millisecond"},
        {"microsecond", "microsecond"},
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (str_ieq(unit, units[i][0]))
            return units[i][1];
    return NULL;
}

static const struct {
    char letter;
    int count; /* letters in a row */
    const char *format;
    bool parse; /* also understood when reading */
} letters[] = {
    {'y', 4, "%Y", true},   {'y', 2, "%y", true},  {'y', 1, "%Y", true},  {'M', 2, "%m", true},  {'M', 1, "%-m", true},
    {'M', 3, "%b", true},   {'M', 4, "%B", true},  {'d', 2, "%d", true},  {'d', 1, "%-d", true}, {'H', 2, "%H", true},
    {'H', 1, "%-H", true},  {'h', 2, "%I", true},  {'h', 1, "%-I", true}, {'m', 2, "%M", true},  {'m', 1, "%-M", true},
    {'s', 2, "%S", true},   {'s', 1, "%-S", true}, {'S', 3, "%g", true},  {'S', 6, "%f", true},  {'a', 1, "%p", true},
    {'E', 1, "%a", false},  {'E', 2, "%a", false}, {'E', 3, "%a", false}, {'E', 4, "%A", false}, {'D', 3, "%j", false},
    {'D', 1, "%-j", false},
};

static const char *letter_format(char c, int n, bool parsing)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (letters[i].letter == c && letters[i].count == n)
            return parsing && !letters[i].parse ? NULL : letters[i].format;
    return NULL;
}

static bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

/* Text between single quotes; two of them are one. */
static const char *quoted_text(const char *s, struct buf *b)
{
    if (s[1] == '\'') {
        buf_putc(b, '\'');
        return s + 2;
    }
    for (s++; *s && (*s != '\'' || s[1] == '\''); s++) {
        s += *s == '\'';
        if (*s == '%')
            buf_putc(b, '%');
        buf_putc(b, *s);
    }
    return *s ? s + 1 : s;
}

const char *sql_time_pattern(struct arena *a, const char *java, bool parsing, char *ret_bad)
{
    struct buf b;
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_puts(&b, "");
    *ret_bad = 0;
    for (const char *s = java; *s && !*ret_bad;) {
        if (*s == '\'') {
            s = quoted_text(s, &b);
        } else if (is_letter(*s)) {
            int n = 1;
            while (s[n] == *s)
                n++;
            const char *f = letter_format(*s, n, parsing);
            if (f)
                buf_puts(&b, f);
            else
                *ret_bad = *s;
            s += n;
        } else if (strchr("[]#{}", *s)) {
            *ret_bad = *s;
        } else {
            if (*s == '%')
                buf_putc(&b, '%');
            buf_putc(&b, *s++);
        }
    }
    char *out = arena_strdup(a, b.data ? b.data : "");
    buf_free(&b);
    return *ret_bad ? NULL : out;
}

/* ---- regular expressions -------------------------------------------------------------------------------- */

static const char *escape_fault(char c)
{
    if (c >= '1' && c <= '9')
        return "a back reference in a pattern is not supported";
    if (strchr("hHRXkGZ", c))
        return "\\h, \\R, \\X, \\k, \\G and \\Z in a pattern are not supported";
    return NULL;
}

/* RE2 refuses most of what it cannot do when it runs; named here is also what it would understand in another way. */
const char *sql_regex_fault(const char *s)
{
    bool set = false;
    for (; *s; s++) {
        if (*s == '\\') {
            const char *fault = s[1] ? escape_fault(s[1]) : "pattern ends with a backslash";
            if (fault)
                return fault;
            s++;
        } else if (set) {
            if (*s == '&' && s[1] == '&')
                return "intersection && in a character class is not supported";
            if (*s == '[' && s[1] != ':')
                return "[ inside a character class needs a backslash";
            set = *s != ']';
        } else if (*s == '[') {
            set = true;
            s += s[1] == '^';
            s += s[1] == ']';
        } else if (*s == '(' && s[1] == '?' && (strchr("=!>", s[2] ? s[2] : ' ') || (s[2] == '<' && (s[3] == '=' || s[3] == '!')))) {
            return "look-around in a pattern is not supported";
        } else if (strchr("*+?}", *s) && s[1] == '+') {
            return "a possessive quantifier in a pattern is not supported";
        }
    }
    return NULL;
}

/* Java writes groups as $1 and protects with a backslash; RE2 writes \1. NULL when it cannot be said. */
const char *sql_regex_replacement(struct arena *a, const char *s)
{
    char *out = arena_alloc(a, 2 * strlen(s) + 1);
    size_t k = 0;
    for (; *s; s++) {
        if (*s == '$' && s[1] >= '0' && s[1] <= '9' && !(s[2] >= '0' && s[2] <= '9')) {
            out[k++] = '\\';
            out[k++] = *++s;
        } else if (*s == '$' || (*s == '\\' && !s[1])) {
            return NULL;
        } else {
            if (*s == '\\')
                s++;
            if (*s == '\\')
                out[k++] = '\\';
            out[k++] = *s;
        }
    }
    return out;
}
