"""Any allocation of a command may fail: the command ends with one line that says that memory is out, or it does what it
always does; and the next ordinary command finds everything as it should be.

The failing allocation is chosen by tests/faults/alloc.c, which counts those of the program and of the libraries that work for
it. `make test` takes some places spread over each command, `make test-long` many more.
The scenarios of tests/faults/test_alloc.c do the same within a process, for every allocation.
"""
import os
import shutil
import subprocess

import pytest

from program import SECCHI, Home, new_home
from test_kill import BUILD, assert_same, content, copy_logs, samples

LIBRARY = BUILD / "tests" / "faults" / "liballocfaults.so"
LONG = os.environ.get("SECCHI_TEST_TIER") == "long"
QUERY = "SELECT s.id AS id, UPPER(s.t) AS t, SUM(s.id) OVER (ORDER BY s.id) AS n FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS s(id, t) ORDER BY 1"


def command(home, *words, fault=None):
    """The finished command and how many of its allocations were counted and failed."""
    count = home.path.parent / "count"
    count.unlink(missing_ok=True)
    env = {**home.env, "SECCHI_AS_OF": "2030-01-01T00:00:00Z", "LD_PRELOAD": str(LIBRARY), "SECCHI_ALLOC_COUNT": str(count)}
    if fault:
        env["SECCHI_ALLOC_FAULT"] = fault
    p = subprocess.run([SECCHI, "--home", str(home.path), *map(str, words)], capture_output=True, text=True, errors="replace", timeout=300, env=env,
                       stdin=subprocess.DEVNULL)
    data = count.read_bytes()
    return p, int.from_bytes(data[:8], "little"), int.from_bytes(data[8:16], "little")


def points(total, some):
    if LONG:
        return sorted({*range(1, min(total, 300) + 1), *(1 + i * (total - 1) // 299 for i in range(300))})
    return sorted({1 + i * (total - 1) // some for i in range(some)})


def ended_well_or_said_why(p, failed, wanted, where):
    """True when it ended well."""
    if p.returncode == 0:
        if wanted is not None:
            assert p.stdout == wanted, f"{where}: other output without an error"
        return True
    lines = [line for line in p.stderr.splitlines() if line.strip()]
    assert failed, f"{where}: exit {p.returncode}, but no allocation failed: {p.stderr[-500:]}"
    assert p.returncode in (1, 3), f"{where}: exit {p.returncode}: {p.stderr[-500:]}"
    assert lines and lines[-1].startswith("secchi: ") and "memory" in lines[-1], f"{where}: {p.stderr[-500:]}"
    return False


# What only reads: words, places in the short run.
READERS = {
    "query": (["query", "--format", "json", QUERY], 8),
    "query-csv": (["query", "--format", "csv", "SELECT COUNT(*) AS n FROM fact_query_history"], 5),
    "query-arrow": (["query", "--format", "arrow", "SELECT statement_id FROM fact_query_history ORDER BY 1"], 5),
    "help": (["help", "settings"], 5),
    "status": (["status"], 3),
    "check": (["check"], 5),
}


@pytest.mark.parametrize("name", READERS)
def test_reading(loaded, tmp_path, name):
    words, some = READERS[name]
    home = new_home(tmp_path / "home")
    shutil.rmtree(home.path)
    shutil.copytree(loaded.path, home.path)
    first, _, _ = command(home, *words)
    good, total, failed = command(home, *words)
    assert good.returncode == 0 and total > 0 and failed == 0, good.stderr
    wanted = good.stdout if first.stdout == good.stdout else None  # some tell the time
    ended = {True: 0, False: 0}
    for at in points(total, some):
        p, _, failed = command(home, *words, fault=str(at))
        ended[ended_well_or_said_why(p, failed, wanted, f"{name}, allocation {at} of {total}")] += 1
    assert ended[False], f"{name}: no failing allocation of {total} was felt: {ended}"
    again, _, _ = command(home, *words)
    assert again.returncode == 0 and (wanted is None or again.stdout == wanted), again.stderr


def test_init(tmp_path):
    home = new_home(tmp_path / "first")
    shutil.rmtree(home.path)
    good, total, _ = command(home, "init")
    assert good.returncode == 0
    made = (home.path / "secchi.yaml").read_text()
    for at in points(total, 12):
        shutil.rmtree(home.path, ignore_errors=True)
        p, _, failed = command(home, "init", fault=str(at))
        if not ended_well_or_said_why(p, failed, None, f"init, allocation {at} of {total}") and not (home.path / "secchi.yaml").exists():
            home.good("init")
        assert (home.path / "secchi.yaml").read_text() == made


class Change:
    """A command that changes a home, from a home prepared before it; and what it does when nothing disturbs it."""

    def __init__(self, folder, prepare, words):
        self.folder, self.words = folder, [str(word) for word in words]
        self.template = new_home(folder / "template" / "home")
        prepare(self.template)
        home = self.home("undisturbed")
        self.total = self.run(home)
        self.wanted = content(home.path)

    def home(self, name):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.copytree(self.template.path, self.folder / name / "home")
        return Home(self.folder / name / "home")

    def run(self, home):
        p, total, _ = command(home, *self.words)
        assert p.returncode == 0, p.stderr
        return total

    def fail_at(self, at):
        """True when the command ended well. It must then have done everything, and otherwise the next one must."""
        home, where = self.home("disturbed"), f"{self.words[0]}, allocation {at} of {self.total}"
        p, _, failed = command(home, *self.words, fault=str(at))
        well = ended_well_or_said_why(p, failed, None, where)
        if not well:
            self.run(home)
        assert_same(content(home.path), self.wanted, where)
        return well


def change_of(name, folder):
    """A setup over some event logs; a refresh when others have come."""
    early, late = samples()
    copy_logs(early[:2], folder / "logs")
    words = ["setup", "--source", folder / "logs"]
    if name == "setup":
        return Change(folder, lambda home: None, words)

    def prepare(home):
        command(home, *words)
        copy_logs(late[:2], folder / "logs")

    return Change(folder, prepare, ["refresh"])


@pytest.mark.parametrize("name", ["setup", "refresh"])
def test_changing(tmp_path, name):
    change = change_of(name, tmp_path)
    some = 60 if LONG else 3
    ended = [change.fail_at(1 + (2 * i + 1) * (change.total - 1) // (2 * some)) for i in range(some)]
    assert not all(ended), f"no failing allocation of {change.total} was felt"


def test_a_setting_that_cannot_be_read_is_refused(tmp_path):
    home = new_home(tmp_path / "home")
    for wrong in ["0", "x", "5x", ""]:
        p = subprocess.run([SECCHI, "--home", str(home.path), "help"], capture_output=True, text=True, timeout=60,
                           env={**home.env, "LD_PRELOAD": str(LIBRARY), "SECCHI_ALLOC_FAULT": wrong})
        assert p.returncode == 99 and "SECCHI_ALLOC_FAULT" in p.stderr, wrong
