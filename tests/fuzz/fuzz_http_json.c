/*
 * Requests as they come from outside: the target with its percent escapes and query, then a JSON body.
 * Input: method, space, target, newline, body.
 */
#include "server/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_arguments(struct request *rq)
{
    struct engine_param *params;
    size_t count;
    struct error err;
    for (size_t i = 0; i < rq->route->param_count; i++) {
        const struct param *p = &rq->route->params[i];
        const struct argument *v = &rq->arguments[i];
        if (v->given && p->type == PARAM_INT && (v->number < p->min || v->number > p->max))
            __builtin_trap();
        if (v->given && v->text && p->type == PARAM_TEXT && !utf8_valid(v->text, strlen(v->text)))
            __builtin_trap();
        if (p->required && !v->given)
            __builtin_trap();
    }
    if (str_eq(rq->route->path, "/api/v1/query") && statement_params(arg_json(rq, "params"), rq->arena, &params, &count, &err) != 0 &&
        !err.what[0])
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct owner owner;
    static struct listener listener = {.owner = &owner};
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const uint8_t *line_end = memchr(data, '\n', size), *space = line_end ? memchr(data, ' ', (size_t)(line_end - data)) : NULL;
    if (!space)
        return 0;
    const char *method = arena_strndup(a, (const char *)data, (size_t)(space - data));
    const char *target = arena_strndup(a, (const char *)space + 1, (size_t)(line_end - space - 1));
    struct request *rq = request_new(&listener, target);
    struct error err = {0};
    buf_add(&rq->body, line_end + 1, size - (size_t)(line_end + 1 - data));
    int rc = request_route(rq, method, &err);
    if (!rc)
        rc = request_members(rq, &err);
    if (!rc)
        use_arguments(rq);
    else if (rc != (int)err.kind || !err.what[0])
        __builtin_trap(); /* every refusal says why */
    if (rc)
        reply_error(rq, &err);
    yyjson_doc *answer = rc ? yyjson_read(rq->out.data, rq->out.len, 0) : NULL;
    if (rc && (!answer || rq->status < 400))
        __builtin_trap(); /* and is JSON itself */
    yyjson_doc_free(answer);
    request_unref(rq);
    return 0;
}
