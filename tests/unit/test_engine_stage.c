/* The engine room: files of sources staged as relations of schema incoming. */
#include "engine_test.h"

#include <sys/stat.h>
#include <unistd.h>

static void stage(struct engine_conn *c, const char *name, enum engine_format format, const char *path, const struct engine_column *want,
                  size_t n)
{
    struct error err = {0};
    struct engine_file file = {.path = path, .to_offset = -1, .from_version = -1};
    must(engine_stage_files(c, name, format, &file, 1, want, n, &err), &err);
}

/* Rows of a query as text, "a|b|\\N" a line. */
static const char *rows_text(struct fixture *f, struct engine_conn *c, const char *sql)
{
    struct engine_rows r;
    struct error err = {0};
    struct buf b;
    buf_init(&b, 1 << 20);
    must(engine_rows(c, ENGINE_SQL(sql), 1000, f->arena, &r, &err), &err);
    for (size_t i = 0; i < r.row_count * r.column_count; i++) {
        const struct engine_value *v = &r.values[i];
        char time[40];
        switch (v->type) {
        case ENGINE_NULL:
            buf_puts(&b, "\\N");
            break;
        case ENGINE_BOOL:
            buf_puts(&b, v->b ? "true" : "false");
            break;
        case ENGINE_I64:
            buf_printf(&b, "%lld", (long long)v->i);
            break;
        case ENGINE_F64:
            buf_printf(&b, "%.10g", v->f);
            break;
        case ENGINE_TIMESTAMP:
            buf_puts(&b, time_format_us(v->i, time));
            break;
        case ENGINE_DATE:
            buf_printf(&b, "%.10s", time_format_us(v->i * 86400000000, time));
            break;
        default:
            buf_puts(&b, v->text);
            break;
        }
        buf_putc(&b, (i + 1) % r.column_count ? '|' : '\n');
    }
    const char *out = arena_strdup(f->arena, b.data ? b.data : "");
    buf_free(&b);
    return out;
}

static const char *columns_text(struct fixture *f, struct engine_conn *c, const char *name)
{
    struct engine_column *columns;
    struct error err = {0};
    size_t n;
    struct buf b;
    buf_init(&b, 1 << 16);
    must(engine_table_columns(c, "incoming", name, f->arena, &columns, &n, &err), &err);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s %s", i ? ", " : "", columns[i].name, columns[i].type);
    const char *out = arena_strdup(f->arena, b.data);
    buf_free(&b);
    return out;
}

/* ---- CSV */

static void reads_csv(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = writer(f);
    char *path = path_join(f->arena, f->source, "a.csv");
    static const struct engine_column want[] = {
        {"id", "BIGINT", true},
        {"price", "DECIMAL(10,2)", true},
        {"ts", "TIMESTAMP", true},
        {"day", "DATE", true},
        {"ok", "BOOLEAN", true},
        {"tags", "ARRAY<STRING>", true},
        {"info", "STRUCT<a: INT, b: MAP<STRING, DOUBLE>>", true},
        {"missing", "INT", true},
    };
    write_file(
        path,
        "\xEF\xBB\xBFid,name,price,ts,day,ok,tags,info\r\n"
        "1,\"a \"\"quoted\"\", text\nof two lines\",1.005,2024-01-02T03:04:05.678901+02:00,2024-02-29,TRUE,\"[\"\"x\"\",null]\",\"{\"\"a\"\":1,\"\"b\"\":{\"\"k\"\":0.5}}\"\r\n"
        "2,\"\",,,,,,\n"
        "\n"
        "9223372036854775807,,-12345678.9,2024-01-02 03:04:05,1969-12-31,false,[],{}\n"
        "x,n,1,2024-01-02,2024-01-02,true,[],\n"
        "5,n\n"
        "6,\"n\"x,1,,,,,\n"
        "7,n,123456789.00,,,,,\n"
        "8,n,1,,,,,\"{\"\"a\"\":\"\"no\"\"}\"\n"
        "9,last,,,,,,");
    stage(c, "csv", ENGINE_CSV, path, want, ARRAY_LEN(want));
    assert_string_equal(
        columns_text(f, c, "csv"),
        "id BIGINT, name STRING, price DECIMAL(10,2), ts TIMESTAMP, day DATE, ok BOOLEAN, tags ARRAY<STRING>, "
        "info STRUCT<a: INT, b: MAP<STRING, DOUBLE>>, bronze_source_file STRING, bronze_source_seq BIGINT, bronze_reject STRING");
    assert_string_equal(
        rows_text(
            f, c,
            "SELECT id, name, price, ts, day, ok, tags, info FROM incoming.csv WHERE bronze_reject IS NULL ORDER BY bronze_source_seq"),
        "1|a \"quoted\", text\nof two lines|1.01|2024-01-02T01:04:05.678901Z|2024-02-29|true|[\"x\",null]|{\"a\":1,\"b\":{\"k\":0.5}}\n"
        "2||\\N|\\N|\\N|\\N|\\N|\\N\n"
        "9223372036854775807|\\N|-12345678.90|2024-01-02T03:04:05Z|1969-12-31|false|[]|{\"a\":null,\"b\":null}\n"
        "9|last|\\N|\\N|\\N|\\N|\\N|\\N\n");
    assert_string_equal(
        rows_text(f, c,
                  "SELECT bronze_source_seq, bronze_reject FROM incoming.csv WHERE bronze_reject IS NOT NULL ORDER BY bronze_source_seq"),
        "3|column id: 'x' is no BIGINT\n"
        "4|2 fields where the header has 8: 5,n \n"
        "5|text follows a closing quote: 6,\"n\"x,1,,,,, \n"
        "6|column price: '123456789.00' is no DECIMAL(10,2)\n"
        "7|column info: 'no' is no INT\n");
    assert_string_equal(text(f, c, "SELECT max(bronze_source_file) FROM incoming.csv"), path);
    engine_disconnect(c);
}

static void csv_files_are_joined_by_name(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    struct engine_file files[3] = {{.path = path_join(f->arena, f->source, "1.csv")},
                                   {.path = path_join(f->arena, f->source, "2.csv")},
                                   {.path = path_join(f->arena, f->source, "3.csv")}};
    write_file(files[0].path, "a,b\n1,x\n");
    write_file(files[1].path, "B,new,a\ny,z,2\n");
    write_file(files[2].path, ""); /* no header, no rows */
    must(engine_stage_files(c, "j", ENGINE_CSV, files, 3, NULL, 0, &err), &err);
    assert_string_equal(rows_text(f, c, "SELECT a, b, new FROM incoming.j ORDER BY a"), "1|x|\\N\n2|y|z\n");
    write_file(files[1].path, "a,A\n1,2\n");
    assert_int_equal(engine_stage_files(c, "j", ENGINE_CSV, files, 3, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.where, arena_printf(f->arena, "%s:1", files[1].path));
    assert_string_equal(rows_text(f, c, "SELECT a, b, new FROM incoming.j ORDER BY a"), "1|x|\\N\n2|y|z\n"); /* the old one stays */
    engine_disconnect(c);
}

static void an_open_quote_spoils_its_line_only(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = reader(f);
    char *path = path_join(f->arena, f->source, "q.csv");
    write_file(path, "a,b\n1,x\n2,\"open\n3,y\n4,z\n");
    stage(c, "q", ENGINE_CSV, path, NULL, 0);
    assert_string_equal(rows_text(f, c, "SELECT a, b FROM incoming.q WHERE bronze_reject IS NULL ORDER BY a"), "1|x\n3|y\n4|z\n");
    assert_string_equal(rows_text(f, c, "SELECT bronze_reject FROM incoming.q WHERE bronze_reject IS NOT NULL"),
                        "a quote is not closed: 2,\"open \n");
    engine_disconnect(c);
}

/* ---- JSON lines */

static void reads_json_lines(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = reader(f);
    char *path = path_join(f->arena, f->source, "a.json");
    static const struct engine_column want[] = {
        {"id", "STRING", true},
        {"n", "BIGINT", true},
        {"d", "DECIMAL(38,18)", true},
        {"ts", "TIMESTAMP", true},
        {"m", "MAP<STRING, STRING>", true},
        {"s", "ARRAY<STRUCT<x: INT, y: STRING>>", true},
        {"bin", "BINARY", true},
    };
    const char *content =
        "{\"id\":\"a\",\"n\":1,\"d\":12345678901234567890.123456789012345678,"
        "\"ts\":\"2024-05-06T07:08:09Z\",\"m\":{\"k\":\"v\",\"z\":null},\"s\":[{\"x\":1,\"y\":\"\\u00e9\"},null],\"bin\":\"AAE=\"}\n"
        "\r\n"
        "{\"ID\":7,\"n\":\"12\",\"extra\":{\"deep\":[1,2.50]},\"m\":null}\r\n"
        "not json\n"
        "[1]\n"
        "{\"id\":\"b\",\"n\":1.5}\n"
        "{\"id\":\"c\",\"ts\":\"yesterday\"}\n"
        "{\"id\":\"d\",\"m\":{\"k\":\"1\",\"k\":\"2\"}}\n"
        "{\"id\":\"e\",\"s\":\"[{\\\"x\\\":5}]\"}\n"
        "{\"id\":\"f\",\"n\":1e3,\"extra\":true}";
    write_file(path, content);
    stage(c, "j", ENGINE_JSONL, path, want, ARRAY_LEN(want));
    assert_string_equal(
        columns_text(f, c, "j"),
        "id STRING, n BIGINT, d DECIMAL(38,18), ts TIMESTAMP, m MAP<STRING, STRING>, s ARRAY<STRUCT<x: INT, y: STRING>>, bin BINARY, "
        "extra STRING, bronze_source_file STRING, bronze_source_seq BIGINT, bronze_reject STRING");
    assert_string_equal(
        rows_text(f, c, "SELECT id, n, d, ts, m, s, bin, extra FROM incoming.j WHERE bronze_reject IS NULL ORDER BY bronze_source_seq"),
        "a|1|12345678901234567890.123456789012345678|2024-05-06T07:08:09Z|{\"k\":\"v\",\"z\":null}|[{\"x\":1,\"y\":\"\xc3\xa9\"},null]|0001|\\N\n"
        "7|12|\\N|\\N|\\N|\\N|\\N|{\"deep\":[1,2.50]}\n"
        "e|\\N|\\N|\\N|\\N|[{\"x\":5,\"y\":null}]|\\N|\\N\n"
        "f|1000|\\N|\\N|\\N|\\N|\\N|true\n");
    const char *rejects = rows_text(
        f, c, "SELECT bronze_source_seq, bronze_reject FROM incoming.j WHERE bronze_reject IS NOT NULL ORDER BY bronze_source_seq");
    assert_non_null(strstr(rejects, arena_printf(f->arena, "%d|not JSON: ", (int)(strstr(content, "not json") - content))));
    assert_non_null(strstr(rejects, ": not json\n"));
    assert_non_null(strstr(rejects, "the line is no JSON object: [1]\n"));
    assert_non_null(strstr(rejects, "|column n: '1.5' is no BIGINT\n"));
    assert_non_null(strstr(rejects, "|column ts: 'yesterday' is no TIMESTAMP\n"));
    assert_non_null(strstr(rejects, "|column m: '{\"k\":\"1\",\"k\":\"2\"}' is no MAP<STRING, STRING>\n"));
    engine_disconnect(c);
}

static void json_lines_go_on_at_an_offset(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = reader(f);
    char *path = path_join(f->arena, f->source, "grow.json");
    write_file(path, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4");
    struct engine_file file = {.path = path, .from_offset = 8, .to_offset = 24};
    must(engine_stage_files(c, "g", ENGINE_JSONL, &file, 1, NULL, 0, &err), &err);
    assert_string_equal(rows_text(f, c, "SELECT a, bronze_source_seq, bronze_reject FROM incoming.g ORDER BY 2"), "2|8|\\N\n3|16|\\N\n");
    file.to_offset = 1000;
    assert_int_equal(engine_stage_files(c, "g", ENGINE_JSONL, &file, 1, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.where, path);
    engine_disconnect(c);
}

/* More than one piece and lines across their borders. */
static void reads_large_json_lines(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = reader(f);
    char *path = path_join(f->arena, f->source, "large.json");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    int64_t sum = 0;
    static const struct engine_column want[] = {{"n", "BIGINT", true}};
    for (int i = 0; i < 200000; i++) {
        fprintf(out, "{\"n\":%d,\"text\":\"%0*d\"}\n", i, 1 + i * 37 % 400, 1);
        sum += i;
    }
    fclose(out);
    stage(c, "l", ENGINE_JSONL, path, want, 1);
    assert_int_equal(i64(f, c, "SELECT count(*) FROM incoming.l WHERE bronze_reject IS NULL"), 200000);
    assert_int_equal(i64(f, c, "SELECT CAST(sum(n) AS BIGINT) FROM incoming.l"), sum);
    assert_int_equal(i64(f, c, "SELECT count(DISTINCT bronze_source_seq) FROM incoming.l"), 200000);
    engine_disconnect(c);
}

/* ---- Parquet */

static void reads_parquet(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    struct engine_file files[2] = {{.path = path_join(f->arena, f->source, "1.parquet")},
                                   {.path = path_join(f->arena, f->source, "2.parquet")}};
    must(
        duck_raw(
            c,
            arena_printf(
                f->arena,
                "COPY (SELECT range AS id, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS ts, {'t': TIMESTAMPTZ '2024-01-01 00:00:00+02'} AS s, 1::UINTEGER AS u FROM range(3)) TO '%s'",
                files[0].path),
            &err),
        &err);
    must(duck_raw(c, arena_printf(f->arena, "COPY (SELECT 10 AS id, 'x' AS more, 'lost' AS bronze_reject) TO '%s'", files[1].path), &err),
         &err);
    must(engine_stage_files(c, "p", ENGINE_PARQUET, files, 2, NULL, 0, &err), &err);
    assert_string_equal(
        columns_text(f, c, "p"),
        "id BIGINT, ts TIMESTAMP, s STRUCT<t: TIMESTAMP>, u BIGINT, more STRING, bronze_source_file STRING, bronze_source_seq BIGINT, bronze_reject STRING");
    assert_string_equal(rows_text(f, c, "SELECT id, ts, s, more, bronze_source_seq, bronze_reject FROM incoming.p ORDER BY id"),
                        "0|2023-12-31T22:00:00Z|{\"t\":\"2023-12-31T22:00:00Z\"}|\\N|0|\\N\n"
                        "1|2023-12-31T22:00:00Z|{\"t\":\"2023-12-31T22:00:00Z\"}|\\N|1|\\N\n"
                        "2|2023-12-31T22:00:00Z|{\"t\":\"2023-12-31T22:00:00Z\"}|\\N|2|\\N\n"
                        "10|\\N|\\N|x|0|\\N\n");
    assert_string_equal(text(f, c, "SELECT bronze_source_file FROM incoming.p WHERE id = 10"), files[1].path);
    engine_unstage(c, "p");

    struct stat st;
    assert_int_equal(stat(files[1].path, &st), 0);
    assert_int_equal(truncate(files[1].path, st.st_size - 10), 0);
    assert_int_equal(engine_stage_files(c, "p", ENGINE_PARQUET, files, 2, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.where, files[1].path);
    files[1].path = path_join(f->arena, f->source, "none.parquet");
    assert_int_equal(engine_stage_files(c, "p", ENGINE_PARQUET, files, 2, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.where, files[1].path);
    engine_disconnect(c);
}

/* ---- Delta. Expected values were computed by Spark 4.2 (time travel, table_changes) on the same tables. */

/* The samples lie in the source folder; the reader is loaded because they do. */
static char *delta_source(struct fixture *f)
{
    struct error err = {0};
    char *dir = path_join(f->arena, f->source, "delta");
    assert_non_null(getenv("SECCHI_TEST_DATA"));
    assert_int_equal(
        system(arena_printf(f->arena, "cp -r '%s/delta-samples' '%s' && chmod -R u+w '%s'", getenv("SECCHI_TEST_DATA"), dir, dir)), 0);
    must(engine_allow_dirs(f->engine, &f->source, 1, &err), &err);
    return dir;
}

static void stage_versions(struct engine_conn *c, const char *path, int64_t from, int64_t to)
{
    struct error err = {0};
    struct engine_file file = {.path = path, .from_version = from, .to_version = to};
    must(engine_stage_files(c, "d", ENGINE_DELTA, &file, 1, NULL, 0, &err), &err);
}

static const char sums[] =
    "SELECT count(*), CAST(sum(id) AS BIGINT), CAST(sum(CAST(v AS DECIMAL(20,4))) AS DECIMAL(20,4)) FROM incoming.d WHERE bronze_reject IS NULL";

static void reads_whole_delta_tables(void **state)
{
    struct fixture *f = *state;
    char *dir = delta_source(f);
    struct engine_conn *c = writer(f);
    stage_versions(c, path_join(f->arena, dir, "events"), -1, 14);
    assert_string_equal(rows_text(f, c, sums), "6606|23223019|3847.4289\n");
    assert_string_equal(
        rows_text(f, c, "SELECT count(DISTINCT day), count(note), CAST(sum(st.a) AS BIGINT), min(ts), max(ts) FROM incoming.d"),
        "5|10|10|2024-03-01T00:00:00Z|2024-03-01T16:39:00Z\n");
    assert_string_equal(
        columns_text(f, c, "d"),
        "id BIGINT, ts TIMESTAMP, day DATE, kind STRING, v DOUBLE, tags ARRAY<STRING>, note STRING, st STRUCT<a: INT, b: STRING>, "
        "bronze_source_file STRING, bronze_source_seq BIGINT, bronze_reject STRING");
    /* files compacted from the commits 1 to 10 are no newer than those, the one of commit 12 is newer */
    assert_string_equal(rows_text(f, c, "SELECT substr(bronze_source_file, 1, 21) AS s, count(*) FROM incoming.d GROUP BY 1 ORDER BY 1"),
                        "00000000000000000010/|6596\n00000000000000000012/|10\n");

    stage_versions(c, path_join(f->arena, dir, "colmap/"), -1, 5);
    assert_string_equal(rows_text(f, c, "SELECT id, full_name FROM incoming.d ORDER BY id"), "1|a\n2|b\n3|c\n");
    stage_versions(c, path_join(f->arena, dir, "v2ckpt"), -1, 4);
    assert_string_equal(rows_text(f, c, "SELECT a FROM incoming.d ORDER BY a"), "0\n1\n2\n3\n");
    stage_versions(c, path_join(f->arena, dir, "liquid"), -1, 2);
    assert_int_equal(i64(f, c, "SELECT count(DISTINCT b) FROM incoming.d"), 5000);
    stage_versions(c, path_join(f->arena, dir, "rowtrack"), -1, 1);
    assert_string_equal(rows_text(f, c, "SELECT a FROM incoming.d ORDER BY a"), "1\n2\n");
    stage_versions(c, path_join(f->arena, dir, "variant"), -1, 1);
    assert_string_equal(rows_text(f, c, "SELECT a, v FROM incoming.d"), "1|{\"k\":[1,2]}\n");
    engine_disconnect(c);
}

static void reads_what_commits_brought(void **state)
{
    struct fixture *f = *state;
    char *dir = delta_source(f), *events = path_join(f->arena, dir, "events");
    struct engine_conn *c = writer(f);
    static const struct {
        int64_t from, to;
        const char *rows;
    } cases[] = {
        {11, 14, "10|90045|10.0000\n"},       /* a write, then compactions */
        {7, 8, "0|\\N|\\N\n"},                /* a DELETE by deletion vectors */
        {8, 9, "228|795528|-228.0000\n"},     /* an UPDATE */
        {9, 10, "20|139990|891.0000\n"},      /* a MERGE */
        {12, 14, "0|\\N|\\N\n"},              /* compactions only */
        {2, 14, "4791|21405295|2953.1821\n"}, /* all of it, deleted and updated rows left out */
        {14, 14, "0|\\N|\\N\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_versions(c, events, cases[i].from, cases[i].to);
        assert_string_equal(rows_text(f, c, sums), cases[i].rows);
    }
    stage_versions(c, events, 11, 14);
    assert_string_equal(rows_text(f, c, "SELECT DISTINCT substr(bronze_source_file, 1, 35) AS s FROM incoming.d"),
                        "00000000000000000012/day=2024-03-10\n");
    stage_versions(c, path_join(f->arena, dir, "v2ckpt"), 2, 4);
    assert_string_equal(rows_text(f, c, "SELECT a FROM incoming.d ORDER BY a"), "2\n3\n");
    engine_disconnect(c);
}

/* The log was cleaned up behind a checkpoint, or what OPTIMIZE replaced was vacuumed: then the whole table comes. */
static void reads_delta_tables_with_less_log(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *dir = delta_source(f), *events = path_join(f->arena, dir, "events");
    struct engine_conn *c = writer(f);
    assert_int_equal(system(arena_printf(f->arena, "rm '%s'/day=2024-03-10/part-0000[01]-[f9]*", events)),
                     0); /* written by 12, compacted by 13 */
    stage_versions(c, events, 11, 14);
    assert_string_equal(rows_text(f, c, sums), "6606|23223019|3847.4289\n");
    assert_int_equal(system(arena_printf(f->arena, "rm '%s'/_delta_log/0000000000000000000[0-9].json", events)), 0);
    stage_versions(c, events, 5, 14);
    assert_string_equal(rows_text(f, c, sums), "6606|23223019|3847.4289\n");

    char *commit = path_join(f->arena, events, "_delta_log/00000000000000000014.json");
    write_file(commit, "{\"commitInfo\":{}}\n{\"add\":");
    struct engine_file file = {.path = events, .from_version = 13, .to_version = 14};
    assert_int_equal(engine_stage_files(c, "d", ENGINE_DELTA, &file, 1, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.where, arena_printf(f->arena, "%s:2", commit));
    file.to_version = 13;
    file.path = dir;
    assert_int_equal(engine_stage_files(c, "d", ENGINE_DELTA, &file, 1, NULL, 0, &err), ERROR_IO);
    assert_string_equal(err.what, "the folder holds no Delta table");
    assert_string_equal(err.where, dir);
    engine_disconnect(c);
}

static void staged_relations_survive_a_rollback(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    char *path = path_join(f->arena, f->source, "r.csv");
    write_file(path, "a\n1\n");
    run(c, "CREATE TABLE s.target (a STRING)");
    stage(c, "r", ENGINE_CSV, path, NULL, 0);
    must(engine_begin(c, &err), &err);
    run(c, "INSERT INTO s.target SELECT a FROM incoming.r");
    engine_rollback(c);
    must(engine_begin(c, &err), &err);
    run(c, "INSERT INTO s.target SELECT a FROM incoming.r");
    must(engine_commit(c, &err), &err);
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.target"), 1);
    assert_int_equal(duck_raw(c, "SELECT * FROM secchi_read_text(1)", &err), ERROR_ENGINE);
    engine_disconnect(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(reads_csv),
        UNIT(csv_files_are_joined_by_name),
        UNIT(an_open_quote_spoils_its_line_only),
        UNIT(reads_json_lines),
        UNIT(json_lines_go_on_at_an_offset),
        UNIT(reads_large_json_lines),
        UNIT(reads_parquet),
        UNIT(reads_whole_delta_tables),
        UNIT(reads_what_commits_brought),
        UNIT(reads_delta_tables_with_less_log),
        UNIT(staged_relations_survive_a_rollback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
