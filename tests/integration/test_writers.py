"""Arrow and Parquet as we write them, read back by pyarrow and DuckDB: same rows, same types."""

import datetime as dt
import decimal
import io
import pathlib
import random
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from program import ROOT, SECCHI

DRIVE = pathlib.Path(SECCHI).parent / "tests" / "unit" / "write_drive"
GOLDEN = sorted((ROOT / "tests" / "golden" / "semantic").glob("*.arrow"))


def write(arrow, form):
    done = subprocess.run([str(DRIVE), form], input=arrow, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def to_arrow(table, chunk=1000):
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as stream:
        for batch in table.to_batches(max_chunksize=chunk):
            stream.write_batch(batch)
    return out.getvalue()


def rows(table):
    return [repr(column.to_pylist()) for column in table.columns]  # repr: NaN is like NaN


def without_time_of_day(table):
    """Databricks SQL has no TIME: it is written as text."""
    keep = [f.name for f in table.schema if not pa.types.is_time(f.type)]
    return table.select(keep) if len(keep) < len(table.schema) else table


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_arrow_is_the_same_table(path):
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    again = pa.ipc.open_stream(write(path.read_bytes(), "arrow")).read_all()
    assert again.schema == table.schema and rows(again) == rows(table)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_parquet_is_the_same_table(path):
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    again = pq.read_table(io.BytesIO(write(path.read_bytes(), "parquet")))
    if len(set(table.schema.names)) == len(table.schema):
        table, again = without_time_of_day(table), without_time_of_day(again.select(table.schema.names))
        again = again.select(table.schema.names)
    assert rows(again) == rows(table)


def random_value(rng, kind, depth=0):
    if rng.random() < 0.15:
        return None
    if pa.types.is_struct(kind):
        return {f.name: random_value(rng, f.type, depth + 1) for f in kind}
    if pa.types.is_map(kind):
        return [(f"k{i}", random_value(rng, kind.item_type, depth + 1)) for i in range(rng.choice([0, 0, 1, 2, 5]))]
    if pa.types.is_list(kind):
        return [random_value(rng, kind.value_type, depth + 1) for _ in range(rng.choice([0, 0, 1, 2, 7]))]
    if pa.types.is_string(kind):
        return rng.choice(["", "a", "é" * 20, "x" * 300])
    if pa.types.is_boolean(kind):
        return rng.random() < 0.5
    if pa.types.is_int64(kind):
        return rng.randrange(-(2**63), 2**63)
    if pa.types.is_float64(kind):
        return rng.uniform(-1e300, 1e300)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(rng.randrange(-(10**18), 10**18)).scaleb(-kind.scale)
    if pa.types.is_date(kind):
        return dt.date(1, 1, 1) + dt.timedelta(days=rng.randrange(3_600_000))
    assert pa.types.is_timestamp(kind)
    return dt.datetime(1900, 1, 1, tzinfo=dt.timezone.utc if kind.tz else None) + dt.timedelta(microseconds=rng.randrange(10**16))


def random_type(rng, depth=0):
    leaves = [
        pa.string(), pa.bool_(), pa.int64(), pa.float64(), pa.decimal128(20, 4), pa.date32(), pa.timestamp("us", "UTC"), pa.timestamp("us"),
    ]  # fmt: skip
    kind = rng.random() if depth < 4 else 1
    if kind < 0.2:
        return pa.list_(random_type(rng, depth + 1))
    if kind < 0.35:
        return pa.struct([(f"f{i}", random_type(rng, depth + 1)) for i in range(rng.randrange(1, 4))])
    if kind < 0.45:
        return pa.map_(pa.string(), random_type(rng, depth + 1))
    return rng.choice(leaves)


@pytest.mark.parametrize("seed", range(60))
def test_random_nested_tables(seed, tmp_path):
    rng = random.Random(seed)
    kinds = [random_type(rng) for _ in range(rng.randrange(1, 6))]
    count = rng.choice([0, 1, 2, 100, 3000])
    table = pa.table({f"c{i}": pa.array([random_value(rng, k) for _ in range(count)], k) for i, k in enumerate(kinds)})
    arrow = to_arrow(table, rng.choice([1, 7, 1000]) if count < 1000 else 999)
    data = write(arrow, "parquet")
    assert rows(pq.read_table(io.BytesIO(data))) == rows(table)
    again = pa.ipc.open_stream(write(arrow, "arrow")).read_all()
    assert again.schema == table.schema and rows(again) == rows(table)
    path = tmp_path / "t.parquet"
    path.write_bytes(data)
    assert duckdb.sql(f"SELECT COUNT(*) FROM '{path}'").fetchone() == (count,)


def test_row_groups(tmp_path):
    count = 300_000
    table = pa.table({"n": pa.array(range(count)), "t": pa.array([f"row {i}" if i % 3 else None for i in range(count)])})
    path = tmp_path / "t.parquet"
    path.write_bytes(write(to_arrow(table, 10_000), "parquet"))
    assert pq.ParquetFile(path).metadata.num_row_groups == 3
    assert pq.read_table(path).equals(table)
    assert duckdb.sql(f"SELECT COUNT(*), SUM(n), COUNT(t) FROM '{path}'").fetchone() == (count, count * (count - 1) // 2, 200_000)
