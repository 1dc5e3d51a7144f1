"""One owner a home: starting, racing, dying, stopping, backing up."""

import concurrent.futures
import datetime
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import time

import pytest

from program import EVENT_LOGS, SECCHI, new_home
from server_kit import Server, wait_until


def query(home, sql="SELECT 1 AS a"):
    return subprocess.Popen(
        [SECCHI, "--home", str(home.path), "query", "--format", "csv", sql],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=home.env,
    )


def test_commands_work_with_and_without_a_server(home):
    assert home.one("SELECT 41 + 1 AS n") == 42
    server = Server(home)
    assert home.one("SELECT 41 + 1 AS n") == 42
    assert home.run("serve", "--port", "0").returncode == 1
    assert server.stop()[0] == 0
    assert home.one("SELECT 41 + 1 AS n") == 42


def test_ready_soon_after_a_clean_stop(loaded):
    Server(loaded).stop()
    times = []
    for _ in range(5):
        started = time.monotonic()
        server = Server(loaded)
        assert server.get("/readyz").status == 200
        times.append(time.monotonic() - started)
        assert server.stop()[0] == 0
    busy = max(1.0, os.getloadavg()[0] / os.cpu_count())  # other work on the machine takes its share
    assert min(times) < 0.3 * busy, times


def test_twenty_commands_race_for_the_home(home):
    commands = [query(home, f"SELECT {i} AS n") for i in range(20)]
    for i, command in enumerate(commands):
        out, err = command.communicate(timeout=60)
        assert command.returncode == 0, err
        assert out.split() == ["n", str(i)]
        assert err == ""


def test_commands_race_with_servers_that_come_and_go(home):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(home.run, "query", "--format", "csv", "SELECT 7 AS n") for _ in range(24)]
        for _ in range(4):
            try:
                Server(home).stop()
            except AssertionError:
                pass  # a command was the owner
        for done in asked:
            assert done.result().returncode == 0, done.result().stderr


def test_a_killed_owner_leaves_nothing_in_the_way(home):
    server = Server(home)
    assert home.one("SELECT 1 AS a") == 1
    server.process.kill()
    server.process.wait()
    assert home.one("SELECT 2 AS a") == 2
    again = Server(home)
    assert again.get("/readyz").status == 200
    assert again.stop()[0] == 0


def test_commands_survive_the_owner_being_killed_under_them(home):
    server = Server(home)
    waiting = query(home, "SELECT COUNT(*) AS n FROM range(60000000) WHERE id % 7 = 3")
    time.sleep(0.3)
    server.process.kill()
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and out.split() == ["n", "8571429"] and err == ""


def test_commands_survive_the_owner_stopping_under_them(home):
    server = Server(home)
    waiting = query(home, "SELECT COUNT(*) AS n FROM range(60000000) WHERE id % 7 = 3")
    time.sleep(0.3)
    assert server.stop()[0] == 0
    out, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and out.split() == ["n", "8571429"] and err == ""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopping_answers_what_runs(home, how):
    server = Server(home)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(server.query, "SELECT COUNT(*) AS n FROM range(60000000) WHERE id % 7 = 3")
        time.sleep(0.3)
        status, out, err = server.stop(how)
        assert running.result().status == 200
    assert status in (0, 130) and "Traceback" not in err


def test_stopping_does_not_wait_for_ever(home):
    server = Server(home)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(server.query, "SELECT COUNT(*) AS n FROM range(1000000000000) WHERE id % 7 = 3")
        time.sleep(0.3)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 20
        assert running.result().status in (499, 503)


def test_stop_command(home):
    assert home.run("stop").returncode == 1
    server = Server(home)
    assert home.run("stop").returncode == 0
    assert server.process.wait(10) == 0


def test_ctrl_c_cancels_the_refresh(loaded, tmp_path):
    home = new_home(tmp_path / "home")
    server = Server(home)
    home.good("setup", "--source", EVENT_LOGS / "classic")
    refresh = subprocess.Popen(
        [SECCHI, "--home", str(home.path), "refresh", "--full"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=home.env
    )
    wait_until(lambda: server.get("/api/v1/status").json["running"] or refresh.poll() is not None)
    refresh.send_signal(signal.SIGINT)
    refresh.communicate(timeout=60)
    assert refresh.returncode in (130, 0)  # 0: it was quicker
    last = server.get("/api/v1/runs?limit=1").json["runs"][0]
    assert last["state"] == ("cancelled" if refresh.returncode == 130 else "succeeded")
    server.stop()


def test_never_two_runs_at_once(loaded, tmp_path):
    home = new_home(tmp_path / "home")
    server = Server(home)
    assert server.ask("POST", "/api/v1/sources", {"path": str(EVENT_LOGS / "classic")}).status == 201
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.ask("POST", "/api/v1/runs", {"kind": "setup"}), range(8)))
    assert sorted(a.status for a in answers) == [202] + [409] * 7
    number = [a.json["run_id"] for a in answers if a.status == 202][0]
    assert list(server.events(number))[-1]["state"] == "succeeded"
    server.stop()


def test_sources_are_checked_and_opened(home, tmp_path):
    server = Server(home)
    assert server.ask("POST", "/api/v1/sources", {"path": "relative"}).status == 422
    assert server.ask("POST", "/api/v1/sources", {"path": "/no/such/folder"}).status == 422
    (tmp_path / "empty").mkdir()
    assert server.ask("POST", "/api/v1/sources", {"path": str(tmp_path / "empty")}).status in (400, 422)
    added = server.ask("POST", "/api/v1/sources", {"path": str(EVENT_LOGS / "classic"), "workspace_id": "w1"})
    assert added.status == 201 and added.json["workspace_id"] == "w1"
    assert [s["name"] for s in server.get("/api/v1/status").json["sources"]] == [added.json["name"]]
    assert server.query("SELECT 1 AS a").status == 200
    server.stop()


def test_backup_and_restore_while_serving(loaded, tmp_path):
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", EVENT_LOGS / "classic")
    server = Server(home)
    rows = server.query("SELECT COUNT(*) AS n FROM fact_query_history").json["rows"]
    backup = tmp_path / "backup"
    assert server.ask("POST", "/api/v1/backup", {"path": str(backup)}).status == 200
    assert server.ask("POST", "/api/v1/backup", {"path": str(backup)}).status == 409
    assert server.ask("POST", "/api/v1/backup", {"path": "relative"}).status == 422
    assert json.loads((backup / "manifest.json").read_text())["version"] == 1
    token = server.ask("POST", "/api/v1/tokens", {"name": "later", "role": "reader"}).json["token"]
    assert server.ask("POST", "/api/v1/restore", {"path": str(tmp_path / "nothing")}).status == 404
    assert server.ask("POST", "/api/v1/restore", {"path": str(backup)}).status == 200
    assert server.ask("GET", "/api/v1/whoami", headers={"Authorization": f"Bearer {token}"}).status == 401  # made after the backup
    assert server.query("SELECT COUNT(*) AS n FROM fact_query_history").json["rows"] == rows
    (backup / "state.db").write_bytes(b"short")
    damaged = server.ask("POST", "/api/v1/restore", {"path": str(backup)})
    assert damaged.status == 503 and "damaged" in damaged.error["what"]
    assert server.get("/readyz").status == 200
    assert server.stop()[0] == 0
    other = new_home(tmp_path / "other")
    assert (home.path / "before-restore" / "warehouse.db").exists()
    assert other.run("restore", str(tmp_path / "nothing")).returncode == 2


def test_production_asks_everybody(home):
    server = Server(home, "--mode", "production")
    assert server.get("/api/v1/tables").status == 401
    assert server.get("/healthz").status == 200
    first = home.path / "first-token"
    assert first.stat().st_mode & 0o077 == 0
    bearer = {"Authorization": f"Bearer {first.read_text().strip()}"}
    assert server.ask("GET", "/api/v1/whoami", headers=bearer).json["role"] == "administrator"
    assert home.one("SELECT 1 AS a") == 1  # the socket is the owner's own
    server.stop()


def test_rate_limits_are_per_token_and_class(tmp_path):
    home = new_home(tmp_path / "home")
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\nrate_limit: {read: 30, query: 3, change: 0}\n")
    server = Server(home)
    made = {name: server.ask("POST", "/api/v1/tokens", {"name": name, "role": "reader"}).json["token"] for name in ("ann", "bob")}

    def ask(name, method, path, body=None):
        return server.ask(method, path, body, {"Authorization": f"Bearer {made[name]}"})

    statuses = [ask("ann", "GET", "/api/v1/runs").status for _ in range(40)]
    assert statuses[:30] == [200] * 30 and statuses[-1] == 429
    refused = ask("ann", "GET", "/api/v1/tables")
    assert refused.status == 429 and int(refused.headers["Retry-After"]) >= 1
    assert "'read'" in refused.error["what"] and "rate_limit.read" in refused.error["hint"]
    assert ask("bob", "GET", "/api/v1/runs").status == 200  # another token
    query = {"sql": "SELECT 1 AS a"}
    assert [ask("ann", "POST", "/api/v1/query", query).status for _ in range(3)] == [200] * 3  # another class, with a limit of its own
    refused = ask("ann", "POST", "/api/v1/query", query)
    assert refused.status == 429 and "'query'" in refused.error["what"] and 1 <= int(refused.headers["Retry-After"]) <= 20
    assert [server.ask("POST", "/api/v1/tokens", {"name": f"n{i}", "role": "reader"}).status for i in range(130)] == [201] * 130  # 0: no limit
    assert home.one("SELECT 1 AS a") == 1  # the socket is not limited
    server.stop()


def test_tenants_see_their_rows(tmp_path):
    home = new_home(tmp_path / "home")
    home.good("setup", "--source", EVENT_LOGS / "classic", "--workspace", "w1")
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ntenants:\n  one: {workspaces: [w1]}\n  two: {workspaces: [w2]}\n")
    server = Server(home)
    everything = server.query("SELECT COUNT(*) AS n FROM fact_query_history").json["rows"][0][0]
    assert everything > 0

    def rows(tenant, sql):
        made = server.ask("POST", "/api/v1/tokens", {"name": tenant, "role": "reader", "tenant": tenant}).json["token"]
        return server.ask("POST", "/api/v1/query", {"sql": sql}, {"Authorization": f"Bearer {made}"})

    assert rows("one", "SELECT COUNT(*) AS n FROM fact_query_history").json["rows"] == [[everything]]
    assert rows("two", "SELECT COUNT(*) AS n FROM fact_query_history").json["rows"] == [[0]]
    assert rows("two", "SELECT * FROM secchi_spark.task").status in (403, 404)
    server.stop()


def test_information_schema_of_a_tenant_holds_what_is_open_to_it(tmp_path):
    home = new_home(tmp_path / "home")
    with open(home.path / "secchi.yaml", "a") as f:
        f.write("\ntenants:\n  one: {workspaces: [w1]}\n")
    server = Server(home)
    made = server.ask("POST", "/api/v1/tokens", {"name": "one", "role": "reader", "tenant": "one"}).json["token"]

    def ask(sql):
        return server.ask("POST", "/api/v1/query", {"sql": sql}, {"Authorization": f"Bearer {made}"})

    def names(rows):
        return {tuple(r) for r in rows.json["rows"]}

    of_tables = "SELECT table_schema, table_name, table_type FROM information_schema.tables"
    everything, mine = names(server.query(of_tables)), names(ask(of_tables))
    assert mine < everything and ("system_gold", "fact_usage", "MANAGED") in mine
    for schema, table, kind in everything:
        column = server.query(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position DESC LIMIT 1").json["rows"][0][0]
        read = f"SELECT {f'MEASURE({column})' if kind == 'METRIC_VIEW' else column} FROM {schema}.{f'mv_{table}' if kind == 'METRIC_VIEW' else table} LIMIT 0"
        assert ask(read).status in ((200, 503) if (schema, table, kind) in mine else (403,)), (schema, table, kind)
    routines = "SELECT routine_schema, routine_name FROM information_schema.routines"
    assert names(ask(routines)) <= names(server.query(routines)) and names(ask(routines))
    for view, column in (("columns", "table_name"), ("views", "table_name"), ("table_tags", "table_name"), ("parameters", "specific_name"), ("routine_columns", "specific_name")):
        open_to_it = {n for _, n, *_ in (mine if column == "table_name" else names(ask(routines)))}
        found = {n for n, in names(ask(f"SELECT DISTINCT {column} FROM information_schema.{view}"))}
        assert found and found <= open_to_it, view
    assert ask("SELECT * FROM secchi_information.tables").status in (200, 403) and ask("SELECT * FROM secchi_ops.catalogue_table").status == 403
    assert {s for s, in names(ask("SELECT schema_name FROM information_schema.schemata"))} == {s for s, *_ in mine}
    server.stop()


def test_a_restore_that_was_killed_goes_on(home, tmp_path):
    home.good("token", "create", "kept")
    backup = tmp_path / "backup"
    home.good("backup", backup)
    home.good("token", "create", "later")
    new = home.path / "restore.new"
    shutil.copytree(backup, new)
    (new / "manifest.json").unlink()
    (home.path / "restore.pending").write_text(str(backup))
    (new / "secchi.yaml").replace(home.path / "secchi.yaml")  # this part had been exchanged
    listed = home.good("token", "list").stdout
    assert "kept" in listed and "later" not in listed
    assert not new.exists() and not (home.path / "restore.pending").exists()
    assert (home.path / "before-restore" / "state.db").exists()
    shutil.copytree(backup, new)  # one that was killed before its copy was complete changes nothing
    home.good("token", "create", "third")
    assert "third" in home.good("token", "list").stdout and not new.exists()


def test_tls(home, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ],
        check=True,
        capture_output=True,
    )
    with open(home.path / "secchi.yaml", "a") as f:
        f.write(f"\nserver:\n  tls_certificate: {certificate}\n  tls_key: {key}\n")
    server = Server(home)
    assert server.scheme == "https"
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=20)
    connection.request("POST", "/api/v1/query", json.dumps({"sql": "SELECT 6 * 7 AS n"}), {"Content-Type": "application/json"})
    assert json.loads(connection.getresponse().read())["rows"] == [[42]]
    connection.close()
    with pytest.raises(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/healthz")
        if connection.getresponse().status:
            raise OSError
    assert server.stop()[0] == 0
    with open(home.path / "secchi.yaml") as f:
        text = f.read()
    (home.path / "secchi.yaml").write_text(text.replace(f"  tls_key: {key}\n", ""))
    done = home.run("serve", "--port", "0")
    assert done.returncode == 2 and "server.tls_key" in done.stderr


PACK = {
    "pack.yaml": "name: odd\nversion: 1\ntitle: Odd\n",
    "dashboards/odd.lvdash.json": json.dumps(
        {
            "datasets": [
                {
                    "name": "one",
                    "queryLines": ["SELECT :word AS word, ", ":number + 1 AS number, :day AS day, ", ":at AS at"],
                    "parameters": [
                        {
                            "keyword": "word",
                            "dataType": "STRING",
                            "defaultSelection": {"values": {"dataType": "STRING", "values": [{"value": "it's"}]}},
                        },
                        {
                            "keyword": "number",
                            "dataType": "INTEGER",
                            "defaultSelection": {"values": {"dataType": "INTEGER", "values": [{"value": "41"}]}},
                        },
                        {
                            "keyword": "day",
                            "dataType": "DATE",
                            "defaultSelection": {"values": {"dataType": "DATE", "values": [{"value": "now-1M/M"}]}},
                        },
                        {
                            "keyword": "at",
                            "dataType": "DATETIME",
                            "defaultSelection": {"values": {"dataType": "DATETIME", "values": [{"value": "now/d"}]}},
                        },
                    ],
                },
                {
                    "name": "range",
                    "query": "SELECT id FROM range(10) WHERE id BETWEEN :r.min AND :r.max -- not :r.min",
                    "parameters": [
                        {
                            "keyword": "r",
                            "dataType": "INTEGER",
                            "complexType": "RANGE",
                            "defaultSelection": {"range": {"dataType": "INTEGER", "min": {"value": "2"}, "max": {"value": "4"}}},
                        }
                    ],
                },
                {
                    "name": "many",
                    "query": "SELECT id FROM range(10) WHERE ARRAY_CONTAINS(:m, CAST(id AS STRING)) AND ':m' <> ''",
                    "parameters": [
                        {
                            "keyword": "m",
                            "dataType": "STRING",
                            "complexType": "MULTI",
                            "defaultSelection": {"values": {"dataType": "STRING", "values": [{"value": "1"}, {"value": "7"}]}},
                        }
                    ],
                },
            ],
            "pages": [],
        }
    ),
}


def test_parameters_of_datasets(home):
    for name, text in PACK.items():
        path = home.path / "packs" / "odd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    server = Server(home, env={"SECCHI_AS_OF": "2026-03-31T10:20:30Z"})

    def rows(dataset, **parameters):
        answer = server.ask("POST", f"/api/v1/dashboards/odd/datasets/{dataset}", {"parameters": parameters})
        assert answer.status == 200, answer.body
        return answer.json["rows"]

    today = datetime.datetime.fromisoformat(server.query("SELECT CURRENT_TIMESTAMP() AS t").json["rows"][0][0])
    month = (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    assert rows("one") == [["it's", 42, f"{month:%Y-%m-%d}", f"{today:%Y-%m-%d}T00:00:00Z"]]
    assert rows("one", word='"; DROP', number=1, day="2026-02-28", at="2026-01-02T03:04:05Z") == [
        ['"; DROP', 2, "2026-02-28", "2026-01-02T03:04:05Z"]
    ]
    assert rows("range") == [[2], [3], [4]]
    assert rows("range", r={"min": 8, "max": 100}) == [[8], [9]]
    assert rows("many") == [[1], [7]]
    assert rows("many", m={"values": ["3", "') OR TRUE --"]}) == [[3]]
    assert rows("many", m="5") == [[5]]
    for parameters in [{"number": "x"}, {"day": "tomorrow"}, {"at": 5}, {"word": [["a"]]}, {"nosuch": 1}]:
        answer = server.ask("POST", "/api/v1/dashboards/odd/datasets/one", {"parameters": parameters})
        assert answer.status == 422 and next(iter(parameters)) in answer.error["where"], answer.body
    server.stop()
