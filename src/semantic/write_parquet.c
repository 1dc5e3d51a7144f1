#include <stdlib.h>
#include <zstd.h>

#include "semantic/parquet.h"
#include "semantic/thrift.h"
#include "semantic/writer.h"

#define GROUP_ROWS 122880
#define GROUP_BYTES (64u << 20)
#define CODEC_ZSTD 6
#define PAGE_BYTES (1u << 30)

/* ---- metadata ------------------------------------------------------------------------------------------------- */

enum { REQUIRED = 0, OPTIONAL = 1, REPEATED = 2 };
enum {
    CONVERTED_UTF8 = 0,
    CONVERTED_MAP = 1,
    CONVERTED_LIST = 3,
    CONVERTED_DECIMAL = 5,
    CONVERTED_DATE = 6,
    CONVERTED_TIMESTAMP_MICROS = 10,
    CONVERTED_UINT8 = 11,
    CONVERTED_INT8 = 15
};
enum {
    LOGICAL_STRING = 1,
    LOGICAL_MAP = 2,
    LOGICAL_LIST = 3,
    LOGICAL_DECIMAL = 5,
    LOGICAL_DATE = 6,
    LOGICAL_TIMESTAMP = 8,
    LOGICAL_INTEGER = 10,
    LOGICAL_UNKNOWN = 11
};

static void put_empty_logical(struct thrift *t, int id)
{
    thrift_struct(t, 10);
    thrift_struct(t, id);
    thrift_end(t);
    thrift_end(t);
}

static void put_integer(struct thrift *t, int bits, bool is_signed)
{
    int step = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3;
    thrift_i32(t, 6, (is_signed ? CONVERTED_INT8 : CONVERTED_UINT8) + step);
    thrift_struct(t, 10);
    thrift_struct(t, LOGICAL_INTEGER);
    thrift_i8(t, 1, (int8_t)bits);
    thrift_bool(t, 2, is_signed);
    thrift_end(t);
    thrift_end(t);
}

static void put_timestamp(struct thrift *t, bool zoned)
{
    if (zoned)
        thrift_i32(t, 6, CONVERTED_TIMESTAMP_MICROS);
    thrift_struct(t, 10);
    thrift_struct(t, LOGICAL_TIMESTAMP);
    thrift_bool(t, 1, zoned);
    thrift_struct(t, 2); /* unit */
    thrift_struct(t, 2); /* MICROS */
    thrift_end(t);
    thrift_end(t);
    thrift_end(t);
    thrift_end(t);
}

static void put_decimal(struct thrift *t, const struct field *f)
{
    thrift_i32(t, 6, CONVERTED_DECIMAL);
    thrift_i32(t, 7, f->scale);
    thrift_i32(t, 8, f->precision);
    thrift_struct(t, 10);
    thrift_struct(t, LOGICAL_DECIMAL);
    thrift_i32(t, 1, f->scale);
    thrift_i32(t, 2, f->precision);
    thrift_end(t);
    thrift_end(t);
}

/* What the values mean, for a leaf. */
static void put_logical(struct thrift *t, const struct field *f)
{
    switch (f->type) {
    case NANOARROW_TYPE_INT8:
        put_integer(t, 8, true);
        break;
    case NANOARROW_TYPE_INT16:
        put_integer(t, 16, true);
        break;
    case NANOARROW_TYPE_UINT8:
        put_integer(t, 8, false);
        break;
    case NANOARROW_TYPE_UINT16:
        put_integer(t, 16, false);
        break;
    case NANOARROW_TYPE_UINT64:
        put_integer(t, 64, false);
        break;
    case NANOARROW_TYPE_DATE32:
    case NANOARROW_TYPE_DATE64:
        thrift_i32(t, 6, CONVERTED_DATE);
        put_empty_logical(t, LOGICAL_DATE);
        break;
    case NANOARROW_TYPE_TIMESTAMP:
        put_timestamp(t, f->zoned);
        break;
    case NANOARROW_TYPE_DECIMAL128:
        put_decimal(t, f);
        break;
    case NANOARROW_TYPE_NA:
        put_empty_logical(t, LOGICAL_UNKNOWN);
        break;
    case NANOARROW_TYPE_BOOL:
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT32:
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_BINARY_VIEW:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY:
        break;
    default:
        thrift_i32(t, 6, CONVERTED_UTF8);
        put_empty_logical(t, LOGICAL_STRING);
    }
}

static void put_group(struct thrift *t, const char *name, int repetition, size_t children, int converted, int logical)
{
    thrift_item(t);
    thrift_i32(t, 3, repetition);
    thrift_text(t, 4, name);
    thrift_i32(t, 5, (int32_t)children);
    if (logical) {
        thrift_i32(t, 6, converted);
        put_empty_logical(t, logical);
    }
    thrift_end(t);
}

/* Puts the elements of a field in the order of the leaves; counts them when t is NULL. */
static size_t put_elements(struct thrift *t, const struct field *f, const char *name, bool optional, const struct parquet_leaf **leaf)
{
    int repetition = optional ? OPTIONAL : REQUIRED;
    size_t n = 1;
    bool map = f->type == NANOARROW_TYPE_MAP;
    if (f->type == NANOARROW_TYPE_STRUCT) {
        if (t)
            put_group(t, name, repetition, f->child_count, 0, 0);
        for (size_t i = 0; i < f->child_count; i++)
            n += put_elements(t, &f->children[i], f->children[i].name, true, leaf);
        return n;
    }
    if (map || f->type == NANOARROW_TYPE_LIST || f->type == NANOARROW_TYPE_LARGE_LIST || f->type == NANOARROW_TYPE_FIXED_SIZE_LIST) {
        if (t)
            put_group(t, name, repetition, 1, map ? CONVERTED_MAP : CONVERTED_LIST, map ? LOGICAL_MAP : LOGICAL_LIST);
        if (t)
            put_group(t, map ? "key_value" : "list", REPEATED, map ? 2 : 1, 0, 0);
        n += 1 + put_elements(t, &f->children[0], map ? "key" : "element", !map, leaf);
        return map ? n + put_elements(t, &f->children[1], "value", true, leaf) : n;
    }
    if (t) {
        thrift_item(t);
        thrift_i32(t, 1, (int32_t)(*leaf)->type);
        if ((*leaf)->type == PARQUET_FIXED)
            thrift_i32(t, 2, 16);
        thrift_i32(t, 3, repetition);
        thrift_text(t, 4, name);
        put_logical(t, f);
        thrift_end(t);
    }
    (*leaf)++;
    return 1;
}

static void put_schema(struct thrift *t, const struct parquet *p)
{
    const struct parquet_leaf *leaf = p->leaves.items;
    size_t count = 1;
    for (size_t i = 0; i < p->column_count; i++)
        count += put_elements(NULL, &p->columns[i], p->columns[i].name, true, &leaf);
    thrift_list(t, 2, THRIFT_STRUCT, count);
    thrift_item(t);
    thrift_text(t, 4, "schema");
    thrift_i32(t, 5, (int32_t)p->column_count);
    thrift_end(t);
    leaf = p->leaves.items;
    for (size_t i = 0; i < p->column_count; i++)
        put_elements(t, &p->columns[i], p->columns[i].name, true, &leaf);
}

enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3 };

static void put_chunk(struct thrift *t, const struct parquet_leaf *leaf, const struct parquet_group *g, size_t at)
{
    thrift_item(t);
    thrift_i64(t, 2, g->offsets[at]);
    thrift_struct(t, 3);
    thrift_i32(t, 1, (int32_t)leaf->type);
    thrift_list(t, 2, THRIFT_I32, 2);
    thrift_item_i32(t, ENCODING_PLAIN);
    thrift_item_i32(t, ENCODING_RLE);
    thrift_list(t, 3, THRIFT_BINARY, leaf->path_count);
    for (size_t i = 0; i < leaf->path_count; i++)
        thrift_item_text(t, leaf->path[i]);
    thrift_i32(t, 4, CODEC_ZSTD);
    thrift_i64(t, 5, g->entries[at]);
    thrift_i64(t, 6, g->uncompressed[at]);
    thrift_i64(t, 7, g->compressed[at]);
    thrift_i64(t, 9, g->offsets[at]);
    thrift_end(t);
    thrift_end(t);
}

void parquet_footer(const struct parquet *p, const struct parquet_group *groups, size_t count, struct buf *out)
{
    struct thrift t;
    int64_t rows = 0;
    for (size_t g = 0; g < count; g++)
        rows += groups[g].rows;
    thrift_open(&t, out);
    thrift_i32(&t, 1, 1);
    put_schema(&t, p);
    thrift_i64(&t, 3, rows);
    thrift_list(&t, 4, THRIFT_STRUCT, count);
    for (size_t g = 0; g < count; g++) {
        thrift_item(&t);
        thrift_list(&t, 1, THRIFT_STRUCT, p->leaves.len);
        for (size_t i = 0; i < p->leaves.len; i++)
            put_chunk(&t, &p->leaves.items[i], &groups[g], i);
        thrift_i64(&t, 2, groups[g].bytes);
        thrift_i64(&t, 3, groups[g].rows);
        thrift_end(&t);
    }
    thrift_text(&t, 6, "secchi version " SECCHI_VERSION);
    thrift_end(&t);
}

void parquet_page_header(const struct parquet_leaf *leaf, size_t uncompressed, size_t compressed, struct buf *out)
{
    struct thrift t;
    thrift_open(&t, out);
    thrift_i32(&t, 1, 0); /* DATA_PAGE */
    thrift_i32(&t, 2, (int32_t)uncompressed);
    thrift_i32(&t, 3, (int32_t)compressed);
    thrift_struct(&t, 5);
    thrift_i32(&t, 1, (int32_t)leaf->entries);
    thrift_i32(&t, 2, ENCODING_PLAIN);
    thrift_i32(&t, 3, ENCODING_RLE);
    thrift_i32(&t, 4, ENCODING_RLE);
    thrift_end(&t);
    thrift_end(&t);
}

/* ---- file -------------------------------------------------------------------------------------------------------- */

struct file {
    semantic_put_fn *put;
    void *context;
    int64_t offset;
    VEC(struct parquet_group) groups;
    struct buf page;
    char *packed;
    size_t packed_cap;
};

static int put_bytes(struct file *f, const void *data, size_t len, struct error *err)
{
    if (f->put(f->context, data, len) != 0)
        return error_set(err, ERROR_INTERRUPTED, "the receiver of the result has gone");
    f->offset += (int64_t)len;
    return 0;
}

static int put_leaf(struct file *f, struct parquet_leaf *leaf, struct parquet_group *g, size_t at, struct error *err)
{
    struct buf header CLEANUP(buf_free);
    buf_init(&header, 4096);
    buf_clear(&f->page);
    parquet_page(leaf, &f->page);
    if (f->page.overflow)
        return error_set(err, ERROR_LIMIT, "the column %s is too large for Parquet", leaf->path[0]);
    size_t bound = ZSTD_compressBound(f->page.len);
    if (bound > f->packed_cap) {
        f->packed = xrealloc(f->packed, bound);
        f->packed_cap = bound;
    }
    size_t packed = ZSTD_compress(f->packed, f->packed_cap, f->page.data ? f->page.data : "", f->page.len, 3);
    if (ZSTD_isError(packed))
        return error_set(err, ERROR_INTERNAL, "compression failed: %s", ZSTD_getErrorName(packed));
    parquet_page_header(leaf, f->page.len, packed, &header);
    g->offsets[at] = f->offset;
    g->compressed[at] = (int64_t)(header.len + packed);
    g->uncompressed[at] = (int64_t)(header.len + f->page.len);
    g->entries[at] = leaf->entries;
    g->bytes += g->uncompressed[at];
    int rc = put_bytes(f, header.data, header.len, err);
    return rc ? rc : put_bytes(f, f->packed, packed, err);
}

static int put_row_group(struct file *f, struct parquet *p, struct error *err)
{
    if (!p->rows)
        return 0;
    struct parquet_group *g = VEC_ADD(&f->groups);
    size_t n = p->leaves.len;
    int64_t *numbers = arena_alloc(p->arena, 4 * n * sizeof(*numbers));
    *g = (struct parquet_group){.rows = p->rows,
                                .offset = f->offset,
                                .offsets = numbers,
                                .compressed = numbers + n,
                                .uncompressed = numbers + 2 * n,
                                .entries = numbers + 3 * n};
    for (size_t i = 0; i < n; i++) {
        int rc = put_leaf(f, &p->leaves.items[i], g, i, err);
        if (rc)
            return rc;
    }
    parquet_clear(p);
    return 0;
}

static int put_end(struct file *f, const struct parquet *p, struct error *err)
{
    struct buf footer CLEANUP(buf_free);
    buf_init(&footer, PAGE_BYTES);
    parquet_footer(p, f->groups.items, f->groups.len, &footer);
    uint32_t len = (uint32_t)footer.len;
    for (unsigned i = 0; i < 4; i++)
        buf_putc(&footer, (char)(len >> (8 * i)));
    buf_puts(&footer, "PAR1");
    return put_bytes(f, footer.data, footer.len, err);
}

int write_parquet(struct batches *b, semantic_put_fn *put, void *context, struct error *err)
{
    struct parquet p;
    struct file f = {.put = put, .context = context};
    bool more = true;
    buf_init(&f.page, PAGE_BYTES);
    const char **names = batches_keys(b);
    for (size_t i = 0; i < b->column_count; i++)
        b->columns[i].name = names[i];
    int rc = parquet_open(&p, b->arena, b->columns, b->column_count, err);
    if (!rc)
        rc = put_bytes(&f, "PAR1", 4, err);
    while (!rc && more) {
        rc = batches_next(b, &more, err);
        if (!rc && more)
            parquet_add(&p, &b->view);
        if (!rc && (p.rows >= GROUP_ROWS || p.in_memory >= GROUP_BYTES || !more))
            rc = put_row_group(&f, &p, err);
    }
    if (!rc)
        rc = put_end(&f, &p, err);
    parquet_close(&p);
    VEC_FREE(&f.groups);
    buf_free(&f.page);
    free(f.packed);
    return rc;
}
