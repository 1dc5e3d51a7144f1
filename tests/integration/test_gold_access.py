"""Bronze and gold of access, storage, classification, quality monitoring and sharing against plain Python over the same rows."""

import datetime as dt
import decimal
import json
import random
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from build_kit import ROOT, Home, shown, utc

CATALOGUE = yaml.safe_load((ROOT / "tests/data/catalogue.yaml").read_text())
TABLES = [
    "audit",
    "clean_room_events",
    "inbound_network",
    "outbound_network",
    "assistant_events",
    "predictive_optimization_operations_history",
    "data_classification_results",
    "data_quality_monitoring_table_results",
    "materialization_history",
]
FACTS = {
    "fact_audit_logs": "audit",
    "fact_clean_room_events": "clean_room_events",
    "fact_inbound_network": "inbound_network",
    "fact_outbound_network": "outbound_network",
    "fact_assistant_events": "assistant_events",
    "fact_predictive_optimization": "predictive_optimization_operations_history",
    "fact_data_classification_results": "data_classification_results",
    "fact_data_quality_monitoring_table_results": "data_quality_monitoring_table_results",
}
ALIASES = {
    "fact_data_classification": "fact_data_classification_results",
    "fact_dq_monitoring": "fact_data_quality_monitoring_table_results",
}
MINE = [f"system_bronze.{t}" for t in TABLES] + [f"system_gold.{t}" for t in FACTS]

# ---- types as the catalogue writes them: ("STRUCT", [(name, type)]), ("ARRAY", type), ("MAP", key, value), ("DECIMAL", p, s), ("STRING",)


def parse(text):
    tokens = re.findall(r"[A-Za-z_]\w*|\d+|[<>(),:]", text)
    at = 0

    def take(expected=None):
        nonlocal at
        at += 1
        assert expected is None or tokens[at - 1] == expected, text
        return tokens[at - 1]

    def read():
        kind = take()
        if kind == "DECIMAL":
            take("(")
            precision = int(take())
            take(",")
            scale = int(take())
            take(")")
            return (kind, precision, scale)
        if kind not in ("STRUCT", "ARRAY", "MAP"):
            return (kind,)
        take("<")
        if kind == "STRUCT":
            fields = []
            while True:
                name = take()
                take(":")
                fields.append((name, read()))
                if take() == ">":
                    return (kind, fields)
        parts = [kind, read()]
        if kind == "MAP":
            take(",")
            parts.append(read())
        take(">")
        return tuple(parts)

    return read()


ARROW = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


def arrow(t):
    if t[0] == "STRUCT":
        return pa.struct([(n, arrow(f)) for n, f in t[1]])
    if t[0] == "ARRAY":
        return pa.list_(arrow(t[1]))
    if t[0] == "MAP":
        return pa.map_(arrow(t[1]), arrow(t[2]))
    return pa.decimal128(t[1], t[2]) if t[0] == "DECIMAL" else ARROW[t[0]]


def columns(table):
    return {n: parse(t) for n, t in CATALOGUE["bronze"][table]["columns"].items()}


# ---- rows: maps are lists of pairs, as Arrow wants them

WORDS = ["", "plain", "it's \"quoted\"", "naïve ☃", "back\\slash", "a,b", "line\nbreak", "{}", "null"]


def value(rng, t, gaps=0.2):
    if rng.random() < gaps:
        return None
    if t[0] == "STRUCT":
        return {n: value(rng, f) for n, f in t[1]}
    if t[0] == "ARRAY":
        return [value(rng, t[1]) for _ in range(rng.randrange(3))]
    if t[0] == "MAP":
        return [(f"k{i}", value(rng, t[2])) for i in range(rng.randrange(3))]
    return {
        "STRING": lambda: rng.choice(WORDS),
        "INT": lambda: rng.choice([0, -1, 399, 400, 2**31 - 1]),
        "BIGINT": lambda: rng.choice([0, -5, 2**53 + 1, 2**63 - 1]),
        "DOUBLE": lambda: rng.choice([0.0, 0.25, -1.5, 3.0, 1e-7, 123456.75]),
        "BOOLEAN": lambda: rng.random() < 0.5,
        "DATE": lambda: dt.date(2026, 3, 1) + dt.timedelta(days=rng.randrange(40)),
        "TIMESTAMP": lambda: utc("2026-03-01T00:00:00") + dt.timedelta(milliseconds=rng.randrange(10**9)),
        "DECIMAL": lambda: decimal.Decimal(rng.randrange(10**24)).scaleb(-18),
    }[t[0]]()


ACTIONS = ["getTable", "GRANTPermission", "revoke", "deleteJob", "createToken", "login", "resetPassword", "putSecret", "listCredentials", "run"]


def rows_of(rng, table, count):
    """Rows with few enough keys that many come again, some with a null where a check asks for a value."""
    types, key, out = columns(table), CATALOGUE["bronze"][table]["key"], []
    for _ in range(count):
        row = {n: value(rng, t) for n, t in types.items()}
        if table == "audit":
            row["action_name"] = rng.choice([*ACTIONS, *ACTIONS, None])
            row["event_time"] = value(rng, types["event_time"], 0.05)
        if table == "clean_room_events":
            row["event_time"] = value(rng, types["event_time"], 0.05)
        number = rng.randrange(count // 2)
        for name in key:
            known = utc("2026-04-01T00:00:00") + dt.timedelta(hours=number) if types[name] == ("TIMESTAMP",) else f"{name}-{number}"
            row[name] = None if rng.random() < 0.03 else known
        out.append(row)
    return out


def plain(v, t):
    """A value as JSON lines write it."""
    if v is None:
        return None
    if t[0] == "STRUCT":
        return {n: plain(v[n], f) for n, f in t[1]}
    if t[0] == "ARRAY":
        return [plain(x, t[1]) for x in v]
    if t[0] == "MAP":
        return {k: plain(x, t[2]) for k, x in v}
    return v.isoformat() if t[0] in ("TIMESTAMP", "DATE") else str(v) if t[0] == "DECIMAL" else v


def write(path, table, rows):
    types = columns(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({n: plain(r[n], t) for n, t in types.items()}) + "\n" for r in rows))
    else:
        pq.write_table(pa.table({n: pa.array([r[n] for r in rows], arrow(t)) for n, t in types.items()}), path)


def folder(table):
    return CATALOGUE["bronze"][table]["system_table"].removeprefix("system.").replace(".", "/")


# ---- what must come of them


def must_have(table):
    """Columns without which a row goes to quarantine: those of the catalogue's checks, else ours on the key."""
    checks = CATALOGUE["checks"].get(table)
    return [c[2] for c in checks.values() if c[0] == "error"] if checks else CATALOGUE["bronze"][table]["key"]


def newest(table, rows):
    kept = {}
    for r in rows:
        if all(r[c] is not None for c in must_have(table)):
            kept[tuple(r[k] for k in CATALOGUE["bronze"][table]["key"])] = r
    return list(kept.values())


def spark_json(v, t):
    """Spark's to_json: null fields of structs are left out, nulls in lists and maps stay, times have milliseconds."""
    if v is None:
        return "null"
    if t[0] == "STRUCT":
        return "{" + ",".join(f"{json.dumps(n)}:{spark_json(v[n], f)}" for n, f in t[1] if v[n] is not None) + "}"
    if t[0] == "ARRAY":
        return "[" + ",".join(spark_json(x, t[1]) for x in v) + "]"
    if t[0] == "MAP":
        return "{" + ",".join(f"{json.dumps(k)}:{spark_json(x, t[2])}" for k, x in v) + "}"
    if t[0] == "TIMESTAMP":
        return v.strftime('"%Y-%m-%dT%H:%M:%S.') + f'{v.microsecond // 1000:03d}Z"'
    if t[0] == "DOUBLE" and 0 < abs(v) < 1e-3:
        return f"{v:.1E}".replace("E-0", "E-")
    return json.dumps(v, ensure_ascii=False)


def as_json(v, t):
    return None if v is None else spark_json(v, t)


def gold_cell(name, gold_type, row, types):
    if name == "is_sensitive_action":
        words = "grant, revoke, delete, secret, permission, token, password, credential".split(", ")
        return any(w in (row["action_name"] or "").lower() for w in words)
    if name == "is_failed_action":
        response = row["response"] or {"status_code": None, "error_message": None}
        return (response["status_code"] or 0) >= 400 or bool(response["error_message"])
    if name in types and types[name][0] == "MAP":
        return as_json(row[name], types[name])  # asked for as JSON
    if name == "usage_quantity":
        v = row[name]
        return None if v is None else str(v.quantize(decimal.Decimal("1e-10"), decimal.ROUND_HALF_UP))
    if name in types:
        return shown(row[name])
    if name.endswith("_json"):
        return as_json(row[name.removesuffix("_json")], types[name.removesuffix("_json")])
    parent = max((c for c, t in types.items() if t[0] == "STRUCT" and name.startswith(c + "_")), key=len)
    field = name[len(parent) + 1 :]
    t = dict(types[parent][1])[field]
    v = None if row[parent] is None else row[parent][field]
    if t[0] in ("STRUCT", "ARRAY", "MAP"):
        return as_json(v, t)
    return str(v) if v is not None and gold_type == "STRING" and t[0] == "BIGINT" else shown(v)


def expected(fact, table, rows):
    types, want = columns(table), CATALOGUE["gold"][fact]
    out = {}
    for r in newest(table, rows):
        cells = {n: gold_cell(n, t, r, types) for n, t in want["columns"].items()}
        out[tuple(cells[k] for k in want["key"])] = cells
    return out


def actual(home, fact):
    want = CATALOGUE["gold"][fact]
    cells = [f"TO_JSON({n}) AS {n}" if t.startswith("MAP") else n for n, t in want["columns"].items()]
    rows = home.query(f"SELECT {', '.join(cells)} FROM {fact}")
    out = {tuple(r[k] for k in want["key"]): r for r in rows}
    assert len(out) == len(rows)
    return out


# ---- the tests


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Three deliveries a table in two formats, and a home that took them at once."""
    rng, root = random.Random(20260301), tmp_path_factory.mktemp("access")
    deliveries = {}
    for table in TABLES:
        for n, ending in enumerate(["parquet", "jsonl", "parquet"]):
            rows = rows_of(rng, table, 40)
            write(root / f"in/{folder(table)}/f{n}.{ending}", table, rows)
            deliveries.setdefault(table, []).append(rows)
    home = Home(root / "home", {"in": root / "in"})
    home.refresh()
    return root, home, deliveries


@pytest.mark.parametrize("fact", FACTS)
def test_every_column_of_a_fact_is_what_python_makes_of_the_rows(lake, fact):
    _, home, deliveries = lake
    want = expected(fact, FACTS[fact], sum(deliveries[FACTS[fact]], []))
    got = actual(home, fact)
    assert got.keys() == want.keys()
    for key, row in want.items():
        assert got[key] == row
    for name in CATALOGUE["gold"][fact]["columns"]:
        assert any(row[name] is not None for row in want.values()), name


def test_materialisations_and_their_rejected_rows(lake):
    _, home, deliveries = lake
    for table in TABLES:
        rows = sum(deliveries[table], [])
        rejected = sum(any(r[c] is None for c in must_have(table)) for r in rows)
        assert rejected, table
        assert home.query(f"SELECT COUNT(*) AS n FROM secchi_quarantine.{table}") == [{"n": rejected}]
    want = {r["sharing_materialization_id"]: r for r in newest("materialization_history", sum(deliveries["materialization_history"], []))}
    names = list(columns("materialization_history"))
    got = home.query(f"SELECT {', '.join(names)} FROM system.sharing.materialization_history")
    assert {r["sharing_materialization_id"]: r for r in got} == {k: {n: shown(r[n]) for n in names} for k, r in want.items()}


def test_system_names_whose_schema_is_no_single_word(lake):
    _, home, deliveries = lake
    for table, columns_of_key in (("data_classification_results", "class_tag"), ("data_quality_monitoring_table_results", "table_name")):
        name = CATALOGUE["bronze"][table]["system_table"]
        rows = newest(table, sum(deliveries[table], []))
        got = home.query(f"SELECT {columns_of_key} AS c FROM {name}")
        assert sorted(r["c"] for r in got) == sorted(r[columns_of_key] for r in rows)
    assert not [f for f in home.findings() if f["kind"] == "unknown_table"]


@pytest.mark.parametrize("view", ALIASES)
def test_an_alias_has_the_rows_of_its_table(lake, view):
    _, home, _ = lake
    assert actual(home, view) == actual(home, ALIASES[view]) != {}


def test_deliveries_in_any_order_end_the_same(lake, tmp_path):
    root, home, _ = lake
    pieces = Home(tmp_path / "home", {"in": tmp_path / "in"})
    rng = random.Random(4)
    orders = {t: rng.sample(sorted((root / "in" / folder(t)).iterdir()), 3) for t in TABLES}
    for n in range(3):
        for table in TABLES:
            (tmp_path / "in" / folder(table)).mkdir(parents=True, exist_ok=True)
            shutil.copy(orders[table][n], tmp_path / "in" / folder(table))
        pieces.refresh()
    assert pieces.hashes(only=MINE) == home.hashes(only=MINE)
    before = pieces.hashes(only=MINE)
    _, report = pieces.refresh()
    assert report["loaded"] == 0 and pieces.hashes(only=MINE) == before
    pieces.refresh("--full")
    assert pieces.hashes(only=MINE) == before


def test_drift_and_late_rows_of_a_day_that_is_loaded(tmp_path):
    day = {"event_date": "2026-03-02", "event_time": "2026-03-02T10:00:00Z", "action_name": "login", "workspace_id": "w"}
    first = [{**day, "event_id": "e1", "response": {"status_code": 200}}, {**day, "event_id": "e2", "response": {"error_message": "no"}}]
    late = [
        {**day, "event_id": "e3", "event_time": "2026-03-02T08:00:00Z", "new_column": 7},
        {**day, "event_id": "e4", "event_time": "2026-03-01T08:00:00Z", "response": {"status_code": "forbidden"}},
        {**day, "event_id": "e5", "event_date": "the second"},
        {**day, "event_id": "e1", "response": {"status_code": 403}, "user_identity": {"email": "a@b.c", "new_field": 1}},
    ]
    at = tmp_path / "in/access/audit"
    at.mkdir(parents=True)
    (at / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in first))
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    (at / "b.jsonl").write_text("".join(json.dumps(r) + "\n" for r in late))
    home.refresh()
    look = "SELECT event_id AS e, response_status_code AS s, user_identity_email AS u, is_failed_action AS f FROM fact_audit_logs ORDER BY e"
    assert home.query(look) == [
        {"e": "e1", "s": 403, "u": "a@b.c", "f": True},
        {"e": "e2", "s": None, "u": None, "f": True},
        {"e": "e3", "s": None, "u": None, "f": False},
    ]
    assert home.query("SELECT new_column AS n FROM audit WHERE event_id = 'e3'") == [{"n": "7"}]  # JSON says no type that could be kept
    reasons = [r["reason"] for r in home.query("SELECT reason FROM secchi_quarantine.audit ORDER BY bronze_source_seq")]
    assert len(reasons) == 2 and "response" in reasons[0] and "event_date" in reasons[1]
    kinds = {f["kind"] for f in home.findings() if f["table_name"] == "audit"}
    assert {"column_added", "column_missing", "rows_rejected"} <= kinds
