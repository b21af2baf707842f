"""What a map draws of some sentences: which, in which groups, joined by which lines, and where."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.projection import Method, Projection, cluster, project
from mtl.analysis.similarity import Pair, groups_of, joining_pairs
from mtl.model.multitask import MultiTaskModel
from mtl.schema.limits import limits
from mtl.ui.embeddings.sources import Sentences

AUTOMATIC: Final = "automatic"
CLUSTER: Final = "cluster"
# More points hide each other, and t-SNE would take minutes.
_MOST_POINTS: Final = 1500
# Up to so many MDS shows best who is near whom, then t-SNE; beyond, it takes too long while one types.
_FEW: Final = 60
_CLUSTERS: Final = 6
# From which cosine on two sentences are joined: among few, and among many, where it takes more to stand out.
_CLOSE, _CLOSE_AMONG_MANY = 0.35, 0.5
_SEED: Final = 0


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """Rows to draw, the group of each ("": none), what the groups are, and the lines."""

    rows: NDArray[np.int64]
    groups: list[str]
    by: str
    pairs: list[Pair]


def grouped(found: Sentences, colour: str, model: MultiTaskModel) -> Grouped:
    """Groups by a label that the sentences bear, by what `model` predicts, by cluster, or by the lines."""
    if colour not in (CLUSTER, *found.labels, *(task.name for task in model.tasks)):
        # Automatic, or the sentences were changed and the new ones have no such label.
        few = len(found.texts) <= limits().sentences
        colour = next(iter(found.labels), AUTOMATIC if few else CLUSTER)
    if colour in found.labels:
        labels = found.labels[colour]
        rows = _sample(np.flatnonzero([bool(label) for label in labels]))
        by = "coloured by their own labels"
        return Grouped(rows=rows, groups=[labels[row] for row in rows], by=by, pairs=[])
    rows = _sample(np.arange(len(found.texts)))
    if colour == AUTOMATIC:
        return _joined(found, rows)
    if colour == CLUSTER:
        numbers = cluster(found.embeddings[rows], min(_CLUSTERS, len(rows)), _SEED)
        clusters = [f"cluster {number + 1}" for number in numbers]
        return Grouped(rows=rows, groups=clusters, by="in clusters by k-means", pairs=[])
    predictions = model.predict([found.texts[row] for row in rows])
    groups = [prediction.tasks[colour].label for prediction in predictions]
    by = f"coloured by the {colour} that the default model predicts"
    return Grouped(rows=rows, groups=groups, by=by, pairs=[])


def projected(embeddings: NDArray[np.float32], method: str) -> tuple[Projection, str]:
    """Points in the plane, and how far it can be trusted."""
    count = len(embeddings)
    if count == 1:
        return Projection(coordinates=np.zeros((1, 2), dtype=np.float32)), ""
    automatic: Method = "mds" if count <= _FEW else "tsne" if count <= limits().sentences else "pca"
    chosen: Any = automatic if method == AUTOMATIC else method
    projection = project(embeddings, chosen, _SEED)
    if projection.explained:
        shown = sum(projection.explained)
        return projection, f"The two axes show {shown:.0%} of the variance; the rest is not on the map."
    if chosen == "mds":
        return projection, "Distances on the map are as near to the real ones as a plane allows."
    return projection, "In t-SNE only who is near whom means something: not the axes, not the distances."


def _joined(found: Sentences, rows: NDArray[np.int64]) -> Grouped:
    """Sentences joined by lines are one group; one that is joined to none has none."""
    close = _CLOSE if len(rows) <= _FEW else _CLOSE_AMONG_MANY
    pairs = joining_pairs(found.cosines, close)
    numbers = groups_of(pairs, len(rows))
    groups = [f"{number:03d}" if numbers.count(number) > 1 else "" for number in numbers]
    by = f"lines where the cosine is {close} or more, the fewest that join them"
    return Grouped(rows=rows, groups=groups, by=by, pairs=pairs)


def _sample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) <= _MOST_POINTS:
        return rows
    return np.sort(np.random.default_rng(_SEED).choice(rows, _MOST_POINTS, replace=False))
