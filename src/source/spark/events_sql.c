/* SQL executions, their plans and the metrics of plans. */
#include <yyjson.h>

#include "source/spark/events.h"
#include "source/spark/lineage.h"

#define MESSAGE_MAX (64u << 10)
#define DESCRIPTION_MAX (64u << 10)
#define DETAIL_MAX 2048 /* of a plan node */

static yyjson_val *get(yyjson_val *object, const char *key) { return yyjson_obj_get(object, key); }

struct plan_walk {
    struct emit *e;
    int64_t execution_id;
    bool is_final;
    int64_t next_id;
};

static void metric_row(struct emit *e, int64_t execution_id, int64_t node_id, yyjson_val *metric)
{
    struct engine_loader *l = emit_row(e, SPARK_T_PLAN_METRIC);
    if (!l)
        return;
    engine_load_i64(l, PLAN_METRIC_execution_id, execution_id);
    if (node_id >= 0)
        engine_load_i64(l, PLAN_METRIC_node_id, node_id);
    put_text(l, PLAN_METRIC_name, get(metric, "name"));
    put_int(l, PLAN_METRIC_accumulator_id, get(metric, "accumulatorId"));
    put_text(l, PLAN_METRIC_metric_type, get(metric, "metricType"));
    emit_row_end(e, l);
}

/* Numbers the nodes from the root, parents first. */
static void plan_rows(struct plan_walk *w, yyjson_val *node, int64_t parent, unsigned depth)
{
    if (!yyjson_is_obj(node) || depth > PLAN_DEPTH_MAX)
        return;
    int64_t id = w->next_id++;
    struct engine_loader *l = emit_row(w->e, SPARK_T_PLAN_NODE);
    if (!l)
        return;
    engine_load_i64(l, PLAN_NODE_execution_id, w->execution_id);
    engine_load_bool(l, PLAN_NODE_is_final, w->is_final);
    engine_load_i64(l, PLAN_NODE_node_id, id);
    if (parent >= 0)
        engine_load_i64(l, PLAN_NODE_parent_id, parent);
    put_text_max(l, PLAN_NODE_name, get(node, "nodeName"), DETAIL_MAX);
    put_text_max(l, PLAN_NODE_detail, get(node, "simpleString"), DETAIL_MAX);
    emit_row_end(w->e, l);
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(node, "metrics"));
    while ((item = yyjson_arr_iter_next(&it)))
        metric_row(w->e, w->execution_id, id, item);
    it = yyjson_arr_iter_with(get(node, "children"));
    while ((item = yyjson_arr_iter_next(&it)))
        plan_rows(w, item, id, depth + 1);
}

static void plan(struct emit *e, yyjson_val *event)
{
    yyjson_val *root = get(event, "sparkPlanInfo");
    struct plan_walk w = {.e = e};
    if (!yyjson_is_obj(root) || !val_i64(get(event, "executionId"), &w.execution_id))
        return;
    const char *text = yyjson_get_str(get(root, "simpleString"));
    w.is_final = !str_starts(text ? text : "", "AdaptiveSparkPlan isFinalPlan=false");
    plan_rows(&w, root, -1, 0);
}

/* Of the first plan: adaptive ones leave out what turned out to be empty. */
static void lineage(struct emit *e, yyjson_val *event)
{
    int64_t execution_id;
    yyjson_val *text = get(event, "physicalPlanDescription");
    if (val_i64(get(event, "executionId"), &execution_id))
        lineage_rows(e, execution_id, get(event, "sparkPlanInfo"), yyjson_get_str(text), yyjson_get_len(text));
}

void event_sql_start(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_SQL_EXECUTION_START);
    if (!l)
        return;
    char operation[64];
    yyjson_val *details = get(event, "details");
    put_int(l, SQL_EXECUTION_START_execution_id, get(event, "executionId"));
    put_int(l, SQL_EXECUTION_START_root_execution_id, get(event, "rootExecutionId"));
    put_ms(l, SQL_EXECUTION_START_started_at, get(event, "time"));
    put_text_max(l, SQL_EXECUTION_START_description, get(event, "description"), DESCRIPTION_MAX);
    put_text(l, SQL_EXECUTION_START_query_id, get(event, "queryId"));
    put_text_max(l, SQL_EXECUTION_START_job_group, get(event, "jobGroupId"), DESCRIPTION_MAX);
    put_json(l, SQL_EXECUTION_START_job_tags, get(event, "jobTags"));
    if (connect_operation(get(event, "jobTags"), operation))
        put_str(l, SQL_EXECUTION_START_connect_operation_id, operation);
    if (yyjson_is_str(details) && proto_text_field(e, yyjson_get_str(details), yyjson_get_len(details), "client_type"))
        put_str(l, SQL_EXECUTION_START_client_application, e->text.data);
    put_text_max(l, SQL_EXECUTION_START_plan_root, get(get(event, "sparkPlanInfo"), "nodeName"), DETAIL_MAX);
    emit_row_end(e, l);
    plan(e, event);
    lineage(e, event);
}

void event_sql_end(struct emit *e, yyjson_val *event)
{
    struct engine_loader *l = emit_row(e, SPARK_T_SQL_EXECUTION_END);
    if (!l)
        return;
    put_int(l, SQL_EXECUTION_END_execution_id, get(event, "executionId"));
    put_ms(l, SQL_EXECUTION_END_ended_at, get(event, "time"));
    put_text_max(l, SQL_EXECUTION_END_error_message, get(event, "errorMessage"), MESSAGE_MAX);
    emit_row_end(e, l);
}

void event_sql_adaptive(struct emit *e, yyjson_val *event) { plan(e, event); }

void event_sql_adaptive_metrics(struct emit *e, yyjson_val *event)
{
    int64_t execution_id;
    if (!val_i64(get(event, "executionId"), &execution_id))
        return;
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(event, "sqlPlanMetrics"));
    while ((item = yyjson_arr_iter_next(&it)))
        metric_row(e, execution_id, -1, item);
}

void event_driver_accumulators(struct emit *e, yyjson_val *event)
{
    yyjson_val *pair;
    yyjson_arr_iter it = yyjson_arr_iter_with(get(event, "accumUpdates"));
    while ((pair = yyjson_arr_iter_next(&it))) {
        int64_t value;
        if (!val_i64(yyjson_arr_get(pair, 1), &value))
            continue;
        struct engine_loader *l = emit_row(e, SPARK_T_DRIVER_METRIC);
        if (!l)
            return;
        put_int(l, DRIVER_METRIC_execution_id, get(event, "executionId"));
        put_int(l, DRIVER_METRIC_accumulator_id, yyjson_arr_get(pair, 0));
        engine_load_i64(l, DRIVER_METRIC_value, value);
        emit_row_end(e, l);
    }
}
