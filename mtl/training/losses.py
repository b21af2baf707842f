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


def supervised_contrastive_loss(embeddings: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """SupCon (Khosla et al., 2020, equation 2) of unit-norm embeddings (row, dim) and label ids (row,).

    For each row, the mean of -log p over the other rows of its label, where p is the softmax over all other
    rows of cosine / temperature. Averaged over the rows that have a partner, in nats; 0 where none has.
    """
    own = torch.eye(len(labels), dtype=torch.bool)
    cosines = (embeddings @ embeddings.T / temperature).masked_fill(own, -torch.inf)
    log_probabilities = cosines - cosines.logsumexp(1, keepdim=True)
    partners = (labels[:, None] == labels[None, :]) & ~own
    counts = partners.sum(1)
    paired = counts > 0
    if not paired.any():
        return embeddings.sum() * 0.0
    pulled = log_probabilities.masked_fill(~partners, 0.0).sum(1)
    return -(pulled[paired] / counts[paired]).mean()


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
