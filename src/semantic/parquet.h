/*
 * parquet - the schema of a Parquet file and the columns of one row group in memory. Private to semantic.
 *
 * Nested values are kept as the format wants them (github.com/apache/parquet-format, Dremel levels): every leaf is a column of values
 * with definition and repetition levels; lists and maps are the three-level groups of LogicalTypes.md.
 */
#ifndef SECCHI_SEMANTIC_PARQUET_H
#define SECCHI_SEMANTIC_PARQUET_H

#include "semantic/cell.h"

enum parquet_type {
    PARQUET_BOOLEAN = 0,
    PARQUET_INT32 = 1,
    PARQUET_INT64 = 2,
    PARQUET_FLOAT = 4,
    PARQUET_DOUBLE = 5,
    PARQUET_BYTE_ARRAY = 6,
    PARQUET_FIXED = 7
};

struct level_runs { /* levels of a column, as runs of equal ones (the RLE half of Parquet's hybrid encoding) */
    struct buf bytes;
    uint64_t run;
    int value, max;
};

struct parquet_leaf {
    const struct field *field;
    const char **path; /* names from the top to the leaf, groups included */
    size_t path_count;
    enum parquet_type type;
    int max_definition, max_repetition;
    struct level_runs definition, repetition;
    struct buf values;
    int64_t entries;                          /* levels, values and nulls */
    unsigned bits;                            /* BOOLEAN: number of bits in the last byte of values */
    int64_t offset, compressed, uncompressed; /* of its page in the row group that was written last */
};

struct parquet_group {
    int64_t rows, bytes, offset;
    int64_t *offsets, *compressed, *uncompressed, *entries; /* by leaf */
};

struct parquet {
    struct arena *arena;
    const struct field *columns;
    size_t column_count;
    VEC(struct parquet_leaf) leaves;
    int64_t rows; /* in memory */
    size_t in_memory;
};

int parquet_open(struct parquet *p, struct arena *a, const struct field *columns, size_t count, struct error *err) MUST_CHECK;
/* Adds a batch; view is the root of the batch. */
void parquet_add(struct parquet *p, const struct ArrowArrayView *view);
/* The page of a leaf: levels, then values. */
void parquet_page(struct parquet_leaf *leaf, struct buf *out);
void parquet_clear(struct parquet *p); /* after a row group was written */
void parquet_close(struct parquet *p);
/* Thrift of FileMetaData and PageHeader. */
void parquet_footer(const struct parquet *p, const struct parquet_group *groups, size_t count, struct buf *out);
void parquet_page_header(const struct parquet_leaf *leaf, size_t uncompressed, size_t compressed, struct buf *out);

#endif
