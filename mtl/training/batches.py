"""Paired batches: every training step holds a batch of each task."""

from collections.abc import Iterator, Mapping
from itertools import count

import numpy as np
from numpy.typing import NDArray


def steps_per_epoch(sizes: Mapping[str, int], batch_size: int) -> int:
    """Steps of one pass over the longest set."""
    return -(-max(sizes.values()) // batch_size)


def paired_batches(
    sizes: Mapping[str, int], batch_size: int, *, seed: int, epoch: int
) -> Iterator[dict[str, NDArray[np.int64]]]:
    """Row positions per task, step by step, for one epoch.

    The longest set is seen once; any other starts over, reshuffled, whenever it is used up. The order
    follows from seed and epoch alone, so a resumed run sees the same batches as an unbroken one.
    """
    longest = max(sizes.values())
    orders = {
        name: _order(size, longest, [seed, epoch, number])
        for number, (name, size) in enumerate(sizes.items())
    }
    for start in range(0, longest, batch_size):
        yield {name: order[start : start + batch_size] for name, order in orders.items()}


def _order(size: int, length: int, seed: list[int]) -> NDArray[np.int64]:
    passes: list[NDArray[np.int64]] = []
    for number in count():
        if sum(map(len, passes)) >= length:
            break
        passes.append(np.random.default_rng([*seed, number]).permutation(size))
    return np.concatenate(passes)[:length]
