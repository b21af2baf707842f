"""The last stage of a run with few rows: the same training once more, with the validation rows, too."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from mtl.data.split import Part, Split, TaskSplit
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.events import EpochEnd, Event, Progress

NAME: Final = "all rows"
REASON: Final = "the scores are taken: now the same training once more, with the validation rows, too"
NOTE: Final = (
    "of few rows each counts: the model that is handed over learns from the validation rows, too, once the "
    "scores are taken without them"
)


def ends_with_all_rows(config: TrainConfig) -> bool:
    """Whether a run trains a second time, with all rows: where it is made for few."""
    return config.freeze is FreezeStrategy.WARM_START


def all_rows(data: Split) -> Split:
    """The same rows, all of which train. Those that validate are no longer unseen."""

    def joined(task: TaskSplit) -> TaskSplit:
        # In this order the augmented copies stay last.
        rows = np.concatenate([task.validation.rows, task.train.rows])
        labels = np.concatenate([task.validation.labels, task.train.labels])
        return replace(task, train=Part(rows=rows, labels=labels))

    return replace(data, tasks={name: joined(task) for name, task in data.tasks.items()})


def fractions(events: Iterable[Event], epochs: int) -> Iterator[float]:
    """How much of so many epochs is done, in (0, 1], up to their end or that of the run."""
    for event in events:
        if isinstance(event, EpochEnd):
            yield max(event.epoch, 1e-3) / epochs
            if event.epoch >= epochs:
                return
        elif isinstance(event, Progress):
            yield min(1.0, (event.epoch - 1 + max(event.fraction, 1e-3)) / epochs)


def calibrated(model: MultiTaskModel, like: MultiTaskModel) -> MultiTaskModel:
    """The model with the temperatures of another one of the same tasks, whose validation rows were unseen."""
    fork = model.fork()
    for head in fork.heads:
        head.temperature.copy_(like.head(head.task.name).temperature)
    return fork
