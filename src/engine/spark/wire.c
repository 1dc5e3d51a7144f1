#include "engine/spark/wire.h"

#include "engine/lazy_engine_curl.h"

#include <strings.h>

#define CURL_FILE "libcurl.so.4"
#define SERVICE "/spark.connect.SparkConnectService/"
#define FRAME 5            /* bytes before each message: compressed or not, and the length */
#define ENOUGH (4u << 20)  /* bytes that are read ahead of what is asked */
#define WINDOW (64u << 20) /* what libcurl may hand over at once beyond that */
#define POLL_MS 100
#define SILENT_SECONDS 180 /* the server tells its progress every few seconds and ends a stream after two minutes */

struct wire {
    const struct spark_address *address;
    CURLM *multi;
    const char *base; /* "http://host:port" */
    struct arena *arena;
    bool (*stop)(void *);
    void *context;
};

struct wire_call {
    struct wire *wire;
    CURL *easy;
    struct curl_slist *headers;
    struct buf request, in, why; /* why: grpc-message, still encoded */
    size_t taken;                /* bytes of `in` that were given out */
    bool added, paused, done, too_large;
    CURLcode code;
    int grpc_status; /* -1: none came */
    int64_t heard_ns;
    char curl_says[CURL_ERROR_SIZE];
};

static void must_be_set(CURLcode code)
{
    if (code == CURLE_OUT_OF_MEMORY)
        out_of_memory();
}

int wire_open(const struct spark_address *address, bool (*stop)(void *context), void *context, struct wire **ret, struct error *err)
{
    int rc = lazy_engine_curl_load(CURL_FILE, err);
    if (rc) {
        error_hint(err, "install libcurl (the package libcurl4 of Debian)");
        return rc;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    if (!multi)
        return error_set(err, ERROR_INTERNAL, "libcurl cannot be started");
    struct wire *w = xcalloc(1, sizeof(*w));
    *w = (struct wire){.address = address, .multi = multi, .arena = arena_new(), .stop = stop, .context = context};
    w->base = arena_printf(w->arena, "%s://%s:%d", address->tls ? "https" : "http", address->host, address->port);
    *ret = w;
    return 0;
}

void wire_close(struct wire *w)
{
    if (!w)
        return;
    curl_multi_cleanup(w->multi);
    arena_free(w->arena);
    free(w);
}

void wire_wake(struct wire *w) { curl_multi_wakeup(w->multi); }

/* ---- what libcurl calls ------------------------------------------------------------------------------------ */

static size_t frame_len(const struct wire_call *c)
{
    const unsigned char *p = (const unsigned char *)c->in.data + c->taken;
    return (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
}

static bool has_message(const struct wire_call *c)
{
    size_t left = c->in.len - c->taken;
    return left >= FRAME && left - FRAME >= frame_len(c);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct wire_call *c = context;
    size_t len = size * count;
    c->heard_ns = clock_mono_ns();
    if (c->in.len - c->taken >= ENOUGH && has_message(c)) {
        c->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    buf_add(&c->in, data, len);
    c->too_large = c->in.overflow || (c->in.len - c->taken >= FRAME && frame_len(c) > LIMIT_ANSWER);
    return c->too_large ? 0 : len;
}

static bool header_is(const char *line, size_t len, const char *name, const char **ret, size_t *ret_len)
{
    size_t n = strlen(name);
    if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return false;
    for (n++; n < len && line[n] == ' ';)
        n++;
    while (len > n && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    *ret = line + n;
    *ret_len = len - n;
    return true;
}

/* Headers, and trailers behind the messages. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct wire_call *c = context;
    const char *value;
    size_t len = size * count, n;
    c->heard_ns = clock_mono_ns();
    if (header_is(line, len, "grpc-status", &value, &n)) {
        char text[16];
        int64_t status;
        snprintf(text, sizeof(text), "%.*s", (int)(n < 15 ? n : 15), value);
        c->grpc_status = str_to_i64(text, &status) || status < 0 || status > 16 ? 2 : (int)status;
    } else if (header_is(line, len, "grpc-message", &value, &n)) {
        buf_clear(&c->why);
        buf_add(&c->why, value, n);
    }
    return len;
}

/* ---- sending -------------------------------------------------------------------------------------------------- */

static void add_header(struct wire_call *c, const char *line)
{
    struct curl_slist *more = curl_slist_append(c->headers, line);
    if (!more)
        out_of_memory();
    c->headers = more;
}

static void put_headers(struct wire_call *c, struct arena *a)
{
    const struct spark_address *x = c->wire->address;
    add_header(c, "Content-Type: application/grpc");
    add_header(c, "TE: trailers");
    add_header(c, "Expect:");
    add_header(c, "Accept:");
    add_header(c, arena_printf(a, "User-Agent: %s", x->user_agent ? x->user_agent : "secchi"));
    if (x->token)
        add_header(c, arena_printf(a, "Authorization: Bearer %s", x->token));
    for (size_t i = 0; i < x->header_count; i++)
        add_header(c, arena_printf(a, "%s: %s", x->headers[i][0], x->headers[i][1]));
}

/* libcurl 7.88 cannot use a connection again on which HTTP/2 was spoken from the start without TLS. */
static void put_options(struct wire_call *c, const char *url, int timeout_s)
{
    const struct spark_address *x = c->wire->address;
    CURL *easy = c->easy;
    must_be_set(curl_easy_setopt(easy, CURLOPT_URL, url));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    must_be_set(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, x->tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    if (!x->tls) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    } else if (x->ca_file)
        must_be_set(curl_easy_setopt(easy, CURLOPT_CAINFO, x->ca_file));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)timeout_s);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->curl_says);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, c->request.data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->request.len);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
}

struct wire_call *wire_send(struct wire *w, const char *method, const struct buf *message, int timeout_s)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct wire_call *c = xcalloc(1, sizeof(*c));
    size_t len = message->len;
    const char frame[FRAME] = {0, (char)(len >> 24 & 0xff), (char)(len >> 16 & 0xff), (char)(len >> 8 & 0xff), (char)(len & 0xff)};
    c->wire = w;
    c->grpc_status = -1;
    c->code = CURLE_FAILED_INIT;
    c->heard_ns = clock_mono_ns();
    buf_init(&c->request, (size_t)LIMIT_REQUEST + FRAME);
    buf_init(&c->in, (size_t)LIMIT_ANSWER + WINDOW);
    buf_init(&c->why, 1u << 20);
    buf_add(&c->request, frame, sizeof(frame));
    if (len)
        buf_add(&c->request, message->data, len);
    c->easy = curl_easy_init();
    if (!c->easy)
        out_of_memory();
    put_headers(c, a);
    put_options(c, arena_printf(a, "%s" SERVICE "%s", w->base, method), timeout_s);
    c->added = curl_multi_add_handle(w->multi, c->easy) == CURLM_OK;
    c->done = !c->added;
    return c;
}

void wire_end(struct wire_call *c)
{
    if (!c)
        return;
    if (c->added)
        curl_multi_remove_handle(c->wire->multi, c->easy);
    curl_easy_cleanup(c->easy);
    curl_slist_free_all(c->headers);
    buf_free(&c->request);
    buf_free(&c->in);
    buf_free(&c->why);
    free(c);
}

/* ---- how it ended ----------------------------------------------------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* grpc-message without its percent-encoding, in one line. */
static const char *message_of(const struct wire_call *c, struct arena *a)
{
    char *out = arena_alloc(a, c->why.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < c->why.len; i++, n++) {
        const char *p = c->why.data + i;
        int high = *p == '%' && c->why.len - i > 2 ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
        out[n] = *p;
        if (low >= 0) {
            out[n] = (char)(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

/* What Spark's texts begin with, and what it is for the reader. */
static enum error_kind kind_of(int grpc_status, const char *text)
{
    static const struct {
        const char *class;
        enum error_kind kind;
    } classes[] = {
        {"[TABLE_OR_VIEW_NOT_FOUND", ERROR_NOT_FOUND},
        {"[OPERATION_CANCELED", ERROR_INTERRUPTED},
        {"[INVALID_HANDLE.OPERATION_ABANDONED", ERROR_INTERRUPTED},
        {"[INVALID_HANDLE", ERROR_UNAVAILABLE},
        {"[INSUFFICIENT_PERMISSIONS", ERROR_FORBIDDEN},
    };
    static const enum error_kind kinds[17] = {
        [1] = ERROR_INTERRUPTED,  [4] = ERROR_LIMIT,        [7] = ERROR_FORBIDDEN, [8] = ERROR_LIMIT,
        [12] = ERROR_UNAVAILABLE, [14] = ERROR_UNAVAILABLE, [16] = ERROR_DENIED,
    };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (str_starts(text, classes[i].class))
            return classes[i].kind;
    return kinds[grpc_status] ? kinds[grpc_status] : ERROR_ENGINE;
}

/* "...; line 3 pos 14; 'Project [..." and the frames of a stack behind it are cut off the text. */
static void place_of(char *text, struct error *err)
{
    const char *line = strstr(text, "line ");
    for (; line; line = strstr(line + 5, "line ")) {
        char *rest;
        unsigned long n = strtoul(line + 5, &rest, 10);
        const char *pos = rest > line + 5 && str_starts(rest, ", pos ")  ? rest + 6
                          : rest > line + 5 && str_starts(rest, " pos ") ? rest + 5
                                                                         : NULL;
        if (pos && n) {
            error_where(err, "%lu:%lu", n, strtoul(pos, NULL, 10) + 1);
            return;
        }
    }
}

static void failed(const struct wire_call *c, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct spark_address *x = c->wire->address;
    char *text = arena_strdup(a, message_of(c, a));
    enum error_kind kind = kind_of(c->grpc_status, text);
    struct error place = {0};
    if (kind == ERROR_DENIED) {
        error_set(err, kind, "Spark at %s:%d refuses the token", x->host, x->port);
        if (!x->token)
            error_set(err, kind, "Spark at %s:%d asks for a token", x->host, x->port);
        error_hint(err, "set engine.token");
        return;
    }
    place_of(text, &place);
    size_t len = strcspn(text, "\n\r");
    const char *state = strstr(text, " SQLSTATE: ");
    if (state && (size_t)(state - text) > len) { /* the text of some errors goes over several lines; this one ends there */
        len = (size_t)(state - text) + strlen(" SQLSTATE: ") + 5;
        for (size_t i = 0; i < len && text[i]; i++)
            if (text[i] == '\n' || text[i] == '\r')
                text[i] = ' ';
    }
    if (kind == ERROR_INTERRUPTED)
        error_set(err, kind, "the statement was interrupted");
    else if (text[0])
        error_set(err, kind, "%.*s", (int)(len > 1000 ? 1000 : len), text);
    else
        error_set(err, kind, "Spark failed without a reason (gRPC status %d)", c->grpc_status);
    if (place.where[0])
        error_where(err, "%s", place.where);
}

static void broken(struct wire_call *c, struct error *err)
{
    const struct spark_address *x = c->wire->address;
    const char *says = c->curl_says[0] ? c->curl_says : curl_easy_strerror(c->code);
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    switch ((int)c->code) {
    case CURLE_COULDNT_CONNECT:
        error_set(err, ERROR_UNAVAILABLE, "nobody listens at %s:%d", x->host, x->port);
        error_hint(err, "start Spark Connect there, or correct engine.url");
        return;
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(err, ERROR_UNAVAILABLE, "there is no host %s", x->host);
        error_hint(err, "correct engine.url");
        return;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        error_set(err, ERROR_UNAVAILABLE, "TLS with %s:%d does not come about: %s", x->host, x->port, says);
        error_hint(err, "name the file of its authority in engine.ca_file; a server without TLS needs use_ssl=false");
        return;
    default:
        break;
    }
    if (c->code == CURLE_OK && status && status != 200)
        error_set(err, ERROR_UNAVAILABLE, "%s:%d answers HTTP %ld instead of gRPC", x->host, x->port, status);
    else if (c->code == CURLE_OK)
        error_set(err, ERROR_UNAVAILABLE, "the answer of %s:%d broke off", x->host, x->port);
    else
        error_set(err, ERROR_UNAVAILABLE, "the connection to %s:%d broke: %s", x->host, x->port, says);
    error_hint(err, x->tls ? "see that a Spark Connect server runs there"
                           : "see that a Spark Connect server runs there; one with TLS needs use_ssl=true");
}

static enum wire_state ended(struct wire_call *c, struct error *err)
{
    if (c->code == CURLE_OUT_OF_MEMORY)
        out_of_memory();
    if (c->too_large) {
        error_set(err, ERROR_LIMIT, "a message of Spark is longer than %u MiB", LIMIT_ANSWER >> 20);
        return WIRE_FAILED;
    }
    if (c->grpc_status > 0) {
        failed(c, err);
        return c->grpc_status == 14 ? WIRE_BROKEN : WIRE_FAILED;
    }
    if (c->code == CURLE_OK && c->grpc_status == 0 && c->in.len == c->taken)
        return WIRE_END;
    if (c->code == CURLE_OPERATION_TIMEDOUT && c->heard_ns) {
        error_set(err, ERROR_UNAVAILABLE, "%s:%d does not answer in time", c->wire->address->host, c->wire->address->port);
        return WIRE_BROKEN;
    }
    broken(c, err);
    return WIRE_BROKEN;
}

bool wire_unsent(const struct wire_call *c)
{
    return c->code == CURLE_COULDNT_CONNECT || c->code == CURLE_COULDNT_RESOLVE_HOST || c->code == CURLE_SSL_CONNECT_ERROR ||
           c->code == CURLE_PEER_FAILED_VERIFICATION;
}

/* ---- waiting ------------------------------------------------------------------------------------------------------ */

static void work(struct wire *w)
{
    int running, left;
    CURLMcode code = curl_multi_perform(w->multi, &running);
    if (code == CURLM_OUT_OF_MEMORY)
        out_of_memory();
    for (CURLMsg *m; (m = curl_multi_info_read(w->multi, &left)) != NULL;) {
        struct wire_call *of = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&of);
        of->done = true;
        of->code = m->data.result;
    }
}

/* What was given out is forgotten. */
static void drop_taken(struct wire_call *c)
{
    if (c->taken == c->in.len)
        buf_clear(&c->in);
    else if (c->taken) {
        memmove(c->in.data, c->in.data + c->taken, c->in.len - c->taken);
        c->in.len -= c->taken;
    }
    c->taken = 0;
}

static bool silent(const struct wire_call *c) { return clock_mono_ns() - c->heard_ns > (int64_t)SILENT_SECONDS * 1000000000; }

enum wire_state wire_next(struct wire_call *c, bool heed, struct spark_text *ret, struct error *err)
{
    struct wire *w = c->wire;
    if (c->taken && !has_message(c))
        drop_taken(c);
    if (c->paused)
        c->heard_ns = clock_mono_ns(); /* it was not listened to */
    while (!has_message(c) && !c->done) {
        if (heed && w->stop && w->stop(w->context)) {
            error_set(err, ERROR_INTERRUPTED, "the statement was interrupted");
            return WIRE_STOPPED;
        }
        if (c->paused) {
            c->paused = false;
            curl_easy_pause(c->easy, CURLPAUSE_CONT);
        }
        work(w);
        if (!has_message(c) && !c->done)
            curl_multi_poll(w->multi, NULL, 0, POLL_MS, NULL);
        if (!c->done && silent(c)) {
            c->code = CURLE_OPERATION_TIMEDOUT;
            c->done = true;
        }
    }
    if (!has_message(c))
        return ended(c, err);
    const char *frame = c->in.data + c->taken;
    size_t len = frame_len(c);
    if (frame[0]) {
        error_set(err, ERROR_ENGINE, "an answer of Spark is compressed, which was not asked for");
        return WIRE_FAILED;
    }
    *ret = (struct spark_text){frame + FRAME, len};
    c->taken += FRAME + len;
    return WIRE_MESSAGE;
}
