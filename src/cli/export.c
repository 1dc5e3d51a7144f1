#include "cli/command.h"
#include "export/export.h"

/* Needs no owner and no warehouse: the bundle is made of packs and configuration. */

/* The last pack that has frames gives them. */
static const char *frames_of(struct cli *cli, const char *const *dirs, size_t count)
{
    for (size_t i = count; i-- > 0;)
        if (path_is_dir(path_join(cli->arena, dirs[i], "databricks")))
            return path_join(cli->arena, dirs[i], "databricks");
    return NULL;
}

static int load(struct cli *cli, struct config **ret_config, struct pack_catalogue **ret, const char **ret_frames, struct error *err)
{
    const char *dirs[PACK_DIRS_MAX];
    size_t count = 0, faults = 0;
    struct error errs[20];
    const bool has_home = path_exists(path_join(cli->arena, cli->home, "secchi.yaml"));
    int rc = has_home ? cli_load(cli, err) : config_load("/nonexistent", NULL, 0, ret_config, err);
    if (rc)
        return rc;
    pack_dirs(cli->arena, config_find_packs(cli->packs, cli->arena), dirs, &count);
    if (has_home)
        pack_dirs(cli->arena, path_join(cli->arena, cli->home, "packs"), dirs, &count);
    *ret_frames = frames_of(cli, dirs, count);
    if (!*ret_frames)
        return error_set(err, ERROR_NOT_FOUND, "no pack has a folder databricks/; name the shipped ones with --packs");
    rc = pack_load(dirs, count, ret, errs, ARRAY_LEN(errs), &faults);
    for (size_t i = 0; i + 1 < faults; i++)
        error_print(stderr, &errs[i]);
    if (rc)
        *err = errs[faults ? faults - 1 : 0];
    return rc;
}

static void print_report(const struct export_report *r, const char *out)
{
    for (size_t i = 0; i < r->left_count; i++)
        printf("differs: %s: %s\n", r->left[i].name, r->left[i].why);
    printf("%s: %zu files: %zu tables, %zu fills, %zu functions, %zu metric views\n", out, r->files, r->tables, r->fills, r->functions,
           r->metric_views);
    printf("next: databricks bundle validate --var warehouse_id=<id>, in %s\n", out);
}

static int run(struct cli *cli, struct error *err)
{
    struct config *defaults = NULL;
    struct pack_catalogue *catalogue = NULL;
    struct export_report report;
    struct export_options o = {.out = cli_value(cli, "out"), .force = cli_flag(cli, "force")};
    if (!str_eq(cli->arguments[0], "databricks"))
        return error_set(err, ERROR_USAGE, "secchi export takes databricks, not '%s'", cli->arguments[0]);
    if (!o.out) {
        error_set(err, ERROR_USAGE, "there is no folder to write to");
        error_hint(err, "secchi export databricks --out DIR");
        return ERROR_USAGE;
    }
    int rc = load(cli, &defaults, &catalogue, &o.frames, err);
    o.catalogue = catalogue;
    o.config = defaults ? defaults : cli->config;
    if (!rc)
        rc = export_databricks(&o, cli->arena, &report, err);
    if (!rc)
        print_report(&report, o.out);
    pack_free(catalogue);
    config_free(defaults);
    return rc;
}

static const struct option options[] = {
    {"out", OPTION_TEXT, "DIR", NULL, NULL, false, "folder of the bundle; made when it is not there"},
    {"force", OPTION_FLAG, NULL, NULL, NULL, false, "also writes over files that are of others or were changed"},
    {0},
};

const struct command command_export = {
    .name = "export",
    .arguments = "databricks",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "tables, functions and metric views as a Databricks bundle",
    .text =
        "Writes an Asset Bundle that the Databricks CLI deploys: every table with its keys, comments and tags, what fills it from the system tables, the table functions "
        "with the settings as numbers, the metric views, and jobs that run all of it every night. Files of an earlier export are brought up to date; a file that was "
        "changed by hand ends the export before anything is written. What differs from the packs is printed and stands in the README of the bundle.",
    .examples = "secchi export databricks --out health-bundle",
    .options = options,
    .run = run,
};
