"""The simulated year: `secchi setup` from Parquet, bronze and gold of all tables; bronze against a DuckDB script that does the same; one more day on top.
Gates: at least 0.7 of the rows a second of the script, at most 3 GiB resident, a day on top for less than 3 % of the set-up.

The script does bronze alone and is held against the bronze steps of the set-up; both give the same rows, by hash, or the bench fails.

    BENCH_DAYS (default 365), BENCH_SCALE (default 7), BENCH_SEED (default 1), BENCH_RUNS (default 3) runs of each, in turn; BENCH_DIR:
    a folder for lakes, which are kept and used again (default ~/.cache/secchi-bench).
"""
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile

import duckdb

import harness
import peer_year
from harness import ROOT, SECCHI, median, row

DAYS = int(os.environ.get("BENCH_DAYS", 365))
SCALE = os.environ.get("BENCH_SCALE", "7")
SEED = os.environ.get("BENCH_SEED", "1")
RUNS = int(os.environ.get("BENCH_RUNS", 3))
CACHE = pathlib.Path(os.environ.get("BENCH_DIR", pathlib.Path.home() / ".cache" / "secchi-bench"))
FIRST_DAY_AFTER = "2026-07-01"
GATE, GATE_MIB, GATE_DAY = 0.7, 3072, 0.03


def content_hash():
    digest = hashlib.sha256()
    for folder in ("packs/health/simulate", "src/simulate"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file():
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def make_lake():
    """The lake of all days; it is whole when its incidents.json is there."""
    lake = CACHE / f"lake-{DAYS}d-{SCALE}x-seed{SEED}-{content_hash()}"
    if not (lake / "incidents.json").exists():
        shutil.rmtree(lake, ignore_errors=True)
        lake.parent.mkdir(parents=True, exist_ok=True)
        harness.run([SECCHI, "simulate", "--out", lake, "--days", DAYS + 1, "--until", FIRST_DAY_AFTER, "--scale", SCALE, "--seed", SEED])
    return lake


def split(lake, work):
    """(source, later): the deliveries as hard links, those of the last day of arrival kept back for later."""
    source, later = work / "source", work / "later"
    files = sorted(lake.glob("*/*/*.parquet"))
    last = max(f.stem for f in files)
    for file in files:
        target = (later if file.stem == last else source) / file.relative_to(lake)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return source, later


def set_up(work, source, run):
    home = work / f"home-{run}"
    harness.run([SECCHI, "--home", home, "init"])
    with open(home / "secchi.yaml", "a") as f:
        f.write("query: {max_rows: 1000000000, timeout: 2h}\n")  # for the comparison
    return harness.run([SECCHI, "--home", home, "setup", "--source", source, "--kind", "folder"]), home


def bronze_seconds(home, work):
    sql = "SELECT CAST(SUM(TIMESTAMPDIFF(MICROSECOND, started_at, ended_at)) AS BIGINT) AS us, SUM(rows_in) AS rows_in FROM secchi_ops.step WHERE layer = 'bronze'"
    answer = harness.ask(home, sql, work / "steps.arrow").to_pylist()[0]
    return answer["us"] / 1e6, int(answer["rows_in"])


def compare(work, home, database):
    """Stops when a bronze table is not the same row by row."""
    con = duckdb.connect(str(database), read_only=True)
    con.execute("SET TimeZone = 'UTC'")
    for table in peer_year.tables():
        names = ", ".join(f"`{c}`" for c, _ in table.columns)
        con.register("our_rows", harness.ask(home, f"SELECT {names} FROM system_bronze.{table.name}", work / "ours.arrow"))
        casts = ", ".join(f'CAST("{c}" AS {t}) AS "{c}"' for c, t in table.columns)
        a, b = (con.execute(f"SELECT {harness.DIGEST} FROM (SELECT {casts} FROM {of}) AS r").fetchone() for of in ("our_rows", f'"{table.name}"'))
        con.unregister("our_rows")
        if a != b:
            raise SystemExit(f"{table.name} differs: (rows, hash, sum) is {a} here and {b} there")
    con.close()


def one_more_day(source, later, home):
    for file in sorted(later.glob("*/*/*.parquet")):
        target = source / file.relative_to(later)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    return harness.run([SECCHI, "--home", home, "refresh"])


def measure(work):
    ours, steps, theirs = [], [], []
    source, later = split(make_lake(), work)
    for i in range(RUNS):
        mine, home = set_up(work, source, i)
        database = work / f"peer-{i}.db"
        theirs.append(harness.run([sys.executable, peer_year.__file__, source, database]))
        ours.append(mine)
        seconds, rows = bronze_seconds(home, work)
        steps.append(seconds)
        if i == 0:
            compare(work, home, database)
        database.unlink()
        if i < RUNS - 1:
            shutil.rmtree(home)
    return rows, ours, steps, theirs, one_more_day(source, later, home)


def verdict(good):
    return "good" if good else "MISSED"


def main():
    CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))  # beside the lakes: files are linked
    try:
        rows, ours, steps, theirs, day = measure(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratio = median([p.seconds / s for p, s in zip(theirs, steps)])
    whole, bronze, peer = median([r.seconds for r in ours]), median(steps), median([r.seconds for r in theirs])
    peak, share = max(r.peak_mib for r in ours), day.seconds / whole
    good = ratio >= GATE, peak <= GATE_MIB, share < GATE_DAY
    harness.record("year", [
        f"{DAYS} days at scale {SCALE}, {rows:,} rows of all tables; medians of {RUNS} runs in turn; all bronze tables equal by hash.",
        "",
        "| | seconds | rows/s | processor seconds | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: |",
        row("secchi setup", f"{whole:.2f}", f"{rows / whole:,.0f}", f"{median([r.cpu_seconds for r in ours]):.1f}", f"{peak:,.0f}"),
        row("its bronze steps", f"{bronze:.2f}", f"{rows / bronze:,.0f}", "", ""),
        row("DuckDB script, bronze", f"{peer:.2f}", f"{rows / peer:,.0f}", f"{median([r.cpu_seconds for r in theirs]):.1f}", f"{max(r.peak_mib for r in theirs):,.0f}"),
        "",
        f"Rows a second of bronze to those of the script: **{ratio:.2f}** (gate: at least {GATE}) {verdict(good[0])}",
        "",
        f"Peak memory **{peak:,.0f} MiB** (gate: at most {GATE_MIB:,}) {verdict(good[1])}",
        "",
        f"One more day on top in {day.seconds:.2f} s: **{share:.1%}** of the set-up (gate: under {GATE_DAY:.0%}) {verdict(good[2])}",
    ])
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
