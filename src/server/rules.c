#include "server/private.h"

/* Quality rules that ingestion applies: listed, made, changed and taken away while serving (H-05). */

extern const char server_sql_rules[];

#define MAX_RULES 100000

int handle_rules(struct request *rq, struct error *err)
{
    struct engine_rows rows;
    if (rq->principal.tenant)
        return error_set(err, ERROR_FORBIDDEN, "rules are of all tenants and not open to one");
    int rc = ops_read(rq, ENGINE_SQL(server_sql_rules), MAX_RULES, &rows, err);
    if (rc)
        return rc;
    yyjson_mut_doc *d = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = server_put_object(d, NULL, NULL);
    ops_put_rows(d, root, "rules", &rows);
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
    return rc ? rc : reply_done(rq, 200, "the rule is gone");
}
