"""Every function of the packs, with the argument sets of examples.yaml (the first two; in the long tier all four): the rows of DuckDB and of a real Spark
are equal.

    SECCHI_FUNCTIONS="get_failed_jobs get_slow_queries" runs only these, SECCHI_DIFF=DIR keeps the lake there and uses it again.
"""
import os
import pathlib

import pyarrow
import pytest
import yaml

import spark_kit as kit
from server_kit import Server

FUNCTIONS = kit.ROOT / "packs" / "health" / "functions"
EXAMPLES = {n: sets for f in sorted(FUNCTIONS.glob("**/examples*.yaml")) for n, sets in yaml.safe_load(f.read_text()).items()}
WANTED = os.environ.get("SECCHI_FUNCTIONS", "").split()
SETS = 4 if WANTED or os.environ.get("SECCHI_TEST_TIER") == "long" else 2
CALLS = [(name, i) for name, sets in sorted(EXAMPLES.items()) for i in range(len(sets[:SETS])) if not WANTED or name in WANTED]


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return repr(value) + ("D" if isinstance(value, float) else "")
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def call(name, arguments):
    return f"SELECT * FROM {name}({', '.join(f'{k} => {literal(v)}' for k, v in arguments.items())})"


def answer(server, sql):
    told = server.query(sql, format="arrow", timeout_ms=600000)
    assert told.status == 200, f"{sql}: {told.body.decode()}"
    return pyarrow.ipc.open_stream(told.body).read_all()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    kept = os.environ.get("SECCHI_DIFF")
    folder = pathlib.Path(kept) if kept else tmp_path_factory.mktemp("functions")
    if (folder / "made").exists():
        home = kit.Home(folder / "home")
        home.env["SECCHI_AS_OF"] = kit.NOW
        home.good("refresh")
    else:
        home = kit.made_lake(folder)
        (folder / "made").touch()
    with kit.Spark(tmp_path_factory.mktemp("spark")) as spark:
        tables = tmp_path_factory.mktemp("tables")
        kit.copy_tables(home, spark, tables, "system_gold", kit.tables_of(home))
        kit.copy_tables(home, spark, tables, "information_schema", kit.INFORMATION)
        spark.run("USE system_gold")
        server = Server(home)
        yield home, server, spark
        server.stop()


@pytest.fixture(scope="module")
def made(both):
    """Names of the functions that Spark has made; a function is made when it is first asked for, after the ones that it calls."""
    return set()


def make(home, spark, made, name):
    if name in made:
        return
    (file,) = FUNCTIONS.glob(f"**/{name}.sql")
    text = file.read_text()
    for other in sorted(EXAMPLES):
        if other != name and f"{other}(" in text.split("RETURN", 1)[1]:
            make(home, spark, made, other)
    spark.run(kit.at(kit.bound(home, text)).rstrip().rstrip(";"))
    made.add(name)


@pytest.mark.parametrize("name,i", CALLS, ids=[f"{n}-{i}" for n, i in CALLS])
def test_rows_are_those_of_spark(both, made, name, i):
    home, server, spark = both
    sql = call(name, EXAMPLES[name][i])
    make(home, spark, made, name)
    ours, theirs = answer(server, sql), spark.rows(sql)
    told = kit.differences(ours, theirs)
    assert told is None, f"{sql}: {told}"
    assert i or ours.num_rows, f"{sql}: the first argument set has no rows"


@pytest.mark.skipif(bool(WANTED), reason="some functions only")
def test_every_function_has_four_argument_sets():
    names = {f.stem for f in FUNCTIONS.glob("*/*.sql")}
    assert names == set(EXAMPLES) and all(len(sets) == 4 for sets in EXAMPLES.values())
