/* Operators: the types of their operands and results as Spark has them. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

uint32_t sql_weight_sum(const struct expr *e)
{
    uint64_t w = 1;
    for (size_t i = 0; i < e->args.count; i++)
        w += e->args.items[i]->weight;
    return w > WEIGHT_MAX ? WEIGHT_MAX + 1 : (uint32_t)w;
}

bool sql_is_interval(const struct sql_type *t) { return t->kind == SQL_T_INTERVAL_YM || t->kind == SQL_T_INTERVAL_DT; }

void sql_make_template(struct expr *e, const char *text, const struct sql_type *type)
{
    e->kind = EX_CALL;
    e->builtin = NULL;
    e->text = text;
    e->type = type;
}

static void wrong_operands(struct binder *b, struct expr *e)
{
    sql_fail(b->p, e->pos, ERROR_USAGE, "write a CAST", "%s cannot take %s and %s", e->text, sql_type_text(b->a, e->args.items[0]->type),
             sql_type_text(b->a, e->args.items[1]->type));
}

/* Dates, timestamps and intervals under + and -. Answers false when neither side is one. */
static bool time_arithmetic(struct binder *b, struct expr *e)
{
    struct expr **x = e->args.items;
    bool plus = str_eq(e->text, "+");
    if (plus && (sql_is_interval(x[0]->type) || sql_is_integral(x[0]->type)) && sql_is_time(x[1]->type)) {
        struct expr *swap = x[0];
        x[0] = x[1];
        x[1] = swap;
    }
    const struct sql_type *l = x[0]->type, *r = x[1]->type;
    if (sql_is_interval(l) && r->kind == SQL_T_STRING)
        return false;
    if (!sql_is_time(l) && !sql_is_interval(l) && !sql_is_time(r) && !sql_is_interval(r))
        return false;
    if (l->kind == SQL_T_UNKNOWN || r->kind == SQL_T_UNKNOWN) {
        sql_make_template(e, plus ? "($1 + $2)" : "($1 - $2)", T(UNKNOWN));
        return true;
    }
    if (l->kind == SQL_T_STRING && sql_is_interval(r)) { /* '2026-01-01' + INTERVAL .. */
        x[0] = sql_coerce(b, x[0], T(TIMESTAMP));
        l = x[0]->type;
    }
    if (l->kind == SQL_T_DATE && (sql_is_integral(r) && r->kind != SQL_T_BIGINT))
        sql_make_template(e, plus ? "($1 + $2)" : "($1 - $2)", T(DATE));
    else if (l->kind == SQL_T_DATE && (r->kind == SQL_T_INTERVAL_YM || (r->kind == SQL_T_INTERVAL_DT && r->scale == 1)))
        sql_make_template(e, plus ? "CAST($1 + $2 AS DATE)" : "CAST($1 - $2 AS DATE)", T(DATE));
    else if (sql_is_time(l) && sql_is_interval(r))
        sql_make_template(e, plus ? "($1 + $2)" : "($1 - $2)", l->kind == SQL_T_DATE ? T(TIMESTAMP) : l);
    else if (l->kind == SQL_T_DATE && r->kind == SQL_T_DATE && !plus)
        sql_make_template(e, "to_days(CAST($1 - $2 AS INTEGER))", sql_day_interval());
    else if (sql_is_time(l) && (sql_is_time(r) || r->kind == SQL_T_STRING) && !plus) {
        x[0] = sql_coerce(b, x[0], T(TIMESTAMP));
        x[1] = sql_coerce(b, x[1], T(TIMESTAMP));
        sql_make_template(e, "to_microseconds(epoch_us($1) - epoch_us($2))", T(INTERVAL_DT));
    } else if (sql_is_interval(l) && l->kind == r->kind)
        sql_make_template(e, plus ? "($1 + $2)" : "($1 - $2)", T(INTERVAL_DT)->kind == l->kind ? T(INTERVAL_DT) : T(INTERVAL_YM));
    else
        wrong_operands(b, e);
    return true;
}

/* The operand as DuckDB must see it so that its arithmetic has Spark's type: narrow columns beside a literal are widened. */
static void widen(struct binder *b, struct expr *e, const struct sql_type *t)
{
    for (size_t i = 0; i < 2; i++) {
        struct expr *x = e->args.items[i];
        const struct expr *other = e->args.items[1 - i];
        bool literal = x->kind == EX_NUMBER && !x->engine && (other->kind != EX_NUMBER || other->engine);
        if (!(literal && (t->kind == SQL_T_INT || t->kind == SQL_T_BIGINT)))
            e->args.items[i] = sql_coerce(b, x, t);
    }
}

static void decimal_operands(struct binder *b, struct expr *e, const struct sql_type **l, const struct sql_type **r)
{
    *l = sql_decimal_of(b->a, e->args.items[0]);
    *r = sql_decimal_of(b->a, e->args.items[1]);
}

static void too_wide(struct binder *b, const struct expr *e, const struct sql_type *l, const struct sql_type *r)
{
    sql_fail(b->p, e->pos, ERROR_USAGE, "CAST the operands to fewer digits or to DOUBLE", "%s %s %s needs more than 38 digits",
             sql_type_text(b->a, l), e->text, sql_type_text(b->a, r));
}

static void decimal_sum(struct binder *b, struct expr *e)
{
    const struct sql_type *l, *r;
    decimal_operands(b, e, &l, &r);
    int scale = l->scale > r->scale ? l->scale : r->scale, li = l->precision - l->scale, ri = r->precision - r->scale;
    int digits = (li > ri ? li : ri) + scale;
    const struct sql_type *t = sql_adjusted_decimal(b->a, digits + 1, scale);
    if (digits > 38) {
        too_wide(b, e, l, r);
        return;
    }
    const char *wide = sql_type_duckdb(b->a, sql_decimal_type(b->a, digits < 38 ? digits + 1 : 38, scale));
    sql_make_template(e, arena_printf(b->a, "CAST(CAST($1 AS %s) %s CAST($2 AS %s) AS $R)", wide, e->text, wide), t);
}

/* DuckDB multiplies up to 38 digits together; beyond that the digits that are there are multiplied, zeros at the end apart. */
static void decimal_product(struct binder *b, struct expr *e)
{
    const struct sql_type *l, *r;
    decimal_operands(b, e, &l, &r);
    const struct sql_type *t = sql_adjusted_decimal(b->a, l->precision + r->precision + 1, l->scale + r->scale);
    const char *lt = sql_type_duckdb(b->a, l), *rt = sql_type_duckdb(b->a, r);
    bool narrow = l->precision + r->precision <= 38;
    const char *form = narrow ? "CAST(CAST($1 AS %s) * CAST($2 AS %s) AS $R)"
                              : "CAST(dbx_decimal_multiply(CAST($1 AS %s), CAST($2 AS %s)) AS $R)";
    sql_make_template(e, arena_printf(b->a, form, lt, rt), t);
}

/* Exact division on the digits as whole numbers: round half up of l * 10^k / r, k = scale of result - scale of l + scale of r. */
static void decimal_quotient(struct binder *b, struct expr *e)
{
    const struct sql_type *l, *r;
    decimal_operands(b, e, &l, &r);
    int scale = l->scale + r->precision + 1 > 6 ? l->scale + r->precision + 1 : 6;
    const struct sql_type *t = sql_adjusted_decimal(b->a, l->precision - l->scale + r->scale + scale, scale);
    int k = t->scale - l->scale + r->scale;
    if (k < 0 || k > 37) {
        too_wide(b, e, l, r);
        return;
    }
    const char *by = arena_printf(b->a, e->try_cast ? "nullif(CAST($2 AS %s), 0)" : "CAST($2 AS %s)", sql_type_duckdb(b->a, r));
    sql_make_template(e,
                      arena_printf(b->a, "CAST(dbx_decimal_divide(CAST($1 AS %s), %s, dbx_power(%d), %d) AS $R)", sql_type_duckdb(b->a, l),
                                   by, k, t->scale),
                      t);
    e->copies = 4;
}

static void decimal_remainder(struct binder *b, struct expr *e)
{
    const struct sql_type *l, *r;
    decimal_operands(b, e, &l, &r);
    int scale = l->scale > r->scale ? l->scale : r->scale, li = l->precision - l->scale, ri = r->precision - r->scale;
    int wide = (li > ri ? li : ri) + scale;
    if (wide > 38) {
        too_wide(b, e, l, r);
        return;
    }
    const char *w = sql_type_duckdb(b->a, sql_decimal_type(b->a, wide, scale));
    sql_make_template(e,
                      arena_printf(b->a,
                                   e->try_cast ? "CAST(CAST($1 AS %s) %% nullif(CAST($2 AS %s), 0) AS $R)"
                                               : "CAST(dbx_mod(CAST($1 AS %s), CAST($2 AS %s)) AS $R)",
                                   w, w),
                      sql_adjusted_decimal(b->a, (li < ri ? li : ri) + scale, scale));
    e->copies = 2;
}

static void string_operand(struct binder *b, struct expr *e, size_t i)
{
    const struct sql_type *other = e->args.items[1 - i]->type;
    if (e->args.items[i]->type->kind == SQL_T_STRING && sql_is_numeric(other))
        e->args.items[i] = sql_coerce(b, e->args.items[i], sql_is_integral(other) ? T(BIGINT) : T(DOUBLE));
}

static bool nonzero_literal(const struct expr *e)
{
    if (e->kind == EX_CAST)
        e = e->args.items[0];
    return e->kind == EX_NUMBER && strpbrk(e->text, "123456789") != NULL;
}

static void divide(struct binder *b, struct expr *e)
{
    for (size_t i = 0; i < 2; i++)
        e->args.items[i] = sql_coerce(b, e->args.items[i], T(DOUBLE));
    bool constant = nonzero_literal(e->args.items[1]);
    if (e->try_cast) {
        sql_make_template(e, "($1 / nullif($2, 0))", T(DOUBLE));
        return;
    }
    sql_make_template(e, constant ? "($1 / $2)" : "dbx_divide($1, $2)", T(DOUBLE));
    e->copies = constant ? 1 : 2;
}

static void arithmetic_known(struct binder *b, struct expr *e)
{
    const struct sql_type *l = e->args.items[0]->type, *r = e->args.items[1]->type;
    char op = e->text[0];
    bool decimal = (l->kind == SQL_T_DECIMAL && (r->kind == SQL_T_DECIMAL || sql_is_integral(r))) ||
                   (r->kind == SQL_T_DECIMAL && sql_is_integral(l));
    bool div = str_eq(e->text, "DIV");
    if (decimal && div) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "CAST the operands to BIGINT", "DIV of DECIMAL is not supported");
    } else if (decimal) {
        (op == '*' ? decimal_product : op == '/' ? decimal_quotient : op == '%' ? decimal_remainder : decimal_sum)(b, e);
    } else if (op == '/') {
        divide(b, e);
    } else {
        const struct sql_type *t = sql_common_type(b->a, l, r);
        if (div && !sql_is_integral(t)) {
            wrong_operands(b, e);
            return;
        }
        widen(b, e, div ? T(BIGINT) : t);
        if (div || op == '%') {
            sql_make_template(e, div ? "dbx_div($1, $2)" : e->try_cast ? "($1 % nullif($2, 0))" : "dbx_mod($1, $2)", div ? T(BIGINT) : t);
            e->copies = 2;
        } else {
            sql_make_template(e, arena_printf(b->a, "($1 %c $2)", op), t);
        }
    }
}

static void bind_arithmetic(struct binder *b, struct expr *e)
{
    for (size_t i = 0; i < 2; i++) {
        string_operand(b, e, i);
        if (e->args.items[i]->kind == EX_NULL && e->args.items[1 - i]->type->kind != SQL_T_VOID)
            e->args.items[i]->type = sql_is_time(e->args.items[1 - i]->type) ? T(INT) : e->args.items[1 - i]->type;
    }
    const struct sql_type *l = e->args.items[0]->type, *r = e->args.items[1]->type;
    bool plus_minus = e->text[0] == '+' || e->text[0] == '-';
    if (plus_minus && time_arithmetic(b, e))
        return;
    if (sql_is_interval(l) && sql_is_integral(r) && e->text[0] == '*') {
        sql_make_template(e, "($1 * $2)", l);
        return;
    }
    if (l->kind == SQL_T_UNKNOWN || r->kind == SQL_T_UNKNOWN) {
        bool slash = e->text[0] == '/', div = str_eq(e->text, "DIV"), mod = e->text[0] == '%';
        if (e->try_cast)
            e->args.items[1] = sql_call_of(b, e, "nullifzero", e->args.items[1], NULL);
        sql_make_template(e,
                          slash ? "dbx_divide($1, $2)"
                          : div ? "dbx_div($1, $2)"
                          : mod ? "dbx_mod($1, $2)"
                                : arena_printf(b->a, "($1 %s $2)", e->text),
                          slash && l->kind != r->kind && (l->kind == SQL_T_DOUBLE || r->kind == SQL_T_DOUBLE) ? T(DOUBLE)
                          : div                                                                               ? T(BIGINT)
                                                                                                              : T(UNKNOWN));
        e->copies = slash || div || mod ? 2 : 1;
    } else if (l->kind == SQL_T_VOID && r->kind == SQL_T_VOID) {
        sql_make_template(e, "CAST(NULL AS DOUBLE)", T(DOUBLE));
    } else if (!sql_is_numeric(l) || !sql_is_numeric(r)) {
        wrong_operands(b, e);
    } else {
        arithmetic_known(b, e);
    }
}

static void bind_comparison(struct binder *b, struct expr *e)
{
    struct expr *l = e->args.items[0], *r = e->args.items[1];
    if (l->kind == EX_TUPLE && r->kind == EX_TUPLE && l->args.count != r->args.count)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%zu values are compared with %zu", l->args.count, r->args.count);
    if (sql_is_numeric(l->type) && sql_is_numeric(r->type)) {
        e->type = T(BOOLEAN);
        return;
    }
    if (l->type->kind == SQL_T_MAP || r->type->kind == SQL_T_MAP)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "a MAP cannot be compared");
    sql_unify(b, e, 0, 1);
    e->type = T(BOOLEAN);
}

static void bind_boolean_chain(struct binder *b, struct expr *e)
{
    for (size_t i = 0; i < e->args.count; i++)
        e->args.items[i] = sql_coerce(b, e->args.items[i], T(BOOLEAN));
    e->type = T(BOOLEAN);
}

static void bind_bitwise(struct binder *b, struct expr *e)
{
    const struct sql_type *l = e->args.items[0]->type, *r = e->args.items[1]->type;
    bool unknown = l->kind == SQL_T_UNKNOWN || r->kind == SQL_T_UNKNOWN;
    if (!unknown && (!sql_is_integral(l) || !sql_is_integral(r))) {
        wrong_operands(b, e);
        return;
    }
    const struct sql_type *t = unknown ? T(UNKNOWN) : sql_common_type(b->a, l, r);
    if (e->text[0] == '<' || e->text[0] == '>') {
        sql_fail(b->p, e->pos, ERROR_USAGE, "use * or DIV with a power of two", "operator %s is not supported", e->text);
        return;
    }
    if (!unknown)
        widen(b, e, t);
    sql_make_template(e, e->text[0] == '^' ? "xor($1, $2)" : e->text[0] == '&' ? "($1 & $2)" : "($1 | $2)", t);
}

static void bind_concat(struct binder *b, struct expr *e)
{
    bool arrays = true;
    for (size_t i = 0; i < e->args.count; i++)
        arrays = arrays && (e->args.items[i]->type->kind == SQL_T_ARRAY || e->args.items[i]->type->kind == SQL_T_VOID);
    if (arrays && e->args.count) {
        e->type = sql_unify(b, e, 0, 1);
        return;
    }
    for (size_t i = 0; i < e->args.count; i++)
        if (e->args.items[i]->type->kind != SQL_T_BINARY)
            e->args.items[i] = sql_coerce(b, e->args.items[i], T(STRING));
        else
            sql_fail(b->p, e->pos, ERROR_USAGE, "CAST it to STRING", "|| of BINARY is not supported");
    e->type = T(STRING);
}

void sql_bind_op(struct binder *b, struct expr *e)
{
    const char *op = e->text;
    e->copies = 1;
    if (str_eq(op, "AND") || str_eq(op, "OR"))
        bind_boolean_chain(b, e);
    else if (str_eq(op, "||"))
        bind_concat(b, e);
    else if (str_eq(op, "&") || str_eq(op, "|") || str_eq(op, "^") || str_eq(op, "<<") || str_eq(op, ">>") || str_eq(op, ">>>"))
        bind_bitwise(b, e);
    else if (strchr("+-*/%", op[0]) || str_eq(op, "DIV"))
        bind_arithmetic(b, e);
    else
        bind_comparison(b, e);
    uint64_t w = (uint64_t)sql_weight_sum(e) * (e->copies ? e->copies : 1u);
    e->weight = w > WEIGHT_MAX ? WEIGHT_MAX + 1 : (uint32_t)w;
}

void sql_bind_unary(struct binder *b, struct expr *e)
{
    struct expr *x = e->args.items[0];
    e->type = x->type;
    if (str_eq(e->text, "NOT")) {
        e->args.items[0] = sql_coerce(b, x, T(BOOLEAN));
        e->type = T(BOOLEAN);
    } else if (x->type->kind == SQL_T_STRING && e->text[0] != '~') {
        e->args.items[0] = sql_coerce(b, x, T(DOUBLE));
        e->type = T(DOUBLE);
    } else if (e->text[0] == '~' ? !sql_is_integral(x->type) && x->type->kind != SQL_T_UNKNOWN
                                 : !sql_is_numeric(x->type) && !sql_is_interval(x->type) && x->type->kind > SQL_T_VOID) {
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s cannot take %s", e->text, sql_type_text(b->a, x->type));
    }
}
