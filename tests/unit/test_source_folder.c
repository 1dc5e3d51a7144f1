#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "source/folder.h"
#include "source/source.h"

static char root[] = "/tmp/secchi-test-folder-XXXXXX";
static char box[64]; /* a fresh source folder of each test */
static struct arena *arena;

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", root, root);
    return system(command);
}

static int make_box(void **state)
{
    (void)state;
    static int number;
    snprintf(box, sizeof(box), "%s/box%d", root, ++number);
    arena = arena_new();
    return mkdir(box, 0755);
}

static int end_box(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static char *path_of(const char *name) { return path_join(arena, box, name); }

static void put(const char *name, const char *text)
{
    char *path = path_of(name), *dir = arena_strdup(arena, path);
    *strrchr(dir, '/') = '\0';
    assert_int_equal(dir_create(dir, 0755, NULL), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct source_scan scan(const struct source_mark *marks, size_t count)
{
    struct source_spec spec = {.name = "box", .path = box, .kind = SOURCE_FOLDER};
    struct source_scan s;
    struct error e = {0};
    if (source_scan(&spec, marks, count, arena, &s, &e))
        fail_msg("%s", e.what);
    return s;
}

static const struct source_finding *finding(const struct source_scan *s, const char *kind, const char *file)
{
    for (size_t i = 0; i < s->finding_count; i++)
        if (str_eq(s->findings[i].kind, kind) && str_eq(s->findings[i].file, file))
            return &s->findings[i];
    return NULL;
}

static void files_are_found_by_format_in_byte_order(void **state)
{
    (void)state;
    put("query/history/b.parquet", "x");
    put("query/history/a/day=2026-01-02/z.parquet", "xx");
    put("query/history/B.parquet", "x");
    put("query/history/rows.jsonl", "{}\n");
    put("query/history/rows.ndjson.GZ", "z");
    put("query/history/rows.csv.zst", "zz");
    put("query/history/rows.csv.zstd", "");
    put("query/history/c.parquet.gz", "z");
    put("query/history/rows.jsonl.bz2", "z");
    put("query/history/_SUCCESS", "");
    put("query/history/.rows.crc", "x");
    put("billing/usage/u.csv", "a\n1\n");
    put("billing/usage/notes.txt", "x");
    put("billing/loose.csv", "x");
    put("readme.md", "x");
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.unit_count, 4);
    assert_string_equal(s.units[0].table, "billing/usage");
    assert_int_equal(s.units[0].format, ENGINE_CSV);
    assert_string_equal(s.units[1].table, "query/history");
    assert_int_equal(s.units[1].format, ENGINE_PARQUET);
    assert_int_equal(s.units[1].file_count, 3);
    assert_string_equal(s.units[1].marks[0].file, "query/history/B.parquet");
    assert_string_equal(s.units[1].marks[1].file, "query/history/a/day=2026-01-02/z.parquet");
    assert_string_equal(s.units[1].marks[2].file, "query/history/b.parquet");
    assert_string_equal(s.units[1].files[2].path, path_of("query/history/b.parquet"));
    assert_int_equal(s.units[1].bytes, 4);
    assert_int_equal(s.units[2].format, ENGINE_JSONL);
    assert_int_equal(s.units[2].file_count, 2);
    assert_string_equal(s.units[2].marks[1].file, "query/history/rows.ndjson.GZ");
    assert_int_equal(s.units[2].files[1].to_offset, -1);
    assert_int_equal(s.units[3].format, ENGINE_CSV);
    assert_int_equal(s.units[3].file_count, 1);
    assert_string_equal(s.units[3].marks[0].file, "query/history/rows.csv.zst");
    assert_int_equal(s.finding_count, 5);
    assert_non_null(strstr(finding(&s, "unknown_format", "query/history/rows.jsonl.bz2")->text, ".gz or .zst"));
    assert_non_null(finding(&s, "unknown_format", "query/history/c.parquet.gz"));
    assert_non_null(finding(&s, "unknown_format", "billing/usage/notes.txt"));
    assert_non_null(finding(&s, "unknown_format", "billing/loose.csv"));
    assert_non_null(finding(&s, "unknown_format", "readme.md"));
}

static void loaded_files_are_not_loaded_again(void **state)
{
    (void)state;
    put("query/history/a.parquet", "xxxx");
    put("query/history/b.jsonl", "{\"a\":1}\n");
    struct source_scan s = scan(NULL, 0);
    struct source_mark marks[] = {s.units[0].marks[0], s.units[1].marks[0]};
    s = scan(marks, 2);
    assert_int_equal(s.unit_count, 0);
    assert_int_equal(s.finding_count, 0);
}

static void changed_and_vanished_files_are_findings(void **state)
{
    (void)state;
    put("query/history/a.parquet", "xxxx");
    put("query/history/b.csv", "a\n1\n");
    put("query/history/c.jsonl", "{\"a\":1}\n{\"a\":2}\n");
    struct source_mark marks[] = {
        {.table = "query/history", .file = "query/history/a.parquet", .size = 3, .offset = 3, .version = -1},
        {.table = "query/history", .file = "query/history/b.csv", .size = 2, .offset = 2, .version = -1},
        {.table = "query/history", .file = "query/history/c.jsonl", .size = 40, .offset = 40, .version = -1}, /* shorter than before */
        {.table = "query/history", .file = "query/history/d.parquet", .size = 3, .offset = 3, .version = -1},
    };
    struct source_scan s = scan(marks, 4);
    assert_int_equal(s.unit_count, 0);
    assert_int_equal(s.finding_count, 4);
    assert_non_null(strstr(finding(&s, "file_changed", "query/history/a.parquet")->text, "had 3 bytes when it was loaded and has 4 now"));
    assert_non_null(finding(&s, "file_changed", "query/history/b.csv"));
    assert_non_null(finding(&s, "file_changed", "query/history/c.jsonl"));
    assert_non_null(finding(&s, "file_vanished", "query/history/d.parquet"));
}

static void grown_json_lines_go_on_at_their_offset(void **state)
{
    (void)state;
    put("query/history/a.jsonl", "{\"a\":1}\n{\"a\":2}\n{\"a\"");
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.units[0].files[0].from_offset, 0);
    assert_int_equal(s.units[0].files[0].to_offset, 16);
    assert_int_equal(s.units[0].marks[0].offset, 16);
    assert_int_equal(s.units[0].marks[0].size, 20);
    struct source_mark mark = s.units[0].marks[0];
    assert_int_equal(scan(&mark, 1).unit_count, 0); /* the last line is still not whole */
    put("query/history/a.jsonl", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n");
    s = scan(&mark, 1);
    assert_int_equal(s.units[0].files[0].from_offset, 16);
    assert_int_equal(s.units[0].files[0].to_offset, 32);
    mark = s.units[0].marks[0];
    assert_int_equal(scan(&mark, 1).unit_count, 0);
    put("query/history/a.jsonl", "{\"a\":1}\n{\"a\":2}\n{\"a\":3},\"a\":4}\n{\"a\":5}\n"); /* no line ends at the offset any more */
    s = scan(&mark, 1);
    assert_int_equal(s.unit_count, 0);
    assert_non_null(finding(&s, "file_changed", "query/history/a.jsonl"));
}

static void the_last_line_needs_no_newline_when_it_is_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t end;
    } cases[] = {
        {"", 0},
        {"\n", 1},
        {"{\"a\":1}", 7},
        {"{\"a\":1} \t\r", 10},
        {"{\"a\":\"}\"", 0},
        {"{\"a\":\"\\\"}\"}", 11},
        {"{\"a\":[{\"b\":1}]}", 15},
        {"{\"a\":{\"b\":1}", 0},
        {"{\"a\":1}\n12", 8},
        {"{\"a\":1}\n{\"a\":1} x", 8},
        {"{\"a\":1}\n{\"a\":1}{\"a\":1}", 8},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t end = -1;
        put("f.jsonl", cases[i].text);
        assert_int_equal(folder_line_end(path_of("f.jsonl"), 0, (int64_t)strlen(cases[i].text), &end, NULL), 0);
        if (end != cases[i].end)
            fail_msg("%s ends at %lld, expected %lld", cases[i].text, (long long)end, (long long)cases[i].end);
    }
}

static void lines_longer_than_a_chunk_are_found(void **state)
{
    (void)state;
    size_t n = 200000;
    char *text = malloc(n + 20);
    memset(text, ' ', n);
    memcpy(text, "{\"a\":1}\n{\"b\":\"", 14);
    text[n] = '\0';
    put("f.jsonl", text);
    int64_t end;
    assert_int_equal(folder_line_end(path_of("f.jsonl"), 0, (int64_t)n, &end, NULL), 0);
    assert_int_equal(end, 8);
    memcpy(text + n - 2, "\"}", 2);
    put("f.jsonl", text);
    assert_int_equal(folder_line_end(path_of("f.jsonl"), 0, (int64_t)n, &end, NULL), 0);
    assert_int_equal(end, n);
    free(text);
}

static void large_files_come_in_parts_that_end_with_lines(void **state)
{
    (void)state;
    const int64_t size = (int64_t)150 << 20, line = 100;
    char *path = path_of("query/history/a.jsonl"), *text = malloc((size_t)line);
    put("query/history/a.jsonl", "");
    FILE *f = fopen(path, "w");
    memset(text, 'x', (size_t)line);
    text[line - 1] = '\n';
    for (int64_t i = 0; i < size / line; i++)
        fwrite(text, 1, (size_t)line, f);
    fclose(f);
    free(text);
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.unit_count, 1);
    assert_int_equal(s.units[0].file_count, 3);
    int64_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s.units[0].files[i].from_offset, at);
        at = s.units[0].files[i].to_offset;
        assert_int_equal(at % line, 0);
        assert_int_equal(s.units[0].marks[i].offset, at);
    }
    assert_int_equal(at, size / line * line);
    s = scan(&s.units[0].marks[0], 1); /* stopped after the first */
    assert_int_equal(s.units[0].file_count, 2);
    unlink(path);
}

#define COMMIT(n) "query/history/_delta_log/0000000000000000000" #n ".json"

static void delta_tables_are_known_by_version(void **state)
{
    (void)state;
    put(COMMIT(0), "{}\n");
    put(COMMIT(1), "{}\n");
    put("query/history/part-0.parquet", "x");
    put("query/history/_delta_log/_last_checkpoint", "{}");
    put("query/history/_delta_log/00000000000000000001.checkpoint.parquet", "x");
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.unit_count, 1);
    assert_int_equal(s.units[0].format, ENGINE_DELTA);
    assert_int_equal(s.units[0].files[0].from_version, -1);
    assert_int_equal(s.units[0].files[0].to_version, 1);
    struct source_mark mark = s.units[0].marks[0];
    assert_int_equal(mark.version, 1);
    assert_string_equal(mark.file, "query/history");
    assert_int_equal(scan(&mark, 1).unit_count, 0);
    put(COMMIT(2), "{}\n");
    s = scan(&mark, 1);
    assert_int_equal(s.units[0].files[0].from_version, 1);
    assert_int_equal(s.units[0].files[0].to_version, 2);
    put(COMMIT(4), "{}\n");
    mark.version = 2;
    s = scan(&mark, 1);
    assert_int_equal(s.units[0].files[0].from_version, -1); /* commit 3 has expired */
    assert_non_null(finding(&s, "log_expired", "query/history"));
    mark.version = 9;
    s = scan(&mark, 1);
    assert_int_equal(s.unit_count, 0);
    assert_non_null(finding(&s, "file_changed", "query/history"));
}

static void a_source_can_be_one_table(void **state)
{
    (void)state;
    char outer[64];
    memcpy(outer, box, sizeof(box));
    put("query/history/day=1/a.parquet", "x");
    snprintf(box, sizeof(box), "%.40s/query/history", outer);
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.unit_count, 1);
    assert_string_equal(s.units[0].table, "query/history");
    assert_string_equal(s.units[0].marks[0].file, "day=1/a.parquet");
    put("_delta_log/00000000000000000000.json", "{}");
    s = scan(NULL, 0);
    assert_int_equal(s.units[0].format, ENGINE_DELTA);
    assert_string_equal(s.units[0].table, "query/history");
    assert_string_equal(s.units[0].marks[0].file, ".");
    memcpy(box, outer, sizeof(box));
}

static void what_cannot_be_read_is_a_finding(void **state)
{
    (void)state;
    put("query/history/a.parquet", "x");
    put("lakeflow/jobs/a.parquet", "x");
    assert_int_equal(symlink("nowhere", path_of("query/history/gone.parquet")), 0);
    assert_int_equal(symlink("loop.jsonl", path_of("query/history/loop.jsonl")), 0);
    assert_int_equal(chmod(path_of("lakeflow/jobs"), 0), 0);
    bool root_user = geteuid() == 0;
    if (root_user) { /* root reads everything */
        assert_int_equal(chmod(root, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    struct source_mark mark = {.table = "lakeflow/jobs", .file = "lakeflow/jobs/old.parquet", .size = 1, .offset = 1, .version = -1};
    struct source_scan s = scan(&mark, 1);
    if (root_user)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(s.unit_count, 1);
    assert_int_equal(s.units[0].file_count, 1);
    assert_non_null(finding(&s, "unreadable", "query/history/gone.parquet"));
    assert_non_null(finding(&s, "unreadable", "query/history/loop.jsonl"));
    assert_non_null(strstr(finding(&s, "unreadable", "lakeflow/jobs")->text, "Permission denied"));
    assert_null(finding(&s, "file_vanished", "lakeflow/jobs/old.parquet")); /* nobody knows */
    assert_int_equal(s.finding_count, 3);
}

static void links_out_of_the_source_are_findings(void **state)
{
    (void)state;
    char outside[80];
    snprintf(outside, sizeof(outside), "%s/outside-%s", root, strrchr(box, '/') + 1);
    assert_int_equal(dir_create(outside, 0755, NULL), 0);
    put("query/history/a.parquet", "x");
    assert_int_equal(symlink("a.parquet", path_of("query/history/b.parquet")), 0);
    assert_int_equal(symlink(outside, path_of("query/history/c")), 0);
    assert_int_equal(symlink(outside, path_of("query/users")), 0);
    assert_int_equal(symlink(outside, path_of("identity")), 0);
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.units[0].file_count, 2);
    assert_int_equal(s.finding_count, 3);
    assert_non_null(strstr(finding(&s, "unreadable", "query/history/c")->text, outside));
    assert_non_null(finding(&s, "unreadable", "query/users"));
    assert_non_null(finding(&s, "unreadable", "identity"));
}

static void an_unreadable_source_is_an_error(void **state)
{
    (void)state;
    struct source_spec spec = {.name = "none", .path = "/nonexistent", .kind = SOURCE_FOLDER};
    struct source_scan s;
    struct error e;
    assert_int_not_equal(source_scan(&spec, NULL, 0, arena, &s, &e), 0);
    assert_non_null(strstr(e.what, "/nonexistent"));
}

static void an_empty_source_is_a_finding(void **state)
{
    (void)state;
    struct source_scan s = scan(NULL, 0);
    assert_int_equal(s.unit_count, 0);
    assert_int_equal(s.finding_count, 1);
    assert_string_equal(s.findings[0].kind, "no_tables");
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    enum source_kind kind;
    struct error e;
    assert_int_equal(source_detect(box, &kind, &e), ERROR_USAGE);
    assert_non_null(strstr(e.hint, "<schema>/<table>/"));
    put("query/history/rows.jsonl", "{\"statement_id\":\"1\"}\n");
    assert_int_equal(source_detect(box, &kind, &e), 0);
    assert_int_equal(kind, SOURCE_FOLDER);
    assert_int_equal(source_detect(path_of("query/history"), &kind, &e), 0);
    assert_int_equal(kind, SOURCE_FOLDER);
    assert_int_equal(source_detect(path_of("query/history/rows.jsonl"), &kind, &e), ERROR_USAGE);
    assert_int_equal(source_detect(path_of("nothing"), &kind, &e), ERROR_USAGE);
    put("logs/app-1", "{\"Event\":\"SparkListenerLogStart\",\"Spark Version\":\"4.2.0\"}\n");
    assert_int_equal(source_detect(path_of("logs"), &kind, &e), 0);
    assert_int_equal(kind, SOURCE_SPARK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_box, end_box)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_found_by_format_in_byte_order),
        TEST(loaded_files_are_not_loaded_again),
        TEST(changed_and_vanished_files_are_findings),
        TEST(grown_json_lines_go_on_at_their_offset),
        TEST(the_last_line_needs_no_newline_when_it_is_whole),
        TEST(lines_longer_than_a_chunk_are_found),
        TEST(large_files_come_in_parts_that_end_with_lines),
        TEST(delta_tables_are_known_by_version),
        TEST(a_source_can_be_one_table),
        TEST(what_cannot_be_read_is_a_finding),
        TEST(links_out_of_the_source_are_findings),
        TEST(an_unreadable_source_is_an_error),
        TEST(an_empty_source_is_a_finding),
        TEST(kinds_are_told_apart),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
