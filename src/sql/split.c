/* Statement splitter and classification by the leading words. */
#include "sql/private.h"

static const char *const kind_names[] = {
    [SQL_OTHER] = "statement",
    [SQL_SELECT] = "SELECT",
    [SQL_CREATE_TABLE] = "CREATE TABLE",
    [SQL_CREATE_TABLE_AS] = "CREATE TABLE AS",
    [SQL_CREATE_VIEW] = "CREATE VIEW",
    [SQL_CREATE_METRIC_VIEW] = "CREATE VIEW WITH METRICS",
    [SQL_CREATE_FUNCTION] = "CREATE FUNCTION",
    [SQL_CREATE_SCHEMA] = "CREATE SCHEMA",
    [SQL_INSERT] = "INSERT",
    [SQL_MERGE] = "MERGE",
    [SQL_UPDATE] = "UPDATE",
    [SQL_DELETE] = "DELETE",
    [SQL_TRUNCATE] = "TRUNCATE",
    [SQL_ALTER] = "ALTER",
    [SQL_COMMENT_ON] = "COMMENT ON",
    [SQL_DROP_TABLE] = "DROP TABLE",
    [SQL_DROP_VIEW] = "DROP VIEW",
    [SQL_DROP_FUNCTION] = "DROP FUNCTION",
    [SQL_DROP_SCHEMA] = "DROP SCHEMA",
    [SQL_OPTIMIZE] = "OPTIMIZE",
    [SQL_VACUUM] = "VACUUM",
    [SQL_ANALYZE] = "ANALYZE",
    [SQL_DESCRIBE] = "DESCRIBE",
    [SQL_SHOW] = "SHOW",
    [SQL_EXPLAIN] = "EXPLAIN",
    [SQL_USE] = "USE",
    [SQL_SET] = "SET",
    [SQL_GRANT] = "GRANT",
    [SQL_REVOKE] = "REVOKE",
};

const char *sql_kind_name(enum sql_kind kind) { return (size_t)kind < ARRAY_LEN(kind_names) ? kind_names[kind] : kind_names[SQL_OTHER]; }

static const struct {
    const char *word;
    enum sql_kind kind;
} leads[] = {
    {"SELECT", SQL_SELECT},
    {"VALUES", SQL_SELECT},
    {"FROM", SQL_SELECT},
    {"TABLE", SQL_SELECT},
    {"INSERT", SQL_INSERT},
    {"MERGE", SQL_MERGE},
    {"UPDATE", SQL_UPDATE},
    {"DELETE", SQL_DELETE},
    {"TRUNCATE", SQL_TRUNCATE},
    {"ALTER", SQL_ALTER},
    {"COMMENT", SQL_COMMENT_ON},
    {"OPTIMIZE", SQL_OPTIMIZE},
    {"VACUUM", SQL_VACUUM},
    {"ANALYZE", SQL_ANALYZE},
    {"DESCRIBE", SQL_DESCRIBE},
    {"DESC", SQL_DESCRIBE},
    {"SHOW", SQL_SHOW},
    {"EXPLAIN", SQL_EXPLAIN},
    {"USE", SQL_USE},
    {"SET", SQL_SET},
    {"GRANT", SQL_GRANT},
    {"REVOKE", SQL_REVOKE},
};

static bool word_is(const char *text, const struct sql_token *t, const char *word)
{
    return t->kind == SQL_TOKEN_WORD && sql_word_eq(text + t->offset, t->len, word);
}

/* The main verb after WITH ctes: the first verb outside brackets. */
static enum sql_kind after_with(const char *text, const struct sql_token *t)
{
    int depth = 0;
    for (; t->kind != SQL_TOKEN_END; t++) {
        char c = t->kind == SQL_TOKEN_OP && t->len == 1 ? text[t->offset] : 0;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth || t->kind != SQL_TOKEN_WORD)
            continue;
        if (word_is(text, t, "INSERT"))
            return SQL_INSERT;
        if (word_is(text, t, "SELECT") || word_is(text, t, "VALUES") || word_is(text, t, "FROM"))
            return SQL_SELECT;
    }
    return SQL_SELECT;
}

static bool has_word(const char *text, const struct sql_token *t, const char *word, const char *next)
{
    int depth = 0;
    for (; t->kind != SQL_TOKEN_END; t++) {
        char c = t->kind == SQL_TOKEN_OP && t->len == 1 ? text[t->offset] : 0;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth == 0 && word_is(text, t, word) && (!next || word_is(text, t + 1, next)))
            return true;
    }
    return false;
}

static enum sql_kind created(const char *text, const struct sql_token *t)
{
    static const char *const skip[] = {"OR", "REPLACE", "TEMPORARY", "TEMP", "GLOBAL", "EXTERNAL", "MATERIALIZED", "STREAMING"};
    for (bool skipped = true; skipped;) {
        skipped = false;
        for (size_t i = 0; i < ARRAY_LEN(skip); i++)
            skipped = skipped || word_is(text, t, skip[i]);
        t += skipped;
    }
    if (word_is(text, t, "TABLE"))
        return has_word(text, t, "AS", NULL) ? SQL_CREATE_TABLE_AS : SQL_CREATE_TABLE;
    if (word_is(text, t, "VIEW"))
        return has_word(text, t, "WITH", "METRICS") ? SQL_CREATE_METRIC_VIEW : SQL_CREATE_VIEW;
    if (word_is(text, t, "FUNCTION"))
        return SQL_CREATE_FUNCTION;
    return word_is(text, t, "SCHEMA") || word_is(text, t, "DATABASE") ? SQL_CREATE_SCHEMA : SQL_OTHER;
}

static enum sql_kind dropped(const char *text, const struct sql_token *t)
{
    if (word_is(text, t, "TEMPORARY") || word_is(text, t, "MATERIALIZED"))
        t++;
    return word_is(text, t, "TABLE")                                    ? SQL_DROP_TABLE
           : word_is(text, t, "VIEW")                                   ? SQL_DROP_VIEW
           : word_is(text, t, "FUNCTION")                               ? SQL_DROP_FUNCTION
           : word_is(text, t, "SCHEMA") || word_is(text, t, "DATABASE") ? SQL_DROP_SCHEMA
                                                                        : SQL_OTHER;
}

enum sql_kind sql_classify(const char *text, const struct sql_token *t)
{
    while (t->kind == SQL_TOKEN_OP && t->len == 1 && text[t->offset] == '(')
        t++;
    if (word_is(text, t, "WITH"))
        return after_with(text, t + 1);
    if (word_is(text, t, "CREATE") || word_is(text, t, "REPLACE"))
        return created(text, t + 1);
    if (word_is(text, t, "DROP"))
        return dropped(text, t + 1);
    for (size_t i = 0; i < ARRAY_LEN(leads); i++)
        if (word_is(text, t, leads[i].word))
            return leads[i].kind;
    return SQL_OTHER;
}

struct splitter {
    struct arena *a;
    const char *text;
    LIST(struct sql_statement) statements;
};

/* Classifies a copy of the tokens' end so that words of the next statement are not looked at. */
static void add_statement(struct splitter *s, struct sql_token *first, struct sql_token *end)
{
    if (first == end)
        return;
    enum sql_token_kind kept = end->kind;
    end->kind = SQL_TOKEN_END;
    size_t stop = end[-1].offset + end[-1].len;
    *LIST_ADD(s->a, &s->statements) = (struct sql_statement){
        .text = s->text + first->offset, .len = stop - first->offset, .pos = first->pos, .kind = sql_classify(s->text, first)};
    end->kind = kept;
}

static int split_error(struct error *err, struct sql_pos pos, const char *what, const char *hint)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%u:%u", pos.line, pos.column);
    if (hint)
        error_hint(err, "%s", hint);
    return ERROR_USAGE;
}

/* Brackets must match; answers the token that ends the statement in *ret_end. */
static int find_end(const char *text, struct sql_token *t, struct sql_token **ret_end, struct error *err)
{
    static const char closing[] = ")]}", opening[] = "([{";
    char stack[LIMIT_SQL_DEPTH];
    struct sql_pos where[LIMIT_SQL_DEPTH];
    size_t depth = 0;
    for (; t->kind != SQL_TOKEN_END; t++) {
        char c = t->kind == SQL_TOKEN_OP && t->len == 1 ? text[t->offset] : ' ';
        const char *o = strchr(opening, c), *e = strchr(closing, c);
        if (c == ';' && !depth)
            break;
        if (c == ';')
            return split_error(err, where[depth - 1], "bracket is not closed before the semicolon", NULL);
        if (o && depth == LIMIT_SQL_DEPTH)
            return split_error(err, t->pos, "brackets are nested too deeply", NULL);
        if (o) {
            where[depth] = t->pos;
            stack[depth++] = closing[o - opening];
        } else if (e && (!depth || stack[--depth] != c)) {
            return split_error(err, t->pos, "closing bracket without its opening one", NULL);
        }
    }
    if (depth)
        return split_error(err, where[depth - 1], "bracket is not closed", NULL);
    *ret_end = t;
    return 0;
}

int sql_split(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_statement **ret, size_t *ret_count,
              struct error *err)
{
    struct sql_token *t, *end;
    size_t n;
    int rc = sql_lex(a, text, len, first_line, &t, &n, err);
    if (rc)
        return rc;
    struct splitter s = {.a = a, .text = text};
    for (;; t = end + 1) {
        if (word_is(text, t, "BEGIN"))
            return split_error(err, t->pos, "BEGIN .. END blocks are not supported", "write the statements one after another");
        rc = find_end(text, t, &end, err);
        if (rc)
            return rc;
        bool last = end->kind == SQL_TOKEN_END;
        add_statement(&s, t, end);
        if (last)
            break;
    }
    *ret = s.statements.items;
    *ret_count = s.statements.count;
    return 0;
}
