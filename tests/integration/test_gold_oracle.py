"""Every number of every gold table, computed once more in plain Python from the delivered files of a small simulated lake.
One test, since the lake is loaded once for all tables whatever number of workers runs the tests."""

import pyarrow.parquet as pq
import pytest
from build_kit import GOLD
from gold_oracle.compare import differences
from gold_oracle.deliveries import deliver
from gold_oracle.lake import Lake
from gold_oracle.tables import COLUMNS, expected, key_of, overlapping
from lake_kit import tables
from program import new_home
from server_kit import Server

VIEWS = {"fact_data_classification", "fact_dq_monitoring"}


def read(home, table, root):
    path = root / f"{table}.parquet"
    home.good("query", "--format", "parquet", "--max-rows", 10_000_000, "--output", path, f"SELECT * FROM system_gold.{table}")
    return pq.read_table(path)


def faults_of_bronze(home, lake):
    """Every delivered row is there once, and none was refused."""
    rows = home.rows("SELECT table_name, row_count FROM secchi_ops.table_stats WHERE schema_name = 'system_bronze'")
    counts, wanted = {r["table_name"]: r["row_count"] for r in rows}, {t.name: len(lake[t.folder]) for t in tables()}
    refused = home.one("SELECT SUM(rows_rejected) AS n FROM secchi_ops.step")
    faults = [f"{t}: {counts.get(t)} rows, not {n}" for t, n in wanted.items() if counts.get(t) != n]
    return faults + ([f"{refused} rows were refused"] if refused else [])


def faults_of_overlaps(home, lake):
    faults = []
    for table in ("list_prices", "account_prices"):
        found = home.rows(
            f"SELECT text FROM secchi_ops.finding WHERE kind = 'overlapping_periods' AND state = 'open' AND table_name = 'fact_{table}'"
        )
        start = f"{overlapping(lake[f'billing/{table}'])} rows of fact_{table} begin before"
        if len(found) != 1 or not found[0]["text"].startswith(start):
            faults.append(f"no finding '{start} ...' but {found}")
    return faults


def faults_of_gold(home, lake, root):
    faults = []
    for table in COLUMNS:
        rows = expected(table, lake)
        bad = differences(read(home, table, root), rows, key_of(table)) if rows else ["the lake has no rows for it"]
        if bad:
            faults.append(f"{table}: {len(bad)} differences of {len(rows)} rows")
            faults += [f"  {line}" for line in bad[:8]]
    return faults


def test_every_gold_table_is_as_computed(tmp_path):
    assert set(COLUMNS) == {*GOLD, *VIEWS}
    home = new_home(tmp_path / "home")
    home.good("simulate", "--out", tmp_path / "lake", "--days", 4, "--until", "2026-02-03", "--scale", 0.03, "--seed", 11, "--format", "jsonl")
    deliver(tmp_path / "lake", tmp_path / "in", 1)
    home.good("setup", "--source", tmp_path / "in", timeout=300)
    deliver(tmp_path / "lake", tmp_path / "in", 2)
    server = Server(home)
    try:
        home.good("refresh", timeout=300)
        lake = Lake(tmp_path / "in")
        faults = faults_of_bronze(home, lake) + faults_of_overlaps(home, lake) + faults_of_gold(home, lake, tmp_path)
    finally:
        server.stop()
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
