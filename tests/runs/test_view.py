"""How long a waiting run waits: what the runs before it still need, their evaluation too."""

import time
from dataclasses import replace

import pytest

from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.ownership import digest
from mtl.runs.pace import recent_pace
from mtl.runs.queue import Queue
from mtl.runs.view import view_of
from mtl.schema.config import TrainConfig
from mtl.schema.events import Progress
from tests.conftest import epochs_of
from tests.runs.conftest import OWNER


@pytest.fixture
def queue(tmp_path, rows):
    """Two runs of two epochs: one that trains, one that waits; nobody really trains them."""
    waiting = Queue(tmp_path)
    for name, expected_s in (("first", 40.0), ("second", 5.0)):
        run = RunFolder(tmp_path / name)
        job = Job(rows=rows, config=TrainConfig(epochs=2), expected_s=expected_s)
        run.create(job, owner=digest(OWNER), created=time.time())
        waiting.put(run)
    waiting.take()
    return waiting


def _wait_s(queue, tmp_path, **progress):
    RunFolder(tmp_path / "first").log.append(Progress(**{"epoch": 2, "eta_s": None, **progress}))
    return view_of(RunFolder(tmp_path / "second"), queue).wait_s


def test_a_run_that_has_not_begun_needs_all_its_time(queue, tmp_path):
    assert view_of(RunFolder(tmp_path / "second"), queue).wait_s == 40


def test_when_all_epochs_are_done_there_is_still_the_evaluation(queue, tmp_path, sample_events):
    assert _wait_s(queue, tmp_path, phase="encoding", fraction=0.5, elapsed_s=2.0) == 38
    for epoch in epochs_of(sample_events)[:3]:
        RunFolder(tmp_path / "first").log.append(epoch)
    assert _wait_s(queue, tmp_path, phase="training", fraction=1.0, elapsed_s=15.0) == 25
    assert _wait_s(queue, tmp_path, phase="evaluating", fraction=0.5, elapsed_s=35.0, eta_s=12.0) == 12


def test_a_run_that_is_late_goes_by_its_epochs(queue, tmp_path, sample_events):
    for epoch in epochs_of(sample_events)[:2]:
        RunFolder(tmp_path / "first").log.append(epoch)
    assert _wait_s(queue, tmp_path, phase="training", fraction=0.1, elapsed_s=90.0) == 20


@pytest.mark.parametrize(
    ("limit_s", "state_is_kept", "resumable"),
    [(None, True, True), (10.0, True, True), (3.0, True, False), (None, False, False)],
)
def test_a_stopped_run_can_go_on_from_its_state_while_it_has_time(
    tmp_path, rows, sample_events, limit_s, state_is_kept, resumable
):
    run = RunFolder(tmp_path / "run")
    job = Job(rows=rows, config=TrainConfig(epochs=2, time_limit_s=limit_s))
    run.create(job, owner=digest(OWNER), created=time.time())
    for event in (*sample_events[:-1], replace(sample_events[-1], status="stopped", seconds=5.0)):
        run.log.append(event)
    if state_is_kept:
        run.state_file.touch()
    assert view_of(run, Queue(tmp_path)).resumable == resumable


def _finished(tmp_path, rows, name, seconds, expected_s, sample_events):
    run = RunFolder(tmp_path / name)
    job = Job(rows=rows, config=TrainConfig(epochs=2), expected_s=expected_s)
    run.create(job, owner=digest("somebody"), created=time.time())
    for event in (*sample_events[:-1], replace(sample_events[-1], seconds=seconds)):
        run.log.append(event)


def test_the_wait_goes_by_how_long_the_last_runs_took(queue, tmp_path, rows, sample_events):
    for name, seconds in (("a", 25.0), ("b", 30.0), ("c", 900.0)):
        _finished(tmp_path, rows, name, seconds, 10.0, sample_events)
    recent_pace.cache.clear()
    # Three times as long as was expected, in the middle; the one that took long is no measure.
    assert view_of(RunFolder(tmp_path / "second"), queue).wait_s == 120


def test_a_run_of_which_nothing_is_known_counts_as_a_usual_one(tmp_path, rows, sample_events):
    waiting = Queue(tmp_path)
    for name in ("first", "second"):
        run = RunFolder(tmp_path / name)
        run.create(Job(rows=rows, config=TrainConfig(epochs=2)), owner=digest(OWNER), created=time.time())
        waiting.put(run)
    recent_pace.cache.clear()
    assert view_of(RunFolder(tmp_path / "second"), waiting).wait_s is None
    _finished(tmp_path, rows, "a", 25.0, None, sample_events)
    recent_pace.cache.clear()
    assert view_of(RunFolder(tmp_path / "second"), waiting).wait_s == 25
