"""The validation report: a trained model's scores with intervals, beside those of its baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_recall_fscore_support
from torch import Tensor, no_grad

from mtl.data.augmentation import augments_by_default
from mtl.data.examination import LabelledRows
from mtl.data.near_duplicates import groups
from mtl.data.split import Split
from mtl.evaluation.baselines import frozen_optimum, majority, words_alone
from mtl.evaluation.metrics import accuracy_interval, gain_interval, macro_f1_interval, score
from mtl.evaluation.scoring import evaluate, probabilities
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import (
    Baseline,
    EvaluatedRow,
    LabelScores,
    TaskReport,
)

MAJORITY: Final = "always the most frequent label"
WORDS_ALONE: Final = "words alone (TF-IDF + logistic regression)"
FROZEN_OPTIMUM: Final = "best frozen head (logistic regression on the encoder's embeddings)"
WRONG_ROWS: Final = 500
# Of each label.
RIGHT_ROWS: Final = 20
# About how far a task's report is when these are there.
_SCORED: Final = 0.05
_OPTIMUM_FOUND: Final = 0.75
_BASELINES_KNOWN: Final = 0.95


@dataclass(frozen=True, kw_only=True)
class Yardsticks:
    """What a model is measured with.

    `encoder`: the one that the run began with. `embeddings`: its layer embeddings of all texts of the
    split, (text, layer, dim). `tests`: test rows by task name; a task without any is measured on its
    validation rows. `models`: other models to compare with, by the name to show. `final`: what is handed
    over, where that is another model than the one with the validation scores; test rows measure this one.
    """

    data: Split
    encoder: Encoder
    embeddings: Tensor
    tests: Mapping[str, LabelledRows]
    models: Mapping[str, MultiTaskModel]
    final: MultiTaskModel | None = None


def task_reports(
    model: MultiTaskModel, yardsticks: Yardsticks
) -> Iterator[tuple[float, dict[str, TaskReport]]]:
    """Reports on one task of the split after the other: now and then the part that is done, in (0, 1], and
    the reports so far by the task's name."""
    sizes = {name: len(task.train) for name, task in yardsticks.data.tasks.items()}
    done, reports = 0.0, dict[str, TaskReport]()
    for name, size in sizes.items():
        for fraction, report in _task_report(model, yardsticks, name):
            reports = {**reports, name: report} if report else reports
            yield (done + fraction * size) / sum(sizes.values()), reports
        done += size


def unseen(test: LabelledRows, data: Split) -> LabelledRows:
    """The test rows without those whose text, or nearly the same text, is among the task's rows of the split.

    Raises ValueError where none is left.
    """
    task = data.tasks[test.task.name]
    known = [data.texts[row] for part in (task.train, task.validation) for row in part.rows]
    group = groups([*known, *test.texts])
    new = ~np.isin(group[len(known) :], group[: len(known)])
    if not new.any():
        raise ValueError(
            f"every {test.task.name} test row is also among the rows to train on: test on other rows"
        )
    texts = tuple(text for text, keep in zip(test.texts, new, strict=True) if keep)
    return replace(test, texts=texts, labels=test.labels[new])


def _task_report(
    model: MultiTaskModel, yardsticks: Yardsticks, name: str
) -> Iterator[tuple[float, TaskReport | None]]:
    data, test = yardsticks.data, yardsticks.tests.get(name)
    task = data.tasks[name]
    model = (test and yardsticks.final) or model
    rows = unseen(test, data) if test else _validation_rows(data, name)
    embeddings = _embeddings(yardsticks, rows) if test else yardsticks.embeddings[task.validation.rows]
    given = _given(model, yardsticks, rows, embeddings)
    scores = score(rows.task, rows.labels, given)
    yield _SCORED, None
    # The head's scaling was learnt before anything moved.
    optimum = frozen_optimum(model.head(name), yardsticks.embeddings, task)
    yield _OPTIMUM_FOUND, None
    predicted = {
        MAJORITY: majority(task, len(rows.texts)),
        WORDS_ALONE: words_alone(data, name)(rows.texts),
        FROZEN_OPTIMUM: optimum.predict(model.head(name).scale(embeddings).numpy()),
        **{
            shown: _given(other, yardsticks, rows, embeddings).argmax(1)
            for shown, other in yardsticks.models.items()
            if rows.task in other.tasks
        },
    }
    yield _BASELINES_KNOWN, None
    report = TaskReport(
        source="test" if test else "validation",
        scores=scores,
        accuracy_interval=accuracy_interval(scores),
        macro_f1_interval=macro_f1_interval(scores),
        temperature=float(model.head(name).temperature),
        baselines=tuple(
            _baseline(baseline, labels, rows, given.argmax(1)) for baseline, labels in predicted.items()
        ),
        optimum_loss=optimum.loss,
        stripped=evaluate(model, rows, stripped=True) if augments_by_default(rows.task) else None,
        by_label=_by_label(rows, given.argmax(1)),
        wrong=_wrong(rows, given),
        right=_right(rows, given),
        left_out=len(test.texts) - len(rows.texts) if test else 0,
    )
    yield 1.0, report


def _validation_rows(data: Split, name: str) -> LabelledRows:
    task = data.tasks[name]
    texts = tuple(data.texts[row] for row in task.validation.rows)
    return LabelledRows(task=task.task, texts=texts, labels=task.validation.labels)


def _embeddings(yardsticks: Yardsticks, rows: LabelledRows) -> Tensor:
    encoder = yardsticks.encoder
    return encoder.layer_embeddings(encoder.tokenize(rows.texts), fast=True)


def _given(
    model: MultiTaskModel, yardsticks: Yardsticks, rows: LabelledRows, embeddings: Tensor
) -> NDArray[np.float32]:
    """What a model predicts for the rows, (row, label). They are encoded only if its layers have moved."""
    if model.encoder.blocks() != yardsticks.encoder.blocks():
        return probabilities(model, rows)
    head = model.head(rows.task.name)
    with no_grad():
        values: NDArray[np.float32] = head.probabilities(head(embeddings)).numpy()
    return values


def _baseline(
    name: str, predicted: NDArray[np.int64], rows: LabelledRows, ours: NDArray[np.int64]
) -> Baseline:
    right, their_right = ours == rows.labels, predicted == rows.labels
    return Baseline(
        name=name,
        accuracy=float(their_right.mean()),
        macro_f1=float(f1_score(rows.labels, predicted, average="macro", zero_division=0)),
        gain=float(right.mean() - their_right.mean()),
        gain_interval=gain_interval(right, their_right),
    )


def _by_label(rows: LabelledRows, predicted: NDArray[np.int64]) -> tuple[LabelScores, ...]:
    labels = rows.task.labels
    columns = precision_recall_fscore_support(
        rows.labels, predicted, labels=range(len(labels)), zero_division=0
    )
    return tuple(
        LabelScores(label=label, rows=int(n), precision=float(p), recall=float(r), f1=float(f))
        for label, p, r, f, n in zip(labels, *columns, strict=True)
    )


def _wrong(rows: LabelledRows, given: NDArray[np.float32]) -> tuple[EvaluatedRow, ...]:
    predicted, confidence = given.argmax(1), given.max(1)
    wrong = np.flatnonzero(predicted != rows.labels)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")]
    return _evaluated(rows, given, order[:WRONG_ROWS])


def _right(rows: LabelledRows, given: NDArray[np.float32]) -> tuple[EvaluatedRow, ...]:
    confidence = given.max(1)
    right = np.flatnonzero(given.argmax(1) == rows.labels)
    order = right[np.argsort(confidence[right], kind="stable")]
    firsts = [order[rows.labels[order] == label][:RIGHT_ROWS] for label in range(len(rows.task.labels))]
    return _evaluated(rows, given, np.concatenate(firsts))


def _evaluated(
    rows: LabelledRows, given: NDArray[np.float32], order: NDArray[np.int64]
) -> tuple[EvaluatedRow, ...]:
    labels, predicted = rows.task.labels, given.argmax(1)
    return tuple(
        EvaluatedRow(
            text=rows.texts[row],
            label=labels[rows.labels[row]],
            predicted=labels[predicted[row]],
            confidence=float(given[row].max()),
        )
        for row in order
    )
