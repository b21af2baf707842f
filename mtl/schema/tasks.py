"""Tasks: what a head learns, and what is known of a task before any row is read.

A task is data. To add one that the program knows beforehand, add an entry to `KNOWN_TASKS`; any other
label column of a file becomes a task of its own, without an entry.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mtl.schema.limits import limits

Kind = Literal["binary", "multiclass"]

MAX_TASKS: Final = 8
_NAME_LENGTH: Final = 40

SENTIMENT: Final = "sentiment"
INTENT: Final = "intent"
SENTIMENT_LABELS: Final = ("negative", "positive")
INTENT_LABELS: Final = ("question", "statement", "command", "exclamation")

# Keys that a prediction, an epoch or a table of predictions has beside its tasks.
_RESERVED: Final = frozenset(
    ("text", "texts", "combined", "selection", "truncated", "out of distribution", "out_of_distribution")
)
# Okabe and Ito's colours for the colour-blind; the first two belong to sentiment and intent.
_SENTIMENT_COLOUR: Final = "#0072b2"
_INTENT_COLOUR: Final = "#d55e00"
_COLOURS: Final = ("#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#6b7280", "#5b4a9e", "#a6a000")

_NOT_IN_A_NAME: Final = re.compile(r"[^\w\-+#&() ]")
# "1.0" is the label 1.
_WHOLE_NUMBER: Final = re.compile(r"^([+-]?\d+)\.0+")
# Invisible characters, and what changes only the look or the colour of an emoji.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)


@dataclass(frozen=True)
class Task:
    """What one head learns: a name, and its labels in the order of their ids.

    A binary task has one logit, which speaks for its second label, and is trained with binary
    cross-entropy; a multiclass task has one logit per label and is trained with cross-entropy.
    Raises ValueError for a name or labels that cannot be learnt.
    """

    name: str
    labels: tuple[str, ...]
    kind: Kind = "multiclass"

    def __post_init__(self) -> None:
        if clean_task_name(self.name) != self.name:
            raise ValueError(f"{self.name!r} is no name of a task: use {clean_task_name(self.name)!r}")
        if not 2 <= len(set(self.labels)) == len(self.labels) <= limits().labels:
            raise LabelCountError(self.name, self.labels)
        if self.kind == "binary" and len(self.labels) != 2:
            raise ValueError(f"the binary task {self.name} has {len(self.labels)} labels: it needs 2")

    @property
    def binary(self) -> bool:
        """One logit and a sigmoid instead of one logit per label and a softmax."""
        return self.kind == "binary"

    @property
    def outputs(self) -> int:
        """Number of logits."""
        return 1 if self.binary else len(self.labels)

    def id_of(self, label: str) -> int:
        """The id of a clean label (see `clean_label`)."""
        if label not in self.labels:
            raise ValueError(f"{self.name} label {label!r} is not one of {', '.join(self.labels)}")
        return self.labels.index(label)


class LabelCountError(ValueError):
    """A task has too few or too many labels. `what` and `remedy` are the two parts of the message."""

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        self.what = (
            f"{name} needs 2 to {limits().labels} different labels, got {len(set(labels))}: "
            f"{', '.join(labels[:5])}"
        )
        self.remedy = "add rows of another label, or merge rare labels"
        super().__init__(f"{self.what}; {self.remedy}")


@dataclass(frozen=True, kw_only=True)
class Need:
    """An answer means something only where the task named `task` has this label. `otherwise` is what is
    told where it has another. Such a task serves the one that needs it; a model need not have it."""

    task: str
    label: str
    otherwise: str


@dataclass(frozen=True, kw_only=True)
class KnownTask:
    """What is known of a task before any row is read. Only the name is needed.

    `labels` are the usual ones, in the order of their ids; a `closed` task has no others. `spellings`:
    for each label, how else a cell may write it; `guesses`: what a cell probably means, to be confirmed.
    `rated`: cells may hold stars or a scale from the first label to the second. `column_names`: names of
    its label column, from the best to the weakest rank. `form_is_telling`: capitals and the final mark
    give the usual labels away, so that training adds copies without them unless told otherwise. `needs`:
    what has to be so for an answer to mean anything. `bundled` and `source_report` are files of sentences in
    the project's data folder.
    Raises ValueError for a rated task that is not closed or has not two labels.
    """

    name: str
    labels: tuple[str, ...] = ()
    kind: Kind = "multiclass"
    closed: bool = False
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guesses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rated: bool = False
    column_names: tuple[frozenset[str], ...] = ()
    colour: str | None = None
    form_is_telling: bool = False
    needs: Need | None = None
    bundled: str | None = None
    source_report: str | None = None

    def __post_init__(self) -> None:
        if self.rated and not (self.closed and len(self.labels) == 2):
            raise ValueError(f"the rated task {self.name} has the labels {self.labels}: close it, with two")

    def label_of(self, spelling: str) -> str | None:
        """The label that a plain cell (see `plain_label`) spells, or None."""
        folded = spelling.replace("_", " ")
        for label in self.labels:
            if folded == label or folded in self.spellings.get(label, ()):
                return label
        return None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


KNOWN_TASKS: Final[dict[str, KnownTask]] = {
    SENTIMENT: KnownTask(
        name=SENTIMENT,
        labels=SENTIMENT_LABELS,
        kind="binary",
        closed=True,
        spellings={
            "negative": _words(
                "neg - 0 -1 false bad 👎 ☹ 🙁 😞 😠 😡 :( :-( very_negative strongly_negative "
                "somewhat_negative extremely_negative"
            ),
            "positive": _words(
                "pos + 1 +1 true good 👍 🙂 😀 😊 😍 :) :-) very_positive strongly_positive "
                "somewhat_positive extremely_positive"
            ),
        },
        guesses={
            "negative": tuple(
                "label_0 __label__1 no n f poor awful terrible worst unhappy angry anger sad sadness fear "
                "dislike hate disgust".split()
            ),
            "positive": tuple(
                "label_1 __label__2 yes y t fine great excellent best happy joy like love amazing".split()
            ),
        },
        rated=True,
        column_names=(
            frozenset({SENTIMENT}),
            frozenset(
                "sentiments polarity score opinion rating ratings stars star starrating overall".split()
            ),
        ),
        colour=_SENTIMENT_COLOUR,
        needs=Need(task="opinion", label="opinion", otherwise="No clear feeling"),
        bundled="sentiment.csv",
        source_report="report_sentiment.csv",
    ),
    INTENT: KnownTask(
        name=INTENT,
        labels=INTENT_LABELS,
        column_names=(
            frozenset({INTENT}),
            frozenset("intents intention dialogueact dialogact speechact act".split()),
        ),
        colour=_INTENT_COLOUR,
        form_is_telling=True,
        bundled="intent.csv",
        source_report="report_intent.csv",
    ),
}


def known_task(name: str) -> KnownTask:
    """What is known of the task of this name; of one without an entry, its name."""
    return KNOWN_TASKS.get(name) or KnownTask(name=name)


def serving_tasks(names: Iterable[str]) -> set[str]:
    """Those of a model's tasks that only say whether the answer of another one means anything."""
    own = set(names)
    needs = (known_task(name).needs for name in own)
    return {need.task for need in needs if need and need.task in own}


def clean_task_name(raw: str) -> str:
    """A column's name as the name of a task: lower case, single spaces, no dots or slashes.

    Raises ValueError where nothing is left, it is too long, or it means something else here.
    """
    name = " ".join(_NOT_IN_A_NAME.sub(" ", _UNSEEN.sub("", raw).casefold()).split())
    if not name:
        raise ValueError(f"{raw!r} is no name of a task: use letters")
    if len(name) > _NAME_LENGTH:
        raise ValueError(f"the name of a task has {len(name)} characters: use at most {_NAME_LENGTH}")
    if name in _RESERVED or name.endswith(("_accuracy", "_macro_f1", "_sure", "_confidence")):
        raise ValueError(f"a task cannot be called {name!r}: the name is taken, use another")
    return name


def task_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each task, as "#rrggbb": its own where it is known, else the next of a cycle."""
    colours: dict[str, str] = {}
    for name in names:
        used = sum(known_task(other).colour is None for other in colours)
        colours[name] = known_task(name).colour or _COLOURS[used % len(_COLOURS)]
    return colours


def shown_label(raw: str) -> str:
    """A label as it is shown: without stray spaces and invisible characters."""
    return " ".join(_UNSEEN.sub("", raw).split())


def plain_label(raw: str) -> str:
    """A label as spellings are compared: without case, stray spaces, quotes or a final stop."""
    folded = shown_label(unicodedata.normalize("NFKC", raw)).casefold().strip("\"'`“”‘’ ")
    whole = _WHOLE_NUMBER.fullmatch(folded)
    return (whole.group(1) if whole else folded).removesuffix(".").rstrip()


def clean_label(task_name: str, raw: str) -> str | None:
    """The label that a cell means, or None where it means none.

    A known label may be spelled in several ways ("Pos", "1.0", "+"); any other label of an open task
    loses stray spaces.
    """
    known = known_task(task_name)
    label = known.label_of(plain_label(raw))
    return label if label or known.closed else shown_label(raw) or None


def task_for(name: str, labels: Iterable[str]) -> Task:
    """The task that a column of clean labels asks for.

    Labels that are all among the known ones keep the known ids; any others are numbered in
    alphabetical order, as scikit-learn's LabelEncoder does.
    """
    known, distinct = known_task(name), set(labels)
    usual = known.closed or (len(distinct) >= 2 and distinct <= set(known.labels))
    return task_of(name, known.labels if usual else tuple(sorted(distinct)))


def task_of(name: str, labels: Sequence[str]) -> Task:
    """A task with exactly these labels, in this order; its kind is the known one.

    Raises ValueError for other labels than those of a closed task.
    """
    known = known_task(name)
    if known.closed and tuple(labels) != known.labels:
        raise ValueError(f"{name} has the labels {known.labels}, got {tuple(labels)}")
    return Task(name, tuple(labels), known.kind)


def known_labels_only(task: Task) -> bool:
    """Whether the task has just the labels that are known of it."""
    return bool(task.labels) and task.labels == known_task(task.name).labels


SENTIMENT_TASK: Final = task_of(SENTIMENT, SENTIMENT_LABELS)
INTENT_TASK: Final = task_of(INTENT, INTENT_LABELS)
DEFAULT_TASKS: Final = (SENTIMENT_TASK, INTENT_TASK)
# The tasks that the page and the command line name first.
TASK_NAMES: Final = (SENTIMENT, INTENT)
