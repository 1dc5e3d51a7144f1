#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/private.h"

/* Resident memory of this process in bytes, -1 when the system does not tell. */
static int64_t memory_bytes(void)
{
    char *text CLEANUP(free_ptr) = NULL;
    size_t len;
    int64_t pages;
    if (file_read("/proc/self/statm", 4096, &text, &len, NULL) != 0)
        return -1;
    char *second = text + strcspn(text, " "); /* size, resident, ... in pages */
    second += *second == ' ';
    second[strcspn(second, " ")] = '\0';
    return str_to_i64(second, &pages) == 0 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

/* A statement that has to go through the engine. */
static int probe_engine(struct request *rq, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct engine_value one;
    struct engine_conn *c;
    int rc = engine_connect(rq->owner->core.engine, ENGINE_READ, &rq->cancel, &c, err);
    if (rc)
        return rc;
    rc = engine_cell(c, ENGINE_SQL("SELECT 1"), a, &one, err);
    engine_disconnect(c);
    return rc;
}

static int probe_state(struct request *rq, struct error *err)
{
    const char *value;
    return state_get(rq->owner->core.state, "probe", rq->arena, &value, err);
}

static int probe(struct request *rq, const char *good, struct error *err)
{
    int rc = probe_state(rq, err);
    if (rc)
        error_add_where(err, "state store");
    if (!rc && (rc = probe_engine(rq, err)) != 0)
        error_add_where(err, "engine");
    if (rc) {
        rq->status = 503;
        return rc;
    }
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_obj_add_str(d, server_put_object(d, NULL, NULL), "status", good);
    reply_json(rq, 200, d);
    return 0;
}

int handle_healthz(struct request *rq, struct error *err) { return probe(rq, "ok", err); }
int handle_readyz(struct request *rq, struct error *err) { return probe(rq, "ready", err); }

static void put_part(yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const char *version, int rc, const struct error *err)
{
    yyjson_mut_val *o = server_put_object(d, root, key);
    yyjson_mut_obj_add_str(d, o, "status", rc ? "unhealthy" : "healthy");
    if (version)
        server_put_text(d, o, "version", version);
    if (rc)
        yyjson_mut_obj_add_strcpy(d, o, "error", err->what);
}

static int put_warehouse(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char **ret_status, struct error *err)
{
    struct principal all = {.user = "health", .role = ROLE_ADMINISTRATOR};
    struct semantic_table *tables;
    size_t count;
    int64_t rows = 0;
    int rc = semantic_tables(rq->owner->core.semantic, &all, rq->arena, &tables, &count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++)
        rows += tables[i].rows > 0 ? tables[i].rows : 0;
    yyjson_mut_val *o = server_put_object(d, root, "warehouse");
    yyjson_mut_obj_add_uint(d, o, "tables", count);
    yyjson_mut_obj_add_sint(d, o, "rows", rows);
    struct state_run *runs;
    size_t run_count;
    rc = state_runs(rq->owner->core.state, 0, 10, rq->arena, &runs, &run_count, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < run_count; i++) {
        if (runs[i].state == RUN_QUEUED || runs[i].state == RUN_RUNNING)
            continue;
        yyjson_mut_val *last = server_put_object(d, o, "last_refresh");
        yyjson_mut_obj_add_sint(d, last, "run_id", runs[i].id);
        server_put_text(d, last, "state", run_state_name(runs[i].state));
        server_put_time(d, last, "ended", runs[i].ended_us);
        if (runs[i].state != RUN_SUCCEEDED)
            *ret_status = "degraded";
        return 0;
    }
    yyjson_mut_obj_add_null(d, o, "last_refresh");
    return 0;
}

static void put_process(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root)
{
    struct owner *o = rq->owner;
    uint64_t hits, misses;
    size_t entries;
    cache_counts(o->cache, &hits, &misses, &entries);
    yyjson_mut_val *cache = server_put_object(d, root, "cache_stats");
    yyjson_mut_obj_add_uint(d, cache, "hits", hits);
    yyjson_mut_obj_add_uint(d, cache, "misses", misses);
    yyjson_mut_obj_add_uint(d, cache, "entries", entries);
    yyjson_mut_obj_add_real(d, cache, "hit_rate", hits + misses ? (double)hits / (double)(hits + misses) : 0.0);
    yyjson_mut_val *memory = server_put_object(d, root, "memory_usage");
    yyjson_mut_obj_add_sint(d, memory, "resident_bytes", memory_bytes());
    unsigned connections = 0;
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < o->listener_count; i++) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(o->listeners[i].daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        connections += info ? info->num_connections : 0;
    }
    pthread_mutex_unlock(&o->lock);
    yyjson_mut_obj_add_uint(d, root, "active_connections", connections);
}

int handle_health(struct request *rq, struct error *err)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL), *status = yyjson_mut_str(d, "healthy");
    struct error why_engine, why_state;
    const char *name = "healthy";
    (void)err;
    yyjson_mut_obj_add_val(d, root, "status", status);
    server_put_text(d, root, "version", SECCHI_VERSION);
    server_put_time(d, root, "timestamp", clock_real_us());
    yyjson_mut_obj_add_real(d, root, "uptime_s", (double)(clock_real_us() - rq->owner->start_us) / 1e6);
    int engine = probe_engine(rq, &why_engine), state = probe_state(rq, &why_state);
    put_part(d, root, "engine", engine_version(rq->owner->core.engine), engine, &why_engine);
    put_part(d, root, "state_store", NULL, state, &why_state);
    struct error why;
    if (engine || state) {
        name = "unhealthy";
        yyjson_mut_obj_add_null(d, root, "warehouse");
    } else if (put_warehouse(rq, d, root, &name, &why) != 0) {
        name = "unknown";
        put_part(d, root, "warehouse_error", NULL, why.kind, &why);
    }
    put_process(rq, d, root);
    yyjson_mut_set_str(status, name);
    bool down = str_eq(name, "unhealthy") || str_eq(name, "unknown");
    reply_json(rq, down ? 503 : 200, d);
    return 0;
}

/* ---- root ------------------------------------------------------------------------------------------------------- */

/* True when the client names text/html and does not like JSON better; the first named wins a tie, as browsers mean it. */
static bool prefers_html(struct request *rq)
{
    const char *accept = request_header(rq, "Accept"), *html = accept ? strcasestr(accept, "text/html") : NULL,
               *json = accept ? strcasestr(accept, "application/json") : NULL;
    return html && (!json || html < json);
}

int handle_root(struct request *rq, struct error *err)
{
    reply_header(rq, "Vary", "Accept");
    if (prefers_html(rq))
        return page_reply(rq, "index.html", err);
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "name", "secchi");
    server_put_text(d, root, "version", SECCHI_VERSION);
    server_put_text(d, root, "openapi", "/openapi.json");
    server_put_text(d, root, "health", "/health");
    reply_json(rq, 200, d);
    return 0;
}

int handle_asset(struct request *rq, struct error *err)
{
    return page_reply(rq, arena_printf(rq->arena, "assets/%s", arg_text(rq, "file")), err);
}
