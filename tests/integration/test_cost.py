"""Cost reconciles: every attribution adds up to the bill to the cent, and each difference is named. Expected amounts are Decimal sums of this file."""

import collections
import csv
import datetime as dt
import json
import shutil
from decimal import ROUND_HALF_UP, Decimal

import jsonschema
import pytest
from build_kit import utc, write_jsonl
from program import new_home
from server_kit import Server

MICRO, CENT = Decimal("0.000001"), Decimal("0.01")
SIMPLE = ["workspace", "job", "cluster", "warehouse", "pipeline", "owner", "tag", "product", "sku"]


def at(day, hour=0):
    return utc("2026-06-01T00:00:00") + dt.timedelta(days=day - 1, hours=hour)


def price(sku, amount, start=1, end=None, currency="USD", account=None, effective=None):
    row = {"account_id": account, "price_start_time": at(start), "price_end_time": end and at(end), "sku_name": sku, "cloud": "AWS",
           "currency_code": currency, "usage_unit": "DBU"}
    return {**row, "pricing": {"default": amount, "effective_list": effective and {"default": effective}}}


def usage(record, sku, quantity, day=2, kind="ORIGINAL", workspace="w1", job=None, warehouse=None, cluster=None, owner=None, tags=None, product="JOBS",
          added=None, unit="DBU"):
    return {
        "account_id": "a1", "workspace_id": workspace, "record_id": record, "sku_name": sku, "cloud": "AWS", "usage_start_time": at(day, 3),
        "usage_end_time": at(day, 4), "usage_date": str(at(day).date()), "custom_tags": tags, "usage_unit": unit, "usage_quantity": quantity,
        "usage_metadata": {"job_id": job, "warehouse_id": warehouse, "cluster_id": cluster}, "identity_metadata": {"run_as": owner},
        "record_type": kind, "ingestion_date": str(at(added or day + 1).date()), "billing_origin_product": product,
    }


# JOBS: list prices overlap from day 10 on, the later one goes first; SQL: a campaign and a negotiated price; EURO: priced in EUR only; FREE has no price at all, NEW none before day 20.
LIST = [
    price("JOBS", "0.15"), price("JOBS", "0.17", start=10), price("SQL", "0.70", effective="0.650000001"), price("EURO", "0.333333", currency="EUR"),
    price("NEW", "1.00", start=20), price("UNITS", "0.30"),
]
NEGOTIATED = [price("SQL", "0.5555555555", account="a1", end=15), price("SQL", "9", account="other")]
USAGE = [
    usage("r01", "JOBS", "10.1234567891", job="j1", cluster="c1", owner="ann@x", tags={"team": "red"}),
    usage("r02", "JOBS", "3.3333333333", day=12, job="j1", cluster="c1", owner="ann@x", tags={"team": "blue", "env": "p"}),
    usage("r03", "JOBS", "0.0000444444", day=12, job="j2", owner="bob@x", tags={"env": "p"}, workspace="w2"),
    usage("r04", "SQL", "7.7777777777", warehouse="h1", product="SQL", owner="bob@x"),
    usage("r05", "SQL", "2.5", day=16, warehouse="h1", product="SQL"),
    usage("r06", "EURO", "11.11", warehouse="h2", product="SQL", workspace=None),
    usage("r07", "EURO", "0.3", job="j1", workspace="w2"),
    # corrected: r08 was wrong, its retraction and restatement came a month later
    usage("r08", "JOBS", "100", job="j1", owner="ann@x"),
    usage("r08-", "JOBS", "-100", kind="RETRACTION", job="j1", owner="ann@x", added=38),
    usage("r08+", "JOBS", "90", kind="RESTATEMENT", job="j1", owner="ann@x", added=38),
    usage("r09", "FREE", "5", product=None),
    usage("r10", "NEW", "4", day=3),
    usage("r11", "UNITS", "6", unit="GB"),
    usage("r12", "JOBS", "1.5", day=28, added=40, workspace="w3"),  # late
]
USES = {r["record_id"]: r for r in USAGE}


def prices_of(record):
    """currency, list price and account price of a record; None: there is none."""
    r = USES[record]
    day, sku = (r["usage_start_time"] - at(1)).days + 1, r["sku_name"]
    if sku == "JOBS":
        return ("USD", "0.15", "0.15") if day < 10 else ("USD", "0.17", "0.17")
    if sku == "SQL":
        return "USD", "0.70", "0.5555555555" if day < 15 else "0.650000001"
    return ("EUR", "0.333333", "0.333333") if sku == "EURO" else None


def is_negotiated(record):
    return USES[record]["sku_name"] == "SQL" and USES[record]["usage_start_time"] < at(15)


def cost(record, which, discount=0):
    found = prices_of(record)
    if not found:
        return None
    exact = (Decimal(USES[record]["usage_quantity"]) * Decimal(found[1 if which == "list" else 2])).quantize(MICRO, ROUND_HALF_UP)
    if which == "negotiated" and not is_negotiated(record):
        exact = (exact * (100 - Decimal(discount)) / 100).quantize(MICRO, ROUND_HALF_UP)
    return found[0], exact


def key_of(name, r):
    meta = r["usage_metadata"]
    place = {"job": meta["job_id"], "cluster": meta["cluster_id"], "warehouse": meta["warehouse_id"], "pipeline": None}
    if name in place:
        return place[name] and "/".join(filter(None, [r["workspace_id"], place[name]]))
    return {"workspace": r["workspace_id"], "owner": r["identity_metadata"]["run_as"], "tag": (r["custom_tags"] or {}).get("team"),
            "product": r["billing_origin_product"], "sku": r["sku_name"]}[name]


def expected(name, which, discount=0):
    """(currency, key) -> amount, None being the key of what is left over."""
    sums = collections.Counter()
    for record, r in USES.items():
        found = cost(record, which, discount)
        if found:
            sums[found[0], key_of(name, r)] += found[1]
    return sums


def write_lake(lake, usage_rows=USAGE, list_rows=LIST, negotiated=NEGOTIATED):
    for table, rows in {"usage": usage_rows, "list_prices": list_rows, "account_prices": negotiated}.items():
        if rows:
            write_jsonl(lake / f"billing/{table}/a.jsonl", rows)
    write_jsonl(lake / "access/workspaces_latest/a.jsonl", [{"account_id": "a1", "workspace_id": "w1", "workspace_name": "Sales"}])


def reconcile(home, *more, status=0):
    done = home.run("cost", "reconcile", "--format", "json", *more)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cost")
    write_lake(folder / "lake")
    home = new_home(folder / "home")
    home.good("setup", "--source", folder / "lake")
    return home


def copy_of(home, folder):
    shutil.copytree(home.path, folder / "home")
    return type(home)(folder / "home")


# ---- attributions add up ----------------------------------------------------------------------------------------------


def test_bill_of_each_currency(lake):
    told = {b["currency"]: b for b in reconcile(lake, status=3)["bills"]}
    assert told.keys() == {"USD", "EUR"}
    for currency, bill in told.items():
        mine = [r for r in USES if prices_of(r) and prices_of(r)[0] == currency]
        assert bill["records"] == len(mine)
        for which in ["list", "negotiated"]:
            assert Decimal(bill[f"{which}_amount"]) == sum(cost(r, which)[1] for r in mine)
    assert told["USD"]["corrections"] == 2


def test_each_attribution_adds_up_to_the_bill(lake):
    told = reconcile(lake, status=3)
    assert told["reconciled"] is True and told["complete"] is False
    assert {a["name"] for a in told["attributions"]} == set(SIMPLE)
    for a in told["attributions"]:
        sums = {k[1]: v for k, v in expected(a["name"], a["prices"]).items() if k[0] == a["currency"]}
        left = sums.pop(None, Decimal(0))
        assert (Decimal(a["attributed"]), Decimal(a["unattributed"])) == (sum(sums.values()), left), a
        assert Decimal(a["bill"]) == sum(sums.values()) + left and Decimal(a["difference"]) == 0
        assert a["keys"] == len(sums)


@pytest.mark.parametrize("name", SIMPLE)
def test_rows_of_an_attribution(lake, name):
    rows = json.loads(lake.good("cost", "show", "--by", name, "--format", "json").stdout)["rows"]
    for which in ["list", "negotiated"]:
        assert {(r["currency"], r["key"]): Decimal(r[f"{which}_amount"]) for r in rows} == expected(name, which)
        for currency in ["USD", "EUR"]:
            mine = [r for r in rows if r["currency"] == currency]
            total = sum(Decimal(r[f"{which}_amount"]) for r in mine)
            assert sum(Decimal(r[f"{which}_cents"]) for r in mine) == total.quantize(CENT, ROUND_HALF_UP)
            assert all(abs(Decimal(r[f"{which}_cents"]) - Decimal(r[f"{which}_amount"])) < CENT for r in mine)
            assert sum(r[f"{which}_share"] for r in mine) == pytest.approx(1)
    assert [r["name"] for r in rows if r["key"] is None] == ["unattributed"] * len({c for c, k in expected(name, "list") if k is None})


def test_names_and_tags(lake):
    rows = json.loads(lake.good("cost", "show", "--by", "workspace", "--format", "json").stdout)["rows"]
    assert {r["key"]: r["name"] for r in rows} == {"w1": "Sales", "w2": "w2", "w3": "w3", None: "unattributed"}
    rows = json.loads(lake.good("cost", "show", "--by", "tag", "--tag-key", "env", "--format", "json").stdout)["rows"]
    assert {r["key"]: Decimal(r["list_amount"]) for r in rows if r["currency"] == "USD"}["p"] == cost("r02", "list")[1] + cost("r03", "list")[1]


def test_a_period(lake):
    told = reconcile(lake, "--from", "2026-06-12", "--to", "2026-06-16", "--by", "owner")
    (usd,) = told["bills"]
    assert Decimal(usd["list_amount"]) == sum(cost(r, "list")[1] for r in ["r02", "r03", "r05"])
    assert {a["name"] for a in told["attributions"]} == {"owner"}


def test_discount_on_what_is_not_negotiated(lake, tmp_path):
    home = copy_of(lake, tmp_path)
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ncost: {discount_pct: 12.5}\n")
    told = reconcile(home, status=3)
    assert told["reconciled"] is True
    usd = next(b for b in told["bills"] if b["currency"] == "USD")
    assert Decimal(usd["negotiated_amount"]) == sum(x[1] for x in (cost(r, "negotiated", "12.5") for r in USES) if x and x[0] == "USD")
    rows = json.loads(home.good("cost", "show", "--by", "sku", "--format", "json").stdout)["rows"]
    assert {(r["currency"], r["key"]): Decimal(r["negotiated_amount"]) for r in rows} == expected("sku", "negotiated", "12.5")


# ---- what is named ------------------------------------------------------------------------------------------------------------


def causes(told):
    return {(c["kind"], c["sku"]): c for c in told["causes"]}


def test_usage_without_price_is_named_with_quantity(lake):
    named = causes(reconcile(lake, status=3))
    assert {k: (c["records"], Decimal(c["quantity"]), c["example"]) for k, c in named.items()} == {
        ("no_price_of_sku", "FREE"): (1, Decimal(5), "r09"),
        ("no_price_in_force", "NEW"): (1, Decimal(4), "r10"),
        ("no_price_that_fits", "UNITS"): (1, Decimal(6), "r11"),
    }
    done = lake.run("cost", "reconcile", "--fail-on-difference")
    assert done.returncode == 1 and "usage that has no amount" in done.stderr
    assert "no_price_of_sku: the SKU has no price at all; 1 record, SKU FREE (AWS), quantity 5.0000000000 DBU" in done.stdout


def test_a_price_that_is_taken_away_is_named(lake, tmp_path):
    write_lake(tmp_path / "lake", list_rows=[p for p in LIST if p["sku_name"] != "EURO"])
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", tmp_path / "lake")
    told = reconcile(home, status=3)
    assert [b["currency"] for b in told["bills"]] == ["USD"]
    named = causes(told)["no_price_of_sku", "EURO"]
    assert (named["records"], Decimal(named["quantity"])) == (2, Decimal("11.41"))


def test_rejected_usage_is_named(tmp_path):
    write_lake(tmp_path / "lake", usage_rows=[*USAGE[:2], usage("bad", "JOBS", "-3")])
    home = new_home(tmp_path / "home")
    home.run("setup", "--source", tmp_path / "lake")
    (named,) = reconcile(home, status=3)["causes"]
    assert (named["kind"], named["records"], named["example"]) == ("quarantined", 1, "bad")


def test_usage_that_gold_does_not_have_yet_is_a_difference(tmp_path):
    write_lake(tmp_path / "lake", usage_rows=USAGE[:2])
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", tmp_path / "lake")
    write_jsonl(tmp_path / "lake/billing/usage/b.jsonl", USAGE[3:5])
    home.good("refresh", "--only", "usage")
    told = reconcile(home, "--by", "sku", status=3)
    assert told["reconciled"] is False
    (named,) = told["causes"]
    assert (named["kind"], named["sku"], named["records"]) == ("not_in_gold", "SQL", 2)
    for a in told["attributions"]:
        missing = sum(cost(r, a["prices"])[1] for r in ["r04", "r05"])
        assert Decimal(a["difference"]) == missing == Decimal(named["list_amount" if a["prices"] == "list" else "negotiated_amount"])
    home.good("refresh")
    assert reconcile(home)["reconciled"] is True


def test_all_good_is_status_0(tmp_path):
    write_lake(tmp_path / "lake", usage_rows=USAGE[:9])
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", tmp_path / "lake")
    assert home.good("cost", "reconcile").stdout.endswith("every attribution adds up to the bill\n")


def put_attribution(home, name, text):
    folder = home.path / "packs/mine/cost"
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "pack.yaml").write_text("name: mine\n")
    (folder / f"{name}.sql").write_text(text)


TWICE = """-- Cost by what a record was billed with, which it may be twice
-- Unattributed: nothing
SELECT f.record_id, p.sku_name AS attribution_key, p.sku_name AS attribution_name
FROM fact_usage AS f
INNER JOIN fact_list_prices AS p ON p.sku_name = f.sku_name
"""


def test_an_attribution_of_a_person_that_multiplies_is_a_difference(lake, tmp_path):
    home = copy_of(lake, tmp_path)
    put_attribution(home, "twice", TWICE)
    told = reconcile(home, "--by", "twice", status=3)
    assert told["reconciled"] is False
    jobs = [r for r in USES if USES[r]["sku_name"] == "JOBS"]
    for a in (a for a in told["attributions"] if a["currency"] == "USD"):
        assert Decimal(a["difference"]) == -sum(cost(r, a["prices"])[1] for r in jobs)
    named = causes(told)["attributed_twice", None]
    assert (named["records"], named["attribution"], named["example"]) == (len(jobs), "twice", "r01")
    assert Decimal(named["list_amount"]) == sum(cost(r, "list")[1] for r in jobs)


def test_faults_of_attributions_are_found_by_check(lake, tmp_path):
    home = copy_of(lake, tmp_path)
    put_attribution(home, "one", "-- One\n-- Unattributed: x\nSELECT f.record_id FROM fact_usage AS f")
    assert "the SELECT has no column 'attribution_key'" in home.run("check").stderr
    put_attribution(home, "one", "SELECT 1 AS record_id")
    assert "begins with a line `-- Title`" in home.run("check").stderr
    put_attribution(home, "one", "-- One\n-- Unattributed: x\nDELETE FROM fact_usage")
    assert "must hold one SELECT" in home.run("check").stderr
    put_attribution(home, "one", "-- One\n-- Unattributed: x\nSELECT f.record_idd, 1 AS attribution_key FROM fact_usage AS f")
    assert "record_idd" in home.run("check").stderr


def test_unknown_names(lake):
    assert "did you mean 'workspace'?" in lake.run("cost", "reconcile", "--by", "workspac").stderr
    assert lake.run("cost", "show").returncode == 2
    assert lake.run("cost", "reconcile", "--from", "2026-06-30", "--to", "2026-06-01").returncode == 2


# ---- an invoice -------------------------------------------------------------------------------------------------------------------


def invoice_lines(which="negotiated", leave_out=()):
    """What a supplier who knows all records but some would bill, by workspace and SKU."""
    sums = collections.defaultdict(Decimal)
    for record, r in USES.items():
        found = cost(record, which)
        if found and record not in leave_out:
            sums["2026-06", r["workspace_id"] or "", r["sku_name"], found[0]] += found[1]
    return {k: v.quantize(CENT, ROUND_HALF_UP) for k, v in sums.items()}


def write_invoice(path, lines):
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["Month", "workspace_id", "sku_name", "currency", "amount", "remark"])
        out.writerows([*k, v, 'with "quotes", and\nlines'] for k, v in lines)
    return path


def against(home, tmp_path, lines, *more, status=3):
    path = write_invoice(tmp_path / "bill.csv", lines.items() if isinstance(lines, dict) else lines)
    done = home.run("cost", "reconcile", "--bill", path, "--format", "json", *more)
    assert done.returncode == status, done.stderr
    told = json.loads(done.stdout)
    return {(d["workspace_id"], d["sku"]): d for d in told["differences"] if not d["kind"].endswith("no_price")}, told


def test_the_same_invoice_reconciles(lake, tmp_path):
    differences, told = against(lake, tmp_path, invoice_lines())
    assert differences == {} and told["reconciled"] is True
    assert {d["sku"] for d in told["differences"]} == {"FREE", "NEW", "UNITS"}  # usage without a price is said here too


JOBS = ("2026-06", "w1", "JOBS", "USD")


@pytest.mark.parametrize(
    "change, kind, more",
    [
        (lambda x: invoice_lines(leave_out=("r08-", "r08+")), "corrected_later", {"after_date": "2026-06-13", "later_records": 2}),
        (lambda x: {**x, JOBS: (x[JOBS] + cost("r01", "list")[1]).quantize(CENT)}, "record_repeated", {"example": "r01"}),
        (lambda x: {**x, JOBS: (x[JOBS] - cost("r01", "list")[1]).quantize(CENT)}, "record_missing", {"example": "r01"}),
        (lambda x: {k: v for k, v in x.items() if k != JOBS}, "not_invoiced", {"invoiced": None}),
        (lambda x: [*x.items(), (JOBS, x[JOBS])], "line_repeated", {}),
        (lambda x: {**x, JOBS: x[JOBS] + Decimal("123.45")}, "unknown", {"difference": "123.45"}),
    ],
)
def test_a_difference_and_its_cause(lake, tmp_path, change, kind, more):
    right = invoice_lines()
    differences, told = against(lake, tmp_path, change(dict(right)))
    assert told["reconciled"] is False
    assert differences.keys() == {("w1", "JOBS")}
    found = differences["w1", "JOBS"]
    assert found["kind"] == kind and Decimal(found["billed"]) == right[JOBS]
    assert {k: found[k] for k in more} == more and found["hint"]


def test_late_records_prices_and_strange_lines(lake, tmp_path):
    lines = invoice_lines(leave_out=["r12"])
    lines[("2026-06", "w3", "JOBS", "USD")] = Decimal(0)
    lines[("2026-06", "w1", "SQL", "USD")] = invoice_lines("list")[("2026-06", "w1", "SQL", "USD")]
    lines[("2026-06", "w9", "JOBS", "USD")] = Decimal(1)
    lines[("2026-06", "w1", "GPUS", "USD")] = Decimal(2)
    lines[("2026-06", "w2", "JOBS", "USD")] = Decimal(5)
    differences, _ = against(lake, tmp_path, lines)
    assert {k: d["kind"] for k, d in differences.items()} == {
        ("w3", "JOBS"): "record_missing", ("w1", "SQL"): "other_prices", ("w9", "JOBS"): "no_usage", ("w1", "GPUS"): "sku_without_usage",
        ("w2", "JOBS"): "unknown",
    }
    assert differences["w3", "JOBS"]["example"] == "r12"


def test_price_change_and_late_records(tmp_path):
    rows = [usage("a", "JOBS", "1000", day=12), usage("b", "SQL", "10", day=3), usage("c", "SQL", "20", day=4, added=40)]
    write_lake(tmp_path / "lake", usage_rows=rows)
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", tmp_path / "lake")
    lines = [(("2026-06", "w1", "JOBS", "USD"), "150.00"), (("2026-06", "w1", "SQL", "USD"), "5.56")]
    differences, _ = against(home, tmp_path, lines)
    jobs, sql = differences["w1", "JOBS"], differences["w1", "SQL"]
    assert (jobs["kind"], Decimal(jobs["invoiced_price"]), jobs["billed"]) == ("price_changed", Decimal("0.15"), "170.00")
    assert (sql["kind"], sql["after_date"], sql["later_records"], sql["difference"]) == ("added_later", "2026-06-04", 1, "-11.11")


def test_an_invoice_by_sku_only_and_at_list_prices(lake, tmp_path):
    path = tmp_path / "bill.csv"
    sums = collections.defaultdict(Decimal)
    for record, r in USES.items():
        if cost(record, "list"):
            sums[r["sku_name"]] += cost(record, "list")[1]
    path.write_text("\ufeffsku,usage_month,cost\r\n" + "".join(f"{k},2026-06,{v.quantize(CENT, ROUND_HALF_UP)}\r\n" for k, v in sums.items()))
    done = lake.run("cost", "reconcile", "--bill", path, "--prices", "list", "--format", "json")
    assert {d["kind"] for d in json.loads(done.stdout)["differences"]} == {"no_price"} and done.returncode == 3


@pytest.mark.parametrize(
    "text, line, what",
    [
        ("", 1, "must name the columns"),
        ("month,amount\n2026-13,1\n", 2, "the month is not"),
        ("month,amount\n2026-06,1\n2026-06,1.234.5\n", 3, "the amount is not"),
        ("month,amount\n2026-06,\n", 2, "the amount is not"),
        ("month,amount\n2026-06\n", 2, "fewer fields"),
        ("month,amount\n2026-06,1,2\n", 2, "more fields"),
        ("month,amount,month\n", 1, "twice"),
        ('month,amount\n2026-06,"1\n', 2, "has no end"),
        ('month,amount\n2026-06,"1"x\n', 2, "text after the end"),
        ("month,amount\n", 1, "no lines"),
    ],
)
def test_faults_of_an_invoice_have_file_and_line(lake, tmp_path, text, line, what):
    path = tmp_path / "bill.csv"
    path.write_text(text)
    done = lake.run("cost", "reconcile", "--bill", path)
    assert done.returncode == 2 and f"{path}:{line}" in done.stderr and what in done.stderr, done.stderr


# ---- the API ------------------------------------------------------------------------------------------------------------------------


def test_answers_fit_the_published_schema(lake):
    server = Server(lake)
    try:
        openapi = server.get("/openapi.json").json
        invoice = {"invoice": {"lines": [{"month": "2026-06", "workspace_id": None, "sku_name": "JOBS", "currency": None, "amount": "1"}]}}
        asked = {
            "CostAttributions": server.get("/api/v1/cost/attributions"),
            "CostReconciliation": server.get("/api/v1/cost/reconciliation?from=2026-06-01&to=2026-06-30"),
            "CostRows": server.get("/api/v1/cost/attributions/job?limit=1"),
            "CostInvoice": server.ask("POST", "/api/v1/cost/invoice", invoice),
        }
        for name, answer in asked.items():
            assert answer.status == 200
            schema = {"$ref": f"#/components/schemas/{name}", "components": openapi["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer.json)
        assert asked["CostRows"].json["truncated"] is True and len(asked["CostRows"].json["rows"]) == 1
        assert server.get("/api/v1/cost/attributions/bill").status == 404
        assert server.get("/api/v1/cost/attributions/nosuch").status == 404
        assert server.ask("POST", "/api/v1/cost/invoice", {"invoice": {}}).status == 422
    finally:
        server.stop()


def test_a_tenant_sees_its_own_cost(lake, tmp_path):
    home = copy_of(lake, tmp_path)
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ntenants:\n  two: {workspaces: [w2]}\n")
    server = Server(home)
    try:
        token = server.ask("POST", "/api/v1/tokens", {"name": "t", "role": "reader", "tenant": "two"}).json["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        rows = server.ask("GET", "/api/v1/cost/attributions/sku", None, bearer).json["rows"]
        assert {(r["currency"], Decimal(r["list_amount"])) for r in rows} == {cost(r, "list") for r in USES if USES[r]["workspace_id"] == "w2"}
        invoice = {"invoice": {"lines": [{"month": "2026-06", "workspace_id": "w1", "sku_name": "JOBS", "currency": "USD", "amount": "1"}]}}
        refused = [server.ask("GET", "/api/v1/cost/reconciliation", None, bearer), server.ask("POST", "/api/v1/cost/invoice", invoice, bearer)]
        assert [(r.status, "a tenant does not see" in r.error["what"]) for r in refused] == [(403, True)] * 2
    finally:
        server.stop()


# ---- a whole lake -----------------------------------------------------------------------------------------------------------------------


def test_a_simulated_lake_reconciles(tmp_path):
    home = new_home(tmp_path / "home")
    home.good("simulate", "--out", tmp_path / "lake", "--days", 40, "--until", "2026-07-01", "--scale", "0.1", "--seed", "11", timeout=300)
    home.good("setup", "--source", tmp_path / "lake", timeout=600)
    told = reconcile(home, status=0)
    assert {a["name"] for a in told["attributions"]} == set(SIMPLE)
    assert all(Decimal(a["difference"]) == 0 and Decimal(a["bill"]) > 0 for a in told["attributions"])
    gold = home.rows("SELECT currency_code, SUM(list_cost) AS l, SUM(account_cost) AS n FROM fact_usage WHERE price_source IS NOT NULL GROUP BY ALL")
    assert {b["currency"]: (b["list_amount"], b["negotiated_amount"]) for b in told["bills"]} == {g["currency_code"]: (g["l"], g["n"]) for g in gold}
