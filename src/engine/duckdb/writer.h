/* Private: values of JSON and CSV files into vectors of DuckDB, typed by a Databricks type. */
#ifndef SECCHI_ENGINE_WRITER_H
#define SECCHI_ENGINE_WRITER_H

#include "engine/lazy_duckdb.h"
#include "sql/sql.h"
#include "yyjson.h"

struct writer { /* one column, field or element */
    const struct sql_type *type;
    duckdb_vector vector;
    void *data;
    uint64_t *validity;
    struct writer *children; /* ARRAY, MAP: one; STRUCT: its fields */
    size_t child_count;
    idx_t size, capacity; /* ARRAY, MAP: elements in the child */
};

struct writer_fault { /* the first value of a row that is not of its type */
    bool set;
    char text[400];
};

/* The type as far as files can hold it: intervals and the like are text. Lives in the arena. */
const struct sql_type *writer_type(struct arena *a, const struct sql_type *type);
duckdb_logical_type writer_logical_type(const struct sql_type *type); /* of writer_type's answer; the caller destroys it */
void writer_init(struct writer *w, struct arena *a, const struct sql_type *type);
void writer_open(struct writer *w, duckdb_vector vector); /* a new chunk */
void writer_close(struct writer *w);                      /* tells list vectors their sizes; before the chunk is given away */
void writer_null(struct writer *w, idx_t row);
/* A value that is not of the type becomes null and the fault, told with the name, unless one is set already. */
void writer_json(struct writer *w, idx_t row, yyjson_val *v, const char *name, struct writer_fault *fault);
/* Text of a CSV field: nested types are JSON in it. */
void writer_text(struct writer *w, idx_t row, const char *s, size_t len, const char *name, struct writer_fault *fault);

#endif
