/* Packs, the state store, tokens, readers of CSV, JSON and Delta logs, writers of results, and HTTP requests. */
#include "scenarios.h"

#include <unistd.h>

#include "engine/duckdb/csv.h"
#include "engine/duckdb/delta_log.h"
#include "nanoarrow/nanoarrow_ipc.h"
#include "server/private.h"

/* ---- packs ---------------------------------------------------------------------------------------------------------- */

static int loads_packs(struct error *err)
{
    const char *dirs[] = {getenv("SECCHI_TEST_PACK")};
    struct pack_catalogue *c;
    size_t count = 0;
    int rc = pack_load(dirs, 1, &c, err, 1, &count);
    if (rc)
        return rc;
    for (size_t i = 0; i < c->object_count && i < 60; i++)
        note("%s.%s %zu %zu\n", c->objects[i]->schema, c->objects[i]->name, c->objects[i]->fill_count, c->objects[i]->read_count);
    note("%zu %zu", c->object_count, c->dashboard_count);
    pack_free(c);
    return 0;
}

/* ---- state and access ------------------------------------------------------------------------------------------------- */

static int open_state(struct state **ret, struct error *err)
{
    static const char *const names[] = {"state.db", "state.db-wal", "state.db-shm"};
    char path[512];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", box(), names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/state.db", box());
    return state_open(path, ret, err);
}

static int keeps_runs(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct state_step step = {.seq = 1, .name = "bronze x", .state = RUN_SUCCEEDED, .rows_in = 7};
    struct state_run *runs;
    struct state *s;
    size_t count;
    int rc = open_state(&s, err);
    if (rc)
        return rc;
    rc = state_run_create(s, "refresh", "me", "{}", &step.run_id, err);
    if (!rc)
        rc = state_run_move(s, step.run_id, RUN_RUNNING, NULL, err);
    if (!rc)
        rc = state_step_put(s, &step, err);
    if (!rc)
        rc = state_run_move(s, step.run_id, RUN_FAILED, "no luck", err);
    if (!rc)
        rc = state_runs(s, 0, 10, a, &runs, &count, err);
    if (!rc)
        note("%zu %s %s %s", count, runs[0].kind, run_state_name(runs[0].state), runs[0].error);
    state_close(s);
    return rc;
}

static int keeps_facts_and_audit(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct state_audit entry = {.at_us = 1, .user = "me", .action = "query", .object = "t", .detail = "{}", .allowed = true}, *seen;
    const char *value = NULL;
    struct state *s;
    size_t count = 0;
    int rc = open_state(&s, err);
    if (rc)
        return rc;
    rc = state_put(s, "port", "9000", err);
    if (!rc)
        rc = state_get(s, "port", a, &value, err);
    if (!rc)
        rc = state_audit_add(s, &entry, true, err);
    if (!rc)
        rc = state_audits(s, 10, a, &seen, &count, err);
    if (!rc)
        note("%s %zu %s", value, count, seen[0].action);
    state_close(s);
    return rc;
}

static int knows_tokens(struct error *err)
{
    static const char text[] = "server: {mode: production}\ntenants:\n  acme: {workspaces: ['1', '2']}\n";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct config *config = NULL;
    struct state *s = NULL;
    struct principal p;
    const char *secret;
    char *path = path_join(a, box(), "secchi.yaml");
    int rc = file_write_atomic(path, text, sizeof(text) - 1, 0600, err);
    if (!rc)
        rc = config_load(box(), NULL, 0, &config, err);
    if (!rc)
        rc = open_state(&s, err);
    if (!rc)
        rc = state_token_create(s, "ann", "reader", "acme", 0, a, &secret, err);
    if (!rc)
        rc = access_authenticate(config, s, arena_printf(a, "Bearer %s", secret), false, a, &p, err);
    if (!rc)
        note("%s %s %s %zu", p.user, access_role_name(p.role), p.tenant, p.scope->workspace_count);
    state_close(s);
    config_free(config);
    return rc;
}

/* ---- readers --------------------------------------------------------------------------------------------------------- */

static int reads_csv(struct error *err)
{
    static const char text[] = "a,b,c\n1,\"two \"\"quoted\"\" and, comma\",3\n,\"\",\"lines\nin it\"\nx,\"broken\"y,z\n";
    struct csv_record r = {0};
    size_t len;
    (void)err;
    for (size_t at = 0; at < sizeof(text) - 1; at += len) {
        csv_read(&r, text + at, sizeof(text) - 1 - at, true, &len);
        for (size_t i = 0; i < r.fields.len; i++)
            note("[%.*s]%d", (int)r.fields.items[i].len, r.fields.items[i].text, r.fields.items[i].quoted);
        note("%s\n", r.fault ? r.fault : "");
    }
    csv_free(&r);
    return 0;
}

static int reads_a_delta_commit(struct error *err)
{
    static const char text[] =
        "{\"commitInfo\":{\"operation\":\"WRITE\"}}\n{\"add\":{\"path\":\"a%20b.parquet\",\"partitionValues\":{\"d\":\"1\"},"
        "\"size\":5,\"modificationTime\":1,\"dataChange\":true}}\n{\"remove\":{\"path\":\"c.parquet\",\"dataChange\":false}}\n";
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct delta_commit c = {0};
    uint32_t line = 0;
    int rc = delta_commit_parse(text, sizeof(text) - 1, a, &c, &line, err);
    for (size_t i = 0; !rc && i < c.actions.len; i++)
        note("%d %d %s %s\n", c.actions.items[i].add, c.actions.items[i].data_change, c.actions.items[i].path,
             c.actions.items[i].partition);
    VEC_FREE(&c.actions);
    return rc;
}

static int plans_a_delta_table(struct error *err)
{
    CLEANUP(arena_freep) struct arena *a = arena_new();
    struct delta_plan p = {0};
    int rc = delta_plan_read(data_path("delta-samples/events"), 2, 5, a, &p, err);
    if (rc)
        return rc;
    note("%d %lld\n", p.whole, (long long)p.base);
    for (size_t i = 0; i < p.parts.len; i++)
        note("%s %lld %lld\n", p.parts.items[i].path, (long long)p.parts.items[i].version, (long long)p.parts.items[i].read_at);
    delta_plan_free(&p);
    return 0;
}

/* ---- writers of results ------------------------------------------------------------------------------------------------ */

static int count_bytes(void *context, const void *data, size_t len)
{
    uint64_t *seen = context;
    seen[0] += len;
    seen[1] = hash_bytes(data, len, seen[1]);
    return 0;
}

static int writes(enum semantic_format format, struct error *err)
{
    struct ArrowIpcInputStream input;
    struct ArrowArrayStream stream;
    char path[4096];
    uint64_t seen[2] = {0};
    snprintf(path, sizeof(path), "%s/semantic/batches.arrow", getenv("SECCHI_TEST_GOLDEN"));
    FILE *f = fopen(path, "r");
    if (!f)
        return error_errno(err, "read", path);
    if (ArrowIpcInputStreamInitFile(&input, f, 1) != NANOARROW_OK) {
        fclose(f);
        return error_set(err, ERROR_IO, "no memory for the input");
    }
    if (ArrowIpcArrayStreamReaderInit(&stream, &input, NULL) != NANOARROW_OK) {
        input.release(&input);
        return error_set(err, ERROR_IO, "no memory for the reader");
    }
    int rc = semantic_write(&stream, format, count_bytes, seen, err);
    ArrowArrayStreamRelease(&stream);
    if (!rc)
        note("%llu bytes %016llx", (unsigned long long)seen[0], (unsigned long long)seen[1]);
    return rc;
}

static int writes_json(struct error *err) { return writes(FORMAT_JSON, err); }
static int writes_jsonl(struct error *err) { return writes(FORMAT_JSONL, err); }
static int writes_csv(struct error *err) { return writes(FORMAT_CSV, err); }
static int writes_arrow(struct error *err) { return writes(FORMAT_ARROW, err); }
static int writes_parquet(struct error *err) { return writes(FORMAT_PARQUET, err); }
static int writes_a_table(struct error *err) { return writes(FORMAT_TABLE, err); }

/* ---- HTTP ---------------------------------------------------------------------------------------------------------------- */

/* A request up to its handler; a refusal becomes the reply. */
static int asks(const char *method, const char *target, const char *body, struct error *err)
{
    static struct owner owner;
    static struct listener listener = {.owner = &owner};
    struct request *rq = request_new(&listener, target);
    buf_puts(&rq->body, body);
    int rc = request_route(rq, method, err);
    if (!rc)
        rc = request_members(rq, err);
    if (rc)
        reply_error(rq, err);
    note("%d %d %s %.*s", rc, rq->status, rq->route ? rq->route->path : "-", (int)rq->out.len, rq->out.data ? rq->out.data : "");
    for (size_t i = 0; !rc && i < rq->route->param_count; i++)
        note(" %s=%s", rq->route->params[i].name, rq->arguments[i].given ? rq->arguments[i].text ? rq->arguments[i].text : "json" : "-");
    request_unref(rq);
    return rc;
}

static int takes_a_query(struct error *err)
{
    return asks("POST", "/api/v1/query", "{\"sql\": \"SELECT :a AS x\", \"params\": {\"a\": [1, \"zwei\", null]}, \"limit\": 5}", err);
}
static int takes_a_path(struct error *err) { return asks("GET", "/api/v1/tables/system_gold.fact%5Fquery_history?limit=3", "", err); }
static int refuses_broken_json(struct error *err) { return asks("POST", "/api/v1/query", "{\"sql\": \"SELECT 1\", ", err); }
static int refuses_an_unknown_route(struct error *err) { return asks("GET", "/api/v1/tabels", "", err); }
static int refuses_an_unknown_member(struct error *err) { return asks("POST", "/api/v1/query", "{\"sql\": \"x\", \"lmit\": 1}", err); }

static int describes_itself(struct error *err)
{
    static struct owner owner;
    static struct listener listener = {.owner = &owner};
    struct request *rq = request_new(&listener, "/openapi.json");
    int rc = request_route(rq, "GET", err);
    if (!rc)
        rc = handle_openapi(rq, err);
    if (!rc)
        note("%d ", rq->status);
    if (!rc && rq->fixed)
        note_bytes(rq->fixed, rq->fixed_len);
    else if (!rc)
        note_bytes(rq->out.data, rq->out.len);
    request_unref(rq);
    return rc;
}

/* NULL is an answer: the reply is then sent as it is. */
static int packs_a_reply(struct error *err)
{
    static char page[20000];
    size_t len = 0;
    (void)err;
    memset(page, 'x', sizeof(page));
    void *small = reply_gzip(page, sizeof(page), &len);
    note("%s", small && (len == 0 || len >= sizeof(page)) ? "larger" : "as it should be");
    free(small);
    return 0;
}

static int shares_a_result(struct error *err)
{
    (void)err;
    struct result_cache *c = cache_new();
    uint64_t hits, misses;
    size_t entries;
    if (cache_get(c, "k", NULL))
        abort();
    cached_release(cache_put(c, "k", "value", 5, INT64_C(1000000000000)));
    struct cached *r = cache_get(c, "k", NULL);
    note("%.*s", r ? (int)r->len : 0, r ? r->data : "");
    cached_release(r);
    cache_counts(c, &hits, &misses, &entries);
    note(" %llu %llu %zu", (unsigned long long)hits, (unsigned long long)misses, entries);
    cache_free(c);
    return 0;
}

const struct scenario room_scenarios[] = {
    {"loads_packs", loads_packs},
    {"keeps_runs", keeps_runs},
    {"keeps_facts_and_audit", keeps_facts_and_audit},
    {"knows_tokens", knows_tokens},
    {"reads_csv", reads_csv},
    {"reads_a_delta_commit", reads_a_delta_commit},
    {"plans_a_delta_table", plans_a_delta_table},
    {"writes_json", writes_json},
    {"writes_jsonl", writes_jsonl},
    {"writes_csv", writes_csv},
    {"writes_arrow", writes_arrow},
    {"writes_parquet", writes_parquet},
    {"writes_a_table", writes_a_table},
    {"takes_a_query", takes_a_query},
    {"takes_a_path", takes_a_path},
    {"refuses_broken_json", refuses_broken_json},
    {"refuses_an_unknown_route", refuses_an_unknown_route},
    {"refuses_an_unknown_member", refuses_an_unknown_member},
    {"describes_itself", describes_itself},
    {"packs_a_reply", packs_a_reply},
    {"shares_a_result", shares_a_result},
    {NULL, NULL},
};

const struct scenario *const scenario_tables[] = {base_scenarios, sql_scenarios, room_scenarios, NULL};
