/* Hooks of arrays, maps and structs. */
#include "sql/call_fix.h"

static void fix_array_join(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    ARG(e, 0) = sql_coerce(b, ARG(e, 0), sql_array_type(b->a, T(STRING)));
    sql_fix_as(e, e->args.count == 2 ? "array_to_string($1, $2)" : "array_to_string(list_transform($1, lambda _j: coalesce(_j, $3)), $2)",
               T(STRING));
}

static void fix_sort_array(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    bool desc = e->args.count == 2 && str_eq(ARG(e, 1)->text, "FALSE");
    if (e->args.count == 2 && ARG(e, 1)->kind != EX_BOOL)
        sql_fix_error(b, ARG(e, 1), "TRUE or FALSE", "the order of sort_array must be a literal");
    e->text = desc ? "list_sort($1, 'DESC', 'NULLS LAST')" : "list_sort($1, 'ASC', 'NULLS FIRST')";
}

static void fix_array_compact(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    e->text = "list_filter($1, lambda _c: _c IS NOT NULL)";
}

static void fix_size(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    enum sql_type_kind k = ARG(e, 0)->type->kind;
    if (k == SQL_T_MAP)
        e->text = "CAST(cardinality($1) AS INTEGER)";
    else if (k == SQL_T_ARRAY || k == SQL_T_UNKNOWN)
        e->text = "CAST(len($1) AS INTEGER)";
    else if (k == SQL_T_VOID)
        e->text = "CAST(NULL AS INTEGER)";
    else
        sql_fix_error(b, ARG(e, 0), NULL, "%s needs an ARRAY or MAP, this is %s", e->builtin->name, sql_type_text(b->a, ARG(e, 0)->type));
}

static void fix_element_at(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    bool try_it = sql_call_is(e, "try_element_at");
    if (t->kind == SQL_T_MAP) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), t->key);
        sql_fix_as(e, "map_extract_value($1, $2)", t->item);
    } else if (t->kind == SQL_T_ARRAY) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(INT));
        sql_fix_as(e, try_it ? "dbx_try_element_at($1, $2)" : "dbx_element_at($1, $2)", t->item);
    } else {
        sql_fix_error(b, ARG(e, 0), "CAST it", "%s needs an ARRAY or MAP, this is %s", e->builtin->name, sql_type_text(b->a, t));
    }
}

/* Months are added to the start each time, so that a series from the 31st does not creep to the 28th. */
static void time_sequence(struct binder *b, struct expr *e, const struct sql_type *t)
{
    const struct sql_type *step = e->args.count == 3 ? ARG(e, 2)->type : sql_day_interval();
    for (size_t i = 0; i < 2; i++)
        ARG(e, i) = sql_coerce(b, ARG(e, i), T(TIMESTAMP));
    e->type = sql_array_type(b->a, t);
    if (step->kind == SQL_T_INTERVAL_DT) {
        e->text = e->args.count == 3 ? "CAST(generate_series($1, $2, $3) AS $R)" : "CAST(dbx_day_sequence($1, $2) AS $R)";
        return;
    }
    long long months = e->args.count == 3 ? ARG(e, 2)->months : 0;
    if (step->kind == SQL_T_INTERVAL_YM && months > 0)
        e->text = arena_printf(b->a,
                               "CAST(list_filter(list_transform(generate_series(0, date_diff('month', $1, $2) // %lld), "
                               "lambda _m: $1 + to_months(CAST(_m * %lld AS INTEGER))), lambda _n: _n <= $2) AS $R)",
                               months, months);
    else
        sql_fix_error(b, e, "INTERVAL 1 DAY, INTERVAL 1 MONTH, ..", "this step of sequence is not supported");
}

static void fix_sequence(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = sql_common_type(b->a, ARG(e, 0)->type, ARG(e, 1)->type);
    if (t && (t->kind == SQL_T_DATE || t->kind == SQL_T_TIMESTAMP || t->kind == SQL_T_TIMESTAMP_NTZ)) {
        time_sequence(b, e, t);
        return;
    }
    if (t && e->args.count == 3)
        t = sql_common_type(b->a, t, ARG(e, 2)->type);
    if (!t || !sql_is_integral(t)) {
        sql_fix_error(b, e, NULL, "sequence needs whole numbers, dates or timestamps");
        return;
    }
    for (size_t i = 0; i < e->args.count; i++)
        ARG(e, i) = sql_coerce(b, ARG(e, i), t);
    e->type = sql_array_type(b->a, t);
    e->text = e->args.count == 3 ? "CAST(dbx_step_sequence($1, $2, $3) AS $R)" : "CAST(dbx_sequence($1, $2) AS $R)";
}

/* ---- maps ------------------------------------------------------------------------------------------------- */

static const struct sql_type *unify_every_second(struct binder *b, struct expr *e, size_t from)
{
    const struct sql_type *t = T(VOID);
    for (size_t i = from; i < e->args.count; i += 2) {
        const struct sql_type *next = sql_common_type(b->a, t, ARG(e, i)->type);
        if (!next) {
            sql_fix_error(b, ARG(e, i), "write a CAST", "%s and %s have no common type", sql_type_text(b->a, t),
                          sql_type_text(b->a, ARG(e, i)->type));
            return t;
        }
        t = next;
    }
    for (size_t i = from; i < e->args.count; i += 2)
        ARG(e, i) = sql_coerce(b, ARG(e, i), t);
    return t;
}

static void fix_map(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count % 2) {
        sql_fix_error(b, e, NULL, "map needs a value for each key");
        return;
    }
    const struct sql_type *key = unify_every_second(b, e, 0), *item = unify_every_second(b, e, 1);
    struct expr *lists[2];
    for (size_t side = 0; side < 2; side++) {
        lists[side] = sql_new_expr(b, EX_CALL, e, sql_array_type(b->a, side ? item : key));
        lists[side]->text = "[$*]";
        for (size_t i = side; i < e->args.count; i += 2)
            *LIST_ADD(b->a, &lists[side]->args) = ARG(e, i);
    }
    e->args.count = 0;
    *LIST_ADD(b->a, &e->args) = lists[0];
    *LIST_ADD(b->a, &e->args) = lists[1];
    sql_fix_as(e, "map($1, $2)", sql_map_type(b->a, key, item));
}

static void fix_map_from_arrays(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *k = ARG(e, 0)->type, *v = ARG(e, 1)->type;
    bool known = k->kind == SQL_T_ARRAY && v->kind == SQL_T_ARRAY;
    sql_fix_as(e, "map($1, $2)", known ? sql_map_type(b->a, k->item, v->item) : T(UNKNOWN));
}

static void fix_map_from_entries(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    if (t->kind == SQL_T_ARRAY && t->item->kind == SQL_T_STRUCT && t->item->field_count == 2)
        sql_fix_as(e, "map_from_entries($1)", sql_map_type(b->a, t->item->fields[0].type, t->item->fields[1].type));
    else if (!sql_is_unknown(t))
        sql_fix_error(b, ARG(e, 0), NULL, "map_from_entries needs an ARRAY of STRUCTs with two fields");
    else
        e->text = "map_from_entries($1)";
}

static const struct sql_type *entry_type(struct arena *a, const struct sql_type *map)
{
    struct sql_field *f = arena_alloc(a, 2 * sizeof(*f));
    f[0] = (struct sql_field){.name = "key", .type = map->key};
    f[1] = (struct sql_field){.name = "value", .type = map->item};
    return sql_struct_type(a, f, 2);
}

static void fix_map_parts(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const struct sql_type *t = ARG(e, 0)->type;
    e->text = arena_printf(b->a, "%s($1)", e->builtin->name);
    if (t->kind == SQL_T_MAP)
        e->type = sql_array_type(b->a, sql_call_is(e, "map_keys") ? t->key : sql_call_is(e, "map_values") ? t->item : entry_type(b->a, t));
}

/* Keys that occur twice are an error, as in Spark. */
static void fix_map_concat(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (e->args.count > 9)
        sql_fix_error(b, e, NULL, "map_concat takes up to nine maps");
    char *nulls = arena_strdup(b->a, ""), *lists = arena_strdup(b->a, "");
    for (size_t i = 1; i <= e->args.count; i++) {
        nulls = arena_printf(b->a, "%s%s$%zu IS NULL", nulls, i > 1 ? " OR " : "", i);
        lists = arena_printf(b->a, "%s%smap_entries($%zu)", lists, i > 1 ? ", " : "", i);
    }
    e->text = arena_printf(b->a, "CASE WHEN %s THEN NULL ELSE map_from_entries(flatten([%s])) END", nulls, lists);
    e->copies = 2;
}

static void fix_map_contains_key(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (ARG(e, 0)->type->kind == SQL_T_MAP)
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), ARG(e, 0)->type->key);
    e->text = "map_contains($1, $2)";
}

static void fix_str_to_map(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *pair = e->args.count > 1 ? ARG(e, 1)->text : ",", *key = e->args.count > 2 ? ARG(e, 2)->text : ":";
    if (strpbrk(pair, "\\^$.|?*+()[]{}") || strpbrk(key, "\\^$.|?*+()[]{}") || !*pair || !*key)
        sql_fix_error(b, e, "plain text", "a pattern as delimiter of str_to_map is not supported");
    e->args.count = 1;
    for (size_t i = 0; i < 2; i++) {
        struct expr *x = sql_new_expr(b, EX_STRING, e, T(STRING));
        x->text = i ? key : pair;
        *LIST_ADD(b->a, &e->args) = x;
    }
    e->text = "dbx_str_to_map($1, $2, $3)";
}

/* ---- structs ---------------------------------------------------------------------------------------------- */

static void pack(struct binder *b, struct expr *e, const struct sql_field *fields)
{
    for (size_t i = 0; i < e->args.count; i++) {
        struct expr *named = sql_new_expr(b, EX_NAMED_ARG, ARG(e, i), ARG(e, i)->type);
        named->text = fields[i].name;
        named->weight = ARG(e, i)->weight;
        *LIST_ADD(b->a, &named->args) = ARG(e, i);
        ARG(e, i) = named;
    }
    sql_fix_as(e, "struct_pack($*)", sql_struct_type(b->a, fields, e->args.count));
}

static void fix_struct(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    struct sql_field *f = arena_alloc(b->a, (e->args.count + 1) * sizeof(*f));
    for (size_t i = 0; i < e->args.count; i++) {
        const struct expr *x = ARG(e, i);
        const char *name = i < e->names.count ? e->names.items[i] : NULL;
        if (!name && x->kind == EX_COLUMN && !x->engine)
            name = x->name->parts[x->name->count - 1];
        else if (!name && x->kind == EX_FIELD)
            name = x->text;
        f[i] = (struct sql_field){.name = name ? name : arena_printf(b->a, "col%zu", i + 1), .type = x->type};
    }
    pack(b, e, f);
}

static void fix_named_struct(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    size_t n = e->args.count / 2;
    struct sql_field *f = arena_alloc(b->a, (n + 1) * sizeof(*f));
    if (e->args.count % 2)
        sql_fix_error(b, e, NULL, "named_struct needs a value for each name");
    for (size_t i = 0; i < n; i++) {
        if (!sql_literal_text(ARG(e, 2 * i), &f[i].name)) {
            sql_fix_error(b, ARG(e, 2 * i), NULL, "names of named_struct must be literal strings");
            return;
        }
        ARG(e, i) = ARG(e, 2 * i + 1);
        f[i].type = ARG(e, i)->type;
    }
    e->args.count = n;
    pack(b, e, f);
}

const struct fix sql_nested_fixes[] = {
    {"=array_join", fix_array_join},
    {"=sort_array", fix_sort_array},
    {"=array_compact", fix_array_compact},
    {"=size", fix_size},
    {"=element_at", fix_element_at},
    {"=sequence", fix_sequence},
    {"=map", fix_map},
    {"=map_from_arrays", fix_map_from_arrays},
    {"=map_from_entries", fix_map_from_entries},
    {"=map_keys", fix_map_parts},
    {"=map_values", fix_map_parts},
    {"=map_entries", fix_map_parts},
    {"=map_concat", fix_map_concat},
    {"=map_contains_key", fix_map_contains_key},
    {"=str_to_map", fix_str_to_map},
    {"=struct", fix_struct},
    {"=named_struct", fix_named_struct},
    {NULL, NULL},
};

/* ---- lambdas ------------------------------------------------------------------------------------------------ */

/* Binds the body of a lambda with its parameters named and typed; answers whether it is one with count parameters. */
static bool bind_lambda(struct binder *b, struct expr *e, size_t i, const struct scope *s, size_t least, size_t most,
                        const char *const *engine, const struct sql_type *const *types)
{
    struct expr *x = ARG(e, i);
    if (x->kind != EX_LAMBDA || x->names.count < least || x->names.count > most) {
        sql_fix_error(b, x, NULL, "argument %zu of %s must be a lambda of %zu parameters", i + 1, e->builtin->name, least);
        return false;
    }
    struct scope *inner = arena_alloc(b->a, sizeof(*inner));
    inner->parent = s;
    inner->lambda_names = x->names.items;
    inner->lambda_count = x->names.count;
    inner->lambda_engine = arena_alloc(b->a, most * sizeof(char *));
    inner->lambda_types = arena_alloc(b->a, most * sizeof(struct sql_type *));
    for (size_t k = 0; k < most; k++) {
        inner->lambda_engine[k] = engine[k];
        inner->lambda_types[k] = types[k];
    }
    struct expr *body = x->args.items[0];
    sql_bind_expr(b, body, inner);
    ARG(e, i) = body;
    return !b->p->failed;
}

static const struct sql_type *bind_array(struct binder *b, struct expr *e, size_t i, const struct scope *s)
{
    sql_bind_expr(b, ARG(e, i), s);
    const struct sql_type *t = ARG(e, i)->type;
    if (!b->p->failed && t->kind != SQL_T_ARRAY && t->kind != SQL_T_UNKNOWN)
        sql_fix_error(b, ARG(e, i), NULL, "argument %zu of %s must be an ARRAY, this is %s", i + 1, e->builtin->name,
                      sql_type_text(b->a, t));
    return t->kind == SQL_T_ARRAY ? t->item : T(UNKNOWN);
}

static const char *variable_name(struct binder *b) { return arena_printf(b->a, "_dbx%u", ++b->counter); }

/* transform, filter, exists, forall: one lambda over one array; the second parameter is the place, from 0. */
static void fix_over_array(struct binder *b, struct expr *e, const struct scope *s)
{
    const char *x = variable_name(b), *i = variable_name(b);
    const struct sql_type *item = bind_array(b, e, 0, s);
    const char *engine[] = {x, arena_printf(b->a, "CAST(%s - 1 AS INTEGER)", i)};
    const struct sql_type *types[] = {item, T(INT)};
    bool place = ARG(e, 1)->kind == EX_LAMBDA && ARG(e, 1)->names.count == 2;
    bool transform = sql_call_is(e, "transform"), filter = sql_call_is(e, "filter");
    if (b->p->failed || !bind_lambda(b, e, 1, s, 1, transform || filter ? 2 : 1, engine, types))
        return;
    const char *head = place ? arena_printf(b->a, "lambda %s, %s:", x, i) : arena_printf(b->a, "lambda %s:", x);
    if (!transform)
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(BOOLEAN));
    if (transform)
        sql_fix_as(e, arena_printf(b->a, "list_transform($1, %s $2)", head), sql_array_type(b->a, ARG(e, 1)->type));
    else if (filter)
        sql_fix_as(e, arena_printf(b->a, "list_filter($1, %s $2)", head), ARG(e, 0)->type);
    else
        sql_fix_as(e, arena_printf(b->a, "%s(list_transform($1, %s $2))", sql_call_is(e, "exists") ? "dbx_any" : "dbx_all", head),
                   T(BOOLEAN));
}

static void fix_aggregate(struct binder *b, struct expr *e, const struct scope *s)
{
    const char *acc = variable_name(b), *x = variable_name(b), *f = variable_name(b);
    const struct sql_type *item = bind_array(b, e, 0, s);
    sql_bind_expr(b, ARG(e, 1), s);
    if (b->p->failed)
        return;
    const struct sql_type *start = ARG(e, 1)->type;
    bool same = sql_type_equal(start, item);
    const char *engine[] = {same ? acc : arena_printf(b->a, "%s.a", acc), same ? x : arena_printf(b->a, "%s.x", x)};
    const struct sql_type *types[] = {start, item};
    if (sql_is_unknown(item)) {
        sql_fix_error(b, e, "CAST it", "%s over an array whose type is not known is not supported", e->builtin->name);
        return;
    }
    if (!bind_lambda(b, e, 2, s, 2, 2, engine, types))
        return;
    ARG(e, 2) = sql_coerce(b, ARG(e, 2), start);
    const char *reduce, *xt = sql_type_duckdb(b->a, item), *at = sql_type_duckdb(b->a, start);
    if (same) /* DuckDB wants the start to be of the items' type: otherwise both travel in a struct */
        reduce = arena_printf(b->a, "list_reduce($1, lambda %s, %s: $3, $2)", acc, x);
    else
        reduce = arena_printf(
            b->a,
            "(list_reduce(list_transform($1, lambda %s: {'a': CAST(NULL AS %s), 'x': %s}), lambda %s, %s: {'a': $3, 'x': CAST(NULL AS %s)}, "
            "{'a': CAST($2 AS %s), 'x': CAST(NULL AS %s)})).a",
            f, at, f, acc, x, xt, at, xt);
    sql_fix_as(e, reduce, start);
    if (e->args.count < 4)
        return;
    const char *done = variable_name(b);
    if (bind_lambda(b, e, 3, s, 1, 1, &done, types))
        sql_fix_as(e, arena_printf(b->a, "(list_transform([%s], lambda %s: $4))[1]", reduce, done), ARG(e, 3)->type);
}

static void fix_zip_with(struct binder *b, struct expr *e, const struct scope *s)
{
    const char *z = variable_name(b);
    const struct sql_type *types[2];
    types[0] = bind_array(b, e, 0, s);
    types[1] = b->p->failed ? T(UNKNOWN) : bind_array(b, e, 1, s);
    const char *engine[] = {arena_printf(b->a, "%s[1]", z), arena_printf(b->a, "%s[2]", z)};
    if (b->p->failed || !bind_lambda(b, e, 2, s, 2, 2, engine, types))
        return;
    sql_fix_as(e, arena_printf(b->a, "list_transform(list_zip($1, $2), lambda %s: $3)", z), sql_array_type(b->a, ARG(e, 2)->type));
}

/* map_filter, transform_values, transform_keys: over the entries. */
static void fix_over_map(struct binder *b, struct expr *e, const struct scope *s)
{
    const char *x = variable_name(b);
    sql_bind_expr(b, ARG(e, 0), s);
    if (b->p->failed)
        return;
    const struct sql_type *m = ARG(e, 0)->type;
    if (m->kind != SQL_T_MAP) {
        sql_fix_error(b, ARG(e, 0), NULL, "argument 1 of %s must be a MAP, this is %s", e->builtin->name, sql_type_text(b->a, m));
        return;
    }
    const char *engine[] = {arena_printf(b->a, "%s.\"key\"", x), arena_printf(b->a, "%s.\"value\"", x)};
    const struct sql_type *types[] = {m->key, m->item};
    if (!bind_lambda(b, e, 1, s, 2, 2, engine, types))
        return;
    if (sql_call_is(e, "map_filter")) {
        ARG(e, 1) = sql_coerce(b, ARG(e, 1), T(BOOLEAN));
        sql_fix_as(e, arena_printf(b->a, "map_from_entries(list_filter(map_entries($1), lambda %s: $2))", x), m);
    } else if (sql_call_is(e, "transform_values")) {
        sql_fix_as(
            e, arena_printf(b->a, "map_from_entries(list_transform(map_entries($1), lambda %s: {'key': %s, 'value': $2}))", x, engine[0]),
            sql_map_type(b->a, m->key, ARG(e, 1)->type));
    } else {
        sql_fix_as(
            e, arena_printf(b->a, "map_from_entries(list_transform(map_entries($1), lambda %s: {'key': $2, 'value': %s}))", x, engine[1]),
            sql_map_type(b->a, ARG(e, 1)->type, m->item));
    }
}

const struct fix sql_lambda_fixes[] = {
    {"=transform", fix_over_array},    {"=filter", fix_over_array},
    {"=exists", fix_over_array},       {"=forall", fix_over_array},
    {"=aggregate", fix_aggregate},     {"=zip_with", fix_zip_with},
    {"=map_filter", fix_over_map},     {"=transform_values", fix_over_map},
    {"=transform_keys", fix_over_map}, {NULL, NULL},
};
