"""A run in a few words: its name, its rows, when it began, how long it took, its scores."""

import time
from typing import Any, Final

from mtl.runs.view import RunView
from mtl.schema.config import FreezeStrategy
from mtl.schema.events import EpochEnd, RunEnd, RunStarted
from mtl.schema.results import TaskReport, ValidationReport
from mtl.schema.words import duration
from mtl.ui.train.strategies import strategy_words

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def run_name(view: RunView) -> str:
    """What its owner calls it; else what its rows are called."""
    if view.name:
        return view.name
    return f"Uploaded model {view.id[:4]}" if view.uploaded else view.source or f"Run {view.id[:4]}"


def strategy(view: RunView) -> str:
    """What trains, in words; "" where that is not known."""
    started = started_of(view)
    freeze = view.config.get("freeze")
    if started and freeze in (None, FreezeStrategy.AUTO):  # what was left open is known once the run began
        freeze = started.config.get("freeze")
    return strategy_words(freeze) if freeze else ""


def rows_of_run(view: RunView) -> str:
    """How many rows it has; "" before it has begun."""
    started = started_of(view)
    rows = sum(count for task in started.rows.values() for count in task.values()) if started else 0
    return f"{rows:,} rows" if rows else ""


def ago(created: float, now: float | None = None) -> str:
    """When something happened, in seconds since 1970, as people say it: "5 min ago"."""
    seconds = (time.time() if now is None else now) - created
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    days = int(seconds // _DAY)
    return "yesterday" if days == 1 else f"{days} days ago"


def took(view: RunView) -> str:
    """How long a run took, from its start to its end; so far, where it goes on."""
    end = end_of(view)
    seconds = end.seconds if end else view.progress.elapsed_s if view.progress else None
    return duration(seconds) if seconds else ""


def score(report: TaskReport) -> str:
    """An accuracy and its interval in whole percent: "86% (83 to 89)"."""
    interval = report.accuracy_interval
    return f"{percent(report.scores.accuracy)} ({100 * interval.low:.0f} to {100 * interval.high:.0f})"


def percent(share: float) -> str:
    """In whole percent; what is not all is never called 100%, what is not nothing never 0%."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99%"
    return "< 1%" if rounded == 0 and share > 0 else f"{rounded}%"


def setting_name(name: str) -> str:
    """A setting as people call it."""
    words = {"time_limit_s": "time limit", "val_fraction": "validation part", "freeze": "what trains"}
    return words.get(name, name.replace("_lr", "_learning_rate").replace("_", " "))


def setting_value(name: str, value: Any) -> str:
    """Its value; what is decided from the data is called auto."""
    if value is None:
        return "auto" if name.endswith("_lr") else "none"
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def started_of(view: RunView) -> RunStarted | None:
    """The run's first event; None before it."""
    return next((e for e in view.events if isinstance(e, RunStarted)), None)


def end_of(view: RunView) -> RunEnd | None:
    """The run's last event; None while it goes on."""
    return next((e for e in reversed(view.events) if isinstance(e, RunEnd)), None)


def report_of(view: RunView) -> ValidationReport | None:
    """What the run's model is worth; None before that is known."""
    return next((e for e in view.events if isinstance(e, ValidationReport)), None)


def epochs_of(view: RunView) -> list[EpochEnd]:
    """All finished epochs, epoch 0 too."""
    return [e for e in view.events if isinstance(e, EpochEnd)]
