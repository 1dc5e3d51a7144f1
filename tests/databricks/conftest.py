import pathlib
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
