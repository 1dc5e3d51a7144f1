"""The Spark of bench_functions: one process on all cores with Spark's own defaults, started by spark_kit.Spark in place of the worker of the tests.

Reads and answers JSON lines as tests/differential/spark_worker.py does; an answer with rows has "seconds" as well: from text to Arrow table.
BENCH_SPARK_MEMORY (default 2g) is the memory of the driver.
"""
import json
import logging
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "spark"))


def session(work):
    from pyspark.sql import SparkSession
    from spark import Install, driver_conf

    conf = driver_conf(Install("4.2"), work, spark__master="local[*]", spark__driver__memory=os.environ.get("BENCH_SPARK_MEMORY", "2g"))
    conf["spark.sql.shuffle.partitions"] = str(os.cpu_count())
    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def answer(spark, request):
    start = time.perf_counter()
    frame = spark.sql(request["sql"])
    if not request["into"]:
        return {"rows": frame.count() if frame.columns else 0}
    import pyarrow.parquet

    table = frame.toArrow()
    seconds = time.perf_counter() - start
    pyarrow.parquet.write_table(table, request["into"])
    return {"rows": {"count": table.num_rows, "seconds": seconds}}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Spark prints is not an answer
    logging.disable(logging.CRITICAL)
    spark = session(pathlib.Path(sys.argv[1]))
    print(json.dumps({"ready": spark.version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            told = answer(spark, json.loads(line))
        except Exception as e:  # noqa: BLE001: whatever Spark says goes back to the bench
            told = {"error": str(e)}
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
