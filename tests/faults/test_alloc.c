/*
 * Every allocation made to fail: each scenario runs with its first allocation failing, then with its second, and so on until it
 * runs through. Each time it must end in one of three ways: the process ends with the one line that says that memory is out;
 * or an error that says so comes back; or the result is that of a run in which nothing failed. In the last two cases nothing may
 * stay allocated, and a run after it must give the right result.
 *
 *   test_alloc [SCENARIO]     run with the library of alloc.c in LD_PRELOAD
 *
 * SECCHI_TEST_TIER=long takes every allocation, else a part spread over the run. The last line is "N passed, N failed".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "scenarios.h"

#define NOTE_BYTES 32768u
#define FIRST_POINTS 12 /* all of them in the short run */
#define MORE_POINTS 12  /* spread over the rest */
#define CHILD_SECONDS 60
#define OUT_OF_MEMORY "secchi: out of memory; give the process more memory or lower engine.memory_limit\n"

/* Told by the child; shared memory, so that it is there after any end. */
static struct report {
    char notes[NOTE_BYTES];
    size_t len;
    uint64_t count, failed;
    bool ended;
    int rc;
    struct error err;
    char complaint[1024];
} * report;

static char result[NOTE_BYTES];
static size_t result_len;
static char folder[64];

void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(result + result_len, sizeof(result) - result_len, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(result) - result_len)
        abort();
    result_len += (size_t)n;
}

void note_bytes(const void *data, size_t len) { note("%zu bytes %016llx\n", len, (unsigned long long)hash_bytes(data, len, 0)); }

const char *data_path(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", getenv("SECCHI_TEST_DATA"), name);
    return path;
}

const char *box(void) { return folder; }

static void complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!report->complaint[0])
        vsnprintf(report->complaint, sizeof(report->complaint), fmt, ap);
    va_end(ap);
}

static int run_once(const struct scenario *s, struct error *err)
{
    result_len = 0;
    result[0] = '\0';
    memset(err, 0, sizeof(*err));
    return s->run(err);
}

/* In the child. first_time: the scenario has not run in this process, so what is made once is made now and may stay. */
static void run_with_fault(const struct scenario *s, uint64_t at, bool onwards, bool first_time, int wanted_rc)
{
    struct error err;
    struct alloc_block left = {0};
    if (!first_time && run_once(s, &err) != wanted_rc)
        complain("the run before the fault failed: %s", err.what);
    if (!first_time)
        alloc_watch();
    alloc_arm(at, onwards);
    int rc = run_once(s, &err);
    alloc_disarm(&report->count, &report->failed);
    size_t leaked = alloc_unwatch(&left);
    report->rc = rc;
    report->err = err;
    memcpy(report->notes, result, result_len + 1);
    report->len = result_len;
    if (leaked && !first_time)
        complain("%zu blocks were not freed; the first is of %p (%s)", leaked, left.caller, rc ? err.what : "no error");
    if (at && run_once(s, &err) != wanted_rc)
        complain("the run after the fault failed: %s", err.what);
    else if (first_time && at && !report->failed) /* a later run may need fewer */
        complain("no allocation failed");
    report->ended = true;
}

static const char *read_text(int fd)
{
    static char text[4096];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

/* Runs the scenario in a process of its own. Returns its wait status; what it wrote to stderr is in ret_text. */
static int fork_run(const struct scenario *s, uint64_t at, bool onwards, bool first_time, int wanted_rc, const char **ret_text)
{
    memset(report, 0, sizeof(*report));
    int out = memfd_create("stderr", MFD_CLOEXEC);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out, STDERR_FILENO);
        alarm(CHILD_SECONDS);
        run_with_fault(s, at, onwards, first_time, wanted_rc);
        _exit(0);
    }
    int status = 0;
    if (out < 0 || pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    *ret_text = read_text(out);
    close(out);
    return status;
}

struct tally {
    uint64_t points, died, errors, right;
};

/* NULL when the run ended as it should, else what is wrong. */
static const char *judge(int status, const char *text, const struct report *r, const struct report *wanted, struct tally *t)
{
    static char why[2048];
    if (r->complaint[0])
        return r->complaint;
    if (WIFSIGNALED(status)) {
        snprintf(why, sizeof(why), "died of signal %d: %s", WTERMSIG(status), text);
        return why;
    }
    if (!r->ended) {
        t->died++;
        if (WEXITSTATUS(status) == 1 && strcmp(text, OUT_OF_MEMORY) == 0)
            return NULL;
        snprintf(why, sizeof(why), "ended with status %d: %s", WEXITSTATUS(status), text);
        return why;
    }
    if (r->rc != 0 && !(wanted->rc == r->rc && strcmp(r->err.what, wanted->err.what) == 0)) {
        t->errors++;
        if (r->failed && r->rc == (int)r->err.kind && strstr(r->err.what, "memory") && !strchr(r->err.what, '\n'))
            return NULL;
        snprintf(why, sizeof(why), "the error does not say that memory is out: kind %s: %s", error_kind_name(r->err.kind), r->err.what);
        return why;
    }
    t->right++;
    if (r->rc == wanted->rc && r->len == wanted->len && memcmp(r->notes, wanted->notes, r->len) == 0)
        return NULL;
    size_t i = 0;
    while (i < r->len && r->notes[i] == wanted->notes[i])
        i++;
    snprintf(why, sizeof(why), "another result without an error (%d for %d), from byte %zu on: %.200s for %.200s", r->rc, wanted->rc, i,
             r->notes + i, wanted->notes + i);
    return why;
}

static uint64_t next_point(uint64_t at, uint64_t count, bool all)
{
    uint64_t step = count > FIRST_POINTS ? (count - FIRST_POINTS) / MORE_POINTS : 0;
    return all || at < FIRST_POINTS || step < 1 ? at + 1 : at + step;
}

static void clear_folder(void)
{
    char **names, path[512];
    size_t count;
    if (dir_list(folder, &names, &count, NULL) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    dir_list_free(names, count);
}

/* One scenario: true when it holds at every point that is tried. */
static bool try(const struct scenario *s, bool all, struct tally *total)
{
    static struct report wanted;
    const char *text, *wrong = NULL;
    struct tally t = {0};
    unsigned faults = 0;
    int status = fork_run(s, 0, false, true, 0, &text);
    wanted = *report;
    if (!WIFEXITED(status) || !wanted.ended || wanted.complaint[0] || wanted.len == 0 || wanted.count == 0) {
        printf("FAILED %s: the run without a fault: %s%s, %zu bytes noted, %llu allocations\n", s->name, wanted.complaint, text, wanted.len,
               (unsigned long long)wanted.count);
        return false;
    }
    for (uint64_t at = 1; at <= wanted.count; at = next_point(at, wanted.count, all)) {
        for (int how = 0; how < 3; how++) { /* in a new process, in one that has run it before, and all from there on */
            clear_folder();
            status = fork_run(s, at, how == 2, how == 0, wanted.rc, &text);
            t.points++;
            if ((wrong = judge(status, text, report, &wanted, &t)) && ++faults <= 3)
                printf("FAILED %s: allocation %llu of %llu (%s): %s\n", s->name, (unsigned long long)at, (unsigned long long)wanted.count,
                       how == 2   ? "and all after it"
                       : how == 1 ? "second run"
                                  : "first run",
                       wrong);
        }
    }
    clear_folder();
    printf("%-32s %6llu allocations, %6llu runs: %6llu ended by the line, %5llu errors, %5llu right answers, %u faults\n", s->name,
           (unsigned long long)wanted.count, (unsigned long long)t.points, (unsigned long long)t.died, (unsigned long long)t.errors,
           (unsigned long long)t.right, faults);
    total->points += t.points;
    return faults == 0;
}

int main(int argc, char **argv)
{
    const char *tier = getenv("SECCHI_TEST_TIER");
    unsigned passed = 0, failed = 0;
    struct tally total = {0};
    if (!alloc_arm) {
        fprintf(stderr, "test_alloc: load the library of tests/faults/alloc.c (LD_PRELOAD)\n");
        return 2;
    }
    report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(folder, sizeof(folder), "/tmp/secchi-test-alloc-XXXXXX");
    if (report == MAP_FAILED || !mkdtemp(folder))
        return 2;
    for (size_t k = 0; scenario_tables[k]; k++)
        for (const struct scenario *s = scenario_tables[k]; s->name; s++) {
            if (argc > 1 && strcmp(argv[1], s->name) != 0)
                continue;
            if (try(s, str_eq(tier, "long"), &total))
                passed++;
            else
                failed++;
        }
    rmdir(folder);
    printf("%llu runs with a failing allocation\n%u passed, %u failed\n", (unsigned long long)total.points, passed, failed);
    return failed || passed == 0;
}
