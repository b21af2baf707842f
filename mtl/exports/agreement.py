"""How far an export answers as its model does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.data.bundled import default_files, has_bundled_sentences
from mtl.data.sources import labelled_rows
from mtl.model.multitask import MultiTaskModel

MOST_TEXTS: Final = 300
# With less than this an export is not the model any more, whatever it was rounded to.
_LEAST_LABELS: Final = 0.97


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What a model or an export makes of some texts: probabilities by task, (text, label), and embeddings,
    (text, dim)."""

    probabilities: Mapping[str, NDArray[np.float32]]
    embeddings: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """An export beside its model, on a number of texts.

    `labels`: the share of equal labels over all tasks, in [0, 1], and `probability`: the largest difference
    of a probability; None where the format has no heads. `embedding`: the largest difference of one of an
    embedding's numbers; the embedding has unit norm.
    """

    texts: int
    labels: float | None
    probability: float | None
    embedding: float

    def __str__(self) -> str:
        embedding = f"embeddings within {self.embedding:.1g}"
        if self.labels is None:
            return f"on {self.texts} texts: {embedding}"
        return (
            f"on {self.texts} texts: {self.labels:.1%} of the labels, probabilities within "
            f"{self.probability:.1g}, {embedding}"
        )


def answers_of(model: MultiTaskModel, texts: Sequence[str]) -> Answers:
    """What the model itself makes of some texts, in fp32."""
    layer_embeddings = model.encoder.layer_embeddings(model.encoder.tokenize(texts))
    probabilities = {
        head.task.name: head.probabilities(head(layer_embeddings)).numpy() for head in model.head_list()
    }
    return Answers(probabilities=probabilities, embeddings=layer_embeddings[:, -1].numpy())


def compare_answers(model: Answers, export: Answers) -> Agreement:
    """How far two answers to the same texts agree. Without probabilities, only the embeddings count."""
    same, differences = [], []
    for name, theirs in export.probabilities.items():
        ours = model.probabilities[name]
        same.append(ours.argmax(1) == theirs.argmax(1))
        differences.append(float(np.abs(ours - theirs).max()))
    return Agreement(
        texts=len(model.embeddings),
        labels=float(np.mean(same)) if same else None,
        probability=max(differences, default=None),
        embedding=float(np.abs(model.embeddings - export.embeddings).max()),
    )


def accepted(name: str, agreement: Agreement) -> Agreement:
    """The agreement. Raises ValueError where it is too low to hand the export over."""
    known = agreement.labels is None or agreement.labels >= _LEAST_LABELS
    if not known or not np.isfinite(agreement.embedding):
        raise ValueError(f"{name} does not answer as the model does ({agreement}); nothing was written")
    return agreement


def sample_texts() -> list[str]:
    """Bundled sentences of every file, evenly spread. Raises ValueError where they are not at hand."""
    if not has_bundled_sentences():
        raise ValueError(
            "an export is compared with its model on some texts, and the bundled ones do not come with the "
            "installed package: give some of your own"
        )
    rows = labelled_rows(default_files())
    each = MOST_TEXTS // len(rows)
    return [text for task in rows for text in task.texts[:: max(1, len(task.texts) // each)][:each]]
