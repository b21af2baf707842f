"""The loss of each task, and the weights of its labels. The combined loss is the sum over the tasks."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mtl.data.split import Split
from mtl.schema.config import TrainConfig
from mtl.schema.tasks import Task

# With the setting "auto", labels get weights from this ratio of the most frequent to the rarest on.
IMBALANCE: Final = 3.0


def task_loss(task: Task, logits: Tensor, labels: Tensor, class_weights: Tensor | None = None) -> Tensor:
    """Mean loss over the rows in nats: binary cross-entropy for a binary task, else cross-entropy.

    `logits` (row, output), `labels` (row,) label ids. With `class_weights` (label,) it is the weighted mean.
    """
    if not task.binary:
        return functional.cross_entropy(logits, labels, weight=class_weights)
    weights = None if class_weights is None else class_weights[labels]
    losses = functional.binary_cross_entropy_with_logits(
        logits.squeeze(1), labels.float(), weight=weights, reduction="none"
    )
    return losses.mean() if weights is None else losses.sum() / weights.sum()


def losses_with_sum(losses: Mapping[str, float]) -> dict[str, float]:
    """`combined`, the sum over the tasks, and each task's loss."""
    return {"combined": sum(losses.values()), **losses}


def class_weights(data: Split, config: TrainConfig) -> dict[str, Tensor]:
    """For each task whose labels are weighted, the square root of their inverse frequency, (label,)."""
    weights = {}
    for name, task in data.tasks.items():
        counts = np.bincount(task.train.labels, minlength=len(task.task.labels))
        present = counts[counts > 0]
        uneven = present.max() > IMBALANCE * present.min()
        if config.class_weights == "on" or (config.class_weights == "auto" and uneven):
            inverse = len(task.train) / (len(present) * np.maximum(counts, 1))
            weights[name] = torch.tensor(np.sqrt(inverse), dtype=torch.float32)
    return weights
