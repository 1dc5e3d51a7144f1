#include <stdlib.h>

#include "server/private.h"

/* ---- parameters of statements ------------------------------------------------------------------------------ */

static int bad_param(const char *name, const char *why, struct error *err)
{
    error_set(err, ERROR_INVALID, "params.%.64s %s", name, why);
    error_where(err, "body parameter params.%.64s", name);
    return ERROR_INVALID;
}

/* {"type", "value"} */
static int typed_param(const char *name, const char *type, yyjson_val *v, struct arena *a, struct engine_value *ret, struct error *err)
{
    static const char *const types[] = {"STRING", "BIGINT", "INT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"};
    const char *text = yyjson_is_str(v) ? yyjson_get_str(v) : NULL;
    if (yyjson_is_null(v) || !v)
        *ret = (struct engine_value){.type = ENGINE_NULL};
    else if (str_ieq(type, "STRING") && text)
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = text};
    else if ((str_ieq(type, "BIGINT") || str_ieq(type, "INT")) && (yyjson_is_int(v) || (text && str_to_i64(text, &ret->i) == 0)))
        *ret = (struct engine_value){.type = ENGINE_I64, .i = text ? ret->i : yyjson_get_sint(v)};
    else if (str_ieq(type, "DOUBLE") && (yyjson_is_num(v) || (text && str_to_f64(text, &ret->f) == 0)))
        *ret = (struct engine_value){.type = ENGINE_F64, .f = text ? ret->f : yyjson_get_num(v)};
    else if (str_ieq(type, "BOOLEAN") && yyjson_is_bool(v))
        *ret = (struct engine_value){.type = ENGINE_BOOL, .b = yyjson_get_bool(v)};
    else if (str_ieq(type, "TIMESTAMP") && text && time_parse_us(text, &ret->i) == 0)
        *ret = (struct engine_value){.type = ENGINE_TIMESTAMP, .i = ret->i};
    else if (str_ieq(type, "DATE") && text && strlen(text) == 10 && time_parse_us(text, &ret->i) == 0)
        *ret = (struct engine_value){.type = ENGINE_DATE, .i = (ret->i - (ret->i < 0 ? 86399999999 : 0)) / 86400000000};
    else {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
            known = known || str_ieq(type, types[i]);
        const char *near = known ? NULL : nearest_name(type, types, ARRAY_LEN(types));
        bad_param(name, known ? arena_printf(a, "is not a %.64s", type) : arena_printf(a, "has the unknown type '%.64s'", type), err);
        if (near)
            error_hint(err, "did you mean %s?", near);
        return ERROR_INVALID;
    }
    return 0;
}

static int one_param(const char *name, yyjson_val *v, struct arena *a, struct engine_value *ret, struct error *err)
{
    switch (yyjson_get_type(v)) {
    case YYJSON_TYPE_NULL:
        *ret = (struct engine_value){.type = ENGINE_NULL};
        return 0;
    case YYJSON_TYPE_BOOL:
        *ret = (struct engine_value){.type = ENGINE_BOOL, .b = yyjson_get_bool(v)};
        return 0;
    case YYJSON_TYPE_NUM:
        if (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX)
            return bad_param(name, "is larger than a BIGINT", err);
        *ret = yyjson_is_int(v) ? (struct engine_value){.type = ENGINE_I64, .i = yyjson_get_sint(v)}
                                : (struct engine_value){.type = ENGINE_F64, .f = yyjson_get_real(v)};
        return 0;
    case YYJSON_TYPE_STR:
        *ret = (struct engine_value){.type = ENGINE_TEXT, .text = yyjson_get_str(v)};
        return 0;
    case YYJSON_TYPE_OBJ: {
        yyjson_val *type = yyjson_obj_get(v, "type");
        if (!yyjson_is_str(type))
            return bad_param(name, "is an object without \"type\"", err);
        return typed_param(name, yyjson_get_str(type), yyjson_obj_get(v, "value"), a, ret, err);
    }
    default:
        return bad_param(name, "is a list; a value or {\"type\", \"value\"} is taken", err);
    }
}

int statement_params(yyjson_val *object, struct arena *a, struct engine_param **ret, size_t *ret_count, struct error *err)
{
    struct engine_param *params = arena_alloc(a, (yyjson_obj_size(object) + 1) * sizeof(*params));
    size_t i, n, count = 0;
    yyjson_val *key, *v;
    yyjson_obj_foreach(object, i, n, key, v)
    {
        params[count].name = yyjson_get_str(key);
        if (yyjson_is_str(v) && strlen(yyjson_get_str(v)) != yyjson_get_len(v))
            return bad_param(params[count].name, "holds a zero byte", err);
        int rc = one_param(params[count].name, v, a, &params[count].value, err);
        if (rc)
            return rc;
        count++;
    }
    *ret = params;
    *ret_count = count;
    return 0;
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

int handle_query(struct request *rq, struct error *err)
{
    struct semantic_request q = {.sql = arg_text(rq, "sql"),
                                 .max_rows = arg_int(rq, "max_rows"),
                                 .timeout_ms = arg_int(rq, "timeout_ms"),
                                 .show = arg_text(rq, "show_sql"),
                                 .engine = arg_text(rq, "engine")};
    const char *name = arg_text(rq, "format");
    bool envelope = str_eq(name, "envelope");
    enum semantic_format format = FORMAT_JSON;
    struct engine_param *params = NULL;
    int rc = statement_params(arg_json(rq, "params"), rq->arena, &params, &q.param_count, err);
    if (!rc && !envelope)
        rc = semantic_format_parse(name, &format, err);
    if (rc)
        return rc;
    q.params = params;
    struct semantic_result *result;
    rc = semantic_query(rq->owner->core.semantic, &rq->principal, &q, &rq->cancel, &result, err);
    if (rc)
        return rc;
    rq->status = 200;
    rq->type = envelope ? "application/json" : semantic_format_type(format);
    rc = envelope ? semantic_write_envelope(result, NULL, reply_put, rq, err)
                  : semantic_write(semantic_stream(result), format, reply_put, rq, err);
    if (!rc && semantic_truncated(result))
        reply_truncated(rq);
    semantic_result_free(result);
    return rc;
}

/* The name is resolved and found open to the principal before it stands in a statement. */
int handle_table_rows(struct request *rq, struct error *err)
{
    struct semantic_column *columns;
    size_t count;
    const char *table = arg_text(rq, "table");
    int rc = semantic_columns(rq->owner->core.semantic, &rq->principal, table, rq->arena, &columns, &count, err);
    if (rc)
        return rc;
    struct buf sql CLEANUP(buf_free);
    buf_init(&sql, 65536);
    buf_puts(&sql, "SELECT * FROM `");
    for (const char *p = table; *p; p++) {
        if (*p == '.')
            buf_puts(&sql, "`.`");
        else if (*p == '`')
            buf_puts(&sql, "``");
        else
            buf_putc(&sql, *p);
    }
    buf_printf(&sql, "` LIMIT %lld OFFSET %lld", (long long)arg_int(rq, "limit"), (long long)arg_int(rq, "offset"));
    struct semantic_request q = {.sql = sql.data};
    struct semantic_result *result;
    rc = semantic_query(rq->owner->core.semantic, &rq->principal, &q, &rq->cancel, &result, err);
    if (rc)
        return rc;
    rq->status = 200;
    rq->type = "application/json";
    rc = semantic_write_envelope(result, NULL, reply_put, rq, err);
    semantic_result_free(result);
    return rc;
}
