"""A training of the command line that was stopped: what it leaves in its folder, and how it is taken up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mtl.data.sources import parts_for
from mtl.model.archive import FACTS
from mtl.model.files import model_facts
from mtl.model.provenance import model_events
from mtl.runs.job import Job
from mtl.runs.rows_file import fingerprints
from mtl.runs.state_file import load_state, save_state
from mtl.schema.events import EpochEnd, Event, RunEnd
from mtl.training.auto import longest, most_labels, settled
from mtl.training.state import SavedState
from mtl.training.trainer import Trainer

_STATE: Final = "state.safetensors"


def keep_state(folder: Path, trainer: Trainer, end: RunEnd) -> None:
    """Leaves beside the model what a stopped training needs to go on; nothing of any other."""
    state = trainer.state()
    if end.status == "stopped" and state:
        save_state(state, folder / _STATE)
    else:
        (folder / _STATE).unlink(missing_ok=True)


def taken_up(folder: Path, job: Job) -> tuple[SavedState, Sequence[Event]]:
    """The state that a stopped training of this job left in the folder, and its events up to there.

    Raises ValueError where there is none, or where the rows or settings are others.
    """
    if not ((folder / _STATE).is_file() and (folder / FACTS).is_file()):
        raise ValueError(f"{folder} holds no training that was stopped: leave --resume out")
    facts = model_facts(folder)
    if facts["data_sha256"] != fingerprints(job.rows):
        raise ValueError(f"the model in {folder} was trained on other rows: give the same ones to resume it")
    # A strategy that was left open is the one that the same rows led to.
    parts = parts_for(job.rows, job.config, job.corrections)
    _check_settings(facts["config"], settled(job.config, longest(parts), most_labels(parts)).to_dict())
    state = load_state(folder / _STATE)
    events = model_events(folder)
    epoch = state.facts["epoch"]
    ends = [n for n, e in enumerate(events, 1) if isinstance(e, EpochEnd) and e.epoch <= epoch]
    return state, events[: ends[-1] if ends else 0]


def _check_settings(former: dict[str, Any], now: dict[str, Any]) -> None:
    """More time is no other setting."""
    for name, value in former.items():
        if name != "time_limit_s" and now.get(name) != value:
            raise ValueError(f"{name} was {value} and is {now.get(name)} now: give the same to resume it")
