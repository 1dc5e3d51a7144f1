"""The engine spark (src/engine/spark) against a real Spark Connect server with a token: its answers are those of PySpark's own client.

tests/unit/spark_drive.c is the engine room as a program. Between it and Spark stand, where a test needs them, a proxy that cuts
connections, one that speaks TLS, and a server that answers wrongly.
"""
import os
import pathlib
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

import pyarrow.ipc
import pyarrow.parquet
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "spark"))

from spark import Install, connect_server, free_port  # noqa: E402

DRIVE = pathlib.Path(os.environ.get("SECCHI_BUILD", str(ROOT / "build"))) / "tests/unit/spark_drive"
HERE = pathlib.Path(__file__).parent
TOKEN = "good-token-7"
QUERIES = [
    "SELECT 1 AS i, CAST(2 AS TINYINT) AS t, CAST(3 AS SMALLINT) AS s, 4L AS l, CAST(1.5 AS FLOAT) AS f, 0.1D AS d, 1.25BD AS c, TRUE AS b",
    "SELECT 'häß' AS s, X'00FF' AS x, DATE'0001-01-01' AS d, TIMESTAMP'1969-12-31 23:59:59.999999' AS t, TIMESTAMP_NTZ'2026-01-02 03:04:05' AS n",
    "SELECT CAST(NULL AS INT) AS i, NULL AS v, CAST('NaN' AS DOUBLE) AS nan, CAST(-123456789012345678901234567.89 AS DECIMAL(38, 2)) AS c",
    "SELECT ARRAY(1, NULL, 3) AS a, MAP('a', STRUCT(1 AS x, 'y' AS y)) AS m, NAMED_STRUCT('p', ARRAY(DATE'2026-01-01')) AS s",
    "SELECT id, id % 7 AS g, REPEAT('x', CAST(id % 50 AS INT)) AS s FROM RANGE(25000) ORDER BY id",
    "SELECT id, CAST(id AS STRING) AS s FROM RANGE(10) WHERE id > 100",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with connect_server(tmp_path_factory.mktemp("spark"), {"spark.driver.memory": "1g"}, token=TOKEN) as s:
        yield s


@pytest.fixture(scope="module")
def url(server):
    return f"sc://localhost:{server.port}"


def drive(*words, token=TOKEN, timeout=240, **options):
    more = ["--token", token] if token else []
    return subprocess.run([DRIVE, *more, *map(str, words)], capture_output=True, text=True, timeout=timeout, **options)


def good(*words, **options):
    done = drive(*words, **options)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def bad(kind, *words, **options):
    done = drive(*words, **options)
    assert done.returncode != 0 and done.stdout.splitlines()[0] == f"kind {kind}", f"{words}: {done.stdout}{done.stderr}"
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout


def rows(tmp_path, *words, **options):
    out = tmp_path / "out.arrows"
    good("--out", out, *words, **options)
    return pyarrow.ipc.open_stream(out.read_bytes()).read_all()


def cells(table):
    return [(f.name, str(f.type)) for f in table.schema], [repr(r) for r in table.to_pylist()]


def test_rows_are_those_of_pyspark(server, url, tmp_path):
    install = Install("4.2")
    oracle = subprocess.run([install.python, HERE / "spark_engine_oracle.py", server.for_token(TOKEN), tmp_path], input="\n".join(QUERIES),
                            text=True, capture_output=True, timeout=300, env=install.environment(tmp_path))
    assert oracle.returncode == 0, oracle.stderr[-3000:]
    for number, sql in enumerate(QUERIES):
        theirs = pyarrow.ipc.open_stream((tmp_path / f"{number}.arrow").read_bytes()).read_all()
        assert cells(rows(tmp_path, "--url", url, sql)) == cells(theirs), sql


def test_parameters_come_back_as_they_are(url, tmp_path):
    text = "it's \\ \"quoted\" -- ${x} :p\nline ä 😀"
    params = {"p": f"text:{text}", "i": "i64:-9223372036854775808", "f": "f64:0.1", "b": "bool:true", "t": "time:-1", "d": "date:-719162", "z": "null:"}
    words = [w for name, value in params.items() for w in ("--param", f"{name}={value}")]
    (row,) = rows(tmp_path, "--url", url, *words, "SELECT :p AS p, :i AS i, :f AS f, :b AS b, :t AS t, :d AS d, :z AS z").to_pylist()
    assert row["p"] == text and row["i"] == -2**63 and row["f"] == 0.1 and row["b"] is True and row["z"] is None
    assert row["t"].isoformat() == "1969-12-31T23:59:59.999999+00:00" and row["d"].isoformat() == "0001-01-01"
    assert ":q has no value" in bad("usage", "--url", url, "SELECT 1 AS a", "SELECT\n :q AS q")


def test_time_is_that_of_the_connection(url, tmp_path):
    (row,) = rows(tmp_path, "--url", url, "--now", "2026-03-04T05:06:07Z",
                  "SELECT current_timestamp() AS t, now() AS n, current_date AS d, unix_timestamp() AS u, 'now()' AS s").to_pylist()
    assert row["t"] == row["n"] and row["t"].isoformat() == "2026-03-04T05:06:07+00:00" and row["d"].isoformat() == "2026-03-04"
    assert row["u"] == 1772600767 and row["s"] == "now()"


def test_tables_are_made_changed_and_described(url, tmp_path):
    made = ["DROP TABLE IF EXISTS main.people",
            "CREATE TABLE main.people (id BIGINT NOT NULL COMMENT 'it''s a key', tags MAP<STRING, STRING>, CONSTRAINT pk PRIMARY KEY (id)) "
            "USING DELTA COMMENT 'People' TBLPROPERTIES ('secchi.domain' = 'cost')",
            "INSERT INTO main.people SELECT id, MAP('k', 'v') FROM RANGE(10)"]
    good("--url", url, *made)
    assert good("--url", url, "--columns", "main.people") == "id\tBIGINT\ntags\tMAP<STRING, STRING>\n"
    assert good("--url", url, "--describe", "SELECT id, tags['k'] AS k FROM main.people WHERE 1 = 0") == "id\tBIGINT\nk\tSTRING\n"
    assert good("--url", url, "UPDATE main.people SET tags = NULL WHERE id < 3") == "changed 3\n"
    merge = "MERGE INTO main.people AS t USING (SELECT id FROM RANGE(8, 12)) AS s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)"
    assert good("--url", url, merge) == "changed 4\n"
    assert good("--url", url, "DELETE FROM main.people WHERE id = 0") == "changed 1\n"
    assert rows(tmp_path, "--url", url, "SELECT COUNT(*) AS n, COUNT(tags) AS t FROM main.people").to_pylist() == [{"n": 9, "t": 5}]
    assert "people" in bad("not_found", "--url", url, "--columns", "main.peopel")


def test_hash_of_a_table_does_not_depend_on_order(url):
    for name, order in ("one", "id"), ("two", "-id"), ("three", "id LIMIT 99"):
        good("--url", url, f"DROP TABLE IF EXISTS main.{name}", f"CREATE TABLE main.{name} USING DELTA AS SELECT id, id % 3 AS g FROM RANGE(100) ORDER BY {order}")
    one, two, three = (good("--url", url, "--hash", f"main.{name}") for name in ("one", "two", "three"))
    assert one == two and re.fullmatch("[0-9a-f]{16}\n", one) and one != three


def test_bulk_load(url, tmp_path):
    good("--url", url, "DROP TABLE IF EXISTS main.loaded", "CREATE TABLE main.loaded (id BIGINT, name STRING, at TIMESTAMP) USING DELTA", "--load", 60001)
    sql = "SELECT COUNT(*) AS n, COUNT(name) AS named, COUNT(DISTINCT name) AS names, CAST(SUM(id) AS BIGINT) AS s, MAX(at) AS m, MIN(name) AS bad FROM main.loaded"
    (row,) = rows(tmp_path, "--url", url, sql).to_pylist()
    assert (row["n"], row["named"], row["names"], row["s"]) == (60001, 48000, 2, 60000 * 60001 // 2)
    assert row["m"].timestamp() == 60000 and row["bad"] == "bad \N{REPLACEMENT CHARACTER} byte"


def test_files_are_staged_with_their_places(url, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2], "m": [[("k", 1)], None]}, schema=pyarrow.schema(
        [("a", pyarrow.int64()), ("m", pyarrow.map_(pyarrow.string(), pyarrow.int32()))])), files / "1.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"a": [3], "b": ["x"]}), files / "2.parquet")
    got = rows(tmp_path, "--url", url, "--files", files, "SELECT a, b, m, bronze_source_file AS f, bronze_source_seq AS s, bronze_reject AS r FROM incoming.x AS x ORDER BY a")
    first, second = str(files / "1.parquet"), str(files / "2.parquet")
    assert got.to_pylist() == [{"a": 1, "b": None, "m": [("k", 1)], "f": first, "s": 0, "r": None},
                               {"a": 2, "b": None, "m": None, "f": first, "s": 1, "r": None},
                               {"a": 3, "b": "x", "m": None, "f": second, "s": 0, "r": None}]
    left = rows(tmp_path, "--url", url, "SHOW TABLES IN spark_catalog.secchi_staging")
    assert left.num_rows == 0


def test_errors_tell_their_place(url):
    assert "secchi: 3:8: [UNRESOLVED_COLUMN" in bad("engine", "--url", url, "SELECT\n  1 AS a,\n       nothing AS b\nFROM RANGE(1) AS r")
    assert "main.nowhere" in bad("not_found", "--url", url, "SELECT * FROM main.nowhere").replace("`", "")
    assert "DIVIDE_BY_ZERO" in bad("engine", "--url", url, "SELECT id / 0 AS x FROM RANGE(3)")


def test_interrupt_ends_a_long_statement(url):
    began = time.monotonic()
    slow = "SELECT COUNT(*) AS n FROM (SELECT java_method('java.lang.Thread', 'sleep', id * 0 + 200L) AS x FROM RANGE(0, 3000, 1, 8)) WHERE x IS NULL OR x <> 'y'"
    bad("interrupted", "--url", url, "--interrupt-ms", 3000, slow)
    assert time.monotonic() - began < 120
    assert good("--url", url, "SELECT 1 AS a") == "rows 1\n"


# ---- the way to the server


class Proxy(threading.Thread):
    """Hands bytes on; cut_after: each connection is cut when so many came from the server, `cuts` times."""

    def __init__(self, port, context=None, cut_after=0, cuts=0):
        super().__init__(daemon=True)
        self.to, self.context, self.cut_after, self.cuts, self.done = port, context, cut_after, cuts, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        came = 0
        try:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            with client, socket.create_connection(("127.0.0.1", self.to)) as server:
                while True:
                    pending = self.context and client.pending()
                    ready = [client] if pending else select.select([client, server], [], [])[0]
                    for s in ready:
                        data = s.recv(65536)
                        if not data:
                            return
                        (server if s is client else client).sendall(data)
                        came += len(data) if s is server else 0
                    if self.cut_after and came > self.cut_after and self.done < self.cuts:
                        self.done += 1
                        return
        except OSError:
            return


def test_a_connection_that_breaks_is_taken_up_again(server, tmp_path):
    proxy = Proxy(server.port, cut_after=200_000, cuts=3)
    sql = "SELECT id, REPEAT('secchi', 20) || id AS s FROM RANGE(0, 60000, 1, 4) ORDER BY id"
    table = rows(tmp_path, "--url", f"sc://localhost:{proxy.port}", sql)
    assert proxy.done == 3
    assert table.column("id").to_pylist() == list(range(60000))
    assert table.column("s").to_pylist()[59999] == "secchi" * 20 + "59999"


def test_what_changes_rows_is_not_done_twice(server, url, tmp_path):
    good("--url", url, "DROP TABLE IF EXISTS main.once", "CREATE TABLE main.once (a INT) USING DELTA")
    proxy = Proxy(server.port, cut_after=600, cuts=1)
    good("--url", f"sc://localhost:{proxy.port}", "INSERT INTO main.once VALUES (1)", "INSERT INTO main.once VALUES (2)")
    assert proxy.done == 1
    assert sorted(r["a"] for r in rows(tmp_path, "--url", url, "SELECT a FROM main.once").to_pylist()) == [1, 2]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.set_alpn_protocols(["h2"])
    return context, folder / "cert.pem"


def test_tls(server, certificate, tmp_path):
    context, ca = certificate
    proxy = Proxy(server.port, context)
    secure = f"sc://localhost:{proxy.port}/;use_ssl=true"
    assert good("--url", secure, "--ca", ca, "SELECT 1 AS a", "SELECT id FROM RANGE(2000)") == "rows 2000\n"
    assert "engine.ca_file" in bad("unavailable", "--url", secure, "SELECT 1 AS a")
    assert "use_ssl" in bad("unavailable", "--url", f"sc://localhost:{server.port}/;use_ssl=true", "--ca", ca, "SELECT 1 AS a")


def test_token(url):
    assert "refuses the token" in bad("denied", "--url", url, "SELECT 1 AS a", token="wrong-token")
    assert "asks for a token" in bad("denied", "--url", url, "SELECT 1 AS a", token=None)
    assert "over TLS only" in bad("usage", "--url", "sc://spark.example/;use_ssl=false", "SELECT 1 AS a")


def test_nobody_listens():
    port = free_port()
    assert f"nobody listens at localhost:{port}" in bad("unavailable", "--url", f"sc://localhost:{port}", "SELECT 1 AS a")


@pytest.mark.parametrize("mode,kind,says", [("bytes", "engine", "damaged"), ("cut", "engine", "damaged"), ("arrow", "engine", "cannot be read")])
def test_wrong_answers(mode, kind, says, tmp_path):
    install = Install("4.2")
    told = tmp_path / "port"
    fake = subprocess.Popen([install.python, HERE / "spark_engine_fake.py", told, mode], env=install.environment(tmp_path))
    try:
        for _ in range(600):
            if told.exists() and told.read_text():
                break
            time.sleep(0.1)
        assert says in bad(kind, "--url", f"sc://localhost:{told.read_text()}", "SELECT 1 AS a")
    finally:
        fake.kill()
        fake.wait()
