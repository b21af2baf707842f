"""Which training rows speak for a model's answers: found once for a task of a model, then asked at once."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from mtl.evaluation.because import Because, BecauseOfRows, RowShare
from mtl.evaluation.vectors import AXES
from mtl.model.archive import WEIGHTS
from mtl.model.multitask import MultiTaskModel
from mtl.runs.trained_rows import trained_rows
from mtl.ui.models import Models
from mtl.ui.predict.confidence import percent
from mtl.ui.task_choice import first_choice

MOST_ROWS: Final = 20_000
_KEPT: Final = 8
_CHUNK: Final = 256
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """The best head on the rows of a task, as the model's encoder reads them, and how many they are."""

    head: BecauseOfRows
    rows: int


class RowReasons:
    """The reasons of the models that were asked last. Any thread may ask. Every function raises ValueError,
    which says why, where there are none."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._known: LRUCache[tuple[Path, int, str], _Known] = LRUCache(_KEPT)
        self._lock = threading.Lock()

    def ready(self, owner: str, key: str, task: str) -> bool:
        """Whether `explain` answers at once."""
        return self._place(owner, key, task) in self._known

    def prepare(self, owner: str, key: str, task: str) -> Iterator[float]:
        """Reads the rows that trained a task: how much of them is read, in [0, 1], again and again."""
        place, model = self._place(owner, key, task), self._models.get(owner, key)
        if place in self._known:
            return
        rows = trained_rows(place[0], place[2])
        if (count := len(rows.texts)) > MOST_ROWS:
            raise ValueError(f"{count:,} rows trained this: more than {MOST_ROWS:,} are not weighed here")
        read = []
        for start in range(0, count, _CHUNK):
            yield start / count
            read.append(_embeddings(model, rows.texts[start : start + _CHUNK]))
        yield 1.0
        found = _Known(head=BecauseOfRows(rows, np.concatenate(read), most=AXES), rows=count)
        with self._lock:
            self._known[place] = found

    def explain(self, owner: str, key: str, task: str, label: str, text: str) -> dict[str, Any]:
        """What speaks for a label and against it, as data for the template `ROWS`. A task or label that the
        model does not have gives way to its first task, or to its answer."""
        known, model, name = self._found(owner, key, task)
        answer = model.predict([text])[0].tasks[name]
        asked = label if label in answer.scores else answer.label
        (embedding,) = _embeddings(model, [text])
        found = known.head.explain(embedding, asked)
        return _data(found, known.rows, answer.scores[asked], moved=bool(model.encoder.changed))

    def without(self, owner: str, key: str, task: str, text: str, row: object) -> str:
        """What the answer would be if this row had never been there, in a sentence."""
        known, model, _ = self._found(owner, key, task)
        if type(row) is not int or not 0 <= row < known.rows:
            raise ValueError("there is no such row: press one that is shown")
        (embedding,) = _embeddings(model, [text])
        before, after = known.head.explain(embedding), known.head.without(embedding, [row])
        best = max(after, key=after.__getitem__)
        return (
            f"Without it: {best} {_finely(after[best])}. "
            f"With it: {before.label} {_finely(before.probability)}."
        )

    def _found(self, owner: str, key: str, task: str) -> tuple[_Known, MultiTaskModel, str]:
        place = self._place(owner, key, task)
        known = self._known.get(place)
        if known is None:
            raise ValueError("the rows are not read yet: open this part of the page again")
        return known, self._models.get(owner, key), place[2]

    def _place(self, owner: str, key: str, task: str) -> tuple[Path, int, str]:
        model, folder = self._models.get(owner, key), self._models.folder(owner, key)
        if folder is None:
            raise ValueError("the rows that trained this model are not kept: train a run with them")
        names = [known.name for known in model.tasks]
        name = task if task in names else first_choice(model.tasks)
        return folder, (folder / WEIGHTS).stat().st_mtime_ns, name


def _embeddings(model: MultiTaskModel, texts: Any) -> NDArray[np.float32]:
    """(text, layer, dim)"""
    found: NDArray[np.float32] = model.encoder.layer_embeddings(
        model.encoder.tokenize(texts), fast=True
    ).numpy()
    return found


def _finely(probability: float) -> str:
    """One row of many changes little."""
    return "> 99.9%" if probability > 0.9995 else f"{probability:.1%}"


def _data(found: Because, rows: int, answered: float, *, moved: bool) -> dict[str, Any]:
    sides = [
        [share for share in found.shares if share.share > 0][:_SHOWN],
        [share for share in found.shares if share.share < 0][:_SHOWN],
    ]
    shown = [share for side in sides for share in side]
    rest = found.logit - found.bias - sum(share.share for share in shown)
    exact = "Approximate: layers have moved." if moved else "Exact for the best head on these rows."
    return {
        "sides": [
            {"title": f"{title} {found.label}", "rows": [_row(share) for share in side]}
            for title, side in zip(("For", "Against"), sides, strict=True)
            if side
        ],
        "sum": f"other {rows - len(shown):,} rows {rest:+.3f}, whatever the text {found.bias:+.3f}, "
        f"logit {found.logit:+.3f}",
        "note": f"{exact} That head gives {found.label} {percent(found.probability)}, this model "
        f"{percent(answered)}.",
    }


def _row(share: RowShare) -> dict[str, Any]:
    return {
        "row": share.row,
        "text": share.text,
        "label": share.label,
        "share": f"{share.share:+.3f}",
    }
