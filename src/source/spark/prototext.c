/*
 * The statement text of Spark Connect is protobuf's text format of the plan: `sql { query: "SELECT 1" }`. Written by a program,
 * so one field a line, two spaces a level; strings escaped as in C.
 */
#include "source/spark/events.h"

#include <ctype.h>
#include <yyjson.h>

struct cursor {
    const char *at, *end;
};

static void skip_blank(struct cursor *c)
{
    while (c->at < c->end && isspace((unsigned char)*c->at))
        c->at++;
}

static size_t name_len(const struct cursor *c)
{
    size_t n = 0;
    while (c->at + n < c->end && (isalnum((unsigned char)c->at[n]) || c->at[n] == '_' || c->at[n] == '.'))
        n++;
    return n;
}

static bool name_is(const struct cursor *c, size_t len, const char *name) { return strlen(name) == len && memcmp(c->at, name, len) == 0; }

/* Behind the closing quote of the string that begins at the cursor. */
static void skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\')
            c->at++;
    c->at = c->at < c->end ? c->at + 1 : c->end;
}

static unsigned octal(struct cursor *c)
{
    unsigned v = 0;
    for (int i = 0; i < 3 && c->at < c->end && *c->at >= '0' && *c->at <= '7'; i++)
        v = v * 8 + (unsigned)(*c->at++ - '0');
    return v & 0xFF;
}

/* Adds the string at the cursor, unescaped, to out. False when it has no end. */
static bool read_string(struct cursor *c, struct buf *out)
{
    static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
    c->at++;
    while (c->at < c->end && *c->at != '"') {
        if (*c->at != '\\') {
            const char *run = c->at;
            while (c->at < c->end && *c->at != '"' && *c->at != '\\')
                c->at++;
            buf_add(out, run, (size_t)(c->at - run));
            continue;
        }
        if (++c->at >= c->end)
            return false;
        const char *known = *c->at ? strchr(from, *c->at) : NULL;
        if (*c->at >= '0' && *c->at <= '7') {
            buf_putc(out, (char)octal(c));
        } else {
            buf_putc(out, known ? to[known - from] : *c->at);
            c->at++;
        }
    }
    return c->at < c->end;
}

bool proto_text_field(struct emit *e, const char *text, size_t len, const char *name)
{
    struct cursor c = {text, text + len};
    size_t want = strlen(name);
    while (c.at < c.end) {
        if (*c.at == '"') {
            skip_string(&c);
            continue;
        }
        size_t n = name_len(&c);
        if (n == 0) {
            c.at++;
            continue;
        }
        bool found = n == want && memcmp(c.at, name, n) == 0 && c.at + n + 2 < c.end && memcmp(c.at + n, ": \"", 3) == 0;
        c.at += n;
        if (!found)
            continue;
        c.at += 2;
        buf_clear(&e->text);
        buf_puts(&e->text, "");
        return read_string(&c, &e->text) && !e->text.overflow;
    }
    return false;
}

/* Behind the closing brace of the message whose opening brace the cursor stands behind. */
static void skip_message(struct cursor *c)
{
    for (size_t depth = 1; c->at < c->end && depth > 0;) {
        if (*c->at == '"') {
            skip_string(c);
            continue;
        }
        depth += *c->at == '{';
        depth -= *c->at == '}';
        c->at++;
    }
}

bool statement_sql(struct emit *e, const char *text, size_t len, char ret_form[64])
{
    struct cursor c = {text, text + len};
    ret_form[0] = 0;
    for (;;) {
        skip_blank(&c);
        size_t n = name_len(&c);
        if (n == 0 || n >= 64)
            return false;
        if (name_is(&c, n, "common")) { /* what every relation may begin with */
            c.at = memchr(c.at, '{', (size_t)(c.end - c.at));
            if (!c.at)
                return false;
            c.at++;
            skip_message(&c);
            continue;
        }
        memcpy(ret_form, c.at, n);
        ret_form[n] = 0;
        break;
    }
    if (!str_eq(ret_form, "sql") && !str_eq(ret_form, "sql_command"))
        return false;
    size_t rest = (size_t)(c.end - c.at);
    return proto_text_field(e, c.at, rest, "query") || proto_text_field(e, c.at, rest, "sql");
}

/* ---- job tags ------------------------------------------------------------------------------------------ */

static bool operation_of(const char *tags, size_t len, char ret_id[64])
{
    static const char mark[] = "_Operation_", prefix[] = "SparkConnect_OperationTag_";
    const char *begin = memmem(tags, len, prefix, sizeof(prefix) - 1);
    if (!begin)
        return false;
    const char *end = memchr(begin, ',', len - (size_t)(begin - tags));
    size_t tag_len = end ? (size_t)(end - begin) : len - (size_t)(begin - tags);
    /* The last mark: a user's name may hold anything. */
    for (const char *p = begin + tag_len; p > begin; p--) {
        size_t left = (size_t)(begin + tag_len - p);
        if (left <= sizeof(mark) - 1 || memcmp(p, mark, sizeof(mark) - 1) != 0)
            continue;
        size_t n = left - (sizeof(mark) - 1);
        if (n >= 64)
            return false;
        memcpy(ret_id, p + sizeof(mark) - 1, n);
        ret_id[n] = 0;
        return true;
    }
    return false;
}

bool connect_operation(yyjson_val *tags, char ret_id[64])
{
    if (yyjson_is_str(tags))
        return operation_of(yyjson_get_str(tags), yyjson_get_len(tags), ret_id);
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(tags);
    while ((item = yyjson_arr_iter_next(&it)))
        if (yyjson_is_str(item) && operation_of(yyjson_get_str(item), yyjson_get_len(item), ret_id))
            return true;
    return false;
}
