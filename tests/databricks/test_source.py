"""System tables of a workspace as a source: asked for incrementally, landed, loaded as files of a folder are (H-02, H-03, H-04)."""
import pytest
from program import new_home

USAGE = """CREATE OR REPLACE TABLE system.billing.usage (account_id STRING, workspace_id STRING, record_id STRING, sku_name STRING, cloud STRING, usage_start_time TIMESTAMP,
    usage_end_time TIMESTAMP, usage_date DATE, custom_tags MAP<STRING, STRING>, usage_unit STRING, usage_quantity DECIMAL(38, 18),
    usage_metadata STRUCT<cluster_id: STRING, job_id: STRING>, added_lately STRING) USING DELTA"""
NODES = "CREATE OR REPLACE TABLE system.compute.node_types (account_id STRING, node_type STRING, core_count DOUBLE, memory_mb BIGINT, gpu_count BIGINT) USING DELTA"


def record(name, time, quantity="1.5"):
    return (f"('a', 'w', '{name}', 'JOBS', 'AWS', TIMESTAMP'{time}', TIMESTAMP'{time}' + INTERVAL 1 HOUR, DATE(TIMESTAMP'{time}'), map('team', 'x'), 'DBU', "
            f"CAST({quantity} AS DECIMAL(38, 18)), named_struct('cluster_id', 'c', 'job_id', 'j'), 'new')")


@pytest.fixture
def run(backend):
    numbers = iter(range(1000000))

    def run(sql):
        backend.run(f"source{id(numbers)}x{next(numbers)}", sql)

    for sql in ("CREATE SCHEMA IF NOT EXISTS system.billing", "CREATE SCHEMA IF NOT EXISTS system.compute", USAGE, NODES,
                f"INSERT INTO system.billing.usage VALUES {record('r1', '2026-06-01 10:00:00')}, {record('r2', '2026-06-10 10:00:00')}",
                "INSERT INTO system.compute.node_types VALUES ('a', 'm5.large', 2, 8192, 0)"):
        run(sql)
    return run


@pytest.fixture
def home(workspace, tmp_path):
    home = new_home(tmp_path / "home")
    (home.path / "secchi.yaml").write_text("version: 1\nsources:\n  - kind: databricks\n")
    home.env.update(DATABRICKS_HOST=workspace.host, DATABRICKS_TOKEN=workspace.token, DATABRICKS_WAREHOUSE_ID=workspace.warehouse_id, HOME=str(tmp_path))
    return home


def refresh(home, *tables, status=0):
    done = home.run("refresh", *(w for t in tables for w in ("--only", t)), timeout=400)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def landed(home, table):
    return sorted(p.name for p in (home.path / "landing/databricks" / table).glob("[0-9]*"))


def asked(workspace, word):
    return [e["body"] for e in workspace.log if e["method"] == "POST" and word in (e["body"] or "")]


def findings(home):
    return {(r["kind"], r["table_name"]) for r in home.rows("SELECT kind, table_name FROM secchi_ops.finding WHERE state = 'open'")}


def test_tables_are_asked_for_what_is_new(workspace, run, home):
    refresh(home, "usage", "node_types", "warehouses")
    rows = home.rows("""SELECT record_id, usage_quantity, usage_start_time, usage_metadata.job_id AS job, custom_tags['team'] AS team, bronze_source_file AS file
        FROM system.billing.usage ORDER BY record_id""")
    assert [(r["record_id"], float(r["usage_quantity"]), r["job"], r["team"]) for r in rows] == [("r1", 1.5, "j", "x"), ("r2", 1.5, "j", "x")]
    assert rows[0]["usage_start_time"].startswith("2026-06-01T10:00:00") and rows[0]["file"] == "databricks/billing/usage/00000000000000000001.parquet"
    assert home.rows("SELECT node_type, core_count FROM system.compute.node_types")[0]["node_type"] == "m5.large"
    found = findings(home)
    assert ("unreadable", "compute/warehouses") in found and ("column_added", "usage") in found
    assert ("unreadable", "billing/usage") not in found
    assert len(landed(home, "billing/usage")) == 1 and "since" not in asked(workspace, "usage")[0]

    # a late row and a restated one within the overlap, an older one beyond it; the whole table of node types is as it was
    run(f"INSERT INTO system.billing.usage VALUES {record('late', '2026-06-08 00:00:00')}, {record('r3', '2026-06-11 00:00:00')}, {record('too_late', '2026-06-02 00:00:00')}")
    run("UPDATE system.billing.usage SET usage_quantity = 7 WHERE record_id = 'r2'")
    refresh(home, "usage", "node_types")
    rows = home.rows("SELECT record_id, usage_quantity FROM system.billing.usage ORDER BY record_id")
    assert [(r["record_id"], float(r["usage_quantity"])) for r in rows] == [("late", 1.5), ("r1", 1.5), ("r2", 7.0), ("r3", 1.5)]
    assert len(landed(home, "billing/usage")) == 2 and len(landed(home, "compute/node_types")) == 1
    assert "2026-06-07T10:00:00Z" in asked(workspace, "usage")[-1]


def test_what_breaks_off_is_asked_again(workspace, run, home):
    workspace.settings["chunk_rows"] = 1
    workspace.control({"do": "fault", "path": "/result/chunks/1", "status": 404})
    refresh(home, "usage")
    assert landed(home, "billing/usage") == [] and not (home.path / "landing/databricks/billing/usage/_mark.json").exists()
    assert ("unreadable", "billing/usage") in findings(home)
    refresh(home, "usage")
    assert home.one("SELECT COUNT(*) AS n FROM system.billing.usage") == 2
    assert ("unreadable", "billing/usage") not in findings(home)


def test_workspace_that_cannot_be_asked_is_unknown(workspace, run, home):
    refresh(home, "usage")
    home.env["DATABRICKS_TOKEN"] = "dapiwrong"
    done = refresh(home, "usage", status=3)
    assert "dapiwrong" not in done.stdout + done.stderr
    assert ("source_unreadable", None) in findings(home)
    assert home.one("SELECT COUNT(*) AS n FROM system.billing.usage") == 2  # its rows stay
