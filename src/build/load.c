#include "build/room.h"

/* One transaction of a bronze table: stage, compare columns, check, keep the newest delivery of each key, MERGE, note it all. */

struct load {
    struct build *b;
    const struct build_batch *batch;
    struct arena *arena;
    struct build_shape shape;
    struct engine_file_columns *files; /* of a batch of several: what each has */
    size_t file_count;
    const struct sql_key *key; /* natural key, or NULL: every row is one of its own */
    struct pack_check *rules;  /* that the rows are held against */
    size_t rule_count;
    int64_t ingested_us, rows_in, rejected, changed, *failed; /* failed: by rule */
    bool met;                                                 /* a row was there before, or may have been */
};

/* Derived rows may come from logs of several sources. */
static const char *source_name(const struct build_batch *batch) { return batch->source ? batch->source->name : "spark"; }

static char *relation(struct load *l, const char *suffix) { return arena_printf(l->arena, "%s%s", l->batch->object->name, suffix); }

/* Key columns as "alias.`a`, alias.`b`" or as the null-safe comparison of two aliases. */
static char *key_text(struct load *l, const char *alias, const char *other)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < l->key->column_count; i++) {
        const char *name = sql_backtick(l->arena, l->key->columns[i]);
        if (other)
            buf_printf(&b, "%s%s.%s <=> %s.%s", i ? " AND " : "", alias, name, other, name);
        else
            buf_printf(&b, "%s%s.%s", i ? ", " : "", alias, name);
    }
    return arena_strndup(l->arena, b.data, b.len);
}

/* ---- the rows in our types ---------------------------------------------------------------------------------------- */

/* "<source>/<file>" from what staging gives: the path, for Delta "<version>/<file>", for derived rows the log itself. */
static const char *file_text(struct load *l)
{
    const struct build_batch *t = l->batch;
    if (t->derivation)
        return "r.bronze_source_file";
    const char *source = t->source->name;
    if (t->format == ENGINE_DELTA) {
        const char *dir = t->marks[0].file;
        const char *before = str_eq(dir, ".") ? arena_printf(l->arena, "%s/", source) : arena_printf(l->arena, "%s/%s/", source, dir);
        return arena_printf(l->arena, "CONCAT(%s, r.bronze_source_file)", sql_literal(l->arena, before));
    }
    size_t root = strlen(t->files[0].path) - strlen(t->marks[0].file), characters = 0;
    for (size_t i = 0; i < root; i++)
        characters += ((unsigned char)t->files[0].path[i] & 0xc0) != 0x80;
    return arena_printf(l->arena, "CONCAT(%s, SUBSTRING(r.bronze_source_file, %zu))",
                        sql_literal(l->arena, arena_printf(l->arena, "%s/", source)), characters + 1);
}

static const char *failing(struct load *l, const struct pack_check *c)
{
    return arena_printf(l->arena, "NOT COALESCE((%s), TRUE)", c->predicate);
}

/* with_reason: also why, and the row as JSON; only what goes to quarantine pays for them. */
static const char *typed_text(struct load *l, bool with_reason)
{
    struct arena *a = l->arena;
    const struct pack_object *o = l->batch->object;
    struct buf bad CLEANUP(buf_free), why CLEANUP(buf_free);
    bool text_format = !l->batch->derivation && (l->batch->format == ENGINE_JSONL || l->batch->format == ENGINE_CSV);
    buf_init(&bad, LIMIT_SQL_BYTES);
    buf_init(&why, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < l->rule_count; i++) {
        if (l->rules[i].warning)
            continue;
        const char *fails = failing(l, &l->rules[i]);
        buf_printf(&bad, " OR %s", fails);
        buf_printf(&why, ", CASE WHEN %s THEN %s END", fails, sql_literal(a, arena_printf(a, "check %s failed", l->rules[i].name)));
    }
    const char *rejected = text_format ? "r.bronze_reject IS NOT NULL" : "FALSE", *unfit = l->shape.unfit;
    const char *unfit_text = arena_printf(a, ",\n    (%s%s%s) AS bronze_unfit%s", rejected, unfit ? " OR " : "", unfit ? unfit : "",
                                          with_reason ? arena_printf(a, ",\n    CONCAT_WS('; ', %s%s) AS bronze_why,\n    %s AS bronze_row",
                                                                     text_format ? "r.bronze_reject" : "CAST(NULL AS STRING)",
                                                                     l->shape.unfit_reason, l->shape.row_json)
                                                      : "");
    const char *judgement = arena_printf(
        a, ",\n    (t.bronze_unfit%s) AS bronze_bad%s", bad.len ? bad.data : "",
        with_reason ? arena_printf(a, ",\n    CONCAT_WS('; ', NULLIF(t.bronze_why, '')%s) AS bronze_reason", why.len ? why.data : "") : "");
    const char *event_time = o->event_time && l->batch->horizon_us != INT64_MIN ? sql_backtick(a, o->event_time) : NULL;
    const char *horizon = event_time ? arena_printf(a, "  WHERE t.%s IS NULL OR t.%s >= :horizon", event_time, event_time) : "";
    return TEMPLATE(a, build_sql_typed, {"columns", l->shape.columns}, {"file", file_text(l)}, {"raw", relation(l, "_raw")},
                    {"unfit", unfit_text}, {"judgement", judgement}, {"horizon", horizon});
}

/* A statement over the typed rows with the parameters that they may need. */
#define TYPED_STMT(l, text, ...) \
    (&(struct engine_stmt){.sql = (text), \
                           .params = (struct engine_param[]){P_TIME("horizon", (l)->batch->horizon_us), \
                                                             P_TIME("ingested", (l)->ingested_us), P_I64("run", (l)->b->run_id), \
                                                             P_TEXT("source", source_name((l)->batch))}, \
                           .param_count = 4})

static int stage_query(struct load *l, const char *suffix, const char *sql, int64_t *ret_rows, struct error *err)
{
    return engine_stage_query(l->b->conn, relation(l, suffix), TYPED_STMT(l, sql), ret_rows, err);
}

/* ---- steps of the load ----------------------------------------------------------------------------------------------- */

static int stage_raw(struct load *l, struct error *err)
{
    const struct build_batch *t = l->batch;
    struct build *b = l->b;
    if (t->derivation) {
        const struct engine_stmt *logs = SQL_WITH("SELECT log FROM secchi_ops.landed_log WHERE landing BETWEEN :low AND :high",
                                                  P_I64("low", t->landing_from), P_I64("high", t->landing_to));
        struct engine_stmt derive = {.sql = t->derivation->sql, .file = t->derivation->file, .line = t->derivation->line};
        int rc = engine_stage_query(b->conn, "spark_logs", logs, NULL, err);
        return rc ? rc : engine_stage_query(b->conn, relation(l, "_raw"), &derive, NULL, err);
    }
    struct engine_column *want;
    size_t count, kept = 0;
    int rc = engine_table_columns(b->conn, t->object->schema, t->object->name, l->arena, &want, &count, err);
    for (size_t i = 0; i < count && !rc; i++)
        if (!str_starts(want[i].name, "bronze_"))
            want[kept++] = want[i];
    if (rc)
        return rc;
    if (t->format != ENGINE_JSONL && t->format != ENGINE_CSV) {
        rc = engine_stage_files(b->conn, relation(l, "_raw"), t->format, t->files, t->file_count, want, kept, err);
        return rc ? rc : engine_staged_files(b->conn, relation(l, "_raw"), l->arena, &l->files, &l->file_count, err);
    }
    /* Text is parsed once; columns of Parquet are read again for less than it costs to keep them. */
    rc = engine_stage_files(b->conn, relation(l, "_text"), t->format, t->files, t->file_count, want, kept, err);
    const char *sql = arena_printf(l->arena, "SELECT * FROM incoming.%s", relation(l, "_text"));
    if (!rc)
        rc = engine_staged_files(b->conn, relation(l, "_text"), l->arena, &l->files, &l->file_count, err);
    if (!rc)
        rc = engine_stage_query(b->conn, relation(l, "_raw"), ENGINE_SQL(sql), NULL, err);
    engine_unstage(b->conn, relation(l, "_text"));
    return rc;
}

/* Counts rows, rejected rows and the failures of every check. */
static int probe(struct load *l, struct error *err)
{
    struct buf checks CLEANUP(buf_free);
    struct engine_rows rows;
    buf_init(&checks, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < l->rule_count; i++)
        buf_printf(&checks, ",\n  COUNT_IF(%s) AS failed_%zu", failing(l, &l->rules[i]), i);
    const char *sql = TEMPLATE(l->arena, build_sql_probe, {"typed", typed_text(l, false)}, {"checks", checks.data ? checks.data : ""});
    int rc = engine_rows(l->b->conn, TYPED_STMT(l, sql), 1, l->arena, &rows, err);
    if (rc)
        return rc;
    l->rows_in = rows.values[0].i;
    l->rejected = rows.values[1].i;
    l->failed = arena_alloc(l->arena, (l->rule_count + 1) * sizeof(*l->failed));
    for (size_t i = 0; i < l->rule_count; i++)
        l->failed[i] = rows.values[2 + i].i;
    return 0;
}

/* Derived rows are derived again when their log grows: what was rejected of it before is replaced. */
static int quarantine(struct load *l, struct error *err)
{
    const char *table = l->batch->object->name;
    if (l->batch->derivation) {
        const char *sql = TEMPLATE(l->arena, build_sql_quarantine_forget, {"table", table});
        int rc = engine_exec(l->b->conn, ENGINE_SQL(sql), NULL, err);
        if (rc)
            return rc;
    }
    if (!l->rejected)
        return 0;
    const char *sql = TEMPLATE(l->arena, build_sql_quarantine, {"table", table}, {"typed", typed_text(l, true)});
    return engine_exec(l->b->conn, TYPED_STMT(l, sql), NULL, err);
}

/* incoming.<table>_repeated: natural keys that come more than once. */
static int stage_repeated(struct load *l, const char *typed, int64_t *ret_keys, struct error *err)
{
    *ret_keys = 0;
    if (!l->key)
        return 0;
    const char *sql = TEMPLATE(l->arena, build_sql_repeated, {"typed", typed}, {"keys", key_text(l, "j", NULL)});
    return stage_query(l, "_repeated", sql, ret_keys, err);
}

/* The good rows, each key once. */
static const char *newest_text(struct load *l, const char *good)
{
    struct arena *a = l->arena;
    const char *columns = build_list(a, l->shape.ours, l->shape.ours_count, "g", ", ");
    const char *names = arena_printf(a, "%s, g.bronze_ingestion_timestamp, g.bronze_source_file, g.bronze_source_seq", columns);
    return TEMPLATE(a, build_sql_newest, {"good", good}, {"repeated", relation(l, "_repeated")}, {"names", names},
                    {"good_keys", key_text(l, "g", NULL)}, {"join", key_text(l, "g", "d")});
}

static int run_fills(struct load *l, struct error *err)
{
    const struct pack_object *o = l->batch->object;
    const char *incoming = arena_printf(l->arena, "incoming.%s", relation(l, ""));
    bool all_new = false;
    for (size_t i = 0; i < o->fill_count; i++) {
        int64_t rows = 0;
        struct engine_stmt s = {.sql = o->fills[i].sql, .file = o->file, .line = o->fills[i].line};
        int rc = o->fill_count == 1 ? build_merge_run(l->b->conn, &s, incoming, false, &rows, &all_new, err)
                                    : engine_exec(l->b->conn, &s, &rows, err);
        if (rc)
            return rc;
        l->changed += rows;
    }
    l->met = !all_new;
    return 0;
}

/* The rows go into the table, straight from where they are read when they are its first. */
static int merge_rows(struct load *l, struct error *err)
{
    const struct pack_object *o = l->batch->object;
    const char *typed = typed_text(l, false);
    const char *columns = build_list(l->arena, l->shape.ours, l->shape.ours_count, "j", ",\n  ");
    const char *rows = TEMPLATE(l->arena, build_sql_good, {"typed", typed}, {"names", columns});
    int64_t repeated;
    bool empty;
    int rc = build_is_empty(l->b->conn, o, l->arena, &empty, err);
    if (!rc)
        rc = stage_repeated(l, typed, &repeated, err);
    if (rc)
        return rc;
    if (repeated)
        rows = newest_text(l, rows);
    const char *insert = empty && o->fill_count == 1 ? build_insert_for_merge(l->arena, o->fills[0].sql, rows) : NULL;
    if (insert)
        return engine_exec(l->b->conn, TYPED_STMT(l, insert), &l->changed, err);
    rc = stage_query(l, "", rows, NULL, err);
    return rc ? rc : run_fills(l, err);
}

/* ---- what is noted -------------------------------------------------------------------------------------------------------- */

static int note_results(struct load *l, struct error *err)
{
    struct build_rows r;
    int rc = l->rule_count ? build_rows_begin(l->b->conn, "check_result", l->arena, &r, err) : 0;
    if (rc || !l->rule_count)
        return rc;
    for (size_t i = 0; i < l->rule_count && !rc; i++)
        rc = build_rows_add(&r,
                            ROW(P_I64("run_id", l->b->run_id), P_TIME("ingested_at", l->ingested_us),
                                P_TEXT("source", source_name(l->batch)), P_TEXT("table_name", l->batch->object->name),
                                P_TEXT("check_name", l->rules[i].name), P_TEXT("criticality", l->rules[i].warning ? "warn" : "error"),
                                P_I64("rows_checked", l->rows_in), P_I64("rows_failed", l->failed[i])),
                            err);
    return build_rows_end(&r, rc, err);
}

static int note_checks(struct load *l, struct error *err)
{
    int rc = note_results(l, err);
    for (size_t i = 0; i < l->rule_count && !rc; i++) {
        const struct pack_check *c = &l->rules[i];
        if (!c->warning || !l->failed[i])
            continue;
        struct build_finding f = {
            .kind = "rows_suspect", .source = source_name(l->batch), .table = l->batch->object->name, .subject = c->name};
        snprintf(f.text, sizeof(f.text), "%lld of %lld rows fail the check %s and were kept", (long long)l->failed[i],
                 (long long)l->rows_in, c->name);
        rc = build_finding_put(l->b, &f, err);
    }
    return rc;
}

static int note_rejected(struct load *l, struct error *err)
{
    if (!l->rejected)
        return 0;
    struct build_finding f = {.kind = "rows_rejected", .source = source_name(l->batch), .table = l->batch->object->name};
    struct engine_rows rows;
    const char *sql = TEMPLATE(l->arena, build_sql_rejected, {"table", l->batch->object->name});
    int rc = engine_rows(l->b->conn, SQL_WITH(sql, P_TIME("ingested", l->ingested_us)), 1, l->arena, &rows, err);
    if (rc)
        return rc;
    const char *most = rows.row_count && rows.values[0].type == ENGINE_TEXT ? rows.values[0].text : "";
    snprintf(f.text, sizeof(f.text), "%lld of %lld rows could not be used and are in secchi_quarantine.%s, most often: %s",
             (long long)l->rejected, (long long)l->rows_in, l->batch->object->name, most);
    return build_finding_put(l->b, &f, err);
}

static int note_findings(struct load *l, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < l->shape.findings.len && !rc; i++)
        rc = build_finding_put(l->b, &l->shape.findings.items[i], err);
    if (!rc)
        rc = note_checks(l, err);
    if (!rc)
        rc = note_rejected(l, err);
    if (!rc && l->batch->first)
        rc = build_finding_close(l->b, FINDINGS_LOAD,
                                 &(struct build_finding){.source = source_name(l->batch), .table = l->batch->object->name}, err);
    return rc;
}

static int note_derived(struct load *l, struct error *err)
{
    const char *table = l->batch->object->name;
    int rc = engine_exec(l->b->conn, SQL_WITH(build_sql_derive_forget, P_TEXT("table", table)), NULL, err);
    if (rc)
        return rc;
    return engine_exec(l->b->conn,
                       SQL_WITH(build_sql_derive_mark, P_TEXT("table", table), P_TEXT("hash", l->batch->derivation_hash),
                                P_I64("low", l->batch->landing_from), P_I64("high", l->batch->landing_to)),
                       NULL, err);
}

static int note_load(struct load *l, struct error *err)
{
    const char *source = source_name(l->batch);
    int rc = l->batch->derivation ? note_derived(l, err) : build_mark_put(l->b, source, l->batch->marks, l->batch->file_count, err);
    if (rc)
        return rc;
    struct build_loaded loaded = {.ingested_us = l->ingested_us,
                                  .source = source,
                                  .table = l->batch->object->name,
                                  .rows_in = l->rows_in,
                                  .changed = l->changed,
                                  .rejected = l->rejected};
    return build_loaded_put(l->b, &loaded, err);
}

/* ---- the transaction --------------------------------------------------------------------------------------------------------- */

static int load_rows(struct load *l, struct error *err)
{
    int rc = build_rules_of(l->b, l->batch->object, l->arena, &l->rules, &l->rule_count, err);
    if (!rc)
        rc = stage_raw(l, err);
    if (!rc)
        rc = build_shape_make(l->b, l->batch, l->files, l->file_count, l->arena, &l->shape, err);
    if (!rc)
        rc = probe(l, err);
    if (!rc)
        rc = quarantine(l, err);
    if (!rc && l->rows_in > l->rejected)
        rc = merge_rows(l, err);
    if (!rc)
        rc = note_findings(l, err);
    return rc ? rc : note_load(l, err);
}

int build_load(struct build *b, const struct build_batch *batch, struct build_step *step, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct load l = {
        .b = b, .batch = batch, .arena = a, .key = sql_primary_key(batch->object->table), .ingested_us = build_next_ingested(b)};
    size_t findings = b->report.findings;
    int rc = engine_begin(b->conn, err);
    if (rc)
        return rc;
    rc = load_rows(&l, err);
    if (!rc)
        rc = engine_commit(b->conn, err);
    if (rc) {
        engine_rollback(b->conn);
        b->report.findings = findings;
    }
    engine_unstage(b->conn, relation(&l, "_raw"));
    engine_unstage(b->conn, relation(&l, "_repeated"));
    engine_unstage(b->conn, relation(&l, ""));
    engine_unstage(b->conn, "spark_logs");
    VEC_FREE(&l.shape.findings);
    if (rc)
        return rc;
    if (l.met)
        map_set(&b->met, build_key(b->arena, batch->object), b);
    step->rows_in += l.rows_in;
    step->rows_changed += l.changed;
    step->rows_rejected += l.rejected;
    return 0;
}
