#include "check/check.h"
#include "cli/command.h"

/* Needs no owner: packs are checked on an engine in memory. */

static int print_report(const struct check_report *r, struct error *err)
{
    for (size_t i = 0; i < r->error_count; i++)
        error_print(stderr, &r->errors[i]);
    if (r->error_count) {
        error_set(err, ERROR_USAGE, "%zu error%s in packs", r->error_count, r->error_count == 1 ? "" : "s");
        return ERROR_USAGE;
    }
    printf(
        "good: %zu tables, %zu statements, %zu derivations, %zu quality checks, %zu functions, %zu metric views, %zu dashboard datasets\n",
        r->tables, r->statements, r->derivations, r->checks, r->functions, r->metric_views, r->datasets);
    return 0;
}

static int run(struct cli *cli, struct error *err)
{
    const char *dirs[PACK_DIRS_MAX];
    size_t count = 0;
    bool has_home = path_exists(path_join(cli->arena, cli->home, "secchi.yaml"));
    int rc = has_home ? cli_load(cli, err) : 0;
    if (rc)
        return rc;
    pack_dirs(cli->arena, config_find_packs(cli->packs, cli->arena), dirs, &count);
    if (has_home)
        pack_dirs(cli->arena, path_join(cli->arena, cli->home, "packs"), dirs, &count);
    for (size_t i = 0; i < cli->argument_count && count < ARRAY_LEN(dirs); i++) {
        if (!path_is_dir(cli->arguments[i])) {
            error_set(err, ERROR_USAGE, "there is no folder %s", cli->arguments[i]);
            error_hint(err, "secchi check takes folders of packs, each with a pack.yaml");
            return ERROR_USAGE;
        }
        dirs[count++] = cli->arguments[i];
    }
    if (!count)
        return error_set(err, ERROR_NOT_FOUND, "no packs were found; name their folder with --packs");
    struct check_report report;
    rc = check_packs(dirs, count, cli->config, cli->arena, &report, err);
    return rc ? rc : print_report(&report, err);
}

const struct command command_check = {
    .name = "check",
    .arguments = "[PACK...]",
    .max_arguments = -1,
    .summary = "check all content of all packs offline",
    .text =
        "Reads the shipped packs, those of the home and the named ones, resolves every table, column, function and parameter, and prepares every statement on "
        "an empty engine. Each error is one line with file, line and the nearest name; the exit status is 2 when there is one.",
    .examples = "secchi check\nsecchi check ~/my-pack",
    .run = run,
};
