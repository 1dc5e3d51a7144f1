"""What runs the statements of server.py: a real Spark, in a process of its own (worker.py).

The catalogues of a workspace are mapped to the one that Spark has: `main` is Spark's own, so that main.s.t is the table s.t, and
a schema of any other catalogue is a schema whose name has the catalogue's before it: system.billing.usage is system__billing.usage.
"""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "spark"))

from spark import Install, _die_with_parent  # noqa: E402

# Strings and comments are left alone; a name is taken where it does not follow a dot.
PIECES = re.compile(r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|--[^\n]*|/\*.*?\*/)|(?<![\w.`])(SCHEMA\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?)?`?(\w+)`?\.`?(\w+)`?(?(2)|(?=\.[\w`]))""", re.S | re.I)


class SqlError(Exception):
    def __init__(self, text, state):
        super().__init__(text)
        self.state = state


def spark_schema(catalog, schema):
    return schema if catalog == "main" else f"{catalog}__{schema}"


def spark_names(sql, catalogs):
    def name(m):
        if m[1] or m[3].lower() not in catalogs:
            return m[0]
        return f"{m[2] or ''}`{spark_schema(m[3].lower(), m[4])}`"

    return PIECES.sub(name, sql)


def workspace_names(text, catalogs):
    """A message of Spark with the names that the client wrote."""
    for catalog in catalogs:
        text = re.sub(rf"`?{catalog}__(\w+)`?", rf"`{catalog}`.`\1`", text)
    return text.replace("`spark_catalog`.", "`main`.")


class Backend:
    """run(id, sql, ..) waits for the end; cancel(id) from any thread."""

    def __init__(self, work, catalogs=("main", "system")):
        self.work, self.catalogs = pathlib.Path(work), catalogs
        self.work.mkdir(parents=True, exist_ok=True)
        install = Install("4.2")
        self.log = open(self.work / "spark.log", "w")
        self.process = subprocess.Popen([install.python, pathlib.Path(__file__).with_name("worker.py"), self.work], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, env=install.environment(self.work),
                                        preexec_fn=_die_with_parent)
        first = self.process.stdout.readline()
        if not first:
            raise RuntimeError("Spark did not start: " + (self.work / "spark.log").read_text()[-2000:])
        self.version = json.loads(first)["ready"]
        self.waiting, self.lock = {}, threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            told = json.loads(line)
            with self.lock:
                future = self.waiting.pop(told["id"])
            future.set_result(told)
        with self.lock:
            for future in self.waiting.values():
                future.set_exception(SqlError("Spark ended", None))

    def send(self, request):
        with self.lock:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()

    def run(self, identity, sql, parameters=(), catalog="main", schema=None):
        """(columns, path of an Arrow stream); SqlError with Spark's text. No columns: no result."""
        into = self.work / f"{identity}.arrow"
        future = concurrent.futures.Future()
        with self.lock:
            self.waiting[identity] = future
        self.send({"id": identity, "sql": spark_names(sql, self.catalogs), "parameters": list(parameters), "into": str(into),
                   "schema": schema and spark_schema(catalog, schema)})
        told = future.result()
        if "error" in told:
            raise SqlError(workspace_names(told["error"], self.catalogs), told["state"])
        return told["columns"], into

    def cancel(self, identity):
        self.send({"cancel": identity})

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
