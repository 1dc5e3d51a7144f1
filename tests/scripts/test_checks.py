"""scripts/checksrc and scripts/checkrooms catch what they say: each bad sample is found, at its line, and nothing else."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(script, root):
    p = subprocess.run([sys.executable, str(ROOT / "scripts" / script), "--root", str(root)], capture_output=True, text=True, timeout=60)
    assert p.stderr == ""
    faults = [x for x in p.stdout.splitlines() if not x.startswith(script)]
    assert p.returncode == (1 if faults else 0), p.stdout
    return faults


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


GOOD_C = """#include "base/base.h"

/* Words like strcpy( and a "SELECT 1" in a comment harm nobody. */
static int add(int a, int b)
{
    const char *text = "strcpy(a, b)";
    return text ? a + b : 0;
}
"""

GOOD_H = "#ifndef SECCHI_BASE_H\n#define SECCHI_BASE_H\n\nint base_add(int a, int b);\n\n#endif\n"


def body(lines):
    return "static void f(void)\n{\n" + "".join(f"    g({i});\n" for i in range(lines)) + "}\n"


def nested(depth):
    return ("static void f(void)\n{\n" + "".join("    " * (i + 1) + "if (g()) {\n" for i in range(depth)) + "    " * (depth + 1) + "g();\n"
            + "".join("    " * (depth - i) + "}\n" for i in range(depth)) + "}\n")


@pytest.mark.parametrize("name,text", [
    ("src/base/a.c", GOOD_C),
    ("src/base/base.h", GOOD_H),
    ("src/base/a.c", body(60)),
    ("src/base/a.c", nested(4)),
    ("src/base/a.c", "x();\n" * 800),
    ("src/base/clock.c", "static void f(void)\n{\n    clock_gettime(0, 0);\n}\n"),
    ("src/engine/a.c", 'static const char *q = "SELECT 1 FROM t";\n'),
    ("src/schedule/a.c", "void f(void)\n{\n    clock_gettime(0, &t);\n    pthread_cond_timedwait(&c, &m, &t);\n}\n"),
    ("tests/unit/a.c", "void f(void)\n{\n    system(text);\n}\n"),
    ("src/base/a.c", "static void f(struct x *p)\n{\n    p->random(1);\n}\n"),
    ("src/base/a.c", "/* checksrc: allow banned: the test needs it */\nint n = atoi(text);\n"),
    ("src/base/a.c", "static const char *m = \"" + "a" * 150 + "\";\n"),
    ("docs/a.md", "x" * 300 + "\n"),
    ("Makefile", "all:\n\tx\n"),
    ("third_party/x/a.c", "strcpy(a, b);\t\n"),
])
def test_good(tmp_path, name, text):
    write(tmp_path, "src/base/other.c", GOOD_C)
    write(tmp_path, name, text)
    assert check("checksrc", tmp_path) == []


@pytest.mark.parametrize("name,text,expected", [
    ("src/base/a.c", "int f(void)\n{\n    strcpy(a, b);\n}\n", ["src/base/a.c:3: banned: strcpy"]),
    ("src/base/a.c", "int f(void)\n{\n    return atoi (s);\n}\n", ["src/base/a.c:3: banned: atoi"]),
    ("src/base/a.c", "void f(void)\n{\n    (void)gmtime(&t), strtok(a, b);\n}\n", [":3: banned: gmtime", ":3: banned: strtok"]),
    ("src/base/a.c", "#define COPY(a, b) sprintf(a, b)\n", [":1: banned: sprintf"]),
    ("src/base/a.c", "/* checksrc: allow banned: */\nint n = atoi(text);\n", [":2: banned: atoi"]),
    ("src/base/a.c", "/* checksrc: allow clock: wrong rule */\nint n = atoi(text);\n", [":2: banned: atoi"]),
    ("src/engine/a.c", "void f(void)\n{\n    t = time(NULL);\n}\n", [":3: clock: time"]),
    ("src/base/a.c", body(61), [":2: function-length: f has 61 lines"]),
    ("src/base/a.c", nested(5), [":2: nesting: f nests 5"]),
    ("src/base/a.c", "x();\n" * 801, [":1: file-length: 801 lines"]),
    ("src/base/a.c", "int a;\n\tint b;\n", [":2: tab"]),
    ("src/base/a.c", "int a; \nint b;\n", [":1: trailing-blank"]),
    ("src/base/a.c", "int a;", [":1: end"]),
    ("src/base/a.c", "int a;\n\n", [":2: end"]),
    ("src/base/a.c", "int a;\r\n", [":1: line-end", ":1: trailing-blank"]),
    ("src/base/a.c", b"int a; /* \xff */\n", [":1: encoding"]),
    ("src/base/a.c", "/* TODO: later */\n", [":1: unfinished: TODO"]),
    ("scripts/x.py", "a = 1  # FIXME\n", ["scripts/x.py:1: unfinished: FIXME"]),
    ("scripts/tool", "#!/bin/bash\n\tls\n", ["scripts/tool:2: tab"]),
    ("packs/health/gold/a.sql", "SELECT 1\t;\n", ["packs/health/gold/a.sql:1: tab"]),
    ("src/base/a.c", "int " + "a" * 140 + ";\n", [":1: line-length: 145"]),
    ("src/engine/a.c", 'char *q = "SELECT a "\n          "FROM t";\n', [":1: sql"]),
    ("src/engine/a.c", 'char *q = "CREATE TABLE t\\n(a INT)";\n', [":1: sql"]),
    ("src/base/base.h", "int a;\n", [":1: guard"]),
    ("src/base/base.h", "#ifndef SECCHI_OTHER_H\n#define SECCHI_OTHER_H\n#endif\n", [":1: guard: include guard must be SECCHI_BASE_H"]),
    ("src/base/x.h", "#ifndef X_H\n#define X_H\n#endif\n", [":1: guard"]),
])
def test_bad(tmp_path, name, text, expected):
    write(tmp_path, "src/base/other.c", GOOD_C)
    write(tmp_path, name, text)
    faults = check("checksrc", tmp_path)
    assert len(faults) == len(expected), faults
    for part in expected:
        assert any(part in x for x in faults), (part, faults)


def test_nothing_to_check_is_a_fault(tmp_path):
    p = subprocess.run([sys.executable, str(ROOT / "scripts/checksrc"), "--root", str(tmp_path)], capture_output=True, timeout=60)
    assert p.returncode == 1
    p = subprocess.run([sys.executable, str(ROOT / "scripts/checkrooms"), "--root", str(tmp_path)], capture_output=True, timeout=60)
    assert p.returncode == 1


@pytest.mark.parametrize("files", [
    {"src/sql/lex.c": '#include "base/base.h"\n#include "config/config.h"\n#include "sql/sql.h"\n#include "sql/own.h"\n#include <a.h>\n'},
    {"src/engine/duckdb/open.c": "#include <duckdb.h>\nvoid f(void)\n{\n    duckdb_open(0, 0);\n}\n"},
    {"src/engine/duckdb/open.c": '#include "duckdb/inner.h"\n#include "engine/duckdb/inner.h"\n', "src/engine/duckdb/inner.h": GOOD_H},
    {"src/cli/main.c": '#include "server/server.h"\n'},
    {"src/sql/lex.c": '/* like #include <duckdb.h> */\nconst char *s = "duckdb_open()";\n'},
    {"src/semantic/a.c": '#include "yyjson.h"\n#include "nanoarrow/nanoarrow.h"\n'},
    {"src/sql/lex.c": "int f(void);\n", "src/meson.build": "subdir('base')\nsubdir('sql')\nsubdir('cli')\n"},
])
def test_rooms_good(tmp_path, files):
    for name, text in files.items():
        write(tmp_path, name, text)
    assert check("checkrooms", tmp_path) == []


@pytest.mark.parametrize("files,expected", [
    ({"src/sql/lex.c": '#include "engine/engine.h"\n'}, ["src/sql/lex.c:1: \"engine/engine.h\": engine lies below sql"]),
    ({"src/base/a.c": "#include <stdio.h>\n\n#include \"config/config.h\"\n"}, ["src/base/a.c:3:"]),
    ({"src/cli/a.c": '#include "sql/lex.h"\n'}, ['src/cli/a.c:1: "sql/lex.h" is private to sql']),
    ({"src/cli/a.c": '#include "../sql/sql.h"\n'}, ["src/cli/a.c:1:"]),
    ({"src/cli/a.c": '#include "kitchen/kitchen.h"\n'}, ["kitchen is no room"]),
    ({"src/cli/a.c": '#include "zstd.h"\n'}, ["a library of the system is included as <zstd.h>"]),
    ({"src/kitchen/a.c": "int a;\n", "src/base/a.c": "int a;\n"}, ["src/kitchen is no room"]),
    ({"src/build/a.c": "#include <duckdb.h>\n"}, ["src/build/a.c:1: <duckdb.h>: DuckDB is used only under"]),
    ({"src/build/a.c": '/* why */\n#include "duckdb.h"\n'}, ["src/build/a.c:2: <duckdb.h>: DuckDB"]),
    ({"src/engine/a.c": "#include <duckdb.h>\n"}, ["src/engine/a.c:1:"]),
    ({"src/cli/a.c": "#include <sqlite3.h>\n"}, ["SQLite"]),
    ({"src/base/a.c": "int a;\n", "src/meson.build": "subdir('sql')\nsubdir('base')\n"}, ["src/meson.build:2: base must come before sql"]),
    ({"src/base/a.c": "int a;\n", "src/meson.build": "foreach room : ['sql',\n    'config']\n"}, ["src/meson.build:2: config must"]),
    ({"src/base/a.c": "int a;\n", "packs/health/a.c": "int a;\n"}, ["packs hold content"]),
])
def test_rooms_bad(tmp_path, files, expected):
    for name, text in files.items():
        write(tmp_path, name, text)
    faults = check("checkrooms", tmp_path)
    assert len(faults) == len(expected), faults
    for part in expected:
        assert any(part in x for x in faults), (part, faults)
