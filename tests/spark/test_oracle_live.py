"""The committed oracles are still what Spark's history server says about the sample logs."""
import json
import pathlib

import pytest

import make_oracle

LOGS = pathlib.Path(__file__).resolve().parent.parent / "data/eventlogs"
ORACLES = LOGS.parent / "oracles"
NAMES = make_oracle.samples(LOGS)

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def live():
    return make_oracle.ask(LOGS, NAMES)


def test_every_oracle_has_a_sample():
    assert sorted(p.stem for p in ORACLES.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_oracle_is_what_spark_says(live, name):
    committed = json.loads((ORACLES / f"{name}.json").read_text())
    assert len(committed["applications"]) == len(make_oracle.log_files(LOGS / name))
    now = json.loads(json.dumps(live[name]))
    for ours, theirs in zip(committed["applications"], now["applications"], strict=True):
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert ours[key] == theirs[key], f"{ours['id']}: {key}"
