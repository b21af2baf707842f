"""How many rows have to be labelled to come near the accuracy of all rows: as suggested, and at random."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mtl.analysis.suggestions import doubtful, typical
from mtl.evaluation.optimum import optimum
from mtl.evaluation.vectors import Features
from tests.benchmarks.teaching.remembered import Remembered, remembered

SETS, POOL, SEEDS = ("trec", "sst2"), 2000, 10
SHARE, BATCH, TYPICAL, MOST = 0.95, 10, 30, 1000
STRENGTH = 10.0


def table(folder: Path) -> Iterator[list[str]]:
    """A line for each set: mean rows, and the range over the seeds."""
    yield ["set", "accuracy with all", "rows as suggested", "rows at random", "fewer in"]
    yield ["---"] * 5
    for name in SETS:
        train, test = remembered(name, "train", folder), remembered(name, "test", folder)
        yield [name, *line(train, test, range(SEEDS))]


def line(train: Remembered, test: Remembered, seeds: range) -> list[str]:
    """Both ways on the same pools."""
    full, found = [], {"suggested": [], "random": []}
    for seed in seeds:
        pool = train.at(np.random.default_rng(seed).permutation(len(train))[:POOL])
        full.append(0.0)
        read = Features.of(pool.embeddings)
        parts = read(pool.embeddings), read(test.embeddings)
        full[-1] = _accuracy(pool, test, parts, np.arange(POOL))[0]
        for way, rows in found.items():
            rows.append(_needed(pool, test, parts, SHARE * full[-1], way, seed))
    ours, theirs = (np.array(rows) for rows in found.values())
    return [
        f"{np.mean(full):.3f}",
        *(f"{rows.mean():.0f} ({rows.min()} to {rows.max()})" for rows in (ours, theirs)),
        f"{(ours < theirs).sum()} of {len(ours)}",
    ]


def _accuracy(pool, test, parts, rows):
    head = optimum(parts[0][rows], pool.labels[rows], len(pool.names), STRENGTH)
    return float((head.logits(parts[1]).argmax(1) == test.labels).mean()), head


def _needed(pool, test, parts, target, way, seed):
    """Rows that are labelled when the accuracy is first reached; `MOST` where it is not."""
    embeddings, labelled = pool.embeddings[:, -1], []
    random = np.random.default_rng((seed, 1)).permutation(len(pool)).tolist()
    head = None
    while len(labelled) < MOST:
        if way == "random":
            labelled += random[len(labelled) : len(labelled) + BATCH]
        elif head is None or len(labelled) < TYPICAL:
            labelled += [one.row for one in typical(pool.texts, embeddings, BATCH, labelled, seed)]
        else:
            given = {"topic": (pool.names, head.probabilities(parts[0]))}
            labelled += [one.row for one in doubtful(pool.texts, embeddings, given, BATCH, labelled, seed)]
        accuracy, head = _accuracy(pool, test, parts, np.array(labelled))
        if accuracy >= target:
            return len(labelled)
    return MOST
