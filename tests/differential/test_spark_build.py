"""The same lake built on Spark and on the embedded engine: all bronze and gold tables have the same rows (docs/spark.md).

A refresh of one table is a few dozen statements, and each is a job and a commit of Delta: a quarter of an hour and more on a small machine.
SECCHI_SPARK_TABLES="fact_usage dim_job" builds these and what they read, nothing else.
"""
import os
import pathlib
import sys

import pyarrow.parquet
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests" / "spark")]

from program import new_home  # noqa: E402
from spark import connect_server  # noqa: E402
from spark_kit import differences  # noqa: E402

ONLY = os.environ.get("SECCHI_SPARK_TABLES", "").split()
LOADED = "bronze_ingestion_timestamp"  # each load has its own


def built(folder, lake, *engine):
    home = new_home(folder)
    (folder / "secchi.yaml").write_text((lake / "secchi.yaml").read_text() + "\nquery: {timeout: 10m}\n")
    home.env["SECCHI_AS_OF"] = "2026-07-01T00:00:00Z"
    if ONLY and engine:
        with open(folder / "secchi.yaml", "a") as f:
            f.write(f'engine: {{kind: spark, url: "{engine[-1]}"}}\n')
    home.good(*(["refresh", *[w for table in ONLY for w in ("--only", table)]] if ONLY else ["setup", *engine]), timeout=5000)
    return home


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    lake = folder / "lake"
    new_home(folder / "simulator").good("simulate", "--out", lake, "--days", 3, "--until", "2026-07-01", "--scale", "0.02", "--seed", 7, timeout=300)
    with connect_server(folder / "spark", {"spark.driver.memory": "1g"}) as server:
        yield built(folder / "embedded", lake), built(folder / "remote", lake, "--engine", "spark", "--engine-url", server.url)


def rows(home, table):
    file = home.path / "rows.parquet"
    file.unlink(missing_ok=True)
    home.good("query", "--format", "parquet", "--output", file, f"SELECT * FROM {table}", timeout=600)
    got = pyarrow.parquet.read_table(file)
    return got.drop([c for c in got.column_names if c == LOADED])


def test_tables_have_the_same_rows(homes):
    steps = homes[0].rows("SELECT DISTINCT layer, table_name FROM secchi_ops.step WHERE layer IN ('bronze', 'gold') AND state = 'succeeded'")
    tables = sorted(f"system_{s['layer']}.{s['table_name']}" for s in steps)
    assert len(tables) >= (70 if not ONLY else 2)
    unequal, filled = {}, 0
    for table in tables:
        here, there = (rows(home, table) for home in homes)
        filled += here.num_rows > 0
        if differences(here, there) is not None:
            unequal[table] = differences(here, there)
    assert not unequal and filled > len(tables) / 2, unequal


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
