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


# ---- functions and information_schema ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return new_home(tmp_path_factory.mktemp("information") / "home")


def test_functions_have_the_signatures_that_are_wanted(home):
    """tests/data/functions.yaml: domain, parameters with types and defaults, columns with types of all 60."""
    wanted = yaml.safe_load((ROOT / "tests/data/functions.yaml").read_text())
    have = {r["routine_name"]: {"domain": r["domain"], "parameters": [], "columns": []}
            for r in home.rows("SELECT routine_name, domain FROM information_schema.routines")}
    for p in home.rows("SELECT * FROM information_schema.parameters ORDER BY specific_name, ordinal_position"):
        have[p["specific_name"]]["parameters"].append([p["parameter_name"], p["full_data_type"].upper(), p["parameter_default"]])
    for c in home.rows("SELECT * FROM information_schema.routine_columns ORDER BY specific_name, ordinal_position"):
        have[c["specific_name"]]["columns"].append([c["column_name"], c["full_data_type"].upper()])
    assert len(wanted) == 60 and have.keys() == wanted.keys()
    for name, f in wanted.items():
        assert have[name] == f, name


def test_functions_tell_what_they_are_for(home):
    rows = home.rows("SELECT routine_name AS name, comment FROM information_schema.routines")
    for r in rows:
        lines = [line.strip() for line in r["comment"].splitlines() if line.strip()]
        assert [line.partition(":")[0] for line in lines] == ["PURPOSE", "BEST FOR", "NOT FOR", "RETURNS", "EXAMPLE"], r["name"]
        assert lines[4].startswith(f"EXAMPLE: SELECT") and r["name"] in lines[4]
    without = home.rows("SELECT specific_name, parameter_name AS name FROM information_schema.parameters WHERE comment IS NULL "
                        "UNION ALL SELECT specific_name, column_name FROM information_schema.routine_columns WHERE comment IS NULL")
    assert rows and not without


def test_information_schema_holds_the_catalogue(home, served):
    tables = {(r["table_schema"], r["table_name"]): r for r in home.rows("SELECT * FROM information_schema.tables")}
    columns = {}
    for r in home.rows("SELECT * FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position"):
        columns.setdefault((r["table_schema"], r["table_name"]), []).append(r)
    assert tables.keys() - {k for k, t in tables.items() if t["table_type"] == "METRIC_VIEW"} == served.keys()
    for name, table in served.items():
        assert tables[name]["comment"] == table["comment"]
        have = [(c["column_name"], bare(c["full_data_type"]).lower(), c["comment"], c["is_nullable"] == "YES") for c in columns[name]]
        want = [(c["name"], bare(c["type"]).lower(), c["comment"], c["nullable"]) for c in table["columns"]]
        assert [h[:2] for h in have] == [w[:2] for w in want]
        if tables[name]["table_type"] == "MANAGED":
            assert have == want
        assert [c["ordinal_position"] for c in columns[name]] == list(range(len(want)))
    tags = {(r["schema_name"], r["table_name"], r["tag_name"]): r["tag_value"] for r in home.rows("SELECT * FROM information_schema.table_tags")}
    for name, table in served.items():
        for key in ("data_classification", "contains_pii", "business_owner", "technical_owner"):
            assert tags[(*name, key)] == properties(table)[key]
    assert home.one("SELECT COUNT(*) FROM information_schema.views WHERE view_definition IS NOT NULL") == sum(
        t["table_type"] != "MANAGED" for t in tables.values())


def test_information_schema_goes_by_its_names_only(home):
    assert home.one("SELECT COUNT(*) FROM system.information_schema.schemata") == 2
    assert home.one("SELECT DISTINCT table_catalog FROM information_schema.tables WHERE table_schema = '${gold_schema}'") == "secchi"
    done = home.run("query", "SELECT * FROM information_schema.tabels")
    assert done.returncode == 2 and "did you mean 'tables'?" in done.stderr


def test_metric_views_have_the_dimensions_and_measures_that_are_wanted(home):
    """tests/data/metric_views.yaml: 169 dimensions and 207 measures of 11 metric views."""
    wanted = yaml.safe_load((ROOT / "tests/data/metric_views.yaml").read_text())
    have = {}
    for r in home.rows("SELECT table_name, view_definition FROM information_schema.views JOIN information_schema.tables "
                       "USING (table_schema, table_name) WHERE table_type = 'METRIC_VIEW'"):
        view = yaml.safe_load(r["view_definition"])
        have[r["table_name"]] = {kind: sorted(f["name"] for f in view[kind]) for kind in ("dimensions", "measures")}
        for field in (*view["dimensions"], *view["measures"]):
            assert field["comment"] and field["display_name"] and field["synonyms"], (r["table_name"], field["name"])
    assert have == {name: {kind: sorted(names) for kind, names in view.items()} for name, view in wanted.items()}
    assert [sum(len(v[kind]) for v in have.values()) for kind in ("dimensions", "measures")] == [169, 207]
    domains = {r["table_name"]: r["domain"] for r in home.rows("SELECT table_name, domain FROM secchi_ops.catalogue_table WHERE table_type = 'METRIC_VIEW'")}
    assert domains.keys() == wanted.keys() and set(domains.values()) <= DOMAINS


# ---- functions of people: where a parameter may stand ------------------------------------------------------------------

NUMBERS = "VALUES ('a', 1), ('a', 2), ('b', 3) AS v (name, n)"
PARAMETERS = {
    "in_having": ("k INT", "name STRING", f"SELECT name FROM {NUMBERS} GROUP BY name HAVING COUNT(*) >= k", "1 + 1", [{"name": "a"}]),
    "beside_an_aggregate": ("k INT", "least INT, more INT", f"SELECT MIN(n), k + 1 FROM {NUMBERS}", "4", [{"least": 1, "more": 5}]),
    "of_no_rows": ("k INT", "rows BIGINT, k2 STRING", f"SELECT COUNT(*), CAST(k AS STRING) FROM {NUMBERS} WHERE n > 9", "4", [{"rows": 0, "k2": "4"}]),
    "in_a_group": ("k STRING", "part STRING, total BIGINT",
                   f"SELECT CASE WHEN k = 'name' THEN name ELSE 'all' END, SUM(n) FROM {NUMBERS} GROUP BY CASE WHEN k = 'name' THEN name ELSE 'all' END",
                   "'name'", [{"part": "a", "total": 3}, {"part": "b", "total": 3}]),
    "by_the_function": ("n INT", "name STRING", f"SELECT name FROM {NUMBERS} WHERE v.n = by_the_function.n", "3", [{"name": "b"}]),
}


def test_parameters_of_functions_stand_where_spark_takes_them(tmp_path):
    home = new_home(tmp_path / "home")
    functions = home.path / "packs" / "people" / "functions"
    functions.mkdir(parents=True)
    (functions.parent / "pack.yaml").write_text("name: people\n")
    for name, (parameter, columns, body, _, _) in PARAMETERS.items():
        (functions / f"{name}.sql").write_text(f"CREATE FUNCTION {name}({parameter}) RETURNS TABLE ({columns}) RETURN {body}")
    home.good("check")
    for name, (_, _, _, argument, want) in PARAMETERS.items():
        assert sorted(home.rows(f"SELECT * FROM {name}({argument})"), key=str) == want, name
