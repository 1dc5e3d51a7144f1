#include "semantic/thrift.h"

void thrift_varint(struct buf *out, uint64_t v)
{
    while (v >= 0x80) {
        buf_putc(out, (char)(v | 0x80));
        v >>= 7;
    }
    buf_putc(out, (char)v);
}

static uint64_t zigzag(int64_t v) { return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63); }

void thrift_open(struct thrift *t, struct buf *out) { *t = (struct thrift){.out = out}; }

static void field(struct thrift *t, int id, enum thrift_type type)
{
    int delta = id - t->last[t->depth];
    if (delta > 0 && delta < 16) {
        buf_putc(t->out, (char)(delta << 4 | (int)type));
    } else {
        buf_putc(t->out, (char)type);
        thrift_varint(t->out, zigzag(id));
    }
    t->last[t->depth] = id;
}

void thrift_end(struct thrift *t)
{
    buf_putc(t->out, 0);
    if (t->depth)
        t->depth--;
}

void thrift_i8(struct thrift *t, int id, int8_t v)
{
    field(t, id, THRIFT_I8);
    buf_putc(t->out, (char)v);
}

void thrift_i32(struct thrift *t, int id, int32_t v)
{
    field(t, id, THRIFT_I32);
    thrift_varint(t->out, zigzag(v));
}

void thrift_i64(struct thrift *t, int id, int64_t v)
{
    field(t, id, THRIFT_I64);
    thrift_varint(t->out, zigzag(v));
}

void thrift_bool(struct thrift *t, int id, bool v) { field(t, id, v ? THRIFT_TRUE : THRIFT_FALSE); }

void thrift_item_text(struct thrift *t, const char *s)
{
    thrift_varint(t->out, strlen(s));
    buf_puts(t->out, s);
}

void thrift_text(struct thrift *t, int id, const char *s)
{
    field(t, id, THRIFT_BINARY);
    thrift_item_text(t, s);
}

void thrift_item(struct thrift *t)
{
    if (t->depth + 1 < THRIFT_DEPTH)
        t->depth++;
    t->last[t->depth] = 0;
}

void thrift_struct(struct thrift *t, int id)
{
    field(t, id, THRIFT_STRUCT);
    thrift_item(t);
}

void thrift_list(struct thrift *t, int id, enum thrift_type type, size_t count)
{
    field(t, id, THRIFT_LIST);
    if (count < 15) {
        buf_putc(t->out, (char)(count << 4 | type));
    } else {
        buf_putc(t->out, (char)(0xf0 | type));
        thrift_varint(t->out, count);
    }
}

void thrift_item_i32(struct thrift *t, int32_t v) { thrift_varint(t->out, zigzag(v)); }
