/*
 * semantic - the one way to ask. Every read of a person, the page, the API or an agent comes through here: gate, scope of the
 * principal, limits, engine, audit. Builds do not: they own the tables.
 */
#ifndef SECCHI_SEMANTIC_H
#define SECCHI_SEMANTIC_H

#include "access/access.h"
#include "base/base.h"
#include "build/build.h"
#include "engine/engine.h"
#include "pack/pack.h"

struct semantic; /* one a process: pool of reader connections, limits, running statements */

struct semantic_options { /* borrowed for the life of the semantic */
    struct engine *engine;
    const struct pack_catalogue *catalogue;
    const struct config *config;
    struct state *state; /* audit; NULL: none is kept (tests) */
    /* Opens an engine of another kind than that of the home, for statements that name it; the semantic closes it. NULL: there is none. */
    int (*open_engine)(void *context, const char *kind, struct engine **ret, struct error *err);
    void *context;
};
/* Also sets the names of the engine (engine_set_env): so it is made before the engine's first statement. */
int semantic_new(const struct semantic_options *o, struct semantic **ret, struct error *err) MUST_CHECK;
/* Interrupts what runs and waits until every result was freed. The engine must still be open. */
void semantic_free(struct semantic *s);
/* Makes the views of the tenants (C-07, S-24) anew; called at open and whenever tables were made or changed. Until it worked,
 * and after it failed, tenants are refused (ERROR_UNAVAILABLE). Nothing to do without tenants. */
int semantic_scopes(struct semantic *s, struct error *err) MUST_CHECK;
/* Tells that a refresh changed the warehouse: cached counts are forgotten. Returns by semantic_version a number that
 * changes with every such call, for caches of results. Any thread. */
void semantic_changed(struct semantic *s);
int64_t semantic_version(struct semantic *s);

struct semantic_request {
    const char *sql;  /* one SELECT, also WITH, VALUES, SHOW TABLES, DESCRIBE t */
    const char *file; /* for error positions; NULL */
    const struct engine_param *params;
    size_t param_count;
    int64_t max_rows;   /* 0: query.max_rows; the result says when it was cut. Only administrators may go beyond it */
    int64_t timeout_ms; /* 0: query.timeout; the same */
    const char *show;   /* not NULL: the statement as an engine gets it is the result, one row with a column sql: "duckdb", or "spark" and
                           "databricks": Databricks SQL without metric views and variables */
    const char *engine; /* "duckdb", "spark", "databricks": the one that runs it; NULL: that of the home. Another one than that is not open
                           to tenants, whose views are in the home */
};

struct semantic_result;
/* Gate, scope, run. The result holds a connection until it is freed. Waits while query.concurrency statements run; the wait
 * counts as running time. What the gate refuses is ERROR_USAGE, ERROR_NOT_FOUND or ERROR_FORBIDDEN; a statement that runs
 * into a limit ERROR_LIMIT. cancel (may be NULL) must live until the result is freed. */
int semantic_query(struct semantic *s, const struct principal *p, const struct semantic_request *r, const struct cancel *cancel,
                   struct semantic_result **ret, struct error *err) MUST_CHECK;
struct ArrowArrayStream *semantic_stream(struct semantic_result *r); /* borrowed; get_next reports time-outs and limits as its error */
bool semantic_truncated(const struct semantic_result *r);            /* after the last batch */
int64_t semantic_row_count(const struct semantic_result *r);
int64_t semantic_elapsed_us(const struct semantic_result *r);
void semantic_result_free(struct semantic_result *r);

/* Writers of results, used by server and cli. fd-less: bytes go to `put`, which returns non-zero to stop. Formats of C-06. */
enum semantic_format { FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV, FORMAT_ARROW, FORMAT_PARQUET, FORMAT_TABLE };
int semantic_format_parse(const char *name, enum semantic_format *ret, struct error *err) MUST_CHECK;
const char *semantic_format_type(enum semantic_format f); /* media type */
typedef int semantic_put_fn(void *context, const void *data, size_t len);
/* An error of the stream keeps its kind when it is one of semantic_stream. */
int semantic_write(struct ArrowArrayStream *stream, enum semantic_format f, semantic_put_fn *put, void *context,
                   struct error *err) MUST_CHECK;
/* {"columns":[{"name","type"}],"rows":[[..],..],"row_count","truncated","elapsed_ms"} and the further members (JSON text
 * without braces, may be NULL). */
int semantic_write_envelope(struct semantic_result *r, const char *members, semantic_put_fn *put, void *context,
                            struct error *err) MUST_CHECK;

struct semantic_table { /* for the table routes and completion */
    const char *schema, *name, *layer, *domain, *comment;
    bool is_view;
    int64_t rows;       /* -1 unknown */
    int64_t fresh_us;   /* newest event time, 0 none */
    int64_t updated_us; /* last time that a refresh changed it, 0 never */
};
/* The tables that the principal may read: by schema and name. Numbers are kept until semantic_changed. */
int semantic_tables(struct semantic *s, const struct principal *p, struct arena *a, struct semantic_table **ret, size_t *ret_count,
                    struct error *err) MUST_CHECK;
/* Columns of a table with comments; ERROR_NOT_FOUND with the nearest name. */
struct semantic_column {
    const char *name, *type, *comment;
    bool nullable, in_key;
};
int semantic_columns(struct semantic *s, const struct principal *p, const char *table, struct arena *a, struct semantic_column **ret,
                     size_t *ret_count, struct error *err) MUST_CHECK;

/* ---- explain ---------------------------------------------------------------------------------------------------- */

struct semantic_place { /* an object, or a column of it, somewhere in the lineage */
    int level;          /* 1: read by (or reads) what is explained; 2: that of those, and so on */
    const char *kind;   /* table, view, function, metric_view */
    const char *schema, *name;
    const char *column; /* or NULL: the object */
    const char *field;  /* of a STRUCT, or NULL: all of the column */
    bool direct;        /* its value goes in; else it only decides which rows there are */
};
struct semantic_places {
    struct semantic_place *items;
    size_t count;
};
struct semantic_explained_column {
    const char *name, *kind, *type, *comment; /* kind: column, dimension, measure */
    const char *expression, *format;          /* of a metric view; else NULL */
    bool nullable, in_key;
    struct semantic_places from; /* level 1: direct, then those that only filter, join, group or order */
};
struct semantic_part { /* of the definition, as it stands in the pack */
    const char *what;  /* definition, fill */
    const char *file;
    uint32_t line;
    const char *text;
};
struct semantic_explained {
    const char *kind; /* table, view, function, metric_view */
    const char *schema, *name;
    const char *system_table;                            /* "system.billing.usage", or NULL */
    const char *layer, *domain, *owner, *comment, *pack; /* each may be NULL */
    const struct sql_property *tags;
    size_t tag_count;
    struct semantic_explained_column *columns; /* of an object all; when a column was asked for, that one */
    size_t column_count;
    const char *column, *field; /* what was asked for when it is not the object, else NULL */
    const struct sql_column *parameters;
    size_t parameter_count;
    struct semantic_part *parts;
    size_t part_count;
    struct semantic_places rows;                 /* what decides which rows the object has */
    struct semantic_places upstream, downstream; /* to the depth that was asked for; level 1 is what it reads and what reads it */
    const char *fault;                           /* why lineage is not wholly known, or NULL */
};
/* What an object is and where it comes from: a table, view or function, a metric view (also mv_NAME), or a column, dimension or measure
 * of one ("fact_usage.list_cost", "system.billing.usage.usage_metadata.job_id"). depth: levels of lineage, 0 for all. A tenant sees
 * what it may read and nothing else: the rest is left out. ERROR_NOT_FOUND with the nearest name. All lies in the arena or lives as
 * long as the semantic. */
int semantic_explain(struct semantic *s, const struct principal *p, const char *name, int depth, struct arena *a,
                     struct semantic_explained *ret, struct error *err) MUST_CHECK;

#endif
