#include "cli/command.h"

#include <yyjson.h>

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "-";
}

/* Whole numbers may come as strings when they are large; absent ones are shown as a dash. */
static const char *number_of(struct arena *a, yyjson_val *object, const char *key)
{
    yyjson_val *v = yyjson_obj_get(object, key);
    if (yyjson_is_num(v))
        return arena_printf(a, "%lld", (long long)yyjson_get_num(v));
    return yyjson_is_str(v) ? arena_strdup(a, yyjson_get_str(v)) : "-";
}

/* A time to the second. */
static const char *time_of(struct arena *a, yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text && strlen(text) > 19 ? arena_printf(a, "%.19sZ", text) : "-";
}

static void put_run(const char *label, yyjson_val *run)
{
    if (!yyjson_is_obj(run))
        return;
    printf("%s run %lld, %s, %s", label, (long long)yyjson_get_num(yyjson_obj_get(run, "id")), text_of(run, "kind"), text_of(run, "state"));
    if (yyjson_is_str(yyjson_obj_get(run, "ended_at")))
        printf(", ended %s", text_of(run, "ended_at"));
    if (yyjson_is_str(yyjson_obj_get(run, "error")))
        printf(": %s", text_of(run, "error"));
    putchar('\n');
}

/* Seconds with as many digits as tell something. */
static const char *duration_of(struct arena *a, yyjson_val *step)
{
    yyjson_val *v = yyjson_obj_get(step, "duration_s");
    double s = yyjson_get_num(v);
    return yyjson_is_num(v) ? arena_printf(a, "%.*f s", s < 10 ? 2 : s < 100 ? 1 : 0, s) : "-";
}

static void put_table(struct arena *a, yyjson_val *v)
{
    yyjson_val *step = yyjson_obj_get(v, "step");
    printf("%-56s %-8s %12s %-20s %-20s %11s %8s %9s %s\n", arena_printf(a, "%s.%s", text_of(v, "schema"), text_of(v, "name")),
           text_of(v, "layer"), number_of(a, v, "rows"), time_of(a, v, "fresh_at"), time_of(a, v, "loaded_at"),
           number_of(a, v, "quarantined"), number_of(a, v, "findings"), duration_of(a, step), text_of(step, "state"));
}

/* Nothing was landed there: the home has no source of that kind. */
static bool is_unused(yyjson_val *v) { return str_eq(text_of(v, "layer"), "landing") && yyjson_is_null(yyjson_obj_get(v, "rows")); }

static void put_status(struct arena *a, yyjson_val *root)
{
    yyjson_val *v;
    size_t i, n;
    put_run("running:", yyjson_obj_get(root, "running"));
    if (yyjson_is_obj(yyjson_obj_get(root, "last_run")))
        put_run("last:", yyjson_obj_get(root, "last_run"));
    else
        puts("no run yet; next: secchi setup --source DIR");
    yyjson_arr_foreach(yyjson_obj_get(root, "sources"), i, n, v)
    {
        printf("source %s (%s): %s\n", text_of(v, "name"), text_of(v, "kind"), text_of(v, "path"));
    }
    printf("\n%-56s %-8s %12s %-20s %-20s %11s %8s %9s %s\n", "table", "layer", "rows", "newest event", "newest load", "quarantined",
           "findings", "took", "step");
    size_t unused = 0;
    yyjson_arr_foreach(yyjson_obj_get(root, "tables"), i, n, v)
    {
        if (is_unused(v))
            unused++;
        else
            put_table(a, v);
    }
    if (unused)
        printf("%zu landing tables in which nothing was landed are not shown; --format json has them\n", unused);
    yyjson_val *findings = yyjson_obj_get(root, "findings");
    if (yyjson_arr_size(findings))
        printf("\n%s open findings\n", number_of(a, root, "findings_open"));
    yyjson_arr_foreach(findings, i, n, v)
    {
        printf("%s %s%s%s: %s\n", text_of(v, "severity"), text_of(v, "kind"), yyjson_is_str(yyjson_obj_get(v, "table")) ? " " : "",
               yyjson_is_str(yyjson_obj_get(v, "table")) ? text_of(v, "table") : "", text_of(v, "text"));
    }
}

static int run(struct cli *cli, struct error *err)
{
    yyjson_doc *doc;
    int rc = cli_load(cli, err);
    if (!rc)
        rc = cli_ask(cli, "GET", "/api/v1/status", NULL, &doc, err);
    if (rc)
        return rc;
    if (!str_eq(cli_value(cli, "format"), "json"))
        put_status(cli->arena, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return 0;
}

static const struct option options[] = {
    {"format", OPTION_CHOICE, "FORMAT", "text|json", NULL, false, "how it is written (default text)"},
    {0},
};

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "tables, freshness, the last run and findings",
    .text =
        "Shows the last run and the one going on, sources, every table with its layer, rows, newest event, newest load, quarantined rows, open findings and the "
        "duration and state of its last step, and the open findings.",
    .examples = "secchi status\nsecchi status --format json",
    .options = options,
    .run = run,
};
