#include "build/room.h"

const char *build_severity(const char *kind)
{
    static const struct {
        const char *kind, *severity;
    } known[] = {
        {"file_changed", "warning"}, {"file_vanished", "info"},  {"unreadable", "error"},          {"unknown_format", "info"},
        {"log_expired", "warning"},  {"no_tables", "warning"},   {"unknown_table", "warning"},     {"source_unreadable", "error"},
        {"column_added", "info"},    {"column_missing", "info"}, {"type_changed", "warning"},      {"rows_rejected", "error"},
        {"rows_suspect", "warning"}, {"bad_line", "error"},      {"truncated", "warning"},         {"damaged", "error"},
        {"orphan_rows", "warning"},  {"duplicate_key", "error"}, {"overlapping_periods", "error"}, {"file_truncated", "error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(known[i].kind, kind))
            return known[i].severity;
    return "warning";
}

int build_finding_put(struct build *b, const struct build_finding *f, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *key = arena_printf(a, "%s\t%s\t%s\t%s\t%s", f->kind, f->source ? f->source : "", f->table ? f->table : "",
                                   f->file ? f->file : "", f->subject ? f->subject : "");
    if (str_eq(f->kind, "bad_line")) /* a log may have several */
        key = arena_printf(a, "%s\t%s", key, f->text);
    const char *severity = f->severity ? f->severity : build_severity(f->kind);
    b->report.findings++;
    return engine_exec(b->conn,
                       SQL_WITH(build_sql_finding, P_TEXT("id", build_hash(a, key, strlen(key))), P_TEXT("kind", f->kind),
                                P_TEXT("severity", severity), P_TEXT("source", f->source), P_TEXT("table", f->table),
                                P_TEXT("file", f->file), P_TEXT("subject", f->subject), P_TEXT("text", f->text), P_I64("run", b->run_id),
                                P_TIME("now", clock_real_us())),
                       NULL, err);
}

/* ---- closing ---------------------------------------------------------------------------------------------------------- */

int build_findings_open(struct build *b, struct error *err)
{
    struct engine_rows rows;
    const char *sql = "SELECT kind, source, table_name, file, subject FROM secchi_ops.finding WHERE state = 'open' AND last_run_id <> :run";
    int rc = engine_rows(b->conn, SQL_WITH(sql, P_I64("run", b->run_id)), SIZE_MAX / 64, b->arena, &rows, err);
    if (rc)
        return rc;
    b->open = arena_alloc(b->arena, (rows.row_count + 1) * sizeof(*b->open));
    b->open_count = rows.row_count;
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        const char *text[5];
        for (size_t k = 0; k < ARRAY_LEN(text); k++)
            text[k] = v[k].type == ENGINE_NULL ? NULL : v[k].text;
        b->open[i] = (struct build_finding){.kind = text[0], .source = text[1], .table = text[2], .file = text[3], .subject = text[4]};
    }
    return 0;
}

static bool is_one_of(const char *kinds, const char *kind)
{
    size_t n = strlen(kind);
    for (const char *p = kinds; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, kind, n) == 0 && (p[n] == ',' || !p[n]))
            return true;
    return false;
}

static bool fits(const char *wanted, const char *value) { return !wanted || str_eq(wanted, value); }

/* Nobody else writes findings while a refresh runs: what was not open before it cannot be closed by it. */
static bool may_close(const struct build *b, const char *kinds, const struct build_finding *of)
{
    for (size_t i = 0; i < b->open_count; i++) {
        const struct build_finding *f = &b->open[i];
        if (is_one_of(kinds, f->kind) && fits(of->source, f->source) && fits(of->table, f->table) && fits(of->file, f->file) &&
            fits(of->subject, f->subject))
            return true;
    }
    return false;
}

int build_finding_close(struct build *b, const char *kinds, const struct build_finding *of, struct error *err)
{
    if (!may_close(b, kinds, of))
        return 0;
    return engine_exec(b->conn,
                       SQL_WITH(build_sql_finding_close, P_TEXT("kinds", kinds), P_TEXT("source", of->source), P_TEXT("table", of->table),
                                P_TEXT("file", of->file), P_TEXT("subject", of->subject), P_I64("run", b->run_id),
                                P_TIME("now", clock_real_us())),
                       NULL, err);
}
