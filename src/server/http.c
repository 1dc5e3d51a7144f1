#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/private.h"

/* ---- who is on the other side -------------------------------------------------------------------------------- */

static void read_peer(struct request *rq)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    snprintf(rq->peer, sizeof(rq->peer), "%s", rq->listener->local ? "socket" : "unknown");
    if (rq->listener->local || !address)
        return;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, rq->peer, sizeof(rq->peer));
        rq->loopback = (ntohl(in->sin_addr.s_addr) >> 24) == 127;
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &in->sin6_addr, rq->peer, sizeof(rq->peer));
        rq->loopback = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) && in->sin6_addr.s6_addr[12] == 127);
    }
}

/* ---- handing over to workers and back ---------------------------------------------------------------------------- */

static void link_running(struct owner *o, struct request *rq)
{
    pthread_mutex_lock(&o->lock);
    rq->id = ++o->next_id;
    rq->next = o->running;
    if (o->running)
        o->running->prev = rq;
    o->running = rq;
    o->active++;
    bool cancelling = o->cancelling;
    pthread_mutex_unlock(&o->lock);
    if (cancelling)
        cancel_set(&rq->cancel);
}

static void unlink_running(struct owner *o, struct request *rq)
{
    pthread_mutex_lock(&o->lock);
    if (rq->prev)
        rq->prev->next = rq->next;
    else
        o->running = rq->next;
    if (rq->next)
        rq->next->prev = rq->prev;
    o->active--;
    o->served++;
    if (!o->active)
        pthread_cond_broadcast(&o->idle);
    pthread_mutex_unlock(&o->lock);
}

static int run_handler(struct request *rq, struct error *err)
{
    struct owner *o = rq->owner;
    if (cancelled(&rq->cancel))
        return error_set(err, ERROR_INTERRUPTED, "the client has gone");
    double waited_s = (double)(clock_mono_ns() - rq->start_ns) / 1e9;
    if (rq->route->class == CLASS_QUERY && waited_s > config_float(o->core.config, "query.timeout") + IDLE_SECONDS)
        return error_set(err, ERROR_LIMIT, "the statement waited %.0f s for its turn", waited_s);
    if (o->core_error.kind) {
        *err = o->core_error;
        return err->kind;
    }
    int rc = request_authorize(rq, err);
    return rc ? rc : rq->route->handler(rq, err);
}

static bool is_cancelling(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    bool cancelling = o->cancelling;
    pthread_mutex_unlock(&o->lock);
    return cancelling;
}

void request_work(struct request *rq)
{
    struct owner *o = rq->owner;
    struct error err = {0};
    watcher_add(o->watcher, rq);
    if (rq->route->flags & ROUTE_ALONE)
        pthread_rwlock_wrlock(&o->core_lock);
    else
        pthread_rwlock_rdlock(&o->core_lock);
    int rc = run_handler(rq, &err);
    pthread_rwlock_unlock(&o->core_lock);
    watcher_remove(o->watcher, rq);
    if (rc == ERROR_INTERRUPTED && is_cancelling(o)) /* not the client's wish: it may ask the next owner */
        rc = error_set(&err, ERROR_UNAVAILABLE, "secchi is stopping");
    err.kind = rc ? err.kind : ERROR_NONE;
    if (err.kind == ERROR_INTERNAL || err.kind == ERROR_IO)
        log_error("server", &err);
    reply_finish(rq, &err);
    unlink_running(o, rq);
    request_unref(rq);
}

static enum MHD_Result answer_now(struct request *rq, int rc, struct error *err)
{
    rq->state = REQUEST_WORKING;
    err->kind = rc ? err->kind : ERROR_NONE;
    reply_finish(rq, err);
    rq->state = REQUEST_ANSWERED;
    return reply_queue(rq);
}

static enum MHD_Result hand_over(struct request *rq)
{
    struct owner *o = rq->owner;
    struct error err = {0};
    rq->state = REQUEST_WORKING;
    rq->suspended = true;
    __atomic_add_fetch(&rq->references, 1, __ATOMIC_ACQ_REL);
    link_running(o, rq);
    MHD_suspend_connection(rq->connection);
    int rc = pool_add(rq->route->class == CLASS_QUERY ? o->query : o->light, rq, &err);
    if (!rc)
        return MHD_YES;
    unlink_running(o, rq);
    reply_finish(rq, &err);
    request_unref(rq);
    return MHD_YES;
}

static bool is_stopping(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    bool stopping = o->stopping;
    pthread_mutex_unlock(&o->lock);
    return stopping;
}

static enum MHD_Result whole_request(struct request *rq)
{
    struct error err = {0};
    int rc = request_body(rq, &err);
    if (!rc && is_stopping(rq->owner))
        rc = error_set(&err, ERROR_UNAVAILABLE, "secchi is stopping");
    if (rc || rq->route->class == CLASS_FAST)
        return answer_now(rq, rc ? rc : rq->route->handler(rq, &err), &err);
    return hand_over(rq);
}

/* ---- callbacks of libmicrohttpd -------------------------------------------------------------------------------------- */

static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct listener *l = context;
    struct request *rq = request_new(l, uri);
    rq->connection = connection;
    return rq;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                              const char *data, size_t *len, void **state)
{
    struct request *rq = *state;
    struct error err = {0};
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    pthread_mutex_lock(&rq->lock);
    bool has_reply = rq->state == REQUEST_STREAMING;
    if (has_reply)
        rq->state = REQUEST_ANSWERED;
    pthread_mutex_unlock(&rq->lock);
    if (has_reply)
        return reply_queue(rq);
    if (!rq->counted) { /* the headers have come */
        rq->counted = true;
        pthread_mutex_lock(&rq->owner->lock);
        rq->owner->open++;
        pthread_mutex_unlock(&rq->owner->lock);
        read_peer(rq);
        int rc = request_route(rq, method, &err);
        const char *length = request_header(rq, "Content-Length");
        int64_t bytes;
        if (!rc && length && (str_to_i64(length, &bytes) != 0 || bytes > LIMIT_REQUEST_BYTES)) {
            rq->status = 413;
            rc = error_set(&err, ERROR_LIMIT, "the body is larger than %u bytes", LIMIT_REQUEST_BYTES);
        }
        return rc ? answer_now(rq, rc, &err) : MHD_YES;
    }
    if (*len) {
        buf_add(&rq->body, data, *len);
        *len = 0;
        return MHD_YES;
    }
    return whole_request(rq);
}

static void completed(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct listener *l = context;
    struct request *rq = *state;
    struct owner *o = l->owner;
    (void)connection;
    if (!rq)
        return;
    *state = NULL;
    watcher_remove(o->watcher, rq);
    events_forget(rq);
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        cancel_set(&rq->cancel);
    pthread_mutex_lock(&rq->lock);
    rq->gone = true;
    pthread_cond_broadcast(&rq->room);
    pthread_mutex_unlock(&rq->lock);
    log_write(l->local ? LOG_DEBUG : LOG_INFO, "server", "%s %s \"%s %.200s\" %d %" PRId64 " bytes %.1f ms%s", rq->peer,
              rq->principal.user ? rq->principal.user : "-", rq->method, rq->path, rq->status, rq->bytes,
              (double)(clock_mono_ns() - rq->start_ns) / 1e6, code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " (client gone)");
    bool counted = rq->counted;
    request_unref(rq);
    pthread_mutex_lock(&o->lock);
    if (counted && --o->open == 0)
        pthread_cond_broadcast(&o->idle);
    pthread_mutex_unlock(&o->lock);
}

static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void log_library(void *context, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void log_library(void *context, const char *fmt, va_list ap)
{
    char text[512];
    (void)context;
    vsnprintf(text, sizeof(text), fmt, ap);
    log_write(LOG_DEBUG, "server", "%s", text);
}

/* ---- listeners -------------------------------------------------------------------------------------------------------- */

int listener_start(struct listener *l, int fd, struct error *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (l->key ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, l->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, l->key},
        {MHD_OPTION_END, 0, NULL},
    };
    l->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, l, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_LISTEN_SOCKET,
                                 fd, MHD_OPTION_URI_LOG_CALLBACK, begin, l, MHD_OPTION_NOTIFY_COMPLETED, completed, l,
                                 MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536,
                                 MHD_OPTION_ARRAY, l->key ? tls : tls + 2, MHD_OPTION_END);
    if (l->daemon)
        return 0;
    error_set(err, ERROR_UNAVAILABLE, "the HTTP server could not be started%s",
              l->key ? "; check server.tls_certificate and server.tls_key" : "");
    return ERROR_UNAVAILABLE;
}

void listener_quiesce(struct listener *l)
{
    int fd = l->daemon ? (int)MHD_quiesce_daemon(l->daemon) : -1;
    if (fd >= 0)
        close(fd);
}

void listener_stop(struct listener *l)
{
    if (l->daemon)
        MHD_stop_daemon(l->daemon);
    l->daemon = NULL;
    free(l->web_dir);
    free(l->certificate);
    free(l->key);
}
