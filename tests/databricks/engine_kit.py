"""The engine of Databricks SQL as a child process: drive.c with an environment of its own, in which nothing of the user's is seen."""
import json
import os
import pathlib
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SECCHI_BUILD", ROOT / "build"))


class Drive:
    def __init__(self, options=None, env=None, home="/nonexistent"):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "SECCHI_")) and "proxy" not in k.lower()}
        self.process = subprocess.Popen([BUILD / "tests/databricks/databricks_drive", json.dumps(options or {})], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**clean, "HOME": str(home), **(env or {})})
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def ask(self, op, sql=None, **more):
        """The answer, an error among them."""
        try:
            self.process.stdin.write(json.dumps({"op": op, "sql": sql, **more}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        assert line, f"the driver ended with {self.process.wait(10)}: {''.join(self.said)}"
        return json.loads(line)

    def rows(self, sql, **more):
        told = self.ask("rows", sql, **more)
        assert "rows" in told, told
        return told["rows"]

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(60)
        self.reader.join(10)
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.close()
        assert kind or status == 0, f"the driver ended with {status}: {''.join(self.said)}"


def login(workspace, **more):
    """Options for a workspace of server.py with its personal token."""
    return {"url": workspace.host, "token": workspace.token, "warehouse_id": workspace.warehouse_id, "catalog": "main", **more}


def refused(options=None, env=None, home="/nonexistent"):
    """What is said when the engine cannot be opened."""
    drive = Drive(options, env, home)
    told = json.loads(drive.process.stdout.readline())
    assert drive.close() == 1 and "error" in told
    return told
