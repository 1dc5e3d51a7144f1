#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "read", path);
    struct buf b;
    buf_init(&b, max);
    char chunk[65536];
    int rc = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = error_errno(err, "read", path);
        if (n <= 0)
            break;
        buf_add(&b, chunk, (size_t)n);
    }
    close(fd);
    if (!rc && b.overflow)
        rc = error_set(err, ERROR_LIMIT, "%s is larger than %zu bytes", path, max);
    if (rc) {
        buf_free(&b);
        return rc;
    }
    if (ret_len)
        *ret_len = b.len;
    *ret_data = buf_steal(&b);
    return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int sync_parent(const char *path)
{
    char *dir = xstrdup(path), *slash = strrchr(dir, '/');
    if (slash)
        *(slash == dir ? slash + 1 : slash) = '\0';
    int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

int file_write_atomic(const char *path, const void *data, size_t len, unsigned mode, struct error *err)
{
    char temp[LIMIT_PATH_BYTES];
    if ((size_t)snprintf(temp, sizeof(temp), "%s.%d.tmp", path, (int)getpid()) >= sizeof(temp))
        return error_set(err, ERROR_INVALID, "path too long: %s", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return error_errno(err, "write", path);
    int rc = 0;
    if (write_all(fd, data, len) != 0 || fsync(fd) != 0)
        rc = error_errno(err, "write", path);
    if (close(fd) != 0 && !rc)
        rc = error_errno(err, "write", path);
    if (!rc && (rename(temp, path) != 0 || sync_parent(path) != 0))
        rc = error_errno(err, "write", path);
    if (rc)
        unlink(temp);
    return rc;
}

int dir_create(const char *path, unsigned mode, struct error *err)
{
    char part[LIMIT_PATH_BYTES];
    size_t n = strlen(path);
    if (n >= sizeof(part))
        return error_set(err, ERROR_INVALID, "path too long: %s", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST)
            return error_errno(err, "create folder", part);
    }
    if (!path_is_dir(path))
        return error_set(err, ERROR_IO, "%s exists and is not a folder", path);
    return 0;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int dir_list(const char *path, char ***ret_names, size_t *ret_count, struct error *err)
{
    DIR *d = opendir(path);
    if (!d)
        return error_errno(err, "list folder", path);
    VEC(char *) names = {0};
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(d);
        if (!e)
            break;
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            *VEC_ADD(&names) = xstrdup(e->d_name);
    }
    int failed = errno;
    closedir(d);
    if (failed) {
        dir_list_free(names.items, names.len);
        errno = failed;
        return error_errno(err, "list folder", path);
    }
    if (names.len)
        qsort(names.items, names.len, sizeof(*names.items), by_bytes);
    *ret_names = names.items;
    *ret_count = names.len;
    return 0;
}

void dir_list_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

bool path_exists(const char *path) { return access(path, F_OK) == 0; }

bool path_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *path_join(struct arena *a, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    return arena_printf(a, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

char *path_real(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real && errno == ENOMEM)
        out_of_memory();
    return real;
}
