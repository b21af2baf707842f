"""How long a run will take on this machine, estimated from a few real steps on made-up token ids."""

import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from mtl.data.split import Part, Split, TaskSplit
from mtl.model.encoder import Encoder, Tokens
from mtl.model.multitask import MultiTaskModel
from mtl.model.whole import write_whole
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.tasks import Task
from mtl.training.all_rows import ends_with_all_rows
from mtl.training.auto import settled
from mtl.training.batches import steps_per_epoch
from mtl.training.cache import Activations
from mtl.training.contrastive import STEPS, batch_rows, contrastive_epochs
from mtl.training.freezing import HEADS, Stage, planned, rates, shares, stages
from mtl.training.stage import Fit

_TEXTS: Final = 64
_LENGTH: Final = 14
_BATCH: Final = 16
_REPEATS: Final = 4
_FEW_HEADS: Final = 2
_MANY_HEADS: Final = 8
# The report fits two logistic regressions for each task: one on the heads' input and, of a third of its
# cost, one on words. Over all penalties, each takes the time of about so many passes over the rows.
_REGRESSION_PASSES: Final = 350
_BOTH_REGRESSIONS: Final = 4 / 3
_REGRESSION_ROWS: Final = 1024
# Of an embedding, about: the exact one hardly matters here.
_WIDTH: Final = 384
# Word embeddings that move cost their optimiser about what two layers cost.
_WORDS_AS_LAYERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """How fast this machine encodes and trains, in seconds.

    `forward_s` and `train_s`: per token and layer, to compute it and to train it. `step_s`: for a training
    step of heads alone, whatever their number; `head_s`: in addition for each head. They depend on the
    encoder, the machine and its number of cores, and on what else it does. The number of a head's labels
    and the length of the texts hardly matter to them. `regression_s`: for a pass of a logistic regression
    over a row, per feature and output.
    """

    forward_s: float
    train_s: float
    step_s: float
    head_s: float
    regression_s: float

    def steps_s(self, heads: int) -> float:
        """Seconds for a training step of so many heads alone."""
        return self.step_s + self.head_s * heads

    def save(self, file: Path) -> None:
        """Writes it as JSON, whole or not at all."""
        write_whole(file, json.dumps(dataclasses.asdict(self)))

    @classmethod
    def load(cls, file: Path) -> "Throughput | None":
        """The inverse of `save`; None where there is none that this program wrote."""
        try:
            return cls(**json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None


@dataclass(frozen=True, kw_only=True)
class Size:
    """A task's rows on both sides of the split, augmentation included; `tokens`: the mean of a row.
    `outputs`: of its head."""

    train: int
    validation: int
    tokens: float
    outputs: int = 1

    @property
    def all_tokens(self) -> float:
        return (self.train + self.validation) * self.tokens


def settled_for(config: TrainConfig, sizes: Mapping[str, Size]) -> TrainConfig:
    """The settings with the strategy that tasks of these sizes lead to, where it is left open."""
    every = sizes.values()
    return settled(config, max(size.train for size in every), max(size.outputs for size in every))


def measure(encoder: Encoder) -> Throughput:
    """How fast this machine is with this encoder. Takes about a second; the encoder stays as it is."""
    ids = np.random.default_rng(0).integers(1000, 2000, (_TEXTS, _LENGTH))
    tokens = Tokens(tuple(tuple(row) for row in ids.tolist()), (False,) * _TEXTS)
    below_heads = Activations(encoder, tokens, encoder.num_layers, fast=True)
    forward = _least(lambda: list(below_heads.fill()))
    few, many = (_step(encoder, below_heads, HEADS, heads) for heads in (_FEW_HEADS, _MANY_HEADS))
    top = min(2, encoder.num_layers)
    last = stages(FreezeStrategy(f"last-{top}"), encoder.num_layers)[0]
    below_last = Activations(encoder, tokens, last.entry(encoder.num_layers), fast=True)
    list(below_last.fill())
    train = _step(encoder, below_last, last, _FEW_HEADS)
    head = max(0.0, many - few) / (_MANY_HEADS - _FEW_HEADS)
    return Throughput(
        forward_s=forward / (_TEXTS * _LENGTH * encoder.num_layers),
        train_s=max(0.0, train - few) / (_FEW_HEADS * _BATCH * _LENGTH * top),
        step_s=max(0.0, few - head * _FEW_HEADS),
        head_s=head,
        regression_s=_regression_s(),
    )


def _regression_s() -> float:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(_REGRESSION_ROWS, _REGRESSION_ROWS)).astype(np.float32)
    weights = draw.normal(size=_REGRESSION_ROWS).astype(np.float32)
    with threadpool_limits(1):
        seconds = _least(lambda: features.T @ (features @ weights))
    return seconds / features.size


def _step(encoder: Encoder, activations: Activations, stage: Stage, heads: int) -> float:
    """Seconds of a training step that holds a batch for each of so many heads."""
    every = np.arange(len(activations.tokens.ids))
    tasks = [Task(f"task {number}", ("a", "b")) for number in range(heads)]
    part = Part(rows=every, labels=every % 2)
    data = Split(
        texts=tuple(map(str, every)),
        tasks={task.name: TaskSplit(task=task, train=part, validation=part) for task in tasks},
    )
    config = TrainConfig(batch_size=_BATCH)
    model = MultiTaskModel.fresh(encoder, tasks, config.head_input, config.seed).fork(stage.blocks)
    for head in model.heads:
        head.fit_scaling(activations.pooled)
    fit = Fit(
        model,
        data,
        activations,
        stage=stage,
        rates=rates(config, stage, 0, len(every)),
        config=config,
        epochs=_REPEATS,
        class_weights={},
    )
    return _least(lambda: list(fit.epoch(1, 0, {}))) / fit.steps


def estimate(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, num_layers: int
) -> float:
    """Seconds that a run will take, about, for tasks of these sizes. No stage is taken to end early."""
    config = settled_for(config, sizes)
    rows = {name: size.train for name, size in sizes.items()}
    steps = steps_per_epoch(rows, config.batch_size)
    tokens = sum(size.all_tokens for size in sizes.values())
    step_tokens = sum(min(config.batch_size, size.train) * size.tokens for size in sizes.values())
    validation = sum(size.validation * size.tokens for size in sizes.values())
    encoding = throughput.forward_s * tokens * num_layers
    seconds = report = _report_s(throughput, sizes, config, num_layers)
    plan = planned(config, num_layers)
    for stage, epochs in zip(plan, shares(plan, config.epochs), strict=True):
        if stage.contrastive:
            seconds += encoding + _contrastive_s(throughput, sizes, config.epochs, num_layers)
            continue
        depth = _depth(stage)
        epoch = steps * (throughput.steps_s(len(sizes)) + throughput.train_s * step_tokens * depth)
        epoch += throughput.forward_s * validation * depth
        seconds += encoding + epoch * epochs
    # What trains a second time has about as much to do again, the report apart.
    return seconds + (seconds - report if ends_with_all_rows(config) else 0.0)


def _report_s(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, num_layers: int
) -> float:
    """Seconds for the report. Rows of which the embeddings are known are not encoded again."""
    moved = any(stage.blocks for stage in planned(config, num_layers))
    seconds = 0.0
    for size in sizes.values():
        features = _WIDTH * (num_layers + 1 if config.head_input == "layers" else 1)
        passes = _REGRESSION_PASSES * _BOTH_REGRESSIONS * size.outputs
        seconds += throughput.regression_s * passes * size.train * min(features, size.train)
        seconds += throughput.forward_s * size.validation * size.tokens * num_layers * moved
    return seconds


def _contrastive_s(throughput: Throughput, sizes: Mapping[str, Size], epochs: int, num_layers: int) -> float:
    # All rows of a task stand in one batch, up to a bound; after each epoch all rows are encoded once.
    step_tokens = sum(min(batch_rows(len(sizes)), size.train) * size.tokens for size in sizes.values())
    tokens = sum(size.all_tokens for size in sizes.values())
    evaluation = contrastive_epochs(epochs) * throughput.forward_s * tokens * num_layers
    return STEPS * throughput.train_s * step_tokens * num_layers + evaluation


def estimates(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, num_layers: int
) -> dict[FreezeStrategy, float]:
    """As `estimate`, for each freeze strategy with otherwise these settings."""
    return {
        strategy: estimate(throughput, sizes, dataclasses.replace(config, freeze=strategy), num_layers)
        for strategy in FreezeStrategy
        if (strategy.last or 0) <= num_layers
    }


def _depth(stage: Stage) -> int:
    return len(stage.blocks) + (_WORDS_AS_LAYERS if 0 in stage.blocks else 0)


def _least(work: Callable[[], object]) -> float:
    """The shortest of some times: other work on the machine can only make it longer."""
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
