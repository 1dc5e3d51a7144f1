"""How tables fare: what `secchi status` and the API tell is what the files say and what SQL counts."""

import datetime as dt
import json

import pytest

from program import new_home
from server_kit import Server
from test_server import check_schema

FIRST = "2026-03-01T10:00:00Z"
NEWEST = "2026-03-02T11:30:00Z"


def statement(number, at):
    return {"account_id": "a", "workspace_id": "w", "statement_id": f"s{number}", "execution_status": "FINISHED", "start_time": at, "update_time": at}


def deliver(folder):
    (folder / "query" / "history").mkdir(parents=True)
    good = [statement(i, FIRST) for i in range(5)] + [statement(5, NEWEST)]
    bad = [{**statement(9, FIRST), "statement_id": None} for _ in range(4)]  # no natural key: an error of the check valid_statement_id
    lines = [json.dumps(r) for r in good + bad] + ["not JSON"]
    (folder / "query" / "history" / "1.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return deliver(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def server(source, tmp_path_factory):
    home = new_home(tmp_path_factory.mktemp("status") / "home")
    done = home.run("setup", "--source", source)
    assert done.returncode in (0, 3), done.stderr
    server = Server(home)
    yield server
    server.stop()


def table(server, name):
    return next(t for t in server.get("/api/v1/status").json["tables"] if t["name"] == name)


def test_status_tells_every_table(server):
    openapi = server.get("/openapi.json").json
    answer = server.get("/api/v1/status").json
    check_schema(openapi, "Status", answer)
    bronze = table(server, "query_history")
    assert (bronze["layer"], bronze["rows"], bronze["quarantined"]) == ("bronze", 6, 5)
    assert bronze["fresh_at"] == NEWEST
    assert bronze["findings"] >= 1
    assert bronze["step"]["state"] == "succeeded" and bronze["step"]["run_id"] == 1
    assert (bronze["step"]["rows_in"], bronze["step"]["rows_rejected"]) == (11, 5)
    assert 0 < bronze["step"]["duration_s"] < 60
    now = dt.datetime.now(dt.timezone.utc)
    assert dt.timedelta(0) < now - dt.datetime.fromisoformat(bronze["loaded_at"].replace("Z", "+00:00")) < dt.timedelta(minutes=5)
    gold = table(server, "fact_query_history")
    assert (gold["layer"], gold["rows"], gold["quarantined"]) == ("gold", 6, 0)
    assert gold["step"]["state"] == "succeeded" and gold["loaded_at"] is not None
    untouched = table(server, "usage")  # nothing was delivered for it
    assert untouched["layer"] == "bronze" and untouched["step"] is None and untouched["loaded_at"] is None


def test_one_table_tells_reasons_samples_and_steps(server):
    openapi = server.get("/openapi.json").json
    answer = server.get("/api/v1/tables/query_history/status")
    assert answer.status == 200, answer.body
    status = answer.json
    check_schema(openapi, "TableStatus", status)
    assert sum(q["rows"] for q in status["quarantine"]) == 5
    most = status["quarantine"][0]
    assert most["rows"] == 4 and "valid_statement_id" in most["reason"]
    assert len(most["samples"]) == 3  # of four
    assert [s["place"] for s in most["samples"]] == sorted(s["place"] for s in most["samples"])
    assert json.loads(most["samples"][0]["row"])["execution_status"] == "FINISHED"
    assert most["samples"][0]["file"].endswith("1.jsonl")
    assert {f["kind"] for f in status["open_findings"]} == {
        r[0] for r in server.query("SELECT kind FROM secchi_ops.finding WHERE state = 'open' AND table_name = 'query_history'").json["rows"]
    }
    assert len(status["steps"]) == 1 and status["steps"][0]["rows_in"] == 11
    assert server.get("/api/v1/tables/fact_query_history/status").json["quarantine"] == []
    missing = server.get("/api/v1/tables/query_histroy/status")
    assert missing.status == 404 and "query_history" in missing.error["hint"]


def test_the_command_tells_the_same(server):
    home = server.home
    asked = json.loads(home.good("status", "--format", "json").stdout)
    mine = next(t for t in asked["tables"] if t["name"] == "query_history")
    assert mine == table(server, "query_history")
    line = next(x for x in home.good("status").stdout.splitlines() if x.startswith("system_bronze.query_history "))
    name, layer, rows, fresh, loaded, quarantined, findings, took, unit, state = line.split()
    assert (layer, rows, fresh, quarantined, findings, unit, state) == ("bronze", "6", NEWEST, "5", str(mine["findings"]), "s", "succeeded")
    assert loaded == mine["loaded_at"][:19] + "Z" and abs(float(took) - mine["step"]["duration_s"]) < 0.006


def test_a_further_refresh_is_a_further_step(server, source):
    (source / "query" / "history" / "2.jsonl").write_text(json.dumps(statement(6, "2026-03-03T00:00:00Z")) + "\n")
    before = table(server, "query_history")
    assert server.home.run("refresh").returncode in (0, 3)
    after = table(server, "query_history")
    assert after["rows"] == 7 and after["fresh_at"] == "2026-03-03T00:00:00Z" and after["loaded_at"] > before["loaded_at"]
    steps = server.get("/api/v1/tables/query_history/status").json["steps"]
    assert [s["run_id"] for s in steps] == [2, 1] and [s["rows_in"] for s in steps] == [1, 11]


def test_tenants_are_not_told_of_the_books(tmp_path):
    home = new_home(tmp_path / "home")
    home.run("setup", "--source", deliver(tmp_path / "source"))
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ntenants:\n  one: {workspaces: [w]}\n")
    server = Server(home)
    made = server.ask("POST", "/api/v1/tokens", {"name": "one", "role": "reader", "tenant": "one"}).json["token"]
    answer = server.ask("GET", "/api/v1/tables/query_history/status", headers={"Authorization": f"Bearer {made}"}).json
    assert answer["rows"] == 6 and answer["name"] == "query_history"
    assert answer["quarantine"] == [] and answer["steps"] == [] and answer["open_findings"] == [] and answer["step"] is None
    server.stop()
