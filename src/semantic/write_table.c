#include "semantic/writer.h"

#include <inttypes.h>
#include <stdlib.h>

/* A table needs the width of all rows before the first one can be written. */
#define TABLE_MAX_BYTES (256u << 20)

struct range {
    uint32_t from, to;
};

/* Code points that take two columns on a terminal (East Asian Wide and Fullwidth, emoji), after Unicode 15 UAX #11. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},   {0x23f3, 0x23f3},
    {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},
    {0x26f2, 0x26f3},   {0x26f5, 0x26f5},   {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f004, 0x1f004},
    {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f265}, {0x1f300, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2},
    {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd},
};

/* Code points that take none: combining marks, joiners, variation selectors. */
static const struct range zero[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},
    {0x2066, 0x2069}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t from = 0, to = count; from < to;) {
        size_t mid = (from + to) / 2;
        if (c < ranges[mid].from)
            to = mid;
        else if (c > ranges[mid].to)
            from = mid + 1;
        else
            return true;
    }
    return false;
}

static size_t columns_of(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];
        size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t point = bytes == 1 ? c : c & (0x7fu >> bytes);
        for (size_t j = 1; j < bytes && i + j < len; j++)
            point = point << 6 | ((unsigned char)text[i + j] & 0x3f);
        i += bytes;
        n += in_ranges(zero, ARRAY_LEN(zero), point) ? 0 : in_ranges(wide, ARRAY_LEN(wide), point) ? 2 : 1;
    }
    return n;
}

/* A cell is one line, and nothing in it may steer the terminal: control characters (C0, DEL, C1, direction overrides) are shown by
 * their code. */
static void put_visible(struct buf *out, const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)p[i], next = i + 1 < len ? (unsigned char)p[i + 1] : 0,
                      third = i + 2 < len ? (unsigned char)p[i + 2] : 0;
        if (c == '\n' || c == '\t' || c == '\r') {
            buf_puts(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        } else if (c < 0x20 || c == 0x7f) {
            buf_printf(out, "\\x%02x", c);
        } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
            buf_printf(out, "\\x%02x", next);
            i++;
        } else if (c == 0xe2 && ((next == 0x80 && third >= 0xaa && third <= 0xae) || (next == 0x81 && third >= 0xa6 && third <= 0xa9))) {
            buf_printf(out, "\\u20%02x", next == 0x80 ? third - 0x80 : third - 0x40);
            i += 2;
        } else {
            buf_putc(out, (char)c);
        }
    }
}

struct table {
    struct buf text;  /* of all cells, one after the other */
    VEC(size_t) ends; /* of each cell in text, row by row, the head first */
    size_t *widths, count;
};

static void add_cell(struct table *t, size_t column, struct buf *raw)
{
    size_t from = t->text.len;
    put_visible(&t->text, raw->data ? raw->data : "", raw->len);
    *VEC_ADD(&t->ends) = t->text.len;
    size_t width = t->text.overflow ? 0 : columns_of(t->text.data + from, t->text.len - from);
    if (width > t->widths[column])
        t->widths[column] = width;
}

static int collect(struct batches *b, struct table *t, struct error *err)
{
    struct buf raw CLEANUP(buf_free);
    buf_init(&raw, TABLE_MAX_BYTES);
    for (size_t i = 0; i < t->count; i++) {
        buf_clear(&raw);
        buf_puts(&raw, b->columns[i].name);
        buf_putc(&t->text, '\0'); /* text.data is there from now on */
        t->text.len--;
        add_cell(t, i, &raw);
    }
    bool more = true;
    int rc;
    while ((rc = batches_next(b, &more, err)) == 0 && more) {
        for (int64_t row = 0; row < b->view.length; row++) {
            for (size_t i = 0; i < t->count; i++) {
                buf_clear(&raw);
                if (ArrowArrayViewIsNull(b->view.children[i], b->view.offset + row))
                    buf_puts(&raw, "NULL");
                else
                    cell_text(&raw, &b->columns[i], b->view.children[i], b->view.offset + row);
                add_cell(t, i, &raw);
            }
        }
        if (t->text.overflow || raw.overflow)
            return error_set(err, ERROR_LIMIT, "the result is too large for a table (%u MiB)", TABLE_MAX_BYTES >> 20);
    }
    return rc;
}

static void put_line(const struct batches *b, const struct table *t, size_t row, struct sink *s)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t cell = row * t->count + i, from = cell ? t->ends.items[cell - 1] : 0, len = t->ends.items[cell] - from;
        size_t pad = t->widths[i] - columns_of(t->text.data + from, len);
        bool right = row > 0 && b->columns[i].numeric;
        buf_puts(&s->buf, i ? " │ " : " ");
        if (right)
            buf_printf(&s->buf, "%*s", (int)pad, "");
        buf_add(&s->buf, t->text.data + from, len);
        if (!right && i + 1 < t->count)
            buf_printf(&s->buf, "%*s", (int)pad, "");
    }
    buf_putc(&s->buf, '\n');
    sink_row(s);
}

int write_table(struct batches *b, struct sink *s, struct error *err)
{
    struct table t = {.count = b->column_count};
    t.widths = xcalloc(t.count + 1, sizeof(*t.widths));
    buf_init(&t.text, TABLE_MAX_BYTES);
    int rc = collect(b, &t, err);
    size_t rows = rc || !t.count ? 0 : t.ends.len / t.count;
    for (size_t row = 0; row < rows && !s->stopped; row++) {
        put_line(b, &t, row, s);
        for (size_t i = 0; row == 0 && i < t.count; i++) {
            buf_puts(&s->buf, i ? "┼" : "");
            for (size_t n = t.widths[i] + 2; n > 0; n--)
                buf_puts(&s->buf, "─");
        }
        if (row == 0)
            buf_putc(&s->buf, '\n');
    }
    if (!rc)
        buf_printf(&s->buf, "(%" PRId64 " row%s)\n", b->rows, b->rows == 1 ? "" : "s");
    VEC_FREE(&t.ends);
    buf_free(&t.text);
    free(t.widths);
    return rc;
}
