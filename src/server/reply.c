#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "server/private.h"

#define GZIP_FROM 1024

void reply_header(struct request *rq, const char *name, const char *value)
{
    *VEC_ADD(&rq->headers) = (struct header){name, arena_strdup(rq->arena, value)};
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

void server_put_text(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, const char *text)
{
    if (text)
        yyjson_mut_obj_add_str(d, o, key, text);
    else
        yyjson_mut_obj_add_null(d, o, key);
}

void server_put_time(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, int64_t us)
{
    char text[40];
    if (us)
        yyjson_mut_obj_add_strcpy(d, o, key, time_format_us(us, text));
    else
        yyjson_mut_obj_add_null(d, o, key);
}

yyjson_mut_val *server_put_object(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_obj(d);
    if (key)
        yyjson_mut_obj_add_val(d, o, key, v);
    else if (o)
        yyjson_mut_arr_append(o, v);
    else
        yyjson_mut_doc_set_root(d, v);
    return v;
}

yyjson_mut_val *server_put_array(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key)
{
    yyjson_mut_val *v = yyjson_mut_arr(d);
    yyjson_mut_obj_add_val(d, o, key, v);
    return v;
}

void reply_json(struct request *rq, int status, yyjson_mut_doc *doc)
{
    size_t len;
    char *text = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, &len);
    yyjson_mut_doc_free(doc);
    rq->status = status;
    rq->type = "application/json";
    if (!text) {
        rq->status = 500;
        text = xstrdup(
            "{\"error\":{\"kind\":\"internal\",\"what\":\"the answer holds text that is not UTF-8\",\"where\":\"\",\"hint\":\"\"}}");
        len = strlen(text);
    }
    buf_clear(&rq->out);
    buf_add(&rq->out, text, len);
    buf_putc(&rq->out, '\n');
    free(text);
}

void reply_fixed(struct request *rq, int status, const char *type, const void *data, size_t len)
{
    rq->status = status;
    rq->type = type;
    rq->fixed = data;
    rq->fixed_len = len;
}

/* Adds a text that may hold a cut or foreign character as JSON string: what is not UTF-8 becomes U+FFFD. */
static void put_clean(struct buf *b, const char *key, const char *text)
{
    char clean[4 * sizeof(((struct error *)0)->what)];
    size_t n = 0;
    for (const char *p = text; *p && n + 5 < sizeof(clean);) {
        size_t len = 1, left = strnlen(p, 4);
        while (len <= left && !utf8_valid(p, len))
            len++;
        bool good = len <= left;
        memcpy(clean + n, good ? p : "\xef\xbf\xbd", good ? len : 3);
        n += good ? len : 3;
        p += good ? len : 1;
    }
    buf_printf(b, "\"%s\":", key);
    buf_add_json(b, clean, n);
}

void reply_error(struct request *rq, const struct error *err)
{
    struct buf *b = &rq->out;
    buf_clear(b);
    rq->fixed = NULL;
    buf_printf(b, "{\"error\":{\"kind\":\"%s\",", error_kind_name(err->kind));
    put_clean(b, "what", err->what);
    buf_putc(b, ',');
    put_clean(b, "where", err->where);
    buf_putc(b, ',');
    put_clean(b, "hint", err->hint);
    buf_puts(b, "}}\n");
    if (rq->status < 400) /* a status that fits better was set before: 405, 413, 414, 415 */
        rq->status = error_http_status(err);
    rq->type = "application/json";
    if (rq->status == 503)
        reply_header(rq, "Retry-After", "1");
}

/* ---- compression -------------------------------------------------------------------------------------------------- */

bool reply_accepts_gzip(struct request *rq)
{
    const char *accept = request_header(rq, "Accept-Encoding");
    for (const char *p = accept; p && *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
        while (*p == ' ')
            p++;
        size_t len = strcspn(p, ",; ");
        if (!(len == 4 && strncasecmp(p, "gzip", 4) == 0) && !(len == 1 && *p == '*'))
            continue;
        const char *q = p + len;
        q += strspn(q, "; ");
        return !(q[0] == 'q' && strncmp(q, "q=0", 3) == 0 && strspn(q + 3, ".0") == strcspn(q + 3, ", "));
    }
    return false;
}

void *reply_gzip(const void *data, size_t len, size_t *ret_len)
{
    z_stream z = {0};
    if (len > UINT32_MAX || deflateInit2(&z, 5, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    size_t max = deflateBound(&z, (uLong)len);
    Bytef *out = xmalloc(max);
    z.next_in = (Bytef *)data;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)max;
    int code = deflate(&z, Z_FINISH);
    *ret_len = z.total_out;
    deflateEnd(&z);
    if (code != Z_STREAM_END || *ret_len >= len) {
        free(out);
        return NULL;
    }
    return out;
}

static bool compressible(const char *type)
{
    return type && (str_starts(type, "application/json") || str_starts(type, "text/") || str_starts(type, "application/x-ndjson"));
}

static void compress_whole(struct request *rq)
{
    size_t len;
    if (rq->fixed || rq->out.len < GZIP_FROM || !compressible(rq->type) || (rq->route && rq->route->class == CLASS_FAST))
        return;
    reply_header(rq, "Vary", "Accept-Encoding");
    char *small = reply_accepts_gzip(rq) ? reply_gzip(rq->out.data, rq->out.len, &len) : NULL;
    if (!small)
        return;
    buf_free(&rq->out);
    buf_init(&rq->out, SIZE_MAX);
    rq->out.data = small;
    rq->out.len = len;
    rq->out.cap = len;
    rq->compressed = true;
    reply_header(rq, "Content-Encoding", "gzip");
}

/* ---- tags ------------------------------------------------------------------------------------------------------------- */

static bool has_tag(const char *list, const char *tag)
{
    for (const char *p = list; p && *p;) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ",");
        const char *bare = len > 2 && strncmp(p, "W/", 2) == 0 ? p + 2 : p;
        const char *ours = str_starts(tag, "W/") ? tag + 2 : tag;
        if ((len == 1 && *p == '*') || strncmp(bare, ours, strlen(ours)) == 0)
            return true;
        p += len;
    }
    return false;
}

/* Weak, since the same answer is sent compressed and not. */
static void tag_whole(struct request *rq)
{
    if (!rq->route || !(rq->route->flags & ROUTE_ETAG) || rq->status != 200)
        return;
    char tag[32];
    const void *data = rq->fixed ? rq->fixed : rq->out.data;
    snprintf(tag, sizeof(tag), "W/\"%016llx\"", (unsigned long long)hash_bytes(data, rq->fixed ? rq->fixed_len : rq->out.len, 0));
    reply_header(rq, "ETag", tag);
    if (!has_tag(request_header(rq, "If-None-Match"), tag))
        return;
    rq->status = 304;
    rq->fixed = NULL;
    buf_clear(&rq->out);
}

/* ---- body in pieces ------------------------------------------------------------------------------------------------------ */

/* The lock is held. */
static void resume(struct request *rq)
{
    if (!rq->suspended)
        return;
    rq->suspended = false;
    MHD_resume_connection(rq->connection);
}

static void compact(struct request *rq)
{
    if (!rq->out_taken)
        return;
    size_t left = rq->out.len - rq->out_taken;
    memmove(rq->out.data, rq->out.data + rq->out_taken, left);
    rq->out.len = left;
    rq->out_taken = 0;
}

int reply_put(void *request, const void *data, size_t len)
{
    struct request *rq = request;
    pthread_mutex_lock(&rq->lock);
    if (rq->out.len - rq->out_taken + len > STREAM_BYTES && rq->state == REQUEST_WORKING) {
        rq->state = REQUEST_STREAMING;
        resume(rq);
    }
    while (rq->state != REQUEST_WORKING && !rq->gone && !cancelled(&rq->cancel) && rq->out.len - rq->out_taken > STREAM_BYTES)
        pthread_cond_wait(&rq->room, &rq->lock);
    bool stop = rq->gone || cancelled(&rq->cancel);
    if (!stop) {
        compact(rq);
        buf_add(&rq->out, data, len);
        if (rq->state != REQUEST_WORKING)
            resume(rq);
    }
    pthread_mutex_unlock(&rq->lock);
    return stop;
}

void reply_truncated(struct request *rq)
{
    pthread_mutex_lock(&rq->lock);
    rq->truncated = true;
    pthread_mutex_unlock(&rq->lock);
}

void reply_finish(struct request *rq, const struct error *err)
{
    pthread_mutex_lock(&rq->lock);
    bool streaming = rq->state != REQUEST_WORKING;
    rq->ended = true;
    rq->failed = err->kind != ERROR_NONE;
    if (streaming) {
        resume(rq);
        pthread_mutex_unlock(&rq->lock);
        return;
    }
    pthread_mutex_unlock(&rq->lock);
    /* Nothing was sent yet and the connection sleeps: the reply is ours alone. */
    if (err->kind != ERROR_NONE) {
        if (rq->status < 400)
            rq->status = 0;
        reply_error(rq, err);
    }
    if (!rq->run_id) {
        tag_whole(rq);
        compress_whole(rq);
    }
    pthread_mutex_lock(&rq->lock);
    rq->whole = true;
    rq->state = REQUEST_STREAMING;
    resume(rq);
    pthread_mutex_unlock(&rq->lock);
}

/* MHD's content reader of a streamed reply. */
static ssize_t read_stream(void *request, uint64_t pos, char *data, size_t max)
{
    struct request *rq = request;
    (void)pos;
    pthread_mutex_lock(&rq->lock);
    size_t n = rq->out.len - rq->out_taken;
    ssize_t ret;
    if (n) {
        ret = (ssize_t)(n < max ? n : max);
        memcpy(data, rq->out.data + rq->out_taken, (size_t)ret);
        rq->out_taken += (size_t)ret;
        rq->bytes += ret;
        pthread_cond_signal(&rq->room);
    } else if (rq->ended) {
        if (rq->truncated && !rq->failed)
            MHD_add_response_footer(rq->response, TRUNCATED_HEADER, "true");
        ret = rq->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        rq->suspended = true;
        MHD_suspend_connection(rq->connection);
        ret = 0;
    }
    pthread_mutex_unlock(&rq->lock);
    return ret;
}

static void add_headers(struct request *rq, struct MHD_Response *response)
{
    bool cacheable = false, policy = false;
    if (rq->type && rq->status != 304)
        MHD_add_response_header(response, "Content-Type", rq->type);
    for (size_t i = 0; i < rq->headers.len; i++) {
        MHD_add_response_header(response, rq->headers.items[i].name, rq->headers.items[i].value);
        cacheable = cacheable || str_eq(rq->headers.items[i].name, "Cache-Control");
        policy = policy || str_eq(rq->headers.items[i].name, "Content-Security-Policy");
    }
    if (!cacheable)
        MHD_add_response_header(response, "Cache-Control", rq->route && (rq->route->flags & ROUTE_ETAG) ? "private, no-cache" : "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (!policy)
        MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
}

enum MHD_Result reply_queue(struct request *rq)
{
    struct MHD_Response *response;
    pthread_mutex_lock(&rq->lock);
    bool whole = rq->whole;
    pthread_mutex_unlock(&rq->lock);
    if (rq->run_id && rq->status == 200)
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, events_read, rq, NULL);
    else if (!whole)
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, read_stream, rq, NULL);
    else if (rq->fixed)
        response = MHD_create_response_from_buffer(rq->fixed_len, (void *)rq->fixed, MHD_RESPMEM_PERSISTENT);
    else
        response = MHD_create_response_from_buffer(rq->out.len, rq->out.len ? rq->out.data : NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (whole)
        rq->bytes = (int64_t)(rq->fixed ? rq->fixed_len : rq->out.len);
    if (whole && rq->truncated)
        MHD_add_response_header(response, TRUNCATED_HEADER, "true");
    rq->response = response;
    add_headers(rq, response);
    enum MHD_Result queued = MHD_queue_response(rq->connection, (unsigned)rq->status, response);
    MHD_destroy_response(response);
    return queued;
}

int reply_done(struct request *rq, int status, const char *text)
{
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_obj_add_str(d, server_put_object(d, NULL, NULL), "done", text);
    reply_json(rq, status, d);
    return 0;
}
