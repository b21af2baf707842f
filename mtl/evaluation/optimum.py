"""The best linear head on vectors that are remembered: found exactly, in milliseconds."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

ITERATIONS: Final = 200
# L-BFGS stops when the loss no longer falls, long before the gradient is nothing; Newton's steps go there.
_TIGHT: Final = {"solver": "newton-cg", "tol": 1e-10}


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimum:
    """A linear map from features to the logits of all labels: weights (label, feature), biases (label,).

    `seen` (label,): whether the label had a row. One that had none has no probability.
    """

    weights: NDArray[np.float64]
    biases: NDArray[np.float64]
    seen: NDArray[np.bool_]

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """(row, feature) to (row, label); minus infinity for a label that was not seen."""
        logits: NDArray[np.float64] = features @ self.weights.T + self.biases
        return np.where(self.seen, logits, -np.inf)

    def probabilities(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """(row, feature) to (row, label); each row sums to 1."""
        logits = self.logits(features)
        given = np.exp(logits - logits.max(1, keepdims=True))
        probabilities: NDArray[np.float64] = given / given.sum(1, keepdims=True)
        return probabilities


def optimum(
    features: NDArray[np.floating],
    labels: NDArray[np.int64],
    count: int,
    strength: float = 1.0,
    *,
    tight: bool = False,
) -> Optimum:
    """Logistic regression of `labels` (row,), ids below `count`, on `features` (row, feature).

    `strength` is the inverse of the L2 penalty (scikit-learn's C). The problem is convex: the same rows
    give the same head. Rows of one label only give a head that always answers it. `tight` goes on in fp64
    until the gradient is nothing, for shares that have to sum up. Raises ValueError without rows.
    """
    if not len(labels):
        raise ValueError("there are no rows to fit a head on: give some")
    seen = np.isin(np.arange(count), labels)
    weights, biases = np.zeros((count, features.shape[1])), np.zeros(count)
    if seen.sum() == 1:
        return Optimum(weights=weights, biases=biases, seen=seen)
    # The steps are too small to share among threads.
    with threadpool_limits(1):
        model = LogisticRegression(C=strength, max_iter=ITERATIONS, **(_TIGHT if tight else {}))
        model.fit(features.astype(np.float64) if tight else features, labels)
    if seen.sum() == 2:
        # One logit says how much the second label is ahead: half to each side.
        sides = np.array([[-0.5], [0.5]])
        weights[seen], biases[seen] = sides * model.coef_, sides[:, 0] * model.intercept_
    else:
        weights[seen], biases[seen] = model.coef_, model.intercept_
    return Optimum(weights=weights, biases=biases, seen=seen)


def held_out_probabilities(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    count: int,
    *,
    strength: float = 1.0,
    folds: int = 5,
    seed: int = 0,
) -> NDArray[np.float64]:
    """What heads that had not seen a row say of it, (row, label): stratified cross-validation.

    A label with fewer rows than `folds` is missing in some of the heads. Raises ValueError for fewer than two
    rows.
    """
    if len(labels) < 2:
        raise ValueError(f"there are {len(labels)} rows: cross-validation needs two at least")
    found = np.zeros((len(labels), count))
    for test, head in held_out_heads(features, labels, count, strength=strength, folds=folds, seed=seed):
        found[test] = head.probabilities(features[test])
    return found


def held_out_heads(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    count: int,
    *,
    strength: float = 1.0,
    folds: int = 5,
    seed: int = 0,
) -> Iterator[tuple[NDArray[np.int64], Optimum]]:
    """The heads of `held_out_probabilities`, each with the places of the rows that it has not seen."""
    for train, test in _folds(labels, folds, seed):
        yield test, optimum(features[train], labels[train], count, strength)


def _folds(
    labels: NDArray[np.int64], folds: int, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    # scikit-learn refuses more folds than the largest label has rows.
    most = int(np.bincount(labels).max())
    if most < 2:
        order = np.random.default_rng(seed).permutation(len(labels))
        parts = np.array_split(order, min(folds, len(labels)))
        yield from ((np.setdiff1d(order, part), part) for part in parts)
        return
    splitter = StratifiedKFold(min(folds, most), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        yield from list(splitter.split(np.zeros((len(labels), 1)), labels))
