#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/private.h"

/* libmicrohttpd does not look at the sockets of suspended connections. This thread does, and cancels the request whose client has
 * closed its side. It also gives the owner its tick. */

struct watcher {
    struct owner *owner;
    int epoll, wake;
    bool stopping;
    pthread_t thread;
};

static void cancel_request(struct owner *o, uint64_t id)
{
    pthread_mutex_lock(&o->lock);
    for (struct request *rq = o->running; rq; rq = rq->next) {
        if (rq->id != id)
            continue;
        pthread_mutex_lock(&rq->lock);
        cancel_set(&rq->cancel);
        pthread_cond_broadcast(&rq->room);
        pthread_mutex_unlock(&rq->lock);
    }
    pthread_mutex_unlock(&o->lock);
}

static void *watch(void *context)
{
    struct watcher *w = context;
    int64_t next_tick = clock_mono_ns() + 1000000000;
    while (!__atomic_load_n(&w->stopping, __ATOMIC_ACQUIRE)) {
        struct epoll_event events[64];
        int64_t left_ms = (next_tick - clock_mono_ns()) / 1000000;
        int n = epoll_wait(w->epoll, events, ARRAY_LEN(events), left_ms > 0 ? (int)left_ms + 1 : 0);
        for (int i = 0; i < n; i++)
            if (events[i].data.u64)
                cancel_request(w->owner, events[i].data.u64);
        if (clock_mono_ns() >= next_tick) {
            events_tick(w->owner);
            next_tick = clock_mono_ns() + 1000000000;
        }
    }
    return NULL;
}

struct watcher *watcher_new(struct owner *o, struct error *err)
{
    struct watcher *w = xcalloc(1, sizeof(*w));
    w->owner = o;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    int code = w->epoll < 0 || w->wake < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) != 0
                   ? errno
                   : pthread_create(&w->thread, NULL, watch, w);
    if (code) {
        error_set(err, ERROR_INTERNAL, "cannot watch connections: %s", strerror(code));
        close(w->epoll);
        close(w->wake);
        free(w);
        return NULL;
    }
    return w;
}

void watcher_add(struct watcher *w, struct request *rq)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info)
        return;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLONESHOT, .data.u64 = rq->id};
    pthread_mutex_lock(&rq->lock);
    if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, info->connect_fd, &event) == 0)
        rq->watched_fd = info->connect_fd;
    pthread_mutex_unlock(&rq->lock);
}

void watcher_remove(struct watcher *w, struct request *rq)
{
    pthread_mutex_lock(&rq->lock);
    if (rq->watched_fd >= 0)
        epoll_ctl(w->epoll, EPOLL_CTL_DEL, rq->watched_fd, NULL);
    rq->watched_fd = -1;
    pthread_mutex_unlock(&rq->lock);
}

void watcher_free(struct watcher *w)
{
    if (!w)
        return;
    uint64_t one = 1;
    __atomic_store_n(&w->stopping, true, __ATOMIC_RELEASE);
    if (write(w->wake, &one, sizeof(one)) < 0)
        log_write(LOG_WARN, "server", "cannot wake the watcher of connections");
    pthread_join(w->thread, NULL);
    close(w->epoll);
    close(w->wake);
    free(w);
}
