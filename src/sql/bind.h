/* The second half of the sql room: names and types of the tree (binder), then DuckDB's text for it (emitter). */
#ifndef SECCHI_SQL_BIND_H
#define SECCHI_SQL_BIND_H

#include "sql/private.h"

#define WEIGHT_MAX 200000u /* copies of sub-expressions that macros and templates may make in a statement */

/* One relation in scope. */
struct source {
    const char *alias;  /* how columns of it are qualified; NULL for none */
    const char *schema; /* schema as written, for schema.table.column */
    const struct sql_column_type *columns;
    size_t count;
    struct lineage **lineage;                /* of each column; NULL when nobody asks */
    const struct sql_lineage_source *origin; /* the table, when its columns are not known */
    bool open;                               /* its columns are not all known */
    bool hidden;                             /* right side of SEMI or ANTI JOIN: seen by ON only */
    struct name_index *index;
    const char **merged; /* names of USING columns that an earlier source shows */
    size_t merged_count;
    struct source *next;
};

/* What * stands for, in Spark's order. */
struct star_column {
    const char *name, *alias; /* alias: of its relation, NULL when it is shared */
    const struct sql_type *type;
    struct lineage *lineage;
};

struct scope {
    const struct scope *parent;
    struct source *sources;
    LIST(struct star_column) star;
    bool star_open;                        /* * stands for more than is known */
    const struct sql_column_type *aliases; /* of the select list so far */
    size_t alias_count;
    struct name_index *alias_index;
    struct lineage **alias_lineage;
    const struct select *select; /* whose windows have names, and the lineage of each */
    struct lineage **windows;
    bool aliases_first;        /* ORDER BY */
    const char **lambda_names; /* a scope of lambda variables has no sources */
    const char **lambda_engine;
    const struct sql_type **lambda_types;
    size_t lambda_count;
};

struct cte_binding {
    const struct cte_binding *parent;
    const char *name;
    const struct sql_column_type *columns;
    size_t count;
    bool open;
    struct lineage **lineage, *rows;
};

struct binder {
    struct parser *p;
    struct arena *a;
    const struct sql_env *env;
    const struct cte_binding *ctes;
    unsigned counter; /* for names of our own */
    bool saw_window, saw_aggregate;
    bool lift_params;    /* outside of aggregates of a grouped SELECT: there DuckDB takes a parameter of a function for a column */
    bool clock_variable; /* in a view the clock is asked when it is read */
    bool no_clock;       /* in a DEFAULT or CHECK it cannot be */
    bool uses_clock;
    struct tracker *tracker; /* of sql_lineage, else NULL */
};

struct columns {
    const struct sql_column_type *items;
    size_t count;
    bool open;
    struct lineage **lineage;                /* of each; NULL when nobody asks */
    struct lineage *rows;                    /* what decides which rows there are */
    const struct sql_lineage_source *origin; /* open: the table */
};

/* ---- lineage (lineage.c): every function does nothing and answers NULL when the binder has no tracker ---- */

typedef LIST(struct sql_lineage_source) lineage_sources;
struct lineage { /* what a value is made of */
    lineage_sources direct, indirect;
    bool path; /* it is a column or a field of one (a set operation: of each), and nothing else */
};
struct tracker {
    struct lineage *value; /* what names that are bound now go to */
    struct lineage *rows;  /* of the SELECT that is bound now */
    LIST(struct sql_lineage_column) columns;
    LIST(struct lineage *) written;
    bool open;
};
struct lineage *sql_lineage_new(struct binder *b);
/* Names go to `into` from now on; answers where they went before. */
struct lineage *sql_lineage_into(struct binder *b, struct lineage *into);
/* The value so far is that of e alone: whether it is a path. */
void sql_lineage_of_expr(struct binder *b, struct lineage *l, const struct expr *e);
void sql_lineage_add(struct binder *b, const struct lineage *l, const struct sql_name *name, size_t used); /* to the value; fields follow */
void sql_lineage_merge(struct binder *b, struct lineage *to, const struct lineage *from);
void sql_lineage_rows(struct binder *b, const struct lineage *l); /* it only decides which rows the SELECT has */
void sql_lineage_field(struct binder *b, struct lineage *l, const char *field);
void sql_lineage_plain(struct binder *b, const struct scope *s, const struct source *from, const struct sql_column_type *c,
                       const struct sql_name *name);
void sql_lineage_missing(struct binder *b, const struct source *s, const struct expr *e, size_t at); /* a column of an open relation; NULL:
                                                                                                    of which one is not known */
void sql_lineage_subquery(struct binder *b, const struct columns *c, bool values);                   /* within an expression */
void sql_lineage_call(struct binder *b, const struct sql_user_function *f, const struct sql_name *written);
void sql_lineage_window(struct binder *b, const struct window_spec *w, const struct scope *s);
struct lineage **sql_lineage_table(struct binder *b, const struct columns *c, const char *schema, const char *table, bool function);
struct lineage **sql_lineage_result(struct binder *b, const struct columns *c, const struct sql_user_function *f,
                                    const struct sql_name *written);
struct lineage **sql_lineage_computed(struct binder *b, const struct columns *c, const struct lineage *from); /* all of the same */
struct lineage **sql_lineage_generator(struct binder *b, const struct columns *c, const struct lineage *arg, const struct sql_type *t);
void sql_lineage_using(struct binder *b, const struct relation *r, const struct scope *s, const struct source *right);
struct lineage *sql_lineage_shared(struct binder *b, const struct relation *r, const struct star_column *l, const struct source *right);
void sql_lineage_group(struct binder *b, const struct select *sel);
struct columns sql_lineage_term(struct binder *b, struct columns all, struct columns next, const char *op); /* of a set operation */
void sql_lineage_limit(struct binder *b, const struct query *q, struct columns *c, const struct lineage *order);
struct columns sql_lineage_anchor(struct binder *b, const struct cte *c, struct columns anchor); /* what a recursive CTE is to itself */
void sql_lineage_recursive(struct binder *b, const struct cte *c, const struct columns *anchor, struct columns *cols);
/* A column of what the statement makes or writes. */
void sql_lineage_output(struct binder *b, const char *name, const struct lineage *l);
/* Those of a query; names NULL: they keep theirs. */
void sql_lineage_outputs(struct binder *b, const struct columns *c, const char *(*name)(const void *, size_t), const void *names);

/* ---- rules of types ---- */
bool sql_is_integral(const struct sql_type *t);
bool sql_is_numeric(const struct sql_type *t);
bool sql_is_unknown(const struct sql_type *t);                                /* UNKNOWN, also within */
const struct sql_type *sql_decimal_of(struct arena *a, const struct expr *e); /* DECIMAL that holds an integral or decimal operand */
const struct sql_type *sql_adjusted_decimal(struct arena *a, int precision, int scale); /* Spark's loss of scale beyond 38 */
/* The type both are brought to (findWiderTypeForTwo of ANSI mode), NULL when there is none. */
const struct sql_type *sql_common_type(struct arena *a, const struct sql_type *x, const struct sql_type *y);

/* ---- functions ---- */
struct sql_builtin {
    const char *name;
    signed char min, max; /* arguments; max -1: any number */
    const char *args;     /* a letter each, the last repeats; see functions.c */
    const char *result;
    const char *sql;      /* template; "!hint" when refused; "=hook" when written by a hook */
    char kind;            /* 0 scalar, 'A' aggregate, 'W' window only, 'G' generator, 'L' takes lambdas */
    unsigned char copies; /* how often DuckDB copies an argument that the macro uses more than once; 0 is 1 */
};
const struct sql_builtin *sql_find_builtin(const char *name);
const char *sql_nearest_function(const char *name);

/* ---- binder ---- */
void sql_bind_expr(struct binder *b, struct expr *e, const struct scope *s);
struct columns sql_bind_query(struct binder *b, struct query *q, const struct scope *parent);
void sql_bind_relations(struct binder *b, struct relation *r, struct scope *s);
/* Makes t PIVOT (..) a relation (SELECT .. FROM t), whose items sql_pivot_items makes when it is known what t has; UNPIVOT's values have
 * their lineage by sql_unpivot_lineage. joined: other relations stand before it. */
void sql_pivot_query(struct binder *b, struct relation *r, bool joined);
void sql_pivot_items(struct binder *b, struct select *sel, const struct scope *s);
void sql_unpivot_lineage(struct binder *b, const struct select *sel, const struct scope *s);
bool sql_in_names(const char *const *names, size_t count, const char *name);
void sql_add_star(struct binder *b, struct scope *s, const char *alias, const struct source *src, size_t i);
void sql_show_columns(struct binder *b, struct scope *s, const struct source *right); /* by * */
struct columns sql_renamed(struct binder *b, struct columns c, const sql_strings *aliases, struct sql_pos pos);
struct columns sql_table_columns(struct binder *b, struct relation *r); /* of a table or a CTE */
struct source *sql_add_source(struct binder *b, struct scope *s, const char *alias, struct columns c);
bool sql_table_of(struct binder *b, const struct sql_name *name, const char **ret_schema, const char **ret_table, struct columns *ret);
void sql_bind_ctes(struct binder *b, struct cte *ctes, size_t count, const struct scope *parent);
void sql_bind_call(struct binder *b, struct expr *e, const struct scope *s);
bool sql_is_aggregate(const struct expr *e);  /* a call of one that is no window */
bool sql_has_aggregate(const struct expr *e); /* one that is no window, not within a subquery */
struct expr *sql_call_of(struct binder *b, const struct expr *like, const char *name, struct expr *first,
                         struct expr *second);                                                 /* bound call of a built-in */
struct columns sql_bind_generator(struct binder *b, struct expr *call, const struct scope *s); /* columns of explode and the like */
struct columns sql_bind_table_function(struct binder *b, struct expr *call, const struct scope *s);
bool sql_is_generator(const struct expr *e);
void sql_bind_window(struct binder *b, struct window_spec *w, const struct scope *s);
/* Wraps e so that it has type t as an implicit cast of Spark; fails when Spark has none. */
struct expr *sql_coerce(struct binder *b, struct expr *e, const struct sql_type *t);
bool sql_castable(const struct sql_type *from, const struct sql_type *to); /* whether the emitter can say CAST with Spark's meaning */
/* Brings args[from..] (every step-th) to their common type and answers it. */
const struct sql_type *sql_unify(struct binder *b, struct expr *e, size_t from, size_t step);
void sql_no_common(struct binder *b, const struct expr *e, const struct sql_type *x, const struct sql_type *y);
void sql_bind_column(struct binder *b, struct expr *e, const struct scope *s);
void sql_bind_field(struct binder *b, struct expr *e); /* value.field */
void sql_bind_index(struct binder *b, struct expr *e); /* value[index] */
void sql_bind_number(struct binder *b, struct expr *e);
void sql_bind_typed(struct binder *b, struct expr *e);
void sql_bind_interval(struct binder *b, struct expr *e, const struct scope *s);
void sql_bind_op(struct binder *b, struct expr *e);
void sql_bind_unary(struct binder *b, struct expr *e);
uint32_t sql_weight_sum(const struct expr *e);
void sql_make_template(struct expr *e, const char *text, const struct sql_type *type); /* the node becomes a call of this template */
bool sql_is_time(const struct sql_type *t);
bool sql_is_interval(const struct sql_type *t);
struct expr *sql_new_expr(struct binder *b, enum expr_kind kind, const struct expr *like, const struct sql_type *type);
struct expr *sql_raw(struct binder *b, const struct expr *like, const char *text, const struct sql_type *type);
const char *sql_variable(struct binder *b, const char *text, struct sql_pos pos); /* ${..} replaced */
const char *sql_string_variables(struct binder *b, const char *text);             /* the same within a string */
const char *sql_item_name(struct binder *b, const struct select_item *it);        /* the column name that Spark gives */
char *sql_pretty(struct arena *a, const struct expr *e);
const struct sql_type *sql_day_interval(void); /* INTERVAL DAY */
bool sql_literal_text(const struct expr *e, const char **ret);
bool sql_literal_int(const struct expr *e, int64_t *ret);
void sql_fix_call(struct binder *b, struct expr *e, const struct scope *s); /* what a template alone cannot say */
const char *sql_date_unit(const char *unit);                                /* "day" of "DAY", "DD", "DAYS"; NULL */
/* strftime pattern of a Java date pattern, or NULL with *ret_bad the letter that cannot be said. */
const char *sql_time_pattern(struct arena *a, const char *java, bool parsing, char *ret_bad);
const char *sql_regex_fault(const char *java); /* why RE2 would understand the pattern otherwise, or NULL */
const char *sql_regex_replacement(struct arena *a, const char *java);

/* ---- emitter ---- */
struct emitter {
    struct arena *a;
    struct binder *b;
    struct buf out;
    sql_strings params;
    struct name_index param_index;
};
void sql_emit_expr(struct emitter *m, const struct expr *e);
void sql_emit_cast(struct emitter *m, const struct expr *e, const struct sql_type *from, const struct sql_type *to, bool try_cast);
void sql_emit_query(struct emitter *m, const struct query *q);
void sql_emit_ctes(struct emitter *m, const struct cte *ctes, size_t count, bool recursive);
void sql_emit_relation(struct emitter *m, const struct relation *r);
void sql_emit_window(struct emitter *m, const struct window_spec *w);
void sql_emit_order(struct emitter *m, const order_list *o);
void sql_emit_columns(struct emitter *m, const struct columns *from, const struct columns *to,
                      const struct query *q); /* q with its columns cast and renamed */
void sql_emit_name(struct emitter *m, const char *name);

/* ---- statements ---- */
/* sql_rewrite_duckdb; t: also follows where columns come from. */
int sql_rewrite_tracked(struct arena *a, const char *text, size_t len, uint32_t first_line, const struct sql_env *env, struct tracker *t,
                        struct sql_rewritten **ret, struct error *err) MUST_CHECK;
struct rewrite {
    struct parser *p;
    struct binder b;
    struct emitter m;
    const struct sql_env *env;
    struct sql_rewritten *out;
    LIST(const char *) statements;
};
void sql_rewrite_dml(struct rewrite *r, struct statement *s);
void sql_rewrite_ddl(struct rewrite *r, struct statement *s);
void sql_finish_statement(struct rewrite *r); /* what was emitted becomes the next statement */
bool sql_target(struct rewrite *r, const struct sql_name *name, bool with_columns, const char **ret_text,
                struct columns *ret); /* quoted name */
/* e as it is stored into a column: ANSI store assignment. */
struct expr *sql_assign(struct binder *b, struct expr *e, const struct sql_column_type *column);
bool sql_assignable(const struct sql_type *from, const struct sql_type *to);

#endif
