/* Binder of calls: looks the function up, brings arguments to what it takes, says what it gives. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

void sql_bind_window(struct binder *b, struct window_spec *w, const struct scope *s)
{
    sql_lineage_window(b, w, s);
    for (size_t i = 0; i < w->partition.count; i++)
        sql_bind_expr(b, w->partition.items[i], s);
    for (size_t i = 0; i < w->order.count; i++)
        sql_bind_expr(b, w->order.items[i].expr, s);
    if (w->frame_from)
        sql_bind_expr(b, w->frame_from, s);
    if (w->frame_to)
        sql_bind_expr(b, w->frame_to, s);
}

static void unknown_function(struct binder *b, const struct expr *e)
{
    const char *near = e->name->count == 1 ? sql_nearest_function(e->name->parts[0]) : NULL;
    if (e->name->count == 1 && str_ieq(e->name->parts[0], "measure")) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "SELECT .. MEASURE(m) FROM view GROUP BY ALL",
                 "MEASURE goes with a metric view, and this SELECT reads none");
        return;
    }
    sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL, "unknown function %s",
             sql_name_text(b->a, e->name));
}

/* ---- functions of users -------------------------------------------------------------------------------- */

static struct expr *default_argument(struct binder *b, const struct expr *like, const struct sql_column *c)
{
    const char *sql = "NULL";
    const struct sql_type *type = T(UNKNOWN);
    struct error err = {0};
    int rc = sql_rewrite_expression(b->a, c->default_sql, strlen(c->default_sql), c->pos.line, b->env, NULL, 0, &sql, &type, &err);
    if (rc)
        sql_fail(b->p, like->pos, ERROR_USAGE, NULL, "default of parameter %s: %s", c->name, err.what);
    return sql_raw(b, like, sql, type);
}

/* Named arguments to places; parameters that are not given keep NULL and take the default of the function. */
static void place_arguments(struct binder *b, struct expr *e, const struct sql_user_function *f)
{
    struct expr **placed = arena_alloc(b->a, (f->parameter_count + 1) * sizeof(*placed));
    bool named = false;
    for (size_t i = 0; i < e->args.count; i++) {
        struct expr *x = e->args.items[i];
        size_t at = i;
        if (x->kind == EX_NAMED_ARG) {
            named = true;
            for (at = 0; at < f->parameter_count && !str_ieq(f->parameters[at].name, x->text); at++)
                ;
            if (at == f->parameter_count) {
                const char **names = arena_alloc(b->a, (f->parameter_count + 1) * sizeof(*names));
                for (size_t k = 0; k < f->parameter_count; k++)
                    names[k] = f->parameters[k].name;
                const char *near = nearest_name(x->text, names, f->parameter_count);
                sql_fail(b->p, x->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL,
                         "%s has no parameter %s", sql_name_text(b->a, e->name), x->text);
                return;
            }
            x = x->args.items[0];
        } else if (named || at >= f->parameter_count) {
            sql_fail(b->p, x->pos, ERROR_USAGE, NULL, named ? "a plain argument follows a named one" : "%s takes %zu arguments",
                     sql_name_text(b->a, e->name), f->parameter_count);
            return;
        }
        if (placed[at])
            sql_fail(b->p, x->pos, ERROR_USAGE, NULL, "parameter %s is given twice", f->parameters[at].name);
        placed[at] = x;
    }
    e->args.count = 0;
    for (size_t i = 0; i < f->parameter_count && !b->p->failed; i++) {
        if (!placed[i] && !f->parameters[i].default_sql) {
            sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s needs its parameter %s", sql_name_text(b->a, e->name), f->parameters[i].name);
            return;
        }
        if (!placed[i])
            placed[i] = default_argument(b, e, &f->parameters[i]);
        *LIST_ADD(b->a, &e->args) = placed[i];
    }
}

/* Answers false when the function is not one of a user. */
static bool bind_user_function(struct binder *b, struct expr *e, const struct scope *s, bool table)
{
    const struct sql_user_function *f = NULL;
    struct error err = {0};
    if (!b->env->function || b->env->function(b->env->context, e->name, b->a, &f, &err) || !f) {
        if (err.kind)
            sql_fail(b->p, e->pos, err.kind, err.hint[0] ? arena_strdup(b->a, err.hint) : NULL, "%s", err.what);
        return err.kind != 0;
    }
    if (f->table_valued != table) {
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, table ? "%s does not return a table" : "%s returns a table: use it in FROM",
                 sql_name_text(b->a, e->name));
        return true;
    }
    sql_lineage_call(b, f, e->name);
    place_arguments(b, e, f);
    for (size_t i = 0; i < e->args.count && !b->p->failed; i++) {
        sql_bind_expr(b, e->args.items[i], s);
        if (!b->p->failed && f->parameters[i].type)
            e->args.items[i] = sql_coerce(b, e->args.items[i], f->parameters[i].type);
    }
    e->user = f;
    e->text = arena_printf(b->a, "%s($*)", f->engine_sql);
    e->type = f->returns ? f->returns : T(UNKNOWN);
    return true;
}

/* ---- built-in ones -------------------------------------------------------------------------------------- */

static void check_count(struct binder *b, const struct expr *e, const struct sql_builtin *f)
{
    size_t n = e->args.count;
    if (n >= (size_t)f->min && (f->max < 0 || n <= (size_t)f->max))
        return;
    if (f->max == f->min)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes %d arguments, this call gives %zu", f->name, f->min, n);
    else if (f->max < 0)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes %d or more arguments, this call gives %zu", f->name, f->min, n);
    else
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes %d to %d arguments, this call gives %zu", f->name, f->min, f->max, n);
}

static void check_modifiers(struct binder *b, const struct expr *e, const struct sql_builtin *f)
{
    bool aggregate = f->kind == 'A', window = f->kind == 'W';
    if ((e->distinct || e->filter) && !aggregate)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes no %s", f->name, e->distinct ? "DISTINCT" : "FILTER");
    if (e->over && !aggregate && !window)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s is not a window function", f->name);
    if (!e->over && window)
        sql_fail(b->p, e->pos, ERROR_USAGE, "write OVER (..)", "%s needs a window", f->name);
    static const char *const with_nulls[] = {"first", "last", "first_value", "last_value", "any_value", "lag", "lead", "nth_value"};
    bool takes_nulls = false;
    for (size_t i = 0; i < ARRAY_LEN(with_nulls); i++)
        takes_nulls = takes_nulls || str_eq(with_nulls[i], f->name);
    if (e->ignore_nulls && !takes_nulls)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes no IGNORE NULLS", f->name);
    static const char *const within[] = {"percentile_cont", "percentile_disc", "listagg", "string_agg"};
    bool takes_order = false;
    for (size_t i = 0; i < ARRAY_LEN(within); i++)
        takes_order = takes_order || str_eq(within[i], f->name);
    if (e->within.count && !takes_order)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes no ORDER BY", f->name);
    if (e->over && e->distinct)
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "DISTINCT with OVER is not supported");
}

static char arg_letter(const struct sql_builtin *f, size_t i)
{
    size_t n = strlen(f->args);
    return n == 0 ? 'a' : f->args[i < n ? i : n - 1];
}

static void want(struct binder *b, const struct expr *e, const struct sql_builtin *f, size_t i, const char *what)
{
    const struct expr *x = e->args.items[i];
    sql_fail(b->p, x->pos, ERROR_USAGE, NULL, "argument %zu of %s must be %s, this is %s", i + 1, f->name, what,
             sql_type_text(b->a, x->type));
}

static void want_kind(struct binder *b, struct expr *e, const struct sql_builtin *f, size_t i, enum sql_type_kind kind, const char *what)
{
    enum sql_type_kind k = e->args.items[i]->type->kind;
    if (k != kind && k != SQL_T_UNKNOWN && k != SQL_T_VOID)
        want(b, e, f, i, what);
}

static void coerce_argument(struct binder *b, struct expr *e, const struct sql_builtin *f, size_t i)
{
    static const struct {
        char letter;
        enum sql_type_kind kind;
    } kinds[] = {{'s', SQL_T_STRING},  {'i', SQL_T_INT},  {'l', SQL_T_BIGINT},    {'d', SQL_T_DOUBLE},
                 {'b', SQL_T_BOOLEAN}, {'D', SQL_T_DATE}, {'T', SQL_T_TIMESTAMP}, {'B', SQL_T_BINARY}};
    struct expr *x = e->args.items[i];
    char letter = arg_letter(f, i);
    const char *text;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        if (kinds[k].letter == letter) {
            if (letter == 'T' && x->type->kind == SQL_T_TIMESTAMP_NTZ)
                return;
            e->args.items[i] = sql_coerce(b, x, sql_simple_type(kinds[k].kind));
            return;
        }
    if (letter == 'n' && x->type->kind == SQL_T_STRING)
        e->args.items[i] = sql_coerce(b, x, T(DOUBLE));
    else if (letter == 'n' && !sql_is_numeric(x->type) && x->type->kind > SQL_T_VOID && x->type->kind != SQL_T_INTERVAL_DT &&
             x->type->kind != SQL_T_INTERVAL_YM)
        want(b, e, f, i, "a number");
    else if (letter == 'A')
        want_kind(b, e, f, i, SQL_T_ARRAY, "an ARRAY");
    else if (letter == 'M')
        want_kind(b, e, f, i, SQL_T_MAP, "a MAP");
    else if (letter == 'S')
        want_kind(b, e, f, i, SQL_T_STRUCT, "a STRUCT");
    else if (letter == 'k' && !sql_literal_text(x, &text))
        sql_fail(b->p, x->pos, ERROR_USAGE, NULL, "argument %zu of %s must be a literal string", i + 1, f->name);
    else if (letter == 'q' && x->kind != EX_NUMBER && !(x->kind == EX_UNARY && x->args.items[0]->kind == EX_NUMBER))
        sql_fail(b->p, x->pos, ERROR_USAGE, NULL, "argument %zu of %s must be a literal number", i + 1, f->name);
}

/* Brings all arguments with letter c to one type. */
static const struct sql_type *unify_letter(struct binder *b, struct expr *e, const struct sql_builtin *f)
{
    const struct sql_type *t = T(VOID);
    for (size_t i = 0; i < e->args.count; i++) {
        if (arg_letter(f, i) != 'c')
            continue;
        const struct sql_type *next = sql_common_type(b->a, t, e->args.items[i]->type);
        if (!next) {
            sql_fail(b->p, e->args.items[i]->pos, ERROR_USAGE, "write a CAST", "%s and %s have no common type", sql_type_text(b->a, t),
                     sql_type_text(b->a, e->args.items[i]->type));
            return t;
        }
        t = next;
    }
    for (size_t i = 0; i < e->args.count && !b->p->failed; i++)
        if (arg_letter(f, i) == 'c')
            e->args.items[i] = sql_coerce(b, e->args.items[i], t);
    return t;
}

/* An array and a value of it: both to the wider item type. */
static void unify_item(struct binder *b, struct expr *e)
{
    const struct sql_type *array = e->args.items[0]->type, *item = e->args.items[1]->type;
    if (array->kind != SQL_T_ARRAY)
        return;
    const struct sql_type *t = sql_common_type(b->a, array->item, item);
    if (!t) {
        sql_fail(b->p, e->args.items[1]->pos, ERROR_USAGE, "write a CAST", "%s is not an item of %s", sql_type_text(b->a, item),
                 sql_type_text(b->a, array));
        return;
    }
    e->args.items[0] = sql_coerce(b, e->args.items[0], sql_array_type(b->a, t));
    e->args.items[1] = sql_coerce(b, e->args.items[1], t);
}

static const struct sql_type *result_type(struct binder *b, const struct expr *e, const char *spec, const struct sql_type *common)
{
    const struct sql_type *first = e->args.count ? e->args.items[0]->type : T(UNKNOWN), *t = T(UNKNOWN);
    if (str_eq(spec, "1"))
        return first;
    if (str_eq(spec, "c"))
        return common;
    if (str_eq(spec, "["))
        return sql_array_type(b->a, first);
    if (str_eq(spec, "[c"))
        return sql_array_type(b->a, common);
    if (str_eq(spec, "e"))
        return first->kind == SQL_T_ARRAY ? first->item : t;
    if (str_eq(spec, "?"))
        return t;
    struct error ignored;
    if (sql_type_parse(b->a, spec, &t, &ignored))
        sql_fail(b->p, e->pos, ERROR_INTERNAL, NULL, "bad result type %s in the table of functions", spec);
    return t;
}

static void weigh(struct expr *e, const struct sql_builtin *f)
{
    uint64_t w = 1, copies = f && f->copies ? f->copies : 1;
    if (e->copies > copies)
        copies = e->copies;
    for (size_t i = 0; i < e->args.count; i++)
        w += e->args.items[i]->weight * copies;
    e->weight = w > WEIGHT_MAX ? WEIGHT_MAX + 1 : (uint32_t)w;
}

static void count_star(struct expr *e)
{
    struct expr *x = e->args.count == 1 ? e->args.items[0] : NULL;
    if (str_ieq(e->name->parts[0], "count") && x && x->kind == EX_STAR && !x->name)
        e->args.count = 0;
}

static void bind_builtin(struct binder *b, struct expr *e, const struct scope *s, const struct sql_builtin *f)
{
    bool star = false;
    e->builtin = f;
    b->saw_window = b->saw_window || e->over;
    b->saw_aggregate = b->saw_aggregate || (f->kind == 'A' && !e->over);
    if (f->sql[0] == '!') {
        sql_fail(b->p, e->pos, ERROR_USAGE, f->sql + 1, "function %s is not supported", f->name);
        return;
    }
    size_t before = e->args.count;
    count_star(e);
    star = before != e->args.count;
    if (!star)
        check_count(b, e, f);
    check_modifiers(b, e, f);
    for (size_t i = 0; i < e->args.count && f->kind != 'L' && !b->p->failed; i++)
        sql_bind_expr(b, e->args.items[i], s);
    if (b->p->failed)
        return;
    const struct sql_type *common = T(UNKNOWN);
    if (f->kind != 'L') {
        for (size_t i = 0; i < e->args.count && !b->p->failed; i++)
            coerce_argument(b, e, f, i);
        if (!b->p->failed && strchr(f->args, 'c'))
            common = unify_letter(b, e, f);
        if (!b->p->failed && strchr(f->args, 'e'))
            unify_item(b, e);
    }
    if (b->p->failed)
        return;
    e->text = f->sql;
    e->type = result_type(b, e, f->result, common);
    if (f->sql[0] == '=')
        sql_fix_call(b, e, s);
    if (e->kind == EX_CALL)
        weigh(e, f);
}

bool sql_is_aggregate(const struct expr *e)
{
    const bool call = e->kind == EX_CALL && e->name && e->name->count == 1 && !e->over;
    const struct sql_builtin *f = call ? sql_find_builtin(e->name->parts[0]) : NULL;
    return f && f->kind == 'A';
}

bool sql_has_aggregate(const struct expr *e)
{
    bool found = sql_is_aggregate(e);
    for (size_t i = 0; !found && i < e->args.count; i++)
        found = sql_has_aggregate(e->args.items[i]);
    return found;
}

void sql_bind_call(struct binder *b, struct expr *e, const struct scope *s)
{
    const struct sql_builtin *f = e->name->count == 1 ? sql_find_builtin(e->name->parts[0]) : NULL;
    const bool lift = b->lift_params;
    b->lift_params = lift && (!f || f->kind != 'A' || e->over);
    if (e->filter)
        sql_bind_expr(b, e->filter, s);
    for (size_t i = 0; i < e->within.count; i++)
        sql_bind_expr(b, e->within.items[i].expr, s);
    if (e->over)
        sql_bind_window(b, e->over, s);
    if (b->p->failed)
        return;
    if (f) {
        bind_builtin(b, e, s, f);
    } else if (bind_user_function(b, e, s, false)) {
        if (e->distinct || e->filter || e->over)
            sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s takes no DISTINCT, FILTER or OVER", sql_name_text(b->a, e->name));
        weigh(e, NULL);
    } else {
        unknown_function(b, e);
    }
    b->lift_params = lift;
}

/* ---- rows from values ------------------------------------------------------------------------------------ */

bool sql_is_generator(const struct expr *e)
{
    if (e->kind != EX_CALL || !e->name || e->name->count != 1)
        return false;
    const struct sql_builtin *f = sql_find_builtin(e->name->parts[0]);
    return f && f->kind == 'G';
}

static void add_column(struct binder *b, struct sql_column_type **items, size_t *count, const char *name, const struct sql_type *type)
{
    LIST(struct sql_column_type) l = {.items = *items, .count = *count, .cap = *count};
    *LIST_ADD(b->a, &l) = (struct sql_column_type){name, type};
    *items = l.items;
    *count = l.count;
}

struct columns sql_bind_generator(struct binder *b, struct expr *e, const struct scope *s)
{
    struct columns c = {0};
    struct sql_column_type *items = NULL;
    const struct sql_builtin *f = sql_find_builtin(e->name->parts[0]);
    e->builtin = f;
    e->type = T(UNKNOWN);
    check_count(b, e, f);
    check_modifiers(b, e, f);
    if (b->p->failed)
        return c;
    struct lineage *arg = sql_lineage_new(b), *outer = sql_lineage_into(b, arg);
    sql_bind_expr(b, e->args.items[0], s);
    sql_lineage_into(b, outer);
    if (b->p->failed)
        return c;
    sql_lineage_of_expr(b, arg, e->args.items[0]);
    const struct sql_type *t = e->args.items[0]->type;
    bool is_inline = str_starts(f->name, "inline");
    if (t->kind == SQL_T_UNKNOWN) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "CAST it", "%s of a value whose type is not known is not supported", f->name);
    } else if (is_inline ? t->kind != SQL_T_ARRAY || t->item->kind != SQL_T_STRUCT : t->kind != SQL_T_ARRAY && t->kind != SQL_T_MAP) {
        want(b, e, f, 0, is_inline ? "an ARRAY of STRUCTs" : "an ARRAY or MAP");
    } else {
        if (str_starts(f->name, "pos"))
            add_column(b, &items, &c.count, "pos", T(INT));
        if (is_inline) {
            for (size_t i = 0; i < t->item->field_count; i++)
                add_column(b, &items, &c.count, t->item->fields[i].name, t->item->fields[i].type);
        } else if (t->kind == SQL_T_MAP) {
            add_column(b, &items, &c.count, "key", t->key);
            add_column(b, &items, &c.count, "value", t->item);
        } else {
            add_column(b, &items, &c.count, "col", t->item);
        }
    }
    c.items = items;
    c.lineage = sql_lineage_generator(b, &c, arg, t);
    return c;
}

static struct columns bind_table_function(struct binder *b, struct expr *e, const struct scope *s)
{
    struct columns c = {0};
    e->type = T(UNKNOWN);
    if (e->name->count == 1 && str_ieq(e->name->parts[0], "range")) {
        struct sql_column_type *items = NULL;
        if (e->args.count < 1 || e->args.count > 3)
            sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "range takes 1 to 3 arguments");
        for (size_t i = 0; i < e->args.count && !b->p->failed; i++) {
            sql_bind_expr(b, e->args.items[i], s);
            e->args.items[i] = sql_coerce(b, e->args.items[i], T(BIGINT));
        }
        e->text = "range($*)";
        add_column(b, &items, &c.count, "id", T(BIGINT));
        c.items = items;
        return c;
    }
    if (!bind_user_function(b, e, s, true)) {
        unknown_function(b, e);
        return c;
    }
    if (e->user) {
        c.items = e->user->columns;
        c.count = e->user->column_count;
        c.open = c.count == 0;
        c.lineage = sql_lineage_result(b, &c, e->user, e->name);
    }
    return c;
}

struct columns sql_bind_table_function(struct binder *b, struct expr *e, const struct scope *s)
{
    if (sql_is_generator(e))
        return sql_bind_generator(b, e, s);
    struct lineage *args = sql_lineage_new(b), *outer = sql_lineage_into(b, args);
    struct columns c = bind_table_function(b, e, s);
    sql_lineage_into(b, outer);
    sql_lineage_rows(b, args);
    if (!c.lineage)
        c.lineage = sql_lineage_computed(b, &c, args);
    return c;
}
