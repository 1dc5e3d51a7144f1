"""An application on a cluster with two workers. One executor dies while a
shuffle is being read, so that stages are attempted again; then enough small
tasks run to make the log roll."""
import os
import sys
import time

from pyspark import TaskContext
from pyspark.sql import functions as F

from common import must_fail, session

LAKE = sys.argv[1]
SMALL_TASKS = int(sys.argv[2])


def lose_executor(spark):
    """The first reader of the shuffle writes a file; whoever started this then kills an executor."""
    sc = spark.sparkContext
    sc.setJobGroup("lost-executor", "an executor dies under a shuffle")
    victim = f"{LAKE}/victim"

    def read(part):
        if TaskContext.get().partitionId() == 0 and not os.path.exists(victim):
            open(victim, "w").close()
            time.sleep(6)
        time.sleep(1.5)
        return [len(list(part))]

    pairs = sc.parallelize(range(400), 4).map(lambda n: (n % 4, n))
    counts = pairs.partitionBy(8).mapPartitions(read).collect()
    assert sum(counts) == 400, counts
    sc.setLocalProperty("spark.jobGroup.id", None)
    sc.setLocalProperty("spark.job.description", None)


def straggler(spark):
    """One slow first attempt, so that a speculative copy wins and the original is killed."""
    def part(rows):
        context = TaskContext.get()
        time.sleep(20 if context.partitionId() == 0 and context.attemptNumber() == 0 else 0.3)
        return rows

    spark.sparkContext.setJobGroup("straggler", "one slow task")
    spark.sparkContext.parallelize(range(60), 6).mapPartitions(part).count()


def main():
    spark = session("warehouse load")
    spark.sql("CREATE DATABASE IF NOT EXISTS wh")
    spark.sql("CREATE TABLE wh.facts USING DELTA AS SELECT id, id % 50 AS k, id * 2 AS v FROM range(0, 20000, 1, 4)")
    spark.sql("CREATE TABLE wh.dims USING DELTA AS SELECT id AS k, concat('dim ', id) AS name FROM range(50)")
    spark.sql("SELECT d.name, sum(f.v) FROM wh.facts AS f JOIN wh.dims AS d ON f.k = d.k GROUP BY d.name").collect()
    lose_executor(spark)
    straggler(spark)
    must_fail(lambda: spark.sql("SELECT v / (id - 19999) FROM wh.facts").collect(), "division by zero")
    spark.table("wh.facts").repartition(3).cache().count()
    for _ in range(4):
        spark.range(0, SMALL_TASKS, 1, SMALL_TASKS // 4).agg(F.sum("id")).collect()
    spark.sql("INSERT INTO wh.dims SELECT k + 100, name FROM wh.dims")
    spark.stop()


main()
