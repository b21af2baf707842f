"""The two tasks, their labels, and every spelling of a label."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sklearn.preprocessing import LabelEncoder

SENTIMENT: Final = "sentiment"
INTENT: Final = "intent"
TASK_NAMES: Final = (SENTIMENT, INTENT)

SENTIMENT_LABELS: Final = ("negative", "positive")
INTENT_LABELS: Final = ("question", "statement", "command", "exclamation")

MAX_LABELS: Final = 200

_SENTIMENT_SPELLINGS: Final = {
    "negative": "negative neg - 0 -1 false bad 👎 ☹ 🙁 😞 😠 😡 :( :-( very_negative strongly_negative "
    "somewhat_negative extremely_negative".split(),
    "positive": "positive pos + 1 +1 true good 👍 🙂 😀 😊 😍 :) :-) very_positive strongly_positive "
    "somewhat_positive extremely_positive".split(),
}
_SENTIMENT_BY_SPELLING: Final = {
    spelling.replace("_", " "): label
    for label, spellings in _SENTIMENT_SPELLINGS.items()
    for spelling in spellings
}
# Invisible characters, and what changes only the look or the colour of an emoji.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)


@dataclass(frozen=True)
class Task:
    """What a head learns: a name and its labels, in the order of their ids."""

    name: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.name not in TASK_NAMES:
            raise ValueError(f"unknown task {self.name!r}: use one of {', '.join(TASK_NAMES)}")
        if self.name == SENTIMENT and self.labels != SENTIMENT_LABELS:
            raise ValueError(f"sentiment has the labels {SENTIMENT_LABELS}, got {self.labels}")
        if not 2 <= len(set(self.labels)) == len(self.labels) <= MAX_LABELS:
            raise ValueError(
                f"{self.name} needs 2 to {MAX_LABELS} different labels, got {len(set(self.labels))}: "
                f"{', '.join(self.labels[:5])}. Add rows of another label, or merge rare labels."
            )

    @property
    def binary(self) -> bool:
        """One logit and a sigmoid instead of one logit per label and a softmax."""
        return self.name == SENTIMENT

    @property
    def outputs(self) -> int:
        """Number of logits."""
        return 1 if self.binary else len(self.labels)

    def id_of(self, label: str) -> int:
        """The id of a clean label (see `clean_label`)."""
        if label not in self.labels:
            raise ValueError(f"{self.name} label {label!r} is not one of {', '.join(self.labels)}")
        return self.labels.index(label)


SENTIMENT_TASK: Final = Task(SENTIMENT, SENTIMENT_LABELS)
INTENT_TASK: Final = Task(INTENT, INTENT_LABELS)


def shown_label(raw: str) -> str:
    """A label as it is shown: without stray spaces and invisible characters."""
    return " ".join(_UNSEEN.sub("", raw).split())


def plain_label(raw: str) -> str:
    """A label as spellings are compared: without case, stray spaces, quotes or a final stop."""
    folded = shown_label(unicodedata.normalize("NFKC", raw)).casefold().strip("\"'`“”‘’ ")
    whole = re.sub(r"^([+-]?\d+)\.0+$", r"\1", folded)
    return whole.removesuffix(".").rstrip()


def clean_label(task_name: str, raw: str) -> str | None:
    """The label that a cell means, or None where it means none.

    Sentiment knows the usual spellings ("Pos", "1.0", "+"). An intent label loses stray
    spaces, and its case where it is one of the four known names.
    """
    if task_name == SENTIMENT:
        return _SENTIMENT_BY_SPELLING.get(plain_label(raw).replace("_", " "))
    plain = plain_label(raw)
    return plain if plain in INTENT_LABELS else shown_label(raw) or None


def task_for(name: str, labels: Iterable[str]) -> Task:
    """The task that a column of clean labels asks for.

    Intent labels that are all among the four known names keep the known ids; any others are
    numbered by scikit-learn's LabelEncoder.
    """
    if name == SENTIMENT:
        return SENTIMENT_TASK
    distinct = set(labels)
    if len(distinct) >= 2 and distinct <= set(INTENT_LABELS):
        return INTENT_TASK
    return Task(name, tuple(map(str, LabelEncoder().fit(sorted(distinct)).classes_)))
