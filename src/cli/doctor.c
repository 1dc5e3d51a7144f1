#include "cli/command.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <yyjson.h>

/* Looks at what usually goes wrong, from the outside in, and says for each what to do. */

struct patient {
    struct cli *cli;
    struct client *client;
    int faults;
};

static void good(const char *what, const char *detail) { printf("ok    %s%s%s\n", what, *detail ? ": " : "", detail); }

static void bad(struct patient *p, const char *what, const char *detail, const char *hint)
{
    printf("FAULT %s: %s%s%s\n", what, detail, *hint ? "; " : "", hint);
    p->faults++;
}

static void look_at_program(struct patient *p)
{
    const char *lib = config_find_lib(p->cli->arena), *packs = config_find_packs(p->cli->packs, p->cli->arena);
    if (lib)
        good("libraries", lib);
    else
        bad(p, "libraries", "the folder lib/secchi is not beside the program", "install the program again");
    if (packs)
        good("packs", packs);
    else
        bad(p, "packs", "no folder of packs beside the program", "name it with --packs");
}

static void look_at_home(struct patient *p)
{
    struct statvfs disk;
    const char *home = p->cli->home;
    if (access(home, R_OK | W_OK | X_OK) != 0) {
        bad(p, "home", strerror(errno), "the user of secchi must own the folder");
        return;
    }
    good("home", home);
    if (statvfs(home, &disk) == 0) {
        double free_gib = (double)disk.f_bavail * (double)disk.f_frsize / 1073741824.0;
        const char *text = arena_printf(p->cli->arena, "%.1f GiB free", free_gib);
        if (free_gib < 1)
            bad(p, "disk", text, "free some space: the engine spills and checkpoints there");
        else
            good("disk", text);
    }
}

static void look_at_sources(struct patient *p)
{
    const struct config *c = p->cli->config;
    if (!c->source_count)
        bad(p, "sources", "none", "add one: secchi setup --source DIR");
    for (size_t i = 0; i < c->source_count; i++) {
        const char *what = arena_printf(p->cli->arena, "source %s", c->sources[i].name);
        if (access(c->sources[i].path, R_OK | X_OK) != 0)
            bad(p, what, arena_printf(p->cli->arena, "%s: %s", c->sources[i].path, strerror(errno)),
                "mend the path in secchi.yaml or the rights of the folder");
        else
            good(what, c->sources[i].path);
    }
}

static void look_at_runs(struct patient *p, yyjson_val *root)
{
    yyjson_val *last = yyjson_obj_get(root, "last_run");
    const char *state = yyjson_get_str(yyjson_obj_get(last, "state")), *error = yyjson_get_str(yyjson_obj_get(last, "error"));
    int64_t findings = (int64_t)yyjson_get_num(yyjson_obj_get(root, "findings_open"));
    if (!state)
        bad(p, "last run", "none yet", "secchi setup --source DIR");
    else if (str_eq(state, "succeeded") || str_eq(state, "running"))
        good("last run", state);
    else
        bad(p, "last run", arena_printf(p->cli->arena, "%s%s%s", state, error ? ": " : "", error ? error : ""),
            "secchi status names the tables; then secchi refresh");
    if (findings)
        bad(p, "findings", arena_printf(p->cli->arena, "%lld open", (long long)findings), "secchi status lists them");
    else
        good("findings", "none open");
}

static void look_inside(struct patient *p)
{
    struct error err;
    const char *text;
    if (client_open(p->cli->config, p->cli->packs, &p->client, &err)) {
        bad(p, "warehouse", arena_printf(p->cli->arena, "%s%s%s", err.where, *err.where ? ": " : "", err.what), err.hint);
        return;
    }
    if (client_get(p->client, "GET", "/api/v1/status", NULL, p->cli->arena, &text, &err)) {
        bad(p, "status", err.what, err.hint);
    } else {
        good("warehouse", "opens and answers");
        yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
        look_at_runs(p, yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }
    client_close(p->client);
}

static int run(struct cli *cli, struct error *err)
{
    struct patient p = {.cli = cli};
    look_at_program(&p);
    if (cli_load(cli, err)) {
        bad(&p, "configuration", arena_printf(cli->arena, "%s%s%s", err->where, *err->where ? ": " : "", err->what), err->hint);
    } else {
        good("configuration", cli->config->file);
        look_at_home(&p);
        look_at_sources(&p);
        look_inside(&p);
    }
    if (!p.faults)
        return 0;
    return error_set(err, ERROR_PARTIAL, "%d fault%s found", p.faults, p.faults == 1 ? "" : "s");
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "find what is wrong and how to mend it",
    .text =
        "Looks at program, configuration, home, disk, sources, warehouse, the last run and findings, a line each. Ends with 3 when something is at fault.",
    .examples = "secchi doctor",
    .run = run,
};
