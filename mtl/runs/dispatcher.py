"""The thread that gives waiting runs their turn, one after the other, for as long as the page is up."""

import logging
import threading
from typing import Final

from mtl.runs.folder import RunFolder
from mtl.runs.queue import Queue
from mtl.runs.worker_process import WorkerProcess
from mtl.schema.events import RunEnd, RunStatus

# How soon a run that another process put into the folder is seen, and a queue without an owner is taken over.
_LOOK_EVERY_S: Final = 1.0

_log = logging.getLogger(__name__)


class Dispatcher:
    """Trains the runs of a queue while this process owns it; else waits until the owner is gone.

    Whatever goes wrong with one run ends that run, with the reason, and the next one has its turn.
    """

    def __init__(self, queue: Queue, process: WorkerProcess) -> None:
        self.process = process
        self._queue = queue
        self._closing = threading.Event()
        self._news = threading.Event()
        self._started = False
        queue.try_to_own()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Says that a run was put into the queue."""
        self._news.set()

    def close(self) -> None:
        """Ends the training process and gives the queue up."""
        self._closing.set()
        self._news.set()
        while self._thread.is_alive():
            self.process.kill()  # more than once: the thread may be about to start another one
            self._thread.join(0.1)
        self._queue.release()

    def _work(self) -> None:
        while not self._closing.is_set():
            try:
                busy = self._step()
            except Exception:
                # A full disk, a folder that went away: the thread must live on for the other runs.
                _log.exception("the queue of runs met a problem, and goes on")
                busy = False
            if not busy:
                self._news.wait(_LOOK_EVERY_S)
                self._news.clear()

    def _step(self) -> bool:
        """Does what is next; False where there is nothing to do for now."""
        if not self._queue.owned:
            return self._queue.try_to_own()
        if not self._started:
            self._started = True
            self.process.start()  # if this fails, the first run tries again and says why
            return True
        run = self._queue.take()
        if run is not None:
            self._train(run)
        return run is not None

    def _train(self, run: RunFolder) -> None:
        try:
            # A run that is over has nothing to do: two copies of the page may have resumed it at once.
            reason = None if run.log.end() else self.process.train(run)
        except Exception as error:
            self.process.kill()  # nobody follows what it still does
            reason = f"the training process could not be used ({error})"
        try:
            if reason and not self._closing.is_set() and run.path.exists() and run.log.end() is None:
                run.log.finish(ended("failed", reason))
        finally:
            self._queue.leave(run)
            if run.is_deleted():
                run.remove()


def ended(status: RunStatus, reason: str) -> RunEnd:
    """The last event of a run that did not end by itself."""
    return RunEnd(status=status, best_epoch=0, scores={}, seconds=0.0, reason=reason)
