#include "nanoarrow/nanoarrow_ipc.h"
#include "semantic/writer.h"

#include <errno.h>

struct put_target {
    semantic_put_fn *put;
    void *context;
    bool stopped;
};

static ArrowErrorCode target_write(struct ArrowIpcOutputStream *stream, const void *data, int64_t len, int64_t *ret_written,
                                   struct ArrowError *why)
{
    struct put_target *t = stream->private_data;
    if (t->stopped || (len > 0 && t->put(t->context, data, (size_t)len) != 0)) {
        t->stopped = true;
        ArrowErrorSet(why, "the receiver has gone");
        return EPIPE;
    }
    *ret_written = len;
    return NANOARROW_OK;
}

static void target_release(struct ArrowIpcOutputStream *stream) { stream->release = NULL; }

int write_arrow(struct ArrowArrayStream *stream, semantic_put_fn *put, void *context, struct error *err)
{
    struct put_target target = {.put = put, .context = context};
    struct ArrowIpcOutputStream out = {.write = target_write, .release = target_release, .private_data = &target};
    struct ArrowIpcWriter writer;
    struct ArrowError why;
    ArrowErrorInit(&why);
    struct batches b;
    int rc = batches_open(&b, stream, err);
    if (rc) {
        batches_close(&b);
        return rc;
    }
    bool more = true;
    int code = ArrowIpcWriterInit(&writer, &out);
    if (code == NANOARROW_OK)
        code = ArrowIpcWriterWriteSchema(&writer, &b.schema, &why);
    while (code == NANOARROW_OK && (rc = batches_next(&b, &more, err)) == 0 && more)
        if (b.view.length > 0)
            code = ArrowIpcWriterWriteArrayView(&writer, &b.view, &why);
    if (code == NANOARROW_OK && !rc)
        code = ArrowIpcWriterWriteArrayView(&writer, NULL, &why);
    if (code != NANOARROW_OK)
        rc = target.stopped ? error_set(err, ERROR_INTERRUPTED, "the receiver of the result has gone")
                            : error_set(err, ERROR_ENGINE, "the result cannot be written as Arrow: %s", ArrowErrorMessage(&why));
    ArrowIpcWriterReset(&writer);
    batches_close(&b);
    return rc;
}
