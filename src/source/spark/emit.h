/*
 * emit - rows of the landing tables on their way to the engine's loaders. Values come straight from yyjson; a value of the
 * wrong type or out of range is null, never another value.
 */
#ifndef SECCHI_SPARK_EMIT_H
#define SECCHI_SPARK_EMIT_H

#include "base/base.h"
#include "engine/engine.h"
#include "source/spark/tables.h"

struct yyjson_val;
struct yyjson_alc;

struct emit {
    struct engine_conn *conn;
    struct engine_loader *loaders[SPARK_TABLE_COUNT]; /* opened at the first row */
    const char *log;
    size_t log_len;
    int64_t position; /* of the line at hand */
    int64_t rows;
    struct arena *scratch; /* emptied before each line */
    struct buf text;       /* for one value being made */
    int status;            /* first failure; later calls do nothing */
    struct error *err;
};
void emit_init(struct emit *e, struct engine_conn *c, const char *log, struct error *err);
/* Flushes (or, after a failure, drops) every loader. Returns the first failure. */
int emit_finish(struct emit *e) MUST_CHECK;
void emit_abort(struct emit *e);

/* Opens a row with log and line_offset set; NULL after a failure (the caller then returns). */
struct engine_loader *emit_row(struct emit *e, enum spark_table table);
void emit_row_end(struct emit *e, struct engine_loader *l);

void put_str(struct engine_loader *l, unsigned column, const char *s);                         /* NULL: null */
void put_text(struct engine_loader *l, unsigned column, struct yyjson_val *v);                 /* strings; numbers as text */
void put_text_max(struct engine_loader *l, unsigned column, struct yyjson_val *v, size_t max); /* cut at max bytes */
void put_int(struct engine_loader *l, unsigned column, struct yyjson_val *v);                  /* whole numbers, also as text */
void put_int32(struct engine_loader *l, unsigned column, struct yyjson_val *v);                /* beyond 32 bits: null */
void put_double(struct engine_loader *l, unsigned column, struct yyjson_val *v);
void put_bool(struct engine_loader *l, unsigned column, struct yyjson_val *v);
void put_ms(struct engine_loader *l, unsigned column, struct yyjson_val *v);   /* ms since 1970; 0 and negative are null */
void put_json(struct engine_loader *l, unsigned column, struct yyjson_val *v); /* lists and maps as JSON text */
bool val_i64(struct yyjson_val *v, int64_t *ret);                              /* whole number, or text that is one */

#endif
