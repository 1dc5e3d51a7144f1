#include "export/private.h"

/* resources/jobs.yml: a job a stage, a task a file, and the orchestrator that runs them all every night. */

#define MAX_TASKS 1000 /* of a job of Databricks */

static const struct {
    const char *name, *comment;
} jobs[] = {
    {"bronze_setup_job", "makes the bronze tables and the bookkeeping that are not there yet"},
    {"gold_setup_job", "makes the gold tables that are not there yet, and the views anew"},
    {"gold_merge_job", "fills bronze from the system tables, and gold from what is new in bronze"},
    {"tvf_deployment_job", "makes the table functions anew"},
    {"metric_view_deployment_job", "makes the metric views anew"},
};

/* Stages run one after another; functions and metric views do not wait for the fills, whose failure is that of the run. */
static const struct {
    const char *job, *after;
} stages[] = {
    {"bronze_setup_job", NULL},
    {"gold_setup_job", "bronze_setup_job"},
    {"gold_merge_job", "gold_setup_job"},
    {"tvf_deployment_job", "gold_setup_job"},
    {"metric_view_deployment_job", "tvf_deployment_job"},
};

static bool has_task(const struct bundle *b, const char *job, const char *key)
{
    for (size_t i = 0; i < b->tasks.len; i++)
        if (str_eq(b->tasks.items[i].job, job) && str_eq(b->tasks.items[i].key, key))
            return true;
    return false;
}

static void put_task(const struct bundle *b, const struct export_task *t, struct buf *out)
{
    bool first = true;
    buf_printf(out, "        - task_key: %s\n", t->key);
    for (size_t i = 0; i < t->after_count; i++) {
        if (!has_task(b, t->job, t->after[i]))
            continue;
        buf_printf(out, "%s            - task_key: %s\n", first ? "          depends_on:\n" : "", t->after[i]);
        first = false;
    }
    buf_printf(out,
               "          sql_task:\n            warehouse_id: ${var.warehouse_id}\n            file:\n              path: ../%s\n"
               "              source: WORKSPACE\n",
               t->path);
}

static void put_head(const char *name, const char *comment, struct buf *out)
{
    buf_printf(
        out,
        "    %s:\n      name: secchi_%s\n      description: secchi - %s\n      max_concurrent_runs: 1\n      queue:\n        enabled: true\n",
        name, name, comment);
}

static void put_job(const struct bundle *b, const char *name, const char *comment, struct buf *out)
{
    put_head(name, comment, out);
    buf_puts(out, "      parameters:\n"
                  "        - name: catalog\n          default: ${var.catalog}\n"
                  "        - name: bronze_schema\n          default: ${resources.schemas.bronze.name}\n"
                  "        - name: gold_schema\n          default: ${resources.schemas.gold.name}\n"
                  "        - name: ops_schema\n          default: ${resources.schemas.ops.name}\n"
                  "        - name: full\n          default: \"false\"\n"
                  "      tasks:\n");
    for (size_t i = 0; i < b->tasks.len; i++)
        if (str_eq(b->tasks.items[i].job, name))
            put_task(b, &b->tasks.items[i], out);
}

/* Without a pause_status: one that is told would go before the preset of the target dev. */
static void put_orchestrator(struct buf *out)
{
    put_head("master_refresh_orchestrator", "tables, fills, functions and metric views, every night", out);
    buf_puts(out, "      schedule:\n        quartz_cron_expression: 0 0 2 * * ?\n        timezone_id: UTC\n      tasks:\n");
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        buf_printf(out, "        - task_key: %s\n", stages[i].job);
        if (stages[i].after)
            buf_printf(out, "          depends_on:\n            - task_key: %s\n", stages[i].after);
        buf_printf(out, "          run_job_task:\n            job_id: ${resources.jobs.%s.id}\n", stages[i].job);
    }
}

int export_jobs(struct bundle *b, struct error *err)
{
    struct buf out CLEANUP(buf_free);
    buf_init(&out, EXPORT_FILE_BYTES);
    buf_puts(&out, "# Made by `secchi export databricks`.\nresources:\n  jobs:\n");
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        size_t count = 0;
        for (size_t j = 0; j < b->tasks.len; j++)
            count += str_eq(b->tasks.items[j].job, jobs[i].name);
        if (count == 0 || count > MAX_TASKS)
            return error_set(err, ERROR_LIMIT, "the job %s would have %zu tasks; Databricks takes 1 to %d", jobs[i].name, count, MAX_TASKS);
        put_job(b, jobs[i].name, jobs[i].comment, &out);
    }
    put_orchestrator(&out);
    export_add_file(b, "resources/jobs.yml", out.data);
    return 0;
}
