#include "cli/command.h"

#include <yyjson.h>

int cli_ask(struct cli *cli, const char *method, const char *path, const char *body, struct yyjson_doc **ret_doc, struct error *err)
{
    struct client *client;
    const char *answer;
    int rc = client_open(cli->config, cli->packs, &client, err);
    if (rc)
        return rc;
    rc = client_get(client, method, path, body, cli->arena, &answer, err);
    client_close(client);
    if (rc)
        return rc;
    if (str_eq(cli_value(cli, "format"), "json"))
        puts(answer);
    *ret_doc = yyjson_read(answer, strlen(answer), 0);
    return *ret_doc ? 0 : error_set(err, ERROR_INTERNAL, "the server's answer is not valid JSON");
}

int cli_run_verb(struct cli *cli, const struct verb *verbs, size_t count, struct error *err)
{
    const char *verb = cli->argument_count ? cli->arguments[0] : verbs[0].name, *all = "";
    int rc = cli_load(cli, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(verb, verbs[i].name))
            return verbs[i].run(cli, err);
        all = arena_printf(cli->arena, "%s%s%s", all, i == 0 ? "" : i + 1 < count ? ", " : " or ", verbs[i].name);
    }
    return error_set(err, ERROR_USAGE, "secchi %s takes %s, not '%s'", cli->command->name, all, verb);
}
