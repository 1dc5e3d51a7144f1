/* INSERT, UPDATE, DELETE, MERGE as DuckDB SQL. Values are cast to the types of the columns that they are written to. */
#include "sql/bind.h"

#define T(kind) sql_simple_type(SQL_T_##kind)

/* ANSI store assignment: numbers to numbers (checked when run), anything simple to STRING, dates and timestamps among each other. */
bool sql_assignable(const struct sql_type *from, const struct sql_type *to)
{
    if (from->kind <= SQL_T_VOID || to->kind == SQL_T_UNKNOWN || sql_type_equal(from, to))
        return true;
    if (sql_is_numeric(from) && sql_is_numeric(to))
        return true;
    if (to->kind == SQL_T_STRING)
        return from->kind <= SQL_T_TIMESTAMP_NTZ && from->kind != SQL_T_BINARY;
    bool ft = from->kind >= SQL_T_DATE && from->kind <= SQL_T_TIMESTAMP_NTZ, tt = to->kind >= SQL_T_DATE && to->kind <= SQL_T_TIMESTAMP_NTZ;
    if (ft && tt)
        return true;
    if (from->kind != to->kind)
        return false;
    if (from->kind == SQL_T_ARRAY || from->kind == SQL_T_MAP)
        return sql_assignable(from->item, to->item) && (from->kind == SQL_T_ARRAY || sql_assignable(from->key, to->key));
    if (from->kind != SQL_T_STRUCT || from->field_count != to->field_count)
        return false;
    for (size_t i = 0; i < from->field_count; i++)
        if (!sql_assignable(from->fields[i].type, to->fields[i].type))
            return false;
    return true;
}

static void not_assignable(struct binder *b, struct sql_pos pos, const struct sql_type *from, const struct sql_column_type *c)
{
    sql_fail(b->p, pos, ERROR_USAGE, "write a CAST", "%s cannot be written to column %s of type %s", sql_type_text(b->a, from), c->name,
             sql_type_text(b->a, c->type));
}

struct expr *sql_assign(struct binder *b, struct expr *e, const struct sql_column_type *c)
{
    if (c->type->kind == SQL_T_UNKNOWN || sql_type_equal(e->type, c->type))
        return e;
    if (!sql_assignable(e->type, c->type)) {
        not_assignable(b, e->pos, e->type, c);
        return e;
    }
    struct expr *x = sql_new_expr(b, EX_CAST, e, c->type);
    x->target = c->type;
    *LIST_ADD(b->a, &x->args) = e;
    return x;
}

static const struct sql_column_type *column_of(struct binder *b, const struct columns *c, const char *name, struct sql_pos pos,
                                               const char *table)
{
    const char **names = arena_alloc(b->a, (c->count + 1) * sizeof(*names));
    for (size_t i = 0; i < c->count; i++) {
        if (str_ieq(c->items[i].name, name))
            return &c->items[i];
        names[i] = c->items[i].name;
    }
    if (c->open) {
        struct sql_column_type *x = arena_alloc(b->a, sizeof(*x));
        *x = (struct sql_column_type){name, T(UNKNOWN)};
        return x;
    }
    const char *near = nearest_name(name, names, c->count);
    sql_fail(b->p, pos, ERROR_NOT_FOUND, near ? arena_printf(b->a, "did you mean %s?", near) : NULL, "%s has no column %s", table, name);
    return NULL;
}

static const char *last_part(const struct sql_name *n) { return n->parts[n->count - 1]; }

static struct source *target_source(struct rewrite *r, const struct dml *d, struct scope *s, struct columns c)
{
    const char *alias = d->alias ? d->alias : sql_variable(&r->b, last_part(d->target), d->target->pos);
    return sql_add_source(&r->b, s, alias, c);
}

static void put_target(struct rewrite *r, const char *verb, const char *table, const char *alias)
{
    buf_printf(&r->m.out, "%s %s AS %s", verb, table, sql_quote(r->m.a, alias));
}

static void bind_where(struct rewrite *r, struct expr **e, const struct scope *s)
{
    if (!*e || r->p->failed)
        return;
    sql_bind_expr(&r->b, *e, s);
    if (!r->p->failed)
        *e = sql_coerce(&r->b, *e, T(BOOLEAN));
}

/* ---- INSERT ------------------------------------------------------------------------------------------------- */

/* The columns written: those listed, those of the query BY NAME, else all. */
static struct columns insert_columns(struct rewrite *r, const struct dml *d, struct columns target, struct columns query, const char *table)
{
    struct columns c = {0};
    const char **names = d->columns.items;
    size_t count = d->columns.count;
    if (d->by_name) {
        count = query.count;
        names = arena_alloc(r->m.a, (count + 1) * sizeof(*names));
        for (size_t i = 0; i < count; i++)
            names[i] = query.items[i].name;
    }
    if (!count)
        return target;
    struct sql_column_type *items = arena_alloc(r->m.a, count * sizeof(*items));
    for (size_t i = 0; i < count && !r->p->failed; i++) {
        const struct sql_column_type *x = column_of(&r->b, &target, names[i], d->target->pos, table);
        for (size_t k = 0; k < i; k++)
            if (str_ieq(names[k], names[i]))
                sql_fail(r->p, d->target->pos, ERROR_USAGE, NULL, "column %s is listed twice", names[i]);
        if (x)
            items[i] = (struct sql_column_type){x->name, x->type};
    }
    c.items = items;
    c.count = count;
    return c;
}

static bool same_types(const struct columns *x, const struct columns *y)
{
    for (size_t i = 0; i < x->count; i++)
        if (!sql_type_equal(x->items[i].type, y->items[i].type) && y->items[i].type->kind != SQL_T_UNKNOWN &&
            x->items[i].type->kind != SQL_T_VOID)
            return false;
    return true;
}

static const char *column_name_at(const void *columns, size_t i) { return ((const struct sql_column_type *)columns)[i].name; }

static void rewrite_insert(struct rewrite *r, struct dml *d)
{
    const char *text;
    struct columns target = {0}, query;
    if (!sql_target(r, d->target, true, &text, &target))
        return;
    const char *table = sql_name_text(r->m.a, d->target);
    sql_bind_ctes(&r->b, d->ctes.items, d->ctes.count, NULL);
    query = sql_bind_query(&r->b, d->query, NULL);
    if (r->p->failed)
        return;
    if (d->by_name && query.open)
        sql_fail(r->p, d->query->pos, ERROR_USAGE, "write the columns", "BY NAME with columns that are not known");
    struct columns to = insert_columns(r, d, target, query, table);
    if (r->p->failed)
        return;
    bool known = !query.open && to.count && !to.open;
    if (known && query.count != to.count) {
        sql_fail(r->p, d->query->pos, ERROR_USAGE, NULL, "%zu values for %zu columns of %s", query.count, to.count, table);
        return;
    }
    for (size_t i = 0; i < to.count && known; i++)
        if (!sql_assignable(query.items[i].type, to.items[i].type))
            not_assignable(&r->b, d->query->pos, query.items[i].type, &to.items[i]);
    sql_lineage_outputs(&r->b, &query, known ? column_name_at : NULL, known ? to.items : NULL);
    sql_emit_ctes(&r->m, d->ctes.items, d->ctes.count, false);
    buf_printf(&r->m.out, "INSERT INTO %s", text);
    for (size_t i = 0; i < to.count; i++)
        buf_printf(&r->m.out, "%s%s%s", i ? ", " : " (", sql_quote(r->m.a, to.items[i].name), i + 1 == to.count ? ")" : "");
    buf_puts(&r->m.out, " ");
    if (known && !same_types(&query, &to))
        sql_emit_columns(&r->m, &query, &to, d->query);
    else
        sql_emit_query(&r->m, d->query);
    sql_finish_statement(r);
}

/* ---- UPDATE, DELETE ------------------------------------------------------------------------------------------- */

/* t.column = value: the table or alias before the column must be the target. */
static const char *assigned_column(struct rewrite *r, const struct assignment *x, const char *alias, const char *table)
{
    const struct sql_name *n = x->column;
    if (n->count > 1 && !str_ieq(n->parts[n->count - 2], alias)) {
        sql_fail(r->p, n->pos, ERROR_USAGE, "fields of a STRUCT cannot be set: write the whole column", "%s is not a column of %s",
                 sql_name_text(r->m.a, n), table);
        return NULL;
    }
    return last_part(n);
}

static void bind_assigned(struct rewrite *r, struct expr *value, const char *column, const struct scope *s)
{
    struct lineage *l = sql_lineage_new(&r->b), *outer = sql_lineage_into(&r->b, l);
    sql_bind_expr(&r->b, value, s);
    sql_lineage_into(&r->b, outer);
    sql_lineage_output(&r->b, column, l);
}

static void put_assignments(struct rewrite *r, assignments *set, const struct columns *target, const struct scope *s, const char *alias,
                            const char *table)
{
    for (size_t i = 0; i < set->count && !r->p->failed; i++) {
        struct assignment *x = &set->items[i];
        const char *name = assigned_column(r, x, alias, table);
        const struct sql_column_type *c = name ? column_of(&r->b, target, name, x->column->pos, table) : NULL;
        if (!c)
            return;
        bind_assigned(r, x->value, c->name, s);
        if (r->p->failed)
            return;
        x->value = sql_assign(&r->b, x->value, c);
        buf_printf(&r->m.out, "%s%s = ", i ? ", " : "", sql_quote(r->m.a, c->name));
        sql_emit_expr(&r->m, x->value);
    }
}

static void rewrite_update(struct rewrite *r, struct dml *d)
{
    const char *text, *table = sql_name_text(r->m.a, d->target);
    struct columns target = {0};
    struct scope s = {0};
    if (!sql_target(r, d->target, true, &text, &target))
        return;
    const char *alias = target_source(r, d, &s, target)->alias;
    bind_where(r, &d->where, &s);
    put_target(r, "UPDATE", text, alias);
    buf_puts(&r->m.out, " SET ");
    put_assignments(r, &d->set, &target, &s, alias, table);
    if (d->where) {
        buf_puts(&r->m.out, " WHERE ");
        sql_emit_expr(&r->m, d->where);
    }
    sql_finish_statement(r);
}

static void rewrite_delete(struct rewrite *r, struct dml *d)
{
    const char *text;
    struct columns target = {0};
    struct scope s = {0};
    if (!sql_target(r, d->target, true, &text, &target))
        return;
    const char *alias = target_source(r, d, &s, target)->alias;
    bind_where(r, &d->where, &s);
    if (r->p->failed)
        return;
    put_target(r, "DELETE FROM", text, alias);
    if (d->where) {
        buf_puts(&r->m.out, " WHERE ");
        sql_emit_expr(&r->m, d->where);
    }
    sql_finish_statement(r);
}

/* ---- MERGE ---------------------------------------------------------------------------------------------------- */

/* UPDATE SET * and INSERT *: every column of the target from the column of the same name of the source. */
static void star_assignments(struct rewrite *r, const struct merge_clause *c, const struct columns *target, const struct source *source,
                             assignments *ret)
{
    if (target->open || source->open) {
        sql_fail(r->p, c->pos, ERROR_USAGE, "write the columns", "* in MERGE with columns that are not known");
        return;
    }
    for (size_t i = 0; i < target->count && !r->p->failed; i++) {
        const char *name = target->items[i].name;
        struct columns have = {.items = source->columns, .count = source->count};
        const struct sql_column_type *x = column_of(&r->b, &have, name, c->pos, "the source");
        if (!x)
            return;
        struct sql_name *n = arena_alloc(r->m.a, sizeof(*n)), *v = arena_alloc(r->m.a, sizeof(*v));
        *n = (struct sql_name){.parts = {name}, .count = 1, .pos = c->pos};
        *v = (struct sql_name){.parts = {source->alias, x->name}, .count = 2, .pos = c->pos};
        struct expr *e = arena_alloc(r->m.a, sizeof(*e));
        e->kind = EX_COLUMN;
        e->pos = c->pos;
        e->name = v;
        *LIST_ADD(r->m.a, ret) = (struct assignment){n, e};
    }
}

static void put_insert_clause(struct rewrite *r, assignments *set, const struct columns *target, const struct scope *s, const char *alias,
                              const char *table)
{
    buf_puts(&r->m.out, "INSERT (");
    for (size_t i = 0; i < set->count && !r->p->failed; i++) {
        const char *name = assigned_column(r, &set->items[i], alias, table);
        const struct sql_column_type *c = name ? column_of(&r->b, target, name, set->items[i].column->pos, table) : NULL;
        if (!c)
            return;
        bind_assigned(r, set->items[i].value, c->name, s);
        if (!r->p->failed)
            set->items[i].value = sql_assign(&r->b, set->items[i].value, c);
        buf_printf(&r->m.out, "%s%s", i ? ", " : "", sql_quote(r->m.a, c->name));
    }
    buf_puts(&r->m.out, ") VALUES (");
    for (size_t i = 0; i < set->count && !r->p->failed; i++) {
        buf_puts(&r->m.out, i ? ", " : "");
        sql_emit_expr(&r->m, set->items[i].value);
    }
    buf_puts(&r->m.out, ")");
}

/* ---- rows of the target that several rows of the source match -------------------------------------------------- */

/* Spark refuses to update a row twice, DuckDB takes any of the rows. The rows of the source are therefore counted by their side of
 * the equalities in ON, and an update from one that is not alone is an error. */
#define TWICE "_dbx_twice"

static bool only_of(const struct expr *e, const struct source *s, bool *ret_any)
{
    if (e->kind == EX_SUBQUERY || e->kind == EX_EXISTS || (e->kind == EX_IN && e->query))
        return false;
    if (e->kind == EX_COLUMN) {
        *ret_any = true;
        return e->source == s;
    }
    for (size_t i = 0; i < e->args.count; i++)
        if (!only_of(e->args.items[i], s, ret_any))
            return false;
    return true;
}

typedef LIST(struct expr *) expr_list;

static void source_keys(struct rewrite *r, struct expr *on, const struct source *source, expr_list *ret)
{
    if (on->kind == EX_OP && str_eq(on->text, "AND")) {
        for (size_t i = 0; i < on->args.count; i++)
            source_keys(r, on->args.items[i], source, ret);
    } else if (on->kind == EX_OP && (str_eq(on->text, "=") || str_eq(on->text, "==") || str_eq(on->text, "<=>"))) {
        for (size_t i = 0; i < 2; i++) {
            bool any = false;
            if (only_of(on->args.items[i], source, &any) && any)
                *LIST_ADD(r->m.a, ret) = on->args.items[i];
        }
    }
}

static bool key_named(const expr_list *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct expr *k = keys->items[i];
        if (k->kind == EX_COLUMN && str_ieq(last_part(k->name), name))
            return true;
    }
    return false;
}

/* Whether e, a grouping or partitioning expression of the select, is shown as a column that is a key. */
static bool shown_as_key(const struct select *s, const struct expr *e, const expr_list *keys)
{
    int64_t place;
    if (sql_literal_int(e, &place) && place >= 1 && place <= (int64_t)s->items.count)
        return key_named(keys, s->items.items[place - 1].alias);
    if (e->kind != EX_COLUMN)
        return false;
    for (size_t i = 0; i < s->items.count; i++) {
        const struct select_item *it = &s->items.items[i];
        const char *column = it->expr->kind == EX_COLUMN ? last_part(it->expr->name) : it->expr->kind == EX_RAW ? it->alias : NULL;
        if (column && str_ieq(column, last_part(e->name)) && key_named(keys, it->alias))
            return true;
    }
    return false;
}

static bool is_first_row(const struct expr *q, const struct expr **ret_call)
{
    if (!q || q->kind != EX_OP || !str_eq(q->text, "=") || q->args.items[1]->kind != EX_NUMBER || !str_eq(q->args.items[1]->text, "1"))
        return false;
    *ret_call = q->args.items[0];
    return (*ret_call)->kind == EX_CALL && (*ret_call)->builtin && str_eq((*ret_call)->builtin->name, "row_number") &&
           !(*ret_call)->over->is_reference;
}

/* GROUP BY keys, or QUALIFY row_number() OVER (PARTITION BY keys ..) = 1: no key is there twice. */
static bool surely_unique(const struct relation *source, const expr_list *keys)
{
    if (source->kind != REL_QUERY || source->column_aliases.count || source->query->body->kind != BODY_SELECT)
        return false;
    const struct select *s = source->query->body->select;
    const struct expr *call;
    if (is_first_row(s->qualify, &call)) {
        for (size_t i = 0; i < call->over->partition.count; i++)
            if (!shown_as_key(s, call->over->partition.items[i], keys))
                return false;
        return true;
    }
    if (!s->has_group || s->group_all || s->group_kind)
        return false;
    for (size_t i = 0; i < s->group.count; i++)
        if (!shown_as_key(s, s->group.items[i], keys))
            return false;
    return true;
}

/* Updates need the check; deleting a row twice is deleting it. */
static bool updates_matched(const struct dml *d)
{
    size_t matched = 0;
    bool plain_delete = false;
    for (size_t i = 0; i < d->clauses.count; i++)
        if (d->clauses.items[i].when == MERGE_MATCHED) {
            matched++;
            plain_delete = d->clauses.items[i].action == MERGE_DELETE && !d->clauses.items[i].condition;
        }
    return matched > 1 || (matched == 1 && !plain_delete);
}

struct merge_scopes {
    struct columns target;
    const struct source *source, *both_source;
    struct scope both, only_target, only_source;
    const char *alias, *table;
    bool refused_twice;
    bool count_twice; /* the source has a column TWICE */
};

/* USING (SELECT *, count(*) OVER (PARTITION BY keys) AS TWICE FROM source) AS alias */
static void put_source(struct rewrite *r, const struct dml *d, struct merge_scopes *x)
{
    expr_list keys = {0};
    if (updates_matched(d)) {
        source_keys(r, d->on, x->both_source, &keys);
        x->count_twice = !keys.count || !surely_unique(d->source, &keys);
    }
    if (x->count_twice && !keys.count) {
        sql_fail(r->p, d->on->pos, ERROR_USAGE, "write target.key = source.key",
                 "MERGE that updates needs an equality with the source in ON");
        return;
    }
    if (x->count_twice) {
        buf_puts(&r->m.out, "(SELECT *, count(*) OVER (PARTITION BY ");
        for (size_t i = 0; i < keys.count; i++) {
            buf_puts(&r->m.out, i ? ", " : "");
            sql_emit_expr(&r->m, keys.items[i]);
        }
        buf_puts(&r->m.out, ") AS \"" TWICE "\" FROM ");
    }
    sql_emit_relation(&r->m, d->source);
    if (x->count_twice)
        buf_printf(&r->m.out, ") AS %s", sql_quote(r->m.a, x->source->alias));
}

static void put_clause(struct rewrite *r, struct merge_clause *c, struct merge_scopes *x)
{
    static const char *const when[] = {[MERGE_MATCHED] = " WHEN MATCHED",
                                       [MERGE_NOT_MATCHED] = " WHEN NOT MATCHED",
                                       [MERGE_NOT_MATCHED_BY_SOURCE] = " WHEN NOT MATCHED BY SOURCE"};
    const struct scope *s = c->when == MERGE_MATCHED ? &x->both : c->when == MERGE_NOT_MATCHED ? &x->only_source : &x->only_target;
    if (c->star)
        star_assignments(r, c, &x->target, x->source, &c->set);
    bind_where(r, &c->condition, s);
    if (r->p->failed)
        return;
    if (c->when == MERGE_MATCHED && x->count_twice && !x->refused_twice) {
        x->refused_twice = true; /* before any other clause that updates: a row that is not alone */
        buf_printf(&r->m.out, " WHEN MATCHED AND %s.\"" TWICE "\" > 1 THEN ERROR 'several rows of the source match one row of the target'",
                   sql_quote(r->m.a, x->source->alias));
    }
    buf_puts(&r->m.out, when[c->when]);
    if (c->condition) {
        buf_puts(&r->m.out, " AND ");
        sql_emit_expr(&r->m, c->condition);
    }
    buf_puts(&r->m.out, " THEN ");
    if (c->action == MERGE_DELETE) {
        buf_puts(&r->m.out, "DELETE");
    } else if (c->action == MERGE_UPDATE) {
        buf_puts(&r->m.out, "UPDATE SET ");
        put_assignments(r, &c->set, &x->target, s, x->alias, x->table);
    } else {
        put_insert_clause(r, &c->set, &x->target, s, x->alias, x->table);
    }
}

static void rewrite_merge(struct rewrite *r, struct dml *d)
{
    const char *text;
    struct merge_scopes x = {.table = sql_name_text(r->m.a, d->target)};
    if (!sql_target(r, d->target, true, &text, &x.target))
        return;
    x.alias = target_source(r, d, &x.both, x.target)->alias;
    target_source(r, d, &x.only_target, x.target);
    sql_bind_relations(&r->b, d->source, &x.only_source);
    if (r->p->failed)
        return;
    x.source = x.only_source.sources;
    x.both_source = sql_add_source(&r->b, &x.both, x.source->alias,
                                   (struct columns){.items = x.source->columns,
                                                    .count = x.source->count,
                                                    .open = x.source->open,
                                                    .lineage = x.source->lineage,
                                                    .origin = x.source->origin});
    bind_where(r, &d->on, &x.both);
    if (r->p->failed)
        return;
    put_target(r, "MERGE INTO", text, x.alias);
    buf_puts(&r->m.out, " USING ");
    put_source(r, d, &x);
    buf_puts(&r->m.out, " ON ");
    sql_emit_expr(&r->m, d->on);
    for (size_t i = 0; i < d->clauses.count && !r->p->failed; i++)
        put_clause(r, &d->clauses.items[i], &x);
    sql_finish_statement(r);
}

void sql_rewrite_dml(struct rewrite *r, struct statement *s)
{
    const char *text;
    if (s->kind == SQL_INSERT)
        rewrite_insert(r, s->dml);
    else if (s->kind == SQL_UPDATE)
        rewrite_update(r, s->dml);
    else if (s->kind == SQL_DELETE)
        rewrite_delete(r, s->dml);
    else if (s->kind == SQL_MERGE)
        rewrite_merge(r, s->dml);
    else if (sql_target(r, s->name, false, &text, NULL)) {
        buf_printf(&r->m.out, "DELETE FROM %s", text);
        sql_finish_statement(r);
    }
}
