/* The fault library does what its head says: a small child works below a folder and outside of it, under each setting. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *self, *library;
static char folder[] = "/tmp/secchi-faults-XXXXXX";

/* The eight calls of the child, in order; the numbers are what the settings refer to. */
enum { CALL_WRITE = 1, CALL_PWRITE, CALL_WRITEV, CALL_FSYNC, CALL_TRUNCATE, CALL_RENAME, CALL_LINK, CALL_UNLINK, CALLS = CALL_UNLINK };

/* Exit status of the child: bit n-1 is set when call n failed; the errno goes to the file "errno" outside the folder. */
static int child(const char *dir)
{
    char path[256], other[256], outside[256];
    snprintf(path, sizeof(path), "%s/in/a", dir);
    snprintf(other, sizeof(other), "%s/in/b", dir);
    snprintf(outside, sizeof(outside), "%s/errno", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), out = open(outside, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || out < 0)
        return 127;
    struct iovec pieces[2] = {{(void *)"EE", 2}, {(void *)"FF", 2}};
    int failed = 0;
#define TRY(n, good) \
    do { \
        errno = 0; \
        if (!(good)) { \
            int e = errno; \
            failed |= 1 << ((n)-1); \
            if (write(out, &e, sizeof(e)) != sizeof(e)) \
                return 126; \
        } \
    } while (0)
    TRY(CALL_WRITE, write(fd, "aaaaaaaa", 8) == 8);
    TRY(CALL_PWRITE, pwrite(fd, "bb", 2, 2) == 2);
    TRY(CALL_WRITEV, writev(fd, pieces, 2) == 4);
    TRY(CALL_FSYNC, fsync(fd) == 0);
    TRY(CALL_TRUNCATE, ftruncate(fd, 10) == 0);
    TRY(CALL_RENAME, rename(path, other) == 0);
    TRY(CALL_LINK, link(other, path) == 0);
    TRY(CALL_UNLINK, unlink(other) == 0);
    return failed;
}

static void make_path(char *ret, size_t size, const char *name) { snprintf(ret, size, "%s/%s", folder, name); }

static uint64_t read_count(void)
{
    char path[256];
    uint64_t count = 0;
    make_path(path, sizeof(path), "count");
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
    close(fd);
    return count;
}

/* Runs the child under a setting (NULL: count only) and returns its wait status. */
static int run_child(const char *setting)
{
    char in[256], count[256], a[256], b[256];
    make_path(in, sizeof(in), "in");
    make_path(count, sizeof(count), "count");
    make_path(a, sizeof(a), "in/a");
    make_path(b, sizeof(b), "in/b");
    mkdir(in, 0700);
    unlink(count);
    unlink(a);
    unlink(b);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("LD_PRELOAD", library, 1);
        setenv("SECCHI_FAULT_DIR", in, 1);
        setenv("SECCHI_FAULT_COUNT", count, 1);
        if (setting)
            setenv("SECCHI_FAULT", setting, 1);
        execl(self, self, "child", folder, (char *)NULL);
        _exit(125);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void read_text(const char *name, char *ret, size_t size)
{
    char path[256];
    make_path(path, sizeof(path), name);
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        snprintf(ret, size, "(none)");
        return;
    }
    ssize_t n = read(fd, ret, size - 1);
    ret[n < 0 ? 0 : n] = '\0';
    close(fd);
}

static void test_counts_without_harm(void **state)
{
    (void)state;
    int status = run_child(NULL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read_count(), CALLS);
}

static void test_kill_before_each_call(void **state)
{
    (void)state;
    static const char *const left_a[] = {"", "aaaaaaaa", "aabbaaaa", "aabbaaaaEEFF", "aabbaaaaEEFF", "aabbaaaaEE", "(none)", "aabbaaaaEE"};
    static const char *const left_b[] = {"(none)", "(none)", "(none)", "(none)", "(none)", "(none)", "aabbaaaaEE", "aabbaaaaEE"};
    for (int n = CALL_WRITE; n <= CALLS; n++) {
        char setting[32], text[64];
        snprintf(setting, sizeof(setting), "kill:%d", n);
        int status = run_child(setting);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_int_equal(read_count(), n);
        read_text("in/a", text, sizeof(text));
        assert_string_equal(text, left_a[n - 1]);
        read_text("in/b", text, sizeof(text));
        assert_string_equal(text, left_b[n - 1]);
    }
}

static void test_tear(void **state)
{
    (void)state;
    char text[64];
    assert_true(WIFSIGNALED(run_child("tear:1")));
    read_text("in/a", text, sizeof(text));
    assert_string_equal(text, "aaaa");
    assert_true(WIFSIGNALED(run_child("tear:2")));
    read_text("in/a", text, sizeof(text));
    assert_string_equal(text, "aabaaaaa");
    assert_true(WIFSIGNALED(run_child("tear:3")));
    read_text("in/a", text, sizeof(text));
    assert_string_equal(text, "aabbaaaaEE");
    assert_true(WIFSIGNALED(run_child("tear:6")));
    read_text("in/b", text, sizeof(text));
    assert_string_equal(text, "(none)");
}

static void assert_errno(int expected)
{
    char path[256];
    int got = 0;
    make_path(path, sizeof(path), "errno");
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, &got, sizeof(got)), sizeof(got));
    close(fd);
    assert_int_equal(got, expected);
}

static void test_errors_once_and_onwards(void **state)
{
    (void)state;
    int status = run_child("enospc:2");
    assert_int_equal(WEXITSTATUS(status), 1 << (CALL_PWRITE - 1));
    assert_int_equal(read_count(), CALLS);
    assert_errno(ENOSPC);
    status = run_child("eio:4");
    assert_int_equal(WEXITSTATUS(status), 1 << (CALL_FSYNC - 1));
    assert_errno(EIO);
    status = run_child("eio:5+");
    assert_int_equal(WEXITSTATUS(status),
                     1 << (CALL_TRUNCATE - 1) | 1 << (CALL_RENAME - 1) | 1 << (CALL_LINK - 1) | 1 << (CALL_UNLINK - 1));
    assert_errno(EIO);
    status = run_child("enospc:6");
    assert_int_equal(WEXITSTATUS(status) & (1 << (CALL_RENAME - 1)), 1 << (CALL_RENAME - 1));
    assert_errno(ENOSPC);
}

static void test_wrong_setting_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "kill", "kill:", "kill:0", "kill:x", "kill:3+", "eio:3x", "eio:3++", "panic:1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int status = run_child(wrong[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 99);
    }
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"in/a", "in/b", "count", "errno"};
    char path[256];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        make_path(path, sizeof(path), names[i]);
        unlink(path);
    }
    make_path(path, sizeof(path), "in");
    rmdir(path);
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(argv[2]);
    self = "/proc/self/exe";
    library = getenv("SECCHI_FAULT_LIB");
    if (!library) {
        fprintf(stderr, "set SECCHI_FAULT_LIB to the library under test\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_without_harm),     cmocka_unit_test(test_kill_before_each_call),    cmocka_unit_test(test_tear),
        cmocka_unit_test(test_errors_once_and_onwards), cmocka_unit_test(test_wrong_setting_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
