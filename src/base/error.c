#include "base/base.h"

#include <errno.h>

static const struct {
    const char *name;
    int exit_status, http_status;
} kinds[] = {
    [ERROR_NONE] = {"none", 0, 200},
    [ERROR_USAGE] = {"usage", 2, 400},
    [ERROR_INVALID] = {"invalid", 2, 422},
    [ERROR_NOT_FOUND] = {"not_found", 2, 404},
    [ERROR_DENIED] = {"denied", 1, 401},
    [ERROR_FORBIDDEN] = {"forbidden", 1, 403},
    [ERROR_CONFLICT] = {"conflict", 1, 409},
    [ERROR_LIMIT] = {"limit", 1, 429},
    [ERROR_IO] = {"io", 1, 503},
    [ERROR_ENGINE] = {"engine", 1, 400},
    [ERROR_UNAVAILABLE] = {"unavailable", 1, 503},
    [ERROR_PARTIAL] = {"partial", 3, 200},
    [ERROR_INTERRUPTED] = {"interrupted", 130, 499},
    [ERROR_INTERNAL] = {"internal", 1, 500},
};

/* An error is one line wherever it is shown. */
static void one_line(char *s)
{
    for (; *s; s++)
        if (*s == '\n' || *s == '\r' || *s == '\t')
            *s = ' ';
}

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
    if (!err)
        return kind;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->what, sizeof(err->what), fmt, ap);
    va_end(ap);
    one_line(err->what);
    err->kind = kind;
    err->where[0] = err->hint[0] = '\0';
    return kind;
}

void error_where(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->where, sizeof(err->where), fmt, ap);
    va_end(ap);
    one_line(err->where);
}

void error_add_where(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    char old[sizeof(err->where)], added[sizeof(err->where)];
    memcpy(old, err->where, sizeof(old));
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(added, sizeof(added), fmt, ap);
    va_end(ap);
    one_line(added);
    size_t n = strlen(added);
    memcpy(err->where, added, n + 1);
    if (old[0] && n + 2 < sizeof(err->where)) {
        memcpy(err->where + n, ": ", 3);
        size_t rest = sizeof(err->where) - n - 3, m = strlen(old);
        memcpy(err->where + n + 2, old, m < rest ? m : rest);
        err->where[n + 2 + (m < rest ? m : rest)] = '\0';
    }
}

void error_hint(struct error *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
    va_end(ap);
    one_line(err->hint);
}

void error_hint_near(struct error *err, const char *near, const char *otherwise)
{
    if (near)
        error_hint(err, "did you mean '%s'?", near);
    else if (otherwise)
        error_hint(err, "%s", otherwise);
}

int error_errno(struct error *err, const char *action, const char *path)
{
    int e = errno;
    if (e == ENOMEM)
        out_of_memory();
    char reason[128];
    const char *text = strerror_r(e, reason, sizeof(reason));
    error_set(err, e == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot %s %s: %s", action, path, text);
    if (e == ENOSPC)
        error_hint(err, "free some space on that disk and run the command again; nothing was lost");
    return e == ENOENT ? ERROR_NOT_FOUND : ERROR_IO;
}

void error_print(FILE *f, const struct error *err)
{
    fprintf(f, "secchi: %s%s%s", err->where, err->where[0] ? ": " : "", err->what);
    if (err->hint[0])
        fprintf(f, "; %s", err->hint);
    fputc('\n', f);
}

int error_exit_status(const struct error *err) { return kinds[err->kind].exit_status; }
int error_http_status(const struct error *err) { return kinds[err->kind].http_status; }
const char *error_kind_name(enum error_kind kind) { return kinds[kind].name; }
