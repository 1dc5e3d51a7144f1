#include "build/room.h"

#include <stdlib.h>

/* After publishing: what a person should know about the tables that this run changed. */

static int put_stats(struct build *b, const struct pack_object *o, struct arena *a, struct error *err)
{
    const char *name = arena_printf(a, "%s.%s", o->schema, o->name);
    const char *fresh = o->event_time ? arena_printf(a, "MAX(t.%s)", sql_backtick(a, o->event_time)) : "CAST(NULL AS TIMESTAMP)";
    const char *sql = TEMPLATE(a, build_sql_stats, {"fresh", fresh}, {"name", name});
    int rc = engine_exec(b->conn,
                         SQL_WITH("DELETE FROM secchi_ops.table_stats WHERE schema_name = :schema AND table_name = :table",
                                  P_TEXT("schema", o->schema), P_TEXT("table", o->name)),
                         NULL, err);
    if (rc)
        return rc;
    return engine_exec(
        b->conn,
        SQL_WITH(sql, P_TEXT("schema", o->schema), P_TEXT("table", o->name), P_TIME("now", clock_real_us()), P_I64("run", b->run_id)), NULL,
        err);
}

static int changed_tables(struct build *b, struct arena *a, struct map *ret, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(b->conn, ENGINE_SQL(build_sql_changed), 100000, a, &rows, err);
    for (size_t i = 0; !rc && i < rows.row_count; i++)
        map_set(ret, arena_printf(a, "%s.%s", rows.values[2 * i].text, rows.values[2 * i + 1].text), ret);
    return rc;
}

static bool has_changed(const struct map *changed, const struct pack_object *o, struct arena *a)
{
    return map_has(changed, arena_printf(a, "%s.%s", o->schema, o->name));
}

static int look_at_table(struct build *b, const struct pack_object *o, const struct build_keys *keys, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = 0;
    if (o->is_view || o->layer == PACK_LANDING)
        return 0;
    if (o->layer == PACK_GOLD)
        rc = build_keys_check(b, keys, o, err);
    return rc || !has_changed(keys->changed, o, a) ? rc : put_stats(b, o, a, err);
}

static int look_at_all(struct build *b, const struct build_keys *keys, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->ctx->catalogue->object_count && !rc; i++)
        rc = build_stopped(b) ? error_set(err, ERROR_INTERRUPTED, "stopped") : look_at_table(b, b->ctx->catalogue->objects[i], keys, err);
    return rc || b->options->only ? rc : build_finding_close(b, FINDINGS_FILE, &(struct build_finding){0}, err);
}

int build_after(struct build *b, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct map changed = {0};
    struct build_keys keys = {.changed = &changed};
    int rc = changed_tables(b, a, &changed, err);
    if (!rc)
        rc = build_keys_open(b, a, &keys, err);
    if (!rc && !(rc = engine_begin(b->conn, err))) {
        rc = look_at_all(b, &keys, err);
        if (!rc)
            rc = engine_commit(b->conn, err);
        if (rc)
            engine_rollback(b->conn);
    }
    build_keys_forget(b);
    map_free(&keys.open);
    map_free(&changed);
    return rc;
}
