"""The simulated year: `secchi setup` from Parquet, bronze and gold of all tables, against a DuckDB script that makes the same tables; one
more day on top of it.
Gates: at least 0.7 of the rows a second of the script, at most 3 GiB resident, a day on top for less than 3 % of the set-up.

Both have the same memory limit for the engine and all cores. All bronze and gold tables must be the same, by hash, and so must the
counts of all checks and the rows in quarantine, or the bench fails with the name of the table. Left out of the comparison: the time of
the load (bronze_ingestion_timestamp).

    BENCH_DAYS (default 365), BENCH_SCALE (default 7), BENCH_SEED (default 1), BENCH_RUNS (default 3) runs of each, in turn;
    BENCH_MEMORY (default 2 GiB): engine.memory_limit; BENCH_DIR: a folder for lakes, which are kept and used again (default
    ~/.cache/secchi-bench).
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
MEMORY = os.environ.get("BENCH_MEMORY", "2 GiB")
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


def split(lake, work, days=1):
    """(source, later): the deliveries as hard links; later has a folder for each of the last days of arrival, which source lacks."""
    source, files = work / "source", sorted(lake.glob("*/*/*.parquet"))
    later = {day: work / "later" / day for day in sorted({f.stem for f in files})[-days:]}
    for file in files:
        target = later.get(file.stem, source) / file.relative_to(lake)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return source, list(later.values())


def deliver(later, source):
    for file in sorted(later.glob("*/*/*.parquet")):
        target = source / file.relative_to(later)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)


def set_up(work, source, run, more=""):
    home = work / f"home-{run}"
    harness.run([SECCHI, "--home", home, "init"])
    with open(home / "secchi.yaml", "a") as f:
        f.write(f"engine: {{memory_limit: {MEMORY}}}\n{more}")
    return harness.run([SECCHI, "--home", home, "setup", "--source", source, "--kind", "folder"]), home


def step_seconds(home, work):
    """Seconds of the steps by layer, and the rows that were read of all files."""
    sql = "SELECT layer, CAST(SUM(TIMESTAMPDIFF(MICROSECOND, started_at, ended_at)) AS BIGINT) AS us, SUM(rows_in) AS rows_in FROM secchi_ops.step GROUP BY layer"
    layers = {r["layer"]: r for r in harness.ask(home, sql, work / "steps.arrow").to_pylist()}
    return {name: layers[name]["us"] / 1e6 for name in ("bronze", "gold")}, int(layers["bronze"]["rows_in"])


# ---- both made the same ----------------------------------------------------------------------------------------------


def columns(con, database, schema, table):
    return con.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ? "
                       "ORDER BY column_index", [database, schema, table]).fetchall()


def must_be_equal(con, what, ours, theirs):
    a, b = (con.execute(f"SELECT {harness.DIGEST} FROM ({query}) AS r").fetchone() for query in (ours, theirs))
    if a != b:
        raise SystemExit(f"{what} differs: (rows, hash, sum) is {a} here and {b} in the script")


def compare_table(con, schema, their_schema, table, source):
    """All columns; where a row was delivered stands for bronze_source_file and _seq, which the script calls filename and seq."""
    ours, theirs = columns(con, "ours", schema, table), {n for n, _ in columns(con, "theirs", their_schema, table)}
    own = [(n, t) for n, t in ours if not n.startswith("bronze_")]
    if {n for n, _ in own} != theirs - {"filename", "seq"}:
        raise SystemExit(f"{schema}.{table} has other columns than {their_schema}.{table} of the script")
    here = ", ".join(f'"{n}"' for n, _ in own)
    there = ", ".join(f'CAST("{n}" AS {t}) AS "{n}"' for n, t in own)
    if their_schema == "bronze":
        here += f", substr(bronze_source_file, strpos(bronze_source_file, '/') + 1) AS file, bronze_source_seq AS seq"
        there += f", substr(filename, {len(str(source)) + 2}) AS file, seq"
    must_be_equal(con, f"{schema}.{table}", f"SELECT {here} FROM ours.{schema}.{table}", f"SELECT {there} FROM theirs.{their_schema}.{table}")


def compare_checks(con, source):
    ours = dict(con.execute("SELECT (table_name, check_name), (sum(rows_checked), sum(rows_failed)) FROM ours.secchi_ops.check_result GROUP BY ALL").fetchall())
    theirs = {}
    for table in peer_year.tables():
        found = con.execute("SELECT sum(checked), list(failed) FROM theirs.check_result WHERE table_name = ?", [table.name]).fetchone()
        for i, check in enumerate(table.checks if found[1] else []):
            theirs[(table.name, check["name"])] = (found[0], sum(f[i] for f in found[1]))
        must_be_equal(con, f"secchi_quarantine.{table.name}",
                      f"SELECT substr(bronze_source_file, strpos(bronze_source_file, '/') + 1) AS file, bronze_source_seq AS seq FROM ours.secchi_quarantine.{table.name}",
                      f"SELECT substr(filename, {len(str(source)) + 2}) AS file, seq FROM theirs.quarantine.{table.name}")
    if not ours or ours != theirs:
        wrong = sorted(k for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k))
        raise SystemExit(f"counts of checks differ: {[(k, ours.get(k), theirs.get(k)) for k in wrong[:5]]}" if wrong else "no check was counted")


def compare(home, database, source):
    """Stops when a table is not the same row by row; the number of tables."""
    con = duckdb.connect(config={"memory_limit": "8GiB"})
    con.execute(f"SET TimeZone = 'UTC'; ATTACH '{home}/warehouse.db' AS ours (READ_ONLY); ATTACH '{database}' AS theirs (READ_ONLY)")
    count = 0
    for schema, their_schema in (("system_bronze", "bronze"), ("system_gold", "gold")):
        ours, theirs = ({t for (t,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?", of).fetchall()}
                        for of in (["ours", schema], ["theirs", their_schema]))
        if not ours or ours != theirs:
            raise SystemExit(f"{schema} has other tables than the script: {sorted(ours ^ theirs)}")
        for table in sorted(ours):
            compare_table(con, schema, their_schema, table, source)
            count += 1
    compare_checks(con, source)
    con.close()
    return count


# ---- the runs --------------------------------------------------------------------------------------------------------


def one_more_day(source, later, home):
    deliver(later, source)
    return harness.run([SECCHI, "--home", home, "refresh"])


def measure(work):
    ours, steps, theirs = [], [], []
    source, (later,) = split(make_lake(), work)
    for i in range(RUNS):
        mine, home = set_up(work, source, i)
        database = work / f"peer-{i}.db"
        theirs.append(harness.run([sys.executable, peer_year.__file__, source, database, MEMORY.replace(" ", "")]))
        ours.append(mine)
        seconds, rows = step_seconds(home, work)
        steps.append(seconds)
        if i == 0:
            count = compare(home, database, source)
        database.unlink()
        if i < RUNS - 1:
            shutil.rmtree(home)
    return rows, count, ours, steps, theirs, one_more_day(source, later, home)


def verdict(good):
    return "good" if good else "MISSED"


def peer_seconds(run, layer):
    return sum(float(line.split()[0]) for line in run.output.splitlines() if f"  {layer} " in line)


def main():
    CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))  # beside the lakes: files are linked
    try:
        rows, count, ours, steps, theirs, day = measure(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratio = median([p.seconds / m.seconds for p, m in zip(theirs, ours)])
    whole, peer = median([r.seconds for r in ours]), median([r.seconds for r in theirs])
    peak, share = max(r.peak_mib for r in (*ours, day)), day.seconds / whole
    good = ratio >= GATE, peak <= GATE_MIB, share < GATE_DAY
    layers = [(median([s[x] for s in steps]), median([peer_seconds(p, x) for p in theirs])) for x in ("bronze", "gold")]
    harness.record("year", [
        f"{DAYS} days at scale {SCALE}, {rows:,} rows of all tables; medians of {RUNS} runs in turn; engine.memory_limit and the script's memory limit {MEMORY}. "
        f"All {count} bronze and gold tables, the counts of all checks and the quarantine are equal by hash; left out: the time of the load.",
        "",
        "| | seconds | bronze s | gold s | rows/s | processor seconds | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *[row(name, f"{s:.2f}", *(f"{x[i]:.2f}" for x in layers), f"{rows / s:,.0f}", f"{median([r.cpu_seconds for r in runs]):.1f}", f"{max(r.peak_mib for r in runs):,.0f}")
          for i, (name, s, runs) in enumerate((("secchi setup", whole, ours), ("DuckDB script", peer, theirs)))],
        row("secchi refresh, one more day", f"{day.seconds:.2f}", "", "", "", f"{day.cpu_seconds:.1f}", f"{day.peak_mib:,.0f}"),
        "",
        f"Rows a second of secchi to those of the script: **{ratio:.2f}** (gate: at least {GATE}) {verdict(good[0])}. The script looks at no keys after "
        "loading and keeps no history, statistics or marks: those are in secchi's seconds beside its bronze and gold steps.",
        "",
        f"Peak memory **{peak:,.0f} MiB** (gate: at most {GATE_MIB:,}) {verdict(good[1])}",
        "",
        f"One more day on top: **{share:.1%}** of the set-up (gate: under {GATE_DAY:.0%}) {verdict(good[2])}",
    ])
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
