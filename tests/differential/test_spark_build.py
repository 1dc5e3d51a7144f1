"""The same lake built on Spark and on the embedded engine: the tables have the same rows (engine.kind: spark, docs/spark.md).

A refresh of one table is a few dozen statements, and each is a job and a commit of Delta: some minutes for these on a small machine.
"""
import pathlib
import sys

import pyarrow.parquet
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests" / "spark")]

from program import new_home  # noqa: E402
from spark import connect_server  # noqa: E402
from spark_kit import differences  # noqa: E402

GOLD = ["fact_query_history", "dim_cluster", "fact_assistant_events"]
BRONZE = ["query_history", "clusters", "assistant_events"]
LOADED = "bronze_ingestion_timestamp"  # each load has its own


def built(folder, lake, more=""):
    home = new_home(folder)
    (folder / "secchi.yaml").write_text((lake / "secchi.yaml").read_text() + more + "\nquery: {timeout: 10m}\n")
    home.env["SECCHI_AS_OF"] = "2026-07-01T00:00:00Z"
    home.good("refresh", *[w for table in GOLD for w in ("--only", table)], timeout=3000)
    return home


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    lake = folder / "lake"
    new_home(folder / "simulator").good("simulate", "--out", lake, "--days", 3, "--until", "2026-07-01", "--scale", "0.02", "--seed", 7, timeout=300)
    with connect_server(folder / "spark", {"spark.driver.memory": "1g"}) as server:
        yield built(folder / "embedded", lake), built(folder / "remote", lake, f'\nengine: {{kind: spark, url: "{server.url}"}}\n')


def rows(home, table):
    file = home.path / "rows.parquet"
    file.unlink(missing_ok=True)
    home.good("query", "--format", "parquet", "--output", file, f"SELECT * FROM {table}", timeout=600)
    got = pyarrow.parquet.read_table(file)
    return got.drop([c for c in got.column_names if c == LOADED])


@pytest.mark.parametrize("table", [f"system_bronze.{t}" for t in BRONZE] + [f"system_gold.{t}" for t in GOLD])
def test_tables_have_the_same_rows(homes, table):
    here, there = (rows(home, table) for home in homes)
    assert here.num_rows > 0 and differences(here, there) is None


def test_a_second_refresh_changes_nothing(homes):
    said = homes[1].good("refresh", "--only", "dim_cluster", timeout=3000).stdout
    assert " 0 rows changed" in said, said


def test_functions_and_metric_views_work_there(homes):
    for sql in ("SELECT MEASURE(unique_users) AS n, MEASURE(total_rows_read) AS r FROM mv_query_performance",
                "SELECT * FROM get_failed_queries('2026-06-01', '2026-06-30') AS f ORDER BY ALL"):
        here, there = (home.rows(sql) for home in homes)
        assert here == there and here, sql


def test_statements_of_people_pass_the_same_gate(homes):
    for sql in ("DROP TABLE system_gold.dim_cluster", "SELECT * FROM parquet.`/etc/passwd`", "SELECT java_method('java.lang.System', 'exit', 1) AS x",
                "SELECT * FROM spark_catalog.default.x", "SELECT * FROM secchi_staging.x"):
        said = [home.run("query", sql) for home in homes]
        assert all(done.returncode != 0 for done in said), sql
