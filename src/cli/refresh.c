#include "cli/command.h"

#include <limits.h>

/* setup and refresh: both start a run of the owner and follow it. */

static void put_request(struct cli *cli, const char *kind, struct buf *b)
{
    buf_printf(b, "{\"kind\": \"%s\", \"full\": %s", kind, cli_flag(cli, "full") ? "true" : "false");
    if (cli_value(cli, "as-of")) {
        buf_puts(b, ", \"as_of\": ");
        buf_put_json(b, cli_value(cli, "as-of"));
    }
    for (size_t i = 0; cli_value_at(cli, "only", i); i++) {
        buf_puts(b, i ? ", " : ", \"only\": [");
        buf_put_json(b, cli_value_at(cli, "only", i));
    }
    buf_puts(b, cli_value(cli, "only") ? "]}" : "}");
}

static int add_source(struct cli *cli, struct client *client, const char *path, struct error *err)
{
    char real[PATH_MAX];
    const char *answer;
    if (!realpath(path, real) || !path_is_dir(real)) {
        error_set(err, ERROR_USAGE, "there is no folder %s", path);
        error_hint(err, "--source takes a folder of tables (<schema>/<table>/) or of Spark event logs");
        return ERROR_USAGE;
    }
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 65536);
    buf_puts(&b, "{\"path\": ");
    buf_put_json(&b, real);
    if (cli_value(cli, "kind")) {
        buf_puts(&b, ", \"kind\": ");
        buf_put_json(&b, cli_value(cli, "kind"));
    }
    if (cli_value(cli, "workspace")) {
        buf_puts(&b, ", \"workspace_id\": ");
        buf_put_json(&b, cli_value(cli, "workspace"));
    }
    buf_putc(&b, '}');
    return client_get(client, "POST", "/api/v1/sources", b.data, cli->arena, &answer, err);
}

static int start_run(struct cli *cli, struct client *client, const char *kind, struct error *err)
{
    struct buf request CLEANUP(buf_free);
    buf_init(&request, 65536);
    int rc = 0;
    for (size_t i = 0; cli_value_at(cli, "source", i) && !rc; i++)
        rc = add_source(cli, client, cli_value_at(cli, "source", i), err);
    put_request(cli, kind, &request);
    return rc ? rc : cli_follow_run(cli, client, request.data, err);
}

static int run_kind(struct cli *cli, const char *kind, struct error *err)
{
    struct client *client;
    const char *engine = cli_value(cli, "engine");
    int rc = cli_load(cli, err);
    if (!rc && engine && !(rc = config_choose_engine(cli->home, engine, cli_value(cli, "engine-url"), err))) {
        config_free(cli->config);
        cli->config = NULL;
        rc = cli_load(cli, err);
    }
    if (!rc && !cli->config->source_count && !cli_value(cli, "source")) {
        rc = error_set(err, ERROR_USAGE, "there is no source yet");
        error_hint(err, "name one: secchi setup --source DIR");
    }
    cli_catch_interrupt(cli);
    if (!rc)
        rc = client_open(cli->config, cli->packs, &client, err);
    if (rc)
        return rc;
    rc = start_run(cli, client, kind, err);
    client_close(client);
    return rc;
}

static int run_setup(struct cli *cli, struct error *err) { return run_kind(cli, "setup", err); }
static int run_refresh(struct cli *cli, struct error *err) { return run_kind(cli, "refresh", err); }

static const struct option setup_options[] = {
    {"source", OPTION_DIR, "DIR", NULL, NULL, true, "folder of tables, or of Apache Spark event logs"},
    {"kind", OPTION_CHOICE, "KIND", "auto|folder|spark", NULL, false, "what the folders are; auto looks"},
    {"workspace", OPTION_TEXT, "ID", NULL, NULL, false, "workspace that rows of Spark event logs are given"},
    {"as-of", OPTION_TIME, "TIME", NULL, NULL, false, "the time that counts as now"},
    {"engine", OPTION_CHOICE, "ENGINE", "duckdb|spark", NULL, false, "engine that holds the warehouse; it is written into secchi.yaml"},
    {"engine-url", OPTION_TEXT, "URL", NULL, NULL, false, "its address: sc://HOST:PORT/;option=value (docs/spark.md)"},
    {0},
};

const struct command command_setup = {
    .name = "setup",
    .arguments = "",
    .summary = "add sources and load everything for the first time",
    .text =
        "Adds the given sources to secchi.yaml, makes all tables and loads them. It can be run again: what is loaded stays, what is new is added. "
        "Ends with 3 when some tables failed and the others were published.",
    .examples = "secchi setup --source /data/system-tables\nsecchi setup --source /var/log/spark-events --workspace prod\n"
                "secchi setup --source /data/system-tables --engine spark --engine-url sc://127.0.0.1:15002",
    .options = setup_options,
    .run = run_setup,
};

static const struct option refresh_options[] = {
    {"only", OPTION_TEXT, "TABLE", NULL, NULL, true, "builds this table and what it reads, nothing else"},
    {"full", OPTION_FLAG, NULL, NULL, NULL, false, "builds gold from all of bronze instead of what is new"},
    {"as-of", OPTION_TIME, "TIME", NULL, NULL, false, "the time that counts as now"},
    {0},
};

const struct command command_refresh = {
    .name = "refresh",
    .arguments = "",
    .summary = "load what is new",
    .text =
        "Loads new files, grown logs and new table versions, and brings bronze and gold up to date. Running it twice changes nothing; interrupted or "
        "killed, the next run goes on. Ends with 3 when some tables failed and the others were published.",
    .examples = "secchi refresh\nsecchi refresh --only fact_query_history",
    .options = refresh_options,
    .run = run_refresh,
};
