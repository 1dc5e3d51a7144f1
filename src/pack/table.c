#include "pack/load.h"

#include <ctype.h>

/* One file: DDL statements, each followed by the statements that fill its table. */

static void note_in(struct pack_loader *l, const char *path, struct error *err)
{
    error_add_where(err, "%s", path);
    pack_note(l, err);
}

/* Puts the object into the catalogue; a later pack may replace an earlier one's only when it says so. */
static bool enter(struct pack_loader *l, struct pack_object *o)
{
    const char *key = pack_key(l->arena, o->schema, o->name);
    struct pack_object *old = map_get(&l->c->by_name, key);
    if (!old) {
        map_set(&l->c->by_name, key, o);
        *VEC_ADD(&l->objects) = o;
        return true;
    }
    if (l->override && !str_eq(old->pack, o->pack)) {
        *old = *o;
        return true;
    }
    struct error err;
    error_set(&err, ERROR_USAGE, "%s.%s stands in %s as well", o->schema, o->name, old->file);
    error_where(&err, "%s:%u", o->file, o->ddl_line);
    error_hint(&err, "rename it, or say `override: true` in the pack.yaml of the pack that is to win");
    pack_note(l, &err);
    return false;
}

static void set_properties(struct pack_object *o)
{
    o->system_table = sql_table_property(o->table, "secchi.system_table");
    o->domain = sql_table_property(o->table, "secchi.domain");
    o->event_time = sql_table_property(o->table, "secchi.event_time");
    o->describes = str_ieq(sql_table_property(o->table, "secchi.describes"), "true");
    o->row_of = sql_table_property(o->table, "secchi.row_of");
}

static const char *column_called(const struct sql_table *t, const char *name)
{
    const struct sql_column *c = sql_find_column(t, name);
    return c ? c->name : NULL;
}

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

/* 'key, key / start / end' */
static bool read_periods(struct arena *a, const struct sql_table *t, const char *text, struct pack_periods *ret)
{
    char *parts[4], *save = NULL;
    size_t n = 0;
    for (char *p = strtok_r(arena_strdup(a, text), "/", &save); p && n < ARRAY_LEN(parts); p = strtok_r(NULL, "/", &save))
        parts[n++] = p;
    if (n != 3)
        return false;
    struct pack_periods found = {.start = column_called(t, trimmed(parts[1])), .end = column_called(t, trimmed(parts[2]))};
    found.keys = arena_alloc(a, (strlen(parts[0]) + 1) * sizeof(*found.keys));
    for (char *p = strtok_r(parts[0], ",", &save); p; p = strtok_r(NULL, ",", &save))
        if (!(found.keys[found.key_count++] = column_called(t, trimmed(p))))
            return false;
    *ret = found;
    return found.key_count && found.start && found.end;
}

static const char *default_schema(enum pack_layer layer)
{
    return layer == PACK_LANDING ? "secchi_spark" : layer == PACK_BRONZE ? "system_bronze" : "system_gold";
}

static struct pack_object *new_object(struct pack_loader *l, enum pack_layer layer, const char *path, const struct sql_statement *s,
                                      const struct sql_name *name)
{
    struct pack_object *o = arena_alloc(l->arena, sizeof(*o));
    o->pack = l->pack;
    o->file = path;
    o->layer = layer;
    o->schema = name->count > 1 ? name->parts[name->count - 2] : default_schema(layer);
    o->name = name->parts[name->count - 1];
    o->ddl = arena_strndup(l->arena, s->text, s->len);
    o->ddl_line = s->pos.line;
    return o;
}

static struct pack_object *read_table(struct pack_loader *l, enum pack_layer layer, const char *path, const struct sql_statement *s)
{
    struct error err;
    struct sql_table *t;
    if (sql_parse_table(l->arena, s->text, s->len, s->pos.line, &t, &err)) {
        note_in(l, path, &err);
        return NULL;
    }
    struct pack_object *o = new_object(l, layer, path, s, &t->name);
    o->table = t;
    set_properties(o);
    if (layer == PACK_BRONZE && !o->system_table) {
        pack_fault(l, path, s->pos, "a bronze table needs the property 'secchi.system_table', e.g. 'system.billing.usage'", NULL);
        return NULL;
    }
    const char *periods = sql_table_property(t, "secchi.no_overlap");
    if (periods && !read_periods(l->arena, t, periods, &o->periods)) {
        pack_fault(l, path, s->pos,
                   arena_printf(l->arena, "'secchi.no_overlap' must name columns as 'key, .. / start / end', found '%s'", periods), NULL);
        return NULL;
    }
    return enter(l, o) ? o : NULL;
}

static struct pack_object *read_view(struct pack_loader *l, enum pack_layer layer, const char *path, const struct sql_statement *s)
{
    struct error err;
    struct sql_view *v;
    struct sql_references *refs;
    if (sql_parse_view(l->arena, s->text, s->len, s->pos.line, &v, &err) ||
        sql_references(l->arena, s->text, s->len, s->pos.line, &refs, &err)) {
        note_in(l, path, &err);
        return NULL;
    }
    struct pack_object *o = new_object(l, layer, path, s, &v->name);
    o->is_view = true;
    o->table = arena_alloc(l->arena, sizeof(*o->table));
    o->table->name = v->name;
    o->table->comment = v->comment;
    o->table->columns = v->columns;
    o->table->column_count = v->column_count;
    o->table->properties = v->properties;
    o->table->property_count = v->property_count;
    set_properties(o);
    /* A view's query is kept as a fill so that what it reads orders the build. */
    o->fills = arena_alloc(l->arena, sizeof(*o->fills));
    o->fills[0] = (struct pack_statement){.sql = o->ddl, .len = s->len, .line = s->pos.line, .references = refs};
    o->fill_count = 1;
    return enter(l, o) ? o : NULL;
}

static bool writes_object(const struct sql_references *refs, const struct pack_object *o)
{
    size_t n = refs->written.count;
    return refs->writes && n && str_ieq(refs->written.parts[n - 1], o->name) && (n == 1 || str_ieq(refs->written.parts[n - 2], o->schema));
}

static void add_fill(struct pack_loader *l, struct pack_object *o, const char *path, const struct sql_statement *s)
{
    struct error err;
    struct sql_references *refs;
    if (sql_references(l->arena, s->text, s->len, s->pos.line, &refs, &err)) {
        note_in(l, path, &err);
        return;
    }
    if (o->is_view || !writes_object(refs, o)) {
        pack_fault(l, path, s->pos,
                   arena_printf(l->arena, "this statement must fill %s.%s, the table created above it", o->schema, o->name), NULL);
        return;
    }
    struct pack_statement *more = arena_alloc(l->arena, (o->fill_count + 1) * sizeof(*more));
    if (o->fill_count)
        memcpy(more, o->fills, o->fill_count * sizeof(*more));
    more[o->fill_count++] = (struct pack_statement){
        .sql = arena_strndup(l->arena, s->text, s->len), .len = s->len, .line = s->pos.line, .references = refs};
    o->fills = more;
}

void pack_read_table(struct pack_loader *l, enum pack_layer layer, const char *path, const char *text, size_t len)
{
    struct error err;
    struct sql_statement *s;
    size_t count;
    struct pack_object *o = NULL;
    if (sql_split(l->arena, text, len, 1, &s, &count, &err)) {
        note_in(l, path, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool fills = s[i].kind == SQL_MERGE || s[i].kind == SQL_INSERT || s[i].kind == SQL_UPDATE || s[i].kind == SQL_DELETE;
        if (s[i].kind == SQL_CREATE_TABLE)
            o = read_table(l, layer, path, &s[i]);
        else if (s[i].kind == SQL_CREATE_VIEW)
            o = read_view(l, layer, path, &s[i]);
        else if (fills && o)
            add_fill(l, o, path, &s[i]);
        else if (!fills || count == 1)
            pack_fault(
                l, path, s[i].pos,
                arena_printf(l->arena,
                             "%s cannot stand here; a table file holds CREATE TABLE or CREATE VIEW, then MERGE, INSERT, UPDATE or DELETE",
                             sql_kind_name(s[i].kind)),
                NULL);
    }
    if (!count)
        pack_fault(l, path, (struct sql_pos){1, 1}, "the file holds no statement", NULL);
}
