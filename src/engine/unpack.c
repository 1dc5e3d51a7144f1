#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define INPUT_BYTES (256u << 10)

struct unpack {
    enum unpack_codec codec;
    int fd;
    bool at_eof;
    bool in_frame; /* compressed: a frame or member is open */
    int64_t bytes_read;
    char *input;
    size_t in_pos, in_len;
    z_stream z;
    ZSTD_DStream *zstd;
    char why[160];
};

enum unpack_codec unpack_codec_of(const char *name, size_t *ret_len)
{
    static const struct {
        const char *end;
        enum unpack_codec codec;
    } ends[] = {{".gz", UNPACK_GZIP}, {".zst", UNPACK_ZSTD}, {".zstd", UNPACK_ZSTD}, {"", UNPACK_PLAIN}};
    size_t len = strlen(name), i = 0;
    for (; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i].end);
        if (len > n && strcasecmp(name + len - n, ends[i].end) == 0)
            break;
    }
    i = i < ARRAY_LEN(ends) ? i : ARRAY_LEN(ends) - 1;
    if (ret_len)
        *ret_len = len - strlen(ends[i].end);
    return ends[i].codec;
}

int unpack_open(const char *path, enum unpack_codec codec, struct unpack **ret, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open", path);
    struct unpack *u = xcalloc(1, sizeof(*u));
    u->codec = codec;
    u->fd = fd;
    if (codec != UNPACK_PLAIN)
        u->input = xmalloc(INPUT_BYTES);
    if (codec == UNPACK_GZIP && inflateInit2(&u->z, 15 + 16) != Z_OK)
        out_of_memory();
    if (codec == UNPACK_ZSTD && !(u->zstd = ZSTD_createDStream()))
        out_of_memory();
    *ret = u;
    return 0;
}

void unpack_close(struct unpack *u)
{
    if (!u)
        return;
    if (u->codec == UNPACK_GZIP)
        inflateEnd(&u->z);
    ZSTD_freeDStream(u->zstd);
    close(u->fd);
    free(u->input);
    free(u);
}

const char *unpack_why(const struct unpack *u) { return u->why; }

int64_t unpack_bytes_read(const struct unpack *u) { return u->bytes_read; }

static ssize_t read_some(struct unpack *u, char *data, size_t cap)
{
    ssize_t n;
    do
        n = read(u->fd, data, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        snprintf(u->why, sizeof(u->why), "%s", strerror(errno));
    if (n > 0)
        u->bytes_read += n;
    return n;
}

/* More compressed input, unless there is some left. False at the end of the file or on an error (why is set). */
static bool refill(struct unpack *u)
{
    if (u->in_pos < u->in_len)
        return true;
    if (u->at_eof)
        return false;
    ssize_t n = read_some(u, u->input, INPUT_BYTES);
    u->in_pos = 0;
    u->in_len = n > 0 ? (size_t)n : 0;
    u->at_eof = n <= 0;
    return n > 0;
}

static enum unpack_state end_of_input(const struct unpack *u)
{
    if (u->why[0])
        return UNPACK_DAMAGED;
    return u->in_frame ? UNPACK_TRUNCATED : UNPACK_END;
}

static enum unpack_state read_plain(struct unpack *u, char *data, size_t cap, size_t *ret_len)
{
    ssize_t n = read_some(u, data, cap);
    *ret_len = n > 0 ? (size_t)n : 0;
    return n > 0 ? UNPACK_DATA : end_of_input(u);
}

static enum unpack_state read_zstd(struct unpack *u, char *data, size_t cap, size_t *ret_len)
{
    ZSTD_outBuffer out = {data, cap, 0};
    while (out.pos == 0) {
        bool more = refill(u);
        if (!more && u->why[0])
            return UNPACK_DAMAGED;
        ZSTD_inBuffer in = {u->input, u->in_len, u->in_pos};
        size_t before = in.pos;
        size_t left = ZSTD_decompressStream(u->zstd, &out, &in);
        u->in_pos = in.pos;
        if (ZSTD_isError(left)) {
            if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
                out_of_memory();
            snprintf(u->why, sizeof(u->why), "not valid zstd: %s", ZSTD_getErrorName(left));
            return UNPACK_DAMAGED;
        }
        if (in.pos > before || out.pos > 0)
            u->in_frame = left != 0;
        if (out.pos == 0 && !more)
            return end_of_input(u);
    }
    *ret_len = out.pos;
    return UNPACK_DATA;
}

/* Behind the last member other bytes may follow (padding); gzip ignores them and so do we. */
static bool next_member(struct unpack *u)
{
    u->in_frame = false;
    if (!refill(u))
        return false;
    if ((unsigned char)u->input[u->in_pos] != 0x1F)
        return false;
    return inflateReset(&u->z) == Z_OK;
}

static enum unpack_state read_gzip(struct unpack *u, char *data, size_t cap, size_t *ret_len)
{
    u->z.next_out = (unsigned char *)data;
    u->z.avail_out = (unsigned)(cap < (1u << 30) ? cap : 1u << 30);
    unsigned room = u->z.avail_out;
    while (u->z.avail_out == room) {
        if (!refill(u))
            return end_of_input(u);
        u->z.next_in = (unsigned char *)u->input + u->in_pos;
        u->z.avail_in = (unsigned)(u->in_len - u->in_pos);
        u->in_frame = true;
        int r = inflate(&u->z, Z_NO_FLUSH);
        u->in_pos = u->in_len - u->z.avail_in;
        if (r == Z_MEM_ERROR)
            out_of_memory();
        if (r == Z_STREAM_END && !next_member(u)) {
            u->at_eof = true;
            u->in_pos = u->in_len;
        } else if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) {
            snprintf(u->why, sizeof(u->why), "not valid gzip: %s", u->z.msg ? u->z.msg : "bad data");
            break;
        }
    }
    *ret_len = room - u->z.avail_out;
    return *ret_len ? UNPACK_DATA : UNPACK_DAMAGED;
}

enum unpack_state unpack_read(struct unpack *u, char *data, size_t cap, size_t *ret_len)
{
    *ret_len = 0;
    if (u->codec == UNPACK_PLAIN)
        return read_plain(u, data, cap, ret_len);
    if (u->why[0]) /* what came before the damage was handed out */
        return UNPACK_DAMAGED;
    return u->codec == UNPACK_ZSTD ? read_zstd(u, data, cap, ret_len) : read_gzip(u, data, cap, ret_len);
}

enum unpack_state unpack_skip(struct unpack *u, int64_t bytes)
{
    if (u->codec == UNPACK_PLAIN) {
        if (lseek(u->fd, bytes, SEEK_SET) == bytes)
            return UNPACK_DATA;
        snprintf(u->why, sizeof(u->why), "%s", strerror(errno));
        return UNPACK_DAMAGED;
    }
    char *waste CLEANUP(free_ptr) = xmalloc(INPUT_BYTES);
    while (bytes > 0) {
        size_t got;
        enum unpack_state state = unpack_read(u, waste, bytes < INPUT_BYTES ? (size_t)bytes : INPUT_BYTES, &got);
        if (state != UNPACK_DATA)
            return state;
        bytes -= (int64_t)got;
    }
    return UNPACK_DATA;
}
