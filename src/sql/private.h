/* What the files of the sql room share: parser, syntax tree, types. Nobody outside includes it. */
#ifndef SECCHI_SQL_PRIVATE_H
#define SECCHI_SQL_PRIVATE_H

#include "sql/sql.h"

/* Growing array whose memory lies in an arena: LIST(struct x *) xs; *LIST_ADD(a, &xs) = x. */
#define LIST(type) \
    struct { \
        type *items; \
        size_t count, cap; \
    }
#define LIST_ADD(a, l) (sql_list_grow((a), (void **)&(l)->items, &(l)->count, &(l)->cap, sizeof(*(l)->items)), &(l)->items[(l)->count - 1])
void sql_list_grow(struct arena *a, void **items, size_t *count, size_t *cap, size_t item_size);

typedef LIST(const char *) sql_strings;

/* Finds names in growing lists in constant time. The list's items begin with a `const char *` name; the first of equal ones counts. */
struct name_index {
    bool exact; /* else without case */
    uint32_t *slots;
    size_t slot_count, count;
};
#define NAME_NONE SIZE_MAX
size_t sql_name_find(struct arena *a, struct name_index *x, const void *items, size_t count, size_t item_size, const char *name);

bool sql_word_eq(const char *s, size_t n, const char *word); /* case-insensitive */
enum sql_kind sql_classify(const char *text, const struct sql_token *first);
int sql_error_at(struct error *err, enum error_kind kind, struct sql_pos pos, const char *fmt, ...) PRINTF_LIKE(4, 5);

const struct sql_type *sql_simple_type(enum sql_type_kind kind); /* shared, never freed */
const struct sql_type *sql_decimal_type(struct arena *a, int precision, int scale);
const struct sql_type *sql_array_type(struct arena *a, const struct sql_type *item);
const struct sql_type *sql_map_type(struct arena *a, const struct sql_type *key, const struct sql_type *item);
const struct sql_type *sql_struct_type(struct arena *a, const struct sql_field *fields, size_t count);

/* ---- syntax tree ---------------------------------------------------------------------------------------- */

enum expr_kind {
    EX_NULL,
    EX_BOOL,
    EX_NUMBER,
    EX_STRING,
    EX_BINARY_LITERAL,
    EX_TYPED,    /* DATE '..', TIMESTAMP '..', TIMESTAMP_NTZ '..': target, text */
    EX_INTERVAL, /* text: value, unit in `unit`; args: value expressions with `units` */
    EX_COLUMN,   /* name */
    EX_STAR,     /* name (qualifier, count may be 0), names: EXCEPT columns */
    EX_PARAM,
    EX_VARIABLE,
    EX_UNARY,   /* text: "-", "+", "~", "NOT" */
    EX_OP,      /* text: operator, args: operands; AND, OR and || hold two or more */
    EX_CALL,    /* name, args, over, filter, distinct, .. */
    EX_CAST,    /* args[0], target, try_cast */
    EX_CASE,    /* args: [operand] when then .. [else] with has_operand, has_else */
    EX_IN,      /* args[0] in args[1..] or query */
    EX_BETWEEN, /* args: value, low, high */
    EX_LIKE,    /* text: LIKE, ILIKE, RLIKE; args: value, pattern..; quantifier ANY or ALL; escape */
    EX_IS,      /* text: NULL, TRUE, FALSE, UNKNOWN, DISTINCT; args */
    EX_EXISTS,
    EX_SUBQUERY,
    EX_LAMBDA,    /* names: parameters, args[0]: body */
    EX_INDEX,     /* args: value, index */
    EX_FIELD,     /* args[0], text: field */
    EX_TUPLE,     /* (a, b) */
    EX_NAMED_ARG, /* text => args[0] */
    EX_RAW,       /* text: DuckDB SQL made by the binder */
};

struct parser;
struct statement;
struct query;
struct order_item {
    struct expr *expr;
    bool desc, nulls_first, nulls_last;
};
typedef LIST(struct order_item) order_list;

struct window_spec {
    const char *name;  /* OVER name, or base name inside the brackets */
    bool is_reference; /* OVER name */
    LIST(struct expr *) partition;
    order_list order;
    const char *frame;                  /* ROWS or RANGE, or NULL */
    struct expr *frame_from, *frame_to; /* value of n PRECEDING or FOLLOWING */
    const char *from_bound, *to_bound;  /* "UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", .. ; to_bound may be NULL */
};

struct expr {
    enum expr_kind kind;
    struct sql_pos pos;
    uint32_t first, last; /* tokens */
    uint16_t depth;
    bool negated, distinct, ignore_nulls, try_cast, has_operand, has_else;
    const char *text;
    struct sql_name *name;
    LIST(struct expr *) args;
    sql_strings names;             /* lambda parameters, EXCEPT columns, interval units */
    const struct sql_type *target; /* of a cast or typed literal */
    struct query *query;
    struct window_spec *over;
    struct expr *filter;
    order_list within; /* WITHIN GROUP (ORDER BY ..) or ORDER BY inside the brackets */
    const char *escape, *quantifier;
    /* filled by the binder */
    const struct sql_type *type;
    const struct sql_builtin *builtin;
    const struct sql_user_function *user;
    const struct source *source; /* of a column */
    bool implicit;               /* a cast that nobody wrote */
    int64_t months;              /* of a literal interval */
    unsigned copies;             /* of an operand made by DuckDB's macro */
    const char *engine;          /* parameters, lambda variables, literals: how DuckDB names them */
    uint32_t weight;             /* copies made by templates: bounds the size of the output */
};

struct select_item {
    struct expr *expr;
    const char *alias;
    sql_strings aliases; /* AS (a, b) of a generator */
    /* filled by the binder */
    struct lineage *lineage;
    bool aggregate;
};

enum join_kind { JOIN_COMMA, JOIN_INNER, JOIN_CROSS, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_SEMI, JOIN_ANTI };
enum relation_kind { REL_TABLE, REL_QUERY, REL_FUNCTION, REL_PAREN };

struct pivot {
    bool unpivot, include_nulls;
    LIST(struct select_item) aggregates; /* PIVOT: aggregates; UNPIVOT: columns, tuples of them when there are several values */
    sql_strings columns;                 /* PIVOT: FOR columns; UNPIVOT: the one for names */
    LIST(struct select_item) values;     /* PIVOT: IN values */
    sql_strings value_names;             /* UNPIVOT */
    const char *alias;                   /* of what is turned, before PIVOT */
    sql_strings column_aliases;
    struct sql_pos pos;
};

struct relation {
    enum relation_kind kind;
    struct sql_pos pos;
    struct sql_name *name;
    struct query *query;
    struct expr *call;
    struct relation *inner; /* REL_PAREN */
    bool lateral;
    const char *alias;
    sql_strings column_aliases;
    struct pivot *pivot;
    /* how it is joined to what stands before it */
    enum join_kind join;
    bool natural;
    struct expr *on;
    sql_strings using_columns;
    struct relation *next;
    /* filled by the binder */
    const char *engine_schema, *engine_table;
};

struct lateral_view {
    struct expr *call;
    bool outer;
    const char *alias;
    sql_strings columns;
    struct sql_pos pos;
};

struct select {
    struct sql_pos pos;
    bool distinct;
    LIST(struct select_item) items;
    struct relation *from; /* a chain by `next` */
    LIST(struct lateral_view) views;
    struct expr *where, *having, *qualify;
    bool group_all, has_group;
    const char *group_kind; /* NULL, "ROLLUP", "CUBE", "GROUPING SETS" */
    LIST(struct expr *) group;
    LIST(struct expr *) sets; /* GROUPING SETS: tuples */
    struct {
        const char *name;
        struct window_spec *spec;
    } windows[16];
    size_t window_count;
    struct pivot *pivot; /* made by the binder: the items are still to be made of what FROM gives */
};

enum body_kind { BODY_SELECT, BODY_VALUES, BODY_QUERY, BODY_SET, BODY_TABLE };
struct body {
    enum body_kind kind;
    struct sql_pos pos;
    struct select *select;
    LIST(struct expr *) rows; /* VALUES */
    struct query *query;
    struct sql_name *table;
    LIST(struct body *) terms; /* SET: n terms, n - 1 operators */
    sql_strings ops;           /* "UNION", "UNION ALL", "EXCEPT ALL", .. */
    const char *alias;         /* VALUES .. AS t(a, b) */
    sql_strings column_aliases;
    /* filled by the binder */
    const struct sql_column_type *columns;
    size_t column_count;
    struct lineage **lineage, *lineage_rows;
    bool open, bound;
    size_t width; /* VALUES: columns */
};

struct cte {
    const char *name;
    sql_strings columns;
    struct query *query;
    struct sql_pos pos;
    bool recursive;
};

struct query {
    struct sql_pos pos;
    bool recursive;
    LIST(struct cte) ctes;
    struct body *body;
    order_list order;
    bool order_all, order_all_desc;
    struct expr *limit, *offset;
};

struct assignment {
    struct sql_name *column; /* may be t.column */
    struct expr *value;
};
typedef LIST(struct assignment) assignments;

enum merge_when { MERGE_MATCHED, MERGE_NOT_MATCHED, MERGE_NOT_MATCHED_BY_SOURCE };
struct merge_clause {
    enum merge_when when;
    struct expr *condition;
    enum { MERGE_UPDATE, MERGE_DELETE, MERGE_INSERT } action;
    bool star;
    assignments set; /* UPDATE: column = value; INSERT: columns and values */
    struct sql_pos pos;
};

struct dml { /* INSERT, UPDATE, DELETE, MERGE */
    struct sql_name *target;
    const char *alias;
    sql_strings columns;
    struct query *query; /* INSERT */
    bool by_name, overwrite;
    LIST(struct cte) ctes;
    assignments set;
    struct expr *where;
    struct relation *source; /* MERGE */
    struct expr *on;
    LIST(struct merge_clause) clauses;
};

struct alter { /* one action of ALTER TABLE */
    enum {
        ALTER_ADD,
        ALTER_DROP,
        ALTER_RENAME_COLUMN,
        ALTER_RENAME,
        ALTER_COMMENT,
        ALTER_SET_NOT_NULL,
        ALTER_DROP_NOT_NULL,
        ALTER_SET_DEFAULT,
        ALTER_DROP_DEFAULT,
        ALTER_TYPE,
        ALTER_CATALOGUE_ONLY,
    } action;
    const char *column, *text;
    const struct sql_type *type;
    struct expr *value;
    struct sql_name *to;
    bool if_exists;
};

struct statement {
    enum sql_kind kind;
    struct sql_pos pos;
    struct query *query; /* also of CREATE .. AS */
    struct dml *dml;
    struct sql_table *table;
    struct sql_view *view;
    struct sql_function *function;
    struct sql_name *name; /* of other kinds */
    LIST(struct alter) alters;
    bool if_exists, cascade, on_column, on_view, on_schema;
    const char *column, *comment;
};

/* A tree that belongs to text kept in a struct (DEFAULT, CHECK, GENERATED, the body of a function). */
struct ddl_expr {
    const char *text;
    struct expr *expr;
};

/* ---- walk ---- */

/* Names of the WITH around a place. */
struct cte_scope;
bool sql_is_cte(const struct cte_scope *scope, const struct sql_name *n);
/* Every SELECT of a statement, outer ones first; order is the ORDER BY of the query that it is the body of, or NULL. */
typedef void sql_select_fn(void *context, const struct select *s, const order_list *order, const struct cte_scope *scope);
void sql_each_select(const struct parser *p, const struct statement *s, sql_select_fn *on_select, void *context);
/* sql_expand_metrics for a statement of len bytes that was parsed. */
int sql_expand_parsed(struct parser *p, const struct statement *s, size_t len, const struct sql_env *env, struct sql_expanded *ret,
                      struct error *err) MUST_CHECK;

/* ---- parser ----------------------------------------------------------------------------------------------- */

/* The first error stands: after it the cursor is at the end and every rule answers a harmless dummy, so that rules need no error
 * paths of their own; callers of the parser look at `failed`. */
struct parser {
    struct arena *a;
    const char *text;
    struct sql_token *tokens;
    size_t count, i;
    unsigned depth;
    bool failed;
    int rc;
    struct error *err;
    sql_strings params, variables;
    struct name_index param_index;
    /* trees of what DDL keeps as text, in the order of the text */
    struct query *ddl_query;
    LIST(struct ddl_expr) ddl_exprs;
};

int sql_parser_init(struct parser *p, struct arena *a, const char *text, size_t len, uint32_t first_line, struct error *err) MUST_CHECK;
void sql_fail(struct parser *p, struct sql_pos pos, enum error_kind kind, const char *hint, const char *fmt, ...) PRINTF_LIKE(5, 6);
void sql_unexpected(struct parser *p, const char *wanted); /* "expected X, found Y" */
void sql_unsupported(struct parser *p, const char *construct, const char *hint);
bool sql_enter(struct parser *p); /* one level deeper; false (and failed) beyond LIMIT_SQL_DEPTH */
static inline void sql_leave(struct parser *p) { p->depth--; }

static inline const struct sql_token *sql_tok(const struct parser *p) { return &p->tokens[p->i]; }
const struct sql_token *sql_tok_at(const struct parser *p, size_t ahead);
bool sql_at(const struct parser *p, const char *word_or_op); /* upper-case word, or operator */
bool sql_at2(const struct parser *p, const char *first, const char *second);
bool sql_is(const struct parser *p, const struct sql_token *t, const char *word_or_op);
bool sql_accept(struct parser *p, const char *word_or_op);
bool sql_accept2(struct parser *p, const char *first, const char *second);
void sql_skip(struct parser *p, size_t tokens);
void sql_expect(struct parser *p, const char *word_or_op);
void sql_expect_end(struct parser *p);                          /* optional semicolon, then the end */
const char *sql_identifier(struct parser *p, const char *what); /* name, backticks and ${} glued */
bool sql_at_identifier(const struct parser *p);
struct sql_name *sql_qualified(struct parser *p, const char *what);
const char *sql_string(struct parser *p, const char *what);    /* adjacent ones concatenated */
sql_strings sql_name_list(struct parser *p, const char *what); /* (a, b) */
const struct sql_type *sql_type_rule(struct parser *p);
const char *sql_span(const struct parser *p, size_t first_token, size_t end_token, size_t *ret_len);

/* A node at its first token; an argument of it (counts the depth); the end of it. */
struct expr *sql_expr_node(struct parser *p, enum expr_kind kind, size_t first);
void sql_add_arg(struct parser *p, struct expr *e, struct expr *arg);
struct expr *sql_expr_done(struct parser *p, struct expr *e);
struct expr *sql_expr_rule(struct parser *p);
struct expr *sql_value_rule(struct parser *p); /* without AND, OR, NOT and predicates */
struct expr *sql_call_rule(struct parser *p);  /* name ( .. ) */
bool sql_alias_ahead(const struct parser *p);  /* a word that may be an alias without AS */
void sql_order_rule(struct parser *p, order_list *ret);
struct window_spec *sql_window_rule(struct parser *p);
struct query *sql_query_rule(struct parser *p);
bool sql_query_ahead(const struct parser *p); /* SELECT, WITH, VALUES, TABLE, FROM or ( before one */
struct relation *sql_relation_rule(struct parser *p);
struct relation *sql_table_reference_rule(struct parser *p); /* one relation without joins */
void sql_ctes_rule(struct parser *p, struct query *q);
struct dml *sql_insert_rule(struct parser *p);
struct dml *sql_update_rule(struct parser *p);
struct dml *sql_delete_rule(struct parser *p);
struct dml *sql_merge_rule(struct parser *p);
struct statement *sql_statement_rule(struct parser *p);
struct sql_table *sql_table_rule(struct parser *p);
void sql_column_definition(struct parser *p, struct sql_column *ret); /* name TYPE options; keys and checks are refused */
struct sql_view *sql_view_rule(struct parser *p);
struct sql_function *sql_function_rule(struct parser *p);

#endif
