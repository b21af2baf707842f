"""The sentences that map, search and layers look at: bundled, typed, or a column of a CSV file."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from cachetools import LRUCache
from numpy.typing import NDArray

from mtl.analysis.similarity import cosines
from mtl.data.bundled import bundled_files, has_bundled_sentences
from mtl.data.table import read_table
from mtl.model.encoder import Encoder
from mtl.schema.limits import limits
from mtl.ui.bundled import Bundled

Source = Literal["bundled", "typed", "csv"]
SOURCES: Final[list[tuple[str, Source]]] = [
    ("Your lines", "typed"),
    ("Your CSV", "csv"),
    ("Bundled sentences", "bundled"),
]
MOST_ROWS: Final = 50_000
NO_COLUMN: Final = "(none)"
_KEPT: Final = 3
_KEPT_TYPED: Final = 16
_POLL_S: Final = 0.3
_CHUNK: Final = 512


@dataclass(frozen=True, kw_only=True, eq=False)
class Sentences:
    """Texts with their embeddings (text, dim), and a label for each text ("": none) by the name of a task or
    of a column."""

    texts: tuple[str, ...]
    embeddings: NDArray[np.float32]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def cosines(self) -> NDArray[np.float32]:
        """(text, text); for typed sentences, of which there are few."""
        return cosines(self.embeddings) if self.texts else np.zeros((0, 0), dtype=np.float32)


def lines_of(text: str) -> list[str]:
    """One sentence per line; empty lines are none."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def columns_of(file: str) -> tuple[list[str], str, str]:
    """A CSV file's columns, that with the longest texts, and one with few labels beside it (or none).

    Raises ValueError where the file cannot be read.
    """
    cells = read_table(file).cells
    columns = list(cells.columns)
    text = max(columns, key=lambda name: float(cells[name].str.len().mean()))
    few = [name for name in columns if name != text and 2 <= cells[name].nunique() <= 20]
    return columns, text, few[-1] if few else NO_COLUMN


class Sources:
    """Sentences by their source. The embeddings of the three CSV columns that were used last are kept."""

    def __init__(self, encoder: Encoder, bundled: Bundled) -> None:
        self.encoder = encoder
        self.bundled = bundled
        self._kept: LRUCache[str, Sentences] = LRUCache(_KEPT)
        self._typed: LRUCache[tuple[str, ...], Sentences] = LRUCache(_KEPT_TYPED)
        self._lock = threading.Lock()

    def of(
        self,
        source: str,
        lines: str,
        file: str | None,
        text: str | None,
        label: str | None,
        tell: Callable[[float], None],
    ) -> Sentences:
        """The sentences of a source. `tell` is called with the fraction that is encoded, in [0, 1].

        Raises ValueError where there are no sentences.
        """
        if source == "typed":
            return self.typed(lines)
        if source == "bundled":
            return self.all_bundled(tell)
        return self.column(file, text, label, tell)

    def bundled_tasks(self) -> list[str]:
        """The tasks of the bundled sentences; none where these are not at hand."""
        return list(bundled_files()) if has_bundled_sentences() else []

    def all_bundled(self, tell: Callable[[float], None]) -> Sentences:
        """The project's own sentences with the labels of their tasks; waits until they are encoded."""
        texts, tasks, labels = self.bundled.rows
        encoding = self.bundled.begin()
        while not encoding.done():
            tell(self.bundled.progress())
            wait([encoding], timeout=_POLL_S)
        by_task = {
            name: tuple(label if task == name else "" for task, label in zip(tasks, labels, strict=True))
            for name in dict.fromkeys(tasks)
        }
        return Sentences(texts=texts, embeddings=self.bundled.embeddings(), labels=by_task)

    def typed(self, lines: str) -> Sentences:
        """The sentences in the box. Raises ValueError where there are none."""
        found = self.lines(lines)
        if not found.texts:
            raise ValueError("No sentence in the box: type some, one per line")
        return found

    def lines(self, lines: str) -> Sentences:
        """The sentences in the box, none where it is empty; several panels ask for the same ones."""
        texts = tuple(lines_of(lines)[: limits().sentences])
        with self._lock:
            known = self._typed.get(texts)
        if known is None:
            none = np.zeros((0, self.encoder.dimension), dtype=np.float32)
            known = Sentences(texts=texts, embeddings=self.encoder.encode(texts) if texts else none)
            with self._lock:
                self._typed[texts] = known
        return known

    def column(
        self, file: str | None, text: str | None, label: str | None, tell: Callable[[float], None]
    ) -> Sentences:
        """A column of a CSV file, up to 50,000 rows; `tell` as in `of`.

        Raises ValueError where there is no file, or nothing in the column.
        """
        texts, labels = self._cells(file, text, label)
        key = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        with self._lock:
            known = self._kept.get(key)
        if known is None:
            known = Sentences(texts=texts, embeddings=self._encode(texts, tell))
            with self._lock:
                self._kept[key] = known
        return Sentences(texts=texts, embeddings=known.embeddings, labels=labels)

    def labelled(self, file: str | None, text: str | None, label: str | None) -> tuple[list[str], list[str]]:
        """Texts and labels of a CSV file, rows without a label left out. Raises ValueError as `column`."""
        if not label or label == NO_COLUMN:
            raise ValueError("The layers are probed for a label: choose the column that holds it")
        texts, labels = self._cells(file, text, label)
        pairs = [(t, la) for t, la in zip(texts, labels[label], strict=True) if la]
        return [t for t, _ in pairs], [la for _, la in pairs]

    def _cells(
        self, file: str | None, text: str | None, label: str | None
    ) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        if not file or not text:
            raise ValueError("No CSV file yet: press Your CSV below the box and choose one")
        cells = read_table(file).cells
        if text not in cells:
            raise ValueError(f"{Path(file).name} has no column {text!r}: choose another")
        rows = cells[cells[text].str.strip() != ""].head(MOST_ROWS)
        if rows.empty:
            raise ValueError(f"The column {text!r} is empty: choose another")
        labels = {label: _labels(rows[label])} if label and label in rows else {}
        return tuple(rows[text].str.strip()), labels

    def _encode(self, texts: Sequence[str], tell: Callable[[float], None]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(texts), _CHUNK):
            parts.append(self.encoder.encode(texts[start : start + _CHUNK], fast=True))
            tell(min(1.0, (start + _CHUNK) / len(texts)))
        return np.concatenate(parts)


def _labels(column: "pd.Series[str]") -> tuple[str, ...]:
    return tuple(column.fillna("").astype(str).str.strip())
