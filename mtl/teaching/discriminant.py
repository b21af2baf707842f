"""The head of a lesson: a linear discriminant in closed form, also without each of its rows."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

# What is added to the scatter within labels, in every direction.
RIDGE: Final = 1.0
# What a single row adds by chance to the squared length of its label's mean, in the metric of the scatter,
# which grows with the rows. If it were not taken off, a label with few rows, and one that is left with a row
# less, would lose against the others: chosen so that rows left out are right as often as other rows.
NOISE: Final = 1.0
NOISE_HALVES_AT: Final = 100
# Logits are scores x (SHARPNESS + SHARPNESS_PER_ROW x rows) before the rows have their say: what fitted 600
# other rows of TREC and Banking77 best at 0 to 16 rows a label.
SHARPNESS: Final = 12.0
SHARPNESS_PER_ROW: Final = 0.46
# The deviation of the logarithm of that sharpness from lesson to lesson.
DEVIATION: Final = 0.35
_FARTHEST: Final = 2.0
# Of the mean squared length: equal rows would make their products singular.
_JITTER: Final = 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Discriminant:
    """A linear map from features to calibrated logits: weights (label, feature), biases (label,).

    `held_out` (row, label): the logits that the same head without a row gives to that row.
    """

    weights: Floats
    biases: Floats
    held_out: Floats

    def logits(self, features: NDArray[np.float32]) -> Floats:
        """(row, feature) to (row, label)."""
        logits: Floats = features @ self.weights.T + self.biases
        return logits

    def probabilities(self, features: NDArray[np.float32]) -> Floats:
        """(row, feature) to (row, label); each row sums to 1."""
        probabilities: Floats = np.exp(log_softmax(self.logits(features), axis=1))
        return probabilities


def discriminant(
    features: NDArray[np.float32], labels: NDArray[np.int64], names: NDArray[np.float32]
) -> Discriminant:
    """Linear discriminant analysis of rows (row, feature) with labels (row,), and of the names of all labels,
    (label, feature).

    The labels are taken for Gaussians of one covariance (Fisher, 1936; Friedman's ridge, 1989), and all are
    equally likely. A name counts as a row or two of its label: alone, it is all that is known; among n rows
    its part of the mean is (n + 1) / (n**2 + n + 1), so that it fades. Names are no sentences: by how much
    the rows' means lie away from their names on average, all names are moved. Everything is in closed form:
    the same rows give the same head, and what it would be without a row is known exactly.
    """
    centre = np.concatenate([features, names]).mean(0)
    points = np.concatenate([features, names]) - centre  # (point, feature)
    span = _span(points)  # (point, axis), lower triangular
    fit = _Fit.of(span[: len(labels)], labels, span[len(labels) :])
    held_out = fit.left_out()
    sharpness = _sharpness(held_out, labels)
    # From coordinates in the span back to features: span = points @ axes.T with orthonormal axes.
    means = fit.means
    own = (points.T @ solve_triangular(span, means.turned.T, lower=True, trans=1)).T
    biases = -(means.dot(means) - _noise(fit.counts, len(labels)))[:, 0] / 2
    return Discriminant(
        weights=own * sharpness,
        biases=(biases - own @ centre) * sharpness,
        held_out=held_out * sharpness,
    )


def _span(points: NDArray[np.float32]) -> Floats:
    """Coordinates of points in their span, (point, point): their products are those of the points."""
    products: Floats = (points @ points.T).astype(np.float64)
    products[np.diag_indices_from(products)] += _JITTER * max(np.trace(products) / len(points), 1e-12)
    coordinates: Floats = cholesky(products, lower=True)
    return coordinates


@dataclass(frozen=True, eq=False)
class _Pair:
    """Vectors (vector, axis), and the same times the inverse of the scatter. A sum has the sum of both."""

    own: Floats
    turned: Floats

    def __add__(self, other: "_Pair") -> "_Pair":
        return _Pair(self.own + other.own, self.turned + other.turned)

    def __sub__(self, other: "_Pair") -> "_Pair":
        return _Pair(self.own - other.own, self.turned - other.turned)

    def __mul__(self, by: Floats) -> "_Pair":
        return _Pair(self.own * by, self.turned * by)

    def __getitem__(self, at: NDArray[np.int64]) -> "_Pair":
        return _Pair(self.own[at], self.turned[at])

    def dot(self, other: "_Pair") -> Floats:
        """Products vector by vector, (vector, 1)."""
        products: Floats = (self.own * other.turned).sum(1, keepdims=True)
        return products

    def cross(self, other: "_Pair") -> Floats:
        """Products of all with all, (vector, other vector)."""
        products: Floats = self.own @ other.turned.T
        return products


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """The discriminant in coordinates, up to its sharpness.

    `ids` (row,), `counts` (label, 1); `centres` are the means of the labels' rows, zero where there are none.
    """

    ids: NDArray[np.int64]
    counts: Floats
    rows: _Pair
    centres: _Pair
    names: _Pair

    @classmethod
    def of(cls, rows: Floats, ids: NDArray[np.int64], names: Floats) -> Self:
        """From rows (row, axis), their labels (row,), and names (label, axis)."""
        counts = np.bincount(ids, minlength=len(names)).astype(np.float64)[:, None]
        centres = np.zeros_like(names)
        np.add.at(centres, ids, rows)
        centres /= np.maximum(counts, 1)
        away = rows - centres[ids]
        scatter = away.T @ away
        scatter[np.diag_indices_from(scatter)] += RIDGE
        given = np.concatenate([rows, centres, names])
        turned = cho_solve(cho_factor(scatter), given.T).T
        ends = (len(rows), len(rows) + len(names))
        pairs = (_Pair(*both) for both in zip(np.split(given, ends), np.split(turned, ends), strict=True))
        return cls(ids=ids, counts=counts, **dict(zip(("rows", "centres", "names"), pairs, strict=True)))

    @property
    def offset(self) -> _Pair:
        """How far the rows' means lie from their names, averaged over the labels with rows, (1, axis)."""
        share = (self.counts > 0) / max((self.counts > 0).sum(), 1)
        lies = (self.centres - self.names) * share
        return _Pair(lies.own.sum(0, keepdims=True), lies.turned.sum(0, keepdims=True))

    @property
    def means(self) -> _Pair:
        """What stands for each label, (label, axis)."""
        weight = _name_weight(self.counts)
        names = (self.names + self.offset) * weight
        return (self.centres * self.counts + names) * (1 / (self.counts + weight))

    def left_out(self) -> Floats:
        """Scores (row, label) of each row by what remains without it.

        The scatter loses n / (n - 1) r r' for a row that lies r from the centre of its label's n rows: its
        inverse follows by Sherman and Morrison's formula. The offset moves, and with it all means.
        """
        n, away = self.counts[self.ids], self.rows - self.centres[self.ids]
        lost = np.where(n > 1, n / np.maximum(n - 1, 1), 0)
        gain = lost / (1 - lost * away.dot(away))
        moved, means = self._offset_moves(n, away), self.means
        part = 1 / (1 + self.counts / _name_weight(self.counts)).T
        weight = _name_weight(n - 1)
        name = (self.names[self.ids] + self.offset + moved) * weight
        own = (self.centres[self.ids] * n - self.rows + name) * (1 / (n - 1 + weight))

        along = away.dot(self.rows)
        product = self.rows.cross(means) + part * self.rows.dot(moved)
        length = (means.dot(means) - _noise(self.counts, len(self.ids) - 1)).T
        norm = length + 2 * part * moved.cross(means) + part**2 * moved.dot(moved)
        across = away.cross(means) + part * away.dot(moved)
        scores = product + gain * along * across - (norm + gain * across**2) / 2

        across = away.dot(own)
        length = own.dot(own) - _noise(n - 1, len(self.ids) - 1)
        score = self.rows.dot(own) + gain * along * across - (length + gain * across**2) / 2
        np.put_along_axis(scores, self.ids[:, None], score, axis=1)
        return scores

    def _offset_moves(self, n: Floats, away: _Pair) -> _Pair:
        """By how much the offset moves without each row, (row, axis). Without its only row, a label does not
        count any more."""
        told = float((self.counts > 0).sum())
        rest = self.offset - (self.rows - self.names[self.ids])
        alone = rest * np.full_like(n, 1 / (told - 1)) if told > 1 else self.offset * -np.ones_like(n)
        among = away * (-1 / (np.maximum(n - 1, 1) * told))
        return alone * np.where(n == 1, 1.0, 0.0) + among * np.where(n > 1, 1.0, 0.0)


def _name_weight(counts: Floats) -> Floats:
    """As how many rows a name counts among these numbers of rows of its label: as two, soon as one."""
    return 1 + 1 / np.maximum(counts, 1)


def _noise(counts: Floats, rows: int) -> Floats:
    """What chance adds to the squared length of a mean of so many rows and a name, among `rows` in all."""
    weight = _name_weight(counts)
    return NOISE / (1 + rows / NOISE_HALVES_AT) * (counts + weight**2) / (counts + weight) ** 2


def _sharpness(held_out: Floats, labels: NDArray[np.int64]) -> float:
    """By what scores are multiplied to be logits: most probable for the rows left out, under the prior."""
    prior = SHARPNESS + SHARPNESS_PER_ROW * len(labels)
    if not len(labels):
        return prior

    def surprise(shift: float) -> float:
        logits = log_softmax(held_out * (prior * np.exp(shift)), axis=1)
        return float(-logits[np.arange(len(labels)), labels].sum() + (shift / DEVIATION) ** 2 / 2)

    found = minimize_scalar(surprise, bounds=(-_FARTHEST, _FARTHEST), method="bounded")
    return float(prior * np.exp(found.x))
