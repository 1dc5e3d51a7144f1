"""A lake that arrives in pieces, in any order, with kills between, ends as one that is there at once: every bronze and gold table."""

import os
import random
import signal
import subprocess

import pytest
from build_kit import DRIVE, STAMP, Home
from lake_kit import lake

LONG = os.environ.get("SECCHI_TEST_TIER") == "long"
AS_OF = "2026-01-26"
LATER = "2026-02-02"
KEEP = "ingest:\n  retention: 15d\ntables:\n  lakeflow.jobs: {retention: 10d}\n  node_timeline: {retention: 0s}\n"


def rows_of(home, name):
    return sorted(str({k: v for k, v in r.items() if k not in STAMP}) for r in home.query(f"SELECT * FROM {name}"))


def compare(left, right, what):
    a, b = left.hashes(), right.hashes()
    bad = sorted(n for n in a if a[n] != b[n])
    if not bad:
        return
    text = [f"{what}: {', '.join(bad)}"]
    for name in bad[:8]:
        x, y = rows_of(left, name), rows_of(right, name)
        text += [name, *(f"  - {r}" for r in [r for r in x if r not in y][:2]), *(f"  + {r}" for r in [r for r in y if r not in x][:2])]
    pytest.fail("\n".join(text), pytrace=False)


def killed_refresh(home, rng, *args):
    """A refresh that is killed at some moment, or ends before it."""
    p = subprocess.Popen([DRIVE, home.path, home.packs, "refresh", *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        p.wait(rng.uniform(0.2, 3))
    except subprocess.TimeoutExpired:
        p.send_signal(signal.SIGKILL)
        p.wait()


def arrive(rng, files, root, home, *args):
    """Files come in any order, one that grows in two pieces; after some of them a refresh, now and then one that is killed."""
    waiting = list(files)
    rng.shuffle(waiting)
    rounds = rng.randrange(3, 6) if LONG else 2
    cut = {f.name: rng.randrange(1, len(f.rows) + 1) for f in waiting if f.format == "jsonl" and rng.random() < 0.3}
    for n in range(rounds):
        count = len(waiting) // (rounds - n)
        now, waiting = waiting[:count], waiting[count:]
        for f in now:
            f.write(root, cut.get(f.name))
        if n == 0 or rng.random() < 0.5:
            killed_refresh(home, rng, *args)
        home.refresh(*args)
    for f in files:
        if f.name in cut:
            f.write(root)
    home.refresh(*args)


# Odd seeds have retention.
@pytest.mark.parametrize("seed", range(40) if LONG else [1])
def test_in_pieces_is_as_at_once(tmp_path, seed):
    rng = random.Random(1000 + seed)
    files = lake(rng, mixed=LONG)
    settings = KEEP if seed % 2 else ""
    for f in files:
        f.write(tmp_path / "once")
    (tmp_path / "pieces").mkdir()
    once = Home(tmp_path / "home-once", {"in": tmp_path / "once"}, settings=settings)
    pieces = Home(tmp_path / "home-pieces", {"in": tmp_path / "pieces"}, settings=settings)
    once.refresh("--as-of", AS_OF)
    rows = {(r["s"], r["t"]): r["n"] for r in once.query("SELECT schema_name AS s, table_name AS t, row_count AS n FROM secchi_ops.table_stats")}
    assert not [name for name in once.hashes() if not rows.get(tuple(name.split(".")))]  # every table is filled
    arrive(rng, files, tmp_path / "pieces", pieces, "--as-of", AS_OF)
    compare(once, pieces, "in pieces differs from at once")
    once.refresh("--as-of", AS_OF, "--full")
    compare(once, pieces, "full differs from incremental")
    if settings:
        pieces.refresh("--as-of", LATER)
        once.refresh("--as-of", LATER, "--full")
        compare(once, pieces, "after retention, incremental differs from full")
        first = pieces.query("SELECT MIN(start_time) AS t FROM query_history")[0]["t"]
        assert first >= "2026-01-18" and pieces.query("SELECT MIN(start_time) AS t FROM fact_query_history")[0]["t"] == first
