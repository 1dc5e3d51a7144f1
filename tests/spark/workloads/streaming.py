"""Structured streaming: a rate source into Delta, Delta into Delta with an
aggregate, foreachBatch, a memory sink, and a query that fails."""
import sys

from pyspark.sql import functions as F

from common import must_fail, session

LAKE = sys.argv[1]


def batches(query, wanted):
    while query.lastProgress is None or query.lastProgress["batchId"] + 1 < wanted:
        if not query.isActive:
            raise RuntimeError(f"{query.name} ended early")
        query.awaitTermination(1)


def source(spark, rows=20):
    return spark.readStream.format("rate-micro-batch").option("rowsPerBatch", rows) \
        .option("startTimestamp", 1709251200000).option("advanceMillisPerBatch", 60000).load()


def main():
    spark = session("clicks stream")
    spark.sql("CREATE DATABASE IF NOT EXISTS live")
    spark.sql("CREATE TABLE live.clicks (timestamp TIMESTAMP, value BIGINT, page STRING) USING DELTA")

    raw = source(spark).withColumn("page", F.concat(F.lit("/p/"), F.col("value") % 5)).writeStream.format("delta") \
        .queryName("clicks_to_delta").option("checkpointLocation", f"{LAKE}/checkpoints/clicks") \
        .trigger(processingTime="500 milliseconds").toTable("live.clicks")
    batches(raw, 3)
    raw.stop()

    counted = spark.readStream.table("live.clicks").withWatermark("timestamp", "1 minute") \
        .groupBy(F.window("timestamp", "1 minute"), "page").count().writeStream.queryName("clicks_by_page") \
        .format("delta").outputMode("append").option("checkpointLocation", f"{LAKE}/checkpoints/by_page") \
        .trigger(availableNow=True).toTable("live.by_page")
    counted.awaitTermination()

    def upsert(batch, number):
        batch.createOrReplaceTempView("batch")
        batch.sparkSession.sql("""MERGE INTO live.last_value AS t
            USING (SELECT value % 3 AS k, max(value) AS v FROM batch GROUP BY value % 3) AS s ON t.k = s.k
            WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT *""")

    spark.sql("CREATE TABLE live.last_value (k BIGINT, v BIGINT) USING DELTA")
    each = source(spark, 5).writeStream.queryName("last_value").foreachBatch(upsert) \
        .option("checkpointLocation", f"{LAKE}/checkpoints/last_value").trigger(processingTime="0 seconds").start()
    batches(each, 2)
    each.stop()

    memory = source(spark, 5).writeStream.queryName("in_memory").format("memory") \
        .trigger(processingTime="0 seconds").start()
    batches(memory, 2)
    memory.stop()
    spark.sql("SELECT count(*) FROM in_memory").collect()

    doomed = source(spark, 4).select((100 / (F.col("value") - 6)).alias("x")).writeStream \
        .queryName("divides_by_zero").format("noop") \
        .option("checkpointLocation", f"{LAKE}/checkpoints/doomed").trigger(processingTime="0 seconds").start()
    must_fail(doomed.awaitTermination, "failing stream")
    spark.sql("SELECT page, sum(count) FROM live.by_page GROUP BY page").collect()
    spark.stop()


main()
