"""A lesson: the labels that somebody has named, and the sentences that they have put under them."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from mtl.schema.formulas import guarded
from mtl.schema.limits import limits
from mtl.schema.tasks import shown_label

# More is a case for a training; and the browser, which keeps the lesson, gives a page about 5 MB.
MOST_ROWS: Final = 1_000
MOST_CHARACTERS: Final = 400_000
LONGEST_LABEL: Final = 60
LONGEST_DESCRIPTION: Final = 300
# Steps that can be undone.
HISTORY: Final = 30
# The column of labels in the file of a lesson, and the name of the task that learns it.
TASK: Final = "topic"
_UNREADABLE: Final = "The lesson that this browser keeps cannot be read: name your labels anew"


@dataclass(frozen=True, kw_only=True)
class Label:
    """A name, and a sentence that says what belongs under it, or ""."""

    name: str
    description: str = ""

    @property
    def text(self) -> str:
        """What is encoded for it."""
        return f"{self.name}: {self.description}" if self.description else self.name


@dataclass(frozen=True, kw_only=True)
class Row:
    """A sentence and the name of its label."""

    text: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Labels in the order in which they were named, and rows in that in which they were taught.

    Every change is a new lesson. It raises ValueError, which says what to do instead, for a change that
    cannot be made. `past` holds the lessons before, the last one last, up to `HISTORY` of them.
    """

    labels: tuple[Label, ...] = ()
    rows: tuple[Row, ...] = ()
    past: tuple["Lesson", ...] = field(default=(), compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names."""
        return tuple(label.name for label in self.labels)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many rows each label has, in the order of `labels`."""
        numbers = dict.fromkeys(self.names, 0)
        for row in self.rows:
            numbers[row.label] += 1
        return tuple(numbers.values())

    def label_of(self, text: str) -> str | None:
        """The name of the label under which a sentence was taught, or None."""
        return next((row.label for row in self.rows if row.text == shown_label(text)), None)

    def add_labels(self, typed: str) -> Self:
        """More labels: several by lines or commas, each with a description behind a colon if it has one
        ("order: somebody wants to buy"). A line with a colon is one label, whatever commas it has."""
        lines = [line for line in typed.splitlines() if line.strip()]
        parts = [part for line in lines for part in ([line] if ":" in line else line.split(","))]
        pairs = [part.partition(":") for part in parts if part.strip(" :")]
        if not pairs:
            raise ValueError("There is no label yet: type its name, such as complaint")
        labels = list(self.labels)
        for name, _, description in pairs:
            labels.append(_label(name, description, labels))
        if len(labels) > limits().labels:
            raise limits().refusal("labels", f"These would be {len(labels)} labels", "merge some")
        return self._step(labels=tuple(labels))

    def edit_label(self, name: str, new: str, description: str) -> Self:
        """Another name and description for a label; its rows stay with it. The name of another label merges
        the two."""
        self._known(name)
        if shown_label(new) in set(self.names) - {name}:
            return self.merge(name, shown_label(new))
        others = [label for label in self.labels if label.name != name]
        edited = _label(new, description, others)
        return self._step(
            labels=tuple(edited if label.name == name else label for label in self.labels),
            rows=self._moved({name: edited.name}),
        )

    def merge(self, name: str, into: str) -> Self:
        """The rows of one label under another; the first label is gone."""
        self._known(name), self._known(into)
        if name == into:
            raise ValueError(f"{name} cannot be merged with itself: choose another label")
        return self._step(labels=self._without(name), rows=self._moved({name: into}))

    def delete_label(self, name: str) -> Self:
        """Without a label and its rows."""
        self._known(name)
        return self._step(
            labels=self._without(name), rows=tuple(row for row in self.rows if row.label != name)
        )

    def teach(self, texts: str | Iterable[str], label: str) -> Self:
        """Sentences, one a line, under a label. One that is there already moves there.

        Equal sentences count once."""
        self._known(label)
        lines = texts.splitlines() if isinstance(texts, str) else texts
        new = dict.fromkeys(text for line in lines if (text := shown_label(line)))
        if not new:
            raise ValueError(f"There is no sentence yet: type one that belongs under {label}")
        kept = tuple(row for row in self.rows if row.text not in new)
        return self._step(rows=(*kept, *(Row(text=text, label=label) for text in new)))

    def forget(self, text: str) -> Self:
        """Without a sentence. Its label stays, even without any."""
        rows = tuple(row for row in self.rows if row.text != text)
        if len(rows) == len(self.rows):
            raise ValueError("This sentence is not here any more: reload the page")
        return self._step(rows=rows)

    def undo(self) -> Self:
        """As before the last change."""
        if not self.past:
            raise ValueError("There is nothing to undo")
        before = self.past[-1]
        return replace(self, labels=before.labels, rows=before.rows, past=self.past[:-1])

    def cleared(self) -> Self:
        """Without any label; this can be undone, too."""
        return self._step(labels=(), rows=())

    def to_dict(self) -> dict[str, Any]:
        """As JSON may hold it; the steps before are left out."""
        ids = {name: number for number, name in enumerate(self.names)}
        return {
            "labels": [[label.name, label.description] for label in self.labels],
            "rows": [[row.text, ids[row.label]] for row in self.rows],
        }

    @classmethod
    def from_dict(cls, kept: Any) -> Self:
        """The inverse of `to_dict`, of whatever a browser gives; None is an empty lesson.

        Raises ValueError for what is no lesson, or too large a one.
        """
        if kept is None:
            return cls()
        if not isinstance(kept, Mapping):
            raise ValueError(_UNREADABLE)
        labels = list[Label]()
        for name, description in _pairs(kept.get("labels"), str):
            labels.append(_label(name, description, labels))
        rows = list[Row]()
        for text, number in _pairs(kept.get("rows"), int):
            if not 0 <= number < len(labels) or shown_label(text) != text or not text:
                raise ValueError(_UNREADABLE)
            rows.append(Row(text=text, label=labels[number].name))
        if len({row.text for row in rows}) < len(rows):
            raise ValueError(_UNREADABLE)
        if len(labels) > limits().labels:
            raise limits().refusal("labels", f"These are {len(labels)} labels", "merge some")
        _check_size(tuple(rows))
        return cls(labels=tuple(labels), rows=tuple(rows))

    def to_csv(self) -> str:
        """The rows as the text of a CSV file with the columns text and topic."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["text", TASK])
        writer.writerows([guarded(row.text), guarded(row.label)] for row in self.rows)
        return out.getvalue()

    def _step(self, **changes: Any) -> Self:
        changed = replace(self, **changes)
        _check_size(changed.rows)
        past = (*self.past, Lesson(labels=self.labels, rows=self.rows))[-HISTORY:]
        return replace(changed, past=past)

    def _known(self, name: str) -> None:
        if name not in self.names:
            raise ValueError(f"There is no label {name[:LONGEST_LABEL]!r} here: choose one of those shown")

    def _without(self, name: str) -> tuple[Label, ...]:
        return tuple(label for label in self.labels if label.name != name)

    def _moved(self, names: Mapping[str, str]) -> tuple[Row, ...]:
        return tuple(replace(row, label=names.get(row.label, row.label)) for row in self.rows)


def _label(name: str, description: str, others: Iterable[Label]) -> Label:
    """A clean label. Raises ValueError where it can be none, or is among the others."""
    clean, told = shown_label(name), shown_label(description)
    if not clean:
        raise ValueError("A label needs a name: type one, such as complaint")
    if len(clean) > LONGEST_LABEL:
        raise ValueError(
            f"The label {clean[:20]!r}... has {len(clean)} characters: use at most {LONGEST_LABEL}, and say "
            "more behind a colon"
        )
    if len(told) > LONGEST_DESCRIPTION:
        raise ValueError(
            f"The description of {clean} has {len(told)} characters: use at most {LONGEST_DESCRIPTION}"
        )
    if any(other.name.casefold() == clean.casefold() for other in others):
        raise ValueError(f"There is a label {clean} already: give this one another name")
    return Label(name=clean, description=told)


def _check_size(rows: tuple[Row, ...]) -> None:
    most = min(MOST_ROWS, limits().rows)
    if len(rows) > most:
        raise ValueError(
            f"These would be {len(rows):,} sentences, and a lesson holds {most:,}: train on a CSV file"
        )
    longest = max((len(row.text) for row in rows), default=0)
    if longest > limits().text_characters:
        raise limits().refusal("text_characters", f"A sentence has {longest:,} characters", "shorten it")
    if (total := sum(len(row.text) for row in rows)) > MOST_CHARACTERS:
        raise ValueError(
            f"The sentences would have {total:,} characters, and a lesson holds {MOST_CHARACTERS:,}: train "
            "on a CSV file"
        )


def _pairs(given: Any, second: Callable[..., Any]) -> list[tuple[Any, Any]]:
    """Pairs of a text and another value. Raises ValueError for anything else."""
    if not isinstance(given, list):
        raise ValueError(_UNREADABLE)
    for pair in given:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise ValueError(_UNREADABLE)
        if type(pair[1]) is not second:
            raise ValueError(_UNREADABLE)
    return [(first, other) for first, other in given]
