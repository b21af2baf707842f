"""What a freeze strategy means: its stages, their learning rates, and what is frozen in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import nn

from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import FreezeStrategy, TrainConfig

# From this many training rows on, slower heads and faster encoder layers do a little better
# (SST-2, 6,920 rows).
MANY_ROWS: Final = 5000
LOWER_LAYERS_DECAY: Final = 1 / 1.5
WARMUP: Final = 0.1
CONTRASTIVE_LR: Final = 1e-4


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stretch of training with one set of trainable encoder blocks (0 = word embeddings).

    `moved`: blocks that do not train now but did in an earlier stage, so that they belong to the run.
    `contrastive`: rows are compared with each other, and the heads are read off the label means.
    """

    name: str
    blocks: tuple[int, ...] = ()
    heads: bool = True
    moved: tuple[int, ...] = ()
    contrastive: bool = False

    @property
    def trains(self) -> bool:
        """Whether anything trains."""
        return self.heads or bool(self.blocks)

    @property
    def owned(self) -> tuple[int, ...]:
        """The blocks in which a model of this stage may differ from the one that the run began with."""
        return tuple(sorted({*self.moved, *self.blocks}))

    def entry(self, num_layers: int) -> int:
        """Height at which training enters the stack: the highest layer that nothing below moves.

        `num_layers` where only heads train; -1 (the token ids) where the word embeddings train.
        """
        return min(self.blocks) - 1 if self.blocks else num_layers


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Peak learning rates of a stage; each encoder block below the top one gets `decay` times the next."""

    head: float
    encoder: float
    decay: float


HEADS: Final = Stage(name="heads")


def stages(strategy: FreezeStrategy, num_layers: int) -> tuple[Stage, ...]:
    """The stages of a strategy on an encoder with this many layers; of AUTO, once it is settled."""
    if strategy is FreezeStrategy.AUTO:
        raise ValueError("freeze is auto: what that means depends on the number of rows")
    if strategy is FreezeStrategy.FROZEN:
        return (Stage(name="frozen", heads=False),)
    if strategy is FreezeStrategy.HEADS:
        return (HEADS,)
    if strategy is FreezeStrategy.FULL:
        return (Stage(name="full", blocks=tuple(range(num_layers + 1))),)
    if strategy is FreezeStrategy.GRADUAL:
        return (HEADS, *(_last(min(k, num_layers), num_layers) for k in (2, 4)))
    if strategy is FreezeStrategy.WARM_START:
        every = tuple(range(1, num_layers + 1))
        contrastive = Stage(name="contrastive", blocks=every, heads=False, contrastive=True)
        return (contrastive, Stage(name="heads", moved=every))
    assert strategy.last is not None
    return (_last(strategy.last, num_layers),)


def _last(k: int, num_layers: int) -> Stage:
    if k > num_layers:
        raise ValueError(f"freeze is 'last-{k}' but this encoder has {num_layers} layers: use full")
    return Stage(name=f"last-{k}", blocks=tuple(range(num_layers - k + 1, num_layers + 1)))


def planned(config: TrainConfig, num_layers: int) -> tuple[Stage, ...]:
    """The stages of a run: those of its strategy, or the first ones where there is no epoch for each."""
    return stages(config.freeze, num_layers)[: config.epochs]


def share(epochs: int, stages_left: int) -> int:
    """How many of the `epochs` that are left the first of the stages that are left may take."""
    return epochs // stages_left


def shares(plan: Sequence[Stage], epochs: int) -> tuple[int, ...]:
    """How many epochs each stage of a plan may take if none ends before; 0 where nothing trains."""
    found, left = [], epochs
    for number, stage in enumerate(plan):
        own = share(left, len(plan) - number) if stage.trains else 0
        found.append(own)
        left -= own
    return tuple(found)


def rates(config: TrainConfig, stage: Stage, index: int, rows: int) -> Rates:
    """Learning rates of stage number `index` for `rows` training rows of the largest task.

    What the user left open: heads 1e-2 (3e-3 from MANY_ROWS), 3e-4 beside a moving encoder;
    encoder 3e-4 (5e-4 from MANY_ROWS). Every later stage of gradual unfreezing halves the encoder's.
    These encoder rates are high for fine-tuning. With averaged weights and token dropout they work, and
    within 3 epochs lower rates reach lower accuracy (SST-2). A contrastive stage moves all layers at one
    rate, 1e-4: at 2e-4 TREC with 8 rows a label loses 3 points, at 5e-5 nothing is gained.
    """
    many = rows >= MANY_ROWS
    head, encoder = config.head_lr, config.encoder_lr
    if stage.contrastive:
        return Rates(head=0.0, encoder=CONTRASTIVE_LR if encoder is None else encoder, decay=1.0)
    if head is None:
        head = 3e-4 if stage.blocks else 3e-3 if many else 1e-2
    if encoder is None:
        encoder = 5e-4 if many else 3e-4
    later = max(0, index - 1)
    return Rates(head=head, encoder=encoder * 0.5**later, decay=LOWER_LAYERS_DECAY)


def trainable(model: MultiTaskModel, stage: Stage) -> nn.ModuleList:
    """The modules that the stage trains: encoder blocks from the bottom, then the heads' linear maps."""
    blocks = model.encoder.blocks()
    heads = [head.linear for head in model.heads] if stage.heads else []
    return nn.ModuleList([*(blocks[index] for index in stage.blocks), *heads])


def freeze(
    model: MultiTaskModel, stage: Stage, stage_rates: Rates, weight_decay: float
) -> list[dict[str, Any]]:
    """Freezes all but what the stage trains, and returns the optimiser's parameter groups.

    Freezing is three facts, set here and nowhere else: what is frozen has its gradients off, is in eval
    mode (no dropout), and is in no group. `peak` is a group's learning rate before the schedule, `warm`
    whether it warms up. Weight decay acts on matrices only.
    """
    model.requires_grad_(False).eval()
    groups = []
    if stage.heads:
        for head in model.head_list():
            groups += _groups(head.linear, stage_rates.head, weight_decay, warm=False)
    blocks = model.encoder.blocks()
    for depth, index in enumerate(sorted(stage.blocks, reverse=True)):
        rate = stage_rates.encoder * stage_rates.decay**depth
        groups += _groups(blocks[index], rate, weight_decay, warm=True)
        blocks[index].train()
    return groups


def _groups(module: nn.Module, rate: float, weight_decay: float, *, warm: bool) -> list[dict[str, Any]]:
    module.requires_grad_(True)
    matrices = [p for p in module.parameters() if p.ndim > 1]
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    shared = {"lr": rate, "peak": rate, "warm": warm}
    return [
        {"params": matrices, "weight_decay": weight_decay, **shared},
        {"params": vectors, "weight_decay": 0.0, **shared},
    ]
