/* The parser's cursor: what every rule is written with. */
#include "sql/private.h"

#include <stdlib.h>

void sql_list_grow(struct arena *a, void **items, size_t *count, size_t *cap, size_t item_size)
{
    if (*count == *cap) {
        size_t more = *cap ? *cap * 2 : 4;
        void *p = arena_alloc(a, more * item_size);
        if (*count)
            memcpy(p, *items, *count * item_size);
        *items = p;
        *cap = more;
    }
    memset((char *)*items + *count * item_size, 0, item_size);
    ++*count;
}

static uint32_t name_hash(const char *s, bool exact)
{
    uint32_t h = 2166136261u;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        h = (h ^ (!exact && c >= 'A' && c <= 'Z' ? c | 32u : c)) * 16777619u;
    }
    return h;
}

static const char *name_at(const void *items, size_t item_size, size_t i)
{
    const char *name;
    memcpy(&name, (const char *)items + i * item_size, sizeof(name));
    return name;
}

/* The slot that holds the name or is free for it. */
static size_t name_slot(const struct name_index *x, const void *items, size_t item_size, const char *name)
{
    size_t k = name_hash(name, x->exact) & (x->slot_count - 1);
    for (; x->slots[k]; k = (k + 1) & (x->slot_count - 1)) {
        const char *other = name_at(items, item_size, x->slots[k] - 1);
        if (x->exact ? str_eq(other, name) : str_ieq(other, name))
            break;
    }
    return k;
}

size_t sql_name_find(struct arena *a, struct name_index *x, const void *items, size_t count, size_t item_size, const char *name)
{
    if (2 * count >= x->slot_count) {
        size_t n = 16;
        while (n < 4 * count + 1)
            n *= 2;
        x->slots = arena_alloc(a, n * sizeof(*x->slots));
        x->slot_count = n;
        x->count = 0;
    }
    for (; x->count < count; x->count++) {
        size_t k = name_slot(x, items, item_size, name_at(items, item_size, x->count));
        if (!x->slots[k])
            x->slots[k] = (uint32_t)x->count + 1;
    }
    size_t k = name_slot(x, items, item_size, name);
    return x->slots[k] ? x->slots[k] - 1 : NAME_NONE;
}

bool sql_word_eq(const char *s, size_t n, const char *word)
{
    size_t i = 0;
    for (; i < n && word[i]; i++) {
        char c = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
        if (c != word[i])
            return false;
    }
    return i == n && !word[i];
}

int sql_error_at(struct error *err, enum error_kind kind, struct sql_pos pos, const char *fmt, ...)
{
    char what[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    error_set(err, kind, "%s", what);
    error_where(err, "%u:%u", pos.line, pos.column);
    return kind;
}

int sql_parser_init(struct parser *p, struct arena *a, const char *text, size_t len, uint32_t first_line, struct error *err)
{
    *p = (struct parser){.a = a, .text = text, .err = err, .param_index = {.exact = true}};
    return sql_lex(a, text, len, first_line, &p->tokens, &p->count, err);
}

void sql_fail(struct parser *p, struct sql_pos pos, enum error_kind kind, const char *hint, const char *fmt, ...)
{
    if (!p->failed) {
        char what[1024];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        p->rc = sql_error_at(p->err, kind, pos, "%s", what);
        if (hint)
            error_hint(p->err, "%s", hint);
    }
    p->failed = true;
    p->i = p->count - 1;
}

void sql_unexpected(struct parser *p, const char *wanted)
{
    const struct sql_token *t = sql_tok(p);
    int n = t->len > 40 ? 40 : (int)t->len;
    if (t->kind == SQL_TOKEN_END)
        sql_fail(p, t->pos, ERROR_USAGE, NULL, "expected %s, but the statement ends", wanted);
    else
        sql_fail(p, t->pos, ERROR_USAGE, NULL, "expected %s, found %.*s", wanted, n, p->text + t->offset);
}

void sql_unsupported(struct parser *p, const char *construct, const char *hint)
{
    sql_fail(p, sql_tok(p)->pos, ERROR_USAGE, hint, "%s is not supported", construct);
}

bool sql_enter(struct parser *p)
{
    if (++p->depth > LIMIT_SQL_DEPTH)
        sql_fail(p, sql_tok(p)->pos, ERROR_LIMIT, NULL, "SQL is nested more than %d deep", LIMIT_SQL_DEPTH);
    return !p->failed;
}

const struct sql_token *sql_tok_at(const struct parser *p, size_t ahead)
{
    size_t k = p->i + ahead;
    return &p->tokens[k < p->count ? k : p->count - 1];
}

bool sql_is(const struct parser *p, const struct sql_token *t, const char *w)
{
    if (t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_OP)
        return false;
    return sql_word_eq(p->text + t->offset, t->len, w);
}

bool sql_at(const struct parser *p, const char *w) { return sql_is(p, sql_tok(p), w); }

bool sql_at2(const struct parser *p, const char *first, const char *second)
{
    return sql_at(p, first) && sql_is(p, sql_tok_at(p, 1), second);
}

bool sql_accept(struct parser *p, const char *w)
{
    if (p->failed || !sql_at(p, w))
        return false;
    p->i++;
    return true;
}

bool sql_accept2(struct parser *p, const char *first, const char *second)
{
    if (p->failed || !sql_at2(p, first, second))
        return false;
    p->i += 2;
    return true;
}

void sql_skip(struct parser *p, size_t tokens) { p->i = p->i + tokens < p->count ? p->i + tokens : p->count - 1; }

void sql_expect(struct parser *p, const char *w)
{
    if (!sql_accept(p, w))
        sql_unexpected(p, w);
}

void sql_expect_end(struct parser *p)
{
    sql_accept(p, ";");
    if (!p->failed && sql_tok(p)->kind != SQL_TOKEN_END)
        sql_unexpected(p, "the end of the statement");
}

bool sql_at_identifier(const struct parser *p)
{
    enum sql_token_kind k = sql_tok(p)->kind;
    return k == SQL_TOKEN_WORD || k == SQL_TOKEN_NAME || k == SQL_TOKEN_VARIABLE;
}

static void note_once(struct arena *a, sql_strings *list, const char *s)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], s))
            return;
    *LIST_ADD(a, list) = s;
}

/* One token of a name as text; ${v} stays as written for the callback. */
static const char *name_piece(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    p->i++;
    if (t->kind == SQL_TOKEN_VARIABLE)
        note_once(p->a, &p->variables, arena_strndup(p->a, p->text + t->offset + 2, t->len - 3));
    return sql_token_value(p->a, p->text, t);
}

const char *sql_identifier(struct parser *p, const char *what)
{
    if (p->failed || !sql_at_identifier(p)) {
        sql_unexpected(p, what);
        return "";
    }
    struct sql_pos pos = sql_tok(p)->pos;
    bool variable = sql_tok(p)->kind == SQL_TOKEN_VARIABLE;
    const char *s = name_piece(p);
    for (;;) { /* ${env}_gold and gold_${env}: tokens that touch are one name */
        const struct sql_token *t = sql_tok(p), *before = t - 1;
        bool glued = t->offset == before->offset + before->len && sql_at_identifier(p) && t->kind != SQL_TOKEN_NAME;
        if (!glued || (!variable && t->kind != SQL_TOKEN_VARIABLE) || before->kind == SQL_TOKEN_NAME)
            break;
        variable = true;
        s = arena_printf(p->a, "%s%s", s, name_piece(p));
    }
    if (!*s)
        sql_fail(p, pos, ERROR_USAGE, NULL, "name is empty");
    if (strlen(s) > LIMIT_NAME_BYTES)
        sql_fail(p, pos, ERROR_LIMIT, NULL, "name is longer than %d bytes", LIMIT_NAME_BYTES);
    return s;
}

struct sql_name *sql_qualified(struct parser *p, const char *what)
{
    struct sql_name *n = arena_alloc(p->a, sizeof(*n));
    n->pos = sql_tok(p)->pos;
    do {
        if (n->count == SQL_NAME_PARTS) {
            sql_fail(p, n->pos, ERROR_USAGE, NULL, "name has more than %d parts", SQL_NAME_PARTS);
            break;
        }
        n->parts[n->count++] = sql_identifier(p, what);
    } while (sql_accept(p, "."));
    return n;
}

const char *sql_string(struct parser *p, const char *what)
{
    if (p->failed || sql_tok(p)->kind != SQL_TOKEN_STRING) {
        sql_unexpected(p, what);
        return "";
    }
    const char *s = sql_token_value(p->a, p->text, sql_tok(p));
    p->i++;
    if (sql_tok(p)->kind != SQL_TOKEN_STRING)
        return s;
    struct buf b;
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_puts(&b, s);
    for (; sql_tok(p)->kind == SQL_TOKEN_STRING; p->i++)
        buf_puts(&b, sql_token_value(p->a, p->text, sql_tok(p)));
    s = arena_strdup(p->a, b.data ? b.data : "");
    buf_free(&b);
    return s;
}

sql_strings sql_name_list(struct parser *p, const char *what)
{
    sql_strings list = {0};
    sql_expect(p, "(");
    do {
        *LIST_ADD(p->a, &list) = sql_identifier(p, what);
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    return list;
}

const char *sql_span(const struct parser *p, size_t first, size_t end, size_t *ret_len)
{
    const struct sql_token *f = &p->tokens[first];
    if (end <= first) {
        *ret_len = 0;
        return p->text + f->offset;
    }
    const struct sql_token *l = &p->tokens[end - 1];
    *ret_len = l->offset + l->len - f->offset;
    return p->text + f->offset;
}

/* ---- names as text ------------------------------------------------------------------------------------ */

/* Puts s between two q, and mark before each of the marked characters. */
static char *enclose(struct arena *a, const char *s, char q, const char *marked, char mark)
{
    size_t n = strlen(s), k = 0;
    char *out = arena_alloc(a, 2 * n + 3);
    out[k++] = q;
    for (size_t i = 0; i < n; i++) {
        if (strchr(marked, s[i]))
            out[k++] = mark;
        out[k++] = s[i];
    }
    out[k++] = q;
    return out;
}

char *sql_quote(struct arena *a, const char *name) { return enclose(a, name, '"', "\"", '"'); }
char *sql_quote_string(struct arena *a, const char *text) { return enclose(a, text, '\'', "'", '\''); }
char *sql_backtick(struct arena *a, const char *name) { return enclose(a, name, '`', "`", '`'); }
char *sql_literal(struct arena *a, const char *text) { return enclose(a, text, '\'', "'\\", '\\'); }

static bool plain_name(const char *s)
{
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' || *s == '$'))
        return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("_${}", *s)))
            return false;
    return true;
}

char *sql_name_text(struct arena *a, const struct sql_name *name)
{
    char *s = arena_strdup(a, "");
    for (size_t i = 0; i < name->count; i++) {
        const char *part = plain_name(name->parts[i]) ? name->parts[i] : sql_backtick(a, name->parts[i]);
        s = arena_printf(a, "%s%s%s", s, i ? "." : "", part);
    }
    return s;
}

/* ---- templates ---------------------------------------------------------------------------------------- */

static const char *text_of_place(const struct sql_place *places, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(places[i].name) == len && memcmp(places[i].name, name, len) == 0)
            return places[i].text;
    log_write(LOG_ERROR, "sql", "no text for {%.*s} in a statement of the program", (int)len, name);
    abort();
}

char *sql_template(struct arena *a, const char *text, const struct sql_place *places, size_t count)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        if (!end) {
            buf_putc(&b, *text++);
            continue;
        }
        buf_puts(&b, text_of_place(places, count, text + 1, (size_t)(end - text - 1)));
        text = end + 1;
    }
    return arena_strndup(a, b.data ? b.data : "", b.len);
}
