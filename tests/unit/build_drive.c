/*
 * Runs the room build without the program, for tests/integration/test_build*.py:
 *   build_drive HOME PACKS refresh [--full] [--only TABLE]... [--as-of TIME] [--cancel-at STEP]
 *   build_drive HOME PACKS plan [--only TABLE]...
 *   build_drive HOME PACKS query SQL
 *   build_drive HOME PACKS hash COLUMN,... SCHEMA.TABLE...     columns of bronze tables to leave out
 * Prints JSON lines; errors as {"error": kind, "what", "where", "hint"} with the program's exit status.
 */
#include <stdio.h>
#include <stdlib.h>

#include "build/build.h"

struct drive {
    struct arena *arena;
    struct config *config;
    struct pack_catalogue *catalogue;
    struct engine *engine;
    struct state *state;
    struct pack_names names;
    struct build_context context;
    struct cancel cancel;
    const char *cancel_at;
};

static void put_text(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            printf("\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            printf("\\u%04x", *s);
        else
            putchar(*s);
    }
    putchar('"');
}

static int report(const struct error *e)
{
    printf("{\"error\": \"%s\", \"what\": ", error_kind_name(e->kind));
    put_text(e->what);
    printf(", \"where\": ");
    put_text(e->where);
    printf(", \"hint\": ");
    put_text(e->hint);
    printf("}\n");
    return error_exit_status(e);
}

static void put_value(const struct engine_value *v)
{
    char text[40];
    switch (v->type) {
    case ENGINE_NULL:
        printf("null");
        break;
    case ENGINE_BOOL:
        printf(v->b ? "true" : "false");
        break;
    case ENGINE_I64:
        printf("%lld", (long long)v->i);
        break;
    case ENGINE_F64:
        printf("%.17g", v->f);
        break;
    case ENGINE_TIMESTAMP:
        put_text(time_format_us(v->i, text));
        break;
    case ENGINE_DATE:
        time_format_us(v->i * INT64_C(86400000000), text);
        text[10] = '\0';
        put_text(text);
        break;
    default:
        put_text(v->text);
        break;
    }
}

static int query(struct drive *d, const char *sql, struct error *err)
{
    struct engine_conn *c;
    struct engine_rows rows;
    int rc = engine_connect(d->engine, ENGINE_READ, NULL, &c, err);
    if (rc)
        return rc;
    rc = engine_rows(c, ENGINE_SQL(sql), 10000000, d->arena, &rows, err);
    for (size_t i = 0; !rc && i < rows.row_count; i++) {
        for (size_t j = 0; j < rows.column_count; j++) {
            printf(j ? ", " : "{");
            put_text(rows.columns[j].name);
            printf(": ");
            put_value(&rows.values[i * rows.column_count + j]);
        }
        printf("}\n");
    }
    engine_disconnect(c);
    return rc;
}

/* One line with the hash of each table; the columns are left out of bronze tables. */
static int hash(struct drive *d, char **args, int count, struct error *err)
{
    const char *leave_out[16];
    char *save = NULL;
    size_t left = 0;
    struct engine_conn *c;
    for (char *w = count ? strtok_r(args[0], ",", &save) : NULL; w && left < ARRAY_LEN(leave_out); w = strtok_r(NULL, ",", &save))
        leave_out[left++] = w;
    int rc = engine_connect(d->engine, ENGINE_READ, NULL, &c, err);
    if (rc)
        return rc;
    for (int i = 1; i < count && !rc; i++) {
        uint64_t h = 0;
        char *dot = strchr(args[i], '.');
        if (!dot)
            return error_set(err, ERROR_USAGE, "hash needs schema.table");
        *dot = '\0';
        rc = engine_table_hash(c, args[i], dot + 1, leave_out, str_eq(args[i], "system_bronze") ? left : 0, &h, err);
        if (!rc)
            printf("%s\"%s.%s\": \"%016llx\"", i > 1 ? ", " : "{", args[i], dot + 1, (unsigned long long)h);
    }
    printf("}\n");
    engine_disconnect(c);
    return rc;
}

static void on_event(void *context, const struct build_event *e)
{
    struct drive *d = context;
    if (e->kind == BUILD_STEP_START && str_eq(e->name, d->cancel_at))
        cancel_set(&d->cancel);
    if (e->kind != BUILD_STEP_END)
        return;
    printf("{\"step\": ");
    put_text(e->name);
    printf(", \"state\": \"%s\", \"done\": %zu, \"total\": %zu", run_state_name(e->state), e->done, e->total);
    printf(", \"rows_in\": %lld, \"rows_changed\": %lld", (long long)e->rows_in, (long long)e->rows_changed);
    printf(", \"rows_rejected\": %lld, \"error\": ", (long long)e->rows_rejected);
    if (e->error)
        put_text(e->error);
    else
        printf("null");
    printf("}\n");
}

static int read_options(struct drive *d, char **args, int count, struct build_options *o, struct error *err)
{
    const char **only = arena_alloc(d->arena, ((size_t)count + 1) * sizeof(*only));
    *o = (struct build_options){.only = only, .cancel = &d->cancel, .on_event = on_event, .context = d, .kind = "refresh"};
    for (int i = 0; i < count; i++) {
        const char *value = i + 1 < count ? args[i + 1] : "";
        int64_t at;
        if (str_eq(args[i], "--full")) {
            o->full = true;
            continue;
        }
        if (str_eq(args[i], "--only"))
            only[o->only_count++] = value;
        else if (str_eq(args[i], "--cancel-at"))
            d->cancel_at = value;
        else if (str_eq(args[i], "--as-of") && time_parse_us(value, &at) == 0)
            o->as_of_us = at;
        else
            return error_set(err, ERROR_USAGE, "what is %s?", args[i]);
        i++;
    }
    if (!o->only_count)
        o->only = NULL;
    return 0;
}

static int refresh(struct drive *d, char **args, int count, struct error *err)
{
    struct build_options o;
    struct build_report r = {0};
    int rc = read_options(d, args, count, &o, err);
    if (!rc)
        rc = build_refresh(&d->context, &o, &r, err);
    printf("{\"run\": %lld, \"steps\": %zu, \"failed\": %zu, \"skipped\": %zu, \"loaded\": %lld, \"rejected\": %lld, \"findings\": %zu}\n",
           (long long)r.run_id, r.steps, r.failed, r.skipped, (long long)r.rows_loaded, (long long)r.rows_rejected, r.findings);
    return rc;
}

static int plan(struct drive *d, char **args, int count, struct error *err)
{
    struct build_options o;
    const char **steps;
    size_t n = 0;
    int rc = read_options(d, args, count, &o, err);
    if (!rc)
        rc = build_plan(&d->context, &o, d->arena, &steps, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        put_text(steps[i]);
        putchar('\n');
    }
    return rc;
}

static int open_all(struct drive *d, const char *home, const char *packs, struct error *err)
{
    struct error errs[8];
    size_t err_count = 0;
    int rc = config_load(home, NULL, 0, &d->config, err);
    if (rc)
        return rc;
    if (pack_load(&packs, 1, &d->catalogue, errs, ARRAY_LEN(errs), &err_count)) {
        for (size_t i = 1; i < err_count; i++)
            report(&errs[i]);
        *err = errs[0];
        return (int)err->kind;
    }
    const char **dirs = arena_alloc(d->arena, (d->config->source_count + 1) * sizeof(*dirs));
    for (size_t i = 0; i < d->config->source_count; i++)
        dirs[i] = d->config->sources[i].path;
    struct engine_options options = {
        .kind = "duckdb",
        .path = path_join(d->arena, home, "warehouse.duckdb"),
        .read_dirs = dirs,
        .read_dir_count = d->config->source_count,
        .memory_limit_bytes = config_int(d->config, "engine.memory_limit"),
    };
    rc = engine_open(&options, &d->engine, err);
    if (rc)
        return rc;
    d->names = (struct pack_names){d->catalogue, d->config};
    engine_set_env(d->engine, &(struct sql_env){.context = &d->names,
                                                .name = pack_resolve,
                                                .variable = pack_resolve_variable,
                                                .function = pack_resolve_function,
                                                .metric = pack_resolve_metric});
    rc = state_open(path_join(d->arena, home, "state.db"), &d->state, err);
    d->context = (struct build_context){d->engine, d->catalogue, d->config, d->state};
    if (!rc)
        rc = build_prepare(&d->context, err);
    return rc ? rc : build_recover(&d->context, err);
}

int main(int argc, char **argv)
{
    struct drive d = {.arena = arena_new()};
    struct error err = {0};
    if (argc < 4)
        return 2;
    int rc = open_all(&d, argv[1], argv[2], &err);
    const char *verb = argv[3];
    if (!rc && str_eq(verb, "refresh"))
        rc = refresh(&d, argv + 4, argc - 4, &err);
    else if (!rc && str_eq(verb, "plan"))
        rc = plan(&d, argv + 4, argc - 4, &err);
    else if (!rc && str_eq(verb, "query") && argc == 5)
        rc = query(&d, argv[4], &err);
    else if (!rc && str_eq(verb, "hash"))
        rc = hash(&d, argv + 4, argc - 4, &err);
    else if (!rc)
        rc = error_set(&err, ERROR_USAGE, "what is %s?", verb);
    int status = rc ? report(&err) : 0;
    state_close(d.state);
    engine_close(d.engine);
    pack_free(d.catalogue);
    config_free(d.config);
    arena_free(d.arena);
    return status;
}
