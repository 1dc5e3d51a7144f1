/* Tables: their columns, types as text, and the hash of their rows. */
#include "engine/duckdb/duck.h"

#include <stdlib.h>

#define TYPE_TEXT_MAX (1u << 20)

/* ---- types */

static const char *simple_type(duckdb_type t)
{
    static const char *const names[] = {
        [DUCKDB_TYPE_BOOLEAN] = "BOOLEAN",
        [DUCKDB_TYPE_TINYINT] = "TINYINT",
        [DUCKDB_TYPE_SMALLINT] = "SMALLINT",
        [DUCKDB_TYPE_INTEGER] = "INTEGER",
        [DUCKDB_TYPE_BIGINT] = "BIGINT",
        [DUCKDB_TYPE_UTINYINT] = "UTINYINT",
        [DUCKDB_TYPE_USMALLINT] = "USMALLINT",
        [DUCKDB_TYPE_UINTEGER] = "UINTEGER",
        [DUCKDB_TYPE_UBIGINT] = "UBIGINT",
        [DUCKDB_TYPE_FLOAT] = "FLOAT",
        [DUCKDB_TYPE_DOUBLE] = "DOUBLE",
        [DUCKDB_TYPE_TIMESTAMP] = "TIMESTAMP",
        [DUCKDB_TYPE_DATE] = "DATE",
        [DUCKDB_TYPE_TIME] = "TIME",
        [DUCKDB_TYPE_INTERVAL] = "INTERVAL",
        [DUCKDB_TYPE_HUGEINT] = "HUGEINT",
        [DUCKDB_TYPE_UHUGEINT] = "UHUGEINT",
        [DUCKDB_TYPE_VARCHAR] = "VARCHAR",
        [DUCKDB_TYPE_BLOB] = "BLOB",
        [DUCKDB_TYPE_TIMESTAMP_S] = "TIMESTAMP_S",
        [DUCKDB_TYPE_TIMESTAMP_MS] = "TIMESTAMP_MS",
        [DUCKDB_TYPE_TIMESTAMP_NS] = "TIMESTAMP_NS",
        [DUCKDB_TYPE_ENUM] = "VARCHAR",
        [DUCKDB_TYPE_UUID] = "UUID",
        [DUCKDB_TYPE_BIT] = "BIT",
        [DUCKDB_TYPE_TIME_TZ] = "TIME WITH TIME ZONE",
        [DUCKDB_TYPE_TIMESTAMP_TZ] = "TIMESTAMP WITH TIME ZONE",
        [DUCKDB_TYPE_SQLNULL] = "\"NULL\"",
        [DUCKDB_TYPE_TIME_NS] = "TIME_NS",
        [DUCKDB_TYPE_BIGNUM] = "BIGNUM",
        [DUCKDB_TYPE_VARIANT] = "VARIANT",
    };
    return (size_t)t < ARRAY_LEN(names) && names[t] ? names[t] : "VARCHAR";
}

char *duck_text(struct arena *a, const char *text)
{
    if (!text)
        out_of_memory();
    char *copy = arena_strdup(a, text);
    duckdb_free((void *)(uintptr_t)text);
    return copy;
}

char *duck_value_text(struct arena *a, duckdb_result *result, idx_t column, idx_t row)
{
    return duckdb_value_is_null(result, column, row) ? NULL : duck_text(a, duckdb_value_varchar(result, column, row));
}

static void put_type(struct buf *b, duckdb_logical_type type);

static void put_child(struct buf *b, duckdb_logical_type child)
{
    put_type(b, child);
    duckdb_destroy_logical_type(&child);
}

static void put_struct(struct buf *b, duckdb_logical_type type)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    buf_puts(b, "STRUCT(");
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); i++) {
        buf_printf(b, "%s%s ", i ? ", " : "", sql_quote(a, duck_text(a, duckdb_struct_type_child_name(type, i))));
        put_child(b, duckdb_struct_type_child_type(type, i));
    }
    buf_putc(b, ')');
}

static void put_type(struct buf *b, duckdb_logical_type type)
{
    duckdb_type id = duckdb_get_type_id(type);
    switch (id) {
    case DUCKDB_TYPE_DECIMAL:
        buf_printf(b, "DECIMAL(%d,%d)", duckdb_decimal_width(type), duckdb_decimal_scale(type));
        break;
    case DUCKDB_TYPE_LIST:
        put_child(b, duckdb_list_type_child_type(type));
        buf_puts(b, "[]");
        break;
    case DUCKDB_TYPE_ARRAY:
        put_child(b, duckdb_array_type_child_type(type));
        buf_printf(b, "[%llu]", (unsigned long long)duckdb_array_type_array_size(type));
        break;
    case DUCKDB_TYPE_MAP:
        buf_puts(b, "MAP(");
        put_child(b, duckdb_map_type_key_type(type));
        buf_puts(b, ", ");
        put_child(b, duckdb_map_type_value_type(type));
        buf_putc(b, ')');
        break;
    case DUCKDB_TYPE_STRUCT:
        put_struct(b, type);
        break;
    default:
        buf_puts(b, simple_type(id));
        break;
    }
}

char *duck_type_text(struct arena *a, duckdb_logical_type type)
{
    struct buf b CLEANUP(buf_free) = {0};
    buf_init(&b, TYPE_TEXT_MAX);
    put_type(&b, type);
    return arena_strdup(a, b.data ? b.data : "");
}

const char *duck_databricks_type(struct arena *a, const char *text)
{
    const struct sql_type *type;
    struct error ignored;
    return sql_type_parse_duckdb(a, text, &type, &ignored) ? text : sql_type_text(a, type);
}

/* ---- columns */

int duck_relation_columns(struct duck_conn *c, const char *from_sql, struct arena *a, struct duck_column **ret, size_t *ret_count,
                          struct error *err)
{
    duckdb_prepared_statement p = NULL;
    if (duckdb_prepare(c->con, arena_printf(a, "SELECT * FROM %s", from_sql), &p) != DuckDBSuccess) {
        int rc = duck_error(duck_of(&c->base), duckdb_prepare_error(p), NULL, err);
        duckdb_destroy_prepare(&p);
        return rc;
    }
    idx_t count = duckdb_prepared_statement_column_count(p);
    struct duck_column *columns = arena_alloc(a, sizeof(*columns) * (count + 1));
    for (idx_t i = 0; i < count; i++) {
        duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(p, i);
        columns[i] = (struct duck_column){duck_text(a, duckdb_prepared_statement_column_name(p, i)), duck_type_text(a, type)};
        duckdb_destroy_logical_type(&type);
    }
    duckdb_destroy_prepare(&p);
    *ret = columns;
    *ret_count = count;
    return 0;
}

/* ---- columns that a writer knows */

#define KNOWN_RELATIONS 4096 /* then it begins anew: staged relations come and go */

struct relation {
    struct duck_column *columns;
    size_t count;
    const char **required; /* columns that are NOT NULL */
    size_t required_count;
    bool required_known;
};

struct duck_relations {
    struct arena *arena;
    struct map by_name; /* SQL name -> struct relation */
};

void duck_forget_columns(struct duck_conn *c)
{
    struct duck_relations *known = c->relations;
    c->relations = NULL;
    if (!known)
        return;
    map_free(&known->by_name);
    arena_free(known->arena);
    free(known);
}

static struct relation *relation_known(struct duck_conn *c, const char *name_sql)
{
    return c->relations ? map_get(&c->relations->by_name, name_sql) : NULL;
}

static void copy_columns(struct arena *a, const struct duck_column *from, size_t count, struct duck_column **ret)
{
    struct duck_column *columns = arena_alloc(a, sizeof(*columns) * (count + 1));
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct duck_column){arena_strdup(a, from[i].name), arena_strdup(a, from[i].duckdb_type)};
    *ret = columns;
}

static void keep_columns(struct duck_conn *c, const char *name_sql, const struct duck_column *columns, size_t count)
{
    if (c->relations && c->relations->by_name.len >= KNOWN_RELATIONS)
        duck_forget_columns(c);
    if (!c->relations) {
        c->relations = xcalloc(1, sizeof(*c->relations));
        c->relations->arena = arena_new();
    }
    struct relation *r = arena_alloc(c->relations->arena, sizeof(*r));
    *r = (struct relation){.count = count};
    copy_columns(c->relations->arena, columns, count, &r->columns);
    map_set(&c->relations->by_name, name_sql, r);
}

int duck_named_columns(struct duck_conn *c, const char *name_sql, struct arena *a, struct duck_column **ret, size_t *ret_count,
                       struct error *err)
{
    const struct relation *known = relation_known(c, name_sql);
    if (known) {
        copy_columns(a, known->columns, known->count, ret);
        *ret_count = known->count;
        return 0;
    }
    int rc = duck_relation_columns(c, name_sql, a, ret, ret_count, err);
    if (!rc && c->mode == ENGINE_WRITE)
        keep_columns(c, name_sql, *ret, *ret_count);
    return rc;
}

char *duck_table_sql(struct duck_conn *c, struct arena *a, const char *schema, const char *table)
{
    if (!str_ieq(schema, "incoming"))
        return arena_printf(a, "%s.%s", sql_quote(a, schema), sql_quote(a, table));
    const char *relation = duck_staged_relation(c, table);
    return relation ? arena_printf(a, "\"temp\".%s", sql_quote(a, relation)) : NULL;
}

/* One text value of a query without parameters but these two, NULL where it has none. */
static int names_of(struct duck_conn *c, const char *sql, const char *p1, const char *p2, struct arena *a, const char ***ret,
                    size_t *ret_count)
{
    duckdb_prepared_statement p = NULL;
    duckdb_result result;
    *ret_count = 0;
    if (duckdb_prepare(c->con, sql, &p) != DuckDBSuccess || (p1 && duckdb_bind_varchar(p, 1, p1) != DuckDBSuccess) ||
        (p2 && duckdb_bind_varchar(p, 2, p2) != DuckDBSuccess) || duckdb_execute_prepared(p, &result) != DuckDBSuccess) {
        duckdb_destroy_prepare(&p);
        return ERROR_ENGINE;
    }
    idx_t rows = duckdb_row_count(&result);
    const char **names = arena_alloc(a, sizeof(*names) * (rows + 1));
    for (idx_t i = 0; i < rows; i++) {
        const char *text = duck_value_text(a, &result, 0, i);
        names[i] = text ? text : "";
    }
    *ret = names;
    *ret_count = rows;
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&p);
    return 0;
}

static int no_table(struct duck_conn *c, const char *schema, const char *table, struct arena *a, struct error *err)
{
    const char **names = NULL;
    size_t count = 0;
    error_set(err, ERROR_NOT_FOUND, "there is no table %s.%s", schema, table);
    if (err && !names_of(c, "SELECT table_name FROM information_schema.tables WHERE table_schema = $1", schema, NULL, a, &names, &count)) {
        const char *nearest = nearest_name(table, names, count);
        if (nearest)
            error_hint(err, "did you mean %s.%s?", schema, nearest);
    }
    return ERROR_NOT_FOUND;
}

static int read_columns(struct duck_conn *c, const char *schema, const char *table, struct arena *a, struct duck_column **ret,
                        size_t *ret_count, struct error *err)
{
    char *from = duck_table_sql(c, a, schema, table);
    struct error inner;
    if (!from)
        return no_table(c, schema, table, a, err);
    int rc = duck_named_columns(c, from, a, ret, ret_count, &inner);
    if (rc == ERROR_ENGINE && strstr(inner.what, "does not exist"))
        return no_table(c, schema, table, a, err);
    if (rc && err)
        *err = inner;
    return rc;
}

/* Asked of this table alone: a list of all columns would open the files behind every staged view. */
static int required_columns(struct duck_conn *c, const char *name_sql, struct arena *a, const char ***ret, size_t *ret_count)
{
    struct relation *known = relation_known(c, name_sql);
    struct arena *own = known ? c->relations->arena : a;
    if (known && known->required_known) {
        *ret = known->required;
        *ret_count = known->required_count;
        return 0;
    }
    int rc = names_of(c, arena_printf(a, "SELECT name FROM pragma_table_info(%s) WHERE \"notnull\"", sql_quote_string(a, name_sql)), NULL,
                      NULL, own, ret, ret_count);
    if (!rc && known) {
        known->required = *ret;
        known->required_count = *ret_count;
        known->required_known = true;
    }
    return rc;
}

int duck_table_columns(struct engine_conn *base, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                       size_t *ret_count, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct duck_column *columns;
    const char **required = NULL;
    size_t count, required_count = 0;
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = read_columns(c, schema, table, a, &columns, &count, err);
    char *from = rc ? NULL : duck_table_sql(c, a, schema, table);
    if (from && !str_ieq(schema, "incoming") && required_columns(c, from, a, &required, &required_count)) /* staged ones have none */
        rc = error_set(err, ERROR_ENGINE, "the columns of %s.%s cannot be listed", schema, table);
    duck_leave(c);
    if (rc)
        return rc;
    struct engine_column *out = arena_alloc(a, sizeof(*out) * (count + 1));
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct engine_column){columns[i].name, duck_databricks_type(a, columns[i].duckdb_type), true};
        for (size_t k = 0; k < required_count; k++)
            if (str_ieq(required[k], columns[i].name))
                out[i].nullable = false;
    }
    *ret = out;
    *ret_count = count;
    return 0;
}

/* ---- hash */

static bool left_out(const char *name, const char *const *leave_out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(name, leave_out[i]))
            return true;
    return false;
}

/* The hash of a row covers each column apart, nulls told from empty text. Nested values go in as JSON, since DuckDB's hash takes
 * [['a'], ['b']] for [['a', 'b']] and [] for NULL. The hash is hashed once more with its halves spread, so that the sum over the
 * rows does not cancel out what is alike; the number of rows goes in too. */
static char *hash_sql(struct arena *a, const char *from, const struct duck_column *columns, size_t count, const char *const *leave_out,
                      size_t leave_count)
{
    struct buf b CLEANUP(buf_free) = {0};
    bool any = false;
    buf_init(&b, TYPE_TEXT_MAX);
    buf_puts(&b, "SELECT count(*), coalesce(sum(hash(h, 1) % 4294967296), 0), coalesce(sum(hash(h, 2) // 4294967296), 0) ");
    buf_puts(&b, "FROM (SELECT hash(");
    for (size_t i = 0; i < count; i++) {
        if (left_out(columns[i].name, leave_out, leave_count))
            continue;
        if (any)
            buf_puts(&b, ", ");
        bool nested = strpbrk(columns[i].duckdb_type, "[(") && !str_starts(columns[i].duckdb_type, "DECIMAL(");
        buf_printf(&b, nested ? "to_json(%s)" : "%s", sql_quote(a, columns[i].name));
        any = true;
    }
    buf_printf(&b, "%s) AS h FROM %s)", any ? "" : "1", from);
    return b.overflow ? NULL : arena_strdup(a, b.data);
}

static uint64_t lower_bits(duckdb_result *result, idx_t column)
{
    duckdb_hugeint h = duckdb_value_hugeint(result, column, 0);
    return h.lower;
}

int duck_table_hash(struct engine_conn *base, const char *schema, const char *table, const char *const *leave_out, size_t count,
                    uint64_t *ret, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct duck_column *columns;
    duckdb_result result;
    size_t column_count;
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    rc = read_columns(c, schema, table, a, &columns, &column_count, err);
    char *sql = rc ? NULL : hash_sql(a, duck_table_sql(c, a, schema, table), columns, column_count, leave_out, count);
    if (!rc && !sql)
        rc = error_set(err, ERROR_LIMIT, "%s.%s has too many columns", schema, table);
    if (!rc) {
        duck_run_begin(c);
        rc = duck_sql_result(c, sql, &result, err);
        duck_run_end(c);
    }
    if (!rc) {
        uint64_t parts[3];
        for (idx_t i = 0; i < 3; i++)
            parts[i] = lower_bits(&result, i);
        *ret = hash_bytes(parts, sizeof(parts), column_count);
        duckdb_destroy_result(&result);
    }
    duck_leave(c);
    return rc;
}
