"""What the page tells of a file that is labelled: the sentence in focus, its labels, and how far it is."""

from typing import Any, Final

from mtl.teaching.lesson import Lesson
from mtl.teaching.proposals import settled
from mtl.teaching.queue import ENOUGH, Queue
from mtl.teaching.queues import Held
from mtl.ui.predict.confidence import percent
from mtl.ui.train.teach_words import Teacher, key_of

_KEYS: Final = 9
NOTHING: Final[dict[str, Any]] = {"name": ""}
READ: Final[dict[str, Any]] = {"text": "", "percent": 100}
_ENOUGH: Final = (
    f"More labels are likely to help little: your last {ENOUGH} answers were those of the model, and it was "
    "asked what it is least sure of."
)


def told(held: Held, lesson: Lesson, teacher: Teacher) -> dict[str, Any]:
    """Values for the template of the queue."""
    queue = held.queue
    known = len(lesson.labels) > 1
    share = settled(queue, lesson, teacher.taught(lesson), held.vectors) if known else None
    facts = f"{_floor(share)} of {len(held.vectors):,} settled" if share is not None else queue.name
    value = {
        "name": queue.name,
        "settled": facts,
        "notes": [*queue.notes, *([_ENOUGH] if queue.enough else [])],
        "undo": bool(queue.past),
        "said": _said(held, lesson),
        "key": "",
        "text": "",
    }
    return {**value, **(_focus(queue, lesson, teacher) if known else {})}


def _focus(queue: Queue, lesson: Lesson, teacher: Teacher) -> dict[str, Any]:
    if not queue.ahead:
        return {"more": True}
    one, shares = queue.ahead[0], probabilities(queue.ahead[0].text, lesson, teacher)
    best = max(range(len(shares)), key=shares.__getitem__)
    labels = [
        {
            "name": name,
            "key": key_of(name),
            "digit": f"{number + 1}" if number < _KEYS else "",
            "kind": "top" if number == best else "",
            "percent": percent(shares[number]) if number == best else "",
        }
        for number, name in enumerate(lesson.names)
    ]
    alike = [{"text": queue.texts[place], "key": key_of(queue.texts[place])} for place in queue.alike]
    return {
        "text": one.text,
        "key": key_of(one.text),
        "why": one.why,
        "labels": labels,
        "alike": alike,
        "count": f"{len(alike)}",
        "more": True,
    }


def probabilities(text: str, lesson: Lesson, teacher: Teacher) -> list[float]:
    """What the head of a lesson gives each label for a text."""
    features = teacher.vectors.features(teacher.vectors.layer_embeddings([text]))
    return [float(share) for share in teacher.taught(lesson).probabilities(features)[0]]


def _said(held: Held, lesson: Lesson) -> str:
    if not lesson.labels:
        return "Name your labels above, and it begins."
    if len(lesson.labels) < 2:
        return "It needs two labels: add another one above."
    if not held.done:
        return "Every sentence read so far has a label or was skipped: wait, and ask for the next ten."
    return "Every sentence has a label or was skipped."


def _floor(share: float) -> str:
    """Whole percents; a file is not called settled before it is."""
    return f"{int(100 * share)}%"


def progress(held: Held) -> dict[str, Any]:
    """Values for the template of the reading."""
    if held.done:
        return READ
    ready, total = len(held.vectors), len(held.queue.texts)
    return {"text": f"{ready:,} of {total:,} read", "percent": f"{100 * ready / total:.1f}"}
