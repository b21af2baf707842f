"""The clock of a run: progress now and then, and an end when one is asked for or the time is over."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final

from mtl.schema.events import Phase, Progress, RunStatus
from mtl.training.processes import ALONE, Processes

PROGRESS_EVERY_S: Final = 0.25


class RunEnds(Exception):
    """Ends a run from within, with the status and the reason of its last event."""

    def __init__(self, status: RunStatus, reason: str) -> None:
        super().__init__(reason)
        self.status: RunStatus = status
        self.reason = reason


class Clock:
    """Counts the seconds of a run, breaks left out. `stop` may be called from any thread.

    `limit_s`: seconds after which the run ends; None: no limit. Where several processes share a run, it ends
    in all of them after the same step, as soon as one is asked to.
    """

    def __init__(self, limit_s: float | None, processes: Processes = ALONE) -> None:
        self._limit_s = limit_s
        self._processes = processes
        self._stop = threading.Event()
        self._began = 0.0

    def start(self, already_s: float) -> None:
        """Begins to count; `already_s`: seconds of the same run before a break."""
        self._began = time.monotonic() - already_s

    def stop(self) -> None:
        """Asks the run to end."""
        self._stop.set()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def follow(self, phase: Phase, epoch: int, fractions: Iterable[float]) -> Iterator[Progress]:
        """Drives a stretch of work that yields the fraction done, in (0, 1]; yields Progress now and then.

        Raises RunEnds between two steps where the run is to end, or where a loss is no number.
        """
        began = reported = time.monotonic()
        try:
            for fraction in fractions:
                now = time.monotonic()
                if now - reported >= PROGRESS_EVERY_S:
                    reported = now
                    yield Progress(
                        phase=phase,
                        fraction=fraction,
                        epoch=epoch,
                        eta_s=(now - began) * (1 - fraction) / fraction,
                        elapsed_s=now - self._began,
                    )
                self._check()
        except FloatingPointError as error:
            raise RunEnds("failed", f"{error}: try lower learning rates") from error

    def _check(self) -> None:
        late = self._limit_s is not None and self.elapsed_s > self._limit_s
        wish = self._processes.agreed("stop" if self._stop.is_set() else "limit" if late else None)
        if wish == "stop":
            raise RunEnds("stopped", "stopped by the user; the best epoch is kept")
        if wish == "limit":
            raise RunEnds("stopped", f"time limit of {self._limit_s:g} s reached; the best epoch is kept")
