#include "cli/command.h"

static int run(struct cli *cli, struct error *err)
{
    int rc = config_init(cli->home, err);
    if (!rc)
        printf("home %s is ready; next: secchi --home %s setup --source DIR\n", cli->home, cli->home);
    return rc;
}

const struct command command_init = {
    .name = "init",
    .arguments = "",
    .summary = "make a home folder",
    .text = "Makes the home folder with a commented secchi.yaml. Nothing is overwritten.",
    .examples = "secchi init\nsecchi --home /srv/secchi init",
    .run = run,
};
