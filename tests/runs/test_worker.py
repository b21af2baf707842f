"""What the training process writes, and what a break at any moment leaves."""

import subprocess
import sys

import pytest

from mtl.data.examination import load_rows
from mtl.runs import worker
from mtl.runs.event_log import EventLog
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.train_into import trainer_for
from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Progress, RunEnd, RunStarted, event_to_dict
from mtl.schema.results import ValidationReport
from tests.conftest import INTENT, epochs_of, one


@pytest.mark.parametrize("step", ["append", "save_state"])
def test_a_break_at_any_write_loses_and_repeats_no_event(step, encoder, tmp_path, monkeypatch):
    owner = worker if step == "save_state" else EventLog
    real, config = getattr(owner, step), TrainConfig(epochs=2, batch_size=8)

    def train(name, breaks_at=None):
        calls = []

        def called(*args):
            if not isinstance(args[-1], Progress):
                calls.append(args)
            if len(calls) == breaks_at:
                raise KeyboardInterrupt  # like a kill, it leaves no last event
            return real(*args)

        monkeypatch.setattr(owner, step, called)
        worker.run(RunFolder(tmp_path / name), encoder)
        return len(calls)

    few = [load_rows(INTENT[::2], "intent")]  # it trains about twenty times

    def create(name):
        RunFolder(tmp_path / name).create(Job(rows=few, config=config), owner="", created=0.0)

    create("unbroken")
    for at in range(1, train("unbroken") + 1):
        create(f"{at}")
        with pytest.raises(KeyboardInterrupt):
            train(f"{at}", breaks_at=at)
        train(f"{at}")
        assert _course(tmp_path / f"{at}") == _course(tmp_path / "unbroken"), f"broken at write {at}"


def _course(path):
    def of_the_clock_or_the_path(key):
        return key in ("seconds", "model")

    events = [event_to_dict(event) for event in EventLog(path).events()]
    return [{k: v for k, v in event.items() if not of_the_clock_or_the_path(k)} for event in events]


def _run(path, rows, **settings):
    folder = RunFolder(path)
    folder.create(Job(rows=rows, config=TrainConfig(**settings)), owner="", created=0.0)
    return folder


def _break_at(monkeypatch, kind):
    """Like a kill when the first event of a kind is to be written."""
    real = EventLog.append

    def append(log, event):
        if isinstance(event, kind):
            raise KeyboardInterrupt
        real(log, event)

    monkeypatch.setattr(EventLog, "append", append)


def test_a_run_that_was_cut_off_before_any_state_starts_anew(rows, encoder, tmp_path, monkeypatch):
    folder = _run(tmp_path / "run", rows, epochs=2, batch_size=8)
    _break_at(monkeypatch, EpochEnd)
    with pytest.raises(KeyboardInterrupt):
        worker.run(folder, encoder)
    monkeypatch.undo()
    folder.log.append(Progress(phase="training", fraction=0.5, epoch=1, eta_s=1.0))
    assert folder.log.events()
    seen = []

    def looking(*args):
        seen.append((folder.log.events(), folder.log.progress()))
        return trainer_for(*args)

    monkeypatch.setattr(worker, "trainer_for", looking)
    worker.run(folder, encoder)
    # A page that looks just then sees a run that starts, with nothing left of the former try.
    assert seen == [([], None)]
    assert [epoch.epoch for epoch in epochs_of(folder.log.events())] == [0, 1, 2]
    one(RunStarted, folder.log.events())


@pytest.mark.parametrize("freeze", ["heads", "gradual"])
def test_a_run_that_was_cut_off_while_it_was_evaluated_is_only_evaluated(
    freeze, rows, encoder, tmp_path, monkeypatch
):
    settings = {"freeze": freeze, "goal": 0.3, "epochs": 4, "batch_size": 8}
    unbroken = _run(tmp_path / "unbroken", rows, **settings)
    worker.run(unbroken, encoder)
    reached = one(RunEnd, unbroken.log.events())
    assert reached.reason.startswith("goal reached") and len(epochs_of(unbroken.log.events())) < 5
    folder = _run(tmp_path / "run", rows, **settings)
    _break_at(monkeypatch, ValidationReport)
    with pytest.raises(KeyboardInterrupt):
        worker.run(folder, encoder)
    monkeypatch.undo()
    worker.run(folder, encoder)
    assert _course(folder.path) == _course(unbroken.path)
    assert one(RunEnd, folder.log.events()).reason == reached.reason


def test_a_failure_in_the_middle_of_a_line_still_ends_the_run(rows, encoder, tmp_path, monkeypatch):
    folder = _run(tmp_path / "run", rows, epochs=2, batch_size=8)
    real = EventLog.append

    def full_disk(log, event):
        real(log, event)
        if isinstance(event, EpochEnd) and event.epoch == 1:
            file = log.folder / "events.jsonl"
            file.write_bytes(file.read_bytes()[:-20])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(EventLog, "append", full_disk)
    worker.run(folder, encoder)
    events = folder.log.events()
    assert [epoch.epoch for epoch in epochs_of(events)] == [0]
    assert (events[-1].status, "the disk is full" in events[-1].reason) == ("failed", True)


def test_a_worker_whose_owner_is_gone_ends_before_it_is_loaded(tmp_path):
    """Its input stays open, as that of an orphan's owner may: it has to look for itself."""
    command = [sys.executable, "-m", "mtl.runs.worker_start", "1", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as orphan:
        assert orphan.wait(120) == 1
        assert orphan.stdout.read() == b""
