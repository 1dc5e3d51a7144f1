/* The event-log source: finding logs, rolling folders, marks, the landing tables. */
#include "spark_test.h"

#include "source/spark/discover.h"
#include "sql/sql.h"

static const char *sample(const char *name)
{
    const char *dir = getenv("SECCHI_TEST_DATA");
    assert_non_null(dir);
    return path_join(arena, dir, name);
}

/* ---- finding logs --------------------------------------------------------------------------------------------- */

static void finds_logs_of_every_form(void **state)
{
    (void)state;
    const char *dir = new_source();
    struct buf packed;
    buf_init(&packed, 1 << 20);
    gzip_append(&packed, START, strlen(START));
    put_bytes(dir, "a/b/app-gz.gz", packed.data, packed.len);
    buf_clear(&packed);
    zstd_append(&packed, START, strlen(START));
    put_bytes(dir, "app-zstd.zstd.inprogress", packed.data, packed.len);
    buf_free(&packed);
    put(dir, "app-plain", START);
    put(dir, "both", START);
    put(dir, "both.inprogress", START);
    put(dir, "empty.inprogress", "");
    put(dir, ".app-plain.crc", "crc!");
    put(dir, "eventlog_v2_r/appstatus_r", "");
    put(dir, "eventlog_v2_r/events_10_r", JOB_END(10));
    put(dir, "eventlog_v2_r/events_2_r", JOB_END(2));
    put(dir, "eventlog_v2_r/events_1_r", START);
    put(dir, "lz4.lz4", "LZ4Block\x15 ...........................");
    put(dir, "snappy.snappy", "\x82SNAPPY...........................");
    put(dir, "lzf.lzf", "ZV\x01..............................");
    put(dir, "notes.txt", "remember the milk");
    struct source_scan s = scan(dir, NULL, 0);
    static const char *const logs[] = {"lake/a/b/app-gz.gz", "lake/app-plain", "lake/app-zstd.zstd", "lake/both", "lake/eventlog_v2_r"};
    assert_int_equal(s.unit_count, ARRAY_LEN(logs));
    for (size_t i = 0; i < ARRAY_LEN(logs); i++)
        assert_string_equal(s.units[i].log, logs[i]);
    assert_int_equal(s.units[4].file_count, 3);
    assert_true(str_ends(s.units[4].files[2].path, "events_10_r"));
    assert_int_equal(s.finding_count, 4);
    for (size_t i = 0; i < s.finding_count; i++)
        assert_string_equal(s.findings[i].kind, "unknown_format");
    assert_non_null(strstr(s.findings[0].text, "compressed with lz4, which is not read; set spark.eventLog.compression.codec to zstd"));
    record_clear();
    land(dir, &s.units[4]);
    assert_string_equal(
        row_like("job_end|log=lake/eventlog_v2_r|line_offset=10995116277760|"),
        "job_end|log=lake/eventlog_v2_r|line_offset=10995116277760|job_id=10|ended_at=1700000001000000|result=JobSucceeded");
    assert_true(spark_detect(dir));
}

static void other_folders_are_not_detected(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "query/history/part-0.jsonl", "{\"statement_id\":\"1\"}\n");
    put(dir, "query/history/part-1.parquet", "PAR1");
    assert_false(spark_detect(dir));
}

static void changed_and_vanished_logs(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "app", START APP);
    struct source_scan s = scan(dir, NULL, 0);
    land(dir, &s.units[0]);
    struct source_mark marks[2] = {s.units[0].marks[0], {"spark", "gone", 5, 5, -1}};
    s = scan(dir, marks, 2);
    assert_int_equal(s.unit_count, 0);
    assert_int_equal(s.finding_count, 1);
    assert_string_equal(s.findings[0].kind, "file_vanished");
    put(dir, "app", START);
    s = scan(dir, marks, 1);
    assert_int_equal(s.unit_count, 0);
    assert_string_equal(s.findings[0].kind, "file_changed");
}

static void the_end_of_a_log_keeps_its_name(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "app.inprogress", START APP "{\"Event\":\"SparkListenerJobE");
    struct source_scan s = scan(dir, NULL, 0);
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.finding_count, 0);
    struct source_mark mark = s.units[0].marks[0];
    assert_int_equal(mark.offset, strlen(START APP));
    assert_int_equal(unlink(path_join(arena, dir, "app.inprogress")), 0);
    put(dir, "app", START APP JOB_END(0));
    s = scan(dir, &mark, 1);
    assert_int_equal(s.unit_count, 1);
    assert_int_equal(s.finding_count, 0);
    record_clear();
    land(dir, &s.units[0]);
    assert_int_equal(recorded.len, 1);
    assert_non_null(row_like("job_end|log=lake/app|line_offset=184|"));
}

static void an_unreadable_source_is_an_error(void **state)
{
    (void)state;
    struct source_scan s;
    struct error err = {0};
    struct source_spec spec = spec_of("/tmp/secchi-no-such-folder");
    assert_int_not_equal(spark_scan(&spec, NULL, 0, arena, &s, &err), 0);
}

/* Compacted parts stand in for those that are gone, and only for them. */
static void compacted_parts(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "eventlog_v2_c/events_3_c", JOB_END(3));
    put(dir, "eventlog_v2_c/events_2_c.compact", START JOB_END(2));
    struct source_scan s = scan(dir, NULL, 0);
    assert_int_equal(s.units[0].file_count, 2);
    assert_true(str_ends(s.units[0].files[0].path, ".compact"));
    record_clear();
    land(dir, &s.units[0]);
    assert_int_equal(count_rows("job_end"), 2);
    put(dir, "eventlog_v2_c/events_1_c", START JOB_END(1));
    put(dir, "eventlog_v2_c/events_2_c", JOB_END(2));
    s = scan(dir, NULL, 0);
    assert_int_equal(s.units[0].file_count, 3);
    struct source_mark mark = {"spark", "eventlog_v2_c", (int64_t)strlen(JOB_END(2)),
                               ((int64_t)2 << SPARK_PART_SHIFT) + (int64_t)strlen(JOB_END(2)), -1};
    s = scan(dir, &mark, 1);
    assert_int_equal(s.unit_count, 1);
    record_clear();
    land(dir, &s.units[0]);
    assert_int_equal(recorded.len, 1);
    assert_int_equal(record_statements, 0);

    /* read up to part 1, then 2 and 3 were compacted: what they repeat of part 1 is taken out again */
    mark.offset = (int64_t)1 << SPARK_PART_SHIFT;
    dir = new_source();
    put(dir, "eventlog_v2_c/events_3_c.compact", START JOB_END(1) JOB_END(3));
    s = scan(dir, &mark, 1);
    assert_int_equal(s.unit_count, 1);
    land(dir, &s.units[0]);
    assert_int_equal(record_statements, 1);
    assert_int_equal(s.units[0].marks[0].offset >> SPARK_PART_SHIFT, 3);
}

/* A log of which nothing could be read yet gets its own row once. */
static void the_row_of_a_log_is_made_once(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "app.inprogress", "{\"Event\":\"SparkListenerLogSt");
    struct source_scan s = scan(dir, NULL, 0);
    record_clear();
    land(dir, &s.units[0]);
    struct source_mark mark = s.units[0].marks[0];
    assert_int_equal(mark.offset, 0);
    put(dir, "app.inprogress", START);
    s = scan(dir, &mark, 1);
    land(dir, &s.units[0]);
    assert_int_equal(recorded.len, 2);
    assert_non_null(row_like("log|"));
}

/* Rolling: parts that come one after the other are the same log as all of them at once. */
static void parts_equal_the_whole(void **state)
{
    (void)state;
    static const char folder[] = "eventlogs/cluster/eventlog_v2_app-20261121094411-0000";
    const char *all = sample("eventlogs/cluster");
    struct source_scan s = scan(all, NULL, 0);
    assert_int_equal(s.unit_count, 1);
    assert_int_equal(s.units[0].file_count, 3);
    record_clear();
    assert_int_equal(land(all, &s.units[0]).finding_count, 0);
    char *whole = all_rows();
    const char *dir = new_source();
    struct source_mark mark = {0};
    record_clear();
    for (int i = 1; i <= 3; i++) {
        struct error err;
        char *data;
        size_t len;
        const char *name = arena_printf(arena, "events_%d_app-20261121094411-0000.zstd", i);
        assert_int_equal(file_read(path_join(arena, sample(folder), name), 1 << 30, &data, &len, &err), 0);
        put_bytes(dir, arena_printf(arena, "eventlog_v2_app-20261121094411-0000/%s", name), data, len);
        free(data);
        struct source_scan part = scan(dir, &mark, i > 1);
        assert_int_equal(part.unit_count, 1);
        land(dir, &part.units[0]);
        mark = part.units[0].marks[0];
        assert_int_equal(scan(dir, &mark, 1).unit_count, 0);
    }
    assert_string_equal(all_rows(), whole);
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static void ddl_equals_the_tables_of_the_reader(void **state)
{
    (void)state;
    char *text;
    size_t len, count, seen = 0;
    struct error err = {0};
    const char *packs = getenv("SECCHI_TEST_PACKS");
    assert_non_null(packs);
    assert_int_equal(file_read(path_join(arena, packs, "health/sources/spark/landing.sql"), LIMIT_SQL_BYTES, &text, &len, &err), 0);
    struct sql_statement *statements;
    if (sql_split(arena, text, len, 1, &statements, &count, &err) != 0)
        fail_msg("%s %s", err.where, err.what);
    for (size_t i = 0; i < count; i++) {
        struct sql_table *t;
        if (statements[i].kind != SQL_CREATE_TABLE)
            continue;
        if (sql_parse_table(arena, statements[i].text, statements[i].len, 1, &t, &err) != 0)
            fail_msg("%s %s", err.where, err.what);
        const struct spark_table_def *def = &spark_tables[seen++];
        assert_string_equal(t->name.parts[t->name.count - 1], def->name);
        assert_int_equal(t->column_count, def->column_count);
        assert_non_null(t->comment);
        for (size_t k = 0; k < t->column_count; k++) {
            assert_string_equal(t->columns[k].name, def->columns[k].name);
            assert_string_equal(sql_type_text(arena, t->columns[k].type), def->columns[k].type);
        }
    }
    assert_int_equal(seen, SPARK_TABLE_COUNT);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_equal_the_whole),
        cmocka_unit_test(finds_logs_of_every_form),
        cmocka_unit_test(other_folders_are_not_detected),
        cmocka_unit_test(changed_and_vanished_logs),
        cmocka_unit_test(the_end_of_a_log_keeps_its_name),
        cmocka_unit_test(an_unreadable_source_is_an_error),
        cmocka_unit_test(compacted_parts),
        cmocka_unit_test(the_row_of_a_log_is_made_once),
        cmocka_unit_test(ddl_equals_the_tables_of_the_reader),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
