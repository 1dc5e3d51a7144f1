#include "engine/remote.h"

#include <inttypes.h>

struct rewriting {
    const struct remote_env *env;
    const struct sql_env *outer;
    struct arena *a;
    const char *text;
    struct sql_token *tokens;
    size_t count;
    VEC(struct remote_splice) splices;
    struct error *err;
};

bool remote_reads(enum sql_kind kind) { return kind == SQL_SELECT || kind == SQL_EXPLAIN || kind == SQL_DESCRIBE || kind == SQL_SHOW; }

bool remote_creates(enum sql_kind k)
{
    return k == SQL_CREATE_TABLE || k == SQL_CREATE_TABLE_AS || k == SQL_CREATE_VIEW || k == SQL_CREATE_FUNCTION;
}

const char *remote_name(const struct remote_env *env, struct arena *a, const char *schema, const char *table)
{
    const char *in = arena_printf(a, "%s.%s", sql_backtick(a, schema), sql_backtick(a, table));
    return env->catalog ? arena_printf(a, "%s.%s", sql_backtick(a, env->catalog), in) : in;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static int table_of(const struct remote_env *env, const struct sql_name *name, struct arena *a, const char **ret_schema,
                    const char **ret_table, struct error *err)
{
    const struct sql_env *outer = &env->conn->engine->env;
    if (outer->name)
        return outer->name(outer->context, name, a, ret_schema, ret_table, err);
    if (name->count > 2)
        return error_set(err, ERROR_NOT_FOUND, "there is no catalogue '%s'", name->parts[0]);
    *ret_schema = name->count == 2 ? name->parts[0] : "main";
    *ret_table = name->parts[name->count - 1];
    return 0;
}

static bool is_incoming(const struct sql_name *name) { return name->count == 2 && str_ieq(name->parts[0], "incoming"); }

static int map_table(struct rewriting *r, const struct sql_name *name, const char **ret, struct error *err)
{
    const char *schema, *table;
    if (is_incoming(name)) {
        *ret = r->env->staged(r->env->context, name->parts[1], r->a);
        return *ret ? 0 : error_set(err, ERROR_NOT_FOUND, "nothing is staged as incoming.%s", name->parts[1]);
    }
    int rc = table_of(r->env, name, r->a, &schema, &table, err);
    if (!rc)
        *ret = remote_name(r->env, r->a, schema, table);
    return rc;
}

/* The catalogue of the session takes functions by two parts only. */
static const char *function_name(const struct rewriting *r, const char *schema, const char *name)
{
    struct remote_env env = *r->env;
    if (str_eq(env.catalog, "spark_catalog"))
        env.catalog = NULL;
    return remote_name(&env, r->a, schema, name);
}

/* `"schema"."name"` of the embedded engine, with backticks and the catalogue; NULL: it is of another form. */
static const char *map_function(const struct rewriting *r, const char *quoted)
{
    const char *middle = strstr(quoted, "\".\"");
    size_t len = strlen(quoted);
    if (!middle || quoted[0] != '"' || quoted[len - 1] != '"' || strstr(quoted, "\"\""))
        return NULL;
    return function_name(r, arena_strndup(r->a, quoted + 1, (size_t)(middle - quoted) - 1),
                         arena_strndup(r->a, middle + 3, len - (size_t)(middle - quoted) - 4));
}

/* ---- splices -------------------------------------------------------------------------------------------------- */

static void splice(struct rewriting *r, size_t first, size_t last, const char *with)
{
    size_t at = r->tokens[first].offset, end = r->tokens[last].offset + r->tokens[last].len;
    for (size_t i = 0; i < r->splices.len; i++)
        if (r->splices.items[i].at == at)
            return; /* a place that is read and written is listed twice */
    *VEC_ADD(&r->splices) = (struct remote_splice){at, end - at, with};
}

static void splice_name(struct rewriting *r, const struct sql_name *name, const char *with)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->tokens[i].pos.line == name->pos.line && r->tokens[i].pos.column == name->pos.column) {
            splice(r, i, i + 2 * (name->count - 1), with);
            return;
        }
}

static int by_place(const void *x, const void *y)
{
    const struct remote_splice *a = x, *b = y;
    return (a->at > b->at) - (a->at < b->at);
}

static const char *put_splices(struct rewriting *r)
{
    struct buf b CLEANUP(buf_free) = {0};
    size_t from = 0;
    buf_init(&b, (size_t)LIMIT_SQL_BYTES * 4);
    if (r->splices.len)
        qsort(r->splices.items, r->splices.len, sizeof(*r->splices.items), by_place);
    for (size_t i = 0; i < r->splices.len; i++) {
        const struct remote_splice *s = &r->splices.items[i];
        buf_add(&b, r->text + from, s->at - from);
        buf_puts(&b, s->with);
        from = s->at + s->len;
    }
    buf_puts(&b, r->text + from);
    return b.overflow ? NULL : arena_strdup(r->a, b.data ? b.data : "");
}

/* ---- what the connection knows better than the engine ------------------------------------------------------------ */

static bool token_is(const struct rewriting *r, size_t i, const char *text)
{
    const struct sql_token *t = i < r->count ? &r->tokens[i] : NULL;
    return t && (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_OP) && t->len == strlen(text) &&
           strncasecmp(r->text + t->offset, text, t->len) == 0;
}

static const char *now_literal(struct arena *a, int64_t us, bool day)
{
    char text[40];
    time_format_us(us, text);
    *strchr(text, 'T') = day ? '\0' : ' ';
    if (!day)
        *strchr(text, 'Z') = '\0';
    return arena_printf(a, "%s'%s'", day ? "DATE" : "TIMESTAMP", text);
}

static const char *groups_array(const struct rewriting *r)
{
    const char *list = r->env->conn->groups; /* ['a', 'b'] */
    if (!list || str_eq(list, "[]"))
        return "CAST(array() AS ARRAY<STRING>)";
    return arena_printf(r->a, "array(%.*s)", (int)strlen(list) - 2, list + 1);
}

/* What stands for a word that asks for time or user; *ret_tokens is how many tokens it takes. NULL: it asks for neither. */
static const char *asked(struct rewriting *r, size_t i, size_t *ret_tokens)
{
    const struct engine_conn *c = r->env->conn;
    const int64_t now = c->clock_us ? c->clock_us : clock_now_us();
    const bool called = token_is(r, i + 1, "("), empty = called && token_is(r, i + 2, ")");
    *ret_tokens = empty ? 3 : 1;
    if ((token_is(r, i, "current_timestamp") && (empty || !called)) || (token_is(r, i, "now") && empty))
        return now_literal(r->a, now, false);
    if ((token_is(r, i, "current_date") && (empty || !called)) || (token_is(r, i, "curdate") && empty))
        return now_literal(r->a, now, true);
    if (token_is(r, i, "unix_timestamp") && empty)
        return arena_printf(r->a, "%" PRId64 "L", now / 1000000);
    const char *user = c->user ? c->user : r->outer->user;
    if (user && empty && (token_is(r, i, "current_user") || token_is(r, i, "session_user") || token_is(r, i, "user")))
        return sql_literal(r->a, user);
    if (called && !empty && (token_is(r, i, "is_member") || token_is(r, i, "is_account_group_member"))) {
        *ret_tokens = 2;
        return arena_printf(r->a, "array_contains(%s, ", groups_array(r));
    }
    return NULL;
}

static void splice_asked(struct rewriting *r)
{
    for (size_t i = 0; i + 1 < r->count; i++) {
        size_t tokens;
        const bool part = (i && token_is(r, i - 1, ".")) || token_is(r, i + 1, ".") || (i && token_is(r, i - 1, "AS"));
        const char *with = r->tokens[i].kind == SQL_TOKEN_WORD && !part ? asked(r, i, &tokens) : NULL;
        if (with)
            splice(r, i, i + tokens - 1, with);
    }
}

/* ---- parameters ------------------------------------------------------------------------------------------------------- */

/* In one line, so that places of errors stay. */
static const char *text_literal(struct rewriting *r, const char *text)
{
    const char *literal = sql_literal(r->a, text);
    struct buf b CLEANUP(buf_free) = {0};
    if (!strpbrk(literal, "\r\n"))
        return literal;
    buf_init(&b, (size_t)LIMIT_SQL_BYTES * 4);
    for (const char *p = literal; *p; p++)
        if (*p == '\n' || *p == '\r')
            buf_puts(&b, *p == '\n' ? "\\n" : "\\r");
        else
            buf_putc(&b, *p);
    return b.overflow ? NULL : arena_strdup(r->a, b.data);
}

static const char *value_literal(struct rewriting *r, const struct engine_value *v, bool bare)
{
    switch (v->type) {
    case ENGINE_NULL:
        return "NULL";
    case ENGINE_BOOL:
        return v->b ? "TRUE" : "FALSE";
    case ENGINE_I64:
        if (v->i == INT64_MIN)
            return "(-9223372036854775807L - 1L)";
        return arena_printf(r->a, bare ? "%" PRId64 : v->i < 0 ? "(%" PRId64 "L)" : "%" PRId64 "L", v->i);
    case ENGINE_F64:
        return arena_printf(r->a, "CAST('%.17g' AS DOUBLE)", v->f);
    case ENGINE_TIMESTAMP:
        return arena_printf(r->a, "timestamp_micros(%" PRId64 "L)", v->i);
    case ENGINE_DATE:
        return arena_printf(r->a, "date_from_unix_date(%" PRId64 ")", v->i);
    case ENGINE_TEXT:
    case ENGINE_OTHER:
        break;
    }
    return utf8_valid(v->text, strlen(v->text)) ? text_literal(r, v->text) : NULL;
}

/* LIMIT and OFFSET take whole numbers of 32 bits only. */
static int splice_params(struct rewriting *r, const struct engine_stmt *s)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct sql_token *t = &r->tokens[i];
        size_t k = 0;
        if (t->kind != SQL_TOKEN_PARAM)
            continue;
        const char *name = arena_strndup(r->a, r->text + t->offset + 1, t->len - 1);
        while (k < s->param_count && !str_ieq(s->params[k].name, name))
            k++;
        const char *with = NULL;
        if (k == s->param_count)
            error_set(r->err, ERROR_USAGE, "the parameter :%s has no value", name);
        else {
            const bool bare = i && (token_is(r, i - 1, "LIMIT") || token_is(r, i - 1, "OFFSET"));
            with = value_literal(r, &s->params[k].value, bare);
            if (!with)
                error_set(r->err, ERROR_USAGE, "the value of the parameter :%s is no text in UTF-8", name);
        }
        if (!with) {
            error_where(r->err, "%u:%u", t->pos.line, t->pos.column);
            return ERROR_USAGE;
        }
        splice(r, i, i, with);
    }
    return 0;
}

/* ---- CREATE TABLE -------------------------------------------------------------------------------------------------- */

static void put_comment(struct buf *b, struct arena *a, const char *comment)
{
    if (comment)
        buf_printf(b, " COMMENT %s", sql_literal(a, comment));
}

static bool put_columns(struct buf *b, struct arena *a, const struct sql_table *t)
{
    bool defaults = false;
    buf_puts(b, " (");
    for (size_t i = 0; i < t->column_count; i++) {
        const struct sql_column *c = &t->columns[i];
        buf_printf(b, "%s\n  %s %s", i ? "," : "", sql_backtick(a, c->name), c->type_text);
        if (c->not_null)
            buf_puts(b, " NOT NULL");
        if (c->default_sql)
            buf_printf(b, " DEFAULT %s", c->default_sql);
        if (c->generated_sql)
            buf_printf(b, " GENERATED ALWAYS AS (%s)", c->generated_sql);
        put_comment(b, a, c->comment);
        defaults = defaults || c->default_sql;
    }
    buf_puts(b, "\n)");
    return defaults;
}

static void put_list(struct buf *b, struct arena *a, const char *what, const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "%s%s", i ? ", " : what, sql_backtick(a, names[i]));
    if (count)
        buf_puts(b, ")");
}

static void put_properties(struct buf *b, struct arena *a, const struct sql_table *t, bool defaults)
{
    const char *comma = "\nTBLPROPERTIES (";
    for (size_t i = 0; i < t->property_count; i++) {
        buf_printf(b, "%s%s = %s", comma, sql_literal(a, t->properties[i].key), sql_literal(a, t->properties[i].value));
        comma = ", ";
    }
    if (defaults)
        buf_printf(b, "%s'delta.feature.allowColumnDefaults' = 'supported'", comma);
    if (defaults || t->property_count)
        buf_puts(b, ")");
}

static int plain_table(struct rewriting *r, const struct engine_stmt *s, const char **ret)
{
    struct buf b CLEANUP(buf_free) = {0};
    struct sql_table *t;
    const char *name;
    int rc = sql_parse_table(r->a, r->text, strlen(r->text), s->line, &t, r->err);
    if (!rc)
        rc = map_table(r, &t->name, &name, r->err);
    if (rc)
        return rc;
    if (t->check_count)
        return error_set(r->err, ERROR_USAGE, "the table %s has a CHECK, which this engine does not take within CREATE TABLE", name);
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_printf(&b, "CREATE%s TABLE%s %s", t->or_replace ? " OR REPLACE" : "", t->if_not_exists ? " IF NOT EXISTS" : "", name);
    bool defaults = t->column_count ? put_columns(&b, r->a, t) : false;
    buf_printf(&b, "\nUSING %s", t->format ? t->format : "DELTA");
    put_list(&b, r->a, "\nPARTITIONED BY (", t->partition_by, t->partition_count);
    put_list(&b, r->a, "\nCLUSTER BY (", t->cluster_by, t->cluster_count);
    if (t->location)
        buf_printf(&b, "\nLOCATION %s", sql_literal(r->a, t->location));
    put_comment(&b, r->a, t->comment);
    put_properties(&b, r->a, t, defaults);
    if (b.overflow)
        return error_set(r->err, ERROR_LIMIT, "the statement is longer than %u bytes", LIMIT_SQL_BYTES);
    *ret = arena_strdup(r->a, b.data);
    return 0;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

static int splice_references(struct rewriting *r, const struct sql_references *refs)
{
    const char *with;
    int rc = 0;
    for (size_t i = 0; !rc && i < refs->read_count; i++) {
        rc = map_table(r, &refs->reads[i].name, &with, r->err);
        if (!rc)
            splice_name(r, &refs->reads[i].name, with);
        else if (!r->err->where[0])
            error_where(r->err, "%u:%u", refs->reads[i].name.pos.line, refs->reads[i].name.pos.column);
    }
    for (size_t i = 0; !rc && i < refs->function_count; i++) {
        const struct sql_user_function *f = NULL;
        if (sql_function_known(sql_name_text(r->a, &refs->functions[i].name)) || !r->outer->function)
            continue;
        rc = r->outer->function(r->outer->context, &refs->functions[i].name, r->a, &f, r->err);
        with = !rc && f ? map_function(r, f->engine_sql) : NULL;
        if (with)
            splice_name(r, &refs->functions[i].name, with);
    }
    return rc;
}

static bool is_schema_kind(enum sql_kind k) { return k == SQL_CREATE_SCHEMA || k == SQL_DROP_SCHEMA; }
static bool is_function_kind(enum sql_kind k) { return k == SQL_CREATE_FUNCTION || k == SQL_DROP_FUNCTION; }

/* A schema keeps its name, a function lies where the owner of the engine says or is named as it is written. */
static int splice_written(struct rewriting *r, const struct sql_references *refs, struct remote_text *ret)
{
    const char *schema = NULL, *with = NULL, *table = NULL;
    const struct sql_name *name = &refs->written;
    const struct sql_user_function *f = NULL;
    int rc = 0;
    if (!refs->writes || !name->count)
        return 0;
    const char *last = name->parts[name->count - 1];
    if (is_schema_kind(refs->kind))
        with = r->env->catalog ? arena_printf(r->a, "%s.%s", sql_backtick(r->a, r->env->catalog), sql_backtick(r->a, last))
                               : sql_backtick(r->a, last);
    else if (is_function_kind(refs->kind)) {
        struct error ignored;
        if (r->outer->function && !r->outer->function(r->outer->context, name, r->a, &f, &ignored) && f)
            with = map_function(r, f->engine_sql);
        schema = name->count > 1 ? name->parts[name->count - 2] : "system_gold";
        if (!with)
            with = function_name(r, schema, last);
    } else {
        rc = map_table(r, name, &with, r->err);
        ret->written = with;
        if (!rc && !is_incoming(name))
            rc = table_of(r->env, name, r->a, &schema, &table, r->err);
    }
    if (!rc)
        splice_name(r, name, with);
    if (!rc && schema && remote_creates(refs->kind))
        ret->schema = r->env->catalog ? arena_printf(r->a, "%s.%s", sql_backtick(r->a, r->env->catalog), sql_backtick(r->a, schema))
                                      : sql_backtick(r->a, schema);
    return rc;
}

static bool sets_tags(const struct rewriting *r)
{
    for (size_t i = 0; i + 1 < r->count; i++)
        if ((token_is(r, i, "SET") || token_is(r, i, "UNSET")) && token_is(r, i + 1, "TAGS"))
            return true;
    return false;
}

static int rewrite(struct rewriting *r, const struct engine_stmt *s, struct remote_text *ret)
{
    struct sql_references *refs;
    int rc = sql_lex(r->a, r->text, strlen(r->text), s->line, &r->tokens, &r->count, r->err);
    if (!rc)
        rc = sql_references(r->a, r->text, strlen(r->text), s->line, &refs, r->err);
    if (!rc)
        rc = splice_references(r, refs);
    if (!rc)
        rc = splice_written(r, refs, ret);
    if (rc)
        return rc;
    ret->kind = refs->kind;
    if (refs->kind == SQL_CREATE_METRIC_VIEW || (refs->kind == SQL_ALTER && sets_tags(r)))
        return 0; /* metric views are expanded where they are read */
    if (refs->kind == SQL_CREATE_TABLE && r->env->plain_tables)
        return plain_table(r, s, &ret->sql);
    if (refs->kind != SQL_CREATE_VIEW && refs->kind != SQL_CREATE_FUNCTION)
        splice_asked(r);
    if (r->env->literals)
        rc = splice_params(r, s);
    if (rc)
        return rc;
    ret->sql = put_splices(r);
    return ret->sql ? 0 : error_set(r->err, ERROR_LIMIT, "the statement is too long");
}

int remote_rewrite(const struct remote_env *env, const struct engine_stmt *s, struct arena *a, struct remote_text *ret, struct error *err)
{
    struct error ignored = {0};
    struct rewriting r = {.env = env, .outer = &env->conn->engine->env, .a = a, .err = err ? err : &ignored};
    struct remote_text t = {0};
    int rc = sql_portable(a, s->sql, strlen(s->sql), s->line, r.outer, &r.text, r.err);
    if (!rc)
        rc = rewrite(&r, s, &t);
    t.portable = r.text;
    t.splices = VEC_COPY(a, &r.splices);
    t.splice_count = r.splices.len;
    VEC_FREE(&r.splices);
    if (rc) {
        if (s->file)
            error_add_where(r.err, "%s", s->file);
        return rc;
    }
    *ret = t;
    return 0;
}

/* ---- places ---------------------------------------------------------------------------------------------------------- */

static size_t offset_of(const char *text, unsigned long line, unsigned long column)
{
    const char *at = text;
    for (; line > 1 && (at = strchr(at, '\n')) != NULL; line--)
        at++;
    return at ? (size_t)(at - text) + column - 1 : strlen(text);
}

void remote_place(const struct remote_text *t, const struct engine_stmt *s, struct error *err)
{
    char *rest = NULL;
    unsigned long line = strtoul(err->where, &rest, 10), column = *rest == ':' ? strtoul(rest + 1, NULL, 10) : 0;
    const uint32_t first = s->line ? s->line : 1;
    if (!line || !column || !t || !t->sql || t->kind == SQL_CREATE_TABLE) {
        if (s->file)
            error_where(err, "%s:%u", s->file, first);
        return;
    }
    size_t at = offset_of(t->sql, line, column), shift = 0, len = strlen(t->portable);
    for (size_t i = 0; i < t->splice_count; i++) { /* shift: how much longer the text became before this place */
        const struct remote_splice *x = &t->splices[i];
        size_t with = strlen(x->with), from = x->at + shift;
        if (at < from)
            break;
        if (at < from + with)
            at = from;
        else
            shift += with - x->len;
        if (at == from)
            break;
    }
    at = at - shift > len ? len : at - shift;
    line = first;
    column = 1;
    for (size_t i = 0; i < at; i++, column++)
        if (t->portable[i] == '\n') {
            line++;
            column = 0;
        }
    if (s->file)
        error_where(err, "%s:%lu:%lu", s->file, line, column);
    else
        error_where(err, "%lu:%lu", line, column);
}

/* ---- the parse tree for the gate --------------------------------------------------------------------------------------- */

static int ask_name(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                    struct error *err)
{
    return table_of(context, name, a, ret_schema, ret_table, err);
}

static int ask_variable(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err)
{
    const struct remote_env *env = context;
    const struct sql_env *outer = &env->conn->engine->env;
    if (outer->variable)
        return outer->variable(outer->context, name, a, ret_text, err);
    return error_set(err, ERROR_NOT_FOUND, "there is no variable ${%s}", name);
}

static int ask_function(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                        struct error *err)
{
    const struct remote_env *env = context;
    const struct sql_env *outer = &env->conn->engine->env;
    *ret = NULL;
    return outer->function ? outer->function(outer->context, name, a, ret, err) : 0;
}

static int ask_metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    const struct remote_env *env = context;
    const struct sql_env *outer = &env->conn->engine->env;
    *ret = NULL;
    return outer->metric ? outer->metric(outer->context, name, a, ret, err) : 0;
}

int remote_parse_tree(const struct remote_env *env, struct engine_conn *local, const struct engine_stmt *s, struct arena *a,
                      const char **ret_json, struct error *err)
{
    const struct engine_conn *c = env->conn;
    struct sql_rewritten *r;
    const struct sql_env asks = {
        .context = (void *)env,
        .name = ask_name,
        .variable = ask_variable,
        .function = ask_function,
        .metric = ask_metric,
        .now_us = c->clock_us ? c->clock_us : clock_now_us(),
        .user = c->user ? c->user : c->engine->env.user,
    };
    int rc = sql_rewrite_duckdb(a, s->sql, strlen(s->sql), s->line, &asks, &r, err);
    if (rc && s->file)
        error_add_where(err, "%s", s->file);
    if (rc)
        return rc;
    if (!remote_reads(r->kind) || r->statement_count != 1)
        return error_set(err, ERROR_USAGE, "%s is no query", sql_kind_name(r->kind));
    return local->engine->ops->tree_of(local, r->statements[0], a, ret_json, err);
}

/* ---- statements of a connection ------------------------------------------------------------------------------------- */

static int refuse_kind(const struct engine_stmt *s, enum error_kind kind, struct error *err, const char *what)
{
    error_set(err, kind, "%s", what);
    if (s->file)
        error_where(err, "%s:%u", s->file, s->line ? s->line : 1);
    return (int)kind;
}

int remote_query(const struct remote_env *env, const struct engine_stmt *s, struct arena *a, struct remote_text *ret, struct error *err)
{
    int rc = remote_rewrite(env, s, a, ret, err);
    if (rc || (remote_reads(ret->kind) && ret->sql))
        return rc;
    return refuse_kind(s, ERROR_USAGE, err, arena_printf(a, "%s is no query", sql_kind_name(ret->kind)));
}

int remote_statement(const struct remote_env *env, enum engine_mode mode, const struct engine_stmt *s, struct arena *a,
                     struct remote_text *ret, struct error *err)
{
    int rc = remote_rewrite(env, s, a, ret, err);
    return rc || mode != ENGINE_READ || remote_reads(ret->kind) ? rc
                                                                : refuse_kind(s, ERROR_FORBIDDEN, err, "this connection may only read");
}

/* ---- the writer's place --------------------------------------------------------------------------------------------- */

#define WAIT_NS 100000000 /* how often a waiting writer looks at its cancel flag */

void remote_writer_init(struct remote_writer *w)
{
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
}

void remote_writer_free(struct remote_writer *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->changed);
}

int remote_writer_take(struct remote_writer *w, const struct cancel *cancel, struct error *err)
{
    int rc = 0;
    pthread_mutex_lock(&w->lock);
    while (w->taken && !rc) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WAIT_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&w->changed, &w->lock, &until);
        if (w->taken && cancelled(cancel))
            rc = error_set(err, ERROR_INTERRUPTED, "interrupted while waiting for the writer before");
    }
    w->taken = w->taken || !rc;
    pthread_mutex_unlock(&w->lock);
    return rc;
}

void remote_writer_give(struct remote_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->taken = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}
