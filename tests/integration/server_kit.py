"""A served home: the real program on a free port, and plain HTTP to it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

from program import SECCHI


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class Server:
    def __init__(self, home, *words, env=None):
        self.home = home
        self.process = subprocess.Popen(
            [SECCHI, "--home", str(home.path), "serve", "--port", "0", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**home.env, **(env or {})},
            stdin=subprocess.DEVNULL,
        )
        line = self.process.stdout.readline()
        found = re.search(r"(https?)://([^/]+):(\d+)/", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"the server did not start: {line}{self.process.stderr.read()}")
        self.scheme, self.port = found[1], int(found[3])

    def connect(self, timeout=60):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = self.connect(timeout)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def query(self, sql, **more):
        return self.ask("POST", "/api/v1/query", {"sql": sql, **more})

    def raw(self, data, timeout=10):
        """Bytes to a new connection; what comes back until the server closes or nothing more comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.sendall(data)
            out = b""
            try:
                while piece := s.recv(65536):
                    out += piece
            except TimeoutError:
                pass
            return out

    def events(self, run_id, after=0, timeout=120):
        connection = self.connect(timeout)
        connection.request("GET", f"/api/v1/runs/{run_id}/events?after={after}")
        response = connection.getresponse()
        assert response.status == 200
        for line in response:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
        connection.close()

    def stop(self, how=signal.SIGTERM, timeout=30):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, err


def wait_until(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := what():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def socket_path(home):
    """Where the owner of a home listens: read from the kernel's list of sockets."""
    out = subprocess.run(["cat", "/proc/net/unix"], capture_output=True, text=True).stdout
    runtime = os.environ.get("XDG_RUNTIME_DIR", "/nowhere")
    return [
        w
        for line in out.splitlines()
        for w in line.split()[-1:]
        if w.endswith(".sock") and (w.startswith(f"/tmp/secchi-{os.geteuid()}/") or w.startswith(runtime + "/secchi-"))
    ]
