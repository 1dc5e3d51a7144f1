#!/usr/bin/env python3
"""Development aid for the page: answers the API contract over made-up tables in DuckDB (PyPI). Not used by any test.

    npm run dev            # in web/: builds into dist/ at every change
    python3 dev/server.py  # http://127.0.0.1:8123, options: --port --empty --token T --fail DATASET
"""
import argparse
import datetime as dt
import decimal
import json
import math
import mimetypes
import pathlib
import random
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
DIST = HERE.parent / "dist"
ROOT = HERE.parent.parent
DASHBOARDS = {f.name.removesuffix(".lvdash.json"): f for folder in ("packs/health", "tests/browser/packs/samples") for f in sorted((ROOT / folder / "dashboards").glob("*.lvdash.json"))}
NOW = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
CSP = "default-src 'self'"

TABLES = """
CREATE SCHEMA system_gold;
CREATE TABLE system_gold.fact_query_history (workspace_id VARCHAR, statement_id VARCHAR, executed_by VARCHAR, execution_status VARCHAR, statement_text VARCHAR,
  statement_type VARCHAR, error_message VARCHAR, total_duration_ms BIGINT, start_time TIMESTAMP, end_time TIMESTAMP, read_bytes BIGINT, spilled_local_bytes BIGINT, read_rows BIGINT);
CREATE TABLE system_gold.fact_job_run_timeline (workspace_id VARCHAR, job_id VARCHAR, run_id VARCHAR, run_name VARCHAR, period_start_time TIMESTAMP, period_end_time TIMESTAMP,
  result_state VARCHAR, run_duration_seconds BIGINT, is_success BOOLEAN);
CREATE TABLE system_gold.fact_job_task_run_timeline (workspace_id VARCHAR, run_id VARCHAR, period_start_time TIMESTAMP);
CREATE TABLE system_gold.fact_node_timeline (workspace_id VARCHAR, instance_id VARCHAR, start_time TIMESTAMP, task_slots_used_percent DOUBLE, tasks_running BIGINT);
CREATE TABLE system_gold.fact_table_lineage (workspace_id VARCHAR, source_table_full_name VARCHAR, source_path VARCHAR, target_table_full_name VARCHAR, target_path VARCHAR, event_time TIMESTAMP);
CREATE TABLE system_gold.dim_job (workspace_id VARCHAR, job_id VARCHAR, name VARCHAR, change_time TIMESTAMP);
CREATE TABLE system_gold.dim_cluster (workspace_id VARCHAR, cluster_id VARCHAR, change_time TIMESTAMP);
CREATE TABLE system_gold.dim_workspace (workspace_id VARCHAR, workspace_name VARCHAR);
CREATE MACRO percentile(x, p) AS quantile_cont(x, p);
CREATE MACRO unix_seconds(t) AS CAST(floor(epoch(t)) AS BIGINT);
CREATE MACRO timestamp_seconds(x) AS make_timestamp(CAST(x * 1000000 AS BIGINT));
"""

NAMES = ["orders", "customers", "events", "payments", "inventory", "sessions", "refunds", "prices", "shipments"]
ERRORS = ["[TABLE_OR_VIEW_NOT_FOUND] The table or view `sales`.`order` cannot be found.", "[DIVIDE_BY_ZERO] Division by zero.",
          "Job aborted due to stage failure: Task 3 in stage 12.0 failed 4 times: java.lang.OutOfMemoryError: Java heap space"]


def fill(db: duckdb.DuckDBPyConnection, days: float, age_days: float) -> None:
    r = random.Random(7)
    end = NOW - dt.timedelta(days=age_days)
    db.execute("INSERT INTO system_gold.dim_workspace VALUES ('1', 'production'), ('2', 'analytics')")
    queries, runs, nodes, lineage = [], [], [], []
    for i in range(4200):
        t = end - dt.timedelta(days=r.random() * days)
        t -= dt.timedelta(hours=8 * r.random() if r.random() < 0.5 else 0)
        table = r.choice(NAMES)
        status = r.choices(["FINISHED", "FAILED", "CANCELED"], [95, 4, 1])[0]
        ms = int(math.exp(r.gauss(7.1, 1.25)))
        queries.append((r.choice("112"), f"q{i:06}", r.choice(["ana", "ben", "etl"]), status,
                        f"SELECT {r.choice(['count(*)', 'sum(amount)', '*'])} FROM sales.{table} WHERE day = '{t:%Y-%m-%d}' GROUP BY region", "SELECT",
                        r.choice(ERRORS) if status == "FAILED" else None, ms, t, t + dt.timedelta(milliseconds=ms), ms * 1000,
                        int(ms * 4e5) if ms > 12000 else 0, ms * 17))
        lineage.append((r.choice("12"), f"lake.sales.{table}", None, f"lake.gold.{r.choice(NAMES)}" if r.random() < 0.3 else None, None, t))
    for i in range(900):
        t = end - dt.timedelta(days=r.random() * days)
        job = r.randrange(14)
        ok = r.random() > 0.02 + 0.02 * (job % 5)
        runs.append((r.choice("12"), f"j{job}", f"r{i}", None, t, t, "SUCCEEDED" if ok else "FAILED", int(math.exp(r.gauss(4.5, 1))), ok))
    steps = min(int(days * 24 * 60), 20000)
    for i in range(steps):
        t = end - dt.timedelta(minutes=i * days * 24 * 60 / steps)
        nodes.append(("1", "e1", t, max(0, min(100, 45 + 30 * math.sin(i / 300) + r.gauss(0, 14))), 4))
    for name, rows in (("fact_query_history", queries), ("fact_job_run_timeline", runs), ("fact_table_lineage", lineage)):
        insert(db, name, rows)
    insert(db, "fact_node_timeline", nodes[:6000])
    db.execute("INSERT INTO system_gold.dim_job SELECT w, 'j' || i, ['load orders', 'load events', 'daily report', 'vacuum', 'score churn', 'sync prices'][1 + i % 6] || ' ' || i, now()::TIMESTAMP FROM range(14) t(i), (VALUES ('1'), ('2')) v(w)")
    db.execute("INSERT INTO system_gold.dim_cluster VALUES ('1', 'c1', now()::TIMESTAMP)")


def insert(db, name, rows):
    for at in range(0, len(rows), 500):
        part = rows[at:at + 500]
        marks = ",".join("(" + ",".join("?" * len(part[0])) + ")" for _ in part)
        db.execute(f"INSERT INTO system_gold.{name} VALUES {marks}", [v for r in part for v in r])


def plain(v):
    if isinstance(v, dt.datetime):
        return v.isoformat(timespec="microseconds") + "Z"
    if isinstance(v, dt.date):
        return v.isoformat()
    if isinstance(v, decimal.Decimal):
        return str(v)
    if isinstance(v, float) and not math.isfinite(v):
        return None
    if isinstance(v, int) and not isinstance(v, bool) and abs(v) > 2**53:
        return str(v)
    return v


TYPES = {"VARCHAR": "STRING", "INTEGER": "INT", "HUGEINT": "DECIMAL(38,0)"}


class Failure(Exception):
    def __init__(self, status, what, where=None, hint=None):
        super().__init__(what)
        self.status, self.what, self.where, self.hint = status, what, where, hint


class Model:
    def __init__(self, options):
        self.options = options
        self.db = duckdb.connect()
        self.db.execute(TABLES)
        self.lock = threading.Lock()
        self.runs = []
        if not options.empty:
            fill(self.db, options.days, options.age)
            self.finish(self.start("setup"))

    def start(self, kind):
        run = {"id": len(self.runs) + 1, "kind": kind, "state": "running", "requested_by": "local", "created_at": now(), "started_at": now(), "ended_at": None, "error": None, "steps": []}
        self.runs.append(run)
        return run

    def finish(self, run):
        for i, name in enumerate(["land local-1795244957593", "bronze query_history", "bronze job_run_timeline", "bronze node_timeline", "gold fact_query_history", "gold dim_job"]):
            run["steps"].append({"seq": i + 1, "name": name, "state": "succeeded", "started_at": now(), "ended_at": now(0.1 + 0.3 * i), "rows_in": 4200, "rows_changed": 4200 - 7 * i, "rows_rejected": i % 3, "error": None})
        run["state"], run["ended_at"] = "succeeded", now()

    def query(self, sql, params=None, limit=10000):
        sql = re.sub(r"\barray\(([^()]*)\)", r"[\1]", sql)
        if not re.match(r"\s*(SELECT|WITH|VALUES)\b", sql, re.I):
            raise Failure(422, "only SELECT is allowed here", "line 1, column 1")
        sql = re.sub(r":(\w+)\.(min|max)", lambda m: f"$p_{m[1]}_{m[2]}", sql)
        sql = re.sub(r"(?<![:\w]):([a-z_]\w*)", lambda m: f"$p_{m[1]}", sql)
        values = {k: v for k, v in (params or {}).items() if f"${k}" in sql}
        started = time.perf_counter()
        with self.lock:
            try:
                cursor = self.db.execute(sql.replace("<=>", "IS NOT DISTINCT FROM"), values) if values else self.db.execute(sql.replace("<=>", "IS NOT DISTINCT FROM"))
            except duckdb.Error as e:
                line = re.search(r"LINE (\d+)", str(e))
                raise Failure(422, str(e).split("\n")[0], f"line {line[1]}, column 1" if line else None) from e
            names = [(d[0], TYPES.get(str(d[1]), str(d[1]))) for d in cursor.description]
            rows = cursor.fetchmany(limit + 1)
        return {"columns": [{"name": n, "type": t} for n, t in names], "rows": [[plain(v) for v in r] for r in rows[:limit]], "row_count": len(rows[:limit]),
                "truncated": len(rows) > limit, "elapsed_ms": round(1000 * (time.perf_counter() - started), 2)}

    def tables(self):
        with self.lock:
            found = self.db.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2").fetchall()
            result = []
            for schema, name in found:
                rows = self.db.execute(f"SELECT COUNT(*) FROM {schema}.{name}").fetchone()[0]
                times = [c[0] for c in self.db.execute("SELECT column_name FROM information_schema.columns WHERE table_name = ? AND data_type = 'TIMESTAMP' ORDER BY ordinal_position", [name]).fetchall()]
                fresh = self.db.execute(f"SELECT MAX({times[0]}) FROM {schema}.{name}").fetchone()[0] if times else None
                result.append({"schema": schema, "name": name, "layer": "gold", "domain": "performance", "comment": "One row per statement, with timings and IO", "is_view": False, "rows": rows,
                               "fresh_at": plain(fresh) if fresh else None, "updated_at": now() if rows else None, "quarantined": 3 if "node" in name else 0, "findings": 0,
                               "loaded_at": now() if rows else None, "step": STEP})
        return result

    def dataset(self, dashboard, name, parameters):
        if name == self.options.fail:
            raise Failure(422, f'unknown column "execution_statu" in dataset "{name}"', f"{name}, line 3, column 5", "did you mean execution_status?")
        file = json.loads(DASHBOARDS[dashboard].read_text())
        found = [d for d in file["datasets"] if d["name"] == name]
        if not found:
            raise Failure(404, f'no dataset "{name}"')
        sql = "".join(found[0]["queryLines"])
        params = {}
        for k, v in parameters.items():
            if isinstance(v, dict) and "min" in v:
                params[f"p_{k}_min"], params[f"p_{k}_max"] = (dt.datetime.fromisoformat(v[b].replace("Z", "+00:00")).replace(tzinfo=None) for b in ("min", "max"))
            elif isinstance(v, dict):
                params[f"p_{k}"] = v["values"]
            else:
                params[f"p_{k}"] = v
        time.sleep(self.options.delay)
        return {**self.query(sql, params), "sql": sql, "fresh_at": self.tables()[5]["fresh_at"], "dataset": name}


STEP = {"run_id": 1, "seq": 1, "state": "succeeded", "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:02Z", "duration_s": 2.0, "rows_in": 10,
        "rows_changed": 10, "rows_rejected": 3, "error": None}


def now(shift=0.0):
    return (dt.datetime.now(dt.timezone.utc).replace(tzinfo=None) + dt.timedelta(seconds=shift)).isoformat(timespec="milliseconds") + "Z"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Model

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.route("GET")

    def do_POST(self):
        self.route("POST")

    def do_DELETE(self):
        self.route("DELETE")

    def route(self, method):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}") if length else {}
        try:
            if path.startswith("/api/"):
                token = self.model.options.token
                if token and self.headers.get("Authorization") != f"Bearer {token}":
                    raise Failure(401, "a token is needed")
                self.api(method, path.removeprefix("/api/v1/").split("/"), urllib.parse.parse_qs(url.query), body)
            elif path == "/health":
                self.answer(200, {"status": "healthy", "version": "0.1.0", "timestamp": now(), "uptime_s": 3600, "engine": {"status": "healthy"}, "state_store": {"status": "healthy"}})
            else:
                file = DIST / (path.lstrip("/") or "index.html")
                if not file.is_file():
                    raise Failure(404, f"no {path}")
                self.answer(200, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
        except Failure as e:
            self.answer(e.status, {"error": {"kind": "invalid", "what": e.what, "where": e.where, "hint": e.hint}})
        except BrokenPipeError:
            pass

    def api(self, method, parts, query, body):
        m = self.model
        match [method, *parts]:
            case ["GET", "whoami"]:
                self.answer(200, {"user": "local", "role": "administrator", "tenant": "default"})
            case ["GET", "tables"]:
                self.answer(200, {"tables": m.tables(), "count": 8})
            case ["GET", "tables", name]:
                table = next((t for t in m.tables() if name in (t["name"], f"{t['schema']}.{t['name']}")), None)
                if not table:
                    raise Failure(404, f'unknown table "{name}"', None, "did you mean fact_query_history?")
                with m.lock:
                    columns = m.db.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position", [table["name"]]).fetchall()
                self.answer(200, {**table, "columns": [{"name": c, "type": TYPES.get(t, t), "comment": "", "nullable": i > 1, "in_key": i == 1} for i, (c, t) in enumerate(columns)], "sql": "CREATE TABLE ..."})
            case ["GET", "tables", name, "status"]:
                table = next(t for t in m.tables() if name in (t["name"], f"{t['schema']}.{t['name']}"))
                self.answer(200, {**table, "open_findings": [], "quarantine": [], "steps": [STEP]})
            case ["GET", "tables", name, "rows"]:
                self.answer(200, m.query(f"SELECT * FROM {name if '.' in name else 'system_gold.' + name}", limit=int(query.get("limit", ["100"])[0])))
            case ["GET", "dashboards"]:
                self.answer(200, {"dashboards": [{"name": name, "title": json.loads(f.read_text())["pages"][0]["displayName"], "pack": f.parts[-3]} for name, f in DASHBOARDS.items()]})
            case ["GET", "dashboards", name]:
                self.answer(200, DASHBOARDS[name].read_bytes())
            case ["POST", "dashboards", name, "datasets", dataset]:
                self.answer(200, m.dataset(name, dataset, body.get("parameters", {})))
            case ["POST", "query"]:
                self.answer(200, m.query(body["sql"], limit=body.get("max_rows", 1000)))
            case ["GET", "status"]:
                ended = [r for r in m.runs if r["state"] != "running"]
                running = [r for r in m.runs if r["state"] == "running"]
                self.answer(200, {"home": "/srv/home", "version": "0.1.0", "last_run": ended[-1] if ended else None, "running": running[-1] if running else None, "tables": m.tables(),
                                  "sources": [{"name": "eventlogs", "kind": "spark_eventlogs", "path": "/srv/logs", "files": 3, "bytes": 195000000}], "findings_open": 2,
                                  "findings": [{"run_id": 1, "at": now(-60), "kind": "truncated_file", "severity": "warning", "source": "eventlogs", "table": None, "file": "app-1.zstd", "text": "the last line is not complete: it is read when the file has grown"},
                                               {"run_id": 1, "at": now(-50), "kind": "quality", "severity": "error", "source": None, "table": "system_bronze.node_timeline", "file": None, "text": "3 rows were rejected: start_time is null"}],
                                  "checks": [{"table": "query_history", "name": "statement_id is not null", "criticality": "error", "failed_rows": 0, "at": now()},
                                             {"table": "node_timeline", "name": "cpu is a percentage", "criticality": "warn", "failed_rows": 3, "at": now()}]})
            case ["GET", "runs"]:
                self.answer(200, {"runs": m.runs[::-1], "count": len(m.runs)})
            case ["GET", "runs", run_id]:
                self.answer(200, m.runs[int(run_id) - 1])
            case ["POST", "runs"]:
                run = m.start("refresh")
                threading.Timer(6, m.finish, [run]).start()
                self.answer(202, {"run_id": run["id"]})
            case ["GET", "runs", run_id, "events"]:
                self.events(m.runs[int(run_id) - 1])
            case _:
                raise Failure(404, f"no route {method} {'/'.join(parts)}")

    def events(self, run):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for n in range(1, 100):
            if run["state"] != "running":
                break
            event = {"seq": n, "name": f"gold table {n}", "done": min(n, 19), "total": 20, "fraction": -1}
            self.wfile.write(f"id: {n}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.3)
        self.close_connection = True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=8123)
    p.add_argument("--empty", action="store_true")
    p.add_argument("--token")
    p.add_argument("--fail", help="dataset that answers with an error")
    p.add_argument("--delay", type=float, default=0.0)
    p.add_argument("--days", type=float, default=30)
    p.add_argument("--age", type=float, default=0.0, help="age of the newest event in days")
    Handler.model = Model(p.parse_args())
    server = ThreadingHTTPServer(("127.0.0.1", Handler.model.options.port), Handler)
    print(f"http://127.0.0.1:{Handler.model.options.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
