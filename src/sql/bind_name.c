/* Names of columns, fields and items in the scopes that see them. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

static const struct sql_type *field_type(const struct sql_type *t, const char *name)
{
    const struct sql_field *f = sql_find_field(t, name);
    return f ? f->type : NULL;
}

/* e names a column in its first `used` parts; what follows are fields. */
static void finish_column(struct binder *b, struct expr *e, size_t used, const struct sql_type *type)
{
    size_t count = e->name->count;
    e->type = type;
    if (used == count)
        return;
    struct expr *base = sql_new_expr(b, e->kind, e, type);
    struct sql_name *n = arena_alloc(b->a, sizeof(*n));
    *n = *e->name;
    n->count = used;
    base->name = n;
    base->source = e->source;
    base->engine = e->engine;
    for (size_t i = used; i + 1 < count; i++) {
        struct expr *f = sql_new_expr(b, EX_FIELD, e, NULL);
        f->text = e->name->parts[i];
        *LIST_ADD(b->a, &f->args) = base;
        sql_bind_field(b, f);
        base = f;
    }
    e->kind = EX_FIELD;
    e->text = e->name->parts[count - 1];
    e->args.count = 0;
    *LIST_ADD(b->a, &e->args) = base;
    sql_bind_field(b, e);
}

static const struct sql_column_type *find_column(struct binder *b, const struct source *s, const char *name)
{
    size_t i = sql_name_find(b->a, s->index, s->columns, s->count, sizeof(*s->columns), name);
    return i == NAME_NONE ? NULL : &s->columns[i];
}

static const struct sql_column_type *find_alias(struct binder *b, const struct scope *s, const char *name)
{
    if (!s->alias_count)
        return NULL;
    size_t i = sql_name_find(b->a, s->alias_index, s->aliases, s->alias_count, sizeof(*s->aliases), name);
    return i == NAME_NONE ? NULL : &s->aliases[i];
}

/* How many parts qualify a column of this source: 0 none, 1 alias, 2 schema.table; -1 when the name is not of it. */
static int qualified_by(const struct source *s, const struct sql_name *n)
{
    if (n->count >= 2 && s->alias && str_ieq(s->alias, n->parts[0]))
        return 1;
    if (n->count >= 3 && s->alias && s->schema && str_ieq(s->schema, n->parts[0]) && str_ieq(s->alias, n->parts[1]))
        return 2;
    if (n->count >= 4 && s->alias && s->schema && str_ieq(s->schema, n->parts[1]) && str_ieq(s->alias, n->parts[2]))
        return 3;
    return -1;
}

static void drop_parts(struct binder *b, struct expr *e, size_t k)
{
    struct sql_name *n = arena_alloc(b->a, sizeof(*n));
    n->pos = e->name->pos;
    for (size_t i = k; i < e->name->count; i++)
        n->parts[n->count++] = e->name->parts[i];
    e->name = n;
}

static bool qualified_column(struct binder *b, struct expr *e, const struct scope *s)
{
    for (const struct source *src = s->sources; src; src = src->next) {
        int k = qualified_by(src, e->name);
        if (k < 0)
            continue;
        const struct sql_column_type *c = find_column(b, src, e->name->parts[k]);
        if (!c && !src->open)
            continue;
        if (k > 1)
            drop_parts(b, e, (size_t)k - 1);
        e->source = src;
        if (c)
            sql_lineage_add(b, src->lineage ? src->lineage[c - src->columns] : NULL, e->name, 2);
        else
            sql_lineage_missing(b, src, e, 1);
        finish_column(b, e, 2, c ? c->type : T(UNKNOWN));
        return true;
    }
    return false;
}

static bool merged(const struct source *s, const char *name)
{
    for (size_t i = 0; i < s->merged_count; i++)
        if (str_ieq(s->merged[i], name))
            return true;
    return false;
}

static bool plain_column(struct binder *b, struct expr *e, const struct scope *s)
{
    const struct sql_column_type *hit = NULL;
    const struct source *from = NULL, *open_one = NULL;
    size_t open = 0;
    for (const struct source *src = s->sources; src; src = src->next) {
        const struct sql_column_type *c = find_column(b, src, e->name->parts[0]);
        open += src->open;
        open_one = src->open ? src : open_one;
        if (!c || merged(src, e->name->parts[0]))
            continue;
        if (hit) {
            sql_fail(b->p, e->pos, ERROR_USAGE, "put the table's name or alias before it", "column %s is in more than one table",
                     e->name->parts[0]);
            return true;
        }
        hit = c;
        from = src;
    }
    if (!hit && !open)
        return false;
    if (!hit && find_alias(b, s, e->name->parts[0]))
        return false;
    e->source = from;
    if (hit)
        sql_lineage_plain(b, s, from, hit, e->name);
    else
        sql_lineage_missing(b, open == 1 ? open_one : NULL, e, 0);
    finish_column(b, e, hit ? 1 : e->name->count, hit ? hit->type : T(UNKNOWN));
    return true;
}

static bool alias_column(struct binder *b, struct expr *e, const struct scope *s)
{
    const struct sql_column_type *c = find_alias(b, s, e->name->parts[0]);
    if (!c)
        return false;
    sql_lineage_add(b, s->alias_lineage ? s->alias_lineage[c - s->aliases] : NULL, e->name, 1);
    finish_column(b, e, 1, c->type);
    return true;
}

static bool lambda_variable(struct binder *b, struct expr *e, const struct scope *s)
{
    for (size_t i = 0; i < s->lambda_count; i++)
        if (str_ieq(s->lambda_names[i], e->name->parts[0])) {
            e->engine = s->lambda_engine[i];
            finish_column(b, e, 1, s->lambda_types[i]);
            return true;
        }
    return false;
}

static bool bare_param(struct binder *b, struct expr *e)
{
    for (size_t i = 0; i < b->env->param_count; i++) {
        const struct sql_param *p = &b->env->params[i];
        const bool owned = e->name->count == 2 && p->owner && str_ieq(p->owner, e->name->parts[0]); /* function.parameter */
        if (!p->bare || !str_ieq(p->name, e->name->parts[owned]))
            continue;
        const size_t used = e->name->count;
        if (used > 1 && !owned)
            return false;
        e->kind = EX_PARAM;
        e->text = p->name;
        e->engine = b->lift_params ? arena_printf(b->a, "(SELECT %s)", p->engine_sql) : p->engine_sql;
        finish_column(b, e, used, p->type ? p->type : T(UNKNOWN));
        return true;
    }
    return false;
}

static void unknown_column(struct binder *b, const struct expr *e, const struct scope *s)
{
    LIST(const char *) names = {0};
    const char *wanted = e->name->parts[e->name->count > 1 ? 1 : 0];
    for (; s; s = s->parent) {
        for (const struct source *src = s->sources; src; src = src->next) {
            if (e->name->count > 1 && src->alias)
                *LIST_ADD(b->a, &names) = src->alias;
            for (size_t i = 0; i < src->count; i++)
                *LIST_ADD(b->a, &names) = src->columns[i].name;
        }
        for (size_t i = 0; i < s->alias_count; i++)
            *LIST_ADD(b->a, &names) = s->aliases[i].name;
    }
    const char *near = nearest_name(wanted, names.items, names.count);
    if (!near)
        near = nearest_name(e->name->parts[0], names.items, names.count);
    sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL, "unknown column %s",
             sql_name_text(b->a, e->name));
}

/* A whole ${variable} may stand for a literal. */
static bool variable_literal(struct binder *b, struct expr *e)
{
    const char *part = e->name->parts[0];
    if (e->name->count != 1 || !strstr(part, "${"))
        return false;
    const char *text = sql_variable(b, part, e->pos);
    int64_t i;
    double d;
    if (!str_to_i64(text, &i) || !str_to_f64(text, &d)) {
        e->kind = EX_NUMBER;
        e->text = text;
    } else if (text[0] == '\'' && strlen(text) >= 2) {
        e->kind = EX_STRING;
        e->text = arena_strndup(b->a, text + 1, strlen(text) - 2);
    } else {
        struct sql_name *n = arena_alloc(b->a, sizeof(*n));
        *n = (struct sql_name){.parts = {text}, .count = 1, .pos = e->pos};
        e->name = n;
        return false;
    }
    return true;
}

void sql_bind_column(struct binder *b, struct expr *e, const struct scope *s)
{
    if (variable_literal(b, e)) {
        sql_bind_expr(b, e, s);
        return;
    }
    e->type = T(UNKNOWN);
    const struct scope *top = s;
    for (; s && !b->p->failed; s = s->parent) {
        if (s->lambda_count && lambda_variable(b, e, s))
            return;
        if (s->aliases_first && alias_column(b, e, s))
            return;
        if (qualified_column(b, e, s) || plain_column(b, e, s) || alias_column(b, e, s))
            return;
    }
    if (!b->p->failed && !bare_param(b, e))
        unknown_column(b, e, top);
}

/* value.field: of a struct, a map with string keys, or an array of structs. */
void sql_bind_field(struct binder *b, struct expr *e)
{
    struct expr *value = e->args.items[0];
    const struct sql_type *t = value->type, *f = NULL;
    e->type = T(UNKNOWN);
    e->weight = value->weight;
    if (t->kind == SQL_T_UNKNOWN)
        return;
    if (t->kind == SQL_T_STRUCT)
        f = field_type(t, e->text);
    else if (t->kind == SQL_T_MAP && t->key->kind == SQL_T_STRING)
        f = t->item;
    else if (t->kind == SQL_T_ARRAY && t->item->kind == SQL_T_STRUCT && (f = field_type(t->item, e->text)))
        f = sql_array_type(b->a, f);
    else
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "%s has no fields", sql_type_text(b->a, t));
    if (f) {
        e->type = f;
        return;
    }
    const struct sql_type *st = t->kind == SQL_T_ARRAY ? t->item : t;
    const char **names = arena_alloc(b->a, (st->field_count + 1) * sizeof(*names));
    for (size_t i = 0; i < st->field_count; i++)
        names[i] = st->fields[i].name;
    const char *near = nearest_name(e->text, names, st->field_count);
    sql_fail(b->p, e->pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL, "unknown field %s of %s", e->text,
             sql_type_text(b->a, t));
}

void sql_bind_index(struct binder *b, struct expr *e)
{
    struct expr *value = e->args.items[0], *index = e->args.items[1];
    e->type = T(UNKNOWN);
    e->weight = 2 * value->weight + 2 * index->weight;
    if (value->type->kind == SQL_T_ARRAY) {
        if (index->type->kind >= SQL_T_DECIMAL && index->type->kind <= SQL_T_DOUBLE)
            sql_fail(b->p, index->pos, ERROR_USAGE, "CAST it to INT", "the index of an array cannot be %s",
                     sql_type_text(b->a, index->type));
        e->args.items[1] = sql_coerce(b, index, T(INT));
        e->type = value->type->item;
    } else if (value->type->kind == SQL_T_MAP) {
        e->args.items[1] = sql_coerce(b, index, value->type->key);
        e->type = value->type->item;
    } else if (value->type->kind == SQL_T_STRUCT) {
        sql_fail(b->p, e->pos, ERROR_USAGE, "write value.field", "[ ] on a STRUCT is not supported");
    } else if (value->type->kind != SQL_T_UNKNOWN) {
        sql_fail(b->p, e->pos, ERROR_USAGE, NULL, "[ ] needs an ARRAY or MAP, this is %s", sql_type_text(b->a, value->type));
    }
}
