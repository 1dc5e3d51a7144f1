#include "build/room.h"

#include <stdlib.h>

/* ---- one table ------------------------------------------------------------------------------------------------ */

static bool same_type(struct arena *a, const char *x, const char *y)
{
    const struct sql_type *s, *t;
    if (sql_type_parse(a, x, &s, NULL) || sql_type_parse(a, y, &t, NULL))
        return str_ieq(x, y);
    return sql_type_equal(s, t);
}

/* A column that a source brought along is no column of the pack and stays. */
static int gained(struct engine_conn *c, const char *table, const char *column, bool *ret, struct error *err)
{
    int64_t n = 0;
    int rc = build_i64(c,
                       SQL_WITH("SELECT COUNT(*) FROM secchi_ops.added_column WHERE table_name = :table AND column_name = :column",
                                P_TEXT("table", table), P_TEXT("column", column)),
                       &n, err);
    *ret = n > 0;
    return rc;
}

static int add_columns(struct engine_conn *c, const struct pack_object *o, const struct engine_column *there, size_t count, struct arena *a,
                       struct error *err)
{
    for (size_t i = 0; i < o->table->column_count; i++) {
        const struct sql_column *ours = &o->table->columns[i];
        const struct engine_column *old = engine_find_column(there, count, ours->name);
        if (old && !same_type(a, old->type, ours->type_text)) {
            error_set(err, ERROR_CONFLICT, "column %s of %s.%s is %s in the warehouse and %s in the pack", ours->name, o->schema, o->name,
                      old->type, ours->type_text);
            error_where(err, "%s:%u", o->file, ours->pos.line);
            error_hint(err, "give the column a new name, or drop the table (`secchi backup` first) and load it again");
            return ERROR_CONFLICT;
        }
        if (old)
            continue;
        const char *sql = arena_printf(a, "ALTER TABLE %s.%s ADD COLUMN %s %s", o->schema, o->name, sql_backtick(a, ours->name),
                                       ours->type_text);
        int rc = engine_exec(c, ENGINE_SQL(sql), NULL, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int refuse_vanished(struct engine_conn *c, const struct pack_object *o, const struct engine_column *there, size_t count,
                           struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool kept = true;
        int rc = sql_find_column(o->table, there[i].name) ? 0 : gained(c, o->name, there[i].name, &kept, err);
        if (rc)
            return rc;
        if (!kept) {
            error_set(err, ERROR_CONFLICT, "column %s of %s.%s is in the warehouse and no longer in the pack", there[i].name, o->schema,
                      o->name);
            error_where(err, "%s:%u", o->file, o->ddl_line);
            error_hint(err, "put it back into the file, or drop the table (`secchi backup` first) and load it again");
            return ERROR_CONFLICT;
        }
    }
    return 0;
}

static int run_ddl(struct engine_conn *c, const struct pack_object *o, struct error *err)
{
    struct engine_stmt s = {.sql = o->ddl, .file = o->file, .line = o->ddl_line};
    return engine_exec(c, &s, NULL, err);
}

static int prepare_table(struct engine_conn *c, const struct pack_object *o, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_column *columns;
    size_t count;
    bool there;
    int rc = build_table_exists(c, o->schema, o->name, &there, err);
    if (!rc && !there)
        rc = run_ddl(c, o, err);
    else if (!rc) {
        rc = engine_table_columns(c, o->schema, o->name, a, &columns, &count, err);
        if (!rc)
            rc = add_columns(c, o, columns, count, a, err);
        if (!rc)
            rc = refuse_vanished(c, o, columns, count, err);
    }
    if (!rc && o->layer == PACK_BRONZE) {
        const char *sql = TEMPLATE(a, build_sql_quarantine_table, {"table", o->name});
        rc = engine_exec(c, ENGINE_SQL(sql), NULL, err);
    }
    return rc;
}

static int prepare_view(struct engine_conn *c, const struct pack_object *o, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int rc = engine_exec(c, ENGINE_SQL(arena_printf(a, "DROP VIEW IF EXISTS %s.%s", o->schema, o->name)), NULL, err);
    return rc ? rc : run_ddl(c, o, err);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static const char *catalogue_hash(const struct build_context *b, struct arena *a)
{
    const struct pack_catalogue *catalogue = b->catalogue;
    uint64_t hash = hash_bytes(build_sql_ops, strlen(build_sql_ops), 0);
    hash = hash_bytes(build_sql_information, strlen(build_sql_information), hash);
    hash = hash_bytes(build_sql_quarantine_table, strlen(build_sql_quarantine_table), hash);
    for (size_t i = 0; i < catalogue->object_count; i++)
        hash = hash_bytes(catalogue->objects[i]->ddl, strlen(catalogue->objects[i]->ddl), hash);
    for (size_t i = 0; i < catalogue->function_count; i++)
        hash = hash_bytes(catalogue->functions[i]->ddl, strlen(catalogue->functions[i]->ddl), hash);
    for (size_t i = 0; i < catalogue->metric_view_count; i++)
        hash = hash_bytes(catalogue->metric_views[i]->yaml, catalogue->metric_views[i]->yaml_len, hash);
    hash = pack_variables_hash(b->config, hash);
    hash = build_rules_hash(catalogue, hash);
    return arena_printf(a, "%016llx", (unsigned long long)hash);
}

static int is_prepared(struct engine_conn *c, const char *hash, bool *ret, struct error *err)
{
    int64_t n = 0;
    bool there;
    *ret = false;
    int rc = build_table_exists(c, "secchi_ops", "catalogue", &there, err);
    if (rc || !there)
        return rc;
    rc = build_i64(c, SQL_WITH("SELECT COUNT(*) FROM secchi_ops.catalogue WHERE catalogue_hash = :hash", P_TEXT("hash", hash)), &n, err);
    *ret = n > 0;
    return rc;
}

static int create_schema(struct engine_conn *c, const char *name, struct map *done, struct error *err)
{
    char sql[LIMIT_NAME_BYTES + 64];
    if (map_has(done, name))
        return 0;
    map_set(done, name, done);
    if ((size_t)snprintf(sql, sizeof(sql), "CREATE SCHEMA IF NOT EXISTS %s", name) >= sizeof(sql))
        return error_set(err, ERROR_USAGE, "schema name too long: %s", name);
    return engine_exec(c, ENGINE_SQL(sql), NULL, err);
}

static int create_schemas(const struct build_context *b, struct engine_conn *c, struct error *err)
{
    static const char *const always[] = {"secchi_ops", "secchi_quarantine", "system_bronze", "system_gold"};
    struct map done = {0};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(always) && !rc; i++)
        rc = create_schema(c, always[i], &done, err);
    for (size_t i = 0; i < b->catalogue->object_count && !rc; i++)
        rc = create_schema(c, b->catalogue->objects[i]->schema, &done, err);
    for (size_t i = 0; i < b->catalogue->function_count && !rc; i++)
        rc = create_schema(c, b->catalogue->functions[i]->schema, &done, err);
    map_free(&done);
    return rc;
}

/* A warehouse of an older program lacks columns: they are added. */
static int create_ops_table(struct engine_conn *c, const struct sql_statement *s, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct pack_object o = {.file = "secchi_ops", .schema = "secchi_ops"};
    struct engine_column *there;
    size_t count;
    int rc = engine_exec(c, ENGINE_SQL(arena_strndup(a, s->text, s->len)), NULL, err);
    if (!rc)
        rc = sql_parse_table(a, s->text, s->len, s->pos.line, &o.table, err);
    if (rc)
        return rc;
    o.name = o.table->name.parts[o.table->name.count - 1];
    rc = engine_table_columns(c, o.schema, o.name, a, &there, &count, err);
    return rc ? rc : add_columns(c, &o, there, count, a, err);
}

static int create_ops(struct engine_conn *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct sql_statement *s;
    size_t count;
    int rc = sql_split(a, build_sql_ops, strlen(build_sql_ops), 1, &s, &count, err);
    for (size_t i = 0; i < count && !rc; i++)
        rc = create_ops_table(c, &s[i], err);
    return rc;
}

static int prepare_function(struct engine_conn *c, const struct pack_function *f, struct error *err)
{
    return engine_exec(c, &(struct engine_stmt){.sql = f->ddl, .file = f->file, .line = f->line}, NULL, err);
}

static int prepare_all(const struct build_context *b, struct engine_conn *c, const char *hash, struct error *err)
{
    int rc = create_schemas(b, c, err);
    if (!rc)
        rc = create_ops(c, err);
    if (!rc)
        rc = build_information_views(c, err);
    for (size_t i = 0; i < b->catalogue->object_count && !rc; i++) {
        const struct pack_object *o = b->catalogue->objects[i];
        rc = o->is_view ? prepare_view(c, o, err) : prepare_table(c, o, err);
    }
    for (size_t i = 0; i < b->catalogue->function_count && !rc; i++)
        rc = prepare_function(c, b->catalogue->functions[i], err);
    if (!rc)
        rc = build_information_fill(b, c, err);
    if (!rc)
        rc = build_rules_sync(b, c, err);
    if (!rc)
        rc = engine_exec(c, ENGINE_SQL("DELETE FROM secchi_ops.catalogue"), NULL, err);
    if (!rc)
        rc = engine_exec(c, SQL_WITH("INSERT INTO secchi_ops.catalogue (catalogue_hash) VALUES (:hash)", P_TEXT("hash", hash)), NULL, err);
    return rc;
}

int build_prepare(const struct build_context *b, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_conn *c;
    bool prepared;
    const char *hash = catalogue_hash(b, a);
    int rc = build_check_tables(b, err);
    if (!rc)
        rc = engine_connect(b->engine, ENGINE_WRITE, NULL, &c, err);
    if (rc)
        return rc;
    engine_set_clock(c, clock_now_us()); /* one time for all of it: each new one is told to the engine */
    rc = is_prepared(c, hash, &prepared, err);
    if (!rc && !prepared && !(rc = engine_begin(c, err))) {
        rc = prepare_all(b, c, hash, err);
        if (!rc)
            rc = engine_commit(c, err);
        if (rc)
            engine_rollback(c);
    }
    engine_disconnect(c);
    return rc;
}
