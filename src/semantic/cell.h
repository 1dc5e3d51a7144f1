/*
 * cell - one value of an Arrow array as text. Private to semantic.
 *
 * A `struct field` is the plan for a column or a nested part of one, made once from the schema.
 */
#ifndef SECCHI_SEMANTIC_CELL_H
#define SECCHI_SEMANTIC_CELL_H

#include "base/base.h"
#include "nanoarrow/nanoarrow.h"

struct field {
    const char *name;
    const char *type_text; /* Databricks type */
    enum ArrowType type;
    enum ArrowTimeUnit unit; /* timestamps, times, durations */
    bool zoned;              /* timestamp with a zone: TIMESTAMP; without: TIMESTAMP_NTZ */
    int32_t precision, scale;
    bool numeric;           /* right-aligned in a table */
    struct field *children; /* struct: its fields; list: its item; map: key and value; dictionary: its values */
    size_t child_count;
};

#define CELL_DEPTH 64 /* nesting of types */

/* Makes the plan of a schema; ERROR_ENGINE when a type has no text. */
int field_init(struct arena *a, const struct ArrowSchema *schema, unsigned depth, struct field *ret, struct error *err) MUST_CHECK;

/* C-06: numbers as numbers, integers beyond 2^53 and decimals as strings, NaN and infinities null, timestamps RFC 3339. */
void cell_json(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row);
/* The value alone, nested ones as JSON; nothing for NULL. */
void cell_text(struct buf *b, const struct field *f, const struct ArrowArrayView *v, int64_t row);

#endif
