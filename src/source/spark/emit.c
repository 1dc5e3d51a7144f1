#include "source/spark/emit.h"

#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

#include "source/spark/spark.h"

#define MS_MAX INT64_C(253402300799999) /* end of the year 9999 */
#define TEXT_MAX (64u << 20)

void emit_init(struct emit *e, struct engine_conn *c, const char *log, struct error *err)
{
    *e = (struct emit){.conn = c, .log = log, .log_len = strlen(log), .scratch = arena_new(), .err = err};
    buf_init(&e->text, TEXT_MAX);
}

static void free_all(struct emit *e)
{
    arena_free(e->scratch);
    e->scratch = NULL;
    buf_free(&e->text);
}

int emit_finish(struct emit *e)
{
    for (int t = 0; t < SPARK_TABLE_COUNT; t++) {
        struct engine_loader *l = e->loaders[t];
        e->loaders[t] = NULL;
        if (!l)
            continue;
        if (e->status)
            engine_load_abort(l);
        else
            e->status = engine_load_end(l, e->err);
    }
    free_all(e);
    return e->status;
}

void emit_abort(struct emit *e)
{
    for (int t = 0; t < SPARK_TABLE_COUNT; t++)
        engine_load_abort(e->loaders[t]);
    free_all(e);
}

struct engine_loader *emit_row(struct emit *e, enum spark_table table)
{
    if (e->status)
        return NULL;
    if (!e->loaders[table]) {
        e->status = engine_load_begin(e->conn, SPARK_SCHEMA, spark_tables[table].name, &e->loaders[table], e->err);
        if (e->status)
            return NULL;
    }
    struct engine_loader *l = e->loaders[table];
    engine_load_text(l, SPARK_C_LOG, e->log, e->log_len);
    engine_load_i64(l, SPARK_C_LINE_OFFSET, e->position);
    return l;
}

void emit_row_end(struct emit *e, struct engine_loader *l)
{
    if (e->status)
        return;
    e->status = engine_load_row(l, e->err);
    e->rows++;
}

void put_str(struct engine_loader *l, unsigned column, const char *s)
{
    if (s)
        engine_load_text(l, column, s, strlen(s));
}

void put_text(struct engine_loader *l, unsigned column, yyjson_val *v) { put_text_max(l, column, v, TEXT_MAX); }

void put_text_max(struct engine_loader *l, unsigned column, yyjson_val *v, size_t max)
{
    if (yyjson_is_str(v)) {
        const char *s = yyjson_get_str(v);
        size_t len = yyjson_get_len(v);
        if (len > max) { /* cut between characters */
            len = max;
            while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
                len--;
        }
        engine_load_text(l, column, s, len);
        return;
    }
    int64_t i;
    if (yyjson_is_num(v) && val_i64(v, &i)) {
        char text[24];
        int len = snprintf(text, sizeof(text), "%lld", (long long)i);
        engine_load_text(l, column, text, (size_t)len);
    }
}

static bool text_i64(const char *s, int64_t *ret) { return *s && str_to_i64(s, ret) == 0; }

bool val_i64(yyjson_val *v, int64_t *ret)
{
    if (yyjson_is_sint(v)) {
        *ret = yyjson_get_sint(v);
        return true;
    }
    if (yyjson_is_uint(v)) {
        if (yyjson_get_uint(v) > INT64_MAX)
            return false;
        *ret = (int64_t)yyjson_get_uint(v);
        return true;
    }
    if (yyjson_is_real(v)) {
        double d = yyjson_get_real(v);
        if (!(fabs(d) < 9.2e18) || d != floor(d))
            return false;
        *ret = (int64_t)d;
        return true;
    }
    return yyjson_is_str(v) && text_i64(yyjson_get_str(v), ret);
}

void put_int(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    int64_t i;
    if (val_i64(v, &i))
        engine_load_i64(l, column, i);
}

void put_int32(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    int64_t i;
    if (val_i64(v, &i) && i >= INT32_MIN && i <= INT32_MAX)
        engine_load_i64(l, column, i);
}

void put_double(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    double d = 0;
    if (yyjson_is_num(v))
        d = yyjson_get_num(v);
    else if (!yyjson_is_str(v) || str_to_f64(yyjson_get_str(v), &d) != 0)
        return;
    if (isfinite(d))
        engine_load_f64(l, column, d);
}

void put_bool(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    if (yyjson_is_bool(v))
        engine_load_bool(l, column, yyjson_get_bool(v));
}

void put_ms(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    int64_t ms;
    if (val_i64(v, &ms) && ms > 0 && ms <= MS_MAX)
        engine_load_i64(l, column, ms * 1000);
}

void put_json(struct engine_loader *l, unsigned column, yyjson_val *v)
{
    if (!v || yyjson_is_null(v))
        return;
    size_t len = 0;
    char *text CLEANUP(free_ptr) = yyjson_val_write(v, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &len);
    if (text)
        engine_load_text(l, column, text, len);
}
