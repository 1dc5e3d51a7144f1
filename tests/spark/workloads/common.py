"""What all workloads share: a session and a way to expect failures."""
import sys

from pyspark.sql import SparkSession


def session(name):
    """A session configured by the caller's SPARK_CONF_DIR."""
    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def must_fail(work, what):
    """Runs work(), which has to raise; a success ends the workload with an error."""
    try:
        work()
    except Exception as error:
        print(f"{what}: {type(error).__name__}", flush=True)
    else:
        sys.exit(f"{what}: did not fail")
