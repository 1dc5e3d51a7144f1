#include <stdlib.h>

#include "semantic/writer.h"

#define MAX_CELL_BYTES (1u << 30)

int batches_open(struct batches *b, struct ArrowArrayStream *stream, struct error *err)
{
    *b = (struct batches){.stream = stream, .arena = arena_new()};
    if (stream->get_schema(stream, &b->schema) != 0)
        return stream_error(stream, err);
    struct field root;
    int rc = field_init(b->arena, &b->schema, 0, &root, err);
    if (rc)
        return rc;
    if (root.type != NANOARROW_TYPE_STRUCT)
        return error_set(err, ERROR_INTERNAL, "the result is not a table");
    b->columns = root.children;
    b->column_count = root.child_count;
    struct ArrowError why;
    ArrowErrorInit(&why);
    if (ArrowArrayViewInitFromSchema(&b->view, &b->schema, &why) != NANOARROW_OK)
        return error_set(err, ERROR_INTERNAL, "the result cannot be read: %s", ArrowErrorMessage(&why));
    return 0;
}

static void drop_array(struct batches *b)
{
    if (b->array.release)
        b->array.release(&b->array);
    b->array.release = NULL;
}

int batches_next(struct batches *b, bool *ret_more, struct error *err)
{
    drop_array(b);
    if (b->stream->get_next(b->stream, &b->array) != 0)
        return stream_error(b->stream, err);
    if (!b->array.release) {
        *ret_more = false;
        return 0;
    }
    struct ArrowError why;
    ArrowErrorInit(&why);
    if (ArrowArrayViewSetArray(&b->view, &b->array, &why) != NANOARROW_OK)
        return error_set(err, ERROR_INTERNAL, "the result cannot be read: %s", ArrowErrorMessage(&why));
    b->rows += b->array.length;
    *ret_more = true;
    return 0;
}

void batches_close(struct batches *b)
{
    drop_array(b);
    if (b->view.storage_type != NANOARROW_TYPE_UNINITIALIZED)
        ArrowArrayViewReset(&b->view);
    if (b->schema.release)
        b->schema.release(&b->schema);
    arena_free(b->arena);
    *b = (struct batches){0};
}

const char **batches_keys(struct batches *b)
{
    const char **keys = arena_alloc(b->arena, (b->column_count + 1) * sizeof(*keys));
    struct map seen = {0};
    for (size_t i = 0; i < b->column_count; i++) {
        keys[i] = b->columns[i].name;
        for (unsigned n = 2; map_has(&seen, keys[i]); n++)
            keys[i] = arena_printf(b->arena, "%s_%u", b->columns[i].name, n);
        map_set(&seen, keys[i], keys);
    }
    map_free(&seen);
    return keys;
}

void sink_open(struct sink *s, semantic_put_fn *put, void *context)
{
    *s = (struct sink){.put = put, .context = context};
    buf_init(&s->buf, MAX_CELL_BYTES);
}

static void sink_flush(struct sink *s)
{
    s->stopped = s->stopped || s->buf.overflow || (s->buf.len && s->put(s->context, s->buf.data, s->buf.len) != 0);
    bool overflow = s->buf.overflow;
    buf_clear(&s->buf);
    s->buf.overflow = overflow;
}

void sink_row(struct sink *s)
{
    if (s->buf.len >= SINK_PIECE || s->buf.overflow)
        sink_flush(s);
}

int sink_close(struct sink *s, struct error *err)
{
    sink_flush(s);
    if (s->buf.overflow)
        return error_set(err, ERROR_LIMIT, "a row of the result is larger than %u bytes", MAX_CELL_BYTES);
    return s->stopped ? error_set(err, ERROR_INTERRUPTED, "the receiver of the result has gone") : 0;
}

void sink_free(struct sink *s) { buf_free(&s->buf); }
