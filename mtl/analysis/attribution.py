"""Records of a text's words and of what each adds to a logit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtl.schema.tasks import Task


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A token as the vocabulary spells it ("##ly", "[UNK]") and the characters start..end it stands for."""

    spelling: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Word:
    """Characters start..end of a text and their pieces; `first`: position of the first, where [CLS] is 0."""

    text: str
    start: int
    end: int
    first: int
    pieces: tuple[Piece, ...]

    @property
    def positions(self) -> range:
        """Where its pieces stand among the text's tokens."""
        return range(self.first, self.first + len(self.pieces))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A text as the encoder reads it. `cut`: where it stops reading; None: it reads to the end."""

    text: str
    words: tuple[Word, ...]
    cut: int | None = None


@dataclass(frozen=True, kw_only=True)
class WordAttribution:
    """What characters start..end of a text add to a logit, layer by layer.

    `text` is the word as it stands there, or the word piece as the vocabulary spells it.
    """

    text: str
    start: int
    end: int
    layers: tuple[float, ...]
    pieces: tuple["WordAttribution", ...] = ()

    @property
    def total(self) -> float:
        """The share, all layers together."""
        return sum(self.layers)


@dataclass(frozen=True, kw_only=True)
class LayerAttribution:
    """What one layer adds to a logit: its words, [CLS] and [SEP], and the constant of its scaling."""

    layer: int
    words: float
    special: float
    constant: float

    @property
    def total(self) -> float:
        return self.words + self.special + self.constant


@dataclass(frozen=True, kw_only=True)
class LabelAttribution:
    """A label's logit, taken apart: words + rest = logit, and so are layers + bias.

    `words` have one share per layer, in the order of `layers`.
    """

    label: str
    logit: float
    words: tuple[WordAttribution, ...]
    layers: tuple[LayerAttribution, ...]
    bias: float

    @property
    def rest(self) -> float:
        """What no word adds: [CLS], [SEP], the constants of the scaling, the bias."""
        return self.bias + sum(layer.special + layer.constant for layer in self.layers)


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskAttribution:
    """The logits of one task's labels, taken apart; `of` gives one label's part in words.

    For sentiment, negative's logit is the negative of positive's. `probabilities` (label,) sum to 1.
    """

    task: Task
    reading: Reading
    layers: tuple[int, ...]
    logits: NDArray[np.float64]  # (label,)
    probabilities: NDArray[np.float64]  # (label,)
    tokens: NDArray[np.float64]  # (label, layer, token), [CLS] first, [SEP] last
    constants: NDArray[np.float64]  # (label, layer)
    biases: NDArray[np.float64]  # (label,)

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.task.labels[int(self.probabilities.argmax())]

    def of(self, label: str | None = None, *, relative: bool = False) -> LabelAttribution:
        """One label's logit in shares; None means the most probable label.

        `relative` takes everything relative to its mean over the labels: a softmax sees only the
        differences of its logits, so what adds the same to all of them explains nothing.

        Raises ValueError for a label that the task does not have.
        """
        row = self.task.id_of(self.label if label is None else label)

        def pick(values: NDArray[np.float64]) -> NDArray[np.float64]:
            picked: NDArray[np.float64] = values[row] - values.mean(0) if relative else values[row]
            return picked

        tokens, constants = pick(self.tokens), pick(self.constants)
        special = tokens[:, 0] + tokens[:, -1]
        words = tokens[:, 1:-1].sum(1)
        return LabelAttribution(
            label=self.task.labels[row],
            logit=float(pick(self.logits)),
            words=tuple(_word_share(word, tokens) for word in self.reading.words),
            layers=tuple(
                LayerAttribution(layer=layer, words=own, special=rest, constant=constant)
                for layer, own, rest, constant in zip(
                    self.layers, words.tolist(), special.tolist(), constants.tolist(), strict=True
                )
            ),
            bias=float(pick(self.biases)),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """All shares of one text, by task name. What lies beyond `reading.cut` has none: it was not read."""

    reading: Reading
    tasks: dict[str, TaskAttribution]


@dataclass(frozen=True, kw_only=True)
class Omission:
    """The logit without a word, and how far it drops when the word is left out, to hold against its share."""

    word: Word
    logit: float
    drop: float


def _word_share(word: Word, tokens: NDArray[np.float64]) -> WordAttribution:
    """`tokens`: one label's shares, (layer, token)."""
    own = tokens[:, word.first : word.positions.stop]
    pieces = tuple(
        WordAttribution(text=piece.spelling, start=piece.start, end=piece.end, layers=tuple(column))
        for piece, column in zip(word.pieces, own.T.tolist(), strict=True)
    )
    layers = tuple(own.sum(1).tolist())
    return WordAttribution(text=word.text, start=word.start, end=word.end, layers=layers, pieces=pieces)
