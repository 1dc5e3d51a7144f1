/*
 * sql - Databricks SQL: lexer, statement splitter, DDL reader, references, rewriting to DuckDB and the token half of the
 * gate for SQL of people. A pure library: it runs nothing and knows no catalogue; names are asked for by callback.
 *
 * Everything returned lies in the arena that is passed in, or points into the text that is passed in: both must outlive it.
 * Text is UTF-8 of at most LIMIT_SQL_BYTES; brackets and expressions nest at most LIMIT_SQL_DEPTH deep. Lines and columns count
 * from 1, columns in bytes; a text that starts further down in a file is given its first line, so that positions are the file's.
 * Every error is an ERROR_USAGE (bad SQL, unsupported construct), ERROR_NOT_FOUND (unknown name) or ERROR_LIMIT with
 * where = "line:column", to which callers put the file name (error_add_where gives "file: line:column").
 * What is supported and every known difference: docs/dialect.md.
 */
#ifndef SECCHI_SQL_H
#define SECCHI_SQL_H

#include "base/base.h"

struct sql_pos {
    uint32_t line, column;
};

/* ---- lexer -------------------------------------------------------------------------------------------- */

enum sql_token_kind {
    SQL_TOKEN_END,      /* one at the end, len 0 */
    SQL_TOKEN_WORD,     /* keyword or unquoted name */
    SQL_TOKEN_NAME,     /* `quoted name`, `` doubles */
    SQL_TOKEN_STRING,   /* '..', "..", r'..', r"..", $$..$$ (one token each, also when adjacent) */
    SQL_TOKEN_BINARY,   /* X'1F' */
    SQL_TOKEN_NUMBER,   /* 1, 1.5, 1e3, with suffix L S Y D F BD */
    SQL_TOKEN_PARAM,    /* :name */
    SQL_TOKEN_QMARK,    /* ? */
    SQL_TOKEN_VARIABLE, /* ${name} */
    SQL_TOKEN_OP,       /* operator or punctuation, longest match */
    SQL_TOKEN_HINT,     /* the text of a hint: slash, star, plus ... star, slash */
};
struct sql_token {
    enum sql_token_kind kind;
    uint32_t offset, len; /* bytes in the text, quotes included */
    struct sql_pos pos;
};
/* Tokens without white space and comments, ended by SQL_TOKEN_END. first_line 0 counts as 1. */
int sql_lex(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_token **ret, size_t *ret_count,
            struct error *err) MUST_CHECK;
/* The value of a STRING or NAME token: escapes resolved, quotes gone. */
const char *sql_token_value(struct arena *a, const char *text, const struct sql_token *t);

/* ---- statements --------------------------------------------------------------------------------------- */

enum sql_kind {
    SQL_OTHER,
    SQL_SELECT, /* SELECT, WITH, VALUES, TABLE t, FROM t, (SELECT ..) */
    SQL_CREATE_TABLE,
    SQL_CREATE_TABLE_AS,
    SQL_CREATE_VIEW,
    SQL_CREATE_METRIC_VIEW,
    SQL_CREATE_FUNCTION,
    SQL_CREATE_SCHEMA,
    SQL_INSERT,
    SQL_MERGE,
    SQL_UPDATE,
    SQL_DELETE,
    SQL_TRUNCATE,
    SQL_ALTER,
    SQL_COMMENT_ON,
    SQL_DROP_TABLE,
    SQL_DROP_VIEW,
    SQL_DROP_FUNCTION,
    SQL_DROP_SCHEMA,
    SQL_OPTIMIZE,
    SQL_VACUUM,
    SQL_ANALYZE,
    SQL_DESCRIBE,
    SQL_SHOW,
    SQL_EXPLAIN,
    SQL_USE,
    SQL_SET,
    SQL_GRANT,
    SQL_REVOKE,
};
const char *sql_kind_name(enum sql_kind kind); /* "CREATE TABLE" */

struct sql_statement {
    const char *text; /* points into the source, not NUL-terminated, without the semicolon and surrounding white space */
    size_t len;
    struct sql_pos pos; /* of its first token */
    enum sql_kind kind;
};
/* Splits a text at semicolons outside strings, comments and brackets; empty statements vanish. BEGIN..END blocks are an error. */
int sql_split(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_statement **ret, size_t *ret_count,
              struct error *err) MUST_CHECK;

/* ---- names and types ------------------------------------------------------------------------------------ */

#define SQL_NAME_PARTS 4
struct sql_name { /* a.b.c as written; a part may hold ${variables} */
    const char *parts[SQL_NAME_PARTS];
    size_t count;
    struct sql_pos pos;
};
char *sql_name_text(struct arena *a, const struct sql_name *name); /* "a.b.c", quoted with backticks where needed */
char *sql_quote(struct arena *a, const char *name);                /* "name" for DuckDB, " doubled */
char *sql_quote_string(struct arena *a, const char *text);         /* 'text' for DuckDB, ' doubled */
char *sql_backtick(struct arena *a, const char *name);             /* `name` for Databricks SQL, ` doubled */
char *sql_literal(struct arena *a, const char *text);              /* 'text' for Databricks SQL, ' and \ behind a \ */

struct sql_place {
    const char *name, *text;
};
/* The text with its {name} places filled; one that is not among them is a bug and ends the process. */
char *sql_template(struct arena *a, const char *text, const struct sql_place *places, size_t count);

enum sql_type_kind {
    SQL_T_UNKNOWN, /* a column of a table whose columns nobody told */
    SQL_T_VOID,    /* NULL */
    SQL_T_BOOLEAN,
    SQL_T_TINYINT,
    SQL_T_SMALLINT,
    SQL_T_INT,
    SQL_T_BIGINT,
    SQL_T_DECIMAL,
    SQL_T_FLOAT,
    SQL_T_DOUBLE,
    SQL_T_STRING,
    SQL_T_BINARY,
    SQL_T_DATE,
    SQL_T_TIMESTAMP,
    SQL_T_TIMESTAMP_NTZ,
    SQL_T_INTERVAL_YM,
    SQL_T_INTERVAL_DT,
    SQL_T_ARRAY,
    SQL_T_MAP,
    SQL_T_STRUCT,
};
struct sql_field;
struct sql_type {
    enum sql_type_kind kind;
    int precision, scale;           /* DECIMAL; STRING: precision is the length of VARCHAR(n), else 0 */
    const struct sql_type *key;     /* MAP */
    const struct sql_type *item;    /* ARRAY, MAP (value) */
    const struct sql_field *fields; /* STRUCT */
    size_t field_count;
};
struct sql_field {
    const char *name;
    const struct sql_type *type;
    bool not_null;
    const char *comment; /* or NULL */
};
/* Databricks type text, e.g. "STRUCT<a: BIGINT, b: ARRAY<STRING>>". VARIANT, CHAR and unknown names are errors. */
int sql_type_parse(struct arena *a, const char *text, const struct sql_type **ret, struct error *err) MUST_CHECK;
/* DuckDB type text as DESCRIBE prints it, to the Databricks type. HUGEINT is DECIMAL(38,0); unsigned ones the next wider;
 * TIME, UUID, ENUM, UNION, JSON and other types without counterpart are STRING or, where that cannot be, an error. */
int sql_type_parse_duckdb(struct arena *a, const char *text, const struct sql_type **ret, struct error *err) MUST_CHECK;
char *sql_type_text(struct arena *a, const struct sql_type *t);          /* Databricks, canonical: "DECIMAL(10,2)" */
char *sql_type_duckdb(struct arena *a, const struct sql_type *t);        /* DuckDB */
bool sql_type_equal(const struct sql_type *x, const struct sql_type *y); /* field names without case; comments and NOT NULL ignored */
/* The field of a STRUCT, its name without case; NULL: there is none. */
const struct sql_field *sql_find_field(const struct sql_type *t, const char *name);

/* ---- DDL ------------------------------------------------------------------------------------------------- */

struct sql_column {
    const char *name;
    const struct sql_type *type;
    const char *type_text; /* Databricks */
    const char *duckdb_type;
    bool not_null;
    const char *default_sql;   /* Databricks expression text, or NULL */
    const char *generated_sql; /* GENERATED ALWAYS AS (expression), or NULL */
    const char *comment;       /* or NULL */
    struct sql_pos pos;
};
struct sql_key {
    bool primary;     /* else foreign */
    const char *name; /* or NULL */
    const char **columns;
    size_t column_count;
    struct sql_name target;      /* FOREIGN KEY: the table referred to */
    const char **target_columns; /* may be empty: its primary key */
    size_t target_column_count;
    bool rely;
    struct sql_pos pos;
};
struct sql_check {
    const char *name;
    const char *sql; /* Databricks expression text */
    struct sql_pos pos;
};
struct sql_property {
    const char *key, *value;
};
struct sql_table {
    struct sql_name name;
    bool or_replace, if_not_exists, temporary, external;
    struct sql_column *columns;
    size_t column_count;
    struct sql_key *keys;
    size_t key_count;
    struct sql_check *checks;
    size_t check_count;
    struct sql_property *properties;
    size_t property_count;
    const char **partition_by, **cluster_by;
    size_t partition_count, cluster_count;
    bool cluster_auto;
    const char *comment, *format, *location; /* or NULL; format: "DELTA" */
    const char *query;                       /* CREATE TABLE .. AS query, or NULL; not NUL-terminated */
    size_t query_len;
    struct sql_pos query_pos;
};
struct sql_view {
    struct sql_name name;
    bool or_replace, if_not_exists, temporary, materialized;
    struct sql_column *columns; /* name, comment, pos only; empty: those of the query */
    size_t column_count;
    struct sql_property *properties;
    size_t property_count;
    const char *comment;
    const char *query; /* points into the text; the YAML between $$ and $$ when metrics */
    size_t query_len;
    struct sql_pos query_pos;
    bool metrics; /* WITH METRICS LANGUAGE YAML AS $$ .. $$ */
};
struct sql_function {
    struct sql_name name;
    bool or_replace, if_not_exists, temporary, table_valued, deterministic;
    struct sql_column *parameters; /* name, type, default_sql, comment */
    size_t parameter_count;
    const struct sql_type *returns; /* scalar; NULL when it is to be taken from the body */
    struct sql_column *columns;     /* RETURNS TABLE (..); empty: those of the body */
    size_t column_count;
    const char *comment;
    const char *body; /* expression or query after RETURN; points into the text */
    size_t body_len;
    struct sql_pos body_pos;
};
/* Each takes one whole statement (a trailing semicolon is fine). first_line 0 counts as 1. Names are checked for doubles; keys
 * and partition columns must be columns of the table. */
int sql_parse_table(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_table **ret,
                    struct error *err) MUST_CHECK;
int sql_parse_view(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_view **ret, struct error *err) MUST_CHECK;
int sql_parse_function(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_function **ret,
                       struct error *err) MUST_CHECK;

/* What a table has, names without case; NULL: it has none. The nearest is for the hint of an error. */
const struct sql_column *sql_find_column(const struct sql_table *t, const char *name);
const char *sql_nearest_column(struct arena *a, const struct sql_table *t, const char *name);
const struct sql_key *sql_primary_key(const struct sql_table *t);
const char *sql_table_property(const struct sql_table *t, const char *key);

/* ---- references --------------------------------------------------------------------------------------------- */

struct sql_reference {
    struct sql_name name; /* functions: name as written, built-in ones too */
    bool table_function;  /* function in FROM */
};
struct sql_references {
    enum sql_kind kind;
    struct sql_reference *reads; /* tables and views read, once for each place; names of CTEs are not among them */
    size_t read_count;
    bool writes;
    struct sql_name written;         /* the table written, created, altered or dropped, when writes */
    struct sql_reference *functions; /* once for each place */
    size_t function_count;
    const char **params; /* names of :parameters, each once, in order of appearance */
    size_t param_count;
    const char **variables; /* names of ${variables}, each once */
    size_t variable_count;
};
/* Parses the whole statement; kinds that hold no query or table (SHOW, SET, ..) give empty lists. */
int sql_references(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_references **ret,
                   struct error *err) MUST_CHECK;

/* ---- metric views ---------------------------------------------------------------------------------------- */

/* A metric view in Databricks' sense: dimensions and measures over a source and what is joined to it. Expressions name columns of the
 * source (also `source.x`), of joins (`join.x`), dimensions before them, and MEASURE(of others). */
struct sql_metric_join {
    const char *name;
    const char *source; /* a table or a query */
    const char *on;     /* or NULL: */
    const char **using_columns;
    size_t using_count;
    const struct sql_metric_join *parent; /* what its ON calls by name; NULL: the source */
    bool at_most_one;                     /* at most one row for each of the parent: its keys say so. Else one is picked */
    uint32_t line;                        /* in the file */
};
enum sql_metric_range { SQL_RANGE_CURRENT, SQL_RANGE_CUMULATIVE, SQL_RANGE_ALL, SQL_RANGE_TRAILING, SQL_RANGE_LEADING };
struct sql_metric_window {
    const char *order; /* a dimension */
    enum sql_metric_range range;
    const char *interval; /* of trailing and leading: "7 day" */
    bool inclusive;       /* of the unit of the row itself */
    bool first;           /* semiadditive first; else last: which value stands for a group that the order is not part of */
};
/* "trailing 7 day" and the like; non-zero when it is no range. */
int sql_metric_window_parse(struct arena *a, const char *text, struct sql_metric_window *ret);
struct sql_metric_field { /* dimension or measure */
    const char *name, *expr, *comment, *display_name;
    const char *format; /* its type: number, currency, percentage, ..; or NULL */
    const char **synonyms;
    size_t synonym_count;
    struct sql_metric_window *windows; /* measures */
    size_t window_count;
    uint32_t line;
};
struct sql_metric_view {
    const char *name, *source, *filter, *comment;
    struct sql_metric_join *joins; /* a parent before its children */
    size_t join_count;
    struct sql_metric_field *dimensions, *measures;
    size_t dimension_count, measure_count;
};
/* The metric view that a name means; *ret stays NULL when it means none. */
typedef int sql_metric_fn(void *context, const struct sql_name *name, struct arena *a, const struct sql_metric_view **ret,
                          struct error *err);

struct sql_expanded {
    const char *text; /* the given one when no metric view is read */
    size_t len;
    struct sql_splice *splices;
    size_t splice_count;
};
struct sql_env;
/* Databricks SQL in which metric views stand as queries of their sources and MEASURE(m) as its aggregates: for every engine. Lines stay. A
 * SELECT from a metric view reads nothing else; its columns are the dimensions, and it groups (or is DISTINCT). */
int sql_expand_metrics(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                       struct sql_expanded *ret, struct error *err) MUST_CHECK;
/* Brings the position of an error in the expanded text back to the given one. */
void sql_expanded_error(const struct sql_expanded *e, struct error *err);
/* Databricks SQL as Spark and a warehouse take it: metric views expanded, ${variables} as their values. */
int sql_portable(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, const char **ret,
                 struct error *err) MUST_CHECK;
/* The columns of a join that its ON holds equal to others: at most one row has them when they hold a key. */
int sql_metric_join_columns(struct arena *a, const struct sql_metric_join *j, const char ***ret, size_t *ret_count,
                            struct error *err) MUST_CHECK;

/* ---- rewriting to DuckDB -------------------------------------------------------------------------------------- */

/* Maps a table as written to schema and table of the engine. ${variables} in parts have been replaced. Both answers live as
 * long as the arena. An unknown name is ERROR_NOT_FOUND with a hint; the caller of the callback sets the position. */
typedef int sql_name_fn(void *context, const struct sql_name *name, struct arena *a, const char **ret_schema, const char **ret_table,
                        struct error *err);

struct sql_column_type {
    const char *name;
    const struct sql_type *type;
};
/* Columns of an engine's table (the answer of sql_name_fn). Return 0 with *ret_count = 0 when they cannot be known. */
typedef int sql_columns_fn(void *context, const char *schema, const char *table, struct arena *a, const struct sql_column_type **ret,
                           size_t *ret_count, struct error *err);
/* Text for ${name}; ERROR_NOT_FOUND when there is none. It stands for (a part of) a name or for a literal. */
typedef int sql_variable_fn(void *context, const char *name, struct arena *a, const char **ret_text, struct error *err);

struct sql_user_function {     /* a function that is not built in */
    const char *engine_sql;    /* its name in DuckDB as SQL text: quoted, with schema */
    const char *schema, *name; /* for lineage; NULL: as written */
    bool table_valued;
    const struct sql_type *returns;        /* scalar */
    const struct sql_column_type *columns; /* table-valued */
    size_t column_count;
    const struct sql_column *parameters; /* for named arguments, defaults and casts of arguments */
    size_t parameter_count;
};
/* Looks up a function that is not built in; *ret stays NULL when there is none. */
typedef int sql_function_fn(void *context, const struct sql_name *name, struct arena *a, const struct sql_user_function **ret,
                            struct error *err);

struct sql_param { /* a named value: `:name` in a statement, or `name` in the body of a SQL function */
    const char *name;
    const struct sql_type *type; /* NULL: not known; then comparisons and arithmetic with it are DuckDB's choice */
    bool bare;                   /* also written without colon (parameter of a function): columns go first */
    const char *owner;           /* bare: also written owner.name */
    const char *engine_sql;      /* how DuckDB names it; NULL: $name */
};

struct sql_env {               /* what a rewrite may ask; any callback may be NULL */
    void *context;             /* given to all callbacks */
    sql_name_fn *name;         /* NULL: names are kept as written */
    sql_columns_fn *columns;   /* NULL: types of columns are not known (arithmetic is then checked at run time) */
    sql_variable_fn *variable; /* NULL: ${name} is an error */
    sql_function_fn *function;
    sql_metric_fn *metric;          /* NULL: there are no metric views */
    const struct sql_param *params; /* NULL: every :name is taken, type not known */
    size_t param_count;
    bool params_closed;         /* a :name that is not in params is an error with the nearest name */
    int64_t now_us;             /* what CURRENT_TIMESTAMP() is; CURRENT_DATE is its UTC day. Views and functions that use it ask the
                                   DuckDB variable dbx_now when they are read: an engine sets it (SET VARIABLE dbx_now = TIMESTAMP '..')
                                   before each statement */
    const char *user;           /* current_user(); NULL: an error. Views and functions ask dbx_user when they are read, and is_member() asks
                                   dbx_groups (a list of text) always */
    bool spare_column_comments; /* tables are made without those of their columns */
};

struct sql_rewritten {
    enum sql_kind kind;
    const char **statements; /* DuckDB SQL, to be run in this order in one transaction; the first is the statement itself,
                                then COMMENT ON and the like. May be empty (OPTIMIZE, a property-only ALTER). */
    size_t statement_count;
    const char **params; /* names used as $name in the first statement, each once, in order of appearance */
    size_t param_count;
    const struct sql_column_type *columns; /* of a SELECT: names as Spark gives them and types (SQL_T_UNKNOWN possible) */
    size_t column_count;
    struct sql_table *table; /* CREATE TABLE: what was read, for the catalogue (keys are not created in DuckDB) */
    bool uses_clock;         /* the result depends on now_us */
};
/* Rewrites one Databricks SQL statement. What is not supported is an error with position and the construct's name. */
int sql_rewrite_duckdb(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                       struct sql_rewritten **ret, struct error *err) MUST_CHECK;
/* The same for one expression (a default, a check, a quality predicate, a YAML measure) over the given columns. */
int sql_rewrite_expression(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env,
                           const struct sql_column_type *columns, size_t column_count, const char **ret_sql,
                           const struct sql_type **ret_type, struct error *err) MUST_CHECK;
/* True when name (any case) is a built-in function that sql_rewrite_duckdb knows, refused ones not among them. */
bool sql_function_known(const char *name);
/* Names of all supported built-in functions in byte order, for completion and docs. */
const char *const *sql_function_names(size_t *ret_count);

/* ---- lineage -------------------------------------------------------------------------------------------------- */

struct sql_lineage_source {     /* where a value comes from */
    const char *schema, *table; /* as env->name answers; of a function of the user: as it is found, or as written */
    bool function;              /* what a function of the user returns: `table` is its name, column NULL when it is scalar */
    const char *column;         /* as the table spells it */
    const char *field;          /* "job_id" or "a.b": the part of a STRUCT that is taken; NULL: all of the column */
};
struct sql_lineage_column {
    const char *name;
    const struct sql_type *type;       /* of a query's column; NULL: it is that of the table written, or of the function */
    struct sql_lineage_source *direct; /* what the value is computed from: everything that its expression names */
    size_t direct_count;
    struct sql_lineage_source *indirect; /* what only filters, joins, groups or orders the rows that it is computed from */
    size_t indirect_count;
};
struct sql_lineage {
    enum sql_kind kind;
    struct sql_lineage_column *columns; /* SELECT, views, functions: their columns; a scalar function: one, of its name. INSERT, UPDATE
                                           and MERGE: the columns that are written */
    size_t column_count;
    struct sql_lineage_source *rows; /* what decides which rows there are: the indirect sources that all columns share */
    size_t row_count;
    bool open; /* columns of a relation are not known: sources may be missing */
};
/* Where each column of a statement comes from, through CTEs, subqueries, set operations, stars, aliases, windows, generators, lambdas
 * and metric views. Views and functions that the statement reads are sources themselves. Each list holds a source once, in the order of
 * the text. What the rewriting refuses is the same error here. */
int sql_lineage(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, struct sql_lineage **ret,
                struct error *err) MUST_CHECK;

/* ---- gate ----------------------------------------------------------------------------------------------------- */

/* The first wall for SQL of people: exactly one statement, SELECT / WITH / VALUES / TABLE only, no writing statement anywhere in
 * it, only known built-in functions or those that env->function knows, no function that reads files or the network (they are not
 * known). Answers what it reads, so that the caller can hold the tables against the rights of the principal. */
int sql_gate(struct arena *a, const char *text, size_t len, const struct sql_env *env, struct sql_references **ret,
             struct error *err) MUST_CHECK;

#endif
