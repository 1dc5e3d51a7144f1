/*
 * Private to the engine of Databricks SQL: a SQL warehouse by the Statement Execution API 2.0 over libcurl.
 *
 *   login.c      which workspace, which warehouse, whose credentials       client.c   requests: tokens, retries, redaction
 *   statement.c  a statement from its request to its end, and its chunks   stream.c   chunks as an Arrow stream
 *   values.c     types and JSON values as Arrow                            engine.c   struct engine_ops
 *
 * The interface is docs.databricks.com/api/workspace/statementexecution; docs/databricks.md says what was tried of it.
 */
#ifndef SECCHI_ENGINE_DATABRICKS_H
#define SECCHI_ENGINE_DATABRICKS_H

#include "engine/engine_impl.h"
#include "yyjson.h"

#include <pthread.h>

#define LIMIT_ANSWER_BYTES (64u << 20) /* one answer of the API: INLINE results have at most 25 MiB */
#define LIMIT_CHUNK_BYTES (1u << 30)   /* one chunk of a result */

/* ---- login.c ------------------------------------------------------------------------------------------------- */

struct dbx_login {
    const char *host;                      /* "https://adb-1.azuredatabricks.net", without a slash at its end */
    const char *token;                     /* personal access token, or NULL: */
    const char *client_id, *client_secret; /* of a service principal */
    const char *warehouse_id;              /* or NULL */
    const char *ca_file;                   /* or NULL: the system's */
    const char *origin;                    /* where the credentials are from, for errors */
};
/* What counts, in this order: options, environment (DATABRICKS_HOST, DATABRICKS_TOKEN, DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET,
 * DATABRICKS_WAREHOUSE_ID, DATABRICKS_HTTP_PATH), the profile of DATABRICKS_CONFIG_FILE or ~/.databrickscfg. A profile is read when it is
 * named (options, DATABRICKS_CONFIG_PROFILE) or when there are no credentials before it: DEFAULT. A level that gives credentials gives all
 * of them. ERROR_USAGE says what is missing, with file:line for a fault in the file. Texts live in the arena. */
int dbx_login_read(const struct engine_options *o, struct arena *a, struct dbx_login *ret, struct error *err) MUST_CHECK;
/* True for https:// and for http:// to this machine. */
bool dbx_url_allowed(const char *url);

/* ---- client.c -------------------------------------------------------------------------------------------------- */

/* What the connections of an engine share: the login and the token that it got. */
struct dbx_client;
int dbx_client_new(const struct dbx_login *login, struct dbx_client **ret, struct error *err) MUST_CHECK;
void dbx_client_free(struct dbx_client *c); /* NULL is fine */
const struct dbx_login *dbx_client_login(const struct dbx_client *c);

/* A line to the workspace, for one thread at a time; dbx_wire_stop from any thread. */
struct dbx_wire;
int dbx_wire_new(struct dbx_client *c, struct dbx_wire **ret, struct error *err) MUST_CHECK;
void dbx_wire_free(struct dbx_wire *w);
struct dbx_client *dbx_wire_client(const struct dbx_wire *w);
void dbx_wire_start(struct dbx_wire *w); /* forgets an earlier stop: a statement begins */
void dbx_wire_stop(struct dbx_wire *w);  /* requests and pauses end with ERROR_INTERRUPTED */
bool dbx_wire_stopped(const struct dbx_wire *w);
void dbx_wire_deaf(struct dbx_wire *w, bool deaf); /* deaf: a stop is not heard, so that what was begun can be cancelled */
int dbx_pause(struct dbx_wire *w, int64_t ms, struct error *err) MUST_CHECK;

enum dbx_repeat {
    DBX_ANY, /* the request may be sent again whatever happened to it */
    DBX_ONCE /* only when it surely was not taken: refused with 401, 429, or 503 and Retry-After, or never sent */
};
/* One request of the API. body: JSON or NULL. *ret is the answer, for yyjson_doc_free. Waits and asks again within limits: Retry-After,
 * else growing pauses with jitter. Errors have the service's message without secrets: ERROR_DENIED (401, 403),
 * ERROR_NOT_FOUND (404), ERROR_USAGE (other 4xx), ERROR_LIMIT (429 to the end), ERROR_UNAVAILABLE (5xx to the end, no connection),
 * ERROR_INTERRUPTED. */
int dbx_call(struct dbx_wire *w, const char *method, const char *path, const char *body, enum dbx_repeat repeat, yyjson_doc **ret,
             struct error *err) MUST_CHECK;
/* GET of an external link, without credentials, with the headers of the link (an object of texts, or NULL). *ret_status is the status, 0
 * when no whole answer came (then tried several times); the error has no URL. The buffer is emptied before. */
int dbx_fetch(struct dbx_wire *w, const char *url, yyjson_val *headers, struct buf *ret, long *ret_status, struct error *err) MUST_CHECK;

/* ---- values.c ---------------------------------------------------------------------------------------------------- */

/* The Arrow schema of a result by its manifest; types that the sql room does not know are text. */
int dbx_schema(yyjson_val *columns, struct ArrowSchema *ret, struct error *err) MUST_CHECK;
/* Moments are in UTC whatever name their zone has. */
int dbx_schema_in_utc(struct ArrowSchema *schema) MUST_CHECK;
/* Rows of JSON_ARRAY as one batch of the schema that dbx_schema made. */
int dbx_rows(yyjson_val *rows, const struct ArrowSchema *schema, struct ArrowArray *ret, struct error *err) MUST_CHECK;

/* ---- statement.c ------------------------------------------------------------------------------------------------- */

struct dbx_request {
    const char *sql, *catalog; /* catalog: or NULL */
    const struct engine_param *params;
    size_t param_count;
    bool inline_result; /* few rows: they come with the answer; else as Arrow behind links, unless the workspace does not allow them */
};
struct dbx_result {
    struct dbx_wire *wire;
    char *id;
    yyjson_doc *doc;               /* the answer that told the end */
    yyjson_val *manifest, *result; /* in it; NULL: none */
    bool arrow;                    /* chunks are Arrow behind links, else JSON */
    int64_t chunk_count, row_count;
};
/* Runs a statement to its end: sent once, asked for with growing pauses, cancelled when the wire is stopped. A statement that fails is an
 * error of the kind that fits, with where = "line:column" of the text that was sent when the service tells a place. A result that the
 * service cut off is ERROR_LIMIT. */
int dbx_run(struct dbx_wire *w, const struct dbx_request *q, struct dbx_result *ret, struct error *err) MUST_CHECK;
void dbx_result_free(struct dbx_result *r);
/* The value of a column in the only row, or -1. */
int64_t dbx_result_count(const struct dbx_result *r, const char *column);
/* A chunk: its rows as JSON (arrow false; *ret_doc keeps them), or its bytes. A link that has expired is asked for anew. */
int dbx_chunk_rows(struct dbx_result *r, int64_t index, yyjson_doc **ret_doc, yyjson_val **ret_rows, struct error *err) MUST_CHECK;
int dbx_chunk_bytes(struct dbx_result *r, int64_t index, struct buf *ret, struct error *err) MUST_CHECK;

/* ---- stream.c ------------------------------------------------------------------------------------------------------ */

/* Chunk after chunk as they are asked for; takes r, also on failure. on_end is called when the stream is released. */
int dbx_stream_open(struct dbx_result *r, void (*on_end)(void *context), void *context, struct ArrowArrayStream *ret,
                    struct error *err) MUST_CHECK;

#endif
