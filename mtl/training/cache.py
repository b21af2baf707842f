"""Caches of what the frozen part of the encoder computes: it is computed once, not in every epoch."""

import copy
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from mtl.model.encoder import Encoder, Tokens, autocast, has_fast_bf16
from mtl.model.packing import Layout, drop_tokens
from mtl.training.embedding_cache import EmbeddingCache

# What the cache may hold in memory; a larger one lives in a temporary file that is mapped.
MEMORY_BUDGET: Final = 3 * 2**30


class Activations:
    """Per text: pooled layer embeddings, and the hidden states that enter the first trainable layer.

    `entry` is the height at which training enters (see `Stage.entry`); at -1 there is nothing below
    it to keep. Without `cache` what lies below is computed anew each time, with the same result.
    Nothing is computed before `fill` is iterated, and nothing that `remembered` holds is computed again.
    """

    def __init__(
        self,
        encoder: Encoder,
        tokens: Tokens,
        entry: int,
        *,
        fast: bool,
        cache: bool = True,
        memory_budget: int = MEMORY_BUDGET,
        remembered: EmbeddingCache | None = None,
    ) -> None:
        self.entry = entry
        self.cache = cache
        self.fast = fast
        self.tokens = tokens
        self._encoder = encoder
        self._remembered = remembered
        self._starts = [0, *itertools.accumulate(tokens.lengths)]
        store = Store(memory_budget)
        self.pooled = store.empty((len(tokens.ids), encoder.num_layers + 1, encoder.dimension))
        inside = cache and 0 <= entry < encoder.num_layers
        total = sum(tokens.lengths) if inside else 0
        dtype = torch.bfloat16 if fast and has_fast_bf16(encoder.device.type) else torch.float32
        self._hidden = store.empty((total, encoder.dimension), dtype)

    def fill(self) -> Iterator[float]:
        """Computes what is kept; yields the fraction done, in (0, 1]."""
        known = (
            self._remembered.find(self._encoder, self.tokens, fast=self.fast) if self._remembered else None
        )
        if known is not None and not len(self._hidden):
            self.pooled = known
            yield 1.0
            return
        done = 0
        for rows, states, layout in self._encoder.states(self.tokens, fast=self.fast):
            pooled = [self._encoder.pool(state, layout) for state in states]
            self.pooled[rows] = torch.stack(pooled, dim=1)
            if len(self._hidden):
                self._hidden[self._places(rows)] = states[self.entry].to(self._hidden)
            done += len(rows)
            yield done / len(self.tokens.ids)
        if self._remembered:
            self._remembered.keep(self._encoder, self.tokens, self.pooled, fast=self.fast)

    def below_heads(self) -> "Activations":
        """The same pooled vectors for training heads alone: nothing is computed any more."""
        view = copy.copy(self)
        view.entry, view.cache = self._encoder.num_layers, True
        return view

    def layer_embeddings(
        self,
        encoder: Encoder,
        rows: Tensor,
        token_dropout: float = 0.0,
        *,
        drop: Callable[[Tensor, Layout, float], tuple[Tensor, Layout]] = drop_tokens,
    ) -> Tensor:
        """(row, layer, dim) of these texts under `encoder`, which differs above `entry` only.

        With autograd on, gradients reach the encoder's trainable blocks. `token_dropout` is the
        share of tokens that those blocks do not see, and `drop` leaves them out.
        """
        top = encoder.num_layers
        if self.cache and self.entry == top:
            return self.pooled[rows]
        with autocast(self.fast, encoder.device):
            below, hidden, layout = self._entering(encoder, rows)
            if self.entry < top:
                hidden, layout = drop(hidden, layout, token_dropout)
            states = encoder.run(hidden, layout, max(self.entry, 0), top)
        moved = states if self.entry < 0 else states[1:]
        return torch.stack([*below, *(encoder.pool(state, layout) for state in moved)], dim=1)

    def _entering(self, encoder: Encoder, rows: Tensor) -> tuple[Sequence[Tensor], Tensor, Layout]:
        # Pooled vectors of the layers that do not move, and the hidden states on top of them.
        at = rows.tolist()
        if self.cache and self.entry >= 0:
            layout = Layout.of([len(self.tokens.ids[row]) for row in at]).to(encoder.device)
            hidden = self._hidden[self._places(at)].float().to(encoder.device)
            return self.pooled[rows, : self.entry + 1].unbind(1), hidden, layout
        hidden, layout = encoder.embed([self.tokens.ids[row] for row in at])
        if self.entry < 0:
            return (), hidden, layout
        states = encoder.run(hidden, layout, 0, self.entry)
        return [encoder.pool(state, layout) for state in states], states[-1], layout

    def _places(self, rows: Sequence[int]) -> Tensor:
        # Where the tokens of these rows lie in the flat store, (token,).
        spans = (torch.arange(self._starts[row], self._starts[row + 1]) for row in rows)
        return torch.cat(list(spans))


class Store:
    """Hands out tensors from memory while the budget lasts, then from mapped temporary files."""

    def __init__(self, budget: int) -> None:
        self._left = budget

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        count = torch.Size(shape).numel()
        self._left -= count * dtype.itemsize
        if self._left >= 0:
            return torch.empty(shape, dtype=dtype)
        with tempfile.TemporaryDirectory(prefix="mtl-", ignore_cleanup_errors=True) as folder:
            # The mapping outlives the file's name: nothing is left behind, even after a crash.
            file = str(Path(folder) / "cache")
            return torch.from_file(file, shared=True, size=count, dtype=dtype).view(shape)
