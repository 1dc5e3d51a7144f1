#include "build/room.h"

/*
 * Values that a file delivers in another type than the table has: fields of nested ones go by name, what is missing is null, what the
 * table does not have is left out and told, and a value that does not fit makes the row a rejected one.
 */

/* ---- types ------------------------------------------------------------------------------------------------------ */

static bool is_whole(enum sql_type_kind k) { return k >= SQL_T_TINYINT && k <= SQL_T_BIGINT; }
static bool is_fraction(enum sql_type_kind k) { return k == SQL_T_DECIMAL || k == SQL_T_FLOAT || k == SQL_T_DOUBLE; }

bool build_widens(const struct sql_type *from, const struct sql_type *to)
{
    if (is_whole(from->kind))
        return (is_whole(to->kind) && from->kind <= to->kind) || (to->kind == SQL_T_DOUBLE && from->kind < SQL_T_BIGINT);
    if (from->kind == SQL_T_FLOAT)
        return to->kind == SQL_T_DOUBLE;
    if (from->kind == SQL_T_DATE || from->kind == SQL_T_TIMESTAMP_NTZ)
        return to->kind == SQL_T_TIMESTAMP;
    return from->kind == SQL_T_VOID;
}

bool build_is_nested(const struct sql_type *t) { return t->kind == SQL_T_ARRAY || t->kind == SQL_T_MAP || t->kind == SQL_T_STRUCT; }

/* ---- values ----------------------------------------------------------------------------------------------------- */

struct fitter {
    struct arena *a;
    struct build_fit *fit;
    int depth;
};

static void note_path(struct fitter *f, const char **list, const char *path)
{
    *list = *list ? arena_printf(f->a, "%s, %s", *list, path) : arena_strdup(f->a, path);
}

static const char *either(struct fitter *f, const char *x, const char *y)
{
    return x && y ? arena_printf(f->a, "%s OR %s", x, y) : x ? x : y;
}

static const char *fit_value(struct fitter *f, const char *raw, const char *path, const struct sql_type *from, const struct sql_type *to,
                             const char **ret_unfit);

static const char *fit_struct(struct fitter *f, const char *raw, const char *path, const struct sql_type *from, const struct sql_type *to,
                              const char **ret_unfit)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    buf_printf(&b, "CASE WHEN %s IS NOT NULL THEN NAMED_STRUCT(", raw);
    for (size_t i = 0; i < to->field_count; i++) {
        const struct sql_field *ours = &to->fields[i], *theirs = sql_find_field(from, ours->name);
        const char *below = arena_printf(f->a, "%s.%s", path, ours->name), *unfit = NULL;
        buf_printf(&b, "%s%s, ", i ? ", " : "", sql_literal(f->a, ours->name));
        if (theirs) {
            const char *field = arena_printf(f->a, "%s.%s", raw, sql_backtick(f->a, theirs->name));
            buf_puts(&b, fit_value(f, field, below, theirs->type, ours->type, &unfit));
        } else {
            buf_printf(&b, "CAST(NULL AS %s)", sql_type_text(f->a, ours->type));
            note_path(f, &f->fit->missing, below);
        }
        *ret_unfit = either(f, *ret_unfit, unfit);
    }
    for (size_t i = 0; i < from->field_count; i++)
        if (!sql_find_field(to, from->fields[i].name))
            note_path(f, &f->fit->left_out, arena_printf(f->a, "%s.%s", path, from->fields[i].name));
    buf_puts(&b, ") END");
    f->fit->overflow |= b.overflow;
    return arena_strndup(f->a, b.data, b.len);
}

/* Elements of an array, values of a map. */
static const char *fit_items(struct fitter *f, const char *raw, const char *path, const struct sql_type *from, const struct sql_type *to,
                             const char **ret_unfit)
{
    const char *x = arena_printf(f->a, "item_%d", ++f->depth), *unfit = NULL;
    const char *item = fit_value(f, x, path, from->item, to->item, &unfit);
    bool map = to->kind == SQL_T_MAP;
    if (unfit)
        *ret_unfit = arena_printf(f->a, "COALESCE(EXISTS(%s%s%s, %s -> %s), FALSE)", map ? "MAP_VALUES(" : "", raw, map ? ")" : "", x,
                                  unfit);
    f->depth--;
    if (str_eq(item, x))
        return raw;
    return map ? arena_printf(f->a, "TRANSFORM_VALUES(%s, (key_%d, %s) -> %s)", raw, f->depth + 1, x, item)
               : arena_printf(f->a, "TRANSFORM(%s, %s -> %s)", raw, x, item);
}

/* A fraction that would be cut off does not fit either. */
static const char *fit_leaf(struct fitter *f, const char *raw, const struct sql_type *from, const struct sql_type *to,
                            const char **ret_unfit)
{
    const char *type = sql_type_text(f->a, to), *cast;
    if (!build_is_nested(from) && !build_is_nested(to))
        cast = arena_printf(f->a, "TRY_CAST(%s AS %s)", raw, type);
    else if (to->kind == SQL_T_STRING)
        cast = arena_printf(f->a, "TO_JSON(%s)", raw);
    else if (from->kind == SQL_T_STRING)
        cast = arena_printf(f->a, "FROM_JSON(%s, %s)", raw, sql_literal(f->a, type));
    else
        cast = arena_printf(f->a, "CAST(NULL AS %s)", type); /* nothing fits */
    if (!build_widens(from, to)) {
        f->fit->retyped = true;
        bool cut = is_fraction(from->kind) && is_whole(to->kind);
        *ret_unfit = arena_printf(f->a, "(%s IS NOT NULL AND (%s IS NULL%s))", raw, cast,
                                  cut ? arena_printf(f->a, " OR %s <> %s", cast, raw) : "");
    }
    return cast;
}

static const char *fit_value(struct fitter *f, const char *raw, const char *path, const struct sql_type *from, const struct sql_type *to,
                             const char **ret_unfit)
{
    if (sql_type_equal(from, to))
        return raw;
    if (from->kind == SQL_T_STRUCT && to->kind == SQL_T_STRUCT)
        return fit_struct(f, raw, path, from, to, ret_unfit);
    if (from->kind == SQL_T_ARRAY && to->kind == SQL_T_ARRAY)
        return fit_items(f, raw, path, from, to, ret_unfit);
    if (from->kind == SQL_T_MAP && to->kind == SQL_T_MAP && sql_type_equal(from->key, to->key))
        return fit_items(f, raw, path, from, to, ret_unfit);
    return fit_leaf(f, raw, from, to, ret_unfit);
}

void build_fit_make(struct arena *a, const char *raw, const char *name, const struct sql_type *from, const struct sql_type *to,
                    struct build_fit *ret)
{
    struct fitter f = {.a = a, .fit = ret};
    *ret = (struct build_fit){0};
    ret->value = fit_value(&f, raw, name, from, to, &ret->unfit);
}
