"""Table folders: `secchi setup` from Parquet against a hand-written DuckDB script that does the same job. Gate: at least 0.7 of its rows a second.

    BENCH_ROWS (default 3000000) rows of node_timeline, a quarter as many of query_history; BENCH_RUNS (default 3) runs of each, in turn.
"""
import os
import pathlib
import shutil
import sys
import tempfile

import duckdb

import harness
from data_folders import make
from harness import SECCHI, median, row

ROWS = int(os.environ.get("BENCH_ROWS", 3_000_000))
RUNS = int(os.environ.get("BENCH_RUNS", 3))
GATE = 0.7
HERE = pathlib.Path(__file__).parent

TABLES = {
    "fact_node_timeline": "account_id, workspace_id, cluster_id, instance_id, start_time, end_time, driver, cpu_user_percent, cpu_system_percent, cpu_wait_percent, "
    "mem_used_percent, mem_swap_percent, network_sent_bytes, network_received_bytes, node_type, private_ip, disk_free_bytes_per_mount_point_json",
    "fact_query_history": "account_id, workspace_id, statement_id, executed_by, session_id, execution_status, statement_text, statement_type, error_message, "
    "client_application, total_duration_ms, execution_duration_ms, start_time, end_time, read_rows, read_bytes, compute_type, compute_cluster_id, compute_warehouse_id",
}


def ours(work, source, run):
    home = work / f"home-{run}"
    harness.run([SECCHI, "--home", home, "init"])
    with open(home / "secchi.yaml", "a") as f:
        f.write("query: {max_rows: 100000000, timeout: 1h}\n")  # for the comparison
    return harness.run([SECCHI, "--home", home, "setup", "--source", source, "--kind", "folder"]), home


def theirs(work, source, run):
    database = work / f"peer-{run}.db"
    return harness.run([sys.executable, HERE / "peer_folders.py", source, database]), database


def digest(con, table, columns):
    times = {"start_time", "end_time"}
    casts = ", ".join(f"CAST({c} AS TIMESTAMP) AS {c}" if c in times else c for c in columns.split(", "))
    return con.execute(f"SELECT {harness.DIGEST} FROM (SELECT {casts} FROM {table}) AS r").fetchone()


def compare(work, home, database):
    """Stops when a gold table is not the same row by row."""
    for table, columns in TABLES.items():
        con = duckdb.connect(str(database), read_only=True)
        con.execute("SET TimeZone = 'UTC'")
        con.register("our_rows", harness.ask(home, f"SELECT {columns} FROM {table}", work / "ours.arrow"))
        a, b = digest(con, "our_rows", columns), digest(con, table, columns)
        con.close()
        if a != b:
            raise SystemExit(f"{table} differs: (rows, hash, sum) is {a} here and {b} there")


def measure(work):
    source = work / "tables"
    make(source, ROWS)
    rows = duckdb.connect().execute(f"SELECT count(*) FROM read_parquet('{source}/*/*/*.parquet', union_by_name = true)").fetchone()[0]
    runs = {"secchi setup": [], "DuckDB script": []}
    for i in range(RUNS):
        mine, home = ours(work, source, i)
        peer, database = theirs(work, source, i)
        runs["secchi setup"].append(mine)
        runs["DuckDB script"].append(peer)
        if i == 0:
            compare(work, home, database)
        shutil.rmtree(home)
        database.unlink()
    return rows, runs


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="secchi-bench-"))
    try:
        rows, runs = measure(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratio = median([p.seconds / o.seconds for o, p in zip(*runs.values())])
    seconds = {name: median([r.seconds for r in measured]) for name, measured in runs.items()}
    harness.record("folders", [
        f"{rows:,} rows of node_timeline and query_history from 60 Parquet files into bronze and gold; medians of {RUNS} runs in turn; equal rows by hash.",
        "",
        "| | seconds | rows/s | processor seconds | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *[row(name, f"{seconds[name]:.2f}", f"{rows / seconds[name]:,.0f}", f"{median([r.cpu_seconds for r in measured]):.1f}",
              f"{median([r.peak_mib for r in measured]):,.0f}") for name, measured in runs.items()],
        "",
        f"Rows a second of secchi to those of the script: **{ratio:.2f}** (gate: at least {GATE}) {'good' if ratio >= GATE else 'MISSED'}",
    ])
    return 0 if ratio >= GATE else 1


sys.exit(main())
