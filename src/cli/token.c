#include "cli/command.h"

#include <yyjson.h>

static int send(struct cli *cli, const char *method, const char *path, const char *body, const char **ret, struct error *err)
{
    struct client *client;
    int rc = client_open(cli->config, cli->packs, &client, err);
    if (rc)
        return rc;
    rc = client_get(client, method, path, body, cli->arena, ret, err);
    client_close(client);
    return rc;
}

static int create(struct cli *cli, struct error *err)
{
    const char *answer;
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 4096);
    buf_puts(&b, "{\"name\": ");
    buf_put_json(&b, cli->argument_count > 1 ? cli->arguments[1] : "token");
    buf_puts(&b, ", \"role\": ");
    buf_put_json(&b, cli_value(cli, "role") ? cli_value(cli, "role") : "reader");
    if (cli_value(cli, "expires")) {
        buf_puts(&b, ", \"expires_at\": ");
        buf_put_json(&b, cli_value(cli, "expires"));
    }
    buf_putc(&b, '}');
    int rc = send(cli, "POST", "/api/v1/tokens", b.data, &answer, err);
    if (rc)
        return rc;
    yyjson_doc *doc = yyjson_read(answer, strlen(answer), 0);
    const char *secret = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "token"));
    if (secret)
        puts(secret);
    else
        rc = error_set(err, ERROR_INTERNAL, "the server answered without a token");
    yyjson_doc_free(doc);
    return rc;
}

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "-";
}

static int list(struct cli *cli, struct error *err)
{
    const char *answer;
    int rc = send(cli, "GET", "/api/v1/tokens", NULL, &answer, err);
    if (rc)
        return rc;
    yyjson_doc *doc = yyjson_read(answer, strlen(answer), 0);
    yyjson_val *t;
    size_t i, n;
    printf("%-4s %-20s %-14s %-22s %s\n", "id", "name", "role", "expires", "revoked");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "tokens"), i, n, t)
    {
        printf("%-4lld %-20s %-14s %-22s %s\n", (long long)yyjson_get_sint(yyjson_obj_get(t, "id")), text_of(t, "name"), text_of(t, "role"),
               text_of(t, "expires_at"), text_of(t, "revoked_at"));
    }
    yyjson_doc_free(doc);
    return 0;
}

static int revoke(struct cli *cli, struct error *err)
{
    int64_t id;
    const char *answer;
    if (cli->argument_count < 2 || str_to_i64(cli->arguments[1], &id))
        return error_set(err, ERROR_USAGE, "secchi token revoke needs the number that `secchi token list` shows");
    return send(cli, "DELETE", arena_printf(cli->arena, "/api/v1/tokens/%lld", (long long)id), NULL, &answer, err);
}

static int run(struct cli *cli, struct error *err)
{
    static const struct {
        const char *name;
        int (*run)(struct cli *, struct error *);
    } verbs[] = {{"create", create}, {"list", list}, {"revoke", revoke}};
    int rc = cli_load(cli, err);
    for (size_t i = 0; i < ARRAY_LEN(verbs) && !rc; i++)
        if (str_eq(cli->arguments[0], verbs[i].name))
            return verbs[i].run(cli, err);
    return rc ? rc : error_set(err, ERROR_USAGE, "secchi token takes create, list or revoke, not '%s'", cli->arguments[0]);
}

static const struct option options[] = {
    {"role", OPTION_CHOICE, "ROLE", "reader|operator|administrator", NULL, false, "what the token may do (default reader)"},
    {"expires", OPTION_TIME, "TIME", NULL, NULL, false, "when it ends (default: never)"},
    {0},
};

const struct command command_token = {
    .name = "token",
    .arguments = "create [NAME]|list|revoke ID",
    .min_arguments = 1,
    .max_arguments = 2,
    .summary = "bearer tokens of the HTTP API",
    .text =
        "create makes a token and prints it once; only a hash is kept. A reader asks, an operator also starts runs, an administrator may do everything.",
    .examples = "secchi token create grafana\nsecchi token create nightly --role operator --expires 2027-01-01",
    .options = options,
    .run = run,
};
