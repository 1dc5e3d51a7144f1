/*
 * land_logs PACKS SOURCE OUT [STEPS]: lands the event logs of a folder in an engine in memory, runs the derivations on it and
 * writes every table as JSON lines into OUT: <table>.jsonl of secchi_spark, <schema>.<table>.jsonl of the system tables, and
 * findings.jsonl. With STEPS each line names a folder that is landed as the next state of the same source, e.g. a log that
 * grew. Times are microseconds, other values as they are. For the tests of the event-log source.
 */
#include <stdlib.h>

#include <yyjson.h>

#include "engine/engine.h"
#include "source/source.h"
#include "source/spark/tables.h"

struct run {
    struct arena *a;
    struct engine *engine;
    struct engine_conn *conn;
    const char *packs, *out;
    struct source_mark *marks;
    size_t mark_count;
    FILE *findings;
};

static void must(int status, const struct error *err)
{
    if (status == 0)
        return;
    error_print(stderr, err);
    exit(1);
}

static void exec_file(struct run *r, const char *path)
{
    struct error err = {0};
    char *text;
    size_t len, count;
    must(file_read(path, LIMIT_SQL_BYTES, &text, &len, &err), &err);
    struct sql_statement *s;
    must(sql_split(r->a, text, len, 1, &s, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        struct engine_stmt stmt = {.sql = arena_strndup(r->a, s[i].text, s[i].len), .file = path, .line = s[i].pos.line};
        must(engine_exec(r->conn, &stmt, NULL, &err), &err);
    }
    free(text);
}

static yyjson_mut_val *cell(yyjson_mut_doc *d, const struct engine_value *v)
{
    switch (v->type) {
    case ENGINE_NULL:
        return yyjson_mut_null(d);
    case ENGINE_BOOL:
        return yyjson_mut_bool(d, v->b);
    case ENGINE_I64:
    case ENGINE_TIMESTAMP:
    case ENGINE_DATE:
        return yyjson_mut_sint(d, v->i);
    case ENGINE_F64:
        return yyjson_mut_real(d, v->f);
    case ENGINE_TEXT:
    case ENGINE_OTHER:
        return yyjson_mut_str(d, v->text);
    }
    return yyjson_mut_null(d);
}

static void write_rows(struct run *r, const char *name, const char *sql, const char *file)
{
    struct error err = {0};
    struct engine_rows rows;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    must(engine_rows(r->conn, &(struct engine_stmt){.sql = sql, .file = file}, 10000000, a, &rows, &err), &err);
    FILE *f = fopen(arena_printf(a, "%s/%s.jsonl", r->out, name), "w");
    if (!f)
        must(error_errno(&err, "write", name), &err);
    for (size_t i = 0; i < rows.row_count; i++) {
        yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
        yyjson_mut_val *o = yyjson_mut_obj(d);
        for (size_t c = 0; c < rows.column_count; c++)
            yyjson_mut_obj_add_val(d, o, rows.columns[c].name, cell(d, &rows.values[i * rows.column_count + c]));
        yyjson_mut_doc_set_root(d, o);
        char *line = yyjson_mut_write(d, YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL);
        fprintf(f, "%s\n", line);
        free(line);
        yyjson_mut_doc_free(d);
    }
    fclose(f);
}

static void write_findings(struct run *r, const struct source_finding *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
        yyjson_mut_val *o = yyjson_mut_obj(d);
        yyjson_mut_obj_add_str(d, o, "kind", f[i].kind);
        yyjson_mut_obj_add_str(d, o, "file", f[i].file ? f[i].file : "");
        yyjson_mut_obj_add_str(d, o, "text", f[i].text);
        yyjson_mut_doc_set_root(d, o);
        char *line = yyjson_mut_write(d, 0, NULL);
        fprintf(r->findings, "%s\n", line);
        free(line);
        yyjson_mut_doc_free(d);
    }
}

static void keep_mark(struct run *r, const struct source_mark *m)
{
    for (size_t i = 0; i < r->mark_count; i++)
        if (str_eq(r->marks[i].file, m->file)) {
            r->marks[i] = *m;
            return;
        }
    r->marks = xrealloc(r->marks, (r->mark_count + 1) * sizeof(*r->marks));
    r->marks[r->mark_count++] = *m;
}

static void land(struct run *r, const char *path)
{
    struct error err = {0};
    struct source_spec spec = {.name = "test", .path = path, .kind = SOURCE_SPARK, .account_id = "account", .workspace_id = "workspace"};
    struct source_scan scan;
    struct source_landed landed;
    must(source_scan(&spec, r->marks, r->mark_count, r->a, &scan, &err), &err);
    write_findings(r, scan.findings, scan.finding_count);
    for (size_t i = 0; i < scan.unit_count; i++) {
        must(engine_begin(r->conn, &err), &err);
        must(source_land(&spec, &scan.units[i], r->conn, NULL, NULL, NULL, r->a, &landed, &err), &err);
        must(engine_commit(r->conn, &err), &err);
        write_findings(r, landed.findings, landed.finding_count);
        keep_mark(r, &scan.units[i].marks[0]);
    }
}

static void derive(struct run *r)
{
    struct error err = {0};
    char **names;
    size_t count;
    const char *dir = path_join(r->a, r->packs, "health/sources/spark");
    engine_unstage(r->conn, "spark_logs");
    must(engine_stage_query(r->conn, "spark_logs", ENGINE_SQL("SELECT DISTINCT log FROM secchi_spark.log"), NULL, &err), &err);
    must(dir_list(dir, &names, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        char *text;
        size_t len;
        if (!str_ends(names[i], ".sql") || str_eq(names[i], "landing.sql"))
            continue;
        const char *path = path_join(r->a, dir, names[i]);
        must(file_read(path, LIMIT_SQL_BYTES, &text, &len, &err), &err);
        write_rows(r, arena_strndup(r->a, names[i], strlen(names[i]) - 4), text, path);
        free(text);
    }
    dir_list_free(names, count);
    for (size_t i = 0; i < SPARK_TABLE_COUNT; i++)
        write_rows(r, spark_tables[i].name, arena_printf(r->a, "SELECT * FROM secchi_spark.%s", spark_tables[i].name), NULL);
}

static void land_steps(struct run *r, const char *list)
{
    char line[LIMIT_PATH_BYTES];
    FILE *f = fopen(list, "r");
    const char *base = r->out;
    struct error err = {0};
    if (!f)
        must(error_errno(&err, "read", list), &err);
    for (int step = 1; fgets(line, sizeof(line), f); step++) {
        line[strcspn(line, "\n")] = 0;
        land(r, arena_strdup(r->a, line));
        r->out = arena_printf(r->a, "%s/%d", base, step);
        must(dir_create(r->out, 0700, &err), &err);
        derive(r);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct engine_options options = {.kind = "duckdb", .memory_limit_bytes = (int64_t)1 << 30};
    if (argc < 4) {
        fprintf(stderr, "land_logs PACKS SOURCE OUT [STEPS]\n");
        return 2;
    }
    struct run r = {.a = arena_new(), .packs = argv[1], .out = argv[3]};
    r.findings = fopen(path_join(r.a, r.out, "findings.jsonl"), "w");
    if (!r.findings)
        must(error_errno(&err, "write", r.out), &err);
    must(engine_open(&options, &r.engine, &err), &err);
    must(engine_connect(r.engine, ENGINE_WRITE, NULL, &r.conn, &err), &err);
    must(engine_exec(r.conn, ENGINE_SQL("CREATE SCHEMA IF NOT EXISTS secchi_spark"), NULL, &err), &err);
    exec_file(&r, path_join(r.a, r.packs, "health/sources/spark/landing.sql"));
    if (argc > 4) {
        land_steps(&r, argv[4]);
    } else {
        land(&r, argv[2]);
        derive(&r);
    }
    fclose(r.findings);
    engine_disconnect(r.conn);
    engine_close(r.engine);
    free(r.marks);
    arena_free(r.a);
    return 0;
}
