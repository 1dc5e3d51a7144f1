"""The workspace of server.py held against Databricks' own client: what the client expects of the service, the server must do."""
import io
import json
import time
import urllib.error
import urllib.request

import pyarrow
import pyarrow.ipc
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import AlreadyExists, BadRequest, NotFound, PermissionDenied, TooManyRequests, Unauthenticated
from databricks.sdk.service.sql import (ColumnInfoTypeName, Disposition, ExecuteStatementRequestOnWaitTimeout, Format, ServiceErrorCode, StatementParameterListItem,
                                        StatementState)

TABLE = "SELECT id, CAST(id AS DECIMAL(10,2)) AS price, concat('n', id) AS name FROM range(10)"


def client_of(workspace, **more):
    auth = more or {"token": workspace.token}
    return WorkspaceClient(config=Config(host=workspace.host, retry_timeout_seconds=20, http_timeout_seconds=120, config_file="/nonexistent", **auth))


@pytest.fixture
def client(workspace):
    return client_of(workspace)


def execute(client, workspace, sql, **more):
    return client.statement_execution.execute_statement(sql, workspace.warehouse_id, **{"wait_timeout": "30s", **more})


def ended(client, identity, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = client.statement_execution.get_statement(identity)
        if told.status.state not in (StatementState.PENDING, StatementState.RUNNING):
            return told
        time.sleep(0.05)
    raise AssertionError("the statement does not end")


def fetch(link, **headers):
    return requests.get(link.external_link, headers={**(link.http_headers or {}), **headers}, timeout=30)


# ---- results


def test_inline_result_with_manifest(client, workspace):
    told = execute(client, workspace, TABLE)
    assert told.status.state == StatementState.SUCCEEDED
    columns = told.manifest.schema.columns
    assert [(c.name, c.position, c.type_name, c.type_text) for c in columns] == [
        ("id", 0, ColumnInfoTypeName.LONG, "BIGINT"), ("price", 1, ColumnInfoTypeName.DECIMAL, "DECIMAL(10,2)"), ("name", 2, ColumnInfoTypeName.STRING, "STRING")]
    assert (columns[1].type_precision, columns[1].type_scale) == (10, 2)
    assert told.manifest.total_row_count == 10 and told.manifest.total_chunk_count == 1 and told.manifest.truncated is False
    assert told.result.data_array == [[str(i), f"{i}.00", f"n{i}"] for i in range(10)]
    assert told.result.next_chunk_index is None


def test_text_of_every_type(client, workspace):
    sql = """SELECT true AS b, CAST(1 AS TINYINT) AS t, 1.5D AS d, 1e20D AS big, 0.00001D AS small, double('NaN') AS nan, DATE'2024-02-29' AS day,
        TIMESTAMP'2024-02-29 10:00:00.5' AS at, TIMESTAMP_NTZ'2024-02-29 10:00:00' AS local, X'00FF' AS bytes, array(1, NULL) AS list,
        map('k', 2) AS m, named_struct('a', 1, 'b', 'x') AS s, NULL AS nothing"""
    told = execute(client, workspace, sql)
    assert told.result.data_array == [["true", "1", "1.5", "1.0E20", "1.0E-5", "NaN", "2024-02-29", "2024-02-29T10:00:00.500Z", "2024-02-29T10:00:00.000", "AP8=",
                                       '["1",null]', '{"k":"2"}', '{"a":"1","b":"x"}', None]]
    assert [c.type_text for c in told.manifest.schema.columns] == ["BOOLEAN", "TINYINT", "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "BINARY",
                                                                   "ARRAY<INT>", "MAP<STRING, INT NOT NULL>".replace(" NOT NULL", ""), "STRUCT<a: INT NOT NULL, b: STRING NOT NULL>", "VOID"]


def test_inline_chunks(client, workspace):
    workspace.settings["chunk_rows"] = 4
    told = execute(client, workspace, TABLE)
    assert [(c.chunk_index, c.row_offset, c.row_count) for c in told.manifest.chunks] == [(0, 0, 4), (1, 4, 4), (2, 8, 2)]
    rows, index = list(told.result.data_array), told.result.next_chunk_index
    while index is not None:
        chunk = client.statement_execution.get_statement_result_chunk_n(told.statement_id, index)
        rows, index = rows + chunk.data_array, chunk.next_chunk_index
    assert [r[0] for r in rows] == [str(i) for i in range(10)]
    with pytest.raises(BadRequest, match="no chunk 3"):
        client.statement_execution.get_statement_result_chunk_n(told.statement_id, 3)


@pytest.mark.parametrize("form", [Format.JSON_ARRAY, Format.ARROW_STREAM, Format.CSV])
def test_external_links(client, workspace, form):
    workspace.settings.update(chunk_rows=6, link_headers=True)
    told = execute(client, workspace, TABLE, disposition=Disposition.EXTERNAL_LINKS, format=form)
    assert told.manifest.format == form and told.manifest.total_byte_count == sum(c.byte_count for c in told.manifest.chunks)
    links = told.result.external_links + client.statement_execution.get_statement_result_chunk_n(told.statement_id, 1).external_links
    assert [link.next_chunk_index for link in links] == [1, None]
    bodies = []
    for link in links:
        got = fetch(link)
        assert got.status_code == 200 and len(got.content) == link.byte_count
        bodies.append(got.content)
    if form == Format.ARROW_STREAM:
        table = pyarrow.concat_tables(pyarrow.ipc.open_stream(b).read_all() for b in bodies)
        assert table.column("id").to_pylist() == list(range(10)) and str(table.schema.field("price").type) == "decimal128(10, 2)"
    elif form == Format.CSV:
        assert bodies[0].decode().splitlines()[:2] == ["id,price,name", "0,0.00,n0"] and bodies[1].decode().splitlines()[0] == "6,6.00,n6"
    else:
        assert [row[2] for b in bodies for row in json.loads(b)] == [f"n{i}" for i in range(10)]


def test_links_refuse_authorization_and_expire(client, workspace):
    workspace.settings["link_headers"] = True
    told = execute(client, workspace, TABLE, disposition=Disposition.EXTERNAL_LINKS, format=Format.ARROW_STREAM)
    link = told.result.external_links[0]
    assert fetch(link, Authorization=f"Bearer {workspace.token}").status_code == 400
    assert requests.get(link.external_link, timeout=30).status_code == 403  # without its headers
    assert requests.get(link.external_link + "x", headers=link.http_headers, timeout=30).status_code == 403
    workspace.control({"do": "expire_links"})
    assert fetch(link).status_code == 403
    again = client.statement_execution.get_statement_result_chunk_n(told.statement_id, 0).external_links[0]
    assert fetch(again).status_code == 200


def test_empty_result_and_statement_without_result(client, workspace):
    told = execute(client, workspace, "SELECT 1 AS a WHERE false")
    assert told.result.data_array in (None, []) and told.manifest.total_row_count == 0 and told.manifest.schema.columns[0].name == "a"
    told = execute(client, workspace, "CREATE SCHEMA IF NOT EXISTS main.made")
    assert told.status.state == StatementState.SUCCEEDED and told.manifest.schema.column_count == 0


def test_limits_truncate(client, workspace):
    told = execute(client, workspace, TABLE, row_limit=3)
    assert told.manifest.truncated and len(told.result.data_array) == 3
    told = execute(client, workspace, "SELECT id FROM range(100000)", byte_limit=1000)
    assert told.manifest.truncated and 0 < told.manifest.total_row_count < 1000
    assert not execute(client, workspace, TABLE, row_limit=10).manifest.truncated


def test_inline_result_that_is_too_large(client, workspace):
    sql = "SELECT repeat('x', 1000) AS x FROM range(30000)"
    told = execute(client, workspace, sql, wait_timeout="50s")
    assert told.status.state == StatementState.FAILED and "26214400" in told.status.error.message
    told = execute(client, workspace, sql, wait_timeout="50s", disposition=Disposition.EXTERNAL_LINKS)
    assert told.status.state == StatementState.SUCCEEDED and told.manifest.total_row_count == 30000


# ---- parameters, names, errors


def test_parameters_have_their_types(client, workspace):
    def p(name, value, kind=None):
        return StatementParameterListItem(name=name, value=value, type=kind)

    given = [p("i", "7", "INT"), p("d", "2024-02-29", "DATE"), p("t", "2024-02-29T10:00:00.000001Z", "TIMESTAMP"), p("n", None, "BIGINT"), p("s", "it's \\ a `b`"),
             p("x", "1.50", "DECIMAL(10,2)"), p("f", "true", "BOOLEAN"), p("e", "0.1", "DOUBLE")]
    told = execute(client, workspace, "SELECT :i AS i, :d AS d, :t AS t, :n AS n, :s AS s, :x AS x, :f AS f, :e AS e", parameters=given)
    assert [c.type_text for c in told.manifest.schema.columns] == ["INT", "DATE", "TIMESTAMP", "BIGINT", "STRING", "DECIMAL(10,2)", "BOOLEAN", "DOUBLE"]
    assert told.result.data_array == [["7", "2024-02-29", "2024-02-29T10:00:00.000001Z", None, "it's \\ a `b`", "1.50", "true", "0.1"]]
    told = execute(client, workspace, "SELECT :i AS i", parameters=[p("i", "seven", "INT")])
    assert told.status.state == StatementState.FAILED and "CAST_INVALID_INPUT" in told.status.error.message
    told = execute(client, workspace, "SELECT :missing AS i")
    assert told.status.state == StatementState.FAILED and "UNBOUND_SQL_PARAMETER" in told.status.error.message


def test_catalogues_and_default_schema(client, workspace):
    for sql in ("CREATE SCHEMA IF NOT EXISTS system.billing", "CREATE OR REPLACE TABLE system.billing.usage (a INT, system STRUCT<billing: INT>) USING DELTA",
                "INSERT INTO `system`.`billing`.`usage` VALUES (1, named_struct('billing', 2))"):
        assert execute(client, workspace, sql).status.state == StatementState.SUCCEEDED
    assert execute(client, workspace, "SELECT a, u.system.billing AS b, 'system.billing.usage' AS c FROM system.billing.usage AS u").result.data_array == [
        ["1", "2", "system.billing.usage"]]
    assert execute(client, workspace, "SELECT a FROM usage", catalog="system", schema="billing").result.data_array == [["1"]]
    told = execute(client, workspace, "SELECT a FROM system.billing.nothing")
    assert told.status.sql_state == "42P01" and "system" in told.status.error.message and "system__" not in told.status.error.message


def test_failed_statement(client, workspace):
    told = execute(client, workspace, "SELEC 1")
    assert told.status.state == StatementState.FAILED and told.status.error.error_code == ServiceErrorCode.BAD_REQUEST
    assert "PARSE_SYNTAX_ERROR" in told.status.error.message and told.status.sql_state == "42601"
    assert told.manifest is None and told.result is None


@pytest.mark.parametrize("wrong, word", [
    ({"colour": "red"}, "colour"), ({"disposition": "INLINE_OR_EXTERNAL_LINKS"}, "disposition"), ({"format": "ARROW_STREAM"}, "ARROW_STREAM"),
    ({"wait_timeout": "3s"}, "3s"), ({"wait_timeout": "51s"}, "51s"), ({"wait_timeout": 10}, "wait_timeout"), ({"statement": ""}, "statement"),
    ({"row_limit": 0}, "row_limit"), ({"row_limit": "5"}, "row_limit"), ({"parameters": [{"name": "a", "ordinal": 1}]}, "ordinal"), ({"parameters": [{"value": "a"}]}, "name"),
    ({"parameters": [{"name": "a", "type": "ARRAY<INT>", "value": "1"}]}, "complex"), ({"parameters": [{"name": "a", "value": 1}]}, "value"),
    ({"on_wait_timeout": "STOP"}, "on_wait_timeout"), ({"query_tags": [{"name": "a"}]}, "name"), ({"byte_limit": True}, "byte_limit"),
])
def test_undocumented_requests_are_refused(workspace, wrong, word):
    body = {"statement": "SELECT 1", "warehouse_id": workspace.warehouse_id, **wrong}
    got = requests.post(workspace.host + "/api/2.0/sql/statements", json=body, headers={"Authorization": f"Bearer {workspace.token}"}, timeout=30)
    assert got.status_code == 400 and got.json()["error_code"] == "INVALID_PARAMETER_VALUE" and word in got.json()["message"]


def test_unknown_things(client, workspace):
    with pytest.raises(NotFound):
        client.statement_execution.execute_statement("SELECT 1", "ffff")
    with pytest.raises(NotFound):
        client.statement_execution.get_statement("01f0")
    got = requests.get(workspace.host + "/api/2.0/sql/statements/x/y", headers={"Authorization": f"Bearer {workspace.token}"}, timeout=30)
    assert got.status_code == 404 and got.json()["error_code"] == "ENDPOINT_NOT_FOUND"


# ---- states


def test_states_in_their_order(client, workspace):
    workspace.settings.update(pending_s=0.5, running_s=0.5)
    told = execute(client, workspace, "SELECT 1 AS a", wait_timeout="0s")
    assert told.status.state == StatementState.PENDING and told.manifest is None
    seen = [told.status.state]
    while seen[-1] != StatementState.SUCCEEDED:
        state = client.statement_execution.get_statement(told.statement_id).status.state
        if state != seen[-1]:
            seen.append(state)
        assert len(seen) < 4
        time.sleep(0.05)
    assert seen == [StatementState.PENDING, StatementState.RUNNING, StatementState.SUCCEEDED]
    workspace.control({"do": "close_results"})
    told = client.statement_execution.get_statement(told.statement_id)
    assert told.status.state == StatementState.CLOSED and told.result is None
    with pytest.raises(NotFound):
        client.statement_execution.get_statement_result_chunk_n(told.statement_id, 0)


def test_wait_that_ends_before_the_statement(client, workspace):
    workspace.settings.update(running_s=8)
    on_time_out = ExecuteStatementRequestOnWaitTimeout
    begun = time.monotonic()
    told = execute(client, workspace, "SELECT 1 AS a", wait_timeout="5s", on_wait_timeout=on_time_out.CONTINUE)
    assert told.status.state == StatementState.RUNNING and 4 < time.monotonic() - begun < 8
    assert ended(client, told.statement_id).result.data_array == [["1"]]
    told = execute(client, workspace, "SELECT 1 AS a", wait_timeout="5s", on_wait_timeout=on_time_out.CANCEL)
    assert told.status.state == StatementState.CANCELED


def test_cancel_stops_spark(client, workspace):
    told = execute(client, workspace, "SELECT count(*) AS n FROM range(1000000000000) WHERE id % 7 = 3", wait_timeout="0s")
    while client.statement_execution.get_statement(told.statement_id).status.state != StatementState.RUNNING:
        time.sleep(0.05)
    time.sleep(1)
    client.statement_execution.cancel_execution(told.statement_id)
    assert ended(client, told.statement_id).status.state == StatementState.CANCELED
    assert execute(client, workspace, "SELECT count(*) AS n FROM range(10)", wait_timeout="50s").result.data_array == [["10"]]


# ---- who asks


def test_oauth_machine_to_machine(workspace):
    client = client_of(workspace, client_id=workspace.client_id, client_secret=workspace.client_secret)
    assert client.current_user.me().user_name == "someone@example.com"
    assert client.config.auth_type == "oauth-m2m"
    assert len(workspace.tokens) == 1
    workspace.control({"do": "expire_tokens"})
    with pytest.raises(Unauthenticated, match="expired"):
        client.current_user.me()
    wrong = client_of(workspace, client_id=workspace.client_id, client_secret="dosewrong")
    with pytest.raises(ValueError, match="invalid_client"):
        wrong.current_user.me()


def test_short_tokens_are_asked_anew(workspace):
    workspace.settings["token_s"] = 1
    client = client_of(workspace, client_id=workspace.client_id, client_secret=workspace.client_secret)
    client.current_user.me()
    time.sleep(1.1)
    client.current_user.me()
    assert len(workspace.tokens) == 2


def test_wrong_and_missing_tokens(workspace):
    with pytest.raises(PermissionDenied, match="Invalid access token"):
        client_of(workspace, token="dapiwrong").current_user.me()
    got = requests.get(workspace.host + "/api/2.0/preview/scim/v2/Me", timeout=30)
    assert got.status_code == 401 and got.json()["error_code"] == "UNAUTHENTICATED"


# ---- other parts


def test_warehouses(client, workspace):
    listed = list(client.warehouses.list())
    assert [w.id for w in listed] == [workspace.warehouse_id]
    assert client.warehouses.get(workspace.warehouse_id).odbc_params.path == f"/sql/1.0/warehouses/{workspace.warehouse_id}"
    with pytest.raises(NotFound):
        client.warehouses.get("ffff")


def test_users_in_pages(client, workspace):
    workspace.users = [{"id": str(i), "userName": f"u{i}@example.com", "active": True} for i in range(250)]
    assert [u.user_name for u in client.users.list()] == [f"u{i}@example.com" for i in range(250)]


def test_files(client):
    base = "/Volumes/main/default/landing"
    data = bytes(range(256)) * 100
    client.files.create_directory(base + "/a/b")
    client.files.upload(base + "/a/b/c d.bin", io.BytesIO(data))
    assert client.files.download(base + "/a/b/c d.bin").contents.read() == data
    about = client.files.get_metadata(base + "/a/b/c d.bin")
    assert about.content_length == len(data) and about.content_type == "application/octet-stream"
    with pytest.raises(AlreadyExists):
        client.files.upload(base + "/a/b/c d.bin", io.BytesIO(b""), overwrite=False)
    client.files.upload(base + "/a/b/c d.bin", io.BytesIO(b"new"), overwrite=True)
    for i in range(5):
        client.files.upload(f"{base}/a/{i}", io.BytesIO(b"x"))
    listed = list(client.files.list_directory_contents(base + "/a", page_size=2))
    assert [(e.name, e.is_directory, e.file_size) for e in listed] == [(str(i), False, 1) for i in range(5)] + [("b", True, None)]
    client.files.get_directory_metadata(base + "/a/b")
    with pytest.raises(BadRequest, match="not empty"):
        client.files.delete_directory(base + "/a/b")
    client.files.delete(base + "/a/b/c d.bin")
    client.files.delete_directory(base + "/a/b")
    for work in (client.files.get_metadata, client.files.download, client.files.delete):
        with pytest.raises(NotFound):
            work(base + "/a/b/c d.bin")
    with pytest.raises(NotFound):
        client.files.get_directory_metadata(base + "/a/b")
    with pytest.raises(NotFound):
        client.files.upload(base + "/none/x", io.BytesIO(b""))
    with pytest.raises(BadRequest, match="/Volumes"):
        client.files.upload("/Volumes/main/../../x/y", io.BytesIO(b""))


# ---- faults


def test_throttling_is_waited_out(client, workspace):
    workspace.control({"do": "fault", "path": "/Me", "times": 2, "status": 429, "headers": {"Retry-After": "1"}})
    begun = time.monotonic()
    assert client.current_user.me().user_name
    assert 2 <= time.monotonic() - begun < 15
    assert [e["status"] for e in workspace.log if e["path"].endswith("/Me")] == [429, 429, 200]


def test_faults_that_are_no_answers(workspace):
    def ask():
        request = urllib.request.Request(workspace.host + "/api/2.0/preview/scim/v2/Me", headers={"Authorization": f"Bearer {workspace.token}"})
        return urllib.request.urlopen(request, timeout=30).read()

    for drop in ("before", "after", "middle"):
        order = json.dumps({"do": "fault", "path": "/Me", "drop": drop}).encode()
        urllib.request.urlopen(urllib.request.Request(workspace.host + "/control", data=order), timeout=30).read()
        with pytest.raises((urllib.error.URLError, ConnectionError, OSError, __import__("http").client.HTTPException)):
            ask()
        assert json.loads(ask())["userName"]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(urllib.request.Request(workspace.host + "/control", data=b'{"do": "explode"}'), timeout=30)
    assert TooManyRequests
