"""Gold against plain Python over the same rows."""

import datetime as dt
import random
import shutil

import pytest
from build_kit import PACKS, Failed, Home, shown, utc, write_jsonl, write_parquet


def hour(n, minute=0):
    return utc("2026-03-01T00:00:00") + dt.timedelta(hours=n, minutes=minute)


def slices(rng):
    rows = []
    for run in range(40):
        start, length = rng.randrange(100), rng.randrange(1, 6)
        ended = rng.random() < 0.8
        state = rng.choice(["SUCCEEDED", "FAILED", "CANCELLED", "SUCCESS", "TIMED_OUT"]) if ended else None
        for i in range(length):
            last = i == length - 1
            rows.append(
                {
                    "account_id": "a",
                    "workspace_id": f"w{run % 2}",
                    "job_id": f"j{run % 5}",
                    "run_id": f"r{run}",
                    "run_name": rng.choice([None, f"name{run}-{i}"]),
                    "trigger_type": "CRON",
                    "period_start_time": hour(start + i, 7 if i == 0 else 0),
                    "period_end_time": hour(start + i, 30) if last else hour(start + i + 1),
                    "result_state": state if last else None,
                    "termination_code": state if last else None,
                    "compute_ids": rng.choice([None, ["c1"], ["c2", "c1"], []]),
                }
            )
    return rows


def expected_runs(rows):
    runs = {}
    for r in sorted(rows, key=lambda r: r["period_start_time"]):
        runs.setdefault((r["workspace_id"], r["run_id"]), []).append(r)
    out = {}
    for key, parts in runs.items():
        start, end, state = parts[0]["period_start_time"], max(p["period_end_time"] for p in parts), parts[-1]["result_state"]
        names = [p["run_name"] for p in parts if p["run_name"] is not None]
        ids = [p["compute_ids"] for p in parts if p["compute_ids"] is not None]
        seconds = int((end - start).total_seconds())
        out[key] = {
            "job_id": parts[0]["job_id"],
            "period_start_time": shown(start),
            "period_end_time": shown(end),
            "result_state": state,
            "termination_code": state,
            "run_name": names[-1] if names else None,
            "run_date": shown(start.date()),
            "run_duration_seconds": seconds,
            "run_duration_minutes": seconds / 60,
            "is_success": None if state is None else state in ("SUCCESS", "SUCCEEDED"),
            "ids": ",".join(sorted({c for i in ids for c in i})) if ids else None,
        }
    return out


def test_a_job_run_is_one_row_over_its_slices(tmp_path):
    rng = random.Random(5)
    rows = slices(rng)
    rng.shuffle(rows)
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    for n in range(3):  # slices of one run arrive in different refreshes
        write_parquet(tmp_path / f"in/lakeflow/job_run_timeline/f{n}.parquet", rows[n::3])
        home.refresh()
    got = {
        (r.pop("workspace_id"), r.pop("run_id")): r
        for r in home.query(
            "SELECT workspace_id, run_id, job_id, period_start_time, period_end_time, result_state, termination_code, run_name, run_date, run_duration_seconds,"
            " run_duration_minutes, is_success, ARRAY_JOIN(compute_ids, ',') AS ids FROM fact_job_run_timeline"
        )
    }
    want = expected_runs(rows)
    for key, row in want.items():
        assert got[key] == pytest.approx(row) if row["run_duration_minutes"] is None else got[key] == row
    assert got.keys() == want.keys()
    tasks = [
        {**{k: v for k, v in r.items() if k not in ("run_name", "trigger_type")}, "task_key": "t", "job_run_id": r["run_id"]} for r in rows
    ]
    write_jsonl(tmp_path / "in/lakeflow/job_task_run_timeline/f.jsonl", tasks)
    home.refresh()
    got = {
        (r["workspace_id"], r["run_id"]): (r["s"], r["ok"], r["n"])
        for r in home.query(
            "SELECT workspace_id, run_id, result_state AS s, is_success AS ok, run_duration_seconds AS n FROM fact_job_task_run_timeline"
        )
    }
    assert got == {k: (v["result_state"], v["is_success"], v["run_duration_seconds"]) for k, v in want.items()}


def test_a_running_run_is_neither_success_nor_failure_until_it_ends(tmp_path):
    first = {
        "workspace_id": "w",
        "job_id": "j",
        "run_id": "r",
        "period_start_time": hour(0),
        "period_end_time": hour(1),
        "result_state": None,
    }
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/a.jsonl", [first])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    look = "SELECT is_success, run_duration_seconds AS n FROM fact_job_run_timeline"
    assert home.query(look) == [{"is_success": None, "n": 3600}]
    write_jsonl(
        tmp_path / "in/lakeflow/job_run_timeline/b.jsonl",
        [{**first, "period_start_time": hour(1), "period_end_time": hour(1, 5), "result_state": "FAILED"}],
    )
    home.refresh()
    assert home.query(look) == [{"is_success": False, "n": 3900}]


def test_histories_and_current_rows_agree_with_plain_python(tmp_path):
    rng = random.Random(11)
    rows = [
        {
            "workspace_id": f"w{rng.randrange(2)}",
            "job_id": f"j{rng.randrange(4)}",
            "name": f"n{i}",
            "tags": [("v", str(i))],
            "change_time": utc(f"2026-02-{rng.randrange(1, 29):02d}T0{rng.randrange(9)}:00:00"),
            "delete_time": rng.choice([None, utc("2026-03-01T00:00:00")]),
        }
        for i in range(80)
    ]
    clusters = [
        {
            "workspace_id": r["workspace_id"],
            "cluster_id": r["job_id"],
            "cluster_name": r["name"],
            "worker_count": i,
            "dbr_version": "16.4",
            "change_time": r["change_time"],
            "delete_time": r["delete_time"],
            "tags": r["tags"],
        }
        for i, r in enumerate(rows)
    ]
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    for n in range(4):  # later files hold versions from before, between and after
        write_parquet(tmp_path / f"in/lakeflow/jobs/f{n}.parquet", rows[n * 20 : n * 20 + 20])
        write_jsonl(tmp_path / f"in/compute/clusters/f{n}.jsonl", clusters[n * 20 : n * 20 + 20])
        home.refresh()
    versions = {}
    for r in rows:
        versions[(r["workspace_id"], r["job_id"], r["change_time"])] = r
    want = []
    for (w, j, at), r in versions.items():
        later = sorted(t for (w2, j2, t) in versions if (w2, j2) == (w, j) and t > at)
        want.append((w, j, r["name"], shown(at), shown(later[0]) if later else None, not later, shown(r["delete_time"])))
    want.sort()
    for table, key, name in (("dim_job_history", "job_id", "name"), ("dim_cluster_history", "cluster_id", "cluster_name")):
        got = home.query(
            f"SELECT workspace_id AS w, {key} AS k, {name} AS n, valid_from AS f, valid_to AS t, is_current AS c, delete_time AS d, tags_json AS j FROM {table}"
        )
        assert sorted((r["w"], r["k"], r["n"], r["f"], r["t"], r["c"], r["d"]) for r in got) == want
        assert all(r["j"] == '{"v":"%s"}' % r["n"][1:] for r in got)
    current = sorted((w, j, n) for w, j, n, _, _, c, _ in want if c)
    for table, key, name in (("dim_job", "job_id", "name"), ("dim_cluster", "cluster_id", "cluster_name")):
        assert (
            sorted((r["w"], r["k"], r["n"]) for r in home.query(f"SELECT workspace_id AS w, {key} AS k, {name} AS n FROM {table}"))
            == current
        )


def test_small_dimensions(tmp_path):
    write_jsonl(
        tmp_path / "in/identity/users/a.jsonl", [{"user_id": "u1", "email": "a@x", "active": True, "synced_at": utc("2026-01-01T00:00:00")}]
    )
    write_jsonl(
        tmp_path / "in/identity/users/b.jsonl",
        [{"user_id": "u1", "email": "b@x", "active": False, "synced_at": utc("2026-01-02T00:00:00")}],
    )
    write_jsonl(
        tmp_path / "in/access/workspaces_latest/a.jsonl",
        [{"workspace_id": "w", "workspace_name": "old"}, {"workspace_id": "w", "workspace_name": "new"}],
    )
    write_jsonl(
        tmp_path / "in/compute/node_types/a.jsonl",
        [
            {"account_id": "a", "node_type": "m", "core_count": 4.0, "memory_mb": 1},
            {"account_id": "b", "node_type": "m", "core_count": 8.0, "memory_mb": 2},
        ],
    )
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query("SELECT user_id, email, active, synced_at FROM dim_user") == [
        {"user_id": "u1", "email": "b@x", "active": False, "synced_at": "2026-01-02T00:00:00Z"}
    ]
    assert home.query("SELECT workspace_name AS n FROM dim_workspace") == [{"n": "new"}]
    assert home.query("SELECT account_id AS a, core_count AS c FROM dim_node_type") == [{"a": "b", "c": 8.0}]


def test_node_minutes_and_lineage(tmp_path):
    minute = {
        "workspace_id": "w",
        "cluster_id": "c",
        "instance_id": "i",
        "start_time": utc("2026-01-01T00:00:00"),
        "driver": False,
        "cpu_user_percent": 12.5,
        "disk_free_bytes_per_mount_point": [("/", 5)],
        "network_sent_bytes": 2**40,
        "task_slots_used_percent": 50.0,
        "tasks_running": 1.5,
    }
    write_jsonl(tmp_path / "in/compute/node_timeline/a.jsonl", [minute])
    read = {
        "record_id": "x",
        "workspace_id": "w",
        "event_time": utc("2026-01-01T00:00:00"),
        "source_table_full_name": "a.b.c",
        "entity_metadata": {"job_info": {"job_id": "7", "job_run_id": "8"}, "dlt_pipeline_info": {"dlt_pipeline_id": "p"}},
    }
    write_jsonl(tmp_path / "in/access/table_lineage/a.jsonl", [read])
    write_jsonl(tmp_path / "in/access/column_lineage/a.jsonl", [{**read, "source_column_name": "col"}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query(
        "SELECT cpu_user_percent AS c, network_sent_bytes AS n, disk_free_bytes_per_mount_point_json AS d, task_slots_used_percent AS s, tasks_running AS r"
        " FROM fact_node_timeline"
    ) == [{"c": 12.5, "n": 2**40, "d": '{"/":5}', "s": 50.0, "r": 1.5}]
    for table in ("fact_table_lineage", "fact_column_lineage"):
        assert home.query(
            f"SELECT entity_metadata_job_id AS j, entity_metadata_job_run_id AS r, entity_metadata_pipeline_id AS p, entity_metadata_dashboard_id AS d"
            f" FROM {table}"
        ) == [{"j": "7", "r": "8", "p": "p", "d": None}]


def test_a_failing_table_stops_only_its_dependants(tmp_path):
    packs = tmp_path / "pack"
    shutil.copytree(PACKS, packs)
    bad = packs / "gold/dim_job.sql"
    bad.write_text(bad.read_text().replace("b.name,", "CAST(CAST(b.name AS INT) AS STRING) AS name,"))
    (packs / "gold/zz_reader.sql").write_text(
        "-- Reads a table that fails.\nCREATE TABLE IF NOT EXISTS system_gold.zz_reader (n BIGINT COMMENT 'Jobs')\nCOMMENT 'Reader'\n"
        "TBLPROPERTIES ('secchi.domain' = 'cost', 'data_classification' = 'internal', 'contains_pii' = 'false', 'business_owner' = 'x', 'technical_owner' = 'x');\n"
        "INSERT INTO system_gold.zz_reader SELECT COUNT(*) AS n FROM system_gold.dim_job;\n"
    )
    write_jsonl(tmp_path / "in/lakeflow/jobs/a.jsonl", [{"workspace_id": "w", "job_id": "j", "name": "x", "change_time": hour(0)}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    with pytest.raises(Failed) as e:
        home.refresh()
    assert e.value.status == 3 and "gold dim_job" in e.value.error["what"]
    steps = {s["name"]: s for s in home.query("SELECT name, state, error FROM secchi_ops.step")}
    assert steps["gold dim_job"]["state"] == "failed" and steps["gold zz_reader"]["state"] == "skipped"
    assert "dim_job" in steps["gold zz_reader"]["error"]
    assert steps["gold dim_job_history"]["state"] == "succeeded"
    assert home.query("SELECT COUNT(*) AS n FROM dim_job_history") == [{"n": 1}]
    assert home.query("SELECT COUNT(*) AS n FROM dim_job") == [{"n": 0}]
    shutil.copy(PACKS / "gold/dim_job.sql", bad)
    home.refresh()
    assert home.query("SELECT name FROM dim_job") == [{"name": "x"}]
    assert home.query("SELECT n FROM zz_reader") == [{"n": 1}]


def test_a_changed_statement_rebuilds_its_table(tmp_path):
    packs = tmp_path / "pack"
    shutil.copytree(PACKS, packs)
    write_jsonl(tmp_path / "in/access/workspaces_latest/a.jsonl", [{"workspace_id": "w", "workspace_name": "n"}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    home.refresh()
    sql = packs / "gold/dim_workspace.sql"
    sql.write_text(sql.read_text().replace("  b.workspace_name,", "  UPPER(b.workspace_name) AS workspace_name,"))
    home.refresh()
    assert home.query("SELECT workspace_name AS n FROM dim_workspace") == [{"n": "N"}]


def gold_pack(tmp_path, name, ddl, fill):
    """The pack with one more gold table; its fill is a MERGE of {bronze} rows that are new."""
    packs = tmp_path / "pack"
    if not packs.exists():
        shutil.copytree(PACKS, packs)
    tags = "'data_classification' = 'internal', 'contains_pii' = 'false', 'business_owner' = 'x', 'technical_owner' = 'x', 'secchi.domain' = 'cost'"
    (packs / f"gold/{name}.sql").write_text(ddl.replace("{tags}", tags) + ";\n" + fill + ";\n")
    return packs


def findings_of(home, kind, state="open"):
    rows = home.query(
        f"SELECT kind, table_name, subject, text, first_run_id, last_run_id, closed_run_id FROM secchi_ops.finding WHERE state = '{state}' ORDER BY table_name, subject"
    )
    return [r for r in rows if r["kind"] == kind]


def test_a_primary_key_that_is_not_unique_is_found_and_closed(tmp_path):
    packs = gold_pack(
        tmp_path,
        "job_name",
        "CREATE TABLE IF NOT EXISTS system_gold.job_name (name STRING COMMENT 'Name', job_id STRING COMMENT 'Job',"
        " CONSTRAINT pk_job_name PRIMARY KEY (name)) COMMENT 'Names of jobs' TBLPROPERTIES ({tags})",
        "MERGE INTO system_gold.job_name AS t USING (SELECT b.name, b.job_id FROM system_bronze.jobs AS b WHERE b.bronze_ingestion_timestamp > :since)"
        " AS s ON t.job_id <=> s.job_id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    )
    job = {"workspace_id": "w", "job_id": "j1", "name": "load", "change_time": hour(0)}
    write_jsonl(tmp_path / "in/lakeflow/jobs/a.jsonl", [job, {**job, "job_id": "j2", "name": "export"}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    home.refresh()
    assert not findings_of(home, "duplicate_key")
    # Only the changed keys are looked at; the other row of the key is one that was there before.
    write_jsonl(tmp_path / "in/lakeflow/jobs/b.jsonl", [{**job, "job_id": "j3"}, {**job, "job_id": "j4", "name": "other"}])
    home.refresh()
    found = findings_of(home, "duplicate_key")
    assert [(f["table_name"], f["subject"], f["first_run_id"]) for f in found] == [("job_name", "name", 2)]
    assert "1 keys (name) of job_name stand in 2 rows, e.g. load" in found[0]["text"]
    write_jsonl(tmp_path / "in/lakeflow/jobs/c.jsonl", [{**job, "job_id": "j5", "name": "fifth"}])
    home.refresh()  # it still holds, although nothing about it changed
    assert [(f["first_run_id"], f["last_run_id"]) for f in findings_of(home, "duplicate_key")] == [(2, 3)]
    write_jsonl(tmp_path / "in/lakeflow/jobs/d.jsonl", [{**job, "job_id": "j3", "name": "renamed"}])
    home.refresh()
    assert not findings_of(home, "duplicate_key")
    assert [f["closed_run_id"] for f in findings_of(home, "duplicate_key", "closed")] == [4]


def test_a_primary_key_that_only_new_rows_repeat_is_found(tmp_path):
    packs = gold_pack(
        tmp_path,
        "job_name",
        "CREATE TABLE IF NOT EXISTS system_gold.job_name (name STRING COMMENT 'Name', job_id STRING COMMENT 'Job',"
        " CONSTRAINT pk_job_name PRIMARY KEY (name)) COMMENT 'Names of jobs' TBLPROPERTIES ({tags})",
        "MERGE INTO system_gold.job_name AS t USING (SELECT b.name, b.job_id FROM system_bronze.jobs AS b WHERE b.bronze_ingestion_timestamp > :since)"
        " AS s ON t.`name` <=> s.name WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    )
    job = {"workspace_id": "w", "job_id": "j1", "name": "load", "change_time": hour(0)}
    write_jsonl(tmp_path / "in/lakeflow/jobs/a.jsonl", [job])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    home.refresh()
    write_jsonl(tmp_path / "in/lakeflow/jobs/b.jsonl", [{**job, "job_id": f"j{n}", "name": "twice"} for n in (2, 3)])
    home.refresh()
    found = findings_of(home, "duplicate_key")
    assert [(f["table_name"], f["subject"], f["first_run_id"]) for f in found] == [("job_name", "name", 2)]
    assert "1 keys (name) of job_name stand in 2 rows, e.g. twice" in found[0]["text"]
    assert home.query("SELECT name, COUNT(*) AS n FROM job_name GROUP BY name ORDER BY name") == [{"name": "load", "n": 1}, {"name": "twice", "n": 2}]


def test_orphans_are_counted_with_an_example_and_null_keys_are_fine(tmp_path):
    run = {
        "workspace_id": "w",
        "job_id": "j0",
        "run_id": "r0",
        "period_start_time": hour(0),
        "period_end_time": hour(1),
        "result_state": "FAILED",
    }
    of_jobs = "(workspace_id, job_id) -> dim_job"

    def orphans(state="open"):
        return [f for f in findings_of(home, "orphan_rows", state) if (f["table_name"], f["subject"]) == ("fact_job_run_timeline", of_jobs)]

    write_jsonl(tmp_path / "in/lakeflow/jobs/a.jsonl", [{"workspace_id": "w", "job_id": "j0", "name": "x", "change_time": hour(0)}])
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/a.jsonl", [run, {**run, "run_id": "r1", "workspace_id": None}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert not orphans()
    more = [{**run, "run_id": f"n{i}", "job_id": f"j{1 + i % 2}"} for i in range(5)]
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/b.jsonl", more)
    home.refresh()
    assert "5 rows of fact_job_run_timeline have values of (workspace_id, job_id) that are not in dim_job, 2 values, e.g. w, j1" in orphans()[0]["text"]
    for n, job in enumerate(("j1", "j2")):  # late rows of the dimension
        write_jsonl(tmp_path / f"in/lakeflow/jobs/c{n}.jsonl", [{"workspace_id": "w", "job_id": job, "name": "y", "change_time": hour(0)}])
        home.refresh()
        assert len(orphans()) == 1 - n
    assert [f["closed_run_id"] for f in orphans("closed")] == [4]
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/c.jsonl", [{**run, "run_id": "z", "job_id": "j9"}])
    home.refresh()
    assert [f["first_run_id"] for f in orphans()] == [5]  # open anew


def test_overlapping_periods_are_found_and_closed(tmp_path):
    packs = gold_pack(
        tmp_path,
        "job_period",
        "CREATE TABLE IF NOT EXISTS system_gold.job_period (job_id STRING COMMENT 'Job', begins TIMESTAMP COMMENT 'Start', ends TIMESTAMP COMMENT 'End',"
        " CONSTRAINT pk_job_period PRIMARY KEY (job_id, begins)) COMMENT 'Periods of jobs' TBLPROPERTIES ({tags}, 'secchi.no_overlap' = 'job_id / begins / ends')",
        "MERGE INTO system_gold.job_period AS t USING (SELECT b.job_id, b.change_time AS begins, b.delete_time AS ends FROM system_bronze.jobs AS b"
        " WHERE b.bronze_ingestion_timestamp > :since) AS s ON t.job_id <=> s.job_id AND t.begins <=> s.begins"
        " WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    )

    def write(name, *periods):
        rows = [{"workspace_id": "w", "job_id": j, "name": "n", "change_time": hour(b), "delete_time": e and hour(e)} for j, b, e in periods]
        write_jsonl(tmp_path / f"in/lakeflow/jobs/{name}.jsonl", rows)

    write("a", ("touching", 0, 5), ("touching", 5, None), ("empty", 3, 3), ("empty", 1, 9), ("long", 0, 100), ("long", 200, None))
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    home.refresh()
    assert not findings_of(home, "overlapping_periods")
    write("b", ("long", 10, 20), ("long", 50, 60), ("touching", 4, 5))  # two within a long one that is not their neighbour
    home.refresh()
    found = findings_of(home, "overlapping_periods")
    assert [(f["table_name"], f["subject"]) for f in found] == [("job_period", "job_id")]
    assert "3 rows of job_period begin before an earlier row of the same (job_id) has ended, 2 values, e.g. long" in found[0]["text"]
    write("c", ("long", 0, 10), ("touching", 0, 4))
    home.refresh()
    assert not findings_of(home, "overlapping_periods") and findings_of(home, "overlapping_periods", "closed")
    write("d", ("touching", 100, None))  # the one before it is open-ended
    home.refresh()
    assert "e.g. touching" in findings_of(home, "overlapping_periods")[0]["text"]


def test_a_period_that_is_not_declared_well_is_refused(tmp_path):
    packs = gold_pack(
        tmp_path,
        "wrong",
        "CREATE TABLE IF NOT EXISTS system_gold.wrong (a STRING COMMENT 'A', b DATE COMMENT 'B') COMMENT 'W' TBLPROPERTIES ({tags}, 'secchi.no_overlap' = 'a / b')",
        "INSERT INTO system_gold.wrong SELECT 'a' AS a, DATE '2026-01-01' AS b",
    )
    home = Home(tmp_path / "home", {}, packs=packs)
    with pytest.raises(Failed) as e:
        home.refresh()
    assert e.value.status == 2 and "wrong.sql:1" in e.value.error["where"] and "'key, .. / start / end'" in e.value.error["what"]
