"""What is known of a run, and of each of its stages, before it begins."""

import math
from collections.abc import Collection, Iterator, Sequence

from mtl.data.split import Split
from mtl.model.encoder import Tokens
from mtl.model.multitask import MultiTaskModel
from mtl.schema.config import TrainConfig
from mtl.schema.events import RunStarted, StageStarted
from mtl.training.batches import steps_per_epoch
from mtl.training.freezing import HEADS, Stage, planned, rates, shares, stages, trainable


def run_started(
    model: MultiTaskModel,
    data: Split,
    config: TrainConfig,
    tokens: Tokens,
    weighted: Collection[str],
    decided: Sequence[str] = (),
) -> RunStarted:
    """The first event. `weighted`: names of the tasks whose classes have weights. `decided`: sentences on
    what was decided from the number of rows."""
    sizes = {name: len(task.train) for name, task in data.tasks.items()}
    steps = steps_per_epoch(sizes, config.batch_size)
    return RunStarted(
        config=config.to_dict(),
        rows={
            name: {"train": len(task.train) - task.copies, "validation": len(task.validation)}
            for name, task in data.tasks.items()
        },
        labels={name: task.task.labels for name, task in data.tasks.items()},
        parameters=sum(p.numel() for p in model.parameters()),
        batches_per_epoch=steps,
        notes=(
            *decided,
            *(
                f"{name}: rare labels weigh more (square root of inverse frequency), "
                "because the counts per label differ a lot or the settings say so"
                for name in weighted
            ),
            *_copies(data),
            *_truncation(model, tokens),
            *left_out(config, model.encoder.num_layers),
            *_flat_lines(model, config, steps),
            *_cycling(sizes),
        ),
    )


def plan_of(model: MultiTaskModel, config: TrainConfig, rows: int) -> tuple[StageStarted, ...]:
    """All stages of a run whose largest task has `rows` training rows, with each one's share of the epochs.

    `config` names its strategy: AUTO is settled before. Raises ValueError for a strategy that the encoder
    has too few layers for.
    """
    plan = planned(config, model.encoder.num_layers)
    return tuple(
        stage_started(model, plan, index, config=config, epochs=epochs, rows=rows, cache=True, reason="")
        for index, epochs in enumerate(shares(plan, config.epochs))
    )


def left_out(config: TrainConfig, num_layers: int) -> tuple[str, ...]:
    """A sentence where a run has fewer epochs than its strategy has stages."""
    every, plan = stages(config.freeze, num_layers), planned(config, num_layers)
    if len(every) == len(plan):
        return ()
    names = " and ".join(stage.name for stage in every[len(plan) :])
    epochs = "1 epoch is" if config.epochs == 1 else f"{config.epochs} epochs are"
    return (
        f"{config.freeze} has {len(every)} stages, but {epochs} enough for {len(plan)} only: "
        f"{names} {'is' if len(every) - len(plan) == 1 else 'are'} left out. "
        f"Give it {len(every)} epochs or more",
    )


def stage_started(
    model: MultiTaskModel,
    plan: Sequence[Stage],
    index: int,
    *,
    config: TrainConfig,
    epochs: int,
    rows: int,
    cache: bool,
    reason: str,
) -> StageStarted:
    """The event of stage number `index` of a plan, which may take so many epochs; `reason`: why the stage
    before it ended."""
    stage = plan[index]
    peak = rates(config, stage, index, rows)
    if stage.contrastive:
        reason = f"{rows:,} rows: the encoder first learns to pull sentences of one label together"
    elif stage.moved:
        reason = reason and f"{reason}: now the heads are fitted"
    elif index > 0:
        new = sorted(set(stage.blocks) - set(plan[index - 1].blocks))
        reason = f"{reason}: unfreezing layers {' and '.join(map(str, new))}"
    return StageStarted(
        index=index,
        name=stage.name,
        layers=stage.blocks,
        heads=stage.heads,
        parameters=sum(p.numel() for p in trainable(model, stage).parameters()),
        head_lr=peak.head if stage.heads else 0.0,
        encoder_lr=peak.encoder if stage.blocks else 0.0,
        cached_layers=max(0, stage.entry(model.encoder.num_layers)) if cache else 0,
        reason=reason or "the run begins",
        epochs=epochs,
    )


def _copies(data: Split) -> Iterator[str]:
    for name, task in data.tasks.items():
        if task.copies:
            yield (
                f"{name}: {task.copies} training rows come a second time, lower-cased and without final "
                "punctuation, so that the head reads the words and not the mark"
            )
    if data.corrections:
        yield f"corrections that train (no validation row is like one of them): {data.corrections}"
    if data.near_duplicates:
        yield (
            f"{data.near_duplicates} texts nearly repeat another (Jaccard index of the words 0.8 or more); "
            "each stands on the same side of the split as that one"
        )


def _truncation(model: MultiTaskModel, tokens: Tokens) -> Iterator[str]:
    if cut := sum(tokens.truncated):
        limit = model.encoder.max_length
        yield f"{cut} texts are longer than {limit} tokens: only their start is read"


def _flat_lines(model: MultiTaskModel, config: TrainConfig, steps: int) -> Iterator[str]:
    plan = planned(config, model.encoder.num_layers)
    if config.head_lr is None or config.head_input == "layers" or plan != (HEADS,):
        return
    # Adam moves a weight by about the learning rate a step, and a unit-norm embedding's absolute
    # values sum to sqrt(dim) at most.
    total = config.epochs * steps
    reach = total * config.head_lr * math.sqrt(model.encoder.dimension)
    if reach < 0.5:
        yield (
            f"{total:,} steps at a learning rate of {config.head_lr:g} move no logit by more than "
            f"{reach:.2g}: expect flat lines. Heads learn with rates around 0.01"
        )


def _cycling(sizes: dict[str, int]) -> Iterator[str]:
    longest = max(sizes.values())
    cycled = [
        f"the {size:,} {name} rows are seen {longest / size:.1f} times in it"
        for name, size in sizes.items()
        if size < longest
    ]
    if cycled:
        which = "longer" if len(sizes) == 2 else "longest"
        yield f"an epoch is one pass over the {which} set ({longest:,} rows); {', '.join(cycled)}"
