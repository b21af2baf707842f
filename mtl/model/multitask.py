"""MultiTaskModel: one encoder, one head per task."""

import copy
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from mtl.model.encoder import Encoder, Tokens
from mtl.model.heads import Head, Heads
from mtl.model.out_of_distribution import OutOfDistribution
from mtl.schema.config import HeadInput
from mtl.schema.results import Prediction, Promise, TaskPrediction
from mtl.schema.tasks import DEFAULT_TASKS, Task


class MultiTaskModel(nn.Module):
    """A shared encoder, its heads by task name, and what it knows of its training texts.

    `promises`: the accuracy that is promised, by task name. Below its threshold the model abstains.
    """

    def __init__(
        self,
        encoder: Encoder,
        heads: Iterable[Head],
        distribution: OutOfDistribution | None = None,
        promises: Mapping[str, Promise] | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.distribution = distribution or OutOfDistribution(encoder.dimension)
        self.heads = Heads(heads)
        self.promises = dict(promises or {})
        self.requires_grad_(False).eval()

    @classmethod
    def fresh(
        cls, encoder: Encoder, tasks: Iterable[Task], head_input: HeadInput, seed: int
    ) -> "MultiTaskModel":
        """A model with random heads, drawn from the seed."""
        return cls(
            encoder,
            [
                Head(
                    task,
                    head_input,
                    layers=encoder.num_layers + 1,
                    dimension=encoder.dimension,
                    seed=seed,
                )
                for task in tasks
            ],
        )

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(head.task for head in self.head_list())

    def head(self, task_name: str) -> Head:
        """The head of a task; KeyError where the model has none."""
        return self.heads[task_name]

    def head_list(self) -> list[Head]:
        """The heads, in the order of the model's tasks."""
        return list(self.heads)

    def logits(self, layer_embeddings: Tensor) -> dict[str, Tensor]:
        """Layer embeddings (batch, layer, dim) to logits per task, (batch, outputs)."""
        return {head.task.name: head(layer_embeddings) for head in self.head_list()}

    @torch.no_grad()
    def probabilities(self, tokens: Tokens, *, fast: bool = False) -> dict[str, Tensor]:
        """Probabilities per task, (text, labels), rows sum to 1."""
        return self._probabilities(self.encoder.layer_embeddings(tokens, fast=fast))

    def _probabilities(self, layer_embeddings: Tensor) -> dict[str, Tensor]:
        logits = self.logits(layer_embeddings)
        return {name: self.head(name).probabilities(logits[name]) for name in logits}

    @torch.no_grad()
    def predict(self, texts: Sequence[str], *, fast: bool = False) -> list[Prediction]:
        """Label and probabilities of each text for each task the model has.

        `fast` computes in bfloat16 where that is native. Raises ValueError for a bare string: give a list.
        """
        tokens = self.encoder.tokenize(texts)
        return self.predictions(texts, tokens, self.encoder.layer_embeddings(tokens, fast=fast))

    @torch.no_grad()
    def predictions(self, texts: Sequence[str], tokens: Tokens, layer_embeddings: Tensor) -> list[Prediction]:
        """As `predict`, from the texts' tokens and layer embeddings (text, layer, dim)."""
        unlike = self.distribution.excludes(layer_embeddings).tolist()
        unread = set(self.encoder.tokenizer.all_special_ids)
        found = self._probabilities(layer_embeddings)
        for head in self.head_list():
            # A head that never trained has no scaling yet, and is known to give no number.
            if not (found[head.task.name].isfinite().all() or head.mean.isnan().any()):
                raise ValueError(
                    f"the model gives no number for {head.task.name}: use another, it is damaged"
                )
        probabilities = {name: values.tolist() for name, values in found.items()}
        return [
            Prediction(
                text=text,
                tasks={
                    task.name: _prediction(task, probabilities[task.name][row], self.promises.get(task.name))
                    for task in self.tasks
                },
                truncated=tokens.truncated[row],
                # Nothing between the special tokens, or nothing that is known, resembles nothing.
                out_of_distribution=unlike[row] or unread.issuperset(tokens.ids[row]),
            )
            for row, text in enumerate(texts)
        ]

    def promising(self, promises: Mapping[str, Promise]) -> "MultiTaskModel":
        """The same model, which shares everything and makes these promises."""
        return MultiTaskModel(self.encoder, self.head_list(), self.distribution, promises)

    def with_heads(self, heads: Iterable[Head], blocks: Sequence[int] = ()) -> "MultiTaskModel":
        """A model with these heads, which owns these encoder blocks and shares the others. It makes no
        promise: nobody knows what becomes of it."""
        return MultiTaskModel(self.encoder.fork(blocks), heads, copy.deepcopy(self.distribution))

    def fork(self, blocks: Sequence[int] = ()) -> "MultiTaskModel":
        """A model that owns its heads and these encoder blocks (0 = embedding layer), and shares the rest."""
        return self.with_heads([copy.deepcopy(head) for head in self.head_list()], blocks)

    def snapshot(self, blocks: Sequence[int] = ()) -> dict[str, Tensor]:
        """A copy on the CPU of all tensors but those of other encoder blocks than these, by their names."""
        return {
            name: tensor.detach().to("cpu", copy=True)
            for name, tensor in self.state_dict().items()
            if not name.startswith("encoder.") or _block_of(name) in blocks
        }

    def restored(self, snapshot: Mapping[str, Tensor]) -> "MultiTaskModel":
        """A fork that owns, and has loaded, what a snapshot holds."""
        owned = {_block_of(name) for name in snapshot if name.startswith("encoder.")}
        model = self.fork(sorted(owned))
        unexpected = model.load_state_dict(dict(snapshot), strict=False).unexpected_keys
        if unexpected:
            raise ValueError(f"the model has no place for {unexpected[0]!r}")
        return model


def _block_of(name: str) -> int:
    # "encoder.embeddings.LayerNorm.bias" -> 0, "encoder.layers.4.output.dense.bias" -> 5
    parts = name.split(".")
    return int(parts[2]) + 1 if parts[1] == "layers" else 0


def untrained(encoder: Encoder, seed: int = 0) -> MultiTaskModel:
    """Random heads for the default tasks on the final embedding: where the source report began."""
    return MultiTaskModel.fresh(encoder, DEFAULT_TASKS, "embedding", seed)


def _prediction(task: Task, probabilities: Sequence[float], promise: Promise | None) -> TaskPrediction:
    scores = dict(zip(task.labels, probabilities, strict=True))
    return TaskPrediction(label=max(scores, key=scores.__getitem__), scores=scores, promise=promise)
