/* Values of JSON and CSV files into vectors of DuckDB. */
#include "engine/duckdb/writer.h"

#include "engine/duckdb/csv.h"

#include <stdlib.h>

#define BINARY_MAX (256u << 20)
#define SHOWN_BYTES 120 /* of a value that is refused */

/* ---- types */

const struct sql_type *writer_type(struct arena *a, const struct sql_type *type)
{
    static const struct sql_type text = {.kind = SQL_T_STRING};
    struct sql_type *out = arena_alloc(a, sizeof(*out));
    *out = *type;
    switch (type->kind) {
    case SQL_T_UNKNOWN:
    case SQL_T_VOID:
    case SQL_T_INTERVAL_YM:
    case SQL_T_INTERVAL_DT:
        return &text;
    case SQL_T_ARRAY:
        out->item = writer_type(a, type->item);
        return out;
    case SQL_T_MAP:
        out->key = writer_type(a, type->key);
        out->item = writer_type(a, type->item);
        return out;
    case SQL_T_STRUCT: {
        struct sql_field *fields = arena_alloc(a, sizeof(*fields) * (type->field_count + 1));
        for (size_t i = 0; i < type->field_count; i++)
            fields[i] = (struct sql_field){.name = type->fields[i].name, .type = writer_type(a, type->fields[i].type)};
        out->fields = fields;
        return out;
    }
    default:
        return out;
    }
}

static duckdb_logical_type struct_type(const struct sql_type *type)
{
    duckdb_logical_type *types = xcalloc(type->field_count + 1, sizeof(*types));
    const char **names = xcalloc(type->field_count + 1, sizeof(*names));
    for (size_t i = 0; i < type->field_count; i++) {
        types[i] = writer_logical_type(type->fields[i].type);
        names[i] = type->fields[i].name;
    }
    duckdb_logical_type out = duckdb_create_struct_type(types, names, type->field_count);
    for (size_t i = 0; i < type->field_count; i++)
        duckdb_destroy_logical_type(&types[i]);
    free(types);
    free(names);
    return out;
}

static duckdb_logical_type nested_type(const struct sql_type *type)
{
    duckdb_logical_type item = writer_logical_type(type->item), key = NULL, out;
    if (type->kind == SQL_T_MAP) {
        key = writer_logical_type(type->key);
        out = duckdb_create_map_type(key, item);
        duckdb_destroy_logical_type(&key);
    } else {
        out = duckdb_create_list_type(item);
    }
    duckdb_destroy_logical_type(&item);
    return out;
}

duckdb_logical_type writer_logical_type(const struct sql_type *type)
{
    switch (type->kind) {
    case SQL_T_BOOLEAN:
        return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case SQL_T_TINYINT:
        return duckdb_create_logical_type(DUCKDB_TYPE_TINYINT);
    case SQL_T_SMALLINT:
        return duckdb_create_logical_type(DUCKDB_TYPE_SMALLINT);
    case SQL_T_INT:
        return duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
    case SQL_T_BIGINT:
        return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case SQL_T_FLOAT:
        return duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
    case SQL_T_DOUBLE:
        return duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
    case SQL_T_DATE:
        return duckdb_create_logical_type(DUCKDB_TYPE_DATE);
    case SQL_T_TIMESTAMP:
    case SQL_T_TIMESTAMP_NTZ:
        return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    case SQL_T_BINARY:
        return duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    case SQL_T_DECIMAL:
        return duckdb_create_decimal_type((uint8_t)type->precision, (uint8_t)type->scale);
    case SQL_T_ARRAY:
    case SQL_T_MAP:
        return nested_type(type);
    case SQL_T_STRUCT:
        return struct_type(type);
    default:
        return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    }
}

/* The entries of a map are structs of key and value in DuckDB. */
static const struct sql_type *entry_type(struct arena *a, const struct sql_type *map)
{
    struct sql_type *out = arena_alloc(a, sizeof(*out));
    struct sql_field *fields = arena_alloc(a, sizeof(*fields) * 2);
    fields[0] = (struct sql_field){.name = "key", .type = map->key};
    fields[1] = (struct sql_field){.name = "value", .type = map->item};
    *out = (struct sql_type){.kind = SQL_T_STRUCT, .fields = fields, .field_count = 2};
    return out;
}

void writer_init(struct writer *w, struct arena *a, const struct sql_type *type)
{
    *w = (struct writer){.type = type};
    if (type->kind == SQL_T_STRUCT)
        w->child_count = type->field_count;
    else if (type->kind == SQL_T_ARRAY || type->kind == SQL_T_MAP)
        w->child_count = 1;
    w->children = arena_alloc(a, sizeof(*w->children) * (w->child_count + 1));
    for (size_t i = 0; i < w->child_count; i++) {
        const struct sql_type *child = type->kind == SQL_T_STRUCT  ? type->fields[i].type
                                       : type->kind == SQL_T_ARRAY ? type->item
                                                                   : entry_type(a, type);
        writer_init(&w->children[i], a, child);
    }
}

/* ---- vectors */

/* Where the data lies changes when a list grows; sizes stay. */
static void refresh(struct writer *w, duckdb_vector vector)
{
    w->vector = vector;
    duckdb_vector_ensure_validity_writable(vector);
    w->data = duckdb_vector_get_data(vector);
    w->validity = duckdb_vector_get_validity(vector);
    for (size_t i = 0; i < w->child_count; i++)
        refresh(&w->children[i],
                w->type->kind == SQL_T_STRUCT ? duckdb_struct_vector_get_child(vector, i) : duckdb_list_vector_get_child(vector));
}

static void forget_sizes(struct writer *w)
{
    w->size = w->capacity = 0;
    for (size_t i = 0; i < w->child_count; i++)
        forget_sizes(&w->children[i]);
}

void writer_open(struct writer *w, duckdb_vector vector)
{
    forget_sizes(w);
    refresh(w, vector);
}

static bool is_list(const struct writer *w) { return w->type->kind == SQL_T_ARRAY || w->type->kind == SQL_T_MAP; }

void writer_close(struct writer *w)
{
    if (is_list(w))
        duckdb_list_vector_set_size(w->vector, w->size);
    for (size_t i = 0; i < w->child_count; i++)
        writer_close(&w->children[i]);
}

/* Room for n more elements; the place of the first. */
static idx_t list_room(struct writer *w, idx_t n)
{
    idx_t at = w->size;
    if (at + n > w->capacity) {
        w->capacity = (at + n) * 2 + 64;
        duckdb_list_vector_reserve(w->vector, w->capacity);
        refresh(&w->children[0], duckdb_list_vector_get_child(w->vector));
    }
    w->size += n;
    return at;
}

void writer_null(struct writer *w, idx_t row)
{
    duckdb_validity_set_row_invalid(w->validity, row);
    if (is_list(w))
        ((duckdb_list_entry *)w->data)[row] = (duckdb_list_entry){w->size, 0};
    else
        for (size_t i = 0; i < w->child_count; i++)
            writer_null(&w->children[i], row);
}

static void valid(struct writer *w, idx_t row) { duckdb_validity_set_row_valid(w->validity, row); }

/* ---- scalars */

static void refuse(struct writer *w, idx_t row, const char *s, size_t len, const char *name, struct writer_fault *fault)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    size_t shown = len < SHOWN_BYTES ? len : SHOWN_BYTES;
    writer_null(w, row);
    if (fault->set)
        return;
    while (shown && shown < len && ((unsigned char)s[shown] & 0xC0) == 0x80)
        shown--;
    fault->set = true;
    snprintf(fault->text, sizeof(fault->text), "column %.100s: '%.*s%s' is no %.100s", name, utf8_valid(s, shown) ? (int)shown : 0, s,
             shown < len ? "..." : "", sql_type_text(a, w->type));
    for (size_t end = strlen(fault->text); end && !utf8_valid(fault->text, end); end--)
        fault->text[end - 1] = '\0'; /* cut in the middle of a character */
}

static bool put_integer(struct writer *w, idx_t row, const char *s, size_t len)
{
    int64_t v;
    if (!value_i64(s, len, &v))
        return false;
    switch (w->type->kind) {
    case SQL_T_TINYINT:
        ((int8_t *)w->data)[row] = (int8_t)v;
        return v >= INT8_MIN && v <= INT8_MAX;
    case SQL_T_SMALLINT:
        ((int16_t *)w->data)[row] = (int16_t)v;
        return v >= INT16_MIN && v <= INT16_MAX;
    case SQL_T_INT:
        ((int32_t *)w->data)[row] = (int32_t)v;
        return v >= INT32_MIN && v <= INT32_MAX;
    default:
        ((int64_t *)w->data)[row] = v;
        return true;
    }
}

static bool put_float(struct writer *w, idx_t row, const char *s, size_t len)
{
    double v;
    if (!value_f64(s, len, &v))
        return false;
    if (w->type->kind == SQL_T_FLOAT)
        ((float *)w->data)[row] = (float)v;
    else
        ((double *)w->data)[row] = v;
    return true;
}

/* DuckDB stores a decimal in the smallest integer that holds its precision. */
static bool put_decimal(struct writer *w, idx_t row, const char *s, size_t len)
{
    __int128 v;
    if (!value_decimal(s, len, w->type->precision, w->type->scale, &v))
        return false;
    if (w->type->precision <= 4)
        ((int16_t *)w->data)[row] = (int16_t)v;
    else if (w->type->precision <= 9)
        ((int32_t *)w->data)[row] = (int32_t)v;
    else if (w->type->precision <= 18)
        ((int64_t *)w->data)[row] = (int64_t)v;
    else
        ((duckdb_hugeint *)w->data)[row] = (duckdb_hugeint){(uint64_t)v, (int64_t)(v >> 64)};
    return true;
}

static bool put_binary(struct writer *w, idx_t row, const char *s, size_t len)
{
    struct buf b CLEANUP(buf_free) = {0};
    buf_init(&b, BINARY_MAX);
    if (!value_base64(s, len, &b) || b.overflow)
        return false;
    duckdb_unsafe_vector_assign_string_element_len(w->vector, row, b.data ? b.data : "", b.len);
    return true;
}

static bool put_text(struct writer *w, idx_t row, const char *s, size_t len)
{
    if (!utf8_valid(s, len))
        return false;
    duckdb_unsafe_vector_assign_string_element_len(w->vector, row, s, len);
    return true;
}

static bool put_scalar(struct writer *w, idx_t row, const char *s, size_t len)
{
    switch (w->type->kind) {
    case SQL_T_BOOLEAN:
        return value_bool(s, len, &((bool *)w->data)[row]);
    case SQL_T_TINYINT:
    case SQL_T_SMALLINT:
    case SQL_T_INT:
    case SQL_T_BIGINT:
        return put_integer(w, row, s, len);
    case SQL_T_FLOAT:
    case SQL_T_DOUBLE:
        return put_float(w, row, s, len);
    case SQL_T_DECIMAL:
        return put_decimal(w, row, s, len);
    case SQL_T_DATE:
        return value_date(s, len, &((int32_t *)w->data)[row]);
    case SQL_T_TIMESTAMP:
    case SQL_T_TIMESTAMP_NTZ:
        return value_timestamp(s, len, &((int64_t *)w->data)[row]);
    case SQL_T_BINARY:
        return put_binary(w, row, s, len);
    default:
        return put_text(w, row, s, len);
    }
}

static void scalar(struct writer *w, idx_t row, const char *s, size_t len, const char *name, struct writer_fault *fault)
{
    valid(w, row);
    if (!put_scalar(w, row, s, len))
        refuse(w, row, s, len, name, fault);
}

/* ---- JSON */

static bool is_nested(const struct writer *w) { return w->child_count > 0 || w->type->kind == SQL_T_STRUCT; }

static void refuse_json(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    size_t len = 0;
    char *s = yyjson_val_write(v, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &len);
    refuse(w, row, s ? s : "", len, name, fault);
    free(s);
}

/* A field of an object that the type does not have is left out; one that the object does not have is null. */
static void json_struct(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    valid(w, row);
    for (size_t i = 0; i < w->child_count; i++) {
        const char *field = w->type->fields[i].name;
        yyjson_val *value = yyjson_obj_get(v, field);
        yyjson_obj_iter it = yyjson_obj_iter_with(v);
        for (yyjson_val *k; !value && (k = yyjson_obj_iter_next(&it));)
            if (str_ieq(yyjson_get_str(k), field))
                value = yyjson_obj_iter_get_val(k);
        writer_json(&w->children[i], row, value, name, fault);
    }
}

static void json_array(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    idx_t n = yyjson_arr_size(v), at = list_room(w, n);
    yyjson_arr_iter it = yyjson_arr_iter_with(v);
    valid(w, row);
    ((duckdb_list_entry *)w->data)[row] = (duckdb_list_entry){at, n};
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&it)); at++)
        writer_json(&w->children[0], at, item, name, fault);
}

/* Two equal keys, or one that is not of its type, and the map is none. */
static bool json_entries(struct writer *w, idx_t at, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    struct writer *entry = &w->children[0], *key = &entry->children[0];
    yyjson_obj_iter it = yyjson_obj_iter_with(v);
    struct map seen = {0};
    bool good = true;
    for (yyjson_val *k; (k = yyjson_obj_iter_next(&it)); at++) {
        const char *text = yyjson_get_str(k);
        valid(entry, at);
        valid(key, at);
        good &= put_scalar(key, at, text, yyjson_get_len(k)) && !map_has(&seen, text);
        map_set(&seen, text, entry);
        writer_json(&entry->children[1], at, yyjson_obj_iter_get_val(k), name, fault);
    }
    map_free(&seen);
    return good;
}

static void json_map(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    idx_t n = yyjson_obj_size(v), at = list_room(w, n);
    valid(w, row);
    ((duckdb_list_entry *)w->data)[row] = (duckdb_list_entry){at, n};
    if (!json_entries(w, at, v, name, fault))
        refuse_json(w, row, v, name, fault);
}

static void json_nested(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    if (w->type->kind == SQL_T_ARRAY && yyjson_is_arr(v))
        json_array(w, row, v, name, fault);
    else if (w->type->kind == SQL_T_MAP && yyjson_is_obj(v))
        json_map(w, row, v, name, fault);
    else if (w->type->kind == SQL_T_STRUCT && yyjson_is_obj(v))
        json_struct(w, row, v, name, fault);
    else if (yyjson_is_str(v))
        writer_text(w, row, yyjson_get_str(v), yyjson_get_len(v), name, fault);
    else
        refuse_json(w, row, v, name, fault);
}

/* Numbers are read raw, so that digits beyond a double stay. */
void writer_json(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault)
{
    if (!v || yyjson_is_null(v)) {
        writer_null(w, row);
    } else if (is_nested(w)) {
        json_nested(w, row, v, name, fault);
    } else if (yyjson_is_str(v)) {
        scalar(w, row, yyjson_get_str(v), yyjson_get_len(v), name, fault);
    } else if (yyjson_is_raw(v)) {
        const char *raw = yyjson_get_raw(v);
        if (w->type->kind == SQL_T_DATE || w->type->kind == SQL_T_TIMESTAMP || w->type->kind == SQL_T_BINARY ||
            w->type->kind == SQL_T_BOOLEAN)
            refuse_json(w, row, v, name, fault);
        else
            scalar(w, row, raw, yyjson_get_len(v), name, fault);
    } else if (yyjson_is_bool(v) && (w->type->kind == SQL_T_BOOLEAN || w->type->kind == SQL_T_STRING)) {
        const char *s = yyjson_get_bool(v) ? "true" : "false";
        scalar(w, row, s, strlen(s), name, fault);
    } else if (w->type->kind == SQL_T_STRING) {
        size_t len = 0;
        char *s = yyjson_val_write(v, 0, &len);
        scalar(w, row, s ? s : "", len, name, fault);
        free(s);
    } else {
        refuse_json(w, row, v, name, fault);
    }
}

void writer_text(struct writer *w, idx_t row, const char *s, size_t len, const char *name, struct writer_fault *fault)
{
    if (!is_nested(w)) {
        scalar(w, row, s, len, name, fault);
        return;
    }
    yyjson_doc *doc = yyjson_read(s, len, YYJSON_READ_NUMBER_AS_RAW);
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (!root || yyjson_is_str(root))
        refuse(w, row, s, len, name, fault);
    else
        writer_json(w, row, root, name, fault);
    yyjson_doc_free(doc);
}
