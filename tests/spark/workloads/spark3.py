"""Two applications for Spark 3.5: "delta" writes Delta tables and fails in several
ways; "plain" does a little of everything without Delta."""
import sys

from pyspark.sql import functions as F

from common import must_fail, session

LAKE = sys.argv[1]


def plain():
    spark = session("billing check")
    spark.range(100).selectExpr("id", "id % 4 AS plan").createOrReplaceTempView("bills")
    spark.sql("SELECT plan, count(*) AS bills FROM bills GROUP BY plan").collect()
    must_fail(lambda: spark.sql("SELECT raise_error('no bills')").collect(), "failing query")
    spark.sparkContext.parallelize(range(10), 2).count()
    spark.stop()


def delta():
    spark = session("billing export")
    spark.sql("CREATE DATABASE IF NOT EXISTS billing")
    spark.range(500).select(F.col("id").alias("account_id"), (F.col("id") % 7).alias("plan"),
                            (F.col("id") * 1.5).alias("usage")) \
        .write.format("delta").saveAsTable("billing.accounts")
    spark.sql("CREATE TABLE billing.bills USING DELTA AS "
              "SELECT plan, sum(usage) AS total, count(*) AS accounts FROM billing.accounts GROUP BY plan")
    spark.sql("INSERT INTO billing.bills SELECT -1, sum(total), sum(accounts) FROM billing.bills")
    spark.sql("UPDATE billing.bills SET total = 0 WHERE plan = 3")
    spark.sql("""MERGE INTO billing.bills AS t USING (SELECT 9 AS plan, 1.5D AS total, 1L AS accounts) AS s
        ON t.plan = s.plan WHEN NOT MATCHED THEN INSERT *""")
    spark.sql("SELECT a.account_id, b.total FROM billing.accounts AS a JOIN billing.bills AS b ON a.plan = b.plan "
              "WHERE a.usage > 700").collect()
    spark.sql("SELECT plan, usage, rank() OVER (PARTITION BY plan ORDER BY usage DESC) AS place "
              "FROM billing.accounts").where("place = 1").collect()
    spark.table("billing.bills").write.mode("overwrite").parquet(f"{LAKE}/export/bills")
    must_fail(lambda: spark.sql("SELECT raise_error(concat('plan ', plan)) FROM billing.bills").collect(),
              "failing query")
    must_fail(lambda: spark.sql("SELECT * FROM billing.nothing"), "unknown table")
    sc = spark.sparkContext
    sc.setJobGroup("checks", "reconciles the bills")

    def broken(row):
        raise ValueError("no such plan")

    must_fail(lambda: sc.parallelize(range(4), 2).map(broken).collect(), "failing job")
    sc.parallelize(range(100), 4).map(lambda n: (n % 3, n)).groupByKey(2).count()
    spark.stop()


{"delta": delta, "plain": plain}[sys.argv[2]]()
