#include <stdlib.h>

#include "server/private.h"

/* The OpenAPI 3.1 document: everything but the schemas of answers comes from the route table. */

extern const char server_json_schemas[];

static void put_type(yyjson_mut_doc *d, yyjson_mut_val *s, const struct param *p)
{
    static const char *const types[] = {
        [PARAM_TEXT] = "string", [PARAM_INT] = "integer", [PARAM_BOOL] = "boolean",  [PARAM_ENUM] = "string",
        [PARAM_TIME] = "string", [PARAM_TEXTS] = "array", [PARAM_OBJECT] = "object",
    };
    yyjson_mut_obj_add_str(d, s, "type", types[p->type]);
    if (p->type == PARAM_TIME)
        yyjson_mut_obj_add_str(d, s, "format", "date-time");
    if (p->type == PARAM_INT) {
        yyjson_mut_obj_add_str(d, s, "format", "int64");
        yyjson_mut_obj_add_sint(d, s, "minimum", p->min);
        if (p->max != INT64_MAX)
            yyjson_mut_obj_add_sint(d, s, "maximum", p->max);
    }
    if (p->type == PARAM_TEXT && p->max)
        yyjson_mut_obj_add_sint(d, s, "maxLength", p->max);
    if (p->type == PARAM_TEXTS) {
        yyjson_mut_obj_add_str(d, server_put_object(d, s, "items"), "type", "string");
        yyjson_mut_obj_add_sint(d, s, "maxItems", p->max);
    }
    if (p->type == PARAM_ENUM) {
        yyjson_mut_val *list = server_put_array(d, s, "enum");
        for (const char *c = p->choices; *c; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
            yyjson_mut_arr_add_strncpy(d, list, c, strcspn(c, "|"));
    }
    int64_t number;
    if (p->fallback && p->type == PARAM_INT && str_to_i64(p->fallback, &number) == 0)
        yyjson_mut_obj_add_sint(d, s, "default", number);
    else if (p->fallback && p->type == PARAM_BOOL)
        yyjson_mut_obj_add_bool(d, s, "default", str_eq(p->fallback, "true"));
    else if (p->fallback)
        yyjson_mut_obj_add_str(d, s, "default", p->fallback);
}

static void put_parameters(yyjson_mut_doc *d, yyjson_mut_val *op, const struct route *r)
{
    yyjson_mut_val *list = NULL;
    for (size_t i = 0; i < r->param_count; i++) {
        const struct param *p = &r->params[i];
        if (p->in == IN_BODY)
            continue;
        if (!list)
            list = server_put_array(d, op, "parameters");
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", p->name);
        server_put_text(d, o, "in", p->in == IN_PATH ? "path" : "query");
        yyjson_mut_obj_add_bool(d, o, "required", p->required);
        server_put_text(d, o, "description", p->help);
        put_type(d, server_put_object(d, o, "schema"), p);
    }
}

static void put_body(yyjson_mut_doc *d, yyjson_mut_val *op, const struct route *r)
{
    yyjson_mut_val *schema = NULL, *properties = NULL, *required = NULL;
    for (size_t i = 0; i < r->param_count; i++) {
        const struct param *p = &r->params[i];
        if (p->in != IN_BODY)
            continue;
        if (!schema) {
            yyjson_mut_val *body = server_put_object(d, op, "requestBody");
            schema = server_put_object(d, server_put_object(d, server_put_object(d, body, "content"), "application/json"), "schema");
            yyjson_mut_obj_add_str(d, schema, "type", "object");
            yyjson_mut_obj_add_bool(d, schema, "additionalProperties", false);
            properties = server_put_object(d, schema, "properties");
        }
        yyjson_mut_val *o = server_put_object(d, properties, p->name);
        server_put_text(d, o, "description", p->help);
        put_type(d, o, p);
        if (p->required) {
            required = required ? required : server_put_array(d, schema, "required");
            yyjson_mut_arr_add_str(d, required, p->name);
        }
    }
}

static void put_reference(yyjson_mut_doc *d, yyjson_mut_val *schema, const char *name)
{
    char text[128];
    snprintf(text, sizeof(text), "#/components/schemas/%s", name);
    yyjson_mut_obj_add_strcpy(d, schema, "$ref", text);
}

static void put_answers(yyjson_mut_doc *d, yyjson_mut_val *op, const struct route *r)
{
    static const struct {
        const char *code, *text;
        bool authenticated;
    } errors[] = {
        {"401", "no token, or a wrong one", true}, {"403", "the role is not enough", true}, {"422", "a parameter is wrong", false},
        {"429", "too many requests", false},       {"503", "a part is down", false},
    };
    char code[8];
    yyjson_mut_val *answers = server_put_object(d, op, "responses");
    snprintf(code, sizeof(code), "%d", r->status);
    yyjson_mut_val *good = yyjson_mut_obj(d), *content;
    yyjson_mut_obj_add(answers, yyjson_mut_strcpy(d, code), good);
    server_put_text(d, good, "description", r->summary);
    content = server_put_object(d, good, "content");
    bool raw = strchr(r->schema, '/') != NULL;
    yyjson_mut_val *schema = server_put_object(d, server_put_object(d, content, raw ? r->schema : "application/json"), "schema");
    if (!raw)
        put_reference(d, schema, r->schema);
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        if (errors[i].authenticated && r->role == ROLE_PUBLIC)
            continue;
        yyjson_mut_val *o = server_put_object(d, answers, errors[i].code);
        server_put_text(d, o, "description", errors[i].text);
        put_reference(d, server_put_object(d, server_put_object(d, server_put_object(d, o, "content"), "application/json"), "schema"),
                      "Error");
    }
}

static void put_route(yyjson_mut_doc *d, yyjson_mut_val *paths, const struct route *r)
{
    char method[8], id[128];
    snprintf(method, sizeof(method), "%s", r->method);
    str_lower(method);
    snprintf(id, sizeof(id), "%s%s", method, r->path);
    for (char *p = id; *p; p++)
        if (*p == '/' || *p == '{' || *p == '}' || *p == '.')
            *p = '_';
    yyjson_mut_val *path = yyjson_mut_obj_get(paths, r->path);
    if (!path)
        path = server_put_object(d, paths, r->path);
    yyjson_mut_val *op = yyjson_mut_obj(d);
    yyjson_mut_obj_add(path, yyjson_mut_strcpy(d, method), op);
    yyjson_mut_obj_add_strcpy(d, op, "operationId", id);
    server_put_text(d, op, "summary", r->summary);
    server_put_text(d, op, "x-role", access_role_name(r->role));
    server_put_text(d, op, "x-class", route_class_name(r->class));
    put_parameters(d, op, r);
    put_body(d, op, r);
    put_answers(d, op, r);
    if (r->role == ROLE_PUBLIC)
        server_put_array(d, op, "security");
}

char *server_openapi(void)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "openapi", "3.1.0");
    yyjson_mut_val *info = server_put_object(d, root, "info");
    server_put_text(d, info, "title", "secchi");
    server_put_text(d, info, "version", SECCHI_VERSION);
    server_put_text(d, info, "summary", "Health of a lakehouse: tables, dashboards, refreshes and Databricks SQL over HTTP");
    yyjson_mut_val *need = server_put_object(d, server_put_array(d, root, "security"), NULL);
    server_put_array(d, need, "token");
    yyjson_mut_val *paths = server_put_object(d, root, "paths");
    for (size_t i = 0; i < server_route_count; i++)
        put_route(d, paths, &server_routes[i]);
    yyjson_mut_val *components = server_put_object(d, root, "components");
    yyjson_doc *schemas = yyjson_read(server_json_schemas, strlen(server_json_schemas), 0);
    yyjson_mut_obj_add_val(d, components, "schemas", yyjson_val_mut_copy(d, yyjson_doc_get_root(schemas)));
    yyjson_mut_val *token = server_put_object(d, server_put_object(d, components, "securitySchemes"), "token");
    server_put_text(d, token, "type", "http");
    server_put_text(d, token, "scheme", "bearer");
    char *text = yyjson_mut_write(d, YYJSON_WRITE_PRETTY, NULL);
    yyjson_doc_free(schemas);
    yyjson_mut_doc_free(d);
    return text;
}

int handle_openapi(struct request *rq, struct error *err)
{
    char *text CLEANUP(free_ptr) = server_openapi();
    if (!text)
        return error_set(err, ERROR_INTERNAL, "the document cannot be made");
    rq->status = 200;
    rq->type = "application/json";
    buf_puts(&rq->out, text);
    return 0;
}
