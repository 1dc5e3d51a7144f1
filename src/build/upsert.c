#include "build/room.h"

#include <strings.h>

/*
 * An upsert into an empty table is an insert: nothing can match. The engine need not look, which halves the first load.
 * Only the plain form is taken: MERGE INTO t USING source ON .. [WHEN MATCHED ..] WHEN NOT MATCHED THEN INSERT *.
 */

struct cursor {
    const char *sql;
    const struct sql_token *tokens;
    size_t count, at;
};

static bool is_word(const struct cursor *c, size_t i, const char *word)
{
    const struct sql_token *t = &c->tokens[i];
    return i < c->count && t->len == strlen(word) && strncasecmp(c->sql + t->offset, word, t->len) == 0 &&
           (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_OP);
}

static bool take(struct cursor *c, const char *word)
{
    if (!is_word(c, c->at, word))
        return false;
    c->at++;
    return true;
}

static bool is_name(const struct cursor *c, size_t i)
{
    return i < c->count &&
           (c->tokens[i].kind == SQL_TOKEN_WORD || c->tokens[i].kind == SQL_TOKEN_NAME || c->tokens[i].kind == SQL_TOKEN_VARIABLE);
}

static bool take_name(struct cursor *c)
{
    do {
        if (!is_name(c, c->at))
            return false;
        c->at++;
    } while (take(c, "."));
    return true;
}

static bool take_brackets(struct cursor *c)
{
    int depth = 0;
    do {
        depth += is_word(c, c->at, "(") ? 1 : is_word(c, c->at, ")") ? -1 : 0;
        c->at++;
    } while (depth > 0 && c->at < c->count);
    return depth == 0;
}

/* WHEN NOT MATCHED THEN INSERT * at the end, and no other branch for what is not matched. */
static bool inserts_all(const struct cursor *c)
{
    static const char *const end[] = {"WHEN", "NOT", "MATCHED", "THEN", "INSERT", "*"};
    size_t first = c->count - ARRAY_LEN(end), branches = 0;
    if (c->count < ARRAY_LEN(end) + c->at)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(end); i++)
        if (!is_word(c, first + i, end[i]))
            return false;
    for (size_t i = c->at; i + 2 < c->count; i++)
        branches += is_word(c, i, "WHEN") && is_word(c, i + 1, "NOT") && is_word(c, i + 2, "MATCHED");
    return branches == 1;
}

static void put_lines(struct buf *b, const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from == '\n')
            buf_putc(b, '\n');
}

/* The text from token `from` to before token `to`. */
static void put_tokens(struct buf *b, const struct cursor *c, size_t from, size_t to)
{
    const struct sql_token *last = &c->tokens[to - 1];
    buf_add(b, c->sql + c->tokens[from].offset, last->offset + last->len - c->tokens[from].offset);
}

struct upsert { /* token places of target and source */
    struct cursor c;
    size_t target, target_end, source, source_end;
};

static bool read_upsert(struct arena *a, const char *sql, struct upsert *ret)
{
    struct sql_token *tokens;
    struct cursor c = {.sql = sql};
    if (sql_lex(a, sql, strlen(sql), 1, &tokens, &c.count, NULL))
        return false;
    c.tokens = tokens;
    c.count = c.count && tokens[c.count - 1].kind == SQL_TOKEN_END ? c.count - 1 : c.count;
    if (!take(&c, "MERGE") || !take(&c, "INTO"))
        return false;
    ret->target = c.at;
    if (!take_name(&c))
        return false;
    ret->target_end = c.at;
    take(&c, "AS");
    if (!is_word(&c, c.at, "USING"))
        c.at++;
    if (!take(&c, "USING"))
        return false;
    ret->source = c.at;
    if (!(is_word(&c, c.at, "(") ? take_brackets(&c) : take_name(&c)) || !inserts_all(&c))
        return false;
    ret->source_end = c.at;
    ret->c = c;
    return true;
}

/* The source under the name s, with as many line ends before it as in the statement, so that errors keep their lines. */
static void put_source(struct buf *b, const struct upsert *u)
{
    put_lines(b, u->c.sql + u->c.tokens[u->target_end - 1].offset, u->c.sql + u->c.tokens[u->source].offset);
    put_tokens(b, &u->c, u->source, u->source_end);
    buf_puts(b, " AS s");
}

const char *build_insert_for_merge(struct arena *a, const char *sql, const char *query)
{
    struct upsert u;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    if (!read_upsert(a, sql, &u))
        return NULL;
    buf_puts(&b, "INSERT INTO ");
    put_tokens(&b, &u.c, u.target, u.target_end);
    if (query) {
        buf_printf(&b, " BY NAME\n%s", query);
    } else {
        buf_puts(&b, " BY NAME SELECT s.* FROM ");
        put_source(&b, &u);
    }
    return b.overflow ? NULL : arena_strndup(a, b.data, b.len);
}

const char *build_merge_from(struct arena *a, const char *sql, const char *relation)
{
    struct upsert u;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    if (!read_upsert(a, sql, &u) || is_word(&u.c, u.source_end, "ON"))
        return NULL;
    put_tokens(&b, &u.c, 0, u.source);
    buf_printf(&b, " %s ", relation);
    put_lines(&b, u.c.sql + u.c.tokens[u.source].offset, u.c.sql + u.c.tokens[u.source_end].offset);
    put_tokens(&b, &u.c, u.source_end, u.c.count);
    return b.overflow ? NULL : arena_strndup(a, b.data, b.len);
}

const char *build_query_of_merge(struct arena *a, const char *sql, const char *columns)
{
    struct upsert u;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    if (!read_upsert(a, sql, &u))
        return NULL;
    buf_printf(&b, "SELECT %s FROM ", columns);
    put_source(&b, &u);
    return b.overflow ? NULL : arena_strndup(a, b.data, b.len);
}

int build_is_empty(struct engine_conn *c, const struct pack_object *o, struct arena *a, bool *ret, struct error *err)
{
    int64_t n = 0;
    const char *sql = arena_printf(a, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM %s.%s LIMIT 1) AS t", o->schema, o->name);
    int rc = build_i64(c, ENGINE_SQL(sql), &n, err);
    if (!rc)
        *ret = n == 0;
    return rc;
}
