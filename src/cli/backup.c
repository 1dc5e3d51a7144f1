#include "cli/command.h"

#include <limits.h>
#include <unistd.h>

static int absolute(struct cli *cli, const char *path, const char **ret, struct error *err)
{
    char cwd[PATH_MAX];
    if (path[0] == '/') {
        *ret = path;
        return 0;
    }
    if (!getcwd(cwd, sizeof(cwd)))
        return error_errno(err, "find", "the current folder");
    *ret = path_join(cli->arena, cwd, path);
    return 0;
}

static int ask_owner(struct cli *cli, const char *route, struct error *err)
{
    struct client *client;
    const char *path, *answer;
    struct buf body CLEANUP(buf_free);
    buf_init(&body, 2 * LIMIT_PATH_BYTES);
    int rc = cli_load(cli, err);
    if (!rc)
        rc = absolute(cli, cli->arguments[0], &path, err);
    if (!rc)
        rc = client_open(cli->config, cli->packs, &client, err);
    if (rc)
        return rc;
    buf_puts(&body, "{\"path\": ");
    buf_put_json(&body, path);
    buf_putc(&body, '}');
    rc = client_get(client, "POST", route, body.data, cli->arena, &answer, err);
    client_close(client);
    return rc;
}

static int run_backup(struct cli *cli, struct error *err)
{
    int rc = ask_owner(cli, "/api/v1/backup", err);
    if (!rc)
        printf("backup is in %s\n", cli->arguments[0]);
    return rc;
}

static int run_restore(struct cli *cli, struct error *err)
{
    int rc = ask_owner(cli, "/api/v1/restore", err);
    if (!rc)
        printf("restored from %s; what was there before is in %s/before-restore\n", cli->arguments[0], cli->home);
    return rc;
}

const struct command command_backup = {
    .name = "backup",
    .arguments = "DIR",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "copy warehouse, state and configuration",
    .text =
        "Writes a consistent copy of warehouse, state store and secchi.yaml into a new folder, also while a server runs. The copy is a home of its own.",
    .examples = "secchi backup /backups/secchi-2026-11-21",
    .run = run_backup,
};

const struct command command_restore = {
    .name = "restore",
    .arguments = "DIR",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "bring a backup back",
    .text =
        "Puts warehouse and state store of a backup in place of the present ones, which are kept in before-restore inside the home. A server goes on serving.",
    .examples = "secchi restore /backups/secchi-2026-11-21",
    .run = run_restore,
};
