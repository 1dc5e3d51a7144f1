"""A real Spark as a child process: statements in, rows as Parquet files out. Started by spark_kit with the Python of scripts/spark-setup.

Reads one JSON object a line from standard input: {"sql": text, "into": path or null}. Answers one a line:
{"rows": n} after writing the result to `into`, {"error": text} when Spark refused it.
"""
import json
import logging
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from run_dialect import session  # noqa: E402


PLAIN = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.adaptive.enabled": "false"}


def answer(spark, request):
    frame = spark.sql(request["sql"])
    if not request["into"]:
        return {"rows": frame.count() if frame.columns else 0}
    import pyarrow.parquet

    table = frame.toArrow()
    pyarrow.parquet.write_table(table, request["into"])
    return {"rows": table.num_rows}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Spark prints is not an answer
    logging.disable(logging.CRITICAL)
    spark = session(pathlib.Path(sys.argv[1]))
    for key, value in PLAIN.items():  # small tables: making code for each statement takes longer than running it
        spark.conf.set(key, value)
    print(json.dumps({"ready": spark.version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            told = answer(spark, json.loads(line))
        except Exception as e:  # noqa: BLE001: whatever Spark says goes back to the test
            told = {"error": str(e)}
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
