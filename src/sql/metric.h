/* Private to metric.c and metric_window.c: one SELECT from a metric view. */
#ifndef SECCHI_SQL_METRIC_H
#define SECCHI_SQL_METRIC_H

#include "sql/bind.h"

struct sql_splice { /* `with` stands for `len` bytes of a text */
    struct sql_pos at;
    uint32_t from, len, seq;
    const char *with;
};
typedef LIST(struct sql_splice) splices;

struct used_column {  /* of the source or a join, that a measure reads */
    const char *text; /* as written */
    const char *name; /* in the query of the source */
};

struct block { /* one SELECT from a metric view */
    struct expander *x;
    const struct sql_metric_view *view;
    const struct select *select;
    const char *alias;
    bool *dimensions; /* used */
    bool *joins;
    LIST(const char *) join_columns; /* "join.column": for a join of which one row is picked */
    LIST(struct used_column) columns;
    splices *replaced;                              /* of the measure whose columns are walked */
    LIST(const struct sql_metric_field *) windowed; /* measures with windows; their rows carry the number of the measure, from 1 */
    LIST(const struct expr *) groups;               /* what the rows are grouped by */
    size_t window;                                  /* number of the measure that is written, 0: it has no window */
    struct sql_pos pos;                             /* of the MEASURE(..) that is written; faults of the view are told there */
    bool measured;
    unsigned depth; /* of measures within measures */
};

struct expander {
    struct arena *a;
    struct parser *p;
    const struct sql_env *env;
    splices splices;
};

#define MEASURE_DEPTH 16 /* of measures within measures */

typedef void metric_column_fn(struct block *b, const struct parser *p, const struct expr *e);

/* ---- metric.c */
const struct sql_metric_field *metric_dimension(const struct sql_metric_view *v, const char *name);
const struct sql_metric_field *metric_measure(const struct sql_metric_view *v, const char *name);
void metric_unknown(struct block *b, struct sql_pos pos, const char *what, const char *name, bool dimensions, bool measures);
/* An expression of the view as a tree of its own; faults are told as of the view. */
struct expr *metric_parse(struct expander *x, const struct sql_metric_view *v, const char *what, const char *text, struct parser *p);
char *metric_flat(struct arena *a, const struct parser *p, size_t first, size_t end); /* tokens as text on one line, without comments */
bool metric_is_call(const struct expr *e);                                            /* MEASURE(..) */
/* Columns and MEASURE calls of an expression; names of lambdas and settings are neither. */
void metric_each_column(struct block *b, const struct parser *p, const struct expr *e, const struct expr *lambda, metric_column_fn *fn);
void metric_use_dimension(struct block *b, const struct sql_metric_field *d);
const char *metric_argument(const struct expr *call); /* of MEASURE; NULL when it is no name */

/* ---- metric_window.c */
void metric_find_windows(struct block *b, const order_list *order); /* of the measures of the SELECT, before any of it is written */
size_t metric_window_number(const struct block *b, const struct sql_metric_field *m); /* from 1; 0: it has none */
const char *metric_window_rows(const struct block *b);               /* the condition on the rows of the measure that is written */
const char *metric_window_query(struct block *b, const char *plain); /* the query of the source with the rows of all windows */

#endif
