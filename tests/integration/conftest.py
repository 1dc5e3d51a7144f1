import pytest

from program import EVENT_LOGS, new_home


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture(scope="session")
def loaded(tmp_path_factory):
    """A home with the sample event logs of a plain Spark session; tests only read it."""
    home = new_home(tmp_path_factory.mktemp("loaded") / "home")
    home.good("setup", "--source", EVENT_LOGS / "classic")
    return home
