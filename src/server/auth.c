#include <strings.h>

#include "server/private.h"

/* ---- DNS rebinding ----------------------------------------------------------------------------------------- */

/* Host part of "host[:port]" or "[v6]:port". */
static void host_of(const char *text, char *ret, size_t size)
{
    size_t len = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");
    if (len > strlen(text))
        len = strlen(text);
    if (len >= size)
        len = 0;
    memcpy(ret, text, len);
    ret[len] = '\0';
}

/* Without a token the name that the browser used is all that tells our page from a foreign one whose name was made to point here. */
static int check_origin(struct request *rq, struct error *err)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = request_header(rq, "Host"), *origin = request_header(rq, "Origin");
    char name[256];
    host_of(host ? host : "", name, sizeof(name));
    bool known = str_ieq(name, config_text(rq->owner->core.config, "server.host"));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        known = known || str_ieq(name, names[i]);
    if (!known) {
        error_set(err, ERROR_FORBIDDEN, "without a token the server answers to localhost only, not to '%.100s'", name);
        error_hint(err, "use http://127.0.0.1, or send a token");
        return ERROR_FORBIDDEN;
    }
    const char *behind = origin ? strstr(origin, "://") : NULL;
    if (origin && (!behind || !str_ieq(behind + 3, host))) {
        error_set(err, ERROR_FORBIDDEN, "a page of '%.100s' may not use this server without a token", origin);
        return ERROR_FORBIDDEN;
    }
    return 0;
}

/* A proxy on this machine makes everybody look like loopback, but it says for whom it speaks. */
static bool through_proxy(struct request *rq)
{
    return request_header(rq, "Forwarded") || request_header(rq, "X-Forwarded-For") || request_header(rq, "X-Real-IP");
}

/* ---- rate ------------------------------------------------------------------------------------------------------ */

static int check_rate(struct request *rq, struct error *err)
{
    enum route_class class = rq->route->class;
    const char *setting = route_class_limit(class);
    char wait[16];
    int wait_s;
    if (rq->listener->local || !setting)
        return 0;
    int64_t per_minute = config_int(rq->owner->core.config, setting);
    const char *who = rq->principal.user ? arena_printf(rq->arena, "user %s", rq->principal.user) : rq->peer;
    const char *key = arena_printf(rq->arena, "%s/%s", route_class_name(class), who);
    if (rate_take(rq->owner->rates, key, per_minute, clock_mono_ns(), &wait_s))
        return 0;
    snprintf(wait, sizeof(wait), "%d", wait_s);
    reply_header(rq, "Retry-After", wait);
    error_set(err, ERROR_LIMIT, "more than %lld requests a minute of the class '%s'", (long long)per_minute, route_class_name(class));
    error_hint(err, "wait %d s, or raise %s", wait_s, setting);
    return ERROR_LIMIT;
}

static void audit_refusal(struct request *rq, const struct error *why)
{
    struct error err;
    struct state_audit entry = {
        .at_us = clock_real_us(),
        .user = rq->principal.user ? rq->principal.user : rq->peer,
        .action = rq->method,
        .object = rq->path,
        .detail = NULL,
        .allowed = false,
    };
    (void)why;
    if (state_audit_add(rq->owner->core.state, &entry, false, &err) != 0)
        log_error("server", &err);
}

static int identify(struct request *rq, struct error *err)
{
    if (rq->listener->local) {
        access_local(&rq->principal);
        return 0;
    }
    const char *authorization = request_header(rq, "Authorization");
    if (!authorization && rq->route->role == ROLE_PUBLIC)
        return 0;
    bool loopback = rq->loopback && !through_proxy(rq);
    int rc = access_authenticate(rq->owner->core.config, rq->owner->core.state, authorization, loopback, rq->arena, &rq->principal, err);
    if (rc && rq->route->role == ROLE_PUBLIC) { /* an old token does not close what is open to everybody */
        rq->principal = (struct principal){0};
        return 0;
    }
    return rc || authorization ? rc : check_origin(rq, err);
}

int request_authorize(struct request *rq, struct error *err)
{
    int rc = identify(rq, err);
    if (!rc)
        rc = check_rate(rq, err);
    if (rc == ERROR_LIMIT)
        return rc;
    if (!rc && rq->route->role != ROLE_PUBLIC)
        rc = access_require(&rq->principal, rq->route->role, arena_printf(rq->arena, "%s %s", rq->route->method, rq->route->path), err);
    if (!rc && (rq->route->flags & ROUTE_LOCAL) && !rq->listener->local)
        rc = error_set(err, ERROR_FORBIDDEN, "%s %s is only open on the Unix socket of the home", rq->route->method, rq->route->path);
    if (rc == ERROR_DENIED)
        reply_header(rq, "WWW-Authenticate", "Bearer realm=\"secchi\"");
    if (rc == ERROR_DENIED || rc == ERROR_FORBIDDEN)
        audit_refusal(rq, err);
    return rc;
}
