#include <stdlib.h>

#include "server/private.h"

struct pool { /* threads are started when they are needed, up to max_threads, and stay */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct request *queue[MAX_QUEUE]; /* a ring */
    size_t first, waiting;
    bool stopping;
    pthread_t *threads;
    int thread_count, max_threads, idle;
};

static void *pool_thread(void *context)
{
    struct pool *p = context;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        p->idle++;
        while (!p->waiting && !p->stopping)
            pthread_cond_wait(&p->wake, &p->lock);
        p->idle--;
        if (!p->waiting)
            break;
        struct request *rq = p->queue[p->first];
        p->first = (p->first + 1) % MAX_QUEUE;
        p->waiting--;
        pthread_mutex_unlock(&p->lock);
        request_work(rq);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* The lock is held. A pool that has a thread can do without a further one. */
static int add_thread(struct pool *p, struct error *err)
{
    int code = pthread_create(&p->threads[p->thread_count], NULL, pool_thread, p);
    if (!code)
        p->thread_count++;
    return code && !p->thread_count ? error_set(err, ERROR_INTERNAL, "cannot start a thread: %s", strerror(code)) : 0;
}

struct pool *pool_new(int max_threads, struct error *err)
{
    struct pool *p = xcalloc(1, sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->max_threads = max_threads;
    p->threads = xcalloc((size_t)max_threads, sizeof(*p->threads));
    if (add_thread(p, err) != 0) {
        pool_free(p);
        return NULL;
    }
    return p;
}

int pool_add(struct pool *p, struct request *rq, struct error *err)
{
    pthread_mutex_lock(&p->lock);
    int rc = 0;
    if (p->waiting == MAX_QUEUE) {
        rc = error_set(err, ERROR_UNAVAILABLE, "%d requests wait already", MAX_QUEUE);
        error_hint(err, "try again in a moment");
    } else {
        p->queue[(p->first + p->waiting++) % MAX_QUEUE] = rq;
        if ((size_t)p->idle < p->waiting && p->thread_count < p->max_threads)
            rc = add_thread(p, err); /* never fails: there is one already */
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    free(p->threads);
    free(p);
}
