#include "server/private.h"

static void put_place(yyjson_mut_doc *d, yyjson_mut_val *list, const struct semantic_place *p, bool with_level)
{
    yyjson_mut_val *o = server_put_object(d, list, NULL);
    if (with_level)
        yyjson_mut_obj_add_int(d, o, "level", p->level);
    server_put_text(d, o, "kind", p->kind);
    server_put_text(d, o, "schema", p->schema);
    server_put_text(d, o, "name", p->name);
    server_put_text(d, o, "column", p->column);
    server_put_text(d, o, "field", p->field);
    yyjson_mut_obj_add_bool(d, o, "direct", p->direct);
}

static void put_places(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, const struct semantic_places *l, bool with_level)
{
    yyjson_mut_val *list = server_put_array(d, o, key);
    for (size_t i = 0; i < l->count; i++)
        put_place(d, list, &l->items[i], with_level);
}

static void put_columns(yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_explained *x)
{
    yyjson_mut_val *list = server_put_array(d, root, "columns");
    for (size_t i = 0; i < x->column_count; i++) {
        const struct semantic_explained_column *c = &x->columns[i];
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", c->name);
        server_put_text(d, o, "kind", c->kind);
        server_put_text(d, o, "type", c->type);
        server_put_text(d, o, "comment", c->comment);
        server_put_text(d, o, "expression", c->expression);
        server_put_text(d, o, "format", c->format);
        yyjson_mut_obj_add_bool(d, o, "nullable", c->nullable);
        yyjson_mut_obj_add_bool(d, o, "in_key", c->in_key);
        put_places(d, o, "from", &c->from, false);
    }
}

static void put_parameters(yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_explained *x)
{
    yyjson_mut_val *list = server_put_array(d, root, "parameters");
    for (size_t i = 0; i < x->parameter_count; i++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "name", x->parameters[i].name);
        server_put_text(d, o, "type", x->parameters[i].type_text);
        server_put_text(d, o, "default", x->parameters[i].default_sql);
        server_put_text(d, o, "comment", x->parameters[i].comment);
    }
}

static void put_definition(yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_explained *x)
{
    yyjson_mut_val *tags = server_put_object(d, root, "tags"), *list;
    for (size_t i = 0; i < x->tag_count; i++)
        server_put_text(d, tags, x->tags[i].key, x->tags[i].value);
    list = server_put_array(d, root, "definition");
    for (size_t i = 0; i < x->part_count; i++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        server_put_text(d, o, "what", x->parts[i].what);
        server_put_text(d, o, "file", x->parts[i].file);
        yyjson_mut_obj_add_uint(d, o, "line", x->parts[i].line);
        server_put_text(d, o, "text", x->parts[i].text);
    }
}

int handle_object(struct request *rq, struct error *err)
{
    struct semantic_explained x;
    int rc = semantic_explain(rq->owner->core.semantic, &rq->principal, arg_text(rq, "name"), (int)arg_int(rq, "depth"), rq->arena, &x,
                              err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "kind", x.kind);
    server_put_text(d, root, "schema", x.schema);
    server_put_text(d, root, "name", x.name);
    server_put_text(d, root, "column", x.column);
    server_put_text(d, root, "field", x.field);
    server_put_text(d, root, "system_table", x.system_table);
    server_put_text(d, root, "layer", x.layer);
    server_put_text(d, root, "domain", x.domain);
    server_put_text(d, root, "owner", x.owner);
    server_put_text(d, root, "pack", x.pack);
    server_put_text(d, root, "comment", x.comment);
    put_columns(d, root, &x);
    put_parameters(d, root, &x);
    put_definition(d, root, &x);
    put_places(d, root, "rows_from", &x.rows, false);
    put_places(d, root, "upstream", &x.upstream, true);
    put_places(d, root, "downstream", &x.downstream, true);
    server_put_text(d, root, "fault", x.fault);
    reply_json(rq, 200, d);
    return 0;
}
