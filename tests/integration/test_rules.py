"""Quality rules: those of the packs, those of people, changed while secchi runs, and what ingestion makes of them."""

import json
import shutil

import pytest
import yaml
from program import ROOT, new_home
from server_kit import Server

WANTED = yaml.safe_load((ROOT / "tests/data/catalogue.yaml").read_text())


def deliver(home, name, rows):
    folder = home.path.parent / "lake/access/audit"
    folder.mkdir(parents=True, exist_ok=True)
    day = {"event_time": "2026-03-02T10:00:00Z", "action_name": "login", "workspace_id": "w"}
    (folder / name).write_text("".join(json.dumps({**day, **r}) + "\n" for r in rows))


def quarantined(home):
    return home.rows("SELECT COUNT(*) AS n FROM secchi_quarantine.audit")[0]["n"]


@pytest.fixture
def lake(tmp_path):
    home = new_home(tmp_path / "home")
    deliver(home, "a.jsonl", [{"event_id": "e1", "source_ip_address": "10.0.0.1"}, {"event_id": "e2"}, {"event_id": None}])
    home.run("setup", "--source", tmp_path / "lake")
    return home


def test_the_43_checks_are_rules_that_can_be_asked_for(lake):
    rules = {r["rule_id"]: r for r in lake.rows("SELECT * FROM secchi_ops.dq_rule")}
    assert list(next(iter(rules.values())))[: len(WANTED["rules"])] == list(WANTED["rules"])
    wanted = {f"{t}.{n}": c for t, checks in WANTED["checks"].items() for n, c in checks.items()}
    assert len(wanted) == 43 and wanted.keys() <= rules.keys()
    for name, (criticality, function, *_) in wanted.items():
        rule = rules[name]
        assert rule["severity"] == {"error": "critical", "warning": "warning"}[criticality]
        assert (rule["table_name"], rule["rule_name"]) == tuple(name.split("."))
        assert rule["enabled"] is True and rule["created_by"] == rule["updated_by"] == "pack:health"
        assert {"is_not_null": "IS NOT NULL", "is_not_less_than": ">= 0"}[function] in rule["rule_constraint"]
    results = lake.rows("SELECT check_name, rows_checked, rows_failed FROM secchi_ops.check_result WHERE table_name = 'audit'")
    assert {r["check_name"]: (r["rows_checked"], r["rows_failed"]) for r in results} == {
        "valid_event_id": (3, 1),
        "valid_event_time": (3, 0),
        "valid_action_name": (3, 0),
    }


def test_a_person_makes_changes_and_removes_rules(lake):
    done = lake.good("rules", "set", "audit", "known_source", "--condition", "source_ip_address IS NOT NULL -- of all\n", "--description", "Where from?")
    assert done.stdout == "audit.known_source holds from the next load on; of the rows that are there it would fail 1\n"
    deliver(lake, "b.jsonl", [{"event_id": "e3"}, {"event_id": "e4", "source_ip_address": "10.0.0.2"}])
    lake.run("refresh")
    assert quarantined(lake) == 2
    reasons = lake.rows("SELECT reason FROM secchi_quarantine.audit WHERE bronze_source_file LIKE '%b.jsonl'")
    assert reasons == [{"reason": "check known_source failed"}]
    assert [r["event_id"] for r in lake.rows("SELECT event_id FROM audit ORDER BY 1")] == ["e1", "e2", "e4"]

    lake.good("rules", "set", "audit", "known_source", "--severity", "warning")
    lake.good("rules", "set", "audit", "valid_event_id", "--enabled", "no")
    deliver(lake, "c.jsonl", [{"event_id": None}])
    lake.run("refresh")
    assert quarantined(lake) == 2
    assert lake.rows("SELECT COUNT(*) AS n FROM audit") == [{"n": 4}]
    newest = "SELECT check_name, criticality, rows_failed FROM secchi_ops.check_result WHERE run_id = (SELECT MAX(run_id) FROM secchi_ops.run) ORDER BY 1"
    assert lake.rows(newest) == [
        {"check_name": "known_source", "criticality": "warn", "rows_failed": 1},
        {"check_name": "valid_action_name", "criticality": "error", "rows_failed": 0},
        {"check_name": "valid_event_time", "criticality": "error", "rows_failed": 0},
    ]
    line = next(x for x in lake.good("rules").stdout.splitlines() if x.startswith("audit.known_source"))
    assert line.split()[:3] == ["audit.known_source", "warning", "yes"] and line.endswith("source_ip_address IS NOT NULL")

    done = lake.run("rules", "remove", "audit", "valid_event_id")
    assert done.returncode == 1 and "came with a pack" in done.stderr and "disable it" in done.stderr
    lake.good("rules", "remove", "audit", "known_source")
    assert lake.run("rules", "remove", "audit", "known_source").returncode == 2
    assert lake.rows("SELECT COUNT(*) AS n FROM secchi_ops.dq_rule WHERE rule_id = 'audit.known_source'") == [{"n": 0}]

    pack = lake.path / "packs/mine"  # other packs: the rules are prepared anew, what a person changed stays
    (pack / "bronze/checks").mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: mine\noverride: true\n")
    shutil.copy(ROOT / "packs/health/bronze/checks/audit.yaml", pack / "bronze/checks/audit.yaml")
    with open(pack / "bronze/checks/audit.yaml", "a") as f:
        f.write("- {name: short_version, criticality: warn, check: {function: sql_expression, arguments: {expression: 'LENGTH(version) < 9'}}}\n")
    rules = {r["rule_name"]: (r["enabled"], r["severity"]) for r in lake.rows("SELECT * FROM secchi_ops.dq_rule WHERE table_name = 'audit'")}
    assert rules["valid_event_id"] == (False, "critical") and rules["short_version"] == (True, "warning") and len(rules) == 4


@pytest.mark.parametrize(
    "words, parts",
    [
        (["set", "audit", "x", "--condition", "source_ip_adress IS NULL"], ["source_ip_adress", "source_ip_address"]),
        (["set", "audit", "x", "--condition", "event_id"], ["STRING", "true or false"]),
        (["set", "audit", "x", "--condition", "COUNT(*) > 1"], []),
        (["set", "audit", "x", "--condition", "TRUE) OR (TRUE"], ["brackets"]),
        (["set", "audit", "x", "--condition", "TRUE); DROP TABLE secchi_ops.run; SELECT (TRUE"], ["brackets"]),
        (["set", "audit", "x", "--condition", "event_id IN (SELECT email FROM users)"], ["SELECT"]),
        (["set", "audit", "x", "--condition", "event_id = :since"], [":since"]),
        (["set", "audit", "x", "--condition", "-- nothing"], ["empty"]),
        (["set", "audit", "x"], ["needs a condition"]),
        (["set", "audits", "x", "--condition", "TRUE"], ["audits", "audit"]),
        (["set", "audit", "X y", "--condition", "TRUE"], ["name of a rule"]),
        (["set", "audit", "x", "--severity", "mild"], ["mild"]),
        (["sett", "audit", "x"], ["sett"]),
    ],
)
def test_a_rule_that_ingestion_could_not_use_is_refused(refusing, words, parts):
    before = refusing.rows("SELECT COUNT(*) AS n FROM secchi_ops.dq_rule")
    done = refusing.run("rules", *words)
    assert done.returncode in (1, 2) and len(done.stderr.strip().splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr
    assert refusing.rows("SELECT COUNT(*) AS n FROM secchi_ops.dq_rule") == before


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    return new_home(tmp_path_factory.mktemp("rules") / "home")


def test_rules_over_http_and_who_may_change_them(tmp_path):
    home = new_home(tmp_path / "home")
    server = Server(home)
    try:
        reader = {"Authorization": "Bearer " + home.good("token", "create", "r", "--role", "reader").stdout.strip()}
        path = "/api/v1/rules/audit/short_agent"
        assert server.ask("PUT", path, {"constraint": "LENGTH(user_agent) < 100"}, reader).status == 403
        made = server.ask("PUT", path, {"constraint": "LENGTH(user_agent) < 100", "severity": "warning"})
        assert (made.status, made.json) == (200, {"rule_id": "audit.short_agent", "failing_rows": 0})
        listed = {r["rule_id"]: r for r in server.ask("GET", "/api/v1/rules", None, reader).json["rules"]}
        mine = listed["audit.short_agent"]
        assert (mine["severity"], mine["enabled"], mine["rows_checked"], mine["checked_at"]) == ("warning", True, None, None)
        assert not mine["updated_by"].startswith("pack:")
        assert server.ask("PUT", path, {"severity": "mild"}).status == 422
        assert server.ask("PUT", path, {"constraint": "LENGTH(user_agent)"}).status == 422
        assert server.ask("PUT", "/api/v1/rules/audits/x", {"constraint": "TRUE"}).status == 404
        assert server.ask("DELETE", path, None, reader).status == 403
        assert server.ask("DELETE", path).json == {"done": "the rule is gone"}
        assert server.ask("DELETE", path).status == 404
        assert server.ask("DELETE", "/api/v1/rules/audit/valid_event_id").status == 409
    finally:
        server.process.terminate()
        server.process.wait(30)
