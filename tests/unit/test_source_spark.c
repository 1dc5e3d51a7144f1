/* The event-log source: the rows of events, reading in any pieces, damage. */
#include "spark_test.h"

#include <yyjson.h>

#include "source/spark/discover.h"
#include "source/spark/events.h"
#include "source/spark/lineage.h"

/* ---- rows of events ----------------------------------------------------------------------------------- */

static void rows_of_a_small_log(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "app-1", START APP JOB_END(0) "{\"Event\":\"SparkListenerTaskStart\",\"Stage ID\":0}\n");
    struct source_scan s = scan(dir, NULL, 0);
    assert_int_equal(s.unit_count, 1);
    assert_string_equal(s.units[0].log, "lake/app-1");
    record_clear();
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.lines, 4);
    assert_int_equal(l.events, 3);
    assert_int_equal(l.bad_lines, 0);
    assert_int_equal(recorded.len, 4);
    assert_string_equal(row_like("log|"), "log|log=lake/app-1|line_offset=0|source_name=lake|path=app-1|account_id=a1|workspace_id=w1");
    assert_string_equal(
        row_like("application_start|"),
        "application_start|log=lake/app-1|line_offset=58|app_id=app-1|app_name=nächtlich|user_name=ann|started_at=1700000000123000");
    assert_string_equal(row_like("job_end|"),
                        "job_end|log=lake/app-1|line_offset=184|job_id=0|ended_at=1700000001000000|result=JobSucceeded");
    assert_int_equal(s.units[0].marks[0].offset, l.bytes);
    assert_int_equal(s.units[0].marks[0].size, l.bytes);
}

static void land_text(const char *text)
{
    const char *dir = new_source();
    put(dir, "x", text);
    struct source_scan s = scan(dir, NULL, 0);
    assert_int_equal(s.unit_count, 1);
    record_clear();
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.bad_lines, 0);
}

static void secrets_never_land(void **state)
{
    (void)state;
    land_text("{\"Event\":\"SparkListenerEnvironmentUpdate\",\"JVM Information\":{},\"Spark Properties\":{"
              "\"spark.master\":\"spark://me:hunter2@host:7077\",\"spark.hadoop.fs.s3a.secret.key\":\"hunter2\","
              "\"spark.eventLog.password\":\"hunter2\",\"spark.app.name\":\"load token=hunter2&x=1\",\"spark.executor.cores\":\"4\"}}\n");
    assert_null(strstr(all_rows(), "hunter2"));
    assert_non_null(strstr(all_rows(), "name=spark.master|value=spark://me:[redacted]@host:7077"));
    assert_non_null(strstr(all_rows(), "value=load token=[redacted]&x=1"));
    assert_non_null(strstr(all_rows(), "name=spark.executor.cores|value=4"));
    assert_non_null(strstr(all_rows(), "name=spark.eventLog.password|value=[redacted]"));
}

static void absurd_values_are_null(void **state)
{
    (void)state;
    land_text(
        "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":99999999999999999999,\"Completion Time\":9223372036854775807,\"Job Result\":7}\n"
        "{\"Event\":\"SparkListenerApplicationEnd\",\"Timestamp\":-1,\"ExitCode\":4294967296}\n"
        "{\"Event\":\"SparkListenerTaskEnd\",\"Task Info\":[],\"Task Metrics\":\"none\",\"Stage ID\":1.5}\n");
    assert_string_equal(row_like("job_end|"), "job_end|log=lake/x|line_offset=0");
    assert_non_null(row_like("application_end|log=lake/x|line_offset="));
    assert_null(strstr(all_rows(), "ended_at="));
    assert_null(strstr(all_rows(), "exit_code="));
    assert_null(strstr(all_rows(), "stage_id="));
}

/* ---- text of statements --------------------------------------------------------------------------------- */

static void statement_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sql, *form;
    } cases[] = {
        {"sql_command {\n  input {\n    sql {\n      query: \"SELECT \\'a\\\\n\\', \\\"b\\\"\\n\\tFROM t\"\n    }\n  }\n}\n",
         "SELECT 'a\\n', \"b\"\n\tFROM t", "sql_command"},
        {"common {\n  plan_id: 78\n}\nsql {\n  query: \"SELECT \\303\\244\"\n}\n", "SELECT ä", "sql"},
        {"common {\n  origin {\n    x: \"}{\"\n  }\n}\nsql {\n  query: \"\"\n}\n", "", "sql"},
        {"sql_command {\n  sql: \"SHOW TABLES\"\n}\n", "SHOW TABLES", "sql_command"},
        {"limit {\n  input {\n    sql {\n      query: \"SELECT 1\"\n    }\n  }\n}\n", NULL, "limit"},
        {"local_relation {\n  data: \"\\377\"\n}\n", NULL, "local_relation"},
        {"sql {\n  query: \"not closed", NULL, "sql"},
        {"", NULL, ""},
        {"}{", NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct emit e;
        char form[64];
        emit_init(&e, NULL, "x", NULL);
        bool found = statement_sql(&e, cases[i].text, strlen(cases[i].text), form);
        assert_int_equal(found, cases[i].sql != NULL);
        assert_string_equal(form, cases[i].form);
        if (found)
            assert_string_equal(e.text.data, cases[i].sql);
        emit_abort(&e);
    }
}

static void operations_of_tags(void **state)
{
    (void)state;
    static const struct {
        const char *json, *id;
    } cases[] = {
        {"[\"a\",\"SparkConnect_OperationTag_User_ann_Session_5_Operation_77\"]", "77"},
        {"\"x,SparkConnect_OperationTag_User_a_Operation_b_Session_5_Operation_78,y\"", "78"},
        {"\"spark-session-1\"", NULL},
        {"[1,null]", NULL},
        {"\"SparkConnect_OperationTag_User_ann\"", NULL},
        {"\"SparkConnect_OperationTag_User_a_Session_1_Operation_0123456789012345678901234567890123456789012345678901234567890123456789\"",
         NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        yyjson_doc *doc = yyjson_read(cases[i].json, strlen(cases[i].json), 0);
        char id[64] = "";
        assert_int_equal(connect_operation(yyjson_doc_get_root(doc), id), cases[i].id != NULL);
        if (cases[i].id)
            assert_string_equal(id, cases[i].id);
        yyjson_doc_free(doc);
    }
}

/* ---- Spark 3 and the Thrift server -------------------------------------------------------------------------- */

static void events_of_older_sparks(void **state)
{
    (void)state;
    land_text(
        "{\"Event\":\"SparkListenerExecutorBlacklisted\",\"time\":1700000000000,\"executorId\":\"7\",\"taskFailures\":3}\n"
        "{\"Event\":\"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart\",\"executionId\":5,\"description\":\"d\","
        "\"details\":\"t\",\"physicalPlanDescription\":\"p\",\"sparkPlanInfo\":{\"nodeName\":\"Scan hive db.t\",\"simpleString\":"
        "\"Scan hive db.t [a#1]\",\"children\":[],\"metadata\":{},\"metrics\":[]},\"time\":1700000000001}\n"
        "{\"Event\":\"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd\",\"executionId\":5,\"time\":1700000000002}\n"
        "{\"Event\":\"SparkListenerTaskEnd\",\"Stage ID\":1,\"Stage Attempt ID\":0,\"Task Type\":\"ResultTask\",\"Task End Reason\":"
        "{\"Reason\":\"ExecutorLostFailure\",\"Executor ID\":\"7\",\"Exit Caused By App\":true,\"Loss Reason\":\"gone\"},\"Task Info\":"
        "{\"Task ID\":3,\"Failed\":true,\"Killed\":false}}\n");
    assert_non_null(row_like("executor|log=lake/x|line_offset=0|event=excluded|executor_id=7|event_time=1700000000000000|task_failures=3"));
    assert_string_equal(strstr(row_like("sql_execution_start|"), "|execution_id"),
                        "|execution_id=5|started_at=1700000000001000|description=d|plan_root=Scan hive db.t");
    assert_non_null(strstr(row_like("table_access|"), "|is_write=false|operation=Scan|table_full_name=spark_catalog.db.t"));
    assert_string_equal(strstr(row_like("sql_execution_end|"), "|execution_id"), "|execution_id=5|ended_at=1700000000002000");
    assert_non_null(strstr(row_like("task_end|"), "|failed=true|killed=false|end_reason=ExecutorLostFailure|error_message=gone"));
}

static void statements_of_the_thrift_server(void **state)
{
    (void)state;
#define THRIFT "{\"Event\":\"org.apache.spark.sql.hive.thriftserver.ui.SparkListenerThriftServer"
    land_text(THRIFT "SessionCreated\",\"ip\":\"10.0.0.1\",\"sessionId\":\"s\",\"userName\":\"ann\",\"startTime\":1700000000000}\n" THRIFT
                     "OperationStart\",\"id\":\"o\",\"sessionId\":\"s\",\"statement\":\"SELECT 1\",\"startTime\":1700000000001,"
                     "\"groupId\":\"o\",\"userName\":\"ann\"}\n" THRIFT
                     "OperationError\",\"id\":\"o\",\"errorMsg\":\"bad\",\"errorTrace\":\"t\",\"finishTime\":1700000000002}\n");
    assert_non_null(strstr(row_like("session|"),
                           "event=started|kind=thrift|session_id=s|event_time=1700000000000000|user_id=ann|client_address=10.0.0.1"));
    assert_non_null(strstr(all_rows(),
                           "event=started|kind=thrift|operation_id=o|event_time=1700000000001000|session_id=s|user_id=ann|user_name=ann|"
                           "statement_text=SELECT 1|statement_form=sql"));
    assert_non_null(strstr(all_rows(), "event=failed|kind=thrift|operation_id=o|event_time=1700000000002000|error_message=bad"));
}

/* ---- names in plans ------------------------------------------------------------------------------------------ */

static void tables_of_scans(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *table, *path;
    } cases[] = {
        {"Scan parquet spark_catalog.db.t",
         "FileScan parquet x[a#1] Location: InMemoryFileIndex(1 paths)[file:///w/t], PartitionFilters: []", "spark_catalog.db.t",
         "file:/w/t"},
        {"Scan parquet default.t", "FileScan parquet default.t[a#1]", "spark_catalog.default.t", NULL},
        {"Scan parquet ", "FileScan parquet [a#1] Location: X(2 paths)[s3a://b/p/, s3a://b/q]", NULL, "s3a://b/p"},
        {"Scan csv ", "FileScan csv [a#1] Location: InMemoryFileIndex(1 paths)[file:/a/very/long/pa..., PartitionFilters: []", NULL, NULL},
        {"Scan json ", "Location: DeltaLogFileIndex(1 paths)[file:/t/_delta_log/0.json]", NULL, NULL},
        {"Scan ExistingRDD Delta Table State #1 - file:/t/_delta_log", "x", NULL, NULL},
        {"Scan OneRowRelation", "Scan OneRowRelation[]", NULL, NULL},
        {"Scan JDBCRelation(shop.orders) [numPartitions=1]", "x", "shop.orders", NULL},
        {"BatchScan lake.db.t", "BatchScan lake.db.t[a#1] lake.db.t (branch=null)", "lake.db.t", NULL},
        {"BatchScan parquet file:/x/y", "BatchScan parquet file:/x/y[a#1] ParquetScan Location: InMemoryFileIndex(1 paths)[file:/x/y]",
         NULL, "file:/x/y"},
        {"Project", "Project [a#1]", NULL, NULL},
        {"", "", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lineage_table t = {0};
        bool found = lineage_scan(arena, cases[i].name, strlen(cases[i].name), cases[i].text, strlen(cases[i].text), &t);
        assert_int_equal(found, cases[i].table || cases[i].path);
        if (!found)
            continue;
        if (!str_eq(t.full_name, cases[i].table) || !str_eq(t.path, cases[i].path))
            fail_msg("%s: %s %s", cases[i].name, t.full_name ? t.full_name : "-", t.path ? t.path : "-");
    }
}

static void tables_of_commands(void **state)
{
    (void)state;
    static const struct {
        const char *op, *arguments, *table, *path;
    } cases[] = {
        {"AtomicCreateTableAsSelect", "org.apache.spark.sql.delta.catalog.DeltaCatalog@1, db.t, Project [a#1]", "spark_catalog.db.t", NULL},
        {"CreateTableAsSelect", "org.apache.iceberg.spark.SparkCatalog@1, db.t, Project [a#1]", "db.t", NULL},
        {"CreateTable", "org.apache.spark.sql.delta.catalog.DeltaCatalog@1, db.t, []", NULL, NULL},
        {"InsertIntoHadoopFsRelationCommand", "file:/w/t, false, Parquet, [path=file:/w/t], Append, `c`.`db`.`t`, org.X, [a]", "c.db.t",
         "file:/w/t"},
        {"MergeIntoCommand", "SubqueryAlias s, `spark_catalog`.`db`.`t`, Delta[version=0, file:/w/t], (a#1 = b#2)", "spark_catalog.db.t",
         "file:/w/t"},
        {"AppendDataExecV1", "DeltaTableV2(org.S@1,file:/w/t,Some(CatalogTable(\nCatalog: c\nDatabase: db\nTable: t\nOwner: x)),None)",
         "c.db.t", "file:/w/t"},
        {"AppendDataExecV1", "DeltaTableV2(org.S@1,/w/t,None,None,None,Map())", NULL, "/w/t"},
        {"SaveIntoDataSourceCommand", "org.X@1, Map(path -> /w/t, a -> b), Append", NULL, "/w/t"},
        {"SaveIntoDataSourceCommand", "org.J@1, [url=*(redacted), dbtable -> shop.o], Append", "shop.o", NULL},
        {"AppendData", "org.L$1, IcebergWrite(table=lake.db.t, format=PARQUET)", "lake.db.t", NULL},
        {"CreateViewCommand", "`c`.`db`.`v`, SELECT 1, false, PersistedView", "c.db.v", NULL},
        {"CreateViewCommand", "`v`, SELECT 1, false, LocalTempView", NULL, NULL},
        {"MergeIntoCommand", "`not closed", NULL, NULL},
        {"Project", "`a`.`b`", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lineage_table t = {0};
        bool found = lineage_write(arena, cases[i].op, strlen(cases[i].op), cases[i].arguments, strlen(cases[i].arguments), &t);
        if (found != (cases[i].table || cases[i].path) ||
            (found && (!str_eq(t.full_name, cases[i].table) || !str_eq(t.path, cases[i].path))))
            fail_msg("%s %s: %s %s", cases[i].op, cases[i].arguments, t.full_name ? t.full_name : "-", t.path ? t.path : "-");
    }
}

/* ---- damage --------------------------------------------------------------------------------------------- */

static void broken_lines_are_found(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "x",
        START "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":\n" JOB_END(
            1) "\n[1]\n{\"a\":1}\n{\"Event\":\"SparkListenerTaskStart\",\n" JOB_END(2));
    struct source_scan s = scan(dir, NULL, 0);
    record_clear();
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.bad_lines, 4);
    assert_int_equal(l.finding_count, 4);
    assert_string_equal(l.findings[0].kind, "bad_line");
    assert_non_null(strstr(l.findings[0].text, "byte 58 of x"));
    assert_int_equal(count_rows("job_end"), 2);
}

static void many_broken_lines_are_counted(void **state)
{
    (void)state;
    const char *dir = new_source();
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_puts(&b, START);
    for (int i = 0; i < 1000; i++)
        buf_puts(&b, "{nothing}\n");
    put(dir, "x", b.data);
    buf_free(&b);
    struct source_scan s = scan(dir, NULL, 0);
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.bad_lines, 1000);
    assert_int_equal(l.finding_count, 21);
    assert_string_equal(l.findings[20].text, "980 more lines are left out.");
}

/* Cuts a compressed log everywhere: what comes before the break lands, and the rest is named. */
static void truncated_logs(bool zstd)
{
    struct buf text, packed;
    buf_init(&text, 1 << 20);
    buf_init(&packed, 1 << 20);
    buf_puts(&text, START APP);
    for (int i = 0; i < 200; i++)
        buf_printf(&text, "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":%d,\"Completion Time\":%d}\n", i, 1700000000 + i * 7919);
    (zstd ? zstd_append : gzip_append)(&packed, text.data, text.len);
    for (size_t cut = 40; cut < packed.len; cut += 37) {
        const char *dir = new_source();
        put_bytes(dir, "app", packed.data, cut);
        struct source_scan s = scan(dir, NULL, 0);
        if (s.unit_count == 0)
            continue;
        record_clear();
        struct source_landed l = land(dir, &s.units[0]);
        assert_int_equal(l.bad_lines, 0);
        const char *what = finding_kind(l.findings, l.finding_count, "truncated");
        assert_non_null(what);
        assert_int_equal(count_rows("log_start"), s.units[0].marks[0].offset > 0);
    }
    const char *dir = new_source();
    put_bytes(dir, "app", packed.data, packed.len);
    struct source_scan s = scan(dir, NULL, 0);
    record_clear();
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(l.finding_count, 0);
    assert_int_equal(count_rows("job_end"), 200);
    buf_free(&text);
    buf_free(&packed);
}

static void truncated_gzip(void **state)
{
    (void)state;
    truncated_logs(false);
}

static void truncated_zstd(void **state)
{
    (void)state;
    truncated_logs(true);
}

static void damaged_bytes_are_named(void **state)
{
    (void)state;
    const char *dir = new_source();
    struct buf packed;
    buf_init(&packed, 1 << 20);
    zstd_append(&packed, START APP, strlen(START APP));
    buf_puts(&packed, "this is no frame");
    put_bytes(dir, "app", packed.data, packed.len);
    buf_free(&packed);
    struct source_scan s = scan(dir, NULL, 0);
    record_clear();
    struct source_landed l = land(dir, &s.units[0]);
    assert_int_equal(count_rows("application_start"), 1);
    assert_non_null(strstr(finding_kind(l.findings, l.finding_count, "truncated"), "app is damaged (not valid zstd"));
}

static void failure_of_the_engine_is_passed_on(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "x", START APP JOB_END(0));
    struct source_scan s = scan(dir, NULL, 0);
    struct source_spec spec = spec_of(dir);
    struct source_landed landed;
    struct error err = {0};
    record_fail_at = 2;
    int status = spark_land(&spec, &s.units[0], NULL, NULL, NULL, NULL, arena, &landed, &err);
    record_fail_at = -1;
    assert_int_equal(status, ERROR_ENGINE);
    assert_string_equal(err.what, "the table is full");
    assert_string_equal(err.where, "lake/x");
    assert_int_equal(s.units[0].marks[0].offset, 0);
}

static void interrupted(void **state)
{
    (void)state;
    const char *dir = new_source();
    put(dir, "x", START APP JOB_END(0));
    struct source_scan s = scan(dir, NULL, 0);
    struct source_spec spec = spec_of(dir);
    struct source_landed landed;
    struct error err = {0};
    struct cancel cancel = {1};
    assert_int_equal(spark_land(&spec, &s.units[0], NULL, &cancel, NULL, NULL, arena, &landed, &err), ERROR_INTERRUPTED);
}

/* ---- lines of any length ------------------------------------------------------------------------------- */

static void long_lines(void **state)
{
    (void)state;
    const char *dir = new_source();
    struct buf b;
    buf_init(&b, 64 << 20);
    buf_puts(&b, START);
    buf_puts(&b, "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":7,\"Job Result\":{\"Exception\":{\"Message\":\"");
    for (int i = 0; i < 5 << 20; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, "\"}}}\n" JOB_END(8));
    put_bytes(dir, "x", b.data, b.len);
    struct stream_part part = {path_join(arena, dir, "x"), UNPACK_PLAIN, 0, 0};
    struct stream *s = stream_open(&part, 1, 1 << 20, NULL);
    size_t lines = 0, too_long = 0;
    int64_t last = 0;
    for (struct stream_block *k = stream_next(s); k->kind != STREAM_END; k = stream_next(s)) {
        for (size_t i = 0; k->kind == STREAM_LINES && i < k->len; i++)
            lines += k->data[i] == '\n';
        if (k->kind == STREAM_TOO_LONG) {
            too_long++;
            assert_int_equal(k->position, strlen(START));
        }
        last = k->position;
    }
    stream_close(s);
    assert_int_equal(lines, 2);
    assert_int_equal(too_long, 1);
    assert_int_equal(last, b.len);
    struct source_scan sc = scan(dir, NULL, 0);
    record_clear();
    assert_int_equal(land(dir, &sc.units[0]).lines, 3);
    assert_int_equal(count_rows("job_end"), 2);
    buf_free(&b);
}

/* ---- in pieces or at once --------------------------------------------------------------------------------- */

static uint64_t seed = 42;

static size_t dice(size_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((seed >> 33) % below);
}

static const char *sample(const char *name)
{
    const char *dir = getenv("SECCHI_TEST_DATA");
    assert_non_null(dir);
    return path_join(arena, dir, name);
}

static char *unpacked(const char *path, size_t *ret_len)
{
    struct buf b;
    buf_init(&b, 1 << 30);
    enum unpack_codec codec;
    const char *what;
    struct error err = {0};
    assert_int_equal(sniff(path, true, &codec, &what, &err), SNIFF_LOG);
    struct stream_part part = {path, codec, 0, 0};
    struct stream *s = stream_open(&part, 1, LIMIT_LOG_LINE_BYTES, NULL);
    for (struct stream_block *k = stream_next(s); k->kind != STREAM_END; k = stream_next(s))
        buf_add(&b, k->data, k->kind == STREAM_LINES || k->kind == STREAM_TAIL ? k->len : 0);
    stream_close(s);
    *ret_len = b.len;
    return buf_steal(&b);
}

enum growth { GROW_PLAIN, GROW_GZIP, GROW_ZSTD };

static void write_grown(const char *dir, const char *text, size_t len, enum growth growth)
{
    struct buf packed;
    buf_init(&packed, 1 << 30);
    /* several frames, as Spark writes them */
    for (size_t at = 0; at < len && growth != GROW_PLAIN; at += 1 << 20) {
        size_t n = len - at < 1 << 20 ? len - at : 1 << 20;
        (growth == GROW_ZSTD ? zstd_append : gzip_append)(&packed, text + at, n);
    }
    put_bytes(dir, "app.inprogress", growth == GROW_PLAIN ? text : packed.data, growth == GROW_PLAIN ? len : packed.len);
    buf_free(&packed);
}

static void pieces(const char *text, size_t len, const char *whole, enum growth growth, size_t cuts)
{
    const char *dir = new_source();
    size_t at[64] = {0};
    for (size_t i = 0; i < cuts; i++)
        at[i] = dice(len);
    at[cuts] = len;
    for (size_t i = 0; i < cuts; i++) /* in order */
        for (size_t k = i + 1; k < cuts; k++)
            if (at[k] < at[i]) {
                size_t x = at[i];
                at[i] = at[k];
                at[k] = x;
            }
    struct source_mark mark = {0};
    bool have_mark = false;
    record_clear();
    for (size_t i = 0; i <= cuts; i++) {
        if (at[i] == 0)
            continue;
        write_grown(dir, text, at[i], growth);
        struct source_scan s = scan(dir, &mark, have_mark);
        if (s.unit_count == 0)
            continue;
        struct source_landed l = land(dir, &s.units[0]);
        assert_int_equal(l.finding_count, 0);
        mark = s.units[0].marks[0];
        have_mark = true;
    }
    assert_int_equal(mark.offset, len);
    if (strcmp(all_rows(), whole) != 0)
        fail_msg("rows differ after cuts with growth %d", growth);
}

static void pieces_equal_the_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"eventlogs/spark3/local-1795253304395.gz", "eventlogs/operations/local-1795247330943.gz"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t len;
        char *text = unpacked(sample(names[i]), &len);
        const char *dir = new_source();
        put_bytes(dir, "app", text, len);
        struct source_scan s = scan(dir, NULL, 0);
        record_clear();
        land(dir, &s.units[0]);
        char *whole = all_rows();
        for (int round = 0; round < 3; round++)
            pieces(text, len, whole, GROW_PLAIN, 20);
        pieces(text, len, whole, GROW_ZSTD, 5);
        pieces(text, len, whole, GROW_GZIP, 3);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_small_log),
        cmocka_unit_test(secrets_never_land),
        cmocka_unit_test(absurd_values_are_null),
        cmocka_unit_test(statement_texts),
        cmocka_unit_test(operations_of_tags),
        cmocka_unit_test(events_of_older_sparks),
        cmocka_unit_test(statements_of_the_thrift_server),
        cmocka_unit_test(tables_of_scans),
        cmocka_unit_test(tables_of_commands),
        cmocka_unit_test(broken_lines_are_found),
        cmocka_unit_test(many_broken_lines_are_counted),
        cmocka_unit_test(truncated_gzip),
        cmocka_unit_test(truncated_zstd),
        cmocka_unit_test(damaged_bytes_are_named),
        cmocka_unit_test(failure_of_the_engine_is_passed_on),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
