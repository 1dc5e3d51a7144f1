/*
 * Private to the room: what an engine has to implement, and the helpers that all engines share.
 *
 * An engine's own structs begin with struct engine, struct engine_conn, struct engine_loader and struct engine_copier. Outputs and errors
 * are those of the functions of the same name in engine.h.
 */
#ifndef SECCHI_ENGINE_IMPL_H
#define SECCHI_ENGINE_IMPL_H

#include "engine/engine.h"
#include "nanoarrow/nanoarrow.h"

struct engine_ops {
    const char *kind;
    int (*open)(const struct engine_options *options, struct engine **ret, struct error *err);
    void (*close)(struct engine *e);
    int (*allow_dirs)(struct engine *e, const char *const *dirs, size_t count, struct error *err);
    const char *(*version)(const struct engine *e);
    int (*connect)(struct engine *e, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret, struct error *err);
    void (*disconnect)(struct engine_conn *c);
    void (*interrupt)(struct engine_conn *c);
    double (*progress)(struct engine_conn *c);
    int (*begin)(struct engine_conn *c, struct error *err);
    int (*commit)(struct engine_conn *c, struct error *err);
    void (*rollback)(struct engine_conn *c);
    int (*exec)(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret_rows, struct error *err);
    /* a (may be NULL) asks for the columns as well */
    int (*stream)(struct engine_conn *c, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct arena *a,
                  struct engine_column **ret_columns, size_t *ret_count, struct error *err);
    int (*describe)(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_column **ret, size_t *ret_count,
                    struct error *err);
    int (*table_columns)(struct engine_conn *c, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                         size_t *ret_count, struct error *err);
    int (*table_hash)(struct engine_conn *c, const char *schema, const char *table, const char *const *leave_out, size_t count,
                      uint64_t *ret, struct error *err);
    int (*sql)(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err);
    int (*parse_tree)(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret_json, struct error *err);
    /* The parse tree of a query in the engine's own dialect, unbound; NULL: the engine has none (remote.h) */
    int (*tree_of)(struct engine_conn *c, const char *sql, struct arena *a, const char **ret_json, struct error *err);
    int (*stage_files)(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                       const struct engine_column *want, size_t want_count, struct error *err);
    int (*stage_query)(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err);
    void (*unstage)(struct engine_conn *c, const char *name);
    int (*staged_files)(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                        struct error *err);
    int (*load_begin)(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err);
    void (*load_bool)(struct engine_loader *l, unsigned column, bool v);
    void (*load_i64)(struct engine_loader *l, unsigned column, int64_t v);
    void (*load_f64)(struct engine_loader *l, unsigned column, double v);
    void (*load_text)(struct engine_loader *l, unsigned column, const char *s, size_t len);
    int (*load_row)(struct engine_loader *l, struct error *err);
    int (*load_end)(struct engine_loader *l, struct error *err);
    void (*load_abort)(struct engine_loader *l);
    int (*copy_open)(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret, struct error *err);
    int (*copy_run)(struct engine_copier *k, const struct engine_param *params, const char *dir, enum engine_format format,
                    int64_t *ret_rows, struct error *err);
    void (*copy_close)(struct engine_copier *k);
    int (*save)(struct engine_conn *c, struct ArrowArrayStream *stream, const char *path, struct error *err); /* NULL: it has no files */
    int (*backup)(struct engine *e, const char *path, struct error *err);
    int (*checkpoint)(struct engine *e, struct error *err);
};

struct engine {
    const struct engine_ops *ops;
    struct sql_env env; /* context, name, variable, function, user */
};

struct engine_conn {
    struct engine *engine;
    int64_t clock_us;    /* 0: the process clock */
    bool any_order;      /* rows need not be kept in the order in which they are read */
    char *user, *groups; /* NULL: none; groups are a list in SQL, ['a', 'b'] */
    unsigned asker;      /* counts the calls of engine_set_user */
};

struct engine_loader {
    struct engine_conn *conn;
};

struct engine_copier {
    struct engine_conn *conn;
};

extern const struct engine_ops engine_duckdb_ops;
extern const struct engine_ops engine_spark_ops;
extern const struct engine_ops engine_databricks_ops;
#define ENGINE_EMBEDDED "duckdb" /* the kind that runs within the program */

/* Copies rows of a stream into the arena (rows.c); the stream is left to the caller to release. */
int engine_read_rows(struct ArrowArrayStream *stream, size_t max_rows, struct arena *a, struct engine_rows *ret,
                     struct error *err) MUST_CHECK;
/* get_last_error of every engine's streams: private_data must begin with a struct error. */
const char *engine_stream_last_error(struct ArrowArrayStream *stream);

#endif
