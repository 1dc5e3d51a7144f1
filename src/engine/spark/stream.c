/* Results as Arrow streams: each answer of Spark holds a whole IPC stream of one batch. */
#include "engine/spark/spark.h"

#include <errno.h>

#include "nanoarrow/nanoarrow_ipc.h"

struct spark_stream {
    struct error err; /* first: see engine_stream_last_error */
    struct spark_conn *conn;
    struct arena *arena;
    struct engine_stmt stmt; /* copies, for the places of errors */
    struct remote_text text;
    struct ArrowSchema schema;
    struct ArrowArrayStream batches; /* of the last answer; release NULL: none */
    bool ended;
};

int spark_ipc_open(struct spark_text bytes, struct ArrowArrayStream *ret, struct error *err)
{
    struct ArrowBuffer copy;
    struct ArrowIpcInputStream input;
    ArrowBufferInit(&copy);
    if (ArrowBufferAppend(&copy, bytes.data, (int64_t)bytes.len) != NANOARROW_OK)
        out_of_memory();
    if (ArrowIpcInputStreamInitBuffer(&input, &copy) != NANOARROW_OK || ArrowIpcArrayStreamReaderInit(ret, &input, NULL) != NANOARROW_OK)
        return error_set(err, ERROR_ENGINE, "the rows of Spark cannot be read");
    return 0;
}

/* ---- pulling ---------------------------------------------------------------------------------------------------- */

/* The next answer with rows; s->ended when there is none. A schema that comes alone is kept in *ret_type (may be NULL). */
static int next_answer(struct spark_stream *s, struct spark_text *ret_type, struct error *err)
{
    struct spark_response answer;
    for (;;) {
        bool end;
        int rc = spark_next(s->conn->session, &answer, &end, err);
        if (rc) {
            remote_place(&s->text, &s->stmt, err);
            return rc;
        }
        if (end) {
            s->ended = true;
            spark_end(s->conn->session);
            return 0;
        }
        if (answer.schema.data && ret_type && !ret_type->data)
            *ret_type = spark_text_copy(s->arena, answer.schema);
        if (answer.batch.data)
            return spark_ipc_open(answer.batch, &s->batches, err);
    }
}

static int damaged(const struct spark_stream *s, struct error *err)
{
    const char *why = s->batches.release ? s->batches.get_last_error((struct ArrowArrayStream *)&s->batches) : NULL;
    return error_set(err, ERROR_ENGINE, "the rows of Spark cannot be read%s%s", why && *why ? ": " : "", why ? why : "");
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret)
{
    struct spark_stream *s = stream->private_data;
    memset(ret, 0, sizeof(*ret));
    if (s->err.kind)
        return EIO;
    if (!s->ended && spark_session_interrupted(s->conn->session))
        error_set(&s->err, ERROR_INTERRUPTED, "the statement was interrupted");
    while (!s->err.kind) {
        if (s->batches.release) {
            if (s->batches.get_next(&s->batches, ret) != NANOARROW_OK)
                damaged(s, &s->err);
            else if (ret->release)
                return NANOARROW_OK;
            s->batches.release(&s->batches);
        } else if (s->ended)
            return NANOARROW_OK;
        else if (next_answer(s, NULL, &s->err))
            break;
    }
    return EIO;
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret)
{
    struct spark_stream *s = stream->private_data;
    return ArrowSchemaDeepCopy(&s->schema, ret);
}

static void stream_free(struct spark_stream *s)
{
    if (s->batches.release)
        s->batches.release(&s->batches);
    if (s->schema.release)
        s->schema.release(&s->schema);
    arena_free(s->arena);
    free(s);
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct spark_stream *s = stream->private_data;
    spark_end(s->conn->session);
    s->conn->stream = NULL;
    stream_free(s);
    stream->release = NULL;
    stream->private_data = NULL;
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

/* The first answer, for the schema: Spark sends a batch without rows when there are none. */
static int first_answer(struct spark_stream *s, struct arena *a, struct engine_column **ret_columns, size_t *ret_count, struct error *err)
{
    struct spark_text type = {0};
    int rc = next_answer(s, &type, err);
    if (rc)
        return rc;
    if (!s->batches.release)
        return error_set(err, ERROR_ENGINE, "Spark answers a query without its columns");
    if (s->batches.get_schema(&s->batches, &s->schema) != NANOARROW_OK)
        return damaged(s, err);
    if (!a)
        return 0;
    if (!type.data)
        return error_set(err, ERROR_ENGINE, "Spark answers a query without the types of its columns");
    return spark_get_columns(type, a, ret_columns, ret_count, err);
}

int spark_stream_open(struct spark_conn *c, const struct spark_plan *plan, const struct remote_text *text, const struct engine_stmt *stmt,
                      struct ArrowArrayStream *ret, struct arena *a, struct engine_column **ret_columns, size_t *ret_count,
                      struct error *err)
{
    struct spark_stream *s = xcalloc(1, sizeof(*s));
    s->conn = c;
    s->arena = arena_new();
    s->stmt = (struct engine_stmt){
        .sql = arena_strdup(s->arena, stmt->sql), .file = stmt->file ? arena_strdup(s->arena, stmt->file) : NULL, .line = stmt->line};
    s->text = *text;
    s->text.sql = arena_strdup(s->arena, text->sql);
    s->text.portable = arena_strdup(s->arena, text->portable);
    s->text.splices = arena_alloc(s->arena, (text->splice_count + 1) * sizeof(*text->splices));
    for (size_t i = 0; i < text->splice_count; i++) {
        s->text.splices[i] = text->splices[i];
        s->text.splices[i].with = arena_strdup(s->arena, text->splices[i].with);
    }
    int rc = spark_begin(c->session, plan, err);
    if (!rc)
        rc = first_answer(s, a, ret_columns, ret_count, err);
    if (rc) {
        spark_end(c->session);
        stream_free(s);
        return rc;
    }
    c->stream = s;
    *ret = (struct ArrowArrayStream){.get_schema = stream_get_schema,
                                     .get_next = stream_get_next,
                                     .get_last_error = engine_stream_last_error,
                                     .release = stream_release,
                                     .private_data = s};
    return 0;
}
