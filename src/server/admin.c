#include <errno.h>
#include <stdlib.h>

#include "server/private.h"

int handle_whoami(struct request *rq, struct error *err)
{
    (void)err;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "user", rq->principal.user);
    server_put_text(d, root, "role", access_role_name(rq->principal.role));
    server_put_text(d, root, "tenant", rq->principal.tenant);
    reply_json(rq, 200, d);
    return 0;
}

/* ---- sources ---------------------------------------------------------------------------------------------- */

static int check_source(struct request *rq, struct config_source *s, struct error *err)
{
    enum source_kind kind;
    char *real = s->path[0] == '/' ? path_real(s->path) : NULL;
    if (!real) {
        error_set(err, ERROR_INVALID, s->path[0] == '/' ? "there is no folder %.300s" : "path is not absolute: %.300s", s->path);
        error_where(err, "body parameter path");
        return ERROR_INVALID;
    }
    s->path = arena_strdup(rq->arena, real);
    free(real);
    if (!str_eq(s->kind, "auto"))
        return 0;
    return source_detect(s->path, &kind, err);
}

int handle_source_add(struct request *rq, struct error *err)
{
    struct owner *o = rq->owner;
    struct config_source s = {
        .name = arg_text(rq, "name"),
        .path = arg_text(rq, "path"),
        .kind = arg_text(rq, "kind"),
        .workspace_id = arg_text(rq, "workspace_id"),
        .account_id = arg_text(rq, "account_id"),
    };
    if (schedule_running(o->core.schedule)) {
        error_set(err, ERROR_CONFLICT, "run %lld is going on", (long long)schedule_running(o->core.schedule));
        error_hint(err, "add the source when it has ended");
        return ERROR_CONFLICT;
    }
    int rc = check_source(rq, &s, err);
    if (!rc)
        rc = audit_change(rq, s.path, err);
    if (!rc)
        rc = config_add_source(o->home, &s, err);
    if (!rc)
        rc = core_reload(o, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    for (size_t i = 0; i < o->core.config->source_count; i++)
        if (str_eq(o->core.config->sources[i].path, s.path))
            s = o->core.config->sources[i];
    server_put_text(d, root, "name", s.name);
    server_put_text(d, root, "kind", s.kind);
    server_put_text(d, root, "path", s.path);
    server_put_text(d, root, "workspace_id", s.workspace_id);
    server_put_text(d, root, "account_id", s.account_id);
    reply_json(rq, 201, d);
    return 0;
}

/* ---- tokens -------------------------------------------------------------------------------------------------- */

static void put_token(yyjson_mut_doc *d, yyjson_mut_val *o, const struct state_token *t)
{
    yyjson_mut_obj_add_sint(d, o, "id", t->id);
    server_put_text(d, o, "name", t->name);
    server_put_text(d, o, "role", t->role);
    server_put_text(d, o, "tenant", t->tenant);
    server_put_time(d, o, "created_at", t->created_us);
    server_put_time(d, o, "expires_at", t->expires_us);
    server_put_time(d, o, "revoked_at", t->revoked_us);
}

int handle_tokens(struct request *rq, struct error *err)
{
    struct state_token *tokens;
    size_t count;
    int rc = state_tokens(rq->owner->core.state, rq->arena, &tokens, &count, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL), *list = server_put_array(d, root, "tokens");
    for (size_t i = 0; i < count; i++)
        put_token(d, server_put_object(d, list, NULL), &tokens[i]);
    yyjson_mut_obj_add_uint(d, root, "count", count);
    reply_json(rq, 200, d);
    return 0;
}

int handle_token_create(struct request *rq, struct error *err)
{
    const struct config *config = rq->owner->core.config;
    const char *secret, *tenant = arg_text(rq, "tenant"), *role = arg_text(rq, "role"), *name = arg_text(rq, "name");
    if (!name[0]) {
        error_set(err, ERROR_INVALID, "name is empty");
        error_where(err, "body parameter name");
        return ERROR_INVALID;
    }
    if (tenant && !access_tenant(config, tenant)) {
        const char **names = arena_alloc(rq->arena, (config->tenant_count + 1) * sizeof(*names));
        for (size_t i = 0; i < config->tenant_count; i++)
            names[i] = config->tenants[i].name;
        error_set(err, ERROR_INVALID, "there is no tenant '%.64s'", tenant);
        error_where(err, "body parameter tenant");
        error_hint_near(err, nearest_name(tenant, names, config->tenant_count), NULL);
        return ERROR_INVALID;
    }
    int rc = audit_change(rq, name, err);
    if (!rc)
        rc = state_token_create(rq->owner->core.state, name, role, tenant, arg_int(rq, "expires_at"), rq->arena, &secret, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "token", secret);
    server_put_text(d, root, "name", name);
    server_put_text(d, root, "role", role);
    server_put_text(d, root, "tenant", tenant);
    server_put_time(d, root, "expires_at", arg_int(rq, "expires_at"));
    reply_json(rq, 201, d);
    return 0;
}

int handle_token_revoke(struct request *rq, struct error *err)
{
    int64_t id = arg_int(rq, "id");
    int rc = audit_change(rq, arena_printf(rq->arena, "%lld", (long long)id), err);
    if (!rc)
        rc = state_token_revoke(rq->owner->core.state, id, err);
    return rc ? rc : reply_done(rq, 200, "the token is revoked");
}

/* ---- files and life ----------------------------------------------------------------------------------------------- */

int handle_backup(struct request *rq, struct error *err)
{
    int rc = audit_change(rq, arg_text(rq, "path"), err);
    if (!rc)
        rc = core_backup(rq->owner, arg_text(rq, "path"), err);
    return rc ? rc : reply_done(rq, 200, "the backup is complete");
}

int handle_restore(struct request *rq, struct error *err)
{
    int rc = core_restore(rq->owner, arg_text(rq, "path"), err);
    if (!rc)
        rc = audit_change(rq, arg_text(rq, "path"), err);
    return rc ? rc : reply_done(rq, 200, "the backup is in place; what was there before is in before-restore");
}

int handle_stop(struct request *rq, struct error *err)
{
    int rc = audit_change(rq, rq->owner->home, err);
    if (rc)
        return rc;
    __atomic_store_n(&rq->owner->stop_requested, 1, __ATOMIC_RELEASE);
    return reply_done(rq, 202, "secchi is stopping");
}
