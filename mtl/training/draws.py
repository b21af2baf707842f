"""Random numbers for a part of a batch, as the whole batch would draw them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from mtl.model.packing import Layout, drop_tokens


class WholeDraws(TorchFunctionMode):
    """While it is entered, dropout is drawn for a whole batch, and what belongs to the texts here is used.

    `lengths`: tokens of each text of the batch; `here`: which texts are here, in the same order. Drawing
    costs little beside the layers, and so it does not matter how many processes share a batch.
    """

    def __init__(self, lengths: Sequence[int], here: NDArray[np.bool_]) -> None:
        super().__init__()
        self._whole = Layout.of(lengths)
        self._texts = torch.from_numpy(here)

    @property
    def _tokens(self) -> Tensor:
        return self._texts[self._whole.owner]  # (token,) of the whole batch

    def drop_tokens(self, hidden: Tensor, layout: Layout, share: float) -> tuple[Tensor, Layout]:
        """As the function of this name; `hidden` and `layout` are those of the texts here."""
        if share == 0:
            return hidden, layout
        here = self._tokens
        numbers, self._whole = drop_tokens(torch.arange(len(here)), self._whole, share)
        kept = torch.zeros_like(here).index_fill(0, numbers, True)[here]
        lengths = self._whole.lengths[self._texts]
        return hidden[kept.to(hidden.device)], Layout.of(lengths.tolist()).to(hidden.device)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is functional.dropout:
            return self._dropout(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _dropout(
        self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or p == 0:
            return values
        if values.ndim == 2:  # (token, dim)
            whole, here = values.new_ones(len(self._whole.owner), values.shape[1]), self._tokens
            return values * functional.dropout(whole, p)[here.to(values.device)]
        # (text, position, dim), padded to the longest text here
        whole = values.new_ones(self._whole.texts, self._whole.width, values.shape[2])
        factors = functional.dropout(whole, p)[self._texts.to(values.device)]
        return values * factors[:, : values.shape[1]]
