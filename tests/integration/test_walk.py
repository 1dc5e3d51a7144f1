"""docs/add-a-table.md, add-a-function.md and metric-views.md are followed from the page: files are written, commands typed, answers compared."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from program import ROOT, SECCHI

TABLE, FUNCTION, METRICS = (ROOT / "docs" / page for page in ("add-a-table.md", "add-a-function.md", "metric-views.md"))
FENCE = re.compile(r"(?:^\*\*`(?P<file>[^`\n]+)`\*\*\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S)
TIME = re.compile(r"(?<=Z)( +)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[Z.]")


def steps(page):
    """What the page says to do, in its order: (file, text), ("$", commands) and ("=", what they answer)."""
    out = []
    for m in FENCE.finditer(page.read_text()):
        kind = {"sh": "$", "text": "="}.get(m["kind"])
        assert bool(m["file"]) != bool(kind), f"a block of the page is neither a file nor commands nor an answer: {m[0][:80]}"
        out.append((m["file"] or kind, m["body"]))
    return out


def type_in(folder, commands):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SECCHI_")}
    done = subprocess.run(["bash", "-e", "-c", commands], cwd=folder, env=env, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def seen(text):
    """Without what differs from run to run: when a table was loaded, how long it took, and the room that they take."""
    lines = [re.sub(r"\d+(\.\d+)? s ", "TOOK ", x) for x in text.splitlines()]
    return [re.sub(r" +", " ", TIME.sub(" TIME", x) if "TOOK" in x else x).rstrip() for x in lines]


@pytest.mark.parametrize("page, at_least", [(TABLE, 5), (FUNCTION, 1), (METRICS, 1)], ids=["table", "function", "metrics"])
def test_the_page_does_what_it_says(tmp_path, page, at_least):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/secchi").symlink_to(SECCHI)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    todo, answers, printed = steps(page), 0, ""
    assert todo[0][0] == "$" and len(todo) == len(re.findall(r"^```\w+$", page.read_text(), re.M))
    for what, text in todo:
        if what == "$":
            printed = type_in(tmp_path, text)
        elif what == "=":
            assert seen(printed) == seen(text)
            answers += 1
        else:
            path = tmp_path / pathlib.PurePosixPath(what)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    assert answers >= at_least
    # What the page leaves to the reader's eyes: no table of the pack failed, and another refresh changes nothing.
    ask = 'build/secchi query --format csv "SELECT COUNT(*) AS n FROM secchi_ops.step WHERE state <> \'succeeded\'"'
    assert type_in(tmp_path, ask) == "n\n0\n"
    assert "succeeded: 0 of " in type_in(tmp_path, "build/secchi refresh 2>/dev/null")


def test_the_commands_of_the_readme(tmp_path):
    """Those under "Your own data", typed one after the other; the server is asked whether it serves, then ended."""
    part = re.search(r"^## Your own data\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)[1]
    lines = [line.strip() for line in part.splitlines() if line.startswith("    build/secchi ")]
    (tmp_path / "build").mkdir()
    (tmp_path / "build/secchi").symlink_to(SECCHI)
    type_in(tmp_path, "build/secchi simulate --out tables --days 2 --until 2026-06-02 --scale 0.02 --seed 1")
    shutil.rmtree(tmp_path / "secchi-home", ignore_errors=True)
    known = {"/var/log/spark-events": str(ROOT / "tests/data/eventlogs/classic"), "/data/system-tables": str(tmp_path / "tables")}
    served = False
    for line in lines:
        for folder, there in known.items():
            line = line.replace(folder, there)
        if line.split("#")[0].strip() != "build/secchi serve":
            printed = type_in(tmp_path, line)
            assert printed or " init" in line, line
            continue
        type_in(tmp_path, "build/secchi serve --port 0 >served 2>&1 & while ! grep -q http served; do sleep 0.1; done; build/secchi status >status; build/secchi stop; wait")
        served = "fact_query_history" in (tmp_path / "status").read_text()
    assert served and len(lines) == 8


def test_a_mistake_in_the_table_of_the_page_is_found_by_check(tmp_path):
    """The page says that a wrong name is an error with file, line and the nearest name."""
    files = {f: text for f, text in steps(TABLE) if f.startswith("secchi-home/")}
    (tmp_path / "build").mkdir()
    (tmp_path / "build/secchi").symlink_to(SECCHI)
    type_in(tmp_path, "build/secchi init")
    for f, text in files.items():
        path = tmp_path / f
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("q.execution_status =", "q.execution_stat ="))
    done = subprocess.run(["build/secchi", "check"], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    sql = files["secchi-home/packs/teams/gold/fact_user_day.sql"].splitlines()
    line = next(i for i, x in enumerate(sql, 1) if "execution_status" in x)
    assert f"gold/fact_user_day.sql:{line}" in done.stderr and "execution_status" in done.stderr
