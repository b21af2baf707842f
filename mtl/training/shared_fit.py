"""The optimisation of one stage, shared by several processes."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.data.split import Part, Split
from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import TrainConfig
from mtl.training.draws import WholeDraws
from mtl.training.freezing import Stage
from mtl.training.processes import Processes
from mtl.training.stage import Evaluation, Fit

Batch = Mapping[str, NDArray[np.int64]]


def check_shareable(stages: Sequence[Stage], processes: Processes) -> None:
    """Raises ValueError where several processes cannot share a stage."""
    if not processes.alone and any(stage.contrastive for stage in stages):
        raise ValueError(
            "warm-start, which auto chooses for few rows, compares them with each other, and that several "
            "processes cannot share: train in one process, or choose another strategy, such as --freeze heads"
        )


def check_same(model: MultiTaskModel, data: Split, config: TrainConfig, processes: Processes) -> None:
    """Raises ValueError where not all processes were given the same. A collective call."""
    if processes.alone:
        return
    told = hashlib.sha256(json.dumps([data.texts, model.encoder.fingerprint, config.to_dict()]).encode())
    for name, task in data.tasks.items():
        told.update(json.dumps([name, task.task.labels]).encode())
        for part in (task.train, task.validation):
            told.update(part.rows.tobytes())
            told.update(part.labels.tobytes())
    for tensor in model.heads.state_dict().values():
        told.update(tensor.numpy().tobytes())
    processes.check_same(told.digest())


def shared_note(processes: Processes) -> tuple[str, ...]:
    """A sentence where several processes share the run."""
    return () if processes.alone else (f"{processes.count} processes share the rows",)


class SharedFit(Fit):
    """As Fit, where each process computes only with the texts that it owns.

    All draw the same batches. A process computes its rows' share of the loss: their sum divided by what the
    whole batch weighs; the sum of the gradients over the processes is that of one process. So the
    number of processes changes no number, but for rounding. `lengths`: tokens of each text of all;
    `activations` are those of the own texts.
    """

    def __init__(self, processes: Processes, lengths: Sequence[int], *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._processes = processes
        self._lengths = lengths

    def epoch(self, number: int, stage_epoch: int, into: dict[str, float]) -> Iterator[float]:
        """As `Fit.epoch`. All begin with the first process's weights: other processors round differently."""
        parameters = list(self._trained.parameters())
        with torch.no_grad():
            for own, first in zip(parameters, self._processes.of_first(parameters), strict=True):
                own.copy_(first)
        yield from super().epoch(number, stage_epoch, into)

    def _backward(self, batch: Batch) -> dict[str, float]:
        parts = {name: self._data.tasks[name].train for name in batch}
        here = {name: self._processes.owns(parts[name].rows[at]) for name, at in batch.items()}
        own = {name: at[here[name]] for name, at in batch.items() if here[name].any()}
        losses = torch.zeros(len(batch))
        if own:
            features = self._features(batch, own, np.concatenate(list(here.values())))
            mean = self._losses(features, own)
            shares = {name: mean[name] * self._share(name, own[name], batch[name]) for name in own}
            torch.stack(list(shares.values())).sum().backward()  # type: ignore[no-untyped-call]
            losses = torch.tensor([shares[name].item() if name in shares else 0.0 for name in batch])
        parameters = list(self._trained.parameters())
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        losses, *sums = self._processes.summed([losses, *gradients])
        for parameter, gradient in zip(parameters, sums, strict=True):
            parameter.grad = gradient
        return dict(zip(batch, losses.tolist(), strict=True))

    def _features(self, batch: Batch, own: Batch, here: NDArray[np.bool_]) -> Tensor:
        """Layer embeddings of the own rows of a batch, (row, layer, dim)."""
        every, rows = (
            np.concatenate([self._data.tasks[name].train.rows[at] for name, at in some.items()])
            for some in (batch, own)
        )
        draws = WholeDraws([self._lengths[row] for row in every], here)
        with draws:
            return self._activations.layer_embeddings(
                self.model.encoder,
                torch.from_numpy(rows // self._processes.count),
                self._config.token_dropout,
                drop=draws.drop_tokens,
            )

    def _share(self, name: str, own: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
        """What the own rows of a task weigh in the mean loss of its whole batch, in [0, 1]."""
        weights = self._class_weights.get(name)
        if weights is None:
            return len(own) / len(whole)
        labels = self._data.tasks[name].train.labels
        return (weights[labels[own]].sum() / weights[labels[whole]].sum()).item()

    def evaluate(self, *, validation: bool = True) -> Evaluation:
        """As `Fit.evaluate`. What decides how the run goes on is the first process's, to the last bit."""
        own = super().evaluate(validation=validation)
        numbers = [*own.losses.values(), *(scores.macro_f1 for scores in own.scores.values())]
        (first,) = self._processes.of_first([torch.tensor(numbers, dtype=torch.float64)])
        losses, macro_f1s = first.view(2, -1).tolist()
        return replace(
            own,
            losses=dict(zip(own.losses, losses, strict=True)),
            scores={
                name: replace(scores, macro_f1=macro_f1)
                for (name, scores), macro_f1 in zip(own.scores.items(), macro_f1s, strict=True)
            },
        )

    def _logits(self, head: Head, part: Part) -> Tensor:
        own = self._processes.owns(part.rows)
        logits = torch.zeros(len(part), head.task.outputs)
        places = part.rows[own] // self._processes.count
        logits[torch.from_numpy(own)] = super()._logits(head, Part(rows=places, labels=part.labels[own]))
        return self._processes.summed([logits])[0]
