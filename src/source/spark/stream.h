/*
 * stream - the parts of a log as blocks of whole lines. A thread of its own reads and decompresses ahead of the consumer, at
 * most a few blocks, so that memory does not grow with the log.
 */
#ifndef SECCHI_SPARK_STREAM_H
#define SECCHI_SPARK_STREAM_H

#include "engine/engine.h"

struct stream_part {
    const char *path;
    enum unpack_codec codec;
    int64_t number; /* high bits of every position in it */
    int64_t from;   /* first uncompressed byte wanted */
};

enum stream_block_kind {
    STREAM_LINES,      /* len bytes of lines, each ended by \n */
    STREAM_TAIL,       /* the last line of a part, without \n */
    STREAM_TOO_LONG,   /* a line beyond the limit was skipped; no data */
    STREAM_PART_END,   /* the part was read to its end; no data */
    STREAM_TRUNCATED,  /* the compressed part breaks off here; no data */
    STREAM_DAMAGED,    /* the part cannot be read further; text says why */
    STREAM_UNREADABLE, /* the part cannot be opened; nothing follows */
    STREAM_END,        /* all parts were read; nothing follows */
};

#define STREAM_PADDING 16 /* writable bytes behind the data of a block */

struct stream_block {
    enum stream_block_kind kind;
    size_t part;      /* index of the part */
    int64_t position; /* of the first byte of data; of the end for the kinds without data */
    char *data;       /* writable: the consumer may parse in place */
    size_t len;
    char text[256];
};

struct stream;
/* The parts and the cancel flag are borrowed until stream_close. max_line is LIMIT_LOG_LINE_BYTES, less in tests. */
struct stream *stream_open(const struct stream_part *parts, size_t count, size_t max_line, const struct cancel *cancel);
/* Blocks until there is one; it is valid until the next call. STREAM_END or STREAM_UNREADABLE is the last. */
struct stream_block *stream_next(struct stream *s);
int64_t stream_bytes_read(struct stream *s); /* from disk so far, of all parts */
void stream_close(struct stream *s);         /* NULL is fine; stops the thread */

#endif
