"""The command line: mistakes are one line with what, where and the nearest name; output formats are those of C-06."""
import csv
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pyarrow.ipc
import pytest
import yaml

from program import EVENT_LOGS, ROOT, SECCHI, new_home


def one_line(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("secchi: ")
    return lines[0]


@pytest.mark.parametrize(
    "words, parts",
    [
        (["qurey", "SELECT 1"], ["unknown command 'qurey'", "'query'"]),
        (["query", "--fromat", "csv", "SELECT 1"], ["unknown option --fromat", "--format"]),
        (["query", "--format", "xml", "SELECT 1"], ["--format takes table|csv|json|jsonl|arrow|parquet", "'xml'"]),
        (["query", "--max-rows", "many", "SELECT 1"], ["--max-rows takes a whole number", "'many'"]),
        (["query", "--max-rows"], ["--max-rows needs a value"]),
        (["query"], ["there is no statement"]),
        (["query", "SELECT 1", "SELECT 2"], ["does not take 'SELECT 2'"]),
        (["query", "--param", "x", "SELECT :x"], ["--param takes name=value"]),
        (["query", "SELECT * FROM fact_qurey_history"], ["fact_qurey_history", "fact_query_history"]),
        (["query", "SELECT statment_id FROM fact_query_history"], ["statment_id", "statement_id"]),
        (["query", "SELECT CAST(1 AS STRNG)"], ["STRNG", "STRING"]),
        (["query", "SELEC 1"], ["SELEC"]),
        (["query", "SELECT nosuchfunction(1)"], ["nosuchfunction"]),
        (["query", "SELECT 1; SELECT 2"], ["one statement"]),
        (["query", "SELECT * FROM read_csv('/etc/passwd')"], ["read_csv"]),
        (["refresh", "--only", "fact_qurey_history"], ["fact_qurey_history", "fact_query_history"]),
        (["setup", "--source", "/no/such/folder"], ["/no/such/folder"]),
        (["refresh", "--as-of", "yesterday"], ["--as-of takes a time", "'yesterday'"]),
        (["help", "qurey"], ["there is no help on 'qurey'", "'query'"]),
        (["token", "crate"], ["create, list or revoke", "'crate'"]),
        (["completion", "fish"], ["bash or zsh", "'fish'"]),
    ],
)
def test_a_mistake_is_one_line_and_status_2(loaded, words, parts):
    done = loaded.run(*words)
    line = one_line(done)
    for part in parts:
        assert part in line, line
    assert done.returncode == 2, line
    assert done.stdout == ""


@pytest.mark.parametrize("sql", ["DROP TABLE dim_job", "DELETE FROM dim_job", "INSERT INTO dim_job SELECT * FROM dim_job", "SET x = 1", "OPTIMIZE dim_job"])
def test_writing_is_forbidden(loaded, sql):
    done = loaded.run("query", sql)
    assert "SELECT" in one_line(done)
    assert done.returncode == 1


@pytest.mark.parametrize(
    "yaml, parts",
    [
        ("server:\n  prot: 1\n", ["secchi.yaml:2", "server.prot", "server.port"]),
        ("engine: {memory_limit: lots}\n", ["secchi.yaml:1", "engine.memory_limit", "512 MiB"]),
        ("sources: [\n", ["secchi.yaml", "not valid YAML"]),
        ("version: 9\n", ["secchi.yaml:1", "version 9"]),
    ],
)
def test_a_mistake_in_the_configuration(home, yaml, parts):
    (home.path / "secchi.yaml").write_text(yaml)
    done = home.run("status")
    line = one_line(done)
    for part in parts:
        assert part in line, line
    assert done.returncode == 2


def test_no_home_says_how_to_make_one(tmp_path):
    done = subprocess.run([SECCHI, "--home", str(tmp_path / "none"), "status"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "secchi init" in one_line(done)


def test_init_does_not_overwrite(home):
    done = home.run("init")
    assert done.returncode == 1
    assert "there is a home already" in one_line(done)


VALUES = (
    "SELECT * FROM VALUES (1, 'a,\"b\"', CAST(1.50 AS DECIMAL(10,2)), TIMESTAMP'2026-01-02 03:04:05.678', DATE'2026-01-02', true, 9007199254740993L),"
    " (2, '', NULL, NULL, NULL, NULL, NULL) AS t(i, s, d, ts, dt, b, big) ORDER BY i"
)


def test_json_is_an_array_of_objects(loaded):
    rows = json.loads(loaded.good("query", "--format", "json", VALUES).stdout)
    assert rows[0] == {"i": 1, "s": 'a,"b"', "d": "1.50", "ts": "2026-01-02T03:04:05.678000Z", "dt": "2026-01-02", "b": True, "big": "9007199254740993"}
    assert rows[1] == {"i": 2, "s": "", "d": None, "ts": None, "dt": None, "b": None, "big": None}


def test_jsonl_is_an_object_a_line(loaded):
    lines = loaded.good("query", "--format", "jsonl", VALUES).stdout.splitlines()
    assert [json.loads(line)["i"] for line in lines] == [1, 2]


def test_csv_is_rfc_4180_with_null_empty_and_empty_text_quoted(loaded, tmp_path):
    loaded.good("query", "--format", "csv", "--output", tmp_path / "rows.csv", VALUES)
    text = (tmp_path / "rows.csv").read_bytes().decode()
    assert text.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["i", "s", "d", "ts", "dt", "b", "big"]
    assert rows[1] == ["1", 'a,"b"', "1.50", "2026-01-02T03:04:05.678000Z", "2026-01-02", "true", "9007199254740993"]
    assert text.splitlines()[2] == '2,"",,,,,'


def test_arrow_is_an_ipc_stream(loaded, tmp_path):
    out = tmp_path / "rows.arrow"
    loaded.good("query", "--format", "arrow", "--output", out, VALUES)
    table = pyarrow.ipc.open_stream(str(out)).read_all()
    assert table.num_rows == 2
    assert str(table.schema.field("ts").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("d").type) == "decimal128(10, 2)"


def test_the_table_shows_null_and_counts_rows(loaded):
    text = loaded.good("query", VALUES).stdout
    assert "NULL" in text and "big" in text and "2 rows" in text


def test_a_cut_result_is_told_on_standard_error(loaded):
    sql = "SELECT id FROM range(100)"
    for form, want in (("csv", "id\n0\n1\n"), ("jsonl", '{"id":0}\n{"id":1}\n')):
        cut = loaded.run("query", "--max-rows", 2, "--format", form, sql)
        assert cut.stdout.replace("\r", "") == want and cut.returncode == 0
        assert "the result was cut" in one_line(cut) and "query.max_rows" in one_line(cut)
    table = loaded.run("query", "--max-rows", 2, sql)
    assert "2 rows" in table.stdout and "the result was cut" in one_line(table)
    assert loaded.run("query", "--max-rows", 100, sql).stderr == ""


def test_parameters_are_values_not_text(loaded):
    assert loaded.rows("SELECT :a AS a, :b AS b, :c AS c", "--param", "a=1", "--param", "b='1'", "--param", "c=x'); DROP TABLE dim_job; --") == [
        {"a": 1, "b": "1", "c": "x'); DROP TABLE dim_job; --"}
    ]


def test_a_statement_from_a_file_has_its_line_in_errors(loaded, tmp_path):
    file = tmp_path / "q.sql"
    file.write_text("SELECT 1 AS one,\n       nope\nFROM dim_job\n")
    done = loaded.run("query", "--file", file)
    assert done.returncode == 2
    assert f"{file}" in done.stderr and "2:" in done.stderr and "nope" in done.stderr


def test_help_man_and_completion_come_from_the_tables(home):
    commands = [line.split()[0] for line in home.good("help").stdout.split("Commands\n")[1].split("\n\n")[0].splitlines()]
    assert {"init", "setup", "refresh", "status", "query", "sql", "check", "doctor", "backup", "restore", "serve", "stop", "help"} <= set(commands)
    man, completion = home.good("help", "man").stdout, home.good("completion", "bash").stdout
    for command in commands:
        assert f".SS secchi {command}" in man
        assert command in completion
        assert f"secchi {command}" in home.good("help", command).stdout
        assert home.good(command, "--help").stdout == home.good("help", command).stdout
    settings = home.good("help", "settings").stdout
    assert "server.port" in settings and "query.timeout" in settings
    assert json.loads(home.good("help", "api").stdout)["openapi"].startswith("3.1")


def test_version(home):
    assert home.good("--version").stdout.startswith("secchi ")


def linked():
    """Name -> file of all that the dynamic linker loads before the program starts, libraries of libraries too."""
    done = subprocess.run([SECCHI, "version"], capture_output=True, text=True, env={"LD_TRACE_LOADED_OBJECTS": "1"})
    return {m[1]: m[2] for m in re.finditer(r"^\s*(\S+)\.so\S* => (\S+)", done.stdout, re.M)}


def test_commands_without_an_engine_do_not_wait_for_its_library():
    libraries = linked()
    assert {"libc", "libsqlite3"} <= libraries.keys()
    assert libraries.keys().isdisjoint({"libduckdb", "libcurl"})


def test_a_missing_or_wrong_engine_library_is_named(tmp_path):
    (tmp_path / "lib" / "secchi").mkdir(parents=True)
    library = tmp_path / "lib" / "secchi" / "libduckdb.so"
    shutil.copy(ROOT / "src" / "engine" / "duckdb" / "macros.sql", library.parent)
    program = shutil.copy(SECCHI, tmp_path / "secchi")

    def check():
        command = [program, "--home", str(tmp_path / "home"), "check", "--packs", str(ROOT / "packs")]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 1
        return one_line(done)

    assert str(library) in (line := check()) and "No such file" in line and "run make again" in line
    shutil.copy(linked()["libsqlite3"], library)
    assert str(library) in (line := check()) and "no function duckdb_" in line and "run make again" in line
    assert subprocess.run([program, "version"]).returncode == 0


def test_check_passes_on_the_shipped_packs(home):
    assert home.good("check").stdout.startswith("good: ")


@pytest.mark.parametrize(
    "file, text, parts",
    [
        ("gold/x.sql", "CREATE TABLE IF NOT EXISTS system_gold.x (a STRING);\nINSERT INTO system_gold.x\nSELECT stament_id FROM fact_query_history;\n", ["x.sql", "3", "stament_id", "statement_id"]),
        ("gold/x.sql", "CREATE TABLE IF NOT EXISTS system_gold.x (a STRING);\nINSERT INTO system_gold.x SELECT statement_id FROM fact_query_histry;\n", ["x.sql", "2", "fact_query_histry", "fact_query_history"]),
        ("gold/x.sql", "CREATE TABLE IF NOT EXISTS system_gold.x (a STRNG);\n", ["x.sql", "1", "STRNG"]),
        ("gold/x.sql", "CREATE TABLE IF NOT EXISTS system_gold.x (a STRING);\nINSERT INTO system_gold.x SELECT uper(statement_id) FROM fact_query_history;\n", ["x.sql", "2", "uper", "upper"]),
        ("functions/cost/f.sql", "CREATE FUNCTION f(n INT) RETURNS TABLE (a STRING)\nRETURN SELECT stament_id FROM fact_query_history LIMIT n;\n", ["f.sql", "2", "stament_id", "statement_id"]),
        ("functions/cost/f.sql", "CREATE FUNCTION f() RETURNS TABLE (a INT)\nRETURN SELECT statement_id FROM fact_query_history;\n", ["f.sql", "2", "column a is", "INT"]),
        ("functions/coast/f.sql", "CREATE FUNCTION f() RETURNS INT RETURN 1;\n", ["functions/coast is no domain", "f.sql", "cost"]),
        ("bronze/checks/clusters.yaml", "- {name: a, check: {function: is_not_nul, arguments: {column: cluster_id}}}\n", ["clusters.yaml:1", "is_not_nul", "is_not_null"]),
    ],
)
def test_check_names_file_line_and_nearest_name(home, tmp_path, file, text, parts):
    pack = tmp_path / "mine"
    (pack / file).parent.mkdir(parents=True)
    (pack / "pack.yaml").write_text("name: mine\n")
    (pack / file).write_text(text)
    done = home.run("check", pack)
    assert done.returncode == 2
    for part in parts:
        assert part in done.stderr, done.stderr


def test_doctor_finds_a_missing_source(home, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    (gone / "eventlog").write_text('{"Event":"SparkListenerLogStart","Spark Version":"4.2.0"}\n')
    home.good("setup", "--source", gone)
    (gone / "eventlog").unlink()
    gone.rmdir()
    done = home.run("doctor")
    assert done.returncode == 3
    assert "FAULT source gone" in done.stdout


def test_the_shell_reads_statements_from_standard_input(loaded, tmp_path):
    script = tmp_path / "script.sql"
    script.write_text("SELECT 1 + 1 AS two; -- comment; not an end\nSELECT 'a;b' AS text;\nSELECT nope;\nSELECT 3 AS three")
    with open(script) as f:
        done = loaded.run("sql", stdin=f)
    assert "two" in done.stdout and "a;b" in done.stdout and "three" in done.stdout
    assert "nope" in done.stderr


def test_the_shell_on_a_terminal_has_history_and_completion(loaded):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "vt100"
        os.execv(SECCHI, [SECCHI, "--home", str(loaded.path), "sql"])
    seen = b""

    def until(text, seconds=20):
        nonlocal seen
        end = time.monotonic() + seconds
        while text not in seen and time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                seen += os.read(fd, 4096)
        assert text in seen, seen
        seen = seen.split(text, 1)[1]

    until(b"secchi> ")
    os.write(fd, b"SELECT 40 + 2 AS answer FROM VALUES (1);\n")
    until(b"42")
    until(b"secchi> ")
    os.write(fd, b"SELECT count(*) AS n FROM fact_query_hist\t;\n")
    until(b"ory;")  # what Tab added
    until(b"(1 row)")
    until(b"secchi> ")
    os.write(fd, b"\x1b[A\x1b[A\n")
    until(b"42")
    os.write(fd, b"exit\n")
    assert os.waitpid(pid, 0)[1] == 0
    assert "SELECT" in (loaded.path / "sql_history").read_text()


def test_two_commands_at_once_share_one_owner(loaded):
    command = [SECCHI, "--home", str(loaded.path), "query", "--format", "csv", "SELECT count(*) AS n FROM fact_query_history"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(12)]
    answers = {(p.communicate(timeout=120)[0], p.returncode) for p in running}
    assert len(answers) == 1 and answers.pop()[1] == 0


def test_ctrl_c_ends_a_long_statement_with_130(loaded):
    command = [SECCHI, "--home", str(loaded.path), "query", "SELECT count(*) FROM range(100000) AS a CROSS JOIN range(1000000) AS b WHERE (a.id * b.id) % 7 = 3"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=20) == 130


def test_as_of_is_what_now_means(tmp_path):
    home = new_home(tmp_path / "home")
    home.env["SECCHI_AS_OF"] = "2026-03-01"
    assert home.rows("SELECT CAST(CURRENT_DATE AS STRING) AS d, CURRENT_TIMESTAMP AS t") == [{"d": "2026-03-01", "t": "2026-03-01T00:00:00Z"}]


def test_backup_and_restore(loaded, tmp_path):
    copy = tmp_path / "copy"
    loaded.good("backup", copy)
    count = loaded.one("SELECT count(*) FROM fact_query_history")
    assert count > 0
    other = new_home(tmp_path / "other")
    other.good("restore", copy)
    assert other.one("SELECT count(*) FROM fact_query_history") == count
    assert loaded.run("backup", copy).returncode != 0


def test_every_event_log_sample_loads(home):
    home.good("setup", "--source", EVENT_LOGS, timeout=600)
    assert home.one("SELECT count(*) FROM fact_query_history") > 0
    again = home.good("refresh")
    assert "succeeded" in again.stdout


def test_setup_chooses_the_engine_of_a_home_that_has_no_warehouse_yet(tmp_path):
    home = new_home(tmp_path / "home")
    words = ["setup", "--source", tmp_path, "--engine", "spark", "--engine-url"]
    done = home.run(*words, "sc://127.0.0.1:1")
    assert done.returncode != 0 and "nobody listens at 127.0.0.1:1" in done.stderr
    written = yaml.safe_load((home.path / "secchi.yaml").read_text())
    assert written["engine"] == {"kind": "spark", "url": "sc://127.0.0.1:1"} and written["version"] == 1
    assert "nobody listens" in home.run("query", "SELECT 1 AS one").stderr, "it holds for every command from then on"
    done = home.run(*words, "sc://127.0.0.1:2")
    assert done.returncode != 0 and "settings of the engine already" in done.stderr
    other = new_home(tmp_path / "other")
    other.good("query", "SELECT 1 AS one")
    done = other.run(*words, "sc://127.0.0.1:1")
    assert done.returncode != 0 and "has a warehouse of its own already" in done.stderr and "engine" not in yaml.safe_load((other.path / "secchi.yaml").read_text())
