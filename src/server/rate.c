#include <math.h>
#include <stdlib.h>

#include "server/private.h"

/* A bucket holds as many requests as a minute allows and fills evenly. Buckets that are full again are forgotten. */

#define MAX_BUCKETS 10000

struct bucket {
    double tokens;
    int64_t at_ns;
};

struct rate_limiter {
    pthread_mutex_t lock;
    struct map buckets;
};

struct rate_limiter *rate_new(void)
{
    struct rate_limiter *r = xcalloc(1, sizeof(*r));
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void forget_all(struct rate_limiter *r)
{
    for (size_t i = 0; i < r->buckets.len; i++)
        free(r->buckets.entries[i].value);
    map_free(&r->buckets);
    r->buckets = (struct map){0};
}

void rate_free(struct rate_limiter *r)
{
    if (!r)
        return;
    forget_all(r);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* Makes room by keeping only buckets that still limit somebody. */
static void forget_full(struct rate_limiter *r, int64_t now_ns)
{
    struct map kept = {0};
    for (size_t i = 0; i < r->buckets.len; i++) {
        struct bucket *b = r->buckets.entries[i].value;
        if (!r->buckets.entries[i].key)
            continue;
        if (now_ns - b->at_ns < INT64_C(60000000000) && kept.live < MAX_BUCKETS / 2)
            map_set(&kept, r->buckets.entries[i].key, b);
        else
            free(b);
    }
    map_free(&r->buckets);
    r->buckets = kept;
}

bool rate_take(struct rate_limiter *r, const char *key, int64_t per_minute, int64_t now_ns, int *ret_wait_s)
{
    if (per_minute <= 0)
        return true;
    double rate = (double)per_minute / 60e9; /* requests a nanosecond */
    pthread_mutex_lock(&r->lock);
    struct bucket *b = map_get(&r->buckets, key);
    if (!b) {
        if (r->buckets.live >= MAX_BUCKETS)
            forget_full(r, now_ns);
        b = xcalloc(1, sizeof(*b));
        *b = (struct bucket){.tokens = (double)per_minute, .at_ns = now_ns};
        map_set(&r->buckets, key, b);
    }
    b->tokens = fmin((double)per_minute, b->tokens + (double)(now_ns - b->at_ns) * rate);
    b->at_ns = now_ns;
    bool taken = b->tokens >= 1.0;
    if (taken)
        b->tokens -= 1.0;
    double wait_s = (1.0 - b->tokens) / rate / 1e9;
    pthread_mutex_unlock(&r->lock);
    if (!taken)
        *ret_wait_s = (int)ceil(wait_s);
    return taken;
}
