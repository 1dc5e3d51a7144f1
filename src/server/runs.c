#include <stdlib.h>

#include "server/private.h"

/* ---- runs as JSON ------------------------------------------------------------------------------------------ */

void run_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct state_run *r)
{
    yyjson_mut_obj_add_sint(d, o, "id", r->id);
    server_put_text(d, o, "kind", r->kind);
    server_put_text(d, o, "state", run_state_name(r->state));
    server_put_text(d, o, "requested_by", r->requested_by);
    server_put_time(d, o, "created_at", r->created_us);
    server_put_time(d, o, "started_at", r->started_us);
    server_put_time(d, o, "ended_at", r->ended_us);
    server_put_text(d, o, "error", r->error);
}

static void put_steps(yyjson_mut_doc *d, yyjson_mut_val *root, const struct state_step *steps, size_t count)
{
    yyjson_mut_val *list = server_put_array(d, root, "steps");
    for (size_t i = 0; i < count; i++) {
        const struct state_step *s = &steps[i];
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        yyjson_mut_obj_add_sint(d, o, "seq", s->seq);
        server_put_text(d, o, "name", s->name);
        server_put_text(d, o, "state", run_state_name(s->state));
        server_put_time(d, o, "started_at", s->started_us);
        server_put_time(d, o, "ended_at", s->ended_us);
        yyjson_mut_obj_add_sint(d, o, "rows_in", s->rows_in);
        yyjson_mut_obj_add_sint(d, o, "rows_changed", s->rows_changed);
        yyjson_mut_obj_add_sint(d, o, "rows_rejected", s->rows_rejected);
        server_put_text(d, o, "error", s->error);
    }
}

int handle_runs(struct request *rq, struct error *err)
{
    struct state_run *runs;
    size_t count;
    int rc = state_runs(rq->owner->core.state, arg_int(rq, "before"), (size_t)arg_int(rq, "limit"), rq->arena, &runs, &count, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL), *list = server_put_array(d, root, "runs");
    for (size_t i = 0; i < count; i++)
        run_put(d, server_put_object(d, list, NULL), &runs[i]);
    yyjson_mut_obj_add_uint(d, root, "count", count);
    reply_json(rq, 200, d);
    return 0;
}

int handle_run(struct request *rq, struct error *err)
{
    struct state_run run;
    struct state_step *steps;
    size_t count;
    int rc = state_run_get(rq->owner->core.state, arg_int(rq, "id"), rq->arena, &run, err);
    if (!rc)
        rc = state_steps(rq->owner->core.state, run.id, rq->arena, &steps, &count, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    run_put(d, root, &run);
    put_steps(d, root, steps, count);
    reply_json(rq, 200, d);
    return 0;
}

/* ---- changes -------------------------------------------------------------------------------------------------- */

int audit_change(struct request *rq, const char *object, struct error *err)
{
    struct state_audit entry = {
        .at_us = clock_real_us(),
        .user = rq->principal.user,
        .action = arena_printf(rq->arena, "%s %s", rq->route->method, rq->route->path),
        .object = object,
        .allowed = true,
    };
    return state_audit_add(rq->owner->core.state, &entry, true, err);
}

/* A table of the catalogue, with or without its schema. */
static int check_table(struct request *rq, const char *name, struct error *err)
{
    const struct pack_catalogue *c = rq->owner->core.catalogue;
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    for (size_t i = 0; i < c->object_count; i++) {
        const struct pack_object *o = c->objects[i];
        size_t n = dot ? (size_t)(dot - name) : 0;
        if (str_ieq(o->name, last) && (!dot || (strlen(o->schema) == n && strncasecmp(o->schema, name, n) == 0)))
            return 0;
    }
    error_set(err, ERROR_NOT_FOUND, "there is no table '%.200s'", name);
    error_hint_near(err, pack_nearest(c, last, rq->arena), NULL);
    return ERROR_NOT_FOUND;
}

int handle_run_start(struct request *rq, struct error *err)
{
    yyjson_val *list = arg_json(rq, "only");
    struct schedule_request q = {
        .kind = arg_text(rq, "kind"), .requested_by = rq->principal.user, .full = arg_bool(rq, "full"), .as_of_us = arg_int(rq, "as_of")};
    const char **only = arena_alloc(rq->arena, (yyjson_arr_size(list) + 1) * sizeof(*only));
    int rc = 0;
    for (size_t i = 0; i < yyjson_arr_size(list) && !rc; i++) {
        only[q.only_count++] = yyjson_get_str(yyjson_arr_get(list, i));
        rc = check_table(rq, only[i], err);
    }
    q.only = q.only_count ? only : NULL;
    int64_t id;
    if (!rc)
        rc = audit_change(rq, q.kind, err);
    if (!rc)
        rc = schedule_start(rq->owner->core.schedule, &q, &id, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_obj_add_sint(d, server_put_object(d, NULL, NULL), "run_id", id);
    reply_header(rq, "Location", arena_printf(rq->arena, "/api/v1/runs/%lld", (long long)id));
    reply_json(rq, 202, d);
    return 0;
}

int handle_run_cancel(struct request *rq, struct error *err)
{
    int64_t id = arg_int(rq, "id");
    int rc = audit_change(rq, arena_printf(rq->arena, "%lld", (long long)id), err);
    if (!rc)
        rc = schedule_cancel(rq->owner->core.schedule, id, err);
    return rc ? rc : reply_done(rq, 202, "the run is being cancelled");
}

int handle_run_events(struct request *rq, struct error *err)
{
    struct state_run run;
    const char *last = request_header(rq, "Last-Event-ID");
    int64_t after = arg_int(rq, "after");
    int rc = state_run_get(rq->owner->core.state, arg_int(rq, "id"), rq->arena, &run, err);
    if (rc)
        return rc;
    if (last && !arg_given(rq, "after") && (str_to_i64(last, &after) != 0 || after < 0)) {
        error_set(err, ERROR_INVALID, "the header Last-Event-ID is '%.64s', not the number of an event", last);
        error_where(err, "header Last-Event-ID");
        return ERROR_INVALID;
    }
    rq->status = 200;
    rq->type = "text/event-stream";
    rq->after = after;
    rq->run_id = run.id;
    return 0;
}

/* ---- status ------------------------------------------------------------------------------------------------------ */

extern const char server_sql_findings[], server_sql_findings_open[], server_sql_checks[], server_sql_sources[];

static int put_findings(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, int64_t limit, struct error *err)
{
    const struct engine_param param = {"limit", {.type = ENGINE_I64, .i = limit}};
    const struct engine_stmt s = {.sql = server_sql_findings, .params = &param, .param_count = 1};
    return ops_put_list(rq, d, root, "findings", &s, err);
}

static int put_open(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, struct error *err)
{
    struct engine_rows rows;
    int rc = ops_read(rq, ENGINE_SQL(server_sql_findings_open), 1, &rows, err);
    if (!rc)
        yyjson_mut_obj_add_sint(d, root, key, rows.row_count ? rows.values[0].i : 0);
    return rc;
}

static int put_sources(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, struct error *err)
{
    const struct config *config = rq->owner->core.config;
    struct engine_rows rows;
    int rc = ops_read(rq, ENGINE_SQL(server_sql_sources), OPS_MAX_ROWS, &rows, err);
    if (rc)
        return rc;
    yyjson_mut_val *list = server_put_array(d, root, "sources");
    for (size_t s = 0; s < config->source_count && !rq->principal.tenant; s++) {
        yyjson_mut_val *o = server_put_object(d, list, NULL);
        int64_t files = 0, bytes = 0;
        for (size_t i = 0; i < rows.row_count; i++) {
            const struct engine_value *v = rows.values + i * rows.column_count;
            if (!str_eq(v[0].text, config->sources[s].name))
                continue;
            files = v[1].i;
            bytes = v[2].i;
        }
        server_put_text(d, o, "name", config->sources[s].name);
        server_put_text(d, o, "kind", config->sources[s].kind);
        server_put_text(d, o, "path", config->sources[s].path);
        yyjson_mut_obj_add_sint(d, o, "files", files);
        yyjson_mut_obj_add_sint(d, o, "bytes", bytes);
    }
    return 0;
}

static int put_tables(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, struct error *err)
{
    struct table_status status = {0};
    size_t count;
    int rc = table_status_read(rq, &status, err);
    if (!rc)
        rc = tables_put(rq, d, root, &status, &count, err);
    map_free(&status.tables);
    return rc;
}

/* The newest run that has ended and the one that goes on. */
int runs_put_newest(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char *last_key, const char *running_key,
                    struct error *err)
{
    struct state_run *runs;
    size_t count;
    int rc = state_runs(rq->owner->core.state, 0, 10, rq->arena, &runs, &count, err);
    if (rc)
        return rc;
    const struct state_run *last = NULL, *running = NULL;
    for (size_t i = 0; i < count; i++) {
        bool goes_on = runs[i].state == RUN_QUEUED || runs[i].state == RUN_RUNNING;
        if (goes_on && !running)
            running = &runs[i];
        if (!goes_on && !last)
            last = &runs[i];
    }
    if (last)
        run_put(d, server_put_object(d, root, last_key), last);
    else
        yyjson_mut_obj_add_null(d, root, last_key);
    if (running_key && running)
        run_put(d, server_put_object(d, root, running_key), running);
    else if (running_key)
        yyjson_mut_obj_add_null(d, root, running_key);
    return 0;
}

int handle_status(struct request *rq, struct error *err)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "home", rq->owner->home);
    server_put_text(d, root, "version", SECCHI_VERSION);
    int rc = runs_put_newest(rq, d, root, "last_run", "running", err);
    if (!rc)
        rc = put_tables(rq, d, root, err);
    if (!rc)
        rc = put_sources(rq, d, root, err);
    if (!rc)
        rc = put_open(rq, d, root, "findings_open", err);
    if (!rc)
        rc = put_findings(rq, d, root, 50, err);
    if (!rc)
        rc = ops_put_list(rq, d, root, "checks", ENGINE_SQL(server_sql_checks), err);
    if (rc) {
        yyjson_mut_doc_free(d);
        return rc;
    }
    reply_json(rq, 200, d);
    return 0;
}

int handle_findings(struct request *rq, struct error *err)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    int rc = put_findings(rq, d, root, arg_int(rq, "limit"), err);
    if (!rc)
        rc = put_open(rq, d, root, "count", err);
    if (rc) {
        yyjson_mut_doc_free(d);
        return rc;
    }
    reply_json(rq, 200, d);
    return 0;
}
