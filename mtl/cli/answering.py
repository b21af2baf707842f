"""What is written beside the rows of a file: a model's predictions, or an encoder's embeddings."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mtl.data.parts import Column, Form
from mtl.data.stream import Row
from mtl.model.checkpoint import promised_facts
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.predictions import cells_of, chunks_of, columns, give_back_memory


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """`columns`: what it adds to a row; `cells`: the values of these columns for some texts; `fingerprint`:
    two with the same one answer alike."""

    columns: tuple[Column, ...]
    cells: Callable[[list[str]], Iterable[tuple[Any, ...]]]
    fingerprint: str


def predicting(model: MultiTaskModel) -> Answerer:
    """Labels texts; the columns are those of `mtl.model.predictions`."""

    def cells(texts: list[str]) -> Iterator[tuple[Any, ...]]:
        for chunk in chunks_of(texts):
            yield from (tuple(cells_of(prediction)) for prediction in model.predict(chunk, fast=True))

    kinds = [
        *(
            kind
            for task in model.tasks
            for kind in ("string", "float64", "bool_", *("float64" for _ in task.labels))
        ),
        *("bool_", "bool_"),
    ]
    made = [Column(name=name, type=kind) for name, kind in zip(columns(model.tasks, ()), kinds, strict=True)]
    return Answerer(columns=tuple(made), cells=cells, fingerprint=_fingerprint(model))


def embedding(encoder: Encoder) -> Answerer:
    """Embeds texts: the numbers of each sentence embedding, in fp32."""

    def cells(texts: list[str]) -> Iterator[tuple[Any, ...]]:
        for chunk in chunks_of(texts):
            yield from (([round(x, 7) for x in row],) for row in encoder.encode(chunk).tolist())

    made = Column(name="embedding", type=None, spread=encoder.dimension)
    return Answerer(columns=(made,), cells=cells, fingerprint=encoder.fingerprint)


def answered(part: Sequence[Row], text: int, answerer: Answerer, form: Form) -> bytes:
    """A part of a file with its answers, as it is written. `text`: the place of the texts in a row."""
    texts = ["" if row[text] is None else str(row[text]) for row in part]
    made = form.part([(*row, *cells) for row, cells in zip(part, answerer.cells(texts), strict=True)])
    give_back_memory()
    return made


def _fingerprint(model: MultiTaskModel) -> str:
    digest = hashlib.sha256(model.encoder.fingerprint.encode())
    for tensor in model.snapshot(model.encoder.changed).values():
        digest.update(tensor.numpy().tobytes())
    digest.update(json.dumps(promised_facts(model.promises)).encode())
    return digest.hexdigest()
