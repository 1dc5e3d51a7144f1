"""Event logs: `secchi setup` from a big Spark event log against the same extraction in PySpark. Gates: at least 3 times as fast, and at
most 1 GiB of memory for a log of 5 GB.

    BENCH_LOG_BYTES (default 1G) the log that is timed; BENCH_RUNS (default 3) runs of each, in turn;
    BENCH_BIG_BYTES (default 5G) the log that memory is measured with, once; 0 leaves that out.

The peer writes six tables as Parquet. secchi lands those and the others of the log in its warehouse in one committed transaction, which
is what is compared; from the landing tables it then derives bronze and gold, which the peer has no part of. The first extraction of a
JVM costs it as much again, so the gate takes the best of an extra run that extracts three times, while secchi always starts anew.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import duckdb

import harness
from harness import ROOT, SECCHI, median, row

BYTES = os.environ.get("BENCH_LOG_BYTES", "1G")
BIG_BYTES = os.environ.get("BENCH_BIG_BYTES", "5G")
RUNS = int(os.environ.get("BENCH_RUNS", 3))
WARM_TIMES = 3
GATE_RATIO, GATE_MIB = 3, 1024
HERE = pathlib.Path(__file__).parent
TABLES = ("task_end", "stage_completed", "job_start", "job_end", "sql_execution_start", "sql_execution_end")
LANDING = "SELECT SUM(TIMESTAMPDIFF(MILLISECOND, started_at, ended_at)) AS ms FROM secchi_ops.step WHERE run_id = 1 AND name LIKE 'land %'"


def make(work, name, size):
    folder = work / name
    folder.mkdir()
    log = folder / "local-bench"
    subprocess.run([ROOT / "scripts/make-big-log", "--bytes", size, log], check=True, stdout=subprocess.DEVNULL)
    return log


def ours(work, log):
    """The run, the seconds of the landing in it, and the home."""
    home = work / "home"
    harness.run([SECCHI, "--home", home, "init"])
    with open(home / "secchi.yaml", "a") as f:
        f.write("query: {max_rows: 100000000, timeout: 1h}\n")  # for the comparison
    run = harness.run([SECCHI, "--home", home, "setup", "--source", log.parent, "--kind", "spark"])
    landing = harness.ask(home, LANDING, work / "landing.arrow").column("ms")[0].as_py() / 1000
    return run, landing, home


def spark_submit():
    root = subprocess.run([ROOT / "scripts/spark-setup"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    venv = pathlib.Path(root) / "4.2/venv"
    home = next(venv.glob("lib/python3*/site-packages/pyspark"))
    environment = dict(os.environ, SPARK_HOME=str(home), PYSPARK_PYTHON=str(venv / "bin/python"), SPARK_LOCAL_IP="127.0.0.1")
    return [venv / "bin/spark-submit", "--driver-memory", "4g", HERE / "peer_eventlog.py"], environment


def theirs(work, log, submit, times):
    """The run, the seconds of its best extraction without the start of Spark, and the folder of tables."""
    command, environment = submit
    out = work / "peer"
    run = harness.run([*command, log, out, times], env=environment)
    return run, min(float(s) for s in re.findall(r"extract_seconds=([0-9.]+)", run.output)), out


def compare(work, home, out):
    """Stops when a table is not the same row by row in the columns that both have; returns how many rows that were."""
    total = 0
    for table in TABLES:
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"CREATE VIEW peer AS FROM read_parquet('{out}/{table}/*.parquet')")
        columns = [(name, "TIMESTAMP" if kind == "TIMESTAMP WITH TIME ZONE" else kind) for name, kind, *_ in con.execute("DESCRIBE peer").fetchall()]
        names = ", ".join(name for name, _ in columns)
        casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns)
        con.register("our_rows", harness.ask(home, f"SELECT {names} FROM secchi_spark.{table}", work / "ours.arrow"))
        a, b = (con.execute(f"SELECT {harness.DIGEST} FROM (SELECT {casts} FROM {of}) AS r").fetchone() for of in ("our_rows", "peer"))
        con.close()
        if a != b or a[0] == 0:
            raise SystemExit(f"secchi_spark.{table} differs: (rows, hash, sum) is {a} here and {b} there")
        total += a[0]
    return total


def measure(work, log):
    submit = spark_submit()
    mine, peer, rows = [], [], 0
    for i in range(RUNS):
        *run, home = ours(work, log)
        mine.append(run)
        *run, out = theirs(work, log, submit, 1)
        peer.append(run)
        if i == 0:
            rows = compare(work, home, out)
        shutil.rmtree(home)
        shutil.rmtree(out)
    _, warm, _ = theirs(work, log, submit, WARM_TIMES)
    return mine, peer, warm, rows


def measure_memory(work):
    log = make(work, "big", BIG_BYTES)
    run, landing, home = ours(work, log)
    shutil.rmtree(home)
    return log.stat().st_size, run, landing


def table(mine, peer, warm):
    lines = ["| | extraction s | whole run s | processor s | peak MiB |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, runs in (("secchi setup (landing; landing, bronze, gold)", mine), ("PySpark (extraction; with start of Spark)", peer)):
        lines.append(row(name, f"{median([s for _, s in runs]):.2f}", f"{median([r.seconds for r, _ in runs]):.2f}",
                         f"{median([r.cpu_seconds for r, _ in runs]):.1f}", f"{median([r.peak_mib for r, _ in runs]):,.0f}"))
    return [*lines, row(f"PySpark, best of {WARM_TIMES} extractions in one JVM", f"{warm:.2f}", "", "", "")]


def verdict(good):
    return "good" if good else "MISSED"


def speed(size, mine, peer, warm, rows):
    """What to write about the speed, and whether the gate is kept."""
    ratio = warm / median([s for _, s in mine])
    cold = median([p[1] / o[1] for o, p in zip(mine, peer)])
    whole = median([p[0].seconds / o[0].seconds for o, p in zip(mine, peer)])
    good = ratio >= GATE_RATIO
    return good, [
        f"An event log of {size / 1e9:.2f} GB; medians of {RUNS} runs in turn; six tables with {rows:,} rows, equal by hash.",
        "",
        *table(mine, peer, warm),
        "",
        f"Speed of secchi's landing to that of the peer's best extraction: **{ratio:.1f}** (gate: at least {GATE_RATIO}) {verdict(good)}. "
        f"To its first extraction {cold:.1f}; the whole set-up, bronze and gold with it, to the whole run of the peer {whole:.1f}.",
    ]


def memory(size, run, landing):
    good = run.peak_mib <= GATE_MIB
    return good, [
        "",
        f"A log of {size / 1e9:.2f} GB, default settings: landed in {landing:.1f} s, set up in {run.seconds:.1f} s ({run.cpu_seconds:.1f} s of processor), "
        f"peak memory **{run.peak_mib:,.0f} MiB** (gate: at most {GATE_MIB:,}) {verdict(good)}",
    ]


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="secchi-bench-"))
    try:
        log = make(work, "log", BYTES)
        size = log.stat().st_size
        good, lines = speed(size, *measure(work, log))
        log.unlink()
        if BIG_BYTES != "0":
            fits, more = memory(*measure_memory(work))
            good, lines = good and fits, lines + more
    finally:
        shutil.rmtree(work, ignore_errors=True)
    harness.record("eventlogs", lines)
    return 0 if good else 1


sys.exit(main())
