#include "server/private.h"

/* A row without a role does not compile. */
#define NEEDS_ROLE(r) \
    ((enum access_role)((r) + 0 * sizeof(struct { \
                                  _Static_assert((r) != ROLE_NONE, "a route needs a role"); \
                                  int unused; \
                              })))
#define ROUTE(METHOD, PATH, ROLE, CLASS, FLAGS, HANDLER, STATUS, SCHEMA, SUMMARY, PARAMS) \
    { \
        METHOD, PATH, NEEDS_ROLE(ROLE), CLASS, FLAGS, HANDLER, SUMMARY, SCHEMA, STATUS, PARAMS, ARRAY_LEN(PARAMS) - 1 \
    }

/* Lists end with an empty row, so that a route without parameters has one too. */
static const struct param none[] = {{0}};

static const struct param asset_params[] = {{"file", IN_PATH, PARAM_TEXT, true, 0, 255, NULL, NULL, "name of a file of the page"}, {0}};

static const struct param query_params[] = {
    {"sql", IN_BODY, PARAM_TEXT, true, 0, LIMIT_SQL_BYTES, NULL, NULL,
     "one SELECT, WITH, VALUES, SHOW or DESCRIBE statement in Databricks SQL"},
    {"params", IN_BODY, PARAM_OBJECT, false, 0, 0, NULL, NULL,
     "values of :name parameters: name to value, or to {\"type\", \"value\"} with type STRING, BIGINT, DOUBLE, BOOLEAN, DATE or TIMESTAMP"},
    {"max_rows", IN_BODY, PARAM_INT, false, 1, 1000000000, NULL, NULL, "rows at most; the default is the setting query.max_rows"},
    {"timeout_ms", IN_BODY, PARAM_INT, false, 1, 86400000, NULL, NULL, "milliseconds at most; the default is the setting query.timeout"},
    {"format", IN_BODY, PARAM_ENUM, false, 0, 0, "envelope", "envelope|json|jsonl|csv|arrow|parquet", "form of the result"},
    {"engine", IN_BODY, PARAM_ENUM, false, 0, 0, NULL, "duckdb|spark|databricks",
     "runs it there; the default is the setting engine.kind. Another engine is reached by engine.url and its like, and is not open to tenants"},
    {"show_sql", IN_BODY, PARAM_ENUM, false, 0, 0, NULL, "duckdb|spark|databricks",
     "runs nothing: the result is one row with the statement as this engine gets it"},
    {0},
};

#define TABLE_PARAM \
    { \
        "table", IN_PATH, PARAM_TEXT, true, 0, 3 * LIMIT_NAME_BYTES, NULL, NULL, "name, or schema.name" \
    }
static const struct param table_params[] = {TABLE_PARAM, {0}};
static const struct param rows_params[] = {
    TABLE_PARAM,
    {"limit", IN_QUERY, PARAM_INT, false, 1, 10000, "100", NULL, "rows at most"},
    {"offset", IN_QUERY, PARAM_INT, false, 0, 1000000000, "0", NULL, "rows to leave out first"},
    {0},
};

static const struct param object_params[] = {
    {"name", IN_PATH, PARAM_TEXT, true, 0, 6 * LIMIT_NAME_BYTES, NULL, NULL,
     "table, view, function, metric view, or a column, dimension or measure of one: fact_usage, system.billing.usage, fact_usage.list_cost"},
    {"depth", IN_QUERY, PARAM_INT, false, 0, 1000, "0", NULL, "levels of lineage in both directions; 0: all"},
    {0},
};

#define DASHBOARD_PARAM \
    { \
        "name", IN_PATH, PARAM_TEXT, true, 0, LIMIT_NAME_BYTES, NULL, NULL, "name of a dashboard" \
    }
static const struct param dashboard_params[] = {DASHBOARD_PARAM, {0}};
static const struct param dataset_params[] = {
    DASHBOARD_PARAM,
    {"dataset", IN_PATH, PARAM_TEXT, true, 0, LIMIT_NAME_BYTES, NULL, NULL, "name of a dataset of it"},
    {"parameters", IN_BODY, PARAM_OBJECT, false, 0, 0, NULL, NULL,
     "values of the dataset's parameters by keyword: a value, {\"values\": [..]} or {\"min\", \"max\"}; absent ones take their default"},
    {0},
};

static const struct param runs_params[] = {
    {"limit", IN_QUERY, PARAM_INT, false, 1, 1000, "20", NULL, "runs at most, the newest first"},
    {"before", IN_QUERY, PARAM_INT, false, 1, INT64_MAX, NULL, NULL, "only runs with a smaller id"},
    {0},
};
#define RUN_PARAM \
    { \
        "id", IN_PATH, PARAM_INT, true, 1, INT64_MAX, NULL, NULL, "number of a run" \
    }
static const struct param run_params[] = {RUN_PARAM, {0}};
static const struct param events_params[] = {
    RUN_PARAM,
    {"after", IN_QUERY, PARAM_INT, false, 0, INT64_MAX, "0", NULL,
     "only events with a larger number; the header Last-Event-ID means the same"},
    {0},
};
static const struct param run_start_params[] = {
    {"kind", IN_BODY, PARAM_ENUM, true, 0, 0, NULL, "setup|refresh", "what to run"},
    {"full", IN_BODY, PARAM_BOOL, false, 0, 0, "false", NULL, "build gold from all of bronze"},
    {"only", IN_BODY, PARAM_TEXTS, false, 0, 1000, NULL, NULL, "tables to build, with what they read"},
    {"as_of", IN_BODY, PARAM_TIME, false, 0, 0, NULL, NULL, "the time that counts as now"},
    {0},
};
static const struct param findings_params[] = {
    {"limit", IN_QUERY, PARAM_INT, false, 1, 10000, "100", NULL, "findings at most, the newest first"}, {0}};

static const struct param source_params[] = {
    {"path", IN_BODY, PARAM_TEXT, true, 0, LIMIT_PATH_BYTES, NULL, NULL, "folder on the server's machine, absolute"},
    {"name", IN_BODY, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, "name of the source; the default is the folder's"},
    {"kind", IN_BODY, PARAM_ENUM, false, 0, 0, "auto", "auto|folder|spark", "what the folder holds; auto looks"},
    {"workspace_id", IN_BODY, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, "workspace that rows of Spark event logs are given"},
    {"account_id", IN_BODY, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, "account that rows of Spark event logs are given"},
    {0},
};

#define RULE_PARAMS \
    {"table", IN_PATH, PARAM_TEXT, true, 0, LIMIT_NAME_BYTES, NULL, NULL, "bronze table, without schema"}, \
    { \
        "rule", IN_PATH, PARAM_TEXT, true, 0, 64, NULL, NULL, "name of the rule: a-z, 0-9 and _" \
    }
static const struct param rule_params[] = {RULE_PARAMS, {0}};
static const struct param rule_put_params[] = {
    RULE_PARAMS,
    {"constraint", IN_BODY, PARAM_TEXT, false, 1, LIMIT_SQL_BYTES, NULL, NULL,
     "condition in Databricks SQL that is true for a good row; a new rule needs one"},
    {"severity", IN_BODY, PARAM_ENUM, false, 0, 0, NULL, "critical|warning",
     "critical: failing rows go to quarantine; warning: they are kept and counted; a new rule is critical"},
    {"enabled", IN_BODY, PARAM_BOOL, false, 0, 0, NULL, NULL, "whether ingestion applies it; a new rule is"},
    {"description", IN_BODY, PARAM_TEXT, false, 0, 0, NULL, NULL, "what it is for"},
    {0},
};

#define COST_PERIOD(IN) \
    {"from", IN, PARAM_TIME, false, 0, 0, NULL, NULL, "first day of usage, absent: no bound"}, \
    { \
        "to", IN, PARAM_TIME, false, 0, 0, NULL, NULL, "last day of usage, inclusive; absent: no bound" \
    }
#define COST_TAG(IN) \
    { \
        "tag_key", IN, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, \
            "tag of the attribution `tag`; the default is the setting cost.tag_key" \
    }
static const struct param cost_params[] = {
    COST_PERIOD(IN_QUERY),
    {"by", IN_QUERY, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, "only this attribution"},
    COST_TAG(IN_QUERY),
    {0},
};
static const struct param cost_rows_params[] = {
    {"attribution", IN_PATH, PARAM_TEXT, true, 0, LIMIT_NAME_BYTES, NULL, NULL, "name of an attribution"},
    COST_PERIOD(IN_QUERY),
    COST_TAG(IN_QUERY),
    {"limit", IN_QUERY, PARAM_INT, false, 1, 50000, "1000", NULL, "rows at most"},
    {0},
};
static const struct param cost_invoice_params[] = {
    {"invoice", IN_BODY, PARAM_OBJECT, true, 0, 0, NULL, NULL,
     "{\"lines\": [{\"month\", \"workspace_id\", \"sku_name\", \"currency\", \"amount\"}, ..]}; month is YYYY-MM, amount a text, the others may be null in all lines"},
    {"prices", IN_BODY, PARAM_ENUM, false, 0, 0, "negotiated", "negotiated|list", "prices of the bill that the invoice is held against"},
    COST_PERIOD(IN_BODY),
    COST_TAG(IN_BODY),
    {0},
};

static const struct param token_params[] = {
    {"name", IN_BODY, PARAM_TEXT, true, 0, LIMIT_NAME_BYTES, NULL, NULL, "who or what the token is for"},
    {"role", IN_BODY, PARAM_ENUM, true, 0, 0, NULL, "reader|operator|administrator", "what it may do"},
    {"tenant", IN_BODY, PARAM_TEXT, false, 0, LIMIT_NAME_BYTES, NULL, NULL, "tenant whose rows it sees"},
    {"expires_at", IN_BODY, PARAM_TIME, false, 0, 0, NULL, NULL, "when it ends; absent: never"},
    {0},
};
static const struct param token_id_params[] = {{"id", IN_PATH, PARAM_INT, true, 1, INT64_MAX, NULL, NULL, "number of a token"}, {0}};
static const struct param backup_params[] = {
    {"path", IN_BODY, PARAM_TEXT, true, 0, LIMIT_PATH_BYTES, NULL, NULL, "folder on the server's machine that does not exist yet"}, {0}};
static const struct param restore_params[] = {
    {"path", IN_BODY, PARAM_TEXT, true, 0, LIMIT_PATH_BYTES, NULL, NULL, "folder that a backup made"}, {0}};

const struct route server_routes[] = {
    ROUTE("GET", "/", ROLE_PUBLIC, CLASS_FAST, 0, handle_root, 200, "Root", "The page for a browser; else name and version", none),
    ROUTE("GET", "/assets/{file}", ROLE_PUBLIC, CLASS_FAST, 0, handle_asset, 200, "application/octet-stream", "A file of the page",
          asset_params),
    ROUTE("GET", "/health", ROLE_PUBLIC, CLASS_READ, 0, handle_health, 200, "Health", "Health of every part; 503 when one is down", none),
    ROUTE("GET", "/healthz", ROLE_PUBLIC, CLASS_READ, 0, handle_healthz, 200, "Probe", "Whether engine and state store answer", none),
    ROUTE("GET", "/readyz", ROLE_PUBLIC, CLASS_READ, 0, handle_readyz, 200, "Probe", "Whether requests can be answered", none),
    ROUTE("GET", "/openapi.json", ROLE_PUBLIC, CLASS_READ, ROUTE_ETAG, handle_openapi, 200, "application/json", "This document", none),
    ROUTE("GET", "/api/v1/whoami", ROLE_READER, CLASS_READ, 0, handle_whoami, 200, "Principal", "Who the request is made as", none),
    ROUTE("POST", "/api/v1/query", ROLE_READER, CLASS_QUERY, 0, handle_query, 200, "Envelope", "Run one statement", query_params),
    ROUTE("GET", "/api/v1/tables", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_tables, 200, "Tables", "Tables and views", none),
    ROUTE("GET", "/api/v1/tables/{table}", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_table, 200, "TableDetail",
          "A table with its columns", table_params),
    ROUTE("GET", "/api/v1/tables/{table}/status", ROLE_READER, CLASS_READ, 0, handle_table_status, 200, "TableStatus",
          "How a table fares: rows, freshness, findings, rejected rows with samples, steps", table_params),
    ROUTE("GET", "/api/v1/tables/{table}/rows", ROLE_READER, CLASS_QUERY, 0, handle_table_rows, 200, "Envelope", "Rows of a table",
          rows_params),
    ROUTE("GET", "/api/v1/objects/{name}", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_object, 200, "Object",
          "What an object is: definition, columns, parameters, what it reads and what reads it, down to columns", object_params),
    ROUTE("GET", "/api/v1/dashboards", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_dashboards, 200, "Dashboards", "Dashboards", none),
    ROUTE("GET", "/api/v1/dashboards/{name}", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_dashboard, 200, "application/json",
          "A dashboard, as its .lvdash.json file", dashboard_params),
    ROUTE("POST", "/api/v1/dashboards/{name}/datasets/{dataset}", ROLE_READER, CLASS_QUERY, 0, handle_dataset, 200, "Dataset",
          "Rows of a dataset of a dashboard", dataset_params),
    ROUTE("GET", "/api/v1/status", ROLE_READER, CLASS_READ, 0, handle_status, 200, "Status",
          "Runs, tables, sources, findings and checks at a glance", none),
    ROUTE("GET", "/api/v1/findings", ROLE_READER, CLASS_READ, 0, handle_findings, 200, "Findings",
          "What a person should know about sources and data", findings_params),
    ROUTE("GET", "/api/v1/runs", ROLE_READER, CLASS_READ, 0, handle_runs, 200, "Runs", "History of refreshes", runs_params),
    ROUTE("POST", "/api/v1/runs", ROLE_OPERATOR, CLASS_CHANGE, 0, handle_run_start, 202, "RunStarted",
          "Start a refresh; 409 when one is going on", run_start_params),
    ROUTE("GET", "/api/v1/runs/{id}", ROLE_READER, CLASS_READ, 0, handle_run, 200, "RunDetail", "A run with its steps", run_params),
    ROUTE("DELETE", "/api/v1/runs/{id}", ROLE_OPERATOR, CLASS_CHANGE, 0, handle_run_cancel, 202, "Done", "Cancel a run", run_params),
    ROUTE("GET", "/api/v1/runs/{id}/events", ROLE_READER, CLASS_READ, ROUTE_STREAM, handle_run_events, 200, "text/event-stream",
          "Progress of a run until it has ended", events_params),
    ROUTE("POST", "/api/v1/sources", ROLE_ADMINISTRATOR, CLASS_CHANGE, ROUTE_ALONE, handle_source_add, 201, "Source",
          "Add a source to secchi.yaml and open it", source_params),
    ROUTE("GET", "/api/v1/rules", ROLE_READER, CLASS_READ, 0, handle_rules, 200, "Rules",
          "Quality rules that ingestion applies, with their newest results", none),
    ROUTE("PUT", "/api/v1/rules/{table}/{rule}", ROLE_ADMINISTRATOR, CLASS_CHANGE, 0, handle_rule_put, 200, "RuleChanged",
          "Make or change a rule; what is not given stays as it is. It holds from the next load on", rule_put_params),
    ROUTE("DELETE", "/api/v1/rules/{table}/{rule}", ROLE_ADMINISTRATOR, CLASS_CHANGE, 0, handle_rule_remove, 200, "Done",
          "Take a rule away that came with no pack", rule_params),
    ROUTE("GET", "/api/v1/cost/attributions", ROLE_READER, CLASS_READ, ROUTE_ETAG, handle_cost_attributions, 200, "CostAttributions",
          "Ways to attribute cost", none),
    ROUTE("GET", "/api/v1/cost/attributions/{attribution}", ROLE_READER, CLASS_QUERY, 0, handle_cost_rows, 200, "CostRows",
          "Cost of a period by the keys of an attribution, what is left over included", cost_rows_params),
    ROUTE("GET", "/api/v1/cost/reconciliation", ROLE_READER, CLASS_QUERY, 0, handle_cost_reconciliation, 200, "CostReconciliation",
          "Every attribution against the bill, with the cause of each difference", cost_params),
    ROUTE("POST", "/api/v1/cost/invoice", ROLE_READER, CLASS_QUERY, 0, handle_cost_invoice, 200, "CostInvoice",
          "An invoice against the bill, with the likely cause of each difference", cost_invoice_params),
    ROUTE("GET", "/api/v1/tokens", ROLE_ADMINISTRATOR, CLASS_READ, 0, handle_tokens, 200, "Tokens", "Tokens, without their secrets", none),
    ROUTE("POST", "/api/v1/tokens", ROLE_ADMINISTRATOR, CLASS_CHANGE, 0, handle_token_create, 201, "TokenCreated",
          "Make a token; its secret is shown only here", token_params),
    ROUTE("DELETE", "/api/v1/tokens/{id}", ROLE_ADMINISTRATOR, CLASS_CHANGE, 0, handle_token_revoke, 200, "Done", "Revoke a token",
          token_id_params),
    ROUTE("POST", "/api/v1/backup", ROLE_ADMINISTRATOR, CLASS_CHANGE, 0, handle_backup, 200, "Done",
          "Copy warehouse, state, settings and packs while serving", backup_params),
    ROUTE("POST", "/api/v1/restore", ROLE_ADMINISTRATOR, CLASS_CHANGE, ROUTE_ALONE, handle_restore, 200, "Done",
          "Take a backup in place of what is there", restore_params),
    ROUTE("POST", "/api/v1/stop", ROLE_ADMINISTRATOR, CLASS_CHANGE, ROUTE_LOCAL, handle_stop, 202, "Done",
          "End the server; only on the Unix socket", none),
};
const size_t server_route_count = ARRAY_LEN(server_routes);

static const struct {
    const char *name, *limit;
} classes[] = {
    [CLASS_FAST] = {"fast", NULL},
    [CLASS_READ] = {"read", "rate_limit.read"},
    [CLASS_QUERY] = {"query", "rate_limit.query"},
    [CLASS_CHANGE] = {"change", "rate_limit.change"},
};

const char *route_class_name(enum route_class c) { return classes[c].name; }
const char *route_class_limit(enum route_class c) { return classes[c].limit; }

/* ---- matching --------------------------------------------------------------------------------------------- */

/* True when the path has the form of the pattern; up to max values of placeholders are pointed out. */
static bool matches(const char *pattern, const char *path, const char **starts, size_t *lens, size_t max, size_t *ret_count)
{
    size_t n = 0;
    while (*pattern) {
        if (*pattern == '{') {
            size_t len = strcspn(path, "/");
            if (!len || n == max)
                return false;
            starts[n] = path;
            lens[n++] = len;
            pattern += strcspn(pattern, "}") + 1;
            path += len;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    *ret_count = n;
    return !*path;
}

#define MAX_PLACEHOLDERS 4

static int unknown_path(const char *path, struct error *err)
{
    const char *paths[ARRAY_LEN(server_routes)];
    for (size_t i = 0; i < server_route_count; i++)
        paths[i] = server_routes[i].path;
    error_set(err, ERROR_NOT_FOUND, "there is no route %.200s", path);
    const char *near = nearest_name(path, paths, server_route_count);
    if (near)
        error_hint(err, "did you mean %s?", near);
    else
        error_hint(err, "GET /openapi.json lists all");
    return ERROR_NOT_FOUND;
}

int route_find(const char *method, const char *path, struct arena *a, const struct route **ret, const char ***ret_values,
               const char **ret_allow, struct error *err)
{
    const char *starts[MAX_PLACEHOLDERS];
    size_t lens[MAX_PLACEHOLDERS], count;
    const char *wanted = str_eq(method, "HEAD") ? "GET" : method, *allow = NULL;
    for (size_t i = 0; i < server_route_count; i++) {
        const struct route *r = &server_routes[i];
        if (!matches(r->path, path, starts, lens, MAX_PLACEHOLDERS, &count))
            continue;
        if (!str_eq(r->method, wanted)) {
            allow = arena_printf(a, "%s%s%s%s", allow ? allow : "", allow ? ", " : "", r->method, str_eq(r->method, "GET") ? ", HEAD" : "");
            continue;
        }
        const char **values = arena_alloc(a, (count + 1) * sizeof(*values));
        for (size_t v = 0; v < count; v++)
            values[v] = arena_strndup(a, starts[v], lens[v]);
        *ret = r;
        *ret_values = values;
        return 0;
    }
    *ret_allow = allow;
    if (!allow)
        return unknown_path(path, err);
    error_set(err, ERROR_USAGE, "%.200s does not take %.20s", path, method);
    error_hint(err, "it takes %s", allow);
    return ERROR_USAGE;
}
