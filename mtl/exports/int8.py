"""Matrices in 8 or 9 bits a weight, with a step for every few neighbours in a row."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

# Neighbours that share a step. With one step for a whole row a single large weight makes all others coarse:
# 6% smaller, and probabilities off by up to 0.07.
_GROUP: Final = 16
_LARGEST_FACTOR: Final = 255


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantized:
    """A matrix (row, column): a weight is a whole number, times the factor of its group, times the scale of
    its row.

    `numbers` (row, column) int8 are the whole numbers, or, where there are `lowest` bits, their upper eight
    bits: the whole number is then 2 x numbers + bit. `lowest` uint8 holds eight bits each, the first weight's
    on top. `factors` (row, group) uint8 from 1; `scales` (row,) fp32.
    """

    numbers: Tensor
    factors: Tensor
    scales: Tensor
    lowest: Tensor | None = None

    def restored(self) -> Tensor:
        """The matrix in fp32, but for the rounding."""
        (rows, groups), whole = self.factors.shape, self.numbers.float()
        if self.lowest is not None:
            bits = np.unpackbits(self.lowest.numpy(), count=whole.numel())
            whole = 2 * whole + torch.from_numpy(bits).view_as(whole)
        steps = self.factors.float() * self.scales[:, None]
        return (whole.view(rows, groups, -1) * steps[:, :, None]).view(rows, -1)


def quantized(matrix: Tensor, *, ninth: bool = False) -> Quantized:
    """A matrix (row, column) in 8 bits, or with a `ninth` one, which halves the error."""
    rows, columns = matrix.shape
    most = 255 if ninth else 127
    groups = matrix.float().view(rows, -1, math.gcd(_GROUP, columns))
    largest = groups.abs().amax(2)  # (row, group)
    scales = (largest.amax(1) / (most * _LARGEST_FACTOR)).clamp(min=1e-30)
    # Rounded up, so that the largest weight of the group still fits.
    factors = (largest / (most * scales[:, None])).ceil().clamp(1, _LARGEST_FACTOR)
    whole = (groups / (factors * scales[:, None])[:, :, None]).round().clamp(-most, most)
    whole = whole.view(rows, columns).to(torch.int16)
    lowest = torch.from_numpy(np.packbits((whole & 1).numpy().astype(bool))) if ninth else None
    numbers = (whole >> 1 if ninth else whole).to(torch.int8)
    return Quantized(numbers=numbers, factors=factors.to(torch.uint8), scales=scales, lowest=lowest)
