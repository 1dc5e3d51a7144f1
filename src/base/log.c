#include "base/base.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *out;
static enum log_level threshold = LOG_INFO;
static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_open(const char *path, enum log_level level)
{
    pthread_mutex_lock(&lock);
    if (out)
        fclose(out);
    out = path ? fopen(path, "ae") : NULL;
    threshold = level;
    pthread_mutex_unlock(&lock);
}

static void put_json(FILE *f, const char *s)
{
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            fprintf(f, "\\u%04x", *s);
        else
            fputc(*s, f);
    }
}

void log_write(enum log_level level, const char *room, const char *fmt, ...)
{
    if (level > threshold)
        return;
    char text[2048], at[40];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&lock);
    time_format_us(clock_real_us(), at);
    if (out) {
        fprintf(out, "{\"time\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"message\":\"", at, level_names[level], room);
        put_json(out, text);
        fputs("\"}\n", out);
        fflush(out);
    } else {
        fprintf(stderr, "%s %-5s %s: %s\n", at, level_names[level], room, text);
    }
    pthread_mutex_unlock(&lock);
}

void log_error(const char *room, const struct error *err)
{
    log_write(LOG_ERROR, room, "%s%s%s%s%s", err->where, err->where[0] ? ": " : "", err->what, err->hint[0] ? "; " : "", err->hint);
}
