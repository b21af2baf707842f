"""Linear heads on the encoder's layer embeddings, and the scaling of their input."""

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from mtl.schema.config import HeadInput
from mtl.schema.tasks import Task


class Head(nn.Module):
    """One task's linear map from layer embeddings (batch, layer, dim) to logits (batch, outputs).

    `embedding` reads the last layer as it is, as the report did. `layers` reads all layers, each
    feature as (x - mean) / (deviation * sqrt(dim)): without the division by sqrt(dim) a learning
    rate that suits one width is too hot for another.
    """

    mean: Tensor
    deviation: Tensor
    temperature: Tensor

    def __init__(
        self, task: Task, head_input: HeadInput, *, layers: int, dimension: int, seed: int = 0
    ) -> None:
        super().__init__()
        self.task = task
        self.head_input: HeadInput = head_input
        read = layers if head_input == "layers" else 1
        self.linear: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
            nn.Linear, read * dimension, task.outputs
        )
        self._draw(seed)
        # Until the scaling is fitted it is not a number, and so is every logit.
        unknown = 0.0 if head_input == "embedding" else math.nan
        self.register_buffer("mean", torch.full((read, dimension), unknown))
        self.register_buffer("deviation", torch.ones(read, dimension))
        self.register_buffer("temperature", torch.tensor(1.0))

    def _draw(self, seed: int) -> None:
        # nn.Linear's own distribution, from a generator of our own: torch's global one stays out of it.
        generator = torch.Generator().manual_seed(seed)
        bound = 1 / math.sqrt(self.linear.in_features)
        with torch.no_grad():
            self.linear.weight.uniform_(-bound, bound, generator=generator)
            self.linear.bias.uniform_(-bound, bound, generator=generator)

    def fit_scaling(self, layer_embeddings: Tensor) -> None:
        """Takes mean and deviation of the training rows (row, layer, dim), once; `embedding` stays raw."""
        if not self.mean.isnan().any():
            return
        self.mean.copy_(layer_embeddings.mean(0))
        # A feature that never changes carries nothing: a floor keeps it from being blown up.
        self.deviation.copy_(layer_embeddings.std(0, correction=0).clamp(min=1e-4))

    def scale(self, layer_embeddings: Tensor) -> Tensor:
        """The features that the linear map reads, (batch, features)."""
        if self.head_input == "embedding":
            return layer_embeddings[:, -1]
        scaled = (layer_embeddings - self.mean) / (self.deviation * math.sqrt(self.mean.shape[1]))
        return scaled.flatten(1)

    def forward(self, layer_embeddings: Tensor) -> Tensor:
        """Logits, (batch, outputs)."""
        logits: Tensor = self.linear(self.scale(layer_embeddings))
        return logits

    def folded(self) -> tuple[Tensor, Tensor]:
        """The linear map with the scaling folded into it, fp64, over the layers that the head reads.

        Logits = bias + the sum over layers of weight . layer embedding + offset; weights
        (outputs, layer, dim), offsets (outputs, layer).
        """
        weight = self.linear.weight.double().view(-1, *self.mean.shape)
        if self.head_input == "layers":
            weight = weight / (self.deviation.double() * math.sqrt(self.mean.shape[1]))
        return weight, -(weight * self.mean).sum(-1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """(batch, outputs) to (batch, labels), rows sum to 1: nowhere else do logits become probabilities.

        The head's `temperature` divides the logits; calibration finds it.
        """
        logits = logits / self.temperature
        if self.task.binary:
            positive = torch.sigmoid(logits)
            return torch.cat([1 - positive, positive], dim=1)
        return torch.softmax(logits, dim=1)


class Heads(nn.Module):
    """The heads of a model by task name, in the order in which they were given."""

    _modules: dict[str, Head]  # type: ignore[assignment]

    def __init__(self, heads: Iterable[Head]) -> None:
        super().__init__()
        for head in heads:
            # Not by `add_module`, as ModuleDict does: it refuses what nn.Module has an attribute for, and
            # "type" is a likely name of a task.
            self._modules[head.task.name] = head

    def __getitem__(self, task_name: str) -> Head:
        return self._modules[task_name]

    def __iter__(self) -> Iterator[Head]:
        return iter(self._modules.values())
