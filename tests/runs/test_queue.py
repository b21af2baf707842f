"""Whose turn it is: one owner of the queue per folder, and a queue that goes on whatever happens to a run."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from mtl.runs import worker_process
from mtl.runs.event_log import EventLog
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.ownership import digest
from mtl.runs.queue import WORKER_LOCK, Queue, has_ticket, is_running, is_waiting
from mtl.runs.store import Runs
from mtl.runs.view import view_of
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunStarted
from tests.conftest import epochs_of, one
from tests.runs.conftest import LONG, OWNER, SHORT, STRANGER, create, has_trained, over, wait

ROOT = Path(__file__).parents[2]


@pytest.fixture
def opened(tmp_path):
    """Opens the folder of runs, as often as wanted."""
    stores = []

    def open_runs():
        stores.append(Runs(tmp_path))
        return stores[-1]

    yield open_runs
    for store in stores:
        store.close()


def _soon(is_so, seconds=60):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


# Whatever happens to one run


def test_a_worker_that_cannot_start_ends_its_run_and_the_queue_goes_on(opened, rows, monkeypatch):
    real = subprocess.Popen

    def no_memory(*args, **kwargs):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(worker_process.subprocess, "Popen", no_memory)
    runs = opened()
    first = create(runs, OWNER, rows, SHORT)
    view = wait(runs, first, over)
    assert view.state == "failed"
    assert "Cannot allocate memory" in view.events[-1].reason
    monkeypatch.setattr(worker_process.subprocess, "Popen", real)
    assert wait(runs, create(runs, OWNER, rows, SHORT), over).state == "finished"


def test_a_folder_that_cannot_be_written_does_not_stop_the_queue(runs, rows):
    first = create(runs, OWNER, rows, LONG)
    wait(runs, first, has_trained)
    second = create(runs, STRANGER, rows, SHORT)
    log, aside = runs.folder / first / "events.jsonl", runs.folder / "aside"
    worker = runs._dispatcher.process.pid
    os.kill(worker, signal.SIGSTOP)  # or it might write between these two
    log.rename(aside)
    log.mkdir()  # from now on each event, the last one too, is an OSError
    os.kill(worker, signal.SIGCONT)
    assert wait(runs, second, over, STRANGER).state == "finished"
    log.rmdir()
    aside.rename(log)
    assert runs.view(OWNER, first).state == "interrupted"


# Many visitors at once


def test_of_200_starts_at_once_none_is_lost_and_none_trained_twice(runs, rows, limited):
    limited(waiting=6)
    quick = TrainConfig(freeze="frozen", epochs=1)
    before = create(runs, "before", rows, LONG, expected_s=60.0)
    wait(runs, before, has_trained, "before")
    gate = threading.Barrier(50)

    def start(number):
        owner = f"visitor {number}"
        if number < 50:
            gate.wait(600)
        try:
            return owner, create(runs, owner, rows, quick, expected_s=3.0)
        except ValueError as error:
            return owner, f"{error}"

    with ThreadPoolExecutor(50) as pool:
        answers = dict(pool.map(start, range(200)))
    made = {owner: answer for owner, answer in answers.items() if (runs.folder / answer).is_dir()}
    refused = [answer for owner, answer in answers.items() if owner not in made]
    assert (len(made), len(refused)) == (6, 194)
    assert all(re.match("Busy: 6 runs wait already; .*try again in about ", answer) for answer in refused)
    places = [runs.view(owner, run_id).position for owner, run_id in made.items()]
    assert sorted(places) == list(range(1, 7))
    runs.stop("before", before)
    for owner, run_id in made.items():
        view = wait(runs, run_id, over, owner)
        assert view.state == "finished"
        one(RunStarted, view.events)


# Two processes on one folder


@pytest.fixture
def follower(runs):
    """A second store on the folder of the one that trains."""
    second = Runs(runs.folder)
    yield second
    second.close()


def test_a_second_store_follows_and_its_runs_are_taken_by_the_first(runs, follower, rows):
    owner = runs
    assert (owner.owns_queue, follower.owns_queue) == (True, False)
    run_id = create(follower, OWNER, rows, SHORT)
    assert follower.view(OWNER, run_id).state in ("waiting", "running")
    view = wait(follower, run_id, over)
    assert view.state == "finished"
    # Trained once: both would have told their own beginning.
    one(RunStarted, view.events)
    assert [epoch.epoch for epoch in epochs_of(view.events)] == [0, 1, 2]
    assert owner.view(OWNER, run_id) == view
    assert follower._dispatcher.process.pid is None


def test_a_follower_shows_and_stops_what_the_owner_trains(runs, follower, rows):
    owner = runs
    first = create(owner, OWNER, rows, LONG)
    second = create(follower, STRANGER, rows, SHORT)
    wait(owner, first, has_trained)
    assert follower.view(OWNER, first).state == "running"
    assert follower.view(STRANGER, second).position == 1
    with pytest.raises(ValueError, match="not over"):
        create(follower, OWNER, rows, SHORT)
    follower.stop(STRANGER, second)
    assert owner.view(STRANGER, second).events[-1].reason == "stopped before it began"
    follower.stop(OWNER, first)
    assert wait(follower, first, over).state == "stopped"


def test_a_follower_takes_over_when_the_owner_is_killed(opened, rows, tmp_path):
    code = "import sys, time; from pathlib import Path; from mtl.runs.store import Runs\n"
    code += "runs = Runs(Path(sys.argv[1])); print(runs.owns_queue, flush=True); time.sleep(600)"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "True\n"
        runs = opened()
        assert not runs.owns_queue
        first, second = create(runs, OWNER, rows, LONG), create(runs, STRANGER, rows, SHORT)
        wait(runs, first, has_trained)
    finally:
        os.kill(other.pid, signal.SIGKILL)
        other.wait(20)
        other.stdout.close()
    _soon(lambda: runs.owns_queue)
    # What it trained is interrupted, and what waited has its turn.
    _soon(lambda: runs.view(OWNER, first).state == "interrupted")
    assert wait(runs, second, over, STRANGER).state == "finished"
    epochs = len(epochs_of(runs.view(OWNER, first).events))
    runs.resume(OWNER, first)
    view = wait(runs, first, lambda view: len(epochs_of(view.events)) > epochs)
    runs.stop(OWNER, first)
    numbers = [epoch.epoch for epoch in epochs_of(view.events)]
    assert numbers == list(range(len(numbers)))


# The queue alone


@pytest.fixture
def made(tmp_path, rows):
    """Makes a run that nobody trains."""

    def make(name):
        run = RunFolder(tmp_path / name)
        run.create(Job(rows=rows, config=SHORT), owner=digest(OWNER), created=time.time())
        return run

    return make


def test_a_series_lets_others_in_between(made, tmp_path):
    queue = Queue(tmp_path)
    queue.put(first := made("first"))
    queue.put(second := made("second"), follows=True)
    queue.put(third := made("third"), follows=True)
    queue.put(other := made("other"))
    assert queue.waiting() == [first, other, second, third]
    taken = [queue.take() for _ in range(5)]
    assert taken == [first, other, second, third, None]
    assert {run.id for run in queue.running()} == {"first", "second", "third", "other"}


def test_a_run_is_taken_or_withdrawn_never_both(made, tmp_path):
    queue = Queue(tmp_path)
    queue.put(run := made("run"))
    assert queue.withdraw(run)
    assert queue.take() is None
    queue.put(run)
    assert queue.take() == run
    assert not queue.withdraw(run)
    assert is_running(run) and not is_waiting(run)
    queue.leave(run)
    assert not has_ticket(run)


def test_a_new_owner_puts_right_what_the_former_left(made, tmp_path, sample_events):
    queue = Queue(tmp_path)
    for name in ("cut off", "just taken"):
        queue.put(made(name))
        queue.take()
    for event in sample_events[:4]:
        EventLog(tmp_path / "cut off").append(event)
    queue.put(made("waits"))
    made("of an earlier version")  # those had no ticket
    made("deleted").mark_deleted()
    assert queue.try_to_own() and queue.owned
    assert not has_ticket(RunFolder(tmp_path / "cut off"))
    assert {run.id for run in queue.waiting()} == {"just taken", "waits", "of an earlier version"}
    assert not (tmp_path / "deleted").exists()
    other = Queue(tmp_path)
    assert not other.try_to_own() and not other.owned
    queue.release()
    assert other.try_to_own()
    other.release()


def test_a_new_owner_waits_until_the_former_worker_is_gone(made, tmp_path, sample_events):
    """What an orphan still writes ends its run: it is finished, and not interrupted."""
    former = Queue(tmp_path)
    former.put(run := made("run"))
    former.take()
    worker = FileLock(tmp_path / WORKER_LOCK, thread_local=False)
    worker.acquire()

    def end():
        for event in sample_events:
            run.log.append(event)
        worker.release()

    threading.Timer(0.5, end).start()
    queue = Queue(tmp_path)
    assert queue.try_to_own()
    assert view_of(run, queue).state == "finished"
    queue.release()
