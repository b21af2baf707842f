"""A finished run of many tasks, made by hand."""

from mtl.schema.config import TrainConfig
from mtl.schema.events import EpochEnd, Event, RunEnd, RunStarted, StageEnded, StageStarted
from mtl.schema.results import (
    Baseline,
    EvaluatedRow,
    Interval,
    LabelScores,
    TaskReport,
    TaskScores,
    ValidationReport,
)

EIGHT: dict[str, tuple[str, ...]] = {
    "sentiment": ("negative", "positive"),
    "intent": ("question", "statement", "command", "exclamation"),
    "topic": ("billing", "delivery", "returns & refunds", "other"),
    "urgency": ("low", "high"),
    "product": ("lamp", "chair", "desk"),
    "language form": ("formal", "informal"),
    "customer satisfaction after the contact": ("low", "middle", "high"),
    "r&d (internal)": ("no", "yes"),
}


def run_of(tasks: dict[str, tuple[str, ...]] = EIGHT, epochs: int = 4) -> list[Event]:
    """All events of a heads-only run of these tasks."""
    ends = [_epoch(number, tasks, best=number < epochs) for number in range(epochs + 1)]
    return [
        RunStarted(
            config=TrainConfig(epochs=epochs).to_dict(),
            rows={name: {"train": 80, "validation": 20} for name in tasks},
            labels=tasks,
            parameters=1000,
            batches_per_epoch=5,
        ),
        StageStarted(
            index=0,
            name="heads",
            layers=(),
            heads=True,
            parameters=100,
            head_lr=0.01,
            encoder_lr=0.0,
            cached_layers=6,
            reason="the run begins",
        ),
        *ends,
        StageEnded(index=0, kept=True, reason="all epochs done; best epoch so far: 3"),
        report_of(tasks),
        RunEnd(
            status="finished",
            best_epoch=epochs - 1,
            scores={name: _scores(labels) for name, labels in tasks.items()},
            seconds=2.0,
            reason="all epochs done",
        ),
    ]


def report_of(tasks: dict[str, tuple[str, ...]] = EIGHT) -> ValidationReport:
    """What such a run's model is worth."""
    return ValidationReport(tasks={name: _report(labels) for name, labels in tasks.items()})


def _epoch(number: int, tasks: dict[str, tuple[str, ...]], *, best: bool) -> EpochEnd:
    losses = {name: (1 + place / 8) / (number + 1) for place, name in enumerate(tasks)}
    losses = {"combined": sum(losses.values()), **losses}
    scores = {
        f"{name}_{score}": 0.5 + 0.4 * number / 4 + place / 100
        for place, name in enumerate(tasks)
        for score in ("accuracy", "macro_f1")
    }
    return EpochEnd(
        stage=0,
        epoch=number,
        train=losses,
        validation={**{name: loss + 0.1 for name, loss in losses.items()}, **scores},
        selection=losses["combined"] / len(tasks),
        best=best,
        seconds=0.2,
        head_lr=0.01,
        encoder_lr=0.0,
        parameters=100,
    )


def _scores(labels: tuple[str, ...]) -> TaskScores:
    count = len(labels)
    each, numbers = 20 // count, range(count)
    confusion = tuple(
        tuple(
            each - 1 if true == predicted else int(predicted == (true + 1) % count) for predicted in numbers
        )
        for true in numbers
    )
    rows = each * count
    return TaskScores(
        rows=rows,
        accuracy=(rows - count) / rows,
        macro_f1=0.8,
        calibration_error=0.04,
        labels=labels,
        confusion=confusion,
    )


def _report(labels: tuple[str, ...]) -> TaskReport:
    interval = Interval(low=0.7, high=0.95)
    wrong = EvaluatedRow(text="Where is my lamp?", label=labels[0], predicted=labels[1], confidence=0.8)
    return TaskReport(
        source="validation",
        scores=_scores(labels),
        accuracy_interval=interval,
        macro_f1_interval=interval,
        temperature=1.1,
        baselines=(
            Baseline(
                name="always the most frequent label",
                accuracy=0.4,
                macro_f1=0.3,
                gain=0.4,
                gain_interval=Interval(low=0.2, high=0.6),
            ),
        ),
        optimum_loss=0.3,
        stripped=None,
        by_label=tuple(
            LabelScores(label=label, rows=5, precision=0.8, recall=0.8, f1=0.8) for label in labels
        ),
        wrong=(wrong,),
    )
