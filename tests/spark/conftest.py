import pathlib
import subprocess

import pytest

SETUP = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/spark-setup"


def pytest_configure(config):
    config.addinivalue_line("markers", "spark: needs the Spark of scripts/spark-setup")


@pytest.fixture(scope="session", autouse=True)
def installed():
    """Installs Spark when it is not there yet; otherwise this only compares a stamp."""
    subprocess.run([SETUP], check=True, stdout=subprocess.DEVNULL)
