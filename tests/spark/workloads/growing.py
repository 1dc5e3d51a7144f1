"""An application that is still running: works, then waits in the middle of a
job until it is killed. The caller copies its log meanwhile."""
import sys
import threading
import time

from common import session

READY = sys.argv[1]


def main():
    spark = session("long load")
    spark.sql("CREATE DATABASE IF NOT EXISTS ops")
    spark.sql("CREATE TABLE ops.events USING PARQUET AS SELECT id, id % 3 AS kind FROM range(300)")
    spark.sql("SELECT kind, count(*) FROM ops.events GROUP BY kind").collect()
    sc = spark.sparkContext

    def slow(part):
        rows = list(part)
        time.sleep(0 if rows[0] == 0 else 600)
        return rows

    def endless():
        sc.setJobGroup("endless", "has not ended yet")
        sc.parallelize(range(3), 3).mapPartitions(slow).collect()

    threading.Thread(target=endless, daemon=True).start()
    while not any(sc.statusTracker().getStageInfo(s).numCompletedTasks for s in sc.statusTracker().getActiveStageIds()):
        time.sleep(0.1)
    # Spark writes buffered lines when a job or stage starts or ends
    spark.sql("SELECT max(id) FROM ops.events").collect()
    time.sleep(2)
    open(READY, "w").close()
    time.sleep(600)


main()
