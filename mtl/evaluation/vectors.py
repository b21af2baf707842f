"""What a linear head reads of remembered layer embeddings, in few enough numbers to refit at once."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.utils.extmath import randomized_svd

from mtl.evaluation.optimum import held_out_probabilities

# Beyond so many directions, more change no decision that was measured (TREC, SST-2, Banking77).
AXES: Final = 256
# Inverse strengths of the L2 penalty (scikit-learn's C), from strong to weak.
STRENGTHS: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
# Cross-validation of heads.
FOLDS: Final = 5
_LEAST_DEVIATION: Final = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """From layer embeddings (row, layer, dim) to features (row, axis).

    They are scaled as a head that reads all layers scales them (`Head.scale`), by the `mean` and `deviation`
    (layer, dim) of the rows it was fitted on, and turned onto `axes` (axis, layer x dim).
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    axes: NDArray[np.float32]

    @classmethod
    def of(cls, embeddings: NDArray[np.float32], most: int | None = AXES) -> Self:
        """The directions in which these rows vary most. With `most=None` all of them, which loses nothing:
        the best head lies in the span of its rows."""
        mean = embeddings.mean(0)
        deviation = embeddings.std(0).clip(_LEAST_DEVIATION)
        scaled = _scaled(embeddings, mean, deviation)
        rank = min(scaled.shape)
        if most is None or rank <= most:
            axes = np.linalg.svd(scaled, full_matrices=False)[2]
        else:
            axes = randomized_svd(scaled, most, random_state=0)[2]
        return cls(mean=mean, deviation=deviation, axes=axes)

    def __call__(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """(row, layer, dim) to (row, axis)."""
        read: NDArray[np.float32] = _scaled(embeddings, self.mean, self.deviation) @ self.axes.T
        return read

    def direction(self, weights: NDArray[np.floating]) -> NDArray[np.float64]:
        """(axis,) to (layer, dim): what features that are weighted so read of layer embeddings, up to a
        constant."""
        turned = (weights @ self.axes).reshape(self.mean.shape)
        found: NDArray[np.float64] = turned / (self.deviation * np.sqrt(self.mean.shape[-1]))
        return found


def _scaled(
    embeddings: NDArray[np.float32], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (embeddings - mean) / (deviation * np.sqrt(embeddings.shape[-1]))
    return scaled.reshape(len(embeddings), -1)


def held_out(
    features: NDArray[np.float32], labels: NDArray[np.int64], count: int, seed: int = 0
) -> tuple[NDArray[np.float64], float]:
    """Cross-validated probabilities (row, label), and the strength that has the lowest loss among them."""
    best: tuple[NDArray[np.float64], float] | None = None
    lowest = np.inf
    for strength in STRENGTHS:
        found = held_out_probabilities(features, labels, count, strength=strength, folds=FOLDS, seed=seed)
        loss = log_loss(labels, found, labels=range(count))
        if loss >= lowest:
            break  # along this path the loss has one valley
        best, lowest = (found, strength), loss
    assert best is not None
    return best
