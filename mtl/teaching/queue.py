"""A file whose sentences are labelled one after the other, and when that is enough.

A `Queue` is what somebody has done with a file; the labels themselves stand in the lesson. The sentences are
read and proposed in a random order, so that those read so far stand for all, however the file is sorted.
`mtl.teaching.proposals` says which come next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.suggest import MOST_TEXTS
from mtl.analysis.suggestions import Suggestion, distinct_places
from mtl.data.cleaning import clean_texts
from mtl.data.columns import rows_with_texts
from mtl.data.joint import label_columns
from mtl.data.table import Table
from mtl.schema.limits import limits
from mtl.schema.tasks import shown_label
from mtl.teaching.lesson import HISTORY, Lesson

# So many answers in a row, all as the head would have answered itself, are enough (see `Queue.enough`).
ENOUGH: Final = 20


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What was done with a file. Every change is a new queue.

    `texts` are its different sentences in a random order; a place is a number of one. `rows` (row,) has for
    each row of the file the place of its sentence, -1 for one that is left out; `notes` say what is not
    read. `ahead` are the sentences proposed, the first one in focus; `alike` are near-duplicates of that.
    `passed` were ahead when other ones were asked for: they come back later.
    `agreed` says for each answer whether the head would have given it too, None where that says little.
    """

    name: str
    texts: tuple[str, ...]
    rows: NDArray[np.int64] = field(compare=False, repr=False)
    notes: tuple[str, ...] = ()
    ahead: tuple[Suggestion, ...] = ()
    alike: tuple[int, ...] = ()
    doubted: bool = False
    skipped: frozenset[int] = frozenset()
    passed: frozenset[int] = frozenset()
    answered: tuple[int, ...] = ()
    agreed: tuple[bool | None, ...] = ()
    tens: int = 0
    past: tuple["Queue", ...] = field(default=(), compare=False, repr=False)

    @property
    def focus(self) -> int | None:
        """The place of the sentence that is to be labelled now."""
        return self.ahead[0].row if self.ahead else None

    @property
    def enough(self) -> bool:
        """Whether more labels are likely to help little: the head would have given the last `ENOUGH` answers
        itself.

        Only answers count for which the sentence was chosen because the head was unsure, and every label had
        a sentence. If it were wrong about a share p of such sentences, this would happen with probability
        (1 - p)**20: less than 5% where p is above 14%. Of the other sentences it is surer.
        """
        counted = [agreed for agreed in self.agreed if agreed is not None]
        return len(counted) >= ENOUGH and all(counted[-ENOUGH:])

    def answer(self, places: Sequence[int], agreed: bool | None) -> Self:
        """After a label for the sentence in focus, and for others with it."""
        ahead = tuple(one for one in self.ahead if one.row not in places)
        return self._step(
            ahead=ahead, answered=(*self.answered, *places), agreed=(*self.agreed, agreed), alike=()
        )

    def skip(self) -> Self:
        """Without the sentence in focus, which is not proposed again."""
        if self.focus is None:
            raise ValueError("There is no sentence to skip")
        return self._step(ahead=self.ahead[1:], skipped=self.skipped | {self.focus}, alike=())

    def other_ten(self) -> Self:
        """Without the ones ahead, so that the next ten are chosen."""
        return self._step(ahead=(), passed=frozenset(one.row for one in self.ahead), alike=())

    def undo(self) -> tuple["Queue", tuple[str, ...]]:
        """As before the last step, and the sentences that it labelled."""
        if not self.past:
            raise ValueError("There is nothing to undo in this file")
        before = replace(self.past[-1], past=self.past[:-1])
        lost = self.answered[len(before.answered) :]
        return before, tuple(self.texts[place] for place in lost)

    def _step(self, **changes: object) -> Self:
        past = (*self.past, replace(self, past=()))[-HISTORY:]
        return replace(self, **changes, past=past)  # type: ignore[arg-type]


def read_queue(table: Table, seed: int = 0) -> Queue:
    """The queue of a file without labels. Raises ValueError where it has no texts, or too many rows."""
    column = next(iter(table.cells.columns)) if len(table.cells.columns) == 1 else None
    raw, _ = rows_with_texts(table, column)
    if len(raw) > MOST_TEXTS:
        raise ValueError(
            f"{table.name} has {len(raw):,} rows, and {MOST_TEXTS:,} are read: take a part of it"
        )
    cleaned, _ = clean_texts(raw, range(len(raw)))
    longest = limits().text_characters
    texts = [text if len(text) <= longest else "" for text in map(shown_label, cleaned)]
    try:
        first = distinct_places(texts)
    except ValueError as error:
        raise ValueError(f"{table.name}: {error}") from None
    order = np.random.default_rng(seed).permutation(len(first))
    chosen = tuple(texts[first[number]] for number in order)
    places = {_plain(text): place for place, text in enumerate(chosen)}
    rows = np.array([places.get(_plain(text), -1) for text in texts], dtype=np.int64)
    notes = _not_read(table, sum(len(text) > longest for text in cleaned), longest)
    return Queue(name=table.name, texts=chosen, rows=rows, notes=notes)


def _not_read(table: Table, long: int, longest: int) -> tuple[str, ...]:
    notes = []
    if labels := [column.column for column in label_columns(table, most=None)]:
        notes.append(f"This file has labels ({', '.join(labels)}): they are not read.")
    if long:
        notes.append(f"Longer than {longest:,} characters, and left out: {long:,}.")
    return tuple(notes)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def untaught(lesson: Lesson, texts: Iterable[str]) -> Lesson:
    """A lesson without sentences that a queue has taught it; one that is gone already does not matter."""
    lost = set(texts)
    rows = tuple(row for row in lesson.rows if row.text not in lost)
    if lesson.past and (lesson.past[-1].labels, lesson.past[-1].rows) == (lesson.labels, rows):
        return lesson.undo()
    for row in lesson.rows:
        lesson = lesson.forget(row.text) if row.text in lost else lesson
    return lesson
