/*
 * A bulk loader that keeps the rows as text, in place of the engine's: for tests of the event-log reader without an engine.
 * Each row is "table|column=value|...": unset columns are left out.
 */
#ifndef SECCHI_LOADER_RECORD_H
#define SECCHI_LOADER_RECORD_H

#include <stdlib.h>

#include "engine/engine.h"
#include "source/spark/tables.h"

struct engine_loader {
    const struct spark_table_def *table;
    struct buf row;
};

static VEC(char *) recorded;
static int record_fail_at = -1; /* rows until the loader fails, -1 never */

static inline void record_clear(void)
{
    for (size_t i = 0; i < recorded.len; i++)
        free(recorded.items[i]);
    VEC_FREE(&recorded);
}

static inline void record_column(struct engine_loader *l, unsigned column)
{
    if (column >= l->table->column_count)
        abort();
    if (!l->row.len)
        buf_puts(&l->row, l->table->name);
    buf_printf(&l->row, "|%s=", l->table->columns[column].name);
}

static inline void record_type(const struct engine_loader *l, unsigned column, const char *types)
{
    if (column >= l->table->column_count || !strstr(types, l->table->columns[column].type))
        abort(); /* a value of another type than the column's */
}

int engine_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err)
{
    (void)c;
    for (size_t i = 0; i < SPARK_TABLE_COUNT; i++)
        if (str_eq(schema, "secchi_spark") && str_eq(spark_tables[i].name, table)) {
            *ret = xcalloc(1, sizeof(**ret));
            (*ret)->table = &spark_tables[i];
            buf_init(&(*ret)->row, (size_t)1 << 30);
            return 0;
        }
    return error_set(err, ERROR_NOT_FOUND, "no table %s.%s", schema, table);
}

void engine_load_bool(struct engine_loader *l, unsigned column, bool v)
{
    record_type(l, column, "BOOLEAN");
    record_column(l, column);
    buf_puts(&l->row, v ? "true" : "false");
}

void engine_load_i64(struct engine_loader *l, unsigned column, int64_t v)
{
    record_type(l, column, "INT BIGINT TIMESTAMP DATE");
    record_column(l, column);
    buf_printf(&l->row, "%lld", (long long)v);
}

void engine_load_f64(struct engine_loader *l, unsigned column, double v)
{
    record_type(l, column, "DOUBLE");
    record_column(l, column);
    buf_printf(&l->row, "%.17g", v);
}

void engine_load_text(struct engine_loader *l, unsigned column, const char *s, size_t len)
{
    record_type(l, column, "STRING");
    record_column(l, column);
    buf_add(&l->row, s, len);
}

int engine_load_row(struct engine_loader *l, struct error *err)
{
    if (record_fail_at == 0)
        return error_set(err, ERROR_ENGINE, "the table is full");
    if (record_fail_at > 0)
        record_fail_at--;
    *VEC_ADD(&recorded) = xstrndup(l->row.data, l->row.len);
    buf_clear(&l->row);
    return 0;
}

void engine_load_abort(struct engine_loader *l)
{
    if (!l)
        return;
    buf_free(&l->row);
    free(l);
}

int engine_load_end(struct engine_loader *l, struct error *err)
{
    (void)err;
    engine_load_abort(l);
    return 0;
}

/* Statements are counted, not run. */
static int record_statements;

int engine_exec(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret_rows, struct error *err)
{
    (void)c;
    (void)err;
    if (!s->sql || !*s->sql)
        abort();
    if (ret_rows)
        *ret_rows = 0;
    record_statements++;
    return 0;
}

#endif
