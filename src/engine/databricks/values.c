/* Types of a manifest and values of JSON_ARRAY as Arrow. */
#include "engine/databricks/databricks.h"

#include <math.h>
#include <stdlib.h>

static const char *text_of(yyjson_val *object, const char *key) { return yyjson_get_str(yyjson_obj_get(object, key)); }

static void check_memory(int code)
{
    if (code == ENOMEM)
        out_of_memory();
}

/* ---- types -------------------------------------------------------------------------------------------------------- */

static int set_type(struct ArrowSchema *s, const struct sql_type *t);

static int set_simple(struct ArrowSchema *s, const struct sql_type *t)
{
    switch (t->kind) {
    case SQL_T_VOID:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_NA);
    case SQL_T_BOOLEAN:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_BOOL);
    case SQL_T_TINYINT:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_INT8);
    case SQL_T_SMALLINT:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_INT16);
    case SQL_T_INT:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_INT32);
    case SQL_T_BIGINT:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_INT64);
    case SQL_T_FLOAT:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_FLOAT);
    case SQL_T_DOUBLE:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_DOUBLE);
    case SQL_T_BINARY:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_BINARY);
    case SQL_T_DATE:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_DATE32);
    case SQL_T_DECIMAL:
        return ArrowSchemaSetTypeDecimal(s, NANOARROW_TYPE_DECIMAL128, t->precision, t->scale);
    case SQL_T_TIMESTAMP:
        return ArrowSchemaSetTypeDateTime(s, NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO, "UTC");
    case SQL_T_TIMESTAMP_NTZ:
        return ArrowSchemaSetTypeDateTime(s, NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO, NULL);
    default:
        return ArrowSchemaSetType(s, NANOARROW_TYPE_STRING);
    }
}

static int set_struct(struct ArrowSchema *s, const struct sql_type *t)
{
    int code = ArrowSchemaSetTypeStruct(s, (int64_t)t->field_count);
    for (size_t i = 0; code == NANOARROW_OK && i < t->field_count; i++) {
        code = set_type(s->children[i], t->fields[i].type);
        if (code == NANOARROW_OK)
            code = ArrowSchemaSetName(s->children[i], t->fields[i].name);
    }
    return code;
}

static int set_type(struct ArrowSchema *s, const struct sql_type *t)
{
    int code;
    switch (t->kind) {
    case SQL_T_ARRAY:
        code = ArrowSchemaSetType(s, NANOARROW_TYPE_LIST);
        return code == NANOARROW_OK ? set_type(s->children[0], t->item) : code;
    case SQL_T_MAP:
        code = ArrowSchemaSetType(s, NANOARROW_TYPE_MAP);
        if (code == NANOARROW_OK)
            code = set_type(s->children[0]->children[0], t->key);
        s->children[0]->children[0]->flags &= ~ARROW_FLAG_NULLABLE;
        return code == NANOARROW_OK ? set_type(s->children[0]->children[1], t->item) : code;
    case SQL_T_STRUCT:
        return set_struct(s, t);
    default:
        return set_simple(s, t);
    }
}

int dbx_schema(yyjson_val *columns, struct ArrowSchema *ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    static const struct sql_type text = {.kind = SQL_T_STRING};
    struct ArrowSchema s;
    yyjson_val *c;
    size_t i, n;
    ArrowSchemaInit(&s);
    int code = ArrowSchemaSetTypeStruct(&s, (int64_t)yyjson_arr_size(columns));
    yyjson_arr_foreach(columns, i, n, c)
    {
        const struct sql_type *t = &text;
        struct error ignored;
        const char *type = text_of(c, "type_text"), *name = text_of(c, "name");
        if (!type || sql_type_parse(a, type, &t, &ignored))
            t = &text;
        if (code == NANOARROW_OK)
            code = set_type(s.children[i], t);
        if (code == NANOARROW_OK)
            code = ArrowSchemaSetName(s.children[i], name ? name : "");
    }
    check_memory(code);
    if (code != NANOARROW_OK) {
        ArrowSchemaRelease(&s);
        return error_set(err, ERROR_ENGINE, "the result has a type that Arrow does not have");
    }
    *ret = s;
    return 0;
}

int dbx_schema_in_utc(struct ArrowSchema *schema)
{
    int code = NANOARROW_OK;
    const char *format = schema->format;
    if (str_starts(format, "ts") && strlen(format) > 4) {
        char utc[16];
        snprintf(utc, sizeof(utc), "%.4sUTC", format);
        code = ArrowSchemaSetFormat(schema, utc);
    }
    for (int64_t i = 0; code == NANOARROW_OK && i < schema->n_children; i++)
        code = dbx_schema_in_utc(schema->children[i]);
    check_memory(code);
    return code;
}

/* ---- values ----------------------------------------------------------------------------------------------------------- */

static int append(struct ArrowArray *to, const struct ArrowSchema *schema, yyjson_val *v, int depth);

/* Leaves are text; within nested values the service may write numbers as such. */
static const char *leaf_text(yyjson_val *v, char number[64])
{
    if (yyjson_is_str(v))
        return yyjson_get_str(v);
    if (yyjson_is_bool(v))
        return yyjson_get_bool(v) ? "true" : "false";
    if (yyjson_is_uint(v))
        snprintf(number, 64, "%llu", (unsigned long long)yyjson_get_uint(v));
    else if (yyjson_is_sint(v))
        snprintf(number, 64, "%lld", (long long)yyjson_get_sint(v));
    else if (yyjson_is_real(v))
        snprintf(number, 64, "%.17g", yyjson_get_real(v));
    else
        return NULL;
    return number;
}

static int append_decimal(struct ArrowArray *to, const struct ArrowSchemaView *type, const char *text)
{
    char digits[96];
    size_t n = 0;
    const char *p = text, *point = strchr(text, '.');
    int scale = type->decimal_scale, after = point ? (int)strlen(point + 1) : 0;
    struct ArrowDecimal d;
    if (strlen(text) + (size_t)scale + 2 > sizeof(digits) || after > scale || !*text)
        return EINVAL;
    for (; *p; p++)
        if (*p != '.')
            digits[n++] = *p;
    for (int i = after; i < scale; i++)
        digits[n++] = '0';
    digits[n] = '\0';
    if (strspn(digits + (digits[0] == '-'), "0123456789") != n - (digits[0] == '-'))
        return EINVAL;
    ArrowDecimalInit(&d, type->decimal_bitwidth, type->decimal_precision, scale);
    int code = ArrowDecimalSetDigits(&d, (struct ArrowStringView){digits, (int64_t)n});
    return code == NANOARROW_OK ? ArrowArrayAppendDecimal(to, &d) : code;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int append_binary(struct ArrowArray *to, const char *text)
{
    size_t len = strlen(text), n = 0;
    unsigned bits = 0, held = 0;
    int code = NANOARROW_OK;
    unsigned char *bytes = xmalloc(len + 1);
    for (size_t i = 0; i < len && code == NANOARROW_OK; i++) {
        if (text[i] == '=' && i + 2 >= len)
            continue;
        int v = base64_value(text[i]);
        code = v < 0 ? EINVAL : NANOARROW_OK;
        bits = (bits << 6 | (unsigned)v) & 0xffff;
        held += 6;
        if (held >= 8)
            bytes[n++] = (unsigned char)(bits >> (held -= 8));
    }
    if (code == NANOARROW_OK)
        code = ArrowArrayAppendBytes(to, (struct ArrowBufferView){.data.data = bytes, .size_bytes = (int64_t)n});
    free(bytes);
    return code;
}

static int append_time(struct ArrowArray *to, bool day, const char *text)
{
    int64_t us;
    if (time_parse_us(text, &us))
        return EINVAL;
    if (!day)
        return ArrowArrayAppendInt(to, us);
    int64_t days = us / 86400000000 - (us % 86400000000 < 0);
    return ArrowArrayAppendInt(to, days);
}

static int append_leaf(struct ArrowArray *to, const struct ArrowSchemaView *type, const char *text)
{
    int64_t i;
    double f;
    bool b;
    switch (type->type) {
    case NANOARROW_TYPE_BOOL:
        return str_to_bool(text, &b) ? EINVAL : ArrowArrayAppendInt(to, b);
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
        return str_to_i64(text, &i) ? EINVAL : ArrowArrayAppendInt(to, i);
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
        if (str_eq(text, "NaN"))
            f = NAN;
        else if (str_eq(text, "Infinity") || str_eq(text, "-Infinity"))
            f = text[0] == '-' ? -INFINITY : INFINITY;
        else if (str_to_f64(text, &f))
            return EINVAL;
        return ArrowArrayAppendDouble(to, f);
    case NANOARROW_TYPE_DECIMAL128:
        return append_decimal(to, type, text);
    case NANOARROW_TYPE_DATE32:
        return append_time(to, true, text);
    case NANOARROW_TYPE_TIMESTAMP:
        return append_time(to, false, text);
    case NANOARROW_TYPE_BINARY:
        return append_binary(to, text);
    case NANOARROW_TYPE_STRING:
        return ArrowArrayAppendString(to, ArrowCharView(text));
    default:
        return EINVAL;
    }
}

static int append_nested(struct ArrowArray *to, const struct ArrowSchema *schema, enum ArrowType type, yyjson_val *v, int depth)
{
    yyjson_val *key, *item;
    size_t i, n;
    int code = NANOARROW_OK;
    if (type == NANOARROW_TYPE_LIST && yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) if (code == NANOARROW_OK) code = append(to->children[0], schema->children[0], item, depth + 1);
    } else if (type == NANOARROW_TYPE_MAP && yyjson_is_obj(v)) {
        struct ArrowArray *entries = to->children[0];
        yyjson_obj_foreach(v, i, n, key, item)
        {
            if (code == NANOARROW_OK)
                code = append(entries->children[0], schema->children[0]->children[0], key, depth + 1);
            if (code == NANOARROW_OK)
                code = append(entries->children[1], schema->children[0]->children[1], item, depth + 1);
            if (code == NANOARROW_OK)
                code = ArrowArrayFinishElement(entries);
        }
    } else if (type == NANOARROW_TYPE_STRUCT && yyjson_is_obj(v)) {
        for (int64_t f = 0; f < schema->n_children && code == NANOARROW_OK; f++)
            code = append(to->children[f], schema->children[f], yyjson_obj_get(v, schema->children[f]->name), depth + 1);
    } else {
        return EINVAL;
    }
    return code == NANOARROW_OK ? ArrowArrayFinishElement(to) : code;
}

static int append(struct ArrowArray *to, const struct ArrowSchema *schema, yyjson_val *v, int depth)
{
    struct ArrowSchemaView type;
    char number[64];
    if (!v || yyjson_is_null(v))
        return ArrowArrayAppendNull(to, 1);
    if (depth > LIMIT_SQL_DEPTH || ArrowSchemaViewInit(&type, schema, NULL) != NANOARROW_OK)
        return EINVAL;
    if (type.type != NANOARROW_TYPE_LIST && type.type != NANOARROW_TYPE_MAP && type.type != NANOARROW_TYPE_STRUCT) {
        const char *text = leaf_text(v, number);
        return text ? append_leaf(to, &type, text) : EINVAL;
    }
    if (!yyjson_is_str(v))
        return append_nested(to, schema, type.type, v, depth);
    yyjson_doc *doc = yyjson_read(yyjson_get_str(v), yyjson_get_len(v), 0); /* a nested value in a cell is JSON as text */
    int code = doc ? append_nested(to, schema, type.type, yyjson_doc_get_root(doc), depth) : EINVAL;
    yyjson_doc_free(doc);
    return code;
}

static int append_rows(yyjson_val *rows, const struct ArrowSchema *schema, struct ArrowArray *to, struct error *err)
{
    yyjson_val *row;
    size_t i, n;
    yyjson_arr_foreach(rows, i, n, row)
    {
        if (yyjson_arr_size(row) != (size_t)schema->n_children)
            return error_set(err, ERROR_UNAVAILABLE, "row %zu of the result has %zu values for %lld columns", i + 1, yyjson_arr_size(row),
                             (long long)schema->n_children);
        for (int64_t c = 0; c < schema->n_children; c++) {
            int code = append(to->children[c], schema->children[c], yyjson_arr_get(row, (size_t)c), 0);
            check_memory(code);
            if (code != NANOARROW_OK)
                return error_set(err, ERROR_UNAVAILABLE, "a value of column %s of the result cannot be read as its type",
                                 schema->children[c]->name);
        }
        int code = ArrowArrayFinishElement(to);
        check_memory(code);
        if (code != NANOARROW_OK)
            return error_set(err, ERROR_INTERNAL, "a row of the result does not fit its columns");
    }
    return 0;
}

int dbx_rows(yyjson_val *rows, const struct ArrowSchema *schema, struct ArrowArray *ret, struct error *err)
{
    struct ArrowArray batch;
    int code = ArrowArrayInitFromSchema(&batch, schema, NULL);
    check_memory(code);
    if (code != NANOARROW_OK)
        return error_set(err, ERROR_ENGINE, "the result has a type that Arrow does not have");
    code = ArrowArrayStartAppending(&batch);
    check_memory(code);
    int rc = code == NANOARROW_OK ? append_rows(rows, schema, &batch, err) : error_set(err, ERROR_INTERNAL, "a batch cannot be begun");
    if (!rc) {
        code = ArrowArrayFinishBuildingDefault(&batch, NULL);
        check_memory(code);
        if (code != NANOARROW_OK)
            rc = error_set(err, ERROR_INTERNAL, "a batch cannot be ended");
    }
    if (rc) {
        ArrowArrayRelease(&batch);
        return rc;
    }
    *ret = batch;
    return 0;
}
