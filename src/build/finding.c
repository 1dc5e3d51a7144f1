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

int build_finding_close(struct build *b, const char *kinds, const struct build_finding *of, struct error *err)
{
    return engine_exec(b->conn,
                       SQL_WITH(build_sql_finding_close, P_TEXT("kinds", kinds), P_TEXT("source", of->source), P_TEXT("table", of->table),
                                P_TEXT("file", of->file), P_TEXT("subject", of->subject), P_I64("run", b->run_id),
                                P_TIME("now", clock_real_us())),
                       NULL, err);
}
