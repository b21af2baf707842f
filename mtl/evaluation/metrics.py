"""Scores of a head on labelled rows, and their confidence intervals."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, norm
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from mtl.schema.results import Interval, TaskScores
from mtl.schema.tasks import Task

CALIBRATION_BINS: Final = 15
RESAMPLES: Final = 2000
_TAILS: Final = (2.5, 97.5)
_Z: Final = float(norm.ppf(0.975))
_DOUBT: Final = 2
# Beside the measured difference, where the statistic may be 0 / 0.
_STEP: Final = 1e-9


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


def accuracy_interval(scores: TaskScores) -> Interval:
    """Wilson's 95% score interval of an accuracy.

    Wilson, "Probable inference, the law of succession, and statistical inference" (1927). Unlike a
    bootstrap's, it says something where every row is right: 13 of 13 go with an accuracy of 77% or more.
    """
    right = sum(line[label] for label, line in enumerate(scores.confusion))
    found = binomtest(right, scores.rows).proportion_ci(method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def macro_f1_interval(scores: TaskScores, seed: int = 0) -> Interval:
    """95% percentile bootstrap interval of macro-F1.

    Resampling rows is resampling the cells of the confusion matrix, from a multinomial distribution. Two
    right and two wrong rows are added first, as Agresti and Coull (1998) do to an accuracy to come near
    Wilson's interval: from the rows alone a head without a mistake would never make one.
    """
    cells = _with_doubt(np.array(scores.confusion, dtype=float))
    drawn = np.random.default_rng(seed).multinomial(scores.rows, cells.ravel() / cells.sum(), RESAMPLES)
    tables = drawn.reshape(RESAMPLES, *cells.shape)  # (resample, true, predicted)
    hits = np.diagonal(tables, axis1=1, axis2=2)
    true, predicted = tables.sum(2), tables.sum(1)
    occurs = (true + predicted) > 0
    f1 = 2 * hits / np.maximum(true + predicted, 1)
    low, high = np.percentile(f1.sum(1) / occurs.sum(1), _TAILS)
    return Interval(low=float(low), high=float(high))


def gain_interval(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Interval:
    """Tango's 95% score interval of a difference in accuracy, ours - theirs, on the same rows.

    Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design", Statistics in Medicine 17 (1998), 891-908. Both (row,): whether each was right. Rows on which
    the two agree count by their number only. The interval leaves 0 out just where McNemar's test finds a
    difference.
    """
    rows, won, lost = len(ours), int(np.sum(ours & ~theirs)), int(np.sum(theirs & ~ours))

    def excess(difference: float) -> float:
        # Positive where the score statistic of this difference is beyond its 95% quantile.
        b = (2 * rows - won + lost) * difference - won - lost
        c = -lost * difference * (1 - difference)
        losing = (np.sqrt(max(0.0, b * b - 8 * rows * c)) - b) / (4 * rows)
        variance = rows * (2 * losing + difference * (1 - difference))
        return float((won - lost - rows * difference) ** 2 - _Z**2 * variance)

    gain = (won - lost) / rows
    return Interval(
        low=-1.0 if lost == rows else float(brentq(excess, -1, gain - _STEP)),
        high=1.0 if won == rows else float(brentq(excess, gain + _STEP, 1)),
    )


def _with_doubt(cells: NDArray[np.floating]) -> NDArray[np.floating]:
    """The cells with `_DOUBT` right and as many wrong rows more, of the labels that the rows have."""
    shares, labels = cells.sum(1) / cells.sum(), len(cells)
    others = (1 - np.eye(labels)) / max(1, labels - 1)
    doubt: NDArray[np.floating] = np.diag(shares) + shares[:, None] * others
    return cells + _DOUBT * doubt
