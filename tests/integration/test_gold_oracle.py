"""Every number of every gold table, computed once more in plain Python from the delivered files of a small simulated lake."""

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

pytestmark = pytest.mark.xdist_group("gold_oracle")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A home that was set up with a part of the lake and refreshed with the rest of it."""
    root = tmp_path_factory.mktemp("gold_oracle")
    home = new_home(root / "home")
    home.good("simulate", "--out", root / "lake", "--days", 4, "--until", "2026-02-03", "--scale", 0.03, "--seed", 11, "--format", "jsonl")
    deliver(root / "lake", root / "in", 1)
    home.good("setup", "--source", root / "in", timeout=300)
    deliver(root / "lake", root / "in", 2)
    server = Server(home)
    try:
        home.good("refresh", timeout=300)
        yield home, Lake(root / "in"), root
    finally:
        server.stop()


def read(home, table, root):
    path = root / f"{table}.parquet"
    home.good("query", "--format", "parquet", "--max-rows", 10_000_000, "--output", path, f"SELECT * FROM system_gold.{table}")
    return pq.read_table(path)


def test_every_gold_table_is_computed():
    views = {"fact_data_classification", "fact_dq_monitoring"}
    assert set(COLUMNS) == {*GOLD, *views}
    assert len(COLUMNS) == 42


def test_every_delivered_row_is_there_once(loaded):
    home, lake, _root = loaded
    rows = home.rows("SELECT table_name, row_count FROM secchi_ops.table_stats WHERE schema_name = 'system_bronze'")
    counts = {r["table_name"]: r["row_count"] for r in rows}
    assert counts == {t.name: len(lake[t.folder]) for t in tables()}
    assert home.one("SELECT SUM(rows_rejected) AS n FROM secchi_ops.step") == 0


@pytest.mark.parametrize("table", ["list_prices", "account_prices"])
def test_overlaps_of_prices_are_a_finding(loaded, table):
    home, lake, _root = loaded
    text = home.one(f"SELECT text FROM secchi_ops.finding WHERE kind = 'overlapping_periods' AND state = 'open' AND table_name = 'fact_{table}'")
    count = overlapping(lake[f"billing/{table}"])
    assert count and text.startswith(f"{count} rows of fact_{table} begin before"), text


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_gold_is_as_computed(loaded, table):
    home, lake, root = loaded
    rows = expected(table, lake)
    assert rows, "the lake has no rows for it"
    bad = differences(read(home, table, root), rows, key_of(table))
    assert not bad, f"{len(bad)} differences of {len(rows)} rows:\n" + "\n".join(bad[:12])
