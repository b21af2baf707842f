"""What is known of the rows before anything trains: how many, how long, and how long a run will take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mtl.data.augmentation import augments_by_default, strip_text
from mtl.data.examination import Examination
from mtl.model.encoder import Encoder
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import task_for
from mtl.training.throughput import Size, Throughput, estimates

# English word pieces are about this many characters long, with the space; two tokens frame a text.
_CHARACTERS_PER_TOKEN: Final = 4.5


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the plan needs to know of a task's clean rows.

    `tokens` in a row, on average; `strippable`: the part of the rows, in [0, 1], that differ from their
    copy without capitals and final punctuation.
    """

    rows: int
    labels: tuple[str, ...]
    tokens: float
    strippable: float


def counted(reports: Mapping[str, Examination]) -> dict[str, Counted]:
    """The rows of each task that can be trained on, by its name."""
    return {
        name: _counted(report)
        for name, report in reports.items()
        if report.pairs and len(report.counts()) > 1
    }


def _counted(report: Examination) -> Counted:
    texts = [text for text, _ in report.pairs]
    return Counted(
        rows=len(texts),
        labels=tuple(sorted(report.counts())),
        tokens=2 + float(np.mean([len(text) for text in texts])) / _CHARACTERS_PER_TOKEN,
        strippable=float(np.mean([strip_text(text) != text for text in texts])),
    )


def size_of(counts: Mapping[str, Counted], config: TrainConfig) -> dict[str, Size]:
    """Rows and tokens of each task under these settings, for an estimate."""
    return {name: _size(name, task, config) for name, task in counts.items()}


def _size(name: str, task: Counted, config: TrainConfig) -> Size:
    validation = round(task.rows * config.val_fraction)
    train = task.rows - validation
    known = task_for(name, task.labels)
    usual = augments_by_default(known)
    if config.augmentation == "on" or (config.augmentation == "auto" and usual):
        train += round(train * task.strippable)
    return Size(train=train, validation=validation, tokens=task.tokens, outputs=known.outputs)


def expected_s(
    encoder: Encoder, throughput: Throughput | None, counts: Mapping[str, Counted], config: TrainConfig
) -> float | None:
    """Seconds that a run may take; None while the throughput is unknown."""
    if throughput is None or not counts:
        return None
    return estimates(throughput, size_of(counts, config), config, encoder.num_layers)[config.freeze]
