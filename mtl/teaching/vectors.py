"""Vectors of the sentences of lessons: each text is encoded once, and what the head reads of them."""

import math
import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from cachetools import LRUCache
from numpy.typing import NDArray
from torch import Tensor

from mtl.model.encoder import Encoder
from mtl.model.heads import Head
from mtl.schema.tasks import Task

# About 6,000 texts under all-MiniLM-L6-v2.
REMEMBERED_BYTES: Final = 64 * 2**20
# What all layers weigh beside the final embedding, whose length is 1. Measured on training rows of TREC,
# whose labels are told by form, and Banking77, by topic: with 1 the first gains a point or two and the
# second loses one where only names are known; with 0 the first loses three at 16 rows a label.
LAYERS_WEIGHT: Final = 0.5


class Vectors:
    """The layer embeddings of texts, remembered, as an encoder gives them. Any thread may ask.

    `scale`: a trained head that reads all layers of this encoder; its means and deviations scale them.
    """

    def __init__(self, encoder: Encoder, scale: Head) -> None:
        self.encoder = encoder
        self._mean, self._deviation = scale.mean, scale.deviation
        self._kept = LRUCache[str, Tensor](REMEMBERED_BYTES, getsizeof=lambda pooled: pooled.nbytes)
        self._lock = threading.Lock()

    def layer_embeddings(self, texts: Sequence[str]) -> Tensor:
        """(text, layer, dim), unit norm along dim, fp32. Texts that are not remembered are encoded."""
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            pooled = self.encoder.layer_embeddings(self.encoder.tokenize(new))
            found |= {text: pooled[row].clone() for row, text in enumerate(new)}
            with self._lock:
                self._kept.update((text, found[text]) for text in new)
        if not found:
            return torch.zeros(0, self.encoder.num_layers + 1, self.encoder.dimension)
        return torch.stack([found[text] for text in texts])

    def features(self, layer_embeddings: Tensor) -> NDArray[np.float32]:
        """(text, layer, dim) to what the head reads, (text, feature): the final embedding, then all layers,
        scaled, with `LAYERS_WEIGHT`."""
        layers, width = self._mean.shape
        scaled = (layer_embeddings - self._mean) / (self._deviation * math.sqrt(width))
        weighted = scaled.flatten(1) * (LAYERS_WEIGHT / math.sqrt(layers))
        features: NDArray[np.float32] = torch.cat([layer_embeddings[:, -1], weighted], dim=1).numpy()
        return features

    def head(self, task: Task, weights: NDArray[np.float64], biases: NDArray[np.float64]) -> Head:
        """A head that gives the logits of weights (label, feature) and biases (label,) on `features`."""
        layers, width = self._mean.shape
        head = Head(task, "layers", layers=layers, dimension=width)
        final = torch.from_numpy(weights[:, :width])
        rest = torch.from_numpy(weights[:, width:]).view(-1, layers, width)
        # The final embedding again, from its scaled features: x = scaled x deviation x sqrt(dim) + mean.
        own = rest * (LAYERS_WEIGHT / math.sqrt(layers))
        own[:, -1] += final * self._deviation[-1].double() * math.sqrt(width)
        with torch.no_grad():
            head.mean.copy_(self._mean)
            head.deviation.copy_(self._deviation)
            head.linear.weight.copy_(own.flatten(1))
            head.linear.bias.copy_(torch.from_numpy(biases) + final @ self._mean[-1].double())
        return head
