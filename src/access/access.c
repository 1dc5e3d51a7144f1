#include "access/access.h"

#include <strings.h>

static const char *const role_names[] = {
    [ROLE_NONE] = "none",
    [ROLE_PUBLIC] = "public",
    [ROLE_READER] = "reader",
    [ROLE_OPERATOR] = "operator",
    [ROLE_ADMINISTRATOR] = "administrator",
};

const char *access_role_name(enum access_role r) { return (size_t)r < ARRAY_LEN(role_names) ? role_names[r] : "none"; }

int access_role_parse(const char *name, enum access_role *ret, struct error *err)
{
    /* Nobody is given the roles none and public: they belong to routes. */
    for (size_t i = ROLE_READER; i < ARRAY_LEN(role_names); i++) {
        if (str_eq(name, role_names[i])) {
            *ret = (enum access_role)i;
            return 0;
        }
    }
    error_set(err, ERROR_INVALID, "there is no role '%.64s'", name ? name : "");
    const char *near = name ? nearest_name(name, role_names + ROLE_READER, ARRAY_LEN(role_names) - ROLE_READER) : NULL;
    error_hint(err, "%s%s%sroles are reader, operator, administrator", near ? "did you mean " : "", near ? near : "", near ? "? " : "");
    return ERROR_INVALID;
}

const struct config_tenant *access_tenant(const struct config *config, const char *name)
{
    for (size_t i = 0; name && i < config->tenant_count; i++)
        if (str_eq(config->tenants[i].name, name))
            return &config->tenants[i];
    return NULL;
}

/* The part of the header behind "Bearer ", or NULL when it has another form. */
static const char *bearer_secret(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    const char *secret = authorization + sizeof(scheme) - 1;
    while (*secret == ' ')
        secret++;
    return *secret ? secret : NULL;
}

/* What a stored token allows. A token of a tenant that the configuration no longer knows opens nothing, and where tenants are
 * configured only administrators go without one. */
static int token_principal(const struct config *config, const struct state_token *token, struct principal *ret, struct error *err)
{
    struct principal p = {.user = token->name};
    if (access_role_parse(token->role, &p.role, err) != 0)
        return error_set(err, ERROR_DENIED, "the token '%s' has the unknown role '%s'", token->name, token->role);
    if (token->tenant) {
        p.tenant = token->tenant;
        p.scope = access_tenant(config, token->tenant);
        if (!p.scope) {
            error_set(err, ERROR_FORBIDDEN, "the token '%s' belongs to the tenant '%s', which secchi.yaml does not have", token->name,
                      token->tenant);
            error_hint(err, "add it below `tenants:` or use another token");
            return ERROR_FORBIDDEN;
        }
    } else if (config->tenant_count > 0 && p.role != ROLE_ADMINISTRATOR) {
        error_set(err, ERROR_FORBIDDEN, "the token '%s' names no tenant", token->name);
        error_hint(err, "tenants are configured: make a token with --tenant");
        return ERROR_FORBIDDEN;
    }
    *ret = p;
    return 0;
}

int access_authenticate(const struct config *config, struct state *state, const char *authorization, bool loopback, struct arena *a,
                        struct principal *ret, struct error *err)
{
    if (!authorization) {
        if (loopback && str_eq(config_text(config, "server.mode"), "development")) {
            *ret = (struct principal){.user = "development", .role = ROLE_ADMINISTRATOR};
            return 0;
        }
        error_set(err, ERROR_DENIED, "this needs a token");
        error_hint(err, "send the header 'Authorization: Bearer TOKEN'; an administrator makes one with `secchi token create`");
        return ERROR_DENIED;
    }
    const char *secret = bearer_secret(authorization);
    if (!secret) {
        error_set(err, ERROR_DENIED, "the header Authorization is not of the form 'Bearer TOKEN'");
        error_hint(err, "send 'Authorization: Bearer TOKEN'");
        return ERROR_DENIED;
    }
    struct state_token token;
    int rc = state_token_find(state, secret, a, &token, err);
    return rc ? rc : token_principal(config, &token, ret, err);
}

void access_local(struct principal *ret) { *ret = (struct principal){.user = "local", .role = ROLE_ADMINISTRATOR}; }

size_t access_groups(const struct principal *p, const char *ret[ACCESS_GROUPS])
{
    size_t n = 0;
    for (enum access_role r = ROLE_READER; r <= p->role; r++)
        ret[n++] = role_names[r];
    if (p->tenant)
        ret[n++] = p->tenant;
    return n;
}

int access_require(const struct principal *p, enum access_role role, const char *action, struct error *err)
{
    if (role == ROLE_NONE)
        return error_set(err, ERROR_INTERNAL, "%s names no role", action);
    if (p->role >= role)
        return 0;
    error_set(err, ERROR_FORBIDDEN, "%s needs the role %s; %s is %s", action, access_role_name(role), p->user, access_role_name(p->role));
    error_hint(err, "ask an administrator for a token with that role");
    return ERROR_FORBIDDEN;
}
