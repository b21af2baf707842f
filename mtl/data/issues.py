"""The issues that the reader finds in a file, and what its owner may decide."""

from dataclasses import dataclass
from typing import Literal

from mtl.schema.limits import limits

Severity = Literal["fixed", "choice", "fatal"]


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What was found and what happens. `rows` are row numbers as a spreadsheet shows them (a header in
    the first line is row 1); `options` are the columns or labels that a choice is about;
    `only_training`: the rows could still test a model."""

    kind: str
    severity: Severity
    what: str
    action: str
    rows: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    only_training: bool = False

    def __str__(self) -> str:
        message = f"{self.what}; {self.action}"
        if not self.rows:
            return message
        return f"row{'s' if len(self.rows) > 1 else ''} {self.shown_rows}: {message}"

    @property
    def shown_rows(self) -> str:
        """The first few row numbers."""
        return ", ".join(map(str, self.rows[:8])) + (", ..." if len(self.rows) > 8 else "")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the owner of a file decided: its columns, and (cell, label) pairs for labels; an empty
    label leaves the rows with this cell out."""

    text_column: str | None = None
    label_column: str | None = None
    labels: tuple[tuple[str, str], ...] = ()


NO_CHOICE = Choice()


class Unusable(ValueError):
    """A file that cannot be read any further, as a fatal issue."""

    def __init__(self, kind: str, what: str, action: str, rows: tuple[int, ...] = ()) -> None:
        self.issue = Issue(kind=kind, severity="fatal", what=what, action=action, rows=rows)
        super().__init__(str(self.issue))


def too_many_rows(name: str, count: str) -> Unusable:
    """A file has more rows than are read."""
    what = f"{name} has {count} rows; at most {limits().rows:,} are read"
    return Unusable("too_many_rows", what, "take a random part of them")


def too_large(what: str, limit: str, action: str, rows: tuple[int, ...] = ()) -> Unusable:
    """A file is beyond another limit, which has this name in `Limits`."""
    return Unusable("too_large", f"{what}; the limit is {limits().shown(limit)}", action, rows)
