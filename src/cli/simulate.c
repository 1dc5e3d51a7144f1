#include "cli/command.h"
#include "simulate/simulate.h"

#include <limits.h>
#include <unistd.h>

/* Needs neither owner nor home: it writes files. */

#define DAY_US INT64_C(86400000000)

static void on_span(void *context, int64_t done, int64_t total, int64_t rows)
{
    const bool terminal = *(const bool *)context;
    if (terminal) {
        int width = 24, filled = (int)(done * width / total);
        fprintf(stderr, "\r\033[K[%.*s%*s] %lld/%lld, %lld rows", filled, "########################", width - filled, "", (long long)done,
                (long long)total, (long long)rows);
        if (done == total)
            fprintf(stderr, "\r\033[K");
    } else {
        fprintf(stderr, "%lld of %lld spans, %lld rows\n", (long long)done, (long long)total, (long long)rows);
    }
    fflush(stderr);
}

static int read_number(const struct cli *cli, const char *name, double low, double high, double *ret, struct error *err)
{
    const char *text = cli_value(cli, name);
    if (!text)
        return 0;
    if (str_to_f64(text, ret) || !(*ret >= low && *ret <= high))
        return error_set(err, ERROR_USAGE, "--%s takes %g to %g, found '%s'", name, low, high, text);
    return 0;
}

static int read_until(const struct cli *cli, int32_t *ret, struct error *err)
{
    const char *text = cli_value(cli, "until");
    int64_t us = clock_now_us();
    if (text && (time_parse_us(text, &us) || us % DAY_US != 0 || us < 0))
        return error_set(err, ERROR_USAGE, "--until takes a day such as 2026-11-21, found '%s'", text);
    *ret = (int32_t)(us / DAY_US);
    return 0;
}

static int absolute(struct cli *cli, const char *path, const char **ret, struct error *err)
{
    char cwd[PATH_MAX];
    if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
        return error_errno(err, "find", "the current folder");
    *ret = path[0] == '/' ? arena_strdup(cli->arena, path) : path_join(cli->arena, cwd, path);
    return 0;
}

static int read_options(struct cli *cli, struct simulate_options *o, struct error *err)
{
    const char *format = cli_value(cli, "format");
    double days = 90, threads = 0;
    o->scale = 1;
    if (!cli_value(cli, "out")) {
        error_set(err, ERROR_USAGE, "--out is missing");
        error_hint(err, "name the folder that the lake is written to: secchi simulate --out DIR");
        return ERROR_USAGE;
    }
    int rc = absolute(cli, cli_value(cli, "out"), &o->out, err);
    if (!rc)
        rc = read_number(cli, "days", 1, 3660, &days, err);
    if (!rc)
        rc = read_number(cli, "scale", 0.01, 100, &o->scale, err);
    if (!rc)
        rc = read_number(cli, "threads", 1, 64, &threads, err);
    if (!rc)
        rc = read_until(cli, &o->until_day, err);
    if (!rc && cli_value(cli, "seed") && str_to_i64(cli_value(cli, "seed"), &o->seed))
        rc = error_set(err, ERROR_USAGE, "--seed takes a whole number, found '%s'", cli_value(cli, "seed"));
    if (!rc && cli_value(cli, "incidents") && cli_flag(cli, "no-incidents"))
        rc = error_set(err, ERROR_USAGE, "--incidents and --no-incidents exclude each other");
    if (!rc && cli_value(cli, "incidents"))
        rc = absolute(cli, cli_value(cli, "incidents"), &o->incidents, err);
    o->days = (int64_t)days;
    o->threads = (int)threads;
    o->no_incidents = cli_flag(cli, "no-incidents");
    o->drift = cli_flag(cli, "drift");
    o->format = str_eq(format, "delta") ? SIMULATE_DELTA : str_eq(format, "jsonl") ? SIMULATE_JSONL : SIMULATE_PARQUET;
    return rc;
}

static int run(struct cli *cli, struct error *err)
{
    bool terminal = cli_is_terminal(STDERR_FILENO);
    struct simulate_options o = {.seed = 1, .progress = on_span, .context = &terminal};
    struct simulate_result r;
    int rc = read_options(cli, &o, err);
    if (rc)
        return rc;
    o.packs = config_find_packs(cli->packs, cli->arena);
    if (!o.packs)
        return error_set(err, ERROR_NOT_FOUND, "no packs were found; name their folder with --packs");
    o.cancel = cli_catch_interrupt(cli);
    rc = simulate_run(&o, &r, err);
    if (rc == ERROR_INTERRUPTED)
        error_hint(err, "%s holds whole files of some days only; remove it", o.out);
    if (!rc)
        printf(
            "%lld rows of %lld tables in %lld files, %lld incidents and %lld look-alikes, %.0f s\nnext: secchi --home HOME setup --source %s\n",
            (long long)r.rows, (long long)r.tables, (long long)r.files, (long long)r.incidents, (long long)r.look_alikes, r.seconds, o.out);
    return rc;
}

static const struct option options[] = {
    {"out", OPTION_TEXT, "DIR", NULL, NULL, false, "folder that the lake is written to; absent or empty"},
    {"days", OPTION_INT, "N", NULL, NULL, false, "days of the simulation, 1 to 3660 (default 90)"},
    {"until", OPTION_TIME, "DATE", NULL, NULL, false, "its end, exclusive like --as-of: the last day is the one before (default: today)"},
    {"scale", OPTION_TEXT, "S", NULL, NULL, false,
     "0.01 to 100; rows grow with it, entities with its square root (default 1: some 20,000 rows a day)"},
    {"seed", OPTION_INT, "K", NULL, NULL, false, "the same seed and arguments give the same bytes (default 1)"},
    {"incidents", OPTION_FILE, "FILE", NULL, NULL, false, "YAML file with incidents to plant (default: drawn from the seed)"},
    {"no-incidents", OPTION_FLAG, NULL, NULL, NULL, false, "plants none"},
    {"drift", OPTION_FLAG, NULL, NULL, NULL, false, "changes columns of some tables halfway"},
    {"format", OPTION_CHOICE, "FORMAT", "parquet|delta|jsonl", NULL, false, "of the files (default parquet)"},
    {"threads", OPTION_INT, "N", NULL, NULL, false, "spans that are made at the same time (default: one a core)"},
    {0},
};

const struct command command_simulate = {
    .name = "simulate",
    .arguments = "",
    .summary = "write a simulated lake with planted incidents",
    .text =
        "Writes all system tables of a simulated account as <schema>/<table>/<day of delivery>, which `secchi setup --source` loads, the truth about the planted "
        "incidents as incidents.json, and a secchi.yaml that fits the scale. Interrupted, it leaves whole files only and no incidents.json.",
    .examples =
        "secchi simulate --out /tmp/lake --days 90 --scale 0.2\nsecchi simulate --out /tmp/lake --until 2026-07-01 --seed 7 --incidents incidents.yaml",
    .options = options,
    .run = run,
};
