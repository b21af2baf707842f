"""Two sentences side by side, as an encoder sees them: by layer, by word, and against people's scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import paired_cosine_distances

from mtl.analysis.attribution import Reading
from mtl.analysis.word_spans import read
from mtl.model.encoder import Encoder


@dataclass(frozen=True, kw_only=True, eq=False)
class WordCosines:
    """The cosine of every word of one sentence to every word of another, (word, word), in [-1, 1]."""

    first: Reading
    second: Reading
    cosines: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ScoredPair:
    """Two sentences, and how much they mean the same: 0 (nothing in common) to 5 (the same).

    Raises ValueError for a score out of that range.
    """

    first: str
    second: str
    score: float

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 5:
            raise ValueError(f"the score of {self.first!r} is {self.score}: use a number from 0 to 5")


def layer_cosines(encoder: Encoder, first: str, second: str) -> NDArray[np.float32]:
    """The cosine of two sentences at each layer, (layer,), in [-1, 1]; the last is that of `encode`."""
    pooled = encoder.layer_embeddings(encoder.tokenize([first, second])).numpy()  # (2, layer, dim)
    return _paired(pooled[0], pooled[1])


def token_cosines(encoder: Encoder, first: str, second: str) -> WordCosines:
    """Word by word, how similar two sentences are to the last layer, from one forward pass.

    A word is the mean of its pieces' hidden states: it carries its sentence, so the same word in two
    sentences has a cosine below 1.
    """
    tokens, readings = read(encoder, [first, second])
    words = [np.zeros((0, encoder.dimension), dtype=np.float32)] * 2  # (word, dim) of each sentence
    for rows, states, layout in encoder.states(tokens):
        parts = np.split(states[-1].cpu().numpy(), np.cumsum(layout.lengths.cpu().numpy())[:-1])
        for row, hidden in zip(rows, parts, strict=True):  # hidden (token, dim)
            words[row] = _word_vectors(hidden, readings[row])
    matrix = np.clip(words[0] @ words[1].T, -1.0, 1.0)
    return WordCosines(first=readings[0], second=readings[1], cosines=matrix)


def _word_vectors(hidden: NDArray[np.float32], reading: Reading) -> NDArray[np.float32]:
    """The mean of each word's pieces, at unit norm, (word, dim)."""
    means = [hidden[word.first : word.positions.stop].mean(0) for word in reading.words]
    vectors = np.array(means, dtype=np.float32).reshape(-1, hidden.shape[1])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def read_pairs(file: Path | str) -> list[ScoredPair]:
    """Scored pairs from a CSV file with the columns first, second and score.

    Raises ValueError where one is missing, or a score is no number from 0 to 5.
    """
    table = pd.read_csv(file, dtype={"first": str, "second": str}, keep_default_na=False)
    missing = [name for name in ("first", "second", "score") if name not in table]
    if missing:
        raise ValueError(f"{file} has no column {missing[0]!r}: it needs first, second and score")
    return [
        ScoredPair(first=first, second=second, score=float(score))
        for first, second, score in zip(table["first"], table["second"], table["score"], strict=True)
    ]


def spearman_of(encoder: Encoder, pairs: Sequence[ScoredPair]) -> float:
    """Spearman's rank correlation, in [-1, 1], of the encoder's cosines with the pairs' scores.

    The usual measure of sentence encoders (Reimers et al. 2016, "Task-oriented intrinsic evaluation
    of semantic textual similarity").

    Raises ValueError where all scores are the same: there is nothing to rank.
    """
    if len({pair.score for pair in pairs}) < 2:
        raise ValueError(f"{len(pairs)} pairs have no two different scores: add pairs that differ in meaning")
    firsts = encoder.encode([pair.first for pair in pairs])
    seconds = encoder.encode([pair.second for pair in pairs])
    found = spearmanr(_paired(firsts, seconds), [pair.score for pair in pairs])
    return float(found.statistic)


def _paired(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Row by row, (row, dim) twice to (row,)."""
    away: NDArray[np.float32] = paired_cosine_distances(first, second)
    return np.clip(1 - away, -1.0, 1.0)
