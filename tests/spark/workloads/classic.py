"""A nightly batch application with one classic session: SQL and DataFrames over
Delta and Parquet tables, caching, spilling, lineage, and every way to fail."""
import pathlib
import sys
import threading
import time

from pyspark import TaskContext
from pyspark.sql import Window
from pyspark.sql import functions as F

from common import must_fail, session

LAKE = sys.argv[1]


def seed(spark):
    spark.sql("CREATE DATABASE IF NOT EXISTS sales COMMENT 'orders and customers'")
    spark.sql("""CREATE TABLE sales.customers USING DELTA COMMENT 'one row a customer' AS
        SELECT id AS customer_id, concat('customer ', id) AS name,
               element_at(array('DE', 'FR', 'IT', 'PL'), CAST(id % 4 + 1 AS INT)) AS country
        FROM range(200)""")
    spark.sql("""CREATE TABLE sales.orders (order_id BIGINT, customer_id BIGINT, amount DECIMAL(10,2),
        ordered_at TIMESTAMP, day DATE) USING DELTA PARTITIONED BY (day)""")
    spark.sql("""INSERT INTO sales.orders
        SELECT id, id % 200, CAST(id % 977 AS DECIMAL(10,2)) / 10,
               TIMESTAMP'2024-03-01 00:00:00' + make_dt_interval(0, 0, CAST(id AS INT)), DATE'2024-03-01'
        FROM range(1000)""")
    spark.sql("""CREATE TABLE sales.products USING PARQUET AS
        SELECT id AS product_id, concat('product "', id, '"') AS title, rand(7) * 100 AS price FROM range(50)""")


def write_and_change(spark):
    spark.sql("""MERGE INTO sales.customers AS t
        USING (SELECT id AS customer_id, concat('renamed ', id) AS name, 'ES' AS country FROM range(190, 210)) AS s
        ON t.customer_id = s.customer_id
        WHEN MATCHED THEN UPDATE SET t.name = s.name
        WHEN NOT MATCHED THEN INSERT *""")
    spark.sql("UPDATE sales.orders SET amount = amount * 2 WHERE order_id < 10")
    spark.sql("DELETE FROM sales.orders WHERE order_id >= 990")
    spark.sql("OPTIMIZE sales.orders")
    spark.sql("CREATE TABLE sales.prices (product_id BIGINT, price DOUBLE) USING PARQUET")
    spark.sql("INSERT OVERWRITE sales.prices SELECT product_id, price * 1.1 FROM sales.products")
    spark.sql("ALTER TABLE sales.customers ADD COLUMNS (segment STRING COMMENT 'set by marketing')")


def lineage(spark):
    """Tables and columns that come from other tables and columns."""
    spark.sql("""CREATE VIEW sales.big_orders AS
        SELECT o.order_id, c.name AS customer_name, o.amount AS gross, o.amount / 1.19 AS net
        FROM sales.orders AS o JOIN sales.customers AS c ON o.customer_id = c.customer_id
        WHERE o.amount > 20""")
    spark.sql("""CREATE TABLE sales.revenue USING DELTA AS
        WITH paid AS (SELECT customer_id, amount, day FROM sales.orders WHERE amount > 0)
        SELECT c.country, p.day, sum(p.amount) AS revenue, count(DISTINCT p.customer_id) AS customers,
               upper(max(c.name)) AS last_name
        FROM paid AS p JOIN sales.customers AS c USING (customer_id)
        GROUP BY c.country, p.day""")
    spark.sql("INSERT INTO sales.revenue SELECT 'ALL', day, sum(revenue), sum(customers), NULL "
              "FROM sales.revenue GROUP BY day")
    spark.table("sales.big_orders").groupBy("customer_name").agg(F.sum("net").alias("net")) \
        .write.format("delta").mode("overwrite").saveAsTable("sales.net_by_customer")
    spark.table("sales.revenue").write.mode("overwrite").partitionBy("country").parquet(f"{LAKE}/export/revenue")
    spark.read.parquet(f"{LAKE}/export/revenue").where("country = 'DE'").write.mode("overwrite") \
        .option("header", True).csv(f"{LAKE}/export/revenue_csv")


def read(spark):
    orders, customers = spark.table("sales.orders"), spark.table("sales.customers")
    by_time = Window.partitionBy("customer_id").orderBy("ordered_at")
    orders.withColumn("nth", F.row_number().over(by_time)).where("nth <= 2").count()
    orders.join(F.broadcast(customers), "customer_id").groupBy("country").agg(F.avg("amount")).collect()
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", -1)
    spark.sql("""SELECT c.country, rank() OVER (ORDER BY sum(o.amount) DESC) AS place
        FROM sales.orders AS o LEFT JOIN sales.customers AS c ON o.customer_id = c.customer_id
        GROUP BY c.country""").collect()
    spark.conf.unset("spark.sql.autoBroadcastJoinThreshold")
    spark.sql("SELECT title FROM sales.products WHERE price > (SELECT avg(price) FROM sales.products)").toPandas()
    spark.sql("SELECT customer_id FROM sales.orders EXCEPT SELECT customer_id FROM sales.customers").show()
    spark.sql("SELECT * FROM sales.orders VERSION AS OF 1 LIMIT 5").collect()
    spark.sql("SELECT 'Grüße, 世界 \\\\ \"quoted\"' AS greeting").collect()
    spark.sql("CACHE TABLE hot AS SELECT * FROM sales.orders WHERE amount > 50")
    spark.sql("SELECT count(*) FROM hot").collect()
    spark.sql("SELECT max(amount) FROM hot").collect()
    spark.sql("UNCACHE TABLE hot")
    spark.sql("DESCRIBE HISTORY sales.orders").collect()


def spill(spark):
    """A sort in one partition with more rows than may stay in memory."""
    wide = spark.range(0, 30000, 1, 2).select(F.col("id"), F.sha2(F.col("id").cast("string"), 256).alias("hash"))
    wide.repartition(1).sortWithinPartitions("hash").agg(F.max("id")).collect()
    wide.repartition(1).sortWithinPartitions("hash").write.format("noop").mode("overwrite").save()


def fail(spark):
    must_fail(lambda: spark.sql("SELECT 100 / (order_id - 5) FROM sales.orders").collect(), "division by zero")
    must_fail(lambda: spark.sql("SELECT CAST(name AS INT) FROM sales.customers").collect(), "bad cast")
    must_fail(lambda: spark.sql("INSERT INTO sales.revenue SELECT name, DATE'2024-03-02', "
                                "CAST(name AS DECIMAL(10,2)), 1, NULL FROM sales.customers"), "failing insert")
    must_fail(lambda: spark.sql("SELECT * FROM sales.no_such_table"), "unknown table")
    must_fail(lambda: spark.sql("SELEC 1"), "unparsable")
    spark.sql("ALTER TABLE sales.customers ADD CONSTRAINT known CHECK (customer_id < 1000)")
    must_fail(lambda: spark.sql("INSERT INTO sales.customers VALUES (5000, 'x', 'DE', NULL)"), "constraint")


def tasks(spark):
    """Work below SQL: groups, retried and failing tasks, a cancelled group."""
    sc = spark.sparkContext
    sc.setJobGroup("nightly-rdd", "counts words")
    sc.parallelize(["a b", "b c", "c d"] * 20, 3).flatMap(str.split).map(lambda w: (w, 1)) \
        .reduceByKey(lambda a, b: a + b, 2).sortByKey().collect()

    def flaky(part):
        if TaskContext.get().attemptNumber() == 0 and TaskContext.get().partitionId() == 1:
            raise ValueError("first attempt fails")
        return [sum(part)]

    sc.setJobGroup("nightly-retry", "a task that needs two attempts")
    sc.parallelize(range(100), 4).mapPartitions(flaky).collect()

    def broken(part):
        raise ValueError("bad record: {'id': 7}")

    sc.setJobGroup("nightly-broken", "fails for good")
    must_fail(lambda: sc.parallelize(range(10), 2).mapPartitions(broken).collect(), "failing job")

    def slow(part):
        time.sleep(120)
        return part

    def run_slow():
        sc.setJobGroup("nightly-slow", "is cancelled", interruptOnCancel=True)
        must_fail(lambda: sc.parallelize(range(10), 4).mapPartitions(slow).collect(), "cancelled")

    thread = threading.Thread(target=run_slow)
    thread.start()
    while not sc.statusTracker().getActiveJobsIds():
        time.sleep(0.05)
    time.sleep(1)
    sc.cancelJobGroup("nightly-slow")
    thread.join()
    sc.setLocalProperty("spark.jobGroup.id", None)
    sc.setLocalProperty("spark.job.description", None)


def cancelled_query(spark):
    sc = spark.sparkContext

    def run():
        sc.setJobGroup("report-slow", "a query that is cancelled", interruptOnCancel=True)
        must_fail(lambda: spark.range(0, 4, 1, 2).select(F.expr(
            "reflect('java.lang.Thread', 'sleep', CAST(id * 0 + 60000 AS BIGINT))")).collect(), "cancelled query")

    thread = threading.Thread(target=run)
    thread.start()
    while not sc.statusTracker().getActiveJobsIds():
        time.sleep(0.05)
    time.sleep(0.5)
    sc.cancelAllJobs()
    thread.join()


def main():
    spark = session("nightly sales")
    pathlib.Path(LAKE).mkdir(exist_ok=True)
    for step in (seed, write_and_change, lineage, read, spill, fail, tasks, cancelled_query):
        print(step.__name__, flush=True)
        step(spark)
    spark.stop()


main()
