/* Binder of expressions: gives every node its type and brings operands to the types that Spark would. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

struct expr *sql_new_expr(struct binder *b, enum expr_kind kind, const struct expr *like, const struct sql_type *type)
{
    struct expr *e = arena_alloc(b->a, sizeof(*e));
    e->kind = kind;
    e->pos = like->pos;
    e->first = like->first;
    e->last = like->last;
    e->type = type;
    e->weight = 1;
    return e;
}

struct expr *sql_raw(struct binder *b, const struct expr *like, const char *text, const struct sql_type *type)
{
    struct expr *e = sql_new_expr(b, EX_RAW, like, type);
    e->text = text;
    return e;
}

bool sql_literal_text(const struct expr *e, const char **ret)
{
    if (e->kind != EX_STRING)
        return false;
    *ret = e->text;
    return true;
}

bool sql_literal_int(const struct expr *e, int64_t *ret)
{
    bool minus = e->kind == EX_UNARY && str_eq(e->text, "-");
    if (minus)
        e = e->args.items[0];
    int64_t v;
    if (e->kind != EX_NUMBER || str_to_i64(e->text, &v))
        return false;
    *ret = minus ? -v : v;
    return true;
}

static void bind_case(struct binder *b, struct expr *e)
{
    size_t first = e->has_operand ? 1 : 0, branches = (e->args.count - first - (e->has_else ? 1 : 0)) / 2;
    struct expr results = {0}, tests = {0};
    for (size_t i = 0; i < branches; i++) {
        *LIST_ADD(b->a, &results.args) = e->args.items[first + 2 * i + 1];
        *LIST_ADD(b->a, &tests.args) = e->args.items[first + 2 * i];
    }
    if (e->has_else)
        *LIST_ADD(b->a, &results.args) = e->args.items[e->args.count - 1];
    if (e->has_operand)
        *LIST_ADD(b->a, &tests.args) = e->args.items[0];
    e->type = sql_unify(b, &results, 0, 1);
    if (e->has_operand)
        sql_unify(b, &tests, 0, 1);
    else
        for (size_t i = 0; i < branches; i++)
            tests.args.items[i] = sql_coerce(b, tests.args.items[i], T(BOOLEAN));
    for (size_t i = 0; i < branches && !b->p->failed; i++) {
        e->args.items[first + 2 * i + 1] = results.args.items[i];
        e->args.items[first + 2 * i] = tests.args.items[i];
    }
    if (e->has_else && !b->p->failed)
        e->args.items[e->args.count - 1] = results.args.items[branches];
    if (e->has_operand && !b->p->failed)
        e->args.items[0] = tests.args.items[branches];
}

static void bind_in_query(struct binder *b, struct expr *e, const struct scope *s)
{
    struct columns c = sql_bind_query(b, e->query, s);
    sql_lineage_subquery(b, &c, true);
    struct expr *value = e->args.items[0];
    size_t wanted = value->kind == EX_TUPLE ? value->args.count : 1;
    if (b->p->failed || c.open)
        return;
    if (c.count != wanted) {
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "IN compares %zu values with %zu columns", wanted, c.count);
        return;
    }
    for (size_t i = 0; i < wanted; i++) {
        struct expr **x = wanted > 1 ? &value->args.items[i] : &e->args.items[0];
        const struct sql_type *t = sql_common_type(b->a, (*x)->type, c.items[i].type);
        if (!t) {
            sql_no_common(b, e, (*x)->type, c.items[i].type);
        } else if ((*x)->type->kind == SQL_T_STRING || c.items[i].type->kind == SQL_T_STRING) {
            if (!sql_type_equal(t, c.items[i].type) && t->kind != SQL_T_UNKNOWN)
                sql_fail(b->p, e->pos, ERROR_USAGE, "write a CAST", "IN compares %s with %s", sql_type_text(b->a, (*x)->type),
                         sql_type_text(b->a, c.items[i].type));
            *x = sql_coerce(b, *x, t);
        }
    }
}

static void bind_like(struct binder *b, struct expr *e)
{
    for (size_t i = 0; i < e->args.count; i++)
        e->args.items[i] = sql_coerce(b, e->args.items[i], T(STRING));
    if (e->escape && strlen(e->escape) != 1)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "ESCAPE needs one character");
    const char *pattern, *fault;
    if (str_eq(e->text, "RLIKE"))
        for (size_t i = 1; i < e->args.count; i++)
            if (sql_literal_text(e->args.items[i], &pattern) && (fault = sql_regex_fault(pattern)))
                sql_fail(b->p, e->args.items[i]->pos, ERROR_USAGE, NULL, "%s", fault);
    e->type = T(BOOLEAN);
}

static void bind_subquery(struct binder *b, struct expr *e, const struct scope *s)
{
    struct columns c = sql_bind_query(b, e->query, s);
    sql_lineage_subquery(b, &c, e->kind != EX_EXISTS);
    e->type = e->kind == EX_EXISTS ? T(BOOLEAN) : T(UNKNOWN);
    if (e->kind == EX_EXISTS || b->p->failed)
        return;
    if (!c.open && c.count != 1)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "a subquery used as a value must have one column, this has %zu", c.count);
    else if (c.count == 1)
        e->type = c.items[0].type;
}

static void bind_param(struct binder *b, struct expr *e)
{
    e->type = T(UNKNOWN);
    for (size_t i = 0; i < b->env->param_count; i++) {
        const struct sql_param *p = &b->env->params[i];
        if (!str_eq(p->name, e->text))
            continue;
        e->type = p->type ? p->type : T(UNKNOWN);
        e->engine = p->engine_sql;
        return;
    }
    if (!b->env->params_closed)
        return;
    const char **names = arena_alloc(b->a, (b->env->param_count + 1) * sizeof(*names));
    for (size_t i = 0; i < b->env->param_count; i++)
        names[i] = b->env->params[i].name;
    const char *near = nearest_name(e->text, names, b->env->param_count);
    sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean :%s?", near) : NULL, "unknown parameter :%s", e->text);
}

static void bind_tuple(struct binder *b, struct expr *e)
{
    struct sql_field *f = arena_alloc(b->a, (e->args.count + 1) * sizeof(*f));
    for (size_t i = 0; i < e->args.count; i++)
        f[i] = (struct sql_field){.name = arena_printf(b->a, "col%zu", i + 1), .type = e->args.items[i]->type};
    e->type = sql_struct_type(b->a, f, e->args.count);
}

static void bind_cast(struct binder *b, struct expr *e)
{
    const struct sql_type *from = e->args.items[0]->type;
    e->type = e->target;
    if (e->target->kind == SQL_T_STRING && e->target->precision) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "use STRING and left(..)", "CAST to VARCHAR(n) is not supported");
        return;
    }
    if (!sql_castable(from, e->target))
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "CAST from %s to %s is not supported", sql_type_text(b->a, from),
                 sql_type_text(b->a, e->target));
    e->weight = 2 * e->args.items[0]->weight;
}

static void bind_node(struct binder *b, struct expr *e, const struct scope *s)
{
    switch (e->kind) {
    case EX_UNARY:
        sql_bind_unary(b, e);
        break;
    case EX_OP:
        sql_bind_op(b, e);
        break;
    case EX_CAST:
        bind_cast(b, e);
        break;
    case EX_CASE:
        bind_case(b, e);
        break;
    case EX_IN:
        if (e->query)
            bind_in_query(b, e, s);
        else
            sql_unify(b, e, 0, 1);
        e->type = T(BOOLEAN);
        break;
    case EX_BETWEEN:
        sql_unify(b, e, 0, 1);
        e->type = T(BOOLEAN);
        break;
    case EX_LIKE:
        bind_like(b, e);
        break;
    case EX_IS:
        if (str_eq(e->text, "DISTINCT"))
            sql_unify(b, e, 0, 1);
        else if (!str_eq(e->text, "NULL"))
            e->args.items[0] = sql_coerce(b, e->args.items[0], T(BOOLEAN));
        e->type = T(BOOLEAN);
        break;
    case EX_INDEX:
        sql_bind_index(b, e);
        break;
    case EX_FIELD:
        if (str_eq(e->text, "*"))
            sql_fail(b->p, e->pos, ERROR_USAGE, "write the fields", "(..).* is not supported");
        sql_bind_field(b, e);
        break;
    case EX_TUPLE:
        bind_tuple(b, e);
        break;
    case EX_LAMBDA:
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "a lambda is not expected here");
        break;
    case EX_NAMED_ARG:
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "a named argument is not expected here");
        break;
    default:
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "* is not expected here");
        break;
    }
}

static bool bind_leaf(struct binder *b, struct expr *e, const struct scope *s)
{
    e->weight = 1;
    switch (e->kind) {
    case EX_NULL:
        e->type = T(VOID);
        return true;
    case EX_BOOL:
        e->type = T(BOOLEAN);
        return true;
    case EX_NUMBER:
        sql_bind_number(b, e);
        return true;
    case EX_STRING:
        if (strstr(e->text, "${"))
            e->text = sql_string_variables(b, e->text);
        e->type = T(STRING);
        return true;
    case EX_BINARY_LITERAL:
        e->type = T(BINARY);
        return true;
    case EX_TYPED:
        sql_bind_typed(b, e);
        return true;
    case EX_INTERVAL:
        sql_bind_interval(b, e, s);
        return true;
    case EX_COLUMN:
        sql_bind_column(b, e, s);
        return true;
    case EX_PARAM:
        bind_param(b, e);
        return true;
    case EX_RAW:
        return true;
    default:
        return false;
    }
}

/* A field of what is more than a name: f(x).a; of a column in brackets it is that of the column. */
static void bind_field_value(struct binder *b, struct expr *e, const struct scope *s)
{
    struct lineage *value = sql_lineage_new(b), *outer = sql_lineage_into(b, value);
    sql_bind_expr(b, e->args.items[0], s);
    sql_lineage_into(b, outer);
    sql_lineage_of_expr(b, value, e->args.items[0]);
    sql_lineage_field(b, value, e->text);
    sql_lineage_merge(b, outer, value);
}

void sql_bind_expr(struct binder *b, struct expr *e, const struct scope *s)
{
    if (b->p->failed || e->type) /* trees made by the binder hold nodes that are bound already */
        goto out;
    if (bind_leaf(b, e, s))
        goto out;
    if (e->kind == EX_CALL) {
        sql_bind_call(b, e, s);
    } else if (e->kind == EX_EXISTS || e->kind == EX_SUBQUERY) {
        bind_subquery(b, e, s);
    } else {
        if (e->kind == EX_FIELD)
            bind_field_value(b, e, s);
        for (size_t i = 0; i < e->args.count && e->kind != EX_LAMBDA && e->kind != EX_NAMED_ARG; i++)
            sql_bind_expr(b, e->args.items[i], s);
        if (!b->p->failed) {
            e->weight = sql_weight_sum(e);
            bind_node(b, e, s);
        }
    }
    if (e->weight > WEIGHT_MAX)
        sql_fail(b->p, e->pos, ERROR_LIMIT, "put inner expressions into a WITH", "expression repeats its parts too often");
out:
    if (!e->type)
        e->type = T(UNKNOWN);
}
