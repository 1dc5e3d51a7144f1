#include <stdlib.h>

#include "semantic/private.h"

/* The scope of a tenant is a schema of views for each schema of the catalogue, one view a table, filtered by the tenant's workspaces
 * or accounts. The resolver of names answers with these views while a statement of the tenant is parsed, so that whatever form the
 * statement has, it can only name rows of the tenant. Tables without a column to filter by have no view. */

static __thread const struct scope *current; /* of the statement that this thread is about to start */
static __thread bool making;                 /* this thread makes the views: their names pass as they are */

void scope_use(const struct scope *scope) { current = scope; }

int scope_resolve(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                  struct error *err)
{
    struct semantic *s = context;
    if (making && name->count == 2 && str_starts(name->parts[0], "secchi_scope_")) {
        *ret_schema = name->parts[0];
        *ret_table = name->parts[1];
        return 0;
    }
    const char *schema, *table;
    int rc = pack_resolve(&s->names, name, a, &schema, &table, err);
    if (rc)
        return rc;
    if (current) {
        if (!pack_lookup(&current->tables, schema, table)) {
            error_set(err, ERROR_FORBIDDEN, "%s is not open to the tenant %s", sql_name_text(a, name), current->tenant);
            return ERROR_FORBIDDEN;
        }
        schema = arena_printf(a, "%s%s", current->prefix, schema);
    }
    *ret_schema = schema;
    *ret_table = table;
    return 0;
}

int scope_resolve_variable(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err)
{
    struct semantic *s = context;
    return pack_resolve_variable(&s->names, name, a, ret_text, err);
}

int scope_resolve_function(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                           struct error *err)
{
    struct semantic *s = context;
    int rc = pack_resolve_function(&s->names, name, a, ret, err);
    if (rc || !*ret || !current)
        return rc;
    const struct pack_function *f = pack_find_function(&s->names, name);
    const struct scope_function *own = pack_lookup(&current->functions, f->schema, f->name);
    if (!own) {
        error_set(err, ERROR_FORBIDDEN, "%s is not open to the tenant %s", sql_name_text(a, name), current->tenant);
        return ERROR_FORBIDDEN;
    }
    *ret = &own->signature;
    return 0;
}

int scope_resolve_metric(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    struct semantic *s = context;
    return pack_resolve_metric(&s->names, name, a, ret, err);
}

int scope_acquire(struct semantic *s, const struct principal *p, const struct scope **ret, struct error *err)
{
    *ret = NULL;
    pthread_rwlock_rdlock(&s->scope_lock);
    if (!p->tenant) {
        if (p->role >= ROLE_ADMINISTRATOR || s->o.config->tenant_count == 0)
            return 0;
        pthread_rwlock_unlock(&s->scope_lock);
        return error_set(err, ERROR_FORBIDDEN, "%s belongs to no tenant", p->user);
    }
    for (size_t i = 0; s->scopes_ready && i < s->scope_count; i++)
        if (str_eq(s->scopes[i].tenant, p->tenant))
            *ret = &s->scopes[i];
    if (*ret)
        return 0;
    bool ready = s->scopes_ready;
    pthread_rwlock_unlock(&s->scope_lock);
    if (ready)
        return error_set(err, ERROR_FORBIDDEN, "there is no tenant '%s'", p->tenant);
    error_set(err, ERROR_UNAVAILABLE, "the tables of the tenant '%s' are not ready", p->tenant);
    error_hint(err, "the log says why; an administrator can run `secchi refresh`");
    return ERROR_UNAVAILABLE;
}

void scope_release(struct semantic *s, const struct scope *scope)
{
    (void)scope;
    pthread_rwlock_unlock(&s->scope_lock);
}

static void free_scopes(struct arena *a, struct scope *scopes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        map_free(&scopes[i].tables);
        map_free(&scopes[i].functions);
    }
    arena_free(a);
}

void scopes_free(struct semantic *s)
{
    if (s->scope_arena)
        free_scopes(s->scope_arena, s->scopes, s->scope_count);
    s->scope_arena = NULL;
    s->scope_count = 0;
}

/* ---- making the views --------------------------------------------------------------------------------------- */

static void put_list(struct buf *b, struct arena *a, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "%s%s", i ? ", " : "", sql_literal(a, values[i]));
}

struct columns {
    bool workspace, account, tenant;
};

/* Adds the condition that a row is the tenant's; false when the table has no column that tells (S-24). */
static bool put_condition(struct buf *b, struct arena *a, const struct pack_object *o, const struct config_tenant *t, struct columns has)
{
    if (str_ieq(sql_table_property(o->table, "secchi.shared"), "true")) {
        buf_puts(b, "TRUE");
        return true;
    }
    if (has.tenant) {
        buf_printf(b, "`%s` IN (", sql_table_property(o->table, "secchi.tenant_column"));
        put_list(b, a, &t->name, 1);
    } else if (has.workspace && (t->workspace_count || !has.account)) {
        buf_puts(b, t->workspace_count ? "CAST(workspace_id AS STRING) IN (" : "FALSE AND (TRUE");
        put_list(b, a, t->workspaces, t->workspace_count);
    } else if (has.account) {
        buf_puts(b, t->account_count ? "CAST(account_id AS STRING) IN (" : "FALSE AND (TRUE");
        put_list(b, a, t->accounts, t->account_count);
    } else {
        return false;
    }
    buf_puts(b, ")");
    return true;
}

static int find_columns(struct engine_conn *c, const struct pack_object *o, struct arena *a, struct columns *ret, struct error *err)
{
    struct engine_column *columns;
    size_t count;
    const char *own = sql_table_property(o->table, "secchi.tenant_column");
    int rc = engine_table_columns(c, o->schema, o->name, a, &columns, &count, err);
    for (size_t i = 0; !rc && i < count; i++) {
        ret->workspace = ret->workspace || str_ieq(columns[i].name, "workspace_id");
        ret->account = ret->account || str_ieq(columns[i].name, "account_id");
        ret->tenant = ret->tenant || (own && str_ieq(columns[i].name, own));
    }
    return rc;
}

static int make_view(struct engine_conn *c, const struct pack_object *o, const struct config_tenant *t, struct scope *scope,
                     struct arena *a, struct error *err)
{
    struct columns has = {0};
    int rc = find_columns(c, o, a, &has, err);
    if (rc)
        return rc;
    struct buf sql CLEANUP(buf_free);
    buf_init(&sql, LIMIT_SQL_BYTES);
    buf_printf(&sql, "CREATE OR REPLACE VIEW `%s%s`.`%s` AS SELECT * FROM `%s`.`%s` WHERE ", scope->prefix, o->schema, o->name, o->schema,
               o->name);
    if (!put_condition(&sql, a, o, t, has))
        return 0;
    if (sql.overflow)
        return error_set(err, ERROR_LIMIT, "the tenant '%s' names too many workspaces", t->name);
    rc = engine_exec(c, ENGINE_SQL(sql.data), NULL, err);
    if (rc)
        return rc;
    map_set(&scope->tables, pack_key(a, o->schema, o->name), (void *)o);
    return 0;
}

/* The body is bound in the scope; a function that reads what is not open to the tenant is not open either. */
static int make_function(struct engine_conn *c, const struct pack_function *f, struct scope *scope, struct arena *a, struct error *err)
{
    struct scope_function *own = arena_alloc(a, sizeof(*own));
    *own = (struct scope_function){f, f->signature};
    own->signature.engine_sql = arena_printf(a, "%s.%s", sql_quote(a, arena_printf(a, "%s%s", scope->prefix, f->schema)),
                                             sql_quote(a, f->name));
    const char *key = pack_key(a, f->schema, f->name);
    map_set(&scope->functions, key, own);
    scope_use(scope);
    int rc = engine_exec(c, &(struct engine_stmt){.sql = f->ddl, .file = f->file, .line = f->line}, NULL, err);
    scope_use(NULL);
    if (rc == ERROR_FORBIDDEN) {
        map_remove(&scope->functions, key);
        rc = 0;
    }
    return rc;
}

static int make_schema(struct engine_conn *c, const char *schema, struct scope *scope, struct map *made, struct arena *a, struct error *err)
{
    if (map_has(made, schema))
        return 0;
    map_set(made, schema, scope);
    return engine_exec(c, ENGINE_SQL(arena_printf(a, "CREATE SCHEMA IF NOT EXISTS `%s%s`", scope->prefix, schema)), NULL, err);
}

static int make_scope(struct semantic *s, struct engine_conn *c, const struct config_tenant *t, struct arena *a, struct scope *ret,
                      struct error *err)
{
    const struct pack_catalogue *catalogue = s->o.catalogue;
    ret->tenant = arena_strdup(a, t->name);
    ret->prefix = arena_printf(a, "secchi_scope_%016llx_", (unsigned long long)hash_bytes(t->name, strlen(t->name), 0));
    struct map schemas = {0};
    int rc = 0;
    for (size_t i = 0; !rc && i < catalogue->object_count; i++) {
        const struct pack_object *o = catalogue->objects[i];
        rc = make_schema(c, o->schema, ret, &schemas, a, err);
        if (!rc)
            rc = make_view(c, o, t, ret, a, err);
        if (rc)
            error_add_where(err, "%s.%s for the tenant %s", o->schema, o->name, t->name);
    }
    if (!rc)
        rc = make_schema(c, "secchi_information", ret, &schemas, a, err);
    if (!rc)
        rc = scope_information(s, c, ret, false, a, err); /* functions read it */
    for (size_t i = 0; !rc && i < catalogue->function_count; i++) {
        const struct pack_function *f = catalogue->functions[i];
        rc = make_schema(c, f->schema, ret, &schemas, a, err);
        if (!rc)
            rc = make_function(c, f, ret, a, err);
        if (rc)
            error_add_where(err, "function %s for the tenant %s", f->name, t->name);
    }
    map_free(&schemas);
    return rc ? rc : scope_information(s, c, ret, true, a, err);
}

static int make_scopes(struct semantic *s, struct arena *a, struct scope *scopes, struct error *err)
{
    struct engine_conn *c;
    int rc = engine_connect(s->o.engine, ENGINE_WRITE, NULL, &c, err);
    if (rc)
        return rc;
    rc = engine_begin(c, err);
    for (size_t i = 0; !rc && i < s->o.config->tenant_count; i++)
        rc = make_scope(s, c, &s->o.config->tenants[i], a, &scopes[i], err);
    if (!rc)
        rc = engine_commit(c, err);
    engine_disconnect(c);
    return rc;
}

int semantic_scopes(struct semantic *s, struct error *err)
{
    size_t count = s->o.config->tenant_count;
    if (!count)
        return 0;
    struct arena *a = arena_new();
    struct scope *scopes = arena_alloc(a, count * sizeof(*scopes));
    making = true;
    int rc = make_scopes(s, a, scopes, err);
    making = false;
    pthread_rwlock_wrlock(&s->scope_lock);
    s->scopes_ready = rc == 0;
    if (rc) {
        free_scopes(a, scopes, count);
    } else {
        scopes_free(s);
        s->scope_arena = a;
        s->scopes = scopes;
        s->scope_count = count;
    }
    pthread_rwlock_unlock(&s->scope_lock);
    return rc;
}
