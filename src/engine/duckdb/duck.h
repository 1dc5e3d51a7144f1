/*
 * Private to the embedded engine.
 *
 * The instance can be closed and opened again (new folders, a database invalidated by a fatal error) while engine_conns
 * live on: a connection that holds nothing is connected again at its next use (generation). What a connection holds
 * (a running statement, a transaction, a stream, staged relations) is counted; reopening waits until nobody holds anything.
 */
#ifndef SECCHI_ENGINE_DUCK_H
#define SECCHI_ENGINE_DUCK_H

#include "engine/engine_impl.h"
#include "engine/lazy_duckdb.h"

#include <pthread.h>

typedef VEC(char *) duck_names;

struct duck_stage;
struct duck_waiter;
struct duck_text_scan;

struct duck {
    struct engine base;
    char *path; /* NULL: in memory */
    char *lib_dir, *temp_dir, *macros;

    duck_names read_dirs;
    int64_t memory_limit_bytes, temp_limit_bytes;
    int threads;

    pthread_mutex_t lock;   /* all that follows */
    pthread_cond_t changed; /* of anything below */
    duckdb_database db;     /* NULL after a reopening that failed */
    unsigned generation;    /* of db */
    size_t holding;         /* connections that hold something */
    bool reopening;
    bool broken; /* a fatal error invalidated db; atomic, set without the lock */
    bool delta;  /* the extension is loaded */
    bool writer_taken;
    struct duck_waiter *writers; /* those who wait for the writer's place, the first to come first */
    struct duck_conn *conns;     /* all of them */
    struct duck_text_scan *text_scans;
    int64_t text_serial;
    int file_fd; /* -1; see backup.c */
};

struct duck_stream;

struct duck_conn {
    struct engine_conn base;
    struct duck_conn *next; /* under duck.lock */
    enum engine_mode mode;
    pthread_mutex_t con_lock; /* con against interrupt and progress of other threads */
    duckdb_connection con;
    unsigned generation;
    unsigned holds;                             /* under duck.lock */
    unsigned session_generation, session_asker; /* what the variables of con stand for; see session.c */
    int64_t session_now_us;
    bool session_any_order;
    bool in_transaction;
    bool running;               /* under con_lock; a statement runs and may be interrupted */
    bool interrupted;           /* under con_lock; asked to stop since the statement began */
    struct duck_stream *stream; /* the open one */
    struct map staged;          /* lower-case name -> struct duck_stage */
    unsigned staged_serial;
    struct duck_relations *relations; /* whose columns are known; NULL: none. See table.c */
};

/* ---- instance.c */
struct duck *duck_of(struct engine_conn *c);
int duck_open(const struct engine_options *options, struct engine **ret, struct error *err);
/* Loads libduckdb of the folder; comes before any other use of it. */
int duck_load_library(const char *lib_dir, struct error *err) MUST_CHECK;
void duck_close(struct engine *e);
int duck_allow_dirs(struct engine *e, const char *const *dirs, size_t count, struct error *err);
const char *duck_version(const struct engine *e);
/* Closes db and opens it anew; duck.lock is held and nothing holds anything. */
int duck_reopen(struct duck *d, struct error *err) MUST_CHECK;

/* ---- connect.c */
int duck_connect(struct engine *e, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret, struct error *err);
void duck_disconnect(struct engine_conn *c);
void duck_interrupt(struct engine_conn *c);
double duck_progress(struct engine_conn *c);
int duck_begin(struct engine_conn *c, struct error *err);
int duck_commit(struct engine_conn *c, struct error *err);
void duck_rollback(struct engine_conn *c);
/* Around every use of c->con: makes sure that it is connected to the living instance; duck_leave gives it back. */
int duck_enter(struct duck_conn *c, struct error *err) MUST_CHECK;
void duck_leave(struct duck_conn *c);
/* A hold that outlives a call: transaction, stream, staged relation. Within duck_enter only. */
void duck_hold(struct duck_conn *c);
void duck_release(struct duck_conn *c);
/* Marks the start of a statement that may be interrupted, and its end. */
void duck_run_begin(struct duck_conn *c);
void duck_run_end(struct duck_conn *c);
bool duck_run_interrupted(struct duck_conn *c);
/* The writer's place; cancel may be NULL. */
int duck_writer_take(struct duck *d, const struct cancel *cancel, struct error *err) MUST_CHECK;
void duck_writer_give(struct duck *d);

/* ---- session.c */
/* Sets the variables that views ask: time and user. Before every statement; *ret_now_us is the time that it takes for now. */
int duck_session(struct duck_conn *c, int64_t *ret_now_us, struct error *err) MUST_CHECK;

/* ---- errors.c */
struct duck_where { /* what an error of DuckDB is about; all may be NULL */
    const struct engine_stmt *stmt;
    const char *rewritten; /* the DuckDB SQL that failed */
};
/* Turns an error message of DuckDB into err; notices that the instance is broken. Returns the kind. */
int duck_error(struct duck *d, const char *message, const struct duck_where *where, struct error *err);
int duck_result_failed(struct duck *d, duckdb_result *result, const struct duck_where *where, struct error *err); /* destroys result */
int duck_error_data(struct duck *d, duckdb_error_data data, const struct duck_where *where, struct error *err);   /* destroys data */
void duck_error_place(const struct engine_stmt *s, struct error *err); /* where = file:line when there is none yet */

/* ---- statement.c */
int duck_exec(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret_rows, struct error *err);
int duck_describe(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_column **ret, size_t *ret_count,
                  struct error *err);
int duck_show_sql(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err);
int duck_parse_tree(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret_json, struct error *err);
int duck_tree_of(struct engine_conn *c, const char *sql, struct arena *a, const char **ret_json, struct error *err);
int duck_stage_query(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows, struct error *err);

/* A query ready to run. */
struct duck_query {
    struct sql_rewritten *rewritten;
    duckdb_prepared_statement prepared;
};
/* Rewrites, prepares and binds; queries only (no writing statement). once: values of parameters may stand in the text. Within
 * duck_enter. */
int duck_query_prepare(struct duck_conn *c, const struct engine_stmt *s, bool once, struct arena *a, struct duck_query *ret,
                       struct error *err) MUST_CHECK;
/* Prepares SQL of DuckDB and binds the parameters of where->stmt; any kind of statement. Within duck_enter. */
int duck_prepare_bound(struct duck_conn *c, const char *sql, const struct duck_where *where, duckdb_prepared_statement *ret,
                       struct error *err) MUST_CHECK;
/* Runs a prepared statement to its end or, streaming, to its first rows. Within duck_enter. */
int duck_run(struct duck_conn *c, duckdb_prepared_statement p, bool streaming, const struct duck_where *where, duckdb_result *ret,
             struct error *err) MUST_CHECK;
/* SQL of our own in DuckDB's dialect, without result; within duck_enter. */
int duck_sql(struct duck_conn *c, const char *sql, struct error *err) MUST_CHECK;
/* The same with a result, which the caller destroys. */
int duck_sql_result(struct duck_conn *c, const char *sql, duckdb_result *ret, struct error *err) MUST_CHECK;
/* Columns of a prepared query; names and types of the rewriter are taken before those of DuckDB. */
int duck_query_columns(const struct duck_query *q, struct arena *a, struct engine_column **ret, size_t *ret_count,
                       struct error *err) MUST_CHECK;

/* ---- table.c */
int duck_table_columns(struct engine_conn *c, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                       size_t *ret_count, struct error *err);
int duck_table_hash(struct engine_conn *c, const char *schema, const char *table, const char *const *leave_out, size_t count, uint64_t *ret,
                    struct error *err);
/* "schema"."table" or the staged relation of schema incoming; NULL when nothing is staged under that name. */
char *duck_table_sql(struct duck_conn *c, struct arena *a, const char *schema, const char *table);
/* Columns of anything that can stand after FROM, with DuckDB's type text; ERROR_NOT_FOUND. Within duck_enter. */
struct duck_column {
    const char *name;
    const char *duckdb_type;
};
int duck_relation_columns(struct duck_conn *c, const char *from_sql, struct arena *a, struct duck_column **ret, size_t *ret_count,
                          struct error *err) MUST_CHECK;
/* The same for "schema"."table". A writer keeps them: nobody else can change a table or view as long as it has its place. */
int duck_named_columns(struct duck_conn *c, const char *name_sql, struct arena *a, struct duck_column **ret, size_t *ret_count,
                       struct error *err) MUST_CHECK;
void duck_forget_columns(struct duck_conn *c); /* after anything that can change a table or view */
/* Texts that DuckDB allocates for its caller, copied into the arena. It gives NULL when its memory is out: that ends the process. */
char *duck_text(struct arena *a, const char *text);                                     /* frees text */
char *duck_value_text(struct arena *a, duckdb_result *result, idx_t column, idx_t row); /* NULL: the value is null */
char *duck_type_text(struct arena *a, duckdb_logical_type type);                        /* as DuckDB prints it */
const char *duck_databricks_type(struct arena *a, const char *text); /* Databricks text; DuckDB's own when there is none */

/* ---- stream.c */
int duck_stream(struct engine_conn *c, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct arena *a,
                struct engine_column **ret_columns, size_t *ret_count, struct error *err);

/* ---- stage.c, stage_text.c, stage_delta.c */
int duck_stage_files(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                     const struct engine_column *want, size_t want_count, struct error *err);
void duck_unstage(struct engine_conn *c, const char *name);
int duck_staged_files(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                      struct error *err) MUST_CHECK;
/* A staged relation lies in the temp catalogue under a name of its own, so that a new one can be made from an old one of the
 * same name: take a name, make the relation, then register it, which drops the old one and holds the connection. */
char *duck_staged_new(struct duck_conn *c, struct arena *a, const char *name);
/* beside (may be NULL) is a table that the relation reads and that goes with it. */
void duck_staged_add(struct duck_conn *c, const char *name, const char *relation, bool view, const char *beside);
const char *duck_staged_relation(const struct duck_conn *c, const char *name); /* NULL: nothing is staged under it */
void duck_staged_drop_all(struct duck_conn *c);
int duck_stage_name_check(const char *name, struct error *err) MUST_CHECK;

/* Registers the reader of CSV and JSON lines with a new instance. */
int duck_text_register(struct duck *d, duckdb_connection con, struct error *err) MUST_CHECK;

/* ---- loader.c */
int duck_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret, struct error *err);
void duck_load_bool(struct engine_loader *l, unsigned column, bool v);
void duck_load_i64(struct engine_loader *l, unsigned column, int64_t v);
void duck_load_f64(struct engine_loader *l, unsigned column, double v);
void duck_load_text(struct engine_loader *l, unsigned column, const char *s, size_t len);
int duck_load_row(struct engine_loader *l, struct error *err);
int duck_load_end(struct engine_loader *l, struct error *err);
void duck_load_abort(struct engine_loader *l);

/* ---- copy.c */
int duck_save(struct engine_conn *c, struct ArrowArrayStream *stream, const char *path, struct error *err);
int duck_copy_open(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret, struct error *err);
int duck_copy_run(struct engine_copier *k, const struct engine_param *params, const char *dir, enum engine_format format, int64_t *ret_rows,
                  struct error *err);
void duck_copy_close(struct engine_copier *k);

/* ---- backup.c */
int duck_backup(struct engine *e, const char *path, struct error *err);
int duck_checkpoint(struct engine *e, struct error *err);

#endif
