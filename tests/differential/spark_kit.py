"""The same content on a real Spark: its tables are what secchi answers for them, its functions the files of the pack.

    lake = made_lake(folder)                a home with a simulated lake up to UNTIL, budgets that fit it
    with Spark(folder) as spark:
        spark.run(sql)                      a statement; SparkError with Spark's text
        spark.rows(sql)                     a pyarrow table
"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys

import pyarrow.parquet

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.path.insert(0, str(ROOT / "tests" / "spark"))

from program import Home, new_home  # noqa: E402
from spark import Install  # noqa: E402

DAYS, SCALE, SEED, UNTIL = 75, "0.1", "7", "2026-07-01"
NOW = UNTIL + "T00:00:00Z"
LOADED = "2026-06-29T08:30:00Z"  # so that tables have an age
NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")
VARIABLE = re.compile(r"\$\{([a-z_.]+)\}")
INFORMATION = ("tables", "columns", "routines", "views")


class SparkError(Exception):
    pass


WORKER = pathlib.Path(__file__).with_name("spark_worker.py")


class Spark:
    def __init__(self, work, worker=WORKER):
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.count = work, 0
        install = Install("4.2")
        self.log = open(work / "spark.log", "w")
        self.process = subprocess.Popen([install.python, worker, work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env=install.environment(work))
        self.version = self.told().get("ready")

    def told(self):
        line = self.process.stdout.readline()
        if not line:
            raise SparkError("Spark ended: " + (self.work / "spark.log").read_text()[-2000:])
        return json.loads(line)

    def ask(self, sql, into=None):
        self.process.stdin.write(json.dumps({"sql": sql, "into": into and str(into)}) + "\n")
        self.process.stdin.flush()
        told = self.told()
        if "error" in told:
            raise SparkError(told["error"])
        return told["rows"]

    def run(self, sql):
        self.ask(sql)

    def rows(self, sql):
        self.count += 1
        into = self.work / f"answer-{self.count}.parquet"
        self.ask(sql, into)
        table = pyarrow.parquet.read_table(into)
        into.unlink()
        return table

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def made_lake(folder, days=DAYS, scale=SCALE):
    """A home over a simulated lake with incidents; what the simulator writes as budgets and thresholds holds in it."""
    lake = folder / "lake"
    home = new_home(folder / "home")
    home.env["SECCHI_AS_OF"] = LOADED
    home.good("simulate", "--out", lake, "--days", days, "--until", UNTIL, "--scale", scale, "--seed", SEED, timeout=300)
    settings = (lake / "secchi.yaml").read_text()
    (home.path / "secchi.yaml").write_text(settings + "\nquery: {max_rows: 10000000, timeout: 10m}\n")
    home.good("setup", timeout=600)
    home.env["SECCHI_AS_OF"] = NOW
    return home


def tables_of(home):
    return [r["tableName"] for r in home.rows("SHOW TABLES") if r["database"] == "system_gold"]


def copy_tables(home, spark, folder, schema, tables):
    """Tables of Spark with the rows that secchi answers."""
    folder.mkdir(parents=True, exist_ok=True)
    spark.run(f"CREATE DATABASE IF NOT EXISTS `{schema}`")
    for table in tables:
        file = folder / f"{schema}.{table}.parquet"
        home.good("query", "--format", "parquet", "--output", file, f"SELECT * FROM {schema}.{table}", timeout=300)
        spark.run(f"CREATE TABLE `{schema}`.`{table}` USING parquet LOCATION '{file}'")


SCHEMAS = {"catalog": "spark_catalog", "bronze_schema": "system_bronze", "gold_schema": "system_gold"}


def bound(home, text):
    """${name} as secchi binds it: the settings as literals."""
    values = dict(SCHEMAS)
    for name in set(VARIABLE.findall(text)) - set(values):
        value = str(home.one(f"SELECT ${{{name}}} AS value"))  # decimals come as text
        values[name] = value if NUMBER.fullmatch(value) else f"'{value}'"
    return VARIABLE.sub(lambda m: values[m[1]], text)


def at(text, now=NOW):
    """Spark has no clock that can be set: what asks for the time is given it."""
    day, time = now.rstrip("Z").split("T")
    text = re.sub(r"\bcurrent_timestamp\s*\(\s*\)|\bnow\s*\(\s*\)", f"TIMESTAMP'{day} {time}'", text, flags=re.I)
    return re.sub(r"\bcurrent_date\s*\(\s*\)", f"DATE'{day}'", text, flags=re.I)


# ---- equal rows (C-01)


def plain(value):
    """A cell as text that sorts and compares; what holds a DOUBLE is compared by number."""
    return json.dumps(value, default=str, sort_keys=True)


def same_cell(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_cell(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_cell, a, b))
    return a == b


def key_of(row):
    """Rows in an order that small differences of a DOUBLE do not change: exact cells first, then rounded numbers."""
    exact = [plain(v) for v in row if not isinstance(v, float)]
    return exact + [f"{v:.6e}" for v in row if isinstance(v, float)]


def sorted_rows(table):
    return sorted((tuple(r.values()) for r in table.to_pylist()), key=key_of)


def column_types(table):
    return [(f.name, re.sub(r"list<\w+: ", "list<", str(f.type).replace("large_", ""))) for f in table.schema]


def differences(ours, theirs):
    """What differs between two pyarrow tables as multisets of rows; None when nothing does."""
    a, b = column_types(ours), column_types(theirs)
    if a != b:
        return f"columns: here {[x for x in a if x not in b]}, Spark {[x for x in b if x not in a]}"
    if ours.num_rows != theirs.num_rows:
        return f"{ours.num_rows} rows here, {theirs.num_rows} of Spark"
    unequal = [(x, y) for x, y in zip(sorted_rows(ours), sorted_rows(theirs)) if not same_cell(x, y)]
    return "rows here and of Spark: " + "; ".join(f"{x} | {y}" for x, y in unequal[:3]) if unequal else None
