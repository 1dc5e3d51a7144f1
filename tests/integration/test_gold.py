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


def test_orphans_are_found_and_closed(tmp_path):
    run = {
        "workspace_id": "w",
        "job_id": "j1",
        "run_id": "r",
        "period_start_time": hour(0),
        "period_end_time": hour(1),
        "result_state": "FAILED",
    }
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/a.jsonl", [run, {**run, "run_id": "r2", "job_id": "j2"}])
    write_jsonl(tmp_path / "in/lakeflow/jobs/a.jsonl", [{"workspace_id": "w", "job_id": "j2", "name": "x", "change_time": hour(0)}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    orphans = [f for f in home.findings() if f["kind"] == "orphan_rows" and f["table_name"] == "fact_job_run_timeline"]
    assert len(orphans) == 1 and "1 values of" in orphans[0]["text"] and "w, j1" in orphans[0]["text"] and "dim_job" in orphans[0]["text"]
    write_jsonl(tmp_path / "in/lakeflow/jobs/b.jsonl", [{"workspace_id": "w", "job_id": "j1", "name": "y", "change_time": hour(0)}])
    home.refresh()
    assert not [f for f in home.findings() if f["kind"] == "orphan_rows" and f["table_name"] == "fact_job_run_timeline"]
    assert [f for f in home.findings("closed") if f["kind"] == "orphan_rows" and f["table_name"] == "fact_job_run_timeline"]


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
