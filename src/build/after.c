#include "build/room.h"

#include <stdlib.h>

#define DUPLICATE_ROWS_MAX 2000000

/* After publishing: what a person should know about the tables that this run changed. */

static const struct sql_key *primary_key(const struct pack_object *o)
{
    for (size_t i = 0; i < o->table->key_count; i++)
        if (o->table->keys[i].primary)
            return &o->table->keys[i];
    return NULL;
}

static char *columns_text(struct arena *a, const char *const *columns, size_t count, const char *before, const char *after,
                          const char *separator)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s%s%s", i ? separator : "", before, build_name(a, columns[i]), after);
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

/* Rows whose foreign key finds nothing. A key with a null in it refers to nothing and is fine. */
static int find_orphans(struct build *b, const struct pack_object *o, const struct sql_key *k, const struct pack_object *target,
                        struct arena *a, struct error *err)
{
    const struct sql_key *primary = primary_key(target);
    const char *const *there = k->target_column_count ? k->target_columns : primary ? primary->columns : NULL;
    struct buf join CLEANUP(buf_free);
    struct engine_rows rows;
    if (!there)
        return 0;
    buf_init(&join, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < k->column_count; i++)
        buf_printf(&join, "%sf.%s = d.%s", i ? " AND " : "", build_name(a, k->columns[i]), build_name(a, there[i]));
    const char *const *columns = k->columns;
    const char *example = arena_printf(a, "CONCAT_WS(', ', %s)", columns_text(a, columns, k->column_count, "CAST(f.", " AS STRING)", ", "));
    const char *sql = TEMPLATE(a, build_sql_orphans, {"example", example},
                               {"columns", columns_text(a, columns, k->column_count, "t.", "", ", ")},
                               {"table", arena_printf(a, "%s.%s", o->schema, o->name)},
                               {"not_null", columns_text(a, columns, k->column_count, "t.", " IS NOT NULL", " AND ")},
                               {"target", arena_printf(a, "%s.%s", target->schema, target->name)}, {"join", join.data});
    int rc = engine_rows(b->conn, ENGINE_SQL(sql), 1, a, &rows, err);
    if (rc || rows.values[0].i == 0)
        return rc;
    struct build_finding f = {.kind = "orphan_rows",
                              .table = o->name,
                              .file = arena_printf(a, "%s(%s)", target->name, columns_text(a, columns, k->column_count, "", "", ", "))};
    snprintf(f.text, sizeof(f.text), "%lld values of (%s) in %s have no row in %s, e.g. %.200s", (long long)rows.values[0].i,
             columns_text(a, columns, k->column_count, "", "", ", "), o->name, target->name,
             rows.values[1].text ? rows.values[1].text : "");
    return build_finding_put(b, &f, err);
}

/* Large tables are looked through when they are built anew only: grouping millions of keys costs more than a refresh. */
static int find_duplicates(struct build *b, const struct pack_object *o, struct arena *a, struct error *err)
{
    const struct sql_key *k = primary_key(o);
    int64_t doubles = 0, rows = 0;
    if (!k)
        return 0;
    int rc = build_i64(b->conn, ENGINE_SQL(arena_printf(a, "SELECT COUNT(*) FROM %s.%s", o->schema, o->name)), &rows, err);
    if (rc || (rows > DUPLICATE_ROWS_MAX && !b->options->full))
        return rc;
    const char *const *columns = k->columns;
    const char *names = columns_text(a, columns, k->column_count, "t.", "", ", ");
    const char *sql = TEMPLATE(a, build_sql_surplus_keys, {"table", arena_printf(a, "%s.%s", o->schema, o->name)}, {"columns", names});
    rc = build_i64(b->conn, ENGINE_SQL(sql), &doubles, err);
    if (rc || !doubles)
        return rc;
    struct build_finding f = {.kind = "duplicate_key", .table = o->name};
    snprintf(f.text, sizeof(f.text), "%lld keys (%s) of %s stand in more than one row", (long long)doubles,
             columns_text(a, columns, k->column_count, "", "", ", "), o->name);
    return build_finding_put(b, &f, err);
}

static int put_stats(struct build *b, const struct pack_object *o, struct arena *a, struct error *err)
{
    const char *name = arena_printf(a, "%s.%s", o->schema, o->name);
    const char *fresh = o->event_time ? arena_printf(a, "MAX(t.%s)", build_name(a, o->event_time)) : "CAST(NULL AS TIMESTAMP)";
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

static int look_at_keys(struct build *b, const struct pack_object *o, const struct map *changed, struct arena *a, struct error *err)
{
    bool self = has_changed(changed, o, a), looked = self;
    int rc = self ? find_duplicates(b, o, a, err) : 0;
    for (size_t i = 0; i < o->table->key_count && !rc; i++) {
        const struct sql_key *k = &o->table->keys[i];
        const struct pack_object *target = k->primary || k->target.count < 1
                                               ? NULL
                                               : pack_find(b->ctx->catalogue,
                                                           k->target.count > 1 ? k->target.parts[k->target.count - 2] : o->schema,
                                                           k->target.parts[k->target.count - 1]);
        if (!target || !(self || has_changed(changed, target, a)))
            continue;
        looked = true;
        rc = find_orphans(b, o, k, target, a, err);
    }
    return rc || !looked ? rc : build_finding_close(b, self ? FINDINGS_AFTER : "orphan_rows", NULL, o->name, NULL, err);
}

static int look_at_table(struct build *b, const struct pack_object *o, const struct map *changed, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = 0;
    if (o->is_view || o->layer == PACK_LANDING)
        return 0;
    if (o->layer == PACK_GOLD)
        rc = look_at_keys(b, o, changed, a, err);
    return rc || !has_changed(changed, o, a) ? rc : put_stats(b, o, a, err);
}

int build_after(struct build *b, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct map changed = {0};
    int rc = changed_tables(b, a, &changed, err);
    if (!rc)
        rc = engine_begin(b->conn, err);
    if (rc) {
        map_free(&changed);
        return rc;
    }
    for (size_t i = 0; i < b->ctx->catalogue->object_count && !rc; i++)
        rc = build_stopped(b) ? error_set(err, ERROR_INTERRUPTED, "stopped")
                              : look_at_table(b, b->ctx->catalogue->objects[i], &changed, err);
    if (!rc && !b->options->only)
        rc = build_finding_close(b, FINDINGS_FILE, NULL, NULL, NULL, err);
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc)
        engine_rollback(b->conn);
    map_free(&changed);
    return rc;
}
