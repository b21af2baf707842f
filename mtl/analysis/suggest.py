"""Texts to label next, from the texts alone or with a model that has begun to learn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from mtl.analysis.suggestions import Suggestion, distinct_places, doubtful, typical
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel

MOST_TEXTS: Final = 50_000
# The embeddings of all layers of so many texts are kept at once.
_CHUNK: Final = 1_000


def suggest(
    texts: Sequence[str], knows: Encoder | MultiTaskModel, count: int = 10, *, task: str | None = None
) -> list[Suggestion]:
    """The `count` texts whose labels would teach most.

    With an encoder, typical texts of groups that nothing covers yet; with a model, texts that it is unsure of
    (in this `task`, or in any of its tasks) and that are unlike each other. Raises ValueError where there is
    nothing to choose from, for more than `MOST_TEXTS` texts, and for a task that the model does not have.
    """
    if count < 1:
        raise ValueError(f"{count} texts are asked for: ask for 1 at least")
    if len(texts) > MOST_TEXTS:
        raise ValueError(
            f"there are {len(texts):,} texts, and {MOST_TEXTS:,} at most are looked at: take a random part"
        )
    places = distinct_places(texts)
    found = _chosen([texts[place] for place in places], knows, count, task)
    return [replace(one, row=places[one.row]) for one in found]


def _chosen(
    texts: Sequence[str], knows: Encoder | MultiTaskModel, count: int, task: str | None
) -> list[Suggestion]:
    if isinstance(knows, Encoder):
        return typical(texts, _embeddings(texts, knows), count)
    known = [each.name for each in knows.tasks]
    if task is not None and task not in known:
        raise ValueError(f"the model has no {task} head: it has {', '.join(known)}")
    embeddings, probabilities = _read(texts, knows)
    asked = {
        each.name: (each.labels, probabilities[each.name])
        for each in knows.tasks
        if task in (None, each.name)
    }
    return doubtful(texts, embeddings, asked, count)


def _embeddings(texts: Sequence[str], encoder: Encoder) -> NDArray[np.float32]:
    parts = [
        encoder.layer_embeddings(encoder.tokenize(texts[start : start + _CHUNK]), fast=True)[:, -1].numpy()
        for start in range(0, len(texts), _CHUNK)
    ]
    return np.concatenate(parts)


@torch.no_grad()
def _read(
    texts: Sequence[str], model: MultiTaskModel
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Sentence embeddings (text, dim), and the probabilities of each task, (text, label)."""
    embeddings: list[NDArray[np.float32]] = []
    found: dict[str, list[NDArray[np.float32]]] = {task.name: [] for task in model.tasks}
    for start in range(0, len(texts), _CHUNK):
        tokens = model.encoder.tokenize(texts[start : start + _CHUNK])
        layers = model.encoder.layer_embeddings(tokens, fast=True)
        embeddings.append(layers[:, -1].numpy().copy())
        for name, logits in model.logits(layers).items():
            found[name].append(model.head(name).probabilities(logits).numpy())
    return np.concatenate(embeddings), {name: np.concatenate(parts) for name, parts in found.items()}
