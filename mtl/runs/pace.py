"""How long runs take here, by those that ended last: what a visitor who waits is told goes by it."""

import statistics
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cachetools import TTLCache, cached

from mtl.runs.ownership import all_runs

# Enough to be typical, few enough to follow how busy the machine is.
_RECENT: Final = 8
# Everybody who waits asks several times a second.
_KEPT_S: Final = 5.0
_MOST_FACTOR: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """`typical_s`: seconds of a run, the median of recent ones; None where there is none. `factor`: how many
    times as long as expected they took."""

    typical_s: float | None = None
    factor: float = 1.0


@cached(TTLCache(maxsize=64, ttl=_KEPT_S), lock=threading.Lock())
def recent_pace(folder: Path) -> Pace:
    """The pace of the last runs that finished in a folder."""
    seconds, factors = [], []
    for run in reversed(all_runs(folder)):
        try:
            end = run.log.end()
        except OSError:  # it cannot be read: others tell the pace
            continue
        if run.uploaded() or end is None or end.status != "finished" or end.seconds <= 0:
            continue
        seconds.append(end.seconds)
        if expected := run.job_description().get("expected_s"):
            factors.append(end.seconds / expected)
        if len(seconds) == _RECENT:
            break
    if not seconds:
        return Pace()
    factor = statistics.median(factors) if factors else 1.0
    return Pace(typical_s=statistics.median(seconds), factor=min(_MOST_FACTOR, factor))
