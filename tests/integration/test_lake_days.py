"""A simulated lake that is delivered day by day ends as the same lake delivered at once: every bronze and gold table, by content hash."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from build_kit import Home
from gold_oracle.lake import KEYS, Lake
from program import new_home
from server_kit import Server

LONG = os.environ.get("SECCHI_TEST_TIER") == "long"
# Tables that gold joins stand in one part. The parts have homes of their own, since a refresh keeps but one core busy.
BILLED = ("billing/", "compute/", "lakeflow/", "identity/", "query/")
PARTS = {
    "billed": [t for t in KEYS if t.startswith(BILLED)],
    "others": [t for t in KEYS if not t.startswith(BILLED)],
}


def copy(files, lake, to):
    for f in files:
        path = to / f.relative_to(lake)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(f, path)


def rejected(home):
    names = [r["t"] for r in home.query("SELECT DISTINCT table_name AS t FROM secchi_ops.finding WHERE kind = 'rows_rejected'")]
    return {
        t: sorted(
            json.dumps(r) for r in home.query(f"SELECT bronze_source_file, bronze_source_seq, reason, row_json FROM secchi_quarantine.{t}")
        )
        for t in names
    }


def kinds_of_findings(home):
    return {r["kind"] for r in home.query("SELECT DISTINCT kind FROM secchi_ops.finding")}


def load(root, lake, deliveries):
    """A home that is set up with the first delivery and refreshed after each other one."""
    source, home = root / "in", new_home(root / "home")
    copy(deliveries[0], lake, source)
    home.good("setup", "--source", source, timeout=600)
    server = Server(home)
    try:
        for files in deliveries[1:]:
            copy(files, lake, source)
            home.good("refresh", timeout=600)
    finally:
        server.stop()
    (root / "home/warehouse.db").rename(root / "home/warehouse.duckdb")  # as the driver calls it
    return Home(root / "home", {"in": source})


def compare(lake, root, tables):
    """What a home that got the tables day by day and one that got them at once hold: hashes and refused rows."""
    files = [f for t in tables for f in (lake / t).glob("*.jsonl")]
    days = sorted({f.name for f in files})
    for name in ("days", "once"):
        (root / name).mkdir(parents=True)
    slow = load(root / "days", lake, [[f for f in files if f.name == day] for day in days])
    quick = load(root / "once", lake, [files])
    return days, slow.hashes(), quick.hashes(), rejected(slow), rejected(quick), kinds_of_findings(slow)


def simulate(root, days):
    words = ["--days", days, "--until", "2026-02-05", "--scale", 0.01, "--seed", 5, "--format", "jsonl", "--drift"]
    new_home(root / "simulator").good("simulate", "--out", root / "lake", *words, timeout=3600)
    return root / "lake"


def redelivered(lake):
    """Rows that replaced one of their natural key which was delivered on another day."""
    delivered = sum(len(f.read_text().splitlines()) for f in lake.glob("*/*/*.jsonl"))
    return delivered - sum(len(rows) for rows in Lake(lake).rows.values())


def late(lake):
    return sum(
        json.loads(line)["usage_start_time"][:10] < f.stem for f in lake.glob("billing/usage/*.jsonl") for line in f.read_text().splitlines()
    )


def same_day_by_day_and_at_once(tmp_path, day_count, parts):
    lake = simulate(tmp_path, day_count)
    assert redelivered(lake) > 20 and late(lake) > 20, "the lake has too few corrected or late rows to prove anything"
    with ThreadPoolExecutor(len(parts)) as pool:
        results = dict(zip(parts, pool.map(lambda part: compare(lake, tmp_path / part, parts[part]), parts), strict=True))
    kinds = set().union(*(result[-1] for result in results.values()))
    assert {"column_added", "column_missing", "rows_rejected"} <= kinds, kinds
    assert all(list(lake.glob(f"{t}/*.jsonl")) for t in KEYS)
    for part, (days, slow, quick, slow_rejected, quick_rejected, _kinds) in results.items():
        assert len(days) == day_count
        assert slow_rejected == quick_rejected, part
        differ = sorted(t for t in quick if slow[t] != quick[t])
        assert not differ, f"{part}: {', '.join(differ)} differ between {len(days)} days one at a time and all at once"


def test_month_day_by_day_is_as_at_once(tmp_path):
    same_day_by_day_and_at_once(tmp_path, 35, PARTS)


@pytest.mark.skipif(not LONG, reason="make test-long runs it")
def test_year_day_by_day_is_as_at_once(tmp_path):
    same_day_by_day_and_at_once(tmp_path, 365, {"all": list(KEYS)})
