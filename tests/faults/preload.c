/*
 * A library for LD_PRELOAD that counts the calls which change files below one folder and lets one of them go wrong.
 *
 *   SECCHI_FAULT_DIR    the folder; calls on anything else are never counted
 *   SECCHI_FAULT        what goes wrong at call N (from 1; across all processes that share the counter):
 *                         kill:N     SIGKILL before the call is made
 *                         tear:N     half of a write is made, then SIGKILL; like kill for other calls
 *                         enospc:N   the call fails with ENOSPC, those after it work;  enospc:N+  all from N on fail
 *                                    (freeing calls, ftruncate and unlink, are let through: they do not fail for want of space)
 *                         eio:N      the same with EIO;  eio:N+
 *   SECCHI_FAULT_COUNT  a file that holds the number of calls so far: 8 bytes in the machine's order. It is a shared
 *                       mapping, so it is right after a SIGKILL too, and child processes go on counting in it.
 *   SECCHI_FAULT_LOG    a file to which "N call path" is appended for each call
 *
 * Counted: write, pwrite, writev, pwritev, fsync, fdatasync, ftruncate, truncate, fallocate, rename, link, unlink and
 * their 64-bit and *at forms. What stdio writes inside libc is not seen; the program does not use stdio for files it must keep.
 * A wrong setting ends the process at once: a test must not pass because nothing was injected.
 */
/* Both the plain and the 64-bit names are defined here; with this macro the first would be renamed to the second. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { MODE_COUNT, MODE_KILL, MODE_TEAR, MODE_FAIL };

static struct {
    char dir[PATH_MAX]; /* without trailing slash; empty: off */
    size_t dir_len;
    enum mode mode;
    int error;
    uint64_t at;
    bool onwards;
    uint64_t *count;
    uint64_t own_count;
    int log_fd;
} fault = {.log_fd = -1};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void refuse(const char *what)
{
    dprintf(STDERR_FILENO, "faults: %s\n", what);
    _exit(99);
}

static void parse_fault(const char *text)
{
    static const struct {
        const char *name;
        enum mode mode;
        int error;
    } kinds[] = {{"kill:", MODE_KILL, 0}, {"tear:", MODE_TEAR, 0}, {"enospc:", MODE_FAIL, ENOSPC}, {"eio:", MODE_FAIL, EIO}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(kinds[i].name);
        if (strncmp(text, kinds[i].name, n) != 0)
            continue;
        char *end;
        fault.mode = kinds[i].mode;
        fault.error = kinds[i].error;
        fault.at = strtoull(text + n, &end, 10);
        fault.onwards = *end == '+' && fault.mode == MODE_FAIL;
        if (end == text + n || fault.at == 0 || (*end && !(fault.onwards && end[1] == '\0')))
            break;
        return;
    }
    refuse("SECCHI_FAULT must be kill:N, tear:N, enospc:N[+] or eio:N[+]");
}

static void start(void)
{
    const char *dir = getenv("SECCHI_FAULT_DIR"), *what = getenv("SECCHI_FAULT");
    const char *count = getenv("SECCHI_FAULT_COUNT"), *log = getenv("SECCHI_FAULT_LOG");
    if (!dir)
        return;
    if (!realpath(dir, fault.dir))
        refuse("SECCHI_FAULT_DIR does not exist");
    fault.dir_len = strlen(fault.dir);
    fault.count = &fault.own_count;
    if (what)
        parse_fault(what);
    if (count) {
        int fd = open(count, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || syscall(SYS_ftruncate, fd, (off_t)sizeof(uint64_t)) != 0)
            refuse("cannot write SECCHI_FAULT_COUNT");
        fault.count = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fault.count == MAP_FAILED)
            refuse("cannot map SECCHI_FAULT_COUNT");
        close(fd);
    }
    if (log && (fault.log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        refuse("cannot write SECCHI_FAULT_LOG");
}

/* From the start, so that a wrong setting is told even when no call is made. */
__attribute__((constructor)) static void start_early(void) { pthread_once(&once, start); }

static bool below(const char *path)
{
    return strncmp(path, fault.dir, fault.dir_len) == 0 && (path[fault.dir_len] == '/' || path[fault.dir_len] == '\0');
}

static bool fd_path(int fd, char *ret_path)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, ret_path, PATH_MAX - 1);
    if (n < 0)
        return false;
    ret_path[n] = '\0';
    return true;
}

/* The path as the kernel sees it: names that are being made do not exist yet, so only their folder is resolved. */
static bool absolute_path(int dirfd, const char *path, char *ret_path)
{
    char joined[PATH_MAX], folder[PATH_MAX], base[PATH_MAX];
    if (path[0] == '/' || dirfd == AT_FDCWD) {
        if ((size_t)snprintf(joined, sizeof(joined), "%s%s", path[0] == '/' ? "" : "./", path) >= sizeof(joined))
            return false;
    } else if (!fd_path(dirfd, base) || (size_t)snprintf(joined, sizeof(joined), "%s/%s", base, path) >= sizeof(joined)) {
        return false;
    }
    char *slash = strrchr(joined, '/');
    const char *name = slash + 1;
    char kept[NAME_MAX + 1];
    if ((size_t)snprintf(kept, sizeof(kept), "%s", name) >= sizeof(kept))
        return false;
    slash[slash == joined ? 1 : 0] = '\0';
    if (!realpath(joined, folder))
        return false;
    return (size_t)snprintf(ret_path, PATH_MAX, "%s/%s", folder, kept) < PATH_MAX;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What is to happen with a call on PATH. */
enum verdict { DO_IT, FAIL_IT, TEAR_IT };

static enum verdict judge(const char *call, const char *path)
{
    if (!below(path))
        return DO_IT;
    uint64_t n = __atomic_add_fetch(fault.count, 1, __ATOMIC_SEQ_CST);
    if (fault.log_fd >= 0) {
        char line[PATH_MAX + 64];
        int len = snprintf(line, sizeof(line), "%llu %s %s\n", (unsigned long long)n, call, path);
        if (len > 0)
            syscall(SYS_write, fault.log_fd, line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
    }
    if (fault.mode == MODE_COUNT || !(n == fault.at || (fault.onwards && n > fault.at)))
        return DO_IT;
    if (fault.mode == MODE_KILL)
        die();
    if (fault.mode == MODE_TEAR)
        return TEAR_IT;
    if (fault.error == ENOSPC && (strcmp(call, "ftruncate") == 0 || strcmp(call, "truncate") == 0 || strcmp(call, "unlink") == 0))
        return DO_IT;
    errno = fault.error;
    return FAIL_IT;
}

static enum verdict judge_fd(const char *call, int fd)
{
    char path[PATH_MAX];
    pthread_once(&once, start);
    if (!fault.dir_len || !fd_path(fd, path))
        return DO_IT;
    return judge(call, path);
}

/* A call that is not a write cannot be torn: killed before it. */
static bool fails_fd(const char *call, int fd)
{
    enum verdict v = judge_fd(call, fd);
    if (v == TEAR_IT)
        die();
    return v == FAIL_IT;
}

static bool fails_path(const char *call, int dirfd, const char *path)
{
    char absolute[PATH_MAX];
    pthread_once(&once, start);
    if (!fault.dir_len || !absolute_path(dirfd, path, absolute))
        return false;
    enum verdict v = judge(call, absolute);
    if (v == TEAR_IT)
        die();
    return v == FAIL_IT;
}

ssize_t write(int fd, const void *data, size_t size)
{
    switch (judge_fd("write", fd)) {
    case FAIL_IT:
        return -1;
    case TEAR_IT:
        syscall(SYS_write, fd, data, size / 2);
        die();
    case DO_IT:
        break;
    }
    return syscall(SYS_write, fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    switch (judge_fd("pwrite", fd)) {
    case FAIL_IT:
        return -1;
    case TEAR_IT:
        syscall(SYS_pwrite64, fd, data, size / 2, at);
        die();
    case DO_IT:
        break;
    }
    return syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

/* Of several pieces the first is written when the call is torn. */
ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    switch (judge_fd("writev", fd)) {
    case FAIL_IT:
        return -1;
    case TEAR_IT:
        syscall(SYS_writev, fd, pieces, n > 1 ? 1 : 0);
        die();
    case DO_IT:
        break;
    }
    return syscall(SYS_writev, fd, pieces, n);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int n, off64_t at)
{
    switch (judge_fd("pwritev", fd)) {
    case FAIL_IT:
        return -1;
    case TEAR_IT:
        syscall(SYS_pwritev, fd, pieces, n > 1 ? 1 : 0, at, 0);
        die();
    case DO_IT:
        break;
    }
    return syscall(SYS_pwritev, fd, pieces, n, at, 0);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int n, off_t at) { return pwritev64(fd, pieces, n, at); }

int fsync(int fd) { return fails_fd("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd); }

int fdatasync(int fd) { return fails_fd("fdatasync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }

int ftruncate64(int fd, off64_t size) { return fails_fd("ftruncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size); }

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int truncate64(const char *path, off64_t size)
{
    return fails_path("truncate", AT_FDCWD, path) ? -1 : (int)syscall(SYS_truncate, path, size);
}

int truncate(const char *path, off_t size) { return truncate64(path, size); }

int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return fails_fd("fallocate", fd) ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, size);
}

int fallocate(int fd, int mode, off_t at, off_t size) { return fallocate64(fd, mode, at, size); }

/* Returns the error instead of setting errno. */
int posix_fallocate64(int fd, off64_t at, off64_t size) { return fallocate64(fd, 0, at, size) == 0 ? 0 : errno; }

int posix_fallocate(int fd, off_t at, off_t size) { return posix_fallocate64(fd, at, size); }

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    return fails_path("rename", to_dir, to) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) { return renameat2(from_dir, from, to_dir, to, 0); }

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return fails_path("link", to_dir, to) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int dir, const char *path, int flags)
{
    return fails_path("unlink", dir, path) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
