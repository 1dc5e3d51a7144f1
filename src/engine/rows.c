/* Small results: Arrow batches to engine_rows, nested values to JSON text. */
#include "engine/engine_impl.h"

#include <math.h>

/* A column of the batch with its schema, both walked in parallel. */
struct cell {
    const struct ArrowSchema *schema;
    const struct ArrowSchemaView *types; /* of this node; children follow by schema_view() */
    struct ArrowArrayView *view;
    int64_t row;
};

#define CELL_TEXT_MAX (1u << 30)

const char *engine_stream_last_error(struct ArrowArrayStream *stream)
{
    const struct error *err = stream->private_data;
    return err->kind ? err->what : NULL;
}

const struct error *engine_stream_error(struct ArrowArrayStream *stream)
{
    return stream->get_last_error == engine_stream_last_error ? stream->private_data : NULL;
}

static bool schema_view(const struct ArrowSchema *schema, struct ArrowSchemaView *ret)
{
    return ArrowSchemaViewInit(ret, schema, NULL) == NANOARROW_OK;
}

static int64_t timestamp_us(const struct ArrowSchemaView *type, int64_t v)
{
    switch (type->time_unit) {
    case NANOARROW_TIME_UNIT_SECOND:
        return v * 1000000;
    case NANOARROW_TIME_UNIT_MILLI:
        return v * 1000;
    case NANOARROW_TIME_UNIT_MICRO:
        return v;
    case NANOARROW_TIME_UNIT_NANO:
        return v >= 0 ? v / 1000 : -((999 - v) / 1000);
    }
    return v;
}

static void put_decimal(struct buf *b, const struct ArrowSchemaView *type, struct ArrowArrayView *view, int64_t row)
{
    struct ArrowDecimal d;
    struct ArrowBuffer text;
    ArrowDecimalInit(&d, type->decimal_bitwidth, type->decimal_precision, type->decimal_scale);
    ArrowBufferInit(&text);
    ArrowArrayViewGetDecimalUnsafe(view, row, &d);
    if (ArrowDecimalAppendStringToBuffer(&d, &text) == NANOARROW_OK)
        buf_add(b, text.data, (size_t)text.size_bytes);
    ArrowBufferReset(&text);
}

static void put_date(struct buf *b, int64_t days)
{
    char text[40];
    time_format_us(days * 86400000000, text);
    char *t = strchr(text, 'T');
    if (t)
        *t = '\0';
    buf_puts(b, text);
}

static void put_time(struct buf *b, const struct ArrowSchemaView *type, int64_t v)
{
    int64_t us = timestamp_us(type, v);
    buf_printf(b, "%02d:%02d:%02d", (int)(us / 3600000000), (int)(us / 60000000 % 60), (int)(us / 1000000 % 60));
    if (us % 1000000)
        buf_printf(b, ".%06d", (int)(us % 1000000));
}

static void put_interval(struct buf *b, const struct ArrowArrayView *view, int64_t row)
{
    struct ArrowInterval v;
    ArrowIntervalInit(&v, NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO);
    ArrowArrayViewGetIntervalUnsafe(view, row, &v);
    buf_printf(b, "%d months %d days %.6f seconds", v.months, v.days, (double)v.ns / 1e9);
}

static void put_double(struct buf *b, double v)
{
    char text[40];
    for (int precision = 15; precision <= 17; precision++) {
        double back = 0;
        snprintf(text, sizeof(text), "%.*g", precision, v);
        if (str_to_f64(text, &back) == 0 && back == v)
            break;
    }
    buf_puts(b, text);
}

static void put_bytes_hex(struct buf *b, struct ArrowBufferView v)
{
    for (int64_t i = 0; i < v.size_bytes; i++)
        buf_printf(b, "%02X", v.data.as_uint8[i]);
}

/* The text of a scalar that is neither a number nor a string of its own; false: not such a type. */
static bool put_scalar_text(struct buf *b, const struct ArrowSchemaView *type, struct ArrowArrayView *view, int64_t row)
{
    char text[40];
    switch (type->type) {
    case NANOARROW_TYPE_TIMESTAMP:
        buf_puts(b, time_format_us(timestamp_us(type, ArrowArrayViewGetIntUnsafe(view, row)), text));
        return true;
    case NANOARROW_TYPE_DATE32:
        put_date(b, ArrowArrayViewGetIntUnsafe(view, row));
        return true;
    case NANOARROW_TYPE_TIME32:
    case NANOARROW_TYPE_TIME64:
        put_time(b, type, ArrowArrayViewGetIntUnsafe(view, row));
        return true;
    case NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO:
        put_interval(b, view, row);
        return true;
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY:
        put_bytes_hex(b, ArrowArrayViewGetBytesUnsafe(view, row));
        return true;
    default:
        return false;
    }
}

static bool put_json(struct buf *b, const struct ArrowSchema *schema, struct ArrowArrayView *view, int64_t row, int depth);

static bool put_json_list(struct buf *b, const struct ArrowSchema *schema, struct ArrowArrayView *view, int64_t from, int64_t to, int depth)
{
    buf_putc(b, '[');
    for (int64_t i = from; i < to; i++) {
        if (i > from)
            buf_putc(b, ',');
        if (!put_json(b, schema->children[0], view->children[0], i, depth + 1))
            return false;
    }
    buf_putc(b, ']');
    return true;
}

static bool put_json_struct(struct buf *b, const struct ArrowSchema *schema, struct ArrowArrayView *view, int64_t row, int depth)
{
    buf_putc(b, '{');
    for (int64_t i = 0; i < schema->n_children; i++) {
        const char *name = schema->children[i]->name;
        if (i)
            buf_putc(b, ',');
        buf_put_json(b, name);
        buf_putc(b, ':');
        if (!put_json(b, schema->children[i], view->children[i], row, depth + 1))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

/* Keys of any type become JSON strings. */
static bool put_json_map(struct buf *b, const struct ArrowSchema *schema, struct ArrowArrayView *view, int64_t from, int64_t to, int depth)
{
    const struct ArrowSchema *entry = schema->children[0];
    struct ArrowArrayView *entries = view->children[0];
    buf_putc(b, '{');
    for (int64_t i = from; i < to; i++) {
        size_t start;
        if (i > from)
            buf_putc(b, ',');
        start = b->len;
        if (!put_json(b, entry->children[0], entries->children[0], i, depth + 1))
            return false;
        if (b->len > start && b->data[start] != '"') {
            char *key = xstrndup(b->data + start, b->len - start);
            b->len = start;
            buf_put_json(b, key);
            free_ptr(&key);
        }
        buf_putc(b, ':');
        if (!put_json(b, entry->children[1], entries->children[1], i, depth + 1))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

static bool put_json(struct buf *b, const struct ArrowSchema *schema, struct ArrowArrayView *view, int64_t row, int depth)
{
    struct ArrowSchemaView type;
    struct ArrowStringView s;
    double d;
    if (depth > LIMIT_SQL_DEPTH || !schema_view(schema, &type))
        return false;
    if (type.type == NANOARROW_TYPE_NA || ArrowArrayViewIsNull(view, row)) {
        buf_puts(b, "null");
        return true;
    }
    switch (type.type) {
    case NANOARROW_TYPE_BOOL:
        buf_puts(b, ArrowArrayViewGetIntUnsafe(view, row) ? "true" : "false");
        return true;
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
        buf_printf(b, "%lld", (long long)ArrowArrayViewGetIntUnsafe(view, row));
        return true;
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_UINT32:
    case NANOARROW_TYPE_UINT64:
        buf_printf(b, "%llu", (unsigned long long)ArrowArrayViewGetUIntUnsafe(view, row));
        return true;
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
        d = ArrowArrayViewGetDoubleUnsafe(view, row);
        if (isfinite(d))
            put_double(b, d);
        else
            buf_puts(b, "null");
        return true;
    case NANOARROW_TYPE_DECIMAL128:
    case NANOARROW_TYPE_DECIMAL256:
        put_decimal(b, &type, view, row);
        return true;
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
        s = ArrowArrayViewGetStringUnsafe(view, row);
        buf_add_json(b, s.data, (size_t)s.size_bytes);
        return true;
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST:
        return put_json_list(b, schema, view, ArrowArrayViewListChildOffset(view, row), ArrowArrayViewListChildOffset(view, row + 1),
                             depth);
    case NANOARROW_TYPE_STRUCT:
        return put_json_struct(b, schema, view, row, depth);
    case NANOARROW_TYPE_MAP:
        return put_json_map(b, schema, view, ArrowArrayViewListChildOffset(view, row), ArrowArrayViewListChildOffset(view, row + 1), depth);
    default:
        break;
    }
    buf_putc(b, '"');
    bool known = put_scalar_text(b, &type, view, row);
    buf_putc(b, '"');
    return known;
}

static int cell_text(struct arena *a, struct buf *b, struct engine_value *ret, struct error *err)
{
    if (b->overflow)
        return error_set(err, ERROR_LIMIT, "a value of a result is longer than %u bytes", CELL_TEXT_MAX);
    ret->text = arena_strndup(a, b->data ? b->data : "", b->len);
    return 0;
}

static int read_other(const struct cell *c, struct arena *a, struct engine_value *ret, struct error *err)
{
    struct buf b CLEANUP(buf_free) = {0};
    buf_init(&b, CELL_TEXT_MAX);
    ret->type = ENGINE_OTHER;
    if (c->types->type == NANOARROW_TYPE_DECIMAL128 || c->types->type == NANOARROW_TYPE_DECIMAL256)
        put_decimal(&b, c->types, c->view, c->row);
    else if (!put_scalar_text(&b, c->types, c->view, c->row) && !put_json(&b, c->schema, c->view, c->row, 0))
        return error_set(err, ERROR_ENGINE, "column %s has a type that cannot be shown", c->schema->name);
    return cell_text(a, &b, ret, err);
}

static int read_unsigned(const struct cell *c, struct arena *a, struct engine_value *ret)
{
    uint64_t u = ArrowArrayViewGetUIntUnsafe(c->view, c->row);
    if (u <= INT64_MAX)
        *ret = (struct engine_value){.type = ENGINE_I64, .i = (int64_t)u};
    else
        *ret = (struct engine_value){.type = ENGINE_OTHER, .text = arena_printf(a, "%llu", (unsigned long long)u)};
    return 0;
}

static int read_cell(const struct cell *c, struct arena *a, struct engine_value *ret, struct error *err)
{
    struct ArrowStringView s;
    *ret = (struct engine_value){.type = ENGINE_NULL};
    if (c->types->type == NANOARROW_TYPE_NA || ArrowArrayViewIsNull(c->view, c->row))
        return 0;
    switch (c->types->type) {
    case NANOARROW_TYPE_BOOL:
        *ret = (struct engine_value){.type = ENGINE_BOOL, .b = ArrowArrayViewGetIntUnsafe(c->view, c->row) != 0};
        return 0;
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
        *ret = (struct engine_value){.type = ENGINE_I64, .i = ArrowArrayViewGetIntUnsafe(c->view, c->row)};
        return 0;
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_UINT32:
    case NANOARROW_TYPE_UINT64:
        return read_unsigned(c, a, ret);
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
        *ret = (struct engine_value){.type = ENGINE_F64, .f = ArrowArrayViewGetDoubleUnsafe(c->view, c->row)};
        return 0;
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
        s = ArrowArrayViewGetStringUnsafe(c->view, c->row);
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = arena_strndup(a, s.data, (size_t)s.size_bytes)};
        return 0;
    case NANOARROW_TYPE_TIMESTAMP:
        *ret = (struct engine_value){.type = ENGINE_TIMESTAMP, .i = timestamp_us(c->types, ArrowArrayViewGetIntUnsafe(c->view, c->row))};
        return 0;
    case NANOARROW_TYPE_DATE32:
        *ret = (struct engine_value){.type = ENGINE_DATE, .i = ArrowArrayViewGetIntUnsafe(c->view, c->row)};
        return 0;
    default:
        return read_other(c, a, ret, err);
    }
}

typedef VEC(struct engine_value) value_vec;

static int read_batch(const struct ArrowSchema *schema, const struct ArrowSchemaView *types, struct ArrowArrayView *view, value_vec *values,
                      struct arena *a, struct error *err)
{
    for (int64_t row = 0; row < view->length; row++) {
        for (int64_t column = 0; column < schema->n_children; column++) {
            struct cell c = {schema->children[column], &types[column], view->children[column], row};
            int rc = read_cell(&c, a, VEC_ADD(values), err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

static int stream_failed(struct ArrowArrayStream *stream, struct error *err)
{
    const struct error *known = engine_stream_error(stream);
    if (known && known->kind) {
        if (err)
            *err = *known;
        return known->kind;
    }
    const char *text = stream->get_last_error(stream);
    return error_set(err, ERROR_ENGINE, "%s", text ? text : "the result could not be read");
}

static int read_batches(struct ArrowArrayStream *stream, const struct ArrowSchema *schema, size_t max_rows, struct arena *a,
                        value_vec *values, size_t *ret_rows, struct error *err)
{
    struct ArrowArrayView view;
    struct ArrowSchemaView *types = arena_alloc(a, sizeof(*types) * (size_t)(schema->n_children + 1));
    size_t rows = 0;
    int rc = 0;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (!schema_view(schema->children[i], &types[i]))
            return error_set(err, ERROR_ENGINE, "column %s has an unknown type", schema->children[i]->name);
    if (ArrowArrayViewInitFromSchema(&view, schema, NULL) != NANOARROW_OK)
        return error_set(err, ERROR_ENGINE, "the result has a type that cannot be read");
    while (!rc) {
        struct ArrowArray batch = {0};
        if (stream->get_next(stream, &batch) != NANOARROW_OK) {
            rc = stream_failed(stream, err);
            break;
        }
        if (!batch.release)
            break;
        rows += (size_t)batch.length;
        if (rows > max_rows)
            rc = error_set(err, ERROR_LIMIT, "the result has more than %zu row%s", max_rows, max_rows == 1 ? "" : "s");
        else if (ArrowArrayViewSetArray(&view, &batch, NULL) != NANOARROW_OK)
            rc = error_set(err, ERROR_ENGINE, "a batch of the result does not fit its schema");
        else
            rc = read_batch(schema, types, &view, values, a, err);
        batch.release(&batch);
    }
    ArrowArrayViewReset(&view);
    *ret_rows = rows;
    return rc;
}

int engine_read_rows(struct ArrowArrayStream *stream, size_t max_rows, struct arena *a, struct engine_rows *ret, struct error *err)
{
    struct ArrowSchema schema;
    value_vec values = {0};
    size_t rows = 0;
    if (stream->get_schema(stream, &schema) != NANOARROW_OK)
        return stream_failed(stream, err);
    int rc = read_batches(stream, &schema, max_rows, a, &values, &rows, err);
    if (!rc) {
        ret->row_count = rows;
        ret->values = VEC_COPY(a, &values);
    }
    VEC_FREE(&values);
    schema.release(&schema);
    return rc;
}
