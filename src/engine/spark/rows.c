/* Rows to Spark: batches are written one behind the other into an Arrow IPC stream. */
#include "engine/spark/spark.h"

#include "nanoarrow/nanoarrow_ipc.h"

struct spark_rows {
    struct ArrowSchema schema;
    struct ArrowArrayView view;
    struct ArrowBuffer bytes;
    struct ArrowIpcWriter writer;
    bool open, viewed, old; /* old: what bytes holds was taken */
};

static int unfit(struct error *err, const struct ArrowError *why)
{
    return error_set(err, ERROR_ENGINE, "rows cannot be handed to Spark: %s",
                     why && why->message[0] ? why->message : "a type that Arrow lacks");
}

static int begin(struct spark_rows *r, struct error *err)
{
    struct ArrowIpcOutputStream out;
    struct ArrowError why = {0};
    ArrowBufferReset(&r->bytes);
    ArrowBufferInit(&r->bytes);
    r->old = false;
    if (ArrowIpcOutputStreamInitBuffer(&out, &r->bytes) != NANOARROW_OK || ArrowIpcWriterInit(&r->writer, &out) != NANOARROW_OK)
        out_of_memory();
    r->open = true;
    return ArrowIpcWriterWriteSchema(&r->writer, &r->schema, &why) == NANOARROW_OK ? 0 : unfit(err, &why);
}

int spark_rows_new(const struct ArrowSchema *schema, struct spark_rows **ret, struct error *err)
{
    struct spark_rows *r = xcalloc(1, sizeof(*r));
    struct ArrowError why = {0};
    int rc = 0;
    ArrowBufferInit(&r->bytes);
    if (ArrowSchemaDeepCopy(schema, &r->schema) != NANOARROW_OK)
        out_of_memory();
    if (ArrowArrayViewInitFromSchema(&r->view, &r->schema, &why) != NANOARROW_OK)
        rc = unfit(err, &why);
    r->viewed = !rc;
    if (!rc)
        rc = begin(r, err);
    if (rc) {
        spark_rows_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

int spark_rows_add(struct spark_rows *r, const struct ArrowArray *batch, struct error *err)
{
    struct ArrowError why = {0};
    int rc = r->open ? 0 : begin(r, err);
    if (rc || batch->length == 0)
        return rc;
    if (ArrowArrayViewSetArray(&r->view, batch, &why) != NANOARROW_OK ||
        ArrowIpcWriterWriteArrayView(&r->writer, &r->view, &why) != NANOARROW_OK)
        return unfit(err, &why);
    return 0;
}

size_t spark_rows_size(const struct spark_rows *r) { return r->old ? 0 : (size_t)r->bytes.size_bytes; }

int spark_rows_take(struct spark_rows *r, struct spark_text *ret, struct error *err)
{
    struct ArrowError why = {0};
    int rc = r->open ? 0 : begin(r, err);
    if (rc)
        return rc;
    if (ArrowIpcWriterWriteArrayView(&r->writer, NULL, &why) != NANOARROW_OK)
        return unfit(err, &why);
    ArrowIpcWriterReset(&r->writer);
    r->open = false;
    r->old = true;
    *ret = (struct spark_text){(const char *)r->bytes.data, (size_t)r->bytes.size_bytes};
    return 0;
}

void spark_rows_free(struct spark_rows *r)
{
    if (!r)
        return;
    if (r->open)
        ArrowIpcWriterReset(&r->writer);
    if (r->viewed)
        ArrowArrayViewReset(&r->view);
    if (r->schema.release)
        r->schema.release(&r->schema);
    ArrowBufferReset(&r->bytes);
    free(r);
}
