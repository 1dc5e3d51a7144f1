#include "semantic/parquet.h"

#include <stdlib.h>

#include "semantic/thrift.h"

#define MAX_BYTES (1u << 30) /* of one column of one row group */
#define DECIMAL_BYTES 16

/* ---- levels --------------------------------------------------------------------------------------------- */

static void end_run(struct level_runs *l)
{
    if (!l->run)
        return;
    thrift_varint(&l->bytes, l->run << 1);
    buf_putc(&l->bytes, (char)l->value); /* levels stay below 256: one byte */
    l->run = 0;
}

static void put_level(struct level_runs *l, int value)
{
    if (l->value != value)
        end_run(l);
    l->value = value;
    l->run++;
}

/* ---- schema ------------------------------------------------------------------------------------------------- */

static enum parquet_type type_of(const struct field *f)
{
    switch (f->type) {
    case NANOARROW_TYPE_BOOL:
        return PARQUET_BOOLEAN;
    case NANOARROW_TYPE_INT8:
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_NA:
    case NANOARROW_TYPE_DATE32:
    case NANOARROW_TYPE_DATE64:
        return PARQUET_INT32;
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT32:
    case NANOARROW_TYPE_UINT64:
    case NANOARROW_TYPE_TIMESTAMP:
        return PARQUET_INT64;
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
        return PARQUET_FLOAT;
    case NANOARROW_TYPE_DOUBLE:
        return PARQUET_DOUBLE;
    case NANOARROW_TYPE_DECIMAL128:
        return PARQUET_FIXED;
    default:
        return PARQUET_BYTE_ARRAY; /* text, bytes, and what has only a text form here: times of day, intervals */
    }
}

struct place { /* where the walk through the schema is */
    const char *names[2 * CELL_DEPTH + 2];
    size_t depth;
    int definition, repetition;
};

static int add_leaves(struct parquet *p, const struct field *f, const char *name, bool optional, struct place at, struct error *err)
{
    if (at.depth + 3 > ARRAY_LEN(at.names))
        return error_set(err, ERROR_ENGINE, "the column %s is nested too deep for Parquet", at.names[0]);
    at.names[at.depth++] = name;
    at.definition += optional;
    int rc = 0;
    switch (f->type) {
    case NANOARROW_TYPE_STRUCT:
        if (!f->child_count)
            return error_set(err, ERROR_ENGINE, "the column %s is a struct without fields, which Parquet cannot hold", at.names[0]);
        for (size_t i = 0; i < f->child_count && !rc; i++)
            rc = add_leaves(p, &f->children[i], f->children[i].name, true, at, err);
        return rc;
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST:
    case NANOARROW_TYPE_MAP: {
        bool map = f->type == NANOARROW_TYPE_MAP;
        at.names[at.depth++] = map ? "key_value" : "list";
        at.definition++;
        at.repetition++;
        rc = add_leaves(p, &f->children[0], map ? "key" : "element", !map, at, err);
        return rc || !map ? rc : add_leaves(p, &f->children[1], "value", true, at, err);
    }
    default:
        break;
    }
    struct parquet_leaf *leaf = VEC_ADD(&p->leaves);
    *leaf = (struct parquet_leaf){
        .field = f, .type = type_of(f), .max_definition = at.definition, .max_repetition = at.repetition, .path_count = at.depth};
    leaf->path = arena_alloc(p->arena, at.depth * sizeof(*leaf->path));
    memcpy(leaf->path, at.names, at.depth * sizeof(*leaf->path));
    buf_init(&leaf->values, MAX_BYTES);
    buf_init(&leaf->definition.bytes, MAX_BYTES);
    buf_init(&leaf->repetition.bytes, MAX_BYTES);
    return 0;
}

int parquet_open(struct parquet *p, struct arena *a, const struct field *columns, size_t count, struct error *err)
{
    *p = (struct parquet){.arena = a, .columns = columns, .column_count = count};
    struct place top = {0};
    int rc = count ? 0 : error_set(err, ERROR_ENGINE, "a result without columns cannot be Parquet");
    for (size_t i = 0; i < count && !rc; i++)
        rc = add_leaves(p, &columns[i], columns[i].name, true, top, err);
    return rc;
}

/* ---- values --------------------------------------------------------------------------------------------------- */

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_putc(b, (char)(v >> (8 * i)));
}

static void put_bit(struct parquet_leaf *leaf, bool v)
{
    if (leaf->bits % 8 == 0)
        buf_putc(&leaf->values, 0);
    if (v && leaf->values.len)
        leaf->values.data[leaf->values.len - 1] = (char)(leaf->values.data[leaf->values.len - 1] | 1 << (leaf->bits % 8));
    leaf->bits++;
}

static int64_t micros(const struct field *f, int64_t v)
{
    switch (f->unit) {
    case NANOARROW_TIME_UNIT_SECOND:
        return v * 1000000;
    case NANOARROW_TIME_UNIT_MILLI:
        return v * 1000;
    case NANOARROW_TIME_UNIT_NANO:
        return v / 1000 - (v % 1000 < 0);
    default:
        return v;
    }
}

static void put_decimal(struct parquet_leaf *leaf, const struct ArrowArrayView *v, int64_t row)
{
    struct ArrowDecimal d;
    ArrowDecimalInit(&d, 128, leaf->field->precision, leaf->field->scale);
    ArrowArrayViewGetDecimalUnsafe(v, row, &d);
    uint8_t little[DECIMAL_BYTES];
    ArrowDecimalGetBytes(&d, little);
    for (int i = DECIMAL_BYTES - 1; i >= 0; i--)
        buf_putc(&leaf->values, (char)little[i]);
}

static void put_bytes(struct parquet_leaf *leaf, const struct ArrowArrayView *v, int64_t row)
{
    enum ArrowType t = leaf->field->type;
    bool raw = t == NANOARROW_TYPE_BINARY || t == NANOARROW_TYPE_LARGE_BINARY || t == NANOARROW_TYPE_BINARY_VIEW ||
               t == NANOARROW_TYPE_FIXED_SIZE_BINARY;
    if (raw) {
        struct ArrowBufferView bytes = ArrowArrayViewGetBytesUnsafe(v, row);
        put_le(&leaf->values, (uint64_t)bytes.size_bytes, 4);
        buf_add(&leaf->values, bytes.data.data, (size_t)bytes.size_bytes);
        return;
    }
    size_t at = leaf->values.len;
    put_le(&leaf->values, 0, 4);
    cell_text(&leaf->values, leaf->field, v, row);
    uint32_t len = (uint32_t)(leaf->values.len - at - 4);
    for (unsigned i = 0; i < 4 && !leaf->values.overflow; i++)
        leaf->values.data[at + i] = (char)(len >> (8 * i));
}

static void put_value(struct parquet_leaf *leaf, const struct ArrowArrayView *v, int64_t row)
{
    const struct field *f = leaf->field;
    switch (leaf->type) {
    case PARQUET_BOOLEAN:
        put_bit(leaf, ArrowArrayViewGetIntUnsafe(v, row) != 0);
        break;
    case PARQUET_INT32: {
        int64_t n = ArrowArrayViewGetIntUnsafe(v, row);
        put_le(&leaf->values, (uint64_t)(f->type == NANOARROW_TYPE_DATE64 ? n / 86400000 : n), 4);
        break;
    }
    case PARQUET_INT64: {
        int64_t n = ArrowArrayViewGetIntUnsafe(v, row);
        put_le(&leaf->values, (uint64_t)(f->type == NANOARROW_TYPE_TIMESTAMP ? micros(f, n) : n), 8);
        break;
    }
    case PARQUET_FLOAT: {
        float d = (float)ArrowArrayViewGetDoubleUnsafe(v, row);
        uint32_t bits;
        memcpy(&bits, &d, sizeof(bits));
        put_le(&leaf->values, bits, 4);
        break;
    }
    case PARQUET_DOUBLE: {
        double d = ArrowArrayViewGetDoubleUnsafe(v, row);
        uint64_t bits;
        memcpy(&bits, &d, sizeof(bits));
        put_le(&leaf->values, bits, 8);
        break;
    }
    case PARQUET_FIXED:
        put_decimal(leaf, v, row);
        break;
    default:
        put_bytes(leaf, v, row);
    }
}

/* ---- shredding -------------------------------------------------------------------------------------------------- */

static void put_null(struct parquet_leaf *leaf, int repetition, int definition)
{
    put_level(&leaf->repetition, repetition);
    put_level(&leaf->definition, definition);
    leaf->entries++;
}

/* A value that is absent at some depth is absent in every leaf below. */
static struct parquet_leaf *nulls(struct parquet_leaf *leaf, const struct field *f, int repetition, int definition)
{
    if (!f->child_count || f->type == NANOARROW_TYPE_DICTIONARY) {
        put_null(leaf, repetition, definition);
        return leaf + 1;
    }
    for (size_t i = 0; i < f->child_count; i++)
        leaf = nulls(leaf, &f->children[i], repetition, definition);
    return leaf;
}

/* Writes the value at row into the leaves from `leaf` on and returns the leaf behind them. */
static struct parquet_leaf *shred(struct parquet_leaf *leaf, const struct field *f, bool optional, const struct ArrowArrayView *v,
                                  int64_t row, int repetition, int definition, int depth)
{
    if (optional && (f->type == NANOARROW_TYPE_NA || ArrowArrayViewIsNull(v, row)))
        return nulls(leaf, f, repetition, definition);
    definition += optional;
    if (f->type == NANOARROW_TYPE_STRUCT) {
        for (size_t i = 0; i < f->child_count; i++)
            leaf = shred(leaf, &f->children[i], true, v->children[i], v->offset + row, repetition, definition, depth);
        return leaf;
    }
    bool map = f->type == NANOARROW_TYPE_MAP;
    if (map || f->type == NANOARROW_TYPE_LIST || f->type == NANOARROW_TYPE_LARGE_LIST || f->type == NANOARROW_TYPE_FIXED_SIZE_LIST) {
        int64_t at = v->offset + row, size = v->layout.child_size_elements;
        bool fixed = f->type == NANOARROW_TYPE_FIXED_SIZE_LIST;
        int64_t from = fixed ? at * size : ArrowArrayViewListChildOffset(v, at),
                to = fixed ? from + size : ArrowArrayViewListChildOffset(v, at + 1);
        struct parquet_leaf *end = leaf;
        if (from == to)
            return nulls(leaf, f, repetition, definition);
        for (int64_t i = from; i < to; i++) {
            int r = i == from ? repetition : depth + 1;
            const struct ArrowArrayView *items = v->children[0];
            int64_t item = map ? items->offset + i : i;
            end = shred(leaf, &f->children[0], !map, map ? items->children[0] : items, item, r, definition + 1, depth + 1);
            if (map)
                end = shred(end, &f->children[1], true, items->children[1], item, r, definition + 1, depth + 1);
        }
        return end;
    }
    put_level(&leaf->repetition, repetition);
    put_level(&leaf->definition, definition);
    leaf->entries++;
    put_value(leaf, v, row);
    return leaf + 1;
}

void parquet_add(struct parquet *p, const struct ArrowArrayView *view)
{
    for (int64_t row = 0; row < view->length; row++) {
        struct parquet_leaf *leaf = p->leaves.items;
        for (size_t i = 0; i < p->column_count; i++)
            leaf = shred(leaf, &p->columns[i], true, view->children[i], view->offset + row, 0, 0, 0);
    }
    p->rows += view->length;
    p->in_memory = 0;
    for (size_t i = 0; i < p->leaves.len; i++)
        p->in_memory += p->leaves.items[i].values.len + p->leaves.items[i].definition.bytes.len;
}

static void put_levels(struct level_runs *l, int max, struct buf *out)
{
    end_run(l);
    if (!max)
        return;
    put_le(out, l->bytes.len, 4);
    buf_add(out, l->bytes.data, l->bytes.len);
}

void parquet_page(struct parquet_leaf *leaf, struct buf *out)
{
    put_levels(&leaf->repetition, leaf->max_repetition, out);
    put_levels(&leaf->definition, leaf->max_definition, out);
    if (leaf->values.len)
        buf_add(out, leaf->values.data, leaf->values.len);
    out->overflow = out->overflow || leaf->values.overflow || leaf->definition.bytes.overflow || leaf->repetition.bytes.overflow;
}

void parquet_clear(struct parquet *p)
{
    for (size_t i = 0; i < p->leaves.len; i++) {
        struct parquet_leaf *leaf = &p->leaves.items[i];
        buf_clear(&leaf->values);
        buf_clear(&leaf->definition.bytes);
        buf_clear(&leaf->repetition.bytes);
        leaf->definition.run = leaf->repetition.run = 0;
        leaf->entries = 0;
        leaf->bits = 0;
    }
    p->rows = 0;
    p->in_memory = 0;
}

void parquet_close(struct parquet *p)
{
    for (size_t i = 0; i < p->leaves.len; i++) {
        buf_free(&p->leaves.items[i].values);
        buf_free(&p->leaves.items[i].definition.bytes);
        buf_free(&p->leaves.items[i].repetition.bytes);
    }
    VEC_FREE(&p->leaves);
}
