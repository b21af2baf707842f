"""A training of the command line that was stopped or lost: what it leaves behind, and how it is taken up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mtl.data.sources import parts_for
from mtl.runs.job import Job
from mtl.runs.rows_file import fingerprints
from mtl.runs.state_file import load_state, save_state
from mtl.schema.events import (
    EpochEnd,
    Event,
    Progress,
    RunEnd,
    RunStarted,
    event_from_dict,
    event_to_dict,
)
from mtl.training.auto import longest, most_labels, settled
from mtl.training.state import SavedState
from mtl.training.trainer import Trainer

_STATE: Final = "state.safetensors"
# Among the facts of the state: how the training went up to there, and with which rows.
_COURSE: Final = "course"


def keeping(
    folder: Path,
    job: Job,
    trainer: Trainer,
    events: Iterable[Event],
    earlier: Sequence[Event] = (),
    *,
    each_epoch: bool = False,
) -> Iterator[Event]:
    """The events of a training. What a stopped one needs to go on stays in the folder; nothing of any other.

    `earlier` as in `train_into`. `each_epoch`: what is needed is there after each epoch, too, for a training
    that may end without notice.
    """
    told, file, data = list(earlier), folder / _STATE, fingerprints(job.rows)
    if each_epoch and not trainer.state():
        file.unlink(missing_ok=True)  # of a training that this one replaces
    for event in events:
        if not isinstance(event, Progress):
            told.append(event)
        state = trainer.state()
        ended = isinstance(event, EpochEnd) and each_epoch
        if state and (ended or (isinstance(event, RunEnd) and event.status == "stopped")):
            course = {"data_sha256": data, "events": [event_to_dict(one) for one in told]}
            save_state(replace(state, facts={**state.facts, _COURSE: course}), file)
        elif isinstance(event, RunEnd):
            file.unlink(missing_ok=True)
        yield event


def can_be_resumed(folder: Path) -> bool:
    """Whether a stopped or lost training left in the folder what it needs to go on."""
    return (folder / _STATE).is_file()


def taken_up(folder: Path, job: Job) -> tuple[SavedState, Sequence[Event]]:
    """The state that a stopped training of this job left in the folder, and its events up to there.

    Raises ValueError where there is none, or where the rows or settings are others.
    """
    if not can_be_resumed(folder):
        raise ValueError(f"{folder} holds no training that was stopped: leave --resume out")
    state = load_state(folder / _STATE)
    facts = dict(state.facts)
    try:
        course = facts.pop(_COURSE)
        events = [event_from_dict(event) for event in course["events"]]
        former, config = course["data_sha256"], next(e for e in events if isinstance(e, RunStarted)).config
    except (LookupError, TypeError, ValueError, StopIteration):
        raise ValueError(f"the state in {folder} is of another version: leave --resume out") from None
    if former != fingerprints(job.rows):
        raise ValueError(f"the model in {folder} was trained on other rows: give the same ones to resume it")
    # A strategy that was left open is the one that the same rows led to.
    parts = parts_for(job.rows, job.config, job.corrections)
    _check_settings(config, settled(job.config, longest(parts), most_labels(parts)).to_dict())
    ends = [n for n, e in enumerate(events, 1) if isinstance(e, EpochEnd) and e.epoch <= facts["epoch"]]
    return replace(state, facts=facts), events[: ends[-1] if ends else 0]


def _check_settings(former: dict[str, Any], now: dict[str, Any]) -> None:
    """More time is no other setting."""
    for name, value in former.items():
        if name != "time_limit_s" and now.get(name) != value:
            raise ValueError(f"{name} was {value} and is {now.get(name)} now: give the same to resume it")
