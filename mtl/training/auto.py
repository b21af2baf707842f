"""The strategy that suits a number of rows: what `--freeze auto` means."""

from dataclasses import replace
from typing import Final

from mtl.data.split import Split
from mtl.schema.config import FreezeStrategy, TrainConfig

# Up to here the encoder gains most from comparing rows with each other, and that takes about a minute on two
# cores at most: its steps are as many for 50 rows as for 1,000.
FEW_ROWS: Final = 1000


def longest(data: Split) -> int:
    """The training rows of the largest task, augmented copies included."""
    return max(len(task.train) for task in data.tasks.values())


def settled(config: TrainConfig, rows: int) -> TrainConfig:
    """The same settings with a strategy in place of "auto", for `rows` training rows of the largest task.

    It is the most accurate one that takes about a minute on two cores. Settings that name a strategy stay.
    """
    if config.freeze is not FreezeStrategy.AUTO:
        return config
    few = rows <= FEW_ROWS
    return replace(config, freeze=FreezeStrategy.WARM_START if few else FreezeStrategy.HEADS)


def reason(rows: int) -> str:
    """Why `settled` chooses what it does, as a sentence without its full stop."""
    if rows <= FEW_ROWS:
        return (
            f"auto: {rows} rows are few, so the encoder first learns to pull sentences of one label "
            "together, then the heads are fitted"
        )
    return (
        f"auto: {rows} rows are enough for heads on the encoder as it is, in seconds. "
        "Moving the last layers too is usually better by some points, and takes minutes"
    )
