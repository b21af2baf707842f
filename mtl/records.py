"""Frozen records that cross borders: predictions, scores, and the events of a run."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final, Literal

RunStatus = Literal["finished", "stopped", "failed"]
Phase = Literal["encoding", "fitting heads", "training"]


@dataclass(frozen=True, kw_only=True)
class TaskPrediction:
    """The most probable label and the probability of every label; they sum to 1."""

    label: str
    scores: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of one text, by task name. `truncated`: the encoder read only its start."""

    text: str
    tasks: dict[str, TaskPrediction]
    truncated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the text, and per task `label` and `scores`."""
        tasks = {name: dataclasses.asdict(task) for name, task in self.tasks.items()}
        return {"text": self.text, **tasks, "truncated": self.truncated}


@dataclass(frozen=True, kw_only=True)
class TaskScores:
    """How a head does on labelled rows. `confusion[i][j]`: rows of label i that were called j."""

    rows: int
    accuracy: float
    macro_f1: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """A run begins. `rows`: task -> {"train": n, "validation": n}; `notes`: what was decided for the user."""

    config: dict[str, Any]
    rows: dict[str, dict[str, int]]
    labels: dict[str, tuple[str, ...]]
    parameters: int
    batches_per_epoch: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StageStarted:
    """From here on this set of layers trains. `layers`: 0 = word embeddings, 1.. = transformer layers."""

    index: int
    name: str
    layers: tuple[int, ...]
    heads: bool
    parameters: int
    head_lr: float
    encoder_lr: float
    cached_layers: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a stretch of work stands: `fraction` in [0, 1], `eta_s` seconds to its end (None: unknown)."""

    phase: Phase
    fraction: float
    epoch: int
    eta_s: float | None = None


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
    """A stage is over. `kept`: its best epoch beat everything before it."""

    index: int
    kept: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """The run is over; its model is that of `best_epoch`. `scores`: validation, by task."""

    status: RunStatus
    best_epoch: int
    scores: dict[str, TaskScores]
    seconds: float
    reason: str
    model: str | None = None


Event = RunStarted | StageStarted | Progress | EpochEnd | StageEnded | RunEnd

_EVENT_NAMES: Final[dict[type, str]] = {
    RunStarted: "run_started",
    StageStarted: "stage_started",
    Progress: "progress",
    EpochEnd: "epoch_end",
    StageEnded: "stage_ended",
    RunEnd: "run_end",
}
_EVENT_TYPES: Final = {name: kind for kind, name in _EVENT_NAMES.items()}


def event_to_dict(event: Event) -> dict[str, Any]:
    """As JSON, the kind under the key `event`."""
    return {"event": _EVENT_NAMES[type(event)], **dataclasses.asdict(event)}


def event_from_dict(values: dict[str, Any]) -> Event:
    """The inverse of `event_to_dict`, also after a round trip through JSON (lists for tuples)."""
    fields = dict(values)
    kind = _EVENT_TYPES[fields.pop("event")]
    if kind is RunEnd:
        fields["scores"] = {name: scores_from_dict(s) for name, s in fields["scores"].items()}
    if kind is RunStarted:
        fields["labels"] = {name: tuple(labels) for name, labels in fields["labels"].items()}
        fields["notes"] = tuple(fields["notes"])
    if kind is StageStarted:
        fields["layers"] = tuple(fields["layers"])
    event: Event = kind(**fields)
    return event


def scores_from_dict(values: dict[str, Any]) -> TaskScores:
    """The inverse of `dataclasses.asdict` on TaskScores."""
    confusion = tuple(tuple(row) for row in values["confusion"])
    return TaskScores(**{**values, "labels": tuple(values["labels"]), "confusion": confusion})
