"""The strategy that suits the rows: what `--freeze auto` means."""

from dataclasses import replace
from typing import Final

from mtl.data.split import Split
from mtl.schema.config import FreezeStrategy, TrainConfig

# Up to here the encoder gains most from comparing rows with each other, in about a minute on two cores: its
# steps are as many for 50 rows as for 1,000.
FEW_ROWS: Final = 1000
# With more labels, comparing gains nothing over the best head on the encoder as it is (Banking77, 8 rows of
# each of 77 labels: 0.82 to 0.83 both ways).
FEW_LABELS: Final = 20


def longest(data: Split) -> int:
    """The training rows of the largest task, augmented copies included."""
    return max(len(task.train) for task in data.tasks.values())


def most_labels(data: Split) -> int:
    """The labels of the task that has most."""
    return max(len(task.task.labels) for task in data.tasks.values())


def settled(config: TrainConfig, rows: int, labels: int) -> TrainConfig:
    """The same settings with a strategy in place of "auto": the most accurate within about a minute.

    `rows`: training rows of the largest task; `labels`: of the task that has most. Settings that name a
    strategy stay.
    """
    if config.freeze is not FreezeStrategy.AUTO:
        return config
    few = rows <= FEW_ROWS and labels <= FEW_LABELS
    return replace(config, freeze=FreezeStrategy.WARM_START if few else FreezeStrategy.HEADS)


def reason(rows: int, labels: int) -> str:
    """Why `settled` chooses what it does, as a sentence without its full stop."""
    if rows > FEW_ROWS:
        return (
            f"auto: {rows:,} rows are enough for heads on the encoder as it is, in seconds. "
            "Moving the last layers too is usually better by some points, and takes minutes"
        )
    if labels > FEW_LABELS:
        return f"auto: {labels} labels are many to compare rows by, so heads learn on the encoder as it is"
    return (
        f"auto: {rows:,} rows are few, so the encoder first learns to pull sentences of one label "
        "together, then the heads are fitted"
    )
