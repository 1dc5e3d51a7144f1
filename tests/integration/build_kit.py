"""A home folder and its refreshes, driven through tests/unit/build_drive, and writers of table folders in every format."""

import csv
import datetime as dt
import json
import os
import pathlib
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVE = pathlib.Path(os.environ.get("SECCHI_BUILD", ROOT / "build")) / "tests/unit/build_drive"
PACKS = ROOT / "packs/health"
# Every table of the pack is compared; which tables there must be is test_catalogue.py's business.
BRONZE = sorted(p.stem for p in PACKS.glob("bronze/*.sql"))
GOLD = sorted(p.stem for p in PACKS.glob("gold/*.sql") if "CREATE TABLE" in p.read_text())
STAMP = ["bronze_ingestion_timestamp"]
PLACE = STAMP + ["bronze_source_file", "bronze_source_seq"]


class Failed(Exception):
    def __init__(self, status, error, lines):
        super().__init__(json.dumps(error))
        self.status, self.error, self.lines = status, error, lines


class Home:
    """One warehouse; `sources` are folders by name."""

    def __init__(self, path, sources, packs=PACKS, settings=""):
        self.path, self.packs = pathlib.Path(path), pathlib.Path(packs)
        self.path.mkdir(parents=True, exist_ok=True)
        text = "version: 1\nsources:\n" + "".join(f"  - name: {n}\n    path: {p}\n" for n, p in sources.items()) + settings
        (self.path / "secchi.yaml").write_text(text)

    def drive(self, *args, check=True):
        p = subprocess.run([DRIVE, self.path, self.packs, *args], capture_output=True, text=True, timeout=300)
        lines = [json.loads(x) for x in p.stdout.splitlines()]
        if p.returncode and check:
            raise Failed(p.returncode, lines[-1] if lines else p.stderr, lines)
        return lines

    def refresh(self, *args):
        lines = self.drive("refresh", *args)
        return {x["step"]: x for x in lines if "step" in x}, next(x for x in lines if "run" in x)

    def query(self, sql):
        return self.drive("query", sql)

    def hashes(self, leave_out=STAMP, only=None):
        tables = only or [f"system_bronze.{t}" for t in BRONZE] + [f"system_gold.{t}" for t in GOLD]
        return self.drive("hash", ",".join(leave_out), *tables)[0]

    def findings(self, state="open"):
        return self.query(
            f"SELECT kind, severity, source, table_name, file, subject, text FROM secchi_ops.finding WHERE state = '{state}' ORDER BY kind, file, subject"
        )


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


def shown(value):
    """As the driver prints it."""
    if isinstance(value, dt.datetime):
        text = value.strftime("%Y-%m-%dT%H:%M:%S")
        return text + (f".{value.microsecond:06d}Z" if value.microsecond else "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


TYPES = {
    "statement_id": pa.string(),
    "workspace_id": pa.string(),
    "account_id": pa.string(),
    "execution_status": pa.string(),
    "total_duration_ms": pa.int64(),
    "read_io_cache_percent": pa.int8(),
    "from_result_cache": pa.bool_(),
    "statement_text": pa.string(),
    "start_time": pa.timestamp("us", "UTC"),
    "end_time": pa.timestamp("us", "UTC"),
    "compute": pa.struct([("type", pa.string()), ("cluster_id", pa.string()), ("warehouse_id", pa.string())]),
    "query_tags": pa.map_(pa.string(), pa.string()),
    "job_id": pa.string(),
    "run_id": pa.string(),
    "task_key": pa.string(),
    "period_start_time": pa.timestamp("us", "UTC"),
    "period_end_time": pa.timestamp("us", "UTC"),
    "result_state": pa.string(),
    "termination_code": pa.string(),
    "run_name": pa.string(),
    "trigger_type": pa.string(),
    "compute_ids": pa.list_(pa.string()),
    "job_run_id": pa.string(),
    "name": pa.string(),
    "change_time": pa.timestamp("us", "UTC"),
    "delete_time": pa.timestamp("us", "UTC"),
    "tags": pa.map_(pa.string(), pa.string()),
    "cluster_id": pa.string(),
    "cluster_name": pa.string(),
    "worker_count": pa.int64(),
    "dbr_version": pa.string(),
    "instance_id": pa.string(),
    "cpu_user_percent": pa.float64(),
    "network_sent_bytes": pa.int64(),
    "node_type": pa.string(),
    "core_count": pa.float64(),
    "memory_mb": pa.int64(),
    "user_id": pa.string(),
    "email": pa.string(),
    "synced_at": pa.timestamp("us", "UTC"),
    "active": pa.bool_(),
    "driver": pa.bool_(),
    "disk_free_bytes_per_mount_point": pa.map_(pa.string(), pa.int64()),
    "workspace_name": pa.string(),
    "depends_on_keys": pa.list_(pa.string()),
    "record_id": pa.string(),
    "event_time": pa.timestamp("us", "UTC"),
    "source_table_full_name": pa.string(),
    "target_table_full_name": pa.string(),
}


def json_value(v):
    if isinstance(v, dt.datetime):
        return v.isoformat()
    if isinstance(v, list) and v and isinstance(v[0], tuple):
        return dict(v)
    return v


def json_row(row):
    return json.dumps({k: json_value(v) for k, v in row.items() if v is not None}, ensure_ascii=False)


def write_jsonl(path, rows, mode="w"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, mode, encoding="utf-8") as f:
        f.writelines(json_row(r) + "\n" for r in rows)


def write_csv(path, rows):
    """NULL is an empty field, the empty string is quoted, nested values are JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(rows[0])

    def text(v):
        if v is None:
            return ""
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, dt.datetime):
            return v.isoformat()
        if isinstance(v, (dict, list)):
            v = json.dumps(json_value(v), ensure_ascii=False)
        return '"' + v.replace('"', '""') + '"' if isinstance(v, str) else str(v)

    lines = [",".join(names)] + [",".join(text(r[n]) for n in names) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def arrow_table(rows, types=None):
    types = types or TYPES
    return pa.table({n: pa.array([r.get(n) for r in rows], types.get(n, TYPES.get(n, pa.string()))) for n in rows[0]})


def write_parquet(path, rows, types=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow_table(rows, {**TYPES, **(types or {})}), path)


DELTA_TYPES = {pa.string(): "string", pa.int64(): "long", pa.int8(): "byte", pa.bool_(): "boolean", pa.float64(): "double"}


def delta_type(t):
    if pa.types.is_timestamp(t):
        return "timestamp"
    if pa.types.is_struct(t):
        return {"type": "struct", "fields": [{"name": f.name, "type": delta_type(f.type), "nullable": True, "metadata": {}} for f in t]}
    if pa.types.is_map(t):
        return {"type": "map", "keyType": delta_type(t.key_type), "valueType": delta_type(t.item_type), "valueContainsNull": True}
    if pa.types.is_list(t):
        return {"type": "array", "elementType": delta_type(t.value_type), "containsNull": True}
    return DELTA_TYPES[t]


def write_delta(path, commits):
    """A Delta table whose commits append rows; called again with more commits it goes on."""
    log = path / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    for version, rows in enumerate(commits):
        commit = log / f"{version:020d}.json"
        if commit.exists():
            continue
        table, name = arrow_table(rows), f"part-{version:05d}-secchi-c000.parquet"
        pq.write_table(table, path / name)
        actions = []
        if version == 0:
            fields = [{"name": f.name, "type": delta_type(f.type), "nullable": True, "metadata": {}} for f in table.schema]
            actions = [
                {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                {
                    "metaData": {
                        "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                        "format": {"provider": "parquet", "options": {}},
                        "schemaString": json.dumps({"type": "struct", "fields": fields}),
                        "partitionColumns": [],
                        "configuration": {},
                        "createdTime": 1,
                    }
                },
            ]
        actions.append(
            {"add": {"path": name, "partitionValues": {}, "size": os.path.getsize(path / name), "modificationTime": 1, "dataChange": True}}
        )
        commit.write_text("".join(json.dumps(a) + "\n" for a in actions))
