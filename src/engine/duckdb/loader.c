/* Bulk load through data chunks of an appender. */
#include "engine/duckdb/duck.h"

#include <stdlib.h>

struct column {
    duckdb_type type;
    duckdb_vector vector;
    void *data;
    uint64_t *validity;
    bool set; /* in the current row */
};

/* Texts of the chunk that is being filled: the appender copies them, so they need no place in DuckDB's own memory. */
struct texts {
    VEC(char *) blocks; /* of TEXT_BLOCK bytes; the first is kept */
    VEC(char *) large;  /* texts longer than that */
    size_t used;        /* of the last block */
};

#define TEXT_BLOCK ((size_t)1 << 20)

struct duck_loader {
    struct engine_loader base;
    struct texts texts;
    duckdb_appender appender;
    duckdb_data_chunk chunk;
    struct column *columns;
    idx_t column_count, row, capacity;
    struct error err;  /* the first error; later calls do nothing */
    char *table;       /* for errors */
    struct buf mended; /* text with invalid bytes replaced */
};

static bool simple(duckdb_type t)
{
    switch (t) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_DATE:
        return true;
    default:
        return false;
    }
}

static void texts_clear(struct texts *t, size_t keep)
{
    while (t->blocks.len > keep)
        free(t->blocks.items[--t->blocks.len]);
    while (t->large.len > 0)
        free(t->large.items[--t->large.len]);
    t->used = 0;
}

static char *texts_room(struct texts *t, size_t len)
{
    if (len > TEXT_BLOCK)
        return *VEC_ADD(&t->large) = xmalloc(len);
    if (!t->blocks.len || t->used + len > TEXT_BLOCK) {
        *VEC_ADD(&t->blocks) = xmalloc(TEXT_BLOCK);
        t->used = 0;
    }
    t->used += len;
    return t->blocks.items[t->blocks.len - 1] + t->used - len;
}

static void begin_chunk(struct duck_loader *l)
{
    texts_clear(&l->texts, 1);
    duckdb_data_chunk_reset(l->chunk);
    l->row = 0;
    for (idx_t i = 0; i < l->column_count; i++) {
        struct column *c = &l->columns[i];
        c->vector = duckdb_data_chunk_get_vector(l->chunk, i);
        duckdb_vector_ensure_validity_writable(c->vector);
        c->data = duckdb_vector_get_data(c->vector);
        c->validity = duckdb_vector_get_validity(c->vector);
        c->set = false;
    }
}

static void loader_free(struct duck_loader *l)
{
    struct duck_conn *c = (struct duck_conn *)l->base.conn;
    duckdb_destroy_data_chunk(&l->chunk);
    if (l->appender)
        duckdb_appender_destroy(&l->appender);
    buf_free(&l->mended);
    texts_clear(&l->texts, 0);
    VEC_FREE(&l->texts.blocks);
    VEC_FREE(&l->texts.large);
    free(l->columns);
    free(l->table);
    free(l);
    duck_leave(c);
}

static int make_columns(struct duck_loader *l, struct error *err)
{
    idx_t count = duckdb_appender_column_count(l->appender);
    duckdb_logical_type *types = xcalloc(count + 1, sizeof(*types));
    int rc = 0;
    l->columns = xcalloc(count + 1, sizeof(*l->columns));
    l->column_count = count;
    for (idx_t i = 0; i < count; i++) {
        types[i] = duckdb_appender_column_type(l->appender, i);
        l->columns[i].type = duckdb_get_type_id(types[i]);
        if (!rc && !simple(l->columns[i].type))
            rc = error_set(err, ERROR_USAGE, "column %llu of %s has a type that is not loaded in bulk", (unsigned long long)i + 1,
                           l->table);
    }
    if (!rc) {
        l->chunk = duckdb_create_data_chunk(types, count);
        l->capacity = duckdb_vector_size();
        begin_chunk(l);
    }
    for (idx_t i = 0; i < count; i++)
        duckdb_destroy_logical_type(&types[i]);
    free(types);
    return rc;
}

static int appender_failed(struct duck_loader *l, struct error *err)
{
    struct duck *d = duck_of(l->base.conn);
    int rc = duck_error_data(d, duckdb_appender_error_data(l->appender), NULL, err);
    if (err)
        error_add_where(err, "%s", l->table);
    return rc;
}

int duck_load_begin(struct engine_conn *base, const char *schema, const char *table, struct engine_loader **ret, struct error *err)
{
    struct duck_conn *c = (struct duck_conn *)base;
    if (c->mode != ENGINE_WRITE)
        return error_set(err, ERROR_FORBIDDEN, "this connection may only read");
    int rc = duck_enter(c, err);
    if (rc)
        return rc;
    struct duck_loader *l = xcalloc(1, sizeof(*l));
    struct arena *a CLEANUP(arena_freep) = arena_new();
    l->base.conn = base;
    l->table = xstrdup(arena_printf(a, "%s.%s", schema, table));
    buf_init(&l->mended, SIZE_MAX / 2);
    if (duckdb_appender_create(c->con, schema, table, &l->appender) != DuckDBSuccess) {
        rc = appender_failed(l, err);
        if (err && strstr(err->what, "could not be found"))
            rc = err->kind = ERROR_NOT_FOUND;
    } else {
        rc = make_columns(l, err);
    }
    if (rc)
        loader_free(l);
    else
        *ret = &l->base;
    return rc;
}

static struct column *column_of(struct engine_loader *base, unsigned column, duckdb_type type)
{
    struct duck_loader *l = (struct duck_loader *)base;
    if (l->err.kind)
        return NULL;
    if (column >= l->column_count) {
        error_set(&l->err, ERROR_INTERNAL, "%s has no column %u", l->table, column + 1);
        return NULL;
    }
    if (l->columns[column].type != type) {
        error_set(&l->err, ERROR_INTERNAL, "column %u of %s is given a value of another type", column + 1, l->table);
        return NULL;
    }
    l->columns[column].set = true;
    return &l->columns[column];
}

void duck_load_bool(struct engine_loader *base, unsigned column, bool v)
{
    struct column *c = column_of(base, column, DUCKDB_TYPE_BOOLEAN);
    if (c)
        ((bool *)c->data)[((struct duck_loader *)base)->row] = v;
}

void duck_load_i64(struct engine_loader *base, unsigned column, int64_t v)
{
    struct duck_loader *l = (struct duck_loader *)base;
    duckdb_type type = column < l->column_count ? l->columns[column].type : DUCKDB_TYPE_BIGINT;
    bool narrow = type == DUCKDB_TYPE_INTEGER || type == DUCKDB_TYPE_DATE;
    if (!narrow && type != DUCKDB_TYPE_TIMESTAMP)
        type = DUCKDB_TYPE_BIGINT;
    struct column *c = column_of(base, column, type);
    if (!c)
        return;
    if (narrow && (v < INT32_MIN || v > INT32_MAX))
        error_set(&l->err, ERROR_INVALID, "%lld does not fit column %u of %s", (long long)v, column + 1, l->table);
    else if (narrow)
        ((int32_t *)c->data)[l->row] = (int32_t)v;
    else
        ((int64_t *)c->data)[l->row] = v;
}

void duck_load_f64(struct engine_loader *base, unsigned column, double v)
{
    struct column *c = column_of(base, column, DUCKDB_TYPE_DOUBLE);
    if (c)
        ((double *)c->data)[((struct duck_loader *)base)->row] = v;
}

/* Length of the valid sequence at s, 0 when there is none. */
static size_t sequence(const char *s, size_t len)
{
    for (size_t n = 1; n <= 4 && n <= len; n++)
        if (utf8_valid(s, n))
            return n;
    return 0;
}

static void mend(struct buf *b, const char *s, size_t len)
{
    buf_clear(b);
    for (size_t i = 0; i < len;) {
        size_t n = sequence(s + i, len - i);
        if (n)
            buf_add(b, s + i, n);
        else
            buf_puts(b, "\xEF\xBF\xBD");
        i += n ? n : 1;
    }
}

void duck_load_text(struct engine_loader *base, unsigned column, const char *s, size_t len)
{
    struct duck_loader *l = (struct duck_loader *)base;
    struct column *c = column_of(base, column, DUCKDB_TYPE_VARCHAR);
    if (!c)
        return;
    if (!utf8_valid(s, len)) {
        mend(&l->mended, s, len);
        s = l->mended.data;
        len = l->mended.len;
    }
    if (len > UINT32_MAX) {
        error_set(&l->err, ERROR_LIMIT, "a text for column %u of %s is longer than 4 GiB", column + 1, l->table);
        return;
    }
    duckdb_string_t *out = &((duckdb_string_t *)c->data)[l->row];
    out->value.inlined.length = (uint32_t)len;
    if (len <= sizeof(out->value.inlined.inlined)) {
        memset(out->value.inlined.inlined, 0, sizeof(out->value.inlined.inlined));
        memcpy(out->value.inlined.inlined, s, len);
    } else {
        memcpy(out->value.pointer.prefix, s, sizeof(out->value.pointer.prefix));
        out->value.pointer.ptr = texts_room(&l->texts, len);
        memcpy(out->value.pointer.ptr, s, len);
    }
}

static int flush(struct duck_loader *l)
{
    if (l->row == 0)
        return 0;
    duckdb_data_chunk_set_size(l->chunk, l->row);
    if (duckdb_append_data_chunk(l->appender, l->chunk) != DuckDBSuccess)
        return appender_failed(l, &l->err);
    begin_chunk(l);
    return 0;
}

int duck_load_row(struct engine_loader *base, struct error *err)
{
    struct duck_loader *l = (struct duck_loader *)base;
    if (!l->err.kind) {
        for (idx_t i = 0; i < l->column_count; i++) {
            struct column *c = &l->columns[i];
            if (!c->set)
                duckdb_validity_set_row_invalid(c->validity, l->row);
            c->set = false;
        }
        if (++l->row == l->capacity && flush(l) == 0)
            return 0;
    }
    if (l->err.kind && err)
        *err = l->err;
    return l->err.kind;
}

int duck_load_end(struct engine_loader *base, struct error *err)
{
    struct duck_loader *l = (struct duck_loader *)base;
    if (!l->err.kind)
        flush(l);
    if (!l->err.kind && duckdb_appender_close(l->appender) != DuckDBSuccess)
        appender_failed(l, &l->err);
    int rc = l->err.kind;
    if (rc) {
        if (err)
            *err = l->err;
        duck_load_abort(base);
    } else {
        loader_free(l);
    }
    return rc;
}

/* What is still in the appender must not be written when it is destroyed. */
void duck_load_abort(struct engine_loader *base)
{
    struct duck_loader *l = (struct duck_loader *)base;
    duckdb_appender_clear(l->appender);
    loader_free(l);
}
