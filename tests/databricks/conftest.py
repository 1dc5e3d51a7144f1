import pathlib
import socket
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from backend import Backend  # noqa: E402
from server import Workspace  # noqa: E402


@pytest.fixture(scope="session")
def backend(tmp_path_factory):
    subprocess.run([HERE.parents[1] / "scripts/spark-setup"], check=True, stdout=subprocess.DEVNULL)
    with Backend(tmp_path_factory.mktemp("spark")) as b:
        yield b


@pytest.fixture
def workspace(backend, tmp_path):
    with Workspace(backend, tmp_path) as w:
        yield w


@pytest.fixture
def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
