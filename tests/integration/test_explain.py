"""secchi explain and GET /api/v1/objects/{name}: what objects are and where their columns come from. The answers were read off the packs by hand."""
import json

import jsonschema
import pytest
from program import new_home
from server_kit import Server


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return new_home(tmp_path_factory.mktemp("explain") / "home")


@pytest.fixture(scope="module")
def server(home):
    server = Server(home)
    yield server
    server.process.terminate()
    server.process.wait(30)


def explain(server, name, query=""):
    told = server.get(f"/api/v1/objects/{name}{query}")
    assert told.status == 200, told.body.decode()
    return told.json


def places(items, direct=True, level=None):
    """Names of places as "object.column.field"."""
    return {
        ".".join(x for x in (p["name"], p["column"], p["field"]) if x)
        for p in items
        if p["direct"] == direct and (level is None or p["level"] == level)
    }


def column(o, name):
    return next(c for c in o["columns"] if c["name"] == name)


def test_a_table_tells_all_of_itself(server):
    o = explain(server, "fact_usage")
    assert (o["kind"], o["schema"], o["name"], o["layer"], o["domain"], o["owner"]) == ("table", "system_gold", "fact_usage", "gold", "cost", "Data Platform")
    assert o["tags"] == {"data_classification": "internal", "contains_pii": "true", "business_owner": "FinOps", "technical_owner": "Data Platform"}
    assert o["comment"].startswith("Billable usage with its list cost")
    assert column(o, "record_id")["in_key"] and not column(o, "sku_name")["in_key"]
    assert column(o, "list_cost")["type"] == "DECIMAL(18,6)"
    assert [p["what"] for p in o["definition"]][:2] == ["definition", "fill"]
    for part in o["definition"]:
        lines = open(part["file"]).read().split("\n")[part["line"] - 1 :]
        assert part["text"].split("\n")[0] == lines[0], "the place in the pack is where the text begins"
    assert places(o["upstream"], level=1) == {"usage", "list_prices", "account_prices"}
    assert {"get_cost_by_owner", "cost_analytics", "dim_sku"} <= places(o["downstream"], level=1)
    assert "get_cost_growth_by_period" in places(o["downstream"], level=2), "it reads cost_analytics, which reads fact_usage"
    assert o["fault"] is None


def test_where_columns_of_a_table_come_from(server):
    o = explain(server, "fact_usage")
    assert places(column(o, "list_cost")["from"]) == {"usage.usage_quantity", "list_prices.pricing.default"}
    assert places(column(o, "usage_metadata_job_id")["from"]) == {"usage.usage_metadata.job_id"}
    assert places(column(o, "is_tagged")["from"]) == {"usage.custom_tags"}
    assert "usage.bronze_ingestion_timestamp" in places(column(o, "is_tagged")["from"], direct=False)
    assert "list_prices.price_start_time" in places(o["rows_from"], direct=False)


def test_a_field_of_bronze_is_followed_forward(server):
    o = explain(server, "system.billing.usage.usage_metadata.job_id")
    assert (o["name"], o["column"], o["field"], o["system_table"]) == ("usage", "usage_metadata", "job_id", "system.billing.usage")
    assert o["upstream"] == []
    assert places(o["downstream"], level=1) == {"fact_usage.usage_metadata_job_id"}
    assert "get_job_spend_trend_analysis.job_id" in places(o["downstream"], level=2)
    whole = explain(server, "system.billing.usage.usage_metadata", "?depth=1")
    assert len(places(whole["downstream"])) > 30
    assert {p["level"] for p in whole["downstream"]} == {1}


def test_a_function(server):
    o = explain(server, "system_gold.get_cost_by_owner")
    assert (o["kind"], o["domain"]) == ("function", "cost")
    assert [(p["name"], p["type"], p["default"]) for p in o["parameters"]] == [
        ("start_date", "STRING", None),
        ("end_date", "STRING", None),
        ("top_n", "INT", "20"),
    ]
    assert places(column(o, "total_cost")["from"]) == {"fact_usage.list_cost"}
    assert places(column(o, "owner")["from"]) == {"fact_usage.identity_metadata_run_as", "fact_usage.identity_metadata_owned_by"}
    assert places(o["upstream"], level=1) == {"fact_usage"}
    assert places(o["upstream"], level=2) == {"usage", "list_prices", "account_prices"}
    assert "RETURN" in o["definition"][0]["text"]


def test_a_metric_view_and_its_measures(server):
    o = explain(server, "mv_cost_analytics")
    assert (o["kind"], o["name"]) == ("metric_view", "cost_analytics")
    assert explain(server, "cost_analytics")["name"] == "cost_analytics"
    assert {c["kind"] for c in o["columns"]} == {"dimension", "measure"}
    assert o["definition"][0]["text"].startswith("version") or "\nversion" in o["definition"][0]["text"]
    m = explain(server, "cost_analytics.total_cost")
    assert [c["name"] for c in m["columns"]] == ["total_cost"]
    assert m["columns"][0]["expression"] == "CAST(COALESCE(SUM(source.list_cost), 0) AS DOUBLE)"
    assert places(m["upstream"], level=1) == {"fact_usage.list_cost"}
    assert places(m["upstream"], level=2) == {"usage.usage_quantity", "list_prices.pricing.default"}
    part = m["definition"][0]
    assert "total_cost" in open(part["file"]).read().split("\n")[part["line"] - 1]


def test_every_object_has_its_lineage(server):
    told = server.query("SHOW TABLES").json
    names = {f"{t['schema']}.{t['name']}" for t in server.get("/api/v1/tables").json["tables"]}
    assert told["row_count"] and len(names) > 70
    functions = server.query("SELECT routine_name FROM information_schema.routines").json["rows"]
    metric_views = server.query("SELECT table_name FROM information_schema.tables WHERE table_type = 'METRIC_VIEW'").json["rows"]
    assert len(functions) == 60 and len(metric_views) == 11
    later = 0
    for name in [*names, *(r[0] for r in functions), *("mv_" + r[0] for r in metric_views)]:
        o = explain(server, name)
        assert o["columns"], name
        if o["fault"]:
            assert "there is no data in" in o["fault"], f"{name}: {o['fault']}"
            later += 1
        elif o["layer"] == "gold":
            assert o["upstream"] and any(c["from"] for c in o["columns"]), name
    assert later <= 2, "what reads tables that models and alerts fill one day"


@pytest.mark.parametrize(
    "name, status, what, hint",
    [
        ("fact_usge", 404, "there is no table, function, metric view or column 'fact_usge'", "did you mean 'fact_usage'?"),
        ("fact_usage.lst_cost", 404, "system_gold.fact_usage has no column 'lst_cost'", "did you mean 'fact_usage.list_cost'?"),
        ("get_cost_by_ownr", 404, "there is no table, function, metric view or column 'get_cost_by_ownr'", "did you mean 'get_cost_by_owner'?"),
        ("mv_cost_analytics.total_cst", 404, "system_gold.cost_analytics has no column 'total_cst'", "did you mean 'cost_analytics.total_cost'?"),
        ("usage.usage_metadata.jobid", 404, "system_bronze.usage.usage_metadata has no field 'jobid'", "it is STRUCT<"),
        ("a..b", 400, "'a..b' is no name", "names look like"),
    ],
)
def test_what_is_not_there(server, name, status, what, hint):
    told = server.get("/api/v1/objects/" + name)
    assert told.status == status
    assert told.error["what"] == what
    assert told.error["hint"].startswith(hint)


def test_the_answer_is_as_the_document_says(server):
    document = server.get("/openapi.json").json
    for name in ("fact_usage", "get_cost_by_owner", "mv_cost_analytics", "fact_usage.list_cost"):
        jsonschema.validate(explain(server, name), {"$ref": "#/components/schemas/Object", "components": document["components"]})
    assert server.get("/api/v1/objects/fact_usage?depth=-1").status == 422


def test_the_command_shows_it_to_people(home):
    text = home.good("explain", "fact_usage.list_cost").stdout
    assert text.startswith("table system_gold.fact_usage.list_cost\n")
    assert "from system_bronze.usage.usage_quantity, system_bronze.list_prices.pricing.default\n" in text
    assert "system_gold.get_cost_by_owner  function: rank, total_cost, job_cost, interactive_cost" in text
    assert "MERGE INTO system_gold.fact_usage" in text
    assert "MERGE INTO" not in home.good("explain", "fact_usage.list_cost", "--short").stdout
    told = json.loads(home.good("explain", "get_cost_by_owner", "--depth", "1", "--format", "json").stdout)
    assert places(told["upstream"]) == {"fact_usage"}
    wrong = home.run("explain", "fact_usge")
    assert wrong.returncode and "did you mean 'fact_usage'?" in wrong.stderr


def test_a_tenant_sees_what_it_may_read(tmp_path):
    home = new_home(tmp_path / "home")
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ntenants:\n  north: {workspaces: [w1]}\n")
    server = Server(home)
    try:
        made = server.ask("POST", "/api/v1/tokens", {"name": "n", "role": "reader", "tenant": "north"}).json["token"]
        who = {"Authorization": "Bearer " + made}
        mine = server.get("/api/v1/tables", **who).json["tables"]
        names = {(t["schema"], t["name"]) for t in mine}
        everything = {(t["schema"], t["name"]) for t in server.get("/api/v1/tables").json["tables"]}
        assert ("system_gold", "fact_usage") in names and everything - names
        o = server.get("/api/v1/objects/fact_usage", **who).json
        seen = {(p["schema"], p["name"]) for p in o["upstream"] + o["downstream"] if p["kind"] in ("table", "view")}
        assert seen and seen <= names
        for schema, name in everything - names:
            assert server.get(f"/api/v1/objects/{schema}.{name}", **who).status == 403
    finally:
        server.process.terminate()
        server.process.wait(30)
