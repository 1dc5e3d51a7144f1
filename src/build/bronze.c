#include "build/room.h"

#include <stdlib.h>

struct bronze { /* one bronze table at work */
    struct build *b;
    const struct pack_object *object;
    struct build_step *step;
    int64_t horizon_us;
    const struct source_spec *seen; /* source that a batch of this run was loaded of last */
    struct map damaged;             /* paths of files that could not be read: later parts of them wait as well */
    struct arena *arena;
};

const struct pack_object *build_object_of(const struct pack_catalogue *c, const char *table)
{
    for (size_t i = 0; i < c->object_count; i++) {
        const struct pack_object *o = c->objects[i];
        if (o->layer != PACK_BRONZE || !o->system_table || !str_starts(o->system_table, "system."))
            continue;
        const char *name = o->system_table + strlen("system."), *dot = strchr(name, '.');
        size_t n = dot ? (size_t)(dot - name) : 0;
        if (dot && strncmp(table, name, n) == 0 && table[n] == '/' && str_eq(table + n + 1, dot + 1))
            return o;
    }
    return NULL;
}

static const struct pack_derivation *derivation_of(const struct pack_catalogue *c, const struct pack_object *o)
{
    for (size_t i = 0; i < c->derivation_count; i++)
        if (str_eq(c->derivations[i].system_table, o->system_table))
            return &c->derivations[i];
    return NULL;
}

/* ---- look-back and retention -------------------------------------------------------------------------------------- */

/* The look-back holds until the table was loaded to the end once, so that a first run that was killed goes on with it. */
static int set_horizon(struct bronze *t, struct error *err)
{
    int64_t loads = 0, lookback = build_lookback_us(t->b, t->object), retention = build_retention_us(t->b, t->object);
    t->horizon_us = retention;
    if (lookback <= retention)
        return 0;
    int rc = build_i64(t->b->conn, SQL_WITH(build_sql_loaded_before, P_TEXT("table", t->object->name)), &loads, err);
    if (!rc && !loads)
        t->horizon_us = lookback;
    return rc;
}

/* What is deleted counts as a change of the table, so that its statistics follow; a batch without a source is what tells gold that
 * rows are gone. */
static int delete_old(struct bronze *t, int64_t horizon_us, struct error *err)
{
    struct build *b = t->b;
    int64_t rows = 0;
    const char *sql = arena_printf(t->arena, "DELETE FROM %s.%s WHERE %s < :horizon", t->object->schema, t->object->name,
                                   sql_backtick(t->arena, t->object->event_time));
    int rc = engine_exec(b->conn, SQL_WITH(sql, P_TIME("horizon", horizon_us)), &rows, err);
    if (rc || !rows)
        return rc;
    t->step->rows_changed += rows;
    struct build_loaded l = {.ingested_us = build_next_ingested(b), .table = t->object->name, .changed = rows};
    return build_loaded_put(b, &l, err);
}

static int apply_retention(struct bronze *t, struct error *err)
{
    int64_t horizon = build_retention_us(t->b, t->object);
    if (horizon == INT64_MIN)
        return 0;
    int rc = engine_begin(t->b->conn, err);
    if (rc)
        return rc;
    rc = delete_old(t, horizon, err);
    if (!rc)
        rc = engine_commit(t->b->conn, err);
    if (rc)
        engine_rollback(t->b->conn);
    return rc;
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

/* The file that an error names, or -1. */
static int64_t blamed(const struct build_batch *batch, const struct error *e)
{
    size_t longest = 0;
    int64_t found = -1;
    if (e->kind != ERROR_IO && e->kind != ERROR_ENGINE)
        return -1;
    for (size_t i = 0; i < batch->file_count; i++) {
        size_t n = strlen(batch->files[i].path);
        if (n > longest && (strstr(e->where, batch->files[i].path) || strstr(e->what, batch->files[i].path))) {
            longest = n;
            found = (int64_t)i;
        }
    }
    return found < 0 && batch->file_count == 1 && e->kind == ERROR_IO ? 0 : found;
}

static int note_damaged(struct bronze *t, const struct build_batch *batch, size_t i, const struct error *why, struct error *err)
{
    struct build *b = t->b;
    bool cut = strstr(why->what, ENGINE_TRUNCATED) != NULL;
    struct build_finding f = {
        .kind = cut ? "file_truncated" : "damaged", .source = batch->source->name, .table = batch->table, .file = batch->marks[i].file};
    snprintf(f.text, sizeof(f.text), "%s %s, the rest is loaded: %.700s", batch->marks[i].file,
             cut ? "is left out until the whole of it is there" : "cannot be read and is left out", why->what);
    return build_finding_put(b, &f, err);
}

/* Takes every part of damaged files out of the batch. */
static void drop_damaged(struct bronze *t, struct build_batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->file_count; i++) {
        if (map_has(&t->damaged, batch->files[i].path))
            continue;
        batch->files[kept] = batch->files[i];
        batch->marks[kept++] = batch->marks[i];
    }
    batch->file_count = kept;
}

/* Loads a batch; a file that cannot be read is found, left out and reported. files and marks are changed. */
static int load_files(struct bronze *t, struct build_batch *batch, struct error *err)
{
    drop_damaged(t, batch);
    while (batch->file_count) {
        struct error why = {0};
        batch->first = t->seen != batch->source;
        int rc = build_load(t->b, batch, t->step, &why);
        if (!rc) {
            t->seen = batch->source;
            return 0;
        }
        int64_t bad = rc == ERROR_INTERRUPTED ? -1 : blamed(batch, &why);
        if (bad < 0 && why.kind == ERROR_IO && batch->file_count > 1) { /* nobody is named: look in the halves */
            struct build_batch half = *batch;
            half.file_count /= 2;
            size_t before = half.file_count;
            rc = load_files(t, &half, err);
            if (rc)
                return rc;
            batch->files += before;
            batch->marks += before;
            batch->file_count -= before;
            drop_damaged(t, batch);
            continue;
        }
        if (bad < 0) {
            if (err)
                *err = why;
            return rc;
        }
        rc = note_damaged(t, batch, (size_t)bad, &why, err);
        if (rc)
            return rc;
        map_set(&t->damaged, batch->files[bad].path, t);
        drop_damaged(t, batch);
    }
    return 0;
}

static int64_t file_bytes(const struct source_unit *u, size_t i)
{
    const struct engine_file *f = &u->files[i];
    return u->format == ENGINE_JSONL && f->to_offset >= 0 ? f->to_offset - f->from_offset : u->marks[i].size;
}

/* A unit in batches of files, so that a load needs memory for one batch only. */
static int load_unit(struct bronze *t, const struct build_source *source, struct source_unit *u, struct error *err)
{
    int64_t most = config_int(t->b->ctx->config, "ingest.batch_bytes");
    for (size_t i = 0; i < u->file_count;) {
        size_t end = i;
        for (int64_t bytes = 0; end < u->file_count && (end == i || bytes + file_bytes(u, end) <= most); end++)
            bytes += file_bytes(u, end);
        struct build_batch batch = {
            .object = t->object,
            .source = &source->spec,
            .format = u->format,
            .table = u->table,
            .files = u->files + i,
            .marks = u->marks + i,
            .file_count = end - i,
            .horizon_us = t->horizon_us,
        };
        if (build_stopped(t->b))
            return error_set(err, ERROR_INTERRUPTED, "stopped");
        int rc = load_files(t, &batch, err);
        if (rc)
            return rc;
        i = end;
    }
    return 0;
}

/* ---- derived rows -------------------------------------------------------------------------------------------------------- */

struct pending {
    int64_t landing, bytes;
};

/* Without a landed log no table has anything to derive. A plan does not know. */
static bool never_landed(const struct build *b) { return b->run_id && !b->last_landing; }

static int read_pending(struct engine_conn *c, const struct pack_object *o, const char *hash, struct arena *a, struct pending **ret,
                        size_t *ret_count, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(c, SQL_WITH(build_sql_pending, P_TEXT("table", o->name), P_TEXT("hash", hash)), SIZE_MAX / 64, a, &rows, err);
    if (rc)
        return rc;
    struct pending *p = arena_alloc(a, (rows.row_count + 1) * sizeof(*p));
    for (size_t i = 0; i < rows.row_count; i++)
        p[i] = (struct pending){rows.values[i * rows.column_count + 1].i, rows.values[i * rows.column_count + 2].i};
    *ret = p;
    *ret_count = rows.row_count;
    return 0;
}

static int load_derived(struct bronze *t, const struct pack_derivation *d, struct error *err)
{
    int64_t most = config_int(t->b->ctx->config, "ingest.batch_bytes");
    const char *hash = build_hash(t->arena, d->sql, strlen(d->sql));
    struct pending *p;
    size_t count;
    int rc = read_pending(t->b->conn, t->object, hash, t->arena, &p, &count, err);
    for (size_t i = 0; i < count && !rc;) {
        size_t end = i;
        for (int64_t bytes = 0; end < count && (end == i || bytes + p[end].bytes <= most); end++)
            bytes += p[end].bytes;
        struct build_batch batch = {
            .object = t->object,
            .derivation = d,
            .derivation_hash = hash,
            .first = i == 0,
            .landing_from = p[i].landing,
            .landing_to = p[end - 1].landing,
            .horizon_us = t->horizon_us,
        };
        if (build_stopped(t->b))
            return error_set(err, ERROR_INTERRUPTED, "stopped");
        rc = build_load(t->b, &batch, t->step, err);
        i = end;
    }
    return rc;
}

/* ---- tables ----------------------------------------------------------------------------------------------------------------- */

static int load_table(struct bronze *t, struct error *err)
{
    struct build *b = t->b;
    const struct pack_derivation *d = derivation_of(b->ctx->catalogue, t->object);
    int rc = set_horizon(t, err);
    for (size_t i = 0; i < b->source_count; i++) {
        struct build_source *s = &b->sources[i];
        for (size_t j = 0; s->spec.kind != SOURCE_SPARK && j < s->scan.unit_count && !rc; j++)
            if (build_object_of(b->ctx->catalogue, s->scan.units[j].table) == t->object)
                rc = load_unit(t, s, &s->scan.units[j], err);
    }
    if (!rc && d && !never_landed(b))
        rc = load_derived(t, d, err);
    return rc ? rc : apply_retention(t, err);
}

static bool has_files(const struct build *b, const struct pack_object *o)
{
    for (size_t i = 0; i < b->source_count; i++) {
        const struct build_source *s = &b->sources[i];
        for (size_t j = 0; s->spec.kind != SOURCE_SPARK && j < s->scan.unit_count; j++)
            if (build_object_of(b->ctx->catalogue, s->scan.units[j].table) == o)
                return true;
    }
    return false;
}

int build_bronze_plan(struct build *b, struct engine_conn *c, struct pack_object ***ret, size_t *ret_count, struct error *err)
{
    const struct pack_catalogue *catalogue = b->ctx->catalogue;
    struct pack_object **tables = arena_alloc(b->arena, (catalogue->object_count + 1) * sizeof(*tables));
    bool landing = build_land_count(b) > 0;
    size_t n = 0;
    for (size_t i = 0; i < catalogue->object_count; i++) {
        struct pack_object *o = catalogue->objects[i];
        const struct pack_derivation *d = derivation_of(catalogue, o);
        if (o->layer != PACK_BRONZE || o->is_view || !build_chosen(b, o))
            continue;
        bool work = has_files(b, o) || (d && landing) || build_retention_us(b, o) != INT64_MIN;
        if (!work && d && !never_landed(b)) {
            struct pending *p;
            size_t count;
            int rc = read_pending(c, o, build_hash(b->arena, d->sql, strlen(d->sql)), b->arena, &p, &count, err);
            if (rc)
                return rc;
            work = count > 0;
        }
        if (work)
            tables[n++] = o;
    }
    *ret = tables;
    *ret_count = n;
    return 0;
}

int build_bronze(struct build *b, struct error *err)
{
    struct pack_object **tables;
    size_t count;
    int rc = build_bronze_plan(b, b->conn, &tables, &count, err);
    for (size_t i = 0; i < count && !rc; i++) {
        struct arena *a CLEANUP(arena_freep) = arena_new();
        struct build_step step;
        struct error why = {0};
        struct bronze t = {.b = b, .object = tables[i], .step = &step, .arena = a};
        build_step_begin(b, &step, arena_printf(b->arena, "bronze %s", tables[i]->name), "bronze", tables[i]->name);
        int failed = load_table(&t, &why);
        map_free(&t.damaged);
        b->report.rows_loaded += step.rows_changed;
        b->report.rows_rejected += step.rows_rejected;
        if (failed)
            map_set(&b->left_out, build_key(b->arena, tables[i]), (void *)(uintptr_t) "failed");
        rc = build_step_end(b, &step, failed, &why, true, err);
    }
    return rc;
}
