#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/lazy_curl.h"
#include "server/private.h"

#define CURL_FILE "libcurl.so.4"
#define OPEN_SECONDS 60 /* how long an owner that starts or ends is waited for */
#define ERROR_BODY_BYTES 65536
#define POLL_MS 20 /* how late Ctrl-C may be noticed */

struct client {
    const struct config *config;
    char *packs, *socket_path;
    struct owner *owner; /* this process is it; else NULL */
    bool may_own;
    CURLM *multi;
    bool truncated;      /* the last answer was cut */
    CURL *easy, *second; /* second: for cancelling while the first reads events */
};

/* ---- finding the owner ------------------------------------------------------------------------------------ */

static bool answers(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(socket_path) >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static int nobody(const struct config *config, struct error *err)
{
    error_set(err, ERROR_UNAVAILABLE, "nothing is running for the home %s", config->home);
    error_hint(err, "start it with `secchi serve`");
    return ERROR_UNAVAILABLE;
}

static int no_answer(const struct config *config, struct error *err)
{
    error_set(err, ERROR_UNAVAILABLE, "another process owns the home %s and does not answer", config->home);
    error_hint(err, "the file owner.lock in it holds its process id");
    return ERROR_UNAVAILABLE;
}

static int find_owner(struct client *c, struct error *err)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    int64_t until = clock_mono_ns() + (int64_t)OPEN_SECONDS * 1000000000;
    for (;;) {
        if (answers(c->socket_path))
            return 0;
        if (!c->may_own && !owner_exists(c->config->home))
            return nobody(c->config, err);
        int rc = c->may_own ? owner_open(c->config, c->packs, &c->owner, err) : ERROR_CONFLICT;
        if (rc != ERROR_CONFLICT)
            return rc;
        /* The lock is taken by one that is about to start or to end. Other conflicts would stay. */
        if (c->may_own && !owner_exists(c->config->home) && !str_starts(err->what, "another process owns the home"))
            return rc;
        if (clock_mono_ns() > until)
            return no_answer(c->config, err);
        nanosleep(&moment, NULL);
    }
}

static int start_curl(struct client *c, struct error *err)
{
    int rc = lazy_curl_load(CURL_FILE, err);
    if (rc) {
        error_hint(err, "install libcurl (the package libcurl4 of Debian)");
        return rc;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    c->second = curl_easy_init();
    return c->multi && c->easy && c->second ? 0 : error_set(err, ERROR_INTERNAL, "libcurl cannot be started");
}

static int new_client(const struct config *config, const char *packs, bool may_own, struct client **ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct client *c = xcalloc(1, sizeof(*c));
    c->config = config;
    c->packs = packs ? xstrdup(packs) : NULL;
    c->may_own = may_own;
    c->socket_path = xstrdup(owner_socket_path(config->home, a));
    int rc = find_owner(c, err);
    if (!rc) { /* a home that did not exist before has its real path only now */
        free(c->socket_path);
        c->socket_path = xstrdup(owner_socket_path(config->home, a));
        rc = start_curl(c, err);
    }
    if (rc) {
        client_close(c);
        return rc;
    }
    *ret = c;
    return 0;
}

int client_open(const struct config *config, const char *packs, struct client **ret, struct error *err)
{
    return new_client(config, packs, true, ret, err);
}

int client_connect(const struct config *config, struct client **ret, struct error *err)
{
    return new_client(config, NULL, false, ret, err);
}

void client_close(struct client *c)
{
    if (!c)
        return;
    if (c->easy)
        curl_easy_cleanup(c->easy);
    if (c->second)
        curl_easy_cleanup(c->second);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    owner_close(c->owner);
    free(c->socket_path);
    free(c->packs);
    free(c);
}

/* ---- one exchange ------------------------------------------------------------------------------------------- */

struct exchange {
    CURL *easy;
    client_put_fn *put;
    void *context;
    struct buf error_body;
    long status;
    bool put_failed;
};

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t len = size * count;
    if (!x->status)
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->status);
    if (x->status >= 400) {
        buf_add(&x->error_body, data, len);
        return len;
    }
    x->put_failed = x->put && x->put(x->context, data, len) != 0;
    return x->put_failed ? 0 : len;
}

/* Headers, and trailers of streamed answers. */
static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct client *c = context;
    if (size * count > strlen(TRUNCATED_HEADER) && strncasecmp(data, TRUNCATED_HEADER ":", strlen(TRUNCATED_HEADER) + 1) == 0)
        c->truncated = true;
    return size * count;
}

bool client_truncated(const struct client *c) { return c->truncated; }

static void copy_text(char *to, size_t size, yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    snprintf(to, size, "%s", text ? text : "");
}

static enum error_kind kind_of(const char *name)
{
    for (int k = ERROR_USAGE; k <= ERROR_INTERNAL; k++)
        if (str_eq(error_kind_name((enum error_kind)k), name))
            return (enum error_kind)k;
    return ERROR_INTERNAL;
}

static int server_error(const struct exchange *x, struct error *err)
{
    const struct buf *b = &x->error_body;
    yyjson_doc *doc = b->data && !b->overflow ? yyjson_read(b->data, b->len, 0) : NULL;
    yyjson_val *e = yyjson_obj_get(yyjson_doc_get_root(doc), "error");
    const char *kind = yyjson_get_str(yyjson_obj_get(e, "kind"));
    if (kind) {
        struct error told = {.kind = kind_of(kind)};
        copy_text(told.what, sizeof(told.what), e, "what");
        copy_text(told.where, sizeof(told.where), e, "where");
        copy_text(told.hint, sizeof(told.hint), e, "hint");
        if (err)
            *err = told;
    } else if (x->status == 503) {
        error_set(err, ERROR_UNAVAILABLE, "the server is not well (status 503): %.200s", b->data ? b->data : "");
    } else {
        error_set(err, ERROR_INTERNAL, "the server answered with status %ld", x->status);
    }
    int rc = kind ? (int)kind_of(kind) : x->status == 503 ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
    yyjson_doc_free(doc);
    return rc;
}

static int run_multi(struct client *c, CURL *easy, const struct cancel *cancel, bool (*on_tick)(void *), void *tick_context, CURLcode *ret)
{
    int running = 1, left;
    bool stopped = false;
    CURLMcode code = curl_multi_add_handle(c->multi, easy);
    *ret = CURLE_FAILED_INIT; /* when it does not come to an end */
    while (running && !stopped && code == CURLM_OK && (code = curl_multi_perform(c->multi, &running)) == CURLM_OK) {
        if (running)
            curl_multi_poll(c->multi, NULL, 0, POLL_MS, NULL);
        stopped = cancelled(cancel) && (!on_tick || on_tick(tick_context));
    }
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;)
        if (m->msg == CURLMSG_DONE && m->easy_handle == easy)
            *ret = m->data.result;
    curl_multi_remove_handle(c->multi, easy);
    if (code == CURLM_OUT_OF_MEMORY || *ret == CURLE_OUT_OF_MEMORY)
        out_of_memory();
    return stopped && running ? ERROR_INTERRUPTED : 0;
}

/* What libcurl could not copy it would leave out of the request, or send another one. */
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

static void prepare(struct client *c, struct exchange *x, const char *method, const char *path, const char *body,
                    struct curl_slist **headers, struct arena *a)
{
    CURL *easy = x->easy;
    curl_easy_reset(easy);
    must_be_set(curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, c->socket_path));
    must_be_set(curl_easy_setopt(easy, CURLOPT_URL, arena_printf(a, "http://secchi%s", path)));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    must_be_set(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    c->truncated = false;
    add_header(headers, "Expect:");
    if (body || str_eq(method, "POST")) {
        add_header(headers, "Content-Type: application/json");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? strlen(body) : 0));
    }
    must_be_set(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, *headers);
}

static int transport_error(const struct exchange *x, CURLcode code, struct error *err)
{
    if (x->put_failed)
        return error_set(err, ERROR_IO, "the answer could not be written");
    if (code == CURLE_COULDNT_CONNECT)
        return error_set(err, ERROR_UNAVAILABLE, "the owner of the home does not answer");
    error_set(err, ERROR_UNAVAILABLE, "the answer broke off: %s", curl_easy_strerror(code));
    error_hint(err, "the owner of the home has ended; run the command again");
    return ERROR_UNAVAILABLE;
}

enum again {
    AGAIN_NO,
    AGAIN_UNHEARD, /* the owner did not begin with it */
    AGAIN_BROKEN   /* not a byte of an answer came: the owner ended before it looked, or was killed while it worked */
};

static enum again may_ask_again(const struct exchange *x, CURLcode code, const struct error *err)
{
    if (code == CURLE_COULDNT_CONNECT || (code == CURLE_OK && x->status == 503 && str_eq(err->what, "secchi is stopping")))
        return AGAIN_UNHEARD;
    bool broken = code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
    return broken && !x->status ? AGAIN_BROKEN : AGAIN_NO;
}

static int exchange_once(struct client *c, CURL *easy, const char *method, const char *path, const char *body, client_put_fn *put,
                         void *context, const struct cancel *cancel, bool (*on_tick)(void *), void *tick_context, enum again *ret_again,
                         struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct exchange x = {.easy = easy, .put = put, .context = context};
    struct curl_slist *headers = NULL;
    CURLcode code;
    buf_init(&x.error_body, ERROR_BODY_BYTES);
    prepare(c, &x, method, path, body, &headers, a);
    int rc = run_multi(c, easy, cancel, on_tick, tick_context, &code);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &x.status);
    if (rc)
        error_set(err, ERROR_INTERRUPTED, "interrupted");
    else if (code != CURLE_OK)
        rc = transport_error(&x, code, err);
    else if (x.status >= 400)
        rc = server_error(&x, err);
    *ret_again = rc == ERROR_UNAVAILABLE ? may_ask_again(&x, code, err) : AGAIN_NO;
    curl_slist_free_all(headers);
    buf_free(&x.error_body);
    return rc;
}

/* What an owner left unanswered is asked of its successor, which may be this process. A statement that kills owners must not kill
 * one after the other, so that is done twice. */
static int exchange(struct client *c, const char *method, const char *path, const char *body, client_put_fn *put, void *context,
                    const struct cancel *cancel, bool (*on_tick)(void *), void *tick_context, struct error *err)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    int64_t until = clock_mono_ns() + (int64_t)OPEN_SECONDS * 1000000000;
    for (int broken = 0;;) {
        enum again again;
        int rc = exchange_once(c, c->easy, method, path, body, put, context, cancel, on_tick, tick_context, &again, err);
        broken += again == AGAIN_BROKEN;
        if (again == AGAIN_NO || broken > 2 || c->owner || clock_mono_ns() > until || cancelled(cancel))
            return rc;
        nanosleep(&moment, NULL);
        rc = find_owner(c, err);
        if (rc)
            return rc;
    }
}

int client_request(struct client *c, const char *method, const char *path, const char *body, client_put_fn *put, void *context,
                   const struct cancel *cancel, struct error *err)
{
    return exchange(c, method, path, body, put, context, cancel, NULL, NULL, err);
}

static int keep(void *context, const void *data, size_t len)
{
    struct buf *b = context;
    buf_add(b, data, len);
    return b->overflow;
}

int client_get(struct client *c, const char *method, const char *path, const char *body, struct arena *a, const char **ret_text,
               struct error *err)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_JSON_BYTES);
    int rc = client_request(c, method, path, body, keep, &b, NULL, err);
    if (!rc)
        *ret_text = arena_strndup(a, b.data ? b.data : "", b.len);
    return rc;
}

/* ---- events of a run -------------------------------------------------------------------------------------------- */

struct events {
    struct client *client;
    int64_t run_id, last;
    struct buf line;
    void (*on_event)(void *context, const char *json, size_t len);
    void *context;
    bool ended, asked_to_end;
};

static void end_of_line(struct events *e)
{
    const char *line = e->line.data ? e->line.data : "";
    if (str_starts(line, "id: ")) {
        int64_t id;
        if (str_to_i64(line + 4, &id) == 0)
            e->last = id;
    } else if (str_starts(line, "data: ")) {
        const char *json = line + 6;
        yyjson_doc *doc = yyjson_read(json, e->line.len - 6, 0);
        yyjson_val *root = yyjson_doc_get_root(doc);
        const char *state = yyjson_get_str(yyjson_obj_get(root, "state"));
        if (str_eq(yyjson_get_str(yyjson_obj_get(root, "event")), "run") && state && !str_eq(state, "running") && !str_eq(state, "queued"))
            e->ended = true;
        yyjson_doc_free(doc);
        e->on_event(e->context, json, e->line.len - 6);
    }
    buf_clear(&e->line);
}

static int on_stream(void *context, const void *data, size_t len)
{
    struct events *e = context;
    const char *p = data;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\n')
            end_of_line(e);
        else
            buf_putc(&e->line, p[i]);
    }
    return e->line.overflow;
}

/* Ctrl-C: the run is asked to end, its events are read on. True stops reading: it could not be asked. */
static bool ask_to_end(void *context)
{
    struct events *e = context;
    if (e->asked_to_end)
        return false;
    e->asked_to_end = true;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct exchange x = {.easy = e->client->second};
    struct curl_slist *headers = NULL;
    buf_init(&x.error_body, ERROR_BODY_BYTES);
    prepare(e->client, &x, "DELETE", arena_printf(a, "/api/v1/runs/%" PRId64, e->run_id), NULL, &headers, a);
    curl_easy_setopt(x.easy, CURLOPT_TIMEOUT, 10L);
    CURLcode code = curl_easy_perform(x.easy);
    curl_slist_free_all(headers);
    buf_free(&x.error_body);
    return code != CURLE_OK;
}

int client_events(struct client *c, int64_t run_id, void (*on_event)(void *context, const char *json, size_t len), void *context,
                  const struct cancel *cancel, struct error *err)
{
    struct events e = {.client = c, .run_id = run_id, .on_event = on_event, .context = context};
    struct arena *a CLEANUP(arena_freep) = arena_new();
    buf_init(&e.line, 1u << 20);
    int rc = exchange(c, "GET", arena_printf(a, "/api/v1/runs/%" PRId64 "/events", run_id), NULL, on_stream, &e, cancel, ask_to_end, &e,
                      err);
    buf_free(&e.line);
    if (!rc && !e.ended) {
        error_set(err, ERROR_UNAVAILABLE, "the owner of the home ended before run %" PRId64, run_id);
        error_hint(err, "run the command again: it goes on where this run was");
        return ERROR_UNAVAILABLE;
    }
    return rc;
}
