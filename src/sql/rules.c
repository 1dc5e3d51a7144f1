/* Rules of types: Spark's ANSI type coercion (org.apache.spark.sql.catalyst.analysis.AnsiTypeCoercion, DecimalPrecision). */
#include "sql/bind.h"

bool sql_is_integral(const struct sql_type *t) { return t->kind >= SQL_T_TINYINT && t->kind <= SQL_T_BIGINT; }
bool sql_is_numeric(const struct sql_type *t) { return t->kind >= SQL_T_TINYINT && t->kind <= SQL_T_DOUBLE; }

bool sql_is_unknown(const struct sql_type *t)
{
    if (t->kind == SQL_T_UNKNOWN || (t->item && sql_is_unknown(t->item)) || (t->key && sql_is_unknown(t->key)))
        return true;
    for (size_t i = 0; i < t->field_count; i++)
        if (sql_is_unknown(t->fields[i].type))
            return true;
    return false;
}

const struct sql_type *sql_adjusted_decimal(struct arena *a, int precision, int scale)
{
    if (precision <= 38)
        return sql_decimal_type(a, precision, scale);
    int integer_digits = precision - scale, least = scale < 6 ? scale : 6;
    int kept = 38 - integer_digits > least ? 38 - integer_digits : least;
    return sql_decimal_type(a, 38, kept);
}

static const struct sql_type *integral_decimal(struct arena *a, enum sql_type_kind kind)
{
    return sql_decimal_type(a, kind == SQL_T_TINYINT ? 3 : kind == SQL_T_SMALLINT ? 5 : kind == SQL_T_INT ? 10 : 20, 0);
}

/* In arithmetic an integer literal counts with the digits it has. */
const struct sql_type *sql_decimal_of(struct arena *a, const struct expr *e)
{
    if (e->type->kind == SQL_T_DECIMAL)
        return e->type;
    if (e->kind != EX_NUMBER)
        return integral_decimal(a, e->type->kind);
    const char *s = e->text + (e->text[0] == '-');
    while (*s == '0')
        s++;
    int digits = 0;
    while (s[digits] >= '0' && s[digits] <= '9')
        digits++;
    return sql_decimal_type(a, digits ? digits : 1, 0);
}

static const struct sql_type *wider_decimal(struct arena *a, const struct sql_type *x, const struct sql_type *y)
{
    int scale = x->scale > y->scale ? x->scale : y->scale;
    int xi = x->precision - x->scale, yi = y->precision - y->scale, range = xi > yi ? xi : yi;
    if (range + scale <= 38)
        return sql_decimal_type(a, range + scale, scale);
    return sql_decimal_type(a, 38, 38 - range > 0 ? (38 - range < scale ? 38 - range : scale) : 0);
}

static const struct sql_type *common_numeric(struct arena *a, const struct sql_type *x, const struct sql_type *y)
{
    bool xf = x->kind == SQL_T_FLOAT || x->kind == SQL_T_DOUBLE, yf = y->kind == SQL_T_FLOAT || y->kind == SQL_T_DOUBLE;
    if (xf || yf)
        return sql_simple_type(x->kind == SQL_T_FLOAT && y->kind == SQL_T_FLOAT ? SQL_T_FLOAT : SQL_T_DOUBLE);
    if (x->kind != SQL_T_DECIMAL && y->kind != SQL_T_DECIMAL)
        return x->kind > y->kind ? x : y;
    return wider_decimal(a, x->kind == SQL_T_DECIMAL ? x : integral_decimal(a, x->kind),
                         y->kind == SQL_T_DECIMAL ? y : integral_decimal(a, y->kind));
}

static const struct sql_type *common_with_string(const struct sql_type *t)
{
    if (sql_is_integral(t))
        return sql_simple_type(SQL_T_BIGINT);
    if (sql_is_numeric(t))
        return sql_simple_type(SQL_T_DOUBLE);
    return t->kind <= SQL_T_TIMESTAMP_NTZ ? t : NULL;
}

static const struct sql_type *common_struct(struct arena *a, const struct sql_type *x, const struct sql_type *y)
{
    if (x->field_count != y->field_count)
        return NULL;
    struct sql_field *fields = arena_alloc(a, (x->field_count + 1) * sizeof(*fields));
    for (size_t i = 0; i < x->field_count; i++) {
        const struct sql_type *t = sql_common_type(a, x->fields[i].type, y->fields[i].type);
        if (!t || !str_ieq(x->fields[i].name, y->fields[i].name))
            return NULL;
        fields[i] = (struct sql_field){.name = x->fields[i].name, .type = t};
    }
    return sql_struct_type(a, fields, x->field_count);
}

static const struct sql_type *common_nested(struct arena *a, const struct sql_type *x, const struct sql_type *y)
{
    if (x->kind == SQL_T_STRUCT)
        return common_struct(a, x, y);
    const struct sql_type *item = sql_common_type(a, x->item, y->item), *key;
    if (!item)
        return NULL;
    if (x->kind == SQL_T_ARRAY)
        return sql_array_type(a, item);
    key = sql_common_type(a, x->key, y->key);
    return key ? sql_map_type(a, key, item) : NULL;
}

const struct sql_type *sql_common_type(struct arena *a, const struct sql_type *x, const struct sql_type *y)
{
    if (x->kind == SQL_T_UNKNOWN || y->kind == SQL_T_UNKNOWN)
        return sql_simple_type(SQL_T_UNKNOWN);
    if (x->kind == SQL_T_VOID || sql_type_equal(x, y))
        return y;
    if (y->kind == SQL_T_VOID)
        return x;
    if (sql_is_numeric(x) && sql_is_numeric(y))
        return common_numeric(a, x, y);
    if (x->kind == SQL_T_STRING || y->kind == SQL_T_STRING)
        return common_with_string(x->kind == SQL_T_STRING ? y : x);
    bool xt = x->kind >= SQL_T_DATE && x->kind <= SQL_T_TIMESTAMP_NTZ, yt = y->kind >= SQL_T_DATE && y->kind <= SQL_T_TIMESTAMP_NTZ;
    if (xt && yt)
        return x->kind == SQL_T_TIMESTAMP || y->kind == SQL_T_TIMESTAMP ? sql_simple_type(SQL_T_TIMESTAMP)
                                                                        : sql_simple_type(SQL_T_TIMESTAMP_NTZ);
    if (x->kind == y->kind && x->kind >= SQL_T_ARRAY)
        return common_nested(a, x, y);
    return x->kind == y->kind ? x : NULL;
}
