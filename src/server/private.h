/*
 * private - what the files of server share: the owner, its listeners, requests and replies.
 *
 * Threads: each listener has one thread of libmicrohttpd (epoll) that reads and writes sockets and never waits for anything. A complete
 * request is suspended and handed to a pool; the worker runs the handler, fills the reply and resumes the connection. Replies grow in
 * memory up to STREAM_BYTES and are then streamed: the worker waits while the client is slower. A watcher thread looks at the
 * sockets of running requests, so that a client that has gone cancels its statement.
 *
 * Lifetime of a request: two references, the connection's and the worker's; the last one frees it.
 */
#ifndef SECCHI_SERVER_PRIVATE_H
#define SECCHI_SERVER_PRIVATE_H

#include <microhttpd.h>
#include <pthread.h>

#include "access/access.h"
#include "pack/pack.h"
#include "schedule/schedule.h"
#include "semantic/semantic.h"
#include "server/server.h"
#include "yyjson.h"

#define STREAM_BYTES (2u << 20) /* of a reply that are kept before it is streamed, and while it is */
#define MAX_CONNECTIONS 1024    /* of one listener */
#define IDLE_SECONDS 30         /* a connection that sends or takes nothing for so long is closed */
#define MAX_QUEUE 1024          /* requests that wait for a worker */
#define WAITING_QUERIES 64      /* that have a thread while they wait for a place among the running ones */
#define DRAIN_SECONDS 10        /* how long running requests may go on when the owner ends */
#define MAX_URI_BYTES 16384
#define KEEP_ALIVE_SECONDS 15 /* silence after which an event stream sends a comment */

struct request;
struct route;

/* ---- the owner ---------------------------------------------------------------------------------------- */

struct core { /* all that is closed and opened anew by restore and by a change of secchi.yaml */
    const struct config *config;
    struct config *own_config; /* NULL: the caller's */
    struct state *state;
    struct engine *engine;
    struct pack_catalogue *catalogue;
    struct semantic *semantic;
    struct schedule *schedule;
    struct build_context build;
};

struct listener {
    struct owner *owner;
    struct MHD_Daemon *daemon;
    bool local;    /* the Unix socket */
    char *web_dir; /* NULL: the built-in page */
    char *certificate, *key;
};

struct pool;
struct watcher;
struct rate_limiter;
struct result_cache;

struct owner {
    struct arena *arena;
    const char *home, *packs, *socket_path;
    int lock_fd, socket_fd;
    int64_t start_us;
    struct core core;
    pthread_rwlock_t core_lock; /* a request holds it for reading, one that changes the core for writing */
    struct error core_error;    /* why there is no core; kind 0 when there is one */
    struct listener listeners[2];
    size_t listener_count;
    struct pool *light, *query;
    struct watcher *watcher;
    struct rate_limiter *rates;
    struct result_cache *cache;
    pthread_mutex_t lock;    /* all that follows */
    pthread_cond_t idle;     /* active or open became 0 */
    int active;              /* requests with a worker */
    int open;                /* requests whose reply was not wholly sent */
    struct request *running; /* those with a worker */
    struct request *streams; /* event streams that wait for an event */
    uint64_t next_id, served;
    bool stopping, cancelling, warehouse_changed, streams_missed;
    int stop_requested;
};

/* core.c: opens and closes what the home holds. The lock is held for writing or nobody else is there yet. */
int core_open(struct owner *o, const struct config *config, struct error *err) MUST_CHECK;
void core_close(struct owner *o);
/* Reads secchi.yaml again, keeping the flags and environment of the start, and opens everything anew. */
int core_reload(struct owner *o, struct error *err) MUST_CHECK;
/* Takes the backup in folder `from` in place of what is there, which is kept in <home>/before-restore. */
int core_restore(struct owner *o, const char *from, struct error *err) MUST_CHECK;
int core_backup(struct owner *o, const char *to, struct error *err) MUST_CHECK;
int core_finish_restore(struct owner *o, struct error *err) MUST_CHECK; /* of a process that was killed in between; before core_open */

/* ---- requests --------------------------------------------------------------------------------------------- */

enum request_state { REQUEST_READING, REQUEST_WORKING, REQUEST_STREAMING, REQUEST_ANSWERED };

struct argument { /* the value of the parameter of the same place in the route */
    bool given;
    const char *text;
    int64_t number;
    yyjson_val *json;
};

struct header {
    const char *name, *value;
};

struct request {
    struct request *prev, *next; /* owner.running */
    struct request *next_stream; /* owner.streams */
    uint64_t id;
    int references;
    struct owner *owner;
    struct listener *listener;
    struct MHD_Connection *connection;
    struct arena *arena;
    int64_t start_ns;

    const char *uri; /* as sent */
    const char *method, *path, *query_text;
    char peer[64];
    bool loopback;
    const struct route *route;
    struct argument *arguments; /* one a parameter of the route */
    struct buf body;
    yyjson_doc *json;
    struct principal principal;
    struct cancel cancel;
    int watched_fd; /* -1: not watched */
    bool counted;   /* in owner.open */

    /* The reply. status 0: none yet. */
    pthread_mutex_t lock;
    pthread_cond_t room;
    enum request_state state;
    int status;
    const char *type;
    VEC(struct header) headers;
    struct buf out; /* whole body, or what the client has not taken yet of a stream */
    size_t out_taken;
    const void *fixed; /* body that lives as long as the program, instead of out */
    size_t fixed_len;
    bool ended, failed, gone, suspended, compressed;
    bool whole;                    /* out or fixed is all of the body, and nothing was sent before */
    bool truncated;                /* the result was cut: told in a header, or in a trailer when the headers had gone already */
    struct MHD_Response *response; /* while it is sent */
    int64_t bytes;

    int64_t run_id, after; /* event stream: of which run, number of the last event sent; run_id 0: none */
    int64_t spoke_ns;      /* when it last sent something */
    bool run_over;
};

/* ---- http.c ---- */
/* fd: a listening socket that the listener then owns. tls: both texts of PEM files, or NULL. */
int listener_start(struct listener *l, int fd, struct error *err) MUST_CHECK;
void listener_quiesce(struct listener *l); /* takes no further connections */
void listener_stop(struct listener *l);    /* closes all connections; none may be suspended */

struct request *request_new(struct listener *l, const char *uri);
void request_unref(struct request *rq);
/* Splits the target, matches the route and checks parameters in path and query (request.c); the body after it has come. */
int request_route(struct request *rq, const char *method, struct error *err) MUST_CHECK;
int request_body(struct request *rq, struct error *err) MUST_CHECK;
int request_members(struct request *rq, struct error *err) MUST_CHECK; /* the JSON part of request_body */
/* Who asks (auth.c): token, socket or development mode; then the role of the route and the rate. */
int request_authorize(struct request *rq, struct error *err) MUST_CHECK;
const char *request_header(struct request *rq, const char *name); /* NULL when absent */

/* Arguments by name; absent optional ones are their default, NULL or 0. A name that the route lacks ends the process. */
bool arg_given(const struct request *rq, const char *name);
const char *arg_text(const struct request *rq, const char *name);
int64_t arg_int(const struct request *rq, const char *name);
bool arg_bool(const struct request *rq, const char *name);
yyjson_val *arg_json(const struct request *rq, const char *name);

/* ---- replies (reply.c) --------------------------------------------------------------------------------------- */

void reply_header(struct request *rq, const char *name, const char *value); /* copied into the arena */
void reply_error(struct request *rq, const struct error *err);
/* Writes the document as the body and frees it. */
void reply_json(struct request *rq, int status, yyjson_mut_doc *doc);
void reply_fixed(struct request *rq, int status, const char *type, const void *data, size_t len);
/* Body in pieces (semantic_put_fn); set status and type before. Non-zero when the client has gone. */
int reply_put(void *request, const void *data, size_t len);
#define TRUNCATED_HEADER "X-Secchi-Truncated"
void reply_truncated(struct request *rq); /* the result was cut; before reply_finish */
/* The worker is done: err (kind 0: none) becomes the reply when nothing was sent yet. */
void reply_finish(struct request *rq, const struct error *err);
/* For the connection's thread: makes libmicrohttpd's response of what the reply is now. */
enum MHD_Result reply_queue(struct request *rq);
void *reply_gzip(const void *data, size_t len, size_t *ret_len); /* malloc'd; NULL when it does not get smaller */
bool reply_accepts_gzip(struct request *rq);

/* JSON helpers for handlers: text may be NULL (null). The strings are not copied. */
void server_put_text(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, const char *text);
void server_put_time(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, int64_t us); /* 0: null */
yyjson_mut_val *server_put_object(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key);
yyjson_mut_val *server_put_array(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key);
int reply_done(struct request *rq, int status, const char *text); /* {"done": text}; 0 */

/* ---- bookkeeping of the warehouse (ops.c) -------------------------------------------------------------------------- */

#define OPS_MAX_ROWS 10000
/* Bookkeeping is the server's own, so it is read as administrator; a tenant, who is not shown what concerns all, gets no rows. */
int ops_read(struct request *rq, const struct engine_stmt *s, size_t max_rows, struct engine_rows *ret, struct error *err) MUST_CHECK;
/* Adds cells under the names of their columns. Names and texts are not copied. */
void ops_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct engine_column *columns, const struct engine_value *values, size_t count);
void ops_put_rows(yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const struct engine_rows *rows); /* an array, an object a row */
int ops_put_list(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char *key, const struct engine_stmt *s,
                 struct error *err) MUST_CHECK; /* both */

/* ---- threads --------------------------------------------------------------------------------------------------- */

struct pool *pool_new(int max_threads, struct error *err);
/* Runs the request's handler on a thread of the pool; ERROR_UNAVAILABLE when too many wait. */
int pool_add(struct pool *p, struct request *rq, struct error *err) MUST_CHECK;
void pool_free(struct pool *p);        /* nothing may wait */
void request_work(struct request *rq); /* what a worker does with a request */

struct watcher *watcher_new(struct owner *o, struct error *err);
void watcher_add(struct watcher *w, struct request *rq);    /* cancels it when its client goes */
void watcher_remove(struct watcher *w, struct request *rq); /* must come before the socket is closed; any number of times */
void watcher_free(struct watcher *w);

/* ---- events (events.c) ------------------------------------------------------------------------------------------- */
void events_wake(void *owner);                                            /* a new event is there (schedule_on_event) */
void events_tick(struct owner *o);                                        /* every second */
ssize_t events_read(void *request, uint64_t pos, char *data, size_t max); /* MHD's content reader */
void events_forget(struct request *rq);

/* ---- rate limits (rate.c), cache of results (cache.c) ------------------------------------------------------------- */
struct rate_limiter *rate_new(void);
void rate_free(struct rate_limiter *r);
/* Takes one of per_minute requests of the key; false: there is none left, *ret_wait_s tells when there is. 0: no limit. */
bool rate_take(struct rate_limiter *r, const char *key, int64_t per_minute, int64_t now_ns, int *ret_wait_s) MUST_CHECK;

struct cached { /* a finished reply, shared by its readers */
    int references;
    int64_t until_ns;
    char *data;
    size_t len;
};
struct result_cache *cache_new(void);
void cache_free(struct result_cache *c);
/* The result of the key, or NULL: then the caller must compute it and call cache_put or cache_fail; others who ask meanwhile wait. */
struct cached *cache_get(struct result_cache *c, const char *key, const struct cancel *cancel);
struct cached *cache_put(struct result_cache *c, const char *key, const void *data, size_t len, int64_t keep_ns);
void cache_fail(struct result_cache *c, const char *key);
void cached_release(struct cached *r);
void cache_counts(struct result_cache *c, uint64_t *ret_hits, uint64_t *ret_misses, size_t *ret_entries);

/* ---- the page (assets.c) ------------------------------------------------------------------------------------------- */
int page_reply(struct request *rq, const char *path, struct error *err) MUST_CHECK; /* "index.html", "assets/x.js" */

/* ---- routes ----------------------------------------------------------------------------------------------------------- */

enum param_in { IN_PATH, IN_QUERY, IN_BODY };
enum param_type { PARAM_TEXT, PARAM_INT, PARAM_BOOL, PARAM_ENUM, PARAM_TIME, PARAM_TEXTS, PARAM_OBJECT };
struct param {
    const char *name;
    enum param_in in;
    enum param_type type;
    bool required;
    int64_t min, max;     /* INT: range; TEXT: longest length in bytes is max (0: 4096) */
    const char *fallback; /* as text; NULL: none */
    const char *choices;  /* ENUM: "a|b|c" */
    const char *help;
};

/* What a route costs, and so what limits it (C-09). FAST: no waiting, on the connection's thread, without a limit. */
enum route_class { CLASS_FAST, CLASS_READ, CLASS_QUERY, CLASS_CHANGE };
enum route_flag {
    ROUTE_ETAG = 1,
    ROUTE_ALONE = 2,
    ROUTE_LOCAL = 4,
    ROUTE_STREAM = 8
}; /* ALONE: with no other request; LOCAL: Unix socket only */

typedef int route_fn(struct request *rq, struct error *err);
struct route {
    const char *method, *path;
    enum access_role role;
    enum route_class class;
    unsigned flags;
    route_fn *handler;
    const char *summary;
    const char *schema; /* of the good answer, in schemas.json; or a media type when it has a slash */
    int status;         /* of the good answer */
    const struct param *params;
    size_t param_count;
};
extern const struct route server_routes[];
extern const size_t server_route_count;
const char *route_class_name(enum route_class c);
const char *route_class_limit(enum route_class c); /* the setting with its requests a minute; NULL: no limit */
/* Finds the route; ret_values: the path's values in the order of its placeholders, in the arena. ERROR_NOT_FOUND with the nearest route;
 * *ret_allow is the list for 405 when the path exists with other methods. */
int route_find(const char *method, const char *path, struct arena *a, const struct route **ret, const char ***ret_values,
               const char **ret_allow, struct error *err) MUST_CHECK;

route_fn handle_root, handle_asset, handle_health, handle_healthz, handle_readyz, handle_openapi, handle_whoami;
route_fn handle_query, handle_object, handle_tables, handle_table, handle_table_rows, handle_table_status;
route_fn handle_dashboards, handle_dashboard, handle_dataset;
route_fn handle_status, handle_findings, handle_runs, handle_run, handle_run_start, handle_run_cancel, handle_run_events;
route_fn handle_source_add, handle_tokens, handle_token_create, handle_token_revoke, handle_backup, handle_restore, handle_stop;
route_fn handle_cost_reconciliation, handle_cost_attributions, handle_cost_rows, handle_cost_invoice;
route_fn handle_rules, handle_rule_put, handle_rule_remove;

/* Shared by handlers. */
int statement_params(yyjson_val *object, struct arena *a, struct engine_param **ret, size_t *ret_count, struct error *err) MUST_CHECK;
struct table_status { /* what the books tell of every table; all but the map lives in the request's arena */
    struct engine_rows rows;
    struct map tables; /* "layer.table" -> cells of its row; freed with map_free */
};
/* Adds "tables"; status (NULL: not told) is what table_status_read gave. */
int tables_put(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const struct table_status *status, size_t *ret_count,
               struct error *err) MUST_CHECK;
void table_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct semantic_table *t);
/* The table of that name that a statement would read; ERROR_NOT_FOUND with the nearest. */
int table_find(struct request *rq, const char *name, const struct semantic_table **ret, struct error *err) MUST_CHECK;
int table_status_read(struct request *rq, struct table_status *ret, struct error *err) MUST_CHECK;
void table_status_put(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *o, const struct table_status *status,
                      const struct semantic_table *t);
void run_put(yyjson_mut_doc *d, yyjson_mut_val *o, const struct state_run *r);
int runs_put_newest(struct request *rq, yyjson_mut_doc *d, yyjson_mut_val *root, const char *last_key, const char *running_key,
                    struct error *err) MUST_CHECK;
int audit_change(struct request *rq, const char *object, struct error *err) MUST_CHECK; /* on disk before the change is made (C-09) */

#endif
