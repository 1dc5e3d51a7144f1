"""Billing, warehouses and pipelines: gold against plain Python over the same rows, however the rows arrive."""

import datetime as dt
import json
import random
import shutil
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pytest
from build_kit import Home, shown, utc, write_jsonl, write_parquet

MONEY, LONG = Decimal("0.000001"), Decimal("0.0000000001")
AMOUNT = pa.decimal128(38, 18)
LIST_PRICING = pa.struct(
    [("default", AMOUNT), ("promotional", pa.struct([("default", AMOUNT)])), ("effective_list", pa.struct([("default", AMOUNT)]))]
)
STAMP_TYPES = ["usage_start_time", "usage_end_time", "price_start_time", "price_end_time", "event_time"]
TYPES = {
    "usage_quantity": AMOUNT,
    "custom_tags": pa.map_(pa.string(), pa.string()),
    "min_clusters": pa.int32(),
    "cluster_count": pa.int32(),
    "configuration": pa.map_(pa.string(), pa.string()),
    "compute": pa.struct([("type", pa.string()), ("cluster_id", pa.string())]),
    "trigger_details": pa.struct(
        [("job_task", pa.struct([("job_id", pa.string()), ("job_task_run_id", pa.string()), ("performance_target", pa.string())]))]
    ),
    "refresh_selection": pa.list_(pa.struct([("table_catalog", pa.string()), ("table_schema", pa.string()), ("table_name", pa.string())])),
    "reset_checkpoint_selection": pa.list_(pa.string()),
    "settings": pa.struct(
        [
            ("photon", pa.bool_()),
            ("development", pa.bool_()),
            ("continuous", pa.bool_()),
            ("serverless", pa.bool_()),
            ("edition", pa.string()),
            ("channel", pa.string()),
        ]
    ),
    **{n: pa.timestamp("us", "UTC") for n in STAMP_TYPES},
}
TABLES = {
    "billing/usage": ["dim_sku", "fact_usage"],
    "billing/list_prices": ["fact_list_prices"],
    "billing/account_prices": ["fact_account_prices"],
    "compute/warehouses": ["dim_warehouse", "dim_warehouse_history"],
    "compute/warehouse_events": ["fact_warehouse_events"],
    "lakeflow/pipelines": ["dim_pipeline", "dim_pipeline_history"],
    "lakeflow/pipeline_update_timeline": ["fact_pipeline_update_timeline"],
}
COMPARED = [f"system_bronze.{t.split('/')[1]}" for t in TABLES] + [f"system_gold.{g}" for gs in TABLES.values() for g in gs]
PRICE_KEY = ("account_id", "sku_name", "cloud", "currency_code", "price_start_time")


def day(n, hours=0):
    return utc("2026-01-01T00:00:00") + dt.timedelta(days=n, hours=hours)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


# ---- the lake: every table in three deliveries, in which rows come late and are delivered again


def some_price(rng, account):
    start, length = rng.randrange(0, 60), rng.choice([None, 5, 10, 20, 40])
    default = Decimal(rng.randrange(1, 900000000)).scaleb(-9)
    row = {
        "account_id": account,
        "price_start_time": day(start),
        "price_end_time": None if length is None else day(start + length),
        "sku_name": f"S{rng.randrange(5)}",
        "cloud": rng.choice(["AWS", "AWS", "AZURE", None]),
        "currency_code": rng.choice(["USD", "EUR", "EUR", "AUD", "CHF"]),
        "usage_unit": rng.choice(["DBU", "DBU", "DBU", "GB", None]),
        "pricing": {"default": default},
    }
    return row


def some_list_price(rng):
    row = some_price(rng, rng.choice(["a1", "a2", None, None]))
    lower = rng.random() < 0.3
    amount = row["pricing"]["default"]
    row["pricing"] = {
        "default": amount,
        "promotional": {"default": amount / 2} if lower else None,
        "effective_list": rng.choice([None, {"default": amount / 2 if lower else amount}]),
    }
    return row


def some_usage(rng, n):
    at = day(rng.randrange(-3, 70), rng.choice([0, 0, rng.randrange(24)]))
    kind = rng.choice(["ORIGINAL", "ORIGINAL", "ORIGINAL", None, "RETRACTION", "RESTATEMENT"])
    quantity = Decimal(rng.randrange(0, 10**13)).scaleb(-11)
    return {
        "account_id": rng.choice(["a1", "a1", "a2", "a2", "a3", None]),
        "workspace_id": "w",
        "record_id": f"r{n}",
        "sku_name": rng.choice(["S0", "S1", "S2", "S3", "S4", "S9", None]),
        "cloud": rng.choice(["AWS", "AWS", "AZURE", "GCP", None]),
        "usage_start_time": rng.choice([at, at, at, at, at, at, None]),
        "usage_end_time": at + dt.timedelta(hours=1),
        "usage_unit": rng.choice(["DBU", "DBU", "DBU", "GB", None]),
        "usage_quantity": -quantity if kind == "RETRACTION" else quantity,
        "record_type": kind,
        "custom_tags": rng.choice([None, [], [("team", "x")], [("a", "1"), ("b", "2")]]),
    }


def some_version(rng, i, key, name):
    return {
        "account_id": "a1",
        "workspace_id": f"w{rng.randrange(2)}",
        key: f"x{rng.randrange(4)}",
        name: f"n{i}",
        "tags": [("v", str(i))],
        "change_time": day(rng.randrange(12)),
        "delete_time": rng.choice([None, day(40)]),
    }


def slices_of(rng, n):
    """The hourly slices of one update of a pipeline; the last tells the outcome unless it runs."""
    start, length, runs = rng.randrange(500), rng.randrange(1, 5), rng.random() < 0.25
    state = None if runs else rng.choice(["COMPLETED", "FAILED", "CANCELED"])
    rows = []
    for i in range(length):
        last = i == length - 1
        rows.append(
            {
                "account_id": "a1",
                "workspace_id": f"w{n % 2}",
                "pipeline_id": f"x{n % 4}",
                "update_id": f"u{n // 2}",  # the same name in both workspaces
                "update_type": "REFRESH",
                "trigger_type": "JOB_TASK",
                "trigger_details": rng.choice([None, {"job_task": {"job_id": f"j{n}", "job_task_run_id": f"t{i}", "performance_target": None}}]),
                "result_state": state if last else None,
                "compute": {"type": "CLASSIC", "cluster_id": f"c{n}"},
                "period_start_time": day(0, start + i) + dt.timedelta(minutes=7 if i == 0 else 0),
                "period_end_time": day(0, start + i) + dt.timedelta(minutes=31 if last else 60),
                "refresh_selection": rng.choice([None, [{"table_catalog": "c", "table_schema": "s", "table_name": f"t{i}"}]]),
                "reset_checkpoint_selection": rng.choice([None, [f"flow{i}"]]),
            }
        )
    return rows


def make_lake():
    rng = random.Random(20)
    lists, accounts = [some_list_price(rng) for _ in range(60)], [some_price(rng, rng.choice(["a1", "a2"])) for _ in range(90)]
    for prices in (lists, accounts):  # delivered again: ended, or no longer ended, or of another amount
        again = [{**p, "price_end_time": rng.choice([None, p["price_start_time"] + dt.timedelta(days=8)])} for p in rng.sample(prices, 12)]
        prices[len(prices) // 2 :] = [*prices[len(prices) // 2 :], *again]
    usage = [some_usage(rng, n) for n in range(400)]
    usage += [{**u, "usage_quantity": u["usage_quantity"] * 2, "sku_name": "S1"} for u in rng.sample(usage, 20)]
    warehouses = [{**some_version(rng, i, "warehouse_id", "warehouse_name"), "min_clusters": i} for i in range(60)]
    switches = {"photon": True, "development": False, "continuous": None, "serverless": True, "edition": "PRO", "channel": None}
    pipelines = [{**some_version(rng, i, "pipeline_id", "name"), "settings": switches, "configuration": [("k", str(i))]} for i in range(60)]
    events = [
        {
            "workspace_id": "w0",
            "warehouse_id": f"x{rng.randrange(3)}",
            "event_type": rng.choice(["RUNNING", "SCALED_UP"]),
            "event_time": day(rng.randrange(5)),
            "cluster_count": i,
        }
        for i in range(60)
    ]
    updates = [s for n in range(40) for s in slices_of(rng, n)]
    rng.shuffle(updates)
    rows = [usage, lists, accounts, warehouses, events, pipelines, updates]
    return {t: [r[i * len(r) // 3 : (i + 1) * len(r) // 3] for i in range(3)] for t, r in zip(TABLES, rows, strict=True)}


def write_part(folder, lake, part):
    """Later parts have later names, whenever they arrive."""
    for table, parts in lake.items():
        pricing = LIST_PRICING if "list" in table else pa.struct([("default", AMOUNT)])
        write_parquet(folder / table / f"part{part}.parquet", parts[part], {**TYPES, "pricing": pricing})


@pytest.fixture(scope="module")
def lake():
    return make_lake()


@pytest.fixture(scope="module")
def home(tmp_path_factory, lake):
    """The lake in three loads, in order."""
    root = tmp_path_factory.mktemp("billing")
    home = Home(root / "home", {"in": root / "in"})
    for part in range(3):
        write_part(root / "in", lake, part)
        home.refresh()
    home.rows = {t: newest([r for p in parts for r in p], t) for t, parts in lake.items()}
    return home


def newest(rows, table):
    """The later delivered wins by natural key."""
    keys = {
        "billing/usage": ("record_id",),
        "billing/list_prices": PRICE_KEY,
        "billing/account_prices": PRICE_KEY,
        "compute/warehouses": ("workspace_id", "warehouse_id", "change_time"),
        "compute/warehouse_events": ("workspace_id", "warehouse_id", "event_type", "event_time"),
        "lakeflow/pipelines": ("workspace_id", "pipeline_id", "change_time"),
        "lakeflow/pipeline_update_timeline": ("workspace_id", "update_id", "period_start_time"),
    }[table]
    return list({tuple(r[k] for k in keys): r for r in rows}.values())


# ---- prices, as plain Python finds them


def rounded(value, step):
    return None if value is None else value.quantize(step, ROUND_HALF_UP)


def in_force(price, usage):
    at, start, end = usage["usage_start_time"], price["price_start_time"], price["price_end_time"]
    if at is None or usage["sku_name"] is None:
        return False
    fits = price["sku_name"] == usage["sku_name"] and price["cloud"] == usage["cloud"] and price["usage_unit"] in (None, usage["usage_unit"])
    return fits and start <= at and (end is None or at < end)


def best(prices):
    """By currency: the account's own before those for all, then the one that came into force last."""
    out = {}
    for p in sorted(prices, key=lambda p: (p["account_id"] is not None, p["price_start_time"])):
        out[p["currency_code"]] = p
    return out


def cost_of(usage, lists, accounts):
    listed = best([p for p in lists if in_force(p, usage) and p["account_id"] in (None, usage["account_id"])])
    negotiated = best([p for p in accounts if in_force(p, usage) and p["account_id"] == usage["account_id"]])
    currencies = sorted({*listed, *negotiated}, key=lambda c: (c not in negotiated, c not in listed, c != "USD", c))
    quantity = rounded(usage["usage_quantity"], LONG)
    out = {"q": quantity, "lp": None, "lc": None, "c": None, "ap": None, "ac": None, "s": None}
    if not currencies:
        return out
    c = out["c"] = currencies[0]
    out["s"] = "ACCOUNT" if c in negotiated else "LIST"
    if c in listed:
        out["lp"] = rounded(listed[c]["pricing"]["default"], MONEY)
        out["lc"] = rounded(quantity * out["lp"], MONEY)
    if c in negotiated:
        paid = negotiated[c]["pricing"]["default"]
    else:
        paid = (listed[c]["pricing"]["effective_list"] or listed[c]["pricing"])["default"]
    out["ap"] = rounded(paid, LONG)
    out["ac"] = rounded(quantity * out["ap"], MONEY)
    return out


LOOK = (
    "SELECT record_id AS id, usage_quantity AS q, list_price AS lp, list_cost AS lc, currency_code AS c, account_price AS ap, account_cost AS ac,"
    " price_source AS s FROM fact_usage"
)


def costs(home):
    out = {}
    for r in home.query(LOOK):
        name = r.pop("id")
        assert name not in out
        out[name] = {k: Decimal(str(v)) if v is not None and k not in "cs" else v for k, v in r.items()}
    return out


def test_each_record_has_one_price_as_of_its_start(home):
    rows = home.rows
    want = {u["record_id"]: cost_of(u, rows["billing/list_prices"], rows["billing/account_prices"]) for u in rows["billing/usage"]}
    assert costs(home) == want
    sources = [w["s"] for w in want.values()]
    assert min(sources.count(s) for s in ("ACCOUNT", "LIST", None)) > 20  # the lake has all of them
    assert {"USD", "EUR", "AUD", "CHF"} <= {w["c"] for w in want.values()}
    assert any(w["s"] == "ACCOUNT" and w["lp"] is None for w in want.values())


def test_any_order_of_arrival_and_all_at_once_end_alike(home, lake, tmp_path):
    want = home.hashes(only=COMPARED)
    at_once = Home(tmp_path / "once", {"in": tmp_path / "in"})
    backwards = Home(tmp_path / "back", {"in": tmp_path / "in"})
    for part in (2, 1, 0):
        write_part(tmp_path / "in", lake, part)
        backwards.refresh()
    at_once.refresh()
    assert at_once.hashes(only=COMPARED) == want
    assert backwards.hashes(only=COMPARED) == want
    backwards.refresh()  # nothing new: nothing changes
    backwards.refresh("--full")
    assert backwards.hashes(only=COMPARED) == want


def test_a_sku_is_one_row(home):
    rows, seen = home.rows, {}
    groups = [("billing/account_prices", "price_start_time"), ("billing/list_prices", "price_start_time"), ("billing/usage", "usage_start_time")]
    for table, time in groups:  # usage last: it counts before the prices
        newest_use = {}
        for r in rows[table]:
            if r["sku_name"] is not None:
                at = newest_use.setdefault(r["sku_name"], {}).setdefault((r["cloud"], r["usage_unit"]), r[time])
                times = [t for t in (at, r[time]) if t is not None]
                newest_use[r["sku_name"]][r["cloud"], r["usage_unit"]] = max(times) if times else None
        for sku, uses in newest_use.items():
            last = max((t for t in uses.values() if t is not None), default=None)
            seen[sku] = min((u for u, t in uses.items() if t == last), key=lambda u: tuple((x is not None, x or "") for x in u))
    got = home.query("SELECT sku_name AS s, cloud AS c, usage_unit AS u FROM dim_sku")
    assert sorted((r["s"], r["c"] or "", r["u"] or "") for r in got) == sorted((s, c or "", u or "") for s, (c, u) in seen.items())


def test_tags_are_counted(home):
    got = {r["id"]: (r["t"], r["n"]) for r in home.query("SELECT record_id AS id, is_tagged AS t, tag_count AS n FROM fact_usage")}
    assert got == {u["record_id"]: (bool(u["custom_tags"]), len(u["custom_tags"] or [])) for u in home.rows["billing/usage"]}


def test_price_tables_hold_what_was_delivered_last(home):
    for table in ("list_prices", "account_prices"):
        step = MONEY if table == "list_prices" else LONG
        more = ", pricing_promotional AS p, pricing_effective_list AS e" if table == "list_prices" else ""
        columns = ", ".join([*PRICE_KEY, "price_end_time", "usage_unit", "pricing_default AS d"]) + more
        got = [tuple(r.values()) for r in home.query(f"SELECT {columns} FROM fact_{table}")]
        want = []
        for r in home.rows[f"billing/{table}"]:
            row = [shown(r[k]) for k in (*PRICE_KEY, "price_end_time", "usage_unit")] + [str(rounded(r["pricing"]["default"], step))]
            for part in ("promotional", "effective_list") if more else ():
                row.append(f'{{"default":{r["pricing"][part]["default"]:.18f}}}' if r["pricing"][part] else None)
            want.append(tuple(row))
        assert sorted(got, key=str) == sorted(want, key=str)


def test_overlapping_periods_are_found(home):
    def meet(a, b):
        same = all(a[k] == b[k] for k in ("account_id", "sku_name", "cloud", "currency_code", "usage_unit"))
        first, second = sorted((a, b), key=lambda p: p["price_start_time"])
        return same and (first["price_end_time"] is None or second["price_start_time"] < first["price_end_time"])

    for table in ("list_prices", "account_prices"):
        prices = home.rows[f"billing/{table}"]
        assert any(meet(a, b) for i, a in enumerate(prices) for b in prices[:i])
        assert [f["kind"] for f in home.findings() if f["table_name"] == f"fact_{table}" and "overlap" in f["kind"]] == ["overlapping_periods"]


# ---- warehouses and pipelines


@pytest.mark.parametrize(("thing", "name"), [("warehouse", "warehouse_name"), ("pipeline", "name")])
def test_histories_and_current_rows(home, thing, name):
    rows = home.rows["compute/warehouses" if thing == "warehouse" else "lakeflow/pipelines"]
    more = "min_clusters AS more" if thing == "warehouse" else "CONCAT_WS(' ', settings_photon, settings_development, settings_edition, configuration_json) AS more"
    want = []
    for r in rows:
        later = sorted(o["change_time"] for o in rows if o[f"{thing}_id"] == r[f"{thing}_id"] and o["workspace_id"] == r["workspace_id"])
        later = [t for t in later if t > r["change_time"]]
        extra = r["min_clusters"] if thing == "warehouse" else "true false PRO " + compact(dict(r["configuration"]))
        want.append(
            {
                "w": r["workspace_id"],
                "k": r[f"{thing}_id"],
                "n": r[name],
                "j": compact(dict(r["tags"])),
                "d": shown(r["delete_time"]),
                "more": extra,
                "f": shown(r["change_time"]),
                "t": shown(later[0]) if later else None,
                "c": not later,
            }
        )
    look = f"SELECT workspace_id AS w, {thing}_id AS k, {name} AS n, tags_json AS j, delete_time AS d, {more}"
    got = home.query(f"{look}, valid_from AS f, valid_to AS t, is_current AS c FROM dim_{thing}_history")
    assert sorted(map(compact, got)) == sorted(map(compact, want))
    current = [{k: v for k, v in r.items() if k not in ("t", "c")} for r in want if r["c"]]
    assert sorted(map(compact, home.query(f"{look}, change_time AS f FROM dim_{thing}"))) == sorted(map(compact, current))


def test_events_of_one_moment_stay_apart(home):
    rows = home.rows["compute/warehouse_events"]
    got = home.query("SELECT workspace_id AS w, warehouse_id AS k, event_type AS e, event_time AS t, cluster_count AS n FROM fact_warehouse_events")
    want = [(r["workspace_id"], r["warehouse_id"], r["event_type"], shown(r["event_time"]), r["cluster_count"]) for r in rows]
    assert sorted(tuple(r.values()) for r in got) == sorted(want)
    assert len({(r["warehouse_id"], r["event_time"]) for r in rows}) < len(rows)


def test_a_pipeline_update_is_one_row_over_its_slices(home):
    updates = {}
    for r in sorted(home.rows["lakeflow/pipeline_update_timeline"], key=lambda r: r["period_start_time"]):
        updates.setdefault((r["workspace_id"], r["update_id"]), []).append(r)
    want = []
    for (w, u), parts in updates.items():
        start, end, state = parts[0]["period_start_time"], max(p["period_end_time"] for p in parts), parts[-1]["result_state"]
        known = {k: next((p[k] for p in reversed(parts) if p[k] is not None), None) for k in parts[0]}
        task = known["trigger_details"] and {k: v for k, v in known["trigger_details"]["job_task"].items() if v is not None}
        want.append(
            {
                "w": w,
                "u": u,
                "p": parts[0]["pipeline_id"],
                "s": state,
                "f": shown(start),
                "t": shown(end),
                "j": compact(task) if task else None,
                "ct": "CLASSIC",
                "cc": parts[0]["compute"]["cluster_id"],
                "r": compact(known["refresh_selection"]) if known["refresh_selection"] else None,
                "x": compact(known["reset_checkpoint_selection"]) if known["reset_checkpoint_selection"] else None,
                "d": shown(start.date()),
                "n": int((end - start).total_seconds()),
                "ok": None if state is None else state == "COMPLETED",
            }
        )
    got = home.query(
        "SELECT workspace_id AS w, update_id AS u, pipeline_id AS p, result_state AS s, period_start_time AS f, period_end_time AS t,"
        " trigger_details_job_task AS j, compute_type AS ct, compute_cluster_id AS cc, refresh_selection_json AS r,"
        " reset_checkpoint_selection_json AS x, update_date AS d, update_duration_seconds AS n, is_success AS ok FROM fact_pipeline_update_timeline"
    )
    assert sorted(map(compact, got)) == sorted(map(compact, want))
    assert {r["ok"] for r in want} == {True, False, None}


# ---- single cases

USAGE = {
    "account_id": "a",
    "workspace_id": "w",
    "sku_name": "S",
    "cloud": "AWS",
    "usage_unit": "DBU",
    "usage_date": "2026-01-10",
    "usage_quantity": 10,
    "record_type": "ORIGINAL",
}
PRICE = {
    "account_id": "a",
    "sku_name": "S",
    "cloud": "AWS",
    "currency_code": "USD",
    "usage_unit": "DBU",
    "price_start_time": day(0),
    "pricing": {"default": 0.5},
}


def test_late_prices_and_corrections(tmp_path):
    billing = tmp_path / "in/billing"
    at = {"first": day(10), "before the end": day(20) - dt.timedelta(microseconds=1), "at the end": day(20), "later": day(30)}
    usage = [{**USAGE, "record_id": k, "usage_start_time": t} for k, t in at.items()]
    usage += [
        {**usage[0], "record_id": "taken back", "usage_quantity": -10, "record_type": "RETRACTION"},
        {**usage[0], "record_id": "put right", "usage_quantity": 4, "record_type": "RESTATEMENT"},
        {**usage[0], "record_id": "wrong", "usage_quantity": -1},
        {**usage[0], "record_id": "huge", "usage_quantity": 10**12},
    ]
    write_jsonl(billing / "usage/a.jsonl", usage)
    home = Home(tmp_path / "home", {"in": tmp_path / "in"})
    home.refresh()
    assert {r["s"] for r in costs(home).values()} == {None}  # no price yet
    rejected = home.query("SELECT reason, row_json FROM secchi_quarantine.usage")
    assert ["non_negative_usage" in r["reason"] and json.loads(r["row_json"])["record_id"] for r in rejected] == ["wrong"]
    write_jsonl(billing / "list_prices/a.jsonl", [PRICE])
    home.refresh()
    got = costs(home)
    assert {k: got[k]["lc"] for k in got} == {
        **dict.fromkeys(at, Decimal(5)),
        "taken back": Decimal(-5),
        "put right": Decimal(2),
        "huge": None,
    }
    assert sum(got[k]["ac"] for k in ("first", "taken back", "put right")) == 2
    # The price is ended, delivered again in a later file; another follows after a gap; a negotiated one covers the gap's end.
    write_jsonl(billing / "list_prices/b.jsonl", [{**PRICE, "price_end_time": day(20)}])
    write_jsonl(billing / "list_prices/c.jsonl", [{**PRICE, "price_start_time": day(25), "pricing": {"default": 0.7}}])
    write_jsonl(billing / "account_prices/a.jsonl", [{**PRICE, "price_start_time": day(29), "pricing": {"default": 0.6}}])
    home.refresh()
    got = {k: (r["lp"], r["ap"], r["s"]) for k, r in costs(home).items()}
    assert got["first"] == got["before the end"] == (Decimal("0.5"), Decimal("0.5"), "LIST")
    assert got["at the end"] == (None, None, None)
    assert got["later"] == (Decimal("0.7"), Decimal("0.6"), "ACCOUNT")
    before = home.hashes(only=["system_gold.fact_usage"])
    # A list that says the same again changes nothing, and no record is written again.
    shutil.copy(billing / "list_prices/c.jsonl", billing / "list_prices/d.jsonl")
    steps, _ = home.refresh()
    assert home.hashes(only=["system_gold.fact_usage"]) == before
    assert steps["gold fact_usage"]["rows_changed"] == 0 and steps["gold fact_list_prices"]["rows_changed"] == 1


TIERS = ["jobs_tier", "sql_tier", "dlt_tier", "serving_type", "performance_target"]
FEATURES = {
    "networking": ["connectivity_type"],
    "ai_runtime": ["compute_type"],
    "model_serving": ["offering_type"],
    "ai_gateway": ["feature_type"],
    "serverless_gpu": ["workload_type"],
    "agent_bricks": ["problem_type", "workload_type"],
    "ai_functions": ["ai_function"],
    "apps": ["compute_size"],
    "lakeflow_connect": ["task_type"],
}


def test_every_nested_value_of_usage_has_its_column(tmp_path):
    described = Home(tmp_path / "home", {"in": tmp_path / "in"})
    names = [
        "cluster_id job_id warehouse_id instance_pool_id node_type job_run_id notebook_id dlt_pipeline_id endpoint_name endpoint_id dlt_update_id",
        "dlt_maintenance_id run_name job_name notebook_path central_clean_room_id source_region destination_region app_id app_name metastore_id",
        "private_endpoint_name storage_api_type budget_policy_id ai_runtime_pool_id ai_runtime_workload_id uc_table_catalog uc_table_schema",
        "uc_table_name database_instance_id sharing_materialization_id schema_id usage_policy_id base_environment_id agent_bricks_id index_id catalog_id",
    ]
    metadata = {n: f"value of {n}" for n in " ".join(names).split()}
    identity = {n: f"{n}@x" for n in ("run_as", "created_by", "owned_by")}
    features = {n: f"a {n}" for n in TIERS}
    features |= {"is_serverless": True, "is_photon": False, **{n: {f: f"some {f}" for f in fs} for n, fs in FEATURES.items()}}
    row = {
        **USAGE,
        "record_id": "r",
        "usage_start_time": day(9),
        "ingestion_date": "2026-01-11",
        "billing_origin_product": "JOBS",
        "usage_type": "COMPUTE_TIME",
    }
    nested = {"usage_metadata": metadata, "identity_metadata": identity, "product_features": features, "custom_tags": [("k", "v")]}
    write_jsonl(tmp_path / "in/billing/usage/a.jsonl", [{**row, **nested}, {**row, "record_id": "bare"}])
    described.refresh()
    full, bare = sorted(described.query("SELECT * FROM fact_usage"), key=lambda r: r["record_id"] == "bare")
    want = {f"usage_metadata_{k}": v for k, v in metadata.items()} | {f"identity_metadata_{k}": v for k, v in identity.items()}
    want |= {f"product_features_{k}": compact(v) if isinstance(v, dict) else v for k, v in features.items()}
    assert len(want) == 37 + 3 + 16
    assert {k: full[k] for k in want} == want
    assert {bare[k] for k in want} == {None}
    assert {k: full[k] for k in ("usage_date", "ingestion_date", "billing_origin_product", "usage_type", "record_type", "workspace_id")} == {
        "usage_date": "2026-01-10",
        "ingestion_date": "2026-01-11",
        "billing_origin_product": "JOBS",
        "usage_type": "COMPUTE_TIME",
        "record_type": "ORIGINAL",
        "workspace_id": "w",
    }
