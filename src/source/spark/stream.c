#include "source/spark/stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "source/spark/spark.h"

#define RING 4
#define BLOCK_BYTES (1u << 20)
#define KEEP_BYTES (8u << 20) /* a block that grew beyond this for one long line is given back */

struct slot {
    struct stream_block block;
    size_t cap;
};

struct stream {
    const struct stream_part *parts;
    size_t part_count, max_line;
    const struct cancel *cancel;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot ring[RING];
    uint64_t made, taken; /* slots filled by the thread, slots handed out; guarded by lock */
    bool holding;         /* the consumer still uses slot taken - 1 */
    bool stop;
    int64_t bytes_read; /* guarded by lock */
    char *carry;        /* thread only: the beginning of a line whose end is in the next block */
    size_t carry_len, carry_cap;
};

/* ---- the reading thread --------------------------------------------------------------------------- */

/* Waits for an empty slot; NULL when the consumer wants no more. */
static struct slot *slot_begin(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->stop && s->made - (s->taken - s->holding) >= RING)
        pthread_cond_wait(&s->changed, &s->lock);
    bool stop = s->stop;
    pthread_mutex_unlock(&s->lock);
    return stop ? NULL : &s->ring[s->made % RING];
}

static void slot_end(struct stream *s, enum stream_block_kind kind, size_t part, int64_t position, size_t len)
{
    struct stream_block *b = &s->ring[s->made % RING].block;
    b->kind = kind;
    b->part = part;
    b->position = position;
    b->len = len;
    pthread_mutex_lock(&s->lock);
    s->made++;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static bool give_event(struct stream *s, enum stream_block_kind kind, size_t part, int64_t position, const char *text)
{
    struct slot *slot = slot_begin(s);
    if (!slot)
        return false;
    snprintf(slot->block.text, sizeof(slot->block.text), "%s", text ? text : "");
    slot_end(s, kind, part, position, 0);
    return true;
}

static void slot_reserve(struct slot *slot, size_t bytes)
{
    if (slot->cap >= bytes && (slot->cap <= KEEP_BYTES || bytes > BLOCK_BYTES))
        return;
    size_t cap = BLOCK_BYTES;
    while (cap < bytes)
        cap *= 2;
    if (cap > slot->cap) {
        slot->block.data = xrealloc(slot->block.data, cap + STREAM_PADDING);
    } else {
        free(slot->block.data);
        slot->block.data = xmalloc(cap + STREAM_PADDING);
    }
    slot->cap = cap;
}

static void carry_set(struct stream *s, const char *data, size_t len)
{
    if (len > s->carry_cap) {
        s->carry = xrealloc(s->carry, len);
        s->carry_cap = len;
    }
    if (len)
        memcpy(s->carry, data, len);
    s->carry_len = len;
}

static void count_bytes(struct stream *s, int64_t bytes)
{
    pthread_mutex_lock(&s->lock);
    s->bytes_read += bytes;
    pthread_mutex_unlock(&s->lock);
}

/* Reads past a line that is too long. *position is moved behind its newline; what follows it becomes the carry. */
static enum unpack_state skip_line(struct stream *s, struct unpack *u, int64_t *position)
{
    char *waste CLEANUP(free_ptr) = xmalloc(BLOCK_BYTES);
    for (;;) {
        size_t got;
        enum unpack_state state = cancelled(s->cancel) ? UNPACK_END : unpack_read(u, waste, BLOCK_BYTES, &got);
        if (state != UNPACK_DATA)
            return state;
        char *newline = memchr(waste, '\n', got);
        if (newline) {
            size_t used = (size_t)(newline - waste) + 1;
            *position += (int64_t)used;
            carry_set(s, newline + 1, got - used);
            return UNPACK_DATA;
        }
        *position += (int64_t)got;
    }
}

/* Fills a slot until it holds a newline and is reasonably full. Returns the state that ended it. */
static enum unpack_state fill(struct stream *s, struct unpack *u, struct slot *slot, size_t *ret_len, const char **ret_newline)
{
    slot_reserve(slot, s->carry_len + 1);
    size_t len = s->carry_len;
    if (len)
        memcpy(slot->block.data, s->carry, len);
    s->carry_len = 0;
    const char *newline = len ? memrchr(slot->block.data, '\n', len) : NULL;
    enum unpack_state state = UNPACK_DATA;
    while (state == UNPACK_DATA && len <= s->max_line && (!newline || len < BLOCK_BYTES / 2)) {
        if (len == slot->cap)
            slot_reserve(slot, len * 2);
        if (newline) /* the buffer may have moved */
            newline = memrchr(slot->block.data, '\n', len);
        size_t got;
        state = cancelled(s->cancel) ? UNPACK_END : unpack_read(u, slot->block.data + len, slot->cap - len, &got);
        if (state != UNPACK_DATA)
            break;
        const char *n = memrchr(slot->block.data + len, '\n', got);
        newline = n ? n : newline;
        len += got;
    }
    *ret_len = len;
    *ret_newline = newline;
    return state;
}

static bool give_end(struct stream *s, struct unpack *u, size_t part, int64_t position, enum unpack_state state)
{
    enum stream_block_kind kind = state == UNPACK_END ? STREAM_PART_END : state == UNPACK_TRUNCATED ? STREAM_TRUNCATED : STREAM_DAMAGED;
    return give_event(s, kind, part, position, unpack_why(u));
}

/* One part from its offset to its end. False when the consumer wants no more. */
static bool read_part(struct stream *s, struct unpack *u, size_t part)
{
    int64_t position = (s->parts[part].number << SPARK_PART_SHIFT) + s->parts[part].from;
    enum unpack_state state = unpack_skip(u, s->parts[part].from);
    int64_t counted = 0;
    s->carry_len = 0;
    while (state == UNPACK_DATA) {
        struct slot *slot = slot_begin(s);
        if (!slot)
            return false;
        size_t len;
        const char *newline;
        state = fill(s, u, slot, &len, &newline);
        count_bytes(s, unpack_bytes_read(u) - counted);
        counted = unpack_bytes_read(u);
        size_t whole = newline ? (size_t)(newline - slot->block.data) + 1 : 0;
        if (whole) {
            carry_set(s, slot->block.data + whole, len - whole);
            slot_end(s, STREAM_LINES, part, position, whole);
            position += (int64_t)whole;
            len -= whole;
            if (state == UNPACK_DATA)
                continue;
        }
        if (state != UNPACK_DATA) { /* the rest is a line without an end; its slot may already be given away */
            if (len && !(slot = slot_begin(s)))
                return false;
            if (len && whole) {
                slot_reserve(slot, len);
                memcpy(slot->block.data, s->carry, len);
            }
            if (len)
                slot_end(s, STREAM_TAIL, part, position, len);
            break;
        }
        if (!give_event(s, STREAM_TOO_LONG, part, position, NULL)) /* len > max_line without a newline */
            return false;
        position += (int64_t)len;
        state = skip_line(s, u, &position);
    }
    return give_end(s, u, part, position, state);
}

static void *read_parts(void *argument)
{
    struct stream *s = argument;
    for (size_t i = 0; i < s->part_count && !cancelled(s->cancel); i++) {
        struct unpack *u = NULL;
        struct error err;
        if (unpack_open(s->parts[i].path, s->parts[i].codec, &u, &err) != 0) {
            give_event(s, STREAM_UNREADABLE, i, (s->parts[i].number << SPARK_PART_SHIFT) + s->parts[i].from, err.what);
            return NULL;
        }
        bool more = read_part(s, u, i);
        unpack_close(u);
        if (!more)
            return NULL;
    }
    give_event(s, STREAM_END, s->part_count, 0, NULL);
    return NULL;
}

/* ---- the consumer ------------------------------------------------------------------------------------ */

struct stream *stream_open(const struct stream_part *parts, size_t count, size_t max_line, const struct cancel *cancel)
{
    struct stream *s = xcalloc(1, sizeof(*s));
    s->parts = parts;
    s->part_count = count;
    s->max_line = max_line;
    s->cancel = cancel;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (pthread_create(&s->thread, NULL, read_parts, s) != 0) {
        free(s);
        return NULL;
    }
    return s;
}

struct stream_block *stream_next(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->holding) {
        s->holding = false;
        pthread_cond_signal(&s->changed);
    }
    while (s->made == s->taken)
        pthread_cond_wait(&s->changed, &s->lock);
    struct stream_block *b = &s->ring[s->taken % RING].block;
    s->taken++;
    s->holding = true;
    pthread_mutex_unlock(&s->lock);
    return b;
}

int64_t stream_bytes_read(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    int64_t n = s->bytes_read;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->changed);
    for (size_t i = 0; i < RING; i++)
        free(s->ring[i].block.data);
    free(s->carry);
    free(s);
}
