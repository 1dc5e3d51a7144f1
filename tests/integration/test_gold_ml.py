"""Marketplace, MLflow and model serving: gold against plain Python over the same rows, whatever way and order they come in."""

import datetime as dt
import json
import random
import shutil

import build_kit
import pyarrow as pa
import pytest
from build_kit import PACKS, shown, utc, write_csv, write_jsonl, write_parquet

TEXT, TIME, INT, LONG, REAL = pa.string(), pa.timestamp("us", "UTC"), pa.int32(), pa.int64(), pa.float64()
TAGS = pa.map_(TEXT, TEXT)
SCALING = pa.struct([("min_concurrency", INT), ("max_concurrency", INT), ("compute_type", TEXT)])
PROVIDER = ["account_id", "metastore_id", "metastore_cloud", "metastore_region", "provider_id", "provider_name", "listing_id", "listing_name"]


def texts(*names):
    return dict.fromkeys(names, TEXT)


# Columns of each source table, and its natural key.
SOURCES = {
    "marketplace/listing_access_events": (
        texts(*PROVIDER, "consumer_delta_sharing_recipient_name", "consumer_delta_sharing_recipient_type", "consumer_cloud", "consumer_region")
        | texts("consumer_metastore_id", "consumer_email", "consumer_name", "consumer_company", "consumer_intended_use", "consumer_comment")
        | {"event_type": TEXT, "event_time": TIME, "event_date": pa.date32()},
        ["listing_id", "event_type", "event_time", "consumer_email"],
    ),
    "marketplace/listing_funnel_events": (
        texts(*PROVIDER) | {"event_type": TEXT, "event_time": TIME, "event_date": pa.date32()} | texts("consumer_cloud", "consumer_region"),
        ["listing_id", "event_type", "event_time", "consumer_cloud", "consumer_region"],
    ),
    "mlflow/experiments_latest": (
        texts("account_id", "workspace_id", "experiment_id", "name") | {"update_time": TIME, "delete_time": TIME, "create_time": TIME},
        ["workspace_id", "experiment_id"],
    ),
    "mlflow/runs_latest": (
        texts("account_id", "workspace_id", "run_id", "experiment_id", "created_by", "run_name", "status")
        | dict.fromkeys(["update_time", "delete_time", "start_time", "end_time"], TIME)
        | {"params": TAGS, "tags": TAGS}
        | {
            "aggregated_metrics": pa.list_(
                pa.struct([("metric_name", TEXT), ("min_value", REAL), ("max_value", REAL), ("latest_value", REAL)])
            )
        },
        ["workspace_id", "run_id"],
    ),
    "mlflow/run_metrics_history": (
        texts("account_id", "record_id", "workspace_id", "experiment_id", "run_id", "metric_name")
        | {"insert_time": TIME, "metric_time": TIME, "metric_step": LONG, "metric_value": REAL},
        ["record_id"],
    ),
    "serving/served_entities": (
        texts("served_entity_id", "account_id", "workspace_id", "created_by", "endpoint_name", "endpoint_id", "served_entity_name")
        | texts("entity_type", "entity_name", "entity_version", "task")
        | {
            "endpoint_config_version": INT,
            "external_model_config": pa.struct([("provider", TEXT)]),
            "foundation_model_config": pa.struct([("min_provisioned_throughput", LONG), ("max_provisioned_throughput", LONG)]),
            "custom_model_config": SCALING,
            "feature_spec_config": SCALING,
            "change_time": TIME,
            "endpoint_delete_time": TIME,
        },
        ["served_entity_id", "change_time"],
    ),
    "serving/endpoint_usage": (
        texts("workspace_id", "account_id", "client_request_id", "databricks_request_id", "requester", "served_entity_id")
        | {"status_code": INT, "request_time": TIME, "usage_context": TAGS, "request_streaming": pa.bool_()}
        | dict.fromkeys(["input_token_count", "output_token_count", "input_character_count", "output_character_count"], LONG),
        ["databricks_request_id"],
    ),
    "__internal_logging/payload_logs": (
        texts("account_id", "workspace_id", "databricks_request_id", "client_request_id", "request", "response", "served_entity_id")
        | texts("endpoint_table_id", "requester")
        | {"request_date": pa.date32(), "request_time": TIME, "status_code": INT, "sampling_fraction": REAL, "execution_duration_ms": LONG}
        | {"logging_error_codes": pa.list_(TEXT)},
        ["databricks_request_id"],
    ),
}
# Columns of which no row may be without a value; such rows are rejected.
NEEDED = {
    "marketplace/listing_access_events": ["listing_id", "event_time"],
    "marketplace/listing_funnel_events": ["listing_id", "event_time"],
    "mlflow/experiments_latest": ["experiment_id"],
    "mlflow/runs_latest": ["run_id", "experiment_id"],
    "mlflow/run_metrics_history": ["record_id"],
    "serving/served_entities": ["served_entity_id"],
    "serving/endpoint_usage": ["databricks_request_id", "request_time"],
    "__internal_logging/payload_logs": ["databricks_request_id"],
}
FEW = {"record_id": 12, "databricks_request_id": 9, "served_entity_id": 3, "listing_id": 2, "experiment_id": 3, "run_id": 4}
WORDS = ["a", 'quo"te', "com,ma", "ünï", "", "two\nlines", "back\\slash", "null"]


def value(rng, name, kind):
    if name in FEW:
        return None if rng.random() < 0.03 else f"{name[0]}{rng.randrange(FEW[name])}"
    if rng.random() < 0.15:
        return None
    if name in ("workspace_id", "metric_name", "event_type", "consumer_email", "consumer_cloud", "consumer_region"):
        return f"{name[:2]}{rng.randrange(2)}"
    if name in ("event_time", "metric_time", "insert_time", "change_time"):
        return utc("2026-03-01T00:00:00") + dt.timedelta(minutes=rng.randrange(3), microseconds=rng.choice([0, 1]))
    if name == "metric_step":
        return rng.randrange(2)
    return any_value(rng, kind)


def any_value(rng, kind):
    if pa.types.is_map(kind):
        return [(k, any_value(rng, TEXT)) for k in rng.sample(["k1", "k 2", 'k"3'], rng.randrange(1, 4))]
    if pa.types.is_list(kind):
        return [any_value(rng, kind.value_type) for _ in range(rng.randrange(3))]
    if pa.types.is_struct(kind):
        return {f.name: None if rng.random() < 0.2 else any_value(rng, f.type) for f in kind}
    if kind == TIME:
        return utc("2026-03-01T00:00:00") + dt.timedelta(seconds=rng.randrange(10**6), microseconds=rng.randrange(10**6))
    if kind == pa.date32():
        return dt.date(2026, 3, 1) + dt.timedelta(days=rng.randrange(30))
    if kind == INT:
        return rng.randrange(-(2**31), 2**31)
    if kind == LONG:
        return rng.choice([0, 7, 2**53 + 1, 2**63 - 1])
    if kind == REAL:
        return rng.choice([0.25, -1.5, 1e-9, 12345.678])
    return rng.random() < 0.5 if kind == pa.bool_() else rng.choice(WORDS)


def write(path, table, rows):
    if path.suffix == ".csv":  # dates and times as text, like all else
        write_csv(path, [{k: v.isoformat() if isinstance(v, dt.date) else v for k, v in r.items()} for r in rows])
    elif path.suffix == ".jsonl":
        write_jsonl(path, [{k: v.isoformat() if isinstance(v, dt.date) else v for k, v in r.items()} for r in rows])
    else:
        write_parquet(path, rows, SOURCES[table][0])


def deliveries(rng):
    """Files of every table in every format, in which keys come again with other values, with the same, and without."""
    files = {}
    for table, (columns, _) in SOURCES.items():
        for n in range(4):
            rows = [{c: value(rng, c, kind) for c, kind in columns.items()} for _ in range(rng.randrange(6, 18))]
            rows += rng.sample(rows, 2)
            files[f"{table}/f{n}.{rng.choice(['parquet', 'jsonl', 'csv'])}"] = rows
    return files


def is_whole(table, row):
    return all(row[c] is not None for c in NEEDED[table])


def delivered(files, table):
    """The row of each natural key that was delivered last, by file name and place."""
    rows = {}
    for name in sorted(n for n in files if n.startswith(table + "/")):
        rows.update({tuple(r[k] for k in SOURCES[table][1]): r for r in files[name] if is_whole(table, r)})
    return list(rows.values())


def parsed(v):
    """A nested value as its JSON reads: no null fields in structs."""
    if isinstance(v, dict):
        return {k: parsed(x) for k, x in v.items() if x is not None}
    if isinstance(v, list):
        return dict(v) if v and isinstance(v[0], tuple) else [parsed(x) for x in v]
    return v


def newest(rows, key, order, null_is_last=False):
    """Of the rows of each key the one that comes last."""
    best = {}
    for r in sorted(rows, key=lambda r: [((r[c] is None) == null_is_last, r[c]) for c in order]):
        best[tuple(r[k] for k in key)] = r
    return list(best.values())


def same(source):
    return {c: (lambda r, c=c: r[c]) for c in SOURCES[source][0]}


def without(columns, *names):
    return {c: f for c, f in columns.items() if c not in names}


def field(column, name, text=False):
    def read(r):
        v = None if r[column] is None else r[column][name]
        return str(v) if text and v is not None else v

    return read


POINT = ["workspace_id", "run_id", "metric_name", "metric_time", "metric_step"]
# Gold table -> source, rows that it holds of the delivered ones, its columns; JSON columns are given parsed.
GOLD = {
    "fact_listing_access": ("marketplace/listing_access_events", list, same("marketplace/listing_access_events")),
    "fact_listing_funnel": ("marketplace/listing_funnel_events", list, same("marketplace/listing_funnel_events")),
    "dim_experiment": ("mlflow/experiments_latest", list, same("mlflow/experiments_latest")),
    "fact_mlflow_runs": (
        "mlflow/runs_latest",
        list,
        without(same("mlflow/runs_latest"), "params", "tags", "aggregated_metrics")
        | {f"{c}_json": (lambda r, c=c: parsed(r[c])) for c in ("params", "tags", "aggregated_metrics")},
    ),
    "fact_mlflow_run_metrics_history": (
        "mlflow/run_metrics_history",
        lambda rows: newest(rows, POINT, ["insert_time", "record_id"], null_is_last=True),
        same("mlflow/run_metrics_history"),
    ),
    "dim_served_entities": (
        "serving/served_entities",
        lambda rows: newest(rows, ["served_entity_id"], ["change_time"]),
        without(same("serving/served_entities"), "external_model_config", "foundation_model_config", "custom_model_config", "feature_spec_config")
        | {"external_model_config_provider": field("external_model_config", "provider")}
        | {
            f"foundation_model_config_{e}_provisioned_throughput": field("foundation_model_config", f"{e}_provisioned_throughput", text=True)
            for e in ("min", "max")
        }
        | {f"{c}_config_{f.name}": field(f"{c}_config", f.name) for c in ("custom_model", "feature_spec") for f in SCALING},
    ),
    "fact_endpoint_usage": (
        "serving/endpoint_usage",
        list,
        without(same("serving/endpoint_usage"), "usage_context") | {"usage_context_json": lambda r: parsed(r["usage_context"])},
    ),
    "fact_payload_logs": (
        "__internal_logging/payload_logs",
        list,
        without(same("__internal_logging/payload_logs"), "logging_error_codes")
        | {"logging_error_codes_json": lambda r: parsed(r["logging_error_codes"])},
    ),
}


TABLES = [t.partition("/")[2] for t in SOURCES] + ["workspaces_latest", *GOLD, "dim_workspace"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """The tables of these tests alone: a home of them is made in a fraction of the time."""
    pack = tmp_path_factory.mktemp("pack")
    shutil.copy(PACKS / "pack.yaml", pack)
    for table in TABLES:
        for file in [*PACKS.glob(f"bronze/{table}.sql"), *PACKS.glob(f"bronze/checks/{table}.yaml"), *PACKS.glob(f"gold/{table}.sql")]:
            copy = pack / file.relative_to(PACKS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    return pack


@pytest.fixture
def new_home(tmp_path, pack):
    def new(folder="in", name="home", settings=""):
        return build_kit.Home(tmp_path / name, {"in": tmp_path / folder}, packs=pack, settings=settings)

    return new


def hashes(home):
    layer = {t: "bronze" if t in {s.partition("/")[2] for s in SOURCES} | {"workspaces_latest"} else "gold" for t in TABLES}
    return home.hashes(only=[f"system_{layer[t]}.{t}" for t in TABLES])


def comparable(rows):
    return sorted(json.dumps(r, sort_keys=True) for r in rows)


def gold_rows(home, table):
    rows = home.query(f"SELECT * FROM {table}")
    for r in rows:
        r.update({c: json.loads(r[c]) for c in r if c.endswith("_json") and r[c] is not None})
    return rows


def assert_gold(home, files):
    for table, (source, choose, columns) in GOLD.items():
        want = [{c: shown(f(r)) for c, f in columns.items()} for r in choose(delivered(files, source))]
        assert len(want) > 3 or table == "dim_served_entities"
        assert comparable(gold_rows(home, table)) == comparable(want), table


@pytest.mark.parametrize("seed", [1, 2])
def test_every_column_in_any_order_of_arrival(tmp_path, new_home, seed):
    rng = random.Random(seed)
    files = deliveries(rng)
    for name, rows in files.items():
        write(tmp_path / "once" / name, name.rpartition("/")[0], rows)
    once = new_home("once", "home-once")
    once.refresh()
    assert_gold(once, files)
    for table, (columns, _) in SOURCES.items():
        name = table.partition("/")[2]
        rejected = sum(not is_whole(table, r) for n, rows in files.items() if n.startswith(table + "/") for r in rows)
        assert once.query(f"SELECT COUNT(*) AS n FROM secchi_quarantine.{name}") == [{"n": rejected}], table
    pieces = new_home("pieces", "home-pieces")
    waiting = list(files)
    rng.shuffle(waiting)
    while waiting:
        some, waiting = waiting[:12], waiting[12:]
        for name in some:
            write(tmp_path / "pieces" / name, name.rpartition("/")[0], files[name])
        pieces.refresh()
    assert_gold(pieces, files)
    assert hashes(pieces) == hashes(once)
    pieces.refresh("--full")
    assert hashes(pieces) == hashes(once)


def test_payload_logs_by_their_real_name(tmp_path, new_home):
    body = '{"messages":[{"role":"user","content":"hi"}]}'
    row = {"databricks_request_id": "r1", "request_time": utc("2026-03-01T00:00:00"), "request": body, "logging_error_codes": ["E1", "E2"]}
    write_jsonl(tmp_path / "in/__internal_logging/payload_logs/a.jsonl", [row])
    home = new_home()
    steps, _ = home.refresh()
    assert not [f for f in home.findings() if f["kind"] in ("unknown_table", "no_tables")]
    look = "SELECT request, logging_error_codes[1] AS e FROM {} WHERE databricks_request_id = 'r1'"
    for name in ("system.__internal_logging.payload_logs", "system_bronze.payload_logs", "`system`.`__internal_logging`.`payload_logs`"):
        assert home.query(look.format(name)) == [{"request": body, "e": "E2"}]
    assert home.query("SELECT request, logging_error_codes_json AS e FROM fact_payload_logs") == [{"request": body, "e": '["E1","E2"]'}]


def point(record, minute, **more):
    return {
        "record_id": record,
        "workspace_id": "w",
        "experiment_id": "e",
        "run_id": "r",
        "metric_name": "loss",
        "metric_step": 0,
        "metric_time": utc("2026-03-01T00:00:00"),
        "metric_value": 0.0,
        "insert_time": utc(f"2026-03-01T00:{minute:02d}:00"),
        **more,
    }


def test_a_point_recorded_twice_and_a_record_that_moves(tmp_path, new_home):
    types = SOURCES["mlflow/run_metrics_history"][0]
    home = new_home()

    def load(name, *rows):
        write_parquet(tmp_path / f"in/mlflow/run_metrics_history/{name}.parquet", list(rows), types)
        home.refresh()
        return {
            (r["metric_name"], r["metric_step"]): (r["record_id"], r["metric_value"])
            for r in home.query("SELECT metric_name, metric_step, record_id, metric_value FROM fact_mlflow_run_metrics_history")
        }

    assert load("a", point("r1", 1, metric_value=1.0), point("r2", 2, metric_value=2.0)) == {("loss", 0): ("r2", 2.0)}
    # a late record is no newer one; steps of one moment stay apart
    assert load("b", point("r0", 0, metric_value=9.0), point("r3", 3, metric_step=1, metric_value=3.0)) == {
        ("loss", 0): ("r2", 2.0),
        ("loss", 1): ("r3", 3.0),
    }
    assert load("c", point("r2", 2, metric_name="auc", metric_value=4.0)) == {
        ("loss", 0): ("r1", 1.0),
        ("loss", 1): ("r3", 3.0),
        ("auc", 0): ("r2", 4.0),
    }
    # and where nothing else is left the point goes
    assert load("d", point("r3", 3, metric_step=2, metric_value=5.0)) == {
        ("loss", 0): ("r1", 1.0),
        ("loss", 2): ("r3", 5.0),
        ("auc", 0): ("r2", 4.0),
    }
    before = hashes(home)
    home.refresh("--full")
    assert hashes(home) == before


def test_retention_leaves_what_the_rest_says(tmp_path, new_home):
    rng = random.Random(7)
    home = new_home(settings="ingest: {retention: 3d}\n")
    records = [
        point(f"r{i}", 0, metric_step=rng.randrange(6), insert_time=rng.choice([None] + [utc(f"2026-03-0{d}T12:00:00") for d in range(1, 9)]))
        for i in range(60)
    ]
    for n, day in enumerate((4, 6, 9)):
        write_parquet(
            tmp_path / f"in/mlflow/run_metrics_history/f{n}.parquet", records[n * 20 : n * 20 + 20], SOURCES["mlflow/run_metrics_history"][0]
        )
        home.refresh("--as-of", f"2026-03-0{day}")
        old = utc(f"2026-03-0{day - 3}T00:00:00")
        kept = [r for r in records[: n * 20 + 20] if r["insert_time"] is None or r["insert_time"] >= old]
        want = newest(kept, POINT, ["insert_time", "record_id"], null_is_last=True)
        got = home.query("SELECT metric_step, record_id FROM fact_mlflow_run_metrics_history")
        assert sorted((r["metric_step"], r["record_id"]) for r in got) == sorted((r["metric_step"], r["record_id"]) for r in want)
    before = hashes(home)
    home.refresh("--full", "--as-of", "2026-03-09")
    assert hashes(home) == before


def test_values_that_are_no_number(tmp_path, new_home):
    bad = [float("nan"), float("inf"), float("-inf"), 1.5]
    write_parquet(
        tmp_path / "in/mlflow/run_metrics_history/a.parquet",
        [point(f"r{i}", 0, metric_step=i, metric_value=v) for i, v in enumerate(bad)],
        SOURCES["mlflow/run_metrics_history"][0],
    )
    metrics = [{"metric_name": "loss", "min_value": 0.5, "max_value": bad[1], "latest_value": bad[0]}]
    run = {"workspace_id": "w", "run_id": "r", "experiment_id": "e", "aggregated_metrics": metrics}
    write_parquet(tmp_path / "in/mlflow/runs_latest/a.parquet", [run], SOURCES["mlflow/runs_latest"][0])
    home = new_home()
    home.refresh()
    assert home.query(
        "SELECT metric_step AS s, isnan(metric_value) AS nan, metric_value > 1e308 AS high, metric_value < -1e308 AS low"
        " FROM fact_mlflow_run_metrics_history ORDER BY metric_step"
    ) == [
        {"s": 0, "nan": True, "high": True, "low": False},  # NaN is above all numbers
        {"s": 1, "nan": False, "high": True, "low": False},
        {"s": 2, "nan": False, "high": False, "low": True},
        {"s": 3, "nan": False, "high": False, "low": False},
    ]
    text = home.query("SELECT aggregated_metrics_json AS j FROM fact_mlflow_runs")[0]["j"]
    assert json.loads(text) == [{"metric_name": "loss", "min_value": 0.5, "max_value": "Infinity", "latest_value": "NaN"}]


def test_events_of_one_moment_stay_apart(tmp_path, new_home):
    at = {"listing_id": "l", "account_id": "a", "event_time": utc("2026-03-01T00:00:00")}
    seen = {**at, "event_type": "VIEW_LISTING", "consumer_cloud": "AWS"}
    asked = {**at, "event_type": "REQUEST_DATA", "consumer_email": "x@y"}
    write_jsonl(
        tmp_path / "in/marketplace/listing_funnel_events/a.jsonl",
        [{**seen, "consumer_region": r} for r in ("us-east-1", "eu-west-1", None, None)],
    )
    write_jsonl(tmp_path / "in/marketplace/listing_access_events/a.jsonl", [asked, {**asked, "event_type": "GET_DATA"}, asked])
    home = new_home()
    home.refresh()
    assert home.query("SELECT consumer_region AS r FROM fact_listing_funnel ORDER BY r") == [{"r": None}, {"r": "eu-west-1"}, {"r": "us-east-1"}]
    assert home.query("SELECT event_type AS t FROM fact_listing_access ORDER BY t") == [{"t": "GET_DATA"}, {"t": "REQUEST_DATA"}]



def test_foreign_keys_find_what_they_name(tmp_path, new_home):
    when = utc("2026-03-01T00:00:00")
    folder = tmp_path / "in"
    write_jsonl(folder / "mlflow/runs_latest/a.jsonl", [{"workspace_id": "w", "run_id": "r", "experiment_id": "e"}])
    write_parquet(folder / "mlflow/run_metrics_history/a.parquet", [point("m", 0)], SOURCES["mlflow/run_metrics_history"][0])
    request = {"databricks_request_id": "q", "request_time": when, "workspace_id": "w", "served_entity_id": "s"}
    write_jsonl(folder / "serving/endpoint_usage/a.jsonl", [request])
    write_jsonl(folder / "__internal_logging/payload_logs/a.jsonl", [request])
    home = new_home()
    home.refresh()
    found = [f for f in home.findings() if f["kind"] == "orphan_rows"]

    def orphan(table, target):
        return any(f["table_name"] == table and target in f["text"] for f in found)

    wanted = [
        ("fact_mlflow_runs", "dim_workspace"),
        ("fact_mlflow_runs", "dim_experiment"),
        ("fact_mlflow_run_metrics_history", "dim_experiment"),
        ("fact_endpoint_usage", "dim_workspace"),
        ("fact_endpoint_usage", "dim_served_entities"),
        ("fact_payload_logs", "dim_workspace"),
        ("fact_payload_logs", "dim_served_entities"),
    ]
    assert [w for w in wanted if not orphan(*w)] == []
    assert not orphan("fact_mlflow_run_metrics_history", "fact_mlflow_runs")
    write_jsonl(folder / "mlflow/experiments_latest/b.jsonl", [{"workspace_id": "w", "experiment_id": "e", "name": "/Users/a@x/churn"}])
    write_jsonl(folder / "serving/served_entities/b.jsonl", [{"served_entity_id": "s", "workspace_id": "w", "change_time": when}])
    write_jsonl(folder / "access/workspaces_latest/b.jsonl", [{"workspace_id": "w", "workspace_name": "n"}])
    home.refresh()
    assert [f for f in home.findings() if f["kind"] == "orphan_rows"] == []
    assert home.query(
        "SELECT e.name, m.metric_name FROM fact_mlflow_run_metrics_history AS m INNER JOIN fact_mlflow_runs AS r USING (workspace_id, run_id)"
        " INNER JOIN dim_experiment AS e ON e.workspace_id = r.workspace_id AND e.experiment_id = r.experiment_id"
    ) == [{"name": "/Users/a@x/churn", "metric_name": "loss"}]


def test_an_entity_is_what_its_newest_version_says(tmp_path, new_home):
    home = new_home()

    def load(name, day, **more):
        row = {"served_entity_id": "s", "workspace_id": "w", "change_time": utc(f"2026-03-0{day}T00:00:00"), **more}
        write_jsonl(tmp_path / f"in/serving/served_entities/{name}.jsonl", [row])
        home.refresh()
        return home.query(
            "SELECT entity_version AS v, custom_model_config_max_concurrency AS c, foundation_model_config_max_provisioned_throughput AS t"
            " FROM dim_served_entities"
        )

    assert load("a", 5, entity_version="2", custom_model_config={"max_concurrency": 8}) == [{"v": "2", "c": 8, "t": None}]
    assert load("b", 3, entity_version="1", custom_model_config={"max_concurrency": 4}) == [{"v": "2", "c": 8, "t": None}]
    assert load("c", 7, entity_version="3", foundation_model_config={"max_provisioned_throughput": 950}) == [{"v": "3", "c": None, "t": "950"}]
    assert load("d", 7, entity_version="4") == [{"v": "4", "c": None, "t": None}]
    assert home.query("SELECT COUNT(*) AS n FROM served_entities") == [{"n": 3}]
