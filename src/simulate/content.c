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
    const char *system_table = arena_printf(p->arena, "system.%s", stem);
    const struct pack_object *bronze = bronze_of(p->catalogue, system_table);
    if (!rc && !bronze) {
        error_set(err, ERROR_NOT_FOUND, "no bronze table stands for %s", system_table);
        error_where(err, "%s", text.file);
        error_hint_near(err, pack_nearest(p->catalogue, system_table, p->arena), NULL);
        rc = ERROR_NOT_FOUND;
    }
    if (rc)
        return rc;
    p->tables[p->table_count++] = (struct sim_table){
        .schema = arena_strndup(p->arena, stem, (size_t)(dot - stem)),
        .table = dot + 1,
        .file = text.file,
        .bronze = bronze,
        .rows_sql = text.statements[0].text,
        .line = text.statements[0].pos.line,
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

int sim_content_find(struct sim_plan *p, struct error *err)
{
    int rc = read_packs(p, err);
    return rc ? rc : sim_content_read(p, err);
}

int sim_content_read(struct sim_plan *p, struct error *err)
{
    int rc = read_text(p, "world.sql", &p->world, err);
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

/* The line on which a column of the SELECT gets its name. */
static uint32_t line_of(const struct sim_plan *p, const struct sim_table *t, const char *column)
{
    struct sql_token *tokens;
    size_t count, len = strlen(column);
    uint32_t line = 1;
    if (sql_lex(p->arena, t->rows_sql, strlen(t->rows_sql), t->line, &tokens, &count, NULL))
        return t->line;
    for (size_t i = 0; i < count; i++)
        if (tokens[i].len == len && strncasecmp(t->rows_sql + tokens[i].offset, column, len) == 0)
            line = tokens[i].pos.line;
    return line;
}

static int column_fault(const struct sim_plan *p, const struct sim_table *t, const char *column, struct error *err)
{
    error_where(err, "%s:%u", t->file, line_of(p, t, column));
    return (int)err->kind;
}

static int unknown_column(const struct sim_plan *p, const struct sim_table *t, const char *column, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "%s has no column '%s'", t->bronze->system_table, column);
    error_hint_near(err, sql_nearest_column(p->arena, t->bronze->table, column), NULL);
    return column_fault(p, t, column, err);
}

/* Within a kind values are converted; between kinds a conversion is most likely a mistake. */
static int kind_of(const struct sql_type *t)
{
    switch (t->kind) {
    case SQL_T_TINYINT:
    case SQL_T_SMALLINT:
    case SQL_T_INT:
    case SQL_T_BIGINT:
    case SQL_T_FLOAT:
    case SQL_T_DOUBLE:
    case SQL_T_DECIMAL:
        return SQL_T_DOUBLE;
    default:
        return (int)t->kind;
    }
}

static bool convertible(const struct sql_type *have, const struct sql_type *want)
{
    if (have->kind == SQL_T_VOID)
        return true;
    if (kind_of(have) != kind_of(want))
        return false;
    for (size_t i = 0; want->kind == SQL_T_STRUCT && i < have->field_count; i++) {
        const struct sql_field *f = sql_find_field(want, have->fields[i].name);
        if (!f || !convertible(have->fields[i].type, f->type))
            return false;
    }
    return true;
}

static int check_column(const struct sim_plan *p, const struct sim_table *t, const struct engine_column *c, struct error *err)
{
    const struct sql_type *have;
    const struct sql_column *wanted = sql_find_column(t->bronze->table, c->name);
    if (str_ieq(c->name, "arrival") && str_ieq(c->type, "DATE"))
        return 0;
    if (str_ieq(c->name, "arrival")) {
        error_set(err, ERROR_USAGE, "column 'arrival' is %s, it must be DATE", c->type);
        return column_fault(p, t, c->name, err);
    }
    if (!wanted || sim_is_bookkeeping(c->name))
        return unknown_column(p, t, c->name, err);
    int rc = sql_type_parse(p->arena, c->type, &have, err);
    if (rc || convertible(have, wanted->type))
        return rc;
    error_set(err, ERROR_USAGE, "column '%s' is %s here and %s in %s", c->name, c->type, wanted->type_text, t->bronze->system_table);
    error_hint(err, "CAST(.. AS %s)", wanted->type_text);
    return column_fault(p, t, c->name, err);
}

static int missing_column(const struct sim_table *t, const char *column, struct error *err)
{
    error_set(err, ERROR_USAGE, "a table of the simulator needs the column '%s'", column);
    error_where(err, "%s:%u", t->file, t->line);
    return ERROR_USAGE;
}

static int check_columns(const struct sim_plan *p, const struct sim_table *t, const struct engine_column *columns, size_t count,
                         struct error *err)
{
    const struct sql_key *key = sql_primary_key(t->bronze->table);
    int rc = engine_find_column(columns, count, "arrival") ? 0 : missing_column(t, "arrival", err);
    for (size_t i = 0; !rc && key && i < key->column_count; i++)
        if (!sim_is_bookkeeping(key->columns[i]) && !engine_find_column(columns, count, key->columns[i]))
            rc = missing_column(t, key->columns[i], err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = check_column(p, t, &columns[i], err);
    return rc;
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
    t->drift_file = text.file;
    if (!rc)
        t->drift_sql = arena_printf(p->arena, "WITH delivered AS (%s) %s", t->typed_sql, text.statements[0].text);
    return rc;
}

int sim_content_type_table(struct sim_plan *p, struct sim_table *t, struct engine_conn *c, struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    struct engine_column *columns;
    size_t count;
    struct buf b CLEANUP(buf_free);
    sim_params(p, p->from_day, p->from_day + 1, params);
    const struct engine_stmt s = {.sql = t->rows_sql, .file = t->file, .line = t->line, .params = params, .param_count = SIM_PARAMS};
    buf_init(&b, LIMIT_SQL_BYTES);
    int rc = engine_describe(c, &s, p->arena, &columns, &count, err);
    if (!rc)
        rc = check_columns(p, t, columns, count, err);
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
        rc = sim_content_type_table(p, &p->tables[i], c, err);
        if (rc)
            error_add_where(err, "%s", p->tables[i].table);
    }
    return rc;
}
