#include "cli/command.h"

#include <nanoarrow/nanoarrow_ipc.h>
#include <yyjson.h>

#include "semantic/semantic.h"

/* One statement, its rows on standard output or in a file. Every format but the table comes from the owner as it is to be written;
 * the table is drawn here, since only this process knows the terminal. */

static int write_file(void *context, const void *data, size_t len) { return fwrite(data, 1, len, context) == len ? 0 : 1; }

static int keep(void *context, const void *data, size_t len)
{
    struct buf *b = context;
    buf_add(b, data, len);
    return b->overflow;
}

int cli_print_table(FILE *f, const void *data, size_t len, struct error *err)
{
    struct ArrowBuffer bytes;
    struct ArrowIpcInputStream input;
    struct ArrowArrayStream stream;
    ArrowBufferInit(&bytes);
    if (ArrowBufferAppend(&bytes, data, (int64_t)len) != NANOARROW_OK)
        return error_set(err, ERROR_LIMIT, "the result is too large for a table");
    if (ArrowIpcInputStreamInitBuffer(&input, &bytes) != NANOARROW_OK ||
        ArrowIpcArrayStreamReaderInit(&stream, &input, NULL) != NANOARROW_OK)
        return error_set(err, ERROR_INTERNAL, "the result is not an Arrow stream");
    int rc = semantic_write(&stream, FORMAT_TABLE, write_file, f, err);
    ArrowArrayStreamRelease(&stream);
    return rc;
}

/* name=value: a whole number, a decimal fraction, true/false and null mean themselves, everything else is text; name='text' is text. */
static int put_param(struct buf *b, const char *text, struct cli *cli, struct error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        error_set(err, ERROR_USAGE, "--param takes name=value, found '%s'", text);
        return ERROR_USAGE;
    }
    const char *value = equals + 1;
    size_t len = strlen(value);
    int64_t i;
    double d;
    buf_put_json(b, arena_strndup(cli->arena, text, (size_t)(equals - text)));
    buf_puts(b, ": ");
    if (len >= 2 && value[0] == '\'' && value[len - 1] == '\'')
        buf_put_json(b, arena_strndup(cli->arena, value + 1, len - 2));
    else if (str_eq(value, "null") || str_eq(value, "true") || str_eq(value, "false") || str_to_i64(value, &i) == 0 ||
             (str_to_f64(value, &d) == 0 && value[0] != '.'))
        buf_puts(b, value);
    else
        buf_put_json(b, value);
    return 0;
}

static int put_request(struct cli *cli, const char *sql, const char *format, struct buf *b, struct error *err)
{
    buf_puts(b, "{\"sql\": ");
    buf_put_json(b, sql);
    buf_printf(b, ", \"format\": \"%s\"", str_eq(format, "table") ? "arrow" : format);
    if (cli_value(cli, "max-rows"))
        buf_printf(b, ", \"max_rows\": %s", cli_value(cli, "max-rows"));
    const char *engine = cli_value(cli, "engine");
    if (cli_flag(cli, "show-sql"))
        buf_printf(b, ", \"show_sql\": \"%s\"", engine ? engine : config_text(cli->config, "engine.kind"));
    else if (engine)
        buf_printf(b, ", \"engine\": \"%s\"", engine);
    if (cli_value(cli, "timeout"))
        buf_printf(b, ", \"timeout_ms\": %s000", cli_value(cli, "timeout"));
    buf_puts(b, ", \"params\": {");
    for (size_t i = 0; cli_value_at(cli, "param", i); i++) {
        buf_puts(b, i ? ", " : "");
        int rc = put_param(b, cli_value_at(cli, "param", i), cli, err);
        if (rc)
            return rc;
    }
    buf_puts(b, "}}");
    return b->overflow ? error_set(err, ERROR_LIMIT, "the statement is larger than %u bytes", LIMIT_SQL_BYTES) : 0;
}

/* The one cell of the answer, as it is. */
static int send_show(struct cli *cli, struct client *client, const char *request, FILE *out, struct error *err)
{
    struct buf bytes CLEANUP(buf_free);
    buf_init(&bytes, 8 * (size_t)LIMIT_SQL_BYTES);
    int rc = client_request(client, "POST", "/api/v1/query", request, keep, &bytes, &cli->cancel, err);
    yyjson_doc *doc = rc ? NULL : yyjson_read(bytes.data, bytes.len, 0);
    const char *sql = yyjson_get_str(yyjson_obj_get(yyjson_arr_get_first(yyjson_doc_get_root(doc)), "sql"));
    if (sql)
        fprintf(out, "%s\n", sql);
    yyjson_doc_free(doc);
    return rc || sql ? rc : error_set(err, ERROR_INTERNAL, "the server's answer holds no statement");
}

static int send(struct cli *cli, struct client *client, const char *request, const char *format, FILE *out, struct error *err)
{
    if (cli_flag(cli, "show-sql"))
        return send_show(cli, client, request, out, err);
    if (!str_eq(format, "table"))
        return client_request(client, "POST", "/api/v1/query", request, write_file, out, &cli->cancel, err);
    struct buf bytes CLEANUP(buf_free);
    buf_init(&bytes, (size_t)1 << 30);
    int rc = client_request(client, "POST", "/api/v1/query", request, keep, &bytes, &cli->cancel, err);
    return rc ? rc : cli_print_table(out, bytes.data, bytes.len, err);
}

void cli_tell_cut(const struct client *client, FILE *out)
{
    if (!client_truncated(client))
        return;
    fflush(out);
    fprintf(stderr, "secchi: the result was cut: there are more rows than --max-rows or the setting query.max_rows let through\n");
}

static int read_sql(struct cli *cli, const char **ret, struct error *err)
{
    const char *file = cli_value(cli, "file");
    if ((file != NULL) == (cli->argument_count == 1)) {
        error_set(err, ERROR_USAGE, file ? "give the statement or --file, not both" : "there is no statement");
        error_hint(err, "secchi query \"SELECT ...\", or secchi query --file FILE");
        return ERROR_USAGE;
    }
    if (!file) {
        *ret = cli->arguments[0];
        return 0;
    }
    char *text;
    int rc = file_read(str_eq(file, "-") ? "/dev/stdin" : file, LIMIT_SQL_BYTES, &text, NULL, err);
    if (!rc) {
        *ret = arena_strdup(cli->arena, text);
        free(text);
    }
    return rc;
}

static int run(struct cli *cli, struct error *err)
{
    const char *sql = NULL, *format = cli_value(cli, "format"), *output = cli_value(cli, "output");
    struct client *client;
    struct buf request CLEANUP(buf_free);
    buf_init(&request, LIMIT_REQUEST_BYTES);
    int rc = read_sql(cli, &sql, err);
    if (!rc)
        rc = cli_load(cli, err);
    format = cli_flag(cli, "show-sql") ? "json" : format ? format : "table";
    if (!rc)
        rc = put_request(cli, sql, format, &request, err);
    if (rc)
        return rc;
    FILE *out = output ? fopen(output, "we") : stdout;
    if (!out)
        return error_errno(err, "write", output);
    cli_catch_interrupt(cli);
    rc = client_open(cli->config, cli->packs, &client, err);
    if (!rc) {
        rc = send(cli, client, request.data, format, out, err);
        if (!rc)
            cli_tell_cut(client, out);
        client_close(client);
    }
    if (rc && cli_value(cli, "file") && strcmp(err->where, ""))
        error_add_where(err, "%s", cli_value(cli, "file"));
    if (output && fclose(out) != 0 && !rc)
        rc = error_errno(err, "write", output);
    return rc;
}

static const struct option options[] = {
    {"file", OPTION_FILE, "FILE", NULL, NULL, false, "reads the statement from a file; - is standard input"},
    {"param", OPTION_TEXT, "NAME=VALUE", NULL, NULL, true,
     "value of :NAME in the statement; numbers, true, false and null mean themselves, 'x' is text"},
    {"format", OPTION_CHOICE, "FORMAT", "table|csv|json|jsonl|arrow|parquet", NULL, false, "how rows are written (default table)"},
    {"output", OPTION_FILE, "FILE", NULL, NULL, false, "writes there instead of to standard output"},
    {"max-rows", OPTION_INT, "N", NULL, NULL, false, "rows at the most (default: setting query.max_rows)"},
    {"timeout", OPTION_INT, "SECONDS", NULL, NULL, false, "ends the statement after that time (default: setting query.timeout)"},
    {"show-sql", OPTION_FLAG, NULL, NULL, NULL, false, "runs nothing: prints the statement as the engine gets it"},
    {"engine", OPTION_CHOICE, "ENGINE", "duckdb|spark|databricks", NULL, false,
     "engine that runs the statement, or whose SQL --show-sql prints (default: setting engine.kind)"},
    {"read-only", OPTION_FLAG, NULL, NULL, NULL, false, "accepted for clarity: statements of people are always read-only"},
    {0},
};

const struct command command_query = {
    .name = "query",
    .arguments = "[\"SQL\"]",
    .max_arguments = 1,
    .summary = "ask in Databricks SQL",
    .text =
        "Runs one read-only statement in Databricks SQL: SELECT, WITH, VALUES, SHOW TABLES or DESCRIBE. Tables go by one name (gold first, then bronze), "
        "by schema and name, or by the real name of a system table (system.query.history).",
    .examples =
        "secchi query \"SELECT execution_status, count(*) AS statements FROM fact_query_history GROUP BY ALL\"\n"
        "secchi query --format csv --param since=2026-01-01 \"SELECT * FROM dim_job WHERE change_time >= CAST(:since AS TIMESTAMP)\"",
    .options = options,
    .run = run,
};
