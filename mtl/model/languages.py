"""What tells English from other languages and from noise: a direction in each lower layer of an encoder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import safetensors.torch
from torch import Tensor

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class LanguageDirections:
    """For each layer from 0 on: weights (layer, dim) and a bias (layer,) of a linear score of its embedding.

    A text with a score above zero does not look like English.
    """

    weights: Tensor
    biases: Tensor

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield from zip(self.weights, self.biases, strict=True)


def language_directions(fingerprint: str) -> LanguageDirections | None:
    """The directions that come with the project for the encoder of this sha256, or None."""
    file = directions_file(fingerprint)
    if not file.is_file():
        return None
    tensors = safetensors.torch.load_file(file)
    return LanguageDirections(tensors["weights"], tensors["biases"])


def directions_file(fingerprint: str) -> Path:
    """Where the directions of an encoder lie."""
    return _FOLDER / f"languages-{fingerprint[:16]}.safetensors"
