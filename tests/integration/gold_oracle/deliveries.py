"""A simulated lake with rows that a simulation has none of, in files of later deliveries: (stage, file, rows)."""

import base64
import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
from lake_kit import tables

from .lake import KEYS, MOMENT, read_lines

START, USD, EUR = dt.datetime(2026, 1, 1), "USD", "EUR"


def at(day, hour=0, minute=0, second=0):
    return (START + dt.timedelta(days=day, hours=hour, minutes=minute, seconds=second)).isoformat(" ")


# ---- prices: days are counted from 1 January; 31 is the month end ---------------------------------------------------


def price(sku, begin, end, amount, currency=USD, account=None, cloud="AWS", unit="DBU", effective=None):
    pricing = {"default": Decimal(amount)}
    if effective:
        pricing |= {"promotional": {"default": Decimal(effective)}, "effective_list": {"default": Decimal(effective)}}
    return {
        "account_id": account,
        "sku_name": sku,
        "cloud": cloud,
        "currency_code": currency,
        "usage_unit": unit,
        "price_start_time": at(begin),
        "price_end_time": None if end is None else at(end),
        "pricing": pricing,
    }


LIST_PRICES = [
    price("OVERLAP", 0, 31, "0.5"),
    price("OVERLAP", 20, 40, "0.55"),  # begins later, so it holds while both are in force
    price("OVERLAP", 31, None, "0.6"),
    price("OVERLAP", 25, 28, "0.51", account="A1"),  # the account's own goes before that of all
    price("OVERLAP", 0, None, "0.4567891", EUR),
    price("GAP", 0, 10, "0.1"),
    price("GAP", 20, None, "0.2", effective="0.15"),
    price("GAP", 20, None, "0.3", cloud="AZURE"),
    price("UNITS", 0, None, "1.25", unit="GB"),
    price("UNITS", 5, None, "1.75", unit=None),
    price("FRANCS", 0, None, "2", "CHF"),
    price("FRANCS", 0, None, "3", "AUD"),
    price("UNUSED", 0, None, "9", cloud="GCP", unit="HOUR"),
]
ACCOUNT_PRICES = [
    price("OVERLAP", 10, 33, "0.4123456789", EUR, "A1"),
    price("OVERLAP", 30, None, "0.42", USD, "A2"),
    price("OVERLAP", 22, 24, "0.39", USD, "A1"),  # two currencies are negotiated: USD goes first
    price("FRANCS", 15, None, "1.5", "CHF", "A1"),
    price("ONLY_NEGOTIATED", 0, None, "7.1234567891", EUR, "A2", unit="GB"),
]
LATER_LIST_PRICES = [
    price("GAP", 0, 12, "0.11"),  # the period is longer than it was first said to be
    price("OVERLAP", 2, 6, "0.45"),  # comes late and is priced into usage that is there
]
LATER_ACCOUNT_PRICES = [price("OVERLAP", 32, 34, "0.41", USD, "A2"), price("FRANCS", 1, 3, "0.7", "AUD", "A1")]


def usages():
    rows = []
    for sku in ["OVERLAP", "GAP", "UNITS", "FRANCS", "ONLY_NEGOTIATED", "UNPRICED", None]:
        for account in ["A1", "A2", "A3"]:
            for cloud, unit in [("AWS", "DBU"), ("AWS", "GB"), ("AZURE", "DBU")]:
                for day, hour in [(1, 5), (2, 0), (6, 0), (9, 23), (10, 0), (19, 23), (20, 0), (23, 7), (26, 0), (30, 23), (31, 0), (33, 0), (40, 0), (50, 0)]:
                    n = len(rows)
                    quantity = Decimal((n * 7919 + 13) % 10**6).scaleb(-(n % 11)) * (-1 if n % 5 == 0 else 1)
                    rows.append(
                        {
                            "account_id": account,
                            "workspace_id": "W",
                            "record_id": f"hand-{n}",
                            "sku_name": sku,
                            "cloud": cloud,
                            "usage_unit": unit,
                            "usage_start_time": at(day, hour, 59 if hour == 23 else 0, 59 if hour == 23 else 0),
                            "usage_end_time": at(day, hour + 1),
                            "usage_date": at(day)[:10],
                            "usage_quantity": quantity,
                            "record_type": ["RETRACTION", "ORIGINAL", "RESTATEMENT", None][n % 5 % 4],
                            "custom_tags": [None, {}, {"team": "x"}, {"a": "1", "b": "2"}][n % 4],
                            "usage_metadata": {"job_id": "J", "node_type": "m5d.large"} if n % 3 else None,
                            "product_features": {"is_photon": n % 2 == 0},
                        }
                    )
    return rows


# ---- runs over slices -----------------------------------------------------------------------------------------------


def slices(id_name, run, begin, lengths, **ending):
    """Slices of a run that begins at a time and is cut at each full hour; `ending` holds for the last."""
    rows, time = [], START + begin
    for n, minutes in enumerate(lengths):
        end = time + dt.timedelta(minutes=minutes)
        rows.append(
            {
                "account_id": "A1",
                "workspace_id": "W",
                "job_id": "J",
                "pipeline_id": "P",
                id_name: run,
                "period_start_time": time.isoformat(" "),
                "period_end_time": end.isoformat(" "),
                "trigger_type": "CRON",
                **(ending if n == len(lengths) - 1 else {}),
            }
        )
        time = end
    return rows


def long_runs(id_name):
    """Over midnight, over the month end, one that runs on, one whose slice has no end yet, one that runs again, one that ended otherwise."""
    begin = dt.timedelta
    good = "COMPLETED" if id_name == "update_id" else "SUCCEEDED"
    repaired = slices(id_name, "repaired", begin(days=30, hours=20), [60, 30])
    repaired[0]["result_state"] = "FAILED"  # and the tasks that failed run once more: it has not ended
    return {
        "repaired": repaired,
        "midnight": slices(id_name, "midnight", begin(days=3, hours=22, minutes=30), [30, 60, 60, 5], result_state=good, termination_code="SUCCESS"),
        "month": slices(id_name, "month", begin(days=30, hours=21, minutes=10, seconds=7), [50, 60, 60, 60, 3], result_state="FAILED"),
        "running": slices(id_name, "running", begin(days=31, hours=1, minutes=1), [59, 60]),
        "open": slices(id_name, "open", begin(days=31, hours=2), [60, 60], period_end_time=None),
        "short": slices(id_name, "short", begin(days=31, hours=2, minutes=3, seconds=1), [0], result_state="CANCELED"),
        "skipped": slices(id_name, "skipped", begin(days=4), [60, 0], result_state="SKIPPED", termination_code="SKIPPED"),
    }


def run_deliveries(table, id_name, more):
    """Slices come in any order; the running one goes on, another turns out to have failed."""
    runs = long_runs(id_name)
    for r in [r for rows in runs.values() for r in rows]:
        r |= more(r)
    first, second = [], []
    for n, row in enumerate(r for rows in runs.values() for r in rows):
        (first if n % 3 else second).append(row)
    corrected = {**runs["midnight"][-1], "result_state": "FAILED", "termination_code": "RUN_EXECUTION_ERROR"}
    onward = slices(id_name, "running", dt.timedelta(days=31, hours=3), [60, 21], result_state="TIMEDOUT")
    yield 1, f"{table}/2026-01-02-slices.jsonl", first
    yield 2, f"{table}/2026-01-01-slices.jsonl", second
    yield 2, f"{table}/z-corrected-slices.jsonl", [corrected, *({**r, **more(r)} for r in onward)]


def of_job(row):
    hour = int(row["period_start_time"][11:13])
    return {
        "run_name": [None, "nightly", "nightly, renamed"][hour % 3],
        "run_type": "JOB_RUN",
        "compute_ids": [None, [], ["c2", "c1"], ["c1"]][hour % 4],
        "job_parameters": [None, {"job": {"day": str(hour)}}][hour % 2],
    }


def of_task(row):
    hour = int(row["period_start_time"][11:13])
    return {"task_key": "load", "job_run_id": "month", "parent_run_id": None, "compute_ids": [["w1"], None, ["c9", "w1"]][hour % 3]}


def of_update(row):
    hour = int(row["period_start_time"][11:13])
    return {
        "update_type": "REFRESH",
        "compute": {"type": "SERVERLESS", "cluster_id": None} if hour % 2 else None,
        "trigger_details": {"job_task": {"job_id": "J", "job_task_run_id": str(hour)}} if hour % 3 else None,
        "refresh_selection": [{"table_catalog": "c", "table_schema": "s", "table_name": f"t{hour}"}] if hour % 4 else None,
        "reset_checkpoint_selection": ["a", "b"] if hour % 5 else None,
    }


# ---- configurations over time ---------------------------------------------------------------------------------------

CONFIGURED = {
    "compute/clusters": ("cluster_id", "cluster_name"),
    "compute/warehouses": ("warehouse_id", "warehouse_name"),
    "lakeflow/jobs": ("job_id", "name"),
    "lakeflow/pipelines": ("pipeline_id", "name"),
    "lakeflow/job_tasks": ("task_key", "job_id"),
    "serving/served_entities": ("served_entity_id", "entity_name"),
}


def version(table, name, day, text, **more):
    key, label = CONFIGURED[table]
    row = {"account_id": "A1", "workspace_id": "W", "job_id": "J", "change_time": at(day), "tags": {"v": text}, label: text, key: name, **more}
    return row if table != "lakeflow/job_tasks" else {**row, "job_id": "J", "depends_on_keys": [text]}


def config_deliveries(table):
    """Versions come out of order; the same moment is delivered twice; two objects change at once; one is deleted and made again."""
    yield 1, f"{table}/2026-01-20-changes.jsonl", [
        version(table, "x1", 10, "second"),
        version(table, "x1", 30, "fourth"),
        version(table, "x2", 10, "first"),
        version(table, "x3", 5, "first", delete_time=at(5)),
        version(table, "x4", 31, "only"),
    ]
    yield 2, f"{table}/2026-01-10-late.jsonl", [
        version(table, "x1", 0, "first"),
        version(table, "x1", 20, "third"),
        version(table, "x1", 10, "delivered under an earlier name: does not count"),
        version(table, "x3", 7, "second"),
    ]
    yield 2, f"{table}/z-again.jsonl", [
        version(table, "x2", 10, "first, corrected"),
        version(table, "x2", 10, "first, corrected again"),
        version(table, "x1", 31, "fifth"),
    ]


def other_deliveries():
    point = {"account_id": "A1", "workspace_id": "W", "experiment_id": "E", "run_id": "R", "metric_name": "loss"}
    metric = {**point, "metric_time": at(30, 23), "metric_step": 1}
    yield 1, "mlflow/run_metrics_history/2026-01-31-points.jsonl", [
        {**metric, "record_id": "m1", "insert_time": at(30, 23), "metric_value": 0.5},
        {**metric, "record_id": "m2", "insert_time": at(31, 1), "metric_value": 0.25},
        {**metric, "record_id": "m3", "insert_time": at(31, 0), "metric_value": 0.75, "metric_step": 2},
    ]
    yield 2, "mlflow/run_metrics_history/z-points.jsonl", [
        {**metric, "record_id": "m2", "insert_time": at(31, 1), "metric_value": 0.125, "metric_step": 3},
        {**metric, "record_id": "m4", "insert_time": at(31, 2), "metric_value": 1.5, "metric_step": 2},
        {**metric, "record_id": "m5", "insert_time": at(31, 2), "metric_value": 2.5, "metric_step": 2},
    ]
    yield 1, "compute/node_types/2026-01-31-accounts.jsonl", [
        {"account_id": "A2", "node_type": "m5d.large", "core_count": 4.0, "memory_mb": 1, "gpu_count": 1},
        {"account_id": "A0", "node_type": "new.large", "core_count": 8.5, "memory_mb": 2, "gpu_count": 0},
    ]
    yield 2, "compute/node_types/z-accounts.jsonl", [{"account_id": "A1", "node_type": "new.large", "core_count": 9.0, "memory_mb": 3, "gpu_count": 0}]
    answers = [None, {"status_code": 399}, {"status_code": 400}, {"error_message": "no"}, {"status_code": 200, "error_message": ""}]
    names = ["createGrant", "REVOKE", "list", "getSecretScope", "tokenLogin"]
    yield 1, "access/audit/2026-01-31-risks.jsonl", [
        {"event_id": f"hand-{n}", "event_time": at(30, n), "action_name": name, "response": answer, "request_params": {"k": str(n)}, "account_id": "A1"}
        for n, (name, answer) in enumerate((a, b) for a in names for b in answers)
        if n < 24
    ]


def hand_made():
    yield 1, "billing/list_prices/2026-01-30-hand.jsonl", LIST_PRICES
    yield 1, "billing/account_prices/2026-01-30-hand.jsonl", ACCOUNT_PRICES
    yield 1, "billing/usage/2026-01-30-hand.jsonl", usages()[::2]
    yield 2, "billing/usage/2026-01-29-hand.jsonl", usages()[1::2]
    yield 2, "billing/usage/z-hand.jsonl", [{**r, "usage_quantity": Decimal("12345.678901234567"), "sku_name": "GAP"} for r in usages()[::40]]
    yield 2, "billing/list_prices/z-hand.jsonl", LATER_LIST_PRICES
    yield 2, "billing/account_prices/z-hand.jsonl", LATER_ACCOUNT_PRICES
    yield from run_deliveries("lakeflow/job_run_timeline", "run_id", of_job)
    yield from run_deliveries("lakeflow/job_task_run_timeline", "run_id", of_task)
    yield from run_deliveries("lakeflow/pipeline_update_timeline", "update_id", of_update)
    for table in CONFIGURED:
        yield from config_deliveries(table)
    yield from other_deliveries()
    yield from filled_deliveries()


# ---- every column filled -------------------------------------------------------------------------------------------


def filled(name, t, n):
    """A value of the type, whatever depth it has; one field in five of an object is null."""
    if pa.types.is_struct(t):
        return {f.name: None if (i + n) % 5 == 4 else filled(f.name, f.type, n + i) for i, f in enumerate(t)}
    if pa.types.is_map(t):
        return {f"{name} {k}": filled(name, t.item_type, n + k) for k in range(2)}
    if pa.types.is_list(t):
        return [filled(name, t.value_type, n + k) for k in range(2)]
    if pa.types.is_timestamp(t):
        return at(n % 25 + (25 if "end" in name else 0), n % 24, 7)
    if pa.types.is_date(t):
        return at(n % 25)[:10]
    if pa.types.is_boolean(t):
        return n % 2 == 0
    if pa.types.is_integer(t):
        return n % 100
    if pa.types.is_decimal(t):
        return Decimal(n * 37 + 1).scaleb(-4)
    if pa.types.is_floating(t):
        return n + 0.25
    return base64.b64encode(name.encode()).decode() if pa.types.is_binary(t) else f'{name} "{n}" \\ ä'


def filled_rows(table, numbers):
    return [{name: filled(name, t, n + (0 if name in table.keys else i)) for i, (name, t) in enumerate(table.types.items())} for n in numbers]


def filled_deliveries():
    for table in tables():
        yield 1, f"{table.folder}/2026-01-31-filled.jsonl", filled_rows(table, range(4))
        yield 2, f"{table.folder}/z-filled.jsonl", filled_rows(table, range(4, 6))


# ---- rows of the simulation once more -------------------------------------------------------------------------------


def changed(row, key, note):
    """Another value in all that is neither key nor time."""
    out = {}
    for name, v in row.items():
        if name in key or v is None or (isinstance(v, str) and (MOMENT.fullmatch(v) or name.endswith("_date"))):
            out[name] = v
        elif isinstance(v, bool):
            out[name] = not v
        elif isinstance(v, (int, Decimal)):
            out[name] = v + 1
        elif isinstance(v, str):
            out[name] = f"{v} {note}"
        else:
            out[name] = changed(v, [], note) if isinstance(v, dict) else v
    return out


def corrections(table, rows):
    """Some rows once more as they are, some corrected, some in a file whose name makes it an earlier delivery than theirs."""
    key = KEYS[table]
    yield 2, f"{table}/z-corrections.jsonl", [*rows[:3], *(changed(r, key, "corrected") for r in rows[1::7][:20])]
    yield 2, f"{table}/0-outdated.jsonl", [changed(r, key, "outdated") for r in rows[::5][:20]]


# ---- writing --------------------------------------------------------------------------------------------------------


def write(root, name, rows):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    assert not path.exists(), f"{name} is delivered twice"
    path.write_text("".join(json_line(r) for r in rows), encoding="utf-8")


def json_line(row):
    """JSON with decimals as plain numbers, digit by digit."""
    decimals = []

    def hold(v):
        decimals.append(format(v, "f"))
        return f"\0{len(decimals) - 1}\0"

    parts = json.dumps({k: v for k, v in row.items() if k != "_place"}, default=hold, ensure_ascii=False).split('"\\u0000')
    out = parts[0]
    for part in parts[1:]:
        n, rest = part.split('\\u0000"', 1)
        out += decimals[int(n)] + rest
    return out + "\n"


def deliver(simulated, root, stage):
    """The files of a stage into the source: 1 is the first half of the simulated days, 2 the rest; hand-made rows with both."""
    files = sorted(simulated.glob("*/*/*.jsonl"))
    days = sorted({f.name for f in files})
    first = set(days[: (len(days) + 1) // 2])
    for f in files:
        if (f.name in first) == (stage == 1):
            path = root / f.relative_to(simulated)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f.read_bytes())
    made = list(hand_made())
    for table in KEYS:
        made += corrections(table, [r for f in files if str(f.parent.relative_to(simulated)) == table for r in read_lines(f)])
    for when, name, rows in made:
        if when == stage:
            write(root, name, rows)
