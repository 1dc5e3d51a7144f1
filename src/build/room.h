/*
 * Private to the room build: the state of one refresh and what its files hand each other.
 *
 *   prepare.c  schemas, tables and views         refresh.c  order of a refresh, plan, watcher
 *   ops.c      secchi_ops: runs, steps, marks    land.c     event logs into the landing tables
 *   finding.c  findings, open and closed         load.c     one batch into a bronze table
 *   shape.c    delivered columns against ours    bronze.c   batches of a bronze table
 *   gold.c     the publishing transaction        after.c    orphans, statistics
 *   upsert.c   MERGE into an empty table             recover.c  what a dead process left behind
 *   horizon.c  look-back and retention of a table    keys.c     doubles, orphans, overlaps of gold tables
 *   rules.c    quality rules                    information.c  information_schema
 */
#ifndef SECCHI_BUILD_ROOM_H
#define SECCHI_BUILD_ROOM_H

#include "build/build.h"

#include <pthread.h>

/* ---- SQL with parameters ------------------------------------------------------------------------------------- */

#define P_TEXT(n, v) ((struct engine_param){(n), {.type = (v) ? ENGINE_TEXT : ENGINE_NULL, .text = (v)}})
#define P_I64(n, v) ((struct engine_param){(n), {.type = ENGINE_I64, .i = (v)}})
#define P_BOOL(n, v) ((struct engine_param){(n), {.type = ENGINE_BOOL, .b = (v)}})
#define P_TIME(n, us) ((struct engine_param){(n), {.type = (us) == INT64_MIN ? ENGINE_NULL : ENGINE_TIMESTAMP, .i = (us)}})
/* A statement of ours with its parameters. */
#define SQL_WITH(text, ...) \
    (&(struct engine_stmt){.sql = (text), \
                           .params = (struct engine_param[]){__VA_ARGS__}, \
                           .param_count = sizeof((struct engine_param[]){__VA_ARGS__}) / sizeof(struct engine_param)})

#define TEMPLATE(a, text, ...) \
    sql_template((a), (text), (struct sql_place[]){__VA_ARGS__}, sizeof((struct sql_place[]){__VA_ARGS__}) / sizeof(struct sql_place))

/* ---- one refresh ----------------------------------------------------------------------------------------------- */

struct build_source {
    struct source_spec spec;
    struct source_scan scan;
    bool unreadable; /* the scan failed: nothing is known of it */
    struct error error;
};

struct build_step {
    int64_t seq;
    const char *name, *layer, *table; /* table: NULL for scan and land */
    enum run_state state;             /* succeeded, failed, cancelled; RUN_INTERRUPTED stands for skipped */
    int64_t started_us, ended_us;
    int64_t rows_in, rows_changed, rows_rejected;
    char error[1024];
};

struct build_finding;
struct build_table_rule;
struct build {
    const struct build_context *ctx;
    const struct build_options *options;
    struct build_report report;
    struct arena *arena;      /* of the refresh */
    struct engine_conn *conn; /* the writer */
    int64_t run_id, as_of_us;
    int64_t last_ingested_us; /* newest bronze_ingestion_timestamp given */
    int64_t last_landing;
    struct build_finding *open; /* findings of earlier runs */
    size_t open_count;
    struct build_table_rule *rules; /* that are enabled; NULL: not read yet */
    size_t rule_count;
    struct build_source *sources;
    size_t source_count;
    struct map chosen;   /* "schema.name" of the objects of --only and what they read; empty: all */
    struct map left_out; /* "schema.name" -> why: failed, or depends on a failed one */
    struct map met;      /* "schema.name" of bronze tables of which a load of this run had a row that was there, or may have */
    struct map keyed;    /* "schema.name" of gold tables that only got or changed the rows whose keys are in incoming.<name>_keys */
    size_t done, total;  /* steps */
    int64_t seq;
    char first_failure[1024];

    pthread_mutex_t lock; /* all below, and calls of on_event */
    pthread_cond_t wake;
    pthread_t watcher;
    bool watching, stop;
    bool interrupted;                /* the cancellation was heard: what is still to be written is no longer interrupted */
    struct build_step *step;         /* the one at work, or NULL */
    int64_t bytes_done, bytes_total; /* of a landing; total 0: ask the engine */
};

/* ---- refresh.c */
bool build_chosen(const struct build *b, const struct pack_object *o);
const char *build_key(struct arena *a, const struct pack_object *o); /* "schema.name" in lower case */
void build_step_begin(struct build *b, struct build_step *step, const char *name, const char *layer, const char *table);
/* Ends a step by rc and err: its row in secchi_ops when it is not written yet (record), the projection, the event. Returns 0
 * when the refresh may go on, else ERROR_INTERRUPTED or the failure of the bookkeeping itself. */
int build_step_end(struct build *b, struct build_step *step, int rc, const struct error *why, bool record, struct error *err) MUST_CHECK;
void build_step_tell(struct build *b, const struct build_step *step);    /* its end, to whoever listens */
void build_step_project(struct build *b, const struct build_step *step); /* into the state store */
bool build_stopped(struct build *b);                                     /* cancelled */

/* ---- information.c */
/* The catalogue as rows of secchi_ops; its tables and views are there. */
int build_information_fill(const struct build_context *ctx, struct engine_conn *c, struct error *err) MUST_CHECK;
int build_information_views(struct engine_conn *c, struct error *err) MUST_CHECK; /* the tables of secchi_ops are there */

/* ---- ops.c */
int build_run_begin(struct build *b, struct error *err) MUST_CHECK;
int build_run_end(struct build *b, enum run_state state, const char *error, struct error *err) MUST_CHECK;
/* Rows of a table of secchi_ops, given by the names of its columns; those that are not named are null. They cost a tenth of what
 * statements would. Within the caller's transaction, else one of their own. */
struct build_rows {
    struct engine_loader *loader;
    const char *table;
    struct engine_column *columns;
    size_t column_count;
};
int build_rows_begin(struct engine_conn *c, const char *table, struct arena *a, struct build_rows *ret, struct error *err) MUST_CHECK;
int build_rows_add(struct build_rows *r, const struct engine_param *values, size_t count, struct error *err) MUST_CHECK;
int build_rows_end(struct build_rows *r, int rc,
                   struct error *err) MUST_CHECK; /* writes them, or nothing when rc says that it failed; returns rc */
#define ROW(...) (struct engine_param[]){__VA_ARGS__}, sizeof((struct engine_param[]){__VA_ARGS__}) / sizeof(struct engine_param)
int build_steps_record(struct build *b, const struct build_step *steps, size_t count, struct error *err) MUST_CHECK;
struct build_loaded { /* a load transaction of a bronze table */
    int64_t ingested_us;
    const char *source, *table; /* source NULL: retention took rows */
    int64_t rows_in, changed, rejected;
};
int build_loaded_put(struct build *b, const struct build_loaded *l, struct error *err) MUST_CHECK;
int build_marks(struct engine_conn *c, const char *source, struct arena *a, struct source_mark **ret, size_t *ret_count,
                struct error *err) MUST_CHECK;
int build_mark_put(struct build *b, const char *source, const struct source_mark *marks, size_t count, struct error *err) MUST_CHECK;
int64_t build_next_ingested(struct build *b); /* strictly later than every one before */
int build_i64(struct engine_conn *c, const struct engine_stmt *s, int64_t *ret,
              struct error *err) MUST_CHECK; /* one cell; NULL is 0, timestamps in us */
int build_table_exists(struct engine_conn *c, const char *schema, const char *table, bool *ret, struct error *err) MUST_CHECK;
const char *build_hash(struct arena *a, const void *data, size_t len); /* 16 hexadecimal digits */

/* ---- finding.c */
struct build_finding {
    const char *kind, *severity, *source, *table, *file;
    const char *subject; /* what of the table or file: a column, a check, a key; may be NULL */
    char text[1024];
};
#define FINDINGS_SCAN "file_changed,file_vanished,unreadable,unknown_format,log_expired,no_tables,unknown_table,source_unreadable"
#define FINDINGS_LOAD "column_added,column_missing,type_changed,rows_rejected,rows_suspect"
#define FINDINGS_LAND "truncated" /* a bad line stays one */
#define FINDINGS_KEYS "duplicate_key,orphan_rows,overlapping_periods"
#define FINDINGS_FILE "damaged,file_truncated"
int build_findings_open(struct build *b, struct error *err) MUST_CHECK; /* before anything is looked for: what may be closed */
int build_finding_put(struct build *b, const struct build_finding *f, struct error *err) MUST_CHECK; /* within the caller's transaction */
/* Closes open findings of the kinds (comma-separated) that this run did not see; NULL: any source, table, file, subject. */
int build_finding_close(struct build *b, const char *kinds, const struct build_finding *of, struct error *err) MUST_CHECK;
const char *build_severity(const char *kind);

/* ---- shape.c: what a batch delivers against the columns of its bronze table */
struct build_shape {
    const struct pack_object *object;
    struct engine_column *ours; /* of the table, without the three of ingestion */
    size_t ours_count;
    const char *columns;                     /* "r.`a` AS `a`, ..." over alias r */
    const char *names;                       /* "j.`a`, ..." with %s for the alias: see build_names */
    const char *unfit;                       /* condition over r: a value does not fit its column; NULL: none can be */
    const char *unfit_reason;                /* CONCAT_WS arguments that say which */
    const char *row_json;                    /* expression over r: the row as delivered */
    const struct engine_file_columns *files; /* of a batch of several */
    size_t file_count;
    VEC(struct build_finding) findings;
};
struct build_batch;
/* Compares incoming.<raw>, and each file of it, with the table; columns that the table lacks are added to it. */
int build_shape_make(struct build *b, const struct build_batch *batch, const struct engine_file_columns *files, size_t file_count,
                     struct arena *a, struct build_shape *ret, struct error *err) MUST_CHECK;
char *build_list(struct arena *a, const struct engine_column *columns, size_t count, const char *alias, const char *separator);

/* ---- fit.c */
struct build_fit {
    const char *value;    /* expression of the table's type */
    const char *unfit;    /* true for a value that does not fit; NULL: all do */
    const char *missing;  /* "metadata.a, metadata.b": fields that are null; NULL: none */
    const char *left_out; /* fields that the table does not have; NULL: none */
    bool retyped;         /* some part has another type */
    bool overflow;
};
/* True when every value of `from` has its place in `to`: nobody needs to hear of it. */
bool build_widens(const struct sql_type *from, const struct sql_type *to);
bool build_is_nested(const struct sql_type *t);
/* How a value of type `from`, given by the expression `raw`, becomes one of type `to`. */
void build_fit_make(struct arena *a, const char *raw, const char *name, const struct sql_type *from, const struct sql_type *to,
                    struct build_fit *ret);

/* ---- upsert.c */
/* The INSERT .. BY NAME that a MERGE into an empty table amounts to, of its own source or of `query`; NULL when it is not of the
 * plain form. */
const char *build_insert_for_merge(struct arena *a, const char *sql, const char *query);
/* The MERGE with `relation` in place of its source; NULL as above, and when the source has no other name. */
const char *build_merge_from(struct arena *a, const char *sql, const char *relation);
/* SELECT columns FROM its source AS s; NULL as above. */
const char *build_query_of_merge(struct arena *a, const char *sql, const char *columns);
/* True when rows of the MERGE meet by t.name <=> s.name of these columns, all of them and nothing else. */
bool build_merge_is_on(struct arena *a, const char *sql, const char *const *columns, size_t count);
/* The bronze table of which the MERGE takes each row that came since, once and by the key of that table: USING (SELECT .., b.key, ..
 * FROM table AS b WHERE b.bronze_ingestion_timestamp > :since) .. ON t.key <=> s.key. NULL: it is of another kind. */
const struct pack_object *build_merge_copies(struct arena *a, const char *sql, const struct pack_catalogue *catalogue);
/* Runs a MERGE whose source is `relation`: as an INSERT when it is of the plain form and none of its rows is there yet (*ret_new), which
 * is looked for unless the caller knows it. */
int build_merge_run(struct engine_conn *c, const struct engine_stmt *merge, const char *relation, bool known_new, int64_t *ret_rows,
                    bool *ret_new, struct error *err) MUST_CHECK;
int build_is_empty(struct engine_conn *c, const struct pack_object *o, struct arena *a, bool *ret, struct error *err) MUST_CHECK;

/* ---- load.c */
struct build_batch { /* one transaction of one bronze table */
    const struct pack_object *object;
    const struct source_spec *source; /* NULL: derived from landed logs, of any source */
    enum engine_format format;
    const char *table; /* "query/history"; NULL when derived */
    struct engine_file *files;
    struct source_mark *marks;
    size_t file_count;
    const struct pack_derivation *derivation;
    const char *derivation_hash;
    int64_t landing_from, landing_to; /* derived: landings of the batch */
    bool first;                       /* of its source and table in this run */
    int64_t horizon_us;               /* older rows are not taken, by event time; INT64_MIN: all */
};
/* The whole transaction. On failure everything is rolled back. Adds to the step's counts. */
int build_load(struct build *b, const struct build_batch *batch, struct build_step *step, struct error *err) MUST_CHECK;

/* ---- rules.c: quality rules in secchi_ops.dq_rule */
int build_rules_sync(const struct build_context *b, struct engine_conn *c,
                     struct error *err) MUST_CHECK; /* within the caller's transaction */
uint64_t build_rules_hash(const struct pack_catalogue *catalogue, uint64_t hash);
/* Those of a bronze table that are enabled, the packs' first and in their order. */
struct build_table_rule {
    const char *table;
    struct pack_check check;
};
int build_rules_of(struct build *b, const struct pack_object *o, struct arena *a, struct pack_check **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;

/* ---- land.c */
int build_scan_sources(struct build *b, struct error *err) MUST_CHECK; /* fills sources; writes nothing */
int build_note_sources(struct build *b, struct error *err) MUST_CHECK; /* findings of the scan; unreadable sources as failed steps */
int build_land(struct build *b, struct error *err) MUST_CHECK;         /* a step for each event log with something new */
size_t build_land_count(const struct build *b);

/* ---- horizon.c: event times before which rows are not loaded at first, and not kept; INT64_MIN: all are */
int64_t build_lookback_us(const struct build *b, const struct pack_object *o);
int64_t build_retention_us(const struct build *b, const struct pack_object *o);
int build_check_tables(const struct build_context *b, struct error *err) MUST_CHECK; /* `tables:` names tables that can age */

/* ---- bronze.c */
int build_bronze(struct build *b, struct error *err) MUST_CHECK; /* a step for each bronze table with something to load */
int build_bronze_plan(struct build *b, struct engine_conn *c, struct pack_object ***ret, size_t *ret_count, struct error *err) MUST_CHECK;
/* The bronze table of "query/history", or NULL. */
const struct pack_object *build_object_of(const struct pack_catalogue *c, const char *table);

/* ---- gold.c */
int build_gold(struct build *b, struct error *err) MUST_CHECK;
size_t build_gold_count(const struct build *b);

/* ---- keys.c: what the DDL of a gold table says of its rows: primary key, foreign keys, secchi.no_overlap */
/* Runs a fill that only adds and replaces rows; known_new: that only adds. Their keys are kept, so that no more than they need be looked
 * at. *ret_done false: the fill or the table is of another kind, and nothing was done. */
int build_keys_fill(struct build *b, const struct pack_object *o, const struct engine_stmt *fill, bool known_new, int64_t *ret_rows,
                    bool *ret_done, struct error *err) MUST_CHECK;
void build_keys_forget(struct build *b); /* the transaction of the fills is over without effect, or all was looked at */
struct build_keys {
    const struct map *changed; /* "schema.name" of tables that changed */
    struct map open;           /* "kind\ttable\tsubject" of open findings */
};
int build_keys_open(struct build *b, struct arena *a, struct build_keys *ret, struct error *err) MUST_CHECK;
int build_keys_check(struct build *b, const struct build_keys *k, const struct pack_object *o, struct error *err) MUST_CHECK;

/* ---- after.c */
int build_after(struct build *b, struct error *err) MUST_CHECK; /* findings on gold, statistics of what changed */

/* ---- SQL of the room */
extern const char build_sql_added_column[], build_sql_changed[], build_sql_derive_forget[], build_sql_derive_mark[], build_sql_finding[],
    build_sql_finding_close[], build_sql_good[], build_sql_history_runs[], build_sql_history_steps[], build_sql_information[],
    build_sql_landed_log[], build_sql_loaded_before[], build_sql_mark_forget[], build_sql_marks[], build_sql_newest[],
    build_sql_newest_loads[], build_sql_ops[], build_sql_open_keys[], build_sql_orphans[], build_sql_overlaps[], build_sql_pending[],
    build_sql_probe[], build_sql_quarantine[], build_sql_quarantine_forget[], build_sql_quarantine_table[], build_sql_rejected[],
    build_sql_repeated[], build_sql_rule[], build_sql_rule_add[], build_sql_rule_change[], build_sql_rule_failing[], build_sql_rules[],
    build_sql_rules_forget[], build_sql_rules_sync[], build_sql_run[], build_sql_run_end[], build_sql_run_interrupted[], build_sql_stats[],
    build_sql_surplus_keys[], build_sql_typed[];

#endif
