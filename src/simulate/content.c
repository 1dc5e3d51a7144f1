/* Reads the simulator's content, and gives its projections the types of the bronze tables. */
#include "simulate/room.h"

#include <stdlib.h>

static int read_text(struct sim_plan *p, const char *name, struct sim_text *ret, struct error *err)
{
    size_t len;
    char *text;
    ret->file = path_join(p->arena, p->folder, name);
    int rc = file_read(ret->file, LIMIT_SQL_BYTES, &text, &len, err);
    if (rc)
        return rc;
    ret->text = arena_strdup(p->arena, text);
    free(text);
    rc = sql_split(p->arena, ret->text, len, 1, &ret->statements, &ret->count, err);
    if (rc)
        error_add_where(err, "%s", ret->file);
    for (size_t i = 0; !rc && i < ret->count; i++)
        ret->statements[i].text = arena_strndup(p->arena, ret->statements[i].text, ret->statements[i].len);
    return rc;
}

static const struct pack_object *bronze_of(const struct pack_catalogue *c, const char *system_table)
{
    for (size_t i = 0; i < c->object_count; i++)
        if (str_eq(c->objects[i]->system_table, system_table))
            return c->objects[i];
    return NULL;
}

static int add_table(struct sim_plan *p, const char *name, struct error *err)
{
    struct sim_text text;
    const char *stem = arena_strndup(p->arena, name, strlen(name) - 4), *dot = strchr(stem, '.');
    if (!dot)
        return 0;
    int rc = read_text(p, arena_printf(p->arena, "tables/%s", name), &text, err);
    if (!rc && text.count != 1) {
        error_set(err, ERROR_USAGE, "a table of the simulator is one SELECT");
        error_where(err, "%s", text.file);
        rc = ERROR_USAGE;
    }
    const struct pack_object *bronze = bronze_of(p->catalogue, arena_printf(p->arena, "system.%s", stem));
    if (rc || !bronze)
        return rc;
    p->tables[p->table_count++] = (struct sim_table){
        .schema = arena_strndup(p->arena, stem, (size_t)(dot - stem)),
        .table = dot + 1,
        .file = text.file,
        .bronze = bronze,
        .rows_sql = text.statements[0].text,
    };
    return 0;
}

static int read_tables(struct sim_plan *p, struct error *err)
{
    char **names;
    size_t count;
    int rc = dir_list(path_join(p->arena, p->folder, "tables"), &names, &count, err);
    if (rc)
        return rc;
    p->tables = arena_alloc(p->arena, sizeof(*p->tables) * (count + 1));
    for (size_t i = 0; !rc && i < count; i++)
        if (str_ends(names[i], ".sql"))
            rc = add_table(p, names[i], err);
    dir_list_free(names, count);
    return rc;
}

/* All packs are read, so that the types are those that a load will find; the simulator's own content lies in one of them. */
static int read_packs(struct sim_plan *p, struct error *err)
{
    char **names;
    const char *dirs[64];
    size_t count, n = 0, faults;
    int rc = dir_list(p->options->packs, &names, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count && n < ARRAY_LEN(dirs); i++) {
        const char *dir = path_join(p->arena, p->options->packs, names[i]);
        if (!path_exists(path_join(p->arena, dir, "pack.yaml")))
            continue;
        dirs[n++] = dir;
        const char *folder = path_join(p->arena, dir, "simulate");
        if (path_is_dir(folder))
            p->folder = folder;
    }
    dir_list_free(names, count);
    if (!p->folder) {
        error_set(err, ERROR_NOT_FOUND, "no pack has content for the simulator");
        error_where(err, "%s", p->options->packs);
        error_hint(err, "name the folder of the packs that come with the program with --packs");
        return ERROR_NOT_FOUND;
    }
    return pack_load(dirs, n, &p->catalogue, err, 1, &faults);
}

int sim_content_read(struct sim_plan *p, struct error *err)
{
    int rc = read_packs(p, err);
    if (!rc)
        rc = read_text(p, "world.sql", &p->world, err);
    if (!rc)
        rc = read_text(p, "events.sql", &p->events, err);
    if (!rc)
        rc = read_text(p, "incident.sql", &p->plant, err);
    if (!rc && p->plant.count != 1) {
        error_set(err, ERROR_USAGE, "planting an incident is one statement");
        error_where(err, "%s", p->plant.file);
        rc = ERROR_USAGE;
    }
    return rc ? rc : read_tables(p, err);
}

void sim_params(const struct sim_plan *p, int32_t from_day, int32_t to_day, struct engine_param ret[SIM_PARAMS])
{
    const struct simulate_options *o = p->options;
    ret[0] = (struct engine_param){"seed", {.type = ENGINE_I64, .i = o->seed}};
    ret[1] = (struct engine_param){"scale", {.type = ENGINE_F64, .f = o->scale}};
    ret[2] = (struct engine_param){"first_day", {.type = ENGINE_DATE, .i = p->from_day}};
    ret[3] = (struct engine_param){"until_day", {.type = ENGINE_DATE, .i = o->until_day}};
    ret[4] = (struct engine_param){"from_day", {.type = ENGINE_DATE, .i = from_day}};
    ret[5] = (struct engine_param){"to_day", {.type = ENGINE_DATE, .i = to_day}};
}

int sim_content_run(const struct sim_plan *p, struct engine_conn *c, const struct sim_text *t, int32_t from_day, int32_t to_day,
                    struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    sim_params(p, from_day, to_day, params);
    int rc = 0;
    for (size_t i = 0; !rc && i < t->count; i++) {
        if (cancelled(p->options->cancel) || cancelled(&p->stop))
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        const struct engine_stmt s = {
            .sql = t->statements[i].text, .file = t->file, .line = t->statements[i].pos.line, .params = params, .param_count = SIM_PARAMS};
        rc = engine_exec(c, &s, NULL, err);
    }
    return rc;
}

/* ---- types */

/* Appends `from`, of type `have` (NULL: there is none), as a value of type `want`. */
static void put_value(struct arena *a, struct buf *b, const char *from, const struct sql_type *have, const struct sql_type *want)
{
    if (have && sql_type_equal(have, want)) {
        buf_puts(b, from);
    } else if (have && have->kind == SQL_T_STRUCT && want->kind == SQL_T_STRUCT) {
        buf_puts(b, "named_struct(");
        for (size_t i = 0; i < want->field_count; i++) {
            const struct sql_field *f = sql_find_field(have, want->fields[i].name);
            buf_printf(b, "%s'%s', ", i ? ", " : "", want->fields[i].name);
            put_value(a, b, f ? arena_printf(a, "%s.`%s`", from, f->name) : NULL, f ? f->type : NULL, want->fields[i].type);
        }
        buf_putc(b, ')');
    } else {
        buf_printf(b, "CAST(%s AS %s)", have ? from : "NULL", sql_type_text(a, want));
    }
}

bool sim_is_bookkeeping(const char *column) { return str_starts(column, "bronze_"); }

static int unknown_column(const struct sim_table *t, const struct engine_column *c, struct error *err)
{
    error_set(err, ERROR_USAGE, "%s.%s has no column %s", t->bronze->schema, t->bronze->name, c->name);
    error_where(err, "%s", t->file);
    return ERROR_USAGE;
}

static int check_columns(const struct sim_table *t, const struct engine_column *columns, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_ieq(columns[i].name, "arrival") && !sql_find_column(t->bronze->table, columns[i].name))
            return unknown_column(t, &columns[i], err);
    }
    return 0;
}

/* drift/<schema>.<table>.sql is a SELECT of the table's rows, called `delivered`, in the shape that they have from the middle on. */
static int read_drift(struct sim_plan *p, struct sim_table *t, struct error *err)
{
    struct sim_text text;
    const char *name = arena_printf(p->arena, "drift/%s.%s.sql", t->schema, t->table);
    if (!p->options->drift || !path_exists(path_join(p->arena, p->folder, name)))
        return 0;
    int rc = read_text(p, name, &text, err);
    if (!rc && text.count != 1) {
        error_set(err, ERROR_USAGE, "the drift of a table is one SELECT");
        error_where(err, "%s", text.file);
        rc = ERROR_USAGE;
    }
    if (!rc)
        t->drift_sql = arena_printf(p->arena, "WITH delivered AS (%s) %s", t->typed_sql, text.statements[0].text);
    return rc;
}

static int type_table(struct sim_plan *p, struct sim_table *t, struct engine_conn *c, struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    struct engine_column *columns;
    size_t count;
    struct buf b CLEANUP(buf_free);
    sim_params(p, p->from_day, p->from_day + 1, params);
    const struct engine_stmt s = {.sql = t->rows_sql, .file = t->file, .line = 1, .params = params, .param_count = SIM_PARAMS};
    buf_init(&b, LIMIT_SQL_BYTES);
    int rc = engine_describe(c, &s, p->arena, &columns, &count, err);
    if (!rc)
        rc = check_columns(t, columns, count, err);
    buf_puts(&b, "SELECT ");
    const struct sql_table *table = t->bronze->table;
    for (size_t i = 0; !rc && i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        const struct engine_column *from = engine_find_column(columns, count, name);
        const struct sql_type *have = NULL;
        if (sim_is_bookkeeping(name))
            continue;
        if (from)
            rc = sql_type_parse(p->arena, from->type, &have, err);
        put_value(p->arena, &b, arena_printf(p->arena, "s.`%s`", name), have, table->columns[i].type);
        buf_printf(&b, " AS `%s`,\n", name);
    }
    buf_printf(&b, "s.arrival\nFROM (%s) AS s WHERE s.arrival >= :from_day AND s.arrival < :to_day", t->rows_sql);
    if (!rc)
        t->typed_sql = arena_strdup(p->arena, b.data);
    return rc ? rc : read_drift(p, t, err);
}

int sim_content_type(struct sim_plan *p, struct engine_conn *c, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < p->table_count; i++) {
        rc = type_table(p, &p->tables[i], c, err);
        if (rc)
            error_add_where(err, "%s", p->tables[i].table);
    }
    return rc;
}
