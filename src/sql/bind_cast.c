/* Which types Spark casts, and which it brings together by itself. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

bool sql_is_time(const struct sql_type *t) { return t->kind >= SQL_T_DATE && t->kind <= SQL_T_TIMESTAMP_NTZ; }

static bool fields_castable(const struct sql_type *from, const struct sql_type *to);

/* Whether the emitter can say CAST(from AS to) with Spark's meaning. */
bool sql_castable(const struct sql_type *from, const struct sql_type *to)
{
    enum sql_type_kind f = from->kind, t = to->kind;
    if (f == SQL_T_UNKNOWN || t == SQL_T_UNKNOWN || f == SQL_T_VOID || sql_type_equal(from, to))
        return true;
    if (f >= SQL_T_ARRAY || t >= SQL_T_ARRAY)
        return f == t && (f == SQL_T_STRUCT ? fields_castable(from, to)
                                            : sql_castable(from->item, to->item) && (f == SQL_T_ARRAY || sql_castable(from->key, to->key)));
    if (t == SQL_T_STRING)
        return f <= SQL_T_TIMESTAMP_NTZ;
    if (f == SQL_T_STRING)
        return t <= SQL_T_TIMESTAMP_NTZ && t != SQL_T_VOID;
    if (sql_is_numeric(from) || f == SQL_T_BOOLEAN)
        return sql_is_numeric(to) || t == SQL_T_BOOLEAN || (t == SQL_T_TIMESTAMP && f != SQL_T_BOOLEAN);
    if (sql_is_time(from))
        return sql_is_time(to) || (f == SQL_T_TIMESTAMP && (t == SQL_T_BIGINT || t == SQL_T_INT || t == SQL_T_DOUBLE));
    return f == t;
}

static bool fields_castable(const struct sql_type *from, const struct sql_type *to)
{
    if (from->field_count != to->field_count)
        return false;
    for (size_t i = 0; i < from->field_count; i++)
        if (!sql_castable(from->fields[i].type, to->fields[i].type))
            return false;
    return true;
}

/* Spark's store assignment, which it uses for arguments too: numbers to numbers (checked when run), strings read as what is wanted,
 * simple values written as strings. */
static bool implicit(const struct sql_type *from, const struct sql_type *to)
{
    if (from->kind == SQL_T_VOID || from->kind == SQL_T_UNKNOWN || to->kind == SQL_T_UNKNOWN)
        return true;
    if (to->kind == SQL_T_STRING || from->kind == SQL_T_STRING)
        return sql_castable(from, to);
    if (sql_is_numeric(from) && sql_is_numeric(to))
        return true;
    if (from->kind >= SQL_T_ARRAY)
        return sql_castable(from, to);
    return sql_is_time(from) && sql_is_time(to);
}

struct expr *sql_coerce(struct binder *b, struct expr *e, const struct sql_type *t)
{
    if (t->kind == SQL_T_UNKNOWN || e->type->kind == SQL_T_UNKNOWN || sql_type_equal(e->type, t))
        return e;
    if (e->kind == EX_NULL) {
        e->type = t;
        return e;
    }
    if (!implicit(e->type, t) || !sql_castable(e->type, t)) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "write a CAST", "%s where %s is wanted", sql_type_text(b->a, e->type), sql_type_text(b->a, t));
        return e;
    }
    struct expr *c = sql_new_expr(b, EX_CAST, e, t);
    c->target = t;
    c->implicit = true;
    c->weight = e->weight * (e->type->kind == SQL_T_STRING ? 2 : 1);
    *LIST_ADD(b->a, &c->args) = e;
    return c;
}

void sql_no_common(struct binder *b, const struct expr *e, const struct sql_type *x, const struct sql_type *y)
{
    sql_fail(b->p, e->pos, ERROR_USAGE, "write a CAST", "%s and %s have no common type", sql_type_text(b->a, x), sql_type_text(b->a, y));
}

/* Brings args[from..] (every step-th) to their common type and answers it. */
const struct sql_type *sql_unify(struct binder *b, struct expr *e, size_t from, size_t step)
{
    const struct sql_type *t = T(VOID);
    for (size_t i = from; i < e->args.count && !b->p->failed; i += step) {
        const struct sql_type *next = sql_common_type(b->a, t, e->args.items[i]->type);
        if (!next) {
            sql_no_common(b, e->args.items[i], t, e->args.items[i]->type);
            return t;
        }
        t = next;
    }
    for (size_t i = from; i < e->args.count && !b->p->failed; i += step)
        e->args.items[i] = sql_coerce(b, e->args.items[i], t);
    return t;
}
