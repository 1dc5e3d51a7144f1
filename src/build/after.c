#include "build/room.h"

#include <stdlib.h>

/* After publishing: what a person should know about the tables that this run changed. */

#define TABLES_A_STATEMENT 16

/* Statistics of a few tables, one SELECT each. */
static int put_stats(struct build *b, const struct pack_object *const *tables, size_t count, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf names CLEANUP(buf_free), selects CLEANUP(buf_free);
    buf_init(&names, LIMIT_SQL_BYTES);
    buf_init(&selects, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct pack_object *o = tables[i];
        const char *fresh = o->event_time ? arena_printf(a, "MAX(t.%s)", sql_backtick(a, o->event_time)) : "CAST(NULL AS TIMESTAMP)";
        const char *schema = sql_literal(a, o->schema), *table = sql_literal(a, o->name);
        const char *select = TEMPLATE(a, build_sql_stats, {"schema", schema}, {"table", table}, {"fresh", fresh},
                                      {"name", arena_printf(a, "%s.%s", o->schema, o->name)});
        buf_printf(&names, "%s(%s, %s)", i ? ", " : "", schema, table);
        buf_printf(&selects, "%s\n%s", i ? "\nUNION ALL" : "", select);
    }
    const char *forget = arena_printf(a, "DELETE FROM secchi_ops.table_stats WHERE (schema_name, table_name) IN (%s)", names.data);
    const char *sql = arena_printf(a, "INSERT INTO secchi_ops.table_stats%s", selects.data);
    int rc = engine_exec(b->conn, ENGINE_SQL(forget), NULL, err);
    return rc ? rc : engine_exec(b->conn, SQL_WITH(sql, P_TIME("now", clock_now_us()), P_I64("run", b->run_id)), NULL, err);
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

static int look_at_all(struct build *b, const struct build_keys *keys, struct arena *a, struct error *err)
{
    const struct pack_catalogue *c = b->ctx->catalogue;
    const struct pack_object **changed = arena_alloc(a, (c->object_count + 1) * sizeof(const struct pack_object *));
    size_t count = 0;
    int rc = 0;
    for (size_t i = 0; i < c->object_count && !rc; i++) {
        const struct pack_object *o = c->objects[i];
        if (build_stopped(b))
            rc = error_set(err, ERROR_INTERRUPTED, "stopped");
        else if (o->layer == PACK_GOLD && !o->is_view)
            rc = build_keys_check(b, keys, o, err);
        if (!o->is_view && o->layer != PACK_LANDING && has_changed(keys->changed, o, a))
            changed[count++] = o;
    }
    for (size_t i = 0; i < count && !rc; i += TABLES_A_STATEMENT)
        rc = put_stats(b, changed + i, count - i < TABLES_A_STATEMENT ? count - i : TABLES_A_STATEMENT, err);
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
        rc = look_at_all(b, &keys, a, err);
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
