/*
 * schedule - runs long work in the owner: one run at a time, in its own thread, with events, cancellation and history. What a
 * refresh consists of is a table of registered steps (bronze and gold of the build room today; monitors, models, alerts join it),
 * so nothing below is called from above.
 */
#ifndef SECCHI_SCHEDULE_H
#define SECCHI_SCHEDULE_H

#include "base/base.h"
#include "build/build.h"

struct schedule;

/* The context is copied; what it points to must outlive the schedule. It has a state store. */
int schedule_new(const struct build_context *b, struct schedule **ret, struct error *err) MUST_CHECK;
/* Stops the run that is going on (it ends as interrupted) and waits for it. */
void schedule_free(struct schedule *s);
/* The same, without freeing: events can still be read. No further run can be started. */
void schedule_stop(struct schedule *s);

struct schedule_request {
    const char *kind; /* "setup" or "refresh" */
    const char *requested_by;
    bool full;
    const char *const *only;
    size_t only_count;
    int64_t as_of_us; /* 0: now */
};
/* Starts a run; ERROR_CONFLICT names the run that is going on (never two at once, H-31). */
int schedule_start(struct schedule *s, const struct schedule_request *r, int64_t *ret_run_id, struct error *err) MUST_CHECK;
int schedule_cancel(struct schedule *s, int64_t run_id, struct error *err) MUST_CHECK;
int64_t schedule_running(struct schedule *s); /* run id, 0 when idle */

/* Events of a run of this process, numbered from 1 without gaps; each is one JSON object
 *   {"event": "run"|"step", "run_id", "number", "state", "step", "seq", "done", "total", "fraction", "rows_in", "rows_changed",
 * "rows_rejected", "error", "at"} (error only where there is one; step to rows_rejected only for a step). Events of the newest 16 runs are
 * kept; a run of the history that has none gives one made from its row. ERROR_NOT_FOUND when there is no such run. Returns the events after
 * `after` of a run as JSON texts in the arena; waits up to timeout_ms for the first. *ret_ended is true when the run is over and all its
 * events were given. Never call it with a timeout on a thread that serves others. */
int schedule_events(struct schedule *s, int64_t run_id, int64_t after, int timeout_ms, struct arena *a, const char ***ret,
                    size_t *ret_count, bool *ret_ended, struct error *err) MUST_CHECK;
/* Called (from the building thread, or a thread of it; never while it holds a lock that schedule_events takes) whenever there is a new
 * event, so that a server can wake its suspended streams. */
void schedule_on_event(struct schedule *s, void (*fn)(void *context), void *context);
/* Called from the building thread when a run has ended, before anybody can see that it has: who waits for the end then finds nothing
 * that was kept from before. */
void schedule_on_end(struct schedule *s, void (*fn)(void *context), void *context);

#endif
