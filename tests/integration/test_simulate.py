"""The simulated lake: the same arguments give the same bytes, tables agree with each other, and every planted incident moves what it says.

All expected values come from pandas over the files, never from the program.
"""
import hashlib
import json
import shutil
import subprocess

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from program import ROOT, SECCHI, new_home

pytestmark = pytest.mark.xdist_group("simulate")  # the module's lakes are made once, by one worker

FIRST, UNTIL, DAYS = pd.Timestamp("2026-06-06"), pd.Timestamp("2026-07-06"), 30
SPEC_TABLES = 36

# kind, first day, days, size, target: apart in time or target, so that each can be measured alone.
PLANTED = [
    ("cost_spike", 10, 2, 2.0, "job:1"), ("runaway_cluster", 10, 3, 3.0, "cluster:0"), ("idle_warehouse", 10, 3, 2.0, "warehouse:0"),
    ("untagged_growth", 12, 3, 4.0, "workspace:0"), ("token_surge", 10, 2, 3.0, "endpoint:0"), ("failing_job", 10, 4, 5.0, "job:3"),
    ("flapping_job", 10, 6, 2.0, "job:5"), ("slow_regression", 10, 5, 3.0, "job:2"), ("retry_storm", 10, 3, 4.0, "job:15"),
    ("stuck_pipeline", 10, 2, 3.0, "pipeline:1"), ("serving_errors", 15, 3, 5.0, "endpoint:1"), ("queueing_warehouse", 17, 3, 3.0, "warehouse:1"),
    ("spill", 22, 3, 2.0, "warehouse:1"), ("cache_collapse", 26, 3, 4.0, "warehouse:1"), ("credential_stuffing", 10, 2, 2.0, "workspace:1"),
    ("off_hours_export", 10, 2, 1.5, "user:4"), ("permission_escalation", 12, 2, 2.0, "user:5"), ("dormant_account", 10, 2, 2.0, "dormant_user:17"),
    ("stale_table", 10, 5, 2.0, "table:6"), ("volume_drop", 10, 3, 4.0, "table:7"), ("null_surge", 10, 3, 5.0, "table:10"),
    ("schema_change", 12, 4, 2.0, "table:11"), ("backfill", 14, 9, 4.0, "job:11"), ("new_team", 20, 9, 2.0, "team:3"),
    ("planned_migration", 18, 8, 1.2, "warehouse:2"),
]


def simulate(out, *more):
    words = [SECCHI, "simulate", "--out", str(out), "--days", str(DAYS), "--until", "2026-07-06", "--scale", "0.1", "--seed", "5", *map(str, more)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


def good(done):
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("plain") / "lake"
    good(simulate(out, "--no-incidents"))
    return out


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    entries = [{"kind": k, "start": s, "length": n, "size": z, "target": t} for k, s, n, z, t in PLANTED]
    (folder / "incidents.yaml").write_text(yaml.safe_dump({"incidents": entries}))
    good(simulate(folder / "lake", "--incidents", folder / "incidents.yaml"))
    return folder / "lake"


def read(lake, table):
    """All deliveries of a table with their day of arrival."""
    parts = []
    for file in sorted((lake / table).glob("*.parquet")):
        part = pq.ParquetFile(file).read().to_pandas()
        part["arrival"] = pd.Timestamp(file.stem)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def latest(lake, table, keys):
    return read(lake, table).drop_duplicates(keys, keep="last")


def truth(lake, kind):
    entries = [e for e in json.loads((lake / "incidents.json").read_text())["incidents"] if e["kind"] == kind]
    entry = entries[-1]
    return entry, pd.Timestamp(entry["start"]), pd.Timestamp(entry["end"]), entry["target"]["id"], entry["target"]["name"]


def digests(lake):
    return {str(f.relative_to(lake)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(lake.rglob("*")) if f.is_file() and f.name != "secchi.yaml"}


# ---- the lake as a whole


def test_same_arguments_same_bytes(plain, tmp_path):
    good(simulate(tmp_path / "again", "--no-incidents", "--threads", "1"))
    assert digests(plain) == digests(tmp_path / "again")


def test_every_table_loads_with_the_types_of_bronze_and_nothing_rejected(plain, tmp_path):
    tables = {f.parent.relative_to(plain).as_posix() for f in plain.rglob("*.parquet")}
    assert len(tables) == SPEC_TABLES
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", plain, "--as-of", "2026-07-06", timeout=400)
    findings = home.rows("SELECT kind, table_name, count(*) AS n FROM secchi_ops.finding WHERE kind IN ('type_changed', 'column_missing', 'column_added', 'quarantine') GROUP BY ALL")
    assert findings == []
    for table, keys in (("billing/usage", ["record_id"]), ("query/history", ["statement_id"]), ("access/audit", ["event_id"])):
        name = {"billing/usage": "usage", "query/history": "query_history", "access/audit": "audit"}[table]
        assert int(home.one(f"SELECT count(*) AS n FROM system_bronze.{name}")) == len(latest(plain, table, keys))


def test_the_yaml_that_is_written_configures_a_home(plain, tmp_path):
    home = new_home(tmp_path / "home")
    (home.path / "secchi.yaml").write_text((plain / "secchi.yaml").read_text())
    home.good("refresh", "--only", "dim_workspace", "--as-of", "2026-07-06")
    assert int(home.one("SELECT count(*) AS n FROM dim_workspace")) == 2
    settings = yaml.safe_load((plain / "secchi.yaml").read_text())
    assert settings["sources"][0]["path"] == str(plain) and settings["budget"]["monthly"] > 0


def test_a_run_has_its_cluster_tasks_usage_and_audit(plain):
    runs, tasks = read(plain, "lakeflow/job_run_timeline"), read(plain, "lakeflow/job_task_run_timeline")
    jobs, clusters = read(plain, "lakeflow/jobs"), read(plain, "compute/clusters")
    usage, audit = read(plain, "billing/usage"), read(plain, "access/audit")
    old = runs[(runs.period_end_time < UNTIL - pd.Timedelta(days=5)) & (runs.period_start_time >= FIRST + pd.Timedelta(days=1))]
    ids = set(old.run_id)
    assert len(ids) > 200
    assert set(runs.job_id) <= set(jobs.job_id)
    assert ids <= set(tasks.job_run_id)
    assert {c for ids_of in runs.compute_ids for c in ids_of} <= set(clusters.cluster_id)
    assert ids <= {m["job_run_id"] for m in usage.usage_metadata}
    of_runs = audit[audit.action_name.isin(["runSucceeded", "runFailed"])]
    assert ids <= {dict(p)["runId"] for p in of_runs.request_params}


def test_slices_end_at_the_hour_and_the_result_stands_on_the_last(plain):
    runs = latest(plain, "lakeflow/job_run_timeline", ["run_id", "period_start_time"]).sort_values(["run_id", "period_start_time"])
    assert (runs.period_end_time <= runs.period_start_time.dt.floor("h") + pd.Timedelta(hours=1)).all()
    by_run = runs[runs.period_end_time < UNTIL - pd.Timedelta(days=5)].groupby("run_id")
    several = [g for _, g in by_run if len(g) > 1]
    assert several
    for g in several:
        assert g.result_state.iloc[:-1].isna().all()
        if g.arrival.min() > FIRST:
            assert (g.period_start_time.iloc[1:].values == g.period_end_time.iloc[:-1].values).all()


def test_usage_has_one_price_and_adds_up_to_hours_of_warehouses(plain):
    usage, prices = read(plain, "billing/usage"), latest(plain, "billing/list_prices", ["sku_name", "price_start_time"])
    both = usage.merge(prices, on=["sku_name", "cloud"], suffixes=("", "_price"))
    hit = both[(both.usage_start_time >= both.price_start_time) & (both.price_end_time.isna() | (both.usage_start_time < both.price_end_time))]
    assert len(hit) == len(usage) and hit.record_id.is_unique
    warehouses = latest(plain, "compute/warehouses", ["warehouse_id"]).set_index("warehouse_id")
    events = read(plain, "compute/warehouse_events").sort_values(["warehouse_id", "event_time"])
    rate = {"2X_SMALL": 4, "X_SMALL": 6, "SMALL": 12, "MEDIUM": 24, "LARGE": 40}
    start, end = FIRST + pd.Timedelta(days=3), UNTIL - pd.Timedelta(days=6)
    for warehouse, its in events.groupby("warehouse_id"):
        its = its[its.event_type.isin(["RUNNING", "STOPPING"])]
        its = its[(its.event_time >= start) & (its.event_time <= end)]
        hours = (its[its.event_type == "STOPPING"].event_time.astype("int64").sum() - its[its.event_type == "RUNNING"].event_time.astype("int64").sum()) / 3.6e9
        billed = usage[[m["warehouse_id"] == warehouse for m in usage.usage_metadata]]
        billed = billed[(billed.usage_start_time >= start) & (billed.usage_start_time < end)]
        assert float(billed.usage_quantity.sum()) == pytest.approx(hours * rate[warehouses.warehouse_size[warehouse]], rel=1e-4)


def test_working_days_nights_and_month_ends(plain):
    queries = latest(plain, "query/history", ["statement_id"])
    day = queries.start_time.dt.floor("D")
    full = queries[(day > FIRST) & (day < UNTIL - pd.Timedelta(days=6))]
    a_day = full.groupby(full.start_time.dt.floor("D")).size()
    assert a_day[a_day.index.day_of_week < 5].mean() > 2 * a_day[a_day.index.day_of_week >= 5].mean()
    assert (full.start_time.dt.hour.between(8, 18)).mean() > 0.75
    month_end = truth(plain, "month_end")[0]
    assert (month_end["start"], month_end["end"], month_end["look_alike"]) == ("2026-06-29", "2026-07-01", True)


def test_late_corrected_and_retracted_rows(plain):
    audit = read(plain, "access/audit")
    late = (audit.arrival - pd.to_datetime(audit.event_date)).dt.days
    assert set(late) == {0, 1, 2, 3} and 0.01 < (late > 0).mean() < 0.06
    queries = read(plain, "query/history")
    twice = queries[queries.duplicated("statement_id", keep=False)].sort_values("arrival")
    assert len(twice) and all(list(g.execution_status)[0] == "RUNNING" and list(g.execution_status)[1] != "RUNNING" for _, g in twice.groupby("statement_id"))
    usage = read(plain, "billing/usage")
    taken_back, restated = usage[usage.record_type == "RETRACTION"], usage[usage.record_type == "RESTATEMENT"]
    assert len(taken_back) == len(restated) > 0 and (taken_back.usage_quantity < 0).all() and usage.record_id.is_unique


# What names a row of another table: the table, what it names (null: nothing), where that is.
REFERENCES = [
    ("access/table_lineage", lambda f: f.statement_id, "query/history", "statement_id"),
    ("access/column_lineage", lambda f: f.statement_id, "query/history", "statement_id"),
    ("access/table_lineage", lambda f: f.entity_run_id[f.entity_type == "JOB"], "lakeflow/job_task_run_timeline", "run_id"),
    ("access/column_lineage", lambda f: f.entity_run_id[f.entity_type == "PIPELINE"], "lakeflow/pipeline_update_timeline", "update_id"),
    ("lakeflow/job_task_run_timeline", lambda f: f.job_run_id, "lakeflow/job_run_timeline", "run_id"),
    ("billing/usage", lambda f: f.usage_metadata.str["job_run_id"], "lakeflow/job_run_timeline", "run_id"),
    ("billing/usage", lambda f: f.usage_metadata.str["dlt_update_id"], "lakeflow/pipeline_update_timeline", "update_id"),
    ("access/audit", lambda f: f.request_params.map(lambda p: dict(p).get("runId")), "lakeflow/job_run_timeline", "run_id"),
    ("lakeflow/job_run_timeline", lambda f: f.compute_ids.explode(), "compute/clusters", "cluster_id"),
    ("compute/node_timeline", lambda f: f.cluster_id, "compute/clusters", "cluster_id"),
    ("serving/endpoint_usage", lambda f: f.served_entity_id, "serving/served_entities", "served_entity_id"),
]


@pytest.mark.parametrize("table, names, other, key", REFERENCES, ids=[f"{r[0]}-{r[3]}" for r in REFERENCES])
def test_nothing_is_delivered_before_what_it_names(plain, table, names, other, key):
    frame = read(plain, table)
    named = pd.DataFrame({"id": names(frame)}).join(frame[["arrival"]]).dropna()
    known = read(plain, other).groupby(key).arrival.min()
    assert len(named) > 50 and set(named.id) <= set(known.index)
    assert (named.arrival >= named.id.map(known)).all()


def test_metadata_statements_read_and_spill_nothing(planted):
    queries = read(planted, "query/history")
    show = queries[queries.statement_type == "SHOW"]
    for column in ("read_bytes", "read_rows", "read_files", "spilled_local_bytes", "shuffle_read_bytes", "written_bytes", "produced_rows", "total_task_duration_ms"):
        assert len(show) > 50 and (show[column] == 0).all(), column
        assert column == "written_bytes" or (queries[queries.statement_type == "SELECT"][column] > 0).any(), column


def test_drift(tmp_path):
    lake = tmp_path / "lake"
    words = ["--days", "4", "--until", "2026-07-06", "--scale", "0.1", "--seed", "5", "--no-incidents", "--drift"]
    good(subprocess.run([SECCHI, "simulate", "--out", str(lake), *words], capture_output=True, text=True, timeout=300))
    columns = {t: [set(pq.read_schema(f).names) for f in sorted((lake / t).glob("*.parquet"))] for t in ("access/audit", "query/history")}
    assert [("risk_level" in c) for c in columns["access/audit"]] == [False, False, True, True]
    assert [("client_driver" in c) for c in columns["query/history"]] == [True, True, False, False]
    assert columns["access/audit"][3] - columns["access/audit"][0] == {"risk_level"} and columns["query/history"][0] - columns["query/history"][3] == {"client_driver"}
    usage = read(lake, "serving/endpoint_usage")
    late = usage[usage.arrival >= pd.Timestamp("2026-07-04")]
    assert late.status_code.map(type).eq(str).all() and not usage[usage.arrival < pd.Timestamp("2026-07-04")].status_code.map(type).eq(str).any()
    words_for_codes = int((late.status_code == "RATE_LIMITED").sum())
    assert words_for_codes > 0
    home = new_home(tmp_path / "home")
    (home.path / "secchi.yaml").write_text((lake / "secchi.yaml").read_text())
    home.good("refresh", *(w for t in ("audit", "query_history", "endpoint_usage") for w in ("--only", t)), "--as-of", "2026-07-06")
    found = {(f["kind"], f["table_name"], f["subject"]) for f in home.rows("SELECT kind, table_name, subject FROM secchi_ops.finding")}
    assert found == {("column_added", "audit", "risk_level"), ("column_missing", "audit", "risk_level"), ("column_missing", "query_history", "client_driver"),
                     ("type_changed", "endpoint_usage", "status_code"), ("rows_rejected", "endpoint_usage", None)}
    assert int(home.one("SELECT count(*) AS n FROM secchi_quarantine.endpoint_usage")) == words_for_codes
    audit = read(lake, "access/audit")
    high = home.rows("SELECT count(*) AS n, count(risk_level) AS told, count_if(risk_level = 'high') AS high FROM system_bronze.audit")[0]
    late = audit[audit.arrival >= pd.Timestamp("2026-07-04")]
    assert {k: int(v) for k, v in high.items()} == {"n": len(audit), "told": len(late), "high": sum(r["status_code"] >= 400 for r in late.response)}


# ---- incidents: against the same seed without them


def in_window(frame, column, start, end):
    return frame[(frame[column] >= start) & (frame[column] < end)]


def usage_of(lake, start, end, **what):
    usage = in_window(read(lake, "billing/usage"), "usage_start_time", start, end)
    for key, value in what.items():
        usage = usage[[m[key] == value for m in usage.usage_metadata]] if key != "workspace_id" else usage[usage.workspace_id == value]
    return usage


def total(usage):
    return float(usage.usage_quantity.sum())


def test_what_is_not_aimed_at_stays_as_it_is(plain, planted):
    for table, key in (("lakeflow/job_run_timeline", "job_id"), ("serving/endpoint_usage", None)):
        before, after = read(plain, table), read(planted, table)
        if key:
            moved = {truth(planted, k)[3] for k in ("failing_job", "flapping_job", "slow_regression", "retry_storm", "backfill")}
            before, after = before[~before[key].isin(moved)], after[~after[key].isin(moved)]
            order = ["run_id", "period_start_time", "arrival"]
            before, after = (f.drop(columns=["compute_ids", "job_parameters"]).sort_values(order).reset_index(drop=True) for f in (before, after))
            pd.testing.assert_frame_equal(before, after)
        else:
            assert set(before.databricks_request_id) == set(after.databricks_request_id)


@pytest.mark.parametrize("kind, key", [("cost_spike", "job_id"), ("runaway_cluster", "cluster_id"), ("idle_warehouse", "warehouse_id"), ("token_surge", "endpoint_id")])
def test_usage_is_as_many_times_larger(plain, planted, kind, key):
    entry, start, end, target, _ = truth(planted, kind)
    if kind == "runaway_cluster":  # a session that began in the window may end after it
        end += pd.Timedelta(hours=7)
    before, after = (total(usage_of(lake, start, end, **{key: target})) for lake in (plain, planted))
    assert before > 0 and after / before == pytest.approx(entry["size"], rel=0.03)


def test_a_runaway_cluster_idles_longer(plain, planted):
    entry, start, end, cluster, _ = truth(planted, "runaway_cluster")
    minutes = []
    for lake in (plain, planted):
        nodes = read(lake, "compute/node_timeline")
        nodes = in_window(nodes[nodes.cluster_id == cluster], "start_time", start, end + pd.Timedelta(hours=7))
        minutes.append((nodes.end_time - nodes.start_time).sum())
    assert minutes[1] / minutes[0] == pytest.approx(entry["size"], rel=0.03)
    assert nodes.cpu_user_percent.mean() == pytest.approx(3, abs=0.1) and len(nodes) > 500


def test_serving_errors(plain, planted):
    entry, start, end, endpoint, _ = truth(planted, "serving_errors")
    shares = []
    for lake in (plain, planted):
        entities = read(lake, "serving/served_entities")
        calls = latest(lake, "serving/endpoint_usage", ["databricks_request_id"])
        calls = in_window(calls[calls.served_entity_id.isin(entities[entities.endpoint_id == endpoint].served_entity_id)], "request_time", start, end)
        shares.append((calls.status_code != 200).mean())
    assert len(calls) > 100 and shares[0] < 0.05
    assert shares[1] == pytest.approx(0.01 + 0.1 * entry["size"], abs=0.1)


def test_untagged_growth(plain, planted):
    entry, start, end, target, _ = truth(planted, "untagged_growth")
    shares = []
    for lake in (plain, planted):
        usage = usage_of(lake, start, end, workspace_id=target)
        shares.append(total(usage[[len(t) == 0 for t in usage.custom_tags]]))
    assert shares[0] > 0 and shares[1] / shares[0] == pytest.approx(entry["size"], rel=0.03)


def ended(lake, start, end, job):
    runs = latest(lake, "lakeflow/job_run_timeline", ["run_id", "period_start_time"])
    runs = runs[runs.job_id == job].groupby("run_id").agg(start=("period_start_time", "min"), end=("period_end_time", "max"), state=("result_state", "last"))
    return in_window(runs, "start", start, end)


def test_failing_and_flapping_jobs(planted):
    _, start, end, job, _ = truth(planted, "failing_job")
    runs = ended(planted, start, end, job)
    assert len(runs) and (runs.state != "SUCCEEDED").all()
    _, start, end, job, _ = truth(planted, "flapping_job")
    bad = (ended(planted, start, end, job).sort_values("start").state != "SUCCEEDED").astype(int)
    assert 0.3 <= bad.mean() <= 0.7


def test_slower_runs_and_retries(plain, planted):
    entry, start, end, job, _ = truth(planted, "slow_regression")
    last = end - pd.Timedelta(days=1)
    before, after = (ended(lake, last, end, job) for lake in (plain, planted))
    ratio = (after.end - after.start).sum() / (before.end - before.start).sum()
    assert ratio == pytest.approx(entry["size"], rel=0.02)
    entry, start, end, job, _ = truth(planted, "retry_storm")
    counts = []
    for lake in (plain, planted):
        tasks = latest(lake, "lakeflow/job_task_run_timeline", ["run_id", "period_start_time"])
        tasks = tasks[(tasks.job_id == job) & tasks.job_run_id.isin(ended(lake, start, end, job).index)]
        first = tasks.groupby("run_id").result_state.last()
        counts.append((first != "SKIPPED").sum())
    assert counts[1] / counts[0] == pytest.approx(entry["size"], rel=0.15)


def test_stuck_pipeline(plain, planted):
    entry, start, end, pipeline, _ = truth(planted, "stuck_pipeline")
    sums = []
    for lake in (plain, planted):
        slices = latest(lake, "lakeflow/pipeline_update_timeline", ["update_id", "period_start_time"])
        updates = slices[slices.pipeline_id == pipeline].groupby("update_id").agg(start=("period_start_time", "min"), end=("period_end_time", "max"), state=("result_state", "last"))
        updates = in_window(updates, "start", start, end)
        sums.append((updates.end - updates.start).sum())
    assert (updates.state == "CANCELED").all() and sums[1] / sums[0] == pytest.approx(entry["size"], rel=0.02)


def statements(lake, start, end, warehouse, cached=False):
    q = in_window(latest(lake, "query/history", ["statement_id"]), "start_time", start, end)
    q = q[[c["warehouse_id"] == warehouse for c in q.compute]]
    return q if cached else q[~q.from_result_cache]


def test_warehouse_troubles(plain, planted):
    entry, start, end, w, _ = truth(planted, "queueing_warehouse")
    before, after = (statements(lake, start, end, w) for lake in (plain, planted))
    assert after.total_duration_ms.sum() / before.total_duration_ms.sum() == pytest.approx(entry["size"], rel=0.15)
    entry, start, end, w, _ = truth(planted, "spill")
    after = statements(planted, start, end, w)
    assert after.spilled_local_bytes.sum() / after.read_bytes.sum() == pytest.approx(entry["size"], rel=0.01)
    entry, start, end, w, _ = truth(planted, "cache_collapse")
    before, after = (statements(lake, start, end, w) for lake in (plain, planted))
    assert before.read_io_cache_percent.mean() / after.read_io_cache_percent.mean() == pytest.approx(entry["size"], rel=0.1)


def test_security(plain, planted):
    def actions(lake, start, end):
        audit = in_window(read(lake, "access/audit"), "event_time", start, end)
        return audit.assign(email=[i["email"] for i in audit.user_identity], status=[r["status_code"] for r in audit.response])

    for kind, a_day, match in (
        ("credential_stuffing", 60, lambda a, who: (a.action_name == "login") & (a.status == 401)),
        ("off_hours_export", 20, lambda a, who: (a.email == who) & (a.action_name == "downloadQueryResult") & (a.event_time.dt.hour < 5)),
        ("permission_escalation", 5, lambda a, who: (a.email == who) & a.action_name.isin(["addPrincipalToGroup", "updatePermissions"])),
        ("dormant_account", 15, lambda a, who: a.email == who),
    ):
        entry, start, end, _, who = truth(planted, kind)
        counts = [match(a, who).sum() for a in (actions(plain, start, end), actions(planted, start, end))]
        assert counts[1] - counts[0] == pytest.approx(a_day * entry["size"] * entry["days"], abs=1), kind


def test_quality(plain, planted):
    def verdicts(lake, start, end, table):
        v = in_window(read(lake, "data_quality_monitoring/table_results"), "event_time", start, end)
        return v[v.table_id == table]

    entry, start, end, table, name = truth(planted, "stale_table")
    lineage = in_window(read(planted, "access/table_lineage"), "event_time", start, end)
    assert not (lineage.target_table_full_name == name).any()
    assert (in_window(read(plain, "access/table_lineage"), "event_time", start, end).target_table_full_name == name).any()
    assert (verdicts(planted, start + pd.Timedelta(days=1), end, table).status == "Unhealthy").all()
    entry, start, end, table, _ = truth(planted, "volume_drop")
    rows = [sum(c["daily_row_count"]["last_value"] for c in verdicts(lake, start, end, table).completeness) for lake in (plain, planted)]
    assert rows[0] / rows[1] == pytest.approx(entry["size"], rel=0.01)
    entry, start, end, table, _ = truth(planted, "null_surge")
    nulls = [sum(i["custom_sql"][0]["actual_value"] for i in verdicts(lake, start, end, table)._internal_debug_info) for lake in (plain, planted)]
    assert nulls[1] / nulls[0] == pytest.approx(entry["size"], rel=0.01)
    entry, start, end, _, name = truth(planted, "schema_change")
    audit = in_window(read(planted, "access/audit"), "event_time", start, end)
    assert sum(dict(p).get("full_name_arg") == name for p in audit[audit.action_name == "updateTables"].request_params) == 1


def test_look_alikes(plain, planted):
    entry, start, end, job, _ = truth(planted, "backfill")
    before, after = (ended(lake, start, end, job) for lake in (plain, planted))
    assert set(before.index) <= set(after.index) and len(after) / len(before) == pytest.approx(entry["size"], rel=0.35)
    entry, start, end, warehouse, _ = truth(planted, "planned_migration")
    assert len(statements(plain, start, end, warehouse, cached=True)) > 0 and len(statements(planted, start, end, warehouse, cached=True)) == 0
    entry, start, end, _, team = truth(planted, "new_team")
    sums = []
    for lake in (plain, planted):
        usage = in_window(read(lake, "billing/usage"), "usage_start_time", start, end)
        usage = usage[(usage.billing_origin_product == "INTERACTIVE") & usage.custom_tags.map(lambda t: dict(t).get("team") == team)]
        sums.append(total(usage))
    assert sums[0] > 0 and sums[1] / sums[0] == pytest.approx(entry["size"], rel=0.01)
    assert all(truth(planted, k)[0]["look_alike"] for k in ("month_end", "backfill", "new_team", "planned_migration"))


# ---- arguments


@pytest.mark.parametrize("text, says", [
    ("incidents:\n  - {kind: cost_spkie, start: 3}\n", "x.yaml:2: there is no kind of incident 'cost_spkie'; did you mean cost_spike?"),
    ("incidents:\n  - {kind: failing_job, start: 3,\n     target: nobody}\n", "x.yaml:3: failing_job has no target 'nobody'"),
    ("incidents:\n  - {kind: failing_job, start: 400}\n", "x.yaml:2: 'start' lies outside the simulated days 2026-06-06 to 2026-07-05"),
    ("incidents:\n  - {kind: failing_job, start: 3, size: 9}\n", "x.yaml:2: 'size' takes 1.2 to 5, found 9"),
])
def test_bad_incident_files(tmp_path, text, says):
    (tmp_path / "x.yaml").write_text(text)
    done = simulate(tmp_path / "lake", "--incidents", tmp_path / "x.yaml")
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not list((tmp_path / "lake").rglob("*.parquet"))


def test_bad_arguments(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    for words, says in ((["--out", tmp_path / "full"], "is not empty"), (["--out", tmp_path / "a", "--days", "0"], "--days takes 1 to 3660"),
                        (["--out", tmp_path / "a", "--scale", "-1"], "--scale takes 0.01 to 100"), ([], "--out is missing")):
        done = subprocess.run([SECCHI, "simulate", *map(str, words)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and says in done.stderr
    assert ROOT.is_dir() and not (tmp_path / "a").exists()


@pytest.mark.parametrize("file, old, new, parts", [
    ("tables/billing.usage.sql", "sku_name,", "sku_nme,", ["billing.usage.sql:6", "sku_nme", "sku_name"]),
    ("tables/billing.usage.sql", "u.sku AS sku_name", "CAST(1 AS INT) AS sku_name", ["billing.usage.sql:6", "'sku_name' is INT", "STRING"]),
    ("tables/billing.usage.sql", "  sim_id('record', u.k, u.part) AS record_id,\n", "", ["billing.usage.sql:2", "needs the column 'record_id'"]),
    ("tables/billing.usage.sql", "'cluster_id', u.cluster_id,", "'cluster', u.cluster_id,", ["billing.usage.sql", "usage_metadata"]),
    ("tables/billing.usage.sql", "u.start_us) AS", "u.start) AS", ["billing.usage.sql:8:20", "u.start"]),
    ("events.sql", "CREATE OR REPLACE TABLE sim.day AS", "CREATE OR REPLACE TABLE sim.dya AS", ["events.sql:", "did you mean dya"]),
    ("drift/access.audit.sql", "delivered", "deliverd", ["drift/access.audit.sql", "deliverd"]),
])
def test_check_reads_the_content_of_the_simulator(tmp_path, file, old, new, parts):
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    path = tmp_path / "packs/health/simulate" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    done = subprocess.run([str(SECCHI), "check", "--packs", str(tmp_path / "packs")], capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    for part in parts:
        assert part in done.stderr, done.stderr


def test_check_wants_a_bronze_table_for_each_of_the_simulator(tmp_path):
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    tables = tmp_path / "packs/health/simulate/tables"
    (tables / "billing.usage.sql").rename(tables / "billing.usages.sql")
    done = subprocess.run([str(SECCHI), "check", "--packs", str(tmp_path / "packs")], capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 2
    assert "system.billing.usages" in done.stderr and "did you mean 'system.billing.usage'" in done.stderr
