"""How many wrong labels are found, where some were made wrong, and what correcting them regains."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtl.evaluation.optimum import optimum
from mtl.evaluation.suspects import ranked_issues
from mtl.evaluation.vectors import Features, held_out
from tests.benchmarks.teaching.remembered import Remembered, remembered

SETS = {"sst2": 2000, "trec": 2000, "banking77": 2500}
SHARES = (0.05, 0.1, 0.2)


def table(folder: Path) -> Iterator[list[str]]:
    """A line for each set, share of wrong labels, and way in which they are wrong."""
    yield [
        *("set, rows", "wrong", "listed", "precision", "precision at k = wrong", "recall"),
        *("accuracy as labelled", "listed rows corrected", "all right"),
    ]
    yield ["---"] * 9
    for name, count in SETS.items():
        train, test = remembered(name, "train", folder), remembered(name, "test", folder)
        own = train.at(np.sort(np.random.default_rng(7).permutation(len(train))[:count]))
        read = Features.of(own.embeddings)
        features, asked = read(own.embeddings), read(test.embeddings)
        for how in ("random", "neighbour") if len(own.names) > 2 else ("random",):
            for share in SHARES:
                yield [f"{name}, {count}", *_line(own, test, features, asked, share, how)]


def _line(
    own: Remembered,
    test: Remembered,
    features: NDArray[np.float32],
    asked: NDArray[np.float32],
    share: float,
    how: str,
) -> list[str]:
    labels, wrong = flipped(own.labels, features, share, how)
    present, ids = np.unique(labels, return_inverse=True)
    probabilities, strength = held_out(features, ids, len(present))
    found = ranked_issues(ids, probabilities)
    k = int(wrong.sum())
    reviewed = labels.copy()
    reviewed[found] = own.labels[found]
    scores = []
    for given in (labels, reviewed, own.labels):
        head = optimum(features, given, len(own.names), strength)
        scores.append(f"{(head.logits(asked).argmax(1) == test.labels).mean():.3f}")
    # Rows beyond the list come in the order of the margin, as those within it do.
    margin = probabilities[np.arange(len(ids)), ids] - probabilities.max(1)
    rest = np.setdiff1d(np.argsort(margin, kind="stable"), found, assume_unique=True)
    at_k = np.concatenate([found, rest])[:k]
    return [
        f"{share:.0%} {how}",
        f"{len(found)}",
        f"{wrong[found].mean():.2f}",
        f"{wrong[at_k].mean():.2f}",
        f"{wrong[found].sum() / k:.2f}",
        *scores,
    ]


def flipped(
    labels: NDArray[np.int64], features: NDArray[np.float32], share: float, how: str, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels of which a share is wrong: any other label, or that of the class whose centre is nearest."""
    rng = np.random.default_rng(seed)
    present = np.unique(labels)
    centres = np.stack([features[labels == label].mean(0) for label in present])
    distances = ((centres[:, None] - centres[None]) ** 2).sum(2) + np.diag(np.full(len(present), np.inf))
    nearest = dict(zip(present.tolist(), present[distances.argmin(1)].tolist(), strict=True))
    wrong = np.zeros(len(labels), dtype=bool)
    wrong[rng.permutation(len(labels))[: round(share * len(labels))]] = True
    made = labels.copy()
    for row in np.flatnonzero(wrong):
        others = present[present != labels[row]]
        made[row] = nearest[int(labels[row])] if how == "neighbour" else rng.choice(others)
    return made, wrong
