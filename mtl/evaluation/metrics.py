"""Scores of a head on labelled rows, and their confidence intervals."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from mtl.schema.results import Interval, TaskScores
from mtl.schema.tasks import Task

CALIBRATION_BINS: Final = 15
RESAMPLES: Final = 2000
_TAILS: Final = (2.5, 97.5)


def score(task: Task, true: NDArray[np.int64], probabilities: NDArray[np.floating]) -> TaskScores:
    """Scores from label ids (row,) and the probability of every label (row, label).

    Macro-F1 is over the labels that occur.
    """
    predicted = probabilities.argmax(1)
    confusion = confusion_matrix(true, predicted, labels=range(len(task.labels)))
    return TaskScores(
        rows=len(true),
        accuracy=float(accuracy_score(true, predicted)),
        macro_f1=float(f1_score(true, predicted, average="macro", zero_division=0)),
        calibration_error=calibration_error(probabilities.max(1), predicted == true),
        labels=task.labels,
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def mean_macro_f1(scores: Sequence[TaskScores]) -> float:
    """Mean over the tasks, in [0, 1]."""
    return float(np.mean([s.macro_f1 for s in scores]))


def calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Guo et al., 2017) of the top label, in [0, 1].

    The mean, weighted by rows, of |accuracy - confidence| in bins of equal width; both inputs (row,).
    """
    bins = np.digitize(confidence, np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1])
    gaps = np.bincount(bins, weights=right - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(right))


def intervals(scores: TaskScores, seed: int = 0) -> tuple[Interval, Interval]:
    """95% percentile bootstrap intervals of accuracy and of macro-F1.

    Resampling rows is resampling the cells of the confusion matrix, from a multinomial distribution.
    """
    cells = np.array(scores.confusion, dtype=float)
    drawn = np.random.default_rng(seed).multinomial(scores.rows, cells.ravel() / cells.sum(), RESAMPLES)
    tables = drawn.reshape(RESAMPLES, *cells.shape)  # (resample, true, predicted)
    hits = np.diagonal(tables, axis1=1, axis2=2)
    true, predicted = tables.sum(2), tables.sum(1)
    occurs = (true + predicted) > 0
    f1 = 2 * hits / np.maximum(true + predicted, 1)
    return _interval(hits.sum(1) / scores.rows), _interval(f1.sum(1) / occurs.sum(1))


def gain_interval(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], seed: int = 0) -> Interval:
    """95% percentile bootstrap interval of a difference in accuracy, ours - theirs, on the same rows.

    Both (row,): whether each was right. Rows on which the two agree tell nothing about the difference.
    """
    rows = len(ours)
    shares = np.array([np.sum(ours & ~theirs), np.sum(theirs & ~ours), np.sum(ours == theirs)]) / rows
    drawn = np.random.default_rng(seed).multinomial(rows, shares, RESAMPLES)
    return _interval((drawn[:, 0] - drawn[:, 1]) / rows)


def _interval(values: NDArray[np.floating]) -> Interval:
    low, high = np.percentile(values, _TAILS)
    return Interval(low=float(low), high=float(high))
