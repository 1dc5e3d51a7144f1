#include "build/room.h"

#include <strings.h>

/*
 * An upsert into an empty table is an insert: nothing can match. The engine need not look, which halves the first load. So is one of
 * which no row is there yet, the common case of a large table: to find that takes a look at the keys alone, a third of what MERGE takes.
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
           (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_OP || t->kind == SQL_TOKEN_PARAM);
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
    size_t target, target_end, named_end, source, source_end; /* named_end: of the target with its other name */
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
    ret->named_end = c.at;
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

/* Place of the first WHEN outside of brackets. */
static size_t condition_end(const struct cursor *c, size_t at)
{
    int depth = 0;
    for (; at < c->count; at++) {
        depth += is_word(c, at, "(") ? 1 : is_word(c, at, ")") ? -1 : 0;
        if (depth == 0 && is_word(c, at, "WHEN"))
            break;
    }
    return at;
}

/* Asks whether any row of `relation`, the source of the MERGE, has one in the target that it meets. */
static const char *match_query(struct arena *a, const char *sql, const char *relation)
{
    struct upsert u;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    if (!read_upsert(a, sql, &u))
        return NULL;
    buf_puts(&b, "SELECT COUNT(*) AS found FROM (SELECT 1 AS one FROM ");
    put_tokens(&b, &u.c, u.target, u.named_end);
    buf_printf(&b, " LEFT SEMI JOIN %s ", relation);
    put_tokens(&b, &u.c, u.source_end, condition_end(&u.c, u.source_end));
    buf_puts(&b, " LIMIT 1) AS m");
    return b.overflow ? NULL : arena_strndup(a, b.data, b.len);
}

/* Token `at` is the name `name`, with or without backticks. */
static bool is_column(const struct cursor *c, size_t at, const char *name)
{
    const struct sql_token *t = &c->tokens[at];
    size_t quote = t->len > 1 && c->sql[t->offset] == '`';
    return t->len - 2 * quote == strlen(name) && strncasecmp(c->sql + t->offset + quote, name, t->len - 2 * quote) == 0;
}

/* t.name <=> s.name at c->at. */
static bool compares(const struct cursor *c, size_t end, const char *name)
{
    size_t i = c->at;
    return i + 7 <= end && is_word(c, i + 1, ".") && is_word(c, i + 3, "<=>") && is_word(c, i + 5, ".") && is_column(c, i + 2, name) &&
           is_column(c, i + 6, name);
}

bool build_merge_is_on(struct arena *a, const char *sql, const char *const *columns, size_t count)
{
    struct upsert u;
    size_t met = 0;
    bool seen[64] = {false};
    if (!read_upsert(a, sql, &u) || count > ARRAY_LEN(seen))
        return false;
    struct cursor *c = &u.c;
    size_t end = condition_end(c, u.source_end);
    for (c->at = u.source_end; c->at < end && !is_word(c, c->at, "ON");)
        c->at++;
    while (c->at < end) {
        size_t k = 0;
        c->at++; /* ON, AND */
        while (k < count && (seen[k] || !compares(c, end, columns[k])))
            k++;
        if (k == count || (c->at += 7, c->at < end && !is_word(c, c->at, "AND")))
            return false;
        seen[k] = true;
        met++;
    }
    return met == count;
}

/* Token `at` and those after it are the words. */
static bool are_words(const struct cursor *c, size_t at, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_word(c, at + i, words[i]))
            return false;
    return true;
}

/* One of the items between tokens `at` and `end` is name.column, and no other FROM stands among them. */
static bool selects(const struct cursor *c, size_t at, size_t end, const char *name, const char *column)
{
    int depth = 0;
    bool found = false;
    for (size_t i = at; i < end; i++) {
        depth += is_word(c, i, "(") ? 1 : is_word(c, i, ")") ? -1 : 0;
        if (depth)
            continue;
        if (is_word(c, i, "FROM"))
            return false;
        bool first = i == at || is_word(c, i - 1, ","), last = i + 3 == end || is_word(c, i + 3, ",");
        found |= first && last && is_column(c, i, name) && is_word(c, i + 1, ".") && is_column(c, i + 2, column);
    }
    return found;
}

static char *token_text(struct arena *a, const struct cursor *c, size_t at)
{
    return arena_strndup(a, c->sql + c->tokens[at].offset, c->tokens[at].len);
}

const struct pack_object *build_merge_copies(struct arena *a, const char *sql, const struct pack_catalogue *catalogue)
{
    static const char *const open[] = {"(", "SELECT"};
    enum { END = 13 }; /* FROM schema.table AS name WHERE name.bronze_ingestion_timestamp > :since ) */
    struct upsert u;
    if (!read_upsert(a, sql, &u) || u.source_end - u.source < ARRAY_LEN(open) + END || !are_words(&u.c, u.source, open, ARRAY_LEN(open)))
        return NULL;
    size_t items = u.source + ARRAY_LEN(open), from = u.source_end - END;
    const char *schema = token_text(a, &u.c, from + 1), *table = token_text(a, &u.c, from + 3), *name = token_text(a, &u.c, from + 5);
    const char *const end[END] = {"FROM", schema,   ".", table, "AS", name, "WHERE", name, ".", "bronze_ingestion_timestamp",
                                  ">",    ":since", ")"};
    if (!are_words(&u.c, from, end, END))
        return NULL;
    const struct pack_object *o = pack_find(catalogue, schema, table);
    const struct sql_key *k = o && o->layer == PACK_BRONZE ? sql_primary_key(o->table) : NULL;
    if (!k || !build_merge_is_on(a, sql, k->columns, k->column_count))
        return NULL;
    for (size_t i = 0; i < k->column_count; i++)
        if (!selects(&u.c, items, from, name, k->columns[i]))
            return NULL;
    return o;
}

int build_merge_run(struct engine_conn *c, const struct engine_stmt *merge, const char *relation, bool known_new, int64_t *ret_rows,
                    bool *ret_new, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_stmt run = *merge;
    const char *query = match_query(a, merge->sql, relation);
    const char *insert = query ? build_insert_for_merge(a, merge->sql, arena_printf(a, "SELECT s.* FROM %s AS s", relation)) : NULL;
    int64_t found = !insert || !known_new;
    int rc = insert && found ? build_i64(c, ENGINE_SQL(query), &found, err) : 0;
    if (rc)
        return rc;
    if (!found)
        run.sql = insert;
    *ret_new = !found;
    return engine_exec(c, &run, ret_rows, err);
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
