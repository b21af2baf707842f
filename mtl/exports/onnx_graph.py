"""A model as one torch module of plain operations, for a tracer: padded ids and mask in, answers out."""

from typing import Any, Final

import torch
from torch import Tensor, nn

from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel

# Added to what may not be seen; its softmax is zero, and it is far from where fp32 ends.
_UNSEEN: Final = -1e9


class Graph(nn.Module):
    """(text, token) ids and mask to the embeddings (text, dim), then the probabilities (text, label) of every
    task, in the order of the model's tasks."""

    def __init__(self, model: MultiTaskModel) -> None:
        super().__init__()
        self.embeddings = model.encoder.embeddings
        self.layers = model.encoder.layers
        self.heads = model.heads

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        hidden = self.embeddings(input_ids=input_ids)  # (text, token, dim)
        weights = attention_mask.to(hidden.dtype)[:, :, None]
        unseen = (1 - weights[:, :, 0])[:, None, None, :] * _UNSEEN
        pooled = [_pool(hidden, weights)]
        for layer in self.layers:
            hidden = _transformer_layer(layer, hidden, unseen)
            pooled.append(_pool(hidden, weights))
        layer_embeddings = torch.stack(pooled, dim=1)
        return (pooled[-1], *(_probabilities(head, layer_embeddings) for head in self.heads))


def _pool(hidden: Tensor, weights: Tensor) -> Tensor:
    sums = (hidden * weights).sum(1)
    return sums / sums.square().sum(1, keepdim=True).sqrt()


def _transformer_layer(layer: Any, hidden: Tensor, unseen: Tensor) -> Tensor:
    attention = layer.attention.self
    heads, size = attention.num_attention_heads, attention.attention_head_size

    def split(project: nn.Module) -> Tensor:  # (text, head, token, size)
        projected: Tensor = project(hidden)
        return projected.reshape(*hidden.shape[:2], heads, size).transpose(1, 2)

    scores = split(attention.query) @ split(attention.key).transpose(2, 3) * size**-0.5 + unseen
    mixed = (torch.softmax(scores, dim=3) @ split(attention.value)).transpose(1, 2).flatten(2)
    output: Tensor = layer.feed_forward_chunk(layer.attention.output(mixed, hidden))
    return output


def _probabilities(head: Head, layer_embeddings: Tensor) -> Tensor:
    return head.probabilities(head(layer_embeddings))
