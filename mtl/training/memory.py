"""How much memory a run takes, and whether this machine has so much: asked before a run begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mtl.data.split import Split, TaskSplit
from mtl.schema.config import TrainConfig
from mtl.training.cache import MEMORY_BUDGET
from mtl.training.contrastive import batch_rows
from mtl.training.freezing import planned
from mtl.training.throughput import Size, settled_for

_FLOAT: Final = 4
# Of BERT, for vectors of width w: 12 w^2 weights in a layer, a head of attention for each 32, and so many
# rows in the tables of word pieces and positions.
_LAYER: Final = 12
_HEAD: Final = 32
_PIECES: Final = 31_000
# English word pieces are about this many characters long, with the space; two tokens frame a text, and no
# text is read further than this.
_CHARACTERS_PER_TOKEN: Final = 4.5
_MOST_TOKENS: Final = 256
# Of each weight that moves: itself, its average, its gradient, the optimiser's two moments, the best epoch's,
# and those that are being saved.
_COPIES: Final = 8
# Of each token in a layer that moves, for the way back, in vectors of the layer's width. In bfloat16 a run of
# two layers, 256 texts of 44 tokens in a batch, took 179 MB, where all of this says 487 MB; fp32 takes more.
_KEPT_VECTORS: Final = 12
# Attention, for the way back: the products, the weights, and a gradient.
_KEPT_SQUARES: Final = 3
# A token as a number of Python in a tuple.
_TOKEN: Final = 40
# Texts differ in length: attention is as wide as the longest text of a batch.
_WIDER: Final = 1.5
# The rest of the machine needs some, too; the page and an idle training process take so much.
_SPARE: Final = 200 * 2**20
_APP: Final = 1500 * 2**20
_CGROUP: Final = Path("/sys/fs/cgroup")
_MEMINFO: Final = Path("/proc/meminfo")


@dataclass(frozen=True, kw_only=True)
class Need:
    """Bytes that a run takes beside the encoder: for its rows, for the weights that move, for a step."""

    rows: int
    weights: int
    step: int

    @property
    def total(self) -> int:
        return self.rows + self.weights + self.step

    @property
    def remedy(self) -> str:
        """What would make the largest part smaller."""
        remedies = {
            self.rows: "take fewer rows",
            self.weights: "train fewer layers",
            self.step: "use a smaller batch size, or train fewer layers",
        }
        return remedies[max(remedies)]


def sizes_of(data: Split) -> dict[str, Size]:
    """Rows and tokens of each task of a split."""
    return {name: _size(data, task) for name, task in data.tasks.items()}


def _size(data: Split, task: TaskSplit) -> Size:
    texts = [data.texts[row] for part in (task.train, task.validation) for row in part.rows]
    tokens = [min(_MOST_TOKENS, 2 + len(text) / _CHARACTERS_PER_TOKEN) for text in texts]
    mean = sum(tokens) / max(1, len(tokens))
    return Size(
        train=len(task.train), validation=len(task.validation), tokens=mean, outputs=task.task.outputs
    )


def need(sizes: Mapping[str, Size], config: TrainConfig, *, layers: int, width: int) -> Need:
    """What a run takes, about and rather too much, for an encoder of so many layers and vectors of this
    width. What lies in mapped files does not count (see `mtl.training.cache`)."""
    config = settled_for(config, sizes)
    texts = sum(size.train + size.validation for size in sizes.values())
    tokens = sum(size.all_tokens for size in sizes.values())
    kept = _FLOAT * width * (texts * (layers + 1) + tokens)
    plan = planned(config, layers)
    moving = {block for stage in plan for block in stage.blocks}
    depth = len(moving - {0})
    weights = depth * _LAYER * width**2 + (_PIECES * width if 0 in moving else 0)
    # A contrastive step compares many rows, and drops no token.
    comparing = any(stage.contrastive for stage in plan)
    batch, seen = (
        (batch_rows(len(sizes)), 1.0) if comparing else (config.batch_size, 1 - config.token_dropout)
    )
    step = sum(_step(min(batch, size.train), size.tokens * seen, width) for size in sizes.values())
    return Need(
        rows=int(min(kept, MEMORY_BUDGET) + tokens * _TOKEN),
        weights=weights * _FLOAT * _COPIES,
        step=int(step * depth),
    )


def _step(texts: int, tokens: float, width: int) -> float:
    """Bytes of a layer that moves, for so many texts of so many tokens."""
    squares = _KEPT_SQUARES * (width // _HEAD) * min(_MOST_TOKENS, _WIDER * tokens) ** 2
    return _FLOAT * texts * (tokens * _KEPT_VECTORS * width + squares)


@dataclass(frozen=True)
class Memory:
    """Bytes that the machine has, or that a container may have; and how many of them are not used now."""

    total: int
    free: int


def memory(cgroup: Path = _CGROUP, meminfo: Path = _MEMINFO) -> Memory | None:
    """The memory of this machine or container; None where that is not known."""
    known = [found for found in (_of_machine(meminfo), _of_container(cgroup)) if found is not None]
    if not known:
        return None
    return Memory(min(one.total for one in known), max(0, min(one.free for one in known)))


def check_memory(wanted: Need, there: Memory | None, *, now: bool) -> None:
    """Raises ValueError, with both numbers and what to do, where a run would not fit: `now`, or else when it
    has its turn and nothing beside the app uses the machine."""
    if there is None:
        return
    room = there.free - _SPARE if now else there.total - _APP
    if wanted.total > room:
        raise ValueError(
            f"This run needs about {_shown(wanted.total)} of memory, and {_shown(max(0, room))} "
            f"{'are free' if now else 'is the limit'} here: {wanted.remedy}"
        )


def _shown(nbytes: int) -> str:
    return f"{nbytes / 2**30:.1f} GB"


def _of_machine(meminfo: Path) -> Memory | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        total, free = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
        return Memory(total, free)
    except (OSError, ValueError, LookupError):
        return None


def _of_container(cgroup: Path) -> Memory | None:
    """Of a control group, version 2 or 1. Its file cache can be given back and does not count."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most = int((cgroup / limit).read_text())  # "max" where there is none
            stat = dict(line.split() for line in (cgroup / limit).with_name("memory.stat").open())
            cached = int(stat.get("total_inactive_file", stat.get("inactive_file", "0")))
            return Memory(most, most - int((cgroup / used).read_text()) + cached)
        except (OSError, ValueError):
            continue
    return None
