"""What the pack must hold: tests/data/catalogue.yaml against the catalogue that the program serves, and against its quality checks."""

import re

import pytest
import yaml
from program import ROOT, new_home
from server_kit import Server

WANTED = yaml.safe_load((ROOT / "tests/data/catalogue.yaml").read_text())
PLACE = {"bronze_ingestion_timestamp": "TIMESTAMP", "bronze_source_file": "STRING", "bronze_source_seq": "BIGINT"}
HISTORIES = {"dim_cluster_history", "dim_job_history", "dim_warehouse_history", "dim_pipeline_history"}
USERS = {
    "account_id": "STRING",
    "user_id": "STRING",
    "email": "STRING",
    "display_name": "STRING",
    "active": "BOOLEAN",
    "created_at": "TIMESTAMP",
    "synced_at": "TIMESTAMP",
}
OURS = {"node_timeline"}  # what only Spark event logs know stands between the columns of the platform and those of the load
DOMAINS = {"cost", "reliability", "performance", "security", "quality"}
# Where the platform's own grouping leaves no choice of the agent that a table belongs to.
AGENT = {
    "billing": "cost",
    "lakeflow": "reliability",
    "compute": "performance",
    "query": "performance",
    "query_performance": "performance",
    "access": "security",
    "security": "security",
    "data_quality_monitoring": "quality",
}
ELSEWHERE = {"workspaces_latest": "cost"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Every table in detail, by schema and name, as the API answers for an empty warehouse."""
    home = new_home(tmp_path_factory.mktemp("catalogue") / "home")
    server = Server(home)
    try:
        listed = server.get("/api/v1/tables").json["tables"]
        names = [(t["schema"], t["name"]) for t in listed if t["layer"] in ("bronze", "gold")]
        yield {n: server.get(f"/api/v1/tables/{n[0]}.{n[1]}").json for n in names}
    finally:
        server.process.terminate()
        server.process.wait(30)


def bare(text):
    return re.sub(r"[\s`]", "", text)


def properties(table):
    clause = re.search(r"TBLPROPERTIES\s*\((.*?)\)", table["sql"], re.S)[1]
    return dict(re.findall(r"'([^']*)'\s*=\s*'([^']*)'", clause))


def key(table):
    found = re.search(r"PRIMARY KEY \((.*?)\)", table["sql"])
    return [bare(c) for c in found[1].split(",")] if found else None


def types(table):
    return [(c["name"], bare(c["type"])) for c in table["columns"]]


def test_the_catalogue_has_the_size_that_it_must_have():
    bronze, gold = WANTED["bronze"], WANTED["gold"]
    assert (len(bronze), len(gold)) == (35, 38)
    assert sum(len(t["columns"]) for t in bronze.values()) == 494
    assert sum(len(t["columns"]) for t in gold.values()) == 687
    assert (sum(n.startswith("dim_") for n in gold), sum(n.startswith("fact_") for n in gold)) == (11, 27)


def test_exactly_the_bronze_tables_exist(served):
    assert {n for s, n in served if s == "system_bronze"} == {*WANTED["bronze"], "users"}


def test_exactly_the_gold_tables_and_histories_exist(served):
    assert {n for s, n in served if s == "system_gold"} == {*WANTED["gold"], *HISTORIES}


@pytest.mark.parametrize("name", [*WANTED["bronze"], "users"])
def test_a_bronze_table_has_its_columns_key_and_name(served, name):
    want = WANTED["bronze"].get(name, {"columns": USERS, "key": ["user_id"], "system_table": "system.identity.users"})
    table = served["system_bronze", name]
    columns = [(n, bare(t)) for n, t in want["columns"].items()]
    assert types(table)[: len(columns)] == columns and types(table)[-3:] == list(PLACE.items())
    assert (len(types(table)) > len(columns) + 3) == (name in OURS)
    assert key(table) == KEYS.get(name, want["key"])
    assert properties(table)["secchi.system_table"] == want["system_table"]
    if want.get("contains_pii"):
        assert properties(table)["contains_pii"] == "true"


# Keys other than those of the first design, which would have thrown rows together.
PRICE = ["account_id", "sku_name", "cloud", "currency_code", "price_start_time"]  # each account and currency has prices of its own
KEYS = {
    "account_prices": PRICE,
    "list_prices": PRICE,
    "fact_account_prices": PRICE,
    "fact_list_prices": PRICE,
    "fact_column_lineage": ["record_id"],  # the design's nine columns are null for access by path
    "fact_listing_access": WANTED["bronze"]["listing_access_events"]["key"],  # a request and its access may bear the same time
    "fact_listing_funnel": WANTED["bronze"]["listing_funnel_events"]["key"],  # events have no identifier
    "fact_mlflow_run_metrics_history": ["workspace_id", "run_id", "metric_name", "metric_time", "metric_step"],  # steps of one millisecond
    "fact_warehouse_events": WANTED["bronze"]["warehouse_events"]["key"],  # several things happen at once
}


@pytest.mark.parametrize("name", WANTED["gold"])
def test_a_gold_table_begins_with_its_columns(served, name):
    want, table = WANTED["gold"][name], served["system_gold", name]
    assert types(table)[: len(want["columns"])] == [(n, bare(t)) for n, t in want["columns"].items()]
    assert table["is_view"] == ("alias_of" in want)
    if table["is_view"]:
        assert types(table) == types(served["system_gold", want["alias_of"]])
        assert re.search(rf"FROM\s+(system_gold\.)?{want['alias_of']}\b", table["sql"])
    else:
        assert key(table) == KEYS.get(name, want["key"])


def test_all_say_what_they_are(served):
    assert len(served) == 36 + 38 + 4
    used = set()
    for (schema, name), table in served.items():
        tags = properties(table)
        where = f"{schema}.{name}"
        assert table["comment"] and len(table["comment"]) > 15, where
        for c in table["columns"]:
            assert c["comment"] and len(c["comment"]) > 2, f"{where}.{c['name']}"
        assert tags["data_classification"] in ("confidential", "internal"), where
        assert tags["contains_pii"] in ("true", "false"), where
        assert tags["business_owner"].strip() and tags["technical_owner"].strip(), where
        assert tags["secchi.domain"] in DOMAINS and tags["secchi.domain"] == table["domain"], where
        used.add(table["domain"])
        want = WANTED["bronze" if schema == "system_bronze" else "gold"].get(name, {}).get("domain")
        if want in AGENT:
            assert table["domain"] == ELSEWHERE.get(name, AGENT[want]), where
    assert used == DOMAINS


def test_foreign_keys_name_keys_that_exist(served):
    seen = 0
    for (schema, name), table in served.items():
        for columns, target, there in re.findall(r"FOREIGN KEY \((.*?)\) REFERENCES ([\w.]+) \((.*?)\)", table["sql"]):
            seen += 1
            other = served.get(tuple(target.split(".")))
            assert other, f"{schema}.{name} refers to {target}"
            assert {bare(c) for c in columns.split(",")} <= {c["name"] for c in table["columns"]}, f"{schema}.{name}"
            assert sorted(bare(c) for c in there.split(",")) == sorted(key(other)), f"{schema}.{name} to {target}"
    assert seen > 20


# ---- quality checks


# The table has no columns id and name.
MENDED = {("warehouses", "id"): "warehouse_id", ("warehouses", "name"): "warehouse_name"}


def test_the_43_checks_are_there_by_name():
    names = [(t, n) for t, checks in WANTED["checks"].items() for n in checks]
    assert (len(names), len(WANTED["checks"])) == (43, 24)
    for table, checks in WANTED["checks"].items():
        found = {c["name"]: c for c in yaml.safe_load((ROOT / f"packs/health/bronze/checks/{table}.yaml").read_text())}
        for name, (criticality, function, column, *limit) in checks.items():
            check = found[name]
            assert check["criticality"] == {"error": "error", "warning": "warn"}[criticality], f"{table}.{name}"
            arguments = {"column": MENDED.get((table, column), column), **({"limit": int(limit[0])} if limit else {})}
            assert (check["check"]["function"], check["check"]["arguments"]) == (function, arguments), f"{table}.{name}"


# ---- secchi check on a pack that leaves something out

GOOD = """CREATE TABLE IF NOT EXISTS system_gold.fact_mine (
  a STRING COMMENT 'What it is'
)
COMMENT 'Mine: one row a thing'
TBLPROPERTIES (
  'secchi.domain' = 'cost',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'FinOps',
  'technical_owner' = 'Data Platform'
);
INSERT INTO system_gold.fact_mine SELECT workspace_id AS a FROM dim_workspace;
"""
VIEW = "CREATE OR REPLACE VIEW system_gold.my_view AS SELECT workspace_id FROM dim_workspace;\n"
FAULTS = {
    "good": ("", "", None),
    "no comment": ("COMMENT 'Mine: one row a thing'\n", "", "fact_mine.sql:1: system_gold.fact_mine has no comment"),
    "no column comment": (" COMMENT 'What it is'", "", "fact_mine.sql:2: column a of system_gold.fact_mine has no comment"),
    "blank column comment": ("'What it is'", "'  '", "fact_mine.sql:2: column a of"),
    "no domain": ("  'secchi.domain' = 'cost',\n", "", "fact_mine.sql:1: system_gold.fact_mine has no property 'secchi.domain'"),
    "wrong domain": ("'cost'", "'money'", "has the property 'secchi.domain' = 'money'"),
    "no classification": ("  'data_classification' = 'internal',\n", "", "no property 'data_classification'"),
    "wrong classification": ("'internal'", "'public'", "'data_classification' = 'public'"),
    "no pii": ("  'contains_pii' = 'false',\n", "", "no property 'contains_pii'"),
    "wrong pii": ("'false'", "'maybe'", "'contains_pii' = 'maybe'"),
    "no business owner": ("  'business_owner' = 'FinOps',\n", "", "no property 'business_owner'"),
    "no technical owner": (",\n  'technical_owner' = 'Data Platform'", "", "no property 'technical_owner'"),
    "empty owner": ("'FinOps'", "''", "'business_owner' = ''"),
}


def run_check(tmp_path, home, files):
    pack = tmp_path / "mine"
    (pack / "gold").mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: mine\n")
    for name, text in files.items():
        (pack / "gold" / name).write_text(text)
    return home.run("check", pack)


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """One run of check over a pack with all faults, each in a table of its own: fault -> lines of the answer."""
    root = tmp_path_factory.mktemp("faults")
    files = {}
    for n, (out, into, _) in enumerate(FAULTS.values()):
        files[f"fact_mine_{n}.sql"] = GOOD.replace(out, into, 1).replace("fact_mine", f"fact_mine_{n}") if out else GOOD.replace("fact_mine", "fact_mine_0")
    done = run_check(root, new_home(root / "home"), {**files, "my_view.sql": VIEW})
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("fault", FAULTS)
def test_check_names_what_a_table_leaves_out(checked, fault):
    status, lines = checked
    number, part = list(FAULTS).index(fault), FAULTS[fault][2]
    mine = [x for x in lines if re.search(rf"fact_mine_{number}\b", x)]
    assert status == 2
    if part is None:
        assert mine == []
    else:
        assert len(mine) == 1 and re.sub(r"fact_mine_\d+", "fact_mine", mine[0]).count(part) == 1, mine


def test_check_wants_comments_and_tags_of_views_too(checked):
    _, lines = checked
    mine = "\n".join(x for x in lines if "my_view" in x)
    assert "my_view.sql:1: system_gold.my_view has no comment" in mine
    assert "lists no columns, so none has a comment" in mine
    assert all(f"no property '{t}'" in mine for t in ["secchi.domain", "data_classification", "contains_pii", "business_owner", "technical_owner"])


def test_a_check_that_stands_twice_is_refused(tmp_path):
    pack = tmp_path / "mine"
    (pack / "bronze/checks").mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: mine\n")
    check = "- {name: same, check: {function: is_not_null, arguments: {column: %s}}}\n"
    (pack / "bronze/checks/audit.yaml").write_text(check % "event_id" + check % "event_time")
    done = new_home(tmp_path / "home").run("check", pack)
    assert done.returncode == 2 and "audit.yaml:2: the check 'same' stands twice" in done.stderr
