#include <stdlib.h>

#include "server/private.h"

/* How tables fare: what the bookkeeping of the warehouse tells. Nothing here counts rows of a table: the numbers were written by the
 * refresh that changed it. */

extern const char server_sql_table_status[], server_sql_table_steps[], server_sql_table_findings[], server_sql_table_quarantine[];

#define MAX_ROWS 10000
#define MAX_STEPS 50
#define MAX_FINDINGS 100

/* ---- reading the books --------------------------------------------------------------------------------------- */

int ops_read(struct request *rq, const char *sql, const struct engine_param *params, size_t count, struct engine_rows *ret,
             struct error *err)
{
    struct engine_stmt stmt = {.sql = sql, .params = params, .param_count = count};
    struct engine_conn *c;
    int rc = engine_connect(rq->owner->core.engine, ENGINE_READ, &rq->cancel, &c, err);
    if (rc)
        return rc;
    rc = engine_rows(c, &stmt, MAX_ROWS, rq->arena, ret, err);
    engine_disconnect(c);
    return rc;
}

const char *ops_text(const struct engine_value *v) { return v->type == ENGINE_TEXT || v->type == ENGINE_OTHER ? v->text : NULL; }

int64_t ops_number(const struct engine_value *v)
{
    int64_t n = 0;
    if (v->type == ENGINE_I64 || v->type == ENGINE_TIMESTAMP)
        return v->i;
    return ops_text(v) && str_to_i64(ops_text(v), &n) == 0 ? n : 0; /* sums are DECIMAL */
}

/* ---- all tables ------------------------------------------------------------------------------------------------ */

static const char *key_of(struct arena *a, const char *layer, const char *table) { return arena_printf(a, "%s.%s", layer, table); }

/* Numbers follow state: run_id, .., rows_rejected; null while no step is known. */
static void put_numbers(yyjson_mut_doc *d, yyjson_mut_val *o, const struct engine_value *rows)
{
    static const char *const names[] = {"rows_in", "rows_changed", "rows_rejected"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (rows[i].type == ENGINE_NULL)
            yyjson_mut_obj_add_null(d, o, names[i]);
        else
            yyjson_mut_obj_add_sint(d, o, names[i], ops_number(&rows[i]));
    }
}

static void put_took(yyjson_mut_doc *d, yyjson_mut_val *o, const struct engine_value *started, const struct engine_value *ended)
{
    server_put_time(d, o, "started_at", ops_number(started));
    server_put_time(d, o, "ended_at", ops_number(ended));
    if (started->type == ENGINE_TIMESTAMP && ended->type == ENGINE_TIMESTAMP)
        yyjson_mut_obj_add_real(d, o, "duration_s", (double)(ended->i - started->i) / 1e6);
    else
        yyjson_mut_obj_add_null(d, o, "duration_s");
}

int table_status_read(struct request *rq, struct map *ret, struct error *err)
{
    struct engine_rows rows = {0};
    /* What concerns all is not a tenant's business. */
    int rc = rq->principal.tenant ? 0 : ops_read(rq, server_sql_table_status, NULL, 0, &rows, err);
    for (size_t i = 0; i < rows.row_count && !rc; i++) {
        struct engine_value *v = rows.values + i * rows.column_count;
        map_set(ret, key_of(rq->arena, ops_text(&v[0]), ops_text(&v[1])), v);
    }
    return rc;
}

void table_status_put(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *o, const struct map *status, const struct semantic_table *t)
{
    const struct engine_value *v = map_get(status, key_of(rq->arena, t->layer, t->name));
    yyjson_mut_obj_add_sint(d, o, "quarantined", v ? ops_number(&v[11]) : 0);
    yyjson_mut_obj_add_sint(d, o, "findings", v ? ops_number(&v[12]) : 0);
    server_put_time(d, o, "loaded_at", v ? ops_number(&v[10]) : 0);
    if (!v || v[3].type == ENGINE_NULL) {
        yyjson_mut_obj_add_null(d, o, "step");
        return;
    }
    yyjson_mut_val *step = server_put_object(d, o, "step");
    yyjson_mut_obj_add_sint(d, step, "run_id", ops_number(&v[2]));
    server_put_text(d, step, "state", ops_text(&v[3]));
    put_took(d, step, &v[4], &v[5]);
    put_numbers(d, step, &v[6]);
    server_put_text(d, step, "error", ops_text(&v[9]));
}

/* ---- one table ----------------------------------------------------------------------------------------------------- */

static int put_steps(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    const struct engine_param params[] = {{"layer", {.type = ENGINE_TEXT, .text = t->layer}},
                                          {"table", {.type = ENGINE_TEXT, .text = t->name}},
                                          {"limit", {.type = ENGINE_I64, .i = MAX_STEPS}}};
    struct engine_rows rows = {0};
    int rc = rq->principal.tenant ? 0 : ops_read(rq, server_sql_table_steps, params, ARRAY_LEN(params), &rows, err);
    yyjson_mut_val *list = server_put_array(d, root, "steps");
    for (size_t i = 0; i < rows.row_count && !rc; i++) {
        const struct engine_value *v = rows.values + i * rows.column_count;
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        yyjson_mut_obj_add_sint(d, o, "run_id", ops_number(&v[0]));
        yyjson_mut_obj_add_sint(d, o, "seq", ops_number(&v[1]));
        server_put_text(d, o, "state", ops_text(&v[2]));
        put_took(d, o, &v[3], &v[4]);
        put_numbers(d, o, &v[5]);
        server_put_text(d, o, "error", ops_text(&v[8]));
    }
    return rc;
}

static int put_findings(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    const struct engine_param params[] = {{"table", {.type = ENGINE_TEXT, .text = t->name}},
                                          {"limit", {.type = ENGINE_I64, .i = MAX_FINDINGS}}};
    struct engine_rows rows = {0};
    int rc = rq->principal.tenant ? 0 : ops_read(rq, server_sql_table_findings, params, ARRAY_LEN(params), &rows, err);
    yyjson_mut_val *list = server_put_array(d, root, "open_findings");
    for (size_t i = 0; i < rows.row_count && !rc; i++) {
        const struct engine_value *v = rows.values + i * rows.column_count;
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        yyjson_mut_obj_add_sint(d, o, "run_id", ops_number(&v[0]));
        server_put_time(d, o, "at", ops_number(&v[1]));
        server_put_text(d, o, "kind", ops_text(&v[2]));
        server_put_text(d, o, "severity", ops_text(&v[3]));
        server_put_text(d, o, "source", ops_text(&v[4]));
        server_put_text(d, o, "file", ops_text(&v[5]));
        server_put_text(d, o, "text", ops_text(&v[6]));
    }
    return rc;
}

/* The name is one of the catalogue; a backtick in it would be a mistake there, and is doubled all the same. */
static const char *with_table(struct arena *a, const char *sql, const char *table)
{
    struct buf b CLEANUP(buf_free);
    const char *at = strstr(sql, "{table}");
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_add(&b, sql, (size_t)(at - sql));
    for (const char *p = table; *p; p++) {
        if (*p == '`')
            buf_putc(&b, '`');
        buf_putc(&b, *p);
    }
    buf_puts(&b, at + strlen("{table}"));
    return arena_strdup(a, b.data);
}

static int put_quarantine(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    struct engine_rows rows = {0};
    bool has = str_eq(t->layer, "bronze") && !t->is_view && !rq->principal.tenant;
    const char *sql = has ? with_table(rq->arena, server_sql_table_quarantine, t->name) : NULL;
    int rc = has ? ops_read(rq, sql, NULL, 0, &rows, err) : 0;
    yyjson_mut_val *list = server_put_array(d, root, "quarantine"), *samples = NULL;
    const char *reason = NULL;
    for (size_t i = 0; i < rows.row_count && !rc; i++) {
        const struct engine_value *v = rows.values + i * rows.column_count;
        if (!samples || !str_eq(reason, ops_text(&v[0]))) {
            yyjson_mut_val *group = server_put_object(d, list, NULL);
            reason = ops_text(&v[0]);
            server_put_text(d, group, "reason", reason);
            yyjson_mut_obj_add_sint(d, group, "rows", ops_number(&v[1]));
            samples = server_put_array(d, group, "samples");
        }
        yyjson_mut_val *o = server_put_object(d, samples, NULL);
        server_put_time(d, o, "rejected_at", ops_number(&v[2]));
        server_put_text(d, o, "source", ops_text(&v[3]));
        server_put_text(d, o, "file", ops_text(&v[4]));
        yyjson_mut_obj_add_sint(d, o, "place", ops_number(&v[5]));
        server_put_text(d, o, "row", ops_text(&v[6]));
    }
    return rc;
}

int handle_table_status(struct request *rq, struct error *err)
{
    const struct semantic_table *t;
    struct map status = {0};
    int rc = table_find(rq, arg_text(rq, "table"), &t, err);
    if (!rc)
        rc = table_status_read(rq, &status, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    table_put(d, root, t);
    table_status_put(rq, d, root, &status, t);
    map_free(&status);
    rc = put_findings(rq, d, root, t, err);
    if (!rc)
        rc = put_quarantine(rq, d, root, t, err);
    if (!rc)
        rc = put_steps(rq, d, root, t, err);
    if (rc) {
        yyjson_mut_doc_free(d);
        return rc;
    }
    reply_json(rq, 200, d);
    return 0;
}
