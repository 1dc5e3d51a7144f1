/* Names that Spark gives to columns without alias: the expression written its way. */
#include "sql/bind.h"

struct pretty {
    struct arena *a;
    struct buf out;
};

static void put(struct pretty *p, const struct expr *e);

static void put_list(struct pretty *p, const struct expr *e, size_t from)
{
    for (size_t i = from; i < e->args.count; i++) {
        buf_puts(&p->out, i > from ? ", " : "");
        put(p, e->args.items[i]);
    }
}

static void put_window(struct pretty *p, const struct window_spec *w)
{
    buf_puts(&p->out, " OVER (");
    for (size_t i = 0; i < w->partition.count; i++) {
        buf_puts(&p->out, i ? ", " : "PARTITION BY ");
        put(p, w->partition.items[i]);
    }
    for (size_t i = 0; i < w->order.count; i++) {
        const struct order_item *o = &w->order.items[i];
        bool first = o->nulls_first || (!o->desc && !o->nulls_last);
        buf_puts(&p->out, i ? ", " : w->partition.count ? " ORDER BY " : "ORDER BY ");
        put(p, o->expr);
        buf_printf(&p->out, " %s NULLS %s", o->desc ? "DESC" : "ASC", first ? "FIRST" : "LAST");
    }
    buf_puts(&p->out, ")");
}

static void put_call(struct pretty *p, const struct expr *e)
{
    const char *name = e->name->parts[e->name->count - 1];
    const struct sql_builtin *f = sql_find_builtin(name);
    bool count = str_ieq(name, "count");
    buf_printf(&p->out, "%s(%s", f ? f->name : name, e->distinct ? "DISTINCT " : "");
    for (size_t i = 0; i < e->args.count; i++) {
        buf_puts(&p->out, i ? ", " : "");
        if (count && e->args.items[i]->kind == EX_STAR)
            buf_puts(&p->out, "1");
        else
            put(p, e->args.items[i]);
    }
    buf_puts(&p->out, ")");
    if (e->filter) {
        buf_puts(&p->out, " FILTER (WHERE ");
        put(p, e->filter);
        buf_puts(&p->out, ")");
    }
    if (e->over)
        put_window(p, e->over);
}

/* a AND b AND c is ((a AND b) AND c) */
static void put_op(struct pretty *p, const struct expr *e)
{
    const char *op = e->text;
    bool concat = str_eq(op, "||"), unequal = str_eq(op, "!=") || str_eq(op, "<>");
    if (unequal)
        buf_puts(&p->out, "(NOT ");
    for (size_t i = 1; i < e->args.count; i++)
        buf_puts(&p->out, concat ? "concat(" : "(");
    put(p, e->args.items[0]);
    for (size_t i = 1; i < e->args.count; i++) {
        if (concat)
            buf_puts(&p->out, ", ");
        else
            buf_printf(&p->out, " %s ", unequal || str_eq(op, "==") ? "=" : str_eq(op, "DIV") ? "div" : op);
        put(p, e->args.items[i]);
        buf_puts(&p->out, ")");
    }
    if (unequal)
        buf_puts(&p->out, ")");
}

static void put_case(struct pretty *p, const struct expr *e)
{
    size_t i = 0, end = e->args.count - (e->has_else ? 1 : 0);
    buf_puts(&p->out, "CASE");
    if (e->has_operand) {
        buf_puts(&p->out, " ");
        put(p, e->args.items[i++]);
    }
    for (; i + 1 < end; i += 2) {
        buf_puts(&p->out, " WHEN ");
        put(p, e->args.items[i]);
        buf_puts(&p->out, " THEN ");
        put(p, e->args.items[i + 1]);
    }
    if (e->has_else) {
        buf_puts(&p->out, " ELSE ");
        put(p, e->args.items[end]);
    }
    buf_puts(&p->out, " END");
}

static void put_predicate(struct pretty *p, const struct expr *e)
{
    if (e->negated)
        buf_puts(&p->out, e->kind == EX_IS ? "(" : "(NOT ");
    else
        buf_puts(&p->out, e->kind == EX_LIKE || e->kind == EX_BETWEEN ? "" : "(");
    if (e->kind == EX_BETWEEN) {
        buf_puts(&p->out, "between(");
        put_list(p, e, 0);
        buf_puts(&p->out, ")");
    } else {
        put(p, e->args.items[0]);
    }
    if (e->kind == EX_IN) {
        buf_puts(&p->out, " IN (");
        put_list(p, e, 1);
        buf_puts(&p->out, ")");
    } else if (e->kind == EX_LIKE) {
        buf_printf(&p->out, " %s ", e->text);
        put_list(p, e, 1);
    } else if (e->kind == EX_IS) {
        buf_printf(&p->out, " IS %s%s", e->negated ? "NOT " : "", e->text);
    }
    if (e->negated || e->kind == EX_IN || e->kind == EX_IS)
        buf_puts(&p->out, ")");
}

static void put_number(struct pretty *p, const char *s)
{
    size_t n = strlen(s);
    while (n && ((s[n - 1] | 32) >= 'a' && (s[n - 1] | 32) <= 'z'))
        n--;
    buf_add(&p->out, s, n);
}

static bool put_leaf(struct pretty *p, const struct expr *e)
{
    switch (e->kind) {
    case EX_NULL:
        buf_puts(&p->out, "NULL");
        break;
    case EX_BOOL:
        buf_puts(&p->out, str_eq(e->text, "TRUE") ? "true" : "false");
        break;
    case EX_NUMBER:
        put_number(p, e->text);
        break;
    case EX_STRING:
        buf_puts(&p->out, e->text);
        break;
    case EX_TYPED:
        buf_printf(&p->out, "%s '%s'", sql_type_text(p->a, e->target), e->text);
        break;
    case EX_COLUMN:
        buf_puts(&p->out, e->name->parts[e->name->count - 1]);
        break;
    case EX_PARAM:
        buf_printf(&p->out, ":%s", e->text);
        break;
    default:
        return false;
    }
    return true;
}

static void put(struct pretty *p, const struct expr *e)
{
    if (put_leaf(p, e))
        return;
    switch (e->kind) {
    case EX_UNARY:
        buf_printf(&p->out, e->args.items[0]->kind == EX_NUMBER ? "%s" : "(%s ", e->text);
        put(p, e->args.items[0]);
        buf_puts(&p->out, e->args.items[0]->kind == EX_NUMBER ? "" : ")");
        break;
    case EX_OP:
        put_op(p, e);
        break;
    case EX_CALL:
        put_call(p, e);
        break;
    case EX_CAST:
        buf_puts(&p->out, e->try_cast ? "TRY_CAST(" : "CAST(");
        put(p, e->args.items[0]);
        buf_printf(&p->out, " AS %s)", sql_type_text(p->a, e->target));
        break;
    case EX_CASE:
        put_case(p, e);
        break;
    case EX_IN:
    case EX_BETWEEN:
    case EX_LIKE:
    case EX_IS:
        put_predicate(p, e);
        break;
    case EX_INDEX:
        put(p, e->args.items[0]);
        buf_puts(&p->out, "[");
        put(p, e->args.items[1]);
        buf_puts(&p->out, "]");
        break;
    case EX_FIELD:
        put(p, e->args.items[0]);
        buf_printf(&p->out, ".%s", e->text);
        break;
    case EX_LAMBDA:
        buf_puts(&p->out, "lambda");
        break;
    case EX_NAMED_ARG:
        put(p, e->args.items[0]);
        break;
    case EX_EXISTS:
        buf_puts(&p->out, "exists()");
        break;
    case EX_SUBQUERY:
        buf_puts(&p->out, "scalarsubquery()");
        break;
    case EX_TUPLE:
        buf_puts(&p->out, "struct(");
        put_list(p, e, 0);
        buf_puts(&p->out, ")");
        break;
    default:
        buf_puts(&p->out, "*");
    }
}

char *sql_pretty(struct arena *a, const struct expr *e)
{
    struct pretty p = {.a = a};
    buf_init(&p.out, 4096);
    put(&p, e);
    char *s = arena_strdup(a, p.out.len ? p.out.data : "expression");
    buf_free(&p.out);
    return s;
}

/* Long names are cut: they are only read. */
const char *sql_item_name(struct binder *b, const struct select_item *it)
{
    const struct expr *e = it->expr;
    while (e->kind == EX_CAST) /* CAST(id AS STRING) is called id */
        e = e->args.items[0];
    if (e->kind == EX_COLUMN)
        return sql_variable(b, e->name->parts[e->name->count - 1], e->pos);
    if (e->kind == EX_FIELD)
        return e->text;
    return sql_pretty(b->a, it->expr);
}
