/*
 * thrift - writer of the Thrift compact protocol, as far as the metadata of Parquet needs it
 * (github.com/apache/thrift doc/specs/thrift-compact-protocol.md). Private to semantic.
 */
#ifndef SECCHI_SEMANTIC_THRIFT_H
#define SECCHI_SEMANTIC_THRIFT_H

#include "base/base.h"

enum thrift_type {
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_I8 = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12
};

#define THRIFT_DEPTH 16
struct thrift {
    struct buf *out;
    int last[THRIFT_DEPTH]; /* id of the last field, by nesting */
    unsigned depth;
};

void thrift_varint(struct buf *out, uint64_t v);
void thrift_open(struct thrift *t, struct buf *out); /* of the outermost struct */
void thrift_end(struct thrift *t);                   /* of the innermost struct */
void thrift_i8(struct thrift *t, int id, int8_t v);
void thrift_i32(struct thrift *t, int id, int32_t v);
void thrift_i64(struct thrift *t, int id, int64_t v);
void thrift_bool(struct thrift *t, int id, bool v);
void thrift_text(struct thrift *t, int id, const char *s);
void thrift_struct(struct thrift *t, int id); /* thrift_end ends it */
/* Items follow: for structs between thrift_item and thrift_end, others by the functions below. */
void thrift_list(struct thrift *t, int id, enum thrift_type type, size_t count);
void thrift_item(struct thrift *t);
void thrift_item_i32(struct thrift *t, int32_t v);
void thrift_item_text(struct thrift *t, const char *s);

#endif
