"""Which training rows speak for an answer, and which against it: exact shares of its logit.

At the optimum of a linear head with an L2 penalty the weights are a sum over the training rows (the
representer theorem): row i adds C (y - p) x, where x are its features, p the probability that the head gives
it and y whether it has the label. So the logit of any text is the bias plus a share of each row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtl.data.examination import LabelledRows
from mtl.evaluation.optimum import Optimum, optimum
from mtl.evaluation.vectors import Features, held_out


@dataclass(frozen=True, kw_only=True)
class RowShare:
    """What one training row adds to the logit; `row` is its place among the rows, from 0."""

    row: int
    text: str
    label: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Because:
    """An answer, and what each training row adds to its logit, the largest shares first.

    `logit` = `bias` + the sum of all shares. The logits of all labels sum to 0: one above 0 speaks for its
    label.
    """

    label: str
    probability: float
    logit: float
    bias: float
    shares: tuple[RowShare, ...]


class BecauseOfRows:
    """The best head on the frozen encoder for some rows, which can say what each of them does.

    `embeddings`: the layer embeddings of the rows, (row, layer, dim). Without a `strength` of the penalty
    (scikit-learn's C), cross-validation chooses it. With `most` directions at most, thousands of rows take
    seconds, not minutes; the shares are exact for that head, too.
    """

    def __init__(
        self,
        rows: LabelledRows,
        embeddings: NDArray[np.float32],
        strength: float | None = None,
        most: int | None = None,
    ) -> None:
        self._rows = rows
        self._read = Features.of(embeddings, most=most)
        self._features = self._read(embeddings).astype(np.float64)
        if strength is None:
            _, strength = held_out(self._features.astype(np.float32), rows.labels, self._count)
        self.strength = strength
        self._head = self._fitted()

    @property
    def _count(self) -> int:
        return len(self._rows.task.labels)

    def _fitted(self, forgotten: Sequence[int] = ()) -> Optimum:
        kept = np.setdiff1d(np.arange(len(self._features)), forgotten)
        return optimum(self._features[kept], self._rows.labels[kept], self._count, self.strength, tight=True)

    def explain(self, embedding: NDArray[np.float32], label: str | None = None) -> Because:
        """Why a text with this layer embedding (layer, dim) gets its answer, or another `label`.

        Raises ValueError for a label that no row has.
        """
        asked = self._read(embedding[None]).astype(np.float64)
        probabilities = self._head.probabilities(asked)[0]
        index = int(probabilities.argmax()) if label is None else self._rows.task.id_of(label)
        if not self._head.seen[index]:
            raise ValueError(f"no row has the label {label!r}: there is nothing that could speak for it")
        shares = self._shares(index) * (self._features @ asked[0])
        order = np.argsort(-np.abs(shares), kind="stable")
        labels = self._rows.task.labels
        return Because(
            label=labels[index],
            probability=float(probabilities[index]),
            logit=float(self._head.logits(asked)[0, index]),
            bias=float(self._head.biases[index]),
            shares=tuple(
                RowShare(
                    row=int(row),
                    text=self._rows.texts[row],
                    label=labels[self._rows.labels[row]],
                    share=float(shares[row]),
                )
                for row in order
            ),
        )

    def without(self, embedding: NDArray[np.float32], forgotten: Sequence[int]) -> dict[str, float]:
        """The probability of each label for a text, by a head that never had these rows."""
        asked = self._read(embedding[None]).astype(np.float64)
        found = self._fitted(forgotten).probabilities(asked)[0]
        return dict(zip(self._rows.task.labels, found.tolist(), strict=True))

    def _shares(self, index: int) -> NDArray[np.float64]:
        """What multiplies each row's features in the weights of a label, (row,)."""
        gap = (self._rows.labels == index) - self._head.probabilities(self._features)[:, index]
        # Of two labels there is one logit, and half of it on either side.
        factor = self.strength / 2 if self._head.seen.sum() == 2 else self.strength
        given: NDArray[np.float64] = factor * gap
        return given
