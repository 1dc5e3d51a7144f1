/* The engine room with several connections: transactions, the writer's place, interruption, backup, reopening. */
#include "engine_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- transactions and the writer's place */

static void readers_see_the_last_commit(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *w = writer(f), *r = reader(f);
    run(w, "CREATE TABLE s.c (a INT)");
    must(engine_begin(w, &err), &err);
    assert_int_equal(engine_begin(w, &err), ERROR_CONFLICT);
    run(w, "INSERT INTO s.c VALUES (1)");
    assert_int_equal(i64(f, w, "SELECT count(*) FROM s.c"), 1);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 0);
    must(engine_commit(w, &err), &err);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 1);
    must(engine_begin(w, &err), &err);
    run(w, "DELETE FROM s.c");
    engine_rollback(w);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 1);
    assert_int_equal(engine_commit(w, &err), ERROR_CONFLICT);

    must(engine_begin(r, &err), &err); /* a reader's transaction is one state */
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 1);
    run(w, "INSERT INTO s.c VALUES (2)");
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 1);
    must(engine_commit(r, &err), &err);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.c"), 2);
    engine_disconnect(w);
    engine_disconnect(r);
}

struct second {
    struct fixture *f;
    struct cancel cancel;
    int rc;
    volatile int done;
};

static void *second_writer(void *p)
{
    struct second *s = p;
    struct engine_conn *c = NULL;
    struct error err = {0};
    s->rc = engine_connect(s->f->engine, ENGINE_WRITE, &s->cancel, &c, &err);
    if (!s->rc)
        s->rc = engine_exec(c, ENGINE_SQL("INSERT INTO s.q VALUES (2)"), NULL, &err);
    engine_disconnect(c);
    __atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void writers_queue(void **state)
{
    struct fixture *f = *state;
    struct engine_conn *c = writer(f);
    struct second a = {.f = f}, b = {.f = f};
    pthread_t ta, tb;
    run(c, "CREATE TABLE s.q (a INT)");
    assert_int_equal(pthread_create(&ta, NULL, second_writer, &a) | pthread_create(&tb, NULL, second_writer, &b), 0);
    usleep(50000);
    assert_int_equal(__atomic_load_n(&a.done, __ATOMIC_ACQUIRE), 0);
    cancel_set(&a.cancel);
    pthread_join(ta, NULL);
    assert_int_equal(a.rc, ERROR_INTERRUPTED);
    assert_int_equal(__atomic_load_n(&b.done, __ATOMIC_ACQUIRE), 0);
    run(c, "INSERT INTO s.q VALUES (1)");
    engine_disconnect(c);
    pthread_join(tb, NULL);
    assert_int_equal(b.rc, 0);
    c = reader(f);
    assert_int_equal(i64(f, c, "SELECT CAST(sum(a) AS BIGINT) FROM s.q"), 3);
    engine_disconnect(c);
}

/* ---- interrupting */

static const char slow_sql[] = "CREATE TABLE s.slow AS SELECT md5(repeat(CAST(id AS STRING), 2000)) AS h FROM s.many";

static void *interrupt_soon(void *p)
{
    struct engine_conn *c = p;
    bool seen = false;
    for (int i = 0; i < 1500; i++) {
        usleep(10000);
        double progress = engine_progress(c);
        seen |= progress >= 0 && progress <= 1;
        if (i > 20 && seen)
            break;
    }
    engine_interrupt(c);
    return (void *)(uintptr_t)seen;
}

static void interrupts(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    pthread_t t;
    void *seen = NULL;
    assert_true(engine_progress(c) == -1);
    engine_interrupt(c); /* nothing runs: no effect on what comes */
    assert_int_equal(i64(f, c, "SELECT 1"), 1);
    run(c, "CREATE TABLE s.many AS SELECT id FROM range(3000000) AS r(id)");
    int64_t start = clock_mono_ns();
    assert_int_equal(pthread_create(&t, NULL, interrupt_soon, c), 0);
    assert_int_equal(engine_exec(c, ENGINE_SQL(slow_sql), NULL, &err), ERROR_INTERRUPTED);
    pthread_join(t, &seen);
    must(engine_begin(c, &err), &err); /* nothing is left over of its own transaction */
    engine_rollback(c);
    assert_non_null(seen);
    assert_true(clock_mono_ns() - start < 60000000000);
    assert_int_equal(i64(f, c, "SELECT 1"), 1);
    engine_disconnect(c);
}

struct stopper {
    struct engine_conn *conn;
    useconds_t after_us;
    atomic_bool ended;
};

/* Once at its moment, and again only when that was before the statement began. */
static void *interrupt_at(void *p)
{
    struct stopper *s = p;
    usleep(s->after_us);
    engine_interrupt(s->conn);
    for (int i = 0; i < 100 && !s->ended; i++)
        usleep(2000);
    while (!s->ended) {
        engine_interrupt(s->conn);
        usleep(2000);
    }
    return NULL;
}

/* Whatever it is doing then: preparing, starting, running. No thread goes on with it: the connection can be closed at once. */
static void interrupted_at_any_moment_it_stops(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    for (useconds_t i = 0; i < 60; i++) {
        struct stopper s = {.conn = reader(f), .after_us = 50 * i};
        struct engine_value n;
        pthread_t t;
        assert_int_equal(pthread_create(&t, NULL, interrupt_at, &s), 0);
        assert_int_equal(
            engine_cell(s.conn, ENGINE_SQL("SELECT COUNT(*) AS n FROM range(1000000000000) WHERE id % 7 = 3"), f->arena, &n, &err),
            ERROR_INTERRUPTED);
        s.ended = true;
        pthread_join(t, NULL);
        alarm(60);
        engine_disconnect(s.conn);
        alarm(0);
    }
}

/* ---- backup */

static void backs_up(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f), *r = reader(f);
    struct engine *copy;
    char *path = path_join(f->arena, f->dir, "copy.duckdb");
    run(c, "CREATE TABLE s.b AS SELECT id AS a FROM range(50000) AS r(id)");
    uint64_t before = hash_of(c, "b");
    engine_disconnect(c);
    must(engine_begin(r, &err), &err); /* a reader in the middle of something */
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.b"), 50000);
    must(engine_backup(f->engine, path, &err), &err);
    assert_int_equal(engine_backup(f->engine, path, &err), ERROR_CONFLICT);
    must(engine_commit(r, &err), &err);
    engine_disconnect(r);

    struct engine_options o = {.kind = "duckdb", .path = path};
    must(engine_open(&o, &copy, &err), &err);
    must(engine_connect(copy, ENGINE_READ, NULL, &c, &err), &err);
    assert_true(hash_of(c, "b") == before);
    engine_disconnect(c);
    engine_close(copy);
    must(engine_checkpoint(f->engine, &err), &err);
}

/* A reader keeps an old state alive while rows are deleted and changed: the copy has the last commit all the same. */
static void backs_up_beside_an_old_reader(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f), *r = reader(f);
    struct engine *copy;
    char *path = path_join(f->arena, f->dir, "copy.duckdb");
    run(c, "CREATE TABLE s.b AS SELECT id AS a FROM range(200000) AS r(id)");
    must(engine_begin(r, &err), &err);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.b"), 200000);
    run(c, "DELETE FROM s.b WHERE a % 2 = 0");
    run(c, "UPDATE s.b SET a = -a WHERE a < 1000");
    run(c, "CREATE TABLE s.more AS SELECT 1 AS x");
    uint64_t before = hash_of(c, "b");
    engine_disconnect(c);
    must(engine_backup(f->engine, path, &err), &err);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.b"), 200000);
    struct engine_options o = {.kind = "duckdb", .path = path};
    must(engine_open(&o, &copy, &err), &err);
    must(engine_connect(copy, ENGINE_READ, NULL, &c, &err), &err);
    assert_true(hash_of(c, "b") == before);
    assert_int_equal(i64(f, c, "SELECT x FROM s.more"), 1);
    engine_disconnect(c);
    engine_close(copy);
    engine_disconnect(r);
}

/* ---- an instance that a fatal error has invalidated */

static void opens_anew_after_a_fatal_error(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *w = writer(f), *r = reader(f);
    struct engine_value v;
    run(w, "CREATE TABLE s.k (a INT)");
    run(w, "INSERT INTO s.k VALUES (1)");
    must(engine_begin(w, &err), &err);
    run(w, "INSERT INTO s.k VALUES (2)");
    assert_int_equal(duck_error((struct duck *)f->engine,
                                "{\"exception_type\":\"FATAL\",\"exception_message\":\"Failed: database has been invalidated\"}", NULL,
                                &err),
                     ERROR_UNAVAILABLE);
    assert_int_equal(engine_cell(r, ENGINE_SQL("SELECT count(*) FROM s.k"), f->arena, &v, &err),
                     ERROR_UNAVAILABLE); /* w still holds the old one */
    engine_rollback(w);
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.k"), 1);
    run(w, "INSERT INTO s.k VALUES (3)");
    assert_int_equal(i64(f, r, "SELECT count(*) FROM s.k"), 2);
    engine_disconnect(w);
    engine_disconnect(r);
}

/* ---- many at once */

struct load {
    struct fixture *f;
    volatile int stop;
    int64_t reads;
    int wrong;
};

/* Rows are written in pairs within a transaction: a reader that sees an odd number saw half of one. */
static void *keep_reading(void *p)
{
    struct load *l = p;
    struct arena *a = arena_new();
    struct engine_conn *c = NULL;
    struct engine_value v;
    struct error err = {0};
    if (engine_connect(l->f->engine, ENGINE_READ, NULL, &c, &err))
        l->wrong++;
    while (c && !__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
        if (engine_cell(c, ENGINE_SQL("SELECT count(*) FROM s.pairs"), a, &v, &err) || v.i % 2)
            l->wrong++;
        l->reads++;
        arena_reset(a);
    }
    engine_disconnect(c);
    arena_free(a);
    return NULL;
}

static void readers_never_see_half(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_conn *c = writer(f);
    struct load loads[3] = {{.f = f}, {.f = f}, {.f = f}};
    pthread_t threads[3];
    run(c, "CREATE TABLE s.pairs (a INT)");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_reading, &loads[i]), 0);
    for (int i = 0; i < 100; i++) {
        must(engine_begin(c, &err), &err);
        run(c, "INSERT INTO s.pairs VALUES (1)");
        run(c, "INSERT INTO s.pairs VALUES (2)");
        if (i % 10 == 9)
            engine_rollback(c);
        else
            must(engine_commit(c, &err), &err);
        if (i == 50)
            must(engine_allow_dirs(f->engine, (const char *[]){f->dir}, 1, &err), &err); /* opened anew under them */
    }
    for (size_t i = 0; i < 3; i++) {
        __atomic_store_n(&loads[i].stop, 1, __ATOMIC_RELEASE);
        pthread_join(threads[i], NULL);
        assert_int_equal(loads[i].wrong, 0);
        assert_true(loads[i].reads > 0);
    }
    assert_int_equal(i64(f, c, "SELECT count(*) FROM s.pairs"), 180);
    engine_disconnect(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(readers_see_the_last_commit),
        UNIT(writers_queue),
        UNIT(interrupts),
        UNIT(interrupted_at_any_moment_it_stops),
        UNIT(backs_up),
        UNIT(backs_up_beside_an_old_reader),
        UNIT(opens_anew_after_a_fatal_error),
        UNIT(readers_never_see_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
