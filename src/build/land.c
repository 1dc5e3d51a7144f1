#include "build/room.h"

/* ---- sources ------------------------------------------------------------------------------------------------------ */

static int put_findings(struct build *b, const struct build_source *s, const struct source_finding *found, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct build_finding f = {.kind = found[i].kind, .source = s->spec.name, .table = found[i].table, .file = found[i].file};
        snprintf(f.text, sizeof(f.text), "%s", found[i].text);
        int rc = build_finding_put(b, &f, err);
        if (rc)
            return rc;
    }
    return 0;
}

/* Folders whose names are no table of the catalogue. */
static int put_unknown(struct build *b, const struct build_source *s, struct error *err)
{
    const struct pack_catalogue *c = b->ctx->catalogue;
    for (size_t i = 0; s->spec.kind != SOURCE_SPARK && i < s->scan.unit_count; i++) {
        const char *table = s->scan.units[i].table, *slash = strchr(table, '/');
        if (build_object_of(c, table) || (i && str_eq(table, s->scan.units[i - 1].table)))
            continue;
        const char *full = slash ? arena_printf(b->arena, "system.%.*s.%s", (int)(slash - table), table, slash + 1) : table;
        const char *near = pack_nearest(c, full, b->arena);
        struct build_finding f = {.kind = "unknown_table", .source = s->spec.name, .table = table};
        snprintf(f.text, sizeof(f.text), "there is no table %s, its files are not loaded%s%s%s", full, near ? "; did you mean " : "",
                 near ? near : "", near ? "?" : "");
        int rc = build_finding_put(b, &f, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int note_scan(struct build *b, const struct build_source *s, struct error *err)
{
    int rc = engine_begin(b->conn, err);
    if (rc)
        return rc;
    if (s->unreadable) {
        struct build_finding f = {.kind = "source_unreadable", .source = s->spec.name};
        snprintf(f.text, sizeof(f.text), "%.600s; what it holds is not known, its rows stay", s->error.what);
        rc = build_finding_put(b, &f, err);
    } else {
        rc = put_findings(b, s, s->scan.findings, s->scan.finding_count, err);
        if (!rc)
            rc = put_unknown(b, s, err);
        if (!rc)
            rc = build_finding_close(b, FINDINGS_SCAN, &(struct build_finding){.source = s->spec.name}, err);
    }
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc)
        engine_rollback(b->conn);
    return rc;
}

/* The system tables that a workspace is asked for. What describes things is asked for as a whole: a row of it may change and keep its time.
 */
static void fill_tables(const struct build *b, struct source_spec *ret)
{
    const struct pack_catalogue *c = b->ctx->catalogue;
    struct source_table *tables = arena_alloc(b->arena, (c->object_count + 1) * sizeof(*tables));
    for (size_t i = 0; i < c->object_count && b->run_id; i++) { /* a plan asks nothing */
        const struct pack_object *o = c->objects[i];
        const struct sql_key *key = o->table ? sql_primary_key(o->table) : NULL;
        const char *name = o->system_table && str_starts(o->system_table, "system.") ? o->system_table + strlen("system.") : NULL;
        if (o->layer != PACK_BRONZE || o->is_view || !name || !strchr(name, '.') || str_starts(name, "identity.") || !build_chosen(b, o))
            continue;
        char *path = arena_strdup(b->arena, name);
        *strchr(path, '.') = '/';
        tables[ret->table_count++] = (struct source_table){.table = path,
                                                           .change = o->describes ? NULL : o->event_time,
                                                           .order = key ? key->columns : NULL,
                                                           .order_count = key ? key->column_count : 0,
                                                           .from_us = build_lookback_us(b, o)};
    }
    ret->tables = tables;
}

static int fill_databricks(const struct build *b, const struct config_source *from, struct source_spec *ret, struct error *err)
{
    const struct config *c = b->ctx->config;
    struct engine_options *login = arena_alloc(b->arena, sizeof(*login));
    const bool own = from->profile || str_eq(config_text(c, "engine.kind"), "spark"); /* then the settings are another engine's */
    *login = (struct engine_options){.lib_dir = config_find_lib(b->arena),
                                     .url = own ? NULL : config_text(c, "engine.url"),
                                     .ca_file = config_text(c, "engine.ca_file"),
                                     .profile = from->profile ? from->profile : config_text(c, "engine.profile"),
                                     .warehouse_id = from->warehouse_id ? from->warehouse_id : config_text(c, "engine.warehouse_id")};
    ret->kind = SOURCE_DATABRICKS;
    ret->login = login;
    ret->overlap_us = config_int(c, "ingest.overlap") * 1000000;
    ret->cancel = b->options->cancel;
    fill_tables(b, ret);
    return own ? 0 : config_secret(c, "engine.token", b->arena, &login->token, err);
}

static int fill_spec(const struct build *b, const struct config_source *from, struct source_spec *ret, struct error *err)
{
    const struct config *c = b->ctx->config;
    *ret = (struct source_spec){
        .name = from->name,
        .path = from->path,
        .account_id = from->account_id ? from->account_id : config_text(c, "account_id"),
        .workspace_id = from->workspace_id ? from->workspace_id : config_text(c, "workspace_id"),
    };
    if (str_eq(from->kind, "spark") || str_eq(from->kind, "folder")) {
        ret->kind = str_eq(from->kind, "spark") ? SOURCE_SPARK : SOURCE_FOLDER;
        return 0;
    }
    if (str_eq(from->kind, "databricks"))
        return fill_databricks(b, from, ret, err);
    return source_detect(from->path, &ret->kind, err);
}

static int scan_source(struct build *b, const struct config_source *from, struct build_source *s, struct error *err)
{
    struct source_mark *marks;
    size_t count;
    if (fill_spec(b, from, &s->spec, &s->error)) {
        s->unreadable = true;
        return 0;
    }
    int rc = build_marks(b->conn, s->spec.name, b->arena, &marks, &count, err);
    if (rc)
        return rc;
    s->unreadable = source_scan(&s->spec, marks, count, b->arena, &s->scan, &s->error) != 0;
    return 0;
}

int build_scan_sources(struct build *b, struct error *err)
{
    const struct config *c = b->ctx->config;
    b->sources = arena_alloc(b->arena, (c->source_count + 1) * sizeof(*b->sources));
    for (size_t i = 0; i < c->source_count; i++) {
        int rc = scan_source(b, &c->sources[i], &b->sources[i], err);
        if (rc)
            return rc;
        b->source_count++;
    }
    return 0;
}

int build_note_sources(struct build *b, struct error *err)
{
    for (size_t i = 0; i < b->source_count; i++) {
        int rc = note_scan(b, &b->sources[i], err);
        if (!rc && b->sources[i].unreadable) {
            struct build_step step;
            build_step_begin(b, &step, arena_printf(b->arena, "scan %s", b->sources[i].spec.name), "scan", NULL);
            rc = build_step_end(b, &step, (int)b->sources[i].error.kind, &b->sources[i].error, true, err);
        }
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- event logs ------------------------------------------------------------------------------------------------------ */

/* True when a table that is to be built is derived from event logs. */
static bool wants_logs(const struct build *b)
{
    const struct pack_catalogue *c = b->ctx->catalogue;
    for (size_t i = 0; i < c->derivation_count; i++)
        for (size_t j = 0; j < c->object_count; j++)
            if (str_eq(c->objects[j]->system_table, c->derivations[i].system_table) && build_chosen(b, c->objects[j]))
                return true;
    return false;
}

size_t build_land_count(const struct build *b)
{
    size_t n = 0;
    if (!wants_logs(b))
        return 0;
    for (size_t i = 0; i < b->source_count; i++)
        if (b->sources[i].spec.kind == SOURCE_SPARK && !b->sources[i].unreadable)
            n += b->sources[i].scan.unit_count;
    return n;
}

static void on_bytes(void *context, int64_t bytes)
{
    struct build *b = context;
    pthread_mutex_lock(&b->lock);
    b->bytes_done = bytes;
    pthread_mutex_unlock(&b->lock);
}

static int note_landed(struct build *b, const struct build_source *s, const struct source_unit *u, const struct source_landed *landed,
                       struct error *err)
{
    int64_t before = 0;
    int rc = put_findings(b, s, landed->findings, landed->finding_count, err);
    if (!rc && u->mark_count)
        rc = build_finding_close(b, FINDINGS_LAND, &(struct build_finding){.source = s->spec.name, .file = u->marks[0].file}, err);
    if (!rc)
        rc = build_mark_put(b, s->spec.name, u->marks, u->mark_count, err);
    if (!rc)
        rc = build_i64(b->conn, SQL_WITH("SELECT MAX(landed_bytes) FROM secchi_ops.landed_log WHERE log = :log", P_TEXT("log", u->log)),
                       &before, err);
    if (!rc)
        rc = engine_exec(b->conn, SQL_WITH("DELETE FROM secchi_ops.landed_log WHERE log = :log", P_TEXT("log", u->log)), NULL, err);
    if (rc)
        return rc;
    return engine_exec(b->conn,
                       SQL_WITH(build_sql_landed_log, P_TEXT("source", s->spec.name), P_TEXT("log", u->log),
                                P_I64("landing", b->last_landing + 1), P_I64("bytes", before + landed->bytes)),
                       NULL, err);
}

static int land_log(struct build *b, const struct build_source *s, struct source_unit *u, struct build_step *step, struct error *err)
{
    struct source_landed landed = {0};
    size_t findings = b->report.findings;
    int rc = engine_begin(b->conn, err);
    if (rc)
        return rc;
    rc = source_land(&s->spec, u, b->conn, b->options->cancel, on_bytes, b, b->arena, &landed, err);
    if (!rc)
        rc = note_landed(b, s, u, &landed, err);
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc) {
        engine_rollback(b->conn);
        b->report.findings = findings;
        return rc;
    }
    b->last_landing++;
    step->rows_in = landed.lines;
    step->rows_changed = landed.events;
    step->rows_rejected = landed.bad_lines;
    return 0;
}

int build_land(struct build *b, struct error *err)
{
    int rc = 0;
    bool wanted = wants_logs(b);
    for (size_t i = 0; i < b->source_count; i++) {
        struct build_source *s = &b->sources[i];
        for (size_t j = 0; wanted && s->spec.kind == SOURCE_SPARK && !s->unreadable && j < s->scan.unit_count && !rc; j++) {
            struct build_step step;
            struct error why = {0};
            build_step_begin(b, &step, arena_printf(b->arena, "land %s", s->scan.units[j].log), "land", NULL);
            pthread_mutex_lock(&b->lock);
            b->bytes_done = 0;
            b->bytes_total = s->scan.units[j].bytes;
            pthread_mutex_unlock(&b->lock);
            int failed = land_log(b, s, &s->scan.units[j], &step, &why);
            pthread_mutex_lock(&b->lock);
            b->bytes_total = 0;
            pthread_mutex_unlock(&b->lock);
            rc = build_step_end(b, &step, failed, &why, true, err);
        }
    }
    return rc;
}
