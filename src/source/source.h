/*
 * source - where rows come from: one file per kind of source. A source says what it has (source_scan), compared with what
 * was loaded before, and brings it into the warehouse; it decides nothing about keys, quality or history (room build).
 *
 * Three kinds:
 *  folder  tables as folders `<schema>/<table>/` (billing/usage) of Parquet, JSON lines, CSV files (text also as .gz, .zst)
 *          or a Delta table (C-05).
 *          Its rows have the shape of the system table; scan names files, engine_stage_files reads them.
 *  spark   event logs of Apache Spark 3 and 4: plain, .gz, .zstd files, .inprogress ones, and rolling folders eventlog_v2_*.
 *          A log is a stream of events, not a table: it is landed line by line into the tables of schema `secchi_spark`
 *          (packs/health/sources/spark/landing.sql), from which the queries packs/health/sources/spark/<schema>.<table>.sql
 *          derive the rows of system tables. A growing log goes on at its offset; nothing is kept in memory in between.
 *  databricks  the system tables of a workspace. A scan asks a SQL warehouse for the rows that came since, and lands them as Parquet files
 *          <path>/<schema>/<table>/<number>.parquet in the order in which they were asked for; from then on it is a folder. How far a
 *          table was asked stands beside its files, in _mark.json, which is written after them: what breaks off is asked for again.
 *
 * New files are known by name and size. A changed or vanished file is a finding and its rows stay.
 */
#ifndef SECCHI_SOURCE_H
#define SECCHI_SOURCE_H

#include "base/base.h"
#include "engine/engine.h"

enum source_kind { SOURCE_FOLDER, SOURCE_SPARK, SOURCE_DATABRICKS };

/* A table that a source of Databricks is asked for. */
struct source_table {
    const char *table; /* "billing/usage" */
    const char
        *change; /* column that says when a row came to be, by which later ones are asked for; NULL: the whole table is, every time */
    const char **order; /* columns that name a row, for a fixed order of equal answers */
    size_t order_count;
    int64_t from_us; /* older rows are not asked for at first; INT64_MIN: all are */
};

struct source_spec {  /* one entry of `sources:` in secchi.yaml */
    const char *name; /* unique; the default is the folder's name */
    const char *path; /* absolute */
    enum source_kind kind;
    const char *account_id; /* spark: account and workspace that its rows are given, since Spark knows neither */
    const char *workspace_id;
    /* databricks: path is the folder that answers are landed in */
    const struct engine_options *login; /* url, token, ca_file, warehouse_id, profile; see engine_options */
    const struct source_table *tables;
    size_t table_count;
    int64_t overlap_us;          /* how far before its newest row a table is asked again */
    const struct cancel *cancel; /* may be NULL */
};

/* Looks at a folder and says which kind of source it is; ERROR_USAGE with what was expected when it is none. */
int source_detect(const char *path, enum source_kind *ret, struct error *err) MUST_CHECK;

/* What was loaded of a file before: a row of secchi_ops.load_mark. */
struct source_mark {
    const char *table; /* "billing/usage", or "spark" for an event log */
    const char *file;  /* relative to the source's path; "." for a Delta table that is the source itself */
    int64_t size;      /* bytes when loaded */
    int64_t offset;    /* bytes consumed: end of the last complete line (spark: of the uncompressed stream) */
    int64_t version;   /* Delta version, else -1 */
};

/* Something a person should know; never a reason to stop the rest. kind is one of: file_changed, file_vanished,
 * unreadable, truncated, log_expired, no_tables, bad_line, unknown_format. (unknown_table is found by build, which knows the
 * catalogue.) */
struct source_finding {
    const char *kind;
    const char *table; /* may be NULL */
    const char *file;  /* may be NULL */
    char text[512];    /* one sentence: what, and what to do */
};

/* New input of one table (folder) or one event log (spark). */
struct source_unit {
    const char *table;         /* "billing/usage"; "spark" for an event log */
    enum engine_format format; /* folder only */
    struct engine_file *files; /* with absolute paths; folder: large JSON lines as several ranges, in their order; spark: the
                                  parts of one log in their order */
    size_t file_count;
    struct source_mark *marks; /* what to record when the unit was loaded, in the same transaction: folder: one for each of
                                  files, true when all before it were loaded; spark: made by source_land */
    size_t mark_count;
    const char *log; /* spark: name of the log (file or folder), its key in the landing tables */
    int64_t bytes;   /* to be read, for progress */
};

struct source_scan {
    struct source_unit *units; /* ordered by table, then file, byte order */
    size_t unit_count;
    struct source_finding *findings;
    size_t finding_count;
};

/* Everything returned lives in the arena. An unreadable source is an error, never an empty scan; an unreadable file in a
 * readable source is a finding. */
int source_scan(const struct source_spec *spec, const struct source_mark *marks, size_t mark_count, struct arena *a,
                struct source_scan *ret, struct error *err) MUST_CHECK;

struct source_landed {
    int64_t lines, bytes, events, bad_lines; /* bytes uncompressed; bad_lines became findings with their offset */
    struct source_finding *findings;
    size_t finding_count;
};
/* Spark: reads the unit's log from its mark's offset to the last complete line into the landing tables, inside the
 * caller's transaction, and fills unit->marks. progress (may be NULL) is called with bytes read so far.
 * A truncated compressed file is read up to the break and reported. */
int source_land(const struct source_spec *spec, struct source_unit *unit, struct engine_conn *c, const struct cancel *cancel,
                void (*progress)(void *context, int64_t bytes), void *context, struct arena *a, struct source_landed *ret,
                struct error *err) MUST_CHECK;

#endif
