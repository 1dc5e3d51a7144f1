#include <setjmp.h>
#include <stdlib.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static void errors_are_one_line(void **state)
{
    (void)state;
    struct error e;
    assert_int_equal(error_set(&e, ERROR_USAGE, "bad %s\nline", "thing"), ERROR_USAGE);
    assert_string_equal(e.what, "bad thing line");
    error_where(&e, "a.sql:3");
    error_add_where(&e, "pack health");
    assert_string_equal(e.where, "pack health: a.sql:3");
    assert_int_equal(error_exit_status(&e), 2);
    assert_int_equal(error_http_status(&e), 400);
}

static void map_keeps_order_and_survives_removal(void **state)
{
    (void)state;
    struct map m = {0};
    char key[16];
    static int values[1000];
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_null(map_set(&m, key, &values[i]));
    }
    for (int i = 0; i < 1000; i += 2) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_ptr_equal(map_remove(&m, key), &values[i]);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_ptr_equal(map_get(&m, key), i % 2 ? (void *)&values[i] : NULL);
    }
    map_set(&m, "k0", &values[1]);
    assert_ptr_equal(map_get(&m, "k0"), &values[1]);
    map_free(&m);
}

static void times_agree_with_python(void **state)
{
    (void)state;
    /* datetime(y, m, d, ..., tzinfo=utc).timestamp() of Python */
    static const struct {
        const char *text;
        int64_t us;
        const char *back;
    } cases[] = {
        {"1970-01-01", 0, "1970-01-01T00:00:00Z"},
        {"2024-02-29T12:34:56.789Z", 1709210096789000, "2024-02-29T12:34:56.789000Z"},
        {"2026-11-21 08:57:17+02:00", 1795244237000000, "2026-11-21T06:57:17Z"},
        {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
        {"0001-01-01", -62135596800000000, "0001-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59Z", 253402300799000000, "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t us;
        char text[40];
        assert_int_equal(time_parse_us(cases[i].text, &us), 0);
        assert_true(us == cases[i].us);
        assert_string_equal(time_format_us(us, text), cases[i].back);
    }
    static const char *const bad[] = {
        "", "2024", "2023-02-29", "2024-13-01", "2024-01-01T25:00", "2024-01-01x", "2024-01-01T10:00:00.", "24-01-01"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t us;
        assert_int_equal(time_parse_us(bad[i], &us), ERROR_INVALID);
    }
}

static void nearest_names(void **state)
{
    (void)state;
    static const char *const names[] = {"query_history", "job_run_timeline", "usage", "refresh", "restore"};
    assert_string_equal(nearest_name("qurey_history", names, ARRAY_LEN(names)), "query_history");
    assert_string_equal(nearest_name("refesh", names, ARRAY_LEN(names)), "refresh");
    assert_null(nearest_name("xyz", names, ARRAY_LEN(names)));
    struct error err;
    error_set(&err, ERROR_USAGE, "unknown");
    error_hint_near(&err, NULL, NULL);
    assert_string_equal(err.hint, "");
    error_hint_near(&err, NULL, "100% of them");
    assert_string_equal(err.hint, "100% of them");
    error_hint_near(&err, "usage", "all");
    assert_string_equal(err.hint, "did you mean 'usage'?");
}

static void buffers_stop_at_their_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_puts(&b, "12345");
    buf_puts(&b, "6789");
    assert_true(b.overflow);
    assert_string_equal(b.data, "12345");
    buf_clear(&b);
    buf_printf(&b, "%d", 12345678);
    assert_false(b.overflow);
    assert_string_equal(b.data, "12345678");
    buf_free(&b);
    buf_init(&b, 100);
    buf_put_json(&b, "a\"\\\n\x01\x7f\xc3\xa9");
    buf_add_json(&b, "\0b", 2);
    assert_string_equal(b.data, "\"a\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\"\"\\u0000b\"");
    buf_free(&b);
}

static void items_are_copied_into_an_arena(void **state)
{
    (void)state;
    struct arena *a CLEANUP(arena_freep) = arena_new();
    VEC(int) v = {0};
    int *none = VEC_COPY(a, &v);
    assert_int_equal(none[0], 0);
    for (int i = 0; i < 20; i++)
        *VEC_ADD(&v) = i;
    int *copy = VEC_COPY(a, &v);
    VEC_FREE(&v);
    for (int i = 0; i < 20; i++)
        assert_int_equal(copy[i], i);
    assert_int_equal(copy[20], 0);
}

static void numbers_are_whole(void **state)
{
    (void)state;
    int64_t i;
    double d;
    bool b;
    assert_int_equal(str_to_i64("-9223372036854775808", &i), 0);
    assert_true(i == INT64_MIN);
    assert_int_equal(str_to_i64("9223372036854775808", &i), ERROR_INVALID);
    assert_int_equal(str_to_i64("1x", &i), ERROR_INVALID);
    assert_int_equal(str_to_i64(" 1", &i), ERROR_INVALID);
    assert_int_equal(str_to_f64("nan", &d), ERROR_INVALID);
    assert_int_equal(str_to_f64("1e3", &d), 0);
    assert_true(d > 999.9 && d < 1000.1);
    assert_int_equal(str_to_bool("Yes", &b), 0);
    assert_true(b);
    assert_int_equal(str_to_bool("maybe", &b), ERROR_INVALID);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    assert_true(utf8_valid("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    assert_false(utf8_valid("\xc0\x80", 2));
    assert_false(utf8_valid("\xed\xa0\x80", 3));
    assert_false(utf8_valid("\xe2\x82", 2));
}

static const char *const of_libm[] = {"floor", "hypot"};
static struct {
    double (*floor)(double);
    double (*hypot)(double, double);
} lazy;
static bool lazy_loaded;

static void *load_and_call(void *unused)
{
    static char wrong[] = "not loaded, or not the functions that were asked for";
    (void)unused;
    if (lazy_load("libm.so.6", of_libm, ARRAY_LEN(of_libm), (void **)&lazy, &lazy_loaded, NULL) != 0)
        return wrong;
    return lazy.floor(2.5) == 2.0 && lazy.hypot(3.0, 4.0) == 5.0 ? NULL : wrong;
}

static void a_library_is_loaded_once_by_whatever_thread_is_first(void **state)
{
    (void)state;
    pthread_t threads[8];
    void *wrong;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_and_call, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_true(lazy_loaded);
    assert_int_equal(lazy_load("/no/such/library.so", of_libm, ARRAY_LEN(of_libm), (void **)&lazy, &lazy_loaded, NULL), 0);
}

static void a_library_that_is_missing_or_another_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {"floor", "no_such_function"};
    void *found[2];
    bool loaded = false;
    struct error e;
    assert_int_equal(lazy_load("/no/such/library.so", names, 2, found, &loaded, &e), ERROR_UNAVAILABLE);
    assert_non_null(strstr(e.what, "/no/such/library.so"));
    assert_int_equal(lazy_load("libm.so.6", names, 2, found, &loaded, &e), ERROR_UNAVAILABLE);
    assert_string_equal(e.where, "libm.so.6");
    assert_non_null(strstr(e.what, "no_such_function"));
    assert_false(loaded);
}

static void *tell_without_end(void *line)
{
    for (;;)
        fprintf(stderr, "%s\n", (const char *)line);
    return NULL;
}

static void *run_out(void *unused)
{
    (void)unused;
    usleep(2000);
    out_of_memory();
}

/* In a child whose stderr is the file: threads that tell and two that run out of memory. Its exit status. */
static int run_out_beside_tellers(int file)
{
    static char line[] = "gold dim_user: succeeded";
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        dup2(file, STDERR_FILENO);
        for (int i = 0; i < 4; i++)
            pthread_create(&thread, NULL, i < 2 ? tell_without_end : run_out, line);
        pthread_join(thread, NULL);
        _exit(99);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void that_memory_is_out_is_the_last_line_and_told_once(void **state)
{
    (void)state;
    static const char wanted[] = "\nsecchi: out of memory; give the process more memory or lower engine.memory_limit\n";
    const size_t len = sizeof(wanted) - 1;
    for (int i = 0; i < 25; i++) {
        int file = memfd_create("stderr", MFD_CLOEXEC);
        assert_true(file >= 0);
        assert_int_equal(run_out_beside_tellers(file), 1);
        size_t size = (size_t)lseek(file, 0, SEEK_END);
        char *text = xcalloc(1, size + 2);
        text[0] = '\n';
        assert_int_equal(pread(file, text + 1, size, 0), (ssize_t)size);
        close(file);
        assert_true(size + 1 >= len);
        assert_string_equal(text + size + 1 - len, wanted);
        assert_ptr_equal(strstr(text, wanted + 1), text + size + 2 - len);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_one_line),
        cmocka_unit_test(map_keeps_order_and_survives_removal),
        cmocka_unit_test(times_agree_with_python),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(buffers_stop_at_their_maximum),
        cmocka_unit_test(items_are_copied_into_an_arena),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(a_library_is_loaded_once_by_whatever_thread_is_first),
        cmocka_unit_test(a_library_that_is_missing_or_another_is_named),
        cmocka_unit_test(that_memory_is_out_is_the_last_line_and_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
