/*
 * Runs a fuzz target over a folder of inputs without a fuzzer: each file as it is, cut short at several places and with
 * some bytes changed, always the same ones. Ends with "N passed, N failed", counting files. An input that kills the
 * target is named on standard error before the process dies.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_INPUT_BYTES (16u << 20)
#define SECONDS_PER_INPUT 20
#define CHANGED_COPIES 24
#define CUT_COPIES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char current[4096]; /* what is being run, for the handler */
static size_t current_len;

static void report_and_die(int signo)
{
    static const char head[] = "replay: the target died on ";
    ssize_t ignored = write(STDERR_FILENO, head, sizeof(head) - 1);
    ignored += write(STDERR_FILENO, current, current_len);
    ignored += write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    signal(signo, SIG_DFL);
    raise(signo);
}

static void note(const char *file, const char *change, unsigned number)
{
    int n = snprintf(current, sizeof(current), "%s (%s %u)", file, change, number);
    current_len = n < 0 ? 0 : (size_t)n >= sizeof(current) ? sizeof(current) - 1 : (size_t)n;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The target gets a copy of exactly its size, so that a sanitizer sees a read behind the end. */
static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    alarm(SECONDS_PER_INPUT);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
}

static void run_variants(const char *file, uint8_t *data, size_t size)
{
    note(file, "as it is", 0);
    run_copy(data, size);
    for (unsigned i = 0; i < CUT_COPIES; i++) {
        note(file, "cut to sixteenths", i);
        run_copy(data, size * i / CUT_COPIES);
    }
    uint32_t random = 0x9e3779b9u ^ (uint32_t)size;
    for (unsigned i = 0; size && i < CHANGED_COPIES; i++) {
        note(file, "byte changed", i);
        uint8_t *at = &data[next_random(&random) % size], before = *at;
        *at = (uint8_t)next_random(&random);
        run_copy(data, size);
        *at = before;
    }
}

static int run_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > MAX_INPUT_BYTES) {
        fprintf(stderr, "replay: cannot read %s, or it is larger than %u bytes\n", path, MAX_INPUT_BYTES);
        if (fd >= 0)
            close(fd);
        return 1;
    }
    size_t size = (size_t)st.st_size, got = 0;
    uint8_t *data = malloc(size ? size : 1);
    if (!data)
        abort();
    while (got < size) {
        ssize_t n = read(fd, data + got, size - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    close(fd);
    run_variants(path, data, got);
    free(data);
    return got == size ? 0 : 1;
}

static int visible(const struct dirent *e) { return e->d_name[0] != '.'; }

static void run_folder(const char *folder, unsigned *passed, unsigned *failed)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, visible, alphasort);
    if (n < 0) {
        fprintf(stderr, "replay: cannot list %s\n", folder);
        (*failed)++;
        return;
    }
    for (int i = 0; i < n; i++) {
        char path[4096];
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) >= sizeof(path) || run_file(path) != 0)
            (*failed)++;
        else
            (*passed)++;
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        signal(fatal[i], report_and_die);
    unsigned passed = 0, failed = 0;
    for (int i = 1; i < argc; i++)
        run_folder(argv[i], &passed, &failed);
    if (passed + failed == 0) {
        fprintf(stderr, "replay: no inputs; give folders that hold some\n");
        failed = 1;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
