#include "semantic/writer.h"

#include <inttypes.h>

static const struct {
    const char *name, *media_type;
} formats[] = {
    [FORMAT_JSON] = {"json", "application/json"},
    [FORMAT_JSONL] = {"jsonl", "application/x-ndjson"},
    [FORMAT_CSV] = {"csv", "text/csv; charset=utf-8; header=present"},
    [FORMAT_ARROW] = {"arrow", "application/vnd.apache.arrow.stream"},
    [FORMAT_PARQUET] = {"parquet", "application/vnd.apache.parquet"},
    [FORMAT_TABLE] = {"table", "text/plain; charset=utf-8"},
};

int semantic_format_parse(const char *name, enum semantic_format *ret, struct error *err)
{
    const char *names[ARRAY_LEN(formats)];
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        names[i] = formats[i].name;
        if (str_eq(name, names[i])) {
            *ret = (enum semantic_format)i;
            return 0;
        }
    }
    error_set(err, ERROR_INVALID, "there is no format '%.64s'", name);
    const char *near = nearest_name(name, names, ARRAY_LEN(names));
    if (near)
        error_hint(err, "did you mean %s?", near);
    else
        error_hint(err, "formats are json, jsonl, csv, arrow, parquet, table");
    return ERROR_INVALID;
}

const char *semantic_format_type(enum semantic_format f) { return formats[f].media_type; }

static void put_object(struct sink *s, const struct batches *b, const char *const *keys, int64_t row)
{
    buf_putc(&s->buf, '{');
    for (size_t i = 0; i < b->column_count; i++) {
        if (i)
            buf_putc(&s->buf, ',');
        buf_put_json(&s->buf, keys[i]);
        buf_putc(&s->buf, ':');
        cell_json(&s->buf, &b->columns[i], b->view.children[i], b->view.offset + row);
    }
    buf_putc(&s->buf, '}');
}

/* An array of objects, one a line; or (lines) the objects alone. */
static int write_json(struct batches *b, struct sink *s, bool lines, struct error *err)
{
    const char **keys = batches_keys(b);
    bool more = true, first = true;
    int rc;
    if (!lines)
        buf_putc(&s->buf, '[');
    while ((rc = batches_next(b, &more, err)) == 0 && more && !s->stopped) {
        for (int64_t row = 0; row < b->view.length && !s->stopped; row++, first = false) {
            if (!lines && !first)
                buf_puts(&s->buf, ",\n");
            put_object(s, b, keys, row);
            if (lines)
                buf_putc(&s->buf, '\n');
            sink_row(s);
        }
    }
    if (!lines)
        buf_puts(&s->buf, "]\n");
    return rc;
}

/* RFC 4180. Quotes go where the standard wants them and around the empty string, which tells it from NULL. */
static void put_csv(struct buf *out, struct buf *scratch)
{
    const char *p = scratch->data ? scratch->data : "";
    if (scratch->len && !memchr(p, ',', scratch->len) && !memchr(p, '"', scratch->len) && !memchr(p, '\n', scratch->len) &&
        !memchr(p, '\r', scratch->len)) {
        buf_add(out, p, scratch->len);
        return;
    }
    buf_putc(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < scratch->len; i++) {
        if (p[i] != '"')
            continue;
        buf_add(out, p + from, i + 1 - from);
        from = i;
    }
    buf_add(out, p + from, scratch->len - from);
    buf_putc(out, '"');
}

static int write_csv(struct batches *b, struct sink *s, struct error *err)
{
    struct buf cell CLEANUP(buf_free);
    buf_init(&cell, s->buf.max);
    for (size_t i = 0; i < b->column_count; i++) {
        buf_clear(&cell);
        buf_puts(&cell, b->columns[i].name);
        if (i)
            buf_putc(&s->buf, ',');
        put_csv(&s->buf, &cell);
    }
    buf_puts(&s->buf, "\r\n");
    bool more = true;
    int rc;
    while ((rc = batches_next(b, &more, err)) == 0 && more && !s->stopped) {
        for (int64_t row = 0; row < b->view.length && !s->stopped; row++) {
            for (size_t i = 0; i < b->column_count; i++) {
                if (i)
                    buf_putc(&s->buf, ',');
                if (ArrowArrayViewIsNull(b->view.children[i], b->view.offset + row))
                    continue;
                buf_clear(&cell);
                cell_text(&cell, &b->columns[i], b->view.children[i], b->view.offset + row);
                put_csv(&s->buf, &cell);
            }
            buf_puts(&s->buf, "\r\n");
            s->buf.overflow = s->buf.overflow || cell.overflow;
            sink_row(s);
        }
    }
    return rc;
}

int semantic_write(struct ArrowArrayStream *stream, enum semantic_format f, semantic_put_fn *put, void *context, struct error *err)
{
    if (f == FORMAT_ARROW)
        return write_arrow(stream, put, context, err);
    struct batches b;
    struct sink s;
    sink_open(&s, put, context);
    int rc = batches_open(&b, stream, err);
    if (!rc) {
        switch (f) {
        case FORMAT_JSON:
            rc = write_json(&b, &s, false, err);
            break;
        case FORMAT_JSONL:
            rc = write_json(&b, &s, true, err);
            break;
        case FORMAT_CSV:
            rc = write_csv(&b, &s, err);
            break;
        case FORMAT_TABLE:
            rc = write_table(&b, &s, err);
            break;
        case FORMAT_PARQUET:
            rc = write_parquet(&b, put, context, err);
            break;
        default:
            rc = error_set(err, ERROR_INTERNAL, "unknown format %d", (int)f);
        }
    }
    if (!rc)
        rc = sink_close(&s, err);
    batches_close(&b);
    sink_free(&s);
    return rc;
}

static int write_rows(struct batches *b, struct sink *s, struct error *err)
{
    bool more = true, first = true;
    int rc;
    while ((rc = batches_next(b, &more, err)) == 0 && more && !s->stopped) {
        for (int64_t row = 0; row < b->view.length && !s->stopped; row++, first = false) {
            buf_puts(&s->buf, first ? "\n[" : ",\n[");
            for (size_t i = 0; i < b->column_count; i++) {
                if (i)
                    buf_putc(&s->buf, ',');
                cell_json(&s->buf, &b->columns[i], b->view.children[i], b->view.offset + row);
            }
            buf_putc(&s->buf, ']');
            sink_row(s);
        }
    }
    return rc;
}

int semantic_write_envelope(struct semantic_result *r, const char *members, semantic_put_fn *put, void *context, struct error *err)
{
    struct batches b;
    struct sink s;
    sink_open(&s, put, context);
    int rc = batches_open(&b, semantic_stream(r), err);
    if (!rc) {
        buf_puts(&s.buf, "{\"columns\":[");
        for (size_t i = 0; i < b.column_count; i++) {
            buf_puts(&s.buf, i ? ",{\"name\":" : "{\"name\":");
            buf_put_json(&s.buf, b.columns[i].name);
            buf_puts(&s.buf, ",\"type\":");
            buf_put_json(&s.buf, b.columns[i].type_text);
            buf_putc(&s.buf, '}');
        }
        buf_puts(&s.buf, "],\"rows\":[");
        rc = write_rows(&b, &s, err);
    }
    if (!rc) {
        buf_printf(&s.buf, "],\"row_count\":%" PRId64 ",\"truncated\":%s,\"elapsed_ms\":%.3f", semantic_row_count(r),
                   semantic_truncated(r) ? "true" : "false", (double)semantic_elapsed_us(r) / 1000.0);
        if (members && *members)
            buf_printf(&s.buf, ",%s", members);
        buf_puts(&s.buf, "}\n");
        rc = sink_close(&s, err);
    }
    batches_close(&b);
    sink_free(&s);
    return rc;
}
