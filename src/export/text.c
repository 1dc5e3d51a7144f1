#include "export/private.h"

/* Content as a warehouse takes it: token by token, so that comments and strings stay as they are. */

char *export_fill(struct arena *a, const char *text, const struct place *places, size_t count)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, EXPORT_FILE_BYTES);
    while (*text) {
        const struct place *p = NULL;
        const char *end = *text == '@' ? strchr(text + 1, '@') : NULL;
        for (size_t i = 0; end && i < count && !p; i++)
            if (strlen(places[i].name) == (size_t)(end - text - 1) && strncmp(places[i].name, text + 1, (size_t)(end - text - 1)) == 0)
                p = &places[i];
        if (p)
            buf_puts(&b, p->text);
        else
            buf_putc(&b, *text);
        text = p ? end + 1 : text + 1;
    }
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

static const struct {
    const char *name, *parameter;
} schemas[] = {
    [SCHEMA_BRONZE] = {"system_bronze", "bronze_schema"},
    [SCHEMA_GOLD] = {"system_gold", "gold_schema"},
    [SCHEMA_OPS] = {"secchi_ops", "ops_schema"},
};

static bool is_word(const char *text, const struct sql_token *t, const char *word)
{
    return t->kind == SQL_TOKEN_WORD && strlen(word) == t->len && strncasecmp(text + t->offset, word, t->len) == 0;
}

static bool is_dot(const char *text, const struct sql_token *t) { return t->kind == SQL_TOKEN_OP && t->len == 1 && text[t->offset] == '.'; }

static int refuse(const struct sql_token *t, struct error *err, const char *what)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%u:%u", t->pos.line, t->pos.column);
    return ERROR_USAGE;
}

/* schema.table; tells how many tokens it is. */
static int put_name(const struct export_text *t, const char *text, const struct sql_token *token, struct buf *out, size_t *ret_used,
                    struct error *err)
{
    const struct sql_token *table = token + 2;
    *ret_used = 0;
    if (token->kind != SQL_TOKEN_WORD || !is_dot(text, token + 1) || (table->kind != SQL_TOKEN_WORD && table->kind != SQL_TOKEN_NAME))
        return 0;
    if (is_word(text, token, "incoming") && t->incoming) {
        *ret_used = 3;
        buf_puts(out, t->incoming);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        if (!is_word(text, token, schemas[i].name))
            continue;
        *ret_used = 3;
        if (i == t->current)
            buf_printf(out, "%.*s", (int)table->len, text + table->offset);
        else if (t->no_parameters)
            return refuse(token, err, "a view or function of gold reads another schema, whose name is a parameter of the bundle");
        else
            buf_printf(out, "IDENTIFIER(:%s || '.%.*s')", schemas[i].parameter, (int)table->len, text + table->offset);
    }
    return 0;
}

static int put_variable(struct bundle *b, const struct sql_token *t, const char *text, struct buf *out, struct error *err)
{
    const char *name = arena_strndup(b->arena, text + t->offset + 2, t->len - 3), *value;
    int rc = str_ends(name, "_schema") || str_eq(name, "catalog")
                 ? refuse(t, err, "names of schemas are parameters of the bundle and cannot stand as ${..}; write system_gold.x")
                 : pack_resolve_variable(&b->names, name, b->arena, &value, err);
    if (!rc)
        buf_puts(out, value);
    return rc;
}

int export_rewrite(struct bundle *b, const struct export_text *t, const char *text, size_t len, const char **ret, struct error *err)
{
    struct sql_token *tokens;
    size_t count, copied = 0;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, EXPORT_FILE_BYTES);
    int rc = sql_lex(b->arena, text, len, 1, &tokens, &count, err);
    for (size_t i = 0; !rc && i < count && tokens[i].kind != SQL_TOKEN_END; i++) {
        const struct sql_token *token = &tokens[i];
        size_t used = 0;
        buf_add(&out, text + copied, token->offset - copied);
        copied = token->offset;
        if (token->kind == SQL_TOKEN_VARIABLE) {
            rc = put_variable(b, token, text, &out, err);
            used = 1;
        } else if (token->kind == SQL_TOKEN_PARAM && token->len == 6 && strncmp(text + token->offset, ":since", 6) == 0) {
            buf_puts(&out, "session.secchi_since");
            used = 1;
        } else if (i + 2 < count && (i == 0 || !is_dot(text, token - 1))) {
            rc = put_name(t, text, token, &out, &used, err);
        }
        if (used) {
            copied = tokens[i + used - 1].offset + tokens[i + used - 1].len;
            i += used - 1;
        }
    }
    if (rc)
        return rc;
    buf_add(&out, text + copied, len - copied);
    *ret = arena_strndup(b->arena, out.data ? out.data : "", out.len);
    return 0;
}

int export_variables(struct bundle *b, const char *text, size_t len, const char **ret, struct error *err)
{
    struct buf out CLEANUP(buf_free);
    buf_init(&out, EXPORT_FILE_BYTES);
    for (size_t i = 0; i < len; i++) {
        const char *end = text[i] == '$' && i + 1 < len && text[i + 1] == '{' ? memchr(text + i, '}', len - i) : NULL;
        if (!end) {
            buf_putc(&out, text[i]);
            continue;
        }
        const char *value, *name = arena_strndup(b->arena, text + i + 2, (size_t)(end - text) - i - 2);
        int rc = pack_resolve_variable(&b->names, name, b->arena, &value, err);
        if (rc)
            return rc;
        buf_puts(&out, value);
        i = (size_t)(end - text);
    }
    *ret = arena_strndup(b->arena, out.data ? out.data : "", out.len);
    return 0;
}
