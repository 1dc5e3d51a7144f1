/* Values of JSON and CSV into vectors of every type: the first byte chooses the type, the rest is the text. */
#include "engine/duckdb/duck.h"
#include "engine/duckdb/writer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = {
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(4,2)",
    "DECIMAL(9,0)",
    "DECIMAL(18,18)",
    "DECIMAL(38,10)",
    "STRING",
    "BINARY",
    "DATE",
    "TIMESTAMP",
    "ARRAY<INT>",
    "MAP<STRING, DOUBLE>",
    "MAP<INT, ARRAY<STRING>>",
    "STRUCT<a: INT, b: ARRAY<STRUCT<c: STRING, d: DECIMAL(10,2)>>>",
};

static void load_engine(void)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct error err;
    const char *dir;
    static bool loaded;
    if (loaded)
        return;
    loaded = true;
    if (!engine_lib_dir(a, &dir, &err) && !duck_load_library(dir, &err))
        return;
    error_print(stderr, &err);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct sql_type *type;
    struct writer w;
    struct writer_fault fault = {0};
    struct error err;
    load_engine();
    if (size < 1 || sql_type_parse(a, types[data[0] % ARRAY_LEN(types)], &type, &err))
        return 0;
    type = writer_type(a, type);
    duckdb_logical_type logical = writer_logical_type(type);
    duckdb_data_chunk chunk = duckdb_create_data_chunk(&logical, 1);
    writer_init(&w, a, type);
    writer_open(&w, duckdb_data_chunk_get_vector(chunk, 0));
    const char *text = (const char *)data + 1;
    writer_text(&w, 0, text, size - 1, "c", &fault);
    yyjson_doc *doc = yyjson_read(text, size - 1, YYJSON_READ_NUMBER_AS_RAW);
    fault.set = false;
    if (doc)
        writer_json(&w, 1, yyjson_doc_get_root(doc), "c", &fault);
    else
        writer_null(&w, 1);
    writer_text(&w, 2, text, size - 1, "c", &fault);
    if (fault.set && !utf8_valid(fault.text, strlen(fault.text)))
        abort();
    yyjson_doc_free(doc);
    writer_close(&w);
    duckdb_data_chunk_set_size(chunk, 3);
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_logical_type(&logical);
    return 0;
}
