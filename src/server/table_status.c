#include <stdlib.h>

#include "server/private.h"

/* How tables fare: what the bookkeeping of the warehouse tells. Nothing here counts rows of a table: the numbers were written by the
 * refresh that changed it. */

extern const char server_sql_table_status[], server_sql_table_steps[], server_sql_table_findings[], server_sql_table_quarantine[];

#define MAX_STEPS 50
#define MAX_FINDINGS 100

/* ---- all tables ------------------------------------------------------------------------------------------------ */

static const char *key_of(struct arena *a, const char *layer, const char *table) { return arena_printf(a, "%s.%s", layer, table); }

int table_status_read(struct request *rq, struct table_status *ret, struct error *err)
{
    int rc = ops_read(rq, ENGINE_SQL(server_sql_table_status), OPS_MAX_ROWS, &ret->rows, err);
    for (size_t i = 0; i < ret->rows.row_count && !rc; i++) {
        struct engine_value *v = ret->rows.values + i * ret->rows.column_count;
        map_set(&ret->tables, key_of(rq->arena, v[0].text, v[1].text), v);
    }
    return rc;
}

/* The columns: layer, table, quarantined, findings, loaded_at, and those of the newest step, if any is known. */
void table_status_put(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *o, const struct table_status *status,
                      const struct semantic_table *t)
{
    enum { FIRST = 2, STEP = 5 };
    const struct engine_rows *rows = &status->rows;
    const struct engine_value *v = map_get(&status->tables, key_of(rq->arena, t->layer, t->name));
    if (v) {
        ops_put(d, o, rows->columns + FIRST, v + FIRST, STEP - FIRST);
    } else {
        yyjson_mut_obj_add_sint(d, o, "quarantined", 0);
        yyjson_mut_obj_add_sint(d, o, "findings", 0);
        yyjson_mut_obj_add_null(d, o, "loaded_at");
    }
    if (v && v[STEP].type != ENGINE_NULL)
        ops_put(d, server_put_object(d, o, "step"), rows->columns + STEP, v + STEP, rows->column_count - STEP);
    else
        yyjson_mut_obj_add_null(d, o, "step");
}

/* ---- one table ----------------------------------------------------------------------------------------------------- */

static int put_steps(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    const struct engine_param params[] = {{"layer", {.type = ENGINE_TEXT, .text = t->layer}},
                                          {"table", {.type = ENGINE_TEXT, .text = t->name}},
                                          {"limit", {.type = ENGINE_I64, .i = MAX_STEPS}}};
    const struct engine_stmt s = {.sql = server_sql_table_steps, .params = params, .param_count = ARRAY_LEN(params)};
    return ops_put_list(rq, d, root, "steps", &s, err);
}

static int put_findings(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    const struct engine_param params[] = {{"table", {.type = ENGINE_TEXT, .text = t->name}},
                                          {"limit", {.type = ENGINE_I64, .i = MAX_FINDINGS}}};
    const struct engine_stmt s = {.sql = server_sql_table_findings, .params = params, .param_count = ARRAY_LEN(params)};
    return ops_put_list(rq, d, root, "open_findings", &s, err);
}

/* The columns: reason, rows of it, and those of a sample. */
static int put_quarantine(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct semantic_table *t, struct error *err)
{
    enum { SAMPLE = 2 };
    struct engine_rows rows = {0};
    bool has = str_eq(t->layer, "bronze") && !t->is_view;
    const struct sql_place table = {"table", sql_backtick(rq->arena, t->name)};
    const char *sql = sql_template(rq->arena, server_sql_table_quarantine, &table, 1);
    int rc = has ? ops_read(rq, ENGINE_SQL(sql), OPS_MAX_ROWS, &rows, err) : 0;
    yyjson_mut_val *list = server_put_array(d, root, "quarantine"), *samples = NULL;
    const char *reason = NULL;
    for (size_t i = 0; i < rows.row_count && !rc; i++) {
        const struct engine_value *v = rows.values + i * rows.column_count;
        const char *why = v[0].type == ENGINE_NULL ? NULL : v[0].text;
        if (!samples || !str_eq(reason, why)) {
            yyjson_mut_val *group = server_put_object(d, list, NULL);
            ops_put(d, group, rows.columns, v, SAMPLE);
            samples = server_put_array(d, group, "samples");
            reason = why;
        }
        ops_put(d, server_put_object(d, samples, NULL), rows.columns + SAMPLE, v + SAMPLE, rows.column_count - SAMPLE);
    }
    return rc;
}

int handle_table_status(struct request *rq, struct error *err)
{
    const struct semantic_table *t;
    struct table_status status = {0};
    int rc = table_find(rq, arg_text(rq, "table"), &t, err);
    if (!rc)
        rc = table_status_read(rq, &status, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    table_put(d, root, t);
    table_status_put(rq, d, root, &status, t);
    map_free(&status.tables);
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
