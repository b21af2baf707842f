"""How far forecasts at 2 and 4 times the rows are off, and how often their 90% intervals hold the truth.

The curve's settings were chosen on one half of the training rows of TREC and SST-2 (and on nothing of
Banking77); here rows come from the other half and from the test file. What is forecast is measured on the
rows that are left.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mtl.data.examination import LabelledRows
from mtl.evaluation.forecast import forecast
from mtl.evaluation.optimum import optimum
from mtl.evaluation.vectors import Features, held_out
from mtl.schema.tasks import Task
from tests.benchmarks.teaching.remembered import Remembered, remembered

SETS = {"trec": (100, 200, 400), "sst2": (100, 200, 400), "banking77": (500,)}
DRAWS = {"trec": 5, "sst2": 5, "banking77": 4}
TIMES = (2, 4)


def table(folder: Path) -> Iterator[list[str]]:
    """A line for each set and multiple of the rows."""
    yield ["set", "rows", "forecast at", "mean error", "mean width", "intervals that hold the truth"]
    yield ["---"] * 6
    for name, sizes in SETS.items():
        rows = _other_half(name, folder)
        found = [one for size in sizes for draw in range(DRAWS[name]) for one in _compared(rows, size, draw)]
        for times in TIMES:
            mine = [one for one in found if one[0] == times]
            off, width, holds = (np.array(part) for part in list(zip(*mine, strict=True))[1:])
            yield [
                *(
                    name,
                    ", ".join(map(str, sizes)),
                    f"{times} x",
                    f"{off.mean():.3f}",
                    f"{width.mean():.3f}",
                ),
                f"{holds.sum()} of {len(holds)}",
            ]


def _compared(rows: Remembered, size: int, draw: int) -> Iterator[tuple[int, float, float, bool]]:
    order = np.random.default_rng((draw, size)).permutation(len(rows))
    own, left = order[:size], order[max(TIMES) * size :]
    given = LabelledRows(
        task=Task("topic", rows.names), texts=tuple(rows.texts[r] for r in own), labels=rows.labels[own]
    )
    made = forecast(given, np.asarray(rows.embeddings[own]))
    for foreseen in made.forecast:
        more = order[: foreseen.rows]
        read = Features.of(rows.embeddings[more])
        features, labels = read(rows.embeddings[more]), rows.labels[more]
        _, strength = held_out(features, labels, len(rows.names))
        head = optimum(features, labels, len(rows.names), strength)
        truth = (head.logits(read(rows.embeddings[left])).argmax(1) == rows.labels[left]).mean()
        holds = bool(foreseen.low <= truth <= foreseen.high)
        yield foreseen.rows // size, abs(truth - foreseen.accuracy), foreseen.high - foreseen.low, holds


def _other_half(name: str, folder: Path) -> Remembered:
    train, test = remembered(name, "train", folder), remembered(name, "test", folder)
    half = np.random.default_rng(1).permutation(len(train))[len(train) // 2 :]
    own = train.at(np.sort(half))
    return Remembered(
        texts=own.texts + test.texts,
        labels=np.concatenate([own.labels, test.labels]),
        names=own.names,
        embeddings=np.concatenate([own.embeddings, test.embeddings]),
    )
