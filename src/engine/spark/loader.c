/* Bulk load: rows are gathered as Arrow and appended to the Delta table, a commit each few megabytes. */
#include "engine/spark/spark.h"

#include "nanoarrow/nanoarrow.h"

#define ROWS_AT_ONCE 50000
#define BYTES_AT_ONCE (8u << 20)

struct column {
    enum ArrowType type;
    bool set; /* in the current row */
};

struct spark_loader {
    struct engine_loader base;
    struct arena *arena;
    const char *table; /* as SQL text */
    struct ArrowSchema schema;
    struct ArrowArray array; /* the rows so far */
    struct column *columns;
    size_t column_count;
    size_t rows, bytes;
    struct buf mended; /* text with invalid bytes replaced */
    struct error err;  /* the first; later calls do nothing */
};

static struct spark_loader *of(struct engine_loader *l) { return (struct spark_loader *)l; }

static void loader_free(struct spark_loader *l)
{
    if (l->array.release)
        l->array.release(&l->array);
    if (l->schema.release)
        l->schema.release(&l->schema);
    buf_free(&l->mended);
    arena_free(l->arena);
    free(l);
}

static const struct {
    const char *type;
    enum ArrowType arrow;
} simple[] = {
    {"BOOLEAN", NANOARROW_TYPE_BOOL},  {"INT", NANOARROW_TYPE_INT32},     {"BIGINT", NANOARROW_TYPE_INT64},
    {"DOUBLE", NANOARROW_TYPE_DOUBLE}, {"STRING", NANOARROW_TYPE_STRING}, {"TIMESTAMP", NANOARROW_TYPE_TIMESTAMP},
    {"DATE", NANOARROW_TYPE_DATE32},
};

static void never(ArrowErrorCode code)
{
    if (code != NANOARROW_OK)
        out_of_memory();
}

static int put_column(struct spark_loader *l, size_t i, const struct engine_column *column, struct error *err)
{
    struct ArrowSchema *to = l->schema.children[i];
    for (size_t k = 0; k < ARRAY_LEN(simple); k++) {
        if (!str_eq(simple[k].type, column->type))
            continue;
        l->columns[i].type = simple[k].arrow;
        if (simple[k].arrow == NANOARROW_TYPE_TIMESTAMP)
            never(ArrowSchemaSetTypeDateTime(to, NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO, "UTC"));
        else
            never(ArrowSchemaSetType(to, simple[k].arrow));
        never(ArrowSchemaSetName(to, column->name));
        return 0;
    }
    return error_set(err, ERROR_USAGE, "column %zu of %s has a type that is not loaded in bulk", i + 1, l->table);
}

static void begin_rows(struct spark_loader *l)
{
    if (l->array.release)
        l->array.release(&l->array);
    never(ArrowArrayInitFromSchema(&l->array, &l->schema, NULL));
    never(ArrowArrayStartAppending(&l->array));
    l->rows = l->bytes = 0;
}

int spark_load_begin(struct engine_conn *base, const char *schema, const char *table, struct engine_loader **ret, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)base;
    struct engine_column *columns;
    if (c->mode == ENGINE_READ)
        return error_set(err, ERROR_FORBIDDEN, "this connection may only read");
    struct spark_loader *l = xcalloc(1, sizeof(*l));
    const struct remote_env env = spark_env(c);
    l->base.conn = base;
    l->arena = arena_new();
    buf_init(&l->mended, 1u << 30);
    l->table = remote_name(&env, l->arena, schema, table);
    int rc = engine_table_columns(base, schema, table, l->arena, &columns, &l->column_count, err);
    if (!rc) {
        ArrowSchemaInit(&l->schema);
        never(ArrowSchemaSetTypeStruct(&l->schema, (int64_t)l->column_count));
        l->columns = arena_alloc(l->arena, (l->column_count + 1) * sizeof(*l->columns));
    }
    for (size_t i = 0; !rc && i < l->column_count; i++)
        rc = put_column(l, i, &columns[i], err);
    if (rc) {
        loader_free(l);
        return rc;
    }
    begin_rows(l);
    *ret = &l->base;
    return 0;
}

/* ---- a row ------------------------------------------------------------------------------------------------------------- */

/* The column to be set; NULL: it is none, or it is set already. */
static struct ArrowArray *cell(struct spark_loader *l, unsigned column)
{
    if (l->err.kind)
        return NULL;
    if (column >= l->column_count || l->columns[column].set) {
        error_set(&l->err, ERROR_INTERNAL, "column %u of %s cannot be set", column, l->table);
        return NULL;
    }
    l->columns[column].set = true;
    l->bytes += 8;
    return l->array.children[column];
}

static void wrong_type(struct spark_loader *l, unsigned column)
{
    error_set(&l->err, ERROR_INTERNAL, "column %u of %s was given a value of another type", column, l->table);
}

void spark_load_bool(struct engine_loader *base, unsigned column, bool v)
{
    struct spark_loader *l = of(base);
    struct ArrowArray *array = cell(l, column);
    if (array && ArrowArrayAppendInt(array, v) != NANOARROW_OK)
        wrong_type(l, column);
}

void spark_load_i64(struct engine_loader *base, unsigned column, int64_t v)
{
    struct spark_loader *l = of(base);
    struct ArrowArray *array = cell(l, column);
    if (array && ArrowArrayAppendInt(array, v) != NANOARROW_OK)
        wrong_type(l, column);
}

void spark_load_f64(struct engine_loader *base, unsigned column, double v)
{
    struct spark_loader *l = of(base);
    struct ArrowArray *array = cell(l, column);
    if (array && ArrowArrayAppendDouble(array, v) != NANOARROW_OK)
        wrong_type(l, column);
}

/* Bytes that are no UTF-8 become U+FFFD, one each. */
static void mend(struct buf *to, const char *s, size_t len)
{
    buf_clear(to);
    while (len) {
        size_t good = 0;
        for (size_t n = len < 4 ? len : 4; n > 0 && !good; n--)
            if (utf8_valid(s, n))
                good = n;
        if (good)
            buf_add(to, s, good);
        else
            buf_puts(to, "\xEF\xBF\xBD");
        s += good ? good : 1;
        len -= good ? good : 1;
    }
}

void spark_load_text(struct engine_loader *base, unsigned column, const char *s, size_t len)
{
    struct spark_loader *l = of(base);
    struct ArrowArray *array = cell(l, column);
    if (!array)
        return;
    if (!utf8_valid(s, len)) {
        mend(&l->mended, s, len);
        s = l->mended.data;
        len = l->mended.len;
    }
    if (l->columns[column].type != NANOARROW_TYPE_STRING ||
        ArrowArrayAppendString(array, (struct ArrowStringView){s, (int64_t)len}) != NANOARROW_OK)
        wrong_type(l, column);
    l->bytes += len;
}

static int flush(struct spark_loader *l, struct error *err)
{
    struct spark_conn *c = (struct spark_conn *)l->base.conn;
    struct spark_plan plan = {.kind = SPARK_APPEND, .table = l->table};
    struct spark_rows *rows;
    struct ArrowError why = {0};
    if (!l->rows)
        return 0;
    if (ArrowArrayFinishBuildingDefault(&l->array, &why) != NANOARROW_OK)
        return error_set(err, ERROR_INTERNAL, "rows of %s cannot be put together: %s", l->table, why.message);
    int rc = spark_rows_new(&l->schema, &rows, err);
    if (rc)
        return rc;
    rc = spark_rows_add(rows, &l->array, err);
    if (!rc)
        rc = spark_rows_take(rows, &plan.rows, err);
    if (!rc)
        rc = spark_busy(c, err);
    if (!rc)
        rc = spark_run(c, &plan, NULL, err);
    spark_rows_free(rows);
    begin_rows(l);
    return rc;
}

static int keep(struct spark_loader *l, int rc, const struct error *why, struct error *err)
{
    if (rc && !l->err.kind)
        l->err = *why;
    if (l->err.kind && err)
        *err = l->err;
    return (int)l->err.kind;
}

int spark_load_row(struct engine_loader *base, struct error *err)
{
    struct spark_loader *l = of(base);
    struct error why = {0};
    int rc = 0;
    if (l->err.kind)
        return keep(l, 0, NULL, err);
    for (size_t i = 0; i < l->column_count; i++) {
        if (!l->columns[i].set)
            never(ArrowArrayAppendNull(l->array.children[i], 1));
        l->columns[i].set = false;
    }
    never(ArrowArrayFinishElement(&l->array));
    l->rows++;
    if (l->rows >= ROWS_AT_ONCE || l->bytes >= BYTES_AT_ONCE)
        rc = flush(l, &why);
    return keep(l, rc, &why, err);
}

int spark_load_end(struct engine_loader *base, struct error *err)
{
    struct spark_loader *l = of(base);
    struct error why = {0};
    int rc = l->err.kind ? 0 : flush(l, &why);
    rc = keep(l, rc, &why, err);
    loader_free(l);
    return rc;
}

void spark_load_abort(struct engine_loader *l) { loader_free(of(l)); }
