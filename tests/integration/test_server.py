"""The HTTP API: every answer fits the schema that the program itself publishes, every mistake is named."""

import concurrent.futures
import csv
import gzip
import io
import json
import re
import socket
import threading
import time

import jsonschema
import pyarrow.ipc
import pyarrow.parquet
import pytest

from server_kit import Server, wait_until

ENDLESS = "SELECT COUNT(*) AS n FROM range(1000000000000) WHERE id % 7 = 3"


@pytest.fixture(scope="module")
def server(loaded):
    server = Server(loaded)
    yield server
    status, _, err = server.stop()
    assert status == 0, err


@pytest.fixture(scope="module")
def openapi(server):
    return server.get("/openapi.json").json


def check_schema(openapi, name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": openapi["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


# ---- the contract --------------------------------------------------------------------------------------------------


def test_the_document_is_openapi_3_1(openapi):
    assert openapi["openapi"] == "3.1.0"
    assert openapi["info"]["title"] == "secchi"
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            assert operation["x-role"] in {"public", "reader", "operator", "administrator"}
            names = re.findall(r"{(\w+)}", path)
            declared = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
            assert names == declared, path
            for p in operation.get("parameters", []):
                jsonschema.Draft202012Validator.check_schema(p["schema"])
            assert any(code.startswith("2") for code in operation["responses"])
    for schema in openapi["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/healthz",
        "/readyz",
        "/api/v1/whoami",
        "/api/v1/tables",
        "/api/v1/tables/dim_job",
        "/api/v1/tables/system_gold.dim_job",
        "/api/v1/tables/dim_job/rows?limit=2",
        "/api/v1/dashboards",
        "/api/v1/status",
        "/api/v1/runs",
        "/api/v1/runs/1",
        "/api/v1/findings",
        "/api/v1/rules",
        "/api/v1/tokens",
    ],
)
def test_good_answers_fit_their_schema(server, openapi, path):
    answer = server.get(path)
    assert answer.status == 200, answer.body
    plain = path.split("?")[0]
    matching = [p for p in openapi["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", p), plain)]
    content = openapi["paths"][matching[0]]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check_schema(openapi, content["$ref"].rsplit("/", 1)[1], answer.json)


def test_every_get_route_has_head(server, openapi):
    for path in ["/health", "/api/v1/tables", "/openapi.json"]:
        answer = server.ask("HEAD", path)
        assert answer.status == 200 and answer.body == b"" and int(answer.headers["Content-Length"]) > 0


def test_errors_fit_the_schema(server, openapi):
    for answer in [
        server.get("/nowhere"),
        server.get("/api/v1/runs?limit=x"),
        server.query("SELEC 1"),
        server.get("/api/v1/tables", Authorization="Bearer x"),
    ]:
        assert answer.status >= 400
        check_schema(openapi, "Error", answer.json)


# ---- queries -----------------------------------------------------------------------------------------------------------


def test_envelope(server, openapi):
    answer = server.query(
        "SELECT 1 AS a, 'x' AS b, CAST(1.5 AS DECIMAL(4,2)) AS d, TIMESTAMP'2026-01-02 03:04:05' AS t UNION ALL SELECT 9007199254740993, NULL, NULL, NULL ORDER BY a"
    )
    assert answer.status == 200, answer.body
    check_schema(openapi, "Envelope", answer.json)
    assert [c["name"] for c in answer.json["columns"]] == ["a", "b", "d", "t"]
    assert answer.json["rows"] == [[1, "x", "1.50", "2026-01-02T03:04:05Z"], ["9007199254740993", None, None, None]]
    assert answer.json["row_count"] == 2 and answer.json["truncated"] is False


def test_formats_hold_the_same_rows(server):
    sql = "SELECT id AS n, CASE WHEN id % 3 = 0 THEN NULL ELSE CONCAT('row, ', CAST(id AS STRING)) END AS t FROM range(3000) ORDER BY id"
    want = [{"n": i, "t": None if i % 3 == 0 else f"row, {i}"} for i in range(3000)]
    assert server.query(sql, format="json").json == want
    assert [json.loads(line) for line in server.query(sql, format="jsonl").body.decode().splitlines()] == want
    rows = list(csv.DictReader(io.StringIO(server.query(sql, format="csv").body.decode(), newline="")))
    assert rows == [{"n": str(r["n"]), "t": r["t"] or ""} for r in want]
    assert pyarrow.ipc.open_stream(server.query(sql, format="arrow").body).read_all().to_pylist() == want
    assert pyarrow.parquet.read_table(io.BytesIO(server.query(sql, format="parquet").body)).to_pylist() == want


def test_limits(server):
    answer = server.query("SELECT id FROM range(100)", max_rows=10)
    assert answer.json["row_count"] == 10 and answer.json["truncated"] is True
    for form in ["json", "csv", "arrow"]:
        assert server.query("SELECT id FROM range(100)", max_rows=10, format=form).headers["X-Secchi-Truncated"] == "true"
        assert "X-Secchi-Truncated" not in server.query("SELECT id FROM range(100)", max_rows=100, format=form).headers
    started = time.monotonic()
    answer = server.query(ENDLESS, timeout_ms=200)
    assert answer.status == 429 and answer.error["kind"] == "limit" and time.monotonic() - started < 5


@pytest.mark.parametrize(
    "params, row",
    [
        ({"x": 7}, 7),
        ({"x": 'it\'s \\ "q" -- ;'}, 'it\'s \\ "q" -- ;'),
        ({"x": None}, None),
        ({"x": 1.5}, 1.5),
        ({"x": True}, True),
        ({"x": "日本語"}, "日本語"),
        ({"x": {"type": "BIGINT", "value": "9223372036854775807"}}, "9223372036854775807"),
        ({"x": {"type": "DATE", "value": "1969-12-31"}}, "1969-12-31"),
        ({"x": {"type": "TIMESTAMP", "value": "2026-01-02T03:04:05.5+01:00"}}, "2026-01-02T02:04:05.500000Z"),
        ({"x": {"type": "STRING", "value": None}}, None),
    ],
)
def test_parameters_are_values(server, params, row):
    answer = server.query("SELECT :x AS x", params=params)
    assert answer.status == 200, answer.body
    assert answer.json["rows"] == [[row]]


@pytest.mark.parametrize(
    "body, status, where, part",
    [
        ({"sql": "SELECT 1", "fromat": "csv"}, 422, "fromat", "format"),
        ({"sql": 5}, 422, "sql", "text"),
        ({}, 422, "sql", "missing"),
        ({"sql": "SELECT 1", "max_rows": 0}, 422, "max_rows", "from 1 to"),
        ({"sql": "SELECT 1", "max_rows": 1.5}, 422, "max_rows", "whole number"),
        ({"sql": "SELECT 1", "max_rows": "10"}, 422, "max_rows", "whole number"),
        ({"sql": "SELECT 1", "format": "xlsx"}, 422, "format", "envelope"),
        ({"sql": "SELECT 1", "params": [1]}, 422, "params", "object"),
        ({"sql": "SELECT :a", "params": {"a": [1]}}, 422, "params.a", "list"),
        ({"sql": "SELECT :a", "params": {"a": {"type": "DAT", "value": "x"}}}, 422, "params.a", "DAT"),
        ({"sql": "SELECT :a", "params": {"a": {"type": "DATE", "value": "2026-13-01"}}}, 422, "params.a", "DATE"),
        ({"sql": "SELECT 1", "timeout_ms": 10**30}, 422, "timeout_ms", ""),
    ],
)
def test_bad_bodies_are_named(server, body, status, where, part):
    answer = server.ask("POST", "/api/v1/query", body)
    assert answer.status == status, answer.body
    assert where in answer.error["where"] and part in answer.error["what"] + answer.error["hint"], answer.error


def test_bad_sql_has_a_position_and_the_nearest_name(server):
    answer = server.query("SELECT *\nFROM dim_jbo")
    assert answer.status == 404 and "dim_job" in answer.error["hint"] and answer.error["where"].startswith("2:")
    assert server.query("DROP TABLE dim_job").status in (400, 403)
    assert server.query("SELECT * FROM read_csv('/etc/passwd')").status in (400, 403, 404)
    assert server.query("SELECT 1; SELECT 2").status == 400


# ---- parameters of paths and queries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, status, where, hint",
    [
        ("/api/v1/runs?limit=0", 422, "limit", ""),
        ("/api/v1/runs?limit=1001", 422, "limit", ""),
        ("/api/v1/runs?limit=ten", 422, "limit", ""),
        ("/api/v1/runs?limit=", 422, "limit", ""),
        ("/api/v1/runs?limit=5&limit=6", 422, "limit", ""),
        ("/api/v1/runs?limti=5", 422, "limti", "limit"),
        ("/api/v1/runs?limit=99999999999999999999", 422, "limit", ""),
        ("/api/v1/runs/x", 422, "id", ""),
        ("/api/v1/runs/-1", 422, "id", ""),
        ("/api/v1/runs/0", 422, "id", ""),
        ("/api/v1/runs/999999", 404, "", ""),
        ("/api/v1/tables/dim_jbo", 404, "", "dim_job"),
        ("/api/v1/tabels", 404, "", "/api/v1/tables"),
        ("/api/v1/dashboards/helth", 404, "", "health"),
        ("/api/v1/tables?x=1", 422, "x", ""),
        ("/api/v1/tables/dim_job/rows?offset=-1", 422, "offset", ""),
        ("/api/v1/runs?limit=%zz", 400, "", ""),
        ("/api/v1/runs?limit=5%00", 400, "", ""),
        ("/api/v1/tables/%ff%fe", 400, "", ""),
        ("/api/v1/tables/" + "a" * 20000, 414, "", ""),
        ("/api/v1/tables/a%2Fb", 404, "", ""),
        ("/api/v1/tables/..", 404, "", ""),
        ("/assets/..%2f..%2fetc%2fpasswd", 404, "", ""),
        ("/assets/.hidden", 404, "", ""),
        ("/api/v1/tables/dim_job%60;DROP", 404, "", ""),
    ],
)
def test_wrong_addresses(server, path, status, where, hint):
    answer = server.get(path)
    assert answer.status == status, answer.body
    assert where in answer.error["where"] and hint in answer.error["hint"], answer.error


def test_methods(server):
    answer = server.ask("PUT", "/api/v1/tables")
    assert answer.status == 405 and set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    answer = server.ask("GET", "/api/v1/query")
    assert answer.status == 405 and answer.headers["Allow"] == "POST"
    assert server.ask("BREW", "/").status in (400, 405)


def test_body_types_and_sizes(server):
    assert server.ask("POST", "/api/v1/query", "sql=SELECT 1", {"Content-Type": "application/x-www-form-urlencoded"}).status == 415
    assert server.ask("POST", "/api/v1/query", '{"sql": "SELECT 1"}').status == 415
    assert server.ask("POST", "/api/v1/query", '{"sql": "SELECT 1"}', {"Content-Type": "application/json; charset=utf-8"}).status == 200
    for text in [
        "",
        "{",
        "[]",
        "null",
        '{"sql": "SELECT 1"} x',
        '{"sql": "\\ud800"}',
        "\x00",
        '{"sql": "SELECT 1", "sql": "SELECT 2"}',
        "[" * 100000,
    ]:
        answer = server.ask("POST", "/api/v1/query", text, {"Content-Type": "application/json"})
        assert answer.status in (400, 422), text[:50]
    assert server.ask("POST", "/api/v1/query", b'{"sql": "SELECT \xff"}', {"Content-Type": "application/json"}).status == 400
    head = b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    assert b" 413 " in server.raw(head + b"Content-Length: 9000000\r\n\r\n").splitlines()[0]
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
        try:
            s.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 10 + b"0\r\n\r\n")
        except OSError:
            pass
        assert b" 413 " in s.recv(4096).splitlines()[0]
    assert server.ask("GET", "/api/v1/tables", '{"a": 1}', {"Content-Type": "application/json"}).status == 400


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/v1/query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\x01\x02 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: v\r\n" % i for i in range(20000)) + b"\r\n",
    ],
)
def test_broken_http_does_no_harm(server, data):
    try:
        server.raw(data, timeout=1)
    except OSError:
        pass
    assert server.get("/healthz").status == 200


# ---- headers --------------------------------------------------------------------------------------------------------------------


def test_security_headers(server):
    for path, accept in [("/api/v1/tables", "*/*"), ("/", "text/html"), ("/nowhere", "*/*")]:
        headers = server.get(path, Accept=accept).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers.get_all("Content-Security-Policy") and len(headers.get_all("Content-Security-Policy")) == 1
    assert server.query("SELECT 1 AS a").headers["Cache-Control"] == "no-store"
    assert "unsafe-eval" not in server.get("/", Accept="text/html").headers["Content-Security-Policy"]


def test_etag(server):
    first = server.get("/api/v1/tables")
    tag = first.headers["ETag"]
    again = server.get("/api/v1/tables", If_None_Match=tag)
    assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
    assert server.get("/api/v1/tables", If_None_Match='"other"').status == 200
    assert server.get("/api/v1/tables", If_None_Match=f'"x", {tag}').status == 304


def test_compression(server):
    plain, packed = server.get("/api/v1/tables"), server.get("/api/v1/tables", Accept_Encoding="br, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2
    assert "Content-Encoding" not in server.get("/api/v1/tables", Accept_Encoding="gzip;q=0").headers
    assert "Content-Encoding" not in server.get("/healthz", Accept_Encoding="gzip").headers


def test_the_page(server):
    page = server.get("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["Content-Type"].startswith("text/html") and page.body.lower().startswith(b"<!doctype html>")
    assert server.get("/", Accept="application/json").json["name"] == "secchi"
    assert server.get("/").json["name"] == "secchi"
    scripts = re.findall(rb'(?:src|href)="\.?/(assets/[^"]+)"', page.body)
    assert scripts
    for name in scripts:
        packed = server.get("/" + name.decode(), Accept_Encoding="gzip")
        plain = server.get("/" + name.decode())
        assert packed.status == plain.status == 200 and "immutable" in plain.headers["Cache-Control"]
        body = gzip.decompress(packed.body) if packed.headers.get("Content-Encoding") == "gzip" else packed.body
        assert body == plain.body
        assert server.get("/" + name.decode(), If_None_Match=plain.headers["ETag"]).status == 304


# ---- who ---------------------------------------------------------------------------------------------------------------------------


def test_development_answers_localhost_pages_only(server):
    assert server.get("/api/v1/whoami").json == {"user": "development", "role": "administrator", "tenant": None}
    assert server.get("/api/v1/tables", Host="evil.example").status == 403
    assert server.get("/api/v1/tables", Host=f"localhost:{server.port}").status == 200
    assert server.get("/api/v1/tables", Origin="http://evil.example").status == 403
    assert server.get("/api/v1/tables", Origin="null").status == 403
    assert server.get("/api/v1/tables", Host=f"127.0.0.1:{server.port}", Origin=f"http://127.0.0.1:{server.port}").status == 200
    assert server.get("/api/v1/tables", X_Forwarded_For="10.0.0.1").status == 401
    assert server.get("/api/v1/tables", Authorization="Bearer wrong").status == 401
    assert "WWW-Authenticate" in server.get("/api/v1/tables", Authorization="Bearer wrong").headers


def test_tokens_and_roles(server):
    made = server.ask("POST", "/api/v1/tokens", {"name": "robot", "role": "reader"})
    assert made.status == 201
    bearer = {"Authorization": f"Bearer {made.json['token']}"}
    assert server.ask("GET", "/api/v1/whoami", headers=bearer).json == {"user": "robot", "role": "reader", "tenant": None}
    assert server.ask("GET", "/api/v1/tables", headers={**bearer, "Host": "evil.example"}).status == 200  # a token needs no Host
    assert server.ask("POST", "/api/v1/runs", {"kind": "refresh"}, bearer).status == 403
    assert server.ask("GET", "/api/v1/tokens", headers=bearer).status == 403
    assert server.ask("POST", "/api/v1/query", {"sql": "SELECT * FROM secchi_ops.run"}, bearer).status == 403
    listed = server.get("/api/v1/tokens").json["tokens"]
    assert made.json["token"] not in json.dumps(listed)
    number = [t["id"] for t in listed if t["name"] == "robot" and not t["revoked_at"]][0]
    assert server.ask("DELETE", f"/api/v1/tokens/{number}").status == 200
    assert server.ask("GET", "/api/v1/whoami", headers=bearer).status == 401
    assert server.ask("POST", "/api/v1/tokens", {"name": "x", "role": "raeder"}).error["hint"] == "did you mean reader?"
    assert server.ask("POST", "/api/v1/tokens", {"name": "x", "role": "reader", "tenant": "nobody"}).status == 422
    assert server.ask("POST", "/api/v1/tokens", {"name": "", "role": "reader"}).status == 422
    assert server.ask("POST", "/api/v1/stop").status == 403  # only on the socket


# ---- many, slow and vanished clients -----------------------------------------------------------------------------------------------


def test_200_requests_at_once(server):
    def one(i):
        answer = server.query("SELECT :i * 2 AS n", params={"i": i})
        return answer.status, answer.json.get("rows")

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        assert list(pool.map(one, range(200))) == [(200, [[2 * i]]) for i in range(200)]


def test_light_requests_are_answered_while_queries_run(server):
    def endless():
        return server.query(ENDLESS, timeout_ms=1500).status

    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        running = [pool.submit(endless) for _ in range(30)]
        time.sleep(0.3)
        started = time.monotonic()
        assert server.get("/healthz").status == 200
        assert server.get("/api/v1/runs").status == 200
        assert time.monotonic() - started < 1
        assert {r.result() for r in running} == {429}


def running_statements(server):
    """Statements that hold a connection: a probe that must wait tells when there are as many as are allowed."""
    return server.query("SELECT 1 AS a", timeout_ms=300).status


def test_a_vanished_client_ends_its_statement(server):
    body = json.dumps({"sql": ENDLESS}).encode()
    head = b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    sockets = []
    for _ in range(8):  # query.concurrency
        s = socket.create_connection(("127.0.0.1", server.port))
        s.sendall(head + body)
        sockets.append(s)
    time.sleep(0.5)  # a statement of this test must not take the place of one of theirs
    wait_until(lambda: running_statements(server) == 429, 20)
    for s in sockets:
        s.close()
    wait_until(lambda: running_statements(server) == 200, 20)


def test_a_slow_reader_gets_everything_and_holds_nobody_up(server):
    rows = 400_000
    connection = server.connect()
    connection.request(
        "POST",
        "/api/v1/query",
        json.dumps({"sql": f"SELECT id, REPEAT('x', 50) AS t FROM range({rows})", "format": "csv", "max_rows": rows}),
        {"Content-Type": "application/json"},
    )
    response = connection.getresponse()
    data = response.read(100)
    time.sleep(1)
    assert server.get("/healthz").status == 200
    assert server.query("SELECT 1 AS a").status == 200
    data += response.read()
    connection.close()
    assert data.count(b",xxxx") == rows and data.endswith(b"x\r\n")


def test_a_long_answer_that_is_cut_says_so_in_a_trailer(server):
    for rows, cut in [(200_000, False), (200_001, True)]:
        body = json.dumps({"sql": f"SELECT id, REPEAT('x', 50) AS t FROM range({rows})", "format": "csv", "max_rows": 200_000}).encode()
        head = b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
        answer = server.raw(head + b"Content-Length: %d\r\n\r\n" % len(body) + body, timeout=30)
        assert (b"\r\n0\r\nX-Secchi-Truncated: true\r\n\r\n" in answer[-100:]) is cut
        assert answer.endswith(b"\r\n\r\n")


def test_half_open_connections_do_not_hold_others_up(server):
    waiting = []
    for part in [
        b"",
        b"G",
        b"POST /api/v1/query HTTP/1.1\r\nHo",
        b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ]:
        for _ in range(25):
            s = socket.create_connection(("127.0.0.1", server.port))
            s.sendall(part)
            waiting.append(s)
    started = time.monotonic()
    assert server.get("/healthz").status == 200
    assert time.monotonic() - started < 1
    for s in waiting:
        s.close()


def test_connections_are_kept_and_pipelined(server):
    answer = server.raw(
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert b'{"status":"ok"}' in answer and b'{"status":"ready"}' in answer


# ---- dashboards --------------------------------------------------------------------------------------------------------------------


def test_dashboards_are_the_files(server, openapi):
    listed = server.get("/api/v1/dashboards").json["dashboards"]
    assert "health" in [d["name"] for d in listed]
    dashboard = server.get("/api/v1/dashboards/health").json
    assert dashboard["datasets"]
    for dataset in dashboard["datasets"]:
        answer = server.ask("POST", f"/api/v1/dashboards/health/datasets/{dataset['name']}", {})
        assert answer.status == 200, (dataset["name"], answer.body)
        check_schema(openapi, "Dataset", answer.json)
        assert answer.json["dataset"] == dataset["name"]


def test_datasets_take_their_parameters_alone(server):
    dashboard = server.get("/api/v1/dashboards/health").json
    name = dashboard["datasets"][0]["name"]
    answer = server.ask("POST", f"/api/v1/dashboards/health/datasets/{name}", {"parameters": {"nosuch": 1}})
    assert answer.status == 422 and "nosuch" in answer.error["where"]
    assert server.ask("POST", "/api/v1/dashboards/health/datasets/nosuch", {}).status == 404


def test_readers_of_one_dataset_share_one_run(server):
    dashboard = server.get("/api/v1/dashboards/health").json
    path = f"/api/v1/dashboards/health/datasets/{dashboard['datasets'][0]['name']}"
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: server.ask("POST", path, {}), range(20)))
    assert {a.status for a in answers} == {200}
    assert len({a.body for a in answers}) == 1
    assert [a.headers["X-Cache"] for a in answers].count("MISS") <= 1


# ---- runs ----------------------------------------------------------------------------------------------------------------------------


def test_a_run_is_followed_by_events(server):
    seen, others = [], []
    started = server.ask("POST", "/api/v1/runs", {"kind": "refresh"})
    assert started.status == 202, started.body
    number = started.json["run_id"]
    listener = threading.Thread(target=lambda: others.extend(server.events(number)))
    listener.start()
    seen.extend(server.events(number))
    listener.join(60)
    assert [e["number"] for e in seen] == list(range(1, len(seen) + 1)) == [e["number"] for e in others]
    assert seen[0]["event"] == "run" and seen[0]["state"] == "running"
    assert seen[-1]["event"] == "run" and seen[-1]["state"] == "succeeded"
    steps = [e for e in seen if e["event"] == "step"]
    assert steps and {"step", "seq", "done", "total"} <= set(steps[0])
    assert list(server.events(number, after=seen[-2]["number"])) == seen[-1:]
    run = server.get(f"/api/v1/runs/{number}").json
    assert run["state"] == "succeeded" and run["requested_by"] == "development"


def test_only_known_tables_are_refreshed(server):
    answer = server.ask("POST", "/api/v1/runs", {"kind": "refresh", "only": ["dim_jbo"]})
    assert answer.status == 404 and "dim_job" in answer.error["hint"]


def test_unknown_runs(server):
    assert server.get("/api/v1/runs/99999/events").status == 404
    assert server.ask("DELETE", "/api/v1/runs/99999").status == 404
    assert server.ask("DELETE", "/api/v1/runs/1").status == 409
    assert server.get("/api/v1/runs/1/events", Last_Event_ID="x").status == 422
