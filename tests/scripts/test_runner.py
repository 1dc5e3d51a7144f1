"""scripts/test counts right and never passes what did not run: it is copied next to suites made for the purpose."""
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "build" / "meson-info").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "test", tmp_path / "scripts" / "test")
    (tmp_path / "build" / "venv").symlink_to(sys.prefix)
    return tmp_path


def run(tree, suites, *args):
    (tree / "scripts" / "test-suites").write_text("# comment\n\n" + suites)
    env = {**os.environ, "BUILD": "build"}
    p = subprocess.run([sys.executable, "scripts/test", *args], cwd=tree, capture_output=True, text=True, timeout=120, env=env)
    return p.returncode, (p.stdout.rstrip().splitlines() or [""])[-1], p.stdout + p.stderr


def script(tree, name, text):
    path = tree / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return f"./{name}"


@pytest.mark.parametrize("text,code,last", [
    ("exit 0", 0, "1 passed, 0 failed"),
    ("exit 3", 1, "0 passed, 1 failed"),
    ("kill -9 $$", 1, "0 passed, 1 failed"),
    ("exit 77", 1, "0 passed, 1 failed, 1 skipped"),
    ("echo '5 passed, 0 failed'", 0, "5 passed, 0 failed"),
    ("echo '5 passed, 2 failed'; exit 1", 1, "5 passed, 2 failed"),
    ("echo '5 passed, 0 failed'; exit 1", 1, "5 passed, 1 failed"),
    ("echo '5 passed, 2 failed'", 1, "5 passed, 2 failed"),
    ("echo '0 passed, 0 failed, 3 skipped'", 1, "0 passed, 1 failed, 3 skipped"),
    ("sleep 60", 1, "0 passed, 1 failed"),
])
def test_check(tree, text, code, last):
    got, line, out = run(tree, f"one quick 1 2 check {script(tree, 'tool', text)}\n")
    assert (got, line) == (code, last), out


def test_tiers_and_names(tree):
    ok = script(tree, "ok", "exit 0")
    suites = f"a quick 1 5 check {ok}\nb full 1 5 check {ok}\nc long 1 5 check {ok}\n"
    assert run(tree, suites, "quick")[:2] == (0, "1 passed, 0 failed")
    assert run(tree, suites)[:2] == (0, "2 passed, 0 failed")
    assert run(tree, suites, "long")[:2] == (0, "3 passed, 0 failed")
    assert run(tree, suites, "--only", "c,a")[:2] == (0, "2 passed, 0 failed")
    code, _, out = run(tree, suites + "x quick 1 5 check true\n", "--only", "d")
    assert code != 0 and "no suite named d" in out
    assert run(tree, "# none\n")[:2] == (1, "0 passed, 1 failed")


def test_wrong_line(tree):
    code, _, out = run(tree, "a quick 1 five check true\n")
    assert code != 0 and "scripts/test-suites:3: expected" in out


def test_pytest_suite(tree):
    (tree / "test_x.py").write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert 1 == 2, 'one is not two'\n"
        "@pytest.mark.skip\n"
        "def test_c(): pass\n"
        "@pytest.fixture\n"
        "def broken(): raise RuntimeError('no set-up')\n"
        "def test_d(broken): pass\n"
    )
    code, last, out = run(tree, "py quick 1 60 pytest test_x.py\n")
    assert (code, last) == (1, "1 passed, 2 failed, 1 skipped"), out
    assert "one is not two" in out and "no set-up" in out
    (tree / "test_x.py").write_text("import no_such_module\n")
    code, last, out = run(tree, "py quick 1 60 pytest test_x.py\n")
    assert code == 1 and last == "0 passed, 1 failed", out
    (tree / "test_x.py").write_text("x = 1\n")
    assert run(tree, "py quick 1 60 pytest test_x.py\n")[:2] == (1, "0 passed, 1 failed")


CASES = """cat > "$CMOCKA_XML_FILE" <<X
<testsuites><testsuite name="t"><testcase name="a"/><testcase name="b">{bad}</testcase></testsuite></testsuites>
X
exit {status}
"""


@pytest.mark.parametrize("bad,status,last", [
    ("", 0, "2 passed, 0 failed"),
    ("<failure>line 7</failure>", 1, "1 passed, 1 failed"),
    ("", 1, "2 passed, 1 failed"),
    ("<failure>line 7</failure>", 0, "1 passed, 1 failed"),
])
def test_meson_suite(tree, bad, status, last):
    exe = str(tree / script(tree, "exe", CASES.format(bad=bad, status=status)))
    tests = [
        {"name": "t", "suite": ["secchi:unit"], "cmd": [exe], "env": {}, "timeout": 30},
        {"name": "u", "suite": ["secchi:other"], "cmd": ["/bin/false"], "env": {}, "timeout": 30},
    ]
    (tree / "build" / "meson-info" / "intro-tests.json").write_text(json.dumps(tests))
    code, line, out = run(tree, "unit quick 1 60 meson unit\n")
    assert (code, line) == (0 if "0 failed" in last else 1, last), out
    assert run(tree, "unit quick 1 60 meson nothing\n")[:2] == (1, "0 passed, 1 failed")


def test_a_stale_result_is_not_counted(tree):
    exe = tree / "exe"
    script(tree, "exe", CASES.format(bad="", status=0))
    tests = [{"name": "t", "suite": ["secchi:unit"], "cmd": [str(exe)], "env": {}, "timeout": 30}]
    (tree / "build" / "meson-info" / "intro-tests.json").write_text(json.dumps(tests))
    assert run(tree, "unit quick 1 60 meson unit\n")[:2] == (0, "2 passed, 0 failed")
    script(tree, "exe", "kill -11 $$")
    assert run(tree, "unit quick 1 60 meson unit\n")[:2] == (1, "0 passed, 1 failed")


def test_nothing_is_left_running(tree):
    # A suite that leaves a process behind: it must be gone afterwards.
    tool = script(tree, "tool", "sleep 300 & echo $! > left\nexit 0")
    assert run(tree, f"one quick 1 10 check {tool}\n")[:2] == (0, "1 passed, 0 failed")
    state = Path(f"/proc/{int((tree / 'left').read_text())}/stat")

    def gone():
        try:
            return state.read_text().split(")")[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    deadline = time.monotonic() + 5
    while not gone() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gone()


@pytest.mark.parametrize("text,code,last", [
    ("echo '<testsuites><testsuite><testcase name=\"a\"/></testsuite></testsuites>' > $1", 0, "1 passed, 0 failed"),
    ("echo '<testsuites><testsuite><testcase name=\"a\"/></testsuite></testsuites>' > $1; exit 2", 1, "1 passed, 1 failed"),
    ("echo '<testsuites></testsuites>' > $1", 1, "0 passed, 1 failed"),
    ("echo '<broken' > $1", 1, "0 passed, 1 failed"),
    ("exit 0", 1, "0 passed, 1 failed"),
])
def test_junit_suite(tree, text, code, last):
    got, line, out = run(tree, f"page quick 1 10 junit {script(tree, 'tool', text)} {{junit}}\n")
    assert (got, line) == (code, last), out


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing runs side by side")
def test_suites_run_side_by_side_up_to_the_cores(tree):
    meet = "touch {me}; for i in $(seq 100); do [ -e {other} ] && exit 0; sleep 0.05; done; exit 1"
    a, b = (script(tree, me, meet.format(me=f"{me}.here", other=f"{other}.here")) for me, other in (("a", "b"), ("b", "a")))
    assert run(tree, f"a quick 1 20 check {a}\nb quick 1 20 check {b}\n")[:2] == (0, "2 passed, 0 failed")
    alone = script(tree, "alone", "mkdir lock || exit 1; sleep 0.2; rmdir lock")
    suites = "".join(f"s{i} quick {os.cpu_count()} 20 check {alone}\n" for i in range(3))
    assert run(tree, suites)[:2] == (0, "3 passed, 0 failed")


def test_processor_time_is_told(tree):
    busy = script(tree, "busy", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
    out = run(tree, f"busy quick 1 60 check {busy}\n")[2]
    row = next(line.split() for line in out.splitlines() if line.startswith("busy "))
    assert row[1] == "1" and float(row[5]) > 0, out
