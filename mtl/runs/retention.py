"""Which runs are deleted to make room, and when."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mtl.runs.folder import RunFolder
from mtl.runs.ownership import all_runs, created, owned
from mtl.runs.queue import has_ticket

RUNS_PER_OWNER: Final = 12
RUNS_IN_ALL: Final = 200
MOST_DAYS: Final = 30
MOST_BYTES: Final = 8 * 2**30


def make_room(folder: Path, owner: str) -> None:
    """Makes room for one more run of this owner: deletes runs that are too old, too many or too large.

    The oldest go first. A run that waits or trains stays.
    """
    now = time.time()
    _drop([run for run in all_runs(folder) if now - created(run) > MOST_DAYS * 24 * 3600], 0)
    _drop(owned(folder, owner), RUNS_PER_OWNER - 1)
    everything = all_runs(folder)
    sizes = itertools.accumulate(run.nbytes() for run in reversed(everything))
    _drop(everything, min(RUNS_IN_ALL - 1, sum(size <= MOST_BYTES for size in sizes)))


def _drop(runs: Sequence[RunFolder], keep: int) -> None:
    """Deletes of these runs, the oldest first, so many that at most `keep` are left."""
    idle = [run for run in runs if not has_ticket(run)]
    for run in idle[: max(0, len(runs) - keep)]:
        run.remove()
