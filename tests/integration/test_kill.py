"""Killed at any write, fsync or rename, the next run ends with the same tables as one that was never disturbed, and the
program opens at once. A full or failing disk is a named error and nothing is lost.

The points come from tests/faults/preload.c, which counts such calls below the home. `make test` takes some of them, spread
over the whole run (-k some); `make test-long` each of the first 200 and 50 at random places behind those (-k every). The
inputs are sample event logs, and a simulated lake of all system tables whose last day arrives.
SECCHI_KILL_SEED sets the places anew. Tables are read by the duckdb module of Python, not by the program.
"""
import errno
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SECCHI_BUILD", ROOT / "build"))
SECCHI = Path(os.environ.get("SECCHI", BUILD / "secchi"))
PRELOAD = BUILD / "tests" / "faults" / "libfaults.so"
LOGS = ROOT / "tests" / "data" / "eventlogs"
SEED = int(os.environ.get("SECCHI_KILL_SEED", "20240607"))

FIRST_POINTS, RANDOM_POINTS, SHORT_POINTS, SHORT_ERRORS = 200, 50, 5, 3
SHORT_LAKE_POINTS = 3  # a refresh of all tables takes its time
LAKE = ["--days", "3", "--until", "2026-03-02", "--scale", "0.01", "--seed", "20240607"]  # a month ends in it
OPEN_SECONDS = 2.0  # of processor time: what it takes on a machine with nothing else to do, also when this one is busy
SHOWN_ROWS = 50
LOG_BYTES = 420_000  # of all samples together: a run must be short to be killed often

# What may differ between two runs over the same input: when it was done and by which run (H-03).
TIMES = {"bronze_ingestion_timestamp", "loaded_at", "published_to", "updated_at", "first_seen_at", "last_seen_at", "closed_at",
         "run_id", "first_run_id", "last_run_id", "closed_run_id", "landing"}  # landing numbers count attempts
# What a finding says of the last load: one that was interrupted is made good in smaller loads.
# A rule says when it came into the warehouse.
LAST_LOAD = {("finding", "text"), ("dq_rule", "created_at")}
# History of runs: a killed run is part of it.
HISTORY = {"run", "step", "load_batch", "check_result"}


def secchi(home, *args, faults=None, timeout=300):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SECCHI_FAULT")}
    env["SECCHI_AS_OF"] = "2030-01-01T00:00:00Z"
    if faults is not None:
        env.update({"LD_PRELOAD": str(PRELOAD), "SECCHI_FAULT_DIR": str(home), "SECCHI_FAULT_COUNT": str(home.parent / "count"), **faults})
    return subprocess.run([str(SECCHI), "--home", str(home), *args], capture_output=True, text=True, timeout=timeout, env=env,
                          stdin=subprocess.DEVNULL)


def read_count(home):
    return int.from_bytes((home.parent / "count").read_bytes(), "little")


def good(p):
    assert p.returncode == 0, f"{p.args}: exit {p.returncode}\n{p.stdout[-2000:]}\n{p.stderr[-2000:]}"


def warehouse(home):
    found = [p for p in home.rglob("*") if p.is_file() and p.suffix in (".duckdb", ".db") and p.read_bytes()[8:12] == b"DUCK"]
    assert len(found) == 1, f"one warehouse expected in {home}: {found}"
    return found[0]


def content(home):
    """Table -> hash of its rows, in no order, without the columns that say when and by which run."""
    con = duckdb.connect(str(warehouse(home)), read_only=True)
    tables = con.execute(
        "SELECT t.schema_name, t.table_name, list(c.column_name ORDER BY c.column_index) FROM duckdb_tables() AS t "
        "JOIN duckdb_columns() AS c USING (table_oid, schema_name) WHERE NOT t.internal GROUP BY ALL ORDER BY ALL").fetchall()
    hashes = {}
    for schema, table, columns in tables:
        if schema == "secchi_ops" and table in HISTORY:
            continue
        names = [c for c in columns if c not in TIMES and (table, c) not in LAST_LOAD]
        quoted = ", ".join('"' + c.replace('"', '""') + '"' for c in names)
        # What a failed run found and the next one closed is history; what is open must be the same.
        where = "WHERE state = 'open'" if table == "finding" else ""
        rows = con.execute(f'SELECT {quoted} FROM "{schema}"."{table}" {where}').fetchall() if names else []
        digest = hashlib.sha256(repr(names).encode())
        rows = sorted(repr(r) for r in rows)
        for row in rows:
            digest.update(row.encode())
        hashes[f"{schema}.{table}"] = (len(rows), digest.hexdigest(), rows[:SHOWN_ROWS])
    con.close()
    assert sum(n for n, _, _ in hashes.values()) > 0, "the warehouse is empty: the comparison would prove nothing"
    return hashes


def assert_same(got, wanted, where):
    none = ("none", "", [])
    different = sorted(t for t in got.keys() | wanted.keys() if got.get(t, none) != wanted.get(t, none))
    detail = []
    for t in different:
        g, w = got.get(t, none), wanted.get(t, none)
        detail.append(f"{t}: {g[0]} rows for {w[0]}")
        detail += [f"  got    {r}" for r in g[2] if r not in w[2]][:3] + [f"  wanted {r}" for r in w[2] if r not in g[2]][:3]
    assert not different, f"{where}: tables differ\n" + "\n".join(detail)


def samples():
    """Small event logs, files or folders, alternately into what is there at first and what comes later."""
    def size(p):
        return sum(f.stat().st_size for f in p.rglob("*")) if p.is_dir() else p.stat().st_size

    folders = [f for f in sorted(LOGS.iterdir()) if f.is_dir() and f.name != "cluster-compacted"]
    logs = [p for folder in folders for p in sorted(folder.iterdir())]
    chosen, total = [], 0
    for p in sorted(logs, key=lambda p: (size(p), p.name)):
        if total + size(p) > LOG_BYTES and len(chosen) >= 2:
            break
        chosen.append(p)
        total += size(p)
    assert len(chosen) >= 2, f"two event logs are needed in {LOGS}"
    return chosen[0::2], chosen[1::2]


def copy_logs(logs, to):
    to.mkdir(exist_ok=True)
    for p in logs:
        if p.is_dir():
            shutil.copytree(p, to / p.name)
        else:
            shutil.copy(p, to / p.name)


class Case:
    """A command that changes a home, from a home prepared before it; and what it does when nothing disturbs it."""

    def __init__(self, folder, prepare, command):
        self.folder, self.command = folder, command
        self.template = folder / "template"
        good(secchi(self.template, "init"))
        prepare(self.template)
        self.wanted, self.calls = self.undisturbed("first")
        again, _ = self.undisturbed("second")
        assert_same(again, self.wanted, "two undisturbed runs")

    def home(self, name):
        home = self.folder / name / "home"
        shutil.rmtree(home.parent, ignore_errors=True)
        shutil.copytree(self.template, home)
        return home

    def undisturbed(self, name):
        home = self.home(name)
        log = home.parent / "log"
        good(secchi(home, *self.command, faults={"SECCHI_FAULT_LOG": str(log)}))
        calls = read_count(home)
        # The calls that make the files: each begins something that is not whole yet.
        lines = [line.split(None, 2) for line in log.read_text().splitlines()]
        self.births = [int(n) for n, _, path in lines if path.endswith("/warehouse.db")][:4]
        assert calls > 20, f"only {calls} calls were counted: the fault library saw nothing"
        return content(home), calls

    def recover(self, home, where):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        good(secchi(home, "query", "SELECT 1 AS one"))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert seconds < OPEN_SECONDS, f"{where}: the program took {seconds:.1f} s to open"
        good(secchi(home, *self.command))
        assert_same(content(home), self.wanted, where)

    def kill_at(self, point, how="kill"):
        home = self.home("killed")
        p = secchi(home, *self.command, faults={"SECCHI_FAULT": f"{how}:{point}"})
        where = f"{how}:{point} of {self.calls}, {' '.join(self.command[:1])}"
        if p.returncode == 0:  # the number of calls differs by a few from run to run: a point at the very end may not be reached
            assert point > self.calls - 20, f"{where}: the run ended well"
            return
        assert p.returncode == -signal.SIGKILL or read_count(home) >= point, f"{where}: {p.stderr[-500:]}"
        self.recover(home, where)

    def fail_at(self, point, how):
        """A run that ends well in spite of the failing call must have done everything; one that does not names the reason."""
        home = self.home("failed")
        p = secchi(home, *self.command, faults={"SECCHI_FAULT": f"{how.rstrip('+')}:{point}{'+' if how.endswith('+') else ''}"})
        where = f"{how}:{point} of {self.calls}, {self.command[0]}"
        if p.returncode == 0:
            assert_same(content(home), self.wanted, where + ", which ended well")
        else:
            reasons = [os.strerror(errno.ENOSPC if how.startswith("enospc") else errno.EIO), "disk I/O error", "disk is full", "fsync failed"]
            assert any(r in p.stderr for r in reasons), f"{where}: exit {p.returncode} without naming the reason: {p.stderr[-500:]}"
            # libduckdb ends the process itself when it cannot shorten its log; what it wrote is whole.
            assert p.returncode > 0 or p.returncode == -signal.SIGABRT, f"{where}: exit {p.returncode}: {p.stderr[-500:]}"
        self.recover(home, where)
        return p.returncode

    def points(self, which, some, births=()):
        if which == "some":
            return sorted({1 + i * (self.calls - 1) // (some - 1) for i in range(some)} | set(births))
        first = list(range(1, min(FIRST_POINTS, self.calls) + 1))
        rest = range(FIRST_POINTS + 1, self.calls + 1)
        return first + sorted(random.Random(SEED).sample(rest, min(RANDOM_POINTS, len(rest))))


which_points = pytest.mark.parametrize("which", ["some", "every"])


@pytest.fixture(scope="module")
def setup_case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("setup")
    early, late = samples()
    copy_logs(early + late, folder / "logs")
    return Case(folder, lambda home: None, ["setup", "--source", str(folder / "logs")])


@pytest.fixture(scope="module")
def refresh_case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refresh")
    early, late = samples()
    copy_logs(early, folder / "logs")

    def prepare(home):
        good(secchi(home, "setup", "--source", str(folder / "logs")))
        copy_logs(late, folder / "logs")

    return Case(folder, prepare, ["refresh"])


@pytest.fixture(scope="module")
def lake_case(tmp_path_factory):
    """All system tables: two days are there, the third arrives."""
    folder = tmp_path_factory.mktemp("lake")
    good(secchi(folder / "none", "simulate", "--out", str(folder / "simulated"), *LAKE))
    files = sorted(p for p in (folder / "simulated").rglob("*.parquet"))
    days = sorted({p.stem for p in files})
    assert len(days) >= 3 and len(files) > 60, f"{len(files)} files of {len(days)} days: that is no lake"

    def deliver(wanted):
        for p in files:
            if p.stem in wanted:
                to = folder / "lake" / p.relative_to(folder / "simulated")
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(p, to)

    def prepare(home):
        deliver(days[:-1])
        good(secchi(home, "setup", "--source", str(folder / "lake")))
        deliver(days[-1:])

    case = Case(folder, prepare, ["refresh"])
    filled = [t for t, (n, _, _) in case.wanted.items() if n and t.startswith("system_")]
    assert len(filled) > 50, f"only {len(filled)} tables of bronze and gold have rows"
    return case


@which_points
@pytest.mark.xdist_group("lake")
def test_killed_while_a_day_of_the_lake_is_loaded(lake_case, which):
    for point in lake_case.points(which, SHORT_LAKE_POINTS):
        lake_case.kill_at(point)


@which_points
@pytest.mark.xdist_group("lake")
def test_torn_writes_while_a_day_of_the_lake_is_loaded(lake_case, which):
    for point in lake_case.points(which, SHORT_LAKE_POINTS)[1:]:
        lake_case.kill_at(point, "tear")


@which_points
@pytest.mark.parametrize("how", ["enospc", "eio"])
@pytest.mark.xdist_group("lake")
def test_failing_disk_while_a_day_of_the_lake_is_loaded(lake_case, how, which):
    points = lake_case.points(which, SHORT_LAKE_POINTS)
    for point in points[1:2] if which == "some" else points:
        lake_case.fail_at(point, how)


@which_points
@pytest.mark.xdist_group("setup")
def test_killed_during_setup(setup_case, which):
    for point in setup_case.points(which, SHORT_POINTS, setup_case.births):
        setup_case.kill_at(point)


@which_points
@pytest.mark.xdist_group("refresh")
def test_killed_during_refresh(refresh_case, which):
    for point in refresh_case.points(which, SHORT_POINTS):
        refresh_case.kill_at(point)


@which_points
@pytest.mark.xdist_group("setup")
def test_torn_writes_during_setup(setup_case, which):
    for point in setup_case.points(which, SHORT_ERRORS, setup_case.births[:2]):
        setup_case.kill_at(point, "tear")


@which_points
@pytest.mark.parametrize("how", ["enospc", "eio"])
@pytest.mark.xdist_group("setup")
def test_failing_disk_during_setup(setup_case, how, which):
    for point in setup_case.points(which, SHORT_ERRORS):
        setup_case.fail_at(point, how)


@which_points
@pytest.mark.parametrize("how", ["enospc", "eio"])
@pytest.mark.xdist_group("refresh")
def test_failing_disk_during_refresh(refresh_case, how, which):
    for point in refresh_case.points(which, SHORT_ERRORS):
        refresh_case.fail_at(point, how)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8], ids=["some-early", "some-middle", "some-late"])
@pytest.mark.xdist_group("refresh")
def test_a_disk_that_stays_full_is_named(refresh_case, part):
    """From a point on every write fails: all is well when there is space again. Before the last commit it must be an error."""
    status = refresh_case.fail_at(max(1, int(refresh_case.calls * part)), "enospc+")
    assert part > 0.5 or status != 0
