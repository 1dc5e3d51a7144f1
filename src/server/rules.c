#include "server/private.h"

/* Quality rules that ingestion applies: listed, made, changed and taken away while serving (H-05). */

extern const char server_sql_rules[];

#define MAX_RULES 100000

static const char *text(const struct engine_value *v) { return v->type == ENGINE_TEXT ? v->text : NULL; }
static int64_t number(const struct engine_value *v) { return v->type == ENGINE_I64 || v->type == ENGINE_TIMESTAMP ? v->i : 0; }

static void put_count(yyjson_mut_doc *d, yyjson_mut_val *o, const char *key, const struct engine_value *v)
{
    if (v->type == ENGINE_I64)
        yyjson_mut_obj_add_sint(d, o, key, v->i);
    else
        yyjson_mut_obj_add_null(d, o, key);
}

static void put_rule(yyjson_mut_doc *d, yyjson_mut_val *o, const struct engine_value *v)
{
    static const char *const texts[] = {"rule_id", "table", "name", "constraint", "severity"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        server_put_text(d, o, texts[i], text(&v[i]));
    yyjson_mut_obj_add_bool(d, o, "enabled", v[5].type == ENGINE_BOOL && v[5].b);
    server_put_text(d, o, "description", text(&v[6]));
    server_put_text(d, o, "created_by", text(&v[7]));
    server_put_time(d, o, "created_at", number(&v[8]));
    server_put_text(d, o, "updated_by", text(&v[9]));
    server_put_time(d, o, "updated_at", number(&v[10]));
    put_count(d, o, "rows_checked", &v[11]);
    put_count(d, o, "rows_failed", &v[12]);
    server_put_time(d, o, "checked_at", number(&v[13]));
}

int handle_rules(struct request *rq, struct error *err)
{
    struct engine_conn *c;
    struct engine_rows rows;
    if (rq->principal.tenant)
        return error_set(err, ERROR_FORBIDDEN, "rules are of all tenants and not open to one");
    int rc = engine_connect(rq->owner->core.engine, ENGINE_READ, &rq->cancel, &c, err);
    if (rc)
        return rc;
    rc = engine_rows(c, ENGINE_SQL(server_sql_rules), MAX_RULES, rq->arena, &rows, err);
    engine_disconnect(c);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL), *list = server_put_array(d, root, "rules");
    for (size_t i = 0; i < rows.row_count; i++)
        put_rule(d, server_put_object(d, list, NULL), &rows.values[i * rows.column_count]);
    yyjson_mut_obj_add_uint(d, root, "count", rows.row_count);
    reply_json(rq, 200, d);
    return 0;
}

/* A refresh is the writer until it ends, and a rule that changed in its middle would hold for half of its tables. */
static int begin_change(struct request *rq, struct error *err)
{
    int64_t run = schedule_running(rq->owner->core.schedule);
    if (run) {
        error_set(err, ERROR_CONFLICT, "run %lld is going on", (long long)run);
        error_hint(err, "change the rule when it has ended");
        return ERROR_CONFLICT;
    }
    return audit_change(rq, arena_printf(rq->arena, "%s.%s", arg_text(rq, "table"), arg_text(rq, "rule")), err);
}

int handle_rule_put(struct request *rq, struct error *err)
{
    int64_t failing = 0;
    const struct build_rule r = {
        .table = arg_text(rq, "table"),
        .name = arg_text(rq, "rule"),
        .constraint = arg_text(rq, "constraint"),
        .severity = arg_text(rq, "severity"),
        .description = arg_text(rq, "description"),
        .enabled = arg_given(rq, "enabled") ? arg_bool(rq, "enabled") : -1,
    };
    int rc = begin_change(rq, err);
    if (!rc)
        rc = build_rule_put(&rq->owner->core.build, &r, rq->principal.user, &failing, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    server_put_text(d, root, "rule_id", arena_printf(rq->arena, "%s.%s", r.table, r.name));
    yyjson_mut_obj_add_sint(d, root, "failing_rows", failing);
    reply_json(rq, 200, d);
    return 0;
}

int handle_rule_remove(struct request *rq, struct error *err)
{
    int rc = begin_change(rq, err);
    if (!rc)
        rc = build_rule_remove(&rq->owner->core.build, arg_text(rq, "table"), arg_text(rq, "rule"), err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_obj_add_str(d, server_put_object(d, NULL, NULL), "done", "the rule is gone");
    reply_json(rq, 200, d);
    return 0;
}
