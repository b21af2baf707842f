"""What the tests of runs share: one store with its training process, and how to wait for a run."""

import time

import pytest

from mtl.data.examination import load_rows
from mtl.model.archive import pack
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.schema.config import TrainConfig
from tests.conftest import INTENT, SENTIMENT, epochs_of

SHORT = TrainConfig(epochs=2, batch_size=8)
# Long enough to do something to it while it trains.
LONG = TrainConfig(freeze="last-1", epochs=1000, batch_size=8)
OWNER, STRANGER = "a secret", "another secret"


@pytest.fixture(scope="session")
def rows():
    return [load_rows(SENTIMENT, "sentiment"), load_rows(INTENT, "intent")]


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """One store for all tests here: starting a worker takes seconds."""
    opened = Runs(tmp_path_factory.mktemp("runs"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def archive(runs, rows, tmp_path_factory):
    """The zip file of a finished run, as its owner downloads it."""
    view = wait(runs, create(runs, "maker", rows, SHORT), over, "maker")
    return pack(view.model, tmp_path_factory.mktemp("download") / "model.zip")


def create(runs, owner, rows, config, **more):
    """The id of one new run."""
    (run_id,) = runs.create(owner, [Job(rows=rows, config=config, **more)])
    return run_id


def wait(runs, run_id, is_so, owner=OWNER, seconds=60):
    """The view of a run as soon as `is_so(view)`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        view = runs.view(owner, run_id)
        if is_so(view):
            return view
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s the run is still {runs.view(owner, run_id).state}")


def over(view):
    return view.over


def has_trained(view):
    return len(epochs_of(view.events)) >= 2
