/*
 * pack - reads content packs from disk into one catalogue. A pack is a folder with pack.yaml and content by kind:
 *   bronze/T.sql  gold/T.sql      a table or view each: DDL, then the statements that fill it
 *   bronze/checks/T.yaml          quality checks of a table, in the format of Databricks Labs DQX
 *   sources/spark/S.T.sql          landing.sql and one derivation a system table
 *   functions/DOMAIN/F.sql        a SQL function each, as Databricks creates it: CREATE OR REPLACE FUNCTION .. RETURNS TABLE (..)
 *   metric_views/M.yaml           metric views in Databricks' YAML, version 0.1 or 1.1
 *   dashboards/D.lvdash.json      Databricks AI/BI dashboards
 *   cost/A.sql                    an attribution of cost each, and bill.sql: what every usage record costs
 * Nothing is run here; the catalogue is immutable once loaded and may be read by any thread.
 *
 * Packs are read in order: shipped ones, then <home>/packs/NAME by name. An object of a later pack replaces one of the same
 * name only with `override: true` in that pack's pack.yaml, else it is an error that names both files.
 */
#ifndef SECCHI_PACK_H
#define SECCHI_PACK_H

#include "base/base.h"
#include "config/config.h"
#include "sql/sql.h"

enum pack_layer { PACK_LANDING, PACK_BRONZE, PACK_GOLD };

struct pack_check { /* one quality check of a bronze table */
    const char *name;
    bool warning;          /* criticality warn: the row is kept and counted; error: it goes to quarantine */
    const char *predicate; /* Databricks SQL that is true for a good row */
    const char *file;
    uint32_t line;
};

struct pack_periods { /* property secchi.no_overlap = 'key, .. / start / end': rows of one key whose periods [start, end) must not overlap
                       */
    const char **keys;
    size_t key_count; /* 0: nothing is declared */
    const char *start, *end;
};

struct pack_statement { /* a statement that fills a table */
    const char *sql;
    size_t len;
    uint32_t line;
    struct sql_references *references;
};

struct pack_object { /* a table or view with what fills it */
    const char *pack, *file;
    enum pack_layer layer;
    const char *schema, *name; /* "system_gold", "fact_query_history" */
    bool is_view;
    struct sql_table *table; /* columns, keys, comment, properties (views: columns may be empty) */
    const char *ddl;         /* the CREATE statement */
    uint32_t ddl_line;
    struct pack_statement *fills; /* in the order of the file */
    size_t fill_count;
    const char *system_table; /* bronze: "system.query.history"; else NULL */
    const char *domain;       /* cost, reliability, performance, security, quality; NULL when not given */
    const char *event_time;   /* property secchi.event_time: column that says when a row happened; may be NULL */
    bool describes;           /* property secchi.describes: rows say what was so from event_time on, and hold however old they are */
    struct pack_periods periods;
    const char *row_of; /* gold, property secchi.row_of: each row is made of one row of this bronze table, of the same event time */
    struct pack_check *checks;
    size_t check_count;
    struct pack_object **reads; /* objects of the catalogue that its statements read, without itself */
    size_t read_count;
};

struct pack_derivation {                    /* sources/spark/<schema>.<table>.sql */
    const char *pack, *file, *system_table; /* "system.query.history" */
    const char *sql;
    uint32_t line;
};

struct pack_function { /* functions/DOMAIN/NAME.sql; a file right in functions/ has no domain */
    const char *pack, *file;
    uint32_t line;
    const char *schema, *name, *domain;
    const char *ddl; /* CREATE OR REPLACE FUNCTION .., whatever the file says of replacing */
    struct sql_function *function;
    struct sql_references *references;
    struct sql_user_function signature; /* for statements that call it; engine_sql is "schema"."name" */
};

struct pack_metric_view { /* metric_views/NAME.yaml; found as NAME and as mv_NAME */
    const char *pack, *file;
    const char *schema, *name, *domain; /* domain: by pack.yaml, else that of the table that is its source, or NULL */
    struct sql_metric_view *view;
    const char *yaml; /* the text of the file */
    size_t yaml_len;
};

struct pack_dashboard {
    const char *pack, *file, *name, *title; /* name: file name without .lvdash.json */
    const char *json;
    size_t len;
};

/* cost/NAME.sql: a SELECT of record_id, attribution_key and attribution_name, a row for each usage record that can be attributed; the
 * others are unattributed. cost/bill.sql, of name PACK_BILL, has a row for each usage record with its prices and costs instead. */
#define PACK_BILL "bill"
struct pack_attribution {
    const char *pack, *file, *name;
    const char *title;        /* first line of the file */
    const char *unattributed; /* its line `-- Unattributed: ..`; NULL for the bill */
    const char *sql;
    uint32_t line;
    struct sql_references *references;
};

struct pack_catalogue {
    struct arena *arena;
    struct pack_object **objects; /* landing, bronze, gold; within a layer in build order: what is read comes first */
    size_t object_count;
    struct pack_derivation *derivations;
    size_t derivation_count;
    struct pack_function **functions; /* what a function calls comes before it */
    size_t function_count;
    struct map function_by_name; /* "schema.name" in lower case -> pack_function */
    struct pack_metric_view **metric_views;
    size_t metric_view_count;
    struct map metric_by_name; /* "schema.name" in lower case -> pack_metric_view */
    struct map later;          /* "schema.name" of tables that are not there yet -> why (pack.yaml) */
    struct map domains;        /* metric view -> domain, where its source does not tell (pack.yaml) */
    struct pack_dashboard *dashboards;
    size_t dashboard_count;
    struct pack_attribution *attributions; /* by file; the bill is one of them */
    size_t attribution_count;
    struct map by_name; /* "schema.name" in lower case -> pack_object */
};

#define PACK_DIRS_MAX 256
/* Adds the packs of a folder (NULL or absent: none), each a folder with a pack.yaml, to dirs, which has room for PACK_DIRS_MAX. */
void pack_dirs(struct arena *a, const char *folder, const char **dirs, size_t *count);
/* Reads every pack. All faults of all files are collected into `errs` (as many as fit); the return is the first one's kind.
 * A cycle among tables is an error that lists it. */
int pack_load(const char *const *dirs, size_t dir_count, struct pack_catalogue **ret, struct error *errs, size_t max_errs,
              size_t *ret_err_count) MUST_CHECK;
void pack_free(struct pack_catalogue *c);
/* NULL: no pack has it. */
const struct pack_attribution *pack_find_attribution(const struct pack_catalogue *c, const char *name);
struct pack_object *pack_find(const struct pack_catalogue *c, const char *schema, const char *name);
/* "schema.name" in lower case: the key of maps of tables and functions. pack_lookup takes a value from one; NULL: there is none. */
char *pack_key(struct arena *a, const char *schema, const char *name);
void *pack_lookup(const struct map *m, const char *schema, const char *name);
/* The nearest object name for an error's hint, or NULL. */
const char *pack_nearest(const struct pack_catalogue *c, const char *name, struct arena *a);

/* The resolver that the engine is given (sql_name_fn, context = struct pack_names): maps multi-part names to
 * schema.table by H-36: unqualified to gold, then bronze; system.a.b to bronze; ${catalog} and `names:` to here. */
struct pack_names {
    const struct pack_catalogue *catalogue;
    const struct config *config;
};
sql_name_fn pack_resolve;
/* The same for functions: unqualified ones lie in gold. */
sql_function_fn pack_resolve_function;
/* The metric view that a name means; *ret stays NULL when it means none. */
sql_metric_fn pack_resolve_metric;
const struct pack_metric_view *pack_find_metric(const struct pack_names *n, const struct sql_name *name);
/* ${name} in content (sql_variable_fn, context = struct pack_names): catalog, bronze_schema, gold_schema, feature_schema and
 * monitoring_schema are names; timezone and the settings budget.*, business_hours.*, threshold.* and saving.* are literals. */
sql_variable_fn pack_resolve_variable;
/* Changes whenever a variable has another value, for what was made with them. */
uint64_t pack_variables_hash(const struct config *c, uint64_t seed);
/* The function that a call means, by the rules of pack_resolve_function; NULL when there is none. */
const struct pack_function *pack_find_function(const struct pack_names *n, const struct sql_name *name);

#endif
