"""All runs of a folder: made, queued, shown to their owners, stopped and deleted."""

import os
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from mtl.data.examination import LabelledRows
from mtl.model.checkpoint import load_model
from mtl.model.files import model_facts
from mtl.model.pretrained import load_encoder
from mtl.model.provenance import model_events, model_report
from mtl.model.whole import write_whole
from mtl.runs.dispatcher import Dispatcher, ended
from mtl.runs.job import Job, within_limits
from mtl.runs.ownership import digest, find, new_run, owned
from mtl.runs.queue import Queue, is_running
from mtl.runs.retention import make_room
from mtl.runs.view import RunView, is_over, view_of, wait_s
from mtl.runs.worker_process import WorkerProcess
from mtl.schema.events import Event, RunEnd
from mtl.schema.limits import LimitExceeded, limits
from mtl.schema.results import ValidationReport
from mtl.schema.words import duration
from mtl.training.throughput import Throughput

LONGEST_NAME: Final = 60
_THROUGHPUT: Final = "throughput.json"
_TRIED: Final = "tried"
# How the name of a folder begins that stands in for one that cannot be used.
TEMPORARY: Final = "sentence-mtl-"


def default_folder() -> Path:
    """MTL_RUNS_DIR, or a folder in the user's cache."""
    named = os.environ.get("MTL_RUNS_DIR")
    if named:
        return Path(named)
    try:
        return platformdirs.user_cache_path("sentence-mtl") / "runs"
    except RuntimeError:  # there is no home: `usable_folder` says so
        return Path("~", "runs")


def usable_folder(wanted: Path) -> tuple[Path, str]:
    """The folder, made if missing, and ""; or, where nothing can be written there, a temporary one and the
    sentence that says so."""
    try:
        wanted = wanted.expanduser()
        wanted.mkdir(parents=True, exist_ok=True)
        write_whole(wanted / _TRIED, "")
        (wanted / _TRIED).unlink(missing_ok=True)
        return wanted, ""
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{error}"
        return Path(tempfile.mkdtemp(prefix=TEMPORARY)), (
            f"Runs cannot be kept in their folder ({why}). They are kept in a temporary one, for as long as "
            "this app is up: whoever runs it can name another in MTL_RUNS_DIR."
        )


class Runs:
    """Makes runs, has them trained in turn, and shows each to its owner only.

    Several processes may open one folder. One of them owns the queue and trains. The others show the runs,
    put new ones into the queue, and take the queue over when its owner is gone. `owner` is always the
    secret that the visitor's browser keeps. `notice`: what visitors have to know about the folder, if
    anything.
    """

    def __init__(self, folder: Path, encoder: str | None = None, *, warm: bool = False) -> None:
        """With `warm`, the training process measures the machine and encodes the bundled sentences first."""
        self.folder, self.notice = usable_folder(folder)
        self._encoder = encoder
        self._adding = threading.Lock()
        self._queue = Queue(self.folder)
        measured = self.folder / _THROUGHPUT if warm else None
        self._dispatcher = Dispatcher(self._queue, WorkerProcess(self.folder, encoder, warm=measured))

    @property
    def owns_queue(self) -> bool:
        """Whether runs are trained by this process. If not, another one on this machine trains them."""
        return self._queue.owned

    def create(self, owner: str, jobs: Sequence[Job]) -> list[str]:
        """Puts new runs into the queue, one after the other; their ids. A run of somebody else waits for
        the first of them at most.

        Raises ValueError while the owner has a run that is not over, and beyond a limit.
        """
        made: list[str] = []
        jobs = [within_limits(job) for job in jobs]
        with self._adding:
            self.check_room(owner, len(jobs))
            for job in jobs:
                make_room(self.folder, owner)
                run = new_run(self.folder)
                run.create(job, owner=digest(owner), created=time.time())
                self._queue.put(run, follows=bool(made))
                made.append(run.id)
        self._dispatcher.wake()
        return made

    def check_room(self, owner: str, count: int) -> None:
        """Raises ValueError where `create` would, whatever the jobs are: ask before preparing them."""
        if not all(map(is_over, owned(self.folder, owner))):
            raise ValueError("you have a run that is not over: stop it, or wait for its end")
        most, waiting = limits(), self._queue.waiting()
        if count > most.visitor_waiting:
            raise most.refusal("visitor_waiting", f"These are {count} runs", "start fewer at once")
        if len(waiting) + count > most.waiting:
            seconds = wait_s([*self._queue.running(), *waiting])
            when = "later" if seconds is None else f"in about {duration(seconds)}"
            raise most.refusal("waiting", f"Busy: {len(waiting)} runs wait already", f"try again {when}")

    def adopt(self, owner: str, archive: Path) -> str:
        """Keeps a model from a zip file as a finished run of this owner; the run's id.

        Raises ValueError with the reason where the file holds anything but a model for this encoder.
        """
        if not limits().uploads:
            raise LimitExceeded("This page takes no files", "use the models that are here")
        load_model(archive, load_encoder(self._encoder))
        facts, report = model_facts(archive), model_report(archive)
        events = _without_end(model_events(archive)) or ([report] if report else [])
        with self._adding:
            make_room(self.folder, owner)
            run = new_run(self.folder)
            run.adopt(archive, events, _uploaded(report, facts), owner=digest(owner), created=time.time())
        return run.id

    def throughput(self) -> Throughput | None:
        """How fast runs go on this machine; None while it is not yet measured."""
        return Throughput.load(self.folder / _THROUGHPUT)

    def view(self, owner: str, run_id: str) -> RunView:
        """The run as it stands. Raises ValueError where it is not there or not the owner's."""
        return view_of(find(self.folder, owner, run_id), self._queue)

    def of(self, owner: str) -> list[RunView]:
        """The owner's runs, the newest first."""
        return [view_of(run, self._queue) for run in reversed(owned(self.folder, owner))]

    def current(self, owner: str) -> str:
        """The owner's run that trains, or else the one that is next in the queue; "" where there is none."""
        views = [view_of(run, self._queue) for run in owned(self.folder, owner)]
        own = [view for view in views if not view.over]
        return min(own, key=lambda view: view.position).id if own else ""

    def model_path(self, owner: str, run_id: str) -> Path | None:
        """The model of the best epoch, or that of the last finished one while the run goes on; None before.

        It reads no events. Raises ValueError where the run is not there or not the owner's.
        """
        run = find(self.folder, owner, run_id)
        return run.model if run.has_model() else run.latest()

    def rows(self, owner: str, run_id: str) -> Sequence[LabelledRows]:
        """The rows that a run trains on; none for an uploaded model. Raises OSError or ValueError where the
        run is not there, not the owner's, or damaged."""
        run = find(self.folder, owner, run_id)
        return () if run.uploaded() else run.job().rows

    def stop(self, owner: str, run_id: str) -> None:
        """Asks a run to end. One that still waits ends at once."""
        run = find(self.folder, owner, run_id)
        if self._queue.withdraw(run):
            run.log.finish(ended("stopped", "stopped before it began"))
        else:
            run.ask_to_stop()

    def stop_all(self, owner: str) -> None:
        """Stops every run of the owner that is not over, the waiting ones first."""
        for run in reversed(owned(self.folder, owner)):
            if not is_over(run):
                self.stop(owner, run.id)

    def resume(self, owner: str, run_id: str) -> None:
        """Takes a run that did not finish up again from its last finished epoch, where it has one.

        The model that a stopped run has stays until the run ends again.
        """
        run = find(self.folder, owner, run_id)
        with self._adding:
            if view_of(run, self._queue).resumable:
                run.forget_stop()
                run.log.reopen()
                self._queue.put(run)
        self._dispatcher.wake()

    def rename(self, owner: str, run_id: str, name: str) -> None:
        """Names a run; without a name it is called by its settings again. Raises ValueError where the name is
        too long."""
        run, words = find(self.folder, owner, run_id), " ".join(name.split())
        if len(words) > LONGEST_NAME:
            raise ValueError(
                f"A name has at most {LONGEST_NAME} characters, this one has {len(words)}: shorten it."
            )
        run.rename(words)

    def delete(self, owner: str, run_id: str) -> None:
        """Deletes a run. One that trains is stopped first, and goes when it has ended."""
        run = find(self.folder, owner, run_id)
        if not is_over(run):
            self.stop(owner, run_id)
        run.mark_deleted()
        if not is_running(run):
            run.remove()

    def delete_all(self, owner: str) -> None:
        """Deletes every run of the owner, as `delete` does."""
        for run in owned(self.folder, owner):
            self.delete(owner, run.id)

    def close(self) -> None:
        """Ends the training process and gives the queue up. A run that trains is interrupted."""
        self._dispatcher.close()


def _without_end(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, RunEnd)]


def _uploaded(report: ValidationReport | None, facts: dict[str, Any]) -> RunEnd:
    best = facts.get("best_epoch")
    return replace(
        ended("finished", "uploaded"),
        best_epoch=best if isinstance(best, int) else 0,
        scores={name: task.scores for name, task in report.tasks.items()} if report else {},
    )
