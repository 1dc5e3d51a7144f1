"""Bronze: every format, in pieces or at once, drift, damage, checks, resuming."""

import datetime as dt
import decimal
import gzip
import os
import random
import shutil

import pyarrow as pa
import pytest
from build_kit import GOLD, PACKS, PLACE, ROOT, Failed, Home, json_row, shown, utc, write_csv, write_delta, write_jsonl, write_parquet

LONG = os.environ.get("SECCHI_TEST_TIER") == "long"


def query(i, minute=0, **more):
    return {
        "statement_id": f"s{i}",
        "workspace_id": "w1",
        "execution_status": "FINISHED",
        "total_duration_ms": 100 + i,
        "read_io_cache_percent": i % 101,
        "from_result_cache": i % 2 == 0,
        "statement_text": f"SELECT '{i}', \"ä\"\n-- ☃",
        "start_time": utc(f"2026-01-0{1 + i % 9}T10:{minute:02d}:00.5"),
        "end_time": None if i % 7 == 0 else utc(f"2026-01-0{1 + i % 9}T10:59:01"),
        "compute": {"type": "CLUSTER", "cluster_id": f"c{i % 3}", "warehouse_id": None},
        "query_tags": [("team", "a"), ("n", str(i))],
        **more,
    }


FORMATS = {
    "parquet": lambda d, rows: write_parquet(d / "query/history/a.parquet", rows),
    "jsonl": lambda d, rows: write_jsonl(d / "query/history/a.jsonl", rows),
    "csv": lambda d, rows: write_csv(d / "query/history/a.csv", rows),
    "delta": lambda d, rows: write_delta(d / "query/history", [rows]),
}


def expected(rows):
    names = [n for n in rows[0] if n not in ("compute", "query_tags")]
    return sorted(({n: shown(r[n]) for n in names} for r in rows), key=lambda r: r["statement_id"])


def test_every_format_gives_the_same_rows(tmp_path):
    rows = [query(i) for i in range(50)]
    rows[3]["statement_text"] = ""
    seen = {}
    for name, write in FORMATS.items():
        write(tmp_path / name, rows)
        home = Home(tmp_path / f"home-{name}", {"in": tmp_path / name})
        steps, report = home.refresh()
        assert steps["bronze query_history"]["rows_changed"] == 50 and report["rejected"] == 0
        names = ", ".join(expected(rows)[0])
        assert home.query(f"SELECT {names} FROM system.query.history ORDER BY statement_id") == expected(rows), name
        cells = home.query(
            "SELECT statement_id, compute.cluster_id AS c, query_tags['n'] AS n, compute.warehouse_id AS w FROM query_history ORDER BY statement_id"
        )
        assert cells == [
            {"statement_id": r["statement_id"], "c": r["compute"]["cluster_id"], "n": dict(r["query_tags"])["n"], "w": None}
            for r in sorted(rows, key=lambda r: r["statement_id"])
        ]
        seen[name] = home.hashes(leave_out=PLACE, only=["system_bronze.query_history", "system_gold.fact_query_history"])
    assert all(h == seen["parquet"] for h in seen.values())


def pack_file(path, codec):
    data = path.read_bytes()
    path.unlink()
    packed = path.with_name(path.name + {"gzip": ".gz", "zstd": ".zst"}[codec])
    with pa.CompressedOutputStream(str(packed), codec) as out:
        out.write(data)
    return packed


def test_compressed_text_gives_the_same_rows(tmp_path):
    rows = [query(i) for i in range(3000)]
    d = tmp_path / "in/query/history"
    write_jsonl(tmp_path / "plain/query/history/a.jsonl", rows)
    plain = Home(tmp_path / "home-plain", {"in": tmp_path / "plain"})
    plain.refresh()
    write_jsonl(d / "a.jsonl", rows[:1000])
    write_csv(d / "b.csv", rows[1000:1500])
    write_jsonl(d / "c.json", rows[1500:2200])
    write_csv(d / "d.csv", rows[2200:])
    packed = [pack_file(d / name, codec) for name, codec in (("a.jsonl", "gzip"), ("b.csv", "zstd"), ("c.json", "zstd"), ("d.csv", "gzip"))]
    two = packed[0].read_bytes()
    packed[0].write_bytes(gzip.compress(gzip.decompress(two)[:777]) + gzip.compress(gzip.decompress(two)[777:]))  # two members
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    steps, report = home.refresh()
    assert steps["bronze query_history"]["rows_in"] == 3000 and report["rejected"] == 0
    tables = ["system_bronze.query_history", "system_gold.fact_query_history"]
    assert home.hashes(leave_out=PLACE, only=tables) == plain.hashes(leave_out=PLACE, only=tables)
    place = home.query("SELECT bronze_source_file AS f, bronze_source_seq AS q FROM query_history WHERE statement_id = 's1'")
    assert place == [{"f": "in/query/history/a.jsonl.gz", "q": len(json_row(rows[0]).encode()) + 1}]
    assert home.refresh()[1]["loaded"] == 0


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
@pytest.mark.parametrize("name", ["b.jsonl", "b.csv"])
def test_a_compressed_file_that_is_cut_off_waits_for_its_rest(tmp_path, codec, name):
    d = tmp_path / "in/query/history"
    write_jsonl(d / "a.jsonl", [query(1)])
    (write_jsonl if name.endswith("jsonl") else write_csv)(d / name, [query(i) for i in range(2, 3000)])
    packed = pack_file(d / name, codec)
    whole = packed.read_bytes()
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    for kind, data in (("file_truncated", whole[: len(whole) * 2 // 3]), ("damaged", bytes(8) + whole[8:])):
        packed.write_bytes(data)
        steps, _ = home.refresh()
        assert all(s["state"] == "succeeded" for s in steps.values())
        found = [(f["kind"], f["file"]) for f in home.findings() if f["severity"] == "error"]
        assert found == [(kind, f"query/history/{packed.name}")]
        assert home.query("SELECT COUNT(*) AS n FROM query_history") == [{"n": 1}]
    packed.write_bytes(whole)
    home.refresh()
    assert home.query("SELECT COUNT(*) AS n FROM query_history") == [{"n": 2999}]
    assert not [f for f in home.findings() if f["severity"] == "error"]


def test_places_are_relative_to_the_source(tmp_path):
    write_jsonl(tmp_path / "in/query/history/a.jsonl", [query(1), query(2)])
    write_parquet(tmp_path / "in/query/history/b/c.parquet", [query(3)])
    write_delta(tmp_path / "delta/query/history", [[query(4)], [query(5)]])
    home = Home(tmp_path / "home", {"in": tmp_path / "in", "delta": tmp_path / "delta"})
    home.refresh()
    places = {
        r["statement_id"]: (r["bronze_source_file"], r["bronze_source_seq"])
        for r in home.query("SELECT statement_id, bronze_source_file, bronze_source_seq FROM query_history")
    }
    assert places["s1"] == ("in/query/history/a.jsonl", 0)
    assert places["s2"] == ("in/query/history/a.jsonl", len(json_row(query(1)).encode()) + 1)
    assert places["s3"] == ("in/query/history/b/c.parquet", 0)
    assert places["s4"][0] == f"delta/query/history/{0:020d}/part-00000-secchi-c000.parquet"
    assert places["s5"][0] == f"delta/query/history/{1:020d}/part-00001-secchi-c000.parquet"


def test_running_twice_changes_nothing(tmp_path):
    write_jsonl(tmp_path / "in/query/history/a.jsonl", [query(i) for i in range(20)])
    write_parquet(tmp_path / "in/query/history/b.parquet", [query(i, 5) for i in range(10, 30)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    before, stamps = home.hashes(), home.query("SELECT MAX(bronze_ingestion_timestamp) AS t, COUNT(*) AS n FROM query_history")
    batches = home.query("SELECT * FROM secchi_ops.load_batch ORDER BY ingested_at")
    steps, report = home.refresh()
    assert home.hashes() == before and report["loaded"] == 0
    assert all(s["rows_changed"] == 0 for s in steps.values())
    assert home.query("SELECT MAX(bronze_ingestion_timestamp) AS t, COUNT(*) AS n FROM query_history") == stamps
    assert home.query("SELECT * FROM secchi_ops.load_batch ORDER BY ingested_at") == batches
    home.refresh("--full")
    assert home.hashes() == before


def test_later_delivery_wins_whatever_the_order_of_arrival(tmp_path):
    write_parquet(tmp_path / "in/query/history/b.parquet", [query(1, total_duration_ms=2), query(2), query(1, total_duration_ms=3)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    value = "SELECT total_duration_ms AS v FROM fact_query_history WHERE statement_id = 's1'"
    assert home.query(value) == [{"v": 3}]
    write_parquet(tmp_path / "in/query/history/a.parquet", [query(1, total_duration_ms=1)])  # arrives later, was delivered before
    home.refresh()
    assert home.query(value) == [{"v": 3}]
    write_parquet(tmp_path / "in/query/history/c.parquet", [query(1, total_duration_ms=4)])
    home.refresh()
    assert home.query(value) == [{"v": 4}]
    write_delta(tmp_path / "d/query/history", [[query(9, total_duration_ms=1)], [query(9, total_duration_ms=2)]])
    delta = Home(tmp_path / "home-d", {"d": tmp_path / "d"})
    delta.refresh()
    assert delta.query("SELECT total_duration_ms AS v FROM query_history") == [{"v": 2}]
    write_delta(tmp_path / "d/query/history", [None, None, [query(9, total_duration_ms=0)]])
    delta.refresh()
    assert delta.query("SELECT total_duration_ms AS v FROM query_history") == [{"v": 0}]


def some_rows(rng):
    """Files with late, corrected and repeated rows and null keys for tables whose gold is one to one, latest, history, slices."""
    files = {}
    for n in range(8):
        queries = [query(rng.randrange(30), rng.randrange(60), total_duration_ms=rng.randrange(10**6)) for _ in range(rng.randrange(1, 15))]
        files[f"query/history/f{n}.{rng.choice(['parquet', 'jsonl'])}"] = queries
        jobs = [
            {
                "workspace_id": rng.choice(["w1", "w2", None]),
                "job_id": rng.choice(["j1", "j2", "j3"]),
                "name": f"n{rng.randrange(99)}",
                "tags": [("k", str(rng.randrange(3)))],
                "change_time": rng.choice([None, utc(f"2026-01-0{rng.randrange(1, 9)}T00:00:00")]),
            }
            for _ in range(4)
        ]
        files[f"lakeflow/jobs/f{n}.{rng.choice(['parquet', 'jsonl'])}"] = jobs
        runs = [
            {
                "workspace_id": "w1",
                "job_id": f"j{run % 3}",
                "run_id": f"r{run}",
                "run_name": rng.choice([None, "a", "b"]),
                "period_start_time": utc(f"2026-01-01T{hour:02d}:00:00"),
                "period_end_time": utc(f"2026-01-01T{hour + 1:02d}:00:00"),
                "result_state": rng.choice([None, "SUCCEEDED", "FAILED"]),
                "termination_code": None,
                "compute_ids": rng.choice([None, ["c2", "c1"], ["c3"]]),
            }
            for run, hour in ((rng.randrange(5), rng.randrange(5)) for _ in range(6))
        ]
        files[f"lakeflow/job_run_timeline/f{n}.{rng.choice(['parquet', 'jsonl'])}"] = runs
    return files


def write_file(path, rows):
    (write_parquet if path.suffix == ".parquet" else write_jsonl)(path, rows)


@pytest.mark.parametrize("seed", range(8 if LONG else 2))
def test_in_pieces_is_as_at_once(tmp_path, seed):
    rng = random.Random(seed)
    files = some_rows(rng)
    for name, rows in files.items():
        write_file(tmp_path / "once" / name, rows)
    once = Home(tmp_path / "home-once", {"in": tmp_path / "once"})
    once.refresh()
    pieces = Home(tmp_path / "home-pieces", {"in": tmp_path / "pieces"}, settings="ingest:\n  batch_bytes: 1 MiB\n")
    (tmp_path / "pieces/query").mkdir(parents=True)
    waiting = list(files)
    rng.shuffle(waiting)
    grown = {}  # what growing files get later
    while waiting or grown:
        for name, rows in grown.items():
            write_jsonl(tmp_path / "pieces" / name, rows, mode="a")
        grown = {}
        for name in waiting[: rng.randrange(1, 10)]:
            waiting.remove(name)
            rows = files[name]
            cut = rng.randrange(len(rows) + 1) if name.endswith("jsonl") else len(rows)
            if cut:
                write_file(tmp_path / "pieces" / name, rows[:cut])
            if cut < len(rows):
                grown[name] = rows[cut:]
        pieces.refresh()
    assert pieces.hashes() == once.hashes()
    keys = "SELECT COUNT(*) AS n FROM (SELECT statement_id FROM query_history GROUP BY statement_id HAVING COUNT(*) > 1) AS d"
    assert once.query(keys) == [{"n": 0}]
    newest = {}
    for name in sorted(n for n in files if n.startswith("query/")):
        newest.update({r["statement_id"]: r["total_duration_ms"] for r in files[name]})
    assert {r["s"]: r["v"] for r in pieces.query("SELECT statement_id AS s, total_duration_ms AS v FROM fact_query_history")} == newest
    jobs = {}
    for name in sorted(n for n in files if n.startswith("lakeflow/jobs/")):
        jobs.update({(r["workspace_id"], r["job_id"], shown(r["change_time"])): r["name"] for r in files[name]})
    assert {
        (r["workspace_id"], r["job_id"], r["change_time"]): r["name"]
        for r in pieces.query("SELECT workspace_id, job_id, change_time, name FROM jobs")
    } == jobs
    before = pieces.hashes()
    pieces.refresh("--full")
    assert pieces.hashes() == before


def test_added_missing_and_retyped_columns(tmp_path):
    write_parquet(tmp_path / "in/query/history/a.parquet", [{**query(1), "brand_new": 7}], {"brand_new": pa.int32()})
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query("SELECT brand_new AS v FROM query_history") == [{"v": 7}]
    kinds = {(f["kind"], f["subject"]) for f in home.findings()}
    assert ("column_added", "brand_new") in kinds and ("column_missing", "session_id") in kinds
    rows = [{**query(2), "total_duration_ms": "12"}, {**query(3), "total_duration_ms": "soon"}, {**query(4), "total_duration_ms": None}]
    write_parquet(tmp_path / "in/query/history/b.parquet", rows, {"total_duration_ms": pa.string()})
    steps, report = home.refresh()
    assert (steps["bronze query_history"]["rows_in"], report["loaded"], report["rejected"]) == (3, 2, 1)
    assert home.query("SELECT statement_id AS s, total_duration_ms AS v, brand_new AS b FROM query_history ORDER BY s") == [
        {"s": "s1", "v": 101, "b": 7},
        {"s": "s2", "v": 12, "b": None},
        {"s": "s4", "v": None, "b": None},
    ]
    rejected = home.query("SELECT bronze_source_file AS f, bronze_source_seq AS q, reason, row_json FROM secchi_quarantine.query_history")
    assert len(rejected) == 1 and (rejected[0]["f"], rejected[0]["q"]) == ("in/query/history/b.parquet", 1)
    assert "column total_duration_ms: soon is no BIGINT" in rejected[0]["reason"] and '"soon"' in rejected[0]["row_json"]
    kinds = {(f["kind"], f["subject"]) for f in home.findings()}
    assert ("type_changed", "total_duration_ms") in kinds and ("column_added", "brand_new") not in kinds
    fractions = [{**query(5), "total_duration_ms": 1.0}, {**query(6), "total_duration_ms": 1.5}]
    write_parquet(tmp_path / "in/query/history/c.parquet", fractions, {"total_duration_ms": pa.float64()})
    _, report = home.refresh()
    assert (report["loaded"], report["rejected"]) == (1, 1)
    home.refresh()  # the warehouse with the gained column is prepared again without complaint


def test_a_fraction_fits_no_whole_number_in_a_nested_column(tmp_path):
    row = lambda i, volumes: {"cluster_id": f"c{i}", "aws_attributes": {"ebs_volume_count": volumes}}  # noqa: E731
    attributes = pa.struct([("ebs_volume_count", pa.float64())])
    write_parquet(tmp_path / "in/compute/clusters/a.parquet", [row(1, 2.0), row(2, 2.5), row(3, None)], {"aws_attributes": attributes})
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query("SELECT cluster_id AS c, aws_attributes.ebs_volume_count AS n FROM clusters ORDER BY c") == [{"c": "c1", "n": 2}, {"c": "c3", "n": None}]
    rejected = home.query("SELECT reason FROM secchi_quarantine.clusters")
    assert len(rejected) == 1 and "column aws_attributes" in rejected[0]["reason"] and "2.5" in rejected[0]["reason"]
    assert ("type_changed", "aws_attributes") in {(f["kind"], f["subject"]) for f in home.findings()}


def test_fields_of_nested_columns_go_by_name(tmp_path):
    """Structs, lists of structs and maps whose fields come in other types and orders, lack some and have others."""
    folder = tmp_path / "in/access/clean_room_events"
    created = pa.struct([
        ("compliance_profile", pa.struct([("compliance_standards", pa.list_(pa.string())), ("is_enabled", pa.string())])),
        ("collaborators", pa.list_(pa.struct([("collaborator_alias", pa.string()), ("brand_new", pa.int32())]))),
    ])  # fmt: skip
    value = lambda enabled: {  # noqa: E731
        "compliance_profile": {"compliance_standards": ["HIPAA"], "is_enabled": enabled},
        "collaborators": [{"collaborator_alias": "acme", "brand_new": 1}, None],
    }
    rows = [
        {"event_id": "e1", "event_time": utc("2026-01-01T00:00:00"), "clean_room_created_metadata": value("true")},
        {"event_id": "e2", "event_time": utc("2026-01-01T00:00:00"), "clean_room_created_metadata": None},
        {"event_id": "e3", "event_time": utc("2026-01-01T00:00:00"), "clean_room_created_metadata": value("perhaps")},
    ]
    write_parquet(folder / "a.parquet", rows, {"clean_room_created_metadata": created})
    write_parquet(
        tmp_path / "in/billing/usage/a.parquet",
        [{"record_id": "r1", "sku_name": "S", "usage_date": dt.date(2026, 1, 1), "usage_quantity": decimal.Decimal("1.5"), "usage_metadata": {"job_id": 7}}],
        {"usage_date": pa.date32(), "usage_quantity": pa.decimal128(10, 2), "usage_metadata": pa.struct([("job_id", pa.int64())])},
    )
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query(
        """SELECT event_id AS e, clean_room_created_metadata IS NULL AS none, clean_room_created_metadata.collaborators[0].collaborator_alias AS c,
            clean_room_created_metadata.collaborators[0].collaborator_global_metastore_id AS g, clean_room_created_metadata.collaborators[1] IS NULL AS n,
            clean_room_created_metadata.compliance_profile.is_enabled AS b, clean_room_created_metadata.compliance_profile.compliance_standards[0] AS s
        FROM clean_room_events ORDER BY event_id"""
    ) == [
        {"e": "e1", "none": False, "c": "acme", "g": None, "n": True, "b": True, "s": "HIPAA"},
        {"e": "e2", "none": True, "c": None, "g": None, "n": True, "b": None, "s": None},
    ]
    rejected = home.query("SELECT reason FROM secchi_quarantine.clean_room_events")
    assert len(rejected) == 1 and "column clean_room_created_metadata" in rejected[0]["reason"] and "perhaps" in rejected[0]["reason"]
    assert home.query("SELECT usage_metadata.job_id AS j, usage_metadata.cluster_id AS c FROM usage") == [{"j": "7", "c": None}]
    found = {f["table_name"]: f for f in home.findings() if f["kind"] == "fields_changed"}
    text = found["clean_room_events"]["text"]
    assert "clean_room_created_metadata.collaborators.brand_new, which the table does not have" in text
    assert "clean_room_created_metadata.collaborators.collaborator_global_metastore_id" in text
    assert found["clean_room_events"]["severity"] == "warning" and found["usage"]["severity"] == "info"
    assert "usage_metadata.cluster_id" in found["usage"]["text"]


@pytest.mark.parametrize("name", ["parquet", "jsonl", "csv"])
def test_a_column_that_some_files_lack_is_named_with_the_first_of_them(tmp_path, name):
    write = {"parquet": write_parquet, "jsonl": write_jsonl, "csv": write_csv}[name]
    d = tmp_path / "in/query/history"
    for i in range(12):
        row = query(i, session_id=f"x{i}", end_time=utc("2026-01-01T00:00:00"))
        if i in (3, 5, 11):
            del row["session_id"]
        if i == 7:
            del row["query_tags"]
        write(d / f"{i:02d}.{name}", [row])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    rows = home.query("SELECT statement_id AS s, session_id AS v FROM query_history")
    assert {r["s"]: r["v"] for r in rows} == {f"s{i}": None if i in (3, 5, 11) else f"x{i}" for i in range(12)}
    found = {f["subject"]: f for f in home.findings() if f["kind"] == "column_missing" and f["severity"] == "warning"}
    assert set(found) == {"session_id", "query_tags"}
    assert found["session_id"]["file"] == f"query/history/03.{name}" and "3 of 12 files" in found["session_id"]["text"]
    assert found["query_tags"]["file"] == f"query/history/07.{name}" and "1 of 12 files" in found["query_tags"]["text"]
    none = [f for f in home.findings() if f["kind"] == "column_missing" and f["subject"] == "executed_by"]
    assert [(f["file"], f["severity"]) for f in none] == [(None, "info")] and "in any of 12 files" in none[0]["text"]


def test_a_column_that_some_files_type_otherwise_is_named_with_the_first_of_them(tmp_path):
    for i in range(4):
        text = i in (1, 2)
        rows = [{**query(i), "total_duration_ms": str(i) if text else i}]
        write_parquet(tmp_path / f"in/query/history/{i}.parquet", rows, {"total_duration_ms": pa.string() if text else pa.int32()})
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query("SELECT SUM(total_duration_ms) AS v, COUNT(*) AS n FROM query_history") == [{"v": 6, "n": 4}]
    found = [f for f in home.findings() if f["kind"] == "type_changed"]
    assert [(f["subject"], f["file"]) for f in found] == [("total_duration_ms", "query/history/1.parquet")]
    assert "as STRING instead of BIGINT in 2 of 4 files, the first is query/history/1.parquet" in found[0]["text"]


def test_damage_is_named_and_the_rest_loads(tmp_path):
    d = tmp_path / "in/query/history"
    write_parquet(d / "good.parquet", [query(1)])
    write_parquet(d / "torn.parquet", [query(i) for i in range(100, 400)])
    (d / "torn.parquet").write_bytes((d / "torn.parquet").read_bytes()[:-300])
    (d / "empty.parquet").write_bytes(b"")
    (d / "lines.jsonl").write_text("\n".join([json_row(query(2)), '{"statement_id": "s3"', "no json", "[1]", json_row(query(4))]) + "\n")
    write_jsonl(tmp_path / "in/query/histori/a.jsonl", [query(1)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    steps, report = home.refresh()
    assert steps["bronze query_history"]["state"] == "succeeded" and report["rejected"] == 3
    assert [r["s"] for r in home.query("SELECT statement_id AS s FROM query_history ORDER BY s")] == ["s1", "s2", "s4"]
    found = {(f["kind"], f["file"]): f["text"] for f in home.findings()}
    assert "torn.parquet cannot be read" in found[("damaged", "query/history/torn.parquet")]
    assert ("damaged", "query/history/empty.parquet") in found
    assert "did you mean system.query.history?" in found[("unknown_table", None)]
    reasons = home.query("SELECT bronze_source_seq AS q, reason FROM secchi_quarantine.query_history ORDER BY q")
    assert len(reasons) == 3 and reasons[0]["q"] == len(json_row(query(2)).encode()) + 1
    write_parquet(d / "torn.parquet", [query(5)])  # mended
    (d / "empty.parquet").unlink()
    home.refresh()
    assert home.query("SELECT COUNT(*) AS n FROM query_history") == [{"n": 4}]
    assert not [f for f in home.findings() if f["kind"] == "damaged"]


def test_checks_reject_or_count(tmp_path):
    run = {"workspace_id": "w1", "job_id": "j", "run_id": "r", "period_start_time": utc("2026-01-01T00:00:00"), "period_end_time": None}
    rows = [run, {**run, "run_id": None}, {**run, "job_id": None, "run_id": None}, {**run, "run_id": "r2", "job_id": None}]
    write_jsonl(tmp_path / "in/lakeflow/job_run_timeline/a.jsonl", rows)
    write_parquet(tmp_path / "in/compute/clusters/a.parquet", [{"workspace_id": "w1", "cluster_id": None, "cluster_name": "x"}])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert home.query("SELECT run_id FROM job_run_timeline") == [{"run_id": "r"}]
    reasons = [r["reason"] for r in home.query("SELECT reason FROM secchi_quarantine.job_run_timeline ORDER BY bronze_source_seq")]
    assert reasons == ["check valid_run_id failed", "check valid_run_id failed; check valid_job_id failed", "check valid_job_id failed"]
    results = {
        (r["table_name"], r["check_name"]): (r["criticality"], r["rows_checked"], r["rows_failed"])
        for r in home.query("SELECT table_name, check_name, criticality, rows_checked, rows_failed FROM secchi_ops.check_result")
    }
    assert results[("job_run_timeline", "valid_run_id")] == ("error", 4, 2)
    assert results[("clusters", "valid_cluster_id")] == ("warn", 1, 1)
    assert home.query("SELECT cluster_name FROM clusters") == [{"cluster_name": "x"}]
    kinds = {(f["kind"], f["table_name"], f["subject"], f["file"]) for f in home.findings()}
    assert ("rows_rejected", "job_run_timeline", None, None) in kinds and ("rows_suspect", "clusters", "valid_cluster_id", None) in kinds


def test_changed_and_vanished_files_keep_their_rows(tmp_path):
    d = tmp_path / "in/query/history"
    write_parquet(d / "a.parquet", [query(1)])
    write_parquet(d / "b.parquet", [query(2)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    write_parquet(d / "a.parquet", [query(1, total_duration_ms=5), query(3)])
    (d / "b.parquet").unlink()
    home.refresh()
    assert home.query("SELECT COUNT(*) AS n, MAX(total_duration_ms) AS m FROM query_history") == [{"n": 2, "m": 102}]
    assert {f["kind"] for f in home.findings()} >= {"file_changed", "file_vanished"}


def test_an_unreadable_source_is_unknown_not_empty(tmp_path):
    write_parquet(tmp_path / "in/query/history/a.parquet", [query(1)])
    write_parquet(tmp_path / "in2/query/history/a.parquet", [query(2)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in", "in2": tmp_path / "in2"})
    home.refresh()
    shutil.move(tmp_path / "in2", tmp_path / "away")
    write_parquet(tmp_path / "in/query/history/b.parquet", [query(3)])
    with pytest.raises(Failed) as e:
        home.refresh()
    assert e.value.status == 3 and "scan in2" in e.value.error["what"]
    assert home.query("SELECT COUNT(*) AS n FROM fact_query_history") == [{"n": 3}]
    assert [f["kind"] for f in home.findings() if f["source"] == "in2" and f["severity"] == "error"] == ["source_unreadable"]
    assert home.query("SELECT state FROM secchi_ops.run ORDER BY run_id") == [{"state": "succeeded"}, {"state": "partial"}]


def test_lookback_and_retention(tmp_path):
    rows = [{**query(i), "start_time": utc(f"2026-01-{i:02d}T12:00:00")} for i in range(1, 29)]
    write_parquet(tmp_path / "in/query/history/a.parquet", rows)
    back = Home(tmp_path / "home", {"in": tmp_path / "in"}, settings="ingest:\n  lookback: 5d\n")
    back.refresh("--as-of", "2026-01-29")
    days = "SELECT MIN(start_time) AS first, COUNT(*) AS n FROM query_history"
    assert back.query(days) == [{"first": "2026-01-24T12:00:00Z", "n": 5}]
    write_parquet(tmp_path / "in/query/history/b.parquet", [{**query(90), "start_time": utc("2026-01-03T12:00:00")}])
    back.refresh("--as-of", "2026-01-30")
    assert back.query(days) == [{"first": "2026-01-03T12:00:00Z", "n": 6}]  # the look-back is for the first run
    keep = Home(tmp_path / "home-keep", {"in": tmp_path / "in"}, settings="ingest:\n  retention: 10d\n")
    gold = "SELECT MIN(start_time) AS first, COUNT(*) AS n FROM fact_query_history"
    keep.refresh("--as-of", "2026-01-29")
    assert keep.query(days) == keep.query(gold) == [{"first": "2026-01-19T12:00:00Z", "n": 10}]
    for full in ([], ["--full"]):
        keep.refresh("--as-of", "2026-02-02", *full)
        assert keep.query(days) == keep.query(gold) == [{"first": "2026-01-23T12:00:00Z", "n": 6}]


def test_lookback_and_retention_of_one_table(tmp_path):
    queries = [{**query(i), "start_time": utc(f"2026-01-{i:02d}T12:00:00")} for i in range(1, 29)]
    runs = [
        {
            "workspace_id": "w",
            "job_id": "j",
            "run_id": f"r{d // 2}",
            "period_start_time": utc(f"2026-01-{d:02d}T12:00:00"),
            "period_end_time": utc(f"2026-01-{d:02d}T13:00:00"),
        }
        for d in range(1, 29)
    ]
    jobs = [{"workspace_id": "w", "job_id": "j", "name": "old", "change_time": utc("2024-01-01T00:00:00")}]
    write_parquet(tmp_path / "in/query/history/a.parquet", queries)
    write_parquet(tmp_path / "in/lakeflow/job_run_timeline/a.parquet", runs)
    write_parquet(tmp_path / "in/lakeflow/jobs/a.parquet", jobs)
    settings = "ingest: {lookback: 20d, retention: 10d}\ntables:\n  query.history: {lookback: 5d, retention: 0s}\n  system_bronze.job_run_timeline:\n    retention: 3d\n"
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, settings=settings)
    home.refresh("--as-of", "2026-01-29")
    look = "SELECT COUNT(*) AS n, MIN({}) AS first FROM {}"
    assert home.query(look.format("start_time", "query_history")) == [{"n": 5, "first": "2026-01-24T12:00:00Z"}]
    assert home.query(look.format("period_start_time", "job_run_timeline")) == [{"n": 3, "first": "2026-01-26T12:00:00Z"}]
    # The look-back is for the first load; what describes things is kept however old it is.
    write_parquet(tmp_path / "in/query/history/b.parquet", [{**query(90), "start_time": utc("2025-11-03T12:00:00")}])
    home.refresh("--as-of", "2026-01-30")
    assert home.query(look.format("start_time", "query_history")) == [{"n": 6, "first": "2025-11-03T12:00:00Z"}]
    assert home.query("SELECT name FROM dim_job") == [{"name": "old"}]
    # Of the run r13 of two days the first is gone: gold holds what the rows that are there say, at once and in full.
    for full in ([], ["--full"]):
        home.refresh("--as-of", "2026-01-30", *full)
        assert home.query("SELECT run_id, period_start_time AS t FROM fact_job_run_timeline ORDER BY run_id") == [
            {"run_id": "r13", "t": "2026-01-27T12:00:00Z"},
            {"run_id": "r14", "t": "2026-01-28T12:00:00Z"},
        ]
    late = Home(tmp_path / "home-late", {"in": tmp_path / "late"}, settings="ingest: {lookback: 5d, retention: 300d}\n")
    write_parquet(tmp_path / "late/lakeflow/jobs/a.parquet", jobs)
    late.refresh("--as-of", "2026-01-20")  # there was nothing yet: the first load is still to come
    shutil.copytree(tmp_path / "in/query/history", tmp_path / "late/query/history")
    late.refresh("--as-of", "2026-01-29")
    assert late.query(look.format("start_time", "query_history")) == [{"n": 5, "first": "2026-01-24T12:00:00Z"}]


@pytest.mark.parametrize(
    "entry, what, hint",
    [
        ("billing.usge: {retention: 1y}", "no bronze table 'billing.usge'", "did you mean 'billing.usage'?"),
        ("query_histori: {retention: 1y}", "no bronze table 'query_histori'", "did you mean 'query_history'?"),
        ("fact_query_history: {retention: 1y}", "no bronze table 'fact_query_history'", ""),
        ("query.history: {retenton: 1y}", "unknown key 'retenton'", "did you mean 'retention'?"),
        ("query.history: {retention: soon}", "tables.query.history.retention must be a duration such as 90s, 15m, 2h, 7d, 2y, found 'soon'", ""),
        ("query.history: 5d", "table 'query.history' must be a map", ""),
        ("identity.users: {retention: 5d}", "users has no event time", "take it out"),
        ("query.history: {retention: 5d}\n  query_history: {lookback: 5d}", "'query_history' is the table that line 6 names as 'query.history'", "remove"),
    ],
)
def test_a_table_that_cannot_age_is_refused_by_line(tmp_path, entry, what, hint):
    home = Home(tmp_path / "home", {"in": tmp_path}, settings=f"tables:\n  {entry}\n")
    with pytest.raises(Failed) as e:
        home.refresh()
    line = 7 if "\n" in entry else 6
    assert e.value.status == 2 and e.value.error["where"] == f"{home.path}/secchi.yaml:{line}"
    assert what in e.value.error["what"] and hint in e.value.error["hint"]


def test_the_time_of_a_run_is_that_of_its_statements(tmp_path):
    packs = tmp_path / "pack"
    shutil.copytree(PACKS, packs)
    (packs / "gold/clock.sql").write_text(
        "CREATE TABLE IF NOT EXISTS system_gold.clock (id STRING COMMENT 'A', day DATE COMMENT 'B', at TIMESTAMP COMMENT 'C') COMMENT 'Clock'"
        " TBLPROPERTIES ('secchi.domain' = 'cost', 'data_classification' = 'internal', 'contains_pii' = 'false', 'business_owner' = 'x', 'technical_owner' = 'x');\n"
        "INSERT INTO system_gold.clock SELECT b.statement_id AS id, CURRENT_DATE() AS day, CURRENT_TIMESTAMP() AS at FROM system_bronze.query_history AS b"
        " WHERE b.bronze_ingestion_timestamp > :since;\n"
    )
    write_parquet(tmp_path / "in/query/history/a.parquet", [query(1)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"}, packs=packs)
    home.refresh("--as-of", "2026-03-05T06:07:08Z")
    assert home.query("SELECT day, at FROM clock") == [{"day": "2026-03-05", "at": "2026-03-05T06:07:08Z"}]
    assert home.query("SELECT as_of FROM secchi_ops.run") == [{"as_of": "2026-03-05T06:07:08Z"}]


def event(i, action):
    at = utc(f"2026-01-0{1 + i % 9}T10:00:00")
    return {"event_id": f"e{i}", "event_time": at, "event_date": at.date(), "workspace_id": "w1", "service_name": "x", "action_name": action}


def test_gold_that_copies_bronze_takes_new_changed_and_left_over_rows(tmp_path):
    """Gold rows that can meet none are added without a look, so the ways of a row into bronze are mixed: new, changed, both, loaded by
    a run that left gold behind, twice in one run."""
    wanted = {}
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    days = [
        ([(i, "create") for i in range(20)], ()),
        ([(i, "create") for i in range(20, 30)], ()),  # all new
        ([(i, "update") for i in range(5)], ()),  # all changed
        ([(i, "drop") for i in range(25, 35)], ()),  # both
        ([(i, "read") for i in range(30, 32)], ("--only", "system_bronze.audit")),  # changed, and gold is left behind
        ([(i, "create") for i in range(40, 45)], ()),  # all new, after it
        ([(i, "create") for i in range(50, 55)], ("--only", "system_bronze.audit")),
        ([(52, "late"), (60, "create")], ()),  # changes a row that gold has not seen yet
        ([(i, "create") for i in range(70, 75)], ()),
    ]
    for n, (rows, only) in enumerate(days):
        write_parquet(tmp_path / f"in/access/audit/{n}.parquet", [event(*r) for r in rows], {"event_time": pa.timestamp("us", "UTC"), "event_date": pa.date32()})
        wanted |= dict(rows)
        home.refresh(*only)
        if only:
            continue
        assert {r["event_id"]: r["action_name"] for r in home.query("SELECT event_id, action_name FROM fact_audit_logs")} == {
            f"e{i}": action for i, action in wanted.items()
        }, f"after delivery {n}"
        assert home.query("SELECT COUNT(*) AS n FROM fact_audit_logs") == [{"n": len(wanted)}], f"after delivery {n}"
    before = home.hashes()
    home.refresh("--full")
    assert home.hashes() == before


def test_only_builds_a_table_with_what_it_reads(tmp_path):
    write_parquet(tmp_path / "in/query/history/a.parquet", [query(1)])
    write_parquet(
        tmp_path / "in/lakeflow/jobs/a.parquet", [{"workspace_id": "w", "job_id": "j", "change_time": utc("2026-01-01T00:00:00")}]
    )
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    steps, _ = home.refresh("--only", "dim_job")
    assert set(steps) == {"bronze jobs", "gold dim_job"}
    assert home.drive("plan") == ["bronze query_history"] + [x for x in home.drive("plan")[1:]]
    assert "bronze jobs" not in home.drive("plan")
    with pytest.raises(Failed) as e:
        home.refresh("--only", "dim_jobb")
    assert e.value.status == 2 and "dim_job" in e.value.error["hint"]
    steps, _ = home.refresh("--only", "system_gold.fact_query_history")
    assert set(steps) == {"bronze query_history", "gold fact_query_history"}


def test_a_cancelled_run_is_made_good_by_the_next(tmp_path):
    for name, rows in some_rows(random.Random(99)).items():
        write_file(tmp_path / "in" / name, rows)
    sure = Home(tmp_path / "home-sure", {"in": tmp_path / "in"})
    sure.refresh()
    steps = ["bronze query_history", "gold fact_query_history", "bronze jobs", "gold dim_job"]
    for i, step in enumerate(steps if LONG else steps[:2]):
        home = Home(tmp_path / f"home{i}", {"in": tmp_path / "in"})
        with pytest.raises(Failed) as e:
            home.refresh("--cancel-at", step)
        assert e.value.status == 130
        assert home.query("SELECT state FROM secchi_ops.run") == [{"state": "cancelled"}]
        assert home.query("SELECT COUNT(*) AS n FROM fact_query_history") == [{"n": 0}]
        home.refresh()
        assert home.hashes() == sure.hashes()


def test_a_growing_event_log_is_as_one_that_ended(tmp_path):
    lines = gzip.decompress(next((ROOT / "tests/data/eventlogs/operations").glob("*.gz")).read_bytes()).splitlines(keepends=True)
    once, growing = tmp_path / "once/app-1", tmp_path / "growing/app-1"
    once.parent.mkdir()
    growing.parent.mkdir()
    once.write_bytes(b"".join(lines))
    whole = Home(tmp_path / "home-once", {"logs": once.parent})
    whole.refresh()
    home = Home(tmp_path / "home-growing", {"logs": growing.parent})
    rng = random.Random(3)
    cuts = sorted(rng.sample(range(1, len(lines)), 8 if LONG else 2)) + [len(lines)]
    for begin, end in zip([0, *cuts], cuts):
        with open(growing, "ab") as f:
            f.write(b"".join(lines[begin:end]))
        home.refresh()
    assert home.query("SELECT COUNT(*) AS n FROM fact_query_history")[0]["n"] > 20
    assert home.hashes() == whole.hashes()
    before = home.hashes()
    steps, report = home.refresh("--full")
    assert home.hashes() == before and report["loaded"] == 0
    assert not [s for s in steps if s.startswith(("land", "bronze"))]


def test_the_history_of_steps_is_kept(tmp_path):
    write_parquet(tmp_path / "in/query/history/a.parquet", [query(i) for i in range(10)])
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    steps = home.query("SELECT seq, name, layer, state, rows_in, rows_changed FROM secchi_ops.step WHERE run_id = 1 ORDER BY seq")
    assert steps[0] == {
        "seq": 1,
        "name": "bronze query_history",
        "layer": "bronze",
        "state": "succeeded",
        "rows_in": 10,
        "rows_changed": 10,
    }
    assert [s["seq"] for s in steps] == list(range(1, len(GOLD) + 2))
    assert {s["name"] for s in steps if s["layer"] == "gold"} == {f"gold {t}" for t in GOLD}
    stats = home.query("SELECT schema_name AS s, table_name AS t, row_count AS n, fresh_at AS f FROM secchi_ops.table_stats ORDER BY s, t")
    assert stats == [
        {"s": "system_bronze", "t": "query_history", "n": 10, "f": "2026-01-09T10:00:00.500000Z"},
        {"s": "system_gold", "t": "fact_query_history", "n": 10, "f": "2026-01-09T10:00:00.500000Z"},
    ]
