"""How long a run will take here, from a short measurement: a few real steps on made-up token ids."""

import dataclasses
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from mtl.data.split import Part, Split, TaskSplit
from mtl.model.encoder import Encoder, Tokens
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.tasks import INTENT_TASK, SENTIMENT_TASK
from mtl.training.batches import steps_per_epoch
from mtl.training.cache import Activations
from mtl.training.freezing import HEADS, Stage, rates, stages
from mtl.training.stage import Fit

_TEXTS: Final = 64
_LENGTH: Final = 14
_BATCH: Final = 16
_REPEATS: Final = 4
# Against the time of one forward pass over the rows: fitting the baselines of the verdict, and judging.
_JUDGING: Final = 0.6
# Word embeddings that move cost their optimiser about what two layers cost.
_WORDS_AS_LAYERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Seconds that this machine takes per token and layer, to compute and to train, and per step of heads."""

    forward_s: float
    train_s: float
    heads_s: float

    def save(self, file: Path) -> None:
        """Writes it as JSON, whole or not at all."""
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(dataclasses.asdict(self)), "utf-8")
        os.replace(partial, file)

    @classmethod
    def load(cls, file: Path) -> "Throughput | None":
        """The inverse of `save`; None where there is none that this program wrote."""
        try:
            return cls(**json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None


@dataclass(frozen=True, kw_only=True)
class Size:
    """A task's rows on both sides of the split, stripped copies among them; tokens in a row, on average."""

    train: int
    validation: int
    tokens: float

    @property
    def all_tokens(self) -> float:
        return (self.train + self.validation) * self.tokens


def measure(encoder: Encoder) -> Throughput:
    """How fast this machine is with this encoder. Takes about a second; the encoder stays as it is."""
    ids = np.random.default_rng(0).integers(1000, 2000, (_TEXTS, _LENGTH))
    tokens = Tokens(tuple(tuple(row) for row in ids.tolist()), (False,) * _TEXTS)
    top = min(2, encoder.num_layers)
    last = stages(FreezeStrategy(f"last-{top}"), encoder.num_layers)[0]
    forward, heads = _time(encoder, tokens, HEADS)
    _, train = _time(encoder, tokens, last)
    return Throughput(
        forward_s=forward / (_TEXTS * _LENGTH * encoder.num_layers),
        train_s=max(0.0, train - heads) / (2 * _BATCH * _LENGTH * top),
        heads_s=heads,
    )


def _time(encoder: Encoder, tokens: Tokens, stage: Stage) -> tuple[float, float]:
    """Seconds to encode the texts, and of a training step of a batch per task."""
    tasks, every = (SENTIMENT_TASK, INTENT_TASK), np.arange(len(tokens.ids))
    parts = {task.name: Part(rows=every, labels=every % len(task.labels)) for task in tasks}
    data = Split(
        texts=tuple(map(str, every)),
        tasks={t.name: TaskSplit(task=t, train=parts[t.name], validation=parts[t.name]) for t in tasks},
    )
    config = TrainConfig(batch_size=_BATCH)
    model = MultiTaskModel.fresh(encoder, tasks, config.head_input, config.seed).fork(stage.blocks)
    activations = Activations(encoder, tokens, stage.entry(encoder.num_layers), fast=True)
    encoding = _best(lambda: list(activations.fill()))
    for head in model.head_list():
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
    return encoding, _best(lambda: list(fit.epoch(1, 0, {}))) / fit.steps


def estimate(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, num_layers: int
) -> float:
    """Seconds a run will take, about; of gradual unfreezing it is not known when its stages begin: thirds."""
    rows = {name: size.train for name, size in sizes.items()}
    steps = steps_per_epoch(rows, config.batch_size)
    tokens = sum(size.all_tokens for size in sizes.values())
    step_tokens = sum(min(config.batch_size, size.train) * size.tokens for size in sizes.values())
    validation = sum(size.validation * size.tokens for size in sizes.values())
    encoding = throughput.forward_s * tokens * num_layers
    seconds = encoding * _JUDGING
    plan = stages(config.freeze, num_layers)
    for stage in plan:
        depth = _depth(stage)
        epoch = steps * (throughput.heads_s + throughput.train_s * step_tokens * depth)
        epoch += throughput.forward_s * validation * depth
        seconds += encoding + (epoch * config.epochs / len(plan) if stage.heads else 0.0)
    return seconds


def estimates(
    throughput: Throughput, sizes: Mapping[str, Size], config: TrainConfig, num_layers: int
) -> dict[FreezeStrategy, float]:
    """Seconds for each strategy with otherwise these settings."""
    return {
        strategy: estimate(throughput, sizes, dataclasses.replace(config, freeze=strategy), num_layers)
        for strategy in FreezeStrategy
        if (strategy.last or 0) <= num_layers
    }


def _depth(stage: Stage) -> int:
    return len(stage.blocks) + (_WORDS_AS_LAYERS if 0 in stage.blocks else 0)


def _best(work: Callable[[], object]) -> float:
    """The least of some times: what else the machine did only ever adds."""
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
