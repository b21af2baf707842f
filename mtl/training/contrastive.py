"""A supervised-contrastive warm start: the encoder learns to pull sentences of one label together.

Linear heads alone reach what the frozen embedding already separates. From few rows an encoder learns
more by comparing rows with each other, since n rows make n * (n - 1) pairs, than by fitting labels.
The idea is that of SetFit (Tunstall et al., 2022, arXiv 2209.11055); the loss is SupCon (Khosla et al.,
2020, arXiv 2004.11362), which compares every row of a batch with all others in one pass, where SetFit
passes each pair through the encoder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl.data.split import Part
from mtl.model.encoder import Encoder, Tokens, autocast


@dataclass(frozen=True, kw_only=True)
class ContrastiveSettings:
    """How the encoder is warmed up.

    `lr` is the first step's; it falls in a line to zero. `temperature` divides the cosines: the lower it is,
    the more the nearest rows of other labels count. `batch_rows` bounds the rows of a task in a step.
    """

    steps: int = 30
    lr: float = 1e-4
    temperature: float = 0.1
    batch_rows: int = 128
    weight_decay: float = 0.01
    clip_norm: float = 1.0


@dataclass(frozen=True, kw_only=True)
class ContrastiveStep:
    """A step is done: the fraction of all steps in (0, 1], and each task's loss in nats."""

    fraction: float
    losses: dict[str, float]


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


class ContrastiveFit:
    """Warms up a copy of an encoder; iterate it for its steps. The given encoder does not change.

    Several tasks learn at once: a pair that one task pulls together another may push apart, and the loss is
    the sum over tasks. Batches and dropout follow from (seed, step) alone.
    """

    def __init__(
        self,
        encoder: Encoder,
        tokens: Tokens,
        parts: Mapping[str, Part],
        *,
        seed: int,
        fast: bool = True,
        settings: ContrastiveSettings | None = None,
    ) -> None:
        self.blocks = tuple(range(1, encoder.num_layers + 1))
        self.encoder = encoder.fork(self.blocks)
        self.settings = settings or ContrastiveSettings()
        self._tokens = tokens
        self._parts = parts
        self._seed = seed
        self._fast = fast

    def __iter__(self) -> Iterator[ContrastiveStep]:
        """Raises FloatingPointError where a loss is no longer a number."""
        settings = self.settings
        self.encoder.layers.requires_grad_(True).train()
        parameters = list(self.encoder.layers.parameters())
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=settings.lr, fused=True)
        for step in range(settings.steps):
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * (1 - step / settings.steps)
            optimizer.zero_grad(set_to_none=True)
            losses = self._losses(step)
            torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, settings.clip_norm)
            optimizer.step()
            values = {name: loss.item() for name, loss in losses.items()}
            if not np.isfinite(list(values.values())).all():
                raise FloatingPointError(f"the contrastive loss is no longer a number at step {step + 1}")
            yield ContrastiveStep(fraction=(step + 1) / settings.steps, losses=values)
        self.encoder.requires_grad_(False).eval()

    def _losses(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self._seed, step])
        size = self.settings.batch_rows
        batch = {name: contrastive_batch(part.labels, size, rng) for name, part in self._parts.items()}
        rows = {name: self._parts[name].rows[at] for name, at in batch.items()}
        # A text that serves several tasks passes through the encoder once.
        texts, places = np.unique(np.concatenate(list(rows.values())), return_inverse=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed * 1_000_003 + step)
            embeddings = self._embeddings(texts)
        losses, start = {}, 0
        for name, at in batch.items():
            own = embeddings[torch.from_numpy(places[start : start + len(at)])]
            labels = torch.from_numpy(self._parts[name].labels[at])
            losses[name] = supervised_contrastive_loss(own, labels, self.settings.temperature)
            start += len(at)
        return losses

    def _embeddings(self, texts: NDArray[np.int64]) -> Tensor:
        encoder = self.encoder
        with autocast(self._fast):
            with torch.no_grad():  # word embeddings stay as they are
                hidden, layout = encoder.embed([self._tokens.ids[text] for text in texts.tolist()])
            state = encoder.run(hidden, layout, 0, encoder.num_layers)[-1]
        return encoder.pool(state, layout)
