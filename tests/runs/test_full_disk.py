"""A disk that is really full: a small file system in memory. Linux, and who may mount one."""

import subprocess

import pytest

from mtl.model.checkpoint import load_model
from mtl.runs import worker
from mtl.runs.folder import RunFolder
from mtl.runs.job import Job
from mtl.runs.ownership import all_runs, digest
from mtl.runs.queue import Queue
from mtl.runs.view import view_of
from tests.conftest import epochs_of
from tests.runs.conftest import OWNER, SHORT

FULL = "the disk is full: delete what is not needed, then try again"


class Disk:
    """A file system of some kB, which can be made larger."""

    def __init__(self, path):
        self.path = path
        path.mkdir()

    def mount(self, kilobytes):
        _system("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(self.path))

    def resize(self, kilobytes):
        _system("mount", "-o", f"remount,size={kilobytes}k", str(self.path))


def _system(*command):
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path / "disk")
    try:
        made.mount(64)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here (that takes Linux and root)")
    yield made
    _system("umount", "-l", str(made.path))


def test_a_run_on_a_full_disk_says_so_and_goes_on_when_there_is_room(disk, rows, encoder):
    """From a disk that takes nothing to one that takes all: each is met in another file of the run."""
    seen = set()
    for kilobytes in (8, 32, 64, 160, 4096):
        disk.resize(kilobytes)
        run = RunFolder(disk.path / f"run{kilobytes}")
        try:
            run.create(Job(rows=rows, config=SHORT), owner=digest(OWNER), created=0)
        except OSError:
            assert not run.path.exists()
            seen.add("not made")
            continue
        worker.run(run, encoder)
        view = view_of(run, Queue(disk.path))
        seen.add(view.state)
        assert view.state in ("finished", "failed", "interrupted")
        if view.state == "finished":
            load_model(view.model, encoder).predict(["Hello"])
            break
        assert view.state == "interrupted" or run.log.end().reason == FULL
        assert view.latest is None or load_model(view.latest, encoder)
        disk.resize(8192)
        run.log.reopen()
        worker.run(run, encoder)
        view = view_of(run, Queue(disk.path))
        assert view.state == "finished"
        assert [epoch.epoch for epoch in epochs_of(view.events)] == [0, 1, 2]
        load_model(view.model, encoder).predict(["Hello"])
        run.remove()
        assert all_runs(disk.path) == []
    assert {"not made", "failed", "finished"} <= seen
