"""The processes that share a run, as torchrun starts them: who owns which text, and what they exchange.

Text number i belongs to process i % count. Each process computes and keeps what its own texts need; sums over
all of them are then what one process would have computed. The first process, rank 0, is the one that writes.
"""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Literal

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor

from mtl.model.encoder import Tokens
from mtl.model.pretrained import usable_device

Wish = Literal["stop", "limit"]
# Whoever does not answer for so long is lost, too. Between two calls nobody computes for more than a step, a
# part of the encoding, or what the first process writes after an epoch.
PATIENCE: Final = timedelta(minutes=10)
_WISHES: Final[tuple[Wish, ...]] = ("stop", "limit")
# While they encode, which needs no other process, they still meet so often.
_MEETINGS: Final = 20
# In one message.
_ROWS: Final = 1024


class ProcessLost(RuntimeError):
    """Another process of the run is gone, or does not answer any more."""


class Processes:
    """The processes of a run, seen by number `rank` of `count`. Alone, as outside torchrun, it calls nobody.

    Whatever says so is a collective call: every process must make it, in the same order. Each of them raises
    ProcessLost where another process is gone.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank = rank
        self.count = count
        self._wish: Wish | None = None
        self._heard: Wish | None = None

    @property
    def alone(self) -> bool:
        return self.count == 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def own(self, tokens: Tokens) -> Tokens:
        """The texts of this process; text i of all is number i // count of them."""
        if self.alone:
            return tokens
        return Tokens(tokens.ids[self.rank :: self.count], tokens.truncated[self.rank :: self.count])

    def owns(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these texts, by their numbers among all, belong to this process."""
        owned: NDArray[np.bool_] = rows % self.count == self.rank
        return owned

    def agreed(self, wish: Wish | None) -> Wish | None:
        """How the run is to end, None if it is to go on; `wish`: what this process wants.

        A wish reaches all with the next `summed`, so that they end after the same step.
        """
        if self.alone:
            return wish
        self._wish = self._wish or wish
        return self._heard

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The sums of tensors of one shape and type over all processes. A collective call."""
        wishes = torch.tensor([float(self._wish == wish) for wish in _WISHES])
        *sums, heard = _at_once([*tensors, wishes], dist.all_reduce)
        self._heard = next((wish for wish, some in zip(_WISHES, heard.tolist(), strict=True) if some), None)
        return sums

    def of_first(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The first process's tensors of these shapes and types. A collective call."""
        return _at_once(tensors, lambda flat: dist.broadcast(flat, 0))

    def bytes_of_first(self, content: bytes) -> bytes:
        """The first process's bytes, whatever the others give. A collective call."""
        (size,) = self.of_first([torch.tensor([len(content)])])
        sent = content if self.first else bytes(int(size))
        return self.of_first([torch.frombuffer(bytearray(sent), dtype=torch.uint8)])[0].numpy().tobytes()

    def gathered(self, own: Tensor, into: Tensor | None) -> None:
        """Fills `into`, (text, ...), in place from the `own` ones of all processes. A collective call.

        It is the first process's; the others give None.
        """
        if into is None:
            with _calling():
                for part in torch.split(own, _ROWS):
                    dist.send(part.contiguous(), 0)
            return
        into[:: self.count] = own
        for start in range(0, len(own), _ROWS):
            for rank in range(1, self.count):
                place = into[rank :: self.count][start : start + _ROWS]
                part = torch.empty_like(place, memory_format=torch.contiguous_format)
                if len(part):
                    with _calling():
                        dist.recv(part, rank)
                place.copy_(part)

    def part(self) -> None:
        """Leaves the others: what follows is the first process's own work. A collective call."""
        if not self.alone:
            dist.destroy_process_group()

    def check_same(self, content: bytes) -> None:
        """Raises ValueError, in all processes, where one has other content. A collective call."""
        digest = torch.frombuffer(bytearray(hashlib.sha256(content).digest()), dtype=torch.uint8)
        every = [torch.empty_like(digest) for _ in range(self.count)]
        with _calling():
            dist.all_gather(every, digest)
        if odd := [rank for rank, other in enumerate(every) if not torch.equal(other, every[0])]:
            raise ValueError(
                f"process {odd[0]} has other rows, other settings or another encoder than process 0: give "
                "the same files and options to all processes"
            )

    def in_step(self, fractions: Iterable[float]) -> Iterator[float]:
        """The fractions of some work that needs no other process; on the way the processes meet.

        So none waits long for a slower one, and all hear of a wish. Iterating it makes collective calls.
        """
        if self.alone:
            yield from fractions
            return
        met = 0
        for fraction in itertools.chain(fractions, [1.0]):
            while met < int(fraction * _MEETINGS) and not self._heard:
                self.summed([])
                met += 1
            yield fraction


ALONE: Final = Processes()


@contextmanager
def joined(device: str | None = None) -> Iterator[Processes]:
    """The processes that torchrun started, connected to each other; ALONE where it started no or one process.

    `device` as in `load_encoder`: on "cuda" each process takes the device of its number on its host. Raises
    ValueError for a device that cannot be shared so.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    kind = usable_device(device or os.environ.get("MTL_DEVICE") or "cpu")
    if kind == "mps":
        raise ValueError("several processes share no mps device: use --device cpu, or leave torchrun out")
    if kind == "cuda":
        _take_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo", timeout=PATIENCE)
    yield Processes(dist.get_rank(), count)


def _take_device(number: int) -> None:
    there = torch.cuda.device_count()
    if number >= there:
        raise ValueError(
            f"there is no device for process {number} of this host, which has {there}: start no more "
            "than that on a host, with --nproc-per-node"
        )
    torch.cuda.set_device(number)


@contextmanager
def _calling() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if "timed out" in str(error).lower():
            minutes = PATIENCE.total_seconds() / 60
            raise ProcessLost(f"another process has not answered for {minutes:.0f} minutes") from error
        raise ProcessLost("another process is gone: it was killed, or its machine was lost") from error


def _at_once(tensors: Sequence[Tensor], call: Callable[[Tensor], object]) -> list[Tensor]:
    """What a collective call makes of some tensors, which travel as one: messages cost more than numbers."""
    results = list(tensors)
    # The CPU's come first, by name: there a lost process is noticed at once, on a GPU it may take minutes.
    for kind, dtype in sorted({(t.device.type, t.dtype) for t in tensors}, key=str):
        at = [n for n, tensor in enumerate(tensors) if (tensor.device.type, tensor.dtype) == (kind, dtype)]
        flat = torch.cat([tensors[n].detach().flatten() for n in at])
        with _calling():
            call(flat)
        for n, part in zip(at, torch.split(flat, [tensors[n].numel() for n in at]), strict=True):
            results[n] = part.view_as(tensors[n])
    return results
