"""Reads during a refresh: the widgets of the overview, read by several people, on an idle server and while a refresh loads a day on top of
the simulated year.
Gate: the 95th percentile during the refresh is at most three times that of the idle server.

    Lake, seed and memory limit as in bench_year (BENCH_DAYS, BENCH_SCALE, BENCH_SEED, BENCH_MEMORY, BENCH_DIR). BENCH_REFRESHES (default
    3) days of arrival, each refreshed alone; BENCH_CLIENTS (default 4) readers, each with a pause of BENCH_PAUSE_MS (default 200) after an
    answer; BENCH_IDLE_S (default 30) seconds of reading an idle server.

Each reader goes through all datasets of the page and its filters over the last 30 days. Each read has a time range of its own, so none that
has one comes from the server's cache of results. Only reads that began and ended while the run was running, by its own history, are
counted. An answer that is an error ends the bench. What is read must be the state before or after a refresh, never one between.
"""
import contextlib
import http.client
import itertools
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
from datetime import datetime, timedelta

import bench_year
import harness
from harness import ROOT, SECCHI, row

REFRESHES = int(os.environ.get("BENCH_REFRESHES", 3))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", 4))
PAUSE_S = int(os.environ.get("BENCH_PAUSE_MS", 200)) / 1000
IDLE_S = float(os.environ.get("BENCH_IDLE_S", 30))
GATE, LEAST_READS = 3.0, 100  # fewer have no 95th percentile worth the name
SINCE = (datetime.fromisoformat(bench_year.FIRST_DAY_AFTER) - timedelta(days=31)).strftime("%Y-%m-%dT00:00:00Z")
MOMENTS = itertools.count(1)  # behind all data
DASHBOARD = ROOT / "packs/health/dashboards/health.lvdash.json"


def datasets():
    """Names of all datasets that widgets of the page show, and whether they have a time range."""
    content = json.loads(DASHBOARD.read_text())
    used = {q["query"]["datasetName"] for page in content["pages"] for item in page["layout"] for q in item["widget"].get("queries", [])}
    found = {d["name"]: any(p["keyword"] == "time_range" for p in d.get("parameters", [])) for d in content["datasets"] if d["name"] in used}
    if not found.get("query_summary"):
        raise SystemExit("the overview has no dataset query_summary over a time range")
    return list(found.items())


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
    """Reads one dataset after the other until told to stop: (start, end) of every read, and what query_summary said."""

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
        turn = self.number * 3
        while not self.stop.is_set():
            name, ranged = self.names[turn % len(self.names)]
            moment = (datetime(2030, 1, 1) + timedelta(microseconds=next(MOMENTS))).isoformat() + "Z"  # the rows are the same, the text is not
            body = {"parameters": {"time_range": {"min": SINCE, "max": moment}}} if ranged else {}
            start = time.time()
            got = self.api.ask("POST", f"/api/v1/dashboards/health/datasets/{name}", body or {"parameters": {}})
            self.reads.append((start, time.time()))
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
    """Lets the clients read while `work` runs, which gives the span to count; seconds of the reads within it, and all that query_summary said."""
    stop = threading.Event()
    clients = [Client(i, port, names, stop) for i in range(CLIENTS)]
    for c in clients:
        c.start()
    start, end = work()
    stop.set()
    for c in clients:
        c.join()
        if c.error:
            raise c.error
    return [b - a for c in clients for a, b in c.reads if a >= start and b <= end], set().union(*(c.summaries for c in clients)), end - start


def idle(seconds):
    start = time.time()
    time.sleep(seconds)
    return start, time.time()


def epoch(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def refresh(api):
    """Runs one; its start and end by the run's own history, which is of the same clock."""
    time.sleep(1)  # the readers are at work before it begins
    run = api.ask("POST", "/api/v1/runs", {"kind": "refresh"})["run_id"]
    while (state := api.ask("GET", f"/api/v1/runs/{run}"))["state"] in ("queued", "running"):
        time.sleep(0.1)
    if state["state"] != "succeeded":
        raise SystemExit(f"the refresh ended as {state['state']}: {state['error']}")
    return epoch(state["started_at"]), epoch(state["ended_at"])


def refresh_all(port, api, names, source, later):
    """Reads of every refresh; stops when one saw anything but the state before or after it."""
    busy, loaded, took = [], 0, []
    _, before, _ = read_while(port, names, lambda: idle(3.0))
    for day in later:
        bench_year.deliver(day, source)
        reads, during, seconds = read_while(port, names, lambda: refresh(api))
        _, after, _ = read_while(port, names, lambda: idle(3.0))
        if len(before) != 1 or len(after) != 1 or before == after or not during <= before | after:
            raise SystemExit(f"a read saw something between two refreshes: before {before}, during {during}, after {after}")
        newest = api.ask("GET", f"/api/v1/runs/{api.ask('GET', '/api/v1/runs')['runs'][0]['id']}")
        loaded += sum(s["rows_in"] for s in newest["steps"] if s["name"].startswith("bronze "))
        busy += reads
        took.append(seconds)
        before = after
    return busy, loaded, took


def measure(work):
    source, later = bench_year.split(bench_year.make_lake(), work, REFRESHES)
    _, home = bench_year.set_up(work, source, 0, "rate_limit: {query: 0, read: 0, change: 0}\n")
    names = datasets()
    with serving(home) as port:
        api = Api(port)
        read_while(port, names, lambda: idle(3.0))  # files and caches warm
        alone, _, _ = read_while(port, names, lambda: idle(IDLE_S))
        busy, loaded, took = refresh_all(port, api, names, source, later)
    for name, reads, hint in (("an idle server", alone, "BENCH_IDLE_S"), ("refreshes", busy, "BENCH_REFRESHES")):
        if len(reads) < LEAST_READS:
            raise SystemExit(f"only {len(reads)} reads of {name}, {LEAST_READS} are needed: raise {hint}")
    return alone, busy, took, loaded


def percentile(values, q):
    return statistics.quantiles(values, n=100, method="inclusive")[q - 1] * 1000


def main():
    bench_year.CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="reads-", dir=bench_year.CACHE))  # beside the lakes: files are linked
    try:
        alone, busy, took, loaded = measure(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratio = percentile(busy, 95) / percentile(alone, 95)
    harness.record("reads", [
        f"All {len(datasets())} datasets of the overview over 30 days, read by {CLIENTS} clients with pauses of {PAUSE_S * 1000:.0f} ms, on {bench_year.DAYS} days at scale "
        f"{bench_year.SCALE}; {len(took)} refreshes of a day each, {loaded:,} rows in all, took {sum(took):.1f} s. No read failed, none mixed two refreshes.",
        "",
        "| | reads | p50 ms | p95 ms | p99 ms |",
        "| --- | ---: | ---: | ---: | ---: |",
        *[row(name, f"{len(v):,}", *(f"{percentile(v, q):.1f}" for q in (50, 95, 99))) for name, v in (("idle server", alone), ("during a refresh", busy))],
        "",
        f"p95 during a refresh to that of the idle server: **{ratio:.2f}** (gate: at most {GATE:.0f}) {'good' if ratio <= GATE else 'MISSED'}",
    ])
    return 0 if ratio <= GATE else 1


if __name__ == "__main__":
    sys.exit(main())
