"""All runs: who owns which, the queue, and the worker process that takes them one at a time."""

import hashlib
import itertools
import os
import queue
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from mtl.data.examination import LabelledRows
from mtl.model.checkpoint import load_model, model_facts, model_report
from mtl.model.pretrained import load_encoder
from mtl.runs.folder import RunFolder
from mtl.runs.view import RunView, seconds_left, view_of
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunEnd
from mtl.schema.results import ValidationReport
from mtl.training.throughput import Throughput

RUNS_PER_OWNER: Final = 12
RUNS_IN_ALL: Final = 200
MOST_DAYS: Final = 30
MOST_BYTES: Final = 8 * 2**30


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked of one run. `command` does the same on the command line, `expected_s` may be needed."""

    config: TrainConfig
    command: str = ""
    expected_s: float | None = None


def default_folder() -> Path:
    """MTL_RUNS_DIR, or a folder in the user's cache."""
    named = os.environ.get("MTL_RUNS_DIR")
    return Path(named) if named else platformdirs.user_cache_path("sentence-mtl") / "runs"


class Runs:
    """Creates runs, hands them to the worker in turn, and shows each to its owner only.

    An owner is a secret that the visitor's browser keeps; on disk is only its digest.
    """

    def __init__(self, folder: Path, encoder: str | None = None, *, warm: bool = False) -> None:
        """With `warm` the worker measures the machine and encodes the bundled sentences at once."""
        self.folder = folder
        self._encoder = encoder
        self._warm = warm
        self._waiting: list[str] = []
        self._following: set[str] = set()
        self._active: str | None = None
        self._closing = False
        self._lock = threading.RLock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._worker: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if RunFolder(path).is_deleted():
                shutil.rmtree(path, ignore_errors=True)
        for run in sorted(self._all(), key=_created):
            if not run.events():
                self._enqueue(run.id)
        threading.Thread(target=self._dispatch, daemon=True).start()

    def create(
        self,
        owner: str,
        rows: Sequence[LabelledRows],
        config: TrainConfig,
        start: str | None = None,
        tests: Sequence[LabelledRows] = (),
        command: str = "",
        expected_s: float | None = None,
    ) -> str:
        """A new run's id; `command` does the same on the command line, `expected_s` is how long it may take.

        Raises ValueError while the owner has a run that is not over.
        """
        order = Order(config=config, command=command, expected_s=expected_s)
        return self.create_series(owner, rows, [order], start, tests)[0]

    def create_series(
        self,
        owner: str,
        rows: Sequence[LabelledRows],
        orders: Sequence[Order],
        start: str | None = None,
        tests: Sequence[LabelledRows] = (),
        corrections: Sequence[LabelledRows] = (),
    ) -> list[str]:
        """Runs on the same rows, one after the other; their ids. A run of somebody else does not wait for
        all of them, but for one.

        Raises ValueError while the owner has a run that is not over.
        """
        made: list[str] = []
        with self._lock:
            if any(not self._view(run).over for run in self._owned(owner)):
                raise ValueError("you have a run that is not over: stop it, or wait for its end")
            for order in orders:
                self._make_room(owner)
                run = RunFolder(self.folder / secrets.token_urlsafe(12))
                run.create(
                    owner=_digest(owner),
                    created=time.time(),
                    rows=rows,
                    tests=tests,
                    corrections=corrections,
                    config=order.config,
                    start=start,
                    command=order.command,
                    expected_s=order.expected_s,
                )
                self._enqueue(run.id, follows=bool(made))
                made.append(run.id)
        return made

    def throughput(self) -> Throughput | None:
        """How fast runs go here; None while it is not yet measured."""
        return Throughput.load(self._throughput_file)

    @property
    def _throughput_file(self) -> Path:
        return self.folder / "throughput.json"

    def adopt(self, owner: str, archive: Path) -> str:
        """Keeps a model from a zip file as a finished run of this owner, and returns the run's id.

        Raises ValueError with the reason where the file holds anything but a model for this encoder.
        """
        load_model(archive, load_encoder(self._encoder))
        end = _uploaded(model_report(archive), model_facts(archive))
        with self._lock:
            self._make_room(owner)
            run = RunFolder(self.folder / secrets.token_urlsafe(12))
            run.adopt(owner=_digest(owner), created=time.time(), archive=archive, end=end)
        return run.id

    def view(self, owner: str, run_id: str) -> RunView:
        """The run as it stands. Raises ValueError if it is not there or not the owner's."""
        return self._view(self._find(owner, run_id))

    def of(self, owner: str) -> list[RunView]:
        """The owner's runs, the newest first."""
        return [self._view(run) for run in sorted(self._owned(owner), key=_created, reverse=True)]

    def current(self, owner: str) -> str:
        """The owner's run that trains, or the next in the queue; "" where none does."""
        own = [view for view in map(self._view, self._owned(owner)) if not view.over]
        return min(own, key=lambda view: view.position).id if own else ""

    def rows(self, owner: str, run_id: str) -> list[LabelledRows]:
        """The rows a run trains on."""
        return self._find(owner, run_id).rows()

    def stop(self, owner: str, run_id: str) -> None:
        """Asks a run to end; one that still waits ends at once."""
        run = self._find(owner, run_id)
        with self._lock:
            if run_id in self._waiting:
                self._waiting.remove(run_id)
                run.append(_ended("stopped", "stopped before it began"))
                return
        run.ask_to_stop()

    def stop_all(self, owner: str) -> None:
        """Asks every run of the owner that is not over to end, those that wait first."""
        for run in sorted(self._owned(owner), key=_created, reverse=True):
            if not self._view(run).over:
                self.stop(owner, run.id)

    def resume(self, owner: str, run_id: str) -> None:
        """Takes an interrupted run up again from its last finished epoch."""
        run = self._find(owner, run_id)
        if self._view(run).state == "interrupted":
            run.begin_again()
            self._enqueue(run_id)

    def delete_all(self, owner: str) -> None:
        """Deletes every run of the owner; one that trains is stopped first."""
        for run in self._owned(owner):
            if not self._view(run).over:
                self.stop(owner, run.id)
            run.mark_deleted()
            if run.id != self._active:
                shutil.rmtree(run.path, ignore_errors=True)

    def close(self) -> None:
        """Ends the worker process; a run that trains is interrupted and can be resumed."""
        self._closing = True
        if self._worker is not None:
            self._worker.kill()

    def _view(self, run: RunFolder) -> RunView:
        with self._lock:
            # Before the events are read: a run that ends in between has its end among them.
            position = self._waiting.index(run.id) + 1 if run.id in self._waiting else 0
            active = run.id == self._active
            before = [*filter(None, [self._active]), *self._waiting[: position - 1]] if position else []
        wait_s = _sum(seconds_left(RunFolder(self.folder / other)) for other in before)
        return view_of(run, position=position, active=active, wait_s=wait_s)

    def _find(self, owner: str, run_id: str) -> RunFolder:
        run = RunFolder(self.folder / run_id)
        # An id is one name: nothing that leads out of the folder.
        there = run.id == run_id and run.readable() and not run.is_deleted()
        if there and run.description()["owner"] == _digest(owner):
            return run
        raise ValueError("this run is not here any more: it was deleted, or made room for newer ones")

    def _owned(self, owner: str) -> list[RunFolder]:
        digest = _digest(owner)
        return [run for run in self._all() if run.description()["owner"] == digest]

    def _all(self) -> list[RunFolder]:
        runs = (RunFolder(path.parent) for path in self.folder.glob("*/run.json"))
        return [run for run in runs if run.readable() and not run.is_deleted()]

    def _make_room(self, owner: str) -> None:
        """Deletes what is old or too much, and never a run that is not over."""

        def drop(runs: list[RunFolder], keep: int) -> None:
            over = [run for run in sorted(runs, key=_created) if self._view(run).over]
            for run in over[: max(0, len(runs) - keep + 1)]:
                shutil.rmtree(run.path, ignore_errors=True)

        drop([run for run in self._all() if time.time() - _created(run) > MOST_DAYS * 24 * 3600], 1)
        drop(self._owned(owner), RUNS_PER_OWNER)
        everything = sorted(self._all(), key=_created, reverse=True)
        sizes = itertools.accumulate(run.nbytes() for run in everything)
        drop(everything, min(RUNS_IN_ALL, sum(size <= MOST_BYTES for size in sizes) + 1))

    def _enqueue(self, run_id: str, *, follows: bool = False) -> None:
        """Puts a run into the queue; one that follows another of its series lets those of others go first."""
        with self._lock:
            place = len(self._waiting)
            if follows:
                self._following.add(run_id)
            else:
                place = next((i for i, other in enumerate(self._waiting) if other in self._following), place)
            self._waiting.insert(place, run_id)
        self._wake.put(None)

    def _dispatch(self) -> None:
        self._start_worker()
        while True:
            self._wake.get()
            with self._lock:
                if not self._waiting:
                    continue
                self._active = self._waiting.pop(0)
                self._following.discard(self._active)
            run = RunFolder(self.folder / self._active)
            self._train(run)
            self._active = None
            if run.is_deleted():
                shutil.rmtree(run.path, ignore_errors=True)

    def _train(self, run: RunFolder) -> None:
        worker = self._worker
        if worker is None or worker.poll() is not None:
            worker = self._start_worker()
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(f"{run.path.resolve()}\n")
            worker.stdin.flush()
        except OSError:
            pass
        for line in worker.stdout:
            if line == "done\n":
                return
        code = worker.wait()
        if self._closing:
            return
        if run.path.exists() and run.end() is None:
            run.end_for_its_writer(_ended("failed", _why_it_died(code)))

    def _start_worker(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mtl.runs.worker"]
        command += [self._encoder] if self._encoder else []
        command += ["--warm", str(self._throughput_file.resolve())] if self._warm else []
        self._worker = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        return self._worker


def _sum(parts: Iterable[float | None]) -> float | None:
    known = list(parts)
    return None if None in known else sum(filter(None, known))


def _why_it_died(code: int) -> str:
    if code < 0:
        return (
            f"the training process was killed (signal {-code}), perhaps for want of memory: "
            "try fewer rows or a strategy that trains fewer layers"
        )
    return f"the training process ended unexpectedly (exit status {code})"


def _ended(status: Literal["stopped", "failed"], reason: str) -> RunEnd:
    return RunEnd(status=status, best_epoch=0, scores={}, seconds=0.0, reason=reason)


def _uploaded(verdict: ValidationReport | None, facts: dict[str, Any]) -> RunEnd:
    scores = {name: task.scores for name, task in verdict.tasks.items()} if verdict else {}
    best = facts.get("best_epoch")
    return RunEnd(
        status="finished",
        best_epoch=best if isinstance(best, int) else 0,
        scores=scores,
        seconds=0.0,
        reason="uploaded",
    )


def _digest(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()


def _created(run: RunFolder) -> float:
    return float(run.description()["created"])
