#include <stdlib.h>
#include <zlib.h>

#include "server/private.h"

/* The page. The built-in files stand in `page_assets`, made by scripts/embed_page.py; with --web-dir they are read from disk at every
 * request. */

struct asset {
    const char *name, *tag; /* "assets/index-1a2b.js", hash of the content */
    const unsigned char *data;
    uint64_t size, raw_size;
    uint64_t packed; /* data is gzip */
};
extern const struct asset page_assets[];

#define MAX_ASSET_BYTES (32u << 20)
#define PAGE_POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char *type_of(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".json", "application/json"},
        {".woff2", "font/woff2"},
        {".map", "application/json"},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_ends(name, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

/* Nothing but plain file names below the page's folder. */
static bool harmless(const char *name)
{
    for (const char *p = str_starts(name, "assets/") ? name + 7 : name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' ||
              (*p == '.' && p[1] != '.')))
            return false;
    return name[0] != '.';
}

static int no_file(const char *name, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "the page has no file '%.200s'", name);
    if (str_eq(name, "index.html"))
        error_hint(err, "this program was built without the page; name its folder with --web-dir");
    return ERROR_NOT_FOUND;
}

static void page_headers(struct request *rq, const char *name)
{
    bool html = str_ends(name, ".html");
    reply_header(rq, "Cache-Control", html || rq->listener->web_dir ? "no-cache" : "public, max-age=31536000, immutable");
    if (html)
        reply_header(rq, "Content-Security-Policy", PAGE_POLICY);
    rq->type = type_of(name);
    rq->status = 200;
}

static int from_disk(struct request *rq, const char *name, struct error *err)
{
    char *data CLEANUP(free_ptr) = NULL;
    size_t len;
    int rc = file_read(path_join(rq->arena, rq->listener->web_dir, name), MAX_ASSET_BYTES, &data, &len, err);
    if (rc)
        return rc == ERROR_NOT_FOUND ? no_file(name, err) : rc;
    page_headers(rq, name);
    buf_add(&rq->out, data, len);
    return 0;
}

static int unpack(struct request *rq, const struct asset *a, struct error *err)
{
    z_stream z = {.next_in = (Bytef *)a->data, .avail_in = (uInt)a->size};
    char *raw CLEANUP(free_ptr) = xmalloc(a->raw_size + 1);
    z.next_out = (Bytef *)raw;
    z.avail_out = (uInt)a->raw_size;
    int code = inflateInit2(&z, 15 + 16) == Z_OK ? inflate(&z, Z_FINISH) : Z_STREAM_ERROR;
    inflateEnd(&z);
    if (code != Z_STREAM_END)
        return error_set(err, ERROR_INTERNAL, "the built-in page is damaged");
    buf_add(&rq->out, raw, a->raw_size);
    return 0;
}

static const struct asset *find_asset(const char *name)
{
    for (const struct asset *a = page_assets; a->name; a++)
        if (str_eq(a->name, name))
            return a;
    return NULL;
}

int page_reply(struct request *rq, const char *name, struct error *err)
{
    if (!harmless(name))
        return no_file(name, err);
    if (rq->listener->web_dir)
        return from_disk(rq, name, err);
    const struct asset *a = find_asset(name);
    if (!a)
        return no_file(name, err);
    const char *tag = arena_printf(rq->arena, "\"%s\"", a->tag), *known = request_header(rq, "If-None-Match");
    page_headers(rq, name);
    reply_header(rq, "ETag", tag);
    reply_header(rq, "Vary", "Accept-Encoding");
    if (known && strstr(known, a->tag)) {
        rq->status = 304;
        return 0;
    }
    if (a->packed && !reply_accepts_gzip(rq))
        return unpack(rq, a, err);
    if (a->packed)
        reply_header(rq, "Content-Encoding", "gzip");
    reply_fixed(rq, 200, rq->type, a->data, a->size);
    return 0;
}
