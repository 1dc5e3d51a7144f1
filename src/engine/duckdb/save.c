/* Arrow streams into Parquet files. */
#include "engine/duckdb/duck.h"

#define VIEW "secchi_saved_stream"

int duck_save(struct engine_conn *base, struct ArrowArrayStream *stream, const char *path, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    duck_run_begin(c);
    if (duckdb_arrow_scan(c->con, VIEW, (duckdb_arrow_stream)stream) != DuckDBSuccess)
        rc = error_set(err, ERROR_ENGINE, "the columns of the result cannot be read");
    else
        rc = duck_sql(c, arena_printf(a, "COPY (FROM " VIEW ") TO %s (FORMAT parquet, COMPRESSION zstd)", sql_quote_string(a, path)), err);
    const struct error *why = rc ? engine_stream_error(stream) : NULL;
    if (why && why->kind && err) /* the stream says it better than who read it */
        *err = *why;
    if (why && why->kind)
        rc = (int)why->kind;
    struct error ignored;
    if (duck_sql(c, "DROP VIEW IF EXISTS " VIEW, &ignored) && !rc)
        rc = error_set(err, ERROR_INTERNAL, "a result that was saved cannot be let go: %.500s", ignored.what);
    duck_run_end(c);
    duck_leave(c);
    return rc;
}
