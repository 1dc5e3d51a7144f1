#include <stdlib.h>

#include "server/private.h"

/* ---- packs ---------------------------------------------------------------------------------------------- */

static int load_packs(struct owner *o, struct pack_catalogue **ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char **dirs = arena_alloc(a, PACK_DIRS_MAX * sizeof(*dirs));
    size_t count = 0, faults;
    const char *shipped = config_find_packs(o->packs, a);
    if (!shipped) {
        error_set(err, ERROR_NOT_FOUND, "the folder of packs %s%swas not found", o->packs ? o->packs : "", o->packs ? " " : "");
        error_hint(err, "name it with --packs");
        return ERROR_NOT_FOUND;
    }
    pack_dirs(a, shipped, dirs, &count);
    pack_dirs(a, path_join(a, o->home, "packs"), dirs, &count);
    int rc = pack_load(dirs, count, ret, err, 1, &faults);
    if (rc && faults > 1 && !err->hint[0])
        error_hint(err, "%zu faults in all: `secchi check` lists them", faults);
    return rc;
}

/* ---- the engine --------------------------------------------------------------------------------------------- */

static int open_engine(struct owner *o, const struct config *config, const char *kind, struct engine **ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char **dirs = arena_alloc(a, (config->source_count + 1) * sizeof(*dirs));
    for (size_t i = 0; i < config->source_count; i++)
        dirs[i] = config->sources[i].path;
    struct engine_options options = {
        .kind = kind,
        .path = path_join(a, o->home, "warehouse.db"),
        .lib_dir = config_find_lib(a),
        .read_dirs = dirs,
        .read_dir_count = config->source_count,
        .memory_limit_bytes = config_int(config, "engine.memory_limit"),
        .temp_limit_bytes = config_int(config, "engine.temp_limit"),
        .threads = (int)config_int(config, "engine.threads"),
        .url = config_text(config, "engine.url"),
        .ca_file = config_text(config, "engine.ca_file"),
        .catalog = config_text(config, "engine.catalog"),
        .warehouse_id = config_text(config, "engine.warehouse_id"),
        .profile = config_text(config, "engine.profile"),
    };
    int rc = config_secret(config, "engine.token", a, &options.token, err);
    return rc ? rc : engine_open(&options, ret, err);
}

/* A warehouse file is that of the home or none: an embedded engine beside a remote one would know no table. */
static int open_other(void *context, const char *kind, struct engine **ret, struct error *err)
{
    struct owner *o = context;
    if (str_eq(kind, "duckdb"))
        return error_set(err, ERROR_UNAVAILABLE, "the tables of this home lie on the engine %s",
                         config_text(o->core.config, "engine.kind"));
    return open_engine(o, o->core.config, kind, ret, err);
}

static int open_semantic(struct owner *o, struct core *c, struct error *err)
{
    struct semantic_options options = {
        .engine = c->engine, .catalogue = c->catalogue, .config = c->config, .state = c->state, .open_engine = open_other, .context = o};
    return semantic_new(&options, &c->semantic, err);
}

static void forget_results(void *semantic) { semantic_changed(semantic); }

/* What is opened, in this order; the log tells how long each took. */
static int open_parts(struct owner *o, struct core *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    double ms[8] = {0};
    int64_t at = clock_mono_ns();
    int rc = 0;
    for (int step = 0; step < 8 && !rc; step++) {
        switch (step) {
        case 0:
            rc = state_open(path_join(a, o->home, "state.db"), &c->state, err);
            break;
        case 1:
            rc = load_packs(o, &c->catalogue, err);
            break;
        case 2:
            rc = open_engine(o, c->config, config_text(c->config, "engine.kind"), &c->engine, err);
            break;
        case 3:
            rc = open_semantic(o, c, err);
            break;
        case 4:
            c->build = (struct build_context){.engine = c->engine, .catalogue = c->catalogue, .config = c->config, .state = c->state};
            rc = build_prepare(&c->build, err);
            break;
        case 5:
            rc = build_recover(&c->build, err);
            break;
        case 6:
            rc = semantic_scopes(c->semantic, err);
            break;
        default:
            rc = schedule_new(&c->build, &c->schedule, err);
        }
        ms[step] = (double)(clock_mono_ns() - at) / 1e6;
        at = clock_mono_ns();
    }
    log_write(LOG_DEBUG, "server",
              "opened in ms: state %.1f, packs %.1f, engine %.1f, semantic %.1f, tables %.1f, history %.1f, tenants %.1f, schedule %.1f",
              ms[0], ms[1], ms[2], ms[3], ms[4], ms[5], ms[6], ms[7]);
    if (rc)
        return rc;
    schedule_on_event(c->schedule, events_wake, o);
    schedule_on_end(c->schedule, forget_results, c->semantic);
    return 0;
}

int core_open(struct owner *o, const struct config *config, struct error *err)
{
    o->core = (struct core){.config = config};
    int rc = open_parts(o, &o->core, err);
    if (rc) {
        core_close(o);
        o->core_error = *err;
        return rc;
    }
    o->core_error = (struct error){0};
    return 0;
}

void core_close(struct owner *o)
{
    struct core *c = &o->core;
    schedule_free(c->schedule);
    semantic_free(c->semantic);
    if (c->engine)
        engine_close(c->engine);
    pack_free(c->catalogue);
    state_close(c->state);
    c->schedule = NULL;
    c->semantic = NULL;
    c->engine = NULL;
    c->catalogue = NULL;
    c->state = NULL;
}

/* ---- opening anew ---------------------------------------------------------------------------------------------- */

/* Flags of the start are found by the origin of their values. */
static int load_config(struct owner *o, struct config **ret, struct error *err)
{
    const struct config *old = o->core.config;
    struct config_flag *flags = xcalloc(config_setting_count, sizeof(*flags));
    size_t count = 0;
    for (size_t i = 0; i < config_setting_count; i++)
        if (str_starts(old->origins[i], "--"))
            flags[count++] = (struct config_flag){config_settings[i].key, old->values[i], old->origins[i]};
    int rc = config_load(o->home, flags, count, ret, err);
    free(flags);
    return rc;
}

static int reopen(struct owner *o, struct config *config, struct error *err)
{
    struct config *replaced = o->core.own_config;
    core_close(o);
    int rc = core_open(o, config, err);
    o->core.own_config = config;
    config_free(replaced);
    cache_free(o->cache);
    o->cache = cache_new();
    return rc;
}

int core_reload(struct owner *o, struct error *err)
{
    struct config *config;
    int rc = load_config(o, &config, err);
    return rc ? rc : reopen(o, config, err);
}
