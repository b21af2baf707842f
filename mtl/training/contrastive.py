"""A supervised-contrastive warm start: the encoder learns to pull sentences of one label together.

Linear heads alone reach what the frozen embedding already separates. From few rows an encoder learns
more by comparing rows with each other, since n rows make n * (n - 1) pairs, than by fitting labels.
The idea is that of SetFit (Tunstall et al., 2022, arXiv 2209.11055); the loss is SupCon (Khosla et al.,
2020, arXiv 2004.11362), which compares every row of a batch with all others in one pass, where SetFit
passes each pair through the encoder. The name of a label counts as one more row of it: "positive" says
something about positive texts before there is any, and less the more rows there are.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl.model.encoder import Encoder
from mtl.model.heads import Head
from mtl.model.packing import plan_batches
from mtl.schema.tasks import Task
from mtl.training.auto import FEW_LABELS
from mtl.training.cache import Activations
from mtl.training.losses import task_loss
from mtl.training.stage import CLIP_NORM, Fit

# Measured on training rows that were not drawn, 8 to 64 rows a label, means of 3 to 10 draws: 15 to 120 steps
# end alike.
STEPS: Final = 20
# Of the loss. A low one looks at the nearest rows of other labels above all, which 77 labels need
# (Banking77, 8 rows a label: 0.82 against 0.78 at 0.2). With up to six, all others should count (TREC:
# 0.797 against 0.769 at 0.1; the bundled sentence types: 0.779 against 0.742; SST-2: no difference).
TEMPERATURE_FEW_LABELS: Final = 0.3
TEMPERATURE_MANY_LABELS: Final = 0.1
# Of the label means as a head: a cosine in [-1, 1] becomes a logit in [-10, 10].
HEAD_TEMPERATURE: Final = 0.1
# The most rows in one step, of all tasks together: with these a run takes about a minute on two cores.
BATCH_ROWS: Final = 64


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


def contrastive_batch(labels: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Positions of at most `size` rows, (row,): all of them, or as many of each label as can be.

    Every label drawn brings at least two rows where it has them, so that each row has a partner.
    """
    if len(labels) <= size:
        return np.arange(len(labels))
    order = rng.permutation(len(labels))
    shuffled = labels[order]
    # The how-manieth row of its label each row is, in pairs: first two rows of each label, then two more.
    rank = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        rank[shuffled == label] = np.arange((labels == label).sum())
    turn = rng.permutation(int(labels.max()) + 1)  # which label comes first among equals
    chosen: NDArray[np.int64] = order[np.lexsort((rank, turn[shuffled], rank // 2))][:size]
    return chosen


def batch_rows(tasks: int) -> int:
    """The most rows that each of so many tasks brings to a step."""
    return max(2, BATCH_ROWS // tasks)


def temperature_of_loss(labels: int) -> float:
    """The temperature of the contrastive loss of a task with so many labels."""
    return TEMPERATURE_FEW_LABELS if labels <= FEW_LABELS else TEMPERATURE_MANY_LABELS


def contrastive_epochs(epochs: int) -> int:
    """Of a run's `epochs`, how many its contrastive stage takes; at least one."""
    return max(1, epochs // 2)


@torch.no_grad()
def set_to_label_means(head: Head, layer_embeddings: Tensor, labels: Tensor) -> None:
    """Sets the head, in place, to compare a text with the mean of each label (a nearest-centroid classifier).

    A logit is the cosine to the label's mean last-layer embedding / HEAD_TEMPERATURE; for a binary task, the
    difference of the two. `layer_embeddings` (row, layer, dim) and `labels` (row,) are the training rows';
    the scaling of the head's input is fitted to them anew. A label without rows gets a mean of zero.
    """
    one_hot = nn.functional.one_hot(labels, len(head.task.labels)).float()
    means = nn.functional.normalize(one_hot.T @ layer_embeddings[:, -1], dim=-1)
    weights = (means[1:] - means[:1] if head.task.binary else means) / HEAD_TEMPERATURE
    head.linear.weight.zero_()
    head.linear.bias.zero_()
    dimension = weights.shape[1]
    if head.head_input == "layers":
        head.mean.fill_(math.nan)
        head.fit_scaling(layer_embeddings)
        head.linear.bias.copy_(weights @ head.mean[-1])
        weights = weights * head.deviation[-1] * math.sqrt(dimension)
    head.linear.weight[:, -dimension:] = weights


class LabelNames:
    """The names of the labels of some tasks, as texts. A name without a letter ("0", "1") says nothing."""

    def __init__(self, encoder: Encoder, tasks: Sequence[Task], *, fast: bool) -> None:
        self._ids = {
            task.name: [id for id, label in enumerate(task.labels) if any(map(str.isalpha, label))]
            for task in tasks
        }
        texts = [task.labels[id].replace("_", " ") for task in tasks for id in self._ids[task.name]]
        # Every layer moves: nothing is kept.
        self._activations = Activations(encoder, encoder.tokenize(texts), 0, fast=fast, cache=False)

    def layer_embeddings(self, encoder: Encoder) -> dict[str, tuple[Tensor, Tensor]]:
        """For each task, (name, layer, dim) under `encoder`, and the names' label ids (name,)."""
        counts = [len(ids) for ids in self._ids.values()]
        every = torch.arange(sum(counts))
        found = (
            self._activations.layer_embeddings(encoder, every) if sum(counts) else self._activations.pooled
        )
        return {
            name: (embeddings, torch.tensor(ids, dtype=torch.int64))
            for (name, ids), embeddings in zip(self._ids.items(), torch.split(found, counts), strict=True)
        }


class ContrastiveFit(Fit):
    """Trains encoder blocks by comparing rows; after each epoch the heads are set to the label means.

    Several tasks learn at once: rows that one task pulls together another may push apart, and the loss is the
    sum over the tasks. An epoch is a part of STEPS, not a pass over the rows. The learning rate falls to zero
    in a line. No token dropout: leaving out 15% of the tokens costs 10 points on TREC with 8 rows a label.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        epochs = contrastive_epochs(self._config.epochs)
        self.steps = -(-STEPS // epochs)
        self._horizon = self.steps * epochs
        tasks = [task.task for task in self._data.tasks.values()]
        self._names = LabelNames(self.model.encoder, tasks, fast=self._activations.fast)
        self._set_heads()  # epoch 0

    def epoch(self, number: int, stage_epoch: int, into: dict[str, float]) -> Iterator[float]:
        """As `Fit.epoch`; `into` holds what the label means lose on the training rows, as in validation."""
        for step in range(self.steps):
            self._contrast(stage_epoch * self.steps + step)
            yield (step + 1) / self.steps
        self.averaged.load_state_dict(self.model.snapshot(self.stage.blocks), strict=False)
        into.update(self._set_heads())

    def _contrast(self, step: int) -> None:
        assert self.optimizer is not None
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * (1 - step / self._horizon)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._config.seed * 1_000_003 + step)
            loss = self._contrastive_loss(step)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the contrastive loss is no longer a number at step {step + 1}")
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._trained.parameters(), CLIP_NORM)
        self.optimizer.step()

    def _contrastive_loss(self, step: int) -> Tensor:
        rng = np.random.default_rng([self._config.seed, step])
        parts = [task.train for task in self._data.tasks.values()]
        batches = [contrastive_batch(part.labels, batch_rows(len(parts)), rng) for part in parts]
        rows = np.concatenate([part.rows[at] for part, at in zip(parts, batches, strict=True)])
        # A text that serves several tasks passes through the encoder once.
        texts, places = np.unique(rows, return_inverse=True)
        embeddings = self._activations.layer_embeddings(self.model.encoder, torch.from_numpy(texts))[:, -1]
        own = torch.split(embeddings[torch.from_numpy(places)], [len(at) for at in batches])
        names = self._names.layer_embeddings(self.model.encoder)
        losses = []
        for one, part, at, (name, task) in zip(own, parts, batches, self._data.tasks.items(), strict=True):
            named, ids = names[name]
            losses.append(
                supervised_contrastive_loss(
                    torch.cat([one, named[:, -1]]),
                    torch.cat([torch.from_numpy(part.labels[at]), ids]),
                    temperature_of_loss(len(task.task.labels)),
                )
            )
        return torch.stack(losses).sum()

    @torch.no_grad()
    def _set_heads(self) -> dict[str, float]:
        """The mean loss per task that the training rows have under the heads as they are then."""
        losses = {}
        names = self._names.layer_embeddings(self.averaged.encoder)
        for name, task in self._data.tasks.items():
            rows = task.train.rows
            embeddings = torch.empty(len(rows), *self._activations.pooled.shape[1:])
            for at in plan_batches([len(self._activations.tokens.ids[row]) for row in rows.tolist()]):
                texts = torch.from_numpy(rows[at])
                embeddings[at] = self._activations.layer_embeddings(self.averaged.encoder, texts)
            named, ids = names[name]
            labels = torch.cat([torch.from_numpy(task.train.labels), ids])
            head = self.averaged.head(name)
            set_to_label_means(head, torch.cat([embeddings, named]), labels)
            losses[name] = task_loss(task.task, head(embeddings), labels[: len(rows)]).item()
        return losses
