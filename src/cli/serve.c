#include "cli/command.h"

#include <time.h>
#include <unistd.h>

static void wait_for_end(struct cli *cli, const struct owner *owner)
{
    const struct timespec tick = {.tv_nsec = 50000000};
    while (!cancelled(&cli->cancel) && !owner_stop_requested(owner))
        nanosleep(&tick, NULL);
}

static int run_serve(struct cli *cli, struct error *err)
{
    struct owner *owner;
    int port, rc = cli_load(cli, err);
    cli_catch_interrupt(cli);
    if (rc || (rc = owner_open(cli->config, cli->packs, &owner, err)))
        return rc;
    const char *host = config_text(cli->config, "server.host");
    rc = owner_listen(owner, host, (int)config_int(cli->config, "server.port"), cli_value(cli, "web-dir"), &port, err);
    if (!rc) {
        const char *scheme = *config_text(cli->config, "server.tls_key") ? "https" : "http";
        printf(strchr(host, ':') ? "secchi is ready on %s://[%s]:%d/ (home %s)\n" : "secchi is ready on %s://%s:%d/ (home %s)\n", scheme,
               host, port, cli->home);
        fflush(stdout);
        wait_for_end(cli, owner);
    }
    owner_close(owner);
    return rc;
}

static const struct option serve_options[] = {
    {"host", OPTION_TEXT, "ADDRESS", NULL, "server.host", false, "address to listen on (default 127.0.0.1)"},
    {"port", OPTION_INT, "PORT", NULL, "server.port", false, "port to listen on, 0 takes a free one (default 8000)"},
    {"mode", OPTION_CHOICE, "MODE", "development|production", "server.mode", false, "development asks no token on loopback"},
    {"web-dir", OPTION_DIR, "DIR", NULL, NULL, false, "reads the page from this folder instead of the built-in one"},
    {0},
};

const struct command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "serve the page and the HTTP API",
    .text =
        "Opens the home and serves the page and the API until Ctrl-C, SIGTERM or `secchi stop`. In production mode every request needs a bearer token; "
        "the first start writes an administrator's into first-token in the home. Other commands go on working: they are clients of the server.",
    .examples = "secchi serve\nsecchi serve --host 0.0.0.0 --mode production",
    .options = serve_options,
    .run = run_serve,
};

static int run_stop(struct cli *cli, struct error *err)
{
    struct client *client;
    const char *answer;
    int rc = cli_load(cli, err);
    if (!rc)
        rc = client_connect(cli->config, &client, err);
    if (rc)
        return rc;
    rc = client_get(client, "POST", "/api/v1/stop", "{}", cli->arena, &answer, err);
    client_close(client);
    const struct timespec tick = {.tv_nsec = 20000000};
    for (int i = 0; !rc && owner_exists(cli->home); i++) {
        if (i == 1500)
            return error_set(err, ERROR_UNAVAILABLE, "the server was asked to stop and is still there after 30 s");
        nanosleep(&tick, NULL);
    }
    return rc;
}

const struct command command_stop = {
    .name = "stop",
    .arguments = "",
    .summary = "stop the server of this home",
    .text = "Asks the process that owns the home to end, waits until it has: running requests are answered first.",
    .examples = "secchi stop",
    .run = run_stop,
};
