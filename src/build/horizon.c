#include "build/room.h"

#include <strings.h>

/* Look-back and retention: from which time on rows of a bronze table are taken and kept. */

#define DAY_US INT64_C(86400000000)

/* ---- `tables:` of secchi.yaml ----------------------------------------------------------------------------------- */

/* "usage", "billing.usage", "system.billing.usage", "system_bronze.usage" */
static bool names_table(const char *name, const struct pack_object *o)
{
    size_t schema = strlen(o->schema);
    if (str_ieq(name, o->name) || str_ieq(name, o->system_table))
        return true;
    if (strncasecmp(name, o->schema, schema) == 0 && name[schema] == '.' && str_ieq(name + schema + 1, o->name))
        return true;
    return o->system_table && str_starts(o->system_table, "system.") && str_ieq(name, o->system_table + strlen("system."));
}

static const struct config_table *entry_of(const struct config *c, const struct pack_object *o)
{
    for (size_t i = 0; i < c->table_count; i++)
        if (names_table(c->tables[i].name, o))
            return &c->tables[i];
    return NULL;
}

static int wrong(const struct config *c, const struct config_table *t, const char *what, const char *hint, struct error *err)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%s:%u", c->file, t->line);
    error_hint(err, "%s", hint);
    return ERROR_USAGE;
}

static int unknown_table(const struct build_context *b, const struct config_table *t, struct arena *a, struct error *err)
{
    const char *names[2 * 256], *hint = "name a table as billing.usage or by its bronze name";
    size_t n = 0;
    for (size_t i = 0; i < b->catalogue->object_count && n + 2 <= ARRAY_LEN(names); i++) {
        const struct pack_object *o = b->catalogue->objects[i];
        if (o->layer != PACK_BRONZE || !o->system_table)
            continue;
        names[n++] = o->name;
        names[n++] = str_starts(o->system_table, "system.") ? o->system_table + strlen("system.") : o->system_table;
    }
    const char *near = nearest_name(t->name, names, n);
    if (near)
        hint = arena_printf(a, "did you mean '%s'?", near);
    return wrong(b->config, t, arena_printf(a, "tables: there is no bronze table '%s'", t->name), hint, err);
}

int build_check_tables(const struct build_context *b, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct config *c = b->config;
    for (size_t i = 0; c && i < c->table_count; i++) {
        const struct config_table *t = &c->tables[i];
        const struct pack_object *found = NULL;
        for (size_t j = 0; j < b->catalogue->object_count && !found; j++) {
            const struct pack_object *o = b->catalogue->objects[j];
            found = o->layer == PACK_BRONZE && !o->is_view && names_table(t->name, o) ? o : NULL;
        }
        if (!found)
            return unknown_table(b, t, a, err);
        if (!found->event_time)
            return wrong(c, t, arena_printf(a, "tables: %s has no event time, so its rows have no age", t->name),
                         "take it out: the table holds what is so now", err);
        const struct config_table *other = entry_of(c, found);
        if (other != t)
            return wrong(c, t, arena_printf(a, "tables: '%s' is the table that line %u names as '%s'", t->name, other->line, other->name),
                         "remove one of the two", err);
    }
    return 0;
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

/* What the settings say for all tables holds for events. Tables that describe things (jobs, prices) are asked what was so at
 * the time of an event, however long it had been so: they keep everything unless they are named. */
static int64_t seconds_of(const struct build *b, const struct pack_object *o, const char *setting, bool retention)
{
    const struct config_table *t = entry_of(b->ctx->config, o);
    int64_t own = !t ? -1 : retention ? t->retention_s : t->lookback_s;
    if (!o->event_time)
        return 0;
    return own >= 0 ? own : o->describes ? 0 : config_int(b->ctx->config, setting);
}

static int64_t day_before(const struct build *b, int64_t seconds) { return (b->as_of_us - seconds * 1000000) / DAY_US * DAY_US; }

int64_t build_lookback_us(const struct build *b, const struct pack_object *o)
{
    int64_t s = seconds_of(b, o, "ingest.lookback", false);
    return s > 0 ? day_before(b, s) : INT64_MIN;
}

int64_t build_retention_us(const struct build *b, const struct pack_object *o)
{
    int64_t s = seconds_of(b, o, "ingest.retention", true);
    return s > 0 ? day_before(b, s) : INT64_MIN;
}
