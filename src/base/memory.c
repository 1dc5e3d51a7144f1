#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void out_of_memory(void)
{
    static const char line[] = "secchi: out of memory; give the process more memory or lower engine.memory_limit\n";
    flockfile(stderr); /* never unlocked: no other thread writes a line after this one, not even the same one */
    ssize_t n = write(2, line, sizeof(line) - 1);
    (void)n;
    _exit(1);
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

char *xstrndup(const char *s, size_t n)
{
    char *p = xmalloc(n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *xstrdup(const char *s) { return xstrndup(s, strlen(s)); }

void free_ptr(void *p) { free(*(void **)p); }

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(16) char data[];
};

struct arena {
    struct block *first, *current;
    size_t total;
};

#define BLOCK_MIN 4096u

static struct block *block_new(size_t size)
{
    struct block *b = xmalloc(sizeof(*b) + size);
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(void) { return xcalloc(1, sizeof(struct arena)); }

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

void arena_freep(struct arena **a)
{
    arena_free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    for (struct block *b = a->first; b; b = b->next)
        b->used = 0;
    a->current = a->first;
}

size_t arena_size(const struct arena *a) { return a->total; }

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - 64)
        out_of_memory();
    size = (size + 15) & ~(size_t)15;
    struct block *b = a->current;
    while (b && b->size - b->used < size)
        b = b->next;
    if (!b) {
        size_t want = a->total < BLOCK_MIN ? BLOCK_MIN : a->total > (1u << 20) ? (1u << 20) : a->total;
        b = block_new(size > want ? size : want);
        a->total += b->size;
        if (!a->first) {
            a->first = b;
        } else {
            struct block *last = a->current ? a->current : a->first;
            while (last->next)
                last = last->next;
            last->next = b;
        }
    }
    a->current = b;
    void *p = b->data + b->used;
    b->used += size;
    memset(p, 0, size);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *s) { return s ? arena_strndup(a, s, strlen(s)) : NULL; }

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void buf_init(struct buf *b, size_t max) { *b = (struct buf){.max = max}; }

void buf_free(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

static bool buf_room(struct buf *b, size_t len)
{
    if (b->overflow || len > b->max || b->len > b->max - len) {
        b->overflow = true;
        return false;
    }
    if (b->len + len + 1 > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < b->len + len + 1)
            cap *= 2;
        b->data = xrealloc(b->data, cap);
        b->cap = cap;
    }
    return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!buf_room(b, len))
        return;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s) { buf_add(b, s, strlen(s)); }
void buf_putc(struct buf *b, char c) { buf_add(b, &c, 1); }

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && buf_room(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

char *buf_steal(struct buf *b)
{
    char *data = b->data ? b->data : xstrdup("");
    b->data = NULL;
    b->len = b->cap = 0;
    return data;
}

void vec_grow(void **items, size_t *len, size_t *cap, size_t item_size)
{
    if (*len == *cap) {
        size_t want = *cap ? *cap * 2 : 8;
        if (want > SIZE_MAX / item_size)
            out_of_memory();
        *items = xrealloc(*items, want * item_size);
        *cap = want;
    }
    memset((char *)*items + *len * item_size, 0, item_size);
    (*len)++;
}

void *vec_copy(struct arena *a, const void *items, size_t len, size_t item_size)
{
    void *copy = arena_alloc(a, (len + 1) * item_size);
    if (len)
        memcpy(copy, items, len * item_size);
    return copy;
}
