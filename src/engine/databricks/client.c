/* Requests to a workspace: who asks, what is asked again and when, and no secret in any error. */
#include "engine/databricks/databricks.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "engine/lazy_engine_curl.h"

#define CURL_FILE "libcurl.so.4"
#define TICK_MS 20 /* how late a stop may be noticed */
#define CONNECT_SECONDS 30L
#define STALL_SECONDS 120L /* without a byte */
#define LAST_WORD_NS \
    ((int64_t)10 * 1000000000) /* how long a statement that was just sent is waited for after a stop: its name lets it be cancelled */
#define ATTEMPTS 8
#define PAUSE_FIRST_MS 500
#define PAUSE_MOST_MS 30000
#define RETRY_AFTER_MOST_S 600
#define TOKEN_EARLY_NS ((int64_t)60 * 1000000000) /* a token is renewed so long before its end */
#define TOKEN_BODY_BYTES 65536

struct dbx_client {
    struct arena *arena;
    struct dbx_login login;
    pthread_mutex_t lock; /* of all below */
    char *access;         /* the token that the service gave, or NULL */
    int64_t access_until_ns;
};

struct dbx_wire {
    struct dbx_client *client;
    CURL *easy;
    CURLM *multi;
    unsigned jitter;
    int stop, deaf;
};

/* ---- opening ------------------------------------------------------------------------------------------------------ */

int dbx_client_new(const struct dbx_login *login, struct dbx_client **ret, struct error *err)
{
    int rc = lazy_engine_curl_load(CURL_FILE, err);
    if (rc) {
        error_hint(err, "install libcurl (the package libcurl4 of Debian)");
        return rc;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct dbx_client *c = xcalloc(1, sizeof(*c));
    struct arena *a = c->arena = arena_new();
    pthread_mutex_init(&c->lock, NULL);
    const char **from[] = {&c->login.host,         &c->login.token,   &c->login.client_id, &c->login.client_secret,
                           &c->login.warehouse_id, &c->login.ca_file, &c->login.origin};
    c->login = *login;
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        *from[i] = *from[i] ? arena_strdup(a, *from[i]) : NULL;
    *ret = c;
    return 0;
}

static void forget(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void dbx_client_free(struct dbx_client *c)
{
    if (!c)
        return;
    forget(c->access);
    pthread_mutex_destroy(&c->lock);
    arena_free(c->arena);
    free(c);
}

const struct dbx_login *dbx_client_login(const struct dbx_client *c) { return &c->login; }

int dbx_wire_new(struct dbx_client *c, struct dbx_wire **ret, struct error *err)
{
    struct dbx_wire *w = xcalloc(1, sizeof(*w));
    w->client = c;
    w->easy = curl_easy_init();
    w->multi = curl_multi_init();
    w->jitter = (unsigned)clock_mono_ns();
    if (w->easy && w->multi) {
        *ret = w;
        return 0;
    }
    dbx_wire_free(w);
    return error_set(err, ERROR_INTERNAL, "libcurl cannot be started");
}

void dbx_wire_free(struct dbx_wire *w)
{
    if (!w)
        return;
    if (w->easy)
        curl_easy_cleanup(w->easy);
    if (w->multi)
        curl_multi_cleanup(w->multi);
    free(w);
}

struct dbx_client *dbx_wire_client(const struct dbx_wire *w) { return w->client; }

void dbx_wire_start(struct dbx_wire *w) { __atomic_store_n(&w->stop, 0, __ATOMIC_RELAXED); }
void dbx_wire_stop(struct dbx_wire *w) { __atomic_store_n(&w->stop, 1, __ATOMIC_RELAXED); }
bool dbx_wire_stopped(const struct dbx_wire *w) { return __atomic_load_n(&w->stop, __ATOMIC_RELAXED) != 0; }
void dbx_wire_deaf(struct dbx_wire *w, bool deaf) { w->deaf = deaf; }

static bool heard(const struct dbx_wire *w) { return !w->deaf && dbx_wire_stopped(w); }

static int interrupted(struct error *err) { return error_set(err, ERROR_INTERRUPTED, "the statement was interrupted"); }

int dbx_pause(struct dbx_wire *w, int64_t ms, struct error *err)
{
    int64_t until = clock_mono_ns() + ms * 1000000;
    for (int64_t left; (left = until - clock_mono_ns()) > 0;) {
        if (heard(w))
            return interrupted(err);
        int64_t ns = left < TICK_MS * 1000000 ? left : TICK_MS * 1000000;
        nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
    }
    return heard(w) ? interrupted(err) : 0;
}

/* ---- secrets ----------------------------------------------------------------------------------------------------------- */

static void blank(char *text, const char *secret)
{
    size_t n = secret ? strlen(secret) : 0;
    for (char *at = text; n > 3 && (at = strstr(at, secret)) != NULL; at += n)
        memset(at, '*', n);
}

/* A service, or a proxy before it, may repeat what it was sent. */
static int redact(struct dbx_client *c, int rc, struct error *err)
{
    if (!err || !rc)
        return rc;
    pthread_mutex_lock(&c->lock);
    const char *secrets[] = {c->login.token, c->login.client_secret, c->access};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        blank(err->what, secrets[i]);
        blank(err->where, secrets[i]);
        blank(err->hint, secrets[i]);
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

/* ---- one exchange --------------------------------------------------------------------------------------------------------- */

struct exchange {
    const char *method, *url, *body;
    struct curl_slist *headers;
    const char *basic_user, *basic_password; /* of the token endpoint; or NULL */
    bool fresh;                              /* on a new connection: libcurl sends a request again when an old one turns out to be closed */
    struct buf *put;
    CURL *easy;
    long status;
    int64_t retry_after_s; /* -1: not said */
    CURLcode code;
};

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    buf_add(x->put, data, size * count);
    return x->put->overflow ? 0 : size * count;
}

static void must_be_set(CURLcode code)
{
    if (code == CURLE_OUT_OF_MEMORY)
        out_of_memory();
}

static void add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *more = curl_slist_append(*headers, line);
    if (!more)
        out_of_memory();
    *headers = more;
}

static void prepare(struct dbx_wire *w, struct exchange *x)
{
    CURL *easy = x->easy = w->easy;
    const char *ca = w->client->login.ca_file;
    curl_easy_reset(easy);
    must_be_set(curl_easy_setopt(easy, CURLOPT_URL, x->url));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    must_be_set(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    must_be_set(curl_easy_setopt(easy, CURLOPT_USERAGENT, "secchi"));
    if (ca)
        must_be_set(curl_easy_setopt(easy, CURLOPT_CAINFO, ca));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, x->fresh ? 1L : 0L);
    if (x->basic_user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        must_be_set(curl_easy_setopt(easy, CURLOPT_USERNAME, x->basic_user));
        must_be_set(curl_easy_setopt(easy, CURLOPT_PASSWORD, x->basic_password));
    }
    if (x->body) {
        must_be_set(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, x->body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(x->body));
    }
    must_be_set(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->method));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
}

/* heard_ns: when it was noticed first, 0 before. */
static bool must_stop(const struct dbx_wire *w, const struct exchange *x, int64_t *heard_ns)
{
    if (!heard(w))
        return false;
    if (!*heard_ns)
        *heard_ns = clock_mono_ns();
    return !x->fresh || clock_mono_ns() - *heard_ns > LAST_WORD_NS;
}

/* Ends with the exchange or with the stop; x->status is 0 unless a whole answer came. */
static int run(struct dbx_wire *w, struct exchange *x, struct error *err)
{
    int running = 1, left;
    bool stopped = false;
    curl_off_t wait_s = -1;
    int64_t heard_ns = 0;
    buf_clear(x->put);
    x->put->overflow = false;
    x->status = 0;
    x->code = CURLE_FAILED_INIT;
    prepare(w, x);
    CURLMcode code = curl_multi_add_handle(w->multi, x->easy);
    while (running && !stopped && code == CURLM_OK && (code = curl_multi_perform(w->multi, &running)) == CURLM_OK) {
        if (running)
            curl_multi_poll(w->multi, NULL, 0, TICK_MS, NULL);
        stopped = must_stop(w, x, &heard_ns);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left)) != NULL;)
        if (m->msg == CURLMSG_DONE && m->easy_handle == x->easy)
            x->code = m->data.result;
    if (x->code == CURLE_OK)
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
    if (x->code != CURLE_OK || curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &wait_s) != CURLE_OK)
        wait_s = -1;
    x->retry_after_s = wait_s > 0 ? (int64_t)wait_s : -1;
    curl_multi_remove_handle(w->multi, x->easy);
    if (code == CURLM_OUT_OF_MEMORY || x->code == CURLE_OUT_OF_MEMORY)
        out_of_memory();
    return stopped && running ? interrupted(err) : 0;
}

/* True when the request cannot have reached the service. */
static bool never_sent(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
        return true;
    default:
        return false;
    }
}

static bool is_lasting(CURLcode code)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WRITE_ERROR:
        return true;
    default:
        return false;
    }
}

static int no_connection(const struct dbx_client *c, const struct exchange *x, struct error *err)
{
    if (x->put->overflow)
        return error_set(err, ERROR_LIMIT, "the answer of %s is larger than %zu bytes", c->login.host, x->put->max);
    error_set(err, ERROR_UNAVAILABLE, "%s does not answer: %s", c->login.host, curl_easy_strerror(x->code));
    if (x->code == CURLE_PEER_FAILED_VERIFICATION || x->code == CURLE_SSL_CACERT_BADFILE)
        error_hint(err, "name the certificates to trust with engine.ca_file");
    else
        error_hint(err, "check the address of the workspace and the network");
    return ERROR_UNAVAILABLE;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------ */

static const char *text_of(yyjson_val *object, const char *key) { return yyjson_get_str(yyjson_obj_get(object, key)); }

static enum error_kind kind_of(long status)
{
    return status == 401   ? ERROR_DENIED
           : status == 403 ? ERROR_DENIED
           : status == 404 ? ERROR_NOT_FOUND
           : status == 409 ? ERROR_CONFLICT
           : status == 429 ? ERROR_LIMIT
           : status < 500  ? ERROR_USAGE
                           : ERROR_UNAVAILABLE;
}

/* One line: control characters have no place in an error. */
static void put_line(struct error *err, enum error_kind kind, const char *host, const char *message)
{
    error_set(err, kind, "%s: %.900s", host, message);
    for (char *p = err ? err->what : NULL; p && *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
}

static int refusal(const struct dbx_client *c, const struct exchange *x, struct error *err)
{
    enum error_kind kind = kind_of(x->status);
    yyjson_doc *doc = x->put->data ? yyjson_read(x->put->data, x->put->len, 0) : NULL;
    const char *message = text_of(yyjson_doc_get_root(doc), "message");
    if (!message)
        message = text_of(yyjson_doc_get_root(doc), "error_description");
    if (message)
        put_line(err, kind, c->login.host, message);
    else
        error_set(err, kind, "%s answered with status %ld", c->login.host, x->status);
    error_where(err, "%s", kind == ERROR_DENIED ? c->login.origin : "");
    if (kind == ERROR_DENIED)
        error_hint(err, "the credentials are wrong, have expired, or may not use the warehouse");
    else if (x->status >= 300 && x->status < 400)
        error_hint(err, "check the address of the workspace: it leads elsewhere");
    yyjson_doc_free(doc);
    return (int)kind;
}

/* ---- the token of a service principal ------------------------------------------------------------------------------------------ */

/* The pause before the next attempt: what the service says, else growing and by chance, so that many do not come back at once. */
static int64_t pause_ms(struct dbx_wire *w, const struct exchange *x, int attempt)
{
    if (x->retry_after_s >= 0)
        return x->retry_after_s * 1000;
    int64_t most = PAUSE_FIRST_MS;
    for (int i = 0; i < attempt && most < PAUSE_MOST_MS; i++)
        most *= 2;
    most = most < PAUSE_MOST_MS ? most : PAUSE_MOST_MS;
    w->jitter = w->jitter * 1103515245u + 12345u;
    return most / 2 + (int64_t)(w->jitter >> 16) % (most / 2);
}

static bool may_repeat(const struct exchange *x, enum dbx_repeat repeat)
{
    if (x->put->overflow || x->retry_after_s > RETRY_AFTER_MOST_S)
        return false;
    if (!x->status)
        return !is_lasting(x->code) && (repeat == DBX_ANY || never_sent(x->code));
    if (x->status == 429)
        return true;
    if (x->status == 503)
        return repeat == DBX_ANY || x->retry_after_s >= 0;
    return repeat == DBX_ANY && (x->status == 500 || x->status == 502 || x->status == 504 || x->status == 408);
}

/* Sends until it is answered with 2xx or there is no sense in going on. */
static int persist(struct dbx_wire *w, struct exchange *x, enum dbx_repeat repeat, struct error *err)
{
    for (int attempt = 0;; attempt++) {
        int rc = run(w, x, err);
        if (rc || (x->status >= 200 && x->status < 300))
            return rc;
        if (attempt + 1 >= ATTEMPTS || !may_repeat(x, repeat))
            return x->status ? refusal(w->client, x, err) : no_connection(w->client, x, err);
        rc = dbx_pause(w, pause_ms(w, x, attempt), err);
        if (rc)
            return rc;
    }
}

static int read_token(struct dbx_client *c, const struct buf *body, int64_t asked_ns, struct error *err)
{
    yyjson_doc *doc = yyjson_read(body->data ? body->data : "", body->len, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    const char *token = text_of(root, "access_token");
    int64_t seconds = yyjson_get_sint(yyjson_obj_get(root, "expires_in"));
    int rc = 0;
    if (!token || !*token || strpbrk(token, "\r\n") || seconds <= 0) {
        rc = error_set(err, ERROR_UNAVAILABLE, "%s gave no token", c->login.host);
    } else {
        int64_t life = seconds * 1000000000;
        pthread_mutex_lock(&c->lock);
        forget(c->access);
        c->access = xstrdup(token);
        c->access_until_ns = asked_ns + life - (life / 2 < TOKEN_EARLY_NS ? life / 2 : TOKEN_EARLY_NS);
        pthread_mutex_unlock(&c->lock);
    }
    yyjson_doc_free(doc);
    return rc;
}

static int ask_token(struct dbx_wire *w, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct dbx_client *c = w->client;
    struct buf body CLEANUP(buf_free) = {0};
    buf_init(&body, TOKEN_BODY_BYTES);
    struct exchange x = {
        .method = "POST",
        .url = arena_printf(a, "%s/oidc/v1/token", c->login.host),
        .body = "grant_type=client_credentials&scope=all-apis",
        .basic_user = c->login.client_id,
        .basic_password = c->login.client_secret,
        .put = &body,
    };
    int64_t asked_ns = clock_mono_ns();
    add_header(&x.headers, "Content-Type: application/x-www-form-urlencoded");
    add_header(&x.headers, "Accept: application/json");
    int rc = persist(w, &x, DBX_ANY, err);
    curl_slist_free_all(x.headers);
    if (!rc)
        rc = read_token(c, &body, asked_ns, err);
    if (body.data)
        explicit_bzero(body.data, body.len);
    return rc;
}

/* The header for a request. refused: what was sent before, which the service did not take. */
static int authorization(struct dbx_wire *w, const char *refused, struct arena *a, const char **ret, struct error *err)
{
    struct dbx_client *c = w->client;
    const char *line = NULL;
    if (c->login.token) {
        *ret = arena_printf(a, "Authorization: Bearer %s", c->login.token);
        return 0;
    }
    for (int i = 0; i < 2 && !line; i++) {
        pthread_mutex_lock(&c->lock);
        if (c->access && clock_mono_ns() < c->access_until_ns)
            line = arena_printf(a, "Authorization: Bearer %s", c->access);
        pthread_mutex_unlock(&c->lock);
        if (line && refused && str_eq(line, refused))
            line = NULL;
        int rc = line || i ? 0 : ask_token(w, err);
        if (rc)
            return rc;
    }
    if (!line)
        return error_set(err, ERROR_DENIED, "%s gives tokens that it does not take", c->login.host);
    *ret = line;
    return 0;
}

/* ---- requests of the API --------------------------------------------------------------------------------------------------------- */

static int send_as(struct dbx_wire *w, struct exchange *x, const char *who, enum dbx_repeat repeat, struct error *err)
{
    x->headers = NULL;
    add_header(&x->headers, "Expect:");
    add_header(&x->headers, "Accept: application/json");
    if (x->body)
        add_header(&x->headers, "Content-Type: application/json");
    add_header(&x->headers, who);
    int rc = persist(w, x, repeat, err);
    curl_slist_free_all(x->headers);
    return rc;
}

static int call(struct dbx_wire *w, struct exchange *x, enum dbx_repeat repeat, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *who;
    int rc = authorization(w, NULL, a, &who, err);
    if (!rc)
        rc = send_as(w, x, who, repeat, err);
    if (rc != ERROR_DENIED || x->status != 401 || w->client->login.token)
        return rc;
    rc = authorization(w, who, a, &who, err); /* the token may have ended before its time */
    return rc ? rc : send_as(w, x, who, repeat, err);
}

int dbx_call(struct dbx_wire *w, const char *method, const char *path, const char *body, enum dbx_repeat repeat, yyjson_doc **ret,
             struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf answer CLEANUP(buf_free) = {0};
    struct error own = {0};
    struct exchange x = {.method = method, .body = body, .put = &answer, .fresh = repeat == DBX_ONCE};
    err = err ? err : &own;
    buf_init(&answer, LIMIT_ANSWER_BYTES);
    x.url = arena_printf(a, "%s%s", w->client->login.host, path);
    int rc = call(w, &x, repeat, err);
    if (rc)
        return redact(w->client, rc, err);
    yyjson_doc *doc = yyjson_read(answer.data ? answer.data : "", answer.len, 0);
    if (!doc || !yyjson_is_obj(yyjson_doc_get_root(doc))) {
        yyjson_doc_free(doc);
        error_set(err, ERROR_UNAVAILABLE, "%s gave an answer that is no JSON", w->client->login.host);
        error_hint(err, "check that it is the address of a workspace");
        return ERROR_UNAVAILABLE;
    }
    *ret = doc;
    return 0;
}

/* ---- external links ------------------------------------------------------------------------------------------------------------------ */

int dbx_fetch(struct dbx_wire *w, const char *url, yyjson_val *headers, struct buf *ret, long *ret_status, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct exchange x = {.method = "GET", .url = url, .put = ret};
    yyjson_val *key, *value;
    size_t i, n;
    if (!dbx_url_allowed(url))
        return error_set(err, ERROR_UNAVAILABLE, "a link to a result has no TLS: it is not followed");
    yyjson_obj_foreach(headers, i, n, key, value)
    {
        const char *name = yyjson_get_str(key), *text = yyjson_get_str(value);
        if (!name || !text || strpbrk(name, "\r\n: ") || strpbrk(text, "\r\n"))
            return error_set(err, ERROR_UNAVAILABLE, "a link to a result has headers that cannot be sent");
        add_header(&x.headers, arena_printf(a, "%s: %s", name, text));
    }
    int rc = 0;
    for (int attempt = 0;; attempt++) {
        rc = run(w, &x, err);
        if (rc || attempt >= 3 || x.status || is_lasting(x.code))
            break;
        rc = dbx_pause(w, pause_ms(w, &x, attempt), err);
        if (rc)
            break;
    }
    curl_slist_free_all(x.headers);
    if (!rc && !x.status && ret->overflow)
        rc = error_set(err, ERROR_LIMIT, "a chunk of the result is larger than %zu bytes", ret->max);
    else if (!rc && !x.status && is_lasting(x.code))
        rc = error_set(err, ERROR_UNAVAILABLE, "the storage behind the result does not answer: %s", curl_easy_strerror(x.code));
    if (!rc)
        *ret_status = x.status;
    return rc;
}
