/* What the tests of the event-log source share: folders of logs, compression, landing into recorded rows. */
#ifndef SECCHI_SPARK_TEST_H
#define SECCHI_SPARK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "loader_record.h"
#include "source/spark/spark.h"

static char root[] = "/tmp/secchi-test-spark-XXXXXX";
static struct arena *arena;

static inline int make_root(void **state)
{
    (void)state;
    arena = arena_new();
    return mkdtemp(root) ? 0 : -1;
}

static inline int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    record_clear();
    arena_free(arena);
    return system(command);
}

/* An empty source folder of its own for each test. */
static inline const char *new_source(void)
{
    static int number;
    struct error err;
    char *path = arena_printf(arena, "%s/s%d", root, ++number);
    assert_int_equal(dir_create(path, 0700, &err), 0);
    return path;
}

static inline void put_bytes(const char *dir, const char *name, const void *data, size_t len)
{
    struct error err;
    char *path = path_join(arena, dir, name);
    char *folder = arena_strdup(arena, path);
    *strrchr(folder, '/') = 0;
    assert_int_equal(dir_create(folder, 0700, &err), 0);
    assert_int_equal(file_write_atomic(path, data, len, 0600, &err), 0);
}

static inline void put(const char *dir, const char *name, const char *text) { put_bytes(dir, name, text, strlen(text)); }

static inline void gzip_append(struct buf *out, const char *data, size_t len)
{
    z_stream z = {0};
    char chunk[65536];
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)len;
    int r;
    do {
        z.next_out = (unsigned char *)chunk;
        z.avail_out = sizeof(chunk);
        r = deflate(&z, Z_FINISH);
        buf_add(out, chunk, sizeof(chunk) - z.avail_out);
    } while (r != Z_STREAM_END);
    deflateEnd(&z);
}

static inline void zstd_append(struct buf *out, const char *data, size_t len)
{
    size_t cap = ZSTD_compressBound(len);
    char *frame = xmalloc(cap);
    size_t n = ZSTD_compress(frame, cap, data, len, 1);
    assert_false(ZSTD_isError(n));
    buf_add(out, frame, n);
    free(frame);
}

static inline struct source_spec spec_of(const char *path)
{
    return (struct source_spec){.name = "lake", .path = path, .kind = SOURCE_SPARK, .account_id = "a1", .workspace_id = "w1"};
}

static inline struct source_scan scan(const char *path, const struct source_mark *marks, size_t count)
{
    struct source_scan s;
    struct error err = {0};
    struct source_spec spec = spec_of(path);
    if (spark_scan(&spec, marks, count, arena, &s, &err) != 0)
        fail_msg("%s", err.what);
    return s;
}

static inline struct source_landed land(const char *path, struct source_unit *unit)
{
    struct source_landed landed;
    struct error err = {0};
    struct source_spec spec = spec_of(path);
    if (spark_land(&spec, unit, NULL, NULL, NULL, NULL, arena, &landed, &err) != 0)
        fail_msg("%s", err.what);
    return landed;
}

static inline int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* All rows since record_clear as one text, whatever order tables were written in. */
static inline char *all_rows(void)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 30);
    qsort(recorded.items, recorded.len, sizeof(*recorded.items), by_text);
    for (size_t i = 0; i < recorded.len; i++) {
        buf_puts(&b, recorded.items[i]);
        buf_putc(&b, '\n');
    }
    char *copy = arena_strdup(arena, b.data ? b.data : "");
    buf_free(&b);
    return copy;
}

/* The only row that begins with a text; NULL when there is none. */
static inline const char *row_like(const char *begin)
{
    const char *found = NULL;
    for (size_t i = 0; i < recorded.len; i++)
        if (str_starts(recorded.items[i], begin)) {
            assert_null(found);
            found = recorded.items[i];
        }
    return found;
}

static inline size_t count_rows(const char *table)
{
    size_t n = 0, len = strlen(table);
    for (size_t i = 0; i < recorded.len; i++)
        n += strncmp(recorded.items[i], table, len) == 0 && recorded.items[i][len] == '|';
    return n;
}

static inline const char *finding_kind(const struct source_finding *f, size_t count, const char *kind)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(f[i].kind, kind))
            return f[i].text;
    return NULL;
}

/* ---- lines ---- */

#define START "{\"Event\":\"SparkListenerLogStart\",\"Spark Version\":\"4.2.0\"}\n"
#define APP \
    "{\"Event\":\"SparkListenerApplicationStart\",\"App Name\":\"n\\u00e4chtlich\",\"App ID\":\"app-1\"," \
    "\"Timestamp\":1700000000123,\"User\":\"ann\"}\n"
#define JOB_END(id) \
    "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":" #id \
    ",\"Completion Time\":1700000001000,\"Job Result\":{\"Result\":\"JobSucceeded\"}}\n"

#endif
