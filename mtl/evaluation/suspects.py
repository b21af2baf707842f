"""Rows that are probably labelled wrong: confident learning on cross-validated probabilities.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", Journal of
Artificial Intelligence Research 70 (2021), 1373-1411; the ranking is that of the library cleanlab.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.data.examination import LabelledRows
from mtl.evaluation.optimum import held_out_heads
from mtl.evaluation.vectors import FOLDS, Features, held_out

# With fewer rows, heads that have not seen a row know too little to contradict its label.
LEAST_ROWS: Final = 20
_NEIGHBOURS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A row whose label the other rows contradict; `row` is its place among the rows, from 0.

    `probability`: that of the `suggested` label, by heads that have not seen the row. `neighbours`: the
    nearest texts that have the suggested label. `direction` (layer, dim): along which the row's layer
    embeddings speak for the suggested label, and against its own, to a head that has not seen the row.
    """

    row: int
    text: str
    label: str
    suggested: str
    probability: float
    neighbours: tuple[str, ...]
    direction: NDArray[np.float32] = field(compare=False, repr=False)


def suspects(rows: LabelledRows, embeddings: NDArray[np.float32], seed: int = 0) -> list[Suspect]:
    """The rows that are probably labelled wrong, the most suspicious first.

    `embeddings`: their layer embeddings, (row, layer, dim). A row on which the heads are merely unsure is
    none: another label has to be as probable as it usually is for rows of that label. Raises ValueError for
    fewer than `LEAST_ROWS` rows, and for rows of one label.
    """
    if len(rows.texts) < LEAST_ROWS:
        raise ValueError(
            f"{len(rows.texts)} {rows.task.name} rows are too few to contradict a label: "
            f"give {LEAST_ROWS} at least"
        )
    present, labels = np.unique(rows.labels, return_inverse=True)
    if len(present) == 1:
        raise ValueError(
            f"all {len(rows.texts):,} {rows.task.name} rows have the same label: another one is needed to "
            "contradict it"
        )
    reads = Features.of(embeddings)
    features = reads(embeddings)
    probabilities, strength = held_out(features, labels, len(present), seed)
    found = ranked_issues(labels, probabilities)
    names = [rows.task.labels[label] for label in present]
    suggested = probabilities.argmax(1)
    weights = _ahead(features, labels, suggested, strength, seed) if len(found) else features
    return [
        Suspect(
            row=int(row),
            text=rows.texts[row],
            label=names[labels[row]],
            suggested=names[suggested[row]],
            probability=float(probabilities[row, suggested[row]]),
            neighbours=_neighbours(rows, features, labels == suggested[row], row),
            direction=reads.direction(weights[row]).astype(np.float32),
        )
        for row in found
    ]


def _ahead(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    suggested: NDArray[np.int64],
    strength: float,
    seed: int,
) -> NDArray[np.float64]:
    """By how much heads that have not seen a row weigh each feature more for its suggested label than for its
    own, (row, feature)."""
    weights = np.zeros(features.shape)
    for unseen, head in held_out_heads(
        features, labels, int(labels.max()) + 1, strength=strength, folds=FOLDS, seed=seed
    ):
        weights[unseen] = head.weights[suggested[unseen]] - head.weights[labels[unseen]]
    return weights


def ranked_issues(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the rows whose label is probably wrong, the most suspicious first, from label ids (row,),
    each of which occurs, and cross-validated probabilities (row, label)."""
    from cleanlab.filter import find_label_issues

    found: NDArray[np.int64] = find_label_issues(
        labels,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    return found


def _neighbours(
    rows: LabelledRows, features: NDArray[np.float32], bearing: NDArray[np.bool_], row: int
) -> tuple[str, ...]:
    places = np.flatnonzero(bearing)
    units = features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-9)
    nearest = places[np.argsort(-(units[places] @ units[row]), kind="stable")[:_NEIGHBOURS]]
    return tuple(rows.texts[place] for place in nearest)
