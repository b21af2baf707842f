"""Which words of a sentence to mark in place, and with what: data for the layer behind the box of text."""

from collections.abc import Mapping
from typing import Any, Final

from mtl.analysis.attribution import LabelAttribution, Word
from mtl.schema.tasks import serving_tasks, task_colours
from mtl.ui.predict.answers import Answer
from mtl.ui.predict.cards import stands

# A longer text is not marked: nobody sees it whole, and every answer would carry thousands of marks.
_MOST_CHARACTERS: Final = 2_000
# What matters less than this part of the task's most important word has no mark.
_LEAST_SHARE: Final = 0.35
_STRONGEST_TINT: Final = 38  # percent of the task's colour

_CANNOT_BE_READ: Final = "Cannot be read: the model knows no such sign"


def marks(text: str, answer: Answer | None) -> dict[str, Any]:
    """The words of a text with their marks.

    A word takes the colour of the task for which it matters most: a tint where it speaks for the predicted
    label, a dotted line where it speaks against it. Each has a line of numbers per task. Of a text whose
    answers mean nothing, only what cannot be read is marked.
    """
    if answer is None or len(text) > _MOST_CHARACTERS:
        return {"text": text, "marks": []}
    parts: dict[str, LabelAttribution] = {}
    if answer.explanation is not None:
        tasks = answer.explanation.tasks
        serving = serving_tasks(tasks)
        parts = {n: own.of() for n, own in tasks.items() if n not in serving and stands(answer, n)}
    colours = task_colours(answer.prediction.tasks)
    words = answer.reading.words
    made = [_mark(place, word, parts, colours) for place, word in enumerate(words)]
    return {"text": text, "marks": made}


def _mark(
    place: int, word: Word, parts: Mapping[str, LabelAttribution], colours: Mapping[str, str]
) -> dict[str, Any]:
    where = {"start": word.start, "end": word.end}
    if word.unreadable:
        return {**where, "kind": "unread", "colour": "", "tint": 0, "lines": [{"text": _CANNOT_BE_READ}]}
    shares = {name: _share(part, place) for name, part in parts.items()}
    lines = [
        {"colour": colours[name], "text": f"{name.capitalize()}: {_told(part, place)}"}
        for name, part in parts.items()
    ]
    most = max(shares, key=lambda name: abs(shares[name]), default="")
    share = shares.get(most, 0.0)
    kind = "" if abs(share) < _LEAST_SHARE else "for" if share > 0 else "against"
    return {
        **where,
        "kind": kind,
        "colour": colours[most] if kind else "",
        "tint": round(_STRONGEST_TINT * abs(share)),
        "lines": lines,
    }


def _share(part: LabelAttribution, place: int) -> float:
    """What a word adds, as a part of what the task's most important word adds."""
    bound = max(abs(word.total) for word in part.words)
    return part.words[place].total / bound if bound else 0.0


def _told(part: LabelAttribution, place: int) -> str:
    total = part.words[place].total
    return f"{total:+.2f} {'for' if total >= 0 else 'against'} {part.label}"
