"""The bundle of `secchi export databricks` on a real Spark: its tables are made, its fills run on the rows of a lake, twice, and make the gold tables that secchi makes; its functions
are made and called.
SECCHI_BUNDLE_TABLES="fact_usage dim_job" makes and fills only these, with the tables that they read. Left out, since Spark does not have them: USE CATALOG, tags, metric views of Databricks' YAML, and functions and views over information_schema.
"""

import os
import re

import pytest
import yaml

import spark_kit as kit

PARAMETERS = {"catalog": "spark_catalog", "bronze_schema": "b_bronze", "gold_schema": "b_gold", "ops_schema": "b_ops", "full": "false"}
DATABRICKS_ONLY = re.compile(r"(USE CATALOG|ALTER (TABLE|VIEW) \S+ SET TAGS)")
CONSTRAINT = re.compile(r",\n  (CONSTRAINT \S+ )?(PRIMARY|FOREIGN) KEY [^\n]*?(?=,?\n)")  # of Unity Catalog: Delta on Spark refuses them


def statements(path, **parameters):
    """The statements of a file with the parameters of the job in place and system tables where the test has put them."""
    text = path.read_text()
    for name, value in {**PARAMETERS, **parameters}.items():
        text = re.sub(rf":{name}\b", f"'{value}'", text)
    text = re.sub(r"\bsystem\.(\w+)\.(\w+) AS r\b", r"`system_\1`.\2 AS r", text)
    heading, use, schema, rest = text.split("\n", 3)
    assert heading.startswith("-- Made by `secchi export databricks` from ") and use == "USE CATALOG IDENTIFIER('spark_catalog');"
    parts = [rest.strip().rstrip(";")] if path.parent.name in ("functions", "metric_views") else re.split(r";\n", rest)
    return [s for s in [schema.rstrip(";"), *(p.strip() for p in parts)] if s and not DATABRICKS_ONLY.match(s)]


WANTED = os.environ.get("SECCHI_BUNDLE_TABLES", "").split()


class Bundle:
    def __init__(self, folder, spark):
        self.folder, self.spark, self.refused = folder, spark, []
        self.jobs = yaml.safe_load((folder / "resources/jobs.yml").read_text())["resources"]["jobs"]

    def run_file(self, path, **parameters):
        for sql in statements(self.folder / path, **parameters):
            try:
                self.spark.run(CONSTRAINT.sub("", sql) if sql.startswith("CREATE TABLE") else sql)
            except kit.SparkError as e:
                self.refused.append(f"{path}: {str(e).splitlines()[0][:600]}: {sql[:200]}")

    def only(self, tables):
        """Keeps the tasks of these tables and what their fills wait for."""
        fills = {t["task_key"]: [d["task_key"] for d in t.get("depends_on", [])] for t in self.jobs["gold_merge_job"]["tasks"]}
        kept, waiting = set(), [k for k in fills if k.split("_", 1)[1] in tables]
        while waiting:
            key = waiting.pop()
            kept.add(key)
            waiting += [k for k in fills[key] if k not in kept]
        names = {k.split("_", 1)[1] for k in kept} | {"bookkeeping"}
        for job in ["bronze_setup_job", "gold_setup_job", "gold_merge_job"]:
            self.jobs[job]["tasks"] = [t for t in self.jobs[job]["tasks"] if t["task_key"] in kept | names]

    def run_job(self, name, **parameters):
        """Every task after those that it depends on, as the platform would."""
        done = set()
        for task in self.jobs[name]["tasks"]:
            self.run_task(name, task, done, parameters)
        return done

    def run_task(self, name, task, done, parameters):
        for before in task.get("depends_on", []):
            if before["task_key"] not in done:
                self.run_task(name, next(t for t in self.jobs[name]["tasks"] if t["task_key"] == before["task_key"]), done, parameters)
        if task["task_key"] not in done:
            done.add(task["task_key"])
            self.run_file(task["sql_task"]["file"]["path"].removeprefix("../"), **parameters)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    home = kit.made_lake(folder, days=12, scale="0.05")
    home.good("export", "databricks", "--out", folder / "out")
    tables = tmp_path_factory.mktemp("tables")
    with kit.Spark(tmp_path_factory.mktemp("spark")) as spark:
        for path in sorted((folder / "out/src/fills/bronze").glob("*.sql")):
            source = re.search(r"-- Rows of (system\.(\w+)\.(\w+)) ", path.read_text())
            schema, table = f"system_{source[2]}", source[3]
            spark.run(f"CREATE DATABASE IF NOT EXISTS `{schema}`")
            file = tables / f"{schema}.{table}.parquet"
            home.good("query", "--format", "parquet", "--output", file, f"SELECT * FROM system_bronze.{path.stem}", timeout=300)
            spark.run(f"CREATE TABLE `{schema}`.`{table}` USING parquet LOCATION '{file}'")
        for schema in ["b_bronze", "b_gold", "b_ops"]:
            spark.run(f"CREATE DATABASE `{schema}`")
        bundle = Bundle(folder / "out", spark)
        if WANTED:
            bundle.only(WANTED)
        for job in ["bronze_setup_job", "gold_setup_job", "gold_merge_job"]:
            bundle.run_job(job)
        yield home, spark, bundle


def test_spark_takes_every_statement(filled):
    assert filled[2].refused == []


def gold_tables(bundle):
    return sorted(k.removeprefix("gold_") for k in (t["task_key"] for t in bundle.jobs["gold_merge_job"]["tasks"]) if k.startswith("gold_"))


def test_gold_is_what_secchi_makes(filled, tmp_path):
    home, spark, bundle = filled
    different, rows = {}, 0
    for table in gold_tables(bundle):
        if table == "dim_user":  # no system table has the users
            continue
        file = tmp_path / f"{table}.parquet"
        home.good("query", "--format", "parquet", "--output", file, f"SELECT * FROM system_gold.{table}", timeout=300)
        ours, theirs = kit.pyarrow.parquet.read_table(file), spark.rows(f"SELECT * FROM b_gold.`{table}`")
        rows += ours.num_rows
        told = kit.differences(ours, theirs)
        if told:
            different[table] = told
    assert not different, different
    assert rows > (100 if WANTED else 10000)


def newest(spark, table):
    return spark.rows(f"SELECT COUNT(*) AS n, MAX(bronze_ingestion_timestamp) AS t FROM b_bronze.`{table}`").to_pylist()[0]


def marks(spark):
    return {r["table_name"]: r["published_to"] for r in spark.rows("SELECT * FROM b_ops.fill_mark").to_pylist()}


def test_marks_are_the_newest_loads(filled):
    _, spark, bundle = filled
    found = marks(spark)
    assert found["fact_usage"] == max(newest(spark, t)["t"] for t in ["usage", "list_prices", "account_prices"] if newest(spark, t)["t"])
    assert found.keys() == {t for t in gold_tables(bundle) if "secchi_until" in (bundle.folder / f"src/fills/gold/{t}.sql").read_text()}


def test_late_and_bad_rows_and_a_second_run(filled):
    """A record that comes late is added, a corrected one replaced, one that checks refuse is kept aside; what is old is not read."""
    home, spark, bundle = filled
    before, mark = newest(spark, "usage")["n"], marks(spark)["fact_usage"]
    columns = [c for c in spark.rows("SELECT * FROM system_billing.usage LIMIT 0").column_names if not c.startswith("bronze_")]
    last = spark.rows("SELECT record_id, usage_start_time FROM system_billing.usage ORDER BY usage_start_time DESC, record_id LIMIT 1").to_pylist()[0]
    changed = {
        "late": {"record_id": "'late'", "usage_start_time": "usage_start_time - INTERVAL 3 DAYS"},
        "old": {"record_id": "'too old'", "usage_start_time": "usage_start_time - INTERVAL 60 DAYS"},
        "bad": {"record_id": "'bad'", "usage_quantity": "CAST(-1 AS DECIMAL(38, 18))", "record_type": "'ORIGINAL'"},
        "again": {"usage_start_time": "usage_start_time + INTERVAL 1 SECOND", "usage_quantity": "CAST(7 AS DECIMAL(38, 18))"},
    }
    spark.run(f"CREATE OR REPLACE TABLE system_billing.more AS SELECT {', '.join(columns)} FROM system_billing.usage")
    for values in changed.values():
        select = ", ".join(f"{values[c]} AS {c}" if c in values else c for c in columns)
        spark.run(f"INSERT INTO system_billing.more SELECT {select} FROM system_billing.usage WHERE record_id = '{last['record_id']}'")
    fill = "src/fills/bronze/usage.sql"
    text = (bundle.folder / fill).read_text()
    (bundle.folder / fill).write_text(text.replace("system.billing.usage AS r", "system.billing.more AS r"))
    try:
        for _ in range(2):
            bundle.run_file(fill)
            bundle.run_file("src/fills/gold/fact_usage.sql")
            assert newest(spark, "usage")["n"] == before + 1
            found = {r["record_id"]: r["usage_quantity"] for r in spark.rows(
                f"SELECT record_id, usage_quantity FROM b_gold.fact_usage WHERE record_id IN ('late', 'too old', 'bad', '{last['record_id']}')").to_pylist()}
            assert found.keys() == {"late", last["record_id"]} and found[last["record_id"]] == 7
            (kept,) = spark.rows("SELECT table_name, reason, row_json FROM b_ops.rejected_row").to_pylist()
            assert (kept["table_name"], kept["reason"]) == ("usage", "check non_negative_usage failed") and '"bad"' in kept["row_json"]
        assert marks(spark)["fact_usage"] > mark
        bundle.run_file(fill, full="true")
        assert newest(spark, "usage")["n"] == before + 2
    finally:
        (bundle.folder / fill).write_text(text)


def test_functions_are_made_and_answer(filled):
    home, spark, bundle = filled
    spark.run("USE b_gold")
    asked = 0
    for path in sorted((bundle.folder / "src/functions").glob("*.sql")):
        if "information_schema" in path.read_text() or (WANTED and path.stem != "get_cost_by_owner"):
            continue
        bundle.run_file(path.relative_to(bundle.folder))
        asked += 1
    assert asked >= (1 if WANTED else 55) and bundle.refused == []
    # Bodies name tables without a schema, which on Spark is that of the caller.
    days = "'2026-06-19', '2026-06-30'"
    ours = home.rows(f"SELECT owner, total_cost FROM get_cost_by_owner({days}, 5) ORDER BY rank")
    theirs = spark.rows(f"SELECT owner, total_cost FROM b_gold.get_cost_by_owner({days}, 5) ORDER BY rank").to_pylist()
    assert ours and [r["owner"] for r in ours] == [r["owner"] for r in theirs]
