"""Clients of a Connect server: three people, several sessions, failures and a cancellation."""
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from common import must_fail

URL = sys.argv[1]


def login(user):
    return SparkSession.builder.remote(f"{URL}/;user_id={user}").create()


def engineer(spark):
    spark.sql("CREATE SCHEMA IF NOT EXISTS web")
    spark.sql("""CREATE TABLE web.visits (visit_id BIGINT, page STRING, country STRING, seconds INT, day DATE)
        USING DELTA PARTITIONED BY (day)""")
    spark.sql("""INSERT INTO web.visits
        SELECT id, concat('/page/', id % 17), element_at(array('DE', 'FR', 'US'), CAST(id % 3 + 1 AS INT)),
               CAST(id % 301 AS INT), DATE'2024-05-01' + CAST(id % 3 AS INT) FROM range(900)""")
    spark.sql("""CREATE TABLE web.pages USING DELTA AS
        SELECT page, count(*) AS visits, sum(seconds) AS seconds FROM web.visits GROUP BY page""")
    spark.sql("CREATE VIEW web.long_visits AS SELECT * FROM web.visits WHERE seconds > 200")
    spark.sql("""CREATE FUNCTION web.visits_of(p STRING DEFAULT '/page/1') RETURNS TABLE(visit_id BIGINT, seconds INT)
        RETURN SELECT visit_id, seconds FROM web.visits WHERE page = p""")
    spark.sql("""MERGE INTO web.pages AS t USING (SELECT '/page/1' AS page, 5L AS visits UNION ALL SELECT '/new', 1L) AS s
        ON t.page = s.page
        WHEN MATCHED THEN UPDATE SET visits = t.visits + s.visits
        WHEN NOT MATCHED THEN INSERT (page, visits, seconds) VALUES (s.page, s.visits, 0)""")
    spark.sql("OPTIMIZE web.visits ZORDER BY (country)")


def analyst(spark):
    spark.addTag("dashboard")
    spark.sql("SELECT country, avg(seconds) AS mean FROM web.visits GROUP BY country ORDER BY mean DESC").collect()
    spark.sql("SELECT * FROM web.visits_of('/page/3') ORDER BY visit_id").collect()
    spark.removeTag("dashboard")
    spark.sql("SELECT page FROM web.pages WHERE visits > 50 -- a comment; with 'quotes'\n").collect()
    spark.sql("SELECT 41 + 1 AS n, 'Grüße \\'世界\\'\\n' AS text").collect()
    visits = spark.table("web.visits")
    visits.join(spark.table("web.pages"), "page").groupBy("day").agg(F.sum("visits")).toPandas()
    visits.where("country = 'DE'").write.format("delta").mode("overwrite").saveAsTable("web.visits_de")
    spark.sql("SHOW TABLES IN web").collect()
    spark.sql("DESCRIBE TABLE web.visits").collect()


def careless(spark):
    must_fail(lambda: spark.sql("SELEC page FROM web.pages").collect(), "unparsable")
    must_fail(lambda: spark.sql("SELECT pagee FROM web.pages").collect(), "unknown column")
    must_fail(lambda: spark.sql("SELECT * FROM web.nowhere").collect(), "unknown table")
    must_fail(lambda: spark.sql("SELECT seconds / (visit_id - 7) FROM web.visits").collect(), "division by zero")
    must_fail(lambda: spark.sql("INSERT INTO web.visits SELECT visit_id, page, country, CAST(page AS INT), day "
                                "FROM web.visits").collect(), "bad cast")
    must_fail(lambda: spark.range(10).select(F.raise_error(F.lit("stop here"))).collect(), "raised error")


def impatient(spark):
    """A query of a minute that its owner interrupts after a second."""
    def run():
        spark.addTag("endless")  # tags belong to a thread
        must_fail(lambda: spark.range(0, 4, 1, 2).select(F.expr(
            "reflect('java.lang.Thread', 'sleep', CAST(id * 0 + 60000 AS BIGINT))")).collect(), "interrupted")

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(2)
    while not spark.interruptTag("endless"):
        time.sleep(0.2)
    thread.join()


def main():
    mia, noah, zoe = login("mia@lake.example"), login("noah@lake.example"), login("zoe@lake.example")
    engineer(mia)
    with ThreadPoolExecutor() as pool:
        reports = pool.submit(analyst, noah)
        careless(zoe)
        reports.result()
    must_fail(lambda: noah.sql("SELECT * FROM web.visits_of()").write.saveAsTable("web.visits_de"), "table exists")
    impatient(zoe)
    for spark in (mia, noah, zoe):
        spark.client.release_session()
        spark.client.close()


main()
