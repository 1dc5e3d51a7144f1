#include "grammar.h"

/* ---- choices ------------------------------------------------------------------------------------------------ */

static size_t choose(struct grammar *g, size_t n)
{
    struct choices *c = &g->choices;
    if (c->data) {
        if (c->at + 2 > c->size)
            return 0;
        const size_t value = (size_t)c->data[c->at] << 8 | c->data[c->at + 1];
        c->at += n > 256 ? 2 : 1;
        return (n > 256 ? value : value >> 8) % n;
    }
    uint64_t z = c->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % n;
}

static bool maybe(struct grammar *g, size_t one_in) { return choose(g, one_in) == one_in - 1; }

#define ONE_OF(g, list) ((list)[choose((g), ARRAY_LEN(list))])
#define TEXT(...) arena_printf(g->arena, __VA_ARGS__)

/* ---- what is in scope ---------------------------------------------------------------------------------------- */

enum sort { NUMBER, TEXTUAL, MOMENT, TRUTH, OTHER };
struct shown { /* a column as it can be written */
    const char *sql;
    const struct sql_type *type;
};
struct scope {
    struct shown columns[128];
    size_t count;
    const struct scope *ctes; /* each: columns[0].sql is its name, the rest its columns */
    const char *name;
    unsigned depth;
};

static enum sort sort_of(const struct sql_type *t)
{
    switch (t->kind) {
    case SQL_T_TINYINT:
    case SQL_T_SMALLINT:
    case SQL_T_INT:
    case SQL_T_BIGINT:
    case SQL_T_DECIMAL:
    case SQL_T_FLOAT:
    case SQL_T_DOUBLE:
        return NUMBER;
    case SQL_T_STRING:
        return TEXTUAL;
    case SQL_T_DATE:
    case SQL_T_TIMESTAMP:
        return MOMENT;
    case SQL_T_BOOLEAN:
        return TRUTH;
    default:
        return OTHER;
    }
}

static void show(struct grammar *g, struct scope *s, const char *alias, const char *name, const struct sql_type *type)
{
    if (type && s->count < ARRAY_LEN(s->columns)) /* columns of a view have none */
        s->columns[s->count++] = (struct shown){TEXT("%s%s%s", alias ? alias : "", alias ? "." : "", sql_backtick(g->arena, name)), type};
}

/* A column of the sort, or a field of a STRUCT that is one; NULL: there is none. */
static const char *column(struct grammar *g, const struct scope *s, enum sort sort)
{
    for (size_t tries = 0; s->count && tries < 12; tries++) {
        const struct shown *c = &s->columns[choose(g, s->count)];
        const char *sql = c->sql;
        const struct sql_type *t = c->type;
        for (; t->kind == SQL_T_STRUCT && t->field_count; t = t->fields[0].type) {
            const struct sql_field *f = &t->fields[choose(g, t->field_count)];
            sql = TEXT("%s.%s", sql, sql_backtick(g->arena, f->name));
            if (f->type->kind != SQL_T_STRUCT) {
                t = f->type;
                break;
            }
        }
        if (sort_of(t) == sort)
            return sql;
        if (t->kind == SQL_T_MAP && t->key->kind == SQL_T_STRING && sort_of(t->item) == sort)
            return TEXT("%s['team']", sql);
    }
    return NULL;
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static const char *expression(struct grammar *g, const struct scope *s, enum sort sort, unsigned depth);
static const char *query(struct grammar *g, const struct scope *ctes, const enum sort *sorts, size_t count, unsigned depth);

static const char *literal(struct grammar *g, enum sort sort)
{
    static const char *const numbers[] = {"0", "1", "-7", "42", "3.25", "1e3", "100L", "9223372036854775807", "${budget.monthly}", ":n"};
    static const char *const texts[] = {"''", "'x'", "'a''b'", "\"two\"", "r'\\d+'", "'Ünïcode'", "NULL", "'%a_'", ":t", "current_user()"};
    static const char *const moments[] = {"current_date()", "DATE '2026-01-31'", "TIMESTAMP '2026-02-28 23:59:59'", "current_timestamp()",
                                          "CAST(:day AS DATE)"};
    static const char *const truths[] = {"true", "false", "NULL", "1 = 1"};
    return sort == NUMBER    ? ONE_OF(g, numbers)
           : sort == TEXTUAL ? ONE_OF(g, texts)
           : sort == MOMENT  ? ONE_OF(g, moments)
                             : ONE_OF(g, truths);
}

#define E(sort) expression(g, s, (sort), depth + 1)

static const char *number(struct grammar *g, const struct scope *s, unsigned depth)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%"};
    switch (choose(g, 12)) {
    case 0:
    case 1:
        return TEXT("(%s %s %s)", E(NUMBER), ONE_OF(g, operators), E(NUMBER));
    case 2:
        return TEXT("ABS(%s)", E(NUMBER));
    case 3:
        return TEXT("ROUND(%s, 2)", E(NUMBER));
    case 4:
        return TEXT("COALESCE(%s, %s)", E(NUMBER), E(NUMBER));
    case 5:
        return TEXT("CASE WHEN %s THEN %s ELSE %s END", E(TRUTH), E(NUMBER), E(NUMBER));
    case 6:
        return TEXT("LENGTH(%s)", E(TEXTUAL));
    case 7:
        return TEXT("DATEDIFF(%s, %s)", E(MOMENT), E(MOMENT));
    case 8:
        return TEXT("TRY_CAST(%s AS DOUBLE)", E(TEXTUAL));
    case 9:
        return TEXT("YEAR(%s)", E(MOMENT));
    case 10:
        return TEXT("try_divide(%s, NULLIF(%s, 0))", E(NUMBER), E(NUMBER));
    default:
        return TEXT("aggregate(array(%s, %s), 0.0D, (acc, x) -> acc + x)", E(NUMBER), E(NUMBER));
    }
}

static const char *textual(struct grammar *g, const struct scope *s, unsigned depth)
{
    switch (choose(g, 9)) {
    case 0:
        return TEXT("UPPER(%s)", E(TEXTUAL));
    case 1:
        return TEXT("CONCAT(%s, '-', %s)", E(TEXTUAL), E(TEXTUAL));
    case 2:
        return TEXT("SUBSTRING(%s, 1, 3)", E(TEXTUAL));
    case 3:
        return TEXT("COALESCE(%s, %s)", E(TEXTUAL), E(TEXTUAL));
    case 4:
        return TEXT("DATE_FORMAT(%s, 'yyyy-MM')", E(MOMENT));
    case 5:
        return TEXT("CAST(%s AS STRING)", E(choose(g, 4)));
    case 6:
        return TEXT("CASE %s WHEN 'x' THEN %s END", E(TEXTUAL), E(TEXTUAL));
    case 7:
        return TEXT("%s || %s", E(TEXTUAL), E(TEXTUAL));
    default:
        return TEXT("array_join(transform(split(%s, ','), x -> trim(x)), '+')", E(TEXTUAL));
    }
}

static const char *moment(struct grammar *g, const struct scope *s, unsigned depth)
{
    switch (choose(g, 5)) {
    case 0:
        return TEXT("DATE_TRUNC('MONTH', %s)", E(MOMENT));
    case 1:
        return TEXT("DATE_ADD(CAST(%s AS DATE), 7)", E(MOMENT));
    case 2:
        return TEXT("%s - INTERVAL 3 DAYS", E(MOMENT));
    case 3:
        return TEXT("COALESCE(%s, %s)", E(MOMENT), E(MOMENT));
    default:
        return TEXT("CAST(%s AS TIMESTAMP)", E(MOMENT));
    }
}

static const char *truth(struct grammar *g, const struct scope *s, unsigned depth)
{
    static const char *const comparisons[] = {"=", "<>", "<", ">=", "<=>"};
    const enum sort sort = (enum sort)choose(g, 3);
    switch (choose(g, 10)) {
    case 0:
    case 1:
        return TEXT("%s %s %s", E(sort), ONE_OF(g, comparisons), E(sort));
    case 2:
        return TEXT("%s IS %sNULL", E(sort), maybe(g, 2) ? "NOT " : "");
    case 3:
        return TEXT("%s LIKE '%%a%%'", E(TEXTUAL));
    case 4:
        return TEXT("%s IN (%s, %s)", E(sort), E(sort), E(sort));
    case 5:
        return TEXT("%s BETWEEN %s AND %s", E(sort), E(sort), E(sort));
    case 6:
        return TEXT("(%s AND %s)", E(TRUTH), E(TRUTH));
    case 7:
        return TEXT("(%s OR NOT %s)", E(TRUTH), E(TRUTH));
    case 8:
        return TEXT("EXISTS (%s)", query(g, s->ctes, &sort, 1, depth + 2));
    default:
        return TEXT("%s IN (%s)", E(sort), query(g, s->ctes, &sort, 1, depth + 2));
    }
}

static const char *expression(struct grammar *g, const struct scope *s, enum sort sort, unsigned depth)
{
    const char *c = NULL;
    if (depth > 5 || !choose(g, 2))
        c = column(g, s, sort);
    if (c)
        return c;
    if (depth > 5 || !choose(g, 3))
        return literal(g, sort);
    return sort == NUMBER    ? number(g, s, depth)
           : sort == TEXTUAL ? textual(g, s, depth)
           : sort == MOMENT  ? moment(g, s, depth)
                             : truth(g, s, depth);
}

static const char *aggregate(struct grammar *g, const struct scope *s, enum sort sort, unsigned depth)
{
    static const char *const numbers[] = {"SUM(%s)",   "AVG(%s)", "COUNT(DISTINCT %s)", "MAX(%s)", "percentile_approx(%s, 0.95)",
                                          "STDDEV(%s)"};
    const char *filter = maybe(g, 4) ? TEXT(" FILTER (WHERE %s)", E(TRUTH)) : "";
    if (sort != NUMBER)
        return TEXT("MAX(%s)%s", E(sort), filter);
    const char *form = ONE_OF(g, numbers);
    const char *place = strstr(form, "%s");
    return TEXT("%.*s%s%s%s", (int)(place - form), form, E(NUMBER), place + 2, filter);
}

/* ---- relations ----------------------------------------------------------------------------------------------------- */

static const char *argument(struct grammar *g, const struct sql_type *t)
{
    static const char *const days[] = {"'2026-01-01'", "'2026-06-30'", ":t"};
    const enum sort sort = sort_of(t);
    return sort == TEXTUAL  ? ONE_OF(g, days)
           : sort == NUMBER ? "7"
           : sort == TRUTH  ? "true"
           : sort == MOMENT ? "DATE '2026-01-01'"
                            : "NULL";
}

static const char *function_call(struct grammar *g, struct scope *s, const char *alias)
{
    const struct pack_catalogue *c = g->names.catalogue;
    const struct pack_function *f = c->functions[choose(g, c->function_count)];
    const char *arguments = "";
    const bool named = maybe(g, 2);
    for (size_t i = 0; i < f->function->parameter_count; i++) {
        const struct sql_column *p = &f->function->parameters[i];
        if (p->default_sql && maybe(g, 2))
            break;
        arguments = TEXT("%s%s%s%s%s", arguments, i ? ", " : "", named ? p->name : "", named ? " => " : "", argument(g, p->type));
    }
    for (size_t i = 0; i < f->function->column_count; i++)
        show(g, s, alias, f->function->columns[i].name, f->function->columns[i].type);
    return TEXT("%s(%s) AS %s", f->name, arguments, alias);
}

static const char *table(struct grammar *g, struct scope *s, const char *alias)
{
    const struct pack_catalogue *c = g->names.catalogue;
    const struct pack_object *o = c->objects[choose(g, c->object_count)];
    for (size_t tries = 0; (o->layer == PACK_LANDING || !o->table->column_count) && tries < 50; tries++)
        o = c->objects[choose(g, c->object_count)];
    for (size_t i = 0; i < o->table->column_count; i++)
        show(g, s, alias, o->table->columns[i].name, o->table->columns[i].type);
    const char *name = o->system_table && maybe(g, 2) ? o->system_table : TEXT("%s.%s", o->schema, o->name);
    return TEXT("%s AS %s", name, alias);
}

static const struct sql_type *type_of_sort(enum sort sort)
{
    static const struct sql_type types[] = {
        {.kind = SQL_T_DOUBLE}, {.kind = SQL_T_STRING}, {.kind = SQL_T_TIMESTAMP}, {.kind = SQL_T_BOOLEAN}};
    return &types[sort];
}

static const char *derived(struct grammar *g, struct scope *s, const char *alias, unsigned depth)
{
    static const enum sort sorts[] = {NUMBER, TEXTUAL, MOMENT};
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++)
        show(g, s, alias, TEXT("c%zu", i), type_of_sort(sorts[i]));
    return TEXT("(%s) AS %s", query(g, s->ctes, sorts, ARRAY_LEN(sorts), depth + 1), alias);
}

static const char *cte_reference(struct grammar *g, struct scope *s, const char *alias)
{
    const struct scope *c = s->ctes;
    while (c->ctes && maybe(g, 2))
        c = c->ctes;
    for (size_t i = 0; i < c->count; i++)
        show(g, s, alias, c->columns[i].sql, c->columns[i].type);
    return TEXT("%s AS %s", c->name, alias);
}

static const char *turned(struct grammar *g, struct scope *s, const char *alias, unsigned depth)
{
    static const enum sort sorts[] = {TEXTUAL, NUMBER, NUMBER};
    const char *inner = query(g, s->ctes, sorts, ARRAY_LEN(sorts), depth + 1);
    if (maybe(g, 2)) {
        show(g, s, alias, "c0", type_of_sort(TEXTUAL));
        show(g, s, alias, "v", type_of_sort(NUMBER));
        return TEXT("(%s) UNPIVOT (v FOR n IN (c1, c2 AS second)) AS %s", inner, alias);
    }
    show(g, s, NULL, "one", type_of_sort(NUMBER));
    return TEXT("(SELECT * FROM (%s) PIVOT (SUM(c1) FOR c0 IN ('x' AS one, NULL, 'y')))", inner);
}

static const char *relation(struct grammar *g, struct scope *s, const char *alias, unsigned depth)
{
    const size_t way = depth > 3 ? choose(g, 2) : choose(g, 8);
    if (way == 1 && g->names.catalogue->function_count)
        return function_call(g, s, alias);
    if ((way == 2 || way == 3) && s->ctes)
        return cte_reference(g, s, alias);
    if (way == 4 || way == 5)
        return derived(g, s, alias, depth);
    if (way == 6 && maybe(g, 3))
        return turned(g, s, alias, depth);
    return table(g, s, alias);
}

static const char *from(struct grammar *g, struct scope *s, unsigned depth)
{
    static const char *const joins[] = {"JOIN", "LEFT JOIN", "FULL JOIN", "CROSS JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"};
    const char *text = relation(g, s, "r0", depth);
    for (unsigned i = 1; i < 3 && maybe(g, 4); i++) {
        const char *join = ONE_OF(g, joins);
        struct scope other = {.ctes = s->ctes};
        const char *right = relation(g, &other, TEXT("r%u", i), depth + 1);
        struct scope both = *s;
        for (size_t k = 0; k < other.count && both.count < ARRAY_LEN(both.columns); k++)
            both.columns[both.count++] = other.columns[k];
        text = TEXT("%s %s %s", text, join, right);
        if (!str_starts(join, "CROSS"))
            text = TEXT("%s ON %s", text, expression(g, &both, TRUTH, 4));
        if (!strstr(join, "SEMI") && !strstr(join, "ANTI"))
            *s = both;
    }
    for (size_t i = 0; i < s->count && maybe(g, 6); i++)
        if (s->columns[i].type->kind == SQL_T_ARRAY) {
            text = TEXT("%s LATERAL VIEW explode(%s) v AS item", text, s->columns[i].sql);
            show(g, s, "v", "item", s->columns[i].type->item);
            break;
        }
    return text;
}

/* ---- queries ---------------------------------------------------------------------------------------------------------- */

static const char *window(struct grammar *g, const struct scope *s, unsigned depth)
{
    static const char *const calls[] = {"ROW_NUMBER()", "RANK()", "LAG(1)", "COUNT(*)"};
    return TEXT("%s OVER (PARTITION BY %s ORDER BY %s DESC)", ONE_OF(g, calls), E(TEXTUAL), E(MOMENT));
}

static const char *select_items(struct grammar *g, const struct scope *s, const enum sort *sorts, size_t count, bool grouped,
                                unsigned depth)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const char *item = sorts[i] == NUMBER && !grouped && maybe(g, 6) ? window(g, s, depth)
                           : grouped && (i || maybe(g, 2))               ? aggregate(g, s, sorts[i], depth)
                                                                         : E(sorts[i]);
        if (sorts[i] == NUMBER || sorts[i] == MOMENT)
            item = TEXT("CAST(%s AS %s)", item, sorts[i] == NUMBER ? "DOUBLE" : "TIMESTAMP");
        text = TEXT("%s%s%s AS c%zu", text, i ? ", " : "", item, i);
    }
    return text;
}

static const char *selection(struct grammar *g, const struct scope *ctes, const enum sort *sorts, size_t count, unsigned depth)
{
    struct scope scope = {.ctes = ctes}, *s = &scope;
    const char *relations = from(g, s, depth);
    const bool grouped = maybe(g, 3);
    const char *text = TEXT("SELECT %s%s FROM %s", !grouped && maybe(g, 8) ? "DISTINCT " : "",
                            select_items(g, s, sorts, count, grouped, depth + 1), relations);
    if (maybe(g, 2))
        text = TEXT("%s WHERE %s", text, E(TRUTH));
    if (grouped)
        text = TEXT("%s GROUP BY ALL", text);
    if (grouped && maybe(g, 4))
        text = TEXT("%s HAVING COUNT(*) > 1", text);
    else if (!grouped && maybe(g, 10))
        text = TEXT("%s QUALIFY %s = 1", text, window(g, s, depth + 2));
    return text;
}

static const char *query(struct grammar *g, const struct scope *ctes, const enum sort *sorts, size_t count, unsigned depth)
{
    static const char *const operators[] = {"UNION ALL", "UNION", "EXCEPT", "INTERSECT"};
    const char *text = selection(g, ctes, sorts, count, depth);
    if (depth < 3 && maybe(g, 6))
        text = TEXT("%s %s %s", text, ONE_OF(g, operators), selection(g, ctes, sorts, count, depth + 1));
    return text;
}

/* SELECT dimensions, MEASURE(..) FROM a metric view, alone or as a CTE. */
static const char *metric_query(struct grammar *g)
{
    const struct pack_catalogue *c = g->names.catalogue;
    const struct pack_metric_view *m = c->metric_views[choose(g, c->metric_view_count)];
    const char *items = "", *first = NULL;
    for (size_t i = 0; i < 3 && m->view->dimension_count && maybe(g, 2); i++) {
        const char *d = sql_backtick(g->arena, m->view->dimensions[choose(g, m->view->dimension_count)].name);
        items = TEXT("%s%s AS d%zu, ", items, d, i);
        first = first ? first : d;
    }
    for (size_t i = 0; i < 1 + choose(g, 3); i++) {
        const char *name = sql_backtick(g->arena, m->view->measures[choose(g, m->view->measure_count)].name);
        items = TEXT("%s%sMEASURE(%s) AS m%zu", items, i ? ", " : "", name, i);
    }
    const char *text = TEXT("SELECT %s FROM mv_%s", items, m->name);
    if (first && maybe(g, 2))
        text = TEXT("%s WHERE %s IS NOT NULL", text, first);
    return TEXT("%s GROUP BY ALL", text);
}

static const char *statement(struct grammar *g)
{
    static const enum sort sorts[] = {NUMBER, TEXTUAL, MOMENT, TRUTH};
    const char *text = "";
    const struct scope *ctes = NULL;
    if (g->names.catalogue->metric_view_count && maybe(g, 8))
        return metric_query(g);
    for (unsigned i = 0; i < 3 && maybe(g, 3); i++) {
        struct scope *c = arena_alloc(g->arena, sizeof(*c));
        *c = (struct scope){.ctes = ctes, .name = TEXT("q%u", i)};
        for (size_t k = 0; k < 3; k++)
            c->columns[c->count++] = (struct shown){TEXT("c%zu", k), type_of_sort(sorts[k])};
        text = TEXT("%s%s%s AS (%s)", text, i ? ", " : "WITH ", c->name, query(g, ctes, sorts, 3, 1));
        ctes = c;
    }
    text = TEXT("%s%s%s", text, *text ? " " : "", query(g, ctes, sorts, 1 + choose(g, ARRAY_LEN(sorts)), 0));
    if (maybe(g, 2))
        text = TEXT("%s ORDER BY %s", text, maybe(g, 2) ? "1" : "c0 DESC NULLS LAST");
    return maybe(g, 2) ? TEXT("%s LIMIT %zu", text, choose(g, 100)) : text;
}

/* ---- nearly valid ones ---------------------------------------------------------------------------------------------------- */

static char *break_it(struct grammar *g, const char *text)
{
    static const char *const wrong[] = {"(", ")", ",", "'", "`", "SELECT", "FROM", "OVER", "->", "::", "/*", ";", "NOT", "$$", ":", "\x01"};
    struct sql_token *tokens;
    size_t count;
    struct error err;
    if (sql_lex(g->arena, text, strlen(text), 1, &tokens, &count, &err) || count < 2)
        return arena_strdup(g->arena, text);
    const struct sql_token *t = &tokens[choose(g, count - 1)], *other = &tokens[choose(g, count - 1)];
    const int head = (int)t->offset, len = (int)t->len;
    const char *rest = text + t->offset + t->len;
    switch (choose(g, 5)) {
    case 0:
        return TEXT("%.*s%s", head, text, rest);
    case 1:
        return TEXT("%.*s%.*s %.*s%s", head, text, len, text + head, len, text + head, rest);
    case 2:
        return TEXT("%.*s%.*s%s", head, text, (int)other->len, text + other->offset, rest);
    case 3:
        return TEXT("%.*s%s%s", head, text, ONE_OF(g, wrong), rest);
    default:
        return TEXT("%.*s%.*sx%s", head, text, len > 1 ? len - 1 : len, text + head, rest);
    }
}

char *grammar_statement(struct grammar *g, bool broken)
{
    const char *text = statement(g);
    return broken ? break_it(g, text) : arena_strdup(g->arena, text);
}

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

static int env_name(void *context, const struct sql_name *n, struct arena *a, const char **schema, const char **table, struct error *err)
{
    return pack_resolve(&((struct grammar *)context)->names, n, a, schema, table, err);
}

static int env_variable(void *context, const char *name, struct arena *a, const char **ret, struct error *err)
{
    return pack_resolve_variable(&((struct grammar *)context)->names, name, a, ret, err);
}

static int env_function(void *context, const struct sql_name *n, struct arena *a, const struct sql_user_function **ret, struct error *err)
{
    return pack_resolve_function(&((struct grammar *)context)->names, n, a, ret, err);
}

static int env_metric(void *context, const struct sql_name *n, struct arena *a, const struct sql_metric_view **ret, struct error *err)
{
    return pack_resolve_metric(&((struct grammar *)context)->names, n, a, ret, err);
}

static int env_columns(void *context, const char *schema, const char *table_name, struct arena *a, const struct sql_column_type **ret,
                       size_t *ret_count, struct error *err)
{
    const struct pack_object *o = pack_find(((struct grammar *)context)->names.catalogue, schema, table_name);
    const size_t n = o ? o->table->column_count : 0;
    struct sql_column_type *c = arena_alloc(a, (n + 1) * sizeof(*c));
    (void)err;
    for (size_t i = 0; i < n; i++)
        c[i] = (struct sql_column_type){o->table->columns[i].name, o->table->columns[i].type};
    *ret = c;
    *ret_count = n;
    return 0;
}

struct sql_env grammar_env(struct grammar *g)
{
    return (struct sql_env){.context = g,
                            .name = env_name,
                            .columns = env_columns,
                            .variable = env_variable,
                            .function = env_function,
                            .metric = env_metric,
                            .now_us = 1767225600000000,
                            .user = "somebody"};
}
