"""Answers of PySpark's own client: spark_engine_oracle.py URL FOLDER < lines of SQL; writes FOLDER/0.arrow, 1.arrow, .."""
import pathlib
import sys

import pyarrow
from pyspark.sql import SparkSession

spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
for number, sql in enumerate(sys.stdin.read().splitlines()):
    table = spark.sql(sql).toArrow()
    with pyarrow.OSFile(str(pathlib.Path(sys.argv[2]) / f"{number}.arrow"), "wb") as out, pyarrow.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
