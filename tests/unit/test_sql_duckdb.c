/*
 * The dialect against real answers: each case of tests/golden/sql/<topic>.sql is rewritten, run on DuckDB and compared with what a
 * real Spark answered (<topic>.spark.json, written by tests/differential/run_dialect.py): types exactly, rows as a multiset or in
 * order, doubles within 1e-9. refused.sql holds what must be an error, with the error beside it.
 *
 * test_sql_duckdb FOLDER MACROS [-v] [TOPIC [CASE]]
 */
#include <duckdb.h>
#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

#include "base/base.h"
#include "sql/sql.h"

struct table {
    const char *name;
    const struct sql_column_type *columns;
    size_t count;
};

struct run {
    struct arena *arena; /* of the tables */
    duckdb_connection con;
    VEC(struct table) tables;
    bool verbose;
    const char *topic, *only;
    int passed, failed, names_differ;
};

/* ---- names --------------------------------------------------------------------------------------------- */

static int resolve(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                   struct error *err)
{
    (void)context, (void)a, (void)err;
    *ret_schema = "main";
    *ret_table = name->parts[name->count - 1];
    return 0;
}

static int describe(struct run *r, struct arena *a, const char *table, const struct sql_column_type **ret, size_t *ret_count,
                    struct error *err)
{
    duckdb_result res;
    bool good = duckdb_query(r->con, arena_printf(a, "DESCRIBE main.%s", sql_quote(a, table)), &res) == DuckDBSuccess;
    size_t n = good ? duckdb_row_count(&res) : 0;
    struct sql_column_type *c = arena_alloc(a, (n + 1) * sizeof(*c));
    for (size_t i = 0; i < n && good; i++) {
        char *name = duckdb_value_varchar(&res, 0, i), *type = duckdb_value_varchar(&res, 1, i);
        c[i].name = arena_strdup(a, name);
        good = sql_type_parse_duckdb(a, type, &c[i].type, err) == 0;
        duckdb_free(name);
        duckdb_free(type);
    }
    duckdb_destroy_result(&res);
    if (!n || !good)
        return error_set(err, ERROR_NOT_FOUND, "unknown table %s", table);
    *ret = c;
    *ret_count = n;
    return 0;
}

static int columns(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                   size_t *ret_count, struct error *err)
{
    (void)schema;
    struct run *r = context;
    for (size_t i = 0; i < r->tables.len; i++)
        if (str_ieq(r->tables.items[i].name, table)) {
            *ret = r->tables.items[i].columns;
            *ret_count = r->tables.items[i].count;
            return 0;
        }
    return describe(r, a, table, ret, ret_count, err);
}

static void remember(struct run *r, const struct sql_rewritten *x)
{
    const struct sql_table *t = x->table;
    if (x->kind == SQL_ALTER)
        r->tables.len = 0; /* read anew from DuckDB */
    if (!t)
        return;
    size_t n = t->column_count ? t->column_count : x->column_count;
    struct sql_column_type *c = arena_alloc(r->arena, (n + 1) * sizeof(*c));
    for (size_t i = 0; i < n; i++)
        c[i] = t->column_count ? (struct sql_column_type){t->columns[i].name, t->columns[i].type} : x->columns[i];
    struct table *slot = NULL;
    for (size_t i = 0; i < r->tables.len; i++)
        if (str_ieq(r->tables.items[i].name, t->name.parts[t->name.count - 1]))
            slot = &r->tables.items[i];
    if (!slot)
        slot = VEC_ADD(&r->tables);
    *slot = (struct table){t->name.parts[t->name.count - 1], c, n};
}

/* ---- values of DuckDB as JSON ------------------------------------------------------------------------------ */

static yyjson_mut_val *cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row);

static yyjson_mut_val *text(yyjson_mut_doc *d, const char *s) { return yyjson_mut_strcpy(d, s); }

static yyjson_mut_val *decimal_cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row)
{
    int scale = duckdb_decimal_scale(t);
    void *data = duckdb_vector_get_data(v);
    __int128 x;
    switch (duckdb_decimal_internal_type(t)) {
    case DUCKDB_TYPE_SMALLINT:
        x = ((int16_t *)data)[row];
        break;
    case DUCKDB_TYPE_INTEGER:
        x = ((int32_t *)data)[row];
        break;
    case DUCKDB_TYPE_BIGINT:
        x = ((int64_t *)data)[row];
        break;
    default:
        memcpy(&x, (char *)data + row * 16, 16);
    }
    bool minus = x < 0;
    unsigned __int128 u = minus ? -(unsigned __int128)x : (unsigned __int128)x;
    char buf[64], *p = buf + sizeof(buf) - 1;
    *p = '\0';
    for (int i = 0; u || i <= scale; i++, u /= 10) {
        if (i == scale && scale)
            *--p = '.';
        *--p = (char)('0' + (int)(u % 10));
    }
    if (minus)
        *--p = '-';
    return text(d, p);
}

static yyjson_mut_val *real_cell(yyjson_mut_doc *d, double x)
{
    if (isnan(x))
        return text(d, "NaN");
    if (isinf(x))
        return text(d, x > 0 ? "Infinity" : "-Infinity");
    return yyjson_mut_real(d, x);
}

static yyjson_mut_val *string_cell(yyjson_mut_doc *d, duckdb_vector v, idx_t row, bool hex)
{
    duckdb_string_t *s = &((duckdb_string_t *)duckdb_vector_get_data(v))[row];
    const char *data = duckdb_string_t_data(s);
    size_t n = duckdb_string_t_length(*s);
    if (!hex)
        return yyjson_mut_strncpy(d, data, n);
    char *h = xmalloc(2 * n + 1);
    hex_encode(data, n, h);
    for (char *c = h; *c; c++)
        *c = *c >= 'a' ? (char)(*c - 32) : *c;
    yyjson_mut_val *val = yyjson_mut_strcpy(d, h);
    free(h);
    return val;
}

static yyjson_mut_val *list_cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row)
{
    duckdb_list_entry e = ((duckdb_list_entry *)duckdb_vector_get_data(v))[row];
    duckdb_vector child = duckdb_list_vector_get_child(v);
    duckdb_logical_type ct = duckdb_list_type_child_type(t);
    yyjson_mut_val *a = yyjson_mut_arr(d);
    for (idx_t i = 0; i < e.length; i++)
        yyjson_mut_arr_append(a, cell(d, child, ct, e.offset + i));
    duckdb_destroy_logical_type(&ct);
    return a;
}

static yyjson_mut_val *struct_cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row)
{
    yyjson_mut_val *a = yyjson_mut_arr(d);
    for (idx_t i = 0; i < duckdb_struct_type_child_count(t); i++) {
        duckdb_logical_type ct = duckdb_struct_type_child_type(t, i);
        yyjson_mut_arr_append(a, cell(d, duckdb_struct_vector_get_child(v, i), ct, row));
        duckdb_destroy_logical_type(&ct);
    }
    return a;
}

/* Entries in the order of their keys' JSON, as run_dialect.py writes them. */
static int by_json(const void *x, const void *y)
{
    char *a = yyjson_mut_val_write(*(yyjson_mut_val *const *)x, 0, NULL), *b = yyjson_mut_val_write(*(yyjson_mut_val *const *)y, 0, NULL);
    int c = strcmp(a, b);
    free(a);
    free(b);
    return c;
}

static yyjson_mut_val *map_cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row)
{
    duckdb_list_entry e = ((duckdb_list_entry *)duckdb_vector_get_data(v))[row];
    duckdb_vector child = duckdb_list_vector_get_child(v);
    duckdb_logical_type kt = duckdb_map_type_key_type(t), vt = duckdb_map_type_value_type(t);
    yyjson_mut_val **items = xcalloc(e.length + 1, sizeof(*items)), *a = yyjson_mut_arr(d);
    for (idx_t i = 0; i < e.length; i++) {
        items[i] = yyjson_mut_arr(d);
        yyjson_mut_arr_append(items[i], cell(d, duckdb_struct_vector_get_child(child, 0), kt, e.offset + i));
        yyjson_mut_arr_append(items[i], cell(d, duckdb_struct_vector_get_child(child, 1), vt, e.offset + i));
    }
    qsort(items, e.length, sizeof(*items), by_json);
    for (idx_t i = 0; i < e.length; i++)
        yyjson_mut_arr_append(a, items[i]);
    free(items);
    duckdb_destroy_logical_type(&kt);
    duckdb_destroy_logical_type(&vt);
    return a;
}

static yyjson_mut_val *time_cell(yyjson_mut_doc *d, int64_t us, bool date)
{
    char t[40], out[40];
    time_format_us(us, t);
    t[10] = ' ';
    t[strlen(t) - 1] = '\0';
    snprintf(out, sizeof(out), "%s%s", t, strchr(t, '.') ? "" : ".000000");
    if (date)
        out[10] = '\0';
    return text(d, out);
}

static yyjson_mut_val *cell(yyjson_mut_doc *d, duckdb_vector v, duckdb_logical_type t, idx_t row)
{
    uint64_t *valid = duckdb_vector_get_validity(v);
    if (valid && !duckdb_validity_row_is_valid(valid, row))
        return yyjson_mut_null(d);
    void *data = duckdb_vector_get_data(v);
    switch (duckdb_get_type_id(t)) {
    case DUCKDB_TYPE_BOOLEAN:
        return yyjson_mut_bool(d, ((bool *)data)[row]);
    case DUCKDB_TYPE_TINYINT:
        return yyjson_mut_int(d, ((int8_t *)data)[row]);
    case DUCKDB_TYPE_SMALLINT:
        return yyjson_mut_int(d, ((int16_t *)data)[row]);
    case DUCKDB_TYPE_INTEGER:
        return yyjson_mut_int(d, ((int32_t *)data)[row]);
    case DUCKDB_TYPE_BIGINT:
        return yyjson_mut_int(d, ((int64_t *)data)[row]);
    case DUCKDB_TYPE_FLOAT:
        return real_cell(d, (double)((float *)data)[row]);
    case DUCKDB_TYPE_DOUBLE:
        return real_cell(d, ((double *)data)[row]);
    case DUCKDB_TYPE_DECIMAL:
        return decimal_cell(d, v, t, row);
    case DUCKDB_TYPE_VARCHAR:
        return string_cell(d, v, row, false);
    case DUCKDB_TYPE_BLOB:
        return string_cell(d, v, row, true);
    case DUCKDB_TYPE_DATE:
        return time_cell(d, (int64_t)((int32_t *)data)[row] * 86400000000, true);
    case DUCKDB_TYPE_TIMESTAMP:
        return time_cell(d, ((int64_t *)data)[row], false);
    case DUCKDB_TYPE_INTERVAL: {
        duckdb_interval i = ((duckdb_interval *)data)[row];
        char out[80];
        snprintf(out, sizeof(out), "%lldus", (long long)i.days * 86400000000 + (long long)i.micros);
        return text(d, i.months ? "months" : out);
    }
    case DUCKDB_TYPE_LIST:
        return list_cell(d, v, t, row);
    case DUCKDB_TYPE_STRUCT:
        return struct_cell(d, v, t, row);
    case DUCKDB_TYPE_MAP:
        return map_cell(d, v, t, row);
    default:
        return text(d, "?type of DuckDB that nothing maps to");
    }
}

/* ---- comparison ---------------------------------------------------------------------------------------------- */

static bool same(yyjson_mut_val *x, yyjson_mut_val *y)
{
    if (yyjson_mut_is_real(x) || yyjson_mut_is_real(y)) {
        double a = yyjson_mut_get_num(x), b = yyjson_mut_get_num(y), m = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
        return yyjson_mut_is_num(x) && yyjson_mut_is_num(y) && fabs(a - b) <= 1e-9 * m;
    }
    if (yyjson_mut_is_arr(x) && yyjson_mut_is_arr(y)) {
        if (yyjson_mut_arr_size(x) != yyjson_mut_arr_size(y))
            return false;
        for (size_t i = 0; i < yyjson_mut_arr_size(x); i++)
            if (!same(yyjson_mut_arr_get(x, i), yyjson_mut_arr_get(y, i)))
                return false;
        return true;
    }
    return yyjson_mut_equals(x, y);
}

/* A text that sorts equal rows together: doubles with few digits. */
static void sort_key(yyjson_mut_val *v, struct buf *b)
{
    if (yyjson_mut_is_arr(v)) {
        for (size_t i = 0; i < yyjson_mut_arr_size(v); i++)
            sort_key(yyjson_mut_arr_get(v, i), b);
        buf_puts(b, "|");
    } else if (yyjson_mut_is_real(v)) {
        buf_printf(b, "%.6g,", yyjson_mut_get_real(v));
    } else {
        char *s = yyjson_mut_val_write(v, 0, NULL);
        buf_printf(b, "%s,", s);
        free(s);
    }
}

struct row {
    yyjson_mut_val *v;
    char *key;
};

static int by_key(const void *x, const void *y) { return strcmp(((const struct row *)x)->key, ((const struct row *)y)->key); }

static struct row *rows_of(yyjson_mut_val *arr, bool ordered)
{
    size_t n = yyjson_mut_arr_size(arr);
    struct row *r = xcalloc(n + 1, sizeof(*r));
    for (size_t i = 0; i < n; i++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        r[i].v = yyjson_mut_arr_get(arr, i);
        sort_key(r[i].v, &b);
        r[i].key = buf_steal(&b);
    }
    if (!ordered)
        qsort(r, n, sizeof(*r), by_key);
    return r;
}

static bool same_rows(yyjson_mut_val *x, yyjson_mut_val *y, bool ordered)
{
    size_t n = yyjson_mut_arr_size(x);
    if (n != yyjson_mut_arr_size(y))
        return false;
    struct row *a = rows_of(x, ordered), *b = rows_of(y, ordered);
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good = good && same(a[i].v, b[i].v);
    for (size_t i = 0; i < n; i++) {
        free(a[i].key);
        free(b[i].key);
    }
    free(a);
    free(b);
    return good;
}

/* ---- one case ------------------------------------------------------------------------------------------------- */

struct outcome {
    char *error; /* of the rewriter or DuckDB, with its place; NULL when it ran */
    const struct sql_rewritten *last;
    yyjson_mut_doc *doc;
    yyjson_mut_val *rows;
    char *types; /* of DuckDB, as Databricks writes them, one a line */
};

static void collect(struct arena *a, duckdb_result *res, struct outcome *o)
{
    struct buf types;
    buf_init(&types, 1 << 20);
    buf_puts(&types, "");
    o->doc = yyjson_mut_doc_new(NULL);
    o->rows = yyjson_mut_arr(o->doc);
    yyjson_mut_doc_set_root(o->doc, o->rows);
    (void)a;
    idx_t n = duckdb_column_count(res);
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(*res))) {
        for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); row++) {
            yyjson_mut_val *out = yyjson_mut_arr(o->doc);
            for (idx_t c = 0; c < n; c++) {
                duckdb_logical_type t = duckdb_column_logical_type(res, c);
                yyjson_mut_arr_append(out, cell(o->doc, duckdb_data_chunk_get_vector(chunk, c), t, row));
                duckdb_destroy_logical_type(&t);
            }
            yyjson_mut_arr_append(o->rows, out);
        }
        duckdb_destroy_data_chunk(&chunk);
    }
    buf_free(&types);
}

static bool run_text(struct run *r, struct arena *a, const char *sql, bool last, struct outcome *o)
{
    duckdb_result res;
    if (r->verbose)
        printf("    %s\n", sql);
    bool good = duckdb_query(r->con, sql, &res) == DuckDBSuccess;
    if (!good)
        o->error = arena_printf(a, "DuckDB: %s", duckdb_result_error(&res));
    else if (last)
        collect(a, &res, o);
    duckdb_destroy_result(&res);
    return good;
}

static void run_case(struct run *r, struct arena *a, const char *text_, size_t len, uint32_t line, struct outcome *o)
{
    struct sql_statement *s;
    size_t n;
    struct error err = {0};
    struct sql_env env = {.context = r, .name = resolve, .columns = columns, .now_us = 1767225600000000, .user = "me"};
    if (sql_split(a, text_, len, line, &s, &n, &err)) {
        o->error = arena_printf(a, "%s: %s; %s", err.where, err.what, err.hint);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct sql_rewritten *x;
        if (sql_rewrite_duckdb(r->arena, s[i].text, s[i].len, s[i].pos.line, &env, &x, &err)) {
            o->error = arena_printf(a, "%s: %s; %s", err.where, err.what, err.hint);
            return;
        }
        for (size_t k = 0; k < x->statement_count; k++)
            if (!run_text(r, a, x->statements[k], i + 1 == n && k + 1 == x->statement_count, o))
                return;
        remember(r, x);
        o->last = x;
    }
}

static void complain(struct run *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void complain(struct run *r, const char *name, const char *fmt, ...)
{
    printf("FAIL %s/%s: ", r->topic, name);
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    r->failed++;
}

static bool same_type(struct arena *a, const char *spark, const struct sql_type *ours)
{
    const struct sql_type *t;
    struct error err;
    char *up = arena_strdup(a, spark);
    return sql_type_parse(a, up, &t, &err) == 0 && sql_type_equal(t, ours);
}

/* The type that DuckDB gave a column, against the one that the rewriter promised. */
static bool promised(struct run *r, struct arena *a, const struct sql_rewritten *x, char **ret_bad)
{
    bool good = true;
    for (idx_t i = 0; good && i < x->column_count; i++) {
        const struct sql_type *t = x->columns[i].type, *d;
        struct error err;
        duckdb_result res;
        char *q = arena_printf(a, "SELECT column_type FROM (DESCRIBE %s) LIMIT 1 OFFSET %d", x->statements[0], (int)i);
        if (duckdb_query(r->con, q, &res) == DuckDBSuccess) {
            char *name = duckdb_value_varchar(&res, 0, 0);
            bool plain = t->kind != SQL_T_VOID && t->kind != SQL_T_UNKNOWN && t->kind != SQL_T_INTERVAL_YM && name;
            if (plain && (sql_type_parse_duckdb(a, name, &d, &err) || strcmp(sql_type_duckdb(a, d), sql_type_duckdb(a, t)) != 0)) {
                *ret_bad = arena_printf(a, "column %d (%s) is %s in DuckDB, promised was %s", (int)i + 1, x->columns[i].name, name,
                                        sql_type_text(a, t));
                good = false;
            }
            duckdb_free(name);
        }
        duckdb_destroy_result(&res);
    }
    return good;
}

static void compare(struct run *r, struct arena *a, const char *name, bool ordered, bool names, yyjson_val *want, struct outcome *o)
{
    const char *werr = yyjson_get_str(yyjson_obj_get(want, "error"));
    if (werr && !o->error) {
        char *got = yyjson_mut_val_write(o->rows, 0, NULL);
        complain(r, name, "Spark fails with %s, we answer %s", werr, got);
        free(got);
        return;
    }
    if (werr) {
        r->passed++;
        return;
    }
    if (o->error) {
        complain(r, name, "%s", o->error);
        return;
    }
    yyjson_val *types = yyjson_obj_get(want, "types"), *wnames = yyjson_obj_get(want, "names");
    if (yyjson_arr_size(types) != o->last->column_count) {
        complain(r, name, "%zu columns, Spark has %zu", o->last->column_count, yyjson_arr_size(types));
        return;
    }
    for (size_t i = 0; i < o->last->column_count; i++) {
        const char *t = yyjson_get_str(yyjson_arr_get(types, i)), *n = yyjson_get_str(yyjson_arr_get(wnames, i));
        if (!same_type(a, t, o->last->columns[i].type)) {
            complain(r, name, "column %zu (%s) is %s, Spark has %s", i + 1, o->last->columns[i].name,
                     sql_type_text(a, o->last->columns[i].type), t);
            return;
        }
        if (!str_eq(n, o->last->columns[i].name)) {
            r->names_differ++;
            if (names || r->verbose) {
                printf("  name: %s, Spark has %s\n", o->last->columns[i].name, n);
                if (names) {
                    complain(r, name, "column %zu has another name", i + 1);
                    return;
                }
            }
        }
    }
    char *bad = NULL;
    if (!promised(r, a, o->last, &bad)) {
        complain(r, name, "%s", bad ? bad : "cannot be prepared");
        return;
    }
    yyjson_mut_val *rows = yyjson_val_mut_copy(o->doc, yyjson_obj_get(want, "rows"));
    if (!same_rows(rows, o->rows, ordered)) {
        char *x = yyjson_mut_val_write(o->rows, 0, NULL), *y = yyjson_mut_val_write(rows, 0, NULL);
        complain(r, name, "\n     ours  %s\n     Spark %s", x, y);
        free(x);
        free(y);
        return;
    }
    r->passed++;
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* Calls fn for every "-- case: NAME [(ordered)] [(names)]" of a file with the text up to the next one. */
typedef void case_fn(struct run *r, struct arena *a, const char *head, const char *body, size_t len, uint32_t line, void *context);

static void each_case(struct run *r, const char *data, case_fn *fn, void *context)
{
    uint32_t line = 1;
    const char *p = data;
    while (p && *p) {
        const char *end = strchr(p, '\n');
        size_t n = end ? (size_t)(end - p) : strlen(p);
        if (str_starts(p, "-- case: ")) {
            const char *body = end ? end + 1 : p + n, *stop = strstr(body, "\n-- case: ");
            struct arena *a = arena_new();
            fn(r, a, arena_strndup(a, p + 9, n - 9), body, stop ? (size_t)(stop - body) + 1 : strlen(body), line + 1, context);
            arena_free(a);
        }
        line++;
        p = end ? end + 1 : NULL;
    }
}

static char *first_word(struct arena *a, const char *s) { return arena_strndup(a, s, strcspn(s, " ")); }

static void spark_case(struct run *r, struct arena *a, const char *head, const char *body, size_t len, uint32_t line, void *context)
{
    char *name = first_word(a, head);
    if (r->only && !str_eq(r->only, name))
        return;
    yyjson_val *want = yyjson_obj_get(context, name);
    if (!want) {
        complain(r, name, "no answer of Spark: run tests/differential/run_dialect.py --write");
        return;
    }
    struct outcome o = {0};
    run_case(r, a, body, len, line, &o);
    compare(r, a, name, strstr(head, "(ordered)") != NULL, strstr(head, "(names)") != NULL, want, &o);
    yyjson_mut_doc_free(o.doc);
}

/* The line after the head is "-- error: PLACE: TEXT"; the place counts from that line. */
static void refused_case(struct run *r, struct arena *a, const char *head, const char *body, size_t len, uint32_t line, void *context)
{
    (void)context, (void)line;
    char *name = first_word(a, head);
    if (r->only && !str_eq(r->only, name))
        return;
    const char *end = strchr(body, '\n');
    if (!str_starts(body, "-- error: ") || !end) {
        complain(r, name, "has no line '-- error: LINE:COLUMN: TEXT'");
        return;
    }
    char *want = arena_strndup(a, body + 10, (size_t)(end - body) - 10);
    struct outcome o = {0};
    run_case(r, a, end + 1, len - (size_t)(end + 1 - body), 1, &o);
    yyjson_mut_doc_free(o.doc);
    if (!o.error)
        complain(r, name, "is not refused");
    else if (!str_starts(o.error, want))
        complain(r, name, "\n     error %s\n     want  %s", o.error, want);
    else
        r->passed++;
}

static bool run_file(struct run *r, const char *dir, const char *file)
{
    struct arena *a = arena_new();
    struct error err;
    char *sql = NULL, *json = NULL;
    size_t n;
    r->topic = arena_strndup(r->arena, file, strlen(file) - 4);
    bool good = !file_read(path_join(a, dir, file), 64 << 20, &sql, &n, &err);
    bool refused = str_eq(file, "refused.sql");
    if (good && !refused)
        good = !file_read(path_join(a, dir, arena_printf(a, "%s.spark.json", r->topic)), 64 << 20, &json, &n, &err);
    if (!good) {
        error_print(stdout, &err);
        r->failed++;
    } else if (refused) {
        each_case(r, sql, refused_case, NULL);
    } else {
        yyjson_doc *doc = yyjson_read(json, n, 0);
        each_case(r, sql, spark_case, yyjson_obj_get(yyjson_doc_get_root(doc), "cases"));
        yyjson_doc_free(doc);
    }
    free(sql);
    free(json);
    arena_free(a);
    return good;
}

static bool set_up(struct run *r, const char *dir, const char *macros)
{
    struct arena *a = arena_new();
    struct error err;
    char *data = NULL;
    size_t n;
    struct outcome o = {0};
    bool good = !file_read(macros, 4 << 20, &data, &n, &err) && run_text(r, a, "SET TimeZone = 'UTC'", false, &o) &&
                run_text(r, a, data, false, &o);
    free(data);
    data = NULL;
    if (good && (good = !file_read(path_join(a, dir, "setup.sql"), 4 << 20, &data, &n, &err)))
        run_case(r, a, data, n, 1, &o);
    if (o.error)
        printf("set-up: %s\n", o.error);
    yyjson_mut_doc_free(o.doc);
    free(data);
    arena_free(a);
    return good && !o.error;
}

int main(int argc, char **argv)
{
    struct run r = {.arena = arena_new()};
    duckdb_database db;
    char **names;
    size_t count;
    struct error err;
    if (argc > 3 && str_eq(argv[3], "-v")) {
        r.verbose = true;
        argv++, argc--;
    }
    const char *topic = argc > 3 ? argv[3] : NULL;
    r.only = argc > 4 ? argv[4] : NULL;
    if (argc < 3 || duckdb_open(NULL, &db) != DuckDBSuccess || duckdb_connect(db, &r.con) != DuckDBSuccess) {
        printf("usage: test_sql_duckdb FOLDER MACROS [-v] [TOPIC [CASE]]\n");
        return 2;
    }
    if (!set_up(&r, argv[1], argv[2]) || dir_list(argv[1], &names, &count, &err))
        return 1;
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], ".sql") && !str_eq(names[i], "setup.sql") && (!topic || str_starts(names[i], topic)))
            run_file(&r, argv[1], names[i]);
    dir_list_free(names, count);
    printf("%d cases as Spark answers, %d not; %d column names differ\n", r.passed, r.failed, r.names_differ);
    duckdb_disconnect(&r.con);
    duckdb_close(&db);
    VEC_FREE(&r.tables);
    arena_free(r.arena);
    return r.failed || !r.passed;
}
