/*
 * An event log as a hostile file: sniffing, decompression, splitting into lines, the rows of every event, plans and their
 * lineage. The loader aborts on a value of another type than its column's.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/loader_record.h"
#include "source/spark/discover.h"
#include "source/spark/events.h"
#include "source/spark/stream.h"

#define MAX_LINE (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void all_lines(struct event_reader *r, struct emit *e, struct stream_block *b)
{
    char *line = b->data, *end = b->data + b->len;
    while (line < end) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t len = newline ? (size_t)(newline - line) : (size_t)(end - line);
        e->position = b->position + (line - b->data);
        char after = line[len];
        (void)event_line(r, e, line, len);
        if (line[len] != after) /* what follows a line is not its parser's to change */
            abort();
        line += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    enum unpack_codec codec = UNPACK_PLAIN;
    const char *what;
    struct error err = {0};
    (void)sniff(path, true, &codec, &what, &err);
    struct stream_part part = {path, codec, 1, 0};
    struct emit e;
    emit_init(&e, NULL, "log", &err);
    struct event_reader *r = event_reader_new();
    struct stream *s = stream_open(&part, 1, MAX_LINE, NULL);
    if (!s)
        abort();
    for (struct stream_block *b = stream_next(s); b->kind != STREAM_END; b = stream_next(s)) {
        if (b->kind == STREAM_LINES || b->kind == STREAM_TAIL)
            all_lines(r, &e, b);
    }
    stream_close(s);
    event_reader_free(r);
    if (emit_finish(&e) != 0)
        abort();
    record_clear();
    close(fd);
    return 0;
}
