"""The engine of Databricks SQL against the workspace of server.py: every state, both ways of results, faults, credentials."""
import re
import time

import pytest
from engine_kit import Drive, login, refused

ROWS = "SELECT id, CAST(id AS DECIMAL(10,2)) AS price, concat('n', id) AS name FROM range(10) ORDER BY id"
EXPECTED = [[i, f"{i}.00", f"n{i}"] for i in range(10)]
LONG = "SELECT count(*) AS n FROM range(1000000000000) WHERE id % 7 = 3"
EVERY_TYPE = """SELECT true AS b, CAST(-1 AS TINYINT) AS t, CAST(2 AS SMALLINT) AS s, 3 AS i, 4L AS l, CAST(1.5 AS FLOAT) AS f, 0.1D AS d, CAST('-12.340' AS DECIMAL(10,3)) AS x,
    'té"x' AS c, X'00FF10' AS y, DATE'1969-12-31' AS day, TIMESTAMP'1969-12-31 23:59:59.5' AS at, TIMESTAMP_NTZ'2024-02-29 10:00:00' AS local,
    array(1, NULL) AS list, map('k', array(DATE'2024-01-01')) AS m, named_struct('a', 1, 'b', named_struct('c', 'x')) AS st, NULL AS nothing, CAST(array() AS ARRAY<INT>) AS empty"""
EVERY_VALUE = [True, -1, 2, 3, 4, "1.5", "0.10000000000000001", "-12.340", 'té"x', "00FF10", -1, "1969-12-31T23:59:59.500000Z", "2024-02-29T10:00:00Z", "[1,null]",
               '{"k":["2024-01-01"]}', '{"a":1,"b":{"c":"x"}}', None, "[]"]


@pytest.fixture
def drive(workspace):
    with Drive(login(workspace)) as d:
        yield d


def posts(workspace, what="/api/2.0/sql/statements"):
    return [e for e in workspace.log if e["method"] == "POST" and e["path"] == what]


def fault(workspace, path, **more):
    workspace.control({"do": "fault", "path": path, **more})


def settle(drive):
    """The first statement looks at the time zone; what is counted comes after."""
    assert drive.rows("SELECT 1 AS a") == [[1]]


# ---- results


def test_rows_by_links_in_chunks(workspace, drive):
    workspace.settings.update(chunk_rows=4, link_headers=True)
    told = drive.ask("rows", ROWS)
    assert told["columns"] == [["id", "BIGINT"], ["price", "DECIMAL(10,2)"], ["name", "STRING"]] and told["rows"] == EXPECTED
    fetched = [e for e in workspace.log if e["path"].startswith("/results/")]
    assert len(fetched) == 3 and not any(e["authorization"] for e in fetched)


def test_every_type_both_ways(workspace, drive):
    links = drive.ask("rows", EVERY_TYPE)
    assert links.get("rows") == [EVERY_VALUE], links
    workspace.settings.update(no_external_links=True, chunk_rows=1)
    told = drive.ask("rows", EVERY_TYPE)
    assert told == links
    assert [e["status"] for e in posts(workspace)[-2:]] == [400, 200]


def test_inline_chunks(workspace, drive):
    workspace.settings.update(no_external_links=True, chunk_rows=3)
    assert drive.rows(ROWS) == EXPECTED
    assert sum("/result/chunks/" in e["path"] for e in workspace.log) == 3


def test_no_rows_have_columns(workspace, drive):
    for _ in range(2):
        told = drive.ask("rows", "SELECT 1 AS a, DATE'2024-01-01' AS b WHERE false")
        assert told == {"columns": [["a", "INT"], ["b", "DATE"]], "rows": []}
        assert drive.ask("stream", "SELECT CAST(1 AS DECIMAL(7,2)) AS a, now() AS b WHERE false")["formats"] == ["d:7,2", "tsu:UTC"]
        workspace.settings["no_external_links"] = True


def test_large_result_comes_in_batches(workspace, drive):
    workspace.settings["chunk_rows"] = 50000
    told = drive.ask("stream", "SELECT id, uuid() AS u FROM range(200000)")
    assert told["changed"] == 200000 and told["batches"] >= 4 and told["formats"] == ["l", "u"]


def test_parameters(drive):
    params = [["i", "int", -7], ["f", "float", 0.1], ["b", "bool", False], ["t", "text", "it's \\ \"q\" :i \n é"], ["at", "timestamp", -1], ["d", "date", -1],
              ["n", "null", None], ["unused", "int", 1]]
    told = drive.ask("rows", "SELECT :i AS i, :f AS f, :b AS b, :t AS t, :at AS at, :d AS d, :n AS n", params=params)
    assert told["rows"] == [[-7, "0.10000000000000001", False, "it's \\ \"q\" :i \n é", "1969-12-31T23:59:59.999999Z", -1, None]]
    assert [c[1] for c in told["columns"]] == ["BIGINT", "DOUBLE", "BOOLEAN", "STRING", "TIMESTAMP", "DATE", "STRING"]


def test_tables(drive):
    assert drive.ask("exec", "CREATE OR REPLACE TABLE drive_s.t (a INT, b STRING) USING DELTA") == {"changed": 0}
    drive.ask("exec", "INSERT INTO drive_s.t VALUES (1, 'x'), (2, 'y')")
    merge = """MERGE INTO drive_s.t AS t USING (SELECT 2 AS a, 'z' AS b UNION ALL SELECT 3, 'w') AS s ON t.a = s.a
        WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"""
    assert drive.ask("exec", merge) == {"changed": 2}
    assert drive.rows("SELECT a, b FROM drive_s.t ORDER BY a") == [[1, "x"], [2, "z"], [3, "w"]]
    assert drive.ask("columns", schema="drive_s", table="t")["columns"] == [["a", "INT"], ["b", "STRING"]]
    assert drive.ask("columns", schema="drive_s", table="none")["kind"] == "not_found"
    assert drive.ask("describe", "SELECT a + 1 AS c, :p AS p FROM drive_s.t", params=[["p", "text", "x"]])["columns"] == [["c", "INT"], ["p", "STRING"]]
    assert drive.ask("sql", "SELECT a FROM drive_s.t")["text"] == "SELECT a FROM `main`.`drive_s`.`t`"
    assert drive.ask("version")["text"].startswith("databricks ")


def test_reading_connection_does_not_write(workspace, drive):
    told = drive.ask("exec", "DROP TABLE drive_s.t", mode="read")
    assert told["kind"] == "forbidden" and not posts(workspace)


def test_what_cannot_be_done_is_said(drive):
    told = drive.ask("backup")
    assert told["kind"] == "unavailable" and "backup" in told["error"] and "docs/databricks.md" in told["hint"]


# ---- states


def test_pending_and_running_are_waited_for(workspace, drive):
    workspace.settings.update(pending_s=1, running_s=1)
    assert drive.rows("SELECT 1 AS a") == [[1]]
    assert len(posts(workspace)) == 2  # one looks at the time zone


def test_failures_have_their_place(drive):
    told = drive.ask("rows", "SELECT 1 AS a,\n  nope FROM range(1)", file="x.sql", line=10)
    assert (told["kind"], told["where"]) == ("not_found", "x.sql:11:3") and "UNRESOLVED_COLUMN" in told["error"]
    told = drive.ask("rows", "SELECT * FROM nowhere.nothing", file="x.sql", line=1)
    assert (told["kind"], told["where"]) == ("not_found", "x.sql:1:15") and "TABLE_OR_VIEW_NOT_FOUND" in told["error"]
    told = drive.ask("rows", "SELECT 1 / 0 AS a")
    assert told["kind"] == "engine" and "DIVIDE_BY_ZERO" in told["error"]
    told = drive.ask("describe", "SELECT\n nope", file="x.sql", line=1)
    assert told["where"] == "x.sql:2:2"


@pytest.mark.parametrize("code, kind", [("RESOURCE_EXHAUSTED", "limit"), ("TEMPORARILY_UNAVAILABLE", "unavailable"), ("IO_ERROR", "io"), ("INTERNAL_ERROR", "engine"),
                                        ("DEADLINE_EXCEEDED", "limit")])
def test_kinds_of_failure(workspace, drive, code, kind):
    workspace.settings["fail_code"] = code
    told = drive.ask("rows", "SELECT 1 AS a")
    assert told["kind"] == kind and "failed on request" in told["error"]


def test_closed_result(workspace, drive):
    settle(drive)
    workspace.settings["chunk_rows"] = 2
    fault(workspace, "/result/chunks/2", delay_s=0, status=404, body={"error_code": "NOT_FOUND", "message": "the statement is closed"})
    told = drive.ask("rows", ROWS)
    assert told["kind"] == "not_found" and "run the statement again" in told["hint"]


def test_interrupt_cancels(workspace, drive):
    settle(drive)
    begun = time.monotonic()
    told = drive.ask("rows", LONG, interrupt_ms=1500)
    assert told["kind"] == "interrupted" and time.monotonic() - begun < 30
    assert [s.state for s in workspace.statements.values()][-1] == "CANCELED"
    assert drive.rows("SELECT count(*) AS n FROM range(10)") == [[10]]  # needs the one core that Spark has


def test_cancel_that_is_not_heard_is_said_again(workspace, drive):
    settle(drive)
    workspace.settings.update(deaf_to_cancel=1, running_s=60)
    told = drive.ask("rows", "SELECT 1 AS a", interrupt_ms=300)
    assert told["kind"] == "interrupted" and [s.state for s in workspace.statements.values()][-1] == "CANCELED"
    assert len([e for e in workspace.log if e["path"].endswith("/cancel")]) == 2


def test_interrupt_while_it_waits_to_be_let_in(workspace, drive):
    settle(drive)
    fault(workspace, "/statements$", method="POST", times=9, status=429, headers={"Retry-After": "60"})
    begun = time.monotonic()
    assert drive.ask("rows", "SELECT 1 AS a", interrupt_ms=300)["kind"] == "interrupted"
    assert time.monotonic() - begun < 10


# ---- links


def test_expired_links_are_asked_anew(workspace, drive):
    workspace.settings.update(chunk_rows=4, link_s=0)
    told = drive.ask("rows", ROWS)
    assert told["kind"] == "unavailable" and "chunk 0" in told["error"]  # every new one has expired as well
    settle_s = workspace.settings
    settle_s["link_s"] = 900
    fault(workspace, "^/results/", times=2, status=403, body={"Code": "AccessDenied", "Message": "Request has expired"})
    assert drive.rows(ROWS) == EXPECTED
    assert sum("/result/chunks/0" in e["path"] for e in workspace.log[-12:]) >= 1


def test_broken_chunks_are_fetched_again(workspace, drive):
    settle(drive)
    fault(workspace, "^/results/", drop="middle")
    fault(workspace, "^/results/", drop="before")
    assert drive.rows(ROWS) == EXPECTED


def test_chunk_that_is_no_arrow(workspace, drive):
    settle(drive)
    fault(workspace, "^/results/", status=200, body={"not": "arrow"})
    told = drive.ask("rows", ROWS)
    assert told["kind"] == "unavailable" and "no Arrow stream" in told["error"]


def test_missing_rows_are_an_error(workspace, drive):
    settle(drive)
    workspace.settings["chunk_rows"] = 5
    fault(workspace, "/result/chunks/1", status=200, body={"external_links": []})
    told = drive.ask("rows", ROWS)
    assert told["kind"] == "unavailable" and "no link to chunk 1" in told["error"]


# ---- what is asked again, and what never


@pytest.mark.parametrize("headers", [{"Retry-After": "1"}, {"Retry-After": "DATE"}, {}])
def test_throttling(workspace, drive, headers):
    settle(drive)
    if headers.get("Retry-After") == "DATE":
        headers = {"Retry-After": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))}
    fault(workspace, "/statements$", method="POST", times=2 if headers else 1, status=429, headers=headers)
    before = len(posts(workspace))
    assert drive.rows("SELECT 1 AS a") == [[1]]
    times = [e["at"] for e in posts(workspace)[before:]]
    assert len(times) == (3 if headers else 2)
    assert times[1] - times[0] >= (0.9 if headers else 0.2)


def test_unavailable_statement_is_sent_again_only_when_told_so(workspace, drive):
    settle(drive)
    fault(workspace, "/statements$", method="POST", status=503, headers={"Retry-After": "1"})
    assert drive.rows("SELECT 1 AS a") == [[1]]
    for more in ({"status": 503}, {"status": 500}, {"status": 502}, {"status": 504}, {"drop": "before"}, {"drop": "after"}, {"drop": "middle"}):
        before = len(posts(workspace))
        fault(workspace, "/statements$", method="POST", **more)
        told = drive.ask("rows", "SELECT 1 AS a")
        assert told["kind"] == "unavailable", more
        assert len(posts(workspace)) == before + 1, more
        assert "status" in more or "not sent twice" in told["hint"]
    assert drive.rows("SELECT 1 AS a") == [[1]]


def test_polls_are_asked_again(workspace, drive):
    settle(drive)
    workspace.settings["running_s"] = 1
    for more in ({"status": 503}, {"status": 500}, {"drop": "before"}, {"drop": "middle"}, {"status": 429, "headers": {"Retry-After": "1"}}):
        fault(workspace, "/statements/[0-9a-f]+$", method="GET", **more)
    assert drive.rows("SELECT 1 AS a") == [[1]]
    assert not any(f["times"] for f in workspace.faults)


def test_answer_that_is_no_json(workspace, drive):
    settle(drive)
    fault(workspace, "/statements$", method="POST", status=200, body=["a page"])
    assert drive.ask("rows", "SELECT 1 AS a")["kind"] == "unavailable"


# ---- who asks


def oauth(workspace):
    return {"DATABRICKS_HOST": workspace.host, "DATABRICKS_CLIENT_ID": workspace.client_id, "DATABRICKS_CLIENT_SECRET": workspace.client_secret,
            "DATABRICKS_WAREHOUSE_ID": workspace.warehouse_id}


def test_oauth_token_is_kept_and_renewed(workspace):
    with Drive({"catalog": "main"}, oauth(workspace)) as d:
        assert d.rows("SELECT 1 AS a") == [[1]] and d.rows("SELECT 2 AS a") == [[2]]
        assert len(posts(workspace, "/oidc/v1/token")) == 1
        workspace.control({"do": "expire_tokens"})
        assert d.rows("SELECT 3 AS a") == [[3]]
        assert len(posts(workspace, "/oidc/v1/token")) == 2


def test_oauth_token_is_renewed_before_its_end(workspace):
    workspace.settings["token_s"] = 2
    with Drive({"catalog": "main"}, oauth(workspace)) as d:
        settle(d)
        time.sleep(1.2)
        settle(d)
    assert len(posts(workspace, "/oidc/v1/token")) >= 2
    assert all(e["status"] != 401 for e in workspace.log)


def test_wrong_secret(workspace):
    with Drive({"catalog": "main"}, {**oauth(workspace), "DATABRICKS_CLIENT_SECRET": "dosewrong"}) as d:
        told = d.ask("rows", "SELECT 1 AS a")
    assert told["kind"] == "denied" and "authentication failed" in told["error"] and "dosewrong" not in str(told)


def test_wrong_token_is_not_said_aloud(workspace):
    with Drive(login(workspace, token="dapi-my-secret")) as d:
        fault(workspace, "/statements", status=403, body={"error_code": "PERMISSION_DENIED", "message": "the token dapi-my-secret is not known"})
        first, second = d.ask("rows", "SELECT 1 AS a"), d.ask("rows", "SELECT 1 AS a")
    for told in (first, second):
        assert told["kind"] == "denied" and told["where"] == "the settings engine.*" and "dapi-my-secret" not in str(told)
    assert "**************" in first["error"]
    assert "dapi-my-secret" not in "".join(d.said)


def test_profiles(workspace, tmp_path):
    (tmp_path / ".databrickscfg").write_text(f"""; a comment
[DEFAULT]
host = {workspace.host}/?o=1
token = {workspace.token}
http_path = /sql/1.0/warehouses/{workspace.warehouse_id}
jobs-api-version = 2.1

[robot]
host={workspace.host}
client_id={workspace.client_id}
client_secret={workspace.client_secret}
warehouse_id={workspace.warehouse_id}
auth_type=oauth-m2m
[broken]
host = {workspace.host}
""")
    for options, env in (({}, {}), ({"profile": "robot"}, {}), ({}, {"DATABRICKS_CONFIG_PROFILE": "robot"}),
                         ({}, {"HOME": "/nonexistent", "DATABRICKS_CONFIG_FILE": str(tmp_path / ".databrickscfg")}), ({"profile": "robot"}, {"DATABRICKS_TOKEN": "dapiwrong"})):
        with Drive({"catalog": "main", **options}, env, tmp_path) as d:
            assert d.rows("SELECT 1 AS a") == [[1]], (options, env)
    assert "no profile 'nobody'" in refused({"profile": "nobody"}, home=tmp_path)["error"]
    assert "no credentials" in refused({"profile": "broken"}, home=tmp_path)["error"]
    told = refused({"url": "https://elsewhere.example.com", "warehouse_id": "x"}, home=tmp_path)
    assert "credentials are for" in told["error"] and told["where"].startswith("profile DEFAULT of")
    (tmp_path / ".databrickscfg").write_text("[DEFAULT]\nhost\n")
    assert re.search(r"\.databrickscfg:2$", refused(home=tmp_path)["where"])


@pytest.mark.parametrize("options, env, word", [
    ({}, {}, "which workspace"), ({"url": "https://a.example.com"}, {}, "no credentials"), ({"url": "https://a.example.com", "token": "t"}, {}, "which SQL warehouse"),
    ({"url": "http://a.example.com", "token": "t", "warehouse_id": "w"}, {}, "no address"), ({"url": "http://127.0.0.1.example.com", "token": "t", "warehouse_id": "w"}, {}, "no address"),
    ({"url": "http://localhost@a.example.com", "token": "t", "warehouse_id": "w"}, {}, "no address"), ({"url": "ftp://a.example.com", "token": "t", "warehouse_id": "w"}, {}, "no address"),
    ({"url": "https://a.example.com", "token": "a\nb", "warehouse_id": "w"}, {}, "control character"),
    ({"warehouse_id": "w"}, {"DATABRICKS_HOST": "a.example.com", "DATABRICKS_TOKEN": "t", "DATABRICKS_CLIENT_ID": "c", "DATABRICKS_CLIENT_SECRET": "s"}, "token and a service principal"),
    ({"warehouse_id": "w"}, {"DATABRICKS_HOST": "a.example.com", "DATABRICKS_CLIENT_ID": "c"}, "client_secret"),
    ({"warehouse_id": "w"}, {"DATABRICKS_HOST": "a.example.com", "DATABRICKS_TOKEN": "t", "DATABRICKS_AUTH_TYPE": "azure-cli"}, "azure-cli"),
])
def test_settings_that_do_not_do(options, env, word):
    told = refused(options, env)
    assert told["kind"] == "usage" and word in told["error"]


def test_nobody_there(workspace, free_port):
    with Drive(login(workspace, url=f"http://127.0.0.1:{free_port}")) as d:
        told = d.ask("rows", "SELECT 1 AS a", interrupt_ms=1500)
    assert told["kind"] == "interrupted"  # it goes on asking for a while
    with Drive(login(workspace, url=f"https://127.0.0.1:{workspace.server.server_port}")) as d:
        assert d.ask("rows", "SELECT 1 AS a", interrupt_ms=1500)["kind"] == "interrupted"  # no TLS there


def test_unknown_warehouse(workspace):
    with Drive(login(workspace, warehouse_id="ffff")) as d:
        told = d.ask("rows", "SELECT 1 AS a")
    assert told["kind"] == "not_found" and "ffff" in told["error"]


def test_time_zone_must_be_utc(workspace, drive, monkeypatch):
    run = workspace.backend.run

    def elsewhere(identity, sql, *more):
        return run(identity, sql.replace("current_timezone()", "'Europe/Berlin'"), *more)

    monkeypatch.setattr(workspace.backend, "run", elsewhere)
    told = drive.ask("rows", "SELECT 1 AS a")
    assert told["kind"] == "conflict" and "Europe/Berlin" in told["error"]
