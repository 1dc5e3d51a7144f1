"""The delivered files of a lake, read without the program: of rows with the same natural key the later delivered holds."""

import datetime as dt
import json
import pathlib
import re
from decimal import Decimal

# Natural keys of the system tables; they match null-safe.
KEYS = {
    "__internal_logging/payload_logs": ["databricks_request_id"],
    "access/assistant_events": ["event_id"],
    "access/audit": ["event_id"],
    "access/clean_room_events": ["event_id"],
    "access/column_lineage": ["record_id"],
    "access/inbound_network": ["event_id"],
    "access/outbound_network": ["event_id"],
    "access/table_lineage": ["record_id"],
    "access/workspaces_latest": ["workspace_id"],
    "billing/account_prices": ["account_id", "sku_name", "cloud", "currency_code", "price_start_time"],
    "billing/list_prices": ["account_id", "sku_name", "cloud", "currency_code", "price_start_time"],
    "billing/usage": ["record_id"],
    "compute/clusters": ["workspace_id", "cluster_id", "change_time"],
    "compute/node_timeline": ["cluster_id", "instance_id", "start_time"],
    "compute/node_types": ["account_id", "node_type"],
    "compute/warehouse_events": ["workspace_id", "warehouse_id", "event_type", "event_time"],
    "compute/warehouses": ["workspace_id", "warehouse_id", "change_time"],
    "data_classification/results": ["catalog_name", "schema_name", "table_name", "column_name", "class_tag"],
    "data_quality_monitoring/table_results": ["catalog_name", "schema_name", "table_name", "event_time"],
    "identity/users": ["user_id"],
    "lakeflow/job_run_timeline": ["workspace_id", "run_id", "period_start_time"],
    "lakeflow/job_task_run_timeline": ["workspace_id", "run_id", "period_start_time"],
    "lakeflow/job_tasks": ["workspace_id", "job_id", "task_key", "change_time"],
    "lakeflow/jobs": ["workspace_id", "job_id", "change_time"],
    "lakeflow/pipeline_update_timeline": ["workspace_id", "update_id", "period_start_time"],
    "lakeflow/pipelines": ["workspace_id", "pipeline_id", "change_time"],
    "marketplace/listing_access_events": ["listing_id", "event_type", "event_time", "consumer_email"],
    "marketplace/listing_funnel_events": ["listing_id", "event_type", "event_time", "consumer_cloud", "consumer_region"],
    "mlflow/experiments_latest": ["workspace_id", "experiment_id"],
    "mlflow/run_metrics_history": ["record_id"],
    "mlflow/runs_latest": ["workspace_id", "run_id"],
    "query/history": ["statement_id"],
    "serving/endpoint_usage": ["databricks_request_id"],
    "serving/served_entities": ["served_entity_id", "change_time"],
    "sharing/materialization_history": ["sharing_materialization_id"],
    "storage/predictive_optimization_operations_history": ["operation_id"],
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def moment(text):
    """A time of JSON, UTC unless it says otherwise."""
    if text is None or isinstance(text, dt.datetime):
        return text
    at = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at.replace(tzinfo=dt.timezone.utc) if at.tzinfo is None else at.astimezone(dt.timezone.utc)


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line, parse_float=Decimal) for line in f]


class Lake:
    """Rows by system table. `_place` is where a row was delivered: name of the file, then line."""

    def __init__(self, root):
        self.root, self.rows = pathlib.Path(root), {}
        for table, key in KEYS.items():
            latest = {}
            for path in sorted((self.root / table).glob("*.jsonl"), key=lambda p: p.name.encode()):
                for n, row in enumerate(read_lines(path)):
                    row["_place"] = (path.name.encode(), n)
                    latest[tuple(self.key_value(row.get(k)) for k in key)] = row
            self.rows[table] = list(latest.values())

    @staticmethod
    def key_value(v):
        return moment(v) if isinstance(v, str) and MOMENT.fullmatch(v) else v

    def __getitem__(self, table):
        return self.rows[table]
