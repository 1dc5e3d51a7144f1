"""Reads during a refresh: the datasets of the overview, read by several clients, on an idle server and while a refresh loads.
Gate: the 95th percentile during the refresh is at most three times that of the idle server.

    BENCH_ROWS (default 3000000) rows as in bench_folders, half of the files before and half in the refresh; BENCH_CLIENTS (default 4)
    clients, each with a pause of BENCH_PAUSE_MS (default 50) after an answer; BENCH_IDLE_S (default 20) seconds of reading an idle
    server. Each read has a time range of its own, so none comes from the server's cache of results. What is read must be the state
    before or after the refresh, never one between.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import harness
from data_folders import make
from harness import ROOT, SECCHI, row

ROWS = int(os.environ.get("BENCH_ROWS", 3_000_000))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", 4))
PAUSE_S = int(os.environ.get("BENCH_PAUSE_MS", 50)) / 1000
IDLE_S = float(os.environ.get("BENCH_IDLE_S", 20))
GATE = 3.0
DASHBOARD = ROOT / "packs/health/dashboards/health.lvdash.json"


def datasets():
    found = [d["name"] for d in json.loads(DASHBOARD.read_text())["datasets"] if any(p["keyword"] == "time_range" for p in d.get("parameters", []))]
    if "query_summary" not in found:
        raise SystemExit("the overview has no dataset query_summary over a time range")
    return found


class Api:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text)


class Client(threading.Thread):
    """Reads one dataset after the other until told to stop: (start, seconds) of every read, and what query_summary said."""

    def __init__(self, number, port, names, stop):
        super().__init__(daemon=True)
        self.api, self.number, self.names, self.stop = Api(port), number, names, stop
        self.reads, self.summaries, self.error = [], set(), None

    def run(self):
        try:
            self.loop()
        except BaseException as e:  # told by the main thread
            self.error = e

    def loop(self):
        turn = 0
        while not self.stop.is_set():
            name = self.names[(turn + self.number) % len(self.names)]
            moment = f"2030-01-01T00:00:{self.number:02}.{turn % 1_000_000:06}Z"  # behind all data: the rows are the same, the text is not
            start = time.monotonic()
            got = self.api.ask("POST", f"/api/v1/dashboards/health/datasets/{name}", {"parameters": {"time_range": {"min": "2020-01-01T00:00:00Z", "max": moment}}})
            self.reads.append((start, time.monotonic() - start))
            if name == "query_summary":
                self.summaries.add(json.dumps(got["rows"]))
            turn += 1
            time.sleep(PAUSE_S)


@contextlib.contextmanager
def serving(home):
    process = subprocess.Popen([SECCHI, "--home", str(home), "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline()
        found = re.search(r"https?://[^/]+:(\d+)", line)
        if not found:
            raise SystemExit(f"the server did not start: {line}")
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()


def read_while(port, names, work):
    """Lets the clients read while `work` runs; the reads that began and ended within it, and all that query_summary said."""
    stop = threading.Event()
    clients = [Client(i, port, names, stop) for i in range(CLIENTS)]
    for c in clients:
        c.start()
    start = time.monotonic()
    work()
    end = time.monotonic()
    stop.set()
    for c in clients:
        c.join()
        if c.error:
            raise c.error
    seconds = [s for c in clients for at, s in c.reads if at >= start and at + s <= end]
    if len(seconds) < 40:  # fewer have no 95th percentile worth the name
        raise SystemExit(f"only {len(seconds)} reads in {end - start:.1f} s: give more rows or more time")
    return seconds, set().union(*(c.summaries for c in clients)), end - start


def refresh(api):
    run = api.ask("POST", "/api/v1/runs", {"kind": "refresh"})["run_id"]
    while (state := api.ask("GET", f"/api/v1/runs/{run}"))["state"] in ("queued", "running"):
        time.sleep(0.1)
    if state["state"] not in ("succeeded", "partial"):
        raise SystemExit(f"the refresh ended as {state['state']}: {state['error']}")


def measure(work):
    later, source, home, names = work / "later", work / "tables", work / "home", datasets()
    make(source, ROWS)
    for file in sorted(source.glob("*/*/*.parquet")):
        if int(file.stem[-2:]) > 15:
            target = later / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.rename(target)
    harness.run([SECCHI, "--home", home, "init"])
    with open(home / "secchi.yaml", "a") as f:
        f.write("rate_limit: {query: 0, read: 0, change: 0}\n")
    harness.run([SECCHI, "--home", home, "setup", "--source", source, "--kind", "folder"])
    with serving(home) as port:
        api = Api(port)
        idle, before, _ = read_while(port, names, lambda: time.sleep(IDLE_S))
        for file in sorted(later.glob("*/*/*.parquet")):
            file.rename(source / file.relative_to(later))
        busy, during, took = read_while(port, names, lambda: refresh(api))
        _, after, _ = read_while(port, names, lambda: time.sleep(max(2.0, IDLE_S / 4)))
        loaded = sum(s["rows_in"] for s in api.ask("GET", f"/api/v1/runs/{api.ask('GET', '/api/v1/runs')['runs'][0]['id']}")["steps"] if s["name"].startswith("bronze "))
    if len(before) != 1 or len(after) != 1 or before == after or not during <= before | after:
        raise SystemExit(f"a read saw something between two refreshes: before {before}, during {during}, after {after}")
    return idle, busy, took, loaded


def percentile(values, q):
    return statistics.quantiles(values, n=100, method="inclusive")[q - 1] * 1000


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="secchi-bench-"))
    try:
        idle, busy, took, loaded = measure(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratio = percentile(busy, 95) / percentile(idle, 95)
    harness.record("reads", [
        f"Datasets of the overview read by {CLIENTS} clients with pauses of {PAUSE_S * 1000:.0f} ms; the refresh loads {loaded:,} rows in {took:.1f} s. No read mixed two refreshes.",
        "",
        "| | reads | p50 ms | p95 ms | p99 ms |",
        "| --- | ---: | ---: | ---: | ---: |",
        *[row(name, f"{len(v):,}", *(f"{percentile(v, q):.1f}" for q in (50, 95, 99))) for name, v in (("idle server", idle), ("during the refresh", busy))],
        "",
        f"p95 during the refresh to that of the idle server: **{ratio:.2f}** (gate: at most {GATE:.0f}) {'good' if ratio <= GATE else 'MISSED'}",
    ])
    return 0 if ratio <= GATE else 1


sys.exit(main())
