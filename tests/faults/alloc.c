/*
 * A library for LD_PRELOAD that counts the allocations of the program and lets one of them fail.
 *
 * Counted are calls whose return address lies in the program itself, which holds our code and the libraries linked into it
 * statically, and in the shared libraries that work for us and give errors back: those of `ours`. Left alone are libduckdb,
 * whose behaviour without memory is not ours, and what libc, the loader and the C++ library do for themselves; the calls of libc
 * that allocate for their caller (strdup, opendir, ...) count as their caller's.
 *
 *   SECCHI_ALLOC_FAULT  N: allocation N fails (from 1, over all threads);  N+: all from N on
 *   SECCHI_ALLOC_COUNT  a file that holds two numbers of 8 bytes in the machine's order: allocations so far, and those that failed
 *   SECCHI_ALLOC_LOG    a file to which the return addresses of the allocation that fails are written (module and offset)
 *
 * A test in the same process uses alloc_arm and its kin (alloc_fault.h). A wrong setting ends the process at once.
 */
#include "alloc_fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const ours[] = {"libyaml-", "libsqlite3.", "libz.", "libzstd."};

#define RANGES_MAX 32
#define BLOCKS (1u << 16) /* places for blocks that are watched for leaks */

static struct {
    struct {
        uintptr_t from, to;
    } ranges[RANGES_MAX];
    size_t range_count;
    uint64_t *numbers, own_numbers[2]; /* counted, failed */
    uint64_t at;
    bool onwards, on;
    int log_fd;
} fault = {.log_fd = -1};

static struct {
    bool on;
    struct alloc_block blocks[BLOCKS];
} watch;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    char *(*realpath)(const char *, char *);
    DIR *(*opendir)(const char *);
    FILE *(*fopen)(const char *, const char *);
    FILE *(*fdopen)(int, const char *);
    ssize_t (*getline)(char **, size_t *, FILE *);
} next;

/* Until the real functions are known: dlsym itself may ask for memory. Never given back. */
static char early[16384] __attribute__((aligned(16)));
static size_t early_used;

static void refuse(const char *what)
{
    dprintf(STDERR_FILENO, "alloc faults: %s\n", what);
    _exit(99);
}

static void *early_alloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof(early) - early_used)
        refuse("too much memory is asked for before the start");
    void *p = early + early_used;
    early_used += size;
    return p;
}

static bool is_early(const void *p) { return (const char *)p >= early && (const char *)p < early + sizeof(early); }

static int add_ranges(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size, (void)context;
    const char *name = strrchr(info->dlpi_name, '/');
    bool wanted = info->dlpi_name[0] == '\0' && fault.range_count == 0; /* the program comes first */
    for (size_t i = 0; name && i < sizeof(ours) / sizeof(ours[0]); i++)
        wanted = wanted || strncmp(name + 1, ours[i], strlen(ours[i])) == 0;
    for (int i = 0; wanted && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        if (fault.range_count == RANGES_MAX)
            refuse("too many modules");
        fault.ranges[fault.range_count].from = info->dlpi_addr + p->p_vaddr;
        fault.ranges[fault.range_count++].to = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    }
    return 0;
}

static void parse_fault(const char *text)
{
    char *end;
    fault.at = strtoull(text, &end, 10);
    fault.onwards = *end == '+';
    if (end == text || fault.at == 0 || (*end && !(fault.onwards && end[1] == '\0')))
        refuse("SECCHI_ALLOC_FAULT must be N or N+");
}

static void find_next(void)
{
    *(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&next.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    *(void **)&next.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    *(void **)&next.realpath = dlsym(RTLD_NEXT, "realpath");
    *(void **)&next.opendir = dlsym(RTLD_NEXT, "opendir");
    *(void **)&next.fopen = dlsym(RTLD_NEXT, "fopen");
    *(void **)&next.fdopen = dlsym(RTLD_NEXT, "fdopen");
    *(void **)&next.getline = dlsym(RTLD_NEXT, "getline");
    *(void **)&next.free = dlsym(RTLD_NEXT, "free");
}

__attribute__((constructor)) static void start(void)
{
    const char *what = getenv("SECCHI_ALLOC_FAULT"), *count = getenv("SECCHI_ALLOC_COUNT"), *log = getenv("SECCHI_ALLOC_LOG");
    void *warm[1];
    if (!next.free)
        find_next();
    backtrace(warm, 1); /* loads what it needs now, not within an allocation */
    dl_iterate_phdr(add_ranges, NULL);
    fault.numbers = fault.own_numbers;
    if (what)
        parse_fault(what);
    if (count) {
        int fd = open(count, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, sizeof(fault.own_numbers)) != 0)
            refuse("cannot write SECCHI_ALLOC_COUNT");
        fault.numbers = mmap(NULL, sizeof(fault.own_numbers), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fault.numbers == MAP_FAILED)
            refuse("cannot map SECCHI_ALLOC_COUNT");
        close(fd);
    }
    if (log && (fault.log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        refuse("cannot write SECCHI_ALLOC_LOG");
    fault.on = what || count;
}

/* ---- what a test in the same process uses ------------------------------------------------------------------- */

void alloc_arm(uint64_t at, bool onwards)
{
    fault.numbers[0] = fault.numbers[1] = 0;
    fault.at = at;
    fault.onwards = onwards;
    fault.on = true;
}

void alloc_disarm(uint64_t *ret_count, uint64_t *ret_failed)
{
    fault.on = false;
    *ret_count = fault.numbers[0];
    *ret_failed = fault.numbers[1];
}

void alloc_watch(void)
{
    memset(watch.blocks, 0, sizeof(watch.blocks));
    watch.on = true;
}

size_t alloc_unwatch(struct alloc_block *ret_first)
{
    size_t n = 0;
    watch.on = false;
    for (size_t i = 0; i < BLOCKS; i++)
        if (watch.blocks[i].at && n++ == 0)
            *ret_first = watch.blocks[i];
    return n;
}

/* ---- the decision ------------------------------------------------------------------------------------------------ */

static bool is_ours(const void *caller)
{
    for (size_t i = 0; i < fault.range_count; i++)
        if ((uintptr_t)caller >= fault.ranges[i].from && (uintptr_t)caller < fault.ranges[i].to)
            return true;
    return false;
}

static void log_place(void)
{
    void *places[12];
    int n = backtrace(places, 12);
    char text[2048];
    size_t len = 0;
    for (int i = 2; i < n && len < sizeof(text) - 300; i++) {
        Dl_info info;
        if (dladdr(places[i], &info) && info.dli_fname)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%.200s+0x%zx\n", info.dli_fname,
                                    (size_t)((char *)places[i] - (char *)info.dli_fbase));
    }
    syscall(SYS_write, fault.log_fd, text, len);
}

/* True when this allocation is to fail; errno is then set. */
static bool fails(const void *caller)
{
    if (!fault.on || !is_ours(caller))
        return false;
    uint64_t n = __atomic_add_fetch(&fault.numbers[0], 1, __ATOMIC_RELAXED);
    if (!fault.at || !(n == fault.at || (fault.onwards && n > fault.at)))
        return false;
    if (__atomic_add_fetch(&fault.numbers[1], 1, __ATOMIC_RELAXED) == 1 && fault.log_fd >= 0)
        log_place();
    errno = ENOMEM;
    return true;
}

static size_t place_of(const void *p) { return ((uintptr_t)p >> 4) * 0x9E3779B97F4A7C15u >> 48; }

static void *born(void *p, const void *caller)
{
    if (!p || !watch.on || !is_ours(caller))
        return p;
    pthread_mutex_lock(&watch_lock);
    size_t i = place_of(p) % BLOCKS, tried = 0;
    while (watch.blocks[i].at && tried++ < BLOCKS)
        i = (i + 1) % BLOCKS;
    if (tried >= BLOCKS)
        refuse("too many blocks to watch");
    watch.blocks[i] = (struct alloc_block){p, caller};
    pthread_mutex_unlock(&watch_lock);
    return p;
}

/* Later blocks of the same chain move up, so that they are still found. */
static void gone(const void *p)
{
    if (!p || !watch.on)
        return;
    pthread_mutex_lock(&watch_lock);
    size_t i = place_of(p) % BLOCKS;
    while (watch.blocks[i].at && watch.blocks[i].at != p)
        i = (i + 1) % BLOCKS;
    if (watch.blocks[i].at) {
        for (size_t k = (i + 1) % BLOCKS; watch.blocks[k].at; k = (k + 1) % BLOCKS) {
            size_t home = place_of(watch.blocks[k].at) % BLOCKS;
            if ((k > i && (home <= i || home > k)) || (k < i && home <= i && home > k)) {
                watch.blocks[i] = watch.blocks[k];
                i = k;
            }
        }
        watch.blocks[i] = (struct alloc_block){0};
    }
    pthread_mutex_unlock(&watch_lock);
}

#define CALLER __builtin_return_address(0)

static void *allocate(size_t size, const void *caller) { return fails(caller) ? NULL : born(next.malloc(size), caller); }

void *malloc(size_t size)
{
    if (!next.malloc) {
        if (!next.calloc)
            find_next();
        if (!next.malloc)
            return early_alloc(size);
    }
    return allocate(size, CALLER);
}

void *calloc(size_t count, size_t size)
{
    if (!next.calloc)
        return early_alloc(count * size); /* zeroed: it is static */
    return fails(CALLER) ? NULL : born(next.calloc(count, size), CALLER);
}

void *realloc(void *old, size_t size)
{
    if (is_early(old)) {
        void *p = malloc(size);
        size_t room = (size_t)(early + sizeof(early) - (char *)old);
        return p ? memcpy(p, old, size < room ? size : room) : NULL;
    }
    if (!next.realloc)
        find_next();
    if (fails(CALLER))
        return NULL;
    gone(old);
    void *p = next.realloc(old, size);
    return born(p ? p : size ? old : NULL, CALLER) == p ? p : NULL;
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || fails(CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void free(void *p)
{
    if (!p || is_early(p))
        return;
    gone(p);
    if (next.free)
        next.free(p);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
    if (fails(CALLER))
        return ENOMEM;
    int rc = next.posix_memalign(ret, align, size);
    if (rc == 0)
        born(*ret, CALLER);
    return rc;
}

void *aligned_alloc(size_t align, size_t size) { return fails(CALLER) ? NULL : born(next.aligned_alloc(align, size), CALLER); }

static char *copy(const char *s, size_t n, const void *caller)
{
    char *p = allocate(n + 1, caller);
    if (p) {
        memcpy(p, s, n);
        p[n] = '\0';
    }
    return p;
}

char *strdup(const char *s) { return copy(s, strlen(s), CALLER); }
char *strndup(const char *s, size_t n) { return copy(s, strnlen(s, n), CALLER); }

/* ---- calls of libc that allocate for their caller ------------------------------------------------------------- */

char *realpath(const char *path, char *ret)
{
    if (!ret && fails(CALLER))
        return NULL;
    char *p = next.realpath(path, ret);
    return ret ? p : born(p, CALLER);
}

DIR *opendir(const char *path) { return fails(CALLER) ? NULL : next.opendir(path); }
FILE *fopen(const char *path, const char *mode) { return fails(CALLER) ? NULL : next.fopen(path, mode); }
FILE *fdopen(int fd, const char *mode) { return fails(CALLER) ? NULL : next.fdopen(fd, mode); }
ssize_t getline(char **line, size_t *size, FILE *f) { return fails(CALLER) ? -1 : next.getline(line, size, f); }
