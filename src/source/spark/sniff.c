#include "source/spark/discover.h"

#include <stdlib.h>

static const struct {
    const char *bytes;
    size_t len;
    const char *codec;
} unknown_codecs[] = {
    {"LZ4Block", 8, "lz4"}, {"\x04\x22\x4D\x18", 4, "lz4"}, {"\x82SNAPPY", 7, "snappy"}, {"ZV\x01", 3, "lzf"}, {"ZV\x00", 3, "lzf"},
};

static bool begins_like_event(const char *data, size_t len)
{
    static const char prefix[] = "{\"Event\":";
    size_t i = 0;
    while (i < len && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r'))
        i++;
    return len - i >= sizeof(prefix) - 1 && memcmp(data + i, prefix, sizeof(prefix) - 1) == 0;
}

static enum sniff_result look_inside(const char *path, enum unpack_codec codec, struct error *err)
{
    struct unpack *u = NULL;
    if (unpack_open(path, codec, &u, err) != 0)
        return SNIFF_UNREADABLE;
    char data[64];
    size_t len = 0, got;
    while (len < sizeof(data) && unpack_read(u, data + len, sizeof(data) - len, &got) == UNPACK_DATA)
        len += got;
    unpack_close(u);
    if (len == 0)
        return SNIFF_EMPTY;
    return begins_like_event(data, len) ? SNIFF_LOG : SNIFF_OTHER;
}

enum sniff_result sniff(const char *path, bool first_part, enum unpack_codec *ret, const char **ret_what, struct error *err)
{
    struct unpack *u = NULL;
    if (unpack_open(path, UNPACK_PLAIN, &u, err) != 0)
        return SNIFF_UNREADABLE;
    char data[64] = {0};
    size_t len = 0, got;
    enum unpack_state state = UNPACK_DATA;
    while (len < sizeof(data) && (state = unpack_read(u, data + len, sizeof(data) - len, &got)) == UNPACK_DATA)
        len += got;
    if (state == UNPACK_DAMAGED)
        error_set(err, ERROR_IO, "cannot read %s: %s", path, unpack_why(u));
    unpack_close(u);
    if (state == UNPACK_DAMAGED)
        return SNIFF_UNREADABLE;
    if (len == 0)
        return SNIFF_EMPTY;
    for (size_t i = 0; i < ARRAY_LEN(unknown_codecs); i++)
        if (len >= unknown_codecs[i].len && memcmp(data, unknown_codecs[i].bytes, unknown_codecs[i].len) == 0) {
            *ret_what = unknown_codecs[i].codec;
            return SNIFF_CODEC;
        }
    *ret = UNPACK_PLAIN;
    if (memcmp(data, "\x1F\x8B", 2) == 0)
        *ret = UNPACK_GZIP;
    else if (memcmp(data, "\x28\xB5\x2F\xFD", 4) == 0)
        *ret = UNPACK_ZSTD;
    if (!first_part) /* a part may begin in the middle of anything after a crash; its name says what it is */
        return SNIFF_LOG;
    return *ret == UNPACK_PLAIN ? (begins_like_event(data, len) ? SNIFF_LOG : SNIFF_OTHER) : look_inside(path, *ret, err);
}

bool rolling_part(const char *name, int64_t *ret_number, bool *ret_compact)
{
    static const char prefix[] = "events_";
    if (!str_starts(name, prefix))
        return false;
    const char *p = name + sizeof(prefix) - 1;
    int64_t n = 0;
    const char *digits = p;
    for (; *p >= '0' && *p <= '9' && p - digits < 8; p++)
        n = n * 10 + (*p - '0');
    if (p == digits || *p != '_')
        return false;
    *ret_number = n;
    *ret_compact = str_ends(name, ".compact");
    return true;
}
