/* What statements of a connection take for granted: the time, and who asks. */
#include "engine_test.h"

#define DAY_US INT64_C(86400000000)

static int64_t stamp(struct fixture *f, struct engine_conn *c, const char *sql)
{
    struct engine_value v = {0};
    struct error err = {0};
    must(engine_cell(c, ENGINE_SQL(sql), f->arena, &v, &err), &err);
    assert_int_equal(v.type, ENGINE_TIMESTAMP);
    return v.i;
}

static void make_views(struct fixture *f)
{
    struct engine_conn *w = writer(f);
    run(w, "CREATE VIEW s.clock AS SELECT CURRENT_TIMESTAMP() AS now, CURRENT_DATE AS today, unix_timestamp() AS seconds");
    run(w, "CREATE VIEW s.clock_behind AS SELECT now, today FROM s.clock");
    run(w, "CREATE VIEW s.asker AS SELECT current_user() AS name, is_member('operator') AS operator, is_member(NULL) AS nobody");
    engine_disconnect(w);
}

/* 2026-02-03T04:05:06.789012Z */
#define GIVEN_US INT64_C(1770091506789012)

static void the_clock_that_was_set_is_that_of_statement_and_views(void **state)
{
    struct fixture *f = *state;
    make_views(f);
    struct engine_conn *c = reader(f);
    engine_set_clock(c, GIVEN_US);
    assert_true(stamp(f, c, "SELECT CURRENT_TIMESTAMP()") == GIVEN_US);
    assert_true(stamp(f, c, "SELECT now FROM s.clock") == GIVEN_US);
    assert_true(stamp(f, c, "SELECT now FROM s.clock_behind") == GIVEN_US);
    assert_int_equal(i64(f, c, "SELECT seconds FROM s.clock"), GIVEN_US / 1000000);
    assert_string_equal(text(f, c, "SELECT CAST(today AS STRING) FROM s.clock_behind"), "2026-02-03");
    assert_string_equal(text(f, c, "SELECT CAST(CURRENT_DATE AS STRING)"), "2026-02-03");
    engine_set_clock(c, GIVEN_US + DAY_US);
    assert_string_equal(text(f, c, "SELECT CAST(today AS STRING) FROM s.clock_behind"), "2026-02-04");
    engine_disconnect(c);
}

static void without_one_it_is_the_clock_of_the_process(void **state)
{
    struct fixture *f = *state;
    make_views(f);
    struct engine_conn *c = reader(f);
    clock_fix_us(GIVEN_US);
    assert_true(stamp(f, c, "SELECT now FROM s.clock") == GIVEN_US);
    clock_fix_us(GIVEN_US + 5);
    assert_true(stamp(f, c, "SELECT now FROM s.clock") == GIVEN_US + 5);
    clock_fix_us(0);
    int64_t before = clock_now_us(), got = stamp(f, c, "SELECT now FROM s.clock"), after = clock_now_us();
    assert_true(before <= got && got <= after);
    engine_disconnect(c);
}

static void one_statement_sees_one_time(void **state)
{
    struct fixture *f = *state;
    make_views(f);
    struct engine_conn *c = reader(f);
    const char *sql =
        "SELECT COUNT(*) FROM s.clock AS a CROSS JOIN s.clock_behind AS b CROSS JOIN (SELECT CURRENT_TIMESTAMP() AS now) AS c "
        "WHERE a.now = b.now AND b.now = c.now";
    for (int i = 0; i < 20; i++)
        assert_int_equal(i64(f, c, sql), 1);
    engine_disconnect(c);
}

static void writers_and_transactions_have_it_too(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    make_views(f);
    struct engine_conn *w = writer(f);
    engine_set_clock(w, GIVEN_US);
    must(engine_begin(w, &err), &err);
    run(w, "CREATE TABLE s.kept AS SELECT now, CURRENT_TIMESTAMP() AS direct FROM s.clock");
    must(engine_stage_query(w, "staged", ENGINE_SQL("SELECT now FROM s.clock"), NULL, &err), &err);
    assert_true(stamp(f, w, "SELECT now FROM incoming.staged") == GIVEN_US);
    must(engine_commit(w, &err), &err);
    engine_disconnect(w);
    struct engine_conn *c = reader(f);
    must(engine_begin(c, &err), &err);
    assert_int_equal(i64(f, c, "SELECT COUNT(*) FROM s.kept AS k CROSS JOIN s.clock AS v WHERE k.now = k.direct AND v.now > k.now"), 1);
    engine_rollback(c);
    engine_disconnect(c);
}

static void an_instance_opened_anew_still_knows_it(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    make_views(f);
    struct engine_conn *c = reader(f);
    const char *const groups[] = {"reader", "operator"}, *more = path_join(f->arena, f->dir, "more");
    engine_set_clock(c, GIVEN_US);
    engine_set_user(c, "ann", groups, 2);
    assert_string_equal(text(f, c, "SELECT name FROM s.asker"), "ann");
    must(dir_create(more, 0700, &err), &err);
    must(engine_allow_dirs(f->engine, &more, 1, &err), &err);
    assert_true(stamp(f, c, "SELECT now FROM s.clock") == GIVEN_US);
    assert_string_equal(text(f, c, "SELECT concat(name, ' ', operator) FROM s.asker"), "ann true");
    engine_disconnect(c);
}

static void a_view_asks_who_reads_it(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct engine_value v;
    make_views(f);
    const char *const groups[] = {"reader", "o'brien"};
    struct engine_conn *c = reader(f), *other = reader(f);
    assert_int_equal(engine_cell(c, ENGINE_SQL("SELECT name FROM s.asker"), f->arena, &v, &err), ERROR_ENGINE);
    assert_non_null(strstr(err.what, "current_user() is not known here"));
    engine_set_user(c, "o'brien", groups, 2);
    assert_string_equal(text(f, c, "SELECT name FROM s.asker"), "o'brien");
    assert_string_equal(text(f, c, "SELECT concat(session_user(), ' ', user())"), "o'brien o'brien");
    assert_string_equal(text(f, c, "SELECT concat_ws(',', is_member('reader'), is_account_group_member('o\\'brien'), is_member('x'))"),
                        "true,true,false");
    assert_string_equal(text(f, c, "SELECT concat_ws(',', operator, nobody IS NULL) FROM s.asker"), "false,true");
    engine_set_user(other, "bob", groups, 0);
    assert_string_equal(text(f, other, "SELECT concat(name, ' ', is_member('reader')) FROM s.asker"), "bob false");
    engine_set_user(c, NULL, NULL, 0);
    assert_int_equal(engine_cell(c, ENGINE_SQL("SELECT name FROM s.asker"), f->arena, &v, &err), ERROR_ENGINE);
    engine_disconnect(c);
    engine_disconnect(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_clock_that_was_set_is_that_of_statement_and_views),
        UNIT(without_one_it_is_the_clock_of_the_process),
        UNIT(one_statement_sees_one_time),
        UNIT(writers_and_transactions_have_it_too),
        UNIT(an_instance_opened_anew_still_knows_it),
        UNIT(a_view_asks_who_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
