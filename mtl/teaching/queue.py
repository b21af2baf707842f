"""A file whose sentences are labelled one after the other: which come next, and when it is enough.

A `Queue` is what somebody has done with a file; the labels themselves stand in the lesson. The sentences are
read and proposed in a random order, so that those read so far stand for all, however the file is sorted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.suggest import MOST_TEXTS
from mtl.analysis.suggestions import Suggestion, distinct_places, doubtful, typical
from mtl.data.cleaning import clean_texts
from mtl.data.columns import rows_with_texts
from mtl.data.joint import label_columns
from mtl.data.table import Table
from mtl.schema.limits import limits
from mtl.schema.tasks import shown_label
from mtl.teaching.file_vectors import FileVectors
from mtl.teaching.lesson import HISTORY, TASK, Lesson
from mtl.teaching.taught import Taught

# So many are proposed at a time.
TEN: Final = 10
# With fewer sentences in the lesson, typical ones are proposed; then those of which its head is unsure. The
# benchmark of suggestions (tests/benchmarks/teaching) has the same number.
TYPICAL: Final = 30
# A sentence is settled where the head gives its answer at least this probability.
SETTLED: Final = 0.9
# Sentences are alike from this cosine of their embeddings on: most differ by a word or by their signs.
ALIKE: Final = 0.9
MOST_ALIKE: Final = 20
# So many answers in a row, all as the head would have answered itself, are enough (see `Queue.enough`).
ENOUGH: Final = 20
# A random part of the file is looked at for each ten, and for the share that is settled: of 5,000, a share
# is right to 1.5 points. Another part is drawn for each ten.
PART: Final = 5_000
_CHUNK: Final = 1_000


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


def current(queue: Queue, lesson: Lesson) -> Queue:
    """Without the sentences ahead that were labelled elsewhere."""
    known = {row.text for row in lesson.rows}
    ahead = tuple(one for one in queue.ahead if one.text not in known)
    return queue if len(ahead) == len(queue.ahead) else replace(queue, ahead=ahead, alike=())


def with_next(queue: Queue, lesson: Lesson, taught: Taught | None, vectors: FileVectors) -> Queue:
    """With the next ten where none is ahead, and with what is like the first of them.

    `taught` is the lesson's head, None where it has none yet.
    """
    queue = current(queue, lesson)
    if not queue.ahead:
        ahead, doubted = _ten(queue, lesson, taught, vectors)
        queue = replace(queue, ahead=ahead, doubted=doubted, passed=frozenset(), tens=queue.tens + 1)
    if queue.focus is None:
        return queue
    return replace(queue, alike=_alike(queue, lesson, vectors))


def _ten(
    queue: Queue, lesson: Lesson, taught: Taught | None, vectors: FileVectors
) -> tuple[tuple[Suggestion, ...], bool]:
    """The next ten, and whether they were chosen because the head is unsure of them."""
    known = _known(queue, lesson, len(vectors))
    out = np.concatenate([known, np.fromiter(queue.skipped, dtype=np.int64)])
    free = np.setdiff1d(np.arange(len(vectors)), out)
    others = np.setdiff1d(free, np.fromiter(queue.passed, dtype=np.int64))
    free = others if len(others) else free
    free = np.random.default_rng(queue.tens).permutation(free)[:PART]
    if not len(free):
        return (), False
    if taught is None or len(lesson.rows) < TYPICAL:
        places = np.concatenate([known, free])
        texts, embeddings = [queue.texts[place] for place in places], vectors.embeddings(places)
        found, doubted = typical(texts, embeddings, TEN, range(len(known)), queue.tens), False
    else:
        places = free
        texts, embeddings = [queue.texts[place] for place in places], vectors.embeddings(places)
        given = {TASK: (lesson.names, _probabilities(taught, vectors, places))}
        found, doubted = doubtful(texts, embeddings, given, TEN, seed=queue.tens), True
    return tuple(replace(one, row=int(places[one.row])) for one in found), doubted


def _known(queue: Queue, lesson: Lesson, ready: int) -> NDArray[np.int64]:
    """Places of the sentences that have a label, among the first `ready`."""
    labelled = {row.text for row in lesson.rows}
    found = [place for place, text in enumerate(queue.texts[:ready]) if text in labelled]
    return np.array(found, dtype=np.int64)


def _probabilities(taught: Taught, vectors: FileVectors, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """(place, label)."""
    parts = [places[start : start + _CHUNK] for start in range(0, len(places), _CHUNK)]
    return np.concatenate([taught.probabilities(vectors.features(part)) for part in parts])


def _alike(queue: Queue, lesson: Lesson, vectors: FileVectors) -> tuple[int, ...]:
    """Places without a label whose cosine to the one in focus is at least `ALIKE`, the nearest first."""
    focus, ready = queue.focus, len(vectors)
    assert focus is not None
    one = vectors.embeddings(np.array([focus]))[0]
    cosines = np.concatenate(
        [
            vectors.embeddings(slice(start, min(start + _CHUNK, ready))) @ one
            for start in range(0, ready, _CHUNK)
        ]
    )
    labelled = {row.text for row in lesson.rows}
    near = [int(place) for place in np.argsort(-cosines, kind="stable") if cosines[place] >= ALIKE]
    return tuple(place for place in near if place != focus and queue.texts[place] not in labelled)[
        :MOST_ALIKE
    ]


def settled(queue: Queue, lesson: Lesson, taught: Taught, vectors: FileVectors) -> float:
    """The share of the sentences read so far, in [0, 1], that have a label or whose answer the head gives a
    probability of `SETTLED` at least. Of more than `PART`, a random part is looked at.

    While a label has no sentence, its place is guessed, and the others look surer than they are: then only
    sentences with a label count.
    """
    places = np.arange(min(len(vectors), PART))  # the order is random
    has_label = np.zeros(len(places), dtype=bool)
    has_label[_known(queue, lesson, len(places))] = True
    if taught.guessed:
        return float(has_label.mean())
    sure = _probabilities(taught, vectors, places).max(1) >= SETTLED
    return float((has_label | sure).mean())


def answers(
    queue: Queue, lesson: Lesson, taught: Taught, vectors: FileVectors
) -> list[tuple[str, str, float | None]]:
    """(text, label, probability) of each row of the file that has a text, in its order.

    A sentence that was labelled has that label, with None. Raises ValueError unless all are read.
    """
    if len(vectors) < len(queue.texts):
        raise ValueError(f"{len(vectors):,} of {len(queue.texts):,} are read: wait for the others")
    given = _probabilities(taught, vectors, np.arange(len(vectors)))
    own = {row.text: row.label for row in lesson.rows}
    best, sure = given.argmax(1), given.max(1)
    found: list[tuple[str, str, float | None]] = []
    for place in queue.rows[queue.rows >= 0]:
        text = queue.texts[place]
        label = own.get(text)
        found.append((text, label or lesson.names[best[place]], None if label else float(sure[place])))
    return found
