"""Which runs are deleted to make room, and when."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

from mtl.runs.folder import RunFolder
from mtl.runs.ownership import all_runs, created, owned
from mtl.runs.queue import has_ticket
from mtl.schema.limits import limits


def make_room(folder: Path, owner: str) -> None:
    """Makes room for one more run of this owner: deletes runs that are too old, too many or too large.

    The oldest go first. A run that waits or trains stays.
    """
    now, most = time.time(), limits()
    _drop([run for run in all_runs(folder) if now - created(run) > most.days * 24 * 3600], 0)
    _fit(owned(folder, owner), most.visitor_runs - 1, most.visitor_bytes)
    _fit(all_runs(folder), most.runs - 1, most.total_bytes)


def _fit(runs: Sequence[RunFolder], most: int, nbytes: int) -> None:
    """Deletes the oldest of these runs, so that at most `most` are left, of this size in all."""
    sizes = itertools.accumulate(run.nbytes() for run in reversed(runs))
    _drop(runs, min(most, sum(size <= nbytes for size in sizes)))


def _drop(runs: Sequence[RunFolder], keep: int) -> None:
    """Deletes of these runs, the oldest first, so many that at most `keep` are left."""
    idle = [run for run in runs if not has_ticket(run)]
    for run in idle[: max(0, len(runs) - keep)]:
        run.remove()
