#include "base/base.h"

#include <stdlib.h>

/* Open addressing over indices into the entry array: slot 0 is free, slot n means entry n - 1. Removed entries keep
 * their slot with key NULL until the next rehash. */

static size_t slot_of(const struct map *m, const char *key, bool *ret_found)
{
    size_t mask = m->slot_count - 1, i = hash_bytes(key, strlen(key), 0) & mask;
    for (;; i = (i + 1) & mask) {
        uint32_t s = m->slots[i];
        if (!s) {
            *ret_found = false;
            return i;
        }
        const char *k = m->entries[s - 1].key;
        if (k && strcmp(k, key) == 0) {
            *ret_found = true;
            return i;
        }
    }
}

static void rehash(struct map *m)
{
    size_t live = 0;
    for (size_t i = 0; i < m->len; i++)
        if (m->entries[i].key)
            m->entries[live++] = m->entries[i];
    m->len = m->live = live;
    size_t want = 16;
    while (want < live * 4)
        want *= 2;
    free(m->slots);
    m->slots = xcalloc(want, sizeof(*m->slots));
    m->slot_count = want;
    for (size_t i = 0; i < live; i++) {
        bool found;
        m->slots[slot_of(m, m->entries[i].key, &found)] = (uint32_t)(i + 1);
    }
}

void map_free(struct map *m)
{
    for (size_t i = 0; i < m->len; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    *m = (struct map){0};
}

static struct map_entry *find(const struct map *m, const char *key)
{
    if (!m->slot_count || !key)
        return NULL;
    bool found;
    size_t s = slot_of(m, key, &found);
    return found ? &m->entries[m->slots[s] - 1] : NULL;
}

void *map_get(const struct map *m, const char *key)
{
    struct map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key) { return find(m, key) != NULL; }

void *map_set(struct map *m, const char *key, void *value)
{
    struct map_entry *e = find(m, key);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if (m->len * 2 + 2 > m->slot_count)
        rehash(m);
    if (m->len == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 8;
        m->entries = xrealloc(m->entries, m->cap * sizeof(*m->entries));
    }
    bool found;
    size_t s = slot_of(m, key, &found);
    m->entries[m->len] = (struct map_entry){xstrdup(key), value};
    m->slots[s] = (uint32_t)++m->len;
    m->live++;
    return NULL;
}

void *map_remove(struct map *m, const char *key)
{
    struct map_entry *e = find(m, key);
    if (!e)
        return NULL;
    void *old = e->value;
    free(e->key);
    e->key = NULL;
    e->value = NULL;
    m->live--;
    return old;
}
