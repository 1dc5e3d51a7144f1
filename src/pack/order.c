#include "pack/load.h"

/* Build order: depth first over what each object reads, in the order of loading, layer by layer. */

static struct pack_object *find_any(const struct pack_catalogue *c, const char *name)
{
    static const char *const search[] = {"system_gold", "system_bronze"};
    for (size_t i = 0; i < ARRAY_LEN(search); i++) {
        struct pack_object *o = pack_find(c, search[i], name);
        if (o)
            return o;
    }
    return NULL;
}

/* The catalogue's object that a name means, NULL for others (incoming.*, secchi_ops.*, unknown ones: check names those). */
static struct pack_object *object_of(const struct pack_catalogue *c, struct arena *a, const struct sql_name *name)
{
    if (name->count == 1)
        return find_any(c, name->parts[0]);
    if (name->count == 3 && str_ieq(name->parts[0], "system")) {
        const char *full = arena_printf(a, "system.%s.%s", name->parts[1], name->parts[2]);
        for (size_t i = 0; i < c->by_name.len; i++) {
            struct pack_object *o = c->by_name.entries[i].value;
            if (o && str_ieq(o->system_table, full))
                return o;
        }
        return NULL;
    }
    return pack_find(c, name->parts[name->count - 2], name->parts[name->count - 1]);
}

static void link_reads(struct pack_loader *l, struct pack_object *o)
{
    VEC(struct pack_object *) reads = {0};
    for (size_t i = 0; i < o->fill_count; i++) {
        const struct sql_references *r = o->fills[i].references;
        for (size_t j = 0; j < r->read_count; j++) {
            struct pack_object *other = object_of(l->c, l->arena, &r->reads[j].name);
            bool known = !other || other == o;
            for (size_t k = 0; k < reads.len && !known; k++)
                known = reads.items[k] == other;
            if (!known)
                *VEC_ADD(&reads) = other;
        }
    }
    o->reads = VEC_COPY(l->arena, &reads);
    o->read_count = reads.len;
    VEC_FREE(&reads);
}

enum mark { UNSEEN, OPEN, DONE };

struct sorter {
    struct pack_loader *l;
    struct map marks; /* "schema.name" -> (void *) enum mark */
    struct buf path;  /* the chain that is open, for the error of a cycle */
};

static void visit(struct sorter *s, struct pack_object *o, size_t depth)
{
    const char *key = pack_key(s->l->arena, o->schema, o->name);
    enum mark m = (enum mark)(uintptr_t)map_get(&s->marks, key);
    if (m == DONE)
        return;
    size_t before = s->path.len;
    buf_printf(&s->path, "%s%s.%s", before ? " reads " : "", o->schema, o->name);
    if (m == OPEN || depth > LIMIT_SQL_DEPTH) {
        struct error err;
        error_set(&err, ERROR_USAGE, "tables read each other in a circle: %s", s->path.data);
        error_where(&err, "%s:%u", o->file, o->ddl_line);
        pack_note(s->l, &err);
    } else {
        map_set(&s->marks, key, (void *)(uintptr_t)OPEN);
        for (size_t i = 0; i < o->read_count; i++)
            visit(s, o->reads[i], depth + 1);
        map_set(&s->marks, key, (void *)(uintptr_t)DONE);
        s->l->c->objects[s->l->c->object_count++] = o;
    }
    s->path.len = before;
    if (s->path.data)
        s->path.data[before] = '\0';
}

void pack_sort(struct pack_loader *l)
{
    struct sorter s = {.l = l};
    buf_init(&s.path, 4096);
    l->c->objects = arena_alloc(l->arena, (l->objects.len + 1) * sizeof(*l->c->objects));
    for (size_t i = 0; i < l->objects.len; i++)
        link_reads(l, l->objects.items[i]);
    for (int layer = PACK_LANDING; layer <= PACK_GOLD; layer++)
        for (size_t i = 0; i < l->objects.len; i++)
            if ((int)l->objects.items[i]->layer == layer)
                visit(&s, l->objects.items[i], 0);
    map_free(&s.marks);
    buf_free(&s.path);
}
