/* The token half of the gate for SQL of people. */
#include "sql/bind.h"

static int unknown_function(struct arena *a, const struct sql_reference *f, struct error *err)
{
    const char *name = f->name.parts[f->name.count - 1], *near = sql_nearest_function(name);
    const struct sql_builtin *refused = f->name.count == 1 ? sql_find_builtin(name) : NULL;
    if (refused && refused->sql[0] == '!') {
        sql_error_at(err, ERROR_USAGE, f->name.pos, "function %s is not supported", name);
        error_hint(err, "%s", refused->sql + 1);
        return ERROR_USAGE;
    }
    sql_error_at(err, ERROR_NOT_FOUND, f->name.pos, "unknown function %s", sql_name_text(a, &f->name));
    if (near)
        error_hint(err, "did you mean %s?", near);
    return ERROR_NOT_FOUND;
}

static int check_function(struct arena *a, const struct sql_env *env, const struct sql_reference *f, struct error *err)
{
    const struct sql_user_function *user = NULL;
    if (f->name.count == 1 && sql_function_known(f->name.parts[0]))
        return 0;
    if (f->name.count == 1 && str_ieq(f->name.parts[0], "measure"))
        return 0; /* of a metric view, or of a table, which the binder says */
    if (f->name.count == 1 && f->table_function && str_ieq(f->name.parts[0], "range"))
        return 0;
    if (env && env->function) {
        int rc = env->function(env->context, &f->name, a, &user, err);
        if (rc) {
            error_where(err, "%u:%u", f->name.pos.line, f->name.pos.column);
            return rc;
        }
    }
    return user ? 0 : unknown_function(a, f, err);
}

static int not_a_statement(struct arena *a, const struct sql_statement *s, struct error *err)
{
    static const char *const starts[] = {"SELECT", "WITH", "VALUES", "TABLE", "FROM", "SHOW TABLES", "DESCRIBE"};
    size_t n = 0;
    while (n < s->len && (s->text[n] == '_' || (s->text[n] | 32) >= 'a') && (s->text[n] | 32) <= 'z')
        n++;
    const char *word = arena_strndup(a, s->text, n), *near = n ? nearest_name(word, starts, ARRAY_LEN(starts)) : NULL;
    sql_error_at(err, ERROR_USAGE, s->pos, "%s%s%s is no statement", n ? "'" : "", n ? word : "this", n ? "'" : "");
    error_hint_near(err, near, NULL);
    return ERROR_USAGE;
}

int sql_gate(struct arena *a, const char *text, size_t len, const struct sql_env *env, struct sql_references **ret, struct error *err)
{
    struct sql_statement *s;
    size_t n;
    int rc = sql_split(a, text, len, 1, &s, &n, err);
    if (rc)
        return rc;
    if (n != 1) {
        struct sql_pos pos = n ? s[1].pos : (struct sql_pos){1, 1};
        return sql_error_at(err, ERROR_USAGE, pos, n ? "one statement at a time" : "there is no statement");
    }
    if (s->kind != SQL_SELECT) {
        if (s->kind == SQL_OTHER)
            return not_a_statement(a, s, err);
        sql_error_at(err, ERROR_FORBIDDEN, s->pos, "%s is not allowed here", sql_kind_name(s->kind));
        error_hint(err, "one SELECT");
        return ERROR_FORBIDDEN;
    }
    struct sql_references *r;
    struct sql_expanded e;
    rc = sql_expand_metrics(a, text, len, 1, env, &e, err);
    if (!rc)
        rc = sql_references(a, e.text, e.len, 1, &r, err);
    if (rc)
        return rc;
    if (r->writes)
        return sql_error_at(err, ERROR_FORBIDDEN, s->pos, "a statement that writes is not allowed here");
    for (size_t i = 0; i < r->function_count; i++) {
        rc = check_function(a, env, &r->functions[i], err);
        if (rc) {
            sql_expanded_error(&e, err);
            return rc;
        }
    }
    *ret = r;
    return 0;
}
