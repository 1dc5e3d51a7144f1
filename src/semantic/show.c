#include <stdlib.h>
#include <strings.h>

#include "semantic/private.h"

/* SHOW and DESCRIBE answer from the catalogue with the rights of the principal; the engine is only asked for the columns of a table. */

struct answer { /* a result of text columns that is being built */
    struct ArrowSchema schema;
    struct ArrowArray array;
    int code; /* first failure of nanoarrow */
};

static void answer_open(struct answer *t, const char *const *names, size_t count)
{
    *t = (struct answer){0};
    ArrowSchemaInit(&t->schema);
    t->code = ArrowSchemaSetTypeStruct(&t->schema, (int64_t)count);
    for (size_t i = 0; !t->code && i < count; i++) {
        t->code = ArrowSchemaSetType(t->schema.children[i], NANOARROW_TYPE_STRING);
        if (!t->code)
            t->code = ArrowSchemaSetName(t->schema.children[i], names[i]);
    }
    if (!t->code)
        t->code = ArrowArrayInitFromSchema(&t->array, &t->schema, NULL);
    if (!t->code)
        t->code = ArrowArrayStartAppending(&t->array);
}

static void answer_row(struct answer *t, const char *const *cells)
{
    for (int64_t i = 0; !t->code && i < t->array.n_children; i++)
        t->code = cells[i] ? ArrowArrayAppendString(t->array.children[i], ArrowCharView(cells[i]))
                           : ArrowArrayAppendNull(t->array.children[i], 1);
    if (!t->code)
        t->code = ArrowArrayFinishElement(&t->array);
}

static int answer_close(struct answer *t, struct ArrowArrayStream *ret, struct error *err)
{
    if (!t->code)
        t->code = ArrowArrayFinishBuildingDefault(&t->array, NULL);
    if (!t->code)
        t->code = ArrowBasicArrayStreamInit(ret, &t->schema, 1);
    if (!t->code)
        ArrowBasicArrayStreamSetArray(ret, 0, &t->array);
    if (t->array.release)
        t->array.release(&t->array);
    if (t->schema.release)
        t->schema.release(&t->schema);
    return t->code ? error_set(err, ERROR_INTERNAL, "the answer could not be built") : 0;
}

struct words { /* tokens of the statement, read from left to right */
    struct arena *a;
    const char *text;
    const struct sql_token *tokens;
    size_t at;
};

static bool word(struct words *w, const char *keyword)
{
    const struct sql_token *t = &w->tokens[w->at];
    if (t->kind != SQL_TOKEN_WORD || t->len != strlen(keyword) || strncasecmp(w->text + t->offset, keyword, t->len) != 0)
        return false;
    w->at++;
    return true;
}

static bool at_end(const struct words *w)
{
    const struct sql_token *t = &w->tokens[w->at];
    return t->kind == SQL_TOKEN_END || (t->kind == SQL_TOKEN_OP && w->text[t->offset] == ';' && w->tokens[w->at + 1].kind == SQL_TOKEN_END);
}

static bool read_name(struct words *w, struct sql_name *ret)
{
    *ret = (struct sql_name){.pos = w->tokens[w->at].pos};
    for (;;) {
        const struct sql_token *t = &w->tokens[w->at];
        if (ret->count == SQL_NAME_PARTS || (t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_NAME))
            return false;
        ret->parts[ret->count++] = t->kind == SQL_TOKEN_WORD ? arena_strndup(w->a, w->text + t->offset, t->len)
                                                             : sql_token_value(w->a, w->text, t);
        w->at++;
        t = &w->tokens[w->at];
        if (t->kind != SQL_TOKEN_OP || t->len != 1 || w->text[t->offset] != '.')
            return true;
        w->at++;
    }
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* The pattern of SHOW: * is any text, | separates alternatives, case does not count. Goes back to the last * only, so the work
 * is at most the product of the lengths. */
static bool matches_one(const char *p, size_t len, const char *s)
{
    const char *end = p + len, *star = NULL, *from = s;
    while (*s) {
        if (p < end && *p == '*') {
            star = p++;
            from = s;
        } else if (p < end && lower(*p) == lower(*s)) {
            p++;
            s++;
        } else if (star) {
            p = star + 1;
            s = ++from;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}

static bool matches(const char *pattern, const char *s)
{
    if (!pattern)
        return true;
    for (const char *p = pattern;; p++) {
        size_t len = strcspn(p, "|");
        if (matches_one(p, len, s))
            return true;
        p += len;
        if (!*p)
            return false;
    }
}

static int bad(const struct words *w, struct error *err)
{
    error_set(err, ERROR_USAGE, "this form of SHOW or DESCRIBE is not supported");
    error_where(err, "%u:%u", w->tokens[w->at].pos.line, w->tokens[w->at].pos.column);
    error_hint(err, "SHOW TABLES [IN schema] [LIKE 'pattern'], SHOW SCHEMAS, SHOW VIEWS, SHOW COLUMNS IN table, DESCRIBE table");
    return ERROR_USAGE;
}

/* [{IN | FROM} schema] [[LIKE] 'pattern'] */
static int read_filter(struct words *w, const char **ret_schema, const char **ret_pattern, struct error *err)
{
    struct sql_name name = {0};
    if (word(w, "in") || word(w, "from")) {
        if (!read_name(w, &name))
            return bad(w, err);
        *ret_schema = name.parts[name.count - 1];
    }
    (void)word(w, "like");
    if (w->tokens[w->at].kind == SQL_TOKEN_STRING) {
        *ret_pattern = sql_token_value(w->a, w->text, &w->tokens[w->at++]);
        if (strlen(*ret_pattern) > LIMIT_NAME_BYTES)
            return error_set(err, ERROR_LIMIT, "the pattern is longer than %d bytes", LIMIT_NAME_BYTES);
    }
    return at_end(w) ? 0 : bad(w, err);
}

static int show_tables(struct semantic_result *r, struct words *w, bool views, struct error *err)
{
    const char *schema = NULL, *pattern = NULL;
    struct semantic_table *tables;
    size_t count;
    int rc = read_filter(w, &schema, &pattern, err);
    if (!rc)
        rc = tables_visible(r->s, &r->principal, r->arena, &tables, &count, err);
    if (rc)
        return rc;
    static const char *const heads[] = {"database", "tableName", "isTemporary"}, *const view_heads[] = {"namespace", "viewName",
                                                                                                        "isTemporary"};
    struct answer t;
    answer_open(&t, views ? view_heads : heads, 3);
    for (size_t i = 0; i < count; i++) {
        if ((schema && !str_ieq(schema, tables[i].schema)) || !matches(pattern, tables[i].name) || (views && !tables[i].is_view))
            continue;
        answer_row(&t, (const char *const[]){tables[i].schema, tables[i].name, "false"});
    }
    return answer_close(&t, &r->inner, err);
}

static int show_schemas(struct semantic_result *r, struct words *w, struct error *err)
{
    const char *ignored = NULL, *pattern = NULL;
    struct semantic_table *tables;
    size_t count;
    int rc = read_filter(w, &ignored, &pattern, err);
    if (!rc)
        rc = tables_visible(r->s, &r->principal, r->arena, &tables, &count, err);
    if (rc)
        return rc;
    struct answer t;
    answer_open(&t, (const char *const[]){"databaseName"}, 1);
    for (size_t i = 0; i < count; i++) /* sorted by schema */
        if ((i == 0 || !str_eq(tables[i].schema, tables[i - 1].schema)) && matches(pattern, tables[i].schema))
            answer_row(&t, &tables[i].schema);
    return answer_close(&t, &r->inner, err);
}

static int describe(struct semantic_result *r, struct words *w, bool names_only, struct error *err)
{
    struct sql_name name;
    struct semantic_column *columns;
    size_t count;
    if (!read_name(w, &name) || !at_end(w))
        return bad(w, err);
    int rc = columns_of(r->s, &r->principal, r->run.conn, &name, r->arena, &columns, &count, err);
    if (rc) {
        error_where(err, "%u:%u", name.pos.line, name.pos.column);
        return rc;
    }
    struct answer t;
    answer_open(&t, (const char *const[]){"col_name", "data_type", "comment"}, names_only ? 1 : 3);
    for (size_t i = 0; i < count; i++)
        answer_row(&t, (const char *const[]){columns[i].name, columns[i].type, columns[i].comment});
    return answer_close(&t, &r->inner, err);
}

int show_sql(struct semantic_result *r, const struct semantic_request *q, struct error *err)
{
    const char *sql = NULL;
    struct answer answer;
    struct engine_stmt s = {.sql = q->sql, .file = q->file, .params = q->params, .param_count = q->param_count};
    int rc = str_eq(q->show, "duckdb") ? engine_sql(r->run.conn, &s, r->arena, &sql, err) : portable_sql(r, q, &sql, err);
    if (rc)
        return rc;
    answer_open(&answer, (const char *const[]){"sql"}, 1);
    answer_row(&answer, &sql);
    return answer_close(&answer, &r->inner, err);
}

int show_statement(struct semantic_result *r, const struct sql_statement *st, struct error *err)
{
    struct words w = {.a = r->arena, .text = st->text};
    struct sql_token *tokens;
    size_t count;
    int rc = sql_lex(r->arena, st->text, st->len, st->pos.line, &tokens, &count, err);
    if (rc)
        return rc;
    w.tokens = tokens;
    if (word(&w, "describe") || word(&w, "desc")) {
        (void)(word(&w, "table") || word(&w, "extended"));
        return describe(r, &w, false, err);
    }
    if (!word(&w, "show"))
        return bad(&w, err);
    if (word(&w, "tables"))
        return show_tables(r, &w, false, err);
    if (word(&w, "views"))
        return show_tables(r, &w, true, err);
    if (word(&w, "schemas") || word(&w, "databases"))
        return show_schemas(r, &w, err);
    if (word(&w, "columns") && (word(&w, "in") || word(&w, "from")))
        return describe(r, &w, true, err);
    return bad(&w, err);
}
