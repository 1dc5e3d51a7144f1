#include "schedule/events.h"

#include <inttypes.h>
#include <stdlib.h>

static struct event_list *find(const struct event_log *l, int64_t run_id)
{
    for (size_t i = 0; i < EVENT_RUNS; i++)
        if (run_id && l->lists[i].run_id == run_id)
            return (struct event_list *)&l->lists[i];
    return NULL;
}

static void list_clear(struct event_list *list)
{
    for (size_t i = 0; i < list->texts.len; i++)
        free(list->texts.items[i]);
    VEC_FREE(&list->texts);
    *list = (struct event_list){0};
}

void event_log_open(struct event_log *l, int64_t run_id)
{
    struct event_list *list = &l->lists[l->next];
    l->next = (l->next + 1) % EVENT_RUNS;
    list_clear(list);
    list->run_id = run_id;
    list->first = 1;
}

/* Progress events are many and only the newest matters: when there are too many the oldest half is forgotten. */
void event_log_add(struct event_log *l, int64_t run_id, const char *json)
{
    struct event_list *list = find(l, run_id);
    if (!list)
        return;
    if (list->texts.len >= EVENT_MAX) {
        size_t half = EVENT_MAX / 2;
        for (size_t i = 0; i < half; i++)
            free(list->texts.items[i]);
        memmove(list->texts.items, list->texts.items + half, (list->texts.len - half) * sizeof(*list->texts.items));
        list->texts.len -= half;
        list->first += (int64_t)half;
    }
    *VEC_ADD(&list->texts) = xstrdup(json);
}

void event_log_end(struct event_log *l, int64_t run_id)
{
    struct event_list *list = find(l, run_id);
    if (list)
        list->ended = true;
}

bool event_log_has(const struct event_log *l, int64_t run_id) { return find(l, run_id) != NULL; }

bool event_log_ended(const struct event_log *l, int64_t run_id)
{
    const struct event_list *list = find(l, run_id);
    return !list || list->ended;
}

int64_t event_log_count(const struct event_log *l, int64_t run_id)
{
    const struct event_list *list = find(l, run_id);
    return list ? list->first + (int64_t)list->texts.len - 1 : 0;
}

int64_t event_log_next(const struct event_log *l, int64_t run_id) { return event_log_count(l, run_id) + 1; }

void event_log_read(const struct event_log *l, int64_t run_id, int64_t after, struct arena *a, const char ***ret, size_t *ret_count)
{
    const struct event_list *list = find(l, run_id);
    size_t from = !list                                                   ? 0
                  : after < list->first                                   ? 0
                  : (uint64_t)(after - list->first) + 1 > list->texts.len ? list->texts.len
                                                                          : (size_t)(after - list->first) + 1;
    size_t n = list ? list->texts.len - from : 0;
    const char **texts = arena_alloc(a, (n + 1) * sizeof(*texts));
    for (size_t i = 0; i < n; i++)
        texts[i] = arena_strdup(a, list->texts.items[from + i]);
    *ret = texts;
    *ret_count = n;
}

void event_log_free(struct event_log *l)
{
    for (size_t i = 0; i < EVENT_RUNS; i++)
        list_clear(&l->lists[i]);
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

void event_json_text(struct buf *b, const char *s)
{
    buf_putc(b, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buf_putc(b, '\\');
        if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else
            buf_putc(b, (char)c);
    }
    buf_putc(b, '"');
}

static void put_error(struct buf *b, const char *error)
{
    if (!error)
        return;
    buf_puts(b, ",\"error\":");
    event_json_text(b, error);
}

void event_step_json(struct buf *b, int64_t run_id, int64_t number, const struct build_event *e)
{
    char at[40];
    buf_printf(b, "{\"event\":\"step\",\"run_id\":%" PRId64 ",\"number\":%" PRId64 ",\"state\":\"%s\",\"step\":", run_id, number,
               e->kind == BUILD_STEP_END ? run_state_name(e->state) : "running");
    event_json_text(b, e->name ? e->name : "");
    buf_printf(b, ",\"seq\":%" PRId64 ",\"done\":%zu,\"total\":%zu,\"fraction\":", e->seq, e->done, e->total);
    if (e->fraction >= 0 && e->fraction <= 1)
        buf_printf(b, "%.4f", e->fraction);
    else
        buf_puts(b, "null");
    buf_printf(b, ",\"rows_in\":%" PRId64 ",\"rows_changed\":%" PRId64 ",\"rows_rejected\":%" PRId64, e->rows_in, e->rows_changed,
               e->rows_rejected);
    put_error(b, e->error);
    buf_printf(b, ",\"at\":\"%s\"}", time_format_us(clock_real_us(), at));
}

void event_run_json(struct buf *b, int64_t run_id, int64_t number, const char *state, const char *error, int64_t at_us)
{
    char at[40];
    buf_printf(b, "{\"event\":\"run\",\"run_id\":%" PRId64 ",\"number\":%" PRId64 ",\"state\":\"%s\"", run_id, number, state);
    put_error(b, error);
    buf_printf(b, ",\"at\":\"%s\"}", time_format_us(at_us, at));
}
