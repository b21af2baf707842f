"""The events of a run: what training yields, a run's folder keeps, and the page draws."""

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from mtl.schema.results import TaskScores, ValidationReport

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RunStatus = Literal["finished", "stopped", "failed"]
Phase = Literal["encoding", "fitting heads", "training", "evaluating"]


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """A run begins. `rows`: task -> {"train": n, "validation": n}; `notes`: settings that were decided
    from the data."""

    config: dict[str, Any]
    rows: dict[str, dict[str, int]]
    labels: dict[str, tuple[str, ...]]
    parameters: int
    batches_per_epoch: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StageStarted:
    """A stage begins. `layers`, which train from here on: 0 = word embeddings, 1.. = transformer layers.

    `epochs`: how many it may take at most; None in events of earlier versions.
    """

    index: int
    name: str
    layers: tuple[int, ...]
    heads: bool
    parameters: int
    head_lr: float
    encoder_lr: float
    cached_layers: int
    reason: str
    epochs: int | None = None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Progress of one phase: `fraction` in [0, 1], `eta_s` seconds to its end (None: unknown).

    `elapsed_s`: since the run began, breaks not counted.
    """

    phase: Phase
    fraction: float
    epoch: int
    eta_s: float | None = None
    elapsed_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class EpochEnd:
    """Losses and scores after an epoch; epoch 0 is the state before the first.

    `train` holds the mean over the epoch's batches (epoch 0: over the rows), `validation` the
    mean over the validation rows: `combined` and one loss per task, and for validation
    `TASK_accuracy` and `TASK_macro_f1` as well. `selection` is the validation loss averaged over
    tasks by their rows, which chooses the best epoch.
    """

    stage: int
    epoch: int
    train: dict[str, float]
    validation: dict[str, float]
    selection: float
    best: bool
    seconds: float
    head_lr: float
    encoder_lr: float
    parameters: int


@dataclass(frozen=True, kw_only=True)
class StageEnded:
    """A stage is over. `kept`: its best epoch was better than all earlier epochs."""

    index: int
    kept: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """The run is over; its model is that of `best_epoch`. `scores`: on the validation rows,
    by task. `seconds`: of the whole run, from the encoding to the report; breaks do not count."""

    status: RunStatus
    best_epoch: int
    scores: dict[str, TaskScores]
    seconds: float
    reason: str
    model: str | None = None


Event = RunStarted | StageStarted | Progress | EpochEnd | StageEnded | ValidationReport | RunEnd

_EVENT_NAMES: Final[dict[type, str]] = {
    RunStarted: "run_started",
    StageStarted: "stage_started",
    Progress: "progress",
    EpochEnd: "epoch_end",
    StageEnded: "stage_ended",
    ValidationReport: "report",
    RunEnd: "run_end",
}
_EVENT_TYPES: Final = {name: kind for kind, name in _EVENT_NAMES.items()}

# What earlier versions called some names, in the files that they wrote.
_FORMER_EVENTS: Final = {"verdict": "report"}
_FORMER_FIELDS: Final = {"rivals": "baselines", "said": "predicted", "probability": "confidence"}
_FORMER_PHASES: Final = {"judging": "evaluating"}


def event_to_dict(event: Event) -> dict[str, Any]:
    """As JSON, the kind under the key `event`."""
    return {"event": _EVENT_NAMES[type(event)], **dataclasses.asdict(event)}


def event_from_dict(values: dict[str, Any]) -> Event:
    """The inverse of `event_to_dict`, also after a round trip through JSON (lists for tuples).

    Reads what earlier versions wrote, too. Raises LookupError or ValueError for anything else.
    """
    fields = dict(values)
    name = fields.pop("event")
    kind = _EVENT_TYPES[_FORMER_EVENTS.get(name, name)]
    if kind is Progress and fields.get("phase") in _FORMER_PHASES:
        fields["phase"] = _FORMER_PHASES[fields["phase"]]
    if name in _FORMER_EVENTS:
        fields = _renamed(fields)
    event: Event = _adapter(kind).validate_python(fields)
    return event


def scores_from_dict(values: dict[str, Any]) -> TaskScores:
    """The inverse of `dataclasses.asdict` on TaskScores."""
    scores: TaskScores = _adapter(TaskScores).validate_python(values)
    return scores


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_FORMER_FIELDS.get(name, name): _renamed(inner) for name, inner in value.items()}
    return list(map(_renamed, value)) if isinstance(value, list | tuple) else value


@cache
def _adapter(kind: type) -> "TypeAdapter[Any]":
    # It takes a quarter of a second to import, and most commands read no event.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
