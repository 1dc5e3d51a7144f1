#include <stdlib.h>
#include <time.h>

#include "server/private.h"

/* Results that several readers ask for at once are computed once. An entry without data is being computed. */

#define MAX_ENTRIES 256

struct result_cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct map entries; /* key -> struct cached; data NULL while it is computed */
    uint64_t hits, misses;
};

struct result_cache *cache_new(void)
{
    struct result_cache *c = xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    return c;
}

void cached_release(struct cached *r)
{
    if (!r || __atomic_sub_fetch(&r->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(r->data);
    free(r);
}

void cache_free(struct result_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->entries.len; i++)
        cached_release(c->entries.entries[i].value);
    map_free(&c->entries);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->changed);
    free(c);
}

/* Forgets what is too old, and everything that is finished when there is still no room; also packs the map's emptied places. */
static void make_room(struct result_cache *c, int64_t now)
{
    for (int round = 0; round < 2 && c->entries.len >= MAX_ENTRIES; round++) {
        struct map kept = {0};
        for (size_t i = 0; i < c->entries.len; i++) {
            struct cached *r = c->entries.entries[i].value;
            if (!c->entries.entries[i].key)
                continue;
            if (!r->data || (round == 0 && r->until_ns > now))
                map_set(&kept, c->entries.entries[i].key, r);
            else
                cached_release(r);
        }
        map_free(&c->entries);
        c->entries = kept;
    }
}

struct cached *cache_get(struct result_cache *c, const char *key, const struct cancel *cancel)
{
    pthread_mutex_lock(&c->lock);
    struct cached *r;
    while ((r = map_get(&c->entries, key)) != NULL && !r->data && !cancelled(cancel)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1; /* looks at cancel again */
        pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    int64_t now = clock_mono_ns();
    if (r && r->data && r->until_ns > now) {
        __atomic_add_fetch(&r->references, 1, __ATOMIC_ACQ_REL);
        c->hits++;
    } else if (!r || r->data) {
        cached_release(map_remove(&c->entries, key));
        make_room(c, now);
        struct cached *mine = xcalloc(1, sizeof(*mine));
        mine->references = 1;
        map_set(&c->entries, key, mine);
        c->misses++;
        r = NULL;
    } else {
        r = NULL; /* cancelled while another computes it */
    }
    pthread_mutex_unlock(&c->lock);
    return r;
}

struct cached *cache_put(struct result_cache *c, const char *key, const void *data, size_t len, int64_t keep_ns)
{
    pthread_mutex_lock(&c->lock);
    struct cached *r = map_get(&c->entries, key);
    if (!r || r->data) {
        r = xcalloc(1, sizeof(*r));
        r->references = 1;
        cached_release(map_set(&c->entries, key, r));
    }
    r->data = xmalloc(len ? len : 1);
    memcpy(r->data, data, len);
    r->len = len;
    r->until_ns = clock_mono_ns() + keep_ns;
    __atomic_add_fetch(&r->references, 1, __ATOMIC_ACQ_REL);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return r;
}

void cache_fail(struct result_cache *c, const char *key)
{
    pthread_mutex_lock(&c->lock);
    struct cached *r = map_get(&c->entries, key);
    if (r && !r->data)
        cached_release(map_remove(&c->entries, key));
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

void cache_counts(struct result_cache *c, uint64_t *ret_hits, uint64_t *ret_misses, size_t *ret_entries)
{
    pthread_mutex_lock(&c->lock);
    *ret_hits = c->hits;
    *ret_misses = c->misses;
    *ret_entries = c->entries.live;
    pthread_mutex_unlock(&c->lock);
}
