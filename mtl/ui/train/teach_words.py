"""What the place Teach tells of a lesson: an answer, how good it is, and the sentences taught."""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any, Final

from cachetools import LRUCache

from mtl.model.multitask import MultiTaskModel
from mtl.schema.limits import limits
from mtl.teaching.lesson import Lesson
from mtl.teaching.taught import Taught, teach
from mtl.teaching.vectors import Vectors
from mtl.ui.predict.confidence import percent

_KEPT: Final = 16
_KEPT_TEXTS: Final = 10_000
_SHOWN_LABELS: Final = 12
_SHOWN_ROWS: Final = 40
_MERGE_AMONG: Final = 30
_NAMED: Final = 3
_STRANGE_SHARE: Final = 0.2
_WEAK: Final = (
    "It only guesses, from the names: they say what a sentence is about, not how it is put. Teach it a "
    "sentence or two of each."
)


class Teacher:
    """Heads of lessons, the most recent ones kept, and what they answer. Any thread may ask.

    `familiar` is a model that knows which texts are no English.
    """

    def __init__(self, vectors: Vectors, familiar: MultiTaskModel) -> None:
        self.vectors = vectors
        self._distribution = familiar.distribution
        self._known = LRUCache[Lesson, Taught](_KEPT)
        self._strange = LRUCache[str, bool](_KEPT_TEXTS)
        self._lock = threading.Lock()

    def taught(self, lesson: Lesson) -> Taught:
        """The head of a lesson. Raises ValueError for fewer than two labels."""
        with self._lock:
            known = self._known.get(lesson)
        if known is not None:
            return known
        found = teach(lesson, self.vectors)
        with self._lock:
            self._known[lesson] = found
        return found

    def strange(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is unlike English."""
        with self._lock:
            found = {text: self._strange[text] for text in texts if text in self._strange}
        if new := [text for text in dict.fromkeys(texts) if text not in found]:
            excluded = self._distribution.excludes(self.vectors.layer_embeddings(new)).tolist()
            found |= dict(zip(new, excluded, strict=True))
            with self._lock:
                self._strange.update(found)
        return [found[text] for text in texts]

    def answer(self, lesson: Lesson, text: str) -> dict[str, Any]:
        """Values for the template of the answer. Raises ValueError for too long a text."""
        if len(text) > limits().text_characters:
            raise limits().refusal("text_characters", f"The text has {len(text):,} characters", "shorten it")
        if len(lesson.labels) < 2:
            return {"rows": [], "notes": ["Name two labels at least, and it answers."]}
        if not text.strip():
            return {"rows": [], "notes": []}
        taught = self.taught(lesson)
        clean = " ".join(text.split())
        features = self.vectors.features(self.vectors.layer_embeddings([clean]))
        shares = [float(share) for share in taught.probabilities(features)[0]]
        told, best = lesson.label_of(clean), max(range(len(shares)), key=shares.__getitem__)
        shown = sorted(sorted(range(len(shares)), key=lambda label: -shares[label])[:_SHOWN_LABELS])
        rows = [
            {
                "label": (name := lesson.names[label]),
                "key": key_of(name),
                "percent": percent(shares[label]),
                "width": round(100 * shares[label]),
                "kind": " ".join(["top"] * (label == best) + ["taught"] * (name == told)),
            }
            for label in shown
        ]
        notes = [
            f"Taught as {told}. Press another label to move it." if told else "Wrong? Press the right label."
        ]
        if lesson.names[best] in taught.guessed and lesson.rows:
            notes.append(f"A guess: {lesson.names[best]} has no sentence yet, only a name.")
        if self.strange([clean])[0]:
            notes.append("This does not look like English: the answer may mean little.")
        return {"rows": rows, "notes": notes}

    def score(self, lesson: Lesson) -> list[dict[str, str]]:
        """How good the head is and how weak, for the template of messages."""
        if len(lesson.labels) < 2:
            return []
        taught = self.taught(lesson)
        if taught.left_out is None:
            return [_message("A guess.", _WEAK)]
        one, interval = taught.left_out, taught.left_out.interval
        sentences = "sentence" if one.rows == 1 else "sentences"
        about = f"Of others like these: {interval.low:.0%} to {interval.high:.0%}."
        found = [_message(f"{one.right:,} of {one.rows:,} {sentences} right when each is left out.", about)]
        if taught.guessed:
            what = (
                "has no sentence yet: it is" if len(taught.guessed) == 1 else "have no sentence yet: they are"
            )
            found.append(_message(_some(taught.guessed), f"{what} guessed from the name."))
        strange = sum(self.strange([row.text for row in lesson.rows]))
        if strange > _STRANGE_SHARE * one.rows:
            what = f"{strange:,} of {one.rows:,} sentences do not look like English."
            found.append(_message(what, "The encoder reads English: elsewhere it is weak."))
        return found

    def listed(self, lesson: Lesson, *, marked: bool = True) -> list[dict[str, Any]]:
        """Values for the template of the lesson. `marked`: rows that would get another label say so."""
        mistaken = self.taught(lesson).mistaken if marked and len(lesson.labels) > 1 else {}
        names = [{"key": key_of(name), "name": name} for name in lesson.names]
        merge = names if len(names) <= _MERGE_AMONG else []
        found = []
        for label, count in zip(lesson.labels, lesson.counts, strict=True):
            own = [row.text for row in reversed(lesson.rows) if row.label == label.name]
            own.sort(key=lambda text: text not in mistaken)
            rows = [{"text": t, "key": key_of(t), "like": mistaken.get(t, "")} for t in own[:_SHOWN_ROWS]]
            older = count - len(rows)
            found.append(
                {
                    "name": label.name,
                    "key": key_of(label.name),
                    "description": label.description,
                    "count": f"{count:,}",
                    "others": [other for other in merge if other["name"] != label.name],
                    "rows": rows,
                    "more": f"and {older:,} older ones" if older > 0 else "",
                }
            )
        return found


def key_of(text: str) -> str:
    """What names a label or a sentence on the page: itself may hold signs that are shown otherwise."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _message(title: str, text: str) -> dict[str, str]:
    return {"kind": "", "title": title, "text": text}


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
