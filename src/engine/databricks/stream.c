/* A result as an Arrow stream: chunk after chunk, of which one is held at a time. */
#include "engine/databricks/databricks.h"
#include "nanoarrow/nanoarrow_ipc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct dbx_stream {
    struct error err; /* first: see engine_stream_last_error */
    struct dbx_result result;
    struct ArrowSchema schema;
    struct ArrowArrayStream chunk; /* of Arrow: the one that is read; released: none */
    int64_t next;                  /* chunk to be fetched */
    int64_t rows;
    void (*on_end)(void *context);
    void *context;
};

static void close_chunk(struct dbx_stream *s)
{
    if (s->chunk.release)
        s->chunk.release(&s->chunk);
    s->chunk.release = NULL;
}

static void stream_free(struct dbx_stream *s)
{
    close_chunk(s);
    if (s->schema.release)
        s->schema.release(&s->schema);
    dbx_result_free(&s->result);
    free(s);
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct dbx_stream *s = stream->private_data;
    if (s->on_end)
        s->on_end(s->context);
    stream_free(s);
    stream->release = NULL;
    stream->private_data = NULL;
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret)
{
    struct dbx_stream *s = stream->private_data;
    return ArrowSchemaDeepCopy(&s->schema, ret);
}

/* ---- chunks of Arrow --------------------------------------------------------------------------------------------------- */

static bool same_shape(const struct ArrowSchema *x, const struct ArrowSchema *y)
{
    bool same = str_eq(x->format, y->format) && x->n_children == y->n_children;
    for (int64_t i = 0; same && i < x->n_children; i++)
        same = same_shape(x->children[i], y->children[i]);
    return same;
}

static int damaged(int64_t index, struct error *err)
{
    return error_set(err, ERROR_UNAVAILABLE, "chunk %" PRId64 " of the result is no Arrow stream that fits the result", index);
}

/* Every chunk is a stream of its own with the schema before its batches. */
static int open_chunk(struct dbx_stream *s, struct buf *bytes, struct ArrowSchema *ret_schema, struct error *err)
{
    struct ArrowBuffer buffer;
    struct ArrowIpcInputStream input;
    ArrowBufferInit(&buffer);
    if (ArrowBufferAppend(&buffer, bytes->data, (int64_t)bytes->len) != NANOARROW_OK)
        out_of_memory();
    buf_free(bytes);
    int code = ArrowIpcInputStreamInitBuffer(&input, &buffer);
    if (code != NANOARROW_OK) {
        ArrowBufferReset(&buffer);
        return damaged(s->next, err);
    }
    code = ArrowIpcArrayStreamReaderInit(&s->chunk, &input, NULL);
    if (code != NANOARROW_OK) {
        input.release(&input);
        s->chunk.release = NULL;
        return damaged(s->next, err);
    }
    if (s->chunk.get_schema(&s->chunk, ret_schema) != NANOARROW_OK)
        return damaged(s->next, err);
    return dbx_schema_in_utc(ret_schema) == NANOARROW_OK ? 0 : damaged(s->next, err);
}

static int next_chunk(struct dbx_stream *s, struct ArrowSchema *ret_schema, struct error *err)
{
    struct buf bytes CLEANUP(buf_free) = {0};
    buf_init(&bytes, LIMIT_CHUNK_BYTES);
    int rc = dbx_chunk_bytes(&s->result, s->next, &bytes, err);
    if (!rc)
        rc = open_chunk(s, &bytes, ret_schema, err);
    if (!rc)
        s->next++;
    return rc;
}

static int later_chunk(struct dbx_stream *s, struct error *err)
{
    struct ArrowSchema schema = {0};
    int rc = next_chunk(s, &schema, err);
    if (!rc && !same_shape(&schema, &s->schema))
        rc = damaged(s->next - 1, err);
    if (schema.release)
        schema.release(&schema);
    return rc;
}

static int next_arrow(struct dbx_stream *s, struct ArrowArray *ret, struct error *err)
{
    for (;;) {
        if (!s->chunk.release) {
            if (s->next >= s->result.chunk_count)
                return 0;
            int rc = later_chunk(s, err);
            if (rc)
                return rc;
        }
        if (s->chunk.get_next(&s->chunk, ret) != NANOARROW_OK)
            return damaged(s->next - 1, err);
        if (ret->release)
            return 0;
        close_chunk(s);
    }
}

static int next_json(struct dbx_stream *s, struct ArrowArray *ret, struct error *err)
{
    yyjson_doc *doc;
    yyjson_val *rows;
    if (s->next >= s->result.chunk_count)
        return 0;
    int rc = dbx_chunk_rows(&s->result, s->next, &doc, &rows, err);
    if (rc)
        return rc;
    rc = dbx_rows(rows, &s->schema, ret, err);
    yyjson_doc_free(doc);
    s->next += !rc;
    return rc;
}

/* A stream that ends before its rows are all there would be taken for a small result. */
static int check_end(struct dbx_stream *s, struct error *err)
{
    if (s->rows == s->result.row_count)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "the service gave %" PRId64 " rows of a result of %" PRId64, s->rows, s->result.row_count);
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret)
{
    struct dbx_stream *s = stream->private_data;
    struct ArrowArray batch = {0};
    memset(ret, 0, sizeof(*ret));
    if (s->err.kind)
        return EIO;
    int rc = dbx_wire_stopped(s->result.wire) ? error_set(&s->err, ERROR_INTERRUPTED, "the statement was interrupted") : 0;
    if (!rc)
        rc = s->result.arrow ? next_arrow(s, &batch, &s->err) : next_json(s, &batch, &s->err);
    if (!rc && batch.release)
        s->rows += batch.length;
    else if (!rc)
        rc = check_end(s, &s->err);
    if (rc)
        return EIO;
    *ret = batch;
    return NANOARROW_OK;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------- */

/* The types are those of the first chunk; the manifest tells them where there is none. */
static int first_schema(struct dbx_stream *s, struct error *err)
{
    yyjson_val *columns = yyjson_obj_get(yyjson_obj_get(s->result.manifest, "schema"), "columns");
    int rc = dbx_schema(columns, &s->schema, err);
    if (rc || !s->result.arrow || !s->result.chunk_count)
        return rc;
    struct ArrowSchema schema = {0};
    rc = next_chunk(s, &schema, err);
    if (!rc && schema.n_children != s->schema.n_children)
        rc = damaged(0, err);
    for (int64_t i = 0; !rc && i < schema.n_children; i++) /* names as the manifest has them */
        if (ArrowSchemaSetName(schema.children[i], s->schema.children[i]->name) != NANOARROW_OK)
            out_of_memory();
    if (rc) {
        if (schema.release)
            schema.release(&schema);
        return rc;
    }
    s->schema.release(&s->schema);
    s->schema = schema;
    return 0;
}

int dbx_stream_open(struct dbx_result *r, void (*on_end)(void *context), void *context, struct ArrowArrayStream *ret, struct error *err)
{
    struct dbx_stream *s = xcalloc(1, sizeof(*s));
    s->result = *r;
    *r = (struct dbx_result){0};
    int rc = first_schema(s, err);
    if (rc) {
        stream_free(s);
        return rc;
    }
    s->on_end = on_end;
    s->context = context;
    *ret = (struct ArrowArrayStream){.get_schema = stream_get_schema,
                                     .get_next = stream_get_next,
                                     .get_last_error = engine_stream_last_error,
                                     .release = stream_release,
                                     .private_data = s};
    return 0;
}
