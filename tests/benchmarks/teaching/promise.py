"""How often a promised accuracy is broken, over 500 divisions of rows that chose nothing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mtl.evaluation.optimum import optimum
from mtl.evaluation.promise import promised
from mtl.evaluation.vectors import Features, held_out
from tests.benchmarks.teaching.remembered import remembered

SETS = {"trec": 0.95, "sst2": 0.9, "banking77": 0.95}
TRAINING, ROWS, DIVISIONS = 2000, (200, 500, 1000), 500


def table(folder: Path) -> Iterator[list[str]]:
    """A line for each set and number of labelled rows."""
    yield ["set", "accuracy of all", "promise", "rows", "possible", "broken", "answered", "right of these"]
    yield ["---"] * 8
    for name, at_least in SETS.items():
        train, test = remembered(name, "train", folder), remembered(name, "test", folder)
        order = np.random.default_rng(3).permutation(len(train))
        own, others = train.at(order[:TRAINING]), train.at(order[TRAINING:])
        read = Features.of(own.embeddings)
        features = read(own.embeddings)
        _, strength = held_out(features, own.labels, len(own.names))
        head = optimum(features, own.labels, len(own.names), strength)
        found = [head.probabilities(read(part.embeddings)) for part in (others, test)]
        probabilities = np.concatenate(found)
        confidences = probabilities.max(1)
        right = probabilities.argmax(1) == np.concatenate([others.labels, test.labels])
        for rows in ROWS:
            yield [
                *(name, f"{right.mean():.3f}", f"{at_least:.0%}", f"{rows}"),
                *_line(confidences, right, at_least, rows),
            ]


def _line(confidences, right, at_least, rows):
    broken, coverage, accuracy = [], [], []
    for division in range(DIVISIONS):
        order = np.random.default_rng((division, rows)).permutation(len(right))
        chosen, left = order[:rows], order[rows:]
        made = promised(confidences[chosen], right[chosen], at_least)
        if made.threshold is None:
            continue
        answered = confidences[left] >= made.threshold
        broken.append(right[left][answered].mean() < at_least)
        coverage.append(answered.mean())
        accuracy.append(right[left][answered].mean())
    if not broken:
        return ["0%", "-", "-", "-"]
    return [
        f"{len(broken) / DIVISIONS:.0%}",
        # Of all divisions: where nothing is promised, nothing is broken.
        f"{sum(broken) / DIVISIONS:.1%}",
        f"{np.mean(coverage):.1%}",
        f"{np.mean(accuracy):.1%}",
    ]
