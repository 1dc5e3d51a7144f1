#include <sys/stat.h>
#include <unistd.h>

#include "export/private.h"

/* The files of the bundle, first all in memory, then on disk. */

void export_leave(struct bundle *b, const char *name, const char *why) { *VEC_ADD(&b->left) = (struct export_left){name, why}; }

void export_add_file(struct bundle *b, const char *path, const char *text)
{
    *VEC_ADD(&b->files) = (struct export_file){path, arena_strdup(b->arena, text)};
}

int export_frame(struct bundle *b, const char *name, const char **ret, struct error *err)
{
    char *text;
    int rc = file_read(path_join(b->arena, b->o->frames, name), LIMIT_SQL_BYTES, &text, NULL, err);
    if (rc)
        return rc;
    *ret = arena_strdup(b->arena, text);
    free(text);
    return 0;
}

/* <pack>/gold/x.sql: where a pack lies is no business of the bundle. */
static const char *short_path(const char *path)
{
    size_t slashes = 0;
    for (const char *p = path + strlen(path); p > path; p--)
        if (p[-1] == '/' && ++slashes == 3)
            return p;
    return path;
}

void export_add_sql(struct bundle *b, const char *job, const char *key, const char *path, enum schema schema, const char *from,
                    const char *text, const char **after, size_t after_count)
{
    static const char *const parameters[] = {"bronze_schema", "gold_schema", "ops_schema"};
    size_t len = strlen(text);
    while (len && strchr("; \n", text[len - 1]))
        len--;
    export_add_file(
        b, path,
        arena_printf(
            b->arena,
            "-- Made by `secchi export databricks` from %s.\nUSE CATALOG IDENTIFIER(:catalog);\nUSE SCHEMA IDENTIFIER(:%s);\n\n%.*s;\n",
            short_path(from), parameters[schema], (int)len, text));
    *VEC_ADD(&b->tasks) = (struct export_task){job, key, path, vec_copy(b->arena, after, after_count, sizeof(*after)), after_count};
}

/* ---- functions and metric views ------------------------------------------------------------------------------------------------ */

static int add_function(struct bundle *b, const struct pack_function *f, struct error *err)
{
    const char *text;
    const struct export_text t = {.current = SCHEMA_GOLD, .no_parameters = true};
    VEC(const char *) after = {0};
    int rc = export_rewrite(b, &t, f->ddl, strlen(f->ddl), &text, err);
    if (rc) {
        error_add_where(err, "%s", f->file);
        return rc;
    }
    for (size_t i = 0; i < f->references->function_count; i++) {
        const struct pack_function *other = pack_find_function(&b->names, &f->references->functions[i].name);
        if (other && other != f)
            *VEC_ADD(&after) = other->name;
    }
    export_add_sql(b, "tvf_deployment_job", f->name, arena_printf(b->arena, "src/functions/%s.sql", f->name), SCHEMA_GOLD, f->file, text,
                   after.items, after.len);
    VEC_FREE(&after);
    b->report->functions++;
    return 0;
}

/* system_gold.x is x: the schema that the file uses is a parameter. */
static const char *without_schema(struct arena *a, const char *text)
{
    static const char schema[] = "system_gold.";
    const char *at;
    while ((at = strstr(text, schema)) != NULL)
        text = arena_printf(a, "%.*s%s", (int)(at - text), text, at + strlen(schema));
    return text;
}

/* Why the source is not there yet; NULL when it is. */
static const char *later_of(const struct bundle *b, const struct pack_metric_view *m)
{
    const char *dot = strchr(m->view->source, '.');
    if (strpbrk(m->view->source, " \n\t"))
        return NULL;
    return dot ? pack_lookup(&b->o->catalogue->later, arena_strndup(b->arena, m->view->source, (size_t)(dot - m->view->source)), dot + 1)
               : pack_lookup(&b->o->catalogue->later, "system_gold", m->view->source);
}

static int add_metric_view(struct bundle *b, const struct pack_metric_view *m, struct error *err)
{
    const char *yaml, *frame, *name = arena_printf(b->arena, "mv_%s", m->name);
    if (later_of(b, m)) {
        export_leave(b, arena_printf(b->arena, "the metric view %s", m->name), later_of(b, m));
        return 0;
    }
    int rc = export_frame(b, "metric_view.sql", &frame, err);
    if (!rc)
        rc = export_variables(b, m->yaml, m->yaml_len, &yaml, err);
    if (!rc && strstr(yaml, "$$"))
        rc = error_set(err, ERROR_USAGE, "the text holds $$, which ends it on Databricks");
    if (rc) {
        error_add_where(err, "%s", m->file);
        return rc;
    }
    const char *text = EXPORT_FILL(b->arena, frame, {"name", name}, {"yaml", without_schema(b->arena, yaml)});
    export_add_sql(b, "metric_view_deployment_job", name, arena_printf(b->arena, "src/metric_views/%s.sql", name), SCHEMA_GOLD, m->file,
                   text, NULL, 0);
    b->report->metric_views++;
    return 0;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */

static int add_bookkeeping(struct bundle *b, struct error *err)
{
    const char *text;
    int rc = export_frame(b, "bookkeeping.sql", &text, err);
    if (rc)
        return rc;
    export_add_sql(b, "bronze_setup_job", "bookkeeping", "src/tables/bookkeeping.sql", SCHEMA_OPS, "health/databricks/bookkeeping.sql",
                   text, NULL, 0);
    return 0;
}

/* Keys that could not be constraints, in one line. */
static void leave_keys(struct bundle *b)
{
    const struct pack_catalogue *c = b->o->catalogue;
    const char *names = "";
    for (size_t i = 0; i < c->object_count; i++) {
        const struct pack_object *o = c->objects[i];
        if (o->layer != PACK_LANDING && !o->is_view && sql_primary_key(o->table) && !export_has_key(b, o))
            names = arena_printf(b->arena, "%s%s%s", names, *names ? ", " : "", o->name);
    }
    if (*names)
        export_leave(
            b, arena_printf(b->arena, "the primary keys of %s", names),
            "a key of Databricks takes no null, and no check refuses one there: they are the property secchi.primary_key, and no foreign key refers to them");
}

static const char *left_text(struct bundle *b)
{
    const char *text = "";
    for (size_t i = 0; i < b->left.len; i++)
        text = arena_printf(b->arena, "%s- %s: %s.\n", text, b->left.items[i].name, b->left.items[i].why);
    return *text ? text : "Nothing.\n";
}

static int add_heads(struct bundle *b, struct error *err)
{
    const char *bundle, *schemas, *readme;
    struct arena *a = b->arena;
    int rc = export_frame(b, "bundle.yml", &bundle, err);
    if (!rc)
        rc = export_frame(b, "schemas.yml", &schemas, err);
    if (!rc)
        rc = export_frame(b, "README.md", &readme, err);
    if (rc)
        return rc;
    const struct export_report *r = b->report;
    struct buf catalog CLEANUP(buf_free);
    buf_init(&catalog, LIMIT_YAML_BYTES);
    buf_put_json(&catalog, config_text(b->o->config, "catalog")); /* which is YAML too */
    export_add_file(b, "databricks.yml", EXPORT_FILL(a, bundle, {"catalog", catalog.data}));
    export_add_file(b, "resources/schemas.yml", schemas);
    export_add_file(b, "README.md",
                    EXPORT_FILL(a, readme, {"tables", arena_printf(a, "%zu", r->tables)}, {"fills", arena_printf(a, "%zu", r->fills)},
                                {"functions", arena_printf(a, "%zu", r->functions)},
                                {"metric_views", arena_printf(a, "%zu", r->metric_views)}, {"left_out", left_text(b)}));
    return 0;
}

static int collect(struct bundle *b, struct error *err)
{
    const struct pack_catalogue *c = b->o->catalogue;
    struct yaml *facts;
    int rc = yaml_read(path_join(b->arena, b->o->frames, "export.yaml"), b->arena, &facts, err);
    if (rc)
        return rc;
    b->facts = facts;
    rc = add_bookkeeping(b, err);
    for (size_t i = 0; i < c->object_count && !rc; i++)
        if (c->objects[i]->layer != PACK_LANDING)
            rc = export_table(b, c->objects[i], err);
    for (size_t i = 0; i < c->function_count && !rc; i++)
        rc = add_function(b, c->functions[i], err);
    for (size_t i = 0; i < c->metric_view_count && !rc; i++)
        rc = add_metric_view(b, c->metric_views[i], err);
    leave_keys(b);
    export_leave(b, "landing tables and event logs of Spark", "the platform has its own system tables for them");
    export_leave(b, "information_schema in functions and metric views of quality",
                 "it names the gold schema as system_gold; under another name of the schema these find no table");
    if (!rc)
        rc = export_jobs(b, err);
    return rc ? rc : add_heads(b, err);
}

int export_databricks(const struct export_options *o, struct arena *a, struct export_report *ret, struct error *err)
{
    struct export_report report = {0};
    struct bundle b = {.o = o, .arena = a, .report = &report, .names = {o->catalogue, o->config}};
    int rc = collect(&b, err);
    if (!rc)
        rc = export_write(&b, err);
    report.files = b.files.len;
    report.left_count = b.left.len;
    report.left = VEC_COPY(a, &b.left);
    VEC_FREE(&b.files);
    VEC_FREE(&b.tasks);
    VEC_FREE(&b.left);
    if (!rc)
        *ret = report;
    return rc;
}
