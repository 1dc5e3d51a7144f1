"""The program as its users run it: commands on a home of their own."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECCHI = os.environ.get("SECCHI", str(ROOT / "build" / "secchi"))
EVENT_LOGS = ROOT / "tests" / "data" / "eventlogs"


class Home:
    """A home folder and the commands on it. Every call returns the finished process; `good` also demands status 0."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SECCHI_")}

    def run(self, *words, timeout=120, **options):
        command = [SECCHI, "--home", str(self.path), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=self.env, stdin=options.pop("stdin", subprocess.DEVNULL), **options)

    def good(self, *words, **options):
        done = self.run(*words, **options)
        assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def rows(self, sql, *more):
        return json.loads(self.good("query", "--format", "json", *more, sql).stdout)

    def one(self, sql):
        rows = self.rows(sql)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return next(iter(rows[0].values()))


def new_home(path):
    home = Home(path)
    home.good("init")
    return home
