/* Event logs and folders of tables, with a loader that keeps the rows. */
#include "scenarios.h"

#include <unistd.h>

#include "../unit/loader_record.h"
#include "source/source.h"
#include "source/spark/discover.h"
#include "source/spark/events.h"
#include "source/spark/spark.h"
#include "source/spark/stream.h"

static int by_text(const void *x, const void *y) { return strcmp(*(char *const *)x, *(char *const *)y); }

/* Rows of tables that are written at the same time come in any order. */
static void note_rows(void)
{
    uint64_t hash = 0;
    if (recorded.len)
        qsort(recorded.items, recorded.len, sizeof(*recorded.items), by_text);
    for (size_t i = 0; i < recorded.len; i++)
        hash = hash_bytes(recorded.items[i], strlen(recorded.items[i]), hash);
    note("%zu rows %016llx\n", recorded.len, (unsigned long long)hash);
    record_clear();
}

/* Lands every log below a folder of samples. What cannot be read becomes a finding: with a failed allocation it must be an error. */
static int lands(const char *sample, struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct source_spec spec = {.name = "lake", .path = arena_strdup(a, data_path(sample)), .kind = SOURCE_SPARK, .workspace_id = "w1"};
    struct source_scan s;
    record_clear();
    int rc = source_scan(&spec, NULL, 0, a, &s, err);
    for (size_t i = 0; !rc && i < s.unit_count; i++) {
        struct source_landed l;
        rc = source_land(&spec, &s.units[i], NULL, NULL, NULL, NULL, a, &l, err);
        if (rc)
            break;
        note("%s: %lld lines, %lld bad, %zu findings\n", s.units[i].log, (long long)l.lines, (long long)l.bad_lines, l.finding_count);
    }
    if (!rc) {
        note("%zu findings\n", s.finding_count);
        note_rows();
    }
    record_clear();
    return rc;
}

static int lands_rolling_zstd(struct error *err) { return lands("eventlogs/growing-zstd", err); }
static int lands_streaming(struct error *err) { return lands("eventlogs/streaming", err); }
static int lands_gzip_and_plain(struct error *err) { return lands("eventlogs/spark3", err); }

static int lands_broken_lines(struct error *err)
{
    static const char text[] =
        "{\"Event\":\"SparkListenerLogStart\",\"Spark Version\":\"4.0.0\"}\nno json\n{\"Event\":\"SparkListenerJobEnd\","
        "\"Job ID\":0,\"Completion Time\":1700000001000,\"Job Result\":{\"Result\":\"JobSucceeded\"}}\n[1,2\n";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    char *path = path_join(a, box(), "app-1");
    int rc = file_write_atomic(path, text, sizeof(text) - 1, 0600, err);
    struct source_spec spec = {.name = "lake", .path = box(), .kind = SOURCE_SPARK};
    struct source_scan s;
    struct source_landed l;
    record_clear();
    if (!rc)
        rc = source_scan(&spec, NULL, 0, a, &s, err);
    if (!rc)
        rc = source_land(&spec, &s.units[0], NULL, NULL, NULL, NULL, a, &l, err);
    if (!rc) {
        note("%lld lines, %lld bad\n", (long long)l.lines, (long long)l.bad_lines);
        note_rows();
    }
    record_clear();
    unlink(path);
    return rc;
}

static int scans_a_folder_of_tables(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct source_spec spec = {.name = "t", .path = arena_strdup(a, data_path("delta-samples")), .kind = SOURCE_FOLDER};
    struct source_scan s;
    int rc = source_scan(&spec, NULL, 0, a, &s, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < s.unit_count; i++)
        note("%s %d %zu %lld\n", s.units[i].table, (int)s.units[i].format, s.units[i].file_count, (long long)s.units[i].bytes);
    for (size_t i = 0; i < s.finding_count; i++)
        note("%s %s\n", s.findings[i].kind, s.findings[i].file ? s.findings[i].file : "-");
    return 0;
}

static int detects(struct error *err)
{
    enum source_kind spark, folder;
    int rc = source_detect(data_path("eventlogs/classic"), &spark, err);
    if (!rc)
        rc = source_detect(data_path("delta-samples/events"), &folder, err);
    if (!rc)
        note("%d %d", (int)spark, (int)folder);
    return rc;
}

static int reads_what_a_proto_text_says(struct error *err)
{
    static const char text[] = "sql_command {\n  input {\n    sql {\n      query: \"SELECT \\'a\\\\n\\', \\303\\244\"\n    }\n  }\n}\n";
    struct emit e;
    char form[64];
    emit_init(&e, NULL, "x", err);
    bool found = statement_sql(&e, text, sizeof(text) - 1, form);
    note("%d %s %s", found, form, found ? e.text.data : "");
    emit_abort(&e);
    return 0;
}

static int hides_secrets(struct error *err)
{
    (void)err;
    CLEANUP(arena_freep) struct arena *a = arena_new();
    note("%s", redact_value(a, "jdbc:x://me:hunter2@host/db?password=hunter2&a=b token=hunter2"));
    return 0;
}

static const struct scenario source_scenarios[] = {
    {"lands_rolling_zstd", lands_rolling_zstd},
    {"lands_streaming", lands_streaming},
    {"lands_gzip_and_plain", lands_gzip_and_plain},
    {"lands_broken_lines", lands_broken_lines},
    {"scans_a_folder_of_tables", scans_a_folder_of_tables},
    {"detects_sources", detects},
    {"reads_what_a_proto_text_says", reads_what_a_proto_text_says},
    {"hides_secrets", hides_secrets},
    {NULL, NULL},
};

const struct scenario *const scenario_tables[] = {source_scenarios, NULL};
