"""The optimisation of one stage: steps, schedule, losses, evaluation."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from mtl.data.split import Part, Split
from mtl.evaluation.metrics import score
from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel
from mtl.model.packing import plan_batches
from mtl.schema.config import TrainConfig
from mtl.schema.results import TaskScores
from mtl.training.batches import paired_batches, steps_per_epoch
from mtl.training.cache import Activations
from mtl.training.calibration import temperature_of
from mtl.training.freezing import WARMUP, Rates, Stage, freeze, trainable
from mtl.training.losses import losses_with_sum, task_loss

CLIP_NORM: Final = 1.0
# An average over about the last hundred steps.
AVERAGE_MEMORY: Final = 0.99
_Tensors = tuple[Tensor, ...] | list[Tensor]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Mean loss in nats, scores and logits (row, outputs) per task on one side of the split."""

    losses: dict[str, float]
    scores: dict[str, TaskScores]
    logits: dict[str, Tensor]

    @property
    def selection(self) -> float:
        """Losses averaged over tasks by their rows: a small, cycled set does not decide alone."""
        rows = {name: scores.rows for name, scores in self.scores.items()}
        return sum(self.losses[name] * n for name, n in rows.items()) / sum(rows.values())

    def flat(self) -> dict[str, float]:
        """The numbers as an EpochEnd carries them."""
        numbers = losses_with_sum(self.losses)
        for name, scores in self.scores.items():
            numbers[f"{name}_accuracy"] = scores.accuracy
            numbers[f"{name}_macro_f1"] = scores.macro_f1
        return numbers


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    # A step of linear heads is too small to share: on a busy machine threads wait for each other
    # for ten times as long as one needs alone.
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _averaging(trained: nn.Module, into: nn.Module) -> AveragedModel:
    """A running average of the weights of `trained`, kept in `into`, a module of the same shape."""
    average = AveragedModel(trained, multi_avg_fn=_average)
    average.module = into
    return average


@torch.no_grad()
def _average(averages: _Tensors, weights: _Tensors, count: Tensor | int) -> None:
    # A short memory at first, so that the start does not linger where steps are few.
    memory = min(AVERAGE_MEMORY, int(count) / (9 + int(count)))
    torch._foreach_lerp_(averages, weights, 1 - memory)


class Fit:
    """Trains one stage of a model in place, epoch by epoch.

    The order of rows, dropout and the learning rate follow from (seed, epoch, step) alone, so
    neither a pause nor anything that ran before changes a number.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        data: Split,
        activations: Activations,
        *,
        stage: Stage,
        rates: Rates,
        config: TrainConfig,
        epochs: int,
        class_weights: Mapping[str, Tensor],
    ) -> None:
        self.model = model
        self.stage = stage
        self.rates = rates
        self._data = data
        self._activations = activations
        self._config = config
        self._class_weights = class_weights
        self._sizes = {name: len(task.train) for name, task in data.tasks.items()}
        self.steps = steps_per_epoch(self._sizes, config.batch_size)
        self._horizon = max(1, epochs * self.steps)
        groups = freeze(model, stage, rates, config.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, fused=True) if groups else None
        self._trained = trainable(model, stage)
        self.parameters = sum(p.numel() for p in self._trained.parameters())
        # Where layers move, the model that counts is a running average of the weights: it is better
        # than any single step's, and steadier from epoch to epoch.
        self.averaged = model.fork(stage.blocks) if stage.blocks else model
        self._average = _averaging(self._trained, trainable(self.averaged, stage)) if stage.blocks else None

    def epoch(self, number: int, stage_epoch: int, into: dict[str, float]) -> Iterator[float]:
        """One pass over the longest set; `stage_epoch` counts from 0 within the stage.

        Yields the fraction done after each step; when it is over, `into` holds the mean training
        loss per task. Raises FloatingPointError where a loss is no longer a number.
        """
        totals = dict.fromkeys(self._data.tasks, 0.0)
        batches = paired_batches(self._sizes, self._config.batch_size, seed=self._config.seed, epoch=number)
        for step, batch in enumerate(batches):
            with _threads(None if self.stage.blocks else 1):
                losses = self._step(batch, stage_epoch * self.steps + step)
            for name, loss in losses.items():
                totals[name] += loss
            if not math.isfinite(sum(totals.values())):
                raise FloatingPointError(f"the loss is no longer a number at step {step + 1}")
            yield (step + 1) / self.steps
        into.update({name: total / self.steps for name, total in totals.items()})

    def _step(self, batch: Mapping[str, NDArray[np.int64]], step: int) -> dict[str, float]:
        assert self.optimizer is not None
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self._factor(step, warm=group["warm"])
        self.optimizer.zero_grad(set_to_none=True)
        with torch.random.fork_rng(devices=[], enabled=bool(self.stage.blocks)):
            if self.stage.blocks:
                torch.manual_seed(self._config.seed * 1_000_003 + step)
            losses = self._backward(batch)
        torch.nn.utils.clip_grad_norm_(self._trained.parameters(), CLIP_NORM)
        self.optimizer.step()
        if self._average is not None:
            # From the step alone, so that a resumed run needs no counter of its own. The weights before
            # the first step count as one.
            self._average.n_averaged.fill_(step + 1)
            self._average.update_parameters(self._trained)
        return losses

    def _backward(self, batch: Mapping[str, NDArray[np.int64]]) -> dict[str, float]:
        """Computes the gradients of the combined loss of a batch; the loss of each task."""
        parts = {name: self._data.tasks[name].train for name in batch}
        rows = torch.from_numpy(np.concatenate([parts[n].rows[at] for n, at in batch.items()]))
        features = self._activations.layer_embeddings(self.model.encoder, rows, self._config.token_dropout)
        losses = self._losses(features, batch)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        return {name: loss.item() for name, loss in losses.items()}

    def _losses(self, features: Tensor, batch: Mapping[str, NDArray[np.int64]]) -> dict[str, Tensor]:
        losses = {}
        for name, part in zip(batch, torch.split(features, [len(at) for at in batch.values()]), strict=True):
            labels = torch.from_numpy(self._data.tasks[name].train.labels[batch[name]])
            head = self.model.head(name)
            losses[name] = task_loss(head.task, head(part), labels, self._class_weights.get(name))
        return losses

    def _factor(self, step: int, *, warm: bool) -> float:
        done = min(1.0, step / self._horizon)
        if warm and done < WARMUP:
            return (step + 1) / (WARMUP * self._horizon + 1)
        if self._config.schedule == "constant":
            return 1.0
        start = WARMUP if warm else 0.0
        return 0.5 * (1 + math.cos(math.pi * (done - start) / (1 - start)))

    @torch.no_grad()
    def evaluate(self, *, validation: bool = True) -> Evaluation:
        """Unweighted losses and scores on the validation rows, or on the training rows."""
        losses: dict[str, float] = {}
        scores: dict[str, TaskScores] = {}
        logits: dict[str, Tensor] = {}
        for name, task in self._data.tasks.items():
            part = task.validation if validation else task.train
            head = self.averaged.head(name)
            logits[name] = self._logits(head, part)
            losses[name] = task_loss(task.task, logits[name], torch.from_numpy(part.labels)).item()
            scores[name] = score(task.task, part.labels, head.probabilities(logits[name]).numpy())
        return Evaluation(losses=losses, scores=scores, logits=logits)

    def calibrate(self, validation: Evaluation) -> Evaluation:
        """Sets the heads' temperatures by the validation rows; the same evaluation with calibrated scores."""
        scores = {}
        for name, logits in validation.logits.items():
            task, head = self._data.tasks[name], self.averaged.head(name)
            labels = torch.from_numpy(task.validation.labels)
            head.temperature.fill_(temperature_of(task.task, logits, labels))
            scores[name] = score(task.task, task.validation.labels, head.probabilities(logits).numpy())
        return replace(validation, scores=scores)

    def _logits(self, head: Head, part: Part) -> Tensor:
        logits = torch.empty(len(part), head.task.outputs)
        lengths = [len(self._activations.tokens.ids[row]) for row in part.rows.tolist()]
        for at in plan_batches(lengths):
            rows = torch.from_numpy(part.rows[at])
            logits[at] = head(self._activations.layer_embeddings(self.averaged.encoder, rows))
        return logits
