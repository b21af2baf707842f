"""How accurate a head would be with more rows: a learning curve, and a power law through it.

Errors of classifiers fall as a + b n^-c (Hestness et al., "Deep learning scaling is predictable,
empirically", 2017; Viering and Loog, "The shape of learning curves: a review", 2022). A few points fit
many such curves, so all exponents count here, each by how well its best curve fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import norm
from sklearn.model_selection import StratifiedKFold

from mtl.data.examination import LabelledRows
from mtl.evaluation.optimum import optimum
from mtl.evaluation.vectors import Features, held_out

LEAST_ROWS: Final = 100
LEAST_ROWS_PER_LABEL: Final = 5
_TIMES: Final = (2, 4)
# Parts of the rows that may train, from which the curve is drawn.
_PARTS: Final = (0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0)
_FOLDS: Final = 5
_LEAST_PART: Final = 8
_EXPONENTS: Final = np.geomspace(0.05, 1.5, 25)
_RESAMPLES: Final = 100
_Z: Final = float(norm.ppf(0.95))
# The error that no number of rows removes is near 0, give or take (standard deviation): with few points,
# a curve that ends at any height would fit. Measured on one half of TREC's and SST-2's training rows.
_LASTING_ERROR: Final = 0.1
# Standard deviation, in accuracy, of what such curves leave out, for every doubling beyond the rows.
_DRIFT: Final = 0.015
# With fewer rows, the folds are drawn twice.
_FEW_ROWS: Final = 700


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Accuracy in [0, 1] on rows that did not train, where so many rows trained."""

    rows: int
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """The accuracy to expect with so many rows; it lies from `low` to `high` in 9 of 10 cases."""

    rows: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A task's learning curve, and what 2 and 4 times the rows would bring.

    `forecast` is empty where the rows cannot tell; `reason` says why.
    """

    points: tuple[CurvePoint, ...]
    forecast: tuple[Foreseen, ...]
    reason: str | None = None


def forecast(rows: LabelledRows, embeddings: NDArray[np.float32], seed: int = 0) -> Forecast:
    """Refits the best head on the frozen encoder on growing parts of the rows, and carries the curve on.

    `embeddings`: the layer embeddings of the rows, (row, layer, dim).
    """
    present, labels = np.unique(rows.labels, return_inverse=True)
    count, total = len(present), len(labels)
    least = max(LEAST_ROWS, LEAST_ROWS_PER_LABEL * count)
    if total < least:
        why = f"{total} rows are too few for a curve: with {count} labels it takes {least} at least"
        return Forecast(points=(), forecast=(), reason=why)
    features = Features.of(embeddings)(embeddings)
    _, strength = held_out(features, labels, count, seed)
    sizes = [
        size for part in _PARTS if (size := int(part * total * (1 - 1 / _FOLDS))) >= max(count, _LEAST_PART)
    ]
    errors = 1 - np.array(list(_curves(features, labels, count, strength, sizes, seed)))  # (draw, size)
    points = tuple(
        CurvePoint(rows=size, accuracy=float(1 - error))
        for size, error in zip(sizes, errors.mean(0), strict=True)
    )
    majority = np.bincount(labels).max() / total
    doubt = _Z * np.sqrt(majority * (1 - majority) / total)
    if points[-1].accuracy < majority + doubt:
        why = "what the rows teach is no better than always answering the most frequent label"
        return Forecast(points=points, forecast=(), reason=why)
    foreseen = tuple(foresee(np.array(sizes), errors, total, times * total, seed) for times in _TIMES)
    return Forecast(points=points, forecast=foreseen)


def foresee(
    sizes: NDArray[np.int64], errors: NDArray[np.float64], total: int, rows: int, seed: int = 0
) -> Foreseen:
    """The accuracy with `rows` rows, from the errors (draw, size) of heads that so many of `total` rows
    trained."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(errors), (_RESAMPLES, len(errors)))
    noise = errors.mean(0) * (1 - errors.mean(0)) / total
    found = [_carried_on(sizes, errors[drawn].mean(0), noise, rows) for drawn in draws]
    expected, spread = (np.array(part) for part in zip(*found, strict=True))
    middle, doublings = float(expected.mean()), np.log2(rows / total)
    # What the draws, the choice among curves, the few rows that test, and the law itself leave open.
    variance = expected.var() + (spread**2).mean() + middle * (1 - middle) / total + (_DRIFT * doublings) ** 2
    margin = _Z * float(np.sqrt(variance))
    return Foreseen(
        rows=rows,
        accuracy=1 - middle,
        low=max(0.0, 1 - middle - margin),
        high=min(1.0, 1 - middle + margin),
    )


def _carried_on(
    sizes: NDArray[np.int64], errors: NDArray[np.float64], noise: NDArray[np.float64], rows: int
) -> tuple[float, float]:
    """The error with `rows` rows, and its standard deviation over the curves that fit."""
    weight = 1 / np.sqrt(noise.clip(1e-6))
    misfits, carried = [], []
    for exponent in _EXPONENTS:
        curve = np.stack([np.ones(len(sizes)), (sizes / sizes[-1]) ** -exponent], axis=1)
        best, misfit = nnls(
            np.vstack([curve * weight[:, None], [1 / _LASTING_ERROR, 0]]), np.append(errors * weight, 0)
        )
        misfits.append(misfit**2)
        carried.append(best @ [1.0, (rows / sizes[-1]) ** -exponent])
    likely = np.exp(-(np.array(misfits) - min(misfits)) / 2)
    likely /= likely.sum()
    mean = float(likely @ carried)
    return mean, float(np.sqrt(likely @ (np.array(carried) - mean) ** 2))


def _curves(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    count: int,
    strength: float,
    sizes: list[int],
    seed: int,
) -> Iterator[list[float]]:
    """For each draw, the accuracies of heads that the first so many rows of it trained."""
    rng = np.random.default_rng(seed)
    drawn = (
        fold
        for repeat in range(2 if len(labels) < _FEW_ROWS else 1)
        for fold in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed + repeat).split(features, labels)
    )
    for train, test in drawn:
        order = rng.permutation(train)
        heads = (
            optimum(features[part], labels[part], count, strength) for part in (order[:s] for s in sizes)
        )
        yield [float((head.logits(features[test]).argmax(1) == labels[test]).mean()) for head in heads]
