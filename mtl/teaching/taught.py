"""What a lesson has taught: a head on remembered vectors, how good it is, and how weak."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits

from mtl.model.multitask import MultiTaskModel
from mtl.schema.results import Interval
from mtl.schema.tasks import task_of
from mtl.teaching.discriminant import Discriminant, discriminant
from mtl.teaching.lesson import TASK, Lesson
from mtl.teaching.vectors import Vectors

# With fewer rows, a label that is left out of one is told by its name and a sentence or two.
_FEW: Final = 3


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """How many of the rows the head gets right that it has not seen: each by all others."""

    right: int
    rows: int

    @property
    def interval(self) -> Interval:
        """Wilson's 95% interval of the share that is right."""
        found = binomtest(self.right, self.rows).proportion_ci(method="wilson")
        return Interval(low=float(found.low), high=float(found.high))


@dataclass(frozen=True, kw_only=True, eq=False)
class Taught:
    """The head of a lesson. `left_out` is None where there is no row.

    `mistaken` has the label that a row would get without it, by the row's text, where that is another.
    """

    lesson: Lesson
    head: Discriminant
    left_out: LeftOut | None
    mistaken: Mapping[str, str]

    @property
    def guessed(self) -> tuple[str, ...]:
        """The labels of which only the names are known."""
        pairs = zip(self.lesson.names, self.lesson.counts, strict=True)
        return tuple(name for name, count in pairs if not count)

    @property
    def few(self) -> tuple[str, ...]:
        """The labels with a row, but with fewer than `_FEW`."""
        pairs = zip(self.lesson.names, self.lesson.counts, strict=True)
        return tuple(name for name, count in pairs if 0 < count < _FEW)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of features (text, feature) of `Vectors`: (text, label), each row sums to 1."""
        return self.head.probabilities(features)


def teach(lesson: Lesson, vectors: Vectors) -> Taught:
    """The head of a lesson; the same lesson gives the same. Sentences are encoded where they are new.

    Raises ValueError for fewer than two labels.
    """
    if len(lesson.labels) < 2:
        raise ValueError("To answer, it needs two labels: add another one")
    ids = {name: number for number, name in enumerate(lesson.names)}
    labels = np.array([ids[row.label] for row in lesson.rows], dtype=np.int64)
    texts = [*(row.text for row in lesson.rows), *(label.text for label in lesson.labels)]
    features = vectors.features(vectors.layer_embeddings(texts))
    # The steps are too small to share: threads that wait for each other took four times as long.
    with threadpool_limits(1):
        head = discriminant(features[: len(labels)], labels, features[len(labels) :])
    said = head.held_out.argmax(1)
    wrong = {
        row.text: lesson.names[label]
        for row, label, true in zip(lesson.rows, said, labels, strict=True)
        if label != true
    }
    return Taught(
        lesson=lesson,
        head=head,
        left_out=LeftOut(right=int((said == labels).sum()), rows=len(labels)) if len(labels) else None,
        mistaken=wrong,
    )


def model_of(taught: Taught, vectors: Vectors) -> MultiTaskModel:
    """A model with the head as its only one, on the encoder as it is: its logits are those of the head."""
    task = task_of(TASK, taught.lesson.names)
    head = vectors.head(task, taught.head.weights, taught.head.biases)
    return MultiTaskModel(vectors.encoder, [head])
