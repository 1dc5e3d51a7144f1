"""The 60 functions of the pack health over the simulated year, each with its first argument set of examples.yaml: secchi through its server, in
Arrow, against the same queries written by hand in DuckDB's own SQL (bench/functions), and against a real Spark.
Gates: all together at most 1.3 times the time of the hand-written ones, and at most a tenth of Spark's.

Both engines have the same memory limit, all cores and a warehouse of the same rows: the peer a copy of the file, since a warehouse has one
owner. Time is 2026-07-01 for all. Before a time counts, the rows of every function must be those of its query (C-01), or the bench ends with
its name; that run warms both up. The server answers every query anew: only datasets of dashboards are kept.

    Lake and memory limit as in bench_year (BENCH_DAYS, BENCH_SCALE, BENCH_SEED, BENCH_MEMORY, BENCH_DIR); a home is set up once and kept
    beside the lakes, by what it is made of. BENCH_RUNS (default 3) runs of each, in turn. BENCH_SPARK=0 leaves Spark out,
    BENCH_SPARK_MEMORY (default 2g) is its memory; of Spark the second run of each function counts.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import pyarrow
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet

import bench_year
import harness
from harness import ROOT, median, row

sys.path[:0] = [str(ROOT / "tests" / "differential"), str(ROOT / "tests" / "integration")]

import spark_kit as kit  # noqa: E402
from server_kit import Server  # noqa: E402
from test_functions import EXAMPLES, call, make  # noqa: E402

RUNS = bench_year.RUNS
SPARK = os.environ.get("BENCH_SPARK", "1") != "0"
HERE = pathlib.Path(__file__).resolve().parent
GATE, GATE_SPARK, SLOWEST = 1.3, 0.1, 10
TIMEOUT_S = 600
# The queries of the peer have these settings in them: those of the program, and a budget that leaves rows.
SETTINGS = """engine: {{memory_limit: {memory}}}
rate_limit: {{query: 0, read: 0, change: 0}}
query: {{max_rows: 1000000000, timeout: 1h}}
budget: {{job_day: 20}}
"""


# ---- the home, and what is asked of it -------------------------------------------------------------------------------


def content_hash():
    digest = hashlib.sha256(SETTINGS.encode())
    for folder in ("packs/health/bronze", "packs/health/gold", "src/build", "src/engine", "src/source", "src/sql"):
        for file in sorted(f for f in (ROOT / folder).rglob("*") if f.is_file()):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def make_home():
    """The home of the lake with a copy of its warehouse for the peer; it is whole when the copy is there."""
    lake = bench_year.make_lake()
    same = f"home-{lake.name.removeprefix('lake-')}-{bench_year.MEMORY.replace(' ', '')}-"
    folder = bench_year.CACHE / f"{same}{content_hash()}"
    home = kit.Home(folder / "home")
    if not (folder / "peer.db").exists():
        for old in bench_year.CACHE.glob(f"{same}*"):  # one of a year has ten gigabytes
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        home.good("init")
        with open(home.path / "secchi.yaml", "a") as f:
            f.write(SETTINGS.format(memory=bench_year.MEMORY))
        home.env["SECCHI_AS_OF"] = kit.LOADED  # so that tables have an age
        home.good("setup", "--source", lake, "--kind", "folder", timeout=7200)
        if (home.path / "warehouse.db.wal").exists():
            raise SystemExit(f"{home.path}/warehouse.db.wal was left behind: a copy of the warehouse would lack its rows")
        shutil.copyfile(home.path / "warehouse.db", folder / "copy.db")
        (folder / "copy.db").rename(folder / "peer.db")
    home.env["SECCHI_AS_OF"] = kit.NOW
    return home, folder / "peer.db"


def first_calls(home):
    """{name: (arguments, statement)}. The job of get_job_run_details is one of the tests' lake: here it is the one with most runs in this lake."""
    calls = {name: dict(sets[0]) for name, sets in sorted(EXAMPLES.items())}
    calls["get_job_run_details"]["job_id_filter"] = home.one(
        "SELECT job_id FROM fact_job_run_timeline WHERE run_date >= '2026-06-01' GROUP BY job_id ORDER BY COUNT(*) DESC, job_id LIMIT 1")
    files = {f.stem for f in (HERE / "functions").glob("*.sql")}
    if files != set(calls):
        raise SystemExit(f"bench/functions and the functions of the pack differ: {sorted(files ^ set(calls))}")
    return {name: (arguments, call(name, arguments)) for name, arguments in calls.items()}


class Process:
    """What the kernel counts for a running process."""

    def __init__(self, pid):
        self.pid = pid

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s*(\d+)", status, re.M)[1]) / 1024


class Ours:
    """A served home: seconds from the request to the Arrow table."""

    def __init__(self, home):
        self.server = Server(home)
        self.process = Process(self.server.process.pid)

    def run(self, name, calls, into=None):
        start = time.perf_counter()
        body = {"sql": calls[name][1], "format": "arrow", "timeout_ms": TIMEOUT_S * 1000}
        told = self.server.ask("POST", "/api/v1/query", body, timeout=TIMEOUT_S + 60)
        if told.status != 200:
            raise SystemExit(f"{name}: secchi answered {told.status} {told.body[:1000]!r}")
        table = pyarrow.ipc.open_stream(told.body).read_all()
        seconds = time.perf_counter() - start
        return seconds, table if into else None

    def stop(self):
        self.server.stop()


class Peer:
    """One connection of DuckDB in a process of its own: seconds from the query to the Arrow table."""

    def __init__(self, database):
        command = [sys.executable, HERE / "peer_functions.py", database, bench_year.MEMORY.replace(" ", "")]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process = Process(self.child.pid)

    def run(self, name, calls, into=None):
        file = HERE / "functions" / f"{name}.sql"
        wanted = set(re.findall(r"\$([a-z_]+)", file.read_text()))
        request = {"file": str(file), "params": {k: v for k, v in calls[name][0].items() if k in wanted}, "into": into and str(into)}
        self.child.stdin.write(json.dumps(request) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        told = json.loads(line) if line else {"error": "it ended"}
        if "error" in told:
            raise SystemExit(f"{name}: the peer: {told['error']}")
        if not into:
            return told["seconds"], None
        with pyarrow.ipc.open_stream(str(into)) as reader:
            return told["seconds"], reader.read_all()

    def stop(self):
        self.child.stdin.close()
        self.child.wait()


# ---- the same rows ---------------------------------------------------------------------------------------------------


def plain_times(table):
    """A TIMESTAMP of secchi is one of UTC in Arrow, one of DuckDB has no zone (C-02)."""
    types = [pyarrow.timestamp(f.type.unit) if pyarrow.types.is_timestamp(f.type) else f.type for f in table.schema]
    return table.cast(pyarrow.schema([f.with_type(t) for f, t in zip(table.schema, types)]))


def near(a, b):
    """Whether two columns are equal row by row, DOUBLE within 1e-9 relative."""
    if a.equals(b):
        return True
    if a.type != b.type or not pyarrow.types.is_float64(a.type) or len(a) != len(b) or not pc.is_null(a).equals(pc.is_null(b)):
        return False
    a, b = a.drop_null(), b.drop_null()
    close = pc.less_equal(pc.abs(pc.subtract(a, b)), pc.multiply(1e-9, pc.max_element_wise(pc.abs(a), pc.abs(b))))
    return pc.all(close, min_count=0).as_py()


def differences(ours, theirs):
    """As of spark_kit, but tables in the same order, which most are, are compared by columns: that is quick."""
    if kit.column_types(ours) == kit.column_types(theirs) and all(map(near, ours.columns, theirs.columns)):
        return None
    return kit.differences(ours, theirs)


def check(ours, peer, calls, work):
    """Stops at the first function whose rows are not those of its query; the tables of ours."""
    answers = {}
    for name in calls:
        _, here = ours.run(name, calls, work / "rows")
        _, there = peer.run(name, calls, work / "rows.arrow")
        answers[name] = here
        told = differences(plain_times(here), plain_times(there))
        if told:
            raise SystemExit(f"{name}: {told.replace('Spark', 'the peer')}")
    return answers


# ---- the times -------------------------------------------------------------------------------------------------------


def measure(ours, peer, calls):
    """{name: (seconds of ours, of the peer)}, medians of runs in turn, and the processor seconds of both for a run of all."""
    seconds, cpu = {}, [0.0, 0.0]
    for name in calls:
        taken = ([], [])
        for _ in range(RUNS):
            for i, side in enumerate((ours, peer)):
                before = side.process.cpu_seconds()
                taken[i].append(side.run(name, calls)[0])
                cpu[i] += (side.process.cpu_seconds() - before) / RUNS
        seconds[name] = tuple(map(median, taken))
    return seconds, cpu


def spark_times(home, calls, answers, work):
    """({name: seconds}, {name: how the rows differ}) of Spark over Parquet of the same tables."""
    seconds, wrong, made = {}, {}, set()
    with kit.Spark(work / "spark", HERE / "spark_functions.py") as spark:
        kit.copy_tables(home, spark, work / "tables", "system_gold", kit.tables_of(home))
        kit.copy_tables(home, spark, work / "tables", "information_schema", kit.INFORMATION)
        spark.run("USE system_gold")
        for name in calls:
            make(home, spark, made, name)
            into = work / "answer.parquet"
            spark.ask(calls[name][1], into)  # warm: code is made, files are read
            seconds[name] = spark.ask(calls[name][1], into)["seconds"]
            told = differences(answers[name], pyarrow.parquet.read_table(into))
            if told:
                wrong[name] = told
            into.unlink()
    return seconds, wrong


@contextlib.contextmanager
def stopping(side):
    try:
        yield side
    finally:
        side.stop()


def measure_all(work):
    home, database = make_home()
    calls = first_calls(home)
    with stopping(Ours(home)) as ours:
        with stopping(Peer(database)) as peer:
            answers = check(ours, peer, calls, work)
            seconds, cpu = measure(ours, peer, calls)
            peak = [side.process.peak_mib() for side in (ours, peer)]
        spark = spark_times(home, calls, answers, work) if SPARK else None
    return seconds, cpu, peak, {n: t.num_rows for n, t in answers.items()}, spark


# ---- the report ------------------------------------------------------------------------------------------------------


def function_rows(names, seconds, rows, spark):
    lines = ["| function | rows | secchi ms | hand-written ms | ratio | Spark ms |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name in names:
        mine, peer = seconds[name]
        lines.append(row(name, f"{rows[name]:,}", f"{mine * 1000:.1f}", f"{peer * 1000:.1f}", f"{mine / peer:.2f}", f"{spark[0][name] * 1000:,.0f}" if spark else ""))
    return lines


def spark_verdict(whole, spark):
    """(lines, good): the gate against Spark, or that it was left out."""
    if not spark:
        return ["Spark was left out (BENCH_SPARK=0)."], True
    share, (_, wrong) = whole / sum(spark[0].values()), spark
    lines = [f"Time of all functions to that of Spark: **{share:.3f}** (gate: at most {GATE_SPARK}) {bench_year.verdict(share <= GATE_SPARK)}"]
    lines += [f"Rows of {name} are not those of Spark: {told[:300]}" for name, told in wrong.items()]
    return lines, share <= GATE_SPARK and not wrong


def report(seconds, cpu, peak, rows, spark):
    whole, peer = (sum(s[i] for s in seconds.values()) for i in (0, 1))
    ratio = whole / peer
    lines, good_spark = spark_verdict(whole, spark)
    lost = sorted(seconds, key=lambda n: seconds[n][1] * GATE - seconds[n][0])  # by time beyond the gate
    empty = [n for n in rows if rows[n] == 0]
    harness.record("functions", [
        f"The {len(seconds)} functions with their first argument sets on {bench_year.DAYS} days at scale {bench_year.SCALE}, as of {kit.NOW[:10]}; warm, medians of {RUNS} runs in "
        f"turn, memory limit {bench_year.MEMORY}. The rows of all are those of the hand-written queries; without rows: {', '.join(empty) or 'none'}.",
        "",
        "| all functions | seconds | processor seconds | peak MiB |",
        "| --- | ---: | ---: | ---: |",
        *[row(name, f"{s:.2f}", f"{c:.2f}", f"{p:,.0f}") for name, s, c, p in (("secchi, served, with HTTP", whole, cpu[0], peak[0]), ("DuckDB, hand-written", peer, cpu[1], peak[1]))],
        *([row("Spark", f"{sum(spark[0].values()):.1f}", "", "")] if spark else []),
        "",
        f"Time of all functions to that of the hand-written: **{ratio:.2f}** (gate: at most {GATE}) {bench_year.verdict(ratio <= GATE)}; for orientation: under 10 s in all.",
        "",
        *lines,
        "",
        f"The {SLOWEST} that lose most:",
        "",
        *function_rows(lost[:SLOWEST], seconds, rows, spark),
    ])
    print("\nAll of them:\n")
    print("\n".join(function_rows(sorted(seconds, key=lambda n: -seconds[n][0] / seconds[n][1]), seconds, rows, spark)))
    return ratio <= GATE and good_spark


def main():
    bench_year.CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="functions-", dir=bench_year.CACHE))
    try:
        return 0 if report(*measure_all(work)) else 1
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
