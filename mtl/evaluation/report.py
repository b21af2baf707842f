"""The validation report: a trained model's scores with intervals, beside those of its baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_recall_fscore_support
from torch import Tensor

from mtl.data.augmentation import augments_by_default
from mtl.data.examination import LabelledRows
from mtl.data.near_duplicates import groups
from mtl.data.split import Split
from mtl.evaluation.baselines import Regression, frozen_optimum, majority, words_alone
from mtl.evaluation.metrics import gain_interval, intervals, score
from mtl.evaluation.scoring import evaluate, probabilities
from mtl.model.encoder import Encoder
from mtl.model.heads import Head
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


@dataclass(frozen=True, kw_only=True)
class Yardsticks:
    """What a model is measured with.

    `encoder`: the one that the run began with. `embeddings`: its layer embeddings of all texts of the
    split, (text, layer, dim). `tests`: test rows by task name; a task without any is measured on its
    validation rows. `models`: other models to compare with, by the name to show.
    """

    data: Split
    encoder: Encoder
    embeddings: Tensor
    tests: Mapping[str, LabelledRows]
    models: Mapping[str, MultiTaskModel]


def task_reports(model: MultiTaskModel, yardsticks: Yardsticks) -> Iterator[tuple[str, TaskReport]]:
    """The report on each task of the split, one after the other, by the task's name."""
    for name in yardsticks.data.tasks:
        yield name, _task_report(model, yardsticks, name)


def unseen(test: LabelledRows, data: Split) -> LabelledRows:
    """The test rows without those whose text, or nearly the same text, is in the split.

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


def _task_report(model: MultiTaskModel, yardsticks: Yardsticks, name: str) -> TaskReport:
    data, test = yardsticks.data, yardsticks.tests.get(name)
    task = data.tasks[name]
    rows = unseen(test, data) if test else _validation_rows(data, name)
    given = probabilities(model, rows)
    scores = score(rows.task, rows.labels, given)
    accuracy, macro_f1 = intervals(scores)
    # The head's scaling was learnt before anything moved.
    optimum = frozen_optimum(model.head(name), yardsticks.embeddings, task)
    return TaskReport(
        source="test" if test else "validation",
        scores=scores,
        accuracy_interval=accuracy,
        macro_f1_interval=macro_f1,
        temperature=float(model.head(name).temperature),
        baselines=tuple(
            _baseline(baseline, predicted, rows, given.argmax(1))
            for baseline, predicted in _predicted(model.head(name), yardsticks, rows, optimum)
        ),
        optimum_loss=optimum.loss,
        stripped=evaluate(model, rows, stripped=True) if augments_by_default(rows.task) else None,
        by_label=_by_label(rows, given.argmax(1)),
        wrong=_wrong(rows, given),
        right=_right(rows, given),
        left_out=len(test.texts) - len(rows.texts) if test else 0,
    )


def _validation_rows(data: Split, name: str) -> LabelledRows:
    task = data.tasks[name]
    texts = tuple(data.texts[row] for row in task.validation.rows)
    return LabelledRows(task=task.task, texts=texts, labels=task.validation.labels)


def _predicted(
    head: Head, yardsticks: Yardsticks, rows: LabelledRows, optimum: Regression
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The name of each baseline and the label ids that it predicts for the rows, (row,)."""
    name = rows.task.name
    yield MAJORITY, majority(yardsticks.data.tasks[name], len(rows.texts))
    yield WORDS_ALONE, words_alone(yardsticks.data, name)(rows.texts)
    embeddings = yardsticks.encoder.layer_embeddings(yardsticks.encoder.tokenize(rows.texts), fast=True)
    yield FROZEN_OPTIMUM, optimum.predict(head.scale(embeddings).numpy())
    for shown, other in yardsticks.models.items():
        if rows.task in other.tasks:
            yield shown, probabilities(other, rows).argmax(1)


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
