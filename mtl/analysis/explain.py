"""Why a model predicts what it predicts: the exact part of every word, word piece and layer in a logit.

With mean pooling and a linear head, z = b + sum_l sum_t w_l . h_tl / |sum_t h_tl|. A logit is a sum
over layers l and tokens t, and a token's attribution is its summand. The scaling of the head's input is
part of w_l and of a constant per layer.
"""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from mtl.analysis.attribution import Explanation, Omission, Reading, TaskAttribution
from mtl.analysis.word_spans import read
from mtl.model.encoder import Tokens
from mtl.model.heads import Head
from mtl.model.multitask import MultiTaskModel
from mtl.model.packing import Layout
from mtl.schema.tasks import Task


def explain(model: MultiTaskModel, text: str) -> Explanation:
    """The exact attribution of one text and its prediction, from a single forward pass in fp32.

    Raises ValueError as `explain_all` does.
    """
    return explain_all(model, [text])[0]


@torch.no_grad()
def explain_all(model: MultiTaskModel, texts: Sequence[str]) -> list[Explanation]:
    """The exact attributions of some texts and their predictions; each is encoded once, in fp32.

    Raises ValueError if a head has never seen a row, so that the scaling of its input is unknown, and
    for a bare string: give a list.
    """
    heads = [_head(model, task.name) for task in model.tasks]
    tokens, readings = read(model.encoder, texts)
    tasks: list[dict[str, TaskAttribution]] = [{} for _ in texts]
    layer_embeddings = torch.zeros(len(texts), model.encoder.num_layers + 1, model.encoder.dimension)
    for rows, states, layout in model.encoder.states(tokens):
        pooled = torch.stack([model.encoder.pool(state, layout) for state in states], dim=1)
        layer_embeddings[rows] = pooled
        logits = model.logits(pooled)
        added = torch.stack([summands(state, layout) for state in states])  # (layer, token, dim)
        own = [readings[row] for row in rows]
        for head in heads:
            attributions = _take_apart(head, added, layout, logits[head.task.name], own)
            for row, attribution in zip(rows, attributions, strict=True):
                tasks[row][head.task.name] = attribution
    predictions = model.predictions(texts, tokens, layer_embeddings)
    return [
        Explanation(reading=reading, tasks=found, prediction=prediction)
        for reading, found, prediction in zip(readings, tasks, predictions, strict=True)
    ]


@torch.no_grad()
def leave_one_out(
    model: MultiTaskModel, text: str, task: str, label: str | None = None
) -> tuple[Omission, ...]:
    """A label's logit without each word in turn: a check of the attribution, in one batch.

    Without a `label`, the most probable one. A word is left out by leaving out its tokens: its neighbours
    keep theirs, and no word from beyond the encoder's maximum moves in. Leaving a word out also changes
    what the others mean, so drops differ from attributions and do not add up. It costs a forward pass
    per word: 0.1 s for a sentence, 20 s for a text of 230 words on one core.

    Raises ValueError for a task or a label that the model does not have, and as `explain_all`.
    """
    head = _head(model, task)
    tokens, (reading,) = read(model.encoder, [text])
    ids = tokens.ids[0]
    without = [ids[: word.first] + ids[word.positions.stop :] for word in reading.words]
    variants = Tokens((ids, *without), (False,) * (len(without) + 1))
    logits = _per_label(head.task, head(model.encoder.layer_embeddings(variants)))  # (variant, label)
    row = int(logits[0].argmax()) if label is None else head.task.id_of(label)
    whole, *others = logits[:, row].tolist()
    return tuple(
        Omission(word=word, logit=logit, drop=whole - logit)
        for word, logit in zip(reading.words, others, strict=True)
    )


def _head(model: MultiTaskModel, task: str) -> Head:
    names = [known.name for known in model.tasks]
    if task not in names:
        raise ValueError(f"the model has no {task!r} head: use {' or '.join(names)}")
    head = model.head(task)
    if head.mean.isnan().any():
        raise ValueError(f"the {task} head has no scaling yet and so no logits: train the model first")
    return head


def summands(hidden: Tensor, layout: Layout) -> Tensor:
    """What each token adds to its text's layer embedding, (token, dim): its part of the normalised mean."""
    hidden, owner = hidden.cpu().double(), layout.owner.cpu()
    sums = hidden.new_zeros(layout.texts, hidden.shape[1]).index_add(0, owner, hidden)
    lengths = torch.linalg.vector_norm(sums, dim=1, keepdim=True)
    added: Tensor = hidden / lengths.index_select(0, owner)
    return added


def _take_apart(
    head: Head, added: Tensor, layout: Layout, logits: Tensor, readings: Iterable[Reading]
) -> Iterator[TaskAttribution]:
    """The attribution of each text of a batch; `added` (layer, token, dim), `logits` (text, output)."""
    weights, offsets = head.folded()  # (output, layer, dim), (output, layer)
    count = weights.shape[1]
    products = torch.einsum("old,ltd->tlo", weights, added[-count:])
    tokens = _per_label(head.task, products)  # (token, layer, label)
    constants = _per_label(head.task, offsets.T).T
    biases = _per_label(head.task, head.linear.bias.double())
    texts = zip(
        readings,
        _per_label(head.task, logits.double()),
        head.probabilities(logits).double(),
        torch.split(tokens, layout.lengths.tolist()),
        strict=True,
    )
    for reading, own, probabilities, part in texts:
        yield TaskAttribution(
            task=head.task,
            reading=reading,
            layers=tuple(range(len(added)))[-count:],
            logits=own.numpy(),
            probabilities=probabilities.numpy(),
            tokens=part.permute(2, 1, 0).numpy(),
            constants=constants.numpy(),
            biases=biases.numpy(),
        )


def _per_label(task: Task, outputs: Tensor) -> Tensor:
    """(..., output) to (..., label): a binary logit for the second label, its negative for the first."""
    return torch.cat([-outputs, outputs], dim=-1) if task.binary else outputs
