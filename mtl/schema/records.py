"""Frozen records that cross borders: predictions, scores, and the events of a run."""

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter

RunStatus = Literal["finished", "stopped", "failed"]
Phase = Literal["encoding", "fitting heads", "training", "judging"]

# Below this calibrated probability the most probable label is wrong about as often as a coin.
NOT_SURE: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class TaskPrediction:
    """The most probable label and the probability of every label; they sum to 1."""

    label: str
    scores: dict[str, float]

    @property
    def sure(self) -> bool:
        """For display: whether the most probable label is probable enough to be told as an answer."""
        return self.scores[self.label] >= NOT_SURE


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of one text, by task name.

    `truncated`: the encoder read only its start. `familiar`: it resembles the training texts.
    """

    text: str
    tasks: dict[str, TaskPrediction]
    truncated: bool = False
    familiar: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the text, per task `label`, `scores` and `sure`, and the two flags."""
        tasks = {name: {**dataclasses.asdict(task), "sure": task.sure} for name, task in self.tasks.items()}
        return {"text": self.text, **tasks, "truncated": self.truncated, "familiar": self.familiar}


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A range that holds a number with 95% confidence."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class TaskScores:
    """How a head does on labelled rows.

    `calibration_error`: how far its probabilities are from what comes true, in [0, 1].
    `confusion[i][j]`: rows of label i that were called j.
    """

    rows: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class LabelScores:
    """One label against the rest; `rows` bear it."""

    label: str
    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Rival:
    """Another way to label the same rows, and the accuracy gained over it."""

    name: str
    accuracy: float
    macro_f1: float
    gain: float
    gain_interval: Interval

    @property
    def within_noise(self) -> bool:
        """Whether the rows are too few to tell the two apart."""
        return self.gain_interval.low <= 0 <= self.gain_interval.high


@dataclass(frozen=True, kw_only=True)
class JudgedRow:
    """A row, what it was called, and with which probability."""

    text: str
    label: str
    said: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class TaskVerdict:
    """What a trained head is worth.

    `source`: the rows that judge; validation rows also chose the epoch, test rows chose nothing.
    `stripped`: the same rows lower-cased and without final punctuation. `optimum_loss`: validation loss
    in nats of the best head on the frozen encoder. `wrong`: the most confident first, and `right`:
    the least confident first, a part of each. `left_out`: test rows that were also among the rows to train
    on, and do not count.
    """

    source: Literal["test", "validation"]
    scores: TaskScores
    accuracy_interval: Interval
    macro_f1_interval: Interval
    temperature: float
    rivals: tuple[Rival, ...]
    optimum_loss: float
    stripped: TaskScores | None
    by_label: tuple[LabelScores, ...]
    wrong: tuple[JudgedRow, ...]
    right: tuple[JudgedRow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a run's model is worth, by task name."""

    tasks: dict[str, TaskVerdict]


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
    """Where a stretch of work stands: `fraction` in [0, 1], `eta_s` seconds to its end (None: unknown).

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


Event = RunStarted | StageStarted | Progress | EpochEnd | StageEnded | Verdict | RunEnd

_EVENT_NAMES: Final[dict[type, str]] = {
    RunStarted: "run_started",
    StageStarted: "stage_started",
    Progress: "progress",
    EpochEnd: "epoch_end",
    StageEnded: "stage_ended",
    Verdict: "verdict",
    RunEnd: "run_end",
}
_EVENT_TYPES: Final = {name: kind for kind, name in _EVENT_NAMES.items()}


def event_to_dict(event: Event) -> dict[str, Any]:
    """As JSON, the kind under the key `event`."""
    return {"event": _EVENT_NAMES[type(event)], **dataclasses.asdict(event)}


def event_from_dict(values: dict[str, Any]) -> Event:
    """The inverse of `event_to_dict`, also after a round trip through JSON (lists for tuples)."""
    fields = dict(values)
    event: Event = _adapter(_EVENT_TYPES[fields.pop("event")]).validate_python(fields)
    return event


def scores_from_dict(values: dict[str, Any]) -> TaskScores:
    """The inverse of `dataclasses.asdict` on TaskScores."""
    scores: TaskScores = _adapter(TaskScores).validate_python(values)
    return scores


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
