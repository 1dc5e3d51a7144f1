"""The helpers start what they promise, and nothing of it outlives the test."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time

import pytest

import spark

pytestmark = pytest.mark.spark

ASK = """
import sys
from pyspark.sql import SparkSession
session = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
print(session.sql("SELECT 40 + 2 AS n").collect()[0].n)
"""


def running(group):
    """Processes of the group that still run; one that nobody has waited for yet does not."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state not in "ZX":
                found.append(stat.parent.name)
    return found


def assert_ends(group, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while running(group):
        assert time.monotonic() < deadline, running(group)
        time.sleep(0.05)


def ask(url):
    install = spark.Install("4.2")
    return subprocess.run([install.python, "-c", ASK, url], capture_output=True, text=True, timeout=120)


def test_connect_server_wants_its_token_and_ends(tmp_path):
    with spark.connect_server(tmp_path, token="sesame") as server:
        right = ask(server.for_token("sesame"))
        wrong = ask(server.for_token("open"))
        group = server.popen.pid
        assert running(group)
    assert right.stdout.strip() == "42", right.stderr
    assert wrong.returncode != 0 and "UNAUTHENTICATED" in wrong.stderr.upper(), wrong.stderr
    assert_ends(group)


def test_process_that_ends_early_is_an_error_with_its_output(tmp_path):
    with spark.Process("early", [sys.executable, "-c", "print('no luck'); raise SystemExit(3)"], dict(os.environ), tmp_path) as p:
        with pytest.raises(RuntimeError, match="(?s)ended with status 3.*no luck"):
            p.wait_port(spark.free_port())


def test_cluster_has_two_workers_on_loopback_and_ends(tmp_path):
    with spark.cluster(tmp_path) as cluster:
        assert cluster.master.startswith("spark://127.0.0.1:")
        groups = [worker.popen.pid for worker in cluster.workers]
        assert len(groups) == 2 and all(map(running, groups))
    for group in groups:
        assert_ends(group)
