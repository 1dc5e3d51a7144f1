/*
 * private - what the files of semantic share.
 */
#ifndef SECCHI_SEMANTIC_PRIVATE_H
#define SECCHI_SEMANTIC_PRIVATE_H

#include <pthread.h>

#include "nanoarrow/nanoarrow.h"
#include "semantic/semantic.h"
#include "sql/sql.h"

enum stop_reason { STOP_NONE, STOP_TIMEOUT, STOP_CANCELLED, STOP_CLOSING };

struct running { /* a statement that the watchdog looks after */
    struct running *prev, *next;
    struct engine_conn *conn;
    bool elsewhere; /* conn is of another engine than that of the home */
    const struct cancel *cancel;
    int64_t deadline_ns;
    int64_t timeout_ms;
    enum stop_reason reason;
};

struct numbers { /* of one table in one scope, kept until the warehouse changes */
    int64_t rows, fresh_us, updated_us;
};

#define OTHER_ENGINES 3

struct semantic {
    struct semantic_options o;
    struct pack_names names;
    int limit; /* statements at the same time */
    pthread_mutex_t lock;
    pthread_cond_t place; /* a statement ended */
    pthread_cond_t wake;  /* for the watchdog */
    pthread_t watchdog;
    bool stopping;
    int active; /* statements that hold a place */
    struct running *first;
    VEC(struct engine_conn *) idle;
    int64_t version; /* under numbers_lock */
    bool scopes_ready;
    struct arena *scope_arena; /* scopes; replaced as a whole by semantic_scopes */
    struct scope *scopes;      /* one a tenant of the configuration, in its order */
    size_t scope_count;
    pthread_rwlock_t scope_lock;
    struct other_engine { /* of other kinds than that of the home, each opened by the first statement that names it */
        const char *kind;
        struct engine *engine;
    } others[OTHER_ENGINES];
    pthread_mutex_t others_lock;
    pthread_mutex_t numbers_lock;
    struct lineage_graph *graph; /* under numbers_lock; made when it is asked for first */
    struct map numbers;          /* tenant ("" for none) -> array of struct numbers, in the order of tables_visible */
};

struct semantic_result {
    struct semantic *s;
    struct arena *arena;
    struct running run;
    struct ArrowArrayStream inner, outer;
    struct principal principal;
    const char *sql;
    int64_t max_rows, rows, start_ns, end_ns;
    bool has_place, truncated, ended;
    struct error error;
};

/* ---- places and connections (run.c) ---- */
/* The connection asks in the name of the principal; engine: kind of the one that runs the statement, NULL: that of the home. */
void semantic_name(struct semantic *s, struct engine *e); /* the names that statements on e are resolved by */
int run_start(struct semantic *s, const struct principal *p, struct running *r, const char *engine, const struct cancel *cancel,
              int64_t timeout_ms, struct error *err) MUST_CHECK;
void run_end(struct semantic *s, struct running *r);
/* The error of a statement that was stopped by the watchdog, in place of what the engine said; else keeps *err. */
int run_error(const struct running *r, int rc, struct error *err);
void *run_watchdog(void *context);

/* ---- gate (gate.c) ---- */
struct gate { /* what the statement may read */
    const struct semantic *s;
    const struct principal *principal;
    const struct scope *scope; /* NULL: everything that its role may see */
};
int gate_tree(const struct gate *g, const char *json, struct error *err) MUST_CHECK;
bool gate_function_allowed(const char *name, bool table);

/* ---- scope of a tenant (scope.c) ---- */
struct scope {
    const char *tenant, *prefix; /* schema of its views: <prefix><schema> */
    struct map tables;           /* "schema.table" of what it may see, views of secchi_information among them */
    struct map functions;        /* "schema.function" of those that read nothing else; value: struct scope_function */
};
struct scope_function {
    const struct pack_function *function;
    struct sql_user_function signature; /* as it lies in the scope */
};
sql_function_fn scope_resolve_function; /* as scope_resolve */
sql_metric_fn scope_resolve_metric;     /* the tables of its query are resolved like any others */
sql_variable_fn scope_resolve_variable;
sql_name_fn scope_resolve; /* context: struct semantic; obeys the scope that scope_use set for this thread */
/* Finds and pins the principal's scope (NULL for those without tenant); scope_release follows. */
int scope_acquire(struct semantic *s, const struct principal *p, const struct scope **ret, struct error *err) MUST_CHECK;
void scope_release(struct semantic *s, const struct scope *scope);
void scope_use(const struct scope *scope); /* for the calls of this thread that follow; NULL: none */
void scopes_free(struct semantic *s);
/* Makes (again) the views of secchi_information of what is in the scope so far; whole: and of the metric views (scope_information.c). */
int scope_information(const struct semantic *s, struct engine_conn *c, struct scope *scope, bool whole, struct arena *a,
                      struct error *err) MUST_CHECK;

/* ---- SHOW and DESCRIBE (show.c) ---- */
/* The statement as the engine that the request names gets it. */
int portable_sql(const struct semantic_result *r, const struct semantic_request *q, const char **ret, struct error *err);
int show_sql(struct semantic_result *r, const struct semantic_request *q, struct error *err);
int show_statement(struct semantic_result *r, const struct sql_statement *st, struct error *err) MUST_CHECK;

/* ---- lineage of the catalogue (graph.c) ---- */
struct lineage_column {
    const char *name, *type, *comment; /* type: Databricks, NULL when it is not known */
    struct sql_lineage_source *direct, *indirect;
    size_t direct_count, indirect_count;
    bool nullable, in_key;
    const struct sql_metric_field *field; /* of a metric view */
    bool measure;
};
struct lineage_node { /* a table, view, function or metric view */
    enum lineage_kind { NODE_TABLE, NODE_FUNCTION, NODE_METRIC } kind;
    const char *schema, *name;
    const struct pack_object *object; /* of a table; NULL: it is no content of packs */
    const struct pack_function *function;
    const struct pack_metric_view *metric;
    struct lineage_column *columns;
    size_t column_count;
    struct sql_lineage_source *rows; /* what decides which rows there are */
    size_t row_count;
    struct lineage_node **reads;
    size_t read_count;
    const char *fault; /* why its lineage is not known, or NULL */
};
struct lineage_edge { /* a column of `from` goes into one of `to`; direct false: it decides rows of `to` */
    struct lineage_node *from, *to;
    const struct lineage_column *from_column, *to_column; /* from NULL: a scalar function's value; to NULL: not direct */
    const char *field;
    bool direct;
};
struct lineage_graph {
    struct arena *arena;
    struct lineage_node *nodes;
    size_t node_count, node_cap;
    struct map by_name; /* kind, then "schema.name" in lower case */
    struct lineage_edge *edges;
    size_t edge_count;
};
struct lineage_graph *graph_new(const struct pack_names *names);
void graph_free(struct lineage_graph *g);
struct lineage_node *graph_find(const struct lineage_graph *g, enum lineage_kind kind, const char *schema, const char *name);
const struct lineage_column *graph_find_column(const struct lineage_node *n, const char *name);

/* ---- tables (tables.c) ---- */
/* What the principal may read, by schema and name, without numbers. */
int tables_visible(struct semantic *s, const struct principal *p, struct arena *a, struct semantic_table **ret, size_t *ret_count,
                   struct error *err) MUST_CHECK;
int columns_of(struct semantic *s, const struct principal *p, struct engine_conn *c, const struct sql_name *name, struct arena *a,
               struct semantic_column **ret, size_t *ret_count, struct error *err) MUST_CHECK;

#endif
