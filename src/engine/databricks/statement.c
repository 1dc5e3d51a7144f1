/* A statement from its request to its end, and the chunks of its result. */
#include "engine/databricks/databricks.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#define POLL_FIRST_MS 20
#define POLL_MOST_MS 2000
#define CANCEL_MS 15000 /* how long the end of a cancelled statement is waited for */
#define CANCEL_AGAIN_MS 3000
#define LINK_TRIES 4

static const char *text_of(yyjson_val *object, const char *key) { return yyjson_get_str(yyjson_obj_get(object, key)); }

/* ---- the request ---------------------------------------------------------------------------------------------------- */

static void put_value(struct buf *b, const struct engine_value *v)
{
    char text[64];
    switch (v->type) {
    case ENGINE_BOOL:
        buf_puts(b, v->b ? "\"true\"" : "\"false\"");
        return;
    case ENGINE_I64:
        buf_printf(b, "\"%" PRId64 "\"", v->i);
        return;
    case ENGINE_F64:
        if (isfinite(v->f))
            buf_printf(b, "\"%.17g\"", v->f);
        else
            buf_puts(b, isnan(v->f) ? "\"NaN\"" : v->f > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    case ENGINE_TIMESTAMP:
        buf_put_json(b, time_format_us(v->i, text));
        return;
    case ENGINE_DATE:
        time_format_us(v->i * 86400000000, text);
        *strchr(text, 'T') = '\0';
        buf_put_json(b, text);
        return;
    default:
        buf_put_json(b, v->text);
        return;
    }
}

static void put_param(struct buf *b, const struct engine_param *p)
{
    static const char *const types[] = {
        [ENGINE_BOOL] = "BOOLEAN",        [ENGINE_I64] = "BIGINT", [ENGINE_F64] = "DOUBLE",  [ENGINE_TEXT] = "STRING",
        [ENGINE_TIMESTAMP] = "TIMESTAMP", [ENGINE_DATE] = "DATE",  [ENGINE_OTHER] = "STRING"};
    buf_puts(b, "{\"name\":");
    buf_put_json(b, p->name);
    if (p->value.type != ENGINE_NULL) {
        buf_printf(b, ",\"type\":\"%s\",\"value\":", types[p->value.type]);
        put_value(b, &p->value);
    }
    buf_putc(b, '}');
}

static void put_request(struct buf *b, const struct dbx_request *q, const char *warehouse, bool links)
{
    buf_puts(b, "{\"warehouse_id\":");
    buf_put_json(b, warehouse);
    buf_puts(b, ",\"statement\":");
    buf_put_json(b, q->sql);
    if (q->catalog) {
        buf_puts(b, ",\"catalog\":");
        buf_put_json(b, q->catalog);
    }
    for (size_t i = 0; i < q->param_count; i++) {
        buf_puts(b, i ? "," : ",\"parameters\":[");
        put_param(b, &q->params[i]);
    }
    if (q->param_count)
        buf_putc(b, ']');
    /* The answer with the name of the statement comes at once, so that it can be cancelled from then on. */
    buf_printf(b, ",\"wait_timeout\":\"0s\",\"disposition\":\"%s\",\"format\":\"%s\"}", links ? "EXTERNAL_LINKS" : "INLINE",
               links ? "ARROW_STREAM" : "JSON_ARRAY");
}

/* ---- failures -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *word; /* an error code of the service, a SQLSTATE or its class */
    enum error_kind kind;
} kinds[] = {
    {"42P01", ERROR_NOT_FOUND},
    {"42704", ERROR_NOT_FOUND},
    {"42883", ERROR_NOT_FOUND},
    {"42703", ERROR_NOT_FOUND},
    {"42501", ERROR_FORBIDDEN},
    {"NOT_FOUND", ERROR_NOT_FOUND},
    {"CANCELLED", ERROR_INTERRUPTED},
    {"DEADLINE_EXCEEDED", ERROR_LIMIT},
    {"RESOURCE_EXHAUSTED", ERROR_LIMIT},
    {"UNAUTHENTICATED", ERROR_DENIED},
    {"IO_ERROR", ERROR_IO},
    {"TEMPORARILY_UNAVAILABLE", ERROR_UNAVAILABLE},
    {"SERVICE_UNDER_MAINTENANCE", ERROR_UNAVAILABLE},
    {"WORKSPACE_TEMPORARILY_UNAVAILABLE", ERROR_UNAVAILABLE},
};

static enum error_kind kind_of(const char *code, const char *state, const char *message)
{
    if (strstr(message, "[INSUFFICIENT_PERMISSIONS") || strstr(message, "PERMISSION_DENIED"))
        return ERROR_FORBIDDEN;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(state, kinds[i].word) || str_eq(code, kinds[i].word))
            return kinds[i].kind;
    return ERROR_ENGINE;
}

/* "... line 3 pos 14" and "(line 3, pos 14)": pos counts from 0. */
static bool place_of(const char *message, unsigned long *ret_line, unsigned long *ret_column)
{
    for (const char *at = message; (at = strstr(at, "line ")) != NULL; at++) {
        char *rest;
        unsigned long line = strtoul(at + 5, &rest, 10);
        if (rest == at + 5)
            continue;
        rest += strspn(rest, ", ");
        if (!str_starts(rest, "pos "))
            continue;
        *ret_line = line;
        *ret_column = strtoul(rest + 4, NULL, 10) + 1;
        return true;
    }
    return false;
}

static int failed(yyjson_val *status, struct error *err)
{
    yyjson_val *e = yyjson_obj_get(status, "error");
    const char *message = text_of(e, "message"), *code = text_of(e, "error_code"), *state = text_of(status, "sql_state");
    unsigned long line, column;
    message = message ? message : "the service does not say why the statement failed";
    enum error_kind kind = kind_of(code ? code : "", state ? state : "", message);
    size_t len = strcspn(message, "\n");
    error_set(err, kind, "%.*s", (int)(len < 900 ? len : 900), message);
    for (char *p = err ? err->what : NULL; p && *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    if (place_of(message, &line, &column))
        error_where(err, "%lu:%lu", line, column);
    return (int)kind;
}

/* ---- to the end -------------------------------------------------------------------------------------------------------- */

enum progress { GOES_ON, ENDED };

static enum progress progress_of(yyjson_val *root, const char **ret_state)
{
    const char *state = text_of(yyjson_obj_get(root, "status"), "state");
    *ret_state = state ? state : "no state";
    if (str_eq(state, "PENDING") || str_eq(state, "RUNNING"))
        return GOES_ON;
    return ENDED;
}

/* The service may take a request to cancel and do nothing, so the end is looked for, and it is asked again. */
static void cancel(struct dbx_wire *w, const char *id)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *path = arena_printf(a, "/api/2.0/sql/statements/%s", id), *order = arena_printf(a, "%s/cancel", path), *state;
    int64_t begun = clock_mono_ns(), asked = 0;
    struct error why = {0};
    bool ended = false;
    dbx_wire_deaf(w, true);
    while (!ended && clock_mono_ns() - begun < (int64_t)CANCEL_MS * 1000000) {
        yyjson_doc *doc = NULL;
        if (!asked || clock_mono_ns() - asked > (int64_t)CANCEL_AGAIN_MS * 1000000) {
            asked = clock_mono_ns();
            if (dbx_call(w, "POST", order, "{}", DBX_ANY, &doc, &why))
                break;
            yyjson_doc_free(doc);
        }
        if (dbx_call(w, "GET", path, NULL, DBX_ANY, &doc, &why))
            break;
        ended = progress_of(yyjson_doc_get_root(doc), &state) == ENDED;
        yyjson_doc_free(doc);
        if (!ended && dbx_pause(w, 100, &why))
            break;
    }
    dbx_wire_deaf(w, false);
    if (!ended)
        log_write(LOG_WARN, "engine", "statement %s was cancelled, and it is not known whether it has ended: %s", id,
                  why.kind ? why.what : "the service goes on with it");
}

static int take_end(yyjson_doc *doc, const char *state, struct dbx_result *ret, struct error *err)
{
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (str_eq(state, "FAILED"))
        return failed(yyjson_obj_get(root, "status"), err);
    if (str_eq(state, "CANCELED"))
        return error_set(err, ERROR_INTERRUPTED, "the statement was cancelled at the service");
    if (!str_eq(state, "SUCCEEDED"))
        return error_set(err, ERROR_UNAVAILABLE, "the statement ended at the service with state %.40s, its result cannot be fetched",
                         state);
    ret->manifest = yyjson_obj_get(root, "manifest");
    ret->result = yyjson_obj_get(root, "result");
    ret->chunk_count = yyjson_get_sint(yyjson_obj_get(ret->manifest, "total_chunk_count"));
    ret->row_count = yyjson_get_sint(yyjson_obj_get(ret->manifest, "total_row_count"));
    if (yyjson_get_bool(yyjson_obj_get(ret->manifest, "truncated"))) {
        error_set(err, ERROR_LIMIT, "the service cut the result off after %" PRId64 " rows", ret->row_count);
        error_hint(err, "ask for fewer rows at once");
        return ERROR_LIMIT;
    }
    return 0;
}

/* Asks for the state until it is one that lasts. */
static int await(struct dbx_wire *w, struct dbx_result *ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *path = arena_printf(a, "/api/2.0/sql/statements/%s", ret->id), *state;
    int64_t pause = POLL_FIRST_MS;
    while (progress_of(yyjson_doc_get_root(ret->doc), &state) == GOES_ON) {
        yyjson_doc *doc;
        int rc = dbx_pause(w, pause, err);
        if (!rc)
            rc = dbx_call(w, "GET", path, NULL, DBX_ANY, &doc, err);
        if (rc == ERROR_INTERRUPTED)
            cancel(w, ret->id);
        if (rc)
            return rc;
        yyjson_doc_free(ret->doc);
        ret->doc = doc;
        pause = pause * 3 / 2 < POLL_MOST_MS ? pause * 3 / 2 : POLL_MOST_MS;
    }
    return take_end(ret->doc, state, ret, err);
}

/* True when a workspace says that results do not come by links there. */
static bool links_refused(int rc, const struct error *e)
{
    return (rc == ERROR_USAGE || rc == ERROR_DENIED) && (strstr(e->what, "EXTERNAL_LINKS") || strcasestr(e->what, "external links"));
}

static int send(struct dbx_wire *w, const struct dbx_request *q, bool links, yyjson_doc **ret, struct error *err)
{
    struct buf body CLEANUP(buf_free) = {0};
    buf_init(&body, (size_t)LIMIT_SQL_BYTES * 4);
    put_request(&body, q, dbx_client_login(dbx_wire_client(w))->warehouse_id, links);
    if (body.overflow)
        return error_set(err, ERROR_LIMIT, "the statement with its parameters is longer than %u bytes", LIMIT_SQL_BYTES * 4);
    return dbx_call(w, "POST", "/api/2.0/sql/statements", body.data, DBX_ONCE, ret, err);
}

static int start(struct dbx_wire *w, const struct dbx_request *q, struct dbx_result *ret, struct error *err)
{
    struct error why = {0};
    bool links = !q->inline_result;
    int rc = dbx_wire_stopped(w) ? error_set(&why, ERROR_INTERRUPTED, "the statement was interrupted") : send(w, q, links, &ret->doc, &why);
    if (rc && links && links_refused(rc, &why)) {
        why = (struct error){0};
        links = false;
        rc = send(w, q, links, &ret->doc, &why);
    }
    if (rc == ERROR_UNAVAILABLE && strstr(why.what, "does not answer"))
        error_hint(&why, "it is not known whether the statement was taken; it is not sent twice");
    if (rc) {
        if (err)
            *err = why;
        return rc;
    }
    const char *id = text_of(yyjson_doc_get_root(ret->doc), "statement_id");
    if (!id || !*id || strspn(id, "0123456789abcdefABCDEF-") != strlen(id))
        return error_set(err, ERROR_UNAVAILABLE, "the service gave the statement no name");
    ret->arrow = links;
    ret->id = xstrdup(id);
    return 0;
}

int dbx_run(struct dbx_wire *w, const struct dbx_request *q, struct dbx_result *ret, struct error *err)
{
    struct dbx_result r = {.wire = w};
    int rc = start(w, q, &r, err);
    if (!rc)
        rc = await(w, &r, err);
    if (rc) {
        dbx_result_free(&r);
        return rc;
    }
    *ret = r;
    return 0;
}

void dbx_result_free(struct dbx_result *r)
{
    yyjson_doc_free(r->doc);
    free(r->id);
    *r = (struct dbx_result){0};
}

int64_t dbx_result_count(const struct dbx_result *r, const char *column)
{
    yyjson_val *columns = yyjson_obj_get(yyjson_obj_get(r->manifest, "schema"), "columns"), *c;
    yyjson_val *row = yyjson_arr_get_first(yyjson_obj_get(r->result, "data_array"));
    size_t i, n;
    int64_t count;
    yyjson_arr_foreach(columns, i, n, c)
    {
        const char *text = str_ieq(text_of(c, "name"), column) ? yyjson_get_str(yyjson_arr_get(row, i)) : NULL;
        if (text && str_to_i64(text, &count) == 0)
            return count;
    }
    return -1;
}

/* ---- chunks ------------------------------------------------------------------------------------------------------------- */

/* The first one came with the end, unless it is to be asked for anew. */
static int chunk_result(struct dbx_result *r, int64_t index, bool anew, yyjson_doc **ret_doc, yyjson_val **ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    *ret_doc = NULL;
    *ret = r->result;
    if (index == 0 && !anew)
        return 0;
    const char *path = arena_printf(a, "/api/2.0/sql/statements/%s/result/chunks/%" PRId64, r->id, index);
    int rc = dbx_call(r->wire, "GET", path, NULL, DBX_ANY, ret_doc, err);
    if (!rc)
        *ret = yyjson_doc_get_root(*ret_doc);
    else if (rc == ERROR_NOT_FOUND)
        error_hint(err, "the service keeps results for about an hour: run the statement again");
    return rc;
}

int dbx_chunk_rows(struct dbx_result *r, int64_t index, yyjson_doc **ret_doc, yyjson_val **ret_rows, struct error *err)
{
    yyjson_val *result;
    yyjson_doc *doc;
    int rc = chunk_result(r, index, false, &doc, &result, err);
    yyjson_val *rows = rc ? NULL : yyjson_obj_get(result, "data_array");
    if (!rc && !yyjson_is_arr(rows)) {
        rc = error_set(err, ERROR_UNAVAILABLE, "chunk %" PRId64 " of the result has no rows", index);
        yyjson_doc_free(doc);
    }
    if (rc)
        return rc;
    *ret_doc = doc;
    *ret_rows = rows;
    return 0;
}

static bool has_expired(yyjson_val *link)
{
    const char *text = text_of(link, "expiration");
    int64_t at;
    return text && time_parse_us(text, &at) == 0 && at <= clock_real_us();
}

/* What the link of the chunk leads to; *ret_status 0 or an error status: the link is of no use. */
static int follow(struct dbx_result *r, yyjson_val *result, int64_t index, struct buf *ret, long *ret_status, struct error *err)
{
    yyjson_val *links = yyjson_obj_get(result, "external_links"), *link = yyjson_arr_get_first(links);
    const char *url = text_of(link, "external_link");
    *ret_status = 0;
    if (!url)
        return error_set(err, ERROR_UNAVAILABLE, "the service gave no link to chunk %" PRId64 " of the result", index);
    if (yyjson_arr_size(links) != 1 || yyjson_get_sint(yyjson_obj_get(link, "chunk_index")) != index)
        return error_set(err, ERROR_UNAVAILABLE, "the service gave a link to another chunk than %" PRId64, index);
    if (has_expired(link))
        return 0;
    return dbx_fetch(r->wire, url, yyjson_obj_get(link, "http_headers"), ret, ret_status, err);
}

int dbx_chunk_bytes(struct dbx_result *r, int64_t index, struct buf *ret, struct error *err)
{
    long status = 0;
    for (int i = 0; i < LINK_TRIES; i++) {
        yyjson_doc *doc;
        yyjson_val *result;
        int rc = i > 1 ? dbx_pause(r->wire, 200 << i, err) : 0;
        if (!rc)
            rc = chunk_result(r, index, i > 0, &doc, &result, err);
        if (rc)
            return rc;
        rc = follow(r, result, index, ret, &status, err);
        yyjson_doc_free(doc);
        if (rc || status == 200)
            return rc;
    }
    if (status)
        error_set(err, ERROR_UNAVAILABLE, "the storage behind the result refuses chunk %" PRId64 " with status %ld", index, status);
    else
        error_set(err, ERROR_UNAVAILABLE, "the storage behind the result gives no whole chunk %" PRId64, index);
    error_hint(err, "check that this machine may reach the storage of the workspace");
    return ERROR_UNAVAILABLE;
}
