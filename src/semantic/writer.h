/*
 * writer - what the writers of results share: the batches of a stream as views with plans for their columns, and a buffer
 * that is handed on in pieces. Private to semantic.
 */
#ifndef SECCHI_SEMANTIC_WRITER_H
#define SECCHI_SEMANTIC_WRITER_H

#include "semantic/cell.h"
#include "semantic/semantic.h"

struct batches {
    struct ArrowArrayStream *stream; /* borrowed */
    struct arena *arena;
    struct ArrowSchema schema;
    struct ArrowArrayView view;
    struct ArrowArray array; /* the current batch */
    struct field *columns;
    size_t column_count;
    int64_t rows; /* of all batches so far */
};
int batches_open(struct batches *b, struct ArrowArrayStream *stream, struct error *err) MUST_CHECK;
/* Makes the next batch current; *ret_more is false after the last one. */
int batches_next(struct batches *b, bool *ret_more, struct error *err) MUST_CHECK;
void batches_close(struct batches *b);
/* Names of the columns, made unique for objects: the second `a` is a_2. In the arena. */
const char **batches_keys(struct batches *b);

#define SINK_PIECE (64u << 10)
struct sink { /* collects small writes into pieces */
    semantic_put_fn *put;
    void *context;
    struct buf buf;
    bool stopped; /* put asked to stop, or a value was too large to be held */
};
void sink_open(struct sink *s, semantic_put_fn *put, void *context);
void sink_row(struct sink *s);                     /* hands on what has become a piece; call it between rows */
int sink_close(struct sink *s, struct error *err); /* hands on the rest; ERROR_INTERRUPTED when the receiver had stopped */
void sink_free(struct sink *s);

/* The error that the stream's get_schema or get_next reported. */
int stream_error(struct ArrowArrayStream *stream, struct error *err);

int write_table(struct batches *b, struct sink *s, struct error *err) MUST_CHECK;
int write_arrow(struct ArrowArrayStream *stream, semantic_put_fn *put, void *context, struct error *err) MUST_CHECK;
int write_parquet(struct batches *b, semantic_put_fn *put, void *context, struct error *err) MUST_CHECK;

#endif
