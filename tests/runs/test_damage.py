"""Files of a run that hold something else than was written: the page goes on, and says what happened."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtl.model.checkpoint import load_model, save_model
from mtl.model.multitask import untrained
from mtl.model.whole import whole, write_whole
from mtl.runs import event_log, state_file, worker
from mtl.runs.event_log import EventLog
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.ownership import digest, owned
from mtl.runs.queue import Queue
from mtl.runs.store import usable_folder
from mtl.runs.view import view_of
from mtl.schema.events import RunEnd
from mtl.ui.models import name_of
from mtl.ui.train.progress import progress_bar
from tests.conftest import epochs_of
from tests.runs.conftest import OWNER, SHORT

GARBAGE = {
    "empty": b"",
    "no text": b"\xff\xfe\x00\n\x80",
    "null": b"null\n",
    "a list": b"[]\n",
    "an object": b"{}\n",
    "numbers": b'{"format": 3, "owner": 5, "created": "x", "follows": [], "since": {}, "event": []}\n',
    "NaN": b'{"format": 3, "owner": "a", "created": NaN, "config": {"epochs": NaN}, "expected_s": NaN}\n',
    "deep": b"[" * 100_000,
    "half": b'{"format": 3, "ow',
}
FILES = ("run.json", "job.json", "events.jsonl", "progress.json", "waiting.json", "name.txt", "rows_1.csv")


@pytest.fixture
def make(tmp_path, rows, sample_events):
    """Makes a run that nobody trains, with these events."""

    def made(name, events=()):
        run = RunFolder(tmp_path / name)
        run.create(Job(rows=rows, config=SHORT, expected_s=5.0), owner=digest(OWNER), created=time.time())
        for event in events:
            run.log.append(event)
        return run

    return made


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_a_damaged_file_of_one_run_keeps_nothing_from_the_others(
    make, tmp_path, sample_events, file, content
):
    for begun in ((), sample_events[:4], sample_events):
        damaged = make(f"damaged{len(begun)}", begun)
        queue = Queue(tmp_path)
        queue.put(damaged)
        (damaged.path / file).write_bytes(content)
    healthy = make("healthy")
    queue.put(healthy)
    assert healthy in queue.waiting()
    for run in owned(tmp_path, OWNER):
        view = view_of(run, queue)
        assert view.state in ("waiting", "finished")
        name_of(view), progress_bar(view), run.name, run.nbytes()
    assert view_of(healthy, queue).position > 0
    while healthy in queue.waiting():
        assert queue.take() is not None
    assert queue.try_to_own()  # what a new app puts right
    queue.release()
    for run in owned(tmp_path, OWNER):
        progress_bar(view_of(run, queue))


def test_a_run_whose_job_is_damaged_says_so_and_cannot_be_resumed(make, tmp_path, sample_events, encoder):
    run = make("run", sample_events[:4])
    (run.path / "job.json").write_text("[")
    view = view_of(run, Queue(tmp_path))
    assert (view.state, view.resumable) == ("interrupted", False)
    assert "cannot be read any more: start it again" in progress_bar(view)["text"]
    worker.run(run, encoder)
    assert "start" in run.log.end().reason


def test_a_log_that_cannot_be_read_is_not_begun_anew_by_itself(make, tmp_path, sample_events):
    run, fresh = make("run", sample_events), make("fresh")
    (run.path / "events.jsonl").write_text("garbage\n")
    queue = Queue(tmp_path)
    assert queue.try_to_own()
    queue.release()
    assert queue.waiting() == [fresh]


def test_a_saved_state_that_is_damaged_ends_the_run_with_the_reason_once(make, tmp_path, encoder):
    run = make("run")
    run.state_file.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00 no header")
    worker.run(run, encoder)
    assert "the saved state cannot be read" in run.log.end().reason
    view = view_of(run, Queue(tmp_path))
    assert (view.state, view.resumable) == ("failed", False)


def test_what_a_killed_writer_left_is_cleared_away(make, tmp_path):
    run, unmade, young = make("run"), tmp_path / ("x" * 16), tmp_path / ("y" * 16)
    (run.path / ".state.safetensors.0.partial").touch()
    (run.path / "latest" / ".3").mkdir(parents=True)
    for path in (unmade, young, tmp_path / "files"):
        path.mkdir()
        os.utime(path, (1, 1 if path != young else time.time()))
    queue = Queue(tmp_path)
    assert queue.try_to_own()
    queue.release()
    assert not list(run.path.rglob("*.partial")) and not list(run.path.rglob(".3"))
    assert not unmade.exists() and young.exists() and (tmp_path / "files").exists()


# Writing


def test_a_file_is_whole_or_as_it_was(tmp_path):
    file = tmp_path / "file"
    write_whole(file, "before")
    with pytest.raises(RuntimeError), whole(file) as partial:
        partial.write_text("half of wh")
        raise RuntimeError
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_model_is_none_before_all_of_it_is_there(encoder, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    save_model(untrained(encoder), folder)
    (folder / "report.json").write_text("{}")
    monkeypatch.setattr("mtl.model.checkpoint.write_whole", _full)
    with pytest.raises(OSError):
        save_model(untrained(encoder), folder)
    # New weights beside old facts, or an old report beside new weights, are no model.
    with pytest.raises(ValueError, match="is not a model"):
        load_model(folder, encoder)
    assert not (folder / "report.json").exists()


# A full disk


def _full(*given, **more):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_run_that_cannot_be_written_leaves_nothing(make, tmp_path, monkeypatch):
    monkeypatch.setattr("mtl.runs.job.write_whole", _full)
    with pytest.raises(OSError):
        make("run")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_while_a_run_trains_ends_it_with_the_reason(make, tmp_path, encoder, monkeypatch):
    run, save = make("run"), state_file.save_state

    def full_in_epoch_2(state, file):
        if state.facts["epoch"] == 2:
            _full()
        save(state, file)

    monkeypatch.setattr(worker, "save_state", full_in_epoch_2)
    worker.run(run, encoder)
    end = run.log.end()
    assert (end.status, end.reason) == (
        "failed",
        "the disk is full: delete what is not needed, then try again",
    )
    view = view_of(run, Queue(tmp_path))
    assert view.resumable and view.latest is None
    monkeypatch.undo()
    run.log.reopen()
    worker.run(run, encoder)
    assert run.log.end().status == "finished"
    assert [epoch.epoch for epoch in epochs_of(run.log.events())] == [0, 1, 2]


def test_a_disk_that_takes_not_even_the_reason_leaves_the_run_interrupted(
    make, tmp_path, encoder, monkeypatch
):
    run = make("run")
    with monkeypatch.context() as full:
        full.setattr(event_log, "write_whole", _full)
        worker.run(run, encoder)
    view = view_of(run, Queue(tmp_path))
    assert (view.state, view.resumable) == ("interrupted", True)
    assert isinstance(EventLog(run.path).end(), RunEnd | None)
    worker.run(run, encoder)
    assert run.log.end().status == "finished"


# The folder of all runs


@pytest.mark.parametrize("wanted", ["/proc/no/runs", "/dev/null/runs", "~nobody-of-this-name/.cache/runs"])
def test_a_folder_that_cannot_be_used_gives_way_to_a_temporary_one_and_that_is_said(wanted):
    folder, notice = usable_folder(Path(wanted))
    assert folder.is_dir() and folder != Path(wanted)
    assert notice.startswith("Runs cannot be kept in their folder (")
    assert str(folder) not in notice and wanted not in notice
    folder.rmdir()


def test_a_missing_folder_is_made(tmp_path):
    assert usable_folder(tmp_path / "a" / "b") == (tmp_path / "a" / "b", "")
    assert (tmp_path / "a" / "b").is_dir()


def test_the_page_starts_without_home_and_says_where_runs_are_not_kept():
    code = (
        "import os\n"
        "for name in ('HOME', 'MTL_RUNS_DIR', 'XDG_CACHE_HOME'): os.environ.pop(name, None)\n"
        "import pwd\n"
        "def unknown(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = unknown\n"
        "from mtl.runs.store import default_folder, usable_folder\n"
        "print(usable_folder(default_folder())[1])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("Runs cannot be kept in their folder (Could not determine home directory.)")
