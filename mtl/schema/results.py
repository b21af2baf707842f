"""What a model predicts and how good it is: predictions, scores, and the validation report."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from mtl.schema.tasks import Need, known_task

# Below this calibrated probability the most probable label is wrong about as often as a coin.
NOT_SURE: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class Promise:
    """From the probability `threshold` on, `at_least` of a task's answers are right, with this `confidence`.

    Found on so many labelled `rows` that chose nothing, of which the share `coverage` was answered. Raises
    ValueError for what is no such share, or no number of rows.
    """

    at_least: float
    threshold: float
    coverage: float
    confidence: float
    rows: int

    def __post_init__(self) -> None:
        for name in ("at_least", "threshold", "coverage", "confidence"):
            value = getattr(self, name)
            if not (type(value) in (int, float) and 0 <= value <= 1):
                raise ValueError(f"{name} of a promise is {value!r}: it must be a number from 0 to 1")
        if not (type(self.rows) is int and self.rows > 0):
            raise ValueError(f"rows of a promise is {self.rows!r}: it must be a whole number from 1")


@dataclass(frozen=True, kw_only=True)
class TaskPrediction:
    """The most probable label and the probability of every label; they sum to 1.

    `promise`: the accuracy that the model promises for this task, if any.
    """

    label: str
    scores: dict[str, float]
    promise: Promise | None = None

    @property
    def confidence(self) -> float:
        """The probability of the label."""
        return self.scores[self.label]

    @property
    def sure(self) -> bool:
        """Whether the most probable label is probable enough to be told as an answer: for the promise, or
        without one for display."""
        return self.confidence >= (self.promise.threshold if self.promise else NOT_SURE)

    @property
    def abstains(self) -> bool:
        """Whether the model keeps its promise by leaving this text to a person."""
        return self.promise is not None and not self.sure


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model predicts for one text, by task name.

    `truncated`: the encoder read only the start of the text. `out_of_distribution`: the text is unlike the
    training texts.
    """

    text: str
    tasks: dict[str, TaskPrediction]
    truncated: bool = False
    out_of_distribution: bool = False

    def unmet(self, name: str) -> Need | None:
        """What the answer of this task needs and another of the model's tasks denies; None: it stands."""
        need = known_task(name).needs
        other = self.tasks.get(need.task) if need else None
        return need if need and other and other.label != need.label else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the text, per task `label`, `scores` and `sure` (and `abstains`, where the model makes a
        promise), and the two flags."""
        tasks = {name: _answer(task) for name, task in self.tasks.items()}
        return {
            "text": self.text,
            **tasks,
            "truncated": self.truncated,
            "out_of_distribution": self.out_of_distribution,
        }


def _answer(task: TaskPrediction) -> dict[str, Any]:
    promised = {"abstains": task.abstains} if task.promise else {}
    return {"label": task.label, "scores": dict(task.scores), "sure": task.sure, **promised}


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A range that holds a number with 95% confidence."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class TaskScores:
    """How a head does on labelled rows.

    `calibration_error`: expected calibration error of its probabilities, in [0, 1].
    `confusion[i][j]`: rows of label i that the head predicted as label j.
    """

    rows: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class LabelScores:
    """One label against the rest; `rows` have this label."""

    label: str
    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Another way to label the same rows; `gain`: the model's accuracy less that of the baseline."""

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
class EvaluatedRow:
    """A row, the label that was predicted for it, and the probability of that label."""

    text: str
    label: str
    predicted: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class TaskReport:
    """How good a trained head is.

    `source`: the rows it is evaluated on; validation rows also chose the epoch, test rows chose nothing.
    `stripped`: the same rows lower-cased and without final punctuation. `optimum_loss`: validation loss
    in nats of the best head on the frozen encoder. `wrong`: the most confident first, and `right`:
    the least confident first, a part of each. `left_out`: test rows that were also among the rows to train
    on, and do not count. `accuracy_interval`: Wilson's; `macro_f1_interval`: of a bootstrap. (Reports of
    earlier versions hold bootstrap intervals of both.)
    """

    source: Literal["test", "validation"]
    scores: TaskScores
    accuracy_interval: Interval
    macro_f1_interval: Interval
    temperature: float
    baselines: tuple[Baseline, ...]
    optimum_loss: float
    stripped: TaskScores | None
    by_label: tuple[LabelScores, ...]
    wrong: tuple[EvaluatedRow, ...]
    right: tuple[EvaluatedRow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """How good a run's model is, by task name."""

    tasks: dict[str, TaskReport]
