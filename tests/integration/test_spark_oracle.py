"""Event logs against Spark's own history server (tests/data/oracles/*.json), against plain Python over the same logs, and
against themselves when read in pieces. land_logs (tests/unit) lands and derives with the real engine."""
import collections
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAND = pathlib.Path(os.environ.get("SECCHI_BUILD", ROOT / "build")) / "tests/unit/land_logs"
LOGS = ROOT / "tests/data/eventlogs"
ORACLES = LOGS.parent / "oracles"
SQL = ROOT / "packs/health/sources/spark"
DOC = ROOT / "docs/spark-event-logs.md"
NAMES = sorted(p.stem for p in ORACLES.glob("*.json"))
TABLES = sorted(p.stem for p in SQL.glob("*.sql") if p.stem != "landing")
KEYS = {
    "query.history": ["statement_id"],
    "lakeflow.job_run_timeline": ["workspace_id", "run_id", "period_start_time"],
    "lakeflow.job_task_run_timeline": ["workspace_id", "run_id", "period_start_time"],
    "lakeflow.jobs": ["workspace_id", "job_id", "change_time"],
    "lakeflow.job_tasks": ["workspace_id", "job_id", "task_key", "change_time"],
    "compute.clusters": ["workspace_id", "cluster_id", "change_time"],
    "compute.node_timeline": ["cluster_id", "instance_id", "start_time"],
    "compute.node_types": ["account_id", "node_type"],
    "access.table_lineage": ["record_id"],
    "access.column_lineage": ["record_id"],
    "access.workspaces_latest": ["workspace_id"],
    "identity.users": ["user_id"],
}
PLACE = ["bronze_source_file", "bronze_source_seq"]


def rows_of(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def land(source, out, steps=None):
    command = [str(LAND), str(ROOT / "packs"), str(source), str(out)]
    if steps:
        (out / "steps").write_text("".join(f"{s}\n" for s in steps))
        command.append(str(out / "steps"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


class Landed:
    """Tables of one source, read when asked for."""

    def __init__(self, out):
        self.out, self.tables = out, {}

    def __getitem__(self, table):
        if table not in self.tables:
            self.tables[table] = rows_of(self.out / f"{table}.jsonl")
        return self.tables[table]


@pytest.fixture(scope="session")
def landed(tmp_path_factory):
    done = {}

    def get(name):
        if name not in done:
            out = tmp_path_factory.mktemp(name)
            land(LOGS / name, out)
            done[name] = Landed(out)
        return done[name]

    return get


def applications(name):
    return json.loads((ORACLES / f"{name}.json").read_text())["applications"]


def log_of(tables, app):
    """The key of an application's log."""
    logs = [r["log"] for r in tables["application_start"] if r["app_id"] == app["id"]]
    assert len(logs) == 1, (app["id"], logs)
    return logs[0]


def cases():
    return [pytest.param(name, i, id=f"{name}-{app['id']}") for name in NAMES for i, app in enumerate(applications(name))]


def of_log(rows, log, key="log"):
    return [r for r in rows if r[key] == log]


def ms(us):
    return None if us is None else us // 1000


# ---- the history server


@pytest.mark.parametrize("name, index", cases())
def test_application(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    row = of_log(tables["compute.clusters"], log_of(tables, app), "bronze_source_file")[0]
    assert row["cluster_id"] == app["id"]
    assert row["cluster_name"] == app["name"]
    assert row["owned_by"] == app["sparkUser"]
    assert ms(row["create_time"]) == app["startTime"]
    assert row["dbr_version"] == f"spark-{app['appSparkVersion']}"
    if app["completed"]:
        assert ms(row["delete_time"]) == app["endTime"]
    else:
        assert row["delete_time"] is None


@pytest.mark.parametrize("name, index", cases())
def test_jobs(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    log = log_of(tables, app)
    starts = {r["job_id"]: r for r in of_log(tables["job_start"], log)}
    ends = {r["job_id"]: r for r in of_log(tables["job_end"], log)}
    assert sorted(starts) == sorted(j["jobId"] for j in app["jobs"])
    state = {"JobSucceeded": "SUCCEEDED", "JobFailed": "FAILED", None: "RUNNING"}
    for job in app["jobs"]:
        ours, end = starts[job["jobId"]], ends.get(job["jobId"], {})
        assert ms(ours["submitted_at"]) == job["submissionTime"]
        assert ms(end.get("ended_at")) == job["completionTime"]
        assert state[end.get("result")] == job["status"]


@pytest.mark.parametrize("name, index", cases())
def test_job_runs(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    slices = collections.defaultdict(list)
    for r in of_log(tables["lakeflow.job_run_timeline"], log_of(tables, app), "bronze_source_file"):
        slices[int(r["run_id"].rsplit("-", 1)[1])].append(r)
    assert sorted(slices) == sorted(j["jobId"] for j in app["jobs"])
    for job in app["jobs"]:
        run = sorted(slices[job["jobId"]], key=lambda r: r["period_start_time"])
        assert ms(run[0]["period_start_time"]) == job["submissionTime"]
        for before, after in zip(run, run[1:]):
            assert before["period_end_time"] == after["period_start_time"]
            assert after["period_start_time"] % 3_600_000_000 == 0
            assert before["result_state"] is None
        state = run[-1]["result_state"]
        if job["status"] == "SUCCEEDED":
            assert state == "SUCCEEDED"
        elif job["status"] == "FAILED":
            assert state in ("FAILED", "CANCELLED")
        else:
            assert state == ("CANCELLED" if app["completed"] else None)
        if job["completionTime"] is not None:
            assert ms(run[-1]["period_end_time"]) == job["completionTime"]


STAGE_SUMS = {
    "executorRunTime": ["executor_run_ms"],
    "executorCpuTime": ["executor_cpu_ns"],
    "executorDeserializeTime": ["executor_deserialize_ms"],
    "resultSize": ["result_bytes"],
    "jvmGcTime": ["gc_ms"],
    "memoryBytesSpilled": ["memory_spilled_bytes"],
    "diskBytesSpilled": ["disk_spilled_bytes"],
    "inputBytes": ["input_bytes"],
    "inputRecords": ["input_records"],
    "outputBytes": ["output_bytes"],
    "outputRecords": ["output_records"],
    "shuffleReadBytes": ["shuffle_remote_bytes_read", "shuffle_local_bytes_read"],
    "shuffleReadRecords": ["shuffle_records_read"],
    "shuffleFetchWaitTime": ["shuffle_fetch_wait_ms"],
    "shuffleWriteBytes": ["shuffle_bytes_written"],
    "shuffleWriteRecords": ["shuffle_records_written"],
    "shuffleWriteTime": ["shuffle_write_ns"],
}


@pytest.mark.parametrize("name, index", cases())
def test_stages_and_tasks(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    log = log_of(tables, app)
    key = lambda r: (r["stage_id"], r["stage_attempt_id"])  # noqa: E731
    submitted = {key(r): r for r in of_log(tables["stage_submitted"], log)}
    completed = {key(r): r for r in of_log(tables["stage_completed"], log)}
    tasks = collections.defaultdict(list)
    for r in of_log(tables["task_end"], log):
        tasks[key(r)].append(r)
    ran = [s for s in app["stages"] if s["status"] not in ("SKIPPED", "PENDING")]
    assert sorted(set(submitted) | set(completed)) == sorted((s["stageId"], s["attemptId"]) for s in ran)
    for stage in ran:
        k = (stage["stageId"], stage["attemptId"])
        mine, end = tasks[k], completed.get(k)
        assert ms((end or submitted[k])["submitted_at"]) == stage["submissionTime"]
        assert (ms(end["completed_at"]) if end else None) == stage["completionTime"]
        assert {"COMPLETE": True, "FAILED": False, "ACTIVE": None}[stage["status"]] == (end["failure_reason"] is None if end else None)
        assert (end or submitted[k])["task_count"] == stage["numTasks"]
        assert sum(not t["failed"] and not t["killed"] for t in mine) == stage["numCompleteTasks"]
        assert sum(t["failed"] and not t["killed"] for t in mine) == stage["numFailedTasks"]
        assert sum(t["killed"] for t in mine) == stage["numKilledTasks"]
        for theirs, ours in STAGE_SUMS.items():
            assert sum(t[c] or 0 for t in mine for c in ours) == stage[theirs], (k, theirs)


@pytest.mark.parametrize("name, index", cases())
def test_task_runs(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    runs = {}
    for r in of_log(tables["lakeflow.job_task_run_timeline"], log_of(tables, app), "bronze_source_file"):
        k = tuple(int(x) for x in r["run_id"].rsplit("-", 1)[1].split("."))
        if k not in runs or r["period_start_time"] > runs[k]["period_start_time"]:
            runs[k] = r
    stages_of_job = {j["jobId"]: j["stageIds"] for j in app["jobs"]}
    ran = {(s["stageId"], s["attemptId"]): s for s in app["stages"] if s["status"] not in ("SKIPPED", "PENDING")}
    assert sorted(runs) == sorted(ran)
    for k, stage in ran.items():
        state = runs[k]["result_state"]
        wanted = {"COMPLETE": ("SUCCEEDED",), "FAILED": ("FAILED", "CANCELLED"), "ACTIVE": ("CANCELLED",) if app["completed"] else (None,)}
        assert state in wanted[stage["status"]]
        if stage["completionTime"] is not None:
            assert ms(runs[k]["period_end_time"]) == stage["completionTime"]
        assert k[0] in stages_of_job[int(runs[k]["job_run_id"].rsplit("-", 1)[1])]


@pytest.mark.parametrize("name, index", cases())
def test_sql_executions(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    log = log_of(tables, app)
    ends = {r["execution_id"]: r for r in of_log(tables["sql_execution_end"], log)}
    starts = {r["execution_id"]: r for r in of_log(tables["sql_execution_start"], log)}
    job_ends = {r["job_id"]: r["result"] for r in of_log(tables["job_end"], log)}
    jobs = collections.defaultdict(list)
    for r in of_log(tables["job_start"], log):
        jobs[r["execution_id"]].append(job_ends.get(r["job_id"]))
    shown = {s["id"] for s in app["sql"]}
    # hidden: what Spark counts but does not show, such as executions whose start was compacted away
    assert set(starts) >= shown and len(starts) <= len(shown) + app["sqlHidden"]
    for sql in app["sql"]:
        ours, end = starts[sql["id"]], ends.get(sql["id"])
        assert ms(ours["started_at"]) == sql["submissionTime"]
        if end is None or None in jobs[sql["id"]]:
            assert sql["status"] == "RUNNING"
        else:
            assert (end["ended_at"] - ours["started_at"]) // 1000 == sql["duration"]
            assert ("FAILED" if end["error_message"] else "COMPLETED") == sql["status"]


@pytest.mark.parametrize("name, index", cases())
def test_executors(landed, name, index):
    app, tables = applications(name)[index], landed(name)
    log = log_of(tables, app)
    ours = collections.defaultdict(dict)
    for r in of_log(tables["executor"], log):
        ours[r["executor_id"]].setdefault(r["event"], r)
    tasks = collections.defaultdict(list)
    for r in of_log(tables["task_end"], log):
        tasks[r["executor_id"]].append(r)
    for executor in app["executors"]:
        known = ours.get(executor["id"], {})
        if executor["totalCores"] == 0:  # the driver of a cluster runs no tasks
            assert "added" not in known
            continue
        assert known["added"]["cores"] == executor["totalCores"]
        assert ms(known["added"]["event_time"]) == executor["addTime"]
        assert ms(known.get("removed", {}).get("event_time")) == executor["removeTime"]
        assert known["block_manager"]["memory_bytes"] == executor["maxMemory"]
        mine = tasks[executor["id"]]
        if name != "cluster-compacted":  # Spark counts what it compacted away
            assert sum(t["input_bytes"] or 0 for t in mine) == executor["totalInputBytes"]


# ---- statements


def lines_of(name):
    """Every parsed event of a sample's logs, with the log's key."""
    for path in sorted(p for p in (LOGS / name).rglob("*") if p.is_file() and p.stat().st_size and not p.name.startswith("appstatus")):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        elif data[:4] == b"\x28\xb5\x2f\xfd":
            data = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True).stdout
        for line in data.split(b"\n"):
            try:
                yield path, json.loads(line)
            except ValueError:
                continue


def operations(name):
    found = {}
    for _, e in lines_of(name):
        kind = e["Event"].rsplit(".", 1)[-1]
        if kind.startswith("SparkListenerConnectOperation"):
            found.setdefault(e["operationId"], {})[kind.removeprefix("SparkListenerConnectOperation")] = e
    return found


@pytest.mark.parametrize("name", ["connect", "operations", "statements"])
def test_operations_of_connect(landed, name):
    wanted = operations(name)
    rows = {r["statement_id"]: r for r in landed(name)["query.history"]}
    assert set(wanted) <= set(rows)
    for key, op in wanted.items():
        row = rows[key]
        ends = {k: op[k]["eventTime"] for k in ("Finished", "Failed", "Canceled") if k in op}
        if "Started" in op:
            assert ms(row["start_time"]) == op["Started"]["eventTime"]
            assert row["session_id"] == op["Started"]["sessionId"]
            assert row["executed_by"] == (op["Started"]["userName"] or op["Started"]["userId"] or applications(name)[0]["sparkUser"])
            text = re.search(r'^\s*(?:query|sql): "((?:[^"\\]|\\.)*)"$', op["Started"]["statementText"], re.M)
            if text and re.match(r"\s*(?:common \{[^}]*\}\s*)?sql(?:_command)? \{", op["Started"]["statementText"]):
                assert row["statement_text"] == text[1].encode().decode("unicode_escape").encode("latin-1").decode()
        if ends:
            first = min(ends, key=lambda k: (ends[k], ["Finished", "Failed", "Canceled"].index(k)))
            assert ms(row["end_time"]) == ends[first]
            assert row["execution_status"] == {"Finished": "FINISHED", "Failed": "FAILED", "Canceled": "CANCELED"}[first]
        if "Failed" in op and row["execution_status"] == "FAILED":
            assert row["error_message"] == op["Failed"]["errorMessage"]
        if "Finished" in op and "Started" in op and "ReadyForExecution" in op:
            assert row["total_duration_ms"] == op["Finished"]["eventTime"] - op["Started"]["eventTime"]
            assert row["compilation_duration_ms"] == op["ReadyForExecution"]["eventTime"] - op["Started"]["eventTime"]
            assert row["execution_duration_ms"] == op["Finished"]["eventTime"] - op["ReadyForExecution"]["eventTime"]
        if "Finished" in op:
            assert row["produced_rows"] == op["Finished"].get("producedRowCount")


@pytest.mark.parametrize("name, index", cases())
def test_statements_hold_all_work_of_sql(landed, name, index):
    """Root executions are statements; the tasks of every job that SQL or an operation caused are in exactly one of them."""
    app, tables = applications(name)[index], landed(name)
    log = log_of(tables, app)
    rows = of_log(tables["query.history"], log, "bronze_source_file")
    roots, in_sql, job_of_stage = set(), set(), {}
    tags = {}
    for path, e in lines_of(name):
        if e["Event"].endswith("SQLExecutionStart"):
            tag = [t.rsplit("_Operation_", 1)[1] for t in e.get("jobTags", []) if t.startswith("SparkConnect_OperationTag_")]
            root = e.get("rootExecutionId", e["executionId"])
            tags[(str(path.parent), e["executionId"])] = tag[0] if tag else None
            if root == e["executionId"]:
                roots.add((e["executionId"], tag[0] if tag else None))
    if len(applications(name)) == 1:
        known = {r["statement_id"] for r in rows}
        assert {tag or f"{app['id']}-{root}" for root, tag in roots} <= known
        no_operation = {f"{app['id']}-{root}" for root, tag in roots if tag is None}
        assert {s for s in known if s.startswith(app["id"] + "-")} == no_operation
    for r in of_log(tables["job_start"], log):
        if r["execution_id"] is not None or r["connect_operation_id"] is not None:
            in_sql.add(r["job_id"])
    for r in of_log(tables["lakeflow.job_task_run_timeline"], log, "bronze_source_file"):
        k = tuple(int(x) for x in r["run_id"].rsplit("-", 1)[1].split("."))
        job_of_stage[k] = int(r["job_run_id"].rsplit("-", 1)[1])
    mine = [t for t in of_log(tables["task_end"], log) if job_of_stage.get((t["stage_id"], t["stage_attempt_id"])) in in_sql]
    assert sum(r["total_task_duration_ms"] for r in rows) == sum(t["executor_run_ms"] or 0 for t in mine)
    assert sum(r["spilled_local_bytes"] for r in rows) == sum(t["disk_spilled_bytes"] or 0 for t in mine)
    assert sum(r["written_rows"] for r in rows) == sum(t["output_records"] or 0 for t in mine)
    shuffled = sum((t["shuffle_remote_bytes_read"] or 0) + (t["shuffle_local_bytes_read"] or 0) for t in mine)
    assert sum(r["shuffle_read_bytes"] for r in rows) == shuffled


def test_known_statements(landed):
    """What the statements of tests/spark/workloads/classic.py and of the operations say that they do."""
    classic = landed("classic")["query.history"]
    merged = [r for r in classic if r["statement_type"] == "MERGE"]
    assert [(r["written_files"], r["read_files"] > 0) for r in merged] == [(1, True)]
    deleted = [r for r in classic if r["statement_type"] == "DELETE"]
    assert [r["read_rows"] for r in deleted] == [1000]  # once to find files of 500 rows, once to rewrite
    spilled = [r for r in classic if r["spilled_local_bytes"]]
    assert len(spilled) >= 1
    assert collections.Counter(r["execution_status"] for r in classic)["CANCELED"] == 1
    ops = {r["statement_text"].strip(): r for r in landed("operations")["query.history"] if r["produced_rows"]}
    assert ops["SELECT * FROM demo.o ORDER BY v DESC LIMIT 20"]["produced_rows"] == 20
    assert [r["read_rows"] for text, r in ops.items() if text.startswith("SELECT k, sum(v), percentile_approx")] == [49510]
    created = [r for r in landed("operations")["query.history"] if "CREATE OR REPLACE TABLE demo.o" in (r["statement_text"] or "")]
    assert [r["written_rows"] for r in created] == [50000]


# ---- nodes


def test_node_timeline_by_hand(landed):
    """The use of each executor and minute, from the tasks of the log in plain Python."""
    for name in ("cluster", "operations"):
        tables = landed(name)
        tasks = tables["task_end"]
        for row in tables["compute.node_timeline"]:
            executor = row["instance_id"].rsplit("/", 1)[1]
            cores = next(r["cores"] for r in tables["executor"] if r["executor_id"] == executor and r["event"] == "added")
            busy = cpu = 0.0
            for t in tasks:
                if t["executor_id"] != executor or t["finished_at"] < row["start_time"] or t["launched_at"] > row["end_time"]:
                    continue
                share = max(0, min(t["finished_at"], row["end_time"]) - max(t["launched_at"], row["start_time"]))
                length = t["finished_at"] - t["launched_at"]
                busy += share
                ns = (t["executor_cpu_ns"] or 0) + (t["executor_deserialize_cpu_ns"] or 0)
                cpu += ns * share / length if length else ns
            span = row["end_time"] - row["start_time"]
            assert 0 < span <= 60_000_000
            assert row["tasks_running"] == pytest.approx(busy / span, rel=1e-9)
            assert row["task_slots_used_percent"] == pytest.approx(100 * busy / span / cores, rel=1e-9)
            assert row["task_cpu_percent"] == pytest.approx(100 * cpu / 1000 / span / cores, rel=1e-6)
            assert row["cpu_user_percent"] is None and row["mem_used_percent"] is None


def test_two_executors_and_a_lost_one(landed):
    tables = landed("cluster")
    (cluster,) = tables["compute.clusters"]
    assert cluster["worker_count"] == 2
    assert cluster["worker_node_type"] == "spark-1c-512m" and cluster["driver_node_type"] is None
    assert {r["instance_id"].rsplit("/", 1)[1] for r in tables["compute.node_timeline"]} == {"0", "1", "2"}
    assert [(r["node_type"], r["core_count"], r["memory_mb"]) for r in tables["compute.node_types"]] == [("spark-1c-512m", 1.0, 512)]


# ---- lineage


def test_table_lineage_of_known_statements(landed):
    """Tables named in the statements of tests/spark/workloads/classic.py."""
    rows = landed("classic")["access.table_lineage"]
    pairs = {(r["source_table_full_name"], r["target_table_full_name"], r["target_type"]) for r in rows}
    c = "spark_catalog.sales."
    wanted = {
        (None, c + "customers", "TABLE"),
        (None, c + "orders", "TABLE"),
        (None, c + "products", "TABLE"),
        (c + "products", c + "prices", "TABLE"),
        (c + "orders", c + "big_orders", "VIEW"),
        (c + "customers", c + "big_orders", "VIEW"),
        (c + "orders", c + "revenue", "TABLE"),
        (c + "customers", c + "revenue", "TABLE"),
        (c + "orders", c + "net_by_customer", "TABLE"),
        (c + "customers", c + "net_by_customer", "TABLE"),
        (c + "orders", None, None),
        (c + "customers", None, None),
        (c + "products", None, None),
        (None, c + "revenue", "TABLE"),
    }
    tables = {p for p in pairs if p[2] in ("TABLE", "VIEW", None)}
    assert tables == wanted
    paths = {(r["source_table_name"] or r["source_path"].rsplit("/", 1)[1], r["target_path"].rsplit("/", 1)[1])
             for r in rows if r["target_type"] == "PATH"}
    assert paths == {("revenue", "revenue"), ("revenue", "revenue_csv")}


def test_column_lineage_of_known_statements(landed):
    found = collections.defaultdict(set)
    for r in landed("classic")["access.column_lineage"]:
        if r["target_table_name"]:
            found[f"{r['target_table_name']}.{r['target_column_name']}"].add(f"{r['source_table_name']}.{r['source_column_name']}")
    assert found == {
        "revenue.country": {"customers.country"},
        "revenue.day": {"orders.day"},
        "revenue.revenue": {"orders.amount"},
        "revenue.customers": {"orders.customer_id"},
        "revenue.last_name": {"customers.name"},
        "prices.product_id": {"products.product_id"},
        "prices.price": {"products.price"},
        "net_by_customer.customer_name": {"customers.name"},
        "net_by_customer.net": {"orders.amount"},
    }


# ---- in pieces or at once, damage


def unpacked(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    return subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout


def merged(steps):
    """What bronze keeps of several derivations: the later delivered row of a key wins."""
    kept = {}
    for out in steps:
        for table, key in KEYS.items():
            rows = kept.setdefault(table, {})
            for r in rows_of(out / f"{table}.jsonl"):
                k = tuple(r[c] for c in key)
                old = rows.get(k)
                if old is None or [r[c] for c in PLACE] >= [old[c] for c in PLACE]:
                    rows[k] = r
    return kept


GROWING = ["classic/local-1795253339746.zstd", "streaming/local-1795253950860.zstd", "operations/local-1795247330943.gz"]


@pytest.mark.parametrize("path", GROWING)
def test_a_growing_log_ends_with_the_tables_of_a_whole_one(tmp_path, path):
    text = unpacked(LOGS / path)
    dice = random.Random(path)
    cuts = sorted(dice.sample(range(1, len(text)), 5)) + [len(text)]
    folders = []
    for i, cut in enumerate(cuts):
        folder = tmp_path / f"state{i}"
        folder.mkdir()
        (folder / ("app.inprogress" if cut < len(text) else "app")).write_bytes(text[:cut])
        folders.append(folder)
    out, whole = tmp_path / "pieces", tmp_path / "whole"
    out.mkdir()
    whole.mkdir()
    land(folders[-1], out, folders)
    land(folders[-1], whole)
    assert rows_of(out / "findings.jsonl") == []
    last = out / str(len(cuts))
    for table in sorted(p.name for p in whole.glob("*.jsonl") if "." not in p.stem and p.stem != "findings"):
        assert sorted((last / table).read_text().splitlines()) == sorted((whole / table).read_text().splitlines()), table
    pieces, once = merged([out / str(i + 1) for i in range(len(cuts))]), merged([whole])
    for table in KEYS:
        assert pieces[table] == once[table], table


def test_keys_are_unique(landed):
    for name in NAMES:
        for table, key in KEYS.items():
            rows = collections.Counter(tuple([r["bronze_source_file"]] + [r[c] for c in key]) for r in landed(name)[table])
            assert [k for k, n in rows.items() if n > 1] == [], (name, table)
            assert all(r[c] is not None for r in landed(name)[table] for c in PLACE), (name, table)


def test_findings_of_damaged_logs(tmp_path):
    source, out = tmp_path / "logs", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    whole = (LOGS / "classic/local-1795253339746.zstd").read_bytes()
    (source / "cut.zstd").write_bytes(whole[: len(whole) // 2])
    text = unpacked(LOGS / "operations/local-1795247330943.gz").split(b"\n")
    text[10] = text[10][:50]
    (source / "broken").write_bytes(b"\n".join(text))
    (source / "packed.lz4").write_bytes(b"LZ4Block" + bytes(100))
    land(source, out)
    found = {(r["file"], r["kind"]): r["text"] for r in rows_of(out / "findings.jsonl")}
    assert set(found) == {("cut.zstd", "truncated"), ("broken", "bad_line"), ("packed.lz4", "unknown_format")}
    assert f"byte {sum(len(x) + 1 for x in text[:10])} of broken" in found[("broken", "bad_line")]
    assert "spark.eventLog.compression.codec" in found[("packed.lz4", "unknown_format")]
    apps = {r["log"]: r["app_id"] for r in rows_of(out / "application_start.jsonl")}
    assert apps == {"test/cut.zstd": "local-1795253339746", "test/broken": "local-1795247330943"}


# ---- the queries and the page


def test_job_names_are_the_same_everywhere():
    expressions = {}
    for path in SQL.glob("lakeflow.*.sql"):
        text = path.read_text()
        (found,) = re.findall(r"substr\(regexp_replace\(CASE\s.*?1, 250\) AS job_name", text, re.S)
        expressions[path.name] = hashlib.sha256(re.sub(r"\s+", " ", found).encode()).hexdigest()
    assert len(expressions) == 4
    assert len(set(expressions.values())) == 1, expressions


def documented():
    tables, current = {}, None
    for line in DOC.read_text().splitlines():
        if line.startswith("### "):
            current = tables.setdefault(line[4:].strip(), {})
        elif line.startswith("#"):
            current = None
        elif current is not None and (m := re.match(r"\| ([a-z_]+) \| (.+) \|$", line)) and m[1] != "column":
            current[m[1]] = m[2]
    return tables


def test_every_column_is_documented(landed):
    doc = documented()
    assert sorted(doc) == TABLES
    for table in TABLES:
        columns = next(list(r) for name in NAMES for r in landed(name)[table])
        assert list(doc[table]) == [c for c in columns if c not in PLACE], table


def test_columns_documented_as_null_are_null_and_others_are_not(landed):
    never_seen = {"min_autoscale_workers", "max_autoscale_workers", "tags"}  # no sample has dynamic allocation or tags
    for table, columns in documented().items():
        filled = {c for name in NAMES for r in landed(name)[table] for c, v in r.items() if v is not None}
        for column, text in columns.items():
            assert (text == "–") == (column not in filled) or column in never_seen, (table, column)
