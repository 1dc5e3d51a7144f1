#include <inttypes.h>
#include <stdlib.h>

#include "server/private.h"

/* docs/api.md: the reference of the API from the route table. */

extern const char server_md_api_head[];

static const char *type_name(const struct param *p)
{
    static const char *const names[] = {
        [PARAM_TEXT] = "text", [PARAM_INT] = "integer",         [PARAM_BOOL] = "boolean",  [PARAM_ENUM] = "one of",
        [PARAM_TIME] = "time", [PARAM_TEXTS] = "list of texts", [PARAM_OBJECT] = "object",
    };
    return names[p->type];
}

static void put_type(struct buf *b, const struct param *p)
{
    buf_puts(b, type_name(p));
    if (p->type == PARAM_INT && p->max != INT64_MAX)
        buf_printf(b, " %" PRId64 " to %" PRId64, p->min, p->max);
    else if (p->type == PARAM_INT)
        buf_printf(b, " from %" PRId64, p->min);
    if (!p->choices)
        return;
    for (const char *c = p->choices; *c; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
        buf_printf(b, "%s `%.*s`", c == p->choices ? "" : ",", (int)strcspn(c, "|"), c);
}

static void put_params(struct buf *b, const struct route *r)
{
    static const char *const places[] = {"path", "query", "body"};
    if (!r->param_count)
        return;
    buf_puts(b, "\n| parameter | in | type | default | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->param_count; i++) {
        const struct param *p = &r->params[i];
        buf_printf(b, "| `%s` | %s | ", p->name, places[p->in]);
        put_type(b, p);
        buf_printf(b, " | %s%s%s | ", p->fallback ? "`" : "",
                   p->fallback   ? p->fallback
                   : p->required ? "required"
                                 : "",
                   p->fallback ? "`" : "");
        for (const char *c = p->help; *c; c++)
            buf_printf(b, *c == '|' ? "\\%c" : "%c", *c);
        buf_puts(b, " |\n");
    }
}

char *server_reference(void)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    buf_puts(&b, server_md_api_head);
    for (size_t i = 0; i < server_route_count; i++) {
        const struct route *r = &server_routes[i];
        buf_printf(&b, "\n### %s %s\n\n%s. ", r->method, r->path, r->summary);
        if (r->role == ROLE_PUBLIC)
            buf_puts(&b, "Open to everybody.");
        else
            buf_printf(&b, "Needs the role %s%s.", access_role_name(r->role), r->flags & ROUTE_LOCAL ? " and the Unix socket" : "");
        if (strchr(r->schema, '/'))
            buf_printf(&b, " Answers %d with `%s`.\n", r->status, r->schema);
        else
            buf_printf(&b, " Answers %d with a `%s`.\n", r->status, r->schema);
        put_params(&b, r);
    }
    return buf_steal(&b);
}
