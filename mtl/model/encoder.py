"""The sentence encoder as a stack that can be entered at any height.

tokens -> layer 0 (embedding layer) -> layers 1..L (transformer layers); `pool` turns the hidden
states of any layer into one unit-norm vector per text. Hidden states are packed, (token, dim), the
tokens of all texts of a batch one after the other: padding, which may be two thirds of a batch of
mixed sentences, exists only inside the attention. The layers may be on a GPU; what `pool` gives, and so
heads and everything else, is on the CPU.
"""

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl.model.packing import Layout, plan_batches


@dataclass(frozen=True)
class Tokens:
    """Token ids per text, special tokens included, and which texts were cut to the maximum."""

    ids: tuple[tuple[int, ...], ...]
    truncated: tuple[bool, ...]

    @property
    def lengths(self) -> list[int]:
        return [len(ids) for ids in self.ids]


def has_fast_bf16(device: str = "cpu") -> bool:
    """Whether bfloat16 arithmetic is native on this kind of device, so that it is faster than fp32.

    AMX (Intel, since Sapphire Rapids), AVX512-BF16 (AMD since Zen 4, Intel Cooper Lake), NVIDIA since Ampere.
    Elsewhere bfloat16 is emulated and may be a hundred times slower.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, probe, bool)() for probe in probes)


def autocast(fast: bool, device: torch.device) -> AbstractContextManager[Any]:
    """A context in which matrix products run in bfloat16 if `fast` and native there, else in fp32."""
    enabled = fast and has_fast_bf16(device.type)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention, (text, head, width, size) each; keys outside `mask` are not seen.

    The fused kernel is the fastest forward, but its backward in bfloat16 takes six times as long as
    that of two plain products. Attention weights get no dropout: drawing it would cost more than
    the attention itself.
    """
    if not torch.is_grad_enabled():
        return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    if mask is not None:
        scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -1e4)
    return torch.softmax(scores, dim=-1).to(value.dtype) @ value


def _transformer_layer(layer: Any, hidden: Tensor, layout: Layout) -> Tensor:
    """One BERT layer on packed hidden states (token, dim): attention within each text, the rest per token."""
    attention = layer.attention.self

    def heads(project: nn.Module) -> Tensor:  # (text, head, width, dim / heads)
        grid = layout.pad(project(hidden))
        return grid.view(*grid.shape[:2], attention.num_attention_heads, -1).transpose(1, 2)

    mixed = _attend(heads(attention.query), heads(attention.key), heads(attention.value), layout.attend)
    context = layout.pack(mixed.transpose(1, 2))
    attended = layer.attention.output(context, hidden)
    output: Tensor = layer.feed_forward_chunk(attended)
    return output


class Encoder(nn.Module):
    """A BERT-like sentence encoder: an embedding layer, L transformer layers, mean pooling, L2 norm."""

    def __init__(
        self,
        *,
        name: str,
        fingerprint: str,
        tokenizer: Any,
        embeddings: nn.Module,
        layers: nn.ModuleList,
        dimension: int,
        max_length: int,
        changed: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.embeddings = embeddings
        self.layers = layers
        self.dimension = dimension
        self.max_length = max_length
        self.changed = tuple(changed)
        self.requires_grad_(False).eval()

    @property
    def num_layers(self) -> int:
        """L, the number of transformer layers."""
        return len(self.layers)

    @property
    def device(self) -> torch.device:
        """Where the layers compute."""
        return next(self.embeddings.parameters()).device

    def blocks(self) -> list[nn.Module]:
        """The stack from the bottom: the embedding layer, then the transformer layers; L + 1 modules."""
        return [self.embeddings, *self.layers]

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Token ids of each text, cut to `max_length` tokens.

        Raises ValueError for a bare string, which would be read as a list of its characters.
        """
        if isinstance(texts, str):
            raise ValueError(f"a list of texts is needed, got the text {texts[:40]!r}: put it in brackets")
        if not texts:
            return Tokens((), ())
        ids = self.tokenizer(list(texts), verbose=False)["input_ids"]
        cut = tuple(
            tuple(row) if len(row) <= self.max_length else (*row[: self.max_length - 1], row[-1])
            for row in ids
        )
        return Tokens(cut, tuple(len(row) > self.max_length for row in ids))

    def embed(self, tokens: Sequence[Sequence[int]]) -> tuple[Tensor, Layout]:
        """Layer 0: hidden states (token, dim) of some texts, and where they lie."""
        layout = Layout.of([len(ids) for ids in tokens]).to(self.device)
        columns = itertools.zip_longest(*tokens, fillvalue=self.tokenizer.pad_token_id)
        ids = torch.tensor(list(columns)).T.contiguous().to(self.device)  # (text, position)
        return layout.pack(self.embeddings(input_ids=ids)), layout

    def run(self, hidden: Tensor, layout: Layout, start: int, stop: int) -> list[Tensor]:
        """Hidden states of layers start..stop, each (token, dim); `hidden` is layer `start`'s."""
        states = [hidden]
        for layer in self.layers[start:stop]:
            states.append(_transformer_layer(layer, states[-1], layout))
        return states

    def pool(self, hidden: Tensor, layout: Layout) -> Tensor:
        """Mean over each text's tokens, then L2 norm: (token, dim) to (text, dim), fp32, on the CPU."""
        tokens = hidden.float()
        sums = tokens.new_zeros(layout.texts, tokens.shape[1]).index_add(0, layout.owner, tokens)
        return nn.functional.normalize(sums / layout.lengths[:, None], dim=-1).cpu()

    def states(
        self, tokens: Tokens, *, fast: bool = False
    ) -> Iterator[tuple[list[int], list[Tensor], Layout]]:
        """Batch by batch: the rows, the hidden states of layers 0..L, their layout."""
        for rows in plan_batches(tokens.lengths):
            with torch.no_grad(), autocast(fast, self.device):
                hidden, layout = self.embed([tokens.ids[row] for row in rows])
                states = self.run(hidden, layout, 0, self.num_layers)
            yield rows, states, layout

    def layer_embeddings(self, tokens: Tokens, *, fast: bool = False) -> Tensor:
        """Pooled hidden states of every layer, (text, layer, dim), unit norm along dim, fp32.

        `fast` computes in bfloat16 where that is native (cosine to fp32 >= 0.9998).
        """
        pooled = torch.zeros(len(tokens.ids), self.num_layers + 1, self.dimension)
        for rows, states, layout in self.states(tokens, fast=fast):
            pooled[rows] = torch.stack([self.pool(state, layout) for state in states], dim=1)
        return pooled

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> NDArray[np.float32]:
        """Sentence embeddings, (text, dim), unit norm: what SentenceTransformer.encode gives.

        Raises ValueError for a bare string, as `tokenize` does.
        """
        tokens = self.tokenize(texts)
        pooled = torch.zeros(len(texts), self.dimension)
        for rows, states, layout in self.states(tokens, fast=fast):
            pooled[rows] = self.pool(states[-1], layout)
        embeddings: NDArray[np.float32] = pooled.numpy()
        return embeddings

    def fork(self, blocks: Sequence[int]) -> "Encoder":
        """An encoder that owns a copy of these blocks (0 = embedding layer) and shares the others.

        `changed` collects the blocks that may differ from the encoder as it was loaded.
        """
        own = [
            copy.deepcopy(module) if index in blocks else module for index, module in enumerate(self.blocks())
        ]
        return Encoder(
            name=self.name,
            fingerprint=self.fingerprint,
            tokenizer=self.tokenizer,
            embeddings=own[0],
            layers=nn.ModuleList(own[1:]),
            dimension=self.dimension,
            max_length=self.max_length,
            changed=sorted({*self.changed, *blocks}),
        )
