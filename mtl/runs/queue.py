"""Whose turn it is: one queue per folder of runs, shared by all processes, owned by one of them.

A run in the queue has a ticket in its folder. While it waits, the ticket is called `waiting.json`. When the
owner of the queue takes the run, it renames the ticket to `running.json`. Renaming and deleting are atomic:
no run is taken twice, and a run that is stopped while it waits is not taken at all.
"""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from mtl.model.whole import write_whole
from mtl.runs.folder import RUN, RunFolder
from mtl.runs.ownership import RUN_ID, all_runs

# Held by the process that trains, for as long as it lives.
WORKER_LOCK: Final = "worker.lock"
_LOCK: Final = "queue.lock"
# An orphan sees within a fraction of this that its owner is gone.
_ORPHAN_GOES_S: Final = 5.0
# A run is written within seconds: another process may be at it just now.
_MADE_WITHIN_S: Final = 3600.0
_WAITING: Final = "waiting.json"
_RUNNING: Final = "running.json"


def is_waiting(run: RunFolder) -> bool:
    """Whether it has not had its turn yet."""
    return (run.path / _WAITING).exists()


def is_running(run: RunFolder) -> bool:
    """Whether it has its turn."""
    return (run.path / _RUNNING).exists()


def has_ticket(run: RunFolder) -> bool:
    """Whether it waits or runs."""
    # In this order: a run goes from waiting to running, never back.
    return is_waiting(run) or is_running(run)


class Queue:
    """The runs of a folder that wait for their turn or have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # One thread takes the lock, another one gives it back.
        self._lock = FileLock(folder / _LOCK, thread_local=False)

    @property
    def owned(self) -> bool:
        """Whether this process gives the turns."""
        return self._lock.is_locked

    def try_to_own(self) -> bool:
        """Makes this process the owner, unless another one is. The lock of a process that died is free."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        self._outlive_worker()
        self._recover()
        return True

    def _outlive_worker(self) -> None:
        """Waits until the worker of an owner that died is gone: what it still writes is then there to be
        read, and a run that it ends is not called interrupted."""
        with suppress(Timeout), FileLock(self._folder / WORKER_LOCK, timeout=_ORPHAN_GOES_S):
            pass

    def release(self) -> None:
        """Lets another process become the owner."""
        self._lock.release()

    def _recover(self) -> None:
        """Puts right what the former owner left. A run that was cut off becomes interrupted; one that had not
        begun waits again; a deleted one goes."""
        for path in self._folder.iterdir():
            if RunFolder(path).is_deleted() or _was_never_whole(path):
                RunFolder(path).remove()
        for run in all_runs(self._folder):
            self.leave(run)
            run.sweep()
            if not is_waiting(run) and not run.uploaded() and run.log.is_empty():
                self.put(run)

    def put(self, run: RunFolder, *, follows: bool = False) -> None:
        """Adds a run at the end. One that `follows` another of its series lets those of others go first."""
        write_whole(run.path / _WAITING, json.dumps({"follows": follows, "since": time.time()}))

    def waiting(self) -> list[RunFolder]:
        """The runs that wait, the next one first."""
        found = []
        for ticket in self._folder.glob(f"*/{_WAITING}"):
            try:
                found.append((_place(ticket), RunFolder(ticket.parent)))
            except FileNotFoundError:  # it was taken or stopped just now
                continue
        return [run for _, run in sorted(found, key=lambda pair: pair[0])]

    def running(self) -> list[RunFolder]:
        """The run that has its turn; empty where none has."""
        return [RunFolder(ticket.parent) for ticket in self._folder.glob(f"*/{_RUNNING}")]

    def take(self) -> RunFolder | None:
        """Gives the next run its turn. Only the owner calls this."""
        for run in self.waiting():
            try:
                (run.path / _WAITING).rename(run.path / _RUNNING)
            except FileNotFoundError:  # it was stopped or deleted just now
                continue
            return run
        return None

    def withdraw(self, run: RunFolder) -> bool:
        """Takes a waiting run out of the queue. False where it has had its turn already."""
        try:
            (run.path / _WAITING).unlink()
        except FileNotFoundError:
            return False
        return True

    def leave(self, run: RunFolder) -> None:
        """Ends a run's turn."""
        (run.path / _RUNNING).unlink(missing_ok=True)


def _place(ticket: Path) -> tuple[bool, float]:
    """What the order of the queue goes by. A ticket that cannot be read counts from when it was written."""
    try:
        values = json.loads(ticket.read_text("utf-8"))
        return bool(values["follows"]), float(values["since"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False, ticket.stat().st_mtime


def _was_never_whole(path: Path) -> bool:
    """Whether a run was being made there by a process that was killed."""
    if not RUN_ID.fullmatch(path.name) or (path / RUN).exists():
        return False
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _MADE_WITHIN_S
    return False
