"""Attribution: records of a text's words and of what each adds to a logit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtl.schema.results import Prediction
from mtl.schema.tasks import Task


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A token as the vocabulary spells it ("##ly", "[UNK]") and the characters start..end it stands for.

    `unknown`: the vocabulary has nothing for these characters, most emoji for example.
    """

    spelling: str
    start: int
    end: int
    unknown: bool = False


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

    @property
    def unreadable(self) -> bool:
        """Whether a part of it is unknown: the encoder reads that part as it reads any other unknown one."""
        return any(piece.unknown for piece in self.pieces)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A text as the encoder reads it. `cut`: where it stops reading; None: it reads to the end."""

    text: str
    words: tuple[Word, ...]
    cut: int | None = None

    @property
    def unreadable(self) -> tuple[Word, ...]:
        """The words of which a part is unknown."""
        return tuple(word for word in self.words if word.unreadable)

    @property
    def readable(self) -> bool:
        """Whether there is a word to go by: marks beside unknown characters are none."""
        known = [piece.spelling for word in self.words for piece in word.pieces if not piece.unknown]
        if self.unreadable:
            return any(character.isalnum() for spelling in known for character in spelling)
        return bool(known)


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
        """The sum over the layers."""
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
    """A label's logit, taken apart: words + rest = logit, and layers + bias = logit.

    Each word has one number per layer, in the order of `layers`. `relative`: every number, the logit
    too, is the difference from its mean over the labels.
    """

    label: str
    logit: float
    words: tuple[WordAttribution, ...]
    layers: tuple[LayerAttribution, ...]
    bias: float
    relative: bool

    @property
    def rest(self) -> float:
        """What no word adds: [CLS], [SEP], the constants of the scaling, the bias."""
        return self.bias + sum(layer.special + layer.constant for layer in self.layers)


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskAttribution:
    """The logits of one task's labels, taken apart; `of` gives one label's attribution to words.

    In a binary task the first label's logit is the negative of the second's. `probabilities` sum to 1.
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

    def of(self, label: str | None = None, *, relative: bool = True) -> LabelAttribution:
        """One label's logit, taken apart; None means the most probable label.

        `relative` takes everything relative to its mean over the labels: a softmax sees only the
        differences of its logits, so what adds the same to all of them explains nothing. In a binary
        task, which has a single logit, this mean is 0 and nothing changes.

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
            words=tuple(_word_attribution(word, tokens) for word in self.reading.words),
            layers=tuple(
                LayerAttribution(layer=layer, words=own, special=rest, constant=constant)
                for layer, own, rest, constant in zip(
                    self.layers, words.tolist(), special.tolist(), constants.tolist(), strict=True
                )
            ),
            bias=float(pick(self.biases)),
            relative=relative and not self.task.binary,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """One text's attributions by task name, and its prediction.

    What lies beyond `reading.cut` has no attribution: the encoder did not read it.
    """

    reading: Reading
    tasks: dict[str, TaskAttribution]
    prediction: Prediction


@dataclass(frozen=True, kw_only=True)
class Omission:
    """A logit without one word, and by how much it is lower than with it: to compare with the attribution."""

    word: Word
    logit: float
    drop: float


def _word_attribution(word: Word, tokens: NDArray[np.float64]) -> WordAttribution:
    """`tokens`: what each token adds to one label's logit, (layer, token)."""
    own = tokens[:, word.first : word.positions.stop]
    pieces = tuple(
        WordAttribution(text=piece.spelling, start=piece.start, end=piece.end, layers=tuple(column))
        for piece, column in zip(word.pieces, own.T.tolist(), strict=True)
    )
    layers = tuple(own.sum(1).tolist())
    return WordAttribution(text=word.text, start=word.start, end=word.end, layers=layers, pieces=pieces)
