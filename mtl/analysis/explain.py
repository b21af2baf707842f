"""Why a model says what it says: the exact share of every word, word piece and layer in a logit.

With mean pooling and a linear head, z = b + sum_l sum_t w_l . h_tl / |sum_t h_tl|: a logit is a sum
over layers l and tokens t, and a token's summand is its share. The scaling of the head's input is
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
    """The exact shares of one text, from a single forward pass in fp32."""
    return explain_all(model, [text])[0]


@torch.no_grad()
def explain_all(model: MultiTaskModel, texts: Sequence[str]) -> list[Explanation]:
    """The exact shares of some texts; each goes through the encoder once, in fp32.

    Raises ValueError if a head has never seen a row, so that the scaling of its input is unknown.
    """
    heads = [_head(model, task.name) for task in model.tasks]
    tokens, readings = read(model.encoder, texts)
    tasks: list[dict[str, TaskAttribution]] = [{} for _ in texts]
    for rows, states, layout in model.encoder.states(tokens):
        logits = model.logits(torch.stack([model.encoder.pool(state, layout) for state in states], dim=1))
        summands = torch.stack([_summands(state, layout) for state in states])  # (layer, token, dim)
        own = [readings[row] for row in rows]
        for head in heads:
            shares = _take_apart(head, summands, layout, logits[head.task.name], own)
            for row, share in zip(rows, shares, strict=True):
                tasks[row][head.task.name] = share
    return [Explanation(reading=reading, tasks=found) for reading, found in zip(readings, tasks, strict=True)]


@torch.no_grad()
def leave_one_out(
    model: MultiTaskModel, text: str, task: str, label: str | None = None
) -> tuple[Omission, ...]:
    """What a logit is without each word: the shares' check, in one batch. None: the most probable label.

    A word is left out as its tokens, so that its neighbours stay what they are, and no word that
    was beyond the encoder's reach moves into it. Leaving a word out also changes what the others
    mean, so drops differ from shares and do not add up. Costs a forward pass per word: 0.1 s for a
    sentence, 20 s for a text of 230 words on one core.

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


def _summands(hidden: Tensor, layout: Layout) -> Tensor:
    """What each token adds to its text's layer embedding, (token, dim): its share of the normalised mean."""
    hidden = hidden.double()
    sums = torch.zeros(layout.texts, hidden.shape[1], dtype=hidden.dtype).index_add(0, layout.owner, hidden)
    lengths = torch.linalg.vector_norm(sums, dim=1, keepdim=True)
    summands: Tensor = hidden / lengths.index_select(0, layout.owner)
    return summands


def _take_apart(
    head: Head, summands: Tensor, layout: Layout, logits: Tensor, readings: Iterable[Reading]
) -> Iterator[TaskAttribution]:
    """The shares of each text of a batch; `summands` (layer, token, dim), `logits` (text, output)."""
    weights, offsets = head.folded()  # (output, layer, dim), (output, layer)
    count = weights.shape[1]
    products = torch.einsum("old,ltd->tlo", weights, summands[-count:])
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
            layers=tuple(range(len(summands)))[-count:],
            logits=own.numpy(),
            probabilities=probabilities.numpy(),
            tokens=part.permute(2, 1, 0).numpy(),
            constants=constants.numpy(),
            biases=biases.numpy(),
        )


def _per_label(task: Task, outputs: Tensor) -> Tensor:
    """(..., output) to (..., label): a binary head's one logit is positive's, and negative's its negative."""
    return torch.cat([-outputs, outputs], dim=-1) if task.binary else outputs
