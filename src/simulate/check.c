/* The simulator's content on an empty engine: a small world, no events, and the columns of every table. */
#include "simulate/room.h"

/* The drift of a table is described as well: its statement is never run here. */
static int check_table(struct sim_plan *p, struct sim_table *t, struct engine_conn *c, struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    struct engine_column *columns;
    size_t count;
    int rc = sim_content_type_table(p, t, c, err);
    if (rc)
        return rc;
    sim_params(p, p->from_day, p->from_day, params);
    struct engine_stmt s = {.sql = t->typed_sql, .file = t->file, .line = t->line, .params = params, .param_count = SIM_PARAMS};
    rc = engine_describe(c, &s, p->arena, &columns, &count, err);
    if (rc || !t->drift_sql)
        return rc;
    s.sql = t->drift_sql;
    rc = engine_describe(c, &s, p->arena, &columns, &count, err);
    if (rc)
        error_where(err, "%s", t->drift_file); /* its place in the text is one within the whole */
    return rc;
}

void simulate_check(const char *folder, struct pack_catalogue *catalogue, simulate_note_fn *note, void *context, size_t *ret_statements)
{
    const struct simulate_options o = {.days = 1, .until_day = 20000, .scale = 0.01, .seed = 1, .drift = true};
    const struct engine_options options = {.kind = "duckdb", .memory_limit_bytes = MEMORY_BYTES, .threads = 1};
    struct sim_plan p = {.arena = arena_new(), .options = &o, .catalogue = catalogue, .folder = folder};
    struct engine *engine = NULL;
    struct engine_conn *c = NULL;
    struct error err;
    p.from_day = o.until_day - (int32_t)o.days;
    int rc = sim_content_read(&p, &err);
    if (!rc)
        rc = engine_open(&options, &engine, &err);
    if (!rc)
        rc = engine_connect(engine, ENGINE_WRITE, NULL, &c, &err);
    if (!rc)
        rc = sim_begin(&p, c, &err);
    if (rc)
        note(context, &err);
    *ret_statements = p.world.count + p.plant.count + p.events.count + p.table_count;
    for (size_t i = 0; !rc && i < p.table_count; i++)
        if (check_table(&p, &p.tables[i], c, &err))
            note(context, &err);
    engine_disconnect(c);
    engine_close(engine);
    arena_free(p.arena);
}
