/* INSERT, UPDATE, DELETE, MERGE. */
#include "sql/private.h"

static void target_rule(struct parser *p, struct dml *d)
{
    d->target = sql_qualified(p, "a table name");
    if (sql_accept(p, "AS") || (sql_alias_ahead(p) && !sql_at(p, "SET") && !sql_at(p, "USING")))
        d->alias = sql_identifier(p, "an alias");
}

static void assignments_rule(struct parser *p, assignments *ret)
{
    do {
        struct assignment s = {.column = sql_qualified(p, "a column name")};
        sql_expect(p, "=");
        s.value = sql_expr_rule(p);
        *LIST_ADD(p->a, ret) = s;
    } while (sql_accept(p, ","));
}

struct dml *sql_insert_rule(struct parser *p)
{
    struct dml *d = arena_alloc(p->a, sizeof(*d));
    if (sql_accept(p, "WITH")) {
        struct query q = {0};
        sql_ctes_rule(p, &q);
        if (q.recursive)
            sql_unsupported(p, "WITH RECURSIVE before INSERT", "put it after the table");
        memcpy(&d->ctes, &q.ctes, sizeof(d->ctes));
    }
    sql_expect(p, "INSERT");
    if (sql_at(p, "OVERWRITE"))
        sql_unsupported(p, "INSERT OVERWRITE", "use DELETE FROM and INSERT INTO in one file, or MERGE");
    sql_expect(p, "INTO");
    sql_accept(p, "TABLE");
    d->target = sql_qualified(p, "a table name");
    if (sql_at(p, "PARTITION") || sql_at(p, "REPLACE"))
        sql_unsupported(p, sql_at(p, "PARTITION") ? "INSERT .. PARTITION" : "INSERT .. REPLACE", NULL);
    if (sql_at(p, "(") && !sql_query_ahead(p))
        d->columns = sql_name_list(p, "a column name");
    d->by_name = sql_accept2(p, "BY", "NAME");
    d->query = sql_query_rule(p);
    sql_expect_end(p);
    return d;
}

struct dml *sql_update_rule(struct parser *p)
{
    struct dml *d = arena_alloc(p->a, sizeof(*d));
    sql_expect(p, "UPDATE");
    target_rule(p, d);
    sql_expect(p, "SET");
    assignments_rule(p, &d->set);
    if (sql_accept(p, "WHERE"))
        d->where = sql_expr_rule(p);
    sql_expect_end(p);
    return d;
}

struct dml *sql_delete_rule(struct parser *p)
{
    struct dml *d = arena_alloc(p->a, sizeof(*d));
    sql_expect(p, "DELETE");
    sql_expect(p, "FROM");
    target_rule(p, d);
    if (sql_accept(p, "WHERE"))
        d->where = sql_expr_rule(p);
    sql_expect_end(p);
    return d;
}

static void insert_action(struct parser *p, struct merge_clause *c)
{
    c->action = MERGE_INSERT;
    if (sql_accept(p, "*")) {
        c->star = true;
        return;
    }
    sql_expect(p, "(");
    do {
        struct assignment s = {.column = sql_qualified(p, "a column name")};
        *LIST_ADD(p->a, &c->set) = s;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    struct sql_pos pos = sql_tok(p)->pos;
    sql_expect(p, "VALUES");
    sql_expect(p, "(");
    size_t n = 0;
    do {
        struct expr *e = sql_expr_rule(p);
        if (n < c->set.count)
            c->set.items[n].value = e;
        n++;
    } while (sql_accept(p, ","));
    sql_expect(p, ")");
    if (n != c->set.count)
        sql_fail(p, pos, ERROR_USAGE, NULL, "INSERT names %zu columns, but gives %zu values", c->set.count, n);
}

static void merge_action(struct parser *p, struct merge_clause *c)
{
    if (sql_accept(p, "DELETE")) {
        c->action = MERGE_DELETE;
    } else if (sql_accept(p, "UPDATE")) {
        c->action = MERGE_UPDATE;
        sql_expect(p, "SET");
        c->star = sql_accept(p, "*");
        if (!c->star)
            assignments_rule(p, &c->set);
    } else {
        sql_expect(p, "INSERT");
        insert_action(p, c);
    }
}

static void merge_clause_rule(struct parser *p, struct dml *d)
{
    struct merge_clause c = {.pos = sql_tok(p)->pos};
    sql_expect(p, "WHEN");
    if (sql_accept(p, "MATCHED")) {
        c.when = MERGE_MATCHED;
    } else {
        sql_expect(p, "NOT");
        sql_expect(p, "MATCHED");
        c.when = MERGE_NOT_MATCHED;
        if (sql_accept(p, "BY")) {
            bool source = sql_accept(p, "SOURCE");
            if (!source)
                sql_expect(p, "TARGET");
            c.when = source ? MERGE_NOT_MATCHED_BY_SOURCE : MERGE_NOT_MATCHED;
        }
    }
    if (sql_accept(p, "AND"))
        c.condition = sql_expr_rule(p);
    sql_expect(p, "THEN");
    merge_action(p, &c);
    bool insert = c.action == MERGE_INSERT;
    if (!p->failed && insert != (c.when == MERGE_NOT_MATCHED))
        sql_fail(p, c.pos, ERROR_USAGE, NULL, insert ? "INSERT needs WHEN NOT MATCHED" : "WHEN NOT MATCHED can only INSERT");
    if (!p->failed && c.star && c.when == MERGE_NOT_MATCHED_BY_SOURCE)
        sql_fail(p, c.pos, ERROR_USAGE, NULL, "UPDATE SET * needs a source row");
    *LIST_ADD(p->a, &d->clauses) = c;
}

struct dml *sql_merge_rule(struct parser *p)
{
    struct dml *d = arena_alloc(p->a, sizeof(*d));
    if (sql_at(p, "WITH"))
        sql_unsupported(p, "WITH before MERGE", "put the query into USING ( .. )");
    sql_expect(p, "MERGE");
    if (sql_at2(p, "WITH", "SCHEMA"))
        sql_unsupported(p, "MERGE WITH SCHEMA EVOLUTION", "change the table first");
    sql_expect(p, "INTO");
    target_rule(p, d);
    sql_expect(p, "USING");
    d->source = sql_table_reference_rule(p);
    sql_expect(p, "ON");
    d->on = sql_expr_rule(p);
    if (!sql_at(p, "WHEN"))
        sql_unexpected(p, "WHEN");
    while (sql_at(p, "WHEN"))
        merge_clause_rule(p, d);
    sql_expect_end(p);
    return d;
}
