"""Texts of many lengths in one batch, without padding: plans, layouts, and dropping tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

# Tokens in one batch of `encode`: large enough to keep the cores busy, small enough for their
# caches; twice as many are slower in fp32.
TOKENS_PER_BATCH: Final = 2048


def plan_batches(lengths: Sequence[int], tokens: int = TOKENS_PER_BATCH) -> list[list[int]]:
    """Row numbers in batches of similar length, at most `tokens` padded tokens each.

    Decided by the lengths alone, so that a text always meets the same batch: in bfloat16 its
    vector depends on its company.
    """
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if batches and (len(batches[-1]) + 1) * lengths[row] <= tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


@dataclass(frozen=True)
class Layout:
    """Where the packed tokens of a batch belong. `places`: position of each token in a padded
    (text, width) grid, flattened; `owner`: its text; `attend`: which grid keys are tokens."""

    lengths: Tensor  # (text,)
    width: int
    places: Tensor  # (token,)
    owner: Tensor  # (token,)
    attend: Tensor | None  # (text, 1, 1, width), None where all are

    @classmethod
    def of(cls, lengths: Sequence[int]) -> "Layout":
        """The layout of texts with these numbers of tokens."""
        counts, width = torch.tensor(lengths), max(lengths)
        mask = torch.arange(width) < counts[:, None]
        return cls(
            lengths=counts,
            width=width,
            places=mask.flatten().nonzero().squeeze(1),
            owner=torch.arange(len(lengths)).repeat_interleave(counts),
            attend=None if bool(mask.all()) else mask[:, None, None, :],
        )

    def to(self, device: torch.device) -> "Layout":
        """The same layout for hidden states on this device; it is made on the CPU: its shapes need data."""
        attend = None if self.attend is None else self.attend.to(device)
        places, owner = self.places.to(device), self.owner.to(device)
        return Layout(self.lengths.to(device), self.width, places, owner, attend)

    @property
    def texts(self) -> int:
        return len(self.lengths)

    def pad(self, packed: Tensor) -> Tensor:
        """(token, dim) to (text, width, dim), zeros where there is no token."""
        if self.attend is None:
            return packed.view(self.texts, self.width, -1)
        grid = packed.new_zeros(self.texts * self.width, packed.shape[1])
        return grid.index_copy(0, self.places, packed).view(self.texts, self.width, -1)

    def pack(self, padded: Tensor) -> Tensor:
        """The inverse of `pad`."""
        flat = padded.reshape(self.texts * self.width, -1)
        return flat if self.attend is None else flat.index_select(0, self.places)


def drop_tokens(hidden: Tensor, layout: Layout, share: float) -> tuple[Tensor, Layout]:
    """Leaves out this share of the tokens at random (never a text's first, [CLS]).

    A mild form of the token cutoff of Shen et al. 2020 (arXiv 2009.13818): layers that cannot rely
    on any single token overfit later, and have less to compute.
    """
    if share == 0:
        return hidden, layout
    first = torch.cat([layout.owner.new_tensor([-1]), layout.owner[:-1]]) != layout.owner
    # Drawn on the CPU: the same tokens for a seed, whatever the device.
    kept = (torch.rand(len(hidden)) >= share).to(hidden.device) | first
    lengths = torch.bincount(layout.owner[kept], minlength=layout.texts)
    return hidden[kept], Layout.of(lengths.tolist()).to(hidden.device)
