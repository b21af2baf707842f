"""Which sentences of a file come next, and what a lesson's head makes of the file."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtl.analysis.suggestions import Suggestion, doubtful, typical
from mtl.teaching.file_vectors import FileVectors
from mtl.teaching.lesson import TASK, Lesson
from mtl.teaching.queue import Queue
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
# A random part of the file is looked at for each ten, and for the share that is settled: of 5,000, a share
# is right to 1.5 points. Another part is drawn for each ten.
PART: Final = 5_000
_CHUNK: Final = 1_000


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
