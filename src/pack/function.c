#include "pack/load.h"

/* functions/: each file one CREATE FUNCTION. The name of the folder below functions/ is the domain. */

static void set_signature(struct arena *a, struct pack_function *f)
{
    const struct sql_function *d = f->function;
    struct sql_column_type *columns = arena_alloc(a, (d->column_count + 1) * sizeof(*columns));
    for (size_t i = 0; i < d->column_count; i++)
        columns[i] = (struct sql_column_type){d->columns[i].name, d->columns[i].type};
    f->signature = (struct sql_user_function){
        .engine_sql = arena_printf(a, "%s.%s", sql_quote(a, f->schema), sql_quote(a, f->name)),
        .schema = f->schema,
        .name = f->name,
        .table_valued = d->table_valued,
        .returns = d->returns,
        .columns = columns,
        .column_count = d->column_count,
        .parameters = d->parameters,
        .parameter_count = d->parameter_count,
    };
}

/* Puts the function into the catalogue; a later pack may replace an earlier one's only when it says so. */
static void enter(struct pack_loader *l, struct pack_function *f)
{
    const char *key = pack_key(l->arena, f->schema, f->name);
    struct pack_function *old = map_get(&l->c->function_by_name, key);
    struct sql_pos pos = {f->line, 1};
    if (sql_function_known(f->name)) {
        pack_fault(l, f->file, pos, arena_printf(l->arena, "%s is the name of a built-in function", f->name), "give it another name");
    } else if (!old) {
        map_set(&l->c->function_by_name, key, f);
        *VEC_ADD(&l->functions) = f;
    } else if (l->override && !str_eq(old->pack, f->pack)) {
        *old = *f;
    } else {
        pack_fault(l, f->file, pos, arena_printf(l->arena, "the function %s.%s stands in %s as well", f->schema, f->name, old->file),
                   "rename it, or say `override: true` in the pack.yaml of the pack that is to win");
    }
}

static void read_function(struct pack_loader *l, const char *path, const char *stem, const char *text, size_t len)
{
    (void)stem;
    struct error err;
    struct sql_statement *s;
    size_t count;
    struct pack_function *f = arena_alloc(l->arena, sizeof(*f));
    int rc = sql_split(l->arena, text, len, 1, &s, &count, &err);
    if (!rc && (count != 1 || s->kind != SQL_CREATE_FUNCTION)) {
        pack_fault(l, path, count ? s[count > 1].pos : (struct sql_pos){1, 1}, "a file of functions/ must hold one CREATE FUNCTION", NULL);
        return;
    }
    if (!rc)
        rc = sql_parse_function(l->arena, s->text, s->len, s->pos.line, &f->function, &err);
    if (!rc)
        rc = sql_references(l->arena, s->text, s->len, s->pos.line, &f->references, &err);
    if (rc) {
        error_add_where(&err, "%s", path);
        pack_note(l, &err);
        return;
    }
    const struct sql_name *name = &f->function->name;
    f->pack = l->pack;
    f->file = path;
    f->line = s->pos.line;
    f->domain = l->domain;
    f->schema = name->count > 1 ? name->parts[name->count - 2] : "system_gold";
    f->name = name->parts[name->count - 1];
    f->ddl = arena_printf(l->arena, "CREATE%s%.*s", f->function->or_replace ? "" : " OR REPLACE", (int)(s->len - strlen("CREATE")),
                          s->text + strlen("CREATE"));
    if (f->function->temporary || f->function->if_not_exists) {
        pack_fault(l, path, s->pos, "a function of a pack is neither TEMPORARY nor IF NOT EXISTS", "CREATE OR REPLACE FUNCTION");
        return;
    }
    set_signature(l->arena, f);
    enter(l, f);
}

void pack_read_functions(struct pack_loader *l)
{
    char **names;
    size_t count;
    struct error err;
    const char *folder = path_join(l->arena, l->dir, "functions");
    l->domain = NULL;
    pack_each_file(l, "functions", ".sql", LIMIT_SQL_BYTES, read_function);
    if (!path_exists(folder))
        return;
    if (dir_list(folder, &names, &count, &err)) {
        pack_note(l, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] == '.' || !path_is_dir(path_join(l->arena, folder, names[i])))
            continue;
        l->domain = arena_strdup(l->arena, names[i]);
        pack_each_file(l, path_join(l->arena, "functions", names[i]), ".sql", LIMIT_SQL_BYTES, read_function);
    }
    dir_list_free(names, count);
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

enum mark { UNSEEN, OPEN, DONE };

struct sorter {
    struct pack_loader *l;
    struct pack_names names;
    struct map marks; /* "schema.name" -> (void *) enum mark */
};

static void visit(struct sorter *s, struct pack_function *f)
{
    const char *key = pack_key(s->l->arena, f->schema, f->name);
    enum mark m = (enum mark)(uintptr_t)map_get(&s->marks, key);
    if (m == DONE)
        return;
    if (m == OPEN) {
        pack_fault(s->l, f->file, (struct sql_pos){f->line, 1}, arena_printf(s->l->arena, "the function %s calls itself", f->name), NULL);
        return;
    }
    map_set(&s->marks, key, (void *)(uintptr_t)OPEN);
    for (size_t i = 0; i < f->references->function_count; i++) {
        const struct pack_function *other = pack_find_function(&s->names, &f->references->functions[i].name);
        if (other)
            visit(s, (struct pack_function *)(uintptr_t)other);
    }
    map_set(&s->marks, key, (void *)(uintptr_t)DONE);
    s->l->c->functions[s->l->c->function_count++] = f;
}

void pack_sort_functions(struct pack_loader *l)
{
    struct sorter s = {.l = l, .names = {.catalogue = l->c}};
    l->c->functions = arena_alloc(l->arena, (l->functions.len + 1) * sizeof(*l->c->functions));
    for (size_t i = 0; i < l->functions.len; i++)
        visit(&s, l->functions.items[i]);
    map_free(&s.marks);
}
