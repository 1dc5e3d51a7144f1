/*
 * engine - one interface to whatever runs the SQL: open, run Databricks SQL, stream Arrow batches, read files, bulk
 * load, cancel, describe. The embedded default is DuckDB (src/engine/duckdb); no caller sees which one it is.
 *
 * Every statement given here is Databricks SQL; the engine rewrites it to its own dialect with the sql room. Table
 * names are resolved by the function that the owner of the engine sets (engine_set_env), after the engine has taken
 * the names of its own: schema `incoming` holds the staged relations of one connection and vanishes with it.
 *
 * Threads: an engine may be used by any thread, a connection by one at a time (engine_interrupt excepted). There is one
 * writer at a time: opening a second ENGINE_WRITE connection waits for the first to be closed. Readers see the state
 * of the last commit and never wait.
 */
#ifndef SECCHI_ENGINE_H
#define SECCHI_ENGINE_H

#include "base/base.h"
#include "sql/sql.h"

struct ArrowArrayStream; /* nanoarrow.h, the Arrow C stream interface */
struct ArrowSchema;

struct engine;
struct engine_conn;

struct engine_options {
    const char *kind;             /* "duckdb", "spark", "databricks" */
    const char *path;             /* the warehouse file; NULL: in memory (used by check and tests) */
    const char *lib_dir;          /* folder with extensions/ and macros.sql; NULL: looked for beside the program */
    const char *temp_dir;         /* where the engine may spill; NULL: beside the warehouse */
    const char *const *read_dirs; /* registered sources: the only folders that SQL may read files from */
    size_t read_dir_count;
    int64_t memory_limit_bytes; /* for the whole instance; 0: a quarter of the machine, 1 GiB at the least */
    int64_t temp_limit_bytes;   /* spill cap; 0: 10 GiB */
    int threads;                /* 0: one a core */
    /* spark; path, temp_dir and limits are not looked at there, lib_dir and read_dirs are: the embedded engine reads the files */
    const char *url;     /* sc://host:port/;option=value */
    const char *token;   /* NULL or "": that of the url */
    const char *ca_file; /* PEM; NULL or "": the system's authorities */
    const char *catalog; /* that holds the schemas; NULL or "": spark_catalog */
    /* databricks: url is https://host; of what is NULL or "" here the environment and ~/.databrickscfg decide, as for Databricks' own
     * clients. No file of this machine is read. */
    const char *warehouse_id, *profile;
};

/* Opens (creates) the warehouse. External access is then restricted to read_dirs and the configuration locked. A file
 * of a newer storage version or a damaged one is an ERROR_IO that names the file and `secchi restore`; a file that another
 * process has open is an ERROR_CONFLICT. Delta tables can be read when one lies in a read_dir (up to four folders down). */
int engine_open(const struct engine_options *options, struct engine **ret, struct error *err) MUST_CHECK;
void engine_close(struct engine *e); /* checkpoints; connections must be closed before */
/* Adds folders to read_dirs; reopens the instance if it must, waiting for running statements, transactions and staged
 * relations to end (so the caller must have none). An engine in memory cannot be reopened: ERROR_CONFLICT. */
int engine_allow_dirs(struct engine *e, const char *const *dirs, size_t count, struct error *err) MUST_CHECK;
/* Before the first statement: context, name, variable, function, metric and user of env are taken (and must live as long as the engine),
 * the rest is the engine's own. Without a name callback one-part names lie in schema main. */
void engine_set_env(struct engine *e, const struct sql_env *env);
const char *engine_version(const struct engine *e); /* "duckdb 1.5.5" */
/* The folder with libraries, extensions and macros.sql: lib/secchi beside the program or one folder up; ERROR_NOT_FOUND. */
int engine_lib_dir(struct arena *a, const char **ret, struct error *err) MUST_CHECK;

enum engine_mode { ENGINE_READ, ENGINE_WRITE };
/* cancel may be NULL; it is looked at while waiting for the writer's place. */
int engine_connect(struct engine *e, enum engine_mode mode, const struct cancel *cancel, struct engine_conn **ret,
                   struct error *err) MUST_CHECK;
void engine_disconnect(struct engine_conn *c); /* rolls back what is open, drops staged relations */
void engine_interrupt(struct engine_conn *c);  /* from any thread; the running statement ends with ERROR_INTERRUPTED */
double engine_progress(struct engine_conn *c); /* of a running engine_exec, 0..1, or -1 when unknown; from any thread */

int engine_begin(struct engine_conn *c, struct error *err) MUST_CHECK;
int engine_commit(struct engine_conn *c, struct error *err) MUST_CHECK;
void engine_rollback(struct engine_conn *c);

/* ---- what statements of a connection take for granted; each lasts until it is set again, instances opened anew included ---- */

/* The time that they take for now, us UTC; 0 (as at first): the process clock. A statement sees one time throughout, in the views
 * that it reads as well. */
void engine_set_clock(struct engine_conn *c, int64_t time_us);
/* Rows may be stored, and come where no ORDER BY says it, in any order, which is faster and needs less memory; at first they keep the
 * order in which they are read. */
void engine_set_any_order(struct engine_conn *c);
/* Who asks, for current_user() and is_member(); views ask when they are read. NULL (as at first): the user of engine_set_env, in no
 * group. All is copied. */
void engine_set_user(struct engine_conn *c, const char *user, const char *const *groups, size_t group_count);

/* ---- statements ------------------------------------------------------------------------------------ */

enum engine_type { ENGINE_NULL, ENGINE_BOOL, ENGINE_I64, ENGINE_F64, ENGINE_TEXT, ENGINE_TIMESTAMP, ENGINE_DATE, ENGINE_OTHER };

struct engine_value {
    enum engine_type type;
    union {
        bool b;
        int64_t i; /* I64; TIMESTAMP: us UTC; DATE: days since 1970-01-01 */
        double f;
        const char *text; /* TEXT; in results also the text form of ENGINE_OTHER (decimals, nested values as JSON) */
    };
};

struct engine_param {
    const char *name; /* as in `:name` */
    struct engine_value value;
};

/* One Databricks SQL statement with where it comes from, for error positions. */
struct engine_stmt {
    const char *sql;
    const char *file; /* NULL: typed by a person */
    uint32_t line;    /* of the first line of sql in file, from 1; 0 counts as 1 */
    const struct engine_param *params;
    size_t param_count;
};
#define ENGINE_SQL(text) (&(struct engine_stmt){.sql = (text)})

/* Runs a statement without result; ret_rows (may be NULL) is the number of rows inserted, updated or deleted. */
int engine_exec(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret_rows, struct error *err) MUST_CHECK;
/* Runs one query; batches are produced as they are asked for. The connection is busy until the stream is released. */
int engine_stream(struct engine_conn *c, const struct engine_stmt *s, struct ArrowArrayStream *ret, struct error *err) MUST_CHECK;
/* The whole error behind a failed get_schema or get_next; NULL for a stream that is not of this room. */
const struct error *engine_stream_error(struct ArrowArrayStream *stream);

struct engine_column {
    const char *name;
    const char *type; /* Databricks type text, e.g. "STRUCT<a: INT>" */
    bool nullable;
};
struct engine_rows {
    struct engine_column *columns;
    size_t column_count;
    struct engine_value *values; /* row_count * column_count, row by row */
    size_t row_count;
};
/* For small results, into the arena; more than max_rows rows is ERROR_LIMIT. */
int engine_rows(struct engine_conn *c, const struct engine_stmt *s, size_t max_rows, struct arena *a, struct engine_rows *ret,
                struct error *err) MUST_CHECK;
/* The single cell of a one-row, one-column result. */
int engine_cell(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_value *ret,
                struct error *err) MUST_CHECK;
/* Names and types of a query's result, without running it. */
int engine_describe(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, struct engine_column **ret, size_t *ret_count,
                    struct error *err) MUST_CHECK;
/* Columns of a table or of a staged relation ("incoming.x"); ERROR_NOT_FOUND when there is none, with the nearest name as a hint
 * unless err is NULL: to look for that costs more than all the rest. */
int engine_table_columns(struct engine_conn *c, const char *schema, const char *table, struct arena *a, struct engine_column **ret,
                         size_t *ret_count, struct error *err) MUST_CHECK;
const struct engine_column *engine_find_column(const struct engine_column *columns, size_t count, const char *name); /* any case; or NULL */
/* 64-bit hash of a table's rows as a multiset, leaving out the named columns; equal tables give equal hashes whatever the order. */
int engine_table_hash(struct engine_conn *c, const char *schema, const char *table, const char *const *leave_out, size_t count,
                      uint64_t *ret, struct error *err) MUST_CHECK;
/* The statement as the engine gets it, in its own dialect; the text lives in the arena. */
int engine_sql(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret, struct error *err) MUST_CHECK;
/* The parse tree of a query as the engine will run it, as JSON text in the arena: what the gate of people's SQL decides on. */
int engine_parse_tree(struct engine_conn *c, const struct engine_stmt *s, struct arena *a, const char **ret_json,
                      struct error *err) MUST_CHECK;

/* ---- compressed files: one file, decompressed as it is read ------------------------------------------------- */

enum unpack_codec { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD };
enum unpack_state { UNPACK_DATA, UNPACK_END, UNPACK_TRUNCATED, UNPACK_DAMAGED };

struct unpack;
/* By the end of a name: .gz, .zst, .zstd; else UNPACK_PLAIN. *ret_len (may be NULL) is the length without that end. */
enum unpack_codec unpack_codec_of(const char *name, size_t *ret_len);
int unpack_open(const char *path, enum unpack_codec codec, struct unpack **ret, struct error *err) MUST_CHECK;
/* Goes on at an uncompressed offset: a seek in a plain file, else everything before it is decompressed and dropped. */
enum unpack_state unpack_skip(struct unpack *u, int64_t bytes);
/* Fills up to cap bytes. UNPACK_DATA: *ret_len > 0; the other states come alone, with *ret_len 0. */
enum unpack_state unpack_read(struct unpack *u, char *data, size_t cap, size_t *ret_len);
const char *unpack_why(const struct unpack *u); /* of UNPACK_DAMAGED */
int64_t unpack_bytes_read(const struct unpack *u);
void unpack_close(struct unpack *u);

/* ---- reading files ------------------------------------------------------------------------------------ */

enum engine_format { ENGINE_PARQUET, ENGINE_JSONL, ENGINE_CSV, ENGINE_DELTA };

struct engine_file {
    const char *path;
    int64_t from_offset;              /* JSONL: first byte to read; others 0 */
    int64_t to_offset;                /* JSONL: end of the last complete line, or -1 for the end of the file */
    int64_t from_version, to_version; /* DELTA: commits (from, to]; from -1: the whole table at `to`, whose files are its rows */
};

#define ENGINE_TRUNCATED "the compressed file is cut off"

/* Stages files as relation `incoming.<name>`: every column of the files under its own name (union by name) and in its own
 * type, plus
 *   bronze_source_file STRING  (path as given)
 *   bronze_source_seq BIGINT   (row number from 0; JSON lines: byte offset of the line)
 *   bronze_reject STRING       (null, or why the row cannot be used)
 * A column of the files with one of these names is left out. The connection holds the relation until engine_unstage, or until
 * another one is staged under its name; it does not end with the transaction.
 *
 * CSV and JSON lines are text: columns that `want` names get its types, others are STRING (nested JSON as its text). A value that
 * is not of the type is null and makes the row a rejected one, as does a line that is not JSON or has not as many fields as the
 * header. A key that only some JSON lines have is a column all the same; fields that a wished STRUCT does not have are left out.
 * CSV: RFC 4180 with header, nested values as JSON, nothing is null, "" is empty text. Times without zone are UTC.
 * Parquet and Delta: their own types, moments as TIMESTAMP in UTC; want is not looked at. A Parquet relation and a whole Delta
 * table are read when they are asked, so their files must stay.
 * Text whose name ends in .gz, .zst or .zstd is decompressed as it is read, from its beginning to its end; the offset of a JSON line
 * is that in the text. One that breaks off is an ERROR_IO whose text begins with ENGINE_TRUNCATED.
 * Delta: commits (from, to] bring the rows of the files that they added; compactions and deletions bring none, changed rows come
 * again with their later version. bronze_source_file is "<version>/<file>" with the version in 20 digits, so that byte order is
 * commit order; the row number is that within its file. When the log no longer has the commits, or a compacted file was vacuumed,
 * the whole table is staged. The reader is loaded when a source folder holds a Delta table: call engine_allow_dirs with
 * the folders before; without it, ERROR_CONFLICT.
 * A file that cannot be read at all (truncated, no permission) is an ERROR_IO with its path in `where`. */
int engine_stage_files(struct engine_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                       const struct engine_column *want, size_t want_count, struct error *err) MUST_CHECK;
struct engine_file_columns {
    const char *path;
    struct engine_column *columns; /* type NULL: not known, as in text and for nested columns of Parquet */
    size_t count;
};
/* The columns that each file of a relation has, where several files were staged; none for one file and for Delta, whose log
 * gives one shape to all. */
int engine_staged_files(struct engine_conn *c, const char *name, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                        struct error *err) MUST_CHECK;
/* Stages the result of a query as `incoming.<name>` (materialised). */
int engine_stage_query(struct engine_conn *c, const char *name, const struct engine_stmt *s, int64_t *ret_rows,
                       struct error *err) MUST_CHECK;
void engine_unstage(struct engine_conn *c, const char *name);

/* ---- bulk load ------------------------------------------------------------------------------------------- */

/* Appends rows to a table of simple column types (BOOLEAN, INT, BIGINT, DOUBLE, STRING, TIMESTAMP, DATE) within the
 * connection's transaction. Columns not set in a row are null. Text is copied. */
struct engine_loader;
int engine_load_begin(struct engine_conn *c, const char *schema, const char *table, struct engine_loader **ret,
                      struct error *err) MUST_CHECK;
void engine_load_bool(struct engine_loader *l, unsigned column, bool v);
void engine_load_i64(struct engine_loader *l, unsigned column, int64_t v); /* INT, BIGINT, TIMESTAMP (us), DATE (days) */
void engine_load_f64(struct engine_loader *l, unsigned column, double v);
void engine_load_text(struct engine_loader *l, unsigned column, const char *s, size_t len); /* UTF-8; invalid bytes become U+FFFD */
int engine_load_row(struct engine_loader *l, struct error *err) MUST_CHECK;                 /* ends the row */
int engine_load_end(struct engine_loader *l, struct error *err) MUST_CHECK;                 /* flushes and frees l, also on failure */
void engine_load_abort(struct engine_loader *l);                                            /* frees l; NULL is fine */

/* ---- writing files ---------------------------------------------------------------------------------------- */

/* Writes results of one query into files, whose text is rewritten once: a file for each value of its column `by`, a DATE, which is left
 * out of them. Parameters have the names and types of s->params in every run; their values are those of the run. s->sql, s->file and by
 * must live as long as the copier. */
struct engine_copier;
int engine_copy_open(struct engine_conn *c, const struct engine_stmt *s, const char *by, struct engine_copier **ret,
                     struct error *err) MUST_CHECK;
/* PARQUET or JSONL. The files are <dir>/<by>=YYYY-MM-DD/data_<number>.<parquet or jsonl>, one a value on an engine with one thread; dir
 * must lie in a read_dir of the engine and is absent or empty. The rows stand in the order of the query; without ORDER BY and with one
 * thread that is the same in every run. ret_rows may be NULL. */
int engine_copy_run(struct engine_copier *k, const struct engine_param *params, const char *dir, enum engine_format format,
                    int64_t *ret_rows, struct error *err) MUST_CHECK;
void engine_copy_close(struct engine_copier *k); /* NULL is fine */
/* Writes what is left of a stream, of any engine, into one Parquet file in a read_dir of the connection's engine; an old file is replaced.
 * The stream is left to the caller to release; an error of its own is given as it is. ERROR_UNAVAILABLE on an engine without files. */
int engine_save(struct engine_conn *c, struct ArrowArrayStream *stream, const char *path, struct error *err) MUST_CHECK;

/* ---- files of the warehouse ---------------------------------------------------------------------------- */

/* A consistent copy of the warehouse, in one file; path must not exist. Readers go on; it waits for the writer's place, and the
 * next writer waits while the file is copied (hundreds of MB a second). */
int engine_backup(struct engine *e, const char *path, struct error *err) MUST_CHECK;
/* Writes the log into the file. Commits do it by themselves from time to time; ERROR_CONFLICT when a reader of an older state
 * prevents it. */
int engine_checkpoint(struct engine *e, struct error *err) MUST_CHECK;

#endif
