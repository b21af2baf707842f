"""Cosine similarity between sentences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import cosine_similarity


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two rows of an embedding matrix, first < second, and their cosine in [-1, 1]."""

    first: int
    second: int
    cosine: float


def cosines(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """(text, dim) to (text, text)."""
    matrix: NDArray[np.float32] = cosine_similarity(embeddings)
    return np.clip(matrix, -1.0, 1.0)


def ranked_pairs(matrix: NDArray[np.float32]) -> list[Pair]:
    """Every pair once, the most similar first."""
    firsts, seconds = np.triu_indices(len(matrix), k=1)
    order = np.argsort(-matrix[firsts, seconds], kind="stable")
    return [
        Pair(first=int(firsts[i]), second=int(seconds[i]), cosine=float(matrix[firsts[i], seconds[i]]))
        for i in order
    ]
