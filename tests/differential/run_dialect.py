#!/usr/bin/env python3
"""Asks a real Spark for the answers that the dialect tests expect.

    run_dialect.py --write [TOPIC ...]   runs tests/golden/sql/TOPIC.sql and writes TOPIC.spark.json beside it
    run_dialect.py --check [TOPIC ...]   runs them and fails when Spark answers otherwise than the files say

A file holds cases: "-- case: NAME [(ordered)] [(names)]", then statements, each ended by a semicolon at the end of its line;
the last is the query whose answer counts. setup.sql runs first. refused.sql is not Spark's business.
Spark is the one of scripts/spark-setup; this script starts itself again with its Python.
"""
import datetime
import decimal
import json
import logging
import math
import os
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "golden" / "sql"
sys.path.insert(0, str(HERE.parent / "spark"))


def session(work):
    from pyspark.sql import SparkSession
    from spark import Install

    logging.disable(logging.CRITICAL)  # every refused statement would be a page of stack

    jars = Install("4.2").delta_classpath
    conf = {
        "spark.master": "local[1]",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": jars,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.sources.default": "delta",
    }
    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def cell(value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"{value // datetime.timedelta(microseconds=1)}us"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex().upper()
    if isinstance(value, dict):
        entries = [[cell(k), cell(v)] for k, v in value.items()]
        return sorted(entries, key=lambda e: json.dumps(e, ensure_ascii=False, separators=(",", ":")))
    if isinstance(value, (list, tuple)):
        return [cell(v) for v in value]
    raise TypeError(f"{type(value)} in a result")


def statements(text):
    for part in re.split(r";[ \t]*(?:--[^\n]*)?(?:\n|$)", text):
        lines = [line for line in part.split("\n") if not line.lstrip().startswith("--")]
        if "\n".join(lines).strip():
            yield "\n".join(lines)


def cases(path):
    text = path.read_text()
    for part in re.split(r"^-- case: ", text, flags=re.M)[1:]:
        head, body = part.split("\n", 1)
        yield head.split()[0], list(statements(body))


def error_class(error):
    found = re.search(r"\[([A-Z0-9_.]+)\]", str(error))
    return found.group(1) if found else type(error).__name__


def answer(spark, body):
    try:
        for statement in body[:-1]:
            spark.sql(statement).collect()
        frame = spark.sql(body[-1])
        rows = [cell(tuple(row)) for row in frame.collect()]
    except Exception as error:  # whatever Spark refuses is an answer too
        return {"error": error_class(error)}
    return {"names": [f.name for f in frame.schema.fields], "types": [f.dataType.simpleString() for f in frame.schema.fields], "rows": rows}


def run(spark, topic):
    path = CASES / f"{topic}.sql"
    answers = {}
    for name, body in cases(path):
        if name in answers:
            sys.exit(f"{path}: case {name} is there twice")
        answers[name] = answer(spark, body)
    lines = ",\n".join(f"{json.dumps(n)}: {json.dumps(a, ensure_ascii=False, separators=(',', ':'))}" for n, a in answers.items())
    return f'{{"spark": "{spark.version}", "cases": {{\n{lines}\n}}}}\n'


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("--write", "--check"):
        sys.exit(__doc__)
    try:
        import pyspark  # noqa: F401
    except ImportError:
        from spark import Install

        python = str(Install("4.2").python)
        os.execv(python, [python, *sys.argv])
    topics = sys.argv[2:] or sorted(p.stem for p in CASES.glob("*.sql") if p.stem not in ("setup", "refused"))
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    different = 0
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        spark = session(pathlib.Path(work))
        for statement in statements((CASES / "setup.sql").read_text()):
            spark.sql(statement).collect()
        for topic in topics:
            text, path = run(spark, topic), CASES / f"{topic}.spark.json"
            errors = [line for line in text.split("\n") if '{"error":' in line]
            if sys.argv[1] == "--write":
                path.write_text(text)
                print(f"{topic}: {text.count(chr(10)) - 2} cases, {len(errors)} errors")
                for line in errors:
                    print("   ", line)
            elif path.read_text().replace("\r", "") != text:
                print(f"{topic}: Spark answers otherwise than {path}")
                different += 1
        spark.stop()
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
