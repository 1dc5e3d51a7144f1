/*
 * events - the events of the newest runs of this process, as JSON texts. Private to schedule; the caller holds its lock.
 */
#ifndef SECCHI_SCHEDULE_EVENTS_H
#define SECCHI_SCHEDULE_EVENTS_H

#include "base/base.h"
#include "build/build.h"

#define EVENT_RUNS 16    /* runs whose events are kept */
#define EVENT_MAX 100000 /* events kept of one run: the newest */

struct event_list {
    int64_t run_id; /* 0: unused */
    int64_t first;  /* number of texts.items[0] */
    VEC(char *) texts;
    bool ended;
};
struct event_log {
    struct event_list lists[EVENT_RUNS];
    size_t next; /* list that the next run takes */
};

void event_log_open(struct event_log *l, int64_t run_id);
void event_log_add(struct event_log *l, int64_t run_id, const char *json);
void event_log_end(struct event_log *l, int64_t run_id);
bool event_log_has(const struct event_log *l, int64_t run_id);
bool event_log_ended(const struct event_log *l, int64_t run_id);
int64_t event_log_count(const struct event_log *l, int64_t run_id); /* number of the newest event */
int64_t event_log_next(const struct event_log *l, int64_t run_id);  /* number of the event that comes next */
void event_log_read(const struct event_log *l, int64_t run_id, int64_t after, struct arena *a, const char ***ret, size_t *ret_count);
void event_log_free(struct event_log *l);

void event_step_json(struct buf *b, int64_t run_id, int64_t number, const struct build_event *e);
void event_run_json(struct buf *b, int64_t run_id, int64_t number, const char *state, const char *error, int64_t at_us);
void event_json_text(struct buf *b, const char *s);

#endif
