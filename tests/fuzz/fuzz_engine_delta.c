/* Commits of a Delta table's log. */
#include "engine/duckdb/delta_log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct delta_commit commit = {0};
    struct error err = {0};
    uint32_t line = 0;
    int rc = delta_commit_parse((const char *)data, size, a, &commit, &line, &err);
    if (rc && (!line || !err.what[0]))
        abort();
    for (size_t i = 0; i < commit.actions.len; i++)
        if (!commit.actions.items[i].path || !commit.actions.items[i].partition)
            abort();
    VEC_FREE(&commit.actions);
    return 0;
}
