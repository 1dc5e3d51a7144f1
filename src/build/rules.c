#include "build/room.h"

#define RULES_MAX 100000  /* of all tables */
#define PACK_MARK "pack:" /* of created_by and updated_by: not a person */

/* Quality rules live in secchi_ops.dq_rule: prepared from the packs, changed by people, read by every load. */

/* ---- from the packs --------------------------------------------------------------------------------------------- */

static const char *severity_of(const struct pack_check *c) { return c->warning ? "warning" : "critical"; }

static void put_rule(struct buf *b, const struct pack_object *o, size_t i, struct arena *a)
{
    const struct pack_check *c = &o->checks[i];
    buf_printf(b, "%s(%s, %s, %s, %s, ", b->len ? ",\n  " : "", sql_literal(a, arena_printf(a, "%s.%s", o->name, c->name)),
               sql_literal(a, o->name), sql_literal(a, c->name), sql_literal(a, c->predicate));
    buf_printf(b, "%s, %s, %s, %zu)", sql_literal(a, severity_of(c)),
               sql_literal(a, arena_printf(a, "bronze/checks/%s.yaml of the pack %s", o->name, o->pack)),
               sql_literal(a, arena_printf(a, PACK_MARK "%s", o->pack)), i);
}

int build_rules_sync(const struct build_context *b, struct engine_conn *c, struct error *err)
{
    static const char columns[] = "rule_id, table_name, rule_name, rule_constraint, severity, description, author, position";
    static const char nothing[] = "('', '', '', '', '', '', '', 0)";
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf rules CLEANUP(buf_free);
    buf_init(&rules, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < b->catalogue->object_count; i++)
        for (size_t j = 0; j < b->catalogue->objects[i]->check_count; j++)
            put_rule(&rules, b->catalogue->objects[i], j, a);
    if (rules.overflow)
        return error_set(err, ERROR_LIMIT, "the packs have too many quality checks");
    const char *sql = arena_printf(a, "SELECT %s FROM VALUES %s AS v (%s) WHERE v.rule_id <> ''", columns, rules.len ? rules.data : nothing,
                                   columns);
    int rc = engine_stage_query(c, "dq_rule", ENGINE_SQL(sql), NULL, err);
    if (!rc)
        rc = engine_exec(c, SQL_WITH(build_sql_rules_sync, P_TIME("now", clock_real_us())), NULL, err);
    if (!rc)
        rc = engine_exec(c, ENGINE_SQL(build_sql_rules_forget), NULL, err);
    engine_unstage(c, "dq_rule");
    return rc;
}

uint64_t build_rules_hash(const struct pack_catalogue *catalogue, uint64_t hash)
{
    for (size_t i = 0; i < catalogue->object_count; i++)
        for (size_t j = 0; j < catalogue->objects[i]->check_count; j++) {
            const struct pack_check *c = &catalogue->objects[i]->checks[j];
            hash = hash_bytes(c->name, strlen(c->name) + 1, hash);
            hash = hash_bytes(severity_of(c), strlen(severity_of(c)) + 1, hash);
            hash = hash_bytes(c->predicate, strlen(c->predicate) + 1, hash);
        }
    return hash;
}

/* ---- for a load --------------------------------------------------------------------------------------------------- */

/* Read once: nobody else can change a rule while a refresh has the writer's place. */
static int read_rules(struct build *b, struct error *err)
{
    struct engine_rows rows;
    int rc = b->rules ? 0 : engine_rows(b->conn, ENGINE_SQL(build_sql_rules), RULES_MAX, b->arena, &rows, err);
    if (rc || b->rules)
        return rc;
    b->rules = arena_alloc(b->arena, (rows.row_count + 1) * sizeof(*b->rules));
    b->rule_count = rows.row_count;
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * rows.column_count];
        b->rules[i] = (struct build_table_rule){
            .table = v[0].text, .check = {.name = v[1].text, .warning = str_eq(v[2].text, "warning"), .predicate = v[3].text}};
    }
    return 0;
}

int build_rules_of(struct build *b, const struct pack_object *o, struct arena *a, struct pack_check **ret, size_t *ret_count,
                   struct error *err)
{
    size_t count = 0;
    int rc = read_rules(b, err);
    if (rc)
        return rc;
    struct pack_check *rules = arena_alloc(a, (b->rule_count + 1) * sizeof(*rules));
    for (size_t i = 0; i < b->rule_count; i++)
        if (str_eq(b->rules[i].table, o->name))
            rules[count++] = b->rules[i].check;
    *ret = rules;
    *ret_count = count;
    return 0;
}

/* ---- from people ---------------------------------------------------------------------------------------------------- */

static int refuse(struct error *err, const char *field, const char *text, const char *detail)
{
    error_set(err, ERROR_INVALID, text, detail);
    error_where(err, "%s", field);
    return ERROR_INVALID;
}

/* One condition over one row: no comment, bracket, parameter or query may reach beyond it. The text is put together anew of its tokens. */
static int read_constraint(const char *text, struct arena *a, const char **ret, struct error *err)
{
    struct sql_token *t;
    size_t count;
    int depth = 0;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, LIMIT_SQL_BYTES);
    if (sql_lex(a, text, strlen(text), 1, &t, &count, err)) {
        error_add_where(err, "constraint");
        return err->kind;
    }
    for (size_t i = 0; i < count && t[i].kind != SQL_TOKEN_END; i++) {
        const char *token = arena_strndup(a, text + t[i].offset, t[i].len);
        bool query = t[i].kind == SQL_TOKEN_WORD && str_ieq(token, "SELECT");
        if (query || t[i].kind == SQL_TOKEN_PARAM || t[i].kind == SQL_TOKEN_QMARK || t[i].kind == SQL_TOKEN_VARIABLE ||
            t[i].kind == SQL_TOKEN_HINT || str_eq(token, ";"))
            return refuse(err, "constraint", "a rule is a condition over one row; '%s' cannot stand in it", token);
        depth += t[i].kind == SQL_TOKEN_OP && token[0] == '(';
        depth -= t[i].kind == SQL_TOKEN_OP && token[0] == ')';
        if (depth < 0)
            break;
        buf_printf(&out, "%s%s", i && t[i].offset > t[i - 1].offset + t[i - 1].len ? " " : "", token);
    }
    if (depth || !out.len)
        return refuse(err, "constraint", depth ? "the brackets of the condition do not match%s" : "the condition is empty%s", "");
    *ret = arena_strndup(a, out.data, out.len);
    return 0;
}

/* Whether ingestion could use it, and how many of the rows that are there it would fail. */
static int try_constraint(struct engine_conn *c, const struct pack_object *o, const char *constraint, struct arena *a, int64_t *ret_failing,
                          struct error *err)
{
    struct engine_column *columns;
    size_t count;
    const char *table = arena_printf(a, "%s.%s", o->schema, o->name);
    const char *sql = arena_printf(a, "SELECT (%s) AS ok FROM %s", constraint, table);
    int rc = engine_describe(c, ENGINE_SQL(sql), a, &columns, &count, err);
    if (!rc && !str_ieq(columns[0].type, "BOOLEAN"))
        return refuse(err, "constraint", "the condition gives %s, it must be true or false", columns[0].type);
    const char *failing = TEMPLATE(a, build_sql_rule_failing, {"table", table}, {"constraint", constraint});
    if (!rc)
        rc = build_i64(c, ENGINE_SQL(failing), ret_failing, err);
    if (rc && rc != ERROR_INTERRUPTED) {
        error_where(err, "constraint");
        return err->kind = ERROR_INVALID;
    }
    return rc;
}

static int find_table(const struct build_context *b, const char *name, const struct pack_object **ret, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct pack_catalogue *c = b->catalogue;
    const struct pack_object *o = pack_find(c, "system_bronze", name);
    if (o) {
        *ret = o;
        return 0;
    }
    const char **names = arena_alloc(a, (c->object_count + 1) * sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i]->layer == PACK_BRONZE)
            names[n++] = c->objects[i]->name;
    error_set(err, ERROR_NOT_FOUND, "there is no bronze table '%.200s'", name);
    error_hint_near(err, nearest_name(name, names, n), NULL);
    return ERROR_NOT_FOUND;
}

/* Fills what was not given from the rule that is there; *ret_there says whether one is. */
static int complete(struct engine_conn *c, const char *id, struct build_rule *r, bool *ret_there, bool *ret_of_pack, struct arena *a,
                    struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(c, SQL_WITH(build_sql_rule, P_TEXT("rule", id)), 1, a, &rows, err);
    if (rc)
        return rc;
    *ret_there = rows.row_count > 0;
    if (*ret_there) {
        const struct engine_value *v = rows.values;
        r->constraint = r->constraint ? r->constraint : v[0].text;
        r->severity = r->severity ? r->severity : v[1].text;
        r->enabled = r->enabled >= 0 ? r->enabled : v[2].b;
        r->description = r->description ? r->description : v[3].type == ENGINE_TEXT ? v[3].text : NULL;
        *ret_of_pack = str_starts(v[4].text, PACK_MARK);
    }
    r->severity = r->severity ? r->severity : "critical";
    r->enabled = r->enabled != 0;
    return 0;
}

static int write_rule(struct engine_conn *c, const struct pack_object *o, struct build_rule r, const char *user, int64_t *ret_failing,
                      struct arena *a, struct error *err)
{
    bool there, of_pack = false;
    const char *id = arena_printf(a, "%s.%s", o->name, r.name);
    int rc = complete(c, id, &r, &there, &of_pack, a, err);
    if (rc)
        return rc;
    if (!r.constraint)
        return refuse(err, "constraint", "the new rule '%s' needs a condition", id);
    if (!str_eq(r.severity, "critical") && !str_eq(r.severity, "warning"))
        return refuse(err, "severity", "severity must be critical or warning, found '%.64s'", r.severity);
    rc = read_constraint(r.constraint, a, &r.constraint, err);
    if (!rc)
        rc = try_constraint(c, o, r.constraint, a, ret_failing, err);
    if (rc)
        return rc;
    return engine_exec(c,
                       SQL_WITH(there ? build_sql_rule_change : build_sql_rule_add, P_TEXT("constraint", r.constraint),
                                P_TEXT("severity", r.severity), P_BOOL("enabled", r.enabled != 0), P_TEXT("description", r.description),
                                P_TEXT("user", user), P_TIME("now", clock_real_us()), P_TEXT("rule", id), P_TEXT("table", o->name),
                                P_TEXT("name", r.name)),
                       NULL, err);
}

int build_rule_put(const struct build_context *b, const struct build_rule *r, const char *user, int64_t *ret_failing, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct pack_object *o;
    struct engine_conn *c;
    int64_t failing = 0;
    if (!r->name[0] || r->name[strspn(r->name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return refuse(err, "name", "the name of a rule is made of a-z, 0-9 and _, found '%.64s'", r->name);
    int rc = find_table(b, r->table, &o, err);
    if (!rc)
        rc = engine_connect(b->engine, ENGINE_WRITE, NULL, &c, err);
    if (rc)
        return rc;
    rc = write_rule(c, o, *r, user, &failing, a, err);
    engine_disconnect(c);
    if (!rc)
        *ret_failing = failing;
    return rc;
}

static int remove_rule(struct engine_conn *c, const char *id, struct arena *a, struct error *err)
{
    bool there, of_pack = false;
    struct build_rule r = {.enabled = -1};
    int rc = complete(c, id, &r, &there, &of_pack, a, err);
    if (rc)
        return rc;
    if (!there)
        return error_set(err, ERROR_NOT_FOUND, "there is no rule '%.200s'", id);
    if (of_pack) {
        error_set(err, ERROR_CONFLICT, "the rule '%.200s' came with a pack and stays", id);
        error_hint(err, "disable it");
        return ERROR_CONFLICT;
    }
    return engine_exec(c, SQL_WITH("DELETE FROM secchi_ops.dq_rule WHERE rule_id = :rule", P_TEXT("rule", id)), NULL, err);
}

int build_rule_remove(const struct build_context *b, const char *table, const char *name, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const struct pack_object *o;
    struct engine_conn *c;
    int rc = find_table(b, table, &o, err);
    if (!rc)
        rc = engine_connect(b->engine, ENGINE_WRITE, NULL, &c, err);
    if (rc)
        return rc;
    rc = remove_rule(c, arena_printf(a, "%s.%s", o->name, name), a, err);
    engine_disconnect(c);
    return rc;
}
