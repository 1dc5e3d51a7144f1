/* Types: reading both dialects, writing both. */
#include "sql/private.h"

static const struct {
    const char *word, *text, *duckdb;
    enum sql_type_kind kind;
} simple[] = {
    {"BOOLEAN", "BOOLEAN", "BOOLEAN", SQL_T_BOOLEAN},
    {"TINYINT", "TINYINT", "TINYINT", SQL_T_TINYINT},
    {"BYTE", "TINYINT", "TINYINT", SQL_T_TINYINT},
    {"SMALLINT", "SMALLINT", "SMALLINT", SQL_T_SMALLINT},
    {"SHORT", "SMALLINT", "SMALLINT", SQL_T_SMALLINT},
    {"INT", "INT", "INTEGER", SQL_T_INT},
    {"INTEGER", "INT", "INTEGER", SQL_T_INT},
    {"BIGINT", "BIGINT", "BIGINT", SQL_T_BIGINT},
    {"LONG", "BIGINT", "BIGINT", SQL_T_BIGINT},
    {"FLOAT", "FLOAT", "FLOAT", SQL_T_FLOAT},
    {"REAL", "FLOAT", "FLOAT", SQL_T_FLOAT},
    {"DOUBLE", "DOUBLE", "DOUBLE", SQL_T_DOUBLE},
    {"STRING", "STRING", "VARCHAR", SQL_T_STRING},
    {"BINARY", "BINARY", "BLOB", SQL_T_BINARY},
    {"DATE", "DATE", "DATE", SQL_T_DATE},
    {"TIMESTAMP", "TIMESTAMP", "TIMESTAMP", SQL_T_TIMESTAMP},
    {"TIMESTAMP_LTZ", "TIMESTAMP", "TIMESTAMP", SQL_T_TIMESTAMP},
    {"TIMESTAMP_NTZ", "TIMESTAMP_NTZ", "TIMESTAMP", SQL_T_TIMESTAMP_NTZ},
    {"VOID", "VOID", "INTEGER", SQL_T_VOID},
};

const struct sql_type *sql_simple_type(enum sql_type_kind kind)
{
    static const struct sql_type types[] = {
        [SQL_T_UNKNOWN] = {.kind = SQL_T_UNKNOWN},
        [SQL_T_VOID] = {.kind = SQL_T_VOID},
        [SQL_T_BOOLEAN] = {.kind = SQL_T_BOOLEAN},
        [SQL_T_TINYINT] = {.kind = SQL_T_TINYINT},
        [SQL_T_SMALLINT] = {.kind = SQL_T_SMALLINT},
        [SQL_T_INT] = {.kind = SQL_T_INT},
        [SQL_T_BIGINT] = {.kind = SQL_T_BIGINT},
        [SQL_T_DECIMAL] = {.kind = SQL_T_DECIMAL, .precision = 10},
        [SQL_T_FLOAT] = {.kind = SQL_T_FLOAT},
        [SQL_T_DOUBLE] = {.kind = SQL_T_DOUBLE},
        [SQL_T_STRING] = {.kind = SQL_T_STRING},
        [SQL_T_BINARY] = {.kind = SQL_T_BINARY},
        [SQL_T_DATE] = {.kind = SQL_T_DATE},
        [SQL_T_TIMESTAMP] = {.kind = SQL_T_TIMESTAMP},
        [SQL_T_TIMESTAMP_NTZ] = {.kind = SQL_T_TIMESTAMP_NTZ},
        [SQL_T_INTERVAL_YM] = {.kind = SQL_T_INTERVAL_YM},
        [SQL_T_INTERVAL_DT] = {.kind = SQL_T_INTERVAL_DT},
    };
    return (size_t)kind < ARRAY_LEN(types) ? &types[kind] : &types[SQL_T_UNKNOWN];
}

const struct sql_type *sql_decimal_type(struct arena *a, int precision, int scale)
{
    struct sql_type *t = arena_alloc(a, sizeof(*t));
    *t = (struct sql_type){.kind = SQL_T_DECIMAL, .precision = precision, .scale = scale};
    return t;
}

const struct sql_type *sql_array_type(struct arena *a, const struct sql_type *item)
{
    struct sql_type *t = arena_alloc(a, sizeof(*t));
    *t = (struct sql_type){.kind = SQL_T_ARRAY, .item = item};
    return t;
}

const struct sql_type *sql_map_type(struct arena *a, const struct sql_type *key, const struct sql_type *item)
{
    struct sql_type *t = arena_alloc(a, sizeof(*t));
    *t = (struct sql_type){.kind = SQL_T_MAP, .key = key, .item = item};
    return t;
}

const struct sql_type *sql_struct_type(struct arena *a, const struct sql_field *fields, size_t count)
{
    struct sql_type *t = arena_alloc(a, sizeof(*t));
    *t = (struct sql_type){.kind = SQL_T_STRUCT, .fields = fields, .field_count = count};
    return t;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static int integer_token(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    long v = 0;
    bool good = t->kind == SQL_TOKEN_NUMBER && t->len <= 6;
    for (uint32_t i = 0; good && i < t->len; i++) {
        char c = p->text[t->offset + i];
        good = c >= '0' && c <= '9';
        v = v * 10 + (c - '0');
    }
    if (!good) {
        sql_unexpected(p, "a whole number");
        return 0;
    }
    p->i++;
    return (int)v;
}

static const struct sql_type *decimal_rule(struct parser *p)
{
    struct sql_pos pos = sql_tok(p)->pos;
    int precision = 10, scale = 0;
    if (sql_accept(p, "(")) {
        precision = integer_token(p);
        scale = sql_accept(p, ",") ? integer_token(p) : 0;
        sql_expect(p, ")");
    }
    if (!p->failed && (precision < 1 || precision > 38 || scale > precision))
        sql_fail(p, pos, ERROR_USAGE, "precision is 1 to 38, scale 0 to precision", "DECIMAL(%d,%d) is not a type", precision, scale);
    return sql_decimal_type(p->a, precision, scale);
}

/* Takes one > also when the lexer has glued several. */
static void expect_greater(struct parser *p)
{
    struct sql_token *t = &p->tokens[p->i];
    if (p->failed || t->kind != SQL_TOKEN_OP || p->text[t->offset] != '>') {
        sql_unexpected(p, ">");
    } else if (t->len == 1) {
        p->i++;
    } else {
        t->offset++;
        t->len--;
        t->pos.column++;
    }
}

/* `a: T`, `a T`, and `a:T`, which the lexer took for a parameter. */
static void field_colon(struct parser *p)
{
    struct sql_token *t = &p->tokens[p->i];
    if (t->kind == SQL_TOKEN_PARAM) {
        t->kind = SQL_TOKEN_WORD;
        t->offset++;
        t->len--;
        t->pos.column++;
    } else {
        sql_accept(p, ":");
    }
}

static const struct sql_type *struct_rule(struct parser *p)
{
    LIST(struct sql_field) fields = {0};
    if (sql_accept(p, "<>")) /* the empty struct is one token */
        return sql_struct_type(p->a, NULL, 0);
    sql_expect(p, "<");
    while (!p->failed) {
        struct sql_field f = {0};
        struct sql_pos pos = sql_tok(p)->pos;
        f.name = sql_identifier(p, "a field name");
        for (size_t i = 0; i < fields.count; i++)
            if (str_ieq(fields.items[i].name, f.name))
                sql_fail(p, pos, ERROR_USAGE, NULL, "field %s is there twice", f.name);
        field_colon(p);
        f.type = sql_type_rule(p);
        f.not_null = sql_accept2(p, "NOT", "NULL");
        if (sql_accept(p, "COMMENT"))
            f.comment = sql_string(p, "a comment");
        *LIST_ADD(p->a, &fields) = f;
        if (!sql_accept(p, ","))
            break;
    }
    expect_greater(p);
    return sql_struct_type(p->a, fields.items, fields.count);
}

static const struct sql_type *interval_rule(struct parser *p)
{
    static const char *const units[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    size_t from = ARRAY_LEN(units), to;
    for (size_t i = 0; i < ARRAY_LEN(units) && from == ARRAY_LEN(units); i++)
        if (sql_accept(p, units[i]))
            from = i;
    if (from == ARRAY_LEN(units))
        sql_unexpected(p, "YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    to = from;
    if (sql_accept(p, "TO")) {
        to = ARRAY_LEN(units);
        for (size_t i = 0; i < ARRAY_LEN(units) && to == ARRAY_LEN(units); i++)
            if (sql_accept(p, units[i]))
                to = i;
        if (to == ARRAY_LEN(units) || to <= from || (from < 2) != (to < 2))
            sql_unexpected(p, "a smaller unit");
    }
    return sql_simple_type(from < 2 ? SQL_T_INTERVAL_YM : SQL_T_INTERVAL_DT);
}

static const struct sql_type *text_type(struct parser *p, bool padded)
{
    struct sql_pos pos = sql_tok(p)->pos;
    int n = 0;
    if (padded)
        sql_fail(p, pos, ERROR_USAGE, "use STRING or VARCHAR(n)", "type CHAR is not supported");
    sql_expect(p, "(");
    n = integer_token(p);
    sql_expect(p, ")");
    if (!p->failed && n < 1)
        sql_fail(p, pos, ERROR_USAGE, NULL, "VARCHAR(%d) is not a type", n);
    struct sql_type *t = arena_alloc(p->a, sizeof(*t));
    *t = (struct sql_type){.kind = SQL_T_STRING, .precision = n};
    return t;
}

static void unknown_type(struct parser *p, const struct sql_token *t)
{
    const char *names[ARRAY_LEN(simple) + 5] = {"DECIMAL", "ARRAY", "MAP", "STRUCT", "VARCHAR"};
    for (size_t i = 0; i < ARRAY_LEN(simple); i++)
        names[i + 5] = simple[i].word;
    const char *word = arena_strndup(p->a, p->text + t->offset, t->len < 60 ? t->len : 60);
    const char *near = nearest_name(word, names, ARRAY_LEN(names));
    sql_fail(p, t->pos, ERROR_USAGE, near ? arena_printf(p->a, "did you mean %s?", near) : NULL, "unknown type %s", word);
}

static const struct sql_type *nested_rule(struct parser *p)
{
    if (sql_accept(p, "ARRAY")) {
        sql_expect(p, "<");
        const struct sql_type *item = sql_type_rule(p);
        expect_greater(p);
        return sql_array_type(p->a, item);
    }
    if (sql_accept(p, "MAP")) {
        sql_expect(p, "<");
        const struct sql_type *key = sql_type_rule(p);
        sql_expect(p, ",");
        const struct sql_type *item = sql_type_rule(p);
        expect_greater(p);
        return sql_map_type(p->a, key, item);
    }
    sql_expect(p, "STRUCT");
    return struct_rule(p);
}

static const struct sql_type *leaf_rule(struct parser *p)
{
    const struct sql_token *t = sql_tok(p);
    for (size_t i = 0; i < ARRAY_LEN(simple); i++)
        if (sql_accept(p, simple[i].word))
            return sql_simple_type(simple[i].kind);
    if (sql_accept(p, "DECIMAL") || sql_accept(p, "DEC") || sql_accept(p, "NUMERIC"))
        return decimal_rule(p);
    if (sql_at(p, "VARCHAR") || sql_at(p, "CHAR") || sql_at(p, "CHARACTER")) {
        bool padded = !sql_at(p, "VARCHAR");
        p->i++;
        return text_type(p, padded);
    }
    if (sql_accept(p, "INTERVAL"))
        return interval_rule(p);
    static const char *const refused[] = {"VARIANT", "GEOGRAPHY", "GEOMETRY", "OBJECT", "TIME"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (sql_at(p, refused[i]))
            sql_fail(p, t->pos, ERROR_USAGE, "use STRING holding JSON, or a STRUCT", "type %s is not supported", refused[i]);
    if (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_NAME)
        unknown_type(p, t);
    else
        sql_unexpected(p, "a type");
    return sql_simple_type(SQL_T_UNKNOWN);
}

const struct sql_type *sql_type_rule(struct parser *p)
{
    const struct sql_type *t = sql_simple_type(SQL_T_UNKNOWN);
    if (sql_enter(p))
        t = sql_at(p, "ARRAY") || sql_at(p, "MAP") || sql_at(p, "STRUCT") ? nested_rule(p) : leaf_rule(p);
    sql_leave(p);
    return t;
}

int sql_type_parse(struct arena *a, const char *text, const struct sql_type **ret, struct error *err)
{
    struct parser p;
    int rc = sql_parser_init(&p, a, text, strlen(text), 1, err);
    if (rc)
        return rc;
    const struct sql_type *t = sql_type_rule(&p);
    sql_expect_end(&p);
    if (p.failed)
        return p.rc;
    *ret = t;
    return 0;
}

/* ---- reading DuckDB's names ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    enum sql_type_kind kind;
    int precision;
} duckdb_types[] = {
    {"BOOLEAN", SQL_T_BOOLEAN, 0},
    {"TINYINT", SQL_T_TINYINT, 0},
    {"SMALLINT", SQL_T_SMALLINT, 0},
    {"INTEGER", SQL_T_INT, 0},
    {"BIGINT", SQL_T_BIGINT, 0},
    {"HUGEINT", SQL_T_DECIMAL, 38},
    {"UTINYINT", SQL_T_SMALLINT, 0},
    {"USMALLINT", SQL_T_INT, 0},
    {"UINTEGER", SQL_T_BIGINT, 0},
    {"UBIGINT", SQL_T_DECIMAL, 20},
    {"FLOAT", SQL_T_FLOAT, 0},
    {"DOUBLE", SQL_T_DOUBLE, 0},
    {"VARCHAR", SQL_T_STRING, 0},
    {"JSON", SQL_T_STRING, 0},
    {"UUID", SQL_T_STRING, 0},
    {"TIME", SQL_T_STRING, 0},
    {"BLOB", SQL_T_BINARY, 0},
    {"DATE", SQL_T_DATE, 0},
    {"TIMESTAMP", SQL_T_TIMESTAMP, 0},
    {"TIMESTAMP_S", SQL_T_TIMESTAMP, 0},
    {"TIMESTAMP_MS", SQL_T_TIMESTAMP, 0},
    {"TIMESTAMP_NS", SQL_T_TIMESTAMP, 0},
    {"INTERVAL", SQL_T_INTERVAL_DT, 0},
};

/* In DuckDB's types double quotes enclose names, so they are read with the lexer's strings as names. */
static const char *duckdb_field_name(struct parser *p)
{
    if (sql_tok(p)->kind == SQL_TOKEN_STRING)
        return sql_string(p, "a field name");
    return sql_identifier(p, "a field name");
}

static const struct sql_type *duckdb_rule(struct parser *p);

static const struct sql_type *duckdb_struct(struct parser *p)
{
    LIST(struct sql_field) fields = {0};
    sql_expect(p, "(");
    do {
        struct sql_field f = {.name = duckdb_field_name(p)};
        f.type = duckdb_rule(p);
        *LIST_ADD(p->a, &fields) = f;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    return sql_struct_type(p->a, fields.items, fields.count);
}

static const struct sql_type *duckdb_leaf(struct parser *p)
{
    if (sql_accept(p, "STRUCT"))
        return duckdb_struct(p);
    if (sql_accept(p, "MAP")) {
        sql_expect(p, "(");
        const struct sql_type *key = duckdb_rule(p);
        sql_expect(p, ",");
        const struct sql_type *item = duckdb_rule(p);
        sql_expect(p, ")");
        return sql_map_type(p->a, key, item);
    }
    if (sql_accept(p, "DECIMAL"))
        return decimal_rule(p);
    if (sql_at2(p, "TIMESTAMP", "WITH")) {
        sql_skip(p, 4);
        return sql_simple_type(SQL_T_TIMESTAMP);
    }
    if (sql_at(p, "NULL") || (sql_tok(p)->kind == SQL_TOKEN_STRING)) {
        p->i++;
        return sql_simple_type(SQL_T_VOID);
    }
    if (sql_accept(p, "ENUM")) {
        while (!p->failed && sql_tok(p)->kind != SQL_TOKEN_END && !sql_accept(p, ")"))
            p->i++;
        return sql_simple_type(SQL_T_STRING);
    }
    for (size_t i = 0; i < ARRAY_LEN(duckdb_types); i++)
        if (sql_accept(p, duckdb_types[i].word))
            return duckdb_types[i].precision ? sql_decimal_type(p->a, duckdb_types[i].precision, 0) : sql_simple_type(duckdb_types[i].kind);
    sql_unexpected(p, "a type of DuckDB");
    return sql_simple_type(SQL_T_UNKNOWN);
}

static const struct sql_type *duckdb_rule(struct parser *p)
{
    const struct sql_type *t = sql_simple_type(SQL_T_UNKNOWN);
    if (sql_enter(p)) {
        t = duckdb_leaf(p);
        while (sql_accept(p, "[")) {
            if (sql_tok(p)->kind == SQL_TOKEN_NUMBER)
                p->i++;
            sql_expect(p, "]");
            t = sql_array_type(p->a, t);
        }
    }
    sql_leave(p);
    return t;
}

int sql_type_parse_duckdb(struct arena *a, const char *text, const struct sql_type **ret, struct error *err)
{
    struct parser p;
    int rc = sql_parser_init(&p, a, text, strlen(text), 1, err);
    if (rc)
        return rc;
    const struct sql_type *t = duckdb_rule(&p);
    sql_expect_end(&p);
    if (p.failed)
        return p.rc;
    *ret = t;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static const char *field_text(struct arena *a, const char *name)
{
    return sql_name_text(a, &(struct sql_name){.parts = {name}, .count = 1});
}

static void put_type(struct arena *a, struct buf *b, const struct sql_type *t, bool duckdb)
{
    const char *open = duckdb ? "(" : "<", *close = duckdb ? ")" : ">";
    if (t->kind == SQL_T_DECIMAL) {
        buf_printf(b, "DECIMAL(%d,%d)", t->precision, t->scale);
    } else if (t->kind == SQL_T_ARRAY && duckdb) {
        put_type(a, b, t->item, true);
        buf_puts(b, "[]");
    } else if (t->kind == SQL_T_ARRAY) {
        buf_puts(b, "ARRAY<");
        put_type(a, b, t->item, false);
        buf_puts(b, ">");
    } else if (t->kind == SQL_T_MAP) {
        buf_printf(b, "MAP%s", open);
        put_type(a, b, t->key, duckdb);
        buf_puts(b, ", ");
        put_type(a, b, t->item, duckdb);
        buf_puts(b, close);
    } else if (t->kind == SQL_T_STRUCT) {
        buf_printf(b, "STRUCT%s", open);
        for (size_t i = 0; i < t->field_count; i++) {
            const struct sql_field *f = &t->fields[i];
            buf_printf(b, "%s%s%s", i ? ", " : "", duckdb ? sql_quote(a, f->name) : field_text(a, f->name), duckdb ? " " : ": ");
            put_type(a, b, f->type, duckdb);
            buf_puts(b, f->not_null && !duckdb ? " NOT NULL" : "");
        }
        buf_puts(b, close);
    } else if (t->kind == SQL_T_INTERVAL_YM || t->kind == SQL_T_INTERVAL_DT) {
        buf_puts(b, duckdb ? "INTERVAL" : t->kind == SQL_T_INTERVAL_YM ? "INTERVAL YEAR TO MONTH" : "INTERVAL DAY TO SECOND");
    } else if (t->kind == SQL_T_STRING && t->precision && !duckdb) {
        buf_printf(b, "VARCHAR(%d)", t->precision);
    } else {
        for (size_t i = 0; i < ARRAY_LEN(simple); i++)
            if (simple[i].kind == t->kind) {
                buf_puts(b, duckdb ? simple[i].duckdb : simple[i].text);
                return;
            }
        buf_puts(b, "UNKNOWN");
    }
}

static char *type_text(struct arena *a, const struct sql_type *t, bool duckdb)
{
    struct buf b;
    buf_init(&b, LIMIT_SQL_BYTES);
    put_type(a, &b, t, duckdb);
    char *s = arena_strdup(a, b.data ? b.data : "");
    buf_free(&b);
    return s;
}

char *sql_type_text(struct arena *a, const struct sql_type *t) { return type_text(a, t, false); }
char *sql_type_duckdb(struct arena *a, const struct sql_type *t) { return type_text(a, t, true); }

bool sql_type_equal(const struct sql_type *x, const struct sql_type *y)
{
    if (x == y)
        return true;
    if (x->kind != y->kind || x->field_count != y->field_count)
        return false;
    if (x->kind == SQL_T_DECIMAL && (x->precision != y->precision || x->scale != y->scale))
        return false;
    if (x->kind == SQL_T_MAP && !sql_type_equal(x->key, y->key))
        return false;
    if (x->item && !sql_type_equal(x->item, y->item))
        return false;
    for (size_t i = 0; i < x->field_count; i++)
        if (!str_ieq(x->fields[i].name, y->fields[i].name) || !sql_type_equal(x->fields[i].type, y->fields[i].type))
            return false;
    return true;
}

const struct sql_field *sql_find_field(const struct sql_type *t, const char *name)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (str_ieq(t->fields[i].name, name))
            return &t->fields[i];
    return NULL;
}
