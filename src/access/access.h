/*
 * access - who may do what. A principal is made from a token (or from the Unix socket, whose user is the owner of the
 * files and so administrator) and is handed to every read of semantic and every change.
 */
#ifndef SECCHI_ACCESS_H
#define SECCHI_ACCESS_H

#include "base/base.h"
#include "config/config.h"
#include "state/state.h"

enum access_role {
    ROLE_NONE,
    ROLE_PUBLIC,
    ROLE_READER,
    ROLE_OPERATOR,
    ROLE_ADMINISTRATOR
}; /* each may do what the ones before may; NONE is no role at all */
const char *access_role_name(enum access_role r);
int access_role_parse(const char *name, enum access_role *ret, struct error *err) MUST_CHECK;

struct principal {
    const char *user; /* name of the token, "local" on the socket, "development" on loopback in development mode */
    enum access_role role;
    const char *tenant;                /* NULL: sees all tenants (administrators, or no tenants configured) */
    const struct config_tenant *scope; /* of the tenant; NULL when tenant is NULL */
};

/* authorization: value of the HTTP header or NULL. loopback: the peer is this machine. In development mode a loopback
 * request without a token is an administrator. ERROR_DENIED with what to send otherwise. */
int access_authenticate(const struct config *config, struct state *state, const char *authorization, bool loopback, struct arena *a,
                        struct principal *ret, struct error *err) MUST_CHECK;
/* The principal of the Unix socket, whose folder only the owner of the files can enter. */
void access_local(struct principal *ret);
/* The tenant of that name in the configuration, or NULL. */
const struct config_tenant *access_tenant(const struct config *config, const char *name);
/* The groups that a principal is in, for is_member(): its role, those below it, and its tenant. At most ACCESS_GROUPS; borrowed. */
#define ACCESS_GROUPS 4
size_t access_groups(const struct principal *p, const char *ret[ACCESS_GROUPS]);
int access_require(const struct principal *p, enum access_role role, const char *action,
                   struct error *err) MUST_CHECK; /* ERROR_FORBIDDEN */

#endif
