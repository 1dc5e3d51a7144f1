/*
 * Private to the engine for Apache Spark with Delta, by Spark Connect.
 *
 * A connection is a session of Spark. Tables are Delta tables of `engine.catalog`. What differs from the embedded engine:
 *  - Delta commits each statement by itself: begin and commit do nothing, and rollback cannot undo what was committed. The build is made
 *    for that: rows are merged by key first, marks are written last, so that a run that broke off is repeated.
 *  - Spark has no clock and no user that could be set: a statement is given both as literals (remote.h); persistent functions and views
 *    ask Spark's own.
 *  - Files are read by the embedded engine here and handed over as Arrow, so that every format gives the same rows on both engines and
 *    Spark needs no access to the folders. What is staged lies in Parquet tables of the schema secchi_staging until the connection ends.
 *  - Files of the warehouse are Spark's: there is no backup and no copy to files.
 */
#ifndef SECCHI_ENGINE_SPARK_H
#define SECCHI_ENGINE_SPARK_H

#include "engine/remote.h"
#include "engine/spark/connect.h"

#include <pthread.h>

#define SPARK_STAGING "secchi_staging"

struct spark {
    struct engine base;
    struct arena *arena;
    struct spark_address address;
    const char *catalog;
    const char *version; /* "spark 4.2.0" */
    const char *lib_dir;

    struct remote_writer writer;
    pthread_mutex_t lock; /* all that follows */
    struct engine *local; /* the embedded engine that reads files and parse trees; NULL: not opened yet */
    size_t local_users;
    char **read_dirs;
    size_t read_dir_count;
};

struct spark_stream;
struct spark_staged;

struct spark_conn {
    struct engine_conn base;
    enum engine_mode mode;
    struct spark_session *session;
    struct spark_stream *stream; /* the open one */
    struct map staged;           /* lower-case name -> struct spark_staged */
    unsigned staged_serial;
    struct map schemas; /* that are known to be there, as SQL text */
    bool staging;       /* the schema for it is there */
};

/* ---- engine.c */
struct spark *spark_of(struct engine_conn *c);
struct remote_env spark_env(struct spark_conn *c);
int spark_rewrite(struct spark_conn *c, const struct engine_stmt *s, struct arena *a, struct remote_text *ret,
                  struct error *err) MUST_CHECK;
/* Runs a statement to its end; ret_rows (may be NULL): rows that it changed, as Delta tells. */
int spark_run(struct spark_conn *c, const struct spark_plan *plan, int64_t *ret_rows, struct error *err) MUST_CHECK;
int spark_sql(struct spark_conn *c, const char *sql, int64_t *ret_rows, struct error *err) MUST_CHECK; /* SQL of our own */
int spark_busy(const struct spark_conn *c, struct error *err) MUST_CHECK;
/* A connection of the embedded engine, in memory; given back by spark_local_give. */
int spark_local_take(struct spark *e, struct engine_conn **ret, struct error *err) MUST_CHECK;
void spark_local_give(struct spark *e, struct engine_conn *c);

/* ---- stream.c */
int spark_stream_open(struct spark_conn *c, const struct spark_plan *plan, const struct remote_text *text, const struct engine_stmt *s,
                      struct ArrowArrayStream *ret, struct arena *a, struct engine_column **ret_columns, size_t *ret_count,
                      struct error *err) MUST_CHECK;
/* An Arrow IPC stream as nanoarrow reads it; the bytes are copied. */
int spark_ipc_open(struct spark_text bytes, struct ArrowArrayStream *ret, struct error *err) MUST_CHECK;

/* ---- rows.c: rows to Spark, as Arrow IPC streams */
struct spark_rows;
int spark_rows_new(const struct ArrowSchema *schema, struct spark_rows **ret, struct error *err) MUST_CHECK;
int spark_rows_add(struct spark_rows *r, const struct ArrowArray *batch, struct error *err) MUST_CHECK;
size_t spark_rows_size(const struct spark_rows *r);                                              /* bytes since the last take */
int spark_rows_take(struct spark_rows *r, struct spark_text *ret, struct error *err) MUST_CHECK; /* lives until the next call */
void spark_rows_free(struct spark_rows *r);                                                      /* NULL is fine */

/* ---- stage.c */
int spark_stage_files(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                      const struct engine_column *want, size_t want_count, struct error *err);
int spark_stage_query(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err);
void spark_unstage(struct engine_conn *c, const char *name);
int spark_staged_files(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                       struct error *err);
const char *spark_staged(void *conn, const char *name, struct arena *a); /* its table as SQL text; NULL: nothing is staged */
void spark_staged_drop_all(struct spark_conn *c);

/* ---- loader.c */
int spark_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err);
void spark_load_bool(struct engine_loader *l, unsigned column, bool v);
void spark_load_i64(struct engine_loader *l, unsigned column, int64_t v);
void spark_load_f64(struct engine_loader *l, unsigned column, double v);
void spark_load_text(struct engine_loader *l, unsigned column, const char *s, size_t len);
int spark_load_row(struct engine_loader *l, struct error *err);
int spark_load_end(struct engine_loader *l, struct error *err);
void spark_load_abort(struct engine_loader *l);

#endif
