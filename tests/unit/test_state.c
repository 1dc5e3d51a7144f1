#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "state/state.h"

struct fixture {
    char dir[64], path[96];
    struct state *s;
    struct arena *a;
    struct error e;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/secchi-test-state-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/state.db", f->dir);
    f->a = arena_new();
    *state = f;
    return state_open(f->path, &f->s, &f->e);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    state_close(f->s);
    arena_free(f->a);
    char **names;
    size_t count;
    if (dir_list(f->dir, &names, &count, NULL) == 0) {
        for (size_t i = 0; i < count; i++) {
            char p[512];
            snprintf(p, sizeof(p), "%s/%s", f->dir, names[i]);
            unlink(p);
        }
        dir_list_free(names, count);
    }
    int rc = rmdir(f->dir);
    free(f);
    return rc;
}

static void reopen(struct fixture *f)
{
    state_close(f->s);
    f->s = NULL;
    assert_int_equal(state_open(f->path, &f->s, &f->e), 0);
}

static void runs_follow_their_machine(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    assert_int_equal(state_run_create(f->s, "refresh", "local", NULL, &id, &f->e), 0);
    assert_int_equal(state_run_move(f->s, id, RUN_SUCCEEDED, NULL, &f->e), ERROR_INTERNAL);
    assert_int_equal(state_run_move(f->s, id, RUN_RUNNING, NULL, &f->e), 0);
    struct state_step step = {.run_id = id, .seq = 1, .name = "bronze usage", .state = RUN_RUNNING, .started_us = 5};
    assert_int_equal(state_step_put(f->s, &step, &f->e), 0);
    step.state = RUN_SUCCEEDED;
    step.rows_in = 7;
    assert_int_equal(state_step_put(f->s, &step, &f->e), 0);
    assert_int_equal(state_run_move(f->s, id, RUN_PARTIAL, "one table failed", &f->e), 0);
    assert_int_equal(state_run_move(f->s, id, RUN_RUNNING, NULL, &f->e), ERROR_INTERNAL);
    reopen(f);
    struct state_run run;
    assert_int_equal(state_run_get(f->s, id, f->a, &run, &f->e), 0);
    assert_int_equal(run.state, RUN_PARTIAL);
    assert_string_equal(run.error, "one table failed");
    struct state_step *steps;
    size_t count;
    assert_int_equal(state_steps(f->s, id, f->a, &steps, &count, &f->e), 0);
    assert_int_equal(count, 1);
    assert_true(steps[0].rows_in == 7);
    assert_int_equal(state_run_get(f->s, 99, f->a, &run, &f->e), ERROR_NOT_FOUND);
}

static void a_died_process_leaves_interrupted_runs(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    assert_int_equal(state_run_create(f->s, "setup", "local", "{}", &id, &f->e), 0);
    assert_int_equal(state_run_move(f->s, id, RUN_RUNNING, NULL, &f->e), 0);
    reopen(f);
    assert_int_equal(state_runs_recover(f->s, &f->e), 0);
    struct state_run *runs;
    size_t count;
    assert_int_equal(state_runs(f->s, 0, 10, f->a, &runs, &count, &f->e), 0);
    assert_int_equal(count, 1);
    assert_int_equal(runs[0].state, RUN_INTERRUPTED);
    assert_true(runs[0].ended_us > 0);
}

static void tokens_are_known_until_revoked_or_expired(void **state)
{
    struct fixture *f = *state;
    const char *secret, *old;
    struct state_token t;
    assert_int_equal(state_token_create(f->s, "page", "reader", NULL, 0, f->a, &secret, &f->e), 0);
    assert_int_equal(state_token_create(f->s, "old", "reader", "acme", 1, f->a, &old, &f->e), 0);
    assert_int_equal(state_token_find(f->s, secret, f->a, &t, &f->e), 0);
    assert_string_equal(t.name, "page");
    assert_null(t.tenant);
    assert_int_equal(state_token_find(f->s, old, f->a, &t, &f->e), ERROR_DENIED);
    char *wrong = arena_strdup(f->a, secret);
    wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == '0' ? '1' : '0';
    assert_int_equal(state_token_find(f->s, wrong, f->a, &t, &f->e), ERROR_DENIED);
    assert_int_equal(state_token_find(f->s, "", f->a, &t, &f->e), ERROR_DENIED);
    struct state_token *all;
    size_t count;
    assert_int_equal(state_tokens(f->s, f->a, &all, &count, &f->e), 0);
    assert_int_equal(count, 2);
    assert_int_equal(state_token_revoke(f->s, all[0].id, &f->e), 0);
    assert_int_equal(state_token_revoke(f->s, all[0].id, &f->e), ERROR_NOT_FOUND);
    assert_int_equal(state_token_find(f->s, secret, f->a, &t, &f->e), ERROR_DENIED);
    CLEANUP(free_ptr) char *file = NULL;
    size_t len;
    reopen(f);
    assert_int_equal(file_read(f->path, 1 << 24, &file, &len, &f->e), 0);
    assert_null(memmem(file, len, secret + 16, 64));
}

static void reads_are_audited_in_groups_and_survive(void **state)
{
    struct fixture *f = *state;
    struct state_audit e = {.at_us = 1, .user = "ann", .action = "query", .object = "fact_usage", .allowed = true};
    for (int i = 0; i < 100; i++)
        assert_int_equal(state_audit_add(f->s, &e, false, &f->e), 0);
    usleep(60000); /* the promise is 50 ms; another connection must see them then */
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    int seen = 0;
    for (int i = 0; i < 40 && seen < 100; i++) { /* a loaded machine may be late */
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM audit", -1, &row, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        seen = sqlite3_column_int(row, 0);
        sqlite3_finalize(row);
        usleep(50000);
    }
    sqlite3_close(db);
    assert_int_equal(seen, 100);
    e.action = "token.create";
    assert_int_equal(state_audit_add(f->s, &e, true, &f->e), 0);
    reopen(f);
    struct state_audit *all;
    size_t count;
    assert_int_equal(state_audits(f->s, 200, f->a, &all, &count, &f->e), 0);
    assert_int_equal(count, 101);
    assert_string_equal(all[0].action, "token.create");
}

static void a_newer_store_is_refused(void **state)
{
    struct fixture *f = *state;
    state_close(f->s);
    f->s = NULL;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(state_open(f->path, &f->s, &f->e), ERROR_USAGE);
    assert_non_null(strstr(f->e.what, "99"));
    struct buf junk;
    buf_init(&junk, 8192);
    for (int i = 0; i < 4096; i++)
        buf_putc(&junk, 'x');
    assert_int_equal(file_write_atomic(f->path, junk.data, junk.len, 0600, &f->e), 0);
    buf_free(&junk);
    assert_int_equal(state_open(f->path, &f->s, &f->e), ERROR_IO);
    assert_non_null(strstr(f->e.hint, "secchi restore"));
}

static void backup_is_a_whole_store(void **state)
{
    struct fixture *f = *state;
    char copy[128];
    snprintf(copy, sizeof(copy), "%s/copy.db", f->dir);
    assert_int_equal(state_put(f->s, "k", "v", &f->e), 0);
    assert_int_equal(state_backup(f->s, copy, &f->e), 0);
    assert_int_equal(state_backup(f->s, copy, &f->e), ERROR_CONFLICT);
    struct state *other;
    const char *value;
    assert_int_equal(state_open(copy, &other, &f->e), 0);
    assert_int_equal(state_get(other, "k", f->a, &value, &f->e), 0);
    assert_string_equal(value, "v");
    assert_int_equal(state_get(other, "none", f->a, &value, &f->e), 0);
    assert_null(value);
    state_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_follow_their_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_died_process_leaves_interrupted_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokens_are_known_until_revoked_or_expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_are_audited_in_groups_and_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_store_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(backup_is_a_whole_store, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
