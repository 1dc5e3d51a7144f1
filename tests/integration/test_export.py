"""secchi export databricks: a bundle that Databricks' own classes take, that is the same every time, and that leaves alone what is not its own."""

import re
import shutil

import pytest
import yaml
from bundle_kit import bundles
from program import ROOT, Home, new_home

PACK = ROOT / "packs/health"
TABLES = {layer: {p.stem for p in (PACK / layer).glob("*.sql")} for layer in ["bronze", "gold"]}
FUNCTIONS = {p.stem for p in (PACK / "functions").glob("*/*.sql")}
METRIC_VIEWS = {p.stem for p in (PACK / "metric_views").glob("*.yaml")}
LATER = {"alert_sync_metrics", "ml_intelligence"}


def export(home, out, *more, status=0):
    done = home.run("export", "databricks", "--out", out, *more)
    assert done.returncode == status, done.stderr
    return done


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    home = Home(folder / "no home")
    told = export(home, folder / "out").stdout
    return folder / "out", told


@pytest.fixture(scope="module")
def jobs(bundle):
    return yaml.safe_load((bundle[0] / "resources/jobs.yml").read_text())["resources"]["jobs"]


# ---- what Databricks takes ---------------------------------------------------------------------------------------------


def test_resources_are_those_of_databricks(bundle, jobs):
    """Unknown keys and values are errors of these classes; what they read must be all that was written."""
    job_classes, schema_classes = bundles()
    for job in jobs.values():
        assert job_classes.Job.from_dict(job).as_dict() == job
    schemas = yaml.safe_load((bundle[0] / "resources/schemas.yml").read_text())["resources"]["schemas"]
    assert schemas.keys() == {"bronze", "gold", "ops"}
    for schema in schemas.values():
        assert schema_classes.Schema.from_dict(schema).as_dict() == schema
    broken = {**jobs["gold_merge_job"], "task": []}
    with pytest.raises(ValueError, match="task"):
        job_classes.Job.from_dict(broken)


def test_head_of_the_bundle(bundle):
    head = yaml.safe_load((bundle[0] / "databricks.yml").read_text())
    assert head.keys() == {"bundle", "include", "variables", "targets"} and head["include"] == ["resources/*.yml"]
    assert head["variables"].keys() == {"catalog", "bronze_schema", "gold_schema", "ops_schema", "warehouse_id"}
    assert "default" not in head["variables"]["warehouse_id"]
    assert head["targets"]["dev"]["presets"]["trigger_pause_status"] == "PAUSED" and head["targets"]["dev"]["default"] is True
    assert head["targets"]["prod"]["mode"] == "production"
    used = set(re.findall(r"\$\{var\.(\w+)\}", "".join(files_of(bundle[0]).values())))
    assert used == head["variables"].keys()


def test_references_between_resources_exist(bundle, jobs):
    schemas = yaml.safe_load((bundle[0] / "resources/schemas.yml").read_text())["resources"]["schemas"]
    for name in re.findall(r"\$\{resources\.jobs\.(\w+)\.id\}", str(jobs)):
        assert name in jobs
    for name in re.findall(r"\$\{resources\.schemas\.(\w+)\.name\}", str(jobs)):
        assert name in schemas


def test_nightly_order(jobs):
    night = jobs["master_refresh_orchestrator"]
    assert night["schedule"] == {"quartz_cron_expression": "0 0 2 * * ?", "timezone_id": "UTC"}  # a pause_status would go before the preset of dev
    after = {t["task_key"]: [d["task_key"] for d in t.get("depends_on", [])] for t in night["tasks"]}
    assert after == {
        "bronze_setup_job": [], "gold_setup_job": ["bronze_setup_job"], "gold_merge_job": ["gold_setup_job"], "tvf_deployment_job": ["gold_setup_job"],
        "metric_view_deployment_job": ["tvf_deployment_job"],
    }
    assert all(j["max_concurrent_runs"] == 1 for j in jobs.values())


def test_every_task_has_its_file_and_every_file_its_task(bundle, jobs):
    tasks = [t for j in jobs.values() for t in j["tasks"] if "sql_task" in t]
    paths = [t["sql_task"]["file"]["path"].removeprefix("../") for t in tasks]
    assert sorted(paths) == sorted(p for p in files_of(bundle[0]) if p.endswith(".sql"))
    for job in jobs.values():
        keys = [t["task_key"] for t in job["tasks"]]
        assert len(keys) == len(set(keys)) <= 1000
        before = set()
        for t in job["tasks"]:  # no circle: a task comes after what it depends on
            assert {d["task_key"] for d in t.get("depends_on", [])} <= set(keys)
            before.add(t["task_key"])


def test_parameters_of_files_are_those_of_jobs(bundle, jobs):
    for name, job in jobs.items():
        given = {p["name"] for p in job.get("parameters", [])}
        for t in (t for t in job["tasks"] if "sql_task" in t):
            text = (bundle[0] / t["sql_task"]["file"]["path"].removeprefix("../")).read_text()
            code = re.sub(r"--[^\n]*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\$\$.*?\$\$", "", text, flags=re.S)
            assert set(re.findall(r"(?<![:\w]):([a-z_]\w*)", code)) - given <= set() or "STRUCT<" in code, (name, t["task_key"])
            assert "${" not in text and "incoming." not in text and ":since" not in text and not re.search(r"@\w+@", text), t["task_key"]


# ---- all of the content ------------------------------------------------------------------------------------------------


def test_all_tables_fills_functions_and_metric_views(bundle):
    out, told = bundle
    names = {f: {p.stem for p in (out / "src" / f).glob("*.sql")} for f in ["tables/bronze", "tables/gold", "fills/bronze", "fills/gold", "functions", "metric_views"]}
    assert names["tables/bronze"] == TABLES["bronze"] and names["tables/gold"] == TABLES["gold"]
    assert names["fills/bronze"] == TABLES["bronze"] - {"users"}
    assert names["fills/gold"] == {t for t in TABLES["gold"] if "MERGE INTO" in (PACK / f"gold/{t}.sql").read_text()}
    assert names["functions"] == FUNCTIONS
    assert names["metric_views"] == {f"mv_{m}" for m in METRIC_VIEWS - LATER}
    for name in ["users", *LATER, "dim_job"]:
        assert re.search(rf"differs: .*\b{name}\b", told), name
    readme = (out / "README.md").read_text()
    assert all(line.removeprefix("differs: ").split(":")[0] in readme for line in told.splitlines() if line.startswith("differs: "))


@pytest.mark.parametrize("layer", ["bronze", "gold"])
def test_tables_have_the_columns_and_comments_of_the_pack(bundle, layer):
    column = re.compile(r"^  (?!CONSTRAINT)(`?\w+`?) .*?COMMENT ('(?:[^'\\]|\\.)*'),?$", re.M | re.S)
    for table in TABLES[layer]:
        pack = (PACK / layer / f"{table}.sql").read_text()
        if "CREATE TABLE" not in pack:
            continue
        text = (bundle[0] / f"src/tables/{layer}/{table}.sql").read_text()
        made, wanted = (column.findall(t[t.index("(\n", t.index("CREATE TABLE")) : t.index("\n)\nUSING DELTA")]) for t in (text, pack))
        assert [c for c, _ in made] == [c for c, _ in wanted] and made == wanted, table
        tags = re.search(rf"ALTER TABLE {table} SET TAGS \(([^;]*)\);", text)[1]
        for tag in ["data_classification", "contains_pii", "business_owner", "technical_owner"]:
            assert re.search(f"'{tag}' = '[^']*'", pack)[0] in tags


def test_keys_only_where_no_null_can_be(bundle):
    def text(path):
        return (bundle[0] / "src/tables" / path).read_text()

    assert "CONSTRAINT pk_usage PRIMARY KEY (record_id)" in text("bronze/usage.sql") and "record_id STRING NOT NULL" in text("bronze/usage.sql")
    assert "CONSTRAINT pk_fact_usage PRIMARY KEY (record_id)" in text("gold/fact_usage.sql")
    prices = text("bronze/list_prices.sql")  # account_id is null for all accounts
    assert "PRIMARY KEY" not in prices and "'secchi.primary_key' = 'account_id, sku_name, cloud, currency_code, price_start_time'" in prices


def test_look_back_and_full_reads(bundle):
    def text(table):
        return (bundle[0] / f"src/fills/bronze/{table}.sql").read_text()

    assert "MAX(t.usage_start_time) AS TIMESTAMP) - INTERVAL 14 DAYS" in text("usage")
    assert "MAX(t.event_time) AS TIMESTAMP) - INTERVAL 3 DAYS" in text("audit")
    assert "WHERE TRUE AND" in text("list_prices")


def test_settings_are_bound(tmp_path):
    home = new_home(tmp_path / "home")
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\nbudget: {job_day: 777.5}\ntimezone: Europe/Berlin\ncatalog: health\n")
    export(home, tmp_path / "out")
    texts = files_of(tmp_path / "out")
    assert any("777.5" in t for p, t in texts.items() if "functions/" in p) and any("'Europe/Berlin'" in t for t in texts.values())
    assert yaml.safe_load(texts["databricks.yml"])["variables"]["catalog"]["default"] == "health"


def test_metric_views_are_their_yaml(bundle):
    for m in METRIC_VIEWS - LATER:
        text = (bundle[0] / f"src/metric_views/mv_{m}.sql").read_text()
        body = re.search(r"CREATE OR REPLACE VIEW mv_\w+\nWITH METRICS\nLANGUAGE YAML\nAS \$\$\n(.*)\$\$;\n$", text, re.S)[1]
        made, wanted = yaml.safe_load(body), yaml.safe_load((PACK / f"metric_views/{m}.yaml").read_text())
        assert made.keys() == wanted.keys() and [d["name"] for d in made["measures"]] == [d["name"] for d in wanted["measures"]]


def test_our_own_check_takes_tables_and_functions(bundle, tmp_path):
    """What was exported is a pack again: tables, views and functions without what only the platform has."""
    pack = tmp_path / "packs/health"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("simulate", "databricks", "dashboards"))
    schema = {"bronze": "system_bronze", "gold": "system_gold"}
    for layer in schema:
        for path in (bundle[0] / f"src/tables/{layer}").glob("*.sql"):
            statement = re.search(r"(CREATE (?:TABLE|OR REPLACE VIEW).*?);\n\nALTER ", path.read_text(), re.S)[1]
            statement = re.sub(rf"^(CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW)) {path.stem}", rf"\1 {schema[layer]}.{path.stem}", statement)
            original = (pack / layer / path.name).read_text()
            fill = original[original.index("\nMERGE INTO") :] if "\nMERGE INTO" in original else ""
            (pack / layer / path.name).write_text(f"{statement};\n{fill}")
    for path in (bundle[0] / "src/functions").glob("*.sql"):
        (target,) = pack.glob(f"functions/*/{path.name}")
        target.write_text(path.read_text().split("\n", 4)[4])
    done = Home(tmp_path / "none").run("--packs", tmp_path / "packs", "check")
    assert done.returncode == 0, done.stderr


# ---- files -------------------------------------------------------------------------------------------------------------


def test_the_same_bytes_every_time(bundle, tmp_path):
    home = Home(tmp_path / "no home")
    export(home, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(bundle[0])
    export(home, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(bundle[0])


def test_files_of_others_are_left_alone(tmp_path):
    home, out = Home(tmp_path / "no home"), tmp_path / "out"
    out.mkdir()
    (out / "databricks.yml").write_text("bundle: {name: mine}\n")
    (out / "notes.txt").write_text("mine\n")
    done = export(home, out, status=1)
    assert "the file is not of an export" in done.stderr and "databricks.yml" in done.stderr
    assert files_of(out) == {"databricks.yml": "bundle: {name: mine}\n", "notes.txt": "mine\n"}
    export(home, out, "--force")
    assert (out / "notes.txt").read_text() == "mine\n" and "secchi_health" in (out / "databricks.yml").read_text()


def test_changed_files_are_left_alone_and_old_ones_go(bundle, tmp_path):
    home, out = new_home(tmp_path / "home"), tmp_path / "out"
    folder = home.path / "packs/mine/functions/cost"
    folder.mkdir(parents=True)
    (folder.parent.parent / "pack.yaml").write_text("name: mine\n")
    (folder / "get_one.sql").write_text("CREATE FUNCTION get_one() RETURNS TABLE (n INT COMMENT 'One') COMMENT 'One' RETURN SELECT 1 AS n\n")
    export(home, out)
    mine = out / "src/functions/get_one.sql"
    assert mine.exists() and "get_one" in (out / "resources/jobs.yml").read_text()
    shutil.rmtree(home.path / "packs/mine")
    text = mine.read_text()
    mine.write_text(text + "-- mine\n")
    before = files_of(out)
    assert "was changed since it was exported" in export(home, out, status=1).stderr
    assert files_of(out) == before
    mine.write_text(text)
    export(home, out)
    assert not mine.exists() and "get_one" not in (out / "resources/jobs.yml").read_text()


@pytest.mark.parametrize("line", ["0123456789abcdef ../outside", "0123456789abcdef /etc/passwd", "short", "0123456789abcdef a\\b"])
def test_a_damaged_list_of_files_removes_nothing(tmp_path, line):
    home, out = Home(tmp_path / "no home"), tmp_path / "out"
    out.mkdir()
    (tmp_path / "outside").write_text("x")
    (out / ".secchi-export").write_text(line + "\n")
    done = export(home, out, "--force", status=2)
    assert ".secchi-export:1: the list of exported files is damaged" in done.stderr
    assert (tmp_path / "outside").exists() and files_of(out) == {".secchi-export": line + "\n"}


def test_usage(tmp_path):
    home = Home(tmp_path / "no home")
    assert home.run("export", "databricks").returncode == 2
    assert home.run("export", "nothing", "--out", tmp_path / "x").returncode == 2
    assert home.run("export").returncode == 2


def test_content_that_cannot_be_exported_is_named(tmp_path):
    home = new_home(tmp_path / "home")
    folder = home.path / "packs/mine/functions/cost"
    folder.mkdir(parents=True)
    (folder.parent.parent / "pack.yaml").write_text("name: mine\n")
    (folder / "get_raw.sql").write_text("CREATE FUNCTION get_raw() RETURNS TABLE (n BIGINT) RETURN SELECT COUNT(*) AS n FROM system_bronze.usage\n")
    done = export(home, tmp_path / "out", status=2)
    assert "get_raw.sql" in done.stderr and "reads another schema" in done.stderr and not (tmp_path / "out/databricks.yml").exists()
