#include <inttypes.h>

#include "server/private.h"

/* Event streams sleep as suspended connections in owner.streams; a new event, the tick or the end of the owner wakes them. */

/* owner.lock is held, so that no stream can fall asleep after having found nothing while an event is announced. */
static void wake_all(struct owner *o, int64_t silent_since_ns)
{
    for (struct request **at = &o->streams; *at;) {
        struct request *rq = *at;
        if (rq->spoke_ns > silent_since_ns) {
            at = &rq->next_stream;
            continue;
        }
        *at = rq->next_stream;
        MHD_resume_connection(rq->connection);
    }
}

void events_wake(void *owner)
{
    struct owner *o = owner;
    pthread_mutex_lock(&o->lock);
    o->warehouse_changed = true;
    wake_all(o, INT64_MAX);
    pthread_mutex_unlock(&o->lock);
}

/* The core may be closed for a moment; then the next tick does it. */
static void look_after_warehouse(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    bool changed = o->warehouse_changed;
    o->warehouse_changed = false;
    pthread_mutex_unlock(&o->lock);
    if (!changed)
        return;
    if (pthread_rwlock_tryrdlock(&o->core_lock) != 0) {
        events_wake(o);
        return;
    }
    struct error err;
    if (!o->core_error.kind) {
        semantic_changed(o->core.semantic);
        if (!schedule_running(o->core.schedule) && semantic_scopes(o->core.semantic, &err) != 0)
            log_error("server", &err);
    }
    pthread_rwlock_unlock(&o->core_lock);
}

void events_tick(struct owner *o)
{
    look_after_warehouse(o);
    pthread_mutex_lock(&o->lock);
    wake_all(o, o->streams_missed ? INT64_MAX : clock_mono_ns() - (int64_t)KEEP_ALIVE_SECONDS * 1000000000);
    o->streams_missed = false;
    pthread_mutex_unlock(&o->lock);
}

void events_forget(struct request *rq)
{
    struct owner *o = rq->owner;
    pthread_mutex_lock(&o->lock);
    for (struct request **at = &o->streams; *at; at = &(*at)->next_stream) {
        if (*at == rq) {
            *at = rq->next_stream;
            break;
        }
    }
    pthread_mutex_unlock(&o->lock);
}

/* Puts what is new into rq->out. owner.lock is held. */
static void collect(struct request *rq)
{
    struct owner *o = rq->owner;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char **texts = NULL;
    size_t count = 0;
    struct error err;
    bool over = true;
    if (pthread_rwlock_tryrdlock(&o->core_lock) != 0) {
        o->streams_missed = true; /* the next tick looks again */
        return;
    }
    if (!o->core_error.kind && schedule_events(o->core.schedule, rq->run_id, rq->after, 0, a, &texts, &count, &over, &err) != 0)
        count = 0;
    pthread_rwlock_unlock(&o->core_lock);
    for (size_t i = 0; i < count; i++)
        buf_printf(&rq->out, "id: %" PRId64 "\ndata: %s\n\n", ++rq->after, texts[i]);
    rq->run_over = over;
}

ssize_t events_read(void *request, uint64_t pos, char *data, size_t max)
{
    struct request *rq = request;
    struct owner *o = rq->owner;
    (void)pos;
    if (rq->out_taken == rq->out.len) {
        buf_clear(&rq->out);
        rq->out_taken = 0;
    }
    pthread_mutex_lock(&o->lock);
    int64_t now = clock_mono_ns();
    if (!rq->out.len && !rq->run_over)
        collect(rq);
    if (!rq->out.len && !rq->run_over && !o->cancelling) {
        if (now - rq->spoke_ns < (int64_t)KEEP_ALIVE_SECONDS * 1000000000) {
            rq->next_stream = o->streams;
            o->streams = rq;
            MHD_suspend_connection(rq->connection);
            pthread_mutex_unlock(&o->lock);
            return 0;
        }
        buf_puts(&rq->out, ": still running\n\n");
    }
    rq->spoke_ns = now;
    pthread_mutex_unlock(&o->lock);
    size_t n = rq->out.len - rq->out_taken;
    if (!n)
        return MHD_CONTENT_READER_END_OF_STREAM;
    n = n < max ? n : max;
    memcpy(data, rq->out.data + rq->out_taken, n);
    rq->out_taken += n;
    rq->bytes += (int64_t)n;
    return (ssize_t)n;
}
