#include "server/private.h"

/* What the bookkeeping of the warehouse tells, as JSON. */

int ops_read(struct request *rq, const struct engine_stmt *s, size_t max_rows, struct engine_rows *ret, struct error *err)
{
    struct engine_conn *c;
    *ret = (struct engine_rows){0};
    if (rq->principal.tenant)
        return 0;
    int rc = engine_connect(rq->owner->core.engine, ENGINE_READ, &rq->cancel, &c, err);
    if (rc)
        return rc;
    rc = engine_rows(c, s, max_rows, rq->arena, ret, err);
    engine_disconnect(c);
    return rc;
}

void ops_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct engine_column *columns, const struct engine_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct engine_value *v = &values[i];
        const char *key = columns[i].name;
        if (v->type == ENGINE_I64)
            yyjson_mut_obj_add_sint(d, o, key, v->i);
        else if (v->type == ENGINE_F64)
            yyjson_mut_obj_add_real(d, o, key, v->f);
        else if (v->type == ENGINE_BOOL)
            yyjson_mut_obj_add_bool(d, o, key, v->b);
        else if (v->type == ENGINE_TIMESTAMP)
            server_put_time(d, o, key, v->i);
        else
            server_put_text(d, o, key, v->type == ENGINE_TEXT || v->type == ENGINE_OTHER ? v->text : NULL);
    }
}

void ops_put_rows(yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const struct engine_rows *rows)
{
    yyjson_mut_val *list = server_put_array(d, root, key);
    for (size_t i = 0; i < rows->row_count; i++)
        ops_put(d, server_put_object(d, list, NULL), rows->columns, rows->values + i * rows->column_count, rows->column_count);
}

int ops_put_list(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const struct engine_stmt *s,
                 struct error *err)
{
    struct engine_rows rows;
    int rc = ops_read(rq, s, OPS_MAX_ROWS, &rows, err);
    if (!rc)
        ops_put_rows(d, root, key, &rows);
    return rc;
}
