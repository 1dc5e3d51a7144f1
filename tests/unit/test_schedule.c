/* Runs with a build of its own in place of the build room's: steps that wait until the test lets them go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "schedule/schedule.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int steps, allowed, result;
    bool prepared;
    int64_t as_of_us, process_now_us;
    size_t only_count;
    bool full;
} made = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int build_prepare(const struct build_context *b, struct error *err)
{
    (void)b;
    (void)err;
    made.prepared = true;
    return 0;
}

static void wait_for_leave(int step, const struct cancel *cancel)
{
    pthread_mutex_lock(&made.lock);
    while (made.allowed < step && !cancelled(cancel)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 5000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        pthread_cond_timedwait(&made.changed, &made.lock, &until);
    }
    pthread_mutex_unlock(&made.lock);
}

int build_refresh(const struct build_context *b, const struct build_options *o, struct build_report *ret, struct error *err)
{
    (void)b;
    made.as_of_us = o->as_of_us;
    made.process_now_us = clock_now_us();
    made.only_count = o->only_count;
    made.full = o->full;
    for (int i = 1; i <= made.steps; i++) {
        struct build_event e = {.kind = BUILD_STEP_START,
                                .seq = i,
                                .done = (size_t)i - 1,
                                .total = (size_t)made.steps,
                                .name = "gold \"odd\"\n",
                                .fraction = -1};
        o->on_event(o->context, &e);
        wait_for_leave(i, o->cancel);
        if (cancelled(o->cancel))
            return error_set(err, ERROR_INTERRUPTED, "cancelled");
        e.kind = BUILD_STEP_END;
        e.done = (size_t)i;
        e.state = RUN_SUCCEEDED;
        e.rows_in = 10 * i;
        o->on_event(o->context, &e);
    }
    *ret = (struct build_report){.run_id = o->run_id, .steps = (size_t)made.steps};
    return made.result ? error_set(err, (enum error_kind)made.result, "as the test wants") : 0;
}

struct fixture {
    char dir[64], path[96];
    struct state *state;
    struct schedule *s;
    struct arena *a;
    struct error e;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/secchi-test-schedule-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/state.db", f->dir);
    f->a = arena_new();
    *state = f;
    made.steps = 2;
    made.allowed = 1000;
    made.result = 0;
    made.prepared = false;
    if (state_open(f->path, &f->state, &f->e) != 0)
        return -1;
    struct build_context context = {.state = f->state};
    return schedule_new(&context, &f->s, &f->e);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char **names;
    size_t count;
    schedule_free(f->s);
    state_close(f->state);
    if (dir_list(f->dir, &names, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++)
            unlink(path_join(f->a, f->dir, names[i]));
        dir_list_free(names, count);
    }
    rmdir(f->dir);
    arena_free(f->a);
    free(f);
    return 0;
}

static void allow(int steps)
{
    pthread_mutex_lock(&made.lock);
    made.allowed = steps;
    pthread_cond_broadcast(&made.changed);
    pthread_mutex_unlock(&made.lock);
}

static int64_t start(struct fixture *f)
{
    struct schedule_request q = {.kind = "refresh", .requested_by = "test"};
    int64_t id = 0;
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), 0);
    return id;
}

/* All events up to the end. */
static size_t read_all(struct fixture *f, int64_t id, const char ***ret)
{
    const char **all = arena_alloc(f->a, 1000 * sizeof(*all));
    size_t n = 0;
    bool ended = false;
    for (int i = 0; i < 1000 && !ended; i++) {
        const char **texts;
        size_t count;
        assert_int_equal(schedule_events(f->s, id, (int64_t)n, 2000, f->a, &texts, &count, &ended, &f->e), 0);
        for (size_t t = 0; t < count; t++)
            all[n++] = texts[t];
    }
    assert_true(ended);
    *ret = all;
    return n;
}

static enum run_state state_of(struct fixture *f, int64_t id)
{
    struct state_run run;
    assert_int_equal(state_run_get(f->state, id, f->a, &run, &f->e), 0);
    return run.state;
}

static void events_tell_the_whole_run(void **state)
{
    struct fixture *f = *state;
    const char **events;
    int64_t id = start(f);
    size_t n = read_all(f, id, &events);
    assert_int_equal(n, 6); /* run, two steps with start and end, run */
    assert_non_null(strstr(events[0], "\"event\":\"run\""));
    assert_non_null(strstr(events[0], "\"state\":\"running\""));
    assert_non_null(strstr(events[1], "\"step\":\"gold \\\"odd\\\"\\u000a\""));
    assert_non_null(strstr(events[1], "\"fraction\":null"));
    assert_non_null(strstr(events[2], "\"rows_in\":10,"));
    assert_non_null(strstr(events[4], "\"done\":2,\"total\":2"));
    assert_non_null(strstr(events[5], "\"state\":\"succeeded\""));
    for (size_t i = 0; i < n; i++)
        assert_non_null(strstr(events[i], arena_printf(f->a, "\"number\":%zu", i + 1)));
    assert_int_equal(state_of(f, id), RUN_SUCCEEDED);
    assert_true(made.prepared);
    assert_int_equal(schedule_running(f->s), 0);
}

static void never_two_at_once(void **state)
{
    struct fixture *f = *state;
    struct schedule_request q = {.kind = "setup", .requested_by = "other"};
    int64_t id, first;
    allow(0);
    first = start(f);
    assert_int_equal(schedule_running(f->s), first);
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), ERROR_CONFLICT);
    assert_non_null(strstr(f->e.what, arena_printf(f->a, "run %lld (refresh of test)", (long long)first)));
    allow(1000);
    const char **events;
    read_all(f, first, &events);
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), 0);
    assert_true(id > first);
    read_all(f, id, &events);
}

static void cancelled_runs_say_so(void **state)
{
    struct fixture *f = *state;
    const char **events;
    allow(1);
    int64_t id = start(f);
    assert_int_equal(schedule_cancel(f->s, id + 1, &f->e), ERROR_NOT_FOUND);
    assert_int_equal(schedule_cancel(f->s, id, &f->e), 0);
    size_t n = read_all(f, id, &events);
    assert_non_null(strstr(events[n - 1], "\"state\":\"cancelled\""));
    assert_int_equal(state_of(f, id), RUN_CANCELLED);
    assert_int_equal(schedule_cancel(f->s, id, &f->e), ERROR_CONFLICT);
}

static void the_end_of_the_owner_interrupts(void **state)
{
    struct fixture *f = *state;
    const char **events;
    int64_t id;
    allow(1);
    id = start(f);
    schedule_stop(f->s);
    size_t n = read_all(f, id, &events);
    assert_non_null(strstr(events[n - 1], "\"state\":\"interrupted\""));
    assert_int_equal(state_of(f, id), RUN_INTERRUPTED);
    struct schedule_request q = {.kind = "refresh", .requested_by = "test"};
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), ERROR_UNAVAILABLE);
}

static void failures_and_partial_success_differ(void **state)
{
    struct fixture *f = *state;
    const char **events;
    made.result = ERROR_PARTIAL;
    int64_t id = start(f);
    size_t n = read_all(f, id, &events);
    assert_non_null(strstr(events[n - 1], "\"state\":\"partial\",\"error\":\"as the test wants\""));
    assert_int_equal(state_of(f, id), RUN_PARTIAL);
    made.result = ERROR_IO;
    id = start(f);
    n = read_all(f, id, &events);
    assert_non_null(strstr(events[n - 1], "\"state\":\"failed\""));
    assert_int_equal(state_of(f, id), RUN_FAILED);
}

static void options_reach_the_build(void **state)
{
    struct fixture *f = *state;
    const char *only[] = {"dim_job", "fact_x"}, **events;
    int64_t id, as_of = INT64_C(1700000000000000);
    struct schedule_request q = {.kind = "refresh", .requested_by = "test", .full = true, .only = only, .only_count = 2, .as_of_us = as_of};
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), 0);
    only[0] = "changed"; /* the request was copied */
    read_all(f, id, &events);
    assert_true(made.full);
    assert_int_equal(made.only_count, 2);
    assert_int_equal(made.as_of_us, as_of);
    assert_true(made.process_now_us > as_of + INT64_C(1000000000)); /* others are served meanwhile: the process clock goes on */
    struct state_run run;
    assert_int_equal(state_run_get(f->state, id, f->a, &run, &f->e), 0);
    assert_string_equal(run.options, "{\"full\":true,\"as_of\":\"2023-11-14T22:13:20Z\",\"only\":[\"dim_job\",\"fact_x\"]}");
}

static void old_runs_answer_from_the_history(void **state)
{
    struct fixture *f = *state;
    const char **events;
    int64_t first = start(f);
    read_all(f, first, &events);
    for (int i = 0; i < 20; i++)
        read_all(f, start(f), &events);
    size_t n = read_all(f, first, &events); /* its events were forgotten */
    assert_int_equal(n, 1);
    assert_non_null(strstr(events[0], "\"state\":\"succeeded\""));
    size_t count;
    bool ended;
    assert_int_equal(schedule_events(f->s, first + 1000, 0, 0, f->a, &events, &count, &ended, &f->e), ERROR_NOT_FOUND);
}

static void waiting_ends_at_its_time(void **state)
{
    struct fixture *f = *state;
    const char **events;
    size_t count;
    bool ended;
    allow(0);
    int64_t id = start(f), begun = clock_mono_ns();
    assert_int_equal(schedule_events(f->s, id, 2, 100, f->a, &events, &count, &ended, &f->e), 0);
    assert_false(ended);
    assert_in_range((clock_mono_ns() - begun) / 1000000, 90, 2000);
    allow(1000);
    read_all(f, id, &events);
}

static int calls;
static void count_call(void *context)
{
    (void)context;
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
}

static void every_event_is_announced(void **state)
{
    struct fixture *f = *state;
    const char **events;
    calls = 0;
    schedule_on_event(f->s, count_call, NULL);
    size_t n = read_all(f, start(f), &events);
    schedule_stop(f->s);
    assert_int_equal(calls, n);
}

static void note_running(void *context)
{
    struct fixture *f = context;
    __atomic_store_n(&calls, schedule_running(f->s) ? 1 : -1, __ATOMIC_RELAXED);
}

static void the_end_is_told_before_it_can_be_seen(void **state)
{
    struct fixture *f = *state;
    const char **events;
    calls = 0;
    schedule_on_end(f->s, note_running, f);
    read_all(f, start(f), &events);
    assert_int_equal(__atomic_load_n(&calls, __ATOMIC_RELAXED), 1);
}

static void unknown_kinds_are_refused(void **state)
{
    struct fixture *f = *state;
    struct schedule_request q = {.kind = "train", .requested_by = "test"};
    int64_t id;
    assert_int_equal(schedule_start(f->s, &q, &id, &f->e), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_tell_the_whole_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_two_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelled_runs_say_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_the_owner_interrupts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_and_partial_success_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_reach_the_build, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_runs_answer_from_the_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_ends_at_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_event_is_announced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_is_told_before_it_can_be_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_kinds_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
